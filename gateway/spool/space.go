package spool

import (
	"slices"

	"guardroom/devices"
)

// shrink keeps what stands in memory within MaxMemory: telemetry goes first,
// the oldest first.
func (s *Spool) shrink(all []devices.Signal) []devices.Signal {
	over := len(all) - s.options.MaxMemory
	if over <= 0 {
		return slices.Clone(all)
	}
	s.dropped.Add(uint64(over))
	kept := make([]devices.Signal, 0, s.options.MaxMemory)
	for _, signal := range all {
		if over > 0 && !signal.Kind.Info().Alarm {
			over--
			s.view.droppedTo = Position{signal.Epoch, signal.Seq}
			continue
		}
		kept = append(kept, signal)
	}
	if over > 0 {
		s.view.droppedTo = Position{kept[over-1].Epoch, kept[over-1].Seq}
		kept = kept[over:]
	}
	return kept
}

// makeRoom drops segments until n more bytes fit: telemetry first, alarms only
// when nothing else is left. The newest segment of each stream stays: it holds
// the place in the sequence.
func (s *Spool) makeRoom(n int64) {
	for s.size()+n > s.options.MaxBytes {
		if !s.dropOldest(telemetry) && !s.dropOldest(alarms) {
			return
		}
	}
}

func (s *Spool) size() (total int64) {
	for _, segments := range s.view.segments {
		for _, seg := range segments {
			total += seg.edge
		}
	}
	return total
}

// dropOldest deletes the oldest segment of a stream but the newest.
func (s *Spool) dropOldest(which stream) bool {
	segments := s.view.segments[which]
	if len(segments) < 2 {
		return false
	}
	old, next := segments[0], segments[1]
	lost, last := s.count(old)
	if err := s.disk.Remove(old.name()); err != nil {
		s.options.Log.Error("drop a segment of the spool", "segment", old.name(), "error", err)
		return false
	}
	to := Position{old.epoch, max(last, old.first)}
	if next.epoch == old.epoch {
		to.Seq = next.first - 1
	}
	s.mu.Lock()
	s.view.segments[which] = slices.Clone(segments[1:])
	if s.view.droppedTo.Before(to) {
		s.view.droppedTo = to
	}
	s.mu.Unlock()
	s.dropped.Add(lost)
	s.full, s.dirty = true, true
	s.options.Log.Warn("the spool is full: signals dropped", "segment", old.name(), "signals", lost)
	return true
}

// count is how many unconfirmed signals a segment holds, and the last number.
func (s *Spool) count(seg *segment) (n, last uint64) {
	f, err := s.disk.Open(seg.name())
	if err != nil {
		return 0, 0
	}
	defer f.Close()
	scan := newScanner(f)
	for {
		rec, err := scan.next(seg.size)
		if err != nil {
			return n, last
		}
		last = rec.seq
		if s.view.confirmed.Before(Position{seg.epoch, rec.seq}) {
			n++
		}
	}
}
