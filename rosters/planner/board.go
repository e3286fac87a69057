package planner

import (
	"cmp"
	"fmt"
	"slices"

	"guardroom/rosters"
)

// A board is a station and a period in numbers, made once and read by all workers.
// Days are counted from the first day that matters; a duty is a shift type at a
// post, 0 is none.
type board struct {
	problem *Problem
	station *rosters.Station
	plan    *rosters.Plan
	clocks  rosters.Clocks
	judge   *rosters.Judge // of the plan as given

	from                    rosters.Date
	days                    int
	first, last             int // of the period
	knownFirst, knownLast   int // days whose duties are given
	officers, posts, shifts int

	minute      int64          // since 1970, of the board's first midnight
	occurrences []occurrence   // [day*shifts+shift]
	nightly     []bool         // [shift]
	standby     []bool         // [shift]
	over        []bool         // [shift]: ends after midnight
	unpopular   []bool         // [post]
	weekendOf   []rosters.Date // [day]: the first day of its weekend, or 0
	weekends    []weekend
	holiday     []bool // [day]
	endsWeek    []bool // [day]
	away        []bool // [officer*days+day]: on leave
	target      []int32
	credit      []int32

	duties    []duty // [0] is none
	dutyOf    map[turnOf]int16
	composite map[string]int16

	start  []int16         // [officer*days+day]: the duties to begin with
	fixed  []bool          // [officer*days+day]
	offers [][]int16       // [officer*days+day]: what may be given there, without none
	able   map[doing][]int // officers who are offered a duty on a day
	told   []int16         // [officer*days+day]: published, when a change has a price

	laws   []law
	ofRow  [][]*law // [officer]: laws about one row
	shares []*law   // fairness
	fit    []price  // [(officer*days+day)*(posts+1)+post+1]: of a turn there
	skill  []price  // likewise, without stand-by
	day    []price  // [officer*days+day]: of any turn on that day
	eve    []price  // [officer*days+day]: of one that ends after midnight
	wishes [][]wish // [officer]

	cover cover
	unit  int // the dearest shift that nobody covers
}

// A price is what something costs, and how many mandatory rules it breaks.
type price struct{ cost, broken int32 }

// occurrence is a shift type on one day in real minutes of the board.
type occurrence struct {
	from, to, minutes int32
	spans             []interval
}

type interval struct{ from, to int32 }

type weekend struct {
	from, to int // days, to excluded
	whole    bool
}

// turnOf is a shift type at a post; post -1 is none.
type turnOf struct{ shift, post int16 }

// duty is what a cell holds. More than one turn is never the planner's doing.
type duty struct {
	turns []turnOf
	turnOf
}

// wish is an approved request.
type wish struct {
	*rosters.Request
	first, last int
	shifts      []bool
	posts       []bool // [post+1]
	named       bool
}

// largest is how many prices of an officer on a day at a post are kept, 16 bytes each.
const largest = 20_000_000

func newBoard(p *Problem) (*board, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	judge, err := rosters.NewJudge(p.Station, p.Plan)
	if err != nil {
		return nil, err
	}
	clocks, err := p.Station.Clocks()
	if err != nil {
		return nil, err
	}
	b := &board{
		problem: p, station: p.Station, plan: p.Plan, clocks: clocks, judge: judge,
		officers: len(p.Station.Officers), posts: len(p.Station.Posts), shifts: len(p.Station.ShiftTypes),
		dutyOf: map[turnOf]int16{}, composite: map[string]int16{}, duties: []duty{{turnOf: turnOf{-1, -1}}},
	}
	b.reach()
	if size := b.officers * b.days * (b.posts + 1); size > largest {
		return nil, &InvalidError{"plan", fmt.Sprintf("%d officers, %d days and %d posts are too many at once; plan unit by unit", b.officers, b.days, b.posts)}
	}
	b.readShifts()
	b.readCalendar()
	b.readOfficers()
	b.readLaws()
	if err := b.readDuties(); err != nil {
		return nil, err
	}
	b.readWants()
	if err := b.readOffers(); err != nil {
		return nil, err
	}
	b.readCover()
	return b, nil
}

// reach finds the days that matter: those of the judge.
func (b *board) reach() {
	p := b.plan
	from, until := p.From, max(p.Until, p.Beyond)
	if p.Since != 0 {
		from = min(p.Since, p.From)
	}
	knownFrom, knownUntil := from, until
	for _, a := range p.Assignments {
		from, until = min(from, a.Date), max(until, a.Date)
	}
	b.from, b.days = from-2, until.Sub(from)+5
	b.first, b.last = b.index(p.From), b.index(p.Until)
	b.knownFirst, b.knownLast = b.index(knownFrom), b.index(knownUntil)
}

func (b *board) index(d rosters.Date) int { return d.Sub(b.from) }
func (b *board) date(i int) rosters.Date  { return b.from.Add(i) }
func (b *board) inside(day int) bool      { return day >= b.first && day <= b.last }

func (b *board) minuteAt(d rosters.Date, wall int) int32 {
	return int32(b.clocks.At(d, wall).Unix()/60 - b.minute)
}

func (b *board) readShifts() {
	b.minute = b.clocks.At(b.from, 0).Unix() / 60
	b.occurrences = make([]occurrence, b.days*b.shifts)
	for k := range b.station.ShiftTypes {
		t := &b.station.ShiftTypes[k]
		spans := t.Spans()
		b.nightly = append(b.nightly, b.station.Nightly(t))
		b.standby = append(b.standby, t.Class == rosters.StandBy)
		b.over = append(b.over, spans[len(spans)-1].To > 24*60)
		for i := range b.days {
			o := occurrence{minutes: int32(b.clocks.Minutes(t, b.date(i)))}
			for _, s := range spans {
				o.spans = append(o.spans, interval{b.minuteAt(b.date(i), s.From), b.minuteAt(b.date(i), s.To)})
			}
			o.from, o.to = o.spans[0].from, o.spans[len(spans)-1].to
			b.occurrences[i*b.shifts+k] = o
		}
	}
	for i := range b.station.Posts {
		b.unpopular = append(b.unpopular, b.station.Posts[i].Unpopular)
	}
}

func (b *board) readCalendar() {
	s := b.station
	b.weekendOf, b.holiday, b.endsWeek = make([]rosters.Date, b.days), make([]bool, b.days), make([]bool, b.days)
	for _, h := range s.Holidays {
		if i := b.index(h.Date); i >= 0 && i < b.days {
			b.holiday[i] = true
		}
	}
	start := max(1, s.WeekStart)
	for i := range b.days {
		d := b.date(i)
		begins := d
		for s.Weekend(d) && s.Weekend(begins-1) && d-begins < 6 {
			begins--
		}
		if s.Weekend(d) {
			b.weekendOf[i] = begins
		}
		b.endsWeek[i] = (d+1).Weekday() == start || i == b.days-1
	}
	for i := 0; i < b.days; {
		begins := b.weekendOf[i]
		k := i + 1
		for k < b.days && begins != 0 && b.weekendOf[k] == begins {
			k++
		}
		if begins != 0 {
			whole := begins == b.date(i) && i >= b.knownFirst && k-1 <= b.knownLast && !s.Weekend(b.date(k))
			b.weekends = append(b.weekends, weekend{i, k, whole})
		}
		i = k
	}
}

func (b *board) readOfficers() {
	b.away = make([]bool, b.officers*b.days)
	b.target, b.credit = make([]int32, b.officers), make([]int32, b.officers)
	b.wishes = make([][]wish, b.officers)
	numbers := map[string]int{}
	for o := range b.station.Officers {
		numbers[b.station.Officers[o].ID] = o
		tally := b.judge.Tally(b.station.Officers[o].ID)
		b.target[o], b.credit[o] = int32(tally.Target), int32(tally.Credit)
	}
	for i := range b.plan.Leave {
		l := &b.plan.Leave[i]
		o, ok := numbers[l.Officer]
		if !ok || l.Decision != rosters.Approved {
			continue
		}
		for d := max(0, b.index(l.From)); d <= min(b.days-1, b.index(l.Until)); d++ {
			b.away[o*b.days+d] = true
		}
	}
	for i := range b.plan.Requests {
		r := &b.plan.Requests[i]
		o, ok := numbers[r.Officer]
		if !ok || r.Decision != rosters.Approved {
			continue
		}
		w := wish{Request: r, first: max(b.first, b.index(r.From)), last: min(b.last, b.index(r.Until)), named: len(r.Shifts)+len(r.Posts) > 0}
		for k := range b.station.ShiftTypes {
			w.shifts = append(w.shifts, slices.Contains(r.Shifts, b.station.ShiftTypes[k].Code))
		}
		w.posts = []bool{slices.Contains(r.Posts, "")}
		for q := range b.station.Posts {
			w.posts = append(w.posts, slices.Contains(r.Posts, b.station.Posts[q].ID))
		}
		b.wishes[o] = append(b.wishes[o], w)
	}
}

// readDuties numbers what the plan holds and fixes what may not change.
func (b *board) readDuties() error {
	officers, posts, shifts := map[string]int{}, map[string]int{}, map[string]int{}
	for i := range b.station.Officers {
		officers[b.station.Officers[i].ID] = i
	}
	for i := range b.station.Posts {
		posts[b.station.Posts[i].ID] = i
	}
	for i := range b.station.ShiftTypes {
		shifts[b.station.ShiftTypes[i].Code] = i
	}
	read := func(list []rosters.Assignment, into []int16) (frozen map[int]bool, err error) {
		cells, frozen := map[int][]turnOf{}, map[int]bool{}
		for _, a := range list {
			i := b.index(a.Date)
			if i < 0 || i >= b.days {
				continue // of a published roster, too far away to matter
			}
			o, known := officers[a.Officer]
			k, typed := shifts[a.Shift]
			q, placed := posts[a.Post]
			if a.Post == "" {
				q, placed = -1, true
			}
			if !known || !typed || !placed {
				continue
			}
			at := o*b.days + i
			cells[at] = append(cells[at], turnOf{int16(k), int16(q)})
			frozen[at] = frozen[at] || a.Frozen
		}
		for at, turns := range cells {
			if into[at], err = b.number(turns); err != nil {
				return nil, err
			}
		}
		return frozen, nil
	}
	n := b.officers * b.days
	b.start, b.fixed = make([]int16, n), make([]bool, n)
	frozen, err := read(b.plan.Assignments, b.start)
	if err != nil {
		return err
	}
	open := b.first
	if b.problem.Open != 0 {
		open = max(open, b.index(b.problem.Open))
	}
	closed := b.last
	if b.problem.closed != 0 {
		closed = min(closed, b.index(b.problem.closed))
	}
	for at := range b.fixed {
		day := at % b.days
		u := &b.duties[b.start[at]]
		b.fixed[at] = day < open || day > closed || frozen[at] || len(u.turns) > 1 ||
			len(u.turns) == 1 && (b.problem.Keep || b.standby[u.shift])
	}
	if b.problem.Change > 0 {
		b.told = make([]int16, n)
		if _, err := read(b.problem.Published, b.told); err != nil {
			return err
		}
		of := b.problem.toldDays()
		for at := range b.told {
			if !of[b.date(at%b.days)] {
				b.told[at] = untold
			}
		}
	}
	return nil
}

// number is the duty of some turns.
func (b *board) number(turns []turnOf) (int16, error) {
	slices.SortFunc(turns, func(x, y turnOf) int { return cmp.Or(cmp.Compare(x.shift, y.shift), cmp.Compare(x.post, y.post)) })
	if len(turns) == 1 {
		if u, ok := b.dutyOf[turns[0]]; ok {
			return u, nil
		}
	}
	key := fmt.Sprint(turns)
	if u, ok := b.composite[key]; ok {
		return u, nil
	}
	if len(b.duties) > 30_000 {
		return 0, &InvalidError{"assignments", "more than 30000 different duties"}
	}
	u := int16(len(b.duties))
	made := duty{turns: turns, turnOf: turnOf{-1, -1}}
	if len(turns) == 1 {
		made.turnOf = turns[0]
		b.dutyOf[turns[0]] = u
	} else {
		b.composite[key] = u
	}
	b.duties = append(b.duties, made)
	return u, nil
}
