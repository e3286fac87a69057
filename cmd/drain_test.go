package cmd_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/devices"
	"guardroom/gateway/link"
	"guardroom/gateway/spool"
	"guardroom/simulators/modbusd"
)

const (
	backlog   = 120_000
	oldAlarms = 2_400 // more than a gateway sends ahead of its backlog when it is back
	newFires  = 12
)

// fillSpool makes the folder of a gateway that stood alone for a while: signals
// of the even zones of panel-1; then the fire of zone 1, long over; then alarms of
// the zones from 41 on, over too.
func fillSpool(t testing.TB, e *edge, signals int) {
	t.Helper()
	s, err := spool.Open(filepath.Join(e.dir, "data", "spool"), spool.Options{Gateway: e.id, GroupWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	at := time.Now().Add(-time.Hour).UTC()
	made := 0
	next := func(n int, kind devices.Kind, active bool) devices.Signal {
		made++
		when := at.Add(time.Duration(made) * 10 * time.Millisecond)
		state := "normal"
		if active {
			state = map[devices.Kind]string{devices.FireAlarm: "fire", devices.ZoneOpen: "open"}[kind]
		}
		return devices.Signal{
			Point: devices.MakePointID(e.id, "panel-1", fmt.Sprintf("zone%d", n)), Kind: kind, Active: active, State: state,
			Occurred: when, Observed: when, Clock: devices.Synced,
		}
	}
	var all []devices.Signal
	for made < signals-oldAlarms-2 {
		all = append(all, next(2+2*(made/2%40), devices.ZoneOpen, made%2 == 0))
	}
	all = append(all, next(1, devices.FireAlarm, true), next(1, devices.FireAlarm, false))
	for made < signals {
		all = append(all, next(41+2*(made/2%20), devices.FireAlarm, made%2 == 0))
	}
	for batch := range slices.Chunk(all, spool.MaxAppend) {
		if _, err := s.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
}

// TestBacklogDrains lets a gateway come back with a long backlog. Meanwhile a new
// fire overtakes it and is on the screen within the second, and the restore of an
// older fire at the end of the backlog does not clear it.
func TestBacklogDrains(t *testing.T) {
	h := newHouse(t)
	e := h.newEdge("gw-drain")
	panel, err := modbusd.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { panel.Close() })
	show := func(zone int, word uint16) {
		if err := panel.Set(1, modbusd.Input, uint16(zone-1), word); err != nil {
			t.Fatal(err)
		}
	}
	show(zones, 0)
	e.device("panel-1", "test/storm", panel.Addr())
	fillSpool(t, e, backlog)
	screen := h.watch(t)
	e.start()

	// One fire after the other while the backlog drains, first at zone 1, whose old
	// restore is still to come.
	began := time.Now()
	var took []time.Duration
	waits(t, 20*time.Second, "the panel is asked", func() bool { return panel.Requests() > 1 })
	for zone := 1; len(took) < newFires; zone += 2 {
		depth, err := e.figure("spool_depth")
		if err != nil {
			t.Fatal(err)
		}
		if depth < 5000 && len(took) > 0 {
			break // a fire that has nothing to overtake proves nothing
		}
		raised := time.Now()
		show(zone, 1)
		seen := screen.firstSeen(t, 30*time.Second, devices.MakePointID(e.id, "panel-1", fmt.Sprintf("zone%d", zone)), devices.FireAlarm, raised)
		took = append(took, seen.at.Sub(raised))
		t.Logf("with %.0f signals waiting, the fire of zone %d is on the screen after %s", depth, zone, took[len(took)-1].Round(time.Millisecond))
	}
	fires, worst := len(took), slices.Max(took)
	e.settle(60 * time.Second)
	drained := time.Since(began)
	rate := float64(backlog) / drained.Seconds()
	t.Logf("%d signals drained in %s: %.0f a second (mark 7,500); %d fires overtook them, on the screen after %s at worst",
		backlog, drained.Round(time.Millisecond), rate, fires, worst.Round(time.Millisecond))
	if worst > 4*time.Second { // the bench holds it to a second, on a quiet machine
		t.Errorf("an alarm took %s to overtake the backlog; it waits behind it", worst)
	}
	if rate < 7500 {
		t.Logf("the drain is below its mark on this machine now")
	}

	h.onceEach(t, e.id, backlog+fires)
	journal := all[line](h, "/signals?point="+string(devices.MakePointID(e.id, "panel-1", "zone1")))
	if len(journal) != 3 {
		t.Fatalf("zone 1 has %d signals in the journal, want raise, restore and raise: %+v", len(journal), journal)
	}
	slices.SortFunc(journal, func(a, b line) int { return int(a.Seq) - int(b.Seq) })
	restore, fire := journal[1], journal[2]
	if fire.Point != restore.Point || !fire.Active || restore.Active {
		t.Fatalf("the old restore is %+v, and the new fire is %+v", restore, fire)
	}
	if !restore.Received.After(fire.Received) {
		t.Errorf("the old restore did not come after the new fire, so that nothing was proved")
	}
	t.Logf("the new fire was committed %s before the old restore", restore.Received.Sub(fire.Received).Round(time.Millisecond))
	burning := 0
	for _, a := range h.alarms() {
		if a.Kind == devices.FireAlarm && a.active() && a.Point.Gateway() == e.id {
			burning++
		}
	}
	if burning != fires {
		t.Errorf("%d fires burn and %d alarm", fires, burning)
	}
}

// onceEach asks the database itself whether the numbers 1 to want of a gateway
// are there, each once.
func (h *house) onceEach(t testing.TB, gateway string, want int) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), h.address(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(context.WithoutCancel(t.Context())) }()
	var rows, numbers, first, last, epochs int
	err = db.QueryRow(t.Context(), `
		SELECT count(*), count(DISTINCT seq), min(seq), max(seq), count(DISTINCT epoch)
		  FROM signals WHERE gateway = $1 AND epoch > 0`, gateway).Scan(&rows, &numbers, &first, &last, &epochs)
	if err != nil {
		t.Fatal(err)
	}
	if rows != want || numbers != want || first != 1 || last != want || epochs != 1 {
		t.Errorf("%d rows with %d numbers from %d to %d in %d epochs; want 1 to %d once each", rows, numbers, first, last, epochs, want)
	}
}

// TestOldRestoreNeverClearsNewFire speaks the wire itself, so that the order is
// certain: a fire on the express lane, and then the backlog before it, which ends
// with the restore of an earlier fire of the same point.
func TestOldRestoreNeverClearsNewFire(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	e := h.newEdge("gw-craft")
	w := e.speak(t)
	w.hello(t, 7, "panel-1")
	point := devices.MakePointID(e.id, "panel-1", "zone1")
	said := func(seq uint64, active bool) devices.Signal {
		at := time.Now().Add(time.Duration(int64(seq)-100) * time.Second).UTC()
		return devices.Signal{Point: point, Kind: devices.FireAlarm, Active: active, Epoch: 7, Seq: seq, Occurred: at, Observed: at, Clock: devices.Synced, Historical: seq < 9}
	}
	w.signals(t, link.Alarms, said(9, true))
	h.waitAlarm(t, point, func(a alarm) bool { return a.active() })
	for seq := uint64(1); seq <= 8; seq++ { // raise, restore, … and at last a restore
		w.signals(t, link.Signals, said(seq, seq%2 == 1))
	}
	w.signals(t, link.Signals, said(9, true)) // and the fire again, on the other lane
	w.confirmed(t, 7, 9)
	a := h.waitAlarm(t, point, func(alarm) bool { return true })
	if !a.active() {
		t.Errorf("the old restore cleared the fire: %+v", a)
	}
	if lines := h.journal(e.id); len(lines) != 9 {
		t.Errorf("%d signals in the journal, want 9", len(lines))
	}
	w.signals(t, link.Alarms, said(10, false))
	h.waitAlarm(t, point, func(a alarm) bool { return a.State == "returned" })
}

// waitAlarm waits until the one alarm of a point is as wanted.
func (h *house) waitAlarm(t testing.TB, point devices.PointID, wanted func(alarm) bool) alarm {
	t.Helper()
	var found alarm
	poll(t, 10*time.Second, "alarm of "+string(point), func() error {
		list := all[alarm](h, "/alarms?point="+string(point))
		if len(list) != 1 {
			return fmt.Errorf("%d alarms", len(list))
		}
		if found = list[0]; !wanted(found) {
			return fmt.Errorf("it is %s", found.State)
		}
		return nil
	})
	return found
}
