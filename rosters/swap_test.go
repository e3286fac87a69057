package rosters_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"guardroom/rosters"
	"guardroom/rosters/rosterstest"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func TestSwap(t *testing.T) {
	d := rosters.Day(2026, 12, 7)
	offer := func() *rosters.Swap {
		return &rosters.Swap{
			ID: "1", State: rosters.SwapOffered, Offered: noon,
			Gives: rosters.Cell{Officer: "ann", Date: d}, Duties: []rosters.Duty{{Shift: "N", Post: "gate"}},
			Wants: rosters.Cell{Officer: "bob", Date: d + 1}, Returns: []rosters.Duty{{Shift: "D"}},
		}
	}
	w := offer()
	if err := w.Answer("cem", true, noon); !errors.Is(err, rosters.ErrNotYours) {
		t.Errorf("somebody else answered: %v", err)
	}
	if err := w.Decide("chief", true, noon.Add(time.Hour), noon); !errors.Is(err, rosters.ErrTooLate) {
		t.Errorf("decided before the other officer has answered: %v", err)
	}
	if err := w.Answer("bob", true, noon); err != nil || w.State != rosters.SwapAccepted {
		t.Errorf("%v, %s", err, w.State)
	}
	if err := w.Decide("chief", true, noon, noon); !errors.Is(err, rosters.ErrTooLate) {
		t.Errorf("approved after it has begun: %v", err)
	}
	if err := w.Decide("chief", true, noon.Add(time.Hour), noon); err != nil || w.State != rosters.SwapApproved || w.By != "chief" {
		t.Errorf("%v, %+v", err, w)
	}
	if err := w.Withdraw("ann", noon); !errors.Is(err, rosters.ErrTooLate) {
		t.Errorf("withdrawn after the decision: %v", err)
	}
	w = offer()
	if err := w.Answer("bob", false, noon); err != nil || w.State != rosters.SwapDeclined || w.Open() {
		t.Errorf("%v, %s", err, w.State)
	}

	roster := []rosters.Assignment{
		{Officer: "ann", Date: d, Shift: "N", Post: "gate"}, {Officer: "bob", Date: d + 1, Shift: "D"},
		{Officer: "bob", Date: d, Shift: "B"},
	}
	if w := offer(); !w.Holds(roster) {
		t.Error("the duties are there")
	}
	p := rosters.Plan{Assignments: slices.Clone(roster)}
	p.Apply(offer().Changes(roster))
	want := []rosters.Assignment{
		{Officer: "bob", Date: d, Shift: "B"}, {Officer: "bob", Date: d, Shift: "N", Post: "gate", Source: rosters.FromSwap},
		{Officer: "ann", Date: d + 1, Shift: "D", Source: rosters.FromSwap},
	}
	if !slices.Equal(p.Assignments, want) {
		t.Errorf("after the swap %+v, want %+v", p.Assignments, want)
	}
	if offer().Holds(p.Assignments) {
		t.Error("the duties have moved, and the swap still holds")
	}
}

// TestASwapMovesDutiesAndLosesNone exchanges cells of random plans.
func TestASwapMovesDutiesAndLosesNone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rosterstest.Station(t)
		p := rosterstest.Plan(t, &s, 6)
		if len(p.Assignments) < 2 || len(s.Officers) < 2 {
			return
		}
		a := p.Assignments[rapid.IntRange(0, len(p.Assignments)-1).Draw(t, "gives")]
		w := rosters.Swap{Gives: rosters.Cell{Officer: a.Officer, Date: a.Date}, Wants: rosters.Cell{Officer: "b", Date: a.Date + rosters.Date(rapid.IntRange(-2, 2).Draw(t, "days"))}}
		if a.Officer == "b" {
			w.Wants.Officer = "a"
		}
		for _, other := range p.Assignments {
			switch (rosters.Cell{Officer: other.Officer, Date: other.Date}) {
			case w.Gives:
				w.Duties = append(w.Duties, rosters.Duty{Shift: other.Shift, Post: other.Post})
			case w.Wants:
				w.Returns = append(w.Returns, rosters.Duty{Shift: other.Shift, Post: other.Post})
			}
		}
		before := duties(p.Assignments)
		changes := w.Changes(p.Assignments)
		p.Apply(changes)
		if after := duties(p.Assignments); !slices.Equal(before, after) {
			t.Fatalf("before %v, after %v", before, after)
		}
	})
}

// duties of a roster, whoever has them.
func duties(list []rosters.Assignment) []string {
	var all []string
	for _, a := range list {
		all = append(all, a.Date.String()+a.Shift+a.Post)
	}
	slices.Sort(all)
	return all
}

func TestRecall(t *testing.T) {
	ask := func() *rosters.Recall {
		return &rosters.Recall{Officer: "ann", Date: rosters.Day(2026, 12, 1), Shift: "D", Post: "gate", State: rosters.RecallAsked, Until: noon.Add(time.Hour)}
	}
	r := ask()
	if err := r.Reply(true, noon.Add(2*time.Hour)); !errors.Is(err, rosters.ErrTooLate) {
		t.Errorf("answered too late: %v", err)
	}
	if r.Lapse(noon) || !r.Lapse(noon.Add(61*time.Minute)) || r.State != rosters.RecallLapsed {
		t.Errorf("lapsed at the wrong time: %s", r.State)
	}
	r = ask()
	if err := r.Reply(true, noon); err != nil || r.State != rosters.RecallAccepted || r.Assignment().Source != rosters.FromRecall {
		t.Errorf("%v, %+v", err, r)
	}
	if err := r.Cancel(noon); err != nil || r.State != rosters.RecallCancelled {
		t.Errorf("%v, %s", err, r.State)
	}
	if err := r.Cancel(noon); !errors.Is(err, rosters.ErrTooLate) {
		t.Errorf("cancelled twice: %v", err)
	}
}

func TestPresence(t *testing.T) {
	starts, ends := noon, noon.Add(8*time.Hour)
	at := func(minutes int) time.Time { return starts.Add(time.Duration(minutes) * time.Minute) }
	for _, tc := range []struct {
		name     string
		given    rosters.Attendance
		now      time.Time
		want     rosters.Presence
		overtime time.Duration
	}{
		{"not due", rosters.Attendance{}, at(-16), rosters.Expected, 0},
		{"due for line-up", rosters.Attendance{}, at(-15), rosters.Late, 0},
		{"still awaited", rosters.Attendance{}, at(9), rosters.Late, 0},
		{"not coming", rosters.Attendance{}, at(10), rosters.NoShow, 0},
		{"card read", rosters.Attendance{Arrived: at(-20)}, at(5), rosters.Present, 0},
		{"on post", rosters.Attendance{Arrived: at(-20), OnPostAt: at(0)}, at(30), rosters.OnPost, 0},
		{"nobody came to relieve", rosters.Attendance{Arrived: at(-20), OnPostAt: at(0)}, at(8*60 + 25), rosters.OnPost, 25 * time.Minute},
		{"relieved late", rosters.Attendance{OnPostAt: at(0), LeftAt: at(8*60 + 40), RelievedBy: "bob"}, at(600), rosters.Relieved, 40 * time.Minute},
		{"the post closed", rosters.Attendance{OnPostAt: at(0), LeftAt: at(8 * 60)}, at(600), rosters.Released, 0},
	} {
		tc.given.Starts, tc.given.Ends = starts, ends
		if got := tc.given.Presence(tc.now, 15*time.Minute, 10*time.Minute); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
		if got := tc.given.Overtime(tc.now); got != tc.overtime {
			t.Errorf("%s: %s of overtime, want %s", tc.name, got, tc.overtime)
		}
	}
}

func TestDifferences(t *testing.T) {
	d := rosters.Day(2026, 12, 7)
	was := []rosters.Assignment{{Officer: "ann", Date: d, Shift: "D"}, {Officer: "bob", Date: d, Shift: "N"}, {Officer: "cem", Date: d, Shift: "E", Post: "p"}, {Officer: "cem", Date: d + 9, Shift: "E"}}
	now := []rosters.Assignment{{Officer: "ann", Date: d, Shift: "D", Source: rosters.FromHand}, {Officer: "cem", Date: d, Shift: "E", Post: "q"}, {Officer: "dee", Date: d + 1, Shift: "D"}}
	got := rosters.Differences(was, now, d, d+6)
	if told := rosters.Told(got); !slices.Equal(told, []string{"bob", "cem", "dee"}) || len(got) != 3 {
		t.Errorf("%+v", got)
	}
	if got[0].Was[0].Shift != "N" || len(got[0].Becomes) != 0 || got[1].Becomes[0].Post != "q" || len(got[2].Was) != 0 {
		t.Errorf("%+v", got)
	}
}
