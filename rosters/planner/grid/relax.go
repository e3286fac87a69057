package grid

import (
	"cmp"
	"math"
	"slices"

	"guardroom/rosters/planner/chance"
)

// A relaxation is the plan of some people with fractions of rows instead of rows:
// each person's rows weigh one together, and needs bind the mean cover. It is
// solved row by row: prices of needs give each person a new cheapest row, weight
// moves from the worst of the person's rows to the best, and cover and prices
// follow at once (block-coordinate Frank-Wolfe with pairwise steps, on an
// augmented Lagrangian of the needs). Its weights say which cells a good plan has,
// its prices bound every plan from below.
type relaxation struct {
	st       *state
	rs       *rowSolver
	people   []int
	from, to int       // days that may change
	windows  []window  // [p]
	want     []float64 // [d*G+g]: what is wanted of these people
	lambda   []float64 // multipliers
	price    []float64 // of one more
	cover    []float64 // mean
	rho      []float64 // price change by one more
	offers   []uint64  // [p*H+d]
	shares   [][]*share
	begun    []bool
	order    []int
	r        *chance.Random

	peak  []float64   // multipliers that the last relaxations ended with
	stiff float64     // prices of a need run their course over this many places
	work  int64       // days of rows searched
	done  func() bool // asked after every row

	cells []int32
	row   []int8
	diff  []float64 // [d*G+g]: of a step, zero between steps
	moved []int32
}

// A share is a row and its weight.
type share struct {
	row    []int8
	cost   int // of its cells
	weight float64
	score  float64
	hash   uint64
}

func newRelaxation(st *state, rs *rowSolver, r *chance.Random, stiff float64, done func() bool) *relaxation {
	n := st.H * st.G
	x := &relaxation{
		stiff: stiff, done: done,
		st: st, rs: rs, r: r, want: make([]float64, n), lambda: make([]float64, n), price: make([]float64, n),
		cover: make([]float64, n), rho: make([]float64, n), diff: make([]float64, n), peak: make([]float64, n), offers: make([]uint64, st.P*st.H),
		shares: make([][]*share, st.P), begun: make([]bool, st.P), windows: make([]window, st.P), cells: make([]int32, st.H*(st.S+1)), row: make([]int8, st.H),
	}
	for i, n := range st.needs {
		if n.Want > 0 {
			x.peak[i] = -float64(n.Under) / 4
		}
	}
	return x
}

// begin takes up people: the cover of all others in st is given. Multipliers start
// at prices.
func (x *relaxation) begin(people []int, from, to int, prices []float64) {
	st := x.st
	x.from, x.to = from, to
	x.people = append(x.people[:0], people...)
	x.order = append(x.order[:0], people...)
	for i := from * st.G; i < to*st.G; i++ {
		n := st.needs[i]
		x.want[i] = float64(n.Want - st.have[i])
		x.cover[i] = 0
		x.rho[i] = float64(n.Under+n.Over) / x.stiff
		x.lambda[i] = prices[i]
	}
	for _, p := range people {
		for d := from; d < to; d++ {
			for _, g := range st.groupsAt(p, d) {
				x.want[d*st.G+int(g)]++
			}
		}
		x.begun[p] = false
		for _, s := range x.shares[p] {
			s.weight = 0
		}
		copy(x.offers[p*st.H:(p+1)*st.H], st.allowed[p*st.H:(p+1)*st.H])
		x.windows[p] = window{0, st.H, 0, 0}
		if to-from < st.H {
			x.shares[p] = x.shares[p][:0]
			x.confine(p)
		}
	}
	for i := from * st.G; i < to*st.G; i++ {
		x.reprice(i)
	}
}

// confine freezes p's days outside the window.
func (x *relaxation) confine(p int) {
	st := x.st
	row := st.x[p*st.H : (p+1)*st.H]
	for d, s := range row {
		if d < x.from || d >= x.to {
			x.offers[p*st.H+d] = 1 << (uint(s) & 63) // Off is Rest
		}
	}
	w := window{0, st.H, 0, 0}
	run := 0
	for d := range x.from {
		if row[d] != Off {
			run = 0
		} else if run++; run >= max(1, st.rules[p].minDaysOff) || run == d+1 {
			w.from = d + 1
		}
	}
	for d := x.to; d+1 < st.H; d++ {
		if row[d] == Off && row[d+1] != Off {
			w.to = d + 1
			break
		}
	}
	for d, s := range row {
		if d >= w.from && d < w.to || s == Off {
			continue
		}
		w.units += int(st.minutes[s+1] / x.rs.unit)
		day := (st.g.Weekday + d) % 7
		if day == 5 || day == 6 && (d == 0 || row[d-1] == Off) {
			w.weekends++
		}
	}
	x.windows[p] = w
}

func (x *relaxation) reprice(i int) {
	n := &x.st.needs[i]
	x.price[i] = min(float64(n.Over), max(-float64(n.Under), x.lambda[i]+x.rho[i]*(x.cover[i]-x.want[i])))
}

// fill writes p's cell prices.
func (x *relaxation) fill(p int, prices []float64) {
	st := x.st
	S := st.S
	base := p * st.H * (S + 1)
	for d := x.windows[p].from; d < x.windows[p].to; d++ {
		cells := x.cells[d*(S+1) : (d+1)*(S+1)]
		cost := st.cost[base+d*(S+1):]
		cells[0] = cost[0] * priceScale
		for s := range S {
			v := 0.0
			for _, g := range st.groups[s] {
				v += prices[d*st.G+int(g)]
			}
			cells[s+1] = cost[s+1]*priceScale + int32(math.Floor(v*priceScale))
		}
	}
}

// add puts a row among p's shares, with all weight when it is the first.
func (x *relaxation) add(p int, row []int8) *share {
	h := uint64(14695981039346656037)
	for _, s := range row {
		h = (h ^ uint64(s+1)) * 1099511628211
	}
	for _, s := range x.shares[p] {
		if s.hash == h && slices.Equal(s.row, row) {
			return s
		}
	}
	st := x.st
	s := &share{row: slices.Clone(row), hash: h}
	for d := x.from; d < x.to; d++ {
		duty := row[d]
		s.cost += int(st.cost[(p*st.H+d)*(st.S+1)+int(duty)+1])
	}
	x.shares[p] = append(x.shares[p], s)
	return s
}

// give gives p its first row.
func (x *relaxation) give(p int, s *share) {
	if !x.begun[p] {
		x.begun[p] = true
		s.weight = 1
		x.weigh(s, 1)
	}
}

// weigh adds a share's cover, weight times.
func (x *relaxation) weigh(s *share, weight float64) {
	st := x.st
	for d := x.from; d < x.to; d++ {
		duty := s.row[d]
		if duty == Off {
			continue
		}
		for _, g := range st.groups[duty] {
			i := d*st.G + int(g)
			x.cover[i] += weight
			x.reprice(i)
		}
	}
}

// sweep solves every row once under the prices of the moment. False when somebody
// has no row.
func (x *relaxation) sweep(tries int) bool {
	x.shuffle()
	for _, p := range x.order {
		x.fill(p, x.price)
		copy(x.row, x.st.x[p*x.st.H:(p+1)*x.st.H])
		patience := tries
		if !x.begun[p] {
			patience = 60
		}
		a := x.rs.solve(p, x.cells, x.offers[p*x.st.H:(p+1)*x.st.H], x.windows[p], patience, x.row)
		if a.ok {
			x.give(p, x.add(p, x.row))
		} else if !x.begun[p] {
			return false
		}
		x.work += int64(x.windows[p].to - x.windows[p].from)
		if x.done() {
			return false
		}
		x.balance(p, 3)
		x.forget(p, 40)
	}
	return true
}

func (x *relaxation) shuffle() {
	for i := range x.order {
		j := x.r.Below(i + 1)
		x.order[i], x.order[j] = x.order[j], x.order[i]
	}
}

// settle moves weight among known rows, without new ones.
func (x *relaxation) settle(rounds int) {
	for range rounds {
		for _, p := range x.people {
			if len(x.shares[p]) > 1 {
				x.balance(p, 2)
			}
		}
	}
}

// ascend moves the multipliers to the prices.
func (x *relaxation) ascend(by float64) {
	for i := x.from * x.st.G; i < x.to*x.st.G; i++ {
		x.lambda[i] += by * (x.price[i] - x.lambda[i])
	}
}

// balance moves weight from p's worst row to the best, a few times.
func (x *relaxation) balance(p, steps int) {
	st := x.st
	for range steps {
		var best, worst *share
		for _, s := range x.shares[p] {
			s.score = float64(s.cost)
			for d := x.from; d < x.to; d++ {
				if duty := s.row[d]; duty != Off {
					for _, g := range st.groups[duty] {
						s.score += x.price[d*st.G+int(g)]
					}
				}
			}
			if best == nil || s.score < best.score {
				best = s
			}
			if s.weight > 0 && (worst == nil || s.score > worst.score) {
				worst = s
			}
		}
		gain := worst.score - best.score
		if gain < 1e-3 {
			return
		}
		x.moved = x.moved[:0]
		for d := x.from; d < x.to; d++ {
			if best.row[d] != worst.row[d] {
				x.note(d, best.row[d], 1)
				x.note(d, worst.row[d], -1)
			}
		}
		step := x.length(gain, worst.weight)
		if step <= 0 {
			for _, i := range x.moved {
				x.diff[i] = 0
			}
			return
		}
		best.weight += step
		if worst.weight -= step; worst.weight < 1e-9 {
			worst.weight = 0
		}
		for _, i := range x.moved {
			x.cover[i] += step * x.diff[i]
			x.diff[i] = 0
			x.reprice(int(i))
		}
	}
}

// length is how far to move along diff: to where the gain is used up, at most most.
func (x *relaxation) length(gain, most float64) float64 {
	slope := func(step float64) float64 {
		total := -gain
		for _, i := range x.moved {
			n := &x.st.needs[i]
			after := min(float64(n.Over), max(-float64(n.Under), x.lambda[i]+x.rho[i]*(x.cover[i]+step*x.diff[i]-x.want[i])))
			total += x.diff[i] * (after - x.price[i])
		}
		return total
	}
	high := slope(most)
	if high <= 0 {
		return most
	}
	from, to, low := 0.0, most, -gain
	for range 12 {
		mid := from + (to-from)*min(0.95, max(0.05, -low/(high-low)))
		v := slope(mid)
		if v <= 0 {
			from, low = mid, v
		} else {
			to, high = mid, v
		}
		if v < gain*0.02 && v > -gain*0.02 {
			return mid
		}
	}
	return from
}

func (x *relaxation) note(d int, duty int8, by float64) {
	if duty == Off {
		return
	}
	for _, g := range x.st.groups[duty] {
		i := d*x.st.G + int(g)
		if x.diff[i] == 0 {
			x.moved = append(x.moved, int32(i))
		}
		x.diff[i] += by
	}
}

// forget drops rows without weight when there are more than most.
func (x *relaxation) forget(p, most int) {
	if len(x.shares[p]) <= most {
		return
	}
	slices.SortFunc(x.shares[p], func(a, b *share) int {
		if (a.weight > 0) != (b.weight > 0) {
			if a.weight > 0 {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.score, b.score)
	})
	keep := most / 2
	for keep < len(x.shares[p]) && x.shares[p][keep].weight > 0 {
		keep++
	}
	x.shares[p] = x.shares[p][:keep]
}

// bound is what no plan of these people undercuts under the multipliers, with the
// others' rows as they are; false when done.
func (x *relaxation) bound() (float64, bool) {
	st := x.st
	total := float64(st.g.Fixed)
	for p := range st.P {
		if !slices.Contains(x.people, p) {
			return 0, false // rows that break rules bound nothing
		}
	}
	for _, p := range x.people {
		x.fill(p, x.lambda)
		total += x.rs.bound(p, x.cells, st.allowed[p*st.H:(p+1)*st.H], 20, x.row) / priceScale
		if x.work += int64(st.H); x.done() {
			return 0, false
		}
	}
	for i := range st.needs {
		total -= x.lambda[i] * x.want[i]
	}
	return total, true
}

// value is the penalty of the fractional plan, without the others' cells.
func (x *relaxation) value() float64 {
	st := x.st
	total := float64(st.g.Fixed)
	for _, p := range x.people {
		for _, s := range x.shares[p] {
			total += s.weight * float64(s.cost)
		}
	}
	for i := x.from * st.G; i < x.to*st.G; i++ {
		n := st.needs[i]
		if x.cover[i] < x.want[i] {
			total += (x.want[i] - x.cover[i]) * float64(n.Under)
		} else {
			total += (x.cover[i] - x.want[i]) * float64(n.Over)
		}
	}
	return total
}
