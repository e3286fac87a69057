package rosters_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"guardroom/rosters"
	"guardroom/rosters/rosterstest"

	"pgregory.net/rapid"
)

// slowAt reads a wall time off the clock minute by minute: the first minute at
// which the station's clock shows it, or more than it.
func slowAt(zone *time.Location, d rosters.Date, minute int) time.Time {
	key := fmt.Sprint(zone, d, minute)
	if known, ok := read.Load(key); ok {
		return known.(time.Time)
	}
	t := readClock(zone, d, minute)
	read.Store(key, t)
	return t
}

var read sync.Map // what has been read already

func readClock(zone *time.Location, d rosters.Date, minute int) time.Time {
	want := d.Time().Add(time.Duration(minute) * time.Minute)
	wall := func(t time.Time) time.Time {
		_, offset := t.In(zone).Zone()
		return t.Add(time.Duration(offset) * time.Second)
	}
	t := want.Add(-16 * time.Hour)
	for wall(t.Add(time.Hour)).Before(want) { // hours are safe while an hour later is early too, and later still
		t = t.Add(30 * time.Minute)
	}
	t = t.Add(-3 * time.Hour)
	for wall(t).Before(want) {
		t = t.Add(time.Minute)
	}
	return t.In(zone)
}

func TestAtReadsTheClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(rosterstest.Zones).Draw(t, "zone")
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		d := rosters.Day(2026, 1, 1) + rosters.Date(rapid.IntRange(0, 730).Draw(t, "day"))
		if rapid.Bool().Draw(t, "near a change") {
			d = rosterstest.NearChange(t, zone)
		}
		minute := rapid.IntRange(0, 2*24*60).Draw(t, "minute")
		s := rosters.Station{Zone: name}
		clocks, err := s.Clocks()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := clocks.At(d, minute), slowAt(zone, d, minute); !got.Equal(want) {
			t.Errorf("%s %s + %d min = %s, want %s", name, d, minute, got, want)
		}
	})
}

func TestClockChanges(t *testing.T) {
	night := rosters.ShiftType{Code: "N", Parts: []rosters.Part{{Start: 22 * 60, End: 6 * 60}}, Class: rosters.NightShift}
	early := rosters.ShiftType{Code: "X", Parts: []rosters.Part{{Start: 2*60 + 30, End: 10 * 60}}, Class: rosters.DayShift}
	paid := rosters.ShiftType{Code: "P", Parts: []rosters.Part{{Start: 22 * 60, End: 6 * 60}}, Class: rosters.NightShift, Paid: 450}
	for _, tc := range []struct {
		name, zone string
		shift      rosters.ShiftType
		day        rosters.Date
		from, to   string
		minutes    int
	}{
		{"an ordinary night", "Europe/Vienna", night, rosters.Day(2026, 3, 27), "2026-03-27T22:00:00+01:00", "2026-03-28T06:00:00+01:00", 480},
		{"the short night", "Europe/Vienna", night, rosters.Day(2026, 3, 28), "2026-03-28T22:00:00+01:00", "2026-03-29T06:00:00+02:00", 420},
		{"the long night", "Europe/Vienna", night, rosters.Day(2026, 10, 24), "2026-10-24T22:00:00+02:00", "2026-10-25T06:00:00+01:00", 540},
		{"paid time of the long night", "Europe/Vienna", paid, rosters.Day(2026, 10, 24), "2026-10-24T22:00:00+02:00", "2026-10-25T06:00:00+01:00", 510},
		{"begins in the missing hour", "Europe/Vienna", early, rosters.Day(2026, 3, 29), "2026-03-29T03:00:00+02:00", "2026-03-29T10:00:00+02:00", 420},
		{"begins in the doubled hour", "Europe/Vienna", early, rosters.Day(2026, 10, 25), "2026-10-25T02:30:00+02:00", "2026-10-25T10:00:00+01:00", 510},
		{"half an hour", "Australia/Lord_Howe", night, rosters.Day(2026, 4, 4), "2026-04-04T22:00:00+11:00", "2026-04-05T06:00:00+10:30", 510},
		{"midnight that is not there", "Asia/Beirut", night, rosters.Day(2026, 3, 28), "2026-03-28T22:00:00+02:00", "2026-03-29T06:00:00+03:00", 420},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := rosters.Station{Zone: tc.zone}
			clocks, err := s.Clocks()
			if err != nil {
				t.Fatal(err)
			}
			from, to := clocks.Times(&tc.shift, tc.day)
			if from.Format(time.RFC3339) != tc.from || to.Format(time.RFC3339) != tc.to {
				t.Errorf("from %s to %s, want %s to %s", from.Format(time.RFC3339), to.Format(time.RFC3339), tc.from, tc.to)
			}
			if got := clocks.Minutes(&tc.shift, tc.day); got != tc.minutes {
				t.Errorf("%d minutes, want %d", got, tc.minutes)
			}
		})
	}
}

func TestRelievedAndRelieverMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rosters.Station{Zone: rapid.SampledFrom(rosterstest.Zones).Draw(t, "zone")}
		zone, err := s.Location()
		if err != nil {
			t.Fatal(err)
		}
		clocks, _ := s.Clocks()
		d := rosterstest.NearChange(t, zone)
		minute := rapid.IntRange(0, 24*60-1).Draw(t, "minute")
		if end, begin := clocks.At(d-1, minute+24*60), clocks.At(d, minute); !end.Equal(begin) {
			t.Errorf("the shift of the day before ends %s, the next begins %s", end, begin)
		}
		if clocks.At(d, minute+1).Before(clocks.At(d, minute)) {
			t.Errorf("time runs back after %s", clocks.At(d, minute))
		}
	})
}

func TestNightIsReadOffTheClock(t *testing.T) {
	s := rosters.Station{}
	for _, tc := range []struct {
		parts []rosters.Part
		class rosters.Class
		want  bool
	}{
		{[]rosters.Part{{Start: 22 * 60, End: 6 * 60}}, rosters.NightShift, true},
		{[]rosters.Part{{Start: 18 * 60, End: 6 * 60}}, rosters.LongShift, true},
		{[]rosters.Part{{Start: 6 * 60, End: 18 * 60}}, rosters.LongShift, false},
		{[]rosters.Part{{Start: 3 * 60, End: 11 * 60}}, rosters.DayShift, true},
		{[]rosters.Part{{Start: 3*60 + 1, End: 11 * 60}}, rosters.DayShift, false},
		{[]rosters.Part{{Start: 14 * 60, End: 2 * 60}}, rosters.EveningShift, true},
		{[]rosters.Part{{Start: 14 * 60, End: 0}}, rosters.EveningShift, false},
		{[]rosters.Part{{Start: 22 * 60, End: 6 * 60}}, rosters.StandBy, false},
	} {
		if got := s.Nightly(&rosters.ShiftType{Parts: tc.parts, Class: tc.class}); got != tc.want {
			t.Errorf("%v %s: night %v, want %v", tc.parts, tc.class, got, tc.want)
		}
	}
}
