package rosters_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"guardroom/rosters"
	"guardroom/rosters/rosterstest"

	"pgregory.net/rapid"
)

// told is a list of violations in full, as text.
func told(t interface{ Fatal(...any) }, list []rosters.Violation) string {
	text, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// differing are the lines of two texts from the first one that differs on.
func differing(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	i := 0
	for i < len(x) && i < len(y) && x[i] == y[i] {
		i++
	}
	piece := func(list []string) string { return strings.Join(list[max(0, i-20):min(len(list), i+20)], "\n") }
	return piece(x) + "\n---\n" + piece(y)
}

func randomChanges(t *rapid.T, s *rosters.Station, p *rosters.Plan) []rosters.Change {
	var list []rosters.Change
	for range rapid.IntRange(1, 3).Draw(t, "cells") {
		list = append(list, rosters.Change{
			Cell:   rosters.Cell{Officer: rosterstest.Officer(t, s), Date: p.From - 1 + rosters.Date(rapid.IntRange(0, p.Days()+1).Draw(t, "day"))},
			Duties: rosterstest.Duties(t, 7),
		})
	}
	return list
}

func TestAChangeIsJudgedAsTheWholeIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rosterstest.Station(t, rosterstest.Kinds()...)
		p := rosterstest.Plan(t, &s, rapid.IntRange(2, 9).Draw(t, "how busy"))
		j, err := rosters.NewJudge(&s, &p)
		if err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 5).Draw(t, "changes") {
			changes := randomChanges(t, &s, &p)
			before := j.Violations()
			tried, err := j.Try(changes...)
			if err != nil {
				t.Fatal(err)
			}
			if got := told(t, j.Violations()); got != told(t, before) {
				t.Fatalf("a try left something behind:\n%s\nwant\n%s", got, told(t, before))
			}
			made, err := j.Change(changes...)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range changes {
				p.Apply([]rosters.Change{c}) // one by one: the last word on a cell holds
			}
			whole, err := rosters.Check(&s, &p)
			if err != nil {
				t.Fatal(err)
			}
			if got := told(t, j.Violations()); got != told(t, whole) {
				t.Fatalf("after the change, and from nothing:\n%s", differing(got, told(t, whole)))
			}
			if made.Score != rosters.ScoreOf(whole) || tried.Score != made.Score || told(t, tried.Came) != told(t, made.Came) {
				t.Fatalf("tried %+v, made %+v, the whole is %+v", tried, made, rosters.ScoreOf(whole))
			}
			checkDelta(t, before, whole, made)
		}
	})
}

// checkDelta holds a delta against what was wrong before and is wrong now.
func checkDelta(t *rapid.T, before, after []rosters.Violation, d rosters.Delta) {
	keys := func(list []rosters.Violation) []string {
		var all []string
		for _, v := range list {
			all = append(all, v.Key)
		}
		slices.Sort(all)
		if len(slices.Compact(slices.Clone(all))) != len(all) {
			t.Fatalf("two violations have the same key: %v", all)
		}
		return all
	}
	had, has := keys(before), keys(after)
	var came, went []string
	for _, k := range has {
		if !slices.Contains(had, k) {
			came = append(came, k)
		}
	}
	for _, k := range had {
		if !slices.Contains(has, k) {
			went = append(went, k)
		}
	}
	if !slices.Equal(came, keys(d.Came)) || !slices.Equal(went, keys(d.Went)) {
		t.Fatalf("came %v, went %v; want %v, %v", keys(d.Came), keys(d.Went), came, went)
	}
}

func TestFixesCreateNoNewProblem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rosterstest.Station(t, rosterstest.Kinds()...)
		p := rosterstest.Plan(t, &s, rapid.IntRange(2, 9).Draw(t, "how busy"))
		for i := range p.Assignments {
			p.Assignments[i].Frozen = rapid.IntRange(0, 9).Draw(t, "frozen") == 0
		}
		j, err := rosters.NewJudge(&s, &p)
		if err != nil {
			t.Fatal(err)
		}
		before := j.Violations()
		if len(before) == 0 {
			return
		}
		v := before[rapid.IntRange(0, len(before)-1).Draw(t, "violation")]
		for _, fix := range j.Fixes(v.Key, 3) {
			after := changed(t, &s, p, fix.Changes)
			checkGone(t, v, fix, after)
			for _, now := range after {
				was := slices.IndexFunc(before, func(o rosters.Violation) bool { return o.Key == now.Key })
				if was < 0 {
					t.Fatalf("the fix %+v of %s brings %s", fix, v.Key, now.Key)
				}
				if now.Cost > before[was].Cost {
					t.Fatalf("the fix %+v of %s makes %s worse", fix, v.Key, now.Key)
				}
			}
			if saved := rosters.ScoreOf(before).Cost - rosters.ScoreOf(after).Cost; saved != fix.Saves {
				t.Fatalf("the fix saves %d, said to save %d", saved, fix.Saves)
			}
			checkUntouched(t, &p, fix)
		}
		for _, fix := range j.Compromises(v.Key, 2) {
			after := changed(t, &s, p, fix.Changes)
			checkGone(t, v, fix, after)
			for _, now := range after {
				was := slices.IndexFunc(before, func(o rosters.Violation) bool { return o.Key == now.Key })
				if now.Level != rosters.Wished && (was < 0 || now.Cost > before[was].Cost) {
					t.Fatalf("the compromise %+v of %s brings %s", fix, v.Key, now.Key)
				}
			}
			checkUntouched(t, &p, fix)
		}
		if got := told(t, j.Violations()); got != told(t, before) {
			t.Fatal("looking for fixes changed the plan")
		}
	})
}

func changed(t *rapid.T, s *rosters.Station, p rosters.Plan, changes []rosters.Change) []rosters.Violation {
	p.Assignments = slices.Clone(p.Assignments)
	p.Apply(changes)
	list, err := rosters.Check(s, &p)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func checkGone(t *rapid.T, v rosters.Violation, fix rosters.Fix, after []rosters.Violation) {
	if slices.ContainsFunc(after, func(o rosters.Violation) bool { return o.Key == v.Key }) {
		t.Fatalf("the fix %+v leaves %s", fix, v.Key)
	}
}

func checkUntouched(t *rapid.T, p *rosters.Plan, fix rosters.Fix) {
	for _, c := range fix.Changes {
		if !p.Inside(c.Date) {
			t.Fatalf("the fix %+v changes a day outside the period", fix)
		}
		for _, a := range p.Assignments {
			if a.Frozen && a.Officer == c.Officer && a.Date == c.Date {
				t.Fatalf("the fix %+v changes a frozen cell", fix)
			}
		}
	}
}

func TestChangesThatCannotBe(t *testing.T) {
	s := rosters.Station{
		Zone: "UTC", Officers: []rosters.Officer{{ID: "a", Name: "A", Rank: rosters.Sergeant, Employment: rosters.Staff}},
		ShiftTypes: []rosters.ShiftType{{Code: "D", Class: rosters.DayShift, Parts: []rosters.Part{{Start: 360, End: 840}}}},
	}
	p := rosters.Plan{From: rosters.Day(2026, 5, 4), Until: rosters.Day(2026, 5, 10)}
	j, err := rosters.NewJudge(&s, &p)
	if err != nil {
		t.Fatal(err)
	}
	cell := rosters.Cell{Officer: "a", Date: p.From}
	for name, c := range map[string]rosters.Change{
		"an officer who is not there":    {Cell: rosters.Cell{Officer: "z", Date: p.From}},
		"a day far away":                 {Cell: rosters.Cell{Officer: "a", Date: p.Until + 40}},
		"a shift type that is not there": {Cell: cell, Duties: []rosters.Duty{{Shift: "Q"}}},
		"a post that is not there":       {Cell: cell, Duties: []rosters.Duty{{Shift: "D", Post: "q"}}},
	} {
		good := rosters.Change{Cell: cell, Duties: []rosters.Duty{{Shift: "D"}}}
		if _, err := j.Change(good, c); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if len(j.Cell(cell)) != 0 {
			t.Errorf("%s: half of the change was made", name)
		}
	}
}

func TestAnEmptyStationHasNothingWrong(t *testing.T) {
	for _, pack := range rosters.Packs() {
		s := rosters.Station{Zone: "UTC", Rules: pack.Rules, Posts: []rosters.Post{{ID: "p", Name: "P"}}}
		found, err := rosters.Check(&s, &rosters.Plan{From: rosters.Day(2026, 5, 4), Until: rosters.Day(2026, 5, 10)})
		if err != nil || len(found) > 0 {
			t.Errorf("%s: %v, %+v", pack.ID, err, found)
		}
	}
}
