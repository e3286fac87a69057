// Package rationale keeps what was thought out of alarms before they come, as
// ISA-18.2 asks: why a point alarms, what follows when nobody acts, what is to be
// done and within which time.
//
//	rationale.go  what is kept of a point's alarms, and its bounds
//	defaults.go   the texts that are shipped for each kind
//	desk.go       reading, changing, many at once
//	sheet.go      the same as a table that people exchange
//	doors.go      how long a door may stand open, by class and hour
//	held.go       raising what has stood open too long
package rationale

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"guardroom/devices"
)

// Fields are what may be set. Zero values are "not set": the wider level counts
// then (the point's kind, all kinds of the point, the default of the kind).
type Fields struct {
	Priority      int      `json:"priority"` // 1 to 4
	Cause         string   `json:"cause"`
	Consequence   string   `json:"consequence"`
	Response      string   `json:"response"`
	RespondWithin int      `json:"respond_within"` // seconds
	FinishWithin  int      `json:"finish_within"`  // seconds
	Cameras       []string `json:"cameras"`
	Procedure     string   `json:"procedure"`
	OnDelayMS     int      `json:"on_delay_ms"`
	OffDelayMS    int      `json:"off_delay_ms"`
}

// Key names what can be rationalised; an empty kind is all kinds of the point.
type Key struct {
	Point devices.PointID `json:"point"`
	Kind  devices.Kind    `json:"kind"`
}

// Own is what a station has set under a key.
type Own struct {
	Key
	Fields
	ChangedAt time.Time
	ChangedBy string // name
	Version   int64
}

// Point is what the register knows of a point.
type Point struct {
	ID                                 devices.PointID
	Station, Name, Device, DeviceName  string // Device is "<gateway>/<device>"
	Location, Area, AreaName, Category string
	Type, Unit                         string
	Kinds                              []devices.Kind
	Priority                           int                  // the device's own, 0 none
	Priorities                         map[devices.Kind]int // set on the device's page
	Limits                             []devices.Limit      // of its value, with their dead bands
}

// RationaleRow is one point's kind with what counts for it.
type RationaleRow struct {
	Station    string          `json:"station"`
	Point      devices.PointID `json:"point"`
	PointName  string          `json:"point_name"`
	Device     string          `json:"device"`
	DeviceName string          `json:"device_name"`
	Location   string          `json:"location"`
	Area       string          `json:"area"`
	AreaName   string          `json:"area_name"`
	Category   string          `json:"category"`
	Kind       devices.Kind    `json:"kind"`
	LifeSafety bool            `json:"life_safety"`
	// Limits are the bounds of the point's value that give this kind, in Unit, each
	// with its dead band: beyond alarm it raises, only beyond clear it ends. They are
	// the profile's, or the site's own where the profile lets it move them.
	Limits []devices.Limit `json:"limits"`
	Unit   string          `json:"unit"`
	Fields
	// Own lists the fields that the station has set for this kind or for all kinds
	// of the point.
	Own       []string   `json:"own"`
	ChangedAt *time.Time `json:"changed_at"`
	ChangedBy string     `json:"changed_by"`
	Version   int64      `json:"version"` // of the row of exactly this kind; 0: there is none
}

// Bounds.
const (
	LongestText   = 2000 // characters
	LongestDelay  = 300_000
	LongestWithin = 86_400
	MostCameras   = 8
	MostChanges   = 5000 // in one go
)

// InvalidError says which field is wrong and why.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field; the API recognises the error by this method.
func (e *InvalidError) InvalidField() string { return e.Field }

// Check reports the first field that cannot hold for kind k of a point; k may be
// empty, for all kinds of the point, of which some may be life safety.
func (f Fields) Check(k devices.Kind, kinds []devices.Kind) error {
	for _, t := range []struct{ name, text string }{
		{"cause", f.Cause}, {"consequence", f.Consequence}, {"response", f.Response}, {"procedure", f.Procedure},
	} {
		if err := checkText(t.name, t.text); err != nil {
			return err
		}
	}
	for _, n := range []struct {
		name        string
		value, most int
	}{
		{"priority", f.Priority, 4}, {"respond_within", f.RespondWithin, LongestWithin}, {"finish_within", f.FinishWithin, LongestWithin},
		{"on_delay_ms", f.OnDelayMS, LongestDelay}, {"off_delay_ms", f.OffDelayMS, LongestDelay},
	} {
		if n.value < 0 || n.value > n.most {
			return &InvalidError{n.name, fmt.Sprintf("not between 0 (not set) and %d", n.most)}
		}
	}
	if len(f.Cameras) > MostCameras {
		return &InvalidError{"cameras", fmt.Sprintf("more than %d", MostCameras)}
	}
	for _, c := range f.Cameras {
		if !devices.ValidID(c) {
			return &InvalidError{"cameras", fmt.Sprintf("%.64q is no id of a camera", c)}
		}
	}
	if f.FinishWithin > 0 && f.RespondWithin > f.FinishWithin {
		return &InvalidError{"finish_within", "shorter than the time to respond"}
	}
	return f.checkSafety(k, kinds)
}

// checkSafety keeps life safety at its priority and without delay, also where
// something is set for all kinds of a point.
func (f Fields) checkSafety(k devices.Kind, kinds []devices.Kind) error {
	about := kinds
	if k != "" {
		about = []devices.Kind{k}
	}
	i := slices.IndexFunc(about, func(k devices.Kind) bool { return k.Info().LifeSafety })
	if i < 0 {
		return nil
	}
	switch kind := about[i]; {
	case f.Priority != 0 && f.Priority != kind.Info().Priority:
		return &InvalidError{"priority", fmt.Sprintf("%s is life safety and stays at priority %d", kind, kind.Info().Priority)}
	case f.OnDelayMS != 0:
		return &InvalidError{"on_delay_ms", fmt.Sprintf("%s is life safety and is never held back", kind)}
	case f.OffDelayMS != 0:
		return &InvalidError{"off_delay_ms", fmt.Sprintf("%s is life safety and is never held back", kind)}
	}
	return nil
}

func checkText(name, text string) error {
	switch {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return &InvalidError{name, "not plain text in UTF-8"}
	case utf8.RuneCountInString(text) > LongestText:
		return &InvalidError{name, fmt.Sprintf("longer than %d characters", LongestText)}
	}
	return nil
}

// Names are the fields in the order of tables.
var Names = []string{"priority", "cause", "consequence", "response", "respond_within", "finish_within", "cameras", "procedure", "on_delay_ms", "off_delay_ms"}

// set lists the fields of f that are set.
func (f Fields) set() []string {
	own := []string{}
	for _, name := range Names {
		if f.text(name) != "" {
			own = append(own, name)
		}
	}
	return own
}

// text is a field as a table shows it; empty when it is not set.
func (f Fields) text(name string) string {
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return fmt.Sprint(n)
	}
	switch name {
	case "priority":
		return number(f.Priority)
	case "cause":
		return f.Cause
	case "consequence":
		return f.Consequence
	case "response":
		return f.Response
	case "respond_within":
		return number(f.RespondWithin)
	case "finish_within":
		return number(f.FinishWithin)
	case "cameras":
		return strings.Join(f.Cameras, ", ")
	case "procedure":
		return f.Procedure
	case "on_delay_ms":
		return number(f.OnDelayMS)
	case "off_delay_ms":
		return number(f.OffDelayMS)
	}
	return ""
}

// or takes from wider what f does not set.
func (f Fields) or(wider Fields) Fields {
	pick := func(a, b string) string {
		if a != "" {
			return a
		}
		return b
	}
	number := func(a, b int) int {
		if a != 0 {
			return a
		}
		return b
	}
	f.Priority = number(f.Priority, wider.Priority)
	f.Cause, f.Consequence = pick(f.Cause, wider.Cause), pick(f.Consequence, wider.Consequence)
	f.Response, f.Procedure = pick(f.Response, wider.Response), pick(f.Procedure, wider.Procedure)
	f.RespondWithin, f.FinishWithin = number(f.RespondWithin, wider.RespondWithin), number(f.FinishWithin, wider.FinishWithin)
	f.OnDelayMS, f.OffDelayMS = number(f.OnDelayMS, wider.OnDelayMS), number(f.OffDelayMS, wider.OffDelayMS)
	if len(f.Cameras) == 0 {
		f.Cameras = wider.Cameras
	}
	return f
}

// row puts together what counts for kind k of p.
func row(p Point, k devices.Kind, own map[Key]Own) RationaleRow {
	exact, all := own[Key{p.ID, k}], own[Key{p.ID, ""}]
	info := k.Info()
	r := RationaleRow{
		Station: p.Station, Point: p.ID, PointName: p.Name, Device: p.Device, DeviceName: p.DeviceName,
		Location: p.Location, Area: p.Area, AreaName: p.AreaName, Category: p.Category, Kind: k,
		LifeSafety: k != "" && info.LifeSafety, Limits: p.limits(k), Unit: p.Unit, Fields: exact.Fields, Own: []string{}, Version: exact.Version, ChangedBy: exact.ChangedBy,
	}
	if exact.Version > 0 {
		at := exact.ChangedAt.UTC()
		r.ChangedAt = &at
	}
	if k != "" {
		r.Fields = exact.or(all.Fields)
	}
	r.Own = r.set()
	if k != "" {
		r.Fields = r.or(Default(k, p.Category))
		r.Priority = priority(r.Priority, k, p, slices.Contains(r.Own, "priority"))
	}
	if r.Cameras == nil {
		r.Cameras = []string{}
	}
	return r
}

// limits are the bounds that give kind k; of all kinds, those that give any.
func (p Point) limits(k devices.Kind) []devices.Limit {
	list := []devices.Limit{}
	for _, l := range p.Limits {
		if l.Kind != "" && (k == "" || l.Kind == k) {
			list = append(list, l)
		}
	}
	return list
}

// priority is what the alarm machine takes: the station's here, else what was
// set on the device's page, else the device's own, else the kind's.
func priority(usual int, k devices.Kind, p Point, own bool) int {
	switch set := p.Priorities[k]; {
	case k.Info().LifeSafety:
		return k.Info().Priority
	case own:
		return usual
	case set >= 1 && set <= 4:
		return set
	case p.Priority >= 1 && p.Priority <= 4:
		return p.Priority
	}
	return usual
}
