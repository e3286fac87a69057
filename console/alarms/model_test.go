package alarms_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guardroom/console/alarms"
	"guardroom/console/auth"
	"guardroom/devices"
)

// isa is the table of ISA-18.2, written for the test only: a letter A to D for
// each point's kind, and what lies over it.
type isa struct {
	base  map[alarms.Key]byte
	over  []cover
	owner map[alarms.Key]string
	acked map[alarms.Key]string
}

// cover is a removal as the model has it.
type cover struct {
	id    string
	mode  byte // E, F, G
	point devices.PointID
	kind  devices.Kind // "" all
	all   bool         // of the device
	until int
	once  bool
	rule  bool
}

var lifeSafety = []devices.Kind{"fire.alarm", "fire.evacuation", "medical.alarm", "duress", "panic"}

func (m *isa) letter(k alarms.Key) byte {
	if l := m.base[k]; l != 0 {
		return l
	}
	return 'A'
}

func (m *isa) signal(k alarms.Key, active bool) {
	was := m.letter(k)
	switch {
	case active && (was == 'A' || was == 'D'):
		m.base[k] = 'B'
		if was == 'A' {
			delete(m.owner, k)
		}
		delete(m.acked, k)
	case !active && was == 'B':
		m.base[k] = 'D'
		m.oneShots(k)
	case !active && was == 'C':
		m.base[k] = 'A'
		m.oneShots(k)
	}
}

func (m *isa) acknowledge(k alarms.Key, by string) {
	switch m.letter(k) {
	case 'B':
		m.base[k], m.acked[k] = 'C', by
	case 'D':
		m.base[k], m.acked[k] = 'A', by
	}
}

func (m *isa) oneShots(k alarms.Key) {
	m.over = slices.DeleteFunc(m.over, func(c cover) bool { return c.once && c.covers(k) })
}

func (c cover) covers(k alarms.Key) bool {
	if slices.Contains(lifeSafety, k.Kind) || c.kind != "" && c.kind != k.Kind {
		return false
	}
	if c.rule && (k.Kind == "comms.lost" || k.Kind == "lifesign.stopped") {
		return false
	}
	if c.all {
		return c.point.Device() == k.Point.Device()
	}
	return c.point == k.Point
}

// shown is the letter on the screen.
func (m *isa) shown(k alarms.Key) byte {
	l := m.letter(k)
	if l == 'A' {
		return l
	}
	for _, c := range m.over {
		if c.covers(k) && (l < 'E' || c.mode > l) {
			l = c.mode
		}
	}
	return l
}

var letters = map[alarms.State]byte{
	alarms.Normal: 'A', alarms.Unacknowledged: 'B', alarms.Acknowledged: 'C', alarms.Returned: 'D',
	alarms.Shelved: 'E', alarms.SuppressedByDesign: 'F', alarms.OutOfService: 'G',
}

// floor is a board with a clock, people and a store of lines, as the desk and the
// store have them.
type floor struct {
	t     *rapid.T
	b     *alarms.Board
	now   int // seconds after start
	seq   uint64
	ids   int
	made  map[alarms.Key]*alarms.Alarm // the last alarm of each key
	lines map[string][]alarms.Entry
	read  int // lines of the board's history that are in lines
}

func (f *floor) at() time.Time { return start.Add(time.Duration(f.now) * time.Second) }

func (f *floor) id(prefix string) string { f.ids++; return fmt.Sprintf("%s%05d", prefix, f.ids) }

func (f *floor) say(k alarms.Key, active bool) {
	f.seq++
	h := alarms.Heard{Station: "hq", Received: f.at()}
	h.Point, h.Kind, h.Active, h.Epoch, h.Seq = k.Point, k.Kind, active, 1, f.seq
	h.Occurred, h.Observed, h.Clock = f.at(), f.at(), devices.Synced
	f.b.Apply(h)
	f.collect()
}

// collect files the lines that the board has written since.
func (f *floor) collect() {
	all := f.b.History()
	for _, l := range all[f.read:] {
		f.file(l)
	}
	f.read = len(all)
	for _, a := range f.b.Touched() {
		key := alarms.Key{Point: a.Point, Kind: a.Kind}
		if known := f.made[key]; known == nil || known.ID < a.ID || known.ID == a.ID {
			f.made[key] = a
		}
	}
}

func (f *floor) file(l alarms.Line) {
	f.lines[l.Alarm.ID] = append(f.lines[l.Alarm.ID], l.Entry)
	if !l.Alarm.Open() {
		delete(f.b.Open, alarms.Key{Point: l.Alarm.Point, Kind: l.Alarm.Kind})
	}
}

// restart keeps what the database keeps, and nothing else.
func (f *floor) restart() {
	old := f.b
	fresh := &alarms.Board{NewID: old.NewID, Open: map[alarms.Key]*alarms.Alarm{}, Conditions: maps.Clone(old.Conditions), Rules: old.Rules}
	for k, a := range old.Open {
		row := *a
		row.Kept.Was = row.State
		fresh.Open[k], f.made[k] = &row, &row
	}
	for _, s := range old.Shelves {
		if s.Ended == nil {
			row := *s
			fresh.Shelves = append(fresh.Shelves, &row)
		}
	}
	f.b, f.read = fresh, 0
	fresh.Overlay(f.at(), auth.System(), "restart")
	f.collect()
}

// tick lets time pass, and ends what is due, as the timers do.
func (f *floor) tick(seconds int) {
	f.now += seconds
	for _, s := range slices.Clone(f.b.Shelves) {
		if s.Ended == nil && s.Until != nil && !s.Until.After(f.at()) {
			f.b.Finish(s, f.at(), auth.System(), "time")
			f.collect()
		}
	}
}

// TestTheMachineIsTheStandards plays random days on the machine and on the table
// of the standard, and compares what is shown, what lies beneath, who answered,
// and what the history reads back as, after every step.
func TestTheMachineIsTheStandards(t *testing.T) {
	t.Parallel()
	keys := []alarms.Key{
		{Point: "gw/f.a", Kind: "fire.alarm"}, {Point: "gw/f.a", Kind: "fire.fault"}, {Point: "gw/f.c", Kind: "comms.lost"},
		{Point: "gw/d.p", Kind: "door.forced"}, {Point: "gw/d.p", Kind: "door.held"}, {Point: "gw/d.q", Kind: "duress"}, {Point: "gw/x.y", Kind: "laser.tripped"},
	}
	test := alarms.Key{Point: "gw/f.t", Kind: "fire.test"}
	rapid.Check(t, func(t *rapid.T) {
		f := &floor{t: t, made: map[alarms.Key]*alarms.Alarm{}, lines: map[string][]alarms.Entry{}}
		f.b = &alarms.Board{NewID: func() string { return f.id("a") }, Rules: []*alarms.SuppressionRule{
			{ID: "r1", Station: "hq", Name: "test", Enabled: true, When: alarms.PanelOnTest},
		}}
		m := &isa{base: map[alarms.Key]byte{}, owner: map[alarms.Key]string{}, acked: map[alarms.Key]string{}}
		people := []string{"u1", "u2"}
		pick := func() alarms.Key { return rapid.SampledFrom(keys).Draw(t, "key") }
		actions := map[string]func(*rapid.T){
			"raise":   func(*rapid.T) { k := pick(); f.say(k, true); m.signal(k, true) },
			"restore": func(*rapid.T) { k := pick(); f.say(k, false); m.signal(k, false) },
			"test": func(t *rapid.T) {
				on := rapid.Bool().Draw(t, "on")
				f.say(test, on)
				m.over = slices.DeleteFunc(m.over, func(c cover) bool { return c.rule })
				if on {
					m.over = append(m.over, cover{mode: 'F', point: test.Point, all: true, rule: true, until: 1 << 30})
				}
			},
			"acknowledge": func(t *rapid.T) {
				k, by := pick(), rapid.SampledFrom(people).Draw(t, "by")
				if a := f.b.Open[k]; a != nil {
					changed, err := a.Acknowledge(a.Version, alarms.Acknowledgement{By: by, At: f.at()})
					if err != nil {
						t.Fatal(err)
					}
					if changed {
						f.file(a.Line(f.at(), alarms.Answered, auth.Operator{ID: by}, ""))
					}
				}
				m.acknowledge(k, by)
			},
			"take": func(t *rapid.T) {
				k, by, over := pick(), rapid.SampledFrom(people).Draw(t, "by"), rapid.Bool().Draw(t, "over")
				a := f.b.Open[k]
				if a == nil {
					return
				}
				changed, err := a.Take(a.Version, alarms.Owner{By: by, At: f.at()}, over)
				owner := m.owner[k]
				if free := owner == "" || owner == by || over; free != (err == nil) || changed != (free && owner != by) {
					t.Fatalf("%s takes %v of %q: %v %v", by, k, owner, changed, err)
				}
				if changed {
					m.owner[k] = by
					f.file(a.Line(f.at(), alarms.Taken, auth.Operator{ID: by}, ""))
				}
			},
			"close": func(t *rapid.T) {
				k, by := pick(), rapid.SampledFrom(people).Draw(t, "by")
				a := f.made[k]
				if a == nil || a.Closed != nil {
					return
				}
				changed, err := a.Close(a.Version, alarms.Closure{Disposition: alarms.False, By: by, At: f.at()})
				active := m.letter(k) == 'B' || m.letter(k) == 'C'
				if active != (err != nil) || changed == active {
					t.Fatalf("closing %v at %c: %v %v", k, m.letter(k), changed, err)
				}
				if changed {
					if m.letter(k) == 'D' {
						m.acked[k] = by
					}
					m.base[k] = 'A'
					delete(m.owner, k)
					f.file(a.Line(f.at(), alarms.ClosedBy, auth.Operator{ID: by}, ""))
				}
			},
			"remove": func(t *rapid.T) {
				k := pick()
				if slices.Contains(lifeSafety, k.Kind) {
					k.Kind = "" // all but this
				}
				c := cover{id: f.id("s"), mode: rapid.SampledFrom([]byte("EG")).Draw(t, "mode"), point: k.Point, kind: k.Kind, until: f.now + rapid.IntRange(1, 30).Draw(t, "for")}
				r := alarms.Removal{Station: "hq", Point: k.Point, Kind: k.Kind, Mode: alarms.ModeShelved, Reason: "x", Until: start.Add(time.Duration(c.until) * time.Second)}
				switch {
				case c.mode == 'G':
					r.Mode, c.all = alarms.ModeOutOfService, rapid.Bool().Draw(t, "all of the device")
					if c.all {
						r.Point = alarms.AllOf(k.Point)
					}
				case rapid.Bool().Draw(t, "one shot"):
					r.End, c.once = alarms.EndOneShot, true
				}
				if err := r.Validate(); err != nil {
					t.Fatal(err)
				}
				s := r.Shelf(c.id, auth.Operator{ID: "u1"}, f.at())
				f.b.Begin(&s, f.at(), auth.Operator{ID: "u1"})
				f.collect()
				m.over = append(m.over, c)
			},
			"put back": func(t *rapid.T) {
				var ids []string
				for _, c := range m.over {
					if !c.rule {
						ids = append(ids, c.id)
					}
				}
				if len(ids) == 0 {
					return
				}
				id := rapid.SampledFrom(ids).Draw(t, "shelf")
				for _, s := range f.b.Shelves {
					if s.ID == id {
						asks := map[*alarms.Alarm]int{}
						for _, a := range f.b.Open {
							if !a.Asks() {
								asks[a] = a.Version
							}
						}
						f.b.Finish(s, f.at(), auth.Operator{ID: "u2"}, "back")
						f.collect()
						for a, seen := range asks { // whoever saw it before has not answered for it now
							if !a.Asks() {
								continue
							}
							if _, err := a.Acknowledge(seen, alarms.Acknowledgement{}); err == nil {
								t.Fatalf("%s %s is back, and an answer to what was seen before counts", a.Point, a.Kind)
							}
						}
					}
				}
				m.over = slices.DeleteFunc(m.over, func(c cover) bool { return c.id == id })
			},
			"wait": func(t *rapid.T) {
				f.tick(rapid.IntRange(1, 20).Draw(t, "seconds"))
				m.over = slices.DeleteFunc(m.over, func(c cover) bool { return c.until <= f.now })
			},
			"restart": func(*rapid.T) { f.restart() },
		}
		actions[""] = func(t *rapid.T) { f.compare(t, m, keys) }
		t.Repeat(actions)
	})
}

func (f *floor) compare(t *rapid.T, m *isa, keys []alarms.Key) {
	for _, k := range keys {
		a := f.b.Open[k]
		if a == nil {
			if m.letter(k) != 'A' {
				t.Fatalf("%v is %c by the standard, and nowhere", k, m.letter(k))
			}
			continue
		}
		if letters[a.Beneath] != m.letter(k) || letters[a.State] != m.shown(k) {
			t.Fatalf("%v is %s over %s, by the standard %c over %c", k, a.State, a.Beneath, m.shown(k), m.letter(k))
		}
		if slices.Contains(lifeSafety, k.Kind) && (a.State != a.Beneath || a.Removed != nil) {
			t.Fatalf("life safety is hidden: %+v", a)
		}
		if owner := m.owner[k]; (a.Owner == nil) != (owner == "") || a.Owner != nil && a.Owner.By != owner {
			t.Fatalf("%v belongs to %+v, should to %q", k, a.Owner, owner)
		}
		if by := m.acked[k]; (a.Acknowledged == nil) != (by == "") || by != "" && a.Acknowledged.By != by {
			t.Fatalf("%v was answered for by %+v, should be %q", k, a.Acknowledged, by)
		}
	}
	for _, a := range f.made {
		got := alarms.Replay(f.lines[a.ID])
		want := alarms.Alarm{State: a.State, Beneath: a.Beneath, Removed: a.Removed, Owner: a.Owner, Acknowledged: a.Acknowledged, Closed: a.Closed}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("the history of %s %s reads as\n\t%+v\nthe alarm is\n\t%+v\n%+v", a.Point, a.Kind, got, want, f.lines[a.ID])
		}
		for i, l := range f.lines[a.ID] {
			if i > 0 && l.From != f.lines[a.ID][i-1].To || l.By == "" || l.At.IsZero() || l.What == "" {
				t.Fatalf("a line without who, when or from where: %+v", f.lines[a.ID])
			}
		}
	}
}

// TestNothingIsLostUnderRemovals lets signals come in any order while things are
// put aside and back: what was raised is somewhere, life safety is in sight, and
// what is out of sight has its reason in force.
func TestNothingIsLostUnderRemovals(t *testing.T) {
	t.Parallel()
	points := []string{"f.a fire.alarm", "f.a fire.fault", "d.p door.forced", "d.q panic", "d.comms comms.lost", "f.t fire.test"}
	rapid.Check(t, func(t *rapid.T) {
		var script []alarms.Heard
		for seq := range rapid.IntRange(1, 25).Draw(t, "signals") {
			sign := rapid.SampledFrom([]string{"+", "-"}).Draw(t, "sign")
			script = append(script, say(uint64(seq+1), sign+rapid.SampledFrom(points).Draw(t, "point")))
		}
		b := newBoard()
		b.Rules = []*alarms.SuppressionRule{{ID: "r", Station: "hq", Name: "test", Enabled: true, When: alarms.PanelOnTest}}
		n := 0
		for _, h := range rapid.Permutation(script).Draw(t, "order") {
			if rapid.IntRange(0, 3).Draw(t, "put aside") == 0 {
				n++
				r := alarms.Removal{Station: "hq", Point: alarms.AllOf(h.Point), Mode: alarms.ModeOutOfService, Reason: "x"}
				s := r.Shelf(fmt.Sprint("s", n), auth.System(), h.Received)
				b.Begin(&s, h.Received, auth.System())
			}
			if rapid.IntRange(0, 3).Draw(t, "put back") == 0 && len(b.Shelves) > 0 {
				b.Finish(rapid.SampledFrom(b.Shelves).Draw(t, "which"), h.Received, auth.System(), "x")
			}
			b.Apply(h)
			if h.Active && h.Kind != devices.FireTest && b.Open[alarms.Key{Point: h.Point, Kind: h.Kind}] == nil {
				t.Fatalf("%s of %s was raised and is nowhere", h.Kind, h.Point)
			}
			for _, a := range b.Open {
				covered := slices.ContainsFunc(b.Shelves, func(s *alarms.Shelf) bool { return a.Removed != nil && s.ID == a.Removed.Shelf && s.Ended == nil })
				switch {
				case a.LifeSafety && (a.State != a.Beneath || a.Removed != nil):
					t.Fatalf("life safety is hidden: %+v", a)
				case (a.Removed != nil) != (a.State != a.Beneath), a.Removed != nil && !covered:
					t.Fatalf("out of sight without a reason: %+v", a)
				}
			}
		}
	})
}

// TestDelays compares the machine with a switch that is read through a delay,
// second by second.
func TestDelays(t *testing.T) {
	t.Parallel()
	key := alarms.Key{Point: "gw/d.p", Kind: devices.DoorHeld}
	rapid.Check(t, func(t *rapid.T) {
		on, off := rapid.IntRange(0, 6).Draw(t, "on"), rapid.IntRange(0, 6).Draw(t, "off")
		f := &floor{t: t, made: map[alarms.Key]*alarms.Alarm{}, lines: map[string][]alarms.Entry{}}
		f.b = &alarms.Board{NewID: func() string { return f.id("a") }, Thoughts: map[alarms.Key]alarms.Thought{
			{Point: key.Point, Kind: ""}: {OnDelay: time.Duration(on) * time.Second, OffDelay: time.Duration(off) * time.Second},
		}}
		raw, since, through := false, 0, false
		ripe := func() { // what the delays let through by now
			if delay := map[bool]int{true: on, false: off}[raw]; raw != through && f.now-since >= delay {
				through = raw
			}
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			f.now += rapid.IntRange(0, 4).Draw(t, "later")
			if held := f.b.Held[key]; held != nil && !held.Due.After(f.at()) && rapid.Bool().Draw(t, "the timer is in time") {
				f.b.Ripen(key, alarms.Place{Epoch: held.Epoch, Seq: held.Seq}, alarms.About{}, f.at())
				f.collect()
			}
			ripe()
			if now := rapid.Bool().Draw(t, "active"); now != raw {
				raw, since = now, f.now
				f.say(key, now)
			}
			ripe()
			if held := f.b.Held[key]; held != nil && !held.Due.After(f.at()) { // it comes late then, and not never
				f.b.Ripen(key, alarms.Place{Epoch: held.Epoch, Seq: held.Seq}, alarms.About{}, f.at())
				f.collect()
			}
			if a := f.b.Open[key]; (a != nil && a.Active()) != through {
				t.Fatalf("after %d s the switch is %v since %d s (on %d, off %d): through the delay %v, the alarm is %+v", f.now, raw, since, on, off, through, a)
			}
		}
	})
}

func TestDelaysNeverHoldBackLifeSafety(t *testing.T) {
	t.Parallel()
	for _, kind := range lifeSafety {
		b := newBoard()
		b.Thoughts = map[alarms.Key]alarms.Thought{{Point: "gw/f.a", Kind: ""}: {OnDelay: time.Minute, OffDelay: time.Minute}, {Point: "gw/f.a", Kind: kind}: {OnDelay: time.Minute}}
		play(t, b, "1+f.a "+string(kind))
		if a := b.Open[alarms.Key{Point: "gw/f.a", Kind: kind}]; a == nil || a.State != alarms.Unacknowledged {
			t.Errorf("%s was held back: %+v", kind, a)
		}
		r := alarms.Removal{Station: "hq", Point: "gw/f.a", Kind: kind, Mode: alarms.ModeOutOfService, Reason: "x"}
		if err := r.Validate(); err == nil {
			t.Errorf("%s can be removed", kind)
		}
		s := alarms.Shelf{ID: "s", Station: "hq", Point: "gw/f.a", Kind: kind, Mode: alarms.ModeShelved, Since: start} // whatever a table says
		b.Begin(&s, start, auth.System())
		if a := b.Open[alarms.Key{Point: "gw/f.a", Kind: kind}]; a.State != alarms.Unacknowledged || a.Removed != nil {
			t.Errorf("%s is out of sight: %+v", kind, a)
		}
	}
}
