package planner

import "guardroom/rosters"

// Runs of days, nights and weekends, counts of shifts, and wishes.

// run is the end of the longest run of marks from a day on.
func run(marks []bool, from int) int {
	for from < len(marks) && marks[from] {
		from++
	}
	return from
}

func (c *clerk) isAway(o, day int) bool {
	return day >= 0 && day < c.days && c.away[o*c.days+day]
}

func (c *clerk) consecutiveDays(o int) {
	for from := 0; from < c.days; from++ {
		if !c.worked[from] {
			continue
		}
		to := run(c.worked, from)
		n := to - from
		switch {
		case from > c.last || to <= c.first: // lies outside
		case c.l.Count > 0 && n > c.l.Count:
			c.found(int32(n - c.l.Count))
		case n < c.l.Least && from > c.knownFirst && to <= c.knownLast && !c.isAway(o, from-1) && !c.isAway(o, to):
			c.found(int32(c.l.Least - n))
		}
		from = to
	}
}

func (c *clerk) daysOff(o int) {
	ended := 0
	for from := 0; from < c.days; from++ {
		if !c.worked[from] {
			continue
		}
		if off := from - ended; ended != 0 && off < c.l.Count && (c.inside(ended-1) || c.inside(from)) && !c.leaveIn(o, ended, from) {
			c.found(int32(c.l.Count - off))
		}
		ended = run(c.worked, from)
		from = ended
	}
}

func (c *clerk) leaveIn(o, from, to int) bool {
	for day := from; day < to; day++ {
		if c.away[o*c.days+day] {
			return true
		}
	}
	return false
}

func (c *clerk) consecutiveNights() {
	for from := 0; from < c.days; from++ {
		if !c.nights[from] {
			continue
		}
		to := run(c.nights, from)
		if to-from > c.l.Count && from <= c.last && to > c.first {
			c.found(int32(to - from - c.l.Count))
		}
		from = to
	}
}

func (c *clerk) restAfterNights() {
	i := 0
	for from := 0; from < c.days; from++ {
		if !c.nights[from] {
			continue
		}
		to := run(c.nights, from)
		if to-from >= c.l.Count {
			i = c.restAfter(to-1, i)
		}
		from = to
	}
}

// restAfter looks at the first turn after the last night of a run, from work[i] on.
func (c *clerk) restAfter(day, i int) int {
	last := -1
	for k := range c.work {
		t := &c.work[k]
		if int(t.day) == day && c.nightly[t.shift] && (last < 0 || t.to >= c.work[last].to) {
			last = k
		}
	}
	for i < len(c.work) && c.work[i].from < c.work[last].to {
		i++
	}
	if i < len(c.work) && c.work[i].from-c.work[last].to < int32(c.l.Minutes) && (c.inside(day) || c.inside(int(c.work[i].day))) {
		c.found(1)
	}
	return i
}

func (c *clerk) succession() {
	for i, a := range c.work {
		if !c.l.after[a.shift] {
			continue
		}
		for _, b := range c.work[i+1:] {
			if b.day > a.day+1 {
				break
			}
			if b.day == a.day+1 && c.l.before[b.shift] && (c.inside(int(a.day)) || c.inside(int(b.day))) {
				c.found(1)
			}
		}
	}
}

func (c *clerk) weekendsWorked() {
	if c.l.Weeks == 0 {
		if n := c.v.tally.weekends - int32(c.l.Count); n > 0 {
			c.found(n)
		}
		return
	}
	for i := 0; i < len(c.weekends); i++ {
		if worked, _ := c.atWeekend(i); !worked {
			continue
		}
		end, n, inside := min(i+c.l.Weeks, len(c.weekends)), 0, false
		for k := i; k < end; k++ {
			worked, in := c.atWeekend(k)
			if worked {
				n++
			}
			inside = inside || in
		}
		if inside && n > c.l.Count {
			c.found(int32(n - c.l.Count))
			i = end - 1
		}
	}
}

func (c *clerk) atWeekend(i int) (worked, inside bool) {
	for day := c.weekends[i].from; day < c.weekends[i].to; day++ {
		worked = worked || c.worked[day]
		inside = inside || c.worked[day] && c.inside(day)
	}
	return worked, inside
}

func (c *clerk) wholeWeekends(o int) {
	for _, w := range c.weekends {
		if !w.whole {
			continue
		}
		worked := 0
		for day := w.from; day < w.to; day++ {
			if c.worked[day] {
				worked++
			}
		}
		if worked > 0 && worked < w.to-w.from && c.workedInside(w.from, w.to) && !c.leaveIn(o, w.from, w.to) {
			c.found(1)
		}
	}
}

func (c *clerk) shiftCount() {
	clear(c.amount)
	total := int32(0)
	for i := range c.turns {
		if t := &c.turns[i]; c.l.shifts[t.shift] {
			c.amount[t.day]++
			if c.inside(int(t.day)) {
				total++
			}
		}
	}
	most := int32(c.l.Count)
	if c.l.Days > 0 {
		c.windows(c.amount, c.l.Days, most, func(sum int32) { c.found(sum - most) })
	} else if total > most {
		c.found(total - most)
	}
}

func (c *clerk) wishesKept(o int, row []int16) {
	for i := range c.wishes[o] {
		w := &c.wishes[o][i]
		missed := 0
		for day := w.first; day <= w.last; day++ {
			if w.missed(&c.duties[row[day]]) {
				missed++
			}
		}
		if missed > 0 {
			c.priced(int32(missed), c.l.worth*int32(missed)*int32(w.Worth())/10)
		}
	}
}

func (w *wish) missed(u *duty) bool {
	named := false
	for _, t := range u.turns {
		named = named || w.shifts[t.shift] || w.posts[t.post+1]
	}
	switch w.Wish {
	case rosters.WishFree:
		return len(u.turns) > 0
	case rosters.WishWork:
		return len(u.turns) == 0 || w.named && !named
	}
	return named
}
