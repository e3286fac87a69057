package cmd_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/devices/profiles"
	"guardroom/simulators/panel"
)

// isolation is an entry of the register as these tests read it.
type isolation struct {
	ID       string          `json:"id"`
	Point    devices.PointID `json:"point"`
	Source   string          `json:"source"`
	Panel    string          `json:"panel"`
	Ended    string          `json:"ended"`
	Version  int64           `json:"version"`
	Command  *told           `json:"command"`
	Commands []told          `json:"commands"`
}

type told struct {
	Point devices.PointID `json:"point"`
	Verb  devices.Verb    `json:"verb"`
	State devices.Outcome `json:"state"`
	Code  string          `json:"code"`
	Text  string          `json:"text"`
}

// TestAWholePanelIsIsolatedByCommand asks an intrusion panel to isolate all its
// inputs. The gateway believes in two more than the panel has, one was isolated
// before, and the console is killed while it asks: each input tells for itself,
// and those that were asked come back, and no other.
func TestAWholePanelIsIsolatedByCommand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p, err := profiles.Shipped("intrusion/integriti")
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Compile(map[string]any{"areas": 1, "inputs": 6, "hold_ups": 0, "doors": 0})
	if err != nil {
		t.Fatal(err)
	}
	site, err := panel.Start(t.Context(), panel.Options{Profile: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(site.Close)
	if err := site.Set("input2", "isolated"); err != nil {
		t.Fatal(err)
	}
	e := h.newEdge("gw-panel")
	e.device("panel", "intrusion/integriti", site.Addr(), "params: {areas: 1, inputs: 8, hold_ups: 0, doors: 0}")
	e.start()
	input := func(n int) devices.PointID { return devices.MakePointID(e.id, "panel", fmt.Sprintf("input%d", n)) }
	whole := devices.PointID(e.id + "/panel.*")
	h.waitShows(input(1), "normal", devices.Good)
	h.waitShows(input(2), "isolated", devices.Uncertain)
	poll(t, 20*time.Second, "what the panel isolated itself is in the register", func() error { return open(h, input(2)) })

	wish := map[string]any{"point": whole, "mode": "isolated", "reason": "the fence is painted", "until": time.Now().Add(time.Hour), "command": true}
	var i isolation
	h.must(201, http.MethodPost, "/api/v1/impairments", wish, &i)
	h.kill(t)
	h.start()
	i = h.isolated(t, i.ID, devices.Isolate)
	if i.Command.Code != "partial" || !strings.HasPrefix(i.Command.Text, "6 of 8 points have done it. Not: ") {
		t.Errorf("in one word %+v", i.Command)
	}
	for n := 1; n <= 8; n++ {
		k := slices.IndexFunc(i.Commands, func(t told) bool { return t.Point == input(n) })
		if k < 0 {
			t.Fatalf("input %d was not asked", n)
		}
		one := i.Commands[k]
		switch {
		case n == 2 && one.Code != "already", n != 2 && n <= 6 && (one.State != devices.Confirmed || one.Code == "already"):
			t.Errorf("input %d: %+v", n, one)
		case n > 6 && (one.State == devices.Confirmed || one.Text == "" || !strings.Contains(i.Command.Text, fmt.Sprint("nput ", n))):
			t.Errorf("input %d, which the panel does not have: %+v; %s", n, one, i.Command.Text)
		}
	}
	for n := 1; n <= 6; n++ {
		h.waitShows(input(n), "isolated", devices.Uncertain)
	}

	poll(t, 20*time.Second, "the panel says so", func() error {
		if h.get("/impairments/"+i.ID, &i); i.Panel != "active" {
			return fmt.Errorf("panel %q", i.Panel)
		}
		return nil
	})
	h.must(200, http.MethodPost, "/api/v1/impairments/"+i.ID+"/end", map[string]any{"version": i.Version, "reason": "painted", "command": true}, nil)
	for n := 1; n <= 6; n++ {
		if n != 2 {
			h.waitShows(input(n), "normal", devices.Good)
		}
	}
	h.waitShows(input(2), "isolated", devices.Uncertain)
	poll(t, 20*time.Second, "the entry has ended by the panel's word", func() error {
		if h.get("/impairments/"+i.ID, &i); i.Ended != "panel" {
			return fmt.Errorf("ended %q, panel %q, %+v", i.Ended, i.Panel, i.Command)
		}
		return nil
	})
	if err := open(h, input(2)); err != nil {
		t.Errorf("what was isolated before: %v", err)
	}
}

// open reports that a point has no open entry.
func open(h *house, point devices.PointID) error {
	h.t.Helper()
	if len(all[isolation](h, "/impairments?open=true&point="+string(point))) == 0 {
		return fmt.Errorf("%s has no open entry", point)
	}
	return nil
}

// isolated waits until every point of an entry has answered a verb.
func (h *house) isolated(t testing.TB, id string, verb devices.Verb) (i isolation) {
	t.Helper()
	poll(t, 90*time.Second, "every point has answered", func() error {
		i = isolation{}
		h.get("/impairments/"+id, &i)
		if i.Command == nil || i.Command.Verb != verb || !i.Command.State.Final() {
			return fmt.Errorf("%+v", i.Command)
		}
		return nil
	})
	return i
}
