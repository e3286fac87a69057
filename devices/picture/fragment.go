package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4/seekablebuffer"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mp4/codecs"

	"guardroom/devices/rtsp"
)

// ContentType is what HTTP says of such a file: video/mp4 with its codec
// (RFC 6381), when the format has parameter sets.
func ContentType(f rtsp.Format) string {
	switch {
	case f.Codec == rtsp.H264 && len(f.SPS) >= 4:
		return fmt.Sprintf(`video/mp4; codecs="avc1.%02x%02x%02x"`, f.SPS[1], f.SPS[2], f.SPS[3])
	case f.Codec == rtsp.H265:
		// profile_tier_level (ITU-T H.265 7.3.3) follows the header and one byte.
		if plain := h264.EmulationPreventionRemove(f.SPS); len(plain) >= 15 {
			return "video/mp4; codecs=\"" + hvc1(plain[3:]) + "\""
		}
	}
	return "video/mp4"
}

// ContentTypeOf is ContentType for the head of a file that Header wrote.
func ContentTypeOf(head []byte) string {
	if at := bytes.Index(head, []byte("avcC")); at >= 0 && at+8 <= len(head) {
		return fmt.Sprintf(`video/mp4; codecs="avc1.%02x%02x%02x"`, head[at+5], head[at+6], head[at+7])
	}
	if at := bytes.Index(head, []byte("hvcC")); at >= 0 && at+17 <= len(head) {
		return "video/mp4; codecs=\"" + hvc1(head[at+5:]) + "\"" // ISO/IEC 14496-15 8.3.3
	}
	return "video/mp4"
}

// hvc1 names a codec by its general profile, tier and level, as ISO/IEC 14496-15
// annex E says: the compatibility flags reversed, and the first of the constraints.
func hvc1(general []byte) string {
	tier := "L"
	if general[0]&0x20 != 0 {
		tier = "H"
	}
	return fmt.Sprintf("hvc1.%d.%X.%s%d.%X", general[0]&0x1f, reverse(binary.BigEndian.Uint32(general[1:])), tier, general[11], general[5])
}

func reverse(v uint32) (out uint32) {
	for range 32 {
		out, v = out<<1|v&1, v>>1
	}
	return out
}

// ErrNoParameters says that a stream has not told its parameter sets yet, and so
// cannot be written.
var ErrNoParameters = errors.New("the stream has not told its parameter sets")

// Header is the beginning of a file: ftyp and moov.
func Header(f rtsp.Format) ([]byte, error) {
	track := &fmp4.InitTrack{ID: 1, TimeScale: rtsp.ClockRate}
	switch {
	case f.SPS == nil || f.PPS == nil || f.Codec == rtsp.H265 && f.VPS == nil:
		return nil, ErrNoParameters
	case f.Codec == rtsp.H265:
		track.Codec = &codecs.H265{VPS: f.VPS, SPS: f.SPS, PPS: f.PPS}
	default:
		track.Codec = &codecs.H264{SPS: f.SPS, PPS: f.PPS}
	}
	var b seekablebuffer.Buffer
	if err := (fmp4.Init{Tracks: []*fmp4.InitTrack{track}}).Marshal(&b); err != nil {
		return nil, fmt.Errorf("write the head of an MP4: %w", err)
	}
	head := b.Bytes()
	if f.Codec == rtsp.H265 { // the library takes the constraints with their emulation prevention
		plain, at := h264.EmulationPreventionRemove(f.SPS), bytes.Index(head, []byte("hvcC"))
		if at >= 0 && at+16 <= len(head) && len(plain) >= 14 {
			copy(head[at+10:at+16], plain[8:14])
		}
	}
	return head, nil
}

// Sample is a unit with how long it is shown, in units of rtsp.ClockRate.
type Sample struct {
	Unit
	Duration uint32
}

// lengths are the units, each behind its length in four bytes (ISO/IEC 14496-15
// 5.3.3, 8.3.2).
func (u Unit) lengths() []byte {
	out := make([]byte, 0, u.Size()+4*len(u.NALUs))
	for _, nalu := range u.NALUs {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(nalu))), nalu...)
	}
	return out
}

// Fragment is one part of a file: moof and mdat. base is when its first unit is
// shown, in units of rtsp.ClockRate; number grows from part to part.
func Fragment(number uint32, base uint64, samples []Sample) ([]byte, error) {
	track := &fmp4.PartTrack{ID: 1, BaseTime: base}
	for _, s := range samples {
		track.Samples = append(track.Samples, &fmp4.Sample{Duration: s.Duration, IsNonSyncSample: !s.Key, Payload: s.lengths()})
	}
	var b seekablebuffer.Buffer
	if err := (fmp4.Part{SequenceNumber: number, Tracks: []*fmp4.PartTrack{track}}).Marshal(&b); err != nil {
		return nil, fmt.Errorf("write a part of an MP4: %w", err)
	}
	return b.Bytes(), nil
}

// Part is where one part of a file lies, and what it holds.
type Part struct {
	Offset   int64
	Size     int64
	Base     uint64 // of its first picture, in units of rtsp.ClockRate
	Duration uint64
	Key      bool // its first picture needs no other
}

// End is when the last picture of p has been shown.
func (p Part) End() uint64 { return p.Base + p.Duration }

// maxHead bounds moof, moov and ftyp, which hold tables only.
const maxHead = 4 << 20

// Parts reads where the parts of a file of size bytes lie: head is the length of
// ftyp and moov, whole the length up to the end of the last part that is whole.
// What follows a torn part is not looked at.
func Parts(r io.ReaderAt, size int64) (head, whole int64, parts []Part, err error) {
	var moof Part
	for at := int64(0); at+8 <= size; {
		var h [8]byte
		if _, err := r.ReadAt(h[:], at); err != nil {
			return head, whole, parts, fmt.Errorf("read an MP4: %w", err)
		}
		length, kind := int64(binary.BigEndian.Uint32(h[:])), string(h[4:])
		if length < 8 || at+length > size {
			return head, whole, parts, nil
		}
		switch kind {
		case "ftyp", "moov":
			if len(parts) == 0 {
				head, whole = at+length, at+length
			}
		case "moof":
			if length > maxHead {
				return head, whole, parts, nil
			}
			body := make([]byte, length)
			if _, err := r.ReadAt(body, at); err != nil {
				return head, whole, parts, fmt.Errorf("read an MP4: %w", err)
			}
			var ok bool
			if moof, ok = readMoof(body); !ok {
				return head, whole, parts, nil
			}
			moof.Offset, moof.Size = at, length
		case "mdat":
			if moof.Size == 0 {
				return head, whole, parts, nil
			}
			moof.Size += length
			parts, whole, moof = append(parts, moof), at+length, Part{}
		default:
			return head, whole, parts, nil
		}
		at += length
	}
	return head, whole, parts, nil
}

// readMoof reads what Fragment writes: one track, one run whose samples carry
// duration and size, and flags where one of them is no key picture.
func readMoof(b []byte) (p Part, ok bool) {
	at := bytes.Index(b, []byte("tfdt"))
	if at < 0 || at+16 > len(b) || b[at+4] != 1 {
		return p, false
	}
	p.Base = binary.BigEndian.Uint64(b[at+8:])
	at = bytes.Index(b, []byte("trun"))
	if at < 0 || at+16 > len(b) {
		return p, false
	}
	flags := binary.BigEndian.Uint32(b[at+4:]) & 0xffffff
	count := int(binary.BigEndian.Uint32(b[at+8:]))
	rest, entry := b[at+12:], 0
	if flags&0x1 != 0 { // data offset
		rest = rest[4:]
	}
	if flags&0x100 == 0 || flags&0x200 == 0 || count == 0 {
		return p, false
	}
	for bit := uint32(0x100); bit <= 0x800; bit <<= 1 {
		if flags&bit != 0 {
			entry += 4
		}
	}
	if count > len(rest)/entry {
		return p, false
	}
	for i := range count {
		p.Duration += uint64(binary.BigEndian.Uint32(rest[i*entry:]))
	}
	p.Key = flags&0x400 == 0 || binary.BigEndian.Uint32(rest[8:])&(1<<16) == 0
	return p, true
}

// Rebase moves a part, as Fragment wrote it, to another time.
func Rebase(part []byte, base uint64) error {
	at := bytes.Index(part[:min(len(part), 256)], []byte("tfdt"))
	if at < 0 || at+16 > len(part) || part[at+4] != 1 {
		return errors.New("this is no part of an MP4 that was written here")
	}
	binary.BigEndian.PutUint64(part[at+8:], base)
	return nil
}
