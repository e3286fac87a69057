package doors

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guardroom/console/commands"
	"guardroom/devices"
)

// yard is a make-believe station: doors that obey or do not, and the lockdowns
// that are open.
type yard struct {
	now    time.Time
	open   []*Lockdown
	ended  map[string]bool
	doors  map[devices.PointID]*leaf
	fires  Fires
	escape map[devices.PointID]bool
	given  map[string]commands.Command // by key: each is carried out once
	done   map[devices.PointID]bool    // by the gateway, since the door was last away
	n      int
}

type leaf struct {
	building string
	held     bool
	online   bool
	obeys    bool
	seen     time.Time
}

func newYard() *yard {
	y := &yard{now: time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC), ended: map[string]bool{}, doors: map[devices.PointID]*leaf{}, fires: Fires{}, escape: map[devices.PointID]bool{}, given: map[string]commands.Command{}, done: map[devices.PointID]bool{}}
	for i := range 6 {
		y.doors[devices.PointID(fmt.Sprintf("g/d.p%d", i))] = &leaf{building: fmt.Sprint("b", i%2), online: true, obeys: true, seen: y.now}
	}
	return y
}

func (y *yard) begin(points []devices.PointID) {
	y.n++
	l := &Lockdown{ID: fmt.Sprint("l", y.n), Station: "hq", State: Active, At: y.now, Doors: []HeldDoor{}}
	for _, p := range points {
		d := HeldDoor{Point: p, Gateway: "g", Where: Where{Building: y.doors[p].building, BuildingName: y.doors[p].building}, State: Waiting, At: y.now, Verb: devices.Lockdown, Free: devices.LockdownRelease}
		if y.escape[p] {
			d.State = LeftOut
		}
		d.Suspended = d.State == Waiting && y.fires.At("hq", d.Building)
		l.Doors = append(l.Doors, d)
	}
	y.open = append(y.open, l)
}

// settle lets runner and doors do their work until nothing changes.
func (y *yard) settle() {
	for range 12 {
		y.now = y.now.Add(10 * time.Second)
		f := y.facts()
		var asks []ask
		for _, l := range y.open {
			asks = append(asks, l.clone().judge(y.open, f)...)
		}
		for _, a := range asks {
			y.carryOut(a)
		}
		f = y.facts()
		for _, l := range y.open {
			l.judge(y.open, f)
			if l.EndedAt != nil {
				y.ended[l.ID] = true
			}
		}
		y.open = slices.DeleteFunc(y.open, func(l *Lockdown) bool { return l.EndedAt != nil })
		y.assert()
	}
}

// assert is the gateway: it holds what is new among what is desired, or whose
// door was away, and releases nothing.
func (y *yard) assert() {
	wanted := map[devices.PointID]bool{}
	for _, l := range Desired(y.open, y.fires, "g") {
		for _, p := range l.Points {
			wanted[p] = true
			if d := y.doors[p]; d.online && d.obeys && !y.done[p] {
				d.held, d.seen, y.done[p] = true, y.now, true
			}
		}
	}
	for p := range y.done {
		if !wanted[p] || !y.doors[p].online {
			delete(y.done, p)
		}
	}
}

func (y *yard) carryOut(a ask) {
	if _, done := y.given[a.wish.Key]; done {
		return
	}
	at := y.now
	c := commands.Command{ID: a.wish.Key, Point: a.wish.Point, Verb: a.wish.Verb, RequestedAt: y.now, FinishedAt: &at, State: devices.Confirmed}
	d := y.doors[a.wish.Point]
	switch {
	case !d.online:
		c.State, c.Code = devices.Refused, devices.RefusedOffline
	case !d.obeys:
		c.State = devices.TimedOut
	default:
		d.held, d.seen = a.wish.Verb == devices.Lockdown, y.now
	}
	y.given[a.wish.Key] = c
}

func (y *yard) facts() facts {
	f := facts{now: y.now, fires: y.fires, settings: map[devices.PointID]DoorSettings{}, seen: map[devices.PointID]seen{}, outcomes: map[string]commands.Command{}, asked: y.given}
	for p, d := range y.doors {
		s := DoorSettings{NotEscape: &EscapeSignature{}}
		if y.escape[p] {
			s.NotEscape = nil
		}
		f.settings[p] = s
		states := []string{"closed", "locked"}
		if d.held {
			states = []string{"blocked", "closed"}
		}
		f.seen[p] = seen{there: true, online: d.online, states: states, observed: d.seen}
	}
	for _, c := range y.given {
		f.outcomes[c.ID] = c
	}
	return f
}

func TestHeldDoorsAreThoseOfTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		y := newYard()
		points := []devices.PointID{}
		for i := range 6 {
			points = append(points, devices.PointID(fmt.Sprintf("g/d.p%d", i)))
		}
		active := map[string]map[devices.PointID]bool{} // lockdown -> what it still wants
		wanted := func(p devices.PointID) bool {
			for _, set := range active {
				if set[p] {
					return true
				}
			}
			return false
		}
		taken := func(match func(devices.PointID) bool) {
			for _, set := range active {
				for p := range set {
					if match(p) {
						delete(set, p)
					}
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"begin": func(t *rapid.T) {
				if len(active) > 3 {
					t.Skip()
				}
				some := rapid.SliceOfNDistinct(rapid.SampledFrom(points), 1, 6, rapid.ID[devices.PointID]).Draw(t, "points")
				y.begin(some)
				set := map[devices.PointID]bool{}
				for _, p := range some {
					if !y.escape[p] && !y.fires.At("hq", y.doors[p].building) {
						set[p] = true
					}
				}
				active[fmt.Sprint("l", y.n)] = set
			},
			"release": func(t *rapid.T) {
				var can []*Lockdown
				for _, l := range y.open {
					if l.State == Active {
						can = append(can, l)
					}
				}
				if len(can) == 0 {
					t.Skip()
				}
				l := rapid.SampledFrom(can).Draw(t, "lockdown")
				l.release(y.open, DoorRelease{By: "u", At: y.now})
				delete(active, l.ID)
			},
			"fire": func(t *rapid.T) {
				b := rapid.SampledFrom([]string{"b0", "b1"}).Draw(t, "building")
				y.fires = Fires{"hq": {b: true}}
				taken(func(p devices.PointID) bool { return y.doors[p].building == b })
			},
			"fire over": func(*rapid.T) { y.settle(); y.fires = Fires{} },
			"escape again": func(t *rapid.T) {
				p := rapid.SampledFrom(points).Draw(t, "point")
				y.escape[p] = true
				taken(func(q devices.PointID) bool { return q == p })
			},
			"away and back": func(t *rapid.T) {
				d := y.doors[rapid.SampledFrom(points).Draw(t, "point")]
				d.online = false
				y.settle()
				d.online = true
			},
			"": func(t *rapid.T) {
				// What a gateway is told never holds an escape door or a door in a building on
				// fire, at once and not only when things have settled.
				for _, l := range Desired(y.open, y.fires, "g") {
					for _, p := range l.Points {
						if y.fires.At("hq", y.doors[p].building) {
							t.Fatalf("%s is to be held in a building on fire", p)
						}
					}
				}
				y.settle()
				told := map[devices.PointID]bool{}
				for _, l := range Desired(y.open, y.fires, "g") {
					for _, p := range l.Points {
						told[p] = true
						if y.escape[p] {
							t.Fatalf("%s is an escape door and is to be held", p)
						}
					}
				}
				for _, p := range points {
					if told[p] != wanted(p) {
						t.Fatalf("%s: desired %t, the model says %t", p, told[p], wanted(p))
					}
					if wanted(p) && !y.doors[p].held {
						t.Fatalf("%s is not held", p)
					}
					if y.escape[p] && y.doors[p].held {
						t.Fatalf("%s is an escape door and is held", p)
					}
					if len(active) == 0 && y.doors[p].held {
						t.Fatalf("%s is held by no lockdown", p)
					}
				}
				for _, l := range y.open {
					if l.State != Active && active[l.ID] != nil {
						t.Fatalf("%s ended by itself", l.ID)
					}
				}
			},
		})
	})
}

func TestJudge(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)
	asked := now.Add(-2 * time.Second)
	finished := now.Add(-time.Second)
	command := func(o devices.Outcome, code string) *ordered {
		return &ordered{state: o, code: code, text: "why", finished: finished}
	}
	for _, tc := range []struct {
		name string
		was  HoldState
		s    seen
		want HoldState
	}{
		{"asked", Waiting, seen{there: true, online: true, states: []string{"locked"}, command: command(devices.Sent, "")}, Waiting},
		{"read back", Waiting, seen{there: true, online: true, states: []string{"blocked"}, observed: now}, Obeyed},
		{"it was blocked before; the answer says so", Waiting, seen{there: true, online: true, states: []string{"blocked"}, observed: asked.Add(-time.Hour), command: command(devices.Confirmed, "")}, Obeyed},
		{"confirmed, the reading is on its way", Waiting, seen{there: true, online: true, states: []string{"locked"}, observed: asked.Add(-time.Hour), command: command(devices.Confirmed, "")}, Obeyed},
		{"says done and shows something else", Waiting, seen{there: true, online: true, states: []string{"locked"}, command: command(devices.TimedOut, "")}, NotObeyed},
		{"refused", Waiting, seen{there: true, online: true, command: command(devices.Refused, devices.RefusedByDevice)}, NotObeyed},
		{"the answer was lost", Waiting, seen{there: true, online: true, command: command(devices.Unknown, "")}, NotKnown},
		{"gateway away", Waiting, seen{there: true}, Away},
		{"back after it was away", Away, seen{there: true, online: true, states: []string{"locked"}, command: command(devices.Refused, devices.RefusedOffline)}, Waiting},
		{"no longer named", Obeyed, seen{}, Away},
		{"looks only", Waiting, seen{there: true, online: true, readOnly: true, states: []string{"locked"}}, NotObeyed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := HeldDoor{State: tc.was, At: now.Add(-3 * time.Second), AskedAt: &asked}
			if got, note := d.judge(tc.s, now); got != tc.want {
				t.Errorf("%s (%s), want %s", got, note, tc.want)
			}
		})
	}
	t.Run("whoever opens it at the device is seen", func(t *testing.T) {
		t.Parallel()
		d := HeldDoor{State: Obeyed, Seen: "blocked, closed", AskedAt: &asked}
		got, _ := d.judge(seen{there: true, online: true, states: []string{"locked"}, observed: asked.Add(-time.Minute), command: command(devices.Confirmed, "")}, now)
		if got != NotObeyed {
			t.Errorf("%s", got)
		}
	})
}
