package sheet

import (
	"fmt"
	"strconv"
	"strings"

	"guardroom/rosters"
)

// OfficerTableOf lays officers out as Officers reads them.
func OfficerTableOf(list []rosters.Officer) Table {
	t := Table{Head: []string{"ID", "Badge", "Name", "Rank", "Unit", "Home station", "Hours per week", "Qualifications", "Languages", "Gender", "Employment", "Funding", "From", "Until"}}
	for _, o := range list {
		var held []string
		for _, h := range o.Held {
			held = append(held, strings.TrimSpace(h.Code+" "+h.Expires.String()))
		}
		t.Rows = append(t.Rows, []string{
			o.ID, o.Badge, o.Name, o.Rank.String(), o.Unit, o.HomeStation, hoursText(o.Contract), strings.Join(held, "; "), strings.Join(o.Languages, ", "),
			string(o.Gender), string(o.Employment), o.Funding, o.From.String(), o.Until.String(),
		})
	}
	return t
}

// PostTableOf lays posts out as Posts reads them.
func PostTableOf(list []rosters.Post) Table {
	t := Table{Head: []string{"ID", "Name", "Area", "Hours", "Shifts", "Min rank", "Required", "Wished", "Armed", "Mobile", "Report", "Meal relief", "Rotation", "Check call", "Ceremonial", "Unpopular", "Lane", "Paired with", "Weight"}}
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	yes := map[bool]string{true: "yes"}
	for _, p := range list {
		t.Rows = append(t.Rows, []string{
			p.ID, p.Name, p.Area, FormatHours(p.Standing), strings.Join(p.Shifts, ", "), p.MinRank.String(), strings.Join(p.Required, ", "), strings.Join(p.Wished, ", "),
			yes[p.Armed], yes[p.Mobile], number(p.Report), number(p.MealRelief), number(p.Rotation), number(p.CheckCall), yes[p.Ceremonial], yes[p.Unpopular],
			p.Lane, p.PairedWith, number(p.Weight),
		})
	}
	return t
}

// GridOf lays a period out, a row an officer and a column a day, as Grid reads it.
// Leave stands where there is no duty; sick leave as "SL" when medical is true, and
// as "absent" for those who may not know.
func GridOf(s *rosters.Station, from, until rosters.Date, duties []rosters.Assignment, leave []rosters.Leave, medical bool) Table {
	t := Table{Head: []string{"ID", "Badge", "Rank", "Name", "Unit"}}
	for d := from; d <= until; d++ {
		t.Head = append(t.Head, d.String())
	}
	cells := map[rosters.Cell]string{}
	for _, a := range duties {
		c := rosters.Cell{Officer: a.Officer, Date: a.Date}
		text := a.Shift
		if a.Post != "" {
			text += "@" + a.Post
		}
		if cells[c] != "" {
			text = cells[c] + "+" + text
		}
		cells[c] = text
	}
	for i := range leave {
		l := &leave[i]
		for d := max(from, l.From); d <= min(until, l.Until); d++ {
			if c := (rosters.Cell{Officer: l.Officer, Date: d}); l.On(d) && cells[c] == "" {
				if cells[c] = LeaveCode(l.Kind); l.Kind == rosters.SickLeave && !medical {
					cells[c] = "absent"
				}
			}
		}
	}
	for i := range s.Officers {
		o := &s.Officers[i]
		row := []string{o.ID, o.Badge, o.Rank.String(), o.Name, o.Unit}
		for d := from; d <= until; d++ {
			row = append(row, cells[rosters.Cell{Officer: o.ID, Date: d}])
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// ListOf lays duties out, a row each, as List reads them, with their real times in
// the station's zone.
func ListOf(s *rosters.Station, duties []rosters.Assignment) (Table, error) {
	clocks, err := s.Clocks()
	if err != nil {
		return Table{}, err
	}
	t := Table{Head: []string{"Date", "Badge", "Officer", "Shift", "Post", "Begins", "Ends", "Hours"}}
	for _, a := range duties {
		o, kind := s.Officer(a.Officer), s.ShiftType(a.Shift)
		if o == nil || kind == nil {
			return Table{}, &rosters.InvalidError{Field: "duties", Reason: fmt.Sprintf("%.60s on %s: no such officer or shift type", a.Officer, a.Date)}
		}
		from, to := clocks.Times(kind, a.Date)
		t.Rows = append(t.Rows, []string{
			a.Date.String(), o.Badge, o.Name, a.Shift, a.Post, from.Format("2006-01-02 15:04 -07:00"), to.Format("2006-01-02 15:04 -07:00"), hoursText(clocks.Minutes(kind, a.Date)),
		})
	}
	return t, nil
}

func hoursText(minutes int) string {
	if minutes%60 == 0 {
		return strconv.Itoa(minutes / 60)
	}
	return fmt.Sprintf("%d:%02d", minutes/60, minutes%60)
}

// RowsOf are a table's rows as they are read back, the head first.
func RowsOf(t Table) []Row {
	rows := []Row{{Number: 1, Cells: t.Head}}
	for i, cells := range t.Rows {
		rows = append(rows, Row{Number: i + 2, Cells: cells})
	}
	return rows
}
