package rosters_test

import (
	"maps"
	"slices"

	"guardroom/rosters"
)

// The slow reading of posts: who is there in each minute.

// there are the officers at a post in a minute, each once, and the last day on
// which one of them began.
func (w *slow) there(minute int64, posts ...string) (present []rosters.Officer, latest rosters.Date) {
	for _, o := range w.s.Officers {
		found := false
		for _, st := range w.stints[o.ID] {
			if !st.standby && slices.Contains(posts, st.Post) && st.at(minute) {
				found = true
				latest = max(latest, st.Date)
			}
		}
		if found {
			present = append(present, o)
		}
	}
	return present, latest
}

func (st *stint) at(minute int64) bool {
	_, found := slices.BinarySearch(st.minutes, minute)
	return found
}

// minutes calls each for every minute in which something may begin or end: between
// two of them nothing changes.
func (w *slow) minutes(demands []wanted, each func(minute int64)) {
	edges := map[int64]bool{}
	for _, list := range w.stints {
		for _, st := range list {
			edge(edges, st.minutes)
		}
	}
	for _, d := range demands {
		edge(edges, d.list)
	}
	for _, m := range slices.Sorted(maps.Keys(edges)) {
		each(m)
	}
}

func edge(edges map[int64]bool, minutes []int64) {
	for i, m := range minutes {
		if i == 0 || minutes[i-1] != m-1 {
			edges[m] = true
		}
		if i == len(minutes)-1 || minutes[i+1] != m+1 {
			edges[m+1] = true
		}
	}
}

// wantedMinutes are the minutes of a demand.
func (w *slow) wantedMinutes(d *rosters.Demand) []int64 {
	if d.Shift != "" {
		return w.stint(rosters.Assignment{Date: d.Date, Shift: d.Shift}).minutes
	}
	end := int(d.From) + 1
	for end%1440 != int(d.To) {
		end++
	}
	var list []int64
	from, to := slowAt(w.zone, d.Date, int(d.From)).Unix()/60, slowAt(w.zone, d.Date, end).Unix()/60
	for m := from; m < to; m++ {
		list = append(list, m)
	}
	return list
}

// wanted is a demand with its minutes.
type wanted struct {
	*rosters.Demand
	list    []int64
	minutes map[int64]bool
}

func (w *slow) demands(post string) []wanted {
	var list []wanted
	for i := range w.p.Demands {
		d := &w.p.Demands[i]
		if d.Post != post {
			continue
		}
		one := wanted{d, w.wantedMinutes(d), map[int64]bool{}}
		for _, m := range one.list {
			one.minutes[m] = true
		}
		list = append(list, one)
	}
	// Days first, then those that ask for more, then as given: who is served first.
	slices.SortStableFunc(list, func(a, b wanted) int {
		if a.Date != b.Date {
			return int(a.Date - b.Date)
		}
		if a.MinRank != b.MinRank {
			return int(b.MinRank - a.MinRank)
		}
		return len(b.Required) - len(a.Required)
	})
	return list
}

// best is the way to give places to those present that serves the first demand as
// well as can be, then the second, and so on: all ways are tried.
func best(present []rosters.Officer, list []wanted) []int {
	if len(present) == 0 {
		return make([]int, len(list))
	}
	top := best(present[1:], list)
	for i, d := range list {
		o := present[0]
		if d.Headcount == 0 || d.MinRank > rosters.NoRank && o.Rank < d.MinRank {
			continue
		}
		if len(d.Required) > 0 {
			if _, valid := o.Holds(d.Required[0], d.Date); !valid {
				continue
			}
		}
		less := slices.Clone(list)
		one := *d.Demand
		one.Headcount--
		less[i].Demand = &one
		served := best(present[1:], less)
		served[i]++
		if slices.Compare(served, top) > 0 {
			top = served
		}
	}
	return top
}

func (w *slow) coverage() {
	type lack struct{ have, need int }
	for _, p := range w.s.Posts {
		demands := w.demands(p.ID)
		worst := map[*rosters.Demand]lack{}
		w.minutes(demands, func(m int64) {
			var now []wanted
			for _, d := range demands {
				if d.minutes[m] {
					now = append(now, d)
				}
			}
			present, _ := w.there(m, p.ID)
			for i, n := range best(present, now) {
				d := now[i]
				was, ok := worst[d.Demand]
				if n < d.Headcount && w.p.Inside(d.Date) && (!ok || n < was.have) {
					worst[d.Demand] = lack{n, d.Headcount}
				}
			}
		})
		for d, l := range worst {
			w.say("coverage", "", p.ID, d.Date, l.have, l.need)
		}
	}
}

func (w *slow) surplus() {
	for _, p := range w.s.Posts {
		demands := w.demands(p.ID)
		type much struct{ have, need int }
		days := map[rosters.Date]much{}
		w.minutes(demands, func(m int64) {
			var now []wanted
			for _, d := range demands {
				if d.minutes[m] {
					now = append(now, d)
				}
			}
			present, latest := w.there(m, p.ID)
			seated := 0
			for _, n := range best(present, now) {
				seated += n
			}
			if was := days[latest]; len(present)-seated > was.have-was.need && w.p.Inside(latest) {
				days[latest] = much{len(present), seated}
			}
		})
		for d, n := range days {
			w.say("surplus", "", p.ID, d, n.have, n.need)
		}
	}
}

func (w *slow) pairs() {
	for post, pair := range map[string]string{"q": "p", "r": "q"} {
		days := map[rosters.Date]bool{}
		w.minutes(nil, func(m int64) {
			present, latest := w.there(m, post)
			other, _ := w.there(m, pair)
			if len(present) > 0 && len(other) == 0 && w.p.Inside(latest) {
				days[latest] = true
			}
		})
		for d := range days {
			w.say("paired_posts", "", post, d, 0, 1)
		}
	}
}

func (w *slow) lane() {
	days := map[rosters.Date]bool{}
	w.minutes(nil, func(m int64) {
		present, latest := w.there(m, "p", "q")
		side := func(g rosters.Gender) bool {
			return slices.ContainsFunc(present, func(o rosters.Officer) bool { return o.Gender == g })
		}
		if len(present) >= 2 && w.p.Inside(latest) && !(side(rosters.Female) && side(rosters.Male)) {
			days[latest] = true
		}
	})
	for d := range days {
		w.say("mixed_lane", "", "p", d, 1, 2)
	}
}
