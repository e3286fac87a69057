package gateway

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/gateway/link"
)

// flicker changes many points of a panel until stop is closed, and returns how
// often each was raised.
func flicker(t *testing.T, p *panel, points int, every time.Duration, stop <-chan struct{}) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	on := map[int]bool{}
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		n := i%points + 1
		on[n] = !on[n]
		state := "normal"
		if on[n] {
			state = "fire"
			if n%2 == 0 {
				state = "disabled" // telemetry
			}
		}
		p.show(t, fmt.Sprintf("zone%d", n), state)
	}
}

// checkOrder looks that raise and restore alternate for each condition when read
// in the order of the numbers, and that no number is missing.
func (w *world) checkOrder() int {
	w.t.Helper()
	active := map[string]bool{}
	count := 0
	expect := uint64(1)
	for _, s := range w.console.signals() {
		if s.Seq != expect {
			w.t.Fatalf("number %d, want %d", s.Seq, expect)
		}
		expect++
		if s.Kind == devices.SpoolGap {
			w.t.Fatalf("a gap: %s", s.Text)
		}
		if s.Kind.Info().Momentary {
			continue
		}
		at := string(s.Point) + " " + string(s.Kind)
		if active[at] == s.Active {
			w.t.Errorf("number %d: %s is %v twice", s.Seq, at, s.Active)
		}
		active[at] = s.Active
		count++
	}
	if w.console.doubled != 0 {
		w.t.Errorf("%d numbers were given twice", w.console.doubled)
	}
	return count
}

// TestBrokerCut takes the broker away twice in the middle of a storm.
func TestBrokerCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var panels []*panel
	for i := range 2 {
		p := startPanel(t, "test/fast", nil)
		panels = append(panels, p)
		w.device(fmt.Sprintf("fire-%d", i+1), "test/fast", p.Addr())
	}
	stop := w.start()
	quit := make(chan struct{})
	var storms sync.WaitGroup
	for _, p := range panels {
		storms.Go(func() { flicker(t, p, 60, 2*time.Millisecond, quit) })
	}
	for range 2 {
		before := len(w.console.signals())
		eventually(t, "some signals", func() bool { return len(w.console.signals()) > before+200 })
		w.console.cut()
		waitFor(t, time.Second)
		w.console.open()
	}
	before := len(w.console.signals())
	eventually(t, "more signals", func() bool { return len(w.console.signals()) > before+200 })
	close(quit)
	storms.Wait()
	for _, p := range panels {
		p.show(t, "zone61", "test")
	}
	eventually(t, "the last ones", func() bool { return len(w.console.signals(devices.FireTest)) == 2 })
	stop()
	t.Logf("%d signals in order", w.checkOrder())
}

// waitFor lets time pass where nothing can be waited on.
func waitFor(t *testing.T, d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// TestBrokerLosesMessages has a broker that acknowledges and forgets: only the
// console's confirm counts.
func TestBrokerLosesMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.console.loses = 4
	p := startPanel(t, "test/fast", nil)
	w.device("fire-1", "test/fast", p.Addr())
	quit := make(chan struct{})
	var storm sync.WaitGroup
	storm.Go(func() { flicker(t, p, 60, 10*time.Millisecond, quit) })
	stop := w.start()
	eventually(t, "the first numbers come again", func() bool {
		ok := false
		w.console.locked(func() {
			for _, upto := range w.console.upto {
				ok = ok || upto > 200
			}
		})
		return ok
	})
	close(quit)
	storm.Wait()
	p.show(t, "zone61", "test")
	eventually(t, "the last one", func() bool { return len(w.console.signals(devices.FireTest)) == 1 })
	stop()
	w.checkOrder()
}

// TestNoDisk runs a gateway that cannot write anything: alarms still arrive, the
// trouble is told, commands work.
func TestNoDisk(t *testing.T) {
	t.Parallel()
	p := startPanel(t, apc, nil)
	w := newWorld(t)
	w.device("ups-1", apc, p.Addr())
	if err := os.WriteFile(w.folder+"/data", nil, 0o400); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	w.start()
	p.show(t, "ups", "on_battery")
	eventually(t, "the alarm", func() bool { return len(w.console.signals(devices.PowerMainsFail)) == 1 })
	eventually(t, "the trouble", func() bool {
		for _, s := range w.console.signals(devices.PanelFault) {
			if s.Point == "gw/gateway.spool" && s.Active {
				return true
			}
		}
		return false
	})
	if r := w.console.command(devices.Command{ID: "1", Point: "gw/ups-1.ups", Verb: devices.Mute}); r.Outcome != devices.Confirmed {
		t.Errorf("receipt %+v", r)
	}
}

// TestGarbageFromTheConsole sends nonsense on every topic down.
func TestGarbageFromTheConsole(t *testing.T) {
	t.Parallel()
	p := startPanel(t, apc, nil)
	w := newWorld(t)
	w.device("ups-1", apc, p.Addr())
	w.start()
	w.waitReading("gw/ups-1.ups", devices.Good)
	for _, channel := range link.Down {
		for _, payload := range [][]byte{nil, []byte("{"), []byte("[]"), []byte("null"), []byte(`{"epoch":-1,"deadline":7}`), bytes.Repeat([]byte("x"), 900_000)} {
			topic := link.Topic{Station: "unon", Gateway: "gw", Channel: channel}.String()
			w.console.locked(func() {
				if err := w.console.broker.Publish(mqtt.Message{Topic: topic, Payload: payload, QoS: 1}); err != nil {
					t.Error(err)
				}
			})
		}
	}
	p.show(t, "ups", "on_battery")
	eventually(t, "the alarm", func() bool { return len(w.console.signals(devices.PowerMainsFail)) == 1 })
	if r := w.console.command(devices.Command{ID: "1", Point: "gw/ups-1.ups", Verb: devices.Mute}); r.Outcome != devices.Confirmed {
		t.Errorf("receipt %+v", r)
	}
}

// TestLostSpool takes the spool away between two runs, before the console had
// the fire: what holds is told again, although the state knows it.
func TestLostSpool(t *testing.T) {
	t.Parallel()
	p := startPanel(t, honeywell, nil)
	w := newWorld(t)
	w.device("fire-1", honeywell, p.Addr())
	address := w.console.address
	w.console.address = "127.0.0.1:1" // nobody is there
	stop := w.start()
	p.show(t, "L1D1", "fire")
	eventually(t, "the state knows the fire", func() bool {
		text, err := os.ReadFile(w.folder + "/data/state.json")
		return err == nil && bytes.Contains(text, []byte("L1D1"))
	})
	stop()
	segments, err := filepath.Glob(w.folder + "/data/spool/*.seg")
	if err != nil || len(segments) == 0 {
		t.Fatalf("segments %v, %v", segments, err)
	}
	for _, s := range segments {
		if err := os.Remove(s); err != nil {
			t.Fatal(err)
		}
	}
	w.console.address = address
	w.start()
	eventually(t, "the fire is told again", func() bool { return len(w.console.signals(devices.FireAlarm)) == 1 })
}
