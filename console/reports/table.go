// Package reports reads and writes tables as people exchange them: CSV (RFC
// 4180, UTF-8) and XLSX (ECMA-376). What is read comes from outside: it is
// bounded, and a fault names its row.
package reports

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Format of a table.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// Type is the media type of f.
func (f Format) Type() string {
	if f == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// Sheet is a table with a name. Numbers stay numbers in XLSX; everything else
// is text there and never a formula.
type Sheet struct {
	Name string
	Head []string
	Rows [][]any
}

// Bounds of what is read.
const (
	MostRows    = 20_000
	MostColumns = 450   // a year of days, and who has them
	MostCell    = 8_000 // characters
	mostUnzip   = 64 << 20
)

// InvalidError says which row is wrong and why; Row counts from 1 with the head.
type InvalidError struct {
	Row    int
	Reason string
}

func (e *InvalidError) Error() string {
	if e.Row == 0 {
		return "file: " + e.Reason
	}
	return fmt.Sprintf("file: row %d: %s", e.Row, e.Reason)
}

// InvalidField names the field; the API recognises the error by this method.
func (e *InvalidError) InvalidField() string { return "file" }

// Write writes sheets as f. CSV has no sheets: they follow one another, each
// with its name in a line before it when there are several.
func Write(w io.Writer, f Format, sheets ...Sheet) error {
	if f == XLSX {
		return writeXLSX(w, sheets)
	}
	return writeCSV(w, sheets)
}

// writeCSV begins with a byte order mark: without one, spreadsheets read UTF-8
// as something else.
func writeCSV(w io.Writer, sheets []Sheet) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	for i, s := range sheets {
		if len(sheets) > 1 {
			if i > 0 {
				if err := out.Write([]string{""}); err != nil {
					return err
				}
			}
			if err := out.Write([]string{harmless(s.Name)}); err != nil {
				return err
			}
		}
		if err := out.Write(s.Head); err != nil {
			return err
		}
		for _, row := range s.Rows {
			cells := make([]string, len(row))
			for n, cell := range row {
				cells[n] = text(cell)
			}
			if err := out.Write(cells); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}

func text(cell any) string {
	switch v := cell.(type) {
	case nil:
		return ""
	case string:
		return harmless(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return fmt.Sprint(cell)
}

// harmless keeps a spreadsheet from taking text for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// plain undoes harmless.
func plain(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune("=+-@\t\r", rune(s[1])) {
		return s[1:]
	}
	return s
}

func writeXLSX(w io.Writer, sheets []Sheet) (err error) {
	file := excelize.NewFile()
	defer func() { err = errors.Join(err, file.Close()) }()
	bold, err := file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	for i, s := range sheets {
		name := sheetName(s.Name, i)
		if i == 0 {
			err = file.SetSheetName("Sheet1", name)
		} else {
			_, err = file.NewSheet(name)
		}
		if err != nil {
			return err
		}
		if err := fill(file, name, bold, s); err != nil {
			return fmt.Errorf("sheet %s: %w", name, err)
		}
	}
	return file.Write(w)
}

func fill(file *excelize.File, name string, bold int, s Sheet) error {
	out, err := file.NewStreamWriter(name)
	if err != nil {
		return err
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if len(s.Head) > 0 {
		if err := out.SetColWidth(1, len(s.Head), 18); err != nil {
			return err
		}
	}
	head := make([]any, len(s.Head))
	for i, h := range s.Head {
		head[i] = excelize.Cell{StyleID: bold, Value: h}
	}
	if err := out.SetRow("A1", head); err != nil {
		return err
	}
	for i, row := range s.Rows {
		if err := out.SetRow("A"+strconv.Itoa(i+2), row); err != nil {
			return err
		}
	}
	return out.Flush()
}

// sheetName is one that Excel takes: at most 31 characters, none of : \ / ? * [ ].
func sheetName(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return ' '
		}
		return r
	}, s)
	if r := []rune(strings.TrimSpace(s)); len(r) > 31 {
		s = string(r[:31])
	}
	if s = strings.TrimSpace(s); s == "" {
		s = "Sheet" + strconv.Itoa(n+1)
	}
	return s
}

// Row is one row of a file; Number counts from 1.
type Row struct {
	Number int
	Cells  []string
}

// keep adds a row that holds anything, within the bounds. Empty cells at its end,
// which are there for their colour, are none.
func keep(rows []Row, row Row) ([]Row, error) {
	empty := true
	for n := len(row.Cells); n > 0 && strings.TrimSpace(row.Cells[n-1]) == ""; n-- {
		row.Cells = row.Cells[:n-1]
	}
	if len(row.Cells) > MostColumns {
		return nil, &InvalidError{Row: row.Number, Reason: fmt.Sprintf("more than %d columns", MostColumns)}
	}
	for i, cell := range row.Cells {
		cell = plain(strings.TrimSpace(strings.ToValidUTF8(cell, "\uFFFD")))
		if utf8.RuneCountInString(cell) > MostCell {
			return nil, &InvalidError{Row: row.Number, Reason: fmt.Sprintf("column %d is longer than %d characters", i+1, MostCell)}
		}
		row.Cells[i] = cell
		empty = empty && cell == ""
	}
	switch {
	case empty:
		return rows, nil
	case len(rows) >= MostRows+1:
		return nil, &InvalidError{Row: row.Number, Reason: fmt.Sprintf("more than %d rows", MostRows)}
	}
	return append(rows, row), nil
}
