package doors

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// LockdownWish is what somebody asks for when they press the button.
type LockdownWish struct {
	Station string
	Place   string // empty: the whole station
	DryRun  bool   // touch no door, say what would happen to each
	// ConfirmFire is a person's word that the doors are to be locked although
	// there is a fire in the building.
	ConfirmFire bool
	Key         string // new for each press
}

// mostDoors bounds one lockdown.
const mostDoors = 2000

// Lockdown holds every door of the place that is no escape door. It returns at
// once; what becomes of each door is told live. In a dry run nothing is kept.
func (d *Desk) Lockdown(ctx context.Context, by auth.Operator, w LockdownWish) (Lockdown, error) {
	if err := by.May(auth.LockdownCommand, w.Station); err != nil {
		return Lockdown{}, err
	}
	d.watching.Store(true) // a fire from now on is not missed
	l, err := d.plan(ctx, by, w)
	if err != nil {
		return Lockdown{}, err
	}
	if l.DryRun {
		return l, nil
	}
	if w.Key == "" || len(w.Key) > 128 {
		return Lockdown{}, &InvalidError{Field: "idempotency_key", Reason: "1 to 128 characters, new for each press"}
	}
	if len(l.Fire) > 0 && !w.ConfirmFire {
		return Lockdown{}, &ConflictError{
			Reason: "fire", Text: "there is a fire in " + strings.Join(l.Fire, ", ") + ": locked doors are a danger there; say that you want it all the same",
			Params: map[string]any{"buildings": l.Fire},
		}
	}
	held, left := 0, 0
	for i := range l.Doors {
		if l.Doors[i].State == Waiting {
			held++
		} else {
			left++
		}
	}
	e := audit.By(by, l.Station, "lockdown.begin", "lockdown:"+l.ID, map[string]string{
		"scope": l.Scope.Kind, "place": l.Scope.Place, "name": l.Scope.Name, "doors": strconv.Itoa(held), "left_out": strconv.Itoa(left),
		"fire": strings.Join(l.Fire, ", "), "fire_confirmed": strconv.FormatBool(l.FireConfirmed),
	})
	stands, created, err := d.o.Lockdowns.Begin(ctx, l, w.Key, e)
	if err != nil {
		return Lockdown{}, fmt.Errorf("begin lockdown of %s: %w", l.Scope.Name, err)
	}
	if created {
		d.adopt(stands)
	}
	d.Wake()
	return stands, nil
}

// adopt lets the gateways know of a new lockdown before the runner's next look.
func (d *Desk) adopt(l Lockdown) {
	d.mu.Lock()
	d.open = append(slices.Clone(d.open), &l)
	d.mu.Unlock()
	d.publishAll()
}

// plan says what a lockdown would do to each door.
func (d *Desk) plan(ctx context.Context, by auth.Operator, w LockdownWish) (Lockdown, error) {
	scope, inside, err := d.scope(w.Station, w.Place)
	if err != nil {
		return Lockdown{}, err
	}
	settings, err := d.o.Doors.Settings(ctx, w.Station)
	if err != nil {
		return Lockdown{}, fmt.Errorf("read doors: %w", err)
	}
	fires, err := d.fire(ctx)
	if err != nil {
		return Lockdown{}, err
	}
	policy, _, err := d.policy(ctx, w.Station)
	if err != nil {
		return Lockdown{}, err
	}
	now := d.now()
	l := Lockdown{
		ID: auth.NewID(), Station: w.Station, Scope: scope, State: Active, By: by.ID, ByName: by.Name, At: now,
		ReasonDue: now.Add(policy.reasonWithin()), Fire: []string{}, Doors: []HeldDoor{}, DryRun: w.DryRun, Version: 1,
	}
	burning := map[string]bool{}
	for _, a := range d.o.Stations.AccessPoints(w.Station) {
		if !isDoor(a) || inside != nil && !inside[a.Point] {
			continue
		}
		where := d.o.Where(a.Point)
		one := HeldDoor{
			Point: a.Point, Name: a.Name, Location: a.Location, Gateway: a.Gateway, Where: where, At: now, State: Waiting,
			Before: modeOf(states(a.Reading), false), Verb: holdVerb(a.Verbs), Free: releaseVerb(a.Verbs), Seen: strings.Join(states(a.Reading), ", "),
		}
		l.Demo = l.Demo || a.Demo
		switch {
		case settings[a.Point].Escape():
			one.State, one.Note = LeftOut, "an escape door: nobody has signed that it is none"
		case one.Verb == "":
			one.State, one.Note = Cannot, "it takes no command that holds it"
		default:
			if fires.At(w.Station, where.Building) {
				one.Suspended, one.Insisted = true, w.ConfirmFire
				burning[where.BuildingName] = true
			}
			if w.DryRun && !a.Online {
				one.State, one.Note = Away, "it would be held when it is back"
			}
		}
		l.Doors = append(l.Doors, one)
	}
	if len(l.Doors) == 0 {
		return Lockdown{}, &InvalidError{Field: "place", Reason: "there is no door in " + scope.Name}
	}
	if len(l.Doors) > mostDoors {
		return Lockdown{}, &InvalidError{Field: "place", Reason: fmt.Sprintf("holds %d doors; %d at most in one lockdown", len(l.Doors), mostDoors)}
	}
	l.Fire, l.FireActive = slices.Sorted(maps.Keys(burning)), len(burning) > 0
	l.FireConfirmed = w.ConfirmFire && len(burning) > 0
	return l, nil
}

// scope finds the place; nil points are all of the station's.
func (d *Desk) scope(station, place string) (DoorScope, map[devices.PointID]bool, error) {
	s, ok := d.o.Stations.Station(station)
	if !ok {
		return DoorScope{}, nil, &InvalidError{Field: "station", Reason: "there is no such station"}
	}
	if place == "" {
		return DoorScope{Kind: "station", Name: s.Name}, nil, nil
	}
	scope, points, ok := d.o.Place(station, place)
	if !ok {
		return DoorScope{}, nil, &InvalidError{Field: "place", Reason: "is no place of this station"}
	}
	inside := make(map[devices.PointID]bool, len(points))
	for _, p := range points {
		inside[p] = true
	}
	return scope, inside, nil
}

// fire reads where there is a fire now.
func (d *Desk) fire(ctx context.Context) (Fires, error) {
	points, err := d.o.Doors.Fires(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for fires: %w", err)
	}
	fires := Fires{}
	for station, list := range points {
		fires[station] = map[string]bool{}
		for _, p := range list {
			fires[station][d.o.Where(p).Building] = true
		}
	}
	d.mu.Lock()
	d.fires = fires
	d.mu.Unlock()
	return fires, nil
}

// Lockdowns lists lockdowns, newest first; open ones are on the live board, too.
func (d *Desk) Lockdowns(ctx context.Context, by auth.Operator, station string, limit int, cursor string) ([]Lockdown, string, error) {
	scope, err := by.Scope(auth.SitesRead, station)
	if err != nil {
		return nil, "", err
	}
	return d.o.Lockdowns.List(ctx, scope, limit, cursor)
}

// FindLockdown returns one lockdown.
func (d *Desk) FindLockdown(ctx context.Context, by auth.Operator, id string) (Lockdown, error) {
	return d.lockdownFor(ctx, by, auth.SitesRead, id)
}

func (d *Desk) lockdownFor(ctx context.Context, by auth.Operator, needs auth.Permission, id string) (Lockdown, error) {
	if all, ids := by.Stations(needs); !all && len(ids) == 0 {
		return Lockdown{}, by.May(needs, auth.AllStations)
	}
	l, err := d.o.Lockdowns.Find(ctx, id)
	if err != nil {
		return Lockdown{}, fmt.Errorf("find lockdown: %w", err)
	}
	return l, by.May(needs, l.Station)
}

// change changes one open lockdown.
func (d *Desk) change(ctx context.Context, station, id string, decide func(l *Lockdown, open []*Lockdown) (*audit.Entry, error)) (Lockdown, error) {
	var after Lockdown
	err := d.o.Lockdowns.Change(ctx, station, func(open []*Lockdown) ([]string, []audit.Entry, error) {
		i := slices.IndexFunc(open, func(l *Lockdown) bool { return l.ID == id })
		if i < 0 {
			return nil, nil, &ConflictError{Reason: "ended", Text: "this lockdown is at an end"}
		}
		entry, err := decide(open[i], open)
		if err != nil || entry == nil {
			after = *open[i]
			return nil, nil, err
		}
		open[i].Version++
		after = *open[i]
		return []string{id}, []audit.Entry{*entry}, nil
	})
	if err == nil {
		d.Wake()
	}
	return after, err
}

// Reason keeps why a lockdown was set.
func (d *Desk) Reason(ctx context.Context, by auth.Operator, id, reason string) (Lockdown, error) {
	l, err := d.lockdownFor(ctx, by, auth.LockdownCommand, id)
	if err != nil {
		return Lockdown{}, err
	}
	if reason, err = words("reason", reason, 3, 500); err != nil {
		return Lockdown{}, err
	}
	return d.change(ctx, l.Station, id, func(l *Lockdown, _ []*Lockdown) (*audit.Entry, error) {
		l.Reason, l.ReasonBy, l.ReasonByName, l.ReasonLate = reason, by.ID, by.Name, false
		e := audit.By(by, l.Station, "lockdown.reason", "lockdown:"+id, map[string]string{"reason": reason})
		return &e, nil
	})
}

// Free releases a lockdown: each of its doors that no other lockdown holds. It
// needs a second officer where the station wants one; the approval is then what
// comes back.
func (d *Desk) Free(ctx context.Context, by auth.Operator, id, reason string) (Lockdown, *Approval, error) {
	l, err := d.lockdownFor(ctx, by, auth.LockdownCommand, id)
	if err != nil {
		return Lockdown{}, nil, err
	}
	if reason, err = words("reason", reason, 0, 500); err != nil {
		return Lockdown{}, nil, err
	}
	if l.State != Active {
		return l, nil, nil // somebody has released it already
	}
	policy, _, err := d.policy(ctx, l.Station)
	if err != nil {
		return Lockdown{}, nil, err
	}
	if policy.TwoRelease {
		a, err := d.askSecond(ctx, by, Approval{
			Station: l.Station, Action: ReleaseLockdown, Subject: id, Name: l.Scope.Name, Reason: reason, Permission: auth.LockdownCommand,
		})
		return l, &a, err
	}
	l, err = d.free(ctx, by, l.Station, id, reason, nil)
	return l, nil, err
}

func (d *Desk) free(ctx context.Context, by auth.Operator, station, id, reason string, second *auth.Operator) (Lockdown, error) {
	l, err := d.change(ctx, station, id, func(l *Lockdown, open []*Lockdown) (*audit.Entry, error) {
		if l.State != Active {
			return nil, nil
		}
		l.release(open, DoorRelease{By: by.ID, ByName: by.Name, At: d.now(), Reason: reason})
		params := map[string]string{"reason": reason, "doors": strconv.Itoa(len(l.Doors))}
		if second != nil {
			l.Released.Second = second.Name
			params["second"], params["second_name"] = second.ID, second.Name
		}
		e := audit.By(by, l.Station, "lockdown.release", "lockdown:"+id, params)
		return &e, nil
	})
	if err != nil {
		return Lockdown{}, fmt.Errorf("release lockdown: %w", err)
	}
	d.replace(l)
	return l, nil
}

// replace lets the gateways know of a change before the runner's next look.
func (d *Desk) replace(l Lockdown) {
	d.mu.Lock()
	d.open = slices.Clone(d.open)
	for i := range d.open {
		if d.open[i].ID == l.ID {
			d.open[i] = &l
		}
	}
	d.mu.Unlock()
	d.publishAll()
}

// release ends what l holds; a door that another open lockdown wants stays.
func (l *Lockdown) release(open []*Lockdown, r DoorRelease) {
	l.State, l.Released = Ending, &r
	for i := range l.Doors {
		one := &l.Doors[i]
		if one.State == LeftOut || one.State == Cannot {
			continue
		}
		one.Command, one.AskedAt, one.Try = "", nil, 0
		if others := Held(open, one.Point); len(others) > 0 {
			one.set(StaysHeld, "another lockdown holds it", nil, r.At)
			continue
		}
		one.set(Releasing, "", nil, r.At)
	}
	l.finish(r.At)
}

// finish ends a released lockdown when nothing is left to do.
func (l *Lockdown) finish(now time.Time) {
	if l.State != Ending {
		return
	}
	for i := range l.Doors {
		if !l.Doors[i].State.ended() {
			return
		}
	}
	l.State, l.EndedAt = LockdownIs, &now
}

// Again asks the doors that did not obey once more, or one of them.
func (d *Desk) Again(ctx context.Context, by auth.Operator, id string, point devices.PointID) (Lockdown, error) {
	l, err := d.lockdownFor(ctx, by, auth.LockdownCommand, id)
	if err != nil {
		return Lockdown{}, err
	}
	return d.change(ctx, l.Station, id, func(l *Lockdown, _ []*Lockdown) (*audit.Entry, error) {
		asked := 0
		for i := range l.Doors {
			one := &l.Doors[i]
			if point != "" && one.Point != point || one.Suspended && l.State == Active {
				continue
			}
			switch one.State {
			case NotObeyed, NotKnown:
				one.set(Waiting, "", nil, d.now())
			case NotFreed:
				one.set(Releasing, "", nil, d.now())
			default:
				continue
			}
			one.Command, one.AskedAt = "", nil
			one.Try++
			asked++
		}
		if asked == 0 {
			return nil, nil
		}
		e := audit.By(by, l.Station, "lockdown.again", "lockdown:"+id, map[string]string{"doors": strconv.Itoa(asked), "point": string(point)})
		return &e, nil
	})
}

// HoldAgain takes the doors back that a fire has taken out: a person says that
// they may be held. Where there is still a fire it is refused unless confirmed.
func (d *Desk) HoldAgain(ctx context.Context, by auth.Operator, id string, confirmFire bool) (Lockdown, error) {
	l, err := d.lockdownFor(ctx, by, auth.LockdownCommand, id)
	if err != nil {
		return Lockdown{}, err
	}
	fires, err := d.fire(ctx)
	if err != nil {
		return Lockdown{}, err
	}
	return d.change(ctx, l.Station, id, func(l *Lockdown, _ []*Lockdown) (*audit.Entry, error) {
		if l.State != Active {
			return nil, &ConflictError{Reason: "ended", Text: "this lockdown was released"}
		}
		taken := 0
		for i := range l.Doors {
			one := &l.Doors[i]
			burning := fires.At(l.Station, one.Building)
			if !one.Suspended {
				continue
			}
			if burning && !confirmFire {
				return nil, &ConflictError{Reason: "fire", Text: "there is still a fire in " + one.BuildingName, Params: map[string]any{"buildings": []string{one.BuildingName}}}
			}
			one.Suspended, one.Insisted = burning, burning // with a fire it is asked once, and not asserted again
			one.set(Waiting, "", nil, d.now())
			one.Command, one.AskedAt = "", nil
			one.Try++
			taken++
		}
		if taken == 0 {
			return nil, nil
		}
		l.FireConfirmed = l.FireConfirmed || confirmFire
		e := audit.By(by, l.Station, "lockdown.hold_again", "lockdown:"+id, map[string]string{"doors": strconv.Itoa(taken), "fire_confirmed": strconv.FormatBool(confirmFire)})
		return &e, nil
	})
}

// Dismiss takes a released lockdown off the board although not every door is
// known to be free: a person has seen which, and looks after them.
func (d *Desk) Dismiss(ctx context.Context, by auth.Operator, id, reason string) (Lockdown, error) {
	l, err := d.lockdownFor(ctx, by, auth.LockdownCommand, id)
	if err != nil {
		return Lockdown{}, err
	}
	if reason, err = words("reason", reason, 3, 500); err != nil {
		return Lockdown{}, err
	}
	return d.change(ctx, l.Station, id, func(l *Lockdown, _ []*Lockdown) (*audit.Entry, error) {
		if l.State != Ending {
			return nil, &ConflictError{Reason: "active", Text: "release the lockdown first"}
		}
		var left []string
		for i := range l.Doors {
			if !l.Doors[i].State.ended() {
				left = append(left, l.Doors[i].Name)
			}
		}
		now := d.now()
		l.State, l.EndedAt = LockdownIs, &now
		e := audit.By(by, l.Station, "lockdown.dismiss", "lockdown:"+id, map[string]string{"reason": reason, "doors": strings.Join(left, ", ")})
		return &e, nil
	})
}

// remindFor is how long the officer is reminded before the supervisor is told.
const remindFor = 2 * time.Minute

// ReasonOverdue marks a lockdown of which nobody has said why, when its time is over;
// the second time the supervisor is told. It reports what is to be done next:
// the zero time for nothing.
func (l *Lockdown) ReasonOverdue(now time.Time) (again time.Time, tell bool) {
	switch {
	case l.Reason != "" || l.State != Active:
		return time.Time{}, false
	case !l.ReasonLate:
		l.ReasonLate = true
		l.Version++
		return now.Add(remindFor), false
	case !l.ReasonTold:
		l.ReasonTold = true
		l.Version++
		return time.Time{}, true
	}
	return time.Time{}, false
}
