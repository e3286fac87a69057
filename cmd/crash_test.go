package cmd_test

import (
	"context"
	"fmt"
	"strings"
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
	h := privateHouse(t)
	e := h.newEdge("gw-storm")
	link := cable(t, h.mqtt)
	e.broker = "tcp://" + link.Listen
	f := newFleet(t, e, 4)
	e.start()
	screen := h.watch(t)

	calm, cut, soak := 1500*time.Millisecond, 3*time.Second, soakFor(t)
	if soak > 0 {
		calm, cut = 5*time.Second, time.Minute
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
		{"kill -9 the gateway while its link is cut", func() {
			link.Stop()
			pass(t, calm)
			e.kill(t)
			e.start()
			pass(t, calm)
			if err := link.Start(); err != nil {
				t.Fatal(err)
			}
		}},
		{"kill -9 the console and its database at once", func() {
			pid := h.postmaster()
			_ = syscall.Kill(pid, syscall.SIGKILL)
			h.kill(t)
			h.start()
		}},
	}
	kills := 0
	for round := 0; round == 0 || time.Since(began) < soak; round++ {
		for _, fault := range faults {
			at := time.Now()
			fault.do()
			over := time.Now()
			e.connected(30 * time.Second)
			t.Logf("%s: over after %s, the gateway connected %s later", fault.name, over.Sub(at).Round(time.Millisecond), time.Since(over).Round(time.Millisecond))
			pass(t, calm)
		}
		kills += 2 // of the gateway
	}
	f.calm()
	took := time.Since(began)
	// What was shown last is seen within the next poll.
	for _, p := range f.panels {
		asked := p.Requests()
		waits(t, 10*time.Second, p.name+" is asked once more", func() bool { return p.Requests() >= asked+3 })
	}
	rest := time.Now()
	e.settle(2 * time.Minute)
	t.Logf("the last of it was confirmed %s after the storm", time.Since(rest).Round(time.Millisecond))

	v := f.judge(h.journal(e.id))
	t.Logf("after %s: %s", took.Round(time.Millisecond), v)
	if v.doubled > 0 || v.holes > 0 || v.turned > 0 || v.wrong > 0 || v.unseen < 0 {
		t.Errorf("the journal is wrong: %s", v)
	}
	// A killed gateway may miss what a point did and undid around its death: one
	// such pair for each point, no more.
	if most := kills * 2 * zones * len(f.panels); v.unseen%2 != 0 || v.unseen > most {
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

// hold keeps everything that the console sends back, on connections that stay up;
// letGo delivers it.
func hold(p *toxiproxy.Proxy) error {
	_, err := p.Toxics.AddToxicJson(strings.NewReader(`{"name": "held", "type": "latency", "stream": "downstream", "attributes": {"latency": 600000}}`))
	return err
}

func letGo(p *toxiproxy.Proxy) error { return p.Toxics.RemoveToxic(context.Background(), "held") }
