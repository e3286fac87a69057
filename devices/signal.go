package devices

import (
	"fmt"
	"time"
)

// A Signal is one thing a device reported: a zone in alarm, a door forced, a
// card refused. Values sampled on a schedule are Readings.
type Signal struct {
	Point    PointID
	Kind     Kind
	Active   bool      // false when the condition restores; true for momentary kinds
	Occurred time.Time // by the device's clock where it has one, else Observed
	Observed time.Time // by the gateway's clock
	Clock    Clock     // how far Observed may be trusted
	State    string    // the profile's state name, "fire"
	Text     string    // the device's own words, where it has some
	// Detail holds further facts by name, such as reason, card or door. A card
	// number never stands here in clear.
	Detail map[string]string

	// Where the signal stands in its gateway's sequence. The spool sets them.
	Epoch uint64
	Seq   uint64
	// Historical is set on replay: the signal is not news.
	Historical bool
}

// Follows is the detail field by which the console itself says after which signal
// of the gateway, "<epoch>/<seq>", what it says stands in the point's order.
const Follows = "follows"

// The detail fields by which the console itself says what a point belongs to that
// no gateway has registered.
const (
	DeviceNameDetail = "device_name"
	LocationDetail   = "location"
	CategoryDetail   = "category"
)

// Clock is the state of the gateway's clock.
type Clock string

// The clock states.
const (
	Synced   Clock = "synced"
	Holdover Clock = "holdover" // was synced, source lost
	Unsynced Clock = "unsynced"
)

// Validate reports the first field that makes s unusable.
func (s Signal) Validate() error {
	if err := s.Point.Validate(); err != nil {
		return err
	}
	switch {
	case s.Kind == "":
		return &InvalidError{Field: "kind", Reason: "missing"}
	case !ValidID(string(s.Kind)):
		return &InvalidError{Field: "kind", Reason: fmt.Sprintf("%q is not an id", clip(string(s.Kind)))}
	case s.Observed.IsZero():
		return &InvalidError{Field: "observed", Reason: "missing"}
	}
	return nil
}
