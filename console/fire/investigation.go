package fire

import (
	"time"

	"guardroom/console/live"
	"guardroom/devices"
)

// State is how an investigation stands.
type State string

// The states of an investigation.
const (
	Running   State = "running"
	Undecided State = "undecided" // the time ran out; a person must still say what it was
	Decided   State = "decided"
)

// Outcome is what an investigation came to.
type Outcome string

// The outcomes. The last two come from the panel.
const (
	Real         Outcome = "real"          // a person saw fire
	False        Outcome = "false"         // a person saw that there is none, and says what it was
	Fire         Outcome = "fire"          // the panel reports fire
	SecondSensor Outcome = "second_sensor" // another detector of the zone reports pre-alarm too
)

// Investigation is the time in which officers look into a pre-alarm. It begins
// when the console receives the pre-alarm and ends with a decision; a decision
// that comes too late raises an alarm of its own and is still asked for.
type Investigation struct {
	ID           string          `json:"id"`
	Station      string          `json:"station"`
	Panel        string          `json:"panel"` // "<gateway>/<device>"
	PanelName    string          `json:"panel_name"`
	Zone         string          `json:"zone"` // empty when the point is in none
	ZoneName     string          `json:"zone_name"`
	Building     string          `json:"building"`
	BuildingName string          `json:"building_name"`
	Point        devices.PointID `json:"point"`
	PointName    string          `json:"point_name"`
	Location     string          `json:"location"`
	Alarm        string          `json:"alarm"` // the pre-alarm's id
	Raises       int             `json:"raises"`
	StartedAt    time.Time       `json:"started_at"`
	DueAt        time.Time       `json:"due_at"`
	Seconds      int             `json:"seconds"` // as set for the zone
	State        State           `json:"state" enum:"running,undecided,decided"`

	Investigator string     `json:"investigator"` // who looks, by name
	AssignedAt   *time.Time `json:"assigned_at"`
	AssignedBy   string     `json:"assigned_by"`
	Extended     *Extension `json:"extended"`

	Outcome       Outcome         `json:"outcome"`
	Reason        string          `json:"reason"`
	DecidedAt     *time.Time      `json:"decided_at"`
	DecidedBy     string          `json:"decided_by"`
	DecidedByName string          `json:"decided_by_name"`
	Other         devices.PointID `json:"other"` // the detector that decided it
	OtherName     string          `json:"other_name"`
	OtherAlarm    string          `json:"-"` // its pre-alarm, which needs no investigation of its own
	OtherRaises   int             `json:"-"`
	// Reported is set once the fire that a person saw stands in the alarm list.
	Reported bool  `json:"reported"`
	Demo     bool  `json:"demo"`
	Version  int64 `json:"version"`
}

// Extension is the one time by which a supervisor made an investigation longer.
type Extension struct {
	Seconds int       `json:"seconds"`
	By      string    `json:"by"`
	ByName  string    `json:"by_name"`
	At      time.Time `json:"at"`
	Reason  string    `json:"reason"`
}

// Event is the investigation for the screens; a decided one leaves them.
func (i *Investigation) Event() live.Event {
	return live.Thing(live.Investigation, i.Station, i.ID, i, i.State == Decided)
}

func (i *Investigation) seen(version int64) error {
	if version != i.Version {
		return &StaleError{Version: int(i.Version), Current: *i}
	}
	return nil
}

func (i *Investigation) unfinished() error {
	if i.State == Decided {
		return &ConflictError{Reason: "decided", Text: "this investigation is decided: " + string(i.Outcome)}
	}
	return nil
}

// Assign says who looks; another name replaces the one before.
func (i *Investigation) Assign(version int64, name string, who Who) error {
	name, err := words("name", name, 1, longestName)
	if err != nil {
		return err
	}
	if err := i.unfinished(); err != nil {
		return err
	}
	if err := i.seen(version); err != nil {
		return err
	}
	at := moment(who.At)
	i.Investigator, i.AssignedAt, i.AssignedBy = name, &at, who.Name
	i.Version++
	return nil
}

// Extend adds the zone's time once more, once. What has run out is not extended.
func (i *Investigation) Extend(version int64, reason string, who Who) error {
	reason, err := words("reason", reason, 1, longestRemark)
	if err != nil {
		return err
	}
	if err := i.unfinished(); err != nil {
		return err
	}
	switch {
	case i.Extended != nil:
		return &ConflictError{Reason: "extended", Text: "an investigation is extended once, and this one was"}
	case i.State == Undecided || !who.At.Before(i.DueAt):
		return &ConflictError{Reason: "ran_out", Text: "the time has run out: decide whether it is a fire"}
	}
	if err := i.seen(version); err != nil {
		return err
	}
	i.Extended = &Extension{Seconds: i.Seconds, By: who.By, ByName: who.Name, At: moment(who.At), Reason: reason}
	i.DueAt = i.DueAt.Add(time.Duration(i.Seconds) * time.Second)
	i.Version++
	return nil
}

// RunOut ends the time, and reports whether it did: not before it is due.
func (i *Investigation) RunOut(now time.Time) bool {
	if i.State != Running || now.Before(i.DueAt) {
		return false
	}
	i.State = Undecided
	i.Version++
	return true
}

// Decide is a person's word: fire, or none and what it was instead. A decision
// that is already made stays.
func (i *Investigation) Decide(version int64, outcome Outcome, reason string, who Who) error {
	least := 0
	switch outcome {
	case Real:
	case False:
		least = 1
	default:
		return &InvalidError{Field: "outcome", Reason: "real or false"}
	}
	reason, err := words("reason", reason, least, longestRemark)
	if err != nil {
		return err
	}
	if err := i.unfinished(); err != nil {
		return err
	}
	if err := i.seen(version); err != nil {
		return err
	}
	i.decide(outcome, who)
	i.Reason = reason
	return nil
}

// Overtake ends the investigation because the panel says more than the
// pre-alarm did; it reports whether it did.
func (i *Investigation) Overtake(outcome Outcome, by OpenAlarm, now time.Time) bool {
	if i.State == Decided {
		return false
	}
	i.decide(outcome, Who{By: "system", At: now})
	i.Other, i.OtherName, i.OtherAlarm, i.OtherRaises = by.Point, by.PointName, by.ID, by.Count
	return true
}

// Confirms reports whether i found fire where the panel does not say so itself.
func (i *Investigation) Confirms() bool {
	return i.State == Decided && (i.Outcome == Real || i.Outcome == SecondSensor)
}

// shortest is what is left of the time at least when an investigation begins
// late, as after a restart.
const shortest = 30 * time.Second

// begin starts an investigation of the pre-alarm a, which has seconds of time.
func begin(id string, a OpenAlarm, z Zone, seconds int, now time.Time) Investigation {
	began := a.ReceivedAt
	if a.Count > 1 {
		began = now // of a pre-alarm that came again, only the first time was received then
	}
	due := began.Add(time.Duration(seconds) * time.Second)
	if least := now.Add(shortest); due.Before(least) {
		due = least
	}
	return Investigation{
		ID: id, Station: a.Station, Panel: a.panel(), PanelName: a.DeviceName,
		Zone: z.ID, ZoneName: z.Name, Building: z.Building, BuildingName: z.BuildingName,
		Point: a.Point, PointName: a.PointName, Location: a.Location, Alarm: a.ID, Raises: a.Count,
		StartedAt: moment(began), DueAt: moment(due), Seconds: seconds, State: Running, Demo: a.Demo, Version: 1,
	}
}

func (i *Investigation) decide(outcome Outcome, who Who) {
	at := moment(who.At)
	i.State, i.Outcome, i.DecidedAt, i.DecidedBy, i.DecidedByName = Decided, outcome, &at, who.By, who.Name
	i.Version++
}
