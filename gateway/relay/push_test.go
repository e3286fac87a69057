package relay_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"guardroom/devices/rtsp"
	"guardroom/gateway/relay"
	"guardroom/simulators/camera"
)

const (
	path  = "/api/v1/cameras/C-01/whip"
	token = "once"
)

// A desk takes what is pushed to it, as a console does.
type desk struct {
	t    *testing.T
	http *httptest.Server

	mu      sync.Mutex
	changed chan struct{}
	packets map[string][]*rtp.Packet // by session
	peers   map[string]*webrtc.PeerConnection
	ended   []string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, changed: make(chan struct{}), packets: map[string][]*rtp.Packet{}, peers: map[string]*webrtc.PeerConnection{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+path, d.take)
	mux.HandleFunc("DELETE "+path+"/{session}", func(_ http.ResponseWriter, r *http.Request) {
		d.tell(func() { d.ended = append(d.ended, r.PathValue("session")) })
		d.hangUp(r.PathValue("session"))
	})
	d.http = httptest.NewServer(mux)
	t.Cleanup(func() {
		d.http.Close()
		for id := range d.peers {
			d.hangUp(id)
		}
	})
	return d
}

func (d *desk) tell(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *desk) hangUp(session string) {
	d.mu.Lock()
	peer := d.peers[session]
	delete(d.peers, session)
	d.mu.Unlock()
	if peer != nil {
		_ = peer.Close()
	}
}

func (d *desk) until(what string, holds func() bool) {
	d.t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	for {
		d.mu.Lock()
		held, changed := holds(), d.changed
		d.mu.Unlock()
		if held {
			return
		}
		select {
		case <-changed:
		case <-late.C:
			d.t.Fatalf("never: %s", what)
		}
	}
}

func (d *desk) take(w http.ResponseWriter, r *http.Request) {
	offer, _ := io.ReadAll(r.Body)
	if r.Header.Get("Authorization") != "Bearer "+token || r.Header.Get("Content-Type") != "application/sdp" {
		http.Error(w, "not you", http.StatusUnauthorized)
		return
	}
	session, answer, err := d.answer(string(offer))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Location", path+"/"+session)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer)
}

func (d *desk) answer(offer string) (session, answer string, err error) {
	media := &webrtc.MediaEngine{}
	for kind, codec := range map[webrtc.PayloadType]webrtc.RTPCodecCapability{
		102: {MimeType: webrtc.MimeTypeH264, ClockRate: 90000, SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
		104: {MimeType: webrtc.MimeTypeH265, ClockRate: 90000},
	} {
		if err := media.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: kind, RTPCodecCapability: codec}, webrtc.RTPCodecTypeVideo); err != nil {
			return "", "", err
		}
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	peer, err := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", "", err
	}
	d.tell(func() {
		session = string(rune('a' + len(d.packets)))
		d.packets[session], d.peers[session] = nil, peer
	})
	peer.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			if len(p.Payload) > 0 {
				d.tell(func() { d.packets[session] = append(d.packets[session], p) })
			}
		}
	})
	if err := peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", "", err
	}
	made, err := peer.CreateAnswer(nil)
	if err != nil {
		return "", "", err
	}
	gathered := webrtc.GatheringCompletePromise(peer)
	if err := peer.SetLocalDescription(made); err != nil {
		return "", "", err
	}
	<-gathered
	answer = peer.LocalDescription().SDP
	return session, answer, nil
}

// watched is a stream of a make-believe camera.
func watched(t *testing.T, o camera.Options) (*relay.Stream, *camera.Camera) {
	t.Helper()
	if o.Views == nil {
		views, err := camera.Scene("gate-a")
		if err != nil {
			t.Fatal(err)
		}
		o.Views = views
	}
	sim, err := camera.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	s := relay.NewStream(time.Now(), nil)
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() {
		_ = rtsp.Pull(ctx, rtsp.Camera{URL: sim.URL("main"), Transport: rtsp.TCP, RetryMin: time.Millisecond, RetryMax: 20 * time.Millisecond}, s)
	})
	t.Cleanup(func() { cancel(); work.Wait() })
	return s, sim
}

// open waits until the camera's format is known, and pushes.
func open(t *testing.T, c *relay.Client, s *relay.Stream) *relay.Push {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		push, err := c.Push(ctx, s, path, token)
		if err == nil {
			t.Cleanup(push.Close)
			return push
		}
		if !errors.Is(err, relay.ErrAway) || ctx.Err() != nil {
			t.Fatal(err)
		}
		runtime.Gosched() // the camera is about to answer
	}
}

// begin is what the first packets of a picture are.
func begin(p *rtp.Packet) string {
	switch p.Payload[0] & 0x1f {
	case 7:
		return "parameter sets"
	case 24:
		if len(p.Payload) > 3 && p.Payload[3]&0x1f == 7 {
			return "parameter sets"
		}
	}
	return "something else"
}

func inOrder(t *testing.T, packets []*rtp.Packet) {
	t.Helper()
	for i, p := range packets[1:] {
		if p.SequenceNumber != packets[i].SequenceNumber+1 {
			t.Fatalf("packet %d has number %d after %d", i+1, p.SequenceNumber, packets[i].SequenceNumber)
		}
	}
}

func TestManyPushesOneCamera(t *testing.T) {
	t.Parallel()
	h265, err := camera.SceneH265()
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		sim  camera.Options
	}{{"H.264", camera.Options{}}, {"H.265", camera.Options{Views: h265}}} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			s, sim := watched(t, tc.sim)
			c := &relay.Client{Console: d.http.URL, Loopback: true}
			one, other := open(t, c, s), open(t, c, s)
			d.until("pictures of both", func() bool { return len(d.packets["a"]) > 60 && len(d.packets["b"]) > 60 })
			if n := sim.Watching(); n != 1 {
				t.Errorf("the camera is asked %d times", n)
			}
			d.mu.Lock()
			for _, session := range []string{"a", "b"} {
				inOrder(t, d.packets[session])
				if first := d.packets[session][0]; tc.sim.Views == nil && begin(first) != "parameter sets" {
					t.Errorf("%s begins with %s", session, begin(first))
				}
			}
			d.mu.Unlock()
			one.Close()
			d.until("the console is told", func() bool { return len(d.ended) == 1 && d.ended[0] == "a" })
			n := 0
			d.until("the other goes on", func() bool {
				if n == 0 {
					n = len(d.packets["b"])
				}
				return len(d.packets["b"]) > n+60
			})
			select {
			case <-other.Done():
				t.Error("the other ended too")
			default:
			}
		})
	}
}

func TestAPushGoesOnWhenItsCameraComesBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s, sim := watched(t, camera.Options{})
	push := open(t, &relay.Client{Console: d.http.URL, Loopback: true}, s)
	d.until("pictures", func() bool { return len(d.packets["a"]) > 30 })
	if err := sim.SetFault(camera.Reconnect); err != nil {
		t.Fatal(err)
	}
	// The gap in numbers is where the camera was away; what follows can be shown.
	d.until("pictures again, from a key picture on", func() bool {
		list := d.packets["a"]
		for i := 1; i < len(list); i++ {
			if list[i].SequenceNumber-list[i-1].SequenceNumber > 1000 {
				return begin(list[i]) == "parameter sets"
			}
		}
		return false
	})
	select {
	case <-push.Done():
		t.Error("the push ended with the camera's connection")
	default:
	}
}

func TestWhatIsNotPushed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s, _ := watched(t, camera.Options{})
	good := &relay.Client{Console: d.http.URL, Loopback: true}
	open(t, good, s)
	for _, tc := range []struct {
		name, console, path, token, want string
	}{
		{"a wrong token", d.http.URL, path, "other", "answers 401"},
		{"no such camera", d.http.URL, "/api/v1/cameras/none/whip", token, "answers 404"},
		{"another host", d.http.URL, "http://192.0.2.1/whip", token, "no path of the console's"},
		{"another host without a scheme", d.http.URL, "//192.0.2.1/whip", token, "no path of the console's"},
		{"no path", d.http.URL, "", token, "no path of the console's"},
		{"no console", "", path, token, "console_url"},
		{"a console that is away", "http://127.0.0.1:1", path, token, "ask the console"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := &relay.Client{Console: tc.console, Loopback: true}
			push, err := c.Push(t.Context(), s, tc.path, tc.token)
			if push != nil || err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, %v; want %q", push, err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), tc.token) && tc.token != "other" {
				t.Errorf("the token is told: %v", err)
			}
		})
	}
	if _, err := good.Push(t.Context(), relay.NewStream(time.Now(), nil), path, token); !errors.Is(err, relay.ErrAway) {
		t.Errorf("a camera that sends nothing: %v", err)
	}
}

// A push that is ended while it brings the past ends at once.
func TestDoneWhilePacing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := relay.NewStream(time.Now(), nil)
	s.Opened(rtsp.Format{Codec: rtsp.H264, SPS: []byte{0x67, 0x42, 0xc0, 0x1e}, PPS: []byte{0x68, 0xce, 0x3c, 0x80}})
	const past = 6000 // packets, at 32 in two milliseconds
	for i := range past {
		kind := byte(0x41)
		if i == 0 {
			kind = 0x65
		}
		s.Packet(&rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(i), Timestamp: uint32(i) * 900, Marker: true}, Payload: append([]byte{kind, 0x88}, make([]byte, 600)...)}, time.Now())
	}
	push := open(t, &relay.Client{Console: d.http.URL, Loopback: true}, s)
	d.until("the past begins", func() bool { return len(d.packets["a"]) > 0 })
	push.Close()
	select {
	case <-push.Done():
	default:
		t.Error("it is not done")
	}
	d.until("the console is told", func() bool { return len(d.ended) == 1 })
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := len(d.packets["a"]); n >= past {
		t.Errorf("all %d packets were sent", n)
	}
}

func TestAConsoleThatHangsUpEndsThePush(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s, _ := watched(t, camera.Options{})
	push := open(t, &relay.Client{Console: d.http.URL, Loopback: true}, s)
	d.until("pictures", func() bool { return len(d.packets["a"]) > 30 })
	d.hangUp("a")
	select {
	case <-push.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("the push does not end")
	}
}

func TestHundredReconnectsLeakNothing(t *testing.T) {
	d := newDesk(t)
	s, sim := watched(t, camera.Options{})
	c := &relay.Client{Console: d.http.URL, Loopback: true}
	open(t, c, s)
	d.until("pictures", func() bool { return len(d.packets["a"]) > 30 })
	before := settled(0)
	for range 100 {
		had := 0
		d.until("", func() bool { had = len(d.packets["a"]); return true })
		if err := sim.SetFault(camera.Reconnect); err != nil {
			t.Fatal(err)
		}
		d.until("pictures from a key picture on", func() bool {
			for i := had; i < len(d.packets["a"]); i++ {
				if d.packets["a"][i].SequenceNumber-d.packets["a"][i-1].SequenceNumber > 1000 {
					return true
				}
			}
			return false
		})
		d.tell(func() { d.packets["a"] = d.packets["a"][len(d.packets["a"])-1:] })
	}
	for range 10 {
		push, err := c.Push(t.Context(), s, path, token)
		if err != nil {
			t.Fatal(err)
		}
		push.Close()
	}
	if after := settled(before + 5); after > before+5 {
		stacks := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after\n%s", before, after, stacks[:runtime.Stack(stacks, true)])
	}
}

// settled counts goroutines when they have come down to most, or for a while.
func settled(most int) (goroutines int) {
	end := time.NewTimer(10 * time.Second)
	defer end.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for range 25 {
		<-look.C
	}
	for {
		if goroutines = runtime.NumGoroutine(); goroutines <= most || most == 0 {
			return goroutines
		}
		select {
		case <-look.C:
		case <-end.C:
			return goroutines
		}
	}
}
