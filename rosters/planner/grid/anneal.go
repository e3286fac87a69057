package grid

import (
	"math"

	"guardroom/rosters/planner/chance"
)

// annealer is one worker's walk.
type annealer struct {
	*state
	r      *chance.Random
	offers [][]int8 // [p]: duties p may do on some day

	only                int    // the only row to change, or -1
	frozen              []bool // rows not to change
	base                int    // hard rules that frozen rows break
	best                []int8
	bestCost            int
	dirty               []bool // rows that differ from best
	moves               int64
	temperature, weight float64
	wanted              []cell // of the move of the moment
}

func newAnnealer(st *state, r *chance.Random) *annealer {
	a := &annealer{state: st, r: r, bestCost: math.MaxInt, only: -1, frozen: make([]bool, st.P)}
	a.best = make([]int8, len(a.x))
	a.dirty = make([]bool, a.P)
	for p := range a.P {
		var any uint64
		for d := range a.H {
			any |= a.allowed[p*a.H+d]
		}
		var duties []int8
		for s := range a.S {
			if any>>s&1 == 1 {
				duties = append(duties, int8(s))
			}
		}
		a.offers = append(a.offers, duties)
		a.dirty[p] = true
	}
	return a
}

func (a *annealer) may(p, d int, duty int8) bool {
	return a.allowed[p*a.H+d]>>(uint(duty)&63)&1 == 1 // Off is bit 63, Rest
}

// step tries one move. Its price is known before a cell is touched: most moves are
// too dear, and cost no more than that.
func (a *annealer) step() {
	a.moves++
	p := a.only
	if p < 0 {
		if p = a.r.Below(a.P); a.frozen[p] {
			return
		}
	}
	d := a.r.Below(a.H)
	q := -1
	var delta int32
	a.wanted = a.wanted[:0]
	switch k := a.r.Below(100); {
	case k < 25:
		delta = a.moveCell(p, d)
	case k < 45:
		delta = a.moveBlock(p, d)
	case k < 85 && a.only < 0:
		delta, q = a.moveSwap(p, d)
	default:
		delta = a.moveExchange(p, d)
	}
	if len(a.wanted) == 0 {
		return
	}
	bound := a.temperature * a.r.Exponential()
	room := a.hard[p] // at best, every broken rule is mended
	if q >= 0 {
		room += a.hard[q]
	}
	price := float64(delta)
	if a.only >= 0 {
		price = 0 // a row is mended whatever it costs
	}
	if price-a.weight*float64(room) <= bound {
		a.judge(p, q, delta, bound-price)
	}
}

// judge sets the wanted cells, and takes them back when the rules they break are
// worth more than room.
func (a *annealer) judge(p, q int, delta int32, room float64) {
	a.undo = a.undo[:0]
	for _, c := range a.wanted {
		at := int(c.at)
		a.set(at/a.H, at%a.H, c.duty)
	}
	hard := a.rowHard(p) - a.hard[p]
	if q >= 0 {
		hard += a.rowHard(q) - a.hard[q]
	}
	if a.weight*float64(hard) > room {
		a.back()
		return
	}
	a.soft += int(delta)
	a.look(p)
	a.dirty[p] = true
	if q >= 0 {
		a.look(q)
		a.dirty[q] = true
	}
	if a.sum <= a.base && a.soft < a.bestCost {
		a.keep()
	}
}

// keep notes the plan as the best one.
func (a *annealer) keep() {
	a.bestCost = a.soft
	for p, dirty := range a.dirty {
		if dirty {
			copy(a.best[p*a.H:(p+1)*a.H], a.x[p*a.H:(p+1)*a.H])
			a.dirty[p] = false
		}
	}
}

// want notes a cell to be changed and returns the change of the penalty. Cells of
// one move are on different days, or exchange duties on the same.
func (a *annealer) want(p, d int, duty int8) int32 {
	at := p*a.H + d
	old := a.x[at]
	if old == duty {
		return 0
	}
	a.wanted = append(a.wanted, cell{int32(at), duty})
	base := at * (a.S + 1)
	delta := a.cost[base+int(duty)+1] - a.cost[base+int(old)+1]
	if old != Off {
		for _, g := range a.groups[old] {
			i := d*a.G + int(g)
			switch n := &a.needs[i]; {
			case pair(a.g.Groups[g], duty) == 1: // counts as before
			case a.have[i] <= n.Want:
				delta += n.Under
			default:
				delta -= n.Over
			}
		}
	}
	if duty != Off {
		for _, g := range a.groups[duty] {
			i := d*a.G + int(g)
			switch n := &a.needs[i]; {
			case pair(a.g.Groups[g], old) == 1:
			case a.have[i] < n.Want:
				delta -= n.Under
			default:
				delta += n.Over
			}
		}
	}
	return delta
}

// moveCell gives one day another duty, or none.
func (a *annealer) moveCell(p, d int) int32 {
	duty := a.draw(p, 4)
	if !a.may(p, d, duty) {
		return 0
	}
	return a.want(p, d, duty)
}

// draw is Off once in n, else a duty that p may do.
func (a *annealer) draw(p, n int) int8 {
	if a.r.Below(n) == 0 || len(a.offers[p]) == 0 {
		return Off
	}
	return a.offers[p][a.r.Below(len(a.offers[p]))]
}

// moveBlock gives up to five days the same duty, or none.
func (a *annealer) moveBlock(p, d int) (delta int32) {
	duty := a.draw(p, 3)
	for end := min(a.H, d+1+a.r.Below(5)); d < end; d++ {
		if a.may(p, d, duty) {
			delta += a.want(p, d, duty)
		}
	}
	return delta
}

// moveSwap exchanges the same days between two people, which keeps the cover.
func (a *annealer) moveSwap(p, d int) (delta int32, q int) {
	q = a.r.Below(a.P)
	if q == p || a.frozen[q] {
		return 0, -1
	}
	end := min(a.H, d+1+a.r.Below(7))
	for j := d; j < end; j++ {
		mine, theirs := a.x[p*a.H+j], a.x[q*a.H+j]
		if mine == theirs {
			continue
		}
		if !a.may(q, j, mine) || !a.may(p, j, theirs) {
			a.wanted = a.wanted[:0]
			return 0, -1
		}
		i, k := (p*a.H+j)*(a.S+1)+1, (q*a.H+j)*(a.S+1)+1
		delta += a.cost[i+int(theirs)] - a.cost[i+int(mine)] + a.cost[k+int(mine)] - a.cost[k+int(theirs)]
		a.wanted = append(a.wanted, cell{int32(p*a.H + j), theirs}, cell{int32(q*a.H + j), mine})
	}
	return delta, q
}

// moveExchange exchanges two blocks of one row, which keeps its minutes.
func (a *annealer) moveExchange(p, d int) (delta int32) {
	n := 1 + a.r.Below(4)
	e := d + n + a.r.Below(10)
	if e+n > a.H {
		return 0
	}
	for j := range n {
		first, second := a.x[p*a.H+d+j], a.x[p*a.H+e+j]
		if first == second || !a.may(p, d+j, second) || !a.may(p, e+j, first) {
			continue
		}
		delta += a.want(p, d+j, second)
		delta += a.want(p, e+j, first)
	}
	return delta
}

// schedule says how hot and how strict a walk is, by the share of it that is done.
type schedule struct{ hot, cold, lax, strict float64 }

// run walks until done says 1. done is asked every 256 moves.
func (a *annealer) run(s schedule, done func() float64) {
	for {
		f := done()
		if f >= 1 {
			return
		}
		a.temperature = s.hot * math.Pow(s.cold/s.hot, f)
		a.weight = s.lax * math.Pow(s.strict/s.lax, f)
		for range 256 {
			a.step()
		}
	}
}

// mend walks p's row alone for the fewest rules broken, whatever it costs, and
// leaves it at the best row seen.
func (a *annealer) mend(p, moves int) {
	a.only = p
	a.temperature = 2
	best := append([]int8(nil), a.x[p*a.H:(p+1)*a.H]...)
	least := a.hard[p]
	for i := 0; i < moves && least > 0; i++ {
		a.weight = 1 + 30*float64(i%2000)/2000
		if a.step(); a.hard[p] < least {
			least = a.hard[p]
			copy(best, a.x[p*a.H:(p+1)*a.H])
		}
	}
	a.only = -1
	for d, s := range best {
		a.soft += int(a.set(p, d, s))
	}
	a.undo = a.undo[:0]
	a.look(p)
}
