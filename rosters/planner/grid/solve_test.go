package grid

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guardroom/rosters/planner/chance"
)

// ward is a problem of the kind the planner is for: people with two contracts, four
// duties, five of them counted, needs on every day, some requests.
func ward(people, days int, seed uint64) *Problem {
	r := chance.New(seed, 1)
	p := &Problem{Days: days}
	for s, name := range []string{"E", "D", "L", "N"} {
		p.Duties = append(p.Duties, Duty{Name: name, Minutes: []int{480, 480, 480, 600}[s], NotNext: []uint64{0, 1, 3, 7}[s]})
		p.Groups = append(p.Groups, 1<<s)
		p.Counted = append(p.Counted, 1<<s)
	}
	for i := range people {
		minutes := days * 480 * 5 / 7
		if i%4 == 3 {
			minutes /= 2
		}
		q := Person{
			Name: string(rune('A' + i%26)), AtMost: []int{-1, -1, days / 2, days / 7}, MinMinutes: minutes - 600, MaxMinutes: minutes + 240,
			MinStretch: 2, MaxStretch: 5, MinDaysOff: 2, MaxWeekends: (days/7 + 1) / 2,
		}
		for range days {
			q.Allowed = append(q.Allowed, 15|Rest)
			costs := make([]int32, 5)
			if r.Below(6) == 0 {
				costs[r.Below(5)] = int32(1 + r.Below(3))
			}
			q.Costs = append(q.Costs, costs...)
		}
		q.Allowed[r.Below(days)] = Rest
		p.People = append(p.People, q)
	}
	for range days {
		for _, share := range []int{5, 6, 6, 14} {
			p.Needs = append(p.Needs, Need{Want: int32(people/share + r.Below(2)), Under: 100, Over: 1})
		}
	}
	return p
}

func mustSolve(t *testing.T, p *Problem, o Options) Plan {
	t.Helper()
	plan, err := Solve(t.Context(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestSameSeedAndWorkSamePlan(t *testing.T) {
	t.Parallel()
	for _, days := range []int{21, 70} {
		p := ward(12, days, 1)
		first := mustSolve(t, p, Options{Work: 15_000, Seed: 5})
		if again := mustSolve(t, p, Options{Work: 15_000, Seed: 5}); !slices.EqualFunc(first.Rows, again.Rows, slices.Equal) {
			t.Errorf("%d days: the same seed and work gave penalties %d and %d", days, first.Penalty, again.Penalty)
		}
		if len(first.Violations) > 0 {
			t.Errorf("%d days: %v", days, first.Violations)
		}
	}
}

func TestMoreWorkIsBetterAndBoundHolds(t *testing.T) {
	t.Parallel()
	p := ward(14, 28, 2)
	little, much := mustSolve(t, p, Options{Work: 2_000, Seed: 1}), mustSolve(t, p, Options{Work: 60_000, Seed: 1})
	if much.Penalty > little.Penalty || much.Bound > much.Penalty || little.Bound > much.Penalty {
		t.Errorf("penalty %d, bound %d; then %d, %d", little.Penalty, little.Bound, much.Penalty, much.Bound)
	}
}

func TestCancelledSearchStopsAtOnceWithAPlan(t *testing.T) {
	t.Parallel()
	for _, size := range []struct{ people, days int }{{10, 21}, {40, 28}, {30, 182}} {
		p := ward(size.people, size.days, 3)
		quickest := time.Hour // of three, since a busy machine may wake a goroutine late
		for try := 0; try < 3 && quickest > patience; try++ {
			plan, took, err := cancelled(t, p)
			quickest = min(quickest, took)
			if err != nil || len(plan.Rows) != size.people || len(plan.Violations) > 0 {
				t.Errorf("%d people, %d days: %d rows, %v, %v", size.people, size.days, len(plan.Rows), plan.Violations, err)
			}
		}
		if quickest > patience {
			t.Errorf("%d people, %d days: stopped %v after the word", size.people, size.days, quickest)
		}
	}
}

// cancelled is a search that is stopped at its first report, and how long that took.
func cancelled(t *testing.T, p *Problem) (plan Plan, took time.Duration, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	begun, ended := make(chan Progress, 1), make(chan struct{})
	go func() {
		defer close(ended)
		plan, err = Solve(ctx, p, Options{Time: time.Minute, Progress: begun})
	}()
	select {
	case <-begun:
	case <-ended:
	}
	cancel()
	at := time.Now()
	<-ended
	return plan, time.Since(at), err
}

func TestEndedContextGivesAPlanAtOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	at := time.Now()
	plan, err := Solve(ctx, ward(40, 182, 3), Options{Time: time.Minute})
	if took := time.Since(at); err != nil || len(plan.Rows) != 40 || took > 20*patience { // most of it is reading the problem
		t.Errorf("%d rows after %v, %v", len(plan.Rows), took, err)
	}
}

func TestPlanBreaksLittleWhereRulesConflict(t *testing.T) {
	t.Parallel()
	p := ward(9, 21, 4)
	q := &p.People[2]
	q.MinMinutes, q.MaxMinutes = 21*600, 21*600 // more than stretches allow
	plan := mustSolve(t, p, Options{Work: 30_000})
	if len(plan.Violations) == 0 {
		t.Fatal("no violation where rules conflict")
	}
	for _, v := range plan.Violations {
		if v.Person != 2 || v.Rule == NotAllowed {
			t.Errorf("also %+v", v)
		}
	}
}

func TestReportsGetBetter(t *testing.T) {
	t.Parallel()
	reports := make(chan Progress, 10_000)
	plan := mustSolve(t, ward(10, 28, 6), Options{Work: 60_000, Workers: 3, Progress: reports})
	close(reports)
	var seen []Progress
	for p := range reports {
		seen = append(seen, p)
	}
	for i := 1; i < len(seen); i++ {
		a, b := seen[i-1], seen[i]
		if b.Broken > a.Broken || b.Broken == a.Broken && b.Penalty > a.Penalty || b.Bound < a.Bound {
			t.Errorf("%+v after %+v", b, a)
		}
	}
	if last := seen[len(seen)-1]; last.Penalty != plan.Penalty || last.Broken != 0 {
		t.Errorf("last report %+v, plan %d", last, plan.Penalty)
	}
}

func TestStartIsKeptOrImproved(t *testing.T) {
	t.Parallel()
	p := ward(12, 28, 7)
	first := mustSolve(t, p, Options{Work: 30_000})
	again := mustSolve(t, p, Options{Work: 3_000, Start: first.Rows, Seed: 9})
	if again.Penalty > first.Penalty || len(again.Violations) > 0 {
		t.Errorf("from a plan of %d, one of %d", first.Penalty, again.Penalty)
	}
	if _, err := Solve(t.Context(), p, Options{Start: first.Rows[1:]}); err == nil {
		t.Error("began with a plan of other people")
	}
}

// TestPlansOfAnyProblem solves random problems, most of them contradictory, and
// holds every plan to its own claims.
func TestPlansOfAnyProblem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t, 3, 5)
		plan, err := Solve(context.Background(), p, Options{Work: 3_000, Seed: rapid.Uint64().Draw(t, "seed"), Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		j, err := p.Judge(plan.Rows)
		if err != nil || j.Penalty != plan.Penalty || len(j.Violations) != len(plan.Violations) {
			t.Fatalf("plan claims %d and %v, the judge says %d and %v, %v", plan.Penalty, plan.Violations, j.Penalty, j.Violations, err)
		}
		for i, q := range p.People {
			one := *p
			one.People = p.People[i : i+1]
			if len(p.JudgeRow(i, plan.Rows[i])) > 0 && cheapestRow(&one, q.Costs) < 1<<60 {
				t.Fatalf("%s breaks %v and has a row that breaks nothing", q.Name, p.JudgeRow(i, plan.Rows[i]))
			}
		}
		if len(plan.Violations) == 0 && plan.Bound > plan.Penalty {
			t.Fatalf("bound %d above penalty %d", plan.Bound, plan.Penalty)
		}
	})
}

// TestClockOfTheCaller searches until the caller's clock says so.
func TestClockOfTheCaller(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	p := ward(12, 28, 4)
	plan := mustSolve(t, p, Options{Time: time.Hour, Clock: func() time.Duration { return time.Duration(asked.Add(1)) * time.Minute }})
	if len(plan.Violations) > 0 || plan.Elapsed < time.Hour {
		t.Errorf("%v after %v", plan.Violations, plan.Elapsed)
	}
}
