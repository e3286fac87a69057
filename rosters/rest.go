package rosters

// How turns may follow each other. Everything is in real time.

// overlap finds pairs of turns that are partly at the same time.
func (f *findings) overlap(w *row) {
	for i, a := range w.turns {
		for _, b := range w.turns[i+1:] {
			if b.from >= a.to {
				break
			}
			if from, to, ok := meet(a.spans, b.spans); ok {
				v := f.of(w, a, b)
				v.From, v.To = f.j.instant(from), f.j.instant(to)
				v.Have, v.Unit = int(to-from), InMinutes
				f.add(v, 1)
			}
		}
	}
}

// meet is the first time that two shifts share.
func meet(a, b []interval) (from, to int64, ok bool) {
	for _, x := range a {
		for _, y := range b {
			if from, to := max(x.from, y.from), min(x.to, y.to); from < to {
				return from, to, true
			}
		}
	}
	return 0, 0, false
}

// dailyShifts finds days on which more than Count turns begin.
func (f *findings) dailyShifts(w *row) {
	for i := 0; i < len(w.turns); {
		k := i
		for k < len(w.turns) && w.turns[k].date == w.turns[i].date {
			k++
		}
		if k-i > f.rule.Count {
			v := f.of(w, w.turns[i:k]...)
			v.Have, v.Need, v.Unit = k-i, f.rule.Count, InCount
			f.add(v, k-i-f.rule.Count)
		}
		i = k
	}
}

// dailyRest finds turns that begin less than Minutes after the last one of Shifts
// has ended. Turns that overlap have no rest between them and are for overlap.
func (f *findings) dailyRest(w *row) {
	for i := range w.work {
		if i == 0 {
			continue
		}
		before, after := w.last[i-1], w.work[i]
		if rest := int(after.from - before.to); f.rule.shifts[before.kind] && rest >= 0 && rest < f.rule.Minutes {
			f.add(f.between(w, before, after, rest), 1)
		}
	}
}

// between begins a violation about the rest between two turns.
func (f *findings) between(w *row, before, after turn, rest int) Violation {
	v := f.of(w, before, after)
	v.From, v.To = f.j.instant(before.to), f.j.instant(after.from)
	v.Have, v.Need, v.Unit = rest, f.rule.Minutes, InMinutes
	return v
}

// weeklyRest finds runs of turns without Minutes of rest in one piece that are
// longer than Days times 24 hours less Minutes: then the next such rest is not over
// within Days times 24 hours of the end of the last.
func (f *findings) weeklyRest(w *row) {
	longest := int64(f.rule.Days*dayMinutes - f.rule.Minutes)
	for i := 0; i < len(w.work); {
		end, best, k := w.work[i].to, int64(0), i+1
		for k < len(w.work) && w.work[k].from-end < int64(f.rule.Minutes) {
			best = max(best, w.work[k].from-end)
			end = max(end, w.work[k].to)
			k++
		}
		if run := end - w.work[i].from; run > longest {
			v := f.of(w, w.work[i:k]...)
			v.Have, v.Need, v.Unit = int(best), f.rule.Minutes, InMinutes
			f.add(v, int((run-1)/max(1, longest)))
		}
		i = k
	}
}

// restAfterNights finds turns less than Minutes after the last night of a run of
// Count nights or more.
func (f *findings) restAfterNights(w *row) {
	i := 0
	f.runs(w.nights, func(from, to Date) {
		if int(to-from) < f.rule.Count {
			return
		}
		var last turn
		for _, t := range w.work {
			if t.date == to-1 && t.night && (last.occurrence == nil || t.to >= last.to) {
				last = t
			}
		}
		for i < len(w.work) && w.work[i].from < last.to {
			i++
		}
		if i < len(w.work) {
			if rest := int(w.work[i].from - last.to); rest < f.rule.Minutes {
				f.add(f.between(w, last, w.work[i], rest), 1)
			}
		}
	})
}

// succession finds turns of Before on the day after one of After.
func (f *findings) succession(w *row) {
	for i, a := range w.work {
		if !f.rule.after[a.kind] {
			continue
		}
		for _, b := range w.work[i+1:] {
			if b.date > a.date+1 {
				break
			}
			if b.date == a.date+1 && f.rule.before[b.kind] {
				f.add(f.of(w, a, b), 1)
			}
		}
	}
}
