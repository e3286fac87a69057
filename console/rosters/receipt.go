package rosters

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"guardroom/console/audit"
	"guardroom/console/auth"
)

// mostReceipts is how many imports can be taken back; a new start forgets them.
const mostReceipts = 20

// A receipt is what an import has done, so that it can be taken back.
type receipt struct {
	id, station, by string
	rolls           []RecordChange // that undo it
	draft           string
	begun           bool  // the draft is the import's own
	edit            int64 // of the draft; 0: none
	leave           []string
}

func (d *Desk) receive(r receipt) string {
	r.id = auth.NewID()
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.receipts) >= mostReceipts {
		d.receipts = slices.Delete(d.receipts, 0, 1)
	}
	d.receipts = append(d.receipts, r)
	return r.id
}

// UndoImport takes back an import of one's own: all of it, or nothing where somebody
// has changed meanwhile what it brought.
func (d *Desk) UndoImport(ctx context.Context, by auth.Operator, station, id string) error {
	if err := mayDraft(by, station); err != nil {
		return err
	}
	d.mu.Lock()
	i := slices.IndexFunc(d.receipts, func(r receipt) bool { return r.id == id && r.station == station && r.by == by.ID })
	var r receipt
	if i >= 0 {
		r = d.receipts[i]
	}
	d.mu.Unlock()
	if i < 0 {
		return fmt.Errorf("import %.64s: %w", id, ErrNotFound)
	}
	var err error
	if r.draft != "" {
		err = d.undoRoster(ctx, by, &r)
	} else {
		_, err = d.Change(ctx, by, station, r.rolls...)
	}
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.receipts = slices.DeleteFunc(d.receipts, func(r receipt) bool { return r.id == id })
	d.mu.Unlock()
	return nil
}

func (d *Desk) undoRoster(ctx context.Context, by auth.Operator, r *receipt) error {
	return d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Lock(ctx, r.station)
		if err != nil {
			return err
		}
		if err := removeLeave(ctx, tx, by, r); err != nil {
			return err
		}
		if _, err := d.changeIn(ctx, tx, by, r.station, r.draft, func(ctx context.Context, tx Tx, draft *Draft) ([]EditedCell, error) {
			if r.begun {
				if r.edit != draft.Version {
					return nil, &StaleError{Version: draft.Version, Current: []CellConflict{}}
				}
				draft.State = Dropped
				tx.Audit(audit.By(by, r.station, "roster.drop", "draft:"+r.draft, map[string]string{"name": draft.Name}))
				return nil, nil
			}
			if r.edit == 0 {
				return nil, nil
			}
			last, err := tx.LastEdit(ctx, r.draft, by.ID, Done)
			if errors.Is(err, ErrNotFound) || err == nil && last.Number != r.edit {
				return nil, &ConflictError{Reason: "nothing_to_undo", Text: errNothing.Error()}
			}
			if err != nil {
				return nil, err
			}
			step, err := d.turnEdit(ctx, tx, by, draft, last, Undone, ByUndo)
			return step.Changes, err
		}); err != nil {
			return err
		}
		return d.changed(ctx, tx, r.station, n)
	})
}

// removeLeave takes the leave off the list that an import has put there.
func removeLeave(ctx context.Context, tx Tx, by auth.Operator, r *receipt) error {
	for _, id := range r.leave {
		now, err := tx.Records(ctx, r.station, Filter{Kinds: []Kind{Leaves}, ID: id})
		if err != nil {
			return err
		}
		if len(now) == 0 {
			continue
		}
		if now[0].Version != 1 {
			return &StaleError{Version: now[0].Version, Current: now[0].Body}
		}
		if err := tx.RemoveRecord(ctx, r.station, Leaves, id); err != nil {
			return err
		}
	}
	if len(r.leave) > 0 {
		tx.Audit(audit.By(by, r.station, "roster.leave", "roster:"+r.station, map[string]string{"imported": fmt.Sprint(len(r.leave)), "decision": "removed"}))
	}
	return nil
}
