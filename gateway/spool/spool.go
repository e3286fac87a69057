// Package spool keeps every signal on disk until the console has committed it.
//
//	Append ─▶ group ─▶ write, fsync ─▶ Options.Durable, returns
//	Reader ◀─ segments (and, while the disk fails, memory)
//	Confirm ─▶ segments wholly confirmed are deleted
//
// A spool is a folder. Records stand in segments of two streams, alarms and
// telemetry, numbered by one sequence. What is durable has been through fsync.
// When space runs out the oldest telemetry goes first; alarms go only when
// nothing else is left. A hole in the sequence is read as one spool.gap signal
// that carries the last number of the hole and says what is missing, so that
// whoever reads sees no number twice and none missing without a word.
//
// A sequence number is never given to two signals that somebody may have seen.
// Where that cannot be ruled out, the spool begins a new epoch.
package spool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"guardroom/devices"
)

// ErrInUse is returned by Open when another process has the folder.
var ErrInUse = errors.New("the spool is in use by another gateway")

// ErrClosed is returned by Append after Close.
var ErrClosed = errors.New("the spool is closed")

// A NotDurableError says that signals have their numbers and are readable, so
// that they go out, but stand in memory only.
type NotDurableError struct{ Cause error }

func (e *NotDurableError) Error() string { return "not durable: " + e.Cause.Error() }
func (e *NotDurableError) Unwrap() error { return e.Cause }

// Position is a place in the sequence: the signal with that number, or the
// place behind it. Epochs come first.
type Position struct{ Epoch, Seq uint64 }

// Before reports whether p comes before q.
func (p Position) Before(q Position) bool {
	return p.Epoch < q.Epoch || p.Epoch == q.Epoch && p.Seq < q.Seq
}

// Options of a spool. The zero value of every field but Gateway has a default.
type Options struct {
	Gateway      string        // whose spool it is; names the point of spool.gap
	MaxBytes     int64         // on disk; 3 GiB
	SegmentBytes int64         // a file is closed beyond it; 4 MiB, less in a small spool
	MaxMemory    int           // signals kept in memory while the disk fails; 20,000
	GroupWait    time.Duration // how long telemetry waits for company before its fsync; 50 ms
	// Durable is called by the owner goroutine with every signal, in order, once it
	// is durable. What only memory takes comes later or, after a crash, never. It
	// must not block.
	Durable func([]devices.Signal)
	Now     func() time.Time
	Clock   func() devices.Clock // of the signals the spool makes itself
	Log     *slog.Logger
}

func (o *Options) fill() error {
	if !devices.ValidID(o.Gateway) {
		return &devices.InvalidError{Field: "gateway", Reason: fmt.Sprintf("%q is not an id", o.Gateway)}
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 3 << 30
	}
	if o.MaxBytes < 256<<10 {
		return &devices.InvalidError{Field: "max_bytes", Reason: fmt.Sprintf("%d is under 256 KiB", o.MaxBytes)}
	}
	if o.SegmentBytes == 0 {
		o.SegmentBytes = min(4<<20, o.MaxBytes/16)
	}
	if o.MaxMemory == 0 {
		o.MaxMemory = 20_000
	}
	if o.GroupWait == 0 {
		o.GroupWait = 50 * time.Millisecond
	}
	if o.Durable == nil {
		o.Durable = func([]devices.Signal) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Clock == nil {
		o.Clock = func() devices.Clock { return devices.Unsynced }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Spool is one folder of signals. Any goroutine may call its methods.
type Spool struct {
	options Options
	disk    disk
	unlock  func()

	requests chan request  // in
	confirms chan Position // in
	closing  chan struct{} // closed by Close
	done     chan struct{} // closed when the owner has gone
	once     sync.Once

	owner // touched by run only

	mu   sync.Mutex
	view view // what readers see

	lost    bool // found by Open
	dropped atomic.Uint64
	fault   atomic.Pointer[string]
}

// view is what readers share with the owner, under Spool.mu.
type view struct {
	segments  [streams][]*segment
	tail      []devices.Signal // not on disk, newest last
	epoch     uint64
	last      uint64            // last number given in epoch
	lasts     map[uint64]uint64 // last number of older epochs, where known
	confirmed Position
	droppedTo Position      // telemetry up to here may have been dropped for want of space
	changed   chan struct{} // closed when something became readable
}

type request struct {
	signals []devices.Signal
	result  chan result // buffered: an appender that gave up never blocks the owner
}

type result struct {
	signals []devices.Signal
	err     error
}

// MaxAppend bounds one call of Append.
const MaxAppend = 4096

// Append gives every signal its epoch and number and returns when they are
// durable. With a *NotDurableError the numbers are given too and the signals are
// on their way, but only in memory. With any other error nothing was appended,
// except for the error of ctx: then nobody knows.
func (s *Spool) Append(ctx context.Context, signals []devices.Signal) ([]devices.Signal, error) {
	if len(signals) == 0 {
		return nil, nil
	}
	if len(signals) > MaxAppend {
		return nil, fmt.Errorf("append %d signals: more than %d at once", len(signals), MaxAppend)
	}
	r := request{signals: make([]devices.Signal, len(signals)), result: make(chan result, 1)}
	for i, signal := range signals {
		if err := signal.Validate(); err != nil {
			return nil, fmt.Errorf("append signal %d of %d: %w", i+1, len(signals), err)
		}
		r.signals[i] = fit(signal)
	}
	select {
	case s.requests <- r:
	case <-s.done:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case got := <-r.result:
		return got.signals, got.err
	case <-s.done:
		select {
		case got := <-r.result:
			return got.signals, got.err
		default:
			return nil, ErrClosed
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Confirm says that the console has everything of epoch up to and including seq.
// A number this spool never gave means that the spool is an older copy of
// itself: it begins a new epoch.
func (s *Spool) Confirm(epoch, seq uint64) {
	select {
	case s.confirms <- Position{epoch, seq}:
	case <-s.done:
	}
}

// LostSignals reports whether Open found that signals of an earlier run are gone,
// or may be: whoever remembers them must tell again what still holds.
func (s *Spool) LostSignals() bool { return s.lost }

// Confirmed is the last position that the console has.
func (s *Spool) Confirmed() Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view.confirmed
}

// Last is the last position given.
func (s *Spool) Last() Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Position{s.view.epoch, s.view.last}
}

// Stats is the spool at a glance.
type Stats struct {
	Last, Confirmed Position
	Depth           uint64 // signals not yet confirmed, dropped ones included until they are
	Bytes           int64  // on disk
	Memory          int    // signals that stand in memory only
	Dropped         uint64 // signals dropped for want of space since Open
	Fault           string // why the disk takes nothing; empty when it does
}

// Stats returns the figures of now.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := Stats{
		Last:      Position{s.view.epoch, s.view.last},
		Confirmed: s.view.confirmed,
		Memory:    len(s.view.tail),
		Dropped:   s.dropped.Load(),
	}
	for _, segments := range s.view.segments {
		for _, seg := range segments {
			st.Bytes += seg.edge
		}
	}
	if p := s.fault.Load(); p != nil {
		st.Fault = *p
	}
	if st.Confirmed.Epoch == st.Last.Epoch {
		st.Depth = st.Last.Seq - st.Confirmed.Seq
		return st
	}
	st.Depth = st.Last.Seq
	for epoch, last := range s.view.lasts {
		switch {
		case epoch == st.Confirmed.Epoch && last > st.Confirmed.Seq:
			st.Depth += last - st.Confirmed.Seq
		case epoch > st.Confirmed.Epoch:
			st.Depth += last
		}
	}
	return st
}

// Oldest is when the oldest unconfirmed signal was observed; false when none waits.
func (s *Spool) Oldest() (time.Time, bool) {
	r := s.Reader(s.Confirmed())
	defer r.Close()
	batch, _ := r.Take(1)
	if len(batch) == 0 {
		return time.Time{}, false
	}
	return batch[0].Observed, true
}

// Close makes durable what has been handed over and ends the spool.
func (s *Spool) Close() error {
	s.once.Do(func() { close(s.closing) })
	<-s.done
	return nil
}
