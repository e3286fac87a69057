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
	"guardroom/console/rationale"
	"guardroom/devices"
)

// Rationale keeps what was thought out of alarms, and the times of doors.
type Rationale struct{ DB *DB }

// whereabouts joins a point p with its area: the place it stands in, when that is one.
const whereabouts = ` LEFT JOIN point_places pp ON pp.point = p.id LEFT JOIN places ar ON ar.id = pp.place AND ar.kind = 'area' `

// Points lists the points of a station that are there now.
func (s Rationale) Points(ctx context.Context, station string, only ...devices.PointID) ([]rationale.Point, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var w where
	w.and("p.station = ?", station)
	w.and("NOT p.gone")
	if len(only) > 0 {
		w.and("p.id = ANY(?)", pointIDs(only))
	}
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT p.id, p.station, coalesce(nullif(p.given_name, ''), nullif(p.name, ''), p.point), p.gateway || '/' || p.device,
		       coalesce(nullif(d.name, ''), p.device), coalesce(nullif(p.location, ''), d.location, ''), coalesce(ar.id, ''), coalesce(ar.name, ''),
		       coalesce(nullif(p.category, ''), d.category, ''), p.type, p.unit, p.kinds, p.priority, p.priorities, p.limits
		  FROM points p LEFT JOIN devices d ON d.id = p.gateway || '/' || p.device `+whereabouts+w.sql(), w.args...)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p rationale.Point, err error) {
		var priorities, limits []byte
		var kinds []string
		err = row.Scan(&p.ID, &p.Station, &p.Name, &p.Device, &p.DeviceName, &p.Location, &p.Area, &p.AreaName, &p.Category, &p.Type, &p.Unit, &kinds, &p.Priority, &priorities, &limits)
		for _, k := range kinds {
			p.Kinds = append(p.Kinds, devices.Kind(k))
		}
		// an override that cannot be read must not hide the point: the default holds
		_ = json.Unmarshal(priorities, &p.Priorities)
		_ = json.Unmarshal(limits, &p.Limits) // nor may limits that cannot be read
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the points of station %s: %w", station, err)
	}
	return list, nil
}

func pointIDs(ids []devices.PointID) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = plain(string(id))
	}
	return all
}

// Own lists what a station has set.
func (s Rationale) Own(ctx context.Context, station string, only ...devices.PointID) ([]rationale.Own, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var w where
	w.and("station = ?", station)
	if len(only) > 0 {
		w.and("point = ANY(?)", pointIDs(only))
	}
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT point, kind, priority, cause, consequence, response, respond_within, finish_within, cameras, procedure,
		       on_delay_ms, off_delay_ms, changed_at, changed_by, version
		  FROM alarm_rationale `+w.sql(), w.args...)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o rationale.Own, err error) {
		return o, row.Scan(&o.Point, &o.Kind, &o.Priority, &o.Cause, &o.Consequence, &o.Response, &o.RespondWithin, &o.FinishWithin, &o.Cameras, &o.Procedure,
			&o.OnDelayMS, &o.OffDelayMS, &o.ChangedAt, &o.ChangedBy, &o.Version)
	})
	if err != nil {
		return nil, fmt.Errorf("read the rationalisation of station %s: %w", station, err)
	}
	return list, nil
}

// Change writes steps; a *rationale.StaleError says which one somebody was quicker with.
func (s Rationale) Change(ctx context.Context, station string, by auth.Operator, steps []rationale.Step, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		keys := make([][2]string, 0, len(steps))
		for _, step := range steps {
			keys = append(keys, [2]string{string(step.Key.Point), string(step.Key.Kind)})
		}
		if err := tx.fresh(ctx, keys, steps); err != nil {
			return err
		}
		for _, step := range steps {
			if err := tx.putRationale(station, by, step); err != nil {
				return err
			}
		}
		return tx.flush(ctx)
	})
	return err
}

// fresh locks the rows of keys and compares their versions with those seen.
func (t *Tx) fresh(ctx context.Context, keys [][2]string, steps []rationale.Step) error {
	points, kinds := make([]string, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		points[i], kinds[i] = k[0], k[1]
	}
	rows, _ := t.Query(ctx, `
		SELECT r.point, r.kind, r.version
		  FROM alarm_rationale r JOIN unnest($1::text[], $2::text[]) w (point, kind) USING (point, kind)
		 ORDER BY r.point, r.kind
		   FOR UPDATE OF r`, points, kinds)
	now := map[[2]string]int64{}
	var point, kind string
	var version int64
	if _, err := pgx.ForEachRow(rows, []any{&point, &kind, &version}, func() error {
		now[[2]string{point, kind}] = version
		return nil
	}); err != nil {
		return err
	}
	for i, k := range keys {
		if now[k] != steps[i].Seen {
			return &rationale.StaleError{Key: steps[i].Key, Now: now[k]}
		}
	}
	return nil
}

func (t *Tx) putRationale(station string, by auth.Operator, step rationale.Step) error {
	f := step.Now
	wasText, nowText := step.Differences()
	was, err := json.Marshal(wasText)
	if err != nil {
		return err
	}
	now, err := json.Marshal(nowText)
	if err != nil {
		return err
	}
	cameras := f.Cameras
	if cameras == nil {
		cameras = []string{}
	}
	t.queue("write rationalisation", allOf(1), `
		INSERT INTO alarm_rationale AS r (point, kind, station, priority, cause, consequence, response, respond_within, finish_within, cameras, procedure,
		       on_delay_ms, off_delay_ms, changed_at, changed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (point, kind) DO UPDATE
		   SET station = excluded.station, priority = excluded.priority, cause = excluded.cause, consequence = excluded.consequence, response = excluded.response,
		       respond_within = excluded.respond_within, finish_within = excluded.finish_within, cameras = excluded.cameras, procedure = excluded.procedure,
		       on_delay_ms = excluded.on_delay_ms, off_delay_ms = excluded.off_delay_ms, changed_at = excluded.changed_at, changed_by = excluded.changed_by,
		       version = r.version + 1
		 WHERE r.version = $16`,
		step.Key.Point, step.Key.Kind, station, f.Priority, plain(f.Cause), plain(f.Consequence), plain(f.Response), f.RespondWithin, f.FinishWithin, cameras, plain(f.Procedure),
		f.OnDelayMS, f.OffDelayMS, t.Now, plain(by.Name), step.Seen)
	t.queue("write the change of a rationalisation", nil, `
		INSERT INTO rationale_changes (station, point, kind, at, by_id, by_name, was, now) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		station, step.Key.Point, step.Key.Kind, t.Now, by.ID, plain(by.Name), was, now)
	return nil
}

// Changes lists who changed what, newest first.
func (s Rationale) Changes(ctx context.Context, q rationale.ChangesQuery) ([]rationale.RationaleChange, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var w where
	w.and("station = ?", q.Station)
	if q.Point != "" {
		w.and("point = ?", plain(string(q.Point)))
	}
	if q.Before > 0 {
		w.and("id < ?", q.Before)
	}
	rows, _ := s.DB.Pool.Query(ctx, `SELECT id, at, by_id, by_name, point, kind, was, now FROM rationale_changes `+w.sql()+` ORDER BY id DESC LIMIT `+w.arg(q.Limit), w.args...)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c rationale.RationaleChange, err error) {
		err = row.Scan(&c.ID, &c.At, &c.By, &c.ByName, &c.Point, &c.Kind, &c.Was, &c.Now)
		c.At = c.At.UTC()
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the changes of station %s: %w", q.Station, err)
	}
	return list, nil
}

// StationOf says at which station a point is; of a point that is in no birth, at
// which its gateway is.
func (s Rationale) StationOf(ctx context.Context, point devices.PointID) (string, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var station string
	err := s.DB.Pool.QueryRow(ctx, `
		SELECT coalesce((SELECT station FROM points WHERE id = $1), (SELECT station FROM gateways WHERE id = split_part($1, '/', 1)),
		                (SELECT station FROM alarms WHERE point = $1 LIMIT 1), '')`, plain(string(point))).Scan(&station)
	if err == nil && station == "" {
		err = rationale.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("station of point %.200s: %w", point, err)
	}
	return station, nil
}

// DoorTimes lists the doors of a station with what is set of them; the class is
// that of the door's page where none is set here.
func (s Rationale) DoorTimes(ctx context.Context, station string, only ...devices.PointID) ([]rationale.DoorTime, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var w where
	w.and("NOT p.gone")
	w.and("'door.opened' = ANY(p.kinds)")
	if station != "" {
		w.and("p.station = ?", station)
	}
	if len(only) > 0 {
		w.and("p.id = ANY(?)", pointIDs(only))
	}
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT p.id, p.station, coalesce(nullif(p.given_name, ''), nullif(p.name, ''), p.point), coalesce(nullif(p.location, ''), d.location, ''),
		       coalesce(ar.name, ''), coalesce(t.class, ds.class, ''), coalesce(t.held_after, 0), coalesce(t.warn, 0), coalesce(t.hours, '[]'),
		       t.changed_at, coalesce(t.changed_by, ''), coalesce(t.version, 0), coalesce(z.time_zone, 'UTC')
		  FROM points p LEFT JOIN devices d ON d.id = p.gateway || '/' || p.device
		  LEFT JOIN door_times t ON t.point = p.id LEFT JOIN door_settings ds ON ds.point = p.id LEFT JOIN stations z ON z.id = p.station `+whereabouts+w.sql()+` ORDER BY p.id`, w.args...)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d rationale.DoorTime, err error) {
		var changed *time.Time
		err = row.Scan(&d.Point, &d.Station, &d.Name, &d.Location, &d.AreaName, &d.Class, &d.HeldAfter, &d.Warn, &d.Hours, &changed, &d.ChangedBy, &d.Version, &d.Zone)
		d.ChangedAt = inUTC(changed)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the doors of station %s: %w", station, err)
	}
	return list, nil
}

func inUTC(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	utc := at.UTC()
	return &utc
}

// SaveDoors writes doors that are still at the versions they carry.
func (s Rationale) SaveDoors(ctx context.Context, by auth.Operator, doors []rationale.DoorTime, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		for _, d := range doors {
			hours, err := json.Marshal(d.Hours)
			if err != nil {
				return err
			}
			var version int64
			err = tx.QueryRow(ctx, `
				INSERT INTO door_times AS t (point, station, class, held_after, warn, hours, changed_at, changed_by)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
				ON CONFLICT (point) DO UPDATE SET station = excluded.station, class = excluded.class, held_after = excluded.held_after, warn = excluded.warn,
				       hours = excluded.hours, changed_at = excluded.changed_at, changed_by = excluded.changed_by, version = t.version + 1
				 WHERE t.version = $9
				RETURNING version`, d.Point, d.Station, d.Class, d.HeldAfter, d.Warn, hours, tx.Now, plain(by.Name), d.Version).Scan(&version)
			if err == nil && d.Version > 0 && version != d.Version+1 || errors.Is(err, pgx.ErrNoRows) {
				_ = tx.QueryRow(ctx, `SELECT version FROM door_times WHERE point = $1`, d.Point).Scan(&version)
				return &rationale.StaleError{Key: rationale.Key{Point: d.Point, Kind: devices.DoorHeld}, Now: version}
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return err
}
