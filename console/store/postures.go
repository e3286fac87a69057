package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/doors"
	"guardroom/console/jobs"
	"guardroom/console/live"
)

// Postures keeps the postures that are set.
type Postures struct{ DB *DB }

// OpenPostures are those that are set, or being cleared.
func (s Postures) OpenPostures(ctx context.Context) ([]*doors.Posture, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT body FROM postures WHERE NOT ended ORDER BY id`)
	return pgx.CollectRows(rows, pointerTo[doors.Posture])
}

// Events are what the board shows of postures.
func (s Postures) Events(ctx context.Context) ([]live.Event, error) {
	open, err := s.OpenPostures(ctx)
	return eventsOf(open), err
}

// ListPostures returns postures, newest first; nil stations are all.
func (s Postures) ListPostures(ctx context.Context, stations []string, limit int, cursor string) ([]doors.Posture, string, error) {
	return bodies(ctx, s.DB, "postures", stations, limit, cursor, func(p doors.Posture) string { return p.ID })
}

// ChangePostures gives decide the open postures of the station and writes those
// that it returns; one that is not among them is new.
func (s Postures) ChangePostures(ctx context.Context, station string, decide func([]*doors.Posture) ([]*doors.Posture, []audit.Entry, error)) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		if err := tx.lock(ctx, "postures", station); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, `SELECT body FROM postures WHERE station = $1 AND NOT ended ORDER BY id FOR UPDATE`, station)
		open, err := pgx.CollectRows(rows, pointerTo[doors.Posture])
		if err != nil {
			return err
		}
		changed, entries, err := decide(open)
		if err != nil {
			return err
		}
		if len(changed) == 0 {
			return errUnchanged
		}
		for _, e := range entries {
			tx.Audit(e)
		}
		for _, p := range changed {
			data, err := json.Marshal(p)
			if err != nil {
				return err
			}
			tx.Tell(p.Event())
			if _, err := tx.Exec(ctx, `
				INSERT INTO postures (id, station, ended, body) VALUES ($1, $2, $3, $4)
				ON CONFLICT (id) DO UPDATE SET ended = excluded.ended, body = excluded.body`, p.ID, p.Station, p.EndedAt != nil, data); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errUnchanged) {
		err = nil
	}
	return err
}

// Approvals keeps what waits for a second officer.
type Approvals struct{ DB *DB }

// ApprovalTimer is the kind of the timer that ends a wish that nobody confirmed.
const ApprovalTimer = "approval.expire"

// AddApproval writes a, and the timer of its end.
func (s Approvals) AddApproval(ctx context.Context, a doors.Approval, e audit.Entry) error {
	data, err := json.Marshal(a)
	if err != nil {
		return err
	}
	first, err := json.Marshal(a.First)
	if err != nil {
		return err
	}
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		tx.Tell(a.Event())
		if err := tx.SetTimer(ctx, jobs.Timer{Kind: ApprovalTimer, Key: a.ID, Due: a.Expires}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO approvals (id, station, expires, body, payload, first) VALUES ($1, $2, $3, $4, $5, $6)`,
			a.ID, a.Station, a.Expires, data, []byte(a.Payload), first)
		return err
	})
	return err
}

const approvalColumns = `body, payload, first`

func scanApproval(row pgx.CollectableRow) (doors.Approval, error) {
	var a doors.Approval
	var data, payload, first []byte
	if err := row.Scan(&data, &payload, &first); err != nil {
		return a, err
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return a, err
	}
	a.Payload = payload
	return a, json.Unmarshal(first, &a.First)
}

// FindApproval returns doors.ErrNotFound when id is unknown.
func (s Approvals) FindApproval(ctx context.Context, id string) (doors.Approval, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+approvalColumns+` FROM approvals WHERE id = $1`, plain(id))
	return oneApproval(rows)
}

func oneApproval(rows pgx.Rows) (doors.Approval, error) {
	a, err := pgx.CollectExactlyOneRow(rows, scanApproval)
	if errors.Is(err, pgx.ErrNoRows) {
		err = doors.ErrNotFound
	}
	return a, err
}

// WaitingApprovals are those that can be given now; nil stations are all.
func (s Approvals) WaitingApprovals(ctx context.Context, stations []string, now time.Time) ([]doors.Approval, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT `+approvalColumns+` FROM approvals
		 WHERE waiting AND expires > $2 AND ($1::text[] IS NULL OR station = ANY($1)) ORDER BY id`, stations, now)
	return pgx.CollectRows(rows, scanApproval)
}

// Events are what the board shows of approvals.
func (s Approvals) Events(ctx context.Context) ([]live.Event, error) {
	waiting, err := s.WaitingApprovals(ctx, nil, s.DB.o.Now())
	return eventsOf(waiting), err
}

// ChangeApproval locks the approval and writes what decide makes of it.
func (s Approvals) ChangeApproval(ctx context.Context, id string, decide func(*doors.Approval) (audit.Entry, error)) (doors.Approval, error) {
	var after doors.Approval
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		return s.changeIn(ctx, tx, id, func(a *doors.Approval) error {
			e, err := decide(a)
			if err != nil {
				return err
			}
			a.Version++
			after = *a
			tx.Audit(e)
			return nil
		})
	})
	return after, err
}

func (s Approvals) changeIn(ctx context.Context, tx *Tx, id string, decide func(*doors.Approval) error) error {
	rows, _ := tx.Query(ctx, `SELECT `+approvalColumns+` FROM approvals WHERE id = $1 FOR UPDATE`, plain(id))
	a, err := oneApproval(rows)
	if err != nil {
		return err
	}
	if err := decide(&a); err != nil {
		return err
	}
	data, err := json.Marshal(a)
	if err != nil {
		return err
	}
	tx.Tell(a.Event())
	_, err = tx.Exec(ctx, `UPDATE approvals SET body = $2, waiting = $3 WHERE id = $1`, id, data, a.State == doors.ApprovalWaits)
	return err
}

// Expire is the timer's work.
func (s Approvals) Expire(ctx context.Context, tx *Tx, t jobs.Timer) error {
	err := s.changeIn(ctx, tx, t.Key, func(a *doors.Approval) error {
		if !a.Expire() {
			return errUnchanged
		}
		tx.Audit(audit.Entry{Station: a.Station, Actor: "system", Name: "Guardroom", Action: "approval.expire", Subject: "approval:" + a.ID})
		return nil
	})
	if errors.Is(err, errUnchanged) || errors.Is(err, doors.ErrNotFound) {
		return nil
	}
	return err
}
