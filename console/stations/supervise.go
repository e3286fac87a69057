package stations

import (
	"context"
	"fmt"
	"time"

	"guardroom/devices"
	"guardroom/gateway/link"
)

// Heartbeat takes in a gateway's life-sign. One that names another session than
// the current one is a straggler and proves nothing.
func (d *Desk) Heartbeat(station, id string, m link.HeartbeatMessage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.gateways[id]
	if g == nil || g.record.Station != station {
		d.ignoreLocked("unknown gateway")
		return
	}
	if g.session != "" && m.Session != g.session {
		d.ignoreLocked("heartbeat of an old session")
		return
	}
	d.meet(g, m.Session)
	switch m.Clock {
	case devices.Synced, devices.Holdover, devices.Unsynced:
	default:
		m.Clock = devices.Unsynced
	}
	reported := m.Devices
	m.Devices = nil
	g.beat, g.beaten = m, d.o.Now()
	var changed []*device
	for _, s := range reported {
		if dev := g.devices[s.Device]; dev != nil && dev.update(s) {
			changed = append(changed, dev)
		}
	}
	d.tellDevices(g, changed)
	d.tell(g)
}

func (dev *device) update(s link.DeviceState) (changed bool) {
	switch s.State {
	case link.DeviceUp, link.DeviceLost, link.DeviceUnknown:
	default:
		s.State = link.DeviceUnknown
	}
	next := deviceState{State: s.State, Since: s.Since.UTC(), Error: clip(s.Error, 500)}
	if !s.LastHeard.IsZero() {
		at := s.LastHeard.UTC()
		next.LastHeard = &at
	}
	same := next.State == dev.State && next.Since.Equal(dev.Since) && next.Error == dev.Error &&
		(next.LastHeard == nil) == (dev.LastHeard == nil) && (next.LastHeard == nil || next.LastHeard.Equal(*dev.LastHeard))
	dev.deviceState = next
	return !same
}

// Status takes in online and offline, also as the last will (broken). An
// offline counts only when it names the session that is current.
func (d *Desk) Status(station, id string, m link.StatusMessage, broken bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.gateways[id]
	if g == nil || g.record.Station != station {
		d.ignoreLocked("unknown gateway")
		return fmt.Errorf("status of gateway %s at station %s: %w", id, station, ErrNotFound)
	}
	switch {
	case len(m.Session) > 128 || m.Session == "":
		d.ignoreLocked("status")
		return fmt.Errorf("status of gateway %s: %w", id, &InvalidError{Field: "session", Reason: "missing or too long"})
	case m.State == link.Online:
		d.meet(g, m.Session)
	case m.State != link.Offline:
		d.ignoreLocked("status")
		return fmt.Errorf("status of gateway %s: %w", id, &InvalidError{Field: "state", Reason: fmt.Sprintf("%.40q is not online or offline", m.State)})
	case m.Session != g.session:
		d.ignoreLocked("offline of an old session")
	case broken:
		d.lose(g, Lost, "connection", "the connection to the gateway broke")
	default:
		d.lose(g, Offline, "stopped", "the gateway was stopped")
	}
	return nil
}

// meet notes a life-sign of the session; d.mu is held.
func (d *Desk) meet(g *gateway, session string) {
	now := d.o.Now()
	fresh := session != "" && session != g.session
	if fresh {
		g.session = session
		g.unstated = true
		d.poke()
	}
	g.heard = now
	if g.state == Online && g.met {
		if fresh {
			d.tell(g)
		}
		return
	}
	if g.state != Online {
		g.since = now
	}
	g.state, g.met = Online, true
	g.loss = loss{}
	g.unstated = true
	// Told even when nothing seems to have been raised: the console may have died
	// between raising it and keeping that it did.
	d.queue(g, false, "", "the gateway is back")
	d.tell(g)
}

// lose marks a gateway as gone; d.mu is held.
func (d *Desk) lose(g *gateway, to State, reason, text string) {
	g.met = true
	if g.state != Online && g.state != NeverSeen {
		g.state = to // a goodbye after the break changes the word, not the alarm
		d.tell(g)
		return
	}
	g.state, g.since = to, d.o.Now()
	g.unstated = true
	var changed []*device
	for _, dev := range g.devices {
		if dev.State != link.DeviceUnknown {
			dev.State, dev.Since = link.DeviceUnknown, g.since.UTC()
			changed = append(changed, dev)
		}
	}
	d.tellDevices(g, changed)
	d.stale(g)
	if reason == "connection" || reason == "stopped" {
		g.loss = loss{d.o.Now().Add(d.o.Grace), reason, text} // shown now, an alarm only if it lasts
	} else {
		d.queue(g, true, reason, text)
	}
	d.announce(g)
	d.tell(g)
}

// announce raises the loss whose grace is over; d.mu is held.
func (d *Desk) announce(g *gateway) {
	if !g.loss.due.IsZero() && !d.o.Now().Before(g.loss.due) {
		d.queue(g, true, g.loss.reason, g.loss.text)
		g.loss = loss{}
	}
}

// queue has a signal about the gateway raised by Run; d.mu is held.
func (d *Desk) queue(g *gateway, active bool, reason, text string) {
	now := d.o.Now().UTC()
	s := devices.Signal{
		Point: devices.MakePointID(g.record.ID, devices.GatewayDevice, devices.LinkPoint), Kind: devices.GatewayLost,
		Active: active, Occurred: now, Observed: now, Clock: devices.Synced, Text: text,
		Detail: map[string]string{"devices": fmt.Sprint(len(g.devices)), "gateway": g.record.Name},
	}
	if reason != "" {
		s.Detail["reason"] = reason
	}
	if last := latest(g.heard, g.beaten); active && !last.IsZero() {
		s.Detail["last_heard"] = last.UTC().Format(time.RFC3339)
	}
	if len(g.pending) >= 64 { // the store is away and the gateway flaps: the last state counts
		g.pending = g.pending[2:]
	}
	g.pending = append(g.pending, s)
	d.poke()
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (d *Desk) poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run watches over the gateways until ctx ends: it finds those that fell
// silent, raises what is to be raised and writes what is to be kept, again and
// again while the store is away.
func (d *Desk) Run(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	refresh := time.NewTicker(10 * time.Second)
	defer refresh.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-tick.C:
			d.Tick()
		case <-refresh.C:
			if err := d.Refresh(ctx); err != nil && ctx.Err() == nil {
				d.o.Log.Warn("stations: the register could not be read anew", "err", err)
			}
		}
		if err := d.Settle(ctx); err != nil && ctx.Err() == nil {
			d.o.Log.Warn("stations: will try again", "err", err)
		}
	}
}

// Tick finds the gateways that have been silent too long. After a start of the
// console they have as long to come back.
func (d *Desk) Tick() {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.o.Now()
	for _, g := range d.gateways {
		d.announce(g)
		switch {
		case g.state == NeverSeen:
		case g.met && g.state == Online && d.o.Waiting != nil && d.o.Waiting(g.record.ID):
			g.heard = now // the database is away and its signals queue up here
		case !g.met && now.Sub(d.started) > d.o.LostAfter:
			if g.state == Online {
				d.lose(g, Lost, "restart", "the gateway did not come back after the console was started")
				continue
			}
			g.met = true // lost before, lost now: make sure that the alarm stands
			d.queue(g, true, "restart", "the gateway did not come back after the console was started")
		case g.met && g.state == Online && now.Sub(g.heard) > d.o.LostAfter:
			d.lose(g, Lost, "silence", fmt.Sprintf("nothing heard from the gateway for %d s", int(d.o.LostAfter.Seconds())))
		}
	}
}

// Settle raises and writes what waits, gateway by gateway. Run calls it.
func (d *Desk) Settle(ctx context.Context) error {
	d.mu.Lock()
	var ids []string
	for _, g := range d.sorted() {
		if len(g.pending) > 0 || g.unsaved || g.unstated {
			ids = append(ids, g.record.ID)
		}
	}
	d.mu.Unlock()
	var first error
	for _, id := range ids {
		if err := d.settleOne(ctx, id); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func (d *Desk) settleOne(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := d.saveBirth(ctx, id); err != nil {
		// An alarm does not wait for a list of points.
		d.o.Log.Warn("stations: will try again", "err", err)
	}
	for {
		d.mu.Lock()
		g := d.gateways[id]
		if g == nil || len(g.pending) == 0 {
			d.mu.Unlock()
			break
		}
		s, station := g.pending[0], g.record.Station
		d.mu.Unlock()
		if err := d.o.Raiser.Raise(ctx, station, s); err != nil {
			return fmt.Errorf("raise %s of gateway %s: %w", s.Kind, id, err)
		}
		d.mu.Lock()
		if len(g.pending) > 0 && g.pending[0].Observed.Equal(s.Observed) && g.pending[0].Active == s.Active {
			g.pending = g.pending[1:]
		}
		d.mu.Unlock()
	}
	d.mu.Lock()
	g := d.gateways[id]
	if g == nil || !g.unstated {
		d.mu.Unlock()
		return nil
	}
	record := g.record
	record.State, record.Since, record.Session, record.LastHeartbeat = g.state, g.since, g.session, g.beaten
	g.unstated = false
	d.mu.Unlock()
	if err := d.o.Gateways.SaveState(ctx, record); err != nil {
		d.mu.Lock()
		g.unstated = true
		d.mu.Unlock()
		return fmt.Errorf("keep state of gateway %s: %w", id, err)
	}
	return nil
}
