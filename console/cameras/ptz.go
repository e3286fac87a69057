package cameras

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// leaseFor is how long an officer has a camera to move after the last move.
const leaseFor = time.Minute

// turning finds a camera that by may turn.
func (d *Desk) turning(by auth.Operator, needs auth.Permission, id string) (camera, error) {
	c, err := d.may(by, needs, id)
	if err == nil && !c.Offers.PTZ {
		err = &ConflictError{Reason: "fixed", Text: "this camera cannot be turned from here"}
	}
	return c, err
}

// Presets lists the views that a camera knows.
func (d *Desk) Presets(ctx context.Context, by auth.Operator, id string) ([]CameraPreset, error) {
	c, err := d.may(by, auth.CamerasWatch, id)
	if err != nil {
		return nil, err
	}
	if !c.Offers.PTZ {
		return []CameraPreset{}, nil
	}
	r, err := d.ask(ctx, c, devices.PTZPresets, nil, orderWithin)
	if err != nil {
		return nil, err
	}
	list := []CameraPreset{}
	if err := json.Unmarshal([]byte(r.ReadBack), &list); err != nil {
		return nil, fmt.Errorf("the presets of camera %s: %w", c.id(), err)
	}
	return list, nil
}

// Move turns a camera. Whoever moves it has it for a minute; somebody else is told
// who. A supervisor may take it over.
func (d *Desk) Move(ctx context.Context, by auth.Operator, id string, m PTZMove) (*PTZLease, error) {
	c, err := d.turning(by, auth.CamerasMove, id)
	if err != nil {
		return nil, err
	}
	if err := m.validate(); err != nil {
		return nil, err
	}
	if m.Action == "save_preset" {
		if err := by.May(auth.CamerasConfigure, c.Station); err != nil {
			return nil, err
		}
	}
	lease, err := d.lease(ctx, by, c, m)
	if err != nil || m.Action == "take" || m.Action == "release" {
		return lease, err
	}
	verb, arguments := devices.PTZStop, map[string]string{}
	switch m.Action {
	case "move":
		verb = devices.PTZMove
		arguments = map[string]string{"pan": speed(m.Pan), "tilt": speed(m.Tilt), "zoom": speed(m.Zoom)}
	case "preset":
		verb, arguments["preset"] = devices.PTZPreset, m.Preset
	case "save_preset":
		verb, arguments["preset"], arguments["name"] = devices.PTZSave, m.Preset, m.Name
	}
	if _, err := d.ask(ctx, c, verb, arguments, orderWithin); err != nil {
		return lease, err
	}
	if m.Action == "preset" || m.Action == "save_preset" {
		d.recordNow(ctx, audit.By(by, c.Station, "camera."+m.Action, "camera:"+c.id(), map[string]string{"preset": m.Preset, "name": m.Name}))
	}
	return lease, nil
}

func speed(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }

func (m *PTZMove) validate() error {
	for field, v := range map[string]float64{"pan": m.Pan, "tilt": m.Tilt, "zoom": m.Zoom} {
		if !(v >= -1 && v <= 1) { // no number is outside, too
			return &InvalidError{Field: field, Reason: "-1 to 1"}
		}
	}
	switch {
	case m.Action == "preset" && m.Preset == "":
		return &InvalidError{Field: "preset", Reason: "missing"}
	case m.Action == "save_preset" && m.Name == "" && m.Preset == "":
		return &InvalidError{Field: "name", Reason: "missing"}
	case len(m.Preset) > 64 || !plainText(m.Preset):
		return &InvalidError{Field: "preset", Reason: "at most 64 characters"}
	case len(m.Name) > 64 || !plainText(m.Name):
		return &InvalidError{Field: "name", Reason: "at most 64 characters"}
	}
	return nil
}

// lease takes, renews or gives back the right to turn a camera.
func (d *Desk) lease(ctx context.Context, by auth.Operator, c camera, m PTZMove) (*PTZLease, error) {
	now := d.now()
	d.mu.Lock()
	held := d.leases[c.id()]
	if held != nil && !held.Until.After(now) {
		held = nil
	}
	if held != nil && held.By != by.ID {
		if !m.TakeOver || by.May(auth.WatchSupervise, c.Station) != nil {
			lease := *held
			d.mu.Unlock()
			if m.TakeOver {
				return nil, by.May(auth.WatchSupervise, c.Station)
			}
			return nil, &ConflictError{Reason: "leased", Text: lease.ByName + " turns this camera", Params: map[string]any{"by_name": lease.ByName, "until": lease.Until}}
		}
	}
	fresh, from := held == nil || held.By != by.ID, ""
	if fresh && held != nil {
		from = held.ByName
	}
	if m.Action == "release" {
		delete(d.leases, c.id())
		d.mu.Unlock()
		return nil, nil
	}
	lease := &PTZLease{By: by.ID, ByName: by.Name, Until: now.Add(leaseFor)}
	d.leases[c.id()] = lease
	d.mu.Unlock()
	d.show()
	if fresh {
		params := map[string]string{}
		if from != "" {
			params["from"] = from
		}
		d.recordNow(ctx, audit.By(by, c.Station, "camera.turn", "camera:"+c.id(), params))
	}
	given := *lease
	return &given, nil
}

// recordNow writes an entry of something that has been done already: when the
// database is away, it is tried again beside.
func (d *Desk) recordNow(ctx context.Context, e audit.Entry) {
	e.At = d.now()
	if d.o.Store.Record(ctx, []audit.Entry{e}) == nil {
		return
	}
	d.spawn(func() {
		for d.ctx.Err() == nil {
			one, cancel := context.WithTimeout(d.ctx, 10*time.Second)
			err := d.o.Store.Record(one, []audit.Entry{e})
			cancel()
			if err == nil {
				return
			}
			d.o.Log.Warn("cameras: an entry waits for the database", "action", e.Action, "err", err)
			select {
			case <-d.ctx.Done():
			case <-time.After(time.Second):
			}
		}
	})
}
