package rosters

import (
	"cmp"
	"slices"
)

// interval is real time in minutes since 1970, To excluded.
type interval struct{ from, to int64 }

// occurrence is a shift type on one day, in real time.
type occurrence struct {
	spans    []interval
	from, to int64
	minutes  int  // that count as work
	night    bool // by the clock
	standby  bool
	over     bool // ends after midnight by the clock
}

// turn is one duty of one officer, in real time.
type turn struct {
	*occurrence
	date    Date
	kind    int // index of the shift type
	post    int // index of the post, or -1
	officer int
}

// slot is what a cell of the judge's grid holds.
type slot struct {
	kind, post int
	source     Source
	frozen     bool
}

// span of days for which the judge keeps cells, both included.
type reach struct{ from, until Date }

func (r reach) holds(d Date) bool { return d >= r.from && d <= r.until }
func (r reach) index(d Date) int  { return int(d - r.from) }
func (r reach) days() int         { return int(r.until-r.from) + 1 }

// timetable holds every shift type on every day of a reach, in real time.
type timetable struct {
	reach
	kinds       int
	occurrences []occurrence // [day*kinds+kind]
}

func newTimetable(s *Station, c Clocks, r reach) timetable {
	t := timetable{reach: r, kinds: len(s.ShiftTypes), occurrences: make([]occurrence, r.days()*len(s.ShiftTypes))}
	for k := range s.ShiftTypes {
		kind := &s.ShiftTypes[k]
		spans, night := kind.Spans(), s.Nightly(kind)
		for d := r.from; d <= r.until; d++ {
			o := occurrence{night: night, standby: kind.Class == StandBy, over: spans[len(spans)-1].To > dayMinutes}
			o.minutes = c.Minutes(kind, d)
			for _, span := range spans {
				o.spans = append(o.spans, interval{c.minute(d, span.From), c.minute(d, span.To)})
			}
			o.from, o.to = o.spans[0].from, o.spans[len(o.spans)-1].to
			t.occurrences[t.index(d)*t.kinds+k] = o
		}
	}
	return t
}

func (t *timetable) at(d Date, kind int) *occurrence {
	return &t.occurrences[t.index(d)*t.kinds+kind]
}

// row is one officer's turns with what rules ask of them again and again.
type row struct {
	officer int
	who     *Officer
	turns   []turn // by their beginning, stand-by included
	work    []turn // without stand-by
	last    []turn // [i]: the one of work[:i+1] that ends last
	worked  []bool // [day]: a turn other than stand-by begins
	nights  []bool // [day]: a night begins
	tally   Tally
}

func orderTurns(a, b turn) int {
	return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.kind, b.kind), cmp.Compare(a.post, b.post))
}

// row reads an officer's cells.
func (j *Judge) row(officer int) *row {
	w := &row{officer: officer, who: &j.station.Officers[officer]}
	count := 0
	for _, cell := range j.cells[officer] {
		count += len(cell)
	}
	w.turns = make([]turn, 0, count)
	w.work, w.last = make([]turn, 0, count), make([]turn, 0, count)
	sorted := true
	for i, cell := range j.cells[officer] {
		d := j.from + Date(i)
		for _, s := range cell {
			t := turn{occurrence: j.at(d, s.kind), date: d, kind: s.kind, post: s.post, officer: officer}
			if n := len(w.turns); n > 0 && orderTurns(w.turns[n-1], t) > 0 {
				sorted = false
			}
			w.turns = append(w.turns, t)
		}
	}
	if !sorted {
		slices.SortFunc(w.turns, orderTurns)
	}
	marks := make([]bool, 2*j.days())
	w.worked, w.nights = marks[:j.days()], marks[j.days():]
	for _, t := range w.turns {
		if !t.standby {
			w.work = append(w.work, t)
			last := t
			if n := len(w.last); n > 0 && w.last[n-1].to > t.to {
				last = w.last[n-1]
			}
			w.last = append(w.last, last)
			w.worked[j.index(t.date)] = true
			w.nights[j.index(t.date)] = w.nights[j.index(t.date)] || t.night
		}
	}
	w.tally = j.tallyOf(w)
	return w
}

// onLeave is the leave that keeps an officer away on d, or nil.
func (j *Judge) onLeave(officer int, d Date) *Leave {
	for _, l := range j.leave[officer] {
		if l.On(d) {
			return l
		}
	}
	return nil
}

// tallyOf counts a row's turns within the period.
func (j *Judge) tallyOf(w *row) Tally {
	var n Tally
	weekend := Date(-1)
	for _, t := range w.work {
		if !j.plan.Inside(t.date) {
			continue
		}
		n.Minutes += t.minutes
		n.Shifts++
		if t.night {
			n.Nights++
		}
		if begins := j.weekend[j.index(t.date)]; begins != 0 && begins != weekend {
			weekend = begins
			n.Weekends++
		}
		if j.holiday[j.index(t.date)] {
			n.Holidays++
		}
		if t.post >= 0 && j.station.Posts[t.post].Unpopular {
			n.Unpopular++
		}
	}
	n.Target, n.Credit = j.target[w.officer], j.credit[w.officer]
	if w.who.Contract > 0 {
		n.Overtime = max(0, n.Minutes+n.Credit-n.Target)
	}
	return n
}
