package sites

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"guardroom/devices"
)

// Site is everything that is known of where things are at one station.
//
// It always holds that the tree is whole and of the right kinds; that each
// binding and each camera names a place of the tree; that each plan belongs to a
// level; that a point or camera is drawn on at most one plan, and is bound to that
// level or to an area of it.
type Site struct {
	Station string
	Version int64
	Places  map[string]Place
	Points  map[devices.PointID]string // to their place
	Cameras map[string]Camera
	Plans   map[string]Plan // by level

	// Owned reports whether a gateway belongs to the station; points of other
	// stations are not bound here. Nil takes every gateway.
	Owned func(gateway string) bool

	signed map[string]int64 // versions of the plans as they were loaded
}

// Loaded notes which versions of the plans are signed already; the store calls it
// before it lets anybody change the site.
func (s *Site) Loaded() {
	s.signed = map[string]int64{}
	for level, plan := range s.Plans {
		s.signed[level] = plan.Version
	}
}

// Empty is a station of which nothing is known.
func Empty(station string) *Site {
	return &Site{
		Station: station, Places: map[string]Place{}, Points: map[devices.PointID]string{},
		Cameras: map[string]Camera{}, Plans: map[string]Plan{},
	}
}

// Clone copies the site. Plans are shared: whoever changes one replaces it.
func (s *Site) Clone() *Site {
	c := *s
	c.Places, c.Points = maps.Clone(s.Places), maps.Clone(s.Points)
	c.Cameras, c.Plans = maps.Clone(s.Cameras), maps.Clone(s.Plans)
	return &c
}

// Children are the places directly in parent, in their order; "" is the station.
func (s *Site) Children(parent string) []Place {
	var list []Place
	for _, p := range s.Places {
		if p.Parent == parent {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, bySeat)
	return list
}

func bySeat(a, b Place) int {
	return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
}

// Ordered are all places, each after its parent and in the order of the tree.
func (s *Site) Ordered() []Place {
	children := map[string][]Place{}
	for _, p := range s.Places {
		children[p.Parent] = append(children[p.Parent], p)
	}
	list := make([]Place, 0, len(s.Places))
	var walk func(parent string)
	walk = func(parent string) {
		here := children[parent]
		slices.SortFunc(here, bySeat)
		for _, p := range here {
			list = append(list, p)
			walk(p.ID)
		}
	}
	walk("")
	return list
}

// LevelOf is the level that a place is or lies in, empty when there is none.
func (s *Site) LevelOf(place string) string {
	for p, ok := s.Places[place]; ok; p, ok = s.Places[p.Parent] {
		if p.Kind == Level {
			return p.ID
		}
	}
	return ""
}

// Path names a place from the outside in: "Gigiri · Block S · Level 0".
func (s *Site) Path(place string) string {
	var names []string
	for p, ok := s.Places[place]; ok; p, ok = s.Places[p.Parent] {
		names = append(names, p.Name)
	}
	slices.Reverse(names)
	return strings.Join(names, " · ")
}

// AddPlace puts a place last among its siblings.
func (s *Site) AddPlace(p Place) (Place, error) {
	p.Name, p.Station, p.Version = strings.TrimSpace(p.Name), s.Station, 1
	if _, taken := s.Places[p.ID]; taken {
		return Place{}, fmt.Errorf("place %s: %w", p.ID, ErrExists)
	}
	if len(s.Places) >= maxPlaces {
		return Place{}, invalid("place", "a station has at most %d places", maxPlaces)
	}
	if err := s.check(p); err != nil {
		return Place{}, err
	}
	p.Position = len(s.Children(p.Parent))
	s.Places[p.ID] = p
	return p, nil
}

func (s *Site) check(p Place) error {
	allowed, known := parents[p.Kind]
	switch {
	case !validPlaceID(p.ID):
		return invalid("id", "is not a UUID")
	case !known:
		return invalid("kind", "premises, building, level or area")
	}
	if err := checkName("name", p.Name); err != nil {
		return err
	}
	if err := checkNote("note", p.Note); err != nil {
		return err
	}
	parent, ok := s.Places[p.Parent]
	if p.Parent != "" && !ok {
		return invalid("parent", "there is no such place at this station")
	}
	if !slices.Contains(allowed, parent.Kind) {
		return invalid("parent", "%s", whereFits[p.Kind])
	}
	for _, sibling := range s.Places {
		if sibling.ID != p.ID && sibling.Parent == p.Parent && sibling.Kind == p.Kind && strings.EqualFold(sibling.Name, p.Name) {
			return invalid("name", "%s is already there", sibling.Name)
		}
	}
	return nil
}

var whereFits = map[Kind]string{
	Premises: "premises stand in nothing",
	Building: "a building stands in premises",
	Level:    "a level is part of a building",
	AreaKind: "an area lies in premises, in a building or on a level",
}

// PlaceChange is what may be changed of a place; nil leaves it.
type PlaceChange struct {
	Name, Note, Parent *string
	Position           *int // among its siblings; beyond the end is the end
}

// ChangePlace renames, moves or reorders a place that is still at version seen.
func (s *Site) ChangePlace(id string, seen int64, c PlaceChange) (Place, error) {
	p, ok := s.Places[id]
	if !ok {
		return Place{}, fmt.Errorf("place %.64s: %w", id, ErrNotFound)
	}
	if p.Version != seen {
		return Place{}, &StaleError{Version: p.Version, Current: p}
	}
	from := p.Parent
	if c.Name != nil {
		p.Name = strings.TrimSpace(*c.Name)
	}
	if c.Note != nil {
		p.Note = *c.Note
	}
	if c.Parent != nil {
		p.Parent = *c.Parent
	}
	if err := s.check(p); err != nil {
		return Place{}, err
	}
	if p.Parent != from {
		if err := s.mayMove(p); err != nil {
			return Place{}, err
		}
		p.Position = len(s.Children(p.Parent))
	}
	p.Version++
	s.Places[id] = p
	if p.Parent != from {
		s.seat(s.Children(from))
	}
	if c.Position != nil {
		siblings := slices.DeleteFunc(s.Children(p.Parent), func(o Place) bool { return o.ID == id })
		s.seat(slices.Insert(siblings, min(max(*c.Position, 0), len(siblings)), p))
	}
	if p.Kind == AreaKind {
		s.redraw(p)
	}
	return s.Places[id], nil
}

// mayMove keeps what is drawn on a level there.
func (s *Site) mayMove(p Place) error {
	if p.Kind != AreaKind {
		return nil
	}
	for level, plan := range s.Plans {
		if slices.ContainsFunc(plan.Areas, func(a PlanArea) bool { return a.Place == p.ID }) ||
			slices.ContainsFunc(plan.Points, func(x PlanPoint) bool { return x.Place == p.ID }) ||
			slices.ContainsFunc(plan.Cameras, func(x CameraView) bool { return x.Place == p.ID }) {
			return &OccupiedError{Name: p.Name, Reason: "is drawn on the plan of " + s.Places[level].Name + ": take it off that plan first"}
		}
	}
	return nil
}

// redraw keeps the name on the plan that of the place.
func (s *Site) redraw(p Place) {
	for level, plan := range s.Plans {
		at := slices.IndexFunc(plan.Areas, func(a PlanArea) bool { return a.Place == p.ID })
		if at < 0 || plan.Areas[at].Name == p.Name {
			continue
		}
		plan.Areas = slices.Clone(plan.Areas)
		plan.Areas[at].Name = p.Name
		plan.Version++
		s.Plans[level] = plan
	}
}

// seat numbers siblings in the order given.
func (s *Site) seat(siblings []Place) {
	for i, p := range siblings {
		p.Position = i
		s.Places[p.ID] = p
	}
}

// RemovePlace removes a place on which nothing stands any more.
func (s *Site) RemovePlace(id string, seen int64) (Place, error) {
	p, ok := s.Places[id]
	if !ok {
		return Place{}, fmt.Errorf("place %.64s: %w", id, ErrNotFound)
	}
	if p.Version != seen {
		return Place{}, &StaleError{Version: p.Version, Current: p}
	}
	if holds := s.holds(id); len(holds) > 0 {
		return Place{}, &OccupiedError{Name: p.Name, Reason: "still holds " + list(holds) + ": move or remove them first"}
	}
	delete(s.Places, id)
	delete(s.Plans, id)
	s.seat(s.Children(p.Parent))
	return p, nil
}

// holds says in words what stands on a place.
func (s *Site) holds(id string) []string {
	var holds []string
	count := func(n int, one, many string) {
		switch {
		case n == 1:
			holds = append(holds, "one "+one)
		case n > 1:
			holds = append(holds, fmt.Sprintf("%d %s", n, many))
		}
	}
	kinds := map[Kind]int{}
	for _, c := range s.Places {
		if c.Parent == id {
			kinds[c.Kind]++
		}
	}
	count(kinds[Building], "building", "buildings")
	count(kinds[Level], "level", "levels")
	count(kinds[AreaKind], "area", "areas")
	points, cameras := 0, 0
	for _, place := range s.Points {
		if place == id {
			points++
		}
	}
	for _, c := range s.Cameras {
		if c.Place == id {
			cameras++
		}
	}
	count(points, "point", "points")
	count(cameras, "camera", "cameras")
	if plan, ok := s.Plans[id]; ok && !plan.blank() {
		holds = append(holds, "a plan")
	}
	for level, plan := range s.Plans {
		if slices.ContainsFunc(plan.Areas, func(a PlanArea) bool { return a.Place == id }) {
			holds = append(holds, "its outline on the plan of "+s.Places[level].Name)
		}
	}
	return holds
}

func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// Bind says where points are; an empty place says that nobody knows. What is
// drawn on a plan follows: within the level it stays where it is drawn, on
// another level it leaves the plan.
func (s *Site) Bind(bindings []PointPlace) error {
	for i, b := range bindings {
		field := fmt.Sprintf("points.%d", i)
		if err := s.mayBind(field, b.Point); err != nil {
			return err
		}
		if _, ok := s.Places[b.Place]; b.Place != "" && !ok {
			return invalid(field+".place", "there is no such place at this station")
		}
		if b.Place == "" {
			delete(s.Points, b.Point)
		} else {
			s.Points[b.Point] = b.Place
		}
		s.follow(b)
	}
	if len(s.Points) > maxPoints {
		return invalid("points", "a station has at most %d points in places", maxPoints)
	}
	return nil
}

func (s *Site) mayBind(field string, point devices.PointID) error {
	if err := point.Validate(); err != nil {
		return invalid(field+".point", "is not the id of a point")
	}
	if _, here := s.Points[point]; !here && s.Owned != nil && !s.Owned(point.Gateway()) {
		return invalid(field+".point", "%s belongs to no gateway of this station", point)
	}
	return nil
}

func (s *Site) follow(b PointPlace) {
	for level, plan := range s.Plans {
		at := slices.IndexFunc(plan.Points, func(x PlanPoint) bool { return x.Point == b.Point })
		if at < 0 || plan.Points[at].Place == b.Place {
			continue
		}
		plan.Points = slices.Clone(plan.Points)
		if s.LevelOf(b.Place) == level {
			plan.Points[at].Place = b.Place
		} else {
			plan.Points = slices.Delete(plan.Points, at, at+1)
		}
		plan.Version++
		s.Plans[level] = plan
	}
}

// SaveCamera adds a camera when seen is 0, or changes one that is still at that
// version. A camera that moves to another level leaves the plan it is drawn on.
func (s *Site) SaveCamera(c Camera, seen int64) (Camera, error) {
	c.Name, c.Station = strings.TrimSpace(c.Name), s.Station
	was, known := s.Cameras[c.ID]
	switch {
	case !devices.ValidID(c.ID):
		return Camera{}, invalid("id", "letters, digits, and . _ - after the first; at most 64")
	case seen == 0 && known:
		return Camera{}, fmt.Errorf("camera %s: %w", c.ID, ErrExists)
	case seen != 0 && !known:
		return Camera{}, fmt.Errorf("camera %s: %w", c.ID, ErrNotFound)
	case seen != was.Version:
		return Camera{}, &StaleError{Version: was.Version, Current: was}
	case !known && len(s.Cameras) >= maxCameras:
		return Camera{}, invalid("id", "a station has at most %d cameras", maxCameras)
	}
	if err := checkName("name", c.Name); err != nil {
		return Camera{}, err
	}
	if _, ok := s.Places[c.Place]; c.Place != "" && !ok {
		return Camera{}, invalid("place", "there is no such place at this station")
	}
	c.Version = was.Version + 1
	s.Cameras[c.ID] = c
	for level, plan := range s.Plans {
		at := slices.IndexFunc(plan.Cameras, func(v CameraView) bool { return v.Camera == c.ID })
		if at < 0 || plan.Cameras[at].Place == c.Place {
			continue
		}
		plan.Cameras = slices.Clone(plan.Cameras)
		if s.LevelOf(c.Place) == level {
			plan.Cameras[at].Place = c.Place
		} else {
			plan.Cameras = slices.Delete(plan.Cameras, at, at+1)
		}
		plan.Version++
		s.Plans[level] = plan
	}
	return c, nil
}

// RemoveCamera removes a camera that is drawn on no plan any more.
func (s *Site) RemoveCamera(id string, seen int64) (Camera, error) {
	c, ok := s.Cameras[id]
	if !ok {
		return Camera{}, fmt.Errorf("camera %.64s: %w", id, ErrNotFound)
	}
	if c.Version != seen {
		return Camera{}, &StaleError{Version: c.Version, Current: c}
	}
	for level, plan := range s.Plans {
		if slices.ContainsFunc(plan.Cameras, func(v CameraView) bool { return v.Camera == id }) {
			return Camera{}, &OccupiedError{Name: c.Name, Reason: "is drawn on the plan of " + s.Places[level].Name + ": take it off that plan first"}
		}
	}
	delete(s.Cameras, id)
	return c, nil
}
