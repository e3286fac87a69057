package replay

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guardroom/console/alarms"
	"guardroom/console/auth"
	"guardroom/console/intake"
	"guardroom/devices"
)

// Desk is where operators look back.
type Desk struct {
	Store store
	Now   func() time.Time // default time.Now
}

// store is what the desk needs of the store. Times are of the console's clock:
// when it received what it tells of.
type store interface {
	// At reads the site as it was at an instant.
	At(ctx context.Context, station string, at time.Time) (Still, error)
	// Between reads what came after from, up to and with to, oldest first.
	Between(ctx context.Context, q Window) (Film, error)
	// Density reads how much came between two instants, in steps.
	Density(ctx context.Context, station string, from, to time.Time, step time.Duration) ([]Density, error)
	// Begin is the first instant that the journal knows of a station; zero when it
	// knows none.
	Begin(ctx context.Context, station string) (time.Time, error)

	searchStore
	retentionStore
}

// InvalidError says which field is wrong and why.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field; the API recognises the error by this method.
func (e *InvalidError) InvalidField() string { return e.Field }

// ErrNotFound is returned for what does not exist.
var ErrNotFound = errors.New("no such thing in the past")

// Still is a site at an instant. What is not in it is unknown, not normal.
type Still struct {
	Station string                        `json:"station"`
	At      time.Time                     `json:"at"`
	Begins  *time.Time                    `json:"begins"` // the first instant known of the station; null: none
	Alarms  []alarms.Alarm                `json:"alarms"` // that stood, the worst first
	Points  map[devices.PointID]PastPoint `json:"points"` // that had said something
	Lost    []string                      `json:"lost"`   // gateways that had been given up as lost
	Shelf   []PastRemoval                 `json:"shelf"`  // what was shelved, suppressed, out of service
	Layers  []Layer                       `json:"layers"` // lockdowns, postures and the like that held
	Upto    time.Time                     `json:"upto"`   // what came later is not in it
}

// PastPoint is a point as it was.
type PastPoint struct {
	Quality    string      `json:"quality" enum:"known,lost"` // lost: its device or its gateway did not answer; as last known
	State      string      `json:"state"`                     // the state that it said last
	Since      time.Time   `json:"since"`
	Conditions []Condition `json:"conditions"` // by kind
}

// PastRemoval is something that was shelved, suppressed by design or out of service.
type PastRemoval struct {
	ID     string          `json:"id"`
	Point  devices.PointID `json:"point"`
	Kind   devices.Kind    `json:"kind"` // empty: every kind but those of life safety
	Mode   string          `json:"mode"`
	Reason string          `json:"reason"`
	ByName string          `json:"by_name"`
	Since  time.Time       `json:"since"`
	Until  *time.Time      `json:"until"`
}

// Layer is something that held over a part of the site.
type Layer struct {
	What  string    `json:"what"` // lockdown, posture, impairment, …
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Place string    `json:"place"` // id of the place, empty for the station or a point
	Since time.Time `json:"since"`
}

// Window is a part of the past.
type Window struct {
	Station  string
	From, To time.Time // after From, up to and with To
	Limit    int       // default 500, at most 2000
	Cursor   string
}

// Film is what happened, oldest first. Next is the cursor of what follows, empty
// at the end.
type Film struct {
	Items []FilmStep `json:"items"`
	Next  string     `json:"next"`
}

// FilmStep is one thing that happened: a signal, or an alarm as it stood after.
type FilmStep struct {
	At     time.Time     `json:"at"`
	Signal *intake.Line  `json:"signal"`
	Alarm  *alarms.Alarm `json:"alarm"`
	What   string        `json:"what"`   // of an alarm: raised, acknowledged, …
	Closed bool          `json:"closed"` // of an alarm: there is nothing left to do about it
	Holds  bool          `json:"holds"`  // of a signal: it leaves a condition
}

const (
	longestFilm  = time.Hour
	longestRange = 400 * 24 * time.Hour
	mostBuckets  = 1500
)

// At returns station as it was at an instant.
func (d *Desk) At(ctx context.Context, by auth.Operator, station string, at time.Time) (Still, error) {
	if err := by.May(auth.SignalsRead, station); err != nil {
		return Still{}, err
	}
	now := d.now()
	switch {
	case at.IsZero():
		at = now
	case at.After(now.Add(time.Minute)):
		return Still{}, &InvalidError{Field: "at", Reason: "has not come yet"}
	}
	return d.Store.At(ctx, station, at.UTC())
}

// Between returns what happened at a station.
func (d *Desk) Between(ctx context.Context, by auth.Operator, w Window) (Film, error) {
	if err := by.May(auth.SignalsRead, w.Station); err != nil {
		return Film{}, err
	}
	switch {
	case w.From.IsZero():
		return Film{}, &InvalidError{Field: "from", Reason: "is needed"}
	case w.To.IsZero():
		return Film{}, &InvalidError{Field: "to", Reason: "is needed"}
	case !w.To.After(w.From):
		return Film{}, &InvalidError{Field: "to", Reason: "is not after from"}
	case w.To.Sub(w.From) > longestFilm:
		return Film{}, &InvalidError{Field: "to", Reason: "is more than an hour after from"}
	case w.Limit < 0 || w.Limit > 2000:
		return Film{}, &InvalidError{Field: "limit", Reason: "not between 1 and 2000"}
	case w.Limit == 0:
		w.Limit = 500
	}
	w.From, w.To = w.From.UTC(), w.To.UTC()
	return d.Store.Between(ctx, w)
}

// Range says since when a station's past is known, and how much came when.
type Range struct {
	Station string     `json:"station"`
	Begins  *time.Time `json:"begins"` // null: nothing is known
	Now     time.Time  `json:"now"`
	From    time.Time  `json:"from"`
	To      time.Time  `json:"to"`
	Step    int        `json:"step"`  // seconds
	Items   []Density  `json:"items"` // steps in which anything came, oldest first
}

// Density returns how much came at station between two instants, in steps of whole
// minutes; a step of zero gives about 240 of them. Without from and to it is the
// last day.
func (d *Desk) Density(ctx context.Context, by auth.Operator, station string, from, to time.Time, step time.Duration) (Range, error) {
	if err := by.May(auth.SignalsRead, station); err != nil {
		return Range{}, err
	}
	now := d.now().UTC()
	if to.IsZero() {
		to = now
	}
	if from.IsZero() {
		from = to.Add(-24 * time.Hour)
	}
	from, to = from.UTC().Truncate(time.Minute), to.UTC()
	if step == 0 {
		step = max(time.Minute, (to.Sub(from) / 240).Truncate(time.Minute))
	}
	switch {
	case !to.After(from):
		return Range{}, &InvalidError{Field: "to", Reason: "is not after from"}
	case to.Sub(from) > longestRange:
		return Range{}, &InvalidError{Field: "from", Reason: "is more than 400 days before to"}
	case step < time.Minute || step%time.Minute != 0:
		return Range{}, &InvalidError{Field: "step", Reason: "is not in whole minutes"}
	case to.Sub(from)/step > mostBuckets:
		return Range{}, &InvalidError{Field: "step", Reason: fmt.Sprintf("gives more than %d steps", mostBuckets)}
	}
	r := Range{Station: station, Now: now, From: from, To: to, Step: int(step / time.Second)}
	begins, err := d.Store.Begin(ctx, station)
	if err != nil {
		return Range{}, err
	}
	if !begins.IsZero() {
		r.Begins = &begins
	}
	r.Items, err = d.Store.Density(ctx, station, from, to, step)
	if r.Items == nil {
		r.Items = []Density{}
	}
	return r, err
}

func (d *Desk) now() time.Time {
	if d.Now == nil {
		return time.Now()
	}
	return d.Now()
}
