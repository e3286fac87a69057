package grid

import (
	"math/bits"
)

// state is a plan under change. Everything that a move needs is kept up to date
// cell by cell, and every cell can be set back.
type state struct {
	g       *Problem
	H, S, P int // days, duties, people
	G, K    int // groups, counted sets
	words   int // 64-bit words of a row of days

	x     []int8   // [p*H+d]
	work  []uint64 // [p*words]: days worked as bits
	count []int16  // [p*K+k]
	mins  []int32  // [p]
	pairs []int32  // [p]: forbidden successions
	over  []int32  // [p]: duties beyond AtMost
	hard  []int32  // [p]: all hard rules broken, as last looked at
	have  []int32  // [d*G+g]

	cost    []int32  // [(p*H+d)*(S+1)+s+1]
	needs   []Need   // [d*G+g]
	groups  [][]int8 // [s]: the groups a duty counts for
	counted [][]int8 // [s]: the counted sets it is in
	allowed []uint64 // [p*H+d]
	next    []uint64 // [s+1]: NotNext, none for Off
	minutes []int32  // [s+1]
	atMost  []int16  // [p*K+k]
	rules   []rules
	unit    int32 // minutes that count as one broken rule

	last      uint64   // bits of the last word beyond the horizon
	saturdays []uint64 // as bits
	sunday    bool     // day 0 is one

	soft int // penalty
	sum  int // of hard

	undo []cell
}

type rules struct {
	minMinutes, maxMinutes             int32
	minStretch, maxStretch, minDaysOff int
	maxWeekends                        int32
}

type cell struct {
	at   int32 // p*H+d
	duty int8
}

// newState is the plan in which nobody works, or does the first duty offered on a
// day that does not offer rest.
func newState(g *Problem) *state {
	st := &state{g: g, H: g.Days, S: len(g.Duties), P: len(g.People), G: len(g.Groups), K: len(g.Counted), words: (g.Days + 63) / 64}
	cells := st.P * st.H
	st.x = make([]int8, cells)
	st.work = make([]uint64, st.P*st.words)
	st.count = make([]int16, st.P*st.K)
	st.mins, st.pairs, st.over, st.hard = make([]int32, st.P), make([]int32, st.P), make([]int32, st.P), make([]int32, st.P)
	st.have = make([]int32, st.H*st.G)
	st.cost = make([]int32, 0, cells*(st.S+1))
	st.allowed = make([]uint64, 0, cells)
	st.atMost = make([]int16, 0, st.P*st.K)
	st.needs = g.Needs
	st.next, st.minutes = make([]uint64, st.S+1), make([]int32, st.S+1)
	st.unit = 1 << 30
	for s, duty := range g.Duties {
		st.next[s+1], st.minutes[s+1] = duty.NotNext, int32(duty.Minutes)
		if duty.Minutes > 0 {
			st.unit = min(st.unit, int32(duty.Minutes))
		}
		st.groups = append(st.groups, members(g.Groups, s))
		st.counted = append(st.counted, members(g.Counted, s))
	}
	st.last = ^uint64(0)
	if tail := st.H % 64; tail != 0 {
		st.last = ^uint64(0) << tail
	} else {
		st.last = 0
	}
	st.saturdays = make([]uint64, st.words)
	for d := (12 - g.Weekday) % 7; d < st.H; d += 7 {
		st.saturdays[d/64] |= 1 << (d % 64)
	}
	st.sunday = g.Weekday == 6
	st.soft = g.Fixed
	for i := range g.People {
		p := &g.People[i]
		st.cost = append(st.cost, p.Costs...)
		st.allowed = append(st.allowed, p.Allowed...)
		for _, most := range p.AtMost {
			if most < 0 || most > g.Days {
				most = g.Days
			}
			st.atMost = append(st.atMost, int16(most))
		}
		st.rules = append(st.rules, rules{
			minMinutes: int32(p.MinMinutes), maxMinutes: int32(min(p.MaxMinutes, 1<<30)),
			minStretch: p.MinStretch, maxStretch: p.MaxStretch, minDaysOff: p.MinDaysOff, maxWeekends: int32(p.MaxWeekends),
		})
		for d := range st.H {
			st.soft += int(p.Costs[d*(st.S+1)])
		}
	}
	for i := range st.x {
		st.x[i] = Off
	}
	for _, n := range st.needs {
		st.soft += int(n.Price(0))
	}
	for p := range st.P {
		st.hard[p] = st.rowHard(p)
		st.sum += int(st.hard[p])
	}
	for at, allowed := range st.allowed {
		if allowed&Rest == 0 {
			st.soft += int(st.set(at/st.H, at%st.H, int8(bits.TrailingZeros64(allowed))))
			st.look(at / st.H)
		}
	}
	st.undo = st.undo[:0]
	return st
}

// members lists the sets that hold duty s.
func members(sets []uint64, s int) (in []int8) {
	for i, set := range sets {
		if set>>s&1 == 1 {
			in = append(in, int8(i))
		}
	}
	return in
}

// set changes one cell and returns the change of the penalty. It notes the old
// duty in undo.
func (st *state) set(p, d int, duty int8) int32 {
	at := p*st.H + d
	old := st.x[at]
	if old == duty {
		return 0
	}
	st.undo = append(st.undo, cell{int32(at), old})
	return st.put(p, d, at, old, duty)
}

func (st *state) put(p, d, at int, old, duty int8) int32 {
	base := at * (st.S + 1)
	delta := st.cost[base+int(duty)+1] - st.cost[base+int(old)+1]
	st.mins[p] += st.minutes[duty+1] - st.minutes[old+1]
	if d > 0 {
		before := st.next[st.x[at-1]+1]
		st.pairs[p] -= pair(before, old)
		st.pairs[p] += pair(before, duty)
	}
	if d+1 < st.H {
		after := st.x[at+1]
		st.pairs[p] -= pair(st.next[old+1], after)
		st.pairs[p] += pair(st.next[duty+1], after)
	}
	if old != Off {
		for _, g := range st.groups[old] {
			i := d*st.G + int(g)
			n := &st.needs[i]
			if st.have[i]--; st.have[i] < n.Want {
				delta += n.Under
			} else {
				delta -= n.Over
			}
		}
		for _, k := range st.counted[old] {
			c := p*st.K + int(k)
			if st.count[c]--; st.count[c] >= st.atMost[c] {
				st.over[p]--
			}
		}
	}
	if duty != Off {
		for _, g := range st.groups[duty] {
			i := d*st.G + int(g)
			n := &st.needs[i]
			if st.have[i]++; st.have[i] <= n.Want {
				delta -= n.Under
			} else {
				delta += n.Over
			}
		}
		for _, k := range st.counted[duty] {
			c := p*st.K + int(k)
			if st.count[c]++; st.count[c] > st.atMost[c] {
				st.over[p]++
			}
		}
	}
	if (old == Off) != (duty == Off) {
		st.work[p*st.words+d>>6] ^= 1 << (d & 63)
	}
	st.x[at] = duty
	return delta
}

// pair is 1 when next holds duty, the duties that may not follow.
func pair(next uint64, duty int8) int32 {
	if duty == Off {
		return 0
	}
	return int32(next >> uint(duty) & 1)
}

// back takes back every cell set since undo was empty.
func (st *state) back() {
	for i := len(st.undo) - 1; i >= 0; i-- {
		c := st.undo[i]
		at := int(c.at)
		st.put(at/st.H, at%st.H, at, st.x[at], c.duty)
	}
	st.undo = st.undo[:0]
}

// rowHard is how much the row of p breaks its hard rules.
func (st *state) rowHard(p int) int32 {
	r := &st.rules[p]
	broken := st.pairs[p] + st.over[p]
	if m := st.mins[p]; m > r.maxMinutes {
		broken += (m - r.maxMinutes + st.unit - 1) / st.unit
	} else if m < r.minMinutes {
		broken += (r.minMinutes - m + st.unit - 1) / st.unit
	}
	if st.words == 1 {
		return broken + st.shortRow(r, st.work[p])
	}
	return broken + st.longRow(r, st.work[p*st.words:(p+1)*st.words])
}

// shortRow weighs stretches and weekends of up to 64 days. A stretch of n days
// has n-k places where k+1 days in a row begin, so anding a word with itself
// shifted k times counts what is beyond k; what is left of the stretches' first
// days after that are the stretches of k days or less.
func (st *state) shortRow(r *rules, w uint64) int32 {
	broken := 0
	x := w
	for k := 0; k < r.maxStretch && x != 0; k++ {
		x &= x >> 1
	}
	broken += bits.OnesCount64(x)
	if r.minStretch > 1 {
		first := w &^ (w<<1 | 1)
		x = w | st.last
		for k := 1; k < r.minStretch; k++ {
			x &= x>>1 | 1<<63
			broken += bits.OnesCount64(first &^ x)
		}
	}
	if r.minDaysOff > 1 {
		off := ^w
		first := off &^ (off<<1 | 1 | st.last)
		x = off
		for k := 1; k < r.minDaysOff; k++ {
			x &= x>>1 | 1<<63
			broken += bits.OnesCount64(first &^ x)
		}
	}
	weekends := bits.OnesCount64((w | w>>1) & st.saturdays[0])
	if st.sunday {
		weekends += int(w & 1)
	}
	return int32(broken) + max(0, int32(weekends)-r.maxWeekends)
}

// longRow is shortRow for more days than a word has.
func (st *state) longRow(r *rules, w []uint64) int32 {
	var work, x, first [MaxDays/64 + 1]uint64
	n := len(w)
	copy(work[:n], w)
	broken, weekends := 0, 0
	copy(x[:n], w)
	for range r.maxStretch {
		shiftAnd(x[:n], 0)
	}
	for i := range n {
		broken += bits.OnesCount64(x[i])
		next := uint64(0)
		if i+1 < n {
			next = work[i+1] << 63
		}
		weekends += bits.OnesCount64((work[i] | work[i]>>1 | next) & st.saturdays[i])
	}
	if st.sunday {
		weekends += int(work[0] & 1)
	}
	short := func(least int) {
		carry := uint64(1)
		for i := range n {
			first[i] = work[i] &^ (work[i]<<1 | carry)
			carry = work[i] >> 63
			x[i] = work[i]
		}
		x[n-1] |= st.last
		first[n-1] &^= st.last
		for k := 1; k < least; k++ {
			shiftAnd(x[:n], 1<<63)
			for i := range n {
				broken += bits.OnesCount64(first[i] &^ x[i])
			}
		}
	}
	if r.minStretch > 1 {
		short(r.minStretch)
	}
	if r.minDaysOff > 1 {
		for i := range n {
			work[i] = ^work[i]
		}
		short(r.minDaysOff)
	}
	return int32(broken) + max(0, int32(weekends)-r.maxWeekends)
}

// shiftAnd ands x with itself one day later; top fills the end.
func shiftAnd(x []uint64, top uint64) {
	for i := range x {
		next := top
		if i+1 < len(x) {
			next = x[i+1] << 63
		}
		x[i] &= x[i]>>1 | next
	}
}

// look brings hard of p up to date and returns its change.
func (st *state) look(p int) int32 {
	now := st.rowHard(p)
	change := now - st.hard[p]
	st.hard[p] = now
	st.sum += int(change)
	return change
}

func (st *state) rows() [][]int8 {
	rows := make([][]int8, st.P)
	for p := range rows {
		rows[p] = append([]int8(nil), st.x[p*st.H:(p+1)*st.H]...)
	}
	return rows
}

// groupsAt lists the groups that p counts for on day d.
func (st *state) groupsAt(p, d int) []int8 {
	if s := st.x[p*st.H+d]; s != Off {
		return st.groups[s]
	}
	return nil
}
