package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"guardroom/console/auth"
	"guardroom/console/replay"
	"guardroom/console/store"
	"guardroom/console/store/pgbox"
	"guardroom/devices"
)

// thePast measures looking back into a journal of many rows, made up here, in a
// private PostgreSQL of its own. With -journal its folder stays, and the next run
// looks back into what is there.
func thePast(ctx context.Context, b *bench) error {
	home := filepath.Join(b.folder, "journal")
	if b.o.journal != "" {
		home = b.o.journal
	}
	box, err := pgbox.Open(ctx, home, pgbox.Options{Settings: map[string]string{"max_wal_size": "4GB"}})
	if err != nil {
		return err
	}
	defer func() { _ = box.Close() }()
	db, err := store.Open(ctx, box.DSN(), store.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	p := newPast(b.o.rows, time.Now())
	there, err := madeBefore(ctx, db)
	if err != nil {
		return err
	}
	if !there.IsZero() {
		p = newPast(b.o.rows, there)
	} else if err := b.makePast(ctx, db, p); err != nil {
		return err
	}
	if err := b.digestPast(ctx, db, p); err != nil {
		return err
	}
	return b.lookBack(ctx, db, p)
}

// madeBefore is the end of the journal that an earlier run has left, or zero.
func madeBefore(ctx context.Context, db *store.DB) (end time.Time, err error) {
	var last *time.Time
	err = db.Pool.QueryRow(ctx, `SELECT (SELECT received FROM signals ORDER BY id DESC LIMIT 1)`).Scan(&last)
	if err != nil || last == nil {
		return time.Time{}, err
	}
	return *last, nil
}

// makePast fills the database.
func (b *bench) makePast(ctx context.Context, db *store.DB, p *past) error {
	m := startMeter(os.Getpid())
	for monday := p.from.AddDate(0, 0, -7); monday.Before(p.to); monday = monday.AddDate(0, 0, 28) {
		if err := db.MakePartitions(ctx, monday); err != nil {
			return err
		}
	}
	c, err := db.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	if _, err := c.Exec(ctx, `SET statement_timeout = 0`); err != nil {
		return err
	}
	err = p.build(db, func(sql string, write func(w io.Writer) error) error {
		r, w := io.Pipe()
		go func() {
			buffered := bufio.NewWriterSize(w, 1<<20)
			err := write(buffered)
			if err == nil {
				err = buffered.Flush()
			}
			_ = w.CloseWithError(err) // it never fails
		}()
		_, err := c.Conn().PgConn().CopyFrom(ctx, r, sql)
		return err
	})
	if err != nil {
		return fmt.Errorf("make up a past: %w", err)
	}
	for _, sql := range []string{
		`UPDATE chain SET change = (SELECT max(change) FROM audit_entries)`,
		`INSERT INTO stations (id, name, time_zone) VALUES ('nairobi', 'Nairobi', 'Africa/Nairobi'), ('geneva', 'Geneva', 'Europe/Zurich') ON CONFLICT DO NOTHING`,
		`ANALYZE`, `RESET statement_timeout`,
	} {
		if _, err := c.Exec(ctx, sql); err != nil {
			return err
		}
	}
	u := m.read()
	b.add("journal", u, figure{Name: "made in", Value: u.took.Seconds(), Unit: "s", Note: fmt.Sprintf("%d signals of %d points in %d days, %d alarms with %d lines", p.rows, len(p.points), pastDays, p.alarms, p.lines)})
	return b.sizes(ctx, db, u, "signals")
}

// digestPast lets the digester catch up with all of it.
func (b *bench) digestPast(ctx context.Context, db *store.DB, p *past) error {
	m := startMeter(os.Getpid())
	d := store.Digester{DB: db, Rows: min(b.o.rows/10, 20_000)}
	for {
		if err := d.Digest(ctx); err != nil && !store.Transient(err) { // a busy disk; the console tries again too
			return err
		}
		var left, acts int64
		if err := db.Pool.QueryRow(ctx, `SELECT (SELECT max(id) FROM signals) - signal, (SELECT change FROM chain) - change FROM journal_follower`).Scan(&left, &acts); err != nil {
			return err
		}
		if left < int64(d.Rows) && acts == 0 {
			break
		}
	}
	u := m.read()
	b.add("journal", u, figure{Name: "digested", Value: float64(p.rows) / u.took.Seconds(), Unit: "/s", Note: fmt.Sprintf("%.0f s, off the path of intake", u.took.Seconds())})
	if _, err := db.Pool.Exec(ctx, `SET statement_timeout = 0; ANALYZE journal_segments, journal_texts, journal_cards, journal_minutes, replay_frames, audit_words; RESET statement_timeout`); err != nil {
		return err
	}
	return b.sizes(ctx, db, u, "replay_frames", "journal_segments", "journal_texts", "journal_cards", "journal_minutes", "audit_words", "audit_entries_person")
}

func (b *bench) sizes(ctx context.Context, db *store.DB, u usage, tables ...string) error {
	for _, t := range tables {
		var bytes int64
		err := db.Pool.QueryRow(ctx, `
			SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c
			 WHERE c.oid = $1::regclass OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = $1::regclass)`, t).Scan(&bytes)
		if err != nil {
			return err
		}
		b.add("journal", u, figure{Name: "size of " + t, Value: float64(bytes) / (1 << 20), Unit: "MiB"})
	}
	return nil
}

// question is one thing asked of the past.
type question struct {
	name  string
	limit float64 // ms, p95
	ask   func(ctx context.Context) (any, error)
}

// asked is how often each question is asked: less of a journal that is made up
// only to see that it can be asked.
func (b *bench) asked() int { return min(200, b.o.rows/1000) }

// lookBack asks each question many times, as an officer with every right, and
// encodes the answer as the API does.
func (b *bench) lookBack(ctx context.Context, db *store.DB, p *past) error {
	for _, q := range questions(&replay.Desk{Store: store.Replay{DB: db}, Now: func() time.Time { return p.to }}, p) {
		m := startMeter(os.Getpid())
		var took ages
		for range b.asked() {
			began := time.Now()
			answer, err := q.ask(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", q.name, err)
			}
			if err := json.NewEncoder(io.Discard).Encode(answer); err != nil {
				return err
			}
			took.add(time.Since(began))
		}
		b.add("journal", m.read(), figure{Name: q.name + " p95", Value: took.at(0.95), Unit: "ms", Mark: atMost(q.limit),
			Note: fmt.Sprintf("p50 %.1f, max %.0f ms, %d times", took.at(0.5), took.at(1), b.asked())})
	}
	return nil
}

func questions(desk *replay.Desk, p *past) []question {
	by := auth.Operator{ID: "bench", Name: "Bench", Grants: []auth.Grant{{Role: auth.Chief, Station: auth.AllStations}}}
	r := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // the same questions each time
	instant := func() time.Time {
		return p.from.Add(time.Duration(r.Int64N(int64(p.to.Sub(p.from)))))
	}
	week := func() (time.Time, time.Time) {
		to := instant().Add(7 * 24 * time.Hour)
		return to.Add(-7 * 24 * time.Hour), to
	}
	station := func() string { return []string{"nairobi", "nairobi", "nairobi", "geneva"}[r.IntN(4)] }
	words := func(list ...string) func(ctx context.Context) (any, error) {
		return func(ctx context.Context) (any, error) {
			from, to := week()
			return desk.Text(ctx, by, replay.Search{Q: list[r.IntN(len(list))], From: from, To: to})
		}
	}
	return []question{
		{"a point's last 100", 200, func(ctx context.Context) (any, error) {
			return desk.Point(ctx, by, replay.Search{Point: devices.PointID(p.points[r.IntN(len(p.points))].id)})
		}},
		{"an officer's day", 200, func(ctx context.Context) (any, error) {
			from := instant()
			return desk.Person(ctx, by, replay.Search{Actor: p.officers[r.IntN(len(p.officers))], From: from, To: from.Add(24 * time.Hour)})
		}},
		{"a cardholder's day", 200, func(ctx context.Context) (any, error) {
			from := instant()
			return desk.Person(ctx, by, replay.Search{Card: p.cards[r.IntN(len(p.cards))], From: from, To: from.Add(24 * time.Hour)})
		}},
		{"a week's text, many hits", 200, words("door", "access granted", "open", "zone", "block", "level 2 lobby")},
		{"a week's text, some hits", 200, words("forced", "held open garage", "expired", "intrusion", "clinic door held", "registry forced", "battery")},
		{"a week's text, few hits", 200, words("smoke detected", "fire alarm", "detector 977", "ups 12 battery", "door 1377 forced", "obscuration 3 L1D12", "detector dirty archive")},
		{"a week's text, no hit", 200, words("submarine", "smoke submarine", "door 99999", "zz")},
		{"replay seek", 1000, func(ctx context.Context) (any, error) { return desk.At(ctx, by, station(), instant()) }},
		{"replay, ten minutes to play", 1000, func(ctx context.Context) (any, error) {
			from := instant()
			return desk.Between(ctx, by, replay.Window{Station: station(), From: from, To: from.Add(10 * time.Minute), Limit: 2000})
		}},
		{"density of a day", 200, func(ctx context.Context) (any, error) {
			to := instant()
			return desk.Density(ctx, by, station(), to.Add(-24*time.Hour), to, 0)
		}},
		{"density of all", 1000, func(ctx context.Context) (any, error) { return desk.Density(ctx, by, station(), p.from, p.to, 0) }},
	}
}
