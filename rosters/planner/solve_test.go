package planner

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"guardroom/rosters"
	"guardroom/rosters/demo"
	"guardroom/rosters/rosterstest"

	"pgregory.net/rapid"
)

var firstDay = rosters.Day(2026, 11, 30)

// station is the demo's, copied side by side, with nobody assigned.
func station(copies, weeks int) (*rosters.Station, *rosters.Plan) {
	s := demo.Station("Africa/Nairobi", firstDay)
	p := demo.Period(&s, firstDay, weeks)
	officers, posts, demands, leave := s.Officers, s.Posts, p.Demands, p.Leave
	for i := 1; i < copies; i++ {
		suffix := fmt.Sprintf("-%d", i)
		for _, o := range officers {
			o.ID += suffix
			s.Officers = append(s.Officers, o)
		}
		for _, q := range posts {
			q.ID += suffix
			if q.PairedWith != "" {
				q.PairedWith += suffix
			}
			if q.Lane != "" {
				q.Lane += suffix
			}
			s.Posts = append(s.Posts, q)
		}
		for _, d := range demands {
			d.Post += suffix
			p.Demands = append(p.Demands, d)
		}
		for _, l := range leave {
			l.ID, l.Officer = l.ID+suffix, l.Officer+suffix
			p.Leave = append(p.Leave, l)
		}
	}
	return &s, &p
}

func mustSolve(t interface{ Fatal(...any) }, p Problem, o Options) Result {
	r, err := Solve(context.Background(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// drawProblem is a random station and period with rules of every kind or of some, and
// some duties that are frozen.
func drawProblem(t *rapid.T) Problem {
	kinds := rapid.SliceOfN(rapid.SampledFrom(rosterstest.Kinds()), 1, 8).Draw(t, "kinds")
	if rapid.Bool().Draw(t, "all kinds") {
		kinds = rosterstest.Kinds()
	}
	kinds = append(kinds, rosters.Coverage)
	s := rosterstest.Station(t, kinds...)
	plan := rosterstest.Plan(t, &s, rapid.IntRange(0, 6).Draw(t, "busy"))
	for i := range plan.Assignments {
		plan.Assignments[i].Frozen = rapid.IntRange(0, 3).Draw(t, "frozen") == 0
	}
	apart(&s, &plan)
	p := For(&s, &plan)
	if rapid.Bool().Draw(t, "begun") {
		p.Open = plan.From + rosters.Date(rapid.IntRange(0, plan.Days()).Draw(t, "open"))
	}
	p.Keep = rapid.IntRange(0, 4).Draw(t, "keep") == 0
	return p
}

// TestNoPlanBreaksAMandatoryRule holds plans of random stations to the judge: what may
// not be changed stays, nothing is broken that it does not break already, and the
// search's own sums are the judge's.
func TestNoPlanBreaksAMandatoryRule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		b, err := newBoard(&p)
		if err != nil {
			t.Fatal(err)
		}
		bare := newSheet(b)
		_, least, _ := bare.score()
		bound := b.bound(bare)
		progress := make(chan Progress, 1000)
		r := mustSolve(t, p, Options{Moves: 2_000, Seed: rapid.Uint64().Draw(t, "seed"), Workers: 1, Progress: progress})
		close(progress)
		if r.Score.Mandatory > least {
			t.Fatalf("%d mandatory rules broken; what is fixed breaks %d", r.Score.Mandatory, least)
		}
		found, err := rosters.Check(p.Station, &r.Plan)
		if err != nil || rosters.ScoreOf(found) != r.Score {
			t.Fatalf("the judge says %+v, the result %+v, %v", rosters.ScoreOf(found), r.Score, err)
		}
		var last Progress
		for last = range progress {
		}
		if last.Mandatory != r.Score.Mandatory || last.Penalty != r.Penalty || r.Score.Mandatory == 0 && bound > r.Penalty {
			t.Fatalf("last report %+v, result %+v, bound %d", last, r.Score, bound)
		}
		for _, a := range p.Plan.Assignments {
			untouchable := a.Frozen || p.Keep || !p.Plan.Inside(a.Date) || p.Open != 0 && a.Date < p.Open
			if untouchable && !slices.Contains(r.Plan.Assignments, a) {
				t.Fatalf("%+v was not to be touched", a)
			}
		}
	})
}

func TestSameSeedAndMovesSamePlan(t *testing.T) {
	t.Parallel()
	s, p := station(1, 2)
	first := mustSolve(t, For(s, p), Options{Moves: 60_000, Seed: 5})
	again := mustSolve(t, For(s, p), Options{Moves: 60_000, Seed: 5})
	if !slices.Equal(first.Plan.Assignments, again.Plan.Assignments) {
		t.Errorf("the same seed and moves gave penalties %d and %d", first.Penalty, again.Penalty)
	}
	if first.Score.Mandatory > 0 {
		t.Errorf("%+v", first.Score)
	}
}

func TestCancelledSearchStopsAtOnceWithAPlan(t *testing.T) {
	s, p := station(1, 5)
	quickest := time.Hour // of three; of the processor, which a busy machine does not lengthen
	for try := 0; try < 3 && quickest > patience; try++ {
		ctx, cancel := context.WithCancel(t.Context())
		progress, ended := make(chan Progress, 1), make(chan Result)
		go func() {
			r, err := Solve(ctx, For(s, p), Options{Time: time.Minute, Progress: progress})
			if err != nil {
				t.Error(err)
			}
			ended <- r
		}()
		<-progress
		begin := processor(t)
		cancel()
		r := <-ended
		quickest = min(quickest, processor(t)-begin)
		if r.Score.Mandatory > 0 || len(r.Plan.Assignments) == 0 {
			t.Errorf("%+v", r.Score)
		}
	}
	if quickest > patience {
		t.Errorf("worked %v after the word", quickest)
	}
}

func TestLeastChange(t *testing.T) {
	t.Parallel()
	s, p := station(1, 2)
	p.Assignments = demo.Roster(s, p)
	problem := For(s, p)
	problem.Published, problem.Change = p.Assignments, 1000
	r := mustSolve(t, problem, Options{Moves: 60_000})
	free := For(s, p)
	free.Published = p.Assignments
	if other := mustSolve(t, free, Options{Moves: 60_000}); r.Changed*4 > other.Changed {
		t.Errorf("%d cells changed at a price of 1000 each, %d for nothing", r.Changed, other.Changed)
	}
}

func TestDaysOfWhichNobodyWasToldHaveNoPriceOfChange(t *testing.T) {
	t.Parallel()
	s, p := station(1, 1)
	free := mustSolve(t, For(s, p), Options{Moves: 20_000, Seed: 3})
	problem := For(s, p)
	problem.Published, problem.Change = []rosters.Assignment{}, 1000
	if r := mustSolve(t, problem, Options{Moves: 20_000, Seed: 3}); r.Penalty != free.Penalty || r.Changed != 0 {
		t.Errorf("penalty %d with %d changes, %d without a price", r.Penalty, r.Changed, free.Penalty)
	}
}

// TestConflictsAreCertain holds what is said before a search to what a search finds:
// where too few are fit, somebody is lacking in the plan.
func TestConflictsAreCertain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		conflicts, err := Infeasible(p)
		if err != nil {
			t.Fatal(err)
		}
		r := mustSolve(t, p, Options{Moves: 1_000, Workers: 1})
		found, err := rosters.Check(p.Station, &r.Plan)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range conflicts {
			switch c.Kind {
			case TooFewFit, TooFewOnDay:
				if !slices.ContainsFunc(found, func(v rosters.Violation) bool {
					return v.Kind == rosters.Coverage && v.Date >= c.From && v.Date <= c.Until && slices.Contains(c.Posts, v.Post)
				}) {
					t.Fatalf("%+v, but nobody is lacking", c)
				}
			case FixedBreaks, TooManyHours:
				if !slices.ContainsFunc(found, func(v rosters.Violation) bool {
					return v.Level == rosters.Mandatory && slices.Contains(c.Rules, v.Rule)
				}) {
					t.Fatalf("%+v, but the plan keeps the rule", c)
				}
			}
		}
	})
}

// TestReasonsAreTheJudges gives an empty place to everybody of whom Why says that
// nothing stops them, and to those whom a mandatory rule stops.
func TestReasonsAreTheJudges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		if len(p.Plan.Demands) == 0 {
			return
		}
		hole := p.Plan.Demands[rapid.IntRange(0, len(p.Plan.Demands)-1).Draw(t, "hole")]
		reasons, err := Why(p, hole)
		if err != nil {
			return // it lies outside the plan, or no shift type meets it
		}
		j, err := rosters.NewJudge(p.Station, p.Plan)
		if err != nil {
			t.Fatal(err)
		}
		before := j.Score()
		for _, r := range reasons {
			cell := rosters.Cell{Officer: r.Officer, Date: hole.Date}
			delta, err := j.Try(rosters.Change{Cell: cell, Duties: append(j.Cell(cell), rosters.Duty{Shift: r.Shift, Post: hole.Post})})
			if err != nil {
				t.Fatal(err)
			}
			broken := 0
			for _, v := range delta.Came {
				if v.Level == rosters.Mandatory {
					broken++
				}
			}
			if r.Obstacle == Free && broken > 0 || r.Obstacle == ByRule && broken == 0 && len(delta.Worse) == 0 || r.Obstacle == Free && r.Cost != delta.Score.Cost-before.Cost {
				t.Fatalf("%+v, but the judge says %+v", r, delta)
			}
		}
	})
}

// TestConflictsOfAStationWithoutFirearms lets every firearm qualification of the demo's
// station end with the first week.
func TestConflictsOfAStationWithoutFirearms(t *testing.T) {
	t.Parallel()
	s, p := station(1, 2)
	if list, err := Infeasible(For(s, p)); err != nil || len(list) > 0 {
		t.Fatalf("%+v, %v", list, err)
	}
	ends := p.From.Add(6)
	armed := ""
	for i := range s.Officers {
		for k := range s.Officers[i].Held {
			if h := &s.Officers[i].Held[k]; h.Code == s.FirearmCode() {
				h.Expires = ends
			}
		}
	}
	for i := range s.Posts {
		if s.Posts[i].Armed && s.Posts[i].AroundTheClock() {
			armed = s.Posts[i].ID
		}
	}
	list, err := Infeasible(For(s, p))
	if err != nil {
		t.Fatal(err)
	}
	fit := slices.ContainsFunc(list, func(c Conflict) bool {
		return c.Kind == TooFewFit && c.Posts[0] == armed && c.From == ends+1 && c.Until == p.Until && c.Have == 0 && slices.Contains(c.Rules, "qualification")
	})
	hours := slices.ContainsFunc(list, func(c Conflict) bool {
		return c.Kind == TooFewHours && c.Qualification == s.FirearmCode() && c.From == p.From+7 && c.Have < c.Need
	})
	if !fit || !hours {
		t.Errorf("post %s from %s: %+v", armed, ends+1, list)
	}
	reasons, err := Why(For(s, p), rosters.Demand{Post: armed, Date: ends + 1, Shift: "D", Headcount: 1})
	if err != nil || len(reasons) > 0 {
		t.Errorf("%d officers are said to be qualified, %v", len(reasons), err)
	}
	if reasons, err = Why(For(s, p), rosters.Demand{Post: armed, Date: ends, Shift: "D", Headcount: 1}); err != nil || len(reasons) == 0 || reasons[0].Obstacle != Free {
		t.Errorf("%+v, %v", reasons, err)
	}
}
