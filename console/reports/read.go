package reports

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// A Choice is what a person says of a file that does not say it itself. What is
// empty is guessed.
type Choice struct {
	Sheet   string
	Charset Charset
}

// A Book is a file that was read.
type Book struct {
	Rows    []Row
	Sheets  []string // of XLSX, those that are not hidden, in their order
	Sheet   string   // that was read
	Charset Charset  // of CSV
	Hidden  int      // rows that the spreadsheet does not show; they are among Rows
}

// A Charset is how the letters of a CSV file are written.
type Charset string

// The charsets that spreadsheets write.
const (
	UTF8     Charset = "utf-8"
	UTF16    Charset = "utf-16"
	Western  Charset = "windows-1252"
	Cyrillic Charset = "windows-1251"
	Arabic   Charset = "windows-1256"
)

var charsets = map[Charset]encoding.Encoding{Western: charmap.Windows1252, Cyrillic: charmap.Windows1251, Arabic: charmap.Windows1256}

// Read reads the first sheet of a file that says itself how it is written.
func Read(data []byte) ([]Row, error) {
	book, err := Open(data, Choice{})
	return book.Rows, err
}

// Open reads a table of a file as rows of text. What the file is shows by its first
// bytes, not by its name. Rows without any text are left out of the count of rows,
// but keep their number. Days are given as 2026-11-22 however the sheet shows them,
// and what is written over merged cells stands in each of them.
func Open(data []byte, c Choice) (Book, error) {
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return openXLSX(data, c.Sheet)
	case bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")): // [MS-CFB] 2.2
		if bytes.Contains(data, utf16le("EncryptedPackage")) { // [MS-OFFCRYPTO] 2.3.4.4
			return Book{}, &InvalidError{Reason: "is protected by a password; save a copy without one"}
		}
		return Book{}, &InvalidError{Reason: "is a workbook of Excel 97-2003 (.xls); save it as .xlsx"}
	case bytes.HasPrefix(data, []byte("%PDF-")):
		return Book{}, &InvalidError{Reason: "is a PDF; export the spreadsheet as .xlsx or .csv"}
	case bytes.HasPrefix(bytes.ToLower(bytes.TrimSpace(data[:min(len(data), 512)])), []byte("<")):
		return Book{}, &InvalidError{Reason: "is a web page or XML under another name; save it as .xlsx"}
	}
	return openCSV(data, c.Charset)
}

func utf16le(s string) []byte {
	var b []byte
	for _, c := range []byte(s) {
		b = append(b, c, 0)
	}
	return b
}

func openCSV(data []byte, c Charset) (Book, error) {
	b := Book{Charset: c}
	if b.Charset == "" {
		b.Charset = charsetOf(data)
	}
	text, err := decode(data, b.Charset)
	if err != nil {
		return b, err
	}
	in := csv.NewReader(bytes.NewReader(text))
	in.FieldsPerRecord = -1
	in.Comma = separator(text)
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		var fault *csv.ParseError
		if errors.As(err, &fault) {
			return b, &InvalidError{Row: fault.Line, Reason: fault.Err.Error()}
		}
		if err != nil {
			return b, err
		}
		line, _ := in.FieldPos(0)
		if b.Rows, err = keep(b.Rows, Row{line, cells}); err != nil {
			return b, err
		}
	}
}

func decode(data []byte, c Charset) ([]byte, error) {
	switch c {
	case UTF8:
		data = bytes.TrimPrefix(data, []byte("\uFEFF"))
		if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
			return nil, &InvalidError{Reason: "is neither XLSX nor a CSV file"}
		}
		return data, nil
	case UTF16:
		text, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
		if err != nil || bytes.IndexByte(text, 0) >= 0 {
			return nil, &InvalidError{Reason: "is neither XLSX nor a CSV file"}
		}
		return text, nil
	}
	known := charsets[c]
	if known == nil {
		return nil, &InvalidError{Reason: "is written in no charset that is known"}
	}
	text, err := known.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsFunc(text, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\r\n\f\v", r) }) {
		return nil, &InvalidError{Reason: "is neither XLSX nor a CSV file"}
	}
	return text, nil
}

// charsetOf guesses. Western letters beyond ASCII stand alone among others; Russian
// and Arabic ones stand together, and in Russian many are above 0xED, where Arabic has
// only French vowels.
func charsetOf(data []byte) Charset {
	if bytes.HasPrefix(data, []byte("\xFF\xFE")) || bytes.HasPrefix(data, []byte("\xFE\xFF")) {
		return UTF16
	}
	if utf8.Valid(data) {
		return UTF8
	}
	high, together, late := 0, 0, 0
	for i, c := range data {
		if c < 0xC0 {
			continue
		}
		high++
		if i > 0 && data[i-1] >= 0xC0 {
			together++
		}
		if c > 0xED {
			late++
		}
	}
	switch {
	case together*2 < high:
		return Western
	case late*8 > high:
		return Cyrillic
	}
	return Arabic
}

// separator is what most lines separate with: many spreadsheets write semicolons,
// and titles above the head have none.
func separator(data []byte) rune {
	best, most := ',', 0
	for _, c := range ",;\t" {
		counts := []int{}
		for line := range bytes.Lines(data[:min(len(data), 64<<10)]) {
			if n := bytes.Count(line, []byte(string(c))); n > 0 {
				counts = append(counts, n)
			}
		}
		if len(counts) == 0 {
			continue
		}
		slices.Sort(counts)
		if n := counts[len(counts)/2] * len(counts); n > most {
			best, most = c, n
		}
	}
	return best
}

// quoted names what stands in an error, bounded.
func quoted(s string) string { return fmt.Sprintf("%.60q", s) }
