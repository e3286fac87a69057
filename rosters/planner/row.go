package planner

import (
	"math"

	"guardroom/rosters"
)

// A verdict is what the laws say about one row, beside the tables.
type verdict struct {
	price
	excess  int32 // by how much mandatory rules are broken
	clashes int32 // pairs of turns at the same time
	tally   tally
}

// tally is what fairness shares out, in the period.
type tally struct{ minutes, nights, weekends, holidays, unpopular int32 }

// turn is one duty in real time.
type turn struct {
	from, to, minutes int32
	day, shift, post  int16
}

// A clerk weighs rows. One goroutine uses it.
type clerk struct {
	*board
	turns   []turn // by their beginning, stand-by included
	work    []turn // without stand-by
	latest  []int  // [i]: of work[:i+1], the one that ends last
	worked  []bool // [day]
	nights  []bool // [day]
	minutes []int32
	amount  []int32 // [day], of one law
	sums    []int32
	v       verdict
	l       *law
}

func newClerk(b *board) *clerk {
	return &clerk{
		board: b, worked: make([]bool, b.days), nights: make([]bool, b.days), minutes: make([]int32, b.days),
		amount: make([]int32, b.days), sums: make([]int32, b.days+1),
	}
}

// weigh judges a row of duties as rosters.Judge does.
func (c *clerk) weigh(o int, row []int16) verdict {
	c.v = verdict{}
	c.read(o, row)
	c.apart()
	for _, l := range c.ofRow[o] {
		c.l = l
		switch l.kind {
		case rosters.Overlap:
			c.overlap()
		case rosters.DailyShifts:
			c.dailyShifts()
		case rosters.DailyRest:
			c.dailyRest()
		case rosters.WeeklyRest:
			c.weeklyRest()
		case rosters.HoursPerDay:
			c.hoursPerDay()
		case rosters.HoursPerWeek:
			c.hoursPerWeek()
		case rosters.HoursInWindow:
			amount := c.minutesOn()
			c.windows(amount, l.Days, int32(l.Minutes), func(sum int32) { c.found(hoursUp(sum - int32(l.Minutes))) })
		case rosters.HoursInPeriod:
			c.bounds(o, l.Minutes > 0)
		case rosters.ContractHours:
			c.bounds(o, true)
		case rosters.ConsecutiveDays:
			c.consecutiveDays(o)
		case rosters.DaysOff:
			c.daysOff(o)
		case rosters.ConsecutiveNight:
			c.consecutiveNights()
		case rosters.RestAfterNights:
			c.restAfterNights()
		case rosters.Succession:
			c.succession()
		case rosters.Weekends:
			c.weekendsWorked()
		case rosters.WholeWeekends:
			c.wholeWeekends(o)
		case rosters.PublicHolidays:
			if n := c.v.tally.holidays - int32(l.Count); n > 0 {
				c.found(n)
			}
		case rosters.ShiftCount:
			c.shiftCount()
		case rosters.WishesKept:
			c.wishesKept(o, row)
		}
	}
	return c.v
}

// apart counts turns at the same time, whether or not a rule forbids them: nobody is
// planned to be in two places.
func (c *clerk) apart() {
	end := int32(math.MinInt32)
	for i, t := range c.turns {
		if t.from < end {
			for _, o := range c.turns[:i] {
				if o.to > t.from && c.meet(o, t) {
					c.v.clashes++
				}
			}
		}
		end = max(end, t.to)
	}
}

// found notes one violation of units.
func (c *clerk) found(units int32) { c.priced(units, c.l.worth*units) }

func (c *clerk) priced(units, cost int32) {
	if c.l.mandatory {
		c.v.broken++
		c.v.excess += units
	} else {
		c.v.cost += max(1, cost)
	}
}

// read sorts a row into turns and counts them.
func (c *clerk) read(o int, row []int16) {
	c.turns, c.work, c.latest = c.turns[:0], c.work[:0], c.latest[:0]
	t := &c.v.tally
	weekend := rosters.Date(-1)
	for day, u := range row {
		c.worked[day], c.nights[day], c.minutes[day] = false, false, 0
		if u == 0 {
			continue
		}
		for _, is := range c.duties[u].turns {
			occ := &c.occurrences[day*c.shifts+int(is.shift)]
			one := turn{occ.from, occ.to, occ.minutes, int16(day), is.shift, is.post}
			c.turns = append(c.turns, one)
			for i := len(c.turns) - 1; i > 0 && before(one, c.turns[i-1]); i-- {
				c.turns[i], c.turns[i-1] = c.turns[i-1], c.turns[i]
			}
			if c.standby[is.shift] {
				continue
			}
			c.worked[day] = true
			c.nights[day] = c.nights[day] || c.nightly[is.shift]
			c.minutes[day] += occ.minutes
			if !c.inside(day) {
				continue
			}
			t.minutes += occ.minutes
			if c.nightly[is.shift] {
				t.nights++
			}
			if begins := c.weekendOf[day]; begins != 0 && begins != weekend {
				weekend = begins
				t.weekends++
			}
			if c.holiday[day] {
				t.holidays++
			}
			if is.post >= 0 && c.unpopular[is.post] {
				t.unpopular++
			}
		}
	}
	for _, one := range c.turns {
		if c.standby[one.shift] {
			continue
		}
		last := len(c.work)
		if last > 0 && c.work[c.latest[last-1]].to > one.to {
			last = c.latest[last-1]
		}
		c.work, c.latest = append(c.work, one), append(c.latest, last)
	}
}

func before(a, b turn) bool {
	switch {
	case a.from != b.from:
		return a.from < b.from
	case a.to != b.to:
		return a.to < b.to
	case a.shift != b.shift:
		return a.shift < b.shift
	}
	return a.post < b.post
}

func hoursUp(minutes int32) int32 { return (minutes + 59) / 60 }

func (c *clerk) overlap() {
	for i, a := range c.turns {
		for _, b := range c.turns[i+1:] {
			if b.from >= a.to {
				break
			}
			if (c.inside(int(a.day)) || c.inside(int(b.day))) && c.meet(a, b) {
				c.found(1)
			}
		}
	}
}

func (c *clerk) meet(a, b turn) bool {
	for _, x := range c.occurrences[int(a.day)*c.shifts+int(a.shift)].spans {
		for _, y := range c.occurrences[int(b.day)*c.shifts+int(b.shift)].spans {
			if max(x.from, y.from) < min(x.to, y.to) {
				return true
			}
		}
	}
	return false
}

func (c *clerk) dailyShifts() {
	for i := 0; i < len(c.turns); {
		k := i
		for k < len(c.turns) && c.turns[k].day == c.turns[i].day {
			k++
		}
		if k-i > c.l.Count && c.inside(int(c.turns[i].day)) {
			c.found(int32(k - i - c.l.Count))
		}
		i = k
	}
}

func (c *clerk) dailyRest() {
	least := int32(c.l.Minutes)
	for i := 1; i < len(c.work); i++ {
		a, b := &c.work[c.latest[i-1]], &c.work[i]
		if rest := b.from - a.to; rest < least && rest >= 0 && c.l.shifts[a.shift] && (c.inside(int(a.day)) || c.inside(int(b.day))) {
			c.found(1)
		}
	}
}

func (c *clerk) weeklyRest() {
	least := int32(c.l.Minutes)
	longest := int32(c.l.Days*24*60) - least
	for i := 0; i < len(c.work); {
		end, k := c.work[i].to, i+1
		for k < len(c.work) && c.work[k].from-end < least {
			end = max(end, c.work[k].to)
			k++
		}
		if run := end - c.work[i].from; run > longest && c.anyInside(c.work[i:k]) {
			c.found((run - 1) / max(1, longest))
		}
		i = k
	}
}

func (c *clerk) anyInside(turns []turn) bool {
	for i := range turns {
		if c.inside(int(turns[i].day)) {
			return true
		}
	}
	return false
}

// minutesOn are those of each day, of the law's shifts.
func (c *clerk) minutesOn() []int32 {
	if c.l.every {
		return c.minutes
	}
	clear(c.amount)
	for i := range c.work {
		if t := &c.work[i]; c.l.shifts[t.shift] {
			c.amount[t.day] += t.minutes
		}
	}
	return c.amount
}

func (c *clerk) hoursPerDay() {
	for day, n := range c.minutesOn() {
		if n > int32(c.l.Minutes) && c.inside(day) {
			c.found(hoursUp(n - int32(c.l.Minutes)))
		}
	}
}

func (c *clerk) hoursPerWeek() {
	amount := c.minutesOn()
	sum, begins := int32(0), 0
	for day, n := range amount {
		sum += n
		if !c.endsWeek[day] {
			continue
		}
		if sum > int32(c.l.Minutes) && c.workedInside(begins, day+1) {
			c.found(hoursUp(sum - int32(c.l.Minutes)))
		}
		sum, begins = 0, day+1
	}
}

// workedInside reports whether a day of the period is worked among those from one to
// another, which is not among them.
func (c *clerk) workedInside(from, to int) bool {
	for day := max(from, c.first); day < min(to, c.last+1); day++ {
		if c.worked[day] {
			return true
		}
	}
	return false
}

// windows looks at some days in a row as the judge does: after one that is reported,
// the next begins behind it.
func (c *clerk) windows(amount []int32, days int, most int32, found func(sum int32)) {
	for i, n := range amount {
		c.sums[i+1] = c.sums[i] + n
	}
	for i := max(0, c.first-days+1); i <= c.last; i++ {
		end := min(i+days, len(amount))
		if amount[i] == 0 || c.sums[end]-c.sums[i] <= most {
			continue
		}
		if c.sums[min(end, c.last+1)]-c.sums[max(i, c.first)] > 0 {
			found(c.sums[end] - c.sums[i])
			i += days - 1
		}
	}
}

func (c *clerk) bounds(o int, bounded bool) {
	have := c.v.tally.minutes + c.credit[o]
	switch {
	case have < c.l.least[o]:
		c.found(hoursUp(c.l.least[o] - have))
	case bounded && have > c.l.most[o]:
		c.found(hoursUp(have - c.l.most[o]))
	}
}
