package doors

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/commands"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// How often the runner looks: while somebody waits for an answer, while something
// is held, and while nothing is.
const (
	lookSoon  = 250 * time.Millisecond
	lookOpen  = time.Second
	lookNever = 30 * time.Second
)

// Run brings about what was decided until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-timer.C:
		}
		next, err := d.Pass(ctx)
		if err != nil && ctx.Err() == nil {
			d.o.Log.Warn("doors: will look again", "err", err)
		}
		timer.Reset(next)
	}
}

// Pass looks once, and says when to look again.
func (d *Desk) Pass(ctx context.Context) (time.Duration, error) {
	d.watching.Store(true) // what comes up meanwhile wakes the runner
	if err := d.read(ctx); err != nil {
		return lookOpen, err
	}
	d.publishAll()
	soon, open, err := d.passLockdowns(ctx)
	s, o, err2 := d.passPostures(ctx)
	soon, open, err = soon || s, open || o, firstOf(err, err2)
	s, o, err2 = d.passCalls(ctx)
	soon, open, err = soon || s, open || o, firstOf(err, err2)
	d.watching.Store(open || err != nil)
	switch {
	case soon:
		return lookSoon, err
	case open || err != nil:
		return lookOpen, err
	}
	return lookNever, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// read takes what is open and where it burns into memory.
func (d *Desk) read(ctx context.Context) error {
	if _, err := d.fire(ctx); err != nil {
		return err
	}
	open, err := d.o.Lockdowns.Open(ctx)
	if err != nil {
		return fmt.Errorf("read open lockdowns: %w", err)
	}
	d.mu.Lock()
	d.open = open
	d.mu.Unlock()
	return nil
}

// Desired tells a gateway that has just introduced itself what it is to hold.
func (d *Desk) Desired(station, gateway string) {
	d.line.Lock()
	defer d.line.Unlock()
	d.publish(station, gateway, true)
}

// publishAll tells each gateway what changed of what it is to hold.
func (d *Desk) publishAll() {
	d.line.Lock()
	defer d.line.Unlock()
	gateways := map[string]string{}
	for gateway, told := range d.published {
		gateways[gateway], _, _ = strings.Cut(told, " ")
	}
	d.mu.Lock()
	for _, l := range d.open {
		for i := range l.Doors {
			gateways[l.Doors[i].Gateway] = l.Station
		}
	}
	d.mu.Unlock()
	for gateway, station := range gateways {
		d.publish(station, gateway, false)
	}
}

// publish tells one gateway; d.line is held.
func (d *Desk) publish(station, gateway string, always bool) {
	d.mu.Lock()
	held := Desired(d.open, d.fires, gateway)
	d.mu.Unlock()
	said, err := json.Marshal(held)
	if err != nil { // ids only
		return
	}
	key := station + " " + string(said)
	if d.published[gateway] == key && !always {
		return
	}
	d.told = max(d.told+1, uint64(d.o.Now().UnixMilli()))
	if err := d.o.Publish(station, gateway, link.DesiredMessage{Version: d.told, Lockdowns: held}); err != nil {
		d.published[gateway] = station + " " // not as it should be: the next look tries again
		d.o.Log.Warn("doors: what to hold was not sent; will try again", "gateway", gateway, "err", err)
		return
	}
	d.published[gateway] = key
}

// facts are what a look at a station's lockdowns is judged by.
type facts struct {
	now      time.Time
	fires    Fires
	settings map[devices.PointID]DoorSettings
	seen     map[devices.PointID]seen
	outcomes map[string]commands.Command
	asked    map[string]commands.Command // by the key of the wish
}

func (d *Desk) passLockdowns(ctx context.Context) (soon, open bool, err error) {
	d.mu.Lock()
	all, fires := d.open, d.fires
	d.mu.Unlock()
	byStation := map[string][]*Lockdown{}
	for _, l := range all {
		byStation[l.Station] = append(byStation[l.Station], l)
	}
	for station, list := range byStation {
		s, one := d.passStation(ctx, station, list, fires)
		soon, open, err = soon || s, true, firstOf(err, one)
	}
	return soon, open, err
}

func (d *Desk) passStation(ctx context.Context, station string, open []*Lockdown, fires Fires) (soon bool, err error) {
	f := facts{now: d.now(), fires: fires, seen: map[devices.PointID]seen{}, asked: map[string]commands.Command{}}
	if f.settings, err = d.o.Doors.Settings(ctx, station); err != nil {
		return true, fmt.Errorf("read doors: %w", err)
	}
	d.lookAt(station, &f)
	if f.outcomes, err = d.outcomes(ctx, open); err != nil {
		return true, err
	}
	wishes := []ask{}
	for _, l := range open {
		wishes = append(wishes, l.clone().judge(open, f)...)
	}
	f.asked = d.order(ctx, wishes)
	changed := len(wishes) > 0
	for _, l := range open {
		before := l.clone()
		l := l.clone()
		l.judge(open, f)
		changed = changed || !same(before, l)
	}
	if changed {
		err = d.o.Lockdowns.Change(ctx, station, func(open []*Lockdown) (ids []string, entries []audit.Entry, err error) {
			for _, l := range open {
				before := l.clone()
				l.judge(open, f)
				if same(before, l) {
					continue
				}
				l.Version++
				ids = append(ids, l.ID)
				entries = append(entries, l.entries(before)...)
			}
			return ids, entries, nil
		})
	}
	for _, l := range open {
		soon = soon || slices.ContainsFunc(l.Doors, func(one HeldDoor) bool { return one.State == Waiting || one.State == Releasing })
	}
	return soon || changed, err
}

// lookAt notes how each door of the station is seen now.
func (d *Desk) lookAt(station string, f *facts) {
	for _, a := range d.o.Stations.AccessPoints(station) {
		s := seen{there: true, online: a.Online, readOnly: a.ReadOnly, states: states(a.Reading)}
		if a.Reading != nil {
			s.observed = a.Reading.Observed
		}
		f.seen[a.Point] = s
	}
}

func (d *Desk) outcomes(ctx context.Context, open []*Lockdown) (map[string]commands.Command, error) {
	var ids []string
	for _, l := range open {
		for i := range l.Doors {
			if l.Doors[i].Command != "" {
				ids = append(ids, l.Doors[i].Command)
			}
		}
	}
	if len(ids) == 0 {
		return map[string]commands.Command{}, nil
	}
	found, err := d.o.Doors.Outcomes(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read commands: %w", err)
	}
	return found, nil
}

// ask is a command that is to be given, once.
type ask struct {
	by   auth.Operator
	wish commands.Wish
}

// askKey names a wish so that it is carried out once, whoever finds it undone.
func askKey(kind, id string, p devices.PointID, try int, phase string) string {
	sum := sha256.Sum256([]byte(p))
	return kind + ":" + id + ":" + hex.EncodeToString(sum[:8]) + ":" + phase + strconv.Itoa(try)
}

// atOnce is how many commands are on their way to the gateways together.
const atOnce = 8

// order gives commands and returns what stands of each, by key. What could not be
// recorded is given again at the next look.
func (d *Desk) order(ctx context.Context, wishes []ask) map[string]commands.Command {
	done := map[string]commands.Command{}
	var mu sync.Mutex
	var work sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for _, one := range wishes {
		slots <- struct{}{}
		work.Go(func() {
			defer func() { <-slots }()
			c, err := d.o.Commands.Order(ctx, one.by, one.wish)
			if err != nil {
				d.o.Log.Warn("doors: a command was not given; will try again", "point", one.wish.Point, "verb", one.wish.Verb, "err", err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			done[one.wish.Key] = c
		})
	}
	work.Wait()
	return done
}

// judge brings l to what is seen now, and returns the commands that are to be
// given. It changes nothing but l, and l by nothing but f: it may run again.
func (l *Lockdown) judge(open []*Lockdown, f facts) []ask {
	var asks []ask
	burning := map[string]bool{}
	for i := range l.Doors {
		one := &l.Doors[i]
		if one.State == LeftOut || one.State == Cannot {
			continue
		}
		if f.fires.At(l.Station, one.Building) {
			burning[one.BuildingName] = true
		}
		s := f.seen[one.Point]
		if c, ok := f.outcomes[one.Command]; ok && one.Command != "" {
			s.command = outcome(c)
		}
		var wish *ask
		if l.State == Active {
			wish = l.judgeHold(one, s, f)
		} else {
			wish = l.judgeFree(one, s, open, f)
		}
		if wish != nil {
			asks = append(asks, *wish)
		}
	}
	l.burn(burning)
	l.finish(f.now)
	return asks
}

// burn notes fires: a person is asked to release.
func (l *Lockdown) burn(now map[string]bool) {
	l.FireActive = len(now) > 0
	for name := range now {
		if !slices.Contains(l.Fire, name) {
			l.Fire = append(slices.Clone(l.Fire), name)
			slices.Sort(l.Fire)
		}
	}
}

func (l *Lockdown) judgeHold(one *HeldDoor, s seen, f facts) *ask {
	if f.settings[one.Point].Escape() && !one.Dropped {
		one.Dropped, one.Command, one.AskedAt = true, "", nil
		one.Try++
		one.set(Releasing, "an escape door again", nil, f.now)
		s.command = nil
	}
	if one.Dropped {
		wish := l.free(one, s, f, auth.Operator{ID: l.By, Name: l.ByName})
		if one.State == Freed {
			one.set(LeftOut, "an escape door again: it was released", nil, f.now)
		}
		return wish
	}
	if f.fires.At(l.Station, one.Building) && !one.Suspended {
		one.Suspended, one.Insisted = true, false
	}
	if one.Command == "" && one.AskedAt == nil && s.online && !s.readOnly && (!one.Suspended || one.Insisted) {
		key := askKey("lockdown", l.ID, one.Point, one.Try, "hold")
		c, asked := f.asked[key]
		if !asked {
			one.set(Waiting, "", s.states, f.now)
			return &ask{auth.Operator{ID: l.By, Name: l.ByName}, commands.Wish{
				Point: one.Point, Verb: one.Verb, Reason: "lockdown of " + l.Scope.Name, Key: key, For: "lockdown:" + l.ID,
			}}
		}
		at := c.RequestedAt
		one.Command, one.AskedAt, s.command = c.ID, &at, outcome(c)
	}
	state, note := one.judge(s, f.now)
	one.set(state, note, s.states, f.now)
	return nil
}

func (l *Lockdown) judgeFree(one *HeldDoor, s seen, open []*Lockdown, f facts) *ask {
	if one.State.ended() {
		return nil
	}
	if others := Held(open, one.Point); len(others) > 0 {
		one.set(StaysHeld, "another lockdown holds it", nil, f.now)
		return nil
	}
	by := auth.Operator{ID: l.By, Name: l.ByName}
	if l.Released != nil {
		by = auth.Operator{ID: l.Released.By, Name: l.Released.ByName}
	}
	return l.free(one, s, f, by)
}

// free brings about that the door is no longer held.
func (l *Lockdown) free(one *HeldDoor, s seen, f facts, by auth.Operator) *ask {
	if one.State == FreedIfBack && s.online && one.Command != "" { // it is back: once more
		one.Command, one.AskedAt, s.command = "", nil, nil
		one.Try++
	}
	if one.Command == "" && s.there && s.online && one.Free != "" && one.Before != devices.DoorModeBlocked && one.State != NotFreed {
		key := askKey("lockdown", l.ID, one.Point, one.Try, "free")
		c, asked := f.asked[key]
		if !asked {
			one.set(Releasing, one.Note, s.states, f.now)
			return &ask{by, commands.Wish{
				Point: one.Point, Verb: one.Free, Reason: "end of the lockdown of " + l.Scope.Name, Key: key, For: "lockdown:" + l.ID,
			}}
		}
		at := c.RequestedAt
		one.Command, one.AskedAt, s.command = c.ID, &at, outcome(c)
	}
	state, note := one.judgeRelease(s)
	one.set(state, note, s.states, f.now)
	return nil
}

func outcome(c commands.Command) *ordered {
	o := &ordered{state: c.State, code: c.Code, text: c.Text}
	if c.FinishedAt != nil {
		o.finished = *c.FinishedAt
	}
	return o
}

func (l *Lockdown) clone() *Lockdown {
	c := *l
	c.Doors, c.Fire = slices.Clone(l.Doors), slices.Clone(l.Fire)
	return &c
}

func same(a, b *Lockdown) bool {
	return a.State == b.State && a.FireActive == b.FireActive && slices.Equal(a.Fire, b.Fire) &&
		slices.EqualFunc(a.Doors, b.Doors, func(x, y HeldDoor) bool {
			x.AskedAt, y.AskedAt = nil, nil
			return x == y
		})
}

// entries are the record of what the doors did, where it matters later: those
// that did not obey, those taken out by a fire, and the end.
func (l *Lockdown) entries(before *Lockdown) []audit.Entry {
	system, subject := auth.System(), "lockdown:"+l.ID
	var list []audit.Entry
	for i := range l.Doors {
		now, was := &l.Doors[i], &before.Doors[i]
		if now.State == was.State && now.Suspended == was.Suspended {
			continue
		}
		switch {
		case now.Suspended && !was.Suspended:
			list = append(list, audit.By(system, l.Station, "lockdown.fire", subject, map[string]string{"point": string(now.Point), "building": now.BuildingName}))
		case now.State == Obeyed || now.State == NotObeyed || now.State == NotKnown || now.State == Away || now.State == NotFreed || now.State == Freed:
			list = append(list, audit.By(system, l.Station, "lockdown.door", subject, map[string]string{
				"point": string(now.Point), "state": string(now.State), "note": now.Note, "seen": now.Seen,
			}))
		}
	}
	if l.EndedAt != nil && before.EndedAt == nil {
		list = append(list, audit.By(system, l.Station, "lockdown.end", subject, nil))
	}
	return list
}
