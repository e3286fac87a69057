package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/jobs"
)

// look is how often due timers are looked for, besides when one is set here.
const look = 500 * time.Millisecond

// SetTimer adds timer, or moves the one of the same kind and key, with the
// transaction.
func (t *Tx) SetTimer(ctx context.Context, timer jobs.Timer) error {
	if err := timer.Validate(); err != nil {
		return err
	}
	payload := timer.Payload
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	_, err := t.Exec(ctx, `
		INSERT INTO timers (kind, key, due, payload) VALUES ($1, $2, $3, $4)
		ON CONFLICT (kind, key) DO UPDATE SET due = excluded.due, payload = excluded.payload, failures = 0, reason = ''`,
		timer.Kind, timer.Key, timer.Due, payload)
	if err != nil {
		return fmt.Errorf("set timer %s of %s: %w", timer.Kind, timer.Key, err)
	}
	return nil
}

// StopTimer removes a timer with the transaction; it may be gone already.
func (t *Tx) StopTimer(ctx context.Context, kind, key string) error {
	if _, err := t.Exec(ctx, `DELETE FROM timers WHERE kind = $1 AND key = $2`, kind, key); err != nil {
		return fmt.Errorf("stop timer %s of %s: %w", kind, key, err)
	}
	return nil
}

// RunTimers does what falls due, until ctx ends: each timer once, its effect in
// the transaction that takes it away. Several consoles may run it: a timer that
// one of them holds is passed over by the others. A handler that fails is tried
// again later; the failure is kept with the timer.
func (db *DB) RunTimers(ctx context.Context, handlers jobs.Handlers[*Tx]) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		for db.runTimer(ctx, handlers) {
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// runTimer does one timer and reports whether there may be more.
func (db *DB) runTimer(ctx context.Context, handlers jobs.Handlers[*Tx]) bool {
	due, err := db.anyDue(ctx, handlers.Kinds())
	if err != nil || !due {
		if err != nil && ctx.Err() == nil {
			db.o.Log.Error("look for timers", "error", err)
		}
		return false
	}
	var timer jobs.Timer
	_, err = db.Write(ctx, func(ctx context.Context, tx *Tx) error {
		var err error
		if timer, err = tx.takeTimer(ctx, handlers.Kinds()); err != nil {
			return err
		}
		return handlers[timer.Kind](ctx, tx, timer)
	})
	switch {
	case err == nil:
		return true
	case errors.Is(err, pgx.ErrNoRows): // another console was quicker
		return false
	case ctx.Err() != nil:
		return false
	}
	db.o.Log.Error("timer failed", "kind", timer.Kind, "key", timer.Key, "failures", timer.Failures+1, "error", err)
	if timer.Kind == "" || Transient(err) && db.Ready(ctx) != nil {
		return false // not the timer's fault
	}
	return db.postpone(ctx, timer, err) == nil
}

// anyDue looks without drawing a change number.
func (db *DB) anyDue(ctx context.Context, kinds []string) (due bool, err error) {
	ctx, cancel := db.bounded(ctx)
	defer cancel()
	err = db.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM timers WHERE due <= $1 AND kind = ANY($2))`, db.o.Now(), kinds).Scan(&due)
	return due, err
}

func (t *Tx) takeTimer(ctx context.Context, kinds []string) (timer jobs.Timer, err error) {
	err = t.QueryRow(ctx, `
		DELETE FROM timers
		 WHERE (kind, key) = (SELECT kind, key FROM timers
		                       WHERE due <= $1 AND kind = ANY($2)
		                       ORDER BY due
		                       LIMIT 1 FOR UPDATE SKIP LOCKED)
		RETURNING kind, key, due, payload, failures`, t.Now, kinds).
		Scan(&timer.Kind, &timer.Key, &timer.Due, &timer.Payload, &timer.Failures)
	timer.Due = timer.Due.UTC()
	return timer, err
}

func (db *DB) postpone(ctx context.Context, timer jobs.Timer, cause error) error {
	ctx, cancel := db.bounded(ctx)
	defer cancel()
	again := db.o.Now().Add(jobs.Again(timer.Failures + 1))
	_, err := db.Pool.Exec(ctx, `
		UPDATE timers SET due = $3, failures = failures + 1, reason = $4
		 WHERE kind = $1 AND key = $2 AND due = $5`, timer.Kind, timer.Key, again, plain(cause.Error()), timer.Due)
	if err != nil {
		db.o.Log.Error("postpone timer", "kind", timer.Kind, "key", timer.Key, "error", err)
	}
	return err
}
