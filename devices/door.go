package devices

// DoorMode is the mode of a door, as in the ONVIF door control service
// (DoorMode).
type DoorMode string

// The door modes.
const (
	DoorModeUnknown      DoorMode = "unknown"
	DoorModeLocked       DoorMode = "locked"
	DoorModeUnlocked     DoorMode = "unlocked"
	DoorModeAccessed     DoorMode = "accessed" // momentarily unlocked
	DoorModeBlocked      DoorMode = "blocked"
	DoorModeLockedDown   DoorMode = "locked_down"
	DoorModeLockedOpen   DoorMode = "locked_open"
	DoorModeDoubleLocked DoorMode = "double_locked"
)

// Contact is the physical state of a door leaf (ONVIF DoorPhysicalState).
type Contact string

// The contact states.
const (
	ContactUnknown Contact = "unknown"
	ContactOpen    Contact = "open"
	ContactClosed  Contact = "closed"
	ContactFault   Contact = "fault"
)

// DoorAlarm is ONVIF's DoorAlarmState.
type DoorAlarm string

// The door alarm states.
const (
	DoorNormal      DoorAlarm = "normal"
	DoorForcedOpen  DoorAlarm = "forced_open"
	DoorOpenTooLong DoorAlarm = "open_too_long"
)
