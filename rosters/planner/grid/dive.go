package grid

import (
	"cmp"
	"math"
	"slices"
)

// A firm cell is one to be fixed.
type firm struct {
	p, d  int
	duty  int8
	share float64
}

// fix fixes the cells whose weight is at least sure, and at least least of the
// surest others that are open; it returns how many remain open.
func (x *relaxation) fix(sure float64, least int) (open int) {
	st := x.st
	var firms []firm
	weights := make([]float64, st.S+1)
	for _, p := range x.people {
		for d := x.from; d < x.to; d++ {
			if offers := x.offers[p*st.H+d]; offers&(offers-1) == 0 {
				continue
			}
			best := x.leading(p, d, weights)
			firms = append(firms, firm{p, d, best, weights[best+1]})
		}
	}
	for i := range firms { // ties, and near ties, fall differently in every dive
		firms[i].share += 0.01 * float64(x.r.Below(256)) / 256
	}
	slices.SortStableFunc(firms, func(a, b firm) int { return cmp.Compare(b.share, a.share) })
	fixed := 0
	for _, f := range firms {
		if f.share < sure && fixed >= least {
			break
		}
		f.duty = x.leading(f.p, f.d, weights) // what was fixed before may have changed it
		x.pin(f)
		fixed++
	}
	return len(firms) - fixed
}

// leading is the duty of the most weight on a day.
func (x *relaxation) leading(p, d int, weights []float64) int8 {
	clear(weights)
	for _, s := range x.shares[p] {
		weights[s.row[d]+1] += s.weight
	}
	best := 0
	for s, w := range weights {
		if w > weights[best] {
			best = s
		}
	}
	return int8(best - 1)
}

// pin fixes one cell: rows without it lose their weight to the others.
func (x *relaxation) pin(f firm) {
	st := x.st
	mask := Rest
	if f.duty != Off {
		mask = 1 << f.duty
	}
	x.offers[f.p*st.H+f.d] = mask
	kept, lost := 0.0, 0.0
	stay := x.shares[f.p][:0]
	for _, s := range x.shares[f.p] {
		if s.row[f.d] == f.duty {
			stay = append(stay, s)
			kept += s.weight
		} else if s.weight > 0 {
			lost += s.weight
			x.weigh(s, -s.weight)
		}
	}
	x.shares[f.p] = stay
	if lost == 0 {
		return
	}
	for _, s := range stay {
		more := s.weight / kept * lost
		s.weight += more
		x.weigh(s, more)
	}
}

// A diving says how patiently to dive.
type diving struct {
	least, most int     // sweeps before the first fix
	between     int     // sweeps between fixes
	rounds      int     // fixes, at most
	sure        float64 // weight of a cell that is fixed anyway
	ascent      float64 // part of the way that multipliers go to the prices after a sweep
}

// relax sweeps until the fractional plan gets no better; false when done.
func (x *relaxation) relax(o diving) bool {
	best, before := math.Inf(1), math.Inf(1)
	for i := range o.most {
		if !x.sweep(2) {
			return false
		}
		x.settle(2)
		x.ascend(o.ascent)
		best = min(best, x.value())
		if i%20 == 19 {
			if i >= o.least && best > before-0.001*math.Abs(before) {
				break
			}
			before = best
		}
	}
	return true
}

// dive fixes cell after cell until every person has one row; false when done.
func (x *relaxation) dive(o diving) bool {
	cells := len(x.people) * (x.to - x.from)
	for x.fix(o.sure, max(1, cells/o.rounds)) > 0 {
		for range o.between {
			if !x.sweep(2) {
				return false
			}
			x.settle(2)
			x.ascend(o.ascent)
		}
	}
	return true
}

// rowOf is p's row of the most weight.
func (x *relaxation) rowOf(p int) []int8 {
	best := x.shares[p][0]
	for _, s := range x.shares[p] {
		if s.weight > best.weight {
			best = s
		}
	}
	return best.row
}

// place writes a row to st and keeps its sums.
func (x *relaxation) place(p int, row []int8) {
	st := x.st
	for d, s := range row {
		st.soft += int(st.set(p, d, s))
	}
	st.look(p)
}

// improve dives for some people on days from to to-1 and keeps the rows found
// unless they are worse. It returns what was gained, and false when done.
func (x *relaxation) improve(people []int, from, to int, o diving) (gain int, ok bool) {
	st := x.st
	before, broken := st.soft, st.sum
	x.begin(people, from, to, x.peak)
	for _, p := range people {
		x.give(p, x.add(p, st.x[p*st.H:(p+1)*st.H]))
	}
	start := x.value()
	if !x.relax(o) {
		return 0, false
	}
	copy(x.peak[from*st.G:to*st.G], x.lambda[from*st.G:to*st.G])
	if x.value() > start-0.5 {
		return 0, true
	}
	if !x.dive(o) {
		return 0, false
	}
	st.undo = st.undo[:0]
	for _, p := range people {
		x.place(p, x.rowOf(p))
	}
	if st.sum > broken || st.soft > before {
		st.back()
		st.soft = before
		for _, p := range people {
			st.look(p)
		}
		return 0, true
	}
	st.undo = st.undo[:0]
	return before - st.soft, true
}
