package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guardroom/console/alarms"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// TestMain lets the test program stand in for the programs under test, as it
// does under -profile.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		if err := child(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestMarks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		mark   *mark
		value  float64
		missed bool
		words  string
	}{
		{nil, 5, false, ""},
		{atLeast(10_000), 10_000, false, "≥ 10,000"},
		{atLeast(10_000), 9_999, true, "≥ 10,000"},
		{atMost(0.3), 0.3, false, "≤ 0.30"},
		{atMost(0), 1, true, "≤ 0"},
		{below(50), 49.9, false, "< 50"},
		{below(50), 50, true, "< 50"},
	} {
		if got := tc.mark.missed(tc.value); got != tc.missed {
			t.Errorf("%s with %v: missed = %v", tc.words, tc.value, got)
		}
		if got := tc.mark.String(); got != tc.words {
			t.Errorf("mark reads %q, want %q", got, tc.words)
		}
	}
}

func TestTableSaysWhatWasMissed(t *testing.T) {
	t.Parallel()
	b := &bench{}
	b.add("intake", usage{load: 1.25, others: 0.5},
		figure{Name: "one signal a message", Value: 8000, Unit: "/s", Mark: atLeast(10_000), Bare: 16_000},
		figure{Name: "batches of 100", Value: 30_000, Unit: "/s", Mark: atLeast(20_000)})
	var text strings.Builder
	if err := b.print(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"8,000 /s", "≥ 10,000", "MISSED", "16,000", "0.50", "30,000 /s", "met", "1.2"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, text.String())
		}
	}
	b.o.json = true
	text.Reset()
	if err := b.print(&text); err != nil {
		t.Fatal(err)
	}
	var read struct{ Figures []figure }
	if err := json.Unmarshal([]byte(text.String()), &read); err != nil || len(read.Figures) != 2 || !read.Figures[0].Missed || read.Figures[0].Ratio != 0.5 {
		t.Errorf("JSON reads as %+v, %v", read, err)
	}
}

// The tables that a past is made up in change; who looks back a year later must
// not be the first to notice.
func TestThePast(t *testing.T) {
	t.Parallel()
	b := &bench{o: options{rows: 20_000}, folder: t.TempDir()}
	reach(t, b.folder)
	if err := thePast(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	questions := 0
	for _, f := range b.figures {
		if strings.HasSuffix(f.Name, " p95") {
			questions++
		}
	}
	if questions != 11 {
		t.Errorf("%d questions were asked of 11", questions)
	}
}

// reach lets the account of the private PostgreSQL into a folder and all above it.
func reach(t *testing.T, folder string) {
	t.Helper()
	for dir := folder; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // nothing secret is in it
			t.Fatal(err)
		}
	}
}

func TestNumber(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]float64{"0": 0, "0.25": 0.25, "12.3": 12.345, "999": 999, "1,000": 1000, "1,234,568": 1234567.8, "-1,500": -1500, "7": 7} {
		if got := number(v); got != want {
			t.Errorf("number(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestQuantiles(t *testing.T) {
	t.Parallel()
	var a ages
	if a.at(0.99) != 0 {
		t.Error("no ages have a quantile")
	}
	for i := range 101 {
		a.add(time.Duration(100-i) * time.Millisecond)
	}
	if a.at(0) != 0 || a.at(0.5) != 50 || a.at(0.99) != 99 || a.at(1) != 100 {
		t.Errorf("quantiles %v %v %v %v", a.at(0), a.at(0.5), a.at(0.99), a.at(1))
	}
}

// What the console and the bare pipeline show must be understood as they write it.
func TestReadAlarm(t *testing.T) {
	t.Parallel()
	raised := time.Date(2030, 6, 1, 9, 0, 0, 123456000, time.UTC)
	cleared := raised.Add(time.Second)
	point := devices.MakePointID("bench-07", "doors", "door3")
	a := alarms.Alarm{ID: "x", Station: station, Point: point, Kind: devices.DoorForced, State: alarms.Unacknowledged, RaisedAt: raised, LastAt: raised, Text: benchText}
	at := cleared.Add(time.Second)
	if got, want := readAlarm(a.Event().Data, at), (seen{point: string(point), state: "unacknowledged", latest: raised, ours: true, at: at}); got != want {
		t.Errorf("a raise reads as %+v, want %+v", got, want)
	}
	a.State, a.ClearedAt = alarms.Returned, &cleared
	if got := readAlarm(a.Event().Data, at); got.latest != cleared || got.state != "returned" {
		t.Errorf("an end reads as %+v", got)
	}
	m := &member{id: "bench-07", epoch: 1, bare: true}
	msg, err := m.message(link.Alarms, m.alarm(raised))
	if err != nil {
		t.Fatal(err)
	}
	_, envelope, _ := strings.Cut(string(msg.Payload), " 1 ")
	if got := readAlarm([]byte(envelope), at); got.point != "bench-07/doors.door0" || got.latest != raised || !got.ours {
		t.Errorf("an envelope reads as %+v", got)
	}
}

func TestReadEvents(t *testing.T) {
	t.Parallel()
	stream := "retry: 1000\n\nid: c1\nevent: snapshot\ndata: {\"alarms\":[{\"point\":\"a/b.c\"}]}\n\n" +
		"id: c2\nevent: alarm\ndata: {\"point\":\"g/d.p\",\"state\":\"returned\",\"last_at\":\"2030-06-01T09:00:00Z\",\"cleared_at\":null}\n\n" +
		"id: c2\nevent: heartbeat\ndata: {}\n\n"
	var got []string
	if err := readEvents(strings.NewReader(stream), func(s seen) { got = append(got, s.point+" "+s.state) }); err == nil {
		t.Error("the end of the stream was not told")
	}
	if len(got) != 1 || got[0] != "g/d.p returned" {
		t.Errorf("saw %v", got)
	}
}

// Two changes of one alarm in one transaction are shown once and count twice.
func TestLedgerFolds(t *testing.T) {
	t.Parallel()
	l := newLedger()
	begin := time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)
	for i := range 3 {
		l.told(devices.Signal{Point: "g/d.p", Observed: begin.Add(time.Duration(i) * time.Second)})
	}
	l.seen(seen{point: "g/d.p", latest: begin.Add(time.Second), at: begin.Add(2 * time.Second)})
	if l.count() != 2 || l.missing() != 1 || l.at(1) != 2000 || l.at(0) != 1000 {
		t.Errorf("counted %d, missing %d, ages %v to %v ms", l.count(), l.missing(), l.at(0), l.at(1))
	}
	if err := l.settle(t.Context(), 30*time.Millisecond); err == nil {
		t.Error("a signal that nobody saw is not told")
	}
}

func TestFleetSaysWhatTheConsoleTakes(t *testing.T) {
	t.Parallel()
	m := &member{id: "bench-00", epoch: 7}
	alarmKinds, points, active := 0, map[devices.PointID]bool{}, map[devices.PointID]bool{}
	for range 10 {
		msg, err := m.message(link.Signals, m.batch(100, func(int) time.Time { return now() })...)
		if err != nil {
			t.Fatal(err)
		}
		good, bad, err := link.DecodeSignals(station, m.id, msg.Payload)
		if err != nil || len(bad) > 0 || len(good) != 100 {
			t.Fatalf("%d good, %v bad, %v", len(good), bad, err)
		}
		for _, s := range good {
			if s.Kind.Info().Alarm {
				alarmKinds++
				points[s.Point] = true
				if s.Active == active[s.Point] {
					t.Fatalf("%s does not change", s.Point)
				}
				active[s.Point] = s.Active
			}
		}
	}
	if alarmKinds != 100 || len(points) != alarmPoints || m.seq != 1000 {
		t.Errorf("%d alarm kinds on %d points in %d signals", alarmKinds, len(points), m.seq)
	}
}

func TestLateness(t *testing.T) {
	t.Parallel()
	grid := time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC).Add(990 * time.Millisecond)
	var asked []time.Time
	for i, late := range []time.Duration{0, 5, 0, 120, 1} {
		start := grid.Add(time.Duration(i)*time.Second + late*time.Millisecond)
		asked = append(asked, start, start.Add(60*time.Millisecond))
	}
	p := &panel{tap: &tap{asked: asked}}
	late, requests := lateness([]*panel{p}, grid.Add(-time.Hour))
	if requests != 10 || late.count() != 4 { // the first request begins what nobody saw the start of
		t.Errorf("%d requests, %d polls", requests, late.count())
	}
	if late.at(1) != 120 || late.at(0) != 0 {
		t.Errorf("late by %v to %v ms", late.at(0), late.at(1))
	}
}

func TestTapCarriesAndNotes(t *testing.T) {
	t.Parallel()
	p, err := integriti.start(t.Context(), "panel")
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if p.tap, err = newTap(t.Context(), p.slave.Addr()); err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	conn, err := net.Dial("tcp", p.address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	request := []byte{0, 1, 0, 0, 0, 6, 1, 2, 0, 1, 0, 4} // discrete inputs 1 to 4
	if _, err := conn.Write(request); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 64)
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, err := conn.Read(answer)
	if err != nil || n != 10 || answer[7] != 2 {
		t.Fatalf("answer % x, %v", answer[:n], err)
	}
	if asked := p.tap.since(before); len(asked) != 1 {
		t.Errorf("%d requests noted", len(asked))
	}
}

func TestMetric(t *testing.T) {
	t.Parallel()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "# HELP a b\nspool_depth 12\nspool_depth_other 3\ndevice_up{device=\"p\"} 1\n")
	}))
	defer page.Close()
	for name, want := range map[string]float64{"spool_depth": 12, `device_up{device="p"}`: 1} {
		if got, err := metric(t.Context(), page.URL, name); err != nil || got != want {
			t.Errorf("%s = %v, %v", name, got, err)
		}
	}
	if _, err := metric(t.Context(), page.URL, "missing"); err == nil {
		t.Error("a figure that is not there was read")
	}
}

func TestMachine(t *testing.T) {
	t.Parallel()
	if cpu(os.Getpid()) < 0 || memory(os.Getpid(), "VmRSS") < 1 || busy() <= 0 {
		t.Error("/proc was not understood")
	}
	if cpu(math.MaxInt32) != 0 || memory(math.MaxInt32, "VmRSS") != 0 {
		t.Error("a process that is not there has figures")
	}
	if words := aboutMachine().String(); !strings.Contains(words, "cores") || !strings.Contains(words, "PostgreSQL") {
		t.Errorf("the machine is %q", words)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-only", "due, drain", "-seconds", "3", "-json"})
	if err != nil || len(o.only) != 2 || o.seconds != 3*time.Second || !o.json {
		t.Errorf("%+v, %v", o, err)
	}
	for _, bad := range [][]string{{"-only", "nothing"}, {"-seconds", "-1"}, {"-seconds", "100000"}, {"-backlog", "1"}, {"more"}, {"-unknown"}} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%v was taken", bad)
		}
	}
	if err := run(t.Context(), options{bin: t.TempDir(), seconds: time.Second}); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("without programs: %v", err)
	}
}

// One measurement from end to end, with real programs and a real database: the
// one that needs the most parts.
func TestDrain(t *testing.T) {
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o711); err != nil { //nolint:gosec // the database's account must pass
		t.Fatal(err)
	}
	b := &bench{folder: folder, o: options{backlog: 3000, samples: 10, seconds: time.Second, profile: t.TempDir()}}
	defer b.close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := drain(ctx, b); err != nil {
		t.Fatal(err)
	}
	if len(b.figures) != 3 || b.figures[1].Value <= 0 {
		t.Errorf("figures %+v", b.figures)
	}
	profiles, err := os.ReadDir(b.o.profile)
	if err != nil || len(profiles) != 4 {
		t.Errorf("profiles %v, %v", profiles, err)
	}
}

func TestProgramThatEndsAtOnce(t *testing.T) {
	t.Parallel()
	b := &bench{folder: t.TempDir(), o: options{profile: t.TempDir()}}
	_, err := b.start(t.Context(), "console", &struct{}{}, "-config", "/nowhere.yaml")
	if err == nil || !strings.Contains(err.Error(), "nowhere.yaml") {
		t.Errorf("start: %v", err)
	}
}
