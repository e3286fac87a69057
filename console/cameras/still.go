package cameras

import (
	"bytes"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"

	"guardroom/devices/picture"
	"guardroom/devices/rtsp"
)

// stillOf makes an MP4 of one frame of a key picture with its parameter sets, in
// Annex B. The console has no decoder: the browser draws it.
func stillOf(codec rtsp.Codec, unit []byte, at time.Time) (Still, bool) {
	f := rtsp.Format{Codec: codec}
	var slices [][]byte
	for _, nalu := range annexB(unit) {
		switch kind := kindOf(codec, nalu); kind {
		case vps:
			f.VPS = nalu
		case sps:
			f.SPS = nalu
		case pps:
			f.PPS = nalu
		default:
			slices = append(slices, nalu)
		}
	}
	head, err := picture.Header(f)
	if err != nil || len(slices) == 0 {
		return Still{}, false
	}
	one := picture.Sample{Unit: picture.Unit{NALUs: slices, Key: true}, Duration: rtsp.ClockRate}
	part, err := picture.Fragment(1, 0, []picture.Sample{one})
	if err != nil {
		return Still{}, false
	}
	return Still{MP4: append(head, part...), ContentType: picture.ContentType(f), At: at}, true
}

type kind int

const (
	slice kind = iota
	vps
	sps
	pps
)

func kindOf(codec rtsp.Codec, nalu []byte) kind {
	if codec == rtsp.H265 {
		switch h265.NALUType(nalu[0] >> 1 & 0x3f) {
		case h265.NALUType_VPS_NUT:
			return vps
		case h265.NALUType_SPS_NUT:
			return sps
		case h265.NALUType_PPS_NUT:
			return pps
		}
		return slice
	}
	switch h264.NALUType(nalu[0] & 0x1f) {
	case h264.NALUTypeSPS:
		return sps
	case h264.NALUTypePPS:
		return pps
	}
	return slice
}

// annexB divides a byte stream at its start codes.
func annexB(b []byte) (nalus [][]byte) {
	code := []byte{0, 0, 1}
	at := bytes.Index(b, code)
	for at >= 0 {
		rest := b[at+3:]
		next := bytes.Index(rest, code)
		nalu := rest
		if next >= 0 {
			nalu = rest[:next]
		}
		if nalu = bytes.TrimRight(nalu, "\x00"); len(nalu) > 0 {
			nalus = append(nalus, nalu)
		}
		if next < 0 {
			break
		}
		b = rest
		at = next
	}
	return nalus
}
