package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/intake"
	"guardroom/console/jobs"
	"guardroom/devices"
)

// keyPayload names a point's kind, and the signal that set the timer.
type keyPayload struct {
	Station string          `json:"station"`
	Point   devices.PointID `json:"point"`
	Kind    devices.Kind    `json:"kind"`
	Epoch   uint64          `json:"epoch"`
	Seq     uint64          `json:"seq"`
}

func (p keyPayload) key() alarms.Key { return alarms.Key{Point: p.Point, Kind: p.Kind} }

func (p keyPayload) timer(kind string, due time.Time) jobs.Timer {
	data, _ := json.Marshal(p) // strings and numbers
	return jobs.Timer{Kind: kind, Key: fmt.Sprintf("%s %s %d-%d", p.Point, p.Kind, p.Epoch, p.Seq), Due: due, Payload: data}
}

// keepHeld writes what delays hold back, with the timers that let it go.
func (t *Tx) keepHeld(b *alarms.Board) error {
	for _, key := range b.HeldChanges() {
		held := b.Held[key]
		if held == nil {
			t.queue("let go of what was held back", nil, `DELETE FROM alarm_held WHERE point = $1 AND kind = $2`, string(key.Point), string(key.Kind))
			continue
		}
		heard, err := json.Marshal(held.Heard)
		if err != nil {
			return fmt.Errorf("hold back %s of %s: %w", key.Kind, key.Point, err)
		}
		t.queue("hold back", nil, `
			INSERT INTO alarm_held (point, kind, due, heard) VALUES ($1, $2, $3, $4)
			ON CONFLICT (point, kind) DO UPDATE SET due = excluded.due, heard = excluded.heard`,
			string(key.Point), string(key.Kind), held.Due, heard)
		p := keyPayload{Station: held.Station, Point: key.Point, Kind: key.Kind, Epoch: held.Epoch, Seq: held.Seq}
		if err := t.queueTimers([]jobs.Timer{p.timer(timerDelay, held.Due)}); err != nil {
			return err
		}
	}
	return nil
}

// keepRepeats writes what was fleeting and what chatters, for figures.
func (t *Tx) keepRepeats(b *alarms.Board) {
	if list := b.Fleeted(); len(list) > 0 {
		n := len(list)
		stations, points, kinds := make([]string, n), make([]string, n), make([]string, n)
		at, lasted, hidden := make([]time.Time, n), make([]int32, n), make([]bool, n)
		for i, f := range list {
			stations[i], points[i], kinds[i] = f.Station, string(f.Key.Point), string(f.Key.Kind)
			at[i], lasted[i], hidden[i] = f.At, int32(f.Lasted.Milliseconds()), f.Hidden
		}
		t.queue("write what was fleeting", nil, `
			INSERT INTO alarm_fleeting (station, point, kind, at, lasted_ms, hidden)
			SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::int[], $6::bool[])`, stations, points, kinds, at, lasted, hidden)
	}
	for _, c := range b.Chattered() {
		t.queue("write what chatters", nil, `
			INSERT INTO alarm_chatter (point, kind, began, station, ended, raises) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (point, kind, began) DO UPDATE SET ended = excluded.ended, raises = excluded.raises`,
			string(c.Key.Point), string(c.Key.Kind), c.Began, c.Station, c.Ended, c.Raises)
		if c.Ended != nil {
			continue
		}
		p := keyPayload{Station: c.Station, Point: c.Key.Point, Kind: c.Key.Kind, Epoch: c.Place.Epoch, Seq: c.Place.Seq}
		timer := p.timer(timerChatter, c.Look)
		t.queue("set timer "+timer.Kind, nil, `INSERT INTO timers (kind, key, due, payload) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			timer.Kind, timer.Key, timer.Due, []byte(timer.Payload))
	}
}

// Timers are the handlers of what alarms wait for.
func (s Alarms) Timers() jobs.Handlers[*Tx] {
	return jobs.Handlers[*Tx]{
		timerShelfEnd: endShelf, timerShelfConfirm: askToConfirm, timerShelfSettle: settleShelf,
		timerDelay: ripen, timerChatter: calm,
	}
}

func endShelf(ctx context.Context, tx *Tx, timer jobs.Timer) error {
	b, s, err := tx.shelfOf(ctx, timer)
	if err != nil || b == nil || s.Until == nil || s.Until.After(tx.Now) {
		return err
	}
	why := "its time is over"
	if s.End == alarms.EndShift {
		why = "the shift is over, and no other officer has confirmed it"
	}
	by := auth.System()
	b.Finish(s, tx.Now, by, why)
	tx.Audit(audit.By(by, s.Station, "alarm.restore", "point:"+string(s.Point), map[string]string{
		"shelf": s.ID, "kind": string(s.Kind), "mode": string(s.Mode), "reason": why,
	}))
	return tx.keep(b)
}

func askToConfirm(ctx context.Context, tx *Tx, timer jobs.Timer) error {
	b, s, err := tx.shelfOf(ctx, timer)
	if err != nil || b == nil || s.Until == nil || s.NeedsConfirm || s.Until.Add(-alarms.ConfirmAhead).After(tx.Now) {
		return err
	}
	asked := *s
	asked.NeedsConfirm = true
	b.Renew(s, asked, tx.Now, "asked to confirm")
	return tx.keep(b)
}

func settleShelf(ctx context.Context, tx *Tx, timer jobs.Timer) error {
	b, _, err := tx.shelfOf(ctx, timer)
	if err != nil || b == nil {
		return err
	}
	b.Overlay(tx.Now, auth.System(), "")
	return tx.keep(b)
}

// shelfOf reads the removal that a timer is about; no board when it has ended.
func (t *Tx) shelfOf(ctx context.Context, timer jobs.Timer) (*alarms.Board, *alarms.Shelf, error) {
	var p shelfPayload
	if err := json.Unmarshal(timer.Payload, &p); err != nil {
		return nil, nil, err
	}
	return t.boardOf(ctx, p.Shelf)
}

// ripen does what a delay held back, unless something else came between.
func ripen(ctx context.Context, tx *Tx, timer jobs.Timer) error {
	p, b, about, err := tx.boardFor(ctx, timer)
	if err != nil {
		return err
	}
	b.Ripen(p.key(), alarms.Place{Epoch: p.Epoch, Seq: p.Seq}, about[p.Point], tx.Now)
	return tx.keep(b)
}

// calm ends the chattering of a point's kind, or looks again later.
func calm(ctx context.Context, tx *Tx, timer jobs.Timer) error {
	p, b, _, err := tx.boardFor(ctx, timer)
	if err != nil {
		return err
	}
	if again := b.Calm(p.Station, p.key(), tx.Now); !again.IsZero() {
		return tx.queueTimers([]jobs.Timer{p.timer(timerChatter, again)})
	}
	return tx.keep(b)
}

func (t *Tx) boardFor(ctx context.Context, timer jobs.Timer) (p keyPayload, b *alarms.Board, about map[devices.PointID]alarms.About, err error) {
	if err := json.Unmarshal(timer.Payload, &p); err != nil {
		return p, nil, nil, err
	}
	b, about, err = t.readBoard(ctx, wantedBy([]intake.Record{{
		Signal: devices.Signal{Point: p.Point, Kind: p.Kind}, Station: p.Station, Gateway: p.Point.Gateway(),
	}}))
	return p, b, about, err
}

// Reconcile makes the rows of alarms fit the removals in force, and gives every
// removal with an end its timer: at start, and after a backup was played back. An
// alarm of whose removal nothing is known is not removed.
func (s Alarms) Reconcile(ctx context.Context) error {
	read, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(read, `
		SELECT DISTINCT a.point
		  FROM alarms a
		  LEFT JOIN removals r ON r.id = a.removed->>'shelf' AND r.ended IS NULL
		 WHERE a.open AND a.removed IS NOT NULL AND r.id IS NULL`)
	orphans, err := pgx.CollectRows(rows, pgx.RowTo[devices.PointID])
	if err != nil {
		return fmt.Errorf("read alarms without their removal: %w", err)
	}
	rows, _ = s.DB.Pool.Query(read, selectShelf+`
		 WHERE r.ended IS NULL AND r.until IS NOT NULL
		   AND NOT EXISTS (SELECT FROM timers WHERE kind = 'shelf.end' AND payload->>'shelf' = r.id AND due <= r.until)`)
	endless, err := pgx.CollectRows(rows, scanShelf)
	if err != nil {
		return fmt.Errorf("read removals without a timer: %w", err)
	}
	if len(orphans)+len(endless) == 0 {
		return nil
	}
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		for i := range endless {
			if err := tx.queueTimers(shelfTimers(&endless[i])); err != nil {
				return err
			}
		}
		b, err := tx.boardAbout(ctx, orphans...)
		if err != nil {
			return err
		}
		b.Overlay(tx.Now, auth.System(), "nothing is known of what removed it")
		return tx.keep(b)
	})
	return err
}
