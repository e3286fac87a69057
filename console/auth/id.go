package auth

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"sync"
	"time"
)

var lastID struct {
	sync.Mutex
	stamp uint64
}

// NewID makes a UUIDv7 (RFC 9562, 5.7): 48 bits of Unix milliseconds, 12 bits of
// the fraction of a millisecond, 62 random bits. Ids made by one process sort in
// the order in which they were made.
func NewID() string {
	now := time.Now()
	ms := uint64(now.UnixMilli())
	fraction := uint64(now.Nanosecond()%1_000_000) * 4096 / 1_000_000
	lastID.Lock()
	stamp := max(ms<<12|fraction, lastID.stamp+1)
	lastID.stamp = stamp
	lastID.Unlock()

	var b [16]byte
	_, _ = rand.Read(b[8:]) // never fails: crypto/rand stops the program instead
	binary.BigEndian.PutUint64(b[:8], stamp>>12<<16|0x7000|stamp&0xfff)
	b[8] = b[8]&0x3f | 0x80
	x := hex.EncodeToString(b[:])
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}
