package profiles_test

import (
	"testing"

	"guardroom/devices/profiles"
)

// fleet is one Siemens panel of 500 registers, read in five.
func fleet(tb testing.TB) (*profiles.Compiled, [][]uint16) {
	c := mustCompile(tb, "fire/siemens-nk8237", map[string]any{"zones": 500, "power_supplies": 0})
	var words [][]uint16
	for _, r := range c.Reads {
		words = append(words, make([]uint16, r.Count))
	}
	return c, words
}

// BenchmarkQuietSecond is what 200 quiet devices of 500 registers cost a gateway
// each second: ns/op is the share of a core in billionths.
func BenchmarkQuietSecond(b *testing.B) {
	c, words := fleet(b)
	images := make([]*profiles.Image, 200)
	for i := range images {
		images[i] = c.NewImage()
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, im := range images {
			for i := range words {
				if im.Put(i, words[i]) {
					c.Decode(im, i)
				}
			}
		}
	}
}

// BenchmarkBusySecond lets one word of every read change on all 200.
func BenchmarkBusySecond(b *testing.B) {
	c, words := fleet(b)
	images := make([]*profiles.Image, 200)
	for i := range images {
		images[i] = c.NewImage()
	}
	b.ReportAllocs()
	turn := uint16(0)
	for b.Loop() {
		turn ^= 0x8000
		for i := range words {
			words[i][0] = turn
		}
		for _, im := range images {
			for i := range words {
				if im.Put(i, words[i]) {
					c.Decode(im, i)
				}
			}
		}
	}
}

// BenchmarkLargestPanel compiles the largest device there can be.
func BenchmarkLargestPanel(b *testing.B) {
	p, err := profiles.Shipped("fire/honeywell-cgw-mb")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Compile(sizes()["fire/honeywell-cgw-mb"]); err != nil {
			b.Fatal(err)
		}
	}
}

// A quiet device must not make garbage.
func TestQuietDevicesDoNotAllocate(t *testing.T) {
	c, words := fleet(t)
	im := c.NewImage()
	look := func() {
		for i := range words {
			if im.Put(i, words[i]) {
				c.Decode(im, i)
			}
		}
	}
	look()
	if n := testing.AllocsPerRun(100, look); n != 0 {
		t.Errorf("%v allocations a look", n)
	}
	words[2][0] ^= 0x8000
	if n := testing.AllocsPerRun(100, func() { words[2][0] ^= 0x8000; look() }); n > 4 {
		t.Errorf("%v allocations for one changed word", n)
	}
}
