package fire

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guardroom/console/alarms"
	"guardroom/devices"
)

var noon = time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)

// zones of the tests: p1 and p2 in one, p3 in none, q1 at another panel.
func testZone(p devices.PointID) string {
	switch p {
	case "g/f.p1", "g/f.p2":
		return "kitchen"
	case "g/other.q1":
		return "garage"
	}
	return ""
}

// world is the database of a make-believe console: alarms as the machine would
// leave them, investigations as the store would.
type world struct {
	now            time.Time
	alarms         []OpenAlarm
	investigations []Investigation
	next           int
	reports        map[string]int
}

func (w *world) id() string {
	w.next++
	return fmt.Sprintf("%06d", w.next)
}

func (w *world) find(p devices.PointID, k devices.Kind) *OpenAlarm {
	for i := range w.alarms {
		if w.alarms[i].Point == p && w.alarms[i].Kind == k {
			return &w.alarms[i]
		}
	}
	return nil
}

func (w *world) raise(p devices.PointID, k devices.Kind) {
	a := w.find(p, k)
	switch {
	case a == nil:
		w.alarms = append(w.alarms, OpenAlarm{ID: w.id(), Station: "hq", Point: p, PointName: string(p), Kind: k, State: alarms.Unacknowledged, Count: 1, RaisedAt: w.now, ReceivedAt: w.now})
	case a.State == alarms.Returned:
		a.State, a.Count = alarms.Unacknowledged, a.Count+1
	}
}

func (w *world) restore(p devices.PointID, k devices.Kind) {
	a := w.find(p, k)
	switch {
	case a == nil:
	case a.State == alarms.Acknowledged:
		w.drop(a.ID)
	case a.State == alarms.Unacknowledged:
		a.State = alarms.Returned
	}
}

func (w *world) acknowledge(p devices.PointID, k devices.Kind) {
	a := w.find(p, k)
	switch {
	case a == nil:
	case a.State == alarms.Returned:
		w.drop(a.ID)
	case a.State == alarms.Unacknowledged:
		a.State = alarms.Acknowledged
	}
}

func (w *world) drop(id string) {
	w.alarms = slices.DeleteFunc(w.alarms, func(a OpenAlarm) bool { return a.ID == id })
}

func (w *world) present() Present {
	p := Present{Alarms: slices.Clone(w.alarms)}
	for _, i := range w.investigations {
		open := slices.ContainsFunc(w.alarms, func(a OpenAlarm) bool { return a.ID == i.Alarm || a.ID == i.OtherAlarm })
		if i.State != Decided || open {
			p.Investigations = append(p.Investigations, i)
		}
		if i.Confirms() && !i.Reported {
			p.Unreported = append(p.Unreported, i)
		}
	}
	return p
}

// timers are the durable timers.
func (w *world) timers() {
	for i := range w.investigations {
		w.investigations[i].RunOut(w.now)
	}
}

// keep does what Keep does, and reports whether there was anything to do.
func (w *world) keep() bool {
	p := plan(w.present(), testZone)
	for _, a := range p.Start {
		w.investigations = append(w.investigations, begin(w.id(), a, Zone{ID: testZone(a.Point)}, 180, w.now))
	}
	for _, o := range p.Overtake {
		w.of(o.ID).Overtake(o.Outcome, o.By, w.now)
	}
	for _, i := range p.Raise {
		w.raise(i.Point, devices.FireUndecided)
	}
	for _, a := range p.Restore {
		w.restore(a.Point, a.Kind)
	}
	for _, i := range p.Report {
		w.reports[i.ID]++
		w.of(i.ID).Reported = true
	}
	return !p.Empty()
}

func (w *world) of(id string) *Investigation {
	i := slices.IndexFunc(w.investigations, func(i Investigation) bool { return i.ID == id })
	return &w.investigations[i]
}

func (w *world) settle(t *rapid.T) {
	for range 10 {
		if !w.keep() {
			return
		}
	}
	t.Fatalf("it never comes to rest: %+v", plan(w.present(), testZone))
}

// check states what must hold when the desk has kept up.
func (w *world) check(t *rapid.T) {
	running := map[string]int{}
	for _, i := range w.investigations {
		if i.State == Decided {
			continue
		}
		running[i.Alarm]++
		if w.burns(i.Panel) {
			t.Fatalf("the panel of %s burns and it is still looked into", i.Point)
		}
		said := w.find(i.Point, devices.FireUndecided)
		if i.State == Undecided && (said == nil || !said.active()) {
			t.Fatalf("the time of %s ran out and no alarm says so", i.Point)
		}
		if i.State == Running && w.now.After(i.DueAt) {
			t.Fatalf("%s runs on after its time", i.Point)
		}
	}
	for alarm, n := range running {
		if n > 1 {
			t.Fatalf("pre-alarm %s is looked into %d times at once", alarm, n)
		}
	}
	for _, a := range w.alarms {
		switch {
		case a.Kind == devices.FirePrealarm && !w.burns(a.panel()):
			// Every raise was looked into, or decided an investigation.
			if !slices.ContainsFunc(w.investigations, func(i Investigation) bool {
				return i.Alarm == a.ID && i.Raises >= a.Count || i.OtherAlarm == a.ID && i.OtherRaises >= a.Count || i.Alarm == a.ID && i.State != Decided
			}) {
				t.Fatalf("pre-alarm %s of %s was never looked into", a.ID, a.Point)
			}
		case a.Kind == devices.FireUndecided && a.active():
			if !slices.ContainsFunc(w.investigations, func(i Investigation) bool { return i.Point == a.Point && i.State == Undecided }) {
				t.Fatalf("an alarm says that %s is undecided, and it is not", a.Point)
			}
		}
	}
	for _, i := range w.investigations {
		if i.Confirms() && w.reports[i.ID] != 1 {
			t.Fatalf("a confirmed fire at %s was reported %d times", i.Point, w.reports[i.ID])
		}
	}
}

func (w *world) burns(panel string) bool {
	return slices.ContainsFunc(w.alarms, func(a OpenAlarm) bool { return a.Kind == devices.FireAlarm && a.active() && a.panel() == panel })
}

// Whatever detectors, officers, clocks and restarts do: every pre-alarm is
// looked into once, what runs out is said, what burns is not looked into.
func TestInvestigationsKeepUpWithTheAlarms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{now: noon, reports: map[string]int{}}
		points := []devices.PointID{"g/f.p1", "g/f.p2", "g/f.p3", "g/other.q1"}
		kinds := []devices.Kind{devices.FirePrealarm, devices.FireAlarm}
		point := rapid.SampledFrom(points)
		kind := rapid.SampledFrom(kinds)
		who := Who{By: "u1", Name: "Olive"}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			who.At = w.now
			switch rapid.IntRange(0, 7).Draw(t, "step") {
			case 0, 1:
				w.raise(point.Draw(t, "point"), kind.Draw(t, "kind"))
			case 2:
				w.restore(point.Draw(t, "point"), kind.Draw(t, "kind"))
			case 3:
				w.acknowledge(point.Draw(t, "point"), kind.Draw(t, "kind"))
			case 4:
				w.now = w.now.Add(time.Duration(rapid.IntRange(1, 240).Draw(t, "seconds")) * time.Second)
			case 5:
				if len(w.investigations) > 0 {
					i := &w.investigations[rapid.IntRange(0, len(w.investigations)-1).Draw(t, "which")]
					outcome := rapid.SampledFrom([]Outcome{Real, False}).Draw(t, "outcome")
					decided := i.State == Decided
					if err := i.Decide(i.Version, outcome, "toast", who); (err != nil) != decided {
						t.Fatalf("decide: %v", err)
					}
				}
			case 6:
				if len(w.investigations) > 0 {
					i := &w.investigations[rapid.IntRange(0, len(w.investigations)-1).Draw(t, "which")]
					before := *i
					err := i.Extend(i.Version, "stairs", who)
					if may := before.State == Running && before.Extended == nil && w.now.Before(before.DueAt); (err == nil) != may {
						t.Fatalf("extend: %v, may %v", err, may)
					}
				}
			case 7: // the console is away for this step: nobody keeps up
				w.raise(point.Draw(t, "point"), kind.Draw(t, "kind"))
				w.now = w.now.Add(time.Second)
				continue
			}
			w.timers()
			w.settle(t)
			w.check(t)
		}
	})
}

func TestSecondDetectorOfTheZoneEndsIt(t *testing.T) {
	t.Parallel()
	w := &world{now: noon, reports: map[string]int{}}
	w.raise("g/f.p1", devices.FirePrealarm)
	w.keep()
	w.now = w.now.Add(20 * time.Second)
	w.raise("g/f.p2", devices.FirePrealarm)
	for w.keep() {
	}
	if len(w.investigations) != 1 || w.investigations[0].Outcome != SecondSensor || w.investigations[0].Other != "g/f.p2" {
		t.Fatalf("%+v", w.investigations)
	}
	if len(w.reports) != 1 {
		t.Error("nobody was told of a fire that two detectors see")
	}
	// The one after a decision is new.
	w.raise("g/f.p3", devices.FirePrealarm)
	for w.keep() {
	}
	if len(w.investigations) != 2 || w.investigations[1].State != Running {
		t.Errorf("%+v", w.investigations)
	}
}

func TestLateInvestigationLeavesTimeToLook(t *testing.T) {
	t.Parallel()
	a := OpenAlarm{ID: "1", Point: "g/f.p1", Count: 1, ReceivedAt: noon}
	if i := begin("i", a, Zone{}, 180, noon.Add(time.Second)); !i.DueAt.Equal(noon.Add(3 * time.Minute)) {
		t.Errorf("the time counts from when the console heard of it, not %s", i.DueAt)
	}
	if i := begin("i", a, Zone{}, 180, noon.Add(time.Hour)); !i.DueAt.Equal(noon.Add(time.Hour + 30*time.Second)) {
		t.Errorf("after a restart nobody has a chance to look before %s", i.DueAt)
	}
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	who := Who{By: "u", Name: "Olive", At: noon.Add(time.Minute)}
	fresh := func() Investigation {
		return begin("i", OpenAlarm{ID: "1", Station: "hq", Point: "g/f.p1", Count: 1, ReceivedAt: noon}, Zone{}, 180, noon)
	}
	for _, tc := range []struct {
		name  string
		do    func(i *Investigation) error
		field string
	}{
		{"false without a reason", func(i *Investigation) error { return i.Decide(1, False, " ", who) }, "reason"},
		{"an outcome of the panel", func(i *Investigation) error { return i.Decide(1, Fire, "", who) }, "outcome"},
		{"nobody assigned", func(i *Investigation) error { return i.Assign(1, "\t", who) }, "name"},
		{"extended for nothing", func(i *Investigation) error { return i.Extend(1, "", who) }, "reason"},
		{"a control character", func(i *Investigation) error { return i.Assign(1, "a\x00b", who) }, "name"},
	} {
		i := fresh()
		var invalid *InvalidError
		if err := tc.do(&i); !asInvalid(err, &invalid) || invalid.Field != tc.field || i.Version != 1 {
			t.Errorf("%s: %v, version %d", tc.name, err, i.Version)
		}
	}
	i := fresh()
	if err := i.Assign(1, "  Patrol 2 ", who); err != nil || i.Investigator != "Patrol 2" || i.Version != 2 {
		t.Fatalf("%v %+v", err, i)
	}
	if err := i.Decide(1, Real, "", who); err == nil {
		t.Error("a decision on what was not seen was taken")
	}
	if err := i.Decide(2, Real, "", who); err != nil || !i.Confirms() {
		t.Errorf("%v %+v", err, i)
	}
	if err := i.Decide(3, False, "toast", who); err == nil {
		t.Error("a decision was changed")
	}
}
