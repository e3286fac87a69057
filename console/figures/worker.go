package figures

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"guardroom/console/jobs"
	"guardroom/console/live"
)

// History is what the worker needs of the store.
type History interface {
	Progress(ctx context.Context) (int64, error)
	Settled(ctx context.Context) (int64, error)
	Events(ctx context.Context, after, upto int64) ([]Event, error)
	// Recent returns what was announced since at, up to the id, by time.
	Recent(ctx context.Context, upto int64, since time.Time) ([]Event, error)
	// Advance adds a tally, and writes the floods that began or ended, with the
	// progress in one transaction; ErrOvertaken when somebody else has moved it.
	Advance(ctx context.Context, was, upto int64, t Tally, floods []FloodRow) error
	Floods(ctx context.Context) ([]FloodRow, error) // those that last
	FloodSettings(ctx context.Context) (map[string]FloodSettings, error)
	Zones(ctx context.Context) (map[string]*time.Location, error)
	// Stale notes how many alarms stand for more than a day.
	Stale(ctx context.Context, now time.Time, zones map[string]*time.Location) error
}

// FloodRow is a flood as it is kept.
type FloodRow struct {
	Station     string
	Since       time.Time
	Ended       *time.Time
	Total, Peak int
}

// ErrOvertaken says that another console has read on.
var ErrOvertaken = errors.New("another console has read on")

// Worker follows the history of alarms: it fills the figures and shows floods.
// What it shows depends on the history and on what it has written, so that a
// restart shows the same.
type Worker struct {
	History History
	Show    func(...live.Event) // the screens
	Log     *slog.Logger
	Now     func() time.Time
	Every   time.Duration // default 500 ms

	wake     chan struct{}
	at       int64
	loaded   bool
	stations map[string]*watched
	settings map[string]FloodSettings
	zones    map[string]*time.Location
	shown    map[string]string // station -> what was last shown
	noted    time.Time         // when stale alarms were last counted
}

const (
	batch    = 5000
	noteEach = time.Minute
)

// NewWorker returns one that does nothing before Run.
func NewWorker(h History, show func(...live.Event), log *slog.Logger) *Worker {
	return &Worker{History: h, Show: show, Log: log, Now: time.Now, Every: time.Second, wake: make(chan struct{}, 1), shown: map[string]string{}}
}

// Wake makes the worker read the settings anew.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends.
func (w *Worker) Run(ctx context.Context) {
	reload := func() { w.loaded = false }
	jobs.Worker{
		Step: w.Step, Every: w.Every, Wake: w.wake, Woken: reload, Failed: reload, Now: w.Now,
		Complain: func(err error) {
			w.Log.Error("figures: the history of alarms cannot be read on; it is read again", "error", err)
		},
	}.Follow(ctx)
}

// Step reads one batch and judges the floods. It reports whether there is more.
func (w *Worker) Step(ctx context.Context) (more bool, err error) {
	if !w.loaded {
		if err := w.load(ctx); err != nil {
			return false, err
		}
	}
	settled, err := w.History.Settled(ctx)
	if err != nil {
		return false, err
	}
	upto := min(settled, w.at+batch)
	var events []Event
	if upto > w.at {
		if events, err = w.History.Events(ctx, w.at, upto); err != nil {
			return false, err
		}
	}
	now := w.Now()
	for _, e := range events {
		if e.Announced() && e.At.After(now.Add(-w.of(e.Station).settings.window())) {
			w.of(e.Station).add(e)
		}
	}
	rows := w.judge(now)
	if upto > w.at || len(rows) > 0 {
		if err := w.History.Advance(ctx, w.at, max(upto, w.at), Count(events, w.zone), rows); err != nil {
			if errors.Is(err, ErrOvertaken) {
				w.loaded = false
				return true, nil
			}
			return false, err
		}
		w.at = max(upto, w.at)
	}
	w.show(rows)
	if now.Sub(w.noted) >= noteEach {
		w.noted = now
		if err := w.History.Stale(ctx, now, w.zones); err != nil {
			return false, err
		}
	}
	return upto < settled, nil
}

func (w *Worker) zone(station string) *time.Location {
	if z := w.zones[station]; z != nil {
		return z
	}
	return time.UTC
}

func (w *Worker) of(station string) *watched {
	if w.stations[station] == nil {
		s, ok := w.settings[station]
		if !ok {
			s = DefaultFlood()
		}
		w.stations[station] = &watched{settings: s}
	}
	return w.stations[station]
}

func (w *Worker) load(ctx context.Context) (err error) {
	if w.at, err = w.History.Progress(ctx); err != nil {
		return err
	}
	if w.settings, err = w.History.FloodSettings(ctx); err != nil {
		return err
	}
	if w.zones, err = w.History.Zones(ctx); err != nil {
		return err
	}
	w.stations = map[string]*watched{}
	longest := DefaultFlood().window()
	for _, s := range w.settings {
		longest = max(longest, s.window())
	}
	recent, err := w.History.Recent(ctx, w.at, w.Now().Add(-longest))
	if err != nil {
		return err
	}
	for _, e := range recent {
		w.of(e.Station).add(e)
	}
	floods, err := w.History.Floods(ctx)
	if err != nil {
		return err
	}
	for _, f := range floods {
		w.of(f.Station).flood = &Flood{ID: f.Station, Station: f.Station, Since: f.Since, Total: f.Total, Peak: f.Peak, Version: 1}
	}
	w.loaded = true
	return nil
}

// judge looks at every station and returns the floods that must be written.
func (w *Worker) judge(now time.Time) []FloodRow {
	var rows []FloodRow
	for _, station := range slices.Sorted(maps.Keys(w.stations)) {
		one := w.stations[station]
		total, peak := -1, -1
		if one.flood != nil {
			total, peak = one.flood.Total, one.flood.Peak
		}
		_, ended := one.judge(station, now)
		f := one.flood
		if f == nil {
			continue
		}
		row := FloodRow{Station: station, Since: f.Since, Total: f.Total, Peak: f.Peak}
		if ended {
			at := now.UTC()
			row.Ended = &at
		}
		if ended || total != f.Total || peak != f.Peak {
			rows = append(rows, row)
		}
	}
	return rows
}

// show tells the screens what has changed of floods, once it is written.
func (w *Worker) show(rows []FloodRow) {
	var events []live.Event
	for _, row := range rows {
		if row.Ended != nil {
			w.stations[row.Station].flood = nil
		}
	}
	for _, station := range slices.Sorted(maps.Keys(w.stations)) {
		f := w.stations[station].flood
		if f == nil {
			if w.shown[station] != "" {
				delete(w.shown, station)
				events = append(events, live.Thing(live.Flood, station, station, nil, true))
			}
			continue
		}
		same := *f
		same.Version = 0
		data, err := json.Marshal(same)
		if err != nil || w.shown[station] == string(data) {
			continue
		}
		w.shown[station] = string(data)
		f.Version = int(w.Now().UnixMilli()) // grows across restarts too
		events = append(events, live.Thing(live.Flood, station, station, f, false))
	}
	if len(events) > 0 {
		w.Show(events...)
	}
}
