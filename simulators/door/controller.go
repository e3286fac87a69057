package door

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"guardroom/devices/mqtt"
)

// Card is one card that the controller knows.
type Card struct {
	Number uint32 `json:"number"`
	Name   string `json:"name"`
	Doors  []int  `json:"doors"`          // 1 to 4
	From   string `json:"from,omitempty"` // "2026-01-31", inclusive; empty: no limit
	To     string `json:"to,omitempty"`
}

// Options of a controller. Zero values take the defaults named.
type Options struct {
	Serial uint32 // of the controller, as in "device-id"
	Doors  int    // 4
	Broker string // "tcp://127.0.0.1:1883"
	Root   string // "uhppoted/gateway"
	Server string // "uhppoted", the server-id of replies

	Cards     []Card
	Relock    time.Duration // 5 s: a momentary unlock ends by itself
	HeldAfter time.Duration // 30 s: an open door is held from then on

	Location *time.Location   // of the controller's clock; UTC
	Now      func() time.Time // time.Now
	// Saved is what an earlier controller gave to OnChange.
	Saved *Snapshot
	// OnChange gets the whole controller after each change, before anything is
	// published. It must not call the controller.
	OnChange func(Snapshot)
	Log      *slog.Logger
}

func (o *Options) fill() error {
	if o.Serial == 0 {
		return errors.New("a door controller needs a serial number")
	}
	if o.Doors == 0 {
		o.Doors = 4
	}
	if o.Doors < 1 || o.Doors > 4 {
		return fmt.Errorf("a door controller has 1 to 4 doors, not %d", o.Doors)
	}
	if o.Broker == "" {
		return errors.New("a door controller needs a broker")
	}
	if o.Root == "" {
		o.Root = "uhppoted/gateway"
	}
	if o.Server == "" {
		o.Server = "uhppoted"
	}
	if o.Relock <= 0 {
		o.Relock = 5 * time.Second
	}
	if o.HeldAfter <= 0 {
		o.HeldAfter = 30 * time.Second
	}
	if o.Location == nil {
		o.Location = time.UTC
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnChange == nil {
		o.OnChange = func(Snapshot) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	for _, card := range o.Cards {
		if err := card.validate(o.Doors); err != nil {
			return err
		}
	}
	return nil
}

func (c Card) validate(doors int) error {
	if c.Number == 0 {
		return errors.New("a card needs a number")
	}
	for _, d := range c.Doors {
		if d < 1 || d > doors {
			return fmt.Errorf("card of %q: door %d is not from 1 to %d", c.Name, d, doors)
		}
	}
	for _, day := range []string{c.From, c.To} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return fmt.Errorf("card of %q: %q is not a date like 2026-01-31", c.Name, day)
		}
	}
	return nil
}

// Snapshot is everything that a controller keeps over a restart.
type Snapshot struct {
	Events  []Event  `json:"events,omitempty"` // the newest, oldest first
	Last    uint32   `json:"last"`             // id of the newest event
	Fed     uint32   `json:"fed"`              // the feed has published up to here
	Special bool     `json:"special"`          // door and alarm events are recorded
	Doors   []Leaf   `json:"doors"`
	Fire    bool     `json:"fire,omitempty"`
	Locked  bool     `json:"force_locked,omitempty"`
	Error   uint8    `json:"system_error,omitempty"`
	Faults  []string `json:"faults,omitempty"`
}

// Controller is a running make-believe controller.
type Controller struct {
	o      Options
	client *mqtt.Client
	ctx    context.Context // ends with the controller
	cancel context.CancelFunc
	work   sync.WaitGroup

	asks chan func()   // in: everything that touches what stands below
	feed chan struct{} // in: there may be events to publish

	up atomic.Pointer[context.Context] // of the connection whose subscriptions stand

	now    Snapshot // owned by run
	faults faults   // has a lock of its own: requests look at it
}

// ErrSaved is wrapped by Start when Options.Saved does not fit the controller.
var ErrSaved = errors.New("the saved state does not fit")

// Start connects to the broker, and goes on trying, until ctx ends or Close.
func Start(ctx context.Context, o Options) (*Controller, error) {
	if err := o.fill(); err != nil {
		return nil, fmt.Errorf("simulate doors: %w", err)
	}
	c := &Controller{
		o: o, asks: make(chan func(), 64), feed: make(chan struct{}, 1),
		now: Snapshot{Special: true, Doors: make([]Leaf, o.Doors)},
	}
	for i := range c.now.Doors {
		c.now.Doors[i] = Leaf{Mode: controlled, Delay: seconds(o.Relock)}
	}
	if err := c.restore(); err != nil {
		return nil, fmt.Errorf("simulate doors: %w: %w", ErrSaved, err)
	}
	c.ctx, c.cancel = context.WithCancel(ctx)
	client, err := mqtt.Connect(mqtt.Options{
		URLs:     []string{o.Broker},
		ClientID: fmt.Sprintf("uhppoted-mqttd-%d", o.Serial),
		// The requests must stand before the first one can arrive.
		Subscriptions: []mqtt.Subscription{{Filter: o.Root + "/requests/#", Handler: c.request}},
		CleanSession:  true,
		OnUp:          func(ctx context.Context, _ *mqtt.Client) { c.up.Store(&ctx); c.wakeFeed() },
		OnDown:        func(err error) { o.Log.Warn("door simulator lost its broker", "serial", o.Serial, "error", err) },
		Log:           o.Log,
	})
	if err != nil {
		c.cancel()
		return nil, fmt.Errorf("simulate doors: %w", err)
	}
	c.client = client
	c.work.Go(c.run)
	c.work.Go(c.publishFeed)
	return c, nil
}

// restore takes over what an earlier controller kept.
func (c *Controller) restore() error {
	saved := c.o.Saved
	if saved == nil {
		return nil
	}
	if len(saved.Doors) != c.o.Doors {
		return fmt.Errorf("it has %d doors, not %d", len(saved.Doors), c.o.Doors)
	}
	for i, leaf := range saved.Doors {
		if leaf.Mode < normallyOpen || leaf.Mode > controlled || leaf.Delay == 0 {
			return fmt.Errorf("door %d has mode %d and delay %d", i+1, leaf.Mode, leaf.Delay)
		}
	}
	if saved.Fed > saved.Last || len(saved.Events) > 0 && saved.Events[len(saved.Events)-1].Index != saved.Last {
		return errors.New("the events do not end at the event number")
	}
	for _, spec := range saved.Faults {
		if err := c.faults.set(spec); err != nil {
			return err
		}
	}
	c.now = *saved
	c.now.Events = slices.Clone(saved.Events)
	c.now.Doors = slices.Clone(saved.Doors)
	for i := range c.now.Doors { // the controller was off: a momentary unlock is over, an open door is timed anew
		c.now.Doors[i].unlockedUntil = time.Time{}
		if leaf := &c.now.Doors[i]; leaf.Open && !leaf.Held && !leaf.Forced {
			leaf.heldAt = c.o.Now().Add(c.o.HeldAfter)
		}
	}
	return nil
}

// run owns the controller: it serves asks and lets time pass for the doors.
func (c *Controller) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wait := time.Hour
		if next := c.nextDue(); !next.IsZero() {
			wait = max(0, next.Sub(c.o.Now()))
		}
		timer.Reset(wait)
		select {
		case <-c.ctx.Done():
			return
		case ask := <-c.asks:
			ask()
		case <-timer.C:
			c.pass(c.o.Now())
		}
	}
}

var errClosed = errors.New("the door controller is closed")

// ask runs f in the goroutine that owns the controller and waits for it.
func (c *Controller) ask(f func() error) error {
	answer := make(chan error, 1)
	select {
	case c.asks <- func() { answer <- f() }:
	case <-c.ctx.Done():
		return errClosed
	}
	select {
	case err := <-answer:
		return err
	case <-c.ctx.Done():
		return errClosed
	}
}

// changed tells the keeper of the state; the caller is the owner.
func (c *Controller) changed() {
	s := c.now
	s.Events, s.Doors, s.Faults = slices.Clone(s.Events), slices.Clone(s.Doors), c.faults.list()
	c.o.OnChange(s)
}

// Snapshot is the controller as it is now.
func (c *Controller) Snapshot() (s Snapshot, err error) {
	err = c.ask(func() error {
		s = c.now
		s.Events, s.Doors, s.Faults = slices.Clone(s.Events), slices.Clone(s.Doors), c.faults.list()
		return nil
	})
	return s, err
}

// Serial is the controller's device-id.
func (c *Controller) Serial() uint32 { return c.o.Serial }

// Connected reports whether the controller hears what its broker is asked.
func (c *Controller) Connected() bool {
	up := c.up.Load()
	return up != nil && (*up).Err() == nil
}

// SetFault begins a fault ("silent", "late:5s", "refuse*2"); "none" ends all.
func (c *Controller) SetFault(spec string) error {
	if err := c.faults.set(spec); err != nil {
		return err
	}
	c.wakeFeed()
	return c.ask(func() error { c.changed(); return nil })
}

// Faults lists what is active, in the form that SetFault takes.
func (c *Controller) Faults() []string { return c.faults.list() }

// FaultNames lists the faults that there are.
func (c *Controller) FaultNames() []string { return faultNames() }

// Close leaves the broker and waits until all goroutines have ended.
func (c *Controller) Close() {
	c.cancel()
	ctx, done := context.WithTimeout(context.Background(), 2*time.Second)
	defer done()
	if err := c.client.Close(ctx); err != nil {
		c.o.Log.Debug("door simulator leaves its broker", "error", err)
	}
	c.work.Wait()
}

// clip keeps what others sent from filling a line.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

func seconds(d time.Duration) uint8 { return uint8(min(max(d.Round(time.Second)/time.Second, 1), 255)) }
