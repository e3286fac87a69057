package stations_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/console/auth"
	"guardroom/console/live"
	"guardroom/console/stations"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// world is a register on a clock that the test moves.
type world struct {
	t    *testing.T
	db   *store.DB
	hub  *live.Hub
	desk *stations.Desk

	mu     sync.Mutex
	now    time.Time
	raised []string // "lost silence", "back"
	broken bool     // raising fails
	grace  time.Duration
}

var boss = auth.Operator{ID: "boss", Grants: []auth.Grant{{Role: auth.Admin, Station: "*"}}}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, db: storetest.Open(t), now: time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)}
	w.restart()
	if _, err := w.desk.AddStation(t.Context(), boss, stations.Station{ID: "hq", Name: "HQ", TimeZone: "Europe/Vienna"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.desk.AddGateway(t.Context(), boss, "g1", "hq", "", false); err != nil {
		t.Fatal(err)
	}
	return w
}

// restart opens the register anew, as a console that was started again.
func (w *world) restart() {
	w.t.Helper()
	w.hub = live.New(0, live.Options{})
	w.t.Cleanup(w.hub.Close)
	var err error
	w.desk, err = stations.Open(w.t.Context(), stations.Options{
		Stations: &store.Stations{DB: w.db}, Gateways: &store.Gateways{DB: w.db}, Points: &store.Points{DB: w.db},
		Raiser: w, Hub: w.hub, Now: w.clock, Grace: w.grace, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// after moves the clock and lets the register look and settle.
func (w *world) after(d time.Duration) {
	w.t.Helper()
	w.mu.Lock()
	w.now = w.now.Add(d)
	w.mu.Unlock()
	w.desk.Tick()
	_ = w.desk.Settle(w.t.Context()) // a store that is away is part of some tests
}

// Raise notes what the console says.
func (w *world) Raise(_ context.Context, station string, s devices.Signal) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken {
		return errors.New("the database is away")
	}
	if s.Kind != devices.GatewayLost || s.Point != "g1/gateway.link" || station != "hq" {
		return fmt.Errorf("unexpected %+v", s)
	}
	word := "back"
	if s.Active {
		word = "lost " + s.Detail["reason"]
	}
	w.raised = append(w.raised, word)
	return nil
}

func (w *world) said(want ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if strings.Join(w.raised, ", ") != strings.Join(want, ", ") {
		w.t.Errorf("raised %q, want %q", w.raised, want)
	}
	w.raised = nil
}

func (w *world) state(want stations.State) {
	w.t.Helper()
	if got := w.desk.StateOf("g1"); got != want {
		w.t.Errorf("gateway is %s, want %s", got, want)
	}
}

func (w *world) birth(session string) {
	w.t.Helper()
	err := w.desk.Birth("hq", "g1", link.BirthMessage{
		Wire: link.Spoken, Station: "hq", Gateway: "g1", Session: session, Devices: []devices.Device{
			{ID: "door-1", Name: "Door\u0000", Category: "access", Points: []devices.Point{{ID: "lock", Verbs: []devices.Verb{devices.Lock}}}},
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) beat(session string) {
	w.desk.Heartbeat("hq", "g1", link.HeartbeatMessage{Session: session, At: w.clock(), Clock: devices.Synced,
		Devices: []link.DeviceState{{Device: "door-1", State: link.DeviceUp, Since: w.clock()}}})
}

func (w *world) status(state, session string, broken bool) {
	w.t.Helper()
	if err := w.desk.Status("hq", "g1", link.StatusMessage{State: state, Session: session}, broken); err != nil {
		w.t.Fatal(err)
	}
}

func TestSilentGatewayIsLostAfterThirtySeconds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.after(time.Hour)
	w.said() // never seen is not lost
	w.birth("s1")
	w.after(0)
	w.said("back")
	for range 10 {
		w.beat("s1")
		w.after(10 * time.Second)
	}
	w.said()
	w.after(19 * time.Second)
	w.state(stations.Online)
	w.after(2 * time.Second)
	w.state(stations.Lost)
	w.said("lost silence")
	w.beat("s0") // a straggler of an older session proves nothing
	w.state(stations.Lost)
	w.beat("s1")
	w.after(0)
	w.state(stations.Online)
	w.said("back")
}

func TestOfflineCountsOnlyForTheCurrentSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.birth("s2")
	w.status(link.Offline, "s1", true)
	w.after(0)
	w.state(stations.Online)
	w.said("back")
	w.status(link.Offline, "s2", true)
	w.after(0)
	w.state(stations.Lost)
	w.said("lost connection")
	w.birth("s3")
	w.status(link.Online, "s3", false)
	w.after(0)
	w.said("back")
	w.status(link.Offline, "s3", false)
	w.after(0)
	w.state(stations.Offline)
	w.said("lost stopped")
	if err := w.desk.Status("hq", "g1", link.StatusMessage{State: "asleep", Session: "s3"}, false); err == nil {
		t.Error("an unknown state is taken")
	}
}

func TestConsoleRestartGivesGrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.birth("s1")
	w.after(0)
	w.said("back")
	w.after(5 * time.Minute) // the console is down
	w.said("lost silence")
	w.birth("s2")
	w.after(0)
	w.said("back")

	w.restart()
	w.state(stations.Online)
	w.after(29 * time.Second)
	w.said()
	w.after(2 * time.Second)
	w.said("lost restart")

	// Lost before, and the console dies: the alarm is made sure of after the grace.
	w.restart()
	w.state(stations.Lost)
	w.after(31 * time.Second)
	w.said("lost restart")
	w.after(time.Hour)
	w.said()

	// Back within the grace: told once, whatever was known before.
	w.restart()
	w.birth("s3")
	w.after(time.Second)
	w.said("back")
	w.restart()
	w.status(link.Offline, "s2", true) // the will of a session before the last
	w.after(0)
	w.said()
	w.status(link.Offline, "s3", true)
	w.after(0)
	w.said("lost connection")
}

func TestNothingIsForgottenWhileTheStoreIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.birth("s1")
	w.after(0)
	w.said("back")
	w.broken = true
	w.status(link.Offline, "s1", true)
	w.after(time.Second)
	w.birth("s2")
	w.after(time.Second)
	w.said()
	w.mu.Lock()
	w.broken = false
	w.mu.Unlock()
	w.after(0)
	w.said("lost connection", "back")
}

func TestReadingsNewestObservedWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.birth("s1")
	read := func(state string, at time.Duration) {
		w.desk.Readings("hq", "g1", link.ReadingsMessage{Readings: []devices.Reading{{Point: "g1/door-1.lock", State: state, Quality: devices.Good, Observed: w.clock().Add(at)}}})
	}
	shown := func(want string, quality devices.Quality) {
		t.Helper()
		p, err := w.desk.Point(boss, "g1/door-1.lock")
		if err != nil || p.Reading == nil || p.Reading.State != want || p.Reading.Quality != quality {
			t.Fatalf("%+v %v, want %s %s", p.Reading, err, want, quality)
		}
		data, _ := w.hub.On(live.Point, "g1/door-1.lock")
		var onBoard stations.Reading
		if err := json.Unmarshal(data, &onBoard); err != nil || onBoard.State != want || onBoard.Quality != quality {
			t.Errorf("on the board: %s", data)
		}
	}
	read("locked", 0)
	read("unlocked", -time.Second)
	shown("locked", devices.Good)
	read("unlocked", time.Second)
	shown("unlocked", devices.Good)
	read("locked", -time.Hour) // the gateway's clock was set back
	shown("locked", devices.Good)
	w.status(link.Offline, "s1", true)
	shown("locked", devices.Stale)
	read("locked", -time.Hour) // back with the same value
	shown("locked", devices.Good)
	if d, err := w.desk.Device(boss, "g1", "door-1"); err != nil || d.State != link.DeviceUnknown {
		t.Errorf("%+v %v", d, err)
	}
}

func TestOverridesOutliveABirth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.birth("s1")
	w.after(0)
	name, yes := "Lobby lock", true
	priorities := map[devices.Kind]int{devices.DoorForced: 1}
	change := stations.PointChange{Name: &name, CommandsAllowed: &yes, Priorities: &priorities}
	if _, err := w.desk.ChangePoint(t.Context(), boss, "g1/door-1.lock", change); err != nil {
		t.Fatal(err)
	}
	var invalid *stations.InvalidError
	for _, bad := range []map[devices.Kind]int{{devices.FireAlarm: 2}, {devices.DoorForced: 9}, {"no.kind": 1}} {
		if _, err := w.desk.ChangePoint(t.Context(), boss, "g1/door-1.lock", stations.PointChange{Priorities: &bad}); !errors.As(err, &invalid) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	w.birth("s2")
	w.after(0)
	w.restart()
	p, err := w.desk.Point(boss, "g1/door-1.lock")
	if err != nil || p.Name != name || !p.CommandsAllowed || p.Priorities[devices.DoorForced] != 1 {
		t.Errorf("%+v %v", p, err)
	}
	if d, err := w.desk.Device(boss, "g1", "door-1"); err != nil || d.Name != "Door\uFFFD" {
		t.Errorf("%q %v", d.Name, err)
	}
}

func TestBirthIsRefusedWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := link.BirthMessage{Wire: link.Spoken, Station: "hq", Gateway: "g1", Session: "s1"}
	for name, change := range map[string]func(b *link.BirthMessage){
		"other gateway": func(b *link.BirthMessage) { b.Gateway = "g2" },
		"other station": func(b *link.BirthMessage) { b.Station = "branch" },
		"other wire":    func(b *link.BirthMessage) { b.Wire = link.Versions{Min: 9, Max: 9} },
		"no session":    func(b *link.BirthMessage) { b.Session = "" },
		"bad device":    func(b *link.BirthMessage) { b.Devices = []devices.Device{{ID: "a.b"}} },
		"device twice":  func(b *link.BirthMessage) { b.Devices = []devices.Device{{ID: "a"}, {ID: "a"}} },
		"bad point": func(b *link.BirthMessage) {
			b.Devices = []devices.Device{{ID: "a", Points: []devices.Point{{ID: "x/y"}}}}
		},
		"too many": func(b *link.BirthMessage) { b.Devices = make([]devices.Device, 6000) },
	} {
		b := good
		change(&b)
		if err := w.desk.Birth("hq", "g1", b); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	w.state(stations.NeverSeen)
}

// Nobody would ever end the loss of a gateway that is gone for good.
func TestALostGatewayThatIsRemovedIsNoLongerLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.birth("s1")
	w.after(0)
	w.status(link.Offline, "s1", true)
	w.after(0)
	w.said("back", "lost connection")
	if err := w.desk.RemoveGateway(t.Context(), boss, "g1"); err != nil {
		t.Fatal(err)
	}
	w.said("back")
}

// A link that is cut for a moment shows, and alarms nobody; one that stays away
// alarms, also when the console was started again meanwhile.
func TestABlipIsNoAlarm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.grace = 15 * time.Second
	w.restart()
	w.birth("s1")
	w.after(0)
	w.said("back")
	w.status(link.Offline, "s1", true)
	w.after(14 * time.Second)
	w.state(stations.Lost)
	w.said()
	w.birth("s2")
	w.after(0)
	w.said("back") // ends what an earlier run of the console may have raised
	w.state(stations.Online)
	w.status(link.Offline, "s2", true)
	w.after(16 * time.Second)
	w.said("lost connection")
	w.birth("s3")
	w.status(link.Offline, "s3", false)
	w.after(time.Second)
	w.said("back")
	w.restart()
	w.after(time.Minute)
	w.said("lost restart")
}
