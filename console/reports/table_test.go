package reports_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"guardroom/console/reports"
)

// What is written can be read again, and no text turns into a formula on the way.
func TestAsWrittenSoRead(t *testing.T) {
	t.Parallel()
	sheet := reports.Sheet{Name: "Rationale: all [1/2]", Head: []string{"point", "seconds", "text"}, Rows: [][]any{
		{"gw-1/fire-1.L1D1", 30, "Go, look; \"quoted\"\nsecond line"},
		{"gw-1/doors-1.door1", 0, "=HYPERLINK(\"http://evil.example\")"},
		{"", nil, ""},
		{"الباب", 1, "-1"},
	}}
	for _, format := range []reports.Format{reports.CSV, reports.XLSX} {
		var out bytes.Buffer
		if err := reports.Write(&out, format, sheet); err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		rows, err := reports.Read(out.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", format, err)
		}
		if len(rows) != 4 || strings.Join(rows[0].Cells, "|") != "point|seconds|text" {
			t.Fatalf("%s: %v", format, rows)
		}
		for i, want := range []string{"gw-1/fire-1.L1D1|30|Go, look; \"quoted\"\nsecond line", "gw-1/doors-1.door1|0|=HYPERLINK(\"http://evil.example\")", "الباب|1|-1"} {
			if got := strings.Join(rows[i+1].Cells, "|"); got != want {
				t.Errorf("%s row %d: %q, want %q", format, i, got, want)
			}
		}
		if format == reports.CSV && strings.Contains(out.String(), ",\"=HYP") {
			t.Error("CSV carries a formula")
		}
	}
}

func TestWhatCannotBeReadIsRefusedWithItsRow(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ file, want string }{
		"bare quote":   {"a,b\nc,d\"e\n", "row 2"},
		"other bytes":  {"a,b\n\x00\xff\xfe", "CSV"},
		"a broken zip": {"PK\x03\x04rubbish", "XLSX"},
		"long cell":    {"a\n" + strings.Repeat("x", reports.MostCell+1), "longer"},
		"many columns": {strings.Repeat("a,", reports.MostColumns+1), "columns"},
		"many rows":    {strings.Repeat("a\n", reports.MostRows+5), "rows"},
	} {
		_, err := reports.Read([]byte(tc.file))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	rows, err := reports.Read([]byte("a;b\r\n1;2\r\n"))
	if err != nil || len(rows) != 2 || rows[1].Cells[1] != "2" {
		t.Errorf("semicolons: %v %v", rows, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("a,b\n1,\"2\"\n"))
	var out bytes.Buffer
	if err := reports.Write(&out, reports.XLSX, reports.Sheet{Name: "x", Head: []string{"a"}, Rows: [][]any{{1}}}); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := reports.Read(data)
		if err == nil && len(rows) > reports.MostRows+1 {
			t.Fatal("more rows than may be")
		}
	})
}

// FuzzWorkbook changes the parts of a workbook and packs them again: bytes changed in
// the packed file seldom reach what reads the parts.
func FuzzWorkbook(f *testing.F) {
	var out bytes.Buffer
	if err := reports.Write(&out, reports.XLSX, reports.Sheet{Name: "x", Head: []string{"a"}, Rows: [][]any{{1}}}); err != nil {
		f.Fatal(err)
	}
	parts := func(change map[string]string) []byte {
		in, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
		if err != nil {
			f.Fatal(err)
		}
		var packed bytes.Buffer
		w := zip.NewWriter(&packed)
		for _, part := range in.File {
			to, err1 := w.Create(part.Name)
			from, err2 := part.Open()
			text, there := change[part.Name]
			if !there && err1 == nil && err2 == nil {
				all, err := io.ReadAll(from)
				text, err2 = string(all), err
			}
			if err := errors.Join(err1, err2); err != nil {
				f.Fatal(err)
			}
			if _, err := io.WriteString(to, text); err != nil {
				f.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		return packed.Bytes()
	}
	const main = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	const sheet = `<worksheet ` + main + `><sheetData><row r="1"><c r="A1" s="1"><v>46000</v></c><c r="B1" t="s"><v>0</v></c></row></sheetData><mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells></worksheet>`
	const styles = `<styleSheet ` + main + `><numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm"/></numFmts><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>`
	const words = `<sst ` + main + `><si><t>Dupont</t></si></sst>`
	f.Add(sheet, styles, words)
	f.Add(sheet, ``, words)
	f.Add(sheet, `<styleSheet `+main+`/>`, `<sst `+main+`/>`)
	f.Add(sheet, `<styleSheet `+main+`><cellXfs/></styleSheet>`, ``)
	f.Add(`<worksheet `+main+`><sheetData><row r="2"><c r="A1" s="9"/><c/></row></sheetData></worksheet>`, styles, words)
	f.Fuzz(func(_ *testing.T, sheet, styles, words string) {
		_, _ = reports.Read(parts(map[string]string{
			"xl/worksheets/sheet1.xml": sheet, "xl/styles.xml": styles, "xl/sharedStrings.xml": words,
		}))
	})
}
