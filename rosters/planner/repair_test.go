package planner

import (
	"slices"
	"syscall"
	"testing"
	"time"

	"guardroom/rosters"
	"guardroom/rosters/demo"
	"guardroom/rosters/rosterstest"

	"pgregory.net/rapid"
)

// published is a roster of the demo's station, copied side by side.
func published(copies int) (*rosters.Station, *rosters.Plan) {
	one, period := station(1, 5)
	list := demo.Roster(one, period)
	s, p := station(copies, 5)
	for i := range copies {
		suffix := ""
		if i > 0 {
			suffix = s.Officers[i*demo.Officers].ID[4:]
		}
		for _, a := range list {
			a.Officer += suffix
			if a.Post != "" {
				a.Post += suffix
			}
			p.Assignments = append(p.Assignments, a)
		}
	}
	return s, p
}

// processor is the time that this process has had of all processors, which a busy
// machine does not lengthen.
func processor(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// TestSickBeforeTheShift is one officer sick at 05:10 for the shift at 06:00.
func TestSickBeforeTheShift(t *testing.T) {
	s, p := published(3)
	zone, err := s.Location()
	if err != nil {
		t.Fatal(err)
	}
	day := rosters.Day(2026, 12, 9)
	at := time.Date(2026, 12, 9, 5, 10, 0, 0, zone)
	i := slices.IndexFunc(p.Assignments, func(a rosters.Assignment) bool { return a.Date == day && a.Shift == "D" && a.Post != "" })
	sick := p.Assignments[i]
	for _, days := range []int{1, 5} {
		leave := rosters.Leave{Officer: sick.Officer, Kind: rosters.SickLeave, From: day, Until: day.Add(days - 1), Decision: rosters.Approved}
		begin := processor(t)
		list, err := Repair(t.Context(), For(s, p), Disruption{At: at, Leave: []rosters.Leave{leave}})
		took := processor(t) - begin
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d officers, %d days: %d alternatives in %v of a processor", len(s.Officers), days, len(list), took)
		if len(list) < 3 || len(list) > 5 {
			t.Fatalf("%d alternatives", len(list))
		}
		if took > 10*patience {
			t.Errorf("took %v of a processor", took)
		}
		for _, a := range list {
			t.Logf("%v price %d open %d came %d", a.Asked, a.Price, a.Open, len(a.Came))
			if a.Open > 0 || a.Score.Mandatory > 0 || len(a.Asked) > 2*days {
				t.Errorf("%+v", a)
			}
		}
	}
}

// TestWhoeverIsSickThereAreWays asks it of every sixth place of a day: for posts too that
// few can take, somebody can who serves elsewhere and leaves that to a third.
func TestWhoeverIsSickThereAreWays(t *testing.T) {
	t.Parallel()
	s, p := published(1)
	clocks, err := s.Clocks()
	if err != nil {
		t.Fatal(err)
	}
	day, asked, few := rosters.Day(2026, 12, 9), 0, 0
	for _, a := range p.Assignments {
		if asked++; a.Date != day || a.Post == "" || asked%6 != 0 {
			continue
		}
		begins, _ := clocks.Times(s.ShiftType(a.Shift), a.Date)
		leave := rosters.Leave{Officer: a.Officer, Kind: rosters.SickLeave, From: day, Until: day, Decision: rosters.Approved}
		list, err := Repair(t.Context(), For(s, p), Disruption{At: begins.Add(-50 * time.Minute), Leave: []rosters.Leave{leave}})
		if err != nil {
			t.Fatal(err)
		}
		served := 0
		for _, x := range list {
			if x.Open == 0 {
				served++
			}
		}
		if served < 3 {
			few++
			t.Logf("%s %s, %s is sick: %d ways and %d in all", a.Post, a.Shift, a.Officer, served, len(list))
		}
		if served == 0 || len(list) < 2 {
			t.Errorf("%s %s, %s is sick: %d ways", a.Post, a.Shift, a.Officer, served)
		}
	}
	if few > 1 {
		t.Errorf("%d places have fewer than three ways", few)
	}
}

// TestRepairKeepsTheRules disturbs random rosters.
func TestRepairKeepsTheRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t)
		p.Open = 0
		zone, err := p.Station.Location()
		if err != nil {
			t.Fatal(err)
		}
		d := Disruption{At: p.Plan.From.Add(rapid.IntRange(-1, p.Plan.Days()).Draw(t, "at")).Time().In(zone)}
		away := rosterstest.Officer(t, p.Station)
		from := p.Plan.From.Add(rapid.IntRange(0, p.Plan.Days()-1).Draw(t, "away"))
		d.Leave = []rosters.Leave{{Officer: away, Kind: rosters.SickLeave, From: from, Until: from + 2, Decision: rosters.Approved}}
		if rapid.Bool().Draw(t, "surge") {
			d.Demands = []rosters.Demand{{Post: "q", Date: from, Shift: "D", Headcount: 1, Source: "surge"}}
		}
		list, err := Repair(t.Context(), p, d)
		if err != nil {
			t.Fatal(err)
		}
		clocks, err := p.Station.Clocks()
		if err != nil {
			t.Fatal(err)
		}
		missing := *p.Plan
		missing.Leave, missing.Demands = append(slices.Clip(missing.Leave), d.Leave...), append(slices.Clip(missing.Demands), d.Demands...)
		missing.Assignments = slices.Clone(missing.Assignments)
		for n, a := range list {
			repaired := missing
			repaired.Assignments = slices.Clone(missing.Assignments)
			repaired.Apply(a.Changes)
			found, err := rosters.Check(p.Station, &repaired)
			if err != nil || rosters.ScoreOf(found) != a.Score {
				t.Fatalf("the judge says %+v, the alternative %+v, %v", rosters.ScoreOf(found), a.Score, err)
			}
			gone := missing
			gone.Assignments = slices.Clone(missing.Assignments)
			gone.Apply(slices.DeleteFunc(slices.Clone(a.Changes), func(c rosters.Change) bool { return c.Officer != away }))
			before, err := rosters.Check(p.Station, &gone)
			if err != nil || a.Score.Mandatory > rosters.ScoreOf(before).Mandatory {
				t.Fatalf("alternative %d breaks %d mandatory rules, without it %d are broken, %v", n, a.Score.Mandatory, rosters.ScoreOf(before).Mandatory, err)
			}
			for _, c := range a.Changes {
				for _, was := range p.Plan.Assignments {
					if was.Officer != c.Officer || was.Date != c.Date || was.Officer == away {
						continue
					}
					if begins, _ := clocks.Times(p.Station.ShiftType(was.Shift), was.Date); begins.Before(d.At) || was.Frozen {
						t.Fatalf("%+v had begun or was frozen", was)
					}
				}
			}
		}
	})
}
