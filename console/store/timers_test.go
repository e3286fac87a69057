package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"guardroom/console/jobs"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
)

func TestTimersFireOnceAndSoon(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	const timers = 30
	due := time.Now().Add(300 * time.Millisecond)
	if _, err := db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		for n := range timers {
			if err := tx.SetTimer(ctx, jobs.Timer{Kind: "shelf.end", Key: fmt.Sprint(n), Due: due, Payload: json.RawMessage(`{"n":1}`)}); err != nil {
				return err
			}
		}
		if err := tx.SetTimer(ctx, jobs.Timer{Kind: "shelf.end", Key: "stopped", Due: due}); err != nil {
			return err
		}
		if err := tx.SetTimer(ctx, jobs.Timer{Kind: "nobody.handles", Key: "x", Due: due}); err != nil {
			return err
		}
		return tx.StopTimer(ctx, "shelf.end", "stopped")
	}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	fired, latest := map[string]int{}, time.Duration(0)
	handlers := jobs.Handlers[*store.Tx]{"shelf.end": func(ctx context.Context, tx *store.Tx, timer jobs.Timer) error {
		if _, err := tx.Exec(ctx, `INSERT INTO effects VALUES ($1)`, timer.Key); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		fired[timer.Key]++
		latest = max(latest, time.Since(timer.Due))
		return nil
	}}
	if _, err := db.Pool.Exec(t.Context(), `CREATE TABLE effects (key text)`); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	for range 3 { // several consoles
		wait.Go(func() { _ = db.RunTimers(ctx, handlers) })
	}
	var effects, left int
	for deadline := time.Now().Add(15 * time.Second); effects < timers && time.Now().Before(deadline); {
		if err := db.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM effects), (SELECT count(*) FROM timers)`).Scan(&effects, &left); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	wait.Wait()
	if effects != timers || left != 1 || fired["stopped"] != 0 {
		t.Errorf("%d effects, %d timers left, fired %v", effects, left, fired)
	}
	t.Logf("at most %v late", latest)
}

func TestFailingTimerComesAgain(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Now()
	db := storetest.OpenWith(t, store.Options{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	if _, err := db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.SetTimer(ctx, jobs.Timer{Kind: "k", Key: "bad", Due: now})
	}); err != nil {
		t.Fatal(err)
	}
	tried := make(chan int, 10)
	ctx, stop := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() {
		_ = db.RunTimers(ctx, jobs.Handlers[*store.Tx]{"k": func(ctx context.Context, tx *store.Tx, timer jobs.Timer) error {
			tried <- timer.Failures
			if timer.Failures == 0 {
				return errors.New("not yet")
			}
			return nil
		}})
	})
	if n := <-tried; n != 0 {
		t.Errorf("first try has %d failures", n)
	}
	var reason string
	for deadline := time.Now().Add(10 * time.Second); reason == "" && time.Now().Before(deadline); {
		if err := db.Pool.QueryRow(t.Context(), `SELECT reason FROM timers`).Scan(&reason); err != nil {
			t.Fatal(err)
		}
	}
	if reason != "not yet" {
		t.Errorf("reason %q", reason)
	}
	mu.Lock()
	now = now.Add(2 * time.Second)
	mu.Unlock()
	if n := <-tried; n != 1 {
		t.Errorf("second try has %d failures", n)
	}
	stop()
	wait.Wait()
	for _, bad := range []jobs.Timer{{Key: "k", Due: now}, {Kind: "k", Due: now}, {Kind: "k", Key: "k"}, {Kind: "k", Key: "k", Due: now, Payload: json.RawMessage("{")}} {
		if bad.Validate() == nil {
			t.Errorf("%+v is valid", bad)
		}
	}
	if jobs.Again(1) != time.Second || jobs.Again(3) != 4*time.Second || jobs.Again(500) != 5*time.Minute {
		t.Error("the rests are wrong")
	}
}
