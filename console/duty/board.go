// Package duty is the duty board of the control room: who is here, who stands at
// which post, who relieves whom, and the check calls of the posts.
//
//	board.go  what is true at an instant, from the roster and what was noted
//	desk.go   what people note, and the alarms that follow
//
// An officer leaves a post only when relieved, or when the post asks for nobody
// any more. Lateness, no-shows, empty posts and missed check calls are alarms of
// the console's own, raised from what is kept: a console that starts anew goes on.
package duty

import (
	"fmt"
	"slices"
	"time"

	desk "guardroom/console/rosters"
	"guardroom/devices"
	"guardroom/rosters"
)

// Attendance is what was noted of a duty.
type Attendance struct {
	rosters.Attendance

	Version int64 `json:"version"`
}

// Call is the last check call of a post.
type Call struct {
	Post string
	At   time.Time
	By   string
}

// Facts are what a board is worked out from.
type Facts struct {
	Station  *rosters.Station
	Calendar desk.Calendar
	Duties   []rosters.Assignment // in force, from the day before to the day after
	Noted    []Attendance
	Calls    []Call
}

// Duty is one line of the board.
type Duty struct {
	Attendance

	Presence rosters.Presence `json:"presence"`
	Overtime int              `json:"overtime"` // minutes past the end of the duty
	Early    int              `json:"early"`    // minutes before its end at which the officer left
	// Warnings say what overtime costs: RestShort before the next duty, HoursOver the
	// longest day.
	Warnings []string `json:"warnings"`
	// Relief is who comes next to the post, if the roster says so.
	Relief string `json:"relief"`
}

// What overtime costs.
const (
	RestShort = "rest"
	HoursOver = "hours"
)

// CallState is where a post's check call stands.
type CallState string

// The states of a check call.
const (
	CallWaits  CallState = "waiting"
	CallLate   CallState = "late"
	CallMissed CallState = "missed"
)

// Post is a post of the board.
type Post struct {
	ID       string    `json:"id"`
	Wanted   int       `json:"wanted"`   // officers now
	Standing []string  `json:"standing"` // officers on post
	Short    int       `json:"short"`
	Since    time.Time `json:"since"` // when the hours that are wanted now began
	CallDue  time.Time `json:"call_due"`
	Call     CallState `json:"call"` // "" without check calls
	CallBy   string    `json:"call_by"`
}

// Board is the duty board at an instant.
type Board struct {
	Station string    `json:"station"`
	At      time.Time `json:"at"`
	Zone    string    `json:"zone"`
	Alarms  bool      `json:"alarms"` // whether lateness is an alarm here
	Duties  []Duty    `json:"duties"`
	Posts   []Post    `json:"posts"`
}

// Condition is something that the alarm list shall say.
type Condition struct {
	ID    string          `json:"id"`
	Point devices.PointID `json:"point"`
	Kind  devices.Kind    `json:"kind"`
	Text  string          `json:"text"`
	Since time.Time       `json:"since"`
}

// At works the board out, and what the alarm list shall say at now.
func (f *Facts) At(now time.Time) (Board, []Condition, error) {
	clocks, err := f.Station.Clocks()
	if err != nil {
		return Board{}, nil, err
	}
	b := Board{Station: f.Station.ID, At: now.UTC(), Zone: f.Station.Zone, Alarms: f.Calendar.Alarms, Duties: []Duty{}, Posts: []Post{}}
	f.duties(&b, clocks, now)
	f.posts(&b, clocks, now)
	if !f.Calendar.Alarms {
		return b, nil, nil
	}
	return b, f.conditions(&b, now), nil
}

// shown is how long a duty stays on the board after its end, and how long before
// its beginning it comes.
const (
	shownAfter  = 2 * time.Hour
	shownBefore = 10 * time.Hour
)

func (f *Facts) duties(b *Board, clocks rosters.Clocks, now time.Time) {
	type key struct {
		cell  rosters.Cell
		shift string
	}
	noted := map[key]Attendance{}
	for _, a := range f.Noted {
		noted[key{rosters.Cell{Officer: a.Assignment.Officer, Date: a.Assignment.Date}, a.Assignment.Shift}] = a
	}
	lead, grace := minutes(f.Calendar.Lead), minutes(f.Calendar.Grace)
	for _, d := range f.Duties {
		t := f.Station.ShiftType(d.Shift)
		if t == nil || t.Class == rosters.StandBy || f.Station.Officer(d.Officer) == nil {
			continue
		}
		from, to := clocks.Times(t, d.Date)
		k := key{rosters.Cell{Officer: d.Officer, Date: d.Date}, d.Shift}
		a := noted[k]
		delete(noted, k)
		if a.OnPostAt.IsZero() || a.Assignment.Post == "" {
			a.Assignment = d
		}
		a.Starts, a.Ends = from.UTC(), to.UTC()
		f.line(b, a, now, lead, grace)
	}
	for _, a := range noted { // who still stands though the roster has changed
		if !a.OnPostAt.IsZero() && a.LeftAt.IsZero() {
			f.line(b, a, now, lead, grace)
		}
	}
	slices.SortFunc(b.Duties, func(x, y Duty) int {
		if c := x.Starts.Compare(y.Starts); c != 0 {
			return c
		}
		return x.Assignment.Order(y.Assignment)
	})
	for i := range b.Duties {
		b.Duties[i].Relief = relief(b.Duties, &b.Duties[i])
		f.warn(&b.Duties[i], clocks, now)
	}
}

// warn says what rules an officer who stands past the end of the duty runs into.
func (f *Facts) warn(d *Duty, clocks rosters.Clocks, now time.Time) {
	d.Warnings = []string{}
	if d.Overtime == 0 || !d.LeftAt.IsZero() {
		return
	}
	for i := range f.Station.Rules {
		r := &f.Station.Rules[i]
		if r.Off || r.Level == rosters.Wished {
			continue
		}
		switch r.Kind {
		case rosters.DailyRest:
			for _, next := range f.Duties {
				t := f.Station.ShiftType(next.Shift)
				if next.Officer != d.Assignment.Officer || t == nil || t.Class == rosters.StandBy {
					continue
				}
				if from, _ := clocks.Times(t, next.Date); from.After(d.Ends) && from.Sub(now) < minutes(r.Minutes) && !slices.Contains(d.Warnings, RestShort) {
					d.Warnings = append(d.Warnings, RestShort)
				}
			}
		case rosters.HoursPerDay:
			if now.Sub(d.Starts) > minutes(r.Minutes) && !slices.Contains(d.Warnings, HoursOver) {
				d.Warnings = append(d.Warnings, HoursOver)
			}
		}
	}
}

func (f *Facts) line(b *Board, a Attendance, now time.Time, lead, grace time.Duration) {
	stands := !a.OnPostAt.IsZero() && a.LeftAt.IsZero()
	if !stands && (now.After(a.Ends.Add(shownAfter)) || now.Before(a.Starts.Add(-shownBefore))) {
		return
	}
	d := Duty{Attendance: a, Presence: a.Presence(now, lead, grace), Overtime: int(a.Overtime(now).Minutes())}
	if !a.LeftAt.IsZero() && a.LeftAt.Before(a.Ends) {
		d.Early = int(a.Ends.Sub(a.LeftAt).Minutes())
	}
	b.Duties = append(b.Duties, d)
}

// relief is who begins at the same post when d ends.
func relief(all []Duty, d *Duty) string {
	for i := range all {
		o := &all[i]
		if d.Assignment.Post != "" && o.Assignment.Post == d.Assignment.Post && o.Starts.Equal(d.Ends) && o.LeftAt.IsZero() {
			return o.Assignment.Officer
		}
	}
	return ""
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

func (f *Facts) posts(b *Board, clocks rosters.Clocks, now time.Time) {
	today := clocks.Day(now)
	wanted := map[string]*Post{}
	for i := range f.Station.Posts {
		if p := &f.Station.Posts[i]; !p.Gone {
			b.Posts = append(b.Posts, Post{ID: p.ID, Standing: []string{}})
		}
	}
	for i := range b.Posts {
		wanted[b.Posts[i].ID] = &b.Posts[i]
	}
	for _, d := range f.Station.Standing(today.Add(-1), today) {
		p := wanted[d.Post]
		if from, now := f.covers(&d, clocks, now); p != nil && now {
			p.Wanted += d.Headcount
			if p.Since.IsZero() || from.After(p.Since) {
				p.Since = from.UTC()
			}
		}
	}
	since := map[string]time.Time{}
	for i := range b.Duties {
		d := &b.Duties[i]
		if p := wanted[d.Assignment.Post]; p != nil && d.Presence == rosters.OnPost {
			p.Standing = append(p.Standing, d.Assignment.Officer)
			if at := since[p.ID]; at.IsZero() || d.OnPostAt.Before(at) {
				since[p.ID] = d.OnPostAt
			}
		}
	}
	for i := range b.Posts {
		p := &b.Posts[i]
		p.Short = max(0, p.Wanted-len(p.Standing))
		f.call(p, since[p.ID], now)
	}
}

// covers reports whether a demand asks for somebody at now, and since when.
func (f *Facts) covers(d *rosters.Demand, clocks rosters.Clocks, now time.Time) (from time.Time, is bool) {
	spans := []rosters.Span{{From: int(d.From), To: int(d.To)}}
	if t := f.Station.ShiftType(d.Shift); d.Shift != "" && t != nil {
		spans = t.Spans()
	} else if spans[0].To <= spans[0].From {
		spans[0].To += 24 * 60
	}
	for _, s := range spans {
		from, to := clocks.At(d.Date, s.From), clocks.At(d.Date, s.To)
		if !now.Before(from) && now.Before(to) {
			return from, true
		}
	}
	return time.Time{}, false
}

// call says when the post's next check call is due: an interval after the last, or
// after the officer came.
func (f *Facts) call(p *Post, since, now time.Time) {
	post := f.Station.Post(p.ID)
	if post == nil || post.CheckCall == 0 || len(p.Standing) == 0 {
		return
	}
	last := since
	for _, c := range f.Calls {
		if c.Post == p.ID && c.At.After(last) {
			last, p.CallBy = c.At, c.By
		}
	}
	p.CallDue, p.Call = last.Add(minutes(post.CheckCall)).UTC(), CallWaits
	switch {
	case !now.Before(p.CallDue.Add(minutes(f.Calendar.CheckGrace))):
		p.Call = CallMissed
	case !now.Before(p.CallDue):
		p.Call = CallLate
	}
}

// conditions are what the alarm list shall say. Late is said after a third of the
// grace, so that a shift that begins is no flood.
func (f *Facts) conditions(b *Board, now time.Time) []Condition {
	list := []Condition{}
	grace := minutes(f.Calendar.Grace)
	for i := range b.Duties {
		d := &b.Duties[i]
		if now.After(d.Ends) {
			if c, missed := f.reliefMissed(b, d, now, grace); missed {
				list = append(list, c)
			}
			continue
		}
		id := d.Assignment.Officer + "|" + d.Assignment.Date.String() + "|" + d.Assignment.Shift
		text := fmt.Sprintf("%s is not here for %s at %s.", f.officerName(d.Assignment.Officer), d.Assignment.Shift, f.postName(d.Assignment.Post))
		point := Point(b.Station, "officer", d.Assignment.Officer)
		switch {
		case d.Presence == rosters.NoShow:
			list = append(list, Condition{ID: "no_show|" + id, Point: point, Kind: devices.DutyNoShow, Text: text, Since: d.Starts.Add(grace)})
		case d.Presence == rosters.Late && !now.Before(d.Starts.Add(grace/3)):
			list = append(list, Condition{ID: "late|" + id, Point: point, Kind: devices.DutyLate, Text: text, Since: d.Starts.Add(grace / 3)})
		}
	}
	for i := range b.Posts {
		p := &b.Posts[i]
		point := Point(b.Station, "post", p.ID)
		if p.Wanted > 0 && len(p.Standing) == 0 && !now.Before(p.Since.Add(grace)) {
			list = append(list, Condition{ID: "empty|" + p.ID, Point: point, Kind: devices.PostEmpty, Text: fmt.Sprintf("Nobody is on post at %s.", f.postName(p.ID)), Since: p.Since.Add(grace)})
		}
		if p.Call == CallMissed {
			list = append(list, Condition{ID: "call|" + p.ID, Point: point, Kind: devices.CheckMissed, Text: fmt.Sprintf("No check call from %s since %s UTC.", f.postName(p.ID), p.CallDue.Format("15:04")), Since: p.CallDue})
		}
	}
	return list
}

// reliefMissed reports whether an officer on post waits for a relief longer than the
// station waits, while the post asks for somebody.
func (f *Facts) reliefMissed(b *Board, d *Duty, now time.Time, grace time.Duration) (Condition, bool) {
	p := b.post(d.Assignment.Post)
	if d.Presence != rosters.OnPost || p == nil || len(p.Standing) > p.Wanted || now.Before(d.Ends.Add(grace)) {
		return Condition{}, false
	}
	text := fmt.Sprintf("%s has stood at %s since %s UTC and is not relieved.", f.officerName(d.Assignment.Officer), f.postName(p.ID), d.OnPostAt.Format("15:04"))
	if d.Relief != "" {
		text += fmt.Sprintf(" %s shall relieve.", f.officerName(d.Relief))
	}
	return Condition{
		ID: "relief|" + d.Assignment.Officer + "|" + d.Assignment.Date.String() + "|" + d.Assignment.Shift, Point: Point(b.Station, "officer", d.Assignment.Officer),
		Kind: devices.ReliefMissed, Text: text, Since: d.Ends.Add(grace),
	}, true
}

func (f *Facts) officerName(id string) string {
	if o := f.Station.Officer(id); o != nil {
		return o.Name
	}
	return id
}

func (f *Facts) postName(id string) string {
	if p := f.Station.Post(id); p != nil {
		return p.Name
	}
	return "no post"
}

// Point is under which the console speaks of an officer or a post. What a point's
// name may not hold is written as its code.
func Point(station, what, id string) devices.PointID {
	safe := []byte{}
	for i := range len(id) {
		if c := id[i]; c == '-' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			safe = append(safe, c)
		} else {
			safe = fmt.Appendf(safe, "_%02x", c)
		}
	}
	if len(safe) > 60 {
		safe = safe[:60]
	}
	return devices.MakePointID(devices.ConsoleGateway, "duty-"+what+"-"+station, string(safe))
}
