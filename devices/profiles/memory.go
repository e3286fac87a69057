package profiles

import (
	"sync"

	"guardroom/devices"
)

// memory is what an MQTT device said last: its messages each tell only a part.
type memory struct {
	mu     sync.Mutex
	cells  [][]cell // by point, by field
	held   []uint64 // by point: the rules that an event raised and nothing ended
	passed []uint64 // by point: the rules whose limit is passed
	last   uint64   // number of the newest event
	behind int      // how many statuses in a row were older than that event
}

func newMemory(c *Compiled) *memory {
	m := &memory{}
	for _, p := range c.points {
		m.cells = append(m.cells, make([]cell, len(p.fields)))
		m.held = append(m.held, 0)
		m.passed = append(m.passed, 0)
	}
	return m
}

// current reports whether a status is no older than the newest event. A status
// that was asked for before a door was forced must not undo it. Two in a row
// mean that the device counts its events anew.
func (mem *memory) current(m *message, body any) bool {
	if m.spec.asOf == "" {
		return true
	}
	v, ok := valueAt(body, splitPath(m.spec.asOf))
	id := cellOf(v)
	if !ok || !id.known || id.number < 0 || uint64(id.number) >= mem.last {
		mem.behind = 0
		return true
	}
	if mem.behind++; mem.behind < 2 {
		return false
	}
	mem.behind = 0
	mem.last = uint64(id.number)
	return true
}

// learn takes the fields of p that the message tells and reports whether it
// told any.
func (mem *memory) learn(at int, p *point, m *message, body any) bool {
	told := false
	for i := range p.fields {
		f := &p.fields[i]
		if f.source != m.name || !testsHold(f.where, body) {
			continue
		}
		v, ok := valueAt(body, f.path)
		if c := cellOf(v); ok && c.known {
			mem.cells[at][i] = c
			told = true
		}
	}
	if told {
		mem.release(at, p)
	}
	return told
}

// release ends what the fields now known say is over.
func (mem *memory) release(at int, p *point) {
	for i := range p.rules.rules {
		if r := &p.rules.rules[i]; r.held && anyHolds(r.cleared, mem.cells[at]) {
			mem.held[at] &^= 1 << i
		}
	}
}

// show makes the point's state of what is remembered. With told, conditions
// come along: of each kind of which the fields known say whether it holds.
func (mem *memory) show(at int, p *point, told bool) PointState {
	cells := mem.cells[at]
	ps := PointState{Point: p.id, Source: p.source, Quality: devices.Good}
	r := p.rules
	if anyHolds(r.absent, cells) {
		ps.Quality, ps.State, ps.States = devices.NotProgrammed, stateNotProgrammed, notProgrammed
		return ps
	}
	mem.passed[at] = p.pass(cells, mem.passed[at])
	bits := r.held(cells, mem.passed[at]) | mem.held[at]
	if len(r.rules) > 0 {
		var uncertain bool
		ps.States, uncertain = r.statesOf(bits)
		ps.State = ps.States[0]
		if uncertain {
			ps.Quality = devices.Uncertain
		}
		if told {
			ps.Conditions = p.conditionsKnown(bits, cells, ps.State)
		}
	}
	p.addValue(&ps, cells)
	return ps
}

// conditionsKnown leaves out the kinds of which nothing is known now. What an
// event raised is ended here when a field says so, and never raised.
func (p *point) conditionsKnown(bits uint64, cells []cell, leading string) []Condition {
	r := p.rules
	var out []Condition
	for _, kind := range r.kinds {
		known, held, over := true, false, false
		for i := range r.rules {
			rule := &r.rules[i]
			if rule.kind != kind {
				continue
			}
			held = held || rule.held
			over = over || rule.held && anyHolds(rule.cleared, cells)
			if rule.limit != nil {
				known = known && cells[p.value.field].known
			}
			for _, m := range rule.match {
				known = known && cells[m.field].known
			}
		}
		c := r.condition(kind, bits, leading)
		switch {
		case held && over && !c.Active:
			out = append(out, c)
		case !held && (c.Active || known):
			out = append(out, c)
		}
	}
	if bits&r.coded != 0 {
		out = r.withCodes(bits, cells, out)
	}
	if len(p.limits) > 0 {
		out = p.withValues(bits, cells, out)
	}
	return out
}
