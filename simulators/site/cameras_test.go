package site_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"guardroom/simulators/site"
)

const watched = `
station: {id: test, name: Test station}
branches: [{id: far, name: Far away}]
cameras:
  - {id: C-1, name: Gate, location: Gate C, scene: gate-c, username: viewer, password: secret}
  - {id: C-2, branch: far, name: Lobby, scene: lobby}
scenarios:
  lost:
    title: A camera turns and is lost
    steps:
      - {device: C-1, point: view, state: road}
      - {device: C-1, fault: stall}
`

func TestCameras(t *testing.T) {
	t.Parallel()
	s := start(t, parse(t, watched), site.Options{})
	if len(s.Devices()) != 0 {
		t.Errorf("cameras among the devices: %+v", s.Devices())
	}
	cameras := s.Cameras()
	if len(cameras) != 2 || cameras[0].Password != "secret" || !cameras[0].PTZ || cameras[1].PTZ || cameras[1].Branch != "far" {
		t.Errorf("cameras %+v", cameras)
	}
	for _, c := range cameras {
		if !strings.HasPrefix(c.Main, "rtsp://127.0.0.1:") || !strings.HasSuffix(c.Main, "/main") || !strings.HasSuffix(c.Sub, "/sub") || !strings.HasPrefix(c.ONVIF, "http://127.0.0.1:") {
			t.Errorf("%s is at %s, %s and %s", c.ID, c.Main, c.Sub, c.ONVIF)
		}
	}
	var list struct {
		Devices []struct {
			ID, Profile, Address, Sub, ONVIF string
		}
	}
	_, body := call(t, s, "GET", "/sim/v1/devices", "")
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	if d := list.Devices[0]; d.ID != "C-1" || d.Profile != "camera" || d.Address != cameras[0].Main || d.Sub != cameras[0].Sub || d.ONVIF != cameras[0].ONVIF || strings.Contains(body, "secret") {
		t.Errorf("listed as %s", body)
	}
	for _, tc := range []struct {
		name, path, body string
		status           int
		want             []string
	}{
		{"freeze", "C-1/faults", `{"fault": "freeze"}`, 200, []string{`"faults":["freeze"]`}},
		{"and loss", "C-1/faults", `{"fault": "loss:12"}`, 200, []string{`"faults":["freeze","loss:12"]`}},
		{"unknown fault", "C-1/faults", `{"fault": "tired"}`, 400, []string{"freeze", "stall", "b_frames", "unplugged"}},
		{"faults end", "C-1/faults", `{"fault": "none"}`, 200, []string{`"faults":[]`}},
		{"turns", "C-1/points/view", `{"state": "plate"}`, 200, []string{`"state":"plate"`}},
		{"turns nowhere", "C-1/points/view", `{"state": "moon"}`, 400, []string{"road", "plate"}},
		{"no such point", "C-1/points/lens", `{"state": "normal"}`, 404, []string{"view"}},
		{"no card reader", "C-1/points/view/swipe", `{"card": 5}`, 400, []string{"no card reader"}},
	} {
		status, got := call(t, s, "POST", "/sim/v1/devices/"+tc.path, tc.body)
		if status != tc.status {
			t.Errorf("%s: %d %s", tc.name, status, got)
		}
		for _, want := range tc.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q is not in %s", tc.name, want, got)
			}
		}
	}
	if status, body := call(t, s, "POST", "/sim/v1/scenarios/lost/run", ""); status != 202 {
		t.Fatal(body)
	}
	await(t, "the story", func() bool {
		_, body := call(t, s, "GET", "/sim/v1/devices", "")
		return strings.Contains(body, `"faults":["stall"]`) && s.State("C-1", "view") == "road"
	})
	if status, body := call(t, s, "POST", "/sim/v1/normal", ""); status != 200 || s.State("C-1", "view") != "normal" {
		t.Errorf("%d %s", status, body)
	}
}

func TestCamerasRefuse(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, old, new string
		want           []string
	}{
		{"no scene", "scene: lobby", "scene: moon", []string{"C-2", "moon", "gate-a"}},
		{"same id", "id: C-2", "id: C-1", []string{"C-1", "of that name"}},
		{"bad id", "id: C-2", `id: "C/2"`, []string{"C/2"}},
		{"no branch", "branch: far", "branch: near", []string{"C-2", "near"}},
		{"password of nobody", "username: viewer, ", "", []string{"C-1", "username"}},
		{"no such view", "state: road", "state: moon", []string{"step 1", "plate"}},
	} {
		_, err := site.Parse("small.yaml", []byte(strings.Replace(watched, tc.old, tc.new, 1)))
		for _, want := range tc.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not in %v", tc.name, want, err)
			}
		}
	}
	_, err := site.Start(t.Context(), parse(t, strings.Replace(watched, "scene: lobby", "scene: lobby, address: \"0.0.0.0:0\"", 1)), site.Options{HTTP: "127.0.0.1:0"})
	if err == nil || !strings.Contains(err.Error(), "C-2") {
		t.Errorf("a camera that others can reach: %v", err)
	}
}

// TestDemoCameras: each camera on the plans of the demo has a picture.
func TestDemoCameras(t *testing.T) {
	t.Parallel()
	sc, err := site.Demo()
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range sc.Cameras {
		ids = append(ids, c.ID)
	}
	if want := []string{"C-01", "C-02", "C-03", "C-04", "C-05", "C-06", "C-07", "C-08", "C-21", "C-22"}; !slices.Equal(ids, want) {
		t.Errorf("cameras %v", ids)
	}
}
