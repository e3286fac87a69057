package gateway

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/devices"
)

const crashConfig = "GUARDROOM_GATEWAY_CRASH_CONFIG"

// TestMain lets this test binary be the gateway that is killed.
func TestMain(m *testing.M) {
	path := os.Getenv(crashConfig)
	if path == "" {
		os.Exit(m.Run())
	}
	config, err := Load(path)
	if err == nil {
		o := Options{Ready: func(Addresses) { fmt.Println("ready") }}
		if os.Getenv("GUARDROOM_TEST_LOG") != "" {
			o.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
		}
		err = Run(context.Background(), config, o)
	}
	fmt.Println("error", err)
}

// child starts the gateway as a process of its own.
func (w *world) child() *exec.Cmd {
	w.t.Helper()
	path := filepath.Join(w.folder, "gateway.yaml")
	if err := os.WriteFile(path, []byte(w.text()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashConfig+"="+path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "ready" {
		w.t.Fatalf("child says %q: %v", line, err)
	}
	return cmd
}

// TestKilledInMidLoad kills the gateway, again and again, in the middle of a
// storm: nothing is lost, nothing doubled, the order of each point is kept.
func TestKilledInMidLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var panels []*panel
	for i := range 2 {
		p := startPanel(t, "test/fast", nil)
		panels = append(panels, p)
		w.device(fmt.Sprintf("fire-%d", i+1), "test/fast", p.Addr())
	}
	quit := make(chan struct{})
	var storms sync.WaitGroup
	for _, p := range panels {
		storms.Go(func() { flicker(t, p, 60, 2*time.Millisecond, quit) })
	}
	var gateway *exec.Cmd
	for range 4 {
		gateway = w.child()
		before := len(w.console.signals())
		eventually(t, "some signals", func() bool { return len(w.console.signals()) > before+150 })
		if err := gateway.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = gateway.Wait() // killed
	}
	close(quit)
	storms.Wait()
	gateway = w.child()
	for _, p := range panels {
		p.show(t, "zone61", "test")
	}
	eventually(t, "the last ones", func() bool { return len(w.console.signals(devices.FireTest)) == 2 })
	t.Logf("%d signals in order over 4 kills", w.checkOrder())
	// What the console believes is what the panels show.
	active := map[devices.PointID]bool{}
	for _, s := range w.console.signals(devices.FireAlarm) {
		active[s.Point] = s.Active
	}
	for i, p := range panels {
		for n := 1; n <= 60; n += 2 {
			point := devices.PointID(fmt.Sprintf("gw/fire-%d.zone%d", i+1, n))
			if shows := p.Get(1, "input", uint16(n-1), 1)[0]&1 == 1; shows != active[point] {
				t.Errorf("%s shows fire %v, the console believes %v", point, shows, active[point])
			}
		}
	}
	_ = gateway.Process.Kill()
	_ = gateway.Wait() // killed
}
