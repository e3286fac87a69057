package fire

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"guardroom/devices"
)

// Zone is a zone of a fire panel: what its detectors watch, and where.
type Zone struct {
	ID      string `json:"id"`
	Station string `json:"station"`
	Panel   string `json:"panel"`  // "<gateway>/<device>"
	Number  int    `json:"number"` // as the panel shows it
	Name    string `json:"name"`
	// Place is the area or level that the zone covers; empty when it is not known.
	Place        string            `json:"place"`
	PlaceName    string            `json:"place_name"`
	Level        string            `json:"level"`
	LevelName    string            `json:"level_name"`
	Building     string            `json:"building"`
	BuildingName string            `json:"building_name"`
	Points       []devices.PointID `json:"points"`
	// InvestigateSeconds is how long a pre-alarm here is looked into; 0 as the
	// station has it.
	InvestigateSeconds int   `json:"investigate_seconds"`
	Version            int64 `json:"version"`
}

// The limits of zones and investigations.
const (
	mostZonePoints      = 2000
	mostZoneNumber      = 100_000
	shortestInvestigate = 60
	longestInvestigate  = 600
)

func (z *Zone) validate() error {
	name, err := words("name", z.Name, 1, longestName)
	if err != nil {
		return err
	}
	z.Name = name
	switch {
	case devices.PointID(z.Panel+".x").Validate() != nil:
		return &InvalidError{Field: "panel", Reason: "the panel's id, such as gw-1/fire-1"}
	case z.Number < 1 || z.Number > mostZoneNumber:
		return &InvalidError{Field: "number", Reason: fmt.Sprintf("1 to %d", mostZoneNumber)}
	case len(z.Points) > mostZonePoints:
		return &InvalidError{Field: "points", Reason: fmt.Sprintf("at most %d", mostZonePoints)}
	case z.InvestigateSeconds != 0 && (z.InvestigateSeconds < shortestInvestigate || z.InvestigateSeconds > longestInvestigate):
		return &InvalidError{Field: "investigate_seconds", Reason: fmt.Sprintf("%d to %d, or 0 for the station's own", shortestInvestigate, longestInvestigate)}
	}
	slices.Sort(z.Points)
	z.Points = slices.Compact(z.Points)
	for i, p := range z.Points {
		if p.Validate() != nil || p.Gateway()+"/"+p.Device() != z.Panel {
			return &InvalidError{Field: fmt.Sprintf("points.%d", i), Reason: "not a point of this panel"}
		}
	}
	return nil
}

// ZoneState is a word for how a zone stands, the gravest that holds.
type ZoneState string

// How a zone may stand, the gravest first.
const (
	ZoneFire     ZoneState = "fire"
	ZonePrealarm ZoneState = "prealarm"
	ZoneFault    ZoneState = "fault"
	ZoneDisabled ZoneState = "disabled"
	ZoneOnTest   ZoneState = "test"
	ZoneNormal   ZoneState = "normal"
	// ZoneUnknown is a zone whose panel does not answer: neither normal nor in alarm.
	ZoneUnknown ZoneState = "unknown"
)

var graveness = []ZoneState{ZoneFire, ZonePrealarm, ZoneUnknown, ZoneFault, ZoneDisabled, ZoneOnTest, ZoneNormal}

// Condition is one thing that holds in a zone.
type Condition struct {
	State          ZoneState       `json:"state"`
	Kind           devices.Kind    `json:"kind"`
	Point          devices.PointID `json:"point"`
	PointName      string          `json:"point_name"`
	Since          time.Time       `json:"since"`       // by the gateway's clock where it may be trusted
	ReceivedAt     *time.Time      `json:"received_at"` // by the console's
	Alarm          string          `json:"alarm"`
	FirstUp        bool            `json:"first_up"`
	Confirmed      bool            `json:"confirmed"`
	AcknowledgedAt *time.Time      `json:"acknowledged_at"`
	AcknowledgedBy string          `json:"acknowledged_by"`
	Reason         string          `json:"reason"`
}

// Standing is a zone and how it stands. The conditions are in the order in
// which they began: first-up first.
type Standing struct {
	Zone
	State      ZoneState   `json:"state" enum:"fire,prealarm,unknown,fault,disabled,test,normal"`
	Since      *time.Time  `json:"since"`
	Conditions []Condition `json:"conditions"`
}

// stateOf is the zone state that an alarm of kind k makes.
func stateOf(k devices.Kind) ZoneState {
	switch k {
	case devices.FireAlarm, devices.FireEvacuation, devices.FireReported:
		return ZoneFire
	case devices.FirePrealarm, devices.FireUndecided:
		return ZonePrealarm
	}
	return ZoneFault
}

// stand judges a zone by what holds in it.
func stand(z Zone, conditions []Condition) Standing {
	s := Standing{Zone: z, State: ZoneNormal, Conditions: slices.Clone(conditions)}
	if s.Conditions == nil {
		s.Conditions = []Condition{}
	}
	slices.SortStableFunc(s.Conditions, func(a, b Condition) int {
		if a.FirstUp != b.FirstUp {
			if a.FirstUp {
				return -1
			}
			return 1
		}
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Point, b.Point))
	})
	for _, c := range s.Conditions {
		if slices.Index(graveness, c.State) < slices.Index(graveness, s.State) {
			s.State = c.State
		}
	}
	for _, c := range s.Conditions {
		if c.State == s.State && (s.Since == nil || c.Since.Before(*s.Since)) {
			since := c.Since
			s.Since = &since
		}
	}
	return s
}

// sortStandings puts the gravest first, and among the same the first-up, the
// earliest, then the panel's own order.
func sortStandings(all []Standing) {
	first := func(s Standing) int {
		if len(s.Conditions) > 0 && s.Conditions[0].FirstUp {
			return 0
		}
		return 1
	}
	slices.SortFunc(all, func(a, b Standing) int {
		if c := cmp.Compare(slices.Index(graveness, a.State), slices.Index(graveness, b.State)); c != 0 {
			return c
		}
		if c := cmp.Compare(first(a), first(b)); c != 0 {
			return c
		}
		if a.Since != nil && b.Since != nil {
			if c := a.Since.Compare(*b.Since); c != 0 {
				return c
			}
		}
		return cmp.Or(cmp.Compare(a.Panel, b.Panel), cmp.Compare(a.Number, b.Number), cmp.Compare(a.ID, b.ID))
	})
}
