package cmd_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"guardroom/devices"
)

// The proofs of this folder drive the programs as a user has them: built once,
// started as processes of their own, with a real PostgreSQL, real MQTT and real
// Modbus between them.
//
//	house_test.go     the programs, a console and its gateways
//	stream_test.go    the live stream as a screen reads it
//	fleet_test.go     panels that change fast, and the ledger of what they showed
//	crash_test.go     kills and cuts in the middle of a storm
//	drain_test.go     a backlog, and what overtakes it
//	maps_test.go      real register maps behind an independent slave
//	commands_test.go  from the press of a key to the door, and back
//	refusals_test.go  bad input
//	tls_test.go       certificates

// soakFor is GUARDROOM_SOAK: how long the storm of the crash test blows between
// two faults of a full run. Zero is the short run of every day.
func soakFor(t testing.TB) time.Duration {
	t.Helper()
	text := os.Getenv("GUARDROOM_SOAK")
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		t.Fatalf("GUARDROOM_SOAK %q is not a time such as 10m", text)
	}
	return d
}

var binaries struct {
	once sync.Once
	dir  string
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if binaries.dir != "" {
		_ = os.RemoveAll(binaries.dir) // what is left in the temporary folder harms nobody
	}
	os.Exit(code)
}

// built is the path of a program of this folder, built once in a test run.
func built(t testing.TB, name string) string {
	t.Helper()
	binaries.once.Do(func() {
		if binaries.dir, binaries.err = os.MkdirTemp("", "guardroom-bin-"); binaries.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", binaries.dir+"/", "guardroom/cmd/console", "guardroom/cmd/gateway").CombinedOutput()
		if err != nil {
			binaries.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if binaries.err != nil {
		t.Fatal(binaries.err)
	}
	return filepath.Join(binaries.dir, name)
}

// folder is a temporary folder that PostgreSQL's own account may enter, unlike
// that of T.TempDir.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "guardroom-proof-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func writeFile(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// poll looks every few milliseconds until look is content, and fails with what
// look said last.
func poll(t testing.TB, within time.Duration, what string, look func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := look()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %s: %v", what, within, err)
		case <-tick.C:
		}
	}
}

// waits is for conditions that have nothing to say.
func waits(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	poll(t, within, what, func() error {
		if holds() {
			return nil
		}
		return errors.New("it does not hold")
	})
}

// pass lets real time go by where time itself is the subject, as in "cut for a minute".
func pass(t testing.TB, long time.Duration) {
	t.Helper()
	select {
	case <-time.After(long):
	case <-t.Context().Done():
	}
}

// freePort is a port of this machine that nobody listens at now.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// program is a child process.
type program struct {
	name string
	cmd  *exec.Cmd
	gone chan struct{} // closed when it has ended

	mu    sync.Mutex
	said  bytes.Buffer // the last of both outputs
	ready []byte       // JSON of the READY line
}

// launch starts a program; it ends with the test at the latest.
func launch(t testing.TB, name string, args ...string) *program {
	t.Helper()
	return launchIn(t, nil, name, args...)
}

func launchIn(t testing.TB, environment []string, name string, args ...string) *program {
	t.Helper()
	p := &program{name: name, gone: make(chan struct{})}
	p.cmd = exec.Command(built(t, name), args...)
	p.cmd.Env = append(os.Environ(), environment...)
	// Pipes of our own: a PostgreSQL that outlives its console keeps them open,
	// and Wait must not wait for that.
	for _, to := range []*io.Writer{&p.cmd.Stdout, &p.cmd.Stderr} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		*to = w
		go p.listen(r)
		defer w.Close()
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in ProcessState
		close(p.gone)
	}()
	t.Cleanup(func() {
		p.end(t, os.Interrupt)
		if t.Failed() {
			t.Logf("%s said:\n%s", name, p.log())
		}
	})
	return p
}

func (p *program) listen(r *os.File) {
	defer r.Close()
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		p.mu.Lock()
		if rest, ok := bytes.CutPrefix(line, []byte("READY ")); ok {
			p.ready = bytes.TrimSpace(rest)
		}
		if p.said.Len() > 64<<10 {
			p.said.Next(32 << 10)
		}
		p.said.Write(line)
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *program) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

func (p *program) alive() bool {
	select {
	case <-p.gone:
		return false
	default:
		return true
	}
}

// awaitReady reads the READY line into v, which may be nil.
func (p *program) awaitReady(t testing.TB, v any) {
	t.Helper()
	var line []byte
	waits(t, 90*time.Second, p.name+" is ready", func() bool {
		if !p.alive() {
			t.Fatalf("%s ended before it was ready:\n%s", p.name, p.log())
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		line = p.ready
		return line != nil
	})
	if v == nil {
		return
	}
	if err := json.Unmarshal(line, v); err != nil {
		t.Fatalf("READY %s: %v", line, err)
	}
}

// fails waits for the program to end by itself with an error, and returns what it said.
func (p *program) fails(t testing.TB) string {
	t.Helper()
	select {
	case <-p.gone:
	case <-time.After(60 * time.Second):
		t.Fatalf("%s still runs; it should have refused:\n%s", p.name, p.log())
	}
	if p.cmd.ProcessState.Success() {
		t.Errorf("%s ended without an error", p.name)
	}
	// Its last words may still be in the pipe.
	waits(t, 5*time.Second, p.name+" said why", func() bool { return strings.TrimSpace(p.log()) != "" })
	return p.log()
}

// kill is kill -9.
func (p *program) kill(t testing.TB) { p.end(t, syscall.SIGKILL) }

// stop ends the program as Ctrl-C does.
func (p *program) stop(t testing.TB) { p.end(t, os.Interrupt) }

func (p *program) end(t testing.TB, how os.Signal) {
	t.Helper()
	_ = p.cmd.Process.Signal(how) // it may have ended already
	select {
	case <-p.gone:
		return
	case <-time.After(20 * time.Second):
		t.Errorf("%s does not end:\n%s", p.name, p.log())
	}
	_ = p.cmd.Process.Kill()
	<-p.gone
}

// tool runs a program to its end and returns what it printed.
func tool(t testing.TB, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), built(t, name), args...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, problems.String())
	}
	return strings.TrimSpace(string(out))
}

// house is a console with its private PostgreSQL, which can be killed and
// started again at the same addresses.
type house struct {
	t      testing.TB
	dir    string
	http   string // host:port
	mqtt   string
	extra  string // more lines of console.yaml
	scheme string
	client *http.Client
	token  string

	*program
}

const station = "unon"

// newHouse starts a console with one station.
func newHouse(t testing.TB) *house {
	t.Helper()
	h := plannedHouse(t)
	began := time.Now()
	h.start()
	up := time.Since(began)
	h.makeToken()
	t.Logf("console up after %s, token after %s", up, time.Since(began))
	return h
}

// plannedHouse is a console that has not been started.
func plannedHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, dir: folder(t), http: freePort(t), mqtt: freePort(t), scheme: "http", client: &http.Client{Timeout: 30 * time.Second}}
	t.Cleanup(h.reap) // runs after the console's own end, before its folder goes
	return h
}

func (h *house) config() string { return filepath.Join(h.dir, "console.yaml") }
func (h *house) data() string   { return filepath.Join(h.dir, "data") }

func (h *house) write() {
	h.t.Helper()
	writeFile(h.t, h.config(), fmt.Sprintf("data: %s\nhttp:\n  listen: %s\n%smqtt:\n  listen: %s\n%sstations:\n  - {id: %s, name: Nairobi, time_zone: Africa/Nairobi}\n%s",
		h.data(), h.http, h.part("http"), h.mqtt, h.part("mqtt"), station, h.extra))
}

// part is where a test adds to a section of console.yaml.
func (h *house) part(section string) string {
	if h.scheme != "https" {
		return ""
	}
	return fmt.Sprintf("  tls: {cert: %s, key: %s}\n", filepath.Join(h.dir, section+".crt"), filepath.Join(h.dir, section+".key"))
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
	began := time.Now()
	defer func() { h.t.Logf("journal read in %s", time.Since(began)) }()
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
		if r.State == state && r.Quality == quality {
			return nil
		}
		return fmt.Errorf("it shows %q, %s", r.State, r.Quality)
	})
}

// edge is a gateway of a house.
type edge struct {
	h       *house
	id      string
	dir     string
	broker  string // URL
	extra   string // more lines of gateway.yaml
	devices []string
	metrics string

	*program
}

// newEdge makes a gateway known to the console; it is started by start.
func (h *house) newEdge(id string) *edge {
	h.t.Helper()
	var made struct {
		Credential string `json:"credential"`
	}
	h.must(201, http.MethodPost, "/api/v1/gateways", map[string]string{"id": id, "station": station, "name": "Gateway " + id}, &made)
	e := &edge{h: h, id: id, dir: folder(h.t), broker: "tcp://" + h.mqtt}
	writeFile(h.t, filepath.Join(e.dir, "credential"), made.Credential+"\n")
	return e
}

// device adds a device; more are further lines of its entry.
func (e *edge) device(id, profile, address string, more ...string) {
	entry := fmt.Sprintf("  - id: %s\n    profile: %s\n    address: %q\n", id, profile, address)
	for _, line := range more {
		entry += "    " + line + "\n"
	}
	e.devices = append(e.devices, entry)
}

func (e *edge) config() string { return filepath.Join(e.dir, "gateway.yaml") }

func (e *edge) credential() string {
	e.h.t.Helper()
	text, err := os.ReadFile(filepath.Join(e.dir, "credential"))
	if err != nil {
		e.h.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func (e *edge) write() {
	e.h.t.Helper()
	shared, err := filepath.Abs("testdata/profiles")
	if err != nil {
		e.h.t.Fatal(err)
	}
	text := fmt.Sprintf("id: %s\nstation: %s\nbroker: %s\ncredential_file: credential\ndata: data\nmetrics: 127.0.0.1:0\nprofiles: %s\n%s\n", e.id, station, e.broker, shared, e.extra)
	if len(e.devices) > 0 {
		text += "devices:\n" + strings.Join(e.devices, "")
	}
	writeFile(e.h.t, e.config(), text)
}

func (e *edge) start() {
	e.h.t.Helper()
	e.write()
	e.program = launch(e.h.t, "gateway", "-config", e.config())
	var at struct {
		Metrics string `json:"metrics"`
	}
	e.awaitReady(e.h.t, &at)
	e.metrics = at.Metrics
}

// figure is one figure of the gateway's metrics page.
func (e *edge) figure(name string) (float64, error) {
	answer, err := e.h.client.Get("http://" + e.metrics + "/metrics")
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err
	}
	for l := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(l, "guardroom_gateway_"+name); ok && rest != "" && strings.ContainsRune(" {}", rune(rest[0])) {
			fields := strings.Fields(l)
			return strconv.ParseFloat(fields[len(fields)-1], 64)
		}
	}
	return 0, fmt.Errorf("the gateway has no figure %s", name)
}

// settle waits until the console has confirmed everything that the gateway has.
func (e *edge) settle(within time.Duration) {
	e.h.t.Helper()
	poll(e.h.t, within, "everything is confirmed", func() error {
		depth, err := e.figure("spool_depth")
		if err == nil && depth > 0 {
			err = fmt.Errorf("%.0f signals wait", depth)
		}
		return err
	})
}
