// Package panel makes believe: a fire panel, an intrusion panel or a UPS that
// speaks Modbus TCP, made from the same profile by which a gateway reads the real
// one. What it proves about decoding is judged by masters that nobody in this
// project wrote.
//
//	panel.go    the panel and the goroutine that owns it
//	points.go   which states hold, and the words that show them
//	writes.go   what masters may write, and what it does
package panel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"guardroom/devices/profiles"
	"guardroom/simulators/modbusd"
)

// Options of a panel. Zero values take the defaults named.
type Options struct {
	Profile *profiles.Compiled // of a Modbus profile
	Address string             // "127.0.0.1:0"
	Unit    uint8              // the profile's
	// Obeys is how long the panel takes to do what a master wrote; 150 ms.
	Obeys time.Duration
	// Tick is how often the life-sign moves and values wander; 1 s.
	Tick time.Duration
	Seed uint64 // of the wandering values
	// Saved is what an earlier panel gave to OnChange.
	Saved *Snapshot
	// OnChange gets the whole panel after each change. It must not call the panel.
	OnChange    func(Snapshot)
	NonLoopback bool // lets other machines reach the panel
	Log         *slog.Logger
}

func (o *Options) fill() error {
	if o.Profile == nil || o.Profile.Profile.Transport.Kind != "modbus" {
		return errors.New("the profile has no registers")
	}
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Unit == 0 {
		o.Unit = o.Profile.Profile.Transport.Unit
	}
	if o.Obeys <= 0 {
		o.Obeys = 150 * time.Millisecond
	}
	if o.Tick <= 0 {
		o.Tick = time.Second
	}
	if o.OnChange == nil {
		o.OnChange = func(Snapshot) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Snapshot is everything that a panel keeps over a restart.
type Snapshot struct {
	States map[string][]string `json:"states,omitempty"` // point: states other than normal
	Faults []string            `json:"faults,omitempty"`
}

// Panel is a running make-believe panel.
type Panel struct {
	o      Options
	c      *profiles.Compiled
	server *modbusd.Server
	ctx    context.Context // ends with the panel
	cancel context.CancelFunc
	work   sync.WaitGroup

	asks    chan func()         // in: everything that touches what stands below
	written chan written        // in: commands of masters, not yet obeyed
	known   map[address]command // what masters may write; never changes

	points map[string]*point // owned by run
	order  []string
	moves  uint16 // of DataChange
	life   uint16
	random *rand.Rand
}

// Start listens and serves until ctx ends or Close.
func Start(ctx context.Context, o Options) (*Panel, error) {
	if err := o.fill(); err != nil {
		return nil, fmt.Errorf("simulate a panel: %w", err)
	}
	p := &Panel{
		o: o, c: o.Profile, asks: make(chan func(), 64), written: make(chan written, 256),
		points: map[string]*point{}, random: rand.New(rand.NewPCG(o.Seed, 1)),
	}
	p.ctx, p.cancel = context.WithCancel(ctx)
	if err := p.start(); err != nil {
		p.cancel()
		if p.server != nil {
			_ = p.server.Close()
		}
		return nil, fmt.Errorf("simulate %s: %w", o.Profile.Profile.Name, err)
	}
	p.work.Go(p.run)
	return p, nil
}

// start fills the tables before the first master can read them.
func (p *Panel) start() error {
	store := modbusd.NewStore()
	for _, w := range p.c.Rest() {
		table := modbusd.Table(w.Table)
		if err := store.Declare(p.o.Unit, table, w.Address, uint16(len(w.Values))); err != nil {
			return err
		}
		if err := store.Set(p.o.Unit, table, w.Address, w.Values...); err != nil {
			return err
		}
	}
	p.learnPoints()
	p.learnCommands()
	store.OnWrite(p.command)
	options := []modbusd.Option{modbusd.WithStore(store), modbusd.WithIdentity(modbusd.Identity{
		Vendor: "Guardroom simulator", Product: p.c.Profile.Name, Revision: "1",
	})}
	if p.o.NonLoopback {
		options = append(options, modbusd.AllowNonLoopback)
	}
	if saved := p.o.Saved; saved != nil {
		p.restore(store, saved)
	}
	server, err := modbusd.Listen(p.ctx, p.o.Address, options...)
	if err != nil {
		return err
	}
	p.server = server
	if p.o.Saved != nil {
		for _, spec := range p.o.Saved.Faults {
			if err := server.SetFault(spec); err != nil {
				return fmt.Errorf("the saved state: %w", err)
			}
		}
	}
	return nil
}

// restore takes over the states of an earlier panel. A state that the profile
// does not know any more is dropped, and said.
func (p *Panel) restore(store *modbusd.Store, saved *Snapshot) {
	for _, id := range slices.Sorted(maps.Keys(saved.States)) {
		pt := p.points[id]
		for _, state := range saved.States[id] {
			if pt == nil {
				p.o.Log.Warn("saved point is gone", "point", id)
				break
			}
			if _, err := p.c.Encode(id, state); err != nil {
				p.o.Log.Warn("saved state is gone", "point", id, "error", err)
				continue
			}
			pt.states = append(pt.states, state)
		}
	}
	for _, id := range p.order {
		if err := p.show(store, id); err != nil {
			p.o.Log.Warn("saved state cannot be shown", "point", id, "error", err)
		}
	}
}

// run owns the points: it serves asks, obeys masters after a while, and moves
// what moves by itself.
func (p *Panel) run() {
	tick := time.NewTicker(p.o.Tick)
	defer tick.Stop()
	obey := time.NewTimer(time.Hour)
	defer obey.Stop()
	var next *written
	for {
		in := p.written
		if next != nil {
			in = nil // one after the other, in the order in which they came
		}
		select {
		case <-p.ctx.Done():
			return
		case ask := <-p.asks:
			ask()
		case w := <-in:
			next = &w
			obey.Reset(max(0, time.Until(w.due)))
		case <-obey.C:
			if next != nil {
				p.obey(*next)
				next = nil
			}
		case <-tick.C:
			p.beat()
		}
	}
}

var errClosed = errors.New("the panel is closed")

// ask runs f in the goroutine that owns the panel and waits for it.
func (p *Panel) ask(f func() error) error {
	answer := make(chan error, 1)
	select {
	case p.asks <- func() { answer <- f() }:
	case <-p.ctx.Done():
		return errClosed
	}
	select {
	case err := <-answer:
		return err
	case <-p.ctx.Done():
		return errClosed
	}
}

func (p *Panel) snapshot() Snapshot {
	s := Snapshot{States: map[string][]string{}, Faults: p.server.Faults()}
	for id, pt := range p.points {
		if len(pt.states) > 0 {
			s.States[id] = slices.Clone(pt.states)
		}
	}
	return s
}

// Snapshot is the panel as it is now.
func (p *Panel) Snapshot() (s Snapshot, err error) {
	err = p.ask(func() error { s = p.snapshot(); return nil })
	return s, err
}

// Addr is "127.0.0.1:port".
func (p *Panel) Addr() string { return p.server.Addr() }

// Unit is the Modbus unit id.
func (p *Panel) Unit() uint8 { return p.o.Unit }

// SetFault begins a fault of modbusd ("silent", "slow:500ms"); "none" ends all.
func (p *Panel) SetFault(spec string) error {
	if err := p.server.SetFault(spec); err != nil {
		return err
	}
	return p.ask(func() error { p.o.OnChange(p.snapshot()); return nil })
}

// Faults lists the faults that are active.
func (p *Panel) Faults() []string { return p.server.Faults() }

// FaultNames lists the faults that there are.
func (p *Panel) FaultNames() []string { return modbusd.FaultNames() }

// Close ends the panel and waits until all goroutines have ended.
func (p *Panel) Close() {
	p.cancel()
	if err := p.server.Close(); err != nil {
		p.o.Log.Debug("panel simulator closes", "error", err)
	}
	p.work.Wait()
}
