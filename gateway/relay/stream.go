// Package relay is where a camera's packets meet those who want them: the
// recorder, always, and the console, for as long as somebody watches there.
//
//	camera ─▶ devices/rtsp ─▶ Stream ─▶ recorder
//	                              └───▶ Push ─▶ WHIP ─▶ console
//
// One connection to the camera, and one push to the console, whatever the number
// of viewers.
package relay

import (
	"sync"
	"time"

	"github.com/pion/rtp"

	"guardroom/devices/picture"
	"guardroom/devices/rtsp"
)

// Stream is one stream of a camera; an rtsp.Sink. It keeps the newest group of
// pictures, so that a push begins with a whole picture at once.
type Stream struct {
	health *rtsp.Health
	also   rtsp.Sink // the recorder; may be nil

	mu      sync.Mutex
	format  rtsp.Format
	opened  bool
	fault   *rtsp.Fault
	group   []*rtp.Packet // from the first packet of the newest key picture on
	bytes   int
	unit    int    // where in group the unit that is coming in begins
	stamp   uint32 // of that unit
	any     bool
	keyed   bool // that unit has a key picture, and group begins with it
	whole   bool // group begins with a key picture
	takers  map[*taker]struct{}
	packets uint64
}

// maxGroup bounds the group of pictures that is kept.
const maxGroup = 4 << 20

// NewStream makes a stream that feeds also, too, which may be nil.
func NewStream(now time.Time, also rtsp.Sink) *Stream {
	return &Stream{health: rtsp.NewHealth(now), also: also, takers: map[*taker]struct{}{}}
}

// Opened is told what comes.
func (s *Stream) Opened(f rtsp.Format) {
	s.health.Opened(f)
	s.mu.Lock()
	if f.Codec != s.format.Codec || !s.opened {
		s.forget()
	}
	s.format, s.opened, s.fault = f, true, nil
	s.mu.Unlock()
	if s.also != nil {
		s.also.Opened(f)
	}
}

// Packet hands a packet on.
func (s *Stream) Packet(p *rtp.Packet, at time.Time) {
	s.health.Packet(p, at)
	s.mu.Lock()
	s.packets++
	key := s.keep(p)
	for t := range s.takers {
		s.hand(t, p, at, key)
	}
	s.mu.Unlock()
	if s.also != nil {
		s.also.Packet(p, at)
	}
}

// Closed is told why the camera is away.
func (s *Stream) Closed(f rtsp.Fault) {
	s.mu.Lock()
	s.opened, s.fault = false, &f
	s.forget()
	for t := range s.takers {
		t.lost = true
	}
	s.mu.Unlock()
	if s.also != nil {
		s.also.Closed(f)
	}
}

func (s *Stream) forget() {
	s.group, s.bytes, s.unit, s.any, s.keyed, s.whole = nil, 0, 0, false, false, false
}

// keep adds a packet to the group of pictures, which begins anew with the first
// packet of each unit that holds a key picture: its parameter sets come with it.
// It returns whether p is the packet by which that is known.
func (s *Stream) keep(p *rtp.Packet) (key bool) {
	if !s.any || p.Timestamp != s.stamp {
		s.any, s.stamp, s.unit, s.keyed = true, p.Timestamp, len(s.group), false
	}
	s.group = append(s.group, p)
	s.bytes += len(p.Payload)
	if !s.keyed && picture.Key(s.format.Codec, p.Payload) {
		key, s.keyed, s.whole = true, true, true
		s.group = append([]*rtp.Packet(nil), s.group[s.unit:]...)
		s.unit, s.bytes = 0, 0
		for _, one := range s.group {
			s.bytes += len(one.Payload)
		}
	}
	switch {
	case !s.whole && s.unit > 0: // nobody can begin with these
		s.group = append(s.group[:0], s.group[s.unit:]...)
		s.unit, s.bytes = 0, 0
	case s.bytes > maxGroup:
		s.group, s.unit, s.bytes, s.whole = nil, 0, 0, false
	}
	return key
}

// Report says how the stream is, and why it is not live.
func (s *Stream) Report(now time.Time) (rtsp.Report, *rtsp.Fault) {
	r := s.health.At(now)
	s.mu.Lock()
	defer s.mu.Unlock()
	return r, s.fault
}

// Format is what the camera sends; ok is false while it is away.
func (s *Stream) Format() (f rtsp.Format, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.format, s.opened
}
