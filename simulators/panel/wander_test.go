package panel

import (
	"maps"
	"testing"
	"time"

	"guardroom/devices/profiles"
	"guardroom/simulators/modbusd"
)

// TestWander: values move, stay plausible, and move the same way for the same seed.
func TestWander(t *testing.T) {
	t.Parallel()
	p, err := profiles.Shipped("power/apc-smartups")
	if err != nil {
		t.Fatal(err)
	}
	tell := func(seed uint64) map[string]float64 {
		c, err := p.Compile(nil)
		if err != nil {
			t.Fatal(err)
		}
		ups, err := Start(t.Context(), Options{Profile: c, Seed: seed, Tick: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		defer ups.Close()
		if err := ups.ask(func() error {
			for range 200 {
				ups.beat()
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		values, image := map[string]float64{}, c.NewImage()
		for i, r := range c.Reads {
			image.Put(i, ups.server.Get(ups.o.Unit, modbusd.Table(r.Table), r.Address, r.Count))
			for _, ps := range c.Decode(image, i) {
				if ps.Value != nil {
					values[ps.Point] = *ps.Value
				}
			}
		}
		for id, v := range values {
			rest := ups.points[id].value
			if most := ups.points[id].most; v < rest*0.98 || v > rest*1.02 || most > 0 && v > most {
				t.Errorf("%s wandered from %g to %g", id, rest, v)
			}
		}
		return values
	}
	one, same, other := tell(1), tell(1), tell(2)
	if !maps.Equal(one, same) {
		t.Errorf("the same seed gives %v and %v", one, same)
	}
	if maps.Equal(one, other) || len(one) < 5 {
		t.Errorf("two seeds give the same %v", one)
	}
}
