package video

import (
	"guardroom/devices/repack"
	"guardroom/devices/rtsp"
)

// Bounds of a ring. The bytes of the group of pictures are set by Options.
const (
	history = 512   // packets that are kept for retransmission, at least
	widest  = 16384 // packets that are kept, at most
)

// packet is one packet of a feed. Nothing of it is ever changed.
type packet struct {
	payload []byte // nil where a packet was lost on the way from the camera
	at      int64  // when it came, ns since 1970
	due     int64  // when it would have come without delay on its way, by the camera's clock
	stamp   uint32 // feed time, 90 kHz
	unit    uint32 // number of the access unit
	run     uint32 // number of the source's connection: what follows needs a keyframe of its own
	marker  bool
	key     bool // its access unit is a keyframe
	h265    bool
}

// ring keeps a feed's newest packets by their position, which only grows: from
// the newest whole keyframe on as long as that fits, and some more for who asks
// again.
type ring struct {
	slots      []packet
	tail, head uint64   // what is there, and where the next goes
	limit      int      // bytes of a group of pictures
	bytes      int      // from key to head
	key        uint64   // where the newest keyframe's access unit begins
	hasKey     bool     // key is there and all after it
	holed      bool     // something after key never came
	begun      uint64   // where the unit that comes in began
	unitKey    bool     // and that it is a keyframe
	picture    []packet // the newest keyframe that is whole
}

// first is not zero, so that a position less history never wraps.
const first = 1 << 20

func newRing(limit int) *ring {
	return &ring{slots: make([]packet, 64), tail: first, head: first, begun: first, limit: limit}
}

func (r *ring) slot(at uint64) *packet { return &r.slots[at&uint64(len(r.slots)-1)] }

// begin says that the next packet begins an access unit.
func (r *ring) begin() {
	r.finish()
	r.begun, r.unitKey = r.head, false
}

// finish says that the access unit is whole, as far as is known.
func (r *ring) finish() {
	if !r.unitKey || r.begun < r.tail {
		return
	}
	whole := make([]packet, r.head-r.begun)
	r.read(r.begun, whole)
	r.picture = whole
}

func (r *ring) add(p packet) {
	if p.key && !r.unitKey {
		r.unitKey = true
		r.key, r.hasKey, r.holed, r.bytes = r.begun, true, false, 0
		for at := r.begun; at < r.head; at++ { // delimiters and such came first
			r.slot(at).key = true
			r.bytes += len(r.slot(at).payload)
		}
	}
	p.key = r.unitKey
	r.holed = r.holed || p.payload == nil
	if int(r.head-r.tail) == len(r.slots) {
		r.grow()
	}
	*r.slot(r.head) = p
	r.head++
	r.bytes += len(p.payload)
	if r.hasKey && (r.bytes > r.limit || r.head-r.key > widest/2) {
		r.hasKey = false // too long to be shown from its beginning
	}
	r.evict()
}

// cut says that what comes does not build on what was.
func (r *ring) cut() { r.hasKey, r.unitKey = false, false }

func (r *ring) evict() {
	keep := r.head - history
	if r.hasKey {
		keep = min(keep, r.key)
	}
	for r.tail < keep {
		*r.slot(r.tail) = packet{}
		r.tail++
	}
}

func (r *ring) grow() {
	wide := make([]packet, 2*len(r.slots))
	for at := r.tail; at < r.head; at++ {
		wide[at&uint64(len(wide)-1)] = *r.slot(at)
	}
	r.slots = wide
}

// read copies what there is from a position on. It returns none for a position
// that is gone.
func (r *ring) read(from uint64, to []packet) int {
	if from < r.tail {
		return 0
	}
	n := 0
	for at := from; at < r.head && n < len(to); at++ {
		to[n] = *r.slot(at)
		n++
	}
	return n
}

// end is the position after the access unit at a position.
func (r *ring) end(at uint64) uint64 {
	unit := r.slot(at).unit
	for at < r.head && r.slot(at).unit == unit {
		at++
	}
	return at
}

// still puts the newest whole keyframe together, in Annex B.
func still(picture []packet) (codec rtsp.Codec, unit []byte, at int64, ok bool) {
	if len(picture) == 0 {
		return "", nil, 0, false
	}
	codec = rtsp.H264
	if picture[0].h265 {
		codec = rtsp.H265
	}
	payloads := make([][]byte, len(picture))
	for i, p := range picture {
		payloads[i] = p.payload
	}
	ok = repack.Units(codec, payloads, func(nalu []byte) {
		unit = append(append(unit, 0, 0, 0, 1), nalu...)
	})
	return codec, unit, picture[0].due, ok
}
