package rationale

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"guardroom/console/jobs"
	"guardroom/console/live"
	"guardroom/devices"
)

// Opening is a watched door that stands open.
type Opening struct {
	Point        devices.PointID
	Station      string
	Name, Place  string    // for the screens
	Since        time.Time // observed
	Signal       int64     // id of the signal that said so
	Epoch, Seq   uint64    // its place in the gateway's sequence
	WarnAt       time.Time
	HeldAt       time.Time
	Held         bool // the console has raised it
	RaisedAnyway bool // the controller was quicker
	shown        bool
}

// DoorSignal is the opening or closing of a door.
type DoorSignal struct {
	ID         int64
	Station    string
	Point      devices.PointID
	Open       bool
	Observed   time.Time
	Received   time.Time
	Historical bool
	Epoch, Seq uint64
}

// HeldJournal is what the watch over open doors needs of the store.
type HeldJournal interface {
	Progress(ctx context.Context) (int64, error)
	Settled(ctx context.Context) (int64, error)
	DoorSignals(ctx context.Context, after, upto int64) ([]DoorSignal, error)
	DoorTimes(ctx context.Context, station string, only ...devices.PointID) ([]DoorTime, error)
	Openings(ctx context.Context) ([]Opening, error)
	// Advance writes openings, new or changed, and takes those that ended away, with
	// the progress; ErrOvertaken when another console has moved it.
	Advance(ctx context.Context, was, upto int64, open []Opening, ended []devices.PointID) error
	// Standing reports whether the door's held alarm is active, and whether the
	// console has said so of this very opening.
	Standing(ctx context.Context, o Opening) (active, said bool, err error)
}

// ErrOvertaken says that another console has read on.
var ErrOvertaken = errors.New("another console has read on")

// raiser takes what the console itself says.
type raiser interface {
	Raise(ctx context.Context, station string, s devices.Signal) error
}

// Held watches doors that stand open: an officer is told some seconds before,
// and door.held is raised at the time that the station has set, beside the
// controller's own, which comes as it comes. Openings are kept: a restart
// forgets none, and raises none that has closed meanwhile.
type Held struct {
	Journal HeldJournal
	Raiser  raiser
	Show    func(...live.Event)
	Log     *slog.Logger
	Now     func() time.Time
	Every   time.Duration // default 250 ms

	wake   chan struct{}
	at     int64
	loaded bool
	doors  map[devices.PointID]DoorTime
	open   map[devices.PointID]*Opening
	read   time.Time // when doors was read
}

const (
	heldBatch = 20_000 // ids
	// settle is how long after a start, or for what is replayed, a door may still
	// turn out to be closed before it is raised.
	settle    = 30 * time.Second
	rereadAll = 30 * time.Second
)

// NewHeld returns one that does nothing before Run.
func NewHeld(j HeldJournal, r raiser, show func(...live.Event), log *slog.Logger) *Held {
	return &Held{Journal: j, Raiser: r, Show: show, Log: log, Now: time.Now, Every: 250 * time.Millisecond, wake: make(chan struct{}, 1)}
}

// Wake makes it read the times of doors anew.
func (h *Held) Wake() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends.
func (h *Held) Run(ctx context.Context) {
	jobs.Worker{
		Step: h.Step, Every: h.Every, Wake: h.wake, Now: h.Now,
		Woken: func() { h.read = time.Time{} }, Failed: func() { h.loaded = false },
		Complain: func(err error) {
			h.Log.Error("doors that stand open are not watched now; it is tried again, the controllers watch by themselves", "error", err)
		},
	}.Follow(ctx)
}

// Step reads what doors did, and raises what has stood open too long. It reports
// whether there is more to read.
func (h *Held) Step(ctx context.Context) (more bool, err error) {
	if !h.loaded {
		if err := h.load(ctx); err != nil {
			return false, err
		}
	}
	if h.Now().Sub(h.read) > rereadAll {
		if err := h.readDoors(ctx); err != nil {
			return false, err
		}
	}
	settled, err := h.Journal.Settled(ctx)
	if err != nil {
		return false, err
	}
	upto := min(settled, h.at+heldBatch)
	if upto > h.at {
		if err := h.take(ctx, upto); err != nil {
			return false, err
		}
	}
	if upto < settled { // what closed meanwhile must not be raised
		return true, nil
	}
	return false, h.due(ctx)
}

func (h *Held) load(ctx context.Context) (err error) {
	if h.at, err = h.Journal.Progress(ctx); err != nil {
		return err
	}
	kept, err := h.Journal.Openings(ctx)
	if err != nil {
		return err
	}
	if err := h.readDoors(ctx); err != nil {
		return err
	}
	old := h.open
	h.open = map[devices.PointID]*Opening{}
	for _, o := range kept {
		if door, known := h.doors[o.Point]; known {
			o.Name, o.Place = door.Name, door.Location
		}
		// What fell due while nobody looked may have closed meanwhile.
		if late := h.Now().Add(settle); !o.Held && o.HeldAt.Before(h.Now().Add(-5*time.Second)) {
			o.HeldAt = late
		}
		h.open[o.Point] = &o
	}
	for id, o := range old {
		if h.open[id] == nil && o.shown {
			h.hide(o)
		}
	}
	h.loaded = true
	return nil
}

func (h *Held) readDoors(ctx context.Context) error {
	list, err := h.Journal.DoorTimes(ctx, "")
	if err != nil {
		return err
	}
	h.doors, h.read = map[devices.PointID]DoorTime{}, h.Now()
	for _, d := range list {
		h.doors[d.Point] = d
	}
	return nil
}

// take applies what doors did up to an id.
func (h *Held) take(ctx context.Context, upto int64) error {
	signals, err := h.Journal.DoorSignals(ctx, h.at, upto)
	if err != nil {
		return err
	}
	changed, closed := map[devices.PointID]*Opening{}, map[devices.PointID]DoorSignal{}
	for _, s := range signals {
		if !s.Open {
			closed[s.Point] = s
			delete(changed, s.Point)
			continue
		}
		if was := h.open[s.Point]; was != nil && changed[s.Point] == nil {
			if _, gone := closed[s.Point]; !gone {
				continue // it says so once more
			}
		}
		if o := h.opening(s); o != nil && changed[s.Point] == nil {
			changed[s.Point] = o
		}
	}
	var open []Opening
	for _, id := range slices.Sorted(maps.Keys(changed)) {
		open = append(open, *changed[id])
	}
	var ended []devices.PointID
	for _, id := range slices.Sorted(maps.Keys(closed)) {
		was := h.open[id]
		if was == nil {
			continue
		}
		if was.Held { // first: an opening that is forgotten is restored by nobody
			if err := h.say(ctx, *was, false, closed[id].Epoch, closed[id].Seq); err != nil {
				return err
			}
		}
		if changed[id] == nil {
			ended = append(ended, id)
		}
	}
	if err := h.Journal.Advance(ctx, h.at, upto, open, ended); err != nil {
		if errors.Is(err, ErrOvertaken) {
			h.loaded = false
			return nil
		}
		return err
	}
	h.at = upto
	for id := range closed {
		if was := h.open[id]; was != nil {
			h.hide(was)
			delete(h.open, id)
		}
	}
	maps.Copy(h.open, changed)
	return nil
}

// opening is the beginning of the watch over a door; nil when it is not watched.
func (h *Held) opening(s DoorSignal) *Opening {
	door, known := h.doors[s.Point]
	if !known {
		return nil
	}
	held, warn := door.After(s.Observed)
	if held == 0 {
		return nil
	}
	o := &Opening{
		Point: s.Point, Station: s.Station, Name: door.Name, Place: door.Location, Since: s.Observed, Signal: s.ID,
		Epoch: s.Epoch, Seq: s.Seq, HeldAt: s.Observed.Add(held), WarnAt: s.Observed.Add(held - warn),
	}
	// What comes late may have closed long since: the closing is on its way.
	if wait := s.Received.Add(settle); s.Historical && o.HeldAt.Before(wait) {
		o.HeldAt = wait
	}
	return o
}

// due warns of doors and raises those that have stood open too long.
func (h *Held) due(ctx context.Context) error {
	if !h.loaded {
		return nil
	}
	now := h.Now()
	var raised []Opening
	for _, id := range slices.Sorted(maps.Keys(h.open)) {
		o := h.open[id]
		switch {
		case o.Held || o.RaisedAnyway:
		case !now.Before(o.HeldAt):
			active, said, err := h.Journal.Standing(ctx, *o)
			if err != nil {
				return err
			}
			if active && !said {
				o.RaisedAnyway = true // the controller was quicker
			} else {
				if !said {
					if err := h.say(ctx, *o, true, o.Epoch, o.Seq); err != nil {
						return err
					}
				}
				o.Held = true
				raised = append(raised, *o)
			}
			h.hide(o)
		case !now.Before(o.WarnAt) && !o.shown:
			o.shown = true
			h.Show(live.Thing(live.Held, o.Station, string(o.Point), HeldWarning{
				ID: string(o.Point), Station: o.Station, Name: o.Name, Location: o.Place, Since: o.Since, Due: o.HeldAt,
			}, false))
		}
	}
	if len(raised) == 0 {
		return nil
	}
	err := h.Journal.Advance(ctx, h.at, h.at, raised, nil)
	if errors.Is(err, ErrOvertaken) {
		h.loaded = false
		return nil
	}
	return err
}

// HeldWarning tells an officer that a door will be held soon.
type HeldWarning struct {
	ID       string    `json:"id"`
	Station  string    `json:"station"`
	Name     string    `json:"name"`
	Location string    `json:"location"`
	Since    time.Time `json:"since"`
	Due      time.Time `json:"due"`
}

func (h *Held) hide(o *Opening) {
	if o.shown {
		o.shown = false
		h.Show(live.Thing(live.Held, o.Station, string(o.Point), nil, true))
	}
}

// say raises or restores door.held. It follows the door's own signal in the
// gateway's sequence, so that the controller's word and the console's are about
// one condition.
func (h *Held) say(ctx context.Context, o Opening, active bool, epoch, seq uint64) error {
	stood := o.HeldAt.Sub(o.Since).Round(time.Second)
	text := fmt.Sprintf("Open for %s.", stood)
	if !active {
		text = "Closed again."
	}
	now := h.Now()
	err := h.Raiser.Raise(ctx, o.Station, devices.Signal{
		Point: o.Point, Kind: devices.DoorHeld, Active: active, State: "held", Occurred: now, Observed: now, Text: text,
		Detail: map[string]string{devices.Follows: fmt.Sprintf("%d/%d", epoch, seq), "by": "console", "open_since": o.Since.UTC().Format(time.RFC3339)},
	})
	if err != nil {
		return fmt.Errorf("%s of %s: %w", devices.DoorHeld, o.Point, err)
	}
	return nil
}
