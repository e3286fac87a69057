package fire

import (
	"context"
	"fmt"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// How often Run looks when nobody pokes, and reads zones and settings anew.
const (
	look    = time.Second
	refresh = 10 * time.Second
)

// Poke has Run look at once: a fire panel has said something.
func (d *Desk) Poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run keeps investigations up with the alarms until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	tick, again := time.NewTicker(look), time.NewTicker(refresh)
	defer tick.Stop()
	defer again.Stop()
	failing := false
	for {
		err := d.Keep(ctx)
		if err != nil && ctx.Err() == nil && !failing {
			d.o.Log.Warn("fire: will try again", "err", err)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-d.wake:
		case <-again.C:
			if err := d.Refresh(ctx); err != nil && ctx.Err() == nil {
				d.o.Log.Warn("fire: zones could not be read anew", "err", err)
			}
		}
	}
}

// Keep looks once and does what is to be done. What that is depends only on what
// the database says, so that it comes to the same after a restart. One thing
// that fails does not keep the others waiting.
func (d *Desk) Keep(ctx context.Context) error {
	now, err := d.o.Store.Present(ctx)
	if err != nil {
		return fmt.Errorf("look at fire alarms: %w", err)
	}
	p := plan(now, func(point devices.PointID) string { id, _ := d.ZoneOf(point); return id })
	var first error
	note := func(err error) {
		if err != nil && first == nil {
			first = err
		}
	}
	for _, a := range p.Start {
		note(d.start(ctx, a))
	}
	for _, o := range p.Overtake {
		note(d.overtake(ctx, o))
	}
	for _, i := range p.Raise {
		note(d.say(ctx, i, devices.FireUndecided, true, fmt.Sprintf("Nobody said within %d min what the pre-alarm is.", int(i.DueAt.Sub(i.StartedAt).Minutes()+0.5))))
	}
	for _, a := range p.Restore {
		note(d.say(ctx, Investigation{Station: a.Station, Point: a.Point}, devices.FireUndecided, false, "It is decided what the pre-alarm is."))
	}
	for _, i := range p.Report {
		note(d.report(ctx, i))
	}
	return first
}

func (d *Desk) start(ctx context.Context, a OpenAlarm) error {
	z := d.zone(a.Point)
	if z.Building == "" {
		where, err := d.o.Store.Where(ctx, a.Point)
		if err != nil { // an investigation does not wait for a name
			d.o.Log.Warn("fire: where a detector stands is not known", "point", a.Point, "err", err)
		}
		z.Building, z.BuildingName = where.Building, where.BuildingName
	}
	seconds := z.InvestigateSeconds
	if seconds == 0 {
		seconds = d.chosen(a.Station).InvestigateSeconds
	}
	i := begin(auth.NewID(), a, z, seconds, d.o.Now())
	if _, err := d.o.Store.Begin(ctx, i, audit.By(auth.System(), i.Station, "fire.investigate", "investigation:"+i.ID, i.facts())); err != nil {
		return fmt.Errorf("begin the investigation of %s: %w", a.Point, err)
	}
	return nil
}

func (d *Desk) overtake(ctx context.Context, o Overtaken) error {
	_, err := d.o.Store.ChangeInvestigation(ctx, o.ID, func(i *Investigation, now time.Time) (audit.Entry, error) {
		if !i.Overtake(o.Outcome, o.By, now) {
			return audit.Entry{}, ErrUnchanged
		}
		return audit.By(auth.System(), i.Station, "fire.decide", "investigation:"+i.ID, i.facts()), nil
	})
	if err != nil {
		return fmt.Errorf("end investigation %s: %w", o.ID, err)
	}
	return nil
}

// report puts the fire that a person saw, or two detectors, into the alarm list.
// It may be told twice, never not at all.
func (d *Desk) report(ctx context.Context, i Investigation) error {
	text := fmt.Sprintf("Fire confirmed by %s. %s", i.DecidedByName, i.Reason)
	if i.Outcome == SecondSensor {
		text = fmt.Sprintf("Two detectors of the zone are in pre-alarm: %s and %s.", i.PointName, i.OtherName)
	}
	if err := d.say(ctx, i, devices.FireReported, true, text); err != nil {
		return err
	}
	_, err := d.o.Store.ChangeInvestigation(ctx, i.ID, func(i *Investigation, _ time.Time) (audit.Entry, error) {
		if i.Reported {
			return audit.Entry{}, ErrUnchanged
		}
		i.Reported = true
		i.Version++
		return audit.By(auth.System(), i.Station, "fire.report", "investigation:"+i.ID, i.facts()), nil
	})
	if err != nil {
		return fmt.Errorf("note that investigation %s is reported: %w", i.ID, err)
	}
	return nil
}

func (d *Desk) say(ctx context.Context, i Investigation, kind devices.Kind, active bool, text string) error {
	now := d.o.Now().UTC()
	s := devices.Signal{Point: i.Point, Kind: kind, Active: active, Occurred: now, Observed: now, Clock: devices.Synced, Text: text}
	if i.ID != "" {
		s.Detail = map[string]string{"investigation": i.ID, "zone": i.ZoneName}
		if i.ZoneName == "" {
			delete(s.Detail, "zone")
		}
	}
	if err := d.o.Raise(ctx, i.Station, s); err != nil {
		return fmt.Errorf("say %s of %s: %w", kind, i.Point, err)
	}
	return nil
}

// RanOut is what the record tells when the time of i is over.
func RanOut(i Investigation) audit.Entry {
	return audit.By(auth.System(), i.Station, "fire.ran_out", "investigation:"+i.ID, i.facts())
}
