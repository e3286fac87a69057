package grid

import "fmt"

// Rule names what a row breaks.
type Rule string

// The hard rules of a row.
const (
	NotAllowed  Rule = "not allowed"       // a cell that is not offered
	Succession  Rule = "succession"        // a duty that may not follow the one before
	TooOften    Rule = "too often"         // more days of a counted set than AtMost
	TooManyMin  Rule = "too many minutes"  // more than MaxMinutes
	TooFewMin   Rule = "too few minutes"   // fewer than MinMinutes
	LongStretch Rule = "long stretch"      // more days in a row than MaxStretch
	ShortWork   Rule = "short stretch"     // fewer days in a row than MinStretch
	ShortRest   Rule = "too few days off"  // fewer days off in a row than MinDaysOff
	Weekends    Rule = "too many weekends" // more than MaxWeekends
)

// A Violation is one hard rule broken.
type Violation struct {
	Person int
	Day    int // the first day concerned; -1 when it is the whole row
	Rule   Rule
	By     int // days, duties, weekends or minutes beyond the rule
}

// A Judgement is what a plan costs and what it breaks.
type Judgement struct {
	Requests   int // prices of cells
	Needs      int // prices of needs missed and exceeded
	Penalty    int // both, and Fixed
	Violations []Violation
}

// Judge weighs a plan, rows [person][day], from nothing. It shares no code with
// any search. The error, an InvalidError, says that rows are not a plan of p.
func (p *Problem) Judge(rows [][]int8) (Judgement, error) {
	if len(rows) != len(p.People) {
		return Judgement{}, invalid("plan", "%d rows for %d people", len(rows), len(p.People))
	}
	var j Judgement
	have := make([]int32, len(p.Needs))
	for i, row := range rows {
		if len(row) != p.Days {
			return Judgement{}, invalid("plan", "person %s: %d days instead of %d", p.People[i].Name, len(row), p.Days)
		}
		for d, s := range row {
			if s < Off || int(s) >= len(p.Duties) {
				return Judgement{}, invalid("plan", "person %s, day %d: no duty %d", p.People[i].Name, d, s)
			}
			j.Requests += int(p.People[i].Costs[d*(len(p.Duties)+1)+int(s)+1])
			for g, set := range p.Groups {
				if s != Off && set>>s&1 == 1 {
					have[d*len(p.Groups)+g]++
				}
			}
		}
		j.Violations = append(j.Violations, p.JudgeRow(i, row)...)
	}
	for i, n := range p.Needs {
		j.Needs += int(n.Price(have[i]))
	}
	j.Penalty = p.Fixed + j.Requests + j.Needs
	return j, nil
}

// JudgeRow lists the hard rules that row breaks when person i works it.
func (p *Problem) JudgeRow(i int, row []int8) []Violation {
	q := &p.People[i]
	var found []Violation
	broken := func(day int, rule Rule, by int) {
		if by > 0 {
			found = append(found, Violation{Person: i, Day: day, Rule: rule, By: by})
		}
	}
	count := make([]int, len(p.Counted))
	minutes, weekends := 0, 0
	for d, s := range row {
		saturday, sunday := p.weekend(d)
		if s == Off {
			if q.Allowed[d]&Rest == 0 {
				broken(d, NotAllowed, 1)
			}
			continue
		}
		if q.Allowed[d]>>s&1 == 0 {
			broken(d, NotAllowed, 1)
		}
		if d > 0 && row[d-1] != Off && p.Duties[row[d-1]].NotNext>>s&1 == 1 {
			broken(d, Succession, 1)
		}
		minutes += p.Duties[s].Minutes
		for k, set := range p.Counted {
			count[k] += int(set >> s & 1)
		}
		if saturday || sunday && (d == 0 || row[d-1] == Off) {
			weekends++
		}
	}
	for k, n := range count {
		if q.AtMost[k] >= 0 {
			broken(-1, TooOften, n-q.AtMost[k])
		}
	}
	broken(-1, TooManyMin, minutes-q.MaxMinutes)
	broken(-1, TooFewMin, q.MinMinutes-minutes)
	broken(-1, Weekends, weekends-q.MaxWeekends)
	for from := 0; from < len(row); {
		to := from + 1
		for to < len(row) && (row[to] == Off) == (row[from] == Off) {
			to++
		}
		inside := from > 0 && to < len(row)
		switch {
		case row[from] == Off && inside:
			broken(from, ShortRest, q.MinDaysOff-(to-from))
		case row[from] != Off:
			broken(from, LongStretch, to-from-q.MaxStretch)
			if inside {
				broken(from, ShortWork, q.MinStretch-(to-from))
			}
		}
		from = to
	}
	return found
}

// Explain puts v in words.
func (p *Problem) Explain(v Violation) string {
	if v.Day < 0 {
		return fmt.Sprintf("%s: %s by %d", p.People[v.Person].Name, v.Rule, v.By)
	}
	return fmt.Sprintf("%s, day %d: %s by %d", p.People[v.Person].Name, v.Day, v.Rule, v.By)
}
