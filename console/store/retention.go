package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/replay"
)

// retentionName is the setting, kept for all stations together: a partition of the
// journal holds them all.
const retentionName = "retention"

// Retention reads how long what is kept.
func (s Replay) Retention(ctx context.Context) (replay.Retention, error) {
	r := replay.DefaultRetention()
	version, err := Settings(s).Setting(ctx, auth.AllStations, retentionName, &r)
	if err == nil {
		if r.Version = version; r.Validate() != nil { // written by hand: keep rather than drop
			r = replay.DefaultRetention()
		}
	}
	return r, err
}

// SaveRetention writes how long what is kept.
func (s Replay) SaveRetention(ctx context.Context, by auth.Operator, r replay.Retention) (replay.Retention, error) {
	entry := audit.By(by, "", "retention.change", "retention", map[string]string{
		"journal_days": strconv.Itoa(r.JournalDays), "dead_letter_days": strconv.Itoa(r.DeadLetterDays),
	})
	version, err := Settings(s).SaveSetting(ctx, auth.AllStations, retentionName, r.Version, r, entry)
	r.Version = version
	return r, err
}

const holdColumns = `id, station, from_at, until_at, reason, by, by_name, at, released_at, released_name, release_reason`

func scanHold(row pgx.CollectableRow) (h replay.Hold, err error) {
	err = row.Scan(&h.ID, &h.Station, &h.From, &h.Until, &h.Reason, &h.By, &h.ByName, &h.At, &h.ReleasedAt, &h.ReleasedName, &h.ReleaseReason)
	h.From, h.Until, h.At = h.From.UTC(), h.Until.UTC(), h.At.UTC()
	return h, err
}

// Holds lists legal holds, newest first; nil stations are all.
func (s Replay) Holds(ctx context.Context, stations []string) ([]replay.Hold, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT `+holdColumns+` FROM legal_holds
		 WHERE $1::text[] IS NULL OR station = ANY($1) OR station = '*'
		 ORDER BY id DESC LIMIT 1000`, stations)
	list, err := pgx.CollectRows(rows, scanHold)
	if err != nil {
		return nil, fmt.Errorf("list legal holds: %w", err)
	}
	return list, nil
}

// FindHold returns replay.ErrNotFound when id is unknown.
func (s Replay) FindHold(ctx context.Context, id string) (replay.Hold, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+holdColumns+` FROM legal_holds WHERE id = $1`, plain(id))
	return oneHold(rows)
}

func oneHold(rows pgx.Rows) (replay.Hold, error) {
	h, err := pgx.CollectExactlyOneRow(rows, scanHold)
	if errors.Is(err, pgx.ErrNoRows) {
		err = replay.ErrNotFound
	}
	if err != nil {
		return replay.Hold{}, fmt.Errorf("find legal hold: %w", err)
	}
	return h, nil
}

// AddHold places a legal hold.
func (s Replay) AddHold(ctx context.Context, by auth.Operator, h replay.Hold) (replay.Hold, error) {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		// Whoever drops takes the same lock: a hold that is placed holds at once.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock_shared($1)`, exportLock); err != nil {
			return err
		}
		h.At = tx.Now
		tx.Audit(audit.By(by, h.Station, "hold.place", "hold:"+h.ID, map[string]string{
			"from": h.From.Format(time.RFC3339), "until": h.Until.Format(time.RFC3339), "reason": h.Reason,
		}))
		_, err := tx.Exec(ctx, `
			INSERT INTO legal_holds (id, station, from_at, until_at, reason, by, by_name, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			h.ID, plain(h.Station), h.From, h.Until, plain(h.Reason), plain(h.By), plain(h.ByName), h.At)
		return err
	})
	if err != nil {
		return replay.Hold{}, fmt.Errorf("place legal hold: %w", err)
	}
	return h, nil
}

// ReleaseHold ends a legal hold.
func (s Replay) ReleaseHold(ctx context.Context, by auth.Operator, id, reason string) (h replay.Hold, err error) {
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		rows, _ := tx.Query(ctx, `
			UPDATE legal_holds SET released_at = coalesce(released_at, $2), released_by = $3, released_name = $4, release_reason = $5
			 WHERE id = $1 RETURNING `+holdColumns, plain(id), tx.Now, plain(by.ID), plain(by.Name), plain(reason))
		var err error
		if h, err = oneHold(rows); err != nil {
			return err
		}
		tx.Audit(audit.By(by, h.Station, "hold.release", "hold:"+h.ID, map[string]string{"reason": reason}))
		return nil
	})
	return h, err
}

// partition is a part of the journal with an end.
type partition struct {
	name     string
	from, to time.Time
}

// DropPartitions drops the journal's partitions that are older than the retention,
// oldest first, with what was digested of them. It keeps what an open alarm, one
// that still has to be closed, or a legal hold needs, and drops nothing while
// somebody carries the journal away. Each is entered in the record with the change.
func (db *DB) DropPartitions(ctx context.Context, now time.Time) error {
	r, err := Replay{DB: db}.Retention(ctx)
	if err != nil {
		return err
	}
	old := now.UTC().AddDate(0, 0, -r.JournalDays)
	partitions, err := db.partitions(ctx)
	if err != nil {
		return err
	}
	for _, p := range partitions {
		if p.to.After(old) {
			break
		}
		if err := db.dropPartition(ctx, p, r); err != nil {
			return fmt.Errorf("drop the journal's partition %s: %w", p.name, err)
		}
	}
	return db.dropRest(ctx, old)
}

// partitions lists the weeks of the journal, oldest first. Their names say when
// they are: the bounds are read back and compared.
func (db *DB) partitions(ctx context.Context) ([]partition, error) {
	ctx, cancel := db.bounded(ctx)
	defer cancel()
	rows, _ := db.Pool.Query(ctx, `
		SELECT name, (b.m)[1]::timestamptz, (b.m)[2]::timestamptz
		  FROM (SELECT c.relname::text AS name,
		               regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\) TO \(''([^'']+)''\)') AS m
		          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		         WHERE i.inhparent = 'signals'::regclass) b
		 WHERE b.m IS NOT NULL
		 ORDER BY 2`)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p partition, err error) {
		return p, row.Scan(&p.name, &p.from, &p.to)
	})
	if err != nil {
		return nil, fmt.Errorf("list the journal's partitions: %w", err)
	}
	return list, nil
}

// errKept says why a partition stays; it is no failure.
var errKept = errors.New("kept")

// selectNeeded says who needs what lies in a partition.
const selectNeeded = `
	SELECT CASE
	       WHEN NOT pg_try_advisory_xact_lock($3) THEN 'export'
	       WHEN EXISTS (SELECT FROM alarms WHERE open AND least(raised_at, received_at) < $2) THEN 'open_alarm'
	       WHEN EXISTS (SELECT FROM alarms WHERE to_close AND least(raised_at, received_at) < $2) THEN 'alarm_to_close'
	       WHEN EXISTS (SELECT FROM legal_holds WHERE released_at IS NULL AND from_at < $2 AND until_at > $1) THEN 'legal_hold'
	       ELSE '' END`

func (db *DB) dropPartition(ctx context.Context, p partition, r replay.Retention) error {
	_, err := db.Write(ctx, func(ctx context.Context, tx *Tx) error {
		var needed string
		if err := tx.QueryRow(ctx, selectNeeded, p.from, p.to, exportLock).Scan(&needed); err != nil {
			return err
		}
		if needed != "" {
			db.o.Log.Info("journal: a partition is older than the retention and stays", "partition", p.name, "needed_by", needed)
			return errKept
		}
		name := pgx.Identifier{p.name}.Sanitize()
		var rows, last int64
		if err := tx.QueryRow(ctx, `SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = $1::regclass`, name).Scan(&rows); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT coalesce(max(id), 0) FROM `+name).Scan(&last); err != nil {
			return err
		}
		// Intake waits for the lock too: what does not come at once comes another hour.
		// The digest first, or it could name a text that goes.
		for _, sql := range []string{`SET LOCAL lock_timeout = '500ms'`, `SELECT FROM journal_follower FOR UPDATE`, `ALTER TABLE signals DETACH PARTITION ` + name, `DROP TABLE ` + name} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		if err := dropDigests(ctx, tx, p.to, last); err != nil {
			return err
		}
		if err := dropTexts(ctx, tx); err != nil {
			return err
		}
		tx.Audit(audit.By(auth.System(), "", "journal.drop", "partition:"+p.name, map[string]string{
			"from": p.from.UTC().Format(time.RFC3339), "to": p.to.UTC().Format(time.RFC3339),
			"signals": strconv.FormatInt(rows, 10), "journal_days": strconv.Itoa(r.JournalDays),
		}))
		return nil
	})
	if errors.Is(err, errKept) {
		return nil
	}
	return err
}

// dropDigests forgets what was digested of the journal before an instant. The frame
// at its end stays: it is what later ones go on from.
func dropDigests(ctx context.Context, tx *Tx, before time.Time, signal int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM journal_minutes WHERE minute < $1`, before); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM journal_cards WHERE signal <= $1 AND received < $2`, signal, before); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE journal_segments SET texts = '{}', counts = '{}' WHERE to_at < $1 AND texts <> '{}'`, before); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		DELETE FROM replay_frames f
		 USING journal_segments s
		 WHERE s.id = f.segment AND s.to_at < $1
		   AND EXISTS (SELECT FROM replay_frames g JOIN journal_segments t ON t.id = g.segment
		                WHERE g.station = f.station AND g.segment > f.segment AND t.until < $1)`, before)
	return err
}

// dropTexts forgets what no segment says any more: signals repeat what was said
// before, so a text lives as long as the last of them. The digest must be locked.
func dropTexts(ctx context.Context, tx *Tx) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM journal_texts t
		 WHERE NOT EXISTS (SELECT FROM (SELECT DISTINCT unnest(texts) AS id FROM journal_segments WHERE texts <> '{}') said WHERE said.id = t.id)`)
	if err != nil {
		return fmt.Errorf("forget texts: %w", err)
	}
	return nil
}

// dropRest deletes what lies in no partition and is older than the retention, some
// at a time, unless somebody needs it.
func (db *DB) dropRest(ctx context.Context, old time.Time) error {
	_, err := db.Write(ctx, func(ctx context.Context, tx *Tx) error {
		var oldest *time.Time
		if err := tx.QueryRow(ctx, `SELECT min(received) FROM (SELECT received FROM signals_rest WHERE received < $1 LIMIT 10000) r`, old).Scan(&oldest); err != nil {
			return err
		}
		if oldest == nil {
			return errKept
		}
		var needed string
		if err := tx.QueryRow(ctx, selectNeeded, *oldest, old, exportLock).Scan(&needed); err != nil || needed != "" {
			return cmp.Or(err, errKept)
		}
		tag, err := tx.Exec(ctx, `
			DELETE FROM signals_rest WHERE ctid = ANY(ARRAY(SELECT ctid FROM signals_rest WHERE received < $1 LIMIT 10000))`, old)
		if err != nil {
			return err
		}
		tx.Audit(audit.By(auth.System(), "", "journal.drop", "partition:signals_rest", map[string]string{
			"to": old.Format(time.RFC3339), "signals": strconv.FormatInt(tag.RowsAffected(), 10),
		}))
		return nil
	})
	if errors.Is(err, errKept) {
		return nil
	}
	return err
}

// dropLetters deletes dead letters that are older than the retention, but for those
// that a legal hold keeps.
func (db *DB) dropLetters(ctx context.Context, now time.Time) error {
	r, err := Replay{DB: db}.Retention(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := db.bounded(ctx)
	defer cancel()
	if _, err := db.Pool.Exec(ctx, `
		DELETE FROM dead_letters WHERE id = ANY(ARRAY(
		       SELECT id FROM dead_letters d
		        WHERE received < $1
		          AND NOT EXISTS (SELECT FROM legal_holds h WHERE h.released_at IS NULL AND h.station IN ('*', d.station)
		                             AND d.received >= h.from_at AND d.received < h.until_at)
		        LIMIT 10000))`, now.AddDate(0, 0, -r.DeadLetterDays)); err != nil {
		return fmt.Errorf("drop old dead letters: %w", err)
	}
	return nil
}
