package rosters_test

import (
	"slices"
	"testing"
	"time"

	"guardroom/rosters"
	"guardroom/rosters/demo"
)

// large is a station of 400 officers with a month and 17 weeks of history before it.
func large(tb testing.TB) (rosters.Station, rosters.Plan) {
	day := rosters.Day(2026, 3, 2)
	s := demo.Station("Europe/Vienna", day)
	pack, _ := rosters.PackOf("eu-working-time")
	s.Rules = pack.Rules
	p := demo.Period(&s, day-17*7, 17+5)
	p.Assignments = demo.Roster(&s, &p)
	for len(s.Officers) < 400 {
		twin := s.Officers[len(s.Officers)-145]
		for _, a := range p.Assignments {
			if a.Officer == twin.ID && a.Post != "P01" {
				a.Officer = twin.ID + "'"
				p.Assignments = append(p.Assignments, a)
			}
		}
		twin.ID += "'"
		s.Officers = append(s.Officers, twin)
	}
	p.Since, p.From, p.Until = p.From, day, day+30
	if _, err := rosters.Check(&s, &p); err != nil {
		tb.Fatal(err)
	}
	return s, p
}

func BenchmarkCheck(b *testing.B) {
	s, p := large(b)
	for b.Loop() {
		if _, err := rosters.Check(&s, &p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkChangeOfOneCell(b *testing.B) {
	s, p := large(b)
	j, err := rosters.NewJudge(&s, &p)
	if err != nil {
		b.Fatal(err)
	}
	codes := []string{"D", "E", "N"}
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		begin := time.Now()
		_, err := j.Change(rosters.Change{
			Cell:   rosters.Cell{Officer: s.Officers[i*7%400].ID, Date: p.From + rosters.Date(i%31)},
			Duties: []rosters.Duty{{Shift: codes[i%3], Post: s.Posts[i%22].ID}},
		})
		if err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "µs-p99")
}

func BenchmarkFixes(b *testing.B) {
	s, p := large(b)
	j, err := rosters.NewJudge(&s, &p)
	if err != nil {
		b.Fatal(err)
	}
	list := j.Violations()
	found := 0
	for i := 0; b.Loop(); i++ {
		found += len(j.Fixes(list[i*13%len(list)].Key, 3))
	}
	b.ReportMetric(float64(found)/float64(b.N), "fixes/op")
}
