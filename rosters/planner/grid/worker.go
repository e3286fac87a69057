package grid

import (
	"slices"
	"time"

	"guardroom/rosters/planner/chance"
)

// worker is one goroutine's search: a first plan row by row, a walk from it, and
// then dives for changing people and days for as long as there is time.
type worker struct {
	crew   *crew
	index  int
	st     *state
	r      *chance.Random
	rs     *rowSolver
	relax  *relaxation
	walker *annealer
	stuck  []bool // people whose rules cannot be kept
	free   []int  // the others

	best                    [][]int8
	bestPenalty, bestBroken int
	idle                    int // dives since the last gain
	spent                   [4]int64
	rate                    [4]float64 // gain by work of each kind of dive, lately
	other                   []int8
}

func newWorker(c *crew, problem *Problem, index int) *worker {
	w := &worker{crew: c, index: index, st: newState(problem), r: chance.New(c.options.Seed, uint64(index+1))}
	w.rs = newRowSolver(w.st, c.over.Load)
	stiff := 20.0
	if index%2 == 1 {
		stiff = 8
	}
	w.relax = newRelaxation(w.st, w.rs, w.r, stiff, w.done)
	w.walker = newAnnealer(w.st, w.r)
	w.stuck, w.other = w.walker.frozen, make([]int8, len(w.st.x))
	return w
}

// work is days of rows searched; a move of the walk is a tenth of one.
func (w *worker) work() int64 { return w.relax.work + w.walker.moves/10 }

func (w *worker) done() bool {
	return w.crew.over.Load() || w.crew.options.Work > 0 && w.work() >= w.crew.options.Work
}

func (w *worker) run() {
	w.begin()
	w.keep()
	w.walk()
	w.keep()
	for len(w.free) > 0 && !w.done() {
		w.share()
		w.dive()
		w.keep()
	}
}

// begin makes the first plan: everybody's cheapest row against what the rows
// before leave open. A person without any row gets one that breaks little.
func (w *worker) begin() {
	st := w.st
	if start := w.crew.options.Start; start != nil {
		for p, row := range start {
			w.relax.place(p, row)
		}
		st.undo = st.undo[:0]
	}
	for _, p := range w.shuffled() {
		if w.crew.over.Load() {
			break
		}
		if st.hard[p] > 0 || w.crew.options.Start == nil {
			w.fresh(p)
		}
		if st.hard[p] > 0 {
			w.walker.mend(p, 20_000)
		}
	}
	w.part()
}

// part tells people whose rows break rules, and are left alone, from the others.
func (w *worker) part() {
	w.free, w.walker.base = w.free[:0], w.st.sum
	for p, hard := range w.st.hard {
		if w.stuck[p] = hard > 0; hard == 0 {
			w.free = append(w.free, p)
		}
	}
}

func (w *worker) shuffled() []int {
	order := make([]int, w.st.P)
	for i := range order {
		j := w.r.Below(i + 1)
		order[i], order[j] = order[j], i
	}
	return order
}

// fresh gives p the cheapest row against everybody else's, if p has any.
func (w *worker) fresh(p int) {
	st, x := w.st, w.relax
	for d := range st.H {
		prices := x.cells[d*(st.S+1) : (d+1)*(st.S+1)]
		cost := st.cost[(p*st.H+d)*(st.S+1):]
		prices[0] = cost[0] * priceScale
		for s := range st.S {
			v := cost[s+1]
			for _, g := range st.groups[s] {
				n := &st.needs[d*st.G+int(g)]
				have := st.have[d*st.G+int(g)]
				if now := st.x[p*st.H+d]; now != Off && st.g.Groups[g]>>now&1 == 1 {
					have--
				}
				if have < n.Want {
					v -= n.Under
				} else {
					v += n.Over
				}
			}
			prices[s+1] = v*priceScale + int32(w.r.Below(8))
		}
	}
	a := w.rs.solve(p, x.cells, st.allowed[p*st.H:(p+1)*st.H], window{0, st.H, 0, 0}, 60, x.row)
	x.work += int64(st.H)
	if a.ok {
		x.place(p, x.row)
	}
	st.undo = st.undo[:0]
}

// The schedules of walks. A long horizon has too few moves for each cell to come back
// from the heat: its walk begins cool and lasts longer, and walks after the first one
// keep most of the plan.
var (
	hotly  = schedule{hot: 30, cold: 0.5, lax: 80, strict: 400}
	coolly = schedule{hot: 2.5, cold: 0.3, lax: 250, strict: 400}
	coldly = schedule{hot: 1.2, cold: 0.3, lax: 300, strict: 400}
)

// walk anneals the first plan for a part of the budget.
func (w *worker) walk() {
	cells := int64(w.st.P * w.st.H)
	began := w.crew.options.Clock()
	s, part, most := hotly, 0.15, cells*7000
	patience := min(w.crew.options.Time*3/20, time.Duration(cells)*time.Millisecond)
	if w.long() {
		s, part, most = coolly, 0.6, cells*50_000
		patience = min(w.crew.options.Time*3/5, time.Duration(cells)*15*time.Millisecond)
	}
	w.wander(s, func(moves int64) float64 {
		if total := w.crew.options.Work; total > 0 {
			return max(float64(moves)/10/(float64(total)*part), float64(moves)/float64(most))
		}
		return float64(w.crew.options.Clock()-began) / float64(patience)
	})
}

// long reports whether the horizon is too long for dives to be the better half.
func (w *worker) long() bool { return w.st.H > 100 }

// wander anneals from the plan of the moment and returns to the best plan seen.
func (w *worker) wander(s schedule, done func(moves int64) float64) {
	st, a := w.st, w.walker
	if len(w.free) == 0 || w.done() {
		return
	}
	for p := range a.dirty {
		a.dirty[p] = true
	}
	a.keep()
	before := a.moves
	a.run(s, func() float64 {
		if w.done() {
			return 1
		}
		return done(a.moves - before)
	})
	st.undo = st.undo[:0]
	for p := 0; p < st.P && st.sum > a.base && !w.crew.over.Load(); p++ {
		if !w.stuck[p] && st.hard[p] > 0 { // the walk ended too early for this row
			w.fresh(p)
			a.dirty[p] = true
		}
	}
	if st.sum <= a.base && st.soft < a.bestCost {
		a.keep()
	}
	for p := range st.P {
		w.relax.place(p, a.best[p*st.H:(p+1)*st.H])
	}
	st.undo = st.undo[:0]
}

// keep notes the plan of the moment when it is the best.
func (w *worker) keep() {
	st := w.st
	if w.best != nil && (st.sum > w.bestBroken || st.sum == w.bestBroken && st.soft >= w.bestPenalty) {
		return
	}
	w.best, w.bestPenalty, w.bestBroken = st.rows(), st.soft, st.sum
	w.crew.offer(st)
}

// share takes over the crew's plan when it is much better, or when this worker does
// not get further by itself.
func (w *worker) share() {
	least := 0
	if w.idle < 4 {
		least = w.st.soft / 200
	}
	if w.crew.options.Work > 0 || !w.crew.better(w.st, least, w.other) {
		return
	}
	for p := range w.st.P {
		w.relax.place(p, w.other[p*w.st.H:(p+1)*w.st.H])
	}
	w.st.undo = w.st.undo[:0]
	w.part()
	w.idle = 0
}

// The kinds of dives.
const (
	everybody = iota // on all days
	someDays         // everybody on some weeks
	somePeople
	coldWalk // no dive: moves at a low temperature, for the longest horizons
)

// dive improves the plan for the people and days of one kind of dive, in turn by the
// work spent on each.
func (w *worker) dive() {
	st := w.st
	kind := w.choose()
	people, from, to := append([]int(nil), w.free...), 0, st.H
	o := diving{least: 40, most: 200, between: 3, rounds: 40, sure: 0.98, ascent: 1}
	switch kind {
	case someDays:
		length := 7 * (2 + w.r.Below(4))
		from = w.day() - w.r.Below(length)
		from, to = max(0, from), min(st.H, from+length)
		o.most = 80
		if w.idle < 3 { // while every dive gains, many quick ones gain more
			o.least, o.most, o.between, o.rounds = 20, 40, 2, 15
		}
	case somePeople:
		k := min(len(people), 5+w.r.Below(max(1, min(24, len(people)/2))))
		for i := range k {
			j := i + w.r.Below(len(people)-i)
			people[i], people[j] = people[j], people[i]
		}
		people = people[:k]
		if st.H > 63 {
			from = w.day() - w.r.Below(56)
			from, to = max(0, from), min(st.H, from+56)
		}
		o.most, o.rounds = 60, 20
	}
	before, penalty := w.work(), st.soft
	var gain int
	ok := true
	if kind == coldWalk {
		moves := float64(st.P*st.H) * 1000
		w.wander(coldly, func(n int64) float64 { return float64(n) / moves })
		gain = penalty - st.soft
	} else {
		gain, ok = w.relax.improve(people, from, to, o)
	}
	w.spent[kind] += w.work() - before
	w.rate[kind] = 0.6*w.rate[kind] + 0.4*float64(gain)/float64(w.work()-before+1)
	if w.idle++; gain > 0 {
		w.idle = 0
	}
	if ok && kind == everybody && w.index == 0 && !w.rs.narrow {
		if bound, ok := w.relax.bound(); ok {
			w.crew.raise(bound)
		}
	}
}

// day is one at random, or half of the time one where needs are missed.
func (w *worker) day() int {
	st := w.st
	if w.r.Below(2) == 0 {
		return w.r.Below(st.H)
	}
	price := func(d int) (sum int) {
		for i := d * st.G; i < (d+1)*st.G; i++ {
			sum += int(st.needs[i].Price(st.have[i]))
		}
		return sum
	}
	total := 0
	for d := range st.H {
		total += price(d)
	}
	at := w.r.Below(total + 1)
	for d := range st.H {
		if at -= price(d); at <= 0 {
			return d
		}
	}
	return st.H - 1
}

// choose is the kind of dive that has gained most lately, or the one that has had
// the least of its share.
func (w *worker) choose() int {
	shares := [4]float64{0.6, 0, 0.4, 0}
	switch {
	case w.long():
		shares = [4]float64{0, 0.5, 0.2, 0.3}
	case w.st.H > 63:
		shares = [4]float64{0.4, 0.4, 0.2, 0}
	case w.st.H > 35:
		shares = [4]float64{0.6, 0.1, 0.3, 0}
	}
	if len(w.free) < 8 {
		shares[somePeople] = 0
	}
	if fastest := slices.Index(w.rate[:], slices.Max(w.rate[:])); w.rate[fastest] > 0 && w.r.Below(4) > 0 {
		return fastest
	}
	best, least := -1, 0.0
	for kind, share := range shares {
		if share == 0 {
			continue
		}
		if had := float64(w.spent[kind]) / share; best < 0 || had < least {
			best, least = kind, had
		}
	}
	return best
}
