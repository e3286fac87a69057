// Package fire is what the control room does about fire: the zones of its
// panels, the time in which a pre-alarm is looked into, the warden board of an
// evacuation, and the sheet that the fire service gets.
//
//	fire.go          errors and the limits of what people type
//	zone.go          zones, and how they stand
//	settings.go      a station's own times, assembly points and contacts
//	investigation.go the machine of an investigation
//	evacuation.go    the warden board
//	plan.go          what is to be done about the alarms that are open: pure
//	desk.go          zones, settings, investigations: the use cases
//	evacuations.go   the use cases of the warden board
//	sheet.go         the sheet for the fire service
//	run.go           keeping up with the alarms
//
// The panel decides what burns; nothing here hides, delays or ends a fire
// alarm. What runs (a timer, a board) is in the database and goes on after a
// restart.
package fire

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"guardroom/console/auth"
)

// ErrNotFound is returned for a zone, an investigation, an evacuation or a row of
// one that does not exist.
var ErrNotFound = errors.New("no such zone, investigation or evacuation")

// InvalidError says which field is wrong and why, in words for an operator.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field; the API recognises the error by this method.
func (e *InvalidError) InvalidField() string { return e.Field }

// StaleError is returned to somebody who changes what they have not seen.
type StaleError struct {
	Version int
	Current any
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("somebody has changed this since: it is at version %d now", e.Version)
}

// Stale gives the version and the thing as they are now.
func (e *StaleError) Stale() (version int, current any) { return e.Version, e.Current }

// ConflictError says why something cannot be done as things stand.
type ConflictError struct{ Reason, Text string }

func (e *ConflictError) Error() string { return e.Text }

// Conflict gives the code and its facts; the API recognises the error by this method.
func (e *ConflictError) Conflict() (code string, params map[string]any) {
	return "conflict", map[string]any{"reason": e.Reason}
}

// Who is the person who does something, and when.
type Who struct {
	By, Name string
	At       time.Time
}

func whoever(by auth.Operator, now time.Time) Who { return Who{By: by.ID, Name: by.Name, At: now} }

// The longest texts, in characters.
const (
	longestName   = 120
	longestRemark = 1000
	longestText   = 4000
)

// words checks a text that a person typed and trims it.
func words(field, s string, least, most int) (string, error) {
	s = strings.TrimSpace(s)
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }):
		return "", &InvalidError{Field: field, Reason: "must not hold control characters"}
	case n < least:
		return "", &InvalidError{Field: field, Reason: "missing"}
	case n > most:
		return "", &InvalidError{Field: field, Reason: fmt.Sprintf("longer than %d characters", most)}
	}
	return s, nil
}

// moment keeps instants as the database does.
func moment(at time.Time) time.Time { return at.UTC().Truncate(time.Microsecond) }
