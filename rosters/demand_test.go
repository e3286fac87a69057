package rosters_test

import (
	"fmt"
	"slices"
	"testing"

	"guardroom/rosters"

	"pgregory.net/rapid"
)

func TestStandingHoursBecomeDemand(t *testing.T) {
	monday := rosters.Day(2026, 11, 30)
	always := []rosters.Hours{{From: 6 * 60, To: 6 * 60, Headcount: 2}}
	for _, tc := range []struct {
		name     string
		standing []rosters.Hours
		shifts   []string
		until    rosters.Date
		want     []string
	}{
		{"three shifts round the clock", always, []string{"D", "E", "N"}, monday, []string{"30 D x2", "30 E x2", "30 N x2"}},
		{"two long ones", always, []string{"LD", "LN", "D"}, monday, []string{"30 LD x2", "30 LN x2"}},
		{"round the clock from midnight", []rosters.Hours{{Headcount: 1}}, []string{"N", "D", "E"}, monday, []string{"30 N x1", "1 D x1", "1 E x1"}},
		{"working days", []rosters.Hours{{Weekdays: []int{1, 2}, HolidaysOff: true, From: 6 * 60, To: 22 * 60, Headcount: 1}}, []string{"D", "E"}, monday + 7, []string{"30 D x1", "30 E x1", "7 D x1", "7 E x1"}},
		{"hours that no shifts fill", []rosters.Hours{{From: 7 * 60, To: 12 * 60, Headcount: 1}}, []string{"D", "E"}, monday, []string{"30 07:00-12:00 x1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := tableStation()
			s.ShiftTypes = append(s.ShiftTypes, rosters.ShiftType{Code: "LD", Class: rosters.LongShift, Parts: []rosters.Part{{Start: 6 * 60, End: 18 * 60}}})
			s.Holidays = []rosters.Holiday{{Date: monday + 1}}
			s.Posts = []rosters.Post{{ID: "p", Name: "P", Standing: tc.standing, Shifts: tc.shifts}, {ID: "q", Name: "Q", Standing: tc.standing, Gone: true}}
			var got []string
			for _, d := range s.Standing(monday, tc.until) {
				_, _, day := d.Date.Time().Date()
				if d.Shift == "" {
					d.Shift = d.From.String() + "-" + d.To.String()
				}
				got = append(got, fmt.Sprintf("%d %s x%d", day, d.Shift, d.Headcount))
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

// TestDemandIsExactlyTheStandingHours counts the minutes of demand against those of
// the hours.
func TestDemandIsExactlyTheStandingHours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := tableStation()
		h := rosters.Hours{
			From: rosters.Clock(60 * rapid.SampledFrom([]int{0, 6, 8, 14, 22}).Draw(t, "from")), To: rosters.Clock(60 * rapid.SampledFrom([]int{0, 6, 14, 18, 22}).Draw(t, "to")),
			Headcount: rapid.IntRange(1, 3).Draw(t, "headcount"),
		}
		shifts := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"D", "E", "N", "L", "LN"}), rapid.ID[string]).Draw(t, "shifts")
		s.Posts = []rosters.Post{{ID: "p", Name: "P", Standing: []rosters.Hours{h}, Shifts: shifts}}
		days := rapid.IntRange(1, 9).Draw(t, "days")
		want := int(h.To) - int(h.From)
		if want <= 0 {
			want += 1440
		}
		got := 0
		for _, d := range s.Standing(rosters.Day(2026, 5, 4), rosters.Day(2026, 5, 4)+rosters.Date(days-1)) {
			n := int(d.To) - int(d.From)
			if d.Shift != "" {
				n = s.ShiftType(d.Shift).Minutes()
			} else if n <= 0 {
				n += 1440
			}
			got += n * d.Headcount
		}
		if got != want*days*h.Headcount {
			t.Errorf("%d minutes of demand, want %d", got, want*days*h.Headcount)
		}
	})
}
