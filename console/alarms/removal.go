package alarms

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"guardroom/console/auth"
	"guardroom/console/live"
	"guardroom/devices"
)

// Mode is how an alarm is taken out of sight; as a State it is what is shown.
type Mode string

// The modes: E, F and G of ISA-18.2.
const (
	ModeShelved      Mode = "shelved"
	ModeSuppressed   Mode = "suppressed"
	ModeOutOfService Mode = "out_of_service"
)

// strength orders modes where several lie over one alarm.
var strength = map[Mode]int{ModeShelved: 1, ModeSuppressed: 2, ModeOutOfService: 3}

// End is what ends a removal; a person may end any.
type End string

// The ends.
const (
	EndTime    End = "time"
	EndShift   End = "shift"    // with the shift, unless another officer confirms it anew
	EndOneShot End = "one_shot" // when the alarm is over, at the latest at its time
	EndRule    End = "rule"     // when the rule holds no more
	EndPerson  End = "person"
)

// A Removal asks to take a point's alarms out of sight.
type Removal struct {
	Station string
	Point   devices.PointID // or AllOf a device
	Kind    devices.Kind    // empty: all but life safety
	Mode    Mode
	Reason  string
	Until   time.Time // zero: until something else ends it
	End     End       // empty: EndTime with a time, else EndPerson
	Patrol  string    // who walks there meanwhile
	Rule    string
	Source  devices.PointID // whose signal set the rule off
	Test    bool            // alarms of life safety at the point are marked as on test
}

// allPoints stands for every point of a device.
const allPoints = "*"

// AllOf is the point that stands for every point of the device of p.
func AllOf(p devices.PointID) devices.PointID {
	return devices.MakePointID(p.Gateway(), p.Device(), allPoints)
}

// Shelf is a removal in force. The screens know it under this name.
type Shelf struct {
	ID           string          `json:"id"`
	Station      string          `json:"station"`
	Point        devices.PointID `json:"point"` // "<gateway>/<device>.*" is all of a device
	PointName    string          `json:"point_name"`
	DeviceName   string          `json:"device_name"`
	Location     string          `json:"location"`
	Kind         devices.Kind    `json:"kind"` // empty: all but life safety
	Mode         Mode            `json:"mode"`
	Reason       string          `json:"reason"`
	By           string          `json:"by"`
	ByName       string          `json:"by_name"`
	Since        time.Time       `json:"since"`
	Until        *time.Time      `json:"until"`
	End          End             `json:"end"`
	Rule         string          `json:"rule"` // the suppression rule, if one did it
	Patrol       string          `json:"patrol"`
	NeedsConfirm bool            `json:"needs_confirm"` // ends with the shift unless another officer confirms it
	Test         bool            `json:"test"`
	Alarm        string          `json:"alarm"`   // an alarm that lies beneath, or empty
	Beneath      State           `json:"beneath"` // its state, normal when there is none
	Demo         bool            `json:"demo"`
	Version      int             `json:"version"`
	Ended        *time.Time      `json:"ended"`

	Source   devices.PointID `json:"-"`
	EndedBy  string          `json:"-"`
	EndedWhy string          `json:"-"`
}

// Event is the shelf for the screens; it leaves the board when it has ended.
func (s *Shelf) Event() live.Event {
	return live.Thing(live.Shelf, s.Station, s.ID, s, s.Ended != nil)
}

// removable reports whether alarms of kind k may ever be out of sight.
func removable(k devices.Kind) bool { return !k.Info().LifeSafety }

// lineOfItself are the kinds that tell that alarms may not come through. A test
// of a panel hides what its points say, not that it says nothing any more.
func lineOfItself(k devices.Kind) bool {
	return Supervision(k) || k == devices.SpoolGap || k == devices.SignalsMissing
}

// concerns reports whether s is about point.
func (s *Shelf) concerns(point devices.PointID) bool {
	return s.Ended == nil && (s.Point == point || s.Point == AllOf(point))
}

// Covers reports whether s lies over alarms of point and kind at an instant.
// Nothing covers life safety. Past its time it covers nothing that is new, even
// when its end has not been written yet.
func (s *Shelf) Covers(point devices.PointID, kind devices.Kind, at time.Time) bool {
	switch {
	case !removable(kind), !s.concerns(point):
		return false
	case s.Until != nil && !at.Before(*s.Until):
		return false
	case s.Kind == "":
		return s.Rule == "" || !lineOfItself(kind)
	}
	return s.Kind == kind
}

// over is the strongest of shelves that covers a, or nil.
func over(a *Alarm, shelves []*Shelf, at time.Time) *Shelf {
	var found *Shelf
	for _, s := range shelves {
		if s.Covers(a.Point, a.Kind, at) && (found == nil || weight(s, found) > 0) {
			found = s
		}
	}
	return found
}

func weight(s, t *Shelf) int {
	return cmp.Or(cmp.Compare(strength[s.Mode], strength[t.Mode]), t.Since.Compare(s.Since), cmp.Compare(t.ID, s.ID))
}

// tested reports whether a is of life safety and its point is on test.
func tested(a *Alarm, shelves []*Shelf) bool {
	return a.LifeSafety && slices.ContainsFunc(shelves, func(s *Shelf) bool { return s.Test && s.concerns(a.Point) })
}

// lay puts on a what lies over it among shelves, and reports what changed: 1 it
// is out of sight now, or for another reason; -1 it is in sight again.
func (a *Alarm) lay(shelves []*Shelf, at time.Time) int {
	was, mode := a.Removed, Mode("")
	if was != nil {
		mode = was.Mode
	}
	a.OnTest = tested(a, shelves)
	a.Removed = nil
	s := over(a, shelves, at)
	if s != nil {
		a.Removed = &Removed{Shelf: s.ID, Mode: s.Mode, Reason: s.Reason, ByName: s.ByName, Since: s.Since, Until: s.Until, End: s.End}
	}
	a.show()
	switch {
	case a.Removed == nil && was == nil:
		return 0
	case a.Removed == nil:
		return -1
	case was != nil && was.Shelf == a.Removed.Shelf && mode == a.Removed.Mode && sameInstant(was.Until, a.Removed.Until):
		return 0
	}
	return 1
}

func sameInstant(x, y *time.Time) bool {
	return x == nil && y == nil || x != nil && y != nil && x.Equal(*y)
}

// Begin puts s in force over the board's alarms.
func (b *Board) Begin(s *Shelf, at time.Time, by auth.Operator) {
	b.Shelves = append(b.Shelves, s)
	b.begun = append(b.begun, s)
	b.overlay(at, by, s.Reason, s.concerns)
}

// Finish ends s, for the reason given in words: what lay beneath shows as it is,
// and asks anew when nobody has answered for it.
func (b *Board) Finish(s *Shelf, at time.Time, by auth.Operator, why string) {
	if s.Ended != nil {
		return
	}
	point := s.concerns // of what it was about while in force
	about := make([]*Alarm, 0, 1)
	for _, a := range b.Open {
		if point(a.Point) {
			about = append(about, a)
		}
	}
	s.Ended, s.EndedBy, s.EndedWhy, s.NeedsConfirm = &at, by.ID, why, false
	s.Version++
	b.ended = append(b.ended, s)
	b.relay(about, at, by, why)
}

// Overlay lays what is in force over every alarm on the board anew, as after a
// start.
func (b *Board) Overlay(at time.Time, by auth.Operator, why string) {
	b.overlay(at, by, why, func(devices.PointID) bool { return true })
}

func (b *Board) overlay(at time.Time, by auth.Operator, why string, concerned func(devices.PointID) bool) {
	about := make([]*Alarm, 0, len(b.Open))
	for _, a := range b.Open {
		if concerned(a.Point) {
			about = append(about, a)
		}
	}
	b.relay(about, at, by, why)
}

func (b *Board) relay(about []*Alarm, at time.Time, by auth.Operator, why string) {
	slices.SortFunc(about, func(x, y *Alarm) int { return cmp.Compare(x.ID, y.ID) })
	for _, a := range about {
		test := a.OnTest
		switch a.lay(b.Shelves, at) {
		case 1:
			a.Version++
			b.touch(a)
			b.history = append(b.history, a.Line(at, Covered, by, why))
		case -1:
			a.Version++
			if a.unanswered() {
				a.Kept.Asked = a.Version
			}
			b.touch(a)
			b.history = append(b.history, a.Line(at, Uncovered, by, why))
		default:
			if test != a.OnTest {
				a.Version++
				b.touch(a)
			}
		}
	}
}

// oneShots ends the one-shot removals of a, whose condition is over.
func (b *Board) oneShots(a *Alarm, at time.Time) {
	for _, s := range slices.Clone(b.Shelves) {
		if s.End == EndOneShot && s.Covers(a.Point, a.Kind, at) {
			b.Finish(s, at, auth.System(), "the alarm is over")
		}
	}
}

// Begun and Finished list the removals that began and ended on the board.
func (b *Board) Begun() []*Shelf    { return b.begun }
func (b *Board) Finished() []*Shelf { return b.ended }

// Stirred lists the removals that began, ended, changed, or under which alarms
// did; each says now what lies beneath it, as far as the board knows.
func (b *Board) Stirred() []*Shelf {
	var stirred []*Shelf
	for _, s := range b.Shelves {
		moved := slices.Contains(b.begun, s) || slices.Contains(b.ended, s) || slices.Contains(b.renewed, s)
		for _, a := range b.touched {
			moved = moved || a.Removed != nil && a.Removed.Shelf == s.ID
		}
		if !moved {
			continue
		}
		s.Alarm, s.Beneath = "", Normal
		for _, a := range b.Open {
			if a.Removed != nil && a.Removed.Shelf == s.ID && a.ID > s.Alarm {
				s.Alarm, s.Beneath = a.ID, a.Beneath
			}
		}
		stirred = append(stirred, s)
	}
	return stirred
}

// Renew changes what may change of a removal in force: who answers for it, until
// when, and whether it has to be confirmed. What lies beneath stays there and asks
// nobody.
func (b *Board) Renew(s *Shelf, to Shelf, at time.Time, why string) {
	moved := !sameInstant(s.Until, to.Until)
	s.By, s.ByName, s.Until, s.NeedsConfirm = to.By, to.ByName, to.Until, to.NeedsConfirm
	b.renewed = append(b.renewed, s)
	if moved {
		by := auth.Operator{ID: to.By, Name: to.ByName}
		b.overlay(at, by, why, s.concerns)
	}
}

// Shelf is r in force from an instant on.
func (r *Removal) Shelf(id string, by auth.Operator, at time.Time) Shelf {
	s := Shelf{
		ID: id, Station: r.Station, Point: r.Point, Kind: r.Kind, Mode: r.Mode, Reason: r.Reason, By: by.ID, ByName: by.Name,
		Since: at, End: r.End, Rule: r.Rule, Source: r.Source, Patrol: r.Patrol, Test: r.Test, Beneath: Normal, Version: 1,
	}
	if !r.Until.IsZero() {
		until := r.Until.UTC().Truncate(time.Microsecond)
		s.Until = &until
	}
	if s.End == "" {
		s.End = EndPerson
		if s.Until != nil {
			s.End = EndTime
		}
	}
	return s
}

// Validate checks what can be checked without knowing the point.
func (r *Removal) Validate() error {
	if p := string(r.Point); strings.HasSuffix(p, "."+allPoints) {
		if err := devices.PointID(strings.TrimSuffix(p, allPoints) + "x").Validate(); err != nil {
			return &InvalidError{Field: "point", Reason: "not a point, nor all points of a device"}
		}
	} else if err := r.Point.Validate(); err != nil {
		return &InvalidError{Field: "point", Reason: strings.TrimPrefix(err.Error(), "point: ")}
	}
	switch {
	case r.Mode != ModeShelved && r.Mode != ModeSuppressed && r.Mode != ModeOutOfService:
		return &InvalidError{Field: "mode", Reason: fmt.Sprintf("%.20q is none of shelved, suppressed, out_of_service", string(r.Mode))}
	case r.Kind != "" && !r.Kind.Info().Alarm:
		return &InvalidError{Field: "kind", Reason: fmt.Sprintf("%.64q is no alarm", string(r.Kind))}
	case !removable(r.Kind):
		return &InvalidError{Field: "kind", Reason: string(r.Kind) + " is an alarm of life safety: it is never out of sight"}
	case len(r.Kind) > 64:
		return &InvalidError{Field: "kind", Reason: "longer than 64 bytes"}
	case strings.TrimSpace(r.Reason) == "":
		return &InvalidError{Field: "reason", Reason: "say why"}
	}
	if err := words("reason", r.Reason); err != nil {
		return err
	}
	return words("patrol", r.Patrol)
}
