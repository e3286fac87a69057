// Package alarms keeps the alarms of the console in the states of ISA-18.2 /
// IEC 62682, A to G.
//
//	alarm.go     what an alarm is
//	history.go   what happened to one, and an alarm read back from its history
//	answer.go    what people do with one: acknowledge, take, give back, close
//	board.go     the machine: what a signal does to the alarms
//	fire.go      confirmed fires and the first-up detector
//	cause.go     one root cause, one alarm
//	removal.go   what lies over an alarm: shelved, suppressed by design, out of service
//	rule.go      suppression by design, as rules
//	delay.go     on-delay and off-delay; what is fleeting, what chatters
//	policy.go    priorities, escalation, shifts, what must be closed
//	desk.go      what operators do with alarms, and who may
//	shelf.go     what operators do with removals and rules, and who may
//	settings.go  what a station chooses
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

// The states. An alarm is active in B and C. E to G lie over one of A to D,
// which goes on beneath.
const (
	Normal             State = "normal"         // A: over
	Unacknowledged     State = "unacknowledged" // B: active, nobody has answered for it
	Acknowledged       State = "acknowledged"   // C: active, somebody knows
	Returned           State = "returned"       // D: over by itself, nobody has answered for it
	Shelved            State = "shelved"        // E: put aside by a person, for a time
	SuppressedByDesign State = "suppressed"     // F: a rule says that it means nothing now
	OutOfService       State = "out_of_service" // G: its point is not in service
)

var states = []State{Normal, Unacknowledged, Acknowledged, Returned, Shelved, SuppressedByDesign, OutOfService}

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
	State      State           `json:"state"`       // as shown
	Beneath    State           `json:"beneath"`     // A to D: equal to State unless something lies over it
	Removed    *Removed        `json:"removed"`     // what lies over it
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
	// Area and Building are places of its point as it was raised; empty when nobody
	// has said where that is.
	Area         string     `json:"area"`
	AreaName     string     `json:"area_name"`
	Building     string     `json:"building"`
	BuildingName string     `json:"building_name"`
	Owner        *Owner     `json:"owner"`
	Escalation   *Escalated `json:"escalation"`   // how far up it has gone since it asked
	FinishAt     *time.Time `json:"finish_at"`    // when it should be closed, or over
	CloseNeeded  bool       `json:"close_needed"` // somebody has to say what it was
	Closed       *Closure   `json:"closed"`
	Chattering   bool       `json:"chattering"` // three raises in a minute, until a minute without
	// OnTest marks an alarm of life safety whose point is on test. It is shown all
	// the same.
	OnTest  bool `json:"on_test"`
	Version int  `json:"version"`

	Kept Kept `json:"-"`
}

// Kept is what the machine keeps with an alarm and nobody is shown.
type Kept struct {
	Stored         bool            // it has a row
	Asked          int             // version at which it last asked for attention
	Claimed        devices.PointID // the root cause that its device names, if any
	BornSuppressed bool            // nobody has ever been shown it before its cause ended
	First          Place           // of the earliest raise
	Was            State           // as its history last said that it is shown
	EscalateAt     *time.Time      // when it goes a step up
	Level          int             // steps that it has gone up since it asked
	Finish         time.Duration   // the time to finish that was thought out for it; 0 the policy's
}

// Owner is who has picked an alarm up.
type Owner struct {
	By     string    `json:"by"`
	ByName string    `json:"by_name"`
	At     time.Time `json:"at"`
}

// Escalated says to whom an alarm went that nobody had answered for.
type Escalated struct {
	Level int       `json:"level"` // from 1
	To    string    `json:"to"`    // supervisor, delivery, duty_chief, division
	At    time.Time `json:"at"`
	// Nobody says that it went up because nobody was on watch at its station.
	Nobody bool `json:"nobody,omitempty"`
}

// Closure says what an alarm turned out to be.
type Closure struct {
	Disposition Disposition `json:"disposition"`
	Text        string      `json:"text"`
	By          string      `json:"by"`
	ByName      string      `json:"by_name"`
	At          time.Time   `json:"at"`
}

// Disposition is what an alarm turned out to be.
type Disposition string

// The dispositions.
const (
	Real     Disposition = "real"
	Nuisance Disposition = "nuisance" // true, but not worth an alarm
	False    Disposition = "false"
	Test     Disposition = "test"
	Drill    Disposition = "drill"
	Other    Disposition = "other" // needs a text
)

// Removed is what lies over an alarm.
type Removed struct {
	Shelf  string     `json:"shelf"` // its id in the list of removals
	Mode   Mode       `json:"mode"`
	Reason string     `json:"reason"`
	ByName string     `json:"by_name"`
	Since  time.Time  `json:"since"`
	Until  *time.Time `json:"until"`
	End    End        `json:"end"`
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

// Active reports whether the condition holds, as far as the machine has heard,
// whatever lies over it.
func (a *Alarm) Active() bool { return a.Beneath == Unacknowledged || a.Beneath == Acknowledged }

// Asks reports whether a wants attention of somebody now: nobody has answered
// for it, nothing lies over it, and no other alarm stands for it.
func (a *Alarm) Asks() bool {
	return (a.State == Unacknowledged || a.State == Returned) && a.Cause == nil
}

// ToClose reports whether a is over and somebody still has to say what it was.
func (a *Alarm) ToClose() bool { return !a.Open() && a.CloseNeeded && a.Closed == nil }

// become moves the machine's state, and what is shown with it.
func (a *Alarm) become(s State) {
	a.Beneath = s
	a.show()
}

// show derives the state that is shown. Nothing lies over life safety.
func (a *Alarm) show() {
	a.State = a.Beneath
	switch {
	case a.LifeSafety || a.Kind.Info().LifeSafety:
		a.Removed = nil
	case a.Removed != nil && a.Beneath != Normal:
		a.State = State(a.Removed.Mode)
	}
}

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
