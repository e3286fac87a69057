package planner

import (
	"slices"

	"guardroom/rosters"
)

// bound is what no plan undercuts that breaks no mandatory rule: the cost of wants for
// which too few are fit and here, of work that was asked for on days on which nothing
// can be given, and of free days on which something is fixed. It is weak where only
// the rules about whole rows cost something.
func (b *board) bound(s *sheet) (sum int) {
	for i := range b.cover.wants {
		w := &b.cover.wants[i]
		if !w.counts || !b.lone(w) {
			continue
		}
		lacking := int64(s.muster.missing[i]) - int64(len(b.candidates(w)))*int64(w.minutes())
		if lacking <= 0 {
			continue
		}
		for _, l := range b.cover.coverage {
			if !l.mandatory {
				sum += max(1, int(int64(l.worth)*w.worth*lacking/(10*eightHours)))
			}
		}
	}
	for o := range b.officers {
		for _, l := range b.ofRow[o] {
			if l.kind != rosters.WishesKept || l.mandatory {
				continue
			}
			for i := range b.wishes[o] {
				if missed := b.surelyMissed(o, &b.wishes[o][i]); missed > 0 {
					sum += max(1, int(l.worth)*missed*b.wishes[o][i].Worth()/10)
				}
			}
		}
	}
	return sum
}

// lone reports whether nothing else is wanted at w's post at its time, so that nobody
// there can be moved to or from another want.
func (b *board) lone(w *want) bool {
	for at, p := range b.cover.times[w.post].pieces {
		if len(b.cover.wanted[w.post][at]) > 1 && slices.ContainsFunc(w.spans, func(s interval) bool { return s.from <= p.from && p.from < s.to }) {
			return false
		}
	}
	return true
}

// minutes of one officer that a want asks for.
func (w *want) minutes() (sum int) {
	for _, s := range w.spans {
		sum += int(s.to - s.from)
	}
	return sum
}

// surelyMissed counts the days on which a wish is missed whatever the plan.
func (b *board) surelyMissed(o int, w *wish) (days int) {
	for day := w.first; day <= w.last; day++ {
		at := o*b.days + day
		missed := w.missed(&b.duties[b.start[at]])
		if !b.fixed[at] {
			missed = w.missed(&b.duties[0])
			for _, u := range b.offers[at] {
				missed = missed && w.missed(&b.duties[u])
			}
		}
		if missed {
			days++
		}
	}
	return days
}
