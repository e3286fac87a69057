package gateway

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"

	"guardroom/devices"
	"guardroom/devices/modbus"
	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
	"guardroom/gateway/commands"
	"guardroom/gateway/poller"
)

// driver is one running device.
type driver struct {
	id   string
	line string
	poll interface {
		Run(ctx context.Context) error
		Status() poller.Status
	}
}

func (d driver) Status() poller.Status { return d.poll.Status() }

// siteParts are the devices of a site and the lines they hang on.
type siteParts struct {
	drivers     []driver
	commandable []commands.Device
	buses       map[string]*modbus.Line // by line
	broker      *broker.Broker
	log         *slog.Logger
}

func buildSite(c Config, shared poller.Site, log *slog.Logger) (*siteParts, error) {
	s := &siteParts{buses: map[string]*modbus.Line{}, log: log}
	if err := s.openBroker(c.FieldBroker); err != nil {
		return s, err
	}
	lines := map[string]*poller.Line{}
	for _, d := range c.Devices {
		if lines[d.Line] == nil {
			lines[d.Line] = poller.NewLine(d.Line)
		}
		if err := s.add(c, d, shared, lines[d.Line]); err != nil {
			return s, fmt.Errorf("device %s: %w", d.ID, err)
		}
	}
	return s, nil
}

func (s *siteParts) openBroker(b *FieldBroker) error {
	if b == nil {
		return nil
	}
	o := broker.Options{Listeners: []broker.Listener{{Address: b.Listen}}, Log: s.log}
	if b.Username != "" {
		o.Authenticate = func(c *broker.Client, password []byte) error {
			word, err := b.Password.Reveal()
			if err != nil {
				return err
			}
			if c.Username != b.Username || subtle.ConstantTimeCompare(password, []byte(word)) != 1 {
				return errors.New("wrong name or password")
			}
			return nil
		}
	}
	var err error
	if s.broker, err = broker.Start(o); err != nil {
		return fmt.Errorf("field broker: %w", err)
	}
	return nil
}

func (s *siteParts) brokerAddress() string {
	if s.broker == nil {
		return ""
	}
	return s.broker.Addr()
}

func (s *siteParts) add(c Config, d DeviceConfig, shared poller.Site, line *poller.Line) error {
	t, sup := d.Compiled.Profile.Transport, c.Supervision
	settings := poller.Settings{
		ID: d.ID, Compiled: d.Compiled, Line: line,
		LostAfter: sup.LostAfter, AlarmAfter: sup.AlarmAfter, LifeAfter: sup.LifeAfter,
	}
	if d.Serial {
		settings.LostAfter, settings.AlarmAfter = sup.SerialLostAfter, sup.SerialAlarmAfter
	}
	if t.LostAfter > 0 {
		settings.LostAfter = t.LostAfter
	}
	if t.AlarmAfter > 0 {
		settings.AlarmAfter = t.AlarmAfter
	}
	if t.Kind == "mqtt" {
		return s.addMQTT(c, d, shared, settings)
	}
	bus, err := s.bus(c, d)
	if err != nil {
		return err
	}
	p := poller.NewModbus(shared, settings, bus, d.Unit)
	s.drivers = append(s.drivers, driver{d.ID, d.Line, p})
	s.commandable = append(s.commandable, commands.Device{ID: d.ID, Compiled: d.Compiled, Actuator: p})
	return nil
}

// bus is the line of a device. The slowest of its devices sets the pace.
func (s *siteParts) bus(c Config, d DeviceConfig) (*modbus.Line, error) {
	if bus := s.buses[d.Line]; bus != nil {
		return bus, nil
	}
	o := modbus.Options{Log: s.log}
	for _, other := range c.Devices {
		if other.Line == d.Line {
			t := other.Compiled.Profile.Transport
			o.Timeout = max(o.Timeout, t.Timeout)
			o.MinGap = max(o.MinGap, t.MinGap)
			o.ConnectPause = max(o.ConnectPause, t.ConnectPause)
		}
	}
	bus, err := modbus.Open(d.Address, o)
	if err != nil {
		return nil, err
	}
	s.buses[d.Line] = bus
	return bus, nil
}

func (s *siteParts) addMQTT(c Config, d DeviceConfig, shared poller.Site, settings poller.Settings) error {
	o := mqtt.Options{
		URLs: []string{d.Address}, ClientID: "gateway-" + c.ID + "-" + d.ID, Username: d.Username, Log: s.log,
	}
	if d.Password.Given() {
		o.Password = d.Password.Reveal
	}
	p, err := poller.NewMQTT(shared, settings, o)
	if err != nil {
		return err
	}
	s.drivers = append(s.drivers, driver{d.ID, d.Line, p})
	s.commandable = append(s.commandable, commands.Device{ID: d.ID, Compiled: d.Compiled, Actuator: p})
	return nil
}

// start runs the lines and the devices until ctx ends.
func (s *siteParts) start(ctx context.Context, work *sync.WaitGroup) {
	run := func(what, name string, f func(context.Context) error) {
		work.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				s.log.Error(what+" ended", "name", name, "error", err)
			}
		})
	}
	for name, bus := range s.buses {
		run("line", name, bus.Run)
	}
	for _, d := range s.drivers {
		run("device", d.id, d.poll.Run)
	}
}

func (s *siteParts) close() {
	if s.broker != nil {
		if err := s.broker.Close(); err != nil {
			s.log.Warn("close the field broker", "error", err)
		}
	}
}

// describe lists the devices as birth tells them, with the points that every
// device has.
func describe(c Config) []devices.Device {
	out := make([]devices.Device, 0, len(c.Devices))
	for _, d := range c.Devices {
		device := devices.Device{
			ID: d.ID, Name: d.Name, Profile: d.Profile, Category: d.Compiled.Profile.Category,
			Location: d.Location, Address: withoutUser(d.Address), Line: withoutUser(d.Line),
		}
		if device.Name == "" {
			device.Name = d.ID
		}
		device.Points = append(device.Points, d.Compiled.Points...)
		device.Points = append(device.Points, devices.Point{
			ID: devices.CommsPoint, Name: "Connection", Type: devices.Event, States: []string{"normal", poller.Lost},
			Kinds: []devices.Kind{devices.CommsLost, devices.PanelFault, devices.SignalsMissing},
		})
		if d.Compiled.LifeSign != nil {
			device.Points = append(device.Points, devices.Point{
				ID: devices.LifePoint, Name: "Life-sign", Type: devices.Event, States: []string{"normal", "stopped"},
				Kinds: []devices.Kind{devices.LifesignStopped},
			})
		}
		for i := range device.Points {
			p := &device.Points[i]
			given := d.Points[p.ID]
			if given.Name != "" {
				p.Name = given.Name
			}
			if given.Location != "" {
				p.Location = given.Location
			}
			if given.Priority != 0 {
				p.Priority = given.Priority
			}
		}
		device.Plan = readPlan(d)
		out = append(out, device)
	}
	for _, one := range c.Cameras {
		out = append(out, describeCamera(one))
	}
	return out
}

func readPlan(d DeviceConfig) *devices.ReadPlan {
	c := d.Compiled
	plan := &devices.ReadPlan{Fast: c.Fast.String(), Slow: c.Slow.String(), Reads: []devices.PlannedRead{}, Topics: append([]string{}, c.Topics()...)}
	for _, r := range c.Reads {
		plan.Reads = append(plan.Reads, devices.PlannedRead{Table: string(r.Table), Address: r.Address, Count: r.Count, Tier: string(r.Tier)})
	}
	if c.LifeSign != nil {
		plan.LifeSign = fmt.Sprintf("%s must change within %s", c.LifeSign.Point, c.LifeSign.MustChangeWithin)
	}
	return plan
}

func withoutUser(address string) string {
	if u, err := url.Parse(address); err == nil && u.User != nil {
		u.User = nil
		return u.String()
	}
	return address
}
