package rationale_test

import (
	"testing"
	"time"

	"guardroom/console/rationale"
	"guardroom/devices"
)

// Hours are those of the station, and those that pass midnight belong to the day
// on which they begin.
func TestHowLongADoorMayStandOpen(t *testing.T) {
	t.Parallel()
	dock := rationale.DoorTime{Class: rationale.Dock, Zone: "Africa/Nairobi", Warn: 20, Hours: []rationale.DoorHours{
		{Days: []int{1, 2, 3, 4, 5}, From: "18:00", To: "06:00", HeldAfter: 60},
		{Days: []int{7}, From: "00:00", To: "24:00", HeldAfter: 15},
	}}
	for at, want := range map[string]int{
		"2026-11-20T14:59:00Z": 150, // Friday 17:59 in Nairobi
		"2026-11-20T15:00:00Z": 60,
		"2026-11-21T02:59:00Z": 60,  // Saturday 05:59: still Friday's night
		"2026-11-21T15:30:00Z": 150, // Saturday evening
		"2026-11-22T09:00:00Z": 15,  // Sunday
		"2026-11-22T20:59:00Z": 15,
		"2026-11-22T21:00:00Z": 150, // Monday 00:00: Sunday has no night of its own
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		held, warn := dock.After(when)
		if held != time.Duration(want)*time.Second || warn != min(20*time.Second, held) {
			t.Errorf("%s: held after %s, warned %s before, want %d s", at, held, warn, want)
		}
	}
	if held, _ := (rationale.DoorTime{Class: rationale.Unsupervised}).After(time.Now()); held != 0 {
		t.Error("a door that is left to its controller is watched")
	}
}

// Every kind that may alarm has a text that says what to do, or it would be listed
// as missing in each new station.
func TestEveryKnownAlarmHasAResponse(t *testing.T) {
	t.Parallel()
	for _, k := range devices.Kinds() {
		f := rationale.Default(k, "")
		if k.Info().Alarm && (f.Response == "" || f.Cause == "" || f.Consequence == "" || f.Priority == 0) {
			t.Errorf("%s: %+v", k, f)
		}
		if err := f.Check(k, nil); err != nil {
			t.Errorf("%s: %v", k, err)
		}
	}
}
