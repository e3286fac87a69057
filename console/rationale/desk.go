package rationale

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// Desk is where alarms are rationalised.
type Desk struct {
	Store desk
	// Changed is told that the times of doors are to be read anew; may be nil.
	Changed func()
}

// desk is what the desk needs of the store.
type desk interface {
	// Points lists the points of a station that may alarm; of all that are named,
	// when any is.
	Points(ctx context.Context, station string, only ...devices.PointID) ([]Point, error)
	Own(ctx context.Context, station string, only ...devices.PointID) ([]Own, error)
	// Change writes steps in one transaction with the entry. It returns a *StaleError
	// when one of them is at another version than it names.
	Change(ctx context.Context, station string, by auth.Operator, steps []Step, e audit.Entry) error
	Changes(ctx context.Context, q ChangesQuery) ([]RationaleChange, error)
	// StationOf returns ErrNotFound for a point that no gateway serves.
	StationOf(ctx context.Context, point devices.PointID) (string, error)

	doorStore
}

// ErrNotFound is returned for a point that does not exist.
var ErrNotFound = errors.New("no such point")

// StaleError says that a row is at another version than was seen.
type StaleError struct {
	Key Key
	Now int64
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("somebody has changed %s %s since: it is at version %d now", e.Key.Point, e.Key.Kind, e.Now)
}

// Stale gives the version as it is now.
func (e *StaleError) Stale() int64 { return e.Now }

// Step is one row as it was and shall be. Now without anything set removes it.
type Step struct {
	Key      Key
	Seen     int64 // version; 0: there is none
	Was, Now Fields
}

// Filter chooses rows. Empty fields choose everything.
type Filter struct {
	Station string // needed
	Area    string
	Device  string // "<gateway>/<device>"
	Point   devices.PointID
	Kind    devices.Kind
	Text    string // in names, place or texts
	Only    Only
}

// Only narrows a list to what still wants work.
type Only string

// What a list may be narrowed to.
const (
	Everything Only = ""
	Missing    Only = "missing" // no response
	Untouched  Only = "default" // nobody has set anything: the shipped texts count
	Touched    Only = "own"     // the station has set something
)

// List returns the rows of a station in the order of device, point and kind. With
// a point named, its row for all kinds comes too.
func (d *Desk) List(ctx context.Context, by auth.Operator, f Filter) ([]RationaleRow, error) {
	if f.Station == "" {
		return nil, &InvalidError{"station", "missing"}
	}
	if err := by.May(auth.AlarmsRead, f.Station); err != nil {
		return nil, err
	}
	return d.rows(ctx, f)
}

func (d *Desk) rows(ctx context.Context, f Filter) ([]RationaleRow, error) {
	var only []devices.PointID
	if f.Point != "" {
		only = append(only, f.Point)
	}
	points, err := d.Store.Points(ctx, f.Station, only...)
	if err != nil {
		return nil, err
	}
	list, err := d.Store.Own(ctx, f.Station, only...)
	if err != nil {
		return nil, err
	}
	own := map[Key]Own{}
	for _, o := range list {
		own[o.Key] = o
	}
	rows := []RationaleRow{}
	for _, p := range points {
		for _, k := range p.rowsOf(own, f.Point != "") {
			if r := row(p, k, own); f.fits(r) {
				rows = append(rows, r)
			}
		}
	}
	slices.SortFunc(rows, func(a, b RationaleRow) int {
		return cmp.Or(cmp.Compare(a.Device, b.Device), cmp.Compare(a.Point, b.Point), cmp.Compare(a.Kind, b.Kind))
	})
	return rows, nil
}

// rowsOf lists the kinds of p that have a row: those that may alarm, those that
// the station has set, and all kinds together where that is set or asked for.
func (p Point) rowsOf(own map[Key]Own, all bool) []devices.Kind {
	kinds := []devices.Kind{}
	for _, k := range p.Kinds {
		if k.Info().Alarm {
			kinds = append(kinds, k)
		}
	}
	if _, set := own[Key{p.ID, ""}]; all || set {
		kinds = append(kinds, "")
	}
	return kinds
}

func (f Filter) fits(r RationaleRow) bool {
	switch {
	case f.Area != "" && r.Area != f.Area, f.Device != "" && r.Device != f.Device, f.Kind != "" && r.Kind != f.Kind:
		return false
	case f.Only == Missing && (r.Response != "" || r.Kind == ""), f.Only == Untouched && len(r.Own) > 0, f.Only == Touched && len(r.Own) == 0:
		return false
	case f.Text == "":
		return true
	}
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), strings.ToLower(f.Text)) }
	return slices.ContainsFunc([]string{string(r.Point), r.PointName, r.DeviceName, r.Location, r.AreaName, string(r.Kind), r.Cause, r.Consequence, r.Response, r.Procedure}, has)
}

// Of returns what counts for one kind of a point, whether it is in the register
// or not: an alarm of a point that is gone still has the texts of its kind.
func (d *Desk) Of(ctx context.Context, by auth.Operator, k Key) (RationaleRow, error) {
	if k.Kind == "" || !devices.ValidID(string(k.Kind)) {
		return RationaleRow{}, &InvalidError{"kind", "not a kind of signal"}
	}
	if err := k.Point.Validate(); err != nil {
		return RationaleRow{}, &InvalidError{"point", err.Error()}
	}
	if all, some := by.Stations(auth.AlarmsRead); !all && len(some) == 0 {
		return RationaleRow{}, by.May(auth.AlarmsRead, auth.AllStations)
	}
	p, err := d.point(ctx, k.Point)
	if err != nil {
		return RationaleRow{}, err
	}
	if err := by.May(auth.AlarmsRead, p.Station); err != nil {
		return RationaleRow{}, err
	}
	list, err := d.Store.Own(ctx, p.Station, k.Point)
	if err != nil {
		return RationaleRow{}, err
	}
	own := map[Key]Own{}
	for _, o := range list {
		own[o.Key] = o
	}
	return row(p, k.Kind, own), nil
}

// point finds a point, or what its id tells when the register has none: what the
// console says of a gateway belongs to no point of a birth.
func (d *Desk) point(ctx context.Context, id devices.PointID) (Point, error) {
	station, err := d.Store.StationOf(ctx, id)
	if err != nil {
		return Point{}, err
	}
	found, err := d.Store.Points(ctx, station, id)
	if err != nil {
		return Point{}, err
	}
	for _, p := range found {
		if p.ID == id {
			return p, nil
		}
	}
	return Point{ID: id, Station: station, Device: id.Gateway() + "/" + id.Device()}, nil
}

// Change is what shall be set under a key; nil leaves a field, a zero value
// unsets it.
type Change struct {
	Key
	Version       int64 // as seen; 0: there was no row; below 0: whatever it is
	Priority      *int
	Cause         *string
	Consequence   *string
	Response      *string
	RespondWithin *int
	FinishWithin  *int
	Cameras       *[]string
	Procedure     *string
	OnDelayMS     *int
	OffDelayMS    *int
	// Deadband is refused here: see noDeadband.
	Deadband *float64
}

func (c Change) onto(f Fields) Fields {
	set(&f.Priority, c.Priority)
	set(&f.RespondWithin, c.RespondWithin)
	set(&f.FinishWithin, c.FinishWithin)
	set(&f.OnDelayMS, c.OnDelayMS)
	set(&f.OffDelayMS, c.OffDelayMS)
	for _, t := range []struct{ to, from *string }{{&f.Cause, c.Cause}, {&f.Consequence, c.Consequence}, {&f.Response, c.Response}, {&f.Procedure, c.Procedure}} {
		if t.from != nil {
			*t.to = strings.TrimSpace(*t.from)
		}
	}
	if c.Cameras != nil {
		f.Cameras = slices.Clone(*c.Cameras)
	}
	return f
}

func set[V any](to *V, from *V) {
	if from != nil {
		*to = *from
	}
}

// noDeadband says where a dead band is set instead: the console hears that a limit
// was passed, not each value, so it could only guess.
func noDeadband(p Point) string {
	switch {
	case slices.ContainsFunc(p.Limits, func(l devices.Limit) bool { return l.Adjustable != nil }):
		return "the limit and its dead band are kept where the value is read: set alarm_above with clear_below, or alarm_below with clear_above, under limits of the point in its gateway's configuration"
	case len(p.Limits) > 0:
		return "the limit and its dead band are the profile's, and it lets no site move them; a delay can be set here"
	case p.Type == "analog" || p.Type == "counter":
		return "this point's profile sets no limit; alarm_above with clear_below, or alarm_below with clear_above, gives it one with a dead band"
	}
	return "this point has states and no value; a delay keeps it from chattering"
}

// RationaleOutcome tells of a change of many.
type RationaleOutcome struct {
	Changed int              `json:"changed"`
	Rows    []RationaleRow   `json:"rows"` // as they are now, at most 500
	Faults  []RationaleFault `json:"faults"`
}

// RationaleFault is one thing that is wrong with one change. Row is its place in the
// request, from 1, or the row of the file.
type RationaleFault struct {
	Row    int             `json:"row"`
	Point  devices.PointID `json:"point"`
	Kind   devices.Kind    `json:"kind"`
	Field  string          `json:"field"`
	Reason string          `json:"reason"`
}

// FaultsError refuses many changes because of some.
type FaultsError struct{ Faults []RationaleFault }

func (e *FaultsError) Error() string {
	f := e.Faults[0]
	return fmt.Sprintf("%s: row %d, %s %s: %s", f.Field, f.Row, f.Point, f.Kind, f.Reason)
}

// InvalidField names the first field; the API recognises the error by this method.
func (e *FaultsError) InvalidField() string { return e.Faults[0].Field }

// Set makes changes, all of them or none.
func (d *Desk) Set(ctx context.Context, by auth.Operator, station string, changes []Change) (RationaleOutcome, error) {
	if err := by.May(auth.AlarmsRationalise, station); err != nil {
		return RationaleOutcome{}, err
	}
	if len(changes) == 0 || len(changes) > MostChanges {
		return RationaleOutcome{}, &InvalidError{"items", fmt.Sprintf("between 1 and %d", MostChanges)}
	}
	steps, faults, err := d.steps(ctx, station, changes, nil)
	switch {
	case err != nil:
		return RationaleOutcome{}, err
	case len(changes) == 1 && len(faults) == 1 && faults[0].Field == "version":
		now, err := d.Store.Own(ctx, station, changes[0].Point)
		if err != nil {
			return RationaleOutcome{}, err
		}
		stale := &StaleError{Key: changes[0].Key}
		for _, o := range now {
			if o.Key == stale.Key {
				stale.Now = o.Version
			}
		}
		return RationaleOutcome{}, stale
	case len(faults) > 0:
		return RationaleOutcome{}, &FaultsError{faults}
	}
	if err := d.write(ctx, by, station, steps, "rationale.change"); err != nil {
		return RationaleOutcome{}, err
	}
	return d.outcome(ctx, station, steps)
}

func (d *Desk) write(ctx context.Context, by auth.Operator, station string, steps []Step, action string) error {
	if len(steps) == 0 {
		return nil
	}
	params := map[string]string{"rows": fmt.Sprint(len(steps))}
	subject := "rationale:" + station
	if len(steps) == 1 {
		s := steps[0]
		subject = "point:" + string(s.Key.Point)
		params["kind"] = string(s.Key.Kind)
		for _, name := range Names {
			if was, now := s.Was.text(name), s.Now.text(name); was != now {
				params[name] = now
			}
		}
	}
	return d.Store.Change(ctx, station, by, steps, audit.By(by, station, action, subject, params))
}

// steps checks changes against what is there. rows are their numbers in a file;
// nil counts them from 1.
func (d *Desk) steps(ctx context.Context, station string, changes []Change, rows []int) ([]Step, []RationaleFault, error) {
	points, own, err := d.present(ctx, station, changes)
	if err != nil {
		return nil, nil, err
	}
	var steps []Step
	var faults []RationaleFault
	seen := map[Key]bool{}
	for i, c := range changes {
		number := i + 1
		if rows != nil {
			number = rows[i]
		}
		step, field, reason := check(c, points, own, seen)
		seen[c.Key] = true
		switch {
		case reason != "":
			faults = append(faults, RationaleFault{Row: number, Point: c.Point, Kind: c.Kind, Field: field, Reason: reason})
		case step.changes():
			steps = append(steps, step)
		}
	}
	return steps, faults, nil
}

func (d *Desk) present(ctx context.Context, station string, changes []Change) (map[devices.PointID]Point, map[Key]Own, error) {
	ids := make([]devices.PointID, 0, len(changes))
	for _, c := range changes {
		ids = append(ids, c.Point)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	found, err := d.Store.Points(ctx, station, ids...)
	if err != nil {
		return nil, nil, err
	}
	list, err := d.Store.Own(ctx, station, ids...)
	if err != nil {
		return nil, nil, err
	}
	points, own := map[devices.PointID]Point{}, map[Key]Own{}
	for _, p := range found {
		points[p.ID] = p
	}
	for _, o := range list {
		own[o.Key] = o
	}
	return points, own, nil
}

func check(c Change, points map[devices.PointID]Point, own map[Key]Own, seen map[Key]bool) (Step, string, string) {
	p, known := points[c.Point]
	was := own[c.Key]
	step := Step{Key: c.Key, Seen: was.Version, Was: was.Fields, Now: c.onto(was.Fields)}
	switch {
	case !known:
		return step, "point", "no point of this station"
	case c.Kind != "" && !slices.Contains(p.Kinds, c.Kind):
		return step, "kind", fmt.Sprintf("%.64q is not given by this point", c.Kind)
	case c.Kind != "" && !c.Kind.Info().Alarm:
		return step, "kind", "is no alarm"
	case seen[c.Key]:
		return step, "point", "the same point and kind stand above already"
	case c.Version >= 0 && c.Version != was.Version:
		return step, "version", (&StaleError{c.Key, was.Version}).Error()
	case c.Deadband != nil:
		return step, "deadband", noDeadband(p)
	}
	// What holds together with the defaults must hold too: a time to respond of its
	// own against a shipped time to finish.
	err := step.Now.Check(c.Kind, p.Kinds)
	if err == nil && c.Kind != "" {
		err = step.Now.or(own[Key{c.Point, ""}].Fields).or(Default(c.Kind, p.Category)).Check(c.Kind, p.Kinds)
	}
	var invalid *InvalidError
	if errors.As(err, &invalid) {
		return step, invalid.Field, invalid.Reason
	}
	return step, "", ""
}

const mostShown = 500

func (d *Desk) outcome(ctx context.Context, station string, steps []Step) (RationaleOutcome, error) {
	o := RationaleOutcome{Changed: len(steps), Rows: []RationaleRow{}, Faults: []RationaleFault{}}
	for _, s := range steps[:min(len(steps), mostShown)] {
		rows, err := d.rows(ctx, Filter{Station: station, Point: s.Key.Point, Kind: s.Key.Kind})
		if err != nil {
			return o, err
		}
		o.Rows = append(o.Rows, rows...)
		if len(steps) > 20 { // a list is read anew after that many
			break
		}
	}
	return o, nil
}

// ChangesQuery chooses changes, newest first.
type ChangesQuery struct {
	Station string
	Point   devices.PointID
	Limit   int
	Before  int64 // id; 0: from the newest
}

// RationaleChange is one change: who set what, from what, to what.
type RationaleChange struct {
	ID     int64             `json:"id"`
	At     time.Time         `json:"at"`
	By     string            `json:"by"`
	ByName string            `json:"by_name"`
	Point  devices.PointID   `json:"point"`
	Kind   devices.Kind      `json:"kind"`
	Was    map[string]string `json:"was"`
	Now    map[string]string `json:"now"`
}

// Differences are the fields in which s changes something, before and after.
func (s Step) Differences() (was, now map[string]string) {
	was, now = map[string]string{}, map[string]string{}
	for _, name := range Names {
		if a, b := s.Was.text(name), s.Now.text(name); a != b {
			was[name], now[name] = a, b
		}
	}
	return was, now
}

func (s Step) changes() bool {
	_, now := s.Differences()
	return len(now) > 0
}

// Changes lists who changed what.
func (d *Desk) Changes(ctx context.Context, by auth.Operator, q ChangesQuery) ([]RationaleChange, error) {
	if q.Station == "" {
		return nil, &InvalidError{"station", "missing"}
	}
	if err := by.May(auth.AlarmsRead, q.Station); err != nil {
		return nil, err
	}
	if q.Limit <= 0 || q.Limit > 1000 {
		q.Limit = 100
	}
	return d.Store.Changes(ctx, q)
}
