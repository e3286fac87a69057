package rosters

import (
	"context"
	"errors"
	"slices"

	"guardroom/console/auth"
	"guardroom/rosters"
)

// Undo takes back the last edit of one's own that stands, unless one of its cells
// no longer holds what the edit left there: then a *StaleError with those cells.
func (d *Desk) Undo(ctx context.Context, by auth.Operator, station, id string) (Edited, error) {
	return d.turn(ctx, by, station, id, Done, Undone, ByUndo)
}

// Redo does again what one has undone last.
func (d *Desk) Redo(ctx context.Context, by auth.Operator, station, id string) (Edited, error) {
	return d.turn(ctx, by, station, id, Undone, Done, ByRedo)
}

func (d *Desk) turn(ctx context.Context, by auth.Operator, station, id string, from, to EditState, what string) (Edited, error) {
	var step Edit
	draft, err := d.change(ctx, by, station, id, func(ctx context.Context, tx Tx, draft *Draft) ([]EditedCell, error) {
		last, err := tx.LastEdit(ctx, id, by.ID, from)
		if errors.Is(err, ErrNotFound) {
			return nil, &ConflictError{Reason: "nothing_to_" + what, Text: errNothing.Error()}
		}
		if err != nil {
			return nil, err
		}
		step, err = d.turnEdit(ctx, tx, by, draft, last, to, what)
		return step.Changes, err
	})
	if err != nil {
		return Edited{}, err
	}
	return d.edited(ctx, by, draft, step)
}

// turnEdit takes an edit back, or does it again, and gives the edit by which it did.
func (d *Desk) turnEdit(ctx context.Context, tx Tx, by auth.Operator, draft *Draft, last Edit, to EditState, what string) (Edit, error) {
	cells, err := d.turned(ctx, tx, draft, last, to)
	if err != nil {
		return Edit{}, err
	}
	last.State = to
	if err := tx.SaveEdit(ctx, *draft, last); err != nil {
		return Edit{}, err
	}
	step := Edit{State: Step, What: what, Of: last.Number}
	err = d.write(ctx, tx, by, draft, &step, cells)
	return step, err
}

// turned are the cells of an edit as they shall become. Each must hold what the
// edit, or its undoing, left in it.
func (d *Desk) turned(ctx context.Context, tx Tx, draft *Draft, e Edit, to EditState) ([]Cell, error) {
	named := make([]rosters.Cell, len(e.Changes))
	for i := range e.Changes {
		named[i] = e.Changes[i].Cell
	}
	found, err := tx.CellsOf(ctx, draft.ID, named)
	if err != nil {
		return nil, err
	}
	now := make(map[rosters.Cell]Cell, len(found))
	for _, c := range found {
		now[c.Cell] = c
	}
	cells := make([]Cell, 0, len(e.Changes))
	var conflicts []CellConflict
	for _, c := range e.Changes {
		left, becomes := c.Becomes, c.Was
		if to == Done {
			left, becomes = c.Was, c.Becomes
		}
		is := now[c.Cell]
		if !sameDuties(is.Duties, left) {
			conflicts = append(conflicts, CellConflict{Cell: c.Cell, Version: is.Version, Duties: append([]rosters.Duty{}, is.Duties...), Yours: becomes})
			continue
		}
		cells = append(cells, Cell{Cell: c.Cell, Version: is.Version, Duties: becomes})
	}
	if len(conflicts) > 0 {
		return nil, &StaleError{Version: draft.Version, Current: conflicts}
	}
	return cells, nil
}

// sameDuties reports whether two cells look the same.
func sameDuties(a, b []rosters.Duty) bool {
	return slices.EqualFunc(a, b, func(x, y rosters.Duty) bool { return x.Shift == y.Shift && x.Post == y.Post && x.Frozen == y.Frozen })
}
