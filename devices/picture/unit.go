// Package picture puts the packets of a camera together to pictures, and writes
// pictures as fragmented MP4.
//
//	unit.go     packets → access units
//	writer.go   a stream as it comes → a file as it goes
//	fragment.go access units → fragmented MP4 (ISO/IEC 14496-12), and where its parts lie
package picture

import (
	"encoding/binary"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
	"github.com/pion/rtp"

	"guardroom/devices/rtsp"
)

// Unit is one picture as it was coded.
type Unit struct {
	At    time.Time // when its first packet was read
	Stamp uint32    // of RTP, in units of rtsp.ClockRate
	NALUs [][]byte  // without start codes
	Key   bool      // needs no other picture
}

// Size is the number of bytes of a unit.
func (u Unit) Size() (n int) {
	for _, nalu := range u.NALUs {
		n += len(nalu)
	}
	return n
}

// maxUnit is far above any picture of a camera; more is a stream gone wrong.
const maxUnit = 16 << 20

// Assembler puts access units together. A unit of which a packet is missing is
// left out. The zero value with a Codec is ready.
type Assembler struct {
	Codec rtsp.Codec

	unit    Unit
	open    bool
	broken  bool
	size    int
	part    []byte // of a fragmented NAL unit
	next    uint16 // expected sequence number
	started bool
}

// Packet takes the next packet and returns the unit that is whole with it, if
// any. What it returns is the caller's; it shares memory with the payloads.
func (a *Assembler) Packet(p *rtp.Packet, at time.Time) (done Unit, ok bool) {
	gap := a.started && p.SequenceNumber != a.next
	if gap {
		a.broken, a.part = true, nil
	}
	if a.open && p.Timestamp != a.unit.Stamp { // the marker was lost or is not set
		done, ok = a.finish()
		a.broken = gap // what is missing may be of this unit, too
	}
	a.started, a.next = true, p.SequenceNumber+1
	if !a.open {
		a.unit, a.open, a.size = Unit{At: at, Stamp: p.Timestamp}, true, 0
	}
	a.take(p.Payload)
	if p.Marker && !ok { // else a unit of one packet, behind one without a marker: it waits for the next packet
		return a.finish()
	}
	return done, ok
}

func (a *Assembler) finish() (Unit, bool) {
	u, whole := a.unit, !a.broken && a.part == nil && len(a.unit.NALUs) > 0
	a.unit, a.open, a.broken, a.part = Unit{}, false, false, nil
	return u, whole
}

func (a *Assembler) add(nalu []byte) {
	if a.size += len(nalu); a.size > maxUnit {
		a.broken = true
		return
	}
	a.unit.NALUs = append(a.unit.NALUs, nalu)
	a.unit.Key = a.unit.Key || isKey(a.Codec, nalu)
}

func (a *Assembler) take(payload []byte) {
	if a.Codec == rtsp.H265 {
		a.take265(payload)
		return
	}
	if len(payload) < 2 {
		return
	}
	switch kind := payload[0] & 0x1f; kind {
	case 24: // STAP-A
		a.sized(payload[1:])
	case 28: // FU-A
		if payload[1]&0x80 != 0 {
			a.broken = a.broken || a.part != nil
			a.part = append(make([]byte, 0, 4*len(payload)), payload[0]&0xe0|payload[1]&0x1f)
		}
		a.fragment(payload[2:], payload[1]&0x40 != 0)
	default:
		a.add(payload)
	}
}

func (a *Assembler) take265(payload []byte) {
	if len(payload) < 3 {
		return
	}
	switch kind := payload[0] >> 1 & 0x3f; kind {
	case 48: // AP
		a.sized(payload[2:])
	case 49: // FU
		if payload[2]&0x80 != 0 {
			a.broken = a.broken || a.part != nil
			a.part = append(make([]byte, 0, 4*len(payload)), payload[0]&0x81|payload[2]&0x3f<<1, payload[1])
		}
		a.fragment(payload[3:], payload[2]&0x40 != 0)
	default:
		a.add(payload)
	}
}

func (a *Assembler) fragment(piece []byte, last bool) {
	if a.part == nil { // its beginning is missing
		a.broken = true
		return
	}
	if len(a.part)+len(piece) > maxUnit {
		a.broken, a.part = true, nil
		return
	}
	a.part = append(a.part, piece...)
	if last {
		nalu := a.part
		a.part = nil
		a.add(nalu)
	}
}

func (a *Assembler) sized(rest []byte) {
	for len(rest) > 2 {
		size := int(binary.BigEndian.Uint16(rest))
		if rest = rest[2:]; size == 0 || size > len(rest) {
			a.broken = true
			return
		}
		a.add(rest[:size])
		rest = rest[size:]
	}
}

func isKey(codec rtsp.Codec, nalu []byte) bool {
	if len(nalu) == 0 {
		return false
	}
	if codec == rtsp.H265 {
		kind := h265.NALUType(nalu[0] >> 1 & 0x3f)
		return kind >= h265.NALUType_BLA_W_LP && kind <= h265.NALUType_CRA_NUT
	}
	return h264.NALUType(nalu[0]&0x1f) == h264.NALUTypeIDR
}

// Key reports whether a key picture begins in a packet's payload.
func Key(codec rtsp.Codec, payload []byte) (key bool) {
	see := func(nalu []byte) { key = key || isKey(codec, nalu) }
	each := func(rest []byte) {
		for len(rest) > 2 {
			size := int(binary.BigEndian.Uint16(rest))
			if rest = rest[2:]; size == 0 || size > len(rest) {
				return
			}
			see(rest[:size])
			rest = rest[size:]
		}
	}
	switch {
	case len(payload) < 3:
	case codec == rtsp.H265:
		switch payload[0] >> 1 & 0x3f {
		case 48:
			each(payload[2:])
		case 49:
			if payload[2]&0x80 != 0 {
				see([]byte{payload[2] & 0x3f << 1, 0})
			}
		default:
			see(payload)
		}
	case payload[0]&0x1f == 24:
		each(payload[1:])
	case payload[0]&0x1f == 28:
		if payload[1]&0x80 != 0 {
			see([]byte{payload[1] & 0x1f})
		}
	default:
		see(payload)
	}
	return key
}
