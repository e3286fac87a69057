package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"guardroom/console"
	"guardroom/console/auth"
	"guardroom/console/doors"
	"guardroom/console/sites"
	"guardroom/devices"
)

// demoDoor is what people have set of a door of the demo.
type demoDoor struct {
	point, station string
	class          doors.Class
	signed         string // why it is no escape door; empty: it is one
	cameras        []string
	opens          string // of an intercom
}

func demoDoors() []demoDoor {
	const inner = "Inner door; the room has a second way out to the corridor (plan S-0, drawing 14)"
	const gate = "Fence gate; the escape route of the yard leads to the assembly point, not through it"
	return []demoDoor{
		{point: "gw-1/doors-1.door1", station: "nairobi", class: doors.Entrance, cameras: []string{"C-01"}},
		{point: "gw-1/doors-1.door2", station: "nairobi", class: doors.Entrance, signed: gate, cameras: []string{"C-01"}},
		{point: "gw-1/doors-1.door3", station: "nairobi", class: doors.Entrance, signed: gate, cameras: []string{"C-02"}},
		{point: "gw-1/doors-1.door4", station: "nairobi", class: doors.Entrance, cameras: []string{"C-04"}},
		{point: "gw-1/doors-2.door1", station: "nairobi", class: doors.Inside, signed: inner, cameras: []string{"C-05"}},
		{point: "gw-1/doors-2.door2", station: "nairobi", class: doors.Inside, signed: inner, cameras: []string{"C-05"}},
		{point: "gw-1/doors-2.door3", station: "nairobi", class: doors.Dock, cameras: []string{"C-07"}},
		{point: "gw-1/doors-2.door4", station: "nairobi", class: doors.Inside, signed: inner, cameras: []string{"C-08"}},
		{point: "gw-1/doors-3.door1", station: "nairobi", class: doors.Entrance, signed: gate, cameras: []string{"C-03"}},
		{point: "gw-1/intercom-1.call", station: "nairobi", class: doors.Entrance, cameras: []string{"C-03"}, opens: "gw-1/doors-3.door1"},
	}
}

// demoPostures are those of the demo's stations.
func demoPostures(gateDoors []devices.PointID) doors.PostureDefinitions {
	say := func(kind doors.ActionKind, text string) doors.PostureAction {
		return doors.PostureAction{Kind: kind, Text: text}
	}
	return doors.PostureDefinitions{Postures: []doors.PostureDefinition{
		{
			ID: "heightened", Title: "Heightened", Colour: "indigo", Description: "More eyes at the gates; every pass is looked at.",
			Set: []doors.PostureAction{
				{Kind: doors.ActDoors, Verb: devices.Lock, Doors: gateDoors},
				say(doors.ActCameras, "C-01 and C-02 to preset “approach”"),
				say(doors.ActPosts, "Second officer to Gate A and Gate B; patrol of the north fence every 30 minutes"),
			},
			Clear: []doors.PostureAction{say(doors.ActPosts, "Second officers back to the guardroom"), say(doors.ActCameras, "C-01 and C-02 to preset “home”")},
		},
		{
			ID: "closed", Title: "Closed", Colour: "pink", Description: "Nobody comes in. Those inside may leave.",
			Set: []doors.PostureAction{
				{Kind: doors.ActDoors, Verb: devices.Block, Doors: gateDoors},
				say(doors.ActAnnouncement, "“The compound is closed until further notice. If you are inside, stay where you are and wait for the next announcement.”"),
				say(doors.ActPosts, "All officers of the day shift to their posts; the host country is told by the duty chief"),
			},
			Clear: []doors.PostureAction{say(doors.ActAnnouncement, "“The compound is open again.”")},
		},
		{
			ID: "open-day", Title: "Open day", Colour: "teal", Description: "Visitors walk in through the pavilion.",
			Set: []doors.PostureAction{
				{Kind: doors.ActDoors, Verb: devices.Unlock, Doors: []devices.PointID{"gw-1/doors-1.door4"}},
				say(doors.ActPosts, "Two officers and a screening lane at the visitors pavilion"),
			},
			Clear: []doors.PostureAction{},
		},
	}}
}

// people of the demo who sign and import.
func demoChief(ctx context.Context, d console.Desks) (auth.Operator, error) {
	users, err := d.Auth.Users(ctx, auth.Program())
	if err != nil {
		return auth.Operator{}, err
	}
	for _, u := range users {
		if u.Username == string(auth.Chief) {
			return u.Operator(""), nil
		}
	}
	return auth.Program(), nil
}

// doors says what the demo's doors are, once they are known, where nobody has.
func (h *house) doors(ctx context.Context) error {
	d := h.desks
	by, err := demoChief(ctx, d)
	if err != nil {
		return fmt.Errorf("doors of the demo: %w", err)
	}
	if err := h.placed(ctx, d); err != nil {
		return fmt.Errorf("doors of the demo: %w", err)
	}
	for _, one := range demoDoors() {
		if err := h.known(ctx, d, one.point); err != nil {
			return err
		}
		door, err := d.Doors.Door(ctx, by, devices.PointID(one.point))
		if err != nil {
			return fmt.Errorf("door %s of the demo: %w", one.point, err)
		}
		if door.Settings.Version > 0 {
			continue
		}
		change := doors.Change{Class: &one.class, Cameras: &one.cameras}
		if one.opens != "" {
			opens := devices.PointID(one.opens)
			change.Opens = &opens
		}
		if door, err = d.Doors.Configure(ctx, by, door.ID, 0, change); err == nil && one.signed != "" {
			_, err = d.Doors.Sign(ctx, by, door.ID, door.Settings.Version, one.signed)
		}
		if err != nil {
			return fmt.Errorf("door %s of the demo: %w", one.point, err)
		}
	}
	defs, version, err := d.Doors.Definitions(ctx, by, "nairobi")
	if err == nil && version == 0 && len(defs.Postures) == 0 {
		gates := []devices.PointID{"gw-1/doors-1.door2", "gw-1/doors-1.door3", "gw-1/doors-3.door1"}
		_, err = d.Doors.SaveDefinitions(ctx, by, "nairobi", 0, demoPostures(gates))
	}
	if err != nil {
		return fmt.Errorf("postures of the demo: %w", err)
	}
	return nil
}

// known waits until the gateway has named the point.
func (h *house) known(ctx context.Context, d console.Desks, point string) error {
	limit, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := d.Stations.AccessPoint(devices.PointID(point)); err == nil {
			return nil
		}
		select {
		case <-limit.Done():
			return fmt.Errorf("the demo's gateway never named %s", point)
		case <-tick.C:
		}
	}
}

// placed puts the door and the intercom of Gate C into its area.
func (h *house) placed(ctx context.Context, d console.Desks) error {
	by := auth.Program()
	site, err := d.Sites.Site(ctx, by, "nairobi")
	if err != nil {
		return err
	}
	have := map[devices.PointID]bool{}
	for _, p := range site.Points {
		have[p.Point] = true
	}
	var missing []sites.PointPlace
	for _, p := range site.Places {
		if p.Kind != sites.AreaKind || !strings.HasPrefix(p.Name, "Gate C") {
			continue
		}
		for _, point := range []devices.PointID{"gw-1/doors-3.door1", "gw-1/intercom-1.call"} {
			if !have[point] {
				missing = append(missing, sites.PointPlace{Point: point, Place: p.ID})
			}
		}
		break
	}
	if len(missing) > 0 {
		_, err = d.Sites.Bind(ctx, by, "nairobi", missing)
	}
	return err
}
