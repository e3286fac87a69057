package fire

import (
	"context"
	"fmt"
	"strings"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
)

type evacuationKeeper interface {
	// Building names a building and its levels, top to bottom as premises list
	// them; ErrNotFound when the station has no such building.
	Building(ctx context.Context, station, id string) (name string, levels []Level, err error)
	// StartEvacuation writes a new board; a *ConflictError says that one of the
	// building runs already.
	StartEvacuation(ctx context.Context, e Evacuation, l Line, entry audit.Entry) (Evacuation, error)
	// ChangeEvacuation locks the board and writes what step makes of it, with its
	// line of the log.
	ChangeEvacuation(ctx context.Context, id string, step func(e *Evacuation, now time.Time) (Line, audit.Entry, error)) (Evacuation, error)
	Evacuation(ctx context.Context, id string) (Evacuation, error)
	Log(ctx context.Context, id string) ([]Line, error)
	Evacuations(ctx context.Context, q Query) ([]Evacuation, string, error)
}

// NewEvacuation is what somebody starts: a building by its place or, where the
// premises are not known, by its name.
type NewEvacuation struct {
	Station, Building, BuildingName, Alarm, Reason string
	Drill                                          bool
}

// StartEvacuation opens a warden board. Of the alarm that it begins with it
// takes building, zone and the two clocks.
func (d *Desk) StartEvacuation(ctx context.Context, by auth.Operator, n NewEvacuation) (Evacuation, error) {
	if err := by.May(auth.WardensWrite, n.Station); err != nil {
		return Evacuation{}, err
	}
	station, ok := d.o.Register.Station(n.Station)
	if !ok {
		return Evacuation{}, &InvalidError{Field: "station", Reason: fmt.Sprintf("there is no station %.64q", n.Station)}
	}
	reason, err := words("reason", n.Reason, 0, longestRemark)
	if err != nil {
		return Evacuation{}, err
	}
	e := Evacuation{ID: auth.NewID(), Station: n.Station, Building: n.Building, Reason: reason, Drill: n.Drill, Demo: station.Demo}
	if n.Alarm != "" {
		if err := d.fromAlarm(ctx, &e, n.Alarm); err != nil {
			return Evacuation{}, err
		}
	}
	levels, err := d.building(ctx, &e, n.BuildingName)
	if err != nil {
		return Evacuation{}, err
	}
	e, line := Start(e, levels, d.chosen(n.Station).Assembly, auth.NewID, whoever(by, d.o.Now()))
	return d.o.Store.StartEvacuation(ctx, e, line, d.entry(by, &e, line))
}

func (d *Desk) fromAlarm(ctx context.Context, e *Evacuation, id string) error {
	a, err := d.o.Store.Alarm(ctx, id)
	if err != nil {
		return err
	}
	if a.Station != e.Station {
		return &InvalidError{Field: "alarm", Reason: "belongs to another station"}
	}
	z := d.zone(a.Point)
	if e.Building == "" {
		e.Building = z.Building
	}
	if e.Building == "" {
		where, err := d.o.Store.Where(ctx, a.Point)
		if err != nil {
			return err
		}
		e.Building = where.Building
	}
	raised, received := a.RaisedAt, a.ReceivedAt
	e.Alarm, e.ZoneName, e.DetectedAt, e.ReceivedAt = a.ID, z.Name, &raised, &received
	e.Demo = e.Demo || a.Demo
	return nil
}

// building finds name and levels; a building without levels, or one that is only
// a name, is one floor.
func (d *Desk) building(ctx context.Context, e *Evacuation, typed string) ([]Level, error) {
	var levels []Level
	if e.Building != "" {
		var err error
		if e.BuildingName, levels, err = d.o.Store.Building(ctx, e.Station, e.Building); err != nil {
			return nil, err
		}
	} else {
		name, err := words("building_name", typed, 1, longestName)
		if err != nil {
			return nil, err
		}
		e.BuildingName = name
	}
	if len(levels) == 0 {
		levels = []Level{{ID: "whole", Name: e.BuildingName}}
	}
	return levels, nil
}

// Evacuations lists boards, newest first.
func (d *Desk) Evacuations(ctx context.Context, by auth.Operator, station string, q Query) ([]Evacuation, string, error) {
	var err error
	if q.Stations, err = by.Scope(auth.AlarmsRead, station); err != nil {
		return nil, "", err
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	return d.o.Store.Evacuations(ctx, q)
}

// Evacuation returns a board and its log, oldest line first.
func (d *Desk) Evacuation(ctx context.Context, by auth.Operator, id string) (Evacuation, []Line, error) {
	e, err := d.board(ctx, by, auth.AlarmsRead, id)
	if err != nil {
		return Evacuation{}, nil, err
	}
	log, err := d.o.Store.Log(ctx, id)
	return e, log, err
}

func (d *Desk) board(ctx context.Context, by auth.Operator, p auth.Permission, id string) (Evacuation, error) {
	if err := mayAnywhere(by, p); err != nil {
		return Evacuation{}, err
	}
	e, err := d.o.Store.Evacuation(ctx, id)
	if err != nil {
		return Evacuation{}, err
	}
	return e, by.May(p, e.Station)
}

// SetFloor writes what somebody says of a floor.
func (d *Desk) SetFloor(ctx context.Context, by auth.Operator, id, floor string, c FloorChange) (Evacuation, error) {
	return d.changeBoard(ctx, by, id, func(e *Evacuation, who Who) (Line, error) { return e.SetFloor(floor, c, who) })
}

// AddPerson puts somebody on the board.
func (d *Desk) AddPerson(ctx context.Context, by auth.Operator, id string, c PersonChange) (Evacuation, error) {
	return d.changeBoard(ctx, by, id, func(e *Evacuation, who Who) (Line, error) { return e.AddPerson(auth.NewID(), c, who) })
}

// SetPerson writes what somebody says of a person on the board.
func (d *Desk) SetPerson(ctx context.Context, by auth.Operator, id, person string, c PersonChange) (Evacuation, error) {
	return d.changeBoard(ctx, by, id, func(e *Evacuation, who Who) (Line, error) { return e.SetPerson(person, c, who) })
}

// AddAssembly adds an assembly point.
func (d *Desk) AddAssembly(ctx context.Context, by auth.Operator, id, name string) (Evacuation, error) {
	return d.changeBoard(ctx, by, id, func(e *Evacuation, who Who) (Line, error) { return e.AddAssembly(auth.NewID(), name, who) })
}

// SetAssembly writes a count at an assembly point.
func (d *Desk) SetAssembly(ctx context.Context, by auth.Operator, id, assembly string, c AssemblyChange) (Evacuation, error) {
	return d.changeBoard(ctx, by, id, func(e *Evacuation, who Who) (Line, error) { return e.SetAssembly(assembly, c, who) })
}

// SetService writes a step with the fire service.
func (d *Desk) SetService(ctx context.Context, by auth.Operator, id string, c ServiceChange) (Evacuation, error) {
	return d.changeBoard(ctx, by, id, func(e *Evacuation, who Who) (Line, error) { return e.SetService(c, who) })
}

// Note adds a line to the log.
func (d *Desk) Note(ctx context.Context, by auth.Operator, id, text string) (Evacuation, error) {
	return d.changeBoard(ctx, by, id, func(e *Evacuation, who Who) (Line, error) { return e.Note(text, who) })
}

// CloseEvacuation ends a board with a summary.
func (d *Desk) CloseEvacuation(ctx context.Context, by auth.Operator, id string, version int64, summary string) (Evacuation, error) {
	return d.changeBoard(ctx, by, id, func(e *Evacuation, who Who) (Line, error) { return e.Close(version, summary, who) })
}

func (d *Desk) changeBoard(ctx context.Context, by auth.Operator, id string, step func(*Evacuation, Who) (Line, error)) (Evacuation, error) {
	if _, err := d.board(ctx, by, auth.WardensWrite, id); err != nil {
		return Evacuation{}, err
	}
	return d.o.Store.ChangeEvacuation(ctx, id, func(e *Evacuation, now time.Time) (Line, audit.Entry, error) {
		line, err := step(e, whoever(by, now))
		if err != nil {
			return Line{}, audit.Entry{}, err
		}
		return line, d.entry(by, e, line), nil
	})
}

// entry is what the record tells of a line. Names of people who are missing or
// need help stay on the board.
func (d *Desk) entry(by auth.Operator, e *Evacuation, l Line) audit.Entry {
	facts := map[string]string{"building": e.BuildingName, "line": fmt.Sprint(l.N)}
	if e.Drill {
		facts["drill"] = "true"
	}
	for k, v := range l.Params {
		if !strings.HasPrefix(l.What, "person") || k == "kind" {
			facts[k] = v
		}
	}
	return audit.By(by, e.Station, "evacuation."+l.What, "evacuation:"+e.ID, facts)
}
