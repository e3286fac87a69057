// Package people keeps the cardholders that a pass office sends: who they are,
// what their pass is worth, and their faces. It is read only but for the import;
// a card number is never kept, only its keyed hash.
//
//	person.go  a cardholder and what the pass is worth now
//	list.go    the list: CSV to rows, with every fault by line and column
//	faces.go   photos, bounded and made anew
//	desk.go    looking people up, and the import
package people

import (
	"errors"
	"time"
)

// ErrNotFound is for a cardholder or a photo that is not there.
var ErrNotFound = errors.New("no such cardholder")

// Class is the kind of grounds pass.
type Class string

// The classes of grounds passes.
const (
	Staff     Class = "staff"
	Delegate  Class = "delegate"
	Retiree   Class = "retiree"
	Media     Class = "media"
	NGO       Class = "ngo"
	Intern    Class = "intern"
	Courtesy  Class = "courtesy"
	Temporary Class = "temporary"
)

var classes = []Class{Staff, Delegate, Retiree, Media, NGO, Intern, Courtesy, Temporary}

// Status is what was reported of a pass.
type Status string

// The statuses.
const (
	ActivePass Status = "active"
	Lost       Status = "lost"
	Stolen     Status = "stolen"
	Blocked    Status = "blocked"
)

var statuses = []Status{ActivePass, Lost, Stolen, Blocked}

// Standing is what a pass is worth now.
type Standing string

// The standings; those that are no statuses.
const (
	Valid   Standing = "valid"
	Expired Standing = "expired"
)

// Person is a cardholder as screens see it.
type Person struct {
	ID       string   `json:"id"`
	Station  string   `json:"station"`
	Ref      string   `json:"ref"` // the pass office's number of the person
	Name     string   `json:"name"`
	Class    Class    `json:"class" enum:"staff,delegate,retiree,media,ngo,intern,courtesy,temporary"`
	Expires  string   `json:"expires"` // "2026-12-31", the last day; empty: does not
	Status   Status   `json:"status" enum:"active,lost,stolen,blocked"`
	Standing Standing `json:"standing" enum:"valid,expired,lost,stolen,blocked"`
	HasCard  bool     `json:"has_card"`
	Photo    string   `json:"photo"` // key of the face, empty: none; GET /people/{id}/photo
	CardHash string   `json:"-"`
}

// judge sets the standing on a day of the station's calendar. A stolen pass is
// stolen whether it has expired or not.
func (p *Person) judge(today string) {
	switch {
	case p.Status != ActivePass:
		p.Standing = Standing(p.Status)
	case p.Expires != "" && p.Expires < today:
		p.Standing = Expired
	default:
		p.Standing = Valid
	}
}

// dayAt is the date of an instant where the station is.
func dayAt(now time.Time, zone string) string {
	where, err := time.LoadLocation(zone)
	if err != nil {
		where = time.UTC
	}
	return now.In(where).Format(time.DateOnly)
}

// InvalidError says which field is wrong and why, in words for an operator.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field.
func (e *InvalidError) InvalidField() string { return e.Field }
