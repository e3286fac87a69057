package demo_test

import (
	"testing"

	"guardroom/rosters"
	"guardroom/rosters/demo"
)

func TestStationIsUsableAndTheSameTwice(t *testing.T) {
	day := rosters.Day(2026, 11, 30)
	s := demo.Station("Africa/Nairobi", day)
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	around := 0
	for i := range s.Posts {
		if s.Posts[i].AroundTheClock() {
			around++
		}
	}
	if len(s.Officers) != demo.Officers || len(s.Posts) != demo.Posts || around != demo.AroundTheClock {
		t.Errorf("%d officers, %d posts, %d of them round the clock", len(s.Officers), len(s.Posts), around)
	}
	p := demo.Period(&s, day, 5)
	p.Assignments = demo.Roster(&s, &p)
	found, err := rosters.Check(&s, &p)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, v := range found {
		count[string(v.Level)+" "+v.Code]++
		if v.Level == rosters.Mandatory {
			t.Errorf("%s: %s on %s: %d of %d", v.Name, v.Officer, v.Date, v.Have, v.Need)
		}
	}
	t.Logf("%d demands, %d assignments, %d on leave, %v, %+v", len(p.Demands), len(p.Assignments), len(p.Leave), count, rosters.ScoreOf(found))

	again := demo.Station("Africa/Nairobi", day)
	q := demo.Period(&again, day, 5)
	q.Assignments = demo.Roster(&again, &q)
	if len(rosters.Differences(p.Assignments, q.Assignments, p.From, p.Until)) != 0 || len(q.Leave) != len(p.Leave) {
		t.Error("the station is not the same twice")
	}
}

// The small station is published on whatever day the demo is started, and its posts
// round the clock are hardly ever empty.
func TestSmallStationCanBePublishedOnAnyDay(t *testing.T) {
	holes, wanted := 0, 0
	for day := rosters.Day(2026, 11, 23); day < rosters.Day(2027, 12, 1); day += 23 {
		s := demo.Small("Africa/Nairobi", day)
		if err := s.Validate(); err != nil || len(s.Officers) != demo.SmallOfficers || len(s.Posts) != 12 {
			t.Fatalf("%d officers, %d posts, %v", len(s.Officers), len(s.Posts), err)
		}
		p := demo.Period(&s, day.Add(-7), 5)
		p.Assignments = demo.Roster(&s, &p)
		found, err := rosters.Check(&s, &p)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range found {
			if v.Level == rosters.Mandatory {
				t.Errorf("%s: %s: %s on %s: %d of %d", day, v.Name, v.Officer, v.Date, v.Have, v.Need)
			}
		}
		for _, one := range p.Demands {
			wanted += one.Headcount
		}
		holes -= len(p.Assignments)
	}
	holes += wanted
	t.Logf("%d of %d places empty", holes, wanted)
	if holes*50 > wanted {
		t.Errorf("%d of %d places are empty", holes, wanted)
	}
}
