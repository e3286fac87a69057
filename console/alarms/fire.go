package alarms

import (
	"cmp"
	"slices"

	"guardroom/devices"
)

// summary is the detail with which a panel's own fire point says that it only
// sums up its zones.
const summary = "summary"

// detects reports whether a is a detector, call point or zone in fire. A panel's
// summary is an alarm too, because a zone that nobody mapped shows nowhere else;
// but it is no second detector, and never the first-up.
func detects(a *Alarm) bool { return a.Kind == devices.FireAlarm && a.Detail[summary] != "true" }

// joinFire joins a, which h raised, with the other fire alarms of its panel. They
// never merge. A second detector confirms the fire of the first; the first one
// of the event stays pinned on all of them.
func (b *Board) joinFire(a *Alarm, h *Heard) {
	if !detects(a) {
		return
	}
	others := b.fires(a)
	if len(others) == 0 {
		return
	}
	for _, other := range others {
		if b.together(other, a, h.place()) {
			b.confirm(other, h)
			b.confirm(a, h)
		}
	}
	b.pinFirst(append(others, a))
}

// fires lists the other open fire alarms of a's panel, in a fixed order.
func (b *Board) fires(a *Alarm) []*Alarm {
	var found []*Alarm
	for _, other := range b.Open {
		if other != a && detects(other) && other.Gateway == a.Gateway && other.Device == a.Device {
			found = append(found, other)
		}
	}
	slices.SortFunc(found, func(x, y *Alarm) int { return cmp.Compare(x.ID, y.ID) })
	return found
}

// together reports whether other held while a was raised at place, or a while
// other was raised: signals may come in another order than they happened in, so
// that not only the present counts.
func (b *Board) together(other, a *Alarm, place Place) bool {
	held := func(x *Alarm, at Place) bool {
		return x.Active() || b.Conditions[Key{x.Point, x.Kind}].At.After(at)
	}
	if place.After(other.Kept.First) {
		return held(other, place)
	}
	return held(a, other.Kept.First)
}

func (b *Board) confirm(a *Alarm, h *Heard) {
	if a.Confirmed {
		return
	}
	a.Confirmed = true
	b.ask(a, h, Confirmed)
}

// pinFirst writes the first-up detector on every alarm of the event. One that
// is over already stays; else it is the earliest, even when that comes to light
// late.
func (b *Board) pinFirst(event []*Alarm) {
	earliest := event[0]
	for _, a := range event {
		if earliest.Kept.First.After(a.Kept.First) {
			earliest = a
		}
	}
	first := FirstUp{Alarm: earliest.ID, Point: earliest.Point, PointName: earliest.PointName, At: earliest.RaisedAt}
	for _, a := range event {
		over := func(id string) bool {
			return !slices.ContainsFunc(event, func(x *Alarm) bool { return x.ID == id })
		}
		if a.FirstUp != nil && over(a.FirstUp.Alarm) {
			first = *a.FirstUp
			break
		}
	}
	for _, a := range event {
		if a.FirstUp == nil || a.FirstUp.Alarm != first.Alarm || !a.FirstUp.At.Equal(first.At) {
			pinned := first
			a.FirstUp = &pinned
			a.Version++
			b.touch(a)
		}
	}
}
