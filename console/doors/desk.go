package doors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/commands"
	"guardroom/console/stations"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// Errors of the desk.
var (
	ErrNotFound = errors.New("no such door, lockdown, posture, call or confirmation")
	// ErrSame is for an officer who wants to be the second one, too.
	ErrSame = &ConflictError{Reason: "same_person", Text: "the second officer must be somebody else"}
)

// ConflictError says why a wish does not fit what is true now. Reason is for
// machines.
type ConflictError struct {
	Reason, Text string
	Params       map[string]any
}

func (e *ConflictError) Error() string { return e.Text }

// Conflict gives what the screens translate.
func (e *ConflictError) Conflict() (reason string, params map[string]any) { return e.Reason, e.Params }

// StaleError says that somebody was faster.
type StaleError struct{ Version int64 }

func (e *StaleError) Error() string {
	return fmt.Sprintf("somebody has changed this since: it is at version %d now", e.Version)
}

// Stale gives the version as it is now.
func (e *StaleError) Stale() int64 { return e.Version }

// register is what the desk needs of the stations.
type register interface {
	AccessPoints(station string) []stations.Access
	AccessPoint(id devices.PointID) (stations.Access, error)
	Station(id string) (stations.Station, bool)
}

// orders carries commands.
type orders interface {
	Request(ctx context.Context, by auth.Operator, w commands.Wish) (commands.Command, error)
	Order(ctx context.Context, by auth.Operator, w commands.Wish) (commands.Command, error)
}

// doorStore keeps what people set of doors, and reads the journal.
type doorStore interface {
	Settings(ctx context.Context, station string) (map[devices.PointID]DoorSettings, error)
	Setting(ctx context.Context, p devices.PointID) (DoorSettings, error) // the zero value when nothing was set
	// SaveSetting writes s when its version is still the stored one, else *StaleError.
	SaveSetting(ctx context.Context, s DoorSettings, e audit.Entry) (DoorSettings, error)
	Passages(ctx context.Context, station string, p devices.PointID, n int) ([]Passage, error)
	// Outcomes are the commands by id, those that are known.
	Outcomes(ctx context.Context, ids []string) (map[string]commands.Command, error)
	// Fires are the points that give a fire or an evacuation now, by station.
	Fires(ctx context.Context) (map[string][]devices.PointID, error)
	// Extended are the doors that the console locks again, and when.
	Extended(ctx context.Context, station string) (map[devices.PointID]time.Time, error)
	// Extend notes that the door is to be locked again at an instant, with who wanted it open.
	Extend(ctx context.Context, station string, p devices.PointID, until time.Time, e audit.Entry) error
}

// policies keeps a station's documents of settings.
type policies interface {
	Setting(ctx context.Context, station, name string, to any) (version int64, err error)
	SaveSetting(ctx context.Context, station, name string, seen int64, value any, e audit.Entry) (version int64, err error)
}

// lockdownStore keeps lockdowns. Each change locks those of a station, so that
// two releases never pass a door to each other.
type lockdownStore interface {
	// Open are the lockdowns that are not at an end.
	Open(ctx context.Context) ([]*Lockdown, error)
	Find(ctx context.Context, id string) (Lockdown, error) // ErrNotFound
	List(ctx context.Context, stations []string, limit int, cursor string) ([]Lockdown, string, error)
	// Begin writes l, and a timer for its reason. With a key that the operator used
	// before it returns the lockdown that stands.
	Begin(ctx context.Context, l Lockdown, key string, e audit.Entry) (stands Lockdown, created bool, err error)
	// Change gives decide the open lockdowns of the station and writes those that
	// it names.
	Change(ctx context.Context, station string, decide func(open []*Lockdown) (changed []string, entries []audit.Entry, err error)) error
}

// postureStore keeps postures that are set.
type postureStore interface {
	OpenPostures(ctx context.Context) ([]*Posture, error)
	ListPostures(ctx context.Context, stations []string, limit int, cursor string) ([]Posture, string, error)
	ChangePostures(ctx context.Context, station string, decide func(open []*Posture) (changed []*Posture, entries []audit.Entry, err error)) error
}

// approvalStore keeps what waits for a second officer.
type approvalStore interface {
	AddApproval(ctx context.Context, a Approval, e audit.Entry) error
	FindApproval(ctx context.Context, id string) (Approval, error)
	WaitingApprovals(ctx context.Context, stations []string, now time.Time) ([]Approval, error)
	ChangeApproval(ctx context.Context, id string, decide func(*Approval) (audit.Entry, error)) (Approval, error)
}

// callStore keeps calls.
type callStore interface {
	OpenCalls(ctx context.Context) ([]Call, error)
	ListCalls(ctx context.Context, stations []string, limit int, cursor string) ([]Call, string, error)
	ChangeCall(ctx context.Context, id string, decide func(*Call) (*audit.Entry, error)) (Call, error)
}

// Options of a Desk.
type Options struct {
	Stations  register
	Commands  orders
	Doors     doorStore
	Policies  policies
	Lockdowns lockdownStore
	Postures  postureStore
	Approvals approvalStore
	Calls     callStore
	// Where says where a point stands; nil: nobody knows.
	Where func(devices.PointID) Where
	// Place finds a place of a station and the points in it, below it too.
	Place func(station, place string) (scope DoorScope, points []devices.PointID, ok bool)
	// Publish sends the state to hold to a gateway.
	Publish func(station, gateway string, m link.DesiredMessage) error
	// Raise gives a signal of the console's own.
	Raise func(ctx context.Context, station string, s devices.Signal) error
	// Verify finds the officer whose name and password were typed at another's desk.
	Verify func(ctx context.Context, username, password, address string) (auth.Operator, error)
	Log    *slog.Logger
	Now    func() time.Time // time.Now outside tests
}

// Desk is where intents about doors become durable.
type Desk struct {
	o    Options
	wake chan struct{} // in: there is something to do

	watching atomic.Bool // lockdowns, postures or calls are open: the runner must look

	mu    sync.Mutex
	open  []*Lockdown // as last read: what gateways are to hold
	fires Fires

	line      sync.Mutex        // held while something is sent: two messages never overtake each other
	published map[string]string // gateway -> station, blank, what it was last told
	told      uint64            // version of the last message
}

// Open reads what is held, before any gateway is heard.
func Open(ctx context.Context, o Options) (*Desk, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Where == nil {
		o.Where = func(devices.PointID) Where { return Where{} }
	}
	if o.Place == nil {
		o.Place = func(string, string) (DoorScope, []devices.PointID, bool) { return DoorScope{}, nil, false }
	}
	d := &Desk{o: o, wake: make(chan struct{}, 1), published: map[string]string{}}
	if err := d.read(ctx); err != nil {
		return nil, err
	}
	d.watching.Store(true) // the first pass finds out
	return d, nil
}

// Wake makes the runner look now.
func (d *Desk) Wake() {
	d.watching.Store(true)
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Committed is told of every commit's screens; a fire is acted on at once. It is
// called on the way of every alarm and must stay cheap.
func (d *Desk) Committed(fire bool) {
	if fire && d.watching.Load() {
		d.Wake()
	}
}

func (d *Desk) now() time.Time { return d.o.Now().UTC().Truncate(time.Microsecond) }

// policy is the station's, or the default.
func (d *Desk) policy(ctx context.Context, station string) (DoorPolicy, int64, error) {
	p := DefaultPolicy()
	version, err := d.o.Policies.Setting(ctx, station, PolicyName, &p)
	if err != nil {
		return p, 0, fmt.Errorf("read the rules for doors of station %s: %w", station, err)
	}
	if p.TwoVerbs == nil {
		p.TwoVerbs = []devices.Verb{}
	}
	return p, version, nil
}

// DoorPolicy returns a station's rules for doors and their version.
func (d *Desk) Policy(ctx context.Context, by auth.Operator, station string) (DoorPolicy, int64, error) {
	if err := by.May(auth.DevicesRead, station); err != nil {
		return DoorPolicy{}, 0, err
	}
	return d.policy(ctx, station)
}

// SavePolicy writes a station's rules for doors.
func (d *Desk) SavePolicy(ctx context.Context, by auth.Operator, station string, seen int64, p DoorPolicy) (int64, error) {
	if err := by.May(auth.DoorsConfigure, station); err != nil {
		return 0, err
	}
	if err := p.validate(); err != nil {
		return 0, err
	}
	if _, ok := d.o.Stations.Station(station); !ok {
		return 0, &InvalidError{Field: "station", Reason: "there is no such station"}
	}
	verbs := make([]string, len(p.TwoVerbs))
	for i, v := range p.TwoVerbs {
		verbs[i] = string(v)
	}
	e := audit.By(by, station, "doors.policy", "station:"+station, map[string]string{
		"two_verbs": strings.Join(verbs, ", "), "two_release": fmt.Sprint(p.TwoRelease), "two_postures": fmt.Sprint(p.TwoPostures),
		"call_alarm": fmt.Sprint(p.CallAlarm), "reason_within": fmt.Sprint(p.ReasonWithin),
	})
	return d.o.Policies.SaveSetting(ctx, station, PolicyName, seen, p, e)
}

// Doors lists the doors of one station, or of all at which by may read devices.
func (d *Desk) Doors(ctx context.Context, by auth.Operator, station string) ([]Door, error) {
	scope, err := by.Scope(auth.DevicesRead, station)
	if err != nil {
		return nil, err
	}
	settings, err := d.o.Doors.Settings(ctx, station)
	if err != nil {
		return nil, fmt.Errorf("read doors: %w", err)
	}
	until, err := d.o.Doors.Extended(ctx, station)
	if err != nil {
		return nil, fmt.Errorf("read doors: %w", err)
	}
	list := []Door{}
	for _, a := range d.o.Stations.AccessPoints(station) {
		if !isDoor(a) || scope != nil && !slices.Contains(scope, a.Station) {
			continue
		}
		list = append(list, d.view(a, settings[a.Point], until))
	}
	slices.SortFunc(list, func(a, b Door) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return list, nil
}

func (d *Desk) view(a stations.Access, s DoorSettings, until map[devices.PointID]time.Time) Door {
	door := view(a, d.o.Where(a.Point), s, d.heldBy(a.Point))
	if at, ok := until[a.Point]; ok {
		door.UnlockedUntil = &at
	}
	return door
}

func (d *Desk) heldBy(p devices.PointID) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Held(d.open, p)
}

// access finds a door for somebody who needs a right at its station.
func (d *Desk) access(by auth.Operator, needs auth.Permission, id devices.PointID) (stations.Access, error) {
	if all, ids := by.Stations(needs); !all && len(ids) == 0 {
		return stations.Access{}, by.May(needs, auth.AllStations)
	}
	a, err := d.o.Stations.AccessPoint(id)
	if err != nil {
		return stations.Access{}, err
	}
	return a, by.May(needs, a.Station)
}

// Door returns one door.
func (d *Desk) Door(ctx context.Context, by auth.Operator, id devices.PointID) (Door, error) {
	a, err := d.access(by, auth.DevicesRead, id)
	if err != nil {
		return Door{}, err
	}
	s, err := d.o.Doors.Setting(ctx, id)
	if err != nil {
		return Door{}, fmt.Errorf("read door %s: %w", id, err)
	}
	until, err := d.o.Doors.Extended(ctx, a.Station)
	if err != nil {
		return Door{}, fmt.Errorf("read door %s: %w", id, err)
	}
	return d.view(a, s, until), nil
}

// Passages are the last cards and buttons at a door, newest first.
func (d *Desk) Passages(ctx context.Context, by auth.Operator, id devices.PointID, n int) ([]Passage, error) {
	a, err := d.access(by, auth.SignalsRead, id)
	if err != nil {
		return nil, err
	}
	list, err := d.o.Doors.Passages(ctx, a.Station, id, n)
	if err != nil {
		return nil, fmt.Errorf("read the passages of %s: %w", id, err)
	}
	return list, nil
}

// Change is what may be set of a door; nil leaves it.
type Change struct {
	Class     *Class
	Cameras   *[]string
	TwoPerson *bool
	Opens     *devices.PointID
}

const mostCameras = 8

// Configure sets what a door is.
func (d *Desk) Configure(ctx context.Context, by auth.Operator, id devices.PointID, seen int64, c Change) (Door, error) {
	return d.settle(ctx, by, id, seen, "door.change", func(s *DoorSettings, params map[string]string) error {
		if c.Class != nil {
			if !slices.Contains([]Class{Inside, Entrance, Dock}, *c.Class) {
				return &InvalidError{Field: "class", Reason: "inside, entrance or dock"}
			}
			s.Class, params["class"] = *c.Class, string(*c.Class)
		}
		if c.Cameras != nil {
			if len(*c.Cameras) > mostCameras {
				return &InvalidError{Field: "cameras", Reason: fmt.Sprintf("at most %d", mostCameras)}
			}
			for i, camera := range *c.Cameras {
				if !devices.ValidID(camera) {
					return &InvalidError{Field: fmt.Sprintf("cameras.%d", i), Reason: "is no id of a camera"}
				}
			}
			s.Cameras, params["cameras"] = slices.Clone(*c.Cameras), strings.Join(*c.Cameras, ", ")
		}
		if c.TwoPerson != nil {
			s.TwoPerson, params["two_person"] = *c.TwoPerson, fmt.Sprint(*c.TwoPerson)
		}
		if c.Opens != nil {
			if *c.Opens != "" {
				to, err := d.o.Stations.AccessPoint(*c.Opens)
				if err != nil || to.Station != s.Station || !isDoor(to) {
					return &InvalidError{Field: "opens", Reason: "is no door of this station"}
				}
			}
			s.Opens, params["opens"] = *c.Opens, string(*c.Opens)
		}
		return nil
	})
}

// Sign puts by's name under the sentence that the door is no escape door, and
// why. Only then may it be held.
func (d *Desk) Sign(ctx context.Context, by auth.Operator, id devices.PointID, seen int64, why string) (Door, error) {
	return d.settle(ctx, by, id, seen, "door.sign", func(s *DoorSettings, params map[string]string) error {
		if by.Machine {
			return &InvalidError{Field: "by", Reason: "a person must sign this"}
		}
		why, err := words("why", why, 8, 500)
		if err != nil {
			return err
		}
		s.NotEscape, params["why"] = &EscapeSignature{By: by.ID, ByName: by.Name, At: d.now(), Why: why}, why
		return nil
	})
}

// Revoke takes the signature back: the door is an escape door again, and leaves
// every lockdown at once.
func (d *Desk) Revoke(ctx context.Context, by auth.Operator, id devices.PointID, seen int64, why string) (Door, error) {
	door, err := d.settle(ctx, by, id, seen, "door.revoke", func(s *DoorSettings, params map[string]string) error {
		why, err := words("why", why, 1, 500)
		if err != nil {
			return err
		}
		s.NotEscape, params["why"] = nil, why
		return nil
	})
	if err == nil {
		d.Wake() // the runner frees it where it is held
	}
	return door, err
}

func (d *Desk) settle(ctx context.Context, by auth.Operator, id devices.PointID, seen int64, action string, change func(*DoorSettings, map[string]string) error) (Door, error) {
	a, err := d.access(by, auth.DoorsConfigure, id)
	if err != nil {
		return Door{}, err
	}
	s, err := d.o.Doors.Setting(ctx, id)
	if err != nil {
		return Door{}, fmt.Errorf("read door %s: %w", id, err)
	}
	if s.Version != seen {
		return Door{}, &StaleError{Version: s.Version}
	}
	s.Point, s.Station, s.Class = id, a.Station, cmpClass(s.Class)
	params := map[string]string{}
	if err := change(&s, params); err != nil {
		return Door{}, err
	}
	if s, err = d.o.Doors.SaveSetting(ctx, s, audit.By(by, a.Station, action, "point:"+string(id), params)); err != nil {
		return Door{}, fmt.Errorf("change door %s: %w", id, err)
	}
	until, err := d.o.Doors.Extended(ctx, a.Station)
	if err != nil {
		return Door{}, err
	}
	return d.view(a, s, until), nil
}

// Guard judges every command that is on its way to a point; see commands.Options.
func (d *Desk) Guard(ctx context.Context, w commands.Wish) (code, text string, err error) {
	a, unknown := d.o.Stations.AccessPoint(w.Point)
	if unknown != nil || !isDoor(a) {
		return "", "", nil //nolint:nilerr // not ours to judge; whether the point exists was asked before
	}
	s, err := d.o.Doors.Setting(ctx, w.Point)
	if err != nil {
		return "", "", err
	}
	held := w.Verb == devices.Block || w.Verb == devices.Lockdown || w.Verb == devices.DoubleLock
	if held && s.Escape() {
		return devices.RefusedEscapeDoor, "this is an escape door: it is never blocked or locked down from here; a named person must sign first that it is none", nil
	}
	if strings.HasPrefix(w.For, "lockdown:") {
		return "", "", nil
	}
	open, err := d.o.Lockdowns.Open(ctx)
	if err != nil {
		return "", "", err
	}
	if ids := Held(open, w.Point); len(ids) > 0 && w.Verb != devices.Lockdown {
		return devices.RefusedLockedDown, "a lockdown holds this door: release the lockdown first", nil
	}
	if w.Second != "" || strings.HasPrefix(w.For, "posture:") || strings.HasPrefix(w.For, "extended:") {
		return "", "", nil
	}
	policy, _, err := d.policy(ctx, a.Station)
	if err != nil {
		return "", "", err
	}
	if policy.needsSecond(s, w.Verb) {
		return devices.RefusedSecond, "a second officer must confirm this command: give it on the door's page", nil
	}
	return "", "", nil
}
