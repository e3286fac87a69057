package commands

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// commandStore keeps commands. Each writing method writes the entry and tells
// the screens in the same transaction.
type commandStore interface {
	// Create returns the command that stands: c, or the one for which the same
	// operator used the key before. ErrConflict when that was another wish.
	Create(ctx context.Context, c Command, gateway, key, fingerprint string, e audit.Entry) (stands Command, created bool, err error)
	// Change locks the command and writes what decide makes of it. With nil
	// nothing is written. ErrNotFound when there is no such command at the gateway;
	// an empty gateway stands for any.
	Change(ctx context.Context, id, gateway string, decide func(Command) (*Command, *audit.Entry)) (Command, error)
	Find(ctx context.Context, id string) (Command, error)
	List(ctx context.Context, f Filter) (items []Command, next string, err error)
	Unfinished(ctx context.Context) ([]Command, error)
}

// Filter chooses commands, newest first. All is set for those who may see every
// station; else Stations lists them.
type Filter struct {
	All      bool
	Stations []string
	Point    devices.PointID
	Limit    int
	Cursor   string
}

// Options of a Desk.
type Options struct {
	Store  commandStore
	Lookup func(devices.PointID) (Target, error)
	// Send publishes to a gateway; an error means that nothing was sent.
	Send func(station, gateway string, c link.Channel, payload []byte) error
	// Guard says why the console itself does not let a wish through to a point that
	// takes it: a code of package devices and words, or an empty code. May be nil.
	Guard    func(ctx context.Context, w Wish) (code, text string, err error)
	Deadline time.Duration // of a command; default 10 s
	Grace    time.Duration // how long after the deadline a receipt may come; default 2 s
	Log      *slog.Logger
	Now      func() time.Time // time.Now outside tests
}

// Desk is where commands are asked for and settled.
type Desk struct {
	o Options

	mu      sync.Mutex
	waiting map[string]time.Time // command -> when it is unknown
}

// Open takes up the commands that were under way when the console stopped.
func Open(ctx context.Context, o Options) (*Desk, error) {
	if o.Deadline == 0 {
		o.Deadline = 10 * time.Second
	}
	if o.Grace == 0 {
		o.Grace = 2 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Desk{o: o, waiting: map[string]time.Time{}}
	left, err := o.Store.Unfinished(ctx)
	if err != nil {
		return nil, fmt.Errorf("read unfinished commands: %w", err)
	}
	for _, c := range left {
		d.waiting[c.ID] = c.Deadline.Add(o.Grace)
	}
	return d, nil
}

// Request records the wish and sends it. The same key and wish again give the
// same command, and nothing is sent twice.
func (d *Desk) Request(ctx context.Context, by auth.Operator, w Wish) (Command, error) {
	if err := mayCommand(by); err != nil {
		return Command{}, err
	}
	target, err := d.o.Lookup(w.Point)
	if err != nil {
		return Command{}, err
	}
	if err := by.May(target.Permission, target.Station); err != nil {
		return Command{}, err
	}
	return d.order(ctx, by, w, target)
}

// Order is Request for what another desk has decided and by may have: a lockdown
// that goes on after a restart, a posture, a second officer's confirmation.
func (d *Desk) Order(ctx context.Context, by auth.Operator, w Wish) (Command, error) {
	target, err := d.o.Lookup(w.Point)
	if err != nil {
		return Command{}, err
	}
	return d.order(ctx, by, w, target)
}

func (d *Desk) order(ctx context.Context, by auth.Operator, w Wish, target Target) (Command, error) {
	if err := w.validate(); err != nil {
		return Command{}, err
	}
	switch {
	case !slices.Contains(target.Verbs, w.Verb):
		return Command{}, &InvalidError{Field: "verb", Reason: fmt.Sprintf("this point does not take %q", w.Verb)}
	case target.Fire && w.Reason == "":
		return Command{}, &InvalidError{Field: "reason", Reason: "a command to a fire panel needs a reason"}
	}
	c := d.make(by, w, target)
	if d.o.Guard != nil && !c.State.Final() {
		code, text, err := d.o.Guard(ctx, w)
		if err != nil {
			return Command{}, fmt.Errorf("look whether %s may be asked of %s: %w", w.Verb, w.Point, err)
		}
		if code != "" {
			c.State, c.Code, c.Text, c.FinishedAt = devices.Refused, code, text, &c.RequestedAt
		}
	}
	facts := params(c)
	for name, value := range map[string]string{"for": w.For, "second": w.Second} {
		if value != "" {
			facts[name] = value
		}
	}
	e := audit.By(by, c.Station, "command.request", "point:"+string(c.Point), facts)
	d.await(c) // before the row exists: whatever happens now, somebody settles it
	stands, created, err := d.o.Store.Create(ctx, c, target.Gateway, w.Key, w.fingerprint(), e)
	if err != nil {
		return Command{}, fmt.Errorf("request %s of %s: %w", w.Verb, w.Point, err)
	}
	if !created {
		d.settledNow(c.ID)
		return stands, nil
	}
	if stands.State.Final() {
		d.settledNow(c.ID)
		return stands, nil
	}
	return d.send(ctx, stands, target)
}

func mayCommand(by auth.Operator) error {
	for _, p := range []auth.Permission{auth.DoorsCommand, auth.PanelsCommand, auth.FireCommand} {
		if all, ids := by.Stations(p); all || len(ids) > 0 {
			return nil
		}
	}
	return &auth.ForbiddenError{Permission: auth.DoorsCommand, Station: auth.AllStations}
}

// make is the command as it goes on record; refused at once where it is known
// that it cannot be carried out.
func (d *Desk) make(by auth.Operator, w Wish, target Target) Command {
	now := d.o.Now().UTC().Truncate(time.Microsecond)
	c := Command{
		ID: auth.NewID(), Point: w.Point, Station: target.Station, Verb: w.Verb, Arguments: map[string]string{}, Reason: w.Reason,
		State: devices.Requested, By: by.ID, ByName: by.Name, RequestedAt: now, Deadline: now.Add(d.o.Deadline), Version: 1, Demo: target.Demo,
	}
	maps.Copy(c.Arguments, w.Arguments)
	refuse := func(code, text string) {
		c.State, c.Code, c.Text, c.FinishedAt = devices.Refused, code, text, &now
	}
	switch {
	case target.Fire && !target.StationAllows:
		refuse(devices.RefusedNotAllowed, "commands to fire panels are switched off at this station")
	case target.Fire && !target.Allowed:
		refuse(devices.RefusedNotAllowed, "commands are not allowed at this point")
	case target.ReadOnly:
		refuse(devices.RefusedReadOnly, "the gateway is read-only: it looks and never writes to a device")
	case target.Offline != "":
		refuse(devices.RefusedOffline, target.Offline)
	}
	return c
}

// send publishes a recorded command. It outlives the request that asked for it:
// a browser that goes away leaves no command half way.
func (d *Desk) send(ctx context.Context, c Command, target Target) (Command, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	payload, err := json.Marshal(devices.Command{
		ID: c.ID, Point: c.Point, Verb: c.Verb, Arguments: c.Arguments, Deadline: c.Deadline, Now: d.o.Now().UTC(),
		By: c.ByName, Reason: c.Reason, Allowed: target.Allowed && (!target.Fire || target.StationAllows),
	})
	if err == nil {
		err = d.o.Send(c.Station, target.Gateway, link.Commands, payload)
	}
	next := func(now Command) (*Command, *audit.Entry) {
		if now.State != devices.Requested { // the receipt was faster
			return nil, nil
		}
		now.State = devices.Sent
		return &now, nil
	}
	if err != nil {
		d.o.Log.Warn("commands: not sent", "command", c.ID, "point", c.Point, "err", err)
		receipt := devices.Receipt{Outcome: devices.Refused, Code: devices.RefusedOffline, Text: "the command could not be sent to the gateway; nothing was done"}
		next = d.decision(receipt)
	}
	sent, err := d.o.Store.Change(ctx, c.ID, "", next)
	if err != nil {
		// It is on its way, and its row stands as requested; the receipt or the deadline settles it.
		d.o.Log.Warn("commands: could not note that it was sent", "command", c.ID, "err", err)
		return c, nil
	}
	if sent.State.Final() {
		d.settledNow(c.ID)
	}
	return sent, nil
}

// Receipt settles a command by what its gateway says. It may come twice. An
// error other than ErrNotFound is worth another try.
func (d *Desk) Receipt(ctx context.Context, gateway string, r devices.Receipt) error {
	c, err := d.o.Store.Change(ctx, r.Command, gateway, d.decision(r))
	if err != nil {
		return fmt.Errorf("settle command %.64s: %w", r.Command, err)
	}
	if c.State.Final() {
		d.settledNow(c.ID)
	}
	return nil
}

func (d *Desk) decision(r devices.Receipt) func(Command) (*Command, *audit.Entry) {
	return func(c Command) (*Command, *audit.Entry) {
		before := c.State
		next, action, changed := c.settled(r, d.o.Now())
		if !changed {
			return nil, nil
		}
		p := params(next)
		if action == "command.correct" {
			p["before"] = string(before)
		}
		e := audit.By(auth.System(), c.Station, action, "command:"+c.ID, p)
		return &next, &e
	}
}

func params(c Command) map[string]string {
	p := map[string]string{"command": c.ID, "point": string(c.Point), "verb": string(c.Verb), "state": string(c.State)}
	for name, value := range map[string]string{"reason": c.Reason, "code": c.Code, "text": c.Text, "read_back": c.ReadBack} {
		if value != "" {
			p[name] = value
		}
	}
	for name, value := range c.Arguments {
		p["argument."+name] = value
	}
	return p
}

func (d *Desk) await(c Command) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting[c.ID] = c.Deadline.Add(d.o.Grace)
}

func (d *Desk) settledNow(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.waiting, id)
}

// Run settles as unknown what was not answered in time, until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := d.Overdue(ctx); err != nil && ctx.Err() == nil {
				d.o.Log.Warn("commands: will try again", "err", err)
			}
		}
	}
}

// Overdue settles what is overdue now.
func (d *Desk) Overdue(ctx context.Context) error {
	now := d.o.Now()
	d.mu.Lock()
	var due []string
	for id, at := range d.waiting {
		if now.After(at) {
			due = append(due, id)
		}
	}
	d.mu.Unlock()
	silent := devices.Receipt{
		Outcome: devices.Unknown, Code: devices.UnknownLink,
		Text: "the gateway did not answer before the deadline: nobody knows whether it was carried out",
	}
	for _, id := range due {
		err := d.Receipt(ctx, "", devices.Receipt{Command: id, Outcome: silent.Outcome, Code: silent.Code, Text: silent.Text})
		if notFound(err) { // its row was never committed
			d.settledNow(id)
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Find returns one command.
func (d *Desk) Find(ctx context.Context, by auth.Operator, id string) (Command, error) {
	if err := mayRead(by, ""); err != nil {
		return Command{}, err
	}
	c, err := d.o.Store.Find(ctx, id)
	if err != nil {
		return Command{}, fmt.Errorf("find command: %w", err)
	}
	return c, by.May(auth.DevicesRead, c.Station)
}

// List lists commands, newest first; station and point may be empty.
func (d *Desk) List(ctx context.Context, by auth.Operator, station string, f Filter) ([]Command, string, error) {
	if err := mayRead(by, station); err != nil {
		return nil, "", err
	}
	f.All, f.Stations = by.Stations(auth.DevicesRead)
	if station != "" {
		f.All, f.Stations = false, []string{station}
	}
	items, next, err := d.o.Store.List(ctx, f)
	if err != nil {
		return nil, "", fmt.Errorf("list commands: %w", err)
	}
	return items, next, nil
}

func mayRead(by auth.Operator, station string) error {
	if station != "" {
		return by.May(auth.DevicesRead, station)
	}
	if all, ids := by.Stations(auth.DevicesRead); !all && len(ids) == 0 {
		return &auth.ForbiddenError{Permission: auth.DevicesRead, Station: auth.AllStations}
	}
	return nil
}
