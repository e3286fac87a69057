package rtsp

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// clipUnits cuts a committed clip at its start codes.
func clipUnits(t testing.TB, name string) (units [][]byte) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "simulators", "camera", "clips", name))
	if err != nil {
		t.Fatal(err)
	}
	for i, u := range bytes.Split(data, []byte{0, 0, 1}) {
		if u = bytes.TrimRight(u, "\x00"); i > 0 && len(u) > 2 {
			units = append(units, u)
		}
	}
	return units
}

// parameters finds a clip's parameter sets.
func parameters(t testing.TB, codec Codec, name string) Format {
	t.Helper()
	f := Format{Codec: codec}
	for _, u := range clipUnits(t, name) {
		eachUnit(codec, u, func(found unit) {
			switch found.set {
			case vps:
				f.VPS = found.parameter
			case sps:
				f.SPS = found.parameter
			case pps:
				f.PPS = found.parameter
			}
		})
	}
	f.refresh()
	return f
}

func TestOrderOfSlices(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		clip            string
		promised, found bool // by the parameter sets, by the slices
	}{
		{"gate-a.main.h264", false, false},
		{"odd.bframes.h264", true, true},
	} {
		f := parameters(t, H264, tc.clip)
		var o order
		o.promised(f)
		if o.reordered != tc.promised {
			t.Errorf("%s: promised %v", tc.clip, o.reordered)
		}
		// Time stamps that grow, as of a camera that stamps what it sends: the
		// slices alone must tell.
		o.reordered, o.never = false, false
		for i, u := range clipUnits(t, tc.clip) {
			eachUnit(H264, u, func(u unit) {
				if u.picture {
					o.unit(H264, u, uint32(i)*3600)
				}
			})
		}
		if o.reordered != tc.found {
			t.Errorf("%s: found %v", tc.clip, o.reordered)
		}
	}
}

func TestOrderOfStamps(t *testing.T) {
	t.Parallel()
	frames := func(steps ...int) []int { return slices.Repeat(steps, 40) }
	for _, tc := range []struct {
		name  string
		steps []int // pictures from one time stamp to the next
		want  bool
	}{
		{"in order", frames(1), false},
		{"one B", frames(2, -1, 2), true},
		{"two B", frames(3, -2, 1, 1), true},
		{"a clock set back", append(append(frames(1), -2), frames(1)...), false},
		{"a clock set back by a minute, often", frames(1, 1, 1, -1500, 1500), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			o, at := order{}, 0
			for _, s := range tc.steps {
				at += s
				o.unit(H265, unit{picture: true}, uint32(at*3600)) //nolint:gosec // wraps
			}
			if o.reordered != tc.want {
				t.Errorf("reordered %v", o.reordered)
			}
		})
	}
	// What a parameter set allows and no picture does is taken back.
	o := order{reordered: true}
	for i := range disproof {
		o.unit(H265, unit{picture: true}, uint32(i)*3600)
	}
	if o.reordered {
		t.Error("it is not taken back")
	}
}

type nowhere struct{ opened int }

func (n *nowhere) Opened(Format)                 { n.opened++ }
func (n *nowhere) Packet(*rtp.Packet, time.Time) {}
func (n *nowhere) Closed(Fault)                  {}

// TestParameterSetsThatChange opens anew for a set that changes, and not for
// several that come side by side.
func TestParameterSetsThatChange(t *testing.T) {
	t.Parallel()
	f := parameters(t, H264, "gate-a.main.h264")
	other := parameters(t, H264, "gate-a.sub.h264")
	sink := &nowhere{}
	s := &stream{sink: sink, format: f}
	send := func(units ...[]byte) {
		for _, u := range append(units, []byte{0x65, 0x88, 0x80, 0x10}) {
			s.packet(&rtp.Packet{Payload: u}, time.Time{})
		}
	}
	second := append([]byte{0x68, 0x5f}, f.PPS[2:]...) // number 1 begins with 010
	for range 3 {
		send(f.SPS, f.PPS, second)
	}
	if sink.opened != 0 {
		t.Errorf("opened %d times for nothing new", sink.opened)
	}
	s.format.PPS = []byte{} // as a session description may have it
	send(second)
	s.format.PPS = f.PPS
	sink.opened = 0
	send(other.SPS, other.PPS)
	if sink.opened != 1 || s.format.Width != 320 {
		t.Errorf("opened %d times, %d wide", sink.opened, s.format.Width)
	}
}

// FuzzStream lets a stream read what no camera sends.
func FuzzStream(f *testing.F) {
	for _, name := range []string{"gate-a.sub.h264", "odd.bframes.h264", "odd.h265"} {
		for _, u := range clipUnits(f, name)[:8] {
			f.Add(u[:min(len(u), 1400)], name == "odd.h265")
		}
	}
	f.Add([]byte{24, 0, 4, 0x67, 1, 2, 3, 0, 9, 0x68}, false)
	f.Add([]byte{28, 0x85, 0x88}, false)
	f.Add([]byte{48 << 1, 1, 0, 3, 0x42, 1, 1, 0, 200}, true)
	f.Add([]byte{49 << 1, 1, 0x93, 0xff}, true)
	f.Fuzz(func(t *testing.T, payload []byte, h265 bool) {
		sink := &nowhere{}
		s := &stream{sink: sink, format: Format{Codec: H264}}
		if h265 {
			s.format.Codec = H265
		}
		health := NewHealth(time.Unix(0, 0))
		health.Opened(s.format)
		for i := range 4 {
			p := &rtp.Packet{Header: rtp.Header{Timestamp: uint32(i/2) * 3600}, Payload: payload}
			s.packet(p, time.Unix(int64(i), 0))
			health.Packet(p, time.Unix(int64(i), 0))
		}
		// The payload as a parameter set, and a slice after it.
		s.format.SPS = payload
		s.format.refresh()
		s.order.promised(s.format)
		s.order.unit(s.format.Codec, unit{picture: true, slice: payload}, 1)
		if s.format.Width < 0 || s.format.Width > largest || !(s.format.FPS >= 0 && s.format.FPS <= fastest) {
			t.Errorf("believed %+v", s.format)
		}
		if sink.opened > 4 {
			t.Errorf("opened %d times", sink.opened)
		}
	})
}
