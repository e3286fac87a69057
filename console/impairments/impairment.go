// Package impairments keeps the registers of points on test, isolated or
// disabled: why, since when, until when, what the panel itself says of it, and
// the fire watch that goes round while a fire zone is blind.
//
//	impairment.go the machine of one entry
//	desk.go       the use cases
//	whole.go      asking the points of a whole device
//	run.go        what panels say, and what falls due
//
// An entry never hides danger to life: an alarm of fire, duress or hold-up shows
// in full whatever stands here. What a panel says counts, also when nobody
// entered it.
package impairments

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"guardroom/console/live"
	"guardroom/devices"
)

// ErrNotFound is returned for an entry that does not exist.
var ErrNotFound = errors.New("no such entry in the register")

// InvalidError says which field is wrong and why, in words for an operator.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field; the API recognises the error by this method.
func (e *InvalidError) InvalidField() string { return e.Field }

// StaleError is returned to somebody who changes what they have not seen.
type StaleError struct{ Current Impairment }

func (e *StaleError) Error() string {
	return fmt.Sprintf("somebody has changed this since: it is at version %d now", e.Current.Version)
}

// Stale gives the version and the entry as they are now.
func (e *StaleError) Stale() (version int, current any) { return int(e.Current.Version), e.Current }

// ConflictError says why something cannot be done as things stand.
type ConflictError struct{ Reason, Text string }

func (e *ConflictError) Error() string { return e.Text }

// Conflict gives the code and its facts; the API recognises the error by this method.
func (e *ConflictError) Conflict() (code string, params map[string]any) {
	return "conflict", map[string]any{"reason": e.Reason}
}

// Mode is how a point is impaired.
type Mode string

// The modes.
const (
	Test     Mode = "test"     // worked on: its alarms are marked
	Isolated Mode = "isolated" // left out by an intrusion panel ("omitted", "bypassed")
	Disabled Mode = "disabled" // switched off, EN 54-2 disablement
)

// Source says who began an entry.
type Source string

// The sources.
const (
	Person Source = "person"
	Panel  Source = "panel"
)

// Impairment is one entry of the register: a point and a mode. At most one is
// open of each.
type Impairment struct {
	ID         string          `json:"id"`
	Station    string          `json:"station"`
	Point      devices.PointID `json:"point"`
	PointName  string          `json:"point_name"`
	DeviceName string          `json:"device_name"`
	Location   string          `json:"location"`
	Fire       bool            `json:"fire"`
	Zone       string          `json:"zone"` // of a fire panel; empty for none
	ZoneName   string          `json:"zone_name"`
	Mode       Mode            `json:"mode" enum:"test,isolated,disabled"`
	Source     Source          `json:"source" enum:"person,panel"`
	Reason     string          `json:"reason"`
	By         string          `json:"by"`
	ByName     string          `json:"by_name"`
	Since      time.Time       `json:"since"`
	Until      *time.Time      `json:"until"` // null: as long as the panel says so
	// Panel is what the panel says of the point now.
	Panel PanelWord `json:"panel" enum:",active,restored"`
	// PanelSince is when it began to say so.
	PanelSince *time.Time `json:"panel_since"`
	// Removed is the removal of the point's alarms that this entry holds; empty
	// when it holds none.
	Removed string `json:"removed"`
	// Command is the last command that was sent to the panel for this entry.
	// For a whole device it sums up what became of its points.
	Command *Told `json:"command"`
	// Commands are, for a whole device, what became of each of its points.
	Commands []Told `json:"commands,omitempty"`
	// AskedAt is when somebody last wanted the points of a whole device asked.
	AskedAt *time.Time `json:"asked_at,omitempty"`
	Warned  bool       `json:"warned"`   // it ends within a quarter of an hour
	OverRun bool       `json:"over_run"` // its time is over, and the panel still says so

	// The fire watch, while a fire point is disabled or isolated. Points of one
	// zone share their rounds.
	Watch        string     `json:"watch"`       // zone or point; empty without a watch
	WatchEvery   int        `json:"watch_every"` // seconds
	WatchDue     *time.Time `json:"watch_due"`
	WatchOverdue bool       `json:"watch_overdue"`
	WatchLast    *Round     `json:"watch_last"`

	EndedAt     *time.Time `json:"ended_at"`
	EndedBy     string     `json:"ended_by"`
	EndedByName string     `json:"ended_by_name"`
	Ended       Ending     `json:"ended" enum:",person,time,panel,alarms"`
	EndReason   string     `json:"end_reason"`
	Demo        bool       `json:"demo"`
	Version     int64      `json:"version"`
}

// PanelWord is what a panel says of a point's mode.
type PanelWord string

// What a panel may say.
const (
	PanelSilent   PanelWord = "" // it has never said anything of it
	PanelActive   PanelWord = "active"
	PanelRestored PanelWord = "restored"
)

// Told is a command that was sent for an entry, as far as is known.
type Told struct {
	Point     devices.PointID `json:"point,omitempty"` // of a whole device
	PointName string          `json:"point_name,omitempty"`

	ID    string          `json:"id"`
	Verb  devices.Verb    `json:"verb"`
	State devices.Outcome `json:"state"`
	Code  string          `json:"code"`
	Text  string          `json:"text"`
	Again int             `json:"again,omitempty"` // how often it was asked anew
}

// Round is a patrol round of the fire watch.
type Round struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	ByName string    `json:"by_name"`
	Remark string    `json:"remark"`
}

// Ending says how an entry ended.
type Ending string

// How an entry may end.
const (
	ByPerson Ending = "person"
	ByTime   Ending = "time"
	ByPanel  Ending = "panel"  // the panel says that the point is in service again
	ByAlarms Ending = "alarms" // somebody put the point's alarms back from the list of removals
)

// WarnBefore is how long before its end an entry is marked.
const WarnBefore = 15 * time.Minute

// Limits of what people enter.
const (
	LongestReason = 500
	Longest       = 31 * 24 * time.Hour
	Shortest      = time.Minute
)

// Who is the person who does something, and when.
type Who struct {
	By, Name string
	At       time.Time
}

// Open reports whether the entry holds.
func (i *Impairment) Open() bool { return i.EndedAt == nil }

// Watched reports whether a fire watch goes round for the entry.
func (i *Impairment) Watched() bool { return i.Watch != "" && i.Open() }

// Event is the entry for the screens; one that has ended leaves them.
func (i *Impairment) Event() live.Event {
	return live.Thing(live.Impairment, i.Station, i.ID, i, !i.Open())
}

// words checks a text that a person typed and trims it.
func words(field, s string, least int) (string, error) {
	s = strings.TrimSpace(s)
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }):
		return "", &InvalidError{Field: field, Reason: "must not hold control characters"}
	case n < least:
		return "", &InvalidError{Field: field, Reason: "missing"}
	case n > LongestReason:
		return "", &InvalidError{Field: field, Reason: fmt.Sprintf("longer than %d characters", LongestReason)}
	}
	return s, nil
}

func moment(at time.Time) time.Time { return at.UTC().Truncate(time.Microsecond) }

func checkUntil(until, now time.Time) error {
	switch {
	case until.Before(now.Add(Shortest)):
		return &InvalidError{Field: "until", Reason: "must lie ahead, by a minute at least"}
	case until.After(now.Add(Longest)):
		return &InvalidError{Field: "until", Reason: fmt.Sprintf("at most %d days ahead", int(Longest.Hours()/24))}
	}
	return nil
}

// keepWatch begins, keeps or ends the fire watch as the entry needs it.
func (i *Impairment) keepWatch(every time.Duration, now time.Time) {
	if !i.Fire || i.Mode == Test || !i.Open() {
		i.Watch, i.WatchDue, i.WatchOverdue = "", nil, false
		return
	}
	if i.Watch != "" {
		return
	}
	i.Watch = i.Zone
	if i.Watch == "" {
		i.Watch = string(i.Point)
	}
	due := moment(now.Add(every))
	i.WatchEvery, i.WatchDue = int(every/time.Second), &due
}

// seen refuses a change of what is not as the desk saw it.
func (i *Impairment) seen(version int64) error {
	if !i.Open() {
		return &ConflictError{Reason: "ended", Text: "this entry has ended"}
	}
	if version != i.Version {
		return &StaleError{Current: *i}
	}
	return nil
}

// Prolong moves the end, with a reason.
func (i *Impairment) Prolong(version int64, until time.Time, reason string, who Who) error {
	reason, err := words("reason", reason, 1)
	if err != nil {
		return err
	}
	if err := i.seen(version); err != nil {
		return err
	}
	if i.Source == Panel || i.Until == nil {
		return &ConflictError{Reason: "panel", Text: "the panel says so itself: it holds as long as the panel says so"}
	}
	if err := checkUntil(until, who.At); err != nil {
		return err
	}
	at := moment(until)
	i.Until, i.Reason, i.Warned, i.OverRun = &at, reason, false, false
	i.Version++
	return nil
}

// Warn marks that the end is near, and reports whether it did.
func (i *Impairment) Warn(now time.Time) bool {
	if !i.Open() || i.Warned || i.Until == nil || now.Before(i.Until.Add(-WarnBefore)) {
		return false
	}
	i.Warned = true
	i.Version++
	return true
}

// Expire ends the entry when its time is over, and reports whether it changed. A
// point of which the panel still says so stays, as the panel's own.
func (i *Impairment) Expire(now time.Time) bool {
	if !i.Open() || i.Until == nil || now.Before(*i.Until) {
		return false
	}
	if i.Panel == PanelActive {
		i.Source, i.OverRun, i.Until, i.Warned = Panel, true, nil, false
		i.Version++
		return true
	}
	i.end(ByTime, "", Who{By: "system", At: now})
	return true
}

// Finish is a person's end of the entry. One of which the panel still says so
// stays, as the panel's own: nothing is over because somebody wishes it.
func (i *Impairment) Finish(version int64, reason string, who Who) error {
	reason, err := words("reason", reason, 0)
	if err != nil {
		return err
	}
	if err := i.seen(version); err != nil {
		return err
	}
	if i.Panel == PanelActive {
		if i.Source == Panel {
			return &ConflictError{Reason: "panel", Text: "the panel still says so: put the point back in service there, or by command"}
		}
		i.Source, i.Until, i.Warned = Panel, nil, false
		i.EndReason = reason
		i.Version++
		return nil
	}
	i.end(ByPerson, reason, who)
	return nil
}

// Restored ends the person's part because somebody put the point's alarms back
// from the list of removals.
func (i *Impairment) Restored(now time.Time) bool {
	if !i.Open() || i.Source != Person || i.Removed == "" {
		return false
	}
	i.Removed = ""
	if i.Panel == PanelActive {
		i.Source, i.Until, i.Warned = Panel, nil, false
		i.Version++
		return true
	}
	i.end(ByAlarms, "", Who{By: "system", At: now})
	return true
}

func (i *Impairment) end(how Ending, reason string, who Who) {
	at := moment(who.At)
	i.EndedAt, i.EndedBy, i.EndedByName, i.Ended, i.EndReason = &at, who.By, who.Name, how, reason
	i.Watch, i.WatchDue, i.WatchOverdue = "", nil, false
	i.Version++
}

// Says takes in what the panel says of the point, and reports whether that
// changed anything. The panel wins: what it restores has ended.
func (i *Impairment) Says(active bool, since, now time.Time) bool {
	if !i.Open() {
		return false
	}
	at := moment(since)
	switch {
	case active && i.Panel != PanelActive:
		i.Panel, i.PanelSince = PanelActive, &at
		i.Version++
	case !active && i.Panel == PanelActive:
		i.Panel, i.PanelSince = PanelRestored, &at
		i.end(ByPanel, "", Who{By: "system", At: now})
	default:
		return false
	}
	return true
}

// Walk notes a round of the fire watch.
func (i *Impairment) Walk(r Round) error {
	if !i.Watched() {
		return &ConflictError{Reason: "no_watch", Text: "there is no fire watch for this entry"}
	}
	due := moment(r.At.Add(time.Duration(i.WatchEvery) * time.Second))
	i.WatchDue, i.WatchOverdue, i.WatchLast = &due, false, &r
	i.Version++
	return nil
}

// Miss marks that a round was not made in time, and reports whether it did.
func (i *Impairment) Miss(now time.Time) bool {
	if !i.Watched() || i.WatchOverdue || now.Before(*i.WatchDue) {
		return false
	}
	i.WatchOverdue = true
	i.Version++
	return true
}

// modes says which mode a kind of signal tells of.
var modes = map[devices.Kind]Mode{
	devices.ZoneIsolated:    Isolated,
	devices.FireDisablement: Disabled,
	devices.FireTest:        Test,
}

// ModeOf is the mode that a panel tells of by signals of kind k; false for other kinds.
func ModeOf(k devices.Kind) (Mode, bool) {
	m, ok := modes[k]
	return m, ok
}

// Verbs are the commands that begin and end a mode at a panel.
func (m Mode) Verbs() (begin, end devices.Verb) {
	switch m {
	case Isolated:
		return devices.Isolate, devices.Deisolate
	case Disabled:
		return devices.Disable, devices.Enable
	}
	return "", ""
}
