package ical_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"guardroom/rosters"
	"guardroom/rosters/ical"

	"pgregory.net/rapid"
)

func station() rosters.Station {
	return rosters.Station{
		Zone: "Europe/Vienna",
		ShiftTypes: []rosters.ShiftType{
			{Code: "N", Name: "Night", Class: rosters.NightShift, Parts: []rosters.Part{{Start: 22 * 60, End: 6 * 60}}},
			{Code: "S", Name: "Split", Class: rosters.SplitShift, Parts: []rosters.Part{{Start: 7 * 60, End: 11 * 60}, {Start: 15 * 60, End: 19 * 60}}},
		},
		Posts: []rosters.Post{{ID: "g", Name: "Gate A, barrier; north", Area: "Main gate"}},
	}
}

func TestCalendarOverTheClockChange(t *testing.T) {
	s := station()
	got, err := ical.Write(&s, ical.Feed{
		Name: "Ann", Host: "guardroom.example", Officer: "ann", Number: 12, Made: time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC),
		Duties: []rosters.Assignment{
			{Officer: "ann", Date: rosters.Day(2026, 10, 24), Shift: "N", Post: "g"},
			{Officer: "bob", Date: rosters.Day(2026, 10, 24), Shift: "N"},
			{Officer: "ann", Date: rosters.Day(2026, 10, 26), Shift: "S"},
		},
		Leave: []rosters.Leave{
			{Officer: "ann", Kind: rosters.SickLeave, From: rosters.Day(2026, 10, 28), Until: rosters.Day(2026, 10, 29), Decision: rosters.Approved},
			{Officer: "ann", Kind: rosters.AnnualLeave, From: rosters.Day(2026, 11, 28), Until: rosters.Day(2026, 11, 29), Decision: rosters.Requested},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"DTSTART:20261024T200000Z\r\nDTEND:20261025T050000Z\r\n", // nine hours
		`SUMMARY:Night · Gate A\, barrier\; north` + "\r\n",
		"UID:2026-10-24.N.g.a.ann@guardroom.example\r\n",
		"DTSTART:20261026T060000Z\r\nDTEND:20261026T100000Z\r\n", "DTSTART:20261026T140000Z\r\nDTEND:20261026T180000Z\r\n",
		"DTSTART;VALUE=DATE:20261028\r\nDTEND;VALUE=DATE:20261030\r\nSUMMARY:Absent\r\n", "SEQUENCE:12\r\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("there is no %q in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "BEGIN:VEVENT"); n != 4 {
		t.Errorf("%d events, want 4", n)
	}
}

// TestLinesAreFolded holds that lines are short, whole characters, and mean what was
// written once they are joined again (RFC 5545, 3.1).
func TestLinesAreFolded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := station()
		name := rapid.StringN(0, 200, -1).Draw(t, "name")
		got, err := ical.Write(&s, ical.Feed{Name: name, Host: "h", Officer: "ann"})
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(got, "\r\n"), "\r\n") {
			if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
				t.Fatalf("a line that is none: %q", line)
			}
		}
		joined := strings.ReplaceAll(got, "\r\n ", "")
		_, value, _ := strings.Cut(joined, "X-WR-CALNAME:")
		value, _, _ = strings.Cut(value, "\r\n")
		back := strings.NewReplacer(`\\`, `\`, `\;`, ";", `\,`, ",", `\n`, "\n").Replace(value)
		want := strings.Map(func(r rune) rune {
			if r < ' ' && r != '\n' || r == 0x7f {
				return -1
			}
			return r
		}, name)
		if back != want {
			t.Errorf("%q is read back as %q", want, back)
		}
	})
}
