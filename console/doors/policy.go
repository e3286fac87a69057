package doors

import (
	"fmt"
	"slices"
	"time"

	"guardroom/devices"
)

// PolicyName is the name of a station's document of settings.
const PolicyName = "doors"

// DoorPolicy is a station's own rules for its doors.
type DoorPolicy struct {
	// TwoVerbs are commands to doors that need a second officer.
	TwoVerbs    []devices.Verb `json:"two_verbs"`
	TwoRelease  bool           `json:"two_release"`  // releasing a lockdown needs one
	TwoPostures bool           `json:"two_postures"` // setting and clearing a posture needs one
	// CallAlarm is how long a call may ring, in seconds, before it is an alarm.
	CallAlarm int `json:"call_alarm" minimum:"10" maximum:"600"`
	// ReasonWithin is how long the reason of a lockdown may wait, in seconds.
	ReasonWithin int `json:"reason_within" minimum:"30" maximum:"3600"`
}

// DefaultPolicy holds where a station has chosen nothing.
func DefaultPolicy() DoorPolicy {
	return DoorPolicy{TwoVerbs: []devices.Verb{}, CallAlarm: 60, ReasonWithin: 300}
}

// twoVerbs are the commands for which a second officer may be asked.
var twoVerbs = []devices.Verb{
	devices.Access, devices.Unlock, devices.Lock, devices.Block, devices.Lockdown, devices.LockdownRelease,
	devices.LockOpen, devices.LockOpenRelease, devices.DoubleLock,
}

func (p *DoorPolicy) validate() error {
	if p.TwoVerbs == nil {
		p.TwoVerbs = []devices.Verb{}
	}
	for i, v := range p.TwoVerbs {
		if !slices.Contains(twoVerbs, v) {
			return &InvalidError{Field: fmt.Sprintf("two_verbs.%d", i), Reason: "is no command of a door"}
		}
		if slices.Contains(p.TwoVerbs[:i], v) {
			return &InvalidError{Field: fmt.Sprintf("two_verbs.%d", i), Reason: "stands there twice"}
		}
	}
	switch {
	case p.CallAlarm < 10 || p.CallAlarm > 600:
		return &InvalidError{Field: "call_alarm", Reason: "10 to 600 seconds"}
	case p.ReasonWithin < 30 || p.ReasonWithin > 3600:
		return &InvalidError{Field: "reason_within", Reason: "30 seconds to an hour"}
	}
	return nil
}

func (p DoorPolicy) reasonWithin() time.Duration { return time.Duration(p.ReasonWithin) * time.Second }

// needsSecond reports whether a command of one officer is not enough. What locks
// a door again never waits for a second person unless the station says so.
func (p DoorPolicy) needsSecond(s DoorSettings, v devices.Verb) bool {
	if slices.Contains(p.TwoVerbs, v) {
		return true
	}
	return s.TwoPerson && v != devices.Lock && v != devices.LockOpenRelease
}
