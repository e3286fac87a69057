package door

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mode is the control state of a door (uhppote-core types/door.go).
type mode uint8

const (
	normallyOpen mode = iota + 1
	normallyClosed
	controlled
)

var modeNames = map[mode]string{normallyOpen: "normally open", normallyClosed: "normally closed", controlled: "controlled"}

// Leaf is one door: its lock and its leaf.
type Leaf struct {
	Mode   mode  `json:"mode"`
	Delay  uint8 `json:"delay"` // seconds of a momentary unlock
	Open   bool  `json:"open,omitempty"`
	Forced bool  `json:"forced,omitempty"`
	Held   bool  `json:"held,omitempty"`

	unlockedUntil time.Time
	heldAt        time.Time
}

// Points other than door1 to door4.
const (
	firePoint       = "fire_input"
	controllerPoint = "controller"
)

const normal = "normal"

// What Set takes for a door: states of the profile, "normal" first.
var doorStates = []string{normal, "open", "forced", "held", "unlocked", "blocked", "accessed", "closed", "locked"}

// doorActions are happenings that leave no state of their own.
var doorActions = []string{"granted", "denied", "rex", "duress", "panic"}

// Points lists the points of the profile that the controller plays.
func (c *Controller) Points() []string {
	var ids []string
	for d := range c.o.Doors {
		ids = append(ids, "door"+strconv.Itoa(d+1))
	}
	return append(ids, firePoint, controllerPoint)
}

// States lists what Set takes as a state of the point, "normal" first; nil for
// an unknown point.
func (c *Controller) States(point string) []string {
	if c.knows(point) {
		return States(point)
	}
	return nil
}

// Actions lists what Set takes beside the states: things that happen at the
// point and are over.
func (c *Controller) Actions(point string) []string {
	if c.knows(point) {
		return Actions(point)
	}
	return nil
}

func (c *Controller) knows(point string) bool { return slices.Contains(c.Points(), point) }

// States are those of a point of any controller, nil for one that no controller has.
func States(point string) []string {
	switch {
	case doorNumber(point) > 0:
		return slices.Clone(doorStates)
	case point == firePoint:
		return []string{normal, "fire", "force_locked"}
	case point == controllerPoint:
		return []string{normal, "fault"}
	}
	return nil
}

// Actions are those of a point of any controller.
func Actions(point string) []string {
	if doorNumber(point) > 0 {
		return slices.Clone(doorActions)
	}
	return nil
}

// doorNumber is 1 to 4 for "door1" to "door4", 0 for anything else.
func doorNumber(point string) int {
	number, ok := strings.CutPrefix(point, "door")
	d, err := strconv.Atoi(number)
	if !ok || err != nil || d < 1 || d > 4 || number != strconv.Itoa(d) {
		return 0
	}
	return d
}

// doorOf is the number of a door that this controller has, else 0.
func (c *Controller) doorOf(point string) int {
	if d := doorNumber(point); d <= c.o.Doors {
		return d
	}
	return 0
}

// State is the leading state of the point, "" for an unknown one.
func (c *Controller) State(point string) string {
	states := c.Holding(point)
	if len(states) == 0 {
		return ""
	}
	return states[0]
}

// Holding lists all states that hold at the point now, the leading one first;
// "normal" alone when there is none, nothing for an unknown point.
func (c *Controller) Holding(point string) (states []string) {
	_ = c.ask(func() error { states = c.holding(point); return nil })
	return states
}

func (c *Controller) holding(point string) []string {
	var states []string
	add := func(holds bool, state string) {
		if holds {
			states = append(states, state)
		}
	}
	switch d := c.doorOf(point); {
	case d > 0:
		leaf := c.now.Doors[d-1]
		add(leaf.Forced, "forced")
		add(leaf.Held, "held")
		add(leaf.Open, "open")
		add(leaf.Mode == normallyOpen, "unlocked")
		add(leaf.Mode == normallyClosed, "blocked")
		add(leaf.Mode == controlled && c.unlocked(d), "accessed")
	case point == firePoint:
		add(c.now.Fire, "fire")
		add(c.now.Locked, "force_locked")
	case point == controllerPoint:
		add(c.now.Error != 0, "fault")
	default:
		return nil
	}
	if len(states) == 0 {
		return []string{normal}
	}
	return states
}

// Set brings the point into a state or lets an action happen there, as a person
// in front of the door would.
func (c *Controller) Set(point, state string) error {
	if !slices.Contains(c.States(point), state) && !slices.Contains(c.Actions(point), state) {
		if c.States(point) == nil {
			return fmt.Errorf("the controller has no point %q (it has %s)", clip(point), strings.Join(c.Points(), ", "))
		}
		return fmt.Errorf("point %s has no state %q (it has %s)", point, clip(state),
			strings.Join(append(c.States(point), c.Actions(point)...), ", "))
	}
	return c.ask(func() error {
		switch d := c.doorOf(point); {
		case d > 0:
			return c.setDoor(d, state)
		case point == firePoint:
			c.setFire(state)
		default:
			c.setError(state)
		}
		return nil
	})
}

func (c *Controller) setDoor(d int, state string) error {
	leaf := &c.now.Doors[d-1]
	switch state {
	case normal:
		c.closeLeaf(d)
		leaf.Mode, leaf.unlockedUntil = controlled, time.Time{}
	case "closed":
		c.closeLeaf(d)
	case "locked":
		leaf.Mode, leaf.unlockedUntil = controlled, time.Time{}
	case "unlocked":
		leaf.Mode = normallyOpen
	case "blocked":
		leaf.Mode, leaf.unlockedUntil = normallyClosed, time.Time{}
	case "forced":
		c.closeLeaf(d)
		leaf.Mode, leaf.unlockedUntil = controlled, time.Time{}
		c.openLeaf(d)
	case "open":
		return c.walkThrough(d)
	case "held":
		if err := c.walkThrough(d); err != nil {
			return err
		}
		c.hold(d)
	case "accessed", "rex":
		return c.press(d)
	case "granted", "denied":
		return c.swipeSome(d, state == "granted")
	case "duress":
		c.record(Event{Type: typeAlarm, Door: uint8(d), Direction: 1, Reason: reasonThreat})
	case "panic":
		c.record(Event{Type: typeAlarm, Door: uint8(d), Direction: 1, Reason: reasonEmergency})
	}
	c.changed()
	return nil
}

// walkThrough opens the leaf from inside, by the button where it is locked.
func (c *Controller) walkThrough(d int) error {
	if c.now.Doors[d-1].Open {
		return nil
	}
	if !c.unlocked(d) {
		if err := c.press(d); err != nil {
			return err
		}
	}
	c.openLeaf(d)
	return nil
}

// press is the exit button.
func (c *Controller) press(d int) error {
	if c.now.Doors[d-1].Mode == normallyClosed {
		c.record(Event{Type: typeAlarm, Door: uint8(d), Direction: 1, Reason: reasonButtonLocked})
		return fmt.Errorf("door %d is blocked: its button does not unlock it", d)
	}
	c.record(Event{Type: typeDoor, Granted: true, Door: uint8(d), Direction: 1, Reason: reasonButton})
	c.release(d)
	return nil
}

// release unlocks for the door's delay.
func (c *Controller) release(d int) {
	leaf := &c.now.Doors[d-1]
	leaf.unlockedUntil = c.o.Now().Add(time.Duration(leaf.Delay) * time.Second)
	c.changed()
}

func (c *Controller) unlocked(d int) bool {
	leaf := c.now.Doors[d-1]
	return leaf.Mode == normallyOpen || c.now.Fire || c.o.Now().Before(leaf.unlockedUntil)
}

// openLeaf swings the leaf open: forced when nothing unlocked it.
func (c *Controller) openLeaf(d int) {
	leaf := &c.now.Doors[d-1]
	if leaf.Open {
		return
	}
	forced := !c.unlocked(d)
	leaf.Open, leaf.Forced = true, forced
	if forced {
		c.record(Event{Type: typeAlarm, Door: uint8(d), Direction: 1, Reason: reasonForcedOpen})
	} else {
		leaf.heldAt = c.o.Now().Add(c.o.HeldAfter)
		c.record(Event{Type: typeDoor, Granted: true, Door: uint8(d), Direction: 1, Reason: reasonOpened})
	}
	c.changed()
}

func (c *Controller) closeLeaf(d int) {
	leaf := &c.now.Doors[d-1]
	if !leaf.Open {
		return
	}
	leaf.Open, leaf.Forced, leaf.Held, leaf.heldAt = false, false, false, time.Time{}
	c.record(Event{Type: typeDoor, Granted: true, Door: uint8(d), Direction: 1, Reason: reasonClosed})
	c.changed()
}

// hold tells that the door has stood open for too long.
func (c *Controller) hold(d int) {
	leaf := &c.now.Doors[d-1]
	leaf.heldAt = time.Time{}
	if !leaf.Open || leaf.Held {
		return
	}
	leaf.Held = true
	c.record(Event{Type: typeAlarm, Door: uint8(d), Direction: 1, Reason: reasonOpenTooLong})
	c.changed()
}

func (c *Controller) setFire(state string) {
	if state == "fire" && !c.now.Fire {
		c.now.Fire = true
		c.record(Event{Type: typeAlarm, Reason: reasonFire})
	}
	if state != "fire" {
		c.now.Fire = false
	}
	c.now.Locked = state == "force_locked"
	c.changed()
}

func (c *Controller) setError(state string) {
	c.now.Error = 0
	if state == "fault" {
		c.now.Error = 2
	}
	c.changed()
}

// Swipe shows a card to the reader of a door and reports whether it unlocked.
func (c *Controller) Swipe(door int, card uint32) (granted bool, err error) {
	if door < 1 || door > c.o.Doors {
		return false, fmt.Errorf("the controller has no door %d", door)
	}
	err = c.ask(func() error { granted = c.swipe(door, card); return nil })
	return granted, err
}

func (c *Controller) swipe(d int, number uint32) bool {
	e := Event{Type: typeSwipe, Door: uint8(d), Direction: 1, Card: number, Reason: c.refusal(d, number)}
	if e.Reason != 0 {
		c.record(e)
		return false
	}
	e.Type, e.Granted, e.Reason = typeDoor, true, reasonSwipe
	c.record(e)
	c.release(d)
	return true
}

// refusal is the reason why a card does not open a door, 0 when it does.
func (c *Controller) refusal(d int, number uint32) uint8 {
	i := slices.IndexFunc(c.o.Cards, func(card Card) bool { return card.Number == number })
	switch {
	case i < 0:
		return reasonDenied
	case !slices.Contains(c.o.Cards[i].Doors, d):
		return reasonNoRights
	case !c.o.Cards[i].valid(c.o.Now().In(c.o.Location)):
		return reasonNotInTime
	case c.now.Doors[d-1].Mode == normallyClosed:
		return reasonClosedDoor
	}
	return 0
}

func (c Card) valid(now time.Time) bool {
	today := now.Format(dateLayout)
	return (c.From == "" || c.From <= today) && (c.To == "" || today <= c.To)
}

// unknownCard is shown when testers want a refusal.
const unknownCard = 9999999

func (c *Controller) swipeSome(d int, good bool) error {
	if !good {
		c.swipe(d, unknownCard)
		return nil
	}
	for _, card := range c.o.Cards {
		if slices.Contains(card.Doors, d) && card.valid(c.o.Now().In(c.o.Location)) {
			if !c.swipe(d, card.Number) {
				return fmt.Errorf("door %d is blocked: no card opens it", d)
			}
			return nil
		}
	}
	return fmt.Errorf("the controller knows no card that opens door %d", d)
}

// nextDue is when time next does something, zero for never.
func (c *Controller) nextDue() time.Time {
	var next time.Time
	now := c.o.Now()
	for _, leaf := range c.now.Doors {
		for _, at := range []time.Time{leaf.unlockedUntil, leaf.heldAt} {
			if !at.IsZero() && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
	}
	if !next.IsZero() && next.Before(now) {
		return now
	}
	return next
}

// pass lets time do its work: locks lock again, doors become held.
func (c *Controller) pass(now time.Time) {
	for i := range c.now.Doors {
		leaf := &c.now.Doors[i]
		if !leaf.unlockedUntil.IsZero() && !now.Before(leaf.unlockedUntil) {
			leaf.unlockedUntil = time.Time{}
			c.changed()
		}
		if !leaf.heldAt.IsZero() && !now.Before(leaf.heldAt) {
			c.hold(i + 1)
		}
	}
}
