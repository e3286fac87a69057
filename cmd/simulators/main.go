// Command simulators runs a make-believe duty station from a scenario file.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"guardroom/simulators/site"
)

func main() {
	scenario := flag.String("scenario", "", "scenario file; the demo station when empty")
	http := flag.String("http", "127.0.0.1:8090", "control API and page")
	state := flag.String("state", "", "file that keeps the states over a restart")
	anywhere := flag.Bool("non-loopback", false, "let other machines reach the control API and the devices")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *scenario, site.Options{HTTP: *http, StateFile: *state, NonLoopback: *anywhere}); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "simulators:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, scenario string, o site.Options) error {
	sc, err := site.Demo()
	if scenario != "" {
		sc, err = site.Load(scenario)
	}
	if err != nil {
		return err
	}
	s, err := site.Start(ctx, sc, o)
	if err != nil {
		return err
	}
	defer s.Close()
	type device struct {
		ID      string `json:"id"`
		Address string `json:"address"`
		Unit    uint8  `json:"unit,omitempty"`
	}
	type eye struct {
		ID    string `json:"id"`
		Main  string `json:"main"` // RTSP
		Sub   string `json:"sub"`
		ONVIF string `json:"onvif"` // device service
	}
	ready := struct {
		Sim     string   `json:"sim"`
		Broker  string   `json:"broker,omitempty"` // of the door controllers
		Devices []device `json:"devices"`
		Cameras []eye    `json:"cameras,omitempty"`
	}{Sim: "http://" + s.Addr(), Broker: s.Broker()}
	for _, d := range s.Devices() {
		ready.Devices = append(ready.Devices, device{d.ID, d.Address, d.Unit})
	}
	for _, c := range s.Cameras() {
		ready.Cameras = append(ready.Cameras, eye{c.ID, c.Main, c.Sub, c.ONVIF})
	}
	line, err := json.Marshal(ready)
	if err != nil {
		return err
	}
	fmt.Printf("READY %s\n", line)
	<-ctx.Done()
	return nil
}
