package cmd_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The proofs of this folder drive the programs as a user has them: built once,
// started as processes of their own, with a real PostgreSQL, real MQTT and real
// Modbus between them.
//
//	program_test.go   the programs as child processes
//	house_test.go     a console, and edge_test.go its gateways
//	speaker_test.go   the wire in the test's own mouth
//	stream_test.go    the live stream as a screen reads it
//	fleet_test.go     panels that change fast, and the ledger of what they showed
//	crash_test.go     kills and cuts in the middle of a storm
//	night_test.go     a gateway that was away, and a console that dies mid-work
//	lockdown_test.go  a console that dies between its word and the doors
//	drain_test.go     a backlog, and what overtakes it
//	maps_test.go      real register maps behind an independent slave, and
//	spoiler_test.go   what goes wrong on the way to it
//	commands_test.go  from the press of a key to the door, and back
//	isolation_test.go from one wish to every input of a panel, and back
//	managed_test.go   what the console configures
//	refusals_test.go  bad files, ports and databases
//	garbage_test.go   bad messages and strangers
//	tls_test.go       certificates

// soakFor is GUARDROOM_SOAK, such as 10m: how long the storm of the crash test
// blows, with the link cut for a minute at a time. Give go test a -timeout beyond
// it. Zero is the short run of every day.
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
	flag.Parse()
	if p := flag.Lookup("test.parallel"); p.Value.String() == p.DefValue {
		// The proofs wait for other processes more than they work.
		_ = p.Value.Set(strconv.Itoa(2 * runtime.GOMAXPROCS(0)))
	}
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
