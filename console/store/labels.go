package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/replay"
)

// selectLabels reads what each point is called and where it stands.
const selectLabels = `
	WITH RECURSIVE up (point, place) AS (
	         SELECT point, place FROM point_places
	          UNION
	         SELECT up.point, p.parent FROM up JOIN places p ON p.id = up.place WHERE p.parent IS NOT NULL)
	SELECT p.id, p.station, concat_ws(' ', p.name, p.given_name, p.location, d.name, d.location,
	       (SELECT string_agg(l.name, ' ') FROM up JOIN places l ON l.id = up.place WHERE up.point = p.id))
	  FROM points p
	  LEFT JOIN devices d ON d.gateway = p.gateway AND d.device = p.device`

// readLabels reads the words of points' names and places anew now and then, and
// adds new ones to what their points have said; the old ones stay, for somebody
// who remembers them.
func (f *Digester) readLabels(ctx context.Context, tx pgx.Tx) error {
	now := f.DB.Now()
	if f.labels != nil && now.Sub(f.labeled) < labelsEvery {
		return nil
	}
	known := map[string][]string{}
	rows, _ := tx.Query(ctx, `SELECT point, words FROM journal_labels`)
	var point, station, text string
	var words []string
	if _, err := pgx.ForEachRow(rows, []any{&point, &words}, func() error {
		known[point] = slices.Clone(words)
		return nil
	}); err != nil {
		return fmt.Errorf("read labels: %w", err)
	}
	var points, stations, vectors, lists []string
	labels := map[string][]string{}
	rows, _ = tx.Query(ctx, selectLabels)
	if _, err := pgx.ForEachRow(rows, []any{&point, &station, &text}, func() error {
		labels[point] = replay.Words(text)
		if there, ok := known[point]; !ok || !slices.Equal(there, labels[point]) {
			list, err := json.Marshal(labels[point])
			if err != nil {
				return err
			}
			points, stations, vectors, lists = append(points, point), append(stations, station), append(vectors, vector(labels[point])), append(lists, string(list))
		}
		return nil
	}); err != nil {
		return fmt.Errorf("read the names of points: %w", err)
	}
	if len(points) > 0 {
		if _, err := tx.Exec(ctx, `
			UPDATE journal_texts t SET words = t.words || w.words::tsvector
			  FROM unnest($1::text[], $2::text[]) w (point, words)
			 WHERE t.point = w.point`, points, vectors); err != nil {
			return fmt.Errorf("take over new names: %w", err)
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO journal_labels (point, station, words)
			SELECT point, station, ARRAY(SELECT jsonb_array_elements_text(words::jsonb))
			  FROM unnest($1::text[], $2::text[], $3::text[]) w (point, station, words)
			ON CONFLICT (point) DO UPDATE SET words = excluded.words`, points, stations, lists); err != nil {
			return fmt.Errorf("write labels: %w", err)
		}
	}
	f.labels, f.labeled = labels, now
	return nil
}

// acts takes the words of the record over. Change numbers are in the order of the
// commits and have no gaps: what is there is settled.
func (f *Digester) acts(ctx context.Context) error {
	for range mostActs { // the rest comes at the next call
		more, err := f.someActs(ctx)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

func (f *Digester) someActs(ctx context.Context) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.DB.acquire+2*f.DB.o.Deadline)
	defer cancel()
	var last, upto int64
	err = f.DB.Pool.QueryRow(ctx, `SELECT f.change, c.change FROM journal_follower f, chain c`).Scan(&last, &upto)
	if err != nil || last >= upto {
		return false, err
	}
	return upto-last > actsAtOnce, f.actsUpto(ctx, last, min(upto, last+actsAtOnce))
}

func (f *Digester) actsUpto(ctx context.Context, last, upto int64) error {
	err := pgx.BeginFunc(ctx, f.DB.Pool, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `SELECT `+auditColumns+` FROM audit_entries
			WHERE change > $1 AND change <= $2 AND action <> 'intake.commit' ORDER BY change, index`, last, upto)
		list, err := pgx.CollectRows(rows, scanEntry)
		if err != nil {
			return err
		}
		var changes []int64
		var indexes []int32
		var stations, words []string
		var at []time.Time
		for _, e := range list {
			changes, indexes = append(changes, e.Change), append(indexes, int32(e.Index)) //nolint:gosec // small
			stations, at, words = append(stations, e.Station), append(at, e.At), append(words, vector(actWords(e.Action, e.Subject, e.Name, e.Params)))
		}
		tag, err := tx.Exec(ctx, `UPDATE journal_follower SET change = $2 WHERE change = $1`, last, upto)
		if err != nil || tag.RowsAffected() == 0 || len(list) == 0 { // 0: another console was quicker
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO audit_words (change, index, station, at, words)
			SELECT change, index, station, at, words::tsvector
			  FROM unnest($1::bigint[], $2::int[], $3::text[], $4::timestamptz[], $5::text[]) w (change, index, station, at, words)
			ON CONFLICT DO NOTHING`, changes, indexes, stations, at, words)
		return err
	})
	if err != nil {
		return fmt.Errorf("take over the words of the record: %w", err)
	}
	return nil
}

// actWords are what an entry is found by; a secret never stands in an entry.
func actWords(action, subject, name string, params map[string]string) []string {
	var b strings.Builder
	b.WriteString(action + " " + subject + " " + name)
	for _, v := range params {
		b.WriteString(" " + v)
	}
	return replay.Words(b.String())
}
