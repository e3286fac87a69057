package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/duty"
	"guardroom/console/live"
)

// A Sheet is what the next officer must know, as it is at an instant. Things of
// other desks are shown as the screens show them.
type Sheet struct {
	At          time.Time      `json:"at"`
	Station     string         `json:"station"`
	StationName string         `json:"station_name"`
	TimeZone    string         `json:"time_zone"`
	Demo        bool           `json:"demo"`
	Posts       []Post         `json:"posts"`
	Alarms      []alarms.Alarm `json:"alarms"`  // that are not over, of every priority, removed ones too
	Closing     []alarms.Alarm `json:"closing"` // over, and not closed
	Shelf       []Thing        `json:"shelf"`
	Impairments []Thing        `json:"impairments"`
	Lockdowns   []Thing        `json:"lockdowns"`
	Postures    []Thing        `json:"postures"`
	Fire        []Thing        `json:"fire"` // investigations and evacuations under way
	Covers      []Thing        `json:"covers"`
	Failed      int            `json:"failed"` // deliveries given up in the last 12 hours
	Left        map[string]int `json:"left"`   // how many of a list did not fit
	Standing    *Stand         `json:"standing"`
	// Shift is who is on duty and who comes next by the roster in force.
	Shift *duty.Turnover `json:"shift,omitempty"`
}

// Thing is something on the board, with the fields that its own desk gives it.
type Thing map[string]any

// mostOf a list stand on a sheet; more are counted.
const mostOf = 300

// HandoverState is how far a handover has come.
type HandoverState string

// The states.
const (
	Offered   HandoverState = "offered"   // the outgoing officer has signed
	TakenOver HandoverState = "taken"     // the incoming one too
	Withdrawn HandoverState = "withdrawn" // the outgoing officer took it back, or offered a newer one
)

// A Handover is a sheet with the signatures of two people.
type Handover struct {
	ID           string        `json:"id"`
	Station      string        `json:"station"`
	State        HandoverState `json:"state"`
	Sheet        *Sheet        `json:"sheet"` // nil in lists
	Notes        string        `json:"notes"`
	Outgoing     string        `json:"outgoing"`
	OutgoingName string        `json:"outgoing_name"`
	OutgoingAt   time.Time     `json:"outgoing_at"`
	Incoming     string        `json:"incoming"`
	IncomingName string        `json:"incoming_name"`
	IncomingAt   *time.Time    `json:"incoming_at"`
	Remarks      string        `json:"remarks"`
	Version      int64         `json:"version"`
}

// Sheet is the sheet of a station as it is now.
func (d *Desk) Sheet(ctx context.Context, by auth.Operator, station string) (Sheet, error) {
	if err := by.May(auth.AlarmsRead, station); err != nil {
		return Sheet{}, err
	}
	return d.sheet(ctx, station)
}

func (d *Desk) sheet(ctx context.Context, id string) (Sheet, error) {
	station, known := d.station(id)
	if !known {
		return Sheet{}, ErrNotFound
	}
	s := Sheet{At: d.o.Now().UTC(), Station: id, StationName: station.Name, TimeZone: station.Zone.String(), Demo: station.Demo, Left: map[string]int{}}
	if d.o.Shift != nil {
		shift, err := d.o.Shift(ctx, id)
		if err != nil {
			return Sheet{}, fmt.Errorf("read who is on duty: %w", err)
		}
		s.Shift = shift
	}
	closing, err := d.o.Store.Closing(ctx, id)
	if err != nil {
		return Sheet{}, err
	}
	s.Closing = append([]alarms.Alarm{}, closing...)
	s.Alarms = []alarms.Alarm{}
	open := d.o.Board.List(live.Alarm, id)
	s.Left["alarms"] = max(0, len(open)-mostOf)
	for _, data := range open {
		var a alarms.Alarm
		if json.Unmarshal(data, &a) == nil && a.Open() {
			s.Alarms = append(s.Alarms, a)
		}
	}
	sortAlarms(s.Alarms)
	s.Alarms = s.Alarms[:min(len(s.Alarms), mostOf)]
	for name, list := range map[string]struct {
		to     *[]Thing
		topics []live.Topic
	}{
		"shelf": {&s.Shelf, []live.Topic{live.Shelf}}, "impairments": {&s.Impairments, []live.Topic{live.Impairment}},
		"lockdowns": {&s.Lockdowns, []live.Topic{live.Lockdown}}, "postures": {&s.Postures, []live.Topic{live.Posture}},
		"fire": {&s.Fire, []live.Topic{live.Investigation, live.Evacuation}}, "covers": {&s.Covers, []live.Topic{live.Cover}},
	} {
		*list.to, s.Left[name] = d.things(id, list.topics...)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s.Posts, s.Failed = d.onWatch(id), d.failed[id]
	if standing, kept := d.standings[id]; kept {
		view := standing.view(d.keepingOf(id))
		s.Standing = &view
	}
	return s, nil
}

// things reads what stands on the board of a station, and how many did not fit.
func (d *Desk) things(station string, topics ...live.Topic) ([]Thing, int) {
	list, left := []Thing{}, 0
	for _, topic := range topics {
		for _, data := range d.o.Board.List(topic, station) {
			var one Thing
			if json.Unmarshal(data, &one) != nil {
				continue
			}
			if len(list) == mostOf {
				left++
				continue
			}
			list = append(list, one)
		}
	}
	return list, left
}

// Offer signs the sheet as it is now for the outgoing officer. A handover that
// was offered and not taken is withdrawn by it.
func (d *Desk) Offer(ctx context.Context, by auth.Operator, station, notes string) (Handover, error) {
	if err := by.May(auth.AlarmsHandle, station); err != nil {
		return Handover{}, err
	}
	if err := checkNotes("notes", notes); err != nil {
		return Handover{}, err
	}
	sheet, err := d.sheet(ctx, station)
	if err != nil {
		return Handover{}, err
	}
	h := Handover{ID: auth.NewID(), Station: station, State: Offered, Sheet: &sheet, Notes: strings.TrimSpace(notes),
		Outgoing: by.ID, OutgoingName: by.Name, Version: 1}
	err = d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		h.OutgoingAt = tx.At()
		tx.Audit(audit.By(by, station, "handover.offer", "handover:"+h.ID, map[string]string{"notes": h.Notes}))
		return tx.SaveHandover(ctx, h)
	})
	return h, err
}

// Take signs a handover for the incoming officer: somebody else than the outgoing
// one. Taking it again changes nothing for the same person.
func (d *Desk) Take(ctx context.Context, by auth.Operator, id, remarks string) (Handover, error) {
	if all, some := by.Stations(auth.AlarmsHandle); !all && len(some) == 0 {
		return Handover{}, by.May(auth.AlarmsHandle, auth.AllStations)
	}
	if err := checkNotes("remarks", remarks); err != nil {
		return Handover{}, err
	}
	var h Handover
	err := d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		var err error
		if h, err = tx.Handover(ctx, id); err != nil {
			return err
		}
		if err := by.May(auth.AlarmsHandle, h.Station); err != nil {
			return err
		}
		switch {
		case h.State == TakenOver && h.Incoming == by.ID:
			return nil
		case h.State != Offered:
			return &ConflictError{Reason: string(h.State), Detail: "this handover is not offered any more"}
		case h.Outgoing == by.ID:
			return &ConflictError{Reason: "same_person", Detail: "the incoming officer signs, not the outgoing one"}
		}
		now := tx.At()
		h.State, h.Incoming, h.IncomingName, h.IncomingAt, h.Remarks = TakenOver, by.ID, by.Name, &now, strings.TrimSpace(remarks)
		h.Version++
		tx.Audit(audit.By(by, h.Station, "handover.take", "handover:"+h.ID, map[string]string{"from": h.OutgoingName, "remarks": h.Remarks}))
		return tx.SaveHandover(ctx, h)
	})
	return h, err
}

// Handovers lists the handovers of a station, newest first, without their sheets,
// and the cursor of the next page.
func (d *Desk) Handovers(ctx context.Context, by auth.Operator, station, cursor string, limit int) ([]Handover, string, error) {
	if err := by.May(auth.AlarmsRead, station); err != nil {
		return nil, "", err
	}
	return d.o.Store.Handovers(ctx, station, cursor, limit)
}

// Handover returns one handover with its sheet.
func (d *Desk) Handover(ctx context.Context, by auth.Operator, id string) (Handover, error) {
	if all, some := by.Stations(auth.AlarmsRead); !all && len(some) == 0 {
		return Handover{}, by.May(auth.AlarmsRead, auth.AllStations)
	}
	h, err := d.o.Store.FindHandover(ctx, id)
	if err != nil {
		return Handover{}, err
	}
	return h, by.May(auth.AlarmsRead, h.Station)
}

// longestNotes is in characters.
const longestNotes = 8000

func checkNotes(field, s string) error {
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r' }):
		return &InvalidError{Field: field, Reason: "must not hold control characters"}
	case utf8.RuneCountInString(s) > longestNotes:
		return &InvalidError{Field: field, Reason: "longer than 8000 characters"}
	}
	return nil
}
