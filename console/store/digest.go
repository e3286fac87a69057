package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/alarms"
	"guardroom/console/replay"
	"guardroom/devices"
)

// Digester digests the journal for replay and search, off the path of intake:
// nothing waits for it, and what it has not come to yet is read from the journal
// itself. Of several consoles one digests at a time. One goroutine may use it.
type Digester struct {
	DB *DB
	// Rows of a segment at most; default 20,000. Fewer wait until Patience is over.
	Rows     int
	Patience time.Duration // default 6 hours

	seen    *skyline
	frames  map[string]*frame // by station, as of segment at
	at      int64
	labels  map[string][]string // by point
	labeled time.Time
}

const (
	digestEvery  = time.Second
	labelsEvery  = 5 * time.Minute
	actsAtOnce   = 5000        // changes
	mostActs     = 20          // times at one call
	longestWrite = time.Minute // no transaction of ours lives as long: see DB.write
)

// Run digests until ctx ends.
func (f *Digester) Run(ctx context.Context) {
	tick := time.NewTicker(digestEvery)
	defer tick.Stop()
	for {
		if err := f.Digest(ctx); err != nil && ctx.Err() == nil {
			f.DB.o.Log.Error("digest the journal", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Digest takes in what is there, settled, and enough or old enough. It looks first
// and digests at a later call what it saw then.
func (f *Digester) Digest(ctx context.Context) error {
	if err := f.acts(ctx); err != nil {
		return err
	}
	ready, err := f.look(ctx)
	for ready && err == nil && ctx.Err() == nil {
		if ready, err = f.step(ctx); err == nil { // a long backlog of one must not keep the other waiting
			err = f.acts(ctx)
		}
	}
	return err
}

// skyline is the newest of the journal that was seen at an instant. Ids are drawn
// before their transaction commits, so that a smaller one may still appear; once
// every transaction that ran at the instant is over, none can.
type skyline struct {
	signal, line int64
	next         uint64 // every transaction that ran then is below it: a number of our own, as what a snapshot calls its upper end is above the last that ended only
	at           time.Time
}

const selectSkyline = `
	SELECT coalesce((SELECT max(id) FROM signals WHERE id > f.signal), f.signal),
	       coalesce((SELECT max(id) FROM alarm_history WHERE id > f.line), f.line),
	       pg_current_xact_id()::text, pg_snapshot_xmin(pg_current_snapshot())::text,
	       f.signal, f.line, nullif(f.until, '-infinity')
	  FROM journal_follower f`

func (f *Digester) look(ctx context.Context) (ready bool, err error) {
	ctx, cancel := f.DB.bounded(ctx)
	defer cancel()
	now := f.DB.Now()
	h := skyline{at: now}
	var next, oldest string
	var signal, line int64
	var until *time.Time
	if err := f.DB.Pool.QueryRow(ctx, selectSkyline).Scan(&h.signal, &h.line, &next, &oldest, &signal, &line, &until); err != nil {
		return false, fmt.Errorf("look at the journal: %w", err)
	}
	running, err1 := strconv.ParseUint(oldest, 10, 64)
	begun, err2 := strconv.ParseUint(next, 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return false, fmt.Errorf("look at the journal: %w", err)
	}
	h.next = begun
	s := f.seen
	if s == nil || s.signal < signal || s.line < line { // the first look, or another console went on
		if f.seen = nil; h.signal > signal || h.line > line {
			f.seen = &h
		}
		return false, nil
	}
	if running < s.next && now.Sub(s.at) < longestWrite {
		return false, nil
	}
	if f.enough(s, signal, line) {
		return true, nil
	}
	since := s.at
	if until != nil {
		since = *until
	}
	if now.Sub(since) >= f.patience() {
		return true, nil
	}
	if f.enough(&h, signal, line) {
		f.seen = &h
	}
	return false, nil
}

func (f *Digester) enough(s *skyline, signal, line int64) bool {
	return s.signal-signal >= int64(f.rows()) || s.line-line >= int64(f.rows())
}

func (f *Digester) rows() int {
	if f.Rows == 0 {
		return 20_000
	}
	return f.Rows
}

func (f *Digester) patience() time.Duration {
	if f.Patience == 0 {
		return 6 * time.Hour
	}
	return f.Patience
}

// reached is how far the journal is digested.
type reached struct {
	segment, signal, line int64
	until                 time.Time
}

// step digests one segment, and reports whether there may be more to do.
func (f *Digester) step(ctx context.Context) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.DB.acquire+10*f.DB.o.Deadline)
	defer cancel()
	seen := *f.seen
	err = pgx.BeginFunc(ctx, f.DB.Pool, func(tx pgx.Tx) error {
		var p reached
		var until *time.Time
		err := tx.QueryRow(ctx, `SELECT segment, signal, line, nullif(until, '-infinity') FROM journal_follower FOR UPDATE SKIP LOCKED`).
			Scan(&p.segment, &p.signal, &p.line, &until)
		if errors.Is(err, pgx.ErrNoRows) { // another console is at it
			return nil
		}
		if err != nil {
			return err
		}
		if until != nil {
			p.until = *until
		}
		if seen.signal <= p.signal && seen.line <= p.line {
			return nil
		}
		more, err = f.digest(ctx, tx, p, seen)
		return err
	})
	if err != nil {
		f.frames, f.labels = nil, nil // they may be ahead of what was kept
		return false, fmt.Errorf("digest the journal: %w", err)
	}
	if !more {
		f.seen = nil
	}
	return more, nil
}

func (f *Digester) digest(ctx context.Context, tx pgx.Tx, p reached, seen skyline) (more bool, err error) {
	heard, err := readHeard(ctx, tx, p.signal, seen.signal, f.rows())
	if err != nil {
		return false, fmt.Errorf("read signals: %w", err)
	}
	lines, err := readTouched(ctx, tx, p.line, seen.line, f.rows())
	if err != nil {
		return false, fmt.Errorf("read the history of alarms: %w", err)
	}
	next := reached{segment: p.segment + 1, signal: max(p.signal, seen.signal), line: max(p.line, seen.line), until: p.until}
	full := len(heard) == f.rows() || len(lines) == f.rows()
	if full { // both end at about the same instant, or a frame would be of two
		heard, lines = abreast(heard, lines, f.rows())
		if next.signal = p.signal; len(heard) > 0 {
			next.signal = heard[len(heard)-1].ID
		}
		if next.line = p.line; len(lines) > 0 {
			next.line = lines[len(lines)-1].id
		}
	}
	if len(heard)+len(lines) == 0 { // ids that a rollback has lost
		_, err := tx.Exec(ctx, `UPDATE journal_follower SET signal = $1, line = $2`, next.signal, next.line)
		return false, err
	}
	var raised []replay.Raise
	for _, l := range lines {
		if l.what == string(alarms.Raised) {
			raised = append(raised, replay.Raise{At: l.at, Station: l.station, Priority: l.priority})
		}
	}
	d := replay.MakeDigest(heard, raised)
	for _, l := range lines {
		d.Span(l.at)
	}
	next.until = later(next.until, d.To)
	if err := f.write(ctx, tx, p, next, d, lines); err != nil {
		return false, err
	}
	f.at = next.segment
	return full, nil
}

// abreast cuts the list that goes on longer in time where the other ends, when
// that one is full.
func abreast(heard []replay.Heard, lines []touched, full int) ([]replay.Heard, []touched) {
	var lastHeard, lastLine time.Time
	for i := range heard {
		lastHeard = later(lastHeard, heard[i].Received)
	}
	for i := range lines {
		lastLine = later(lastLine, lines[i].at)
	}
	if len(heard) == full && (len(lines) < full || !lastHeard.After(lastLine)) {
		if i := slices.IndexFunc(lines, func(l touched) bool { return l.at.After(lastHeard) }); i >= 0 {
			lines = lines[:i]
		}
		return heard, lines
	}
	if i := slices.IndexFunc(heard, func(h replay.Heard) bool { return h.Received.After(lastLine) }); i >= 0 {
		heard = heard[:i]
	}
	return heard, lines
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// touched is a line of an alarm's history.
type touched struct {
	id             int64
	alarm, station string
	at             time.Time
	what           string
	priority       int
}

const heardColumns = `id, received, observed, clock, station, point, kind, active, state, text, coalesce(detail->>'` + devices.CardHashDetail + `', ''), epoch, seq`

func scanHeard(row pgx.CollectableRow) (h replay.Heard, err error) {
	err = row.Scan(&h.ID, &h.Received, &h.Observed, &h.Clock, &h.Station, &h.Point, &h.Kind, &h.Active, &h.State, &h.Text, &h.Card, &h.Place.Epoch, &h.Place.Seq)
	return h, err
}

func readHeard(ctx context.Context, tx pgx.Tx, after, upto int64, limit int) ([]replay.Heard, error) {
	rows, _ := tx.Query(ctx, `SELECT `+heardColumns+` FROM signals WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3`, after, upto, limit)
	return pgx.CollectRows(rows, scanHeard)
}

func readTouched(ctx context.Context, tx pgx.Tx, after, upto int64, limit int) ([]touched, error) {
	rows, _ := tx.Query(ctx, `
		SELECT h.id, h.alarm, coalesce(a.station, ''), h.at, h.what, coalesce(a.priority, 0)
		  FROM (SELECT id, alarm, at, what FROM alarm_history WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3) h
		  LEFT JOIN alarms a ON a.id = h.alarm
		 ORDER BY h.id`, after, upto, limit)
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l touched, err error) {
		return l, row.Scan(&l.id, &l.alarm, &l.station, &l.at, &l.what, &l.priority)
	})
}

// write keeps a segment and what belongs to it.
func (f *Digester) write(ctx context.Context, tx pgx.Tx, p, next reached, d *replay.Digest, lines []touched) error {
	texts, counts, err := f.writeTexts(ctx, tx, d)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO journal_segments (id, after_signal, upto_signal, after_line, upto_line, from_at, to_at, until, signals, texts, counts)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		next.segment, p.signal, next.signal, p.line, next.line, d.From, d.To, next.until, d.Signals, texts, counts); err != nil {
		return fmt.Errorf("write segment: %w", err)
	}
	if err := writeMinutes(ctx, tx, d); err != nil {
		return err
	}
	if err := writeCards(ctx, tx, d); err != nil {
		return err
	}
	if err := f.writeFrames(ctx, tx, p, next, d, lines); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE journal_follower SET segment = $1, signal = $2, line = $3, until = $4`, next.segment, next.signal, next.line, next.until)
	return err
}

// writeTexts adds what was never said before, and returns what was said by number.
func (f *Digester) writeTexts(ctx context.Context, tx pgx.Tx, d *replay.Digest) (texts, counts []int32, err error) {
	if err := f.readLabels(ctx, tx); err != nil {
		return nil, nil, err
	}
	known := make(map[[16]byte]int32, len(d.Sayings))
	read := func(sql string, args ...any) error {
		rows, _ := tx.Query(ctx, sql, args...)
		var key []byte
		var id int32
		_, err := pgx.ForEachRow(rows, []any{&key, &id}, func() error {
			known[[16]byte(key)] = id
			return nil
		})
		return err
	}
	keys := d.Keys()
	raw := make([][]byte, len(keys))
	for i := range keys {
		raw[i] = keys[i][:]
	}
	if err := read(`SELECT key, id FROM journal_texts WHERE key = ANY($1)`, raw); err != nil {
		return nil, nil, fmt.Errorf("read texts: %w", err)
	}
	var fresh [][]byte
	var stations, points, kinds, words []string
	for i, k := range keys {
		if _, there := known[k]; there {
			continue
		}
		s := d.Sayings[k]
		fresh = append(fresh, raw[i])
		stations, points, kinds = append(stations, s.Station), append(points, string(s.Point)), append(kinds, string(s.Kind))
		words = append(words, vector(s.Words, f.labels[string(s.Point)]))
	}
	if len(fresh) > 0 {
		if err := read(`
			INSERT INTO journal_texts (key, station, point, kind, words)
			SELECT key, station, point, kind, words::tsvector
			  FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[]) w (key, station, point, kind, words)
			RETURNING key, id`, fresh, stations, points, kinds, words); err != nil {
			return nil, nil, fmt.Errorf("write texts: %w", err)
		}
	}
	texts, counts = make([]int32, len(keys)), make([]int32, len(keys))
	for i, k := range keys {
		texts[i], counts[i] = known[k], int32(d.Sayings[k].Count) //nolint:gosec // at most a segment's rows
	}
	return texts, counts, nil
}

// vector writes words as PostgreSQL reads a tsvector. Words are letters, digits
// and the number sign.
func vector(lists ...[]string) string {
	var out []byte
	for _, words := range lists {
		for _, w := range words {
			out = append(out, '\'')
			out = append(out, w...)
			out = append(out, '\'', ' ')
		}
	}
	return string(out)
}

func writeMinutes(ctx context.Context, tx pgx.Tx, d *replay.Digest) error {
	var stations []string
	var minutes []time.Time
	var signals, raised, worst []int32
	for m, n := range d.Minutes {
		stations, minutes = append(stations, m.Station), append(minutes, m.At)
		signals, raised, worst = append(signals, int32(n.Signals)), append(raised, int32(n.Alarms)), append(worst, int32(n.Worst)) //nolint:gosec // at most a segment's rows
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO journal_minutes AS m (station, minute, signals, alarms, worst)
		SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::int[], $4::int[], $5::int[])
		ON CONFLICT (station, minute) DO UPDATE
		   SET signals = m.signals + excluded.signals, alarms = m.alarms + excluded.alarms,
		       worst = coalesce(least(nullif(m.worst, 0), nullif(excluded.worst, 0)), 0)`,
		stations, minutes, signals, raised, worst); err != nil {
		return fmt.Errorf("write minutes: %w", err)
	}
	return nil
}

func writeCards(ctx context.Context, tx pgx.Tx, d *replay.Digest) error {
	var cards [][]byte
	var received []time.Time
	var signals []int64
	for _, c := range d.Cards {
		card, err := hex.DecodeString(c.Hash)
		if err != nil || !devices.ValidCardHash(c.Hash) { // not one of ours: nobody can look for it
			continue
		}
		cards, received, signals = append(cards, card), append(received, c.At), append(signals, c.Signal)
	}
	if len(cards) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO journal_cards (card, received, signal)
		SELECT * FROM unnest($1::bytea[], $2::timestamptz[], $3::bigint[])
		ON CONFLICT DO NOTHING`, cards, received, signals); err != nil {
		return fmt.Errorf("write cards: %w", err)
	}
	return nil
}
