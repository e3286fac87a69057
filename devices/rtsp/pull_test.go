package rtsp_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"guardroom/devices/rtsp"
	"guardroom/simulators/camera"
)

func TestPullsEveryWay(t *testing.T) {
	t.Parallel()
	h265, err := camera.SceneH265()
	if err != nil {
		t.Fatal(err)
	}
	identity := httptestCertificate(t)
	for _, tc := range []struct {
		name   string
		sim    camera.Options
		with   rtsp.Camera
		stream string
		want   rtsp.Format
	}{
		{name: "tcp", with: rtsp.Camera{Transport: rtsp.TCP}, want: rtsp.Format{Codec: rtsp.H264, Width: 640, Height: 360, FPS: 25, Profile: "constrained baseline"}},
		{name: "udp", with: rtsp.Camera{Transport: rtsp.UDP}, want: rtsp.Format{Codec: rtsp.H264, Width: 640, Height: 360, FPS: 25, Profile: "constrained baseline"}},
		{name: "sub-stream", stream: "sub", want: rtsp.Format{Codec: rtsp.H264, Width: 320, Height: 180, FPS: 12.5, Profile: "constrained baseline"}},
		{name: "h265", sim: camera.Options{Views: h265}, want: rtsp.Format{Codec: rtsp.H265, Width: 640, Height: 360, FPS: 25, Profile: "main"}},
		{name: "password", sim: camera.Options{Username: "op", Password: "s#cr/t"}, with: rtsp.Camera{Username: "op", Password: "s#cr/t"}, want: rtsp.Format{Codec: rtsp.H264, Width: 640, Height: 360, FPS: 25, Profile: "constrained baseline"}},
		{
			name: "encrypted", sim: camera.Options{TLS: identity.server, Username: "op", Password: "pw"},
			with: rtsp.Camera{TLS: identity.client, Username: "op", Password: "pw"}, want: rtsp.Format{Codec: rtsp.H264, Width: 640, Height: 360, FPS: 25, Profile: "constrained baseline"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sim := start(t, tc.sim)
			if tc.stream == "" {
				tc.stream = "main"
			}
			tc.with.URL = sim.URL(tc.stream)
			e, stop := watch(t, tc.with)
			e.until(t, "some pictures", func(e *eye) bool {
				return len(e.packets) > 0 && int32(e.packets[len(e.packets)-1].Timestamp-e.packets[0].Timestamp) > rtsp.ClockRate*2/5
			})
			if err := stop(); !errors.Is(err, context.Canceled) {
				t.Errorf("Pull returned %v", err)
			}
			if want := []string{"opened", "packets", "closed"}; !slices.Equal(e.calls, want) {
				t.Errorf("calls %v, want %v", e.calls, want)
			}
			got := e.formats[0]
			if got.SPS == nil || got.PPS == nil || (got.VPS != nil) != (got.Codec == rtsp.H265) {
				t.Errorf("parameter sets are missing: %+v", got)
			}
			got.VPS, got.SPS, got.PPS = nil, nil, nil
			if got.Codec != tc.want.Codec || got.Width != tc.want.Width || got.Height != tc.want.Height || got.FPS != tc.want.FPS || got.Profile != tc.want.Profile || got.BFrames {
				t.Errorf("format %+v, want %+v", got, tc.want)
			}
			checkPackets(t, e)
			if f := e.faults[0]; f.Code != rtsp.Stopped {
				t.Errorf("closed with %+v", f)
			}
		})
	}
}

// checkPackets wants every packet once, in order, none empty, read at growing times.
func checkPackets(t *testing.T, e *eye) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, p := range e.packets {
		if len(p.Payload) == 0 {
			t.Fatalf("packet %d is empty", i)
		}
		if i > 0 && (p.SequenceNumber != e.packets[i-1].SequenceNumber+1 || e.at[i].Before(e.at[i-1])) {
			t.Fatalf("packet %d: sequence %d after %d", i, p.SequenceNumber, e.packets[i-1].SequenceNumber)
		}
	}
}

func TestFaultsHaveTheirWords(t *testing.T) {
	t.Parallel()
	self := httptestCertificate(t)
	for _, tc := range []struct {
		name  string
		sim   camera.Options
		fault string
		with  rtsp.Camera
		path  string
		code  rtsp.FaultCode
		words string
	}{
		{name: "nobody there", fault: camera.Unplugged, code: rtsp.Unreachable, words: "power"},
		{name: "wrong password", sim: camera.Options{Username: "op", Password: "right"}, with: rtsp.Camera{Username: "op", Password: "wr0ng-secret"}, code: rtsp.RefusedPassword, words: "password"},
		{name: "no password", sim: camera.Options{Username: "op", Password: "right"}, code: rtsp.RefusedPassword, words: "password"},
		{name: "changed password", sim: camera.Options{Username: "op", Password: "right"}, with: rtsp.Camera{Username: "op", Password: "right"}, fault: camera.Password, code: rtsp.RefusedPassword, words: "user name"},
		{name: "no such path", path: "stream9", code: rtsp.NoSuchPath, words: "path"},
		{name: "gone", fault: camera.Gone, code: rtsp.NoSuchPath, words: "path"},
		{name: "no codec of ours", fault: camera.Unknown, code: rtsp.NotPlayable, words: "H.264"},
		{name: "silence", fault: camera.Stall, code: rtsp.Silent, words: "no picture"},
		{name: "silence over UDP", fault: camera.Stall, with: rtsp.Camera{Transport: rtsp.UDP}, code: rtsp.Silent, words: "no picture"},
		{name: "certificate of nobody", sim: camera.Options{TLS: self.server}, with: rtsp.Camera{TLS: &tls.Config{RootCAs: x509.NewCertPool()}}, code: rtsp.TLSRefused, words: "certificate"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sim := start(t, tc.sim)
			if tc.fault != "" {
				setFault(t, sim, tc.fault)
			}
			tc.with.URL = sim.URL("main")
			if tc.path != "" {
				tc.with.URL = sim.URL(tc.path)
			}
			tc.with.Silence = 500 * time.Millisecond
			e, _ := watch(t, tc.with)
			e.until(t, "a fault", func(e *eye) bool { return len(e.faults) > 0 })
			e.mu.Lock()
			defer e.mu.Unlock()
			f := e.faults[0]
			if f.Code != tc.code || !strings.Contains(f.Text, tc.words) {
				t.Errorf("fault %q, %q (%v); want %q with %q", f.Code, f.Text, f.Err, tc.code, tc.words)
			}
			if tc.with.Password != "" && strings.Contains(f.Error(), tc.with.Password) {
				t.Errorf("the password is told: %v", f)
			}
		})
	}
}

func TestComesBack(t *testing.T) {
	t.Parallel()
	sim := start(t, camera.Options{})
	setFault(t, sim, camera.Unplugged)
	e, _ := watch(t, rtsp.Camera{URL: sim.URL("main")})
	e.until(t, "tried thrice", func(e *eye) bool { return len(e.faults) >= 3 })
	setFault(t, sim, camera.NoFault)
	e.until(t, "a picture", func(e *eye) bool { return e.total > 0 })
	setFault(t, sim, camera.Reconnect)
	e.until(t, "lost and back", func(e *eye) bool {
		return len(e.formats) >= 2 && len(e.calls) > 2 && e.calls[len(e.calls)-1] == "packets"
	})
	setFault(t, sim, camera.Unplugged)
	e.until(t, "lost", func(e *eye) bool { return e.faults[len(e.faults)-1].Code == rtsp.Unreachable })
	setFault(t, sim, camera.NoFault)
	before, _ := e.now()
	e.until(t, "back again", func(e *eye) bool { return len(e.formats) > len(before) && e.calls[len(e.calls)-1] == "packets" })
}

func TestBFramesAreSaid(t *testing.T) {
	t.Parallel()
	sim := start(t, camera.Options{})
	setFault(t, sim, camera.BFrames)
	e, _ := watch(t, rtsp.Camera{URL: sim.URL("main")})
	e.until(t, "B-frames", func(e *eye) bool { return len(e.formats) > 0 && e.formats[len(e.formats)-1].BFrames })
	setFault(t, sim, camera.NoFault) // the camera was set right: its next parameter sets say so
	e.until(t, "no more B-frames", func(e *eye) bool {
		f := e.formats[len(e.formats)-1]
		return !f.BFrames && f.Profile == "constrained baseline"
	})
	if !strings.Contains(rtsp.Words(rtsp.BFrames), "Set B-frames to 0") {
		t.Error(rtsp.Words(rtsp.BFrames))
	}
}

func TestRefusesWhatCanNeverWork(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		camera rtsp.Camera
		field  string
	}{
		{rtsp.Camera{}, "address"},
		{rtsp.Camera{URL: "http://camera/"}, "address"},
		{rtsp.Camera{URL: "rtsp://"}, "address"},
		{rtsp.Camera{URL: "rtsp://user:geheim@[::1/x"}, "address"},
		{rtsp.Camera{URL: "rtsp://camera/", Transport: "pigeon"}, "transport"},
		{rtsp.Camera{URL: "rtsp://camera/", Password: "geheim"}, "username"},
		{rtsp.Camera{URL: "rtsp://camera/", PlayFrom: time.Unix(20, 0), PlayTo: time.Unix(10, 0)}, "to"},
	} {
		err := rtsp.Pull(t.Context(), tc.camera, newEye())
		var invalid *rtsp.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != tc.field || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%+v: %v, want field %s", tc.camera.Transport, err, tc.field)
		}
	}
}
