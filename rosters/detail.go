package rosters

import (
	"cmp"
	"slices"
	"time"
)

// A Detail is one day as it is posted in the guard room: who stands where from when
// to when, who relieves whom for the meal, and where nobody stands. Its day begins
// with the first duty or demand of the date and is as long as a day is.
type Detail struct {
	Date    Date         `json:"date"`
	From    time.Time    `json:"from"`
	To      time.Time    `json:"to"`
	Hours   []time.Time  `json:"hours"` // at which the columns begin; 23 or 25 when clocks change
	Posts   []PostDetail `json:"posts"`
	Reserve []Stand      `json:"reserve"`  // on duty without a post
	StandBy []Stand      `json:"stand_by"` // at home, to be called
	Away    []Leave      `json:"away"`     // approved leave of the day
}

// PostDetail is a post on one day.
type PostDetail struct {
	Post   string  `json:"post"`
	Wanted []int   `json:"wanted"` // officers, in each hour the most at the same time
	Stands []Stand `json:"stands"` // duties at this post
	Turns  []Turn  `json:"turns"`  // who really stands there, with rotation and meals
	Meals  []Meal  `json:"meals"`
	Holes  []Hole  `json:"holes"`
}

// A Stand is a duty of the day.
type Stand struct {
	Officer string    `json:"officer"`
	Shift   string    `json:"shift"`
	Post    string    `json:"post"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Report  time.Time `json:"report"` // when the officer is at line-up
	Source  Source    `json:"source"`
}

// Why somebody stands somewhere.
const (
	ForDuty     = "duty"
	ForRotation = "rotation" // officers of an area change places
	ForMeal     = "meal"     // stands in
)

// A Turn is an officer at a post.
type Turn struct {
	Officer string    `json:"officer"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Why     string    `json:"why"`
}

// A Meal is a break of an officer, and who stands in.
type Meal struct {
	Officer string    `json:"officer"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	By      string    `json:"by"` // "": nobody was found
}

// A Hole is a time in which fewer officers are given than wanted.
type Hole struct {
	Post    string    `json:"post"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Missing int       `json:"missing"`
	Wanted  int       `json:"wanted"`
}

// Detail works a day out. The plan gives the duties, demands and leave of the day
// before, the day and the day after; split shifts are a Stand for each part.
func (s *Station) Detail(p *Plan, date Date) (Detail, error) {
	clocks, err := s.Clocks()
	if err != nil {
		return Detail{}, err
	}
	w := dayWork{s: s, p: p, clocks: clocks, shifts: s.shiftTypes(), d: Detail{Date: date}}
	w.frame()
	w.stand()
	w.rotate()
	w.feed()
	w.holes()
	for _, l := range p.Leave {
		if l.On(date) {
			w.d.Away = append(w.d.Away, l)
		}
	}
	slices.SortFunc(w.d.Away, func(a, b Leave) int { return cmp.Compare(a.Officer, b.Officer) })
	return w.d, nil
}

// dayWork is a Detail under construction.
type dayWork struct {
	s      *Station
	p      *Plan
	clocks Clocks
	shifts map[string]*ShiftType
	d      Detail
}

// frame says when the day begins, and makes its columns.
func (w *dayWork) frame() {
	first := dayMinutes
	for _, a := range w.p.Assignments {
		if t := w.shifts[a.Shift]; a.Date == w.d.Date && t != nil && t.Class != StandBy {
			first = min(first, t.Spans()[0].From)
		}
	}
	for i := range w.p.Demands {
		if d := &w.p.Demands[i]; d.Date == w.d.Date {
			for _, span := range d.spans(w.shifts) {
				first = min(first, span.From)
			}
		}
	}
	first -= first % 60
	if first >= dayMinutes {
		first = 0
	}
	w.d.From, w.d.To = w.clocks.At(w.d.Date, first), w.clocks.At(w.d.Date+1, first)
	for at := w.d.From; at.Before(w.d.To); at = at.Add(time.Hour) {
		w.d.Hours = append(w.d.Hours, at)
	}
}

// stand sorts the duties that touch the day by post.
func (w *dayWork) stand() {
	at := map[string]int{}
	for i := range w.s.Posts {
		if p := &w.s.Posts[i]; !p.Gone {
			at[p.ID] = len(w.d.Posts)
			w.d.Posts = append(w.d.Posts, PostDetail{Post: p.ID})
		}
	}
	for _, a := range w.p.Assignments {
		t := w.shifts[a.Shift]
		if t == nil || a.Date < w.d.Date-1 || a.Date > w.d.Date+1 {
			continue
		}
		for _, span := range t.Spans() {
			one := Stand{Officer: a.Officer, Shift: a.Shift, Post: a.Post, From: w.clocks.At(a.Date, span.From), To: w.clocks.At(a.Date, span.To), Source: a.Source}
			if !one.From.Before(w.d.To) || !one.To.After(w.d.From) {
				continue
			}
			one.Report = one.From
			i, posted := at[a.Post]
			switch {
			case t.Class == StandBy:
				w.d.StandBy = append(w.d.StandBy, one)
			case !posted:
				w.d.Reserve = append(w.d.Reserve, one)
			default:
				one.Report = one.From.Add(-time.Duration(w.s.Post(a.Post).Report) * time.Minute)
				w.d.Posts[i].Stands = append(w.d.Posts[i].Stands, one)
			}
		}
	}
	byTime := func(a, b Stand) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Officer, b.Officer)) }
	slices.SortFunc(w.d.Reserve, byTime)
	slices.SortFunc(w.d.StandBy, byTime)
	for i := range w.d.Posts {
		post := &w.d.Posts[i]
		slices.SortFunc(post.Stands, byTime)
		for _, one := range post.Stands {
			post.Turns = append(post.Turns, Turn{one.Officer, latest(one.From, w.d.From), earliest(one.To, w.d.To), ForDuty})
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// rotate lets officers who stand for the same time at posts of an area change places,
// where each may stand at all of them.
func (w *dayWork) rotate() {
	type ring struct {
		area  string
		every int
		from  int64
		to    int64
	}
	rings, order := map[ring][]int{}, []ring{} // posts, by index
	for i := range w.d.Posts {
		post := w.s.Post(w.d.Posts[i].Post)
		if post.Rotation <= 0 || post.Area == "" || len(w.d.Posts[i].Turns) == 0 {
			continue
		}
		for _, t := range w.d.Posts[i].Turns {
			if slices.ContainsFunc(w.d.Posts[i].Turns, func(o Turn) bool { return o != t && o.From.Before(t.To) && t.From.Before(o.To) }) {
				continue // more than one at a time change places among themselves
			}
			r := ring{post.Area, post.Rotation, t.From.Unix(), t.To.Unix()}
			if len(rings[r]) == 0 {
				order = append(order, r)
			}
			rings[r] = append(rings[r], i)
		}
	}
	for _, r := range order {
		w.turnRing(rings[r], r.every, r.from, r.to)
	}
}

func (w *dayWork) turnRing(posts []int, every int, from, to int64) {
	if len(posts) < 2 {
		return
	}
	who := make([]string, len(posts))
	for k, i := range posts {
		turns := &w.d.Posts[i].Turns
		n := slices.IndexFunc(*turns, func(t Turn) bool { return t.From.Unix() == from && t.To.Unix() == to && t.Why == ForDuty })
		who[k] = (*turns)[n].Officer
	}
	for _, officer := range who {
		for _, i := range posts {
			if !w.fits(officer, w.d.Posts[i].Post) {
				return
			}
		}
	}
	zone := w.d.From.Location()
	for k, i := range posts {
		turns := slices.DeleteFunc(w.d.Posts[i].Turns, func(t Turn) bool { return t.From.Unix() == from && t.To.Unix() == to })
		for n, at := 0, from; at < to; n, at = n+1, at+int64(every)*60 {
			why := ForRotation
			if n == 0 {
				why = ForDuty
			}
			turns = append(turns, Turn{who[(k+n)%len(who)], time.Unix(at, 0).In(zone), time.Unix(min(to, at+int64(every)*60), 0).In(zone), why})
		}
		w.d.Posts[i].Turns = turns
	}
}

// fits reports whether an officer may stand at a post by rank and qualifications.
func (w *dayWork) fits(officer, post string) bool {
	o, p := w.s.Officer(officer), w.s.Post(post)
	if o == nil || p == nil || o.Rank < p.MinRank && p.MinRank > NoRank {
		return false
	}
	required := p.Required
	if p.Armed {
		required = append(slices.Clip(required), w.s.FirearmCode())
	}
	return !slices.ContainsFunc(required, func(code string) bool { _, valid := o.Holds(code, w.d.Date); return !valid })
}

// Meals lie between these times after the beginning and before the end of a duty of
// at least shortestFed.
const (
	shortestFed = 6 * time.Hour
	hungryAfter = 150 * time.Minute
	fedBefore   = 90 * time.Minute
	mealStep    = 15 * time.Minute
)

// feed gives each officer of a post with meal reliefs a break and somebody who stands
// in: another of the post, one of the reserve, or a patrol that stops for it. Nobody is
// at two places at a time.
func (w *dayWork) feed() {
	busy := map[string][]Turn{} // meals, and times of standing in
	for i := range w.d.Posts {
		post := &w.d.Posts[i]
		long := time.Duration(w.s.Post(post.Post).MealRelief) * time.Minute
		if long <= 0 {
			continue
		}
		for _, one := range post.Stands {
			if one.To.Sub(one.From) < shortestFed || one.From.Before(w.d.From) || !one.From.Before(w.d.To) {
				continue // the part of a night before belongs to the day before
			}
			w.feedOne(one, long, busy)
		}
	}
	for i := range w.d.Posts {
		slices.SortFunc(w.d.Posts[i].Meals, func(a, b Meal) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Officer, b.Officer)) })
		slices.SortFunc(w.d.Posts[i].Turns, func(a, b Turn) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Officer, b.Officer)) })
	}
}

// feedOne looks for a time around the middle of a duty.
func (w *dayWork) feedOne(one Stand, long time.Duration, busy map[string][]Turn) {
	first, last := one.From.Add(hungryAfter), one.To.Add(-fedBefore-long)
	middle := one.From.Add((one.To.Sub(one.From) - long) / 2).Truncate(mealStep)
	lost := Meal{Officer: one.Officer, From: middle, To: middle.Add(long)}
	for n := 0; n < 96; n++ {
		at := middle.Add(time.Duration((n+1)/2) * mealStep * time.Duration(1-n%2*2))
		if at.Before(first) || at.After(last) {
			continue
		}
		i, k := w.standing(one.Officer, at, at.Add(long))
		if i < 0 {
			continue
		}
		if by := w.standIn(i, one.Officer, at, at.Add(long), busy); by != "" {
			w.relieve(i, k, Meal{Officer: one.Officer, From: at, To: at.Add(long), By: by}, busy)
			return
		}
	}
	if i := slices.IndexFunc(w.d.Posts, func(p PostDetail) bool { return p.Post == one.Post }); !lost.To.After(w.d.To) {
		w.d.Posts[i].Meals = append(w.d.Posts[i].Meals, lost)
	}
}

// standing finds the turn in which an officer stands for all of a time; -1 for none.
func (w *dayWork) standing(officer string, from, to time.Time) (post, turn int) {
	for i := range w.d.Posts {
		for k, t := range w.d.Posts[i].Turns {
			if t.Officer == officer && t.Why != ForMeal && !from.Before(t.From) && !to.After(t.To) {
				return i, k
			}
		}
	}
	return -1, -1
}

// standIn is who may take a post for a time: one who stands there too, else of the
// reserve, else of the patrols, the one who has done so least.
func (w *dayWork) standIn(i int, officer string, from, to time.Time, busy map[string][]Turn) string {
	free := func(id string) bool {
		return !slices.ContainsFunc(busy[id], func(t Turn) bool { return t.From.Before(to) && from.Before(t.To) })
	}
	for _, t := range w.d.Posts[i].Turns {
		if t.Officer != officer && t.Why != ForMeal && !from.Before(t.From) && !to.After(t.To) && free(t.Officer) {
			return t.Officer
		}
	}
	best := ""
	for _, r := range w.d.Reserve {
		if from.Before(r.From) || to.After(r.To) || !free(r.Officer) || !w.fits(r.Officer, w.d.Posts[i].Post) || w.atPost(r.Officer, from, to) {
			continue
		}
		if best == "" || len(busy[r.Officer]) < len(busy[best]) {
			best = r.Officer
		}
	}
	if best != "" || w.s.Post(w.d.Posts[i].Post).Mobile {
		return best
	}
	for k := range w.d.Posts {
		if !w.s.Post(w.d.Posts[k].Post).Mobile {
			continue
		}
		for _, t := range w.d.Posts[k].Turns {
			if t.Why == ForMeal || from.Before(t.From) || to.After(t.To) || !free(t.Officer) || !w.fits(t.Officer, w.d.Posts[i].Post) {
				continue
			}
			if best == "" || len(busy[t.Officer]) < len(busy[best]) {
				best = t.Officer
			}
		}
	}
	return best
}

// leave takes an officer off the patrol while they stand in elsewhere.
func (w *dayWork) leave(officer string, from, to time.Time) {
	if i, k := w.standing(officer, from, to); i >= 0 && w.s.Post(w.d.Posts[i].Post).Mobile {
		w.cut(i, k, from, to)
	}
}

// cut takes a time out of a turn.
func (w *dayWork) cut(i, k int, from, to time.Time) {
	post := &w.d.Posts[i]
	whole := post.Turns[k]
	rest := slices.Delete(slices.Clone(post.Turns), k, k+1)
	if whole.From.Before(from) {
		rest = append(rest, Turn{whole.Officer, whole.From, from, whole.Why})
	}
	if to.Before(whole.To) {
		rest = append(rest, Turn{whole.Officer, to, whole.To, whole.Why})
	}
	post.Turns = rest
}

// atPost reports whether an officer of the reserve has a post of their own then.
func (w *dayWork) atPost(officer string, from, to time.Time) bool {
	return slices.ContainsFunc(w.d.Posts, func(p PostDetail) bool {
		return slices.ContainsFunc(p.Turns, func(t Turn) bool { return t.Officer == officer && t.From.Before(to) && from.Before(t.To) })
	})
}

// relieve cuts the turn of who eats, and lets who stands in stand.
func (w *dayWork) relieve(i, k int, m Meal, busy map[string][]Turn) {
	post := &w.d.Posts[i]
	w.cut(i, k, m.From, m.To)
	if !slices.ContainsFunc(post.Turns, func(t Turn) bool { return t.Officer == m.By && t.From.Before(m.To) && m.From.Before(t.To) }) {
		w.leave(m.By, m.From, m.To)
		post.Turns = append(post.Turns, Turn{m.By, m.From, m.To, ForMeal})
	}
	post.Meals = append(post.Meals, m)
	for _, id := range []string{m.Officer, m.By} {
		busy[id] = append(busy[id], Turn{Officer: id, From: m.From, To: m.To})
	}
}

// holes compares what is wanted with who is given, whatever rank and skills are asked
// for: the rules say that.
func (w *dayWork) holes() {
	type span struct {
		from, to time.Time
		n        int
	}
	wanted := map[string][]span{}
	for i := range w.p.Demands {
		d := &w.p.Demands[i]
		if d.Date < w.d.Date-1 || d.Date > w.d.Date+1 {
			continue
		}
		for _, part := range d.spans(w.shifts) {
			wanted[d.Post] = append(wanted[d.Post], span{w.clocks.At(d.Date, part.From), w.clocks.At(d.Date, part.To), d.Headcount})
		}
	}
	for i := range w.d.Posts {
		post := &w.d.Posts[i]
		cuts := append([]time.Time{w.d.From, w.d.To}, w.d.Hours...)
		for _, s := range wanted[post.Post] {
			cuts = append(cuts, s.from, s.to)
		}
		for _, s := range post.Stands {
			cuts = append(cuts, s.From, s.To)
		}
		cuts = slices.DeleteFunc(cuts, func(t time.Time) bool { return t.Before(w.d.From) || t.After(w.d.To) })
		slices.SortFunc(cuts, time.Time.Compare)
		post.Wanted = make([]int, len(w.d.Hours))
		for k := 1; k < len(cuts); k++ {
			from, to := cuts[k-1], cuts[k]
			if !from.Before(to) {
				continue
			}
			want, have := 0, map[string]bool{}
			for _, s := range wanted[post.Post] {
				if !from.Before(s.from) && !to.After(s.to) {
					want += s.n
				}
			}
			for _, s := range post.Stands {
				if !from.Before(s.From) && !to.After(s.To) {
					have[s.Officer] = true
				}
			}
			hour := min(int(from.Sub(w.d.From)/time.Hour), len(post.Wanted)-1)
			post.Wanted[hour] = max(post.Wanted[hour], want)
			if missing := want - len(have); missing > 0 {
				if n := len(post.Holes); n > 0 && post.Holes[n-1].To.Equal(from) && post.Holes[n-1].Missing == missing && post.Holes[n-1].Wanted == want {
					post.Holes[n-1].To = to
				} else {
					post.Holes = append(post.Holes, Hole{post.Post, from, to, missing, want})
				}
			}
		}
	}
}
