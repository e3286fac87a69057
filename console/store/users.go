package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"guardroom/console/audit"
	"guardroom/console/auth"
)

// Users keeps users.
type Users struct{ DB *DB }

const userColumns = `id, username, name, roles, disabled, created_at, last_sign_in, must_change_password, version, password_hash`

func scanUser(row pgx.CollectableRow) (auth.User, string, error) {
	var u auth.User
	var roles []byte
	var hash string
	err := row.Scan(&u.ID, &u.Username, &u.Name, &roles, &u.Disabled, &u.CreatedAt, &u.LastSignIn, &u.MustChangePassword, &u.Version, &hash)
	if err != nil {
		return auth.User{}, "", err
	}
	return u, hash, readGrants(roles, &u.Roles)
}

// readGrants decodes a column of roles; none is an empty list.
func readGrants(data []byte, to *[]auth.Grant) error {
	*to = []auth.Grant{}
	return json.Unmarshal(data, to)
}

func grantsJSON(grants []auth.Grant) ([]byte, error) {
	if grants == nil {
		grants = []auth.Grant{}
	}
	return json.Marshal(grants)
}

func noted(n auth.Note) audit.Entry { return audit.By(n.By, n.Station, n.Action, n.Subject, n.Params) }

// ByName returns the user and the hash of the password, or auth.ErrNotFound.
func (s *Users) ByName(ctx context.Context, username string) (auth.User, string, error) {
	return s.one(ctx, `username = $1`, username)
}

// ByID is ByName for an id.
func (s *Users) ByID(ctx context.Context, id string) (auth.User, string, error) {
	return s.one(ctx, `id = $1`, id)
}

func (s *Users) one(ctx context.Context, where, value string) (auth.User, string, error) {
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+userColumns+` FROM users WHERE `+where, plain(value))
	var hash string
	u, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (u auth.User, err error) {
		u, hash, err = scanUser(row)
		return u, err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return auth.User{}, "", auth.ErrNotFound
	}
	return u, hash, err
}

// List returns every user by user name.
func (s *Users) List(ctx context.Context) ([]auth.User, error) {
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+userColumns+` FROM users ORDER BY username`)
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (auth.User, error) {
		u, _, err := scanUser(row)
		return u, err
	})
}

// Create returns auth.ErrExists when the user name is taken.
func (s *Users) Create(ctx context.Context, u auth.User, hash string, n auth.Note) error {
	roles, err := grantsJSON(u.Roles)
	if err != nil {
		return err
	}
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(noted(n))
		_, err := tx.Exec(ctx, `
			INSERT INTO users (id, username, name, roles, password_hash, must_change_password, created_at, version)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			u.ID, u.Username, plain(u.Name), roles, hash, u.MustChangePassword, u.CreatedAt, u.Version)
		return taken(err, auth.ErrExists)
	})
	return err
}

// taken turns the refusal of a second row with the same key into exists.
func taken(err, exists error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "23505" {
		return exists
	}
	return err
}

// administrators serialises what may take the last administrator away; the
// number has no meaning but to be ours.
const administrators = 0x67756173

// Save returns an *auth.StaleError when somebody else was faster, and
// auth.ErrLastAdmin when no enabled administrator of all stations would be left.
func (s *Users) Save(ctx context.Context, u auth.User, n auth.Note) (auth.User, error) {
	roles, err := grantsJSON(u.Roles)
	if err != nil {
		return auth.User{}, err
	}
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, administrators); err != nil {
			return err
		}
		var version int64
		switch err := tx.QueryRow(ctx, `SELECT version FROM users WHERE id = $1 FOR UPDATE`, u.ID).Scan(&version); {
		case errors.Is(err, pgx.ErrNoRows):
			return auth.ErrNotFound
		case err != nil:
			return err
		case version != u.Version:
			return &auth.StaleError{Version: version}
		}
		if _, err := tx.Exec(ctx, `UPDATE users SET name = $2, roles = $3, disabled = $4, version = version + 1 WHERE id = $1`,
			u.ID, plain(u.Name), roles, u.Disabled); err != nil {
			return err
		}
		if u.Disabled {
			if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1`, u.ID); err != nil {
				return err
			}
		}
		var left bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM users WHERE NOT disabled AND roles @> '[{"role":"admin","station":"*"}]')`).Scan(&left); err != nil {
			return err
		}
		if !left {
			return auth.ErrLastAdmin
		}
		tx.Audit(noted(n))
		return nil
	})
	if err != nil {
		return auth.User{}, err
	}
	u.Version++
	return u, nil
}

// SetPassword ends the user's sessions but keep, if that is given.
func (s *Users) SetPassword(ctx context.Context, id, hash string, mustChange bool, keep *[32]byte, n auth.Note) error {
	kept := []byte{}
	if keep != nil {
		kept = keep[:]
	}
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(noted(n))
		tag, err := tx.Exec(ctx, `UPDATE users SET password_hash = $2, must_change_password = $3, version = version + 1 WHERE id = $1`, id, hash, mustChange)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return auth.ErrNotFound
		}
		_, err = tx.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1 AND key <> $2`, id, kept)
		return err
	})
	return err
}

// Empty reports whether there is no user yet: the first start.
func (s *Users) Empty(ctx context.Context) (bool, error) {
	var some bool
	if err := s.DB.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM users)`).Scan(&some); err != nil {
		return false, fmt.Errorf("look for users: %w", err)
	}
	return !some, nil
}
