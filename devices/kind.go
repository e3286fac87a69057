package devices

import (
	"strconv"
	"strings"
)

// Kind is what a signal reports: "fire.alarm", "door.forced". The vocabulary is
// closed for those who send and open for those who receive: an unknown kind is
// an alarm (see KindInfo), never a reason to drop a signal.
type Kind string

// The vocabulary. "Trouble" in American manuals is fault here.
const (
	FireAlarm       Kind = "fire.alarm"
	FirePrealarm    Kind = "fire.prealarm"
	FireFault       Kind = "fire.fault"
	FireDisablement Kind = "fire.disablement"
	FireTest        Kind = "fire.test"
	FireSupervisory Kind = "fire.supervisory"
	FireEvacuation  Kind = "fire.evacuation"
	// What the console itself says of fire: a pre-alarm that nobody decided on in
	// time, a fire that a person confirmed, a fire watch round that was not made.
	FireUndecided    Kind = "fire.undecided"
	FireReported     Kind = "fire.reported"
	FireWatchOverdue Kind = "fire.watch_overdue"
	MedicalAlarm     Kind = "medical.alarm"

	PanelSilenced     Kind = "panel.silenced"
	PanelReset        Kind = "panel.reset"
	PanelAcknowledged Kind = "panel.acknowledged"
	PanelFault        Kind = "panel.fault"

	ZoneAlarm    Kind = "zone.alarm"
	ZoneOpen     Kind = "zone.open"
	ZoneIsolated Kind = "zone.isolated"
	ZoneTamper   Kind = "zone.tamper"
	DeviceTamper Kind = "device.tamper"
	AreaArmed    Kind = "area.armed"
	AreaEntry    Kind = "area.entry"
	AreaExit     Kind = "area.exit"
	Duress       Kind = "duress"
	Panic        Kind = "panic" // a hold-up button

	DoorForced   Kind = "door.forced"
	DoorHeld     Kind = "door.held"
	DoorOpened   Kind = "door.opened" // restores when the door closes
	DoorUnlocked Kind = "door.unlocked"
	DoorFault    Kind = "door.fault"

	AccessGranted Kind = "access.granted"
	AccessDenied  Kind = "access.denied"
	AccessREX     Kind = "access.rex"

	IntercomCall       Kind = "intercom.call"       // somebody calls; restores when the call ends
	IntercomUnanswered Kind = "intercom.unanswered" // nobody took a call; raised by the console

	PowerMainsFail      Kind = "power.mains_fail"
	PowerBatteryLow     Kind = "power.battery_low"
	PowerBatteryReplace Kind = "power.battery_replace"
	PowerOverload       Kind = "power.overload"
	PowerFault          Kind = "power.fault"

	EnvThreshold Kind = "env.threshold"
	EnvLeak      Kind = "env.leak"
	EnvGas       Kind = "env.gas"

	// A camera that no longer answers gives comms.lost, as every device does.
	VideoFrozen     Kind = "video.frozen"     // the camera answers, and its picture stands still
	VideoUnrecorded Kind = "video.unrecorded" // its pictures are not being kept

	CommsLost       Kind = "comms.lost"
	LifesignStopped Kind = "lifesign.stopped"
	ClockSkew       Kind = "clock.skew"
	GatewayLost     Kind = "gateway.lost"
	SpoolGap        Kind = "spool.gap"
	SignalsMissing  Kind = "signals.missing"
	CommandUnknown  Kind = "command.unknown" // a command whose outcome nobody knows
	TestSignal      Kind = "test.signal"

	// What the console itself says of the watch: nobody answers at the desks of a
	// station, and its fallback pack is old.
	WatchMissed Kind = "watch.missed"
	FallbackOld Kind = "fallback.old"

	// And of duty: an officer is late or has not come, a post is empty, a check call
	// is missed, an officer whose duty is over still waits for the relief.
	DutyLate     Kind = "duty.late"
	DutyNoShow   Kind = "duty.no_show"
	PostEmpty    Kind = "duty.post_empty"
	CheckMissed  Kind = "duty.check_missed"
	ReliefMissed Kind = "duty.relief_missed"
)

// KindInfo says how a kind behaves.
type KindInfo struct {
	Alarm      bool // an operator must see it: express lane, alarm list
	Momentary  bool // happens and is over; there is no restore
	LifeSafety bool // hidden by no filter, pinned above all else
	Priority   int  // default, 1 (critical) to 4 (low); 0 when not an alarm
}

var kinds = map[Kind]KindInfo{
	FireAlarm:       {Alarm: true, LifeSafety: true, Priority: 1},
	FirePrealarm:    {Alarm: true, Priority: 2},
	FireFault:       {Alarm: true, Priority: 3},
	FireDisablement: {},
	FireTest:        {},
	FireSupervisory: {Alarm: true, Priority: 2},
	FireEvacuation:  {Alarm: true, LifeSafety: true, Priority: 1},

	FireUndecided:    {Alarm: true, LifeSafety: true, Priority: 1},
	FireReported:     {Alarm: true, LifeSafety: true, Momentary: true, Priority: 1},
	FireWatchOverdue: {Alarm: true, LifeSafety: true, Priority: 1}, // a blind zone that nobody walks: no removal of the point may hide it

	MedicalAlarm: {Alarm: true, LifeSafety: true, Priority: 1},

	PanelSilenced:     {},
	PanelReset:        {Momentary: true},
	PanelAcknowledged: {Momentary: true},
	PanelFault:        {Alarm: true, Priority: 3},

	ZoneAlarm:    {Alarm: true, Priority: 2},
	ZoneOpen:     {},
	ZoneIsolated: {},
	ZoneTamper:   {Alarm: true, Priority: 3},
	DeviceTamper: {Alarm: true, Priority: 3},
	AreaArmed:    {},
	AreaEntry:    {},
	AreaExit:     {},
	Duress:       {Alarm: true, LifeSafety: true, Priority: 1},
	Panic:        {Alarm: true, LifeSafety: true, Priority: 1},

	DoorForced:   {Alarm: true, Priority: 2},
	DoorHeld:     {Alarm: true, Priority: 3},
	DoorOpened:   {},
	DoorUnlocked: {},
	DoorFault:    {Alarm: true, Priority: 3},

	AccessGranted: {Momentary: true},
	AccessDenied:  {Momentary: true},
	AccessREX:     {Momentary: true},

	IntercomCall:       {},
	IntercomUnanswered: {Alarm: true, Priority: 3},

	PowerMainsFail:      {Alarm: true, Priority: 3},
	PowerBatteryLow:     {Alarm: true, Priority: 2},
	PowerBatteryReplace: {Alarm: true, Priority: 4},
	PowerOverload:       {Alarm: true, Priority: 3},
	PowerFault:          {Alarm: true, Priority: 3},

	EnvThreshold: {Alarm: true, Priority: 3},
	EnvLeak:      {Alarm: true, Priority: 3},
	EnvGas:       {Alarm: true, Priority: 2},

	VideoFrozen:     {Alarm: true, Priority: 3},
	VideoUnrecorded: {Alarm: true, Priority: 3},

	CommsLost:       {Alarm: true, Priority: 3},
	LifesignStopped: {Alarm: true, Priority: 2},
	ClockSkew:       {Alarm: true, Priority: 4},
	GatewayLost:     {Alarm: true, Priority: 2},
	SpoolGap:        {Alarm: true, Momentary: true, Priority: 2},
	SignalsMissing:  {Alarm: true, Momentary: true, Priority: 2},
	CommandUnknown:  {Alarm: true, Momentary: true, Priority: 3},
	TestSignal:      {Momentary: true},

	WatchMissed: {Alarm: true, Priority: 2},
	FallbackOld: {Alarm: true, Priority: 3},

	DutyLate:     {Alarm: true, Priority: 4},
	DutyNoShow:   {Alarm: true, Priority: 3},
	PostEmpty:    {Alarm: true, Priority: 2},
	CheckMissed:  {Alarm: true, Priority: 2},
	ReliefMissed: {Alarm: true, Priority: 3},
}

// Info returns how k behaves. An unknown kind is an alarm of priority 2 that
// restores: something spoke that we do not understand, and a person must look.
func (k Kind) Info() KindInfo {
	if info, known := kinds[k]; known {
		return info
	}
	if priority, _, ok := k.Rule(); ok {
		return KindInfo{Alarm: true, Momentary: true, Priority: priority}
	}
	return KindInfo{Alarm: true, Priority: 2}
}

const rulePrefix = "rule.p"

// RuleKind is what the console says when several signals together fit one of a
// station's rules: each rule has a kind of its own, so that two rules about one
// door are two alarms. code is an id of at most 40 characters.
func RuleKind(priority int, code string) Kind {
	return Kind(rulePrefix + strconv.Itoa(priority) + "." + code)
}

// Rule reads a kind that RuleKind made.
func (k Kind) Rule() (priority int, code string, ok bool) {
	rest, found := strings.CutPrefix(string(k), rulePrefix)
	digit, code, _ := strings.Cut(rest, ".")
	if !found || code == "" || len(digit) != 1 || digit < "1" || digit > "4" {
		return 0, "", false
	}
	return int(digit[0] - '0'), code, true
}

// Known reports whether k is in the vocabulary.
func (k Kind) Known() bool { _, known := kinds[k]; return known }

// Kinds lists the vocabulary in no order.
func Kinds() []Kind {
	all := make([]Kind, 0, len(kinds))
	for k := range kinds {
		all = append(all, k)
	}
	return all
}

// DefaultPriority is the priority of kind k on a device of the given category:
// a fire panel that no longer answers is worse than another device.
func DefaultPriority(k Kind, category string) int {
	info := k.Info()
	if category == "fire" && (k == CommsLost || k == PanelFault) {
		return 2
	}
	return info.Priority
}
