package rosters

import (
	"context"
	"slices"
	"strings"

	"guardroom/console/auth"
	"guardroom/rosters"
)

// A Table is a draft, or the roster in force, as a screen paints it first: cells as
// numbers in columns, and nothing that has to be judged. What is wrong with it
// comes as Findings.
type Table struct {
	Numbers

	Draft    *Draft           `json:"draft"` // nil: the roster in force; its approvals stand at the problems
	From     rosters.Date     `json:"from"`
	Until    rosters.Date     `json:"until"`
	Officers []string         `json:"officers"` // ids; one row each
	Contents [][]rosters.Duty `json:"contents"` // each different content of a cell once, the empty one first
	Rows     [][]int          `json:"rows"`     // by officer and day: which of the contents
	Versions [][]int64        `json:"versions"` // by officer and day of a draft; 0 was never written
	Leave    []rosters.Leave  `json:"leave"`
	Wanted   []Wanted         `json:"wanted"`
}

// Wanted is a demand that is the same on several days.
type Wanted struct {
	Demand rosters.Demand `json:"demand"` // of the first day
	Days   []int          `json:"days"`   // counted from the first day of the Table
}

// Findings are what the judge says of a Table.
type Findings struct {
	Numbers

	// DraftVersion is the draft's that was judged; 0 for the roster in force.
	DraftVersion int64                    `json:"draft_version"`
	Problems     []rosters.Violation      `json:"problems"`
	Score        rosters.Score            `json:"score"`
	Tallies      map[string]rosters.Tally `json:"tallies"`
}

// Table gives a draft as it is now. Its cells may be newer than its version, never
// older.
func (d *Desk) Table(ctx context.Context, by auth.Operator, station, id string) (Table, error) {
	if err := mayDraft(by, station); err != nil {
		return Table{}, err
	}
	n, err := d.o.Store.Numbers(ctx, station)
	if err != nil {
		return Table{}, err
	}
	draft, err := d.o.Store.Draft(ctx, station, id)
	if err != nil {
		return Table{}, err
	}
	cells, err := d.o.Store.Cells(ctx, id)
	if err != nil {
		return Table{}, err
	}
	terms, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return Table{}, err
	}
	t := tabled(draft.From, draft.Until, cells)
	bare := draft.bare()
	t.Numbers, t.Draft = n, &bare
	t.Wanted = wanted(draft.From, append(terms.station.Standing(draft.From, draft.Until), draft.Demands...))
	t.Leave, err = d.leaveShown(ctx, by, station, draft.From, draft.Until)
	return t, err
}

// TableInForce gives the published roster of a period.
func (d *Desk) TableInForce(ctx context.Context, by auth.Operator, station string, from, until rosters.Date) (Table, error) {
	if err := by.May(auth.RostersRead, station); err != nil {
		return Table{}, err
	}
	if err := spanned(from, until); err != nil {
		return Table{}, err
	}
	n, err := d.o.Store.Numbers(ctx, station)
	if err != nil {
		return Table{}, err
	}
	given, err := d.o.Store.Published(ctx, station, from, until)
	if err != nil {
		return Table{}, err
	}
	terms, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return Table{}, err
	}
	t := tabled(from, until, cellsOf(given, 0))
	t.Numbers, t.Versions = n, [][]int64{}
	t.Wanted = wanted(from, terms.station.Standing(from, until))
	t.Leave, err = d.leaveShown(ctx, by, station, from, until)
	return t, err
}

// Findings judges a draft as it is now.
func (d *Desk) Findings(ctx context.Context, by auth.Operator, station, id string) (Findings, error) {
	b, err := d.open(ctx, by, station, id)
	if err != nil {
		return Findings{}, err
	}
	defer b.mu.Unlock()
	return Findings{
		Numbers: b.numbers, DraftVersion: b.draft,
		Problems: d.veil(by, station, b.judge.Violations()), Score: b.judge.Score(), Tallies: b.judge.Tallies(),
	}, nil
}

// FindingsInForce judges the published roster of a period, for those who plan.
func (d *Desk) FindingsInForce(ctx context.Context, by auth.Operator, station string, from, until rosters.Date) (Findings, error) {
	if err := mayDraft(by, station); err != nil {
		return Findings{}, err
	}
	if err := spanned(from, until); err != nil {
		return Findings{}, err
	}
	b, _, err := d.inForce(ctx, d.o.Store, station, from, until)
	if err != nil {
		return Findings{}, err
	}
	return Findings{
		Numbers:  b.numbers,
		Problems: d.veil(by, station, b.judge.Violations()), Score: b.judge.Score(), Tallies: b.judge.Tallies(),
	}, nil
}

// spanned refuses periods that are too long to be shown.
func spanned(from, until rosters.Date) error {
	if from.IsZero() || until < from || until.Sub(from) >= 100 {
		return &InvalidError{Field: "until", Reason: "1 to 100 days"}
	}
	return nil
}

// leaveShown is the leave of a period as the operator may see it.
func (d *Desk) leaveShown(ctx context.Context, by auth.Operator, station string, from, until rosters.Date) ([]rosters.Leave, error) {
	leave, _, err := absences(ctx, d.o.Store, station, from, until)
	if err == nil && by.May(auth.RostersMedical, station) != nil {
		leave = veiledLeave(leave)
	}
	return leave, err
}

// bare is a draft without its approvals, of which there may be thousands: they stand
// at the problems too.
func (d Draft) bare() Draft {
	d.Approvals = nil
	return d
}

// tabled puts cells into columns.
func tabled(from, until rosters.Date, cells []Cell) Table {
	days := until.Sub(from) + 1
	t := Table{From: from, Until: until, Officers: []string{}, Contents: [][]rosters.Duty{{}}, Rows: [][]int{}, Versions: [][]int64{}}
	rows, numbers := map[string]int{}, map[string]int{"": 0}
	var name []byte
	for i := range cells {
		c := &cells[i]
		day := c.Date.Sub(from)
		if day < 0 || day >= days {
			continue
		}
		row, known := rows[c.Officer]
		if !known {
			row = len(t.Officers)
			rows[c.Officer] = row
			t.Officers = append(t.Officers, c.Officer)
			t.Rows, t.Versions = append(t.Rows, make([]int, days)), append(t.Versions, make([]int64, days))
		}
		name = name[:0]
		for _, d := range c.Duties {
			name = append(append(append(append(name, d.Shift...), 0), d.Post...), 0)
			name = append(append(name, d.Source...), 0)
			if d.Frozen {
				name = append(name, 1)
			}
		}
		content, known := numbers[string(name)]
		if !known {
			content = len(t.Contents)
			numbers[string(name)] = content
			t.Contents = append(t.Contents, slices.Clone(c.Duties))
		}
		t.Rows[row][day], t.Versions[row][day] = content, c.Version
	}
	return t
}

// wanted joins demands that differ in nothing but their day.
func wanted(from rosters.Date, demands []rosters.Demand) []Wanted {
	type sameness struct {
		post, shift, required, source string
		from, to                      rosters.Clock
		headcount                     int
		rank                          rosters.Rank
	}
	list, at := []Wanted{}, map[sameness]int{}
	for _, one := range demands {
		name := sameness{one.Post, one.Shift, strings.Join(one.Required, "\x00"), one.Source, one.From, one.To, one.Headcount, one.MinRank}
		i, known := at[name]
		if !known {
			i = len(list)
			at[name] = i
			list = append(list, Wanted{Demand: one})
		}
		list[i].Days = append(list[i].Days, one.Date.Sub(from))
	}
	return list
}
