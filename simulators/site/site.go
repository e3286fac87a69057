package site

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"guardroom/devices/mqtt/broker"
	"guardroom/devices/profiles"
	"guardroom/simulators/door"
	"guardroom/simulators/panel"
)

// Options of a site. Zero values take the defaults named.
type Options struct {
	HTTP      string // control API and page; "127.0.0.1:8090"
	StateFile string // where the states of all points are kept; empty: nowhere
	// NonLoopback lets other machines reach the control API and the devices. A
	// make-believe alarm looks real: do so on networks of your own only.
	NonLoopback bool
	Stories     []Story
	Log         *slog.Logger // warnings on stderr
}

// A Story is something that happens to people and not to devices, for whoever starts
// the site to act. It stands among the scenarios, runs until it is stopped, and ends
// where it fails.
type Story struct {
	Name, Title string
	Begin       func(ctx context.Context) error
	End         func(ctx context.Context) error
}

// Site is a running make-believe station.
type Site struct {
	sc      Scenario
	o       Options
	devices []*device // never changes after Start
	broker  *broker.Broker
	server  *http.Server
	web     net.Listener
	ctx     context.Context // ends with Close
	stop    context.CancelFunc
	work    sync.WaitGroup
	memory  memory

	mu   sync.Mutex
	runs map[string]*run
}

// actor is what every simulated device can do.
type actor interface {
	Points() []string
	States(point string) []string
	Holding(point string) []string
	Set(point, state string) error
	SetFault(spec string) error
	Faults() []string
	FaultNames() []string
	Close()
}

type device struct {
	Device
	live     actor
	compiled *profiles.Compiled
	doors    *door.Controller // nil for panels
	eye      *Camera          // nil for what is no camera
	address  string           // as a gateway's configuration names it
	unit     uint8
}

// Start starts every device, then the control API; when one thing fails, nothing
// stays behind.
func Start(ctx context.Context, sc Scenario, o Options) (*Site, error) {
	if o.HTTP == "" {
		o.HTTP = "127.0.0.1:8090"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	s := &Site{sc: sc, o: o, runs: map[string]*run{}}
	s.ctx, s.stop = context.WithCancel(ctx)
	if err := s.start(); err != nil {
		s.Close()
		return nil, fmt.Errorf("simulators: %w", err)
	}
	return s, nil
}

func (s *Site) start() error {
	if err := s.sc.validate(); err != nil {
		return err
	}
	if err := s.listen(); err != nil {
		return err
	}
	if err := s.memory.open(s.o.StateFile, s.o.Log); err != nil {
		return err
	}
	for i := range s.sc.Devices {
		d := &device{Device: s.sc.Devices[i]}
		var err error
		if d.compiled, err = d.compile(); err == nil && d.Profile == doorProfile {
			err = s.startDoors(d)
		} else if err == nil && d.Profile == intercomProfile {
			err = s.startIntercom(d)
		} else if err == nil {
			err = s.startPanel(d, uint64(i))
		}
		if err != nil {
			return fmt.Errorf("device %s: %w", d.ID, err)
		}
		s.devices = append(s.devices, d)
	}
	if err := s.startCameras(); err != nil {
		return err
	}
	s.server = &http.Server{Handler: s.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	s.work.Go(func() { _ = s.server.Serve(s.web) }) // ends with Close
	s.work.Go(func() { s.memory.keep(s.ctx) })
	return nil
}

func (s *Site) listen() error {
	host, _, err := net.SplitHostPort(s.o.HTTP)
	if err != nil {
		return fmt.Errorf("address %q is not host:port", s.o.HTTP)
	}
	if !s.o.NonLoopback && !loopback(host) {
		return fmt.Errorf("%s can be reached from other machines; a make-believe alarm must not: listen on 127.0.0.1", s.o.HTTP)
	}
	if s.web, err = (&net.ListenConfig{}).Listen(s.ctx, "tcp", s.o.HTTP); err != nil {
		return fmt.Errorf("control API: cannot listen on %s: %w", s.o.HTTP, err)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s *Site) startPanel(d *device, seed uint64) error {
	p, err := panel.Start(s.ctx, panel.Options{
		Profile: d.compiled, Address: d.Address, Unit: d.Unit, Seed: seed, Obeys: d.Obeys,
		Saved: s.memory.panel(d.ID), OnChange: func(now panel.Snapshot) { s.memory.keepPanel(d.ID, now) },
		NonLoopback: s.o.NonLoopback, Log: s.o.Log.With("device", d.ID),
	})
	if err != nil {
		return err
	}
	d.live, d.address, d.unit = p, "tcp://"+p.Addr(), p.Unit()
	return nil
}

func (s *Site) startDoors(d *device) error {
	o := door.Options{
		Cards: d.Cards, Relock: d.Relock, HeldAfter: d.HeldAfter,
		Saved: s.memory.doors(d.ID), OnChange: func(now door.Snapshot) { s.memory.keepDoors(d.ID, now) },
		Log: s.o.Log.With("device", d.ID),
	}
	if err := d.doorParams(&o); err != nil {
		return err
	}
	if d.address = d.Address; d.address == "" {
		if err := s.openBroker(); err != nil {
			return err
		}
		d.address = "tcp://" + s.broker.Addr()
	}
	o.Broker = d.address
	c, err := door.Start(s.ctx, o)
	if errors.Is(err, door.ErrSaved) {
		return fmt.Errorf("%w; delete %s to begin quiet", err, s.o.StateFile)
	}
	if err != nil {
		return err
	}
	d.live, d.doors = c, c
	return nil
}

func (s *Site) startIntercom(d *device) error {
	o := door.IntercomOptions{ID: d.ID, Broker: d.Address, Log: s.o.Log.With("device", d.ID)}
	o.Root, _ = d.Params["root"].(string)
	if o.Broker == "" {
		if err := s.openBroker(); err != nil {
			return err
		}
		o.Broker = "tcp://" + s.broker.Addr()
	}
	i, err := door.StartIntercom(s.ctx, o)
	if err != nil {
		return err
	}
	d.live, d.address = i, o.Broker
	return nil
}

// openBroker starts the broker at which door controllers and gateway meet.
func (s *Site) openBroker() (err error) {
	if s.broker != nil {
		return nil
	}
	address := s.sc.Broker
	if address == "" {
		address = "127.0.0.1:0"
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil || !s.o.NonLoopback && !loopback(host) {
		return fmt.Errorf("broker of the doors: %q is not host:port on this machine", address)
	}
	if s.broker, err = broker.Start(broker.Options{Listeners: []broker.Listener{{Address: address}}, Log: s.o.Log}); err != nil {
		return fmt.Errorf("broker of the doors: %w", err)
	}
	return nil
}

// Addr is "127.0.0.1:port" of the control API.
func (s *Site) Addr() string { return s.web.Addr().String() }

// Broker is "tcp://127.0.0.1:port" of the site's own MQTT broker, empty when
// there is none.
func (s *Site) Broker() string {
	if s.broker == nil {
		return ""
	}
	return "tcp://" + s.broker.Addr()
}

// Devices lists the devices but the cameras as a gateway's configuration needs
// them: with the addresses where they are now.
func (s *Site) Devices() []Device {
	list := make([]Device, 0, len(s.devices))
	for _, d := range s.devices {
		if d.eye == nil {
			one := d.Device
			one.Address, one.Unit = d.address, d.unit
			list = append(list, one)
		}
	}
	return list
}

// State is the leading state of a point, empty when there is none.
func (s *Site) State(deviceID, point string) string {
	if d := s.find(deviceID); d != nil {
		if states := d.live.Holding(point); len(states) > 0 {
			return states[0]
		}
	}
	return ""
}

// Set brings a point into a state, as POST /sim/v1/devices/{id}/points/{point} does.
func (s *Site) Set(deviceID, point, state string) error {
	d := s.find(deviceID)
	if d == nil {
		return fmt.Errorf("the site has no device %q", clip(deviceID))
	}
	return d.live.Set(point, state)
}

func (s *Site) find(id string) *device {
	if i := slices.IndexFunc(s.devices, func(d *device) bool { return d.ID == id }); i >= 0 {
		return s.devices[i]
	}
	return nil
}

// Close ends the site and keeps its state.
func (s *Site) Close() {
	s.stop()
	if s.server != nil {
		bye, cancel := context.WithTimeout(context.Background(), time.Second)
		if err := s.server.Shutdown(bye); err != nil {
			_ = s.server.Close()
		}
		cancel()
	} else if s.web != nil {
		_ = s.web.Close()
	}
	s.work.Wait()
	for _, d := range s.devices {
		d.live.Close()
	}
	var err error
	if s.broker != nil {
		err = s.broker.Close()
	}
	if err = errors.Join(err, s.memory.close()); err != nil {
		s.o.Log.Warn("simulators close", "error", err)
	}
}
