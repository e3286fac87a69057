package sheet_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"guardroom/rosters"
	"guardroom/rosters/demo"
	"guardroom/rosters/sheet"

	"pgregory.net/rapid"
)

// rowsOf reads a table of lines with cells between bars.
func rowsOf(text string) []sheet.Row {
	var rows []sheet.Row
	for line := range strings.Lines(text) {
		var cells []string
		for cell := range strings.SplitSeq(strings.TrimSuffix(line, "\n"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		rows = append(rows, sheet.Row{Number: len(rows) + 1, Cells: cells})
	}
	return rows
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	a, _ := json.MarshalIndent(got, "", " ")
	b, _ := json.MarshalIndent(want, "", " ")
	if string(a) != string(b) {
		x, y := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
		for i := range x {
			if i >= len(y) || x[i] != y[i] {
				t.Fatalf("%s differ in line %d: %q, want %q", what, i, x[i], append(y, "")[min(i, len(y))])
			}
		}
		t.Fatalf("%s: %d lines, want %d", what, len(x), len(y))
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	day := rosters.Day(2026, 11, 30)
	s := demo.Station("Africa/Nairobi", day)
	p := demo.Period(&s, day, 5)
	p.Assignments = demo.Roster(&s, &p)

	rows := sheet.RowsOf(sheet.OfficerTableOf(s.Officers))
	officers, problems := sheet.Officers(rows, sheet.Guess(sheet.OfficerTable, rows))
	if len(problems) > 0 {
		t.Fatalf("officers: %+v", problems[0])
	}
	same(t, "officers", officers, s.Officers)

	rows = sheet.RowsOf(sheet.PostTableOf(s.Posts))
	posts, problems := sheet.Posts(rows, sheet.Guess(sheet.PostTable, rows), &s)
	if len(problems) > 0 {
		t.Fatalf("posts: %+v", problems[0])
	}
	for i := range posts { // a round-the-clock post begins when its day does
		same(t, "posts", len(posts[i].Standing), len(s.Posts[i].Standing))
	}

	rows = sheet.RowsOf(sheet.GridOf(&s, p.From, p.Until, p.Assignments, p.Leave, true))
	m := sheet.Guess(sheet.RosterGrid, rows)
	roster, problems := sheet.Grid(rows, m, &s)
	if len(problems) > 0 {
		t.Fatalf("roster: %+v", problems[0])
	}
	if d := rosters.Differences(p.Assignments, roster.Assignments, p.From, p.Until); len(d) > 0 || roster.From != p.From || roster.Until != p.Until {
		t.Errorf("roster: %d cells differ, from %s to %s", len(d), roster.From, roster.Until)
	}
	q := p
	q.Assignments, q.Leave = roster.Assignments, roster.Leave
	before, _ := rosters.Check(&s, &p)
	after, err := rosters.Check(&s, &q)
	if err != nil || rosters.ScoreOf(before).Mandatory != rosters.ScoreOf(after).Mandatory {
		t.Errorf("the roster read back is judged otherwise: %v", err)
	}

	table, err := sheet.ListOf(&s, p.Assignments)
	if err != nil {
		t.Fatal(err)
	}
	rows = sheet.RowsOf(table)
	list, problems := sheet.List(rows, sheet.Guess(sheet.DutyList, rows), &s)
	if len(problems) > 0 || len(rosters.Differences(p.Assignments, list.Assignments, p.From, p.Until)) > 0 {
		t.Errorf("list: %d problems", len(problems))
	}
}

func TestOfficersAsStationsWriteThem(t *testing.T) {
	rows := rowsOf(`Security Section, staffing table
Index No.|Nom|Prénom|Grade|Hours|Sex|Type|held:firearm|Languages|Until
10 234|KAMAU|Joseph|Sgt|40|M|Staff|31/12/2026|EN, FR|
10 235|Wanjiru|Aïcha|S/O|37,5|F||yes||22 Nov 2027
|||||||||
10 236|Nobody||General|40|M|Staff|||
10 235|Again||SO|40h|F|Staff|||
10 237|Late||SO|40|F|Staff|sometimes||46000
10 238|Never||SSO|two|Q|Lent|||32.13.2026
10 239|Serial||SSO|30:30|f|Contractor|46022||`)
	m := sheet.Guess(sheet.OfficerTable, rows)
	if m.Head != 2 || m.Columns[sheet.FamilyName] != 2 || m.Columns[sheet.GivenName] != 3 || m.Held["firearm"] != 8 {
		t.Fatalf("guessed %+v", m)
	}
	officers, problems := sheet.Officers(rows, m)
	var names []string
	for _, o := range officers {
		names = append(names, o.ID+" "+o.Name+" "+o.Rank.String())
	}
	if want := []string{"10 234 Joseph KAMAU sergeant", "10 235 Aïcha Wanjiru officer", "10 239 Serial senior_officer"}; !slices.Equal(names, want) {
		t.Errorf("read %q, want %q", names, want)
	}
	if o := officers[1]; o.Contract != 2250 || o.Gender != rosters.Female || o.Until != rosters.Day(2027, 11, 22) || len(o.Held) != 1 || o.Held[0].Expires != 0 {
		t.Errorf("read %+v", o)
	}
	if o := officers[2]; o.Held[0].Expires != rosters.Day(2025, 12, 31) || o.Contract != 1830 || o.Employment != rosters.Contractor {
		t.Errorf("read %+v", o)
	}
	var told []string
	for _, p := range problems {
		told = append(told, string(rune('0'+p.Row))+" "+p.Code)
	}
	if want := []string{"6 rank", "7 twice", "8 held", "9 hours", "9 gender", "9 employment", "9 date"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestRosterAsStationsWriteIt(t *testing.T) {
	s := demo.Station("Europe/Vienna", rosters.Day(2026, 11, 30))
	a, b := s.Officers[0], s.Officers[1]
	first, family, _ := strings.Cut(a.Name, " ")
	rows := rowsOf("November 2026\n" +
		"Name|Badge|Mon 30|Tue 1|Wed 2|Thu 3\n" +
		family + ", " + first + "||D|n@p04|AL|A/L\n" +
		"Somebody|" + b.Badge + "|M|off|SL|?\n" +
		"Nobody||D|D|D|D\n" +
		"|||D|LD+SB|D@nowhere\n")
	m := sheet.Guess(sheet.RosterGrid, rows)
	m.Year, m.Month = 2026, 11
	m.Codes = map[string]string{"M": "shift:D@P05", "A/L": "leave:annual"}
	got, problems := sheet.Grid(rows, m, &s)
	want := []rosters.Assignment{
		{Officer: a.ID, Date: rosters.Day(2026, 11, 30), Shift: "D", Source: rosters.FromImport},
		{Officer: b.ID, Date: rosters.Day(2026, 11, 30), Shift: "D", Post: "P05", Source: rosters.FromImport},
		{Officer: a.ID, Date: rosters.Day(2026, 12, 1), Shift: "N", Post: "P04", Source: rosters.FromImport},
	}
	if !slices.Equal(got.Assignments, want) {
		t.Errorf("read %+v", got.Assignments)
	}
	if len(got.Leave) != 2 || got.Leave[0].Kind != rosters.AnnualLeave || got.Leave[0].Until != rosters.Day(2026, 12, 3) || got.Leave[1].Kind != rosters.SickLeave {
		t.Errorf("leave %+v", got.Leave)
	}
	var told []string
	for _, p := range problems {
		told = append(told, p.Code+" "+p.Value)
	}
	if want := []string{"code ?", "officer Nobody", "missing "}; !slices.Equal(told, want) || got.Unknown["?"] != 1 {
		t.Errorf("told %q, want %q; unknown %v", told, want, got.Unknown)
	}
}

func TestAbsentForThoseWhoMayNotKnow(t *testing.T) {
	s := demo.Station("UTC", rosters.Day(2026, 11, 30))
	d := rosters.Day(2026, 12, 1)
	sick := []rosters.Leave{{Officer: s.Officers[0].ID, Kind: rosters.SickLeave, From: d, Until: d, Decision: rosters.Approved}}
	if got := sheet.GridOf(&s, d, d, nil, sick, false).Rows[0][5]; got != "absent" {
		t.Errorf("%q, want absent", got)
	}
	if got := sheet.GridOf(&s, d, d, nil, sick, true).Rows[0][5]; got != "SL" {
		t.Errorf("%q, want SL", got)
	}
}

func TestStandingHoursReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []rosters.Hours
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			h := rosters.Hours{
				From: rosters.Clock(rapid.IntRange(0, 1439).Draw(t, "from")), To: rosters.Clock(rapid.IntRange(0, 1439).Draw(t, "to")),
				Headcount: rapid.IntRange(1, 200).Draw(t, "headcount"), HolidaysOff: rapid.Bool().Draw(t, "not on holidays"),
			}
			for d := 1; d <= 7; d++ {
				if rapid.Bool().Draw(t, "day") {
					h.Weekdays = append(h.Weekdays, d)
				}
			}
			list = append(list, h)
		}
		text := sheet.FormatHours(list)
		got, err := sheet.ParseHours(text)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(list)
		if string(a) != string(b) {
			t.Errorf("%q is read as %s, want %s", text, a, b)
		}
	})
	for _, text := range []string{"sometimes", "Mon-Fri", "06:00", "25:00-26:00", "Mon-Xyz 06:00-07:00", "06:00-14:00 x0", "x2"} {
		if got, err := sheet.ParseHours(text); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

// FuzzTables holds that no table, however broken, does more than give problems.
func FuzzTables(f *testing.F) {
	f.Add("Name|Badge|2026-11-30|1/12/2026\nA|1|D|N@P01\n", uint8(2))
	f.Add("ID|Name|Rank|Hours|held:firearm|Qualifications\n1|A|Sgt|40:30|46000|x 2026-01-01; y\n", uint8(0))
	f.Add("Name|Hours|Shifts|Armed\nGate|Mon-Fri 06:00-22:00 x2; Sat 24h|D,E|x\n", uint8(1))
	f.Add("Date|Officer|Shift|Post\n30 Nov|J Kamau|D|Gate\n", uint8(3))
	s := demo.Station("Europe/Vienna", rosters.Day(2026, 11, 30))
	f.Fuzz(func(t *testing.T, text string, kind uint8) {
		if len(text) > 20_000 {
			return
		}
		rows := rowsOf(text)
		of := []sheet.Kind{sheet.OfficerTable, sheet.PostTable, sheet.RosterGrid, sheet.DutyList}[kind%4]
		m := sheet.Guess(of, rows)
		m.Year, m.Month = 2026, int(kind%13)
		var problems []sheet.Problem
		switch of {
		case sheet.OfficerTable:
			var list []rosters.Officer
			list, problems = sheet.Officers(rows, m)
			for i := range list {
				if err := list[i].Validate(); err != nil {
					t.Errorf("an officer that cannot be: %v", err)
				}
			}
		case sheet.PostTable:
			var list []rosters.Post
			list, problems = sheet.Posts(rows, m, &s)
			for i := range list {
				if err := list[i].Validate(); err != nil {
					t.Errorf("a post that cannot be: %v", err)
				}
			}
		case sheet.RosterGrid, sheet.DutyList:
			read := sheet.Grid
			if of == sheet.DutyList {
				read = sheet.List
			}
			var got sheet.Roster
			got, problems = read(rows, m, &s)
			for _, a := range got.Assignments {
				if s.Officer(a.Officer) == nil || s.ShiftType(a.Shift) == nil || a.Post != "" && s.Post(a.Post) == nil || a.Date == 0 {
					t.Errorf("a duty that cannot be: %+v", a)
				}
			}
		}
		for _, p := range problems {
			if p.Code == "" || p.Reason == "" || len(p.Value) > 300 {
				t.Errorf("a problem without words: %+v", p)
			}
		}
	})
}

// A month as a French-speaking section keeps it: a title, headings over two rows, day
// numbers, codes of its own, two officers of one name.
func TestAMonthUnderATitle(t *testing.T) {
	s := demo.Station("Europe/Zurich", rosters.Day(2026, 11, 30))
	s.Officers = s.Officers[:4]
	for i, name := range []string{"José Álvarez", "Вера Петрова", "علي حسن", "José Álvarez"} {
		s.Officers[i].Name, s.Officers[i].Unit = name, []string{"Équipe A", "Équipe A", "Équipe B", "Équipe B"}[i]
	}
	days, letters := "", ""
	for d := 1; d <= 31; d++ {
		days += "|" + rosters.Day(2026, 12, d).Time().Format("2")
		letters += "|" + string("DLMMJVS"[rosters.Day(2026, 12, d).Time().Weekday()])
	}
	rows := rowsOf("Service de sécurité – planning décembre 2026\n\n" +
		"Équipe|Nom\n" +
		"|" + days + "\n" +
		"|" + letters + "\n" +
		"Équipe A|Álvarez José|J|S|N/12|CO|R\n" +
		"équipe a|ПЕТРОВА В|J\n" +
		"Équipe B|علي حسن|D+\n" +
		"Équipe B|Alvarez José|J\n" +
		"Équipe B|J. Alvarez|J\n" +
		"|Inconnu|J\n")
	m := sheet.Guess(sheet.RosterGrid, rows)
	if m.Head != 5 || m.Columns[sheet.Name] != 0 && m.Columns[sheet.Name] != 2 || m.Year != 2026 || m.Month != 12 || len(m.Days) != 31 || m.Columns[sheet.Unit] != 1 {
		t.Fatalf("guessed %+v", m)
	}
	m.Codes = map[string]string{"J": "shift:D", "S": "shift:E", "N/12": "shift:N", "CO": "leave:annual", "D+": "shift:D"}
	m.Officers = map[string]string{"Inconnu": s.Officers[2].ID}
	got, problems := sheet.Grid(rows, m, &s)
	var told []string
	for _, a := range got.Assignments {
		told = append(told, a.Officer+" "+a.Date.String()[5:]+" "+a.Shift)
	}
	if want := []string{"O001 12-01 D", "O002 12-01 D", "O003 12-01 D", "O004 12-01 D", "O001 12-02 E", "O001 12-03 N"}; !slices.Equal(told, want) {
		t.Errorf("read %q, want %q", told, want)
	}
	if len(problems) != 2 || problems[0].Code != "twice" || problems[0].Row != 10 || problems[1].Code != "twice" || problems[1].Row != 11 {
		t.Errorf("problems %+v", problems)
	}
	if len(got.Leave) != 1 || got.Until != rosters.Day(2026, 12, 31) {
		t.Errorf("leave %+v until %s", got.Leave, got.Until)
	}
	if got.Codes["R"] != (sheet.Use{Meaning: "off", Times: 1}) || got.Codes["J"].Meaning != "shift:D" || got.Codes["J"].Times != 3 {
		t.Errorf("codes %+v", got.Codes)
	}
}

func TestDaysAsHeadings(t *testing.T) {
	s := demo.Station("Europe/Zurich", rosters.Day(2026, 11, 30))
	for _, tc := range []struct {
		heads, want string
		year        int
	}{
		{"31/12|1/1|2/1", "2026-12-31 2027-01-01 2027-01-02", 2026},
		{"Thu 31 Dec|Fri 1 Jan", "2026-12-31 2027-01-01", 2026},
		{"mar. 1 déc. 2026|mer. 2 déc. 2026", "2026-12-01 2026-12-02", 0},
		{"mardi 1 décembre 2026|1 января 2027|2 يناير 2027", "2026-12-01 2027-01-01 2027-01-02", 0},
		{"Mar 3 2026|2026-03-04|46086", "2026-03-03 2026-03-04 2026-03-05", 0},
	} {
		rows := rowsOf("Name|" + tc.heads + "\n" + s.Officers[0].Name + strings.Repeat("|D", strings.Count(tc.heads, "|")+1) + "\n")
		m := sheet.Guess(sheet.RosterGrid, rows)
		if m.Year == 0 {
			m.Year = tc.year
		}
		got, problems := sheet.Grid(rows, m, &s)
		var days []string
		for _, a := range got.Assignments {
			days = append(days, a.Date.String())
		}
		if strings.Join(days, " ") != tc.want || len(problems) > 0 {
			t.Errorf("%s: %q, %+v", tc.heads, days, problems)
		}
	}
}
