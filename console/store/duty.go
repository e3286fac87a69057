package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/duty"
	"guardroom/rosters"
)

// Duty keeps attendance, check calls, and what the alarm list is to say of them.
type Duty struct {
	dutyReads
	DB *DB

	cards cardReads
}

// NewDuty keeps the duty board in db.
func NewDuty(db *DB) *Duty {
	return &Duty{dutyReads: dutyReads{db.Pool}, DB: db, cards: cardReads{follower: follower{db: db, name: "duty", sequence: "signals_id"}}}
}

type dutyReads struct {
	q interface {
		Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	}
}

type dutyTx struct {
	dutyReads
	*Tx
}

// At is the instant of the transaction.
func (t dutyTx) At() time.Time { return t.Now }

// Write runs f in one transaction.
func (s *Duty) Write(ctx context.Context, f func(ctx context.Context, tx duty.Tx) error) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error { return f(ctx, dutyTx{dutyReads{tx}, tx}) })
	return err
}

// Lock makes the caller the only one who changes the station's board.
func (t dutyTx) Lock(ctx context.Context, station string) error {
	_, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('duty'), hashtext($1))`, station)
	return err
}

// Noted lists attendance of duties that begin on the days from one to another.
func (s dutyReads) Noted(ctx context.Context, station string, from, until rosters.Date) ([]duty.Attendance, error) {
	rows, _ := s.q.Query(ctx, `SELECT version, body FROM duty_attendance WHERE station = $1 AND day BETWEEN $2 AND $3 ORDER BY day, officer, shift`, plain(station), from.Time(), until.Time())
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (a duty.Attendance, err error) {
		var body []byte
		var version int64
		if err = row.Scan(&version, &body); err == nil {
			err = json.Unmarshal(body, &a)
		}
		a.Version = version
		return a, err
	})
}

// SaveNoted writes attendance.
func (t dutyTx) SaveNoted(ctx context.Context, station string, a duty.Attendance) error {
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `
		INSERT INTO duty_attendance (station, officer, day, shift, version, body) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (station, officer, day, shift) DO UPDATE SET version = excluded.version, body = excluded.body`,
		station, a.Assignment.Officer, a.Assignment.Date.Time(), a.Assignment.Shift, a.Version, body)
	return err
}

// Calls lists the last check call of each post.
func (s dutyReads) Calls(ctx context.Context, station string) ([]duty.Call, error) {
	rows, _ := s.q.Query(ctx, `SELECT post, at, by_name FROM duty_calls WHERE station = $1 ORDER BY post`, plain(station))
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c duty.Call, err error) {
		err = row.Scan(&c.Post, &c.At, &c.By)
		c.At = c.At.UTC()
		return c, err
	})
}

// SaveCall writes a check call.
func (t dutyTx) SaveCall(ctx context.Context, station string, c duty.Call) error {
	_, err := t.Exec(ctx, `
		INSERT INTO duty_calls (station, post, at, by_name) VALUES ($1, $2, $3, $4)
		ON CONFLICT (station, post) DO UPDATE SET at = excluded.at, by_name = excluded.by_name`, station, plain(c.Post), c.At, plain(c.By))
	return err
}

const conditionColumns = `station, active, told, body`

func scanCondition(row pgx.CollectableRow) (k duty.Kept, err error) {
	var body []byte
	if err = row.Scan(&k.Station, &k.Active, &k.Told, &body); err == nil {
		err = json.Unmarshal(body, &k.Condition)
	}
	return k, err
}

// Conditions lists what stands, and what has ended and is not told.
func (s dutyReads) Conditions(ctx context.Context, station string) ([]duty.Kept, error) {
	rows, _ := s.q.Query(ctx, `SELECT `+conditionColumns+` FROM duty_conditions WHERE station = $1 ORDER BY id`, plain(station))
	return pgx.CollectRows(rows, scanCondition)
}

// SaveCondition writes a condition that has begun or ended.
func (t dutyTx) SaveCondition(ctx context.Context, k duty.Kept) error {
	body, err := json.Marshal(k.Condition)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `
		INSERT INTO duty_conditions (station, id, active, told, since, body) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (station, id) DO UPDATE SET active = excluded.active, told = excluded.told, since = excluded.since, body = excluded.body`,
		k.Station, plain(k.ID), k.Active, k.Told, k.Since, body)
	return err
}

// Untold lists conditions that the alarm list has not been told of, ends first: a
// condition that ended and began anew is two alarms.
func (s *Duty) Untold(ctx context.Context) ([]duty.Kept, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+conditionColumns+` FROM duty_conditions WHERE NOT told ORDER BY active, since, id LIMIT 500`)
	return pgx.CollectRows(rows, scanCondition)
}

// Told marks a condition as told, unless it has changed since; one that has ended
// is forgotten.
func (s *Duty) Told(ctx context.Context, k duty.Kept) error {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	sql := `UPDATE duty_conditions SET told = true WHERE station = $1 AND id = $2 AND active`
	if !k.Active {
		sql = `DELETE FROM duty_conditions WHERE station = $1 AND id = $2 AND NOT active`
	}
	_, err := s.DB.Pool.Exec(ctx, sql, k.Station, k.ID)
	return err
}
