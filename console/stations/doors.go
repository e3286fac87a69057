package stations

import (
	"cmp"
	"fmt"
	"slices"

	"guardroom/devices"
	"guardroom/gateway/link"
)

// Access is a point of an access device that takes commands, such as a door,
// with what is known of it now.
type Access struct {
	Point    devices.PointID
	Station  string
	Gateway  string
	Device   string // "<gateway>/<device>"
	Name     string
	Location string
	Verbs    []devices.Verb
	Kinds    []devices.Kind
	States   []string
	Reading  *Reading
	Online   bool // gateway and device answer
	ReadOnly bool
	Demo     bool
}

// IsAccess reports whether devices of the category let people through.
func IsAccess(category string) bool { return category == "access" || category == "door" }

// AccessPoints lists the commandable points of a station's access devices by
// name, or of every station's when none is named. It is for desks: it asks for
// no right.
func (d *Desk) AccessPoints(station string) []Access {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []Access
	for _, g := range d.gateways {
		if station != "" && g.record.Station != station {
			continue
		}
		for _, dev := range g.devices {
			if !IsAccess(dev.Category) {
				continue
			}
			for i := range dev.Points {
				if len(dev.Points[i].Verbs) > 0 {
					list = append(list, d.access(g, dev, &dev.Points[i]))
				}
			}
		}
	}
	slices.SortFunc(list, func(a, b Access) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Point, b.Point)) })
	return list
}

// AccessPoint returns one of them, or ErrNotFound.
func (d *Desk) AccessPoint(id devices.PointID) (Access, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g, at, err := d.find(id)
	if err != nil {
		return Access{}, err
	}
	dev := g.devices[at.device]
	if !IsAccess(dev.Category) || len(at.point.Verbs) == 0 {
		return Access{}, fmt.Errorf("access point %.200s: %w", id, ErrNotFound)
	}
	return d.access(g, dev, at.point), nil
}

func (d *Desk) access(g *gateway, dev *device, p *devices.Point) Access {
	id := devices.MakePointID(g.record.ID, dev.ID, p.ID)
	a := Access{
		Point: id, Station: g.record.Station, Gateway: g.record.ID, Device: g.record.ID + "/" + dev.ID,
		Name: cmp.Or(d.override[id].Name, p.Name, p.ID), Location: cmp.Or(p.Location, dev.Location),
		Verbs: p.Verbs, Kinds: p.Kinds, States: p.States, Online: g.state == Online && dev.State != link.DeviceLost,
		ReadOnly: g.record.Birth != nil && g.record.Birth.ReadOnly, Demo: g.view().Demo,
	}
	if r := g.readings[string(id)]; r != nil {
		reading := *r
		a.Reading = &reading
	}
	return a
}
