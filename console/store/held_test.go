package store_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"guardroom/console/intake"
	"guardroom/console/live"
	"guardroom/console/rationale"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
	"guardroom/devices"
)

// opened is what a controller says of door 1.
func opened(n int, open bool, observed time.Time, historical bool) intake.Record {
	return intake.Record{
		Signal: devices.Signal{Point: "g1/doors-1.door1", Kind: devices.DoorOpened, Active: open, Occurred: observed, Observed: observed,
			Clock: devices.Synced, Epoch: 1, Seq: uint64(n), Historical: historical},
		Station: "hq", Gateway: "g1", Received: observed,
	}
}

// watchman is the watch over open doors with a clock of the test's.
type watchman struct {
	t    *testing.T
	db   *store.DB
	now  time.Time
	held *rationale.Held
	told []live.Event
}

func (w *watchman) start() {
	w.held = rationale.NewHeld(store.NewHeld(w.db), &voice{db: w.db, die: func(int) (bool, bool) { return false, false }},
		func(events ...live.Event) { w.told = append(w.told, events...) }, slog.New(slog.DiscardHandler))
	w.held.Now = func() time.Time { return w.now }
}

// at lets the watch look at so many seconds after it began, to the end of the journal.
func (w *watchman) at(began time.Time, seconds int) {
	w.t.Helper()
	w.now = began.Add(time.Duration(seconds) * time.Second)
	kept := w.held.Journal.(*store.Held)
	var last int64
	if err := w.db.Pool.QueryRow(w.t.Context(), `SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM signals_id`).Scan(&last); err != nil {
		w.t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		settled, err := kept.Settled(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if settled < last {
			continue
		}
		more, err := w.held.Step(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		if !more {
			return
		}
	}
	w.t.Fatal("the journal never settles")
}

func (w *watchman) said() (raised, restored int) {
	w.t.Helper()
	err := w.db.Pool.QueryRow(context.Background(), `SELECT count(*) FILTER (WHERE active), count(*) FILTER (WHERE NOT active) FROM signals WHERE kind = 'door.held'`).Scan(&raised, &restored)
	if err != nil {
		w.t.Fatal(err)
	}
	return raised, restored
}

func watchDoor(t *testing.T) (*watchman, time.Time) {
	t.Helper()
	db := storetest.Open(t)
	pointsOf(t, db)
	d := &rationale.Desk{Store: store.Rationale{DB: db}}
	if err := d.SetDoors(t.Context(), chief(), "hq", []rationale.DoorTime{{Point: "g1/doors-1.door1", Class: rationale.Inside}}); err != nil {
		t.Fatal(err)
	}
	began := time.Now().Truncate(time.Second)
	w := &watchman{t: t, db: db, now: began}
	w.start()
	w.at(began, 0)
	return w, began
}

func (w *watchman) journal(r intake.Record) {
	w.t.Helper()
	if err := journal(w.t.Context(), w.db, nil, nil, r); err != nil {
		w.t.Fatal(err)
	}
}

func TestADoorIsWarnedOfThenHeldOnceThenClosed(t *testing.T) {
	t.Parallel()
	w, began := watchDoor(t)
	w.journal(opened(1, true, began, false))
	w.at(began, 15)
	if len(w.told) != 0 {
		t.Fatalf("told at 15 s: %v", w.told)
	}
	w.at(began, 21)
	if len(w.told) != 1 || w.told[0].Gone {
		t.Fatalf("warned of at 21 s: %v", w.told)
	}
	w.at(began, 29)
	if raised, _ := w.said(); raised != 0 {
		t.Fatal("held at 29 s")
	}
	w.at(began, 30)
	w.start() // the console starts anew
	w.at(began, 31)
	w.at(began, 90)
	if raised, restored := w.said(); raised != 1 || restored != 0 || !w.told[1].Gone {
		t.Fatalf("raised %d, restored %d, told %v", raised, restored, w.told)
	}
	w.journal(opened(2, false, began.Add(95*time.Second), false))
	w.at(began, 96)
	if raised, restored := w.said(); raised != 1 || restored != 1 {
		t.Fatalf("raised %d, restored %d", raised, restored)
	}
}

func TestADoorThatClosesInTimeIsNeverHeld(t *testing.T) {
	t.Parallel()
	w, began := watchDoor(t)
	w.journal(opened(1, true, began, false))
	w.at(began, 25)
	w.journal(opened(2, false, began.Add(26*time.Second), false))
	w.at(began, 27)
	w.at(began, 200)
	// Open and closed within one look.
	w.journal(opened(3, true, began.Add(210*time.Second), false))
	w.journal(opened(4, false, began.Add(211*time.Second), false))
	w.at(began, 400)
	if raised, restored := w.said(); raised+restored != 0 {
		t.Errorf("raised %d, restored %d", raised, restored)
	}
	if len(w.told) != 2 || !w.told[1].Gone {
		t.Errorf("told %v", w.told)
	}
}

// After an hour in which nobody looked, what closed meanwhile is not raised, and
// what still stands open is.
func TestARestartRaisesNothingThatHasClosed(t *testing.T) {
	t.Parallel()
	w, began := watchDoor(t)
	w.journal(opened(1, true, began, false))
	w.at(began, 5)
	w.start()
	w.at(began, 3600)
	if raised, _ := w.said(); raised != 0 {
		t.Fatal("raised before the gateway could say that it has closed")
	}
	w.journal(opened(2, false, began.Add(8*time.Second), true))
	w.at(began, 3605)
	w.at(began, 4000)
	if raised, _ := w.said(); raised != 0 {
		t.Fatal("raised although it had closed")
	}
	w.journal(opened(3, true, began.Add(4000*time.Second), false))
	w.at(began, 4001)
	w.start()
	w.at(began, 7000)
	w.at(began, 7031)
	if raised, _ := w.said(); raised != 1 {
		t.Fatalf("raised %d times, want once: it still stands open", raised)
	}
}
