package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/stations"
	"guardroom/gateway/link"
)

// GatewayConfigs keeps the configurations that were sent to gateways.
type GatewayConfigs struct{ DB *DB }

// keptConfigs is how many configurations of a gateway are kept.
const keptConfigs = 50

// AddConfig writes c as the version after seen.
func (s *GatewayConfigs) AddConfig(ctx context.Context, c stations.GatewayConfig, seen int64, e audit.Entry) (stations.GatewayConfig, error) {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		var last int64
		if err := tx.QueryRow(ctx, `SELECT coalesce((SELECT max(version) FROM gateway_configs WHERE gateway = g.id), 0) FROM gateways g WHERE g.id = $1 FOR UPDATE OF g`, c.Gateway).Scan(&last); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				err = stations.ErrNotFound
			}
			return err
		}
		if last != seen {
			return &stations.StaleError{Now: last}
		}
		c.Version = last + 1
		tx.Audit(e)
		if _, err := tx.Exec(ctx, `
			DELETE FROM gateway_configs
			 WHERE gateway = $1 AND version <= $2
			   AND version <> coalesce((SELECT max(version) FROM gateway_configs WHERE gateway = $1 AND state = 'applied'), 0)`, c.Gateway, last-keptConfigs); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO gateway_configs (gateway, version, station, body, state, by_id, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			c.Gateway, c.Version, c.Station, c.Text, c.State, c.By, plain(c.ByName), c.At)
		return err
	})
	return c, err
}

// AnswerConfig notes what became of a version, and reports whether that is news.
func (s *GatewayConfigs) AnswerConfig(ctx context.Context, gateway string, m link.AppliedMessage, e audit.Entry) (news bool, err error) {
	if m.Faults == nil {
		m.Faults = []link.ConfigFault{}
	}
	faults, err := json.Marshal(m.Faults)
	if err != nil {
		return false, err
	}
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE gateway_configs SET state = $3, faults = $4, answered_at = $5
			 WHERE gateway = $1 AND version = $2 AND state <> $3 AND ($3 <> 'trying' OR state = 'sent')`, gateway, int64(m.Version), m.State, plain(string(faults)), tx.Now) //nolint:gosec // counts from 1
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 { // said again, or of a version that is not known
			return errUnchanged
		}
		tx.Audit(e)
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return false, nil
	}
	return err == nil, err
}

const configColumns = `gateway, station, version, body, state, faults, by_id, by_name, at, answered_at`

// LastConfig returns the newest with one of the states, or any.
func (s *GatewayConfigs) LastConfig(ctx context.Context, gateway string, states ...string) (stations.GatewayConfig, error) {
	return s.config(ctx, `
		SELECT `+configColumns+` FROM gateway_configs
		 WHERE gateway = $1 AND ($2::text[] IS NULL OR state = ANY($2))
		 ORDER BY version DESC LIMIT 1`, plain(gateway), states)
}

// ConfigAt returns one version.
func (s *GatewayConfigs) ConfigAt(ctx context.Context, gateway string, version int64) (stations.GatewayConfig, error) {
	return s.config(ctx, `SELECT `+configColumns+` FROM gateway_configs WHERE gateway = $1 AND version = $2`, plain(gateway), version)
}

func (s *GatewayConfigs) config(ctx context.Context, sql string, args ...any) (stations.GatewayConfig, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, sql, args...)
	c, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (c stations.GatewayConfig, err error) {
		err = row.Scan(&c.Gateway, &c.Station, &c.Version, &c.Text, &c.State, &c.Faults, &c.By, &c.ByName, &c.At, &c.AnsweredAt)
		c.At = c.At.UTC()
		return c, err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		err = stations.ErrNotFound
	}
	return c, err
}

// ConfigLines returns what is kept, newest first.
func (s *GatewayConfigs) ConfigLines(ctx context.Context, gateway string) ([]stations.GatewayConfigLine, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT version, state, jsonb_array_length(faults), by_id, by_name, at, answered_at
		  FROM gateway_configs WHERE gateway = $1 ORDER BY version DESC`, plain(gateway))
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l stations.GatewayConfigLine, err error) {
		err = row.Scan(&l.Version, &l.State, &l.Faults, &l.By, &l.ByName, &l.At, &l.AnsweredAt)
		l.At = l.At.UTC()
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the configurations of gateway %s: %w", gateway, err)
	}
	return list, nil
}
