package rosters_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"guardroom/rosters"
)

// TestRules shows each kind of rule on a few officers, a column a day from Monday
// 19 October 2026 on; in Vienna the clocks go back on Sunday the 25th. A cell is a
// shift type, and its post after a slash; "." is a day off, "A" a day of leave.
func TestRules(t *testing.T) {
	for _, tc := range []struct {
		name   string
		rule   rosters.Rule
		roster string
		want   []string // code officer post date: have of need
	}{
		{"qualified", rosters.Rule{Kind: rosters.Qualification}, "ann D/gate D/xray", nil},
		{"not qualified", rosters.Rule{Kind: rosters.Qualification}, "bob D/gate D/xray", []string{"qualification.missing bob gate 19: 0 of 1", "qualification.missing bob xray 20: 0 of 1"}},
		{"expired on the last day", rosters.Rule{Kind: rosters.Qualification}, "cem . . D/xray D/xray", []string{"qualification.expired cem xray 22: 0 of 1"}},
		{"rank", rosters.Rule{Kind: rosters.RankForPost}, "ann D/desk\nbob D/desk D", []string{"rank bob desk 19: 2 of 4"}},
		{"last day of service", rosters.Rule{Kind: rosters.InService}, "dee D D D D D D", []string{"in_service dee  24: 0 of 0"}},
		{"leave", rosters.Rule{Kind: rosters.OnLeave}, "ann D AN A", []string{"leave ann  20: 0 of 0"}},
		{"a night before leave", rosters.Rule{Kind: rosters.LeaveEve}, "ann N A\nbob E A", []string{"leave_eve ann  19: 0 of 0"}},
		{"two places", rosters.Rule{Kind: rosters.Overlap}, "ann D/gate+L", []string{"overlap ann  19: 480 of 0"}},
		{"two shifts that meet", rosters.Rule{Kind: rosters.Overlap}, "ann D+E N", nil},
		{"one a day", rosters.Rule{Kind: rosters.DailyShifts, Parameters: rosters.Parameters{Count: 1}}, "ann D+E N", []string{"daily_shifts ann  19: 2 of 1"}},
		{"eight hours of rest", rosters.Rule{Kind: rosters.DailyRest, Parameters: rosters.Parameters{Minutes: 660}}, "ann E D", []string{"daily_rest ann  19: 480 of 660"}},
		{"no rest at all", rosters.Rule{Kind: rosters.DailyRest, Parameters: rosters.Parameters{Minutes: 660}}, "ann N D", []string{"daily_rest ann  19: 0 of 660"}},
		{"rest over the clock change", rosters.Rule{Kind: rosters.DailyRest, Parameters: rosters.Parameters{Minutes: 540}}, "ann . . . . . E D", nil},
		{"rest after nights only", rosters.Rule{Kind: rosters.DailyRest, Parameters: rosters.Parameters{Minutes: 660, Shifts: []string{"nights"}}}, "ann E D . N E", []string{"daily_rest ann  22: 480 of 660"}},
		{"stand-by breaks no rest", rosters.Rule{Kind: rosters.DailyRest, Parameters: rosters.Parameters{Minutes: 660}}, "ann D B D", nil},
		{"six days of a week", rosters.Rule{Kind: rosters.WeeklyRest, Parameters: rosters.Parameters{Minutes: 35 * 60, Days: 7}}, "ann D D D D D D . D", nil},
		{"seven days of a week", rosters.Rule{Kind: rosters.WeeklyRest, Parameters: rosters.Parameters{Minutes: 35 * 60, Days: 7}}, "ann D D D D D D D", []string{"weekly_rest ann  19: 1020 of 2100"}},
		{"the long night", rosters.Rule{Kind: rosters.HoursPerDay, Parameters: rosters.Parameters{Minutes: 12 * 60}}, "ann . . . . LN LN LN", []string{"hours_day ann  24: 780 of 720"}},
		{"hours of a week, the real ones", rosters.Rule{Kind: rosters.HoursPerWeek, Parameters: rosters.Parameters{Minutes: 40 * 60}}, "ann N N . N . N N N\nbob D D D D D", []string{"hours_week ann  19: 2460 of 2400"}},
		{"hours of any three days", rosters.Rule{Kind: rosters.HoursInWindow, Parameters: rosters.Parameters{Minutes: 24 * 60, Days: 3}}, "ann D LN LN . D D D", []string{"hours_window ann  19: 1920 of 1440"}},
		{"too many and too few hours", rosters.Rule{Kind: rosters.HoursInPeriod, Parameters: rosters.Parameters{Minutes: 32 * 60, Least: 24 * 60}}, "ann D D D D D\nbob D D\ncem D D D\ndee D D D\n", []string{"hours_period.over ann  19: 2400 of 1920", "hours_period.under bob  19: 960 of 1440", "hours_period.over dee  19: 1440 of 685"}},
		{"leave counts for the contract", rosters.Rule{Kind: rosters.ContractHours, Parameters: rosters.Parameters{Under: 10, Over: 10}}, "ann D D D D D . . D D D D D\nbob A A A A A . . D D D D D\ncem D D D D D D . D D D D D D\ndee D D D D D", []string{"contract.over cem  19: 5760 of 5280", "contract.over dee  19: 2400 of 1885"}},
		{"days in a row", rosters.Rule{Kind: rosters.ConsecutiveDays, Parameters: rosters.Parameters{Count: 3}}, "ann D D D D . D D D", []string{"consecutive_days ann  19: 4 of 3"}},
		{"a single day", rosters.Rule{Kind: rosters.ConsecutiveDays, Parameters: rosters.Parameters{Least: 2}}, "ann D . D . D D\nbob . D A D D", []string{"consecutive_days.short ann  21: 1 of 2"}},
		{"a single day off", rosters.Rule{Kind: rosters.DaysOff, Parameters: rosters.Parameters{Count: 2}}, "ann D . D D . . D\nbob D A D", []string{"days_off ann  20: 1 of 2"}},
		{"nights in a row, long ones too", rosters.Rule{Kind: rosters.ConsecutiveNight, Parameters: rosters.Parameters{Count: 2}}, "ann N LN N D N N", []string{"consecutive_night ann  19: 3 of 2"}},
		{"after two nights", rosters.Rule{Kind: rosters.RestAfterNights, Parameters: rosters.Parameters{Minutes: 48 * 60, Count: 2}}, "ann N N . D . N . D\nbob N N . . D", []string{"rest_after_nights ann  20: 1440 of 2880"}},
		{"no day after a night", rosters.Rule{Kind: rosters.Succession, Parameters: rosters.Parameters{After: []string{"class:night"}, Before: []string{"D", "class:long"}}}, "ann N D . N LN . N E", []string{"succession ann  19: 0 of 0", "succession ann  22: 0 of 0"}},
		{"weekends", rosters.Rule{Kind: rosters.Weekends, Parameters: rosters.Parameters{Count: 1}}, "ann . . . . . D . . . . . . . D\nbob . . . . . D D", []string{"weekends ann  19: 2 of 1"}},
		{"one of two weekends", rosters.Rule{Kind: rosters.Weekends, Parameters: rosters.Parameters{Count: 1, Weeks: 2}}, "ann . . . . . D . . . . . . . D", []string{"weekends ann  24: 2 of 1"}},
		{"half a weekend", rosters.Rule{Kind: rosters.WholeWeekends}, "ann . . . . . D .\nbob . . . . . D D\ncem . . . . . . A . . . . . D", []string{"whole_weekends ann  24: 1 of 2", "whole_weekends cem  31: 1 of 2"}},
		{"public holidays", rosters.Rule{Kind: rosters.PublicHolidays}, "ann . . . . . . . D", []string{"public_holidays ann  19: 1 of 0"}},
		{"long shifts", rosters.Rule{Kind: rosters.ShiftCount, Parameters: rosters.Parameters{Count: 1, Shifts: []string{"class:long"}}}, "ann L . LN", []string{"shift_count ann  19: 2 of 1"}},
		{"stand-by twice in a week", rosters.Rule{Kind: rosters.ShiftCount, Parameters: rosters.Parameters{Count: 1, Days: 7, Shifts: []string{"class:standby"}}}, "ann B . B . . . . . B", []string{"shift_count ann  19: 2 of 1"}},
		{"wished skills", rosters.Rule{Kind: rosters.WishedSkills}, "ann D/desk\nbob D/desk", []string{"wished_skills bob desk 19: 0 of 1"}},
		{"an empty post", rosters.Rule{Kind: rosters.Coverage}, "ann D/door", []string{"coverage  door 19: 0 of 1"}},
		{"half of a post's time", rosters.Rule{Kind: rosters.Coverage}, "ann L/door", nil},
		{"one too many", rosters.Rule{Kind: rosters.Surplus}, "ann D/door\nbob D/door\ncem E/door", []string{"surplus  door 19: 2 of 1"}},
		{"a post without its pair", rosters.Rule{Kind: rosters.PairedPosts}, "ann D/dog\nbob E/desk", []string{"paired_posts  dog 19: 0 of 1"}},
		{"a lane of one gender", rosters.Rule{Kind: rosters.MixedLane}, "ann D/lane1 D/lane1\ndee D/lane2\nbob . D/lane2", []string{"mixed_lane  lane1 19: 1 of 2"}},
		{"a wish", rosters.Rule{Kind: rosters.WishesKept}, "ann D ? ?\nbob D ?D ?", []string{"wishes.free bob  20: 1 of 2"}},
		{"nights shared", rosters.Rule{Kind: rosters.Fairness, Parameters: rosters.Parameters{Of: rosters.NightBurden, Count: 1}}, "ann N N N N\nbob D\ncem D\ndee D", []string{"fairness.nights ann  19: 400 of 119"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, p := tableStation(), tablePlan(t, tc.roster)
			tc.rule.ID, tc.rule.Name = "rule", "Rule"
			if tc.rule.Level = rosters.Wished; tc.rule.Kind == rosters.Qualification {
				tc.rule.Level = rosters.Mandatory
			}
			s.Rules = []rosters.Rule{tc.rule}
			found, err := rosters.Check(&s, &p)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range found {
				_, _, day := v.Date.Time().Date()
				have, need := v.Have, v.Need
				got = append(got, fmt.Sprintf("%s %s %s %d: %d of %d", v.Code, v.Officer, v.Post, day, have, need))
			}
			if tc.rule.Kind == rosters.Coverage || tc.rule.Kind == rosters.ContractHours || tc.rule.Kind == rosters.HoursInPeriod {
				got = slices.DeleteFunc(got, func(s string) bool { return !named(tc.roster, s) })
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
			}
		})
	}
}

// named reports whether a violation is about an officer of the roster, or a post.
func named(roster, violation string) bool {
	who := strings.Fields(violation)[1]
	return len(who) != 3 || strings.Contains(roster, who)
}

func tableStation() rosters.Station {
	held := func(codes ...string) []rosters.Held {
		var list []rosters.Held
		for _, c := range codes {
			list = append(list, rosters.Held{Code: c})
		}
		return list
	}
	at := func(code string, class rosters.Class, from, to rosters.Clock) rosters.ShiftType {
		return rosters.ShiftType{Code: code, Class: class, Parts: []rosters.Part{{Start: from * 60, End: to * 60}}}
	}
	return rosters.Station{
		ID: "vienna", Zone: "Europe/Vienna", Holidays: []rosters.Holiday{{Date: rosters.Day(2026, 10, 26), Name: "National Day"}},
		Officers: []rosters.Officer{
			{ID: "ann", Name: "Ann", Rank: rosters.Sergeant, Employment: rosters.Staff, Contract: 2400, Gender: rosters.Female, Held: held("firearm", "x_ray"), Languages: []string{"fr"}},
			{ID: "bob", Name: "Bob", Rank: rosters.OrdinaryOfficer, Employment: rosters.Staff, Contract: 2400, Gender: rosters.Male, Languages: []string{"en"}},
			{ID: "cem", Name: "Cem", Rank: rosters.OrdinaryOfficer, Employment: rosters.Staff, Contract: 2400, Gender: rosters.Male, Held: []rosters.Held{{Code: "x_ray", Expires: rosters.Day(2026, 10, 21)}}},
			{ID: "dee", Name: "Dee", Rank: rosters.OrdinaryOfficer, Employment: rosters.Contractor, Contract: 2400, Gender: rosters.Female, Until: rosters.Day(2026, 10, 23)},
		},
		ShiftTypes: []rosters.ShiftType{
			at("D", rosters.DayShift, 6, 14), at("E", rosters.EveningShift, 14, 22), at("N", rosters.NightShift, 22, 6),
			at("L", rosters.LongShift, 6, 18), at("LN", rosters.LongShift, 18, 6), at("B", rosters.StandBy, 18, 6),
		},
		Posts: []rosters.Post{
			{ID: "gate", Name: "Gate", Armed: true}, {ID: "xray", Name: "X-ray", Required: []string{"x_ray"}}, {ID: "door", Name: "Door", Shifts: []string{"D"}},
			{ID: "desk", Name: "Desk", MinRank: rosters.Sergeant, Wished: []string{"language:fr"}}, {ID: "dog", Name: "Dog", PairedWith: "desk"},
			{ID: "lane1", Name: "Lane 1", Lane: "visitors"}, {ID: "lane2", Name: "Lane 2", Lane: "visitors"},
		},
	}
}

// tablePlan reads a roster of two weeks; the door wants one officer from 08:00 to
// 15:00 on the first day, or whoever is there longer.
func tablePlan(t *testing.T, roster string) rosters.Plan {
	p := rosters.Plan{From: rosters.Day(2026, 10, 19), Until: rosters.Day(2026, 11, 1)}
	want := rosters.Demand{Post: "door", Date: p.From, From: 8 * 60, To: 15 * 60, Headcount: 1}
	if strings.Contains(roster, "D/door\nbob") {
		want = rosters.Demand{Post: "door", Date: p.From, From: 6 * 60, To: 22 * 60, Headcount: 1}
	}
	p.Demands = []rosters.Demand{want}
	for line := range strings.Lines(roster) {
		fields := strings.Fields(line)
		for i, cell := range fields[1:] {
			d := p.From + rosters.Date(i)
			if strings.HasPrefix(cell, "A") {
				p.Leave = append(p.Leave, rosters.Leave{Officer: fields[0], Kind: rosters.AnnualLeave, From: d, Until: d, Decision: rosters.Approved})
				cell = cell[1:]
			}
			if strings.HasPrefix(cell, "?") {
				cell = cell[1:]
				p.Requests = append(p.Requests, rosters.Request{ID: fields[0], Officer: fields[0], Wish: rosters.WishFree, From: d, Until: d, Decision: rosters.Approved})
				if k := len(p.Requests) - 2; k >= 0 && p.Requests[k].Officer == fields[0] {
					p.Requests = p.Requests[:k+1]
					p.Requests[k].Until = d
				}
			}
			for duty := range strings.SplitSeq(cell, "+") {
				if shift, post, _ := strings.Cut(duty, "/"); shift != "." && shift != "" {
					p.Assignments = append(p.Assignments, rosters.Assignment{Officer: fields[0], Date: d, Shift: shift, Post: post})
				}
			}
		}
	}
	return p
}
