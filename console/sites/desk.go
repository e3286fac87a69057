package sites

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/stations"
	"guardroom/devices"
)

// siteStore keeps sites. Change locks the station, loads its site, lets change
// alter it, and writes what differs together with the entry; it returns the site
// as written, with its new version.
type siteStore interface {
	Site(ctx context.Context, station string) (*Site, error)
	Versions(ctx context.Context) (map[string]int64, error) // of every station that has a site
	Change(ctx context.Context, station string, change func(s *Site, now time.Time) (audit.Entry, error)) (*Site, error)
	PlanVersions(ctx context.Context, level string) ([]PlanVersion, error)
	PlanAt(ctx context.Context, level string, version int64) (Plan, error) // ErrNotFound
	SavePicture(ctx context.Context, p Picture, e audit.Entry) (Picture, error)
	Picture(ctx context.Context, station, hash string) (Picture, error) // ErrNotFound
	Pictures(ctx context.Context, station string) ([]Picture, error)    // without data
	// Import writes pictures and a whole site in one transaction.
	Import(ctx context.Context, station string, pictures []Picture, change func(s *Site, now time.Time) (audit.Entry, error)) (*Site, error)
}

// register knows stations, gateways and points.
type register interface {
	Station(id string) (stations.Station, bool)
	GatewayStation(gateway string) (station string, known bool)
	Points(by auth.Operator, station, device string) ([]stations.Point, error)
}

// Options of a Desk.
type Options struct {
	Store    siteStore
	Register register
	Log      *slog.Logger
	Now      func() time.Time // time.Now outside tests
	Look     time.Duration    // how often other consoles' changes are looked for; default 2 s
}

// Desk is where plans and premises are kept. What others ask all the time it
// answers from memory.
type Desk struct {
	o Options

	pictures sync.Mutex // one picture is decoded at a time: a large one takes some hundred megabytes

	mu             sync.RWMutex
	indexes        map[string]*index          // by station
	stationOf      map[devices.PointID]string // of points that are bound
	stationOfPlace map[string]string
}

// Open reads every site.
func Open(ctx context.Context, o Options) (*Desk, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Look == 0 {
		o.Look = 2 * time.Second
	}
	d := &Desk{o: o, indexes: map[string]*index{}, stationOf: map[devices.PointID]string{}, stationOfPlace: map[string]string{}}
	if err := d.Refresh(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// Refresh reads the sites that another program has changed.
func (d *Desk) Refresh(ctx context.Context) error {
	versions, err := d.o.Store.Versions(ctx)
	if err != nil {
		return fmt.Errorf("read the versions of sites: %w", err)
	}
	for station, version := range versions {
		if d.snapshot(station).Version >= version {
			continue
		}
		site, err := d.o.Store.Site(ctx, station)
		if err != nil {
			return fmt.Errorf("read the site of station %s: %w", station, err)
		}
		d.learn(site)
	}
	return nil
}

// Run looks for changes of other consoles until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	tick := time.NewTicker(d.o.Look)
	defer tick.Stop()
	away := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			err := d.Refresh(ctx)
			if err != nil && ctx.Err() == nil && !away { // once, and not every two seconds of a long night
				d.o.Log.Warn("sites: what other consoles changed could not be read; the last known places are used until it can", "err", err)
			}
			away = err != nil
		}
	}
}

// snapshot is a station's site as last known; it must not be changed.
func (d *Desk) snapshot(station string) *Site {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if ix := d.indexes[station]; ix != nil {
		return ix.site
	}
	return Empty(station)
}

// SiteOverview is a station's site without what is drawn.
type SiteOverview struct {
	Station string        `json:"station"`
	Version int64         `json:"version"`
	Places  []Place       `json:"places"` // each after its parent, in the order of the tree
	Points  []PointPlace  `json:"points"`
	Cameras []Camera      `json:"cameras"`
	Plans   []PlanSummary `json:"plans"`
}

// PlanSummary says what a plan holds.
type PlanSummary struct {
	Level       string            `json:"level"`
	Version     int64             `json:"version"`
	Points      []devices.PointID `json:"points"`  // that are drawn
	Cameras     []string          `json:"cameras"` // that are drawn
	Areas       []string          `json:"areas"`   // that are drawn
	SavedAt     time.Time         `json:"saved_at"`
	SavedByName string            `json:"saved_by_name"`
}

// PlanVersion is one line of a plan's history.
type PlanVersion struct {
	Version     int64     `json:"version"`
	SavedAt     time.Time `json:"saved_at"`
	SavedBy     string    `json:"saved_by"`
	SavedByName string    `json:"saved_by_name"`
	Note        string    `json:"note"`
	Areas       int       `json:"areas"`
	Points      int       `json:"points"`
	Cameras     int       `json:"cameras"`
}

// Site returns what stands where at a station.
func (d *Desk) Site(_ context.Context, by auth.Operator, station string) (SiteOverview, error) {
	if err := d.reads(by, station); err != nil {
		return SiteOverview{}, err
	}
	return d.snapshot(station).overview(), nil
}

// reads asks for the right first, so that nobody learns which stations there are.
func (d *Desk) reads(by auth.Operator, station string) error {
	if err := by.May(auth.SitesRead, station); err != nil {
		return err
	}
	if _, known := d.o.Register.Station(station); !known {
		return fmt.Errorf("station %.64s: %w", station, ErrNotFound)
	}
	return nil
}

func (s *Site) overview() SiteOverview {
	v := SiteOverview{Station: s.Station, Version: s.Version, Places: s.Ordered(), Points: []PointPlace{}, Cameras: []Camera{}, Plans: []PlanSummary{}}
	for point, place := range s.Points {
		v.Points = append(v.Points, PointPlace{point, place})
	}
	slices.SortFunc(v.Points, func(a, b PointPlace) int { return compareText(string(a.Point), string(b.Point)) })
	for _, c := range s.Cameras {
		v.Cameras = append(v.Cameras, c)
	}
	slices.SortFunc(v.Cameras, func(a, b Camera) int { return compareText(a.ID, b.ID) })
	for _, place := range v.Places {
		if plan, ok := s.Plans[place.ID]; ok {
			v.Plans = append(v.Plans, plan.summary())
		}
	}
	return v
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (p *Plan) summary() PlanSummary {
	sum := PlanSummary{
		Level: p.Level, Version: p.Version, SavedAt: p.SavedAt, SavedByName: p.SavedByName,
		Points: []devices.PointID{}, Cameras: []string{}, Areas: []string{},
	}
	for _, x := range p.Points {
		sum.Points = append(sum.Points, x.Point)
	}
	for _, v := range p.Cameras {
		sum.Cameras = append(sum.Cameras, v.Camera)
	}
	for _, a := range p.Areas {
		sum.Areas = append(sum.Areas, a.Place)
	}
	return sum
}

// Plan returns the plan of a level as it is now; blank before the first save.
func (d *Desk) Plan(_ context.Context, by auth.Operator, level string) (Plan, error) {
	place, err := d.may(by, auth.SitesRead, level)
	if err != nil {
		return Plan{}, err
	}
	return d.snapshot(place.Station).Plan(level)
}

// may finds a place and asks for a right at its station; of a place that is not
// there only those hear who hold the right somewhere.
func (d *Desk) may(by auth.Operator, p auth.Permission, id string) (Place, error) {
	place, known := d.PlaceOf(id)
	if !known {
		if all, some := by.Stations(p); !all && len(some) == 0 {
			return Place{}, by.May(p, auth.AllStations)
		}
		return Place{}, fmt.Errorf("place %.64s: %w", id, ErrNotFound)
	}
	return place, by.May(p, place.Station)
}

// PlanVersions lists the versions of a plan that are kept, newest first.
func (d *Desk) PlanVersions(ctx context.Context, by auth.Operator, level string) ([]PlanVersion, error) {
	if _, err := d.may(by, auth.SitesRead, level); err != nil {
		return nil, err
	}
	return d.o.Store.PlanVersions(ctx, level)
}

// PlanAt returns a plan as it was saved once.
func (d *Desk) PlanAt(ctx context.Context, by auth.Operator, level string, version int64) (Plan, error) {
	if _, err := d.may(by, auth.SitesRead, level); err != nil {
		return Plan{}, err
	}
	return d.o.Store.PlanAt(ctx, level, version)
}

// Picture returns a picture with its bytes.
func (d *Desk) Picture(ctx context.Context, by auth.Operator, station, hash string) (Picture, error) {
	if err := d.reads(by, station); err != nil {
		return Picture{}, err
	}
	if !validHash(hash) {
		return Picture{}, fmt.Errorf("drawing %.80s: %w", hash, ErrNotFound)
	}
	return d.o.Store.Picture(ctx, station, hash)
}
