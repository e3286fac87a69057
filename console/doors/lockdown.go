package doors

import (
	"slices"
	"strings"
	"time"

	"guardroom/console/live"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// DoorScope is what a lockdown or a posture is for: a station, or a place of it.
type DoorScope struct {
	Kind  string `json:"kind" enum:"station,premises,building,level,area"`
	Place string `json:"place"` // empty for the whole station
	Name  string `json:"name"`
}

// HoldState says how a door of a lockdown stands.
type HoldState string

// The states of a door in a lockdown.
const (
	Waiting   HoldState = "waiting"    // asked; nobody knows yet
	Obeyed    HoldState = "obeyed"     // read back: no card opens it
	NotObeyed HoldState = "not_obeyed" // refused, not confirmed, or it shows something else
	NotKnown  HoldState = "unknown"    // the answer was lost
	Away      HoldState = "offline"    // will be held when it is back
	LeftOut   HoldState = "left_out"   // an escape door
	Cannot    HoldState = "cannot"     // it takes no such command
	Suspended HoldState = "suspended"  // a fire in its building: not held from here

	Releasing   HoldState = "releasing"
	Freed       HoldState = "released"
	StaysHeld   HoldState = "held_elsewhere" // another lockdown holds it
	NotFreed    HoldState = "not_released"
	FreedIfBack HoldState = "release_offline" // will be released when it is back
)

// HeldDoor is one door of a lockdown.
type HeldDoor struct {
	Point    devices.PointID `json:"point"`
	Name     string          `json:"name"`
	Location string          `json:"location"`
	Gateway  string          `json:"gateway"`
	Where
	State HoldState `json:"state" enum:"waiting,obeyed,not_obeyed,unknown,offline,left_out,cannot,suspended,releasing,released,held_elsewhere,not_released,release_offline"`
	// Note says why, in the words of whoever knows: the device, the gateway, the console.
	Note    string           `json:"note"`
	Seen    string           `json:"seen"`   // the states it showed last
	Before  devices.DoorMode `json:"before"` // its mode when the lockdown began
	Verb    devices.Verb     `json:"verb"`   // the command that holds it
	Free    devices.Verb     `json:"free"`   // the command that releases it
	Command string           `json:"command"`
	Try     int              `json:"try"`
	AskedAt *time.Time       `json:"asked_at"`
	At      time.Time        `json:"at"` // since when the state
	// Suspended is set by a fire in its building: it is no longer held from here,
	// and not asserted again until a person says so.
	Suspended bool `json:"suspended"`
	// Dropped is set when the signature was revoked: an escape door is not held.
	Dropped bool `json:"dropped"`
	// Insisted is set when a person wanted it held in spite of a fire: it is asked
	// once, and never asserted again.
	Insisted bool `json:"insisted"`
}

// DoorRelease says who ended a lockdown.
type DoorRelease struct {
	By     string    `json:"by"`
	ByName string    `json:"by_name"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Second string    `json:"second"` // who confirmed it, where two are needed
}

// LockdownState is how a lockdown stands.
type LockdownState string

// The states of a lockdown.
const (
	Active     LockdownState = "active"
	Ending     LockdownState = "releasing" // a person released it; not every door is known to be free
	LockdownIs LockdownState = "released"
)

// Lockdown holds doors until a person releases it.
type Lockdown struct {
	ID            string        `json:"id"`
	Station       string        `json:"station"`
	Scope         DoorScope     `json:"scope"`
	State         LockdownState `json:"state" enum:"active,releasing,released"`
	By            string        `json:"by"`
	ByName        string        `json:"by_name"`
	At            time.Time     `json:"at"`
	Reason        string        `json:"reason"`
	ReasonBy      string        `json:"reason_by"`
	ReasonByName  string        `json:"reason_by_name"`
	ReasonDue     time.Time     `json:"reason_due"`
	ReasonLate    bool          `json:"reason_late"`    // nobody gave one in time; the officer is reminded
	ReasonTold    bool          `json:"reason_told"`    // and the supervisor was told
	FireConfirmed bool          `json:"fire_confirmed"` // a person wanted it although there was a fire
	// Fire lists the buildings with a fire since it began; a person is asked to
	// release it.
	Fire       []string     `json:"fire"`
	FireActive bool         `json:"fire_active"`
	Released   *DoorRelease `json:"released"`
	EndedAt    *time.Time   `json:"ended_at"`
	Doors      []HeldDoor   `json:"doors"`
	DryRun     bool         `json:"dry_run"`
	Demo       bool         `json:"demo"`
	Version    int64        `json:"version"`
}

// Event is what the screens are told.
func (l Lockdown) Event() live.Event {
	return live.Thing(live.Lockdown, l.Station, l.ID, l, l.EndedAt != nil)
}

// door finds a door of the lockdown, nil when it has none such.
func (l *Lockdown) door(p devices.PointID) *HeldDoor {
	if i := slices.IndexFunc(l.Doors, func(d HeldDoor) bool { return d.Point == p }); i >= 0 {
		return &l.Doors[i]
	}
	return nil
}

// wants reports whether the lockdown wants the door held.
func (l *Lockdown) wants(d *HeldDoor) bool {
	return l.State == Active && d.State != LeftOut && d.State != Cannot && !d.Dropped
}

// Held lists the lockdowns that want p held, of those that are open.
func Held(open []*Lockdown, p devices.PointID) []string {
	var ids []string
	for _, l := range open {
		if d := l.door(p); d != nil && l.wants(d) {
			ids = append(ids, l.ID)
		}
	}
	return ids
}

// Fires are the buildings, by station, in which there is a fire now. A fire of
// which nobody knows the building is everywhere at its station.
type Fires map[string]map[string]bool

// At reports whether a fire is where the door is, or may be.
func (f Fires) At(station, building string) bool {
	buildings := f[station]
	return len(buildings) > 0 && (building == "" || buildings[building] || buildings[""])
}

// Desired is what the gateway is to hold, and assert again when a door comes
// back: the doors of every open lockdown but those that a fire has taken out.
func Desired(open []*Lockdown, fires Fires, gateway string) []link.Lockdown {
	held := []link.Lockdown{}
	for _, l := range open {
		one := link.Lockdown{ID: l.ID, Points: []devices.PointID{}}
		for i := range l.Doors {
			d := &l.Doors[i]
			if d.Gateway == gateway && l.wants(d) && !d.Suspended && !fires.At(l.Station, d.Building) {
				one.Points = append(one.Points, d.Point)
			}
		}
		if len(one.Points) > 0 {
			held = append(held, one)
		}
	}
	return held
}

// seen is what is known of a door now.
type seen struct {
	there    bool // the register still knows the point
	online   bool
	readOnly bool
	states   []string
	observed time.Time
	command  *ordered // nil: no command is known
}

// ordered is a command and what became of it.
type ordered struct {
	state    devices.Outcome
	code     string
	text     string
	finished time.Time
}

// patience is how long a door that is online may show something else before it
// counts as not obeying, when no command tells.
const patience = 15 * time.Second

// settling is how long after a read-back an older reading may still come in, by a
// gateway whose clock is ahead of ours.
const settling = 5 * time.Second

// slow is how long a door that is asked may show something else before somebody is
// told to look; the answer of its device may still come.
const slow = 5 * time.Second

func anyHeld(states []string) bool {
	return slices.ContainsFunc(holds, func(h string) bool { return slices.Contains(states, h) })
}

// judge says how a door that is to be held stands.
func (d *HeldDoor) judge(s seen, now time.Time) (HoldState, string) {
	asked := time.Time{}
	if d.AskedAt != nil {
		asked = *d.AskedAt
	}
	showsHeld := anyHeld(s.states)
	fresh := s.observed.After(asked)
	switch {
	case !s.there:
		return Away, "the gateway no longer names this door"
	case !s.online:
		return Away, "gateway or door controller does not answer; the gateway holds the door when it is back"
	case d.Suspended && !d.Insisted && showsHeld:
		return Obeyed, "a fire in its building: it is no longer held from here"
	case d.Suspended && !d.Insisted:
		return Suspended, "a fire in its building: it is not held from here"
	case showsHeld && (fresh || d.State == Obeyed || s.command != nil && s.command.state == devices.Confirmed):
		return Obeyed, ""
	case s.readOnly:
		return NotObeyed, "the gateway is set to look only"
	case d.State == Obeyed && len(s.states) > 0 && anyHeld(strings.Split(d.Seen, ", ")):
		return NotObeyed, "it obeyed, and shows something else now" // whatever the gateway's clock says
	}
	if c := s.command; c != nil {
		switch c.state {
		case devices.Requested, devices.Sent:
			if len(s.states) > 0 && now.Sub(asked) > slow {
				return NotObeyed, "it was asked and shows something else so far"
			}
			return Waiting, ""
		case devices.Confirmed:
			if len(s.states) == 0 || !s.observed.After(c.finished) || now.Sub(c.finished) < settling {
				return Obeyed, "" // it was read back; the next reading is on its way
			}
			return NotObeyed, "it obeyed, and shows something else now"
		case devices.Refused:
			if c.code != devices.RefusedOffline { // it is back: the gateway asserts it
				return NotObeyed, c.text
			}
		case devices.TimedOut:
			return NotObeyed, c.text
		case devices.Unknown:
			if len(s.states) > 0 && s.observed.After(c.finished) {
				return NotObeyed, c.text
			}
			return NotKnown, c.text
		}
	}
	if d.State == Obeyed && len(s.states) == 0 {
		return NotKnown, "nothing can be read of the door now"
	}
	if since := later(asked, d.At); d.State == Away || d.State == Suspended || now.Sub(since) < patience && d.State == Waiting {
		return Waiting, ""
	}
	if len(s.states) == 0 {
		return NotKnown, "nothing can be read of the door"
	}
	return NotObeyed, "it shows something else"
}

// judgeRelease says how a door that is to be freed stands.
func (d *HeldDoor) judgeRelease(s seen) (HoldState, string) {
	held := anyHeld(s.states)
	switch {
	case !s.there:
		return Freed, "the gateway no longer names this door"
	case d.Before == devices.DoorModeBlocked:
		return Freed, "it was blocked before the lockdown and stays so"
	case d.Free == "":
		return NotFreed, "it takes no command that releases it: release it at the door"
	}
	c := s.command
	switch {
	case c == nil && !s.online:
		return FreedIfBack, "gateway or door controller does not answer; it is released when it is back"
	case c == nil:
		return Releasing, ""
	case c.state == devices.Confirmed:
		note := ""
		if d.Before == devices.DoorModeUnlocked || d.Before == devices.DoorModeLockedOpen {
			note = "it was unlocked before the lockdown; it is locked now"
		}
		return Freed, note
	case !c.state.Final():
		return Releasing, ""
	case c.state == devices.Refused && c.code == devices.RefusedOffline:
		return FreedIfBack, c.text
	case len(s.states) > 0 && !held && s.observed.After(c.finished):
		return Freed, ""
	}
	return NotFreed, c.text
}

// ended reports whether nothing more has to be done for a door of a released lockdown.
func (s HoldState) ended() bool {
	return s == Freed || s == LeftOut || s == Cannot || s == StaysHeld
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// set moves a door into a state, and says whether anything changed.
func (d *HeldDoor) set(state HoldState, note string, states []string, now time.Time) bool {
	shows := strings.Join(states, ", ")
	if d.State == state && d.Note == note && (shows == d.Seen || shows == "") {
		return false
	}
	if d.State != state {
		d.At = now
	}
	if shows != "" {
		d.Seen = shows
	}
	d.State, d.Note = state, note
	return true
}
