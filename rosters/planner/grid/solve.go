package grid

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Options say how long and how to search. The zero value searches for ten seconds.
type Options struct {
	Time time.Duration // how long; ten seconds when neither Time nor Work is given
	// Work bounds the search by days of rows searched per worker instead of time.
	// Workers then share nothing until the end, so that the same seed and work
	// give the same plan on any machine.
	Work    int64
	Seed    uint64
	Workers int      // goroutines; 2 when 0
	Start   [][]int8 // a plan to begin with, [person][day]; nil begins with none
	// Clock says what counts as time, from any beginning; the wall's when nil. The
	// processor's makes the figures of a busy machine comparable.
	Clock func() time.Duration
	// Progress is sent every better plan and bound, and nothing after Solve has
	// returned. What the channel has no room for is dropped; nobody waits.
	Progress chan<- Progress
}

// A Progress is how far a search is.
type Progress struct {
	Elapsed time.Duration
	Penalty int
	Broken  int // weight of hard rules broken, 0 for a plan that may be used
	Bound   int // no plan that keeps the hard rules has a lower penalty
}

// A Plan is one duty, or Off, for each person and day, with its judgement.
type Plan struct {
	Rows [][]int8 // [person][day]
	Judgement
	Bound   int   // no plan that keeps the hard rules has a lower penalty
	Work    int64 // days of rows searched
	Elapsed time.Duration
}

// Gap is how far the penalty may be above the best possible, as a share of it.
func (p *Plan) Gap() float64 {
	if p.Penalty <= p.Bound {
		return 0
	}
	return float64(p.Penalty-p.Bound) / math.Max(1, float64(p.Bound))
}

// Solve searches for the cheapest plan of problem until the budget is spent, ctx
// ends or the plan is proved best. It always returns a plan when the problem is
// valid, also when ctx has ended: the best one so far. Where somebody's rules
// cannot all be kept, the plan breaks few of them and its Violations name them.
func Solve(ctx context.Context, problem *Problem, o Options) (Plan, error) {
	if o.Clock == nil {
		wall := time.Now()
		o.Clock = func() time.Duration { return time.Since(wall) }
	}
	begin := o.Clock()
	if err := problem.Validate(); err != nil {
		return Plan{}, fmt.Errorf("plan duties: %w", err)
	}
	if o.Start != nil {
		if _, err := problem.Judge(o.Start); err != nil {
			return Plan{}, fmt.Errorf("plan duties from a given plan: %w", err)
		}
	}
	if o.Time <= 0 && o.Work <= 0 {
		o.Time = 10 * time.Second
	}
	if o.Workers <= 0 {
		o.Workers = 2
	}
	c := &crew{options: o, begin: begin, bound: trivialBound(problem), penalty: math.MaxInt, broken: math.MaxInt}
	defer context.AfterFunc(ctx, func() { c.over.Store(true) })()
	defer c.watch()()
	workers := make([]*worker, o.Workers)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			workers[i] = newWorker(c, problem, i)
			workers[i].run()
		})
	}
	group.Wait()
	plan := Plan{Bound: c.bound, Elapsed: o.Clock() - begin}
	var best *worker
	for _, w := range workers {
		plan.Work += w.work()
		if best == nil || w.bestBroken < best.bestBroken || w.bestBroken == best.bestBroken && w.bestPenalty < best.bestPenalty {
			best = w
		}
	}
	plan.Rows = best.best
	var err error
	if plan.Judgement, err = problem.Judge(plan.Rows); err != nil {
		return Plan{}, fmt.Errorf("plan duties: %w", err)
	}
	if len(plan.Violations) == 0 {
		plan.Bound = min(plan.Bound, plan.Penalty)
	}
	return plan, nil
}

// trivialBound is every cell at its cheapest and every need met.
func trivialBound(problem *Problem) int {
	bound := problem.Fixed
	for i := range problem.People {
		q := &problem.People[i]
		for d := range problem.Days {
			cells := q.Costs[d*(len(problem.Duties)+1) : (d+1)*(len(problem.Duties)+1)]
			cheapest := int32(math.MaxInt32)
			for s, c := range cells {
				if s == 0 && q.Allowed[d]&Rest != 0 || s > 0 && q.Allowed[d]>>(s-1)&1 == 1 {
					cheapest = min(cheapest, c)
				}
			}
			bound += int(cheapest)
		}
	}
	return bound
}

// crew is what workers share: the best plan and bound, and the word to stop.
type crew struct {
	options Options
	begin   time.Duration // by the clock
	over    atomic.Bool

	mu              sync.Mutex
	best            []int8
	penalty, broken int
	bound           int
}

// watch ends the search when its time is over, until stop is called.
func (c *crew) watch() (stop func()) {
	if c.options.Time <= 0 {
		return func() {}
	}
	ticks, stopped := time.NewTicker(5*time.Millisecond), make(chan struct{})
	go func() {
		defer ticks.Stop()
		for {
			select {
			case <-stopped:
				return
			case <-ticks.C:
				if c.options.Clock()-c.begin >= c.options.Time {
					c.over.Store(true)
					return
				}
			}
		}
	}()
	return func() { close(stopped) }
}

// offer tells the crew of a plan; the crew keeps it when it is the best.
func (c *crew) offer(st *state) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if st.sum > c.broken || st.sum == c.broken && st.soft >= c.penalty {
		return
	}
	c.broken, c.penalty = st.sum, st.soft
	c.best = append(c.best[:0], st.x...)
	c.report()
}

// raise tells the crew of a bound.
func (c *crew) raise(bound float64) {
	if math.IsInf(bound, 0) {
		return
	}
	b := int(math.Ceil(bound - 1e-6))
	c.mu.Lock()
	defer c.mu.Unlock()
	if b > c.bound {
		c.bound = b
		c.report()
	}
}

func (c *crew) report() {
	if c.broken == 0 && c.penalty <= c.bound && c.options.Work <= 0 {
		c.over.Store(true)
	}
	if c.best == nil {
		return
	}
	select {
	case c.options.Progress <- Progress{c.options.Clock() - c.begin, c.penalty, c.broken, c.bound}:
	default:
	}
}

// better copies the crew's plan to x when it is better than what st has, by more
// than least.
func (c *crew) better(st *state, least int, x []int8) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken > st.sum || c.broken == st.sum && c.penalty+least >= st.soft {
		return false
	}
	copy(x, c.best)
	return true
}
