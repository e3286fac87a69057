package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"guardroom/console/auth"
	"guardroom/console/cameras"
	"guardroom/devices"
)

// demoRecorder keeps the demo's rings small.
var demoRecorder = map[string]any{"max_bytes": 4 << 30}

// demoSees are the points that the demo's cameras look at.
var demoSees = map[string][]string{
	"C-01": {"gw-1/doors-1.door1", "gw-1/doors-1.door2"},
	"C-02": {"gw-1/doors-1.door3"},
	"C-03": {"gw-1/doors-3.door1", "gw-1/intercom-1.call"},
	"C-04": {"gw-1/doors-1.door4"},
	"C-05": {"gw-1/doors-2.door1", "gw-1/doors-2.door2"},
	"C-07": {"gw-1/doors-2.door3"},
	"C-08": {"gw-1/doors-2.door4"},
}

// cameraConfigs are the cameras behind a gateway as its installer would write
// them; passwords stand in files of their own.
func (h *house) cameraConfigs(e edge) []map[string]any {
	list := []map[string]any{}
	for _, c := range h.station.Cameras() {
		if c.Branch != e.branch {
			continue
		}
		one := map[string]any{
			"id": c.ID, "name": c.Name, "location": c.Location, "address": c.Main, "sub": c.Sub,
			"record": map[string]any{"hours": 24, "stream": devices.MainStream},
		}
		if c.PTZ {
			one["onvif"] = c.ONVIF
		}
		if sees := demoSees[c.ID]; sees != nil {
			one["sees"] = sees
		}
		if c.Password != "" {
			file := filepath.Join(e.folder, c.ID+".password")
			if err := os.WriteFile(file, []byte(c.Password+"\n"), 0o600); err != nil {
				h.log.Error("the password of a camera of the demo", "camera", c.ID, "error", err)
			}
			one["username"], one["password_file"] = c.Username, file
		}
		list = append(list, one)
	}
	return list
}

// cameras saves a wall for everybody, where nobody has.
func (h *house) cameras(ctx context.Context) error {
	station := h.scenario.Station.ID
	by, err := demoChief(ctx, h.desks)
	if err != nil {
		return fmt.Errorf("cameras of the demo: %w", err)
	}
	want := 0
	for _, c := range h.station.Cameras() {
		if c.Branch == "" {
			want++
		}
	}
	list, err := h.knownCameras(ctx, by, station, want)
	if err != nil || len(list) == 0 {
		return err
	}
	walls, err := h.desks.Cameras.Walls(ctx, by, station)
	if err != nil || len(walls) > 0 {
		return err
	}
	all := cameras.VideoWall{Station: station, Name: "Compound", Tiles: 9, Shared: true}
	for i, c := range list[:min(len(list), 8)] {
		all.Cameras = append(all.Cameras, cameras.WallTile{Tile: i, Camera: c.ID})
	}
	all.Cameras = append(all.Cameras, cameras.WallTile{Tile: 8, Follow: true})
	gates := cameras.VideoWall{Station: station, Name: "Gates", Tiles: 4, Shared: true}
	for i, c := range list[:min(len(list), 4)] {
		gates.Cameras = append(gates.Cameras, cameras.WallTile{Tile: i, Camera: c.ID})
	}
	for _, w := range []cameras.VideoWall{all, gates} {
		if _, err := h.desks.Cameras.AddWall(ctx, by, w); err != nil {
			return fmt.Errorf("walls of the demo: %w", err)
		}
	}
	return nil
}

// knownCameras waits until the gateway has named all of its cameras.
func (h *house) knownCameras(ctx context.Context, by auth.Operator, station string, want int) ([]cameras.VideoCamera, error) {
	limit, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		list, err := h.desks.Cameras.Cameras(ctx, by, station)
		if err != nil || len(list) >= want {
			return list, err
		}
		select {
		case <-limit.Done():
			return nil, fmt.Errorf("the demo's gateway never named its %d cameras", want)
		case <-tick.C:
		}
	}
}
