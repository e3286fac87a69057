package rosters

import (
	"cmp"
	"slices"
)

// What concerns posts: who is there at each minute, and who should be.

// want is a demand in real time.
type want struct {
	*Demand
	spans   []interval
	special bool // asks for more than the post does
}

// lane is the posts of one search lane.
type lane struct {
	name  string
	posts []int
}

// indexPosts sorts demand by post and day, and posts by what they depend on.
func (j *Judge) indexPosts() {
	s := j.station
	j.wanted = make([][]want, len(s.Posts)*j.days())
	shifts := s.shiftTypes()
	for i := range j.plan.Demands {
		d := &j.plan.Demands[i]
		p, ok := j.posts[d.Post]
		if !ok || !j.holds(d.Date) {
			continue
		}
		w := want{Demand: d, special: d.MinRank > s.Posts[p].MinRank || len(d.Required) > 0}
		for _, span := range d.spans(shifts) {
			w.spans = append(w.spans, interval{j.clocks.minute(d.Date, span.From), j.clocks.minute(d.Date, span.To)})
		}
		at := &j.wanted[p*j.days()+j.index(d.Date)]
		*at = append(*at, w)
	}
	for _, list := range j.wanted {
		// Those that ask for more choose first.
		slices.SortStableFunc(list, func(a, b want) int {
			return cmp.Or(-cmp.Compare(a.MinRank, b.MinRank), -cmp.Compare(len(a.Required), len(b.Required)))
		})
	}
	j.near = make([][]int, len(s.Posts))
	for p := range s.Posts {
		j.near[p] = append(j.near[p], p)
		if pair, ok := j.posts[s.Posts[p].PairedWith]; ok {
			j.near[pair] = append(j.near[pair], p)
		}
		name := s.Posts[p].Lane
		if name == "" {
			continue
		}
		l := slices.IndexFunc(j.lanes, func(l lane) bool { return l.name == name })
		if l < 0 {
			l = len(j.lanes)
			j.lanes = append(j.lanes, lane{name: name})
		}
		j.lanes[l].posts = append(j.lanes[l].posts, p)
	}
}

// laneOf is the lane of a post, or -1.
func (j *Judge) laneOf(post int) int {
	if j.station.Posts[post].Lane == "" {
		return -1
	}
	return slices.IndexFunc(j.lanes, func(l lane) bool { return slices.Contains(l.posts, post) })
}

// around gathers what begins at posts on d, the day before and the day after: all
// that can touch demand and turns of d.
func (j *Judge) around(d Date, posts ...int) (turns []turn, wants []want) {
	for _, p := range posts {
		for day := d - 1; day <= d+1; day++ {
			at := p*j.days() + j.index(day)
			turns = append(turns, j.seated[at]...)
			wants = append(wants, j.wanted[at]...)
		}
	}
	slices.SortFunc(turns, func(a, b turn) int { return cmp.Or(orderTurns(a, b), cmp.Compare(a.officer, b.officer)) })
	return turns, wants
}

// moment is a time in which nobody comes or goes.
type moment struct {
	interval
	present []turn // one of each officer
	latest  Date   // on which the last of them began
	wants   []want
}

// moments cuts time where a turn or a demand begins or ends, and calls each for
// the pieces in which there is any.
func moments(turns []turn, wants []want, each func(m moment)) {
	var cuts []int64
	for _, t := range turns {
		for _, s := range t.spans {
			cuts = append(cuts, s.from, s.to)
		}
	}
	for _, w := range wants {
		for _, s := range w.spans {
			cuts = append(cuts, s.from, s.to)
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	m := moment{present: make([]turn, 0, len(turns)), wants: make([]want, 0, len(wants))}
	for i := 1; i < len(cuts); i++ {
		m.interval, m.present, m.wants, m.latest = interval{cuts[i-1], cuts[i]}, m.present[:0], m.wants[:0], 0
		for _, t := range turns {
			if !m.in(t.spans) {
				continue
			}
			m.latest = max(m.latest, t.date)
			if !slices.ContainsFunc(m.present, func(o turn) bool { return o.officer == t.officer }) {
				m.present = append(m.present, t)
			}
		}
		for _, w := range wants {
			if m.in(w.spans) {
				m.wants = append(m.wants, w)
			}
		}
		if len(m.present)+len(m.wants) > 0 {
			each(m)
		}
	}
}

func (m *moment) in(spans []interval) bool {
	for _, s := range spans {
		if s.from <= m.from && m.from < s.to {
			return true
		}
	}
	return false
}

func (m *moment) minutes() int { return int(m.to - m.from) }

// seatAll gives as many places as can be had to those present, and says how many
// each want gets. Wants before others in the list are served before them.
func (j *Judge) seatAll(m *moment) (served []int, seated int) {
	served = make([]int, len(m.wants))
	if !slices.ContainsFunc(m.wants, func(w want) bool { return w.special }) {
		left := len(m.present)
		for i, w := range m.wants {
			served[i] = min(left, w.Headcount)
			left -= served[i]
			seated += served[i]
		}
		return served, seated
	}
	places := make([]int, len(m.present)) // the want that each serves, from 1
	for i, w := range m.wants {
		for range w.Headcount {
			if !j.place(m, i, places, make([]bool, len(m.present))) {
				break
			}
			served[i]++
			seated++
		}
	}
	return served, seated
}

// place finds somebody for one more place of want i, moving others to places that
// they fit too (an augmenting path of a bipartite matching).
func (j *Judge) place(m *moment, i int, places []int, tried []bool) bool {
	for o := range m.present {
		if tried[o] || !j.serves(m.present[o].officer, &m.wants[i]) {
			continue
		}
		tried[o] = true
		if places[o] == 0 || j.place(m, places[o]-1, places, tried) {
			places[o] = i + 1
			return true
		}
	}
	return false
}

// serves reports whether an officer has what a want asks for beyond its post.
func (j *Judge) serves(officer int, w *want) bool {
	who := &j.station.Officers[officer]
	if who.Rank < w.MinRank && w.MinRank > NoRank && w.special {
		return false
	}
	for _, code := range w.Required {
		if _, valid := who.Holds(code, w.Date); !valid {
			return false
		}
	}
	return true
}

// hole is what a want lacks over its time.
type hole struct {
	interval
	have, missing int // fewest there; minutes of officers lacking
}

// judgePost lists what is wrong at a post on one day: its demand of that day, and
// what the turns that began on it bring.
func (j *Judge) judgePost(post int, d Date) {
	at := post*j.days() + j.index(d)
	f := findings{j: j}
	turns, wants := j.around(d, post)
	holes := map[*Demand]*hole{}
	var more surplus
	moments(turns, wants, func(m moment) {
		served, seated := j.seatAll(&m)
		for i, w := range m.wants {
			if w.Date == d && served[i] < w.Headcount {
				fall(holes, w.Demand, &m, served[i])
			}
		}
		if m.latest == d && len(m.present) > seated {
			more.add(&m, seated)
		}
	})
	for i := range j.rules {
		switch f.rule = &j.rules[i]; f.rule.Kind {
		case Coverage:
			for _, w := range j.wanted[at] {
				if h := holes[w.Demand]; h != nil {
					f.short(post, w.Demand, h)
				}
			}
		case Surplus:
			f.surplus(post, d, &more)
		case PairedPosts:
			f.pairs(post, d, turns)
		}
	}
	j.put(&j.atPost[at], f.list)
}

func fall(holes map[*Demand]*hole, d *Demand, m *moment, have int) {
	h := holes[d]
	if h == nil {
		h = &hole{interval: m.interval, have: have}
		holes[d] = h
	}
	h.from, h.to = min(h.from, m.from), max(h.to, m.to)
	h.have = min(h.have, have)
	h.missing += (d.Headcount - have) * m.minutes()
}

// eightHours is the shift that weights of posts are given for.
const eightHours = 8 * 60

// short is a demand that is not met.
func (f *findings) short(post int, d *Demand, h *hole) {
	v := Violation{
		Post: d.Post, Date: d.Date, From: f.j.instant(h.from), To: f.j.instant(h.to),
		Have: h.have, Need: d.Headcount, Unit: InCount, Shift: d.Shift, Detail: d.Source,
	}
	if d.Shift == "" {
		v.Shift = d.From.String() + "-" + d.To.String()
	}
	if d.MinRank > NoRank {
		v.Then = d.MinRank.String()
	}
	f.priced(v, f.rule.Worth()*f.j.station.Posts[post].Worth()*h.missing/(10*eightHours))
}

// surplus is officers whom nobody asked for.
type surplus struct {
	interval
	have, need, minutes int
	there               []turn
}

func (s *surplus) add(m *moment, need int) {
	if s.minutes == 0 {
		s.interval = m.interval
	}
	s.from, s.to = min(s.from, m.from), max(s.to, m.to)
	s.minutes += (len(m.present) - need) * m.minutes()
	if len(m.present)-need > s.have-s.need {
		s.have, s.need = len(m.present), need
	}
	for _, t := range m.present {
		if t.date == m.latest && !slices.ContainsFunc(s.there, func(o turn) bool { return o.officer == t.officer }) {
			s.there = append(s.there, t)
		}
	}
}

func (f *findings) surplus(post int, d Date, s *surplus) {
	if s.minutes == 0 {
		return
	}
	v := f.there(f.j.station.Posts[post].ID, d, s.interval, s.there)
	v.Have, v.Need, v.Unit = s.have, s.need, InCount
	f.priced(v, f.rule.Worth()*s.minutes/eightHours)
}

// there begins a violation about officers at a post.
func (f *findings) there(post string, d Date, during interval, turns []turn) Violation {
	v := Violation{Post: post, Date: d, From: f.j.instant(during.from), To: f.j.instant(during.to)}
	for _, t := range turns {
		id := f.j.station.Officers[t.officer].ID
		v.Others = append(v.Others, id)
		v.Cells = append(v.Cells, Cell{id, t.date})
	}
	return v
}

// pairs finds times at which a post is manned and its pair is not.
func (f *findings) pairs(post int, d Date, turns []turn) {
	pair, ok := f.j.posts[f.j.station.Posts[post].PairedWith]
	if !ok {
		return
	}
	others, _ := f.j.around(d, pair)
	var alone surplus
	moments(turns, nil, func(m moment) {
		if m.latest == d {
			for _, gap := range uncovered(m.interval, others) {
				m.interval = gap
				alone.add(&m, 0)
			}
		}
	})
	if alone.minutes == 0 {
		return
	}
	v := f.there(f.j.station.Posts[post].ID, d, alone.interval, alone.there)
	v.Detail, v.Need, v.Unit = f.j.station.Posts[pair].ID, 1, InCount
	f.add(v, 1)
}

// uncovered is what of a time no turn fills.
func uncovered(whole interval, turns []turn) []interval {
	left := []interval{whole}
	for _, t := range turns {
		for _, s := range t.spans {
			var rest []interval
			for _, l := range left {
				if s.to <= l.from || l.to <= s.from {
					rest = append(rest, l)
					continue
				}
				if l.from < s.from {
					rest = append(rest, interval{l.from, s.from})
				}
				if s.to < l.to {
					rest = append(rest, interval{s.to, l.to})
				}
			}
			left = rest
		}
	}
	return left
}

// judgeLane lists the times at which two or more stand at a search lane and one
// gender is missing.
func (j *Judge) judgeLane(l int, d Date) {
	f := findings{j: j}
	turns, _ := j.around(d, j.lanes[l].posts...)
	var oneSided surplus
	moments(turns, nil, func(m moment) {
		if m.latest != d || len(m.present) < 2 {
			return
		}
		sides := map[Gender]bool{}
		for _, t := range m.present {
			sides[j.station.Officers[t.officer].Gender] = true
		}
		if !sides[Female] || !sides[Male] {
			oneSided.add(&m, 0)
		}
	})
	for i := range j.rules {
		if f.rule = &j.rules[i]; f.rule.Kind == MixedLane && oneSided.minutes > 0 {
			v := f.there(j.station.Posts[j.lanes[l].posts[0]].ID, d, oneSided.interval, oneSided.there)
			v.Detail, v.Have, v.Need, v.Unit = j.lanes[l].name, 1, 2, InCount
			f.add(v, 1)
		}
	}
	j.put(&j.inLane[l*j.days()+j.index(d)], f.list)
}
