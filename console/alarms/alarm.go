// Package alarms keeps the alarms of the console in the states of ISA-18.2 /
// IEC 62682, A to D.
//
//	alarm.go    what an alarm is, and acknowledging one
//	board.go    the machine: what a signal does to the alarms
//	fire.go     confirmed fires and the first-up detector
//	cause.go    one root cause, one alarm
//	policy.go   priorities
//	desk.go     what operators do with alarms
//
// The machine is pure: it holds no clock, no database, no goroutine.
package alarms

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guardroom/console/live"
	"guardroom/devices"
)

// State is an alarm's state; the letters are those of ISA-18.2.
type State string

// The states. An alarm is active in B and C.
const (
	Normal         State = "normal"         // A: over
	Unacknowledged State = "unacknowledged" // B: active, nobody has answered for it
	Acknowledged   State = "acknowledged"   // C: active, somebody knows
	Returned       State = "returned"       // D: over by itself, nobody has answered for it
)

// Alarm is one alarm as operators see it.
type Alarm struct {
	ID         string          `json:"id"`
	Station    string          `json:"station"`
	Gateway    string          `json:"gateway"`
	Device     string          `json:"device"` // within its gateway
	DeviceName string          `json:"device_name"`
	Point      devices.PointID `json:"point"`
	PointName  string          `json:"point_name"`
	Location   string          `json:"location"`
	Kind       devices.Kind    `json:"kind"`
	Category   string          `json:"category"`
	Priority   int             `json:"priority"` // 1 (critical) to 4 (low)
	LifeSafety bool            `json:"life_safety"`
	State      State           `json:"state"`
	RaisedAt   time.Time       `json:"raised_at"`   // the first raise, by the gateway's clock where it may be trusted
	LastAt     time.Time       `json:"last_at"`     // the last raise
	ReceivedAt time.Time       `json:"received_at"` // by the console's clock
	ClearedAt  *time.Time      `json:"cleared_at"`
	Count      int             `json:"count"` // raises
	Text       string          `json:"text"`
	// SignalState is the profile's state name, such as "fire".
	SignalState  string            `json:"signal_state"`
	Detail       map[string]string `json:"detail"`
	Acknowledged *Acknowledgement  `json:"acknowledged"`
	// Confirmed is a fire that a second detector of the same panel reports too.
	Confirmed bool     `json:"confirmed"`
	FirstUp   *FirstUp `json:"first_up"`
	// Cause is the point whose alarm stands for this one too; such an alarm is
	// in no list unless asked for.
	Cause              *devices.PointID `json:"cause"`
	SuppressedChildren int              `json:"suppressed_children"`
	Late               bool             `json:"late"` // it is not news: replayed, or overtaken by its own restore
	Demo               bool             `json:"demo"`
	Version            int              `json:"version"`
	Change             int64            `json:"change"` // change number of the transaction that wrote it last

	Kept Kept `json:"-"`
}

// Kept is what the machine keeps with an alarm and nobody is shown.
type Kept struct {
	Asked          int             // version at which it last asked for attention
	Claimed        devices.PointID // the root cause that its device names, if any
	BornSuppressed bool            // nobody has ever been shown it before its cause ended
	First          Place           // of the earliest raise
}

// Acknowledgement says who answered for an alarm.
type Acknowledgement struct {
	By      string    `json:"by"`
	ByName  string    `json:"by_name"`
	At      time.Time `json:"at"`
	Comment string    `json:"comment"`
}

// FirstUp is the detector that began a fire event. It stays until every fire
// alarm of the panel is over.
type FirstUp struct {
	Alarm     string          `json:"alarm"`
	Point     devices.PointID `json:"point"`
	PointName string          `json:"point_name"`
	At        time.Time       `json:"at"`
}

// Active reports whether the condition holds, as far as the machine has heard.
func (a *Alarm) Active() bool { return a.State == Unacknowledged || a.State == Acknowledged }

// Open reports whether somebody or something is still to come.
func (a *Alarm) Open() bool { return a.State != Normal }

// Event is the alarm for the screens.
func (a *Alarm) Event() live.Event {
	data, err := json.Marshal(a)
	if err != nil { // only a time outside of the years 0 to 9999 gets here
		data, _ = json.Marshal(map[string]any{"id": a.ID, "station": a.Station, "point": a.Point, "kind": a.Kind,
			"priority": a.Priority, "state": a.State, "version": a.Version})
	}
	return live.Event{Topic: live.Alarm, Station: a.Station, Key: a.ID, Data: data, Gone: !a.Open()}
}

// What happened to an alarm, as its history says it.
type What string

// The words of the history.
const (
	Raised     What = "raised"
	Repeated   What = "repeated"
	Reraised   What = "reraised"
	Cleared    What = "cleared"
	Answered   What = "acknowledged"
	Confirmed  What = "confirmed"
	Suppressed What = "suppressed" // another alarm stands for it
	Released   What = "released"   // it stands for itself again
)

// Entry is one line of an alarm's history.
type Entry struct {
	At      time.Time `json:"at"`
	What    What      `json:"what"`
	By      string    `json:"by"`
	ByName  string    `json:"by_name"`
	Comment string    `json:"comment"`
	Signal  *Said     `json:"signal"`
}

// Said is the signal behind a line of the history.
type Said struct {
	Active   bool      `json:"active"`
	State    string    `json:"state,omitempty"`
	Text     string    `json:"text,omitempty"`
	Occurred time.Time `json:"occurred"`
	Observed time.Time `json:"observed"`
	Epoch    uint64    `json:"epoch"`
	Seq      uint64    `json:"seq"`
	Late     bool      `json:"late,omitempty"`
}

// ErrNotFound is returned for an alarm that does not exist.
var ErrNotFound = errors.New("no such alarm")

// StaleError is returned to somebody who acknowledges what they have not seen:
// the alarm has asked for attention again since the version they name.
type StaleError struct{ Current Alarm }

func (e *StaleError) Error() string {
	return fmt.Sprintf("alarm %s has been raised again: it is at version %d now", e.Current.ID, e.Current.Version)
}

// Stale gives the version and the thing as they are now; the API recognises the
// error by this method.
func (e *StaleError) Stale() (version int, current any) { return e.Current.Version, e.Current }

// InvalidError says which field is wrong and why.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field; the API recognises the error by this method.
func (e *InvalidError) InvalidField() string { return e.Field }

// Acknowledge answers for a as it was at version. It changes nothing when
// somebody has done so already: the first one stays. It returns a *StaleError
// when a has asked for attention since.
func (a *Alarm) Acknowledge(version int, by Acknowledgement) (changed bool, err error) {
	if a.State == Acknowledged || a.State == Normal {
		return false, nil
	}
	if version < a.Kept.Asked || version > a.Version {
		return false, &StaleError{Current: *a}
	}
	a.Acknowledged = &by
	a.Version++
	if a.State == Returned || a.Kind.Info().Momentary {
		a.State = Normal
		if a.ClearedAt == nil {
			a.ClearedAt = &by.At
		}
	} else {
		a.State = Acknowledged
	}
	return true, nil
}
