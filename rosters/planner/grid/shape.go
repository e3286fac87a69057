package grid

import (
	"math"
	"slices"
)

// A class is all duties that are alike for one person but for their prices.
type class struct {
	duties   []int8
	mask     uint64
	surplus  int   // units beyond the shortest duty's
	before   []int // classes that may stand the day before
	limits   []int // counted sets with a limit
	next, by uint64
}

// A shape is what the rules of one person mean for the search.
type shape struct {
	classes                        []class
	base, spread                   int // units of the shortest duty, and of the longest beyond it
	minStretch, maxStretch, minOff int
	lowest, highest                int // units
	weekends                       int
	limited                        []int     // counted sets with a limit
	surcharge                      []float64 // [k], in units of a price
	step                           []float64 // [k]
}

func (rs *rowSolver) shape(p int) shape {
	st := rs.st
	r := &st.rules[p]
	sh := shape{
		minStretch: max(1, r.minStretch), maxStretch: max(0, min(r.maxStretch, st.H)), minOff: max(1, r.minDaysOff),
		lowest: int((r.minMinutes + rs.unit - 1) / rs.unit), highest: int(r.maxMinutes / rs.unit), weekends: int(r.maxWeekends),
		surcharge: make([]float64, st.K), step: make([]float64, st.K),
	}
	sh.weekends = min(sh.weekends, (st.H+1)/7+1)
	var offered uint64
	for _, a := range st.allowed[p*st.H : (p+1)*st.H] {
		offered |= a &^ Rest
	}
	for k := range st.K {
		if int(st.atMost[p*st.K+k]) < st.H && st.g.Counted[k]&offered != 0 {
			sh.limited = append(sh.limited, k)
			sh.step[k] = 8 * priceScale
		}
	}
	sh.base = math.MaxInt32
	longest := 0
	for s := range st.S {
		if offered>>s&1 == 0 {
			continue
		}
		sh.base, longest = min(sh.base, int(st.minutes[s+1]/rs.unit)), max(longest, int(st.minutes[s+1]/rs.unit))
	}
	if offered == 0 {
		sh.base = 0
	}
	sh.spread = longest - sh.base
	for s := range st.S {
		if offered>>s&1 == 1 {
			rs.classify(&sh, s)
		}
	}
	for i := range sh.classes {
		for j := range sh.classes {
			if sh.classes[j].next>>sh.classes[i].duties[0]&1 == 0 {
				sh.classes[i].before = append(sh.classes[i].before, j)
			}
		}
	}
	sh.highest = min(sh.highest, longest*st.H)
	return sh
}

// classify adds duty s to the class of its like.
func (rs *rowSolver) classify(sh *shape, s int) {
	st := rs.st
	c := class{surplus: int(st.minutes[s+1]/rs.unit) - sh.base, next: st.next[s+1]}
	for t := range st.S {
		c.by |= st.next[t+1] >> s & 1 << t
	}
	for _, k := range st.counted[s] {
		if slices.Contains(sh.limited, int(k)) {
			c.limits = append(c.limits, int(k))
		}
	}
	i := slices.IndexFunc(sh.classes, func(o class) bool {
		return o.next == c.next && o.by == c.by && o.surplus == c.surplus && slices.Equal(o.limits, c.limits)
	})
	if i < 0 {
		i = len(sh.classes)
		sh.classes = append(sh.classes, c)
	}
	sh.classes[i].duties = append(sh.classes[i].duties, int8(s))
	sh.classes[i].mask |= 1 << s
}

func gcd(a, b int32) int32 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
