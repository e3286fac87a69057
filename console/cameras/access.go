package cameras

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// reach finds a camera for somebody who needs a right at its station. Whoever has
// it nowhere learns nothing of whether the camera exists.
func (d *Desk) reach(by auth.Operator, needs auth.Permission, id string) (camera, error) {
	if all, ids := by.Stations(needs); !all && len(ids) == 0 {
		return camera{}, by.May(needs, auth.AllStations)
	}
	c, err := d.find(id)
	if err != nil {
		return camera{}, err
	}
	return c, by.May(needs, c.Station)
}

// may is reach for what shows or moves a picture: the camera's own list counts,
// too.
func (d *Desk) may(by auth.Operator, needs auth.Permission, id string) (camera, error) {
	c, err := d.reach(by, needs, id)
	if err != nil {
		return c, err
	}
	if !d.settingsOf(c).lets(by, c.Station) {
		return camera{}, &auth.ForbiddenError{Permission: needs, Station: c.Station}
	}
	return c, nil
}

// May says whether by may watch a camera.
func (d *Desk) May(by auth.Operator, id string) error {
	_, err := d.may(by, auth.CamerasWatch, id)
	return err
}

// MayPlay says whether by may see what was recorded of a camera.
func (d *Desk) MayPlay(by auth.Operator, id string) error {
	_, err := d.may(by, auth.CamerasPlay, id)
	return err
}

const rolePrefix = "role:"

// lets reports whether a camera's own list lets by watch: deny wins, and a
// restricted camera asks to be named.
func (s CameraSettings) lets(by auth.Operator, station string) bool {
	named := func(list []string) bool {
		for _, one := range list {
			role, isRole := strings.CutPrefix(one, rolePrefix)
			if !isRole && one == by.ID || isRole && hasRole(by, auth.Role(role), station) {
				return true
			}
		}
		return false
	}
	return !named(s.Deny) && (!s.Restricted || named(s.Allow))
}

// CameraPerson is somebody whom a camera's own list may name.
type CameraPerson struct {
	ID    string      `json:"id"`
	Name  string      `json:"name"`
	Roles []auth.Role `json:"roles" doc:"At the camera's station"`
}

// People are those who may watch cameras at a camera's station, by name: whom its
// own list may name.
func (d *Desk) People(ctx context.Context, by auth.Operator, id string) ([]CameraPerson, error) {
	c, err := d.reach(by, auth.CamerasConfigure, id)
	if err != nil {
		return nil, err
	}
	users, err := d.o.Users(ctx)
	if err != nil {
		return nil, fmt.Errorf("people of camera %s: %w", c.id(), err)
	}
	people := []CameraPerson{}
	for _, u := range users {
		if u.Disabled || u.Operator("").May(auth.CamerasWatch, c.Station) != nil {
			continue
		}
		p := CameraPerson{ID: u.ID, Name: u.Name, Roles: []auth.Role{}}
		for _, g := range u.Roles {
			if (g.Station == c.Station || g.Station == auth.AllStations) && !slices.Contains(p.Roles, g.Role) {
				p.Roles = append(p.Roles, g.Role)
			}
		}
		people = append(people, p)
	}
	slices.SortFunc(people, func(a, b CameraPerson) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	return people, nil
}

func hasRole(by auth.Operator, role auth.Role, station string) bool {
	for _, g := range by.Grants {
		if g.Role == role && (g.Station == station || g.Station == auth.AllStations) {
			return true
		}
	}
	return role == auth.Officer && slices.ContainsFunc(by.Covers, func(c auth.Cover) bool { return c.Station == station })
}

func (d *Desk) settingsOf(c camera) CameraSettings {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, known := d.settings[c.id()]
	if !known || s.Station != c.Station {
		s = CameraSettings{}
	}
	s.Camera, s.Station = c.id(), c.Station
	for _, list := range []*[]string{&s.Allow, &s.Deny} {
		if *list == nil {
			*list = []string{}
		}
	}
	if s.Points == nil {
		s.Points = []devices.PointID{}
	}
	return s
}

// Settings returns what people set of a camera.
func (d *Desk) Settings(_ context.Context, by auth.Operator, id string) (CameraSettings, error) {
	c, err := d.reach(by, auth.CamerasConfigure, id)
	if err != nil {
		return CameraSettings{}, err
	}
	return d.settingsOf(c), nil
}

// SaveSettings sets them. Whoever may watch no longer is cut off within a second.
func (d *Desk) SaveSettings(ctx context.Context, by auth.Operator, id string, s CameraSettings) (CameraSettings, error) {
	c, err := d.reach(by, auth.CamerasConfigure, id)
	if err != nil {
		return CameraSettings{}, err
	}
	s.Camera, s.Station = c.id(), c.Station
	if err := s.validate(); err != nil {
		return CameraSettings{}, err
	}
	e := audit.By(by, c.Station, "camera.settings", "camera:"+c.id(), map[string]string{
		"restricted": fmt.Sprint(s.Restricted), "allow": strings.Join(s.Allow, ", "), "deny": strings.Join(s.Deny, ", "),
		"retention_hours": fmt.Sprint(s.RetentionHours), "always": fmt.Sprint(s.Always), "alarm_preset": s.AlarmPreset, "points": fmt.Sprint(s.Points),
	})
	if s, err = d.o.Store.SaveSettings(ctx, s, e); err != nil {
		return CameraSettings{}, fmt.Errorf("save the settings of camera %s: %w", c.id(), err)
	}
	d.mu.Lock()
	d.settings[s.Camera] = s
	d.seeTurns()
	d.mu.Unlock()
	d.poke()
	return d.settingsOf(c), nil
}

func (s *CameraSettings) validate() error {
	for _, list := range []struct {
		name  string
		words []string
	}{{"allow", s.Allow}, {"deny", s.Deny}} {
		if len(list.words) > 200 {
			return &InvalidError{Field: list.name, Reason: "at most 200"}
		}
		for i, word := range list.words {
			field := fmt.Sprintf("%s.%d", list.name, i)
			role, isRole := strings.CutPrefix(word, rolePrefix)
			if isRole && !auth.Role(role).Valid() {
				return &InvalidError{Field: field, Reason: "is no role"}
			}
			if !isRole && !devices.ValidID(word) {
				return &InvalidError{Field: field, Reason: "is no id of a user, and no role:name"}
			}
		}
	}
	if s.Restricted && len(s.Allow) == 0 {
		return &InvalidError{Field: "allow", Reason: "nobody could watch: name who may"}
	}
	if len(s.Points) > 200 {
		return &InvalidError{Field: "points", Reason: "at most 200"}
	}
	for i, p := range s.Points {
		if p.Validate() != nil {
			return &InvalidError{Field: fmt.Sprintf("points.%d", i), Reason: "is no id of a point"}
		}
	}
	if s.RetentionHours < 0 || s.RetentionHours > 87600 {
		return &InvalidError{Field: "retention_hours", Reason: "0 to 87600"}
	}
	if len(s.AlarmPreset) > 64 || !plainText(s.AlarmPreset) {
		return &InvalidError{Field: "alarm_preset", Reason: "at most 64 characters"}
	}
	return nil
}

// plainText refuses what a database or a record cannot keep.
func plainText(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == '\uFFFD' })
}

// words checks what somebody wrote.
func words(field, text string, least, most int) (string, error) {
	text = strings.TrimSpace(text)
	if n := len([]rune(text)); n < least || n > most || !plainText(text) {
		return "", &InvalidError{Field: field, Reason: fmt.Sprintf("%d to %d characters", least, most)}
	}
	return text, nil
}
