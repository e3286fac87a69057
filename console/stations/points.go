package stations

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// CommandPermission is the right that a command to a device of category needs.
func CommandPermission(category string) auth.Permission {
	switch category {
	case "access", "door":
		return auth.DoorsCommand
	case "fire":
		return auth.FireCommand
	}
	return auth.PanelsCommand
}

// reach returns nil when by may read devices at the asked station, or anywhere
// when none is asked for.
func reach(by auth.Operator, station string) error {
	if station != "" {
		return by.May(auth.DevicesRead, station)
	}
	if all, ids := by.Stations(auth.DevicesRead); !all && len(ids) == 0 {
		return &auth.ForbiddenError{Permission: auth.DevicesRead, Station: auth.AllStations}
	}
	return nil
}

// Gateways lists the gateways of one station, or of all that by may see.
func (d *Desk) Gateways(by auth.Operator, station string) ([]Gateway, error) {
	if err := reach(by, station); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	list := []Gateway{}
	for _, g := range d.visible(by, station) {
		list = append(list, g.view())
	}
	return list, nil
}

func (d *Desk) visible(by auth.Operator, station string) []*gateway {
	return slices.DeleteFunc(d.sorted(), func(g *gateway) bool {
		return station != "" && g.record.Station != station || by.May(auth.DevicesRead, g.record.Station) != nil
	})
}

// Devices lists devices with their points.
func (d *Desk) Devices(by auth.Operator, station, gatewayID string) ([]Device, error) {
	if err := reach(by, station); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	list := []Device{}
	for _, g := range d.visible(by, station) {
		if gatewayID != "" && g.record.ID != gatewayID {
			continue
		}
		for _, dev := range g.devices {
			list = append(list, d.device(by, g, dev))
		}
	}
	slices.SortFunc(list, func(a, b Device) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}

// Device returns one device.
func (d *Desk) Device(by auth.Operator, gatewayID, id string) (Device, error) {
	if err := reach(by, ""); err != nil {
		return Device{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.gateways[gatewayID]
	if g == nil || g.devices[id] == nil {
		return Device{}, fmt.Errorf("device %.64s/%.64s: %w", gatewayID, id, ErrNotFound)
	}
	if err := by.May(auth.DevicesRead, g.record.Station); err != nil {
		return Device{}, err
	}
	return d.device(by, g, g.devices[id]), nil
}

// Points lists points; device is "<gateway>/<device>" or empty.
func (d *Desk) Points(by auth.Operator, station, device string) ([]Point, error) {
	if err := reach(by, station); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	list := []Point{}
	for _, g := range d.visible(by, station) {
		for _, dev := range g.devices {
			if device == "" || device == g.record.ID+"/"+dev.ID {
				list = append(list, d.points(by, g, dev)...)
			}
		}
	}
	slices.SortFunc(list, func(a, b Point) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}

// Point returns one point.
func (d *Desk) Point(by auth.Operator, id devices.PointID) (Point, error) {
	if err := reach(by, ""); err != nil {
		return Point{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	g, at, err := d.find(id)
	if err != nil {
		return Point{}, err
	}
	if err := by.May(auth.DevicesRead, g.record.Station); err != nil {
		return Point{}, err
	}
	return d.point(by, g, g.devices[at.device], at.point), nil
}

func (d *Desk) find(id devices.PointID) (*gateway, place, error) {
	g := d.gateways[id.Gateway()]
	if g == nil {
		return nil, place{}, fmt.Errorf("point %.200s: %w", id, ErrNotFound)
	}
	at, ok := g.points[id]
	if !ok {
		return nil, place{}, fmt.Errorf("point %.200s: %w", id, ErrNotFound)
	}
	return g, at, nil
}

// PointChange is what may be set of a point; nil leaves it.
type PointChange struct {
	Name            *string
	Priorities      *map[devices.Kind]int
	CommandsAllowed *bool
}

// ChangePoint keeps what people set of a point. The priority of life-safety
// kinds cannot be lowered.
func (d *Desk) ChangePoint(ctx context.Context, by auth.Operator, id devices.PointID, c PointChange) (Point, error) {
	if err := mayConfigure(by); err != nil {
		return Point{}, err
	}
	d.mu.Lock()
	g, _, err := d.find(id)
	if err != nil {
		d.mu.Unlock()
		return Point{}, err
	}
	station, o := g.record.Station, d.override[id]
	d.mu.Unlock()
	if err := by.May(auth.DevicesConfigure, station); err != nil {
		return Point{}, err
	}
	params := map[string]string{}
	if c.Name != nil {
		o.Name = strings.TrimSpace(*c.Name)
		if o.Name != "" {
			if err := checkName(o.Name); err != nil {
				return Point{}, err
			}
		}
		params["name"] = o.Name
	}
	if c.Priorities != nil {
		if err := checkPriorities(*c.Priorities); err != nil {
			return Point{}, err
		}
		o.Priorities = maps.Clone(*c.Priorities)
		params["priorities"] = string(encode(o.Priorities))
	}
	if c.CommandsAllowed != nil {
		o.CommandsAllowed = *c.CommandsAllowed
		params["commands_allowed"] = fmt.Sprint(o.CommandsAllowed)
	}
	if err := d.o.Points.SaveOverride(ctx, id, o, audit.By(by, station, "point.change", "point:"+string(id), params)); err != nil {
		return Point{}, fmt.Errorf("change point %s: %w", id, err)
	}
	d.mu.Lock()
	d.override[id] = o
	d.changes++
	d.mu.Unlock()
	return d.Point(by, id)
}

func mayConfigure(by auth.Operator) error {
	if all, ids := by.Stations(auth.DevicesConfigure); !all && len(ids) == 0 {
		return &auth.ForbiddenError{Permission: auth.DevicesConfigure, Station: auth.AllStations}
	}
	return nil
}

func checkPriorities(priorities map[devices.Kind]int) error {
	if len(priorities) > 100 {
		return &InvalidError{Field: "priorities", Reason: "at most 100"}
	}
	for kind, p := range priorities {
		field := fmt.Sprintf("priorities.%.64s", kind)
		switch {
		case !kind.Known():
			return &InvalidError{Field: field, Reason: "is not a kind of signal"}
		case p < 1 || p > 4:
			return &InvalidError{Field: field, Reason: "1 to 4"}
		case kind.Info().LifeSafety && p != kind.Info().Priority:
			return &InvalidError{Field: field, Reason: "life safety stays at priority 1"}
		}
	}
	return nil
}

// Target is what a command needs to know of its point.
type Target struct {
	Station         string
	Gateway         string
	Category        string
	Verbs           []devices.Verb
	FireCommands    bool // the station's switch
	CommandsAllowed bool // the point's switch
	ReadOnly        bool
	GatewayState    State
	DeviceState     string
	Demo            bool
}

// Target looks a point up for a command.
func (d *Desk) Target(id devices.PointID) (Target, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g, at, err := d.find(id)
	if err != nil {
		return Target{}, err
	}
	dev := g.devices[at.device]
	v := g.view()
	return Target{
		Station: g.record.Station, Gateway: g.record.ID, Category: dev.Category, Verbs: at.point.Verbs,
		FireCommands: d.stations[g.record.Station].FireCommands, CommandsAllowed: d.override[id].CommandsAllowed,
		ReadOnly: v.ReadOnly, GatewayState: g.state, DeviceState: dev.State, Demo: v.Demo,
	}, nil
}

func (d *Desk) device(by auth.Operator, g *gateway, dev *device) Device {
	return Device{
		ID: g.record.ID + "/" + dev.ID, Gateway: g.record.ID, Station: g.record.Station, Device: dev.ID,
		Name: cmp.Or(dev.Name, dev.ID), Profile: dev.Profile, Category: dev.Category, Location: dev.Location, Address: dev.Address, Line: dev.Line,
		State: dev.State, Since: dev.Since, LastHeard: dev.LastHeard, Error: dev.Error, Points: d.points(by, g, dev),
		Plan: dev.Plan,
	}
}

func (d *Desk) points(by auth.Operator, g *gateway, dev *device) []Point {
	list := make([]Point, 0, len(dev.Points))
	for i := range dev.Points {
		list = append(list, d.point(by, g, dev, &dev.Points[i]))
	}
	return list
}

func (d *Desk) point(by auth.Operator, g *gateway, dev *device, p *devices.Point) Point {
	id := devices.MakePointID(g.record.ID, dev.ID, p.ID)
	o := d.override[id]
	view := Point{
		ID: id, Device: g.record.ID + "/" + dev.ID, Station: g.record.Station,
		Name: cmp.Or(o.Name, p.Name, p.ID), Type: p.Type, Unit: p.Unit,
		States: append([]string{}, p.States...), Kinds: append([]devices.Kind{}, p.Kinds...), Verbs: []Verb{},
		Priority: p.Priority, Location: cmp.Or(p.Location, dev.Location),
		Priorities: map[devices.Kind]int{}, CommandsAllowed: o.CommandsAllowed, Reading: g.readings[string(id)],
	}
	maps.Copy(view.Priorities, o.Priorities)
	fire := dev.Category == "fire"
	may := by.May(CommandPermission(dev.Category), g.record.Station) == nil && (g.record.Birth == nil || !g.record.Birth.ReadOnly)
	if fire {
		may = may && o.CommandsAllowed && d.stations[g.record.Station].FireCommands
	}
	for _, verb := range p.Verbs {
		view.Verbs = append(view.Verbs, Verb{Verb: verb, Allowed: may, OffByDefault: fire, NeedsReason: fire})
	}
	return view
}
