package rosters_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"guardroom/rosters"
)

func detailStation() *rosters.Station {
	s := &rosters.Station{ID: "hq", Zone: "Europe/Vienna", ShiftTypes: []rosters.ShiftType{
		{Code: "D", Name: "Day", Parts: []rosters.Part{{Start: 6 * 60, End: 14 * 60}}, Class: rosters.DayShift},
		{Code: "E", Name: "Evening", Parts: []rosters.Part{{Start: 14 * 60, End: 22 * 60}}, Class: rosters.EveningShift},
		{Code: "N", Name: "Night", Parts: []rosters.Part{{Start: 22 * 60, End: 6 * 60}}, Class: rosters.NightShift},
	}}
	for _, id := range []string{"a", "b", "c", "d", "e", "f"} {
		s.Officers = append(s.Officers, rosters.Officer{ID: id, Name: id, Rank: rosters.OrdinaryOfficer, Employment: rosters.Staff})
	}
	shifts := []string{"D", "E", "N"}
	s.Posts = []rosters.Post{
		{ID: "gate", Name: "Gate", Area: "north", Shifts: shifts, Standing: []rosters.Hours{{Headcount: 1}}, MealRelief: 30, Rotation: 120, Report: 15},
		{ID: "door", Name: "Door", Area: "north", Shifts: shifts, Standing: []rosters.Hours{{Headcount: 1}}, MealRelief: 30, Rotation: 120},
		{ID: "round", Name: "Round", Mobile: true, Shifts: shifts, MealRelief: 30},
		{ID: "hall", Name: "Hall", Shifts: shifts, Standing: []rosters.Hours{{Headcount: 2}}, MealRelief: 45},
	}
	return s
}

func TestDetailRotatesFeedsAndShowsHoles(t *testing.T) {
	t.Parallel()
	s, day := detailStation(), rosters.Day(2030, 3, 11)
	p := &rosters.Plan{From: day, Until: day, Demands: s.Standing(day.Add(-1), day.Add(1)), Assignments: []rosters.Assignment{
		{Officer: "a", Date: day, Shift: "D", Post: "gate"}, {Officer: "b", Date: day, Shift: "D", Post: "door"},
		{Officer: "c", Date: day, Shift: "D", Post: "hall"}, {Officer: "d", Date: day, Shift: "D", Post: "hall"},
		{Officer: "e", Date: day, Shift: "D"}, {Officer: "f", Date: day, Shift: "N", Post: "gate"},
	}}
	d, err := s.Detail(p, day)
	if err != nil {
		t.Fatal(err)
	}
	if d.From.Hour() != 6 || len(d.Hours) != 24 || len(d.Reserve) != 1 {
		t.Fatalf("the day: %s, %d hours, reserve %v", d.From, len(d.Hours), d.Reserve)
	}
	gate, hall := d.Posts[0], d.Posts[3]
	if gate.Stands[0].Report.Format("15:04") != "05:45" {
		t.Errorf("line-up at %s", gate.Stands[0].Report)
	}
	at := func(turns []rosters.Turn, clock string) (who string) {
		for _, x := range turns {
			if x.From.Format("15:04") <= clock && clock < x.To.Format("15:04") {
				who += x.Officer
			}
		}
		return who
	}
	if got := at(gate.Turns, "06:30") + at(gate.Turns, "08:30"); got != "ab" {
		t.Errorf("the gate changes hands at 08:00: %q in %v", got, gate.Turns)
	}
	for _, m := range append(append(gate.Meals, d.Posts[1].Meals...), hall.Meals...) {
		if m.By == "" && m.Officer != "f" {
			t.Errorf("nobody relieves %s", m.Officer)
		}
		if (m.Officer == "c" || m.Officer == "d") && m.By == "e" {
			t.Errorf("the reserve stands in where two stand: %v", m)
		}
	}
	if len(gate.Holes) != 1 || gate.Holes[0].From.Hour() != 14 || gate.Holes[0].To.Hour() != 22 || gate.Holes[0].Missing != 1 {
		t.Errorf("holes of the gate: %v", gate.Holes)
	}
	if len(hall.Holes) != 1 || hall.Holes[0].Missing != 2 || hall.Holes[0].To.Sub(hall.Holes[0].From) != 16*time.Hour {
		t.Errorf("holes of the hall: %v", hall.Holes)
	}
}

// Whatever the roster, nobody stands at two places at a time, and meals and rotation
// leave no post emptier than the duties do.
func TestDetailLosesNobody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := detailStation()
		day := rapid.SampledFrom([]rosters.Date{rosters.Day(2030, 3, 11), rosters.Day(2030, 3, 30), rosters.Day(2030, 3, 31), rosters.Day(2030, 10, 26), rosters.Day(2030, 10, 27)}).Draw(r, "day")
		p := &rosters.Plan{From: day, Until: day, Demands: s.Standing(day.Add(-1), day.Add(1))}
		for _, o := range s.Officers {
			for d := day.Add(-1); d <= day.Add(1); d++ {
				if shift := rapid.SampledFrom([]string{"", "D", "E", "N"}).Draw(r, "shift"); shift != "" {
					p.Assignments = append(p.Assignments, rosters.Assignment{Officer: o.ID, Date: d, Shift: shift, Post: rapid.SampledFrom([]string{"", "gate", "door", "hall", "round"}).Draw(r, "post")})
				}
			}
		}
		d, err := s.Detail(p, day)
		if err != nil {
			r.Fatal(err)
		}
		if hours := int(d.To.Sub(d.From).Hours()); len(d.Hours) != hours {
			r.Fatalf("%d columns for %d hours", len(d.Hours), hours)
		}
		for at := d.From; at.Before(d.To); at = at.Add(5 * time.Minute) {
			where := map[string]string{}
			for _, post := range d.Posts {
				given, there := map[string]bool{}, map[string]bool{}
				for _, x := range post.Stands {
					if !at.Before(x.From) && at.Before(x.To) {
						given[x.Officer] = true
					}
				}
				for _, x := range post.Turns {
					if at.Before(x.From) || !at.Before(x.To) {
						continue
					}
					there[x.Officer] = true
					if other := where[x.Officer]; other != "" && other != post.Post {
						r.Fatalf("%s: %s is at %s and %s", at, x.Officer, other, post.Post)
					}
					where[x.Officer] = post.Post
				}
				if len(there) < min(1, len(given)) && post.Post != "round" {
					r.Fatalf("%s: nobody is at %s, %d are given", at, post.Post, len(given))
				}
			}
		}
	})
}
