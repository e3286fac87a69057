// Package rosterstest makes up small stations and plans for property tests: at a
// clock change, with every sort of shift, and few people, so that rules collide.
package rosterstest

import (
	"fmt"
	"slices"
	"time"

	"guardroom/rosters"

	"pgregory.net/rapid"
)

// Station draws a small station at a clock change, with one rule of a kind,
// or one of each.
func Station(t *rapid.T, kinds ...rosters.Kind) rosters.Station {
	s := rosters.Station{
		ID: "s", Zone: rapid.SampledFrom(Zones).Draw(t, "zone"),
		WorkingWeek: rapid.SampledFrom([][]int{nil, {1, 2, 3, 4, 7}, {1, 2, 4, 5}, {1, 2, 3, 4, 5, 6, 7}}).Draw(t, "working week"),
		WeekStart:   rapid.SampledFrom([]int{0, 1, 7}).Draw(t, "week start"),
		ShiftTypes: []rosters.ShiftType{
			{Code: "D", Class: rosters.DayShift, Parts: []rosters.Part{{Start: 6 * 60, End: 14 * 60}}},
			{Code: "E", Class: rosters.EveningShift, Parts: []rosters.Part{{Start: 14 * 60, End: 22 * 60}}},
			{Code: "N", Class: rosters.NightShift, Parts: []rosters.Part{{Start: 22 * 60, End: 6 * 60}}, Paid: 450},
			{Code: "L", Class: rosters.LongShift, Parts: []rosters.Part{{Start: 18*60 + 30, End: 6*60 + 30}}},
			{Code: "S", Class: rosters.SplitShift, Parts: []rosters.Part{{Start: 7 * 60, End: 11 * 60}, {Start: 15 * 60, End: 19 * 60}}},
			{Code: "B", Class: rosters.StandBy, Parts: []rosters.Part{{Start: 20 * 60, End: 20 * 60}}},
			{Code: "X", Class: rosters.DayShift, Parts: []rosters.Part{{
				Start: rosters.Clock(rapid.IntRange(0, 1439).Draw(t, "start of X")), End: rosters.Clock(rapid.IntRange(0, 1439).Draw(t, "end of X"))}}},
		},
	}
	zone, err := s.Location()
	if err != nil {
		t.Fatal(err)
	}
	change := NearChange(t, zone)
	for range rapid.IntRange(0, 3).Draw(t, "holidays") {
		s.Holidays = append(s.Holidays, rosters.Holiday{Date: change + rosters.Date(rapid.IntRange(-8, 8).Draw(t, "holiday")), Name: "holiday"})
	}
	for i := range rapid.IntRange(1, 4).Draw(t, "officers") {
		o := rosters.Officer{
			ID: string(rune('a' + i)), Name: "Officer", Rank: rosters.Rank(rapid.IntRange(1, 4).Draw(t, "rank")), Employment: rosters.Staff,
			Unit: rapid.SampledFrom([]string{"u", "v"}).Draw(t, "unit"), Contract: 60 * rapid.SampledFrom([]int{0, 32, 40}).Draw(t, "contract"),
			Gender: rapid.SampledFrom([]rosters.Gender{"", rosters.Female, rosters.Male}).Draw(t, "gender"), Languages: []string{"fr"},
		}
		for _, code := range []string{"firearm", "x_ray"} {
			if rapid.Bool().Draw(t, code) {
				h := rosters.Held{Code: code}
				if rapid.Bool().Draw(t, "expires") {
					h.Expires = change + rosters.Date(rapid.IntRange(-6, 6).Draw(t, "expiry"))
				}
				o.Held = append(o.Held, h)
			}
		}
		if rapid.IntRange(0, 5).Draw(t, "leaves") == 0 {
			o.Until = change + rosters.Date(rapid.IntRange(-5, 5).Draw(t, "last day"))
		}
		s.Officers = append(s.Officers, o)
	}
	s.Posts = []rosters.Post{
		{ID: "p", Name: "P", Shifts: []string{"D", "E", "N"}, Lane: "l", MinRank: rosters.OrdinaryOfficer, Wished: []string{"language:fr", "x_ray", "language:ru"}, Unpopular: true},
		{ID: "q", Name: "Q", Shifts: []string{"D", "E", "N", "L"}, Lane: "l", Armed: true, PairedWith: "p", Weight: 25},
		{ID: "r", Name: "R", Shifts: []string{"X", "S"}, Required: []string{"x_ray"}, PairedWith: "q"},
	}
	for i, kind := range kinds {
		s.Rules = append(s.Rules, Rule(t, kind, i))
	}
	return s
}

// Rule draws a rule of a kind with parameters that small plans can break.
func Rule(t *rapid.T, kind rosters.Kind, i int) rosters.Rule {
	infos := rosters.Catalogue()
	info := infos[slices.IndexFunc(infos, func(k rosters.KindInfo) bool { return k.Kind == kind })]
	r := rosters.Rule{
		ID: fmt.Sprintf("%s-%d", kind, i), Name: string(kind), Kind: kind,
		Level: rapid.SampledFrom(info.Levels).Draw(t, "level"), Weight: rapid.IntRange(0, 50).Draw(t, "weight"),
	}
	small := func(label string, least, most int) int { return rapid.IntRange(least, most).Draw(t, label) }
	shifts := func() []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"D", "E", "N", "X", "class:long", "nights", "class:standby"}), 1, 3, rapid.ID[string]).Draw(t, "shifts")
	}
	for _, p := range info.Parameters {
		skip := p.Optional && rapid.Bool().Draw(t, "without "+p.Name)
		switch {
		case p.Name == "minutes" && !skip:
			most := map[rosters.Kind]int{rosters.DailyRest: 1200, rosters.WeeklyRest: 3 * 1440, rosters.HoursPerDay: 1000, rosters.HoursPerWeek: 3000, rosters.HoursInWindow: 3000, rosters.HoursInPeriod: 6000, rosters.RestAfterNights: 4000}[kind]
			r.Minutes = small("minutes", max(p.Least, most/10), most)
		case p.Name == "least" && !skip && kind == rosters.HoursInPeriod:
			r.Least = small("least", 1, max(1, r.Minutes))
		case p.Name == "least" && !skip:
			r.Least = small("least", 2, 4)
		case p.Name == "count" && !skip:
			r.Count = small("count", max(p.Least, 0), max(p.Least, 3))
		case p.Name == "days" && !skip:
			r.Days = small("days", 1, 8)
		case p.Name == "weeks" && !skip:
			r.Weeks = small("weeks", 1, 3)
		case p.Name == "under" || p.Name == "over":
			*map[string]*int{"under": &r.Under, "over": &r.Over}[p.Name] = small(p.Name, 0, 60)
		case p.Name == "of":
			r.Of = rapid.SampledFrom(rosters.Burdens()).Draw(t, "of")
		case p.Name == "shifts" && !skip:
			r.Shifts = shifts()
		case p.Name == "after":
			r.After = shifts()
		case p.Name == "before":
			r.Before = shifts()
		}
	}
	switch {
	case kind == rosters.WeeklyRest:
		r.Days = max(r.Days, 4)
	case kind == rosters.HoursInPeriod && r.Minutes+r.Least == 0:
		r.Minutes = 3000
	case kind == rosters.ConsecutiveDays && r.Count+r.Least == 0:
		r.Count = 2
	case kind == rosters.ConsecutiveDays && r.Count > 0 && r.Least > r.Count:
		r.Least = 0
	}
	if info.About != "post" && rapid.IntRange(0, 3).Draw(t, "scope") == 0 {
		r.For = rosters.Scope{Units: []string{"u"}, Except: []string{"c"}}
	}
	return r
}

// Plan draws a plan around a day, with duties before and after it.
func Plan(t *rapid.T, s *rosters.Station, busy int) rosters.Plan {
	zone, err := s.Location()
	if err != nil {
		t.Fatal(err)
	}
	middle := NearChange(t, zone)
	if len(s.Holidays) > 0 {
		middle = s.Holidays[0].Date
	}
	p := rosters.Plan{From: middle - rosters.Date(rapid.IntRange(1, 8).Draw(t, "days before"))}
	p.Until = p.From + rosters.Date(rapid.IntRange(0, 13).Draw(t, "days"))
	if rapid.Bool().Draw(t, "history") {
		p.Since, p.Beyond = p.From-rosters.Date(rapid.IntRange(1, 6).Draw(t, "since")), p.Until+rosters.Date(rapid.IntRange(0, 3).Draw(t, "beyond"))
	}
	first, last := p.From, p.Until
	if p.Since != 0 {
		first, last = p.Since, p.Beyond
	}
	for i := range s.Officers {
		for d := first; d <= last; d++ {
			for _, duty := range Duties(t, busy) {
				p.Assignments = append(p.Assignments, rosters.Assignment{Officer: s.Officers[i].ID, Date: d, Shift: duty.Shift, Post: duty.Post})
			}
		}
	}
	within := func(label string) (rosters.Date, rosters.Date) {
		from := first - 1 + rosters.Date(rapid.IntRange(0, int(last-first)+1).Draw(t, label))
		return from, from + rosters.Date(rapid.IntRange(0, 4).Draw(t, "length"))
	}
	for range rapid.IntRange(0, 3).Draw(t, "leave") {
		l := rosters.Leave{Officer: Officer(t, s), Kind: rosters.AnnualLeave, Decision: rapid.SampledFrom([]rosters.Decision{rosters.Approved, rosters.Approved, rosters.Requested}).Draw(t, "decision")}
		l.From, l.Until = within("leave from")
		p.Leave = append(p.Leave, l)
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "requests") {
		r := rosters.Request{ID: fmt.Sprint(i), Officer: Officer(t, s), Decision: rosters.Approved, Wish: rapid.SampledFrom([]rosters.Wish{rosters.WishFree, rosters.WishWork, rosters.WishAvoid}).Draw(t, "wish"), Weight: rapid.IntRange(0, 30).Draw(t, "weight")}
		r.From, r.Until = within("request from")
		if r.Wish == rosters.WishAvoid || rapid.Bool().Draw(t, "named") {
			r.Shifts, r.Posts = []string{rapid.SampledFrom([]string{"D", "N"}).Draw(t, "shift")}, []string{"q"}
		}
		p.Requests = append(p.Requests, r)
	}
	for range rapid.IntRange(0, 12).Draw(t, "demands") {
		d := rosters.Demand{Post: rapid.SampledFrom([]string{"p", "q", "r"}).Draw(t, "post"), Headcount: rapid.IntRange(1, 2).Draw(t, "headcount")}
		d.Date = p.From - 1 + rosters.Date(rapid.IntRange(0, p.Days()+1).Draw(t, "day"))
		if d.Shift = rapid.SampledFrom([]string{"", "D", "E", "N", "S", "X"}).Draw(t, "shift"); d.Shift == "" {
			d.From, d.To = rosters.Clock(60*rapid.IntRange(0, 23).Draw(t, "from")), rosters.Clock(60*rapid.IntRange(0, 23).Draw(t, "to"))
		}
		if rapid.IntRange(0, 3).Draw(t, "special") == 0 {
			d.MinRank, d.Source = rosters.SeniorOfficer, "deployment"
		}
		if rapid.IntRange(0, 5).Draw(t, "skilled") == 0 {
			d.Required = []string{"x_ray"}
		}
		p.Demands = append(p.Demands, d)
	}
	p.Before = map[string]rosters.Tally{}
	for i := range s.Officers {
		p.Before[s.Officers[i].ID] = rosters.Tally{Target: 9600, Credit: 60 * rapid.IntRange(0, 80).Draw(t, "credit"), Nights: rapid.IntRange(0, 6).Draw(t, "nights"), Weekends: rapid.IntRange(0, 3).Draw(t, "weekends")}
	}
	return p
}

// Officer draws the id of one of the station's officers.
func Officer(t *rapid.T, s *rosters.Station) string {
	return s.Officers[rapid.IntRange(0, len(s.Officers)-1).Draw(t, "officer")].ID
}

// Duties is a cell: busy of ten hold something, few two things.
func Duties(t *rapid.T, busy int) []rosters.Duty {
	n := rapid.IntRange(0, 19).Draw(t, "busy")
	var list []rosters.Duty
	if n < 2*busy {
		list = append(list, Duty(t))
	}
	if n == 0 {
		list = append(list, Duty(t))
	}
	return list
}

// Duty draws a shift, at a post or at none.
func Duty(t *rapid.T) rosters.Duty {
	return rosters.Duty{
		Shift: rapid.SampledFrom([]string{"D", "D", "E", "N", "N", "L", "S", "B", "X"}).Draw(t, "shift"),
		Post:  rapid.SampledFrom([]string{"", "p", "p", "q", "r"}).Draw(t, "post"),
	}
}

// Kinds are all kinds of rules.
func Kinds() []rosters.Kind {
	var list []rosters.Kind
	for _, info := range rosters.Catalogue() {
		list = append(list, info.Kind)
	}
	return list
}

// Zones have every sort of clock change: forward and back, north and south, half
// an hour, and none.
var Zones = []string{"Europe/Vienna", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Beirut", "Africa/Nairobi", "Asia/Kathmandu"}

// NearChange is a day around a clock change of 2026 or 2027, or any day where
// there is none.
func NearChange(t *rapid.T, zone *time.Location) rosters.Date {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).In(zone)
	for range rapid.IntRange(1, 4).Draw(t, "change") {
		if _, end := at.ZoneBounds(); !end.IsZero() {
			at = end
		}
	}
	return rosters.DateOf(at) + rosters.Date(rapid.IntRange(-3, 2).Draw(t, "days from the change"))
}
