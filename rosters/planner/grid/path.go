package grid

import (
	"math"
	"math/bits"
	"slices"
)

// search finds the cheapest row with surcharges.
func (rs *rowSolver) search(sh *shape, prices []int32, offers []uint64, out []int8) (int, bool) {
	rs.read(sh, prices, offers)
	rs.stretches(sh)
	rs.reach(sh)
	rs.weekends(sh)
	total, ok := rs.compose(sh, out)
	if !ok && rs.narrow {
		rs.narrow = false
		total, ok = rs.compose(sh, out)
		rs.narrow = true
	}
	return total, ok
}

// read reduces prices to those of classes and of rest.
func (rs *rowSolver) read(sh *shape, prices []int32, offers []uint64) {
	H, S, C := rs.st.H, rs.st.S, len(sh.classes)
	rs.cells, rs.duty = grown(rs.cells, H*C), grown(rs.duty, H*C)
	rs.rest[rs.win.from], rs.bars[rs.win.from] = 0, 0
	most := int32(feasible / 2 / H)
	clamp := func(v int32) int32 {
		if v > most || v < -most {
			rs.clamped = true
			return max(-most, min(most, v))
		}
		return v
	}
	for d := rs.win.from; d < rs.win.to; d++ {
		cell := prices[d*(S+1) : (d+1)*(S+1)]
		rs.off[d] = clamp(cell[0])
		rs.rest[d+1], rs.bars[d+1] = rs.rest[d]+rs.off[d], rs.bars[d]
		if offers[d]&Rest == 0 {
			rs.off[d], rs.rest[d+1] = barred, rs.rest[d]
			rs.bars[d+1]++
		}
		for i := range sh.classes {
			c := &sh.classes[i]
			best, duty := int32(barred), Off
			for free := offers[d] & c.mask; free != 0; free &= free - 1 {
				s := bits.TrailingZeros64(free)
				if cell[s+1] < best {
					best, duty = cell[s+1], int8(s)
				}
			}
			if duty != Off {
				for _, k := range c.limits {
					best += int32(sh.surcharge[k])
				}
				best = clamp(best)
			}
			rs.cells[d*C+i], rs.duty[d*C+i] = best, duty
		}
	}
}

// grown is s with room for n.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// stretches fills the price of the cheapest stretch by first day, length and
// units beyond the shortest duty's.
func (rs *rowSolver) stretches(sh *shape) {
	H, L := rs.st.H, sh.maxStretch
	E := L*sh.spread + 1
	rs.stretch = grown(rs.stretch, H*max(L, 1)*E)
	n := max(L, 1) * len(sh.classes) * E
	rs.path = grown(rs.path, n)
	for from := rs.win.from; from < rs.win.to; from++ {
		rs.from(sh, from, min(L, rs.win.to-from))
	}
}

// from fills the stretches that begin on one day, of up to most days, and leaves in
// path the prices by [length-1][class][units].
func (rs *rowSolver) from(sh *shape, from, most int) {
	C, L := len(sh.classes), sh.maxStretch
	E := L*sh.spread + 1
	for l := range most {
		table := rs.stretch[(from*L+l)*E : (from*L+l+1)*E]
		for e := range table {
			table[e] = barred
		}
		now := rs.path[l*C*E : (l+1)*C*E]
		cells := rs.cells[(from+l)*C : (from+l+1)*C]
		any := false
		for c := range C {
			row := now[c*E : (c+1)*E]
			for e := range row {
				row[e] = barred
			}
			price := cells[c]
			if price >= feasible {
				continue
			}
			k := sh.classes[c].surplus
			if l == 0 {
				row[k] = price
			} else {
				for _, b := range sh.classes[c].before {
					was := rs.path[((l-1)*C+b)*E:][:l*sh.spread+1]
					for e, v := range was {
						if v+price < row[e+k] {
							row[e+k] = v + price
						}
					}
				}
			}
			for e := range (l+1)*sh.spread + 1 {
				if row[e] < table[e] {
					table[e] = row[e]
				}
			}
			any = true
		}
		if !any {
			for l++; l < most; l++ {
				table := rs.stretch[(from*L+l)*E : (from*L+l+1)*E]
				for e := range table {
					table[e] = barred
				}
			}
			return
		}
	}
}

// Layers of compose: a work stretch, or a rest long enough, has just ended.
const worked, rested = 0, 1

// compose puts stretches together to the cheapest row and returns its price.
func (rs *rowSolver) compose(sh *shape, out []int8) (int, bool) {
	H, L, W, U := rs.st.H, sh.maxStretch, sh.weekends+1, sh.highest+1
	first, last := rs.win.from, rs.win.to
	E := L*sh.spread + 1
	if U <= 0 || W <= 0 {
		return 0, false
	}
	for i := range rs.layers {
		rs.layers[i] = grown(rs.layers[i], (last-first+1)*W*U)
		rs.spans[i] = grown(rs.spans[i], (last-first+1)*W)
		for j := range rs.spans[i] {
			rs.spans[i][j] = span{1, 0}
		}
	}
	rs.put(sh, rested, first, 0, []int32{0}, 0, 0, 0)
	for d := first; d < last; d++ {
		for w := range W {
			if s := rs.spans[worked][(d-first)*W+w]; s.low <= s.high && d+sh.minOff <= last && rs.bars[d+sh.minOff] == rs.bars[d] {
				from := rs.layers[worked][((d-first)*W+w)*U:]
				rs.put(sh, rested, d+sh.minOff, w, from[s.low:s.high+1], s.low, 0, rs.rest[d+sh.minOff]-rs.rest[d])
			}
			s := rs.spans[rested][(d-first)*W+w]
			if s.low > s.high {
				continue
			}
			from := rs.layers[rested][((d-first)*W+w)*U:][s.low : s.high+1]
			if rs.off[d] < feasible {
				rs.put(sh, rested, d+1, w, from, s.low, 0, rs.off[d])
			}
			for l := rs.shortest(sh, d); l <= min(L, last-d); l++ {
				if l < sh.minStretch && d > 0 && d+l < H {
					continue
				}
				w2 := w + int(rs.touched[d*(L+1)+l])
				if w2 >= W {
					break
				}
				for e, price := range rs.stretch[(d*L+l-1)*E:][:l*sh.spread+1] {
					if price < feasible {
						rs.put(sh, worked, d+l, w2, from, s.low, int32(l*sh.base+e), price)
					}
				}
			}
		}
	}
	return rs.trace(sh, out)
}

// shortest length of a stretch that begins on day d.
func (rs *rowSolver) shortest(sh *shape, d int) int {
	if d == 0 {
		return 1
	}
	return min(sh.minStretch, rs.st.H-d)
}

// put offers from, the prices of units low, low+1, …, each units more and price
// dearer, to a layer.
func (rs *rowSolver) put(sh *shape, kind, d, w int, from []int32, low, units, price int32) {
	W, U := sh.weekends+1, sh.highest+1
	first, last := low+units, low+units+int32(len(from))-1
	least, most := rs.corridor(sh, d)
	if rs.narrow && rs.whole() && !rs.paced(sh, d, w) {
		return
	}
	if first < least {
		if last < least {
			return
		}
		from, first = from[least-first:], least
	}
	if last > most {
		if first > most {
			return
		}
		from, last = from[:most-first+1], most
	}
	at := (d-rs.win.from)*W + w
	s := &rs.spans[kind][at]
	layer := rs.layers[kind][at*U : (at+1)*U]
	if s.low > s.high {
		*s = span{first, first - 1}
	}
	for s.high < last {
		s.high++
		layer[s.high] = barred
	}
	for s.low > first {
		s.low--
		layer[s.low] = barred
	}
	to := layer[first:][:len(from)]
	for i, v := range from {
		if v += price; v < to[i] {
			to[i] = v
		}
	}
}

// corridor is between which units a row may stand before day d.
func (rs *rowSolver) corridor(sh *shape, d int) (least, most int32) {
	least, most = max(0, int32(sh.lowest)-rs.most[d]), int32(sh.highest)
	if rs.narrow && rs.whole() {
		even := int32(sh.lowest+sh.highest) * int32(d) / int32(2*rs.st.H)
		room := int32(3*(sh.base+sh.spread)) + int32(sh.highest-sh.lowest)/2
		least, most = max(least, even-room), min(most, even+room)
	}
	return least, most
}

// whole reports whether all days are searched.
func (rs *rowSolver) whole() bool { return rs.win.to-rs.win.from == rs.st.H }

// paced reports whether w weekends before day d are near an even pace.
func (rs *rowSolver) paced(sh *shape, d, w int) bool {
	even := float64(sh.weekends) * float64(d) / float64(rs.st.H)
	return math.Abs(even-float64(w)) <= 2.5 || float64(w) < even && sh.weekends >= (rs.st.H+1)/7
}

// reach fills most: an upper bound of the units that can be worked from each day on.
func (rs *rowSolver) reach(sh *shape) {
	end, C := rs.win.to, len(sh.classes)
	rs.most[end] = 0
	for d := end - 1; d >= rs.win.from; d-- {
		rs.most[d] = rs.most[d+1]
		units := int32(0)
		for l := 1; l <= min(sh.maxStretch, end-d); l++ {
			longest := int32(-1)
			for c := range sh.classes {
				if rs.duty[(d+l-1)*C+c] != Off {
					longest = max(longest, int32(sh.base+sh.classes[c].surplus))
				}
			}
			if longest < 0 {
				break
			}
			units += longest
			rs.most[d] = max(rs.most[d], units+rs.most[min(end, d+l+sh.minOff)])
		}
	}
}

// weekends fills touched.
func (rs *rowSolver) weekends(sh *shape) {
	H, L := rs.st.H, sh.maxStretch
	rs.touched = grown(rs.touched, H*(L+1))
	for d := rs.win.from; d < rs.win.to; d++ {
		n := int32(0)
		rs.touched[d*(L+1)] = 0
		for l := 1; l <= min(L, H-d); l++ {
			day := (rs.st.g.Weekday + d + l - 1) % 7
			if day == 5 || day == 6 && l == 1 {
				n++
			}
			rs.touched[d*(L+1)+l] = n
		}
	}
}

// trace finds the best end and walks back from it.
func (rs *rowSolver) trace(sh *shape, out []int8) (int, bool) {
	W, U, first, last := sh.weekends+1, sh.highest+1, rs.win.from, rs.win.to
	best, kind, day, week, units := int32(feasible), -1, 0, 0, 0
	look := func(k, d int, price int32) {
		for w := range W {
			s := rs.spans[k][(d-first)*W+w]
			for u := max(s.low, int32(sh.lowest)); u <= s.high; u++ {
				if v := rs.layers[k][((d-first)*W+w)*U+int(u)]; v+price < best {
					best, kind, day, week, units = v+price, k, d, w, int(u)
				}
			}
		}
	}
	look(rested, last, 0)
	for d := last; last == rs.st.H && d > max(first, last-sh.minOff); d-- {
		if rs.bars[d] == rs.bars[last] {
			look(worked, d, rs.rest[last]-rs.rest[d])
		}
	}
	if kind < 0 {
		return 0, false
	}
	for d := day; d < last; d++ {
		out[d] = Off
	}
	for day > first {
		v := rs.layers[kind][((day-first)*W+week)*U+units]
		if kind == worked {
			var ok bool
			if day, week, units, ok = rs.back(sh, day, week, units, v, out); !ok {
				return 0, false
			}
			kind = rested
			continue
		}
		if rs.off[day-1] < feasible && rs.at(sh, rested, day-1, week, units)+rs.off[day-1] == v {
			day--
			out[day] = Off
			continue
		}
		for range sh.minOff {
			day--
			out[day] = Off
		}
		kind = worked
	}
	return int(best), true
}

// at is the price of a state, barred when it is not reached.
func (rs *rowSolver) at(sh *shape, kind, d, w, u int) int32 {
	if d -= rs.win.from; d < 0 || w < 0 || u < 0 {
		return barred
	}
	W, U := sh.weekends+1, sh.highest+1
	if s := rs.spans[kind][d*W+w]; int32(u) < s.low || int32(u) > s.high {
		return barred
	}
	return rs.layers[kind][(d*W+w)*U+u]
}

// back finds the stretch that led to price v before day, writes it to out and
// returns the state where it began.
func (rs *rowSolver) back(sh *shape, day, week, units int, v int32, out []int8) (from, weeks, before int, ok bool) {
	L := sh.maxStretch
	E := L*sh.spread + 1
	for l := 1; l <= min(L, day-rs.win.from); l++ {
		d := day - l
		if l < sh.minStretch && d > 0 && day < rs.st.H {
			continue
		}
		w := week - int(rs.touched[d*(L+1)+l])
		for e, price := range rs.stretch[(d*L+l-1)*E:][:l*sh.spread+1] {
			u := units - l*sh.base - e
			if price < feasible && rs.at(sh, rested, d, w, u)+price == v {
				rs.unroll(sh, d, l, e, price, out)
				return d, w, u, true
			}
		}
	}
	return 0, 0, 0, false
}

// unroll writes the duties of the cheapest stretch of l days and e surplus units.
func (rs *rowSolver) unroll(sh *shape, d, l, e int, price int32, out []int8) {
	C := len(sh.classes)
	E := sh.maxStretch*sh.spread + 1
	rs.from(sh, d, l)
	next := -1
	for i := l - 1; i >= 0; i-- {
		for c := range C {
			if next >= 0 && !slices.Contains(sh.classes[next].before, c) || rs.path[(i*C+c)*E+e] != price {
				continue
			}
			out[d+i] = rs.duty[(d+i)*C+c]
			price -= rs.cells[(d+i)*C+c]
			e -= sh.classes[c].surplus
			next = c
			break
		}
	}
}
