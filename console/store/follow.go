package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// A follower reads a growing table by id. Ids are drawn before the transaction
// that uses them commits, so that a lower one may become visible after a higher
// one: nobody may read past an id while a transaction that might hold a lower one
// is under way.
type follower struct {
	db       *DB
	name     string // its row in followers
	sequence string // gives the ids

	mu      sync.Mutex
	settled int64 // known to be whole
	drawn   int64 // ids that had been drawn when horizon was read
	horizon int64 // transactions that had begun to write then have lower numbers
}

// newest returns the id up to which nothing will be added any more.
//
// The ids are looked at first, the transactions after: whoever drew one of those
// ids had begun by then. Every transaction that writes to these tables has
// written something before, so that it is seen.
func (f *follower) newest(ctx context.Context) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ctx, cancel := f.db.bounded(ctx)
	defer cancel()
	for range 2 {
		if f.horizon == 0 {
			var drawn int64
			if err := f.db.Pool.QueryRow(ctx, `SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM `+f.sequence).Scan(&drawn); err != nil {
				return 0, fmt.Errorf("newest id of %s: %w", f.sequence, err)
			}
			if drawn <= f.settled {
				return f.settled, nil
			}
			f.drawn = drawn
		}
		if f.horizon == 0 {
			// A number of our own: all that have begun to write have a lower one. What a
			// snapshot calls its upper end will not do: it is above the last that ended.
			if err := f.db.Pool.QueryRow(ctx, `SELECT pg_current_xact_id()::text::bigint`).Scan(&f.horizon); err != nil {
				return 0, fmt.Errorf("number of a transaction: %w", err)
			}
		}
		var eldest int64
		if err := f.db.Pool.QueryRow(ctx, `SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint`).Scan(&eldest); err != nil {
			return 0, fmt.Errorf("transactions under way: %w", err)
		}
		if eldest < f.horizon {
			return f.settled, nil
		}
		f.settled, f.horizon = f.drawn, 0
	}
	return f.settled, nil
}

// progress returns how far the follower has come. The first time that is the
// newest id, or zero when it shall begin at the beginning.
func (f *follower) progress(ctx context.Context, fromTheBeginning bool) (int64, error) {
	var upto int64
	look := func() error {
		ctx, cancel := f.db.bounded(ctx)
		defer cancel()
		return f.db.Pool.QueryRow(ctx, `SELECT upto FROM followers WHERE name = $1`, f.name).Scan(&upto)
	}
	err := look()
	if errors.Is(err, pgx.ErrNoRows) {
		if !fromTheBeginning {
			if upto, err = f.newest(ctx); err != nil {
				return 0, err
			}
		}
		begin, cancel := f.db.bounded(ctx)
		defer cancel()
		if _, err := f.db.Pool.Exec(begin, `INSERT INTO followers (name, upto) VALUES ($1, $2) ON CONFLICT DO NOTHING`, f.name, upto); err != nil {
			return 0, fmt.Errorf("begin to follow %s: %w", f.sequence, err)
		}
		err = look()
	}
	if err != nil {
		return 0, fmt.Errorf("progress of %s: %w", f.name, err)
	}
	return upto, nil
}

// advance moves the progress in tx, and reports false when it is not at was.
func (f *follower) advance(ctx context.Context, tx pgx.Tx, was, upto int64) (bool, error) {
	tag, err := tx.Exec(ctx, `UPDATE followers SET upto = $3 WHERE name = $1 AND upto = $2`, f.name, was, upto)
	return err == nil && tag.RowsAffected() == 1, err
}

// behind returns an id of the journal above which everything lies that was
// received since at, and not much more: times received follow the ids but for
// minutes.
func (db *DB) behind(ctx context.Context, at time.Time) (int64, error) {
	at = at.Add(-5 * time.Minute)
	var low, high int64
	ends, cancel := db.bounded(ctx)
	defer cancel()
	if err := db.Pool.QueryRow(ends, `SELECT coalesce(min(id), 1) - 1, coalesce(max(id), 0) FROM signals`).Scan(&low, &high); err != nil {
		return 0, fmt.Errorf("ends of the journal: %w", err)
	}
	for low < high {
		middle := low + (high-low)/2
		var received time.Time
		var id int64
		look, cancel := db.bounded(ctx)
		err := db.Pool.QueryRow(look, `SELECT id, received FROM signals WHERE id > $1 AND id <= $2 ORDER BY id LIMIT 1`, middle, high).Scan(&id, &received)
		cancel()
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			high = middle
		case err != nil:
			return 0, fmt.Errorf("look into the journal: %w", err)
		case received.Before(at):
			low = id
		default:
			high = middle
		}
	}
	return low, nil
}
