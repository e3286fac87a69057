package alarms

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// shelves is what the desk needs of the store for removals and rules.
type shelves interface {
	// Spot is what is known of a point; ErrNotFound when nothing is.
	Spot(ctx context.Context, point devices.PointID) (Spot, error)
	FindShelf(ctx context.Context, id string) (Shelf, error)
	// ListShelves returns the removals in force, newest first.
	ListShelves(ctx context.Context, q ShelfQuery) ([]Shelf, string, error)
	// Remove puts a removal in force, as prepare wants it at the transaction's
	// instant, and writes it with what it does to alarms.
	Remove(ctx context.Context, by auth.Operator, prepare func(now time.Time) (Removal, audit.Entry, error)) (Shelf, error)
	// Restore ends one. It is no error when it has ended already.
	Restore(ctx context.Context, by auth.Operator, id, why string, e audit.Entry) (Shelf, error)
	// Confirm lets step change a removal that is in force, which is locked.
	Confirm(ctx context.Context, id string, step func(s *Shelf, now time.Time) (audit.Entry, error)) (Shelf, error)

	Rules(ctx context.Context, stations []string) ([]SuppressionRule, error)
	FindRule(ctx context.Context, id string) (SuppressionRule, error)
	// SaveRule writes a rule that is new or at the version that r names, and makes
	// what it takes out of sight fit.
	SaveRule(ctx context.Context, r SuppressionRule, e audit.Entry) (SuppressionRule, error)
	RemoveRule(ctx context.Context, r SuppressionRule, e audit.Entry) error
}

// Spot is what shelving needs to know of a point.
type Spot struct {
	Station   string
	Category  string
	Perimeter bool // its area, or one around it, is on the perimeter
}

// perimeter reports whether somebody has to walk where alarms of kind are put
// aside. An empty kind of an intrusion panel takes its zones along.
func (s Spot) perimeter(kind devices.Kind) bool {
	return s.Perimeter || strings.HasPrefix(string(kind), "zone.") || kind == "" && s.Category == "intrusion"
}

// Aside says for how long something is put aside, and why. With none of Minutes,
// Until, UntilShift and OneShot it is until the end of the shift.
type Aside struct {
	Reason     string
	Minutes    int
	Until      time.Time
	UntilShift bool
	OneShot    bool // until the alarm is over, at most until the end of the shift
	Patrol     string
}

// shortShelving is how long whoever may shelve at all may shelve; beyond that
// takes a right of its own.
const shortShelving = 60 * time.Minute

// longestOutOfService bounds what is forgotten.
const longestOutOfService = 90 * 24 * time.Hour

// ConfirmAhead is how long before the end of a shift the next officer is asked.
const ConfirmAhead = 15 * time.Minute

func (a Aside) validate() error {
	chosen := 0
	for _, c := range []bool{a.Minutes != 0, !a.Until.IsZero(), a.UntilShift, a.OneShot} {
		if c {
			chosen++
		}
	}
	switch {
	case chosen > 1:
		return &InvalidError{Field: "minutes", Reason: "choose one of minutes, until, until_shift, one_shot"}
	case a.Minutes < 0:
		return &InvalidError{Field: "minutes", Reason: "not positive"}
	case strings.TrimSpace(a.Reason) == "":
		return &InvalidError{Field: "reason", Reason: "say why"}
	}
	if err := words("reason", a.Reason); err != nil {
		return err
	}
	return words("patrol", a.Patrol)
}

// Shelve puts alarm id aside, as it was at version.
func (d *Desk) Shelve(ctx context.Context, by auth.Operator, id string, version int, aside Aside) (Alarm, error) {
	a, err := d.permitted(ctx, by, auth.AlarmsShelve, id)
	if err != nil {
		return Alarm{}, err
	}
	if !a.Open() {
		return Alarm{}, &ConflictError{Code: "condition", Reason: "over", Text: "this alarm is over"}
	}
	if err := a.current(version); err != nil {
		return Alarm{}, err
	}
	spot, err := d.spot(ctx, a.Station, a.Point)
	if err != nil {
		return Alarm{}, err
	}
	if _, err := d.shelve(ctx, by, spot, a.Point, a.Kind, aside); err != nil {
		return Alarm{}, err
	}
	return d.Store.Find(ctx, id)
}

// spot of a point that has spoken: what the register does not know is at the
// station of its alarm.
func (d *Desk) spot(ctx context.Context, station string, point devices.PointID) (Spot, error) {
	spot, err := d.Store.Spot(ctx, point)
	if isNotFound(err) {
		return Spot{Station: station}, nil
	}
	spot.Station = station
	return spot, err
}

// ShelvePoint puts the alarms of a point aside, also those to come; kind may be
// empty for all but life safety.
func (d *Desk) ShelvePoint(ctx context.Context, by auth.Operator, point devices.PointID, kind devices.Kind, aside Aside) (Shelf, error) {
	spot, err := d.place(ctx, by, auth.AlarmsShelve, point)
	if err != nil {
		return Shelf{}, err
	}
	if strings.HasSuffix(string(point), "."+allPoints) {
		return Shelf{}, &InvalidError{Field: "point", Reason: "a whole device can be taken out of service, not shelved"}
	}
	return d.shelve(ctx, by, spot, point, kind, aside)
}

// place finds a point where by may do p.
func (d *Desk) place(ctx context.Context, by auth.Operator, p auth.Permission, point devices.PointID) (Spot, error) {
	if err := anywhere(by, p); err != nil {
		return Spot{}, err
	}
	spot, err := d.Store.Spot(ctx, point)
	if err != nil {
		return Spot{}, err
	}
	return spot, by.May(p, spot.Station)
}

func (d *Desk) shelve(ctx context.Context, by auth.Operator, spot Spot, point devices.PointID, kind devices.Kind, aside Aside) (Shelf, error) {
	if err := aside.validate(); err != nil {
		return Shelf{}, err
	}
	if spot.perimeter(kind) && strings.TrimSpace(aside.Patrol) == "" {
		return Shelf{}, &InvalidError{Field: "patrol", Reason: "this point guards the perimeter: name the patrol that stands in for it"}
	}
	rostered := d.rostered(ctx, by, spot.Station, time.Time{})
	return d.Store.Remove(ctx, by, func(now time.Time) (Removal, audit.Entry, error) {
		until, end, err := d.limit(by, spot.Station, now, rostered, aside)
		if err != nil {
			return Removal{}, audit.Entry{}, err
		}
		r := Removal{
			Station: spot.Station, Point: point, Kind: kind, Mode: ModeShelved, Reason: strings.TrimSpace(aside.Reason),
			Until: until, End: end, Patrol: strings.TrimSpace(aside.Patrol),
		}
		return r, d.removalEntry(by, "alarm.shelve", r), r.Validate()
	})
}

// limit is when a shelving ends at the latest, by what by may.
func (d *Desk) limit(by auth.Operator, station string, now, rostered time.Time, aside Aside) (time.Time, End, error) {
	policy := d.Policies.Of(station)
	longest := time.Duration(policy.Handling.LongestMinutes) * time.Minute
	span := time.Duration(min(aside.Minutes, 10*365*24*60)) * time.Minute
	field := "minutes"
	if !aside.Until.IsZero() {
		span, field = aside.Until.Sub(now), "until"
		if span <= 0 {
			return time.Time{}, "", &InvalidError{Field: field, Reason: "that time has passed"}
		}
	}
	if span == 0 {
		end := EndShift
		if aside.OneShot {
			end = EndOneShot
		}
		shift := d.shiftEnd(station, now, rostered)
		if latest := now.Add(longest); shift.After(latest) {
			shift = latest
		}
		return shift, end, nil
	}
	if span > longest {
		return time.Time{}, "", &InvalidError{Field: field, Reason: fmt.Sprintf("at most %d minutes here", policy.Handling.LongestMinutes)}
	}
	if span > shortShelving {
		if err := by.May(auth.AlarmsShelveLong, station); err != nil {
			return time.Time{}, "", err
		}
	}
	return now.Add(span).Truncate(time.Microsecond), EndTime, nil
}

// rostered is when the shift of whoever shelves ends by the roster in force; zero
// without one. It is asked before the transaction.
func (d *Desk) rostered(ctx context.Context, by auth.Operator, station string, after time.Time) time.Time {
	if d.Rostered == nil {
		return time.Time{}
	}
	end, _ := d.Rostered(ctx, station, by.ID, after)
	return end
}

// shiftEnd is the end of the shift by the roster when that lies after now, or by the
// times that the station has chosen.
func (d *Desk) shiftEnd(station string, now, rostered time.Time) time.Time {
	if rostered.After(now) {
		return rostered
	}
	var zone *time.Location
	if d.Zone != nil {
		zone = d.Zone(station)
	}
	return ShiftEnd(now, zone, d.Policies.Of(station).Shifts)
}

// Remove takes a point's alarms out of sight for those who may: out of service
// with the right to that; the console itself also by design.
func (d *Desk) Remove(ctx context.Context, by auth.Operator, r Removal) (Shelf, error) {
	switch r.Mode {
	case ModeShelved:
		aside := Aside{Reason: r.Reason, Until: r.Until, OneShot: r.End == EndOneShot, UntilShift: r.End == EndShift, Patrol: r.Patrol}
		if r.End == EndShift || r.End == EndOneShot {
			aside.Until = time.Time{}
		}
		return d.ShelvePoint(ctx, by, r.Point, r.Kind, aside)
	case ModeSuppressed:
		if by.ID != auth.System().ID {
			return Shelf{}, &InvalidError{Field: "mode", Reason: "what is suppressed by design follows from rules"}
		}
	}
	if by.ID != auth.System().ID {
		if err := by.May(auth.AlarmsRemove, r.Station); err != nil {
			return Shelf{}, err
		}
	}
	r.Reason = strings.TrimSpace(r.Reason)
	if err := r.Validate(); err != nil {
		return Shelf{}, err
	}
	spot, err := d.Store.Spot(ctx, r.Point)
	if err != nil {
		return Shelf{}, err
	}
	if spot.Station != r.Station {
		return Shelf{}, &InvalidError{Field: "point", Reason: "not a point of this station"}
	}
	return d.Store.Remove(ctx, by, func(now time.Time) (Removal, audit.Entry, error) {
		if !r.Until.IsZero() && !r.Until.After(now) {
			return r, audit.Entry{}, &InvalidError{Field: "until", Reason: "that time has passed"}
		}
		if r.Until.After(now.Add(longestOutOfService)) {
			return r, audit.Entry{}, &InvalidError{Field: "until", Reason: "more than 90 days away"}
		}
		return r, d.removalEntry(by, "alarm.remove", r), nil
	})
}

// OutOfService takes a point, or all points of a device, out of service until an
// instant: nobody is to forget it.
func (d *Desk) OutOfService(ctx context.Context, by auth.Operator, point devices.PointID, kind devices.Kind, aside Aside) (Shelf, error) {
	spot, err := d.place(ctx, by, auth.AlarmsRemove, point)
	if err != nil {
		return Shelf{}, err
	}
	if err := aside.validate(); err != nil {
		return Shelf{}, err
	}
	r := Removal{Station: spot.Station, Point: point, Kind: kind, Mode: ModeOutOfService, Reason: aside.Reason, Until: aside.Until, Patrol: aside.Patrol}
	switch {
	case aside.OneShot || aside.UntilShift:
		return Shelf{}, &InvalidError{Field: "minutes", Reason: "what is out of service ends at a time"}
	case aside.Minutes == 0 && aside.Until.IsZero():
		return Shelf{}, &InvalidError{Field: "until", Reason: "say until when"}
	case aside.Minutes > int(longestOutOfService/time.Minute):
		return Shelf{}, &InvalidError{Field: "minutes", Reason: "more than 90 days"}
	}
	if aside.Minutes == 0 {
		return d.Remove(ctx, by, r)
	}
	r.Reason = strings.TrimSpace(r.Reason)
	if err := r.Validate(); err != nil {
		return Shelf{}, err
	}
	return d.Store.Remove(ctx, by, func(now time.Time) (Removal, audit.Entry, error) {
		r.Until = now.Add(time.Duration(aside.Minutes) * time.Minute)
		return r, d.removalEntry(by, "alarm.remove", r), nil
	})
}

func (d *Desk) removalEntry(by auth.Operator, action string, r Removal) audit.Entry {
	params := map[string]string{"point": string(r.Point), "kind": string(r.Kind), "mode": string(r.Mode), "reason": r.Reason, "end": string(r.End)}
	if !r.Until.IsZero() {
		params["until"] = r.Until.UTC().Format(time.RFC3339)
	}
	if r.Patrol != "" {
		params["patrol"] = r.Patrol
	}
	return audit.By(by, r.Station, action, "point:"+string(r.Point), params)
}

// Restore ends a removal before its time: what lies beneath shows as it is.
// Ending one that has ended is no error. What is out of service takes the right
// to that, the rest the right to shelve.
func (d *Desk) Restore(ctx context.Context, by auth.Operator, id, reason string) (Shelf, error) {
	person := by.ID != auth.System().ID
	if all, some := by.Stations(auth.AlarmsRemove); person && !all && len(some) == 0 {
		if err := anywhere(by, auth.AlarmsShelve); err != nil {
			return Shelf{}, err
		}
	}
	s, err := d.Store.FindShelf(ctx, id)
	if person && isNotFound(err) {
		if forbidden := anywhere(by, auth.AlarmsShelve); forbidden != nil {
			return Shelf{}, forbidden
		}
	}
	if err != nil {
		return Shelf{}, err
	}
	right := auth.AlarmsShelve
	if s.Mode == ModeOutOfService {
		right = auth.AlarmsRemove
	}
	if err := by.May(right, s.Station); person && err != nil {
		return Shelf{}, err
	}
	if err := words("reason", reason); err != nil {
		return Shelf{}, err
	}
	e := audit.By(by, s.Station, "alarm.restore", "point:"+string(s.Point), map[string]string{
		"shelf": s.ID, "kind": string(s.Kind), "mode": string(s.Mode), "reason": reason,
	})
	return d.Store.Restore(ctx, by, id, strings.TrimSpace(reason), e)
}

// anywhere returns a *auth.ForbiddenError when by may do p at no station at all:
// then they learn nothing of what there is.
func anywhere(by auth.Operator, p auth.Permission) error {
	if all, some := by.Stations(p); !all && len(some) == 0 {
		return by.May(p, auth.AllStations)
	}
	return nil
}

// Unshelve is Restore for what was shelved.
func (d *Desk) Unshelve(ctx context.Context, by auth.Operator, id, reason string) (Shelf, error) {
	return d.Restore(ctx, by, id, reason)
}

// Confirm lets a shelving outlive its shift: another officer than the one who
// answers for it answers for it now, until the end of the next shift.
func (d *Desk) Confirm(ctx context.Context, by auth.Operator, id string) (Shelf, error) {
	if err := anywhere(by, auth.AlarmsShelve); err != nil {
		return Shelf{}, err
	}
	found, err := d.Store.FindShelf(ctx, id)
	if err != nil {
		return Shelf{}, err
	}
	if err := by.May(auth.AlarmsShelve, found.Station); err != nil {
		return Shelf{}, err
	}
	rostered := time.Time{}
	if found.Until != nil {
		rostered = d.rostered(ctx, by, found.Station, *found.Until)
	}
	return d.Store.Confirm(ctx, id, func(s *Shelf, now time.Time) (audit.Entry, error) {
		switch {
		case s.Ended != nil || s.Until == nil:
			return audit.Entry{}, &ConflictError{Code: "condition", Reason: "over", Text: "this has ended; shelve it anew if it has to be"}
		case !s.NeedsConfirm && s.By == by.ID:
			return audit.Entry{}, ErrUnchanged
		case !s.NeedsConfirm:
			return audit.Entry{}, &ConflictError{Code: "condition", Reason: "not_due", Text: "nothing is to be confirmed yet"}
		case s.By == by.ID:
			return audit.Entry{}, &ConflictError{Code: "condition", Reason: "confirm_yourself", Text: "another officer than " + s.ByName + " has to confirm this"}
		}
		until := d.shiftEnd(s.Station, *s.Until, rostered)
		s.Until, s.NeedsConfirm, s.By, s.ByName = &until, false, by.ID, by.Name
		return audit.By(by, s.Station, "alarm.shelf_confirm", "point:"+string(s.Point), map[string]string{
			"shelf": s.ID, "kind": string(s.Kind), "until": until.Format(time.RFC3339),
		}), nil
	})
}

// ShelfFilter chooses removals in force; empty fields choose everything.
type ShelfFilter struct {
	Station string
	Mode    Mode
	Point   devices.PointID
	Limit   int // default 100, at most 1000
	Cursor  string
}

// ShelfQuery is a ShelfFilter with the stations that the operator may see.
type ShelfQuery struct {
	ShelfFilter
	Stations []string // nil: all
}

// Shelves lists the removals in force, newest first; next is the cursor of the
// following page.
func (d *Desk) Shelves(ctx context.Context, by auth.Operator, f ShelfFilter) (list []Shelf, next string, err error) {
	stations, err := by.Scope(auth.AlarmsRead, f.Station)
	if err != nil {
		return nil, "", err
	}
	switch {
	case f.Mode != "" && strength[f.Mode] == 0:
		return nil, "", &InvalidError{Field: "mode", Reason: fmt.Sprintf("%.20q is none of shelved, suppressed, out_of_service", string(f.Mode))}
	case f.Limit < 0 || f.Limit > 1000:
		return nil, "", &InvalidError{Field: "limit", Reason: "not between 1 and 1000"}
	case f.Limit == 0:
		f.Limit = 100
	}
	return d.Store.ListShelves(ctx, ShelfQuery{ShelfFilter: f, Stations: stations})
}

// Rules lists the rules of suppression by design, with those that are built in.
func (d *Desk) Rules(ctx context.Context, by auth.Operator, station string) ([]SuppressionRule, error) {
	stations, err := by.Scope(auth.AlarmsRead, station)
	if err != nil {
		return nil, err
	}
	rules, err := d.Store.Rules(ctx, stations)
	if err != nil {
		return nil, err
	}
	return append([]SuppressionRule{{ID: string(GatewayAway), Station: station, Name: "A lost gateway stands for what it cannot tell",
		Enabled: true, When: GatewayAway, Points: []devices.PointID{}, BuiltIn: true, Version: 1}}, rules...), nil
}

// AddRule puts a rule in force.
func (d *Desk) AddRule(ctx context.Context, by auth.Operator, r SuppressionRule) (SuppressionRule, error) {
	if err := by.May(auth.AlarmsRationalise, r.Station); err != nil {
		return SuppressionRule{}, err
	}
	r.ID, r.Version, r.BuiltIn = "", 0, false
	return d.saveRule(ctx, by, r, "rule.add")
}

// ChangeRule replaces a rule that is still at r.Version.
func (d *Desk) ChangeRule(ctx context.Context, by auth.Operator, r SuppressionRule) (SuppressionRule, error) {
	was, err := d.rule(ctx, by, r.ID)
	if err != nil {
		return SuppressionRule{}, err
	}
	r.Station, r.BuiltIn = was.Station, false
	return d.saveRule(ctx, by, r, "rule.change")
}

func (d *Desk) saveRule(ctx context.Context, by auth.Operator, r SuppressionRule, action string) (SuppressionRule, error) {
	if r.Points == nil {
		r.Points = []devices.PointID{}
	}
	if err := r.validate(); err != nil {
		return SuppressionRule{}, err
	}
	for i, p := range r.Points {
		spot, err := d.Store.Spot(ctx, p)
		if err != nil && !isNotFound(err) {
			return SuppressionRule{}, err
		}
		if err != nil || spot.Station != r.Station {
			return SuppressionRule{}, &InvalidError{Field: fmt.Sprintf("points[%d]", i), Reason: "not a point of this station"}
		}
	}
	return d.Store.SaveRule(ctx, r, audit.By(by, r.Station, "suppression."+action, "rule:"+r.ID, map[string]string{
		"name": r.Name, "when": string(r.When), "enabled": fmt.Sprint(r.Enabled), "device": r.Device, "area": string(r.Area), "points": fmt.Sprint(len(r.Points)),
	}))
}

// DropRule removes a rule; what it took out of sight comes back.
func (d *Desk) DropRule(ctx context.Context, by auth.Operator, id string) error {
	r, err := d.rule(ctx, by, id)
	if err != nil {
		return err
	}
	return d.Store.RemoveRule(ctx, r, audit.By(by, r.Station, "suppression.rule.remove", "rule:"+r.ID, map[string]string{"name": r.Name}))
}

// rule finds a rule that by may change.
func (d *Desk) rule(ctx context.Context, by auth.Operator, id string) (SuppressionRule, error) {
	if err := anywhere(by, auth.AlarmsRationalise); err != nil {
		return SuppressionRule{}, err
	}
	if id == string(GatewayAway) {
		return SuppressionRule{}, &ConflictError{Code: "condition", Reason: "built_in", Text: "this one is built in: one root cause, one alarm"}
	}
	r, err := d.Store.FindRule(ctx, id)
	if err != nil {
		return SuppressionRule{}, err
	}
	return r, by.May(auth.AlarmsRationalise, r.Station)
}

// StaleRuleError says that somebody has changed a rule since it was read.
type StaleRuleError struct{ Now int64 }

func (e *StaleRuleError) Error() string {
	return fmt.Sprintf("somebody has changed this rule since: it is at version %d now", e.Now)
}

// Stale gives the version as it is now.
func (e *StaleRuleError) Stale() int64 { return e.Now }

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }
