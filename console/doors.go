package console

import (
	"bytes"
	"context"
	"fmt"

	"guardroom/console/doors"
	"guardroom/console/jobs"
	"guardroom/console/live"
	"guardroom/console/notify"
	"guardroom/console/people"
	"guardroom/console/store"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// openDoors opens the desks of doors and of cardholders.
func (h *house) openDoors(ctx context.Context) error {
	keep, calls, lockdowns := store.Doors{DB: h.db}, store.Calls{DB: h.db}, store.Lockdowns{DB: h.db}
	var err error
	h.doors, err = doors.Open(ctx, doors.Options{
		Stations: h.stations, Commands: h.commands, Doors: keep, Policies: store.Settings{DB: h.db}, Lockdowns: lockdowns,
		Postures: store.Postures{DB: h.db}, Approvals: store.Approvals{DB: h.db}, Calls: calls,
		Where: h.standsAt, Place: h.placeOf, Raise: h.intake.Raise, Verify: h.auth.Verify, Log: h.log,
		Publish: func(station, gateway string, m link.DesiredMessage) error {
			return h.wire.down(station, gateway, link.Desired, m)
		},
	})
	if err != nil {
		return fmt.Errorf("open the doors: %w", err)
	}
	h.timers[store.RelockTimer] = func(ctx context.Context, tx *store.Tx, t jobs.Timer) error {
		return keep.Relock(ctx, tx, t, h.doors.Relock)
	}
	h.timers[store.LockdownTimer] = func(ctx context.Context, tx *store.Tx, t jobs.Timer) error {
		return lockdowns.Remind(ctx, tx, t, h.noReason)
	}
	h.timers[store.ApprovalTimer] = store.Approvals{DB: h.db}.Expire
	h.timers[store.CallTimer] = func(ctx context.Context, tx *store.Tx, t jobs.Timer) error {
		return calls.Overdue(ctx, tx, t, h.doors.Unanswered)
	}
	told := h.db.OnCommit
	h.db.OnCommit = func(change int64, events []live.Event) {
		told(change, events)
		h.doors.Committed(burns(events))
		if rings(events) {
			h.doors.Wake()
		}
	}
	key, err := cardKey(h.c.Data)
	if err != nil {
		return err
	}
	h.people, err = people.NewDesk(people.Options{
		Register: store.People{DB: h.db}, Key: key, Log: h.log,
		Zone: func(station string) (string, bool) { s, ok := h.stations.Station(station); return s.TimeZone, ok },
	})
	return err
}

// noReason tells the supervisor of a lockdown of which nobody has said why.
func (h *house) noReason(ctx context.Context, tx *store.Tx, l doors.Lockdown) error {
	_, err := h.notify.Send(ctx, tx, notify.Notice{
		Station: l.Station, To: string(notify.ForSupervisor), Demo: l.Demo, About: "lockdown:" + l.ID,
		Subject: "Lockdown of " + l.Scope.Name + " without a reason",
		Text: fmt.Sprintf("%s locked down %s at %s UTC and has not said why. The lockdown holds. Ask the control room.",
			l.ByName, l.Scope.Name, l.At.Format("15:04")),
	})
	return err
}

var (
	fireAlarm      = []byte(`"kind":"` + string(devices.FireAlarm) + `"`)
	fireEvacuation = []byte(`"kind":"` + string(devices.FireEvacuation) + `"`)
)

// burns reports whether one of the events may be a fire: lockdowns must know at
// once.
func burns(events []live.Event) bool {
	for _, e := range events {
		if e.Topic == live.Alarm && (bytes.Contains(e.Data, fireAlarm) || bytes.Contains(e.Data, fireEvacuation)) {
			return true
		}
	}
	return false
}

func rings(events []live.Event) bool {
	for _, e := range events {
		if e.Topic == live.Call {
			return true
		}
	}
	return false
}

// standsAt is where a point stands, in the words of the doors.
func (h *house) standsAt(p devices.PointID) doors.Where {
	w := h.sites.Where(p)
	return doors.Where{
		Area: w.Area, AreaName: w.AreaName, Level: w.Level, LevelName: w.LevelName, Building: w.Building, BuildingName: w.BuildingName,
	}
}

// placeOf is a place of a station with the points in it.
func (h *house) placeOf(station, id string) (doors.DoorScope, []devices.PointID, bool) {
	p, ok := h.sites.PlaceOf(id)
	if !ok || p.Station != station {
		return doors.DoorScope{}, nil, false
	}
	return doors.DoorScope{Kind: string(p.Kind), Place: p.ID, Name: h.sites.Path(id)}, h.sites.PointsIn(id), true
}

// doorBoard reads what the screens show of lockdowns, postures, approvals and calls.
func (h *house) doorBoard(ctx context.Context) ([]live.Event, error) {
	var all []live.Event
	for _, read := range []func(context.Context) ([]live.Event, error){
		store.Lockdowns{DB: h.db}.Events, store.Postures{DB: h.db}.Events, store.Approvals{DB: h.db}.Events, store.Calls{DB: h.db}.Events,
	} {
		events, err := read(ctx)
		if err != nil {
			return nil, fmt.Errorf("read lockdowns, postures and calls: %w", err)
		}
		all = append(all, events...)
	}
	return all, nil
}

// doorTopics are the topics of doorBoard.
var doorTopics = []live.Topic{live.Lockdown, live.Posture, live.Approval, live.Call}
