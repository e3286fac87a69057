package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/cameras"
)

// Cameras keeps what people set of cameras, who saw what, marks, clips and walls.
type Cameras struct{ DB *DB }

// AllSettings returns what was set, by camera.
func (s Cameras) AllSettings(ctx context.Context) (map[string]cameras.CameraSettings, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT camera, station, doc, version FROM camera_settings`)
	all := map[string]cameras.CameraSettings{}
	var camera, station string
	var doc []byte
	var version int64
	_, err := pgx.ForEachRow(rows, []any{&camera, &station, &doc, &version}, func() error {
		one := cameras.CameraSettings{}
		if err := json.Unmarshal(doc, &one); err != nil {
			return fmt.Errorf("settings of camera %s: %w", camera, err)
		}
		one.Camera, one.Station, one.Version = camera, station, version
		all[camera] = one
		return nil
	})
	return all, err
}

// SaveSettings writes s when it is still at its version, else *cameras.StaleError.
func (s Cameras) SaveSettings(ctx context.Context, one cameras.CameraSettings, e audit.Entry) (cameras.CameraSettings, error) {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		var now int64
		err := tx.QueryRow(ctx, `SELECT version FROM camera_settings WHERE camera = $1 FOR UPDATE`, one.Camera).Scan(&now)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if now != one.Version {
			return &cameras.StaleError{Version: now}
		}
		tx.Audit(e)
		doc, err := json.Marshal(one)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO camera_settings (camera, station, doc, version) VALUES ($1, $2, $3, $4)
			ON CONFLICT (camera) DO UPDATE SET station = excluded.station, doc = excluded.doc, version = excluded.version`,
			one.Camera, one.Station, doc, now+1)
		return err
	})
	one.Version++
	return one, err
}

// Record writes entries alone.
func (s Cameras) Record(ctx context.Context, entries []audit.Entry) error {
	_, err := s.DB.Write(ctx, func(_ context.Context, tx *Tx) error {
		for _, e := range entries {
			tx.Audit(e)
		}
		return nil
	})
	return err
}

// Views writes views that began, that go on, and that ended.
func (s Cameras) Views(ctx context.Context, begun []cameras.ViewRecord, on []string, seen time.Time, ended []cameras.ViewRecord) error {
	if len(begun)+len(ended) == 0 { // nothing that the record tells of
		ctx, cancel := s.DB.bounded(ctx)
		defer cancel()
		_, err := s.DB.Pool.Exec(ctx, `UPDATE camera_views SET seen_at = $2 WHERE id = ANY($1)`, on, seen)
		return err
	}
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		for _, v := range begun {
			by, err := json.Marshal(v.By)
			if err != nil {
				return err
			}
			tx.queue("begin a view", nil, `
				INSERT INTO camera_views (id, station, camera, stream, kind, by_doc, from_at, seen_at, recorded)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8) ON CONFLICT (id) DO NOTHING`,
				v.ID, v.Station, v.Camera, v.Stream, v.Kind, by, v.From, v.Recorded)
		}
		if len(on) > 0 {
			tx.queue("views go on", nil, `UPDATE camera_views SET seen_at = $2 WHERE id = ANY($1)`, on, seen)
		}
		for _, v := range ended {
			tx.queue("end a view", nil, `DELETE FROM camera_views WHERE id = $1`, v.ID)
			tx.Audit(v.Entry())
		}
		return tx.flush(ctx)
	})
	return err
}

// CloseViews ends the views that an earlier run left open.
func (s Cameras) CloseViews(ctx context.Context) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		rows, _ := tx.Query(ctx, `DELETE FROM camera_views RETURNING id, station, camera, stream, kind, by_doc, from_at, seen_at, recorded`)
		open, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (v cameras.ViewRecord, err error) {
			var by []byte
			if err = row.Scan(&v.ID, &v.Station, &v.Camera, &v.Stream, &v.Kind, &by, &v.From, &v.To, &v.Recorded); err == nil {
				err = json.Unmarshal(by, &v.By)
			}
			return v, err
		})
		if err != nil {
			return err
		}
		for _, v := range open {
			v.Why = "stopped"
			tx.Audit(v.Entry())
		}
		return nil
	})
	return err
}

const bookmarkColumns = `id, camera, station, from_at, to_at, note, alarm, incident, lock, locked, by_id, by_name, at`

func scanBookmark(row pgx.CollectableRow) (b cameras.CameraBookmark, err error) {
	err = row.Scan(&b.ID, &b.Camera, &b.Station, &b.From, &b.To, &b.Note, &b.Alarm, &b.Incident, &b.Lock, &b.Locked, &b.By, &b.ByName, &b.At)
	b.From, b.To, b.At = b.From.UTC(), b.To.UTC(), b.At.UTC()
	return b, err
}

// Bookmarks are those that touch a time, newest first; a zero time is open.
func (s Cameras) Bookmarks(ctx context.Context, camera string, from, to time.Time) ([]cameras.CameraBookmark, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	if to.IsZero() {
		to = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT `+bookmarkColumns+` FROM camera_bookmarks
		 WHERE camera = $1 AND to_at >= $2 AND from_at <= $3 AND locked <> 'releasing'
		 ORDER BY id DESC LIMIT 500`, camera, from, to)
	list, err := pgx.CollectRows(rows, scanBookmark)
	if list == nil {
		list = []cameras.CameraBookmark{}
	}
	return list, err
}

// AddBookmark adds one.
func (s Cameras) AddBookmark(ctx context.Context, b cameras.CameraBookmark, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		_, err := tx.Exec(ctx, `INSERT INTO camera_bookmarks (`+bookmarkColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			b.ID, b.Camera, b.Station, b.From, b.To, b.Note, b.Alarm, b.Incident, b.Lock, b.Locked, b.By, b.ByName, b.At)
		return err
	})
	return err
}

// FindBookmark returns cameras.ErrNotFound when there is none.
func (s Cameras) FindBookmark(ctx context.Context, id string) (cameras.CameraBookmark, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+bookmarkColumns+` FROM camera_bookmarks WHERE id = $1 AND locked <> 'releasing'`, plain(id))
	return oneOf(rows, scanBookmark)
}

// oneOf is a row, or cameras.ErrNotFound.
func oneOf[T any](rows pgx.Rows, scan pgx.RowToFunc[T]) (T, error) {
	one, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		err = cameras.ErrNotFound
	}
	return one, err
}

// RemoveBookmark removes one; a lock that a gateway may hold is released first.
func (s Cameras) RemoveBookmark(ctx context.Context, id string, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		tag, err := tx.Exec(ctx, `DELETE FROM camera_bookmarks WHERE id = $1 AND locked IN ('', 'failed')`, id)
		if err == nil && tag.RowsAffected() == 0 {
			tag, err = tx.Exec(ctx, `UPDATE camera_bookmarks SET locked = 'releasing' WHERE id = $1 AND locked <> 'releasing'`, id)
		}
		if err == nil && tag.RowsAffected() == 0 {
			err = cameras.ErrNotFound
		}
		return err
	})
	return err
}

// OpenLocks are the marks whose lock is not yet as it should be.
func (s Cameras) OpenLocks(ctx context.Context) ([]cameras.CameraBookmark, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+bookmarkColumns+` FROM camera_bookmarks WHERE locked IN ('asked', 'releasing') ORDER BY id LIMIT 200`)
	return pgx.CollectRows(rows, scanBookmark)
}

// SetLocked notes how a lock stands; a mark that was releasing goes with "".
func (s Cameras) SetLocked(ctx context.Context, id, locked string) error {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	if locked == "" {
		_, err := s.DB.Pool.Exec(ctx, `DELETE FROM camera_bookmarks WHERE id = $1 AND locked = 'releasing'`, id)
		return err
	}
	_, err := s.DB.Pool.Exec(ctx, `UPDATE camera_bookmarks SET locked = $2 WHERE id = $1 AND locked = 'asked'`, id, locked)
	return err
}

func scanExport(row pgx.CollectableRow) (e cameras.CameraExport, err error) {
	var doc []byte
	var state string
	if err = row.Scan(&doc, &state); err == nil {
		err = json.Unmarshal(doc, &e)
	}
	e.State = state
	return e, err
}

// Exports are the clips of a camera, newest first.
func (s Cameras) Exports(ctx context.Context, camera string) ([]cameras.CameraExport, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT doc, state FROM camera_exports WHERE camera = $1 ORDER BY id DESC LIMIT 200`, camera)
	list, err := pgx.CollectRows(rows, scanExport)
	if list == nil {
		list = []cameras.CameraExport{}
	}
	return list, err
}

// FindExport returns cameras.ErrNotFound when there is none.
func (s Cameras) FindExport(ctx context.Context, id string) (cameras.CameraExport, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT doc, state FROM camera_exports WHERE id = $1`, plain(id))
	return oneOf(rows, scanExport)
}

// AddExport adds a clip.
func (s Cameras) AddExport(ctx context.Context, e cameras.CameraExport, entry audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(entry)
		doc, err := json.Marshal(e)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO camera_exports (id, station, camera, state, until, doc) VALUES ($1, $2, $3, $4, $5, $6)`,
			e.ID, e.Station, e.Camera, e.State, e.Until, doc)
		return err
	})
	return err
}

// SettleExport writes how a clip that was preparing ended.
func (s Cameras) SettleExport(ctx context.Context, e cameras.CameraExport, entry audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		doc, err := json.Marshal(e)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE camera_exports SET state = $2, doc = $3 WHERE id = $1 AND state = 'preparing'`, e.ID, e.State, doc)
		if err == nil && tag.RowsAffected() > 0 {
			tx.Audit(entry)
		}
		return err
	})
	return err
}

// PreparingExports are those that an earlier run did not end.
func (s Cameras) PreparingExports(ctx context.Context) ([]cameras.CameraExport, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT doc, state FROM camera_exports WHERE state = 'preparing'`)
	return pgx.CollectRows(rows, scanExport)
}

// OverdueExports notes as removed the clips that are due, and returns them.
func (s Cameras) OverdueExports(ctx context.Context, now time.Time) ([]cameras.CameraExport, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `UPDATE camera_exports SET state = 'removed' WHERE state = 'ready' AND until <= $1 RETURNING doc, state`, now)
	return pgx.CollectRows(rows, scanExport)
}

const wallColumns = `id, station, owner, by_name, name, shared, tiles, cameras, version`

func scanWall(row pgx.CollectableRow) (w cameras.VideoWall, err error) {
	var tiles []byte
	if err = row.Scan(&w.ID, &w.Station, &w.Owner, &w.ByName, &w.Name, &w.Shared, &w.Tiles, &tiles, &w.Version); err == nil {
		w.Cameras = []cameras.WallTile{}
		err = json.Unmarshal(tiles, &w.Cameras)
	}
	return w, err
}

// Walls are the shared ones of the stations, nil for all, and those of an owner.
func (s Cameras) Walls(ctx context.Context, stations []string, owner string) ([]cameras.VideoWall, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT `+wallColumns+` FROM video_walls
		 WHERE ($1::text[] IS NULL OR station = ANY($1)) AND (shared OR owner = $2)
		 ORDER BY station, name, id LIMIT 1000`, stations, owner)
	list, err := pgx.CollectRows(rows, scanWall)
	if list == nil {
		list = []cameras.VideoWall{}
	}
	return list, err
}

// FindWall returns cameras.ErrNotFound when there is none.
func (s Cameras) FindWall(ctx context.Context, id string) (cameras.VideoWall, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+wallColumns+` FROM video_walls WHERE id = $1`, plain(id))
	return oneOf(rows, scanWall)
}

// mostWalls is how many walls one person has.
const mostWalls = 200

// SaveWall adds a wall of version 0; any other is changed unless somebody was faster.
func (s Cameras) SaveWall(ctx context.Context, w cameras.VideoWall, e audit.Entry) (cameras.VideoWall, error) {
	tiles, err := json.Marshal(w.Cameras)
	if err != nil {
		return w, err
	}
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		if w.Version == 0 {
			var n int
			if err := tx.QueryRow(ctx, `SELECT count(*) FROM video_walls WHERE owner = $1`, w.Owner).Scan(&n); err != nil {
				return err
			}
			if n >= mostWalls {
				return &cameras.InvalidError{Field: "name", Reason: fmt.Sprintf("at most %d walls", mostWalls)}
			}
			_, err := tx.Exec(ctx, `INSERT INTO video_walls (`+wallColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)`,
				w.ID, w.Station, w.Owner, w.ByName, w.Name, w.Shared, w.Tiles, tiles)
			return err
		}
		return tx.wallAt(ctx, w.ID, w.Version, `UPDATE video_walls SET name = $3, shared = $4, tiles = $5, cameras = $6, version = version + 1 WHERE id = $1 AND version = $2`,
			w.Name, w.Shared, w.Tiles, tiles)
	})
	w.Version++
	return w, err
}

// RemoveWall removes a wall that is still at the version that was seen.
func (s Cameras) RemoveWall(ctx context.Context, id string, seen int64, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		return tx.wallAt(ctx, id, seen, `DELETE FROM video_walls WHERE id = $1 AND version = $2`)
	})
	return err
}

// wallAt changes a wall at a version, or says at which it is.
func (t *Tx) wallAt(ctx context.Context, id string, seen int64, sql string, args ...any) error {
	tag, err := t.Exec(ctx, sql, append([]any{id, seen}, args...)...)
	if err != nil || tag.RowsAffected() > 0 {
		return err
	}
	var now int64
	if err := t.QueryRow(ctx, `SELECT version FROM video_walls WHERE id = $1`, id).Scan(&now); err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			return cameras.ErrNotFound
		}
		return err
	}
	return &cameras.StaleError{Version: now}
}
