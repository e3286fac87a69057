package rosters_test

import (
	"slices"

	"guardroom/rosters"
)

// The slow reading of what is counted: hours, wishes, long rests, shares.

// tally counts an officer's period.
func (w *slow) tally(o rosters.Officer) rosters.Tally {
	var n rosters.Tally
	weekends := map[rosters.Date]bool{}
	for _, st := range w.work(o.ID) {
		if !w.p.Inside(st.Date) {
			continue
		}
		n.Minutes += st.worth
		n.Shifts++
		if st.night {
			n.Nights++
		}
		if st.Post == "p" {
			n.Unpopular++
		}
		if holiday(w.s, st.Date) {
			n.Holidays++
		}
		if weekend(w.s, st.Date) {
			begins := st.Date
			for weekend(w.s, begins-1) {
				begins--
			}
			weekends[begins] = true
		}
	}
	n.Weekends = len(weekends)
	here, paid, week := 0, 0, 0
	for d := rosters.Date(1); d <= 7; d++ {
		if !weekend(w.s, d) {
			week++
		}
	}
	for d := w.p.From; d <= w.p.Until; d++ {
		if o.Until != 0 && d > o.Until {
			continue
		}
		here++
		if w.away(o.ID, d) && !weekend(w.s, d) {
			paid++
		}
	}
	n.Target, n.Credit = o.Contract*here/7, o.Contract*paid/week
	if o.Contract > 0 {
		n.Overtime = max(0, n.Minutes+n.Credit-n.Target)
	}
	return n
}

func (w *slow) bounds(code string, o rosters.Officer, least, most int, bounded bool) {
	t := w.tally(o)
	if have := t.Minutes + t.Credit; have < least {
		w.say(code+".under", o.ID, "", w.p.From, have, least)
	} else if bounded && have > most {
		w.say(code+".over", o.ID, "", w.p.From, have, most)
	}
}

func (w *slow) wish(r rosters.Request) {
	wished, kept, first := 0, 0, rosters.Date(0)
	for d := max(r.From, w.p.From); d <= min(r.Until, w.p.Until); d++ {
		wished++
		given := w.onDay(w.stints[r.Officer], d)
		named := slices.ContainsFunc(given, func(st stint) bool { return slices.Contains(r.Shifts, st.Shift) || slices.Contains(r.Posts, st.Post) })
		ok := map[rosters.Wish]bool{
			rosters.WishFree: len(given) == 0, rosters.WishAvoid: !named,
			rosters.WishWork: named || len(given) > 0 && len(r.Shifts)+len(r.Posts) == 0,
		}[r.Wish]
		if ok {
			kept++
		} else if first == 0 {
			first = d
		}
	}
	if kept < wished {
		w.say("wishes."+string(r.Wish), r.Officer, "", first, kept, wished)
	}
}

// weeklyRest walks through the minutes of an officer: from the end of one long
// rest, the next must be over within the days.
func (w *slow) weeklyRest() {
	for _, o := range w.officers() {
		list := w.work(o.ID)
		works := map[int64]bool{}
		for _, st := range list {
			for m := st.from; m < st.to; m++ { // the hours between the parts of a split shift are no rest
				works[m] = true
			}
		}
		if len(list) == 0 {
			continue
		}
		since, rest, best, begun := int64(0), int64(w.rule.Minutes), int64(0), stint{}
		inside := false
		for m := list[0].from; m <= list[len(list)-1].to+3*int64(w.rule.Minutes)+2880; m++ {
			if works[m] {
				if rest >= int64(w.rule.Minutes) {
					since, best, inside = m, 0, false
					begun = list[slices.IndexFunc(list, func(st stint) bool { return st.from == m })]
				}
				for _, st := range list {
					inside = inside || st.from == m && w.p.Inside(st.Date)
				}
				if rest < int64(w.rule.Minutes) {
					best = max(best, rest)
				}
				rest = 0
				continue
			}
			rest++
			if rest == int64(w.rule.Minutes) {
				if late := m+1-since > int64(w.rule.Days*1440); late && inside {
					w.say("weekly_rest", o.ID, "", begun.Date, int(best), w.rule.Minutes)
				}
			}
		}
	}
}

func (w *slow) fairness() {
	of := func(t rosters.Tally) int {
		return map[rosters.Burden]int{
			rosters.NightBurden: t.Nights, rosters.WeekendBurden: t.Weekends, rosters.HolidayBurden: t.Holidays,
			rosters.UnpopularBurden: t.Unpopular, rosters.OvertimeBurden: t.Overtime / 60,
		}[w.rule.Of]
	}
	total, time := 0, 0
	for _, o := range w.officers() {
		now, before := w.tally(o), w.p.Before[o.ID]
		total += of(now) + of(before)
		time += max(0, before.Target-before.Credit+now.Target-now.Credit)
	}
	for _, o := range w.officers() {
		now, before := w.tally(o), w.p.Before[o.ID]
		mine := max(0, before.Target-before.Credit+now.Target-now.Credit)
		if total == 0 || mine == 0 {
			continue
		}
		have, share := 100*(of(now)+of(before)), 100*total*mine/time
		if have > share+100*w.rule.Count {
			w.say("fairness."+string(w.rule.Of), o.ID, "", w.p.From, have, share)
		}
	}
}
