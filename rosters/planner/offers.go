package planner

import (
	"slices"

	"guardroom/rosters"
)

// readOffers finds what the planner may give to whom on which day: duties that serve
// a want, on officers whom no mandatory rule about single turns keeps from them, and
// reserve for those with a contract.
func (b *board) readOffers() error {
	useful := make([][]turnOf, b.days)
	add := func(day int, t turnOf) {
		if day >= b.first && day <= b.last && !slices.Contains(useful[day], t) {
			useful[day] = append(useful[day], t)
		}
	}
	for i := range b.cover.wants {
		w := &b.cover.wants[i]
		for day := max(0, w.day-1); day <= min(b.days-1, w.day+1); day++ {
			for k := range b.shifts {
				if b.serving(w, day, k) {
					add(day, turnOf{int16(k), int16(w.post)})
				}
			}
		}
	}
	for day := range useful {
		kinds := map[int16]bool{}
		for _, t := range slices.Clone(useful[day]) {
			if !kinds[t.shift] {
				kinds[t.shift] = true
				add(day, turnOf{t.shift, -1})
			}
		}
	}
	b.offers = make([][]int16, b.officers*b.days)
	b.able = map[doing][]int{}
	for day, turns := range useful {
		for _, t := range turns {
			u, err := b.number([]turnOf{t})
			if err != nil {
				return err
			}
			var able []int
			for o := range b.officers {
				at := o*b.days + day
				if b.fixed[at] || t.post < 0 && b.station.Officers[o].Contract == 0 || b.turnPrice(o, day, t).broken > 0 {
					continue
				}
				b.offers[at] = append(b.offers[at], u)
				able = append(able, o)
			}
			b.able[doing{day, u}] = able
		}
	}
	return nil
}

// serving reports whether a shift type that begins on a day is one to serve w with: a
// want for a shift type by that alone, one for a time by those of the post's, or of
// all if it names none, that meet it.
func (b *board) serving(w *want, day, k int) bool {
	t := &b.station.ShiftTypes[k]
	if t.Gone || b.standby[k] {
		return false
	}
	if w.Shift != "" {
		return w.Shift == t.Code && day == w.day
	}
	p := &b.station.Posts[w.post]
	if len(p.Shifts) > 0 && !slices.Contains(p.Shifts, t.Code) {
		return false
	}
	return b.touches(w, day, k)
}

// doing is a duty on a day.
type doing struct {
	day  int
	duty int16
}

// eligible lists who could be given one of w's shifts if nothing else were in the
// way.
func (b *board) eligible(w *want, day int, u int16) []int {
	if !w.special {
		return b.able[doing{day, u}]
	}
	var officers []int
	for _, o := range b.able[doing{day, u}] {
		if w.serves[o] {
			officers = append(officers, o)
		}
	}
	return officers
}

// assignment is one turn as a plan has it.
func (b *board) assignment(o, day int, t turnOf) rosters.Assignment {
	a := rosters.Assignment{Officer: b.station.Officers[o].ID, Date: b.date(day), Shift: b.station.ShiftTypes[t.shift].Code, Source: rosters.FromPlanner}
	if t.post >= 0 {
		a.Post = b.station.Posts[t.post].ID
	}
	return a
}
