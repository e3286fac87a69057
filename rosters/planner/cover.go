package planner

import (
	"cmp"
	"slices"

	"guardroom/rosters"
)

// cover is what posts want and when, in numbers. Time is cut into pieces in which
// nobody comes or goes, the same for posts that depend on each other.
type cover struct {
	times   []*timeline // [post]
	wants   []want
	wanted  [][][]int32 // [post][piece]: wants there, those first that are served first
	heads   [][]int32   // [post][piece]: officers wanted in the period
	special []bool      // [post]: some want asks for more than the post does
	pair    []int       // [post]: the post without which it is not manned, or -1
	partner [][]int     // [post]: posts of which it is the pair
	lane    []int       // [post], or -1
	lanes   [][]int     // posts

	coverage, surplus, pairs, mixed []*law
}

// timeline is how time is cut for a post.
type timeline struct {
	pieces []piece
	spans  [][]interval // [day*shifts+shift]: pieces of a turn, To excluded
}

// piece of time; day is that of the station's clock.
type piece struct {
	from, to int32
	day      int
}

func (p *piece) minutes() int32 { return p.to - p.from }

// want is a demand.
type want struct {
	*rosters.Demand
	post, day int
	counts    bool // lies in the period
	special   bool
	worth     int64 // of its post
	spans     []interval
	serves    []bool // [officer], when special
}

// eightHours is the shift for which weights of posts are given.
const eightHours = 8 * 60

func (b *board) readCover() {
	c := &b.cover
	for i := range b.laws {
		switch l := &b.laws[i]; l.kind {
		case rosters.Coverage:
			c.coverage = append(c.coverage, l)
		case rosters.Surplus:
			c.surplus = append(c.surplus, l)
		case rosters.PairedPosts:
			c.pairs = append(c.pairs, l)
		case rosters.MixedLane:
			c.mixed = append(c.mixed, l)
		}
	}
	b.readLanes()
	b.cutTimes()
	for i := range c.wants {
		w := &c.wants[i]
		for _, l := range c.coverage {
			b.unit = max(b.unit, int(int64(l.worth)*w.worth/10))
		}
	}
	b.unit = max(b.unit, 1)
}

// readWants puts demand in order: by day, and those that ask for more first.
func (b *board) readWants() {
	posts := map[string]int{}
	for q := range b.station.Posts {
		posts[b.station.Posts[q].ID] = q
	}
	shifts := map[string]*rosters.ShiftType{}
	for k := range b.station.ShiftTypes {
		shifts[b.station.ShiftTypes[k].Code] = &b.station.ShiftTypes[k]
	}
	c := &b.cover
	c.special = make([]bool, b.posts)
	for i := range b.plan.Demands {
		d := &b.plan.Demands[i]
		q, ok := posts[d.Post]
		day := b.index(d.Date)
		if !ok || day < 0 || day >= b.days {
			continue
		}
		p := &b.station.Posts[q]
		w := want{Demand: d, post: q, day: day, counts: b.inside(day), worth: int64(p.Worth()), special: d.MinRank > p.MinRank || len(d.Required) > 0}
		for _, span := range wallSpans(d, shifts) {
			w.spans = append(w.spans, interval{b.minuteAt(d.Date, span.From), b.minuteAt(d.Date, span.To)})
		}
		if w.special {
			c.special[q] = true
			for o := range b.station.Officers {
				w.serves = append(w.serves, b.serves(&b.station.Officers[o], &w))
			}
		}
		c.wants = append(c.wants, w)
	}
	slices.SortStableFunc(c.wants, func(x, y want) int {
		return cmp.Or(cmp.Compare(x.day, y.day), -cmp.Compare(x.MinRank, y.MinRank), -cmp.Compare(len(x.Required), len(y.Required)))
	})
}

// wallSpans are the wall times that a demand is for.
func wallSpans(d *rosters.Demand, shifts map[string]*rosters.ShiftType) []rosters.Span {
	if d.Shift != "" {
		if t := shifts[d.Shift]; t != nil {
			return t.Spans()
		}
		return nil
	}
	to := int(d.To)
	if to <= int(d.From) {
		to += 24 * 60
	}
	return []rosters.Span{{From: int(d.From), To: to}}
}

// serves reports whether an officer has what a want asks for beyond its post.
func (b *board) serves(who *rosters.Officer, w *want) bool {
	if who.Rank < w.MinRank {
		return false
	}
	for _, code := range w.Required {
		if _, valid := who.Holds(code, w.Date); !valid {
			return false
		}
	}
	return true
}

// cutTimes cuts the time of each post wherever a turn or a want of the post, or of one
// that depends on it, begins or ends.
func (b *board) cutTimes() {
	c := &b.cover
	kinds := make([][]bool, b.posts)
	for q := range kinds {
		kinds[q] = make([]bool, b.shifts)
	}
	for _, u := range b.duties {
		for _, t := range u.turns {
			if t.post >= 0 {
				kinds[t.post][t.shift] = true
			}
		}
	}
	c.times, c.wanted, c.heads = make([]*timeline, b.posts), make([][][]int32, b.posts), make([][]int32, b.posts)
	for q := range b.posts {
		if c.times[q] != nil {
			continue
		}
		posts := b.together(q)
		cuts := b.cuts(posts, kinds)
		line := b.cut(cuts)
		for _, p := range posts {
			c.times[p], c.wanted[p], c.heads[p] = line, make([][]int32, len(line.pieces)), make([]int32, len(line.pieces))
		}
	}
	for i := range c.wants {
		w := &c.wants[i]
		for at, p := range c.times[w.post].pieces {
			if slices.ContainsFunc(w.spans, func(s interval) bool { return s.from <= p.from && p.from < s.to }) {
				c.wanted[w.post][at] = append(c.wanted[w.post][at], int32(i))
				if w.counts {
					c.heads[w.post][at] += int32(w.Headcount)
				}
			}
		}
	}
}

// together lists the posts that depend on each other, by pair or lane, with q.
func (b *board) together(q int) []int {
	c := &b.cover
	posts := []int{q}
	for i := 0; i < len(posts); i++ {
		near := slices.Clone(c.partner[posts[i]])
		if p := c.pair[posts[i]]; p >= 0 {
			near = append(near, p)
		}
		if l := c.lane[posts[i]]; l >= 0 {
			near = append(near, c.lanes[l]...)
		}
		for _, p := range near {
			if !slices.Contains(posts, p) {
				posts = append(posts, p)
			}
		}
	}
	return posts
}

func (b *board) cuts(posts []int, kinds [][]bool) (cuts []int32) {
	for _, q := range posts {
		for k, used := range kinds[q] {
			for day := 0; used && day < b.days; day++ {
				for _, s := range b.occurrences[day*b.shifts+k].spans {
					cuts = append(cuts, s.from, s.to)
				}
			}
		}
	}
	for i := range b.cover.wants {
		if w := &b.cover.wants[i]; slices.Contains(posts, w.post) {
			for _, s := range w.spans {
				cuts = append(cuts, s.from, s.to)
			}
		}
	}
	slices.Sort(cuts)
	return slices.Compact(cuts)
}

func (b *board) cut(cuts []int32) *timeline {
	line := &timeline{spans: make([][]interval, len(b.occurrences))}
	day := 0
	for i := 1; i < len(cuts); i++ {
		for day+1 < b.days && b.minuteAt(b.date(day+1), 0) <= cuts[i-1] {
			day++
		}
		line.pieces = append(line.pieces, piece{cuts[i-1], cuts[i], day})
	}
	for i := range b.occurrences {
		for _, s := range b.occurrences[i].spans {
			from, begins := slices.BinarySearch(cuts, s.from)
			to, ends := slices.BinarySearch(cuts, s.to)
			if begins && ends && from < to { // others never stand here
				line.spans[i] = append(line.spans[i], interval{int32(from), int32(to)})
			}
		}
	}
	return line
}

// readLanes finds what depends on two posts.
func (b *board) readLanes() {
	c := &b.cover
	c.pair, c.partner, c.lane = make([]int, b.posts), make([][]int, b.posts), make([]int, b.posts)
	names := map[string]int{}
	for q := range b.station.Posts {
		p := &b.station.Posts[q]
		c.pair[q], c.lane[q] = -1, -1
		if len(c.pairs) > 0 && p.PairedWith != "" {
			c.pair[q] = slices.IndexFunc(b.station.Posts, func(o rosters.Post) bool { return o.ID == p.PairedWith })
			c.partner[c.pair[q]] = append(c.partner[c.pair[q]], q)
		}
		if len(c.mixed) == 0 || p.Lane == "" {
			continue
		}
		l, ok := names[p.Lane]
		if !ok {
			l = len(c.lanes)
			names[p.Lane] = l
			c.lanes = append(c.lanes, nil)
		}
		c.lane[q] = l
		c.lanes[l] = append(c.lanes[l], q)
	}
}
