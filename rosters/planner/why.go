package planner

import (
	"cmp"
	"fmt"
	"slices"

	"guardroom/rosters"
)

// Obstacle is what keeps an officer from a place.
type Obstacle string

// The obstacles, in the order in which they are looked for.
const (
	Free      Obstacle = "free"      // none: the officer could take it
	Fixed     Obstacle = "fixed"     // the day is frozen or past
	OnDuty    Obstacle = "on_duty"   // another duty at that time
	ByRule    Obstacle = "rule"      // a mandatory rule; Violation says which
	Exception Obstacle = "exception" // only by exception; Violation says which
)

// A Reason is why one officer does not stand where somebody is lacking.
type Reason struct {
	Officer   string             `json:"officer"`
	Obstacle  Obstacle           `json:"obstacle"`
	Shift     string             `json:"shift"`     // the shift that it would be
	Duty      *rosters.Duty      `json:"duty"`      // the one that is in the way
	Violation *rosters.Violation `json:"violation"` // the first rule that stops the officer
	Cost      int                `json:"cost"`      // by how much the penalty would change, when nothing stops the officer
}

// Why lists everyone who has the rank and the qualifications that a demand asks for
// on its day, with the first thing that stops each: those who could take it first,
// then those who could by exception. The plan is the problem's.
func Why(problem Problem, hole rosters.Demand) ([]Reason, error) {
	if err := problem.validate(); err != nil {
		return nil, fmt.Errorf("explain an empty place: %w", err)
	}
	post := problem.Station.Post(hole.Post)
	if post == nil {
		return nil, fmt.Errorf("explain an empty place: %w", &InvalidError{"post", fmt.Sprintf("no post %.60q", hole.Post)})
	}
	if !problem.Plan.Inside(hole.Date) {
		return nil, fmt.Errorf("explain an empty place: %w", &InvalidError{"date", hole.Date.String() + " is outside the plan"})
	}
	b, err := newBoard(&problem)
	if err != nil {
		return nil, fmt.Errorf("explain an empty place: %w", err)
	}
	shift, ok := b.shiftFor(&hole)
	if !ok {
		return nil, fmt.Errorf("explain an empty place: %w", &InvalidError{"shift", "no shift type of the post meets the demand"})
	}
	w := want{Demand: &hole}
	q := slices.IndexFunc(b.station.Posts, func(p rosters.Post) bool { return p.ID == hole.Post })
	var reasons []Reason
	for o := range b.station.Officers {
		who := &b.station.Officers[o]
		if !b.serves(who, &w) || who.Rank < post.MinRank || len(b.lacking(who, q, hole.Date)) > 0 {
			continue
		}
		r, err := b.stops(o, rosters.Duty{Shift: shift, Post: hole.Post, Source: rosters.FromHand}, hole.Date)
		if err != nil {
			return nil, fmt.Errorf("explain an empty place: %w", err)
		}
		reasons = append(reasons, r)
	}
	rank := map[Obstacle]int{Free: 0, Exception: 1, OnDuty: 2, ByRule: 3, Fixed: 4}
	slices.SortStableFunc(reasons, func(x, y Reason) int {
		return cmp.Or(cmp.Compare(rank[x.Obstacle], rank[y.Obstacle]), cmp.Compare(x.Cost, y.Cost), cmp.Compare(x.Officer, y.Officer))
	})
	return reasons, nil
}

// shiftFor is the shift type that a demand names, or that meets its time best.
func (b *board) shiftFor(d *rosters.Demand) (code string, ok bool) {
	if d.Shift != "" {
		return d.Shift, b.station.ShiftType(d.Shift) != nil
	}
	w := want{Demand: d, post: slices.IndexFunc(b.station.Posts, func(p rosters.Post) bool { return p.ID == d.Post }), day: b.index(d.Date)}
	for _, s := range wallSpans(d, nil) {
		w.spans = append(w.spans, interval{b.minuteAt(d.Date, s.From), b.minuteAt(d.Date, s.To)})
	}
	best := int32(0)
	for k := range b.shifts {
		if !b.serving(&w, w.day, k) {
			continue
		}
		inside, all := int32(0), int32(0)
		for _, s := range b.occurrences[w.day*b.shifts+k].spans {
			all += s.to - s.from
			inside += max(0, min(s.to, w.spans[0].to)-max(s.from, w.spans[0].from))
		}
		if value := 3*inside - all; !ok || value > best {
			best, code, ok = value, b.station.ShiftTypes[k].Code, true
		}
	}
	return code, ok
}

// stops finds the first thing that keeps an officer from a duty.
func (b *board) stops(o int, d rosters.Duty, day rosters.Date) (Reason, error) {
	r := Reason{Officer: b.station.Officers[o].ID, Obstacle: Free, Shift: d.Shift}
	cell := rosters.Cell{Officer: r.Officer, Date: day}
	before := b.judge.Score()
	delta, err := b.judge.Try(rosters.Change{Cell: cell, Duties: append(b.judge.Cell(cell), d)})
	if err != nil {
		return r, err
	}
	r.Cost = delta.Score.Cost - before.Cost
	at := o*b.days + b.index(day)
	if open := b.problem.Open; b.fixed[at] && b.start[at] != 0 || open != 0 && day < open {
		r.Obstacle = Fixed
	}
	if other, meets := b.meeting(o, d, day); meets {
		r.Obstacle, r.Duty = OnDuty, &other
		return r, nil
	}
	if r.Obstacle == Fixed {
		return r, nil
	}
	for _, level := range []struct {
		rosters.Level
		Obstacle
	}{{rosters.Mandatory, ByRule}, {rosters.Exceptional, Exception}} {
		for _, list := range [][]rosters.Violation{delta.Came, delta.Worse} {
			for i := range list {
				if list[i].Level == level.Level {
					r.Obstacle, r.Violation = level.Obstacle, &list[i]
					return r, nil
				}
			}
		}
	}
	return r, nil
}

// meeting is the duty of an officer that is at the same time as another, if any.
func (b *board) meeting(o int, d rosters.Duty, day rosters.Date) (rosters.Duty, bool) {
	k := slices.IndexFunc(b.station.ShiftTypes, func(t rosters.ShiftType) bool { return t.Code == d.Shift })
	c := clerk{board: b}
	mine := turn{day: int16(b.index(day)), shift: int16(k)}
	for i := max(0, b.index(day)-1); i <= min(b.days-1, b.index(day)+1); i++ {
		for _, t := range b.duties[b.start[o*b.days+i]].turns {
			if !b.standby[t.shift] && c.meet(mine, turn{day: int16(i), shift: t.shift}) {
				a := b.assignment(o, i, t)
				return rosters.Duty{Shift: a.Shift, Post: a.Post}, true
			}
		}
	}
	return rosters.Duty{}, false
}
