package rtsp

import (
	"math"
	"time"

	"github.com/pion/rtp"
)

// Lag tells by a camera's own clock how late its packets are read: the one that
// was read soonest after its time stamp is the measure of the others. It sees
// what waits unread in this machine, in the camera and between them, and nothing
// of a delay that has been there from the first packet on.
//
// A camera's clock that is set back makes all that comes look late. It is told
// from what is late by how it came about: only a clock that is set goes back.
// So the measure is raised to the soonest packet of a whole stretch, but by no
// more than the time stamps went back at once in it or in the stretch before; a
// delay that began with a wait stays one for however long it lasts. And of
// packets that wait in this machine nothing is learned.
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

	began   time.Time     // the stretch
	soonest time.Duration // the least of it alone
	set     time.Duration // how far time stamps went back at once in it, at most
	before  time.Duration // and in the one before
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

	// stretch is how long the soonest packet is looked for. A clock that was set
	// back is known after one to two of them.
	stretch = 20 * time.Second
)

// never is later than any packet.
const never = time.Duration(math.MaxInt64)

// Packet takes the next packet, in the order of sequence numbers, and returns how
// much later it was read than the one that came soonest. waits says that packets
// wait in this machine to be read.
func (l *Lag) Packet(p *rtp.Packet, read time.Time, waits bool) time.Duration {
	if !l.begun {
		*l = Lag{begun: true, stamp: p.Timestamp, came: read, first: read, crept: read, began: read, soonest: never}
	}
	l.tick(p.Timestamp, read)
	l.marked = p.Marker
	offset := read.Sub(l.first) - l.clock
	l.learn(offset, read, waits)
	l.least = min(l.least, offset)
	return offset - l.least
}

// learn raises the measure by what a camera's clock runs slow, and by what it was
// set back.
func (l *Lag) learn(offset time.Duration, read time.Time, waits bool) {
	passed := read.Sub(l.crept)
	l.crept = read
	if !waits {
		l.least += passed / drift
		l.soonest = min(l.soonest, offset)
	}
	switch {
	case read.Sub(l.began) < stretch:
		return
	case l.soonest == never:
		l.began = read // and another stretch, in which something may not wait
		return
	}
	if rise := min(l.soonest-l.least, max(l.set, l.before)); rise > 0 {
		l.least += rise
	}
	l.began, l.soonest, l.set, l.before = read, never, 0, l.set
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
		moved := time.Duration(step) * time.Second / ClockRate
		l.clock += moved
		if step < 0 {
			l.set = max(l.set, passed-moved)
		}
	}
	l.stamp, l.came = stamp, read
}
