package mqtt

import (
	"bytes"
	"testing"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// FuzzFrames compares our reading of packet borders with paho's.
func FuzzFrames(f *testing.F) {
	f.Add([]byte{0x20, 2, 0, 0, 0x30, 4, 0, 1, 'x', 'm'}, 3)
	f.Add([]byte{0xd0, 0, 0xd0, 0}, 1)
	f.Add([]byte{0x30, 0xff, 0xff, 0xff, 0x7f}, 2)
	f.Add([]byte{0x30, 0x80, 0x80, 0x80, 0x80, 0x01}, 5)
	f.Add(append([]byte{0x30, 0x80, 0x01, 0, 1, 'x'}, make([]byte, 125)...), 7)
	f.Fuzz(func(t *testing.T, stream []byte, step int) {
		const limit = 300
		frames := frames{limit: limit}
		var refused error
		for rest := stream; len(rest) > 0 && refused == nil; {
			n := min(max(step, 1), len(rest))
			refused = frames.pass(rest[:n])
			rest = rest[n:]
		}
		if refused != nil {
			return // or paho would make room for what is announced
		}
		for r := bytes.NewReader(stream); ; {
			before := r.Len()
			if _, err := packets.ReadPacket(r); err != nil {
				return
			}
			if size := before - r.Len(); size > limit+5 {
				t.Errorf("a packet of %d bytes passes", size)
			}
		}
	})
}

func TestFramesFollowPackets(t *testing.T) {
	t.Parallel()
	stream := append([]byte{0x20, 2, 0, 0, 0xd0, 0, 0x30, 0x80, 0x01}, make([]byte, 128)...)
	for step := 1; step < len(stream); step++ {
		f := frames{limit: 128}
		for rest := stream; len(rest) > 0; {
			n := min(step, len(rest))
			if err := f.pass(rest[:n]); err != nil {
				t.Fatalf("in steps of %d: %v", step, err)
			}
			rest = rest[n:]
		}
		if f.rest != 0 || f.inSize {
			t.Errorf("in steps of %d: ends inside a packet", step)
		}
		if err := f.pass([]byte{0x30, 0x81, 0x01}); err == nil {
			t.Errorf("in steps of %d: 129 bytes pass", step)
		}
	}
}
