package watch

import (
	"context"
	"errors"
	"slices"

	"guardroom/console/auth"
	"guardroom/console/notify"
)

// Roll is how the watch of one station stands, at a glance.
type Roll struct {
	Station   string    `json:"station"`
	Standing  *Stand    `json:"standing"` // nil before the console has looked
	Posts     []Post    `json:"posts"`
	DutyChief string    `json:"duty_chief"` // name; empty when nobody is
	Failed    int       `json:"failed"`     // deliveries given up in the last 12 hours
	Pack      PackState `json:"pack"`
}

// Overview says how the watches stand that by may see, by station.
func (d *Desk) Overview(ctx context.Context, by auth.Operator, station string) ([]Roll, error) {
	stations, err := by.Scope(auth.AlarmsRead, station)
	if err != nil {
		return nil, err
	}
	list := []Roll{}
	for _, s := range d.o.Stations() {
		if stations != nil && !slices.Contains(stations, s.ID) {
			continue
		}
		one := Roll{Station: s.ID, Pack: d.packState(s.ID)}
		chief, err := d.o.Notify.DutyChief(ctx, s.ID)
		if err != nil && !errors.Is(err, notify.ErrNotFound) {
			return nil, err
		}
		one.DutyChief = chief.Name
		d.mu.Lock()
		one.Posts, one.Failed = d.onWatch(s.ID), d.failed[s.ID]
		if standing, known := d.standings[s.ID]; known {
			view := standing.view(d.keepingOf(s.ID))
			one.Standing = &view
		}
		d.mu.Unlock()
		list = append(list, one)
	}
	return list, nil
}
