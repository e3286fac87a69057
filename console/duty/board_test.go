package duty

import (
	"errors"
	"testing"
	"time"

	desk "guardroom/console/rosters"
	"guardroom/devices"
	"guardroom/rosters"
)

func world() (*Facts, time.Time) {
	s := &rosters.Station{
		ID: "hq", Zone: "Europe/Vienna",
		ShiftTypes: []rosters.ShiftType{
			{Code: "D", Parts: []rosters.Part{{Start: 6 * 60, End: 14 * 60}}, Class: rosters.DayShift},
			{Code: "E", Parts: []rosters.Part{{Start: 14 * 60, End: 22 * 60}}, Class: rosters.EveningShift},
			{Code: "N", Parts: []rosters.Part{{Start: 22 * 60, End: 6 * 60}}, Class: rosters.NightShift},
		},
		Posts: []rosters.Post{{ID: "gate", Name: "Gate", Shifts: []string{"D", "E", "N"}, Standing: []rosters.Hours{{Headcount: 1}}, CheckCall: 60}},
	}
	for _, id := range []string{"ann", "bob", "eve"} {
		s.Officers = append(s.Officers, rosters.Officer{ID: id, Name: id, Rank: rosters.OrdinaryOfficer, Employment: rosters.Staff})
	}
	day := rosters.Day(2030, 3, 11)
	f := &Facts{Station: s, Calendar: desk.Calendar{Grace: 15, CheckGrace: 5, Alarms: true}, Duties: []rosters.Assignment{
		{Officer: "ann", Date: day.Add(-1), Shift: "N", Post: "gate"},
		{Officer: "bob", Date: day, Shift: "D", Post: "gate"},
		{Officer: "eve", Date: day, Shift: "E", Post: "gate"},
	}}
	vienna, _ := time.LoadLocation("Europe/Vienna")
	return f, time.Date(2030, 3, 11, 6, 0, 0, 0, vienna)
}

func (f *Facts) do(t *testing.T, now time.Time, officer, shift string, date rosters.Date, do, by string) error {
	t.Helper()
	b, _, err := f.At(now)
	if err != nil {
		t.Fatal(err)
	}
	d := b.find(officer, date, shift)
	if d == nil {
		t.Fatalf("no duty %s of %s at %s", shift, officer, now)
	}
	changed, err := b.noted(Note{Officer: officer, Date: date, Shift: shift, Version: d.Version, Do: do, By: by}, now)
	for _, a := range changed {
		a.Version++
		f.Noted = append(f.Noted[:0:0], f.Noted...)
		replaced := false
		for i := range f.Noted {
			if f.Noted[i].Assignment.Officer == a.Assignment.Officer && f.Noted[i].Assignment.Shift == a.Assignment.Shift {
				f.Noted[i], replaced = a, true
			}
		}
		if !replaced {
			f.Noted = append(f.Noted, a)
		}
	}
	return err
}

func kinds(t *testing.T, f *Facts, now time.Time) map[devices.Kind]bool {
	t.Helper()
	_, list, err := f.At(now)
	if err != nil {
		t.Fatal(err)
	}
	found := map[devices.Kind]bool{}
	for _, c := range list {
		found[c.Kind] = true
	}
	return found
}

func TestNobodyLeavesAPostUnrelieved(t *testing.T) {
	t.Parallel()
	f, six := world()
	day := rosters.Day(2030, 3, 11)
	if err := f.do(t, six.Add(-8*time.Hour), "ann", "N", day.Add(-1), Stand, ""); err != nil {
		t.Fatal(err)
	}
	var conflict *desk.ConflictError
	if err := f.do(t, six, "ann", "N", day.Add(-1), Release, ""); !errors.As(err, &conflict) || conflict.Reason != "unrelieved" {
		t.Fatalf("ann goes while nobody has come: %v", err)
	}
	// Bob is late: Ann stays, and her overtime counts.
	late := six.Add(20 * time.Minute)
	b, _, _ := f.At(late)
	if d := b.find("ann", day.Add(-1), "N"); d.Presence != rosters.OnPost || d.Overtime != 20 || d.Relief != "bob" {
		t.Errorf("ann at 06:20: %+v", d)
	}
	if k := kinds(t, f, late); !k[devices.DutyNoShow] || k[devices.PostEmpty] {
		t.Errorf("at 06:20: %v", k)
	}
	if err := f.do(t, late, "ann", "N", day.Add(-1), Relieve, "bob"); err != nil {
		t.Fatal(err)
	}
	b, _, _ = f.At(late)
	ann, bob := b.find("ann", day.Add(-1), "N"), b.find("bob", day, "D")
	if ann.Presence != rosters.Relieved || ann.RelievedBy != "bob" || bob.Presence != rosters.OnPost || b.Posts[0].Short != 0 {
		t.Errorf("after the relief: %+v %+v %+v", ann, bob, b.Posts[0])
	}
}

func TestLateThenNoShowThenEmpty(t *testing.T) {
	t.Parallel()
	f, six := world()
	f.Duties = f.Duties[1:] // nobody has the night
	for _, tc := range []struct {
		after time.Duration
		want  []devices.Kind
		not   []devices.Kind
	}{
		{time.Minute, nil, []devices.Kind{devices.DutyLate, devices.DutyNoShow}},
		{6 * time.Minute, []devices.Kind{devices.DutyLate}, []devices.Kind{devices.DutyNoShow}},
		{16 * time.Minute, []devices.Kind{devices.DutyNoShow, devices.PostEmpty}, []devices.Kind{devices.DutyLate}},
	} {
		got := kinds(t, f, six.Add(tc.after))
		for _, k := range tc.want {
			if !got[k] {
				t.Errorf("after %s: %s is not said", tc.after, k)
			}
		}
		for _, k := range tc.not {
			if got[k] {
				t.Errorf("after %s: %s is said", tc.after, k)
			}
		}
	}
	f.Calendar.Alarms = false
	if got := kinds(t, f, six.Add(time.Hour)); len(got) > 0 {
		t.Errorf("a station that keeps no attendance here: %v", got)
	}
}

func TestCheckCallLateThenMissed(t *testing.T) {
	t.Parallel()
	f, six := world()
	day := rosters.Day(2030, 3, 11)
	if err := f.do(t, six, "bob", "D", day, Stand, ""); err != nil {
		t.Fatal(err)
	}
	state := func(after time.Duration) CallState {
		b, _, _ := f.At(six.Add(after))
		return b.Posts[0].Call
	}
	if got := []CallState{state(59 * time.Minute), state(61 * time.Minute), state(66 * time.Minute)}; got[0] != CallWaits || got[1] != CallLate || got[2] != CallMissed {
		t.Errorf("check call: %v", got)
	}
	if !kinds(t, f, six.Add(66*time.Minute))[devices.CheckMissed] {
		t.Error("a missed check call is no alarm")
	}
	f.Calls = []Call{{Post: "gate", At: six.Add(67 * time.Minute), By: "desk"}}
	if state(70*time.Minute) != CallWaits {
		t.Error("a check call that was answered is still missed")
	}
}

// Nobody comes to relieve: that is an alarm, with what it costs the one who stays, and
// it is over when the relief has come.
func TestReliefThatDoesNotCome(t *testing.T) {
	t.Parallel()
	f, six := world()
	day := rosters.Day(2030, 3, 11)
	f.Station.Rules = []rosters.Rule{
		{ID: "rest", Kind: rosters.DailyRest, Level: rosters.Mandatory, Parameters: rosters.Parameters{Minutes: 11 * 60}},
		{ID: "day", Kind: rosters.HoursPerDay, Level: rosters.Exceptional, Parameters: rosters.Parameters{Minutes: 9 * 60}},
	}
	f.Duties = append(f.Duties, rosters.Assignment{Officer: "ann", Date: day, Shift: "N", Post: "gate"})
	if err := f.do(t, six.Add(-8*time.Hour), "ann", "N", day.Add(-1), Stand, ""); err != nil {
		t.Fatal(err)
	}
	if kinds(t, f, six.Add(14*time.Minute))[devices.ReliefMissed] {
		t.Error("said before the station's grace is over")
	}
	later := six.Add(6 * time.Hour)
	if !kinds(t, f, later)[devices.ReliefMissed] {
		t.Error("a relief that does not come is no alarm")
	}
	b, _, _ := f.At(later)
	if d := b.find("ann", day.Add(-1), "N"); len(d.Warnings) != 2 || d.Overtime != 360 {
		t.Errorf("ann at noon: %v, overtime %d", d.Warnings, d.Overtime)
	}
	if err := f.do(t, later, "ann", "N", day.Add(-1), Relieve, "bob"); err != nil {
		t.Fatal(err)
	}
	if kinds(t, f, later)[devices.ReliefMissed] {
		t.Error("relieved, and still an alarm")
	}
	// Who goes before the end goes early.
	if err := f.do(t, later.Add(time.Hour), "bob", "D", day, Relieve, "eve"); err == nil {
		b, _, _ := f.At(later.Add(time.Hour))
		if d := b.find("bob", day, "D"); d.Early != 60 {
			t.Errorf("bob left %d minutes early", d.Early)
		}
	} else {
		t.Error(err)
	}
}

func TestWhatIsEnteredLaterHasItsTime(t *testing.T) {
	t.Parallel()
	f, six := world()
	day := rosters.Day(2030, 3, 11)
	note := func(now, at time.Time) ([]Attendance, error) {
		b, _, err := f.At(now)
		if err != nil {
			t.Fatal(err)
		}
		return b.noted(Note{Officer: "bob", Date: day, Shift: "D", Do: Stand, At: at}, now)
	}
	got, err := note(six.Add(time.Hour), six.Add(-5*time.Minute))
	if err != nil || len(got) != 1 || !got[0].OnPostAt.Equal(six.Add(-5*time.Minute)) || !got[0].Arrived.Equal(got[0].OnPostAt) {
		t.Fatalf("entered an hour later: %+v, %v", got, err)
	}
	var invalid *desk.InvalidError
	for what, at := range map[string]time.Time{"to come": six.Add(2 * time.Hour), "a day before": six.Add(-24 * time.Hour)} {
		if _, err := note(six.Add(time.Hour), at); !errors.As(err, &invalid) || invalid.Field != "at" {
			t.Errorf("%s: %v", what, err)
		}
	}
	// What is noted next cannot have been before.
	f.Noted = []Attendance{got[0]}
	b, _, _ := f.At(six.Add(time.Hour))
	if _, err := b.noted(Note{Officer: "bob", Date: day, Shift: "D", Do: Release, At: six.Add(-10 * time.Minute)}, six.Add(time.Hour)); !errors.As(err, &invalid) {
		t.Errorf("gone before standing: %v", err)
	}
}
