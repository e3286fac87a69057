package alarms

import (
	"cmp"
	"slices"
	"time"

	"guardroom/devices"
)

// causedBy is the detail of a comms.lost that names the point of its root cause.
const causedBy = "caused_by"

// settling is how long after its cause ended a device may take to answer again
// without anybody having to answer for it.
const settling = time.Minute

// supervised reports whether an alarm of kind k may stand under another one.
// Nothing else ever does, least of all fire and duress.
func supervised(k devices.Kind) bool {
	return k == devices.CommsLost || k == devices.LifesignStopped
}

// Supervision reports whether the machine needs every open supervision alarm of
// the gateway to apply a signal of kind k.
func Supervision(k devices.Kind) bool { return supervised(k) || k == devices.GatewayLost }

func claimedCause(h *Heard) devices.PointID {
	cause := devices.PointID(h.Detail[causedBy])
	if !supervised(h.Kind) || cause == h.Point || cause.Gateway() != h.Point.Gateway() || cause.Validate() != nil {
		return ""
	}
	return cause
}

// standsFor reports whether the alarm root speaks for a while root is active.
func standsFor(root, a *Alarm) bool {
	if root == a || root.Gateway != a.Gateway || !supervised(a.Kind) {
		return false
	}
	return root.Kind == devices.GatewayLost || root.Kind == devices.CommsLost && root.Point == a.Kept.Claimed
}

// standUnder looks for an active alarm that speaks for a, which is new.
func (b *Board) standUnder(a *Alarm, h *Heard) {
	for _, root := range b.sorted() {
		if root.Active() && standsFor(root, a) {
			a.Kept.BornSuppressed = true
			b.suppress(a, root, h)
			return
		}
	}
}

// standForOthers puts the open alarms that a speaks for under a.
func (b *Board) standForOthers(a *Alarm, h *Heard) {
	if !Supervision(a.Kind) || !a.Active() {
		return
	}
	for _, child := range b.sorted() {
		if child.Cause == nil && standsFor(a, child) {
			b.suppress(child, a, h)
		}
	}
}

func (b *Board) suppress(child, root *Alarm, h *Heard) {
	point := root.Point
	child.Cause = &point
	child.Version++
	b.touch(child)
	b.write(child, h, Suppressed)
	b.recount(root)
}

// leave lets those that a spoke for stand for themselves again, unless another
// active alarm speaks for them; and takes a from under its own cause when a is
// over.
func (b *Board) leave(a *Alarm, h *Heard) {
	if !Supervision(a.Kind) {
		return
	}
	if !a.Open() && a.Cause != nil {
		if root := b.Open[Key{*a.Cause, devices.CommsLost}]; root != nil {
			b.recountWithout(root, a)
		}
		if root := b.Open[Key{*a.Cause, devices.GatewayLost}]; root != nil {
			b.recountWithout(root, a)
		}
	}
	released := false
	for _, child := range b.sorted() {
		if child.Cause == nil || *child.Cause != a.Point || child == a {
			continue
		}
		released = true
		child.Cause = nil
		for _, root := range b.sorted() {
			if root.Active() && standsFor(root, child) {
				b.suppress(child, root, h)
				break
			}
		}
		if child.Cause == nil {
			child.LastAt = latest(child.LastAt, h.at())
			b.ask(child, h, Released)
		}
	}
	if released {
		b.recount(a)
	}
}

// quiet reports whether a, restored at, may end without anybody answering: it
// was never shown for itself, or only for the moment that its device took to
// answer after the cause had ended.
func (a *Alarm) quiet(at time.Time) bool {
	return a.Kept.BornSuppressed && (a.Cause != nil || at.Sub(a.LastAt) < settling)
}

func (b *Board) recount(root *Alarm) { b.recountWithout(root, nil) }

// recountWithout counts the open alarms under root, leaving one out.
func (b *Board) recountWithout(root, left *Alarm) {
	n := 0
	for _, a := range b.Open {
		if a != left && a != root && a.Cause != nil && *a.Cause == root.Point {
			n++
		}
	}
	if n != root.SuppressedChildren {
		root.SuppressedChildren = n
		root.Version++
		b.touch(root)
	}
}

// sorted lists the open supervision alarms in a fixed order.
func (b *Board) sorted() []*Alarm {
	var all []*Alarm
	for _, a := range b.Open {
		if Supervision(a.Kind) {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(x, y *Alarm) int { return cmp.Compare(x.ID, y.ID) })
	return all
}
