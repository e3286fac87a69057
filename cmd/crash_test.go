package cmd_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// cable stands between a gateway and the broker, and can be cut.
func cable(t testing.TB, to string) *toxiproxy.Proxy {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := toxiproxy.NewProxy(server, t.Name(), freePort(t), to)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// TestKillsAndCuts kills gateway, console and PostgreSQL and cuts the link to the
// broker, in the middle of a storm of signals. Whatever the gateway saw is in the
// journal once, in order, and the alarms are what the panels show.
func TestKillsAndCuts(t *testing.T) {
	h := newHouse(t)
	e := h.newEdge("gw-storm")
	link := cable(t, h.mqtt)
	e.broker = "tcp://" + link.Listen
	f := newFleet(t, e, 4)
	e.start()
	screen := h.watch(t)

	calm, cut := 2*time.Second, 4*time.Second
	if soak := soakFor(t); soak > 0 {
		calm, cut = soak/5, time.Minute
	}
	f.blow()
	began, before := time.Now(), f.edges()
	pass(t, calm)
	rate := float64(f.edges()-before) / time.Since(began).Seconds()
	t.Logf("the storm blows at %.0f edges a second", rate)

	faults := []struct {
		name string
		do   func()
	}{
		{"kill -9 the console", func() {
			h.kill(t)
			pass(t, time.Second)
			h.start()
		}},
		{"kill -9 PostgreSQL", func() {
			old := h.postmaster()
			if err := syscall.Kill(old, syscall.SIGKILL); err != nil {
				t.Fatalf("kill postmaster %d: %v", old, err)
			}
			poll(t, 30*time.Second, "the console has a database again", func() error {
				if !h.alive() {
					t.Fatalf("the console ended with its database:\n%s", h.log())
				}
				if h.postmaster() == old {
					return fmt.Errorf("postmaster is still %d", old)
				}
				status, body, err := h.ask("GET", "/readyz", nil)
				if err == nil && status != 200 {
					err = fmt.Errorf("%d %s", status, body)
				}
				return err
			})
		}},
		{"cut the link to the broker", func() {
			link.Stop()
			pass(t, cut)
			if err := link.Start(); err != nil {
				t.Fatal(err)
			}
		}},
		{"kill -9 the gateway", func() {
			e.kill(t)
			e.start()
		}},
		{"kill -9 the console and its database at once", func() {
			pid := h.postmaster()
			_ = syscall.Kill(pid, syscall.SIGKILL)
			h.kill(t)
			h.start()
		}},
	}
	for _, fault := range faults {
		at := time.Now()
		fault.do()
		t.Logf("%s: over after %s", fault.name, time.Since(at).Round(time.Millisecond))
		pass(t, calm)
	}
	f.calm()
	took := time.Since(began)
	// What was shown last is seen within the next poll.
	for _, p := range f.panels {
		asked := p.Requests()
		waits(t, 10*time.Second, p.name+" is asked once more", func() bool { return p.Requests() >= asked+3 })
	}
	e.settle(60 * time.Second)

	v := f.judge(h.journal(e.id))
	t.Logf("after %s: %s", took.Round(time.Millisecond), v)
	if v.doubled > 0 || v.holes > 0 || v.turned > 0 || v.wrong > 0 || v.unseen < 0 {
		t.Errorf("the journal is wrong: %s", v)
	}
	// A killed gateway may miss what a point did and undid around its death: one
	// such pair for each point, no more.
	if most := 2 * zones * len(f.panels); v.unseen%2 != 0 || v.unseen > most {
		t.Errorf("%d edges were lost", v.unseen)
	}
	if len(v.epochs) != 1 {
		t.Errorf("the spool began anew: epochs %v", v.epochs)
	}
	if got := float64(v.stored) / took.Seconds(); rate < 500 {
		t.Logf("this machine was slow: %.0f edges a second in the open, %.0f over the whole; the mark is 500", rate, got)
	}
	f.compareAlarms(h)
	f.compareScreen(screen)
}

// compareAlarms looks that exactly those points alarm that are on fire.
func (f *fleet) compareAlarms(h *house) {
	f.t.Helper()
	burning := f.active()
	for _, a := range h.alarms() {
		if a.Kind != "fire.alarm" || a.Point.Gateway() != f.gateway {
			continue
		}
		switch {
		case a.active() && !burning[a.Point]:
			f.t.Errorf("alarm of %s is %s, and the panel shows normal", a.Point, a.State)
		case a.active():
			delete(burning, a.Point)
		}
	}
	for point := range burning {
		f.t.Errorf("%s is on fire, and no alarm says so", point)
	}
}

// compareScreen waits until a screen that was open through everything shows the same.
func (f *fleet) compareScreen(s *screen) {
	f.t.Helper()
	poll(f.t, 10*time.Second, "the screen shows what burns", func() error {
		burning := f.active()
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, a := range s.alarms {
			if a.Kind == "fire.alarm" && a.active() {
				if !burning[a.Point] {
					return fmt.Errorf("it shows a fire at %s", a.Point)
				}
				delete(burning, a.Point)
			}
		}
		for point := range burning {
			return fmt.Errorf("%s is missing", point)
		}
		return nil
	})
}
