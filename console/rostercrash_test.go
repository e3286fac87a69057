package console_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"guardroom/console"
	"guardroom/console/auth"
)

const crashVariable = "GUARDROOM_CONSOLE_CRASH"

// crashing is what the console that is killed is told.
type crashing struct{ Data, Database string }

// TestMain lets this test binary be the console that is killed.
func TestMain(m *testing.M) {
	told := os.Getenv(crashVariable)
	if told == "" {
		os.Exit(m.Run())
	}
	var is crashing
	err := json.Unmarshal([]byte(told), &is)
	if err == nil {
		c := console.Default()
		c.Video.Listen, c.HTTP.Listen, c.MQTT.Listen = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
		c.Data, c.Database, c.Log.Level = is.Data, is.Database, "error"
		err = console.Run(context.Background(), c, console.Options{Build: "test", Out: io.Discard, Ready: console.Announce(os.Stdout)})
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// child starts a console as a process of its own, on the database of h.
func (h *house) child(t *testing.T, data string) *exec.Cmd {
	t.Helper()
	told, err := json.Marshal(crashing{data, h.dsn})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashVariable+"="+string(told))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || json.Unmarshal([]byte(strings.TrimPrefix(line, "READY ")), &h.at) != nil {
		t.Fatalf("the child says %q: %v", line, err)
	}
	return cmd
}

// answered is an edit that the console has said yes to.
type answered struct {
	cell    string
	version int64
	number  int64
	shift   string
}

// editor edits cells of its own officers until the console no longer answers, and
// gives what was answered. sent counts edits, answered or not.
type editor struct {
	client *http.Client
	url    string
	lines  []answered
	sent   int
}

func (e *editor) edit(officer, date string, version int64, shift string) bool {
	body := fmt.Sprintf(`{"cells":[{"officer":%q,"date":%q,"version":%d,"duties":[{"shift":%q,"post":"P1"}]}]}`, officer, date, version, shift)
	e.sent++
	answer, err := e.client.Post(e.url+"/edits", "application/json", strings.NewReader(body))
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	var got struct {
		Number int64
		Cells  []struct{ Version int64 }
	}
	if answer.StatusCode != http.StatusOK || json.NewDecoder(answer.Body).Decode(&got) != nil || len(got.Cells) != 1 {
		return false
	}
	e.lines = append(e.lines, answered{officer + " " + date, got.Cells[0].Version, got.Number, shift})
	return true
}

// A console that is killed in the middle of edits has every edit that it answered,
// once, and none that nobody sent.
func TestAKilledConsoleLosesNoEditThatWasAnswered(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Planner)
	h.aRoster(t, 8)
	planner := h.signIn(auth.Planner)
	_, draft := planner.do("POST", "/rosters/hq/drafts", object{"name": "x", "from": "2030-01-07", "until": "2030-02-03", "copy": "empty"})
	at := "/rosters/hq/drafts/" + draft["id"].(string)
	h.stop()
	data := t.TempDir()
	var all []answered
	versions, sent := map[string]int64{}, 0
	for kill := range 3 {
		child := h.child(t, data)
		cookies, _ := cookiejar.New(nil)
		b := &browser{h, &http.Client{Jar: cookies, Timeout: 20 * time.Second}}
		if status, body := b.do("POST", "/session", object{"username": username(auth.Planner), "password": password}); status != 200 {
			t.Fatalf("sign in: %d %v", status, body)
		}
		var enough atomic.Int64
		editors, work := []*editor{}, sync.WaitGroup{}
		full := make(chan struct{})
		for n := range 4 {
			e := &editor{client: b.client, url: h.at.HTTP + "/api/v1" + at}
			editors = append(editors, e)
			mine := map[string]int64{}
			for cell, v := range versions {
				mine[cell] = v
			}
			work.Go(func() {
				for i := 0; ; i++ {
					officer, date := fmt.Sprintf("o%02d", 2*n+i%2), fmt.Sprintf("2030-01-%02d", 8+(i/2+kill)%10)
					if !e.edit(officer, date, mine[officer+" "+date], []string{"D", "E", "N"}[(i+kill)%3]) {
						return
					}
					mine[officer+" "+date]++
					if enough.Add(1) == 60 {
						close(full)
					}
				}
			})
		}
		select {
		case <-full:
		case <-time.After(60 * time.Second):
			t.Error("60 edits take longer than a minute")
		}
		_ = child.Process.Kill()
		_ = child.Wait() // killed
		work.Wait()
		for _, e := range editors {
			all, sent = append(all, e.lines...), sent+e.sent
		}
		// What was sent and not answered may be there: that is read before going on.
		versions = h.checkEdits(t, data, at, all, sent)
	}
	t.Logf("%d edits answered of %d sent", len(all), sent)
}

// checkEdits compares a draft with what was answered and gives its cells' versions.
func (h *house) checkEdits(t *testing.T, data, at string, all []answered, sent int) map[string]int64 {
	t.Helper()
	child := h.child(t, data)
	defer func() {
		_ = child.Process.Kill()
		_ = child.Wait() // killed
	}()
	b := h.signIn(auth.Planner)
	_, board := b.do("GET", at, nil)
	versions, shifts, sum := map[string]int64{}, map[string]string{}, int64(0)
	for _, c := range board["cells"].([]any) {
		c := c.(object)
		cell := c["officer"].(string) + " " + c["date"].(string)
		versions[cell] = int64(c["version"].(float64))
		shifts[cell] = c["duties"].([]any)[0].(object)["shift"].(string)
		sum += versions[cell]
	}
	logged := map[int64]string{}
	for after := int64(0); ; {
		_, log := b.do("GET", fmt.Sprintf("%s/edits?after=%d", at, after), nil)
		lines := log["items"].([]any)
		if len(lines) == 0 {
			break
		}
		for _, one := range lines {
			one := one.(object)
			after = int64(one["number"].(float64))
			c := one["changes"].([]any)[0].(object)
			logged[after] = fmt.Sprint(c["officer"], " ", c["date"], " ", c["version"], " ", c["becomes"].([]any)[0].(object)["shift"])
		}
	}
	for _, a := range all {
		if got, want := logged[a.number], fmt.Sprint(a.cell, " ", a.version, " ", a.shift); got != want {
			t.Errorf("edit %d was answered as %q and is %q", a.number, want, got)
		}
		if versions[a.cell] < a.version || versions[a.cell] == a.version && shifts[a.cell] != a.shift {
			t.Errorf("%s: version %d of %q was answered, it is version %d of %q", a.cell, a.version, a.shift, versions[a.cell], shifts[a.cell])
		}
	}
	if n := int64(len(logged)); n != sum || n < int64(len(all)) || n > int64(sent) {
		t.Errorf("%d lines in the log, %d versions of cells, %d answered, %d sent", n, sum, len(all), sent)
	}
	return versions
}
