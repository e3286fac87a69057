package panel

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"guardroom/devices"
	"guardroom/devices/profiles"
	"guardroom/simulators/modbusd"
)

const normal = "normal"

// latched are the states that a fire panel keeps until it is reset, also when
// the smoke is gone (EN 54-2): no other state of the point ends them.
var latched = []string{"fire", "supervisory"}

// summaryPoint is the point of a panel that sums up its zones, and summed are
// the states that it takes over from them.
const summaryPoint = "panel"

var summed = []string{"fire", "fault"}

// point is what a point shows.
type point struct {
	states  []string // that hold, in the order in which they began; none is normal
	allowed []string // the profile's states, the most important first after normal
	latches bool     // it is a fire point
	analog  bool
	most    float64 // of an analog point; 0 for no limit
	value   float64 // of an analog point at rest
}

// learnPoints fills in what the points may be, and what they show at rest.
func (p *Panel) learnPoints() {
	rest := p.decode(nil)
	for _, dp := range p.c.Points {
		pt := &point{allowed: p.c.SimStates(dp.ID), analog: dp.Type == devices.Analog, latches: slices.Contains(dp.Kinds, devices.FireAlarm)}
		if v := rest[dp.ID].Value; v != nil {
			pt.value = *v
		}
		if dp.Unit == "%" {
			pt.most = 100
		}
		p.points[dp.ID] = pt
		p.order = append(p.order, dp.ID)
	}
}

// decode tells how a gateway would read a quiet panel with these words changed.
func (p *Panel) decode(changed []profiles.Write) map[string]profiles.PointState {
	type place struct {
		table profiles.Table
		at    int
	}
	words := map[place]uint16{}
	for _, w := range append(p.c.Rest(), changed...) {
		for i, v := range w.Values {
			at := place{w.Table, int(w.Address) + i}
			mask := uint16(0xFFFF)
			if w.Masks != nil {
				mask = w.Masks[i]
			}
			words[at] = words[at]&^mask | v&mask
		}
	}
	image, states := p.c.NewImage(), map[string]profiles.PointState{}
	for i, r := range p.c.Reads {
		block := make([]uint16, r.Count)
		for j := range block {
			block[j] = words[place{r.Table, int(r.Address) + j}]
		}
		image.Put(i, block)
		for _, ps := range p.c.Decode(image, i) {
			states[ps.Point] = ps
		}
	}
	return states
}

// Points lists the points in the order of the profile.
func (p *Panel) Points() []string { return slices.Clone(p.order) }

// States lists what Set takes for a point, "normal" first; nil for an unknown
// one. A point with a value takes a number as well.
func (p *Panel) States(id string) []string {
	if pt := p.points[id]; pt != nil { // neither the map nor allowed ever changes
		return slices.Clone(pt.allowed)
	}
	return nil
}

// Holding lists all states that hold at a point, the leading one first; "normal"
// alone when there is none, nothing for an unknown point.
func (p *Panel) Holding(id string) (states []string) {
	_ = p.ask(func() error {
		if p.points[id] != nil {
			states = p.holding(id)
		}
		return nil
	})
	return states
}

// State is the leading state of a point, "" for an unknown one.
func (p *Panel) State(id string) string {
	if states := p.Holding(id); len(states) > 0 {
		return states[0]
	}
	return ""
}

// holding is the point's own states and those that it sums up, the profile's
// most important first.
func (p *Panel) holding(id string) []string {
	pt := p.points[id]
	states := slices.Clone(pt.states)
	if id == summaryPoint {
		for _, state := range summed {
			if slices.Contains(pt.allowed, state) && !slices.Contains(states, state) && p.anywhere(state) {
				states = append(states, state)
			}
		}
	}
	if len(states) == 0 {
		return []string{normal}
	}
	slices.SortStableFunc(states, func(a, b string) int {
		return slices.Index(pt.allowed, a) - slices.Index(pt.allowed, b)
	})
	return states
}

func (p *Panel) anywhere(state string) bool {
	for id, pt := range p.points {
		if id != summaryPoint && slices.Contains(pt.states, state) {
			return true
		}
	}
	return false
}

// Set puts a point into a state and ends its others, but for what a fire panel
// latches: only "normal" and a reset end that. "normal" ends everything.
func (p *Panel) Set(id, state string) error {
	pt := p.points[id]
	if pt == nil {
		return fmt.Errorf("the panel has no point %q", clip(id))
	}
	if _, err := p.c.Encode(id, state); err != nil {
		return err
	}
	return p.ask(func() error {
		pt.states = slices.DeleteFunc(pt.states, func(s string) bool {
			return state == normal || !pt.latches || !slices.Contains(latched, s)
		})
		p.begin(id, state)
		return p.changed(id)
	})
}

// begin adds a state and ends those that cannot hold beside it: disarmed ends
// armed. It never ends what is latched.
func (p *Panel) begin(id, state string) {
	pt := p.points[id]
	if state == normal || slices.Contains(pt.states, state) {
		return
	}
	if state == "fire" { // a new alarm is not yet acknowledged
		pt.states = slices.DeleteFunc(pt.states, func(s string) bool { return s == "acknowledged" })
	}
	pt.states = slices.DeleteFunc(pt.states, func(s string) bool {
		if pt.latches && slices.Contains(latched, s) {
			return false
		}
		if !slices.Contains(pt.allowed, s) || !slices.Contains(pt.allowed, state) {
			return true // a value takes the place of what was
		}
		both, err := p.words(id, []string{s, state})
		return err != nil || !slices.Contains(p.decode(both)[id].States, state)
	})
	if words, err := p.words(id, []string{state}); err == nil && slices.Contains(pt.allowed, state) {
		quiet, _ := p.words(id, nil)
		if sameWords(words, quiet) {
			return // such as disarmed: the point at rest shows it anyway
		}
	}
	pt.states = append(pt.states, state)
}

func sameWords(a, b []profiles.Write) bool {
	return slices.EqualFunc(a, b, func(x, y profiles.Write) bool { return slices.Equal(x.Values, y.Values) })
}

// words are those of a point in several states at once: the quiet words with
// the bits that each state changes, later ones last.
func (p *Panel) words(id string, states []string) ([]profiles.Write, error) {
	quiet, err := p.c.Encode(id, normal)
	if err != nil {
		return nil, err
	}
	rest, err := p.c.Encode(id, normal)
	if err != nil {
		return nil, err
	}
	for _, state := range states {
		with, err := p.c.Encode(id, state)
		if err != nil {
			return nil, err
		}
		for i := range with {
			for j, v := range with[i].Values {
				changes := v ^ rest[i].Values[j]
				quiet[i].Values[j] = quiet[i].Values[j]&^changes | v&changes
			}
		}
	}
	return quiet, nil
}

// changed shows a point and the summary, and tells the keeper of the state.
func (p *Panel) changed(id string) error {
	if err := p.show(p.server.Store, id); err != nil {
		return err
	}
	if p.points[summaryPoint] != nil && id != summaryPoint {
		if err := p.show(p.server.Store, summaryPoint); err != nil {
			return err
		}
	}
	p.moved()
	p.o.OnChange(p.snapshot())
	return nil
}

// show writes what holds at a point into the tables.
func (p *Panel) show(store *modbusd.Store, id string) error {
	states := p.holding(id)
	slices.Reverse(states) // where two states need the same bits, the leading one has its way
	words, err := p.words(id, slices.DeleteFunc(states, func(s string) bool { return s == normal }))
	if err != nil {
		return err
	}
	return put(store, p.o.Unit, words)
}

// put sets the tables; words of one write change together, so that no master
// reads half of them.
func put(store *modbusd.Store, unit uint8, words []profiles.Write) error {
	for _, w := range words {
		table := modbusd.Table(w.Table)
		if w.Masks == nil || table == modbusd.Coil || table == modbusd.Discrete {
			if err := store.Set(unit, table, w.Address, w.Values...); err != nil {
				return err
			}
			continue
		}
		for i, v := range w.Values {
			if err := store.SetMasked(unit, table, w.Address+uint16(i), w.Masks[i], v); err != nil {
				return err
			}
		}
	}
	return nil
}

// moved counts DataChange on, after the tables have changed.
func (p *Panel) moved() {
	if p.c.DataChange == nil {
		return
	}
	p.moves++
	r := p.c.Reads[p.c.DataChange.Read]
	if err := p.server.Set(p.o.Unit, modbusd.Table(r.Table), r.Address+uint16(p.c.DataChange.Offset), p.moves); err != nil {
		p.o.Log.Warn("data change cannot be shown", "error", err)
	}
}

// beat moves the life-sign and lets every analog value wander within 1 % of
// where it rests.
func (p *Panel) beat() {
	if p.c.LifeSign != nil && !p.server.Has(modbusd.FrozenLife, p.o.Unit) {
		p.life++
		p.value(p.c.LifeSign.Point, strconv.Itoa(int(p.life%10000)))
	}
	for _, id := range p.order {
		pt := p.points[id]
		if !pt.analog || pt.value == 0 || len(pt.states) > 0 || p.random.IntN(10) != 0 {
			continue
		}
		v := pt.value * (1 + 0.01*(2*p.random.Float64()-1))
		if pt.most > 0 {
			v = min(v, pt.most)
		}
		p.value(id, strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64))
	}
}

// value shows a value that is not a state.
func (p *Panel) value(id, value string) {
	words, err := p.c.Encode(id, value)
	if err == nil {
		err = put(p.server.Store, p.o.Unit, words)
	}
	if err != nil {
		p.o.Log.Warn("value cannot be shown", "point", id, "error", err)
	}
}

// clip keeps what others sent from filling a line.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
