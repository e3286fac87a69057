package rtsp

import (
	"encoding/binary"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

type setKind int

const (
	none setKind = iota
	vps
	sps
	pps
)

// unit is a network abstraction layer unit, or the beginning of one.
type unit struct {
	set       setKind
	parameter []byte // the whole set
	picture   bool   // the beginning of a slice
	key       bool   // of a picture that needs no other
	slice     []byte // what follows the header, as far as it is in this packet
}

// eachUnit calls see for each unit that begins in an RTP payload: alone,
// aggregated or fragmented (RFC 6184 section 5.2, RFC 7798 section 4.4).
// A payload that says it holds more than it does ends there.
func eachUnit(codec Codec, payload []byte, see func(unit)) {
	if codec == H265 {
		eachUnit265(payload, see)
		return
	}
	if len(payload) < 2 {
		return
	}
	switch kind := payload[0] & 0x1f; kind {
	case 24: // STAP-A
		eachSized(payload[1:], func(nalu []byte) { see(unit264(nalu[0]&0x1f, nalu, nalu[1:])) })
	case 28: // FU-A
		if payload[1]&0x80 != 0 {
			see(unit264(payload[1]&0x1f, nil, payload[2:]))
		}
	default:
		see(unit264(kind, payload, payload[1:]))
	}
}

func unit264(kind byte, whole, rest []byte) unit {
	switch h264.NALUType(kind) {
	case h264.NALUTypeSPS:
		return unit{set: sps, parameter: whole}
	case h264.NALUTypePPS:
		return unit{set: pps, parameter: whole}
	case h264.NALUTypeIDR:
		return unit{picture: true, key: true, slice: rest}
	case h264.NALUTypeNonIDR, h264.NALUTypeDataPartitionA:
		return unit{picture: true, slice: rest}
	}
	return unit{}
}

func eachUnit265(payload []byte, see func(unit)) {
	if len(payload) < 3 {
		return
	}
	switch kind := h265.NALUType(payload[0] >> 1 & 0x3f); kind {
	case h265.NALUType_AggregationUnit:
		eachSized(payload[2:], func(nalu []byte) {
			if len(nalu) > 2 {
				see(unit265(h265.NALUType(nalu[0]>>1&0x3f), nalu, nalu[2:]))
			}
		})
	case h265.NALUType_FragmentationUnit:
		if payload[2]&0x80 != 0 {
			see(unit265(h265.NALUType(payload[2]&0x3f), nil, payload[3:]))
		}
	default:
		see(unit265(kind, payload, payload[2:]))
	}
}

func unit265(kind h265.NALUType, whole, rest []byte) unit {
	switch {
	case kind == h265.NALUType_VPS_NUT:
		return unit{set: vps, parameter: whole}
	case kind == h265.NALUType_SPS_NUT:
		return unit{set: sps, parameter: whole}
	case kind == h265.NALUType_PPS_NUT:
		return unit{set: pps, parameter: whole}
	case kind < h265.NALUType_VPS_NUT:
		return unit{picture: true, key: kind >= h265.NALUType_BLA_W_LP && kind <= h265.NALUType_CRA_NUT, slice: rest}
	}
	return unit{}
}

// eachSized walks units that are each led by their length in two bytes.
func eachSized(rest []byte, see func([]byte)) {
	for len(rest) > 2 {
		size := int(binary.BigEndian.Uint16(rest))
		if rest = rest[2:]; size == 0 || size > len(rest) {
			return
		}
		see(rest[:size])
		rest = rest[size:]
	}
}
