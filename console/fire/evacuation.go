package fire

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"guardroom/console/live"
)

// FloorState is what is known of a floor.
type FloorState string

// The states of a floor.
const (
	FloorOpen       FloorState = "open" // nobody has said anything yet
	FloorSwept      FloorState = "swept"
	FloorNotSwept   FloorState = "not_swept"
	FloorNotReached FloorState = "not_reached"
)

// Evacuation is the warden board of one building: which floors are swept, who
// is missing, who needs help, how many stand where, and since when the fire
// service knows. Each row has a version of its own, so that two desks at
// different rows never get in each other's way, and at the same row neither
// overwrites what the other has not seen.
type Evacuation struct {
	ID           string `json:"id"`
	Station      string `json:"station"`
	Building     string `json:"building"` // a place's id; empty where premises are not known
	BuildingName string `json:"building_name"`
	Alarm        string `json:"alarm"` // the fire alarm that it began with, if any
	ZoneName     string `json:"zone_name"`
	Reason       string `json:"reason"`
	Drill        bool   `json:"drill"`
	Demo         bool   `json:"demo"`
	Running      bool   `json:"running"`

	StartedAt     time.Time `json:"started_at"`
	StartedBy     string    `json:"started_by"`
	StartedByName string    `json:"started_by_name"`
	// The two clocks of the alarm: at the panel, at the console.
	DetectedAt *time.Time `json:"detected_at"`
	ReceivedAt *time.Time `json:"received_at"`

	Floors   []Floor    `json:"floors"`
	People   []Person   `json:"people"`
	Assembly []Assembly `json:"assembly"`
	Service  Service    `json:"service"`

	ClosedAt     *time.Time `json:"closed_at"`
	ClosedBy     string     `json:"closed_by"`
	ClosedByName string     `json:"closed_by_name"`
	Summary      string     `json:"summary"`
	Lines        int        `json:"lines"` // of the log
	Version      int64      `json:"version"`
}

// Floor is a floor of the building.
type Floor struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	State   FloorState `json:"state" enum:"open,swept,not_swept,not_reached"`
	Warden  string     `json:"warden"`
	Remark  string     `json:"remark"`
	At      *time.Time `json:"at"`
	ByName  string     `json:"by_name"`
	Version int        `json:"version"`
}

// PersonKind says why somebody is on the board.
type PersonKind string

// Why somebody is on the board.
const (
	Missing   PersonKind = "missing"
	NeedsHelp PersonKind = "help"
)

// Person is somebody who is missing, or who needs help to get out.
type Person struct {
	ID      string     `json:"id"`
	Kind    PersonKind `json:"kind" enum:"missing,help"`
	Name    string     `json:"name"`
	Where   string     `json:"where"` // last seen, or waiting
	Remark  string     `json:"remark"`
	Safe    bool       `json:"safe"` // found, or brought out
	At      time.Time  `json:"at"`
	ByName  string     `json:"by_name"`
	Version int        `json:"version"`
}

// Assembly is an assembly point and how many stand there; nil is not counted.
type Assembly struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Count   *int       `json:"count"`
	Warden  string     `json:"warden"`
	At      *time.Time `json:"at"`
	ByName  string     `json:"by_name"`
	Version int        `json:"version"`
}

// Service is what is known of the fire service.
type Service struct {
	Called     *Step `json:"called"`
	Arrived    *Step `json:"arrived"`
	HandedOver *Step `json:"handed_over"`
	Version    int   `json:"version"`
}

// Step is one step with the fire service: when, who wrote it, and a word about it,
// such as the name of who answered.
type Step struct {
	At     time.Time `json:"at"`
	ByName string    `json:"by_name"`
	Note   string    `json:"note"`
}

// Line is one line of the board's log. What and Params are what the screens
// put into words.
type Line struct {
	N      int               `json:"n"`
	At     time.Time         `json:"at"`
	By     string            `json:"by"`
	ByName string            `json:"by_name"`
	What   string            `json:"what"`
	Params map[string]string `json:"params"`
}

// The limits of a board.
const (
	mostPeople   = 500
	mostAssembly = mostListed
	mostLines    = 10_000
	mostCount    = 100_000
)

// Event is the board for the screens; a closed one leaves them.
func (e *Evacuation) Event() live.Event {
	return live.Thing(live.Evacuation, e.Station, e.ID, e, !e.Running)
}

// Clone is a copy that shares nothing that changes.
func (e *Evacuation) Clone() Evacuation {
	c := *e
	c.Floors, c.People, c.Assembly = slices.Clone(e.Floors), slices.Clone(e.People), slices.Clone(e.Assembly)
	return c
}

// line begins a line of the log and counts the change.
func (e *Evacuation) line(who Who, what string, params map[string]string) Line {
	e.Version++
	e.Lines++
	p := map[string]string{}
	for k, v := range params {
		if v != "" {
			p[k] = v
		}
	}
	return Line{N: e.Lines, At: moment(who.At), By: who.By, ByName: who.Name, What: what, Params: p}
}

func (e *Evacuation) open() error {
	if !e.Running {
		return &ConflictError{Reason: "closed", Text: "this evacuation is closed; what is on its board stays as it is"}
	}
	if e.Lines >= mostLines {
		return &ConflictError{Reason: "full", Text: fmt.Sprintf("the log holds %d lines: close this evacuation and start another", mostLines)}
	}
	return nil
}

// seenRow refuses a change of a row that is not as the desk saw it.
func seenRow(version, now int, current any) error {
	if version != now {
		return &StaleError{Version: now, Current: current}
	}
	return nil
}

// Start opens a board for floors and assembly points.
func Start(e Evacuation, floors []Level, assembly []string, newID func() string, who Who) (Evacuation, Line) {
	e.Running, e.StartedAt, e.StartedBy, e.StartedByName = true, moment(who.At), who.By, who.Name
	e.Floors, e.People, e.Assembly = []Floor{}, []Person{}, []Assembly{}
	for _, l := range floors {
		e.Floors = append(e.Floors, Floor{ID: l.ID, Name: l.Name, State: FloorOpen, Version: 1})
	}
	for _, name := range assembly {
		e.Assembly = append(e.Assembly, Assembly{ID: newID(), Name: name, Version: 1})
	}
	e.Service.Version = 1
	line := e.line(who, "started", map[string]string{"building": e.BuildingName, "zone": e.ZoneName, "reason": e.Reason, "drill": flag(e.Drill)})
	return e, line
}

func flag(b bool) string {
	if b {
		return "true"
	}
	return ""
}

// Level is a level of a building.
type Level struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// FloorChange is what somebody says of a floor.
type FloorChange struct {
	Version int
	State   FloorState
	Warden  string
	Remark  string
}

// SetFloor writes what somebody says of a floor. Taking a word back, to open,
// leaves a line of what it was.
func (e *Evacuation) SetFloor(id string, c FloorChange, who Who) (Line, error) {
	if err := e.open(); err != nil {
		return Line{}, err
	}
	i := slices.IndexFunc(e.Floors, func(f Floor) bool { return f.ID == id })
	if i < 0 {
		return Line{}, fmt.Errorf("floor %.64s: %w", id, ErrNotFound)
	}
	if !slices.Contains([]FloorState{FloorOpen, FloorSwept, FloorNotSwept, FloorNotReached}, c.State) {
		return Line{}, &InvalidError{Field: "state", Reason: "open, swept, not_swept or not_reached"}
	}
	warden, err := words("warden", c.Warden, 0, longestName)
	if err != nil {
		return Line{}, err
	}
	remark, err := words("remark", c.Remark, 0, longestRemark)
	if err != nil {
		return Line{}, err
	}
	f := &e.Floors[i]
	if err := seenRow(c.Version, f.Version, *f); err != nil {
		return Line{}, err
	}
	what := "floor"
	params := map[string]string{"floor": f.Name, "state": string(c.State), "warden": warden, "remark": remark}
	if c.State == FloorOpen && f.State != FloorOpen {
		what = "floor_undone"
		params["was"], params["was_warden"] = string(f.State), f.Warden
	}
	at := moment(who.At)
	f.State, f.Warden, f.Remark, f.At, f.ByName = c.State, warden, remark, &at, who.Name
	f.Version++
	return e.line(who, what, params), nil
}

// PersonChange is what somebody says of a person.
type PersonChange struct {
	Version             int
	Kind                PersonKind
	Name, Where, Remark string
	Safe                bool
}

func (c *PersonChange) validate() error {
	if c.Kind != Missing && c.Kind != NeedsHelp {
		return &InvalidError{Field: "kind", Reason: "missing or help"}
	}
	for _, one := range []struct {
		field       string
		to          *string
		least, most int
	}{{"name", &c.Name, 1, longestName}, {"where", &c.Where, 0, longestRemark}, {"remark", &c.Remark, 0, longestRemark}} {
		text, err := words(one.field, *one.to, one.least, one.most)
		if err != nil {
			return err
		}
		*one.to = text
	}
	return nil
}

// AddPerson puts somebody on the board.
func (e *Evacuation) AddPerson(id string, c PersonChange, who Who) (Line, error) {
	if err := e.open(); err != nil {
		return Line{}, err
	}
	if err := c.validate(); err != nil {
		return Line{}, err
	}
	if len(e.People) >= mostPeople {
		return Line{}, &InvalidError{Field: "name", Reason: fmt.Sprintf("the board holds %d people at most", mostPeople)}
	}
	e.People = append(e.People, Person{ID: id, Kind: c.Kind, Name: c.Name, Where: c.Where, Remark: c.Remark, At: moment(who.At), ByName: who.Name, Version: 1})
	return e.line(who, "person_added", personParams(c)), nil
}

func personParams(c PersonChange) map[string]string {
	return map[string]string{"kind": string(c.Kind), "name": c.Name, "where": c.Where, "remark": c.Remark}
}

// SetPerson writes what somebody says of a person on the board.
func (e *Evacuation) SetPerson(id string, c PersonChange, who Who) (Line, error) {
	if err := e.open(); err != nil {
		return Line{}, err
	}
	if err := c.validate(); err != nil {
		return Line{}, err
	}
	i := slices.IndexFunc(e.People, func(p Person) bool { return p.ID == id })
	if i < 0 {
		return Line{}, fmt.Errorf("person %.64s: %w", id, ErrNotFound)
	}
	p := &e.People[i]
	if err := seenRow(c.Version, p.Version, *p); err != nil {
		return Line{}, err
	}
	what := "person_changed"
	switch {
	case c.Safe && !p.Safe:
		what = "person_safe"
	case !c.Safe && p.Safe:
		what = "person_undone"
	}
	p.Kind, p.Name, p.Where, p.Remark, p.Safe = c.Kind, c.Name, c.Where, c.Remark, c.Safe
	p.At, p.ByName = moment(who.At), who.Name
	p.Version++
	return e.line(who, what, personParams(c)), nil
}

// AddAssembly adds an assembly point.
func (e *Evacuation) AddAssembly(id, name string, who Who) (Line, error) {
	if err := e.open(); err != nil {
		return Line{}, err
	}
	name, err := words("name", name, 1, longestName)
	if err != nil {
		return Line{}, err
	}
	switch {
	case len(e.Assembly) >= mostAssembly:
		return Line{}, &InvalidError{Field: "name", Reason: fmt.Sprintf("at most %d assembly points", mostAssembly)}
	case slices.ContainsFunc(e.Assembly, func(a Assembly) bool { return a.Name == name }):
		return Line{}, &InvalidError{Field: "name", Reason: "is on the board already"}
	}
	e.Assembly = append(e.Assembly, Assembly{ID: id, Name: name, Version: 1})
	return e.line(who, "assembly_added", map[string]string{"name": name}), nil
}

// AssemblyChange is a count at an assembly point; nil takes the count back.
type AssemblyChange struct {
	Version int
	Count   *int
	Warden  string
}

// SetAssembly writes a count.
func (e *Evacuation) SetAssembly(id string, c AssemblyChange, who Who) (Line, error) {
	if err := e.open(); err != nil {
		return Line{}, err
	}
	if c.Count != nil && (*c.Count < 0 || *c.Count > mostCount) {
		return Line{}, &InvalidError{Field: "count", Reason: fmt.Sprintf("0 to %d", mostCount)}
	}
	warden, err := words("warden", c.Warden, 0, longestName)
	if err != nil {
		return Line{}, err
	}
	i := slices.IndexFunc(e.Assembly, func(a Assembly) bool { return a.ID == id })
	if i < 0 {
		return Line{}, fmt.Errorf("assembly point %.64s: %w", id, ErrNotFound)
	}
	a := &e.Assembly[i]
	if err := seenRow(c.Version, a.Version, *a); err != nil {
		return Line{}, err
	}
	params := map[string]string{"name": a.Name, "warden": warden}
	what := "assembly_undone"
	if c.Count != nil {
		what = "assembly_counted"
		params["count"] = strconv.Itoa(*c.Count)
	}
	if a.Count != nil {
		params["was"] = strconv.Itoa(*a.Count)
	}
	at := moment(who.At)
	a.Count, a.Warden, a.At, a.ByName = c.Count, warden, &at, who.Name
	a.Version++
	return e.line(who, what, params), nil
}

// ServiceStep names a step with the fire service.
type ServiceStep string

// The steps with the fire service.
const (
	Called     ServiceStep = "called"
	Arrived    ServiceStep = "arrived"
	HandedOver ServiceStep = "handed_over"
)

// ServiceChange is a step done at an instant, or taken back.
type ServiceChange struct {
	Version int
	Step    ServiceStep
	At      time.Time // zero: now
	Note    string
	Undo    bool
}

// SetService writes a step with the fire service.
func (e *Evacuation) SetService(c ServiceChange, who Who) (Line, error) {
	if err := e.open(); err != nil {
		return Line{}, err
	}
	note, err := words("note", c.Note, 0, longestRemark)
	if err != nil {
		return Line{}, err
	}
	steps := map[ServiceStep]**Step{Called: &e.Service.Called, Arrived: &e.Service.Arrived, HandedOver: &e.Service.HandedOver}
	at := moment(c.At)
	if c.At.IsZero() {
		at = moment(who.At)
	}
	switch step := steps[c.Step]; {
	case step == nil:
		return Line{}, &InvalidError{Field: "step", Reason: "called, arrived or handed_over"}
	case at.After(who.At.Add(time.Minute)):
		return Line{}, &InvalidError{Field: "at", Reason: "lies ahead"}
	case at.Before(e.StartedAt.Add(-24 * time.Hour)):
		return Line{}, &InvalidError{Field: "at", Reason: "more than a day before the evacuation began"}
	}
	if err := seenRow(c.Version, e.Service.Version, e.Service); err != nil {
		return Line{}, err
	}
	params := map[string]string{"step": string(c.Step), "note": note}
	what := "service"
	if was := *steps[c.Step]; was != nil {
		params["was"] = was.At.Format(time.RFC3339)
	}
	if c.Undo {
		what = "service_undone"
		*steps[c.Step] = nil
	} else {
		params["at"] = at.Format(time.RFC3339)
		*steps[c.Step] = &Step{At: at, ByName: who.Name, Note: note}
	}
	e.Service.Version++
	return e.line(who, what, params), nil
}

// Note adds a line that somebody wrote.
func (e *Evacuation) Note(text string, who Who) (Line, error) {
	if err := e.open(); err != nil {
		return Line{}, err
	}
	text, err := words("text", text, 1, longestText)
	if err != nil {
		return Line{}, err
	}
	return e.line(who, "note", map[string]string{"text": text}), nil
}

// Close ends the board with a summary. What was not said by then is counted in
// the last line.
func (e *Evacuation) Close(version int64, summary string, who Who) (Line, error) {
	if err := e.open(); err != nil {
		return Line{}, err
	}
	summary, err := words("summary", summary, 1, longestText)
	if err != nil {
		return Line{}, err
	}
	if version != e.Version {
		return Line{}, &StaleError{Version: int(e.Version), Current: e.Clone()}
	}
	at := moment(who.At)
	e.Running, e.ClosedAt, e.ClosedBy, e.ClosedByName, e.Summary = false, &at, who.By, who.Name, summary
	params := map[string]string{"summary": summary}
	maps.Copy(params, e.Open())
	return e.line(who, "closed", params), nil
}

// Open counts what nobody has settled: floors without a word or not swept, people not safe.
func (e *Evacuation) Open() map[string]string {
	floors, people := 0, 0
	for _, f := range e.Floors {
		if f.State != FloorSwept {
			floors++
		}
	}
	for _, p := range e.People {
		if !p.Safe {
			people++
		}
	}
	return map[string]string{"floors_open": strconv.Itoa(floors), "people_open": strconv.Itoa(people)}
}
