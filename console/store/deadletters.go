package store

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"guardroom/console/intake"
)

// DeadLetters returns a page of what could not be understood, newest first.
func (s Signals) DeadLetters(ctx context.Context, q intake.Query) (intake.Page[intake.Letter], error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	w, err := conditions(q, "received", "id")
	if err != nil {
		return intake.Page[intake.Letter]{}, err
	}
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT id, station, gateway, topic, received, reason, epoch, seq, payload
		  FROM dead_letters `+w.sql()+` ORDER BY id DESC LIMIT `+w.arg(q.Limit+1), w.args...)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l intake.Letter, err error) {
		var payload []byte
		err = row.Scan(&l.ID, &l.Station, &l.Gateway, &l.Topic, &l.Received, &l.Reason, &l.Epoch, &l.Seq, &payload)
		l.Received, l.Payload = l.Received.UTC(), plain(string(payload))
		return l, err
	})
	if err != nil {
		return intake.Page[intake.Letter]{}, fmt.Errorf("list dead letters: %w", err)
	}
	return page(list, q.Limit, func(l intake.Letter) int64 { return l.ID }), nil
}

// Gaps returns a page of the numbers that never came, newest first.
func (s Signals) Gaps(ctx context.Context, q intake.Query) (intake.Page[intake.Missing], error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	offset := 0
	if q.Cursor != "" {
		n, err := strconv.Atoi(q.Cursor)
		if err != nil || n < 0 {
			return intake.Page[intake.Missing]{}, &intake.InvalidError{Field: "cursor", Reason: "not one that a list gave"}
		}
		offset, q.Cursor = n, ""
	}
	w, err := conditions(q, "found", "")
	if err != nil {
		return intake.Page[intake.Missing]{}, err
	}
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT station, gateway, epoch, first, last, found, why,
		       (SELECT count(*) FROM signal_keys k
		         WHERE k.gateway = g.gateway AND k.epoch = g.epoch AND k.seq BETWEEN g.first AND g.last)
		  FROM signal_gaps g `+w.sql()+`
		 ORDER BY found DESC, gateway, epoch DESC, first DESC
		 LIMIT `+w.arg(q.Limit+1)+` OFFSET `+w.arg(offset), w.args...)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m intake.Missing, err error) {
		err = row.Scan(&m.Station, &m.Gateway, &m.Epoch, &m.From, &m.To, &m.Found, &m.Why, &m.CameLate)
		m.Found = m.Found.UTC()
		return m, err
	})
	if err != nil {
		return intake.Page[intake.Missing]{}, fmt.Errorf("list gaps: %w", err)
	}
	p := intake.Page[intake.Missing]{Items: list}
	if len(list) > q.Limit {
		p.Items, p.Next = list[:q.Limit], strconv.Itoa(offset+q.Limit)
	}
	return p, nil
}

// mostLetters are kept of each gateway: one that says nothing but nonsense must
// not fill the disk.
const mostLetters = 10_000

func (db *DB) thinLetters(ctx context.Context) error {
	_, err := db.Pool.Exec(ctx, `
		DELETE FROM dead_letters d
		 USING (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY gateway ORDER BY id DESC) AS place FROM dead_letters) n
		         WHERE place > $1) old
		 WHERE d.id = old.id`, mostLetters)
	if err != nil {
		return fmt.Errorf("delete old dead letters: %w", err)
	}
	return nil
}
