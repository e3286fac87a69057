package main

import (
	"context"
	"fmt"
	"strings"

	"guardroom/console"
	"guardroom/console/auth"
	"guardroom/console/sites"
	"guardroom/devices"
)

// The premises of the demo: made once, through the desk, as a technician would.
// Everything here is drawn by this program.

type (
	demoBuilding struct {
		name   string
		levels []demoLevel
		points []string // of which only the building is known
	}
	demoLevel struct {
		name          string
		width, height float64
		rooms         []room
		points        []spot
		cameras       []eye
		labels        []sites.PlanLabel
	}
	// room is an area: a rectangle, or the corners of something else.
	room struct {
		name       string
		x, y, w, h float64
		corners    []sites.Vertex
	}
	spot struct {
		point string // device.point
		room  string
		x, y  float64
	}
	eye struct {
		id, name, room                 string
		x, y, direction, angle, extent float64
	}
)

func (r room) shape() []sites.Vertex {
	if r.corners != nil {
		return r.corners
	}
	return []sites.Vertex{{r.x, r.y}, {r.x + r.w, r.y}, {r.x + r.w, r.y + r.h}, {r.x, r.y + r.h}}
}

// premises draws what the demo's stations look like, where nobody has drawn
// anything yet.
func (h *house) premises(ctx context.Context, d console.Desks) error {
	for _, one := range []struct {
		station, gateway, name string
		buildings              []demoBuilding
	}{
		{"nairobi", "gw-1", "Gigiri complex", nairobi()},
		{"geneva", "gw-2", "Ariana park", geneva()},
	} {
		by := auth.Program()
		site, err := d.Sites.Site(ctx, by, one.station)
		if err != nil || len(site.Places) > 0 {
			if err != nil {
				return fmt.Errorf("premises of %s: %w", one.station, err)
			}
			continue
		}
		if err := build(ctx, by, d.Sites, one.station, one.gateway, one.name, one.buildings); err != nil {
			return fmt.Errorf("premises of %s: %w", one.station, err)
		}
	}
	return nil
}

func build(ctx context.Context, by auth.Operator, desk *sites.Desk, station, gateway, name string, buildings []demoBuilding) error {
	premises, err := desk.AddPlace(ctx, by, sites.Place{Station: station, Kind: sites.Premises, Name: name})
	if err != nil {
		return err
	}
	for _, b := range buildings {
		building, err := desk.AddPlace(ctx, by, sites.Place{Station: station, Parent: premises.ID, Kind: sites.Building, Name: b.name})
		if err != nil {
			return err
		}
		for _, l := range b.levels {
			level, err := desk.AddPlace(ctx, by, sites.Place{Station: station, Parent: building.ID, Kind: sites.Level, Name: l.name})
			if err == nil {
				err = drawLevel(ctx, by, desk, station, gateway, level.ID, l)
			}
			if err != nil {
				return fmt.Errorf("%s, %s: %w", b.name, l.name, err)
			}
		}
		var bound []sites.PointPlace
		for _, p := range b.points {
			bound = append(bound, sites.PointPlace{Point: devices.PointID(gateway + "/" + p), Place: building.ID})
		}
		if len(bound) > 0 {
			if _, err := desk.Bind(ctx, by, station, bound); err != nil {
				return err
			}
		}
	}
	return nil
}

func drawLevel(ctx context.Context, by auth.Operator, desk *sites.Desk, station, gateway, level string, l demoLevel) error {
	picture, err := desk.Upload(ctx, by, station, []byte(l.picture()))
	if err != nil {
		return err
	}
	plan := sites.NewPlan(station, level)
	plan.Width, plan.Height, plan.Scale, plan.Note = l.width, l.height, 0.05, "demo"
	plan.Drawing = &sites.PlanDrawing{Hash: picture.Hash, Kind: picture.Kind, Width: l.width, Height: l.height}
	ids := map[string]string{"": level}
	for _, r := range l.rooms {
		ids[r.name] = auth.NewID()
		plan.Areas = append(plan.Areas, sites.PlanArea{Place: ids[r.name], Name: r.name, Shape: r.shape()})
	}
	for _, s := range l.points {
		plan.Points = append(plan.Points, sites.PlanPoint{Point: devices.PointID(gateway + "/" + s.point), Place: ids[s.room], X: s.x, Y: s.y})
	}
	for _, c := range l.cameras {
		if _, err := desk.SaveCamera(ctx, by, sites.Camera{ID: c.id, Station: station, Name: c.name}, 0); err != nil {
			return err
		}
		plan.Cameras = append(plan.Cameras, sites.CameraView{Camera: c.id, Place: ids[c.room], X: c.x, Y: c.y, Direction: c.direction, Angle: c.angle, Range: c.extent})
	}
	plan.Labels = append(plan.Labels, l.labels...)
	_, err = desk.SavePlan(ctx, by, plan)
	return err
}

// picture draws the walls; the areas are drawn over it by the screens.
func (l demoLevel) picture() string {
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g"><title>%s</title>`, l.width, l.height, l.name)
	fmt.Fprintf(&out, `<rect x="3" y="3" width="%g" height="%g" fill="none" stroke="#667382" stroke-width="3"/>`, l.width-6, l.height-6)
	out.WriteString(`<g fill="none" stroke="#4a5662" stroke-width="2">`)
	for _, r := range l.rooms {
		out.WriteString(`<path d="M`)
		for i, v := range r.shape() {
			if i > 0 {
				out.WriteString("L")
			}
			fmt.Fprintf(&out, "%g %g", v[0], v[1])
		}
		out.WriteString(`Z"/>`)
		r.furnish(&out)
	}
	out.WriteString(`</g></svg>`)
	return out.String()
}

// furnish draws steps and parking bays, by which people know a place.
func (r room) furnish(out *strings.Builder) {
	every := 0.0
	switch {
	case strings.HasPrefix(r.name, "Stairs"):
		every = 12
	case strings.HasPrefix(r.name, "Garage"):
		every = 46
	}
	for x := r.x + every; every > 0 && x < r.x+r.w; x += every {
		fmt.Fprintf(out, `<path d="M%g %gV%g" stroke="#333d47" stroke-width="1.5"/>`, x, r.y, r.y+min(r.h, every*2.2))
	}
}

func nairobi() []demoBuilding {
	return []demoBuilding{
		{name: "Block S", levels: []demoLevel{blockS0(), blockS1()}, points: []string{"fire-1.L1M3", "fire-1.L1M4", "fire-1.panel"}},
		{name: "Block M", levels: blockM(), points: []string{"fire-2.zone12", "fire-2.panel"}},
		{name: "Block A", levels: []demoLevel{blockA1()}},
		{name: "Gates", levels: []demoLevel{gates()}},
	}
}

func blockS0() demoLevel {
	return demoLevel{
		name: "Level 0", width: 1200, height: 700,
		rooms: []room{
			{name: "Lobby", x: 12, y: 12, w: 330, h: 230},
			{name: "S-011 Office", x: 342, y: 12, w: 180, h: 140},
			{name: "S-012 Office", x: 522, y: 12, w: 180, h: 140},
			{name: "S-013 Comms", x: 702, y: 12, w: 200, h: 140},
			{name: "S-014 Server room", x: 902, y: 12, w: 286, h: 230},
			{name: "Corridor", corners: []sites.Vertex{{342, 152}, {902, 152}, {902, 242}, {1188, 242}, {1188, 318}, {12, 318}, {12, 242}, {342, 242}}},
			{name: "Kitchen", x: 12, y: 318, w: 240, h: 240},
			{name: "S-021 Conference", x: 252, y: 318, w: 330, h: 240},
			{name: "S-022 Conference", x: 582, y: 318, w: 270, h: 240},
			{name: "Store", x: 852, y: 318, w: 140, h: 240},
			{name: "Plant room", x: 992, y: 318, w: 196, h: 240},
			{name: "Stairs A", x: 12, y: 558, w: 170, h: 130},
			{name: "Security desk", x: 182, y: 558, w: 300, h: 130},
			{name: "Lift lobby", x: 482, y: 558, w: 280, h: 130},
			{name: "Security room", x: 762, y: 558, w: 256, h: 130},
			{name: "Stairs B", x: 1018, y: 558, w: 170, h: 130},
		},
		points: []spot{
			{"fire-1.L1D1", "Kitchen", 90, 470}, {"fire-1.L1D2", "Kitchen", 190, 500},
			{"fire-1.L1D3", "Lobby", 120, 170}, {"fire-1.L1D4", "Lobby", 300, 205},
			{"fire-1.L1D5", "S-014 Server room", 990, 90}, {"fire-1.L1D6", "S-014 Server room", 1120, 90},
			{"fire-1.L1D7", "S-013 Comms", 760, 105}, {"fire-1.L1D8", "Corridor", 620, 240}, {"fire-1.L1D9", "Corridor", 880, 285},
			{"fire-1.L1D10", "S-021 Conference", 420, 470}, {"fire-1.L1D11", "S-022 Conference", 720, 470},
			{"fire-1.L1D12", "Store", 920, 470}, {"fire-1.L1D13", "Plant room", 1050, 470}, {"fire-1.L1D14", "Plant room", 1130, 470},
			{"fire-1.L1D15", "Stairs A", 95, 640}, {"fire-1.L1D16", "Stairs B", 1100, 640},
			{"fire-1.L1M1", "Plant room", 1150, 530}, {"fire-1.L1M2", "Lift lobby", 620, 650},
			{"ups-1.ups", "S-013 Comms", 850, 110},
			{"doors-2.door1", "S-014 Server room", 945, 242}, {"doors-2.door2", "S-013 Comms", 800, 152},
		},
		cameras: []eye{
			{"C-05", "Lobby", "Lobby", 30, 225, 50, 80, 230},
			{"C-06", "Server corridor", "Corridor", 1170, 300, 315, 70, 240},
		},
	}
}

func blockS1() demoLevel {
	return demoLevel{
		name: "Level 1", width: 1200, height: 560,
		rooms: []room{
			{name: "Control room", x: 12, y: 12, w: 420, h: 220}, {name: "Briefing room", x: 432, y: 12, w: 300, h: 220},
			{name: "Armoury", x: 732, y: 12, w: 180, h: 220}, {name: "Chief's office", x: 912, y: 12, w: 276, h: 220},
			{name: "Corridor L1", x: 12, y: 232, w: 1176, h: 86},
			{name: "Offices north", x: 12, y: 318, w: 560, h: 230}, {name: "Offices south", x: 572, y: 318, w: 446, h: 230}, {name: "Stairs B L1", x: 1018, y: 318, w: 170, h: 230},
		},
	}
}

func blockM() []demoLevel {
	return []demoLevel{
		{
			name: "Basement 1", width: 1100, height: 520,
			rooms:  []room{{name: "Garage west", x: 12, y: 12, w: 538, h: 496}, {name: "Garage east", x: 550, y: 12, w: 538, h: 496}},
			points: []spot{{"fire-2.zone3", "Garage west", 280, 260}, {"fire-2.zone4", "Garage east", 820, 260}},
		},
		{
			name: "Level 0", width: 1100, height: 520,
			rooms: []room{
				{name: "Loading dock", x: 12, y: 12, w: 420, h: 300}, {name: "Mail room", x: 432, y: 12, w: 300, h: 300},
				{name: "Hall M", x: 732, y: 12, w: 356, h: 300}, {name: "Yard", x: 12, y: 312, w: 1076, h: 196},
			},
			points: []spot{
				{"fire-2.zone1", "Loading dock", 220, 170}, {"fire-2.zone2", "Mail room", 580, 170}, {"fire-2.zone11", "Yard", 860, 420},
				{"doors-2.door3", "Loading dock", 120, 312},
			},
			cameras: []eye{{"C-07", "Loading dock", "Yard", 120, 480, 10, 75, 220}},
			labels:  []sites.PlanLabel{{ID: "generator", Text: "Generator house", X: 860, Y: 470, Size: 14}},
		},
		{
			name: "Level 1", width: 1100, height: 520,
			rooms:  []room{{name: "Offices north M", x: 12, y: 12, w: 540, h: 240}, {name: "Offices south M", x: 12, y: 252, w: 540, h: 256}, {name: "Library", x: 552, y: 12, w: 536, h: 496}},
			points: []spot{{"fire-2.zone5", "Offices north M", 280, 130}, {"fire-2.zone6", "Offices south M", 280, 380}, {"fire-2.zone7", "Library", 820, 260}},
		},
		{
			name: "Level 2", width: 1100, height: 520,
			rooms:  []room{{name: "Cafeteria", x: 12, y: 12, w: 540, h: 496}, {name: "Cafeteria kitchen", x: 552, y: 12, w: 260, h: 496}, {name: "Clinic", x: 812, y: 12, w: 276, h: 496}},
			points: []spot{{"fire-2.zone8", "Cafeteria", 280, 260}, {"fire-2.zone9", "Cafeteria kitchen", 680, 260}, {"fire-2.zone10", "Clinic", 950, 260}},
		},
	}
}

func blockA1() demoLevel {
	return demoLevel{
		name: "Level 1", width: 1000, height: 520,
		rooms: []room{
			{name: "A-112 Finance", x: 12, y: 12, w: 420, h: 260}, {name: "Cashier", x: 432, y: 12, w: 240, h: 260}, {name: "Vault", x: 672, y: 12, w: 316, h: 260},
			{name: "Corridor A", x: 12, y: 272, w: 976, h: 90}, {name: "A-120 Meeting", x: 12, y: 362, w: 976, h: 146},
		},
		points: []spot{
			{"intrusion-1.area2", "A-112 Finance", 100, 200}, {"intrusion-1.input5", "A-112 Finance", 220, 120}, {"intrusion-1.input6", "A-112 Finance", 40, 110},
			{"intrusion-1.input7", "Vault", 720, 250}, {"intrusion-1.input8", "Vault", 860, 150}, {"intrusion-1.holdup1", "Cashier", 550, 150},
			{"doors-2.door4", "A-112 Finance", 320, 272},
		},
		cameras: []eye{{"C-08", "Cashier", "Cashier", 655, 30, 225, 80, 210}},
	}
}

func gates() demoLevel {
	return demoLevel{
		name: "Ground", width: 1400, height: 760,
		rooms: []room{
			{name: "Fence north", corners: []sites.Vertex{{20, 20}, {1380, 20}, {1380, 80}, {20, 80}}},
			{name: "Gate A", x: 20, y: 300, w: 220, h: 160}, {name: "Gate B", x: 560, y: 600, w: 240, h: 140},
			{name: "Gate C", x: 1160, y: 300, w: 220, h: 180}, {name: "Visitors pavilion", x: 300, y: 470, w: 200, h: 180},
		},
		points: []spot{
			{"doors-1.door1", "Gate A", 80, 460}, {"doors-1.door2", "Gate A", 180, 460}, {"doors-1.door3", "Gate B", 640, 600}, {"doors-1.door4", "Visitors pavilion", 400, 470},
			{"intrusion-1.area1", "Fence north", 90, 50}, {"intrusion-1.input1", "Fence north", 330, 50}, {"intrusion-1.input2", "Fence north", 700, 50},
			{"intrusion-1.input3", "Fence north", 1080, 50}, {"intrusion-1.input4", "Gate C", 1300, 430},
		},
		cameras: []eye{
			{"C-01", "Gate A", "Gate A", 40, 320, 130, 80, 190}, {"C-02", "Gate B turnstiles", "Gate B", 780, 720, 320, 75, 190},
			{"C-03", "Gate C vehicles", "Gate C", 1180, 460, 45, 75, 200}, {"C-04", "Fence north", "Fence north", 1360, 60, 262, 30, 520},
		},
		labels: []sites.PlanLabel{
			{ID: "block-s", Text: "Block S", X: 420, Y: 240, Size: 22}, {ID: "block-m", Text: "Block M", X: 900, Y: 240, Size: 22}, {ID: "block-a", Text: "Block A", X: 660, Y: 420, Size: 22},
		},
	}
}

func geneva() []demoBuilding {
	return []demoBuilding{
		{
			name: "Building E", points: []string{"fire-gva.zone6", "fire-gva.panel"},
			levels: []demoLevel{
				{
					name: "Level 0", width: 1000, height: 520,
					rooms: []room{
						{name: "Lobby E", x: 12, y: 12, w: 360, h: 300}, {name: "Assembly room XIX", x: 372, y: 12, w: 616, h: 300},
						{name: "Cloakroom", x: 12, y: 312, w: 360, h: 196}, {name: "Guard post E", x: 372, y: 312, w: 616, h: 196},
					},
					points: []spot{
						{"fire-gva.zone1", "Lobby E", 190, 130}, {"fire-gva.zone2", "Assembly room XIX", 680, 150}, {"fire-gva.zone3", "Cloakroom", 190, 410},
						{"doors-gva.door3", "Lobby E", 12, 200}, {"ups-gva.ups", "Guard post E", 680, 410},
					},
					cameras: []eye{{"C-21", "Lobby E", "Lobby E", 350, 30, 225, 80, 260}},
				},
				{
					name: "Level 1", width: 1000, height: 520,
					rooms:  []room{{name: "Archive", x: 12, y: 12, w: 480, h: 496}, {name: "Interpreters", x: 492, y: 12, w: 496, h: 496}},
					points: []spot{{"fire-gva.zone4", "Archive", 250, 260}, {"fire-gva.zone5", "Interpreters", 740, 260}, {"doors-gva.door4", "Archive", 492, 200}},
				},
			},
		},
		{
			name: "Gates",
			levels: []demoLevel{{
				name: "Ground", width: 900, height: 480,
				rooms:   []room{{name: "Pregny gate", x: 60, y: 120, w: 420, h: 240}},
				points:  []spot{{"doors-gva.door1", "Pregny gate", 180, 360}, {"doors-gva.door2", "Pregny gate", 360, 360}},
				cameras: []eye{{"C-22", "Pregny gate", "Pregny gate", 80, 140, 140, 80, 220}},
			}},
		},
	}
}
