package poller

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/devices/profiles"
)

var noon = time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)

// book keeps signals, numbers them, and feeds the state as a spool would.
type book struct {
	mu      sync.Mutex
	state   *State
	signals []devices.Signal
	fail    error
}

func (b *book) Append(_ context.Context, signals []devices.Signal) ([]devices.Signal, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail != nil {
		return nil, b.fail
	}
	out := slices.Clone(signals)
	for i := range out {
		out[i].Epoch, out[i].Seq = 1, uint64(len(b.signals)+1)
		b.signals = append(b.signals, out[i])
		if err := out[i].Validate(); err != nil {
			return nil, err
		}
	}
	b.state.Apply(out)
	return out, nil
}

// said lists the signals as "point kind active".
func (b *book) said() (out []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.signals {
		out = append(out, fmt.Sprint(s.Point.Local(), " ", s.Kind, " ", s.Active))
	}
	return out
}

type fixture struct {
	*tracker
	book *book
	now  time.Time
	read map[devices.PointID]devices.Reading
}

const panelProfile = `
profile: fire/test
version: 1
title: Test panel
source: made for tests
transport: {kind: modbus, unit: 1, timeout: 200ms, max_registers: 20}
poll: {fast: 100ms, slow: 100ms}
lifesign: {point: beat, must_change_within: 15s}
points:
  - repeat: {n: "1..8"}
    id: "z${n}"
    name: "Zone ${n}"
    type: enum
    read: {table: input, address: "n - 1"}
    absent: {equals: 0x00FF}
    states:
      - {state: fire, kind: fire.alarm, bit: 0}
      - {state: fault, kind: fire.fault, bit: 1}
  - id: beat
    name: Life
    type: counter
    read: {table: input, address: 100}
`

func compiled(t testing.TB) *profiles.Compiled {
	t.Helper()
	p, err := profiles.Parse("test.yaml", []byte(panelProfile))
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func state(t testing.TB) *State {
	t.Helper()
	s, err := OpenState(filepath.Join(t.TempDir(), "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tracked(t testing.TB, s *State, line *Line, id string) *fixture {
	t.Helper()
	f := &fixture{book: &book{state: s}, now: noon, read: map[devices.PointID]devices.Reading{}}
	f.tracker = newTracker(Site{
		Gateway: "gw", Journal: f.book, State: s, Now: func() time.Time { return f.now },
		Readings: func(rs []devices.Reading) {
			for _, r := range rs {
				f.read[r.Point] = r
			}
		},
	}.filled(), Settings{ID: id, Compiled: compiled(t), Line: line, LostAfter: 10 * time.Second, AlarmAfter: 30 * time.Second})
	return f
}

// shows observes a point of which some kinds hold.
func (f *fixture) shows(t testing.TB, point string, q devices.Quality, holds ...devices.Kind) {
	t.Helper()
	ps := profiles.PointState{Point: point, State: "normal", Quality: q}
	if q == devices.Good || q == devices.Uncertain {
		for _, kind := range []devices.Kind{devices.FireAlarm, devices.FireFault} {
			ps.Conditions = append(ps.Conditions, profiles.Condition{Kind: kind, Active: slices.Contains(holds, kind)})
		}
	}
	if err := f.observe(t.Context(), []profiles.PointState{ps}, f.now); err != nil {
		t.Fatal(err)
	}
}

func want(t testing.TB, b *book, lines ...string) {
	t.Helper()
	if got := b.said(); !slices.Equal(got, lines) {
		t.Errorf("signals:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(lines, "\n  "))
	}
}

func TestEdges(t *testing.T) {
	t.Parallel()
	f := tracked(t, state(t), nil, "p")
	f.shows(t, "z1", devices.Good) // first look at a quiet point: nothing
	f.shows(t, "z1", devices.Good, devices.FireAlarm)
	f.shows(t, "z1", devices.Good, devices.FireAlarm) // stays
	f.shows(t, "z1", devices.Bad)                     // nonsense restores nothing
	f.shows(t, "z1", devices.NotProgrammed)           // nor does a detector that was taken out
	f.shows(t, "z1", devices.Good, devices.FireAlarm, devices.FireFault)
	f.shows(t, "z1", devices.Good, devices.FireFault)
	f.shows(t, "z2", devices.Good, devices.FireAlarm) // already there at the first look
	want(t, f.book, "p.z1 fire.alarm true", "p.z1 fire.fault true", "p.z1 fire.alarm false", "p.z2 fire.alarm true")
}

func TestWhatCouldNotBeKeptIsSaidAgain(t *testing.T) {
	t.Parallel()
	f := tracked(t, state(t), nil, "p")
	f.book.fail = errors.New("closed")
	ps := []profiles.PointState{{Point: "z1", Quality: devices.Good, Conditions: []profiles.Condition{{Kind: devices.FireAlarm, Active: true}}}}
	if err := f.observe(t.Context(), ps, f.now); err == nil {
		t.Fatal("no error")
	}
	f.book.fail = nil
	f.shows(t, "z1", devices.Good, devices.FireAlarm)
	want(t, f.book, "p.z1 fire.alarm true")
}

// TestStateSurvives starts trackers one after the other on one state file, as a
// gateway does that is stopped, or killed before the state was saved.
func TestStateSurvives(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.json")
	s, err := OpenState(path)
	if err != nil {
		t.Fatal(err)
	}
	f := tracked(t, s, nil, "p")
	f.shows(t, "z1", devices.Good, devices.FireAlarm)
	if err := s.Save(); err != nil {
		t.Fatal(err)
	}
	f.shows(t, "z2", devices.Good, devices.FireAlarm) // not saved: the spool has it
	if _, seq := s.Reflects(); seq != 1 {
		t.Fatalf("reflects %d, want 1", seq)
	}
	again, err := OpenState(path)
	if err != nil {
		t.Fatal(err)
	}
	again.Apply(f.book.signals[1:])
	g := tracked(t, again, nil, "p")
	g.shows(t, "z1", devices.Good, devices.FireAlarm)
	g.shows(t, "z2", devices.Good, devices.FireAlarm)
	g.shows(t, "z3", devices.Good, devices.FireAlarm)
	g.shows(t, "z1", devices.Good)
	want(t, g.book, "p.z3 fire.alarm true", "p.z1 fire.alarm false")
}

func TestDamagedStateIsPutAside(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.json")
	if err := ReplaceFile(path, []byte(`{"active": {`)); err != nil {
		t.Fatal(err)
	}
	s, err := OpenState(path)
	if err == nil || s == nil {
		t.Fatalf("state %v, error %v", s, err)
	}
	f := tracked(t, s, nil, "p")
	f.shows(t, "z1", devices.Good, devices.FireAlarm)
	want(t, f.book, "p.z1 fire.alarm true")
	if err := s.Save(); err != nil {
		t.Error(err)
	}
}

func (f *fixture) at(t testing.TB, after time.Duration, heard bool) {
	t.Helper()
	f.now = noon.Add(after)
	if heard {
		f.hears(f.now)
	}
	if err := f.supervise(t.Context(), f.now); err != nil {
		t.Fatal(err)
	}
}

func TestSupervision(t *testing.T) {
	t.Parallel()
	f := tracked(t, state(t), nil, "p")
	status := func(want string) {
		t.Helper()
		if got := f.status.load().State; got != want {
			t.Errorf("at %s the device is %s, want %s", f.now.Sub(noon), got, want)
		}
	}
	status(Unknown)
	f.at(t, time.Second, true)
	f.shows(t, "z1", devices.Good, devices.FireAlarm)
	status(Up)
	f.at(t, 10*time.Second, false)
	status(Up)
	f.at(t, 11*time.Second, false)
	status(Lost)
	if q := f.read["gw/p.z1"].Quality; q != devices.Stale {
		t.Errorf("quality %s", q)
	}
	f.at(t, 30*time.Second, false)
	want(t, f.book, "p.z1 fire.alarm true")
	f.at(t, 31*time.Second, false)
	f.at(t, 60*time.Second, false)
	f.at(t, 61*time.Second, true)
	status(Up)
	want(t, f.book, "p.z1 fire.alarm true", "p.comms comms.lost true", "p.comms comms.lost false")
}

func TestNeverHeard(t *testing.T) {
	t.Parallel()
	s := state(t)
	f := tracked(t, s, nil, "p")
	f.at(t, 29*time.Second, false)
	f.at(t, 30*time.Second, false)
	want(t, f.book, "p.comms comms.lost true")
	// After a restart the loss is known; it restores when the device speaks.
	g := tracked(t, s, nil, "p")
	g.at(t, 40*time.Second, false)
	g.at(t, 41*time.Second, true)
	want(t, g.book, "p.comms comms.lost false")
}

func TestLifeSign(t *testing.T) {
	t.Parallel()
	f := tracked(t, state(t), nil, "p")
	value := func(v float64) []profiles.PointState {
		return []profiles.PointState{{Point: "beat", Value: &v, Quality: devices.Good}}
	}
	step := func(after time.Duration, v float64) {
		f.now = noon.Add(after)
		f.hears(f.now)
		f.life(value(v), f.now)
		f.watch.lifeSeen = f.now
		if err := f.supervise(t.Context(), f.now); err != nil {
			t.Fatal(err)
		}
	}
	step(1*time.Second, 1)
	step(10*time.Second, 2)
	step(25*time.Second, 2)
	want(t, f.book)
	step(26*time.Second, 2)
	step(27*time.Second, 2)
	want(t, f.book, "p.life lifesign.stopped true")
	step(28*time.Second, 3)
	want(t, f.book, "p.life lifesign.stopped true", "p.life lifesign.stopped false")
}

// TestLine has three devices on a line: one root cause gives one alarm, and what
// it explained speaks for itself when the cause is over and it is still lost.
func TestLine(t *testing.T) {
	t.Parallel()
	line, s := NewLine("10.0.0.1:502"), state(t)
	a, b, c := tracked(t, s, line, "a"), tracked(t, s, line, "b"), tracked(t, s, line, "c")
	all := []*fixture{a, b, c}
	for _, f := range all {
		f.at(t, time.Second, true)
	}
	for _, f := range []*fixture{c, b, a} { // whoever comes first, a speaks
		f.at(t, 31*time.Second, false)
	}
	detail := func(f *fixture, n int) map[string]string {
		f.book.mu.Lock()
		defer f.book.mu.Unlock()
		if len(f.book.signals) <= n {
			t.Fatalf("%s said %d signals", f.settings.ID, len(f.book.signals))
		}
		return f.book.signals[n].Detail
	}
	if d := detail(a, 0); d[DetailCause] != "line" || d[DetailDevices] != "a b c" || d[DetailLine] != "10.0.0.1:502" {
		t.Errorf("a says %v", d)
	}
	for _, f := range []*fixture{b, c} {
		if d := detail(f, 0); d[DetailCausedBy] != "gw/a.comms" {
			t.Errorf("%s says %v", f.settings.ID, d)
		}
	}
	a.at(t, 40*time.Second, true)
	b.at(t, 40*time.Second, true)
	for after := 40; after < 60; after++ {
		a.at(t, time.Duration(after)*time.Second, true)
		c.at(t, time.Duration(after)*time.Second, false)
	}
	want(t, a.book, "a.comms comms.lost true", "a.comms comms.lost false")
	want(t, b.book, "b.comms comms.lost true", "b.comms comms.lost false")
	want(t, c.book, "c.comms comms.lost true", "c.comms comms.lost true")
	if d := detail(c, 1); d != nil {
		t.Errorf("c says %v", d)
	}
}

func TestOneDeviceOfALine(t *testing.T) {
	t.Parallel()
	line, s := NewLine("x"), state(t)
	a, b := tracked(t, s, line, "a"), tracked(t, s, line, "b")
	a.at(t, time.Second, true)
	b.at(t, 31*time.Second, true)
	a.at(t, 31*time.Second, false)
	want(t, a.book, "a.comms comms.lost true")
	if d := a.book.signals[0].Detail; d != nil {
		t.Errorf("a says %v though b is heard", d)
	}
}

func TestNatives(t *testing.T) {
	t.Parallel()
	mark := func(id uint64, second int) nativeMark {
		return nativeMark{id, noon.Add(time.Duration(second) * time.Second)}
	}
	n := natives{missing: map[uint64]time.Time{}}
	for i, step := range []struct {
		mark nativeMark
		news bool
	}{
		{mark(100, 0), true},
		{mark(100, 0), false}, // on the second feed
		{mark(105, 5), true},  // 101 to 104 are awaited
		{mark(102, 2), true},  // out of order
		{mark(102, 2), false},
		{mark(99, -1), false}, // of long ago
		{mark(1, 60), true},   // the controller was reset
		{mark(2, 61), true},
		{nativeMark{}, true}, // it does not count
	} {
		if got := n.news(step.mark, noon); got != step.news {
			t.Errorf("step %d, event %d: news %v", i, step.mark.ID, got)
		}
	}
	n = natives{missing: map[uint64]time.Time{}, last: mark(10, 0)}
	n.news(mark(14, 1), noon)
	n.news(mark(16, 1), noon)
	if words, _ := n.overdue(noon.Add(59 * time.Second)); words != "" {
		t.Errorf("too early: %s", words)
	}
	if words, count := n.overdue(noon.Add(time.Minute)); words != "11 to 13, 15" || count != 4 {
		t.Errorf("missing %q, %d", words, count)
	}
}
