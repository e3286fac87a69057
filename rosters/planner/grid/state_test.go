package grid

import (
	"testing"

	"pgregory.net/rapid"

	"guardroom/rosters/planner/chance"
)

// TestScoreIsTheJudges walks at random with undos and compares every sum that moves
// keep with what a state made from nothing and the judge say.
func TestScoreIsTheJudges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		days := 20
		if rapid.Bool().Draw(t, "long") {
			days = 150
		}
		p := drawProblem(t, 4, days)
		st := newState(p)
		a := newAnnealer(st, chance.New(rapid.Uint64().Draw(t, "seed"), 1))
		a.temperature, a.weight = 50, 5
		for range rapid.IntRange(0, 300).Draw(t, "moves") {
			a.step()
		}
		j, err := p.Judge(st.rows())
		if err != nil {
			t.Fatal(err)
		}
		if st.soft != j.Penalty {
			t.Fatalf("penalty %d, the judge says %d", st.soft, j.Penalty)
		}
		broken := make([]int, st.P)
		for _, v := range j.Violations {
			by := v.By
			switch v.Rule {
			case "not allowed": // moves never take a cell that is not offered
				t.Fatalf("%+v", v)
			case "too many minutes", "too few minutes":
				by = (by + int(st.unit) - 1) / int(st.unit)
			}
			broken[v.Person] += by
		}
		sum := 0
		for q := range st.P {
			if got := int(st.rowHard(q)); got != broken[q] || int(st.hard[q]) != got {
				t.Fatalf("person %d breaks %d, noted %d, the judge says %d: %v", q, got, st.hard[q], broken[q], j.Violations)
			}
			sum += broken[q]
		}
		if sum != st.sum {
			t.Fatalf("sum %d, the judge says %d", st.sum, sum)
		}
	})
}
