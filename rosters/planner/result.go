package planner

import (
	"slices"

	"guardroom/rosters"
)

// result is the plan with the cells of x; what did not change keeps its source.
func (b *board) result(x []int16) rosters.Plan {
	p := *b.plan
	officers := map[string]int{}
	for o := range b.station.Officers {
		officers[b.station.Officers[o].ID] = o
	}
	p.Assignments = nil
	for _, a := range b.plan.Assignments {
		at := officers[a.Officer]*b.days + b.index(a.Date)
		if x[at] == b.start[at] {
			p.Assignments = append(p.Assignments, a)
		}
	}
	for at, u := range x {
		if u == b.start[at] {
			continue
		}
		for _, t := range b.duties[u].turns {
			p.Assignments = append(p.Assignments, b.assignment(at/b.days, at%b.days, t))
		}
	}
	slices.SortFunc(p.Assignments, rosters.Assignment.Order)
	return p
}
