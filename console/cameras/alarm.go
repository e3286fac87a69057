package cameras

import (
	"context"
	"slices"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// mostOfAlarm is how many cameras an alarm is shown with.
const mostOfAlarm = 16

// OfAlarm lists the cameras of an alarm that by may watch, the most telling
// first: those that its text names, those of its door, those that look at the
// point, and those that stand in its area.
func (d *Desk) OfAlarm(ctx context.Context, by auth.Operator, id string) (AlarmCameras, error) {
	if all, ids := by.Stations(auth.CamerasWatch); !all && len(ids) == 0 {
		return AlarmCameras{}, by.May(auth.CamerasWatch, auth.AllStations)
	}
	a, err := d.o.Alarm(ctx, by, id)
	if err != nil {
		return AlarmCameras{}, err
	}
	if err := by.May(auth.CamerasWatch, a.Station); err != nil {
		return AlarmCameras{}, err
	}
	out := AlarmCameras{Alarm: a.ID, At: a.RaisedAt, Cameras: []AlarmCamera{}}
	have := map[string]bool{}
	add := func(c camera, because string) {
		if have[c.id()] || len(out.Cameras) >= mostOfAlarm || !d.settingsOf(c).lets(by, c.Station) {
			return
		}
		have[c.id()] = true
		out.Cameras = append(out.Cameras, AlarmCamera{VideoCamera: d.view(by, c), Because: because})
	}
	names := func(list []string, because string) {
		for _, name := range list {
			if c, ok := d.named(a.Station, name); ok {
				add(c, because)
			}
		}
	}
	if d.o.Named != nil {
		names(d.o.Named(ctx, by, a.Point, a.Kind), "rationale")
	}
	if d.o.Door != nil {
		names(d.o.Door(ctx, a.Point), "door")
	}
	for _, c := range d.all() {
		itself := c.Gateway == a.Point.Gateway() && c.Device == a.Point.Device()
		if c.Station == a.Station && (itself || slices.Contains(d.sees(c), a.Point)) {
			add(c, "point")
		}
	}
	for _, c := range d.all() {
		if c.Station == a.Station && a.Area != "" && d.o.Place(c.Station, c.Device).Area == a.Area {
			add(c, "area")
		}
	}
	return out, nil
}

// ringing is an alarm that has just risen.
type ringing struct {
	id, station string
	point       devices.PointID
}

// Rings is told of each alarm that rises, on its way to the screens: it must stay
// cheap, and never wait. Cameras with a preset for alarms turn.
func (d *Desk) Rings(id, station string, point devices.PointID) {
	select {
	case d.bell <- ringing{id, station, point}:
	default: // a flood: nobody looks at that many pictures
	}
}

// Turns reports whether any camera turns for alarms, so that nobody need look at
// each alarm when none does.
func (d *Desk) Turns() bool { return d.turns.Load() }

func (d *Desk) seeTurns() {
	turns := false
	for _, s := range d.settings {
		turns = turns || s.AlarmPreset != ""
	}
	d.turns.Store(turns)
}

// ring turns the cameras that look at an alarm, once for each, unless an officer
// turns it.
func (d *Desk) ring(ctx context.Context) {
	for {
		var r ringing
		select {
		case <-ctx.Done():
			return
		case r = <-d.bell:
		}
		now := d.now()
		d.mu.Lock()
		_, again := d.rung[r.id]
		for id, at := range d.rung {
			if now.Sub(at) > time.Hour {
				delete(d.rung, id)
			}
		}
		d.rung[r.id] = now
		d.mu.Unlock()
		if again {
			continue
		}
		for _, c := range d.all() {
			s := d.settingsOf(c)
			if s.AlarmPreset == "" || !c.Offers.PTZ || c.Station != r.station || !slices.Contains(d.sees(c), r.point) || d.taken(c, now) {
				continue
			}
			if _, err := d.ask(ctx, c, devices.PTZPreset, map[string]string{"preset": s.AlarmPreset}, orderWithin); err != nil {
				d.o.Log.Warn("cameras: a camera was not turned to an alarm", "camera", c.id(), "alarm", r.id, "err", err)
				continue
			}
			d.recordNow(ctx, audit.By(auth.System(), c.Station, "camera.preset", "camera:"+c.id(), map[string]string{"preset": s.AlarmPreset, "alarm": r.id}))
		}
	}
}

func (d *Desk) taken(c camera, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.leases[c.id()]
	return l != nil && l.Until.After(now)
}
