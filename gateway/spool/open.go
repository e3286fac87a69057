package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Open opens the spool in a folder, or makes one. It recovers by itself: a write
// cut off is forgotten (nobody was told that it was durable), damage and a lost
// folder begin a new epoch. A folder that cannot be written gives a spool in
// memory that says so. The error is ErrInUse, or a bad option.
func Open(dir string, o Options) (*Spool, error) { return open(folder(dir), o) }

func open(d disk, o Options) (*Spool, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	s := &Spool{
		options: o, disk: d,
		requests: make(chan request, 256),
		confirms: make(chan Position, 16),
		closing:  make(chan struct{}), done: make(chan struct{}),
	}
	s.pending = map[uint64]uint64{}
	s.view.changed = make(chan struct{})
	s.view.lasts = map[uint64]uint64{}
	unlock, err := d.Lock()
	switch {
	case errors.Is(err, ErrInUse):
		return nil, err
	case err != nil:
		o.Log.Error("lock the spool", "error", err)
		unlock = func() {}
	}
	s.unlock = unlock
	s.recover()
	go s.run()
	return s, nil
}

// recover finds out where the sequence stands, and whether it may go on.
func (s *Spool) recover() {
	log := s.options.Log
	found, listed := list(s.disk)
	if listed != nil {
		log.Error("read the spool's folder", "error", listed)
	}
	m, err := loadMeta(s.disk)
	if err != nil {
		log.Error("read the spool's position; it is told from the segments", "error", err)
	}
	s.view.segments = found
	s.view.droppedTo = m.DroppedTo
	epoch := m.Epoch
	for _, segments := range found {
		if n := len(segments); n > 0 {
			epoch = max(epoch, segments[n-1].epoch)
		}
	}
	last, why := s.recoverEpoch(epoch)
	s.view.epoch, s.view.last = epoch, last
	s.recoverLasts(m)
	s.recoverConfirmed(m)
	const unwritten = "numbers were given that never reached the disk"
	switch {
	case why != "":
	case listed != nil:
		why = "its folder cannot be read"
	case m.Confirmed.Epoch == epoch && m.Confirmed.Seq > last:
		why = "segments are missing"
	case s.openMarker():
		why = unwritten
	}
	if why != "" {
		s.lost = m.Epoch != 0 && why != unwritten
		s.beginEpoch(why)
	}
	if err := s.saveMeta(); err != nil && why == "" {
		s.beginEpoch("its folder cannot be written") // the mark cannot be set either
	}
	if why != "" && s.marker == nil {
		s.openMarker()
	}
	if s.marked {
		s.mark('0')
	}
	s.next = s.view.last + 1
	s.atOpen = s.view.last
}

// beginEpoch leaves the current epoch as it is and starts the next.
func (s *Spool) beginEpoch(why string) {
	if s.view.epoch != 0 {
		s.options.Log.Warn("the spool begins a new epoch", "reason", why, "old_epoch", s.view.epoch, "last", s.view.last)
		s.view.lasts[s.view.epoch] = s.view.last
	}
	s.view.epoch = max(newEpoch(s.options.Now()), s.view.epoch+1)
	s.view.last = 0
	s.skipFinished()
}

// skipFinished moves the confirmed position over epochs that are done with.
func (s *Spool) skipFinished() {
	v := &s.view
	for _, epoch := range v.epochs() {
		if epoch < v.confirmed.Epoch {
			delete(v.lasts, epoch)
			continue
		}
		if epoch > v.confirmed.Epoch {
			v.confirmed = Position{Epoch: epoch}
		}
		if epoch == v.epoch || v.confirmed.Seq < v.lasts[epoch] {
			return
		}
		delete(v.lasts, epoch)
	}
}

// recoverEpoch cuts off the unfinished end of an epoch's two streams and returns
// its last number. why says what forbids to go on counting; empty when nothing does.
func (s *Spool) recoverEpoch(epoch uint64) (last uint64, why string) {
	var ends [streams]ending
	any := false
	for which := range streams {
		segments := s.view.segments[which]
		if len(segments) == 0 || segments[len(segments)-1].epoch != epoch {
			continue
		}
		any = true
		// A segment just begun may be empty: then the end lies in the one before.
		for i := len(segments) - 1; i >= 0 && segments[i].epoch == epoch && ends[which].group == 0; i-- {
			last = max(last, segments[i].first-1)
			end, err := s.readEnding(segments[i])
			if err != nil {
				s.options.Log.Error("read the end of the spool", "error", err)
				why = "its end cannot be read"
			}
			if end.damaged {
				why = "its end is damaged"
			}
			if end.group == 0 && !end.damaged {
				s.truncate(segments[i], 0)
			}
			ends[which] = end
		}
	}
	if !any {
		return 0, "it holds no segment"
	}
	group := max(ends[alarms].group, ends[telemetry].group)
	var records uint32
	for which := range streams {
		if ends[which].group == group {
			records += ends[which].records
		}
	}
	for which := range streams {
		end := &ends[which]
		if end.group == 0 {
			continue
		}
		cut := end.end
		if why == "" && end.group == group && group != 0 && records < end.size {
			cut, end.last = end.start, end.before
		}
		s.truncate(end.segment, cut)
		last = max(last, end.last)
	}
	return last, why
}

// An ending is what stands at the end of a stream.
type ending struct {
	segment *segment
	last    uint64 // last number
	group   uint64 // last group
	size    uint32 // records that group should have, over both streams
	records uint32 // records it has here
	start   int64  // where it starts
	before  uint64 // last number before it
	end     int64  // behind the last whole record
	damaged bool   // other than by a write cut off
}

func (s *Spool) readEnding(seg *segment) (ending, error) {
	e := ending{segment: seg, last: seg.first - 1, before: seg.first - 1}
	f, err := s.disk.Open(seg.name())
	if err != nil {
		e.damaged = true
		return e, fmt.Errorf("open %s: %w", seg.name(), err)
	}
	defer f.Close()
	scan := newScanner(f)
	for {
		from := scan.end
		rec, err := scan.next(seg.size)
		if errors.Is(err, io.EOF) {
			e.end = scan.end
			e.damaged = e.damaged || errors.Is(scan.tail, errDamaged)
			return e, nil
		}
		if err != nil {
			e.end, e.damaged = scan.end, true
			return e, fmt.Errorf("read %s: %w", seg.name(), err)
		}
		if int64(headerSize+len(rec.payload)) != scan.end-from {
			e.damaged = true // something was stepped over
		}
		if rec.group != e.group {
			e.group, e.size, e.records = rec.group, rec.size, 0
			e.start, e.before = from, e.last
		}
		e.records++
		e.last = max(e.last, rec.seq)
	}
}

// truncate cuts a segment. Nothing is appended to one of an earlier run, so one
// that cannot be cut is only read less far.
func (s *Spool) truncate(seg *segment, to int64) {
	if to == seg.size {
		return
	}
	seg.size, seg.edge = to, to
	f, err := s.disk.Open(seg.name())
	if err == nil {
		err = f.Truncate(to)
		if err == nil {
			err = f.Sync()
		}
		f.Close()
	}
	if err != nil {
		s.options.Log.Error("cut the unfinished end of the spool", "segment", seg.name(), "error", err)
	}
}

// recoverLasts finds the last numbers of older epochs.
func (s *Spool) recoverLasts(m meta) {
	v := &s.view
	for epoch, last := range m.Lasts {
		if epoch < v.epoch {
			v.lasts[epoch] = last
		}
	}
	for _, segments := range v.segments {
		for i, seg := range segments {
			if seg.epoch >= v.epoch || i+1 < len(segments) && segments[i+1].epoch == seg.epoch {
				continue
			}
			if _, known := m.Lasts[seg.epoch]; known {
				continue
			}
			end, err := s.readEnding(seg)
			if err != nil {
				s.options.Log.Error("read an older epoch of the spool", "error", err)
			}
			v.lasts[seg.epoch] = max(v.lasts[seg.epoch], end.last)
		}
	}
}

// recoverConfirmed takes the confirmed position from meta, or, when that is
// lost, the place before the first segment.
func (s *Spool) recoverConfirmed(m meta) {
	v := &s.view
	v.confirmed = m.Confirmed
	if m.Confirmed == (Position{}) {
		v.confirmed = Position{v.epoch, v.last}
		for _, segments := range v.segments {
			if len(segments) == 0 {
				continue
			}
			if at := (Position{segments[0].epoch, segments[0].first - 1}); at.Before(v.confirmed) {
				v.confirmed = at
			}
		}
	}
	s.skipFinished()
}

// openMarker opens or makes the marker and reports whether it is set.
func (s *Spool) openMarker() bool {
	f, err := s.disk.Open(markerName)
	if errors.Is(err, fs.ErrNotExist) {
		if f, err = s.disk.Create(markerName); err == nil {
			_, err = f.WriteAt([]byte{'0'}, 0)
			err = errors.Join(err, f.Sync(), s.disk.Sync())
		}
	}
	if err != nil {
		s.options.Log.Error("open the spool's marker", "error", err)
		return false
	}
	s.marker = f
	var b [1]byte
	if _, err := f.ReadAt(b[:], 0); err != nil && !errors.Is(err, io.EOF) {
		s.options.Log.Error("read the spool's marker", "error", err)
		b[0] = '1'
	}
	s.marked = b[0] == '1'
	return s.marked
}
