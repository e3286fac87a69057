package sites_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/sites"
	"guardroom/console/stations"
	"guardroom/devices"
)

// shelf keeps sites in memory: the rules of files need no database. The store
// itself is tested with the console.
type shelf struct {
	sites    map[string]*sites.Site
	pictures map[string]sites.Picture
}

func (s *shelf) Site(_ context.Context, station string) (*sites.Site, error) {
	if site := s.sites[station]; site != nil {
		return site, nil
	}
	return sites.Empty(station), nil
}

func (s *shelf) Versions(context.Context) (map[string]int64, error) {
	versions := map[string]int64{}
	for id, site := range s.sites {
		versions[id] = site.Version
	}
	return versions, nil
}

func (s *shelf) Change(ctx context.Context, station string, change func(*sites.Site, time.Time) (audit.Entry, error)) (*sites.Site, error) {
	return s.Import(ctx, station, nil, change)
}

func (s *shelf) Import(ctx context.Context, station string, pictures []sites.Picture, change func(*sites.Site, time.Time) (audit.Entry, error)) (*sites.Site, error) {
	now, _ := s.Site(ctx, station)
	next := now.Clone()
	if _, err := change(next, time.Unix(0, 0)); err != nil {
		return nil, err
	}
	for _, p := range pictures {
		s.pictures[p.Hash] = p
	}
	next.Version++
	s.sites[station] = next
	return next, nil
}

func (s *shelf) PlanVersions(context.Context, string) ([]sites.PlanVersion, error) { return nil, nil }
func (s *shelf) PlanAt(context.Context, string, int64) (sites.Plan, error) {
	return sites.Plan{}, sites.ErrNotFound
}

func (s *shelf) SavePicture(_ context.Context, p sites.Picture, _ audit.Entry) (sites.Picture, error) {
	s.pictures[p.Hash] = p
	return p, nil
}

func (s *shelf) Picture(_ context.Context, _, hash string) (sites.Picture, error) {
	p, ok := s.pictures[hash]
	if !ok {
		return p, sites.ErrNotFound
	}
	return p, nil
}

func (s *shelf) Pictures(context.Context, string) ([]sites.Picture, error) {
	list := []sites.Picture{}
	for _, p := range s.pictures {
		list = append(list, p)
	}
	return list, nil
}

// twoStations knows hq with gateway g and branch with gateway b.
type twoStations struct{}

func (twoStations) Station(id string) (stations.Station, bool) {
	return stations.Station{ID: id}, id == "hq" || id == "branch"
}

func (twoStations) GatewayStation(id string) (string, bool) {
	station, ok := map[string]string{"g": "hq", "b": "branch"}[id]
	return station, ok
}

func (twoStations) Points(auth.Operator, string, string) ([]stations.Point, error) {
	return []stations.Point{{ID: "g/d.smoke", Station: "hq", Name: "Kitchen smoke"}}, nil
}

var chief = auth.Operator{ID: "c", Name: "Chief", Grants: []auth.Grant{{Role: auth.Chief, Station: auth.AllStations}}}

func desk(t testing.TB) *sites.Desk {
	t.Helper()
	d, err := sites.Open(t.Context(), sites.Options{Store: &shelf{sites: map[string]*sites.Site{}, pictures: map[string]sites.Picture{}}, Register: twoStations{}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// furnished is a desk whose hq has a drawn level.
func furnished(t testing.TB) (d *sites.Desk, level string) {
	t.Helper()
	d = desk(t)
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	parent := ""
	for _, p := range []sites.Place{{Kind: sites.Premises, Name: "Compound"}, {Kind: sites.Building, Name: "Block S"}, {Kind: sites.Level, Name: "Level 0", Note: "key box at the door"}} {
		p.Station, p.Parent = "hq", parent
		added, err := d.AddPlace(t.Context(), chief, p)
		must(err)
		parent = added.ID
	}
	picture, err := d.Upload(t.Context(), chief, "hq", []byte(plainSVG))
	must(err)
	_, err = d.SaveCamera(t.Context(), chief, sites.Camera{ID: "C-01", Station: "hq", Name: "Hall"}, 0)
	must(err)
	plan := sites.NewPlan("hq", parent)
	plan.Scale, plan.Drawing = 0.1, &sites.PlanDrawing{Hash: picture.Hash, Kind: picture.Kind, Width: 200, Height: 100}
	kitchen := auth.NewID()
	plan.Areas = []sites.PlanArea{{Place: kitchen, Name: "Kitchen", Shape: []sites.Vertex{{0, 0}, {9, 0}, {9, 9}}}}
	plan.Points = []sites.PlanPoint{{Point: "g/d.smoke", Place: kitchen, X: 5, Y: 2, Rotation: 90}}
	plan.Cameras = []sites.CameraView{{Camera: "C-01", X: 1, Y: 2, Direction: 30, Angle: 80, Range: 40}}
	plan.Labels = []sites.PlanLabel{{ID: "l1", Text: "Stairs", X: 3, Y: 4, Size: 9}}
	_, err = d.SavePlan(t.Context(), chief, plan)
	must(err)
	return d, parent
}

// TestAnExportMakesTheSameStationElsewhere: what goes out of one station and into
// another says the same, under ids of its own.
func TestAnExportMakesTheSameStationElsewhere(t *testing.T) {
	t.Parallel()
	d, _ := furnished(t)
	var file bytes.Buffer
	if err := d.Export(t.Context(), chief, "hq", &file); err != nil {
		t.Fatal(err)
	}
	dry, err := d.Import(t.Context(), chief, "branch", file.Bytes(), sites.ImportOptions{DryRun: true})
	if err != nil || dry.Done || len(dry.Faults) == 0 || dry.Faults[0].List != "points" || !strings.Contains(dry.Faults[0].Reason, "gateway g is none of this station") {
		t.Fatalf("a foreign gateway: %+v %v", dry, err)
	}
	if site, _ := d.Site(t.Context(), chief, "branch"); len(site.Places) != 0 {
		t.Fatal("a dry run has made something")
	}
	refused, err := d.Import(t.Context(), chief, "branch", file.Bytes(), sites.ImportOptions{})
	if err != nil || refused.Done {
		t.Fatalf("a file with faults: %+v %v", refused, err)
	}
	done, err := d.Import(t.Context(), chief, "branch", file.Bytes(), sites.ImportOptions{Gateways: map[string]string{"g": "b"}})
	if err != nil || !done.Done || done.Places.Added != 4 || done.Points.Added != 1 || done.Plans.Added != 1 {
		t.Fatalf("%+v %v", done, err)
	}
	here, _ := d.Site(t.Context(), chief, "hq")
	there, _ := d.Site(t.Context(), chief, "branch")
	for i, p := range here.Places {
		o := there.Places[i]
		if o.Name != p.Name || o.Kind != p.Kind || o.Note != p.Note || o.Position != p.Position || o.ID == p.ID || o.Station != "branch" {
			t.Errorf("%+v became %+v", p, o)
		}
	}
	where, came := d.Where("g/d.smoke"), d.Where("b/d.smoke")
	if came.AreaName != where.AreaName || came.LevelName != "Level 0" || came.BuildingName != "Block S" || came.Level == where.Level {
		t.Errorf("%+v became %+v", where, came)
	}
	plan, _ := d.Plan(t.Context(), chief, where.Level)
	copied, _ := d.Plan(t.Context(), chief, came.Level)
	if copied.Scale != plan.Scale || *copied.Drawing != *plan.Drawing || copied.Points[0].X != 5 || copied.Points[0].Rotation != 90 ||
		copied.Cameras[0].Direction != 30 || copied.Labels[0] != plan.Labels[0] || copied.Areas[0].Shape[2] != plan.Areas[0].Shape[2] {
		t.Errorf("%+v became %+v", plan, copied)
	}
	again, err := d.Import(t.Context(), chief, "hq", file.Bytes(), sites.ImportOptions{DryRun: true})
	if err != nil || again.Places.Changed+again.Places.Added+again.Places.Removed+again.Plans.Changed+again.Points.Changed != 0 {
		t.Errorf("its own file would change something: %+v %v", again, err)
	}
	left, err := d.Import(t.Context(), chief, "branch", file.Bytes(), sites.ImportOptions{LeaveOut: true})
	if err != nil || !left.Done || left.Points.Removed != 1 {
		t.Errorf("left out: %+v %v", left, err)
	}
}

func TestFilesThatAreNoSite(t *testing.T) {
	t.Parallel()
	d, _ := furnished(t)
	for name, tc := range map[string]struct {
		data []byte
		want string
	}{
		"text":           {[]byte("hello"), "not a ZIP"},
		"empty":          {archived(t, nil), "no site.json"},
		"broken":         {archived(t, map[string]string{"site.json": "{"}), "site.json"},
		"another format": {archived(t, map[string]string{"site.json": `{"format":"x/9"}`}), "reads guardroom-site/1"},
		"a bomb":         {archived(t, map[string]string{"drawings/a.png": strings.Repeat("\x00", sites.MaxPicture+1)}), "too large"},
	} {
		_, err := d.Import(t.Context(), chief, "hq", tc.data, sites.ImportOptions{})
		var wrong *sites.InvalidError
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	rows := `{"format":"guardroom-site/1","station":"hq","places":[{"id":"x","kind":"level","name":"L"},{"id":"0197f000-0000-7000-8000-000000000001","kind":"building","name":"B"}],
		"cameras":[{"id":"bad id","name":"C"}],"points":[{"point":"nonsense","place":""}],"plans":[{"level":"0197f000-0000-7000-8000-00000000000f"}]}`
	report, err := d.Import(t.Context(), chief, "hq", archived(t, map[string]string{"site.json": rows, "drawings/x.svg": "<html/>"}), sites.ImportOptions{})
	if err != nil || report.Done || len(report.Faults) != 6 {
		t.Errorf("%+v %v", report, err)
	}
	if w := d.Where("g/d.smoke"); w.AreaName != "Kitchen" {
		t.Errorf("a file that was refused has changed something: %+v", w)
	}
}

func FuzzImport(f *testing.F) {
	d, _ := furnished(f)
	var file bytes.Buffer
	if err := d.Export(context.Background(), chief, "hq", &file); err != nil {
		f.Fatal(err)
	}
	f.Add(`{"format":"guardroom-site/1","station":"hq","places":[{"id":"0197f000-0000-7000-8000-000000000001","kind":"premises","name":"P"}]}`)
	f.Add(`{"format":"guardroom-site/1","plans":[{"level":"x","areas":[{"shape":[[1,2],[3]]}],"drawing":{}}],"points":[{"point":"g/d.p"}]}`)
	f.Fuzz(func(t *testing.T, document string) {
		// Neither a document nor raw bytes may do more than be refused.
		_, _ = d.Import(t.Context(), chief, "branch", []byte(document), sites.ImportOptions{DryRun: true})
		report, err := d.Import(t.Context(), chief, "branch", archived(t, map[string]string{"site.json": document}), sites.ImportOptions{LeaveOut: true})
		if err == nil && report.Done {
			if err := d.Export(t.Context(), chief, "branch", io.Discard); err != nil {
				t.Fatalf("what was taken cannot be given out: %v", err)
			}
		}
	})
}

// TestWhoMayWhat: nobody sees or changes a station at which they have no right.
func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	d, level := furnished(t)
	stranger := auth.Operator{ID: "s", Grants: []auth.Grant{{Role: auth.Chief, Station: "branch"}}}
	officer := auth.Operator{ID: "o", Grants: []auth.Grant{{Role: auth.Officer, Station: "hq"}}}
	plan, err := d.Plan(t.Context(), officer, level)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"stranger reads the site":   second(d.Site(t.Context(), stranger, "hq")),
		"stranger reads the plan":   second(d.Plan(t.Context(), stranger, level)),
		"stranger exports":          d.Export(t.Context(), stranger, "hq", io.Discard),
		"stranger sees a drawing":   second(d.Picture(t.Context(), stranger, "hq", plan.Drawing.Hash)),
		"stranger searches":         second(d.Search(t.Context(), stranger, "hq", "kitchen")),
		"stranger binds":            second(d.Bind(t.Context(), stranger, "hq", []sites.PointPlace{{Point: "g/d.smoke"}})),
		"stranger steals a point":   second(d.Bind(t.Context(), stranger, "branch", []sites.PointPlace{{Point: "g/d.smoke"}})),
		"officer saves the plan":    second(d.SavePlan(t.Context(), officer, plan)),
		"officer imports":           second(d.Import(t.Context(), officer, "hq", nil, sites.ImportOptions{})),
		"officer uploads":           second(d.Upload(t.Context(), officer, "hq", []byte(plainSVG))),
		"officer removes the level": d.RemovePlace(t.Context(), officer, level, 1),
	} {
		var forbidden *auth.ForbiddenError
		var wrong *sites.InvalidError
		if !errors.As(err, &forbidden) && !errors.As(err, &wrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if found, _ := d.Search(t.Context(), stranger, "", "kitchen"); len(found) != 0 {
		t.Errorf("a search tells a stranger %v", found)
	}
	found, err := d.Search(t.Context(), officer, "", "kitchen")
	if err != nil || len(found) != 2 || found[0].Name != "Kitchen" || found[1].ID != "g/d.smoke" || !found[1].Drawn || found[1].Level != level {
		t.Errorf("%+v %v", found, err)
	}
	if points := d.PointsIn(level); len(points) != 1 || points[0] != devices.PointID("g/d.smoke") {
		t.Errorf("points in the level: %v", points)
	}
}

func second[T any](_ T, err error) error { return err }
