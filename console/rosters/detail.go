package rosters

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/reports"
	"guardroom/rosters"
)

// DayRemarks are what the sergeant writes under a day.
type DayRemarks struct {
	Text string    `json:"text"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

// DailyDetail is the Daily Detail of a station.
type DailyDetail struct {
	rosters.Detail

	Station     string           `json:"station"`
	Zone        string           `json:"zone"`
	Demo        bool             `json:"demo"`
	Draft       string           `json:"draft"`       // "": the roster in force
	Publication int64            `json:"publication"` // that is in force
	Remarks     Kept[DayRemarks] `json:"remarks"`
}

// Detail gives the Daily Detail of a day, of the roster in force or for those who
// plan of a draft.
func (d *Desk) Detail(ctx context.Context, by auth.Operator, station, draft string, date rosters.Date) (DailyDetail, error) {
	if err := by.May(auth.RostersRead, station); err != nil {
		return DailyDetail{}, err
	}
	if date.IsZero() {
		return DailyDetail{}, &InvalidError{Field: "date", Reason: "is missing"}
	}
	if draft != "" {
		if err := mayDraft(by, station); err != nil {
			return DailyDetail{}, err
		}
	}
	facts, err := d.station(station)
	if err != nil {
		return DailyDetail{}, err
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return DailyDetail{}, err
	}
	plan, err := d.dayPlan(ctx, t, draft, date, date)
	if err != nil {
		return DailyDetail{}, err
	}
	v := DailyDetail{Station: station, Zone: t.station.Zone, Demo: facts.Demo, Draft: draft, Publication: t.register.Publication}
	if v.Detail, err = t.station.Detail(plan, date); err != nil {
		return v, err
	}
	if by.May(auth.RostersMedical, station) != nil {
		v.Away = veiledLeave(v.Away)
	}
	for i := range v.Away {
		v.Away[i].Note = "" // it is printed
	}
	found, err := d.o.Store.Records(ctx, station, Filter{Kinds: []Kind{Remarks}, ID: date.String()})
	if err != nil {
		return v, err
	}
	var list []Kept[DayRemarks]
	for i := range found {
		if list, err = join(list, &found[i], err); err != nil {
			return v, fmt.Errorf("read remarks of %s: %w", date, err)
		}
		v.Remarks = list[i]
	}
	return v, nil
}

// dayPlan is what Detail needs of some days: with the day before and the day after,
// and without what the register no longer has.
func (d *Desk) dayPlan(ctx context.Context, t *terms, draft string, from, until rosters.Date) (*rosters.Plan, error) {
	station := t.station.ID
	p := &rosters.Plan{From: from, Until: until, Demands: t.station.Standing(from.Add(-1), until.Add(1))}
	given, err := d.o.Store.Published(ctx, station, from.Add(-1), until.Add(1))
	if err != nil {
		return nil, err
	}
	if draft != "" {
		one, err := d.o.Store.Draft(ctx, station, draft)
		if err != nil {
			return nil, err
		}
		cells, err := d.o.Store.Cells(ctx, one.ID)
		if err != nil {
			return nil, err
		}
		given = slices.DeleteFunc(given, func(a rosters.Assignment) bool {
			return a.Date >= one.From && a.Date <= one.Until && (one.Unit == "" || t.people[a.Officer] != nil && t.people[a.Officer].Unit == one.Unit)
		})
		for _, a := range assignments(cells) {
			if a.Date >= from.Add(-1) && a.Date <= until.Add(1) {
				given = append(given, a)
			}
		}
		p.Demands = append(p.Demands, one.Demands...)
	}
	p.Assignments = slices.DeleteFunc(given, func(a rosters.Assignment) bool {
		return t.people[a.Officer] == nil || t.station.ShiftType(a.Shift) == nil
	})
	p.Leave, _, err = absences(ctx, d.o.Store, station, from, until)
	return p, err
}

// Remark writes what stands under a day.
func (d *Desk) Remark(ctx context.Context, by auth.Operator, station string, date rosters.Date, seen int64, text string) (Kept[DayRemarks], error) {
	k := Kept[DayRemarks]{}
	if err := by.May(auth.RostersAmend, station); err != nil {
		return k, err
	}
	text = strings.TrimSpace(text)
	switch {
	case date.IsZero():
		return k, &InvalidError{Field: "date", Reason: "is missing"}
	case utf8.RuneCountInString(text) > 4000:
		return k, &InvalidError{Field: "remarks", Reason: "at most 4000 characters"}
	}
	err := d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Lock(ctx, station)
		if err != nil {
			return err
		}
		found, err := tx.Records(ctx, station, Filter{Kinds: []Kind{Remarks}, ID: date.String()})
		if err != nil {
			return err
		}
		now := Record{Kind: Remarks, ID: date.String(), From: date, Until: date}
		if len(found) > 0 {
			now = found[0]
		}
		if now.Version != seen {
			return &StaleError{Version: now.Version, Current: now.Body}
		}
		k = Kept[DayRemarks]{Version: now.Version + 1, Item: DayRemarks{Text: text, By: by.Name, At: tx.At().UTC()}}
		if now.Body, err = document("remarks", k.Item); err != nil {
			return err
		}
		now.Version = k.Version
		tx.Audit(audit.By(by, station, "roster.remark", "day:"+date.String(), map[string]string{"text": text}))
		if err := d.changed(ctx, tx, station, n); err != nil {
			return err
		}
		return tx.SaveRecord(ctx, station, now)
	})
	return k, err
}

// ExportDetail writes the Daily Detail as a spreadsheet: a row for each post, a
// column for each hour.
func (d *Desk) ExportDetail(ctx context.Context, by auth.Operator, station, draft string, date rosters.Date, f reports.Format, to io.Writer) error {
	v, err := d.Detail(ctx, by, station, draft, date)
	if err != nil {
		return err
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return err
	}
	return reports.Write(to, f, t.detailSheet(&v))
}

func (t *terms) detailSheet(v *DailyDetail) reports.Sheet {
	name := func(id string) string {
		if o := t.people[id]; o != nil {
			return o.Name
		}
		return id
	}
	clock := func(at time.Time) string { return at.In(v.From.Location()).Format("15:04") }
	s := reports.Sheet{Name: "Daily Detail " + v.Date.String(), Head: []string{"Post"}}
	for _, hour := range v.Hours {
		s.Head = append(s.Head, clock(hour))
	}
	s.Head = append(s.Head, "Meals", "Vacant")
	for i := range v.Posts {
		post := &v.Posts[i]
		row := []any{post.Post}
		if p := t.station.Post(post.Post); p != nil {
			row[0] = p.Name
		}
		for k, hour := range v.Hours {
			row = append(row, hourCell(post, k, hour, name, clock))
		}
		meals, holes := []string{}, []string{}
		for _, m := range post.Meals {
			by := "nobody"
			if m.By != "" {
				by = name(m.By)
			}
			meals = append(meals, fmt.Sprintf("%s-%s %s by %s", clock(m.From), clock(m.To), name(m.Officer), by))
		}
		for _, h := range post.Holes {
			holes = append(holes, fmt.Sprintf("%s-%s %d of %d", clock(h.From), clock(h.To), h.Missing, h.Wanted))
		}
		s.Rows = append(s.Rows, append(row, strings.Join(meals, "; "), strings.Join(holes, "; ")))
	}
	line := func(title, text string) {
		if text != "" {
			s.Rows = append(s.Rows, []any{title, text})
		}
	}
	stands := func(list []rosters.Stand) string {
		said := []string{}
		for _, one := range list {
			said = append(said, fmt.Sprintf("%s %s-%s", name(one.Officer), clock(one.From), clock(one.To)))
		}
		return strings.Join(said, "; ")
	}
	away := []string{}
	for _, l := range v.Away {
		away = append(away, name(l.Officer)+" ("+string(l.Kind)+")")
	}
	line("Reserve", stands(v.Reserve))
	line("Stand-by", stands(v.StandBy))
	line("Away", strings.Join(away, "; "))
	line("Remarks", v.Remarks.Item.Text)
	line("Publication", fmt.Sprint(v.Publication))
	if v.Demo {
		line("DEMO", "Simulated")
	}
	return s
}

// hourCell names who stands at a post in an hour; who comes or goes within it has the
// time.
func hourCell(post *rosters.PostDetail, k int, hour time.Time, name func(string) string, clock func(time.Time) string) string {
	said, end := []string{}, hour.Add(time.Hour)
	for _, turn := range post.Turns {
		if !turn.From.Before(end) || !turn.To.After(hour) || turn.Why == rosters.ForMeal {
			continue
		}
		text := name(turn.Officer)
		if turn.From.After(hour) {
			text = clock(turn.From) + " " + text
		}
		said = append(said, text)
	}
	slices.Sort(said)
	said = slices.Compact(said)
	if len(said) == 0 && post.Wanted[k] > 0 {
		return "VACANT"
	}
	return strings.Join(said, ", ")
}
