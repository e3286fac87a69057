package planner

import (
	"fmt"
	"time"

	"guardroom/rosters"
)

// A Problem asks for the plan of a station's period.
type Problem struct {
	Station *rosters.Station
	// Plan has the period, its demand, leave and requests, what is known of the days
	// around it, and the duties to begin with. Frozen duties, cells with more than
	// one duty and stand-by stay as they are.
	Plan *rosters.Plan
	// Open is the first day that may change; none: the first day of the period.
	Open rosters.Date
	// Keep leaves every duty that Plan has; only empty cells are filled.
	Keep bool
	// Published is what officers were told, and Change the price of a cell that
	// becomes different from it, beside the costs of the rules; 0: none. A day of
	// which nobody was told anything has no such price.
	Published []rosters.Assignment
	Change    int

	closed rosters.Date // the last day that may change; none: that of the period
}

// untold stands where nobody was told anything of a day.
const untold = -1

// toldDays are the days of which officers were told something.
func (p *Problem) toldDays() map[rosters.Date]bool {
	days := map[rosters.Date]bool{}
	for _, a := range p.Published {
		days[a.Date] = true
	}
	return days
}

// For asks for a plan of a period from what it holds already.
func For(s *rosters.Station, p *rosters.Plan) Problem { return Problem{Station: s, Plan: p} }

// Options say how long and how to search. The zero value searches for ten seconds.
type Options struct {
	Time time.Duration // how long; ten seconds when neither Time nor Moves is given
	// Moves bounds the search by moves tried per worker instead of time. Workers then
	// share nothing until the end, so that the same seed and moves give the same plan
	// on any machine.
	Moves   int64
	Seed    uint64
	Workers int // goroutines; 2 when 0
	// Progress is sent every better plan and bound, and nothing after Solve has
	// returned. What the channel has no room for is dropped; nobody waits.
	Progress chan<- Progress
}

// A Progress is how far a search is.
type Progress struct {
	Elapsed   time.Duration `json:"elapsed"`   // nanoseconds in JSON
	Mandatory int           `json:"mandatory"` // mandatory rules broken
	Excess    int           `json:"excess"`    // by how much, in hours, heads and times
	Penalty   int           `json:"penalty"`   // the cost of exceptions and requests, and of changes
	Bound     int           `json:"bound"`     // no plan that breaks no mandatory rule costs less
}

// A Result is a plan with the judge's word on it.
type Result struct {
	Plan    rosters.Plan
	Score   rosters.Score // the judge's
	Penalty int           // Score.Cost and the price of changes
	Changed int           // cells that differ from Published, on days of which officers were told
	Bound   int           // no plan that breaks no mandatory rule has a lower penalty
	Moves   int64
	Elapsed time.Duration
}

// Gap is how far the penalty may be above the best possible, as a share of it.
func (r *Result) Gap() float64 {
	if r.Penalty <= r.Bound {
		return 0
	}
	return float64(r.Penalty-r.Bound) / float64(max(1, r.Bound))
}

// InvalidError says which field of a problem cannot be used and why.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field; the API recognises the error by this method.
func (e *InvalidError) InvalidField() string { return e.Field }

func (p *Problem) validate() error {
	switch {
	case p.Station == nil:
		return &InvalidError{"station", "missing"}
	case p.Plan == nil:
		return &InvalidError{"plan", "missing"}
	case p.Change < 0 || p.Change > 1_000_000:
		return &InvalidError{"change", fmt.Sprintf("%d is not between 0 and 1000000", p.Change)}
	}
	return nil
}
