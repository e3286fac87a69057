package video

import (
	"fmt"
	"strings"

	"github.com/pion/webrtc/v4"

	"guardroom/devices/rtsp"
)

// feedback is what is asked of a viewer: what it misses, and when it is lost.
var feedback = []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}}

// h264Profiles are those of cameras, as browsers offer them; the most common first.
var h264Profiles = []string{"42e01f", "42001f", "4d001f", "64001f", "640c1f"}

// mediaEngine knows H.264 with packets of all kinds but interleaved ones, and
// H.265; each with retransmission in a stream of its own.
func mediaEngine() (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	kind := webrtc.PayloadType(96)
	add := func(mime, fmtp string) error {
		codec := webrtc.RTPCodecParameters{PayloadType: kind, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: mime, ClockRate: clockRate, SDPFmtpLine: fmtp, RTCPFeedback: feedback,
		}}
		again := webrtc.RTPCodecParameters{PayloadType: kind + 1, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeRTX, ClockRate: clockRate, SDPFmtpLine: fmt.Sprintf("apt=%d", kind),
		}}
		kind += 2
		if err := m.RegisterCodec(codec, webrtc.RTPCodecTypeVideo); err != nil {
			return err
		}
		return m.RegisterCodec(again, webrtc.RTPCodecTypeVideo)
	}
	for _, profile := range h264Profiles {
		if err := add(webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id="+profile); err != nil {
			return nil, err
		}
	}
	return m, add(webrtc.MimeTypeH265, "")
}

// choice is which payload types a viewer takes a codec with.
type choice struct{ plain, again webrtc.PayloadType } // again is zero without retransmission of its own

// choose picks what a viewer is sent a format with, among what was agreed on. ok
// is false when the viewer cannot show it.
func choose(agreed []webrtc.RTPCodecParameters, f rtsp.Format) (c choice, ok bool) {
	mime := webrtc.MimeTypeH264
	if f.Codec == rtsp.H265 {
		mime = webrtc.MimeTypeH265
	}
	best := -1
	for _, codec := range agreed {
		if !strings.EqualFold(codec.MimeType, mime) {
			continue
		}
		if rank := suits(codec.SDPFmtpLine, f); rank > best {
			best, c.plain = rank, codec.PayloadType
		}
	}
	for _, codec := range agreed {
		if best >= 0 && strings.EqualFold(codec.MimeType, webrtc.MimeTypeRTX) && codec.SDPFmtpLine == fmt.Sprintf("apt=%d", c.plain) {
			c.again = codec.PayloadType
		}
	}
	return c, best >= 0
}

// suits ranks how well offered parameters fit a format: browsers choose their
// decoder by the profile, and decode any profile with what plays baseline.
func suits(fmtp string, f rtsp.Format) int {
	_, level, _ := strings.Cut(strings.ToLower(fmtp), "profile-level-id=")
	profile := ""
	if len(f.SPS) > 1 && f.Codec == rtsp.H264 {
		profile = map[byte]string{66: "42", 77: "4d", 100: "64"}[f.SPS[1]]
	}
	switch {
	case profile != "" && profile != "42" && strings.HasPrefix(level, profile):
		return 3
	case strings.HasPrefix(level, "42e0"):
		return 2
	case strings.HasPrefix(level, "42"):
		return 1
	}
	return 0
}
