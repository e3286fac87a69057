package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/doors"
	"guardroom/console/intake"
	"guardroom/console/jobs"
	"guardroom/console/live"
	"guardroom/devices"
)

// Calls keeps the calls of intercoms.
type Calls struct{ DB *DB }

// CallTimer is the kind of the timer that makes an unanswered call an alarm.
const CallTimer = "call.unanswered"

// OpenCalls are those that are not over, or whose alarm stands.
func (s Calls) OpenCalls(ctx context.Context) ([]doors.Call, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT body FROM calls WHERE NOT ended ORDER BY id`)
	return pgx.CollectRows(rows, body[doors.Call])
}

// Events are what the board shows of calls.
func (s Calls) Events(ctx context.Context) ([]live.Event, error) {
	open, err := s.OpenCalls(ctx)
	return eventsOf(open), err
}

// ListCalls returns calls, newest first; nil stations are all.
func (s Calls) ListCalls(ctx context.Context, stations []string, limit int, cursor string) ([]doors.Call, string, error) {
	return bodies(ctx, s.DB, "calls", stations, limit, cursor, func(c doors.Call) string { return c.ID })
}

// ChangeCall locks the call and writes what decide makes of it; a nil entry
// writes nothing.
func (s Calls) ChangeCall(ctx context.Context, id string, decide func(*doors.Call) (*audit.Entry, error)) (doors.Call, error) {
	var after doors.Call
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		c, err := tx.callFor(ctx, `id = $1`, id)
		if err != nil {
			return err
		}
		e, err := decide(&c)
		after = c
		switch {
		case err != nil:
			return err
		case e == nil:
			return errUnchanged
		}
		c.Version++
		after = c
		tx.Audit(*e)
		return tx.keepCall(ctx, c)
	})
	if errors.Is(err, errUnchanged) {
		err = nil
	}
	return after, err
}

func (t *Tx) callFor(ctx context.Context, where, value string) (doors.Call, error) {
	rows, _ := t.Query(ctx, `SELECT body FROM calls WHERE `+where+` FOR UPDATE`, plain(value))
	c, err := pgx.CollectExactlyOneRow(rows, body[doors.Call])
	if errors.Is(err, pgx.ErrNoRows) {
		err = doors.ErrNotFound
	}
	return c, err
}

func (t *Tx) keepCall(ctx context.Context, c doors.Call) error {
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	t.Tell(c.Event())
	_, err = t.Exec(ctx, `
		INSERT INTO calls (id, station, point, ended, calling, body) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET ended = excluded.ended, calling = excluded.calling, body = excluded.body`,
		c.ID, c.Station, c.Point, c.EndedAt != nil && c.Alarm != "raised", c.GoneAt == nil, data)
	return err
}

// ring takes what intercoms say into the calls, in the transaction of the journal.
// Without a call among the records it costs one look at each.
func (t intakeTx) ring(ctx context.Context, records []intake.Record) error {
	for _, r := range records {
		if r.Kind != devices.IntercomCall {
			continue
		}
		if err := t.flush(ctx); err != nil {
			return err
		}
		if err := t.ringOne(ctx, r); err != nil {
			return fmt.Errorf("call of %s: %w", r.Point, err)
		}
	}
	return nil
}

func (t intakeTx) ringOne(ctx context.Context, r intake.Record) error {
	c, err := t.callFor(ctx, `point = $1 AND calling`, string(r.Point))
	known := err == nil
	if err != nil && !errors.Is(err, doors.ErrNotFound) {
		return err
	}
	switch {
	case !r.Active && known:
		if !c.Restored(t.Now) {
			return nil
		}
		return t.keepCall(ctx, c)
	case !r.Active || known:
		return nil
	}
	c = doors.Call{
		ID: auth.NewID(), Station: r.Station, Point: r.Point, State: doors.Ringing, Since: r.Occurred.UTC(), Late: r.Historical,
		Opened: []doors.CallOpening{}, Cameras: []string{}, Version: 1,
	}
	if err := t.describeCall(ctx, &c); err != nil {
		return err
	}
	if r.Historical { // told after the fact: nobody stands there any more
		c.State, c.GoneAt = doors.Missed, &t.Now
		return t.keepCall(ctx, c)
	}
	policy := doors.DefaultPolicy()
	var chosen []byte
	err = t.QueryRow(ctx, `SELECT value FROM settings WHERE station = $1 AND name = $2`, r.Station, doors.PolicyName).Scan(&chosen)
	if err == nil {
		err = json.Unmarshal(chosen, &policy)
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	c.AlarmDue = t.Now.Add(time.Duration(policy.CallAlarm) * time.Second)
	if err := t.SetTimer(ctx, jobs.Timer{Kind: CallTimer, Key: c.ID, Due: c.AlarmDue}); err != nil {
		return err
	}
	return t.keepCall(ctx, c)
}

// describeCall fills in what is known of the intercom.
func (t intakeTx) describeCall(ctx context.Context, c *doors.Call) error {
	c.Name = c.Point.Point()
	err := t.QueryRow(ctx, `
		SELECT coalesce(nullif(p.given_name, ''), nullif(p.name, ''), p.point), p.location, coalesce(g.demo, false)
		  FROM points p LEFT JOIN gateways g ON g.id = p.gateway
		 WHERE p.id = $1`, c.Point).Scan(&c.Name, &c.Location, &c.Demo)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	rows, _ := t.Query(ctx, `SELECT `+settingColumns+` FROM door_settings WHERE point = $1`, c.Point)
	s, err := pgx.CollectExactlyOneRow(rows, scanSetting)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if s.Cameras != nil {
		c.Cameras = s.Cameras
	}
	if c.Door = s.Opens; c.Door != "" {
		err := t.QueryRow(ctx, `
			SELECT coalesce(nullif(given_name, ''), nullif(name, ''), point) FROM points WHERE id = $1`, c.Door).Scan(&c.DoorName)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
	}
	return t.placeOf(ctx, c)
}

// placeOf finds area, level and building of the intercom.
func (t intakeTx) placeOf(ctx context.Context, c *doors.Call) error {
	rows, _ := t.Query(ctx, `
		WITH RECURSIVE up AS (
		    SELECT p.id, p.parent, p.kind, p.name FROM point_places w JOIN places p ON p.id = w.place WHERE w.point = $1
		    UNION ALL
		    SELECT p.id, p.parent, p.kind, p.name FROM up JOIN places p ON p.id = up.parent)
		SELECT id, kind, name FROM up`, c.Point)
	var id, kind, name string
	_, err := pgx.ForEachRow(rows, []any{&id, &kind, &name}, func() error {
		switch kind {
		case "area":
			c.Area, c.AreaName = id, name
		case "level":
			c.Level, c.LevelName = id, name
		case "building":
			c.Building, c.BuildingName = id, name
		}
		return nil
	})
	return err
}

// Overdue is the timer's work: raise makes the call an alarm when it still rings.
func (s Calls) Overdue(ctx context.Context, tx *Tx, t jobs.Timer, raise func(context.Context, doors.Call) (bool, error)) error {
	rows, _ := s.DB.Pool.Query(ctx, `SELECT body FROM calls WHERE id = $1`, t.Key)
	c, err := pgx.CollectExactlyOneRow(rows, body[doors.Call])
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	// Raised before the row is locked: the alarm's own transaction must get past.
	raised, err := raise(ctx, c)
	if err != nil || !raised {
		return err
	}
	if c, err = tx.callFor(ctx, `id = $1`, t.Key); err != nil {
		return err
	}
	c.Alarm = "raised"
	c.Version++
	return tx.keepCall(ctx, c)
}
