package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/console/intake"
	"guardroom/devices"
)

const suppressionColumns = `id, station, name, enabled, when_holds, device, area, points, version`

func scanSuppression(row pgx.CollectableRow) (r alarms.SuppressionRule, err error) {
	return r, row.Scan(&r.ID, &r.Station, &r.Name, &r.Enabled, &r.When, &r.Device, &r.Area, &r.Points, &r.Version)
}

// rulesFor reads the rules that watch any of the signals. Most groups have no
// signal that a rule could watch, and cost nothing.
func (t *Tx) rulesFor(ctx context.Context, signals []intake.Record) ([]*alarms.SuppressionRule, error) {
	var stations []string
	for _, s := range signals {
		if alarms.Ruling(s.Kind) {
			stations = append(stations, s.Station)
		}
	}
	if len(stations) == 0 {
		return nil, nil
	}
	var rules []*alarms.SuppressionRule
	t.ask("read rules", func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scanSuppression)
		for i := range list {
			rules = append(rules, &list[i])
		}
		return err
	}, `SELECT `+suppressionColumns+` FROM suppression_rules WHERE enabled AND station = ANY($1) ORDER BY id FOR SHARE`, stations)
	return rules, t.flush(ctx)
}

// Rules lists the rules of stations, all with nil.
func (s Alarms) Rules(ctx context.Context, stations []string) ([]alarms.SuppressionRule, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var w where
	if stations != nil {
		w.and("station = ANY(?)", stations)
	}
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+suppressionColumns+` FROM suppression_rules `+w.sql()+` ORDER BY id LIMIT 1000`, w.args...)
	list, err := pgx.CollectRows(rows, scanSuppression)
	if err != nil {
		return nil, fmt.Errorf("list suppression rules: %w", err)
	}
	return list, nil
}

// FindRule returns alarms.ErrNotFound when id is unknown.
func (s Alarms) FindRule(ctx context.Context, id string) (alarms.SuppressionRule, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+suppressionColumns+` FROM suppression_rules WHERE id = $1`, plain(id))
	r, err := pgx.CollectExactlyOneRow(rows, scanSuppression)
	if errors.Is(err, pgx.ErrNoRows) {
		err = alarms.ErrNotFound
	}
	if err != nil {
		return alarms.SuppressionRule{}, fmt.Errorf("find suppression rule %.64q: %w", id, err)
	}
	return r, nil
}

// SaveRule writes a rule, and makes what it takes out of sight fit what is known
// of its signals.
func (s Alarms) SaveRule(ctx context.Context, r alarms.SuppressionRule, e audit.Entry) (saved alarms.SuppressionRule, err error) {
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		saved = r
		saved.Name = plain(r.Name)
		if saved.ID == "" {
			saved.ID, saved.Version = newID.New(tx.Now), 1
			e.Subject = "rule:" + saved.ID
			_, err = tx.Exec(ctx, `INSERT INTO suppression_rules (`+suppressionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)`,
				saved.ID, saved.Station, saved.Name, saved.Enabled, string(saved.When), saved.Device, string(saved.Area), saved.Points)
		} else {
			err = tx.changeRule(ctx, &saved)
		}
		if err != nil {
			return err
		}
		tx.Audit(e)
		return tx.enforce(ctx, &saved)
	})
	return saved, err
}

func (t *Tx) changeRule(ctx context.Context, r *alarms.SuppressionRule) error {
	var now int64
	err := t.QueryRow(ctx, `SELECT version FROM suppression_rules WHERE id = $1 FOR UPDATE`, r.ID).Scan(&now)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return alarms.ErrNotFound
	case err != nil:
		return err
	case now != r.Version:
		return &alarms.StaleRuleError{Now: now}
	}
	r.Version++
	_, err = t.Exec(ctx, `
		UPDATE suppression_rules SET name = $2, enabled = $3, when_holds = $4, device = $5, area = $6, points = $7, version = $8 WHERE id = $1`,
		r.ID, r.Name, r.Enabled, string(r.When), r.Device, string(r.Area), r.Points, r.Version)
	return err
}

// RemoveRule removes a rule, with what it took out of sight.
func (s Alarms) RemoveRule(ctx context.Context, r alarms.SuppressionRule, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM suppression_rules WHERE id = $1`, r.ID)
		if err == nil && tag.RowsAffected() == 0 {
			err = alarms.ErrNotFound
		}
		if err != nil {
			return err
		}
		tx.Audit(e)
		r.Enabled = false
		return tx.enforce(ctx, &r)
	})
	return err
}

// enforce makes what r takes out of sight fit the last of the signals that it
// watches, as far as any came.
func (t *Tx) enforce(ctx context.Context, r *alarms.SuppressionRule) error {
	rows, _ := t.Query(ctx, `
		SELECT c.point, c.kind, c.active
		  FROM point_conditions c
		  JOIN gateways g ON g.id = split_part(c.point, '/', 1)
		 WHERE g.station = $1 AND c.kind IN ('fire.test', 'area.armed')
		 ORDER BY c.point, c.kind
		   FOR UPDATE OF c`, r.Station)
	sources := map[devices.PointID]bool{}
	var point devices.PointID
	var kind devices.Kind
	var active bool
	if _, err := pgx.ForEachRow(rows, []any{&point, &kind, &active}, func() error {
		if r.Watches(r.Station, point, kind) {
			sources[point] = active
		}
		return nil
	}); err != nil {
		return fmt.Errorf("read what suppression rule %s watches: %w", r.ID, err)
	}
	w := wantedBy(nil)
	seen := map[devices.PointID]bool{}
	about := func(p devices.PointID) {
		if !seen[p] {
			seen[p] = true
			w.about(p)
		}
	}
	for source := range sources {
		for _, k := range r.Targets(source) {
			about(k.Point)
		}
	}
	rows, _ = t.Query(ctx, `SELECT point FROM removals WHERE ended IS NULL AND rule = $1`, r.ID)
	if _, err := pgx.ForEachRow(rows, []any{&point}, func() error { about(point); return nil }); err != nil {
		return fmt.Errorf("read what suppression rule %s removed: %w", r.ID, err)
	}
	b, _, err := t.readBoard(ctx, w)
	if err != nil {
		return err
	}
	b.Enforce(r, sources, t.Now)
	return t.keep(b)
}
