package camera_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/pion/rtp"

	"guardroom/simulators/camera"
)

func start(t testing.TB, scene string, o camera.Options) *camera.Camera {
	t.Helper()
	if o.Views == nil {
		views, err := camera.Scene(scene)
		if err != nil {
			t.Fatal(err)
		}
		o.Views = views
	}
	c, err := camera.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// watch plays an address and hands each packet on.
func watch(t *testing.T, address string) <-chan *rtp.Packet {
	t.Helper()
	u, err := base.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	tcp := gortsplib.ProtocolTCP
	c := &gortsplib.Client{Scheme: u.Scheme, Host: u.Host, Protocol: &tcp}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	d, _, err := c.Describe(u)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SetupAll(d.BaseURL, d.Medias); err != nil {
		t.Fatal(err)
	}
	packets := make(chan *rtp.Packet, 4096)
	c.OnPacketRTPAny(func(_ *description.Media, _ format.Format, p *rtp.Packet) {
		select {
		case packets <- p:
		default:
		}
	})
	if _, err := c.Play(nil); err != nil {
		t.Fatal(err)
	}
	return packets
}

// pictures collects the time stamps of n pictures.
func pictures(t *testing.T, packets <-chan *rtp.Packet, n int) (stamps []uint32, all []*rtp.Packet) {
	t.Helper()
	end := time.After(30 * time.Second)
	for len(stamps) < n {
		select {
		case p := <-packets:
			all = append(all, p)
			if p.Marker {
				stamps = append(stamps, p.Timestamp)
			}
		case <-end:
			t.Fatalf("%d pictures of %d", len(stamps), n)
		}
	}
	return stamps, all
}

func TestEverySceneIsThere(t *testing.T) {
	t.Parallel()
	if len(camera.Scenes()) < 8 {
		t.Error("fewer than eight scenes")
	}
	for _, name := range camera.Scenes() {
		views, err := camera.Scene(name)
		if err != nil || views[0].Token != "home" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := camera.Scene("moon"); err == nil || !strings.Contains(err.Error(), "gate-a") {
		t.Error(err)
	}
	if _, err := camera.SceneH265(); err != nil {
		t.Error(err)
	}
	size := int64(0)
	files, err := filepath.Glob("clips/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if size > 3<<20 {
		t.Errorf("the clips are %d bytes", size)
	}
}

// TestTimeGoesOnOverTheLoop plays a clip of two seconds for three laps.
func TestTimeGoesOnOverTheLoop(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("clips/odd.bframes.h264")
	if err != nil {
		t.Fatal(err)
	}
	short, err := camera.ReadClip(camera.H264, 100, data) // four times as fast
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, "", camera.Options{Views: []camera.View{{Token: "home", Main: short, Sub: short}}})
	stamps, all := pictures(t, watch(t, c.URL("main")), 240)
	if all[0].Payload[0]&0x1f != 24 { // parameter sets together, then the keyframe
		t.Errorf("it begins with %x", all[0].Payload[0])
	}
	slices.Sort(stamps) // of pictures out of order
	for i := 3; i < len(stamps)-3; i++ {
		if stamps[i]-stamps[i-1] != 900 {
			t.Fatalf("picture %d comes %d ticks after the one before", i, stamps[i]-stamps[i-1])
		}
	}
	for i := 1; i < len(all); i++ {
		if all[i].SequenceNumber != all[i-1].SequenceNumber+1 {
			t.Fatalf("sequence %d after %d", all[i].SequenceNumber, all[i-1].SequenceNumber)
		}
	}
}

func TestPresetsSwitchAtAKeyframe(t *testing.T) {
	t.Parallel()
	c := start(t, "gate-c", camera.Options{})
	packets := watch(t, c.URL("sub"))
	before, _ := pictures(t, packets, 5)
	if err := c.Set("view", "plate"); err != nil {
		t.Fatal(err)
	}
	after, all := pictures(t, packets, 20)
	key := slices.IndexFunc(all, func(p *rtp.Packet) bool { return p.Payload[0]&0x1f == 24 })
	if key < 0 || key > 8 {
		t.Errorf("the keyframe of the other view comes as packet %d", key)
	}
	for stamps, i := append(before, after...), 1; i < len(stamps); i++ {
		if stamps[i]-stamps[i-1] != 7200 {
			t.Errorf("%d ticks between two pictures", stamps[i]-stamps[i-1])
		}
	}
	if got := c.Holding("view"); !slices.Equal(got, []string{"plate"}) {
		t.Error(got)
	}
	if got := c.States("view"); !slices.Equal(got, []string{"normal", "road", "plate"}) {
		t.Error(got)
	}
}

func TestFaultsOfTime(t *testing.T) {
	t.Parallel()
	c := start(t, "fence", camera.Options{})
	packets := watch(t, c.URL("main"))
	pictures(t, packets, 5)
	setFault(t, c, camera.TimeStand)
	pictures(t, packets, 10)
	stamps, _ := pictures(t, packets, 10)
	if stamps[0] != stamps[9] {
		t.Error("time goes on")
	}
	setFault(t, c, camera.NoFault)
	setFault(t, c, camera.TimeJump)
	stamps, _ = pictures(t, packets, 10)
	for before := stamps[9]; ; before = stamps[0] {
		stamps, _ = pictures(t, packets, 1) // and no further than to the end of its patience
		if d := int32(stamps[0] - before); d > 19*90000 || d < -19*90000 {
			break
		}
	}
}

func TestFaultsOfPackets(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("clips/lobby.main.h264")
	if err != nil {
		t.Fatal(err)
	}
	quick, err := camera.ReadClip(camera.H264, 100, data) // four times as fast
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, "", camera.Options{Views: []camera.View{{Token: "home", Main: quick, Sub: quick}}})
	packets := watch(t, c.URL("main"))
	pictures(t, packets, 5)
	setFault(t, c, "loss:30")
	_, all := pictures(t, packets, 60)
	gaps := 0
	for i := 1; i < len(all); i++ {
		gaps += int(all[i].SequenceNumber - all[i-1].SequenceNumber - 1)
	}
	if share := float64(gaps) / float64(gaps+len(all)); share < 0.1 || share > 0.5 {
		t.Errorf("%.0f %% are lost, want 30", 100*share)
	}
	setFault(t, c, camera.NoFault)
	setFault(t, c, camera.Freeze)
	pictures(t, packets, 3)
	_, one := pictures(t, packets, 1)
	_, two := pictures(t, packets, 1)
	if !slices.EqualFunc(one, two, func(a, b *rtp.Packet) bool { return bytes.Equal(a.Payload, b.Payload) }) || one[0].Timestamp == two[0].Timestamp {
		t.Error("the picture changes, or time stands still")
	}
	for _, wrong := range []string{"tired", "loss:0", "loss:x", "freeze:3", ""} {
		if err := c.SetFault(wrong); err == nil {
			t.Errorf("fault %q was taken", wrong)
		}
	}
	setFault(t, c, "loss:7")
	if got := c.Faults(); !slices.Equal(got, []string{"freeze", "loss:7"}) {
		t.Error(got)
	}
}

func setFault(t *testing.T, c *camera.Camera, fault string) {
	t.Helper()
	if err := c.SetFault(fault); err != nil {
		t.Fatal(err)
	}
}

// TestNobodyWatches wants cameras that cost nothing while nobody does, and give
// back what they took when the last one leaves.
func TestNobodyWatches(t *testing.T) {
	var cameras []*camera.Camera
	for range 8 {
		cameras = append(cameras, start(t, "gate-a", camera.Options{}))
	}
	resting := runtime.NumGoroutine()
	for _, c := range cameras {
		pictures(t, watchUntil(t, c.URL("main")), 3)
	}
	end := time.After(10 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for runtime.NumGoroutine() > resting {
		select {
		case <-tick.C:
		case <-end:
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), resting, stacks[:runtime.Stack(stacks, true)])
		}
	}
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	<-time.After(time.Second) // a measurement lasts
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	spent := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
	if share := 100 * float64(spent) / float64(time.Second); share > 3 {
		t.Errorf("eight cameras cost %.1f %% of a core", share)
	} else {
		t.Logf("eight cameras cost %.2f %% of a core while nobody watches", share)
	}
}

// watchUntil is watch that ends with the returned channel's reader: here at once
// after three pictures, by closing the client.
func watchUntil(t *testing.T, address string) <-chan *rtp.Packet {
	t.Helper()
	out := make(chan *rtp.Packet, 64)
	t.Run("watcher", func(t *testing.T) {
		in := watch(t, address)
		for n := 0; n < 3; {
			p := <-in
			out <- p
			if p.Marker {
				n++
			}
		}
	})
	return out
}

func TestFFmpegPlaysIt(t *testing.T) {
	t.Parallel()
	h265, err := camera.SceneH265()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, transport, stream string
		want                    []string
		o                       camera.Options
	}{
		{"tcp", "tcp", "main", []string{"Video: h264 (Constrained Baseline)", "640x360"}, camera.Options{}},
		{"udp and a password", "udp", "sub", []string{"Video: h264 (Constrained Baseline)", "320x180"}, camera.Options{Username: "op", Password: "pw"}},
		{"h265", "tcp", "main", []string{"Video: hevc (Main)", "640x360"}, camera.Options{Views: h265}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, "gate-b", tc.o)
			address := strings.Replace(c.URL(tc.stream), "rtsp://", "rtsp://op:pw@", 1)
			out := ffmpeg(t, "ffmpeg", "-v", "info", "-nostdin", "-xerror", "-rtsp_transport", tc.transport, "-i", address, "-t", "0.6", "-f", "framecrc", "-")
			for _, want := range tc.want {
				if !strings.Contains(out, want) {
					t.Errorf("ffmpeg says no %q:\n%s", want, out)
				}
			}
			if frames := strings.Count(out, "\n0,"); frames < 6 {
				t.Errorf("ffmpeg decoded %d pictures:\n%s", frames, out)
			}
		})
	}
}

// TestFFmpegFeedsIt pushes a stream and plays it from there.
func TestFFmpegFeedsIt(t *testing.T) {
	t.Parallel()
	c := start(t, "lobby", camera.Options{Publish: true})
	ctx, cancel := context.WithCancel(t.Context())
	push := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-framerate", "25", "-i", "clips/gate-a.main.h264", "-c", "copy", "-f", "rtsp", "-rtsp_transport", "tcp", c.URL("live"))
	if err := push.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = push.Wait() })
	end := time.Now().Add(20 * time.Second)
	for {
		out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-show_entries", "stream=width,height", "-of", "csv=p=0", c.URL("live")).CombinedOutput()
		if err == nil && strings.HasPrefix(string(out), "640,360") {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%v: %s", err, out)
		}
	}
}

func ffmpeg(t *testing.T, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strconv.Quote(program), err, out)
	}
	return string(out)
}

func FuzzReadClip(f *testing.F) {
	for _, file := range []string{"clips/odd.bframes.h264", "clips/odd.h265"} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[:2000], strings.HasSuffix(file, "265"))
	}
	f.Add([]byte{0, 0, 1, 0x67, 0, 0, 1}, false)
	f.Fuzz(func(t *testing.T, data []byte, h265 bool) {
		codec := camera.H264
		if h265 {
			codec = camera.H265
		}
		c, err := camera.ReadClip(codec, 25, data)
		if (c == nil) == (err == nil) {
			t.Errorf("%v, %v", c, err)
		}
	})
}
