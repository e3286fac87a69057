package rosters

import "slices"

// A Delta is what a change does to what is wrong.
type Delta struct {
	Came    []Violation `json:"came"`
	Went    []Violation `json:"went"`
	Changed []Violation `json:"changed"` // with their new numbers
	Worse   []Violation `json:"worse"`   // those of Changed that are worse than before
	Score   Score       `json:"score"`   // after the change
}

// Clean reports whether a change makes nothing new wrong and nothing worse.
func (d *Delta) Clean() bool { return len(d.Came)+len(d.Worse) == 0 }

// Change gives cells another content and tells what that does. The error, an
// InvalidError, leaves everything as it was.
func (j *Judge) Change(changes ...Change) (Delta, error) {
	u, err := j.change(changes)
	if err != nil {
		return Delta{}, err
	}
	d := u.delta()
	d.Score = j.Score()
	return d, nil
}

// Try is Change of which nothing remains.
func (j *Judge) Try(changes ...Change) (Delta, error) {
	u, err := j.change(changes)
	if err != nil {
		return Delta{}, err
	}
	d := u.delta()
	d.Score = j.Score()
	u.undo()
	return d, nil
}

// undone is what a change replaced, in the order of doing.
type undone struct {
	j     *Judge
	cells []oldCell
	lists []oldList
	tally []oldTally
}

type oldCell struct {
	officer int
	date    Date
	was     []slot
}

type oldList struct {
	at  *[]Violation
	was []Violation
}

type oldTally struct {
	officer int
	was     Tally
}

// change replaces cells and judges again what they touch.
func (j *Judge) change(changes []Change) (*undone, error) {
	becomes := make([][]slot, len(changes))
	for i, c := range changes {
		if _, ok := j.officers[c.Officer]; !ok {
			return nil, invalid("officer", "no officer %.60q", c.Officer)
		}
		if c.Date < j.from+1 || c.Date > j.until-1 {
			return nil, invalid("date", "%s is outside the plan", c.Date)
		}
		for _, d := range c.Duties {
			s, err := j.slot(d)
			if err != nil {
				return nil, err
			}
			becomes[i] = append(becomes[i], s)
		}
	}
	u := &undone{j: j}
	touched := touched{officers: map[int]bool{}, posts: map[postDay]bool{}}
	for i, c := range changes {
		o := j.officers[c.Officer]
		u.cells = append(u.cells, oldCell{o, c.Date, j.fill(o, c.Date, becomes[i], &touched)})
	}
	for o := range touched.officers {
		u.keep(&j.own[o])
		u.tally = append(u.tally, oldTally{o, j.tallies[o]})
		j.judgeOfficer(o)
	}
	for at := range j.widen(touched.posts) {
		if !j.plan.Inside(at.date) {
			continue
		}
		if at.lane {
			u.keep(&j.inLane[at.post*j.days()+j.index(at.date)])
			j.judgeLane(at.post, at.date)
		} else {
			u.keep(&j.atPost[at.post*j.days()+j.index(at.date)])
			j.judgePost(at.post, at.date)
		}
	}
	j.judgeShares(touched.officers, u)
	return u, nil
}

// touched is what a change makes judge again.
type touched struct {
	officers map[int]bool
	posts    map[postDay]bool
}

// postDay is a post, or a lane, on one day.
type postDay struct {
	post int
	date Date
	lane bool
}

// fill replaces what one cell holds and gives back what it held.
func (j *Judge) fill(officer int, d Date, now []slot, t *touched) []slot {
	cell := &j.cells[officer][j.index(d)]
	was := *cell
	t.officers[officer] = true
	for _, s := range was {
		j.rise(officer, d, s)
		t.posts[postDay{post: s.post, date: d}] = true
	}
	for _, s := range now {
		j.sit(officer, d, s)
		t.posts[postDay{post: s.post, date: d}] = true
	}
	*cell = now
	return was
}

// widen adds the days and posts that are judged by what happens at others: a turn
// may reach into the next day, and demand from the day before into its own.
func (j *Judge) widen(posts map[postDay]bool) map[postDay]bool {
	wide := make(map[postDay]bool, 4*len(posts))
	for at := range posts {
		if at.post < 0 {
			continue
		}
		for d := at.date - 1; d <= at.date+1; d++ {
			for _, p := range j.near[at.post] {
				wide[postDay{post: p, date: d}] = true
			}
			if l := j.laneOf(at.post); l >= 0 {
				wide[postDay{post: l, date: d, lane: true}] = true
			}
		}
	}
	return wide
}

func (u *undone) keep(list *[]Violation) { u.lists = append(u.lists, oldList{list, *list}) }

// undo puts everything back.
func (u *undone) undo() {
	none := touched{officers: map[int]bool{}, posts: map[postDay]bool{}}
	for _, c := range slices.Backward(u.cells) {
		u.j.fill(c.officer, c.date, c.was, &none)
	}
	for _, l := range u.lists {
		u.j.put(l.at, l.was)
	}
	for _, t := range u.tally {
		u.j.tallies[t.officer] = t.was
	}
}

// delta compares what was replaced with what is there now.
func (u *undone) delta() Delta {
	before, after := map[string]*Violation{}, map[string]*Violation{}
	gather := func(into map[string]*Violation, list []Violation) {
		for i := range list {
			into[list[i].Key] = &list[i]
		}
	}
	for _, l := range u.lists {
		gather(before, l.was)
		gather(after, *l.at)
	}
	var d Delta
	for key, v := range after {
		old := before[key]
		switch {
		case old == nil:
			d.Came = append(d.Came, *v)
		case old.Have != v.Have || old.Need != v.Need || old.Cost != v.Cost:
			d.Changed = append(d.Changed, *v)
			if v.worse(old) {
				d.Worse = append(d.Worse, *v)
			}
		}
	}
	for key, v := range before {
		if after[key] == nil {
			d.Went = append(d.Went, *v)
		}
	}
	for _, list := range []*[]Violation{&d.Came, &d.Went, &d.Changed, &d.Worse} {
		*list = sortViolations(*list)
	}
	return d
}

// worse reports whether v is further from what is needed than old.
func (v *Violation) worse(old *Violation) bool {
	distance := func(v *Violation) int { return max(v.Have-v.Need, v.Need-v.Have) }
	return v.Cost > old.Cost || distance(v) > distance(old)
}
