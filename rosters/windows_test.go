package rosters_test

import (
	"slices"
	"testing"

	"guardroom/rosters"
	"guardroom/rosters/rosterstest"

	"pgregory.net/rapid"
)

// windowed are the kinds that look at windows and name some of those that break
// the rule: no two of them share a day, and every one that breaks it meets one
// that is named.
var windowed = []rosters.Kind{rosters.HoursInWindow, rosters.ShiftCount, rosters.Weekends}

// amount is what a day brings to a windowed rule.
func (w *slow) amount(o string, d rosters.Date) int {
	switch w.rule.Kind {
	case rosters.HoursInWindow:
		return w.sum(o, d, d)
	case rosters.ShiftCount:
		n := 0
		for _, st := range w.onDay(w.stints[o], d) {
			if w.meant(st) {
				n++
			}
		}
		return n
	default:
		return min(1, len(w.onDay(w.work(o), d)))
	}
}

// total of the days from one to another, and whether some of it is in the period.
func (w *slow) total(o string, from, to rosters.Date) (n int, inside bool) {
	weekends := map[rosters.Date]bool{}
	for d := from; d <= to; d++ {
		a := w.amount(o, d)
		if w.rule.Kind == rosters.Weekends {
			if !weekend(w.s, d) || a == 0 {
				continue
			}
			begins := d
			for weekend(w.s, begins-1) {
				begins--
			}
			weekends[begins] = true
		}
		n += a
		inside = inside || a > 0 && w.p.Inside(d)
	}
	if w.rule.Kind == rosters.Weekends {
		n = len(weekends)
	}
	return n, inside
}

// window that begins on a day; ok is false where none does.
func (w *slow) window(d rosters.Date) (to rosters.Date, ok bool) {
	if w.rule.Kind != rosters.Weekends {
		return d + rosters.Date(w.rule.Days-1), true
	}
	if !weekend(w.s, d) || weekend(w.s, d-1) {
		return 0, false
	}
	to = d - 1
	for range w.rule.Weeks {
		for !weekend(w.s, to+1) {
			to++
		}
		for weekend(w.s, to+1) {
			to++
		}
	}
	return to, true
}

func (w *slow) most() int {
	if w.rule.Kind == rosters.HoursInWindow {
		return w.rule.Minutes
	}
	return w.rule.Count
}

func TestWindowsAgainstASlowReading(t *testing.T) {
	for _, kind := range windowed {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			wrong := 0
			rapid.Check(t, func(t *rapid.T) {
				s := rosterstest.Station(t, kind)
				p := rosterstest.Plan(t, &s, rapid.IntRange(2, 9).Draw(t, "how busy"))
				w := newSlow(t, &s, &p)
				found, err := rosters.Check(&s, &p)
				if err != nil {
					t.Fatal(err)
				}
				wrong += len(found)
				for _, o := range s.Officers {
					mine := slices.DeleteFunc(slices.Clone(found), func(v rosters.Violation) bool { return v.Officer != o.ID })
					if !slices.ContainsFunc(w.officers(), func(q rosters.Officer) bool { return q.ID == o.ID }) {
						if len(mine) > 0 {
							t.Fatalf("the rule is not for %s", o.ID)
						}
						continue
					}
					w.checkWindows(o.ID, mine)
				}
			})
			if wrong == 0 {
				t.Error("no random plan broke the rule: nothing was compared")
			}
		})
	}
}

func (w *slow) checkWindows(o string, mine []rosters.Violation) {
	t := w.t
	if w.rule.Kind == rosters.Weekends && w.rule.Weeks == 0 || w.rule.Kind != rosters.Weekends && w.rule.Days == 0 {
		n, _ := w.total(o, w.p.From, w.p.Until)
		if n > w.most() != (len(mine) == 1) || len(mine) == 1 && (mine[0].Have != n || mine[0].Need != w.most()) {
			t.Fatalf("%s has %d of %d in the period: %+v", o, n, w.most(), mine)
		}
		return
	}
	type span struct{ from, to rosters.Date }
	var named []span
	for _, v := range mine {
		d := v.Date
		if w.rule.Kind == rosters.Weekends { // its first weekend may begin before the days that are given
			for weekend(w.s, d-1) {
				d--
			}
		}
		to, ok := w.window(d)
		n, inside := w.total(o, d, to)
		if !ok || n != v.Have || v.Need != w.most() || n <= w.most() || !inside {
			t.Fatalf("%s from %s: judged %d of %d, read %d, in the period %v", o, v.Date, v.Have, v.Need, n, inside)
		}
		if k := len(named); k > 0 && named[k-1].to >= d {
			t.Fatalf("%s: the windows from %s and %s share days", o, named[k-1].from, d)
		}
		named = append(named, span{d, to})
	}
	for d := w.first(); d <= w.last(); d++ {
		to, ok := w.window(d)
		if !ok {
			continue
		}
		n, inside := w.total(o, d, to)
		if n > w.most() && inside && !slices.ContainsFunc(named, func(s span) bool { return s.from <= to && d <= s.to }) {
			t.Fatalf("%s from %s to %s has %d of %d, and no window that is named meets it: %+v", o, d, to, n, w.most(), named)
		}
	}
}
