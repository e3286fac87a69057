package video

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"guardroom/devices/repack"
	"guardroom/devices/rtsp"
)

// Status is how a feed, or what a viewer sees of it, is.
type Status string

// The statuses.
const (
	Idle       Status = "idle"       // nobody asked for it
	Connecting Status = "connecting" // asked for, no picture yet
	Live       Status = "live"
	Delayed    Status = "delayed" // a viewer's only: pictures are left out until it has caught up
	Frozen     Status = "frozen"  // packets come, the picture does not change
	Lost       Status = "lost"
)

// State is how a feed is at one moment.
type State struct {
	Status  Status
	Since   time.Time     // it is so
	At      time.Time     // of the newest picture; zero when there was none
	Age     time.Duration // of it, now
	Alarm   bool          // frozen or lost for so long that somebody has to be told
	Viewers int
	Format  rtsp.Format
	Fault   rtsp.Fault // why it is lost, or what is wrong with a picture that goes on; zero where that is not known
}

// patience is how long viewers wait for a source before it is called lost.
const patience = 10 * time.Second

// Packets go to viewers when a picture ends, and before that when so many or for
// so long they were held: a keyframe on a slow line need not arrive whole.
const (
	heldPackets = 32
	heldFor     = 2 * time.Millisecond
)

// waiting is how long a packet waits in this machine before that is no chance.
const waiting = 100 * time.Millisecond

// A Feed is one stream of one camera. It is the Sink of whoever brings it; only
// one source at a time may.
type Feed struct {
	ID     string
	server *Server

	mu       sync.RWMutex // guards all to the next empty line
	ring     *ring
	packer   *repack.Packer
	timeline timeline
	lag      rtsp.Lag      // of the source's connection
	behind   time.Duration // how long the newest packet waited in this machine
	format   rtsp.Format
	health   *rtsp.Health
	open     bool // a source is there
	fault    rtsp.Fault
	unit     uint32
	run      uint32
	next     uint16 // sequence number that the source's next packet has
	begun    bool   // next is known
	ended    bool   // the packet before carried a marker
	held     int    // packets that viewers were not woken for
	woken    time.Time
	turn     int       // who is woken first
	watched  time.Time // since then there are viewers; zero while there are none
	watching int       // sessions
	status   Status    // as last told
	since    time.Time
	tellers  []func(State)
	source   *Session // the gateway that pushes; nil when the console pulls

	viewers atomic.Pointer[[]*viewer] // that are connected
}

var _ rtsp.Sink = (*Feed)(nil)

func newFeed(s *Server, id string) *Feed {
	now := s.now()
	return &Feed{
		ID: id, server: s, ring: newRing(s.o.GOPBytes), packer: repack.New(repack.Payload),
		health: rtsp.NewHealth(now), status: Idle, since: now,
		fault: rtsp.Fault{Code: rtsp.Stopped},
	}
}

// Opened says what the source brings; see rtsp.Sink.
func (f *Feed) Opened(format rtsp.Format) {
	now := f.server.now()
	f.mu.Lock()
	if !f.open {
		if f.fault.Code == rtsp.Stopped {
			f.health = rtsp.NewHealth(now)
		}
		f.open, f.fault, f.begun, f.ended = true, rtsp.Fault{}, false, true
		f.lag, f.behind = rtsp.Lag{}, 0
		f.timeline.resume()
		f.run++
		f.ring.cut()
	} else if format.Codec != f.format.Codec {
		f.run++
		f.ring.cut()
	}
	f.format = format
	f.packer.Format(format)
	f.health.Opened(format)
	f.mu.Unlock()
	f.server.look()
}

// fresh says, with mu held, that the newest keyframe is of the source that is
// there now: what an earlier one left is the past, and nobody is shown it first.
func (f *Feed) fresh() bool {
	return f.open && f.ring.hasKey && f.ring.slot(f.ring.key).run == f.run
}

// Packet takes the source's next packet; see rtsp.Sink.
func (f *Feed) Packet(p *rtp.Packet, at time.Time) {
	f.mu.Lock()
	f.health.Packet(p, at)
	if !f.inOrder(p.SequenceNumber, at) {
		f.mu.Unlock()
		return
	}
	stamp, begins := f.timeline.stamp(p.Timestamp, f.ended, at)
	if begins {
		f.unit++
		f.ring.begin()
		f.packer.Begin()
	}
	f.ended = p.Marker
	now := f.server.now()
	f.behind = now.Sub(at)
	due := now.Add(-f.lag.Packet(p, now, f.behind > waiting))
	out := packet{at: at.UnixNano(), due: min(at.UnixNano(), due.UnixNano()), stamp: stamp, unit: f.unit, run: f.run, h265: f.format.Codec == rtsp.H265}
	key := f.ring.key
	f.packer.Packet(p, func(piece repack.Piece) {
		out.payload, out.marker, out.key = piece.Payload, piece.Marker, piece.Key
		f.ring.add(out)
		f.held++
	})
	if p.Marker {
		f.ring.finish()
	}
	wake := f.held > 0 && (p.Marker || f.held >= heldPackets || at.Sub(f.woken) >= heldFor)
	if wake {
		f.held, f.woken = 0, at
	}
	if f.ring.key != key {
		f.turn++
	}
	turn := f.turn
	f.mu.Unlock()
	if wake {
		f.wake(turn)
	}
}

// inOrder notices what was lost on the way from the camera. Viewers see a gap in
// their own sequence, so that a player knows that the picture is damaged.
func (f *Feed) inOrder(seq uint16, at time.Time) bool {
	missing := seq - f.next
	if f.begun && missing >= 0xff00 {
		return false // once more, or too late
	}
	if f.begun && missing != 0 {
		f.packer.Drop()
		f.ring.add(packet{stamp: f.timeline.out, unit: f.unit, run: f.run, at: at.UnixNano(), due: at.UnixNano()})
	}
	f.begun, f.next = true, seq+1
	return true
}

// Closed says that the source is gone; see rtsp.Sink. Viewers stay.
func (f *Feed) Closed(fault rtsp.Fault) {
	f.mu.Lock()
	f.open, f.fault = false, fault
	f.packer.Drop()
	f.mu.Unlock()
	f.server.look()
}

// wake has viewers look for what there is. Where not all are in time for a
// keyframe, it is another third of them each time.
func (f *Feed) wake(turn int) {
	viewers := f.viewers.Load()
	if viewers == nil {
		return
	}
	n := len(*viewers)
	first := turn % 3 * n / 3
	for i := range n {
		(*viewers)[(first+i)%n].nudge()
	}
}

// Snapshot returns the newest whole keyframe with its parameter sets, in Annex B
// (start codes before each unit), and when the machine read it.
func (f *Feed) Snapshot() (codec rtsp.Codec, unit []byte, at time.Time, ok bool) {
	f.mu.RLock()
	picture := f.ring.picture
	f.mu.RUnlock()
	codec, unit, ns, ok := still(picture)
	return codec, unit, time.Unix(0, ns), ok
}

// State reports the feed now.
func (f *Feed) State() State { return f.at(f.server.now()) }

// OnState has told called with each change of status, viewers, format and fault,
// one at a time and soon after; not with what is already so.
func (f *Feed) OnState(told func(State)) {
	f.mu.Lock()
	f.tellers = append(f.tellers, told)
	f.mu.Unlock()
}

func (f *Feed) at(now time.Time) State {
	f.mu.RLock()
	defer f.mu.RUnlock()
	report := f.health.At(now.Add(pulse)) // so that it is labelled in time, not at the first look after it
	s := State{Viewers: f.watching, Format: f.format, Alarm: report.Alarm}
	if len(f.ring.picture) > 0 || report.Condition == rtsp.Live || report.Condition == rtsp.Frozen {
		s.At = report.Since
		s.Age = now.Sub(report.Since)
	}
	switch {
	case f.open:
		s.Status = Status(report.Condition)
	case f.fault.Code != rtsp.Stopped:
		s.Status, s.Fault = Lost, f.fault
	case f.watching == 0:
		s.Status, s.Alarm = Idle, false
	case now.Sub(f.watched) < patience:
		s.Status, s.Alarm = Connecting, false
	default:
		s.Status = Lost
	}
	if f.open && f.format.BFrames && (s.Status == Live || s.Status == Frozen) {
		s.Fault = rtsp.Fault{Code: rtsp.BFrames, Text: rtsp.Words(rtsp.BFrames)}
	}
	s.Since = now
	if s.Status == f.status {
		s.Since = f.since
	}
	return s
}

// settle keeps what at found, for those who are told next.
func (f *Feed) settle(s State) (tellers []func(State), changed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	changed = f.status != s.Status
	f.status, f.since = s.Status, s.Since
	return slices.Clone(f.tellers), changed
}

// watch counts a session in (1) or out (-1).
func (f *Feed) watch(n int) {
	f.mu.Lock()
	f.watching += n
	switch {
	case f.watching == 0:
		f.watched = time.Time{}
	case f.watched.IsZero():
		f.watched = f.server.now()
	}
	f.mu.Unlock()
	f.server.look()
}

// join has v woken for new packets.
func (f *Feed) join(v *viewer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var next []*viewer
	if old := f.viewers.Load(); old != nil {
		next = slices.Clone(*old)
	}
	next = append(next, v)
	f.viewers.Store(&next)
}

func (f *Feed) leave(v *viewer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if old := f.viewers.Load(); old != nil {
		next := slices.DeleteFunc(slices.Clone(*old), func(o *viewer) bool { return o == v })
		f.viewers.Store(&next)
	}
}
