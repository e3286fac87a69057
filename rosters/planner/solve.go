package planner

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"guardroom/rosters"
	"guardroom/rosters/planner/chance"
)

// Solve searches for the cheapest plan of problem until the budget is spent or ctx
// ends. It always returns a plan when the problem is valid, also when ctx has ended:
// the best one so far. The plan breaks no more mandatory rules than what may not be
// changed breaks already. Everything that the result claims is the judge's word.
func Solve(ctx context.Context, problem Problem, o Options) (Result, error) {
	begin := time.Now()
	b, err := newBoard(&problem)
	if err != nil {
		return Result{}, fmt.Errorf("plan duties: %w", err)
	}
	if o.Time <= 0 && o.Moves <= 0 {
		o.Time = 10 * time.Second
	}
	if o.Workers <= 0 {
		o.Workers = 2
	}
	if o.Time > 0 {
		limited, cancel := context.WithDeadline(ctx, begin.Add(o.Time))
		defer cancel()
		ctx = limited
	}
	c := &crew{options: o, begin: begin, bound: b.bound(newSheet(b)), cost: math.MaxInt, broken: math.MaxInt}
	defer context.AfterFunc(ctx, func() { c.over.Store(true) })()
	workers := make([]*worker, o.Workers)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			workers[i] = &worker{crew: c, walker: newWalker(b, chance.New(o.Seed, uint64(i+1))), index: i}
			workers[i].work()
		})
	}
	group.Wait()
	best := slices.MinFunc(workers, func(x, y *worker) int {
		return cmp.Or(cmp.Compare(x.bestBroken, y.bestBroken), cmp.Compare(x.bestBy, y.bestBy), cmp.Compare(x.bestCost, y.bestCost), cmp.Compare(x.index, y.index))
	})
	r := Result{Plan: b.result(best.best), Elapsed: time.Since(begin), Bound: c.bound}
	for _, w := range workers {
		r.Moves += w.moves
	}
	j, err := rosters.NewJudge(problem.Station, &r.Plan)
	if err != nil {
		return Result{}, fmt.Errorf("plan duties: %w", err)
	}
	r.Score = j.Score()
	r.Penalty = r.Score.Cost
	if problem.Published != nil {
		told := problem.toldDays()
		for _, c := range rosters.Differences(problem.Published, r.Plan.Assignments, r.Plan.From, r.Plan.Until) {
			if told[c.Date] {
				r.Changed++
			}
		}
		r.Penalty += problem.Change * r.Changed
	}
	if r.Score.Mandatory == 0 {
		r.Bound = min(r.Bound, r.Penalty)
	}
	return r, nil
}

// crew is what workers share: the best plan, and the word to stop.
type crew struct {
	options Options
	begin   time.Time
	over    atomic.Bool

	mu                  sync.Mutex
	best                []int16
	cost, broken, bound int
	excess              int
}

// offer tells the crew of a worker's best plan.
func (c *crew) offer(w *walker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !w.beats(c.broken, c.excess, c.cost) {
		return
	}
	c.broken, c.excess, c.cost = w.bestBroken, w.bestBy, w.bestCost
	c.best = append(c.best[:0], w.best...)
	select {
	case c.options.Progress <- Progress{time.Since(c.begin), c.broken, c.excess, c.cost, min(c.bound, c.cost)}:
	default:
	}
}

// better copies the crew's plan to x when it is better than w's best.
func (c *crew) better(w *walker, x []int16) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.best == nil || w.beats(c.broken, c.excess, c.cost) {
		return false
	}
	copy(x, c.best)
	return true
}

// worker is one goroutine's search.
type worker struct {
	*walker
	crew  *crew
	index int
}

func (w *worker) done() bool {
	return w.crew.over.Load() || w.crew.options.Moves > 0 && w.moves >= w.crew.options.Moves
}

// The parts of the budget that walks get: a short one, for a good plan soon, a long
// one, and then others from the best plan of all.
const shortWalk, longWalk, laterWalk = 0.07, 0.5, 0.15

func (w *worker) work() {
	w.begin()
	w.crew.offer(w.walker)
	if len(w.list) == 0 {
		return // nothing may change
	}
	s := w.schedule()
	quick := s
	quick.hot = max(s.cold, s.hot/4)
	w.wander(quick, shortWalk)
	w.wander(s, longWalk)
	s.hot = max(s.cold, s.hot/6)
	other := make([]int16, len(w.x))
	for !w.done() {
		copy(other, w.best)
		if w.crew.options.Moves <= 0 {
			w.crew.better(w.walker, other)
		}
		w.load(other)
		w.wander(s, laterWalk)
	}
	w.crew.offer(w.walker)
}

// schedule begins where an empty post is still hardly ever accepted and ends where the
// least of wishes is settled.
func (b *board) schedule() schedule {
	dearest, least := 10.0, math.Inf(1)
	for i := range b.laws {
		l := &b.laws[i]
		switch {
		case l.mandatory:
		case l.kind == rosters.Coverage:
			dearest = max(dearest, float64(l.worth))
		default:
			least = min(least, float64(l.worth))
		}
	}
	s := schedule{hot: dearest / 8, lax: float64(b.unit) / 2, strict: 2 * float64(b.unit)}
	s.cold = min(s.hot/10, max(0.4*least, s.hot/100))
	return s
}

// begin gives everybody what the plan has already, as far as it may stay, and then
// fills what is lacking.
func (w *worker) begin() {
	for o := range w.officers {
		for day := w.first; day <= w.last; day++ {
			at := o*w.days + day
			if u := w.start[at]; u != 0 && !w.fixed[at] && w.allowed(o, day, u) {
				w.wanted = append(w.wanted[:0], change{officer: o, day: day, duty: u})
				w.temperature, w.weight = 1, 1e9
				w.try(1e8)
			}
		}
	}
	w.construct()
}

// construct serves wants one by one with the cheapest of some officers, the wants
// that few can serve first.
func (w *worker) construct() {
	order := make([]int, 0, len(w.holes))
	for i := range w.holes {
		if len(w.holes[i].turns) > 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int {
		return cmp.Compare(len(w.holes[x].turns[0].officers), len(w.holes[y].turns[0].officers))
	})
	const candidates = 40
	w.weight = 1e6
	for _, i := range order {
		for tries := 0; tries < candidates && w.muster.missing[i] > 0 && !w.done(); tries++ {
			t := &w.holes[i].turns[w.r.Below(len(w.holes[i].turns))]
			o := t.officers[w.r.Below(len(t.officers))]
			if w.x[o*w.days+t.day] != 0 {
				continue
			}
			w.wanted = append(w.wanted[:0], change{officer: o, day: t.day, duty: t.duty})
			w.try(0)
		}
	}
}

// wander walks for a part of the budget and tells the crew of what it found.
func (w *worker) wander(s schedule, part float64) {
	o := &w.crew.options
	began, moves := time.Now(), w.moves
	reported := w.kept
	w.run(s, func() float64 {
		if w.done() {
			return 1
		}
		if w.kept != reported {
			reported = w.kept
			w.crew.offer(w.walker)
		}
		if o.Moves > 0 {
			return float64(w.moves-moves) / (float64(o.Moves) * part)
		}
		return float64(time.Since(began)) / (float64(o.Time) * part)
	})
	w.crew.offer(w.walker)
}
