package video

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"guardroom/devices/repack"
	"guardroom/devices/rtsp"
)

// Push answers a gateway's offer: its picture feeds f until ctx ends or either
// side closes. A push before it ends with it: a gateway that comes again has lost
// the first.
func (s *Server) Push(ctx context.Context, f *Feed, offer string) (*Session, string, error) {
	one, err := s.session(f, s.push)
	if err != nil {
		return nil, "", err
	}
	answer, err := one.take(ctx, offer)
	if err != nil {
		one.Close()
		return nil, "", err
	}
	f.mu.Lock()
	before := f.source
	f.source = one
	f.mu.Unlock()
	if before != nil {
		before.Close()
	}
	return one, answer, nil
}

func (one *Session) take(ctx context.Context, offer string) (string, error) {
	if _, err := one.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		return "", err
	}
	one.pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { one.start(func() { one.receive(t) }) })
	one.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateFailed || state == webrtc.PeerConnectionStateClosed {
			one.end()
		}
	})
	answer, err := one.answer(offer)
	if err != nil {
		return "", err
	}
	if codecs := one.pc.GetTransceivers()[0].Receiver().GetParameters().Codecs; len(codecs) == 0 {
		return "", &InvalidError{Field: "offer", Reason: "has neither H.264 nor H.265"}
	}
	one.live(ctx)
	return answer, nil
}

// receive feeds what the gateway sends until it sends no more.
func (one *Session) receive(t *webrtc.TrackRemote) {
	in := incoming{feed: one.feed, format: rtsp.Format{Codec: rtsp.H264}}
	if strings.EqualFold(t.Codec().MimeType, webrtc.MimeTypeH265) {
		in.format.Codec = rtsp.H265
	}
	one.feed.Opened(in.format)
	for {
		began := time.Now()
		p, _, err := t.ReadRTP()
		if err != nil {
			break
		}
		if time.Since(began) >= rtsp.Waited {
			in.unread.NothingAt(began)
		}
		if len(p.Payload) > 0 {
			in.packet(p, time.Now())
		}
	}
	one.feed.mu.Lock()
	mine := one.feed.source == one
	if mine {
		one.feed.source = nil
	}
	one.feed.mu.Unlock()
	if mine {
		one.feed.Closed(rtsp.Fault{Code: rtsp.Stopped, Text: rtsp.Words(rtsp.Stopped)})
	}
	one.end()
}

// What came too early waits for what is missing: so many packets, so long. By
// then it was asked for five times.
const (
	earlyPackets = 512
	earlyFor     = 120 * time.Millisecond
)

// incoming puts a gateway's packets in order and learns what they are made of.
type incoming struct {
	feed   *Feed
	format rtsp.Format
	unread rtsp.Unread

	begun bool
	next  uint16
	early [earlyPackets]*rtp.Packet
	count int
	since time.Time // the oldest that waits came
}

func (in *incoming) packet(p *rtp.Packet, at time.Time) {
	ahead := p.SequenceNumber - in.next
	switch {
	case !in.begun, ahead >= earlyPackets && ahead < 0xff00:
		in.forget()
		in.begun, in.next = true, p.SequenceNumber
	case ahead >= 0xff00:
		return // once more, or too late
	}
	slot := &in.early[p.SequenceNumber%earlyPackets]
	if *slot != nil {
		return
	}
	*slot = p
	if in.count++; in.count == 1 {
		in.since = at
	}
	in.drain(at)
	if in.count > 0 && at.Sub(in.since) > earlyFor {
		for in.early[in.next%earlyPackets] == nil {
			in.next++ // the feed sees the gap
		}
		in.drain(at)
	}
}

// drain feeds what is in order.
func (in *incoming) drain(at time.Time) {
	for {
		slot := &in.early[in.next%earlyPackets]
		p := *slot
		if p == nil {
			return
		}
		*slot = nil
		in.count--
		in.next++
		in.since = at
		in.learn(p.Payload)
		in.feed.Packet(p, in.unread.Came(p, at))
	}
}

func (in *incoming) forget() {
	in.early, in.count = [earlyPackets]*rtp.Packet{}, 0
}

// learn takes parameter sets from the stream; a session description has none.
func (in *incoming) learn(payload []byte) {
	changed := false
	set := func(to *[]byte, unit []byte) {
		if !bytes.Equal(*to, unit) {
			*to, changed = bytes.Clone(unit), true
		}
	}
	repack.Units(in.format.Codec, [][]byte{payload}, func(unit []byte) {
		switch in.format.Codec {
		case rtsp.H264:
			switch h264.NALUType(unit[0] & 0x1f) {
			case h264.NALUTypeSPS:
				set(&in.format.SPS, unit)
			case h264.NALUTypePPS:
				set(&in.format.PPS, unit)
			}
		case rtsp.H265:
			switch h265.NALUType(unit[0] >> 1 & 0x3f) {
			case h265.NALUType_VPS_NUT:
				set(&in.format.VPS, unit)
			case h265.NALUType_SPS_NUT:
				set(&in.format.SPS, unit)
			case h265.NALUType_PPS_NUT:
				set(&in.format.PPS, unit)
			}
		}
	})
	if changed {
		in.measure()
		in.feed.Opened(in.format)
	}
}

// measure reads the size from the parameter sets; unknown where it cannot.
func (in *incoming) measure() {
	f := &in.format
	f.Width, f.Height, f.FPS = 0, 0, 0
	var s264 h264.SPS
	var s265 h265.SPS
	switch {
	case f.Codec == rtsp.H264 && s264.Unmarshal(f.SPS) == nil:
		f.Width, f.Height, f.FPS = s264.Width(), s264.Height(), s264.FPS()
	case f.Codec == rtsp.H265 && s265.Unmarshal(f.SPS) == nil:
		f.Width, f.Height, f.FPS = s265.Width(), s265.Height(), s265.FPS()
	}
}
