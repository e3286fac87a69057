package planner

import (
	"math"

	"guardroom/rosters"
)

// A sheet is a plan under change: every sum that a move needs is kept up to date, and
// every change can be taken back. One goroutine uses it.
type sheet struct {
	*board
	clerk  *clerk
	muster *muster
	x      []int16   // [officer*days+day]
	rows   []verdict // [officer]
	fair   []fairness

	cells  price // of the tables and of changes to what is published
	cost   int   // of rows
	broken int
	excess int
}

// fairness is one law of shares over a sheet.
type fairness struct {
	*law
	had   []int32 // [officer]
	time  []int64 // [officer]: working time that the contract and leave leave
	total int64
	sum   int64   // of time
	own   []int32 // [officer]: cost and excess
	stale bool

	cost, broken, excess int
}

func newSheet(b *board) *sheet {
	s := &sheet{board: b, clerk: newClerk(b), muster: newMuster(b), x: make([]int16, b.officers*b.days), rows: make([]verdict, b.officers)}
	s.fair = make([]fairness, len(b.shares))
	for i, l := range b.shares {
		f := &s.fair[i]
		*f = fairness{law: l, had: make([]int32, b.officers), time: make([]int64, b.officers), own: make([]int32, b.officers), stale: true}
		for o := range b.officers {
			if !l.applies[o] {
				continue
			}
			before := b.plan.Before[b.station.Officers[o].ID]
			f.had[o] = int32(burden(l.Of, &before)) + (&tally{}).of(l.Of, b.due(o))
			f.time[o] = max(0, int64(before.Target-before.Credit)+int64(b.target[o]-b.credit[o]))
			f.total += int64(f.had[o])
			f.sum += f.time[o]
		}
	}
	for o := range b.officers {
		s.rows[o] = s.clerk.weigh(o, s.row(o))
		s.enter(&s.rows[o], 1)
		for i := range s.fair {
			s.fair[i].take(o, &verdict{}, &s.rows[o], s.due(o))
		}
	}
	if b.told != nil {
		for at := range s.x {
			s.cells.cost += s.change(at, 0)
		}
	}
	for o := range b.officers {
		for day := range b.days {
			if at := o*b.days + day; b.start[at] != 0 && b.fixed[at] {
				s.put(o, day, b.start[at], false)
			}
		}
		s.look(o)
	}
	return s
}

func (s *sheet) row(o int) []int16 { return s.x[o*s.days : (o+1)*s.days] }

// burden reads one burden off what somebody had before.
func burden(of rosters.Burden, t *rosters.Tally) int {
	switch of {
	case rosters.NightBurden:
		return t.Nights
	case rosters.WeekendBurden:
		return t.Weekends
	case rosters.HolidayBurden:
		return t.Holidays
	case rosters.UnpopularBurden:
		return t.Unpopular
	}
	return t.Overtime / 60
}

// of reads one burden off a tally, when due minutes are no overtime.
func (t *tally) of(b rosters.Burden, due int32) int32 {
	switch b {
	case rosters.NightBurden:
		return t.nights
	case rosters.WeekendBurden:
		return t.weekends
	case rosters.HolidayBurden:
		return t.holidays
	case rosters.UnpopularBurden:
		return t.unpopular
	}
	return max(0, t.minutes-due) / 60
}

// due is how many minutes of an officer are no overtime.
func (b *board) due(o int) int32 {
	if b.station.Officers[o].Contract == 0 {
		return math.MaxInt32
	}
	return b.target[o] - b.credit[o]
}

// take replaces an officer's tally.
func (f *fairness) take(o int, was, is *verdict, due int32) {
	if !f.applies[o] {
		return
	}
	if by := is.tally.of(f.Of, due) - was.tally.of(f.Of, due); by != 0 {
		f.had[o] += by
		f.total += int64(by)
		f.stale = true
	}
}

// settle sums up who is beyond their share.
func (f *fairness) settle() {
	f.cost, f.broken, f.excess, f.stale = 0, 0, 0, false
	for o := range f.had {
		f.own[o] = f.beyond(o)
		switch {
		case f.own[o] == 0:
		case f.mandatory:
			f.broken++
			f.excess += int(f.own[o])
		default:
			f.cost += int(f.own[o])
		}
	}
}

// beyond is what an officer's part beyond the share costs, or exceeds when the law is
// mandatory.
func (f *fairness) beyond(o int) int32 {
	if f.total == 0 || f.time[o] == 0 {
		return 0
	}
	beyond := 100*int64(f.had[o]) - 100*f.total*f.time[o]/f.sum - 100*int64(f.Count)
	switch {
	case beyond <= 0:
		return 0
	case f.mandatory:
		return int32((beyond + 99) / 100)
	}
	return max(1, f.worth*int32((beyond+99)/100))
}

// roughly is score for a sheet of which only some officers' rows have changed since:
// that everybody's share changes a little with the total is left out.
func (s *sheet) roughly(officers []int) (cost, excess int) {
	cost = s.cost + s.muster.cost + int(s.cells.cost)
	excess = s.excess + s.muster.excess + int(s.cells.broken)
	for i := range s.fair {
		f := &s.fair[i]
		cost, excess = cost+f.cost, excess+f.excess
		for _, o := range officers {
			if by := int(f.beyond(o) - f.own[o]); f.mandatory {
				excess += by
			} else {
				cost += by
			}
		}
	}
	return cost, excess
}

// enter adds a verdict to the sums, sign times.
func (s *sheet) enter(v *verdict, sign int) {
	s.cost += sign * int(v.cost)
	s.broken += sign * int(v.broken)
	s.excess += sign * int(v.excess)
}

// change is the price of a cell that differs from what is published.
func (b *board) change(at int, u int16) int32 {
	if b.told == nil || b.told[at] == u || b.told[at] == untold || !b.inside(at%b.days) {
		return 0
	}
	return int32(b.problem.Change)
}

// put changes one cell, all sums but those of the row. A quiet change leaves posts
// aside: another one on the same day makes up for it.
func (s *sheet) put(o, day int, u int16, quiet bool) {
	at := o*s.days + day
	was := s.x[at]
	if was == u {
		return
	}
	old, now := s.dutyPrice(o, day, was), s.dutyPrice(o, day, u)
	s.cells.cost += now.cost - old.cost + s.change(at, u) - s.change(at, was)
	s.cells.broken += now.broken - old.broken
	s.x[at] = u
	if quiet {
		return
	}
	for _, t := range s.duties[was].turns {
		s.muster.stand(o, day, t, -1)
	}
	for _, t := range s.duties[u].turns {
		s.muster.stand(o, day, t, 1)
	}
}

// look brings the row of o, and the shares, up to date.
func (s *sheet) look(o int) {
	v := s.clerk.weigh(o, s.row(o))
	s.accept(o, &v)
}

// accept takes over a row's verdict.
func (s *sheet) accept(o int, v *verdict) {
	s.enter(&s.rows[o], -1)
	s.enter(v, 1)
	for i := range s.fair {
		s.fair[i].take(o, &s.rows[o], v, s.due(o))
	}
	s.rows[o] = *v
}

// score is what the whole sheet costs, breaks, and by how much.
func (s *sheet) score() (cost, broken, excess int) {
	cost = s.cost + s.muster.cost + int(s.cells.cost)
	broken = s.broken + s.muster.broken + int(s.cells.broken)
	excess = s.excess + s.muster.excess + int(s.cells.broken)
	for i := range s.fair {
		if s.fair[i].stale {
			s.fair[i].settle()
		}
		cost, broken, excess = cost+s.fair[i].cost, broken+s.fair[i].broken, excess+s.fair[i].excess
	}
	return cost, broken, excess
}
