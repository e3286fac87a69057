package watch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/live"
	"guardroom/console/notify"
	"guardroom/devices"
)

// State is how a station's watch stands.
type State string

// The states.
const (
	Unmanned  State = "unmanned"  // nobody watches
	Kept      State = "kept"      // somebody does
	Prompting State = "prompting" // no key for long: the desks are asked
	Missed    State = "missed"    // nobody answered: the supervisor knows
)

// Standing is how the watch of a station stands. It is kept for the station, not
// for each desk: as long as one officer there is awake the watch is kept.
type Standing struct {
	Station    string
	State      State
	Since      time.Time
	LastKey    time.Time  // at any of its desks
	PromptAt   *time.Time // when the desks were asked
	Supervisor bool       // it has gone up
	Alarmed    bool       // an alarm stands for it
	Version    int64
}

// Step is the next state at now, when the station's desks pressed a key last at
// key, and whether that is another state than before.
func (s Standing) Step(k Keeping, manned bool, key, now time.Time) (Standing, bool) {
	was := s.State
	if key.After(s.LastKey) {
		s.LastKey = key
	}
	switch s.State {
	case Unmanned, "":
		switch {
		case manned: // signing in is a sign of life
			s.to(Kept, now)
			s.LastKey = now
		case s.State == "":
			s.to(Unmanned, now)
		case k.Staffed && now.Sub(s.Since) >= k.answer():
			s.to(Missed, now)
		}
	case Kept:
		switch {
		case !manned:
			s.to(Unmanned, now)
		case k.Prompt && now.Sub(s.LastKey) >= k.idle():
			s.to(Prompting, now)
			s.PromptAt = &now
		}
	case Prompting:
		switch {
		case s.PromptAt == nil || s.LastKey.After(*s.PromptAt) || manned && !k.Prompt:
			s.to(Kept, now)
		case now.Sub(*s.PromptAt) >= k.answer(): // whether the desk is asleep or was closed
			s.to(Missed, now)
		}
	case Missed:
		if manned && s.LastKey.After(s.Since) {
			s.to(Kept, now)
		}
	}
	return s, s.State != was
}

func (s *Standing) to(state State, now time.Time) {
	s.State, s.Since = state, now
	s.Supervisor = state == Missed
	if state == Kept || state == Unmanned {
		s.PromptAt = nil
	}
}

// Stand is the standing as screens show it.
type Stand struct {
	ID         string     `json:"id"`
	Station    string     `json:"station"`
	Manned     bool       `json:"manned"`
	State      State      `json:"state"`
	Since      time.Time  `json:"since"`
	LastKey    time.Time  `json:"last_key"`
	PromptAt   *time.Time `json:"prompt_at"`
	AnswerBy   *time.Time `json:"answer_by"` // when an unanswered prompt goes up
	Supervisor bool       `json:"supervisor"`
	Version    int64      `json:"version"`
}

func (s Standing) view(k Keeping) Stand {
	v := Stand{ID: s.Station, Station: s.Station, Manned: s.State == Kept || s.State == Prompting, State: s.State, Since: s.Since.UTC(),
		LastKey: s.LastKey.UTC(), PromptAt: s.PromptAt, Supervisor: s.Supervisor, Version: s.Version}
	if s.PromptAt != nil && s.State == Prompting {
		by := s.PromptAt.Add(k.answer())
		v.AnswerBy = &by
	}
	return v
}

// keep lets the watch of each station take its next step. What is written was
// looked at again under a lock, so that several consoles step once.
func (d *Desk) keep(ctx context.Context) error {
	var failed error
	for _, station := range d.o.Stations() {
		if err := d.keepStation(ctx, station); err != nil {
			failed = errors.Join(failed, fmt.Errorf("watch of %s: %w", station.ID, err))
		}
	}
	return failed
}

func (d *Desk) keepStation(ctx context.Context, station Station) error {
	d.mu.Lock()
	known, k := d.standings[station.ID], d.keepingOf(station.ID)
	posts := d.onWatch(station.ID)
	d.mu.Unlock()
	manned, key := len(posts) > 0, lastKey(posts)
	if !manned && !d.settled() {
		return nil // the desks may be on their way back
	}
	known.Station = station.ID
	if _, moves := known.Step(k, manned, key, d.o.Now().UTC()); moves {
		if err := d.step(ctx, station, k, manned, key); err != nil {
			return err
		}
	} else if key.Sub(known.LastKey) > time.Minute { // so that a restart knows about when
		if err := d.step(ctx, station, k, manned, key); err != nil {
			return err
		}
	}
	return d.sound(ctx, station)
}

func lastKey(posts []Post) (last time.Time) {
	for _, p := range posts {
		if p.LastKey.After(last) {
			last = p.LastKey
		}
	}
	return last
}

// step writes the next state, tells it, and sends word when it goes up.
func (d *Desk) step(ctx context.Context, station Station, k Keeping, manned bool, key time.Time) error {
	var after Standing
	err := d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		before, err := tx.Standing(ctx, station.ID)
		if err != nil {
			return err
		}
		next, moved := before.Step(k, manned, key, tx.At())
		next.Version = before.Version + 1
		after = next
		if err := tx.SaveStanding(ctx, next); err != nil || !moved {
			return err
		}
		tx.Tell(live.Thing(live.Watch, station.ID, station.ID, next.view(k), false))
		tx.Audit(audit.By(auth.System(), station.ID, "watch."+string(next.State), "station:"+station.ID, map[string]string{
			"was": string(before.State), "last_key": next.LastKey.UTC().Format(time.RFC3339),
		}))
		if next.State != Missed {
			return nil
		}
		_, err = d.o.Notify.Send(ctx, tx, notify.Notice{
			Station: station.ID, To: string(notify.ForDelivery), About: "watch:" + station.ID, Demo: station.Demo,
			Subject: station.Name + ": the watch does not answer",
			Text: fmt.Sprintf("No key has been pressed at the desks of %s since %s, and nobody answered the prompt (or nobody is at a desk). Look after the officer and the control room.",
				station.Name, next.LastKey.In(station.Zone).Format("15:04 MST on Mon 2 Jan 2006")),
		})
		return err
	})
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.standings[station.ID] = after
	d.mu.Unlock()
	return nil
}

// KeepingPoint is the point whose alarm says that the watch of station does not
// answer. The console itself gives it; no gateway may.
func KeepingPoint(station string) devices.PointID {
	return devices.MakePointID(devices.ConsoleGateway, "watch", station)
}

// sound makes the alarm follow the state. It is raised after the state was
// written, so that a console that dies between the two raises it at the next beat.
func (d *Desk) sound(ctx context.Context, station Station) error {
	d.mu.Lock()
	s := d.standings[station.ID]
	d.mu.Unlock()
	missed := s.State == Missed
	if missed == s.Alarmed || s.State == "" {
		return nil
	}
	now := d.o.Now().UTC()
	text := "The watch is kept again."
	if missed {
		text = "No key at any desk and no answer to the prompt."
		if s.PromptAt == nil {
			text = "Nobody is at a desk of this station."
		}
	}
	err := d.o.Raiser.Raise(ctx, station.ID, devices.Signal{
		Point: KeepingPoint(station.ID), Kind: devices.WatchMissed, Active: missed, Occurred: now, Observed: now, Clock: devices.Synced, Text: text,
	})
	if err != nil {
		return fmt.Errorf("raise %s: %w", devices.WatchMissed, err)
	}
	return d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		now, err := tx.Standing(ctx, station.ID)
		if err != nil {
			return err
		}
		now.Alarmed = missed
		d.mu.Lock()
		known := d.standings[station.ID]
		known.Alarmed = missed
		d.standings[station.ID] = known
		d.mu.Unlock()
		return tx.SaveStanding(ctx, now)
	})
}

// Board reads the standings and grants anew, for a board that may have missed one.
func (d *Desk) Board(ctx context.Context) ([]live.Event, error) {
	if err := d.reload(ctx); err != nil {
		return nil, err
	}
	return d.Seen(), nil
}

// Seen are the standings and grants for the board, as they were read last.
func (d *Desk) Seen() []live.Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	events := []live.Event{}
	for _, s := range d.standings {
		events = append(events, live.Thing(live.Watch, s.Station, s.Station, s.view(d.keepingOf(s.Station)), false))
	}
	for _, g := range d.grants {
		events = append(events, d.grantEvents(g)...)
	}
	return events
}
