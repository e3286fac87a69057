package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/watch"
)

const grantColumns = `id, station, by_station, users, "from", until, daily_from, daily_to, reason, granted_by, granted_name, granted_at, revoked_at, revoked_name, revoked_why, version`

func scanGrant(row pgx.CollectableRow) (g watch.Grant, err error) {
	err = row.Scan(&g.ID, &g.Station, &g.ByStation, &g.Users, &g.From, &g.Until, &g.DailyFrom, &g.DailyTo, &g.Reason, &g.GrantedBy, &g.GrantedName,
		&g.GrantedAt, &g.RevokedAt, &g.RevokedName, &g.RevokedWhy, &g.Version)
	g.From, g.Until, g.GrantedAt = g.From.UTC(), g.Until.UTC(), g.GrantedAt.UTC()
	if g.RevokedAt != nil {
		at := g.RevokedAt.UTC()
		g.RevokedAt = &at
	}
	if g.Users == nil {
		g.Users = []string{}
	}
	return g, err
}

// Grants returns the grants that end, or were revoked, after since.
func (s *Watch) Grants(ctx context.Context, since time.Time) ([]watch.Grant, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT `+grantColumns+` FROM covers WHERE until > $1 AND (revoked_at IS NULL OR revoked_at > $1) ORDER BY id DESC LIMIT 1000`, since)
	return pgx.CollectRows(rows, scanGrant)
}

// Grant locks a grant.
func (t watchTx) Grant(ctx context.Context, id string) (watch.Grant, error) {
	rows, _ := t.Query(ctx, `SELECT `+grantColumns+` FROM covers WHERE id = $1 FOR UPDATE`, plain(id))
	g, err := pgx.CollectExactlyOneRow(rows, scanGrant)
	if errors.Is(err, pgx.ErrNoRows) {
		err = watch.ErrNotFound
	}
	return g, err
}

// SaveGrant writes a grant; of one that is there only its end changes.
func (t watchTx) SaveGrant(ctx context.Context, g watch.Grant) error {
	_, err := t.Exec(ctx, `
		INSERT INTO covers (`+grantColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at, revoked_name = excluded.revoked_name, revoked_why = excluded.revoked_why, version = excluded.version`,
		g.ID, g.Station, g.ByStation, g.Users, g.From, g.Until, g.DailyFrom, g.DailyTo, plain(g.Reason), g.GrantedBy, g.GrantedName, g.GrantedAt,
		g.RevokedAt, g.RevokedName, plain(g.RevokedWhy), g.Version)
	return err
}

// UsersOf returns the names of the users that exist and are enabled, by id.
func (s *Watch) UsersOf(ctx context.Context, ids []string) (map[string]string, error) {
	names := map[string]string{}
	if len(ids) == 0 {
		return names, nil
	}
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT id, name FROM users WHERE id = ANY($1) AND NOT disabled`, ids)
	var id, name string
	_, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error {
		names[id] = name
		return nil
	})
	return names, err
}
