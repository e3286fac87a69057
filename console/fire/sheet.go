package fire

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"guardroom/console/auth"
	"guardroom/console/impairments"
	"guardroom/console/stations"
	"guardroom/devices"
)

// Sheet is everything that the fire service gets on one page, as it was at one
// instant: what burns, where, since when, who is missing, which doors are
// locked, what is switched off, whom to ask.
type Sheet struct {
	At           time.Time                `json:"at"`
	ByName       string                   `json:"by_name"`
	Station      string                   `json:"station"`
	StationName  string                   `json:"station_name"`
	TimeZone     string                   `json:"time_zone"`
	Demo         bool                     `json:"demo"`
	Alarm        SheetAlarm               `json:"alarm"`
	Where        SheetPlace               `json:"where"`
	Panel        *Panel                   `json:"panel"`
	Zones        []Standing               `json:"zones"` // of the panel, those that are not normal
	Quiet        int                      `json:"quiet"` // zones of the panel that are normal
	Unzoned      []Condition              `json:"unzoned"`
	Doors        []Door                   `json:"doors"`
	Impaired     []impairments.Impairment `json:"impaired"`
	Evacuation   *Evacuation              `json:"evacuation"`
	Investigated *Investigation           `json:"investigated"`
	Contacts     []Contact                `json:"contacts"`
	// Missing says what could not be found out; the sheet goes out all the same.
	Missing []string `json:"missing"`
}

// SheetAlarm is the alarm that the sheet is about.
type SheetAlarm struct {
	ID             string          `json:"id"`
	Kind           devices.Kind    `json:"kind"`
	Point          devices.PointID `json:"point"`
	PointName      string          `json:"point_name"`
	Location       string          `json:"location"`
	RaisedAt       time.Time       `json:"raised_at"`   // panel
	ReceivedAt     time.Time       `json:"received_at"` // console
	AcknowledgedAt *time.Time      `json:"acknowledged_at"`
	AcknowledgedBy string          `json:"acknowledged_by"`
	Confirmed      bool            `json:"confirmed"`
	ZoneName       string          `json:"zone_name"`
	ZoneNumber     int             `json:"zone_number"`
}

// SheetPlace is where the alarm is, and the place of its zone.
type SheetPlace struct {
	Building     string `json:"building"`
	BuildingName string `json:"building_name"`
	Level        string `json:"level"`
	LevelName    string `json:"level_name"`
	Area         string `json:"area"`
	AreaName     string `json:"area_name"`
	Zone         string `json:"zone"` // the area or level that the zone covers
}

// Door is a door of the building and how it stands.
type Door struct {
	Point    devices.PointID `json:"point"`
	Name     string          `json:"name"`
	Location string          `json:"location"`
	States   []string        `json:"states"` // as the controller says; empty: nothing is known
	Old      bool            `json:"old"`    // the controller does not answer: this is its last word
}

const (
	codeDoors  = "doors"
	codeZones  = "zones"
	codePlaces = "places"
	codeBoard  = "board"
	codeInvest = "investigation"
)

// Sheet writes the sheet of an alarm. What cannot be found out is left out and
// named; only the alarm itself must be there.
func (d *Desk) Sheet(ctx context.Context, by auth.Operator, alarm string) (Sheet, error) {
	if err := mayAnywhere(by, auth.AlarmsRead); err != nil {
		return Sheet{}, err
	}
	a, err := d.o.Store.Alarm(ctx, alarm)
	if err != nil {
		return Sheet{}, err
	}
	if err := by.May(auth.AlarmsRead, a.Station); err != nil {
		return Sheet{}, err
	}
	z := d.zone(a.Point)
	s := Sheet{
		At: moment(d.o.Now()), ByName: by.Name, Station: a.Station, StationName: a.Station, TimeZone: "UTC", Demo: a.Demo,
		Alarm: SheetAlarm{ID: a.ID, Kind: a.Kind, Point: a.Point, PointName: a.PointName, Location: a.Location, RaisedAt: a.RaisedAt, ReceivedAt: a.ReceivedAt,
			AcknowledgedAt: a.AcknowledgedAt, AcknowledgedBy: a.AcknowledgedBy, Confirmed: a.Confirmed, ZoneName: z.Name, ZoneNumber: z.Number},
		Zones: []Standing{}, Unzoned: []Condition{}, Doors: []Door{}, Impaired: []impairments.Impairment{}, Missing: []string{},
		Contacts: d.chosen(a.Station).Contacts,
	}
	if station, ok := d.o.Register.Station(a.Station); ok {
		s.StationName, s.TimeZone = station.Name, station.TimeZone
	}
	for _, part := range []struct {
		name string
		fill func(context.Context, *Sheet, OpenAlarm, Zone) error
	}{{codePlaces, d.sheetPlace}, {codeZones, d.sheetZones}, {codeDoors, d.sheetDoors}, {codeBoard, d.sheetBoard}, {codeInvest, d.sheetInvestigation}} {
		if err := part.fill(ctx, &s, a, z); err != nil {
			d.o.Log.Warn("fire: a part of the sheet is missing", "alarm", a.ID, "part", part.name, "err", err)
			s.Missing = append(s.Missing, part.name)
		}
	}
	return s, nil
}

func (d *Desk) sheetPlace(ctx context.Context, s *Sheet, a OpenAlarm, z Zone) error {
	w, err := d.o.Store.Where(ctx, a.Point)
	s.Where = SheetPlace{Building: w.Building, BuildingName: w.BuildingName, Level: w.Level, LevelName: w.LevelName, Area: w.Area, AreaName: w.AreaName, Zone: z.Place}
	if s.Where.Building == "" {
		s.Where.Building, s.Where.BuildingName = z.Building, z.BuildingName
	}
	if s.Where.Level == "" {
		s.Where.Level, s.Where.LevelName = z.Level, z.LevelName
	}
	return err
}

// sheetZones takes the panel's zones, whoever may see them elsewhere: the sheet
// is for the fire service.
func (d *Desk) sheetZones(ctx context.Context, s *Sheet, a OpenAlarm, _ Zone) error {
	program := auth.Program()
	scope := []string{a.Station}
	panels, err := d.panels(program, scope)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(panels, func(p Panel) bool { return p.ID == a.panel() }); i >= 0 {
		s.Panel = &panels[i]
	}
	all, err := d.standings(ctx, program, scope)
	if err != nil {
		return err
	}
	for _, z := range all {
		switch {
		case z.Panel != a.panel():
		case z.State == ZoneNormal:
			s.Quiet++
		default:
			s.Zones = append(s.Zones, z)
		}
	}
	open, err := d.o.Store.OpenAlarms(ctx, scope)
	if err != nil {
		return err
	}
	for _, other := range open {
		if id, _ := d.ZoneOf(other.Point); id == "" && other.panel() == a.panel() {
			s.Unzoned = append(s.Unzoned, other.condition())
		}
	}
	impaired, err := d.o.Impaired(ctx, scope)
	if err != nil {
		return err
	}
	for _, i := range impaired {
		if i.Fire {
			s.Impaired = append(s.Impaired, i)
		}
	}
	return nil
}

// sheetDoors takes the doors of the building: by premises, else by the name of
// the building in their location.
func (d *Desk) sheetDoors(ctx context.Context, s *Sheet, a OpenAlarm, _ Zone) error {
	found, err := d.o.Register.Devices(auth.Program(), a.Station, "")
	if err != nil {
		return err
	}
	inside := map[devices.PointID]bool{}
	if s.Where.Building != "" {
		points, err := d.o.Store.PointsIn(ctx, s.Where.Building)
		if err != nil {
			return err
		}
		for _, p := range points {
			inside[p] = true
		}
	}
	name := s.Where.BuildingName
	if name == "" {
		name, _, _ = strings.Cut(a.Location, " · ")
	}
	for _, dev := range found {
		if dev.Category != "access" {
			continue
		}
		for _, p := range dev.Points {
			if !isDoor(p) {
				continue
			}
			here := name != "" && (p.Location == name || strings.HasPrefix(p.Location, name+" ") || strings.HasPrefix(p.Location, name+","))
			if inside[p.ID] || len(inside) == 0 && here {
				s.Doors = append(s.Doors, doorOf(p, dev))
			}
		}
	}
	return nil
}

func isDoor(p stations.Point) bool {
	for _, k := range p.Kinds {
		switch k {
		case devices.DoorForced, devices.DoorHeld, devices.DoorOpened, devices.DoorUnlocked:
			return true
		}
	}
	return false
}

func doorOf(p stations.Point, dev stations.Device) Door {
	door := Door{Point: p.ID, Name: p.Name, Location: p.Location, States: []string{}, Old: dev.State != "up"}
	if p.Reading != nil {
		switch {
		case len(p.Reading.States) > 0:
			door.States = slices.Clone(p.Reading.States)
		case p.Reading.State != "":
			door.States = []string{p.Reading.State}
		}
	}
	return door
}

// sheetBoard takes the board that the alarm began, else the newest that runs in the building.
func (d *Desk) sheetBoard(ctx context.Context, s *Sheet, a OpenAlarm, _ Zone) error {
	running := true
	open, _, err := d.o.Store.Evacuations(ctx, Query{Stations: []string{a.Station}, Open: &running, Limit: 100})
	if err != nil {
		return err
	}
	own, _, err := d.o.Store.Evacuations(ctx, Query{Stations: []string{a.Station}, Alarm: a.ID, Limit: 1})
	if err != nil {
		return err
	}
	for _, e := range append(own, open...) {
		same := e.Alarm == a.ID || s.Where.Building != "" && e.Building == s.Where.Building || e.BuildingName != "" && e.BuildingName == s.Where.BuildingName
		if same && (!e.Drill || e.Alarm == a.ID) {
			s.Evacuation = &e
			return nil
		}
	}
	return nil
}

func (d *Desk) sheetInvestigation(ctx context.Context, s *Sheet, a OpenAlarm, _ Zone) error {
	list, _, err := d.o.Store.Investigations(ctx, Query{Stations: []string{a.Station}, Limit: 50})
	if err != nil {
		return fmt.Errorf("find the investigation: %w", err)
	}
	for _, i := range list {
		if i.Point == a.Point || i.Other == a.Point || i.Alarm == a.ID {
			s.Investigated = &i
			return nil
		}
	}
	return nil
}
