package profiles_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"guardroom/devices"
	"guardroom/devices/profiles"
)

// head begins a small valid profile; tests add points.
const head = `profile: fire/test-panel
version: 1
title: A panel of the tests
source: The tests themselves
transport: {kind: modbus, max_registers: 10}
`

func TestFind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		file := filepath.Join(dir, filepath.FromSlash(name)+".yaml")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	points := "points:\n  - {id: a, name: a, type: counter, read: {table: holding, address: 1}}\n"
	write("fire/test-panel", head+points)
	write("fire/other", head+points)
	write("power/apc-smartups", strings.Replace(head, "fire/test-panel", "power/apc-smartups", 1)+points)

	own, err := profiles.Find("fire/test-panel", t.TempDir(), dir)
	if err != nil || own.Category != "fire" || own.Transport.MaxRegisters != 10 {
		t.Errorf("Find() = %+v, %v", own, err)
	}
	if p, err := profiles.Find("power/apc-smartups", dir); err != nil || p.Title != "A panel of the tests" {
		t.Errorf("a profile of the site does not come before the shipped one: %v", err)
	}
	if p, err := profiles.Find("fire/siemens-nk8237", dir); err != nil || p.Name != "fire/siemens-nk8237" {
		t.Errorf("the shipped profile was not found: %v", err)
	}
	if _, err := profiles.Find("fire/other", dir); err == nil || !strings.Contains(err.Error(), "calls itself") {
		t.Errorf("a profile under a false name: %v", err)
	}
	for _, name := range []string{"fire/nothing", "../../etc/passwd", "/etc/passwd", "", "fire"} {
		if _, err := profiles.Find(name, dir); !errors.Is(err, profiles.ErrUnknownProfile) {
			t.Errorf("Find(%q) = %v", name, err)
		}
	}
	if _, err := profiles.Shipped("fire/nothing"); err == nil || !strings.Contains(err.Error(), "intrusion/integriti") {
		t.Errorf("Shipped() does not name the known ones: %v", err)
	}
}

func TestShippedProfiles(t *testing.T) {
	t.Parallel()
	want := []string{"access/intercom-mqtt", "access/uhppoted", "fire/honeywell-cgw-mb", "fire/siemens-nk8237", "intrusion/integriti", "power/apc-smartups"}
	if got := profiles.Names(); !slices.Equal(got, want) {
		t.Errorf("Names() = %v, want %v", got, want)
	}
	for _, name := range profiles.Names() {
		p, err := profiles.Shipped(name)
		if err != nil {
			t.Fatal(err)
		}
		if p.Name != name || p.Source == "" || p.Title == "" || p.Version == 0 || !strings.HasPrefix(name, p.Category+"/") {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestCompileRefusesParameters(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		profile string
		params  map[string]any
		want    []string
	}{
		{"fire/honeywell-cgw-mb", map[string]any{"loops": 11, "dialect": "notifier", "detector": 3}, []string{
			`"loops": 11 is not within 1 and 10`, `"dialect": "notifier" is not one of none, table-7.12, table-7.9`,
			`unknown parameter "detector" (known: generation, loops, detectors,`,
		}},
		{"fire/honeywell-cgw-mb", map[string]any{"loops": "two"}, []string{`"loops": two is not a whole number`}},
		{"fire/honeywell-cgw-mb", map[string]any{"loops": 1.5}, []string{`1.5 is not a whole number`}},
		{"fire/siemens-nk8237", map[string]any{"life_sign": "yes"}, []string{"neither true nor false"}},
		{"access/uhppoted", nil, []string{`"device_id" must be given`}},
		{"access/uhppoted", map[string]any{"device_id": 1, "time_zone": "Mars/Olympus"}, []string{"Mars/Olympus"}},
		{"access/uhppoted", map[string]any{"device_id": 1, "root": "a/#"}, []string{"not a topic to publish to"}},
		{"intrusion/integriti", map[string]any{"input_map": []any{map[string]any{"id": "x"}}}, []string{`entry 1: "active" must be given; "tamper"`}},
		{"intrusion/integriti", map[string]any{"input_map": "all"}, []string{"all is not a list"}},
		{"intrusion/integriti", map[string]any{
			"area_map": []any{map[string]any{"id": "a/b", "armed": 1, "alarm": 2, "arm": 3}},
		}, []string{`"a/b" is not an id`}},
		{"fire/honeywell-cgw-mb", map[string]any{"detectors": 0}, nil}, // the panel alone
		{"intrusion/integriti", map[string]any{"areas": 0, "inputs": 0}, []string{"no points with these parameters"}},
	} {
		p, err := profiles.Shipped(tc.profile)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Compile(tc.params)
		if (err == nil) != (len(tc.want) == 0) {
			t.Errorf("%s %v: %v", tc.profile, tc.params, err)
			continue
		}
		for _, want := range tc.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s %v: %v\nwant %s", tc.profile, tc.params, err, want)
			}
		}
	}
}

// sizes compiles the shipped profiles with parameters that reach every part.
func sizes() map[string]map[string]any {
	record := func(id string, from int, names ...string) map[string]any {
		r := map[string]any{"id": id}
		for i, name := range names {
			r[name] = from + i
		}
		return r
	}
	return map[string]map[string]any{
		"fire/honeywell-cgw-mb": {"loops": 10, "detectors": 300, "modules": 300, "zones": 2000, "dialect": "table-7.12"},
		"fire/siemens-nk8237": {
			"zones": 40, "elements": 40, "sections": 9, "gateway_points": 5, "zone_table": "compact", "packing": "high",
		},
		"intrusion/integriti": {
			"input_map": []any{record("a", 50, "active", "tamper", "isolated", "isolate")},
			"door_map":  []any{record("d", 60, "open", "forced", "held", "unlock")}, "hold_ups": 4,
		},
		"power/apc-smartups": nil,
		"access/uhppoted":    {"device_id": 405419896},
	}
}

// A simulator that shows a state must be understood as showing it, and nothing
// else may move: each state of each point, and normal again.
func TestEncodeIsDecoded(t *testing.T) {
	t.Parallel()
	for name, params := range sizes() {
		c := mustCompile(t, name, params)
		if c.Profile.Transport.Kind != "modbus" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			device := newTables(c.Rest())
			im := c.NewImage()
			look := func() map[string]profiles.PointState {
				changed := map[string]profiles.PointState{}
				for i, r := range c.Reads {
					if im.Put(i, device.read(r)) {
						for _, ps := range c.Decode(im, i) {
							changed[ps.Point] = ps
						}
					}
				}
				return changed
			}
			for id, ps := range look() {
				if ps.Quality != devices.Good || ps.State != "normal" && len(ps.States) > 0 {
					t.Errorf("%s at rest: %+v", id, ps)
				}
			}
			for i, p := range c.Points {
				if i > 20 && i%97 != 0 { // of thousands of sisters, some
					continue
				}
				for _, state := range append(c.SimStates(p.ID), "normal") {
					writes, err := c.Encode(p.ID, state)
					if err != nil {
						t.Fatal(err)
					}
					for _, w := range writes {
						device.write(w)
					}
					for id, ps := range look() {
						if id == p.ID && !slices.Contains(ps.States, state) && len(p.States) > 0 {
							t.Errorf("%s in state %s reads as %+v", id, state, ps)
						}
						if id != p.ID && ps.State != "normal" && len(ps.States) > 0 {
							t.Errorf("%s in state %s: %s reads as %+v", p.ID, state, id, ps)
						}
					}
				}
			}
		})
	}
}

func TestEncodeTakesNumbersAndTexts(t *testing.T) {
	t.Parallel()
	c := mustCompile(t, "power/apc-smartups", nil)
	device := newTables(c.Rest())
	for _, set := range [][2]string{{"charge", "12.5"}, {"temperature", "-5"}, {"runtime", "70000"}, {"model", "Smart-UPS RT"}} {
		writes, err := c.Encode(set[0], set[1])
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range writes {
			device.write(w)
		}
	}
	states := decodeAll(t, c, device)
	if v := *states["charge"].Value; v != 12.5 {
		t.Errorf("charge %v", v)
	}
	if v := *states["temperature"].Value; v != -5 {
		t.Errorf("temperature %v", v)
	}
	if v := *states["runtime"].Value; v != 70000 {
		t.Errorf("runtime %v", v)
	}
	if s := states["model"].Text; s != "Smart-UPS RT" {
		t.Errorf("model %q", s)
	}
	for _, bad := range [][2]string{{"charge", "200"}, {"charge", "NaN"}, {"charge", "fire"}, {"ups", "fire"}, {"nothing", "normal"}} {
		if _, err := c.Encode(bad[0], bad[1]); err == nil {
			t.Errorf("Encode(%s, %s) was taken", bad[0], bad[1])
		}
	}
}

// The example of the README is a profile that works.
func TestReadmeExample(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("README.md has no example")
	}
	c := compileText(t, example)
	if len(c.Points) != 9 || c.LifeSign == nil || c.DataChange == nil {
		t.Errorf("%d points, life sign %v, data change %v", len(c.Points), c.LifeSign, c.DataChange)
	}
}

// A master may read every register of the plan and write every one that a
// command writes: a simulator must have them all.
func TestRestHasEveryRegister(t *testing.T) {
	t.Parallel()
	for name, params := range sizes() {
		c := mustCompile(t, name, params)
		device := newTables(c.Rest())
		for _, r := range c.Reads {
			for i := range int(r.Count) {
				if _, ok := device[r.Table][int(r.Address)+i]; !ok {
					t.Fatalf("%s: %s %d is read but not there", name, r.Table, int(r.Address)+i)
				}
			}
		}
		for _, p := range c.Points {
			for _, verb := range p.Verbs {
				a, err := c.Command(p.ID, verb, nil)
				if err != nil {
					t.Fatal(err)
				}
				for _, w := range a.Writes {
					if _, ok := device[w.Table][int(w.Address)]; !ok {
						t.Fatalf("%s: %s %d is written but not there", name, w.Table, w.Address)
					}
				}
			}
		}
	}
}

// Devices of one make may share a compiled Modbus profile.
func TestSharedBetweenDevices(t *testing.T) {
	t.Parallel()
	c := mustCompile(t, "fire/honeywell-cgw-mb", map[string]any{"detectors": 50})
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			im := c.NewImage()
			words := make([]uint16, c.Reads[0].Count)
			for i := range 200 {
				for j := range words {
					words[j] = uint16(i*j*g + i)
				}
				if im.Put(0, words) {
					c.Decode(im, 0)
				}
			}
		})
	}
	all.Wait()
}
