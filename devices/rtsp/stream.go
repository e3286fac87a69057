package rtsp

import (
	"bytes"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/mediacommon/v2/pkg/bits"
	"github.com/pion/rtp"
)

// stream hands the packets of one connection to the sink and keeps up with what
// they say about themselves.
type stream struct {
	sink    Sink
	format  Format
	order   order
	changed bool // by parameter sets that no picture has used yet
	packets atomic.Uint64
}

func newStream(f format.Format, sink Sink) *stream {
	s := &stream{sink: sink}
	switch f := f.(type) {
	case *format.H264:
		s.format = Format{Codec: H264, SPS: f.SPS, PPS: f.PPS}
	case *format.H265:
		s.format = Format{Codec: H265, VPS: f.VPS, SPS: f.SPS, PPS: f.PPS}
	}
	s.format.refresh()
	s.order.promised(s.format)
	return s
}

func (s *stream) open() {
	s.format.BFrames = s.order.reordered
	s.sink.Opened(s.format)
}

func (s *stream) packet(p *rtp.Packet, at time.Time) {
	s.packets.Add(1)
	picture := false
	eachUnit(s.format.Codec, p.Payload, func(u unit) {
		switch {
		case u.parameter != nil:
			s.learn(u)
		case u.picture:
			picture = true
			s.order.unit(s.format.Codec, u, p.Timestamp)
		}
	})
	if picture && s.changed {
		s.changed = false
		s.format.refresh()
		s.order.promised(s.format)
		s.open()
	} else if picture && s.order.reordered != s.format.BFrames {
		s.open()
	}
	s.sink.Packet(p, at)
}

// learn takes a parameter set from inside the stream. Streams with several
// picture parameter sets send them all each time; only the one that is known
// already can change.
func (s *stream) learn(u unit) {
	set := map[setKind]*[]byte{vps: &s.format.VPS, sps: &s.format.SPS, pps: &s.format.PPS}[u.set]
	if bytes.Equal(*set, u.parameter) || u.set == pps && *set != nil && s.number(*set) != s.number(u.parameter) {
		return
	}
	*set = bytes.Clone(u.parameter)
	s.changed = true
}

// number is the one of a picture parameter set (H.264 section 7.3.2.2, H.265
// section 7.3.2.3), the first thing after its header.
func (s *stream) number(set []byte) uint32 {
	at := 8
	if s.format.Codec == H265 {
		at = 16
	}
	if len(set)*8 <= at {
		return 0
	}
	id, err := bits.ReadGolombUnsigned(set[:min(len(set), 8)], &at)
	if err != nil {
		return 0
	}
	return id
}
