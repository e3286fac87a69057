package relay

import (
	"time"

	"github.com/pion/rtp"
)

// Bounds of how far a push may lie behind the camera: so long, so many packets.
const (
	behind    = 400 * time.Millisecond
	mostTaken = 8192
)

// queued is a packet that was not sent yet.
type queued struct {
	packet *rtp.Packet
	came   time.Time
	begins bool // the first packet of a unit with a key picture
	after  bool // something was left out before it, or another connection begins
}

// taker is somebody who takes packets as they come. Its stream's mutex guards it,
// but for more.
type taker struct {
	queue []queued
	more  chan struct{} // something is in queue
	lost  bool          // it was too slow, or the camera away: nothing is of use before a key picture
}

// give adds a packet. A taker that is too slow loses all up to the newest key
// picture that it can still be in time with, or up to the next.
func (t *taker) give(q queued) {
	if t.lost && !q.begins {
		return
	}
	q.after = t.lost
	t.lost = false
	t.queue = append(t.queue, q)
	if q.came.Sub(t.queue[0].came) > behind || len(t.queue) > mostTaken {
		t.cut(q.came.Add(-behind))
	}
	select {
	case t.more <- struct{}{}:
	default:
	}
}

// begin notes that a key picture begins with p, which may be gone already.
func (t *taker) begin(p *rtp.Packet) {
	for i := len(t.queue) - 1; i >= 0; i-- {
		if t.queue[i].packet == p {
			t.queue[i].begins = true
			return
		}
	}
}

// cut keeps what begins with the newest key picture, if that came in time.
func (t *taker) cut(inTime time.Time) {
	for i := len(t.queue) - 1; i > 0 && len(t.queue) <= mostTaken && !t.queue[i].came.Before(inTime); i-- {
		if t.queue[i].begins {
			t.queue = append([]queued(nil), t.queue[i:]...)
			t.queue[0].after = true
			return
		}
	}
	t.queue, t.lost = nil, true
}

// take begins with the group of pictures and goes on with what comes.
func (s *Stream) take(now time.Time) (t *taker, leave func()) {
	t = &taker{more: make(chan struct{}, 1), lost: true}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.whole {
		for i, p := range s.group {
			t.give(queued{packet: p, came: now, begins: i == 0})
		}
	}
	s.takers[t] = struct{}{}
	return t, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.takers, t)
	}
}

// hand gives a packet to t. key says that it is the first of a key picture's, of
// which others may have come just before: its parameter sets.
func (s *Stream) hand(t *taker, p *rtp.Packet, came time.Time, key bool) {
	if key && t.lost {
		for i, one := range s.group {
			t.give(queued{packet: one, came: came, begins: i == 0})
		}
		return
	}
	t.give(queued{packet: p, came: came, begins: key && len(s.group) == 1})
	if key {
		t.begin(s.group[0])
	}
}

// taken hands over the next that are queued, at most burst of them.
func (s *Stream) taken(t *taker) []queued {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(t.queue), burst)
	next := t.queue[:n:n]
	if t.queue = t.queue[n:]; len(t.queue) == 0 {
		t.queue = nil
	}
	return next
}
