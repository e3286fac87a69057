package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"guardroom/console/alarms"
	"guardroom/console/auth"
	"guardroom/console/intake"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
	"guardroom/devices"
)

var (
	incoming   = auth.Operator{ID: "u4", Name: "Second", Grants: []auth.Grant{{Role: auth.Officer, Station: "hq"}}}
	supervisor = auth.Operator{ID: "u5", Name: "Supervisor", Grants: []auth.Grant{{Role: auth.Supervisor, Station: "hq"}}}
	dutyChief  = auth.Operator{ID: "u6", Name: "Chief", Grants: []auth.Grant{{Role: auth.Chief, Station: "hq"}}}
)

// hands is a clock that tests move.
type hands struct {
	mu  sync.Mutex
	now time.Time
}

func (c *hands) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *hands) move(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

// post is a console's store with a clock, alarms and a desk.
type post struct {
	t     *testing.T
	dsn   string
	clock *hands
	db    *store.DB
	desk  alarms.Desk
	seq   uint64
}

// morning is 09:00 at UTC: the shift ends at 14:00.
var morning = time.Date(2030, 6, 3, 9, 0, 0, 0, time.UTC)

func newPost(t *testing.T) *post {
	p := &post{t: t, dsn: storetest.DSN(t), clock: &hands{now: morning}}
	p.open()
	p.exec(`INSERT INTO stations (id, name) VALUES ('hq', 'HQ'), ('far', 'Far')`)
	p.exec(`INSERT INTO gateways (id, station) VALUES ('gw', 'hq'), ('gx', 'far')`)
	p.exec(`INSERT INTO devices (id, station, gateway, device, name, category) VALUES ('gw/d', 'hq', 'gw', 'd', 'Door 1', 'access'), ('gw/f', 'hq', 'gw', 'f', 'Panel', 'fire'), ('gw/i', 'hq', 'gw', 'i', 'Intrusion', 'intrusion')`)
	p.exec(`INSERT INTO points (id, station, gateway, device, point, name) VALUES ('gw/d.p', 'hq', 'gw', 'd', 'p', 'North door'), ('gw/d.q', 'hq', 'gw', 'd', 'q', 'South door'),
		('gw/f.a', 'hq', 'gw', 'f', 'a', 'Zone 1'), ('gw/i.z', 'hq', 'gw', 'i', 'z', 'Fence'), ('gw/i.area', 'hq', 'gw', 'i', 'area', 'Area'), ('gx/d.p', 'far', 'gx', 'd', 'p', 'Far door')`)
	return p
}

// open is a start of the console, as the root makes it.
func (p *post) open() {
	p.t.Helper()
	db, err := store.Open(p.t.Context(), p.dsn, store.Options{Now: p.clock.Now})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(db.Close)
	db.Policies = &alarms.Policies{}
	kept := store.Alarms{DB: db}
	if err := kept.Reconcile(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	p.db, p.desk = db, alarms.Desk{Store: kept, Settings: store.Settings{DB: db}, Policies: db.Policies}
}

func (p *post) exec(sql string, args ...any) {
	p.t.Helper()
	if _, err := p.db.Pool.Exec(p.t.Context(), sql, args...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *post) count(sql string, args ...any) (n int) {
	p.t.Helper()
	if err := p.db.Pool.QueryRow(p.t.Context(), sql, args...).Scan(&n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// say lets the machine have a signal at the clock's time.
func (p *post) say(point string, kind devices.Kind, active bool) {
	p.t.Helper()
	p.seq++
	now := p.clock.Now()
	s := devices.Signal{Point: devices.PointID(point), Kind: kind, Active: active, Occurred: now, Observed: now, Clock: devices.Synced, Epoch: 1, Seq: p.seq}
	station := "hq"
	if s.Point.Gateway() == "gx" {
		station = "far"
	}
	r := intake.Record{Signal: s, Station: station, Gateway: s.Point.Gateway(), Received: now}
	err := store.Intake{DB: p.db}.Commit(p.t.Context(), func(ctx context.Context, tx intake.Tx) error {
		if err := tx.Append(ctx, []intake.Record{r}); err != nil {
			return err
		}
		board, about, err := tx.Board(ctx, []intake.Record{r})
		if err != nil {
			return err
		}
		board.Apply(alarms.Heard{Signal: s, Station: r.Station, Received: now, About: about[s.Point]})
		return tx.Keep(ctx, board)
	})
	if err != nil {
		p.t.Fatal(err)
	}
}

// alarm is the newest of a point's kind.
func (p *post) alarm(point string, kind devices.Kind) alarms.Alarm {
	p.t.Helper()
	page, err := p.desk.List(p.t.Context(), auth.Operator{Grants: []auth.Grant{{Role: auth.Chief, Station: auth.AllStations}}}, alarms.Filter{Point: devices.PointID(point), Kind: kind, Suppressed: true, Limit: 1, States: []alarms.State{
		alarms.Normal, alarms.Unacknowledged, alarms.Acknowledged, alarms.Returned, alarms.Shelved, alarms.SuppressedByDesign, alarms.OutOfService,
	}})
	if err != nil || len(page.Items) != 1 {
		p.t.Fatalf("%s of %s: %v %v", kind, point, page.Items, err)
	}
	return page.Items[0]
}

// timers run on so many consoles until check is true.
func (p *post) timers(consoles int, check func() bool) {
	p.t.Helper()
	ctx, stop := context.WithCancel(p.t.Context())
	var wait sync.WaitGroup
	for range consoles {
		wait.Go(func() { _ = p.db.RunTimers(ctx, store.Alarms{DB: p.db}.Timers()) })
	}
	defer wait.Wait()
	defer stop()
	for deadline := time.Now().Add(15 * time.Second); !check(); {
		if time.Now().After(deadline) {
			p.t.Fatal("the timers never did it")
		}
	}
}

// due is the number of timers that have fallen due.
func (p *post) due() int {
	return p.count(`SELECT count(*) FROM timers WHERE due <= $1`, p.clock.Now())
}

func TestAShelvedAlarmComesBackOnce(t *testing.T) {
	t.Parallel()
	p, ctx := newPost(t), t.Context()
	p.say("gw/d.p", devices.DoorForced, true)
	a := p.alarm("gw/d.p", devices.DoorForced)
	a, err := p.desk.Shelve(ctx, officer, a.ID, a.Version, alarms.Aside{Reason: "painters", Minutes: 20})
	if err != nil || a.State != alarms.Shelved || a.Beneath != alarms.Unacknowledged || a.Removed == nil || a.Removed.Until == nil || !a.Removed.Until.Equal(morning.Add(20*time.Minute)) {
		t.Fatalf("%v %+v", err, a)
	}
	if again, err := p.desk.Shelve(ctx, officer, a.ID, a.Version, alarms.Aside{Reason: "painters", Minutes: 20}); err != nil || again.Version != a.Version {
		t.Errorf("shelved again by the same: %v %+v", err, again)
	}
	var conflict *alarms.ConflictError
	if _, err := p.desk.Shelve(ctx, incoming, a.ID, a.Version, alarms.Aside{Reason: "me too"}); !errors.As(err, &conflict) || conflict.Reason != "removed" {
		t.Errorf("shelved by another too: %v", err)
	}
	if page, err := p.desk.List(ctx, officer, alarms.Filter{}); err != nil || len(page.Items) != 0 {
		t.Errorf("it is in the open list: %+v %v", page, err)
	}
	shelves, _, err := p.desk.Shelves(ctx, officer, alarms.ShelfFilter{Mode: alarms.ModeShelved})
	if err != nil || len(shelves) != 1 || shelves[0].Alarm != a.ID || shelves[0].Beneath != alarms.Unacknowledged || shelves[0].PointName != "North door" || shelves[0].DeviceName != "Door 1" {
		t.Fatalf("%+v %v", shelves, err)
	}
	p.open() // a restart in the middle
	if got := p.alarm("gw/d.p", devices.DoorForced); got.State != alarms.Shelved {
		t.Fatalf("after a restart: %s", got.State)
	}
	p.clock.move(20*time.Minute + time.Millisecond)
	p.timers(3, func() bool { return p.due() == 0 })
	got := p.alarm("gw/d.p", devices.DoorForced)
	if got.State != alarms.Unacknowledged || got.Removed != nil || got.Kept.Asked != got.Version || got.Kept.EscalateAt == nil {
		t.Errorf("after its time: %+v", got)
	}
	if _, err := p.desk.Acknowledge(ctx, officer, a.ID, a.Version, ""); err == nil {
		t.Error("an answer to what was shelved counts for what is back")
	}
	for what, sql := range map[string]string{
		"line":  `SELECT count(*) FROM alarm_history WHERE what = 'restored' AND by = 'system' AND from_state = 'shelved' AND to_state = 'unacknowledged'`,
		"entry": `SELECT count(*) FROM audit_entries WHERE action = 'alarm.restore'`,
		"end":   `SELECT count(*) FROM removals WHERE ended IS NOT NULL AND ended_why <> ''`,
	} {
		if n := p.count(sql); n != 1 {
			t.Errorf("%d of %s, want 1", n, what)
		}
	}
}

func TestShelvingHasLimits(t *testing.T) {
	t.Parallel()
	p, ctx := newPost(t), t.Context()
	p.say("gw/f.a", devices.FireAlarm, true)
	p.say("gw/f.a", devices.FireFault, true)
	p.say("gw/i.z", devices.ZoneAlarm, true)
	fault, fire, fence := p.alarm("gw/f.a", devices.FireFault), p.alarm("gw/f.a", devices.FireAlarm), p.alarm("gw/i.z", devices.ZoneAlarm)
	var forbidden *auth.ForbiddenError
	var invalid *alarms.InvalidError
	var stale *alarms.StaleError
	shelve := func(by auth.Operator, a alarms.Alarm, aside alarms.Aside) error {
		return second(p.desk.Shelve(ctx, by, a.ID, a.Version, aside))
	}
	for name, tc := range map[string]struct {
		err   error
		field string
	}{
		"fire":       {shelve(dutyChief, fire, alarms.Aside{Reason: "x"}), "kind"},
		"no reason":  {shelve(officer, fault, alarms.Aside{Reason: "  "}), "reason"},
		"too long":   {shelve(dutyChief, fault, alarms.Aside{Reason: "x", Minutes: 481}), "minutes"},
		"negative":   {shelve(dutyChief, fault, alarms.Aside{Reason: "x", Minutes: -1}), "minutes"},
		"two ends":   {shelve(dutyChief, fault, alarms.Aside{Reason: "x", Minutes: 5, OneShot: true}), "minutes"},
		"past":       {shelve(dutyChief, fault, alarms.Aside{Reason: "x", Until: morning.Add(-time.Hour)}), "until"},
		"no patrol":  {shelve(officer, fence, alarms.Aside{Reason: "x", Minutes: 5}), "patrol"},
		"all of it":  {second(p.desk.ShelvePoint(ctx, officer, "gw/d.*", "", alarms.Aside{Reason: "x"})), "point"},
		"odd kind":   {second(p.desk.ShelvePoint(ctx, officer, "gw/d.p", devices.DoorOpened, alarms.Aside{Reason: "x"})), "kind"},
		"duress":     {second(p.desk.OutOfService(ctx, supervisor, "gw/d.p", devices.Duress, alarms.Aside{Reason: "x", Minutes: 5})), "kind"},
		"no end":     {second(p.desk.OutOfService(ctx, supervisor, "gw/d.p", "", alarms.Aside{Reason: "x"})), "until"},
		"for a year": {second(p.desk.OutOfService(ctx, supervisor, "gw/d.p", "", alarms.Aside{Reason: "x", Until: morning.AddDate(1, 0, 0)})), "until"},
		"by design":  {second(p.desk.Remove(ctx, dutyChief, alarms.Removal{Station: "hq", Point: "gw/d.p", Mode: alarms.ModeSuppressed, Reason: "x"})), "mode"},
	} {
		if !errors.As(tc.err, &invalid) || invalid.Field != tc.field {
			t.Errorf("%s: %v, want a wrong %s", name, tc.err, tc.field)
		}
	}
	for name, err := range map[string]error{
		"an officer for long":   shelve(officer, fault, alarms.Aside{Reason: "x", Minutes: 61}),
		"a planner":             shelve(planner, fault, alarms.Aside{Reason: "x"}),
		"somebody elsewhere":    shelve(remote, fault, alarms.Aside{Reason: "x"}),
		"a point elsewhere":     second(p.desk.ShelvePoint(ctx, officer, "gx/d.p", "", alarms.Aside{Reason: "x"})),
		"an officer, for good":  second(p.desk.OutOfService(ctx, officer, "gw/d.p", "", alarms.Aside{Reason: "x", Minutes: 5})),
		"a rule by a officer":   second(p.desk.AddRule(ctx, officer, alarms.SuppressionRule{Station: "hq", Name: "x", When: alarms.PanelOnTest})),
		"the policy of another": second(p.desk.SetHandling(ctx, dutyChief, "far", 0, alarms.DefaultHandling())),
	} {
		if !errors.As(err, &forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := second(p.desk.Shelve(ctx, officer, fault.ID, fault.Version+1, alarms.Aside{Reason: "x"})); !errors.As(err, &stale) {
		t.Errorf("a version to come: %v", err)
	}
	if n := p.count(`SELECT count(*) FROM removals`); n != 0 {
		t.Fatalf("%d removals after refusals only", n)
	}
	if err := shelve(supervisor, fault, alarms.Aside{Reason: "x", Minutes: 480}); err != nil {
		t.Errorf("eight hours by a supervisor: %v", err)
	}
	if err := shelve(officer, fence, alarms.Aside{Reason: "x", Minutes: 60, Patrol: "Bravo 2"}); err != nil {
		t.Errorf("the fence with a patrol: %v", err)
	}
	p.exec(`INSERT INTO places (id, station, kind, name, detail) VALUES ('fence', 'hq', 'area', 'Fence', '{"perimeter": true}')`)
	p.exec(`INSERT INTO point_places (point, station, place) VALUES ('gw/d.q', 'hq', 'fence')`)
	if _, err := p.desk.ShelvePoint(ctx, officer, "gw/d.q", devices.DoorForced, alarms.Aside{Reason: "x"}); !errors.As(err, &invalid) || invalid.Field != "patrol" {
		t.Errorf("a door in the fence: %v", err)
	}
	// the database itself refuses to hide life safety
	for _, sql := range []string{
		`UPDATE alarms SET state = 'shelved' WHERE kind = 'fire.alarm'`,
		`INSERT INTO removals (id, station, point, kind, mode, reason, by_id, by_name, since, end_by) VALUES ('x', 'hq', 'gw/f.a', 'panic', 'shelved', '', '', '', now(), 'person')`,
	} {
		if _, err := p.db.Pool.Exec(ctx, sql); err == nil {
			t.Errorf("the database took %s", sql)
		}
	}
}

func TestTheShiftEndsAShelvingUnlessAnotherOfficerConfirms(t *testing.T) {
	t.Parallel()
	p, ctx := newPost(t), t.Context()
	var conflict *alarms.ConflictError
	shelf, err := p.desk.ShelvePoint(ctx, officer, "gw/d.p", devices.DoorForced, alarms.Aside{Reason: "works"})
	if err != nil || shelf.End != alarms.EndShift || shelf.Until == nil || !shelf.Until.Equal(time.Date(2030, 6, 3, 14, 0, 0, 0, time.UTC)) {
		t.Fatalf("%v %+v", err, shelf)
	}
	p.say("gw/d.p", devices.DoorForced, true)
	if a := p.alarm("gw/d.p", devices.DoorForced); a.State != alarms.Shelved || a.Kept.EscalateAt != nil {
		t.Fatalf("born in sight: %+v", a)
	}
	if _, err := p.desk.Confirm(ctx, incoming, shelf.ID); !errors.As(err, &conflict) || conflict.Reason != "not_due" {
		t.Errorf("confirmed too early: %v", err)
	}
	p.clock.move(4*time.Hour + 46*time.Minute) // 13:46
	p.timers(2, func() bool { return p.due() == 0 })
	if shelf, err = p.desk.Store.FindShelf(ctx, shelf.ID); err != nil || !shelf.NeedsConfirm {
		t.Fatalf("nobody is asked: %+v %v", shelf, err)
	}
	if _, err := p.desk.Confirm(ctx, officer, shelf.ID); !errors.As(err, &conflict) || conflict.Reason != "confirm_yourself" {
		t.Errorf("confirmed by the same: %v", err)
	}
	shelf, err = p.desk.Confirm(ctx, incoming, shelf.ID)
	if err != nil || shelf.NeedsConfirm || shelf.By != incoming.ID || !shelf.Until.Equal(time.Date(2030, 6, 3, 22, 0, 0, 0, time.UTC)) {
		t.Fatalf("%v %+v", err, shelf)
	}
	if _, err := p.desk.Confirm(ctx, incoming, shelf.ID); err != nil {
		t.Errorf("confirmed again by the same: %v", err)
	}
	p.clock.move(20 * time.Minute) // past the first end
	p.timers(2, func() bool { return p.due() == 0 })
	if a := p.alarm("gw/d.p", devices.DoorForced); a.State != alarms.Shelved || a.Removed.ByName != "Second" {
		t.Errorf("confirmed, and yet: %+v", a)
	}
	p.clock.move(8 * time.Hour) // past the second: nobody has confirmed
	p.timers(2, func() bool { return p.due() == 0 })
	if a := p.alarm("gw/d.p", devices.DoorForced); a.State != alarms.Unacknowledged {
		t.Errorf("after the shift: %+v", a)
	}
}

func TestOneShotEndsWithTheAlarm(t *testing.T) {
	t.Parallel()
	p, ctx := newPost(t), t.Context()
	p.say("gw/d.p", devices.DoorForced, true)
	a := p.alarm("gw/d.p", devices.DoorForced)
	if _, err := p.desk.Shelve(ctx, officer, a.ID, a.Version, alarms.Aside{Reason: "x", OneShot: true}); err != nil {
		t.Fatal(err)
	}
	p.say("gw/d.p", devices.DoorForced, false)
	if a := p.alarm("gw/d.p", devices.DoorForced); a.State != alarms.Returned || a.Removed != nil {
		t.Errorf("after it was over: %+v", a)
	}
	if n := p.count(`SELECT count(*) FROM removals WHERE ended IS NULL`); n != 0 {
		t.Errorf("%d removals are left", n)
	}
	p.say("gw/d.p", devices.CommandUnknown, true) // something without an end is over when somebody answers
	a = p.alarm("gw/d.p", devices.CommandUnknown)
	if _, err := p.desk.Shelve(ctx, officer, a.ID, a.Version, alarms.Aside{Reason: "x", OneShot: true}); err != nil {
		t.Fatal(err)
	}
	if a, err := p.desk.Acknowledge(ctx, officer, a.ID, a.Version+1, ""); err != nil || a.State != alarms.Normal {
		t.Errorf("%v %+v", err, a)
	}
	if n := p.count(`SELECT count(*) FROM removals WHERE ended IS NULL`); n != 0 {
		t.Errorf("%d removals are left", n)
	}
}

func TestSuppressedByDesign(t *testing.T) {
	t.Parallel()
	p, ctx := newPost(t), t.Context()
	p.say("gw/i.area", devices.AreaArmed, false)
	p.say("gw/i.z", devices.ZoneAlarm, true)
	test, err := p.desk.AddRule(ctx, dutyChief, alarms.SuppressionRule{Station: "hq", Name: "Panel on test", Enabled: true, When: alarms.PanelOnTest})
	if err != nil {
		t.Fatal(err)
	}
	area, err := p.desk.AddRule(ctx, dutyChief, alarms.SuppressionRule{Station: "hq", Name: "Day", Enabled: true, When: alarms.AreaDisarmed, Area: "gw/i.area", Points: []devices.PointID{"gw/i.z"}})
	if err != nil {
		t.Fatal(err)
	}
	if a := p.alarm("gw/i.z", devices.ZoneAlarm); a.State != alarms.SuppressedByDesign || a.Removed.Reason != "Day" {
		t.Errorf("a rule that begins to hold: %+v", a)
	}
	p.say("gw/i.area", devices.AreaArmed, true)
	if a := p.alarm("gw/i.z", devices.ZoneAlarm); a.State != alarms.Unacknowledged {
		t.Errorf("the area is armed: %+v", a)
	}
	p.say("gw/f.a", devices.FireTest, true)
	p.say("gw/f.a", devices.FireFault, true)
	p.say("gw/f.a", devices.FireAlarm, true)
	p.say("gw/f.comms", devices.CommsLost, true)
	if fault, fire, line := p.alarm("gw/f.a", devices.FireFault), p.alarm("gw/f.a", devices.FireAlarm), p.alarm("gw/f.comms", devices.CommsLost); fault.State != alarms.SuppressedByDesign ||
		fire.State != alarms.Unacknowledged || !fire.OnTest || line.State != alarms.Unacknowledged {
		t.Errorf("on test: fault %s, fire %s %v, line %s", fault.State, fire.State, fire.OnTest, line.State)
	}
	p.open()
	p.say("gw/f.a", devices.FireTest, false)
	if fault, fire := p.alarm("gw/f.a", devices.FireFault), p.alarm("gw/f.a", devices.FireAlarm); fault.State != alarms.Unacknowledged || fire.OnTest {
		t.Errorf("after the test: fault %s, fire %v", fault.State, fire.OnTest)
	}
	p.say("gw/i.area", devices.AreaArmed, false)
	area.Enabled = false
	if area, err = p.desk.ChangeRule(ctx, dutyChief, area); err != nil || area.Version != 2 {
		t.Fatalf("%v %+v", err, area)
	}
	if a := p.alarm("gw/i.z", devices.ZoneAlarm); a.State != alarms.Unacknowledged {
		t.Errorf("the rule is off: %+v", a)
	}
	var stale interface{ Stale() int64 }
	area.Version = 1
	if _, err := p.desk.ChangeRule(ctx, dutyChief, area); !errors.As(err, &stale) {
		t.Errorf("an old version of a rule: %v", err)
	}
	p.say("gw/f.a", devices.FireTest, true)
	if err := p.desk.DropRule(ctx, dutyChief, test.ID); err != nil {
		t.Fatal(err)
	}
	if a := p.alarm("gw/f.a", devices.FireFault); a.State != alarms.Unacknowledged {
		t.Errorf("the rule is gone: %+v", a)
	}
	var conflict *alarms.ConflictError
	if err := p.desk.DropRule(ctx, dutyChief, "gateway_lost"); !errors.As(err, &conflict) {
		t.Errorf("the built-in rule: %v", err)
	}
	if rules, err := p.desk.Rules(ctx, officer, "hq"); err != nil || len(rules) != 2 || !rules[0].BuiltIn {
		t.Errorf("%+v %v", rules, err)
	}
}

func TestDelaysSurviveAStop(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.exec(`INSERT INTO alarm_rationale (point, kind, station, on_delay_ms, off_delay_ms, priority, finish_within, cause, response) VALUES ('gw/d.p', 'door.held', 'hq', 30000, 10000, 1, 600, 'Wedged', 'Go and look')`)
	p.say("gw/d.p", devices.DoorHeld, true)
	p.clock.move(3 * time.Second)
	p.say("gw/d.p", devices.DoorHeld, false) // for a moment only
	p.clock.move(time.Minute)
	p.timers(2, func() bool { return p.due() == 0 })
	if n := p.count(`SELECT count(*) FROM alarms`); n != 0 {
		t.Fatalf("%d alarms of a moment", n)
	}
	if n := p.count(`SELECT count(*) FROM alarm_fleeting WHERE hidden AND lasted_ms = 3000 AND station = 'hq'`); n != 1 {
		t.Errorf("%d fleeting", n)
	}
	p.say("gw/d.p", devices.DoorHeld, true)
	p.open() // stopped while it waits
	p.clock.move(31 * time.Second)
	p.timers(3, func() bool { return p.due() == 0 })
	a := p.alarm("gw/d.p", devices.DoorHeld)
	if a.State != alarms.Unacknowledged || a.Priority != 1 || a.FinishAt == nil || a.Kept.EscalateAt == nil || p.count(`SELECT count(*) FROM alarms`) != 1 {
		t.Fatalf("%+v", a)
	}
	p.say("gw/d.p", devices.DoorHeld, false)
	if a := p.alarm("gw/d.p", devices.DoorHeld); a.State != alarms.Unacknowledged {
		t.Errorf("the off-delay runs: %s", a.State)
	}
	p.clock.move(5 * time.Second)
	p.say("gw/d.p", devices.DoorHeld, true)
	p.clock.move(20 * time.Second)
	p.timers(1, func() bool { return p.due() == 0 })
	if a := p.alarm("gw/d.p", devices.DoorHeld); a.State != alarms.Unacknowledged || a.Count != 2 {
		t.Errorf("away for a moment: %s ×%d", a.State, a.Count)
	}
	p.say("gw/d.p", devices.DoorHeld, false)
	p.clock.move(11 * time.Second)
	p.timers(2, func() bool { return p.due() == 0 })
	if a := p.alarm("gw/d.p", devices.DoorHeld); a.State != alarms.Returned {
		t.Errorf("after the off-delay: %s", a.State)
	}
	found, err := p.desk.Find(t.Context(), officer, a.ID)
	if err != nil || found.Rationale == nil || found.Rationale.Cause != "Wedged" || found.Rationale.FinishWithin != 600 {
		t.Errorf("%v %+v", err, found.Rationale)
	}
	if n := p.count(`SELECT count(*) FROM alarm_held`); n != 0 {
		t.Errorf("%d are held back still", n)
	}
}

func TestChattering(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	for range 3 {
		p.say("gw/d.p", devices.DoorForced, true)
		p.clock.move(2 * time.Second)
		p.say("gw/d.p", devices.DoorForced, false)
		p.clock.move(8 * time.Second)
	}
	if a := p.alarm("gw/d.p", devices.DoorForced); !a.Chattering || a.Count != 3 {
		t.Fatalf("three in a minute: %+v", a)
	}
	if n := p.count(`SELECT count(*) FROM alarm_fleeting WHERE NOT hidden`); n != 3 {
		t.Errorf("%d fleeting", n)
	}
	p.clock.move(30 * time.Second)
	p.say("gw/d.p", devices.DoorForced, true)
	p.clock.move(45 * time.Second)
	p.timers(2, func() bool { return p.due() == 0 })
	if a := p.alarm("gw/d.p", devices.DoorForced); !a.Chattering {
		t.Error("calm within a minute of the last")
	}
	p.clock.move(30 * time.Second)
	p.timers(2, func() bool { return p.due() == 0 })
	if a := p.alarm("gw/d.p", devices.DoorForced); a.Chattering {
		t.Error("a minute without, and it chatters still")
	}
	if n := p.count(`SELECT count(*) FROM alarm_chatter WHERE ended IS NOT NULL AND raises = 4`); n != 1 {
		t.Errorf("%d episodes of 4", n)
	}
}

// TestTheHistoryReadsBackAsTheRow plays random days through the real store with
// its desk and timers, and reads every alarm back from its history.
func TestTheHistoryReadsBackAsTheRow(t *testing.T) {
	t.Parallel()
	p, ctx := newPost(t), t.Context()
	if _, err := p.desk.AddRule(ctx, dutyChief, alarms.SuppressionRule{Station: "hq", Name: "test", Enabled: true, When: alarms.PanelOnTest}); err != nil {
		t.Fatal(err)
	}
	p.exec(`INSERT INTO alarm_rationale (point, kind, station, on_delay_ms) VALUES ('gw/d.q', '', 'hq', 2000)`)
	r := rand.New(rand.NewPCG(7, 11))
	keys := []alarms.Key{{Point: "gw/f.a", Kind: "fire.alarm"}, {Point: "gw/f.a", Kind: "fire.fault"}, {Point: "gw/d.p", Kind: "door.forced"}, {Point: "gw/d.q", Kind: "door.held"}, {Point: "gw/d.q", Kind: "duress"}}
	people := []auth.Operator{officer, incoming, supervisor, dutyChief}
	var done, refused int
	for range 300 {
		k, by := keys[r.IntN(len(keys))], people[r.IntN(len(people))]
		var a alarms.Alarm
		if page, err := p.desk.List(ctx, by, alarms.Filter{Point: k.Point, Kind: k.Kind, Limit: 1, States: []alarms.State{"normal", "unacknowledged", "acknowledged", "returned", "shelved", "suppressed", "out_of_service"}}); err != nil {
			t.Fatal(err)
		} else if len(page.Items) == 1 {
			a = page.Items[0]
		}
		var err error
		switch act := r.IntN(14); {
		case act < 4 || a.ID == "":
			p.say(string(k.Point), k.Kind, r.IntN(5) < 3)
		case act == 4:
			p.say("gw/f.t", devices.FireTest, r.IntN(2) == 0)
		case act == 5:
			_, err = p.desk.Acknowledge(ctx, by, a.ID, a.Version, "seen")
		case act == 6:
			_, err = p.desk.Respond(ctx, by, a.ID, a.Version)
		case act == 7:
			_, err = p.desk.Take(ctx, by, a.ID, a.Version, r.IntN(2) == 0)
		case act == 8:
			_, err = p.desk.GiveBack(ctx, by, a.ID, a.Version)
		case act == 9:
			_, err = p.desk.Close(ctx, by, a.ID, a.Version, alarms.Nuisance, "wind")
		case act == 10:
			_, err = p.desk.Shelve(ctx, by, a.ID, a.Version, alarms.Aside{Reason: "x", Minutes: 1 + r.IntN(10), OneShot: false})
		case act == 11:
			_, err = p.desk.OutOfService(ctx, supervisor, alarms.AllOf(k.Point), "", alarms.Aside{Reason: "x", Minutes: 2})
		case act == 12:
			if list, _, _ := p.desk.Shelves(ctx, by, alarms.ShelfFilter{}); len(list) > 0 {
				_, err = p.desk.Restore(ctx, dutyChief, list[r.IntN(len(list))].ID, "back")
			}
		default:
			p.clock.move(time.Duration(r.IntN(240)) * time.Second)
			p.timers(2, func() bool { return p.due() == 0 })
		}
		var conflict *alarms.ConflictError
		var invalid *alarms.InvalidError
		switch {
		case errors.As(err, &conflict), errors.As(err, &invalid):
			refused++
		case err != nil:
			t.Fatal(err)
		default:
			done++
		}
	}
	ids, err := p.db.Pool.Query(ctx, `SELECT id FROM alarms`)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for ids.Next() {
		var id string
		if err := ids.Scan(&id); err != nil {
			t.Fatal(err)
		}
		all = append(all, id)
	}
	for _, id := range all {
		found, err := p.desk.Find(ctx, dutyChief, id)
		if err != nil {
			t.Fatal(err)
		}
		a := found.Alarm
		if got, want := reading(alarms.Replay(found.History)), reading(a); got != want {
			t.Fatalf("%s of %s reads back as\n\t%s\nand is\n\t%s", a.Kind, a.Point, got, want)
		}
		if a.LifeSafety && a.State != a.Beneath {
			t.Errorf("life safety out of sight: %+v", a)
		}
	}
	t.Logf("%d alarms, %d done, %d refused", len(all), done, refused)
	if len(all) < 5 || done < 100 {
		t.Error("too little happened")
	}
}

// reading is what a history tells of an alarm, in words.
func reading(a alarms.Alarm) string {
	text := fmt.Sprint(a.State, " ", a.Beneath)
	if r := a.Removed; r != nil {
		text += fmt.Sprint(" removed ", r.Shelf, r.Mode, r.Reason, r.ByName, r.Since.UTC(), r.End)
		if r.Until != nil {
			text += fmt.Sprint(r.Until.UTC())
		}
	}
	if o := a.Owner; o != nil {
		text += fmt.Sprint(" owner ", o.By, o.ByName, o.At.UTC())
	}
	if k := a.Acknowledged; k != nil {
		text += fmt.Sprint(" acknowledged ", k.By, k.ByName, k.At.UTC(), k.Comment)
	}
	if c := a.Closed; c != nil {
		text += fmt.Sprint(" closed ", c.Disposition, c.Text, c.By, c.ByName, c.At.UTC())
	}
	return text
}
