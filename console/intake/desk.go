package intake

import (
	"context"
	"time"

	"guardroom/console/auth"
	"guardroom/devices"
)

// Desk is where the journal is read.
type Desk struct{ Store reader }

// reader is what the desk needs of the store.
type reader interface {
	List(ctx context.Context, q Query) (Page[Line], error)
	DeadLetters(ctx context.Context, q Query) (Page[Letter], error)
	Gaps(ctx context.Context, q Query) (Page[Missing], error)
}

// Line is one signal of the journal.
type Line struct {
	ID         int64             `json:"id"`
	Station    string            `json:"station"`
	Gateway    string            `json:"gateway"`
	Epoch      uint64            `json:"epoch"` // 0: the console itself said it
	Seq        uint64            `json:"seq"`
	Point      devices.PointID   `json:"point"`
	Kind       devices.Kind      `json:"kind"`
	Active     bool              `json:"active"`
	State      string            `json:"state"`
	Text       string            `json:"text"`
	Detail     map[string]string `json:"detail"`
	Occurred   time.Time         `json:"occurred"` // by the device's clock
	Observed   time.Time         `json:"observed"` // by the gateway's
	Received   time.Time         `json:"received"` // by the console's
	Clock      devices.Clock     `json:"clock"`
	Historical bool              `json:"historical"`
	Demo       bool              `json:"demo"`
}

// Missing is a run of numbers that never came, but for those that came late.
type Missing struct {
	Station  string    `json:"station"`
	Gateway  string    `json:"gateway"`
	Epoch    uint64    `json:"epoch"`
	From     uint64    `json:"from"`
	To       uint64    `json:"to"`
	Found    time.Time `json:"found"`
	Why      string    `json:"why"`
	CameLate int64     `json:"came_late"`
}

// Filter chooses lines. Empty fields choose everything; Point and Kind concern
// signals only. From and To are of the time received, To is not included.
type Filter struct {
	Station  string
	Gateway  string
	Point    devices.PointID
	Kind     devices.Kind
	From, To time.Time
	Limit    int // default 100, at most 1000
	Cursor   string
}

// Query is a Filter with the stations that the operator may see.
type Query struct {
	Filter
	Stations []string // nil: all
}

// Page is part of a list, newest first; Next is the cursor of the following
// part, empty at the end.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// InvalidError says which field is wrong and why.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field; the API recognises the error by this method.
func (e *InvalidError) InvalidField() string { return e.Field }

// Signals lists the journal.
func (d *Desk) Signals(ctx context.Context, by auth.Operator, f Filter) (Page[Line], error) {
	q, err := permitted(by, f)
	if err != nil {
		return Page[Line]{}, err
	}
	return d.Store.List(ctx, q)
}

// DeadLetters lists what could not be understood or stored.
func (d *Desk) DeadLetters(ctx context.Context, by auth.Operator, f Filter) (Page[Letter], error) {
	q, err := permitted(by, f)
	if err != nil {
		return Page[Letter]{}, err
	}
	return d.Store.DeadLetters(ctx, q)
}

// Gaps lists the numbers that never came.
func (d *Desk) Gaps(ctx context.Context, by auth.Operator, f Filter) (Page[Missing], error) {
	q, err := permitted(by, f)
	if err != nil {
		return Page[Missing]{}, err
	}
	return d.Store.Gaps(ctx, q)
}

func permitted(by auth.Operator, f Filter) (Query, error) {
	stations, err := by.Scope(auth.SignalsRead, f.Station)
	if err != nil {
		return Query{}, err
	}
	q := Query{Filter: f, Stations: stations}
	switch {
	case f.Limit < 0 || f.Limit > 1000:
		return Query{}, &InvalidError{Field: "limit", Reason: "not between 1 and 1000"}
	case f.Limit == 0:
		q.Limit = 100
	}
	return q, nil
}
