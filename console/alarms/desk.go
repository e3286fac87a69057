package alarms

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// Desk is where operators read alarms and answer for them.
type Desk struct{ Store desk }

// desk is what the desk needs of the store.
type desk interface {
	Find(ctx context.Context, id string) (Alarm, error)
	History(ctx context.Context, id string) ([]Entry, error)
	List(ctx context.Context, q Query) (Page, error)
	// Change locks the alarm, lets step change it, and writes it with its entries
	// in one transaction. Nothing is written when step returns ErrUnchanged.
	Change(ctx context.Context, id string, step Step) (Alarm, error)
}

// Step changes a, which is locked, and says what its history and the record
// shall hold.
type Step func(a *Alarm, now time.Time) (Entry, audit.Entry, error)

// ErrUnchanged ends a Step that has nothing to write.
var ErrUnchanged = errors.New("nothing to change")

// LongestComment is in characters.
const LongestComment = 1000

// Acknowledge answers for alarm id as it was at version. Doing so again, by
// anybody, changes nothing and is no error. A *StaleError says that it has asked
// for attention since.
func (d *Desk) Acknowledge(ctx context.Context, by auth.Operator, id string, version int, comment string) (Alarm, error) {
	a, err := d.permitted(ctx, by, auth.AlarmsAcknowledge, id)
	if err != nil {
		return Alarm{}, err
	}
	switch {
	case utf8.RuneCountInString(comment) > LongestComment:
		return Alarm{}, &InvalidError{Field: "comment", Reason: fmt.Sprintf("longer than %d characters", LongestComment)}
	case !utf8.ValidString(comment):
		return Alarm{}, &InvalidError{Field: "comment", Reason: "not UTF-8"}
	}
	return d.Store.Change(ctx, a.ID, func(a *Alarm, now time.Time) (Entry, audit.Entry, error) {
		changed, err := a.Acknowledge(version, Acknowledgement{By: by.ID, ByName: by.Name, At: now, Comment: comment})
		if err == nil && !changed {
			err = ErrUnchanged
		}
		line := Entry{At: now, What: Answered, By: by.ID, ByName: by.Name, Comment: comment}
		entry := audit.By(by, a.Station, "alarm.acknowledge", "alarm:"+a.ID, map[string]string{
			"point": string(a.Point), "kind": string(a.Kind), "state": string(a.State), "comment": comment,
		})
		return line, entry, err
	})
}

// Find returns an alarm and its history, oldest line first.
func (d *Desk) Find(ctx context.Context, by auth.Operator, id string) (Alarm, []Entry, error) {
	a, err := d.permitted(ctx, by, auth.AlarmsRead, id)
	if err != nil {
		return Alarm{}, nil, err
	}
	history, err := d.Store.History(ctx, id)
	return a, history, err
}

// permitted finds alarm id when by may do p at its station. Whoever may do p
// nowhere learns nothing of whether the alarm exists.
func (d *Desk) permitted(ctx context.Context, by auth.Operator, p auth.Permission, id string) (Alarm, error) {
	if all, some := by.Stations(p); !all && len(some) == 0 {
		return Alarm{}, by.May(p, auth.AllStations)
	}
	a, err := d.Store.Find(ctx, id)
	if err != nil {
		return Alarm{}, err
	}
	return a, by.May(p, a.Station)
}

// Filter chooses alarms. Empty fields choose everything; no state means all
// that are open.
type Filter struct {
	Station    string
	States     []State
	Priority   int
	Kind       devices.Kind
	Point      devices.PointID
	From, To   time.Time // of RaisedAt; To is not included
	Suppressed bool      // also those for which another alarm stands
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
	if err := q.validate(); err != nil {
		return Page{}, err
	}
	return d.Store.List(ctx, q)
}

func (q *Query) validate() error {
	for _, s := range q.States {
		if !slices.Contains([]State{Normal, Unacknowledged, Acknowledged, Returned}, s) {
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
