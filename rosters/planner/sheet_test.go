package planner

import (
	"testing"

	"guardroom/rosters"
	"guardroom/rosters/rosterstest"

	"pgregory.net/rapid"
)

// TestSheetIsTheJudges changes cells at random and compares what the sheet keeps up
// to date with what the judge says of the plan.
func TestSheetIsTheJudges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kinds := rapid.SliceOfN(rapid.SampledFrom(rosterstest.Kinds()), 1, 6).Draw(t, "kinds")
		if rapid.Bool().Draw(t, "all kinds") {
			kinds = rosterstest.Kinds()
		}
		station := rosterstest.Station(t, kinds...)
		plan := rosterstest.Plan(t, &station, rapid.IntRange(1, 9).Draw(t, "busy"))
		apart(&station, &plan)
		p := For(&station, &plan)
		b, err := newBoard(&p)
		if err != nil {
			t.Fatal(err)
		}
		s := newSheet(b)
		for at, u := range b.start {
			s.put(at/b.days, at%b.days, u, false)
		}
		for o := range b.officers {
			s.look(o)
		}
		agree(t, s, "as given")
		for range rapid.IntRange(0, 8).Draw(t, "changes") {
			o, day := rapid.IntRange(0, b.officers-1).Draw(t, "officer"), rapid.IntRange(b.first, b.last).Draw(t, "day")
			at := o*b.days + day
			if b.fixed[at] {
				continue
			}
			u := int16(0)
			if n := len(b.offers[at]); n > 0 {
				u = append(b.offers[at], 0)[rapid.IntRange(0, n).Draw(t, "duty")]
			}
			s.put(o, day, u, false)
			s.look(o)
		}
		if doubled(b, s.x) {
			return
		}
		agree(t, s, "changed")
	})
}

func agree(t *rapid.T, s *sheet, when string) {
	t.Helper()
	plan := s.result(s.x)
	j, err := rosters.NewJudge(s.station, &plan)
	if err != nil {
		t.Fatal(err)
	}
	score := j.Score()
	cost, broken, excess := s.score()
	if cost != score.Cost || broken != score.Mandatory || excess < broken && broken > 0 && excess == 0 {
		for _, v := range j.Violations() {
			t.Logf("%s %s %s %s %s have %d need %d cost %d cells %v", v.Level, v.Code, v.Officer, v.Post, v.Date, v.Have, v.Need, v.Cost, v.Cells)
		}
		t.Fatalf("%s: cost %d, broken %d, excess %d; the judge says %+v (muster %d %d, rows %d %d, cells %v, shares %+v)",
			when, cost, broken, excess, score, s.muster.cost, s.muster.broken, s.cost, s.broken, s.cells, s.fair)
	}
}

// apart removes duties that overlap another of the same officer at the same post or
// lane:
// the planner never makes them, and counts such an officer twice.
func apart(s *rosters.Station, p *rosters.Plan) {
	for again := true; again; {
		again = false
		b, err := newBoard(&Problem{Station: s, Plan: p})
		if err != nil {
			return
		}
		for i, a := range p.Assignments {
			for _, c := range p.Assignments[:i] {
				if a.Officer == c.Officer && b.sameLane(a.Post, c.Post) && a.Date-c.Date >= -1 && a.Date-c.Date <= 1 && b.meets(a, c) {
					p.Assignments = append(p.Assignments[:i:i], p.Assignments[i+1:]...)
					again = true
					break
				}
			}
			if again {
				break
			}
		}
	}
}

func (b *board) sameLane(x, y string) bool {
	return x == y || x != "" && y != "" && b.station.Post(x).Lane != "" && b.station.Post(x).Lane == b.station.Post(y).Lane
}

func (b *board) meets(x, y rosters.Assignment) bool {
	c := newClerk(b)
	turnFor := func(a rosters.Assignment) turn {
		k := int16(0)
		for i := range b.station.ShiftTypes {
			if b.station.ShiftTypes[i].Code == a.Shift {
				k = int16(i)
			}
		}
		return turn{day: int16(b.index(a.Date)), shift: k}
	}
	return c.meet(turnFor(x), turnFor(y))
}

func doubled(b *board, x []int16) bool {
	plan := b.result(x)
	n := len(plan.Assignments)
	apart(b.station, &plan)
	return len(plan.Assignments) != n
}
