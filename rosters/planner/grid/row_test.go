package grid

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// drawProblem makes a small random problem with every kind of rule.
func drawProblem(t *rapid.T, people, days int) *Problem {
	between := func(low, high int, name string) int { return rapid.IntRange(low, high).Draw(t, name) }
	p := &Problem{Days: between(1, days, "days"), Weekday: between(0, 6, "weekday"), Fixed: between(0, 5, "fixed")}
	duties := between(1, 3, "duties")
	all := uint64(1)<<duties - 1
	for s := range duties {
		p.Duties = append(p.Duties, Duty{
			Name: string(rune('A' + s)), Minutes: 60 * between(4, 6, "hours"), NotNext: rapid.Uint64Range(0, all).Draw(t, "not next"),
		})
		p.Groups = append(p.Groups, 1<<s)
		p.Counted = append(p.Counted, 1<<s)
	}
	if rapid.Bool().Draw(t, "wide group") {
		p.Groups = append(p.Groups, all)
		p.Counted = append(p.Counted, all)
	}
	for range p.Days * len(p.Groups) {
		p.Needs = append(p.Needs, Need{Want: int32(between(0, 2, "want")), Under: int32(between(0, 100, "under")), Over: int32(between(0, 9, "over"))})
	}
	for i := range between(1, people, "people") {
		q := Person{
			Name: string(rune('a' + i)), MinStretch: between(0, 3, "stretch"), MaxStretch: between(0, 5, "longest"),
			MinDaysOff: between(0, 3, "rest"), MaxWeekends: between(0, 3, "weekends"), MaxMinutes: 60 * between(0, 5*p.Days, "most"),
		}
		q.MinMinutes = max(0, q.MaxMinutes-60*between(0, 20, "room"))
		for range p.Counted {
			q.AtMost = append(q.AtMost, between(-1, p.Days, "limit"))
		}
		for range p.Days {
			q.Allowed = append(q.Allowed, rapid.SampledFrom([]uint64{all | Rest, all | Rest, all | Rest, Rest, 1, 1 | Rest}).Draw(t, "allowed"))
			for range duties + 1 {
				q.Costs = append(q.Costs, int32(between(0, 9, "cost")))
			}
		}
		p.People = append(p.People, q)
	}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	return p
}

// cheapestRow tries every row of person 0.
func cheapestRow(p *Problem, prices []int32) (best int) {
	best = math.MaxInt
	row := make([]int8, p.Days)
	var try func(d, price int)
	try = func(d, price int) {
		if d == p.Days {
			if price < best && len(p.JudgeRow(0, row)) == 0 {
				best = price
			}
			return
		}
		for s := Off; int(s) < len(p.Duties); s++ {
			row[d] = s
			try(d+1, price+int(prices[d*(len(p.Duties)+1)+int(s)+1]))
		}
	}
	try(0, 0)
	return best
}

func TestRowIsCheapest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t, 1, 6)
		limited := rapid.Bool().Draw(t, "limited")
		if !limited {
			for k := range p.People[0].AtMost {
				p.People[0].AtMost[k] = -1
			}
		}
		st := newState(p)
		rs := newRowSolver(st, func() bool { return false })
		prices := make([]int32, p.Days*(st.S+1))
		for i := range prices {
			prices[i] = int32(rapid.IntRange(-500, 500).Draw(t, "price"))
		}
		want := cheapestRow(p, prices)
		out := make([]int8, p.Days)
		got := rs.solve(0, prices, st.allowed, window{0, p.Days, 0, 0}, 8, out)
		if got.ok {
			price := 0
			for d, s := range out {
				price += int(prices[d*(st.S+1)+int(s)+1])
			}
			if broken := p.JudgeRow(0, out); len(broken) > 0 || price != got.price {
				t.Fatalf("row %v claims %d, costs %d, breaks %v", out, got.price, price, broken)
			}
		}
		if want < math.MaxInt && got.bound > float64(want) {
			t.Fatalf("bound %v above the cheapest row's %d", got.bound, want)
		}
		if !limited && want < math.MaxInt && got.price != want {
			t.Fatalf("row %v costs %d, the cheapest %d", out, got.price, want)
		}
		if !limited && want == math.MaxInt && got.ok {
			t.Fatalf("row %v where there is none", out)
		}
	})
}
