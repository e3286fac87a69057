package rosters

import (
	"fmt"
	"slices"
	"strings"
)

// A KindInfo describes a kind of rule, for forms and for checking.
type KindInfo struct {
	Kind       Kind        `json:"kind"`
	About      string      `json:"about"`      // "officer", "post" or "everybody"
	Levels     []Level     `json:"levels"`     // at which it makes sense, the usual one first
	Parameters []Parameter `json:"parameters"` // those that it reads
	Per        string      `json:"per"`        // what one weight is the price of
}

// A Parameter is one number or list of a rule.
type Parameter struct {
	Name     string `json:"name"` // as in Parameters, in JSON
	Unit     string `json:"unit"` // minutes, days, count, percent, shifts or burden
	Least    int    `json:"least"`
	Most     int    `json:"most"`
	Usual    int    `json:"usual"`
	Optional bool   `json:"optional"` // 0 or nothing leaves it out
}

func minutes(least, most, usual int) Parameter {
	return Parameter{"minutes", "minutes", least, most, usual, false}
}
func count(least, most, usual int) Parameter {
	return Parameter{"count", "count", least, most, usual, false}
}
func window(usual int) Parameter { return Parameter{"days", "days", 1, MaxReach, usual, false} }
func onShifts(name string, optional bool) Parameter {
	return Parameter{Name: name, Unit: "shifts", Optional: optional}
}

var (
	binding = []Level{Mandatory, Exceptional, Wished}
	soft    = []Level{Wished, Exceptional, Mandatory}
)

// Catalogue lists every kind of rule in the order in which screens show them.
func Catalogue() []KindInfo {
	return []KindInfo{
		{Qualification, "officer", binding, nil, "qualification"},
		{RankForPost, "officer", binding, nil, "shift"},
		{InService, "officer", binding, nil, "shift"},
		{OnLeave, "officer", binding, nil, "shift"},
		{LeaveEve, "officer", []Level{Exceptional, Mandatory, Wished}, nil, "shift"},
		{Overlap, "officer", binding, nil, "pair of shifts"},
		{DailyShifts, "officer", binding, []Parameter{count(1, 4, 1)}, "shift too many"},
		{DailyRest, "officer", binding, []Parameter{minutes(1, weekMinutes, 11*60), onShifts("shifts", true)}, "rest too short"},
		{WeeklyRest, "officer", binding, []Parameter{minutes(60, 14*dayMinutes, 35*60), window(7)}, "length without rest"},
		{HoursPerDay, "officer", binding, []Parameter{minutes(1, 2*dayMinutes, 13*60), onShifts("shifts", true)}, "hour"},
		{HoursPerWeek, "officer", binding, []Parameter{minutes(1, weekMinutes, 60*60), onShifts("shifts", true)}, "hour"},
		{HoursInWindow, "officer", binding, []Parameter{minutes(1, MaxReach*dayMinutes, 48*60*17), window(119), onShifts("shifts", true)}, "hour"},
		{HoursInPeriod, "officer", binding, []Parameter{
			{"minutes", "minutes", 1, MaxReach * dayMinutes, 240 * 60, true}, {"least", "minutes", 1, MaxReach * dayMinutes, 0, true}}, "hour"},
		{ContractHours, "officer", soft, []Parameter{{"under", "percent", 0, 100, 5, false}, {"over", "percent", 0, 200, 5, false}}, "hour"},
		{ConsecutiveDays, "officer", binding, []Parameter{{"count", "days", 1, 60, 6, true}, {"least", "days", 2, 14, 0, true}}, "day"},
		{DaysOff, "officer", soft, []Parameter{count(2, 14, 2)}, "day"},
		{ConsecutiveNight, "officer", binding, []Parameter{count(1, 30, 5)}, "night"},
		{RestAfterNights, "officer", binding, []Parameter{minutes(1, weekMinutes, 24*60), count(1, 30, 1)}, "rest too short"},
		{Succession, "officer", binding, []Parameter{onShifts("after", false), onShifts("before", false)}, "pair of shifts"},
		{Weekends, "officer", soft, []Parameter{count(0, 60, 2), {"weeks", "weekends", 1, 60, 3, true}}, "weekend"},
		{WholeWeekends, "officer", soft, nil, "weekend"},
		{PublicHolidays, "officer", soft, []Parameter{count(0, 60, 2)}, "holiday"},
		{ShiftCount, "officer", binding, []Parameter{count(0, 400, 8), {"days", "days", 1, MaxReach, 28, true}, onShifts("shifts", false)}, "shift"},
		{Coverage, "post", []Level{Exceptional, Mandatory, Wished}, nil, "eight hours of one officer at a post of weight 10"},
		{Surplus, "post", soft, nil, "eight hours of one officer"},
		{PairedPosts, "post", binding, nil, "day of a post"},
		{MixedLane, "post", []Level{Exceptional, Mandatory, Wished}, nil, "day of a lane"},
		{WishedSkills, "officer", []Level{Wished}, nil, "skill"},
		{WishesKept, "officer", []Level{Wished}, nil, "day of a request of weight 10"},
		{Fairness, "everybody", soft, []Parameter{count(0, 100, 2), {Name: "of", Unit: "burden"}}, "night, weekend, holiday, shift or hour"},
	}
}

// Burdens lists what fairness may share out.
func Burdens() []Burden {
	return []Burden{NightBurden, WeekendBurden, HolidayBurden, UnpopularBurden, OvertimeBurden}
}

// kindInfo finds a kind.
func kindInfo(k Kind) (KindInfo, bool) {
	list := Catalogue()
	i := slices.IndexFunc(list, func(i KindInfo) bool { return i.Kind == k })
	if i < 0 {
		return KindInfo{}, false
	}
	return list[i], true
}

// Validate reports the first field that makes r unusable. Whether the shift types
// that it names exist is for Station.Validate.
func (r *Rule) Validate() error {
	info, ok := kindInfo(r.Kind)
	switch {
	case !ok:
		return invalid("kind", "%.40q is no kind of rule", r.Kind)
	case r.ID == "" || len(r.ID) > maxName:
		return invalid("id", "between 1 and %d characters", maxName)
	case r.Name == "" || len(r.Name) > maxName:
		return invalid("name", "between 1 and %d characters", maxName)
	case len(r.Reason) > 1000:
		return invalid("reason", "at most 1000 characters")
	case !slices.Contains(info.Levels, r.Level):
		return invalid("level", "%.20q; %s takes %v", r.Level, r.Kind, info.Levels)
	case r.Weight < 0 || r.Weight > 1000:
		return invalid("weight", "%d is not between 0 and 1000", r.Weight)
	}
	if err := r.For.validate(info); err != nil {
		return err
	}
	return r.validateParameters(info)
}

func (s *Scope) validate(info KindInfo) error {
	switch {
	case len(s.Units) > maxList || len(s.Officers) > MaxOfficers || len(s.Except) > MaxOfficers:
		return invalid("for", "too many units or officers")
	case s.Employment != "" && s.Employment != Staff && s.Employment != Contractor:
		return invalid("for", "%.20q is neither %s nor %s", s.Employment, Staff, Contractor)
	case s.MinRank < NoRank || s.MinRank > Inspector || s.MaxRank < NoRank || s.MaxRank > Inspector:
		return invalid("for", "unknown rank")
	case info.About == "post" && (len(s.Units)+len(s.Officers)+len(s.Except) > 0 || s.Employment != "" || s.MinRank+s.MaxRank > 0):
		return invalid("for", "a rule about posts is for everybody")
	}
	return nil
}

func (r *Rule) validateParameters(info KindInfo) error {
	numbers := map[string]int{"minutes": r.Minutes, "least": r.Least, "count": r.Count, "days": r.Days, "weeks": r.Weeks, "under": r.Under, "over": r.Over}
	lists := map[string][]string{"shifts": r.Shifts, "after": r.After, "before": r.Before}
	any := false
	for _, p := range info.Parameters {
		n, isNumber := numbers[p.Name]
		list, isList := lists[p.Name]
		delete(numbers, p.Name)
		delete(lists, p.Name)
		switch {
		case p.Unit == "burden":
			if !slices.Contains(Burdens(), r.Of) {
				return invalid("of", "%.20q is not one of %v", r.Of, Burdens())
			}
		case isNumber && (n != 0 || !p.Optional) && (n < p.Least || n > p.Most):
			return invalid(p.Name, "%d is not between %d and %d", n, p.Least, p.Most)
		case isList && (len(list) > maxList || len(list) == 0 && !p.Optional):
			return invalid(p.Name, "between 1 and %d shift types", maxList)
		}
		any = any || n != 0 || isList || !p.Optional
	}
	if len(info.Parameters) > 0 && !any {
		return invalid(info.Parameters[0].Name, "the rule limits nothing")
	}
	for name, n := range numbers {
		if n != 0 {
			return invalid(name, "%s does not read it", r.Kind)
		}
	}
	for name, list := range lists {
		if len(list) > 0 {
			return invalid(name, "%s does not read it", r.Kind)
		}
	}
	switch {
	case r.Of != "" && r.Kind != Fairness:
		return invalid("of", "%s does not read it", r.Kind)
	case r.Kind == WeeklyRest && r.Minutes >= r.Days*dayMinutes:
		return invalid("minutes", "%d hours of rest do not fit into %d days", r.Minutes/60, r.Days)
	case r.Kind == HoursInPeriod && r.Minutes > 0 && r.Least > r.Minutes:
		return invalid("least", "more than the most")
	case r.Kind == ConsecutiveDays && r.Count > 0 && r.Least > r.Count:
		return invalid("least", "more than the most")
	}
	return nil
}

// Validate reports the first thing that makes s unusable, as an InvalidError whose
// field names the part.
func (s *Station) Validate() error {
	if _, err := s.Location(); err != nil {
		return err
	}
	switch {
	case len(s.Officers) > MaxOfficers:
		return invalid("officers", "%d; at most %d", len(s.Officers), MaxOfficers)
	case len(s.Posts) > 2000 || len(s.ShiftTypes) > 200 || len(s.Rules) > 200 || len(s.Holidays) > 2000:
		return invalid("station", "at most 2000 posts and holidays, 200 shift types and rules")
	case s.WeekStart < 0 || s.WeekStart > 7:
		return invalid("week_start", "%d is not a day of the week", s.WeekStart)
	case s.NightFrom < 0 || s.NightFrom >= dayMinutes || s.NightTo < 0 || s.NightTo >= dayMinutes || s.NightLeast < 0 || s.NightLeast > dayMinutes:
		return invalid("night_from", "the night is outside the day")
	}
	for _, d := range s.WorkingWeek {
		if d < 1 || d > 7 {
			return invalid("working_week", "%d is not a day of the week", d)
		}
	}
	check := distinct{}
	for i := range s.Officers {
		check.add("officers", s.Officers[i].ID, s.Officers[i].Validate())
	}
	for i := range s.ShiftTypes {
		check.add("shift_types", s.ShiftTypes[i].Code, s.ShiftTypes[i].Validate())
	}
	for i := range s.Posts {
		check.add("posts", s.Posts[i].ID, s.Posts[i].Validate())
	}
	for i := range s.Rules {
		check.add("rules", s.Rules[i].ID, s.Rules[i].Validate())
	}
	if check.err != nil {
		return check.err
	}
	return s.validateNames()
}

// distinct collects the first thing wrong in lists of things with an id.
type distinct struct {
	seen map[string]bool
	err  error
}

func (c *distinct) add(field, id string, err error) {
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	switch {
	case c.err != nil:
	case err != nil:
		c.err = &InvalidError{Field: field, Reason: fmt.Sprintf("%.60s: %v", id, err)}
	case c.seen[field+"/"+id]:
		c.err = invalid(field, "%.60s is there twice", id)
	}
	c.seen[field+"/"+id] = true
}

// validateNames checks that what rules and posts name is there.
func (s *Station) validateNames() error {
	shifts := s.shiftTypes()
	posts := make(map[string]bool, len(s.Posts))
	for i := range s.Posts {
		posts[s.Posts[i].ID] = true
	}
	for i := range s.Posts {
		p := &s.Posts[i]
		if p.PairedWith != "" && !posts[p.PairedWith] {
			return invalid("posts", "%.60s: its pair %.60q is not there", p.ID, p.PairedWith)
		}
		for _, code := range p.Shifts {
			if shifts[code] == nil {
				return invalid("posts", "%.60s: no shift type %.20q", p.ID, code)
			}
		}
	}
	for i := range s.Rules {
		r := &s.Rules[i]
		for _, name := range slices.Concat(r.Shifts, r.After, r.Before) {
			class, isClass := strings.CutPrefix(name, "class:")
			if shifts[name] == nil && name != "nights" && (!isClass || !slices.Contains(classes, Class(class))) {
				return invalid("rules", "%.60s: no shift type %.20q", r.ID, name)
			}
		}
	}
	return nil
}

// Validate reports the first thing that makes p unusable.
func (p *Plan) Validate() error {
	switch {
	case p.From == 0 || p.Until < p.From:
		return invalid("until", "a plan ends on or after its first day")
	case p.Days() > MaxDays:
		return invalid("until", "%d days; at most %d can be planned", p.Days(), MaxDays)
	case p.Since != 0 && p.Since < p.From-MaxReach || p.Beyond > p.Until+MaxReach:
		return invalid("since", "more than %d days away from the period", MaxReach)
	case len(p.Assignments) > MaxOfficers*MaxDays || len(p.Demands) > 1_000_000 || len(p.Leave) > 200_000 || len(p.Requests) > 200_000:
		return invalid("assignments", "too many")
	}
	for i := range p.Demands {
		if err := p.Demands[i].Validate(); err != nil {
			return invalid("demands", "%s %s: %v", p.Demands[i].Post, p.Demands[i].Date, err)
		}
	}
	for i := range p.Leave {
		if err := p.Leave[i].Validate(); err != nil {
			return invalid("leave", "%.60s %s: %v", p.Leave[i].Officer, p.Leave[i].From, err)
		}
	}
	for i := range p.Requests {
		if err := p.Requests[i].Validate(); err != nil {
			return invalid("requests", "%.60s %s: %v", p.Requests[i].Officer, p.Requests[i].From, err)
		}
	}
	return nil
}
