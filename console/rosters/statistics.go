package rosters

import (
	"context"
	"fmt"
	"io"
	"slices"

	"guardroom/console/auth"
	"guardroom/console/reports"
	"guardroom/rosters"
)

// Statistics are the figures of a period: of the roster in force, or of a draft.
type Statistics struct {
	Station  string           `json:"station"`
	Draft    string           `json:"draft"`
	From     rosters.Date     `json:"from"`
	Until    rosters.Date     `json:"until"`
	Officers []OfficerFigures `json:"officers"`
	Days     []DayFigures     `json:"days"`
	Burdens  []BurdenFigures  `json:"burdens"`
}

// OfficerFigures are what one officer has in the period, and had in the weeks before.
type OfficerFigures struct {
	Officer string        `json:"officer"`
	Unit    string        `json:"unit"`
	Tally   rosters.Tally `json:"tally"`
	Before  rosters.Tally `json:"before"`
	// Beyond is how much of each burden the officer has beyond a fair share of both, in
	// hundredths; less than none is below it.
	Beyond map[rosters.Burden]int `json:"beyond"`
	Away   int                    `json:"away"` // days of leave in the period
}

// DayFigures are one day's, in minutes of officers.
type DayFigures struct {
	Date    rosters.Date `json:"date"`
	Wanted  int          `json:"wanted"`
	Missing int          `json:"missing"`
	OnDuty  int          `json:"on_duty"` // officers
	Away    int          `json:"away"`    // officers
}

// BurdenFigures say how evenly a burden is shared, in hundredths.
type BurdenFigures struct {
	Burden rosters.Burden `json:"burden"`
	Total  int            `json:"total"`
	Least  int            `json:"least"` // furthest below a fair share
	Most   int            `json:"most"`  // furthest beyond one
}

// Statistics counts a period of at most 100 days. With a draft it is the draft's own.
func (d *Desk) Statistics(ctx context.Context, by auth.Operator, station, id string, from, until rosters.Date) (Statistics, error) {
	v := Statistics{Station: station, Draft: id, From: from, Until: until}
	if err := mayDraft(by, station); err != nil {
		return v, err
	}
	var b *board
	if id != "" {
		draft, err := d.o.Store.Draft(ctx, station, id)
		if err != nil {
			return v, err
		}
		v.From, v.Until = draft.From, draft.Until
		if b, err = d.judged(ctx, d.o.Store, draft); err != nil {
			return v, err
		}
		defer b.mu.Unlock()
	} else {
		if from.IsZero() || until < from || until.Sub(from) >= 100 {
			return v, &InvalidError{Field: "until", Reason: "1 to 100 days"}
		}
		var err error
		if b, _, err = d.inForce(ctx, d.o.Store, station, from, until); err != nil {
			return v, err
		}
	}
	if v.Until.Sub(v.From) >= 100 {
		return v, &InvalidError{Field: "draft", Reason: "has more than 100 days"}
	}
	plan := b.judge.Plan()
	v.Officers, v.Burdens = figures(b.terms, &plan, b.judge.Tallies())
	var err error
	v.Days, err = dayFigures(b.terms, &plan)
	return v, err
}

var burdens = []rosters.Burden{rosters.NightBurden, rosters.WeekendBurden, rosters.HolidayBurden, rosters.UnpopularBurden, rosters.OvertimeBurden}

// figures shares each burden out by the working time that contract and leave leave.
func figures(t *terms, p *rosters.Plan, tallies map[string]rosters.Tally) ([]OfficerFigures, []BurdenFigures) {
	officers := make([]OfficerFigures, 0, len(t.station.Officers))
	time := 0
	available := func(o *OfficerFigures) int {
		return max(0, o.Tally.Target-o.Tally.Credit) + max(0, o.Before.Target-o.Before.Credit)
	}
	for i := range t.station.Officers {
		o := &t.station.Officers[i]
		f := OfficerFigures{Officer: o.ID, Unit: o.Unit, Tally: tallies[o.ID], Before: p.Before[o.ID], Beyond: map[rosters.Burden]int{}}
		for day := p.From; day <= p.Until; day++ {
			if slices.ContainsFunc(p.Leave, func(l rosters.Leave) bool { return l.Officer == o.ID && l.On(day) }) {
				f.Away++
			}
		}
		if f.Tally.Target+f.Tally.Shifts+f.Before.Target > 0 {
			time += available(&f)
			officers = append(officers, f)
		}
	}
	shared := make([]BurdenFigures, 0, len(burdens))
	for _, burden := range burdens {
		one := BurdenFigures{Burden: burden}
		for i := range officers {
			one.Total += borne(burden, &officers[i])
		}
		for i := range officers {
			f := &officers[i]
			fair := 0
			if time > 0 {
				fair = int(100 * int64(one.Total) * int64(available(f)) / int64(time))
			}
			f.Beyond[burden] = 100*borne(burden, f) - fair
			one.Least, one.Most = min(one.Least, f.Beyond[burden]), max(one.Most, f.Beyond[burden])
		}
		shared = append(shared, one)
	}
	return officers, shared
}

// borne is what an officer has had of a burden; overtime in hours.
func borne(b rosters.Burden, f *OfficerFigures) int {
	sum := 0
	for _, t := range []*rosters.Tally{&f.Tally, &f.Before} {
		switch b {
		case rosters.NightBurden:
			sum += t.Nights
		case rosters.WeekendBurden:
			sum += t.Weekends
		case rosters.HolidayBurden:
			sum += t.Holidays
		case rosters.UnpopularBurden:
			sum += t.Unpopular
		default:
			sum += t.Overtime / 60
		}
	}
	return sum
}

// dayFigures count what is wanted and lacking on each day.
func dayFigures(t *terms, p *rosters.Plan) ([]DayFigures, error) {
	byDay, wanted := map[rosters.Date][]rosters.Assignment{}, map[rosters.Date][]rosters.Demand{}
	for _, a := range p.Assignments {
		byDay[a.Date] = append(byDay[a.Date], a)
	}
	demands := append(t.station.Standing(p.From.Add(-1), p.From.Add(-1)), p.Demands...)
	for _, d := range append(demands, t.station.Standing(p.Until.Add(1), p.Until.Add(1))...) {
		wanted[d.Date] = append(wanted[d.Date], d)
	}
	list := make([]DayFigures, 0, p.Days())
	for day := p.From; day <= p.Until; day++ {
		part := rosters.Plan{From: day, Until: day}
		for near := day - 1; near <= day+1; near++ {
			part.Assignments, part.Demands = append(part.Assignments, byDay[near]...), append(part.Demands, wanted[near]...)
		}
		for _, l := range p.Leave {
			if l.On(day) {
				part.Leave = append(part.Leave, l)
			}
		}
		detail, err := t.station.Detail(&part, day)
		if err != nil {
			return nil, err
		}
		one, on := DayFigures{Date: day, Away: len(detail.Away)}, map[string]bool{}
		for _, a := range byDay[day] {
			if kind := t.station.ShiftType(a.Shift); kind != nil && kind.Class != rosters.StandBy {
				on[a.Officer] = true
			}
		}
		one.OnDuty = len(on)
		for i := range detail.Posts {
			for _, h := range detail.Posts[i].Holes {
				one.Missing += h.Missing * int(h.To.Sub(h.From).Minutes())
			}
		}
		if one.Wanted, err = t.minutesWanted(wanted[day]); err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// minutesWanted are the minutes of officers that demands ask for.
func (t *terms) minutesWanted(demands []rosters.Demand) (int, error) {
	clocks, err := t.station.Clocks()
	if err != nil {
		return 0, err
	}
	sum := 0
	for _, d := range demands {
		spans := []rosters.Span{{From: int(d.From), To: int(d.To)}}
		if kind := t.station.ShiftType(d.Shift); kind != nil {
			spans = kind.Spans()
		} else if d.To <= d.From {
			spans[0].To += 24 * 60
		}
		for _, s := range spans {
			sum += d.Headcount * int(clocks.At(d.Date, s.To).Sub(clocks.At(d.Date, s.From)).Minutes())
		}
	}
	return sum, nil
}

// ExportStatistics writes the figures of officers as a spreadsheet.
func (d *Desk) ExportStatistics(ctx context.Context, by auth.Operator, station, id string, from, until rosters.Date, f reports.Format, to io.Writer) error {
	v, err := d.Statistics(ctx, by, station, id, from, until)
	if err != nil {
		return err
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return err
	}
	s := reports.Sheet{Name: fmt.Sprintf("%s to %s", v.From, v.Until), Head: []string{
		"Officer", "Badge", "Unit", "Hours", "Contract", "Leave hours", "Overtime", "Duties", "Nights", "Weekends", "Holidays", "Unpopular posts", "Days away",
		"Nights beyond share", "Weekends beyond share", "Holidays beyond share", "Unpopular beyond share", "Overtime beyond share",
	}}
	hours := func(minutes int) float64 { return float64(minutes*100/60) / 100 }
	for i := range v.Officers {
		o := &v.Officers[i]
		who := t.people[o.Officer]
		row := []any{who.Name, who.Badge, o.Unit, hours(o.Tally.Minutes), hours(o.Tally.Target), hours(o.Tally.Credit), hours(o.Tally.Overtime), o.Tally.Shifts,
			o.Tally.Nights, o.Tally.Weekends, o.Tally.Holidays, o.Tally.Unpopular, o.Away}
		for _, b := range burdens {
			row = append(row, float64(o.Beyond[b])/100)
		}
		s.Rows = append(s.Rows, row)
	}
	return reports.Write(to, f, s)
}
