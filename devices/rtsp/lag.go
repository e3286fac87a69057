package rtsp

import (
	"time"

	"github.com/pion/rtp"
)

// Lag tells by a camera's own clock how late its packets are read: the one that
// was read soonest after its time stamp is the measure of the others. It sees
// what waits unread in this machine, in the camera and between them, and nothing
// of a delay that has been there from the first packet on.
//
// The zero value waits for a first packet. One goroutine may use it.
type Lag struct {
	begun  bool
	marked bool          // the packet before ended its picture
	stamp  uint32        // of the newest picture
	came   time.Time     // its first packet was read
	first  time.Time     // the first packet of all was
	clock  time.Duration // the camera's, since then
	least  time.Duration // how much later than the camera's clock packets are read, at least
	crept  time.Time     // least was last made up to
}

const (
	// drift is how much faster than ours a camera's clock may run, as a part of
	// the time that passed: many count 25 pictures for a second and send 24.98.
	drift = 1000

	// back is how far time stamps run backwards because pictures come out of
	// order; further back, the clock was set.
	back = ClockRate

	// stood is how long after a picture's end a packet with its time stamp is of
	// another picture, of a camera whose clock stands still.
	stood = 15 * time.Millisecond
)

// Packet takes the next packet, in the order of sequence numbers, and returns how
// much later it was read than the one that came soonest.
func (l *Lag) Packet(p *rtp.Packet, read time.Time) time.Duration {
	if !l.begun {
		*l = Lag{begun: true, stamp: p.Timestamp, came: read, first: read, crept: read}
	}
	l.tick(p.Timestamp, read)
	l.marked = p.Marker
	l.least += read.Sub(l.crept) / drift
	l.crept = read
	offset := read.Sub(l.first) - l.clock
	l.least = min(l.least, offset)
	return offset - l.least
}

// tick moves the camera's clock. One that was set, or that stands, goes as ours.
func (l *Lag) tick(stamp uint32, read time.Time) {
	passed := read.Sub(l.came)
	step := int32(stamp - l.stamp) //nolint:gosec // time stamps wrap
	switch {
	case step == 0 && (!l.marked || passed < stood):
		return
	case step == 0, step < -back:
		l.clock += passed
	default:
		l.clock += time.Duration(step) * time.Second / ClockRate
	}
	l.stamp, l.came = stamp, read
}
