package rtsp_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"guardroom/devices/rtsp"
	"guardroom/simulators/camera"
)

// stranger answers each request in its own words: the answer to the request's
// method, or to "" for all others. CSeq is filled in.
func stranger(t *testing.T, answers map[string]string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go talk(conn, l.Addr().String(), answers)
		}
	}()
	return l.Addr().String()
}

func talk(conn net.Conn, self string, answers map[string]string) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		var method, sequence string
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if method == "" {
				method, _, _ = strings.Cut(line, " ")
			}
			if s, ok := strings.CutPrefix(line, "CSeq: "); ok {
				sequence = strings.TrimSpace(s)
			}
			if strings.TrimSpace(line) == "" {
				break
			}
		}
		answer, ok := answers[method]
		if !ok {
			answer = answers[""]
		}
		if answer == "hang up" {
			return
		}
		if _, err := fmt.Fprint(conn, strings.NewReplacer("<n>", sequence, "<self>", self, "\n", "\r\n").Replace(answer)); err != nil {
			return
		}
	}
}

const (
	fine      = "RTSP/1.0 200 OK\nCSeq: <n>\nPublic: DESCRIBE, SETUP, PLAY\n\n"
	describes = "RTSP/1.0 200 OK\nCSeq: <n>\nContent-Type: application/sdp\nContent-Length: %d\n\n%s"
)

func sdp(text string) string {
	return fmt.Sprintf(describes, len(text)+strings.Count(text, "\n"), text)
}

func TestStrangersAreExplained(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		answers map[string]string
		code    rtsp.FaultCode
		words   string
	}{
		{"hangs up", map[string]string{"": "hang up"}, rtsp.Protocol, "not understood"},
		{"says nothing", map[string]string{"": ""}, rtsp.Silent, "does not answer"},
		{"is a web server", map[string]string{"": "HTTP/1.1 400 Bad Request\nContent-Length: 0\n\n"}, rtsp.Silent, "its port"},
		{"babbles", map[string]string{"": strings.Repeat("\x00\xff", 4000)}, rtsp.Silent, "its port"},
		{"endless header", map[string]string{"": "RTSP/1.0 200 OK\n" + strings.Repeat("X: y\n", 100000)}, rtsp.Protocol, "not understood"},
		{"describes nothing", map[string]string{"OPTIONS": fine, "": fine}, rtsp.Protocol, "not understood"},
		{"describes nonsense", map[string]string{"OPTIONS": fine, "DESCRIBE": sdp("nonsense\n")}, rtsp.Protocol, "not understood"},
		{"sound only", map[string]string{"OPTIONS": fine, "DESCRIBE": sdp("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nt=0 0\nm=audio 0 RTP/AVP 0\n")}, rtsp.NotPlayable, "no picture"},
		{"MPEG-4", map[string]string{"OPTIONS": fine, "DESCRIBE": sdp("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nt=0 0\nm=video 0 RTP/AVP 96\na=rtpmap:96 MP4V-ES/90000\n")}, rtsp.NotPlayable, "Set its stream to H.264"},
		{"sends round and round", map[string]string{"OPTIONS": fine, "DESCRIBE": "RTSP/1.0 302 Found\nCSeq: <n>\nLocation: rtsp://<self>/again\n\n"}, rtsp.Protocol, "without end"},
		{"is full", map[string]string{"OPTIONS": fine, "DESCRIBE": "RTSP/1.0 453 Not Enough Bandwidth\nCSeq: <n>\n\n"}, rtsp.Protocol, "no room"},
		{"is ill", map[string]string{"OPTIONS": fine, "DESCRIBE": "RTSP/1.0 500 Camera on fire\nCSeq: <n>\n\n"}, rtsp.Protocol, "500 Camera on fire"},
		{"wants another password", map[string]string{"OPTIONS": fine, "DESCRIBE": "RTSP/1.0 401 Unauthorized\nCSeq: <n>\nWWW-Authenticate: Kerberos\n\n"}, rtsp.RefusedPassword, "digest"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			e, _ := watch(t, rtsp.Camera{URL: "rtsp://" + stranger(t, tc.answers) + "/x", Username: "op", Password: "geheim", Silence: 600 * time.Millisecond})
			e.until(t, "two faults", func(e *eye) bool { return len(e.faults) >= 1 })
			e.mu.Lock()
			defer e.mu.Unlock()
			f := e.faults[0]
			if f.Code != tc.code || !strings.Contains(f.Text, tc.words) || strings.Contains(f.Error(), "geheim") {
				t.Errorf("fault %q, %q (%v); want %q with %q", f.Code, f.Text, f.Err, tc.code, tc.words)
			}
		})
	}
}

// TestHandshakeThatNeverComes does not hold the camera for ever.
func TestHandshakeThatNeverComes(t *testing.T) {
	t.Parallel()
	e, stop := watch(t, rtsp.Camera{URL: "rtsps://" + stranger(t, nil) + "/x", Silence: 300 * time.Millisecond})
	e.until(t, "a fault", func(e *eye) bool { return len(e.faults) > 0 })
	if _, faults := e.now(); faults[0].Code != rtsp.TLSRefused {
		t.Errorf("%+v", faults[0])
	}
	_ = stop()
}

// TestTCPRefused is taken over UDP without waiting for the next try.
func TestTCPRefused(t *testing.T) {
	t.Parallel()
	sim := start(t, camera.Options{})
	u := strings.TrimPrefix(sim.URL("main"), "rtsp://")
	host, path, _ := strings.Cut(u, "/")
	proxy := refuseTCP(t, host)
	e, _ := watch(t, rtsp.Camera{URL: "rtsp://" + proxy + "/" + path, RetryMin: time.Minute, RetryMax: time.Minute})
	e.until(t, "pictures", func(e *eye) bool { return e.total > 20 })
	if _, faults := e.now(); len(faults) > 0 {
		t.Error(faults)
	}
}

// refuseTCP stands in front of a camera and refuses interleaved transport.
func refuseTCP(t *testing.T, camera string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go between(conn, camera, l.Addr().String())
		}
	}()
	return l.Addr().String()
}

func between(conn net.Conn, camera, self string) {
	defer conn.Close()
	up, err := net.Dial("tcp", camera)
	if err != nil {
		return
	}
	defer up.Close()
	go func() {
		buf := make([]byte, 64<<10)
		for {
			n, err := up.Read(buf)
			if err != nil {
				conn.Close()
				return
			}
			_, _ = conn.Write([]byte(strings.ReplaceAll(string(buf[:n]), camera, self)))
		}
	}()
	in := bufio.NewReader(conn)
	for {
		var request, sequence string
		for !strings.HasSuffix(request, "\r\n\r\n") {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if s, ok := strings.CutPrefix(line, "CSeq: "); ok {
				sequence = strings.TrimSpace(s)
			}
			request += line
		}
		if strings.Contains(request, "RTP/AVP/TCP") {
			fmt.Fprintf(conn, "RTSP/1.0 461 Unsupported Transport\r\nCSeq: %s\r\n\r\n", sequence)
			continue
		}
		if _, err := fmt.Fprint(up, strings.ReplaceAll(request, self, camera)); err != nil {
			return
		}
	}
}

// TestHundredReconnectsLeakNothing drops every session a hundred times.
func TestHundredReconnectsLeakNothing(t *testing.T) {
	sim := start(t, camera.Options{})
	e, stop := watch(t, rtsp.Camera{URL: sim.URL("sub"), RetryMin: time.Millisecond, RetryMax: time.Millisecond})
	e.until(t, "pictures", func(e *eye) bool { return e.total > 0 })
	before := settled(t, 0)
	for i := range 100 {
		e.mu.Lock()
		opened, total := len(e.formats), e.total
		e.mu.Unlock()
		setFault(t, sim, camera.Reconnect)
		e.until(t, fmt.Sprintf("reconnect %d", i), func(e *eye) bool { return len(e.formats) > opened && e.total > total })
	}
	if after := settled(t, before); after > before+2 {
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines, %d before\n%s", after, before, stacks[:runtime.Stack(stacks, true)])
	}
	_ = stop()
}

// settled counts goroutines when they have come down to a number, or when they
// have not changed for a fifth of a second where there is none; it takes two
// seconds at most.
func settled(t *testing.T, to int) (n int) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for same, waited := 0, 0; waited < 100 && (to > 0 || same < 10); waited++ {
		before := n
		if n = runtime.NumGoroutine(); to > 0 && n <= to+2 {
			break
		}
		if same++; n != before {
			same = 0
		}
		<-tick.C
	}
	return n
}

// TestFFmpegSends pulls what ffmpeg packetised and pushed, H.264 and H.265.
func TestFFmpegSends(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		clip  string
		codec rtsp.Codec
	}{{"gate-c.main.h264", rtsp.H264}, {"odd.h265", rtsp.H265}} {
		t.Run(string(tc.codec), func(t *testing.T) {
			t.Parallel()
			clip := filepath.Join("..", "..", "simulators", "camera", "clips", tc.clip)
			if _, err := os.Stat(clip); err != nil {
				t.Fatal(err)
			}
			sim := start(t, camera.Options{Publish: true})
			ctx, cancel := context.WithCancel(t.Context())
			push := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-re", "-framerate", "25", "-i", clip, "-c", "copy", "-f", "rtsp", "-rtsp_transport", "tcp", sim.URL("live"))
			if err := push.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { cancel(); _ = push.Wait() })
			e, _ := watch(t, rtsp.Camera{URL: sim.URL("live")})
			e.until(t, "pictures of ffmpeg", func(e *eye) bool { return e.total > 40 })
			formats, _ := e.now()
			if f := formats[len(formats)-1]; f.Codec != tc.codec || f.Width != 640 || f.Height != 360 || f.BFrames {
				t.Errorf("format %+v", f)
			}
			checkPackets(t, e)
		})
	}
}
