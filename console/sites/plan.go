package sites

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"guardroom/devices"
)

// Plan is the plan of a level. Lengths are in plan units, x to the right and y
// down from the upper left corner; angles are in degrees, clockwise from up.
type Plan struct {
	Level   string  `json:"level"`
	Station string  `json:"station"`
	Version int64   `json:"version"` // 0 before the first save
	Width   float64 `json:"width"`
	Height  float64 `json:"height"`
	Scale   float64 `json:"scale"` // metres in a plan unit; 0 before somebody measured

	Drawing *PlanDrawing `json:"drawing"`
	Areas   []PlanArea   `json:"areas"`
	Points  []PlanPoint  `json:"points"`
	Cameras []CameraView `json:"cameras"`
	Labels  []PlanLabel  `json:"labels"`

	SavedAt     time.Time `json:"saved_at"`
	SavedBy     string    `json:"saved_by"`
	SavedByName string    `json:"saved_by_name"`
	Note        string    `json:"note"` // why this version was saved
}

// PlanDrawing is the picture under the plan, and the frame in which it lies.
type PlanDrawing struct {
	Hash   string  `json:"hash" doc:"SHA-256 of the picture, as an upload answers"`
	Kind   string  `json:"kind" enum:"svg,png"`
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
	Invert bool    `json:"invert"` // dark lines on white become light lines on dark
}

// PlanArea is the outline of a place.
type PlanArea struct {
	Place string   `json:"place"` // an area of this level; an id that is not known yet makes one
	Name  string   `json:"name"`
	Shape []Vertex `json:"shape"`
}

// PlanPoint is a point on the plan. Place is the level, or the area in which it stands.
type PlanPoint struct {
	Point    devices.PointID `json:"point"`
	Place    string          `json:"place"`
	X        float64         `json:"x"`
	Y        float64         `json:"y"`
	Rotation float64         `json:"rotation"`
}

// CameraView is a camera on the plan and what it sees.
type CameraView struct {
	Camera    string  `json:"camera"`
	Place     string  `json:"place"`
	X         float64 `json:"x"`
	Y         float64 `json:"y"`
	Direction float64 `json:"direction"` // of the middle of the view
	Angle     float64 `json:"angle"`     // of the whole view, 1 to 360
	Range     float64 `json:"range"`     // plan units
}

// PlanLabel is text on the plan.
type PlanLabel struct {
	ID   string  `json:"id"`
	Text string  `json:"text"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
	Size float64 `json:"size"` // height of a letter in plan units
}

// Limits of a plan.
const (
	maxAreas   = 300
	maxSymbols = 2_000
	maxViews   = 300
	maxLabels  = 500
	maxNote    = 500
)

// NewPlan is the plan of a level on which nothing is drawn.
func NewPlan(station, level string) Plan {
	return Plan{
		Level: level, Station: station, Width: 1200, Height: 800,
		Areas: []PlanArea{}, Points: []PlanPoint{}, Cameras: []CameraView{}, Labels: []PlanLabel{},
	}
}

func (p *Plan) blank() bool {
	return p.Drawing == nil && len(p.Areas)+len(p.Points)+len(p.Cameras)+len(p.Labels) == 0
}

// Plan returns the plan of a level, blank when nobody has drawn one.
func (s *Site) Plan(level string) (Plan, error) {
	if s.Places[level].Kind != Level {
		return Plan{}, fmt.Errorf("level %.64s: %w", level, ErrNotFound)
	}
	if plan, ok := s.Plans[level]; ok {
		return plan, nil
	}
	return NewPlan(s.Station, level), nil
}

// SavePlan takes p when the plan is still at p.Version, and gives it the next
// one. Areas that are not known yet are made, areas are named as the plan names
// them, and points and cameras are bound to where they stand.
func (s *Site) SavePlan(p Plan) (Plan, error) {
	now, err := s.Plan(p.Level)
	if err != nil {
		return Plan{}, err
	}
	if now.Version != p.Version {
		return Plan{}, &StaleError{Version: now.Version, Current: now}
	}
	p = p.own(s.Station)
	if err := p.check(); err != nil {
		return Plan{}, err
	}
	if err := s.takeAreas(&p); err != nil {
		return Plan{}, err
	}
	if err := s.takePoints(&p); err != nil {
		return Plan{}, err
	}
	if err := s.takeCameras(&p); err != nil {
		return Plan{}, err
	}
	p.Version++
	s.Plans[p.Level] = p
	return p, nil
}

// own copies the lists, so that nothing of the caller's changes; lists that are
// missing are empty.
func (p Plan) own(station string) Plan {
	p.Station, p.Note = station, strings.TrimSpace(p.Note)
	p.Areas = append([]PlanArea{}, p.Areas...)
	p.Points = append([]PlanPoint{}, p.Points...)
	p.Cameras = append([]CameraView{}, p.Cameras...)
	p.Labels = append([]PlanLabel{}, p.Labels...)
	return p
}

// check judges what can be judged without the site.
func (p *Plan) check() error {
	switch {
	case !(p.Width > 0 && p.Width <= farthest && p.Height > 0 && p.Height <= farthest):
		return invalid("width", "width and height are above 0 and at most %d", farthest)
	case !(p.Scale >= 0 && p.Scale <= 1000):
		return invalid("scale", "metres in a plan unit, at most 1000; 0 when nobody measured")
	case len(p.Areas) > maxAreas:
		return invalid("areas", "a plan has at most %d areas", maxAreas)
	case len(p.Points) > maxSymbols:
		return invalid("points", "a plan has at most %d points", maxSymbols)
	case len(p.Cameras) > maxViews:
		return invalid("cameras", "a plan has at most %d cameras", maxViews)
	case len(p.Labels) > maxLabels:
		return invalid("labels", "a plan has at most %d labels", maxLabels)
	case utf8.RuneCountInString(p.Note) > maxNote:
		return invalid("note", "at most %d characters", maxNote)
	}
	if err := checkNote("note", p.Note); err != nil {
		return err
	}
	if d := p.Drawing; d != nil {
		if !validHash(d.Hash) || d.Kind != "svg" && d.Kind != "png" {
			return invalid("drawing", "hash and kind as the upload has answered")
		}
		if !within(d.X) || !within(d.Y) || !(d.Width > 0 && d.Width <= farthest && d.Height > 0 && d.Height <= farthest) {
			return invalid("drawing", "its frame lies too far away or has no size")
		}
	}
	return p.checkLabels()
}

func (p *Plan) checkLabels() error {
	seen := map[string]bool{}
	for i, l := range p.Labels {
		field := fmt.Sprintf("labels.%d", i)
		switch {
		case !devices.ValidID(l.ID) || seen[l.ID]:
			return invalid(field+".id", "missing, malformed or there twice")
		case !within(l.X) || !within(l.Y):
			return invalid(field, "lies too far away")
		case !(l.Size > 0 && l.Size <= 1000):
			return invalid(field+".size", "above 0 and at most 1000")
		}
		if err := checkName(field+".text", l.Text); err != nil {
			return err
		}
		seen[l.ID] = true
	}
	return nil
}

func (s *Site) takeAreas(p *Plan) error {
	seen := map[string]bool{}
	for i := range p.Areas {
		a := &p.Areas[i]
		a.Name = strings.TrimSpace(a.Name)
		field := fmt.Sprintf("areas.%d", i)
		if reason := checkShape(a.Shape); reason != "" {
			return invalid(field+".shape", "%s: %s", a.Name, reason)
		}
		if seen[a.Place] {
			return invalid(field+".place", "%s is drawn twice", a.Name)
		}
		seen[a.Place] = true
		place, known := s.Places[a.Place]
		var err error
		switch {
		case !known:
			_, err = s.AddPlace(Place{ID: a.Place, Parent: p.Level, Kind: AreaKind, Name: a.Name})
		case place.Kind != AreaKind || place.Parent != p.Level:
			return invalid(field+".place", "%s is not an area of this level", place.Name)
		case a.Name == "":
			a.Name = place.Name
		case a.Name != place.Name:
			place.Name = a.Name
			if err = s.check(place); err == nil {
				place.Version++
				s.Places[place.ID] = place
			}
		}
		if err != nil {
			return under(field, err)
		}
	}
	return nil
}

func (s *Site) takePoints(p *Plan) error {
	seen, elsewhere := map[devices.PointID]bool{}, map[devices.PointID]string{}
	for level, other := range s.Plans {
		for _, o := range other.Points {
			elsewhere[o.Point] = level
		}
	}
	for i := range p.Points {
		x := &p.Points[i]
		field := fmt.Sprintf("points.%d", i)
		if err := s.mayBind(field, x.Point); err != nil {
			return err
		}
		if seen[x.Point] {
			return invalid(field+".point", "%s is drawn twice", x.Point)
		}
		seen[x.Point] = true
		if !within(x.X) || !within(x.Y) || !(x.Rotation >= -360 && x.Rotation <= 360) {
			return invalid(field, "%s lies too far away, or its rotation is not within 360 degrees", x.Point)
		}
		if err := s.stands(p, field, &x.Place); err != nil {
			return err
		}
		if level, drawn := elsewhere[x.Point]; drawn && level != p.Level {
			return invalid(field+".point", "%s is drawn on the plan of %s: take it off there first", x.Point, s.Path(level))
		}
		s.Points[x.Point] = x.Place
	}
	if len(s.Points) > maxPoints {
		return invalid("points", "a station has at most %d points in places", maxPoints)
	}
	return nil
}

// stands checks that place is the level or an area of it; empty is the level.
func (s *Site) stands(p *Plan, field string, place *string) error {
	if *place == "" {
		*place = p.Level
	}
	if s.LevelOf(*place) != p.Level {
		return invalid(field+".place", "is neither this level nor an area of it")
	}
	return nil
}

func (s *Site) takeCameras(p *Plan) error {
	seen := map[string]bool{}
	for i := range p.Cameras {
		v := &p.Cameras[i]
		field := fmt.Sprintf("cameras.%d", i)
		camera, known := s.Cameras[v.Camera]
		switch {
		case !known:
			return invalid(field+".camera", "there is no camera %.64q in the register", v.Camera)
		case seen[v.Camera]:
			return invalid(field+".camera", "%s is drawn twice", v.Camera)
		case !within(v.X) || !within(v.Y) || !(v.Direction >= -360 && v.Direction <= 360):
			return invalid(field, "%s lies too far away, or its direction is not within 360 degrees", v.Camera)
		case !(v.Angle >= 1 && v.Angle <= 360):
			return invalid(field+".angle", "1 to 360 degrees")
		case !(v.Range > 0 && v.Range <= farthest):
			return invalid(field+".range", "above 0 and at most %d", farthest)
		}
		seen[v.Camera] = true
		if err := s.stands(p, field, &v.Place); err != nil {
			return err
		}
		for level, other := range s.Plans {
			if level != p.Level && slices.ContainsFunc(other.Cameras, func(o CameraView) bool { return o.Camera == v.Camera }) {
				return invalid(field+".camera", "%s is drawn on the plan of %s: take it off there first", v.Camera, s.Path(level))
			}
		}
		if camera.Place != v.Place {
			camera.Place = v.Place
			camera.Version++
			s.Cameras[v.Camera] = camera
		}
	}
	return nil
}

// Restore brings an old version of a plan back as a new one. What is no longer
// known, or is drawn elsewhere by now, is left out; the answer says what.
func (s *Site) Restore(old Plan, seen int64) (Plan, []string, error) {
	now, err := s.Plan(old.Level)
	if err != nil {
		return Plan{}, nil, err
	}
	if now.Version != seen {
		return Plan{}, nil, &StaleError{Version: now.Version, Current: now}
	}
	old = old.own(s.Station)
	old.Version = now.Version
	var left []string
	old.Areas = slices.DeleteFunc(old.Areas, func(a PlanArea) bool {
		place, known := s.Places[a.Place]
		gone := !known || place.Parent != old.Level
		if gone {
			left = append(left, a.Name)
		}
		return gone
	})
	for i := range old.Areas { // a name that was given since stays
		old.Areas[i].Name = s.Places[old.Areas[i].Place].Name
	}
	old.Points = slices.DeleteFunc(old.Points, func(x PlanPoint) bool {
		gone := s.LevelOf(s.Points[x.Point]) != old.Level || s.LevelOf(x.Place) != old.Level
		if gone {
			left = append(left, string(x.Point))
		}
		return gone
	})
	old.Cameras = slices.DeleteFunc(old.Cameras, func(v CameraView) bool {
		camera, known := s.Cameras[v.Camera]
		gone := !known || s.LevelOf(camera.Place) != old.Level || s.LevelOf(v.Place) != old.Level
		if gone {
			left = append(left, v.Camera)
		}
		return gone
	})
	p, err := s.SavePlan(old)
	return p, left, err
}

// under puts the field of an error below another.
func under(field string, err error) error {
	var wrong *InvalidError
	if errors.As(err, &wrong) {
		return &InvalidError{Field: field + "." + wrong.Field, Reason: wrong.Reason}
	}
	return err
}
