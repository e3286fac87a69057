package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sort"
	"strconv"

	"guardroom/devices"
)

// Keys of the Detail of a spool.gap signal; the wire fixes them.
const (
	gapEpoch = "epoch"
	gapFrom  = "from"
	gapTo    = "to"
	gapCount = "count"
	gapWhy   = "why"
)

// Reasons of a spool.gap signal.
const (
	GapSpace  = "space"  // dropped for want of space
	GapDamage = "damage" // the disk gave back something else than was written, or nothing
)

// A Reader reads signals in order of their numbers, from disk, a buffer at a
// time. One goroutine may use it.
type Reader struct {
	spool   *Spool
	at      Position // last one read
	only    bool     // alarms only: holes are no gaps then
	cursors [streams]cursor
}

// Reader reads everything behind a position.
func (s *Spool) Reader(after Position) *Reader { return &Reader{spool: s, at: after} }

// AlarmReader reads the signals of alarm kinds behind a position, without
// looking at the rest, and without gap signals.
func (s *Spool) AlarmReader(after Position) *Reader { return &Reader{spool: s, at: after, only: true} }

// Position is the last one read.
func (r *Reader) Position() Position { return r.at }

// Close frees the open files.
func (r *Reader) Close() {
	for i := range r.cursors {
		r.cursors[i].close()
	}
}

// Next returns up to limit signals, at least one. It waits for the first.
func (r *Reader) Next(ctx context.Context, limit int) ([]devices.Signal, error) {
	for {
		batch, changed := r.Take(limit)
		if len(batch) > 0 {
			return batch, nil
		}
		select {
		case <-changed:
		case <-r.spool.done:
			return nil, ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Take returns up to limit signals that are there now, and a channel that is
// closed when there may be more.
func (r *Reader) Take(limit int) ([]devices.Signal, <-chan struct{}) {
	r.spool.mu.Lock()
	changed := r.spool.view.changed
	r.spool.mu.Unlock()
	var batch []devices.Signal
	for len(batch) < limit {
		signal, ok := r.one()
		if !ok {
			break
		}
		batch = append(batch, signal)
	}
	return batch, changed
}

// horizon is what one step of a reader sees of the spool.
type horizon struct {
	last      uint64          // last number readable in the reader's epoch
	next      uint64          // the epoch behind it; 0 when it is the current one
	memory    *devices.Signal // the first signal in memory behind the reader
	droppedTo Position
}

// look moves a reader that lies before the confirmed position there, and says
// what can be read. Memory is looked at before the disk: what moves from one to
// the other meanwhile is then seen at least once.
func (r *Reader) look() horizon {
	s := r.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	v := &s.view
	if r.at.Before(v.confirmed) {
		r.move(v.confirmed)
	}
	h := horizon{last: v.last, droppedTo: v.droppedTo}
	if r.at.Epoch != v.epoch {
		h.last = v.lasts[r.at.Epoch]
		for _, epoch := range v.epochs() {
			if epoch > r.at.Epoch {
				h.next = epoch
				break
			}
		}
	}
	if r.at.Epoch != v.epoch {
		return h
	}
	behind := sort.Search(len(v.tail), func(i int) bool { return v.tail[i].Seq > r.at.Seq })
	for _, t := range v.tail[behind:] {
		if !r.only || t.Kind.Info().Alarm {
			h.memory = &t
			break
		}
	}
	return h
}

func (r *Reader) move(to Position) {
	if to.Epoch != r.at.Epoch {
		r.Close()
		r.cursors = [streams]cursor{}
	}
	r.at = to
}

// one returns the next signal, or false when there is none now.
func (r *Reader) one() (devices.Signal, bool) {
	for {
		h := r.look()
		found := h.memory
		for which := range streams {
			if r.only && which != alarms {
				continue
			}
			head := r.cursors[which].peek(r.spool, which, r.at)
			if head != nil && head.Seq <= h.last && (found == nil || head.Seq < found.Seq) {
				found = head
			}
		}
		switch {
		case found == nil && h.last > r.at.Seq && !r.only:
			if gap, ok := r.gap(h, h.last, r.spool.ownSignal()); ok {
				return gap, true
			}
		case found == nil && h.next != 0:
			r.move(Position{h.next, 0})
		case found == nil:
			return devices.Signal{}, false
		case found.Seq > r.at.Seq+1 && !r.only:
			if gap, ok := r.gap(h, found.Seq-1, *found); ok {
				return gap, true
			}
		default:
			signal := *found
			signal.Epoch = r.at.Epoch
			r.at.Seq = signal.Seq
			return signal, true
		}
	}
}

// ownSignal is the frame of a signal that the spool makes itself.
func (s *Spool) ownSignal() devices.Signal {
	now := s.options.Now()
	return devices.Signal{Observed: now, Occurred: now, Clock: s.options.Clock()}
}

// gap is the signal that stands for the hole from behind r.at up to to. Its time
// is that of the signal behind the hole. It is false when the console confirmed
// into the hole meanwhile: then there is none.
func (r *Reader) gap(h horizon, to uint64, behind devices.Signal) (devices.Signal, bool) {
	if r.at.Before(r.spool.Confirmed()) {
		return devices.Signal{}, false
	}
	from := r.at.Seq + 1
	why, words := GapDamage, "The spool's disk lost"
	if end := (Position{r.at.Epoch, to}); !h.droppedTo.Before(end) {
		why, words = GapSpace, "The spool was full and dropped"
	}
	r.at.Seq = to
	return devices.Signal{
		Point: r.spool.point(), Kind: devices.SpoolGap, Active: true, State: "gap",
		Occurred: behind.Observed, Observed: behind.Observed, Clock: behind.Clock,
		Text: fmt.Sprintf("%s %d signals, numbers %d to %d.", words, to-from+1, from, to),
		Detail: map[string]string{
			gapEpoch: strconv.FormatUint(r.at.Epoch, 10),
			gapFrom:  strconv.FormatUint(from, 10),
			gapTo:    strconv.FormatUint(to, 10),
			gapCount: strconv.FormatUint(to-from+1, 10),
			gapWhy:   why,
		},
		Epoch: r.at.Epoch, Seq: to,
	}, true
}

// A cursor stands in one stream.
type cursor struct {
	segment *segment
	limit   int64 // durable size when last seen
	file    file
	scan    *scanner
	head    *devices.Signal
}

func (c *cursor) close() {
	if c.file != nil {
		c.file.Close()
		c.file = nil
	}
}

// peek is the first signal behind at on this stream and in at's epoch, nil when
// none is durable yet.
func (c *cursor) peek(s *Spool, which stream, at Position) *devices.Signal {
	for {
		if c.head != nil && c.head.Seq > at.Seq {
			return c.head
		}
		c.head = nil
		next := c.locate(s, which, at)
		if c.segment == nil {
			return nil
		}
		if c.file == nil && !c.open(s) {
			if next == nil {
				return nil
			}
			c.enter(next)
			continue
		}
		rec, err := c.scan.next(c.limit)
		switch {
		case err == nil && rec.seq > at.Seq:
			if signal, err := decodePayload(rec.payload); err == nil {
				signal.Epoch, signal.Seq = c.segment.epoch, rec.seq
				c.head = &signal
			}
		case err == nil:
		case next != nil:
			if !errors.Is(err, io.EOF) {
				s.options.Log.Error("read a segment of the spool", "segment", c.segment.name(), "error", err)
			}
			c.enter(next)
		default:
			c.scan.rewind()
			return nil
		}
	}
}

// locate brings the cursor to a segment, refreshes its limit and returns the
// segment behind it, all in one look, so that a segment with another behind it
// is known to be complete.
func (c *cursor) locate(s *Spool, which stream, at Position) (next *segment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	segments := s.view.segments[which]
	if c.segment == nil {
		for _, seg := range segments {
			if seg.epoch == at.Epoch && (c.segment == nil || seg.first <= at.Seq+1) {
				c.segment = seg
			}
		}
	}
	if c.segment == nil {
		return nil
	}
	for _, seg := range segments {
		if seg.epoch == c.segment.epoch && seg.first == c.segment.first {
			c.segment = seg // it may have been made anew, see segmentFor
		}
	}
	c.limit = c.segment.size
	for _, seg := range segments {
		if seg.epoch == c.segment.epoch && seg.first > c.segment.first {
			return seg
		}
	}
	return nil
}

func (c *cursor) enter(seg *segment) {
	c.close()
	c.segment, c.scan = seg, nil
}

func (c *cursor) open(s *Spool) bool {
	f, err := s.disk.Open(c.segment.name())
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.options.Log.Error("open a segment of the spool", "segment", c.segment.name(), "error", err)
		}
		return false
	}
	c.file, c.scan = f, newScanner(f)
	return true
}
