package video

import (
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// What a viewer is spared.
const (
	// tooFar is how much longer than usual a path may take there and back, before
	// a viewer is cut because its pictures queue on the way.
	tooFar = 300 * time.Millisecond

	// hurry is how long the past of a group of pictures may take to be sent.
	hurry = 2 * time.Second

	// So many cuts for a slow path within this time, and for as long only keyframes
	// are sent.
	cutsToThin = 3
	thinFor    = 10 * time.Second

	// A keyframe that is asked for sooner after the one before is on its way.
	keyAgain = 300 * time.Millisecond

	// mostAsked is how many lost packets are remembered to be sent again.
	mostAsked = 512
)

// A viewer's packets leave in bursts of so many bytes at once and so many in a
// millisecond, some 100 Mbit/s: buffers on the way hold some 90 packets.
const (
	burst    = 32 << 10
	perMilli = 12 << 10
)

// A packet that was sent again is on its way for a while, and one that is older
// than oldest would come too late.
const (
	againAfter = 25 * time.Millisecond
	oldest     = time.Second
)

// tooLossy is how much of 256 packets may be lost, twice in a row, before a viewer
// is cut: what is sent again only adds to what the way cannot carry.
const tooLossy = 64

// viewer is what one session is sent. Its goroutine owns all that is not said to
// be another's.
type viewer struct {
	session *Session
	wake    chan struct{}

	// set before the goroutine starts
	out    webrtc.TrackLocalWriter
	agreed []webrtc.RTPCodecParameters
	source uint32 // SSRC
	again  uint32 // SSRC of retransmissions; zero without
	lane   *lane

	feed      *Feed
	coming    *Feed // that is gone over to when it has a keyframe
	ring      *ring
	at        uint64 // position of the packet that is next
	spans     spans
	choice    choice
	fits      bool // the viewer can show the feed's codec
	header    rtp.Header
	batch     []packet
	seq       uint16
	running   uint32         // of the source, that is sent
	given     uint64         // position of the keyframe that was sent last
	times     int            // how often, because the player was lost
	copied    []byte         // a retransmission in the making
	sentAgain [256]sentAgain // by sequence number
	repeated  uint16         // its number

	waiting  bool   // for a keyframe
	after    uint64 // at or after this position
	hurries  bool   // and may be sent what came since, however late it is
	catching bool   // sends what is past
	until    uint64 // this position
	alone    bool   // because an old keyframe is better than none
	since    time.Time
	keyed    time.Time // when a keyframe was begun
	sent     time.Time // when something was sent last
	rest     time.Time // nothing is sent before: what queues on the way runs off
	thin     time.Time // only keyframes until then
	recent   [cutsToThin]time.Time
	scarce   scarcity
	budget   int
	refilled time.Time
	reported time.Time
	told     time.Time
	teller   teller

	mu    sync.Mutex // guards what other goroutines leave here
	asked []uint16
	lost  bool // the player is: it wants a keyframe
	next  *Feed
	quick time.Duration // shortest way there and back
	slow  time.Duration // and how much longer it takes now, where that is too long

	count counts
}

// counts are read by anybody.
type counts struct {
	packets, bytes, again, cuts atomic.Uint64
	stamp                       atomic.Uint32 // of the newest packet, the viewer's time
	at                          atomic.Int64  // when it was due
	lag                         atomic.Int64  // how late it came, ns
	way                         atomic.Int64  // there and back, ns
	lossy                       atomic.Uint32 // of 256 packets
}

func newViewer(one *Session, f *Feed) *viewer {
	return &viewer{session: one, feed: f, ring: f.ring, wake: make(chan struct{}, 1), seq: uint16(rand.Uint32()), waiting: true, hurries: true}
}

// nudge lets the viewer look for something to do.
func (v *viewer) nudge() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// run sends until the session ends.
func (v *viewer) run() {
	v.lane = v.session.server.port.openLane(v.source, v.again)
	defer v.session.server.port.closeLane(v.lane)
	v.header = rtp.Header{Version: 2, SSRC: v.source}
	v.batch = make([]packet, mostSegments)
	v.feed.join(v)
	defer func() {
		v.prepare(v.feed)
		v.feed.leave(v)
	}()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	v.nudge()
	for {
		select {
		case <-v.session.done:
			return
		case <-v.wake:
		case <-timer.C:
		}
		if again := v.work(); again > 0 {
			timer.Reset(again)
		}
	}
}

// work sends what may be sent now, and returns when to look again without being
// woken; zero is never.
func (v *viewer) work() time.Duration {
	now := time.Now()
	v.heed(now)
	defer v.report()
	for {
		if v.waiting {
			if wait := v.rest.Sub(now); wait > 0 {
				return wait
			}
			if !v.begin(now) {
				return 0
			}
		}
		v.feed.mu.RLock()
		n := v.ring.read(v.at, v.batch[:v.session.server.strain.atOnce(now, len(v.batch))])
		head, key, hasKey := v.ring.head, v.ring.key, v.ring.hasKey
		v.feed.mu.RUnlock()
		switch {
		case n == 0 && v.at < head:
			v.strained(now)
			continue
		case n == 0:
			v.catching = false
			return 0
		case v.catching && hasKey && key > v.at, v.catching && now.Sub(v.since) > hurry:
			v.waiting, v.after = true, v.at
			if key <= v.at {
				v.strained(now)
			}
			continue
		case !v.catching && now.UnixNano()-v.batch[0].at > int64(v.session.server.strain.limit(now)):
			if v.alone {
				v.cut(now) // as was to be expected
			} else {
				v.strained(now)
			}
			continue
		case now.Before(v.thin) && !v.batch[0].key, v.batch[0].run != v.running:
			v.waiting, v.catching, v.after = true, false, v.at
			continue
		}
		sent, err := v.send(v.batch[:n], now)
		if errors.Is(err, io.ErrClosedPipe) {
			v.session.end()
			return 0
		}
		v.catching = v.catching && v.at < v.until
		v.alone = v.alone && v.at <= v.until
		now = time.Now()
		if sent < n && now.Sub(v.refilled) < time.Millisecond {
			return time.Millisecond
		}
	}
}

// heed takes what others left.
func (v *viewer) heed(now time.Time) {
	v.mu.Lock()
	asked, lost, next, slow := v.asked, v.lost, v.next, v.slow
	v.asked, v.lost, v.next, v.slow = nil, false, nil, 0
	v.mu.Unlock()
	if next != nil {
		v.prepare(next)
	}
	if v.coming != nil {
		v.change()
	}
	if slow > 0 && !v.waiting {
		v.slowed(now, slow)
	}
	if lost && !v.waiting && now.Sub(v.keyed) > keyAgain {
		v.rescue()
	}
	if len(asked) > 0 {
		v.resend(asked, now)
	}
}

// mostRescues is how often a lost player is sent the same keyframe and what
// follows it. If that does not help, only another one will.
const mostRescues = 2

// rescue gives a lost player the newest keyframe; the next one where something
// after the newest is missing here as well.
func (v *viewer) rescue() {
	v.feed.mu.RLock()
	key, holed := v.ring.key, v.ring.holed
	v.feed.mu.RUnlock()
	if key != v.given {
		v.times = 0
	}
	v.waiting, v.catching, v.hurries, v.after = true, false, true, 0
	if v.times++; holed || v.times > mostRescues {
		v.after = max(v.at, key+1)
	}
}

// prepare has the viewer woken by the feed that it goes over to.
func (v *viewer) prepare(next *Feed) {
	if v.coming != nil {
		v.coming.leave(v)
		v.coming = nil
	}
	if next != v.feed {
		v.coming = next
		next.join(v)
	}
}

// change goes over to the coming feed when it has a keyframe. The player notices
// nothing but another size.
func (v *viewer) change() {
	v.coming.mu.RLock()
	ready := v.coming.fresh()
	v.coming.mu.RUnlock()
	if !ready {
		return
	}
	v.feed.leave(v)
	v.feed, v.ring, v.coming = v.coming, v.coming.ring, nil
	v.waiting, v.after, v.catching, v.hurries = true, 0, false, true
}

// strained cuts a viewer because this machine does not keep up.
func (v *viewer) strained(now time.Time) {
	v.session.server.strain.feel(now)
	v.cut(now)
}

// cut leaves out what is late. What comes next is a keyframe that the viewer was
// not sent yet.
func (v *viewer) cut(now time.Time) {
	v.waiting, v.catching, v.alone, v.hurries, v.after = true, false, false, false, v.at
	v.scarce.note(now)
	v.count.cuts.Add(1)
}

// slowed cuts a viewer because pictures queue on their way to it, for so long.
func (v *viewer) slowed(now time.Time, queue time.Duration) {
	v.cut(now)
	v.hurries = true // this machine keeps up
	v.rest = now.Add(min(queue, time.Second))
	copy(v.recent[:], v.recent[1:])
	v.recent[cutsToThin-1] = now
	if now.Sub(v.recent[0]) < thinFor {
		v.thin = now.Add(thinFor)
	}
}

// begin takes the newest keyframe, and squeezes what is past together.
func (v *viewer) begin(now time.Time) bool {
	v.feed.mu.RLock()
	defer v.feed.mu.RUnlock()
	r := v.ring
	if !v.feed.fresh() || r.key < v.after {
		return false
	}
	key, newest := r.slot(r.key), r.slot(r.head-1)
	strain := &v.session.server.strain
	late := now.UnixNano()-key.at > int64(strain.limit(now))
	hurries := v.hurries && !strain.felt(now)
	if late && !v.hurries && now.Sub(v.sent) < strain.blank() {
		return false
	}
	format := v.feed.format
	if v.choice, v.fits = choose(v.agreed, format); !v.fits {
		return false
	}
	past := newest.unit - key.unit
	next := span{ring: r, from: r.key, to: r.key, seq: v.seq, live: newest.unit, stamp: newest.stamp, step: clockRate / 1000}
	if len(v.spans) == 0 {
		next.shift = rand.Uint32()
	} else {
		last := v.spans[len(v.spans)-1]
		next.shift = last.shift
		if last.ring != r { // another feed has another clock
			passed := uint32(max(0, now.UnixNano()-v.count.at.Load()) * 9 / 100000)
			next.shift = v.count.stamp.Load() + passed - newest.stamp
		}
		next.step = max(1, min(next.step, clockRate/100/(past+1)))
		if ahead := int32(v.count.stamp.Load() + next.step - next.time(key)); ahead > 0 {
			next.shift += uint32(ahead)
		}
	}
	if n := len(v.spans); n > 0 && !v.catching && v.spans[n-1].ring == r && v.running == key.run && r.key > v.at {
		v.scarce.note(now) // what lies between is left out
	}
	v.spans.add(next)
	v.hurries = false
	v.at, v.waiting, v.running, v.given = r.key, false, key.run, r.key
	v.catching, v.until, v.since, v.keyed = hurries && past > 0 || late, r.head, now, now
	if v.alone = late && !hurries; v.alone {
		v.until = r.end(r.key)
	}
	return true
}

// send sends as many of batch as may leave now.
func (v *viewer) send(batch []packet, now time.Time) (sent int, err error) {
	if passed := now.Sub(v.refilled); passed > 0 {
		v.budget = int(min(burst, int64(v.budget)+int64(passed)*perMilli/int64(time.Millisecond)))
		v.refilled = now
	}
	current := &v.spans[len(v.spans)-1]
	var bytes, packets uint64
	v.lane.gather()
	for i := range batch {
		p := &batch[i]
		if v.budget <= 0 {
			break
		}
		if v.unwanted(p, now) {
			break
		}
		if p.payload != nil {
			if err = v.write(current, p, v.at); err != nil {
				break
			}
			packets++
			bytes += uint64(len(p.payload))
			v.budget -= len(p.payload) + 56
		}
		v.at++
		current.to = v.at
		v.seq++
		sent++
	}
	v.lane.flush()
	if sent > 0 {
		p := &batch[sent-1]
		v.count.packets.Add(packets)
		v.count.bytes.Add(bytes)
		v.count.stamp.Store(current.time(p))
		v.count.at.Store(p.due)
		v.count.lag.Store(p.at - p.due)
		v.sent = now
	}
	if sent < len(batch) && v.unwanted(&batch[sent], now) { // not for want of budget
		v.waiting, v.after = true, v.at
		return len(batch), err
	}
	return sent, err
}

// unwanted says that p cannot follow what was sent: a keyframe has to come first.
func (v *viewer) unwanted(p *packet, now time.Time) bool {
	return p.run != v.running || now.Before(v.thin) && !p.key
}

func (v *viewer) write(s *span, p *packet, at uint64) error {
	v.header.Marker = p.marker
	v.header.PayloadType = uint8(v.choice.plain)
	v.header.SequenceNumber = s.number(at)
	v.header.Timestamp = s.time(p)
	_, err := v.out.WriteRTP(&v.header, p.payload)
	return err
}

// sentAgain is a packet that was, and when.
type sentAgain struct {
	seq uint16
	at  time.Time
}

// resend sends lost packets again, as far as they are still there and of use.
func (v *viewer) resend(asked []uint16, now time.Time) {
	var p [1]packet
	v.lane.gather()
	defer v.lane.flush()
	for _, seq := range asked {
		last := &v.sentAgain[seq%256]
		s, at, ok := v.spans.find(seq)
		if !ok || s.ring != v.ring || last.seq == seq && now.Sub(last.at) < againAfter {
			continue
		}
		v.feed.mu.RLock()
		n := s.ring.read(at, p[:])
		v.feed.mu.RUnlock()
		if n == 0 || p[0].payload == nil || now.UnixNano()-p[0].at > int64(oldest) && !v.catching {
			continue
		}
		*last = sentAgain{seq, now}
		v.count.again.Add(1)
		if v.again == 0 || v.choice.again == 0 {
			_ = v.write(s, &p[0], at)
			continue
		}
		// RFC 4588: the old number leads the payload.
		v.copied = append(append(v.copied[:0], byte(seq>>8), byte(seq)), p[0].payload...)
		v.repeated++
		_, _ = v.out.WriteRTP(&rtp.Header{
			Version: 2, SSRC: v.again, PayloadType: uint8(v.choice.again), Marker: p[0].marker,
			SequenceNumber: v.repeated, Timestamp: s.time(&p[0]),
		}, v.copied)
	}
}
