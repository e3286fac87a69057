package intake

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestSequence plays arrivals, drops and restarts against a plain set of
// numbers: each number is new once, the mark is the end of what has no hole, and
// what is read back from the database is what was there.
func TestSequence(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		q := &sequence{since: now}
		here, gone := map[uint64]bool{}, map[uint64]bool{}
		var recorded []Span
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			n := rapid.Uint64Range(1, 40).Draw(t, "n")
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				to := n + rapid.Uint64Range(0, 5).Draw(t, "more")
				for _, m := range q.skip(n, to, now) {
					recorded = append(recorded, Span{m.First, m.Last})
					for i := m.First; i <= m.Last; i++ {
						if here[i] || gone[i] || i < n || i > to {
							t.Fatalf("%d is no hole", i)
						}
						gone[i] = true
					}
				}
				for i := max(n, q.upto+1); i <= to; i++ {
					if !here[i] && !gone[i] {
						t.Fatalf("%d was not skipped", i)
					}
				}
			case 1:
				q = reload(q, here, recorded, now)
			default:
				fresh, late := q.take(n, now)
				if fresh == here[n] || late != (gone[n] && !here[n]) {
					t.Fatalf("take(%d) = %v, %v; here %v, gone %v", n, fresh, late, here[n], gone[n])
				}
				here[n] = true
			}
			q.settle(now)
			upto := uint64(0)
			for here[upto+1] || gone[upto+1] {
				upto++
			}
			if q.upto != upto {
				t.Fatalf("upto %d, want %d", q.upto, upto)
			}
			check(t, q.above)
			check(t, q.gaps)
			for i := uint64(1); i < 50; i++ {
				if q.gaps.has(i) != (gone[i] && !here[i]) {
					t.Fatalf("%d is a gap: %v", i, q.gaps.has(i))
				}
				if i > upto && q.above.has(i) != (here[i] || gone[i]) {
					t.Fatalf("%d is above: %v", i, q.above.has(i))
				}
			}
		}
	})
}

// reload is q as another console would read it: keys are kept above the mark and
// inside of gaps.
func reload(q *sequence, here map[uint64]bool, recorded []Span, now time.Time) *sequence {
	p := Progress{Epoch: 1, Upto: q.upto, Version: q.version, Gaps: recorded}
	inGap := func(n uint64) bool {
		for _, g := range recorded {
			if n >= g.First && n <= g.Last {
				return true
			}
		}
		return false
	}
	var keys spans
	for n := uint64(1); n < 60; n++ {
		if here[n] && (n > q.upto || inGap(n)) {
			keys = keys.add(n, now)
		}
	}
	for _, k := range keys {
		p.Present = append(p.Present, Span{k.First, k.Last})
	}
	p.Gaps = nil
	var gaps spans // the database gives them in order
	for _, g := range recorded {
		i, _ := gaps.find(g.First)
		gaps = append(gaps[:i], append(spans{{First: g.First, Last: g.Last}}, gaps[i:]...)...)
	}
	for _, g := range gaps {
		p.Gaps = append(p.Gaps, Span{g.First, g.Last})
	}
	return p.sequence(now)
}

func check(t *rapid.T, s spans) {
	for i, x := range s {
		if x.First > x.Last || i > 0 && s[i-1].Last >= x.First {
			t.Fatalf("spans %v", s)
		}
	}
}

func TestStaleHoles(t *testing.T) {
	t.Parallel()
	start := time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)
	at := func(s int) time.Time { return start.Add(time.Duration(s) * time.Second) }
	q := &sequence{since: start}
	q.take(3, at(0))
	q.settle(at(0))
	if got := q.stale(at(59), time.Minute, start); got != nil {
		t.Errorf("given up after 59 s: %v", got)
	}
	if got := q.stale(at(60), time.Minute, at(10)); got != nil {
		t.Errorf("given up 50 s after the gateway came back: %v", got)
	}
	q.take(6, at(30))
	q.settle(at(30))
	if got := q.stale(at(60), time.Minute, start); len(got) != 1 || got[0].First != 1 || got[0].Last != 2 {
		t.Errorf("after 60 s: %v, want the hole before 3 only", got)
	}
	q.take(1, at(50)) // the backlog is moving
	q.settle(at(50))
	if got := q.stale(at(100), time.Minute, start); got != nil {
		t.Errorf("given up while the backlog moves: %v", got)
	}
	if got := q.stale(at(110), time.Minute, start); len(got) != 2 {
		t.Errorf("after a standstill: %v", got)
	}
}
