package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/stations"
	"guardroom/gateway/link"
)

// Gateways keeps gateways.
type Gateways struct{ DB *DB }

const gatewayColumns = `id, station, name, credential_hash, demo, created_at, state, state_since, last_heartbeat, session, birth`

func scanGateway(row pgx.CollectableRow) (stations.Record, error) {
	var r stations.Record
	var heard *time.Time
	var birth []byte
	err := row.Scan(&r.ID, &r.Station, &r.Name, &r.CredentialHash, &r.Demo, &r.CreatedAt, &r.State, &r.Since, &heard, &r.Session, &birth)
	if err != nil {
		return stations.Record{}, err
	}
	if heard != nil {
		r.LastHeartbeat = *heard
	}
	if birth != nil {
		r.Birth = &link.BirthMessage{}
		if err := json.Unmarshal(birth, r.Birth); err != nil {
			return stations.Record{}, fmt.Errorf("birth of gateway %s: %w", r.ID, err)
		}
	}
	return r, nil
}

// Gateways returns every gateway.
func (s *Gateways) Gateways(ctx context.Context) ([]stations.Record, error) {
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+gatewayColumns+` FROM gateways ORDER BY id`)
	return pgx.CollectRows(rows, scanGateway)
}

// Gateway returns stations.ErrNotFound when id is unknown.
func (s *Gateways) Gateway(ctx context.Context, id string) (stations.Record, error) {
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+gatewayColumns+` FROM gateways WHERE id = $1`, id)
	r, err := pgx.CollectExactlyOneRow(rows, scanGateway)
	if errors.Is(err, pgx.ErrNoRows) {
		err = stations.ErrNotFound
	}
	return r, err
}

// AddGateway returns stations.ErrExists when the id is taken.
func (s *Gateways) AddGateway(ctx context.Context, r stations.Record, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		_, err := tx.Exec(ctx, `
			INSERT INTO gateways (id, station, name, credential_hash, demo, created_at, state, state_since)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			r.ID, r.Station, plain(r.Name), r.CredentialHash, r.Demo, r.CreatedAt, r.State, r.Since)
		return taken(err, stations.ErrExists)
	})
	return err
}

// SetCredential replaces the hash of a gateway's credential.
func (s *Gateways) SetCredential(ctx context.Context, id, hash string, e audit.Entry) error {
	return s.change(ctx, e, `UPDATE gateways SET credential_hash = $2, version = version + 1 WHERE id = $1`, id, hash)
}

// RemoveGateway forgets a gateway; its journal, alarms and what people set of
// its points stay.
func (s *Gateways) RemoveGateway(ctx context.Context, id string, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		tag, err := tx.Exec(ctx, `DELETE FROM gateways WHERE id = $1`, id)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return stations.ErrNotFound
		}
		if _, err := tx.Exec(ctx, `UPDATE points SET gone = true WHERE gateway = $1`, id); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE devices SET gone = true WHERE gateway = $1`, id)
		return err
	})
	return err
}

func (s *Gateways) change(ctx context.Context, e audit.Entry, query string, args ...any) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		tag, err := tx.Exec(ctx, query, args...)
		if err == nil && tag.RowsAffected() == 0 {
			err = stations.ErrNotFound
		}
		return err
	})
	return err
}

// SaveState keeps what supervision knows; it is no change that the record tells of.
func (s *Gateways) SaveState(ctx context.Context, r stations.Record) error {
	var heard *time.Time
	if !r.LastHeartbeat.IsZero() {
		heard = &r.LastHeartbeat
	}
	_, err := s.DB.Pool.Exec(ctx, `UPDATE gateways SET state = $2, state_since = $3, session = $4, last_heartbeat = $5 WHERE id = $1`,
		r.ID, r.State, r.Since, plain(r.Session), heard)
	return err
}
