package rosters

import (
	"cmp"
	"slices"
)

// A Candidate is one officer for one place.
type Candidate struct {
	Officer string `json:"officer"`
	// Stopped are the mandatory rules in the way, the first of the catalogue first;
	// nobody who has any is offered.
	Stopped []Violation `json:"stopped"`
	Breaks  []Violation `json:"breaks"` // exceptions that it would take
	Costs   []Violation `json:"costs"`  // requests that it would cost
	Cost    int         `json:"cost"`   // of the plan, more than now; negative when it gets better
	Busy    bool        `json:"busy"`   // has a duty on that day already
	Tally   Tally       `json:"tally"`  // before
}

// Who judges everybody for a place: those whom nothing stops first, by exceptions,
// cost and hours. A demand for a time takes the first shift type of the post that
// covers it. The error, an InvalidError, says that there is no such place.
func (j *Judge) Who(d Demand) ([]Candidate, error) {
	code, err := j.shiftFor(&d)
	if err != nil {
		return nil, err
	}
	before := j.Score().Cost
	list := make([]Candidate, 0, len(j.station.Officers))
	for o := range j.station.Officers {
		cell := Cell{j.station.Officers[o].ID, d.Date}
		had := j.Cell(cell)
		delta, err := j.Try(Change{cell, append(had, Duty{Shift: code, Post: d.Post, Source: FromHand})})
		if err != nil {
			return nil, err
		}
		c := Candidate{Officer: cell.Officer, Cost: delta.Score.Cost - before, Busy: len(had) > 0, Tally: j.tallies[o]}
		for _, v := range slices.Concat(delta.Came, delta.Worse) {
			switch v.Level {
			case Mandatory:
				c.Stopped = append(c.Stopped, v)
			case Exceptional:
				c.Breaks = append(c.Breaks, v)
			default:
				c.Costs = append(c.Costs, v)
			}
		}
		slices.SortStableFunc(c.Stopped, func(a, b Violation) int { return cmp.Compare(place[a.Kind], place[b.Kind]) })
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b Candidate) int {
		return cmp.Or(
			cmp.Compare(min(1, len(a.Stopped)), min(1, len(b.Stopped))), cmp.Compare(len(a.Breaks), len(b.Breaks)), cmp.Compare(a.Cost, b.Cost),
			cmp.Compare(a.Tally.Minutes+a.Tally.Credit-a.Tally.Target, b.Tally.Minutes+b.Tally.Credit-b.Tally.Target))
	})
	return list, nil
}

// place is the order of kinds in the catalogue.
var place = func() map[Kind]int {
	order := map[Kind]int{}
	for i, info := range Catalogue() {
		order[info.Kind] = i
	}
	return order
}()

func (j *Judge) shiftFor(d *Demand) (string, error) {
	p, ok := j.posts[d.Post]
	if !ok {
		return "", invalid("post", "no post %.60q", d.Post)
	}
	if d.Shift != "" {
		return d.Shift, nil
	}
	whole := d.spans(nil)[0]
	for _, code := range j.station.Posts[p].Shifts {
		if spans := j.station.ShiftType(code).Spans(); spans[0].From <= whole.From && whole.To <= spans[len(spans)-1].To {
			return code, nil
		}
	}
	return "", invalid("shift", "no shift type of %s covers %s to %s", d.Post, d.From, d.To)
}
