package cmd_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"guardroom/console/store/pgbox"
	"guardroom/console/store/storetest"
	"guardroom/devices"
)

// house is a console that can be killed and started again at the same addresses.
type house struct {
	t      testing.TB
	dir    string
	dsn    string // of its database, which outlives it; empty: a private PostgreSQL
	http   string // host:port
	mqtt   string
	extra  string // more lines of console.yaml
	scheme string
	client *http.Client
	token  string

	*program
}

const station = "unon"

// newHouse starts a console with one station, beside a PostgreSQL that runs.
func newHouse(t testing.TB) *house {
	t.Helper()
	h := plannedHouse(t)
	h.start()
	h.makeToken()
	return h
}

// privateHouse is newHouse with a PostgreSQL that the console starts, and starts
// again.
func privateHouse(t testing.TB) *house {
	t.Helper()
	h := plannedHouse(t)
	h.dsn = ""
	h.start()
	h.makeToken()
	return h
}

// plannedHouse is a console that has not been started.
func plannedHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, dir: folder(t), dsn: storetest.DSN(t), http: freePort(t), mqtt: freePort(t), scheme: "http", client: &http.Client{Timeout: 30 * time.Second}}
	t.Cleanup(h.reap) // runs after the console's own end, before its folder goes
	return h
}

func (h *house) config() string { return filepath.Join(h.dir, "console.yaml") }
func (h *house) data() string   { return filepath.Join(h.dir, "data") }

func (h *house) write() {
	h.t.Helper()
	database := ""
	if h.dsn != "" {
		file := filepath.Join(h.dir, "database")
		writeFile(h.t, file, h.dsn)
		database = "database_file: " + file + "\n"
	}
	writeFile(h.t, h.config(), database+fmt.Sprintf("data: %s\nhttp:\n  listen: %s\n%smqtt:\n  listen: %s\n%svideo: 127.0.0.1:0\nstations:\n  - {id: %s, name: Nairobi, time_zone: Africa/Nairobi}\n%s",
		h.data(), h.http, h.part("http"), h.mqtt, h.part("mqtt"), station, h.extra))
}

// part is where a test adds to a section of console.yaml.
func (h *house) part(section string) string {
	if h.scheme != "https" {
		return ""
	}
	clients := ""
	if section == "mqtt" {
		clients = ", client_ca: " + filepath.Join(h.dir, "clients.crt")
	}
	return fmt.Sprintf("  tls: {cert: %s, key: %s%s}\n", filepath.Join(h.dir, section+".crt"), filepath.Join(h.dir, section+".key"), clients)
}

func (h *house) start() {
	h.t.Helper()
	h.write()
	h.program = launch(h.t, "console", "-config", h.config())
	h.awaitReady(h.t, nil)
}

// makeToken gives the test the rights of everybody who may do something.
func (h *house) makeToken() {
	h.t.Helper()
	args := []string{"token", "create", "-config", h.config(), "--name", "proof"}
	for _, role := range []string{"admin", "supervisor", "chief", "technician", "auditor"} {
		args = append(args, "--role", role)
	}
	h.token = tool(h.t, "console", args...)
}

// address is that of the database that runs.
func (h *house) address(t testing.TB) string {
	t.Helper()
	if h.dsn != "" {
		return h.dsn
	}
	dsn, _, running := pgbox.Running(filepath.Join(h.data(), "pg"))
	if !running {
		t.Fatal("the private PostgreSQL does not run")
	}
	return dsn
}

// postmaster is the process id of the private PostgreSQL; 0 when there is none.
func (h *house) postmaster() int {
	text, err := os.ReadFile(filepath.Join(h.data(), "pg", "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		return 0
	}
	return pid
}

// reap ends a PostgreSQL whose console was killed.
func (h *house) reap() {
	pid := h.postmaster()
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if pid == 0 || err != nil || !strings.Contains(string(command), h.dir) {
		return
	}
	_ = syscall.Kill(pid, syscall.SIGQUIT)
	for range 500 {
		if syscall.Kill(pid, 0) != nil {
			return
		}
		<-time.After(10 * time.Millisecond)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
}

// ask calls the API and returns status and body.
func (h *house) ask(method, path string, body any, headers ...string) (int, []byte, error) {
	var payload io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		payload = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(h.t.Context(), method, h.scheme+"://"+h.http+path, payload)
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+h.token)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := h.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	return answer.StatusCode, data, err
}

// must calls the API, wants a status, and reads the answer into v, which may be nil.
func (h *house) must(want int, method, path string, body, v any, headers ...string) {
	h.t.Helper()
	status, data, err := h.ask(method, path, body, headers...)
	if err != nil || status != want {
		h.t.Fatalf("%s %s: %d %v, want %d: %s", method, path, status, err, want, data)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal(data, v); err != nil {
		h.t.Fatalf("%s %s: %v: %s", method, path, err, data)
	}
}

func (h *house) get(path string, v any) {
	h.t.Helper()
	h.must(200, http.MethodGet, "/api/v1"+path, nil, v)
}

// page is one page of a list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

// all reads every page of a list.
func all[T any](h *house, path string) []T {
	h.t.Helper()
	var items []T
	join := "?"
	if strings.Contains(path, "?") {
		join = "&"
	}
	for cursor := ""; ; {
		var p page[T]
		h.get(path+join+"limit=1000&cursor="+url.QueryEscape(cursor), &p)
		items = append(items, p.Items...)
		if p.Next == "" {
			return items
		}
		cursor = p.Next
	}
}

// line is one signal of the journal.
type line struct {
	ID         int64           `json:"id"`
	Gateway    string          `json:"gateway"`
	Epoch      uint64          `json:"epoch"`
	Seq        uint64          `json:"seq"`
	Point      devices.PointID `json:"point"`
	Kind       devices.Kind    `json:"kind"`
	Active     bool            `json:"active"`
	State      string          `json:"state"`
	Observed   time.Time       `json:"observed"`
	Received   time.Time       `json:"received"`
	Historical bool            `json:"historical"`
}

// journal is what the console has of a gateway, in the order of its numbers.
// What the console itself said of it (epoch 0) is left out.
func (h *house) journal(gateway string) []line {
	h.t.Helper()
	lines := slices.DeleteFunc(all[line](h, "/signals?gateway="+gateway), func(l line) bool { return l.Epoch == 0 })
	slices.SortFunc(lines, func(a, b line) int {
		if a.Epoch != b.Epoch {
			return int(a.Epoch) - int(b.Epoch)
		}
		return int(a.Seq) - int(b.Seq)
	})
	return lines
}

// alarm is an alarm as the API and the stream show it.
type alarm struct {
	ID        string          `json:"id"`
	Point     devices.PointID `json:"point"`
	Kind      devices.Kind    `json:"kind"`
	State     string          `json:"state"`
	RaisedAt  time.Time       `json:"raised_at"`
	ClearedAt *time.Time      `json:"cleared_at"`
	Count     int             `json:"count"`
	Version   int             `json:"version"`
	Text      string          `json:"text"`
	Late      bool            `json:"late"`
}

func (a alarm) active() bool { return a.State == "unacknowledged" || a.State == "acknowledged" }

// alarms lists what is open, suppressed ones too.
func (h *house) alarms() []alarm {
	h.t.Helper()
	return all[alarm](h, "/alarms?suppressed=true")
}

// reading is the last value of a point.
type reading struct {
	State   string          `json:"state"`
	States  []string        `json:"states"`
	Value   *float64        `json:"value"`
	Text    string          `json:"text"`
	Quality devices.Quality `json:"quality"`
}

// readings are the last values of one device's points, by point.
func (h *house) readings(device string) map[devices.PointID]reading {
	h.t.Helper()
	found := map[devices.PointID]reading{}
	for _, p := range all[struct {
		ID      devices.PointID `json:"id"`
		Reading *reading        `json:"reading"`
	}](h, "/points?device="+url.QueryEscape(device)) {
		if p.Reading != nil {
			found[p.ID] = *p.Reading
		}
	}
	return found
}

// waitShows waits until a point shows a state with a quality.
func (h *house) waitShows(point devices.PointID, state string, quality devices.Quality) {
	h.t.Helper()
	poll(h.t, 30*time.Second, fmt.Sprintf("%s shows %s", point, state), func() error {
		r := h.readings(point.Gateway() + "/" + point.Device())[point]
		if (r.State == state || slices.Contains(r.States, state)) && r.Quality == quality {
			return nil
		}
		return fmt.Errorf("it shows %q %v, %s", r.State, r.States, r.Quality)
	})
}
