package rtsp

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// Condition is how a stream is.
type Condition string

// The conditions.
const (
	Connecting Condition = "connecting" // nothing yet
	Live       Condition = "live"
	Frozen     Condition = "frozen" // packets come, the picture does not change
	Lost       Condition = "lost"   // nothing comes
)

// After so long without a new picture a stream is labelled, early enough for the
// label to stand within three seconds; and after so long it is an alarm.
const (
	LabelAfter = 2500 * time.Millisecond
	AlarmAfter = 30 * time.Second
)

// Report is how a stream is at one moment.
type Report struct {
	Condition Condition
	Since     time.Time // of the newest picture, or when it was begun to wait for one
	Alarm     bool      // for AlarmAfter or longer not live
}

// Health judges a stream by its packets, never by its image: a still night
// scene has noise, so its slices differ and it is live. It is frozen when
// packets go on but their time stamps stand still, or when each access unit
// repeats the one before it, some packets lost or not.
//
// It may be asked and fed from several goroutines. Times are the caller's.
type Health struct {
	mu      sync.Mutex
	seed    maphash.Seed
	codec   Codec
	begun   time.Time
	heard   time.Time // newest packet
	changed time.Time // newest picture that was a new one
	any     bool
	stamp   uint32          // of the access unit that is coming in
	coming  []uint64        // sums of its packets
	shown   map[uint64]bool // those of the picture before it, each time it came
}

// most is how many packets of an access unit are compared.
const most = 4096

// NewHealth waits for the first picture from now on.
func NewHealth(now time.Time) *Health {
	return &Health{begun: now, seed: maphash.MakeSeed(), shown: map[uint64]bool{}}
}

// Opened takes the codec, by which slices are told from what may repeat beside them.
func (h *Health) Opened(f Format) {
	h.mu.Lock()
	h.codec = f.Codec
	h.mu.Unlock()
}

// Packet takes a packet that was read at the given time.
func (h *Health) Packet(p *rtp.Packet, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.heard = at
	if h.any && p.Timestamp != h.stamp {
		h.picture(at)
	}
	h.any, h.stamp = true, p.Timestamp
	if isSlice(h.codec, p.Payload) && len(h.coming) < most {
		h.coming = append(h.coming, maphash.Bytes(h.seed, p.Payload))
	}
}

// picture ends an access unit. Its successor's first packet has come, so what
// is told is at most one picture late. A picture of which half the packets were
// there the last time is that one again: of each coming, others may be lost.
func (h *Health) picture(at time.Time) {
	if len(h.coming) == 0 {
		return
	}
	again := 0
	for _, sum := range h.coming {
		if h.shown[sum] {
			again++
		}
	}
	if 2*again < len(h.coming) {
		h.changed = at
		clear(h.shown)
	}
	for _, sum := range h.coming {
		if len(h.shown) < most {
			h.shown[sum] = true
		}
	}
	h.coming = h.coming[:0]
}

// At reports the stream at now.
func (h *Health) At(now time.Time) Report {
	h.mu.Lock()
	defer h.mu.Unlock()
	since := h.changed
	if since.IsZero() {
		since = h.begun
	}
	r := Report{Condition: Live, Since: since, Alarm: now.Sub(since) >= AlarmAfter}
	switch {
	case now.Sub(since) < LabelAfter && !h.changed.IsZero():
	case !h.heard.IsZero() && now.Sub(h.heard) < LabelAfter && !h.changed.IsZero():
		r.Condition = Frozen
	case h.changed.IsZero() && now.Sub(since) < LabelAfter:
		r.Condition = Connecting
	default:
		r.Condition = Lost
	}
	return r
}

// isSlice says whether a payload carries picture data: parameter sets,
// delimiters and messages repeat in every good stream.
func isSlice(codec Codec, payload []byte) bool {
	if len(payload) < 3 {
		return false
	}
	if codec == H265 {
		kind := payload[0] >> 1 & 0x3f
		return kind < 32 || kind == 48 || kind == 49 && payload[2]&0x3f < 32
	}
	kind := payload[0] & 0x1f
	return kind >= 1 && kind <= 5 || kind == 24 || kind == 28 && payload[1]&0x1f <= 5
}
