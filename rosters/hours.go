package rosters

// How much: hours, and counts of shifts. Minutes are real ones and stand on the
// day on which their shift begins.

// minutesOn sums the minutes of a day, of the rule's Shifts.
func (f *findings) minutesOn(w *row) []int {
	minutes := make([]int, f.j.days())
	for _, t := range w.work {
		if f.rule.shifts[t.kind] {
			minutes[f.j.index(t.date)] += t.minutes
		}
	}
	return minutes
}

// hoursPerDay finds days with more than Minutes.
func (f *findings) hoursPerDay(w *row) {
	for i, n := range f.minutesOn(w) {
		if n > f.rule.Minutes {
			d := f.j.from + Date(i)
			v := f.days(w, d, d+1)
			v.Have, v.Need, v.Unit = n, f.rule.Minutes, InMinutes
			f.add(v, hoursUp(n-f.rule.Minutes))
		}
	}
}

// hoursPerWeek finds weeks of the station with more than Minutes.
func (f *findings) hoursPerWeek(w *row) {
	start := max(1, f.j.station.WeekStart)
	sum := 0
	minutes := f.minutesOn(w)
	for i, n := range minutes {
		d := f.j.from + Date(i)
		sum += n
		if (d+1).Weekday() != start && i < len(minutes)-1 {
			continue
		}
		if sum > f.rule.Minutes {
			monday := d
			for monday.Weekday() != start {
				monday--
			}
			v := f.days(w, monday, monday+7)
			v.Have, v.Need, v.Unit = sum, f.rule.Minutes, InMinutes
			f.add(v, hoursUp(sum-f.rule.Minutes))
		}
		sum = 0
	}
}

// hoursInWindow finds Days days in a row with more than Minutes. Windows that are
// reported share no day: after one, the next begins behind it.
func (f *findings) hoursInWindow(w *row) {
	f.windows(w, f.minutesOn(w), f.rule.Days, f.rule.Minutes, func(v Violation, sum int) {
		v.Have, v.Need, v.Unit = sum, f.rule.Minutes, InMinutes
		f.add(v, hoursUp(sum-f.rule.Minutes))
	})
}

// windows calls found for windows of some days whose sum is beyond most and that
// have a worked day in the period; each begins on a worked day.
func (f *findings) windows(w *row, amount []int, days, most int, found func(v Violation, sum int)) {
	first := max(0, f.j.index(f.j.plan.From)-days+1)
	last := f.j.index(f.j.plan.Until)
	sums := make([]int, len(amount)+1) // sums[i]: before day i
	works := make([]int, len(amount)+1)
	for i, n := range amount {
		sums[i+1], works[i+1] = sums[i]+n, works[i]
		if n > 0 && f.j.plan.Inside(f.j.from+Date(i)) {
			works[i+1]++
		}
	}
	for i := first; i <= last; i++ {
		end := min(i+days, len(amount))
		if amount[i] == 0 || works[end] == works[i] {
			continue
		}
		if sum := sums[end] - sums[i]; sum > most {
			d := f.j.from + Date(i)
			found(f.daysWhere(w, d, d+Date(days), func(i int) bool { return amount[i] > 0 }), sum)
			i += days - 1
		}
	}
}

// share of the period that an officer is here for, of a whole.
func (f *findings) share(w *row, whole int) int {
	here := 0
	for d := f.j.plan.From; d <= f.j.plan.Until; d++ {
		if w.who.Here(d) {
			here++
		}
	}
	return whole * here / f.j.plan.Days()
}

// hoursInPeriod finds officers with more than Minutes, or less than Least, in the
// period, leave included, in proportion to their days here.
func (f *findings) hoursInPeriod(w *row) {
	have := w.tally.Minutes + w.tally.Credit
	f.bounds(w, have, f.share(w, f.rule.Least), f.share(w, f.rule.Minutes), f.rule.Minutes > 0)
}

// contractHours finds officers whose hours, leave included, are more than Under
// percent below their contract's, or more than Over percent above.
func (f *findings) contractHours(w *row) {
	if target := w.tally.Target; w.who.Contract > 0 {
		f.bounds(w, w.tally.Minutes+w.tally.Credit, target*(100-f.rule.Under)/100, target*(100+f.rule.Over)/100, true)
	}
}

func (f *findings) bounds(w *row, have, least, most int, bounded bool) {
	v := f.days(w, f.j.plan.From, f.j.plan.Until+1)
	v.Have, v.Unit = have, InMinutes
	switch {
	case have < least:
		v.Code, v.Need = string(f.rule.Kind)+".under", least
		f.add(v, hoursUp(least-have))
	case bounded && have > most:
		v.Code, v.Need = string(f.rule.Kind)+".over", most
		f.add(v, hoursUp(have-most))
	}
}

// shiftCount finds more than Count turns of Shifts in Days days in a row, or in
// the period when Days is 0.
func (f *findings) shiftCount(w *row) {
	count := make([]int, f.j.days())
	total := 0
	for _, t := range w.turns {
		if f.rule.shifts[t.kind] {
			count[f.j.index(t.date)]++
			if f.j.plan.Inside(t.date) {
				total++
			}
		}
	}
	report := func(v Violation, n int) {
		v.Have, v.Need, v.Unit = n, f.rule.Count, InCount
		f.add(v, n-f.rule.Count)
	}
	if f.rule.Days > 0 {
		f.windows(w, count, f.rule.Days, f.rule.Count, report)
	} else if total > f.rule.Count {
		report(f.daysWhere(w, f.j.plan.From, f.j.plan.Until+1, func(i int) bool { return count[i] > 0 }), total)
	}
}

// hoursUp are minutes in hours, rounded up.
func hoursUp(minutes int) int { return (minutes + 59) / 60 }
