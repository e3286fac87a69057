package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"guardroom/devices/picture"
	"guardroom/devices/rtsp"
	"guardroom/simulators/camera"
)

// viewer is an independent WHEP client.
type viewer struct {
	t       testing.TB
	peer    *webrtc.PeerConnection
	codec   rtsp.Codec
	session string // its address

	mu      sync.Mutex
	first   time.Duration // from the POST to the first packet of a key picture
	packets int
	last    uint16
	gaps    int
	over    bool
}

// watches posts an offer as somebody and follows the picture.
func watches(t testing.TB, client *http.Client, base, camera, token string) (*viewer, int) {
	t.Helper()
	return watchesIn(t, rtsp.H264, client, base, camera, token)
}

// watchesIn is watches by a player of one codec.
func watchesIn(t testing.TB, codec rtsp.Codec, client *http.Client, base, camera, token string) (*viewer, int) {
	t.Helper()
	plays := webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeH264, ClockRate: rtsp.ClockRate, SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
	}
	if codec == rtsp.H265 {
		plays = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH265, ClockRate: rtsp.ClockRate}
	}
	media := &webrtc.MediaEngine{}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 106, RTPCodecCapability: plays}, webrtc.RTPCodecTypeVideo); err != nil {
		t.Fatal(err)
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	peer, err := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	v := &viewer{t: t, peer: peer, codec: codec}
	t.Cleanup(func() { peer.Close() })
	if _, err := peer.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	peer.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.over = v.over || s == webrtc.PeerConnectionStateClosed || s == webrtc.PeerConnectionStateFailed
	})
	offer, err := peer.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(peer)
	if err := peer.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	began := time.Now()
	peer.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { v.follow(track, began) })
	status, answer, header := posts(t, client, base+"/api/v1/cameras/"+camera+"/whep", "application/sdp", token, peer.LocalDescription().SDP)
	if status != http.StatusCreated {
		return v, status
	}
	v.session = base + header.Get("Location")
	if err := peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	return v, status
}

func posts(t testing.TB, client *http.Client, to, kind, token, body string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), answer.Header
}

func (v *viewer) follow(track *webrtc.TrackRemote, began time.Time) {
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		v.mu.Lock()
		if v.packets > 0 && p.SequenceNumber != v.last+1 {
			v.gaps++
		}
		v.packets, v.last = v.packets+1, p.SequenceNumber
		if v.first == 0 && picture.Key(v.codec, p.Payload) {
			v.first = time.Since(began)
		}
		v.mu.Unlock()
	}
}

func (v *viewer) seen() (packets int, over bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.packets, v.over
}

// grows waits until more pictures have come.
func (v *viewer) grows(within time.Duration) {
	v.t.Helper()
	before, _ := v.seen()
	waits(v.t, within, "pictures come", func() bool { now, _ := v.seen(); return now > before+5 })
}

// eye is a camera as the API shows it.
type eye struct {
	ID    string `json:"id"`
	State struct {
		State    string `json:"state"`
		Fault    string `json:"fault"`
		Recorder string `json:"recorder"`
		Viewers  int    `json:"viewers"`
	} `json:"state"`
}

func (h *house) eye(id string) (e eye) {
	h.t.Helper()
	h.get("/cameras/"+id, &e)
	return e
}

// watched is a house with a gateway and cameras behind it.
type watched struct {
	*house
	edge    *edge
	direct  *camera.Camera // that the console reaches itself
	cameras map[string]*camera.Camera
	base    string
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	h := plannedHouse(t)
	views, err := camera.Scene("fence")
	if err != nil {
		t.Fatal(err)
	}
	direct, err := camera.Start(t.Context(), camera.Options{ID: "D-01", Views: views})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(direct.Close)
	h.extra = fmt.Sprintf("cameras:\n  - {id: D-01, station: %s, name: Fence, address: %q, sub: %q}\n", station, direct.URL("main"), direct.URL("sub"))
	h.start()
	h.makeToken()
	w := &watched{house: h, edge: h.newEdge("gw-1"), direct: direct, cameras: map[string]*camera.Camera{}, base: "http://" + h.http}
	w.edge.extra = "console_url: " + w.base + "\ncameras:\n"
	writeFile(t, filepath.Join(w.edge.dir, "camera"), "sim-camera\n")
	for id, scene := range map[string]string{"C-01": "gate-a", "C-03": "gate-c", "C-05": "H.265"} {
		views, err := camera.Scene(scene)
		if scene == "H.265" {
			views, err = camera.SceneH265()
		}
		if err != nil {
			t.Fatal(err)
		}
		one, err := camera.Start(t.Context(), camera.Options{ID: id, Views: views, Username: "viewer", Password: "sim-camera"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(one.Close)
		w.cameras[id] = one
		w.edge.extra += fmt.Sprintf("  - {id: %s, address: %q, sub: %q, username: viewer, password_file: camera, record: {hours: 1}", id, one.URL("main"), one.URL("sub"))
		if len(views) > 1 {
			w.edge.extra += fmt.Sprintf(", onvif: %q", one.ONVIF())
		}
		w.edge.extra += "}\n"
	}
	w.edge.start()
	w.edge.connected(20 * time.Second)
	for id := range w.cameras {
		waits(t, 20*time.Second, id+" is live and recorded", func() bool {
			status, data, _ := h.ask(http.MethodGet, "/api/v1/cameras/gw-1."+id, nil)
			var e eye
			return status == 200 && json.Unmarshal(data, &e) == nil && e.State.State == "live" && e.State.Recorder == "recording"
		})
	}
	return w
}

// user is somebody who signs in.
func (w *watched) user(name, role string) *http.Client {
	w.t.Helper()
	w.must(201, http.MethodPost, "/api/v1/users", map[string]any{"username": name, "name": name, "roles": []map[string]string{{"role": role, "station": station}}}, nil)
	var list page[struct {
		ID       string `json:"id"`
		Username string `json:"username"`
	}]
	w.get("/users", &list)
	for _, u := range list.Items {
		if u.Username == name {
			return w.signIn(u.ID, name)
		}
	}
	w.t.Fatalf("there is no user %s", name)
	return nil
}

// signIn gives a user a password and uses it.
func (w *watched) signIn(id, name string) *http.Client {
	w.t.Helper()
	var given struct {
		Password string `json:"one_time_password"`
	}
	w.must(200, http.MethodPost, "/api/v1/users/"+id+"/password", nil, &given)
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 30 * time.Second}
	const chosen = "a long enough password"
	for path, body := range map[string]any{"/session": map[string]string{"username": name, "password": given.Password}} {
		if status, text, _ := posts(w.t, client, w.base+"/api/v1"+path, "application/json", "", jsonOf(body)); status != 200 {
			w.t.Fatalf("%s: %d %s", path, status, text)
		}
	}
	if status, text, _ := posts(w.t, client, w.base+"/api/v1/session/password", "application/json", "", jsonOf(map[string]string{"current": given.Password, "new": chosen})); status != 204 {
		w.t.Fatalf("choose a password: %d %s", status, text)
	}
	return client
}

func jsonOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(text)
}

// fetches reads a path as somebody.
func (w *watched) fetches(client *http.Client, method, path, body string) (int, []byte) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, w.base+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, data
}

// TestCamerasBehindAGateway is a watch with two cameras: the picture at once, one
// way up for all, a camera that is unplugged, a gateway that is killed, recordings
// through all of it.
func TestCamerasBehindAGateway(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	first, status := watches(t, w.client, w.base, "gw-1.C-01", w.token)
	if status != http.StatusCreated {
		t.Fatalf("WHEP answers %d", status)
	}
	waits(t, 10*time.Second, "a picture comes", func() bool { n, _ := first.seen(); return n > 5 })
	t.Logf("first key picture of a camera that nobody watched, from the gateway: %s after the POST", first.first.Round(time.Millisecond))
	second, _ := watches(t, w.client, w.base, "C-01", w.token)
	second.grows(10 * time.Second)
	if second.first > time.Second {
		t.Errorf("the second viewer waited %s", second.first)
	}
	t.Logf("first key picture of a camera that is watched: %s", second.first.Round(time.Millisecond))
	if n := w.cameras["C-01"].Watching(); n != 2 { // main and sub, whoever watches
		t.Errorf("the camera has %d sessions for its two streams", n)
	}
	waits(t, 5*time.Second, "both are counted", func() bool { return w.eye("C-01").State.Viewers == 2 })

	w.must(204, http.MethodPut, strings.TrimPrefix(second.session, w.base)+"/stream", map[string]string{"stream": "sub"}, nil)
	second.grows(10 * time.Second)

	own, status := watches(t, w.client, w.base, "console.D-01", w.token)
	if status != http.StatusCreated {
		t.Fatalf("a camera that the console reaches itself: %d", status)
	}
	own.grows(10 * time.Second)
	t.Logf("first key picture of a camera that the console pulls: %s", own.first.Round(time.Millisecond))
	waits(t, 5*time.Second, "it is live", func() bool { return w.eye("D-01").State.State == "live" })

	t.Run("H.265 reaches who plays it, and who does not is told", func(t *testing.T) {
		v, status := watchesIn(t, rtsp.H265, w.client, w.base, "C-05", w.token)
		if status != http.StatusCreated {
			t.Fatalf("WHEP answers %d", status)
		}
		v.grows(20 * time.Second)
		waits(t, 10*time.Second, "a key picture", func() bool { v.mu.Lock(); defer v.mu.Unlock(); return v.first > 0 })
		if _, status := watches(t, w.client, w.base, "C-05", w.token); status != http.StatusConflict {
			t.Errorf("a player of H.264 alone: %d, want 409", status)
		}
	})

	// In half a minute this is an alarm; it is looked for at the end.
	if err := w.direct.SetFault(camera.Freeze); err != nil {
		t.Fatal(err)
	}

	t.Run("a stopped stream is labelled, and viewers stay", func(t *testing.T) {
		if err := w.cameras["C-01"].SetFault(camera.Stall); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		waits(t, 10*time.Second, "it is labelled", func() bool { s := w.eye("C-01").State.State; return s == "lost" || s == "frozen" })
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("it took %s", took)
		} else {
			t.Logf("labelled after %s", took.Round(10*time.Millisecond))
		}
		if err := w.cameras["C-01"].SetFault(camera.Unplugged); err != nil {
			t.Fatal(err)
		}
		if err := w.cameras["C-01"].SetFault(camera.NoFault); err != nil {
			t.Fatal(err)
		}
		first.grows(20 * time.Second)
		if first.gaps > 5 {
			t.Errorf("%d gaps in what a viewer got on a machine that loses nothing", first.gaps)
		}
		waits(t, 10*time.Second, "it is live again", func() bool { return w.eye("C-01").State.State == "live" })
	})

	t.Run("recordings outlive a gateway that is killed", func(t *testing.T) {
		var before time.Time
		whole := func() bool {
			status, data := w.recording("C-01", before.Add(-2*time.Second), before)
			_, whole, parts, err := picture.Parts(bytes.NewReader(data), int64(len(data)))
			return status == 200 && err == nil && whole == int64(len(data)) && len(parts) > 0 && parts[0].Key
		}
		waits(t, 20*time.Second, "some seconds are recorded since the camera is back", func() bool {
			before = time.Now().Add(-2 * time.Second)
			return whole()
		})
		w.edge.kill(t)
		w.edge.start()
		w.edge.connected(20 * time.Second)
		first.grows(40 * time.Second)
		waits(t, 20*time.Second, "what was recorded before is there", whole)
	})

	t.Run("a mark is locked, and a clip is whole", func(t *testing.T) { w.marks(t) })
	t.Run("a camera turns for one officer at a time", func(t *testing.T) { w.turns(t) })
	t.Run("a camera of the console's own alarms, by its name, until its picture goes on", func(t *testing.T) {
		type alarm struct {
			Kind       string `json:"kind"`
			Point      string `json:"point"`
			DeviceName string `json:"device_name"`
			State      string `json:"state"`
		}
		open := func() (of []alarm) {
			var list page[alarm]
			w.get("/alarms", &list)
			for _, a := range list.Items {
				if strings.HasPrefix(a.Point, "console/D-01.") {
					of = append(of, a)
				}
			}
			return of
		}
		waits(t, 60*time.Second, "the alarm", func() bool { return len(open()) == 1 })
		if a := open()[0]; a.Kind != "video.frozen" || a.DeviceName != "Fence" {
			t.Errorf("the alarm is %+v", a)
		}
		if err := w.direct.SetFault(camera.NoFault); err != nil {
			t.Fatal(err)
		}
		waits(t, 20*time.Second, "it is over", func() bool { list := open(); return len(list) == 0 || list[0].State == "returned" })
	})

	if status, _ := w.fetch(http.MethodDelete, strings.TrimPrefix(second.session, w.base)); status != 200 {
		t.Errorf("leaving: %d", status)
	}
	waits(t, 5*time.Second, "the second viewer's session ends", func() bool { _, over := second.seen(); return over })
}

func (w *watched) fetch(method, path string) (int, []byte) {
	w.t.Helper()
	status, data, err := w.ask(method, path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return status, data
}

func (w *watched) recording(camera string, from, to time.Time) (int, []byte) {
	w.t.Helper()
	q := url.Values{"from": {from.UTC().Format(time.RFC3339Nano)}, "to": {to.UTC().Format(time.RFC3339Nano)}}
	return w.fetch(http.MethodGet, "/api/v1/cameras/"+camera+"/recording?"+q.Encode())
}

func (w *watched) marks(t *testing.T) {
	from, to := time.Now().Add(-6*time.Second), time.Now().Add(-3*time.Second)
	var mark struct {
		ID     string `json:"id"`
		Locked string `json:"locked"`
	}
	w.must(201, http.MethodPost, "/api/v1/cameras/C-01/bookmarks", map[string]any{"from": from, "to": to, "note": "a van", "lock": true}, &mark)
	waits(t, 10*time.Second, "the gateway holds it", func() bool {
		var list page[struct{ ID, Locked string }]
		w.get("/cameras/C-01/bookmarks", &list)
		return len(list.Items) == 1 && list.Items[0].Locked == "held"
	})
	var clip struct{ ID, State, SHA256, Text string }
	w.must(202, http.MethodPost, "/api/v1/cameras/C-01/exports", map[string]any{"from": from, "to": to, "why": "asked for by the police"}, &clip)
	waits(t, 10*time.Second, "the clip is ready", func() bool {
		w.get("/cameras/C-01/exports/"+clip.ID, &clip)
		return clip.State != "preparing"
	})
	if clip.State != "ready" || len(clip.SHA256) != 64 {
		t.Fatalf("the clip: %+v", clip)
	}
	if status, data := w.fetch(http.MethodGet, "/api/v1/cameras/C-01/exports/"+clip.ID+"/file"); status != 200 || !bytes.HasPrefix(data, []byte("PK")) {
		t.Errorf("the file: %d, %d bytes", status, len(data))
	}
	w.must(204, http.MethodDelete, "/api/v1/cameras/C-01/bookmarks/"+mark.ID, nil, nil)
	if status, data := w.fetch(http.MethodGet, "/api/v1/cameras/C-01/snapshot"); status != 200 || !bytes.Contains(data[:min(len(data), 100)], []byte("ftyp")) {
		t.Errorf("the newest picture: %d, %d bytes", status, len(data))
	}
}

func (w *watched) turns(t *testing.T) {
	var presets page[struct{ ID, Name string }]
	w.get("/cameras/C-03/presets", &presets)
	if len(presets.Items) < 2 {
		t.Fatalf("presets: %v", presets.Items)
	}
	to := presets.Items[len(presets.Items)-1].ID
	w.must(200, http.MethodPost, "/api/v1/cameras/C-03/ptz", map[string]any{"action": "preset", "preset": to}, nil)
	waits(t, 5*time.Second, "the camera turns", func() bool { return len(w.cameras["C-03"].Holding("view")) > 0 })
	officer := w.user("turner", "officer")
	status, body := w.fetches(officer, http.MethodPost, "/cameras/C-03/ptz", `{"action":"move","pan":0.5}`)
	if status != 409 || !bytes.Contains(body, []byte(`"leased"`)) {
		t.Errorf("somebody else turns it: %d %s", status, body)
	}
	w.must(200, http.MethodPost, "/api/v1/cameras/C-03/ptz", map[string]any{"action": "release"}, nil)
	if status, body := w.fetches(officer, http.MethodPost, "/cameras/C-03/ptz", `{"action":"move","pan":0.5}`); status != 200 {
		t.Errorf("it is free, yet: %d %s", status, body)
	}
	if status, body := w.fetches(officer, http.MethodPost, "/cameras/C-03/ptz", `{"action":"move","take_over":true,"pan":7}`); status != 422 {
		t.Errorf("a speed of 7: %d %s", status, body)
	}
}

// TestWhoMayWatch: rights by role and by camera, and what ends a picture.
func TestWhoMayWatch(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	officer, planner := w.user("olive", "officer"), w.user("pat", "planner")
	ranged := "?from=" + url.QueryEscape(time.Now().Add(-5*time.Second).UTC().Format(time.RFC3339)) + "&to=" + url.QueryEscape(time.Now().UTC().Format(time.RFC3339))
	forbidden := func(who string, client *http.Client) {
		t.Helper()
		if _, status := watches(t, client, w.base, "C-01", ""); status != 403 {
			t.Errorf("%s: WHEP answers %d, want 403", who, status)
		}
		for _, path := range []string{"/cameras/C-01/recording" + ranged, "/cameras/C-01/snapshot", "/cameras/C-01/exports", "/cameras/C-01/timeline", "/cameras/C-01/bookmarks"} {
			if status, body := w.fetches(client, http.MethodGet, path, ""); status != 403 {
				t.Errorf("%s: %s answers %d %.200s, want 403", who, path, status, body)
			}
		}
	}
	forbidden("a planner", planner)
	viewOf := func(officer *http.Client) *viewer {
		t.Helper()
		v, status := watches(t, officer, w.base, "C-01", "")
		if status != 201 {
			t.Fatalf("an officer's WHEP: %d", status)
		}
		waits(t, 10*time.Second, "the officer sees it", func() bool { n, _ := v.seen(); return n > 5 })
		return v
	}
	view := func() *viewer { return viewOf(officer) }
	ends := func(what string, v *viewer, do func()) {
		t.Helper()
		began := time.Now()
		do()
		waits(t, 6*time.Second, what, func() bool { _, over := v.seen(); return over })
		took := time.Since(began)
		if took > 2*time.Second {
			t.Errorf("%s: it took %s", what, took)
		}
		t.Logf("%s: %s", what, took.Round(10*time.Millisecond))
	}
	// The next officer takes over the desk: the picture goes on, and each has a view of their own.
	desk := w.user("otto", "officer")
	w.user("nina", "officer")
	handed := viewOf(desk)
	if status, body := w.fetches(desk, http.MethodPost, "/session/change", `{"username":"nina","password":"a long enough password"}`); status != 200 {
		t.Fatalf("hand over the desk: %d %s", status, body)
	}
	waits(t, 10*time.Second, "the first officer's view ends", func() bool {
		list := w.views("otto")
		return len(list) == 1 && list[0]["why"] == "handed" && list[0]["to"] != ""
	})
	handed.grows(10 * time.Second)
	ends("the picture ends with the next officer's session", handed, func() {
		if status, body := w.fetches(desk, http.MethodDelete, "/session", ""); status != 204 {
			t.Fatalf("sign out: %d %s", status, body)
		}
	})
	waits(t, 10*time.Second, "the next officer's view is recorded", func() bool {
		list := w.views("nina")
		return len(list) == 1 && list[0]["why"] == "signed_out"
	})
	var people page[struct{ Name string }]
	w.get("/cameras/C-01/people", &people)
	var names []string
	for _, p := range people.Items {
		names = append(names, p.Name)
	}
	if !slices.IsSorted(names) || !slices.Contains(names, "olive") || slices.Contains(names, "pat") {
		t.Errorf("whom a camera may name: %v", names)
	}
	if status, _ := w.fetches(officer, http.MethodGet, "/cameras/C-01/people", ""); status != 403 {
		t.Errorf("an officer reads who works here: %d", status)
	}
	settings := map[string]any{"points": []string{}, "restricted": false, "allow": []string{}, "deny": []string{"role:officer"}, "retention_hours": 0, "always": false, "alarm_preset": "", "version": 0}
	ends("the picture ends with the right", view(), func() { w.must(200, http.MethodPut, "/api/v1/cameras/C-01/settings", settings, nil) })
	forbidden("an officer whom the camera denies", officer)
	settings["deny"], settings["restricted"], settings["allow"], settings["version"] = []string{}, true, []string{"role:officer"}, 1
	w.must(200, http.MethodPut, "/api/v1/cameras/C-01/settings", settings, nil)
	ends("the picture ends with the session", view(), func() {
		if status, body := w.fetches(officer, http.MethodDelete, "/session", ""); status != 204 {
			t.Fatalf("sign out: %d %s", status, body)
		}
	})
	if _, status := watches(t, officer, w.base, "C-01", ""); status != 401 {
		t.Errorf("nobody is signed in: %d", status)
	}
	waits(t, 10*time.Second, "who watched is recorded", func() bool { return len(w.views("olive")) >= 2 })
	for _, v := range w.views("olive") {
		if v["from"] == "" || v["to"] == "" || v["why"] != "no_right" && v["why"] != "signed_out" {
			t.Errorf("a view is recorded as %v", v)
		}
	}
	// A console that is killed while somebody watches closes the view when it
	// is back.
	v, _ := watches(t, w.client, w.base, "C-01", w.token)
	// Restricted to officers: the token of the test is none.
	if n, _ := v.seen(); n > 0 {
		t.Error("a restricted camera shows itself")
	}
	other, status := watches(t, w.client, w.base, "C-03", w.token)
	if status != 201 {
		t.Fatalf("C-03: %d", status)
	}
	other.grows(10 * time.Second)
	pass(t, time.Second) // the ledger writes four times a second
	w.kill(t)
	w.start()
	waits(t, 20*time.Second, "the view is closed in the record", func() bool {
		for _, v := range w.views("proof") {
			if v["why"] == "stopped" {
				return true
			}
		}
		return false
	})
}

// views are the entries of the record of who watched.
func (w *watched) views(name string) (list []map[string]string) {
	w.t.Helper()
	for _, e := range all[struct {
		Action string            `json:"action"`
		Name   string            `json:"actor_name"`
		Params map[string]string `json:"params"`
	}](w.house, "/audit?action=camera.watch") {
		if e.Action == "camera.watch" && e.Name == name {
			list = append(list, e.Params)
		}
	}
	return list
}
