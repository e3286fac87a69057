package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"guardroom/console/auth"
	"guardroom/console/intake"
	"guardroom/console/replay"
	"guardroom/console/store"
	"guardroom/devices"
)

// TestRetentionDropsOnlyWhatNobodyNeeds lets a year and more go by.
func TestRetentionDropsOnlyWhatNobodyNeeds(t *testing.T) {
	t.Parallel()
	w := newPastWorld(t, 1)
	old := w.now
	s := store.Replay{DB: w.db}
	desk := replay.Desk{Store: s, Now: func() time.Time { return w.now }}
	admin := auth.Operator{ID: "a", Name: "Ali", Grants: []auth.Grant{{Role: auth.Admin, Station: auth.AllStations}}}
	say := func(kind devices.Kind, active bool, card string) {
		t.Helper()
		w.seq++
		r := intake.Record{Signal: devices.Signal{Point: "gw/d1.p", Kind: kind, Active: active, Occurred: w.now, Observed: w.now, Clock: devices.Synced, Text: "x", Epoch: 1, Seq: w.seq},
			Station: "hq", Gateway: "gw", Received: w.now}
		if card != "" {
			r.Detail = map[string]string{devices.CardHashDetail: card}
		}
		w.commit(r)
	}
	if err := w.db.MakePartitions(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	for range 7 {
		w.now = w.now.Add(time.Minute)
		say(devices.AccessGranted, true, cardOf)
		say(devices.DoorOpened, true, "")
	}
	w.digest()
	say(devices.DoorForced, true, "") // stays open
	w.now = w.now.Add(time.Minute)
	say(devices.DoorOpened, false, "")
	w.digest()
	w.now = old.AddDate(0, 0, 430)
	if err := w.db.MakePartitions(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	say(devices.AccessGranted, true, cardOf)
	w.digest()

	signals := func() int { return count(t, w.db, `SELECT count(*) FROM signals`) }
	all := signals()
	stays := func(why string) {
		t.Helper()
		if err := w.db.DropPartitions(t.Context(), w.now); err != nil {
			t.Fatal(err)
		}
		if n := signals(); n != all {
			t.Fatalf("%s: %d of %d signals are left", why, n, all)
		}
	}
	stays("an alarm of that week is open")
	a := w.open()
	if len(a) != 1 {
		t.Fatalf("%d alarms are open", len(a))
	}
	say(devices.DoorForced, false, "")
	all++
	a = w.open()
	if _, err := w.desk.Acknowledge(t.Context(), boss, a[0].ID, a[0].Version, "old"); err != nil {
		t.Fatal(err)
	}
	if count(t, w.db, `SELECT count(*) FROM alarms WHERE close_needed AND closed IS NULL`) > 0 {
		stays("somebody must still say what it was")
		found, err := w.desk.Find(t.Context(), boss, a[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.desk.Close(t.Context(), boss, a[0].ID, found.Version, "false", ""); err != nil {
			t.Fatal(err)
		}
	}
	hold, err := desk.Hold(t.Context(), admin, replay.Hold{Station: "hq", From: old.Add(time.Minute), Until: old.Add(time.Hour), Reason: "an inquiry"})
	if err != nil {
		t.Fatal(err)
	}
	stays("a legal hold stands")
	if _, err := desk.Release(t.Context(), admin, hold.ID, "over"); err != nil {
		t.Fatal(err)
	}
	if again, err := desk.Release(t.Context(), admin, hold.ID, "over"); err != nil || again.ReleasedAt == nil {
		t.Errorf("released again: %+v %v", again, err)
	}
	if err := s.During(t.Context(), func(context.Context) error { stays("somebody carries it away"); return nil }); err != nil {
		t.Fatal(err)
	}
	if r, err := desk.Retain(t.Context(), admin, replay.Retention{JournalDays: 500, DeadLetterDays: 90}); err != nil || r.Version != 1 {
		t.Fatalf("%+v %v", r, err)
	}
	stays("it is kept for 500 days")
	if _, err := desk.Retain(t.Context(), admin, replay.Retention{JournalDays: 400, DeadLetterDays: 90}); err == nil {
		t.Error("somebody who saw an old version changed it")
	}
	if _, err := desk.Retain(t.Context(), admin, replay.Retention{JournalDays: 400, DeadLetterDays: 90, Version: 1}); err != nil {
		t.Fatal(err)
	}

	if err := w.db.DropPartitions(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	if n := signals(); n != 2 {
		t.Errorf("%d signals are left, want the two of this week", n)
	}
	if n := count(t, w.db, `SELECT count(*) FROM audit_entries WHERE action = 'journal.drop' AND (params->>'journal_days')::int = 400`); n == 0 {
		t.Error("the drop is not in the record")
	}
	if n := count(t, w.db, `SELECT count(*) FROM journal_cards WHERE received < $1`, old.AddDate(0, 0, 30)); n != 0 {
		t.Errorf("%d cards of the dropped week are left", n)
	}
	if n := count(t, w.db, `SELECT count(*) FROM journal_minutes WHERE minute < $1`, old.AddDate(0, 0, 30)); n != 0 {
		t.Errorf("%d minutes of the dropped week are left", n)
	}
	if n := count(t, w.db, `SELECT count(*) FROM journal_texts WHERE kind = 'door.opened'`); n != 0 {
		t.Errorf("%d texts are kept that nothing says any more", n)
	}
	if n := count(t, w.db, `SELECT count(*) FROM journal_texts t WHERE NOT EXISTS (SELECT FROM journal_segments s WHERE t.id = ANY(s.texts))`); n != 0 {
		t.Errorf("%d texts are in no segment", n)
	}
	if n := count(t, w.db, `SELECT count(*) FROM journal_segments s, unnest(s.texts) said WHERE NOT EXISTS (SELECT FROM journal_texts t WHERE t.id = said)`); n != 0 {
		t.Errorf("%d segments name texts that are gone", n)
	}
	// What held when the dropped part ended is known still.
	still, err := desk.At(t.Context(), boss, "hq", w.now)
	if err != nil || len(still.Points["gw/d1.p"].Conditions) != 2 {
		t.Errorf("after the drop: %+v (%v)", still.Points, err)
	}
	before, err := desk.At(t.Context(), boss, "hq", old.Add(-time.Hour))
	if err != nil || len(before.Points) != 0 {
		t.Errorf("before the journal: %+v (%v)", before.Points, err)
	}

	var forbidden *auth.ForbiddenError
	var invalid *replay.InvalidError
	for name, err := range map[string]error{
		"retention": second(desk.Retain(t.Context(), boss, replay.DefaultRetention())),
		"hold":      second(desk.Hold(t.Context(), boss, replay.Hold{Station: "hq", From: old, Until: w.now, Reason: "x"})),
		"release":   second(desk.Release(t.Context(), boss, hold.ID, "x")),
		"read":      second(desk.Retention(t.Context(), officer)),
	} {
		if !errors.As(err, &forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"days":      second(desk.Retain(t.Context(), admin, replay.Retention{JournalDays: 7, DeadLetterDays: 90})),
		"backwards": second(desk.Hold(t.Context(), admin, replay.Hold{Station: "hq", From: w.now, Until: old, Reason: "x"})),
		"no reason": second(desk.Hold(t.Context(), admin, replay.Hold{Station: "hq", From: old, Until: w.now})),
	} {
		if !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
