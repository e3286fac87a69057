package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	weeksAhead = 4
	week       = 7 * 24 * time.Hour
)

// MakePartitions makes the journal's partitions from now's week to four weeks
// ahead, as far as they are missing. A week whose signals fell into signals_rest
// meanwhile gets them from there. Signals are taken all the while: they never
// need a partition.
func (db *DB) MakePartitions(ctx context.Context, now time.Time) error {
	monday := now.UTC().Truncate(24 * time.Hour)
	for monday.Weekday() != time.Monday {
		monday = monday.AddDate(0, 0, -1)
	}
	for range weeksAhead + 1 {
		if err := db.makePartition(ctx, monday); err != nil {
			return fmt.Errorf("make the journal's partition of %s: %w", monday.Format(time.DateOnly), err)
		}
		monday = monday.Add(week)
	}
	return nil
}

const partitionExists = `SELECT EXISTS (SELECT FROM pg_class WHERE relname = $1 AND relnamespace = current_schema::regnamespace)`

func (db *DB) makePartition(ctx context.Context, monday time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	year, number := monday.ISOWeek()
	name := fmt.Sprintf("signals_%dw%02d", year, number)
	var there bool
	if err := db.Pool.QueryRow(ctx, partitionExists, name).Scan(&there); err != nil || there {
		return err
	}
	return pgx.BeginFunc(ctx, db.Pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, migrationLock); err != nil {
			return err
		}
		// Another console may have made it meanwhile. Not to_regclass: it answers
		// from a cache that is older than the wait for the lock.
		if err := tx.QueryRow(ctx, partitionExists, name).Scan(&there); err != nil || there {
			return err
		}
		from, to := monday.Format(time.RFC3339), monday.Add(week).Format(time.RFC3339)
		for _, sql := range []string{
			// A lock that does not come soon is not worth making intake wait: the
			// week is made at the next try, and signals_rest holds till then.
			`SET LOCAL lock_timeout = '2s'`,
			`SET LOCAL statement_timeout = '50s'`,
			fmt.Sprintf(`CREATE TABLE %s (LIKE signals INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`, name),
			`LOCK TABLE signals_rest IN ACCESS EXCLUSIVE MODE`,
			fmt.Sprintf(`WITH moved AS (DELETE FROM signals_rest WHERE received >= '%s' AND received < '%s' RETURNING *)
			             INSERT INTO %s SELECT * FROM moved`, from, to, name),
			fmt.Sprintf(`ALTER TABLE signals ATTACH PARTITION %s FOR VALUES FROM ('%s') TO ('%s')`, name, from, to),
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
}

// keepUp makes partitions, drops those that are too old, and bounds the dead
// letters, once an hour.
func (db *DB) keepUp(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := db.MakePartitions(ctx, db.o.Now()); err != nil && ctx.Err() == nil {
			db.o.Log.Error("upkeep of the journal", "error", err)
		}
		if err := db.DropPartitions(ctx, db.o.Now()); err != nil && ctx.Err() == nil {
			db.o.Log.Error("retention of the journal", "error", err)
		}
		if err := db.dropLetters(ctx, db.o.Now()); err != nil && ctx.Err() == nil {
			db.o.Log.Error("retention of the dead letters", "error", err)
		}
		if err := db.thinLetters(ctx); err != nil && ctx.Err() == nil {
			db.o.Log.Error("upkeep of the dead letters", "error", err)
		}
	}
}
