package rosters

import (
	"cmp"
	"slices"
)

// Source says how an assignment came about.
type Source string

// The sources.
const (
	FromHand    Source = "hand"
	FromPlanner Source = "planner"
	FromImport  Source = "import"
	FromSwap    Source = "swap"
	FromRecall  Source = "recall"
	FromRelief  Source = "relief" // overtime of an officer whose relief was late
)

// An Assignment is a duty of one officer: a shift type on a day, at a post or,
// with no Post, unposted (reserve).
type Assignment struct {
	Officer string `json:"officer"`
	Date    Date   `json:"date"` // the day on which it begins, by the station's clock
	Shift   string `json:"shift"`
	Post    string `json:"post"`
	Source  Source `json:"source"`
	Frozen  bool   `json:"frozen"` // neither planner nor fix may touch it
}

// Same reports whether a and b are the same duty, whoever gave it.
func (a Assignment) Same(b Assignment) bool {
	return a.Officer == b.Officer && a.Date == b.Date && a.Shift == b.Shift && a.Post == b.Post
}

// Order sorts by day, officer, shift and post.
func (a Assignment) Order(b Assignment) int {
	return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Officer, b.Officer), cmp.Compare(a.Shift, b.Shift), cmp.Compare(a.Post, b.Post))
}

// A Cell is one officer's day on the board.
type Cell struct {
	Officer string `json:"officer"`
	Date    Date   `json:"date"`
}

// A Duty is what a cell holds: a shift type and the post, if any.
type Duty struct {
	Shift  string `json:"shift"`
	Post   string `json:"post"`
	Source Source `json:"source,omitempty"`
	Frozen bool   `json:"frozen,omitempty"`
}

// A Change gives a cell another content; no Duties empties it.
type Change struct {
	Cell
	Duties []Duty `json:"duties"`
}

// A Tally is what somebody has had, in a plan or before it.
type Tally struct {
	Minutes   int `json:"minutes"`   // that count as work, real ones over clock changes
	Credit    int `json:"credit"`    // minutes of leave that count towards the contract
	Target    int `json:"target"`    // minutes of the contract for the days at the station
	Shifts    int `json:"shifts"`    // without stand-by
	Nights    int `json:"nights"`    // shifts
	Weekends  int `json:"weekends"`  // with at least one shift
	Holidays  int `json:"holidays"`  // shifts that begin on a public holiday
	Unpopular int `json:"unpopular"` // shifts at unpopular posts
	Overtime  int `json:"overtime"`  // minutes beyond the contract, never negative
}

// An Approval lets an exception stand.
type Approval struct {
	Violation string `json:"violation"` // its Key
	By        string `json:"by"`
	Reason    string `json:"reason"`
}

// A Plan is who has which duty from one day to another, with all that judging it
// takes. Assignments, leave and requests of other days belong to it as far as
// rules reach back or forward: what was worked before From is judged where it
// meets the period, and never for itself.
type Plan struct {
	From  Date `json:"from"`
	Until Date `json:"until"` // last day
	// Since and Beyond are the first and the last day whose duties are given, where
	// that is more than the period. What reaches past them is not judged as too short.
	Since       Date             `json:"since"`
	Beyond      Date             `json:"beyond"`
	Assignments []Assignment     `json:"assignments"`
	Demands     []Demand         `json:"demands"`
	Leave       []Leave          `json:"leave"`
	Requests    []Request        `json:"requests"`
	Approvals   []Approval       `json:"approvals"`
	Before      map[string]Tally `json:"before"` // by officer: what fairness remembers of the months before From
}

// Days of the period.
func (p *Plan) Days() int { return p.Until.Sub(p.From) + 1 }

// known are the days whose duties are given.
func (p *Plan) known() reach {
	r := reach{p.From, max(p.Until, p.Beyond)}
	if p.Since != 0 {
		r.from = min(p.Since, p.From)
	}
	return r
}

// Inside reports whether d is a day of the period.
func (p *Plan) Inside(d Date) bool { return d >= p.From && d <= p.Until }

// Apply gives cells other contents.
func (p *Plan) Apply(changes []Change) {
	becomes := make(map[Cell][]Duty, len(changes))
	for _, c := range changes {
		becomes[c.Cell] = c.Duties
	}
	p.Assignments = slices.DeleteFunc(p.Assignments, func(a Assignment) bool {
		_, changed := becomes[Cell{a.Officer, a.Date}]
		return changed
	})
	for cell, duties := range becomes {
		for _, d := range duties {
			p.Assignments = append(p.Assignments, d.of(cell))
		}
	}
	slices.SortFunc(p.Assignments, Assignment.Order)
}

func (d Duty) of(c Cell) Assignment {
	return Assignment{Officer: c.Officer, Date: c.Date, Shift: d.Shift, Post: d.Post, Source: d.Source, Frozen: d.Frozen}
}

func (a Assignment) duty() Duty {
	return Duty{Shift: a.Shift, Post: a.Post, Source: a.Source, Frozen: a.Frozen}
}

// Limits of a plan and a station.
const (
	MaxDays     = 400 // of a period; a year and a month
	MaxOfficers = 5000
	maxName     = 200
	maxList     = 64
	dayMinutes  = 24 * 60
	weekMinutes = 7 * dayMinutes
)

// Order sorts by day and officer.
func (c Cell) Order(b Cell) int {
	return cmp.Or(cmp.Compare(c.Date, b.Date), cmp.Compare(c.Officer, b.Officer))
}

func (d Duty) order(b Duty) int {
	return cmp.Or(cmp.Compare(d.Shift, b.Shift), cmp.Compare(d.Post, b.Post))
}
