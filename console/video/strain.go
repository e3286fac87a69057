package video

import (
	"sync/atomic"
	"time"
)

// What is late in this machine.
const (
	// behind is how late a packet may go out where Options do not say. Whoever is
	// later is cut: it gets nothing until a keyframe that is new, and then that.
	behind = 400 * time.Millisecond

	// feltFor is how long a machine that did not keep up once is taken for one that
	// will not again. What is begun there takes its time to go out, so for so long
	// the limit is lower and nobody is hurried through the past.
	feltFor = 10 * time.Second

	// fewAtOnce is how many packets are then made ready and sent at once: about
	// a picture. Whoever has to wait for a processor between the two is late with
	// all of them.
	fewAtOnce = 16
)

// strain is how this machine keeps up with all viewers: they share it.
type strain struct {
	behind time.Duration
	until  atomic.Int64 // felt, in ns since 1970
}

// feel notes that something came too late.
func (s *strain) feel(now time.Time) { s.until.Store(now.Add(feltFor).UnixNano()) }

func (s *strain) felt(now time.Time) bool { return now.UnixNano() < s.until.Load() }

// limit is how late a packet may be that is sent now.
func (s *strain) limit(now time.Time) time.Duration {
	if s.felt(now) {
		return s.behind * 2 / 3
	}
	return s.behind
}

// blank is how long a viewer is kept from a keyframe that waited too long in this
// machine, because a newer one will not. After that it is better than none.
func (s *strain) blank() time.Duration { return 20 * s.behind }

// atOnce is how many packets may be sent at once, of so many.
func (s *strain) atOnce(now time.Time, most int) int {
	if s.felt(now) {
		return min(most, fewAtOnce)
	}
	return most
}

// scarcity is whether pictures are left out for a viewer now: from the first on
// until none was for scarceFor, so that who is told so is not told otherwise
// between one cut and the next.
type scarcity struct{ last time.Time }

const scarceFor = 2 * time.Second

func (s *scarcity) note(now time.Time) { s.last = now }

func (s *scarcity) lasts(now time.Time) bool {
	return !s.last.IsZero() && now.Sub(s.last) < scarceFor
}
