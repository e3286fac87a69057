package planner

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"guardroom/rosters"
)

// A Disruption is what happened to a published roster.
type Disruption struct {
	At      time.Time        `json:"at"`      // nothing that began before it is changed
	Leave   []rosters.Leave  `json:"leave"`   // who is away, approved
	Demands []rosters.Demand `json:"demands"` // what is wanted beside what was
}

// An Alternative is one way to go on after a disruption.
type Alternative struct {
	Changes []rosters.Change `json:"changes"` // to the published roster, those of who is away among them
	Asked   []string         `json:"asked"`   // officers who are asked for something else than was published
	// Score is the judge's, of the whole roster after the changes; Came is what they
	// bring, against the roster in which those away are just missing.
	Score rosters.Score       `json:"score"`
	Came  []rosters.Violation `json:"came"`
	Open  int                 `json:"open"`  // minutes of officers still lacking among what was lost and is wanted
	Price int                 `json:"price"` // of rules and of asking people at short notice: less is better
}

// The price of asking somebody, by how soon the earliest changed duty begins.
var notices = []struct {
	within time.Duration
	price  int
}{{12 * time.Hour, 60}, {48 * time.Hour, 40}, {7 * 24 * time.Hour, 20}, {14 * 24 * time.Hour, 10}, {math.MaxInt64, 2}}

// Prices of asking beside the notice: for a day that was free, and for a free
// weekend.
const freeDay, freeWeekend = 10, 15

// Repair proposes at most five ways to serve what a disruption leaves open, those
// that ask the fewest people first. The problem's plan is the published roster.
// Alternatives break no mandatory rule that the roster without those away does not
// break; they differ in who is asked. Where that gives fewer than three, another is to
// leave the posts empty; when nobody can stand in, it is the only one.
func Repair(ctx context.Context, problem Problem, d Disruption) ([]Alternative, error) {
	if err := problem.validate(); err != nil {
		return nil, fmt.Errorf("repair a roster: %w", err)
	}
	r, err := newRepairer(ctx, problem, d)
	if err != nil {
		return nil, fmt.Errorf("repair a roster: %w", err)
	}
	return r.alternatives()
}

// repairer holds a roster without those away, and looks for who stands in.
type repairer struct {
	*sheet
	ctx       context.Context
	now       int32
	at        time.Time
	gone      []rosters.Change // cells of those away
	needs     []need
	published []int16
	used      []int // [officer]: by how many of the alternatives found so far; more, where they came again
}

// need is one turn that somebody is to take over.
type need struct {
	day  int
	duty int16
	of   []int // wants that it serves
}

// step is a change of one or two cells that serves a need.
type step struct {
	changes []change
	price   float64
}

func newRepairer(ctx context.Context, problem Problem, d Disruption) (*repairer, error) {
	plan := *problem.Plan
	plan.Leave = append(slices.Clip(plan.Leave), d.Leave...)
	plan.Demands = append(slices.Clip(plan.Demands), d.Demands...)
	clocks, err := problem.Station.Clocks()
	if err != nil {
		return nil, err
	}
	r := &repairer{ctx: ctx, at: d.At}
	var lost []rosters.Assignment
	plan.Assignments = nil
	for _, a := range problem.Plan.Assignments {
		t := problem.Station.ShiftType(a.Shift)
		if t != nil && awayOn(d.Leave, a) {
			if _, ends := clocks.Times(t, a.Date); ends.After(d.At) {
				lost = append(lost, a)
				continue
			}
		}
		plan.Assignments = append(plan.Assignments, a)
	}
	r.clear(lost, plan.Assignments)
	open := problem
	open.Plan, open.Keep = &plan, false
	open.Open = max(open.Open, clocks.Day(d.At)-1) // a night may still run
	for _, l := range d.Leave {
		open.closed = max(open.closed, l.Until+1)
	}
	for i := range d.Demands {
		open.closed = max(open.closed, d.Demands[i].Date+1)
	}
	b, err := newBoard(&open)
	if err != nil {
		return nil, err
	}
	r.sheet = newSheet(b)
	r.now = int32(d.At.Unix()/60 - b.minute)
	r.seatAll()
	r.published = slices.Clone(r.x)
	r.used = make([]int, b.officers)
	r.readNeeds(lost, d.Demands)
	return r, nil
}

// clear notes the cells from which duties were lost, with those that stay.
func (r *repairer) clear(lost, kept []rosters.Assignment) {
	for _, a := range lost {
		c := rosters.Change{Cell: rosters.Cell{Officer: a.Officer, Date: a.Date}}
		if slices.ContainsFunc(r.gone, func(o rosters.Change) bool { return o.Cell == c.Cell }) {
			continue
		}
		for _, k := range kept {
			if k.Officer == a.Officer && k.Date == a.Date {
				c.Duties = append(c.Duties, rosters.Duty{Shift: k.Shift, Post: k.Post, Source: k.Source, Frozen: k.Frozen})
			}
		}
		r.gone = append(r.gone, c)
	}
}

func awayOn(leave []rosters.Leave, a rosters.Assignment) bool {
	return slices.ContainsFunc(leave, func(l rosters.Leave) bool { return l.Officer == a.Officer && l.On(a.Date) })
}

// seatAll puts the roster on the sheet.
func (s *sheet) seatAll() {
	for o := range s.officers {
		for day := range s.days {
			if u := s.start[o*s.days+day]; u != 0 {
				s.put(o, day, u, false)
			}
		}
		s.look(o)
	}
}

// readNeeds lists the turns that were lost where somebody is lacking now, and those
// that new demand asks for.
func (r *repairer) readNeeds(lost []rosters.Assignment, demands []rosters.Demand) {
	shifts, posts := map[string]int{}, map[string]int{}
	for k := range r.station.ShiftTypes {
		shifts[r.station.ShiftTypes[k].Code] = k
	}
	for q := range r.station.Posts {
		posts[r.station.Posts[q].ID] = q
	}
	for _, a := range lost {
		if a.Post == "" || !r.plan.Inside(a.Date) {
			continue
		}
		t := turnOf{int16(shifts[a.Shift]), int16(posts[a.Post])}
		n := need{day: r.index(a.Date)}
		if u, ok := r.dutyOf[t]; ok {
			n.duty = u
			n.of = r.servedBy(n.day, t)
		}
		if slices.ContainsFunc(n.of, func(w int) bool { return r.muster.missing[w] > 0 }) {
			r.needs = append(r.needs, n)
		}
	}
	for i := range r.cover.wants {
		w := &r.cover.wants[i]
		if !slices.ContainsFunc(demands, func(d rosters.Demand) bool {
			return d.Post == w.Post && d.Date == w.Date && d.Shift == w.Shift && d.From == w.From && d.To == w.To && d.Source == w.Source
		}) {
			continue
		}
		for range w.Headcount {
			if u, day, ok := r.fittest(w); ok {
				r.needs = append(r.needs, need{day: day, duty: u, of: []int{i}})
			}
		}
	}
}

// servedBy lists the wants that a turn serves.
func (r *repairer) servedBy(day int, t turnOf) (list []int) {
	for i := range r.cover.wants {
		if w := &r.cover.wants[i]; w.post == int(t.post) && w.counts && r.serving(w, day, int(t.shift)) {
			list = append(list, i)
		}
	}
	return list
}

// fittest is the shift that covers most of a want and least beside it.
func (r *repairer) fittest(w *want) (u int16, on int, ok bool) {
	best := int32(math.MinInt32)
	for day := max(0, w.day-1); day <= min(r.days-1, w.day+1); day++ {
		for k := range r.shifts {
			at, known := r.dutyOf[turnOf{int16(k), int16(w.post)}]
			if !known || !r.serving(w, day, k) {
				continue
			}
			inside, all := int32(0), int32(0)
			for _, s := range r.occurrences[day*r.shifts+k].spans {
				all += s.to - s.from
				for _, want := range w.spans {
					inside += max(0, min(s.to, want.to)-max(s.from, want.from))
				}
			}
			if value := 2*inside - all; value > best {
				best, u, on, ok = value, at, day, true
			}
		}
	}
	return u, on, ok
}

// begun reports whether what a cell holds had begun at the time of the disruption.
func (r *repairer) begun(day int, u int16) bool {
	for _, t := range r.duties[u].turns {
		if r.occurrences[day*r.shifts+int(t.shift)].from < r.now {
			return true
		}
	}
	return false
}

// alternatives makes up to five plans, each favouring people whom the ones before do
// not use.
func (r *repairer) alternatives() ([]Alternative, error) {
	var found []Alternative
	for try := 0; try < 9 && len(found) < 5 && r.ctx.Err() == nil; try++ {
		// Of several needs, some plans ask one officer for as many as can be.
		changes, ok := r.serveAll(float64(15 + 30*(try%2)))
		if !ok && len(found) > 0 {
			break
		}
		a, err := r.alternative(changes)
		if err != nil {
			return nil, err
		}
		known := slices.ContainsFunc(found, func(o Alternative) bool { return sameChanges(o.Changes, a.Changes) })
		if !known {
			found = append(found, a)
		}
		for _, c := range changes {
			if c.duty == r.published[c.officer*r.days+c.day] {
				continue
			}
			r.used[c.officer]++
			if known { // nobody else is near: look further
				r.used[c.officer] += 1 + r.used[c.officer]
			}
		}
		if !ok {
			break
		}
	}
	if len(found) > 0 && len(found) < 3 && found[0].Open == 0 && len(r.needs) > 0 && r.ctx.Err() == nil {
		empty, err := r.alternative(nil) // asks nobody
		if err != nil {
			return nil, err
		}
		found = append(found, empty)
	}
	slices.SortStableFunc(found, func(x, y Alternative) int {
		return cmp.Or(cmp.Compare(x.Open, y.Open), cmp.Compare(len(x.Asked), len(y.Asked)), cmp.Compare(x.Price, y.Price))
	})
	return found, nil
}

func sameChanges(x, y []rosters.Change) bool {
	return slices.EqualFunc(x, y, func(a, b rosters.Change) bool {
		return a.Cell == b.Cell && slices.Equal(a.Duties, b.Duties)
	})
}

// serveAll serves the needs one after the other, those that few can serve first, and
// puts the sheet back; more is the price of asking one more officer. It reports
// whether anything could be done.
func (r *repairer) serveAll(more float64) (changes []change, any bool) {
	order := slices.Clone(r.needs)
	slices.SortStableFunc(order, func(x, y need) int {
		return cmp.Compare(len(r.able[doing{x.day, x.duty}]), len(r.able[doing{y.day, y.duty}]))
	})
	asked := map[int]bool{}
	for i := range order {
		if !slices.ContainsFunc(order[i].of, func(w int) bool { return r.muster.missing[w] > 0 }) {
			continue
		}
		best, ok := r.cheapest(&order[i], asked, more)
		if !ok {
			continue
		}
		any = true
		for _, c := range best.changes {
			r.put(c.officer, c.day, c.duty, false)
			r.look(c.officer)
			asked[c.officer] = true
			changes = append(changes, c)
		}
	}
	for o := range asked {
		for day := r.first; day <= r.last; day++ {
			r.put(o, day, r.published[o*r.days+day], false)
		}
		r.look(o)
	}
	return changes, any || len(order) == 0
}

// widest is how many officers who work already are considered for changing places, and
// how many for each place that they leave.
const widest, deepest = 12, 60

// cheapest serves a need by one officer, or by one who leaves another place to a
// second.
func (r *repairer) cheapest(n *need, asked map[int]bool, more float64) (best step, ok bool) {
	best.price = math.Inf(1)
	var movers []step
	for _, o := range r.able[doing{n.day, n.duty}] {
		at := o*r.days + n.day
		if r.fixed[at] || r.begun(n.day, r.x[at]) {
			continue
		}
		s := step{changes: []change{{officer: o, day: n.day, duty: n.duty}}}
		able, better := r.weighStep(&s, asked, more)
		if better && s.price < best.price {
			best = s
		}
		if able && r.duties[r.x[at]].post >= 0 {
			movers = append(movers, s)
		}
	}
	slices.SortStableFunc(movers, func(x, y step) int { return cmp.Compare(x.price, y.price) })
	for _, m := range movers[:min(len(movers), widest)] {
		o := m.changes[0].officer
		left, tried := r.x[o*r.days+n.day], 0
		able := r.able[doing{n.day, left}]
		for i := range able {
			second := able[(i+7*n.day+o)%len(able)] // others for others
			at := second*r.days + n.day
			if tried++; tried > deepest {
				break
			}
			if second == o || r.fixed[at] || r.begun(n.day, r.x[at]) || r.duties[r.x[at]].post >= 0 || r.ctx.Err() != nil {
				continue
			}
			s := step{changes: []change{m.changes[0], {officer: second, day: n.day, duty: left}}}
			if _, better := r.weighStep(&s, asked, more); better && s.price < best.price {
				best = s
			}
		}
	}
	return best, !math.IsInf(best.price, 1)
}

// weighStep prices a step. The officers are able to it when it breaks no mandatory rule
// for any of them; the roster is better for it when that holds for the whole of it, and
// the place that it fills is worth more to the rules than what it costs elsewhere.
func (r *repairer) weighStep(s *step, asked map[int]bool, more float64) (able, better bool) {
	cost, broken, excess := r.score()
	able = true
	var was [2]verdict
	before := make([]int16, len(s.changes))
	for i, c := range s.changes {
		before[i], was[i] = r.x[c.officer*r.days+c.day], r.rows[c.officer]
		r.put(c.officer, c.day, c.duty, false)
		r.look(c.officer)
		v := &r.rows[c.officer]
		able = able && v.clashes <= was[i].clashes && v.broken <= was[i].broken && v.excess <= was[i].excess
	}
	now, breaks, beyond := r.score()
	for i, c := range slices.Backward(s.changes) {
		r.put(c.officer, c.day, before[i], false)
		r.accept(c.officer, &was[i])
	}
	better = able && breaks <= broken && beyond <= excess && (beyond < excess || now < cost)
	s.price = float64(now - cost)
	for i, c := range s.changes {
		s.price += float64(r.notice(c.day, before[i]))
		if !asked[c.officer] {
			s.price += more
		}
		s.price += float64(40 * r.used[c.officer]) // others first, for variety
	}
	if beyond < excess {
		s.price -= 1e6
	}
	return able, better
}

// notice is the price of changing a cell that held was.
func (r *repairer) notice(day int, was int16) int {
	begins := r.clocks.At(r.date(day), 0)
	price := 0
	for _, n := range notices {
		if begins.Sub(r.at) <= n.within {
			price = n.price
			break
		}
	}
	if was == 0 {
		price += freeDay
		if r.weekendOf[day] != 0 {
			price += freeWeekend
		}
	}
	return price
}

// alternative asks the judge about changes.
func (r *repairer) alternative(changes []change) (Alternative, error) {
	var a Alternative
	var list []rosters.Change
	for _, c := range changes {
		cell := rosters.Cell{Officer: r.station.Officers[c.officer].ID, Date: r.date(c.day)}
		becomes := rosters.Change{Cell: cell}
		for _, t := range r.duties[c.duty].turns {
			given := r.assignment(c.officer, c.day, t)
			becomes.Duties = append(becomes.Duties, rosters.Duty{Shift: given.Shift, Post: given.Post, Source: given.Source})
		}
		list = slices.DeleteFunc(list, func(o rosters.Change) bool { return o.Cell == cell })
		list = append(list, becomes)
		a.Price += r.notice(c.day, r.published[c.officer*r.days+c.day])
		a.Asked = append(a.Asked, cell.Officer)
	}
	slices.Sort(a.Asked)
	a.Asked = slices.Compact(a.Asked)
	slices.SortFunc(list, func(x, y rosters.Change) int { return x.Cell.Order(y.Cell) })
	before := r.judge.Score()
	delta, err := r.judge.Try(list...)
	if err != nil {
		return a, err
	}
	a.Score, a.Came = delta.Score, append(delta.Came, delta.Worse...)
	a.Price += delta.Score.Cost - before.Cost
	a.Changes = append(slices.Clone(r.gone), list...)
	a.Open = r.openAfter(changes)
	return a, nil
}

// openAfter is what the needs lack after changes.
func (r *repairer) openAfter(changes []change) (minutes int) {
	for _, c := range changes {
		r.put(c.officer, c.day, c.duty, false)
	}
	seen := map[int]bool{}
	for _, n := range r.needs {
		for _, w := range n.of {
			if !seen[w] {
				seen[w] = true
				minutes += int(r.muster.missing[w])
			}
		}
	}
	for _, c := range changes {
		r.put(c.officer, c.day, r.published[c.officer*r.days+c.day], false)
	}
	return minutes
}
