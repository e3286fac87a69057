package profiles

import (
	"math"
	"strings"
)

// encoding is how a field's words make a value.
type encoding uint8

const (
	asUint16 encoding = iota
	asInt16
	asUint32
	asInt32
	asString
)

// encodingOf gives encoding, words and bits of a field as the profile writes it.
func encodingOf(f *fieldSpec) (encoding, int, int) {
	switch f.as {
	case "int16":
		return asInt16, 1, 16
	case "uint32":
		return asUint32, 2, 32
	case "int32":
		return asInt32, 2, 32
	case "string":
		return asString, max(f.words, 1), 0
	}
	return asUint16, 1, 16
}

// bits reports whether t holds single bits.
func (t Table) bits() bool { return t == Coil || t == Discrete }

// field is one place that a point reads: registers of the plan, or a value in a
// kind of message.
type field struct {
	name     string
	tier     Tier
	table    Table
	address  uint16
	encoding encoding
	words    int
	lowFirst bool // the low word comes first
	packed   bool
	shift    uint
	bits     int
	rest     int64 // what a quiet device shows
	restText string

	read, offset int // where the plan puts it

	message int    // index, -1 for Modbus
	source  string // name of that message
	path    []string
	where   []fixedTest
}

// cell is the value of a field as last known.
type cell struct {
	number int64
	real   float64 // instead of number where a message gives a fraction
	text   string
	known  bool
}

// decode makes a value of the field's words.
func (f *field) decode(words []uint16) cell {
	switch f.encoding {
	case asString:
		return cell{text: text(words), known: true}
	case asInt16:
		return cell{number: int64(int16(words[0])), known: true}
	case asUint32, asInt32:
		high, low := words[0], words[1]
		if f.lowFirst {
			high, low = low, high
		}
		v := uint32(high)<<16 | uint32(low)
		if f.encoding == asInt32 {
			return cell{number: int64(int32(v)), known: true}
		}
		return cell{number: int64(v), known: true}
	}
	if f.packed {
		return cell{number: int64(words[0]>>f.shift) & (1<<f.bits - 1), known: true}
	}
	return cell{number: int64(words[0]), known: true}
}

// encode is the reverse of decode: words and the masks of the bits that belong
// to the field.
func (f *field) encode(v int64, s string) (words, masks []uint16) {
	words, masks = make([]uint16, f.words), make([]uint16, f.words)
	for i := range masks {
		masks[i] = 0xFFFF
	}
	switch f.encoding {
	case asString:
		for i := 0; i < len(s) && i/2 < f.words; i++ {
			words[i/2] |= uint16(s[i]) << (8 * (1 - i%2))
		}
	case asUint32, asInt32:
		words[0], words[1] = uint16(v>>16), uint16(v)
		if f.lowFirst {
			words[0], words[1] = words[1], words[0]
		}
	default:
		words[0] = uint16(v)
		if f.packed {
			mask := uint16(1<<f.bits-1) << f.shift
			words[0], masks[0] = uint16(v)<<f.shift&mask, mask
		}
		if f.table.bits() {
			masks[0] = 1
			words[0] &= 1
		}
	}
	return words, masks
}

// limits gives the smallest and the largest number that the field can hold.
func (f *field) limits() (int64, int64) {
	switch f.encoding {
	case asInt16:
		return math.MinInt16, math.MaxInt16
	case asInt32:
		return math.MinInt32, math.MaxInt32
	case asUint32:
		return 0, math.MaxUint32
	}
	if f.bits > 0 && f.bits < 16 {
		return 0, 1<<f.bits - 1
	}
	return 0, math.MaxUint16
}

// text reads two characters a register, high byte first, without the padding.
func text(words []uint16) string {
	var b strings.Builder
	for _, w := range words {
		for _, c := range [2]byte{byte(w >> 8), byte(w)} {
			if c >= ' ' && c < 0x7f {
				b.WriteByte(c)
			} else if c != 0 {
				b.WriteByte(' ')
			}
		}
	}
	return strings.TrimSpace(b.String())
}

// scaled turns a field's number into the point's unit.
type scaled struct {
	field         int
	scale, offset float64
}

func (s *scaled) of(cells []cell) *float64 {
	v := (float64(cells[s.field].number)+cells[s.field].real)*s.scale + s.offset
	return &v
}
