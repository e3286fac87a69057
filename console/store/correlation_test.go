package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"guardroom/console/audit"
	"guardroom/console/correlation"
	"guardroom/console/intake"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
	"guardroom/devices"
)

func refusal(n int, door string, observed time.Time) intake.Record {
	return intake.Record{
		Signal: devices.Signal{Point: devices.PointID("g1/" + door), Kind: devices.AccessDenied, Active: true, Occurred: observed, Observed: observed,
			Clock: devices.Synced, Detail: map[string]string{"card": "…412"}, Epoch: 1, Seq: uint64(n)},
		Station: "hq", Gateway: "g1", Received: observed,
	}
}

// journal writes records as intake does, and waits at gate, when there is one,
// before it commits.
func journal(ctx context.Context, db *store.DB, gate <-chan struct{}, written chan<- struct{}, records ...intake.Record) error {
	return store.Intake{DB: db}.Commit(ctx, func(ctx context.Context, tx intake.Tx) error {
		gateway := records[0].Gateway
		if gate != nil {
			gateway = "slow"
		}
		if _, err := tx.Next(ctx, gateway); err != nil {
			return err
		}
		if err := tx.Append(ctx, records); err != nil {
			return err
		}
		if gate == nil {
			return nil
		}
		if _, _, err := tx.Board(ctx, nil); err != nil { // sends what waits
			return err
		}
		close(written)
		<-gate
		return nil
	})
}

// voice is an intake that only says into the journal.
type voice struct {
	db *store.DB
	mu sync.Mutex
	n  int
	// die ends the process, as far as the worker sees, before or after the word is out.
	die func(n int) (before, after bool)
}

func (v *voice) Raise(ctx context.Context, station string, s devices.Signal) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.n++
	before, after := v.die(v.n)
	if before {
		return fmt.Errorf("killed")
	}
	err := journal(ctx, v.db, nil, nil, intake.Record{Signal: s, Station: station, Gateway: s.Point.Gateway(), Received: s.Observed})
	if err == nil && after {
		err = fmt.Errorf("killed")
	}
	return err
}

func cardRule(t *testing.T, kept *store.Correlation) correlation.Rule {
	t.Helper()
	r := correlation.Shipped()[0]
	r.ID, r.Station = "r-"+t.Name(), "hq"
	made, err := kept.Add(t.Context(), r, audit.Entry{})
	if err != nil {
		t.Fatal(err)
	}
	made.Enabled = true
	if made, err = kept.Save(t.Context(), made, true, audit.Entry{}); err != nil {
		t.Fatal(err)
	}
	return made
}

func said(t *testing.T, db *store.DB) int {
	t.Helper()
	var n int
	if err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM signals WHERE kind = 'rule.p3.card-refused'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// step reads what can be read now.
func step(t *testing.T, w *correlation.Worker) {
	t.Helper()
	for {
		more, err := w.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return
		}
	}
}

// drain reads to the end of the journal: the transactions of other tests on the
// same server may hold it up.
func drain(t *testing.T, w *correlation.Worker) {
	t.Helper()
	kept := w.Journal.(*store.Correlation)
	var last int64
	if err := kept.DB.Pool.QueryRow(t.Context(), `SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM signals_id`).Scan(&last); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		settled, err := kept.Settled(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		step(t, w)
		if settled >= last {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the journal never settles")
		}
	}
}

// Killed at any of the places where it can be killed, the next worker says each
// hit once.
func TestEachHitIsSaidOnceWhateverIsKilled(t *testing.T) {
	t.Parallel()
	now := time.Now()
	clock := func() time.Time { return now }
	db := storetest.Open(t)
	kept := store.NewCorrelation(db)
	cardRule(t, kept)
	worker := func(die func(int) (bool, bool)) *correlation.Worker {
		return &correlation.Worker{Journal: store.NewCorrelation(db), Raiser: &voice{db: db, die: die}, Log: slog.New(slog.DiscardHandler), Now: clock}
	}
	alive := func(int) (bool, bool) { return false, false }
	w := worker(alive)
	drain(t, w)
	seq := 0
	refuse := func(n int) {
		var records []intake.Record
		for range n {
			seq++
			records = append(records, refusal(seq, "doors-1.door1", time.Now()))
		}
		if err := journal(t.Context(), db, nil, nil, records...); err != nil {
			t.Fatal(err)
		}
	}
	refuse(2)
	drain(t, w)
	w = worker(alive) // killed with two refusals in its memory
	refuse(1)
	drain(t, w)
	if n := said(t, db); n != 1 {
		t.Fatalf("three refusals over a restart: said %d times", n)
	}
	w = worker(func(int) (bool, bool) { return true, false }) // found and kept, not said
	refuse(3)
	drain(t, w)
	if n := said(t, db); n != 1 {
		t.Fatalf("said %d times before it was said", n)
	}
	now = now.Add(time.Minute)
	w = worker(func(int) (bool, bool) { return false, true }) // said, not kept that it was
	drain(t, w)
	now = now.Add(time.Minute)
	w = worker(alive)
	drain(t, w)
	now = now.Add(time.Minute)
	drain(t, w)
	if n := said(t, db); n != 2 {
		t.Errorf("six refusals: said %d times, want 2", n)
	}
	if left, err := kept.Pending(t.Context(), now.Add(time.Hour)); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

// A transaction that has drawn its ids and commits after a later one is not passed over.
func TestNothingIsReadPastATransactionUnderWay(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	kept := store.NewCorrelation(db)
	cardRule(t, kept)
	w := &correlation.Worker{Journal: kept, Raiser: &voice{db: db, die: func(int) (bool, bool) { return false, false }}, Log: slog.New(slog.DiscardHandler)}
	drain(t, w)
	now := time.Now()
	gate, written, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- journal(t.Context(), db, gate, written, refusal(1, "doors-1.door1", now), refusal(2, "doors-1.door2", now))
	}()
	<-written
	if err := journal(t.Context(), db, nil, nil, refusal(3, "doors-1.door3", now)); err != nil {
		t.Fatal(err)
	}
	step(t, w)
	step(t, w)
	close(gate)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	drain(t, w)
	if n := said(t, db); n != 1 {
		t.Errorf("said %d times, want once: the slow transaction's signals count", n)
	}
}

// Two consoles on one database find each hit once.
func TestTwoConsolesFindEachHitOnce(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	cardRule(t, store.NewCorrelation(db))
	alive := func(int) (bool, bool) { return false, false }
	var workers []*correlation.Worker
	for range 2 {
		w := &correlation.Worker{Journal: store.NewCorrelation(db), Raiser: &voice{db: db, die: alive}, Log: slog.New(slog.DiscardHandler)}
		drain(t, w)
		workers = append(workers, w)
	}
	for n := range 12 {
		if err := journal(t.Context(), db, nil, nil, refusal(n+1, "doors-1.door1", time.Now())); err != nil {
			t.Fatal(err)
		}
		drain(t, workers[n%2])
		drain(t, workers[(n+1)%2])
	}
	if n := said(t, db); n != 4 {
		t.Errorf("twelve refusals: said %d times, want 4", n)
	}
}

// The trial over the past finds what the worker found.
func TestTheTrialFindsWhatTheWorkerFound(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	kept := store.NewCorrelation(db)
	r := cardRule(t, kept)
	w := &correlation.Worker{Journal: kept, Raiser: &voice{db: db, die: func(int) (bool, bool) { return false, false }}, Log: slog.New(slog.DiscardHandler)}
	drain(t, w)
	began := time.Now()
	for n := range 30 {
		if err := journal(t.Context(), db, nil, nil, refusal(n+1, fmt.Sprintf("doors-1.door%d", n%4), began.Add(time.Duration(n)*40*time.Second))); err != nil {
			t.Fatal(err)
		}
	}
	drain(t, w)
	found, err := kept.Found(t.Context(), correlation.HitsQuery{Rule: r.ID, Limit: 100})
	if err != nil || len(found) == 0 {
		t.Fatalf("%v %v", found, err)
	}
	desk := &correlation.Desk{Store: kept, Trials: &correlation.Trials{Past: kept, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return began.Add(time.Hour) }}}
	trial, err := desk.Try(t.Context(), chief(), "hq", r.ID, r.Logic, began.Add(-time.Hour), began.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(20 * time.Second)
	for trial.Ended == nil && time.Now().Before(deadline) {
		if trial, err = desk.Trial(chief(), trial.ID); err != nil {
			t.Fatal(err)
		}
	}
	if trial.State != correlation.Done || trial.Found != len(found) || trial.Progress != 1 {
		t.Fatalf("the trial says %+v, the worker found %d", trial, len(found))
	}
	for i, hit := range trial.Hits {
		if hit.Trigger != found[len(found)-1-i].Trigger {
			t.Errorf("hit %d: %d and %d", i, hit.Trigger, found[len(found)-1-i].Trigger)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		now, err := kept.Rule(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		if now.Tried != nil && now.Tried.Hits == len(found) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("that it was tried is not kept: %+v", now.Tried)
		}
	}
}
