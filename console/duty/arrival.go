package duty

import (
	"context"
	"fmt"
	"slices"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/rosters"
)

// Awaited is an officer who is due and not here.
type Awaited struct {
	Officer string
	Card    string // number of the cardholder; "" without one
	User    string // id of the account; "" without one
	Since   time.Time
}

// Sighting is when somebody who was awaited was seen first.
type Sighting struct {
	Officer string
	At      time.Time
	How     rosters.Seen
}

// opens is how long before the beginning of a duty being seen counts as coming for it.
const opens = time.Hour

// awaited are the duties for which nobody has come yet. One that somebody has cleared
// waits for a person to note it.
func awaited(b *Board, now time.Time) []*Duty {
	var list []*Duty
	for i := range b.Duties {
		if d := &b.Duties[i]; d.Version == 0 && d.Arrived.IsZero() && !now.Before(d.Starts.Add(-opens)) && now.Before(d.Ends) {
			list = append(list, d)
		}
	}
	return list
}

// arrivals are who of those awaited has come by now, by a card at a door or by signing
// in.
func (d *Desk) arrivals(ctx context.Context, station string, now time.Time) ([]Sighting, error) {
	f, err := d.facts(ctx, d.o.Store, station)
	if err != nil || len(f.Duties) == 0 {
		return nil, err
	}
	b, _, err := f.At(now)
	if err != nil {
		return nil, err
	}
	waiting := awaited(&b, now)
	if len(waiting) == 0 {
		return nil, nil
	}
	people, err := d.o.Rosters.Linked(ctx, station)
	if err != nil {
		return nil, err
	}
	var asked []Awaited
	for _, w := range waiting {
		if o := people[w.Assignment.Officer]; o != nil && o.Card+o.User != "" {
			asked = append(asked, Awaited{Officer: o.ID, Card: o.Card, User: o.User, Since: w.Starts.Add(-opens)})
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	seen, err := d.o.Store.Seen(ctx, station, asked)
	if err != nil {
		return nil, fmt.Errorf("look who has come to station %s: %w", station, err)
	}
	return seen, nil
}

// noteArrivals keeps who has come, unless somebody has noted it meanwhile. They are
// present, not yet on post.
func (d *Desk) noteArrivals(ctx context.Context, tx Tx, station string, seen []Sighting) error {
	f, err := d.facts(ctx, tx, station)
	if err != nil {
		return err
	}
	b, _, err := f.At(tx.At())
	if err != nil {
		return err
	}
	for _, w := range awaited(&b, tx.At()) {
		n := slices.IndexFunc(seen, func(s Sighting) bool { return s.Officer == w.Assignment.Officer && !s.At.Before(w.Starts.Add(-opens)) })
		if n < 0 {
			continue
		}
		a := w.Attendance
		a.Arrived, a.Seen = seen[n].At.UTC(), seen[n].How
		a.Version++
		if err := tx.SaveNoted(ctx, station, a); err != nil {
			return err
		}
		tx.Audit(audit.By(auth.System(), station, "duty.arrive", "officer:"+a.Assignment.Officer, map[string]string{
			"date": a.Assignment.Date.String(), "shift": a.Assignment.Shift, "seen": string(a.Seen), "at": a.Arrived.Format(time.RFC3339),
		}))
	}
	return nil
}
