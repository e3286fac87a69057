package profiles

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"guardroom/devices"
)

// An Effect is what a command does in a simulated device: the state begins or
// ends at the point.
type Effect struct {
	Point, State string
	On           bool
}

// SimStates lists the states that Encode takes for a point, "normal" first; nil
// for an unknown point. A point with a value or a text takes that as well.
func (c *Compiled) SimStates(point string) []string {
	i, ok := c.byID[point]
	if !ok {
		return nil
	}
	p := c.points[i]
	states := []string{stateNormal}
	for _, name := range p.rules.names {
		if !slices.Contains(states, name) {
			states = append(states, name)
		}
	}
	if len(p.rules.absent) > 0 {
		states = append(states, stateNotProgrammed)
	}
	return states
}

// Rest gives the tables of a healthy, quiet device: every register of the read
// plan and every one that a command writes.
func (c *Compiled) Rest() []Write {
	words := map[Table]map[int]uint16{}
	put := func(t Table, at int, word, mask uint16) {
		if words[t] == nil {
			words[t] = map[int]uint16{}
		}
		words[t][at] = words[t][at]&^mask | word
	}
	for _, r := range c.Reads {
		for i := range int(r.Count) {
			put(r.Table, int(r.Address)+i, 0, 0)
		}
	}
	for _, p := range c.points {
		for i := range p.commands {
			for _, w := range p.commands[i].writes {
				put(w.Table, int(w.Address), 0, 0)
			}
		}
	}
	for _, p := range c.points {
		for i := range p.fields {
			f := &p.fields[i]
			if f.table == "" {
				continue
			}
			values, masks := f.encode(f.rest, f.restText)
			for j := range values {
				put(f.table, int(f.address)+j, values[j], masks[j])
			}
		}
	}
	var out []Write
	for _, t := range []Table{Coil, Discrete, Input, Holding} {
		out = append(out, runs(t, words[t])...)
	}
	return out
}

// runs makes one write of each run of addresses.
func runs(t Table, words map[int]uint16) []Write {
	var out []Write
	at := make([]int, 0, len(words))
	for a := range words {
		at = append(at, a)
	}
	slices.Sort(at)
	for i, a := range at {
		if i == 0 || at[i-1] != a-1 {
			out = append(out, Write{Table: t, Address: uint16(a)})
		}
		last := &out[len(out)-1]
		last.Values = append(last.Values, words[a])
	}
	return out
}

// Encode gives what the tables must hold when the point is in the state, with
// its other states cleared. Masks are set where a point owns only some bits of
// a word. For a point with a value, state may be a number in the point's unit;
// for a text point, the text.
func (c *Compiled) Encode(point, state string) ([]Write, error) {
	i, ok := c.byID[point]
	if !ok {
		return nil, fmt.Errorf("the device has no point %q", clip(point))
	}
	p := c.points[i]
	if c.Profile.Transport.Kind != "modbus" {
		return nil, fmt.Errorf("profile %s has no registers", c.Profile.Name)
	}
	values, err := p.simulated(state)
	if err != nil {
		return nil, err
	}
	var out []Write
	for j := range p.fields {
		f := &p.fields[j]
		words, masks := f.encode(values[j].number, values[j].text)
		w := Write{Table: f.table, Address: f.address, Values: words}
		if f.packed {
			w.Masks = masks
		}
		out = append(out, w)
	}
	return out, nil
}

// simulated gives the value of each field in the state.
func (p *point) simulated(state string) ([]cell, error) {
	cells := make([]cell, len(p.fields))
	for i := range p.fields {
		cells[i] = cell{number: p.fields[i].rest, text: p.fields[i].restText, known: true}
	}
	if state == stateNormal {
		return cells, nil
	}
	if state == stateNotProgrammed && len(p.rules.absent) > 0 {
		p.rules.absent[0].impose(cells)
		return cells, nil
	}
	for i := range p.rules.rules {
		if r := &p.rules.rules[i]; r.state == state && !r.held {
			r.impose(cells)
			if j := slices.IndexFunc(p.limits, func(l limit) bool { return l.rule == i }); j >= 0 {
				return cells, p.imposeLimit(cells, &p.limits[j])
			}
			return cells, nil
		}
	}
	if p.value != nil {
		if v, err := strconv.ParseFloat(state, 64); err == nil {
			return cells, p.imposeValue(cells, v)
		}
	}
	if p.text >= 0 {
		cells[p.text].text = state
		return cells, nil
	}
	return nil, fmt.Errorf("point %s has no state %q (it has %s)", p.id, clip(state), strings.Join(p.allStates(), ", "))
}

func (p *point) allStates() []string {
	states := p.rules.names
	if len(states) == 0 {
		states = []string{stateNormal}
	}
	if len(p.rules.absent) > 0 {
		states = append(slices.Clone(states), stateNotProgrammed)
	}
	if p.value != nil {
		states = append(slices.Clone(states), "or a number")
	}
	return states
}

func (p *point) imposeValue(cells []cell, v float64) error {
	raw := math.Round((v - p.value.offset) / p.value.scale)
	low, high := p.fields[p.value.field].limits()
	if !(raw >= float64(low) && raw <= float64(high)) {
		return fmt.Errorf("point %s cannot show %g", p.id, v)
	}
	cells[p.value.field].number = int64(raw)
	return nil
}

// impose changes the cells so that the rule holds, starting from what the rule
// says that a simulator shows.
func (r *rule) impose(cells []cell) {
	for field, v := range r.sim {
		cells[field].number = v
	}
	for i := range r.match {
		r.match[i].impose(cells)
	}
	if r.code != nil && len(r.others) > 0 {
		c := &cells[r.code.field]
		for range len(r.others) {
			if !slices.Contains(r.others, c.number&r.code.mask) {
				break
			}
			// The next value under the mask: any code that has no state of its own.
			c.number = c.number&^r.code.mask | ((c.number|^r.code.mask)+1)&r.code.mask
		}
	}
}

func (m *match) impose(cells []cell) {
	c := &cells[m.field]
	switch m.op {
	case opEqual:
		c.number = c.number&^m.mask | m.want[0]
	case opAny:
		c.number |= m.mask & -m.mask
	case opText:
		c.text = m.text
	}
}

// Commanded gives what a simulated device does when a master writes w.
func (c *Compiled) Commanded(w Write) []Effect {
	var out []Effect
	for _, p := range c.points {
		for i := range p.commands {
			if p.commands[i].written(w) {
				out = append(out, c.effects(p.commands[i].effects)...)
			}
		}
	}
	return out
}

// written reports whether w is what the command writes last; for a coil any
// value but 0 counts as 1.
func (cmd *command) written(w Write) bool {
	if len(cmd.writes) == 0 {
		return false
	}
	mine := cmd.writes[len(cmd.writes)-1]
	at := int(mine.Address) - int(w.Address)
	if mine.Table != w.Table || at < 0 || at >= len(w.Values) {
		return false
	}
	if w.Table == Coil {
		return (w.Values[at] != 0) == (mine.Values[0] != 0)
	}
	return w.Values[at] == mine.Values[0]
}

// effects resolves "*" to the points that have the state.
func (c *Compiled) effects(wanted []Effect) []Effect {
	var out []Effect
	for _, e := range wanted {
		if e.Point != everyPoint {
			out = append(out, e)
			continue
		}
		for _, p := range c.points {
			if slices.Contains(p.rules.names, e.State) {
				out = append(out, Effect{Point: p.id, State: e.State, On: e.On})
			}
		}
	}
	return out
}

// checkStates looks, for one point of each kind, whether a quiet device reads
// as normal and whether every state can be shown at all: a state that never
// appears is an alarm that never comes.
func (c *Compiled) checkStates() Errors {
	if c.Profile.Transport.Kind != "modbus" {
		return nil
	}
	var faults Errors
	seen := map[int]bool{}
	for _, p := range c.points {
		if seen[p.spec] || len(faults) >= maxFaults {
			continue
		}
		seen[p.spec] = true
		for _, state := range c.SimStates(p.id) {
			if reason := p.checkState(state); reason != "" {
				faults = append(faults, Fault{File: c.Profile.doc.file, Line: p.lineOf(state), Reason: reason})
			}
		}
	}
	return faults
}

func (p *point) lineOf(state string) int {
	for i := range p.rules.rules {
		if p.rules.rules[i].state == state {
			return p.rules.rules[i].line
		}
	}
	return p.line
}

func (p *point) checkState(state string) string {
	cells, err := p.simulated(state)
	if err != nil {
		return err.Error()
	}
	for i := range p.fields {
		words, _ := p.fields[i].encode(cells[i].number, cells[i].text)
		cells[i] = p.fields[i].decode(words)
	}
	was := uint64(0)
	if state == stateNormal { // must also end what was passed before
		was = ^uint64(0)
	}
	ps, _ := p.show(cells, was)
	switch {
	case state == stateNormal && len(p.rules.rules) == 0 && ps.Quality == devices.Good:
	case ps.Quality == devices.Bad || ps.Quality == devices.NotProgrammed && state != stateNotProgrammed:
		return fmt.Sprintf("point %s: what should read as %q reads as %s", p.id, state, ps.Quality)
	case !slices.Contains(ps.States, state):
		return fmt.Sprintf("point %s: what should read as %q reads as %s; say what a simulator shows with rest or sim",
			p.id, state, strings.Join(ps.States, ", "))
	}
	return ""
}
