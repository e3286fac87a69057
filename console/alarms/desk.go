package alarms

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// Desk is where operators read alarms, answer for them and put them aside.
type Desk struct {
	Store    desk
	Settings documents
	Policies *Policies
	// Zone is the time zone of a station; nil when the desk has none to ask.
	Zone func(station string) *time.Location
	// Rostered is when the shift that a user is on ends by the roster in force, after an
	// instant or, with none, after now; false without a roster. May be nil.
	Rostered func(ctx context.Context, station, user string, after time.Time) (time.Time, bool)
}

// desk is what the desk needs of the store for alarms; see shelves for the rest.
type desk interface {
	Find(ctx context.Context, id string) (Alarm, error)
	History(ctx context.Context, id string) ([]Entry, error)
	Rationale(ctx context.Context, point devices.PointID, kind devices.Kind) (*Rationale, error)
	// Stands reports whether the last signal of the kind from point was a raise.
	Stands(ctx context.Context, point devices.PointID, kind devices.Kind) (bool, error)
	List(ctx context.Context, q Query) (Page, error)
	// Change locks the alarm, lets act change it, and writes it with its lines in
	// one transaction. Nothing is written when act returns ErrUnchanged.
	Change(ctx context.Context, id string, act Act) (Alarm, error)
	shelves
}

// Act changes a, which is locked, and says what its history and the record
// shall hold.
type Act func(a *Alarm, now time.Time) ([]Line, audit.Entry, error)

// ErrUnchanged ends an Act that has nothing to write.
var ErrUnchanged = errors.New("nothing to change")

// LongestComment is in characters.
const LongestComment = 1000

// words checks free text of people.
func words(field, text string) error {
	switch {
	case utf8.RuneCountInString(text) > LongestComment:
		return &InvalidError{Field: field, Reason: fmt.Sprintf("longer than %d characters", LongestComment)}
	case !utf8.ValidString(text):
		return &InvalidError{Field: field, Reason: "not UTF-8"}
	}
	return nil
}

// Rationale is what was thought out for an alarm before it came.
type Rationale struct {
	Priority      int      `json:"priority"` // 0: nothing was chosen
	Cause         string   `json:"cause"`
	Consequence   string   `json:"consequence"`
	Response      string   `json:"response"`
	RespondWithin int      `json:"respond_within"` // seconds; 0: nothing was chosen
	FinishWithin  int      `json:"finish_within"`  // seconds; 0: nothing was chosen
	Cameras       []string `json:"cameras"`
	Procedure     string   `json:"procedure"`
}

// act lets by change alarm id with the right p. do returns ErrUnchanged through
// changed being false.
func (d *Desk) act(ctx context.Context, by auth.Operator, p auth.Permission, id, action string,
	do func(a *Alarm, now time.Time) (lines []Line, params map[string]string, err error),
) (Alarm, error) {
	a, err := d.permitted(ctx, by, p, id)
	if err != nil {
		return Alarm{}, err
	}
	return d.Store.Change(ctx, a.ID, func(a *Alarm, now time.Time) ([]Line, audit.Entry, error) {
		lines, params, err := do(a, now)
		if err == nil && len(lines) == 0 {
			err = ErrUnchanged
		}
		if err != nil {
			return nil, audit.Entry{}, err
		}
		all := map[string]string{"point": string(a.Point), "kind": string(a.Kind), "state": string(a.State)}
		maps.Copy(all, params)
		return lines, audit.By(by, a.Station, action, "alarm:"+a.ID, all), nil
	})
}

// Acknowledge answers for alarm id as it was at version. Doing so again, by
// anybody, changes nothing and is no error. A *StaleError says that it has asked
// for attention since.
func (d *Desk) Acknowledge(ctx context.Context, by auth.Operator, id string, version int, comment string) (Alarm, error) {
	return d.act(ctx, by, auth.AlarmsAcknowledge, id, "alarm.acknowledge", func(a *Alarm, now time.Time) ([]Line, map[string]string, error) {
		if err := words("comment", comment); err != nil {
			return nil, nil, err
		}
		changed, err := a.Acknowledge(version, acknowledgement(by, now, comment))
		if err != nil || !changed {
			return nil, nil, err
		}
		return []Line{a.Line(now, Answered, by, comment)}, map[string]string{"comment": comment}, nil
	})
}

// Respond answers for alarm id and picks it up, in one. What somebody else has in
// hand stays theirs: an answer that was due is written all the same, and when
// there was nothing to answer a *ConflictError names the owner.
func (d *Desk) Respond(ctx context.Context, by auth.Operator, id string, version int) (Alarm, error) {
	return d.act(ctx, by, auth.AlarmsHandle, id, "alarm.respond", func(a *Alarm, now time.Time) ([]Line, map[string]string, error) {
		if err := by.May(auth.AlarmsAcknowledge, a.Station); err != nil {
			return nil, nil, err
		}
		var lines []Line
		answered, err := a.Acknowledge(version, acknowledgement(by, now, ""))
		if err != nil {
			return nil, nil, err
		}
		if answered {
			lines = append(lines, a.Line(now, Answered, by, ""))
			if !a.Open() && !a.ToClose() { // it was over, and nobody has to say more of it
				return lines, nil, nil
			}
		}
		seen := version
		if answered {
			seen = a.Version
		}
		taken, err := a.Take(seen, Owner{By: by.ID, ByName: by.Name, At: now}, false)
		if taken {
			lines = append(lines, a.Line(now, Taken, by, ""))
		}
		if answered {
			err = nil
		}
		return lines, nil, err
	})
}

// Take picks alarm id up. Another's is taken over only when over is set; else a
// *ConflictError names the owner.
func (d *Desk) Take(ctx context.Context, by auth.Operator, id string, version int, over bool) (Alarm, error) {
	return d.act(ctx, by, auth.AlarmsHandle, id, "alarm.take", func(a *Alarm, now time.Time) ([]Line, map[string]string, error) {
		from := a.Owner
		changed, err := a.Take(version, Owner{By: by.ID, ByName: by.Name, At: now}, over)
		switch {
		case err != nil || !changed:
			return nil, nil, err
		case from != nil:
			return []Line{a.Line(now, TakenOver, by, "from "+from.ByName)}, map[string]string{"from": from.By}, nil
		}
		return []Line{a.Line(now, Taken, by, "")}, nil, nil
	})
}

// GiveBack lets alarm id be nobody's again.
func (d *Desk) GiveBack(ctx context.Context, by auth.Operator, id string, version int) (Alarm, error) {
	return d.act(ctx, by, auth.AlarmsHandle, id, "alarm.give_back", func(a *Alarm, now time.Time) ([]Line, map[string]string, error) {
		changed, err := a.GiveBack(version, by.ID)
		if err != nil || !changed {
			return nil, nil, err
		}
		return []Line{a.Line(now, GivenBack, by, "")}, nil, nil
	})
}

// Close says what alarm id was. It cannot be closed while its condition holds,
// nor the alarm of a door while the door stands open: a *ConflictError with code
// condition.
func (d *Desk) Close(ctx context.Context, by auth.Operator, id string, version int, disposition Disposition, text string) (Alarm, error) {
	found, err := d.permitted(ctx, by, auth.AlarmsHandle, id)
	if err != nil {
		return Alarm{}, err
	}
	c := Closure{Disposition: disposition, Text: strings.TrimSpace(text), By: by.ID, ByName: by.Name}
	if err := c.validate(); err != nil {
		return Alarm{}, err
	}
	if found.Closed == nil && (found.Kind == devices.DoorForced || found.Kind == devices.DoorHeld) {
		open, err := d.Store.Stands(ctx, found.Point, devices.DoorOpened)
		if err != nil {
			return Alarm{}, err
		}
		if open {
			return Alarm{}, &ConflictError{Code: "condition", Reason: "door_open", Text: "the door still stands open"}
		}
	}
	return d.act(ctx, by, auth.AlarmsHandle, id, "alarm.close", func(a *Alarm, now time.Time) ([]Line, map[string]string, error) {
		c.At = now
		changed, err := a.Close(version, c)
		if err != nil || !changed {
			return nil, nil, err
		}
		return []Line{a.Line(now, ClosedBy, by, c.Text)}, map[string]string{"disposition": string(c.Disposition), "text": c.Text}, nil
	})
}

// Seen is an alarm as somebody saw it.
type Seen struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}

// Outcome is what became of one of several.
type Outcome struct {
	Seen  Seen
	Alarm *Alarm
	Err   error
}

// MostAtOnce are as many as fit a screen.
const MostAtOnce = 50

// AcknowledgeSeen answers for what was on the screen, each for itself. Only
// alarms of priority 3 and 4 can be answered for together; no outcome depends on
// another.
func (d *Desk) AcknowledgeSeen(ctx context.Context, by auth.Operator, list []Seen, comment string) ([]Outcome, error) {
	if err := anywhere(by, auth.AlarmsAcknowledge); err != nil {
		return nil, err
	}
	if len(list) == 0 || len(list) > MostAtOnce {
		return nil, &InvalidError{Field: "alarms", Reason: fmt.Sprintf("between 1 and %d at once", MostAtOnce)}
	}
	outcomes := make([]Outcome, len(list))
	for i, seen := range list {
		outcomes[i].Seen = seen
		a, err := d.permitted(ctx, by, auth.AlarmsAcknowledge, seen.ID)
		if err == nil && a.Priority < 3 {
			err = &InvalidError{Field: "alarms", Reason: "an alarm of priority 1 or 2 is answered for by itself"}
		}
		if err == nil {
			a, err = d.Acknowledge(ctx, by, seen.ID, seen.Version, comment)
		}
		if outcomes[i].Err = err; err == nil {
			outcomes[i].Alarm = &a
		} else if ctx.Err() != nil {
			return nil, err
		}
	}
	return outcomes, nil
}

// Found is an alarm with what happened to it, oldest line first, and what was
// thought out for it, if anything.
type Found struct {
	Alarm
	History   []Entry    `json:"history"`
	Rationale *Rationale `json:"rationale"`
}

// Find returns an alarm.
func (d *Desk) Find(ctx context.Context, by auth.Operator, id string) (Found, error) {
	a, err := d.permitted(ctx, by, auth.AlarmsRead, id)
	if err != nil {
		return Found{}, err
	}
	found := Found{Alarm: a}
	if found.History, err = d.Store.History(ctx, id); err != nil {
		return Found{}, err
	}
	found.Rationale, err = d.Store.Rationale(ctx, a.Point, a.Kind)
	return found, err
}

// permitted finds alarm id when by may do p at its station. Whoever may do p
// nowhere learns nothing of whether the alarm exists.
func (d *Desk) permitted(ctx context.Context, by auth.Operator, p auth.Permission, id string) (Alarm, error) {
	if err := anywhere(by, p); err != nil {
		return Alarm{}, err
	}
	a, err := d.Store.Find(ctx, id)
	if err != nil {
		return Alarm{}, err
	}
	return a, by.May(p, a.Station)
}

// Filter chooses alarms. Empty fields choose everything; no state means all
// that are open and in sight.
type Filter struct {
	Station    string
	States     []State
	Priority   int
	Kind       devices.Kind
	Point      devices.PointID
	From, To   time.Time // of RaisedAt; To is not included
	Suppressed bool      // also those for which another alarm stands
	Closing    bool      // those that are over and wait to be closed; states are not asked then
	Owner      string    // a user's id, or "me"
	Limit      int       // default 100, at most 1000
	Cursor     string
}

// Query is a Filter with the stations that the operator may see.
type Query struct {
	Filter
	Stations []string // nil: all
}

// Page is part of a list, newest first; Next is the cursor of the following
// part, empty at the end.
type Page struct {
	Items []Alarm `json:"items"`
	Next  string  `json:"next"`
}

// List returns the alarms that by may see.
func (d *Desk) List(ctx context.Context, by auth.Operator, f Filter) (Page, error) {
	stations, err := by.Scope(auth.AlarmsRead, f.Station)
	if err != nil {
		return Page{}, err
	}
	q := Query{Filter: f, Stations: stations}
	if q.Owner == "me" {
		q.Owner = by.ID
	}
	if err := q.validate(); err != nil {
		return Page{}, err
	}
	return d.Store.List(ctx, q)
}

func (q *Query) validate() error {
	for _, s := range q.States {
		if !slices.Contains(states, s) {
			return &InvalidError{Field: "state", Reason: fmt.Sprintf("%q is no state of an alarm", s)}
		}
	}
	switch {
	case q.Priority < 0 || q.Priority > 4:
		return &InvalidError{Field: "priority", Reason: "not between 1 and 4"}
	case q.Limit < 0 || q.Limit > 1000:
		return &InvalidError{Field: "limit", Reason: "not between 1 and 1000"}
	case q.Limit == 0:
		q.Limit = 100
	}
	return nil
}
