package devices

import "time"

// Verb names what a command asks of a point.
type Verb string

// The verbs of doors follow the ONVIF door control service (AccessDoor,
// LockDoor, UnlockDoor, BlockDoor, LockDownDoor, LockDownReleaseDoor,
// LockOpenDoor, LockOpenReleaseDoor, DoubleLockDoor).
const (
	Access          Verb = "access" // momentary: unlock, and lock again by itself
	Lock            Verb = "lock"
	Unlock          Verb = "unlock" // until locked again
	Block           Verb = "block"  // no card opens it
	Lockdown        Verb = "lockdown"
	LockdownRelease Verb = "lockdown_release"
	LockOpen        Verb = "lock_open" // held unlocked: no card and no schedule locks it
	LockOpenRelease Verb = "lock_open_release"
	DoubleLock      Verb = "double_lock"

	Answer Verb = "answer" // an intercom's call is taken
	HangUp Verb = "hang_up"

	Silence     Verb = "silence" // fire panel sounders
	Reset       Verb = "reset"
	Acknowledge Verb = "acknowledge"
	Disable     Verb = "disable"
	Enable      Verb = "enable"

	Arm       Verb = "arm"
	Disarm    Verb = "disarm"
	Isolate   Verb = "isolate"
	Deisolate Verb = "deisolate"

	// What a gateway is asked for a camera. These are answered by a receipt, and
	// never by a register.
	Relay      Verb = "relay"       // push a stream to the console until …
	Playback   Verb = "playback"    // upload what was recorded
	Recorded   Verb = "recorded"    // which times are recorded
	Keep       Verb = "keep"        // lock a time, so that it is not overwritten
	Release    Verb = "release"     // of such a lock
	Retain     Verb = "retain"      // how long recordings may be kept
	PTZMove    Verb = "ptz_move"    // pan, tilt and zoom at a speed
	PTZStop    Verb = "ptz_stop"    //
	PTZPreset  Verb = "ptz_preset"  // go to a preset
	PTZPresets Verb = "ptz_presets" // which there are
	PTZSave    Verb = "ptz_save"    // keep where it looks as a preset

	Test Verb = "test"
	Mute Verb = "mute"
)

// A Command is a wish for a point. It is carried out at most once, and not at
// all after its deadline.
type Command struct {
	ID        string            `json:"id"`
	Point     PointID           `json:"point"`
	Verb      Verb              `json:"verb"`
	Arguments map[string]string `json:"arguments,omitempty"`
	Deadline  time.Time         `json:"deadline"` // by the console's clock
	Now       time.Time         `json:"now"`      // the console's clock when it was sent
	By        string            `json:"by,omitempty"`
	Reason    string            `json:"reason,omitempty"`
	// Allowed is set when the console found that station, role and point allow a
	// command that is off by default, such as silencing a fire panel.
	Allowed bool `json:"allowed,omitempty"`
}

// Outcome says what became of a command.
type Outcome string

// The outcomes. Unknown is an answer of its own: it is never shown as done.
const (
	Requested Outcome = "requested" // recorded, not yet sent
	Sent      Outcome = "sent"      // on its way; no receipt yet
	Confirmed Outcome = "confirmed" // carried out, and read back
	Refused   Outcome = "refused"   // not carried out, and it will not be
	TimedOut  Outcome = "timed_out" // carried out or not: the read-back never showed it
	Unknown   Outcome = "unknown"   // nobody knows
)

// Final reports whether nothing more will come.
func (o Outcome) Final() bool {
	switch o {
	case Confirmed, Refused, TimedOut, Unknown:
		return true
	}
	return false
}

// A Receipt says what became of a command, with what was read back.
type Receipt struct {
	Command  string    `json:"command"`
	Point    PointID   `json:"point"`
	Verb     Verb      `json:"verb"`
	Outcome  Outcome   `json:"outcome"`
	Code     string    `json:"code,omitempty"`      // why, for machines: see the Refusal codes
	Text     string    `json:"text,omitempty"`      // why, in words
	ReadBack string    `json:"read_back,omitempty"` // the state seen afterwards
	At       time.Time `json:"at"`
}

// Codes of receipts that are not confirmed.
const (
	RefusedExpired     = "expired"       // the deadline had passed at the gateway
	RefusedReadOnly    = "read_only"     // the gateway looks and never writes
	RefusedNotAllowed  = "not_allowed"   // off by default, and not allowed here
	RefusedNoSuchPoint = "no_such_point" //
	RefusedNoSuchVerb  = "no_such_verb"  // the point does not take this command
	RefusedArguments   = "bad_arguments" //
	RefusedByDevice    = "device_refused"
	RefusedOffline     = "device_offline" // known to be lost; nothing was sent
	RefusedBusy        = "device_busy"
	RefusedEscapeDoor  = "escape_door"    // an escape door is never held from here
	RefusedLockedDown  = "locked_down"    // a lockdown holds the door; release it first
	RefusedSecond      = "second_officer" // a second officer must confirm
	UnknownNoAnswer    = "no_answer"      // sent, no answer, and the read-back failed too
	UnknownLink        = "link_lost"      // the gateway did not answer before the deadline
	TimedOutReadBack   = "not_confirmed"
)
