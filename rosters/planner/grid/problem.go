package grid

import (
	"fmt"
	"math/bits"
)

// Off is a day without duty.
const Off int8 = -1

// Rest is the bit of an Allowed mask that offers a day without duty.
const Rest uint64 = 1 << 63

// Limits of a Problem. They keep masks in a word and sums of prices in 32 bits.
const (
	MaxDuties = 62
	MaxDays   = 1000
	MaxPeople = 5000
	MaxPrice  = 1_000_000
)

// A Duty is what somebody may do on one day.
type Duty struct {
	Name    string
	Minutes int
	NotNext uint64 // duties, as bits, that may not follow on the next day
}

// A Person is one row of the plan, with the rules of the contract.
type Person struct {
	Name string
	// Allowed has the duties, as bits, for each day, and Rest where the day may
	// be without one. A frozen cell offers one bit only.
	Allowed []uint64
	// AtMost bounds how many days are spent on each set of Problem.Counted; a
	// negative number bounds nothing.
	AtMost                 []int
	MinMinutes, MaxMinutes int     // over all days
	MinStretch, MaxStretch int     // days worked in a row; a stretch that touches an end is never too short
	MinDaysOff             int     // days off in a row, likewise
	MaxWeekends            int     // weekends with duty on Saturday or Sunday
	Costs                  []int32 // [day*(duties+1)+duty+1]: the price of each cell, Off first
}

// A Need is how many a group of duties wants on one day, and the price of each
// one short and each one too many.
type Need struct{ Want, Under, Over int32 }

// Price of have people where n is needed.
func (n Need) Price(have int32) int32 {
	if have < n.Want {
		return (n.Want - have) * n.Under
	}
	return (have - n.Want) * n.Over
}

// A Problem asks for a plan. What was worked before the period is given as first
// days with frozen cells, without prices and needs; minutes and counts of the
// contract then include them. Least change to a published plan is a price on
// every cell that differs from it.
type Problem struct {
	Days    int
	Weekday int // of day 0: 0 is Monday, 6 is Sunday
	Duties  []Duty
	Counted []uint64 // sets of duties whose days are counted together
	People  []Person
	Groups  []uint64 // sets of duties whose people count together
	Needs   []Need   // [day*groups+group]
	Fixed   int      // is paid whatever the plan
}

// InvalidError says which part of a problem or a plan cannot be used and why.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string        { return e.Field + ": " + e.Reason }
func (e *InvalidError) InvalidField() string { return e.Field }

func invalid(field, reason string, args ...any) error {
	return &InvalidError{Field: field, Reason: fmt.Sprintf(reason, args...)}
}

// Validate reports the first thing that makes p unusable, as an InvalidError.
func (p *Problem) Validate() error {
	switch {
	case p.Days < 1 || p.Days > MaxDays:
		return invalid("days", "%d; between 1 and %d can be planned", p.Days, MaxDays)
	case p.Weekday < 0 || p.Weekday > 6:
		return invalid("weekday", "%d is not one of 0 to 6", p.Weekday)
	case len(p.Duties) < 1 || len(p.Duties) > MaxDuties:
		return invalid("duties", "%d; between 1 and %d can be planned", len(p.Duties), MaxDuties)
	case len(p.People) < 1 || len(p.People) > MaxPeople:
		return invalid("people", "%d; between 1 and %d can be planned", len(p.People), MaxPeople)
	case len(p.Groups) > 127 || len(p.Counted) > 127:
		return invalid("groups", "%d groups and %d counted sets; at most 127 of each can be planned", len(p.Groups), len(p.Counted))
	case len(p.Needs) != p.Days*len(p.Groups):
		return invalid("needs", "%d for %d days and %d groups", len(p.Needs), p.Days, len(p.Groups))
	}
	all := uint64(1)<<len(p.Duties) - 1
	for _, duty := range p.Duties {
		if duty.Minutes < 0 || duty.Minutes > 7*24*60 {
			return invalid("duty "+duty.Name, "%d minutes", duty.Minutes)
		}
		if duty.NotNext&^all != 0 {
			return invalid("duty "+duty.Name, "forbids duty %d, and there are %d", bits.Len64(duty.NotNext&^all)-1, len(p.Duties))
		}
	}
	for _, sets := range [][]uint64{p.Groups, p.Counted} {
		for i, set := range sets {
			if set == 0 || set&^all != 0 {
				return invalid("groups", "set %d is empty or names duties that are not there", i)
			}
		}
	}
	for i, n := range p.Needs {
		if n.Want < 0 || n.Want > MaxPeople || n.Under < 0 || n.Under > MaxPrice || n.Over < 0 || n.Over > MaxPrice {
			return invalid("needs", "day %d, group %d: %+v is out of range", i/len(p.Groups), i%len(p.Groups), n)
		}
	}
	for i := range p.People {
		if err := p.People[i].validate(p, all); err != nil {
			return err
		}
	}
	return nil
}

func (q *Person) validate(p *Problem, all uint64) error {
	name := "person " + q.Name
	switch {
	case len(q.Allowed) != p.Days:
		return invalid(name, "%d days allowed or not, instead of %d", len(q.Allowed), p.Days)
	case len(q.AtMost) != len(p.Counted):
		return invalid(name, "%d limits for %d counted sets", len(q.AtMost), len(p.Counted))
	case len(q.Costs) != p.Days*(len(p.Duties)+1):
		return invalid(name, "%d prices instead of %d", len(q.Costs), p.Days*(len(p.Duties)+1))
	case q.MinMinutes < 0 || q.MinMinutes > q.MaxMinutes || q.MaxMinutes > 1<<30:
		return invalid(name, "at least %d minutes and at most %d", q.MinMinutes, q.MaxMinutes)
	case q.MinStretch < 0 || q.MaxStretch < 0 || q.MinDaysOff < 0 || q.MaxWeekends < 0:
		return invalid(name, "a rule is negative")
	}
	for d, mask := range q.Allowed {
		if mask == 0 || mask&^(all|Rest) != 0 {
			return invalid(name, "day %d allows nothing, or a duty that is not there", d)
		}
	}
	for _, c := range q.Costs {
		if c < -MaxPrice || c > MaxPrice {
			return invalid(name, "the price %d is beyond %d", c, MaxPrice)
		}
	}
	return nil
}

// weekend reports whether day d is a Saturday or a Sunday.
func (p *Problem) weekend(d int) (saturday, sunday bool) {
	w := (p.Weekday + d) % 7
	return w == 5, w == 6
}
