package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"guardroom/console/auth"
	"guardroom/console/duty"
	desk "guardroom/console/rosters"
	"guardroom/rosters"
	"guardroom/simulators/site"
)

// stories are what may happen to the people of the main station, on the page of the
// simulators. Lateness is an alarm there only while such a story is told.
func (h *house) stories() []site.Story {
	absence := &absence{house: h}
	return []site.Story{{
		Name: "officer-missing", Title: "An officer does not come: no-show and empty post, until somebody stands there",
		Begin: absence.begin, End: absence.end,
	}}
}

// absence is one officer who was on post and now was never seen.
type absence struct {
	*house

	missing duty.Note
}

func (a *absence) begin(ctx context.Context) error {
	select {
	case <-a.up:
	case <-ctx.Done():
		return ctx.Err()
	}
	by, station := demoControlRoom(), a.scenario.Station.ID
	if err := a.attend(ctx, by, station, time.Now()); err != nil {
		return err
	}
	board, err := a.desks.Duty.Board(ctx, by, station)
	if err != nil {
		return err
	}
	one := standsAlone(&board, time.Now())
	if one == nil {
		return errors.New("nobody stands alone at a post long enough: try again in some minutes")
	}
	if err := a.alarms(ctx, by, station, true); err != nil {
		return err
	}
	a.missing = duty.Note{Officer: one.Assignment.Officer, Date: one.Assignment.Date, Shift: one.Assignment.Shift}
	n := a.missing
	n.Version, n.Do = one.Version, duty.Clear
	_, err = a.desks.Duty.Note(ctx, by, station, n)
	return err
}

// end lets the officer come after all, unless somebody has noted otherwise.
func (a *absence) end(ctx context.Context) error {
	by, station := demoControlRoom(), a.scenario.Station.ID
	board, err := a.desks.Duty.Board(ctx, by, station)
	if err != nil {
		return err
	}
	for i := range board.Duties {
		d := &board.Duties[i]
		if is := d.Assignment; is.Officer != a.missing.Officer || is.Date != a.missing.Date || is.Shift != a.missing.Shift || !d.Arrived.IsZero() || !time.Now().Before(d.Ends) {
			continue
		}
		for _, do := range []string{duty.Arrive, duty.Stand} {
			n := a.missing
			n.Version, n.Do, n.At = d.Version, do, time.Now()
			after, err := a.desks.Duty.Note(ctx, by, station, n)
			if err != nil {
				return fmt.Errorf("the officer comes: %w", err)
			}
			d = &after.Duties[slices.IndexFunc(after.Duties, func(o duty.Duty) bool { return o.Assignment == d.Assignment })]
		}
	}
	return a.alarms(ctx, by, station, false)
}

// alarms makes lateness an alarm at a station, or no longer.
func (h *house) alarms(ctx context.Context, by auth.Operator, station string, on bool) error {
	known, err := h.desks.Rosters.Register(ctx, by, station)
	if err != nil || known.Calendar.Item.Alarms == on {
		return err
	}
	c := known.Calendar
	c.Item.Alarms = on
	_, err = h.desks.Rosters.Change(ctx, by, station, desk.RecordChange{Kind: desk.Calendars, ID: "calendar", Version: c.Version, Item: c.Item})
	return err
}

// standsAlone is a duty of somebody who stands alone where one is wanted, began some
// time ago, and has an hour to go; nil where there is none.
func standsAlone(b *duty.Board, now time.Time) *duty.Duty {
	for i := range b.Duties {
		d := &b.Duties[i]
		if d.Presence != rosters.OnPost || now.Before(d.Starts.Add(20*time.Minute)) || now.Add(time.Hour).After(d.Ends) {
			continue
		}
		for k := range b.Posts {
			if p := &b.Posts[k]; p.ID == d.Assignment.Post && p.Wanted == 1 && len(p.Standing) == 1 {
				return d
			}
		}
	}
	return nil
}
