package devices

import "time"

// Quality says how far a value may be trusted.
type Quality string

// The qualities. Everything but Good is neither normal nor alarm.
const (
	Good          Quality = "good"
	Stale         Quality = "stale"          // was good; not heard of for two intervals
	Bad           Quality = "bad"            // the device answered with nonsense or not at all
	Uncertain     Quality = "uncertain"      // on test, in maintenance, isolated
	NotProgrammed Quality = "not_programmed" // the panel says that no such device is fitted
)

// A Reading is a point's value with quality and time.
type Reading struct {
	Point    PointID   `json:"point"`
	State    string    `json:"state,omitempty"`  // the leading state name: the one with the highest priority
	States   []string  `json:"states,omitempty"` // all states that hold, when more than one does
	Value    *float64  `json:"value,omitempty"`  // in the point's unit, for analog and counter points
	Text     string    `json:"text,omitempty"`
	Quality  Quality   `json:"quality"`
	Observed time.Time `json:"observed"`         // by the gateway's clock
	Source   string    `json:"source,omitempty"` // where it was read: "holding 20000", for a technician
}
