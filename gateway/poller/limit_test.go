package poller

import (
	"slices"
	"strings"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/devices/profiles"
)

// A temperature that trembles around its limit is one alarm, also across a restart
// of the gateway within the band, and ends once when it is clearly over.
func TestATremblingValueIsOneAlarm(t *testing.T) {
	t.Parallel()
	p, err := profiles.Shipped("power/apc-smartups")
	if err != nil {
		t.Fatal(err)
	}
	s := state(t)
	b := &book{state: s}
	begin := func() func(values ...float64) {
		c, err := p.Compile(nil)
		if err != nil {
			t.Fatal(err)
		}
		d := NewModbus(Site{Gateway: "gw", Journal: b, State: s, Now: func() time.Time { return noon }}, Settings{ID: "ups", Compiled: c}, nil, 1)
		d.ctx = t.Context()
		read := slices.IndexFunc(c.Reads, func(r profiles.Read) bool { return r.Address <= 135 && r.Address+r.Count > 135 })
		words := make([]uint16, c.Reads[read].Count)
		for _, w := range c.Rest() {
			for i, v := range w.Values {
				if at := int(w.Address) + i - int(c.Reads[read].Address); at >= 0 && at < len(words) {
					words[at] = v
				}
			}
		}
		return func(values ...float64) {
			for _, v := range values {
				words[135-c.Reads[read].Address] = uint16(int16(v * 128))
				changed := d.image.Put(read, words)
				d.take(d.blocks[read], changed, noon)
			}
		}
	}
	said := func() string { return strings.Join(b.said(), ", ") }
	show := begin()
	show(39, 39.5, 38.5) // never hot
	if got := said(); got != "" {
		t.Errorf("within the band from the start: %s", got)
	}
	show(40.5, 39.9, 40.1, 38.2, 41, 39)
	if got := said(); got != "ups.temperature env.threshold true" {
		t.Errorf("trembling: %s", got)
	}
	show = begin() // the gateway starts anew
	show(39, 38.5, 39.9, 40.3, 39)
	if got := said(); got != "ups.temperature env.threshold true" {
		t.Errorf("after a restart within the band: %s", got)
	}
	show(37.9, 38.5, 39.9, 38)
	if got := said(); got != "ups.temperature env.threshold true, ups.temperature env.threshold false" {
		t.Errorf("clearly over: %s", got)
	}
	if !b.signals[0].Active || b.signals[0].State != "hot" || b.signals[0].Kind != devices.EnvThreshold || b.signals[1].State != "normal" {
		t.Errorf("signals %+v", b.signals)
	}
}
