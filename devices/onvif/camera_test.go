package onvif_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"guardroom/devices/onvif"
	"guardroom/simulators/camera"
)

func start(t *testing.T, scene string, o camera.Options) *camera.Camera {
	t.Helper()
	views, err := camera.Scene(scene)
	if err != nil {
		t.Fatal(err)
	}
	o.Views = views
	c, err := camera.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func open(t *testing.T, o onvif.Options) *onvif.Camera {
	t.Helper()
	c, err := onvif.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestStreams(t *testing.T) {
	t.Parallel()
	sim := start(t, "gate-c", camera.Options{Username: "op", Password: "p<w&d"})
	c := open(t, onvif.Options{Address: sim.ONVIF(), Username: "op", Password: "p<w&d"})
	profiles, err := c.GetProfiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := onvif.Profile{Token: "main", Name: "main", Encoding: "H264", Width: 640, Height: 360, FPS: 25, PTZ: true}
	if len(profiles) != 2 || profiles[0] != want {
		t.Errorf("profiles %+v", profiles)
	}
	main, sub, err := c.Streams(t.Context())
	if err != nil || main != sim.URL("main") || sub != sim.URL("sub") {
		t.Errorf("streams %s, %s: %v", main, sub, err)
	}
}

func TestTurns(t *testing.T) {
	t.Parallel()
	sim := start(t, "gate-c", camera.Options{})
	c := open(t, onvif.Options{Address: strings.TrimPrefix(strings.TrimSuffix(sim.ONVIF(), "/onvif/device_service"), "http://")})
	ctx := t.Context()
	looks := func(want string) {
		t.Helper()
		if got := sim.Holding("view")[0]; got != want {
			t.Errorf("looks at %s, want %s", got, want)
		}
	}
	presets, err := c.GetPresets(ctx, "main")
	if err != nil || len(presets) != 3 || presets[1] != (onvif.Preset{Token: "road", Name: "Road"}) {
		t.Fatalf("presets %+v: %v", presets, err)
	}
	if err := c.GotoPreset(ctx, "main", "plate"); err != nil {
		t.Fatal(err)
	}
	looks("plate")
	if err := c.AbsoluteMove(ctx, "main", onvif.Aim{Pan: 0.6}); err != nil {
		t.Fatal(err)
	}
	looks("road")
	token, err := c.SetPreset(ctx, "main", "", `Gate <& "kerb"`)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.GotoPreset(ctx, "main", "home"); err != nil {
		t.Fatal(err)
	}
	looks("normal")
	if err := c.GotoPreset(ctx, "main", token); err != nil {
		t.Fatal(err)
	}
	looks("road")
	presets, err = c.GetPresets(ctx, "main")
	if err != nil || len(presets) != 4 || presets[3] != (onvif.Preset{Token: token, Name: `Gate <& "kerb"`}) {
		t.Errorf("presets %+v: %v", presets, err)
	}
	if again, err := c.SetPreset(ctx, "main", token, ""); err != nil || again != token {
		t.Errorf("set again: %s, %v", again, err)
	}
	if err := c.ContinuousMove(ctx, "main", onvif.Aim{Pan: -1}, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); sim.Holding("view")[0] != "normal"; {
		if time.Now().After(end) {
			t.Fatal("it does not turn")
		}
	}
	if err := c.Stop(ctx, "main"); err != nil {
		t.Fatal(err)
	}
}

func TestFaultsHaveTheirWords(t *testing.T) {
	t.Parallel()
	turning := start(t, "gate-c", camera.Options{Username: "op", Password: "right"})
	fixed := start(t, "lobby", camera.Options{})
	page := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(page.Close)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	talk := func(text string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }))
		t.Cleanup(s.Close)
		return s.URL
	}
	pan := func(ctx context.Context, c *onvif.Camera) error {
		return c.ContinuousMove(ctx, "main", onvif.Aim{Pan: 1}, time.Second)
	}
	for _, tc := range []struct {
		name  string
		with  onvif.Options
		do    func(context.Context, *onvif.Camera) error
		code  onvif.Code
		words string
	}{
		{"nobody there", onvif.Options{Address: closed.URL}, pan, onvif.Unreachable, "address"},
		{"no ONVIF there", onvif.Options{Address: page.URL}, pan, onvif.Unreachable, "no ONVIF"},
		{"wrong password", onvif.Options{Address: turning.ONVIF(), Username: "op", Password: "wr0ng"}, pan, onvif.RefusedPassword, "password"},
		{"no password", onvif.Options{Address: turning.ONVIF()}, pan, onvif.RefusedPassword, "password"},
		{"does not turn", onvif.Options{Address: fixed.ONVIF()}, pan, onvif.NotSupported, "does not turn"},
		{"no preset", onvif.Options{Address: turning.ONVIF(), Username: "op", Password: "right"}, func(ctx context.Context, c *onvif.Camera) error { return c.GotoPreset(ctx, "main", "moon") }, onvif.NoSuchPreset, "preset"},
		{"no profile", onvif.Options{Address: turning.ONVIF(), Username: "op", Password: "right"}, func(ctx context.Context, c *onvif.Camera) error { return c.Stop(ctx, "third") }, onvif.Refused, "third"},
		{"not XML", onvif.Options{Address: talk("hello")}, pan, onvif.Protocol, "not understood"},
		{"not SOAP", onvif.Options{Address: talk("<html><body/></html>")}, pan, onvif.Protocol, "not understood"},
		{"endless", onvif.Options{Address: talk("<a>" + strings.Repeat("x", 2<<20) + "</a>")}, pan, onvif.Protocol, "not understood"},
		{"another answer", onvif.Options{Address: talk(`<e:Envelope xmlns:e="x"><e:Body><StopResponse/></e:Body></e:Envelope>`)}, pan, onvif.Protocol, "not understood"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := tc.do(t.Context(), open(t, tc.with))
			var e *onvif.Error
			if !errors.As(err, &e) || e.Code != tc.code || !strings.Contains(e.Text, tc.words) {
				t.Errorf("%v; want %s with %q", err, tc.code, tc.words)
			}
			if tc.with.Password != "" && err != nil && strings.Contains(err.Error(), tc.with.Password) {
				t.Errorf("the password is told: %v", err)
			}
		})
	}
}

// TestClockOfTheCamera proves that a camera whose clock stands wrong lets us in:
// the token is made by its clock.
func TestClockOfTheCamera(t *testing.T) {
	t.Parallel()
	sim := start(t, "gate-c", camera.Options{Username: "op", Password: "pw", Now: func() time.Time { return time.Now().Add(-40 * 24 * time.Hour) }})
	c := open(t, onvif.Options{Address: sim.ONVIF(), Username: "op", Password: "pw"})
	if _, err := c.GetPresets(t.Context(), "main"); err != nil {
		t.Error(err)
	}
}

func TestRefusesWhatCanNeverWork(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "ftp://camera", "http://", "http://user:geheim@camera/", "http://[::1"} {
		_, err := onvif.Open(onvif.Options{Address: address})
		var invalid *onvif.InvalidError
		if !errors.As(err, &invalid) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: %v", address, err)
		}
	}
	c := open(t, onvif.Options{Address: "camera"})
	for name, err := range map[string]error{
		"fast":       c.ContinuousMove(t.Context(), "main", onvif.Aim{Pan: 2}, time.Second),
		"for ever":   c.ContinuousMove(t.Context(), "main", onvif.Aim{Pan: 1}, 0),
		"far":        c.AbsoluteMove(t.Context(), "main", onvif.Aim{Zoom: -1}),
		"no profile": c.Stop(t.Context(), ""),
		"no preset":  c.GotoPreset(t.Context(), "main", ""),
	} {
		var invalid *onvif.InvalidError
		if !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
