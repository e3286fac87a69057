package repack_test

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"pgregory.net/rapid"

	"guardroom/devices/repack"
	"guardroom/devices/rtsp"
)

// payloads cuts units into a camera's packets.
func payloads(codec rtsp.Codec, size int, together bool, units ...[]byte) (list [][]byte) {
	for _, unit := range units {
		whole := append([]byte{0, 0, 0, 1}, unit...)
		if codec == rtsp.H265 {
			list = append(list, (&codecs.H265Payloader{SkipAggregation: true}).Payload(uint16(size), whole)...)
		} else {
			list = append(list, (&codecs.H264Payloader{DisableStapA: true}).Payload(uint16(size), whole)...)
		}
	}
	if together && codec == rtsp.H264 {
		stap := []byte{24}
		for _, unit := range units {
			stap = append(append(stap, byte(len(unit)>>8), byte(len(unit))), unit...)
		}
		list = [][]byte{stap}
	}
	return list
}

// Whatever a camera's packets look like, the units that come out are those that
// went in, no piece is too long, and the marker is on the last piece alone.
func TestUnitsSurvive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		codec := rapid.SampledFrom([]rtsp.Codec{rtsp.H264, rtsp.H265}).Draw(t, "codec")
		head := [][]byte{{0x41}, {0x06}, {0x61}}
		if codec == rtsp.H265 {
			head = [][]byte{{0x02, 0x01}, {0x4e, 0x01}, {0x00, 0x01}}
		}
		var units [][]byte
		for range rapid.IntRange(1, 5).Draw(t, "units") {
			data := bytes.Repeat([]byte{0x5a, 0xa5, byte(len(units) + 1)}, rapid.IntRange(1, 2000).Draw(t, "thirds"))
			units = append(units, append(bytes.Clone(rapid.SampledFrom(head).Draw(t, "head")), data...))
		}
		size := rapid.IntRange(64, 1500).Draw(t, "size")
		together := rapid.Bool().Draw(t, "together") && codec == rtsp.H264
		list := payloads(codec, rapid.IntRange(20, 3000).Draw(t, "camera's size"), together, units...)
		k := repack.New(size)
		k.Format(rtsp.Format{Codec: codec})
		k.Begin()
		var pieces []repack.Piece
		for i, payload := range list {
			k.Packet(&rtp.Packet{Header: rtp.Header{Marker: i == len(list)-1}, Payload: payload}, func(p repack.Piece) { pieces = append(pieces, p) })
		}
		var out [][]byte
		for i, p := range pieces {
			if len(p.Payload) > size {
				t.Fatalf("piece %d has %d bytes, more than %d", i, len(p.Payload), size)
			}
			if p.Marker != (i == len(pieces)-1) {
				t.Fatalf("piece %d of %d: marker %v", i, len(pieces), p.Marker)
			}
			out = append(out, p.Payload)
		}
		var got [][]byte
		if !repack.Units(codec, out, func(u []byte) { got = append(got, bytes.Clone(u)) }) {
			t.Fatal("a unit is not whole")
		}
		if len(got) != len(units) {
			t.Fatalf("%d units came of %d", len(got), len(units))
		}
		for i := range got {
			if !bytes.Equal(got[i], units[i]) {
				t.Fatalf("unit %d is another: %d bytes of %d", i, len(got[i]), len(units[i]))
			}
		}
	})
}

func TestFragmentsAreEquallyLong(t *testing.T) {
	t.Parallel()
	k := repack.New(1200)
	k.Format(rtsp.Format{Codec: rtsp.H264})
	k.Begin()
	var lengths []int
	for _, payload := range payloads(rtsp.H264, 1400, false, append([]byte{0x41}, make([]byte, 10000)...)) {
		k.Packet(&rtp.Packet{Payload: payload}, func(p repack.Piece) { lengths = append(lengths, len(p.Payload)) })
	}
	for i, n := range lengths[:len(lengths)-1] {
		if n != 1200 {
			t.Errorf("piece %d has %d bytes", i, n)
		}
	}
	if want := 9; len(lengths) != want {
		t.Errorf("%d pieces, want %d", len(lengths), want)
	}
}

func TestParameterSetsComeOnce(t *testing.T) {
	t.Parallel()
	sps, pps, key := []byte{0x67, 1, 2}, []byte{0x68, 3}, append([]byte{0x65}, make([]byte, 3000)...)
	for _, tc := range []struct {
		name  string
		units [][]byte
		want  []byte
	}{
		{"left out by the camera", [][]byte{{0x06, 5, 1, 0}, key}, []byte{6, 7, 8, 5}},
		{"sent by the camera", [][]byte{sps, pps, key}, []byte{7, 8, 5}},
		{"two slices", [][]byte{key, key}, []byte{7, 8, 5, 5}},
		{"no keyframe", [][]byte{{0x41, 9, 9}}, []byte{1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			k := repack.New(1200)
			k.Format(rtsp.Format{Codec: rtsp.H264, SPS: sps, PPS: pps})
			k.Begin()
			var out [][]byte
			for _, payload := range payloads(rtsp.H264, 1400, false, tc.units...) {
				k.Packet(&rtp.Packet{Payload: payload}, func(p repack.Piece) { out = append(out, p.Payload) })
			}
			var got []byte
			if !repack.Units(rtsp.H264, out, func(u []byte) { got = append(got, u[0]&0x1f) }) || !bytes.Equal(got, tc.want) {
				t.Errorf("units %v, want %v", got, tc.want)
			}
		})
	}
}

// FuzzPacker feeds what a broken camera may send.
func FuzzPacker(f *testing.F) {
	f.Add(false, []byte{28, 0x85, 1, 2, 3}, []byte{28, 0x45, 4}, true)
	f.Add(true, []byte{49 << 1, 1, 0x93, 1}, []byte{48 << 1, 1, 0, 9, 1}, false)
	f.Add(false, []byte{24, 0xff, 0xff, 1}, bytes.Repeat([]byte{0x65}, 3000), true)
	f.Fuzz(func(t *testing.T, h265 bool, one, two []byte, marker bool) {
		codec := rtsp.H264
		if h265 {
			codec = rtsp.H265
		}
		k := repack.New(100)
		k.Format(rtsp.Format{Codec: codec, SPS: []byte{0x67, 1, 2}})
		var out [][]byte
		for _, payload := range [][]byte{one, two, one} {
			k.Begin()
			before := bytes.Clone(payload)
			k.Packet(&rtp.Packet{Header: rtp.Header{Marker: marker}, Payload: payload}, func(p repack.Piece) {
				if len(p.Payload) > 100 || len(p.Payload) == 0 {
					t.Fatalf("a piece of %d bytes", len(p.Payload))
				}
				out = append(out, p.Payload)
			})
			if !bytes.Equal(before, payload) {
				t.Fatal("the camera's packet was changed")
			}
		}
		repack.Units(codec, out, func(u []byte) {
			if len(u) == 0 {
				t.Fatal("an empty unit")
			}
		})
	})
}
