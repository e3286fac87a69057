package poller

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/devices/modbus"
	"guardroom/simulators/modbusd"
)

// station is a real server, a real line and a running driver.
type station struct {
	server *modbusd.Server
	driver *Modbus
	book   *book
	mu     sync.Mutex
	read   map[devices.PointID]devices.Reading
}

func running(t *testing.T, s *State) *station {
	t.Helper()
	st := &station{book: &book{state: s}, read: map[devices.PointID]devices.Reading{}}
	var err error
	if st.server, err = modbusd.Listen(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.server.Close() })
	c := compiled(t)
	for _, w := range c.Rest() {
		if err := st.server.Set(1, modbusd.Table(w.Table), w.Address, w.Values...); err != nil {
			t.Fatal(err)
		}
	}
	return st
}

func (st *station) start(t *testing.T, s *State) {
	t.Helper()
	line, err := modbus.Open(st.server.Addr(), modbus.Options{Timeout: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	st.driver = NewModbus(Site{
		Gateway: "gw", Journal: st.book, State: s,
		Readings: func(rs []devices.Reading) {
			st.mu.Lock()
			defer st.mu.Unlock()
			for _, r := range rs {
				st.read[r.Point] = r
			}
		},
	}, Settings{ID: "p", Compiled: compiled(t), LostAfter: time.Second, AlarmAfter: 2 * time.Second}, line, 1)
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { _ = line.Run(ctx) })
	work.Go(func() { _ = st.driver.Run(ctx) })
	t.Cleanup(func() { cancel(); work.Wait() })
}

func (st *station) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s; signals %v, status %+v", what, st.book.said(), st.driver.Status())
		}
		time.Sleep(time.Millisecond)
	}
}

func (st *station) quality(point string) devices.Quality {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.read[devices.PointID("gw/p."+point)].Quality
}

// TestQuarantine has a device that does not know two of the addresses: their
// points are bad, the others are read, one signal tells.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	s := state(t)
	st := running(t, s)
	for _, r := range [][2]uint16{{0, 3}, {4, 2}, {7, 1}, {100, 1}} { // not 3 and 6
		if err := st.server.Declare(1, modbusd.Input, r[0], r[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.server.Set(1, modbusd.Input, 7, 1); err != nil {
		t.Fatal(err)
	}
	st.start(t, s)
	st.until(t, "zone 8 is on fire and the fault is told", func() bool {
		said := st.book.said()
		return slices.Contains(said, "p.z8 fire.alarm true") && slices.Contains(said, "p.comms panel.fault true")
	})
	for n := 1; n <= 8; n++ {
		want := devices.Good
		if n == 4 || n == 7 {
			want = devices.Bad
		}
		if got := st.quality(fmt.Sprint("z", n)); got != want {
			t.Errorf("zone %d is %s, want %s", n, got, want)
		}
	}
	if got := st.driver.Status().State; got != Up {
		t.Errorf("the device is %s", got)
	}
	st.book.mu.Lock()
	for _, sig := range st.book.signals {
		if sig.Kind == devices.PanelFault && !strings.Contains(sig.Text, "input 3, input 6") {
			t.Errorf("text %q", sig.Text)
		}
	}
	st.book.mu.Unlock()
}

// TestFaultsGiveNoFalseEdge runs through the faults of a bad line while a zone
// is on fire: nothing restores, nothing else is raised.
func TestFaultsGiveNoFalseEdge(t *testing.T) {
	t.Parallel()
	s := state(t)
	st := running(t, s)
	if err := st.server.Set(1, modbusd.Input, 2, 1); err != nil {
		t.Fatal(err)
	}
	st.start(t, s)
	st.until(t, "fire", func() bool { return len(st.book.said()) == 1 })
	for _, fault := range modbusd.FaultNames() {
		if fault == modbusd.NoFault || fault == modbusd.FrozenLife || fault == modbusd.RefuseConnections {
			continue
		}
		before := st.server.Requests()
		if err := st.server.SetFault(fault + "*2"); err != nil {
			t.Fatal(err)
		}
		st.until(t, fault+" is met", func() bool { return st.server.Requests() >= before+2 })
		if err := st.server.SetFault(modbusd.NoFault); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.server.Set(1, modbusd.Input, 0, 1); err != nil {
		t.Fatal(err)
	}
	st.until(t, "the second fire", func() bool { return slices.Contains(st.book.said(), "p.z1 fire.alarm true") })
	for _, said := range st.book.said() {
		if strings.Contains(said, "fire.alarm false") || strings.Contains(said, "fire.fault") {
			t.Errorf("signals %v", st.book.said())
			break
		}
	}
}

func TestLookGoesFirst(t *testing.T) {
	t.Parallel()
	s := state(t)
	st := running(t, s)
	st.start(t, s)
	st.until(t, "up", func() bool { return st.quality("z1") == devices.Good })
	if err := st.server.Set(1, modbusd.Input, 0, 1); err != nil {
		t.Fatal(err)
	}
	ps, err := st.driver.Look(t.Context(), "z1")
	if err != nil || ps.State != "fire" {
		t.Errorf("look: %+v %v", ps, err)
	}
	want(t, st.book, "p.z1 fire.alarm true") // what a look sees is told as well
	if err := st.server.SetFault(modbusd.Silent); err != nil {
		t.Fatal(err)
	}
	if _, err := st.driver.Look(t.Context(), "z1"); err == nil {
		t.Error("a silent device was read")
	}
	st.until(t, "lost", func() bool { return st.driver.Lost() })
}
