package alarms

import (
	"cmp"
	"slices"
	"time"

	"guardroom/devices"
)

// Thought is what was thought out for a point's kind, as far as the machine
// needs it. Zero is "not set".
type Thought struct {
	Priority          int
	OnDelay, OffDelay time.Duration
	Finish            time.Duration
}

// LongestDelay is what a delay may hold back at most.
const LongestDelay = 300 * time.Second

// thought is that of the kind, filled up with that of the whole point.
func (b *Board) thought(point devices.PointID, kind devices.Kind) Thought {
	own, all := b.Thoughts[Key{point, kind}], b.Thoughts[Key{point, ""}]
	return Thought{
		Priority: cmp.Or(own.Priority, all.Priority), Finish: cmp.Or(own.Finish, all.Finish),
		OnDelay: cmp.Or(own.OnDelay, all.OnDelay), OffDelay: cmp.Or(own.OffDelay, all.OffDelay),
	}
}

// delays of a signal's kind; none ever holds back life safety, nor what has no
// end of its own.
func (b *Board) delays(h *Heard) (on, off time.Duration) {
	info := h.Kind.Info()
	if info.LifeSafety || info.Momentary {
		return 0, 0
	}
	t := b.thought(h.Point, h.Kind)
	bounded := func(d time.Duration) time.Duration { return min(max(d, 0), LongestDelay) }
	return bounded(t.OnDelay), bounded(t.OffDelay)
}

// Held is a raise or a restore that waits for its delay to pass.
type Held struct {
	Heard
	Due time.Time
}

// HeldChanges lists the keys whose Held has changed; those without one in
// b.Held any more wait for nothing.
func (b *Board) HeldChanges() []Key {
	keys := make([]Key, 0, len(b.held))
	for k := range b.held {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y Key) int {
		return cmp.Or(cmp.Compare(x.Point, y.Point), cmp.Compare(x.Kind, y.Kind))
	})
	return keys
}

func (b *Board) holdBack(h *Heard, delay time.Duration) {
	if b.Held == nil {
		b.Held = map[Key]*Held{}
	}
	b.Held[Key{h.Point, h.Kind}] = &Held{Heard: *h, Due: h.Received.Add(delay)}
	b.holding(Key{h.Point, h.Kind})
}

func (b *Board) letGo(key Key) {
	delete(b.Held, key)
	b.holding(key)
}

func (b *Board) holding(key Key) {
	if b.held == nil {
		b.held = map[Key]bool{}
	}
	b.held[key] = true
}

// holdRaise holds a raise back while its on-delay runs; the first one counts.
func (b *Board) holdRaise(h *Heard) bool {
	if b.Held[Key{h.Point, h.Kind}] != nil {
		return true
	}
	on, _ := b.delays(h)
	if on > 0 {
		b.holdBack(h, on)
	}
	return on > 0
}

// holdRestore holds a restore back while its off-delay runs; the first one
// counts.
func (b *Board) holdRestore(h *Heard) bool {
	if b.Held[Key{h.Point, h.Kind}] != nil {
		return true
	}
	_, off := b.delays(h)
	if off > 0 {
		b.holdBack(h, off)
	}
	return off > 0
}

// endsHeld lets go of what is held back of the other kind than h: a restore ends
// a raise that waits, a raise ends a restore that waits. What had lasted for its
// delay by its own clock counts all the same, as when a backlog comes all at
// once. It reports whether the alarm may be another one now.
func (b *Board) endsHeld(a *Alarm, h *Heard) bool {
	key := Key{h.Point, h.Kind}
	held := b.Held[key]
	if held == nil || held.Active == h.Active {
		return false
	}
	on, off := b.delays(h)
	lasted := h.at().Sub(held.at())
	held.About = h.About
	b.letGo(key)
	switch {
	case held.Active && lasted >= 0 && lasted < on:
		b.fleeting = append(b.fleeting, Fleeting{Station: h.Station, Key: key, At: held.at(), Lasted: lasted, Hidden: true})
	case held.Active:
		b.appear(a, &held.Heard)
	case lasted >= off && a != nil && a.Active():
		b.clear(a, &held.Heard)
	case a != nil: // it went away for a moment only: the same alarm
		a.Count++
		a.LastAt = latest(a.LastAt, h.at())
		b.touch(a)
	}
	return true
}

// Ripen does what was held back at place, when its delay has passed; it does
// nothing when something else came between.
func (b *Board) Ripen(key Key, place Place, about About, now time.Time) {
	held := b.Held[key]
	if held == nil || held.place() != place {
		return
	}
	b.letGo(key)
	h := held.Heard
	h.About = about
	if h.Clock == devices.Unsynced { // its instant is that of its coming, not of now
		h.Observed, h.Clock = h.at(), devices.Synced
	}
	h.Received = now
	a := b.Open[key]
	switch {
	case h.Active && (a == nil || !a.Active()):
		b.appear(a, &h)
	case !h.Active && a != nil && a.Active():
		b.clear(a, &h)
	}
}

// wasFleeting reports of a raise that comes late, and of which nobody is shown
// anything, whether its end is known to have come within its on-delay.
func (b *Board) wasFleeting(h *Heard, now Condition) bool {
	on, _ := b.delays(h)
	lasted := now.Since.Sub(h.at())
	if on == 0 || now.Active || lasted < 0 || lasted >= on {
		return false
	}
	b.fleeting = append(b.fleeting, Fleeting{Station: h.Station, Key: Key{h.Point, h.Kind}, At: h.at(), Lasted: lasted, Hidden: true})
	return true
}

// Fleeting is an alarm that was over within seconds, unaided.
type Fleeting struct {
	Station string
	Key     Key
	At      time.Time
	Lasted  time.Duration
	Hidden  bool // its on-delay kept it from being shown
}

// moment is how soon an alarm has to be over to be fleeting.
const moment = 5 * time.Second

// Fleeted lists what was fleeting.
func (b *Board) Fleeted() []Fleeting { return b.fleeting }

// timed notes an alarm that is over at an instant when it was fleeting.
func (b *Board) timed(a *Alarm, at time.Time) {
	lasted := at.Sub(a.LastAt)
	if a.unanswered() && lasted >= 0 && lasted < moment {
		b.fleeting = append(b.fleeting, Fleeting{Station: a.Station, Key: Key{a.Point, a.Kind}, At: a.LastAt, Lasted: lasted})
	}
}

// Recent is when a key was last raised and shown, by which chattering is known.
type Recent struct {
	Shown  []time.Time // the last three at most, oldest first
	Began  time.Time   // of the chattering; zero when it is calm
	Raises int         // since then
}

const (
	chatterRaises = 3
	chatterSpan   = time.Minute
)

// Chatter is an episode of chattering that began or, with Ended, is over.
type Chatter struct {
	Station string
	Key     Key
	Began   time.Time
	Ended   *time.Time
	Raises  int
	Look    time.Time // when to look whether it is calm
	Place   Place     // of the raise that showed it
}

// Chattered lists the episodes that began and ended.
func (b *Board) Chattered() []Chatter { return b.chatters }

// notice counts a raise that is shown, and marks a when it chatters: three in a
// minute, and the minute is not long past.
func (b *Board) notice(a *Alarm, h *Heard) {
	key := Key{a.Point, a.Kind}
	c, known := b.Conditions[key]
	if !known {
		return
	}
	shown := append(slices.Clone(c.Recent.Shown), h.at())
	slices.SortFunc(shown, time.Time.Compare)
	shown = shown[max(0, len(shown)-chatterRaises):]
	c.Recent.Shown = shown
	first, last := shown[0], shown[len(shown)-1]
	switch {
	case !c.Recent.Began.IsZero():
		c.Recent.Raises++
		a.Chattering = true
	case len(shown) == chatterRaises && last.Sub(first) <= chatterSpan && h.Received.Sub(last) < chatterSpan:
		c.Recent.Began, c.Recent.Raises = first, chatterRaises
		a.Chattering = true
		b.chatters = append(b.chatters, Chatter{Station: a.Station, Key: key, Began: first, Raises: chatterRaises, Look: h.Received.Add(chatterSpan), Place: h.place()})
	}
	b.move(key, c)
}

// Calm ends the chattering of key when nothing was raised for a minute; else it
// says when to look again.
func (b *Board) Calm(station string, key Key, now time.Time) (again time.Time) {
	c := b.Conditions[key]
	if c.Recent.Began.IsZero() {
		return time.Time{}
	}
	last := c.Recent.Shown[len(c.Recent.Shown)-1]
	if quiet := last.Add(chatterSpan); now.Before(quiet) {
		return quiet
	}
	b.chatters = append(b.chatters, Chatter{Station: station, Key: key, Began: c.Recent.Began, Ended: &now, Raises: c.Recent.Raises})
	c.Recent.Began, c.Recent.Raises = time.Time{}, 0
	b.move(key, c)
	if a := b.Open[key]; a != nil && a.Chattering {
		a.Chattering = false
		a.Version++
		b.touch(a)
	}
	return time.Time{}
}
