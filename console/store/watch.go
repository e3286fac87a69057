package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/alarms"
	"guardroom/console/watch"
)

// Watch keeps desks, standings, grants and handovers.
type Watch struct {
	DB *DB
	Settings
}

// watchTx is a writing transaction as the watch uses it.
type watchTx struct{ *Tx }

// WatchTx lends a timer's transaction to the watch.
func WatchTx(tx *Tx) watch.Tx { return watchTx{tx} }

// At is the instant of the transaction.
func (t watchTx) At() time.Time { return t.Now }

// Write runs f in one transaction.
func (s *Watch) Write(ctx context.Context, f func(ctx context.Context, tx watch.Tx) error) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error { return f(ctx, watchTx{tx}) })
	return err
}

// Meet writes mine, removes left, and returns every seat that its console has
// renewed lately. Rows that nobody renews are removed after a day.
func (s *Watch) Meet(ctx context.Context, mine []watch.Seat, left []string, stale time.Duration) ([]watch.Seat, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	now := s.DB.o.Now()
	batch := &pgx.Batch{}
	for _, m := range mine {
		person, err := json.Marshal(m.Person)
		if err != nil {
			return nil, err
		}
		batch.Queue(`
			INSERT INTO watch_desks (id, console, session, person, chosen, desk, since, last_key, seen) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (id) DO UPDATE SET person = excluded.person, chosen = excluded.chosen, desk = excluded.desk, last_key = excluded.last_key, seen = excluded.seen`,
			m.ID, m.Console, m.Session, person, m.Chosen, plain(m.Desk), m.Since, m.LastKey, now)
	}
	batch.Queue(`DELETE FROM watch_desks WHERE id = ANY($1) OR seen < $2`, left, now.Add(-24*time.Hour))
	var seats []watch.Seat
	batch.Queue(`SELECT id, console, session, person, chosen, desk, since, last_key FROM watch_desks WHERE seen > $1 ORDER BY id LIMIT 5000`, now.Add(-stale)).
		Query(func(rows pgx.Rows) (err error) {
			seats, err = pgx.CollectRows(rows, scanSeat)
			return err
		})
	if err := s.DB.Pool.SendBatch(ctx, batch).Close(); err != nil {
		return nil, fmt.Errorf("share the desks: %w", err)
	}
	return seats, nil
}

func scanSeat(row pgx.CollectableRow) (s watch.Seat, err error) {
	var person []byte
	if err := row.Scan(&s.ID, &s.Console, &s.Session, &person, &s.Chosen, &s.Desk, &s.Since, &s.LastKey); err != nil {
		return s, err
	}
	s.Since, s.LastKey = s.Since.UTC(), s.LastKey.UTC()
	return s, json.Unmarshal(person, &s.Person)
}

const standingColumns = `station, state, since, last_key, prompt_at, supervisor, alarmed, version`

func scanStanding(row pgx.CollectableRow) (s watch.Standing, err error) {
	err = row.Scan(&s.Station, &s.State, &s.Since, &s.LastKey, &s.PromptAt, &s.Supervisor, &s.Alarmed, &s.Version)
	s.Since, s.LastKey = s.Since.UTC(), s.LastKey.UTC()
	if s.PromptAt != nil {
		at := s.PromptAt.UTC()
		s.PromptAt = &at
	}
	return s, err
}

// Standings returns how every watch stands.
func (s *Watch) Standings(ctx context.Context) ([]watch.Standing, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+standingColumns+` FROM watch_stations`)
	return pgx.CollectRows(rows, scanStanding)
}

// Standing locks the row of a station; a station without one gets an empty state.
func (t watchTx) Standing(ctx context.Context, station string) (watch.Standing, error) {
	// Two consoles that meet an empty row both wait here; the second finds the first's.
	if _, err := t.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('watch ' || $1))`, station); err != nil {
		return watch.Standing{}, err
	}
	rows, _ := t.Query(ctx, `SELECT `+standingColumns+` FROM watch_stations WHERE station = $1 FOR UPDATE`, station)
	s, err := pgx.CollectExactlyOneRow(rows, scanStanding)
	if errors.Is(err, pgx.ErrNoRows) {
		return watch.Standing{Station: station}, nil
	}
	return s, err
}

// SaveStanding writes how a watch stands.
func (t watchTx) SaveStanding(ctx context.Context, s watch.Standing) error {
	_, err := t.Exec(ctx, `
		INSERT INTO watch_stations (`+standingColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (station) DO UPDATE SET state = excluded.state, since = excluded.since, last_key = excluded.last_key, prompt_at = excluded.prompt_at,
		       supervisor = excluded.supervisor, alarmed = excluded.alarmed, version = excluded.version`,
		s.Station, s.State, s.Since, s.LastKey, s.PromptAt, s.Supervisor, s.Alarmed, s.Version)
	return err
}

// nobodys are alarms of the stations $1 that ask for an answer and have not gone
// up; what was over before anybody here could know does not ask.
const nobodys = `a.open AND a.station = ANY($1) AND a.escalation_level = 0 AND a.removed IS NULL AND a.cause IS NULL
	AND (a.beneath = 'unacknowledged' OR a.beneath = 'returned' AND NOT a.late)`

// AnyDue looks for alarms that have to go up, without writing.
func (s *Watch) AnyDue(ctx context.Context, unmanned []string) (due bool, err error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	err = s.DB.Pool.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM alarms WHERE escalate_at <= $2) OR EXISTS (SELECT FROM alarms WHERE finish_at <= $2 AND removed IS NULL)
		    OR cardinality($1::text[]) > 0 AND EXISTS (SELECT FROM alarms a WHERE `+nobodys+`)`, unmanned, s.DB.o.Now()).Scan(&due)
	return due, err
}

// NobodysAlarms locks alarms of stations that nobody watches; those that another
// console holds are passed over.
func (t watchTx) NobodysAlarms(ctx context.Context, stations []string, limit int) ([]*alarms.Alarm, error) {
	rows, _ := t.Query(ctx, `SELECT `+alarmColumns+` FROM alarms a WHERE `+nobodys+` ORDER BY a.priority, a.id LIMIT $2 FOR UPDATE SKIP LOCKED`, stations, limit)
	list, err := pgx.CollectRows(rows, scanAlarm)
	if err != nil {
		return nil, fmt.Errorf("read alarms that nobody watches: %w", err)
	}
	all := make([]*alarms.Alarm, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return all, nil
}

// Closing returns alarms of a station that are over and wait to be closed.
func (s *Watch) Closing(ctx context.Context, station string) ([]alarms.Alarm, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT `+alarmColumns+` FROM alarms a
		 WHERE a.station = $1 AND a.to_close
		 ORDER BY a.id DESC LIMIT 300`, station)
	return pgx.CollectRows(rows, scanAlarm)
}

// FailedDeliveries counts the deliveries of each station that were given up since
// the instant.
func (s *Watch) FailedDeliveries(ctx context.Context, since time.Time) (map[string]int, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT station, count(*) FROM deliveries WHERE state = 'failed' AND id >= $1 GROUP BY station`, idAt(since))
	counts := map[string]int{}
	var station string
	var n int
	_, err := pgx.ForEachRow(rows, []any{&station, &n}, func() error {
		counts[station] = n
		return nil
	})
	return counts, err
}

// idAt is the smallest UUIDv7 of an instant.
func idAt(at time.Time) string {
	ms := at.UnixMilli()
	return fmt.Sprintf("%08x-%04x-7000-8000-000000000000", ms>>16, ms&0xffff)
}

// Responses is what to do at each point of a station, for the fallback pack.
func (s *Watch) Responses(ctx context.Context, station string) (watch.Table, error) {
	return s.table(ctx, []string{"place", "point", "kind", "response", "procedure"}, `
		SELECT coalesce(nullif(p.location, ''), d.location, ''), coalesce(nullif(p.given_name, ''), nullif(p.name, ''), r.point), r.kind, r.response, r.procedure
		  FROM alarm_rationale r
		  LEFT JOIN points p ON p.id = r.point
		  LEFT JOIN devices d ON d.id = split_part(r.point, '.', 1)
		 WHERE r.station = $1 AND (r.response <> '' OR r.procedure <> '')
		 ORDER BY 1, 2, 3 LIMIT 5000`, station)
}

// FireZones are the fire zones of a station, for the fallback pack.
func (s *Watch) FireZones(ctx context.Context, station string) (watch.Table, error) {
	return s.table(ctx, []string{"panel", "zone", "name"},
		`SELECT panel, number::text, name FROM fire_zones WHERE station = $1 ORDER BY panel, number LIMIT 5000`, station)
}

// Plans lists the levels of a station, and whether there is a drawing of each.
func (s *Watch) Plans(ctx context.Context, station string) (watch.Table, error) {
	return s.table(ctx, []string{"premises", "building", "level", "drawing", "version"}, `
		SELECT coalesce(p.name, ''), coalesce(b.name, ''), l.name, CASE WHEN d.level IS NULL THEN 'none' ELSE 'yes' END, coalesce(d.version::text, '')
		  FROM places l
		  LEFT JOIN places b ON b.id = l.parent
		  LEFT JOIN places p ON p.id = b.parent
		  LEFT JOIN plans d ON d.level = l.id
		 WHERE l.station = $1 AND l.kind = 'level'
		 ORDER BY p.position, p.name, b.position, b.name, l.position, l.name LIMIT 2000`, station)
}

// table reads rows of text columns.
func (s *Watch) table(ctx context.Context, head []string, sql string, args ...any) (watch.Table, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, sql, args...)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]string, error) {
		cells := make([]string, len(head))
		to := make([]any, len(head))
		for i := range cells {
			to[i] = &cells[i]
		}
		return cells, row.Scan(to...)
	})
	return watch.Table{Head: head, Rows: list}, err
}
