package main

import (
	"testing"
	"time"

	"guardroom/console/duty"
	"guardroom/rosters"
)

// The make-believe control room notes who comes, lets them relieve each other at the
// hour, and leaves alone what a person has taken back.
func TestControlRoomOfTheDemo(t *testing.T) {
	t.Parallel()
	six := time.Date(2030, 3, 11, 6, 0, 0, 0, time.UTC)
	line := func(officer, shift string, starts time.Time) duty.Duty {
		a := rosters.Attendance{Assignment: rosters.Assignment{Officer: officer, Date: rosters.Day(2030, 3, 11), Shift: shift, Post: "gate"}, Starts: starts, Ends: starts.Add(8 * time.Hour)}
		return duty.Duty{Attendance: duty.Attendance{Attendance: a}, Presence: rosters.Expected}
	}
	b := &duty.Board{Duties: []duty.Duty{line("ann", "N", six.Add(-8*time.Hour)), line("bob", "D", six)}, Posts: []duty.Post{{ID: "gate", Wanted: 1, Standing: []string{"ann"}}}}
	ann, bob := &b.Duties[0], &b.Duties[1]
	ann.Presence, ann.OnPostAt, ann.Relief = rosters.OnPost, ann.Starts, "bob"

	if n, ok := noteOf(b, bob, six.Add(-time.Hour)); ok {
		t.Errorf("an hour early: %+v", n)
	}
	n, ok := noteOf(b, bob, six.Add(20*time.Minute))
	if !ok || n.Do != duty.Arrive || n.At.Before(six.Add(-15*time.Minute)) || n.At.After(six.Add(12*time.Minute)) {
		t.Errorf("bob comes: %+v, %v", n, ok)
	}
	bob.Presence, bob.Arrived, bob.Version = rosters.Present, n.At, 1
	if n, ok := noteOf(b, bob, six.Add(-time.Minute)); ok {
		t.Errorf("before the hour: %+v", n)
	}
	if n, ok := noteOf(b, ann, six.Add(time.Minute)); ok {
		t.Errorf("ann goes unrelieved: %+v", n)
	}
	n, ok = noteOf(b, bob, six.Add(20*time.Minute))
	if !ok || n.Do != duty.Relieve || n.Officer != "ann" || n.By != "bob" || n.At.Before(six) || n.At.Before(bob.Arrived) {
		t.Errorf("the relief: %+v, %v", n, ok)
	}
	bob.Presence, bob.Arrived, bob.Version = rosters.NoShow, time.Time{}, 2
	if n, ok := noteOf(b, bob, six.Add(time.Hour)); ok {
		t.Errorf("what a person took back is noted again: %+v", n)
	}
}

// Who is made to be missing stood alone, has begun some time ago and has time to go.
func TestWhoDoesNotCome(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 3, 11, 9, 0, 0, 0, time.UTC)
	on := func(officer, post string, starts time.Time) duty.Duty {
		a := rosters.Attendance{Assignment: rosters.Assignment{Officer: officer, Shift: "D", Post: post}, Starts: starts, Ends: starts.Add(8 * time.Hour)}
		return duty.Duty{Attendance: duty.Attendance{Attendance: a}, Presence: rosters.OnPost}
	}
	b := &duty.Board{
		Duties: []duty.Duty{on("ann", "pair", now.Add(-time.Hour)), on("bob", "gate", now.Add(-5*time.Minute)), on("cyd", "lobby", now.Add(-7*time.Hour-30*time.Minute)), on("eve", "tower", now.Add(-time.Hour))},
		Posts:  []duty.Post{{ID: "pair", Wanted: 2, Standing: []string{"ann", "x"}}, {ID: "gate", Wanted: 1, Standing: []string{"bob"}}, {ID: "lobby", Wanted: 1, Standing: []string{"cyd"}}, {ID: "tower", Wanted: 1, Standing: []string{"eve"}}},
	}
	if one := standsAlone(b, now); one == nil || one.Assignment.Officer != "eve" {
		t.Errorf("missing is %+v", one)
	}
	b.Duties[3].Presence = rosters.Present
	if one := standsAlone(b, now); one != nil {
		t.Errorf("missing is %+v", one)
	}
}
