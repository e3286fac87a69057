package rosters

import (
	"context"
	"io"
	"strings"

	"guardroom/console/auth"
	"guardroom/console/reports"
	"guardroom/rosters"
	"guardroom/rosters/sheet"
)

// Export writes officers, posts, or the duties of a draft or of the roster in force
// as a spreadsheet.
func (d *Desk) Export(ctx context.Context, by auth.Operator, station string, what sheet.Kind, draft string, from, until rosters.Date, f reports.Format, to io.Writer) error {
	need := auth.RostersPlan
	if draft == "" && (what == sheet.RosterGrid || what == sheet.DutyList) {
		need = auth.RostersRead
	}
	if err := by.May(need, station); err != nil {
		return err
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return err
	}
	var table sheet.Table
	switch what {
	case sheet.OfficerTable:
		table = sheet.OfficerTableOf(t.station.Officers)
		table.Head = append(table.Head, "E-mail", "Phone")
		for i, o := range t.station.Officers {
			table.Rows[i] = append(table.Rows[i], t.people[o.ID].Email, t.people[o.ID].Phone)
		}
	case sheet.PostTable:
		table = sheet.PostTableOf(t.station.Posts)
	case sheet.RosterGrid, sheet.DutyList:
		if table, err = d.rosterTable(ctx, by, t, what, draft, from, until); err != nil {
			return err
		}
	default:
		return &InvalidError{Field: "what", Reason: "officers, posts, roster or duties"}
	}
	return reports.Write(to, f, sheetOf(table))
}

func (d *Desk) rosterTable(ctx context.Context, by auth.Operator, t *terms, what sheet.Kind, draft string, from, until rosters.Date) (sheet.Table, error) {
	var given []rosters.Assignment
	if draft != "" {
		one, err := d.o.Store.Draft(ctx, t.station.ID, draft)
		if err != nil {
			return sheet.Table{}, err
		}
		cells, err := d.o.Store.Cells(ctx, draft)
		if err != nil {
			return sheet.Table{}, err
		}
		given, from, until = assignments(cells), one.From, one.Until
	} else {
		if from.IsZero() || until < from || until.Sub(from) >= 400 {
			return sheet.Table{}, &InvalidError{Field: "until", Reason: "1 to 400 days"}
		}
		var err error
		if given, err = d.o.Store.Published(ctx, t.station.ID, from, until); err != nil {
			return sheet.Table{}, err
		}
	}
	if what == sheet.DutyList {
		return sheet.ListOf(&t.station, given)
	}
	leave, _, err := absences(ctx, d.o.Store, t.station.ID, from, until)
	if err != nil {
		return sheet.Table{}, err
	}
	return sheet.GridOf(&t.station, from, until, given, leave, by.May(auth.RostersMedical, t.station.ID) == nil), nil
}

func sheetOf(t sheet.Table) reports.Sheet {
	s := reports.Sheet{Head: t.Head}
	for _, row := range t.Rows {
		cells := make([]any, len(row))
		for i, c := range row {
			cells[i] = strings.ToValidUTF8(c, "\uFFFD")
		}
		s.Rows = append(s.Rows, cells)
	}
	return s
}
