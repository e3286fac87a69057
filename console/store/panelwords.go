package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/impairments"
)

// News reads what panels have said of points that they isolate, disable or test
// and that was not heard yet, in the order in which it came. Transactions commit
// in another order than they wrote, so that the last minutes are looked at again
// each time; what was heard is passed over.
func (s Impairments) News(ctx context.Context) ([]impairments.Word, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT s.station, s.point, s.kind, s.active, s.state, CASE WHEN s.clock = 'unsynced' THEN s.received ELSE least(s.observed, s.received) END, s.received, s.epoch, s.seq
		  FROM signals s
		  LEFT JOIN panel_words w ON w.point = s.point AND w.kind = s.kind
		 WHERE s.kind IN ('zone.isolated', 'fire.disablement', 'fire.test')
		   AND s.received > coalesce((SELECT max(received) FROM panel_words), '-infinity') - interval '2 minutes'
		   AND (w.point IS NULL OR (s.epoch, s.seq) > (w.epoch, w.seq))
		 ORDER BY s.received, s.id LIMIT 500`)
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (w impairments.Word, err error) {
		return w, row.Scan(&w.Station, &w.Point, &w.Kind, &w.Active, &w.State, &w.Since, &w.Received, &w.Epoch, &w.Seq)
	})
}

// Hear takes a word in, once.
func (s Impairments) Hear(ctx context.Context, w impairments.Word, answer func(open *impairments.Impairment, now time.Time) (*impairments.Impairment, impairments.Line, audit.Entry)) error {
	mode, _ := impairments.ModeOf(w.Kind)
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tag, err := tx.Exec(ctx, `
			INSERT INTO panel_words AS w (point, kind, station, active, state, since, received, epoch, seq)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (point, kind) DO UPDATE
			   SET station = excluded.station, active = excluded.active, state = excluded.state, since = excluded.since,
			       received = excluded.received, epoch = excluded.epoch, seq = excluded.seq
			 WHERE (w.epoch, w.seq) < (excluded.epoch, excluded.seq)`,
			string(w.Point), string(w.Kind), w.Station, w.Active, w.State, w.Since, w.Received, int64(w.Epoch), int64(w.Seq))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errAnother
		}
		rows, _ := tx.Query(ctx, `SELECT doc FROM impairments WHERE open AND point = $1 AND mode = $2 FOR UPDATE`, string(w.Point), mode)
		list, err := pgx.CollectRows(rows, scanDoc[impairments.Impairment])
		if err != nil {
			return err
		}
		var before, open *impairments.Impairment
		if len(list) > 0 {
			was := list[0]
			before, open = &was, &list[0]
		}
		after, l, e := answer(open, tx.Now)
		if after == nil {
			return nil
		}
		return tx.keepImpairment(ctx, auth.System(), before, after, l, e)
	})
	if errors.Is(err, errAnother) {
		return nil
	}
	return err
}

// Loose lists what has come apart.
func (s Impairments) Loose(ctx context.Context) (l impairments.Loose, err error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	err = pgx.BeginTxFunc(ctx, s.DB.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		// Those whose own time is over are ended by their timer.
		rows, _ := tx.Query(ctx, `
			SELECT i.id FROM impairments i JOIN removals r ON r.id = i.removed
			 WHERE i.open AND r.ended IS NOT NULL AND (i.doc->>'until')::timestamptz > $1`, s.DB.o.Now())
		if l.Lifted, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return err
		}
		if l.Told, err = answered(ctx, tx); err != nil {
			return err
		}
		if l.Asking, err = asking(ctx, tx); err != nil {
			return err
		}
		if l.Said, err = said(ctx, tx); err != nil {
			return err
		}
		return overdue(ctx, tx, &l)
	})
	if err != nil {
		return impairments.Loose{}, fmt.Errorf("read the registers: %w", err)
	}
	return l, nil
}

// answered lists open entries of which a command has become something else than
// they say.
func answered(ctx context.Context, tx pgx.Tx) (map[string][]impairments.Told, error) {
	told := map[string][]impairments.Told{}
	rows, _ := tx.Query(ctx, `
		SELECT i.id, c.id, c.point, c.verb, c.state, c.code, c.text
		  FROM impairments i
		 CROSS JOIN LATERAL (SELECT i.doc->'command' AS t UNION ALL SELECT jsonb_array_elements(coalesce(i.doc->'commands', '[]'))) told
		  JOIN commands c ON c.id = told.t->>'id'
		 WHERE i.open AND c.state <> told.t->>'state'
		 ORDER BY i.id, c.id LIMIT 1000`)
	var id string
	var t impairments.Told
	_, err := pgx.ForEachRow(rows, []any{&id, &t.ID, &t.Point, &t.Verb, &t.State, &t.Code, &t.Text}, func() error {
		told[id] = append(told[id], t)
		return nil
	})
	return told, err
}

// asking lists open entries of whole devices of which points are still to be asked.
func asking(ctx context.Context, tx pgx.Tx) ([]impairments.Impairment, error) {
	rows, _ := tx.Query(ctx, `SELECT doc FROM impairments WHERE open AND doc->'commands' @> '[{"id": "", "state": "requested"}]' ORDER BY id LIMIT 100`)
	return pgx.CollectRows(rows, scanDoc[impairments.Impairment])
}

// said compares what open entries of whole devices have of their panel with what
// the panel last said of the points that they asked. What was so before they
// asked does not count.
func said(ctx context.Context, tx pgx.Tx) (map[string]impairments.Said, error) {
	all := map[string]impairments.Said{}
	rows, _ := tx.Query(ctx, `
		SELECT i.id, bool_or(w.active), max(w.since)
		  FROM impairments i
		 CROSS JOIN LATERAL jsonb_array_elements(i.doc->'commands') t
		  JOIN panel_words w ON w.point = t->>'point'
		   AND w.kind = CASE i.mode WHEN 'isolated' THEN 'zone.isolated' WHEN 'disabled' THEN 'fire.disablement' ELSE 'fire.test' END
		 WHERE i.open AND i.doc ? 'commands' AND t->>'code' <> $1
		 GROUP BY i.id, i.doc
		HAVING bool_or(w.active) <> (i.doc->>'panel' = 'active')`, impairments.Already)
	var id string
	var s impairments.Said
	_, err := pgx.ForEachRow(rows, []any{&id, &s.Active, &s.Since}, func() error {
		all[id] = s
		return nil
	})
	return all, err
}

// overdue compares missed rounds with the alarms that say so, and finds entries
// whose time is over at the panel.
func overdue(ctx context.Context, tx pgx.Tx, l *impairments.Loose) error {
	rows, _ := tx.Query(ctx, `
		SELECT doc FROM impairments
		 WHERE open AND ((doc->>'over_run')::boolean AND doc->'command'->>'verb' IN ('isolate', 'disable') OR (doc->>'watch_overdue')::boolean)
		 ORDER BY id`)
	list, err := pgx.CollectRows(rows, scanDoc[impairments.Impairment])
	if err != nil {
		return err
	}
	rows, _ = tx.Query(ctx, `SELECT station, point FROM alarms WHERE open AND kind = 'fire.watch_overdue' AND beneath IN ('unacknowledged', 'acknowledged')`)
	alarms, err := pgx.CollectRows(rows, pgx.RowToStructByPos[impairments.Late])
	if err != nil {
		return err
	}
	l.Sort(list, alarms)
	return nil
}
