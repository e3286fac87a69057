package intake_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"guardroom/console/intake"
	"guardroom/console/store"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// counted waits for the database, which may not be back yet: what was committed just
// before it was killed is counted as progress after it.
func counted(t *testing.T, db *store.DB) (n int64) {
	t.Helper()
	poll, deadline := time.NewTicker(50*time.Millisecond), time.After(30*time.Second)
	defer poll.Stop()
	for {
		err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM signals`).Scan(&n)
		if err == nil {
			return n
		}
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatal(err)
		}
	}
}

// TestKilledDatabase kills PostgreSQL twice in the middle of a flood. Every
// message must be done in the end, and stored once; what was done before a kill
// must be there.
func TestKilledDatabase(t *testing.T) {
	t.Parallel()
	db, box := realDatabase(t)
	in := intake.New(store.Intake{DB: db}, intake.Options{})
	defer in.Close()
	const gateways, window = 8, 20
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var sent, done atomic.Int64
	last := make([]uint64, gateways)
	var wait sync.WaitGroup
	for g := range gateways {
		wait.Go(func() {
			gateway := fmt.Sprintf("gw-%d", g)
			flight := make(chan struct{}, window)
			var pending sync.WaitGroup
			for seq := uint64(1); ctx.Err() == nil; seq += 5 {
				kind := devices.DoorOpened
				if seq%50 == 1 {
					kind = devices.DoorForced
				}
				payload := message(t, gateway, seq, 5, kind)
				flight <- struct{}{}
				pending.Add(1)
				sent.Add(5)
				last[g] = seq + 4
				in.Take(gateway, "hq", link.Signals, payload, time.Now(), func() { done.Add(5); <-flight; pending.Done() })
			}
			pending.Wait()
		})
	}
	progress := func() {
		t.Helper()
		from, deadline := done.Load(), time.After(20*time.Second)
		poll := time.NewTicker(10 * time.Millisecond)
		defer poll.Stop()
		for done.Load() < from+500 {
			select {
			case <-poll.C:
			case <-deadline:
				t.Fatalf("nothing is committed any more: %d of %d", done.Load(), sent.Load())
			}
		}
	}
	for range 2 {
		progress()
		acknowledged := done.Load()
		if err := syscall.Kill(box.Pid(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		progress()
		if n := counted(t, db); n < acknowledged {
			t.Fatalf("%d signals are there, %d were acknowledged", n, acknowledged)
		}
	}
	stop()
	wait.Wait()
	var stored, distinct, wanted int64
	if err := db.Pool.QueryRow(t.Context(), `SELECT count(*), count(DISTINCT (gateway, epoch, seq)) FROM signals`).Scan(&stored, &distinct); err != nil {
		t.Fatal(err)
	}
	for _, n := range last {
		wanted += int64(n)
	}
	if stored != wanted || distinct != wanted || done.Load() != wanted {
		t.Errorf("sent %d, done %d, stored %d, distinct %d", wanted, done.Load(), stored, distinct)
	}
	var disorder, change, entries int64
	if err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM (SELECT seq, lag(seq) OVER (PARTITION BY gateway ORDER BY id) AS before FROM signals) s
		WHERE seq <> before + 1`).Scan(&disorder); err != nil || disorder != 0 {
		t.Errorf("%d signals out of order (%v)", disorder, err)
	}
	if err := db.Pool.QueryRow(t.Context(), `SELECT (SELECT change FROM chain), (SELECT count(*) FROM audit_entries)`).Scan(&change, &entries); err != nil {
		t.Error(err)
	}
	t.Logf("%d signals in %d changes, %d audit entries, %d failed groups", stored, change, entries, in.Stats().Failures)
}
