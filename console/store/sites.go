package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"guardroom/console/audit"
	"guardroom/console/live"
	"guardroom/console/sites"
	"guardroom/devices"
)

// Sites keeps where things are: places, bindings, cameras, plans and pictures.
type Sites struct{ DB *DB }

const keptPlanVersions = 200

// querier is what a pool and a transaction have in common.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// siteEvent tells the screens to read the site anew.
func siteEvent(station string, version int64) live.Event {
	return live.Thing(live.Site, station, station, map[string]any{"id": station, "station": station, "version": version}, false)
}

// Board returns the version of each site, as the screens know it.
func (s *Sites) Board(ctx context.Context) ([]live.Event, error) {
	versions, err := s.Versions(ctx)
	if err != nil {
		return nil, err
	}
	events := []live.Event{}
	for _, station := range slices.Sorted(maps.Keys(versions)) {
		events = append(events, siteEvent(station, versions[station]))
	}
	return events, nil
}

// Versions returns the version of every site.
func (s *Sites) Versions(ctx context.Context) (map[string]int64, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT station, version FROM sites`)
	versions := map[string]int64{}
	var station string
	var version int64
	_, err := pgx.ForEachRow(rows, []any{&station, &version}, func() error { versions[station] = version; return nil })
	return versions, err
}

// Site reads a whole site, as of one instant.
func (s *Sites) Site(ctx context.Context, station string) (site *sites.Site, err error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	err = pgx.BeginTxFunc(ctx, s.DB.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var version int64
		err := tx.QueryRow(ctx, `SELECT version FROM sites WHERE station = $1`, station).Scan(&version)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		site, err = readSite(ctx, tx, station, version)
		return err
	})
	return site, err
}

func readSite(ctx context.Context, q querier, station string, version int64) (*sites.Site, error) {
	site := sites.Empty(station)
	site.Version = version
	rows, _ := q.Query(ctx, `SELECT id, coalesce(parent, ''), kind, name, position, coalesce(detail->>'note', ''), version FROM places WHERE station = $1`, station)
	place := sites.Place{Station: station}
	_, err := pgx.ForEachRow(rows, []any{&place.ID, &place.Parent, &place.Kind, &place.Name, &place.Position, &place.Note, &place.Version}, func() error {
		site.Places[place.ID] = place
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	rows, _ = q.Query(ctx, `SELECT point, place FROM point_places WHERE station = $1`, station)
	var point devices.PointID
	var at string
	if _, err = pgx.ForEachRow(rows, []any{&point, &at}, func() error { site.Points[point] = at; return nil }); err != nil {
		return nil, fmt.Errorf("read points in places: %w", err)
	}
	rows, _ = q.Query(ctx, `SELECT id, name, coalesce(place, ''), version FROM cameras WHERE station = $1`, station)
	camera := sites.Camera{Station: station}
	_, err = pgx.ForEachRow(rows, []any{&camera.ID, &camera.Name, &camera.Place, &camera.Version}, func() error {
		site.Cameras[camera.ID] = camera
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read cameras: %w", err)
	}
	rows, _ = q.Query(ctx, `SELECT level, document FROM plans WHERE station = $1`, station)
	var level string
	var document []byte
	_, err = pgx.ForEachRow(rows, []any{&level, &document}, func() error {
		var plan sites.Plan
		if err := json.Unmarshal(document, &plan); err != nil {
			return fmt.Errorf("plan of level %s: %w", level, err)
		}
		site.Plans[level] = plan
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read plans: %w", err)
	}
	site.Loaded()
	return site, nil
}

// Change locks the station's site, lets change alter it, and writes what differs.
func (s *Sites) Change(ctx context.Context, station string, change func(site *sites.Site, now time.Time) (audit.Entry, error)) (*sites.Site, error) {
	return s.Import(ctx, station, nil, change)
}

// Import is Change that keeps pictures first.
func (s *Sites) Import(ctx context.Context, station string, pictures []sites.Picture, change func(site *sites.Site, now time.Time) (audit.Entry, error)) (*sites.Site, error) {
	var after *sites.Site
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO sites (station) VALUES ($1) ON CONFLICT DO NOTHING`, station); err != nil {
			return err
		}
		var version int64
		if err := tx.QueryRow(ctx, `SELECT version FROM sites WHERE station = $1 FOR UPDATE`, station).Scan(&version); err != nil {
			return err
		}
		before, err := readSite(ctx, tx, station, version)
		if err != nil {
			return err
		}
		after = before.Clone()
		e, err := change(after, tx.Now)
		if err != nil {
			return err
		}
		for _, p := range pictures {
			if err := savePicture(ctx, tx, p); err != nil {
				return err
			}
		}
		after.Version = version + 1
		if err := tx.saveSite(ctx, before, after); err != nil {
			return err
		}
		tx.Audit(e)
		tx.Tell(siteEvent(station, after.Version))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("change the site of station %s: %w", station, siteFault(err))
	}
	return after, nil
}

// siteFault puts what the database refuses into the words of the desk.
func siteFault(err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		switch refused.Code {
		case "23505":
			return sites.ErrExists
		case "23503":
			return &sites.OccupiedError{Name: "the place", Reason: "is still used elsewhere, by a posture, a register or a record: end that first"}
		}
	}
	return err
}

// saveSite writes what differs: new places parents first, removed ones children
// first, and what stands on them in between.
func (t *Tx) saveSite(ctx context.Context, before, after *sites.Site) error {
	for _, p := range after.Ordered() {
		if old, was := before.Places[p.ID]; was && old == p {
			continue
		}
		t.queue("write place", ourPlace, `
			INSERT INTO places (id, station, parent, kind, name, position, detail, version)
			VALUES ($1, $2, nullif($3, ''), $4, $5, $6, jsonb_build_object('note', $7::text), $8)
			ON CONFLICT (id) DO UPDATE SET parent = excluded.parent, name = excluded.name, position = excluded.position,
				detail = places.detail || excluded.detail, version = excluded.version, kind = excluded.kind
			WHERE places.station = excluded.station`,
			p.ID, after.Station, p.Parent, string(p.Kind), plain(p.Name), p.Position, plain(p.Note), p.Version)
	}
	t.saveBindings(before, after)
	for id, c := range after.Cameras {
		if before.Cameras[id] != c {
			t.queue("write camera", nil, `
				INSERT INTO cameras (station, id, name, place, version) VALUES ($1, $2, $3, nullif($4, ''), $5)
				ON CONFLICT (station, id) DO UPDATE SET name = excluded.name, place = excluded.place, version = excluded.version`,
				after.Station, id, plain(c.Name), c.Place, c.Version)
		}
	}
	for id := range before.Cameras {
		if _, is := after.Cameras[id]; !is {
			t.queue("remove camera", nil, `DELETE FROM cameras WHERE station = $1 AND id = $2`, after.Station, id)
		}
	}
	if err := t.savePlans(before, after); err != nil {
		return err
	}
	gone := before.Ordered()
	slices.Reverse(gone)
	for _, p := range gone {
		if _, is := after.Places[p.ID]; !is {
			t.queue("remove place", nil, `DELETE FROM places WHERE id = $1 AND station = $2`, p.ID, after.Station)
		}
	}
	t.queue("count the change", nil, `UPDATE sites SET version = $2 WHERE station = $1`, after.Station, after.Version)
	return t.flush(ctx)
}

// ourPlace refuses an id that a place of another station has.
func ourPlace(rows int64) error {
	if rows != 1 {
		return sites.ErrExists
	}
	return nil
}

func (t *Tx) saveBindings(before, after *sites.Site) {
	var points, places, gone []string
	for point, place := range after.Points {
		if before.Points[point] != place {
			points, places = append(points, string(point)), append(places, place)
		}
	}
	for point := range before.Points {
		if _, is := after.Points[point]; !is {
			gone = append(gone, string(point))
		}
	}
	if len(points) > 0 {
		t.queue("write points in places", nil, `
			INSERT INTO point_places (point, station, place) SELECT unnest($1::text[]), $2, unnest($3::text[])
			ON CONFLICT (point) DO UPDATE SET place = excluded.place, station = excluded.station`, points, after.Station, places)
	}
	if len(gone) > 0 {
		t.queue("remove points from places", nil, `DELETE FROM point_places WHERE station = $1 AND point = ANY ($2)`, after.Station, gone)
	}
}

func (t *Tx) savePlans(before, after *sites.Site) error {
	for level, plan := range after.Plans {
		if old, was := before.Plans[level]; was && old.Version == plan.Version {
			continue
		}
		document, err := json.Marshal(plan)
		if err != nil {
			return fmt.Errorf("plan of level %s: %w", level, err)
		}
		t.queue("write plan", nil, `
			INSERT INTO plans (level, station, version, document) VALUES ($1, $2, $3, $4)
			ON CONFLICT (level) DO UPDATE SET version = excluded.version, document = excluded.document`, level, after.Station, plan.Version, document)
		t.queue("write version of plan", nil, `
			INSERT INTO plan_versions (level, version, station, saved_at, saved_by, saved_by_name, note, document)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			level, plan.Version, after.Station, plan.SavedAt, plan.SavedBy, plain(plan.SavedByName), plain(plan.Note), document)
		t.queue("forget old versions of plan", nil, `DELETE FROM plan_versions WHERE level = $1 AND version <= $2`, level, plan.Version-keptPlanVersions)
	}
	for level := range before.Plans {
		if _, is := after.Plans[level]; !is {
			t.queue("remove plan", nil, `DELETE FROM plans WHERE level = $1`, level)
		}
	}
	return nil
}

// PlanVersions lists the kept versions of a plan, newest first.
func (s *Sites) PlanVersions(ctx context.Context, level string) ([]sites.PlanVersion, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT version, saved_at, saved_by, saved_by_name, note,
		       jsonb_array_length(document->'areas'), jsonb_array_length(document->'points'), jsonb_array_length(document->'cameras')
		  FROM plan_versions
		 WHERE level = $1
		 ORDER BY version DESC`, level)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[sites.PlanVersion])
	for i := range list {
		list[i].SavedAt = list[i].SavedAt.UTC()
	}
	return list, err
}

// PlanAt returns a version of a plan, or sites.ErrNotFound when it is not kept.
func (s *Sites) PlanAt(ctx context.Context, level string, version int64) (plan sites.Plan, err error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var document []byte
	err = s.DB.Pool.QueryRow(ctx, `SELECT document FROM plan_versions WHERE level = $1 AND version = $2`, level, version).Scan(&document)
	if errors.Is(err, pgx.ErrNoRows) {
		err = sites.ErrNotFound
	}
	if err == nil {
		err = json.Unmarshal(document, &plan)
	}
	if err != nil {
		return sites.Plan{}, fmt.Errorf("version %d of the plan of level %s: %w", version, level, err)
	}
	return plan, nil
}

// SavePicture keeps a picture; the same one again changes nothing. Pictures that
// no plan has used for a week go.
func (s *Sites) SavePicture(ctx context.Context, p sites.Picture, e audit.Entry) (sites.Picture, error) {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		if err := savePicture(ctx, tx, p); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			DELETE FROM drawings d
			 WHERE d.station = $1 AND d.uploaded < $2
			   AND NOT EXISTS (SELECT FROM plan_versions v WHERE v.station = d.station AND v.document->'drawing'->>'hash' = d.hash)
			   AND NOT EXISTS (SELECT FROM plans v WHERE v.station = d.station AND v.document->'drawing'->>'hash' = d.hash)`,
			p.Station, tx.Now.AddDate(0, 0, -7))
		if err != nil {
			return err
		}
		tx.Audit(e)
		return nil
	})
	if err != nil {
		return sites.Picture{}, fmt.Errorf("keep a drawing of station %s: %w", p.Station, err)
	}
	return p, nil
}

func savePicture(ctx context.Context, tx *Tx, p sites.Picture) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO drawings (station, hash, kind, width, height, uploaded, left_out, data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (station, hash) DO UPDATE SET uploaded = excluded.uploaded`,
		p.Station, p.Hash, p.Kind, p.Width, p.Height, p.Uploaded, p.LeftOut, p.Data)
	return err
}

// Picture returns a picture with its bytes, or sites.ErrNotFound.
func (s *Sites) Picture(ctx context.Context, station, hash string) (sites.Picture, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	p := sites.Picture{Station: station, Hash: hash}
	err := s.DB.Pool.QueryRow(ctx, `SELECT kind, width, height, uploaded, left_out, data FROM drawings WHERE station = $1 AND hash = $2`, station, hash).
		Scan(&p.Kind, &p.Width, &p.Height, &p.Uploaded, &p.LeftOut, &p.Data)
	if errors.Is(err, pgx.ErrNoRows) {
		err = sites.ErrNotFound
	}
	if err != nil {
		return sites.Picture{}, fmt.Errorf("drawing %s of station %s: %w", hash, station, err)
	}
	p.Bytes, p.Uploaded = len(p.Data), p.Uploaded.UTC()
	return p, nil
}

// Pictures lists a station's pictures without their bytes, newest first.
func (s *Sites) Pictures(ctx context.Context, station string) ([]sites.Picture, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT hash, kind, width, height, length(data), uploaded, left_out FROM drawings WHERE station = $1 ORDER BY uploaded DESC, hash`, station)
	list := []sites.Picture{}
	p := sites.Picture{Station: station}
	_, err := pgx.ForEachRow(rows, []any{&p.Hash, &p.Kind, &p.Width, &p.Height, &p.Bytes, &p.Uploaded, &p.LeftOut}, func() error {
		p.Uploaded = p.Uploaded.UTC()
		list = append(list, p)
		return nil
	})
	return list, err
}
