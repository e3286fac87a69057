package rosters_test

import (
	"encoding/json"
	"testing"
	"time"

	"guardroom/rosters"

	"pgregory.net/rapid"
)

func TestDatesAreTimePackageDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60000).Draw(t, "day")
		d := rosters.Date(n)
		at := time.Date(1970, 1, 1+n, 0, 0, 0, 0, time.UTC)
		weekday := int(at.Weekday())
		if weekday == 0 {
			weekday = 7
		}
		if d.String() != at.Format(time.DateOnly) || d.Weekday() != weekday || !d.Time().Equal(at) || rosters.DateOf(at) != d {
			t.Errorf("%d is %s, weekday %d; want %s, %d", n, d, d.Weekday(), at, weekday)
		}
		if back, err := rosters.ParseDate(d.String()); err != nil || back != d {
			t.Errorf("%s read back is %s, %v", d, back, err)
		}
		var scanned rosters.Date
		if err := scanned.Scan(at); err != nil || scanned != d {
			t.Errorf("%s scanned is %s, %v", at, scanned, err)
		}
	})
}

func TestClockTexts(t *testing.T) {
	for text, want := range map[string]rosters.Clock{"00:00": 0, "6:05": 365, "06:05": 365, "2359": 1439, "24:00": 0} {
		if got, err := rosters.ParseClock(text); err != nil || got != want {
			t.Errorf("%s is %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "6", "24:01", "12:60", "ab:cd", "12.30", "-1:00", "+1:00", "123456", "٠٦:٠٠"} {
		if got, err := rosters.ParseClock(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
}

func TestJSONKeepsAStationAndARule(t *testing.T) {
	pack, _ := rosters.PackOf("eu-working-time")
	in := rosters.Station{
		Zone: "Europe/Vienna", Rules: pack.Rules,
		Officers:   []rosters.Officer{{ID: "a", Name: "A", Rank: rosters.SeniorOfficer, Employment: rosters.Staff, Until: rosters.Day(2026, 2, 28)}},
		ShiftTypes: []rosters.ShiftType{{Code: "N", Class: rosters.NightShift, Parts: []rosters.Part{{Start: 22 * 60, End: 6 * 60}}}},
	}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out rosters.Station
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(out)
	if string(again) != string(text) || out.Officers[0].Until != in.Officers[0].Until || out.Officers[0].Rank != rosters.SeniorOfficer {
		t.Errorf("read back: %s", again)
	}
}
