package impairments

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guardroom/devices"
)

var noon = time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)

func entered(mode Mode, fire bool, until time.Time) Impairment {
	i := Impairment{ID: "i", Station: "hq", Point: "g/f.p1", Fire: fire, Mode: mode, Source: Person, Reason: "works", Since: noon, Until: &until, Version: 1, Zone: "kitchen"}
	i.keepWatch(time.Hour, noon)
	return i
}

// Whatever people, panels and clocks do to an entry: it ends at its time unless
// the panel still says so, what the panel says holds, an ended entry never
// changes, and a blind fire point is walked as long as it is blind.
func TestEntry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := noon
		mode := rapid.SampledFrom([]Mode{Test, Isolated, Disabled}).Draw(t, "mode")
		fire := rapid.Bool().Draw(t, "fire")
		i := entered(mode, fire, noon.Add(2*time.Hour))
		panel := PanelSilent
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			before, open := i, i.Open()
			who := Who{By: "u", Name: "Olive", At: now}
			what := rapid.SampledFrom([]string{"clock", "panel on", "panel off", "prolong", "finish", "lifted", "walk"}).Draw(t, "what")
			var err error
			switch what {
			case "clock":
				now = now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "minutes")) * time.Minute)
				i.Warn(now)
				i.Miss(now)
				i.Expire(now)
			case "panel on":
				if open {
					panel = PanelActive
				}
				i.Says(true, now, now)
			case "panel off":
				if open && panel == PanelActive {
					panel = PanelRestored
				}
				i.Says(false, now, now)
			case "prolong":
				err = i.Prolong(i.Version, now.Add(2*time.Hour), "more", who)
			case "finish":
				err = i.Finish(i.Version, "done", who)
			case "lifted":
				i.Removed = "r"
				i.Restored(now)
				i.Removed = ""
			case "walk":
				err = i.Walk(Round{At: now, By: "u", ByName: "Olive"})
			}
			before.Removed, i.Removed = "", ""
			switch {
			case !open && fmt.Sprint(before) != fmt.Sprint(i):
				t.Fatalf("%s changed an ended entry: %+v", what, i)
			case err != nil && fmt.Sprint(before) != fmt.Sprint(i):
				t.Fatalf("%s was refused (%v) and changed the entry", what, err)
			case i.Version < before.Version, i.Version > before.Version+3:
				t.Fatalf("%s: version %d after %d", what, i.Version, before.Version)
			}
			check(t, i, panel, now)
		}
	})
}

func check(t *rapid.T, i Impairment, panel PanelWord, now time.Time) {
	switch {
	case i.Panel != panel:
		t.Fatalf("the panel says %q and the entry %q", panel, i.Panel)
	case panel == PanelActive && !i.Open():
		t.Fatal("it ended while the panel still says so")
	case panel == PanelRestored && i.Open():
		t.Fatal("the panel has restored it and it holds")
	case i.Open() && i.Source == Person && !now.Before(*i.Until):
		t.Fatal("it holds after its time")
	case i.Open() && i.Source == Panel && panel != PanelActive:
		t.Fatal("nobody says so any more and it holds")
	case i.Open() && i.Source == Panel && i.Until != nil:
		t.Fatal("a panel's entry has an end of its own")
	case i.Watched() != (i.Open() && i.Fire && i.Mode != Test):
		t.Fatalf("watched: %v", i.Watched())
	case i.Watched() && !i.WatchOverdue && now.Sub(*i.WatchDue) > 90*time.Minute:
		t.Fatal("a round is overdue and not marked")
	}
}

func TestWatchIsSharedByAZone(t *testing.T) {
	t.Parallel()
	one := entered(Disabled, true, noon.Add(time.Hour))
	two := entered(Disabled, true, noon.Add(time.Hour))
	two.ID, two.Point = "j", "g/f.p2"
	one.Miss(noon.Add(time.Hour))
	two.Miss(noon.Add(time.Hour))
	var l Loose
	l.Sort([]Impairment{one, two}, nil)
	if len(l.Missed) != 1 || l.Missed[0].ID != "i" {
		t.Fatalf("one alarm speaks for the watch: %+v", l.Missed)
	}
	l = Loose{}
	l.Sort([]Impairment{one, two}, []Late{{"hq", "g/f.p1"}})
	if len(l.Missed)+len(l.Answered) != 0 {
		t.Errorf("it is said already: %+v", l)
	}
	l = Loose{}
	l.Sort(nil, []Late{{"hq", "g/f.p1"}})
	if len(l.Answered) != 1 {
		t.Errorf("nothing is overdue any more: %+v", l)
	}
	if p := alarmPoint("g/f.*"); p != devices.PointID("g/f.comms") || p.Validate() != nil {
		t.Errorf("an alarm about a whole panel stands at %s", p)
	}
}

// A whole device: points answer in any order, some refuse, some were so before.
// Only a few are under way at a time, each is asked once for each verb, what was
// never begun is never ended, and the sum says how it stands.
func TestAWholeDeviceIsAskedPointByPoint(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		until := noon.Add(time.Hour)
		i := entered(Isolated, false, until)
		n := rapid.IntRange(1, 12).Draw(t, "points")
		var points []KnownPoint
		held := map[devices.PointID]bool{}
		for k := range n {
			p := devices.PointID(fmt.Sprintf("g/f.p%d", k))
			points = append(points, KnownPoint{ID: p, Name: string(p)})
			held[p] = rapid.IntRange(0, 5).Draw(t, "held") == 0
		}
		asked := map[string]devices.Outcome{} // verb and point
		drive := func(verb devices.Verb, most int) {
			for range most {
				var answers []Told
				for _, told := range i.Commands {
					if told.ID != "" && !told.State.Final() {
						told.State = rapid.SampledFrom([]devices.Outcome{devices.Confirmed, devices.Refused, devices.TimedOut, devices.Unknown}).Draw(t, "outcome")
						asked[string(verb)+string(told.Point)] = told.State
						answers = append(answers, told)
						break
					}
				}
				for _, told := range i.next() {
					key := string(verb) + string(told.Point)
					if _, twice := asked[key]; twice || told.Verb != verb || held[told.Point] {
						t.Fatalf("%s is asked for %s, which it was or must not be", told.Point, told.Verb)
					}
					told.ID, told.State = key, devices.Sent
					asked[key] = devices.Sent
					answers = append(answers, told)
				}
				i.hear(answers)
				under := 0
				for _, told := range i.Commands {
					if told.ID != "" && !told.State.Final() {
						under++
					}
				}
				if under > underWay {
					t.Fatalf("%d points are asked at a time", under)
				}
			}
		}
		again := func() {
			failed := 0
			for _, told := range i.Commands {
				if told.failed() {
					failed++
					delete(asked, string(told.Verb)+string(told.Point))
				}
			}
			if count := i.again(noon); count != failed {
				t.Fatalf("%d points are asked again of %d that have not done it", count, failed)
			}
			keys := map[string]bool{}
			for _, told := range i.Commands {
				if told.failed() || keys[told.key(i.ID)] {
					t.Fatalf("%+v was to be asked again, under a key of its own", told)
				}
				keys[told.key(i.ID)] = true
			}
		}
		i.begin(points, devices.Isolate, held, noon)
		most := rapid.IntRange(0, 3*n).Draw(t, "rounds")
		drive(devices.Isolate, most)
		if rapid.Bool().Draw(t, "again") {
			again()
			drive(devices.Isolate, most)
		}
		i.finish(devices.Deisolate, noon)
		drive(devices.Deisolate, 4*n)
		if rapid.Bool().Draw(t, "again at the end") {
			again()
			drive(devices.Deisolate, 4*n)
		}
		for _, p := range points {
			begun, was := asked["isolate"+string(p.ID)]
			_, ended := asked["deisolate"+string(p.ID)]
			if want := was && begun != devices.Refused; ended != want {
				t.Fatalf("%s answered %q to the beginning (%t) and was asked to end it: %t", p.ID, begun, was, ended)
			}
		}
		if !i.Command.State.Final() || i.Command.Verb != devices.Deisolate || i.Command.Text == "" {
			t.Fatalf("the sum %+v of %+v", i.Command, i.Commands)
		}
	})
}
