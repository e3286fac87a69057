package commands

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/devices/modbus"
	"guardroom/devices/profiles"
	"guardroom/gateway/link"
)

// door is an actuator whose behaviour each test sets.
type door struct {
	mu     sync.Mutex
	wrote  []profiles.Write
	states map[string][]string
	lost   bool
	write  func(profiles.Write) error
	look   error
}

func (d *door) Write(_ context.Context, w profiles.Write) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wrote = append(d.wrote, w)
	if d.write != nil {
		return d.write(w)
	}
	return nil
}

func (d *door) Send(context.Context, profiles.Message) error { return errors.New("not MQTT") }

func (d *door) Look(_ context.Context, point string) (profiles.PointState, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.look != nil {
		return profiles.PointState{}, d.look
	}
	return profiles.PointState{Point: point, States: d.states[point], Quality: devices.Good}, nil
}

func (d *door) Lost() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.lost
}

func (d *door) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.wrote)
}

const testProfile = `
profile: access/test
version: 1
title: Test door
source: made for tests
transport: {kind: modbus, unit: 1, timeout: 1s}
poll: {fast: 1s, slow: 1s}
points:
  - id: door
    name: Door
    type: enum
    read: {table: discrete, address: 1}
    states:
      - {state: locked_down, bit: 0}
    commands:
      lockdown:
        write: {table: coil, address: 1, value: 1}
        confirm: {state: locked_down, within: 1s}
      unlock:
        write: {table: coil, address: 2, value: 1}
      silence:
        write: {table: coil, address: 3, value: 1}
        off_by_default: true
        needs_reason: true
`

type bench struct {
	*Executor
	door     *door
	folder   string
	mu       sync.Mutex
	receipts map[string][]devices.Receipt
	stop     func()
}

func started(t *testing.T, folder string, change func(*Options)) *bench {
	t.Helper()
	p, err := profiles.Parse("test.yaml", []byte(testProfile))
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{door: &door{states: map[string][]string{"door": {"normal"}}}, folder: folder, receipts: map[string][]devices.Receipt{}}
	o := Options{
		Gateway: "gw", Folder: folder, Look: 5 * time.Millisecond,
		Devices: []Device{{ID: "d", Compiled: c, Actuator: b.door}},
		Receipt: func(r devices.Receipt) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.receipts[r.Command] = append(b.receipts[r.Command], r)
		},
	}
	if change != nil {
		change(&o)
	}
	b.Executor = New(o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = b.Run(ctx) }()
	b.stop = sync.OnceFunc(func() { cancel(); <-ended })
	t.Cleanup(b.stop)
	return b
}

func (b *bench) receipt(t *testing.T, id string, nth int) devices.Receipt {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		b.mu.Lock()
		got := b.receipts[id]
		b.mu.Unlock()
		if len(got) >= nth {
			return got[nth-1]
		}
		if time.Now().After(deadline) {
			t.Fatalf("no receipt %d of %s", nth, id)
		}
		time.Sleep(time.Millisecond)
	}
}

func wish(id string, verb devices.Verb) devices.Command {
	return devices.Command{ID: id, Point: "gw/d.door", Verb: verb, Now: time.Now(), Deadline: time.Now().Add(time.Minute)}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	unknown := &modbus.OutcomeUnknownError{Cause: modbus.ErrNoAnswer}
	for _, tc := range []struct {
		name    string
		verb    devices.Verb
		allowed bool
		reason  string
		write   error
		shows   string
		look    error
		lost    bool
		outcome devices.Outcome
		code    string
		writes  int
	}{
		{name: "confirmed by read-back", verb: devices.Lockdown, shows: "locked_down", outcome: devices.Confirmed, writes: 1},
		{name: "never shown", verb: devices.Lockdown, shows: "normal", outcome: devices.TimedOut, code: devices.TimedOutReadBack, writes: 1},
		{name: "answer lost, but done", verb: devices.Lockdown, write: unknown, shows: "locked_down", outcome: devices.Confirmed, writes: 1},
		{name: "answer lost, never shown", verb: devices.Lockdown, write: unknown, shows: "normal", outcome: devices.TimedOut, code: devices.TimedOutReadBack, writes: 1},
		{name: "answer lost, read-back fails", verb: devices.Lockdown, write: unknown, look: modbus.ErrNoAnswer, outcome: devices.Unknown, code: devices.UnknownNoAnswer, writes: 1},
		{name: "answer lost, nothing to read back", verb: devices.Unlock, write: unknown, outcome: devices.Unknown, code: devices.UnknownNoAnswer, writes: 1},
		{name: "the answer is the receipt", verb: devices.Unlock, outcome: devices.Confirmed, writes: 1},
		{name: "refused by the device", verb: devices.Unlock, write: modbus.Exception{Function: 5, Code: 2}, outcome: devices.Refused, code: devices.RefusedByDevice, writes: 1},
		{name: "busy", verb: devices.Unlock, write: modbus.Exception{Function: 5, Code: 6}, outcome: devices.Refused, code: devices.RefusedBusy, writes: 1},
		{name: "line down", verb: devices.Unlock, write: modbus.ErrLineDown, outcome: devices.Refused, code: devices.RefusedOffline, writes: 1},
		{name: "lost device", verb: devices.Unlock, lost: true, outcome: devices.Refused, code: devices.RefusedOffline},
		{name: "off by default", verb: devices.Silence, reason: "drill", outcome: devices.Refused, code: devices.RefusedNotAllowed},
		{name: "allowed, no reason", verb: devices.Silence, allowed: true, outcome: devices.Refused, code: devices.RefusedNotAllowed},
		{name: "allowed with a reason", verb: devices.Silence, allowed: true, reason: "drill", outcome: devices.Confirmed, writes: 1},
		{name: "no such verb", verb: devices.Arm, outcome: devices.Refused, code: devices.RefusedNoSuchVerb},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := started(t, t.TempDir(), nil)
			b.door.mu.Lock()
			b.door.lost, b.door.look = tc.lost, tc.look
			if tc.write != nil {
				b.door.write = func(profiles.Write) error { return tc.write }
			}
			if tc.shows != "" {
				b.door.states["door"] = []string{tc.shows}
			}
			b.door.mu.Unlock()
			c := wish("x", tc.verb)
			c.Allowed, c.Reason = tc.allowed, tc.reason
			b.Take(c)
			r := b.receipt(t, "x", 1)
			if r.Outcome != tc.outcome || r.Code != tc.code || b.door.count() != tc.writes {
				t.Errorf("receipt %+v after %d writes, want %s %s after %d", r, b.door.count(), tc.outcome, tc.code, tc.writes)
			}
			b.Take(c)
			if again := b.receipt(t, "x", 2); again != r || b.door.count() != tc.writes {
				t.Errorf("the second receipt is %+v, after %d writes", again, b.door.count())
			}
		})
	}
}

func TestRefusedAtTheDoor(t *testing.T) {
	t.Parallel()
	b := started(t, t.TempDir(), func(o *Options) { o.ReadOnly = true })
	for name, tc := range map[string]struct {
		change func(*devices.Command)
		code   string
	}{
		"read only":      {func(*devices.Command) {}, devices.RefusedReadOnly},
		"no deadline":    {func(c *devices.Command) { c.Deadline = time.Time{} }, devices.RefusedArguments},
		"expired":        {func(c *devices.Command) { c.Deadline = time.Now().Add(-time.Second) }, devices.RefusedExpired},
		"other gateway":  {func(c *devices.Command) { c.Point = "gw2/d.door" }, devices.RefusedNoSuchPoint},
		"nonsense point": {func(c *devices.Command) { c.Point = "door" }, devices.RefusedNoSuchPoint},
		"no such device": {func(c *devices.Command) { c.Point = "gw/e.door" }, devices.RefusedNoSuchPoint},
	} {
		c := wish(name, devices.Unlock)
		tc.change(&c)
		b.Take(c)
		if r := b.receipt(t, name, 1); r.Outcome != devices.Refused || r.Code != tc.code || r.Text == "" {
			t.Errorf("%s: %+v, want %s", name, r, tc.code)
		}
	}
	if b.door.count() != 0 {
		t.Error("something was written")
	}
}

// TestDeadlineByTheConsolesClock has a gateway whose clock is an hour wrong.
func TestDeadlineByTheConsolesClock(t *testing.T) {
	t.Parallel()
	for _, wrong := range []time.Duration{-time.Hour, time.Hour} {
		b := started(t, t.TempDir(), func(o *Options) {
			o.Now = func() time.Time { return time.Now().Add(wrong) }
			o.Synced = func() bool { return false }
		})
		b.Heard(time.Now())
		b.Heard(time.Now().Add(-3 * time.Second)) // came late, and says nothing
		b.Take(wish("good", devices.Unlock))
		if r := b.receipt(t, "good", 1); r.Outcome != devices.Confirmed {
			t.Errorf("clock off by %s: %+v", wrong, r)
		}
		late := wish("late", devices.Unlock)
		late.Now, late.Deadline = time.Now().Add(-20*time.Minute), time.Now().Add(-19*time.Minute)
		b.Take(late)
		if r := b.receipt(t, "late", 1); r.Code != devices.RefusedExpired {
			t.Errorf("clock off by %s: %+v", wrong, r)
		}
	}
}

// TestStaleFirstCommand brings a command of long ago before anything else told
// the console's time: a synced clock is not fooled by it.
func TestStaleFirstCommand(t *testing.T) {
	t.Parallel()
	b := started(t, t.TempDir(), nil)
	late := wish("late", devices.Unlock)
	late.Now, late.Deadline = time.Now().Add(-20*time.Minute), time.Now().Add(-19*time.Minute)
	b.Take(late)
	if r := b.receipt(t, "late", 1); r.Code != devices.RefusedExpired || b.door.count() != 0 {
		t.Errorf("receipt %+v", r)
	}
}

func TestClockIsSet(t *testing.T) {
	t.Parallel()
	var c consoleClock
	at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 10 {
		c.hear(at.Add(time.Duration(i)*time.Second), at.Add(time.Duration(i)*time.Second))
	}
	for i := 10; i < 20; i++ { // the console's clock was set back by a minute
		c.hear(at.Add(time.Duration(i)*time.Second-time.Minute), at.Add(time.Duration(i)*time.Second))
	}
	if got, ok := c.offset(at.Add(20 * time.Second)); !ok || got != -time.Minute {
		t.Errorf("offset %v %v, want -1m", got, ok)
	}
}

// TestCrashInTheMiddle leaves an intent without a receipt behind.
func TestCrashInTheMiddle(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	line, err := json.Marshal(entry{ID: "x", Point: "gw/d.door", Verb: devices.Unlock, At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "commands.log"), append(append(line, '\n'), `{"id":"y","po`...), 0o600); err != nil {
		t.Fatal(err)
	}
	b := started(t, folder, nil)
	if r := b.receipt(t, "x", 1); r.Outcome != devices.Unknown || !strings.Contains(r.Text, "stopped") {
		t.Errorf("receipt %+v", r)
	}
	b.Take(wish("x", devices.Unlock))
	if r := b.receipt(t, "x", 2); r.Outcome != devices.Unknown || b.door.count() != 0 {
		t.Errorf("it was carried out: %+v", r)
	}
	b.stop()
	again := started(t, folder, nil)
	again.Take(wish("x", devices.Unlock))
	if r := again.receipt(t, "x", 1); r.Outcome != devices.Unknown || again.door.count() != 0 {
		t.Errorf("after another start: %+v", r)
	}
}

func TestIntentIsOnDiskBeforeTheWrite(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	b := started(t, folder, nil)
	found := make(chan string, 1)
	b.door.mu.Lock()
	b.door.write = func(profiles.Write) error {
		text, _ := os.ReadFile(filepath.Join(folder, "commands.log"))
		found <- string(text)
		return nil
	}
	b.door.mu.Unlock()
	b.Take(wish("x", devices.Unlock))
	if text := <-found; !strings.Contains(text, `"id":"x"`) || strings.Contains(text, "receipt") {
		t.Errorf("the journal held %q", text)
	}
}

func TestIdsAreForgottenAfterADay(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var text []byte
	for i, age := range []time.Duration{time.Hour, 25 * time.Hour} {
		id := fmt.Sprint("old", i)
		line, _ := json.Marshal(entry{ID: id, At: time.Now().Add(-age), Receipt: &devices.Receipt{Command: id, Outcome: devices.Confirmed}})
		text = append(append(text, line...), '\n')
	}
	if err := os.WriteFile(filepath.Join(folder, "commands.log"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	b := started(t, folder, nil)
	if _, known := b.journal.receipt("old0"); !known {
		t.Error("an id of an hour ago is forgotten")
	}
	if _, known := b.journal.receipt("old1"); known {
		t.Error("an id of yesterday is kept")
	}
}

func TestLockdownIsHeld(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	b := started(t, folder, nil)
	b.door.mu.Lock()
	b.door.write = func(w profiles.Write) error { // mu is held by Write
		b.door.states["door"] = []string{"locked_down"}
		return nil
	}
	b.door.mu.Unlock()
	until := func(what string, ok func() bool) {
		t.Helper()
		deadline := time.Now().Add(5 * time.Second)
		for !ok() {
			if time.Now().After(deadline) {
				t.Fatalf("never: %s", what)
			}
			time.Sleep(time.Millisecond)
		}
	}
	b.Desire(link.DesiredMessage{Version: 1, Lockdowns: []link.Lockdown{{ID: "l", Points: []devices.PointID{"gw/d.door", "gw/d.none", "other/x.y"}}}})
	until("locked down", func() bool { return b.door.count() == 1 })
	// The device goes away, forgets, and comes back.
	b.door.mu.Lock()
	b.door.lost = true
	b.door.mu.Unlock()
	until("seen as lost", func() bool { return b.workers["d"].out.Load() })
	b.door.mu.Lock()
	b.door.lost, b.door.states["door"] = false, []string{"normal"}
	b.door.mu.Unlock()
	until("locked down again", func() bool { return b.door.count() == 2 })
	b.stop()
	// A new start holds it without the console, and leaves alone what holds.
	again := started(t, folder, nil)
	again.door.mu.Lock()
	again.door.states["door"] = []string{"locked_down"}
	again.door.mu.Unlock()
	until("looked at", func() bool {
		again.Executor.mu.Lock()
		defer again.Executor.mu.Unlock()
		return again.desired.asserted["gw/d.door"]
	})
	if n := again.door.count(); n > 1 {
		t.Errorf("%d writes", n)
	}
}

func FuzzJournal(f *testing.F) {
	f.Add([]byte(`{"id":"x","at":"2030-01-01T00:00:00Z"}` + "\n"))
	f.Add([]byte("{}\nnull\n[1]\n\xff"))
	f.Fuzz(func(t *testing.T, text []byte) {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "commands.log"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		New(Options{Gateway: "gw", Folder: folder}).journal.close()
	})
}
