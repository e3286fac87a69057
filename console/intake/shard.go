package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"guardroom/devices"
	"guardroom/gateway/link"
)

// shard keeps what is known of its gateways, and commits for them one
// transaction after the other, so that each gateway's order is kept.
//
// While little waits, one committer takes it for all shards, and the others wait
// for their turn: a transaction costs about as much for one signal as for thirty,
// and two at a time only wait for each other. A shard with much to do commits by
// itself, beside the others.
type shard struct {
	in      *Intake
	journal Journal
	number  int
	queue   *queue // in

	busy     sync.Mutex // held while its signals are in a transaction; owns what follows
	tracks   map[string]*track
	stations map[string]string // of the gateways in tracks
	complain time.Time         // when a failure was last logged
	complete bool              // every gateway with a hole is in tracks
}

// few is how many signals are no reason to commit beside others.
const few = 64

func (s *shard) hasFew() bool { return s.queue.waiting() < few }

// turn commits what waits, and reports whether that was anything.
func (s *shard) turn(ctx context.Context) bool {
	if s.hasFew() {
		s.in.turn.Lock()
		defer s.in.turn.Unlock()
	}
	s.busy.Lock()
	defer s.busy.Unlock()
	group := s.queue.take(s.in.o.Group)
	if len(group) == 0 {
		return false
	}
	for _, other := range s.in.shards {
		if other != s && other.hasFew() && other.busy.TryLock() {
			defer other.busy.Unlock()
			group = append(group, other.queue.take(few)...)
		}
	}
	s.store(ctx, group)
	return true
}

// run commits until the queue is closed and empty, or ctx ends.
func (s *shard) run(ctx context.Context) {
	tick := time.NewTicker(min(s.in.o.HoleAge/4, time.Second))
	defer tick.Stop()
	s.busy.Lock()
	s.complete = s.remember(ctx)
	s.busy.Unlock()
	for {
		took := s.turn(ctx)
		if !took && s.queue.ended() {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.findHoles(ctx)
			continue
		default:
		}
		if took {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-s.queue.wake:
		case <-tick.C:
			s.findHoles(ctx)
		}
	}
}

// remember loads, with busy held, the gateways that had a hole when the console stopped: they may
// say nothing new, and the hole must be told all the same.
func (s *shard) remember(ctx context.Context) bool {
	gateways, err := s.journal.Unsettled(ctx)
	if err != nil {
		s.failed("read unsettled gateways", err)
		return false
	}
	for _, g := range gateways {
		if s.in.shard(g.ID) != s {
			continue
		}
		if _, err := s.track(ctx, g.ID); err != nil {
			s.failed("read the progress of gateway "+g.ID, err)
			return false
		}
		s.stations[g.ID] = g.Station
	}
	return true
}

// store commits group, however long that takes. Only the end of ctx stops it:
// then nothing of what is left is done.
func (s *shard) store(ctx context.Context, group []*message) {
	pause := 20 * time.Millisecond
	for ctx.Err() == nil {
		err := s.commit(ctx, group, nil)
		if err == nil {
			return
		}
		s.forget(group)
		s.in.failures.Add(1)
		switch {
		case errors.Is(err, ErrOvertaken):
			continue
		case s.journal.Poison(err) && s.divide(ctx, group, err):
			return
		}
		s.failed(fmt.Sprintf("commit %d messages", len(group)), err)
		sleep(ctx, pause)
		pause = min(2*pause, 2*time.Second)
	}
}

// divide stores group in smaller parts, to find what the database refuses, and
// sets that aside. It is false when there is nothing left to divide.
func (s *shard) divide(ctx context.Context, group []*message, cause error) bool {
	if len(group) > 1 {
		for _, m := range group {
			s.store(ctx, []*message{m})
		}
		return true
	}
	m := group[0]
	switch {
	case m.own:
		m.err = cause
		s.in.o.Log.Error("the database refuses what the console itself says", "gateway", m.gateway, "kind", m.good[0].Kind, "error", cause)
		m.finish()
		return true
	case m.weight() > 1:
		for _, part := range m.parts() {
			s.store(ctx, []*message{part})
		}
		if ctx.Err() == nil {
			m.finish()
		}
		return true
	case len(m.good) == 1:
		signal := m.good[0]
		raw, err := json.Marshal(signal)
		if err != nil {
			raw = nil
		}
		s.in.o.Log.Error("the database refuses a signal; it is set aside", "gateway", m.gateway, "point", signal.Point, "kind", signal.Kind, "error", cause)
		aside := *m
		aside.good = nil
		aside.bad = []link.BadSignal{{Epoch: signal.Epoch, Seq: signal.Seq, Raw: raw,
			Err: fmt.Errorf("%s of %s: the database refuses it: %w", signal.Kind, signal.Point, cause)}}
		s.store(ctx, []*message{&aside})
		return true
	}
	return false
}

// parts is m signal by signal.
func (m *message) parts() []*message {
	var parts []*message
	for _, good := range m.good {
		part := *m
		part.good, part.bad, part.done = []devices.Signal{good}, nil, nil
		parts = append(parts, &part)
	}
	for _, bad := range m.bad {
		part := *m
		part.good, part.bad, part.done = nil, []link.BadSignal{bad}, nil
		parts = append(parts, &part)
	}
	return parts
}

func (m *message) finish() {
	if m.done != nil {
		m.done()
	}
}

// findHoles tells of the numbers that have been missing too long.
func (s *shard) findHoles(ctx context.Context) {
	s.busy.Lock()
	defer s.busy.Unlock()
	if !s.complete {
		s.complete = s.remember(ctx)
	}
	now := s.in.o.Now()
	found := map[string]map[uint64][]span{}
	for gateway, t := range s.tracks {
		if !s.connected(gateway, t, now) {
			t.away = now
			continue
		}
		for epoch, q := range t.epochs {
			if holes := q.stale(now, s.in.o.HoleAge, t.away); len(holes) > 0 {
				if found[gateway] == nil {
					found[gateway] = map[uint64][]span{}
				}
				found[gateway][epoch] = holes
			}
		}
	}
	if len(found) == 0 {
		return
	}
	if err := s.commit(ctx, nil, found); err != nil {
		for gateway := range found {
			s.drop(gateway)
		}
		s.failed("record missing signals", err)
	}
}

func (s *shard) connected(gateway string, t *track, now time.Time) bool {
	if s.in.o.Connected != nil {
		return s.in.o.Connected(gateway)
	}
	return now.Sub(t.heard) < s.in.o.HoleAge/2
}

// track returns what is known of gateway, reading it at the first time.
func (s *shard) track(ctx context.Context, gateway string) (*track, error) {
	if t := s.tracks[gateway]; t != nil {
		return t, nil
	}
	progress, err := s.journal.Load(ctx, gateway)
	if err != nil {
		return nil, err
	}
	now := s.in.o.Now()
	t := &track{epochs: map[uint64]*sequence{}, heard: now, away: now}
	for _, p := range progress {
		t.epochs[p.Epoch] = p.sequence(now)
	}
	s.tracks[gateway] = t
	return t, nil
}

// sequence is p as the shard keeps it.
func (p Progress) sequence(now time.Time) *sequence {
	q := &sequence{upto: p.Upto, version: p.Version, since: now}
	for _, present := range p.Present {
		if first := max(present.First, p.Upto+1); first <= present.Last {
			q.above = append(q.above, span{first, present.Last, now})
		}
	}
	for _, gap := range p.Gaps {
		from := gap.First
		for _, present := range p.Present { // what came late is no gap any more
			if present.Last < from || present.First > gap.Last {
				continue
			}
			if present.First > from {
				q.gaps = append(q.gaps, span{First: from, Last: present.First - 1})
			}
			from = present.Last + 1
		}
		if from <= gap.Last {
			q.gaps = append(q.gaps, span{First: from, Last: gap.Last})
		}
		if gap.Last > p.Upto { // settled, although something before it is missing
			q.skipKnown(max(gap.First, p.Upto+1), gap.Last, now)
		}
	}
	return q
}

// skipKnown counts first to last as present without making them gaps.
func (q *sequence) skipKnown(first, last uint64, now time.Time) {
	kept := q.gaps
	q.gaps = nil
	q.skip(first, last, now)
	q.gaps = kept
}

// forget throws away what is remembered of the group's gateways: after a failed
// commit only the database knows. The wait for missing numbers begins anew.
func (s *shard) forget(group []*message) {
	now := s.in.o.Now()
	for _, m := range group {
		owner := s.in.shard(m.gateway)
		owner.drop(m.gateway)
		for _, t := range owner.tracks {
			t.away = now
		}
	}
}

func (s *shard) drop(gateway string) {
	delete(s.tracks, gateway)
	s.complete = false
}

// failed logs a failure, one in ten seconds: an outage is one thing.
func (s *shard) failed(what string, err error) {
	if now := time.Now(); now.Sub(s.complain) > 10*time.Second {
		s.complain = now
		s.in.o.Log.Error("intake cannot "+what+"; nothing is acknowledged until it can", "shard", s.number, "waiting", s.queue.waiting(), "error", err)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
