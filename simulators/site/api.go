package site

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
)

//go:embed page.html
var page []byte

// The JSON of the control API.
type (
	deviceJSON struct {
		ID         string      `json:"id"`
		Name       string      `json:"name,omitempty"`
		Location   string      `json:"location,omitempty"`
		Profile    string      `json:"profile"`
		Address    string      `json:"address"`
		Unit       uint8       `json:"unit,omitempty"`
		Sub        string      `json:"sub,omitempty"`   // of cameras: the smaller stream
		ONVIF      string      `json:"onvif,omitempty"` // of cameras
		Faults     []string    `json:"faults"`          // active
		FaultNames []string    `json:"fault_names"`     // that there are
		Points     []pointJSON `json:"points"`
	}
	pointJSON struct {
		ID       string   `json:"id"`
		Name     string   `json:"name,omitempty"`
		Location string   `json:"location,omitempty"`
		State    string   `json:"state"`             // the leading one
		Holding  []string `json:"holding"`           // all that hold
		States   []string `json:"states"`            // that can be set, "normal" first
		Actions  []string `json:"actions,omitempty"` // that can happen: set like states, but over at once
	}
)

func (s *Site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", showPage)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /sim/v1/devices", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"station": s.sc.Station.Name, "devices": s.list()})
	})
	mux.HandleFunc("POST /sim/v1/devices/{id}/points/{point}", s.setPoint)
	mux.HandleFunc("POST /sim/v1/devices/{id}/points/{point}/swipe", s.swipe)
	mux.HandleFunc("POST /sim/v1/devices/{id}/faults", s.setFault)
	mux.HandleFunc("GET /sim/v1/scenarios", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"scenarios": s.scripts()})
	})
	mux.HandleFunc("POST /sim/v1/scenarios/{name}/run", s.runScript)
	mux.HandleFunc("POST /sim/v1/scenarios/{name}/stop", s.stopScript)
	mux.HandleFunc("POST /sim/v1/normal", s.allNormal)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"state": "up"})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, "nothing answers %s %s", r.Method, clip(r.URL.Path))
	})
	return s.guard(mux)
}

func showPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'")
	_, _ = w.Write(page) // the tester has gone
}

// guard lets no page of another origin press the buttons, neither directly nor
// under a name of its own that leads here.
func (s *Site) guard(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !s.o.NonLoopback && !loopback(strings.Trim(host, "[]")) {
			refuse(w, http.StatusForbidden, "the simulators are asked as 127.0.0.1 or localhost, not as %q", clip(host))
			return
		}
		if err := protection.Check(r); err != nil {
			refuse(w, http.StatusForbidden, "requests from other sites are refused")
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		next.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the tester has gone
}

func refuse(w http.ResponseWriter, status int, format string, args ...any) {
	answer(w, status, map[string]string{"error": fmt.Sprintf(format, args...)})
}

// read decodes the one JSON object of a request and says what was expected.
func read(w http.ResponseWriter, r *http.Request, into any, expected string) bool {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return true
		}
		err = errors.New("more than one JSON value")
	}
	refuse(w, http.StatusBadRequest, "send %s: %v", expected, err)
	return false
}

// settable lists what Set takes at a point.
func (d *device) settable(point string) []string {
	return append(d.live.States(point), d.actions(point)...)
}

func (d *device) actions(point string) []string {
	if d.doors == nil {
		return nil
	}
	return d.doors.Actions(point)
}

func (d *device) points() []string { return d.live.Points() }

func (s *Site) list() []deviceJSON {
	list := make([]deviceJSON, 0, len(s.devices))
	for _, d := range s.devices {
		one := deviceJSON{
			ID: d.ID, Name: d.Name, Location: d.Location, Profile: d.Profile, Address: d.address, Unit: d.unit,
			Faults: append([]string{}, d.live.Faults()...), FaultNames: d.live.FaultNames(), Points: []pointJSON{},
		}
		if d.eye != nil {
			one.Sub, one.ONVIF = d.eye.Sub, d.eye.ONVIF
		}
		for _, id := range d.points() {
			if p, ok := d.show(id); ok {
				one.Points = append(one.Points, p)
			}
		}
		list = append(list, one)
	}
	return list
}

func (d *device) show(id string) (pointJSON, bool) {
	p := pointJSON{ID: id, Name: d.Points[id].Name, Location: d.Points[id].Location}
	if p.Holding = d.live.Holding(id); len(p.Holding) == 0 {
		return p, false // the device is closing
	}
	p.State, p.States, p.Actions = p.Holding[0], d.live.States(id), d.actions(id)
	if p.Name == "" && d.compiled != nil {
		for _, known := range d.compiled.Points {
			if known.ID == id {
				p.Name = known.Name
			}
		}
	}
	return p, true
}

// known finds the device of a request, or answers 404 with those that there are.
func (s *Site) known(w http.ResponseWriter, r *http.Request) *device {
	d := s.find(r.PathValue("id"))
	if d == nil {
		ids := []string{}
		for _, one := range s.devices {
			ids = append(ids, one.ID)
		}
		refuse(w, http.StatusNotFound, "no device %q; there are %s", clip(r.PathValue("id")), strings.Join(ids, ", "))
	}
	return d
}

func (s *Site) knownPoint(w http.ResponseWriter, r *http.Request) (*device, string) {
	d, point := s.known(w, r), r.PathValue("point")
	if d != nil && !slices.Contains(d.points(), point) {
		refuse(w, http.StatusNotFound, "device %s has no point %q; it has %s", d.ID, clip(point), strings.Join(d.points(), ", "))
		d = nil
	}
	return d, point
}

func (s *Site) setPoint(w http.ResponseWriter, r *http.Request) {
	d, point := s.knownPoint(w, r)
	if d == nil {
		return
	}
	var body struct {
		State string `json:"state"`
	}
	expected := fmt.Sprintf(`{"state": "…"} with one of %s`, strings.Join(d.settable(point), ", "))
	if !read(w, r, &body, expected) {
		return
	}
	if err := d.live.Set(point, body.State); err != nil {
		refuse(w, http.StatusBadRequest, "%v; send %s", err, expected)
		return
	}
	now, _ := d.show(point)
	answer(w, http.StatusOK, map[string]any{"device": d.ID, "point": point, "state": now.State, "holding": now.Holding})
}

// swipe shows a card to the reader of a door.
func (s *Site) swipe(w http.ResponseWriter, r *http.Request) {
	d, point := s.knownPoint(w, r)
	if d == nil {
		return
	}
	var number int
	if d.doors != nil {
		_, _ = fmt.Sscanf(point, "door%d", &number)
	}
	if number == 0 {
		refuse(w, http.StatusBadRequest, "point %s of %s has no card reader", point, d.ID)
		return
	}
	var body struct {
		Card uint32 `json:"card"`
	}
	if !read(w, r, &body, `{"card": 8165538}, the number of a card`) {
		return
	}
	granted, err := d.doors.Swipe(number, body.Card)
	if err != nil {
		refuse(w, http.StatusBadRequest, "%v", err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"device": d.ID, "point": point, "granted": granted})
}

func (s *Site) setFault(w http.ResponseWriter, r *http.Request) {
	d := s.known(w, r)
	if d == nil {
		return
	}
	var body struct {
		Fault string `json:"fault"`
	}
	expected := fmt.Sprintf(`{"fault": "…"} with one of %s`, strings.Join(d.live.FaultNames(), ", "))
	if !read(w, r, &body, expected) {
		return
	}
	if err := d.live.SetFault(body.Fault); err != nil {
		refuse(w, http.StatusBadRequest, "%v; send %s", err, expected)
		return
	}
	answer(w, http.StatusOK, map[string]any{"device": d.ID, "faults": append([]string{}, d.live.Faults()...)})
}

// allNormal ends every scenario, every fault and every state.
func (s *Site) allNormal(w http.ResponseWriter, _ *http.Request) {
	s.stopAll()
	for _, d := range s.devices {
		err := d.live.SetFault("none")
		for _, id := range d.points() {
			if holding := d.live.Holding(id); !slices.Equal(holding, []string{"normal"}) {
				err = errors.Join(err, d.live.Set(id, "normal"))
			}
		}
		if err != nil {
			refuse(w, http.StatusInternalServerError, "device %s: %v", d.ID, err)
			return
		}
	}
	answer(w, http.StatusOK, map[string]any{"station": s.sc.Station.Name, "devices": s.list()})
}
