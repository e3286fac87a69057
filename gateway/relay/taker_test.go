package relay

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"pgregory.net/rapid"

	"guardroom/devices/rtsp"
)

// A lens feeds a stream with pictures of some packets at the test's own times.
type lens struct {
	s      *Stream
	at     time.Time
	number uint16
	stamp  uint32
}

func newLens() *lens {
	at := time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)
	l := &lens{s: NewStream(at, nil), at: at}
	l.s.Opened(rtsp.Format{Codec: rtsp.H264})
	return l
}

func (l *lens) packet(kind byte, marker bool) {
	l.number++
	l.s.Packet(&rtp.Packet{
		Header:  rtp.Header{SequenceNumber: l.number, Timestamp: l.stamp, Marker: marker},
		Payload: []byte{kind, 0x88, byte(l.number), byte(l.number >> 8)},
	}, l.at)
}

// picture of so many packets; a key picture has parameter sets before it.
func (l *lens) picture(key bool, packets int) {
	l.at, l.stamp = l.at.Add(40*time.Millisecond), l.stamp+3600
	if key {
		l.packet(0x67, false)
		l.packet(0x68, false)
	}
	for i := range packets {
		kind := byte(0x41)
		if key {
			kind = 0x65
		}
		l.packet(kind, i == packets-1)
	}
}

func isSPS(q queued) bool { return q.packet.Payload[0] == 0x67 }

// Whoever takes gets the packets in order; what is left out ends before a key
// picture, and what waits is never older than it may be.
func TestWhatIsLeftOutEndsBeforeAKeyPicture(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLens()
		for range rapid.IntRange(0, 30).Draw(t, "pictures before") {
			l.picture(rapid.IntRange(0, 9).Draw(t, "key") == 0, rapid.IntRange(1, 6).Draw(t, "packets"))
		}
		taker, leave := l.s.take(l.at)
		defer leave()
		var last uint16
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			if rapid.IntRange(0, 9).Draw(t, "takes") < 3 {
				for _, q := range l.s.taken(taker) {
					if q.packet.SequenceNumber != last+1 || last == 0 {
						if !isSPS(q) || !q.begins || !q.after {
							t.Fatalf("packet %d follows %d and begins no key picture", q.packet.SequenceNumber, last)
						}
					}
					last = q.packet.SequenceNumber
				}
				continue
			}
			l.picture(rapid.IntRange(0, 9).Draw(t, "key") == 0, rapid.IntRange(1, 6).Draw(t, "packets"))
			if n := len(taker.queue); n > 0 && l.at.Sub(taker.queue[0].came) > behind {
				t.Fatalf("what waits is %v old", l.at.Sub(taker.queue[0].came))
			}
			if taker.lost && len(taker.queue) > 0 {
				t.Fatal("something waits that nobody can use")
			}
		}
	})
}

func TestATakerThatIsSlowGoesOnWithTheNewestKeyPicture(t *testing.T) {
	t.Parallel()
	l := newLens()
	l.picture(true, 3)
	taker, leave := l.s.take(l.at)
	defer leave()
	if got := l.s.taken(taker); len(got) != 5 || !isSPS(got[0]) {
		t.Fatalf("%d packets, want the key picture with its parameter sets", len(got))
	}
	for range 4 {
		l.picture(false, 2)
	}
	l.picture(true, 3)
	for range 7 {
		l.picture(false, 2) // by now what came first is too old, and the key picture is not
	}
	got := l.s.taken(taker)
	if len(got) != 5+7*2 || !isSPS(got[0]) || !got[0].begins {
		t.Errorf("%d packets, want the newest key picture and what follows", len(got))
	}
	for range 20 {
		l.picture(false, 2)
	}
	if got := l.s.taken(taker); len(got) > 0 {
		t.Errorf("%d packets that nobody can show", len(got))
	}
	l.picture(true, 3)
	if got := l.s.taken(taker); len(got) != 5 || !isSPS(got[0]) || !got[0].begins {
		t.Errorf("%d packets, want the next key picture", len(got))
	}
}

func TestAStreamBeforeItsFirstKeyPictureHandsNothingOn(t *testing.T) {
	t.Parallel()
	l := newLens()
	l.picture(false, 2)
	taker, leave := l.s.take(l.at)
	l.picture(false, 2)
	if got := l.s.taken(taker); len(got) > 0 {
		t.Errorf("%d packets before a key picture", len(got))
	}
	l.picture(true, 1)
	if got := l.s.taken(taker); len(got) != 3 {
		t.Errorf("%d packets, want a key picture", len(got))
	}
	leave()
	l.picture(true, 1)
	if got := l.s.taken(taker); len(got) > 0 {
		t.Error("who left is given more")
	}
}
