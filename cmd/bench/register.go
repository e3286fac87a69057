package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	panelsWatched = 12
	pollInterval  = time.Second // of the profiles in use
)

// registerToScreen measures how long it takes from a register of a panel to a
// live stream, beyond the poll interval that the profile asks for.
func registerToScreen(ctx context.Context, b *bench) error {
	c, err := b.startConsole(ctx, "register")
	if err != nil {
		return err
	}
	defer c.close()
	for _, kind := range []panelKind{honeywell, siemens} {
		one, u, err := b.toggled(ctx, c, kind)
		if err != nil {
			return fmt.Errorf("%s: %w", kind.profile, err)
		}
		raw, beyond := &one.raw, func(q float64) float64 {
			return one.raw.at(q) - float64(pollInterval)/float64(time.Millisecond)
		}
		b.add("register → screen", u,
			figure{Name: kind.profile + ": p99 beyond the poll", Value: beyond(0.99), Unit: "ms", Mark: below(100),
				Note: fmt.Sprintf("%d changes of registers", raw.count())},
			figure{Name: "poll begun → screen p99", Value: one.asked.at(0.99), Unit: "ms", Note: fmt.Sprintf("p50 %.0f, max %.0f ms: what is not waiting for the poll", one.asked.at(0.5), one.asked.at(1))},
			figure{Name: "gateway has it → screen p99", Value: one.carried.at(0.99), Unit: "ms", Note: fmt.Sprintf("p50 %.0f, max %.0f ms", one.carried.at(0.5), one.carried.at(1))},
			figure{Name: "raw p50", Value: raw.at(0.5), Unit: "ms"},
			figure{Name: "raw p99", Value: raw.at(0.99), Unit: "ms"},
			figure{Name: "raw max", Value: raw.at(1), Unit: "ms"})
	}
	return nil
}

// toggled runs one gateway on panels of one kind and toggles their points.
func (b *bench) toggled(ctx context.Context, c *consoleUnderTest, kind panelKind) (*toggles, usage, error) {
	s, err := startSite(ctx, panelsWatched, true, kind)
	if err != nil {
		return nil, usage{}, err
	}
	defer s.close()
	g, err := b.startGateway(ctx, c, "reg-"+kind.profile[len("fire/"):], s.panels)
	if err != nil {
		return nil, usage{}, err
	}
	defer g.stop()
	t := newToggles(g.id, s)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	if err := watch(watching, c.live(), c.token, t.seen, nil); err != nil {
		return nil, usage{}, err
	}
	if err := g.devicesUp(ctx, s.panels); err != nil {
		return nil, usage{}, err
	}
	if err := pause(ctx, 2*pollInterval); err != nil { // the first reads are behind us
		return nil, usage{}, err
	}
	m := startMeter(g.pid(), append(b.pids(0), c.pid())...)
	if err := t.run(ctx, b.o.samples); err != nil {
		return nil, usage{}, err
	}
	return t, m.read(), nil
}

// toggles changes registers at random instants and waits for each change to be
// shown. At most one change of a point is under way.
type toggles struct {
	gateway string
	points  []*togglePoint

	mu           sync.Mutex
	byID         map[string]*togglePoint
	raw, carried ages // register → screen; gateway's read → screen
	asked        ages // the next poll of the device begins → screen
}

type togglePoint struct {
	panel  *panel
	point  string
	active bool      // what it shows now
	since  time.Time // when it was made to; zero: the screen knows
	made   time.Time // when its registers stood: the next poll that begins shows it
}

func newToggles(gateway string, s *site) *toggles {
	t := &toggles{gateway: gateway, byID: map[string]*togglePoint{}}
	for _, p := range s.panels {
		for _, point := range p.points {
			one := &togglePoint{panel: p, point: point}
			t.points = append(t.points, one)
			t.byID[gateway+"/"+p.id+"."+point] = one
		}
	}
	return t
}

// run makes n changes, about forty a second, and waits until all were shown.
func (t *toggles) run(ctx context.Context, n int) error {
	for range n {
		if err := t.one(); err != nil {
			return err
		}
		if err := pause(ctx, time.Duration(rand.ExpFloat64()*float64(25*time.Millisecond))); err != nil {
			return err
		}
		if err := t.room(ctx); err != nil {
			return err
		}
	}
	return t.settle(ctx)
}

// one changes a random point whose last change was shown.
func (t *toggles) one() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var free []*togglePoint
	for _, p := range t.points {
		if p.since.IsZero() {
			free = append(free, p)
		}
	}
	if len(free) == 0 {
		return nil
	}
	p := free[rand.IntN(len(free))]
	state := "normal"
	if !p.active {
		state = p.panel.state
	}
	p.active, p.since = !p.active, time.Now()
	err := p.panel.show(p.point, state)
	p.made = time.Now()
	return err
}

// room waits until half of the points are free.
func (t *toggles) room(ctx context.Context) error {
	return t.until(ctx, func(waiting int) bool { return waiting <= len(t.points)/2 })
}

func (t *toggles) settle(ctx context.Context) error {
	return t.until(ctx, func(waiting int) bool { return waiting == 0 })
}

func (t *toggles) until(ctx context.Context, ok func(waiting int) bool) error {
	for deadline := time.Now().Add(30 * time.Second); ; {
		waiting := 0
		t.mu.Lock()
		for _, p := range t.points {
			if !p.since.IsZero() {
				waiting++
			}
		}
		t.mu.Unlock()
		if ok(waiting) {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d changes were not shown within 30 s", waiting)
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

// seen takes an alarm event: it answers the change of its point when it shows
// what the point was changed to, and learnt of it after the change.
func (t *toggles) seen(s seen) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.byID[s.point]
	if p == nil || p.since.IsZero() || s.latest.Before(p.since.Truncate(time.Microsecond)) {
		return
	}
	if shown := s.state == "unacknowledged" || s.state == "acknowledged"; shown != p.active {
		return
	}
	t.raw.add(s.at.Sub(p.since))
	t.carried.add(s.at.Sub(s.latest))
	if p.panel.tap != nil {
		for _, began := range pollStarts(p.panel.tap.since(p.made.Add(-pollInterval))) {
			if began.After(p.made) {
				t.asked.add(s.at.Sub(began))
				break
			}
		}
	}
	p.since = time.Time{}
}
