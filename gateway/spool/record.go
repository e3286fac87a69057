package spool

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"guardroom/devices"
)

// A record on disk, all integers big-endian:
//
//	0  uint32  length of the payload
//	4  uint32  CRC32C of the length and of everything after the checksum
//	8  uint64  sequence number
//	16 uint64  group: sequence number of the first record committed with this one
//	24 uint32  size of that group, over both streams
//	28 …       payload, one JSON object
//
// Group and size tell after a power cut whether the last group is whole.
const (
	headerSize = 28
	maxPayload = 64 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errShort is a record that the file ends within: a write cut off. errDamaged
// is one whose bytes are wrong.
var (
	errShort   = errors.New("record is cut off")
	errDamaged = errors.New("record is damaged")
)

type record struct {
	seq, group uint64
	size       uint32
	payload    []byte
}

// appendRecord writes r behind buf.
func appendRecord(buf []byte, r record) []byte {
	at := len(buf)
	buf = append(buf, make([]byte, headerSize)...)
	h := buf[at:]
	binary.BigEndian.PutUint32(h, uint32(len(r.payload)))
	binary.BigEndian.PutUint64(h[8:], r.seq)
	binary.BigEndian.PutUint64(h[16:], r.group)
	binary.BigEndian.PutUint32(h[24:], r.size)
	buf = append(buf, r.payload...)
	binary.BigEndian.PutUint32(buf[at+4:], checksum(buf[at:]))
	return buf
}

// parseRecord reads the record at the start of buf and returns its length.
// The payload is a part of buf. Short input gives errShort, wrong bytes errDamaged.
func parseRecord(buf []byte) (record, int, error) {
	if len(buf) < headerSize {
		return record{}, 0, errShort
	}
	n := int(binary.BigEndian.Uint32(buf))
	if n == 0 || n > maxPayload {
		return record{}, 0, errDamaged
	}
	if len(buf) < headerSize+n {
		return record{}, 0, errShort
	}
	buf = buf[:headerSize+n]
	if binary.BigEndian.Uint32(buf[4:]) != checksum(buf) {
		return record{}, 0, errDamaged
	}
	r := record{
		seq:     binary.BigEndian.Uint64(buf[8:]),
		group:   binary.BigEndian.Uint64(buf[16:]),
		size:    binary.BigEndian.Uint32(buf[24:]),
		payload: buf[headerSize:],
	}
	if r.seq == 0 || r.group == 0 || r.group > r.seq || r.size == 0 {
		return record{}, 0, errDamaged
	}
	return r, len(buf), nil
}

func checksum(rec []byte) uint32 {
	return crc32.Update(crc32.Checksum(rec[:4], castagnoli), castagnoli, rec[8:])
}

// stored is a signal as its payload keeps it. Times are Unix nanoseconds.
type stored struct {
	Point    devices.PointID   `json:"p"`
	Kind     devices.Kind      `json:"k"`
	Active   bool              `json:"a,omitempty"`
	Occurred int64             `json:"o,omitempty"`
	Observed int64             `json:"t"`
	Clock    devices.Clock     `json:"c,omitempty"`
	State    string            `json:"s,omitempty"`
	Text     string            `json:"x,omitempty"`
	Detail   map[string]string `json:"d,omitempty"`
}

func encodePayload(s devices.Signal) ([]byte, error) {
	payload, err := json.Marshal(stored{
		Point: s.Point, Kind: s.Kind, Active: s.Active,
		Occurred: nanos(s.Occurred), Observed: max(1, nanos(s.Observed)),
		Clock: s.Clock, State: s.State, Text: s.Text, Detail: s.Detail,
	})
	if err != nil {
		return nil, err
	}
	if len(payload) > maxPayload && (s.Text != "" || s.Detail != nil) {
		// Escapes can swell a text sixfold. What happened matters more than its words.
		s.Text, s.Detail = "", nil
		return encodePayload(s)
	}
	if len(payload) > maxPayload {
		return nil, fmt.Errorf("signal of %d bytes is over %d", len(payload), maxPayload)
	}
	return payload, nil
}

func decodePayload(payload []byte) (devices.Signal, error) {
	var s stored
	if err := json.Unmarshal(payload, &s); err != nil {
		return devices.Signal{}, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return devices.Signal{
		Point: s.Point, Kind: s.Kind, Active: s.Active,
		Occurred: instant(s.Occurred), Observed: instant(s.Observed),
		Clock: s.Clock, State: s.State, Text: s.Text, Detail: s.Detail,
	}, nil
}

// nanos is 0 for the zero time and for what nanoseconds since 1970 cannot say.
func nanos(t time.Time) int64 {
	if y := t.Year(); y < 1970 || y > 2200 {
		return 0
	}
	return t.UnixNano()
}

func instant(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// Texts longer than these are cut: a signal that talks too much is still a signal.
const (
	maxText   = 4 << 10
	maxDetail = 1 << 10
	maxKeys   = 32
)

// fit cuts what would not go into a record or into a message on the wire.
func fit(s devices.Signal) devices.Signal {
	s.State, s.Text = cut(s.State, maxDetail), cut(s.Text, maxText)
	long := len(s.Detail) > maxKeys
	for k, v := range s.Detail {
		long = long || len(k) > maxDetail || len(v) > maxDetail
	}
	if !long {
		return s
	}
	kept := make(map[string]string, maxKeys)
	for k, v := range s.Detail {
		if len(kept) == maxKeys {
			break
		}
		kept[cut(k, 128)] = cut(v, maxDetail)
	}
	s.Detail = kept
	return s
}

func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return s[:limit] + "…"
}
