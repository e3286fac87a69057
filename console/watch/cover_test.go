package watch

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"guardroom/console/auth"
)

func zone(t interface{ Fatal(...any) }, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func at(text string) time.Time {
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return when
}

func TestNightlyCover(t *testing.T) {
	t.Parallel()
	nairobi := zone(t, "Africa/Nairobi") // UTC+3, no summer time
	g := Grant{Station: "nairobi", ByStation: "geneva", From: at("2030-06-01T00:00:00Z"), Until: at("2030-06-08T00:00:00Z"), DailyFrom: "22:00", DailyTo: "06:00"}
	for _, tc := range []struct {
		when string
		want bool
	}{
		{"2030-05-31T23:59:59Z", false}, // 02:59 there, the day before
		{"2030-06-01T00:00:00Z", true},  // 03:00
		{"2030-06-01T02:59:59Z", true},
		{"2030-06-01T03:00:00Z", false}, // 06:00
		{"2030-06-01T18:59:59Z", false},
		{"2030-06-01T19:00:00Z", true}, // 22:00
		{"2030-06-07T23:59:59Z", true},
		{"2030-06-08T00:00:00Z", false},
	} {
		if got := g.Active(at(tc.when), nairobi); got != tc.want {
			t.Errorf("at %s: %v", tc.when, got)
		}
	}
	if turn := g.Turn(at("2030-06-01T00:00:00Z"), nairobi); !turn.Equal(at("2030-06-01T03:00:00Z")) {
		t.Errorf("the next turn is %s", turn)
	}
	if turn := g.Turn(at("2030-05-20T00:00:00Z"), nairobi); !turn.Equal(g.From) {
		t.Errorf("the first turn is %s", turn)
	}
	if turn := g.Turn(at("2030-06-07T20:00:00Z"), nairobi); !turn.Equal(g.Until) {
		t.Errorf("the last turn is %s", turn)
	}
	revoked := at("2030-06-02T00:00:00Z")
	g.RevokedAt = &revoked
	if g.Active(at("2030-06-03T00:00:00Z"), nairobi) || !g.Turn(at("2030-06-03T00:00:00Z"), nairobi).IsZero() {
		t.Error("a revoked grant holds")
	}
}

// The next turn is exactly where a walk second by second finds it, also in the
// nights in which clocks change.
func TestTurnsAreFound(t *testing.T) {
	t.Parallel()
	names := []string{"Europe/Vienna", "America/New_York", "Africa/Nairobi", "Australia/Lord_Howe", "UTC"}
	rapid.Check(t, func(t *rapid.T) {
		z := zone(t, rapid.SampledFrom(names).Draw(t, "zone"))
		from := at("2030-03-28T00:00:00Z").Add(time.Duration(rapid.IntRange(0, 300*24*60).Draw(t, "from")) * time.Minute)
		wall := func(name string) string {
			return time.Date(2030, 1, 1, rapid.IntRange(0, 23).Draw(t, name), rapid.IntRange(0, 3).Draw(t, name+" quarter")*15, 0, 0, time.UTC).Format("15:04")
		}
		g := Grant{From: from, Until: from.Add(time.Duration(rapid.IntRange(1, 5*24*60).Draw(t, "minutes")) * time.Minute), DailyFrom: wall("daily from"), DailyTo: wall("daily to")}
		if g.DailyFrom == g.DailyTo {
			g.DailyFrom, g.DailyTo = "", ""
		}
		now := from.Add(time.Duration(rapid.IntRange(-60, 4*24*60).Draw(t, "now")) * time.Minute)
		turn := g.Turn(now, z)
		if g.over(now) {
			if !turn.IsZero() {
				t.Fatalf("over, and turns at %s", turn)
			}
			return
		}
		active := g.Active(now, z)
		for when := now.Add(time.Minute).Truncate(time.Minute); ; when = when.Add(time.Minute) {
			if !when.Before(g.Until) {
				if !turn.Equal(g.Until) {
					t.Fatalf("no turn before the end, and %s", turn)
				}
				return
			}
			if g.Active(when, z) != active {
				if !turn.Equal(when) {
					t.Fatalf("turns at %s, says %s", when, turn)
				}
				return
			}
		}
	})
}

// No operator has a right outside of what their own roles and the grants that
// hold at that instant give: station, time, person, and an officer's rights.
func TestNoRightOutsideOfAGrant(t *testing.T) {
	t.Parallel()
	stations := []string{"hq", "geneva", "nairobi", "vienna"}
	all := []auth.Permission{}
	for _, r := range auth.Roles() {
		for _, p := range r.Permissions() {
			if !slices.Contains(all, p) {
				all = append(all, p)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := &Desk{o: Options{Now: func() time.Time { return noon }, Stations: func() []Station {
			list := []Station{}
			for _, s := range stations {
				list = append(list, Station{ID: s, Zone: time.UTC})
			}
			return list
		}}}
		minutes := func(name string) time.Duration {
			return time.Duration(rapid.IntRange(-600, 600).Draw(t, name)) * time.Minute
		}
		for i := range rapid.IntRange(0, 6).Draw(t, "grants") {
			g := Grant{ID: string(rune('a' + i)), Station: rapid.SampledFrom(stations).Draw(t, "station"), ByStation: rapid.SampledFrom(append(stations, "")).Draw(t, "by")}
			g.From = noon.Add(minutes("from"))
			g.Until = g.From.Add(minutes("for").Abs() + time.Minute)
			if rapid.Bool().Draw(t, "named") {
				g.Users = []string{rapid.SampledFrom([]string{"u1", "u2"}).Draw(t, "user")}
			}
			if rapid.Bool().Draw(t, "revoked") {
				g.RevokedAt = &noon
			}
			d.grants = append(d.grants, g)
		}
		u := auth.User{ID: "u1"}
		for range rapid.IntRange(0, 3).Draw(t, "roles") {
			u.Roles = append(u.Roles, auth.Grant{Role: rapid.SampledFrom(auth.Roles()).Draw(t, "role"), Station: rapid.SampledFrom(append(stations, "*")).Draw(t, "at")})
		}
		by := u.Operator("")
		own := by
		by.Covers = d.Covering(u)
		for _, station := range append(stations, "elsewhere", "*") {
			for _, p := range all {
				granted := slices.ContainsFunc(d.grants, func(g Grant) bool {
					named := slices.Contains(g.Users, u.ID) && (g.ByStation == "" || auth.Serves(u.Roles, g.ByStation))
					anybody := len(g.Users) == 0 && auth.Serves(u.Roles, g.ByStation)
					return g.Station == station && g.RevokedAt == nil && !noon.Before(g.From) && noon.Before(g.Until) && (named || anybody) &&
						slices.Contains(auth.Officer.Permissions(), p)
				})
				want := own.May(p, station) == nil || granted
				if got := by.May(p, station) == nil; got != want {
					t.Fatalf("%s at %s: %v, want %v (roles %v, grants %+v)", p, station, got, want, u.Roles, d.grants)
				}
				if everywhere, ids := by.Stations(p); station != "*" && station != "elsewhere" && (everywhere || slices.Contains(ids, station)) != want {
					t.Fatalf("lists of %s at %s do not agree with the right", p, station)
				}
			}
			if under := by.Under(station); under != "" && !slices.ContainsFunc(d.grants, func(g Grant) bool { return g.ID == under && g.Station == station }) {
				t.Fatalf("acts at %s under %s", station, under)
			}
		}
	})
}
