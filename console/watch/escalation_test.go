package watch_test

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/intake"
	"guardroom/console/live"
	"guardroom/console/notify"
	"guardroom/console/stations"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
	"guardroom/console/watch"
	"guardroom/devices"
)

// screens take what is shown and keep nothing.
type screens struct{}

func (screens) Now(...live.Event)                                   {}
func (screens) List(live.Topic, string) []json.RawMessage           { return nil }
func (screens) Raise(context.Context, string, devices.Signal) error { return nil }

// Two consoles look at the same moment, again and again: each step of each alarm
// is taken once, with one line, one delivery and one entry in the record.
func TestEachStepIsTakenOnce(t *testing.T) {
	t.Parallel()
	var clock atomic.Int64
	clock.Store(time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC).UnixNano())
	now := func() time.Time { return time.Unix(0, clock.Load()).UTC() }
	db := storetest.OpenWith(t, store.Options{Now: now})
	system := audit.By(auth.System(), "hq", "test", "test", nil)
	if err := (&store.Stations{DB: db}).AddStation(t.Context(), stations.Station{ID: "hq", Name: "HQ", TimeZone: "UTC", WorkingWeek: []int{1, 2, 3, 4, 5}}, system); err != nil {
		t.Fatal(err)
	}
	book := &store.Notify{DB: db}
	for _, c := range []notify.Contact{{Name: "D", Email: "d@example.org", Role: notify.ForDelivery}, {Name: "C", Email: "c@example.org", Role: notify.ForDutyChief}} {
		c.ID, c.Station = auth.NewID(), "hq"
		if _, err := book.SaveContact(t.Context(), c, system); err != nil {
			t.Fatal(err)
		}
	}
	in := intake.New(&store.Intake{DB: db}, intake.Options{Now: now})
	defer in.Close()
	const fires = 5
	for i := range fires {
		point := devices.MakePointID("g1", "fire-1", string(rune('a'+i)))
		if err := in.Raise(t.Context(), "hq", devices.Signal{Point: point, Kind: devices.FireAlarm, Active: true}); err != nil {
			t.Fatal(err)
		}
	}
	open := func(manned bool) *watch.Desk {
		d, err := watch.Open(t.Context(), watch.Options{
			Store: &store.Watch{DB: db, Settings: store.Settings{DB: db}}, Notify: notify.NewDesk(notify.Options{Store: book}), Raiser: screens{}, Board: screens{},
			Stations: func() []watch.Station { return []watch.Station{{ID: "hq", Name: "HQ", Zone: time.UTC}} },
			Policy:   func(string) alarms.Policy { return alarms.DefaultPolicy() }, Now: now, Grace: time.Nanosecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		if manned {
			d.Enter("s", auth.Operator{ID: "u", Name: "U", Grants: []auth.Grant{{Role: auth.Officer, Station: "hq"}}})
		}
		return d
	}
	desks := []*watch.Desk{open(true), open(true)}
	look := func() {
		var work sync.WaitGroup
		for range 3 {
			for _, d := range desks {
				work.Go(func() {
					if _, err := d.Escalate(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
		}
		work.Wait()
		for _, d := range desks { // whoever was passed over
			if _, err := d.Escalate(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	count := func(sql string) (n int) {
		if err := db.Pool.QueryRow(t.Context(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, step := range []struct {
		after                        time.Duration
		lines, deliveries, dutyChief int
	}{
		{29 * time.Second, 0, 0, 0},
		{2 * time.Second, fires, 0, 0},
		{30 * time.Second, 2 * fires, fires, 0},
		{60 * time.Second, 3 * fires, 2 * fires, fires},
		{10 * time.Minute, 3 * fires, 2 * fires, fires},
	} {
		clock.Add(int64(step.after))
		look()
		if got := count(`SELECT count(*) FROM alarm_history WHERE what = 'escalated'`); got != step.lines {
			t.Errorf("%s later: %d lines, want %d", step.after, got, step.lines)
		}
		if got := count(`SELECT count(*) FROM audit_entries WHERE action = 'alarm.escalate'`); got != step.lines {
			t.Errorf("%s later: %d entries in the record, want %d", step.after, got, step.lines)
		}
		if got := count(`SELECT count(*) FROM deliveries`); got != step.deliveries {
			t.Errorf("%s later: %d deliveries, want %d", step.after, got, step.deliveries)
		}
		if got := count(`SELECT count(*) FROM deliveries WHERE "to" = 'duty_chief' AND name = 'C'`); got != step.dutyChief {
			t.Errorf("%s later: %d to the duty chief, want %d", step.after, got, step.dutyChief)
		}
	}
}
