package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"guardroom/console/auth"
	"guardroom/console/duty"
	"guardroom/rosters"
)

// dutyEvery is how often the make-believe control room looks at its boards.
const dutyEvery = 15 * time.Second

// duty plays the control room of each station that has a roster: officers come some
// minutes before the hour, one in a hundred comes late, they relieve each other, and
// posts answer their check calls. It ends with ctx.
func (h *house) duty(ctx context.Context) {
	by := demoControlRoom()
	tick := time.NewTicker(dutyEvery)
	defer tick.Stop()
	for {
		for _, station := range h.desks.Stations.Stations(by) {
			if err := h.attend(ctx, by, station.ID, time.Now()); err != nil && ctx.Err() == nil {
				h.log.Warn("demo: the duty board", "station", station.ID, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// demoControlRoom is who makes the demo's entries.
func demoControlRoom() auth.Operator {
	by := auth.Program()
	by.Name = "Control room (simulated)"
	by.Grants = append(by.Grants, auth.Grant{Role: auth.Chief, Station: auth.AllStations})
	return by
}

// attend notes what has happened by now: who has come, then who stands, then the
// check calls. Where somebody was quicker, the next look sees what they noted.
func (h *house) attend(ctx context.Context, by auth.Operator, station string, now time.Time) error {
	for range 2 {
		board, err := h.desks.Duty.Board(ctx, by, station)
		if err != nil {
			return err
		}
		for i := range board.Duties {
			n, ok := noteOf(&board, &board.Duties[i], now)
			if !ok {
				continue
			}
			if after, err := h.desks.Duty.Note(ctx, by, station, n); err == nil {
				board.Posts = after.Posts
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	board, err := h.desks.Duty.Board(ctx, by, station)
	if err != nil {
		return err
	}
	for _, p := range board.Posts {
		wait := time.Duration(chance(p.ID, now.Format("15"))%4) * time.Minute
		if p.Call == "" || now.Before(p.CallDue.Add(wait-2*time.Minute)) {
			continue
		}
		if _, err := h.desks.Duty.CheckIn(ctx, by, station, p.ID); err != nil {
			return fmt.Errorf("check call of %s: %w", p.ID, err)
		}
	}
	return nil
}

// noteOf is what is noted of a duty at now, if anything. What a person has taken back
// is left to people.
func noteOf(b *duty.Board, d *duty.Duty, now time.Time) (duty.Note, bool) {
	a := d.Assignment
	n := duty.Note{Officer: a.Officer, Date: a.Date, Shift: a.Shift, Version: d.Version}
	switch d.Presence {
	case rosters.Expected, rosters.Late, rosters.NoShow:
		n.Do, n.At = duty.Arrive, comes(d)
		return n, d.Version == 0 && !now.Before(n.At) && now.Before(d.Ends)
	case rosters.Present:
		if !now.Before(d.Ends) {
			n.Do, n.At = duty.Release, d.Ends
			return n, true
		}
		if a.Post == "" || now.Before(d.Starts) {
			return n, false
		}
		return taking(b, d, n), true
	case rosters.OnPost:
		p := slices.IndexFunc(b.Posts, func(p duty.Post) bool { return p.ID == a.Post })
		n.Do, n.At = duty.Release, d.Ends
		return n, !now.Before(d.Ends) && d.Relief == "" && p >= 0 && len(b.Posts[p].Standing) > b.Posts[p].Wanted
	}
	return n, false
}

// comes is when an officer comes for a duty: one in a hundred comes late.
func comes(d *duty.Duty) time.Time {
	dice := chance(d.Assignment.Officer, d.Assignment.Date.String()) % 100
	if dice == 7 {
		return d.Starts.Add(12 * time.Minute)
	}
	return d.Starts.Add(-time.Duration(4+dice%11) * time.Minute)
}

// taking is what is noted when the officer of d takes the post, from whoever stood
// there before.
func taking(b *duty.Board, d *duty.Duty, n duty.Note) duty.Note {
	n.Do, n.At = duty.Stand, d.Starts
	if d.Arrived.After(n.At) {
		n.At = d.Arrived
	}
	before := slices.IndexFunc(b.Duties, func(o duty.Duty) bool {
		return o.Assignment.Post == d.Assignment.Post && o.Presence == rosters.OnPost && !o.Ends.After(d.Starts)
	})
	if before < 0 {
		return n
	}
	o := &b.Duties[before]
	o.Presence = rosters.Relieved // by this one, not by the next of a post for two
	return duty.Note{
		Officer: o.Assignment.Officer, Date: o.Assignment.Date, Shift: o.Assignment.Shift, Version: o.Version,
		Do: duty.Relieve, By: n.Officer, At: n.At,
	}
}

func chance(parts ...string) uint32 {
	sum := fnv.New32a()
	for _, p := range parts {
		_, _ = sum.Write([]byte(p)) // never fails
	}
	return sum.Sum32()
}
