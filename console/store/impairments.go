package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/impairments"
	"guardroom/console/jobs"
	"guardroom/console/live"
)

// Impairments keeps the registers of points on test, isolated or disabled.
type Impairments struct{ DB *DB }

// The timers of the registers. The first two have the entry's id as their key,
// the third the watch's.
const (
	ImpairmentWarnTimer  = "impairment.warn"
	ImpairmentEndTimer   = "impairment.end"
	ImpairmentWatchTimer = "impairment.watch"
)

// Add writes a new entry.
func (s Impairments) Add(ctx context.Context, by auth.Operator, i impairments.Impairment, l impairments.Line, e audit.Entry) (after impairments.Impairment, err error) {
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		after = i
		return tx.keepImpairment(ctx, by, nil, &after, l, e)
	})
	return after, err
}

// keepImpairment writes after, which was before (nil: new), with all that goes
// with it: the removal of the point's alarms, timers, history, record, screens.
func (t *Tx) keepImpairment(ctx context.Context, by auth.Operator, before, after *impairments.Impairment, l impairments.Line, e audit.Entry) error {
	if before == nil {
		if err := t.insertImpairment(ctx, after); err != nil {
			return err
		}
	}
	if err := t.keepRemoved(ctx, by, before, after); err != nil {
		return err
	}
	if before == nil {
		if err := t.joinWatch(ctx, after); err != nil {
			return err
		}
	}
	doc, err := json.Marshal(after)
	if err != nil {
		return err
	}
	if _, err := t.Exec(ctx, `UPDATE impairments SET watch = $2, removed = $3, open = $4, doc = $5, version = $6 WHERE id = $1`,
		after.ID, after.Watch, after.Removed, after.Open(), doc, after.Version); err != nil {
		return err
	}
	params, err := json.Marshal(l.Params)
	if err != nil {
		return err
	}
	if _, err := t.Exec(ctx, `
		INSERT INTO impairment_history (impairment, n, station, at, by_id, by_name, what, params) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT DO NOTHING`, after.ID, after.Version, after.Station, l.At, l.By, l.ByName, l.What, params); err != nil {
		return err
	}
	t.Audit(e)
	t.Tell(after.Event())
	return t.impairmentTimers(ctx, after)
}

func (t *Tx) insertImpairment(ctx context.Context, i *impairments.Impairment) error {
	_, err := t.Exec(ctx, `
		INSERT INTO impairments (id, station, point, mode, fire, open, doc, version) VALUES ($1, $2, $3, $4, $5, true, '{}', $6)`,
		i.ID, i.Station, string(i.Point), i.Mode, i.Fire, i.Version)
	return taken(err, &impairments.ConflictError{Reason: "open", Text: "this point is in the register with this mode already"})
}

// keepRemoved takes the point's alarms out of service while a person's entry
// holds, and puts them back when it does not. Danger to life stays in sight
// whatever stands here.
func (t *Tx) keepRemoved(ctx context.Context, by auth.Operator, before, after *impairments.Impairment) error {
	wanted := after.Open() && after.Source == impairments.Person && after.Until != nil
	moved := before != nil && before.Until != nil && after.Until != nil && !before.Until.Equal(*after.Until)
	if after.Removed != "" && wanted && moved {
		holds, err := t.Extend(ctx, by, after.Removed, *after.Until, "register: "+after.Reason)
		if err != nil {
			return fmt.Errorf("keep the alarms of %s out of service: %w", after.Point, err)
		}
		if holds {
			return nil
		}
		after.Removed = "" // it ended meanwhile: a new one is laid over them
	}
	if after.Removed != "" && !wanted {
		if _, _, err := t.Restore(ctx, by, after.Removed, "register: "+string(after.Mode)); err != nil {
			return fmt.Errorf("put the alarms of %s back: %w", after.Point, err)
		}
		after.Removed = ""
	}
	if !wanted || after.Removed != "" {
		return nil
	}
	shelf, err := t.Remove(ctx, by, alarms.Removal{
		Station: after.Station, Point: after.Point, Mode: alarms.ModeOutOfService, Reason: after.Reason, Until: *after.Until,
		Test: after.Mode == impairments.Test,
	})
	if err != nil {
		return fmt.Errorf("take the alarms of %s out of service: %w", after.Point, err)
	}
	after.Removed = shelf.ID
	return nil
}

// joinWatch has a new entry share the rounds of the watch that goes round
// already.
func (t *Tx) joinWatch(ctx context.Context, i *impairments.Impairment) error {
	if i.Watch == "" {
		return nil
	}
	rows, _ := t.Query(ctx, `SELECT doc FROM impairments WHERE open AND watch = $1 AND id <> $2 ORDER BY id LIMIT 1 FOR UPDATE`, i.Watch, i.ID)
	list, err := pgx.CollectRows(rows, scanDoc[impairments.Impairment])
	if err != nil || len(list) == 0 {
		return err
	}
	i.WatchDue, i.WatchOverdue, i.WatchLast, i.WatchEvery = list[0].WatchDue, list[0].WatchOverdue, list[0].WatchLast, list[0].WatchEvery
	return nil
}

func (t *Tx) impairmentTimers(ctx context.Context, i *impairments.Impairment) error {
	ends := i.Open() && i.Until != nil
	if ends && !i.Warned {
		if err := t.SetTimer(ctx, jobs.Timer{Kind: ImpairmentWarnTimer, Key: i.ID, Due: i.Until.Add(-impairments.WarnBefore)}); err != nil {
			return err
		}
	} else if err := t.StopTimer(ctx, ImpairmentWarnTimer, i.ID); err != nil {
		return err
	}
	if ends {
		if err := t.SetTimer(ctx, jobs.Timer{Kind: ImpairmentEndTimer, Key: i.ID, Due: *i.Until}); err != nil {
			return err
		}
	} else if err := t.StopTimer(ctx, ImpairmentEndTimer, i.ID); err != nil {
		return err
	}
	if i.Watched() && !i.WatchOverdue {
		return t.SetTimer(ctx, jobs.Timer{Kind: ImpairmentWatchTimer, Key: i.Watch, Due: *i.WatchDue})
	}
	return nil // of a watch that nobody needs any more, the timer finds nothing to do
}

// Change locks the entry and writes what step makes of it.
func (s Impairments) Change(ctx context.Context, by auth.Operator, id string, step impairments.Step) (after impairments.Impairment, err error) {
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		after, err = tx.changeImpairment(ctx, by, id, step)
		return err
	})
	switch {
	case errors.Is(err, impairments.ErrUnchanged):
		return after, nil
	case errors.Is(err, pgx.ErrNoRows):
		err = impairments.ErrNotFound
	}
	if err != nil {
		return after, fmt.Errorf("change entry %.64s: %w", id, err)
	}
	return after, nil
}

func (t *Tx) changeImpairment(ctx context.Context, by auth.Operator, id string, step impairments.Step) (impairments.Impairment, error) {
	rows, _ := t.Query(ctx, `SELECT doc FROM impairments WHERE id = $1 FOR UPDATE`, plain(id))
	before, err := pgx.CollectExactlyOneRow(rows, scanDoc[impairments.Impairment])
	if err != nil {
		return before, err
	}
	after := before
	l, e, err := step(&after, t.Now)
	if err != nil {
		return before, err
	}
	return after, t.keepImpairment(ctx, by, &before, &after, l, e)
}

// timed is a handler that lets one entry change by itself.
func (s Impairments) timed(ctx context.Context, tx *Tx, id, what string, step func(i *impairments.Impairment, now time.Time) bool) error {
	_, err := tx.changeImpairment(ctx, auth.System(), id, func(i *impairments.Impairment, now time.Time) (impairments.Line, audit.Entry, error) {
		if !step(i, now) {
			return impairments.Line{}, audit.Entry{}, impairments.ErrUnchanged
		}
		l, e := impairments.Tell(auth.System(), i, now, what, nil)
		return l, e, nil
	})
	if errors.Is(err, impairments.ErrUnchanged) || errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}

// Warn is the handler of ImpairmentWarnTimer.
func (s Impairments) Warn(ctx context.Context, tx *Tx, timer jobs.Timer) error {
	return s.timed(ctx, tx, timer.Key, "warned", func(i *impairments.Impairment, now time.Time) bool { return i.Warn(now) })
}

// End is the handler of ImpairmentEndTimer.
func (s Impairments) End(ctx context.Context, tx *Tx, timer jobs.Timer) error {
	return s.timed(ctx, tx, timer.Key, "expired", func(i *impairments.Impairment, now time.Time) bool { return i.Expire(now) })
}

// Miss is the handler of ImpairmentWatchTimer: a round was not made.
func (s Impairments) Miss(ctx context.Context, tx *Tx, timer jobs.Timer) error {
	ids, err := tx.watchedBy(ctx, timer.Key)
	for _, id := range ids {
		if err := s.timed(ctx, tx, id, "round_missed", func(i *impairments.Impairment, now time.Time) bool { return i.Miss(now) }); err != nil {
			return err
		}
	}
	return err
}

// watchedBy locks the open entries of a watch.
func (t *Tx) watchedBy(ctx context.Context, watch string) ([]string, error) {
	rows, _ := t.Query(ctx, `SELECT id FROM impairments WHERE open AND watch = $1 ORDER BY id FOR UPDATE`, watch)
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Walk notes a round at every open entry with the watch of entry id.
func (s Impairments) Walk(ctx context.Context, id string, r impairments.Round, e audit.Entry) (after impairments.Impairment, err error) {
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		var watch string
		err := tx.QueryRow(ctx, `SELECT watch FROM impairments WHERE id = $1`, plain(id)).Scan(&watch)
		if errors.Is(err, pgx.ErrNoRows) {
			return impairments.ErrNotFound
		}
		if err != nil {
			return err
		}
		ids, err := tx.watchedBy(ctx, watch)
		if err != nil {
			return err
		}
		if watch == "" || len(ids) == 0 {
			return &impairments.ConflictError{Reason: "no_watch", Text: "there is no fire watch for this entry"}
		}
		for _, one := range ids {
			changed, err := tx.changeImpairment(ctx, auth.System(), one, func(i *impairments.Impairment, _ time.Time) (impairments.Line, audit.Entry, error) {
				return impairments.Line{At: r.At, By: r.By, ByName: r.ByName, What: "round", Params: remarked(r.Remark)}, e, i.Walk(r)
			})
			if err != nil {
				return err
			}
			if one == id {
				after = changed
			}
		}
		return nil
	})
	if err != nil {
		return after, fmt.Errorf("note a round of entry %.64s: %w", id, err)
	}
	return after, nil
}

func remarked(remark string) map[string]string {
	if remark == "" {
		return map[string]string{}
	}
	return map[string]string{"remark": remark}
}

// Find returns impairments.ErrNotFound when id is unknown.
func (s Impairments) Find(ctx context.Context, id string) (impairments.Impairment, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT doc FROM impairments WHERE id = $1`, plain(id))
	i, err := pgx.CollectExactlyOneRow(rows, scanDoc[impairments.Impairment])
	if errors.Is(err, pgx.ErrNoRows) {
		err = impairments.ErrNotFound
	}
	return i, err
}

// History returns what happened to an entry, oldest line first.
func (s Impairments) History(ctx context.Context, id string) ([]impairments.Line, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT at, by_id, by_name, what, params FROM impairment_history WHERE impairment = $1 ORDER BY n LIMIT 2000`, plain(id))
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (l impairments.Line, err error) {
		err = row.Scan(&l.At, &l.By, &l.ByName, &l.What, &l.Params)
		l.At = l.At.UTC()
		return l, err
	})
}

// List lists entries, newest first.
func (s Impairments) List(ctx context.Context, q impairments.Query) (impairments.Page, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT doc
		  FROM impairments
		 WHERE ($1::text[] IS NULL OR station = ANY($1)) AND ($2 = '' OR point = $2) AND ($3 = '' OR mode = $3)
		   AND ($4::boolean IS NULL OR open = $4) AND ($5::boolean IS NULL OR fire = $5)
		   AND ($6::timestamptz IS NULL OR (doc->>'since')::timestamptz >= $6) AND ($7::timestamptz IS NULL OR (doc->>'since')::timestamptz < $7)
		   AND ($8 = '' OR id < $8)
		 ORDER BY id DESC LIMIT $9`,
		q.Stations, plain(string(q.Point)), q.Mode, q.Open, q.Fire, unlessZero(q.From), unlessZero(q.To), plain(q.Cursor), q.Limit+1)
	list, err := pgx.CollectRows(rows, scanDoc[impairments.Impairment])
	if err != nil {
		return impairments.Page{}, fmt.Errorf("list the register: %w", err)
	}
	list, next := cutPage(list, q.Limit, func(i impairments.Impairment) string { return i.ID })
	return impairments.Page{Items: list, Next: next}, nil
}

func unlessZero(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// Board reads what the screens show of the registers.
func (s Impairments) Board(ctx context.Context) ([]live.Event, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT doc FROM impairments WHERE open ORDER BY id`)
	list, err := pgx.CollectRows(rows, scanDoc[impairments.Impairment])
	if err != nil {
		return nil, fmt.Errorf("read the registers: %w", err)
	}
	events := make([]live.Event, 0, len(list))
	for _, i := range list {
		events = append(events, i.Event())
	}
	return events, nil
}
