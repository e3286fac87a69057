package alarms

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"sync"
	"time"
)

// IDs makes UUIDs of version 7 (RFC 9562): they sort by the time at which they
// were made, and within a millisecond by the order.
type IDs struct {
	mu   sync.Mutex
	last uint64 // milliseconds << 12 | counter
}

// New returns the next id.
func (g *IDs) New(now time.Time) string {
	g.mu.Lock()
	g.last = max(g.last+1, uint64(now.UnixMilli())<<12)
	stamp := g.last
	g.mu.Unlock()
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], stamp>>12<<16|0x7000|stamp&0xfff)
	_, _ = rand.Read(b[8:])
	b[8] = b[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[:8], b[:4])
	hex.Encode(text[9:13], b[4:6])
	hex.Encode(text[14:18], b[6:8])
	hex.Encode(text[19:23], b[8:10])
	hex.Encode(text[24:], b[10:])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
