package people

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"guardroom/devices"
)

// Limits of a list.
const (
	MaxList   = 32 << 20 // bytes
	maxRows   = 100_000
	maxFields = 64
	maxName   = 200
	maxRef    = 64
	maxCard   = 40
	maxPhoto  = 200
)

// maxFaults is how many faults are told; all are counted.
const maxFaults = 500

// ListFault is one thing that is wrong in a list.
type ListFault struct {
	Line   int    `json:"line"`   // from 1, the header; 0: the list as a whole
	Column string `json:"column"` // as the header calls it; empty: the whole line
	Reason string `json:"reason"`
}

// Row is one cardholder of a list.
type Row struct {
	Line     int
	Ref      string
	Name     string
	Class    Class
	Expires  string
	Status   Status
	CardHash string
	File     string // of the photo, as the list names it
	Named    bool   // the list names it; else it is looked for under the ref
	Photo    string // its key, when there is one
}

// columns that a list may have, with other words for them.
var columns = map[string]string{
	"ref": "ref", "id": "ref", "number": "ref", "index": "ref",
	"name": "name", "full_name": "name",
	"class": "class", "pass_class": "class", "pass": "class",
	"expires": "expires", "expiry": "expires", "valid_to": "expires", "valid_until": "expires",
	"status": "status", "card": "card", "card_number": "card", "photo": "photo", "picture": "photo",
}

// list collects rows and faults while it is read.
type list struct {
	key    []byte
	at     map[string]int // column -> field
	rows   []Row
	faults []ListFault
	count  int
	refs   map[string]int // ref -> line
	cards  map[string]int // hash -> line
}

func (l *list) fault(line int, column, reason string) {
	l.count++
	if len(l.faults) < maxFaults {
		l.faults = append(l.faults, ListFault{Line: line, Column: column, Reason: reason})
	}
}

// ReadList reads a CSV list with a header. Every fault is told, up to a bound; of
// a card number nothing is, and nothing is kept but its hash under key. An error
// is for a list that could not be read to its end.
func ReadList(from io.Reader, key []byte) (rows []Row, faults []ListFault, count int, err error) {
	if len(key) < devices.MinCardKey {
		return nil, nil, 0, errors.New("the key for card numbers is too short")
	}
	limited := &io.LimitedReader{R: from, N: MaxList + 1}
	in := bufio.NewReader(limited)
	if start, _ := in.Peek(3); bytes.Equal(start, []byte("\xef\xbb\xbf")) {
		_, _ = in.Discard(3)
	}
	reader := csv.NewReader(in)
	reader.Comma = separator(in)
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	l := &list{key: key, refs: map[string]int{}, cards: map[string]int{}}
	l.read(reader)
	if limited.N <= 0 {
		l.fault(0, "", fmt.Sprintf("the list is larger than %d MiB", MaxList>>20))
	}
	return l.rows, l.faults, l.count, nil
}

// separator looks at the header: comma, semicolon or tabulator.
func separator(in *bufio.Reader) rune {
	head, _ := in.Peek(2048)
	head, _, _ = bytes.Cut(head, []byte("\n"))
	best, most := ',', bytes.Count(head, []byte(","))
	for _, c := range []rune{';', '\t'} {
		if n := bytes.Count(head, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

func (l *list) read(reader *csv.Reader) {
	head, err := reader.Read()
	if err != nil {
		l.unreadable(err, 1)
		return
	}
	if !l.header(head) {
		return
	}
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			l.unreadable(err, 0)
			return // what follows a broken quote cannot be told apart
		}
		line, _ := reader.FieldPos(0)
		if len(l.rows) >= maxRows {
			l.fault(line, "", fmt.Sprintf("more than %d rows", maxRows))
			return
		}
		if blank(record) {
			continue
		}
		l.row(line, record)
	}
}

func (l *list) unreadable(err error, line int) {
	var wrong *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		l.fault(0, "", "the list is empty")
	case errors.As(err, &wrong):
		l.fault(wrong.Line, "", fmt.Sprintf("column %d: %v", wrong.Column, wrong.Err))
	default:
		l.fault(line, "", "cannot be read")
	}
}

func blank(record []string) bool {
	return !slices.ContainsFunc(record, func(s string) bool { return strings.TrimSpace(s) != "" })
}

// header finds the columns.
func (l *list) header(head []string) bool {
	l.at = map[string]int{}
	if len(head) > maxFields {
		l.fault(1, "", fmt.Sprintf("more than %d columns", maxFields))
		return false
	}
	for i, word := range head {
		word = strings.ToLower(strings.TrimSpace(word))
		name, known := columns[strings.NewReplacer(" ", "_", "-", "_").Replace(word)]
		if !known {
			l.fault(1, clip(word), "is no column of this list: ref, name, class, expires, status, card, photo")
			continue
		}
		if _, twice := l.at[name]; twice {
			l.fault(1, name, "stands there twice")
			continue
		}
		l.at[name] = i
	}
	for _, name := range []string{"ref", "name", "class"} {
		if _, ok := l.at[name]; !ok {
			l.fault(1, name, "is missing")
		}
	}
	return l.count == 0
}

func (l *list) field(record []string, name string) string {
	i, ok := l.at[name]
	if !ok || i >= len(record) {
		return ""
	}
	return strings.TrimSpace(record[i])
}

// row checks one line; every fault of it is told.
func (l *list) row(line int, record []string) {
	before := l.count
	if len(record) > maxFields {
		l.fault(line, "", "has more fields than the header")
		return
	}
	r := Row{Line: line, Status: ActivePass}
	r.Ref = l.words(line, record, "ref", maxRef, true)
	r.Name = l.words(line, record, "name", maxName, true)
	if class := Class(strings.ToLower(l.field(record, "class"))); slices.Contains(classes, class) {
		r.Class = class
	} else {
		l.fault(line, "class", "must be one of staff, delegate, retiree, media, ngo, intern, courtesy, temporary")
	}
	if day := l.field(record, "expires"); day != "" {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			l.fault(line, "expires", "must be a date like 2026-12-31")
		}
		r.Expires = day
	}
	if status := Status(strings.ToLower(l.field(record, "status"))); status != "" {
		if r.Status = status; !slices.Contains(statuses, status) {
			l.fault(line, "status", "must be one of active, lost, stolen, blocked")
		}
	}
	l.card(line, record, &r)
	r.File = l.words(line, record, "photo", maxPhoto, false)
	if r.Named = r.File != ""; r.Named {
		r.File = path.Base(strings.ReplaceAll(r.File, `\`, "/"))
	}
	if was, twice := l.refs[r.Ref]; twice && r.Ref != "" {
		l.fault(line, "ref", fmt.Sprintf("stands in line %d already", was))
	}
	if l.refs[r.Ref] = line; l.count == before {
		l.rows = append(l.rows, r)
	}
}

// card keeps the hash of a card number, and of nothing else.
func (l *list) card(line int, record []string, r *Row) {
	number := l.field(record, "card")
	if number == "" {
		return
	}
	if len(number) > maxCard {
		l.fault(line, "card", "is too long for a card number")
		return
	}
	if r.CardHash = devices.CardHash(l.key, number); r.CardHash == "" {
		l.fault(line, "card", "is no card number")
		return
	}
	if was, twice := l.cards[r.CardHash]; twice {
		l.fault(line, "card", fmt.Sprintf("is the card of line %d already", was))
	}
	l.cards[r.CardHash] = line
}

func (l *list) words(line int, record []string, column string, most int, needed bool) string {
	s := l.field(record, column)
	switch {
	case s == "" && needed:
		l.fault(line, column, "is missing")
	case !utf8.ValidString(s):
		l.fault(line, column, "is not UTF-8")
		return ""
	case utf8.RuneCountInString(s) > most:
		l.fault(line, column, fmt.Sprintf("is longer than %d characters", most))
		return ""
	case strings.ContainsFunc(s, unicode.IsControl):
		l.fault(line, column, "holds control characters")
		return ""
	}
	return s
}

func clip(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// Search is what a row is found by.
func (r Row) Search() string { return strings.ToLower(r.Name) + " " + strings.ToLower(r.Ref) }
