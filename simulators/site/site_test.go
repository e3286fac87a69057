package site_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"guardroom/simulators/site"
)

const small = `
station: {id: test, name: Test station}
devices:
  - id: fire-1
    profile: fire/siemens-nk8237
    params: {zones: 3}
    points: {zone1: {name: Kitchen, location: Level 0}}
  - id: doors-1
    profile: access/uhppoted
    params: {device_id: 405419896, doors: 2, card: 5}
    cards: [{number: 5, name: Override, doors: [1, 2]}]
scenarios:
  story:
    title: A story
    steps:
      - {after: 0s, device: fire-1, point: zone2, state: prealarm}
      - {after: 1ms, device: fire-1, point: zone2, state: fire}
      - {after: 1ms, device: fire-1, fault: "slow:1ms"}
      - {after: 0s, device: doors-1, point: door1, state: forced}
  broken:
    title: Steps that fail
    steps:
      - {device: fire-1, fault: tired}
      - {device: fire-1, point: zone3, state: fault}
  long:
    title: Never ends here
    steps: [{after: 1h, device: fire-1, fault: none}]
`

func parse(t *testing.T, text string) site.Scenario {
	t.Helper()
	sc, err := site.Parse("small.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return sc
}

func start(t *testing.T, sc site.Scenario, o site.Options) *site.Site {
	t.Helper()
	o.HTTP = "127.0.0.1:0"
	s, err := site.Start(t.Context(), sc, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

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

// call asks the control API; it returns the status and the body.
func call(t *testing.T, s *site.Site, method, path, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.Addr()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	data, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got.StatusCode, string(data)
}

func TestControlAPI(t *testing.T) {
	t.Parallel()
	s := start(t, parse(t, small), site.Options{})
	for _, tc := range []struct {
		name, method, path, body string
		status                   int
		want                     []string // in the answer
	}{
		{"fire", "POST", "/sim/v1/devices/fire-1/points/zone1", `{"state": "fire"}`, 200, []string{`"state":"fire"`}},
		{"normal", "POST", "/sim/v1/devices/fire-1/points/zone1", `{"state": "normal"}`, 200, []string{`"state":"normal"`}},
		{"wrong state", "POST", "/sim/v1/devices/fire-1/points/zone1", `{"state": "flooded"}`, 400, []string{"error", "flooded", "normal, fire, prealarm"}},
		{"no state", "POST", "/sim/v1/devices/fire-1/points/zone1", `{}`, 400, []string{"error", "fire"}},
		{"no JSON", "POST", "/sim/v1/devices/fire-1/points/zone1", `fire`, 400, []string{"error", "fire, prealarm"}},
		{"unknown field", "POST", "/sim/v1/devices/fire-1/points/zone1", `{"stat": "fire"}`, 400, []string{"error", "stat"}},
		{"two values", "POST", "/sim/v1/devices/fire-1/points/zone1", `{"state": "fire"} {}`, 400, []string{"more than one"}},
		{"a megabyte", "POST", "/sim/v1/devices/fire-1/points/zone1", `{"state": "` + strings.Repeat("f", 1<<20) + `"}`, 400, []string{"too large"}},
		{"wrong point", "POST", "/sim/v1/devices/fire-1/points/zone9", `{"state": "fire"}`, 404, []string{"error", "zone1, zone2, zone3"}},
		{"wrong device", "POST", "/sim/v1/devices/fire-9/points/zone1", `{"state": "fire"}`, 404, []string{"error", "fire-1, doors-1"}},
		{"door", "POST", "/sim/v1/devices/doors-1/points/door1", `{"state": "forced"}`, 200, []string{`"holding":["forced","open"]`}},
		{"door action", "POST", "/sim/v1/devices/doors-1/points/door2", `{"state": "duress"}`, 200, []string{`"state":"normal"`}},
		{"door too many", "POST", "/sim/v1/devices/doors-1/points/door3", `{"state": "forced"}`, 404, []string{"door1, door2"}},
		{"wrong door state", "POST", "/sim/v1/devices/doors-1/points/door1", `{"state": "fire"}`, 400, []string{"forced", "duress"}},
		{"card", "POST", "/sim/v1/devices/doors-1/points/door2/swipe", `{"card": 5}`, 200, []string{`"granted":true`}},
		{"strange card", "POST", "/sim/v1/devices/doors-1/points/door2/swipe", `{"card": 6}`, 200, []string{`"granted":false`}},
		{"card at a zone", "POST", "/sim/v1/devices/fire-1/points/zone1/swipe", `{"card": 5}`, 400, []string{"no card reader"}},
		{"fault", "POST", "/sim/v1/devices/fire-1/faults", `{"fault": "slow:10ms"}`, 200, []string{`"faults":["slow:10ms"]`}},
		{"faults end", "POST", "/sim/v1/devices/fire-1/faults", `{"fault": "none"}`, 200, []string{`"faults":[]`}},
		{"wrong fault", "POST", "/sim/v1/devices/fire-1/faults", `{"fault": "tired"}`, 400, []string{"error", "silent", "frozen_life"}},
		{"fault of doors", "POST", "/sim/v1/devices/doors-1/faults", `{"fault": "refuse"}`, 200, []string{"refuse"}},
		{"wrong fault of doors", "POST", "/sim/v1/devices/doors-1/faults", `{"fault": "half_frames"}`, 400, []string{"late", "silent", "refuse"}},
		{"wrong scenario", "POST", "/sim/v1/scenarios/nothing/run", "", 404, []string{"error", "broken, long, story"}},
		{"scenarios", "GET", "/sim/v1/scenarios", "", 200, []string{`"name":"story"`, `"title":"A story"`, `"steps":4`}},
		{"devices", "GET", "/sim/v1/devices", "", 200, []string{`"id":"fire-1"`, `"profile":"fire/siemens-nk8237"`, `"address":"tcp://127.0.0.1:`, `"name":"Kitchen"`}},
		{"nowhere", "GET", "/sim/v2", "", 404, []string{"error"}},
		{"wrong method", "DELETE", "/sim/v1/devices", "", 404, []string{"error"}},
		{"page", "GET", "/", "", 200, []string{"SIMULATION", "<html lang=\"en\">"}},
		{"health", "GET", "/healthz", "", 200, []string{"up"}},
	} {
		t.Run(tc.name, func(t *testing.T) { // in this order: some build on the one before
			status, body := call(t, s, tc.method, tc.path, tc.body)
			if status != tc.status {
				t.Errorf("status %d, want %d: %s", status, tc.status, body)
			}
			for _, want := range tc.want {
				if !strings.Contains(body, want) {
					t.Errorf("%q is not in %s", want, body)
				}
			}
			if status >= 400 && !json.Valid([]byte(body)) {
				t.Errorf("the refusal is no JSON: %s", body)
			}
		})
	}
}

// TestContract pins the shape that ARCHITECTURE promises to drivers from outside.
func TestContract(t *testing.T) {
	t.Parallel()
	s := start(t, parse(t, small), site.Options{})
	_, body := call(t, s, "GET", "/sim/v1/devices", "")
	var list struct {
		Devices []struct {
			ID, Profile, Address string
			Faults               []string
			Points               []struct {
				ID, Name, State string
				States          []string
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.Devices) != 2 {
		t.Fatalf("%v in %s", err, body)
	}
	for _, d := range list.Devices {
		if d.ID == "" || d.Profile == "" || d.Address == "" || d.Faults == nil || len(d.Points) == 0 {
			t.Errorf("%+v", d)
		}
		for _, p := range d.Points {
			if p.ID == "" || p.Name == "" || p.State == "" || len(p.States) == 0 || p.States[0] != "normal" {
				t.Errorf("%s: %+v", d.ID, p)
			}
		}
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t, parse(t, small), site.Options{})
	for name, headers := range map[string][]string{
		"another origin":         {"Origin", "https://evil.example"},
		"a cross-site fetch":     {"Sec-Fetch-Site", "cross-site"},
		"a name that leads here": {"Host", "evil.example"},
	} {
		if status, body := call(t, s, "POST", "/sim/v1/devices/fire-1/points/zone1", `{"state": "fire"}`, headers...); status != 403 {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if got := s.State("fire-1", "zone1"); got != "normal" {
		t.Errorf("the zone is in %s", got)
	}
	if status, _ := call(t, s, "POST", "/sim/v1/devices/fire-1/points/zone1", `{"state": "fire"}`, "Sec-Fetch-Site", "same-origin"); status != 200 {
		t.Errorf("the page itself: %d", status)
	}
}

type progress struct {
	Scenarios []struct {
		Name        string
		Running     bool
		Done, Steps int
		Error       string
	}
}

func scripts(t *testing.T, s *site.Site) (p progress) {
	t.Helper()
	_, body := call(t, s, "GET", "/sim/v1/scenarios", "")
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	s := start(t, parse(t, small), site.Options{})
	run := func(name string, want int) {
		t.Helper()
		if status, body := call(t, s, "POST", "/sim/v1/scenarios/"+name+"/run", ""); status != want {
			t.Fatalf("run %s: %d %s", name, status, body)
		}
	}
	ended := func(i int) func() bool {
		return func() bool { p := scripts(t, s).Scenarios[i]; return !p.Running && p.Done == p.Steps }
	}
	run("story", 202)
	await(t, "the end of the story", ended(2))
	if got := s.State("fire-1", "zone2") + " " + s.State("doors-1", "door1"); got != "fire forced" {
		t.Errorf("the story ends with %s", got)
	}
	run("broken", 202)
	await(t, "the end of the broken story", ended(0))
	if p := scripts(t, s).Scenarios[0]; !strings.Contains(p.Error, "step 1") || s.State("fire-1", "zone3") != "fault" {
		t.Errorf("a step that fails: %+v, and zone 3 is %s", p, s.State("fire-1", "zone3"))
	}
	run("long", 202)
	run("long", 409)
	if status, _ := call(t, s, "POST", "/sim/v1/scenarios/long/stop", ""); status != 200 || scripts(t, s).Scenarios[1].Running {
		t.Error("a stopped story runs")
	}
	run("long", 202)
	if status, body := call(t, s, "POST", "/sim/v1/normal", ""); status != 200 || strings.Contains(body, `"state":"fire"`) {
		t.Errorf("everything normal: %d %s", status, body)
	}
	if p := scripts(t, s).Scenarios[1]; p.Running {
		t.Error("a story goes on after everything is normal")
	}
	for _, d := range [][2]string{{"fire-1", "zone2"}, {"fire-1", "zone3"}, {"fire-1", "panel"}, {"doors-1", "door1"}} {
		if got := s.State(d[0], d[1]); got != "normal" {
			t.Errorf("%v is %s", d, got)
		}
	}
}

// TestRestart: everything stays where it was, event numbers included.
func TestRestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "below", "state.json")
	o := site.Options{StateFile: file}
	s := start(t, parse(t, small), o)
	for _, set := range [][3]string{{"fire-1", "zone1", "fire"}, {"fire-1", "zone2", "test"}, {"doors-1", "door1", "forced"}, {"doors-1", "door2", "blocked"}} {
		if err := s.Set(set[0], set[1], set[2]); err != nil {
			t.Fatal(err)
		}
	}
	call(t, s, "POST", "/sim/v1/devices/doors-1/faults", `{"fault": "late:2s"}`)
	await(t, "the state on disk", func() bool { // without Close, as after a kill
		data, err := os.ReadFile(file)
		return err == nil && bytes.Contains(data, []byte(`"zone1":["fire"]`)) && bytes.Contains(data, []byte("late:2s"))
	})
	s.Close()
	again := start(t, parse(t, small), o)
	for _, want := range [][3]string{{"fire-1", "zone1", "fire"}, {"fire-1", "zone2", "test"}, {"fire-1", "zone3", "normal"}, {"doors-1", "door1", "forced"}, {"doors-1", "door2", "blocked"}} {
		if got := again.State(want[0], want[1]); got != want[2] {
			t.Errorf("after a restart %s %s is %s, want %s", want[0], want[1], got, want[2])
		}
	}
	if err := again.Set("doors-1", "door1", "normal"); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(file); err != nil || !bytes.Contains(data, []byte(`"event-id":2`)) {
		t.Errorf("the second event is not the one after the first: %v %s", err, data)
	}
	again.Close()

	if err := os.WriteFile(file, []byte("{broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	quiet := start(t, parse(t, small), o)
	if got := quiet.State("fire-1", "zone1"); got != "normal" {
		t.Errorf("with a broken file the zone is %s", got)
	}
	if _, err := os.Stat(file + ".bad"); err != nil {
		t.Errorf("the broken file was not set aside: %v", err)
	}
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, parse(t, small), site.Options{})
	for name, o := range map[string]site.Options{
		"an address of other machines": {HTTP: "0.0.0.0:0"},
		"no address":                   {HTTP: "8090"},
		"a port in use":                {HTTP: s.Addr()},
	} {
		if other, err := site.Start(t.Context(), parse(t, small), o); err == nil {
			other.Close()
			t.Errorf("%s was taken", name)
		} else if !strings.Contains(err.Error(), o.HTTP) {
			t.Errorf("%s: the error does not name it: %v", name, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, old, new string
		want           []string
	}{
		{"broken YAML", "devices:", "devices: [", []string{"small.yaml"}},
		{"unknown key", "profile: fire/siemens-nk8237", "profil: fire/siemens-nk8237", []string{"profil", "7"}},
		{"unknown profile", "fire/siemens-nk8237", "fire/siemens", []string{"fire-1", "fire/siemens-nk8237"}},
		{"unknown parameter", "zones: 3", "zone: 3", []string{"fire-1", "zone"}},
		{"unknown point", "points: {zone1:", "points: {zone7:", []string{"fire-1", "zone7"}},
		{"same id", "id: doors-1", "id: fire-1", []string{"fire-1", "twice"}},
		{"bad id", "id: doors-1", "id: doors.1", []string{"doors.1"}},
		{"no serial", "device_id: 405419896, ", "", []string{"device_id"}},
		{"step of no device", "device: fire-1, point: zone2, state: prealarm", "device: fire-2, point: zone2, state: prealarm", []string{"story", "step 1", "fire-2"}},
		{"step of no point", "point: zone2, state: prealarm", "point: zone8, state: prealarm", []string{"story", "step 1", "zone8"}},
		{"step of no state", "state: prealarm", "state: flooded", []string{"step 1", "flooded", "prealarm"}},
		{"step into the past", "after: 1h", "after: -1h", []string{"long", "step 1"}},
		{"step without a unit", "after: 1h", "after: soon", []string{"small.yaml"}},
		{"state and fault", "device: fire-1, fault: none", "device: fire-1, fault: none, state: fire", []string{"long", "not both"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(small, tc.old, tc.new, 1)
			if text == small {
				t.Fatal("the case changes nothing")
			}
			_, err := site.Parse("small.yaml", []byte(text))
			if err == nil {
				t.Fatal("was taken")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in: %v", want, err)
				}
			}
		})
	}
	if _, err := site.Load("nowhere.yaml"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
}

// TestDemo: the demo station is as promised, and quiet.
func TestDemo(t *testing.T) {
	t.Parallel()
	sc, err := site.Demo()
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, sc, site.Options{})
	profiles := map[string]int{}
	for _, d := range s.Devices() {
		profiles[d.Profile]++
		if !strings.HasPrefix(d.Address, "tcp://127.0.0.1:") {
			t.Errorf("%s is at %q", d.ID, d.Address)
		}
	}
	for profile, n := range map[string]int{"fire/honeywell-cgw-mb": 1, "fire/siemens-nk8237": 2, "intrusion/integriti": 1, "power/apc-smartups": 2, "access/uhppoted": 4, "access/intercom-mqtt": 1} {
		if profiles[profile] != n {
			t.Errorf("%d devices of %s, want %d", profiles[profile], profile, n)
		}
	}
	_, body := call(t, s, "GET", "/sim/v1/devices", "")
	var list struct {
		Devices []struct {
			ID     string
			Points []struct{ ID, Name, State string }
		}
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, d := range list.Devices {
		for _, p := range d.Points {
			if p.State != "normal" {
				t.Errorf("%s %s begins as %s", d.ID, p.ID, p.State)
			}
			if p.Name != "" && p.Name != p.ID {
				named++
			}
		}
	}
	if named < 45 {
		t.Errorf("only %d points have names", named)
	}
	var names []string
	for _, script := range scripts(t, s).Scenarios {
		names = append(names, script.Name)
		if script.Name == "flood" && script.Steps != 60 {
			t.Errorf("the flood has %d events", script.Steps)
		}
	}
	for _, want := range []string{"kitchen-fire", "door-forced", "mains-fail", "duress", "flood", "line-lost"} {
		if !slices.Contains(names, want) {
			t.Errorf("no scenario %s in %v", want, names)
		}
	}
}

// What happens to people runs until it is stopped, and with "all normal" it ends too.
func TestStories(t *testing.T) {
	t.Parallel()
	happened := make(chan string, 8)
	tell := func(what string, err error) func(context.Context) error {
		return func(ctx context.Context) error {
			happened <- what
			return errors.Join(err, ctx.Err())
		}
	}
	s := start(t, parse(t, small), site.Options{Stories: []site.Story{
		{Name: "absence", Title: "Nobody comes", Begin: tell("begin", nil), End: tell("end", nil)},
		{Name: "failing", Title: "Fails", Begin: tell("begin failing", errors.New("no actor")), End: tell("never", nil)},
	}})
	_, body := call(t, s, "GET", "/sim/v1/scenarios", "")
	if !strings.Contains(body, `"title":"Nobody comes"`) {
		t.Fatalf("the scenarios are %s", body)
	}
	for _, name := range []string{"absence", "failing"} {
		if status, body := call(t, s, "POST", "/sim/v1/scenarios/"+name+"/run", ""); status != 202 {
			t.Fatalf("%s: %d %s", name, status, body)
		}
	}
	if got := []string{<-happened, <-happened}; !slices.Contains(got, "begin") || !slices.Contains(got, "begin failing") {
		t.Errorf("happened %q", got)
	}
	if status, _ := call(t, s, "POST", "/sim/v1/scenarios/absence/run", ""); status != 409 {
		t.Errorf("twice at once: %d", status)
	}
	await(t, "the failure", func() bool {
		_, body := call(t, s, "GET", "/sim/v1/scenarios", "")
		return strings.Contains(body, "no actor")
	})
	if status, _ := call(t, s, "POST", "/sim/v1/normal", ""); status != 200 {
		t.Errorf("all normal: %d", status)
	}
	if got := <-happened; got != "end" {
		t.Errorf("happened %q", got)
	}
}

// The page of the testers joins every list that it is told: none of them is null.
func TestThePageIsToldNoNulls(t *testing.T) {
	t.Parallel()
	sc, err := site.Demo()
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, sc, site.Options{})
	for _, path := range []string{"/sim/v1/devices", "/sim/v1/scenarios"} {
		if _, body := call(t, s, "GET", path, ""); strings.Contains(body, ":null") {
			at := strings.Index(body, ":null")
			t.Errorf("%s: …%s", path, body[max(0, at-200):at+6])
		}
	}
}
