package panel_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/devices/modbus"
	"guardroom/devices/profiles"
	"guardroom/simulators/panel"
)

func compile(t *testing.T, profile string, params map[string]any) *profiles.Compiled {
	t.Helper()
	p, err := profiles.Shipped(profile)
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Compile(params)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func start(t *testing.T, profile string, params map[string]any, change func(*panel.Options)) *panel.Panel {
	t.Helper()
	o := panel.Options{Profile: compile(t, profile, params), Obeys: 10 * time.Millisecond}
	if change != nil {
		change(&o)
	}
	p, err := panel.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func set(t *testing.T, p *panel.Panel, point, state string) {
	t.Helper()
	if err := p.Set(point, state); err != nil {
		t.Fatal(err)
	}
}

// await polls, because what is awaited happens in the panel's own time.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.NewTimer(5 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline.C:
			t.Fatalf("never came: %s", what)
		case <-tick.C:
		}
	}
}

// gateway reads a panel as a gateway does.
type gateway struct {
	t    *testing.T
	c    *profiles.Compiled
	line *modbus.Line
	unit uint8
}

func dial(t *testing.T, p *panel.Panel, c *profiles.Compiled) *gateway {
	t.Helper()
	line, err := modbus.Open(p.Addr(), modbus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = line.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	return &gateway{t, c, line, p.Unit()}
}

func (g *gateway) read() map[string]profiles.PointState {
	g.t.Helper()
	states, image := map[string]profiles.PointState{}, g.c.NewImage()
	for i, r := range g.c.Reads {
		words, err := g.line.Read(g.t.Context(), modbus.Normal, g.unit, modbus.Table(r.Table), r.Address, r.Count)
		if err != nil {
			g.t.Fatal(err)
		}
		image.Put(i, words)
		for _, ps := range g.c.Decode(image, i) {
			states[ps.Point] = ps
		}
	}
	return states
}

// TestEveryStateArrives sets every state of every kind of point of every shipped
// panel, reads it over the wire as a gateway does, and clears it again.
func TestEveryStateArrives(t *testing.T) {
	t.Parallel()
	for profile, params := range map[string]map[string]any{
		"fire/honeywell-cgw-mb": {"detectors": 2, "modules": 2, "zones": 2, "dialect": "table-7.12"},
		"fire/siemens-nk8237":   {"zones": 2, "sections": 2, "gateway_points": 2, "elements": 3},
		"intrusion/integriti":   {"areas": 2, "inputs": 2, "hold_ups": 1, "doors": 1},
		"power/apc-smartups":    nil,
	} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			p := start(t, profile, params, nil)
			c := compile(t, profile, params)
			g := dial(t, p, c)
			for _, dp := range c.Points {
				for _, state := range p.States(dp.ID) {
					set(t, p, dp.ID, state)
					ps := g.read()[dp.ID]
					if state != "normal" && !slices.Contains(ps.States, state) {
						t.Errorf("%s set to %s reads as %v (%s)", dp.ID, state, ps.States, ps.Quality)
					}
					set(t, p, dp.ID, "normal")
					if ps := g.read()[dp.ID]; slices.ContainsFunc(ps.Conditions, func(c profiles.Condition) bool { return c.Active }) {
						t.Errorf("%s after %s and normal still reads as %v", dp.ID, state, ps.States)
					}
				}
			}
		})
	}
}

func TestFireLatches(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		sets string // one after the other
		want string // all that hold
	}{
		{"fire stays when a fault joins", "fire fault", "fire fault"},
		{"a prealarm does not replace fire", "fire prealarm", "fire prealarm"},
		{"acknowledged joins", "fire acknowledged", "fire acknowledged"},
		{"a new fire is not acknowledged", "acknowledged fire", "fire"},
		{"fire over a prealarm takes its place", "prealarm fire", "fire"},
		{"normal ends all", "fire fault normal", "normal"},
		{"other states replace each other", "fault disabled", "disabled"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, "fire/honeywell-cgw-mb", map[string]any{"detectors": 1}, nil)
			for state := range strings.FieldsSeq(tc.sets) {
				set(t, p, "L1D1", state)
			}
			if got := strings.Join(p.Holding("L1D1"), " "); got != tc.want {
				t.Errorf("after %s there holds %s, want %s", tc.sets, got, tc.want)
			}
		})
	}
}

// TestSummary: the panel's own point shows fire as long as one zone does.
func TestSummary(t *testing.T) {
	t.Parallel()
	p := start(t, "fire/siemens-nk8237", map[string]any{"zones": 3}, nil)
	g := dial(t, p, compile(t, "fire/siemens-nk8237", map[string]any{"zones": 3}))
	set(t, p, "zone1", "fire")
	set(t, p, "zone2", "fire")
	set(t, p, "zone1", "normal")
	if got := g.read()["panel"].State; got != "fire" || p.State("panel") != "fire" {
		t.Errorf("with zone 2 in fire the panel shows %q and says %q", got, p.State("panel"))
	}
	set(t, p, "panel", "normal")
	if got := g.read()["panel"].State; got != "fire" {
		t.Errorf("the panel set to normal with zone 2 in fire shows %q", got)
	}
	set(t, p, "zone2", "normal")
	if got := g.read()["panel"].State; got != "normal" {
		t.Errorf("with no zone in fire the panel shows %q", got)
	}
}

func TestLifeSignAndDataChange(t *testing.T) {
	t.Parallel()
	c := compile(t, "fire/siemens-nk8237", nil)
	p := start(t, "fire/siemens-nk8237", nil, func(o *panel.Options) { o.Tick = 5 * time.Millisecond })
	g := dial(t, p, c)
	word := func(at uint16) uint16 {
		t.Helper()
		words, err := g.line.Read(t.Context(), modbus.Normal, p.Unit(), modbus.Input, at, 1)
		if err != nil {
			t.Fatal(err)
		}
		return words[0]
	}
	life := word(1010)
	await(t, "a life-sign that moves", func() bool { return word(1010) != life })
	if err := p.SetFault("frozen_life"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Snapshot(); err != nil { // every beat before this has ended
		t.Fatal(err)
	}
	life = word(1010)
	changes := word(1020)
	set(t, p, "zone1", "fire")
	if word(1020) == changes {
		t.Error("DataChange stands still after a change")
	}
	if word(1010) != life {
		t.Error("the frozen life-sign moves")
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var kept panel.Snapshot
	keep := func(o *panel.Options) {
		o.OnChange = func(s panel.Snapshot) { mu.Lock(); kept = s; mu.Unlock() }
	}
	p := start(t, "fire/siemens-nk8237", nil, keep)
	set(t, p, "zone3", "fire")
	set(t, p, "zone3", "test")
	set(t, p, "power1", "on_battery")
	if err := p.SetFault("slow:20ms"); err != nil {
		t.Fatal(err)
	}
	p.Close()
	mu.Lock()
	saved := kept
	mu.Unlock()
	saved.States["gone"] = []string{"fire"}
	saved.States["zone4"] = []string{"flooded"}
	again := start(t, "fire/siemens-nk8237", nil, func(o *panel.Options) { o.Saved = &saved })
	g := dial(t, again, compile(t, "fire/siemens-nk8237", nil))
	states := g.read()
	for point, want := range map[string]string{"zone3": "fire", "power1": "on_battery", "panel": "fire", "zone4": "normal"} {
		if states[point].State != want || again.State(point) != want {
			t.Errorf("after a restart %s reads as %s and is %s, want %s", point, states[point].State, again.State(point), want)
		}
	}
	if got := again.Faults(); !slices.Equal(got, []string{"slow:20ms"}) {
		t.Errorf("faults after a restart: %v", got)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	if _, err := panel.Start(t.Context(), panel.Options{}); err == nil {
		t.Error("a panel without a profile has started")
	}
	c := compile(t, "power/apc-smartups", nil)
	if _, err := panel.Start(t.Context(), panel.Options{Profile: c, Address: "0.0.0.0:0"}); err == nil {
		t.Error("a panel listens for other machines without being told")
	}
	p := start(t, "power/apc-smartups", nil, nil)
	if err := p.Set("ups", "flooded"); err == nil || !strings.Contains(err.Error(), "on_battery") {
		t.Errorf("an unknown state: %v, which must name those that there are", err)
	}
	if err := p.Set("sofa", "normal"); err == nil {
		t.Error("an unknown point was set")
	}
	if err := p.SetFault("tired"); err == nil {
		t.Error("an unknown fault was set")
	}
	if p.States("sofa") != nil || p.State("sofa") != "" {
		t.Error("an unknown point has states")
	}
	g := dial(t, p, c)
	var refused modbus.Exception
	if err := g.line.Write(t.Context(), p.Unit(), modbus.Holding, 0, []uint16{4}); !errors.As(err, &refused) || refused.Code != 2 {
		t.Errorf("a status register was written: %v", err)
	}
	set(t, p, "charge", "12.5")
	if v := g.read()["charge"].Value; v == nil || *v != 12.5 {
		t.Errorf("a value set to 12.5 reads as %v", v)
	}
}
