package cmd_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"guardroom/devices/picture"
	"guardroom/devices/rtsp"
	"guardroom/simulators/camera"
)

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
