package rosters

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"guardroom/console/auth"
	"guardroom/console/reports"
	"guardroom/rosters"
	"guardroom/rosters/sheet"
)

// An Import is a station's own spreadsheet.
type Import struct {
	What    sheet.Kind
	File    []byte         // CSV or XLSX
	Mapping *sheet.Mapping // nil: guessed from the headings
	DryRun  bool
	Draft   string // into which a roster is read
}

// Imported says what was read, and what could not be used with its place.
type Imported struct {
	Mapping  sheet.Mapping   `json:"mapping"`
	Head     []string        `json:"head"` // of the file
	Read     int             `json:"read"` // officers, posts or duties
	Added    int             `json:"added"`
	Changed  int             `json:"changed"`
	Problems []sheet.Problem `json:"problems"`
	Unknown  map[string]int  `json:"unknown"` // codes that nobody explained, and how often
	Skipped  int             `json:"skipped"` // cells that lie outside the draft or were edited meanwhile
	Saved    bool            `json:"saved"`
}

// MaxImport is the largest file.
const MaxImport = 8 << 20

// Import reads a spreadsheet. Rows that cannot be used are left out and named;
// everything else is kept at once, or nothing with DryRun.
func (d *Desk) Import(ctx context.Context, by auth.Operator, station string, in Import) (Imported, error) {
	if err := mayDraft(by, station); err != nil {
		return Imported{}, err
	}
	if len(in.File) > MaxImport {
		return Imported{}, &InvalidError{Field: "file", Reason: "is larger than 8 MiB"}
	}
	table, err := reports.Read(in.File)
	if err != nil {
		return Imported{}, err
	}
	rows := make([]sheet.Row, len(table))
	for i, r := range table {
		rows[i] = sheet.Row(r)
	}
	out := Imported{Head: []string{}}
	if in.Mapping != nil {
		out.Mapping = *in.Mapping
	} else {
		out.Mapping = sheet.Guess(in.What, rows)
	}
	for _, r := range rows {
		if r.Number == out.Mapping.Head {
			out.Head = r.Cells
		}
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return out, err
	}
	switch in.What {
	case sheet.OfficerTable:
		return d.importOfficers(ctx, by, t, rows, in, out)
	case sheet.PostTable:
		return d.importPosts(ctx, by, t, rows, in, out)
	case sheet.RosterGrid, sheet.DutyList:
		return d.importRoster(ctx, by, t, rows, in, out)
	}
	return out, &InvalidError{Field: "what", Reason: "officers, posts, roster or duties"}
}

// importOfficers knows an officer again by ID, by badge, or, where the file has
// neither, by a name that only one officer has. What the file has no column for stays.
func (d *Desk) importOfficers(ctx context.Context, by auth.Operator, t *terms, rows []sheet.Row, in Import, out Imported) (Imported, error) {
	var list []rosters.Officer
	list, out.Problems = sheet.Officers(rows, out.Mapping)
	seen, badge, named := map[string]int64{}, map[string]string{}, map[string]string{}
	for _, o := range t.register.Officers {
		seen[o.Item.ID] = o.Version
		if o.Item.Badge != "" {
			badge[o.Item.Badge] = o.Item.ID
		}
		name := strings.ToLower(o.Item.Name)
		if _, twice := named[name]; twice {
			named[name] = ""
		} else {
			named[name] = o.Item.ID
		}
	}
	var changes []RecordChange
	for _, o := range list {
		known := badge[o.Badge]
		if out.Mapping.Columns[sheet.Badge] == 0 && out.Mapping.Columns[sheet.ID] == 0 {
			known = named[strings.ToLower(o.Name)]
		}
		if known != "" {
			o.ID = known
		}
		one := Officer{Officer: o}
		if was := t.people[o.ID]; was != nil {
			one = *was
			one.Officer = o
			keepUnnamedOfOfficer(&out.Mapping, &one.Officer, &was.Officer)
		}
		changes = append(changes, RecordChange{Kind: Officers, ID: o.ID, Version: seen[o.ID], Item: one})
	}
	return d.imported(ctx, by, t, in, out, changes)
}

// keepUnnamedOfOfficer gives o what was had where the file has no column.
func keepUnnamedOfOfficer(m *sheet.Mapping, o, was *rosters.Officer) {
	unnamed(m, sheet.Badge, &o.Badge, was.Badge)
	unnamed(m, sheet.Rank, &o.Rank, was.Rank)
	unnamed(m, sheet.Unit, &o.Unit, was.Unit)
	unnamed(m, sheet.HomeStation, &o.HomeStation, was.HomeStation)
	unnamed(m, sheet.Contract, &o.Contract, was.Contract)
	unnamed(m, sheet.Languages, &o.Languages, was.Languages)
	unnamed(m, sheet.Gender, &o.Gender, was.Gender)
	unnamed(m, sheet.Employment, &o.Employment, was.Employment)
	unnamed(m, sheet.Funding, &o.Funding, was.Funding)
	unnamed(m, sheet.From, &o.From, was.From)
	unnamed(m, sheet.Until, &o.Until, was.Until)
	if m.Columns[sheet.Qualifications] != 0 {
		return
	}
	for _, h := range was.Held { // columns of single qualifications say nothing of the others
		if m.Held[h.Code] == 0 {
			o.Held = append(o.Held, h)
		}
	}
}

func unnamed[T any](m *sheet.Mapping, f sheet.Field, is *T, was T) {
	if m.Columns[f] == 0 {
		*is = was
	}
}

func (d *Desk) importPosts(ctx context.Context, by auth.Operator, t *terms, rows []sheet.Row, in Import, out Imported) (Imported, error) {
	var list []rosters.Post
	list, out.Problems = sheet.Posts(rows, out.Mapping, &t.station)
	seen := map[string]int64{}
	for _, p := range t.register.Posts {
		seen[p.Item.ID] = p.Version
	}
	var changes []RecordChange
	for _, p := range list {
		if was := t.station.Post(p.ID); was != nil {
			keepUnnamedOfPost(&out.Mapping, &p, was)
		}
		changes = append(changes, RecordChange{Kind: Posts, ID: p.ID, Version: seen[p.ID], Item: p})
	}
	return d.imported(ctx, by, t, in, out, changes)
}

// keepUnnamedOfPost gives p what was had where the file has no column.
func keepUnnamedOfPost(m *sheet.Mapping, p, was *rosters.Post) {
	p.Place, p.Gone = was.Place, was.Gone
	unnamed(m, sheet.Area, &p.Area, was.Area)
	unnamed(m, sheet.Hours, &p.Standing, was.Standing)
	unnamed(m, sheet.Shifts, &p.Shifts, was.Shifts)
	unnamed(m, sheet.MinRank, &p.MinRank, was.MinRank)
	unnamed(m, sheet.Required, &p.Required, was.Required)
	unnamed(m, sheet.Wished, &p.Wished, was.Wished)
	unnamed(m, sheet.Armed, &p.Armed, was.Armed)
	unnamed(m, sheet.Mobile, &p.Mobile, was.Mobile)
	unnamed(m, sheet.Report, &p.Report, was.Report)
	unnamed(m, sheet.MealRelief, &p.MealRelief, was.MealRelief)
	unnamed(m, sheet.Rotation, &p.Rotation, was.Rotation)
	unnamed(m, sheet.CheckCall, &p.CheckCall, was.CheckCall)
	unnamed(m, sheet.Ceremonial, &p.Ceremonial, was.Ceremonial)
	unnamed(m, sheet.Unpopular, &p.Unpopular, was.Unpopular)
	unnamed(m, sheet.Lane, &p.Lane, was.Lane)
	unnamed(m, sheet.PairedWith, &p.PairedWith, was.PairedWith)
	unnamed(m, sheet.Weight, &p.Weight, was.Weight)
}

func (d *Desk) imported(ctx context.Context, by auth.Operator, t *terms, in Import, out Imported, changes []RecordChange) (Imported, error) {
	out.Read = len(changes)
	for _, c := range changes {
		if c.Version == 0 {
			out.Added++
		} else {
			out.Changed++
		}
	}
	if in.DryRun || len(changes) == 0 {
		return out, nil
	}
	_, err := d.Change(ctx, by, t.station.ID, changes...)
	out.Saved = err == nil
	return out, err
}

// importRoster reads an existing roster into a draft, and its leave into the list
// of leave: leave that is listed already is not added twice.
func (d *Desk) importRoster(ctx context.Context, by auth.Operator, t *terms, rows []sheet.Row, in Import, out Imported) (Imported, error) {
	station := t.station.ID
	var found sheet.Roster
	if in.What == sheet.RosterGrid {
		found, out.Problems = sheet.Grid(rows, out.Mapping, &t.station)
	} else {
		found, out.Problems = sheet.List(rows, out.Mapping, &t.station)
	}
	out.Read, out.Unknown = len(found.Assignments), found.Unknown
	draft, err := d.o.Store.Draft(ctx, station, in.Draft)
	if err != nil {
		return out, err
	}
	now, err := d.o.Store.Cells(ctx, draft.ID)
	if err != nil {
		return out, err
	}
	versions := map[rosters.Cell]int64{}
	for _, c := range now {
		versions[c.Cell] = c.Version
	}
	cells := cellsOf(found.Assignments, 0)
	inside := slices.DeleteFunc(cells, func(c Cell) bool {
		return c.Date < draft.From || c.Date > draft.Until || draft.Unit != "" && t.people[c.Officer].Unit != draft.Unit
	})
	out.Skipped = len(cellsOf(found.Assignments, 0)) - len(inside)
	for i := range inside {
		inside[i].Version = versions[inside[i].Cell]
		if inside[i].Version == 0 {
			out.Added++
		} else {
			out.Changed++
		}
	}
	if in.DryRun {
		return out, nil
	}
	if len(inside) > 0 {
		_, skipped, err := d.writeFree(ctx, by, station, draft.ID, ByFile, inside)
		if err != nil {
			return out, err
		}
		out.Skipped += skipped
	}
	known, _, err := absences(ctx, d.o.Store, station, found.From, found.Until)
	if err != nil {
		return out, err
	}
	for _, l := range found.Leave {
		if slices.ContainsFunc(known, func(k rosters.Leave) bool {
			return k.Officer == l.Officer && k.From <= l.From && k.Until >= l.Until && k.Decision == rosters.Approved
		}) {
			continue
		}
		l.ID, l.Decision = "", rosters.Approved
		if _, err := d.SaveLeave(ctx, by, station, Kept[rosters.Leave]{Item: l}); err != nil {
			return out, fmt.Errorf("leave of officer %s: %w", l.Officer, err)
		}
	}
	out.Saved = true
	return out, nil
}

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
