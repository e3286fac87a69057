package rosters

// Runs of days, nights, weekends and holidays.

// runs calls found for each longest run of days on which marks is set.
func (f *findings) runs(marks []bool, found func(from, to Date)) {
	for i := 0; i < len(marks); i++ {
		k := i
		for k < len(marks) && marks[k] {
			k++
		}
		if k > i {
			found(f.j.from+Date(i), f.j.from+Date(k))
			i = k
		}
	}
}

// consecutiveDays finds more than Count days with duty in a row, or fewer than
// Least: those not where nothing is known of the day beside them, nor beside
// leave.
func (f *findings) consecutiveDays(w *row) {
	known := f.j.plan.known()
	f.runs(w.worked, func(from, to Date) {
		n := int(to - from)
		v := f.days(w, from, to)
		v.Have, v.Unit = n, InCount
		switch {
		case f.rule.Count > 0 && n > f.rule.Count:
			v.Need = f.rule.Count
			f.add(v, n-f.rule.Count)
		case n < f.rule.Least && from > known.from && to <= known.until &&
			f.j.onLeave(w.officer, from-1) == nil && f.j.onLeave(w.officer, to) == nil:
			v.Code, v.Need = "consecutive_days.short", f.rule.Least
			f.add(v, f.rule.Least-n)
		}
	})
}

// daysOff finds fewer than Count days off in a row between two days with duty.
// Leave is no day off that was too short.
func (f *findings) daysOff(w *row) {
	ended := Date(0)
	f.runs(w.worked, func(from, to Date) {
		if off := int(from - ended); ended != 0 && off < f.rule.Count && !f.leaveIn(w, ended, from) {
			v := f.days(w, ended-1, from+1)
			v.Date, v.From, v.To = ended, f.j.clocks.At(ended, 0), f.j.clocks.At(from, 0)
			v.Have, v.Need, v.Unit = off, f.rule.Count, InCount
			f.add(v, f.rule.Count-off)
		}
		ended = to
	})
}

func (f *findings) leaveIn(w *row, from, to Date) bool {
	for d := from; d < to; d++ {
		if f.j.onLeave(w.officer, d) != nil {
			return true
		}
	}
	return false
}

// consecutiveNights finds more than Count nights in a row.
func (f *findings) consecutiveNights(w *row) {
	f.runs(w.nights, func(from, to Date) {
		if n := int(to - from); n > f.rule.Count {
			v := f.days(w, from, to)
			v.Have, v.Need, v.Unit = n, f.rule.Count, InCount
			f.add(v, n-f.rule.Count)
		}
	})
}

// weekends finds more than Count weekends with duty in any Weeks in a row, or in
// the period when Weeks is 0.
func (f *findings) weekends(w *row) {
	report := func(v Violation, n int) {
		v.Have, v.Need, v.Unit = n, f.rule.Count, InCount
		f.add(v, n-f.rule.Count)
	}
	if f.rule.Weeks > 0 {
		f.weekendWindows(w, report)
		return
	}
	if w.tally.Weekends > f.rule.Count {
		report(f.onWeekends(w, f.j.plan.From, f.j.plan.Until+1), w.tally.Weekends)
	}
}

// weekendWindows looks at Weeks weekends in a row as hoursInWindow looks at days.
func (f *findings) weekendWindows(w *row, report func(Violation, int)) {
	list := f.workedWeekends(w)
	for i := 0; i < len(list); {
		end := list[i].from
		for range f.rule.Weeks {
			end = f.j.station.afterWeekend(end)
		}
		n, inside := 0, false
		for k := i; k < len(list) && list[k].from < end; k++ {
			n++
			inside = inside || list[k].inside
		}
		if !inside || n <= f.rule.Count {
			i++
			continue
		}
		report(f.onWeekends(w, list[i].from, end), n)
		i += n
	}
}

// afterWeekend is the first working day after the weekend that d is of, or after
// the next one.
func (s *Station) afterWeekend(d Date) Date {
	for !s.Weekend(d) {
		d++
	}
	for s.Weekend(d) {
		d++
	}
	return d
}

// workedWeekend is a weekend with duty; inside: on a day of the period.
type workedWeekend struct {
	from   Date
	inside bool
}

func (f *findings) workedWeekends(w *row) []workedWeekend {
	var list []workedWeekend
	for i, begins := range f.j.weekend {
		if begins == 0 || !w.worked[i] {
			continue
		}
		if n := len(list); n == 0 || list[n-1].from != begins {
			list = append(list, workedWeekend{from: begins})
		}
		last := &list[len(list)-1]
		last.inside = last.inside || f.j.plan.Inside(f.j.from+Date(i))
	}
	return list
}

// onWeekends is days, of which only those of weekends give cells.
func (f *findings) onWeekends(w *row, from, to Date) Violation {
	return f.daysWhere(w, from, to, func(day int) bool { return w.worked[day] && f.j.weekend[day] != 0 })
}

// wholeWeekends finds weekends of which some days are worked and others not,
// leave aside.
func (f *findings) wholeWeekends(w *row) {
	known := f.j.plan.known()
	for i := 0; i < len(f.j.weekend); {
		begins := f.j.weekend[i]
		k := i + 1
		for k < len(f.j.weekend) && begins != 0 && f.j.weekend[k] == begins {
			k++
		}
		from, to := f.j.from+Date(i), f.j.from+Date(k)
		worked := 0
		for d := i; d < k; d++ {
			if w.worked[d] {
				worked++
			}
		}
		whole := begins == from && known.holds(from) && known.holds(to-1) && !f.j.station.Weekend(to)
		if begins != 0 && whole && worked > 0 && worked < k-i && !f.leaveIn(w, from, to) {
			v := f.days(w, from, to)
			v.Have, v.Need, v.Unit = worked, k-i, InCount
			f.add(v, 1)
		}
		i = k
	}
}

// publicHolidays finds officers with more than Count turns on public holidays.
func (f *findings) publicHolidays(w *row) {
	if w.tally.Holidays <= f.rule.Count {
		return
	}
	v := f.daysWhere(w, f.j.plan.From, f.j.plan.Until+1, func(day int) bool { return w.worked[day] && f.j.holiday[day] })
	v.Have, v.Need, v.Unit = w.tally.Holidays, f.rule.Count, InCount
	f.add(v, w.tally.Holidays-f.rule.Count)
}
