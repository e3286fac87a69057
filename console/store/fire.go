package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/fire"
	"guardroom/console/jobs"
	"guardroom/console/live"
	"guardroom/devices"
)

// Fire keeps fire zones, investigations and warden boards.
type Fire struct{ DB *DB }

// InvestigationTimer is the timer that ends the time of an investigation; its
// key is the investigation's id.
const InvestigationTimer = "fire.investigation"

// openAlarmColumns fit scanOpenAlarm; the table's alias is a. State is that of
// the machine: what lies over it is Hidden.
const openAlarmColumns = `a.id, a.station, a.point, a.point_name, a.device_name, a.location, a.kind, a.beneath, a.removed IS NOT NULL, a.count,
	a.raised_at, a.received_at, (a.acknowledged->>'at')::timestamptz, coalesce(a.acknowledged->>'by_name', ''), a.confirmed,
	coalesce(a.first_up->>'alarm', ''), coalesce(a.detail->>'summary', '') = 'true', a.demo`

func scanOpenAlarm(row pgx.CollectableRow) (a fire.OpenAlarm, err error) {
	err = row.Scan(&a.ID, &a.Station, &a.Point, &a.PointName, &a.DeviceName, &a.Location, &a.Kind, &a.State, &a.Hidden, &a.Count,
		&a.RaisedAt, &a.ReceivedAt, &a.AcknowledgedAt, &a.AcknowledgedBy, &a.Confirmed, &a.FirstUp, &a.Summary, &a.Demo)
	a.RaisedAt, a.ReceivedAt = a.RaisedAt.UTC(), a.ReceivedAt.UTC()
	if a.AcknowledgedAt != nil {
		at := a.AcknowledgedAt.UTC()
		a.AcknowledgedAt = &at
	}
	return a, err
}

// OpenAlarms lists the open alarms of fire panels, by when they began. Nil
// stations are all.
func (s Fire) OpenAlarms(ctx context.Context, stations []string) ([]fire.OpenAlarm, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT `+openAlarmColumns+`
		  FROM alarms a
		 WHERE a.open AND a.category = 'fire' AND ($1::text[] IS NULL OR a.station = ANY($1))
		 ORDER BY a.raised_at, a.id`, stations)
	return pgx.CollectRows(rows, scanOpenAlarm)
}

// Alarm returns fire.ErrNotFound when id is unknown.
func (s Fire) Alarm(ctx context.Context, id string) (fire.OpenAlarm, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+openAlarmColumns+` FROM alarms a WHERE a.id = $1`, plain(id))
	a, err := pgx.CollectExactlyOneRow(rows, scanOpenAlarm)
	return a, fireFault("find alarm", id, err)
}

// fireFault names what failed; no row is fire.ErrNotFound.
func fireFault(what, id string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		err = fire.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("%s %.64s: %w", what, id, err)
	}
	return nil
}

// selectWhere walks from a point's place up to its building.
const selectWhere = `
	WITH RECURSIVE up AS (
		SELECT p.id, p.parent, p.kind, p.name, 0 AS height FROM point_places o JOIN places p ON p.id = o.place WHERE o.point = $1
		UNION ALL
		SELECT p.id, p.parent, p.kind, p.name, up.height + 1 FROM up JOIN places p ON p.id = up.parent WHERE up.height < 100)
	SELECT kind, id, name FROM up WHERE kind IN ('area', 'level', 'building') ORDER BY height`

// Where says in which area, level and building a point stands; empty fields are
// not known.
func (s Fire) Where(ctx context.Context, point devices.PointID) (fire.Where, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var w fire.Where
	rows, _ := s.DB.Pool.Query(ctx, selectWhere, string(point))
	var kind, id, name string
	_, err := pgx.ForEachRow(rows, []any{&kind, &id, &name}, func() error {
		switch {
		case kind == "area" && w.Area == "":
			w.Area, w.AreaName = id, name
		case kind == "level" && w.Level == "":
			w.Level, w.LevelName = id, name
		case kind == "building" && w.Building == "":
			w.Building, w.BuildingName = id, name
		}
		return nil
	})
	return w, err
}

// PointsIn lists the points that stand in a building or below it.
func (s Fire) PointsIn(ctx context.Context, building string) ([]devices.PointID, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		WITH RECURSIVE down AS (
			SELECT id FROM places WHERE id = $1
			UNION
			SELECT p.id FROM down JOIN places p ON p.parent = down.id)
		SELECT o.point FROM down JOIN point_places o ON o.place = down.id ORDER BY o.point`, building)
	return pgx.CollectRows(rows, pgx.RowTo[devices.PointID])
}

// Building names a building of the station and its levels, as premises list them.
func (s Fire) Building(ctx context.Context, station, id string) (name string, levels []fire.Level, err error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	err = s.DB.Pool.QueryRow(ctx, `SELECT name FROM places WHERE id = $1 AND station = $2 AND kind = 'building'`, plain(id), station).Scan(&name)
	if err != nil {
		return "", nil, fireFault("find building", id, err)
	}
	rows, _ := s.DB.Pool.Query(ctx, `SELECT id, name FROM places WHERE parent = $1 AND kind = 'level' ORDER BY position, name, id LIMIT 200`, id)
	levels, err = pgx.CollectRows(rows, pgx.RowToStructByPos[fire.Level])
	return name, levels, err
}

// Zones lists every zone with its points and where it is.
func (s Fire) Zones(ctx context.Context) ([]fire.Zone, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, selectZones+` ORDER BY z.panel, z.number`, nil)
	return pgx.CollectRows(rows, scanZone)
}

// selectZones finds each zone's place and, above it, its level and building. $1
// names one zone, or null all.
const selectZones = `
	WITH RECURSIVE up AS (
		SELECT z.id AS zone, p.id, p.parent, p.kind, p.name, 0 AS height FROM fire_zones z JOIN places p ON p.id = z.place WHERE $1::text IS NULL OR z.id = $1
		UNION ALL
		SELECT up.zone, p.id, p.parent, p.kind, p.name, up.height + 1 FROM up JOIN places p ON p.id = up.parent WHERE up.height < 100)
	SELECT z.id, z.station, z.panel, z.number, z.name, coalesce(z.place, ''),
	       coalesce((SELECT name FROM up WHERE zone = z.id AND height = 0), ''),
	       coalesce((SELECT id FROM up WHERE zone = z.id AND kind = 'level' LIMIT 1), ''),
	       coalesce((SELECT name FROM up WHERE zone = z.id AND kind = 'level' LIMIT 1), ''),
	       coalesce((SELECT id FROM up WHERE zone = z.id AND kind = 'building' LIMIT 1), ''),
	       coalesce((SELECT name FROM up WHERE zone = z.id AND kind = 'building' LIMIT 1), ''),
	       coalesce((SELECT array_agg(point ORDER BY point) FROM fire_zone_points WHERE zone = z.id), '{}'),
	       z.investigate_seconds, z.version
	  FROM fire_zones z
	 WHERE $1::text IS NULL OR z.id = $1`

func scanZone(row pgx.CollectableRow) (z fire.Zone, err error) {
	err = row.Scan(&z.ID, &z.Station, &z.Panel, &z.Number, &z.Name, &z.Place, &z.PlaceName, &z.Level, &z.LevelName, &z.Building, &z.BuildingName,
		&z.Points, &z.InvestigateSeconds, &z.Version)
	return z, err
}

// SaveZone writes z as it was seen, 0 for a new one.
func (s Fire) SaveZone(ctx context.Context, z fire.Zone, seen int64, e audit.Entry) (saved fire.Zone, err error) {
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		if err := tx.checkZone(ctx, z, seen); err != nil {
			return err
		}
		place := &z.Place
		if z.Place == "" {
			place = nil
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO fire_zones (id, station, panel, number, name, place, investigate_seconds) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (id) DO UPDATE SET number = excluded.number, name = excluded.name, place = excluded.place,
			       investigate_seconds = excluded.investigate_seconds, version = fire_zones.version + 1`,
			z.ID, z.Station, z.Panel, z.Number, plain(z.Name), place, z.InvestigateSeconds)
		if err := taken(err, &fire.ConflictError{Reason: "number", Text: fmt.Sprintf("the panel has a zone %d already", z.Number)}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM fire_zone_points WHERE zone = $1`, z.ID); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO fire_zone_points (point, station, zone) SELECT p, $2, $3 FROM unnest($1::text[]) p`, texts(z.Points), z.Station, z.ID)
		if err := taken(err, &fire.ConflictError{Reason: "point", Text: "one of the points is in another zone already"}); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, selectZones, z.ID)
		if saved, err = pgx.CollectExactlyOneRow(rows, scanZone); err != nil {
			return err
		}
		tx.Audit(e)
		return nil
	})
	if err != nil {
		return fire.Zone{}, fmt.Errorf("save fire zone %s: %w", z.ID, err)
	}
	return saved, nil
}

// checkZone locks the zone as it is and says why it may not be written so.
func (t *Tx) checkZone(ctx context.Context, z fire.Zone, seen int64) error {
	var now int64
	err := t.QueryRow(ctx, `SELECT version FROM fire_zones WHERE id = $1 FOR UPDATE`, z.ID).Scan(&now)
	switch {
	case errors.Is(err, pgx.ErrNoRows) && seen == 0:
	case errors.Is(err, pgx.ErrNoRows):
		return fire.ErrNotFound
	case err != nil:
		return err
	case now != seen:
		rows, _ := t.Query(ctx, selectZones, z.ID)
		current, err := pgx.CollectExactlyOneRow(rows, scanZone)
		if err != nil {
			return err
		}
		return &fire.StaleError{Version: int(now), Current: current}
	}
	if z.Place == "" {
		return nil
	}
	var ours bool
	if err := t.QueryRow(ctx, `SELECT EXISTS (SELECT FROM places WHERE id = $1 AND station = $2)`, plain(z.Place), z.Station).Scan(&ours); err != nil {
		return err
	}
	if !ours {
		return &fire.InvalidError{Field: "place", Reason: "the station has no such place"}
	}
	return nil
}

func texts[T ~string](list []T) []string {
	all := make([]string, len(list))
	for i, one := range list {
		all[i] = string(one)
	}
	return all
}

// RemoveZone takes a zone away as it was seen.
func (s Fire) RemoveZone(ctx context.Context, id string, seen int64, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		if err := tx.checkZone(ctx, fire.Zone{ID: id}, seen); err != nil {
			return err
		}
		tx.Audit(e)
		tag, err := tx.Exec(ctx, `DELETE FROM fire_zones WHERE id = $1`, id)
		if err == nil && tag.RowsAffected() == 0 {
			err = fire.ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("remove fire zone %.64s: %w", id, err)
	}
	return nil
}

// fireSettings is the name of the document in which a station keeps its choices.
const fireSettings = "fire"

// Settings returns what the station has chosen, or the defaults as version 0.
func (s Fire) Settings(ctx context.Context, station string) (fire.Settings, int64, error) {
	chosen := fire.DefaultSettings()
	version, err := Settings(s).Setting(ctx, station, fireSettings, &chosen)
	return chosen, version, err
}

// EachSettings reads what each station has chosen.
func (s Fire) EachSettings(ctx context.Context, read func(station string, s fire.Settings)) error {
	return Settings(s).EachSetting(ctx, fireSettings, func(station string, _ int64, data []byte) error {
		chosen := fire.DefaultSettings()
		if err := json.Unmarshal(data, &chosen); err != nil {
			return fmt.Errorf("settings of fire at station %s: %w", station, err)
		}
		read(station, chosen)
		return nil
	})
}

// SaveSettings writes what the station chooses, as it was seen.
func (s Fire) SaveSettings(ctx context.Context, station string, seen int64, chosen fire.Settings, e audit.Entry) (int64, error) {
	return Settings(s).SaveSetting(ctx, station, fireSettings, seen, chosen, e)
}

// investigationColumns fit scanInvestigation; the table's alias is i.
const investigationColumns = `i.doc, i.other_alarm, i.other_raises`

func scanInvestigation(row pgx.CollectableRow) (i fire.Investigation, err error) {
	var doc []byte
	var alarm string
	var raises int
	if err := row.Scan(&doc, &alarm, &raises); err != nil {
		return i, err
	}
	err = json.Unmarshal(doc, &i)
	i.OtherAlarm, i.OtherRaises = alarm, raises
	return i, err
}

// Present reads what investigations are decided on.
func (s Fire) Present(ctx context.Context) (p fire.Present, err error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	err = pgx.BeginTxFunc(ctx, s.DB.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `
			SELECT `+openAlarmColumns+`
			  FROM alarms a
			 WHERE a.open AND a.category = 'fire' AND a.kind IN ('fire.alarm', 'fire.prealarm', 'fire.undecided')`)
		if p.Alarms, err = pgx.CollectRows(rows, scanOpenAlarm); err != nil {
			return err
		}
		rows, _ = tx.Query(ctx, `
			SELECT `+investigationColumns+` FROM investigations i WHERE i.state <> 'decided'
			UNION ALL
			SELECT `+investigationColumns+` FROM investigations i
			 WHERE i.state = 'decided' AND (i.alarm = ANY($1) OR i.other_alarm <> '' AND i.other_alarm = ANY($1))`, alarmIDs(p.Alarms))
		if p.Investigations, err = pgx.CollectRows(rows, scanInvestigation); err != nil {
			return err
		}
		rows, _ = tx.Query(ctx, `SELECT `+investigationColumns+` FROM investigations i WHERE NOT i.reported ORDER BY i.id LIMIT 100`)
		p.Unreported, err = pgx.CollectRows(rows, scanInvestigation)
		return err
	})
	if err != nil {
		return fire.Present{}, fmt.Errorf("read fire alarms and investigations: %w", err)
	}
	return p, nil
}

func alarmIDs(list []fire.OpenAlarm) []string {
	ids := []string{}
	for _, a := range list {
		if a.Kind == devices.FirePrealarm {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// errAnother ends a transaction because another console was first.
var errAnother = errors.New("another console was first")

// Begin writes an investigation with its timer; false when one of the same
// pre-alarm is there.
func (s Fire) Begin(ctx context.Context, i fire.Investigation, e audit.Entry) (bool, error) {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		doc, err := json.Marshal(i)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO investigations (id, station, alarm, raises, state, reported, doc, version)
			SELECT $1, $2, $3, $4, $5, true, $6, $7
			 WHERE NOT EXISTS (SELECT FROM investigations WHERE alarm = $3 AND raises >= $4)
			ON CONFLICT DO NOTHING`, i.ID, i.Station, i.Alarm, i.Raises, i.State, doc, i.Version)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errAnother
		}
		tx.Audit(e)
		tx.Tell(i.Event())
		return tx.SetTimer(ctx, jobs.Timer{Kind: InvestigationTimer, Key: i.ID, Due: i.DueAt})
	})
	if errors.Is(err, errAnother) {
		return false, nil
	}
	return err == nil, err
}

// ChangeInvestigation locks the investigation and writes what step makes of it.
func (s Fire) ChangeInvestigation(ctx context.Context, id string, step func(i *fire.Investigation, now time.Time) (audit.Entry, error)) (after fire.Investigation, err error) {
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		after, err = tx.changeInvestigation(ctx, id, step)
		return err
	})
	if errors.Is(err, fire.ErrUnchanged) {
		return after, nil
	}
	return after, fireFault("change investigation", id, err)
}

func (t *Tx) changeInvestigation(ctx context.Context, id string, step func(i *fire.Investigation, now time.Time) (audit.Entry, error)) (fire.Investigation, error) {
	rows, _ := t.Query(ctx, `SELECT `+investigationColumns+` FROM investigations i WHERE i.id = $1 FOR UPDATE`, plain(id))
	i, err := pgx.CollectExactlyOneRow(rows, scanInvestigation)
	if err != nil {
		return i, err
	}
	before := i
	e, err := step(&i, t.Now)
	if err != nil {
		return before, err
	}
	doc, err := json.Marshal(i)
	if err != nil {
		return before, err
	}
	if _, err := t.Exec(ctx, `
		UPDATE investigations SET state = $2, reported = $3, other_alarm = $4, other_raises = $5, doc = $6, version = $7 WHERE id = $1`,
		i.ID, i.State, i.Reported || !i.Confirms(), i.OtherAlarm, i.OtherRaises, doc, i.Version); err != nil {
		return before, err
	}
	t.Audit(e)
	t.Tell(i.Event())
	if i.State == fire.Running {
		return i, t.SetTimer(ctx, jobs.Timer{Kind: InvestigationTimer, Key: i.ID, Due: i.DueAt})
	}
	return i, t.StopTimer(ctx, InvestigationTimer, i.ID)
}

// RunOut is the handler of InvestigationTimer.
func (s Fire) RunOut(ctx context.Context, tx *Tx, timer jobs.Timer) error {
	_, err := tx.changeInvestigation(ctx, timer.Key, func(i *fire.Investigation, now time.Time) (audit.Entry, error) {
		if !i.RunOut(now) {
			return audit.Entry{}, fire.ErrUnchanged
		}
		return fire.RanOut(*i), nil
	})
	if errors.Is(err, fire.ErrUnchanged) || errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

// Investigation returns fire.ErrNotFound when id is unknown.
func (s Fire) Investigation(ctx context.Context, id string) (fire.Investigation, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+investigationColumns+` FROM investigations i WHERE i.id = $1`, plain(id))
	i, err := pgx.CollectExactlyOneRow(rows, scanInvestigation)
	return i, fireFault("find investigation", id, err)
}

// Investigations lists investigations, newest first.
func (s Fire) Investigations(ctx context.Context, q fire.Query) ([]fire.Investigation, string, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT `+investigationColumns+`
		  FROM investigations i
		 WHERE ($1::text[] IS NULL OR i.station = ANY($1)) AND ($2 = '' OR i.alarm = $2)
		   AND ($3::boolean IS NULL OR (i.state <> 'decided') = $3) AND ($4 = '' OR i.id < $4)
		 ORDER BY i.id DESC LIMIT $5`, q.Stations, plain(q.Alarm), q.Open, plain(q.Cursor), q.Limit+1)
	list, err := pgx.CollectRows(rows, scanInvestigation)
	if err != nil {
		return nil, "", fmt.Errorf("list investigations: %w", err)
	}
	list, next := cutPage(list, q.Limit, func(i fire.Investigation) string { return i.ID })
	return list, next, nil
}

// cutPage cuts off the one row too many that tells that there is a next page.
func cutPage[T any](list []T, limit int, key func(T) string) ([]T, string) {
	if len(list) <= limit {
		return list, ""
	}
	return list[:limit], key(list[limit-1])
}

// Board reads what the screens show of fire: investigations that are not
// decided, and boards that run.
func (s Fire) Board(ctx context.Context) ([]live.Event, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var events []live.Event
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+investigationColumns+` FROM investigations i WHERE i.state <> 'decided' ORDER BY i.id`)
	investigations, err := pgx.CollectRows(rows, scanInvestigation)
	if err != nil {
		return nil, fmt.Errorf("read investigations: %w", err)
	}
	for _, i := range investigations {
		events = append(events, i.Event())
	}
	rows, _ = s.DB.Pool.Query(ctx, `SELECT doc FROM evacuations WHERE running ORDER BY id`)
	boards, err := pgx.CollectRows(rows, scanDoc[fire.Evacuation])
	if err != nil {
		return nil, fmt.Errorf("read evacuations: %w", err)
	}
	for _, e := range boards {
		events = append(events, e.Event())
	}
	return events, nil
}

// scanDoc reads a row whose one column is the whole thing as JSON.
func scanDoc[T any](row pgx.CollectableRow) (thing T, err error) {
	var doc []byte
	if err := row.Scan(&doc); err != nil {
		return thing, err
	}
	return thing, json.Unmarshal(doc, &thing)
}
