package console_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"guardroom/console"
	"guardroom/console/auth"
	"guardroom/devices"
)

// TestDatabaseDiesUnderTheConsole kills the private PostgreSQL while a gateway
// speaks and a screen watches: the screen stays, nothing said is lost, and the
// console goes on by itself.
func TestDatabaseDiesUnderTheConsole(t *testing.T) {
	t.Parallel()
	c := console.Default()
	c.Video.Listen = "127.0.0.1:0"
	c.Data, c.Log.Level = openFolder(t), "error"
	c.HTTP.Listen, c.MQTT.Listen = "127.0.0.1:0", "127.0.0.1:0"
	c.Stations = []console.StationConfig{{ID: "hq", Name: "HQ", TimeZone: "UTC"}}
	h := &house{t: t, ids: map[auth.Role]string{}}
	h.at = run(t, c, h.setup([]auth.Role{auth.Officer}))
	if h.at.Database != "private" {
		t.Fatalf("%+v", h.at)
	}
	officer := h.signIn(auth.Officer)
	g := h.gateway("s1")
	events := officer.watch("/live", "")
	await(t, events, "snapshot", nil)

	pids, _ := filepath.Glob(filepath.Join(c.Data, "pg", "data", "postmaster.pid"))
	if len(pids) != 1 {
		t.Fatal("no private PostgreSQL in the data folder")
	}
	text, err := os.ReadFile(pids[0])
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// Said while the database is away; publishing returns when it is committed.
	g.signal("fire-1.L1D1", devices.FireAlarm, true)
	g.say("readings", map[string]any{"readings": []devices.Reading{}})
	await(t, events, "alarm", has(`"fire.alarm"`))
	eventually(t, "the list is read over a new connection", func() bool { // the first ask may find one that broke
		status, list := officer.do("GET", "/alarms?kind=fire.alarm", nil)
		return status == 200 && len(list["items"].([]any)) == 1
	})
	if h.desks.Stations.StateOf("g1") != "online" {
		t.Error("the gateway was taken for lost")
	}
}

// openFolder is a temporary folder that the database's account can enter.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "guardroom-console-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
