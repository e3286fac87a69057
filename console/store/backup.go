package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Condition is what a backup or a restore needs to know of a database before it
// touches it.
type Condition struct {
	Schema  int64 // 0: no Guardroom has been here
	Change  int64
	Entries int64 // of the record
	Users   int64
	Others  int // connections of other Guardroom programs
}

// Empty reports whether nothing would be lost.
func (c Condition) Empty() bool { return c.Schema == 0 || c.Entries == 0 && c.Users == 0 }

// Inspect looks at a database without migrating it.
func Inspect(ctx context.Context, dsn string) (Condition, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return Condition{}, fmt.Errorf("reach the database: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var c Condition
	err = conn.QueryRow(ctx, `
		SELECT count(*) FROM pg_stat_activity
		 WHERE datname = current_database() AND application_name = 'guardroom' AND pid <> pg_backend_pid()`).Scan(&c.Others)
	if err != nil {
		return Condition{}, fmt.Errorf("look at the database: %w", err)
	}
	var there bool
	if err := conn.QueryRow(ctx, `SELECT to_regclass('`+versions+`') IS NOT NULL`).Scan(&there); err != nil || !there {
		return c, err
	}
	err = conn.QueryRow(ctx, `
		SELECT (SELECT coalesce(max(version_id), 0) FROM `+versions+`), (SELECT change FROM chain),
		       (SELECT count(*) FROM audit_entries), (SELECT count(*) FROM users)`).Scan(&c.Schema, &c.Change, &c.Entries, &c.Users)
	if err != nil {
		return Condition{}, fmt.Errorf("look at the database: %w", err)
	}
	return c, nil
}
