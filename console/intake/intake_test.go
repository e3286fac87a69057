package intake_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/console/alarms"
	"guardroom/console/auth"
	"guardroom/console/intake"
	"guardroom/console/live"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// world is an intake on a fresh database, with what it said.
type world struct {
	t  *testing.T
	db *store.DB
	in *intake.Intake

	mu       sync.Mutex
	confirms []link.ConfirmMessage
	events   []live.Event
	changed  chan struct{}
}

func newWorld(t *testing.T, o intake.Options) *world {
	t.Helper()
	w := &world{t: t, db: storetest.Open(t), changed: make(chan struct{}, 1)}
	w.db.OnCommit = func(_ int64, events []live.Event) {
		w.mu.Lock()
		w.events = append(w.events, events...)
		w.mu.Unlock()
		w.nudge()
	}
	o.Confirm = func(_, _ string, m link.ConfirmMessage) {
		w.mu.Lock()
		w.confirms = append(w.confirms, m)
		w.mu.Unlock()
		w.nudge()
	}
	w.in = intake.New(store.Intake{DB: w.db}, o)
	t.Cleanup(func() { w.in.Close() })
	return w
}

func (w *world) nudge() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// until waits for something that a confirm or a commit may bring.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	deadline := time.After(15 * time.Second)
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for !ok() {
		select {
		case <-w.changed:
		case <-poll.C:
		case <-deadline:
			w.t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (w *world) upto(epoch uint64) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.confirms) - 1; i >= 0; i-- {
		if w.confirms[i].Epoch == epoch {
			return w.confirms[i].Upto
		}
	}
	return 0
}

// send takes one message and waits until it is done.
func (w *world) send(channel link.Channel, signals ...devices.Signal) {
	w.t.Helper()
	payload, err := link.EncodeSignals("hq", signals)
	if err != nil {
		w.t.Fatal(err)
	}
	w.raw(channel, payload)
}

func (w *world) raw(channel link.Channel, payload []byte) {
	w.t.Helper()
	done := make(chan struct{})
	w.in.Take("gw-1", "hq", channel, payload, time.Now(), func() { close(done) })
	select {
	case <-done:
	case <-time.After(15 * time.Second):
		w.t.Fatal("a message was not done")
	}
}

var chief = auth.Operator{ID: "u1", Username: "chief", Name: "Chief", Grants: []auth.Grant{{Role: auth.Chief, Station: auth.AllStations}}}

func (w *world) journal() []intake.Line {
	w.t.Helper()
	desk := intake.Desk{Store: store.Signals{DB: w.db}}
	page, err := desk.Signals(w.t.Context(), chief, intake.Filter{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Items
}

func (w *world) alarms(f alarms.Filter) []alarms.Alarm {
	w.t.Helper()
	desk := alarms.Desk{Store: store.Alarms{DB: w.db}}
	page, err := desk.List(w.t.Context(), chief, f)
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Items
}

func (w *world) number(sql string, args ...any) (n int64) {
	w.t.Helper()
	if err := w.db.Pool.QueryRow(w.t.Context(), sql, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// sig is a signal of gw-1.
func sig(seq uint64, point string, kind devices.Kind, active bool) devices.Signal {
	at := time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(seq) * time.Second)
	if now := time.Now(); at.After(now) {
		at = now
	}
	return devices.Signal{Point: devices.PointID("gw-1/" + point), Kind: kind, Active: active, Occurred: at, Observed: at,
		Clock: devices.Synced, Epoch: 1, Seq: seq}
}

func opened(seq uint64) devices.Signal { return sig(seq, "door-1.contact", devices.DoorOpened, true) }

func TestTakeCommitsOnceConfirmsAndRaises(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intake.Options{})
	w.send(link.Signals, opened(1), sig(2, "fire-1.z1", devices.FireAlarm, true))
	w.until("confirm 2", func() bool { return w.upto(1) == 2 })
	w.send(link.Alarms, sig(2, "fire-1.z1", devices.FireAlarm, true)) // the express lane brings it too
	w.send(link.Signals, opened(1), opened(3), opened(3))

	lines := w.journal()
	if len(lines) != 3 {
		t.Fatalf("journal has %d lines, want 3: %+v", len(lines), lines)
	}
	if lines[0].Seq != 3 || lines[1].Seq != 2 || lines[2].Seq != 1 {
		t.Errorf("order %d %d %d, want newest first", lines[0].Seq, lines[1].Seq, lines[2].Seq)
	}
	open := w.alarms(alarms.Filter{})
	if len(open) != 1 || open[0].State != alarms.Unacknowledged || open[0].Priority != 1 || !open[0].LifeSafety || open[0].Count != 1 {
		t.Fatalf("alarms %+v", open)
	}
	w.until("the alarm on the board", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.events) == 1 })
	var shown alarms.Alarm
	if err := json.Unmarshal(w.events[0].Data, &shown); err != nil || shown.ID != open[0].ID || shown.Version != open[0].Version {
		t.Errorf("shown %+v (%v), want %+v", shown, err, open[0])
	}
	if n := w.number(`SELECT count(*) FROM signal_keys`); n != 0 {
		t.Errorf("%d keys are left below the mark", n)
	}
}

func TestAGatewayThatComesBackIsRemindedOfItsMark(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intake.Options{})
	w.send(link.Signals, opened(1), opened(2))
	w.until("confirm 2", func() bool { return w.upto(1) == 2 })
	w.mu.Lock()
	w.confirms = nil
	w.mu.Unlock()
	if err := w.in.Remind(t.Context(), "hq", "gw-1"); err != nil {
		t.Fatal(err)
	}
	w.until("the reminder", func() bool { return w.upto(1) == 2 })
	if err := w.in.Remind(t.Context(), "hq", "gw-new"); err != nil {
		t.Errorf("a new gateway has no mark: %v", err)
	}
}

func TestExpressOvertakesBacklog(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intake.Options{})
	w.send(link.Alarms, sig(5, "fire-1.z1", devices.FireAlarm, true))
	w.until("a confirm of nothing", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.confirms) > 0 })
	if got := w.upto(1); got != 0 {
		t.Fatalf("confirmed %d before the backlog came", got)
	}
	if n := len(w.alarms(alarms.Filter{})); n != 1 {
		t.Fatalf("%d alarms, want 1 at once", n)
	}
	// the backlog holds an older fire and its restore: they do not clear the new one
	w.send(link.Signals, opened(1), opened(2), sig(3, "fire-1.z1", devices.FireAlarm, true), sig(4, "fire-1.z1", devices.FireAlarm, false),
		sig(5, "fire-1.z1", devices.FireAlarm, true))
	w.until("confirm 5", func() bool { return w.upto(1) == 5 })
	open := w.alarms(alarms.Filter{})
	if len(open) != 1 || open[0].State != alarms.Unacknowledged || open[0].Count != 2 {
		t.Fatalf("alarms %+v, want one, active, counted twice", open)
	}
	if n := len(w.journal()); n != 5 {
		t.Errorf("journal has %d lines, want 5", n)
	}
	if n := w.number(`SELECT count(*) FROM signal_keys`); n != 0 {
		t.Errorf("%d keys are left below the mark", n)
	}
}

func TestHolesAreToldAndFilledLate(t *testing.T) {
	t.Parallel()
	var connected sync.Map
	w := newWorld(t, intake.Options{HoleAge: 300 * time.Millisecond,
		Connected: func(g string) bool { v, _ := connected.Load(g); return v == true }})
	w.send(link.Signals, opened(1), opened(2))
	w.send(link.Signals, opened(5), opened(6), opened(9))
	began := time.Now()
	for time.Since(began) < 700*time.Millisecond { // not connected: nothing is given up
		w.send(link.Signals, opened(6))
	}
	if got := w.upto(1); got != 2 {
		t.Fatalf("upto %d while the gateway is away, want 2", got)
	}
	connected.Store("gw-1", true)
	w.until("the mark to move on", func() bool { return w.upto(1) == 9 })
	list := w.alarms(alarms.Filter{})
	if len(list) != 1 || list[0].Kind != devices.SignalsMissing || list[0].Point != "gw-1/gateway.spool" || list[0].Detail["ranges"] != "3-4,7-8" {
		t.Fatalf("alarms %+v, want signals.missing 3-4,7-8", list)
	}
	desk := intake.Desk{Store: store.Signals{DB: w.db}}
	gaps, err := desk.Gaps(t.Context(), chief, intake.Filter{})
	if err != nil || len(gaps.Items) != 2 || gaps.Items[0].From+gaps.Items[1].From != 10 {
		t.Fatalf("gaps %+v (%v)", gaps, err)
	}
	w.send(link.Signals, opened(4), opened(4))
	w.send(link.Signals, opened(4))
	if n := w.number(`SELECT count(*) FROM signals WHERE seq = 4 AND epoch = 1`); n != 1 {
		t.Errorf("a late signal inside a gap is there %d times, want 1", n)
	}

	// another console, which has to read everything from the database
	again := intake.New(store.Intake{DB: w.db}, intake.Options{})
	defer again.Close()
	payload, _ := link.EncodeSignals("hq", []devices.Signal{opened(4), opened(7), opened(9), opened(10)})
	done := make(chan struct{})
	again.Take("gw-1", "hq", link.Signals, payload, time.Now(), func() { close(done) })
	<-done
	for seq, want := range map[int]int64{4: 1, 7: 1, 9: 1, 10: 1, 3: 0} {
		if n := w.number(`SELECT count(*) FROM signals WHERE seq = $1 AND epoch = 1`, seq); n != want {
			t.Errorf("signal %d is there %d times, want %d", seq, n, want)
		}
	}
	// the first console has been overtaken and must notice
	w.send(link.Signals, opened(7), opened(10), opened(11))
	for seq, want := range map[int]int64{7: 1, 10: 1, 11: 1} {
		if n := w.number(`SELECT count(*) FROM signals WHERE seq = $1 AND epoch = 1`, seq); n != want {
			t.Errorf("signal %d is there %d times, want %d", seq, n, want)
		}
	}
}

func TestHoleIsToldAfterARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intake.Options{})
	w.send(link.Signals, opened(3))
	w.in.Close()
	w.in = intake.New(store.Intake{DB: w.db}, intake.Options{HoleAge: 100 * time.Millisecond, Connected: func(string) bool { return true }})
	w.until("signals.missing", func() bool { return len(w.alarms(alarms.Filter{})) == 1 })
}

func TestSpoolGapMovesTheMarkInOrderOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intake.Options{})
	gap := sig(6, "gateway.spool", devices.SpoolGap, true)
	gap.Detail = map[string]string{link.GapEpoch: "1", link.GapFrom: "2", link.GapTo: "6", link.GapWhy: "space"}
	w.send(link.Alarms, gap) // overtakes 3, which the spool still has
	w.send(link.Signals, opened(1))
	w.until("confirm 1", func() bool { return w.upto(1) == 1 })
	w.send(link.Signals, opened(3), gap)
	w.until("confirm 6", func() bool { return w.upto(1) == 6 })
	if n := w.number(`SELECT count(*) FROM signals`); n != 3 {
		t.Errorf("journal has %d lines, want 3", n)
	}
	bogus := sig(7, "gateway.spool", devices.SpoolGap, true)
	bogus.Detail = map[string]string{link.GapEpoch: "1", link.GapFrom: "8", link.GapTo: "9000000000000000000"}
	w.send(link.Signals, bogus)
	w.until("confirm 7", func() bool { return w.upto(1) == 7 })
}

func TestBadEventsAreSetAsideAndCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intake.Options{})
	good, _ := link.EncodeSignals("hq", []devices.Signal{opened(1), opened(2), opened(3)})
	bad := strings.Replace(string(good), `"gw-1/1/2","source":"/hq/gw-1","type":"guardroom.door.opened.v1"`, `"gw-1/1/2","source":"/hq/gw-1","type":"nonsense"`, 1)
	if bad == string(good) {
		t.Fatal("the test did not break the message")
	}
	w.raw(link.Signals, []byte(bad))
	w.raw(link.Signals, []byte(bad))
	w.raw(link.Signals, []byte("garbage\x00"))
	w.raw(link.Signals, []byte(`[{}, 7, null]`))
	w.raw(link.Signals, make([]byte, 1<<20))
	w.until("confirm 3", func() bool { return w.upto(1) == 3 })
	desk := intake.Desk{Store: store.Signals{DB: w.db}}
	letters, err := desk.DeadLetters(t.Context(), chief, intake.Filter{})
	if err != nil || len(letters.Items) != 6 {
		t.Fatalf("%d dead letters (%v), want 6", len(letters.Items), err)
	}
	if last := letters.Items[5]; last.Seq != 2 || !strings.Contains(last.Reason, "nonsense") {
		t.Errorf("letter %+v", last)
	}
	list := w.alarms(alarms.Filter{})
	if len(list) != 1 || list[0].Kind != devices.SignalsMissing || list[0].Count != 4 {
		t.Errorf("alarms %+v, want one signals.missing for four messages", list)
	}
}

func TestOddButUsefulSignals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intake.Options{})
	strange := sig(1, "box-1.x", "laser.tripped", true) // unknown kind, unknown point
	nul := sig(2, "fire-1.z1", devices.FireAlarm, true)
	nul.Text, nul.Detail = "zone \x00 1", map[string]string{"a\x00": "\x00"}
	lost := sig(3, "gateway.link", devices.GatewayLost, true)
	w.send(link.Alarms, strange, nul, lost)
	w.until("confirm 3", func() bool { return w.upto(1) == 3 })
	list := w.alarms(alarms.Filter{})
	kinds := map[devices.Kind]alarms.Alarm{}
	for _, a := range list {
		kinds[a.Kind] = a
	}
	if len(list) != 3 || kinds["laser.tripped"].Priority != 2 || kinds[devices.FireAlarm].Text != "zone \uFFFD 1" || kinds[devices.SignalsMissing].ID == "" {
		t.Errorf("alarms %+v", list)
	}
}

func TestRaiseIsNumberedByTheConsole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intake.Options{})
	link := devices.MakePointID("gw-1", devices.GatewayDevice, devices.LinkPoint)
	for _, active := range []bool{true, true, false} {
		if err := w.in.Raise(t.Context(), "hq", devices.Signal{Point: link, Kind: devices.GatewayLost, Active: active}); err != nil {
			t.Fatal(err)
		}
	}
	list := w.alarms(alarms.Filter{})
	if len(list) != 1 || list[0].State != alarms.Returned || list[0].Count != 1 || list[0].Station != "hq" {
		t.Fatalf("alarms %+v", list)
	}
	lines := w.journal()
	if len(lines) != 3 || lines[0].Epoch != 0 || lines[0].Seq != 3 {
		t.Errorf("journal %+v", lines)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.in.Raise(ctx, "hq", devices.Signal{Point: "nonsense", Kind: devices.GatewayLost}); err == nil {
		t.Error("a bad point was taken")
	}
}

func TestPoisonIsSetAsideAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intake.Options{})
	// the database refuses one value, as a broken constraint would
	if _, err := w.db.Pool.Exec(t.Context(), `ALTER TABLE signals ADD CHECK (text <> 'poison')`); err != nil {
		t.Fatal(err)
	}
	bad := sig(2, "fire-1.z1", devices.FireAlarm, true)
	bad.Text = "poison"
	var wait sync.WaitGroup
	for _, part := range [][]devices.Signal{{opened(1), bad, opened(3)}, {opened(4)}} {
		payload, _ := link.EncodeSignals("hq", part)
		wait.Add(1)
		w.in.Take("gw-1", "hq", link.Signals, payload, time.Now(), wait.Done)
	}
	wait.Wait()
	w.until("confirm 4", func() bool { return w.upto(1) == 4 })
	if n := w.number(`SELECT count(*) FROM signals WHERE epoch = 1`); n != 3 {
		t.Errorf("%d signals, want 3", n)
	}
	list := w.alarms(alarms.Filter{})
	if n := w.number(`SELECT count(*) FROM dead_letters WHERE seq = 2`); n != 1 || len(list) != 1 || !strings.Contains(list[0].Text, "fire.alarm of gw-1/fire-1.z1") {
		t.Errorf("%d dead letters, alarms %+v: a fire that could not be stored must be told", n, list)
	}
}

func TestOrderPerPointUnderLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intake.Options{})
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			gateway := fmt.Sprintf("gw-%d", g)
			var done sync.WaitGroup
			for seq := uint64(1); seq <= 500; seq++ {
				s := sig(seq, "door-1.contact", devices.DoorOpened, seq%2 == 1)
				s.Point = devices.MakePointID(gateway, "door-1", "contact")
				payload, _ := link.EncodeSignals("hq", []devices.Signal{s})
				done.Add(1)
				w.in.Take(gateway, "hq", link.Signals, payload, time.Now(), done.Done)
			}
			done.Wait()
		})
	}
	wait.Wait()
	if n := w.number(`SELECT count(*) FROM signals`); n != 2000 {
		t.Errorf("%d signals, want 2000", n)
	}
	if n := w.number(`SELECT count(*) FROM (SELECT seq, lag(seq) OVER (PARTITION BY point ORDER BY id) AS before FROM signals) s WHERE seq <> before + 1`); n != 0 {
		t.Errorf("%d signals are out of order", n)
	}
	if n := w.number(`SELECT count(*) FROM signals_rest`); n != 0 {
		t.Errorf("%d signals lie outside of the week's partition", n)
	}
}

func TestAnOlderEpochIsStoredAndTheNewestTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intake.Options{})
	newer := opened(1)
	newer.Epoch = 7
	w.send(link.Signals, newer)
	w.until("confirm 7/1", func() bool { return w.upto(7) == 1 })
	w.mu.Lock()
	w.confirms = nil
	w.mu.Unlock()
	w.send(link.Signals, opened(1), opened(2))
	w.until("confirms of both epochs", func() bool { return w.upto(1) == 2 && w.upto(7) == 1 })
	if n := w.number(`SELECT count(*) FROM signals`); n != 3 {
		t.Errorf("%d signals, want 3", n)
	}
}

func TestWhatIsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intake.Options{})
	w.send(link.Signals, opened(1), opened(2))
	if n := w.number(`SELECT count(*) FROM audit_entries`); n != 0 {
		t.Errorf("%d audit entries for what only passes by", n)
	}
	w.send(link.Signals, opened(3), sig(4, "fire-1.z1", devices.FireAlarm, true))
	if n := w.number(`SELECT count(*) FROM audit_entries WHERE action = 'intake.commit' AND station = 'hq' AND subject = 'gateway:gw-1'
		AND params->>'signals' = '2' AND params->>'first' = 'fire.alarm gw-1/fire-1.z1'`); n != 1 {
		t.Errorf("%d audit entries for a fire", n)
	}
	if n := w.number(`SELECT change FROM chain`); n != 2 {
		t.Errorf("%d changes, want 2", n)
	}
}

func TestQueueIsBoundedWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	in := intake.New(store.Intake{DB: db}, intake.Options{Shards: 1, Group: 5, Queue: 20})
	db.Pool.Close()
	took := make(chan int, 100)
	go func() {
		for seq := range 100 {
			payload, _ := link.EncodeSignals("hq", []devices.Signal{opened(uint64(seq + 1))})
			in.Take("gw-1", "hq", link.Signals, payload, time.Now(), func() { t.Error("done without a database") })
			took <- seq
		}
		close(took)
	}()
	n := 0
	for open := true; open; {
		select {
		case <-took:
			n++
		case <-time.After(300 * time.Millisecond):
			open = false
		}
	}
	if n < 20 || n > 26 {
		t.Errorf("%d messages were taken, want a queue and a group", n)
	}
	if s := in.Stats(); s.Waiting > 20 || s.Failures == 0 || s.Signals != 0 {
		t.Errorf("%+v", s)
	}
	began := time.Now()
	in.Close()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("Close took %v", took)
	}
	for range took { // those who waited are let go
		n++
	}
	if n != 100 {
		t.Errorf("%d of 100 came back", n)
	}
}
