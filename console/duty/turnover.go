package duty

import (
	"context"
	"slices"
	"time"

	"guardroom/rosters"
)

// Turnover is what a handover sheet says of duty: who is on, who comes next, and where
// somebody is lacking.
type Turnover struct {
	Ends  time.Time      `json:"ends"` // of the shift that most are on; zero when nobody is
	On    []TurnoverDuty `json:"on"`
	Next  []TurnoverDuty `json:"next"` // who begins at that end, or within two hours of it
	Short []string       `json:"short"`
}

// TurnoverDuty is somebody on duty.
type TurnoverDuty struct {
	Name     string           `json:"name"`
	Post     string           `json:"post"` // name; "" for the reserve
	Presence rosters.Presence `json:"presence"`
	From     time.Time        `json:"from"`
	To       time.Time        `json:"to"`
}

// Turnover gives what is handed over at a station; nil without a roster in force.
func (d *Desk) Turnover(ctx context.Context, station string) (*Turnover, error) {
	f, err := d.facts(ctx, d.o.Store, station)
	if err != nil || len(f.Duties) == 0 {
		return nil, err
	}
	now := d.o.Now()
	b, _, err := f.At(now)
	if err != nil {
		return nil, err
	}
	t := &Turnover{On: []TurnoverDuty{}, Next: []TurnoverDuty{}, Short: []string{}}
	t.Ends, _ = d.o.Rosters.ShiftEnd(ctx, station, "", now)
	for i := range b.Duties {
		one := &b.Duties[i]
		said := TurnoverDuty{Name: f.officerName(one.Assignment.Officer), Presence: one.Presence, From: one.Starts, To: one.Ends}
		if p := f.Station.Post(one.Assignment.Post); p != nil {
			said.Post = p.Name
		}
		switch {
		case one.Presence == rosters.OnPost, one.LeftAt.IsZero() && !now.Before(one.Starts) && now.Before(one.Ends):
			t.On = append(t.On, said)
		case !t.Ends.IsZero() && one.Starts.After(now) && !one.Starts.After(t.Ends.Add(2*time.Hour)):
			t.Next = append(t.Next, said)
		}
	}
	for i := range b.Posts {
		if p := &b.Posts[i]; p.Short > 0 && f.Calendar.Alarms {
			t.Short = append(t.Short, f.postName(p.ID))
		}
	}
	slices.Sort(t.Short)
	return t, nil
}
