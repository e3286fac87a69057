package console

import (
	"guardroom/console/auth"
	"guardroom/console/duty"
	"guardroom/console/store"
)

// openDuty opens the duty board. Its alarms go the way of all alarms.
func (h *house) openDuty() {
	h.duty = duty.New(duty.Options{
		Store: store.NewDuty(h.db), Rosters: h.rosters, Raise: h.intake.Raise, Log: h.log,
		Stations: func() (ids []string) {
			for _, s := range h.stations.Stations(auth.Program()) {
				ids = append(ids, s.ID)
			}
			return ids
		},
	})
}
