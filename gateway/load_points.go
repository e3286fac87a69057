package gateway

import (
	"errors"
	"slices"

	"guardroom/devices"
	"guardroom/devices/profiles"
)

// points reads what a site says of the points of a device: names, places,
// priorities, and limits where the profile lets a site move them.
func (l *loader) points(n *node, d *DeviceConfig) {
	if n == nil || n.kind == nothing {
		return
	}
	if n.kind != aMapping {
		l.fault(n.at(), "points is %s; it must be a mapping of point ids", n.kind)
		return
	}
	d.Points = map[string]PointConfig{}
	for _, id := range n.keys {
		p := n.dict[id]
		l.only(p, "a point", "name", "location", "priority", "limits")
		if !slices.ContainsFunc(d.Compiled.Points, func(known devices.Point) bool { return known.ID == id }) && id != devices.CommsPoint && id != devices.LifePoint {
			l.fault(p.at(), "device %s has no point %q with this profile and these params", d.ID, clip(id))
			continue
		}
		d.Points[id] = PointConfig{
			Name: l.text(p.get("name"), "name"), Location: l.text(p.get("location"), "location"),
			Priority: int(l.whole(p.get("priority"), "priority", 1, 4)),
		}
		l.limits(p.get("limits"), id, d)
	}
}

// limits reads {<state>: {alarm_above, clear_below}} or {<state>: {alarm_below,
// clear_above}} of one point.
func (l *loader) limits(n *node, point string, d *DeviceConfig) {
	if n == nil || n.kind == nothing {
		return
	}
	if n.kind != aMapping {
		l.fault(n.at(), "limits is %s; it must be a mapping of states", n.kind)
		return
	}
	for _, state := range n.keys {
		one := n.dict[state]
		l.only(one, "a limit", "alarm_above", "clear_below", "alarm_below", "clear_above")
		if one == nil || one.kind != aMapping {
			continue // told by only
		}
		side, alarm, clearing := devices.Above, one.get("alarm_above"), one.get("clear_below")
		if alarm == nil {
			side, alarm, clearing = devices.Below, one.get("alarm_below"), one.get("clear_above")
		}
		if alarm == nil || clearing == nil || len(one.keys) != 2 {
			l.fault(one.at(), "limit %s of point %s: it is alarm_above with clear_below, or alarm_below with clear_above", clip(state), point)
			continue
		}
		at, ok := l.number(alarm, "the limit")
		until, fine := l.number(clearing, "the end of the band")
		if !ok || !fine {
			continue
		}
		c, err := d.Compiled.WithLimit(point, state, side, at, until)
		var wrong *profiles.LimitError
		switch {
		case errors.As(err, &wrong):
			l.fault(one.at(), "device %s: %v", d.ID, wrong)
		case err != nil:
			l.fault(one.at(), "device %s: %v", d.ID, err)
		default:
			d.Compiled = c
		}
	}
}

func (l *loader) number(n *node, name string) (float64, bool) {
	switch v := n.word.(type) {
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, true
	}
	l.fault(n.at(), "%s must be a number", name)
	return 0, false
}
