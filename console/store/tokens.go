package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/auth"
)

// Tokens keeps machine tokens.
type Tokens struct{ DB *DB }

const tokenColumns = `id, name, roles, created_at, created_by, expires_at, last_used`

func scanToken(row pgx.CollectableRow) (auth.Token, error) {
	var t auth.Token
	var roles []byte
	if err := row.Scan(&t.ID, &t.Name, &roles, &t.CreatedAt, &t.CreatedBy, &t.ExpiresAt, &t.LastUsed); err != nil {
		return auth.Token{}, err
	}
	return t, readGrants(roles, &t.Roles)
}

// Create keeps a token under the SHA-256 of its secret.
func (s *Tokens) Create(ctx context.Context, t auth.Token, key [32]byte, n auth.Note) error {
	roles, err := grantsJSON(t.Roles)
	if err != nil {
		return err
	}
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(noted(n))
		_, err := tx.Exec(ctx, `INSERT INTO tokens (id, key, name, roles, created_at, created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			t.ID, key[:], plain(t.Name), roles, t.CreatedAt, t.CreatedBy, t.ExpiresAt)
		return err
	})
	return err
}

// Find returns auth.ErrNotFound for a token that is unknown or expired. The last
// use is kept to the minute.
func (s *Tokens) Find(ctx context.Context, key [32]byte, now time.Time) (auth.Token, error) {
	t, err := s.one(ctx, `key = $1 AND (expires_at IS NULL OR expires_at > $2)`, key[:], now)
	if err == nil && (t.LastUsed == nil || now.Sub(*t.LastUsed) > time.Minute) {
		_, err = s.DB.Pool.Exec(ctx, `UPDATE tokens SET last_used = $2 WHERE key = $1`, key[:], now)
	}
	return t, err
}

// ByID returns auth.ErrNotFound for a token that is unknown.
func (s *Tokens) ByID(ctx context.Context, id string) (auth.Token, error) {
	return s.one(ctx, `id = $1`, plain(id))
}

func (s *Tokens) one(ctx context.Context, where string, args ...any) (auth.Token, error) {
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+tokenColumns+` FROM tokens WHERE `+where, args...)
	t, err := pgx.CollectExactlyOneRow(rows, scanToken)
	if errors.Is(err, pgx.ErrNoRows) {
		err = auth.ErrNotFound
	}
	return t, err
}

// List returns every token, oldest first.
func (s *Tokens) List(ctx context.Context) ([]auth.Token, error) {
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+tokenColumns+` FROM tokens ORDER BY id`)
	return pgx.CollectRows(rows, scanToken)
}

// Remove ends a token.
func (s *Tokens) Remove(ctx context.Context, id string, n auth.Note) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(noted(n))
		tag, err := tx.Exec(ctx, `DELETE FROM tokens WHERE id = $1`, id)
		if err == nil && tag.RowsAffected() == 0 {
			err = auth.ErrNotFound
		}
		return err
	})
	return err
}
