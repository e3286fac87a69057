package intake

import (
	"maps"
	"slices"
	"time"
)

// span is a run of sequence numbers, both ends included.
type span struct {
	First, Last uint64
	seen        time.Time // when the console first had one of them
}

// spans are disjoint, in order, and do not touch.
type spans []span

// find returns the index of the span that holds n, or of the first one after it.
func (s spans) find(n uint64) (int, bool) {
	return slices.BinarySearchFunc(s, n, func(x span, n uint64) int {
		switch {
		case x.Last < n:
			return -1
		case x.First > n:
			return 1
		}
		return 0
	})
}

func (s spans) has(n uint64) bool {
	_, ok := s.find(n)
	return ok
}

// add puts n in, which is not in yet.
func (s spans) add(n uint64, seen time.Time) spans {
	i, _ := s.find(n)
	joinsLeft := i > 0 && s[i-1].Last+1 == n
	joinsRight := i < len(s) && s[i].First == n+1
	switch {
	case joinsLeft && joinsRight:
		s[i-1].Last = s[i].Last
		if s[i].seen.Before(s[i-1].seen) {
			s[i-1].seen = s[i].seen
		}
		return slices.Delete(s, i, i+1)
	case joinsLeft:
		s[i-1].Last = n
		return s
	case joinsRight:
		s[i].First = n
		return s
	}
	return slices.Insert(s, i, span{n, n, seen})
}

// remove takes n out.
func (s spans) remove(n uint64) spans {
	i, ok := s.find(n)
	if !ok {
		return s
	}
	was := s[i]
	switch {
	case was.First == was.Last:
		return slices.Delete(s, i, i+1)
	case was.First == n:
		s[i].First++
	case was.Last == n:
		s[i].Last--
	default:
		s[i].Last = n - 1
		return slices.Insert(s, i+1, span{n + 1, was.Last, was.seen})
	}
	return s
}

// sequence is what the console has of one epoch of one gateway.
//
//	1 … upto          all of it, but for gaps
//	above             further ones, behind holes
type sequence struct {
	upto    uint64
	version int64 // of the row in the database; 0: no row yet
	above   spans
	gaps    spans // recorded as missing, and not come since; settled all the same
	since   time.Time
}

// take notes n and reports whether it is new; late is set when it fills a gap.
func (q *sequence) take(n uint64, now time.Time) (fresh, late bool) {
	if q.gaps.has(n) { // wherever it lies, it counts as settled already
		q.gaps = q.gaps.remove(n)
		return true, true
	}
	if n <= q.upto || q.above.has(n) {
		return false, false
	}
	q.above = q.above.add(n, now)
	return true, false
}

// settle moves upto over what has no hole before it.
func (q *sequence) settle(now time.Time) {
	before := q.upto
	for len(q.above) > 0 && q.above[0].First == q.upto+1 {
		q.upto = q.above[0].Last
		q.above = q.above[1:]
	}
	if q.upto != before || len(q.above) == 0 {
		q.since = now
	}
}

// skip records what is missing between first and last as gaps, so that the
// numbers count as settled, and returns them.
func (q *sequence) skip(first, last uint64, now time.Time) []span {
	var missing []span
	first = max(first, q.upto+1)
	for first != 0 && first <= last {
		i, inside := q.above.find(first)
		if inside {
			if q.above[i].Last >= last {
				break
			}
			first = q.above[i].Last + 1
			continue
		}
		end := last
		if i < len(q.above) {
			end = min(end, q.above[i].First-1)
		}
		missing = append(missing, span{First: first, Last: end})
		q.above = slices.Insert(q.above, i, span{first, end, now})
		q.above = q.above.join(i)
		if end == last {
			break
		}
		first = end + 1
	}
	for _, m := range missing {
		i, _ := q.gaps.find(m.First)
		q.gaps = slices.Insert(q.gaps, i, m)
		q.gaps = q.gaps.join(i)
	}
	return missing
}

// join melts span i with its neighbours where they touch.
func (s spans) join(i int) spans {
	if i+1 < len(s) && s[i].Last+1 == s[i+1].First {
		s[i].Last = s[i+1].Last
		s = slices.Delete(s, i+1, i+2)
	}
	if i > 0 && s[i-1].Last+1 == s[i].First {
		s[i-1].Last = s[i].Last
		s = slices.Delete(s, i, i+1)
	}
	return s
}

// stale lists the holes that nothing has filled for age: the sequence has not
// moved for so long, and what lies behind the hole has been here for so long.
func (q *sequence) stale(now time.Time, age time.Duration, quiet time.Time) []span {
	since := q.since
	if quiet.After(since) {
		since = quiet
	}
	if len(q.above) == 0 || now.Sub(since) < age {
		return nil
	}
	var holes []span
	from := q.upto + 1
	for _, s := range q.above {
		if now.Sub(s.seen) < age {
			break
		}
		holes = append(holes, span{First: from, Last: s.First - 1})
		from = s.Last + 1
	}
	return holes
}

func (q *sequence) clone() *sequence {
	c := *q
	c.above, c.gaps = slices.Clone(q.above), slices.Clone(q.gaps)
	return &c
}

// track is what a shard remembers of one gateway. The database has the truth: a
// track is thrown away whenever its commit failed.
type track struct {
	epochs map[uint64]*sequence
	heard  time.Time // the last message
	away   time.Time // when it was last found not connected, or nothing could be committed
}

func (t *track) clone() *track {
	c := *t
	c.epochs = maps.Clone(t.epochs)
	for e, q := range c.epochs {
		c.epochs[e] = q.clone()
	}
	return &c
}

func (t *track) sequence(epoch uint64, now time.Time) *sequence {
	q := t.epochs[epoch]
	if q == nil {
		q = &sequence{since: now}
		t.epochs[epoch] = q
	}
	return q
}
