package reports

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Bounds within which merged cells are looked at: that takes the sheet into memory as
// a whole.
const (
	largestMerged = 24 << 20
	mostMerged    = 4_000 // the library compares each with each
	widestMerged  = 5_000 // cells
)

func openXLSX(data []byte, sheet string) (b Book, err error) {
	file, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: mostUnzip, UnzipXMLSizeLimit: mostUnzip})
	if err != nil {
		return b, &InvalidError{Reason: "is no XLSX file that can be read: " + err.Error()}
	}
	defer func() {
		// The library trusts that the parts of a workbook fit together, and falls over
		// a file where they do not. That is a fault of the file.
		if fault := recover(); fault != nil {
			b, err = Book{}, &InvalidError{Reason: "is no XLSX file that can be read: its parts do not fit together"}
		}
		err = errors.Join(err, file.Close())
	}()
	for _, name := range file.GetSheetList() {
		if seen, err := file.GetSheetVisible(name); err == nil && seen {
			b.Sheets = append(b.Sheets, name)
		}
	}
	if len(b.Sheets) == 0 {
		return b, &InvalidError{Reason: "has no sheet"}
	}
	if b.Sheet = sheet; sheet == "" {
		b.Sheet = b.Sheets[0]
	}
	if !slices.Contains(b.Sheets, b.Sheet) {
		return b, &InvalidError{Reason: "has no sheet " + quoted(b.Sheet)}
	}
	daysAsISO(file)
	in, err := file.Rows(b.Sheet)
	if err != nil {
		return b, &InvalidError{Reason: err.Error()}
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	for number := 1; in.Next(); number++ {
		cells, err := in.Columns()
		if err != nil {
			return b, &InvalidError{Row: number, Reason: err.Error()}
		}
		before := len(b.Rows)
		if b.Rows, err = keep(b.Rows, Row{number, cells}); err != nil {
			return b, err
		}
		if len(b.Rows) > before && in.GetRowOpts().Hidden {
			b.Hidden++
		}
	}
	if err := in.Error(); err != nil {
		return b, &InvalidError{Reason: err.Error()}
	}
	return b, spread(file, &b)
}

// daysAsISO shows days as 2026-11-22, whatever a sheet shows of them: "22/11" and
// "11/22" are the same day, and "22" above a column is a day of a month.
func daysAsISO(file *excelize.File) {
	const iso = "yyyy-mm-dd"
	if file.Styles == nil || file.Styles.CellXfs == nil {
		return // nothing in the file has a format
	}
	format := iso
	if _, err := file.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
		return
	}
	s := file.Styles
	if s.NumFmts == nil {
		return
	}
	custom, isoID := map[int]string{}, 0
	for _, f := range s.NumFmts.NumFmt {
		custom[f.NumFmtID] = f.FormatCode
		if f.FormatCode == iso {
			isoID = f.NumFmtID
		}
	}
	for i := range s.CellXfs.Xf {
		x := &s.CellXfs.Xf[i]
		if x.NumFmtID == nil || isoID == 0 {
			continue
		}
		code, known := custom[*x.NumFmtID]
		if known && showsDay(code) || !known && builtInDay(*x.NumFmtID) {
			id := isoID
			x.NumFmtID = &id
		}
	}
}

// builtInDay reports whether a format that is not written in the file shows a day
// (ECMA-376, 18.8.30).
func builtInDay(id int) bool {
	return id >= 14 && id <= 17 || id == 22 || id >= 27 && id <= 31 || id == 36 || id >= 50 && id <= 58
}

// showsDay reports whether a format has a place for a day or a year: what it quotes
// and what stands in brackets does not count.
func showsDay(code string) bool {
	first, _, _ := strings.Cut(code, ";")
	for skip, i := rune(0), 0; i < len(first); i++ {
		c := rune(first[i])
		switch {
		case skip != 0:
			if c == skip {
				skip = 0
			}
		case c == '"':
			skip = '"'
		case c == '[':
			skip = ']'
		case c == '\\' || c == '_' || c == '*':
			i++
		case strings.ContainsRune("dDyY", c):
			return true
		}
	}
	return false
}

// spread writes what stands in merged cells into each of them: leave over a week is
// leave on each of its days, and a heading over two rows is one of the lower row too.
func spread(file *excelize.File, b *Book) error {
	size, count := 0, 0
	file.Pkg.Range(func(name, part any) bool {
		if text, ok := part.([]byte); ok && strings.HasPrefix(name.(string), "xl/worksheets/") {
			size, count = size+len(text), count+bytes.Count(text, []byte("<mergeCell "))
		}
		return true
	})
	if size > largestMerged || count > mostMerged || count == 0 {
		return nil
	}
	merged, err := file.GetMergeCells(b.Sheet)
	if err != nil {
		return &InvalidError{Reason: "merged cells: " + err.Error()}
	}
	at := make(map[int]int, len(b.Rows))
	width := 0
	for i, r := range b.Rows {
		at[r.Number] = i
		width = max(width, len(r.Cells))
	}
	for _, m := range merged {
		left, top, err1 := excelize.CellNameToCoordinates(m.GetStartAxis())
		right, bottom, err2 := excelize.CellNameToCoordinates(m.GetEndAxis())
		from, there := at[top]
		if err1 != nil || err2 != nil || !there || (bottom-top+1)*(right-left+1) > widestMerged || left > len(b.Rows[from].Cells) {
			continue
		}
		value := b.Rows[from].Cells[left-1]
		if value == "" {
			continue
		}
		for n := top; n <= min(bottom, b.Rows[len(b.Rows)-1].Number); n++ {
			i, there := at[n]
			if !there {
				continue
			}
			for column := left; column <= min(right, width); column++ {
				for len(b.Rows[i].Cells) < column {
					b.Rows[i].Cells = append(b.Rows[i].Cells, "")
				}
				if b.Rows[i].Cells[column-1] == "" {
					b.Rows[i].Cells[column-1] = value
				}
			}
		}
	}
	return nil
}
