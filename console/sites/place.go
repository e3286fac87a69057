// Package sites knows where things are: premises, buildings, levels and areas,
// the points and cameras in them, and the plan of each level.
//
//	place.go    a place and its rules
//	site.go     a station's places, bindings and cameras, and what may be done to them
//	plan.go     the plan of a level: what is drawn, and saving it
//	shape.go    polygons
//	compare.go  what differs between two plans
//	index.go    where a point is, from memory
//	drawing.go  the picture under a plan; svg.go and style.go rebuild an SVG from what is allowed
//	archive.go  a whole station as one file
//	desk.go     the use cases; editing.go those that change something; search.go
//
// A Site is a plain value and its methods are pure, so that every rule is
// checked without a database. The store loads it, lets one method change it
// under the station's lock, and writes what differs.
package sites

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"guardroom/devices"
)

// Errors of the desk.
var (
	ErrNotFound = errors.New("no such place, plan, camera or drawing")
	ErrExists   = errors.New("this id is taken")
)

// InvalidError says which field is wrong and why, in words for an operator.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field.
func (e *InvalidError) InvalidField() string { return e.Field }

func invalid(field, format string, args ...any) error {
	return &InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// OccupiedError says what still stands on a place that was to be removed or moved.
type OccupiedError struct{ Name, Reason string }

func (e *OccupiedError) Error() string { return e.Name + " " + e.Reason }

// Conflict gives what the API says of it.
func (e *OccupiedError) Conflict() (code string, params map[string]any) {
	return "conflict", map[string]any{"reason": "occupied", "name": e.Name, "why": e.Reason}
}

// StaleError says that somebody has changed the thing since: Current is how it
// is now.
type StaleError struct {
	Version int64
	Current any
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("somebody has changed this since: it is at version %d now", e.Version)
}

// Stale gives the version and the thing as they are now.
func (e *StaleError) Stale() (int, any) { return int(e.Version), e.Current }

// Kind is what a place is.
type Kind string

// The kinds, from the outside in.
const (
	Premises Kind = "premises"
	Building Kind = "building"
	Level    Kind = "level"
	AreaKind Kind = "area"
)

// parents says in what a kind of place may lie; "" is the station itself.
var parents = map[Kind][]Kind{
	Premises: {""},
	Building: {Premises},
	Level:    {Building},
	AreaKind: {Premises, Building, Level},
}

// Place is premises, a building, a level or an area.
type Place struct {
	ID       string `json:"id"`
	Station  string `json:"station"`
	Parent   string `json:"parent"` // empty for premises
	Kind     Kind   `json:"kind" enum:"premises,building,level,area"`
	Name     string `json:"name"`
	Position int    `json:"position"` // among its siblings, from 0
	Note     string `json:"note"`     // an address, a key box: what whoever goes there must know
	Version  int64  `json:"version"`
}

// Camera is a camera that people know by its number.
type Camera struct {
	ID      string `json:"id"` // "C-01", unique at the station
	Station string `json:"station"`
	Name    string `json:"name"`
	Place   string `json:"place"` // the innermost known; empty when nobody said
	Version int64  `json:"version"`
}

// PointPlace says where a point is: the innermost place that is known.
type PointPlace struct {
	Point devices.PointID `json:"point"`
	Place string          `json:"place"`
}

// Limits of a station. They are far above what a compound has; a file that
// exceeds them is no site.
const (
	maxPlaces  = 5_000
	maxPoints  = 20_000
	maxCameras = 2_000
)

func checkName(field, name string) error {
	if n := utf8.RuneCountInString(name); n == 0 || n > 200 || strings.TrimSpace(name) == "" {
		return invalid(field, "1 to 200 characters")
	}
	if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return invalid(field, "must not hold control characters")
	}
	return nil
}

func checkNote(field, note string) error {
	if utf8.RuneCountInString(note) > 2000 {
		return invalid(field, "at most 2000 characters")
	}
	bad := func(r rune) bool { return unicode.IsControl(r) && r != '\n' }
	if !utf8.ValidString(note) || strings.ContainsFunc(note, bad) {
		return invalid(field, "must not hold control characters")
	}
	return nil
}

// validPlaceID takes UUIDs: those that this program makes, and those that an
// editor makes for an area that it has just drawn.
func validPlaceID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}
