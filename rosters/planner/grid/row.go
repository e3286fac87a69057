package grid

import (
	"math"
	"slices"
)

// A rowSolver finds the cheapest row of one person for given prices of the cells:
// a shortest path over stretches of work and rest. For each first day and length
// it first finds the cheapest stretch for every sum of minutes (duties matter only
// there, by the succession rules); then days, weekends and minutes are enough to
// put stretches together. The limits of counted sets get surcharges that persist
// between calls: they are Lagrange multipliers, so a price with surcharges less
// what the limits are worth is still a lower bound.
type rowSolver struct {
	st      *state
	unit    int32 // all duties' minutes are multiples of it
	shapes  []shape
	narrow  bool // look only near an even pace of minutes and weekends; long horizons
	win     window
	barred  []uint64 // offers of the last resort
	done    func() bool
	clamped bool // a price was too large for the sums: no bound follows

	// Prices of one call.
	cells []int32 // [d*C+c]: cheapest duty of a class
	duty  []int8  // [d*C+c]
	off   []int32 // [d]: price of rest, barred when not offered
	rest  []int32 // [d]: sum of off before d; barred days count nothing
	bars  []int32 // [d]: days before d that do not offer rest

	stretch []int32 // [(d*L+l-1)*E+e]
	layers  [2][]int32
	path    []int32 // layers of one stretch, to trace it
	spans   [2][]span
	most    []int32 // [d]: units that can still be worked from day d on
	touched []int32 // [d*(L+1)+l]: weekends touched by a stretch
}

// A window is the days of a row that are searched, between days where a rest long
// enough ends, or the ends of the horizon; and what is worked outside it.
type window struct{ from, to, units, weekends int }

// A span is the reached part of a layer's units, none when high < low.
type span struct{ low, high int32 }

// priceScale is how many units of a row solver's price make one of the penalty.
const priceScale = 16

const (
	barred   = math.MaxInt32 / 4
	feasible = barred / 2 // below it, a state is reached
)

// newRowSolver asks done before every search, and gives up when it says so.
func newRowSolver(st *state, done func() bool) *rowSolver {
	rs := &rowSolver{st: st, done: done}
	for s := range st.S {
		rs.unit = gcd(rs.unit, st.minutes[s+1])
	}
	rs.unit = max(rs.unit, 1)
	longest := 1
	for p := range st.P {
		sh := rs.shape(p)
		longest = max(longest, sh.maxStretch)
		rs.shapes = append(rs.shapes, sh)
	}
	H := st.H
	rs.off, rs.rest, rs.bars, rs.most = make([]int32, H), make([]int32, H+1), make([]int32, H+1), make([]int32, H+1)
	rs.narrow = H > 100
	return rs
}

// An answer is what a rowSolver found.
type answer struct {
	price int     // of the row, without surcharges
	bound float64 // no row that keeps the rules is cheaper (when the search was not narrow)
	ok    bool    // the row keeps all rules
}

// solve writes p's cheapest row under prices ([d*(S+1)+s+1]) and offers ([d],
// masks like Allowed) to out. At most tries searches are made to keep the limits
// of counted sets; when surcharges do not do it, the last bars the days beyond a
// limit. Outside win, out holds the row already.
func (rs *rowSolver) solve(p int, prices []int32, offers []uint64, win window, tries int, out []int8) answer {
	sh := rs.confined(p, win)
	a := answer{bound: math.Inf(-1)}
	for try := 0; try < tries && !rs.done(); try++ {
		total, ok := rs.search(&sh, prices, offers, out)
		if !ok {
			return answer{bound: math.Inf(1)}
		}
		over, _, worth := rs.charge(&sh, p, out)
		if !rs.clamped {
			a.bound = max(a.bound, float64(total)-worth)
		}
		if over && try >= 12 && try%4 == 0 {
			rs.barred = rs.barBeyond(&sh, p, offers, out)
			_, ok = rs.search(&sh, prices, rs.barred, out)
			over = !ok || rs.oversteps(&sh, p, out)
		}
		if !over {
			a.ok, a.price = true, 0
			for d := win.from; d < win.to; d++ {
				a.price += int(prices[d*(rs.st.S+1)+int(out[d])+1])
			}
			break
		}
	}
	return a
}

// bound is the highest price in tries searches that no row of p undercuts.
func (rs *rowSolver) bound(p int, prices []int32, offers []uint64, tries int, out []int8) float64 {
	sh := rs.confined(p, window{0, rs.st.H, 0, 0})
	bound := math.Inf(-1)
	for try := 0; try < tries && !rs.done(); try++ {
		total, ok := rs.search(&sh, prices, offers, out)
		if !ok {
			return math.Inf(1)
		}
		over, slack, worth := rs.charge(&sh, p, out)
		if rs.clamped {
			break
		}
		if bound = max(bound, float64(total)-worth); !over && !slack {
			break
		}
	}
	return bound
}

// confined is p's shape inside win.
func (rs *rowSolver) confined(p int, win window) shape {
	sh := rs.shapes[p]
	sh.lowest, sh.highest, sh.weekends = sh.lowest-win.units, sh.highest-win.units, sh.weekends-win.weekends
	rs.win, rs.clamped = win, false
	return sh
}

// charge moves the surcharges after a row: up where it oversteps a limit, and,
// when it oversteps none, down where it leaves room. worth is what the
// surcharges of the search add to the price of every row that uses the limits up.
func (rs *rowSolver) charge(sh *shape, p int, row []int8) (over, slack bool, worth float64) {
	for _, k := range sh.limited {
		most := int(rs.st.atMost[p*rs.st.K+k])
		worth += math.Floor(sh.surcharge[k]) * float64(most)
		if n := rs.count(k, row); n > most {
			over = true
			sh.step[k] = min(sh.step[k]*1.3, 1<<20)
			sh.surcharge[k] = min(sh.surcharge[k]+sh.step[k]*float64(n-most), 1<<24)
		}
	}
	for _, k := range sh.limited {
		if sh.surcharge[k] >= 1 && !over && rs.count(k, row) < int(rs.st.atMost[p*rs.st.K+k]) {
			slack = true
			sh.step[k] = max(priceScale/2, sh.step[k]*0.6)
			sh.surcharge[k] = max(0, sh.surcharge[k]-sh.step[k])
		}
	}
	return over, slack, worth
}

// count is the days of row spent on counted set k.
func (rs *rowSolver) count(k int, row []int8) (n int) {
	for _, s := range row {
		if s != Off && rs.st.g.Counted[k]>>s&1 == 1 {
			n++
		}
	}
	return n
}

func (rs *rowSolver) oversteps(sh *shape, p int, row []int8) bool {
	return slices.ContainsFunc(sh.limited, func(k int) bool { return rs.count(k, row) > int(rs.st.atMost[p*rs.st.K+k]) })
}

// barBeyond is offers without a counted set on all days but the first of row, as
// many as its limit, for each set that row oversteps.
func (rs *rowSolver) barBeyond(sh *shape, p int, offers []uint64, row []int8) []uint64 {
	narrowed := append(rs.barred[:0], offers...)
	for _, k := range sh.limited {
		left := int(rs.st.atMost[p*rs.st.K+k])
		if rs.count(k, row) <= left {
			continue
		}
		for d, s := range row {
			in := s != Off && rs.st.g.Counted[k]>>s&1 == 1
			if in && left > 0 {
				left--
			} else if d >= rs.win.from && d < rs.win.to {
				narrowed[d] &^= rs.st.g.Counted[k]
			}
		}
	}
	return narrowed
}
