package cmd_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"guardroom/simulators/camera"
)

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

func (h *house) eye(id string) (e eye) {
	h.t.Helper()
	h.get("/cameras/"+id, &e)
	return e
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
