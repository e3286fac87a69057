package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
)

// Settings keeps a station's own choices: one JSON document by name, such as the
// times of its escalation. Whoever owns a name checks what is in it.
type Settings struct{ DB *DB }

// Setting reads the document into to, and returns its version; 0 when the
// station has chosen nothing, and to is left as it is.
func (s Settings) Setting(ctx context.Context, station, name string, to any) (version int64, err error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var data []byte
	err = s.DB.Pool.QueryRow(ctx, `SELECT value, version FROM settings WHERE station = $1 AND name = $2`, station, name).Scan(&data, &version)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err == nil {
		err = json.Unmarshal(data, to)
	}
	if err != nil {
		return 0, fmt.Errorf("setting %s of station %s: %w", name, station, err)
	}
	return version, nil
}

// EachSetting reads the document of every station that has one.
func (s Settings) EachSetting(ctx context.Context, name string, read func(station string, version int64, data []byte) error) error {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT station, version, value FROM settings WHERE name = $1 ORDER BY station`, name)
	var station string
	var version int64
	var data []byte
	_, err := pgx.ForEachRow(rows, []any{&station, &version, &data}, func() error { return read(station, version, data) })
	return err
}

// StaleSettingError says that a setting is at another version than was seen.
type StaleSettingError struct{ Now int64 }

func (e *StaleSettingError) Error() string {
	return fmt.Sprintf("somebody has changed this since: it is at version %d now", e.Now)
}

// Stale gives the version as it is now.
func (e *StaleSettingError) Stale() int64 { return e.Now }

// SaveSetting writes the document when it is still at version seen, and returns
// the new version. A *StaleSettingError says that it is not.
func (s Settings) SaveSetting(ctx context.Context, station, name string, seen int64, value any, e audit.Entry) (version int64, err error) {
	data, err := json.Marshal(value)
	if err != nil {
		return 0, err
	}
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		var now int64
		err := tx.QueryRow(ctx, `SELECT version FROM settings WHERE station = $1 AND name = $2 FOR UPDATE`, station, name).Scan(&now)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if now != seen {
			return &StaleSettingError{Now: now}
		}
		tx.Audit(e)
		return tx.QueryRow(ctx, `
			INSERT INTO settings (station, name, value) VALUES ($1, $2, $3)
			ON CONFLICT (station, name) DO UPDATE SET value = excluded.value, version = settings.version + 1
			RETURNING version`, station, name, data).Scan(&version)
	})
	if err != nil {
		return 0, fmt.Errorf("save setting %s of station %s: %w", name, station, err)
	}
	return version, nil
}
