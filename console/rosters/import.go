package rosters

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"unicode/utf8"

	"guardroom/console/auth"
	"guardroom/console/reports"
	"guardroom/rosters"
	"guardroom/rosters/sheet"
)

// An Import is a station's own spreadsheet.
type Import struct {
	What    sheet.Kind
	File    []byte         // CSV or XLSX
	Choice  reports.Choice // which sheet, which letters
	Mapping *sheet.Mapping // nil: guessed from the headings, and as it was said the last time
	DryRun  bool
	Draft   string // into which a roster is read; "" begins one for the days of the file
	Name    string // of a draft that is begun
}

// Imported says what was read, and what could not be used with its place.
type Imported struct {
	Mapping    sheet.Mapping   `json:"mapping"`
	Remembered bool            `json:"remembered"` // what was said the last time was of use
	Sheets     []string        `json:"sheets"`     // of XLSX, those that are shown
	Sheet      string          `json:"sheet"`
	Charset    reports.Charset `json:"charset"` // of CSV
	Hidden     int             `json:"hidden"`  // rows that the spreadsheet does not show; they are read
	Head       []string        `json:"head"`    // of the file
	Sample     [][]string      `json:"sample"`  // the first rows below the head, shortened

	Read     int                  `json:"read"` // officers, posts or duties
	Added    int                  `json:"added"`
	Changed  int                  `json:"changed"`
	Same     int                  `json:"same"` // are known like this already; nothing is written
	Problems []sheet.Problem      `json:"problems"`
	Unknown  map[string]int       `json:"unknown"` // codes that nobody explained, and how often
	Codes    map[string]sheet.Use `json:"codes"`   // the other codes, as they were read
	Leave    int                  `json:"leave"`   // spells of leave that the station does not list yet
	From     rosters.Date         `json:"from"`    // first and last day of a roster
	Until    rosters.Date         `json:"until"`
	Skipped  int                  `json:"skipped"` // cells that lie outside the draft or were edited meanwhile

	Saved bool   `json:"saved"`
	Draft string `json:"draft"` // in which a roster is now
	Undo  string `json:"undo"`  // by which it can be taken back
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
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return Imported{}, err
	}
	book, err := reports.Open(in.File, in.Choice)
	if err != nil {
		return Imported{}, err
	}
	rows := make([]sheet.Row, len(book.Rows))
	for i, r := range book.Rows {
		rows[i] = sheet.Row(r)
	}
	out := Imported{Sheets: append([]string{}, book.Sheets...), Sheet: book.Sheet, Charset: book.Charset, Hidden: book.Hidden, Head: []string{}, Sample: [][]string{}}
	if err := d.mapping(ctx, station, rows, in, &out); err != nil {
		return out, err
	}
	out.show(rows)
	switch in.What {
	case sheet.OfficerTable:
		return d.importRolls(ctx, by, t, rows, in, out, t.importOfficers(rows, &out))
	case sheet.PostTable:
		return d.importRolls(ctx, by, t, rows, in, out, t.importPosts(rows, &out))
	case sheet.RosterGrid, sheet.DutyList:
		return d.importRoster(ctx, by, t, rows, in, out)
	}
	return out, &InvalidError{Field: "what", Reason: "officers, posts, roster or duties"}
}

// mapping is as somebody says, or as it was said the last time, or guessed. Days
// without a year are those of the draft, or of the next month.
func (d *Desk) mapping(ctx context.Context, station string, rows []sheet.Row, in Import, out *Imported) error {
	out.Problems, out.Unknown, out.Codes = []sheet.Problem{}, map[string]int{}, map[string]sheet.Use{}
	if in.Mapping != nil {
		out.Mapping = *in.Mapping
		return nil
	}
	defer out.whole()
	out.Mapping = sheet.Guess(in.What, rows)
	known, err := d.o.Store.Records(ctx, station, Filter{Kinds: []Kind{Imports}, ID: string(in.What)})
	if err != nil {
		return err
	}
	if len(known) > 0 {
		var mem sheet.Memory
		if err := json.Unmarshal(known[0].Body, &mem); err != nil {
			return fmt.Errorf("how station %s reads %s: %w", station, in.What, err)
		}
		out.Remembered = out.Mapping.Recall(mem, rows)
	}
	if out.Mapping.Year != 0 {
		return nil
	}
	begins := rosters.DateOf(d.o.Now()).Time().AddDate(0, 1, 0)
	if in.Draft != "" {
		draft, err := d.o.Store.Draft(ctx, station, in.Draft)
		if err != nil {
			return err
		}
		begins = draft.From.Time()
	}
	out.Mapping.Year = begins.Year()
	if out.Mapping.Month == 0 {
		out.Mapping.Month = int(begins.Month())
	}
	return nil
}

// whole makes what is empty in a mapping empty, and not nothing.
func (out *Imported) whole() {
	m := &out.Mapping
	if m.Columns == nil {
		m.Columns = map[sheet.Field]int{}
	}
	if m.Held == nil {
		m.Held = map[string]int{}
	}
	if m.Codes == nil {
		m.Codes = map[string]string{}
	}
	if m.Days == nil {
		m.Days = map[int]string{}
	}
}

// show gives the head and some rows, for the person who says what they are.
func (out *Imported) show(rows []sheet.Row) {
	for _, r := range rows {
		switch {
		case r.Number == out.Mapping.Head:
			out.Head = r.Cells
		case r.Number > out.Mapping.Head && len(out.Sample) < 4:
			cells := make([]string, min(len(r.Cells), 60))
			for i := range cells {
				cells[i] = r.Cells[i]
				if utf8.RuneCountInString(cells[i]) > 40 {
					cells[i] = string([]rune(cells[i])[:40]) + "…"
				}
			}
			out.Sample = append(out.Sample, cells)
		}
	}
	for _, cells := range out.Sample { // a head over two rows leaves columns without a heading
		for len(out.Head) < len(cells) {
			out.Head = append(slices.Clip(out.Head), "")
		}
	}
}

// importRolls changes the registers, all that can be read at once.
func (d *Desk) importRolls(ctx context.Context, by auth.Operator, t *terms, rows []sheet.Row, in Import, out Imported, changes []RecordChange) (Imported, error) {
	out.Read = len(changes)
	was := t.items()
	changes = slices.DeleteFunc(changes, func(c RecordChange) bool {
		return c.Version > 0 && sameItem(was[string(c.Kind)+" "+c.ID], c.Item)
	})
	out.Same = out.Read - len(changes)
	undo := make([]RecordChange, 0, len(changes))
	for _, c := range changes {
		if c.Version == 0 {
			out.Added++
		} else {
			out.Changed++
		}
		undo = append(undo, RecordChange{Kind: c.Kind, ID: c.ID, Version: c.Version + 1, Item: was[string(c.Kind)+" "+c.ID]})
	}
	if in.DryRun || len(changes) == 0 {
		return out, nil
	}
	if _, err := d.Change(ctx, by, t.station.ID, append(changes, remember(in.What, rows, &out))...); err != nil {
		return out, err
	}
	out.Saved, out.Undo = true, d.receive(receipt{station: t.station.ID, by: by.ID, rolls: undo})
	return out, nil
}

// sameItem reports whether two items of a register say the same. An empty list says as
// little as none.
func sameItem(a, b any) bool {
	said := func(item any) (m map[string]any) {
		text, err := json.Marshal(item)
		if err != nil || json.Unmarshal(text, &m) != nil {
			return nil
		}
		maps.DeleteFunc(m, func(_ string, v any) bool {
			list, is := v.([]any)
			return v == nil || is && len(list) == 0
		})
		return m
	}
	x, y := said(a), said(b)
	return x != nil && reflect.DeepEqual(x, y)
}

// items are the officers and posts of the registers by kind and id.
func (t *terms) items() map[string]any {
	all := map[string]any{}
	for _, o := range t.register.Officers {
		all[string(Officers)+" "+o.Item.ID] = o.Item
	}
	for _, p := range t.register.Posts {
		all[string(Posts)+" "+p.Item.ID] = p.Item
	}
	return all
}

// remember is how the file was read, for the next one.
func remember(what sheet.Kind, rows []sheet.Row, out *Imported) RecordChange {
	return RecordChange{Kind: Imports, ID: string(what), Item: sheet.Remember(&out.Mapping, rows)}
}
