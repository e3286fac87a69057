package planner

import (
	"cmp"
	"fmt"
	"slices"

	"guardroom/rosters"
)

// A Conflict is something that no plan can meet, found before any search.
type Conflict struct {
	Kind ConflictKind `json:"kind"`
	// From and Until are the days that it is about.
	From  rosters.Date `json:"from"`
	Until rosters.Date `json:"until"`
	Posts []string     `json:"posts"` // whose demand it is
	Shift string       `json:"shift"` // of the demand, when it is one
	// Qualification is what too few hold; "" when it is about heads or hours as such.
	Qualification string `json:"qualification"`
	// Officers are those who could serve the demand, or the one concerned.
	Officers []string     `json:"officers"`
	Rules    []string     `json:"rules"` // ids of the rules that, with the demand, cannot all be kept
	Have     int          `json:"have"`
	Need     int          `json:"need"`
	Unit     rosters.Unit `json:"unit"`
	// Violation is what duties that may not be changed break.
	Violation *rosters.Violation `json:"violation"`
}

// ConflictKind is what a conflict is about.
type ConflictKind string

// The kinds of conflicts.
const (
	TooFewFit    ConflictKind = "too_few_fit"    // for one post's shift, fewer than it asks for are fit and here
	TooFewOnDay  ConflictKind = "too_few_on_day" // posts of one day ask for more than are fit for any of them
	TooFewHours  ConflictKind = "too_few_hours"  // in a week, posts ask for more hours than mandatory rules let their officers work
	OverContract ConflictKind = "over_contract"  // in the period, posts ask for more hours than contracts have: overtime, or empty posts
	FixedBreaks  ConflictKind = "fixed"          // duties that may not be changed break a mandatory rule
	TooManyHours ConflictKind = "least_hours"    // an officer's least hours are more than leave and mandatory rules leave room for
)

// Infeasible lists what no plan of the problem can meet: the smallest sets of demand
// and rules that contradict each other, by headcount for a day and by hours for a week
// and a qualification. An empty list promises nothing; each conflict in it is certain,
// given that an officer takes one duty a day.
func Infeasible(problem Problem) ([]Conflict, error) {
	b, err := newBoard(&problem)
	if err != nil {
		return nil, fmt.Errorf("look for conflicts: %w", err)
	}
	s := newSheet(b)
	var list []Conflict
	fixed, err := b.fixedBreaks()
	if err != nil {
		return nil, fmt.Errorf("look for conflicts: %w", err)
	}
	list = append(list, fixed...)
	fit, known := s.tooFewFit()
	list = append(list, fit...)
	list = append(list, s.tooFewOnDay(known)...)
	list = append(list, b.tooFewHours()...)
	list = append(list, b.overContract()...)
	list = append(list, b.leastHours()...)
	slices.SortStableFunc(list, func(x, y Conflict) int { return cmp.Compare(x.From, y.From) })
	return list, nil
}

// fixedBreaks lists mandatory rules that what may not be changed breaks by itself.
func (b *board) fixedBreaks() (list []Conflict, err error) {
	p := *b.plan
	p.Demands, p.Assignments = nil, nil
	x := slices.Clone(b.start)
	for at := range x {
		if !b.fixed[at] {
			x[at] = 0
		}
	}
	p.Assignments = b.result(x).Assignments
	found, err := rosters.Check(b.station, &p)
	if err != nil {
		return nil, err
	}
	for i := range found {
		v := &found[i]
		if v.Level != rosters.Mandatory || len(v.Cells) == 0 {
			continue // what is too little may yet be filled
		}
		switch v.Kind {
		case rosters.HoursInPeriod, rosters.ContractHours, rosters.ConsecutiveDays:
			if v.Have < v.Need {
				continue
			}
		case rosters.DaysOff, rosters.PairedPosts, rosters.MixedLane, rosters.WholeWeekends, rosters.Fairness, rosters.Surplus:
			continue
		}
		c := Conflict{Kind: FixedBreaks, From: v.Date, Until: v.Date, Rules: []string{v.Rule}, Have: v.Have, Need: v.Need, Unit: v.Unit, Violation: v}
		for _, cell := range v.Cells {
			c.From, c.Until = min(c.From, cell.Date), max(c.Until, cell.Date)
		}
		if v.Officer != "" {
			c.Officers = []string{v.Officer}
		}
		list = append(list, c)
	}
	return list, nil
}

// candidates lists who could stand at a want's post at some of its time.
func (b *board) candidates(w *want) (officers []int) {
	for day := max(0, w.day-1); day <= min(b.days-1, w.day+1); day++ {
		for k := range b.shifts {
			if u, ok := b.dutyOf[turnOf{int16(k), int16(w.post)}]; ok && b.touches(w, day, k) {
				officers = append(officers, b.eligible(w, day, u)...)
			}
		}
	}
	slices.Sort(officers)
	return slices.Compact(officers)
}

// touches reports whether a shift type that begins on a day meets w's time.
func (b *board) touches(w *want, day, k int) bool {
	for _, s := range b.occurrences[day*b.shifts+k].spans {
		if slices.ContainsFunc(w.spans, func(span interval) bool { return max(span.from, s.from) < min(span.to, s.to) }) {
			return true
		}
	}
	return false
}

// lackingHeads is how many a want lacks all the time with the fixed duties alone.
func (s *sheet) lackingHeads(i int) int {
	w := &s.cover.wants[i]
	if w.minutes() == 0 {
		return 0
	}
	return int(s.muster.missing[i]) / w.minutes()
}

// tooFewFit looks at each want alone, and joins days in a row.
func (s *sheet) tooFewFit() (list []Conflict, known map[int]bool) {
	known = map[int]bool{}
	for i := range s.cover.wants {
		w := &s.cover.wants[i]
		if !w.counts {
			continue
		}
		need := s.lackingHeads(i)
		fit := s.candidates(w)
		if len(fit) >= need {
			continue
		}
		known[i] = true
		c := Conflict{
			Kind: TooFewFit, From: w.Date, Until: w.Date, Posts: []string{w.Post}, Shift: w.Shift, Have: len(fit), Need: need, Unit: rosters.InCount,
			Officers: s.names(fit), Rules: s.rulesOf(rosters.Qualification, rosters.RankForPost, rosters.InService, rosters.OnLeave, rosters.LeaveEve),
		}
		k := slices.IndexFunc(list, func(o Conflict) bool {
			return o.Until == c.From-1 && o.Posts[0] == c.Posts[0] && o.Shift == c.Shift && o.Have == c.Have && o.Need == c.Need && slices.Equal(o.Officers, c.Officers)
		})
		if k >= 0 {
			list[k].Until = c.From
		} else {
			list = append(list, c)
		}
	}
	return list, known
}

func (b *board) names(officers []int) (ids []string) {
	for _, o := range officers {
		ids = append(ids, b.station.Officers[o].ID)
	}
	return ids
}

// rulesOf lists the mandatory rules of some kinds.
func (b *board) rulesOf(kinds ...rosters.Kind) (ids []string) {
	for i := range b.station.Rules {
		if r := &b.station.Rules[i]; !r.Off && r.Level == rosters.Mandatory && slices.Contains(kinds, r.Kind) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// tooFewOnDay matches officers with the wants of each day, one each; where somebody
// is missing, the wants that compete for the same officers are the conflict (Hall's
// theorem). Wants that too few are fit for were named already.
func (s *sheet) tooFewOnDay(known map[int]bool) (list []Conflict) {
	byDay := map[int][]int{}
	for i := range s.cover.wants {
		if w := &s.cover.wants[i]; w.counts && !known[i] && w.Shift != "" { // a time can be served by two shifts in turn
			byDay[w.day] = append(byDay[w.day], i)
		}
	}
	for day := s.first; day <= s.last; day++ {
		m := matching{s: s, wants: byDay[day], seat: map[int]int{}}
		for _, i := range m.wants {
			m.fit = append(m.fit, s.candidates(&s.cover.wants[i]))
		}
		for n, i := range m.wants {
			for range s.lackingHeads(i) {
				m.tried = map[int]bool{}
				if m.place(n) {
					continue
				}
				list = append(list, m.conflict(day))
				break
			}
			if k := len(list); k > 0 && list[k-1].From == s.date(day) {
				break // one of a day is enough to begin with
			}
		}
	}
	return joined(list)
}

// matching gives the wants of a day officers.
type matching struct {
	s     *sheet
	wants []int
	fit   [][]int     // [n]: who could serve wants[n]
	seat  map[int]int // officer → n
	tried map[int]bool
}

func (m *matching) place(n int) bool {
	for _, o := range m.fit[n] {
		if m.tried[o] {
			continue
		}
		m.tried[o] = true
		other, taken := m.seat[o]
		if !taken || m.place(other) {
			m.seat[o] = n
			return true
		}
	}
	return false
}

// conflict is the wants whose officers were all tried in vain.
func (m *matching) conflict(day int) Conflict {
	c := Conflict{Kind: TooFewOnDay, From: m.s.date(day), Until: m.s.date(day), Unit: rosters.InCount}
	var officers []int
	for o := range m.tried {
		officers = append(officers, o)
	}
	slices.Sort(officers)
	for n, i := range m.wants {
		if need := m.s.lackingHeads(i); need > 0 && !slices.ContainsFunc(m.fit[n], func(o int) bool { return !m.tried[o] }) {
			c.Posts = append(c.Posts, m.s.cover.wants[i].Post)
			c.Need += need
		}
	}
	slices.Sort(c.Posts)
	c.Posts = slices.Compact(c.Posts)
	c.Officers, c.Have = m.s.names(officers), len(officers)
	c.Rules = m.s.rulesOf(rosters.Qualification, rosters.RankForPost, rosters.InService, rosters.OnLeave, rosters.DailyShifts)
	return c
}

// joined joins conflicts of days in a row that are about the same.
func joined(list []Conflict) (short []Conflict) {
	for _, c := range list {
		if n := len(short); n > 0 && short[n-1].Until == c.From-1 && slices.Equal(short[n-1].Posts, c.Posts) && short[n-1].Have == c.Have && short[n-1].Need == c.Need {
			short[n-1].Until = c.From
			continue
		}
		short = append(short, c)
	}
	return short
}

// tooFewHours compares, week by week and for each qualification, the hours that posts
// ask for with those that mandatory rules let its holders work.
func (b *board) tooFewHours() (list []Conflict) {
	for from := b.first; from <= b.last; {
		to := from
		for to < b.last && !b.endsWeek[to] {
			to++
		}
		for _, code := range b.codes() {
			if c, ok := b.weekOf(code, from, to); ok {
				list = append(list, c)
			}
		}
		from = to + 1
	}
	return list
}

// codes are the qualifications that posts require, and "" for all posts.
func (b *board) codes() []string {
	codes := []string{""}
	for q := range b.station.Posts {
		p := &b.station.Posts[q]
		codes = append(codes, p.Required...)
		if p.Armed {
			codes = append(codes, b.station.FirearmCode())
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// requires reports whether a want's post, or the want, asks for a qualification.
func (b *board) requires(w *want, code string) bool {
	p := &b.station.Posts[w.post]
	return code == "" || slices.Contains(p.Required, code) || slices.Contains(w.Required, code) || p.Armed && code == b.station.FirearmCode()
}

func (b *board) weekOf(code string, from, to int) (Conflict, bool) {
	c := Conflict{Kind: TooFewHours, From: b.date(from), Until: b.date(to), Qualification: code, Unit: rosters.InMinutes}
	longest := int32(0)
	for i := range b.cover.wants {
		w := &b.cover.wants[i]
		if w.day < from || w.day > to || !b.requires(w, code) {
			continue
		}
		for _, s := range w.spans {
			c.Need += int(s.to-s.from) * w.Headcount
		}
		c.Posts = append(c.Posts, w.Post)
		for k := range b.shifts {
			if b.serving(w, w.day, k) {
				o := &b.occurrences[w.day*b.shifts+k]
				longest = max(longest, o.to-o.from)
			}
		}
	}
	if c.Need == 0 {
		return c, false
	}
	for o := range b.station.Officers {
		who := &b.station.Officers[o]
		days := 0
		for day := from; day <= to; day++ {
			_, holds := who.Holds(code, b.date(day))
			if (holds || code == "") && who.Here(b.date(day)) && !b.away[o*b.days+day] {
				days++
			}
		}
		if days > 0 {
			c.Officers = append(c.Officers, who.ID)
			c.Have += b.workable(o, days, from, to, longest)
		}
	}
	slices.Sort(c.Posts)
	c.Posts = slices.Compact(c.Posts)
	c.Rules = b.rulesOf(rosters.HoursPerWeek, rosters.HoursPerDay, rosters.WeeklyRest, rosters.DailyShifts)
	return c, c.Have < c.Need && b.mandatory(rosters.Qualification)
}

func (b *board) mandatory(kind rosters.Kind) bool { return len(b.rulesOf(kind)) > 0 }

// workable is at most how many minutes an officer can work on some days of a period.
func (b *board) workable(o, days, from, to int, longest int32) int {
	all, weeks := to-from+1, 1
	for day := from; day < to; day++ {
		if b.endsWeek[day] {
			weeks++
		}
	}
	perDay := int(longest)
	most := 1 << 30
	for _, l := range b.ofRow[o] {
		if !l.mandatory || !l.every {
			continue
		}
		switch l.kind {
		case rosters.HoursPerDay:
			perDay = min(perDay, l.Minutes)
		case rosters.HoursPerWeek:
			most = min(most, weeks*l.Minutes)
		case rosters.HoursInWindow:
			if l.Days >= all {
				most = min(most, l.Minutes)
			}
		case rosters.ConsecutiveDays:
			if l.Count > 0 {
				days = min(days, all-all/(l.Count+1))
			}
		}
	}
	return min(most, days*perDay)
}

// overContract compares the hours of the period with those of the contracts.
func (b *board) overContract() []Conflict {
	c := Conflict{Kind: OverContract, From: b.plan.From, Until: b.plan.Until, Unit: rosters.InMinutes}
	for i := range b.cover.wants {
		w := &b.cover.wants[i]
		if !w.counts {
			continue
		}
		for _, s := range w.spans {
			c.Need += int(s.to-s.from) * w.Headcount
		}
	}
	for o := range b.station.Officers {
		if b.station.Officers[o].Contract == 0 {
			return nil // called as needed
		}
		c.Have += int(max(0, b.target[o]-b.credit[o]))
	}
	if c.Have >= c.Need {
		return nil
	}
	return []Conflict{c}
}

// leastHours finds officers whose least hours cannot be reached.
func (b *board) leastHours() (list []Conflict) {
	longest := int32(0)
	for i := range b.occurrences {
		if !b.standby[i%b.shifts] {
			longest = max(longest, b.occurrences[i].minutes)
		}
	}
	for o := range b.station.Officers {
		days := 0
		for day := b.first; day <= b.last; day++ {
			at := o*b.days + day
			if !b.fixed[at] && len(b.offers[at]) > 0 || b.start[at] != 0 {
				days++
			}
		}
		can := b.workable(o, days, b.first, b.last, longest) + int(b.credit[o])
		for _, l := range b.ofRow[o] {
			if l.mandatory && l.least != nil && int(l.least[o]) > can {
				list = append(list, Conflict{
					Kind: TooManyHours, From: b.plan.From, Until: b.plan.Until, Officers: []string{b.station.Officers[o].ID}, Have: can, Need: int(l.least[o]),
					Unit: rosters.InMinutes, Rules: append(b.rulesOf(l.kind), b.rulesOf(rosters.ConsecutiveDays, rosters.HoursPerDay, rosters.HoursPerWeek, rosters.HoursInWindow, rosters.OnLeave)...),
				})
			}
		}
	}
	return list
}
