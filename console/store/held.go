package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/rationale"
	"guardroom/devices"
)

// Held keeps doors that stand open, and reads the journal for what doors do.
type Held struct {
	Rationale
	follower *follower
}

// NewHeld returns one that reads the journal from where the last one stopped.
func NewHeld(db *DB) *Held {
	return &Held{Rationale: Rationale{DB: db}, follower: &follower{db: db, name: "held", sequence: "signals_id"}}
}

var _ rationale.HeldJournal = &Held{}

// Progress returns the id up to which everything is done.
func (s *Held) Progress(ctx context.Context) (int64, error) { return s.follower.progress(ctx, false) }

// Settled returns the newest id below which nothing will be added.
func (s *Held) Settled(ctx context.Context) (int64, error) { return s.follower.newest(ctx) }

// DoorSignals returns the openings and closings above after, up to upto, of doors
// whose times are set.
func (s *Held) DoorSignals(ctx context.Context, after, upto int64) ([]rationale.DoorSignal, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT s.id, s.station, s.point, s.active, s.observed, s.received, s.clock, s.historical, s.epoch, s.seq
		  FROM signals s
		 WHERE s.id > $1 AND s.id <= $2 AND s.kind = 'door.opened'
		   AND (EXISTS (SELECT FROM door_times t WHERE t.point = s.point) OR EXISTS (SELECT FROM door_settings d WHERE d.point = s.point))
		 ORDER BY s.id`, after, upto)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d rationale.DoorSignal, err error) {
		var clock devices.Clock
		err = row.Scan(&d.ID, &d.Station, &d.Point, &d.Open, &d.Observed, &d.Received, &clock, &d.Historical, &d.Epoch, &d.Seq)
		d.Observed, d.Received = d.Observed.UTC(), d.Received.UTC()
		if clock == devices.Unsynced || d.Observed.After(d.Received.Add(time.Minute)) {
			d.Observed = d.Received
		}
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("read what doors did from %d: %w", after, err)
	}
	return list, nil
}

// Openings lists the doors that stand open.
func (s *Held) Openings(ctx context.Context) ([]rationale.Opening, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT point, station, since, signal, epoch, seq, warn_at, held_at, held FROM door_openings`)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o rationale.Opening, err error) {
		err = row.Scan(&o.Point, &o.Station, &o.Since, &o.Signal, &o.Epoch, &o.Seq, &o.WarnAt, &o.HeldAt, &o.Held)
		o.Since, o.WarnAt, o.HeldAt = o.Since.UTC(), o.WarnAt.UTC(), o.HeldAt.UTC()
		return o, err
	})
	if err != nil {
		return nil, fmt.Errorf("read open doors: %w", err)
	}
	return list, nil
}

// Advance writes openings and takes ended ones away, with the progress.
func (s *Held) Advance(ctx context.Context, was, upto int64, open []rationale.Opening, ended []devices.PointID) error {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	err := pgx.BeginFunc(ctx, s.DB.Pool, func(tx pgx.Tx) error {
		ok, err := s.follower.advance(ctx, tx, was, upto)
		if err == nil && !ok {
			err = rationale.ErrOvertaken
		}
		if err != nil {
			return err
		}
		batch := &pgx.Batch{}
		if len(ended) > 0 {
			batch.Queue(`DELETE FROM door_openings WHERE point = ANY($1)`, pointIDs(ended))
		}
		for _, o := range open {
			batch.Queue(`
				INSERT INTO door_openings (point, station, since, signal, epoch, seq, warn_at, held_at, held) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
				ON CONFLICT (point) DO UPDATE SET station = excluded.station, since = excluded.since, signal = excluded.signal, epoch = excluded.epoch,
				       seq = excluded.seq, warn_at = excluded.warn_at, held_at = excluded.held_at, held = excluded.held`,
				o.Point, o.Station, o.Since, o.Signal, int64(o.Epoch), int64(o.Seq), o.WarnAt, o.HeldAt, o.Held)
		}
		if batch.Len() == 0 {
			return nil
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return fmt.Errorf("write open doors: %w", err)
	}
	return nil
}

// Standing reports whether door.held is active, and whether the console has said
// so of this opening.
func (s *Held) Standing(ctx context.Context, o rationale.Opening) (active, said bool, err error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	err = s.DB.Pool.QueryRow(ctx, `
		SELECT coalesce((SELECT active FROM point_conditions WHERE point = $1 AND kind = 'door.held'), false),
		       EXISTS (SELECT FROM signals WHERE point = $1 AND id > $2 AND kind = 'door.held' AND epoch = 0 AND active AND detail->>'follows' = $3)`,
		o.Point, o.Signal, fmt.Sprintf("%d/%d", o.Epoch, o.Seq)).Scan(&active, &said)
	if err != nil && !errors.Is(err, context.Canceled) {
		err = fmt.Errorf("state of door %s: %w", o.Point, err)
	}
	return active, said, err
}
