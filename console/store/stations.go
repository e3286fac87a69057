package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/stations"
)

// Stations keeps stations.
type Stations struct{ DB *DB }

// Stations returns every station.
func (s *Stations) Stations(ctx context.Context) ([]stations.Station, error) {
	rows, _ := s.DB.Pool.Query(ctx, `SELECT id, name, time_zone, demo, fire_commands, security_level, working_week FROM stations ORDER BY id`)
	return pgx.CollectRows(rows, pgx.RowToStructByPos[stations.Station])
}

// AddStation returns stations.ErrExists when the id is taken.
func (s *Stations) AddStation(ctx context.Context, one stations.Station, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		_, err := tx.Exec(ctx, `INSERT INTO stations (id, name, time_zone, demo, fire_commands, security_level, working_week, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			one.ID, plain(one.Name), one.TimeZone, one.Demo, one.FireCommands, one.SecurityLevel, one.WorkingWeek, tx.Now)
		return taken(err, stations.ErrExists)
	})
	return err
}

// SaveStation writes what may change of a station.
func (s *Stations) SaveStation(ctx context.Context, one stations.Station, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		tag, err := tx.Exec(ctx, `UPDATE stations SET name = $2, time_zone = $3, fire_commands = $4, security_level = $5, working_week = $6, version = version + 1 WHERE id = $1`,
			one.ID, plain(one.Name), one.TimeZone, one.FireCommands, one.SecurityLevel, one.WorkingWeek)
		if err == nil && tag.RowsAffected() == 0 {
			err = stations.ErrNotFound
		}
		return err
	})
	return err
}
