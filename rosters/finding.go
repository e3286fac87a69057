package rosters

import (
	"slices"
	"strconv"
	"strings"
)

// rule is a Rule made ready for judging.
type rule struct {
	*Rule
	applies               []bool // [officer]
	shifts, after, before []bool // [shift type]; shifts are all when none is named
	own                   func(*findings, *row)
}

// owners judge what concerns one officer alone.
var owners = map[Kind]func(*findings, *row){
	Qualification:    (*findings).qualification,
	RankForPost:      (*findings).rank,
	InService:        (*findings).inService,
	OnLeave:          (*findings).onLeave,
	LeaveEve:         (*findings).leaveEve,
	Overlap:          (*findings).overlap,
	DailyShifts:      (*findings).dailyShifts,
	DailyRest:        (*findings).dailyRest,
	WeeklyRest:       (*findings).weeklyRest,
	HoursPerDay:      (*findings).hoursPerDay,
	HoursPerWeek:     (*findings).hoursPerWeek,
	HoursInWindow:    (*findings).hoursInWindow,
	HoursInPeriod:    (*findings).hoursInPeriod,
	ContractHours:    (*findings).contractHours,
	ConsecutiveDays:  (*findings).consecutiveDays,
	DaysOff:          (*findings).daysOff,
	ConsecutiveNight: (*findings).consecutiveNights,
	RestAfterNights:  (*findings).restAfterNights,
	Succession:       (*findings).succession,
	Weekends:         (*findings).weekends,
	WholeWeekends:    (*findings).wholeWeekends,
	PublicHolidays:   (*findings).publicHolidays,
	ShiftCount:       (*findings).shiftCount,
	WishedSkills:     (*findings).wishedSkills,
	WishesKept:       (*findings).wishesKept,
}

// compile makes the rules in force ready.
func compile(s *Station) []rule {
	var list []rule
	for i := range s.Rules {
		r := &s.Rules[i]
		if r.Off {
			continue
		}
		c := rule{Rule: r, applies: make([]bool, len(s.Officers)), own: owners[r.Kind]}
		for o := range s.Officers {
			c.applies[o] = r.For.covers(&s.Officers[o])
		}
		c.shifts, c.after, c.before = s.named(r.Shifts), s.named(r.After), s.named(r.Before)
		if len(r.Shifts) == 0 {
			for k := range c.shifts {
				c.shifts[k] = true
			}
		}
		list = append(list, c)
	}
	return list
}

func (s *Scope) covers(o *Officer) bool {
	return (len(s.Units) == 0 || slices.Contains(s.Units, o.Unit)) &&
		(s.Employment == "" || s.Employment == o.Employment) &&
		(s.MinRank == NoRank || o.Rank >= s.MinRank) &&
		(s.MaxRank == NoRank || o.Rank <= s.MaxRank) &&
		(len(s.Officers) == 0 || slices.Contains(s.Officers, o.ID)) &&
		!slices.Contains(s.Except, o.ID)
}

// named marks the shift types that a rule names.
func (s *Station) named(names []string) []bool {
	marked := make([]bool, len(s.ShiftTypes))
	for k := range s.ShiftTypes {
		t := &s.ShiftTypes[k]
		for _, n := range names {
			class, ok := strings.CutPrefix(n, "class:")
			marked[k] = marked[k] || n == t.Code || ok && Class(class) == t.Class || n == "nights" && s.Nightly(t)
		}
	}
	return marked
}

// findings are what one rule says about one officer, one post's day, or everybody.
type findings struct {
	j    *Judge
	rule *rule
	list []Violation
}

// add completes v, which costs the rule's weight units times.
func (f *findings) add(v Violation, units int) {
	f.priced(v, f.rule.Worth()*units)
}

// Worth is r's weight, with its default.
func (r *Rule) Worth() int {
	if r.Weight > 0 {
		return r.Weight
	}
	return 10
}

// priced completes v unless it lies outside the period.
func (f *findings) priced(v Violation, cost int) {
	if len(v.Cells) > 0 && !slices.ContainsFunc(v.Cells, func(c Cell) bool { return f.j.plan.Inside(c.Date) }) {
		return
	}
	r := f.rule
	v.Rule, v.Name, v.Kind, v.Level = r.ID, r.Rule.Name, r.Kind, r.Level
	if v.Code == "" {
		v.Code = string(r.Kind)
	}
	if v.Level != Mandatory {
		v.Cost = max(1, cost)
	}
	v.Key = v.key()
	for n, key := 2, v.Key; slices.ContainsFunc(f.list, func(o Violation) bool { return o.Key == v.Key }); n++ {
		v.Key = key + "#" + strconv.Itoa(n)
	}
	v.Approval = f.j.approved[v.Key]
	f.list = append(f.list, v)
}

// judgeOfficer lists what the rules say about one officer.
func (j *Judge) judgeOfficer(officer int) {
	w := j.row(officer)
	j.tallies[officer] = w.tally
	f := findings{j: j}
	for i := range j.rules {
		if r := &j.rules[i]; r.own != nil && r.applies[officer] {
			f.rule = r
			r.own(&f, w)
		}
	}
	j.put(&j.own[officer], f.list)
}

// of begins a violation about turns of one officer, the first of which gives it
// its day.
func (f *findings) of(w *row, turns ...turn) Violation {
	v := Violation{Officer: w.who.ID, Date: turns[0].date}
	from, to := turns[0].from, turns[0].to
	for _, t := range turns {
		from, to = min(from, t.from), max(to, t.to)
		if n := len(v.Cells); n == 0 || v.Cells[n-1].Date != t.date {
			v.Cells = append(v.Cells, Cell{w.who.ID, t.date})
		}
	}
	v.From, v.To = f.j.instant(from), f.j.instant(to)
	v.Shift = f.j.station.ShiftTypes[turns[0].kind].Code
	if n := len(turns); n > 1 {
		v.Then = f.j.station.ShiftTypes[turns[n-1].kind].Code
	}
	return v
}

// days begins a violation about the days from one to another, which is not among
// them; those with duty are its cells.
func (f *findings) days(w *row, from, to Date) Violation {
	return f.daysWhere(w, from, to, func(day int) bool { return w.worked[day] })
}

func (f *findings) daysWhere(w *row, from, to Date, marked func(day int) bool) Violation {
	v := Violation{Officer: w.who.ID, Date: from, From: f.j.clocks.At(from, 0), To: f.j.clocks.At(to, 0)}
	for d := max(from, f.j.from); d < min(to, f.j.until+1); d++ {
		if marked(f.j.index(d)) {
			v.Cells = append(v.Cells, Cell{w.who.ID, d})
		}
	}
	return v
}

func (f *findings) postOf(t turn) *Post { return &f.j.station.Posts[t.post] }
