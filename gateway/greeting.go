package gateway

import (
	"encoding/json"
	"fmt"
	"time"

	"guardroom/devices"
	"guardroom/gateway/link"
)

// maxBirth is what the console takes as one message.
const maxBirth = 4 * link.MaxBytes

// birth says who the gateway is and what it serves. On a very large site the
// message would be refused as a whole, so it says less of each point instead,
// and in the end nothing of points: their signals come all the same.
func (u *uplink) birth(session string, now time.Time) (link.BirthMessage, error) {
	m := link.BirthMessage{
		Wire: link.Spoken, Station: u.config.Station, Gateway: u.config.ID, Session: session,
		Epoch: u.spool.Last().Epoch, Software: u.options.Software, Config: u.config.Hash,
		ReadOnly: u.config.ReadOnly, Managed: u.config.Managed, Demo: u.config.Demo, At: now,
		Devices: describe(u.config),
	}
	for _, less := range []struct {
		what string
		cut  func(*devices.Device)
	}{
		{"", func(*devices.Device) {}},
		{"the read plans", func(d *devices.Device) { d.Plan = nil }},
		{"the read plans, the states and limits of points", eachPoint(func(p *devices.Point) { p.States, p.Limits = nil, nil })},
		{"the read plans, the states, limits and signal kinds of points", eachPoint(func(p *devices.Point) { p.Kinds = nil })},
	} {
		for i := range m.Devices {
			less.cut(&m.Devices[i])
		}
		payload, err := json.Marshal(m)
		if err != nil {
			return m, fmt.Errorf("encode birth: %w", err)
		}
		if len(payload) <= maxBirth {
			if less.what != "" {
				u.log.Warn("the site is too large for one birth message; left out", "what", less.what)
			}
			return m, nil
		}
	}
	u.log.Error("the site is too large for one birth message: the console is not told the points. Divide it among several gateways.")
	for i := range m.Devices {
		m.Devices[i].Points = nil
	}
	return m, nil
}

func eachPoint(change func(*devices.Point)) func(*devices.Device) {
	return func(d *devices.Device) {
		for i := range d.Points {
			change(&d.Points[i])
		}
	}
}
