// Package commands carries out what the console wishes: each command once, none
// after its deadline, and none without looking afterwards what became of it.
//
//	Take ─▶ checks ─▶ queue of the device ─▶ intent on disk ─▶ write ─▶ read-back ─▶ receipt
//
// A write is never sent twice. When its answer is lost, the state is read back.
// An intent without a receipt at the next start means that the gateway died in
// between: its receipt is "unknown".
package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"guardroom/devices"
	"guardroom/devices/profiles"
)

// Actuator is the driver of one device.
type Actuator interface {
	Write(ctx context.Context, w profiles.Write) error
	Send(ctx context.Context, m profiles.Message) error
	Look(ctx context.Context, point string) (profiles.PointState, error)
	Lost() bool
}

// Device is what can be commanded.
type Device struct {
	ID       string
	Compiled *profiles.Compiled
	Actuator Actuator
}

// Options of an Executor.
type Options struct {
	Gateway  string
	ReadOnly bool // refuse everything
	Devices  []Device
	Folder   string                // of the journal and of the desired state
	Receipt  func(devices.Receipt) // must not block
	Now      func() time.Time
	// Synced reports whether this machine's clock can be trusted before the
	// console's is known.
	Synced func() bool
	Log    *slog.Logger
	Look   time.Duration // between two read-backs; 100 ms
}

// queued is how many commands may wait for one device.
const queued = 32

// Executor carries out commands, one after the other for each device.
type Executor struct {
	options Options
	clock   consoleClock
	journal *journal
	workers map[string]*worker

	mu      sync.Mutex
	running map[string]bool // ids taken and not yet settled
	desired desired
}

type worker struct {
	Device
	queue chan devices.Command // in
	wake  chan struct{}        // in: the desired state changed
	busy  sync.Mutex           // commands and the desired state take turns
	out   atomic.Bool          // it was lost when last looked at
}

// New reads the journal. Commands found unfinished get the receipt unknown,
// which Run sends. Without a disk it works in memory.
func New(o Options) *Executor {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Look == 0 {
		o.Look = 100 * time.Millisecond
	}
	if o.Receipt == nil {
		o.Receipt = func(devices.Receipt) {}
	}
	if o.Synced == nil {
		o.Synced = func() bool { return true }
	}
	j, err := openJournal(o.Folder, o.Now(), o.Log)
	if err != nil {
		o.Log.Error("commands are remembered in memory only", "error", err) // the disk's trouble is told by the spool
	}
	x := &Executor{options: o, journal: j, workers: map[string]*worker{}, running: map[string]bool{}}
	for _, d := range o.Devices {
		x.workers[d.ID] = &worker{Device: d, queue: make(chan devices.Command, queued), wake: make(chan struct{}, 1)}
	}
	x.desired = loadDesired(o.Folder, o.Log)
	return x
}

// Run works until ctx ends.
func (x *Executor) Run(ctx context.Context) error {
	defer x.journal.close()
	for _, r := range x.journal.unfinished(x.options.Now()) {
		x.settle(r)
	}
	var workers sync.WaitGroup
	for _, w := range x.workers {
		workers.Go(func() { x.serve(ctx, w) })
		if !x.options.ReadOnly {
			workers.Go(func() { x.hold(ctx, w) })
		}
	}
	workers.Wait()
	return ctx.Err()
}

// Heard takes the console's clock as a message of now brought it.
func (x *Executor) Heard(console time.Time) { x.clock.hear(console, x.options.Now()) }

// Offset is the console's clock minus this machine's, as far as known.
func (x *Executor) Offset() (time.Duration, bool) { return x.clock.offset(x.options.Now()) }

// Take takes a command. It never blocks: a device with too many commands
// waiting refuses. A command that was settled before gets its receipt again; one
// that is being carried out gets it when it is settled.
func (x *Executor) Take(c devices.Command) {
	if !c.Now.IsZero() {
		x.Heard(c.Now)
	}
	x.mu.Lock()
	if x.running[c.ID] {
		x.mu.Unlock()
		return
	}
	if r, known := x.journal.receipt(c.ID); known {
		x.mu.Unlock()
		x.options.Receipt(r)
		return
	}
	x.running[c.ID] = true
	x.mu.Unlock()
	w, refusal := x.check(c)
	if refusal == nil {
		select {
		case w.queue <- c:
			return
		default:
			refusal = &refused{devices.RefusedBusy, fmt.Sprintf("%d commands wait for the device already", queued)}
		}
	}
	x.settle(x.refusal(c, refusal))
}

// refused says why a command is not carried out.
type refused struct{ code, text string }

// check finds the device of a command, or why it must not be carried out.
func (x *Executor) check(c devices.Command) (*worker, *refused) {
	if c.ID == "" || len(c.ID) > 200 {
		return nil, &refused{devices.RefusedArguments, "the command has no usable id"}
	}
	if err := c.Point.Validate(); err != nil || c.Point.Gateway() != x.options.Gateway {
		return nil, &refused{devices.RefusedNoSuchPoint, fmt.Sprintf("%q is no point of this gateway", c.Point)}
	}
	if r := x.late(c); r != nil {
		return nil, r
	}
	w := x.workers[c.Point.Device()]
	if w == nil {
		return nil, &refused{devices.RefusedNoSuchPoint, "this gateway has no device " + c.Point.Device()}
	}
	if x.options.ReadOnly {
		return nil, &refused{devices.RefusedReadOnly, "the gateway is set to look only: it never writes to a device"}
	}
	return w, nil
}

// late judges the age of a command by the console's clock.
func (x *Executor) late(c devices.Command) *refused {
	if c.Deadline.IsZero() {
		return &refused{devices.RefusedArguments, "the command has no deadline"}
	}
	now := x.clock.now(x.options.Now(), x.options.Synced())
	if now.Before(c.Deadline) {
		return nil
	}
	return &refused{devices.RefusedExpired, fmt.Sprintf("the command came %s after its deadline and was not carried out", now.Sub(c.Deadline).Round(time.Millisecond))}
}

func (x *Executor) refusal(c devices.Command, r *refused) devices.Receipt {
	return devices.Receipt{
		Command: c.ID, Point: c.Point, Verb: c.Verb, Outcome: devices.Refused,
		Code: r.code, Text: r.text, At: x.options.Now(),
	}
}

// settle records a receipt and sends it.
func (x *Executor) settle(r devices.Receipt) {
	if err := x.journal.settled(r); err != nil {
		x.options.Log.Error("record a receipt", "command", r.Command, "error", err)
	}
	x.mu.Lock()
	delete(x.running, r.Command)
	x.mu.Unlock()
	x.options.Log.Info("command settled", "command", r.Command, "point", r.Point, "verb", r.Verb, "outcome", r.Outcome, "code", r.Code)
	x.options.Receipt(r)
}

// serve carries out the commands of one device in turn.
func (x *Executor) serve(ctx context.Context, w *worker) {
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-w.queue:
			w.busy.Lock()
			r := x.execute(ctx, w, c)
			w.busy.Unlock()
			x.settle(r)
		}
	}
}

// execute carries out one command, with the last checks before the first byte.
func (x *Executor) execute(ctx context.Context, w *worker, c devices.Command) devices.Receipt {
	if r := x.late(c); r != nil {
		return x.refusal(c, r)
	}
	action, r := w.action(c)
	if r != nil {
		return x.refusal(c, r)
	}
	if w.Actuator.Lost() {
		return x.refusal(c, &refused{devices.RefusedOffline, "the device does not answer; nothing was sent"})
	}
	if err := x.journal.intends(c, x.options.Now()); err != nil {
		// A door must open although the disk is full. The id is known in memory.
		x.options.Log.Error("record a command", "command", c.ID, "error", err)
	}
	out := x.carryOut(ctx, w, action)
	return devices.Receipt{
		Command: c.ID, Point: c.Point, Verb: c.Verb, At: x.options.Now(),
		Outcome: out.outcome, Code: out.code, Text: out.text, ReadBack: out.readBack,
	}
}

// action translates a command, or says why it cannot be one.
func (w *worker) action(c devices.Command) (*profiles.Action, *refused) {
	action, err := w.Compiled.Command(c.Point.Point(), c.Verb, c.Arguments)
	if err != nil {
		var ce *profiles.CommandError
		if errors.As(err, &ce) {
			return nil, &refused{ce.Code, ce.Text}
		}
		return nil, &refused{devices.RefusedArguments, err.Error()}
	}
	if action.OffByDefault && !c.Allowed {
		return nil, &refused{devices.RefusedNotAllowed, "this command is off unless station, role and point allow it"}
	}
	if action.NeedsReason && c.Reason == "" {
		return nil, &refused{devices.RefusedNotAllowed, "this command needs a reason"}
	}
	return action, nil
}

func (w *worker) verbs(point string) []devices.Verb {
	i := slices.IndexFunc(w.Compiled.Points, func(p devices.Point) bool { return p.ID == point })
	if i < 0 {
		return nil
	}
	return w.Compiled.Points[i].Verbs
}
