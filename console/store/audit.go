package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
)

// Audit reads the record.
type Audit struct{ DB *DB }

const auditColumns = `change, index, at, station, actor, name, address, action, subject, params, previous, hash`

func scanEntry(row pgx.CollectableRow) (e audit.Entry, err error) {
	var previous, hash []byte
	err = row.Scan(&e.Change, &e.Index, &e.At, &e.Station, &e.Actor, &e.Name, &e.Address, &e.Action, &e.Subject, &e.Params, &previous, &hash)
	e.At = e.At.UTC()
	copy(e.Previous[:], previous)
	copy(e.Hash[:], hash)
	return e, err
}

// List returns a page of the record, newest first.
func (s Audit) List(ctx context.Context, q audit.Query) (audit.Page, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var w where
	if q.Stations != nil {
		w.and("station = ANY(?)", q.Stations)
	}
	for column, value := range map[string]string{"actor": q.Actor, "action": q.Action, "subject": q.Subject} {
		if value != "" {
			w.and(column+" = ?", plain(value))
		}
	}
	if !q.From.IsZero() {
		w.and("at >= ?", q.From)
	}
	if !q.To.IsZero() {
		w.and("at < ?", q.To)
	}
	if q.Cursor != "" {
		change, index, ok := parsePlace(q.Cursor)
		if !ok {
			return audit.Page{}, &audit.InvalidError{Field: "cursor", Reason: "not one that a list gave"}
		}
		w.and("(change, index) < (?, ?)", change, index)
	}
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+auditColumns+` FROM audit_entries `+w.sql()+
		` ORDER BY change DESC, index DESC LIMIT `+w.arg(q.Limit+1), w.args...)
	list, err := pgx.CollectRows(rows, scanEntry)
	if err != nil {
		return audit.Page{}, fmt.Errorf("list the record: %w", err)
	}
	page := audit.Page{Items: list}
	if len(list) > q.Limit {
		page.Items = list[:q.Limit]
		last := page.Items[q.Limit-1]
		page.Next = fmt.Sprintf("%d.%d", last.Change, last.Index)
	}
	return page, nil
}

func parsePlace(cursor string) (change int64, index int, ok bool) {
	a, b, found := strings.Cut(cursor, ".")
	change, err1 := strconv.ParseInt(a, 10, 64)
	index, err2 := strconv.Atoi(b)
	return change, index, found && err1 == nil && err2 == nil
}

// Walk calls visit with every entry, oldest first, and returns the head that the
// chain remembers; both are of one instant, however long the walk takes.
func (s Audit) Walk(ctx context.Context, visit func(audit.Entry) error) (head [32]byte, err error) {
	err = pgx.BeginTxFunc(ctx, s.DB.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var remembered []byte
		if err := tx.QueryRow(ctx, `SELECT head FROM chain`).Scan(&remembered); err != nil {
			return err
		}
		copy(head[:], remembered)
		const size = 5000
		change, index := int64(-1), -1
		for {
			rows, _ := tx.Query(ctx, `SELECT `+auditColumns+` FROM audit_entries
				WHERE (change, index) > ($1, $2) ORDER BY change, index LIMIT $3`, change, index, size)
			list, err := pgx.CollectRows(rows, scanEntry)
			if err != nil {
				return err
			}
			for _, e := range list {
				if err := visit(e); err != nil {
					return err
				}
				change, index = e.Change, e.Index
			}
			if len(list) < size {
				return nil
			}
		}
	})
	return head, err
}
