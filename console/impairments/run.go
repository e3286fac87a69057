package impairments

import (
	"context"
	"fmt"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/jobs"
	"guardroom/devices"
)

// follower is what keeping up with the panels needs of the store.
type follower interface {
	// News reads what panels have said since it was last heard, oldest first.
	News(ctx context.Context) ([]Word, error)
	// Hear takes a word in, once, whichever console comes first: it locks the open
	// entry of its point and mode, or none, and writes what answer makes of it.
	Hear(ctx context.Context, w Word, answer func(open *Impairment, now time.Time) (*Impairment, Line, audit.Entry)) error
	// Loose lists open entries that are no longer as the rest of the database says.
	Loose(ctx context.Context) (Loose, error)
}

// Word is what a panel said of a point: a signal of one of the kinds that ModeOf knows.
type Word struct {
	Station  string
	Point    devices.PointID
	Kind     devices.Kind
	Active   bool
	State    string
	Since    time.Time
	Received time.Time
	Epoch    uint64
	Seq      uint64
}

// Loose is what has come apart and is to be put right.
type Loose struct {
	Lifted   []string          // entries whose removal somebody ended
	Told     map[string][]Told // entries of which commands have been answered
	Asking   []Impairment      // whole devices of which points are still to be asked
	Said     map[string]Said   // whole devices of which the panel says something else than the entry
	OverRun  []Impairment      // time is over, the panel was asked to begin it and not yet to end it
	Missed   []Impairment      // a round is overdue and no alarm says so; one entry of each watch
	Answered []Late            // an alarm says that a round is overdue, and it was made
}

// Said is what a panel says of the points that a whole device was asked for: that
// one of them at least is so, or none any more.
type Said struct {
	Active bool
	Since  time.Time
}

func (s Said) what() string {
	if s.Active {
		return "panel_active"
	}
	return "panel_restored"
}

// Sort finds in the open entries that are overdue or over their time, and in the
// open alarms of missed rounds, what is to be done. One alarm speaks for a watch.
func (l *Loose) Sort(entries []Impairment, open []Late) {
	says := map[devices.PointID]bool{}
	for _, a := range open {
		says[a.Point] = true
	}
	spoken := map[string]bool{} // watches for which an alarm speaks
	late := map[devices.PointID]bool{}
	for _, i := range entries {
		if i.OverRun && i.Command != nil {
			if begin, _ := i.Mode.Verbs(); i.Command.Verb == begin {
				l.OverRun = append(l.OverRun, i)
			}
		}
		if i.WatchOverdue {
			late[alarmPoint(i.Point)] = true
			spoken[i.Watch] = spoken[i.Watch] || says[alarmPoint(i.Point)]
		}
	}
	for _, i := range entries {
		if i.WatchOverdue && !spoken[i.Watch] {
			spoken[i.Watch] = true
			l.Missed = append(l.Missed, i)
		}
	}
	for _, a := range open {
		if !late[a.Point] {
			l.Answered = append(l.Answered, a)
		}
	}
}

// Late is an open alarm of a missed round.
type Late struct {
	Station string
	Point   devices.PointID
}

// look is how often Run looks when nobody pokes.
const look = 500 * time.Millisecond

// Run keeps the register as the panels say it is, until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	jobs.Worker{
		Step:  func(ctx context.Context) (bool, error) { return false, d.Keep(ctx) },
		Every: look, Wake: d.wake,
		Complain: func(err error) { d.o.Log.Warn("impairments: will try again", "err", err) },
	}.Follow(ctx)
}

// Keep looks once. What it does depends only on what the database says, so that
// it comes to the same after a restart.
func (d *Desk) Keep(ctx context.Context) error {
	if err := d.listen(ctx); err != nil {
		return err
	}
	loose, err := d.o.Store.Loose(ctx)
	if err != nil {
		return fmt.Errorf("look for loose ends: %w", err)
	}
	system := auth.System()
	for _, id := range loose.Lifted {
		if err := d.quietly(ctx, id, "lifted", func(i *Impairment, now time.Time) (map[string]string, bool) { return nil, i.Restored(now) }); err != nil {
			return err
		}
	}
	for id, told := range loose.Told {
		if err := d.answered(ctx, id, told); err != nil {
			return err
		}
	}
	for _, i := range loose.Asking {
		if err := d.ask(ctx, i); err != nil {
			return err
		}
	}
	for id, said := range loose.Said {
		if err := d.quietly(ctx, id, said.what(), func(i *Impairment, now time.Time) (map[string]string, bool) {
			return nil, i.Says(said.Active, said.Since, now)
		}); err != nil {
			return err
		}
	}
	for _, i := range loose.OverRun {
		_, verb := i.Mode.Verbs()
		// Whoever asked the panel for it until an instant has asked for its end too.
		if len(i.Commands) > 0 {
			if _, err := d.endWhole(ctx, system, i, verb); err != nil {
				return err
			}
			continue
		}
		by := auth.Operator{ID: system.ID, Username: system.Username, Name: system.Name, Grants: []auth.Grant{{Role: auth.Supervisor, Station: i.Station}}}
		if _, err := d.command(ctx, by, i, Told{Verb: verb}, "the time is over: "+i.Reason); err != nil {
			return err
		}
	}
	return d.watch(ctx, loose)
}

// quietly is the console's own change of one entry.
func (d *Desk) quietly(ctx context.Context, id, what string, step func(i *Impairment, now time.Time) (map[string]string, bool)) error {
	system := auth.System()
	_, err := d.o.Store.Change(ctx, system, id, func(i *Impairment, now time.Time) (Line, audit.Entry, error) {
		params, changed := step(i, now)
		if !changed {
			return Line{}, audit.Entry{}, ErrUnchanged
		}
		line, e := Tell(system, i, now, what, params)
		return line, e, nil
	})
	if err != nil {
		return fmt.Errorf("%s of entry %s: %w", what, id, err)
	}
	return nil
}

// listen takes in what panels have said.
func (d *Desk) listen(ctx context.Context) error {
	news, err := d.o.Store.News(ctx)
	if err != nil {
		return fmt.Errorf("read what panels say: %w", err)
	}
	for _, w := range news {
		if err := d.o.Store.Hear(ctx, w, func(open *Impairment, now time.Time) (*Impairment, Line, audit.Entry) { return d.answer(w, open, now) }); err != nil {
			return fmt.Errorf("hear %s of %s: %w", w.Kind, w.Point, err)
		}
	}
	return nil
}

// answer is what the register makes of a word: nil for nothing.
func (d *Desk) answer(w Word, open *Impairment, now time.Time) (*Impairment, Line, audit.Entry) {
	system := auth.System()
	mode, known := ModeOf(w.Kind)
	switch {
	case !known, open == nil && !w.Active:
		return nil, Line{}, audit.Entry{}
	case open == nil:
		about, err := d.o.Lookup(w.Point)
		if err != nil { // it left the register of devices since; what it said stays true
			about = Known{PointName: string(w.Point), Category: categoryOf(w.Kind)}
		}
		about.Station = w.Station
		i := d.entry(about, w.Point, mode, now)
		since := moment(w.Since)
		i.Source, i.Panel, i.PanelSince, i.Since = Panel, PanelActive, &since, since
		line, e := Tell(system, &i, now, "panel_active", map[string]string{"mode": string(mode), "state": w.State})
		return &i, line, e
	}
	if !open.Says(w.Active, w.Since, now) {
		return nil, Line{}, audit.Entry{}
	}
	what := "panel_active"
	if !w.Active {
		what = "panel_restored"
	}
	line, e := Tell(system, open, now, what, map[string]string{"mode": string(mode), "state": w.State})
	return open, line, e
}

func categoryOf(k devices.Kind) string {
	if k == devices.ZoneIsolated {
		return "intrusion"
	}
	return "fire"
}

// watch raises what nobody walked, and ends it when somebody did.
func (d *Desk) watch(ctx context.Context, loose Loose) error {
	for _, i := range loose.Missed {
		now := d.o.Now().UTC()
		where := i.ZoneName
		if where == "" {
			where = i.PointName
		}
		if err := d.o.Raise(ctx, i.Station, devices.Signal{
			Point: alarmPoint(i.Point), Kind: devices.FireWatchOverdue, Active: true, Occurred: now, Observed: now, Clock: devices.Synced,
			Text:   fmt.Sprintf("Fire watch: the round at %s was due at %s UTC.", where, i.WatchDue.UTC().Format("15:04")),
			Detail: map[string]string{"zone": i.ZoneName, "due": i.WatchDue.UTC().Format(time.RFC3339), "impairment": i.ID},
		}); err != nil {
			return fmt.Errorf("raise a missed round: %w", err)
		}
	}
	for _, a := range loose.Answered {
		now := d.o.Now().UTC()
		if err := d.o.Raise(ctx, a.Station, devices.Signal{
			Point: a.Point, Kind: devices.FireWatchOverdue, Occurred: now, Observed: now, Clock: devices.Synced, Text: "The round was made, or the watch is over.",
		}); err != nil {
			return fmt.Errorf("end a missed round: %w", err)
		}
	}
	return nil
}

// alarmPoint is the point under which an alarm about an entry stands: that of a
// whole device stands under its comms.
func alarmPoint(p devices.PointID) devices.PointID {
	if p.Point() == AllPoints {
		return devices.MakePointID(p.Gateway(), p.Device(), devices.CommsPoint)
	}
	return p
}
