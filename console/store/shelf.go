package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/jobs"
	"guardroom/console/live"
	"guardroom/devices"
)

// shelfColumns fit scanShelf, with the alarm beneath; the removal's alias is r,
// those of its point and device p and d.
const (
	shelfColumns = `r.id, r.station, r.point, coalesce(nullif(p.given_name, ''), p.name, ''), coalesce(d.name, ''),
	       coalesce(nullif(p.location, ''), d.location, ''), r.kind, r.mode, r.reason, r.by_id, r.by_name, r.since, r.until, r.end_by,
	       r.rule, r.source, r.patrol, r.needs_confirm, r.test, r.demo, r.version, r.ended`
	fromShelves = `
	  FROM removals r
	  LEFT JOIN points p ON p.id = r.point
	  LEFT JOIN devices d ON d.id = split_part(r.point, '.', 1)`
	// lockShelves leaves the alarms beneath to the board that they are read for.
	lockShelves = `SELECT ` + shelfColumns + `, '', 'normal'` + fromShelves
	selectShelf = `SELECT ` + shelfColumns + `, coalesce(al.id, ''), coalesce(al.beneath, 'normal')` + fromShelves + `
	  LEFT JOIN LATERAL (SELECT a.id, a.beneath FROM alarms a
	                      WHERE a.open AND a.gateway = split_part(r.point, '/', 1) AND a.removed->>'shelf' = r.id
	                      ORDER BY a.id DESC LIMIT 1) al ON r.ended IS NULL`
)

func scanShelf(row pgx.CollectableRow) (s alarms.Shelf, err error) {
	err = row.Scan(&s.ID, &s.Station, &s.Point, &s.PointName, &s.DeviceName, &s.Location, &s.Kind, &s.Mode, &s.Reason, &s.By, &s.ByName,
		&s.Since, &s.Until, &s.End, &s.Rule, &s.Source, &s.Patrol, &s.NeedsConfirm, &s.Test, &s.Demo, &s.Version, &s.Ended, &s.Alarm, &s.Beneath)
	s.Since = s.Since.UTC()
	for _, at := range []*time.Time{s.Until, s.Ended} {
		if at != nil {
			*at = at.UTC()
		}
	}
	return s, err
}

// askShelves queues the query of the removals in force over what is wanted.
func (t *Tx) askShelves(b *alarms.Board, w wanted) {
	over := map[string]bool{}
	for _, list := range [][]string{w.points, w.targets} {
		for _, p := range list {
			over[p] = true
			over[string(alarms.AllOf(devices.PointID(p)))] = true
		}
	}
	points := make([]string, 0, len(over))
	for p := range over {
		points = append(points, p)
	}
	slices.Sort(points)
	read := func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, scanShelf)
		for i := range list {
			b.Shelves = append(b.Shelves, &list[i])
		}
		return err
	}
	if len(w.targetDevices) == 0 { // the common case
		t.ask("read removals", read, lockShelves+` WHERE r.ended IS NULL AND r.point = ANY($1) ORDER BY r.id FOR UPDATE OF r`, points)
		return
	}
	t.ask("read removals", read, lockShelves+`
	 WHERE r.ended IS NULL AND (r.point = ANY($1) OR split_part(r.point, '.', 1) = ANY($2))
	 ORDER BY r.id
	   FOR UPDATE OF r`, points, w.targetDevices)
}

// boardAbout reads and locks the removals and the open alarms of points; a point
// may stand for all of its device.
func (t *Tx) boardAbout(ctx context.Context, points ...devices.PointID) (*alarms.Board, error) {
	w := wantedBy(nil)
	for _, p := range points {
		w.about(p)
	}
	b, _, err := t.readBoard(ctx, w)
	return b, err
}

// keepShelves writes the removals that began, ended or stirred, and shows them.
func (t *Tx) keepShelves(b *alarms.Board) error {
	begun, stirred := b.Begun(), b.Stirred()
	for _, s := range begun {
		t.queue("write a removal", func(n int64) error {
			if n != 1 {
				return errRemovedTwice
			}
			return nil
		}, `
			INSERT INTO removals (id, station, point, kind, mode, reason, by_id, by_name, since, until, end_by, rule, source, patrol, test, demo)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
			        coalesce((SELECT demo FROM gateways WHERE id = split_part($3, '/', 1)), false))
			ON CONFLICT DO NOTHING`,
			s.ID, s.Station, string(s.Point), string(s.Kind), string(s.Mode), plain(s.Reason), s.By, plain(s.ByName), s.Since, s.Until, string(s.End),
			s.Rule, string(s.Source), plain(s.Patrol), s.Test)
		if err := t.queueTimers(shelfTimers(s)); err != nil {
			return err
		}
	}
	for _, s := range stirred {
		if !slices.Contains(begun, s) && s.Ended == nil {
			s.Version++
		}
		t.queue("change a removal", nil, `
			UPDATE removals
			   SET version = $2, by_id = $3, by_name = $4, until = $5, needs_confirm = $6, ended = $7, ended_by = $8, ended_why = $9
			 WHERE id = $1`, s.ID, s.Version, s.By, plain(s.ByName), s.Until, s.NeedsConfirm, s.Ended, s.EndedBy, plain(s.EndedWhy))
	}
	if len(stirred) > 0 {
		t.tellShelves(stirred, begun)
	}
	return nil
}

// errRemovedTwice says that somebody else has just removed the same. Intake
// tries again, and finds it.
var errRemovedTwice = &alarms.ConflictError{Code: "conflict", Reason: "removed", Text: "somebody else has just done the same; look again"}

// tellShelves shows removals at the end of the transaction. Those that are new
// get the names of their points first.
func (t *Tx) tellShelves(stirred, begun []*alarms.Shelf) {
	if len(begun) > 0 {
		fresh := map[string]*alarms.Shelf{}
		ids := make([]string, len(begun))
		for i, s := range begun {
			ids[i], fresh[s.ID] = s.ID, s
		}
		t.ask("read the names of removals", func(rows pgx.Rows) error {
			list, err := pgx.CollectRows(rows, scanShelf)
			for _, named := range list {
				s := fresh[named.ID]
				s.PointName, s.DeviceName, s.Location, s.Demo = named.PointName, named.DeviceName, named.Location, named.Demo
			}
			return err
		}, selectShelf+` WHERE r.id = ANY($1)`, ids)
	}
	t.Last(func(context.Context, int64) error {
		for _, s := range stirred {
			t.Tell(s.Event())
		}
		return nil
	})
}

// The timers of removals, alarms held back, and chattering. Their keys name one
// occasion: none is ever moved or stopped, which would wait for a timer that is
// being done and itself waits for what is locked here. What no longer fits does
// nothing.
const (
	timerShelfEnd     = "shelf.end"
	timerShelfConfirm = "shelf.confirm"
	timerShelfSettle  = "shelf.settle"
	timerDelay        = "alarm.delay"
	timerChatter      = "alarm.chatter"
)

// settleAfter is when what was removed is laid over its alarms once more: one
// that was being raised by another console at that very instant did not see it.
const settleAfter = 2 * time.Second

func shelfTimers(s *alarms.Shelf) []jobs.Timer {
	key := fmt.Sprintf("%s@%d", s.ID, s.Version)
	timers := []jobs.Timer{{Kind: timerShelfSettle, Key: key, Due: s.Since.Add(settleAfter), Payload: payloadOf(s.ID)}}
	if s.Until != nil {
		timers = append(timers, jobs.Timer{Kind: timerShelfEnd, Key: key, Due: *s.Until, Payload: payloadOf(s.ID)})
		if s.End == alarms.EndShift {
			timers = append(timers, jobs.Timer{Kind: timerShelfConfirm, Key: key, Due: s.Until.Add(-alarms.ConfirmAhead), Payload: payloadOf(s.ID)})
		}
	}
	return timers
}

type shelfPayload struct {
	Shelf string `json:"shelf"`
}

func payloadOf(id string) json.RawMessage {
	data, _ := json.Marshal(shelfPayload{id}) // a string
	return data
}

// queueTimers sets timers that are new, with the statements that wait.
func (t *Tx) queueTimers(timers []jobs.Timer) error {
	for _, timer := range timers {
		if err := timer.Validate(); err != nil {
			return err
		}
		t.queue("set timer "+timer.Kind, nil, `INSERT INTO timers (kind, key, due, payload) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			timer.Kind, timer.Key, timer.Due, []byte(timer.Payload))
	}
	return nil
}

// Remove takes alarms out of sight, with this transaction: the removal, what it
// does to open alarms, the screens, its end. The record is the caller's. The same
// one by the same person is returned as it is; by another it is a
// *alarms.ConflictError.
func (t *Tx) Remove(ctx context.Context, by auth.Operator, r alarms.Removal) (alarms.Shelf, error) {
	s, _, err := t.remove(ctx, by, r)
	return s, err
}

func (t *Tx) remove(ctx context.Context, by auth.Operator, r alarms.Removal) (s alarms.Shelf, fresh bool, err error) {
	if err := r.Validate(); err != nil {
		return s, false, err
	}
	b, err := t.boardAbout(ctx, r.Point)
	if err != nil {
		return s, false, err
	}
	for _, old := range b.Shelves {
		if old.Point != r.Point || old.Kind != r.Kind || old.Mode != r.Mode || old.Rule != r.Rule || old.Source != r.Source {
			continue
		}
		if old.By == by.ID {
			return *old, false, nil
		}
		return s, false, &alarms.ConflictError{Code: "conflict", Reason: "removed", Text: old.ByName + " has done this already", Params: map[string]any{"shelf": *old}}
	}
	shelf := r.Shelf(b.NewID(), by, t.Now)
	b.Begin(&shelf, t.Now, by)
	if err := t.keep(b); err != nil {
		return s, false, err
	}
	return shelf, true, t.flush(ctx) // with the names of its point
}

// Restore ends a removal, with this transaction: what lies beneath shows as it
// is. It is false for one that has ended already. The record is the caller's.
func (t *Tx) Restore(ctx context.Context, by auth.Operator, id, why string) (alarms.Shelf, bool, error) {
	b, s, err := t.boardOf(ctx, id)
	if err != nil || s.Ended != nil {
		return *s, false, err
	}
	b.Finish(s, t.Now, by, why)
	if err := t.keep(b); err != nil {
		return *s, false, err
	}
	return *s, true, t.flush(ctx)
}

// Extend moves the end of a removal in force, with this transaction: what lies
// beneath stays there. It is false for one that has ended already. The record is
// the caller's.
func (t *Tx) Extend(ctx context.Context, by auth.Operator, id string, until time.Time, why string) (bool, error) {
	b, s, err := t.boardOf(ctx, id)
	if err != nil || s.Ended != nil {
		return false, err
	}
	to := *s
	to.By, to.ByName, to.Until = by.ID, by.Name, &until
	b.Renew(s, to, t.Now, why)
	if err := t.keep(b); err != nil {
		return false, err
	}
	if err := t.queueTimers(shelfTimers(s)); err != nil { // by its new version
		return false, err
	}
	return true, t.flush(ctx)
}

// boardOf finds removal id with the board about it. What has ended has no board.
func (t *Tx) boardOf(ctx context.Context, id string) (*alarms.Board, *alarms.Shelf, error) {
	rows, _ := t.Query(ctx, selectShelf+` WHERE r.id = $1`, plain(id))
	found, err := oneShelf(rows, id)
	if err != nil || found.Ended != nil {
		return nil, &found, err
	}
	b, err := t.boardAbout(ctx, found.Point)
	if err != nil {
		return nil, &found, err
	}
	for _, s := range b.Shelves {
		if s.ID == id {
			return b, s, nil
		}
	}
	rows, _ = t.Query(ctx, selectShelf+` WHERE r.id = $1`, id) // it ended while we waited for it
	found, err = oneShelf(rows, id)
	return nil, &found, err
}

func oneShelf(rows pgx.Rows, id string) (alarms.Shelf, error) {
	s, err := pgx.CollectExactlyOneRow(rows, scanShelf)
	if errors.Is(err, pgx.ErrNoRows) {
		err = alarms.ErrNotFound
	}
	if err != nil {
		return alarms.Shelf{}, fmt.Errorf("find removal %.64q: %w", id, err)
	}
	return s, nil
}

// FindShelf returns alarms.ErrNotFound when id is unknown.
func (s Alarms) FindShelf(ctx context.Context, id string) (alarms.Shelf, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, selectShelf+` WHERE r.id = $1`, plain(id))
	return oneShelf(rows, id)
}

// ListShelves returns the removals in force, newest first.
func (s Alarms) ListShelves(ctx context.Context, q alarms.ShelfQuery) ([]alarms.Shelf, string, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var w where
	w.and("r.ended IS NULL")
	if q.Stations != nil {
		w.and("r.station = ANY(?)", q.Stations)
	}
	if q.Mode != "" {
		w.and("r.mode = ?", string(q.Mode))
	}
	if q.Point != "" {
		w.and("r.point = ?", plain(string(q.Point)))
	}
	if q.Cursor != "" {
		w.and("r.id < ?", plain(q.Cursor))
	}
	rows, _ := s.DB.Pool.Query(ctx, selectShelf+` `+w.sql()+` ORDER BY r.id DESC LIMIT `+w.arg(q.Limit+1), w.args...)
	list, err := pgx.CollectRows(rows, scanShelf)
	if err != nil {
		return nil, "", fmt.Errorf("list removals: %w", err)
	}
	if len(list) > q.Limit {
		return list[:q.Limit], list[q.Limit-1].ID, nil
	}
	return list, "", nil
}

// ShelfBoard returns every removal in force as the screens show it.
func (s Alarms) ShelfBoard(ctx context.Context) ([]live.Event, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, selectShelf+` WHERE r.ended IS NULL ORDER BY r.id`)
	list, err := pgx.CollectRows(rows, scanShelf)
	if err != nil {
		return nil, fmt.Errorf("read the removals in force: %w", err)
	}
	events := make([]live.Event, len(list))
	for i := range list {
		events[i] = list[i].Event()
	}
	return events, nil
}

// Spot is what is known of a point, or of a device for a point that stands for
// all of it. A place is on the perimeter when its detail says so, or that of a
// place around it.
func (s Alarms) Spot(ctx context.Context, point devices.PointID) (spot alarms.Spot, err error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	err = s.DB.Pool.QueryRow(ctx, `
		SELECT coalesce(p.station, d.station), coalesce(nullif(p.category, ''), d.category, ''),
		       EXISTS (WITH RECURSIVE around AS (
		                 SELECT l.id, l.parent, l.detail FROM point_places pp JOIN places l ON l.id = pp.place WHERE pp.point = w.id
		                 UNION SELECT l.id, l.parent, l.detail FROM places l JOIN around a ON l.id = a.parent)
		               SELECT FROM around WHERE detail->>'perimeter' = 'true')
		  FROM (SELECT $1::text AS id) w
		  LEFT JOIN points p ON p.id = w.id
		  LEFT JOIN devices d ON d.id = split_part(w.id, '.', 1)
		 WHERE p.id IS NOT NULL OR d.id IS NOT NULL AND split_part(w.id, '.', 2) = '*'`, plain(string(point))).
		Scan(&spot.Station, &spot.Category, &spot.Perimeter)
	if errors.Is(err, pgx.ErrNoRows) {
		err = alarms.ErrNotFound
	}
	if err != nil {
		return alarms.Spot{}, fmt.Errorf("find point %.200q: %w", string(point), err)
	}
	return spot, nil
}

// Remove puts in force what prepare wants.
func (s Alarms) Remove(ctx context.Context, by auth.Operator, prepare func(now time.Time) (alarms.Removal, audit.Entry, error)) (shelf alarms.Shelf, err error) {
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		r, entry, err := prepare(tx.Now)
		if err != nil {
			return err
		}
		var fresh bool
		if shelf, fresh, err = tx.remove(ctx, by, r); err == nil && !fresh {
			err = alarms.ErrUnchanged
		}
		if err == nil {
			tx.Audit(entry)
		}
		return err
	})
	if errors.Is(err, alarms.ErrUnchanged) {
		err = nil
	}
	return shelf, err
}

// Restore ends removal id.
func (s Alarms) Restore(ctx context.Context, by auth.Operator, id, why string, e audit.Entry) (shelf alarms.Shelf, err error) {
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		var ended bool
		if shelf, ended, err = tx.Restore(ctx, by, id, why); err == nil && !ended {
			err = alarms.ErrUnchanged
		}
		if err == nil {
			tx.Audit(e)
		}
		return err
	})
	if errors.Is(err, alarms.ErrUnchanged) {
		err = nil
	}
	return shelf, err
}

// Confirm lets step change removal id, which is locked and may have ended.
func (s Alarms) Confirm(ctx context.Context, id string, step func(s *alarms.Shelf, now time.Time) (audit.Entry, error)) (shelf alarms.Shelf, err error) {
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		b, found, err := tx.boardOf(ctx, id)
		if err != nil {
			return err
		}
		shelf = *found
		entry, err := step(&shelf, tx.Now)
		if err != nil {
			return err
		}
		tx.Audit(entry)
		b.Renew(found, shelf, tx.Now, "confirmed for the next shift")
		if err := tx.keep(b); err != nil {
			return err
		}
		shelf = *found
		return tx.queueTimers(shelfTimers(found)) // by its new version
	})
	if errors.Is(err, alarms.ErrUnchanged) {
		err = nil
	}
	return shelf, err
}
