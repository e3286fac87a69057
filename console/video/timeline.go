package video

import "time"

const clockRate = 90000

// apart is how long after a unit's first packet one with the same time stamp and
// a marker between them is another unit, of a camera whose clock stands still.
const apart = 15 * time.Millisecond

// leap is how far a camera's clock may run ahead of ours, and slip how far it may
// run backwards (pictures out of order do), before it was set.
const (
	leap = 2 * clockRate
	slip = clockRate
)

// timeline turns a camera's time stamps into one that goes on over reconnects, a
// clock that is set, and a clock that stands still.
type timeline struct {
	begun   bool
	resumed bool // the next unit is the first of a connection
	in, out uint32
	at      time.Time // of the unit's first packet
}

// resume begins a connection: the camera's clock may be another.
func (t *timeline) resume() { t.resumed = true }

// stamp returns the time stamp of a packet, and whether it begins a unit. ended
// says that the packet before it carried a marker.
func (t *timeline) stamp(in uint32, ended bool, at time.Time) (out uint32, begins bool) {
	if !t.begun {
		t.begun, t.resumed = true, false
		t.in, t.out, t.at = in, in, at
		return t.out, true
	}
	passed := uint32(max(1, at.Sub(t.at)*clockRate/time.Second))
	step := int32(in - t.in)
	switch {
	case t.resumed:
		t.out += passed
	case step == 0 && (!ended || at.Sub(t.at) < apart):
		return t.out, false
	case step == 0, step < -slip, step > 0 && int64(step) > int64(passed)+leap:
		t.out += passed
	default:
		t.out += uint32(step)
	}
	t.resumed, t.in, t.at = false, in, at
	return t.out, true
}
