// Package ical writes an officer's duties as a calendar (iCalendar, RFC 5545), for
// telephones that subscribe to it.
package ical

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"guardroom/rosters"
)

// A Feed is what one officer's calendar is made of.
type Feed struct {
	Name    string // shown over the calendar
	Host    string // makes the ids of events unique in the world
	Officer string // whose duties and leave are taken
	Duties  []rosters.Assignment
	Leave   []rosters.Leave
	Number  int       // of the publication: a later one replaces earlier events
	Made    time.Time // when it was published
}

// Write writes the calendar. A split shift is an event for each part, in UTC, so
// that no reader has to know the station's clock changes; leave is whole days and
// does not say when it is medical. The error, an InvalidError, names a duty that
// the station does not know.
func Write(s *rosters.Station, f Feed) (string, error) {
	clocks, err := s.Clocks()
	if err != nil {
		return "", err
	}
	var c calendar
	c.line("BEGIN:VCALENDAR")
	c.line("VERSION:2.0")
	c.line("PRODID:-//Guardroom//Roster//EN")
	c.line("CALSCALE:GREGORIAN")
	c.line("METHOD:PUBLISH")
	c.text("X-WR-CALNAME", f.Name)
	c.line("X-WR-TIMEZONE:" + s.Zone)
	c.line("REFRESH-INTERVAL;VALUE=DURATION:PT1H")
	c.line("X-PUBLISHED-TTL:PT1H")
	for _, a := range f.Duties {
		if a.Officer != f.Officer {
			continue
		}
		kind := s.ShiftType(a.Shift)
		if kind == nil {
			return "", &rosters.InvalidError{Field: "duties", Reason: "no shift type " + a.Shift}
		}
		for i, span := range kind.Spans() {
			c.duty(s, &f, a, kind, i, clocks.At(a.Date, span.From), clocks.At(a.Date, span.To))
		}
	}
	for i := range f.Leave {
		if l := &f.Leave[i]; l.Officer == f.Officer && l.Decision == rosters.Approved {
			c.leave(&f, l)
		}
	}
	c.line("END:VCALENDAR")
	return c.String(), nil
}

// calendar is the text under construction.
type calendar struct{ strings.Builder }

func (c *calendar) duty(s *rosters.Station, f *Feed, a rosters.Assignment, kind *rosters.ShiftType, part int, from, to time.Time) {
	title, place := kind.Name, ""
	if title == "" {
		title = kind.Code
	}
	if p := s.Post(a.Post); p != nil {
		title, place = title+" · "+p.Name, p.Area
	}
	c.begin(f, strings.Join([]string{a.Date.String(), a.Shift, a.Post, string(rune('a' + part))}, "."))
	c.line("DTSTART:" + from.UTC().Format("20060102T150405Z"))
	c.line("DTEND:" + to.UTC().Format("20060102T150405Z"))
	c.text("SUMMARY", title)
	if place != "" {
		c.text("LOCATION", place)
	}
	if kind.Class == rosters.StandBy {
		c.line("TRANSP:TRANSPARENT")
	}
	c.line("END:VEVENT")
}

// leaveNames are what a calendar says; it lies about on telephones, so that it
// does not say who was ill.
var leaveNames = map[rosters.LeaveKind]string{
	rosters.AnnualLeave: "Annual leave", rosters.SickLeave: "Absent", rosters.Training: "Training", rosters.DutyTravel: "Duty travel",
	rosters.HomeLeave: "Home leave", rosters.Compensatory: "Compensatory time off", rosters.SpecialLeave: "Absent",
}

func (c *calendar) leave(f *Feed, l *rosters.Leave) {
	c.begin(f, l.From.String()+".leave")
	c.line("DTSTART;VALUE=DATE:" + l.From.Time().Format("20060102"))
	c.line("DTEND;VALUE=DATE:" + (l.Until + 1).Time().Format("20060102"))
	c.text("SUMMARY", leaveNames[l.Kind])
	c.line("END:VEVENT")
}

func (c *calendar) begin(f *Feed, id string) {
	c.line("BEGIN:VEVENT")
	c.text("UID", id+"."+f.Officer+"@"+f.Host)
	c.line("DTSTAMP:" + f.Made.UTC().Format("20060102T150405Z"))
	c.line("SEQUENCE:" + strconv.Itoa(f.Number))
}

// text writes a property whose value is text, with what RFC 5545, 3.3.11 wants
// escaped.
func (c *calendar) text(name, value string) {
	value = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' || r == 0x7f {
			return -1
		}
		return r
	}, value)
	c.line(name + ":" + strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(value))
}

// line writes a line, folded after 75 octets and never within a character.
func (c *calendar) line(s string) {
	for room := 75; len(s) > room; room = 74 { // a continued line begins with a space
		cut := room
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		c.WriteString(s[:cut] + "\r\n ")
		s = s[cut:]
	}
	c.WriteString(s + "\r\n")
}
