package planner

import (
	"cmp"
	"math"
	"slices"

	"guardroom/rosters/planner/chance"
)

// A walker tries moves on a sheet and keeps those that are cheap enough.
type walker struct {
	*sheet
	r     *chance.Random
	may   []uint64 // [(officer*days+day)*words]: duties that may be given
	words int
	list  []place   // cells that may change
	holes []holding // [want]

	best                         []int16
	bestCost, bestBroken, bestBy int
	kept                         int64  // times that there was a better one
	dirty                        []bool // rows that differ from best

	moves               int64
	temperature, weight float64
	wanted              []change
}

// place is an officer's day.
type place struct{ officer, day int32 }

// change is what a cell is to hold, or has held.
type change struct {
	officer, day int
	duty         int16
	quiet        bool // its post does not notice: somebody else takes the place
}

// holding is who could serve a want, with what, and when.
type holding struct{ turns []serving }

type serving struct {
	day      int
	duty     int16
	officers []int
}

func newWalker(b *board, r *chance.Random) *walker {
	w := &walker{sheet: newSheet(b), r: r, words: len(b.duties)/64 + 1, dirty: make([]bool, b.officers), best: make([]int16, b.officers*b.days)}
	w.may = make([]uint64, b.officers*b.days*w.words)
	for at, offers := range b.offers {
		for _, u := range offers {
			w.may[at*w.words+int(u)>>6] |= 1 << (u & 63)
		}
		if !b.fixed[at] {
			w.may[at*w.words] |= 1 // none
			if len(offers) > 0 {
				w.list = append(w.list, place{int32(at / b.days), int32(at % b.days)})
			}
		}
	}
	w.findHoles()
	w.bestCost, w.bestBroken = math.MaxInt, math.MaxInt
	for o := range w.dirty {
		w.dirty[o] = true
	}
	w.keep()
	return w
}

// findHoles lists what every want could be served with.
func (w *walker) findHoles() {
	w.holes = make([]holding, len(w.cover.wants))
	for i := range w.cover.wants {
		need := &w.cover.wants[i]
		for day := max(0, need.day-1); day <= min(w.days-1, need.day+1); day++ {
			for k := range w.shifts {
				u, ok := w.dutyOf[turnOf{int16(k), int16(need.post)}]
				if !ok || !w.serving(need, day, k) {
					continue
				}
				if officers := w.eligible(need, day, u); len(officers) > 0 {
					w.holes[i].turns = append(w.holes[i].turns, serving{day, u, officers})
				}
			}
		}
	}
}

// allowed reports whether a cell may hold a duty.
func (w *walker) allowed(o, day int, u int16) bool {
	return w.may[(o*w.days+day)*w.words+int(u)>>6]>>(u&63)&1 == 1
}

// step tries one move.
func (w *walker) step() {
	w.moves++
	w.wanted = w.wanted[:0]
	p := w.list[w.r.Below(len(w.list))]
	o, day := int(p.officer), int(p.day)
	switch k := w.r.Below(100); {
	case k < 15:
		w.fill()
	case k < 35:
		w.give(o, day)
	case k < 50:
		w.block(o, day)
	case k < 85:
		w.swap(o, day)
	default:
		w.exchange(o, day)
	}
	if len(w.wanted) > 0 {
		w.try(w.temperature * w.r.Exponential())
	}
}

// try makes the wanted changes and takes them back when they are dearer than bound.
func (w *walker) try(bound float64) bool {
	var list [3]int
	officers := w.touched(list[:0])
	hope := w.hope(officers)
	if w.estimate()-hope > bound {
		return false
	}
	cost, _, excess := w.score()
	for i := range w.wanted {
		c := &w.wanted[i]
		was := w.x[c.officer*w.days+c.day]
		w.put(c.officer, c.day, c.duty, c.quiet)
		c.duty = was
	}
	price := func() float64 {
		now, beyond := w.roughly(officers)
		return float64(now-cost) + w.weight*float64(beyond-excess)
	}
	if price()-hope > bound {
		w.back()
		return false
	}
	var was [3]verdict
	clash := false
	for i, o := range officers {
		was[i] = w.rows[o]
		w.look(o)
		clash = clash || w.rows[o].clashes > was[i].clashes
	}
	if clash || price() > bound {
		w.back()
		for i, o := range officers {
			w.accept(o, &was[i])
		}
		for i := range w.fair {
			w.fair[i].stale = false // all is as it was
		}
		return false
	}
	for _, o := range officers {
		w.dirty[o] = true
	}
	w.keep()
	return true
}

// hope is what the rows and shares of officers can gain at most, or nearly.
func (w *walker) hope(officers []int) (sum float64) {
	for _, o := range officers {
		sum += float64(w.rows[o].cost) + w.weight*float64(w.rows[o].excess)
		for i := range w.fair {
			if f := &w.fair[i]; f.mandatory {
				sum += w.weight * float64(f.own[o])
			} else {
				sum += float64(f.own[o] + f.worth)
			}
		}
	}
	return sum
}

// estimate is the least that the wanted changes cost in tables and at plain posts.
func (w *walker) estimate() (least float64) {
	for _, c := range w.wanted {
		at := c.officer*w.days + c.day
		was := w.x[at]
		old, now := w.dutyPrice(c.officer, c.day, was), w.dutyPrice(c.officer, c.day, c.duty)
		least += float64(now.cost - old.cost + w.change(at, c.duty) - w.change(at, was))
		if c.quiet {
			continue
		}
		for _, t := range w.duties[was].turns {
			least += w.muster.hope(c.day, t, -1)
		}
		for _, t := range w.duties[c.duty].turns {
			least += w.muster.hope(c.day, t, 1)
		}
	}
	return least - 2*float64(len(w.wanted))
}

// touched are the officers of the wanted changes, at most three.
func (w *walker) touched(list []int) []int {
	for _, c := range w.wanted {
		if !slices.Contains(list, c.officer) {
			list = append(list, c.officer)
		}
	}
	return list
}

// back undoes the changes just made.
func (w *walker) back() {
	for i := len(w.wanted) - 1; i >= 0; i-- {
		c := w.wanted[i]
		w.put(c.officer, c.day, c.duty, c.quiet)
	}
}

// keep notes the plan when it is the best.
func (w *walker) keep() {
	cost, broken, excess := w.score()
	if c := cmp.Or(cmp.Compare(broken, w.bestBroken), cmp.Compare(excess, w.bestBy), cmp.Compare(cost, w.bestCost)); c >= 0 {
		return
	}
	w.kept++
	w.bestCost, w.bestBroken, w.bestBy = cost, broken, excess
	for o, dirty := range w.dirty {
		if dirty {
			copy(w.best[o*w.days:(o+1)*w.days], w.row(o))
			w.dirty[o] = false
		}
	}
}

// beats reports whether the best plan is better than one that breaks broken mandatory
// rules by excess and costs cost.
func (w *walker) beats(broken, excess, cost int) bool {
	return cmp.Or(cmp.Compare(w.bestBroken, broken), cmp.Compare(w.bestBy, excess), cmp.Compare(w.bestCost, cost)) < 0
}

// load puts another plan on the sheet.
func (w *walker) load(x []int16) {
	for o := range w.officers {
		differs := false
		for day := w.first; day <= w.last; day++ {
			if u := x[o*w.days+day]; u != w.x[o*w.days+day] && !w.fixed[o*w.days+day] {
				w.put(o, day, u, false)
				differs = true
			}
		}
		if differs {
			w.look(o)
			w.dirty[o] = true
		}
	}
	w.keep()
}

func (w *walker) want(o, day int, u int16) {
	if w.x[o*w.days+day] != u {
		w.wanted = append(w.wanted, change{officer: o, day: day, duty: u})
	}
}

// fill gives a duty that is lacking to somebody who could do it.
func (w *walker) fill() {
	if len(w.holes) == 0 {
		return
	}
	for range 12 {
		i := w.r.Below(len(w.holes))
		if w.muster.missing[i] == 0 || len(w.holes[i].turns) == 0 {
			continue
		}
		t := &w.holes[i].turns[w.r.Below(len(w.holes[i].turns))]
		o := t.officers[w.r.Below(len(t.officers))]
		for try := 0; try < 4 && w.x[o*w.days+t.day] != 0; try++ { // rather somebody free
			o = t.officers[w.r.Below(len(t.officers))]
		}
		w.want(o, t.day, t.duty)
		return
	}
}

// give changes one day.
func (w *walker) give(o, day int) { w.want(o, day, w.draw(o, day)) }

func (w *walker) draw(o, day int) int16 {
	offers := w.offers[o*w.days+day]
	if len(offers) == 0 || w.r.Below(4) == 0 {
		return 0
	}
	return offers[w.r.Below(len(offers))]
}

// block gives up to six days the same duty, or none.
func (w *walker) block(o, day int) {
	u := w.draw(o, day)
	for end := min(w.last, day+1+w.r.Below(5)); day <= end; day++ {
		if w.allowed(o, day, u) {
			w.want(o, day, u)
		}
	}
}

// swap exchanges the same days between two officers.
func (w *walker) swap(o, day int) {
	other := w.r.Below(w.officers)
	if other == o {
		return
	}
	end := day
	if w.r.Below(2) == 0 {
		end = min(w.last, day+w.r.Below(7))
	}
	for ; day <= end; day++ {
		mine, theirs := w.x[o*w.days+day], w.x[other*w.days+day]
		if mine == theirs {
			continue
		}
		if !w.allowed(o, day, theirs) || !w.allowed(other, day, mine) {
			if len(w.wanted) == 0 && day == end {
				return
			}
			break
		}
		quiet := w.plain(mine) && w.plain(theirs)
		w.wanted = append(w.wanted, change{o, day, theirs, quiet}, change{other, day, mine, quiet})
	}
}

// plain reports whether a duty's post does not care who stands there.
func (w *walker) plain(u int16) bool {
	q := w.duties[u].post
	return q < 0 || !w.cover.special[q] && w.cover.lane[q] < 0
}

// exchange exchanges two blocks of one row.
func (w *walker) exchange(o, day int) {
	n := 1 + w.r.Below(3)
	other := day + n + w.r.Below(10)
	if other+n-1 > w.last {
		return
	}
	for i := range n {
		first, second := w.x[o*w.days+day+i], w.x[o*w.days+other+i]
		if first != second && w.allowed(o, day+i, second) && w.allowed(o, other+i, first) {
			w.want(o, day+i, second)
			w.want(o, other+i, first)
		}
	}
}

// schedule says how hot and how strict a walk is, by the share of it that is done.
type schedule struct{ hot, cold, lax, strict float64 }

// run walks until done says 1. done is asked every 32 moves. Some cell can change.
func (w *walker) run(s schedule, done func() float64) {
	for {
		f := done()
		if f >= 1 {
			return
		}
		w.temperature = s.hot * math.Pow(s.cold/s.hot, f)
		w.weight = s.lax * math.Pow(s.strict/s.lax, f)
		for range 32 {
			w.step()
		}
	}
}
