package doors

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/live"
	"guardroom/devices"
)

// PostureDoor is a door that a posture's action is about.
type PostureDoor struct {
	Point   devices.PointID  `json:"point"`
	Name    string           `json:"name"`
	Before  devices.DoorMode `json:"before"`
	Verb    devices.Verb     `json:"verb"`
	State   devices.Outcome  `json:"state" enum:"requested,sent,confirmed,refused,timed_out,unknown"`
	Code    string           `json:"code"`
	Text    string           `json:"text"`
	Command string           `json:"command"`
}

// PostureStep is one action of a posture that is set, and what became of it.
type PostureStep struct {
	Kind  ActionKind    `json:"kind" enum:"doors,cameras,announcement,posts"`
	Phase string        `json:"phase" enum:"set,clear"`
	Text  string        `json:"text"`
	Doors []PostureDoor `json:"doors"`
	// Done says who did what is not done from here.
	Done *DoorRelease `json:"done"`
}

// Posture is one that is set for a place.
type Posture struct {
	ID          string        `json:"id"`
	Station     string        `json:"station"`
	Scope       DoorScope     `json:"scope"`
	Posture     string        `json:"posture"` // id of the definition
	Title       string        `json:"title"`
	Colour      string        `json:"colour"`
	Description string        `json:"description"`
	By          string        `json:"by"`
	ByName      string        `json:"by_name"`
	Second      string        `json:"second"`
	At          time.Time     `json:"at"`
	Reason      string        `json:"reason"`
	Steps       []PostureStep `json:"steps"`
	Cleared     *DoorRelease  `json:"cleared"`
	EndedAt     *time.Time    `json:"ended_at"`
	DryRun      bool          `json:"dry_run"`
	Version     int64         `json:"version"`
}

// Event is what the screens are told.
func (p Posture) Event() live.Event {
	return live.Thing(live.Posture, p.Station, p.ID, p, p.EndedAt != nil)
}

// PostureWish is what somebody asks for.
type PostureWish struct {
	Station, Place, Posture, Reason string
	DryRun                          bool // say what would happen
}

// SetPosture sets a posture for a place and begins its action list. It takes the
// place of the one that was set there. An approval comes back where the station
// wants a second officer.
func (d *Desk) SetPosture(ctx context.Context, by auth.Operator, w PostureWish) (Posture, *Approval, error) {
	if err := by.May(auth.PosturesSet, w.Station); err != nil {
		return Posture{}, nil, err
	}
	p, err := d.posture(ctx, by, w)
	if err != nil || w.DryRun {
		return p, nil, err
	}
	policy, _, err := d.policy(ctx, w.Station)
	if err != nil {
		return Posture{}, nil, err
	}
	if policy.TwoPostures {
		payload, err := json.Marshal(w)
		if err != nil {
			return Posture{}, nil, err
		}
		a, err := d.askSecond(ctx, by, Approval{
			Station: w.Station, Action: SetPostureAction, Subject: w.Posture, Name: p.Title + ", " + p.Scope.Name, Reason: p.Reason,
			Permission: auth.PosturesSet, Payload: payload,
		})
		return p, &a, err
	}
	p, err = d.setPosture(ctx, by, p, nil)
	return p, nil, err
}

// posture is what setting it would do.
func (d *Desk) posture(ctx context.Context, by auth.Operator, w PostureWish) (Posture, error) {
	scope, inside, err := d.scope(w.Station, w.Place)
	if err != nil {
		return Posture{}, err
	}
	reason, err := words("reason", w.Reason, 0, 500)
	if err != nil {
		return Posture{}, err
	}
	defs, _, err := d.definitions(ctx, w.Station)
	if err != nil {
		return Posture{}, err
	}
	i := slices.IndexFunc(defs.Postures, func(p PostureDefinition) bool { return p.ID == w.Posture })
	if i < 0 {
		return Posture{}, &InvalidError{Field: "posture", Reason: "is none of this station's"}
	}
	def := defs.Postures[i]
	settings, err := d.o.Doors.Settings(ctx, w.Station)
	if err != nil {
		return Posture{}, fmt.Errorf("read doors: %w", err)
	}
	p := Posture{
		ID: auth.NewID(), Station: w.Station, Scope: scope, Posture: def.ID, Title: def.Title, Colour: def.Colour, Description: def.Description,
		By: by.ID, ByName: by.Name, At: d.now(), Reason: reason, Steps: []PostureStep{}, DryRun: w.DryRun, Version: 1,
	}
	for _, a := range def.Set {
		p.Steps = append(p.Steps, d.step(a, "set", w.Station, inside, settings))
	}
	if w.DryRun {
		for _, a := range def.Clear {
			p.Steps = append(p.Steps, d.step(a, "clear", w.Station, inside, settings))
		}
	}
	return p, nil
}

// step is an action with the doors that it is about.
func (d *Desk) step(a PostureAction, phase, station string, inside map[devices.PointID]bool, settings map[devices.PointID]DoorSettings) PostureStep {
	s := PostureStep{Kind: a.Kind, Phase: phase, Text: a.Text, Doors: []PostureDoor{}}
	if a.Kind != ActDoors {
		return s
	}
	for _, at := range d.o.Stations.AccessPoints(station) {
		named := slices.Contains(a.Doors, at.Point)
		if !isDoor(at) || len(a.Doors) > 0 && !named || len(a.Doors) == 0 && inside != nil && !inside[at.Point] {
			continue
		}
		door := PostureDoor{Point: at.Point, Name: at.Name, Before: modeOf(states(at.Reading), false), Verb: a.Verb, State: devices.Requested}
		switch {
		case !slices.Contains(at.Verbs, a.Verb):
			door.State, door.Code, door.Text = devices.Refused, devices.RefusedNoSuchVerb, "the door does not take this command"
		case a.Verb == devices.Block && settings[at.Point].Escape():
			door.State, door.Code, door.Text = devices.Refused, devices.RefusedEscapeDoor, "an escape door is never blocked from here"
		}
		s.Doors = append(s.Doors, door)
	}
	return s
}

func (d *Desk) setPosture(ctx context.Context, by auth.Operator, p Posture, second *auth.Operator) (Posture, error) {
	if second != nil {
		p.Second = second.Name
	}
	err := d.o.Postures.ChangePostures(ctx, p.Station, func(open []*Posture) ([]*Posture, []audit.Entry, error) {
		one := p
		var changed []*Posture
		for _, was := range open {
			if was.Scope.Place != p.Scope.Place || was.Cleared != nil {
				continue
			}
			one.inherit(was)
			now := p.At
			was.Cleared, was.EndedAt = &DoorRelease{By: by.ID, ByName: by.Name, At: now, Reason: "replaced by " + p.Title}, &now
			was.Version++
			changed = append(changed, was)
		}
		params := map[string]string{"posture": p.Posture, "title": p.Title, "place": p.Scope.Place, "name": p.Scope.Name, "reason": p.Reason}
		if second != nil {
			params["second"], params["second_name"] = second.ID, second.Name
		}
		p = one
		return append(changed, &one), []audit.Entry{audit.By(by, p.Station, "posture.set", "posture:"+p.ID, params)}, nil
	})
	if err != nil {
		return Posture{}, fmt.Errorf("set posture %s: %w", p.Title, err)
	}
	d.Wake()
	return p, nil
}

// inherit keeps how the doors were before the posture that p takes the place of:
// clearing p restores that.
func (p *Posture) inherit(was *Posture) {
	for i := range p.Steps {
		p.Steps[i].Doors = slices.Clone(p.Steps[i].Doors)
		for j := range p.Steps[i].Doors {
			door := &p.Steps[i].Doors[j]
			for _, s := range was.Steps {
				for _, before := range s.Doors {
					if before.Point == door.Point && s.Phase == "set" {
						door.Before = before.Before
					}
				}
			}
		}
	}
}

// ClearPosture ends a posture: its list for that is begun, and doors that it
// changed and that the list does not name go back to how they were.
func (d *Desk) ClearPosture(ctx context.Context, by auth.Operator, id, reason string) (Posture, *Approval, error) {
	p, err := d.openPosture(ctx, by, id)
	if err != nil {
		return Posture{}, nil, err
	}
	if reason, err = words("reason", reason, 0, 500); err != nil {
		return Posture{}, nil, err
	}
	policy, _, err := d.policy(ctx, p.Station)
	if err != nil {
		return Posture{}, nil, err
	}
	if policy.TwoPostures {
		a, err := d.askSecond(ctx, by, Approval{
			Station: p.Station, Action: ClearPostureAction, Subject: id, Name: p.Title + ", " + p.Scope.Name, Reason: reason, Permission: auth.PosturesSet,
		})
		return p, &a, err
	}
	p, err = d.clearPosture(ctx, by, p.Station, id, reason, nil)
	return p, nil, err
}

func (d *Desk) openPosture(ctx context.Context, by auth.Operator, id string) (Posture, error) {
	if all, ids := by.Stations(auth.PosturesSet); !all && len(ids) == 0 {
		return Posture{}, by.May(auth.PosturesSet, auth.AllStations)
	}
	open, err := d.o.Postures.OpenPostures(ctx)
	if err != nil {
		return Posture{}, fmt.Errorf("read postures: %w", err)
	}
	for _, p := range open {
		if p.ID == id {
			return *p, by.May(auth.PosturesSet, p.Station)
		}
	}
	return Posture{}, fmt.Errorf("posture %.64s: %w", id, ErrNotFound)
}

func (d *Desk) clearPosture(ctx context.Context, by auth.Operator, station, id, reason string, second *auth.Operator) (Posture, error) {
	defs, _, err := d.definitions(ctx, station)
	if err != nil {
		return Posture{}, err
	}
	settings, err := d.o.Doors.Settings(ctx, station)
	if err != nil {
		return Posture{}, fmt.Errorf("read doors: %w", err)
	}
	var after Posture
	err = d.o.Postures.ChangePostures(ctx, station, func(open []*Posture) ([]*Posture, []audit.Entry, error) {
		i := slices.IndexFunc(open, func(p *Posture) bool { return p.ID == id })
		if i < 0 {
			return nil, nil, fmt.Errorf("posture %.64s: %w", id, ErrNotFound)
		}
		p := open[i]
		after = *p
		if p.Cleared != nil {
			return nil, nil, nil
		}
		_, inside, err := d.scope(station, p.Scope.Place)
		if err != nil {
			inside = map[devices.PointID]bool{} // the place is no more; named doors still are
		}
		p.clearing(d, defs, inside, settings)
		p.Cleared = &DoorRelease{By: by.ID, ByName: by.Name, At: d.now(), Reason: reason}
		params := map[string]string{"posture": p.Posture, "title": p.Title, "name": p.Scope.Name, "reason": reason}
		if second != nil {
			p.Cleared.Second = second.Name
			params["second"], params["second_name"] = second.ID, second.Name
		}
		p.finish(d.now())
		p.Version++
		after = *p
		return []*Posture{p}, []audit.Entry{audit.By(by, station, "posture.clear", "posture:"+id, params)}, nil
	})
	if err != nil {
		return Posture{}, fmt.Errorf("clear posture: %w", err)
	}
	d.Wake()
	return after, nil
}

// clearing adds the steps that end the posture.
func (p *Posture) clearing(d *Desk, defs PostureDefinitions, inside map[devices.PointID]bool, settings map[devices.PointID]DoorSettings) {
	named := map[devices.PointID]bool{}
	for _, def := range defs.Postures {
		if def.ID != p.Posture {
			continue
		}
		for _, a := range def.Clear {
			s := d.step(a, "clear", p.Station, inside, settings)
			for _, door := range s.Doors {
				named[door.Point] = true
			}
			p.Steps = append(p.Steps, s)
		}
	}
	back := PostureStep{Kind: ActDoors, Phase: "clear", Text: "restore", Doors: []PostureDoor{}}
	for _, s := range p.Steps {
		for _, door := range s.Doors {
			if s.Phase != "set" || named[door.Point] || door.State == devices.Refused {
				continue
			}
			named[door.Point] = true
			verb := map[devices.DoorMode]devices.Verb{
				devices.DoorModeUnlocked: devices.Unlock, devices.DoorModeBlocked: devices.Block, devices.DoorModeLockedOpen: devices.LockOpen,
			}[door.Before]
			if verb == "" {
				verb = devices.Lock // also when it is not known: locked is the safe mistake
			}
			back.Doors = append(back.Doors, PostureDoor{Point: door.Point, Name: door.Name, Before: door.Before, Verb: verb, State: devices.Requested})
		}
	}
	if len(back.Doors) > 0 {
		p.Steps = append(p.Steps, back)
	}
}

// finish ends a cleared posture when every door has answered.
func (p *Posture) finish(now time.Time) {
	if p.Cleared == nil || p.EndedAt != nil {
		return
	}
	for _, s := range p.Steps {
		for _, door := range s.Doors {
			if s.Phase == "clear" && !door.State.Final() {
				return
			}
		}
	}
	p.EndedAt = &now
}

// DoneStep keeps that somebody did what is not done from here.
func (d *Desk) DoneStep(ctx context.Context, by auth.Operator, id string, step int) (Posture, error) {
	p, err := d.openPosture(ctx, by, id)
	if err != nil {
		return Posture{}, err
	}
	var after Posture
	err = d.o.Postures.ChangePostures(ctx, p.Station, func(open []*Posture) ([]*Posture, []audit.Entry, error) {
		i := slices.IndexFunc(open, func(p *Posture) bool { return p.ID == id })
		if i < 0 {
			return nil, nil, fmt.Errorf("posture %.64s: %w", id, ErrNotFound)
		}
		p := open[i]
		if step < 0 || step >= len(p.Steps) || p.Steps[step].Kind == ActDoors {
			return nil, nil, &InvalidError{Field: "step", Reason: "is none that a person does"}
		}
		if p.Steps[step].Done != nil {
			after = *p
			return nil, nil, nil
		}
		p.Steps[step].Done = &DoorRelease{By: by.ID, ByName: by.Name, At: d.now()}
		p.Version++
		after = *p
		return []*Posture{p}, []audit.Entry{audit.By(by, p.Station, "posture.step", "posture:"+id, map[string]string{
			"kind": string(p.Steps[step].Kind), "text": p.Steps[step].Text,
		})}, nil
	})
	return after, err
}

// Postures lists postures, newest first; those that are set are live, too.
func (d *Desk) Postures(ctx context.Context, by auth.Operator, station string, limit int, cursor string) ([]Posture, string, error) {
	scope, err := by.Scope(auth.SitesRead, station)
	if err != nil {
		return nil, "", err
	}
	return d.o.Postures.ListPostures(ctx, scope, limit, cursor)
}
