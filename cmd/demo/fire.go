package main

import (
	"context"
	"fmt"

	"guardroom/console"
	"guardroom/console/auth"
	"guardroom/console/fire"
	"guardroom/devices"
)

// demoZone is a zone of a panel as its maker's drawing would list it.
type demoZone struct {
	panel  string
	number int
	name   string
	points []string
}

// fireZones are those of the demo's two panels. The numbers are those in the
// names of the detectors: "Kitchen smoke 7/01" is detector 1 of zone 7.
func fireZones() []demoZone {
	zones := []demoZone{
		{"fire-1", 1, "Lobby", []string{"L1D3", "L1D4"}},
		{"fire-1", 2, "Corridor", []string{"L1D8", "L1D9"}},
		{"fire-1", 3, "Stairs A", []string{"L1D15"}},
		{"fire-1", 4, "Stairs B", []string{"L1D16"}},
		{"fire-1", 7, "Kitchen", []string{"L1D1", "L1D2"}},
		{"fire-1", 13, "Comms room S-013", []string{"L1D7"}},
		{"fire-1", 14, "Server room S-014", []string{"L1D5", "L1D6"}},
		{"fire-1", 21, "Conference S-021", []string{"L1D10"}},
		{"fire-1", 22, "Conference S-022", []string{"L1D11"}},
		{"fire-1", 23, "Store", []string{"L1D12"}},
		{"fire-1", 24, "Plant room", []string{"L1D13", "L1D14", "L1M1"}},
		{"fire-1", 30, "Outputs", []string{"L1M2", "L1M3", "L1M4"}},
	}
	for n, name := range []string{"Loading dock", "Mail room", "Garage west", "Garage east", "Offices north", "Offices south", "Library",
		"Cafeteria", "Cafeteria kitchen", "Clinic", "Generator house", "Stairs"} {
		zones = append(zones, demoZone{"fire-2", n + 1, name, []string{fmt.Sprintf("zone%d", n+1)}})
	}
	return zones
}

// fire draws up the zones of the demo's panels and what its station has chosen,
// where nobody has yet.
func (h *house) fire(ctx context.Context, d console.Desks) error {
	const station = "nairobi"
	by := auth.Program()
	known, err := d.Fire.Zones(ctx, by, station)
	if err != nil || len(known) > 0 {
		return err
	}
	for _, one := range fireZones() {
		z := fire.Zone{Station: station, Panel: gatewayID + "/" + one.panel, Number: one.number, Name: one.name}
		for _, p := range one.points {
			z.Points = append(z.Points, devices.PointID(z.Panel+"."+p))
		}
		z.Place = place(d, z.Points[0])
		if _, err := d.Fire.AddZone(ctx, by, z); err != nil {
			return fmt.Errorf("fire zone %d of %s: %w", one.number, one.panel, err)
		}
	}
	chosen := fire.DefaultSettings()
	chosen.Assembly = []string{"Car park north", "Lawn at Gate B"}
	chosen.Contacts = []fire.Contact{
		{Role: "Security control room", Name: "Duty officer", Phone: "extension 6666"},
		{Role: "Building engineer", Name: "P. Otieno", Phone: "extension 6120"},
		{Role: "Medical service", Name: "Duty nurse", Phone: "extension 6363"},
	}
	_, err = d.Fire.SaveSettings(ctx, by, station, 0, chosen)
	return err
}

// place is the innermost place of a point that a zone can cover.
func place(d console.Desks, p devices.PointID) string {
	where := d.Sites.Where(p)
	for _, one := range []string{where.Area, where.Level, where.Building} {
		if one != "" {
			return one
		}
	}
	return ""
}
