package intake_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"guardroom/console/intake"
	"guardroom/console/store"
	"guardroom/console/store/pgbox"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// realDatabase is a private PostgreSQL as the console runs it, with fsync.
func realDatabase(tb testing.TB) (*store.DB, *pgbox.Box) {
	tb.Helper()
	dir, err := os.MkdirTemp("", "guardroom-bench-")
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	box, err := pgbox.Open(context.Background(), filepath.Join(dir, "pg"), pgbox.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = box.Close() })
	db, err := store.Open(context.Background(), box.DSN(), store.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(db.Close)
	return db, box
}

// message is n signals of about 300 bytes, as they travel.
func message(tb testing.TB, gateway string, first uint64, n int, kind devices.Kind) []byte {
	now := time.Now()
	signals := make([]devices.Signal, n)
	for i := range signals {
		seq := first + uint64(i)
		signals[i] = devices.Signal{Point: devices.PointID(fmt.Sprintf("%s/door-%d.contact", gateway, seq%8)), Kind: kind, Active: seq/8%2 == 0,
			Occurred: now, Observed: now, Clock: devices.Synced, State: "open", Epoch: 1, Seq: seq}
	}
	payload, err := link.EncodeSignals("hq", signals)
	if err != nil {
		tb.Fatal(err)
	}
	return payload
}

// flood sends total signals from 50 gateways, per to a message, with a window of
// 200 messages in flight each, and returns when all are committed.
func flood(tb testing.TB, in *intake.Intake, total, per int, kind devices.Kind) {
	const gateways, window = 50, 200
	var wait sync.WaitGroup
	for g := range gateways {
		wait.Go(func() {
			gateway := fmt.Sprintf("gw-%d", g)
			flight := make(chan struct{}, window)
			var done sync.WaitGroup
			for first := 1; first <= total/gateways; first += per {
				payload := message(tb, gateway, uint64(first), per, kind)
				flight <- struct{}{}
				done.Add(1)
				in.Take(gateway, "hq", link.Signals, payload, time.Now(), func() { <-flight; done.Done() })
			}
			done.Wait()
		})
	}
	wait.Wait()
}

func BenchmarkTake(b *testing.B) {
	for _, bc := range []struct {
		name   string
		per    int
		kind   devices.Kind
		shards int
	}{
		{"singly", 1, devices.DoorOpened, 2},
		{"batches of 100", 100, devices.DoorOpened, 2},
		{"one shard/singly", 1, devices.DoorOpened, 1},
		{"one shard/batches of 100", 100, devices.DoorOpened, 1},
		{"alarms/singly", 1, devices.DoorForced, 2},
		{"alarms/batches of 100", 100, devices.DoorForced, 2},
	} {
		b.Run(bc.name, func(b *testing.B) {
			db, _ := realDatabase(b)
			in := intake.New(store.Intake{DB: db}, intake.Options{Shards: bc.shards})
			defer in.Close()
			total := max(b.N/5000, 1) * 5000
			b.ResetTimer()
			began := time.Now()
			flood(b, in, total, bc.per, bc.kind)
			took := time.Since(began)
			b.StopTimer()
			stats := in.Stats()
			if stats.Signals != int64(total) {
				b.Fatalf("%d of %d committed", stats.Signals, total)
			}
			b.ReportMetric(float64(total)/took.Seconds(), "signals/s")
			b.ReportMetric(float64(total)/float64(stats.Groups), "signals/group")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkBareStatement is what PostgreSQL does on this machine with the bare
// statement: two connections, 500 rows a statement, a table for the keys, a
// partitioned one for the rows.
func BenchmarkBareStatement(b *testing.B) {
	db, _ := realDatabase(b)
	ctx := context.Background()
	if _, err := db.Pool.Exec(ctx, bareTables); err != nil {
		b.Fatal(err)
	}
	payload := `{"kind":"door.forced","zone":"z-17","user":"card-00042","detail":{"reader":"r-3","batt":87},"pad":"` + string(make([]byte, 0))
	for len(payload) < 298 {
		payload += "x"
	}
	payload += `"}`
	const rows = 500
	var next atomic.Int64
	total := max(b.N/rows, 2) * rows
	b.ResetTimer()
	began := time.Now()
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			gw, seq := make([]int64, rows), make([]int64, rows)
			kind, at, pay := make([]int16, rows), make([]time.Time, rows), make([]string, rows)
			for {
				first := next.Add(rows) - rows
				if first >= int64(total) {
					return
				}
				for i := range rows {
					n := first + int64(i)
					gw[i], seq[i], kind[i], at[i], pay[i] = n%500, n/500, 3, time.Now(), payload
				}
				if _, err := db.Pool.Exec(ctx, bareInsert, gw, seq, kind, kind, at, pay); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	b.ReportMetric(float64(total)/time.Since(began).Seconds(), "signals/s")
	b.ReportMetric(0, "ns/op")
}

const bareTables = `
create table bench_event (
  id bigint generated always as identity, gateway_id bigint not null, seq bigint not null, kind smallint not null,
  severity smallint not null, occurred_at timestamptz not null, received_at timestamptz not null default now(), payload jsonb not null,
  primary key (id, occurred_at)) partition by range (occurred_at);
create table bench_event_cur partition of bench_event for values from ('2020-01-01') to ('2035-01-01');
create index bench_event_time on bench_event (occurred_at desc);
create index bench_event_gw on bench_event (gateway_id, occurred_at desc);
create table bench_seen (gateway_id bigint not null, seq bigint not null, primary key (gateway_id, seq))`

const bareInsert = `
with src as (
  select * from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::timestamptz[], $6::text[])
    as t(gateway_id, seq, kind, severity, occurred_at, payload)
), fresh as (
  insert into bench_seen (gateway_id, seq) select gateway_id, seq from src
  on conflict do nothing returning gateway_id, seq
)
insert into bench_event (gateway_id, seq, kind, severity, occurred_at, payload)
select s.gateway_id, s.seq, s.kind, s.severity, s.occurred_at, s.payload::jsonb
from src s join fresh f using (gateway_id, seq)`

// BenchmarkLatency sends 2,000 signals a second singly, each when it is due, and
// reports how long after that it was committed.
func BenchmarkLatency(b *testing.B) {
	for _, kind := range []devices.Kind{devices.DoorOpened, devices.DoorForced} {
		b.Run(string(kind), func(b *testing.B) {
			db, _ := realDatabase(b)
			in := intake.New(store.Intake{DB: db}, intake.Options{})
			defer in.Close()
			const gateways, rate = 50, 2000
			total := max(b.N, 2000)
			took := make([]time.Duration, total)
			var wait sync.WaitGroup
			wait.Add(total)
			b.ResetTimer()
			began := time.Now()
			for n := range total {
				due := began.Add(time.Duration(n) * time.Second / rate)
				if early := time.Until(due); early > 0 {
					<-time.After(early)
				}
				gateway := fmt.Sprintf("gw-%d", n%gateways)
				channel := link.Signals
				if kind.Info().Alarm {
					channel = link.Alarms
				}
				in.Take(gateway, "hq", channel, message(b, gateway, uint64(n/gateways+1), 1, kind), time.Now(), func() {
					took[n] = time.Since(due)
					wait.Done()
				})
			}
			wait.Wait()
			b.StopTimer()
			slices.Sort(took)
			b.ReportMetric(float64(took[total/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[total*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}
