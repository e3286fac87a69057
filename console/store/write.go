package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/console/live"
	"guardroom/console/notify"
)

// Tx is one writing transaction.
type Tx struct {
	pgx.Tx
	Now time.Time // one instant for everything in it, in microseconds as the database keeps them

	policies  *alarms.Policies
	receivers map[receiversKey][]notify.Contact // that were asked for

	waiting pgx.Batch // statements that were queued and not yet sent
	entries []audit.Entry
	events  []live.Event
	last    []func(ctx context.Context, change int64) error
}

// Audit adds an entry to the record. Entries are written last, in the order in
// which they were added, with the change number of the transaction.
func (t *Tx) Audit(e audit.Entry) { t.entries = append(t.entries, e) }

// Tell shows e on the screens once the transaction is committed.
func (t *Tx) Tell(e live.Event) { t.events = append(t.events, e) }

// Last runs f when the change number is known, after everything else, for rows
// and events that carry it. The change lock is held meanwhile: be short.
func (t *Tx) Last(f func(ctx context.Context, change int64) error) { t.last = append(t.last, f) }

// queue holds a statement back until something must be read, and sends it then
// together with what else waits: one journey instead of many. what names it in
// errors; check, which may be nil, judges the number of rows.
func (t *Tx) queue(what string, check func(rows int64) error, sql string, args ...any) {
	t.waiting.Queue(sql, args...).Fn = func(results pgx.BatchResults) error {
		tag, err := results.Exec()
		if err == nil && check != nil {
			err = check(tag.RowsAffected())
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	}
}

// ask queues a query whose rows are read by read.
func (t *Tx) ask(what string, read func(rows pgx.Rows) error, sql string, args ...any) {
	t.waiting.Queue(sql, args...).Fn = func(results pgx.BatchResults) error {
		rows, err := results.Query()
		if err == nil {
			err = read(rows)
			rows.Close()
		}
		if err == nil {
			err = rows.Err()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	}
}

// flush sends what waits. The first statement that fails is the error.
func (t *Tx) flush(ctx context.Context) error {
	if t.waiting.Len() == 0 {
		return nil
	}
	batch := t.waiting
	t.waiting = pgx.Batch{}
	return t.SendBatch(ctx, &batch).Close()
}

// Write runs fn in one transaction, then draws its change number, writes its
// audit entries and runs its Last functions, commits, and tells OnCommit.
// Change numbers have no gaps: one is drawn under a row lock that a rollback
// gives back.
//
// fn may run again when the database rolled it back because of another
// transaction; it must keep nothing from a run that failed. When the connection
// is lost during the commit the outcome is unknown: see Transient.
func (db *DB) Write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (int64, error) {
	const tries = 5
	for try := 1; ; try++ {
		change, err := db.write(ctx, fn)
		if standby(err) {
			db.Pool.Reset() // the other connections lead to the old primary too
		}
		if err == nil || !collided(err) || try == tries || ctx.Err() != nil {
			return change, err
		}
	}
}

func (db *DB) write(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) (int64, error) {
	inner, err := db.begin(ctx)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*db.o.Deadline)
	defer cancel()
	defer func() { // after a commit this does nothing
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), db.o.Deadline)
		defer cancel()
		_ = inner.Rollback(undo)
	}()
	tx := &Tx{Tx: inner, Now: db.o.Now().UTC().Truncate(time.Microsecond), policies: db.Policies}
	if err := fn(ctx, tx); err != nil {
		return 0, err
	}
	// From here on the caller's change of mind counts no more: a commit that is cut
	// off leaves a change number of which nobody knows whether it was used, and the
	// screens wait for it.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*db.o.Deadline)
	defer cancel()
	change, err := tx.seal(end)
	if err != nil {
		return 0, err
	}
	if err := inner.Commit(end); err != nil {
		return 0, fmt.Errorf("commit: %w", err)
	}
	if db.OnCommit != nil {
		db.OnCommit(change, tx.events)
	}
	return change, nil
}

// begin waits for a connection as long as a walk over all hosts may take.
func (db *DB) begin(ctx context.Context) (pgx.Tx, error) {
	ctx, cancel := context.WithTimeout(ctx, db.acquire)
	defer cancel()
	inner, err := db.Pool.Begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("begin transaction: %w", err)
	}
	return inner, nil
}

// seal draws the change number and writes what carries it.
func (t *Tx) seal(ctx context.Context) (int64, error) {
	var change int64
	var head []byte
	t.ask("draw change number", func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, []any{&change, &head}, func() error { return nil })
		return err
	}, `UPDATE chain SET change = change + 1 RETURNING change, head`)
	if err := t.flush(ctx); err != nil {
		return 0, err
	}
	if len(head) != 32 {
		return 0, errors.New("the audit chain has no head: the database is not whole")
	}
	for _, f := range t.last {
		if err := f(ctx, change); err != nil {
			return 0, err
		}
	}
	if err := t.record(change, [32]byte(head)); err != nil {
		return 0, fmt.Errorf("write audit entries: %w", err)
	}
	return change, t.flush(ctx)
}

// record chains the collected entries to head.
func (t *Tx) record(change int64, head [32]byte) error {
	for i := range t.entries {
		e := &t.entries[i]
		e.Change, e.Index = change, i
		if e.At.IsZero() {
			e.At = t.Now
		}
		e.At = e.At.UTC().Truncate(time.Microsecond)
		storable(e)
		e.Chain(head)
		head = e.Hash
		params, err := json.Marshal(e.Params)
		if err != nil {
			return err
		}
		t.queue("write audit entry", nil, `
			INSERT INTO audit_entries (change, index, at, station, actor, name, address, action, subject, params, previous, hash)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			e.Change, e.Index, e.At, e.Station, e.Actor, e.Name, e.Address, e.Action, e.Subject, params, e.Previous[:], e.Hash[:])
	}
	if len(t.entries) > 0 {
		t.queue("write the head of the audit chain", nil, `UPDATE chain SET head = $1`, head[:])
	}
	return nil
}

// storable replaces what PostgreSQL cannot keep as text, before the entry is
// sealed, so that the hash fits what will be read back.
func storable(e *audit.Entry) {
	for _, s := range []*string{&e.Station, &e.Actor, &e.Name, &e.Address, &e.Action, &e.Subject} {
		*s = plain(*s)
	}
	params := make(map[string]string, len(e.Params))
	for k, v := range e.Params {
		params[plain(k)] = plain(v)
	}
	e.Params = params
}

// plain replaces bytes that are no UTF-8, and the character NUL, which
// PostgreSQL refuses in text and jsonb.
func plain(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	}
	return s
}
