package store

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"guardroom/console/intake"
)

// Signals reads the journal.
type Signals struct{ DB *DB }

// List returns a page of the journal, newest first.
func (s Signals) List(ctx context.Context, q intake.Query) (intake.Page[intake.Line], error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	w, err := conditions(q, "received", "id")
	if err != nil {
		return intake.Page[intake.Line]{}, err
	}
	if q.Point != "" {
		w.and("point = ?", plain(string(q.Point)))
	}
	if q.Kind != "" {
		w.and("kind = ?", plain(string(q.Kind)))
	}
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT id, station, gateway, epoch, seq, point, kind, active, state, text, coalesce(detail, '{}'),
		       occurred, observed, received, clock, historical, demo
		  FROM signals `+w.sql()+` ORDER BY id DESC LIMIT `+w.arg(q.Limit+1), w.args...)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l intake.Line, err error) {
		err = row.Scan(&l.ID, &l.Station, &l.Gateway, &l.Epoch, &l.Seq, &l.Point, &l.Kind, &l.Active, &l.State, &l.Text, &l.Detail,
			&l.Occurred, &l.Observed, &l.Received, &l.Clock, &l.Historical, &l.Demo)
		l.Occurred, l.Observed, l.Received = l.Occurred.UTC(), l.Observed.UTC(), l.Received.UTC()
		return l, err
	})
	if err != nil {
		return intake.Page[intake.Line]{}, fmt.Errorf("list signals: %w", err)
	}
	return page(list, q.Limit, func(l intake.Line) int64 { return l.ID }), nil
}

// conditions are those that the lists of intake share.
func conditions(q intake.Query, received, id string) (*where, error) {
	w := &where{}
	if q.Stations != nil {
		w.and("station = ANY(?)", q.Stations)
	}
	if q.Gateway != "" {
		w.and("gateway = ?", plain(q.Gateway))
	}
	if !q.From.IsZero() {
		w.and(received+" >= ?", q.From)
	}
	if !q.To.IsZero() {
		w.and(received+" < ?", q.To)
	}
	if q.Cursor != "" {
		last, err := strconv.ParseInt(q.Cursor, 10, 64)
		if err != nil {
			return nil, &intake.InvalidError{Field: "cursor", Reason: "not one that a list gave"}
		}
		w.and(id+" < ?", last)
	}
	return w, nil
}

// page cuts the surplus row off a list, which says that there is more.
func page[T any](list []T, limit int, id func(T) int64) intake.Page[T] {
	p := intake.Page[T]{Items: list}
	if len(list) > limit {
		p.Items = list[:limit]
		p.Next = strconv.FormatInt(id(p.Items[limit-1]), 10)
	}
	return p
}
