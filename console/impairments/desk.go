package impairments

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/commands"
	"guardroom/devices"
)

// register is what the desk needs of the store. Each writing method keeps in the
// same transaction: the entry, its line of history, the audit entry, the removal
// of the point's alarms that it needs, and its timers.
type register interface {
	// Add writes a new entry. A *ConflictError says that one of the point and mode
	// is open already.
	Add(ctx context.Context, by auth.Operator, i Impairment, l Line, e audit.Entry) (Impairment, error)
	// Change locks the entry and writes what step makes of it; nothing when step
	// returns ErrUnchanged.
	Change(ctx context.Context, by auth.Operator, id string, step Step) (Impairment, error)
	// Walk notes a round at every open entry with the watch of entry id.
	Walk(ctx context.Context, id string, r Round, e audit.Entry) (Impairment, error)
	Find(ctx context.Context, id string) (Impairment, error)
	History(ctx context.Context, id string) ([]Line, error)
	List(ctx context.Context, q Query) (Page, error)

	follower
}

// Step changes i, which is locked, and says what its history and the record
// shall hold.
type Step func(i *Impairment, now time.Time) (Line, audit.Entry, error)

// ErrUnchanged ends a Step that has nothing to write.
var ErrUnchanged = errors.New("nothing to change")

// Line is one line of an entry's history.
type Line struct {
	At     time.Time         `json:"at"`
	By     string            `json:"by"`
	ByName string            `json:"by_name"`
	What   string            `json:"what"`
	Params map[string]string `json:"params"`
}

// Known is what the register of devices knows of a point.
type Known struct {
	Station, Category, DeviceName, PointName, Location string
	Verbs                                              []devices.Verb
	Points                                             []KnownPoint    // of a whole device
	Commands                                           auth.Permission // that commands to the device need
	Offline                                            bool            // nothing can be asked now
	Demo                                               bool
}

// Options of a Desk.
type Options struct {
	Store register
	// Lookup returns stations.ErrNotFound for a point that does not exist.
	Lookup func(devices.PointID) (Known, error)
	// Zone names the fire zone of a point; empty for none.
	Zone func(devices.PointID) (id, name string)
	// WatchEvery is how often a disabled fire zone of the station is walked.
	WatchEvery func(station string) time.Duration
	// Command asks a panel for something, as commands.Desk.Request does.
	Command func(ctx context.Context, by auth.Operator, w commands.Wish) (commands.Command, error)
	// Order is Command for what a person was permitted already.
	Order func(ctx context.Context, by auth.Operator, w commands.Wish) (commands.Command, error)
	// Raise puts an alarm of the console's own into the list.
	Raise func(ctx context.Context, station string, s devices.Signal) error
	Log   *slog.Logger
	Now   func() time.Time // time.Now outside tests
}

// Desk is where points are put on test, isolated, disabled, and back in service.
type Desk struct {
	o    Options
	wake chan struct{}
}

// New is a desk; Run keeps it up with the panels.
func New(o Options) *Desk {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Desk{o: o, wake: make(chan struct{}, 1)}
}

// Wish is what somebody enters.
type Wish struct {
	Point  devices.PointID
	Mode   Mode
	Reason string
	Until  time.Time
	// Command also asks the panel for it, where the point takes the command.
	Command bool
}

// AllPoints is the point of a whole device: "<gateway>/<device>.*".
const AllPoints = "*"

// Add enters a point until an instant. Its alarms, but for danger to life, are
// out of service until then. With Command the panel is asked too; what it
// answers stands in the entry and takes nothing of the entry back.
func (d *Desk) Add(ctx context.Context, by auth.Operator, w Wish) (Impairment, error) {
	if err := mayAnywhere(by, auth.AlarmsRemove); err != nil {
		return Impairment{}, err
	}
	known, err := d.o.Lookup(w.Point)
	if err != nil {
		return Impairment{}, err
	}
	if err := by.May(auth.AlarmsRemove, known.Station); err != nil {
		return Impairment{}, err
	}
	now := d.o.Now()
	reason, err := words("reason", w.Reason, 1)
	if err != nil {
		return Impairment{}, err
	}
	if !slices.Contains([]Mode{Test, Isolated, Disabled}, w.Mode) {
		return Impairment{}, &InvalidError{Field: "mode", Reason: "test, isolated or disabled"}
	}
	if err := checkUntil(w.Until, now); err != nil {
		return Impairment{}, err
	}
	begin, _ := w.Mode.Verbs()
	whole := w.Point.Point() == AllPoints
	if w.Command && whole {
		if err := by.May(known.Commands, known.Station); err != nil {
			return Impairment{}, err
		}
	} else if w.Command && (begin == "" || !slices.Contains(known.Verbs, begin)) {
		return Impairment{}, &InvalidError{Field: "command", Reason: "this point does not take the command: do it at the panel"}
	}
	i := d.entry(known, w.Point, w.Mode, now)
	until := moment(w.Until)
	i.Source, i.Reason, i.By, i.ByName, i.Until = Person, reason, by.ID, by.Name, &until
	params := map[string]string{"mode": string(i.Mode), "reason": reason, "until": until.Format(time.RFC3339)}
	if w.Command && whole {
		if err := d.askWhole(ctx, known, &i, begin); err != nil {
			return Impairment{}, err
		}
		params["verb"], params["points"] = string(begin), strconv.Itoa(len(i.Commands))
	}
	line, e := Tell(by, &i, now, "entered", params)
	i, err = d.o.Store.Add(ctx, by, i, line, e)
	if err != nil {
		return Impairment{}, fmt.Errorf("enter %s as %s: %w", w.Point, w.Mode, err)
	}
	if whole {
		d.Poke()
	}
	if !w.Command || whole {
		return i, nil
	}
	return d.command(ctx, by, i, Told{Verb: begin}, reason)
}

// Again asks the panel anew for what it has not done of an entry: a person has
// looked why it refused. Points that obeyed are not asked again.
func (d *Desk) Again(ctx context.Context, by auth.Operator, id string, version int64) (Impairment, error) {
	i, err := d.permitted(ctx, by, auth.AlarmsRemove, id)
	if err != nil {
		return Impairment{}, err
	}
	known, err := d.o.Lookup(i.Point)
	if err != nil {
		return Impairment{}, err
	}
	if len(i.Commands) > 0 {
		if err := by.May(known.Commands, i.Station); err != nil {
			return Impairment{}, err
		}
		return d.change(ctx, by, auth.AlarmsRemove, id, func(i *Impairment, now time.Time) (string, map[string]string, error) {
			if err := i.seen(version); err != nil {
				return "", nil, err
			}
			count := i.again(now)
			if count == 0 {
				return "", nil, nothingLeft()
			}
			i.Version++
			return "again", map[string]string{"verb": string(i.Command.Verb), "points": strconv.Itoa(count), "text": i.Command.Text}, nil
		})
	}
	switch err := i.seen(version); {
	case err != nil:
		return Impairment{}, err
	case i.Command == nil || !i.Command.failed():
		return Impairment{}, nothingLeft()
	case !slices.Contains(known.Verbs, i.Command.Verb):
		return Impairment{}, &InvalidError{Field: "command", Reason: "this point does not take the command: do it at the panel"}
	}
	return d.command(ctx, by, i, Told{Verb: i.Command.Verb, Again: i.Command.Again + 1}, i.Reason)
}

func nothingLeft() error {
	return &ConflictError{Reason: "nothing_left", Text: "nothing is left to ask: each point has done it, or is being asked"}
}

// entry is an entry about a point, without who and why.
func (d *Desk) entry(known Known, point devices.PointID, mode Mode, now time.Time) Impairment {
	i := Impairment{
		ID: auth.NewID(), Station: known.Station, Point: point, PointName: known.PointName, DeviceName: known.DeviceName, Location: known.Location,
		Fire: known.Category == "fire", Mode: mode, Since: moment(now), Demo: known.Demo, Version: 1,
	}
	if i.Fire {
		i.Zone, i.ZoneName = d.o.Zone(point)
	}
	i.keepWatch(d.o.WatchEvery(i.Station), now)
	return i
}

// command asks the panel and notes what became of it as far as it is known: the
// rest comes with the receipt.
func (d *Desk) command(ctx context.Context, by auth.Operator, i Impairment, told Told, reason string) (Impairment, error) {
	c, err := d.o.Command(ctx, by, commands.Wish{Point: i.Point, Verb: told.Verb, Reason: reason, Key: told.key(i.ID)})
	if err != nil {
		told.State, told.Text = devices.Refused, err.Error()
		var forbidden interface{ Forbidden() (string, string) }
		if errors.As(err, &forbidden) {
			told.Code = devices.RefusedNotAllowed
		}
	} else {
		told.ID, told.State, told.Code, told.Text = c.ID, c.State, c.Code, c.Text
	}
	after, err := d.o.Store.Change(ctx, by, i.ID, func(i *Impairment, now time.Time) (Line, audit.Entry, error) {
		i.Command = &told
		i.Version++
		line, e := Tell(by, i, now, "command", map[string]string{"verb": string(told.Verb), "command": told.ID, "state": string(told.State), "text": told.Text})
		return line, e, nil
	})
	if err != nil { // the entry stands; the command's own row says what became of it
		d.o.Log.Warn("impairments: could not note a command", "entry", i.ID, "err", err)
		i.Command = &told
		return i, nil
	}
	return after, nil
}

// Prolong moves the end of an entry, with a reason.
func (d *Desk) Prolong(ctx context.Context, by auth.Operator, id string, version int64, until time.Time, reason string) (Impairment, error) {
	return d.change(ctx, by, auth.AlarmsRemove, id, func(i *Impairment, now time.Time) (string, map[string]string, error) {
		before := ""
		if i.Until != nil {
			before = i.Until.Format(time.RFC3339)
		}
		if err := i.Prolong(version, until, reason, Who{by.ID, by.Name, now}); err != nil {
			return "", nil, err
		}
		return "prolonged", map[string]string{"reason": i.Reason, "until": i.Until.Format(time.RFC3339), "was": before}, nil
	})
}

// End puts a point back in service. With command the panel is asked first, where
// the point takes it; an entry of which the panel still says so stays as the
// panel's own until the panel says otherwise.
func (d *Desk) End(ctx context.Context, by auth.Operator, id string, version int64, reason string, command bool) (Impairment, error) {
	i, err := d.permitted(ctx, by, auth.AlarmsRemove, id)
	if err != nil {
		return Impairment{}, err
	}
	if err := i.seen(version); err != nil {
		return Impairment{}, err
	}
	if command {
		_, verb := i.Mode.Verbs()
		known, err := d.o.Lookup(i.Point)
		if err != nil {
			return Impairment{}, err
		}
		if i, err = d.endByCommand(ctx, by, i, known, verb, reason); err != nil {
			return Impairment{}, err
		}
		version = i.Version
		if i.Source == Panel { // only the panel can end it
			return i, nil
		}
	}
	return d.change(ctx, by, auth.AlarmsRemove, id, func(i *Impairment, now time.Time) (string, map[string]string, error) {
		if command && !i.Open() { // the panel was quicker
			return "", nil, ErrUnchanged
		}
		if command {
			version = i.Version
		}
		if err := i.Finish(version, reason, Who{by.ID, by.Name, now}); err != nil {
			return "", nil, err
		}
		what := "ended"
		if i.Open() {
			what = "left_to_panel"
		}
		return what, map[string]string{"reason": i.EndReason}, nil
	})
}

// endByCommand asks the panel to put the point, or those of a whole device that
// were asked for it, back in service.
func (d *Desk) endByCommand(ctx context.Context, by auth.Operator, i Impairment, known Known, verb devices.Verb, reason string) (Impairment, error) {
	if len(i.Commands) > 0 {
		if err := by.May(known.Commands, i.Station); err != nil {
			return Impairment{}, err
		}
		return d.endWhole(ctx, by, i, verb)
	}
	if verb == "" || !slices.Contains(known.Verbs, verb) {
		return Impairment{}, &InvalidError{Field: "command", Reason: "this point does not take the command: do it at the panel"}
	}
	if reason == "" {
		reason = i.Reason
	}
	return d.command(ctx, by, i, Told{Verb: verb}, reason)
}

// Walk notes that a round of the fire watch was made, for every entry that
// shares it.
func (d *Desk) Walk(ctx context.Context, by auth.Operator, id, remark string) (Impairment, error) {
	i, err := d.permitted(ctx, by, auth.WardensWrite, id)
	if err != nil {
		return Impairment{}, err
	}
	if remark, err = words("remark", remark, 0); err != nil {
		return Impairment{}, err
	}
	now := moment(d.o.Now())
	e := audit.By(by, i.Station, "impairment.round", "impairment:"+i.ID, map[string]string{"point": string(i.Point), "watch": i.Watch, "remark": remark})
	i, err = d.o.Store.Walk(ctx, id, Round{At: now, By: by.ID, ByName: by.Name, Remark: remark}, e)
	if err == nil {
		d.Poke()
	}
	return i, err
}

// Find returns an entry and its history, oldest line first.
func (d *Desk) Find(ctx context.Context, by auth.Operator, id string) (Impairment, []Line, error) {
	i, err := d.permitted(ctx, by, auth.SitesRead, id)
	if err != nil {
		return Impairment{}, nil, err
	}
	history, err := d.o.Store.History(ctx, id)
	return i, history, err
}

// Filter chooses entries. Empty fields choose everything.
type Filter struct {
	Station string
	Point   devices.PointID
	Mode    Mode
	Open    *bool
	Fire    *bool
	From    time.Time // began at or after
	To      time.Time // began before
	Limit   int       // default 100, at most 1000
	Cursor  string
}

// Query is a Filter with the stations that the operator may see.
type Query struct {
	Filter
	Stations []string // nil: all
}

// Page is part of a list, newest first; Next is the cursor of the following part.
type Page struct {
	Items []Impairment `json:"items"`
	Next  string       `json:"next"`
}

// List returns the entries that by may see.
func (d *Desk) List(ctx context.Context, by auth.Operator, f Filter) (Page, error) {
	stations, err := by.Scope(auth.SitesRead, f.Station)
	if err != nil {
		return Page{}, err
	}
	switch {
	case f.Mode != "" && !slices.Contains([]Mode{Test, Isolated, Disabled}, f.Mode):
		return Page{}, &InvalidError{Field: "mode", Reason: "test, isolated or disabled"}
	case f.Limit < 0 || f.Limit > 1000:
		return Page{}, &InvalidError{Field: "limit", Reason: "not between 1 and 1000"}
	case f.Limit == 0:
		f.Limit = 100
	}
	return d.o.Store.List(ctx, Query{Filter: f, Stations: stations})
}

// OpenAt lists what is impaired now at the stations, without asking who wants to
// know: for desks that have asked already. Nil stations are all.
func (d *Desk) OpenAt(ctx context.Context, stations []string) ([]Impairment, error) {
	open := true
	var all []Impairment
	q := Query{Filter: Filter{Open: &open, Limit: 1000}, Stations: stations}
	for {
		page, err := d.o.Store.List(ctx, q)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == "" {
			return all, nil
		}
		q.Cursor = page.Next
	}
}

// change is a person's change of one entry.
func (d *Desk) change(ctx context.Context, by auth.Operator, p auth.Permission, id string, step func(i *Impairment, now time.Time) (string, map[string]string, error)) (Impairment, error) {
	if _, err := d.permitted(ctx, by, p, id); err != nil {
		return Impairment{}, err
	}
	i, err := d.o.Store.Change(ctx, by, id, func(i *Impairment, now time.Time) (Line, audit.Entry, error) {
		what, params, err := step(i, now)
		if err != nil {
			return Line{}, audit.Entry{}, err
		}
		line, e := Tell(by, i, now, what, params)
		return line, e, nil
	})
	if err == nil {
		d.Poke()
	}
	return i, err
}

// Tell is a line of history, and the same for the record.
func Tell(by auth.Operator, i *Impairment, now time.Time, what string, params map[string]string) (Line, audit.Entry) {
	facts := map[string]string{"point": string(i.Point), "mode": string(i.Mode)}
	kept := map[string]string{}
	for k, v := range params {
		if v != "" {
			facts[k], kept[k] = v, v
		}
	}
	return Line{At: moment(now), By: by.ID, ByName: by.Name, What: what, Params: kept},
		audit.By(by, i.Station, "impairment."+what, "impairment:"+i.ID, facts)
}

func mayAnywhere(by auth.Operator, p auth.Permission) error {
	if all, some := by.Stations(p); !all && len(some) == 0 {
		return by.May(p, auth.AllStations)
	}
	return nil
}

// permitted finds entry id when by may do p at its station. Whoever may do p
// nowhere learns nothing of whether it exists.
func (d *Desk) permitted(ctx context.Context, by auth.Operator, p auth.Permission, id string) (Impairment, error) {
	if err := mayAnywhere(by, p); err != nil {
		return Impairment{}, err
	}
	i, err := d.o.Store.Find(ctx, id)
	if err != nil {
		return Impairment{}, err
	}
	return i, by.May(p, i.Station)
}

// Poke has Run look at once.
func (d *Desk) Poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}
