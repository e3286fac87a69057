package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/auth"
)

// Sessions keeps sessions.
type Sessions struct{ DB *DB }

// Open also sets the user's last sign-in, and clears sessions that are over.
func (s *Sessions) Open(ctx context.Context, one auth.Session, n auth.Note) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(noted(n))
		if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE expires_at <= $1`, one.CreatedAt); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE users SET last_sign_in = $2 WHERE id = $1`, one.User.ID, one.CreatedAt); err != nil {
			return err
		}
		return tx.openSession(ctx, one)
	})
	return err
}

func (t *Tx) openSession(ctx context.Context, one auth.Session) error {
	_, err := t.Exec(ctx, `
		INSERT INTO sessions (key, id, user_id, address, created_at, seen_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		one.Key[:], one.ID, one.User.ID, plain(one.Address), one.CreatedAt, one.SeenAt, one.ExpiresAt)
	return err
}

// Replace ends the session of key and opens next in one transaction. It returns
// auth.ErrNotFound when there is no such session, or it is over.
func (s *Sessions) Replace(ctx context.Context, key [32]byte, next auth.Session, left, came auth.Note) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM sessions WHERE key = $1 AND expires_at > $2`, key[:], next.CreatedAt)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return auth.ErrNotFound
		}
		tx.Audit(noted(left))
		tx.Audit(noted(came))
		if _, err := tx.Exec(ctx, `UPDATE users SET last_sign_in = $2 WHERE id = $1`, next.User.ID, next.CreatedAt); err != nil {
			return err
		}
		return tx.openSession(ctx, next)
	})
	return err
}

// Find returns auth.ErrNotFound for a session that is unknown or over, or whose
// user is disabled.
func (s *Sessions) Find(ctx context.Context, key [32]byte, now time.Time) (auth.Session, error) {
	one := auth.Session{Key: key}
	var roles []byte
	u := &one.User
	err := s.DB.Pool.QueryRow(ctx, `
		SELECT s.id, s.address, s.created_at, s.seen_at, s.expires_at,
		       u.id, u.username, u.name, u.roles, u.created_at, u.last_sign_in, u.must_change_password, u.version
		  FROM sessions s JOIN users u ON u.id = s.user_id
		 WHERE s.key = $1 AND s.expires_at > $2 AND NOT u.disabled`, key[:], now).
		Scan(&one.ID, &one.Address, &one.CreatedAt, &one.SeenAt, &one.ExpiresAt,
			&u.ID, &u.Username, &u.Name, &roles, &u.CreatedAt, &u.LastSignIn, &u.MustChangePassword, &u.Version)
	if errors.Is(err, pgx.ErrNoRows) {
		return auth.Session{}, auth.ErrNotFound
	}
	if err != nil {
		return auth.Session{}, err
	}
	return one, readGrants(roles, &u.Roles)
}

// Touch slides a session's end; it is no change that the record tells of.
func (s *Sessions) Touch(ctx context.Context, key [32]byte, seen, expires time.Time) error {
	_, err := s.DB.Pool.Exec(ctx, `UPDATE sessions SET seen_at = $2, expires_at = $3 WHERE key = $1`, key[:], seen, expires)
	return err
}

// Close ends one session; it may be over already.
func (s *Sessions) Close(ctx context.Context, key [32]byte, n auth.Note) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(noted(n))
		_, err := tx.Exec(ctx, `DELETE FROM sessions WHERE key = $1`, key[:])
		return err
	})
	return err
}

// CloseAll ends every session of a user.
func (s *Sessions) CloseAll(ctx context.Context, user string, n auth.Note) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(noted(n))
		_, err := tx.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1`, user)
		return err
	})
	return err
}

// Record writes n alone.
func (s *Sessions) Record(ctx context.Context, n auth.Note) error {
	_, err := s.DB.Write(ctx, func(_ context.Context, tx *Tx) error {
		tx.Audit(noted(n))
		return nil
	})
	return err
}
