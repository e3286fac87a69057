package reports_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"guardroom/console/reports"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// workbook makes an XLSX file as a station keeps it.
func workbook(t *testing.T, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func text(b reports.Book) string {
	var lines []string
	for _, r := range b.Rows {
		lines = append(lines, fmt.Sprint(r.Number)+":"+strings.Join(r.Cells, "|"))
	}
	return strings.Join(lines, "\n")
}

func TestAWorkbookOfAStation(t *testing.T) {
	t.Parallel()
	file := workbook(t, func(f *excelize.File) {
		set := func(cell string, value any) {
			if err := f.SetCellValue("Sheet1", cell, value); err != nil {
				t.Fatal(err)
			}
		}
		set("A1", "Planning décembre 2026")
		_ = f.MergeCell("Sheet1", "A1", "D1")
		set("A3", "Nom")
		_ = f.MergeCell("Sheet1", "A3", "A4")
		for i, format := range []string{"d", "dd/mm/yyyy", `ddd\ d`, "mm-dd-yy", "[h]:mm"} {
			style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
			if err != nil {
				t.Fatal(err)
			}
			cell, _ := excelize.CoordinatesToCellName(i+2, 4)
			set(cell, time.Date(2026, 12, i+1, 0, 0, 0, 0, time.UTC))
			if format == "[h]:mm" {
				set(cell, 1.5)
			}
			_ = f.SetCellStyle("Sheet1", cell, cell, style)
		}
		set("A5", "Álvarez")
		set("B5", "CA")
		_ = f.MergeCell("Sheet1", "B5", "D5")
		set("A6", "Вера")
		set("C6", "J")
		_ = f.SetRowVisible("Sheet1", 6, false)
		set("A7", "علي")
		coloured, _ := f.NewStyle(&excelize.Style{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFFF00"}}})
		_ = f.SetCellStyle("Sheet1", "A8", "ZZ40", coloured)
		_, _ = f.NewSheet("Janvier")
		_ = f.SetCellValue("Janvier", "A1", "x")
		_, _ = f.NewSheet("Listes")
		_ = f.SetSheetVisible("Listes", false)
	})
	got, err := reports.Open(file, reports.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"1:Planning décembre 2026|Planning décembre 2026|Planning décembre 2026|Planning décembre 2026", "3:Nom",
		"4:Nom|2026-12-01|2026-12-02|2026-12-03|2026-12-04|36:00", "5:Álvarez|CA|CA|CA", "6:Вера||J", "7:علي",
	}, "\n")
	if text(got) != want {
		t.Errorf("got\n%s\nwant\n%s", text(got), want)
	}
	if got.Hidden != 1 || strings.Join(got.Sheets, ",") != "Sheet1,Janvier" || got.Sheet != "Sheet1" {
		t.Errorf("%d hidden, sheets %v", got.Hidden, got.Sheets)
	}
	if got, err = reports.Open(file, reports.Choice{Sheet: "Janvier"}); err != nil || text(got) != "1:x" {
		t.Errorf("the second sheet: %v %v", text(got), err)
	}
	if _, err := reports.Open(file, reports.Choice{Sheet: "Listes"}); err == nil {
		t.Error("a hidden sheet is read")
	}
}

func TestLettersOfACSV(t *testing.T) {
	t.Parallel()
	utf16 := func(s string) string {
		b, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(s)
		return b
	}
	in := func(c *charmap.Charmap, s string) string {
		b, err := c.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, tc := range map[string]struct {
		file, want string
		charset    reports.Charset
	}{
		"semicolons under a title": {in(charmap.Windows1252, "Planning décembre, équipe B\r\n\r\nNom;1;2\r\nGómez, José;J;N/12\r\n"), "1:Planning décembre, équipe B\n3:Nom|1|2\n4:Gómez, José|J|N/12", reports.Western},
		"byte order mark":          {"\uFEFFNom;1\r\nÁlvarez;J\r\n", "1:Nom|1\n2:Álvarez|J", reports.UTF8},
		"tabs in UTF-16":           {utf16("Имя\tД\r\nВера\tS\r\n"), "1:Имя|Д\n2:Вера|S", reports.UTF16},
		"Russian":                  {in(charmap.Windows1251, "Имя;Смена\r\nПетров Иван;Д\r\n"), "1:Имя|Смена\n2:Петров Иван|Д", reports.Cyrillic},
		"Arabic":                   {in(charmap.Windows1256, "الاسم;الرتبة\r\nمحمد علي;رقيب\r\n"), "1:الاسم|الرتبة\n2:محمد علي|رقيب", reports.Arabic},
	} {
		got, err := reports.Open([]byte(tc.file), reports.Choice{})
		if err != nil || text(got) != tc.want || got.Charset != tc.charset {
			t.Errorf("%s: %v, %s\n%s\nwant\n%s", name, err, got.Charset, text(got), tc.want)
		}
	}
	chosen, err := reports.Open([]byte("a\xE9\r\n"), reports.Choice{Charset: reports.Cyrillic})
	if err != nil || text(chosen) != "1:aй" {
		t.Errorf("as somebody says: %v %v", text(chosen), err)
	}
}

func TestWhatIsNoTableSaysWhatItIs(t *testing.T) {
	t.Parallel()
	ole := "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + strings.Repeat("\x00", 504)
	for name, tc := range map[string]struct{ file, want string }{
		"old Excel":      {ole, ".xls)"},
		"password":       {ole + "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00", "password"},
		"PDF":            {"%PDF-1.7", "PDF"},
		"web page":       {"\r\n<html><table>", "web page"},
		"picture":        {"\x89PNG\r\n\x1a\n\x00\x00", "neither"},
		"text with NULs": {"a\x00b", "neither"},
		"zip bomb":       {bomb(t), "exceeds"},
	} {
		_, err := reports.Open([]byte(tc.file), reports.Choice{})
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// bomb is a small workbook whose sheet is 80 MiB.
func bomb(t *testing.T) string {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	part, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 80 {
		if _, err := part.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
