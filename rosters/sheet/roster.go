package sheet

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"guardroom/rosters"
)

// A Roster is what a table says of who has which duty.
type Roster struct {
	Assignments []rosters.Assignment `json:"assignments"`
	Leave       []rosters.Leave      `json:"leave"` // days in a row are one leave
	// Unknown counts the codes that neither station nor mapping know, for the person
	// who imports to say what they mean.
	Unknown map[string]int `json:"unknown"`
	Codes   map[string]Use `json:"codes"` // the others, as they were read
	From    rosters.Date   `json:"from"`  // first and last day of the table
	Until   rosters.Date   `json:"until"`
}

// A Use is what a code was taken for, as Mapping.Codes says it, and how often.
type Use struct {
	Meaning string `json:"meaning"`
	Times   int    `json:"times"`
}

// Grid reads a row an officer, a column a day. A cell is a shift type's code, with
// its post after an @ where it has one, several between +; a code of leave; or a
// code that the mapping explains.
func Grid(rows []Row, m Mapping, s *rosters.Station) (Roster, []Problem) {
	g := newGrid(m, s)
	days := g.days(rows)
	seen := map[string]int{}
	g.reader.body(rows, func() {
		officer := g.officer()
		if officer == "" {
			return
		}
		if first, twice := seen[officer]; twice {
			g.reader.faultAt(0, Name, g.reader.text(Name), "twice", "the same officer as in row "+itoa(first))
			return
		}
		seen[officer] = g.reader.row.Number
		for _, column := range slices.Sorted(maps.Keys(days)) {
			g.cell(officer, days[column], column, g.reader.at(column))
		}
	})
	return g.done(), g.reader.problems
}

// List reads a row a duty.
func List(rows []Row, m Mapping, s *rosters.Station) (Roster, []Problem) {
	g := newGrid(m, s)
	g.reader.body(rows, func() {
		d := g.reader.date(Date)
		if d == 0 && !g.reader.broken {
			g.reader.fault(Date, "", "missing", "a duty without a day")
		}
		officer := g.officer()
		if g.reader.broken {
			return
		}
		code := g.reader.text(Shift)
		if post := g.reader.text(Post); post != "" && !strings.Contains(code, "@") {
			code += "@" + post
		}
		g.cell(officer, d, m.Columns[Shift], code)
	})
	return g.done(), g.reader.problems
}

// grid collects a roster.
type grid struct {
	reader *reader
	s      *rosters.Station
	who    map[string][]string // folded badge, id or name -> officers
	posts  map[string][]string // folded id or name -> posts
	codes  map[string]string   // by codeKey
	out    Roster
	away   map[rosters.Cell]rosters.LeaveKind
}

func newGrid(m Mapping, s *rosters.Station) *grid {
	g := &grid{
		reader: &reader{m: &m}, s: s, who: map[string][]string{}, posts: map[string][]string{}, codes: map[string]string{},
		away: map[rosters.Cell]rosters.LeaveKind{}, out: Roster{Unknown: map[string]int{}, Codes: map[string]Use{}},
	}
	for i := range s.Officers {
		o := &s.Officers[i]
		for _, name := range spellings(o) {
			if !slices.Contains(g.who[name], o.ID) {
				g.who[name] = append(g.who[name], o.ID)
			}
		}
	}
	for i := range s.Posts {
		p := &s.Posts[i]
		for _, name := range []string{fold(p.ID), fold(p.Name)} {
			if !slices.Contains(g.posts[name], p.ID) {
				g.posts[name] = append(g.posts[name], p.ID)
			}
		}
	}
	for name, id := range m.Officers {
		if s.Officer(id) != nil {
			g.who[fold(name)] = []string{id}
		}
	}
	for code, meaning := range m.Codes {
		g.codes[codeKey(code)] = meaning
	}
	return g
}

// spellings of an officer: id, badge, "Joseph Kamau", "Kamau Joseph", "J Kamau",
// "Kamau J", all folded.
func spellings(o *rosters.Officer) []string {
	list := []string{fold(o.ID)}
	if o.Badge != "" {
		list = append(list, fold(o.Badge))
	}
	name := fold(o.Name)
	list = append(list, name)
	words := strings.Fields(name)
	if n := len(words); n > 1 {
		first, family := words[0], strings.Join(words[1:], " ")
		initial := string([]rune(first)[:1])
		list = append(list, family+" "+first, initial+" "+family, family+" "+initial)
	}
	return list
}

// officer finds whose row it is, by badge, id or name; "" after a fault.
func (g *grid) officer() string {
	r := g.reader
	for _, f := range []Field{Badge, ID, Name, Officer} {
		text := r.text(f)
		if text == "" {
			continue
		}
		switch found := g.likely(g.who[fold(text)]); {
		case len(found) == 1:
			return found[0]
		case len(found) > 1:
			r.fault(f, text, "ambiguous", "several officers are written like this; give the badge number")
			return ""
		case f == Name || f == Officer:
			r.fault(f, text, "officer", "no officer of the station is written like this")
			return ""
		}
	}
	if full := tidy(r.text(GivenName) + " " + r.text(FamilyName)); full != "" {
		switch found := g.likely(g.who[fold(full)]); {
		case len(found) == 1:
			return found[0]
		case len(found) > 1:
			r.fault(FamilyName, full, "ambiguous", "several officers are written like this; give the badge number")
			return ""
		}
		r.fault(FamilyName, full, "officer", "no officer of the station is written like this")
		return ""
	}
	r.fault(Name, "", "missing", "a row without an officer")
	return ""
}

// likely are those of several officers of one name whose rank and unit are the row's.
func (g *grid) likely(found []string) []string {
	if len(found) < 2 {
		return found
	}
	is, known := rank(g.reader.text(Rank))
	unit := fold(g.reader.text(Unit))
	left := []string{}
	for _, id := range found {
		if o := g.s.Officer(id); (!known || o.Rank == is) && (unit == "" || fold(o.Unit) == unit) {
			left = append(left, id)
		}
	}
	if len(left) == 0 {
		return found
	}
	return left
}

// days reads the days of the columns; mere day numbers take the mapping's month,
// and go on into the next after its last day.
func (g *grid) days(rows []Row) map[int]rosters.Date {
	r := g.reader
	for _, row := range rows {
		if row.Number == r.m.Head {
			r.begin(row)
		}
	}
	days := map[int]rosters.Date{}
	year, month, last := r.m.Year, r.m.Month, 0
	before := rosters.Date(0)
	for _, column := range slices.Sorted(maps.Keys(r.m.Days)) {
		text := r.m.Days[column]
		if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= 31 {
			if year < 1971 || month < 1 || month > 12 {
				r.faultAt(column, Date, text, "month", "which month and year the day is of")
				continue
			}
			if n <= last {
				if month++; month == 13 {
					year, month = year+1, 1
				}
			}
			last = n
			text = time.Date(year, time.Month(month), n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
			if time.Date(year, time.Month(month), n, 0, 0, 0, 0, time.UTC).Day() != n {
				continue // a 31st column in a shorter month
			}
		}
		d, ok := day(text, &Mapping{Year: year, MonthFirst: r.m.MonthFirst})
		if ok && d+180 < before { // "31 Dec", "1 Jan"
			year++
			d, ok = day(text, &Mapping{Year: year, MonthFirst: r.m.MonthFirst})
		}
		if !ok {
			r.faultAt(column, Date, text, "date", "a day such as 2026-11-22")
			continue
		}
		before = d
		if slices.Contains(slices.Collect(maps.Values(days)), d) {
			r.faultAt(column, Date, text, "twice", "this day has a column already")
			continue
		}
		days[column] = d
		g.reach(d)
	}
	return days
}

func (g *grid) reach(d rosters.Date) {
	if g.out.From == 0 || d < g.out.From {
		g.out.From = d
	}
	g.out.Until = max(g.out.Until, d)
}

// cell reads what an officer has on a day.
func (g *grid) cell(officer string, d rosters.Date, column int, text string) {
	g.reach(d)
	if off(text) && g.codes[codeKey(text)] == "" && g.s.ShiftType(text) == nil {
		if text != "" {
			g.use(text, "off")
		}
		return
	}
	if g.reader.m.Codes[text] != "" { // a code with a plus or an at sign in it
		g.code(officer, d, column, text, "")
		return
	}
	if strings.Count(text, "+") >= mostDuties {
		g.reader.faultAt(column, Shift, text, "many", "a day has at most four duties")
		return
	}
	for part := range strings.SplitSeq(text, "+") {
		code, where, _ := strings.Cut(tidy(part), "@")
		if code = tidy(code); code == "" {
			code = text
		}
		g.code(officer, d, column, code, tidy(where))
	}
}

// mostDuties of an officer begin on a day.
const mostDuties = 4

// use counts what a code was taken for.
func (g *grid) use(code, meaning string) {
	if u, known := g.out.Codes[clip(code)]; known || len(g.out.Codes) < mostProblems {
		g.out.Codes[clip(code)] = Use{meaning, u.Times + 1}
	}
}

func (g *grid) code(officer string, d rosters.Date, column int, code, where string) {
	meaning := g.reader.m.Codes[code]
	if meaning == "" {
		meaning = g.codes[codeKey(code)]
	}
	if meaning == "" {
		meaning = g.usual(code)
	}
	if meaning != "" {
		g.use(code, meaning)
	}
	sort, what, _ := strings.Cut(meaning, ":")
	switch sort {
	case "off":
	case "leave":
		g.away[rosters.Cell{Officer: officer, Date: d}] = rosters.LeaveKind(what)
	case "shift":
		shift, post, _ := strings.Cut(what, "@")
		if where == "" {
			where = post
		}
		if g.s.ShiftType(shift) == nil {
			g.reader.faultAt(column, Shift, code, "shift", "the station has no such shift type")
			return
		}
		g.give(officer, d, column, shift, where)
	default:
		if len(g.out.Unknown) < mostProblems {
			g.out.Unknown[clip(code)]++
		}
		g.reader.faultAt(column, Shift, code, "code", "nobody has said what this code means")
	}
}

// usual is what a code means at the station, or at most stations.
func (g *grid) usual(code string) string {
	if g.s.ShiftType(code) != nil {
		return "shift:" + code
	}
	for i := range g.s.ShiftTypes {
		if strings.EqualFold(g.s.ShiftTypes[i].Code, code) {
			return "shift:" + g.s.ShiftTypes[i].Code
		}
	}
	if kind, ok := leaveWords[fold(code)]; ok {
		return "leave:" + string(kind)
	}
	return ""
}

func (g *grid) give(officer string, d rosters.Date, column int, shift, where string) {
	a := rosters.Assignment{Officer: officer, Date: d, Shift: shift, Source: rosters.FromImport}
	if where != "" {
		switch found := g.posts[fold(where)]; len(found) {
		case 0:
			g.reader.faultAt(column, Post, where, "post", "the station has no such post")
			return
		case 1:
			a.Post = found[0]
		default:
			g.reader.faultAt(column, Post, where, "ambiguous", "several posts are called this")
			return
		}
	}
	g.out.Assignments = append(g.out.Assignments, a)
}

// done joins days of leave and sorts.
func (g *grid) done() Roster {
	cells := slices.SortedFunc(maps.Keys(g.away), func(a, b rosters.Cell) int {
		return cmp.Or(cmp.Compare(a.Officer, b.Officer), cmp.Compare(a.Date, b.Date))
	})
	for _, c := range cells {
		kind := g.away[c]
		if n := len(g.out.Leave); n > 0 {
			if l := &g.out.Leave[n-1]; l.Officer == c.Officer && l.Kind == kind && l.Until+1 == c.Date {
				l.Until = c.Date
				continue
			}
		}
		g.out.Leave = append(g.out.Leave, rosters.Leave{Officer: c.Officer, Kind: kind, From: c.Date, Until: c.Date, Decision: rosters.Approved})
	}
	slices.SortFunc(g.out.Assignments, rosters.Assignment.Order)
	g.out.Assignments = slices.CompactFunc(g.out.Assignments, rosters.Assignment.Same)
	return g.out
}
