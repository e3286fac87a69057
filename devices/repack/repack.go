// Package repack makes a camera's RTP packets fit a path: none is longer than
// asked, and the parameter sets stand in front of each keyframe. A packet that
// fits is handed on as it is. One that does not is cut again with those after
// it, so that all fragments but a unit's last are equally long (which is what
// segmentation offload wants) and nothing waits for the end of a picture.
//
// H.264 is RFC 6184 (single units, STAP-A, FU-A), H.265 RFC 7798.
package repack

import (
	"encoding/binary"

	"github.com/pion/rtp"

	"guardroom/devices/rtsp"
)

// Payload is the longest payload that passes every usual path: with RTP, SRTP,
// UDP and IPv6 around it, it stays below the 1280 bytes that IPv6 promises.
const Payload = 1200

// A Piece is the payload of one packet on its way on.
type Piece struct {
	Payload []byte // shared and never changed again
	Marker  bool   // the access unit ends with it
	Key     bool   // a slice of a picture that needs no other begins in it, or goes on
}

// Packer keeps what one stream has open. One goroutine may use it.
type Packer struct {
	size  int
	codec rtsp.Codec
	sets  [][]byte // that a decoder needs, in order: VPS, SPS, PPS

	seen  bool   // parameter sets came with this access unit
	asked bool   // they stood or were put in front of this access unit's keyframe
	open  []byte // the fragment that is being filled; nil when none is
	key   bool   // the open unit belongs to a keyframe
	head  [3]byte
	slab  []byte // where fragments are made
}

// New returns a packer for payloads of at most size bytes.
func New(size int) *Packer { return &Packer{size: max(size, 64)} }

// Format takes what the stream is made of, at each connection and at each change.
func (k *Packer) Format(f rtsp.Format) {
	k.codec, k.sets = f.Codec, k.sets[:0:0]
	for _, set := range [][]byte{f.VPS, f.SPS, f.PPS} {
		if len(set) > 0 {
			k.sets = append(k.sets, set)
		}
	}
	k.Drop()
}

// Drop forgets a half unit: a packet between was lost.
func (k *Packer) Drop() { k.open = nil }

// Begin says that the next packet begins an access unit.
func (k *Packer) Begin() { k.seen, k.asked = false, false }

// Packet hands p to out in pieces. The pieces of p carry its marker on the last.
func (k *Packer) Packet(p *rtp.Packet, out func(Piece)) {
	last := Piece{}
	have := false
	emit := func(piece Piece) {
		if have {
			out(last)
		}
		last, have = piece, true
	}
	if k.codec == rtsp.H265 {
		k.h265(p.Payload, emit)
	} else {
		k.h264(p.Payload, emit)
	}
	if p.Marker && k.open != nil { // a unit that never ended: what there is goes out
		emit(k.close(false))
	}
	if have {
		last.Marker = p.Marker
		out(last)
	}
}

// before puts the parameter sets in front of a keyframe that came without.
func (k *Packer) before(emit func(Piece)) {
	if k.seen || k.asked {
		return
	}
	k.asked = true
	for _, set := range k.sets {
		emit(Piece{Payload: set, Key: true})
	}
}

func (k *Packer) h264(b []byte, emit func(Piece)) {
	if len(b) < 2 {
		return
	}
	switch kind := b[0] & 0x1f; kind {
	case 24:
		k.aggregate(b, b[1:], emit)
	case 28:
		k.fragment(b, 2, b[1]&0x80 != 0, b[1]&0x40 != 0, b[1]&0x1f == 5, emit)
	default:
		k.single(b, emit)
	}
}

func (k *Packer) h265(b []byte, emit func(Piece)) {
	if len(b) < 3 {
		return
	}
	switch kind := b[0] >> 1 & 0x3f; kind {
	case 48:
		k.aggregate(b, b[2:], emit)
	case 49:
		inner := b[2] & 0x3f
		k.fragment(b, 3, b[2]&0x80 != 0, b[2]&0x40 != 0, inner >= 16 && inner <= 21, emit)
	default:
		k.single(b, emit)
	}
}

// what says what a whole unit is.
func (k *Packer) what(unit []byte) (set, key bool) {
	if k.codec == rtsp.H265 {
		kind := unit[0] >> 1 & 0x3f
		return kind >= 32 && kind <= 34, kind >= 16 && kind <= 21
	}
	kind := unit[0] & 0x1f
	return kind == 7 || kind == 8, kind == 5
}

// single hands on a packet that is one whole unit.
func (k *Packer) single(unit []byte, emit func(Piece)) {
	k.open = nil
	set, key := k.what(unit)
	if set {
		k.seen = true
	}
	if key {
		k.before(emit)
	}
	if len(unit) <= k.size {
		emit(Piece{Payload: unit, Key: key || set})
		return
	}
	k.begin(unit, true, key)
	k.fill(unit[k.header():], emit)
	emit(k.close(true))
}

// aggregate hands on a packet of several units.
func (k *Packer) aggregate(whole, rest []byte, emit func(Piece)) {
	k.open = nil
	key, sets := false, k.seen
	each(rest, func(unit []byte) {
		s, y := k.what(unit)
		sets = sets || s
		key = key || y
	})
	k.seen = sets
	if key {
		k.before(emit)
	}
	if len(whole) <= k.size {
		emit(Piece{Payload: whole, Key: key})
		return
	}
	each(rest, func(unit []byte) { k.single(unit, emit) })
}

// fragment hands on a part of a unit. header is the length of what is not data.
func (k *Packer) fragment(b []byte, header int, first, final, key bool, emit func(Piece)) {
	if first {
		k.open = nil
		if key {
			k.before(emit)
		}
	}
	if k.open == nil {
		if len(b) <= k.size {
			emit(Piece{Payload: b, Key: key})
			return
		}
		k.begin(b, first, key)
	}
	k.fill(b[header:], emit)
	if final {
		emit(k.close(true))
	}
}

// header is how many bytes of a unit are its header, which a fragment leaves out.
func (k *Packer) header() int {
	if k.codec == rtsp.H265 {
		return 2
	}
	return 1
}

// begin opens the fragments of a unit, or of what is left of it. b is the unit or
// a fragment of it.
func (k *Packer) begin(b []byte, first, key bool) {
	start := byte(0)
	if first {
		start = 0x80
	}
	k.key = key
	if k.codec == rtsp.H265 {
		kind := b[0] >> 1 & 0x3f
		if kind == 49 {
			kind = b[2] & 0x3f
		}
		k.head = [3]byte{b[0]&0x81 | 49<<1, b[1], start | kind}
	} else {
		kind := b[0] & 0x1f
		if kind == 28 {
			kind = b[1] & 0x1f
		}
		k.head = [3]byte{b[0]&0xe0 | 28, start | kind}
	}
	k.room()
}

// room opens an empty fragment.
func (k *Packer) room() {
	if cap(k.slab)-len(k.slab) < k.size {
		k.slab = make([]byte, 0, 24*k.size)
	}
	n := len(k.slab)
	k.open = append(k.slab[n:n:n+k.size], k.head[:k.header()+1]...)
	k.head[k.header()] &^= 0x80
}

// fill adds data, and emits fragments as they get full. The last one stays open
// even when it is full: it may have to carry the end.
func (k *Packer) fill(data []byte, emit func(Piece)) {
	for len(data) > 0 {
		if len(k.open) == k.size {
			emit(k.close(false))
			k.room()
		}
		n := min(len(data), k.size-len(k.open))
		k.open = append(k.open, data[:n]...)
		data = data[n:]
	}
}

// close takes the open fragment.
func (k *Packer) close(final bool) Piece {
	if final {
		k.open[k.header()] |= 0x40
	}
	piece := Piece{Payload: k.open[:len(k.open):len(k.open)], Key: k.key}
	k.slab = k.slab[:len(k.slab)+len(k.open)]
	k.open = nil
	return piece
}

// each walks units that are each led by their length in two bytes.
func each(rest []byte, see func([]byte)) {
	for len(rest) > 3 {
		size := int(binary.BigEndian.Uint16(rest))
		if rest = rest[2:]; size < 2 || size > len(rest) {
			return
		}
		see(rest[:size])
		rest = rest[size:]
	}
}

// Units calls see for each unit, whole, in an access unit's payloads in order. A
// unit with a missing piece ends it: ok is false.
func Units(codec rtsp.Codec, payloads [][]byte, see func(unit []byte)) (ok bool) {
	var open []byte
	for _, b := range payloads {
		header, aggregated, fragmented := 1, byte(24), byte(28)
		if len(b) < 2 || codec == rtsp.H265 && len(b) < 3 {
			return false
		}
		kind := b[0] & 0x1f
		if codec == rtsp.H265 {
			header, aggregated, fragmented, kind = 2, 48, 49, b[0]>>1&0x3f
		}
		switch kind {
		case aggregated:
			each(b[header:], see)
		case fragmented:
			flags := b[header]
			if flags&0x80 != 0 {
				open = append([]byte(nil), b[:header]...)
				if codec == rtsp.H265 {
					open[0] = open[0]&0x81 | flags&0x3f<<1
				} else {
					open[0] = open[0]&0xe0 | flags&0x1f
				}
			} else if open == nil {
				return false
			}
			open = append(open, b[header+1:]...)
			if flags&0x40 != 0 {
				see(open)
				open = nil
			}
		default:
			see(b)
		}
	}
	return open == nil
}
