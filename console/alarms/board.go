package alarms

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"guardroom/console/auth"
	"guardroom/devices"
)

// Place is where a signal stands in its gateway's sequence.
type Place struct{ Epoch, Seq uint64 }

// After reports whether p comes later than q.
func (p Place) After(q Place) bool {
	return p.Epoch > q.Epoch || p.Epoch == q.Epoch && p.Seq > q.Seq
}

// Key names what can have one open alarm.
type Key struct {
	Point devices.PointID
	Kind  devices.Kind
}

// Condition is the last signal applied to a key.
type Condition struct {
	Active bool
	At     Place
	Since  time.Time
	// Began is where it last became active, as far as is known; Raised is the
	// newest raise since. Both stay when it ends.
	Began, Raised Place
	Recent        Recent
}

// About is what the register knows of a point; zero when it knows nothing.
type About struct {
	DeviceName, PointName, Location, Category string
	Priority                                  int                  // of the point, 1 to 4; 0 none
	Priorities                                map[devices.Kind]int // the operator's, by kind
	Demo                                      bool
	Area, AreaName, Building, BuildingName    string // where it is, as far as anybody has said
}

// Heard is a signal as the console has it.
type Heard struct {
	devices.Signal
	Station  string    `json:"station"`
	Received time.Time `json:"received"`
	About    About     `json:"-"`
}

// name takes what the console itself (epoch 0) says of a point that no gateway has
// registered, such as that of a camera of its own.
func (h *Heard) name() {
	name, said := h.Detail[devices.DeviceNameDetail]
	if h.Epoch != 0 || h.About.DeviceName != "" || !said {
		return
	}
	h.About.DeviceName = name
	h.About.Location = cmp.Or(h.About.Location, h.Detail[devices.LocationDetail])
	h.About.Category = cmp.Or(h.About.Category, h.Detail[devices.CategoryDetail])
	rest := maps.Clone(h.Detail)
	for _, taken := range []string{devices.DeviceNameDetail, devices.LocationDetail, devices.CategoryDetail} {
		delete(rest, taken)
	}
	h.Detail = rest
}

// place is where h stands in its gateway's sequence. What the console itself says
// (epoch 0) of a point that a gateway serves stands behind the signal that it
// follows from.
func (h *Heard) place() Place {
	if behind, ok := h.Detail[devices.Follows]; ok && h.Epoch == 0 {
		epoch, seq, _ := strings.Cut(behind, "/")
		e, errE := strconv.ParseUint(epoch, 10, 64)
		s, errS := strconv.ParseUint(seq, 10, 64)
		if errE == nil && errS == nil {
			return Place{e, s}
		}
	}
	return Place{h.Epoch, h.Seq}
}

// at is the instant that screens show: the gateway's, unless its clock cannot
// be trusted or runs ahead of the console's.
func (h *Heard) at() time.Time {
	at := h.Observed
	if h.Clock == devices.Unsynced || at.After(h.Received.Add(time.Minute)) {
		at = h.Received
	}
	return at.UTC().Truncate(time.Microsecond) // as the database keeps it
}

// Board is the part of the installation that the machine looks at: what it knows
// of the keys that will be applied, every open alarm of those keys, every open
// fire alarm of their panels, and, where supervision signals come, every open
// supervision alarm of their gateways; every removal in force over their points;
// where a rule's signal comes, the rules, and open alarms and removals of all that
// they may take out of sight. The zero value is empty.
type Board struct {
	Conditions map[Key]Condition
	Open       map[Key]*Alarm
	Shelves    []*Shelf
	Rules      []*SuppressionRule
	Thoughts   map[Key]Thought // what was thought out; kind "" is every kind of the point
	Held       map[Key]*Held   // what a delay holds back
	Policies   *Policies
	NewID      func() string

	history      []Line
	touched      []*Alarm
	seen         map[*Alarm]bool
	moved        map[Key]bool
	begun, ended []*Shelf
	renewed      []*Shelf
	held         map[Key]bool // keys whose Held has changed
	fleeting     []Fleeting
	chatters     []Chatter
}

// History is what Apply has written, in order.
func (b *Board) History() []Line { return b.history }

// Touched lists the alarms that Apply has made or changed, each once. Those that
// are over come first, so that a key never has two open ones on the way.
func (b *Board) Touched() []*Alarm {
	all := slices.Clone(b.touched)
	slices.SortStableFunc(all, func(x, y *Alarm) int {
		over := func(a *Alarm) int {
			if a.Open() {
				return 1
			}
			return 0
		}
		return cmp.Compare(over(x), over(y))
	})
	return all
}

// Moved lists the keys whose condition Apply has changed.
func (b *Board) Moved() []Key {
	keys := make([]Key, 0, len(b.moved))
	for k := range b.moved {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y Key) int {
		return cmp.Or(cmp.Compare(x.Point, y.Point), cmp.Compare(x.Kind, y.Kind))
	})
	return keys
}

// Apply does to the alarms what h says. Each signal is applied once; that is the
// caller's to know. Signals may come in another order than they happened in: a
// later one that came first is not undone by an older one, and an older raise is
// seen all the same.
func (b *Board) Apply(h Heard) {
	info := h.Kind.Info()
	switch {
	case Ruling(h.Kind):
		b.rule(&h)
	case !info.Alarm:
	case info.Momentary:
		b.happen(&h)
	case h.Active:
		b.raise(&h)
	default:
		b.restore(&h)
	}
}

// happen counts a thing that has no end of its own.
func (b *Board) happen(h *Heard) {
	a := b.Open[Key{h.Point, h.Kind}]
	if a == nil {
		b.open(h, Unacknowledged)
		return
	}
	a.again(h)
	b.ask(a, h, Repeated)
}

// raise applies the beginning of a condition.
func (b *Board) raise(h *Heard) {
	key := Key{h.Point, h.Kind}
	before, known := b.Conditions[key]
	a := b.Open[key]
	if known && !h.place().After(before.At) {
		b.raiseLate(h, before)
		return
	}
	now := Condition{Active: true, At: h.place(), Since: h.at(), Began: h.place(), Raised: h.place(), Recent: before.Recent}
	if before.Active {
		now.Began = before.Began
	}
	b.move(key, now)
	if b.endsHeld(a, h) {
		a = b.Open[key]
	}
	switch {
	case a != nil && a.Active(): // the device says so once more
		a.LastAt = latest(a.LastAt, h.at())
		b.touch(a)
	case b.holdRaise(h):
	default:
		b.appear(a, h)
	}
}

// appear shows that the condition holds: a new alarm, or one that had returned.
func (b *Board) appear(a *Alarm, h *Heard) {
	if a == nil {
		a = b.open(h, Unacknowledged)
		b.notice(a, h)
		return
	}
	a.again(h)
	a.become(Unacknowledged)
	a.ClearedAt, a.Late = nil, h.Historical
	b.notice(a, h)
	b.ask(a, h, Reraised)
	b.joinFire(a, h)
	b.standForOthers(a, h)
}

// raiseLate applies a raise that something newer of the same key has overtaken.
// It happened, and nobody may have seen it.
func (b *Board) raiseLate(h *Heard, now Condition) {
	key := Key{h.Point, h.Kind}
	if held := b.Held[key]; held != nil && held.Active {
		b.Ripen(key, held.place(), h.About, h.Received) // it has held for longer than was thought
	}
	a := b.Open[key]
	if a == nil && b.wasFleeting(h, now) {
		return
	}
	if a == nil {
		state := Returned
		if now.Active { // not reached while every active condition has its alarm
			state = Unacknowledged
		}
		a = b.open(h, state)
		a.Late = true
		if state == Returned {
			a.ClearedAt = &now.Since
		}
		return
	}
	a.Count++
	a.Late = true
	a.RaisedAt, a.LastAt = earliest(a.RaisedAt, h.at()), latest(a.LastAt, h.at())
	if a.Kept.First.After(h.place()) {
		a.Kept.First = h.place()
	}
	a.Version++
	b.touch(a)
	b.write(a, h, Repeated)
	b.joinFire(a, h)
}

// restore applies the end of a condition.
func (b *Board) restore(h *Heard) {
	key := Key{h.Point, h.Kind}
	a := b.Open[key]
	before, known := b.Conditions[key]
	if known && !h.place().After(before.At) {
		b.restoreLate(h, a, before)
		return
	}
	b.move(key, Condition{Active: false, At: h.place(), Since: h.at(), Began: before.Began, Raised: before.Raised, Recent: before.Recent})
	if b.endsHeld(a, h) {
		a = b.Open[key]
	}
	if a == nil || a.Beneath == Returned || b.holdRestore(h) {
		return
	}
	b.clear(a, h)
}

// clear shows that the condition of a is over.
func (b *Board) clear(a *Alarm, h *Heard) {
	at := h.at()
	b.timed(a, at)
	a.ClearedAt = &at
	a.Version++
	if a.Beneath == Acknowledged || a.quiet(at) {
		a.become(Normal)
	} else {
		a.become(Returned)
	}
	b.touch(a)
	b.write(a, h, Cleared)
	b.leave(a, h)
	b.oneShots(a, h.Received)
	if !a.Open() {
		delete(b.Open, Key{a.Point, a.Kind})
	}
}

// restoreLate applies a restore that something newer of the same key has
// overtaken. It never clears. But when it ended what was active before the newest
// raise, that raise was a new one and not the old one said again: an answer to
// the old one does not cover it, even when it is over too by now.
func (b *Board) restoreLate(h *Heard, a *Alarm, now Condition) {
	at := h.place()
	if !at.After(now.Began) || !now.Raised.After(at) {
		return
	}
	now.Began = at
	key := Key{h.Point, h.Kind}
	b.move(key, now)
	if held := b.Held[key]; held != nil && held.Active {
		b.Ripen(key, held.place(), h.About, h.Received)
		a = b.Open[key]
	}
	switch {
	case a == nil: // it was answered for and ended
		a = b.open(h, Returned)
		a.Late, a.ClearedAt = true, &now.Since
		return
	case a.Active():
		a.Acknowledged = nil
		a.become(Unacknowledged)
	}
	a.Count++
	b.ask(a, h, Reraised)
}

// open begins an alarm. When something lies over its point it is born out of
// sight.
func (b *Board) open(h *Heard, state State) *Alarm {
	h.name()
	thought := b.thought(h.Point, h.Kind)
	a := &Alarm{
		ID: b.NewID(), Station: h.Station,
		Gateway: h.Point.Gateway(), Device: h.Point.Device(), DeviceName: h.About.DeviceName,
		Point: h.Point, PointName: h.About.PointName, Location: h.About.Location,
		Kind: h.Kind, Category: h.About.Category,
		Priority: priority(h.Kind, h.About, thought), LifeSafety: h.Kind.Info().LifeSafety,
		Beneath: state,
		Area:    h.About.Area, AreaName: h.About.AreaName, Building: h.About.Building, BuildingName: h.About.BuildingName,
		RaisedAt: h.at(), LastAt: h.at(), ReceivedAt: h.Received,
		Count: 1, Text: h.Text, SignalState: h.State, Detail: detail(h),
		Late: h.Historical, Demo: h.About.Demo,
		Version: 1,
		Kept:    Kept{Asked: 1, Claimed: claimedCause(h), First: h.place(), Finish: thought.Finish},
	}
	handling := b.Policies.Of(a.Station).Handling
	a.CloseNeeded = handling.closeNeeded(a)
	if within := handling.finish(a); within > 0 {
		due := h.Received.Add(within)
		a.FinishAt = &due
	}
	a.lay(b.Shelves, h.Received)
	if b.Open == nil {
		b.Open = map[Key]*Alarm{}
	}
	b.Open[Key{a.Point, a.Kind}] = a
	b.touch(a)
	b.write(a, h, Raised)
	b.joinFire(a, h)
	b.standUnder(a, h)
	b.standForOthers(a, h)
	return a
}

// again takes over what a further raise says.
func (a *Alarm) again(h *Heard) {
	a.Count++
	a.RaisedAt, a.LastAt = earliest(a.RaisedAt, h.at()), latest(a.LastAt, h.at())
	a.Text, a.SignalState, a.Detail = h.Text, h.State, detail(h)
	a.Late = a.Late && h.Historical
	if a.Kept.First.After(h.place()) {
		a.Kept.First = h.place()
	}
}

// detail is never nil: its readers expect an object.
func detail(h *Heard) map[string]string {
	if h.Detail == nil {
		return map[string]string{}
	}
	return h.Detail
}

// ask marks that a wants attention anew: an acknowledgement of an earlier
// version does not cover it.
func (b *Board) ask(a *Alarm, h *Heard, what What) {
	a.Version++
	a.Kept.Asked = a.Version
	b.touch(a)
	b.write(a, h, what)
}

func (b *Board) touch(a *Alarm) {
	if b.seen == nil {
		b.seen = map[*Alarm]bool{}
	}
	if !b.seen[a] {
		b.seen[a] = true
		b.touched = append(b.touched, a)
	}
}

func (b *Board) move(k Key, c Condition) {
	if b.Conditions == nil {
		b.Conditions = map[Key]Condition{}
	}
	if b.moved == nil {
		b.moved = map[Key]bool{}
	}
	b.Conditions[k] = c
	b.moved[k] = true
}

// Adopt takes an alarm onto the board that somebody has changed elsewhere, with
// the lines of its history. What a one-shot removal waited for may be over by it.
func (b *Board) Adopt(a *Alarm, at time.Time, lines []Line) {
	if a.Open() {
		if b.Open == nil {
			b.Open = map[Key]*Alarm{}
		}
		b.Open[Key{a.Point, a.Kind}] = a
	}
	b.touch(a)
	b.history = append(b.history, lines...)
	if !a.Active() {
		b.oneShots(a, at)
	}
}

// Settle sets the clocks of the alarms that were touched, at the end of a
// transaction.
func (b *Board) Settle(now time.Time) {
	for _, a := range b.touched {
		a.Attend(b.Policies.Of(a.Station), now)
	}
}

// write adds a line to a's history. h may be another's signal, as when its cause
// ends; then it is not shown with the line.
func (b *Board) write(a *Alarm, h *Heard, what What) {
	l := a.Line(h.Received, what, saidBy(h), "")
	if h.Point == a.Point && h.Kind == a.Kind {
		l.Entry.Signal = &Said{Active: h.Active, State: h.State, Text: h.Text, Occurred: h.Occurred, Observed: h.Observed,
			Epoch: h.Epoch, Seq: h.Seq, Late: a.Late}
	}
	b.history = append(b.history, l)
}

// saidBy is the console itself, acting on what a gateway said.
func saidBy(h *Heard) auth.Operator {
	by := auth.System()
	by.Address = "gateway:" + h.Point.Gateway()
	return by
}

func earliest(x, y time.Time) time.Time {
	if y.Before(x) {
		return y
	}
	return x
}

func latest(x, y time.Time) time.Time {
	if y.After(x) {
		return y
	}
	return x
}
