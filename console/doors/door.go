// Package doors keeps the doors under command: what each is and does now, which
// are escape doors, lockdowns, postures, the second officer's confirmation, and
// the calls of intercoms.
//
//	door.go        a door as screens see it, and what people set of it
//	lockdown.go    a lockdown, what becomes of each door, which doors are held
//	hold.go        the use cases of lockdowns
//	runner.go      brings about what was decided, and looks what became of it
//	definition.go  what postures a station may take
//	posture.go     postures that are set, and their action lists
//	steps.go       carrying the steps of postures out
//	approval.go    the second officer
//	call.go        an intercom that calls
//	policy.go      a station's own rules for all of this
//	desk.go        the desk, and what it needs
//
// What is decided is committed first and carried out afterwards, by whichever
// console finds it undone: a console that dies in between changes nothing.
package doors

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"guardroom/console/stations"
	"guardroom/devices"
)

// Class says where a door stands; the times after which it counts as held open
// follow from it.
type Class string

// The classes.
const (
	Inside   Class = "inside"
	Entrance Class = "entrance"
	Dock     Class = "dock"
)

// EscapeSignature is a named person's word that a door is no escape door.
type EscapeSignature struct {
	By     string    `json:"by"`
	ByName string    `json:"by_name"`
	At     time.Time `json:"at"`
	Why    string    `json:"why"`
}

// DoorSettings are what people set of a door. Every door is an escape door until
// somebody signs that it is not.
type DoorSettings struct {
	Point     devices.PointID  `json:"point"`
	Station   string           `json:"station"`
	Class     Class            `json:"class" enum:"inside,entrance,dock"`
	NotEscape *EscapeSignature `json:"not_escape"`
	Cameras   []string         `json:"cameras"`
	TwoPerson bool             `json:"two_person"` // commands that open or hold it need a second officer
	Opens     devices.PointID  `json:"opens"`      // of an intercom: the door that is opened for the caller
	Version   int64            `json:"version"`    // 0: nothing was set
}

// Escape reports whether the door must never be held.
func (s DoorSettings) Escape() bool { return s.NotEscape == nil }

// Where is where a point stands on the premises; empty parts are not known.
type Where struct {
	Area         string `json:"area"`
	AreaName     string `json:"area_name"`
	Level        string `json:"level"`
	LevelName    string `json:"level_name"`
	Building     string `json:"building"`
	BuildingName string `json:"building_name"`
}

// Door is a door as screens see it.
type Door struct {
	ID       devices.PointID `json:"id"`
	Station  string          `json:"station"`
	Gateway  string          `json:"gateway"`
	Device   string          `json:"device"` // "<gateway>/<device>"
	Name     string          `json:"name"`
	Location string          `json:"location"`
	Where
	Verbs    []devices.Verb    `json:"verbs"`
	Mode     devices.DoorMode  `json:"mode" enum:"unknown,locked,unlocked,accessed,blocked,locked_down,locked_open,double_locked"`
	Contact  devices.Contact   `json:"contact" enum:"unknown,open,closed,fault"`
	Alarm    devices.DoorAlarm `json:"alarm" enum:"normal,forced_open,open_too_long"`
	Tamper   bool              `json:"tamper"`
	Fault    bool              `json:"fault"`
	Online   bool              `json:"online"`
	Quality  devices.Quality   `json:"quality"` // empty before the first reading
	Observed *time.Time        `json:"observed"`
	Settings DoorSettings      `json:"settings"`
	Escape   bool              `json:"escape"`
	// Lockdowns are the ids of those that hold it now.
	Lockdowns []string `json:"lockdowns"`
	// UnlockedUntil is when the console locks it again after an extended access.
	UnlockedUntil *time.Time `json:"unlocked_until"`
	Demo          bool       `json:"demo"`
}

// holds are the states in which no card opens a door.
var holds = []string{string(devices.DoorModeLockedDown), string(devices.DoorModeBlocked)}

// isDoor reports whether a command point of an access device is a door: an
// intercom takes commands, too.
func isDoor(a stations.Access) bool {
	return slices.ContainsFunc(a.Verbs, func(v devices.Verb) bool {
		return v == devices.Lock || v == devices.Unlock || v == devices.Access || v == devices.Block || v == devices.Lockdown
	})
}

// holdVerb is the command that holds a door, empty when it takes none.
func holdVerb(verbs []devices.Verb) devices.Verb {
	for _, v := range []devices.Verb{devices.Lockdown, devices.Block} {
		if slices.Contains(verbs, v) {
			return v
		}
	}
	return ""
}

// releaseVerb is the command that ends what holdVerb began.
func releaseVerb(verbs []devices.Verb) devices.Verb {
	for _, v := range []devices.Verb{devices.LockdownRelease, devices.Lock} {
		if slices.Contains(verbs, v) {
			return v
		}
	}
	return ""
}

// states are what a reading says, none when it cannot be relied on.
func states(r *stations.Reading) []string {
	if r == nil || r.Quality != devices.Good && r.Quality != devices.Uncertain {
		return nil
	}
	if len(r.States) > 0 {
		return r.States
	}
	if r.State != "" {
		return []string{r.State}
	}
	return nil
}

func modeOf(states []string, lockedDown bool) devices.DoorMode {
	for _, m := range []devices.DoorMode{devices.DoorModeLockedDown, devices.DoorModeLockedOpen, devices.DoorModeBlocked,
		devices.DoorModeDoubleLocked, devices.DoorModeUnlocked, devices.DoorModeAccessed, devices.DoorModeLocked} {
		if slices.Contains(states, string(m)) {
			if m == devices.DoorModeBlocked && lockedDown {
				return devices.DoorModeLockedDown
			}
			return m
		}
	}
	return devices.DoorModeUnknown
}

func contactOf(states []string) devices.Contact {
	has := func(s ...string) bool {
		return slices.ContainsFunc(s, func(one string) bool { return slices.Contains(states, one) })
	}
	switch {
	case has("contact_fault"):
		return devices.ContactFault
	case has("open", "forced", "held"):
		return devices.ContactOpen
	case has("closed"):
		return devices.ContactClosed
	}
	return devices.ContactUnknown
}

func alarmOf(states []string) devices.DoorAlarm {
	switch {
	case slices.Contains(states, "forced"):
		return devices.DoorForcedOpen
	case slices.Contains(states, "held"):
		return devices.DoorOpenTooLong
	}
	return devices.DoorNormal
}

// view is the door as it is now.
func view(a stations.Access, w Where, s DoorSettings, lockdowns []string) Door {
	if s.Version == 0 {
		s.Point, s.Station, s.Class = a.Point, a.Station, cmpClass(s.Class)
	}
	if s.Cameras == nil {
		s.Cameras = []string{}
	}
	if lockdowns == nil {
		lockdowns = []string{}
	}
	seen := states(a.Reading)
	d := Door{
		ID: a.Point, Station: a.Station, Gateway: a.Gateway, Device: a.Device, Name: a.Name, Location: a.Location, Where: w,
		Verbs: append([]devices.Verb{}, a.Verbs...), Mode: modeOf(seen, len(lockdowns) > 0), Contact: contactOf(seen), Alarm: alarmOf(seen),
		Tamper: slices.Contains(seen, "tamper"), Fault: slices.Contains(seen, "fault"), Online: a.Online,
		Settings: s, Escape: s.Escape(), Lockdowns: lockdowns, Demo: a.Demo,
	}
	if a.Reading != nil {
		at := a.Reading.Observed.UTC()
		d.Quality, d.Observed = a.Reading.Quality, &at
	}
	return d
}

func cmpClass(c Class) Class {
	if c == "" {
		return Inside
	}
	return c
}

// Passage is one card or button at a door, with the person where it is known
// and who asks may know.
type Passage struct {
	ID       int64             `json:"id"`
	At       time.Time         `json:"at"`
	Kind     devices.Kind      `json:"kind"`
	Text     string            `json:"text"`
	Detail   map[string]string `json:"detail"`
	CardHash string            `json:"card_hash"`
}

// InvalidError says which field is wrong and why, in words for an operator.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field.
func (e *InvalidError) InvalidField() string { return e.Field }

// words checks a text that a person typed, and trims it.
func words(field, text string, least, most int) (string, error) {
	text = strings.TrimSpace(text)
	n := utf8.RuneCountInString(text)
	switch {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return "", &InvalidError{Field: field, Reason: "must be plain text"}
	case n < least && least == 1:
		return "", &InvalidError{Field: field, Reason: "is needed"}
	case n < least:
		return "", &InvalidError{Field: field, Reason: "is too short to be understood later"}
	case n > most:
		return "", &InvalidError{Field: field, Reason: "is too long"}
	}
	return text, nil
}
