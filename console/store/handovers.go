package store

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"guardroom/console/watch"
)

const handoverColumns = `id, station, state, notes, outgoing, outgoing_name, outgoing_at, incoming, incoming_name, incoming_at, remarks, version`

func scanHandover(row pgx.CollectableRow) (h watch.Handover, err error) {
	return h, row.Scan(handoverFields(&h)...)
}

func handoverFields(h *watch.Handover) []any {
	return []any{&h.ID, &h.Station, &h.State, &h.Notes, &h.Outgoing, &h.OutgoingName, &h.OutgoingAt, &h.Incoming, &h.IncomingName, &h.IncomingAt, &h.Remarks, &h.Version}
}

func scanWholeHandover(row pgx.CollectableRow) (h watch.Handover, err error) {
	var sheet []byte
	if err := row.Scan(append(handoverFields(&h), &sheet)...); err != nil {
		return h, err
	}
	h.OutgoingAt = h.OutgoingAt.UTC()
	h.Sheet = &watch.Sheet{}
	return h, json.Unmarshal(sheet, h.Sheet)
}

// Handovers returns a page of a station, newest first, and the cursor of the next.
func (s *Watch) Handovers(ctx context.Context, station, cursor string, limit int) ([]watch.Handover, string, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	if limit <= 0 || limit > 1000 {
		limit = 100
	}
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+handoverColumns+` FROM handovers WHERE station = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3`,
		station, plain(cursor), limit+1)
	list, err := pgx.CollectRows(rows, scanHandover)
	if err != nil || len(list) <= limit {
		return list, "", err
	}
	return list[:limit], list[limit-1].ID, nil
}

// FindHandover returns watch.ErrNotFound when id is unknown.
func (s *Watch) FindHandover(ctx context.Context, id string) (watch.Handover, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+handoverColumns+`, sheet FROM handovers WHERE id = $1`, plain(id))
	return oneHandover(rows)
}

func oneHandover(rows pgx.Rows) (watch.Handover, error) {
	h, err := pgx.CollectExactlyOneRow(rows, scanWholeHandover)
	if errors.Is(err, pgx.ErrNoRows) {
		err = watch.ErrNotFound
	}
	return h, err
}

// Handover locks a handover.
func (t watchTx) Handover(ctx context.Context, id string) (watch.Handover, error) {
	rows, _ := t.Query(ctx, `SELECT `+handoverColumns+`, sheet FROM handovers WHERE id = $1 FOR UPDATE`, plain(id))
	return oneHandover(rows)
}

// SaveHandover writes a handover. A new one withdraws what was offered before;
// the sheet and the first signature never change.
func (t watchTx) SaveHandover(ctx context.Context, h watch.Handover) error {
	if h.Version == 1 {
		if _, err := t.Exec(ctx, `UPDATE handovers SET state = 'withdrawn', version = version + 1 WHERE station = $1 AND state = 'offered'`, h.Station); err != nil {
			return err
		}
	}
	sheet, err := json.Marshal(h.Sheet)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `
		INSERT INTO handovers (`+handoverColumns+`, sheet) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, incoming = excluded.incoming, incoming_name = excluded.incoming_name,
		       incoming_at = excluded.incoming_at, remarks = excluded.remarks, version = excluded.version`,
		h.ID, h.Station, h.State, plain(h.Notes), h.Outgoing, h.OutgoingName, h.OutgoingAt, h.Incoming, h.IncomingName, h.IncomingAt, plain(h.Remarks), h.Version, sheet)
	return err
}
