package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/people"
)

// People keeps cardholders.
type People struct{ DB *DB }

const personColumns = `id, station, ref, name, pass_class, coalesce(to_char(expires, 'YYYY-MM-DD'), ''), status, coalesce(card_hash, ''), coalesce(photo, '')`

func scanPerson(row pgx.CollectableRow) (people.Person, error) {
	var p people.Person
	err := row.Scan(&p.ID, &p.Station, &p.Ref, &p.Name, &p.Class, &p.Expires, &p.Status, &p.CardHash, &p.Photo)
	p.HasCard = p.CardHash != ""
	return p, err
}

// List returns cardholders by name; the cursor is the id of the last one.
func (s People) List(ctx context.Context, f people.Filter) ([]people.Person, string, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT `+personColumns+`
		  FROM cardholders c
		 WHERE ($1::text[] IS NULL OR station = ANY($1)) AND ($2 = '' OR card_hash = $2)
		   AND ($3 = '' OR strpos(search, $3) > 0) AND ($4 = '' OR pass_class = $4) AND ($5 = '' OR status = $5)
		   AND ($6 = '' OR (search, id) > (SELECT search, id FROM cardholders WHERE id = $6))
		 ORDER BY search, id
		 LIMIT $7`, f.Stations, f.Card, plain(f.Search), f.Class, f.Status, plain(f.Cursor), f.Limit+1)
	list, err := pgx.CollectRows(rows, scanPerson)
	if err != nil || len(list) <= f.Limit {
		return list, "", err
	}
	return list[:f.Limit], list[f.Limit-1].ID, nil
}

// Find returns people.ErrNotFound when id is unknown.
func (s People) Find(ctx context.Context, id string) (people.Person, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+personColumns+` FROM cardholders WHERE id = $1`, plain(id))
	p, err := pgx.CollectExactlyOneRow(rows, scanPerson)
	if errors.Is(err, pgx.ErrNoRows) {
		err = people.ErrNotFound
	}
	return p, err
}

// Photo returns a face.
func (s People) Photo(ctx context.Context, station, key string) ([]byte, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var jpeg []byte
	err := s.DB.Pool.QueryRow(ctx, `SELECT jpeg FROM cardholder_photos WHERE station = $1 AND key = $2`, station, key).Scan(&jpeg)
	if errors.Is(err, pgx.ErrNoRows) {
		err = people.ErrNotFound
	}
	return jpeg, err
}

// ByCards finds the holders of cards by their hashes.
func (s People) ByCards(ctx context.Context, station string, hashes []string) (map[string]people.Person, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+personColumns+` FROM cardholders WHERE station = $1 AND card_hash = ANY($2)`, station, hashes)
	list, err := pgx.CollectRows(rows, scanPerson)
	found := make(map[string]people.Person, len(list))
	for _, p := range list {
		found[p.CardHash] = p
	}
	return found, err
}

// PhotoKeys are those that the station has.
func (s People) PhotoKeys(ctx context.Context, station string) (map[string]bool, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT key FROM cardholder_photos WHERE station = $1`, station)
	keys := map[string]bool{}
	var key string
	_, err := pgx.ForEachRow(rows, []any{&key}, func() error { keys[key] = true; return nil })
	return keys, err
}

// PhotosOf are the keys of the photos by ref.
func (s People) PhotosOf(ctx context.Context, station string) (map[string]string, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT ref, photo FROM cardholders WHERE station = $1 AND photo IS NOT NULL`, station)
	found := map[string]string{}
	var ref, key string
	_, err := pgx.ForEachRow(rows, []any{&ref, &key}, func() error { found[ref] = key; return nil })
	return found, err
}

// AddPhotos keeps faces. They are no change that anybody sees before a cardholder
// names them.
func (s People) AddPhotos(ctx context.Context, station string, faces map[string][]byte) error {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	batch := &pgx.Batch{}
	for key, jpeg := range faces {
		batch.Queue(`INSERT INTO cardholder_photos (station, key, jpeg) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, station, key, jpeg)
	}
	return s.DB.Pool.SendBatch(ctx, batch).Close()
}

// Swap makes the rows the register of the station; see people.Desk.
func (s People) Swap(ctx context.Context, one people.PeopleImport, rows []people.Row, dry bool, e audit.Entry) (people.ImportCounts, error) {
	counts := people.ImportCounts{Rows: len(rows)}
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		counts = people.ImportCounts{Rows: len(rows)}
		if err := tx.lock(ctx, "cardholders", one.Station); err != nil {
			return err
		}
		if err := tx.copyList(ctx, rows); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `
			SELECT count(*) FILTER (WHERE c.id IS NULL),
			       count(*) FILTER (WHERE (c.name, c.pass_class, c.expires, c.status, c.card_hash, c.photo) IS DISTINCT FROM
			                              (l.name, l.pass_class, l.expires, l.status, l.card_hash, l.photo) AND c.id IS NOT NULL),
			       (SELECT count(*) FROM cardholders g WHERE g.station = $1 AND NOT EXISTS (SELECT FROM cardholder_list l WHERE l.ref = g.ref))
			  FROM cardholder_list l LEFT JOIN cardholders c ON c.station = $1 AND c.ref = l.ref`, one.Station).
			Scan(&counts.Added, &counts.Changed, &counts.Removed)
		if err != nil {
			return err
		}
		counts.Unchanged = counts.Rows - counts.Added - counts.Changed
		if dry {
			return errUnchanged
		}
		for _, statement := range []string{
			`DELETE FROM cardholders g WHERE g.station = $1 AND NOT EXISTS (SELECT FROM cardholder_list l WHERE l.ref = g.ref)`,
			// Cards first go from whom they had been: two people may have changed theirs.
			`UPDATE cardholders c SET card_hash = NULL FROM cardholder_list l
			  WHERE c.station = $1 AND l.ref = c.ref AND c.card_hash IS DISTINCT FROM l.card_hash`,
			`UPDATE cardholders c
			    SET name = l.name, pass_class = l.pass_class, expires = l.expires, status = l.status, card_hash = l.card_hash, photo = l.photo, search = l.search
			   FROM cardholder_list l
			  WHERE c.station = $1 AND l.ref = c.ref AND (c.name, c.pass_class, c.expires, c.status, c.card_hash, c.photo) IS DISTINCT FROM
			        (l.name, l.pass_class, l.expires, l.status, l.card_hash, l.photo)`,
			`INSERT INTO cardholders (id, station, ref, name, pass_class, expires, status, card_hash, photo, search)
			 SELECT l.id, $1, l.ref, l.name, l.pass_class, l.expires, l.status, l.card_hash, l.photo, l.search
			   FROM cardholder_list l
			  WHERE NOT EXISTS (SELECT FROM cardholders c WHERE c.station = $1 AND c.ref = l.ref)`,
			`DELETE FROM cardholder_photos p WHERE p.station = $1 AND NOT EXISTS (SELECT FROM cardholders c WHERE c.station = $1 AND c.photo = p.key)`,
		} {
			if _, err := tx.Exec(ctx, statement, one.Station); err != nil {
				return err
			}
		}
		said, err := json.Marshal(counts)
		if err != nil {
			return err
		}
		tx.Audit(e)
		_, err = tx.Exec(ctx, `INSERT INTO cardholder_imports (id, station, at, by_id, by_name, file, counts) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			one.ID, one.Station, one.At, one.By, one.ByName, one.File, said)
		return err
	})
	if errors.Is(err, errUnchanged) {
		err = nil
	}
	return counts, err
}

// copyList brings the rows into a table of this transaction.
func (t *Tx) copyList(ctx context.Context, rows []people.Row) error {
	_, err := t.Exec(ctx, `
		CREATE TEMP TABLE cardholder_list (id text, ref text, name text, pass_class text, expires date, status text, card_hash text, photo text, search text)
		ON COMMIT DROP`)
	if err != nil {
		return err
	}
	optional := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	_, err = t.CopyFrom(ctx, pgx.Identifier{"cardholder_list"},
		[]string{"id", "ref", "name", "pass_class", "expires", "status", "card_hash", "photo", "search"},
		pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
			r := rows[i]
			var expires any
			if r.Expires != "" {
				day, err := time.Parse(time.DateOnly, r.Expires)
				if err != nil {
					return nil, err
				}
				expires = day
			}
			return []any{auth.NewID(), r.Ref, r.Name, string(r.Class), expires, string(r.Status), optional(r.CardHash), optional(r.Photo), r.Search()}, nil
		}))
	if err == nil {
		_, err = t.Exec(ctx, `CREATE INDEX ON cardholder_list (ref); ANALYZE cardholder_list`)
	}
	return err
}

// Imports are the last ones of a station, newest first.
func (s People) Imports(ctx context.Context, station string, limit int) ([]people.PeopleImport, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT id, station, at, by_id, by_name, file, counts FROM cardholder_imports WHERE station = $1 ORDER BY id DESC LIMIT $2`, station, limit)
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (one people.PeopleImport, err error) {
		var counts []byte
		if err := row.Scan(&one.ID, &one.Station, &one.At, &one.By, &one.ByName, &one.File, &counts); err != nil {
			return one, err
		}
		one.At = one.At.UTC()
		return one, json.Unmarshal(counts, &one.Counts)
	})
}
