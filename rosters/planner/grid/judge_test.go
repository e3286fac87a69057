package grid

import (
	"errors"
	"slices"
	"testing"
)

// week is a problem of one person and two duties, Day and Night, over ten days
// from a Monday, in which nothing is forbidden but Day after Night.
func week() *Problem {
	p := &Problem{
		Days: 10, Duties: []Duty{{Name: "D", Minutes: 480}, {Name: "N", Minutes: 600, NotNext: 1}},
		Groups: []uint64{1, 2, 3}, Counted: []uint64{2, 3}, Fixed: 7,
	}
	p.Needs = make([]Need, p.Days*3)
	q := Person{Name: "Abebe", AtMost: []int{-1, -1}, MaxMinutes: 1 << 20, MaxStretch: 10, MaxWeekends: 9}
	for range p.Days {
		q.Allowed = append(q.Allowed, 3|Rest)
		q.Costs = append(q.Costs, 0, 0, 0)
	}
	p.People = []Person{q}
	return p
}

func row(text string) (row []int8) {
	for _, c := range text {
		row = append(row, map[rune]int8{'.': Off, 'D': 0, 'N': 1}[c])
	}
	return row
}

func TestJudgeFindsEveryRule(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		rule func(p *Problem, q *Person)
		row  string
		want []Violation
	}{
		{"nothing", func(*Problem, *Person) {}, "DDNN..DNN.", nil},
		{"leave", func(_ *Problem, q *Person) { q.Allowed[3] = Rest }, "..DD......", []Violation{{Day: 3, Rule: NotAllowed, By: 1}}},
		{"frozen duty", func(_ *Problem, q *Person) { q.Allowed[3] = 1 }, "..........", []Violation{{Day: 3, Rule: NotAllowed, By: 1}}},
		{"succession", func(*Problem, *Person) {}, "ND........", []Violation{{Day: 1, Rule: Succession, By: 1}}},
		{"nights", func(_ *Problem, q *Person) { q.AtMost[0] = 1 }, "NNN.......", []Violation{{Day: -1, Rule: TooOften, By: 2}}},
		{"set of duties", func(_ *Problem, q *Person) { q.AtMost[1] = 3 }, "DDNN......", []Violation{{Day: -1, Rule: TooOften, By: 1}}},
		{"most minutes", func(_ *Problem, q *Person) { q.MaxMinutes = 1000 }, "DN........", []Violation{{Day: -1, Rule: TooManyMin, By: 80}}},
		{"least minutes", func(_ *Problem, q *Person) { q.MinMinutes = 1000 }, "D.........", []Violation{{Day: -1, Rule: TooFewMin, By: 520}}},
		{"long stretch", func(_ *Problem, q *Person) { q.MaxStretch = 3 }, ".DDDDD....", []Violation{{Day: 1, Rule: LongStretch, By: 2}}},
		{"short stretch", func(_ *Problem, q *Person) { q.MinStretch = 3 }, ".DD.......", []Violation{{Day: 1, Rule: ShortWork, By: 1}}},
		{"short stretches at the ends", func(_ *Problem, q *Person) { q.MinStretch = 3 }, "D........D", nil},
		{"short rest", func(_ *Problem, q *Person) { q.MinDaysOff = 2 }, "DD.DD.....", []Violation{{Day: 2, Rule: ShortRest, By: 1}}},
		{"short rest at the ends", func(_ *Problem, q *Person) { q.MinDaysOff = 2 }, ".DDDDDDDD.", nil},
		{"weekends", func(_ *Problem, q *Person) { q.MaxWeekends = 0 }, ".....DD...", []Violation{{Day: -1, Rule: Weekends, By: 1}}},
		{"a horizon that begins on a Sunday", func(p *Problem, q *Person) { p.Weekday, q.MaxWeekends = 6, 1 }, "D....DDD..", []Violation{{Day: -1, Rule: Weekends, By: 1}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := week()
			tc.rule(p, &p.People[0])
			j, err := p.Judge([][]int8{row(tc.row)})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(j.Violations, tc.want) {
				t.Errorf("Judge(%s) finds %v, want %v", tc.row, j.Violations, tc.want)
			}
			for _, v := range j.Violations {
				if p.Explain(v) == "" {
					t.Errorf("no words for %v", v)
				}
			}
		})
	}
}

func TestJudgePrices(t *testing.T) {
	t.Parallel()
	p := week()
	p.People[0].Costs[0*3+1] = 5 // Day on day 0
	p.People[0].Costs[1*3+0] = 3 // day 1 off
	p.Needs[0*3+0] = Need{Want: 1, Under: 100, Over: 1}
	p.Needs[2*3+1] = Need{Want: 2, Under: 100, Over: 1} // one short
	p.Needs[3*3+2] = Need{Want: 0, Under: 100, Over: 2} // one over, of either duty
	j, err := p.Judge([][]int8{row("D.ND......")})
	if err != nil {
		t.Fatal(err)
	}
	if j.Requests != 8 || j.Needs != 102 || j.Penalty != 117 {
		t.Errorf("Judge() = %+v", j)
	}
}

func TestRefusesWhatIsNoProblem(t *testing.T) {
	t.Parallel()
	if err := week().Validate(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Problem){
		"days":         func(p *Problem) { p.Days = 0 },
		"many days":    func(p *Problem) { p.Days = MaxDays + 1 },
		"weekday":      func(p *Problem) { p.Weekday = 7 },
		"duties":       func(p *Problem) { p.Duties = nil },
		"minutes":      func(p *Problem) { p.Duties[0].Minutes = -1 },
		"successor":    func(p *Problem) { p.Duties[0].NotNext = 4 },
		"people":       func(p *Problem) { p.People = nil },
		"group":        func(p *Problem) { p.Groups[0] = 4 },
		"empty set":    func(p *Problem) { p.Counted[0] = 0 },
		"needs":        func(p *Problem) { p.Needs = p.Needs[1:] },
		"need":         func(p *Problem) { p.Needs[0].Over = -1 },
		"allowed":      func(p *Problem) { p.People[0].Allowed = nil },
		"no cell":      func(p *Problem) { p.People[0].Allowed[4] = 0 },
		"not a duty":   func(p *Problem) { p.People[0].Allowed[4] = 8 },
		"limits":       func(p *Problem) { p.People[0].AtMost = nil },
		"prices":       func(p *Problem) { p.People[0].Costs = nil },
		"dear":         func(p *Problem) { p.People[0].Costs[0] = MaxPrice + 1 },
		"most < least": func(p *Problem) { p.People[0].MinMinutes = 1 << 21 },
		"negative":     func(p *Problem) { p.People[0].MaxStretch = -1 },
	} {
		p := week()
		spoil(p)
		var invalid *InvalidError
		if err := p.Validate(); !errors.As(err, &invalid) || invalid.InvalidField() == "" {
			t.Errorf("%s: Validate() = %v", name, err)
		}
	}
	for name, rows := range map[string][][]int8{"no rows": nil, "short row": {row("D")}, "unknown duty": {append(row("DDDDDDDDD"), 2)}} {
		if _, err := week().Judge(rows); err == nil {
			t.Errorf("%s: judged", name)
		}
	}
}
