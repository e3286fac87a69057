// Package intake takes what gateways send: once each, committed in groups,
// considered by the alarm machine in the same transaction, shown, confirmed.
//
//	Take ─▶ queue (express lane first) ─▶ shard: one committer for its gateways
//	                                        │ one transaction a group: marks, journal,
//	                                        │ dead letters, alarms, audit
//	                                        ▼ after the commit
//	                            done of each message, confirm to each gateway
//
//	intake.go    what comes in, and starting and stopping
//	queue.go     what waits, bounded
//	shard.go     the committer: grouping, retrying, setting poison aside, holes
//	group.go     one transaction
//	sequence.go  what is there of a gateway's numbers, and what is missing
//	confirm.go   telling gateways what they may forget
//	journal.go   what intake needs of the store
//	desk.go      reading the journal
//
// A group is whatever waits when the committer is free: the next one forms
// meanwhile. While the database is away nothing is acknowledged.
package intake

import (
	"context"
	"errors"
	"hash/fnv"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"guardroom/devices"
	"guardroom/gateway/link"
)

// Options of New. Zero values choose the defaults.
type Options struct {
	Shards  int           // committers; default 2
	Group   int           // signals in a transaction, about; default 500
	Queue   int           // signals that may wait in a lane of a shard; default 8192
	Bytes   int           // and their bytes; default 16 MiB
	HoleAge time.Duration // how long missing numbers are waited for while the gateway is connected; default 60 s
	// Confirm tells a gateway what it may forget; may be nil. It may block.
	Confirm      func(station, gateway string, m link.ConfirmMessage)
	ConfirmEvery time.Duration // shortest time between two confirms of a gateway; default 50 ms
	// Connected reports whether a gateway is connected; nil: one that was heard
	// from within half of HoleAge. Numbers that an absent gateway still keeps are
	// never given up: it would forget them. It must not wait for intake.
	Connected func(gateway string) bool
	Now       func() time.Time // time.Now outside tests
	Log       *slog.Logger
}

func (o *Options) fill() {
	if o.Shards == 0 {
		o.Shards = 2
	}
	if o.Group == 0 {
		o.Group = 500
	}
	if o.Queue == 0 {
		o.Queue = 8192
	}
	if o.Bytes == 0 {
		o.Bytes = 16 << 20
	}
	if o.HoleAge == 0 {
		o.HoleAge = time.Minute
	}
	if o.Confirm == nil {
		o.Confirm = func(string, string, link.ConfirmMessage) {}
	}
	if o.ConfirmEvery == 0 {
		o.ConfirmEvery = 50 * time.Millisecond
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// Remind sends a gateway the marks that are committed already. One that has just
// connected learns from them what it may forget, that its spool is an old copy
// when it is, and the console's time.
func (in *Intake) Remind(ctx context.Context, station, gateway string) error {
	known, err := in.shard(gateway).journal.Load(ctx, gateway)
	if err != nil {
		return err
	}
	marks := make([]confirmed, 0, len(known))
	for _, p := range known {
		if p.Epoch > 0 { // epoch 0 is what the console says itself
			marks = append(marks, confirmed{station, gateway, p.Epoch, p.Upto})
		}
	}
	in.confirm.tell(marks)
	return nil
}

// Intake takes signals. Its methods may be called from any goroutine.
type Intake struct {
	o       Options
	shards  []*shard
	turn    sync.Mutex // of those with little to commit
	confirm *confirmer
	stop    context.CancelFunc // ends the committers, whatever waits
	work    sync.WaitGroup
	ending  sync.WaitGroup
	hush    context.CancelFunc // ends the confirmer

	signals, duplicates, letters, groups, failures atomic.Int64
}

// New starts the committers.
func New(j Journal, o Options) *Intake {
	o.fill()
	in := &Intake{o: o, confirm: &confirmer{
		every: o.ConfirmEvery, send: o.Confirm, now: o.Now,
		wake: make(chan struct{}, 1), pending: map[confirmKey]confirmed{},
	}}
	var ctx, talk context.Context
	ctx, in.stop = context.WithCancel(context.Background())
	talk, in.hush = context.WithCancel(context.Background())
	for n := range o.Shards {
		in.shards = append(in.shards, &shard{in: in, journal: j, number: n, queue: newQueue(o.Queue, o.Bytes), tracks: map[string]*track{}, stations: map[string]string{}})
	}
	for _, s := range in.shards {
		in.work.Go(func() { s.run(ctx) })
	}
	in.ending.Go(func() { in.confirm.run(talk) })
	return in
}

// Take hands over one message of channel alarms or signals. It waits while too
// much is waiting already. done is called, once and from another goroutine, when
// everything in it is committed, also when all of it was known before; it must
// not block. A message that is never committed is never done.
func (in *Intake) Take(gateway, station string, channel link.Channel, payload []byte, received time.Time, done func()) {
	m := &message{station: station, gateway: gateway, channel: channel, received: received, bytes: len(payload), done: done}
	m.good, m.bad, m.err = link.DecodeSignals(station, gateway, payload)
	if m.err != nil {
		m.payload = payload
	}
	in.shard(gateway).queue.put(m)
}

// Raise takes a signal that the console itself gives, such as gateway.lost, and
// waits until it is committed. It is numbered here: Epoch and Seq are ignored.
func (in *Intake) Raise(ctx context.Context, station string, s devices.Signal) error {
	now := in.o.Now()
	if s.Observed.IsZero() {
		s.Observed = now
	}
	if s.Occurred.IsZero() {
		s.Occurred = s.Observed
	}
	if s.Clock == "" {
		s.Clock = devices.Synced
	}
	if err := s.Validate(); err != nil {
		return err
	}
	done := make(chan struct{})
	m := &message{station: station, gateway: s.Point.Gateway(), good: []devices.Signal{s}, received: now, own: true,
		done: func() { close(done) }}
	if !in.shard(m.gateway).queue.put(m) {
		return errClosed
	}
	select {
	case <-done:
		return m.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errClosed = errors.New("intake is closed")

func (in *Intake) shard(gateway string) *shard {
	h := fnv.New32a()
	_, _ = h.Write([]byte(gateway))
	return in.shards[h.Sum32()%uint32(len(in.shards))]
}

// Close takes nothing more, commits what waits if that is possible within two
// seconds, and sends the last confirms.
func (in *Intake) Close() {
	for _, s := range in.shards {
		s.queue.close()
	}
	patience := time.AfterFunc(2*time.Second, in.stop)
	in.work.Wait()
	patience.Stop()
	in.stop()
	in.hush()
	in.ending.Wait()
}

// Stats are figures for the metrics page.
type Stats struct {
	Signals    int64 // committed, ever
	Duplicates int64 // known before, ever
	Letters    int64 // set aside, ever
	Groups     int64 // transactions, ever
	Failures   int64 // transactions that had to be tried again, ever
	Waiting    int   // signals in the queues
}

// Stats returns the figures as they are now.
func (in *Intake) Stats() Stats {
	s := Stats{Signals: in.signals.Load(), Duplicates: in.duplicates.Load(), Letters: in.letters.Load(),
		Groups: in.groups.Load(), Failures: in.failures.Load()}
	for _, shard := range in.shards {
		s.Waiting += shard.queue.waiting()
	}
	return s
}
