package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/alarms"
	"guardroom/console/auth"
	"guardroom/console/intake"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
	"guardroom/devices"
)

var (
	officer = auth.Operator{ID: "u1", Name: "Officer", Grants: []auth.Grant{{Role: auth.Officer, Station: "hq"}}}
	planner = auth.Operator{ID: "u2", Name: "Planner", Grants: []auth.Grant{{Role: auth.Planner, Station: "hq"}}}
	remote  = auth.Operator{ID: "u3", Name: "Remote", Grants: []auth.Grant{{Role: auth.Officer, Station: "far"}}}
)

// raise lets the machine have signals, in a transaction as intake makes it.
func raise(t testing.TB, db *store.DB, station string, signals ...devices.Signal) {
	t.Helper()
	records := make([]intake.Record, len(signals))
	for i, s := range signals {
		records[i] = intake.Record{Signal: s, Station: station, Gateway: s.Point.Gateway(), Received: time.Now()}
	}
	err := store.Intake{DB: db}.Commit(t.Context(), func(ctx context.Context, tx intake.Tx) error {
		board, about, err := tx.Board(ctx, records)
		if err != nil {
			return err
		}
		for _, r := range records {
			board.Apply(alarms.Heard{Signal: r.Signal, Station: r.Station, Received: r.Received, About: about[r.Point]})
		}
		return tx.Keep(ctx, board)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func signal(seq uint64, point string, kind devices.Kind, active bool) devices.Signal {
	at := time.Now().Add(-time.Hour + time.Duration(seq)*time.Second)
	return devices.Signal{Point: devices.PointID(point), Kind: kind, Active: active, Occurred: at, Observed: at, Clock: devices.Synced,
		State: "s", Text: "t", Detail: map[string]string{"k": "v"}, Epoch: 1, Seq: seq}
}

func TestAlarmDesk(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	desk := alarms.Desk{Store: store.Alarms{DB: db}}
	ctx := t.Context()
	raise(t, db, "hq", signal(1, "gw/f.a", devices.FireAlarm, true))
	raise(t, db, "far", signal(1, "gx/d.p", devices.DoorForced, true))
	page, err := desk.List(ctx, officer, alarms.Filter{})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("the officer of hq sees %+v (%v)", page.Items, err)
	}
	a := page.Items[0]

	var forbidden *auth.ForbiddenError
	var invalid *alarms.InvalidError
	var stale *alarms.StaleError
	for name, err := range map[string]error{
		"planner":  second(desk.Acknowledge(ctx, planner, a.ID, a.Version, "")),
		"remote":   second(desk.Acknowledge(ctx, remote, a.ID, a.Version, "")),
		"nobody":   second(desk.Acknowledge(ctx, auth.Operator{}, "unknown", 1, "")),
		"far list": second(desk.List(ctx, officer, alarms.Filter{Station: "far"})),
		"no list":  second(desk.List(ctx, auth.Operator{}, alarms.Filter{})),
	} {
		if !errors.As(err, &forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := desk.Acknowledge(ctx, officer, "unknown", 1, ""); !errors.Is(err, alarms.ErrNotFound) {
		t.Errorf("an unknown alarm: %v", err)
	}
	if _, err := desk.Acknowledge(ctx, officer, a.ID, a.Version, strings.Repeat("é", 1001)); !errors.As(err, &invalid) {
		t.Errorf("a long comment: %v", err)
	}
	if _, err := desk.Acknowledge(ctx, officer, a.ID, a.Version+7, ""); !errors.As(err, &stale) || stale.Current.Version != a.Version {
		t.Errorf("a version to come: %v", err)
	}
	raise(t, db, "hq", signal(2, "gw/f.b", devices.FireAlarm, true)) // confirms it
	if _, err := desk.Acknowledge(ctx, officer, a.ID, a.Version, ""); !errors.As(err, &stale) || !stale.Current.Confirmed {
		t.Errorf("what has been confirmed since: %v", err)
	}

	// many officers at once: one is the first, and all are told so
	a = stale.Current
	var wait sync.WaitGroup
	for n := range 6 {
		wait.Go(func() {
			by := officer
			by.ID = string(rune('a' + n))
			if got, err := desk.Acknowledge(ctx, by, a.ID, a.Version, "seen"); err != nil || got.State != alarms.Acknowledged {
				t.Errorf("%v %+v", err, got)
			}
		})
	}
	wait.Wait()
	found, err := desk.Find(ctx, planner, a.ID)
	got, history := found.Alarm, found.History
	if err != nil || got.Version != a.Version+1 || got.Acknowledged == nil || got.Acknowledged.Comment != "seen" || got.FirstUp == nil || got.FirstUp.Alarm != a.ID {
		t.Fatalf("%v %+v", err, got)
	}
	var words []string
	for _, line := range history {
		words = append(words, string(line.What))
	}
	if strings.Join(words, " ") != "raised confirmed acknowledged" || history[0].Signal == nil || history[2].By != got.Acknowledged.By {
		t.Errorf("history %v %+v", words, history)
	}
	var entries int
	if err := db.Pool.QueryRow(ctx, `SELECT count(*) FROM audit_entries WHERE action = 'alarm.acknowledge' AND subject = $1 AND station = 'hq'`, "alarm:"+a.ID).Scan(&entries); err != nil || entries != 1 {
		t.Errorf("%d audit entries (%v), want 1", entries, err)
	}
	raise(t, db, "hq", signal(3, "gw/f.a", devices.FireAlarm, false))
	if got, err := desk.Find(ctx, officer, a.ID); err != nil || got.State != alarms.Normal || got.ClearedAt == nil {
		t.Errorf("%v %+v", err, got)
	}
	change, events, err := store.Alarms{DB: db}.Board(ctx)
	if err != nil || len(events) != 2 || change == 0 {
		t.Errorf("board at %d: %+v (%v)", change, events, err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestAlarmsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	exec := func(sql string) {
		t.Helper()
		if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec(`INSERT INTO stations (id, name) VALUES ('hq', 'HQ')`)
	exec(`INSERT INTO gateways (id, station, demo) VALUES ('gw', 'hq', true)`)
	exec(`INSERT INTO devices (id, station, gateway, device, name, category, location) VALUES ('gw/d', 'hq', 'gw', 'd', 'Door 1', 'access', 'Lobby')`)
	exec(`INSERT INTO points (id, station, gateway, device, point, name, given_name, priorities) VALUES ('gw/d.p', 'hq', 'gw', 'd', 'p', 'contact', 'North contact', '{"door.forced": 1}')`)
	raise(t, db, "hq", signal(1, "gw/d.p", devices.DoorForced, true))
	desk := alarms.Desk{Store: store.Alarms{DB: db}}
	page, err := desk.List(t.Context(), officer, alarms.Filter{Kind: devices.DoorForced, Point: "gw/d.p", Priority: 1, States: []alarms.State{alarms.Unacknowledged}})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%+v %v", page, err)
	}
	a := page.Items[0]
	if a.DeviceName != "Door 1" || a.PointName != "North contact" || a.Location != "Lobby" || a.Category != "access" || !a.Demo || a.Priority != 1 ||
		a.Detail["k"] != "v" || a.Gateway != "gw" || a.Device != "d" || a.SignalState != "s" || a.Kept.First != (alarms.Place{Epoch: 1, Seq: 1}) {
		t.Errorf("%+v", a)
	}
	for name, f := range map[string]alarms.Filter{"state": {States: []alarms.State{"odd"}}, "priority": {Priority: 9}, "limit": {Limit: 5000}} {
		if _, err := desk.List(t.Context(), officer, f); err == nil {
			t.Errorf("a bad %s was taken", name)
		}
	}
}

func TestListingAlarmsInPages(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	var signals []devices.Signal
	for n := range 25 {
		signals = append(signals, signal(uint64(n+1), "gw/d.p"+string(rune('a'+n)), devices.DoorForced, true))
	}
	raise(t, db, "hq", signals...)
	raise(t, db, "hq", signal(30, "gw/gateway.link", devices.GatewayLost, true), signal(31, "gw/d.comms", devices.CommsLost, true))
	desk := alarms.Desk{Store: store.Alarms{DB: db}}
	seen := map[string]bool{}
	f := alarms.Filter{Limit: 10}
	for {
		page, err := desk.List(t.Context(), officer, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Items {
			if seen[a.ID] || a.Kind == devices.CommsLost {
				t.Errorf("%s %s is there twice, or is suppressed", a.Point, a.Kind)
			}
			seen[a.ID] = true
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			break
		}
	}
	if len(seen) != 26 {
		t.Errorf("%d alarms in the pages, want 26", len(seen))
	}
	page, err := desk.List(t.Context(), officer, alarms.Filter{Kind: devices.CommsLost, Suppressed: true})
	if err != nil || len(page.Items) != 1 || page.Items[0].Cause == nil || *page.Items[0].Cause != "gw/gateway.link" {
		t.Errorf("%+v %v", page, err)
	}
}

// A step from one open state to another writes no index: it happens thousands of
// times a second in a flood, and each index would get a row each time.
func TestStepsOfAnOpenAlarmChangeNoIndex(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	rows, _ := db.Pool.Query(t.Context(), `
		SELECT i.indexrelid::regclass::text, a.attname
		  FROM pg_index i
		  JOIN pg_attribute a ON a.attrelid = i.indrelid
		   AND (a.attnum = ANY(i.indkey) OR pg_get_expr(i.indpred, i.indrelid) ~ ('(^|[^:])\y' || a.attname || '\y'))
		 WHERE i.indrelid = 'alarms'::regclass
		   AND a.attname IN ('state', 'beneath', 'last_at', 'cleared_at', 'count', 'text', 'signal_state', 'detail', 'version', 'asked', 'change', 'chattering')`)
	var index, column string
	if _, err := pgx.ForEachRow(rows, []any{&index, &column}, func() error {
		t.Errorf("%s depends on %s: put a generated column in its place", index, column)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
