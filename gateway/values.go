package gateway

import (
	"context"
	"time"

	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/gateway/link"
)

// read takes readings from the drivers: the newest of a point wins.
func (u *uplink) read(readings []devices.Reading) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, r := range readings {
		u.values[r.Point] = r
		u.fresh[r.Point] = true
	}
}

// refresh makes every reading due, for a console that was away.
func (u *uplink) refresh() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for point := range u.values {
		u.fresh[point] = true
	}
}

// due takes up to n readings that are to be sent.
func (u *uplink) due(n int) []devices.Reading {
	u.mu.Lock()
	defer u.mu.Unlock()
	var out []devices.Reading
	for point := range u.fresh {
		if len(out) == n {
			break
		}
		out = append(out, u.values[point])
		delete(u.fresh, point)
	}
	return out
}

// sendValues sends what changed, a few times a second.
func (u *uplink) sendValues(ctx context.Context, client *mqtt.Client) {
	tick := time.NewTicker(readingsEvery)
	defer tick.Stop()
	for {
		for {
			readings := u.due(readingsAtOnce)
			if len(readings) == 0 {
				break
			}
			m, err := u.message(link.Readings, link.ReadingsMessage{Readings: readings})
			if err != nil {
				u.log.Error("send readings", "error", err)
				break
			}
			client.Start(ctx, m) // may be lost: the next one replaces it
			if ctx.Err() != nil {
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// settled queues a receipt. When the console stays away, the oldest are
// forgotten: it shows those commands as unknown already.
func (u *uplink) settled(r devices.Receipt) {
	u.mu.Lock()
	u.receipts = append(u.receipts, r)
	if over := len(u.receipts) - receiptsKept; over > 0 {
		u.receipts = append([]devices.Receipt(nil), u.receipts[over:]...)
	}
	u.mu.Unlock()
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

// sendReceipts sends each receipt until the broker has it.
func (u *uplink) sendReceipts(ctx context.Context, client *mqtt.Client) {
	for {
		u.mu.Lock()
		var r devices.Receipt
		waiting := len(u.receipts) > 0
		if waiting {
			r = u.receipts[0]
		}
		u.mu.Unlock()
		if !waiting {
			select {
			case <-u.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		m, err := u.message(link.Receipts, r)
		if err == nil {
			err = client.Publish(ctx, m)
		}
		if err != nil {
			u.log.Warn("send a receipt", "command", r.Command, "error", err)
			return // the next connection sends it
		}
		u.mu.Lock()
		if len(u.receipts) > 0 && u.receipts[0] == r {
			u.receipts = u.receipts[1:]
		}
		u.mu.Unlock()
	}
}

// configured takes a configuration that the console sent. A gateway that is not
// managed goes by its file, and says so.
func (u *uplink) configured(r mqtt.Received) {
	r.Ack()
	if len(r.Payload) == 0 {
		return
	}
	m, err := link.Decode[link.ConfigMessage](link.Config, r.Payload)
	if err != nil {
		u.log.Warn("message not understood", "error", err)
		return
	}
	if u.manager == nil {
		u.log.Warn("the console sent a configuration; this gateway goes by its file", "version", m.Version)
		return
	}
	u.manager.take(m)
}

// applied is which configuration is in force.
func (u *uplink) applied(now time.Time) link.AppliedMessage {
	if u.manager != nil {
		return u.manager.applied()
	}
	return link.AppliedMessage{State: link.ConfigInForce, At: now}
}

func (u *uplink) sayApplied(ctx context.Context, client *mqtt.Client) {
	if m, err := u.message(link.ConfigApplied, u.applied(u.options.Now())); err == nil {
		client.Start(ctx, m)
	}
}
