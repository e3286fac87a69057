package fire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/impairments"
	"guardroom/console/stations"
	"guardroom/devices"
)

// keeper is what the desk needs of the store. Each writing method writes the
// audit entry and tells the screens in the same transaction.
type keeper interface {
	zoneKeeper
	investigationKeeper
	evacuationKeeper
	// OpenAlarms lists the open alarms of fire panels. Nil stations are all.
	OpenAlarms(ctx context.Context, stations []string) ([]OpenAlarm, error)
	// Alarm finds an alarm for a sheet or a board, open or not; ErrNotFound.
	Alarm(ctx context.Context, id string) (OpenAlarm, error)
	// Where says in which building a point stands; empty fields are not known.
	Where(ctx context.Context, point devices.PointID) (Where, error)
	// PointsIn lists the points of a building.
	PointsIn(ctx context.Context, building string) ([]devices.PointID, error)
}

// Where is where a point is.
type Where struct {
	Area, AreaName, Level, LevelName, Building, BuildingName string
}

type zoneKeeper interface {
	Zones(ctx context.Context) ([]Zone, error)
	// SaveZone writes z as version seen, 0 for a new one, and returns it as it is
	// then. *StaleError; *ConflictError when number or a point belongs to another.
	SaveZone(ctx context.Context, z Zone, seen int64, e audit.Entry) (Zone, error)
	RemoveZone(ctx context.Context, id string, seen int64, e audit.Entry) error
	Settings(ctx context.Context, station string) (Settings, int64, error)
	EachSettings(ctx context.Context, read func(station string, s Settings)) error
	SaveSettings(ctx context.Context, station string, seen int64, s Settings, e audit.Entry) (int64, error)
}

type investigationKeeper interface {
	Present(ctx context.Context) (Present, error)
	// Begin writes an investigation with its timer; false when another console
	// has begun one of the same pre-alarm.
	Begin(ctx context.Context, i Investigation, e audit.Entry) (bool, error)
	// ChangeInvestigation locks it and writes what step makes of it, with its
	// timer; nothing when step returns ErrUnchanged.
	ChangeInvestigation(ctx context.Context, id string, step func(i *Investigation, now time.Time) (audit.Entry, error)) (Investigation, error)
	Investigation(ctx context.Context, id string) (Investigation, error)
	Investigations(ctx context.Context, q Query) ([]Investigation, string, error)
}

// ErrUnchanged ends a step that has nothing to write.
var ErrUnchanged = errors.New("nothing to change")

// Query chooses investigations or evacuations, newest first. Nil stations are all.
type Query struct {
	Stations []string
	Alarm    string
	Open     *bool
	Limit    int
	Cursor   string
}

// register is what the desk needs of the register of devices.
type register interface {
	Station(id string) (stations.Station, bool)
	Gateways(by auth.Operator, station string) ([]stations.Gateway, error)
	Devices(by auth.Operator, station, gateway string) ([]stations.Device, error)
}

// Options of a Desk.
type Options struct {
	Store    keeper
	Register register
	// Impaired lists what is impaired now; nil stations are all.
	Impaired func(ctx context.Context, stations []string) ([]impairments.Impairment, error)
	// Raise puts an alarm of the console's own into the list.
	Raise func(ctx context.Context, station string, s devices.Signal) error
	Log   *slog.Logger
	Now   func() time.Time // time.Now outside tests
}

// Desk is where fire is dealt with.
type Desk struct {
	o    Options
	wake chan struct{}

	mu       sync.Mutex
	zones    map[string]Zone
	zoneOf   map[devices.PointID]string
	settings map[string]Settings
}

// Open reads zones and settings.
func Open(ctx context.Context, o Options) (*Desk, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Desk{o: o, wake: make(chan struct{}, 1)}
	return d, d.Refresh(ctx)
}

// Refresh reads anew what another console may have changed.
func (d *Desk) Refresh(ctx context.Context) error {
	all, err := d.o.Store.Zones(ctx)
	if err != nil {
		return fmt.Errorf("read fire zones: %w", err)
	}
	settings := map[string]Settings{}
	if err := d.o.Store.EachSettings(ctx, func(station string, s Settings) { settings[station] = s }); err != nil {
		return fmt.Errorf("read settings of fire: %w", err)
	}
	zones, of := map[string]Zone{}, map[devices.PointID]string{}
	for _, z := range all {
		zones[z.ID] = z
		for _, p := range z.Points {
			of[p] = z.ID
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.zones, d.zoneOf, d.settings = zones, of, settings
	return nil
}

// ZoneOf names the zone of a point; empty for none.
func (d *Desk) ZoneOf(p devices.PointID) (id, name string) {
	z := d.zone(p)
	return z.ID, z.Name
}

func (d *Desk) zone(p devices.PointID) Zone {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.zones[d.zoneOf[p]]
}

// WatchEvery is how often a disabled zone of the station is walked.
func (d *Desk) WatchEvery(station string) time.Duration { return d.chosen(station).Watch() }

func (d *Desk) chosen(station string) Settings {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s, ok := d.settings[station]; ok {
		return s
	}
	return DefaultSettings()
}

// Zones lists zones and how they stand, the gravest first.
func (d *Desk) Zones(ctx context.Context, by auth.Operator, station string) ([]Standing, error) {
	scope, err := by.Scope(auth.SitesRead, station)
	if err != nil {
		return nil, err
	}
	return d.standings(ctx, by, scope)
}

func (d *Desk) standings(ctx context.Context, by auth.Operator, scope []string) ([]Standing, error) {
	open, err := d.o.Store.OpenAlarms(ctx, scope)
	if err != nil {
		return nil, fmt.Errorf("read open fire alarms: %w", err)
	}
	impaired, err := d.o.Impaired(ctx, scope)
	if err != nil {
		return nil, fmt.Errorf("read what is impaired: %w", err)
	}
	panels, err := d.panels(by, scope)
	if err != nil {
		return nil, err
	}
	silent := map[string]Panel{}
	for _, p := range panels {
		if p.Lost {
			silent[p.ID] = p
		}
	}
	conditions := map[string][]Condition{}
	for _, a := range open {
		if id, _ := d.ZoneOf(a.Point); id != "" {
			conditions[id] = append(conditions[id], a.condition())
		}
	}
	for _, i := range impaired {
		if i.Fire && i.Zone != "" {
			conditions[i.Zone] = append(conditions[i.Zone], ofImpairment(i))
		}
	}
	all := []Standing{}
	for _, z := range d.list(scope) {
		if p, lost := silent[z.Panel]; lost {
			conditions[z.ID] = append(conditions[z.ID], Condition{State: ZoneUnknown, Kind: devices.CommsLost, PointName: p.Name, Since: p.Since, Reason: p.Error})
		}
		all = append(all, stand(z, conditions[z.ID]))
	}
	sortStandings(all)
	return all, nil
}

func (d *Desk) list(scope []string) []Zone {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := []Zone{}
	for _, z := range d.zones {
		if scope == nil || slices.Contains(scope, z.Station) {
			all = append(all, z)
		}
	}
	slices.SortFunc(all, func(a, b Zone) int { return cmp.Or(cmp.Compare(a.Panel, b.Panel), cmp.Compare(a.Number, b.Number)) })
	return all
}

func (a *OpenAlarm) condition() Condition {
	received := a.ReceivedAt
	return Condition{
		State: stateOf(a.Kind), Kind: a.Kind, Point: a.Point, PointName: a.PointName, Since: a.RaisedAt, ReceivedAt: &received, Alarm: a.ID,
		FirstUp: a.FirstUp == a.ID, Confirmed: a.Confirmed, AcknowledgedAt: a.AcknowledgedAt, AcknowledgedBy: a.AcknowledgedBy,
	}
}

func ofImpairment(i impairments.Impairment) Condition {
	c := Condition{State: ZoneDisabled, Kind: devices.FireDisablement, Point: i.Point, PointName: i.PointName, Since: i.Since, Reason: i.Reason}
	if i.Mode == impairments.Test {
		c.State, c.Kind = ZoneOnTest, devices.FireTest
	}
	return c
}

// Panel is a fire panel and whether it can be heard.
type Panel struct {
	ID        string     `json:"id"` // "<gateway>/<device>"
	Station   string     `json:"station"`
	Name      string     `json:"name"`
	Location  string     `json:"location"` // where an officer finds it
	State     string     `json:"state" enum:"up,lost,unknown"`
	Lost      bool       `json:"lost"` // nothing of it is known: send an officer
	Since     time.Time  `json:"since"`
	LastHeard *time.Time `json:"last_heard"`
	Error     string     `json:"error"`
	Points    int        `json:"points"`
	Unzoned   int        `json:"unzoned"` // points that are in no zone
}

// Panels lists the fire panels.
func (d *Desk) Panels(by auth.Operator, station string) ([]Panel, error) {
	scope, err := by.Scope(auth.SitesRead, station)
	if err != nil {
		return nil, err
	}
	return d.panels(by, scope)
}

func (d *Desk) panels(by auth.Operator, scope []string) ([]Panel, error) {
	all := []Panel{}
	found, err := d.o.Register.Devices(auth.Program(), "", "")
	if err != nil {
		return nil, fmt.Errorf("read panels: %w", err)
	}
	for _, dev := range found {
		if dev.Category != "fire" || scope != nil && !slices.Contains(scope, dev.Station) || by.May(auth.SitesRead, dev.Station) != nil {
			continue
		}
		p := Panel{ID: dev.ID, Station: dev.Station, Name: dev.Name, Location: dev.Location, State: dev.State, Lost: dev.State != "up",
			Since: dev.Since, LastHeard: dev.LastHeard, Error: dev.Error, Points: len(dev.Points)}
		for _, point := range dev.Points {
			if id, _ := d.ZoneOf(point.ID); id == "" {
				p.Unzoned++
			}
		}
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Panel) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

// AddZone makes a zone.
func (d *Desk) AddZone(ctx context.Context, by auth.Operator, z Zone) (Zone, error) {
	if err := by.May(auth.SitesEdit, z.Station); err != nil {
		return Zone{}, err
	}
	z.ID = auth.NewID()
	return d.saveZone(ctx, by, z, 0, "fire.zone_add")
}

// ChangeZone writes z as somebody saw it at version seen.
func (d *Desk) ChangeZone(ctx context.Context, by auth.Operator, z Zone, seen int64) (Zone, error) {
	was, err := d.known(by, auth.SitesEdit, z.ID)
	if err != nil {
		return Zone{}, err
	}
	z.Station, z.Panel = was.Station, was.Panel
	return d.saveZone(ctx, by, z, seen, "fire.zone_change")
}

func (d *Desk) saveZone(ctx context.Context, by auth.Operator, z Zone, seen int64, action string) (Zone, error) {
	if err := z.validate(); err != nil {
		return Zone{}, err
	}
	if err := d.checkPanel(z); err != nil {
		return Zone{}, err
	}
	e := audit.By(by, z.Station, action, "fire_zone:"+z.ID, map[string]string{
		"panel": z.Panel, "number": fmt.Sprint(z.Number), "name": z.Name, "place": z.Place, "points": fmt.Sprint(len(z.Points)),
		"investigate_seconds": fmt.Sprint(z.InvestigateSeconds),
	})
	z, err := d.o.Store.SaveZone(ctx, z, seen, e)
	if err != nil {
		return Zone{}, err
	}
	return z, d.Refresh(ctx)
}

// checkPanel refuses a panel of another station. One whose gateway has not yet
// introduced itself is taken: zones are drawn up before the line is there.
func (d *Desk) checkPanel(z Zone) error {
	gateways, err := d.o.Register.Gateways(auth.Program(), z.Station)
	if err != nil {
		return err
	}
	gateway, _, _ := strings.Cut(z.Panel, "/")
	if !slices.ContainsFunc(gateways, func(g stations.Gateway) bool { return g.ID == gateway }) {
		return &InvalidError{Field: "panel", Reason: "this station has no such gateway"}
	}
	known, err := d.o.Register.Devices(auth.Program(), z.Station, gateway)
	if err != nil {
		return err
	}
	if len(known) > 0 && !slices.ContainsFunc(known, func(p stations.Device) bool { return p.ID == z.Panel && p.Category == "fire" }) {
		return &InvalidError{Field: "panel", Reason: "this gateway has no such fire panel"}
	}
	return nil
}

// RemoveZone takes a zone away; its points are then in none.
func (d *Desk) RemoveZone(ctx context.Context, by auth.Operator, id string, seen int64) error {
	z, err := d.known(by, auth.SitesEdit, id)
	if err != nil {
		return err
	}
	e := audit.By(by, z.Station, "fire.zone_remove", "fire_zone:"+id, map[string]string{"panel": z.Panel, "number": fmt.Sprint(z.Number), "name": z.Name})
	if err := d.o.Store.RemoveZone(ctx, id, seen, e); err != nil {
		return err
	}
	return d.Refresh(ctx)
}

func (d *Desk) known(by auth.Operator, p auth.Permission, id string) (Zone, error) {
	if err := mayAnywhere(by, p); err != nil {
		return Zone{}, err
	}
	d.mu.Lock()
	z, ok := d.zones[id]
	d.mu.Unlock()
	if !ok {
		return Zone{}, fmt.Errorf("zone %.64s: %w", id, ErrNotFound)
	}
	return z, by.May(p, z.Station)
}

func mayAnywhere(by auth.Operator, p auth.Permission) error {
	if all, some := by.Stations(p); !all && len(some) == 0 {
		return by.May(p, auth.AllStations)
	}
	return nil
}

// Settings returns a station's settings and their version, 0 when it has chosen nothing.
func (d *Desk) Settings(ctx context.Context, by auth.Operator, station string) (Settings, int64, error) {
	if err := by.May(auth.SitesRead, station); err != nil {
		return Settings{}, 0, err
	}
	return d.o.Store.Settings(ctx, station)
}

// SaveSettings writes a station's settings as somebody saw them at version seen.
func (d *Desk) SaveSettings(ctx context.Context, by auth.Operator, station string, seen int64, s Settings) (int64, error) {
	if err := by.May(auth.WatchManage, station); err != nil {
		return 0, err
	}
	if _, ok := d.o.Register.Station(station); !ok {
		return 0, &InvalidError{Field: "station", Reason: fmt.Sprintf("there is no station %.64q", station)}
	}
	if err := s.validate(); err != nil {
		return 0, err
	}
	e := audit.By(by, station, "fire.settings", "setting:fire", map[string]string{
		"investigate_seconds": fmt.Sprint(s.InvestigateSeconds), "watch_minutes": fmt.Sprint(s.WatchMinutes),
		"assembly": fmt.Sprint(len(s.Assembly)), "contacts": fmt.Sprint(len(s.Contacts)),
	})
	version, err := d.o.Store.SaveSettings(ctx, station, seen, s, e)
	if err != nil {
		return 0, err
	}
	return version, d.Refresh(ctx)
}

// Investigations lists investigations, newest first.
func (d *Desk) Investigations(ctx context.Context, by auth.Operator, station string, q Query) ([]Investigation, string, error) {
	var err error
	if q.Stations, err = by.Scope(auth.AlarmsRead, station); err != nil {
		return nil, "", err
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	return d.o.Store.Investigations(ctx, q)
}

// Investigation returns one.
func (d *Desk) Investigation(ctx context.Context, by auth.Operator, id string) (Investigation, error) {
	return d.permitted(ctx, by, auth.AlarmsRead, id)
}

func (d *Desk) permitted(ctx context.Context, by auth.Operator, p auth.Permission, id string) (Investigation, error) {
	if err := mayAnywhere(by, p); err != nil {
		return Investigation{}, err
	}
	i, err := d.o.Store.Investigation(ctx, id)
	if err != nil {
		return Investigation{}, err
	}
	return i, by.May(p, i.Station)
}

// Assign says who looks into a pre-alarm.
func (d *Desk) Assign(ctx context.Context, by auth.Operator, id string, version int64, name string) (Investigation, error) {
	return d.changeInvestigation(ctx, by, auth.WardensWrite, id, "fire.assign", func(i *Investigation, who Who) error { return i.Assign(version, name, who) })
}

// Extend gives an investigation its time once more.
func (d *Desk) Extend(ctx context.Context, by auth.Operator, id string, version int64, reason string) (Investigation, error) {
	return d.changeInvestigation(ctx, by, auth.WatchSupervise, id, "fire.extend", func(i *Investigation, who Who) error { return i.Extend(version, reason, who) })
}

// Decide is a person's word on a pre-alarm. The same word again, by anybody,
// changes nothing and is no error.
func (d *Desk) Decide(ctx context.Context, by auth.Operator, id string, version int64, outcome Outcome, reason string) (Investigation, error) {
	return d.changeInvestigation(ctx, by, auth.WardensWrite, id, "fire.decide", func(i *Investigation, who Who) error {
		if i.State == Decided && i.Outcome == outcome {
			return ErrUnchanged
		}
		return i.Decide(version, outcome, reason, who)
	})
}

func (d *Desk) changeInvestigation(ctx context.Context, by auth.Operator, p auth.Permission, id, action string, step func(*Investigation, Who) error) (Investigation, error) {
	if _, err := d.permitted(ctx, by, p, id); err != nil {
		return Investigation{}, err
	}
	i, err := d.o.Store.ChangeInvestigation(ctx, id, func(i *Investigation, now time.Time) (audit.Entry, error) {
		if err := step(i, whoever(by, now)); err != nil {
			return audit.Entry{}, err
		}
		return audit.By(by, i.Station, action, "investigation:"+i.ID, i.facts()), nil
	})
	if err == nil {
		d.Poke()
	}
	return i, err
}

// facts are what the record tells of an investigation.
func (i *Investigation) facts() map[string]string {
	facts := map[string]string{"alarm": i.Alarm, "point": string(i.Point), "state": string(i.State), "due": i.DueAt.Format(time.RFC3339)}
	for name, value := range map[string]string{"zone": i.ZoneName, "investigator": i.Investigator, "outcome": string(i.Outcome), "reason": i.Reason, "other": string(i.Other)} {
		if value != "" {
			facts[name] = value
		}
	}
	if i.Extended != nil {
		facts["extended"] = i.Extended.Reason
	}
	return facts
}
