package figures_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guardroom/console/figures"
)

var noon = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func nairobi(string) *time.Location {
	zone, err := time.LoadLocation("Africa/Nairobi")
	if err != nil {
		panic(err)
	}
	return zone
}

func minute(m int, p1, p2, p3, p4 int) figures.RateSlot {
	return figures.RateSlot{At: noon.Add(time.Duration(m) * time.Minute), P1: p1, P2: p2, P3: p3, P4: p4}
}

func TestReckon(t *testing.T) {
	t.Parallel()
	to := noon.Add(24 * time.Hour)
	ended := noon.Add(30 * time.Minute)
	raw := figures.Raw{
		// 12 in the ten minutes from 3 to 12, but 6 and 6 in the spans on the clock.
		Minutes: []figures.RateSlot{minute(3, 0, 0, 1, 3), minute(9, 1, 0, 0, 1), minute(12, 0, 1, 1, 4), minute(90, 0, 0, 0, 8)},
		Answers: map[figures.AnswerKey]figures.Answers{
			{Priority: 1, Bucket: figures.Bucket(20 * time.Second)}:  {N: 8, First: 8, Second: 8},
			{Priority: 1, Bucket: figures.Bucket(100 * time.Second)}: {N: 2},
		},
		Counts: map[string]int{"closed:real": 6, "closed:false": 3, "closed:nuisance": 1, "escalated:1": 2, "escalated:2": 1, "overdue:1": 1},
		Floods: []figures.FloodPast{{Since: noon.Add(-time.Hour), Ended: &ended, Total: 20, Peak: 14}},
		Actors: []figures.BadActor{{Point: "g1/f.1", Kind: "zone.alarm", N: 10, Chatter: 2, Worst: 12}, {Point: "g1/f.2", Kind: "door.held", N: 6, Fleeting: 5},
			{Point: "g1/f.3", Kind: "fire.alarm", N: 4, Chatter: 3, Worst: 20}},
	}
	f := figures.Reckon("hq", nairobi(""), noon, to, raw)
	if f.Rate.Total != 20 || f.Rate.Peak10 != 12 || f.Rate.PeakHour != 12 || f.Rate.PeakMinute != 8 || !f.Rate.Peak10At.Equal(noon.Add(3*time.Minute)) {
		t.Errorf("rate %+v", f.Rate)
	}
	if math.Abs(f.Rate.Per10-20.0/144) > 1e-9 || f.Rate.PerDay != 20 {
		t.Errorf("averages %+v", f.Rate)
	}
	if math.Abs(f.FloodShare-0.5/24) > 1e-9 {
		t.Errorf("flood share %g", f.FloodShare)
	}
	if f.Priorities[3].N != 16 || f.Priorities[3].Share != 0.8 {
		t.Errorf("mix %+v", f.Priorities)
	}
	if f.BadActors[0].Propose != "shelve" || f.BadActors[1].Propose != "delay" || f.BadActors[2].Propose != "" || !f.BadActors[2].LifeSafety || f.TopTenShare != 1 {
		t.Errorf("actors %+v", f.BadActors)
	}
	all := f.Answers[0]
	if all.N != 10 || all.First != 0.8 || all.P50 < 20 || all.P50 > 22.1 || all.P90 < 100 || all.P90 > 110.1 {
		t.Errorf("answers %+v", f.Answers)
	}
	if f.Unreal != 0.4 || f.Closed[0].Disposition != "real" || f.Escalated != 3 || f.Overdue != 1 {
		t.Errorf("closed %+v %g %d %d", f.Closed, f.Unreal, f.Escalated, f.Overdue)
	}
	if f.SlotSeconds != 600 || len(f.Slots) != 144 || f.Slots[1].P4 != 4 {
		t.Errorf("slots %d %d %+v", f.SlotSeconds, len(f.Slots), f.Slots[:2])
	}
}

// A month has the days of the station, also the one with 25 hours.
func TestAMonthHasTheDaysOfTheStation(t *testing.T) {
	t.Parallel()
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	from, to := time.Date(2026, 10, 1, 0, 0, 0, 0, vienna), time.Date(2026, 11, 1, 0, 0, 0, 0, vienna)
	f := figures.Reckon("hq", vienna, from, to, figures.Raw{})
	if len(f.Slots) != 31 || f.Slots[30].At.In(vienna).Format("2006-01-02 15:04") != "2026-10-31 00:00" {
		t.Errorf("%d days, the last %v", len(f.Slots), f.Slots[len(f.Slots)-1].At)
	}
}

func TestBuckets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		took := time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "took"))
		b := figures.Bucket(took)
		if end := figures.BucketEnd(b); took > end+time.Microsecond || b > 0 && took < figures.BucketEnd(b-1)-time.Microsecond {
			t.Fatalf("%s lies in bucket %d, which ends at %s", took, b, end)
		}
	})
}

func event(what, to string) figures.Event {
	return figures.Event{Station: "hq", At: noon, What: what, To: to, Point: "g1/d.1", Kind: "door.held", Priority: 3, Alarm: "a1"}
}

// What loads nobody is not counted.
func TestOnlyWhatWasShownCounts(t *testing.T) {
	t.Parallel()
	hidden := event("raised", "unacknowledged")
	hidden.Hidden = true
	for _, tc := range []struct {
		e    figures.Event
		want bool
	}{
		{event("raised", "unacknowledged"), true}, {event("reraised", "unacknowledged"), true}, {event("repeated", "unacknowledged"), true}, {event("raised", "returned"), true},
		{event("raised", "shelved"), false}, {event("raised", "suppressed"), false}, {event("reraised", "out_of_service"), false}, {hidden, false},
		{event("released", "unacknowledged"), true}, {event("restored", "unacknowledged"), true}, {event("restored", "normal"), false},
		{event("cleared", "returned"), false}, {event("acknowledged", "acknowledged"), false},
	} {
		if got := tc.e.Announced(); got != tc.want {
			t.Errorf("%s to %s: %v", tc.e.What, tc.e.To, got)
		}
	}
	asked := noon.Add(-40 * time.Second)
	answer := event("acknowledged", "acknowledged")
	answer.Asked = &asked
	fire := answer
	fire.LifeSafety, fire.Priority = true, 1
	tally := figures.Count([]figures.Event{event("raised", "unacknowledged"), event("raised", "shelved"), answer, fire}, nairobi)
	if n := tally.Minutes[figures.MinuteKey{Station: "hq", Minute: noon}]; n == nil || n[2] != 1 {
		t.Errorf("minutes %v", tally.Minutes)
	}
	for k, a := range tally.Answers {
		if k.Priority == 3 && a.First != 1 || k.Priority == 1 && (a.First != 0 || a.Second != 1) || k.Day != "2026-11-22" {
			t.Errorf("%+v %+v", k, a)
		}
	}
}
