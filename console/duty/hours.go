package duty

import (
	"context"
	"slices"
	"time"

	"guardroom/console/auth"
	desk "guardroom/console/rosters"
	"guardroom/rosters"
)

// Hours is what officers really worked, against what the roster gave them.
type Hours struct {
	Station  string         `json:"station"`
	From     rosters.Date   `json:"from"`
	Until    rosters.Date   `json:"until"`
	Officers []OfficerHours `json:"officers"`
}

// OfficerHours counts one officer's duties of a period, in minutes where it says no
// count. What nobody noted is neither worked nor missed: Noted says how much is known.
type OfficerHours struct {
	Officer  string `json:"officer"`
	Duties   int    `json:"duties"` // that have begun, count
	Noted    int    `json:"noted"`  // of them, count
	Planned  int    `json:"planned"`
	Worked   int    `json:"worked"`
	Overtime int    `json:"overtime"`
	Early    int    `json:"early"`
	Late     int    `json:"late"`     // count
	LateBy   int    `json:"late_by"`  // minutes in all
	NoShows  int    `json:"no_shows"` // count: the duty is over, attendance is kept, nobody came
}

// mostDays of a count.
const mostDays = 100

// Hours counts what officers worked. Those who do not amend rosters see themselves.
func (d *Desk) Hours(ctx context.Context, by auth.Operator, station string, from, until rosters.Date) (Hours, error) {
	h := Hours{Station: station, From: from, Until: until, Officers: []OfficerHours{}}
	if err := by.May(auth.RostersRead, station); err != nil {
		return h, err
	}
	if from.IsZero() || until < from || until.Sub(from) >= mostDays {
		return h, &desk.InvalidError{Field: "until", Reason: "1 to 100 days"}
	}
	s, calendar, given, err := d.o.Rosters.Given(ctx, station, from, until)
	if err != nil {
		return h, err
	}
	noted, err := d.o.Store.Noted(ctx, station, from, until)
	if err != nil {
		return h, err
	}
	if h.Officers, err = count(s, calendar, given, noted, d.o.Now()); err != nil {
		return h, err
	}
	if by.May(auth.RostersAmend, station) != nil && by.May(auth.RostersPlan, station) != nil {
		own, err := d.o.Rosters.Own(ctx, by, station)
		if err != nil {
			return h, err
		}
		h.Officers = slices.DeleteFunc(h.Officers, func(o OfficerHours) bool { return o.Officer != own })
	}
	return h, nil
}

func count(s *rosters.Station, calendar desk.Calendar, given []rosters.Assignment, noted []Attendance, now time.Time) ([]OfficerHours, error) {
	clocks, err := s.Clocks()
	if err != nil {
		return nil, err
	}
	type key struct {
		cell  rosters.Cell
		shift string
	}
	known := map[key]*Attendance{}
	for i := range noted {
		a := &noted[i].Assignment
		known[key{rosters.Cell{Officer: a.Officer, Date: a.Date}, a.Shift}] = &noted[i]
	}
	at := map[string]*OfficerHours{}
	for _, a := range given {
		kind := s.ShiftType(a.Shift)
		if kind == nil || kind.Class == rosters.StandBy {
			continue
		}
		from, to := clocks.Times(kind, a.Date)
		if now.Before(from) {
			continue
		}
		o := at[a.Officer]
		if o == nil {
			o = &OfficerHours{Officer: a.Officer}
			at[a.Officer] = o
		}
		o.Duties++
		o.Planned += clocks.Minutes(kind, a.Date)
		one := known[key{rosters.Cell{Officer: a.Officer, Date: a.Date}, a.Shift}]
		if one == nil {
			if calendar.Alarms && now.After(to) { // attendance is kept here, and nobody was seen
				o.NoShows++
			}
			continue
		}
		one.Starts, one.Ends = from, to
		o.add(one, now)
	}
	list := make([]OfficerHours, 0, len(at))
	for i := range s.Officers {
		if o := at[s.Officers[i].ID]; o != nil {
			list = append(list, *o)
		}
	}
	return list, nil
}

// add counts one duty that was noted.
func (o *OfficerHours) add(a *Attendance, now time.Time) {
	here := a.Arrived
	if here.IsZero() {
		here = a.OnPostAt
	}
	if here.IsZero() {
		if now.After(a.Ends) {
			o.NoShows++
		}
		return
	}
	o.Noted++
	if late := int(here.Sub(a.Starts).Minutes()); late > 0 {
		o.Late++
		o.LateBy += late
	}
	left := a.LeftAt
	if left.IsZero() {
		left = now
		if a.OnPostAt.IsZero() && left.After(a.Ends) { // never stood at a post: gone with the end of the duty
			left = a.Ends
		}
	}
	began := here
	if began.Before(a.Starts) {
		began = a.Starts
	}
	o.Worked += max(0, int(left.Sub(began).Minutes()))
	o.Overtime += int(a.Overtime(now).Minutes())
	if !a.LeftAt.IsZero() && a.LeftAt.Before(a.Ends) {
		o.Early += int(a.Ends.Sub(a.LeftAt).Minutes())
	}
}
