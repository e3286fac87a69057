// Package sheet reads officers, posts and rosters out of a station's own
// spreadsheets and lays them out again. It sees rows of text only: files are read
// and written elsewhere.
//
//	sheet.go     rows, mappings of columns, and guessing them from headings
//	words.go     how stations write ranks, yes and no, leave and headings
//	dates.go     how they write days, times and standing hours
//	officers.go  a row an officer
//	posts.go     a row a post
//	roster.go    a row an officer, a column a day; or a row a duty
//	memory.go    what was said of a spreadsheet, for the next one
//	layout.go    the same tables written
//
// Reading never fails as a whole: what can be used is given, and each fault names
// its row, its column and what stood there.
package sheet

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Row is one row of a table; Number counts from 1 as the spreadsheet does.
type Row struct {
	Number int
	Cells  []string
}

// A Table is what is written.
type Table struct {
	Head []string
	Rows [][]string
}

// A Field is what a column may hold.
type Field string

// The fields of officers, posts and duties.
const (
	ID             Field = "id"
	Badge          Field = "badge"
	Name           Field = "name"
	GivenName      Field = "given_name"
	FamilyName     Field = "family_name"
	Rank           Field = "rank"
	Unit           Field = "unit"
	HomeStation    Field = "home_station"
	Contract       Field = "contract" // hours a week
	Qualifications Field = "qualifications"
	Languages      Field = "languages"
	Gender         Field = "gender"
	Employment     Field = "employment"
	Funding        Field = "funding"
	From           Field = "from"
	Until          Field = "until"
	Email          Field = "email"
	Phone          Field = "phone"

	Area       Field = "area"
	Hours      Field = "hours"
	Headcount  Field = "headcount"
	Shifts     Field = "shifts"
	MinRank    Field = "min_rank"
	Required   Field = "required"
	Wished     Field = "wished"
	Armed      Field = "armed"
	Mobile     Field = "mobile"
	Report     Field = "report"
	MealRelief Field = "meal_relief"
	Rotation   Field = "rotation"
	CheckCall  Field = "check_call"
	Ceremonial Field = "ceremonial"
	Unpopular  Field = "unpopular"
	Lane       Field = "lane"
	PairedWith Field = "paired_with"
	Weight     Field = "weight"

	Date    Field = "date"
	Shift   Field = "shift"
	Post    Field = "post"
	Officer Field = "officer"
)

// A Mapping says which column holds what. Columns count from 1.
type Mapping struct {
	Head    int           `json:"head"` // number of the row of headings; rows up to it are left out
	Columns map[Field]int `json:"columns"`
	// Held gives columns of qualifications, each of which holds the last day on which
	// one is valid, or yes.
	Held map[string]int `json:"held"`
	// Codes says what codes of the station's roster mean, beyond the station's shift
	// types and the usual codes of leave: "shift:D", "shift:D@P01", "leave:annual" or
	// "off".
	Codes map[string]string `json:"codes"`
	// Days gives the columns of a roster by day.
	Days map[int]string `json:"days"` // column -> 2026-11-22
	// Officers says who is meant by a name that no officer of the station is written
	// like: the name as it stands, and the officer's id.
	Officers map[string]string `json:"officers,omitempty"`
	// MonthFirst reads 3/4/2026 as 4 March.
	MonthFirst bool `json:"month_first"`
	// Year completes days without one; after December comes January of the next. 0: they
	// are faults.
	Year int `json:"year"`
	// Month completes a heading of mere day numbers; 0: they are faults.
	Month int `json:"month"`
}

// A Problem is one cell that cannot be used. Its row is left out where it matters.
type Problem struct {
	Row    int    `json:"row"`
	Column int    `json:"column"` // 0: the row as a whole
	Field  Field  `json:"field"`
	Value  string `json:"value"`
	Code   string `json:"code"` // which sentence of the catalogue
	Reason string `json:"reason"`
}

// mostProblems bounds what is told of a table: a wrong column is wrong everywhere.
const mostProblems = 500

// reader goes through a table by a mapping.
type reader struct {
	m        *Mapping
	row      Row
	problems []Problem
	broken   bool // this row
}

func (r *reader) begin(row Row) {
	r.row, r.broken = row, false
}

// at is the text of a column of the row.
func (r *reader) at(column int) string {
	if column < 1 || column > len(r.row.Cells) {
		return ""
	}
	return tidy(r.row.Cells[column-1])
}

func (r *reader) text(f Field) string { return r.at(r.m.Columns[f]) }

func (r *reader) fault(f Field, value, code, reason string) {
	r.faultAt(r.m.Columns[f], f, value, code, reason)
}

func (r *reader) faultAt(column int, f Field, value, code, reason string) {
	r.broken = true
	if len(r.problems) < mostProblems {
		r.problems = append(r.problems, Problem{Row: r.row.Number, Column: column, Field: f, Value: clip(value), Code: code, Reason: reason})
	}
}

// body calls each for the rows below the headings that hold anything.
func (r *reader) body(rows []Row, each func()) {
	for _, row := range rows {
		if row.Number <= r.m.Head || !slices.ContainsFunc(row.Cells, func(c string) bool { return tidy(c) != "" }) {
			continue
		}
		r.begin(row)
		each()
	}
}

// list is a field with several values, between commas, semicolons, slashes or
// lines.
func (r *reader) list(f Field) []string { return split(r.text(f)) }

func split(text string) []string {
	var list []string
	for part := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(",;/\n|", c) }) {
		if part = tidy(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// tidy takes away what spreadsheets leave around a text: spaces of all sorts, and
// what cannot be seen.
func tidy(s string) string {
	s = strings.Map(func(c rune) rune {
		switch {
		case c == '\n':
			return c
		case unicode.IsSpace(c):
			return ' '
		case !unicode.IsPrint(c):
			return -1
		}
		return c
	}, s)
	return strings.TrimSpace(s)
}

// fold makes texts comparable: no case, no accents on Latin letters, no
// punctuation, single spaces.
func fold(s string) string {
	var b strings.Builder
	gap := false
	for _, c := range strings.ToLower(s) {
		if plain, ok := unaccented[c]; ok {
			c = plain
		}
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			gap = true
			continue
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteRune(c)
	}
	return b.String()
}

var unaccented = func() map[rune]rune {
	m := map[rune]rune{}
	for plain, marked := range map[rune]string{'a': "áàâäãåā", 'c': "çćč", 'd': "ďđ", 'e': "éèêëēěę", 'g': "ğ", 'i': "íìîïīı", 'l': "ł", 'n': "ñńň", 'o': "óòôöõøō", 'r': "ř", 's': "śšş", 't': "ťţ", 'u': "úùûüūů", 'y': "ýÿ", 'z': "źżž"} {
		for _, c := range marked {
			m[c] = plain
		}
	}
	return m
}()

// clip keeps a hostile value from filling a list of problems.
func clip(s string) string {
	if utf8.RuneCountInString(s) > 60 {
		return string([]rune(s)[:60]) + "…"
	}
	return s
}

// Kind is what a table holds.
type Kind string

// The kinds of tables.
const (
	OfficerTable Kind = "officers"
	PostTable    Kind = "posts"
	RosterGrid   Kind = "roster" // a row an officer, a column a day
	DutyList     Kind = "duties" // a row a duty
)

// Guess finds the row of headings and what its columns hold. What it does not
// know it leaves to the person who imports.
func Guess(kind Kind, rows []Row) Mapping {
	best, score, at := Mapping{Columns: map[Field]int{}}, 0, 0
	for i, row := range rows {
		if i == 20 {
			break
		}
		m := Mapping{Head: row.Number, Columns: map[Field]int{}, Held: map[string]int{}, Days: map[int]string{}}
		for k, cell := range row.Cells {
			m.learn(kind, k+1, tidy(cell))
		}
		if n := len(m.Columns) + len(m.Held) + len(m.Days); n > score {
			best, score, at = m, n, i
		}
	}
	if kind == RosterGrid && score > 0 {
		best.beside(rows, at)
		best.title(rows[:at+1])
	}
	return best
}

// beside takes what a heading over two rows says in the other row: the names of the
// days of the week, and what the columns before the days hold.
func (m *Mapping) beside(rows []Row, at int) {
	if len(m.Days) == 0 {
		return
	}
	headings := func(row Row) (found bool) {
		for k, cell := range row.Cells {
			if heading := tidy(cell); m.Days[k+1] == "" && heading != "" {
				before := len(m.Columns)
				m.learn(RosterGrid, k+1, heading)
				found = found || len(m.Columns) > before
			}
		}
		return found
	}
	if at+1 < len(rows) && m.weekdays(rows[at+1]) {
		m.Head = rows[at+1].Number
		headings(rows[at+1])
	}
	for i := at - 1; i >= max(0, at-2) && len(m.Columns) == 0; i-- {
		headings(rows[i])
	}
}

// weekdays reports whether a row names the days of the week over the days, and no
// officer.
func (m *Mapping) weekdays(row Row) bool {
	named := 0
	for k, cell := range row.Cells {
		text := tidy(cell)
		switch {
		case text == "":
		case m.Days[k+1] == "":
			if !slices.ContainsFunc(officerHeadings, func(h heading) bool { return slices.Contains(h.words, fold(text)) }) {
				return false
			}
		case weekday(text) > 0 || initial(text):
			named++
		default:
			return false
		}
	}
	return named*2 > len(m.Days)
}

// title takes the month of a heading of mere day numbers from what stands above it.
func (m *Mapping) title(rows []Row) {
	for _, row := range slices.Backward(rows) {
		for k, cell := range row.Cells {
			if m.Days[k+1] != "" && row.Number == m.Head {
				continue
			}
			if year, month := monthIn(tidy(cell), m); year != 0 {
				m.Year, m.Month = year, month
				return
			}
		}
	}
}

// learn takes a heading.
func (m *Mapping) learn(kind Kind, column int, heading string) {
	if heading == "" {
		return
	}
	if kind == RosterGrid {
		if d, ok := day(heading, m); ok {
			m.Days[column] = d.String()
			return
		}
		if n, ok := dayNumber(heading); ok {
			m.Days[column] = n
			return
		}
		if _, ok := day(heading, &Mapping{Year: 2024, MonthFirst: m.MonthFirst}); ok { // a leap year
			m.Days[column] = clip(heading)
			return
		}
	}
	if code, ok := strings.CutPrefix(heading, "held:"); ok && kind == OfficerTable && code != "" {
		m.Held[code] = column
		return
	}
	for _, f := range headings[kind] {
		if slices.Contains(f.words, fold(heading)) && m.Columns[f.field] == 0 {
			m.Columns[f.field] = column
			return
		}
	}
}
