package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/doors"
	"guardroom/console/jobs"
	"guardroom/console/live"
)

// Lockdowns keeps lockdowns.
type Lockdowns struct{ DB *DB }

// LockdownTimer is the kind of the timer for a lockdown's reason.
const LockdownTimer = "lockdown.reason"

// body reads a thing that is kept whole.
func body[T any](row pgx.CollectableRow) (T, error) {
	var data []byte
	var thing T
	if err := row.Scan(&data); err != nil {
		return thing, err
	}
	return thing, json.Unmarshal(data, &thing)
}

func pointerTo[T any](row pgx.CollectableRow) (*T, error) {
	thing, err := body[T](row)
	return &thing, err
}

// Open are the lockdowns that are not at an end.
func (s Lockdowns) Open(ctx context.Context) ([]*doors.Lockdown, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT body FROM lockdowns WHERE NOT ended ORDER BY id`)
	return pgx.CollectRows(rows, pointerTo[doors.Lockdown])
}

// Events are what the board shows of lockdowns.
func (s Lockdowns) Events(ctx context.Context) ([]live.Event, error) {
	open, err := s.Open(ctx)
	return eventsOf(open), err
}

func eventsOf[T interface{ Event() live.Event }](things []T) []live.Event {
	events := make([]live.Event, 0, len(things))
	for _, t := range things {
		events = append(events, t.Event())
	}
	return events
}

// Find returns doors.ErrNotFound when id is unknown.
func (s Lockdowns) Find(ctx context.Context, id string) (doors.Lockdown, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT body FROM lockdowns WHERE id = $1`, plain(id))
	l, err := pgx.CollectExactlyOneRow(rows, body[doors.Lockdown])
	if errors.Is(err, pgx.ErrNoRows) {
		err = doors.ErrNotFound
	}
	return l, err
}

// List returns lockdowns, newest first; nil stations are all.
func (s Lockdowns) List(ctx context.Context, stations []string, limit int, cursor string) ([]doors.Lockdown, string, error) {
	return bodies(ctx, s.DB, "lockdowns", stations, limit, cursor, func(l doors.Lockdown) string { return l.ID })
}

// bodies is a page of a table whose things are kept whole, newest first.
func bodies[T any](ctx context.Context, db *DB, table string, stations []string, limit int, cursor string, id func(T) string) ([]T, string, error) {
	ctx, cancel := db.bounded(ctx)
	defer cancel()
	rows, _ := db.Pool.Query(ctx, `
		SELECT body FROM `+table+`
		 WHERE ($1::text[] IS NULL OR station = ANY($1)) AND ($2 = '' OR id < $2)
		 ORDER BY id DESC LIMIT $3`, stations, plain(cursor), limit+1)
	list, err := pgx.CollectRows(rows, body[T])
	if err != nil {
		return nil, "", fmt.Errorf("read %s: %w", table, err)
	}
	if len(list) <= limit {
		return list, "", nil
	}
	return list[:limit], id(list[limit-1]), nil
}

// lock lets one transaction at a time change the lockdowns, or the postures, of a
// station.
func (t *Tx) lock(ctx context.Context, what, station string) error {
	_, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))`, what, station)
	return err
}

// Begin writes l and the timer for its reason, or returns the one that the same
// operator began with the key.
func (s Lockdowns) Begin(ctx context.Context, l doors.Lockdown, key string, e audit.Entry) (doors.Lockdown, bool, error) {
	data, err := json.Marshal(l)
	if err != nil {
		return doors.Lockdown{}, false, err
	}
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		if err := tx.lock(ctx, "lockdowns", l.Station); err != nil {
			return err
		}
		tx.Audit(e)
		tx.Tell(l.Event())
		if err := tx.SetTimer(ctx, jobs.Timer{Kind: LockdownTimer, Key: l.ID, Due: l.ReasonDue}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO lockdowns (id, station, by_id, key, body) VALUES ($1, $2, $3, $4, $5)`, l.ID, l.Station, l.By, plain(key), data)
		return taken(err, errKeyUsed)
	})
	if errors.Is(err, errKeyUsed) {
		rows, _ := s.DB.Pool.Query(ctx, `SELECT body FROM lockdowns WHERE by_id = $1 AND key = $2`, l.By, plain(key))
		stands, err := pgx.CollectExactlyOneRow(rows, body[doors.Lockdown])
		return stands, false, err
	}
	return l, err == nil, err
}

// Change gives decide the open lockdowns of the station and writes those that it
// names. With none nothing is written.
func (s Lockdowns) Change(ctx context.Context, station string, decide func([]*doors.Lockdown) ([]string, []audit.Entry, error)) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		changed, err := s.changeIn(ctx, tx, station, decide)
		if err == nil && !changed {
			err = errUnchanged
		}
		return err
	})
	if errors.Is(err, errUnchanged) {
		err = nil
	}
	return err
}

func (s Lockdowns) changeIn(ctx context.Context, tx *Tx, station string, decide func([]*doors.Lockdown) ([]string, []audit.Entry, error)) (bool, error) {
	if err := tx.lock(ctx, "lockdowns", station); err != nil {
		return false, err
	}
	rows, _ := tx.Query(ctx, `SELECT body FROM lockdowns WHERE station = $1 AND NOT ended ORDER BY id FOR UPDATE`, station)
	open, err := pgx.CollectRows(rows, pointerTo[doors.Lockdown])
	if err != nil {
		return false, err
	}
	ids, entries, err := decide(open)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		tx.Audit(e)
	}
	for _, l := range open {
		for _, id := range ids {
			if l.ID != id {
				continue
			}
			data, err := json.Marshal(l)
			if err != nil {
				return false, err
			}
			tx.Tell(l.Event())
			if _, err := tx.Exec(ctx, `UPDATE lockdowns SET body = $2, ended = $3 WHERE id = $1`, id, data, l.EndedAt != nil); err != nil {
				return false, err
			}
		}
	}
	return len(ids) > 0, nil
}

// Remind is the timer's work: the officer is reminded of the reason, then tell is
// called for the supervisor.
func (s Lockdowns) Remind(ctx context.Context, tx *Tx, t jobs.Timer, tell func(ctx context.Context, tx *Tx, l doors.Lockdown) error) error {
	l, err := s.Find(ctx, t.Key)
	if errors.Is(err, doors.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var told *doors.Lockdown
	_, err = s.changeIn(ctx, tx, l.Station, func(open []*doors.Lockdown) ([]string, []audit.Entry, error) {
		for _, l := range open {
			if l.ID != t.Key {
				continue
			}
			version := l.Version
			again, tell := l.ReasonOverdue(tx.Now)
			if tell {
				told = l
			}
			if !again.IsZero() {
				if err := tx.SetTimer(ctx, jobs.Timer{Kind: LockdownTimer, Key: l.ID, Due: again}); err != nil {
					return nil, nil, err
				}
			}
			if l.Version != version {
				return []string{l.ID}, nil, nil
			}
		}
		return nil, nil, nil
	})
	if err == nil && told != nil {
		err = tell(ctx, tx, *told)
	}
	return err
}
