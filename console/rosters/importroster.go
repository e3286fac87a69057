package rosters

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/rosters"
	"guardroom/rosters/sheet"
)

// importRoster reads an existing roster into a draft, and its leave into the list
// of leave: leave that is listed already is not added twice. Both are kept, or
// neither.
func (d *Desk) importRoster(ctx context.Context, by auth.Operator, t *terms, rows []sheet.Row, in Import, out Imported) (Imported, error) {
	station := t.station.ID
	read := sheet.Grid
	if in.What == sheet.DutyList {
		read = sheet.List
	}
	found, problems := read(rows, out.Mapping, &t.station)
	out.Problems = append(out.Problems, problems...)
	out.Read, out.Unknown, out.Codes, out.From, out.Until = len(found.Assignments), found.Unknown, found.Codes, found.From, found.Until

	draft := Draft{Station: station, From: found.From, Until: found.Until}
	known := map[rosters.Cell]Cell{}
	if in.Draft != "" {
		var err error
		if draft, err = d.o.Store.Draft(ctx, station, in.Draft); err != nil {
			return out, err
		}
		now, err := d.o.Store.Cells(ctx, draft.ID)
		if err != nil {
			return out, err
		}
		for _, c := range now {
			known[c.Cell] = c
		}
	}
	cells := cellsOf(found.Assignments, 0)
	inside := slices.DeleteFunc(slices.Clone(cells), func(c Cell) bool {
		return c.Date < draft.From || c.Date > draft.Until || draft.Unit != "" && t.people[c.Officer].Unit != draft.Unit
	})
	out.Skipped = len(cells) - len(inside)
	all := len(inside)
	inside = slices.DeleteFunc(inside, func(c Cell) bool {
		was := known[c.Cell]
		return was.Version > 0 && sameDuties(was.Duties, c.Duties)
	})
	out.Same = all - len(inside)
	for i := range inside {
		if inside[i].Version = known[inside[i].Cell].Version; inside[i].Version == 0 {
			out.Added++
		} else {
			out.Changed++
		}
	}
	leave, err := unlisted(ctx, d.o.Store, station, found)
	if err != nil {
		return out, err
	}
	out.Leave = len(leave)
	if in.DryRun || len(inside)+len(leave) == 0 {
		return out, nil
	}
	return d.keepRoster(ctx, by, t, in, out, draft, inside, found, remember(in.What, rows, &out))
}

// unlisted is the leave of a roster that the station does not list yet.
func unlisted(ctx context.Context, r reads, station string, found sheet.Roster) ([]rosters.Leave, error) {
	if len(found.Leave) == 0 {
		return nil, nil
	}
	known, _, err := absences(ctx, r, station, found.From, found.Until)
	return slices.DeleteFunc(slices.Clone(found.Leave), func(l rosters.Leave) bool {
		return slices.ContainsFunc(known, func(k rosters.Leave) bool {
			return k.Officer == l.Officer && k.From <= l.From && k.Until >= l.Until && k.Decision == rosters.Approved
		})
	}), err
}

// keepRoster writes cells and leave, and begins the draft where there is none.
func (d *Desk) keepRoster(ctx context.Context, by auth.Operator, t *terms, in Import, out Imported, draft Draft, cells []Cell, found sheet.Roster, memory RecordChange) (Imported, error) {
	station := t.station.ID
	var fresh bool
	if fresh = draft.ID == ""; fresh {
		if draft.Until.Sub(draft.From) >= rosters.MaxDays {
			return out, &InvalidError{Field: "file", Reason: fmt.Sprintf("has days from %s to %s; a roster has 1 to %d days", draft.From, draft.Until, rosters.MaxDays)}
		}
		draft.ID, draft.Name, draft.State, draft.MadeBy, draft.ChangedBy = auth.NewID(), nameOf(in.Name, draft.From), Open, by.Name, by.Name
	}
	back := receipt{station: station, by: by.ID, draft: draft.ID, begun: fresh}
	skipped := 0
	err := d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Lock(ctx, station)
		if err != nil {
			return err
		}
		if fresh {
			if err := d.begin(ctx, tx, by, n, &draft, "empty"); err != nil {
				return err
			}
		}
		skipped, err = d.fillIn(ctx, tx, by, draft.ID, station, cells, &back)
		if err != nil {
			return err
		}
		// Read anew: what was listed meanwhile is not added either.
		leave, err := unlisted(ctx, tx, station, found)
		if err != nil {
			return err
		}
		if back.leave, err = addLeave(ctx, tx, by, station, leave); err != nil {
			return err
		}
		body, err := document(string(Imports), memory.Item)
		if err != nil {
			return err
		}
		if err := tx.SaveRecord(ctx, station, Record{Kind: Imports, ID: memory.ID, Version: 1, Body: body}); err != nil {
			return err
		}
		return d.changed(ctx, tx, station, n)
	})
	if err != nil {
		return out, fmt.Errorf("import a roster of station %s: %w", station, err)
	}
	out.Skipped += skipped
	out.Saved, out.Draft, out.Leave, out.Undo = true, draft.ID, len(back.leave), d.receive(back)
	return out, nil
}

// fillIn writes those of cells that nobody has edited since they were read.
func (d *Desk) fillIn(ctx context.Context, tx Tx, by auth.Operator, id, station string, cells []Cell, back *receipt) (skipped int, err error) {
	if len(cells) == 0 {
		return 0, nil
	}
	_, err = d.changeIn(ctx, tx, by, station, id, func(ctx context.Context, tx Tx, draft *Draft) ([]EditedCell, error) {
		var edit Edit
		edit, skipped, err = d.writeFreeIn(ctx, tx, by, draft, ByFile, cells)
		back.edit = edit.Number
		return edit.Changes, err
	})
	return skipped, err
}

// nameOf is what a draft is called that a file begins.
func nameOf(name string, from rosters.Date) string {
	if name = strings.TrimSpace(name); name == "" || utf8.RuneCountInString(name) > 100 {
		return "From a file, " + from.String()
	}
	return name
}

// addLeave lists leave that was granted, and gives the ids.
func addLeave(ctx context.Context, tx Tx, by auth.Operator, station string, leave []rosters.Leave) ([]string, error) {
	ids := make([]string, 0, len(leave))
	for _, l := range leave {
		l.ID, l.Decision = auth.NewID(), rosters.Approved
		if err := l.Validate(); err != nil {
			return nil, err
		}
		body, err := document("leave", l)
		if err != nil {
			return nil, err
		}
		if err := tx.SaveRecord(ctx, station, Record{Kind: Leaves, ID: l.ID, Version: 1, Officer: l.Officer, From: l.From, Until: l.Until, Body: body}); err != nil {
			return nil, err
		}
		ids = append(ids, l.ID)
	}
	if len(ids) > 0 {
		tx.Audit(audit.By(by, station, "roster.leave", "roster:"+station, map[string]string{"imported": fmt.Sprint(len(ids)), "decision": string(rosters.Approved)}))
	}
	return ids, nil
}
