package cameras

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"guardroom/console/audit"
	"guardroom/console/auth"
)

// wallStore keeps walls.
type wallStore interface {
	// Walls are the shared ones of the stations, nil for all, and those of an owner.
	Walls(ctx context.Context, stations []string, owner string) ([]VideoWall, error)
	FindWall(ctx context.Context, id string) (VideoWall, error) // ErrNotFound
	// SaveWall adds a wall of version 0; else *StaleError when somebody was faster.
	SaveWall(ctx context.Context, w VideoWall, e audit.Entry) (VideoWall, error)
	RemoveWall(ctx context.Context, id string, seen int64, e audit.Entry) error
}

// Walls lists the walls that by may use.
func (d *Desk) Walls(ctx context.Context, by auth.Operator, station string) ([]VideoWall, error) {
	scope, err := by.Scope(auth.CamerasWatch, station)
	if err != nil {
		return nil, err
	}
	list, err := d.o.Store.Walls(ctx, scope, by.ID)
	if err != nil {
		return nil, fmt.Errorf("read walls: %w", err)
	}
	return list, nil
}

// AddWall saves a wall: for oneself, or with the right to configure cameras for
// everybody at the station.
func (d *Desk) AddWall(ctx context.Context, by auth.Operator, w VideoWall) (VideoWall, error) {
	if err := by.May(auth.CamerasWatch, w.Station); err != nil {
		return VideoWall{}, err
	}
	w.ID, w.Owner, w.ByName, w.Version = auth.NewID(), by.ID, by.Name, 0
	return d.saveWall(ctx, by, w, "wall.add")
}

// SaveWall changes one.
func (d *Desk) SaveWall(ctx context.Context, by auth.Operator, w VideoWall) (VideoWall, error) {
	was, err := d.wall(ctx, by, w.ID)
	if err != nil {
		return VideoWall{}, err
	}
	if w.Version < 1 {
		return VideoWall{}, &StaleError{Version: was.Version}
	}
	w.Station, w.Owner, w.ByName = was.Station, was.Owner, was.ByName
	return d.saveWall(ctx, by, w, "wall.change")
}

// wall finds one that by may change.
func (d *Desk) wall(ctx context.Context, by auth.Operator, id string) (VideoWall, error) {
	if all, ids := by.Stations(auth.CamerasWatch); !all && len(ids) == 0 {
		return VideoWall{}, by.May(auth.CamerasWatch, auth.AllStations)
	}
	w, err := d.o.Store.FindWall(ctx, id)
	if err != nil {
		return VideoWall{}, fmt.Errorf("wall %.64s: %w", id, err)
	}
	if err := by.May(auth.CamerasWatch, w.Station); err != nil {
		return VideoWall{}, err
	}
	if w.Owner != by.ID {
		if !w.Shared { // whose it is, nobody else knows
			return VideoWall{}, fmt.Errorf("wall %.64s: %w", id, ErrNotFound)
		}
		return w, by.May(auth.CamerasConfigure, w.Station)
	}
	return w, nil
}

func (d *Desk) saveWall(ctx context.Context, by auth.Operator, w VideoWall, action string) (VideoWall, error) {
	if w.Shared {
		if err := by.May(auth.CamerasConfigure, w.Station); err != nil {
			return VideoWall{}, err
		}
	}
	if _, known := d.o.Stations.Station(w.Station); !known {
		return VideoWall{}, &InvalidError{Field: "station", Reason: "there is no such station"}
	}
	if err := d.checkWall(by, &w); err != nil {
		return VideoWall{}, err
	}
	e := audit.By(by, w.Station, action, "wall:"+w.ID, map[string]string{"name": w.Name, "shared": fmt.Sprint(w.Shared)})
	w, err := d.o.Store.SaveWall(ctx, w, e)
	if err != nil {
		return VideoWall{}, fmt.Errorf("save wall %s: %w", w.ID, err)
	}
	return w, nil
}

func (d *Desk) checkWall(by auth.Operator, w *VideoWall) (err error) {
	if w.Name, err = words("name", w.Name, 1, 60); err != nil {
		return err
	}
	if !slices.Contains([]int{1, 4, 9, 16}, w.Tiles) {
		return &InvalidError{Field: "tiles", Reason: "1, 4, 9 or 16"}
	}
	if w.Cameras == nil {
		w.Cameras = []WallTile{}
	}
	seen := map[int]bool{}
	for i, t := range w.Cameras {
		field := fmt.Sprintf("cameras.%d.", i)
		switch {
		case t.Tile < 0 || t.Tile >= w.Tiles || seen[t.Tile]:
			return &InvalidError{Field: field + "tile", Reason: "is none of this wall, or stands there twice"}
		case t.Follow && t.Camera != "":
			return &InvalidError{Field: field + "camera", Reason: "a tile that follows the alarm has no camera of its own"}
		case t.Follow:
		default:
			c, err := d.find(t.Camera)
			if err != nil || by.May(auth.CamerasWatch, c.Station) != nil {
				return &InvalidError{Field: field + "camera", Reason: "there is no such camera"}
			}
			w.Cameras[i].Camera = c.id()
		}
		seen[t.Tile] = true
	}
	slices.SortFunc(w.Cameras, func(a, b WallTile) int { return a.Tile - b.Tile })
	return nil
}

// RemoveWall removes one.
func (d *Desk) RemoveWall(ctx context.Context, by auth.Operator, id string, seen int64) error {
	w, err := d.wall(ctx, by, id)
	if err != nil {
		return err
	}
	e := audit.By(by, w.Station, "wall.remove", "wall:"+w.ID, map[string]string{"name": strings.TrimSpace(w.Name)})
	if err := d.o.Store.RemoveWall(ctx, w.ID, seen, e); err != nil {
		return fmt.Errorf("remove wall %s: %w", w.ID, err)
	}
	return nil
}
