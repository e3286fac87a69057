package profiles

import (
	"fmt"
	"strings"

	"guardroom/devices"
)

// State names that every profile has.
const (
	stateNormal        = "normal"
	stateNotProgrammed = "not_programmed"
)

// PointState is what a point shows. States, Conditions and their details may be
// shared between calls: they are for reading only.
type PointState struct {
	Point string
	// State is the leading state: the one with the highest rank, "normal" when
	// none holds, empty when the device shows nonsense and for a mere value.
	State string
	// States are all that hold, the leading one first. Quiet ones, such as
	// "closed" or "disarmed", stand behind and never lead.
	States  []string
	Value   *float64 // in the point's unit
	Text    string
	Quality devices.Quality
	// Conditions has one entry for each signal kind of which the device now
	// says whether it holds. It is empty for mere values and when Quality is
	// Bad or NotProgrammed: then nothing is known, and nothing is restored.
	Conditions []Condition
	Source     string // "holding 20000"
}

// Condition says whether one signal kind holds at a point.
type Condition struct {
	Kind   devices.Kind
	Active bool
	State  string            // the state that makes it hold, or the leading state when it does not
	Detail map[string]string // "code": the device's number, "cause": its parts, "summary": the whole panel speaks, "value" and "limit" of a passed limit
}

// point is one compiled point.
type point struct {
	id       string
	spec     int // index of the spec it was made from
	line     int
	kind     devices.PointType
	unit     string
	source   string
	fields   []field
	rules    *ruleSet
	value    *scaled
	limits   []limit // of value
	text     int     // field that a text point shows, or -1
	commands []command
}

// stateSet is what follows from one combination of rules. Quiet devices show
// the same few again and again, so they are kept.
type stateSet struct {
	state      string
	states     []string
	conditions []Condition
	uncertain  bool
}

const maxSets = 256

// Decode returns every point that this read touches and of which every word is
// known. Call it when Put reported a change.
func (c *Compiled) Decode(im *Image, read int) []PointState {
	if read < 0 || read >= len(c.touched) {
		return nil
	}
	var cells [maxOfPoint]cell
	out := make([]PointState, 0, len(c.touched[read]))
	for _, i := range c.touched[read] {
		p := c.points[i]
		if im.cells(p, cells[:]) {
			ps, passed := p.show(cells[:len(p.fields)], im.passed[i])
			im.passed[i] = passed
			out = append(out, ps)
		}
	}
	return out
}

// show makes the point's state of its fields, all of them known, and says which of
// its limits are passed now, when those in was were before. What shows nonsense or
// is not there has passed nothing and left nothing.
func (p *point) show(cells []cell, was uint64) (PointState, uint64) {
	ps := PointState{Point: p.id, Source: p.source, Quality: devices.Good}
	r := p.rules
	if anyHolds(r.absent, cells) {
		ps.Quality, ps.State, ps.States = devices.NotProgrammed, stateNotProgrammed, notProgrammed
		return ps, was
	}
	passed := p.pass(cells, was)
	held := r.held(cells, passed)
	if held&r.loud == 0 && len(r.normal) > 0 && !anyHolds(r.normal, cells) {
		ps.Quality = devices.Bad
		return ps, was
	}
	if len(r.rules) > 0 {
		set := r.set(held)
		ps.State, ps.States, ps.Conditions = set.state, set.states, set.conditions
		if set.uncertain {
			ps.Quality = devices.Uncertain
		}
		if held&r.coded != 0 {
			ps.Conditions = r.withCodes(held, cells, set.conditions)
		}
		if passed&held != 0 {
			ps.Conditions = p.withValues(passed&held, cells, ps.Conditions)
		}
	}
	p.addValue(&ps, cells)
	return ps, passed
}

var notProgrammed = []string{stateNotProgrammed}

func (p *point) addValue(ps *PointState, cells []cell) {
	if p.value != nil && cells[p.value.field].known {
		ps.Value = p.value.of(cells)
	}
	if p.text >= 0 {
		ps.Text = cells[p.text].text
	}
}

// held gives the rules that hold, as bits; passed are those whose limit is.
func (r *ruleSet) held(cells []cell, passed uint64) uint64 {
	var bits uint64
	for i := range r.rules {
		if r.rules[i].holds(cells, passed>>i&1 == 1) {
			bits |= 1 << i
		}
	}
	return bits
}

// set returns what follows from the rules in bits.
func (r *ruleSet) set(bits uint64) *stateSet {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.seen[bits]; ok {
		return s
	}
	s := r.conclude(bits)
	if len(r.seen) < maxSets {
		r.seen[bits] = s
	}
	return s
}

func (r *ruleSet) conclude(bits uint64) *stateSet {
	s := &stateSet{}
	s.states, s.uncertain = r.statesOf(bits)
	s.state = s.states[0]
	for _, kind := range r.kinds {
		s.conditions = append(s.conditions, r.condition(kind, bits, s.state))
	}
	return s
}

// statesOf lists the states of the rules in bits: loud ones by rank, or normal;
// then the quiet ones.
func (r *ruleSet) statesOf(bits uint64) (states []string, uncertain bool) {
	add := func(name string) {
		for _, have := range states {
			if have == name {
				return
			}
		}
		states = append(states, name)
	}
	for i := range r.rules {
		if bits&r.loud>>i&1 == 1 {
			add(r.rules[i].state)
			uncertain = uncertain || r.rules[i].uncertain
		}
	}
	if len(states) == 0 {
		add(stateNormal)
	}
	for i := range r.rules {
		if bits&^r.loud>>i&1 == 1 {
			add(r.rules[i].state)
		}
	}
	return states, uncertain
}

// condition says whether kind holds under the rules in bits.
func (r *ruleSet) condition(kind devices.Kind, bits uint64, leading string) Condition {
	c := Condition{Kind: kind, State: leading}
	var causes []string
	summary := false
	for i := range r.rules {
		if bits>>i&1 == 0 || r.rules[i].kind != kind {
			continue
		}
		if !c.Active {
			c.Active, c.State = true, r.rules[i].state
		}
		summary = summary || r.rules[i].summary
		if cause := r.rules[i].cause; cause != "" {
			causes = append(causes, cause)
		}
	}
	if len(causes) > 0 || summary {
		c.Detail = map[string]string{}
	}
	if len(causes) > 0 {
		c.Detail["cause"] = strings.Join(causes, ", ")
	}
	if summary {
		c.Detail["summary"] = "true"
	}
	return c
}

// withCodes copies conditions and adds the codes that the device gave.
func (r *ruleSet) withCodes(bits uint64, cells []cell, conditions []Condition) []Condition {
	out := make([]Condition, len(conditions))
	copy(out, conditions)
	for i := range r.rules {
		code := r.rules[i].code
		if bits>>i&1 == 0 || code == nil {
			continue
		}
		for j := range out {
			if out[j].Kind == r.rules[i].kind && out[j].Active {
				detail := map[string]string{"code": fmt.Sprintf("0x%02X", cells[code.field].number&code.mask)}
				for key, value := range out[j].Detail {
					detail[key] = value
				}
				out[j].Detail = detail
			}
		}
	}
	return out
}
