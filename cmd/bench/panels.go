package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"guardroom/devices/profiles"
	"guardroom/simulators/modbusd"
)

const tryAgain = 100 * time.Millisecond

// panelKind is a product that the bench pretends to have.
type panelKind struct {
	profile string
	params  string         // as in gateway.yaml
	given   map[string]any // the same, compiled
	points  []string       // those that are toggled
	state   string         // what they are toggled to
	// The register that such a product moves whenever something changes, and the
	// one that it moves to show that it lives; zero for none.
	changed, alive uint16
}

// The shipped profiles. The Siemens gateway is read in two steps, what changed
// and then where; the others in one.
var (
	honeywell = panelKind{profile: "fire/honeywell-cgw-mb", params: "detectors: 64", given: map[string]any{"detectors": 64}, points: names("L1D%d", 8), state: "fire"}
	siemens   = panelKind{profile: "fire/siemens-nk8237", points: names("zone%d", 8), state: "fire", changed: 1020, alive: 1010}
	integriti = panelKind{profile: "intrusion/integriti", points: names("input%d", 8), state: "alarm"}
	smartups  = panelKind{profile: "power/apc-smartups", points: []string{"ups"}, state: "on_battery"}
)

func names(format string, n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(format, i+1))
	}
	return all
}

// panel is one make-believe device: a Modbus slave made of its profile.
type panel struct {
	panelKind
	id       string
	slave    *modbusd.Server
	tap      *tap // nil: the gateway speaks to the slave itself
	unit     uint8
	compiled *profiles.Compiled

	mu      sync.Mutex
	counter uint16
}

func (k panelKind) start(ctx context.Context, id string) (*panel, error) {
	profile, err := profiles.Find(k.profile)
	if err != nil {
		return nil, fmt.Errorf("panel %s: %w", id, err)
	}
	compiled, err := profile.Compile(k.given)
	if err != nil {
		return nil, fmt.Errorf("panel %s: %w", id, err)
	}
	p := &panel{panelKind: k, id: id, unit: profile.Transport.Unit, compiled: compiled}
	if p.slave, err = modbusd.Listen(ctx, "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("panel %s: %w", id, err)
	}
	if err := p.put(compiled.Rest()); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *panel) address() string {
	if p.tap != nil {
		return p.tap.address()
	}
	return p.slave.Addr()
}

func (p *panel) close() {
	if p.tap != nil {
		p.tap.close()
	}
	_ = p.slave.Close() // it only waits
}

// show puts a point into a state, as the device itself would: values first, then
// the register that says that something changed.
func (p *panel) show(point, state string) error {
	writes, err := p.compiled.Encode(point, state)
	if err != nil {
		return fmt.Errorf("panel %s: %w", p.id, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.put(writes); err != nil {
		return err
	}
	if p.changed == 0 {
		return nil
	}
	p.counter++
	return p.slave.Set(p.unit, modbusd.Input, p.changed, p.counter)
}

// live moves the life sign.
func (p *panel) live() error {
	if p.alive == 0 {
		return nil
	}
	return p.slave.Set(p.unit, modbusd.Input, p.alive, uint16(time.Now().Unix()))
}

func (p *panel) put(writes []profiles.Write) error {
	for _, w := range writes {
		for i, v := range w.Values {
			at := w.Address + uint16(i)
			var err error
			if w.Masks != nil && (w.Table == profiles.Holding || w.Table == profiles.Input) {
				err = p.slave.SetMasked(p.unit, modbusd.Table(w.Table), at, w.Masks[i], v)
			} else {
				err = p.slave.Set(p.unit, modbusd.Table(w.Table), at, v)
			}
			if err != nil {
				return fmt.Errorf("panel %s: %w", p.id, err)
			}
		}
	}
	return nil
}

// site is a set of panels whose life signs move until it is closed.
type site struct {
	panels []*panel
	stop   context.CancelFunc
}

// startSite starts count panels of the kinds in turn.
func startSite(ctx context.Context, count int, tapped bool, kinds ...panelKind) (*site, error) {
	s := &site{}
	var alive context.Context
	alive, s.stop = context.WithCancel(ctx)
	for i := range count {
		p, err := kinds[i%len(kinds)].start(ctx, fmt.Sprintf("panel-%03d", i))
		if err == nil {
			s.panels = append(s.panels, p)
			if tapped {
				p.tap, err = newTap(ctx, p.slave.Addr())
			}
		}
		if err != nil {
			s.close()
			return nil, err
		}
	}
	go s.live(alive)
	return s, nil
}

func (s *site) live(ctx context.Context) {
	tick := time.NewTicker(3 * time.Second)
	defer tick.Stop()
	for {
		for _, p := range s.panels {
			_ = p.live() // an address of the profile's own
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *site) close() {
	s.stop()
	for _, p := range s.panels {
		p.close()
	}
}
