package doors

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// PosturesName is the name of a station's list of postures.
const PosturesName = "postures"

// ActionKind says what an action of a posture is about.
type ActionKind string

// The kinds of action. Only doors are acted on from here; the others are said to
// the officer, who does them and says so.
const (
	ActDoors        ActionKind = "doors"
	ActCameras      ActionKind = "cameras"
	ActAnnouncement ActionKind = "announcement"
	ActPosts        ActionKind = "posts"
)

// PostureAction is one line of an action list.
type PostureAction struct {
	Kind ActionKind `json:"kind" enum:"doors,cameras,announcement,posts"`
	// Verb is given to each door: lock, unlock, block or access by schedule again.
	Verb devices.Verb `json:"verb,omitempty"`
	// Doors are the doors; empty: all of the place for which the posture is set.
	Doors []devices.PointID `json:"doors,omitempty"`
	Text  string            `json:"text,omitempty" maxLength:"1000"`
}

// PostureDefinition is a posture that a station may take.
type PostureDefinition struct {
	ID          string          `json:"id" maxLength:"64"`
	Title       string          `json:"title" maxLength:"80"`
	Colour      string          `json:"colour" enum:"blue,teal,indigo,pink,brown,grey"` // none of an alarm's
	Description string          `json:"description" maxLength:"1000"`
	Set         []PostureAction `json:"set"`
	Clear       []PostureAction `json:"clear"`
}

// PostureDefinitions are a station's postures, the usual one first.
type PostureDefinitions struct {
	Postures []PostureDefinition `json:"postures"`
}

var (
	postureColours = []string{"blue", "teal", "indigo", "pink", "brown", "grey"}
	postureVerbs   = []devices.Verb{devices.Lock, devices.Unlock, devices.Block, devices.LockOpen, devices.LockOpenRelease, devices.DoubleLock}
	definitionID   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
)

const (
	mostPostures = 20
	mostActions  = 50
)

func (d PostureDefinitions) validate() error {
	if len(d.Postures) > mostPostures {
		return &InvalidError{Field: "postures", Reason: fmt.Sprintf("at most %d", mostPostures)}
	}
	for i, p := range d.Postures {
		at := fmt.Sprintf("postures.%d.", i)
		if !definitionID.MatchString(p.ID) {
			return &InvalidError{Field: at + "id", Reason: "small letters, digits and -"}
		}
		if slices.ContainsFunc(d.Postures[:i], func(o PostureDefinition) bool { return o.ID == p.ID }) {
			return &InvalidError{Field: at + "id", Reason: "stands there twice"}
		}
		if _, err := words(at+"title", p.Title, 1, 80); err != nil {
			return err
		}
		if !slices.Contains(postureColours, p.Colour) {
			return &InvalidError{Field: at + "colour", Reason: "one of " + strings.Join(postureColours, ", ")}
		}
		for name, list := range map[string][]PostureAction{"set": p.Set, "clear": p.Clear} {
			if err := checkActions(at+name, list); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkActions(at string, list []PostureAction) error {
	if len(list) > mostActions {
		return &InvalidError{Field: at, Reason: fmt.Sprintf("at most %d", mostActions)}
	}
	for i, a := range list {
		here := fmt.Sprintf("%s.%d.", at, i)
		switch a.Kind {
		case ActDoors:
			if !slices.Contains(postureVerbs, a.Verb) {
				return &InvalidError{Field: here + "verb", Reason: "is none that a posture gives to doors"}
			}
			if len(a.Doors) > mostDoors {
				return &InvalidError{Field: here + "doors", Reason: fmt.Sprintf("at most %d", mostDoors)}
			}
		case ActCameras, ActAnnouncement, ActPosts:
			if _, err := words(here+"text", a.Text, 1, 1000); err != nil {
				return err
			}
		default:
			return &InvalidError{Field: here + "kind", Reason: "doors, cameras, announcement or posts"}
		}
	}
	return nil
}

// Definitions returns a station's postures and their version.
func (d *Desk) Definitions(ctx context.Context, by auth.Operator, station string) (PostureDefinitions, int64, error) {
	if err := by.May(auth.SitesRead, station); err != nil {
		return PostureDefinitions{}, 0, err
	}
	return d.definitions(ctx, station)
}

func (d *Desk) definitions(ctx context.Context, station string) (PostureDefinitions, int64, error) {
	defs := PostureDefinitions{Postures: []PostureDefinition{}}
	version, err := d.o.Policies.Setting(ctx, station, PosturesName, &defs)
	if err != nil {
		return defs, 0, fmt.Errorf("read the postures of station %s: %w", station, err)
	}
	for i := range defs.Postures {
		p := &defs.Postures[i]
		if p.Set == nil {
			p.Set = []PostureAction{}
		}
		if p.Clear == nil {
			p.Clear = []PostureAction{}
		}
	}
	return defs, version, nil
}

// SaveDefinitions writes a station's postures.
func (d *Desk) SaveDefinitions(ctx context.Context, by auth.Operator, station string, seen int64, defs PostureDefinitions) (int64, error) {
	if err := by.May(auth.PosturesEdit, station); err != nil {
		return 0, err
	}
	if _, ok := d.o.Stations.Station(station); !ok {
		return 0, &InvalidError{Field: "station", Reason: "there is no such station"}
	}
	if err := defs.validate(); err != nil {
		return 0, err
	}
	if err := d.keepsWhatIsSet(ctx, station, defs); err != nil {
		return 0, err
	}
	titles := make([]string, len(defs.Postures))
	for i, p := range defs.Postures {
		titles[i] = p.Title
	}
	text, err := json.Marshal(defs)
	if err != nil {
		return 0, err
	}
	e := audit.By(by, station, "posture.define", "station:"+station, map[string]string{"postures": strings.Join(titles, ", "), "bytes": strconv.Itoa(len(text))})
	return d.o.Policies.SaveSetting(ctx, station, PosturesName, seen, defs, e)
}

// keepsWhatIsSet refuses to remove a posture that is in force: how it ends stands
// in its definition.
func (d *Desk) keepsWhatIsSet(ctx context.Context, station string, defs PostureDefinitions) error {
	open, err := d.o.Postures.OpenPostures(ctx)
	if err != nil {
		return fmt.Errorf("read postures: %w", err)
	}
	for _, p := range open {
		defined := func(one PostureDefinition) bool { return one.ID == p.Posture }
		if p.Station == station && p.Cleared == nil && !slices.ContainsFunc(defs.Postures, defined) {
			return &ConflictError{Reason: "posture_set", Text: p.Title + " is set in " + p.Scope.Name + ": clear it before you remove it",
				Params: map[string]any{"title": p.Title, "name": p.Scope.Name}}
		}
	}
	return nil
}
