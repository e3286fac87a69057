package devices

// Side says on which side of a limit a value alarms.
type Side string

// The sides.
const (
	Above Side = "above"
	Below Side = "below"
)

// A Limit is a bound of a point's value with a dead band, in the point's unit. A
// value beyond Alarm raises; only one beyond Clear, on the other side, restores.
// Between the two nothing changes, so a value that trembles at the bound is one
// alarm and not many.
type Limit struct {
	State string  `json:"state"` // the profile's name of the state beyond it
	Kind  Kind    `json:"kind"`  // the signal that it gives; empty: it only shows
	Side  Side    `json:"side"`
	Alarm float64 `json:"alarm"`
	Clear float64 `json:"clear"`
	// Own is set where the site has chosen the values, and not the profile.
	Own bool `json:"own"`
	// Adjustable is where a site may put Alarm; nil: nowhere else.
	Adjustable *Range `json:"adjustable,omitempty"`
}

// Range is from and to, both included.
type Range struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// Passed reports whether the limit is passed at value v, when it was or was not
// passed before.
func (l Limit) Passed(v float64, was bool) bool {
	if l.Side == Below {
		return v < l.Alarm || was && v <= l.Clear
	}
	return v > l.Alarm || was && v >= l.Clear
}
