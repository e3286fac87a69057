package planner

import (
	"slices"

	"guardroom/rosters"
)

// A muster is who stands where in one plan, and what that costs. One goroutine uses
// it.
type muster struct {
	*board
	base   []int     // [post]: its first piece among all
	ground []int     // [lane]: likewise
	young  []int16   // [base+piece]: those whose turn began on the piece's day
	old    []int16   // likewise, on the day before
	there  [][]int16 // [base+piece]: officers, at posts with special wants
	female []int16   // [ground+piece]
	male   []int16
	people []int16 // [ground+piece]
	fresh  []int16 // [ground+piece]: those whose turn began on the piece's day

	missing []int32 // [want]: minutes of officers
	extra   []int32 // [post*days+day]: minutes of officers nobody asked for
	alone   []int32 // [post*days+day]: pieces without the pair
	sided   []int32 // [lane*days+day]: pieces with one gender
	places  []int
	tried   []bool

	cost, broken, excess int // of all of it
}

func newMuster(b *board) *muster {
	c := &b.cover
	n, mixed := 0, 0
	m := &muster{board: b}
	for q := range b.posts {
		m.base = append(m.base, n)
		n += len(c.times[q].pieces)
	}
	for _, posts := range c.lanes {
		m.ground = append(m.ground, mixed)
		mixed += len(c.times[posts[0]].pieces)
	}
	m.young, m.old, m.there = make([]int16, n), make([]int16, n), make([][]int16, n)
	m.female, m.male, m.people, m.fresh = make([]int16, mixed), make([]int16, mixed), make([]int16, mixed), make([]int16, mixed)
	m.missing, m.sided = make([]int32, len(c.wants)), make([]int32, len(c.lanes)*b.days)
	m.extra, m.alone = make([]int32, b.posts*b.days), make([]int32, b.posts*b.days)
	for i := range c.wants {
		for _, s := range c.wants[i].spans {
			m.lack(int32(i), (s.to-s.from)*int32(c.wants[i].Headcount))
		}
	}
	return m
}

// stand adds one turn to its post; by is -1 to take it away.
func (m *muster) stand(o, day int, t turnOf, by int16) {
	if t.post < 0 || m.standby[t.shift] {
		return
	}
	q, c := int(t.post), &m.cover
	line := c.times[q]
	for _, s := range line.spans[day*m.shifts+int(t.shift)] {
		for piece := int(s.from); piece < int(s.to); piece++ {
			m.count(q, piece, -1)
			at := m.base[q] + piece
			if line.pieces[piece].day <= day {
				m.young[at] += by
			} else {
				m.old[at] += by
			}
			if c.special[q] {
				m.there[at] = changed(m.there[at], int16(o), by)
			}
			if l := c.lane[q]; l >= 0 {
				m.join(m.ground[l]+piece, o, line.pieces[piece].day <= day, by)
			}
			m.count(q, piece, 1)
		}
	}
}

func changed(list []int16, o, by int16) []int16 {
	if by > 0 {
		return append(list, o)
	}
	i := slices.Index(list, o)
	list[i] = list[len(list)-1]
	return list[:len(list)-1]
}

func (m *muster) join(at, o int, young bool, by int16) {
	m.people[at] += by
	if young {
		m.fresh[at] += by
	}
	switch m.station.Officers[o].Gender {
	case rosters.Female:
		m.female[at] += by
	case rosters.Male:
		m.male[at] += by
	}
}

// count adds what one piece of a post brings to the sums, sign times.
func (m *muster) count(q, piece int, sign int32) {
	c := &m.cover
	at := m.base[q] + piece
	have := int32(m.young[at] + m.old[at])
	length := c.times[q].pieces[piece].minutes()
	seated := m.seat(q, piece, have, func(w, lacking int32) {
		if lacking > 0 {
			m.lack(w, sign*lacking*length)
		}
	})
	if have > seated && len(c.surplus) > 0 {
		m.spare(q, m.latest(q, piece, m.young[at]), sign*(have-seated)*length)
	}
	if c.pair[q] >= 0 {
		m.lonely(q, piece, sign)
	}
	for _, p := range c.partner[q] {
		m.lonely(p, piece, sign)
	}
	if l := c.lane[q]; l >= 0 {
		m.oneSided(l, piece, sign)
	}
}

// latest is the last day on which somebody's turn began.
func (m *muster) latest(q, piece int, young int16) int {
	if young > 0 {
		return m.cover.times[q].pieces[piece].day
	}
	return m.cover.times[q].pieces[piece].day - 1
}

// seat gives places to those at a post and calls lacking for each want there.
func (m *muster) seat(q, piece int, have int32, lacking func(w, by int32)) (seated int32) {
	c := &m.cover
	wants := c.wanted[q][piece]
	if !c.special[q] || !slices.ContainsFunc(wants, func(w int32) bool { return c.wants[w].special }) {
		for _, w := range wants {
			n := min(have-seated, int32(c.wants[w].Headcount))
			seated += n
			lacking(w, int32(c.wants[w].Headcount)-n)
		}
		return seated
	}
	there := m.there[m.base[q]+piece]
	m.places, m.tried = m.places[:0], m.tried[:0]
	for range there {
		m.places, m.tried = append(m.places, 0), append(m.tried, false)
	}
	for i, w := range wants {
		n := 0
		for n < c.wants[w].Headcount {
			clear(m.tried)
			if !m.find(i, wants, there) {
				break
			}
			n++
		}
		seated += int32(n)
		lacking(w, int32(c.wants[w].Headcount-n))
	}
	return seated
}

// find finds somebody for one more place of wants[i], moving others to places that
// they fit too.
func (m *muster) find(i int, wants []int32, there []int16) bool {
	w := &m.cover.wants[wants[i]]
	for k, o := range there {
		if m.tried[k] || w.special && !w.serves[o] {
			continue
		}
		m.tried[k] = true
		if m.places[k] == 0 || m.find(m.places[k]-1, wants, there) {
			m.places[k] = i + 1
			return true
		}
	}
	return false
}

// lack changes the minutes that a want lacks.
func (m *muster) lack(w, by int32) {
	if !m.cover.wants[w].counts {
		return
	}
	for _, l := range m.cover.coverage {
		was, is := m.missing[w], m.missing[w]+by
		worth := int64(l.worth) * m.cover.wants[w].worth
		m.pay(l, was, is, func(n int32) int64 { return worth * int64(n) / (10 * eightHours) }, 60)
	}
	m.missing[w] += by
}

// pay replaces what an amount costs under a law; unit of it is one unit of excess.
func (m *muster) pay(l *law, was, is int32, cost func(int32) int64, unit int32) {
	if l.mandatory {
		if was > 0 {
			m.broken--
		}
		if is > 0 {
			m.broken++
		}
		m.excess += int((is+unit-1)/unit - (was+unit-1)/unit)
		return
	}
	if was > 0 {
		m.cost -= int(max(1, cost(was)))
	}
	if is > 0 {
		m.cost += int(max(1, cost(is)))
	}
}

func (m *muster) spare(q, day int, by int32) {
	if !m.inside(day) {
		return
	}
	at := q*m.days + day
	for _, l := range m.cover.surplus {
		m.pay(l, m.extra[at], m.extra[at]+by, func(n int32) int64 { return int64(l.worth) * int64(n) / eightHours }, 60)
	}
	m.extra[at] += by
}

// lonely counts a piece in which a post is manned and its pair is not.
func (m *muster) lonely(q, piece int, sign int32) {
	at, pair := m.base[q]+piece, m.base[m.cover.pair[q]]+piece
	if m.young[at]+m.old[at] == 0 || m.young[pair]+m.old[pair] > 0 {
		return
	}
	day := m.latest(q, piece, m.young[at])
	if !m.inside(day) {
		return
	}
	i := q*m.days + day
	for _, l := range m.cover.pairs {
		m.pay(l, m.alone[i], m.alone[i]+sign, func(int32) int64 { return int64(l.worth) }, 1)
	}
	m.alone[i] += sign
}

// oneSided counts a piece in which a lane has one gender.
func (m *muster) oneSided(lane, piece int, sign int32) {
	at := m.ground[lane] + piece
	if m.people[at] < 2 || m.female[at] > 0 && m.male[at] > 0 {
		return
	}
	day := m.latest(m.cover.lanes[lane][0], piece, m.fresh[at])
	if !m.inside(day) {
		return
	}
	i := lane*m.days + day
	for _, l := range m.cover.mixed {
		m.pay(l, m.sided[i], m.sided[i]+sign, func(int32) int64 { return int64(l.worth) }, 1)
	}
	m.sided[i] += sign
}

// hope is the least that one more turn, or one less, can change the cost of plain
// coverage; of posts that depend on others nothing is known.
func (m *muster) hope(day int, t turnOf, by int32) (least float64) {
	if t.post < 0 {
		return 0
	}
	c := &m.cover
	q := int(t.post)
	line := c.times[q]
	for _, s := range line.spans[day*m.shifts+int(t.shift)] {
		for piece := int(s.from); piece < int(s.to); piece++ {
			have := int32(m.young[m.base[q]+piece] + m.old[m.base[q]+piece])
			wanted := c.heads[q][piece]
			minutes := float64(line.pieces[piece].minutes())
			switch {
			case by > 0 && (have < wanted || c.special[q]):
				least -= m.worth(q, minutes)
			case by < 0 && have <= wanted && !c.special[q]:
				least += m.worth(q, minutes)
			case by < 0:
				for _, l := range c.surplus {
					least -= float64(l.worth) * minutes / eightHours
				}
			}
		}
	}
	return least
}

// worth is the cost of minutes that nobody covers, when it is no mandatory matter.
func (m *muster) worth(q int, minutes float64) (sum float64) {
	for _, l := range m.cover.coverage {
		if !l.mandatory {
			sum += float64(l.worth) * float64(m.station.Posts[q].Worth()) * minutes / (10 * eightHours)
		}
	}
	return sum
}
