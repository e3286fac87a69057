package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"guardroom/console"
	"guardroom/console/auth"
	"guardroom/console/stations"
	"guardroom/console/web"
	"guardroom/gateway"
	"guardroom/simulators/site"
)

const gatewayID = "gw-1"

// ready is the READY line and run.json.
type ready struct {
	HTTP     string   `json:"http"`
	MQTT     string   `json:"mqtt"`
	Sim      string   `json:"sim"`
	Video    int      `json:"video"`
	Data     string   `json:"data"`
	Database string   `json:"database"`
	Station  string   `json:"station"`
	Gateway  string   `json:"gateway"`
	Accounts []string `json:"accounts"`
	Password string   `json:"password"`
	PID      int      `json:"pid"`
}

// run starts the station, the console and the gateway, in this order, and stops
// them in the other.
func run(ctx context.Context, s settings, out, logs io.Writer) error {
	log := logger(s, logs)
	if err := os.MkdirAll(filepath.Join(s.data, "gateway"), 0o755); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	scenario, err := site.Demo()
	if err != nil {
		return err
	}
	house := &house{settings: s, scenario: scenario, log: log, up: make(chan struct{})}
	house.station, err = site.Start(ctx, scenario, site.Options{HTTP: s.sim, StateFile: filepath.Join(s.data, "simulators.json"), Stories: house.stories()})
	if err != nil {
		return err
	}
	defer house.station.Close()

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	addresses := make(chan console.Addresses, 1)
	ended := make(chan error, 3+len(scenario.Branches))
	running := 1
	go func() {
		ended <- console.Run(ctx, house.console(), console.Options{
			Demo: true, Build: "demo", Web: web.Handler(), Log: log, Out: logs,
			Setup: house.setup, Ready: func(a console.Addresses) { addresses <- a },
		})
	}()
	var at console.Addresses
	select {
	case at = <-addresses:
	case err := <-ended:
		return err
	}
	edges := house.edges()
	connected := make(chan struct{}, len(edges))
	for _, e := range edges {
		config, err := house.gateway(at, e)
		if err != nil {
			stop()
			for range running {
				err = errors.Join(err, <-ended)
			}
			return err
		}
		running++
		go func() {
			ended <- gateway.Run(ctx, config, gateway.Options{Software: "guardroom demo", Log: log, Ready: func(gateway.Addresses) { connected <- struct{}{} }})
		}()
	}
	for range edges {
		select {
		case <-connected:
		case err = <-ended:
			running--
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = house.doors(ctx)
	}
	if err == nil {
		err = house.people(ctx)
	}
	if err == nil {
		err = house.rationale(ctx)
	}
	if err == nil {
		err = house.cameras(ctx)
	}
	if err == nil {
		close(house.up)
		err = house.announce(out, at)
	}
	if err == nil {
		running++
		go func() {
			house.duty(ctx)
			ended <- nil
		}()
		err = <-ended // Ctrl-C, or one of them failed
		running--
	}
	stop()
	for range running {
		err = errors.Join(err, <-ended)
	}
	return err
}

func logger(s settings, to io.Writer) *slog.Logger {
	level := slog.LevelWarn
	if s.verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: level}))
}

type house struct {
	settings
	scenario site.Scenario
	station  *site.Site
	log      *slog.Logger
	desks    console.Desks // since setup
	up       chan struct{} // closed when all of the house is up
}

func (h *house) console() console.Config {
	c := console.Default()
	c.Data = filepath.Join(h.data, "console")
	c.HTTP.Listen = h.http
	c.MQTT.Listen = h.mqtt
	c.Video.Listen = h.video
	c.Database = h.database
	c.Notify.Pickup = filepath.Join(h.data, "outbox") // nothing leaves the machine
	if h.broker != "" {
		c.Broker = &console.BrokerConfig{URLs: []string{h.broker}, ClientID: "guardroom-demo-console"}
	}
	for _, where := range append([]site.Station{h.scenario.Station}, h.scenario.Branches...) {
		c.Stations = append(c.Stations, console.StationConfig{ID: where.ID, Name: where.Name, TimeZone: where.TimeZone})
	}
	return c
}

// setup makes what the demo needs before anything listens.
func (h *house) setup(ctx context.Context, d console.Desks) error {
	h.desks = d
	for _, e := range h.edges() {
		if err := h.credential(ctx, d, e); err != nil {
			return err
		}
	}
	if err := h.premises(ctx, d); err != nil {
		return err
	}
	if err := h.suppression(ctx, d); err != nil {
		return err
	}
	if err := h.rosters(ctx, d); err != nil {
		return err
	}
	if err := h.watch(ctx, d); err != nil {
		return err
	}
	return h.fire(ctx, d)
}

// edge is a gateway of the demo.
type edge struct {
	id, name string
	station  string
	branch   string // as the scenario's devices name it; empty at the main station
	folder   string
}

// edges are the gateways: one at the main station and one at each branch.
func (h *house) edges() []edge {
	list := []edge{{id: gatewayID, name: "Main gateway", station: h.scenario.Station.ID, folder: filepath.Join(h.data, "gateway")}}
	for i, branch := range h.scenario.Branches {
		id := fmt.Sprintf("gw-%d", i+2)
		list = append(list, edge{id: id, name: "Gateway of " + branch.Name, station: branch.ID, branch: branch.ID, folder: filepath.Join(h.data, id)})
	}
	return list
}

func (e edge) credentialFile() string { return filepath.Join(e.folder, "credential") }

// credential gives a gateway its own, once.
func (h *house) credential(ctx context.Context, d console.Desks, e edge) error {
	if err := os.MkdirAll(e.folder, 0o755); err != nil {
		return err
	}
	by := auth.Program()
	_, credential, err := d.Stations.AddGateway(ctx, by, e.id, e.station, e.name, true)
	if errors.Is(err, stations.ErrExists) {
		if _, lost := os.Stat(e.credentialFile()); lost == nil {
			return nil
		}
		credential, err = d.Stations.RotateCredential(ctx, by, e.id)
	}
	if err != nil {
		return fmt.Errorf("gateway %s of the demo: %w", e.id, err)
	}
	return os.WriteFile(e.credentialFile(), []byte(credential+"\n"), 0o600)
}

// gateway writes the gateway's configuration as an installer would, and reads it.
func (h *house) gateway(at console.Addresses, e edge) (gateway.Config, error) {
	broker := "tcp://" + at.MQTT
	if h.broker != "" {
		broker = h.broker
	}
	devices := []map[string]any{}
	for _, d := range h.station.Devices() {
		if d.Branch != e.branch {
			continue
		}
		one := map[string]any{"id": d.ID, "profile": d.Profile, "address": d.Address, "name": d.Name, "location": d.Location}
		if d.Unit != 0 {
			one["unit"] = d.Unit
		}
		if len(d.Params) > 0 {
			one["params"] = d.Params
		}
		if len(d.Points) > 0 {
			one["points"] = d.Points
		}
		devices = append(devices, one)
	}
	cameras := h.cameraConfigs(e)
	// JSON is YAML.
	text, err := json.MarshalIndent(map[string]any{
		"id": e.id, "station": e.station, "console_url": at.HTTP, "broker": broker, "credential_file": e.credentialFile(),
		"demo": true, "managed": e.branch != "", "data": e.folder, "devices": devices, "cameras": cameras, "recorder": demoRecorder, "card_key_file": filepath.Join(h.data, "console", console.CardKeyFile),
	}, "", "  ")
	if err != nil {
		return gateway.Config{}, err
	}
	file := filepath.Join(e.folder, "gateway.yaml")
	if err := os.WriteFile(file, append(text, '\n'), 0o600); err != nil {
		return gateway.Config{}, err
	}
	return gateway.Load(file)
}

func (h *house) announce(out io.Writer, at console.Addresses) error {
	r := ready{
		HTTP: at.HTTP, MQTT: at.MQTT, Sim: "http://" + h.station.Addr(), Video: at.Video, Data: h.data, Database: at.Database,
		Station: h.scenario.Station.ID, Gateway: gatewayID, Password: console.DemoPassword, PID: os.Getpid(),
	}
	if h.broker != "" {
		r.MQTT = h.broker
	}
	for _, account := range console.DemoAccounts() {
		r.Accounts = append(r.Accounts, account.Username)
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(h.data, "run.json"), append(line, '\n'), 0o600); err != nil {
		return err
	}
	fmt.Fprintf(out, `
  Guardroom demo: %s. Everything here is simulated.

  Console      %s
  Testers      %s
  Sign in as   %s
  Password     %s

  Raise a fire on the testers' page and acknowledge it with the key A. Ctrl-C stops; the next start goes on here.

`, h.scenario.Station.Name, r.HTTP, r.Sim, strings.Join(r.Accounts, ", "), r.Password)
	fmt.Fprintf(out, "READY %s\n", line)
	return nil
}
