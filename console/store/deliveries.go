package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/notify"
)

const deliveryColumns = `id, station, "to", contact, name, channel, address, subject, text, about, state, tries, reason, created_at, next_at, sent_at, demo`

func scanDelivery(row pgx.CollectableRow) (d notify.Delivery, err error) {
	err = row.Scan(&d.ID, &d.Station, &d.To, &d.Contact, &d.Name, &d.Channel, &d.Address, &d.Subject, &d.Text, &d.About, &d.State, &d.Tries,
		&d.Reason, &d.CreatedAt, &d.NextAt, &d.SentAt, &d.Demo)
	d.CreatedAt = d.CreatedAt.UTC()
	for _, at := range []*time.Time{d.NextAt, d.SentAt} {
		if at != nil {
			*at = at.UTC()
		}
	}
	return d, err
}

// Deliver queues deliveries with the statements that wait.
func (t *Tx) Deliver(_ context.Context, list []notify.Delivery) error {
	for _, d := range list {
		var next *time.Time
		if d.State == notify.Waiting {
			next = &t.Now
		}
		t.queue("queue a delivery", nil, `
			INSERT INTO deliveries (id, station, "to", contact, name, channel, address, subject, text, about, state, reason, created_at, next_at, demo)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			d.ID, d.Station, d.To, d.Contact, d.Name, d.Channel, d.Address, plain(d.Subject), plain(d.Text), d.About, d.State, d.Reason, t.Now, next, d.Demo)
	}
	return nil
}

// Queue runs f in a transaction with e.
func (s *Notify) Queue(ctx context.Context, e audit.Entry, f func(ctx context.Context, tx notify.Tx) error) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		return f(ctx, tx)
	})
	return err
}

// Deliveries returns a page, newest first, and the cursor of the next.
func (s *Notify) Deliveries(ctx context.Context, q notify.Query) ([]notify.Delivery, string, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	limit := q.Limit
	if limit <= 0 || limit > 1000 {
		limit = 100
	}
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT `+deliveryColumns+` FROM deliveries
		 WHERE ($1::text[] IS NULL OR station = ANY($1)) AND ($2 = '' OR state = $2 OR $2 = 'waiting' AND state = 'sending')
		   AND ($3 = '' OR about = $3) AND ($4 = '' OR id < $4)
		 ORDER BY id DESC LIMIT $5`, q.Stations, string(q.State), plain(q.About), plain(q.Cursor), limit+1)
	list, err := pgx.CollectRows(rows, scanDelivery)
	if err != nil || len(list) <= limit {
		return list, "", err
	}
	return list[:limit], list[limit-1].ID, nil
}

// Delivery returns notify.ErrNotFound when id is unknown.
func (s *Notify) Delivery(ctx context.Context, id string) (notify.Delivery, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+deliveryColumns+` FROM deliveries WHERE id = $1`, plain(id))
	return oneDelivery(rows)
}

func oneDelivery(rows pgx.Rows) (notify.Delivery, error) {
	d, err := pgx.CollectExactlyOneRow(rows, scanDelivery)
	if errors.Is(err, pgx.ErrNoRows) {
		err = notify.ErrNotFound
	}
	return d, err
}

// Again makes a failed delivery due at once, from its first try on. One that has
// not failed is left as it is.
func (s *Notify) Again(ctx context.Context, id string, e audit.Entry) (d notify.Delivery, err error) {
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		if _, err := tx.Exec(ctx, `UPDATE deliveries SET state = 'waiting', tries = 0, next_at = $2 WHERE id = $1 AND state = 'failed'`, id, tx.Now); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, `SELECT `+deliveryColumns+` FROM deliveries WHERE id = $1`, id)
		d, err = oneDelivery(rows)
		return err
	})
	return d, err
}

// Claim takes up to most due deliveries until the lease ends. Several consoles
// may claim; one that dies with a claim leaves it to the others.
func (s *Notify) Claim(ctx context.Context, most int, lease time.Duration) ([]notify.Delivery, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	now := s.DB.o.Now()
	rows, _ := s.DB.Pool.Query(ctx, `
		UPDATE deliveries SET state = 'sending', next_at = $2
		 WHERE id IN (SELECT id FROM deliveries WHERE state IN ('waiting', 'sending') AND next_at <= $1
		               ORDER BY next_at LIMIT $3 FOR UPDATE SKIP LOCKED)
		RETURNING `+deliveryColumns, now, now.Add(lease), most)
	return pgx.CollectRows(rows, scanDelivery)
}

// Settle writes the outcome of a try. An end is in the record, and so is the
// first failure: whoever reads it sees at once that a way was shut.
func (s *Notify) Settle(ctx context.Context, d notify.Delivery) error {
	settle := func(ctx context.Context, db interface {
		Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	}) error {
		_, err := db.Exec(ctx, `UPDATE deliveries SET state = $2, tries = $3, reason = $4, next_at = $5, sent_at = $6 WHERE id = $1 AND state = 'sending'`,
			d.ID, d.State, d.Tries, plain(d.Reason), d.NextAt, d.SentAt)
		return err
	}
	if d.State == notify.Waiting && d.Tries > 1 {
		ctx, cancel := s.DB.bounded(ctx)
		defer cancel()
		return settle(ctx, s.DB.Pool)
	}
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(audit.By(auth.System(), d.Station, "delivery."+string(d.State), "delivery:"+d.ID, map[string]string{
			"to": d.To, "name": d.Name, "channel": string(d.Channel), "about": d.About, "tries": fmt.Sprint(d.Tries), "reason": d.Reason,
		}))
		return settle(ctx, tx)
	})
	return err
}

// PruneDeliveries removes what ended before the instant.
func (s *Notify) PruneDeliveries(ctx context.Context, before time.Time) error {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	_, err := s.DB.Pool.Exec(ctx, `DELETE FROM deliveries WHERE created_at < $1 AND state IN ('sent', 'failed')`, before)
	return err
}
