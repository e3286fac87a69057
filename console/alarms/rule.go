package alarms

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"guardroom/console/auth"
	"guardroom/devices"
)

// When names the circumstance in which alarms mean nothing, by design.
type When string

// The circumstances.
const (
	PanelOnTest  When = "panel_on_test" // fire.test at a panel: what its points say, but for life safety and for its line
	AreaDisarmed When = "area_disarmed" // an area is not armed: alarms of its zones
	// GatewayAway is built in and has no rows: one root cause, one alarm. It is a
	// concept of its own because nothing of it can be chosen: what a lost gateway
	// cannot tell follows from the wiring, is counted on its alarm, settles under
	// another cause when that one ends, and may end unseen. A removal has a list, a
	// reason and an end.
	GatewayAway When = "gateway_lost"
)

// SuppressionRule suppresses alarms by design while a circumstance holds.
type SuppressionRule struct {
	ID      string            `json:"id"`
	Station string            `json:"station"`
	Name    string            `json:"name"`
	Enabled bool              `json:"enabled"`
	When    When              `json:"when"`
	Device  string            `json:"device"` // panel_on_test: "<gateway>/<device>"; empty for every panel of the station
	Area    devices.PointID   `json:"area"`   // area_disarmed: the point that says whether the area is armed
	Points  []devices.PointID `json:"points"` // area_disarmed: the zones
	BuiltIn bool              `json:"built_in"`
	Version int64             `json:"version"`
}

// MostPoints of a rule.
const MostPoints = 500

// Ruling reports whether a signal of kind k may set a rule off.
func Ruling(k devices.Kind) bool { return k == devices.FireTest || k == devices.AreaArmed }

// Watches reports whether r looks at signals of point.
func (r *SuppressionRule) Watches(station string, point devices.PointID, kind devices.Kind) bool {
	switch {
	case r.Station != station:
		return false
	case r.When == PanelOnTest:
		return kind == devices.FireTest && (r.Device == "" || r.Device == point.Gateway()+"/"+point.Device())
	case r.When == AreaDisarmed:
		return kind == devices.AreaArmed && r.Area == point
	}
	return false
}

// holds reports whether the circumstance holds while the signal is active.
func (r *SuppressionRule) holds(active bool) bool {
	return r.Enabled && active == (r.When == PanelOnTest)
}

// kind is that of the signals that set it off.
func (w When) kind() devices.Kind {
	if w == PanelOnTest {
		return devices.FireTest
	}
	return devices.AreaArmed
}

// Targets are what r takes out of sight when source sets it off.
func (r *SuppressionRule) Targets(source devices.PointID) []Key {
	if r.When == PanelOnTest {
		return []Key{{AllOf(source), ""}}
	}
	keys := make([]Key, len(r.Points))
	for i, p := range r.Points {
		keys[i] = Key{p, devices.ZoneAlarm}
	}
	return keys
}

// Enforce makes what r takes out of sight fit the signals that it watches:
// source to whether it is active. A source that nobody has heard of is in none
// of them, and takes nothing out of sight.
func (b *Board) Enforce(r *SuppressionRule, sources map[devices.PointID]bool, at time.Time) {
	type target struct {
		Key
		source devices.PointID
	}
	wanted := map[target]bool{}
	for source, active := range sources {
		if r.holds(active) {
			for _, k := range r.Targets(source) {
				wanted[target{k, source}] = true
			}
		}
	}
	for _, s := range slices.Clone(b.Shelves) {
		if s.Rule != r.ID || s.Ended != nil {
			continue
		}
		if t := (target{Key{s.Point, s.Kind}, s.Source}); wanted[t] {
			delete(wanted, t)
		} else if _, asked := sources[s.Source]; asked || !r.Enabled || !r.Watches(r.Station, s.Source, r.When.kind()) {
			b.Finish(s, at, auth.System(), r.over())
		}
	}
	fresh := make([]target, 0, len(wanted))
	for t := range wanted {
		fresh = append(fresh, t)
	}
	slices.SortFunc(fresh, func(x, y target) int {
		return strings.Compare(string(x.Point)+" "+string(x.source), string(y.Point)+" "+string(y.source))
	})
	by := auth.System()
	for _, t := range fresh {
		b.Begin(&Shelf{
			ID: b.NewID(), Station: r.Station, Point: t.Point, Kind: t.Kind, Mode: ModeSuppressed, Reason: r.Name,
			By: by.ID, ByName: by.Name, Since: at, End: EndRule, Rule: r.ID, Source: t.source, Test: r.When == PanelOnTest,
			Beneath: Normal, Version: 1,
		}, at, by)
	}
}

func (r *SuppressionRule) over() string {
	switch {
	case !r.Enabled:
		return "the rule was switched off"
	case r.When == PanelOnTest:
		return "the test is over"
	}
	return "the area is armed"
}

// rule applies a signal that is no alarm and that rules watch.
func (b *Board) rule(h *Heard) {
	key := Key{h.Point, h.Kind}
	before, known := b.Conditions[key]
	if known && !h.place().After(before.At) {
		return
	}
	b.move(key, Condition{Active: h.Active, At: h.place(), Since: h.at(), Began: h.place(), Raised: h.place()})
	for _, r := range b.Rules {
		if r.Watches(h.Station, h.Point, h.Kind) {
			b.Enforce(r, map[devices.PointID]bool{h.Point: h.Active}, h.Received)
		}
	}
}

// validate reports the first field that makes r unusable.
func (r *SuppressionRule) validate() error {
	if strings.TrimSpace(r.Name) == "" {
		return &InvalidError{Field: "name", Reason: "missing"}
	}
	if err := words("name", r.Name); err != nil {
		return err
	}
	switch r.When {
	case PanelOnTest:
		if r.Area != "" || len(r.Points) > 0 {
			return &InvalidError{Field: "area", Reason: "a rule about panels has no area and no points"}
		}
		if r.Device != "" && devices.PointID(r.Device+".x").Validate() != nil {
			return &InvalidError{Field: "device", Reason: "not <gateway>/<device>"}
		}
	case AreaDisarmed:
		return r.validateArea()
	case GatewayAway:
		return &InvalidError{Field: "when", Reason: "what a lost gateway cannot tell stands under its alarm without a rule"}
	default:
		return &InvalidError{Field: "when", Reason: fmt.Sprintf("%.30q is none of panel_on_test, area_disarmed", string(r.When))}
	}
	return nil
}

func (r *SuppressionRule) validateArea() error {
	switch {
	case r.Device != "":
		return &InvalidError{Field: "device", Reason: "a rule about an area has no device"}
	case r.Area.Validate() != nil:
		return &InvalidError{Field: "area", Reason: "name the point that says whether the area is armed"}
	case len(r.Points) == 0 || len(r.Points) > MostPoints:
		return &InvalidError{Field: "points", Reason: fmt.Sprintf("between 1 and %d zones", MostPoints)}
	}
	seen := map[devices.PointID]bool{}
	for i, p := range r.Points {
		if p.Validate() != nil || seen[p] {
			return &InvalidError{Field: fmt.Sprintf("points[%d]", i), Reason: "not a point, or named twice"}
		}
		seen[p] = true
	}
	return nil
}
