package devices_test

import (
	"testing"

	"pgregory.net/rapid"

	"guardroom/devices"
)

// A value that trembles by less than the band changes the state at most once, and
// a value clearly on one side is always told as what it is.
func TestALimitDoesNotChatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := devices.Limit{Side: devices.Above, Alarm: 40, Clear: 38}
		sign := 1.0
		if rapid.Bool().Draw(t, "below") {
			l, sign = devices.Limit{Side: devices.Below, Alarm: -40, Clear: -38}, -1
		}
		centre := rapid.Float64Range(30, 50).Draw(t, "centre")
		noise := rapid.SliceOfN(rapid.Float64Range(-0.99, 0.99), 1, 100).Draw(t, "noise")
		passed, turns := rapid.Bool().Draw(t, "passed"), 0
		for _, n := range noise {
			v := centre + n
			now := l.Passed(sign*v, passed)
			switch {
			case v > 40 && !now:
				t.Fatalf("%g is beyond the limit and not told", v)
			case v < 38 && now:
				t.Fatalf("%g is clear of the limit and still told", v)
			case v >= 38 && v <= 40 && now != passed:
				t.Fatalf("%g lies in the band and changed the state", v)
			}
			if now != passed {
				turns++
			}
			passed = now
		}
		if turns > 1 {
			t.Fatalf("a tremble of less than the band around %g changed the state %d times", centre, turns)
		}
	})
}
