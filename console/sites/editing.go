package sites

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
)

// change runs one change of a station's site: permitted, under the station's
// lock, recorded, told.
func (d *Desk) change(ctx context.Context, by auth.Operator, station string, act func(s *Site, now time.Time) (audit.Entry, error)) (*Site, error) {
	if err := by.May(auth.SitesEdit, station); err != nil {
		return nil, err
	}
	if _, known := d.o.Register.Station(station); !known {
		return nil, fmt.Errorf("station %.64s: %w", station, ErrNotFound)
	}
	site, err := d.o.Store.Change(ctx, station, func(s *Site, now time.Time) (audit.Entry, error) {
		s.Owned = d.owned(station)
		return act(s, now)
	})
	if err != nil {
		return nil, err
	}
	d.learn(site)
	return site, nil
}

func (d *Desk) owned(station string) func(gateway string) bool {
	return func(gateway string) bool {
		at, known := d.o.Register.GatewayStation(gateway)
		return known && at == station
	}
}

// AddPlace makes a place.
func (d *Desk) AddPlace(ctx context.Context, by auth.Operator, p Place) (added Place, err error) {
	p.ID = auth.NewID()
	_, err = d.change(ctx, by, p.Station, func(s *Site, _ time.Time) (audit.Entry, error) {
		if added, err = s.AddPlace(p); err != nil {
			return audit.Entry{}, err
		}
		return audit.By(by, p.Station, "place.create", "place:"+added.ID, map[string]string{"kind": string(p.Kind), "name": s.Path(added.ID)}), nil
	})
	return added, err
}

// ChangePlace renames, moves or reorders a place.
func (d *Desk) ChangePlace(ctx context.Context, by auth.Operator, id string, seen int64, c PlaceChange) (changed Place, err error) {
	place, err := d.may(by, auth.SitesEdit, id)
	if err != nil {
		return Place{}, err
	}
	_, err = d.change(ctx, by, place.Station, func(s *Site, now time.Time) (audit.Entry, error) {
		params := map[string]string{"was": s.Path(id)}
		if changed, err = s.ChangePlace(id, seen, c); err != nil {
			return audit.Entry{}, err
		}
		params["name"] = s.Path(id)
		s.sign(by, now)
		return audit.By(by, place.Station, "place.change", "place:"+id, params), nil
	})
	return changed, err
}

// RemovePlace removes a place on which nothing stands.
func (d *Desk) RemovePlace(ctx context.Context, by auth.Operator, id string, seen int64) error {
	place, err := d.may(by, auth.SitesEdit, id)
	if err != nil {
		return err
	}
	_, err = d.change(ctx, by, place.Station, func(s *Site, _ time.Time) (audit.Entry, error) {
		name := s.Path(id)
		if _, err := s.RemovePlace(id, seen); err != nil {
			return audit.Entry{}, err
		}
		return audit.By(by, place.Station, "place.remove", "place:"+id, map[string]string{"name": name}), nil
	})
	return err
}

// Bind says where points are; all of them or none.
func (d *Desk) Bind(ctx context.Context, by auth.Operator, station string, bindings []PointPlace) (SiteOverview, error) {
	site, err := d.change(ctx, by, station, func(s *Site, now time.Time) (audit.Entry, error) {
		if len(bindings) == 0 || len(bindings) > 1000 {
			return audit.Entry{}, invalid("points", "1 to 1000 at once")
		}
		if err := s.Bind(bindings); err != nil {
			return audit.Entry{}, err
		}
		s.sign(by, now)
		params := map[string]string{"count": strconv.Itoa(len(bindings))}
		for _, b := range bindings[:min(len(bindings), 20)] {
			params[string(b.Point)] = s.Path(b.Place)
		}
		return audit.By(by, station, "points.place", "station:"+station, params), nil
	})
	if err != nil {
		return SiteOverview{}, err
	}
	return site.overview(), nil
}

// sign puts the name under plans that follow another change.
func (s *Site) sign(by auth.Operator, now time.Time) {
	for level, plan := range s.Plans {
		if plan.SavedAt.IsZero() || plan.Version != s.signed[level] {
			plan.SavedAt, plan.SavedBy, plan.SavedByName = now, by.ID, by.Name
			s.Plans[level] = plan
		}
	}
}

// SaveCamera adds a camera when seen is 0, else changes one.
func (d *Desk) SaveCamera(ctx context.Context, by auth.Operator, c Camera, seen int64) (saved Camera, err error) {
	_, err = d.change(ctx, by, c.Station, func(s *Site, now time.Time) (audit.Entry, error) {
		if saved, err = s.SaveCamera(c, seen); err != nil {
			return audit.Entry{}, err
		}
		s.sign(by, now)
		action := "camera.change"
		if seen == 0 {
			action = "camera.create"
		}
		return audit.By(by, c.Station, action, "camera:"+c.ID, map[string]string{"name": saved.Name, "place": s.Path(saved.Place)}), nil
	})
	return saved, err
}

// RemoveCamera removes a camera that is drawn nowhere.
func (d *Desk) RemoveCamera(ctx context.Context, by auth.Operator, station, id string, seen int64) error {
	_, err := d.change(ctx, by, station, func(s *Site, _ time.Time) (audit.Entry, error) {
		c, err := s.RemoveCamera(id, seen)
		if err != nil {
			return audit.Entry{}, err
		}
		return audit.By(by, station, "camera.remove", "camera:"+id, map[string]string{"name": c.Name}), nil
	})
	return err
}

// PlanConflict is what somebody hears whose plan is no longer the newest: the
// plan as it is now, and what others did to it since.
type PlanConflict struct {
	Plan        Plan             `json:"plan"`
	Differences []PlanDifference `json:"differences"`
}

// SavePlan saves a plan that is still at p.Version.
func (d *Desk) SavePlan(ctx context.Context, by auth.Operator, p Plan) (saved Plan, err error) {
	place, err := d.may(by, auth.SitesEdit, p.Level)
	if err != nil {
		return Plan{}, err
	}
	if err := d.pictured(ctx, place.Station, p.Drawing); err != nil {
		return Plan{}, err
	}
	_, err = d.change(ctx, by, place.Station, func(s *Site, now time.Time) (audit.Entry, error) {
		p.SavedAt, p.SavedBy, p.SavedByName = now, by.ID, by.Name
		if saved, err = s.SavePlan(p); err != nil {
			return audit.Entry{}, err
		}
		return audit.By(by, place.Station, "plan.save", "place:"+p.Level, map[string]string{
			"name": s.Path(p.Level), "version": strconv.FormatInt(saved.Version, 10), "note": saved.Note,
		}), nil
	})
	return saved, d.told(ctx, p.Level, p.Version, err)
}

// told adds to a stale save what others did since the version that was seen.
func (d *Desk) told(ctx context.Context, level string, seen int64, err error) error {
	var stale *StaleError
	if !errors.As(err, &stale) {
		return err
	}
	now, is := stale.Current.(Plan)
	if !is {
		return err
	}
	before := NewPlan(now.Station, level)
	if seen > 0 {
		if before, err = d.o.Store.PlanAt(ctx, level, seen); err != nil {
			return err
		}
	}
	return &StaleError{Version: stale.Version, Current: PlanConflict{Plan: now, Differences: Differences(before, now)}}
}

// pictured checks that a plan's picture was uploaded to its station.
func (d *Desk) pictured(ctx context.Context, station string, drawing *PlanDrawing) error {
	if drawing == nil {
		return nil
	}
	if !validHash(drawing.Hash) {
		return invalid("drawing.hash", "is not one that an upload has answered")
	}
	known, err := d.o.Store.Pictures(ctx, station)
	if err != nil {
		return err
	}
	for _, p := range known {
		if p.Hash == drawing.Hash && p.Kind == drawing.Kind {
			return nil
		}
	}
	return invalid("drawing.hash", "this picture was never uploaded to the station")
}

// RestoredPlan is a plan that was brought back, and what could not come with it.
type RestoredPlan struct {
	Plan    Plan     `json:"plan"`
	LeftOut []string `json:"left_out"`
}

// Restore brings an old version back as a new one.
func (d *Desk) Restore(ctx context.Context, by auth.Operator, level string, seen, version int64) (r RestoredPlan, err error) {
	place, err := d.may(by, auth.SitesEdit, level)
	if err != nil {
		return RestoredPlan{}, err
	}
	old, err := d.o.Store.PlanAt(ctx, level, version)
	if err != nil {
		return RestoredPlan{}, err
	}
	_, err = d.change(ctx, by, place.Station, func(s *Site, now time.Time) (audit.Entry, error) {
		old := old
		old.SavedAt, old.SavedBy, old.SavedByName = now, by.ID, by.Name
		old.Note = fmt.Sprintf("version %d again", version)
		if r.Plan, r.LeftOut, err = s.Restore(old, seen); err != nil {
			return audit.Entry{}, err
		}
		return audit.By(by, place.Station, "plan.restore", "place:"+level, map[string]string{
			"name": s.Path(level), "version": strconv.FormatInt(r.Plan.Version, 10), "restored": strconv.FormatInt(version, 10),
		}), nil
	})
	if r.LeftOut == nil {
		r.LeftOut = []string{}
	}
	return r, d.told(ctx, level, seen, err)
}

// Upload rebuilds a picture and keeps it for the station's plans.
func (d *Desk) Upload(ctx context.Context, by auth.Operator, station string, data []byte) (Picture, error) {
	if err := by.May(auth.SitesEdit, station); err != nil {
		return Picture{}, err
	}
	if _, known := d.o.Register.Station(station); !known {
		return Picture{}, fmt.Errorf("station %.64s: %w", station, ErrNotFound)
	}
	d.pictures.Lock()
	p, err := ReadPicture(data)
	d.pictures.Unlock()
	if err != nil {
		return Picture{}, err
	}
	p.Station, p.Uploaded = station, d.o.Now().UTC()
	e := audit.By(by, station, "drawing.upload", "station:"+station, map[string]string{"hash": p.Hash, "kind": p.Kind, "bytes": strconv.Itoa(p.Bytes)})
	return d.o.Store.SavePicture(ctx, p, e)
}
