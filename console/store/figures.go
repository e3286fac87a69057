package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/figures"
)

// Figures keeps the figures of alarms and reads their history for them.
type Figures struct {
	Settings
	follower *follower
}

// NewFigures returns one that reads the history from where the last one stopped.
func NewFigures(db *DB) *Figures {
	return &Figures{Settings: Settings{DB: db}, follower: &follower{db: db, name: "figures", sequence: "alarm_history_id_seq"}}
}

var _ figures.History = &Figures{}

// Progress returns the id of the history up to which everything is counted.
func (s *Figures) Progress(ctx context.Context) (int64, error) { return s.follower.progress(ctx, true) }

// Settled returns the newest id below which nothing will be added.
func (s *Figures) Settled(ctx context.Context) (int64, error) { return s.follower.newest(ctx) }

// events are lines of the history with their alarms. An answer says since when
// it had been asked for.
const events = `
	SELECT h.id, h.at, h.what, h.to_state, a.born_suppressed, coalesce(a.closed->>'disposition', ''), h.comment,
	       CASE WHEN h.what = 'acknowledged' THEN (
	            SELECT max(b.at) FROM alarm_history b
	             WHERE b.alarm = h.alarm AND b.id < h.id AND b.what IN ('raised', 'reraised', 'repeated', 'confirmed', 'released', 'restored')) END,
	       a.station, a.id, a.point, a.point_name, a.location, a.gateway, a.device, a.device_name, a.area, a.area_name, a.kind, a.priority, a.life_safety
	  FROM alarm_history h JOIN alarms a ON a.id = h.alarm `

func scanEvent(row pgx.CollectableRow) (e figures.Event, err error) {
	err = row.Scan(&e.ID, &e.At, &e.What, &e.To, &e.Hidden, &e.Disposition, &e.Comment, &e.Asked,
		&e.Station, &e.Alarm, &e.Point, &e.PointName, &e.Location, &e.Gateway, &e.Device, &e.DeviceName, &e.Area, &e.AreaName, &e.Kind, &e.Priority, &e.LifeSafety)
	e.At, e.Asked = e.At.UTC(), inUTC(e.Asked)
	return e, err
}

// Events returns the lines of the history above after, up to upto.
func (s *Figures) Events(ctx context.Context, after, upto int64) ([]figures.Event, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, events+`
		 WHERE h.id > $1 AND h.id <= $2 AND h.what IN ('raised', 'reraised', 'repeated', 'released', 'restored', 'acknowledged', 'closed', 'escalated', 'overdue')
		 ORDER BY h.id`, after, upto)
	list, err := pgx.CollectRows(rows, scanEvent)
	if err != nil {
		return nil, fmt.Errorf("read the history of alarms from %d: %w", after, err)
	}
	return list, nil
}

// Recent returns what was announced since an instant, as far as that is among the
// last lines of the history.
func (s *Figures) Recent(ctx context.Context, upto int64, since time.Time) ([]figures.Event, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, events+`
		 WHERE h.id > $1 - 50000 AND h.id <= $1 AND h.at > $2 AND h.what IN ('raised', 'reraised', 'repeated', 'released', 'restored')
		 ORDER BY h.id`, upto, since)
	list, err := pgx.CollectRows(rows, scanEvent)
	if err != nil {
		return nil, fmt.Errorf("read the recent history of alarms: %w", err)
	}
	announced := list[:0]
	for _, e := range list {
		if e.Announced() {
			announced = append(announced, e)
		}
	}
	return announced, nil
}

// Advance adds a tally and writes floods with the progress.
func (s *Figures) Advance(ctx context.Context, was, upto int64, t figures.Tally, floods []figures.FloodRow) error {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	err := pgx.BeginFunc(ctx, s.DB.Pool, func(tx pgx.Tx) error {
		ok, err := s.follower.advance(ctx, tx, was, upto)
		if err == nil && !ok {
			err = figures.ErrOvertaken
		}
		if err != nil {
			return err
		}
		batch := &pgx.Batch{}
		queueTally(batch, t)
		for _, f := range floods {
			batch.Queue(`
				INSERT INTO floods (station, since, ended, total, peak) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (station) WHERE ended IS NULL DO UPDATE SET ended = excluded.ended, total = excluded.total, peak = excluded.peak`,
				f.Station, f.Since, f.Ended, f.Total, f.Peak)
		}
		if batch.Len() == 0 {
			return nil
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return fmt.Errorf("write figures: %w", err)
	}
	return nil
}

func queueTally(batch *pgx.Batch, t figures.Tally) {
	for k, n := range t.Minutes {
		batch.Queue(`
			INSERT INTO figure_minutes AS f (station, minute, p1, p2, p3, p4) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (station, minute) DO UPDATE SET p1 = f.p1 + excluded.p1, p2 = f.p2 + excluded.p2, p3 = f.p3 + excluded.p3, p4 = f.p4 + excluded.p4`,
			k.Station, k.Minute, n[0], n[1], n[2], n[3])
	}
	if n := len(t.Points); n > 0 {
		stations, days, points, kinds, raises := make([]string, 0, n), make([]string, 0, n), make([]string, 0, n), make([]string, 0, n), make([]int, 0, n)
		for k, c := range t.Points {
			stations, days, points, kinds, raises = append(stations, k.Station), append(days, k.Day), append(points, string(k.Point)), append(kinds, string(k.Kind)), append(raises, c)
		}
		batch.Queue(`
			INSERT INTO figure_points AS f (station, day, point, kind, raises)
			SELECT station, day::date, point, kind, raises FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[]) w (station, day, point, kind, raises)
			ON CONFLICT (station, day, point, kind) DO UPDATE SET raises = f.raises + excluded.raises`, stations, days, points, kinds, raises)
	}
	for k, a := range t.Answers {
		batch.Queue(`
			INSERT INTO figure_answers AS f (station, day, priority, bucket, n, first, second) VALUES ($1, $2::text::date, $3, $4, $5, $6, $7)
			ON CONFLICT (station, day, priority, bucket) DO UPDATE SET n = f.n + excluded.n, first = f.first + excluded.first, second = f.second + excluded.second`,
			k.Station, k.Day, k.Priority, k.Bucket, a.N, a.First, a.Second)
	}
	for k, n := range t.Counts {
		batch.Queue(`
			INSERT INTO figure_counts AS f (station, day, what, n) VALUES ($1, $2::text::date, $3, $4)
			ON CONFLICT (station, day, what) DO UPDATE SET n = f.n + excluded.n`, k.Station, k.Day, plain(k.What), n)
	}
}

// Floods lists those that last.
func (s *Figures) Floods(ctx context.Context) ([]figures.FloodRow, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT station, since, total, peak FROM floods WHERE ended IS NULL`)
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f figures.FloodRow, err error) {
		err = row.Scan(&f.Station, &f.Since, &f.Total, &f.Peak)
		f.Since = f.Since.UTC()
		return f, err
	})
}

// FloodSettings returns the settings of the stations that have chosen some.
func (s *Figures) FloodSettings(ctx context.Context) (map[string]figures.FloodSettings, error) {
	all := map[string]figures.FloodSettings{}
	err := s.EachSetting(ctx, figures.SettingName, func(station string, _ int64, data []byte) error {
		one := figures.DefaultFlood()
		if err := json.Unmarshal(data, &one); err != nil {
			return fmt.Errorf("flood settings of station %s: %w", station, err)
		}
		all[station] = one
		return nil
	})
	return all, err
}

// Zones returns the time zone of every station.
func (s *Figures) Zones(ctx context.Context) (map[string]*time.Location, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT id, time_zone FROM stations`)
	zones := map[string]*time.Location{}
	var id, name string
	_, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		zones[id] = location(name)
		return nil
	})
	return zones, err
}

func location(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Zone returns figures.ErrNotFound for a station that does not exist.
func (s *Figures) Zone(ctx context.Context, station string) (*time.Location, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var name string
	err := s.DB.Pool.QueryRow(ctx, `SELECT time_zone FROM stations WHERE id = $1`, plain(station)).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		err = figures.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("station %.64q: %w", station, err)
	}
	return location(name), nil
}

// stale are alarms that stand since more than a day; $1 is now.
const stale = `a.open AND a.beneath IN ('unacknowledged', 'acknowledged') AND a.raised_at < $1::timestamptz - interval '24 hours'`

// Stale notes how many alarms stand for more than a day, where that is the most of the day.
func (s *Figures) Stale(ctx context.Context, now time.Time, zones map[string]*time.Location) error {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT a.station, count(*) FROM alarms a WHERE `+stale+` GROUP BY a.station`, now)
	batch := &pgx.Batch{}
	var station string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&station, &n}, func() error {
		zone := zones[station]
		if zone == nil {
			zone = time.UTC
		}
		batch.Queue(`
			INSERT INTO figure_stale AS f (station, day, worst) VALUES ($1, $2::text::date, $3)
			ON CONFLICT (station, day) DO UPDATE SET worst = excluded.worst WHERE f.worst < excluded.worst`, station, now.In(zone).Format(time.DateOnly), n)
		return nil
	}); err != nil {
		return fmt.Errorf("count stale alarms: %w", err)
	}
	if batch.Len() == 0 {
		return nil
	}
	return s.DB.Pool.SendBatch(ctx, batch).Close()
}

const mostActors = 50

// Raw reads what is counted of a station. Days that from and to cut are counted
// whole, but for the rates, which go by the minute.
func (s *Figures) Raw(ctx context.Context, station string, zone *time.Location, from, to time.Time) (figures.Raw, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	raw := figures.Raw{Minutes: []figures.RateSlot{}, Answers: map[figures.AnswerKey]figures.Answers{}, Counts: map[string]int{},
		Floods: []figures.FloodPast{}, Actors: []figures.BadActor{}, Stale: []figures.StaleAlarm{}}
	first, last := from.In(zone).Format(time.DateOnly), to.Add(-time.Microsecond).In(zone).Format(time.DateOnly)
	err := pgx.BeginTxFunc(ctx, s.DB.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, part := range []func() error{
			func() error { return readMinutes(ctx, tx, &raw, station, from, to) },
			func() error { return readDays(ctx, tx, &raw, station, first, last) },
			func() error { return readActors(ctx, tx, &raw, station, first, last, from, to) },
			func() error { return readStale(ctx, tx, &raw, station, first, last, s.DB.Now()) },
		} {
			if err := part(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return raw, fmt.Errorf("figures of station %s: %w", station, err)
	}
	return raw, nil
}

func readMinutes(ctx context.Context, tx pgx.Tx, raw *figures.Raw, station string, from, to time.Time) error {
	rows, _ := tx.Query(ctx, `SELECT minute, p1, p2, p3, p4 FROM figure_minutes WHERE station = $1 AND minute >= $2 AND minute < $3 ORDER BY minute`, station, from, to)
	var m figures.RateSlot
	if _, err := pgx.ForEachRow(rows, []any{&m.At, &m.P1, &m.P2, &m.P3, &m.P4}, func() error {
		m.At = m.At.UTC()
		raw.Minutes = append(raw.Minutes, m)
		return nil
	}); err != nil {
		return err
	}
	rows, _ = tx.Query(ctx, `SELECT since, ended, total, peak FROM floods WHERE station = $1 AND since < $3 AND (ended IS NULL OR ended > $2) ORDER BY since LIMIT 1000`, station, from, to)
	var err error
	raw.Floods, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (f figures.FloodPast, err error) {
		err = row.Scan(&f.Since, &f.Ended, &f.Total, &f.Peak)
		f.Since, f.Ended = f.Since.UTC(), inUTC(f.Ended)
		return f, err
	})
	if err != nil {
		return err
	}
	var upto *time.Time
	err = tx.QueryRow(ctx, `SELECT h.at FROM alarm_history h, followers f WHERE f.name = 'figures' AND h.id <= f.upto ORDER BY h.id DESC LIMIT 1`).Scan(&upto)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	if upto != nil {
		raw.Upto = upto.UTC()
	}
	return err
}

func readDays(ctx context.Context, tx pgx.Tx, raw *figures.Raw, station, first, last string) error {
	rows, _ := tx.Query(ctx, `
		SELECT priority, bucket, sum(n)::int, sum(first)::int, sum(second)::int FROM figure_answers
		 WHERE station = $1 AND day BETWEEN $2::text::date AND $3::text::date GROUP BY priority, bucket`, station, first, last)
	var k figures.AnswerKey
	var a figures.Answers
	if _, err := pgx.ForEachRow(rows, []any{&k.Priority, &k.Bucket, &a.N, &a.First, &a.Second}, func() error {
		raw.Answers[k] = a
		return nil
	}); err != nil {
		return err
	}
	rows, _ = tx.Query(ctx, `SELECT what, sum(n)::int FROM figure_counts WHERE station = $1 AND day BETWEEN $2::text::date AND $3::text::date GROUP BY what`, station, first, last)
	var what string
	var n int
	_, err := pgx.ForEachRow(rows, []any{&what, &n}, func() error {
		raw.Counts[what] = n
		return nil
	})
	return err
}

func readActors(ctx context.Context, tx pgx.Tx, raw *figures.Raw, station, first, last string, from, to time.Time) error {
	rows, _ := tx.Query(ctx, `
		WITH raised AS (
			SELECT point, kind, sum(raises)::int AS n FROM figure_points
			 WHERE station = $1 AND day BETWEEN $2::text::date AND $3::text::date GROUP BY point, kind
		), chatter AS (
			SELECT point, kind, count(*)::int AS episodes, max(raises)::int AS worst FROM alarm_chatter
			 WHERE station = $1 AND began >= $4 AND began < $5 GROUP BY point, kind
		), fleeting AS (
			SELECT point, kind, count(*)::int AS n, count(*) FILTER (WHERE hidden)::int AS held FROM alarm_fleeting
			 WHERE station = $1 AND at >= $4 AND at < $5 GROUP BY point, kind
		), keys AS (
			(SELECT point, kind FROM raised ORDER BY n DESC, point, kind LIMIT $6)
			UNION (SELECT point, kind FROM chatter ORDER BY episodes DESC, point, kind LIMIT $6)
			UNION (SELECT point, kind FROM fleeting ORDER BY n DESC, point, kind LIMIT $6)
		)
		SELECT k.point, coalesce(nullif(p.given_name, ''), p.name, ''), coalesce(d.name, ''), coalesce(nullif(p.location, ''), d.location, ''), k.kind,
		       coalesce(r.n, 0), coalesce(c.episodes, 0), coalesce(c.worst, 0), coalesce(f.n, 0), coalesce(f.held, 0),
		       (SELECT count(*) FROM chatter), (SELECT coalesce(sum(n), 0)::int FROM fleeting)
		  FROM keys k LEFT JOIN raised r USING (point, kind) LEFT JOIN chatter c USING (point, kind) LEFT JOIN fleeting f USING (point, kind)
		  LEFT JOIN points p ON p.id = k.point LEFT JOIN devices d ON d.id = p.gateway || '/' || p.device
		 ORDER BY coalesce(r.n, 0) DESC, coalesce(c.episodes, 0) DESC, k.point, k.kind LIMIT $6`, station, first, last, from, to, mostActors)
	var a figures.BadActor
	_, err := pgx.ForEachRow(rows, []any{&a.Point, &a.PointName, &a.DeviceName, &a.Location, &a.Kind, &a.N, &a.Chatter, &a.Worst, &a.Fleeting, &a.Held, &raw.Chattering, &raw.Fleeting}, func() error {
		raw.Actors = append(raw.Actors, a)
		return nil
	})
	return err
}

func readStale(ctx context.Context, tx pgx.Tx, raw *figures.Raw, station, first, last string, now time.Time) error {
	rows, _ := tx.Query(ctx, `
		SELECT a.id, a.point, a.point_name, a.location, a.kind, a.priority, a.raised_at, a.state, count(*) OVER ()
		  FROM alarms a WHERE a.station = $2 AND `+stale+` ORDER BY a.raised_at LIMIT 50`, now, station)
	var one figures.StaleAlarm
	if _, err := pgx.ForEachRow(rows, []any{&one.Alarm, &one.Point, &one.PointName, &one.Location, &one.Kind, &one.Priority, &one.Since, &one.State, &raw.StaleNow}, func() error {
		one.Since = one.Since.UTC()
		raw.Stale = append(raw.Stale, one)
		return nil
	}); err != nil {
		return err
	}
	return tx.QueryRow(ctx, `SELECT coalesce(max(worst), 0) FROM figure_stale WHERE station = $1 AND day BETWEEN $2::text::date AND $3::text::date`, station, first, last).Scan(&raw.StaleWorst)
}
