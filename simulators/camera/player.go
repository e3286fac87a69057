package camera

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/pion/rtp"
)

// player paces one stream of a camera for as long as somebody watches it.
type player struct {
	camera *Camera
	sub    bool
	media  *description.Media
	stream *gortsplib.ServerStream

	mu       sync.Mutex
	watchers map[*gortsplib.ServerSession]bool
	stop     context.CancelFunc // of the goroutine that plays; nil when none does

	// What follows belongs to the goroutine that plays, and stays when it rests.
	clip     *Clip
	next     int // picture
	lap      int // pictures of the laps before
	sequence uint16
	stamp    uint32 // of the clip's first picture of the first lap
	offset   uint32 // that a fault adds
	sent     uint32 // newest time stamp
	sentAt   time.Time
	frames   int
}

func (p *player) enter(s *gortsplib.ServerSession) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watchers == nil {
		p.watchers = map[*gortsplib.ServerSession]bool{}
	}
	p.watchers[s] = true
	if p.stop == nil {
		var ctx context.Context
		ctx, p.stop = context.WithCancel(p.camera.ctx)
		done := make(chan struct{})
		stop := p.stop
		p.stop = func() { stop(); <-done }
		p.camera.work.Go(func() { defer close(done); p.play(ctx) })
	}
}

func (p *player) leave(s *gortsplib.ServerSession) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.watchers, s)
	if len(p.watchers) == 0 && p.stop != nil {
		p.stop()
		p.stop = nil
	}
}

func (p *player) watching() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.watchers)
}

func (p *player) sessions() (list []*gortsplib.ServerSession) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.watchers {
		list = append(list, s)
	}
	return list
}

// mood is what a camera's state asks of a stream at one moment.
type mood struct {
	clip                       *Clip
	freeze, stall, stand, jump bool
	loss                       int // percent
}

func (c *Camera) mood(sub bool) mood {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.head.view(c.o.Now())
	m := mood{clip: v.Main, freeze: c.faults.has(Freeze), stall: c.faults.has(Stall), stand: c.faults.has(TimeStand), jump: c.faults.has(TimeJump)}
	if sub {
		m.clip = v.Sub
	}
	if c.faults.has(BFrames) {
		m.clip = c.odd.bframes
	}
	if c.faults.has(Loss) {
		m.loss = c.faults.loss
	}
	return m
}

const settle = 20 * time.Millisecond

// ticks counts those of the RTP clock, which wraps.
func ticks(d time.Duration) uint32 {
	return uint32(int64(d%(12*time.Hour)) * clockRate / int64(time.Second)) //nolint:gosec // time stamps wrap
}

// play begins with a keyframe and keeps the pace of the clip, whatever sending
// costs. It ends when nobody watches.
func (p *player) play(ctx context.Context) {
	// The session that woke the stream takes packets only after PLAY is answered,
	// and the first one is the keyframe.
	due := time.Now().Add(settle)
	p.stamp = p.sent + ticks(due.Sub(p.sentAt)) // time went on while nobody watched
	p.clip, p.offset = nil, 0
	wait := time.NewTimer(settle)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wait.C:
		}
		m := p.camera.mood(p.sub)
		p.cut(m.clip)
		p.show(m)
		due = due.Add(time.Duration(p.clip.step) * time.Second / clockRate)
		if late := time.Since(due); late > time.Second {
			due = due.Add(late) // the machine slept: go on from here, without a burst
		}
		wait.Reset(time.Until(due))
	}
}

// cut changes to another clip, at its first keyframe and with time going on.
func (p *player) cut(to *Clip) {
	if p.clip == to {
		return
	}
	if p.clip != nil {
		p.stamp += uint32(p.lap+p.next) * p.clip.step //nolint:gosec // time stamps wrap
	}
	p.clip, p.next, p.lap = to, 0, 0
}

const (
	jumpEvery = 5  // seconds
	jumpBy    = 20 // seconds
	freezeFor = 5  // pictures of the clip to one that is sent frozen
)

func (p *player) show(m mood) {
	now := p.clip.pictures[p.next]
	stamp := p.stamp + uint32(p.lap+now.display)*p.clip.step //nolint:gosec // time stamps wrap
	p.frames++
	if second := int(clockRate / p.clip.step); m.jump && p.frames%(jumpEvery*second) == 0 {
		if p.offset == 0 {
			p.offset = jumpBy * clockRate
		} else {
			p.offset = 0
		}
	} else if !m.jump {
		p.offset = 0
	}
	if stamp += p.offset; m.stand {
		stamp = p.sent
	}
	switch {
	case m.stall:
	case m.freeze:
		if p.frames%freezeFor == 0 {
			p.send(p.clip.pictures[0], p.stamp+p.offset+uint32(p.lap+p.next)*p.clip.step, m.loss) //nolint:gosec // time stamps wrap
		}
	default:
		p.send(now, stamp, m.loss)
	}
	if p.next++; p.next == len(p.clip.pictures) {
		p.lap += p.next
		p.next = 0
	}
}

func (p *player) send(what picture, stamp uint32, loss int) {
	p.sent, p.sentAt = stamp, time.Now()
	for i, payload := range what.payloads {
		p.sequence++
		if loss > 0 && rand.IntN(100) < loss {
			continue
		}
		// A session that is too slow or gone is the server's to end.
		_ = p.stream.WritePacketRTP(p.media, &rtp.Packet{
			Header: rtp.Header{
				Version: 2, PayloadType: payloadType, SequenceNumber: p.sequence,
				Timestamp: stamp, Marker: i == len(what.payloads)-1,
			},
			Payload: payload,
		})
	}
}
