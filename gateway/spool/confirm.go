package spool

import (
	"maps"
	"slices"
	"time"

	"guardroom/devices"
)

// confirm moves the confirmed position and deletes what lies wholly before it.
func (s *Spool) confirm(at Position) {
	if at.Epoch > s.view.epoch || at.Epoch == s.view.epoch && at.Seq >= s.next {
		s.renew(at)
		return
	}
	if !s.view.confirmed.Before(at) {
		return
	}
	if at.Epoch > s.view.confirmed.Epoch {
		s.pending[at.Epoch] = max(s.pending[at.Epoch], at.Seq)
		return
	}
	s.advance(at)
}

// advance takes a confirmed position of the oldest unfinished epoch, and goes on
// to the next epoch when that one is finished.
func (s *Spool) advance(to Position) {
	s.mu.Lock()
	s.view.confirmed = to
	for s.view.confirmed.Epoch < s.view.epoch && s.view.confirmed.Seq >= s.view.lasts[s.view.confirmed.Epoch] {
		delete(s.view.lasts, s.view.confirmed.Epoch)
		next := s.view.epoch
		for epoch := range s.view.lasts {
			if epoch > s.view.confirmed.Epoch && epoch < next {
				next = epoch
			}
		}
		s.view.confirmed = Position{next, s.pending[next]}
		delete(s.pending, next)
	}
	confirmed := s.view.confirmed
	s.view.tail = slices.DeleteFunc(slices.Clone(s.view.tail), func(t devices.Signal) bool {
		return !confirmed.Before(Position{t.Epoch, t.Seq})
	})
	s.wake()
	s.mu.Unlock()
	s.dirty = true
	s.forget()
}

// forget deletes the segments that lie wholly before the confirmed position. The
// position is durable first: without it their absence would look like a loss.
func (s *Spool) forget() {
	saved := false
	for which := range streams {
		for len(s.view.segments[which]) > 1 {
			old, next := s.view.segments[which][0], s.view.segments[which][1]
			if !next.before(s.view.confirmed.Epoch, s.view.confirmed.Seq+2) {
				break
			}
			if !saved && s.saveMeta() != nil {
				return
			}
			saved = true
			if err := s.disk.Remove(old.name()); err != nil {
				s.options.Log.Error("delete a confirmed segment of the spool", "segment", old.name(), "error", err)
				return
			}
			s.mu.Lock()
			s.view.segments[which] = slices.Clone(s.view.segments[which][1:])
			s.mu.Unlock()
		}
	}
}

// renew begins a new epoch because the console knows numbers of this spool that
// the spool does not: it is an older copy of itself. What this process numbered
// may bear the numbers of other signals, so it is given new ones.
func (s *Spool) renew(seen Position) {
	if seen.Epoch >= 1<<62 {
		return
	}
	s.options.Log.Error("the console knows more than this spool: a new epoch begins",
		"console_epoch", seen.Epoch, "console_seq", seen.Seq, "epoch", s.view.epoch, "seq", s.next-1)
	again := s.since(Position{s.view.epoch, s.atOpen})
	old, last := s.view.epoch, s.atOpen
	s.mu.Lock()
	s.view.lasts[old] = last
	s.view.epoch = max(newEpoch(s.options.Now()), seen.Epoch+1, old+1)
	s.view.last, s.view.tail = 0, nil
	s.next, s.atOpen = 1, 0
	s.mu.Unlock()
	for which := range streams {
		s.endSegment(which)
	}
	s.dirty = true
	_ = s.saveMeta() // kept dirty when it fails
	for batch := range slices.Chunk(again, maxGroup) {
		s.number(batch)
		_ = s.store(batch) // not durable is told by tell
	}
	if !s.view.confirmed.Before(Position{old, last}) {
		s.advance(s.view.confirmed)
	}
	s.mu.Lock()
	s.wake()
	s.mu.Unlock()
	s.tell()
}

// since reads everything behind a position of the current epoch.
func (s *Spool) since(from Position) []devices.Signal {
	r := s.Reader(from)
	defer r.Close()
	var all []devices.Signal
	for {
		batch, _ := r.Take(maxGroup)
		if len(batch) == 0 {
			return all
		}
		for _, signal := range batch {
			if signal.Kind != devices.SpoolGap || signal.Point != s.point() {
				all = append(all, signal)
			}
		}
	}
}

// newEpoch is a number above any that this gateway used before, as far as its
// clock can tell: a folder that was lost cannot say how far it had counted.
func newEpoch(now time.Time) uint64 { return uint64(max(1, now.Unix())) }

// epochs lists every epoch that has something, oldest first.
func (v *view) epochs() []uint64 {
	all := slices.Collect(maps.Keys(v.lasts))
	all = append(all, v.epoch)
	slices.Sort(all)
	return all
}
