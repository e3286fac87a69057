package poller

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"guardroom/devices"
	"guardroom/devices/profiles"
)

// condition is one kind of signal at one point of a device.
type condition struct {
	point string
	kind  devices.Kind
}

// tracker compares what a device says with what is known of it. Its driver's
// goroutine owns it.
type tracker struct {
	site     Site
	settings Settings
	active   map[condition]activeRecord
	states   map[string]profiles.PointState // last seen
	readings map[string]devices.Reading     // last told
	tellAll  time.Time                      // when all readings are due again
	losses   int                            // how often the device was marked as lost
	watch    watch
	status   status
}

func newTracker(site Site, settings Settings) *tracker {
	t := &tracker{
		site: site, settings: settings,
		active:   site.State.active(settings.ID),
		states:   map[string]profiles.PointState{},
		readings: map[string]devices.Reading{},
	}
	t.watch.start(t)
	return t
}

// holds reports whether a condition of a point is known to hold.
func (t *tracker) holds(point string, kind devices.Kind) bool {
	_, active := t.active[condition{point, kind}]
	return active
}

func (t *tracker) global(point string) devices.PointID {
	return devices.MakePointID(t.site.Gateway, t.settings.ID, point)
}

// observe takes the states that a device shows now. With an error nothing was
// noted, and the same states must be given again.
func (t *tracker) observe(ctx context.Context, states []profiles.PointState, now time.Time) error {
	if err := t.emit(ctx, t.edges(states, now)); err != nil {
		return err
	}
	var changed []devices.Reading
	for _, ps := range states {
		t.states[ps.Point] = ps
		if r := t.reading(ps, now); !sameReading(r, t.readings[ps.Point]) {
			t.readings[ps.Point] = r
			changed = append(changed, r)
		}
	}
	if len(changed) > 0 {
		t.site.Readings(changed)
	}
	return nil
}

// edges are the signals by which states differ from what is known. A condition
// restores only where its end was seen: not at a point that talks nonsense or is
// no longer programmed, and not when its beginning was never known.
func (t *tracker) edges(states []profiles.PointState, now time.Time) []devices.Signal {
	var signals []devices.Signal
	for _, ps := range states {
		known := ps.Quality == devices.Good || ps.Quality == devices.Uncertain
		for _, c := range ps.Conditions {
			_, was := t.active[condition{ps.Point, c.Kind}]
			if c.Active == was || !c.Active && !known {
				continue
			}
			s := t.signal(ps.Point, c.Kind, c.Active, now)
			s.State, s.Detail, s.Text = c.State, c.Detail, ps.Text
			signals = append(signals, s)
		}
	}
	return signals
}

func (t *tracker) signal(point string, kind devices.Kind, active bool, now time.Time) devices.Signal {
	return devices.Signal{
		Point: t.global(point), Kind: kind, Active: active,
		Occurred: now, Observed: now, Clock: t.site.Clock(),
	}
}

// emit makes signals durable, and only then counts them as known.
func (t *tracker) emit(ctx context.Context, signals []devices.Signal) error {
	const most = 1000
	for batch := range slices.Chunk(signals, most) {
		if _, err := t.site.Journal.Append(ctx, batch); err != nil {
			return fmt.Errorf("keep %d signals of %s: %w", len(batch), t.settings.ID, err)
		}
		for _, s := range batch {
			if s.Kind.Info().Momentary {
				continue
			}
			at := condition{s.Point.Point(), s.Kind}
			if s.Active {
				t.active[at] = activeRecord{s.Observed, s.Detail[DetailCausedBy]}
			} else {
				delete(t.active, at)
			}
		}
	}
	return nil
}

func (t *tracker) reading(ps profiles.PointState, now time.Time) devices.Reading {
	r := devices.Reading{
		Point: t.global(ps.Point), State: ps.State, Value: ps.Value, Text: ps.Text,
		Quality: ps.Quality, Observed: now, Source: ps.Source,
	}
	if len(ps.States) > 1 {
		r.States = ps.States
	}
	return r
}

func sameReading(a, b devices.Reading) bool {
	return a.State == b.State && a.Text == b.Text && a.Quality == b.Quality && slices.Equal(a.States, b.States) &&
		(a.Value == nil) == (b.Value == nil) && (a.Value == nil || *a.Value == *b.Value)
}

// degrade marks points as stale or bad until they are observed again. Their
// conditions stay as they are.
func (t *tracker) degrade(points []string, q devices.Quality) {
	var changed []devices.Reading
	for _, point := range points {
		r, known := t.readings[point]
		if !known {
			r = devices.Reading{Point: t.global(point), Observed: t.site.Now()}
		}
		if r.Quality == q || q == devices.Stale && r.Quality == devices.Bad {
			continue
		}
		r.Quality = q
		t.readings[point] = r
		changed = append(changed, r)
	}
	if len(changed) > 0 {
		t.site.Readings(changed)
	}
}

// tell gives all readings again when that is due, so that a console which
// missed some is right within that time.
func (t *tracker) tell(now time.Time) {
	if now.Before(t.tellAll) {
		return
	}
	if !t.tellAll.IsZero() {
		t.Tell()
	}
	// Spread over the period, or all devices would speak at once.
	t.tellAll = now.Add(time.Duration(float64(t.site.Every) * (0.75 + t.site.Rand()/4)))
}

// Tell gives all readings now.
func (t *tracker) Tell() {
	if len(t.readings) > 0 {
		t.site.Readings(slices.Collect(maps.Values(t.readings)))
	}
}

// known lists the points that have a reading.
func (t *tracker) known() []string { return slices.Collect(maps.Keys(t.readings)) }
