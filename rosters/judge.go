package rosters

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Check judges a plan from nothing and lists every violation, without fixes. It is
// the word of last resort on every plan, whoever made it; the error, an
// InvalidError, says what of station or plan cannot be judged at all.
func Check(s *Station, p *Plan) ([]Violation, error) {
	j, err := NewJudge(s, p)
	if err != nil {
		return nil, err
	}
	return j.Violations(), nil
}

// A Judge knows what is wrong with one plan, and what a change of some cells does
// to that: it judges again only the officers, the posts' days and the shares that
// the change can touch. One goroutine at a time may use it.
//
// It keeps the station it was given, which must not change meanwhile, and its own
// copy of the plan.
type Judge struct {
	timetable
	station *Station
	plan    Plan // without Assignments, which are cells
	clocks  Clocks
	rules   []rule

	officers, posts, shifts map[string]int
	leave                   [][]*Leave   // [officer]
	requests                [][]*Request // [officer], approved ones
	weekend                 []Date       // [day]: the first day of its weekend, or 0
	holiday                 []bool       // [day]
	target, credit          []int        // [officer]: minutes in the period
	before                  []Tally      // [officer]
	approved                map[string]*Approval
	lanes                   []lane
	wanted                  [][]want // [post*days+day]
	near                    [][]int  // [post]: posts judged again when it changes

	cells  [][][]slot // [officer][day]
	seated [][]turn   // [post*days+day]: the turns that begin there on that day, without stand-by

	own     [][]Violation // [officer]
	atPost  [][]Violation // [post*days+day]
	inLane  [][]Violation // [lane*days+day]
	shared  [][]Violation // [rule of fairness*officers+officer]
	tallies []Tally
	score   Score // of all of these
}

// MaxReach is how many days before a plan's first day, and after its last, duties
// and leave are looked at.
const MaxReach = 400

// NewJudge judges a plan.
func NewJudge(s *Station, p *Plan) (*Judge, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	clocks, err := s.Clocks()
	if err != nil {
		return nil, err
	}
	r := p.known()
	for _, a := range p.Assignments {
		if a.Date < p.From-MaxReach || a.Date > p.Until+MaxReach {
			return nil, invalid("assignments", "%s of %s is more than %d days away from the period", a.Shift, a.Date, MaxReach)
		}
		r.from, r.until = min(r.from, a.Date), max(r.until, a.Date)
	}
	r.from, r.until = r.from-2, r.until+2
	j := &Judge{timetable: newTimetable(s, clocks, r), station: s, plan: *p, clocks: clocks, approved: map[string]*Approval{}}
	j.plan.Assignments = nil
	j.plan.Approvals = slices.Clone(p.Approvals)
	for i := range j.plan.Approvals {
		j.approved[j.plan.Approvals[i].Violation] = &j.plan.Approvals[i]
	}
	j.number()
	if err := j.seat(p.Assignments); err != nil {
		return nil, err
	}
	j.judgeAll()
	return j, nil
}

// number sorts what the station and the plan say by the numbers that the judge
// counts with.
func (j *Judge) number() {
	s, n := j.station, j.days()
	j.officers, j.posts, j.shifts = map[string]int{}, map[string]int{}, map[string]int{}
	for i := range s.Officers {
		j.officers[s.Officers[i].ID] = i
	}
	for i := range s.Posts {
		j.posts[s.Posts[i].ID] = i
	}
	for i := range s.ShiftTypes {
		j.shifts[s.ShiftTypes[i].Code] = i
	}
	j.leave, j.requests = make([][]*Leave, len(s.Officers)), make([][]*Request, len(s.Officers))
	for i := range j.plan.Leave {
		if l := &j.plan.Leave[i]; l.Decision == Approved {
			if o, ok := j.officers[l.Officer]; ok {
				j.leave[o] = append(j.leave[o], l)
			}
		}
	}
	for i := range j.plan.Requests {
		if r := &j.plan.Requests[i]; r.Decision == Approved {
			if o, ok := j.officers[r.Officer]; ok {
				j.requests[o] = append(j.requests[o], r)
			}
		}
	}
	j.weekend, j.holiday = make([]Date, n), make([]bool, n)
	for _, h := range s.Holidays {
		if j.holds(h.Date) {
			j.holiday[j.index(h.Date)] = true
		}
	}
	for i := range n {
		d := j.from + Date(i)
		begins := d
		for s.Weekend(d) && s.Weekend(begins-1) && d-begins < 6 {
			begins--
		}
		if s.Weekend(d) {
			j.weekend[i] = begins
		}
	}
	j.countContracts()
	j.indexPosts()
	j.rules = compile(s)
	j.cells = make([][][]slot, len(s.Officers))
	for o := range j.cells {
		j.cells[o] = make([][]slot, n)
	}
	j.before = make([]Tally, len(s.Officers))
	for id, t := range j.plan.Before {
		if o, ok := j.officers[id]; ok {
			j.before[o] = t
		}
	}
	j.own = make([][]Violation, len(s.Officers))
	j.tallies = make([]Tally, len(s.Officers))
	j.seated = make([][]turn, len(s.Posts)*n)
	j.atPost = make([][]Violation, len(s.Posts)*n)
	j.inLane = make([][]Violation, len(j.lanes)*n)
	j.shared = make([][]Violation, len(j.rules)*len(s.Officers))
}

// countContracts works out what contracts ask for in the period, and what leave
// pays of it: a working day's share for each working day.
func (j *Judge) countContracts() {
	j.target, j.credit = make([]int, len(j.station.Officers)), make([]int, len(j.station.Officers))
	working := 0
	for d := Date(1); d <= 7; d++ {
		if !j.station.Weekend(d) {
			working++
		}
	}
	for o := range j.station.Officers {
		who := &j.station.Officers[o]
		here, away := 0, 0
		for d := j.plan.From; d <= j.plan.Until; d++ {
			if !who.Here(d) {
				continue
			}
			here++
			if !j.station.Weekend(d) && j.onLeave(o, d) != nil {
				away++
			}
		}
		j.target[o] = who.Contract * here / 7
		if working > 0 {
			j.credit[o] = who.Contract * away / working
		}
	}
}

// seat puts the plan's assignments into the cells.
func (j *Judge) seat(list []Assignment) error {
	for _, a := range list {
		o, ok := j.officers[a.Officer]
		if !ok {
			return invalid("assignments", "%s of %s: no officer %.60q", a.Shift, a.Date, a.Officer)
		}
		s, err := j.slot(a.duty())
		if err != nil {
			return err
		}
		j.cells[o][j.index(a.Date)] = append(j.cells[o][j.index(a.Date)], s)
	}
	for o := range j.cells {
		for i, cell := range j.cells[o] {
			for _, s := range cell {
				j.sit(o, j.from+Date(i), s)
			}
		}
	}
	return nil
}

func (j *Judge) slot(d Duty) (slot, error) {
	kind, ok := j.shifts[d.Shift]
	if !ok {
		return slot{}, invalid("shift", "no shift type %.20q", d.Shift)
	}
	post := -1
	if d.Post != "" {
		if post, ok = j.posts[d.Post]; !ok {
			return slot{}, invalid("post", "no post %.60q", d.Post)
		}
	}
	return slot{kind: kind, post: post, source: d.Source, frozen: d.Frozen}, nil
}

func (j *Judge) duty(s slot) Duty {
	d := Duty{Shift: j.station.ShiftTypes[s.kind].Code, Source: s.source, Frozen: s.frozen}
	if s.post >= 0 {
		d.Post = j.station.Posts[s.post].ID
	}
	return d
}

// sit adds a duty to its post; rise takes it away.
func (j *Judge) sit(officer int, d Date, s slot) {
	if o := j.at(d, s.kind); s.post >= 0 && !o.standby {
		seat := &j.seated[s.post*j.days()+j.index(d)]
		*seat = append(*seat, turn{occurrence: o, date: d, kind: s.kind, post: s.post, officer: officer})
	}
}

func (j *Judge) rise(officer int, d Date, s slot) {
	if s.post < 0 {
		return
	}
	seat := &j.seated[s.post*j.days()+j.index(d)]
	if i := slices.IndexFunc(*seat, func(t turn) bool { return t.officer == officer && t.kind == s.kind }); i >= 0 {
		*seat = slices.Delete(*seat, i, i+1)
	}
}

func (j *Judge) judgeAll() {
	for o := range j.station.Officers {
		j.judgeOfficer(o)
	}
	for p := range j.station.Posts {
		for d := j.plan.From; d <= j.plan.Until; d++ {
			j.judgePost(p, d)
		}
	}
	for l := range j.lanes {
		for d := j.plan.From; d <= j.plan.Until; d++ {
			j.judgeLane(l, d)
		}
	}
	j.judgeShares(nil, nil)
}

// Violations lists all that is wrong, the mandatory first, then by day.
func (j *Judge) Violations() []Violation {
	var all []Violation
	for _, lists := range [][][]Violation{j.own, j.atPost, j.inLane, j.shared} {
		for _, list := range lists {
			all = append(all, list...)
		}
	}
	return sortViolations(all)
}

var levels = map[Level]int{Mandatory: 0, Exceptional: 1, Wished: 2}

func sortViolations(list []Violation) []Violation {
	slices.SortFunc(list, func(a, b Violation) int {
		return cmp.Or(
			cmp.Compare(levels[a.Level], levels[b.Level]), cmp.Compare(a.Date, b.Date),
			cmp.Compare(a.Officer, b.Officer), cmp.Compare(a.Post, b.Post), cmp.Compare(a.Key, b.Key))
	})
	return list
}

// A Score sums a plan up. Less is better, Mandatory before Cost.
type Score struct {
	Mandatory  int `json:"mandatory"`  // mandatory rules broken
	Exceptions int `json:"exceptions"` // exceptions made
	Unapproved int `json:"unapproved"` // exceptions that nobody has approved
	Wishes     int `json:"wishes"`     // requests missed
	Cost       int `json:"cost"`       // of exceptions and requests
}

// Better reports whether a is better than b.
func (a Score) Better(b Score) bool {
	return cmp.Or(cmp.Compare(a.Mandatory, b.Mandatory), cmp.Compare(a.Cost, b.Cost)) < 0
}

// ScoreOf sums violations up.
func ScoreOf(list []Violation) Score {
	var s Score
	for i := range list {
		s.add(&list[i], 1)
	}
	return s
}

func (a *Score) add(v *Violation, times int) {
	switch v.Level {
	case Mandatory:
		a.Mandatory += times
	case Exceptional:
		a.Exceptions += times
		if v.Approval == nil {
			a.Unapproved += times
		}
	default:
		a.Wishes += times
	}
	a.Cost += times * v.Cost
}

// Score sums the plan up.
func (j *Judge) Score() Score { return j.score }

// put replaces one of the judge's lists.
func (j *Judge) put(at *[]Violation, now []Violation) {
	for i := range *at {
		j.score.add(&(*at)[i], -1)
	}
	for i := range now {
		j.score.add(&now[i], 1)
	}
	*at = now
}

// Tally is what an officer has in the period; nothing for somebody unknown.
func (j *Judge) Tally(officer string) Tally {
	if o, ok := j.officers[officer]; ok {
		return j.tallies[o]
	}
	return Tally{}
}

// Tallies of everybody, by officer.
func (j *Judge) Tallies() map[string]Tally {
	all := make(map[string]Tally, len(j.tallies))
	for o, t := range j.tallies {
		all[j.station.Officers[o].ID] = t
	}
	return all
}

// Cell is what an officer has on a day.
func (j *Judge) Cell(c Cell) []Duty {
	o, ok := j.officers[c.Officer]
	if !ok || !j.holds(c.Date) {
		return nil
	}
	var list []Duty
	for _, s := range j.cells[o][j.index(c.Date)] {
		list = append(list, j.duty(s))
	}
	return list
}

// Plan is the plan as it stands, with all changes made so far.
func (j *Judge) Plan() Plan {
	p := j.plan
	p.Before = maps.Clone(p.Before)
	for o := range j.cells {
		for i, cell := range j.cells[o] {
			for _, s := range cell {
				p.Assignments = append(p.Assignments, j.duty(s).of(Cell{j.station.Officers[o].ID, j.from + Date(i)}))
			}
		}
	}
	slices.SortFunc(p.Assignments, Assignment.Order)
	return p
}

// instant of a minute since 1970, in the station's zone.
func (j *Judge) instant(minute int64) time.Time { return time.Unix(minute*60, 0).In(j.clocks.zone) }
