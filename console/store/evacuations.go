package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/fire"
)

// StartEvacuation writes a new board and its first line.
func (s Fire) StartEvacuation(ctx context.Context, e fire.Evacuation, l fire.Line, entry audit.Entry) (fire.Evacuation, error) {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		doc, err := json.Marshal(e)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO evacuations (id, station, building, building_name, alarm, drill, running, doc, version)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			e.ID, e.Station, e.Building, e.BuildingName, e.Alarm, e.Drill, e.Running, doc, e.Version)
		if err := taken(err, &fire.ConflictError{Reason: "running", Text: "an evacuation of this building runs already"}); err != nil {
			return err
		}
		return tx.writeBoard(ctx, &e, l, entry)
	})
	if err != nil {
		return fire.Evacuation{}, fmt.Errorf("start the evacuation of %s: %w", e.BuildingName, err)
	}
	return e, nil
}

func (t *Tx) writeBoard(ctx context.Context, e *fire.Evacuation, l fire.Line, entry audit.Entry) error {
	params, err := json.Marshal(l.Params)
	if err != nil {
		return err
	}
	t.Audit(entry)
	t.Tell(e.Event())
	_, err = t.Exec(ctx, `
		INSERT INTO evacuation_log (evacuation, n, station, at, by_id, by_name, what, params) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		e.ID, l.N, e.Station, l.At, l.By, l.ByName, l.What, params)
	return err
}

// ChangeEvacuation locks the board and writes what step makes of it.
func (s Fire) ChangeEvacuation(ctx context.Context, id string, step func(e *fire.Evacuation, now time.Time) (fire.Line, audit.Entry, error)) (after fire.Evacuation, err error) {
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		rows, _ := tx.Query(ctx, `SELECT doc FROM evacuations WHERE id = $1 FOR UPDATE`, plain(id))
		e, err := pgx.CollectExactlyOneRow(rows, scanDoc[fire.Evacuation])
		if err != nil {
			return err
		}
		line, entry, err := step(&e, tx.Now)
		if err != nil {
			return err
		}
		doc, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE evacuations SET running = $2, doc = $3, version = $4 WHERE id = $1`, e.ID, e.Running, doc, e.Version); err != nil {
			return err
		}
		after = e
		return tx.writeBoard(ctx, &e, line, entry)
	})
	return after, fireFault("change evacuation", id, err)
}

// Evacuation returns fire.ErrNotFound when id is unknown.
func (s Fire) Evacuation(ctx context.Context, id string) (fire.Evacuation, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT doc FROM evacuations WHERE id = $1`, plain(id))
	e, err := pgx.CollectExactlyOneRow(rows, scanDoc[fire.Evacuation])
	return e, fireFault("find evacuation", id, err)
}

// Log returns the lines of a board, oldest first.
func (s Fire) Log(ctx context.Context, id string) ([]fire.Line, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT n, at, by_id, by_name, what, params FROM evacuation_log WHERE evacuation = $1 ORDER BY n`, plain(id))
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l fire.Line, err error) {
		err = row.Scan(&l.N, &l.At, &l.By, &l.ByName, &l.What, &l.Params)
		l.At = l.At.UTC()
		return l, err
	})
}

// Evacuations lists boards, newest first.
func (s Fire) Evacuations(ctx context.Context, q fire.Query) ([]fire.Evacuation, string, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT doc
		  FROM evacuations
		 WHERE ($1::text[] IS NULL OR station = ANY($1)) AND ($2 = '' OR alarm = $2) AND ($3::boolean IS NULL OR running = $3) AND ($4 = '' OR id < $4)
		 ORDER BY id DESC LIMIT $5`, q.Stations, plain(q.Alarm), q.Open, plain(q.Cursor), q.Limit+1)
	list, err := pgx.CollectRows(rows, scanDoc[fire.Evacuation])
	if err != nil {
		return nil, "", fmt.Errorf("list evacuations: %w", err)
	}
	list, next := cutPage(list, q.Limit, func(e fire.Evacuation) string { return e.ID })
	return list, next, nil
}
