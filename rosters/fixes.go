package rosters

import (
	"cmp"
	"slices"
)

// tries bounds how many changes one search for fixes tries.
const tries = 600

// Fixes lists at most limit changes that undo a violation and make nothing else
// wrong or worse, those of fewest people and cells first. Frozen cells and those outside the
// period stay as they are. An unknown key has no fixes.
func (j *Judge) Fixes(key string, limit int) []Fix {
	return j.remedies(key, limit, func(d *Delta) ([]Violation, bool) { return nil, d.Clean() })
}

// Compromises lists changes that undo a violation at the price of requests: no
// mandatory rule and no exception is broken that was not, or is more than it was.
func (j *Judge) Compromises(key string, limit int) []Fix {
	return j.remedies(key, limit, func(d *Delta) ([]Violation, bool) {
		leaves := slices.Concat(d.Came, d.Worse)
		return leaves, len(leaves) > 0 && !slices.ContainsFunc(leaves, func(v Violation) bool { return v.Level != Wished })
	})
}

// remedy searches for changes that undo one violation.
type remedy struct {
	j      *Judge
	about  Violation
	before Score
	accept func(*Delta) ([]Violation, bool)
	limit  int
	left   int // tries
	found  []Fix
	free   []int // officers, those with fewest hours for their contract first
}

func (j *Judge) remedies(key string, limit int, accept func(*Delta) ([]Violation, bool)) []Fix {
	v := j.find(key)
	if v == nil || limit < 1 {
		return nil
	}
	r := &remedy{j: j, about: *v, before: j.Score(), accept: accept, limit: limit, left: tries}
	r.free = make([]int, len(j.station.Officers))
	for o := range r.free {
		r.free[o] = o
	}
	spare := func(o int) int { t := &j.tallies[o]; return t.Minutes + t.Credit - t.Target }
	slices.SortStableFunc(r.free, func(a, b int) int { return cmp.Compare(spare(a), spare(b)) })
	r.search()
	return r.found
}

func (j *Judge) find(key string) *Violation {
	for _, lists := range [][][]Violation{j.own, j.atPost, j.inLane, j.shared} {
		for _, list := range lists {
			for i := range list {
				if list[i].Key == key {
					return &list[i]
				}
			}
		}
	}
	return nil
}

// done reports whether the search is over.
func (r *remedy) done() bool { return len(r.found) >= r.limit || r.left <= 0 }

// try keeps a change if it is a remedy, and reports whether it is.
func (r *remedy) try(by Remedy, changes ...Change) bool {
	if r.done() {
		return false
	}
	r.left--
	d, err := r.j.Try(changes...)
	if err != nil || !slices.ContainsFunc(d.Went, func(v Violation) bool { return v.Key == r.about.Key }) {
		return false
	}
	leaves, ok := r.accept(&d)
	if !ok {
		return false
	}
	fix := Fix{Remedy: by, Changes: changes, Saves: r.before.Cost - d.Score.Cost, Leaves: leaves}
	for _, c := range changes {
		if !slices.Contains(fix.Officers, c.Officer) {
			fix.Officers = append(fix.Officers, c.Officer)
		}
	}
	r.found = append(r.found, fix)
	return true
}

// search tries what helps against the kind of violation.
func (r *remedy) search() {
	v := &r.about
	switch {
	case v.Kind == Coverage:
		r.fill(v.Post, v.Date, v.Shift)
	case v.Kind == PairedPosts:
		for _, code := range r.shiftsAt(v.Detail) {
			r.fill(v.Detail, v.Date, code)
		}
	case v.Code == "wishes.work":
		r.giveWished()
	case v.Code == "contract.under" || v.Code == "hours_period.under":
		r.giveMore()
	}
	cells := slices.Clone(v.Cells)
	slices.Reverse(cells)
	for _, c := range cells {
		if !r.done() {
			r.lighten(c)
		}
	}
	for _, c := range cells {
		if !r.done() {
			r.exchangeDays(c)
		}
	}
}

// shiftsAt are the shift types of a post.
func (r *remedy) shiftsAt(post string) []string {
	if p, ok := r.j.posts[post]; ok {
		return r.j.station.Posts[p].Shifts
	}
	return nil
}

// cell reads an officer's day; ok is false when it may not be touched.
func (r *remedy) cell(officer int, d Date) (slots []slot, ok bool) {
	j := r.j
	if !j.plan.Inside(d) || j.onLeave(officer, d) != nil || !j.station.Officers[officer].Here(d) {
		return nil, false
	}
	slots = j.cells[officer][j.index(d)]
	return slots, !slices.ContainsFunc(slots, func(s slot) bool { return s.frozen })
}

// held is cell for a day that a violation names, on which the officer may be on
// leave or not in service.
func (r *remedy) held(officer int, d Date) (slots []slot, ok bool) {
	if !r.j.plan.Inside(d) {
		return nil, false
	}
	slots = r.j.cells[officer][r.j.index(d)]
	return slots, len(slots) > 0 && !slices.ContainsFunc(slots, func(s slot) bool { return s.frozen })
}

// able reports whether an officer has what a post asks for.
func (r *remedy) able(officer, post int, d Date) bool {
	if post < 0 {
		return true
	}
	who, p := &r.j.station.Officers[officer], &r.j.station.Posts[post]
	if who.Rank < p.MinRank {
		return false
	}
	for _, code := range p.Required {
		if _, valid := who.Holds(code, d); !valid {
			return false
		}
	}
	_, mayCarry := who.Holds(r.j.station.FirearmCode(), d)
	return mayCarry || !p.Armed
}

// becomes is a change of one cell to what slots say.
func (r *remedy) becomes(officer int, d Date, slots ...slot) Change {
	c := Change{Cell: Cell{r.j.station.Officers[officer].ID, d}}
	for _, s := range slots {
		c.Duties = append(c.Duties, Duty{Shift: r.j.duty(s).Shift, Post: r.j.duty(s).Post, Source: FromHand})
	}
	return c
}

// fill looks for somebody to stand at a post: who is spare there, who is free, and
// who is free for the post of somebody who fits here.
func (r *remedy) fill(post string, d Date, code string) {
	p, known := r.j.posts[post]
	kind, isShift := r.j.shifts[code]
	if !known {
		return
	}
	if !isShift { // a time: whichever shift type of the post covers it
		for _, other := range r.shiftsAt(post) {
			if !r.done() {
				r.fill(post, d, other)
			}
		}
		return
	}
	need := slot{kind: kind, post: p}
	var movable []int
	for _, o := range r.free {
		slots, ok := r.cell(o, d)
		if !ok || !r.able(o, p, d) {
			continue
		}
		switch {
		case len(slots) == 0:
			r.try(ByAssign, r.becomes(o, d, need))
		case len(slots) == 1 && slots[0].kind == kind && slots[0].post != p:
			if !r.try(ByMove, r.becomes(o, d, need)) {
				movable = append(movable, o)
			}
		}
	}
	for _, o := range movable {
		left := r.j.cells[o][r.j.index(d)][0]
		for _, q := range r.free {
			if slots, ok := r.cell(q, d); ok && len(slots) == 0 && r.able(q, left.post, d) && !r.done() {
				if r.try(ByMove, r.becomes(o, d, need), r.becomes(q, d, left)) {
					break
				}
			}
		}
	}
}

// lighten changes one cell of a violation: taken away, moved, exchanged with
// somebody on the same day, covered by somebody free, of another type.
func (r *remedy) lighten(c Cell) {
	o, known := r.j.officers[c.Officer]
	slots, ok := r.held(o, c.Date)
	if !known || !ok {
		return
	}
	r.try(ByClear, r.becomes(o, c.Date))
	if len(slots) > 1 {
		for i := range slots {
			r.try(ByClear, r.becomes(o, c.Date, slices.Concat(slots[:i], slots[i+1:])...))
		}
		return
	}
	mine := slots[0]
	for p := range r.j.station.Posts {
		if p != mine.post && r.short(p, c.Date) && r.able(o, p, c.Date) {
			r.try(ByMove, r.becomes(o, c.Date, slot{kind: mine.kind, post: p}))
		}
	}
	for _, q := range r.free {
		theirs, ok := r.cell(q, c.Date)
		if q == o || !ok || len(theirs) > 1 || !r.able(q, mine.post, c.Date) {
			continue
		}
		if len(theirs) == 0 {
			r.try(ByCover, r.becomes(o, c.Date), r.becomes(q, c.Date, mine))
		} else if r.able(o, theirs[0].post, c.Date) {
			r.try(BySwap, r.becomes(o, c.Date, theirs[0]), r.becomes(q, c.Date, mine))
		}
	}
	for kind := range r.j.station.ShiftTypes {
		if t := &r.j.station.ShiftTypes[kind]; kind != mine.kind && !t.Gone && mine.post >= 0 && slices.Contains(r.j.station.Posts[mine.post].Shifts, t.Code) {
			r.try(ByRetype, r.becomes(o, c.Date, slot{kind: kind, post: mine.post}))
		}
	}
}

// short reports whether a post lacks somebody on a day.
func (r *remedy) short(post int, d Date) bool {
	return slices.ContainsFunc(r.j.atPost[post*r.j.days()+r.j.index(d)], func(v Violation) bool { return v.Kind == Coverage })
}

// exchangeDays gives a duty to somebody free who gives one of another day in
// return, nearest days first: both keep their hours.
func (r *remedy) exchangeDays(c Cell) {
	o, known := r.j.officers[c.Officer]
	slots, ok := r.held(o, c.Date)
	if !known || !ok || len(slots) != 1 {
		return
	}
	mine := slots[0]
	for away := 1; away <= 10; away++ {
		for _, d := range []Date{c.Date - Date(away), c.Date + Date(away)} {
			if free, ok := r.cell(o, d); !ok || len(free) > 0 {
				continue
			}
			for _, q := range r.free {
				theirs, ok := r.cell(q, d)
				if q == o || !ok || len(theirs) != 1 || r.done() || !r.able(o, theirs[0].post, d) || !r.able(q, mine.post, c.Date) {
					continue
				}
				if empty, ok := r.cell(q, c.Date); ok && len(empty) == 0 {
					r.try(BySwap, r.becomes(o, c.Date), r.becomes(q, c.Date, mine), r.becomes(q, d), r.becomes(o, d, theirs[0]))
				}
			}
		}
	}
}

// giveWished looks for a duty that an officer asked for, on the days on which the
// wish is missed.
func (r *remedy) giveWished() {
	o := r.j.officers[r.about.Officer]
	i := slices.IndexFunc(r.j.requests[o], func(q *Request) bool { return q.ID == r.about.Detail })
	if i < 0 {
		return
	}
	wish := r.j.requests[o][i]
	for _, c := range r.about.Cells {
		slots, ok := r.cell(o, c.Date)
		if !ok || len(slots) > 1 {
			continue
		}
		for _, q := range r.free {
			theirs, ok := r.cell(q, c.Date)
			if q == o || !ok || len(theirs) != 1 || wish.Missed([]Assignment{r.j.duty(theirs[0]).of(c)}) || !r.able(o, theirs[0].post, c.Date) {
				continue
			}
			r.try(BySwap, r.becomes(o, c.Date, theirs[0]), r.becomes(q, c.Date, slots...))
		}
	}
}

// giveMore looks for duties for somebody with too few hours: empty posts first,
// then duties of those who have more than their contract.
func (r *remedy) giveMore() {
	o := r.j.officers[r.about.Officer]
	for d := r.j.plan.From; d <= r.j.plan.Until && !r.done(); d++ {
		if slots, ok := r.cell(o, d); !ok || len(slots) > 0 {
			continue
		}
		for p := range r.j.station.Posts {
			for _, v := range r.j.atPost[p*r.j.days()+r.j.index(d)] {
				if kind, ok := r.j.shifts[v.Shift]; ok && v.Kind == Coverage && r.able(o, p, d) {
					r.try(ByAssign, r.becomes(o, d, slot{kind: kind, post: p}))
				}
			}
		}
		for _, q := range slices.Backward(r.free) {
			t := &r.j.tallies[q]
			if t.Minutes+t.Credit <= t.Target {
				break
			}
			if theirs, ok := r.cell(q, d); ok && len(theirs) == 1 && r.able(o, theirs[0].post, d) {
				r.try(ByCover, r.becomes(q, d), r.becomes(o, d, theirs[0]))
			}
		}
	}
}
