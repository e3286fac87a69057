package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

//go:embed migrations/*.sql
var embedded embed.FS

// versions is the table in which goose remembers what was applied.
const versions = "schema_versions"

// migrationLock is the advisory lock under which schemas change; the number has
// no meaning but to be ours.
const migrationLock = 0x67756172

// migrate brings the schema forward. Of several consoles that start at once one
// works and the others wait. A schema that is newer than this program is
// refused: an old program would write rows that the new one does not expect.
func migrate(ctx context.Context, c *pgx.ConnConfig, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute)
	defer cancel()
	config := c.Copy()
	config.RuntimeParams["statement_timeout"] = "0"
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "0"

	lock, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	defer func() { _ = lock.Close(context.WithoutCancel(ctx)) }() // closing frees the lock
	if _, err := lock.Exec(ctx, `SELECT pg_advisory_lock($1)`, migrationLock); err != nil {
		return fmt.Errorf("migrate: wait for the schema lock: %w", err)
	}

	sqlDB := stdlib.OpenDB(*config)
	defer func() { _ = sqlDB.Close() }()
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return err
	}
	table, err := database.NewStore(database.DialectPostgres, versions)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider("", sqlDB, files, goose.WithStore(table), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("migrate: read the schema's version: %w", err)
	}
	if have > want {
		return fmt.Errorf("the database has schema %d, this program knows up to %d: start the newer Guardroom, or restore a backup made by this one", have, want)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate from schema %d to %d: %w", have, want, err)
	}
	for _, m := range done {
		log.Info("schema changed", "version", m.Source.Version, "took", m.Duration)
	}
	return nil
}
