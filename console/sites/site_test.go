package sites_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"guardroom/console/auth"
	"guardroom/console/sites"
	"guardroom/devices"
)

// sound reports what a site must never be.
func sound(s *sites.Site) error {
	parents := map[sites.Kind][]sites.Kind{
		sites.Premises: {""}, sites.Building: {sites.Premises}, sites.Level: {sites.Building}, sites.AreaKind: {sites.Premises, sites.Building, sites.Level},
	}
	seats := map[string][]int{}
	for id, p := range s.Places {
		if p.ID != id || !slices.Contains(parents[p.Kind], s.Places[p.Parent].Kind) {
			return fmt.Errorf("%s %s lies in a %q", p.Kind, p.Name, s.Places[p.Parent].Kind)
		}
		seats[p.Parent] = append(seats[p.Parent], p.Position)
	}
	for parent, taken := range seats {
		slices.Sort(taken)
		for i, n := range taken {
			if i != n {
				return fmt.Errorf("the children of %q sit at %v", parent, taken)
			}
		}
	}
	if len(s.Ordered()) != len(s.Places) {
		return fmt.Errorf("the tree holds %d of %d places", len(s.Ordered()), len(s.Places))
	}
	for point, place := range s.Points {
		if _, ok := s.Places[place]; !ok {
			return fmt.Errorf("%s is in a place that is gone", point)
		}
	}
	drawn := map[string]string{}
	once := func(what, level string) error {
		if other, twice := drawn[what]; twice {
			return fmt.Errorf("%s is drawn on %s and %s", what, other, level)
		}
		drawn[what] = level
		return nil
	}
	for level, plan := range s.Plans {
		if s.Places[level].Kind != sites.Level || plan.Level != level {
			return fmt.Errorf("a plan of %q", s.Places[level].Kind)
		}
		for _, a := range plan.Areas {
			if s.Places[a.Place].Parent != level || s.Places[a.Place].Name != a.Name {
				return fmt.Errorf("area %s is not as the tree says", a.Name)
			}
		}
		for _, x := range plan.Points {
			if s.Points[x.Point] != x.Place || s.LevelOf(x.Place) != level {
				return fmt.Errorf("%s is drawn in %s and bound to %s", x.Point, x.Place, s.Points[x.Point])
			}
			if err := once(string(x.Point), level); err != nil {
				return err
			}
		}
		for _, v := range plan.Cameras {
			if s.Cameras[v.Camera].Place != v.Place || s.LevelOf(v.Place) != level {
				return fmt.Errorf("camera %s is drawn elsewhere than it hangs", v.Camera)
			}
			if err := once("camera "+v.Camera, level); err != nil {
				return err
			}
		}
	}
	return nil
}

func pick[K ~string, V any](t *rapid.T, m map[K]V, name string) K {
	keys := slices.Sorted(maps.Keys(m))
	if len(keys) == 0 {
		return ""
	}
	return rapid.SampledFrom(keys).Draw(t, name)
}

// TestASiteStaysSound: whatever people do in whatever order, and however it is
// refused, the tree, the bindings and the plans fit together, and a refusal
// changes nothing.
func TestASiteStaysSound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := sites.Empty("hq")
		s.Owned = func(gateway string) bool { return gateway == "g" }
		try := func(what string, act func(*sites.Site) error) {
			next := s.Clone()
			err := act(next)
			if err == nil {
				s = next
			}
			if broken := sound(s); broken != nil {
				t.Fatalf("after %s: %v", what, broken)
			}
		}
		point := func() devices.PointID {
			return devices.PointID(rapid.SampledFrom([]string{"g/d.a", "g/d.b", "g/d.c", "other/d.a", "not a point"}).Draw(t, "point"))
		}
		camera := func() string { return rapid.SampledFrom([]string{"C-01", "C-02", "bad id"}).Draw(t, "camera") }
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				kind := rapid.SampledFrom([]sites.Kind{sites.Premises, sites.Building, sites.Level, sites.AreaKind}).Draw(t, "kind")
				parent, name := pick(t, s.Places, "parent"), rapid.SampledFrom([]string{"A", "B", "C", ""}).Draw(t, "name")
				if kind == sites.Premises {
					parent = ""
				}
				try("add", func(s *sites.Site) error {
					_, err := s.AddPlace(sites.Place{ID: auth.NewID(), Kind: kind, Parent: parent, Name: name})
					return err
				})
			},
			"change": func(t *rapid.T) {
				id, parent := pick(t, s.Places, "place"), pick(t, s.Places, "to")
				name, at := rapid.SampledFrom([]string{"A", "D"}).Draw(t, "name"), rapid.IntRange(-1, 5).Draw(t, "position")
				change := sites.PlaceChange{Position: &at}
				if rapid.Bool().Draw(t, "rename") {
					change.Name = &name
				}
				if rapid.Bool().Draw(t, "move") {
					change.Parent = &parent
				}
				try("change", func(s *sites.Site) error { _, err := s.ChangePlace(id, s.Places[id].Version, change); return err })
			},
			"remove": func(t *rapid.T) {
				id := pick(t, s.Places, "place")
				try("remove", func(s *sites.Site) error { _, err := s.RemovePlace(id, s.Places[id].Version); return err })
			},
			"bind": func(t *rapid.T) {
				b := sites.PointPlace{Point: point(), Place: pick(t, s.Places, "place")}
				try("bind", func(s *sites.Site) error { return s.Bind([]sites.PointPlace{b}) })
			},
			"camera": func(t *rapid.T) {
				c := sites.Camera{ID: camera(), Name: "Cam", Place: pick(t, s.Places, "place")}
				if rapid.Bool().Draw(t, "remove") {
					try("remove camera", func(s *sites.Site) error { _, err := s.RemoveCamera(c.ID, s.Cameras[c.ID].Version); return err })
					return
				}
				try("camera", func(s *sites.Site) error { _, err := s.SaveCamera(c, s.Cameras[c.ID].Version); return err })
			},
			"draw": func(t *rapid.T) {
				level := pick(t, s.Places, "level")
				plan, err := s.Plan(level)
				if err != nil {
					return
				}
				plan.Points = []sites.PlanPoint{{Point: point(), Place: pick(t, s.Places, "in"), X: 1}}
				plan.Cameras = []sites.CameraView{{Camera: camera(), Angle: 90, Range: 5}}
				if rapid.Bool().Draw(t, "no camera") {
					plan.Cameras = nil
				}
				area := sites.PlanArea{Place: auth.NewID(), Name: rapid.SampledFrom([]string{"A", "E"}).Draw(t, "area"), Shape: []sites.Vertex{{0, 0}, {4, 0}, {4, 4}}}
				if rapid.Bool().Draw(t, "known area") {
					area.Place = pick(t, s.Places, "area of")
				}
				plan.Areas = []sites.PlanArea{area}
				before, changed := plan.Version, sites.Plan{}
				try("draw", func(s *sites.Site) error { changed, err = s.SavePlan(plan); return err })
				if err == nil && changed.Version != before+1 {
					t.Fatalf("version %d after %d", changed.Version, before)
				}
			},
			"restore": func(t *rapid.T) {
				level := pick(t, s.Plans, "plan")
				if level == "" {
					return
				}
				old := s.Plans[level]
				old.Points = []sites.PlanPoint{{Point: "g/d.a", Place: pick(t, s.Places, "in")}}
				try("restore", func(s *sites.Site) error { _, _, err := s.Restore(old, s.Plans[level].Version); return err })
			},
		})
	})
}

func made(t *testing.T) (s *sites.Site, level string) {
	t.Helper()
	s = sites.Empty("hq")
	parent := ""
	for _, p := range []sites.Place{{Kind: sites.Premises, Name: "Compound"}, {Kind: sites.Building, Name: "Block S"}, {Kind: sites.Level, Name: "Level 0"}} {
		p.ID, p.Parent = auth.NewID(), parent
		added, err := s.AddPlace(p)
		if err != nil {
			t.Fatal(err)
		}
		parent = added.ID
	}
	return s, parent
}

// TestRefusalsSayWhy: what is refused is refused in words that name the thing.
func TestRefusalsSayWhy(t *testing.T) {
	t.Parallel()
	square := []sites.Vertex{{0, 0}, {4, 0}, {4, 4}, {0, 4}}
	draw := func(change func(*sites.Plan)) func(*sites.Site, string) error {
		return func(s *sites.Site, level string) error {
			p := sites.NewPlan("hq", level)
			change(&p)
			_, err := s.SavePlan(p)
			return err
		}
	}
	for _, tc := range []struct {
		name string
		act  func(s *sites.Site, level string) error
		want string
	}{
		{"a building in nothing", func(s *sites.Site, _ string) error {
			_, err := s.AddPlace(sites.Place{ID: auth.NewID(), Kind: sites.Building, Name: "X"})
			return err
		}, "a building stands in premises"},
		{"the same name twice", func(s *sites.Site, level string) error {
			_, err := s.AddPlace(sites.Place{ID: auth.NewID(), Kind: sites.Level, Name: "LEVEL 0", Parent: s.Places[level].Parent})
			return err
		}, "Level 0 is already there"},
		{"remove what holds something", func(s *sites.Site, level string) error {
			if err := s.Bind([]sites.PointPlace{{Point: "g/d.p", Place: level}}); err != nil {
				return err
			}
			_, err := s.RemovePlace(level, 1)
			return err
		}, "Level 0 still holds one point: move or remove them first"},
		{"a stranger's point", func(s *sites.Site, level string) error {
			s.Owned = func(string) bool { return false }
			return s.Bind([]sites.PointPlace{{Point: "g/d.p", Place: level}})
		}, "g/d.p belongs to no gateway of this station"},
		{"edges that cross", draw(func(p *sites.Plan) {
			p.Areas = []sites.PlanArea{{Place: auth.NewID(), Name: "Hall", Shape: []sites.Vertex{{0, 0}, {4, 4}, {4, 0}, {0, 5}}}}
		}), "areas.0.shape: Hall: its edges cross"},
		{"a point drawn twice", draw(func(p *sites.Plan) {
			p.Points = []sites.PlanPoint{{Point: "g/d.p"}, {Point: "g/d.p"}}
		}), "points.1.point: g/d.p is drawn twice"},
		{"a camera that is not in the register", draw(func(p *sites.Plan) {
			p.Cameras = []sites.CameraView{{Camera: "C-99", Angle: 1, Range: 1}}
		}), `there is no camera "C-99" in the register`},
		{"a plan without a size", draw(func(p *sites.Plan) { p.Width = 0 }), "width"},
		{"a picture of a wrong hash", draw(func(p *sites.Plan) {
			p.Drawing = &sites.PlanDrawing{Hash: "../etc/passwd", Kind: "svg", Width: 1, Height: 1}
		}), "drawing"},
		{"an area with the name of another", draw(func(p *sites.Plan) {
			p.Areas = []sites.PlanArea{{Place: auth.NewID(), Name: "Hall", Shape: square}, {Place: auth.NewID(), Name: "hall", Shape: square}}
		}), "Hall is already there"},
		{"an old version", func(s *sites.Site, level string) error {
			p := sites.NewPlan("hq", level)
			if _, err := s.SavePlan(p); err != nil {
				return err
			}
			_, err := s.SavePlan(p)
			return err
		}, "at version 1 now"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, level := made(t)
			err := tc.act(s, level)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

// TestRestoreLeavesOutWhatIsGone: an old version comes back without what stands
// elsewhere by now, and says so.
func TestRestoreLeavesOutWhatIsGone(t *testing.T) {
	t.Parallel()
	s, level := made(t)
	hall := auth.NewID()
	p := sites.NewPlan("hq", level)
	p.Areas = []sites.PlanArea{{Place: hall, Name: "Hall", Shape: []sites.Vertex{{0, 0}, {4, 0}, {4, 4}}}}
	p.Points = []sites.PlanPoint{{Point: "g/d.stays", Place: hall}, {Point: "g/d.goes", Place: hall}}
	first, err := s.SavePlan(p)
	if err != nil {
		t.Fatal(err)
	}
	building := s.Places[level].Parent
	if err := s.Bind([]sites.PointPlace{{Point: "g/d.goes", Place: building}}); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Plans[level].Points); n != 1 {
		t.Fatalf("%d points are drawn after one has left the level", n)
	}
	name := "Foyer"
	if _, err := s.ChangePlace(hall, 1, sites.PlaceChange{Name: &name}); err != nil {
		t.Fatal(err)
	}
	now := s.Plans[level]
	again, left, err := s.Restore(first, now.Version)
	if err != nil || !slices.Equal(left, []string{"g/d.goes"}) || len(again.Points) != 1 || again.Areas[0].Name != "Foyer" || again.Version != now.Version+1 {
		t.Errorf("%+v, left out %v, %v", again, left, err)
	}
	var stale *sites.StaleError
	if _, _, err := s.Restore(first, now.Version); !errors.As(err, &stale) {
		t.Errorf("restore over a version that was not seen: %v", err)
	}
}

func TestDifferencesNameEachThing(t *testing.T) {
	t.Parallel()
	before, after := sites.NewPlan("hq", "l"), sites.NewPlan("hq", "l")
	before.Points = []sites.PlanPoint{{Point: "g/d.a", X: 1}, {Point: "g/d.b"}}
	after.Points = []sites.PlanPoint{{Point: "g/d.a", X: 2}, {Point: "g/d.c"}}
	after.Scale, after.Drawing = 0.5, &sites.PlanDrawing{Hash: "x"}
	got := fmt.Sprint(sites.Differences(before, after))
	want := "[{drawing   added} {scale   changed} {point g/d.a  changed} {point g/d.b  removed} {point g/d.c  added}]"
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if d := sites.Differences(after, after); len(d) != 0 {
		t.Errorf("a plan differs from itself: %v", d)
	}
}
