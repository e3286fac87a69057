package rtsp

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"pgregory.net/rapid"
)

// A lens makes packets at its own times and with its own clock.
type lens struct {
	lag   Lag
	at    time.Time // when the next packet is made
	stamp uint32
	waits bool // in this machine, as far as is known
}

const apart = 40 * time.Millisecond

func (l *lens) picture(late time.Duration) time.Duration {
	l.at = l.at.Add(apart)
	l.stamp += 3600
	return l.lag.Packet(&rtp.Packet{Header: rtp.Header{Timestamp: l.stamp, Marker: true}}, l.at.Add(late), l.waits)
}

func newLens() *lens {
	return &lens{at: time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC), stamp: 1<<32 - 90000}
}

func TestLagIsTheDelayOfThePacket(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLens()
		l.picture(0)
		delay := time.Duration(0)
		for range rapid.IntRange(1, 300).Draw(t, "pictures") {
			// What is late is read later than what came before it.
			delay = max(delay-apart, time.Duration(rapid.IntRange(0, 3000).Draw(t, "delay ms"))*time.Millisecond)
			got := l.picture(delay)
			if off := got - delay; off > 0 || off < -20*time.Millisecond {
				t.Fatalf("a packet %v late is said to be %v late", delay, got)
			}
		}
	})
}

func TestLagOfClocksThatAreWrong(t *testing.T) {
	t.Parallel()
	const few = 25 * time.Millisecond
	for _, tc := range []struct {
		name string
		of   func(l *lens) time.Duration // the last lag
		want time.Duration
	}{
		{"a clock that runs too fast", func(l *lens) (last time.Duration) {
			for range 90_000 { // an hour, in which it gains three seconds
				l.at = l.at.Add(33 * time.Microsecond)
				last = l.picture(0)
			}
			return last
		}, 0},
		{"a clock that runs too slow", func(l *lens) (last time.Duration) {
			for range 90_000 {
				l.at = l.at.Add(-33 * time.Microsecond)
				last = l.picture(0)
			}
			return last
		}, 0},
		{"set forward", func(l *lens) time.Duration { l.stamp += 20 * ClockRate; l.picture(0); return l.picture(0) }, 0},
		{"set back", func(l *lens) time.Duration { l.stamp -= 20 * ClockRate; l.picture(0); return l.picture(0) }, 0},
		{"set forward and back", func(l *lens) time.Duration {
			l.stamp += 20 * ClockRate
			l.picture(0)
			l.stamp -= 20 * ClockRate
			return l.picture(0)
		}, 0},
		{"late and set back", func(l *lens) time.Duration {
			l.picture(time.Second)
			l.stamp -= 20 * ClockRate
			return l.picture(time.Second)
		}, time.Second},
		{"standing still", func(l *lens) (last time.Duration) {
			for range 100 {
				l.stamp -= 3600
				last = l.picture(0)
			}
			return last
		}, 0},
		{"pictures out of order", func(l *lens) time.Duration {
			l.stamp += 7200
			l.picture(0)
			l.stamp -= 2 * 3600
			l.picture(0)
			l.stamp -= 3600
			return l.picture(0)
		}, 80 * time.Millisecond},
		{"a slow second picture", func(l *lens) time.Duration { return l.picture(300 * time.Millisecond) }, 300 * time.Millisecond},
		{"what was left out by the camera", func(l *lens) time.Duration {
			l.picture(5 * time.Second)
			l.at, l.stamp = l.at.Add(5*time.Second), l.stamp+5*ClockRate
			return l.picture(0)
		}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := newLens()
			for range 10 {
				l.picture(0)
			}
			if got := tc.of(l); (got - tc.want).Abs() > few {
				t.Errorf("%v, want %v", got, tc.want)
			}
		})
	}
}

// late plays for so long, each picture so late, and returns how late the last one
// is said to be.
func (l *lens) late(long, late time.Duration) (said time.Duration) {
	for end := l.at.Add(long); l.at.Before(end); {
		said = l.picture(late)
	}
	return said
}

func TestLagForgetsThatAClockWasSetBack(t *testing.T) {
	t.Parallel()
	for _, by := range []uint32{9_000, 45_000, 89_000} { // less than a second: as pictures out of order do
		l := newLens()
		l.late(70*time.Second, 0)
		l.stamp -= by
		if said := l.picture(0); said < 90*time.Millisecond {
			t.Errorf("set back by %d ticks: at once %v", by, said)
		}
		if said := l.late(2*stretch, 0); said > 25*time.Millisecond {
			t.Errorf("set back by %d ticks: %v after %v", by, said, 2*stretch)
		}
		if said := l.late(time.Second, 300*time.Millisecond); said < 280*time.Millisecond {
			t.Errorf("set back by %d ticks: what is late after it is said to be %v late", by, said)
		}
	}
}

func TestLagLearnsNoDelayAway(t *testing.T) {
	t.Parallel()
	const late, few = 700 * time.Millisecond, 50 * time.Millisecond
	for _, tc := range []struct {
		name string
		do   func(l *lens)
		long time.Duration
	}{
		{"on the way, for a minute", func(*lens) {}, time.Minute / 2},
		{"in this machine, for an hour", func(l *lens) { l.waits = true }, time.Hour},
		{"in this machine, of a clock that was set back", func(l *lens) { l.waits = true; l.stamp -= 9_000 }, time.Minute},
		{"of pictures out of order", func(l *lens) {
			l.stamp += 7200
			l.picture(late)
			l.stamp -= 3 * 3600
			l.picture(late)
			l.stamp += 3600
		}, time.Minute / 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := newLens()
			l.late(time.Minute, 0)
			tc.do(l)
			if said := l.late(tc.long, late); said < late-few-3*apart {
				t.Errorf("%v late for %v, and %v is said", late, tc.long, said)
			}
			l.waits = false
		})
	}
}

// What is late by the camera's clock has waited here only as long as something was
// there to be read: a camera that sends late is late itself.
func TestCameIsNotBeforeNothingWaited(t *testing.T) {
	t.Parallel()
	var u Unread
	at := time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)
	packet := func(stamp uint32) *rtp.Packet {
		return &rtp.Packet{Header: rtp.Header{Timestamp: stamp, Marker: true}}
	}
	if got := u.Came(packet(0), at); !got.Equal(at) {
		t.Errorf("the first packet came at %v", got)
	}
	read := at.Add(time.Second)
	if got, want := u.Came(packet(3600), read), at.Add(apart); got.Sub(want).Abs() > 2*time.Millisecond {
		t.Errorf("a packet that waited came at %v, want %v", got, want)
	}
	u.NothingAt(read.Add(900 * time.Millisecond))
	if got, want := u.Came(packet(7200), read.Add(time.Second)), read.Add(900*time.Millisecond); !got.Equal(want) {
		t.Errorf("a packet that was late before it came, came at %v, want %v", got, want)
	}
}
