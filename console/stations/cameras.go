package stations

import (
	"cmp"
	"slices"
	"time"

	"guardroom/devices"
	"guardroom/gateway/link"
)

// Camera is a camera behind a gateway with what is known of it now.
type Camera struct {
	Gateway, Device   string
	Station           string
	Name, Location    string
	Offers            devices.Camera
	Picture, Recorder *Reading
	Online            bool // its gateway answers
	Lost              bool
	Since, LastHeard  time.Time // of the device's state; LastHeard is zero when never
	Error             string
	ReadOnly, Demo    bool
}

// Cameras lists the cameras of all gateways. It is for desks: it asks for no
// right.
func (d *Desk) Cameras() []Camera {
	d.mu.Lock()
	defer d.mu.Unlock()
	var list []Camera
	for _, g := range d.gateways {
		for _, dev := range g.devices {
			if dev.Category == devices.CameraCategory && dev.Camera != nil {
				list = append(list, d.camera(g, dev))
			}
		}
	}
	slices.SortFunc(list, func(a, b Camera) int {
		return cmp.Or(cmp.Compare(a.Station, b.Station), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Gateway, b.Gateway))
	})
	return list
}

// Camera finds one of them.
func (d *Desk) Camera(gatewayID, id string) (Camera, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.gateways[gatewayID]
	if g == nil {
		return Camera{}, false
	}
	dev := g.devices[id]
	if dev == nil || dev.Category != devices.CameraCategory || dev.Camera == nil {
		return Camera{}, false
	}
	return d.camera(g, dev), true
}

func (d *Desk) camera(g *gateway, dev *device) Camera {
	c := Camera{
		Gateway: g.record.ID, Device: dev.ID, Station: g.record.Station, Name: cmp.Or(dev.Name, dev.ID), Location: dev.Location,
		Offers: *dev.Camera, Online: g.state == Online, Lost: dev.State == link.DeviceLost, Since: dev.Since, Error: dev.Error,
		ReadOnly: g.record.Birth != nil && g.record.Birth.ReadOnly, Demo: g.view().Demo,
	}
	if dev.LastHeard != nil {
		c.LastHeard = *dev.LastHeard
	}
	for point, to := range map[string]**Reading{devices.PicturePoint: &c.Picture, devices.RecorderPoint: &c.Recorder} {
		if r := g.readings[string(devices.MakePointID(g.record.ID, dev.ID, point))]; r != nil {
			reading := *r
			*to = &reading
		}
	}
	return c
}
