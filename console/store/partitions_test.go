package store_test

import (
	"testing"
	"time"

	"guardroom/console/store"
	"guardroom/console/store/storetest"
)

func TestPartitionsAreMadeAheadAndNeverNeeded(t *testing.T) {
	t.Parallel()
	now := time.Date(2040, 12, 27, 23, 0, 0, 0, time.UTC) // the ISO year and the calendar's differ soon
	db := storetest.OpenWith(t, store.Options{Now: func() time.Time { return now }})
	later := time.Date(2041, 3, 6, 12, 0, 0, 0, time.UTC)
	for _, received := range []time.Time{now, later, later.AddDate(0, 0, 1), later.AddDate(5, 0, 0)} {
		if _, err := db.Pool.Exec(t.Context(), `
			INSERT INTO signals (received, occurred, observed, epoch, seq, active, historical, demo, station, gateway, point, kind, clock, state, text)
			VALUES ($1, $1, $1, 1, 1, true, false, false, 'hq', 'gw', 'gw/d.p', 'door.opened', 'synced', '', '')`, received); err != nil {
			t.Fatal(err)
		}
	}
	count := func(table string) (n int) {
		t.Helper()
		if err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM `+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count("signals_2040w52"); n != 1 {
		t.Errorf("%d signals in the present week", n)
	}
	if n := count("signals_rest"); n != 3 {
		t.Errorf("%d signals in no week", n)
	}
	for range 2 { // again is harmless
		if err := db.MakePartitions(t.Context(), later); err != nil {
			t.Fatal(err)
		}
	}
	if n := count("signals_2041w10"); n != 2 {
		t.Errorf("%d signals were moved into their week, want 2", n)
	}
	if n, all := count("signals_rest"), count("signals"); n != 1 || all != 4 {
		t.Errorf("%d signals in no week, %d in all", n, all)
	}
}
