// Package commands carries an operator's wish to a point and tells what became
// of it. The wish is on record before it leaves; the first final answer settles
// it; no answer by the deadline settles it as unknown, never as done.
package commands

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"guardroom/console/auth"
	"guardroom/console/live"
	"guardroom/devices"
)

// Errors of the desk.
var (
	ErrNotFound = errors.New("no such command")
	ErrConflict = errors.New("this idempotency key was used for another command")
)

// InvalidError says which field is wrong and why, in words for an operator.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field.
func (e *InvalidError) InvalidField() string { return e.Field }

// Command is a wish and what became of it.
type Command struct {
	ID          string            `json:"id"`
	Point       devices.PointID   `json:"point"`
	Station     string            `json:"station"`
	Verb        devices.Verb      `json:"verb"`
	Arguments   map[string]string `json:"arguments"`
	Reason      string            `json:"reason"`
	State       devices.Outcome   `json:"state" enum:"requested,sent,confirmed,refused,timed_out,unknown"`
	Code        string            `json:"code"`
	Text        string            `json:"text"`
	ReadBack    string            `json:"read_back"`
	By          string            `json:"by"`
	ByName      string            `json:"by_name"`
	RequestedAt time.Time         `json:"requested_at"`
	Deadline    time.Time         `json:"deadline"`
	FinishedAt  *time.Time        `json:"finished_at"`
	Version     int64             `json:"version"`
	Demo        bool              `json:"demo"`
}

// Event is what the screens are told of c; an ended command leaves the board.
func (c Command) Event() live.Event {
	data, err := json.Marshal(c)
	if err != nil { // strings and times only
		data = []byte("null")
	}
	return live.Event{Topic: live.Command, Station: c.Station, Key: c.ID, Data: data, Gone: c.State.Final()}
}

// Target is what a command needs to know of its point.
type Target struct {
	Station       string
	Gateway       string
	Permission    auth.Permission // the right that the point's category needs
	Verbs         []devices.Verb
	Demo          bool
	Fire          bool // off by default: both switches and a reason are needed
	StationAllows bool // the station's switch for fire commands
	Allowed       bool // the point's switch for commands that are off by default
	ReadOnly      bool
	Offline       string // why the point cannot be reached now, in words; empty when it can
}

// Wish is what somebody asks for.
type Wish struct {
	Point     devices.PointID
	Verb      devices.Verb
	Arguments map[string]string
	Reason    string
	Key       string // idempotency key
	// For is the lockdown, posture or confirmation that the wish belongs to; those
	// who ask for a command by itself leave it empty.
	For string
	// Second names the officer who confirmed it, where two are needed.
	Second string
}

const (
	maxArguments = 16
	maxArgument  = 200
	maxReason    = 500
	maxKey       = 128
)

// validate reports what is wrong with w whatever the point is.
func (w *Wish) validate() error {
	w.Reason = strings.TrimSpace(w.Reason)
	switch {
	case w.Key == "" || len(w.Key) > maxKey || strings.ContainsFunc(w.Key, func(r rune) bool { return r < 0x21 || r > 0x7e }):
		return &InvalidError{Field: "idempotency_key", Reason: fmt.Sprintf("1 to %d printable characters without blanks", maxKey)}
	case !devices.ValidID(string(w.Verb)):
		return &InvalidError{Field: "verb", Reason: "missing or malformed"}
	case utf8.RuneCountInString(w.Reason) > maxReason || !utf8.ValidString(w.Reason) || strings.ContainsRune(w.Reason, 0):
		return &InvalidError{Field: "reason", Reason: fmt.Sprintf("at most %d characters", maxReason)}
	case len(w.Arguments) > maxArguments:
		return &InvalidError{Field: "arguments", Reason: fmt.Sprintf("at most %d", maxArguments)}
	}
	for _, name := range slices.Sorted(maps.Keys(w.Arguments)) {
		if value := w.Arguments[name]; !devices.ValidID(name) || len(value) > maxArgument || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
			return &InvalidError{Field: fmt.Sprintf("arguments.%.64s", name), Reason: fmt.Sprintf("a name and at most %d bytes of text", maxArgument)}
		}
	}
	return nil
}

// fingerprint tells whether two wishes with the same key are the same wish.
func (w *Wish) fingerprint() string {
	data, err := json.Marshal([]any{w.Point, w.Verb, w.Arguments, w.Reason})
	if err != nil { // strings only
		return string(w.Point) + " " + string(w.Verb)
	}
	return string(data)
}

// settled returns c as the receipt leaves it. The first final outcome stays;
// only unknown is corrected by a later one that knows.
func (c Command) settled(r devices.Receipt, now time.Time) (next Command, action string, changed bool) {
	switch {
	case !r.Outcome.Final():
		return c, "", false
	case !c.State.Final():
		action = "command.settle"
	case c.State == devices.Unknown && r.Outcome != devices.Unknown:
		action = "command.correct"
	default:
		return c, "", false
	}
	c.State, c.Code, c.Text, c.ReadBack = r.Outcome, clip(r.Code, 64), clip(r.Text, 500), clip(r.ReadBack, 200)
	at := now.UTC()
	c.FinishedAt = &at
	return c, action, true
}

func clip(s string, n int) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

func notFound(err error) bool { return errors.Is(err, ErrNotFound) }
