package rtsp_test

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"guardroom/devices/rtsp"
	"guardroom/simulators/camera"
)

// film makes the packets of a stream that is judged: each call is one packet of
// a slice at a time stamp.
type film struct {
	health *rtsp.Health
	now    time.Time
	stamp  uint32
}

func newFilm() *film {
	f := &film{now: time.Date(2030, 6, 1, 2, 0, 0, 0, time.UTC)}
	f.health = rtsp.NewHealth(f.now)
	f.health.Opened(rtsp.Format{Codec: rtsp.H264})
	return f
}

// picture sends an access unit of three packets, of which some may be lost.
func (f *film) picture(content byte, lost ...int) {
	for i := range 3 {
		if len(lost) > 0 && lost[0] == i {
			continue
		}
		f.health.Packet(&rtp.Packet{Header: rtp.Header{Timestamp: f.stamp}, Payload: []byte{0x61, byte(i), content, content}}, f.now)
	}
}

// seconds sends 25 pictures a second.
func (f *film) seconds(n int, one func(i int)) {
	for i := range n * 25 {
		one(i)
		f.now = f.now.Add(40 * time.Millisecond)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	live := func(f *film) { f.seconds(5, func(i int) { f.stamp += 3600; f.picture(byte(i)) }) }
	for _, tc := range []struct {
		name  string
		then  func(f *film)
		want  rtsp.Condition
		alarm bool
	}{
		{"live", live, rtsp.Live, false},
		{"nothing yet", func(f *film) { f.now = f.now.Add(time.Second) }, rtsp.Connecting, false},
		{"never came", func(f *film) { f.now = f.now.Add(31 * time.Second) }, rtsp.Lost, true},
		{"stopped a moment ago", func(f *film) { live(f); f.now = f.now.Add(2 * time.Second) }, rtsp.Live, false},
		{"stopped", func(f *film) { live(f); f.now = f.now.Add(3 * time.Second) }, rtsp.Lost, false},
		{"stopped for long", func(f *film) { live(f); f.now = f.now.Add(30 * time.Second) }, rtsp.Lost, true},
		{"same picture", func(f *film) { live(f); f.seconds(4, func(int) { f.stamp += 3600; f.picture(7) }) }, rtsp.Frozen, false},
		{"same picture for long", func(f *film) { live(f); f.seconds(31, func(int) { f.stamp += 3600; f.picture(7) }) }, rtsp.Frozen, true},
		{"same picture, packets lost", func(f *film) { live(f); f.seconds(8, func(i int) { f.stamp += 3600; f.picture(7, i%5) }) }, rtsp.Frozen, false},
		{"time stands still", func(f *film) { live(f); f.seconds(4, func(i int) { f.picture(byte(i)) }) }, rtsp.Frozen, false},
		{"time jumps", func(f *film) { f.seconds(9, func(i int) { f.stamp += 3600 + uint32(i%20)*900000; f.picture(byte(i)) }) }, rtsp.Live, false},
		{"still night: pictures come back, but not twice in a row", func(f *film) { f.seconds(40, func(i int) { f.stamp += 3600; f.picture(byte(i % 16)) }) }, rtsp.Live, false},
		{"parameter sets repeat", func(f *film) {
			live(f)
			f.seconds(4, func(i int) {
				f.stamp += 3600
				f.health.Packet(&rtp.Packet{Header: rtp.Header{Timestamp: f.stamp}, Payload: []byte{0x67, 1, 2, 3}}, f.now)
				f.picture(byte(i))
			})
		}, rtsp.Live, false},
		{"one picture a second", func(f *film) {
			for i := range 20 {
				f.stamp += rtsp.ClockRate
				f.picture(byte(i))
				f.now = f.now.Add(time.Second)
			}
		}, rtsp.Live, false},
		{"thaws", func(f *film) {
			live(f)
			f.seconds(8, func(int) { f.stamp += 3600; f.picture(7) })
			live(f)
		}, rtsp.Live, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := newFilm()
			tc.then(f)
			if r := f.health.At(f.now); r.Condition != tc.want || r.Alarm != tc.alarm {
				t.Errorf("%s since %s, alarm %v; want %s, %v", r.Condition, f.now.Sub(r.Since), r.Alarm, tc.want, tc.alarm)
			}
		})
	}
}

// TestFreezesAreSeen lets a camera freeze in each way and judges what comes.
func TestFreezesAreSeen(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		scene, fault string
		want         rtsp.Condition
	}{
		{"lobby", camera.Freeze, rtsp.Frozen},
		{"lobby", camera.TimeStand, rtsp.Frozen},
		{"lobby", camera.Stall, rtsp.Lost},
		{"fence", camera.TimeJump, rtsp.Live},
		{"fence", "loss:20", rtsp.Live},
		{"fence", camera.NoFault, rtsp.Live}, // a still night
	} {
		t.Run(tc.fault, func(t *testing.T) {
			t.Parallel()
			views, err := camera.Scene(tc.scene)
			if err != nil {
				t.Fatal(err)
			}
			sim := start(t, camera.Options{Views: views})
			e, _ := watch(t, rtsp.Camera{URL: sim.URL("main"), Silence: time.Minute})
			e.until(t, "pictures", func(e *eye) bool { return e.total > 20 })
			setFault(t, sim, tc.fault)
			began := time.Now()
			virtual := func(at time.Time) time.Time { return began.Add(2 * at.Sub(began)) } // health's clock goes twice as fast
			health := rtsp.NewHealth(began)
			health.Opened(e.formats[0])
			judged := 0
			labelled := time.Duration(0) // so long after the newest picture
			e.until(t, string(tc.want), func(e *eye) bool {
				for ; judged < len(e.packets); judged++ {
					health.Packet(e.packets[judged], virtual(e.at[judged]))
				}
				now := virtual(time.Now())
				if r := health.At(now); r.Condition != rtsp.Live && r.Condition != rtsp.Connecting && labelled == 0 {
					labelled = now.Sub(r.Since)
				}
				if tc.want == rtsp.Live {
					return now.Sub(began) > 3200*time.Millisecond
				}
				return labelled > 0
			})
			if r := health.At(virtual(time.Now())); r.Condition != tc.want {
				t.Errorf("%s, want %s", r.Condition, tc.want)
			}
			if tc.want != rtsp.Live && labelled > 3*time.Second {
				t.Errorf("labelled after %s", labelled)
			}
		})
	}
}
