package store

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/commands"
)

// Commands keeps commands.
type Commands struct{ DB *DB }

const commandColumns = `id, point, station, verb, arguments, reason, state, code, text, read_back, by_id, by_name, requested_at, deadline, finished_at, version, demo`

func scanCommand(row pgx.CollectableRow) (commands.Command, error) {
	var c commands.Command
	var arguments []byte
	err := row.Scan(&c.ID, &c.Point, &c.Station, &c.Verb, &arguments, &c.Reason, &c.State, &c.Code, &c.Text, &c.ReadBack,
		&c.By, &c.ByName, &c.RequestedAt, &c.Deadline, &c.FinishedAt, &c.Version, &c.Demo)
	if err != nil {
		return commands.Command{}, err
	}
	c.Arguments = map[string]string{}
	return c, json.Unmarshal(arguments, &c.Arguments)
}

// Create returns the command that stands: c, or the one for which the same
// operator used the key before; commands.ErrConflict when that was another wish.
func (s *Commands) Create(ctx context.Context, c commands.Command, gateway, key, fingerprint string, e audit.Entry) (commands.Command, bool, error) {
	arguments, err := json.Marshal(c.Arguments)
	if err != nil {
		return commands.Command{}, false, err
	}
	if stands, found, err := s.byKey(ctx, c.By, key, fingerprint); found || err != nil {
		return stands, false, err
	}
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		tx.Tell(c.Event())
		_, err := tx.Exec(ctx, `
			INSERT INTO commands (id, station, gateway, point, verb, arguments, reason, state, code, text, by_id, by_name,
			                      requested_at, deadline, finished_at, demo, idempotency_key, fingerprint)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
			c.ID, c.Station, gateway, c.Point, c.Verb, arguments, c.Reason, c.State, c.Code, c.Text, c.By, c.ByName,
			c.RequestedAt, c.Deadline, c.FinishedAt, c.Demo, key, fingerprint)
		return taken(err, errKeyUsed)
	})
	if errors.Is(err, errKeyUsed) { // two presses at the same instant: the other one was first
		stands, _, err := s.byKey(ctx, c.By, key, fingerprint)
		return stands, false, err
	}
	return c, err == nil, err
}

var errKeyUsed = errors.New("the key is in use")

func (s *Commands) byKey(ctx context.Context, by, key, fingerprint string) (c commands.Command, found bool, err error) {
	rows, _ := s.DB.Pool.Query(ctx, `SELECT fingerprint = $3, `+commandColumns+` FROM commands WHERE by_id = $1 AND idempotency_key = $2`, by, key, fingerprint)
	var same bool
	c, err = pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (commands.Command, error) {
		return scanCommand(skipFirst{row, &same})
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return c, false, nil
	case err != nil:
		return c, false, err
	case !same:
		return commands.Command{}, true, commands.ErrConflict
	}
	return c, true, nil
}

// skipFirst scans one more column before those that are asked for.
type skipFirst struct {
	pgx.CollectableRow
	first any
}

func (r skipFirst) Scan(dest ...any) error {
	return r.CollectableRow.Scan(append([]any{r.first}, dest...)...)
}

// Change locks the command and writes what decide makes of it, if anything.
func (s *Commands) Change(ctx context.Context, id, gateway string, decide func(commands.Command) (*commands.Command, *audit.Entry)) (commands.Command, error) {
	var after commands.Command
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		rows, _ := tx.Query(ctx, `SELECT `+commandColumns+` FROM commands WHERE id = $1 AND ($2 = '' OR gateway = $2) FOR UPDATE`, plain(id), gateway)
		before, err := pgx.CollectExactlyOneRow(rows, scanCommand)
		if errors.Is(err, pgx.ErrNoRows) {
			return commands.ErrNotFound
		}
		if err != nil {
			return err
		}
		after = before
		next, entry := decide(before)
		if next == nil {
			return errUnchanged
		}
		next.Version = before.Version + 1
		after = *next
		if entry != nil {
			tx.Audit(*entry)
		}
		tx.Tell(after.Event())
		_, err = tx.Exec(ctx, `UPDATE commands SET state = $2, code = $3, text = $4, read_back = $5, finished_at = $6, version = $7 WHERE id = $1`,
			id, after.State, after.Code, after.Text, after.ReadBack, after.FinishedAt, after.Version)
		return err
	})
	if errors.Is(err, errUnchanged) {
		err = nil
	}
	return after, err
}

// errUnchanged rolls a transaction back that has nothing to write.
var errUnchanged = errors.New("nothing to change")

// Find returns commands.ErrNotFound when id is unknown.
func (s *Commands) Find(ctx context.Context, id string) (commands.Command, error) {
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+commandColumns+` FROM commands WHERE id = $1`, plain(id))
	c, err := pgx.CollectExactlyOneRow(rows, scanCommand)
	if errors.Is(err, pgx.ErrNoRows) {
		err = commands.ErrNotFound
	}
	return c, err
}

// List returns commands, newest first; ids sort by time.
func (s *Commands) List(ctx context.Context, f commands.Filter) ([]commands.Command, string, error) {
	stations := f.Stations
	if stations == nil {
		stations = []string{}
	}
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT `+commandColumns+`
		  FROM commands
		 WHERE ($1 OR station = ANY($2)) AND ($3 = '' OR point = $3) AND ($4 = '' OR id < $4)
		 ORDER BY id DESC
		 LIMIT $5`, f.All, stations, plain(string(f.Point)), plain(f.Cursor), f.Limit+1)
	list, err := pgx.CollectRows(rows, scanCommand)
	if err != nil {
		return nil, "", err
	}
	if len(list) <= f.Limit {
		return list, "", nil
	}
	list = list[:f.Limit]
	return list, list[f.Limit-1].ID, nil
}

// Unfinished returns the commands of which nobody said yet what became of them.
func (s *Commands) Unfinished(ctx context.Context) ([]commands.Command, error) {
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+commandColumns+` FROM commands WHERE finished_at IS NULL ORDER BY id`)
	return pgx.CollectRows(rows, scanCommand)
}
