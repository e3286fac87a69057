package rosters

import (
	"slices"
	"strings"
)

// Who may stand where, and when: qualifications, ranks, service, leave, wishes.

// qualification finds turns at posts for which a qualification is missing, or has
// expired by the day on which the turn begins.
func (f *findings) qualification(w *row) {
	for _, t := range w.turns {
		if t.post < 0 {
			continue
		}
		p := f.postOf(t)
		for _, code := range p.Required {
			f.held(w, t, code)
		}
		if firearm := f.j.station.FirearmCode(); p.Armed && !slices.Contains(p.Required, firearm) {
			f.held(w, t, firearm)
		}
	}
}

func (f *findings) held(w *row, t turn, code string) {
	held, valid := w.who.Holds(code, t.date)
	if valid {
		return
	}
	v := f.of(w, t)
	v.Code, v.Post, v.Detail, v.Need, v.Unit = "qualification.missing", f.postOf(t).ID, code, 1, InCount
	if held {
		v.Code = "qualification.expired"
	}
	f.add(v, 1)
}

// rank finds turns at posts that ask for a higher rank.
func (f *findings) rank(w *row) {
	for _, t := range w.turns {
		if t.post >= 0 && w.who.Rank < f.postOf(t).MinRank {
			v := f.of(w, t)
			v.Post, v.Have, v.Need, v.Unit = f.postOf(t).ID, int(w.who.Rank), int(f.postOf(t).MinRank), InCount
			v.Detail = f.postOf(t).MinRank.String()
			f.add(v, 1)
		}
	}
}

// inService finds turns before the first or after the last day of service.
func (f *findings) inService(w *row) {
	for _, t := range w.turns {
		if !w.who.Here(t.date) {
			f.add(f.of(w, t), 1)
		}
	}
}

// onLeave finds turns that begin on a day of leave.
func (f *findings) onLeave(w *row) {
	for _, t := range w.turns {
		if l := f.j.onLeave(w.officer, t.date); l != nil {
			v := f.of(w, t)
			v.Detail = string(l.Kind)
			f.add(v, 1)
		}
	}
}

// leaveEve finds turns that end on the first day of leave.
func (f *findings) leaveEve(w *row) {
	for _, t := range w.work {
		if !t.over || f.j.onLeave(w.officer, t.date) != nil {
			continue
		}
		if l := f.j.onLeave(w.officer, t.date+1); l != nil {
			v := f.of(w, t)
			v.Detail = string(l.Kind)
			f.add(v, 1)
		}
	}
}

// wishedSkills finds turns by officers without what the post would like.
func (f *findings) wishedSkills(w *row) {
	for _, t := range w.work {
		if t.post < 0 {
			continue
		}
		for _, wished := range f.postOf(t).Wished {
			var ok bool
			if language, is := strings.CutPrefix(wished, "language:"); is {
				ok = slices.Contains(w.who.Languages, language)
			} else {
				_, ok = w.who.Holds(wished, t.date)
			}
			if !ok {
				v := f.of(w, t)
				v.Post, v.Detail, v.Need, v.Unit = f.postOf(t).ID, wished, 1, InCount
				f.add(v, 1)
			}
		}
	}
}

// wishesKept finds approved requests with days of the period that disregard them.
func (f *findings) wishesKept(w *row) {
	for _, r := range f.j.requests[w.officer] {
		v := Violation{Officer: w.who.ID, Code: "wishes." + string(r.Wish), Detail: r.ID, Unit: InCount}
		for d := max(r.From, f.j.plan.From); d <= min(r.Until, f.j.plan.Until); d++ {
			v.Need++
			if !r.Missed(f.j.dutiesOn(w.officer, d)) {
				v.Have++
				continue
			}
			v.Cells = append(v.Cells, Cell{w.who.ID, d})
		}
		missed := len(v.Cells)
		if missed == 0 {
			continue
		}
		v.Date = v.Cells[0].Date
		v.From, v.To = f.j.clocks.At(v.Date, 0), f.j.clocks.At(v.Cells[missed-1].Date, dayMinutes)
		f.priced(v, f.rule.Worth()*missed*r.Worth()/10)
	}
}

func (j *Judge) dutiesOn(officer int, d Date) []Assignment {
	var list []Assignment
	for _, s := range j.cells[officer][j.index(d)] {
		list = append(list, j.duty(s).of(Cell{j.station.Officers[officer].ID, d}))
	}
	return list
}
