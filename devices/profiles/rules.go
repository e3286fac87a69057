package profiles

import (
	"maps"
	"slices"
	"sync"

	"guardroom/devices"
)

// ruleSet says what the words of a point mean. Points of one repetition share
// theirs unless a condition depends on the repeat variable.
type ruleSet struct {
	rules          []rule // the first has the highest rank
	absent, normal []match
	kinds          []devices.Kind
	names          []string // of the states, "normal" first
	loud           uint64   // rules that displace "normal"
	coded          uint64   // rules that report a code

	mu   sync.Mutex
	seen map[uint64]*stateSet // by the rules that hold; see stateSet
}

// rule is one state and when it holds.
type rule struct {
	line             int
	state            string
	kind             devices.Kind
	cause            string
	match, unless    []match
	limit            *limitSpec // holds while the point's value has passed it
	cleared          []match    // of a state that an event raises and this ends
	code             *match     // field and mask of the code that goes into the detail
	quiet, uncertain bool
	summary          bool
	held             bool
	sim              map[int]int64
	others           []int64 // codes that have states of their own: see Encode
}

type operation uint8

const (
	opEqual operation = iota // value & mask is one of want
	opAny                    // value & mask is not 0
	opText                   // the text is want
)

// match is one condition on one field.
type match struct {
	field int
	op    operation
	mask  int64
	want  []int64
	text  string
}

func (m *match) holds(cells []cell) bool {
	c := &cells[m.field]
	if !c.known {
		return false
	}
	switch m.op {
	case opAny:
		return c.number&m.mask != 0
	case opText:
		return c.text == m.text
	}
	v := c.number & m.mask
	for _, want := range m.want {
		if v == want {
			return true
		}
	}
	return false
}

func allHold(matches []match, cells []cell) bool {
	for i := range matches {
		if !matches[i].holds(cells) {
			return false
		}
	}
	return true
}

func anyHolds(matches []match, cells []cell) bool {
	for i := range matches {
		if matches[i].holds(cells) {
			return true
		}
	}
	return false
}

// holds reports whether r does, when its limit is passed or not; a rule without a
// limit does not ask.
func (r *rule) holds(cells []cell, passed bool) bool {
	return !r.held && (r.limit == nil || passed) && allHold(r.match, cells) && !anyHolds(r.unless, cells)
}

// rules compiles the states of a point, or returns those of its sisters.
func (k *compiler) rules(i int, spec *pointSpec, s scope) *ruleSet {
	if set, ok := k.shared[i]; ok {
		return set
	}
	set := &ruleSet{seen: map[uint64]*stateSet{}}
	set.absent = k.matches(spec, spec.absent, s)
	set.normal = k.matches(spec, spec.normal, s)
	for j := range spec.states {
		set.rules = append(set.rules, k.stateRules(spec, &spec.states[j], s)...)
	}
	if len(set.rules) > maxRules {
		k.fault(spec.line, "a point has at most %d states", maxRules)
		set.rules = set.rules[:maxRules]
	}
	for j := range set.rules {
		set.learn(j)
	}
	if len(set.rules) > 0 {
		set.names = append([]string{stateNormal}, set.names...)
	}
	if !spec.variesByTurn() {
		k.shared[i] = set
	}
	return set
}

// learn notes what rule j adds to the set.
func (set *ruleSet) learn(j int) {
	r := &set.rules[j]
	if !slices.Contains(set.names, r.state) && r.state != stateNormal {
		set.names = append(set.names, r.state)
	}
	if r.kind != "" && !slices.Contains(set.kinds, r.kind) {
		set.kinds = append(set.kinds, r.kind)
	}
	if !r.quiet && r.state != stateNormal {
		set.loud |= 1 << j
	}
	if r.code != nil {
		set.coded |= 1 << j
	}
}

// stateRules gives the rule of one state, or those of a code table: first the
// default, for an unknown code must lead, then each known code.
func (k *compiler) stateRules(spec *pointSpec, st *stateSpec, s scope) []rule {
	base := rule{
		line: st.line, state: st.state, kind: st.kind, cause: st.cause, quiet: st.quiet, uncertain: st.uncertain, summary: st.summary,
		match: k.matches(spec, st.match, s), unless: k.matches(spec, st.unless, s), cleared: k.matches(spec, st.cleared, s),
		limit: st.limit, held: len(st.cleared) > 0,
	}
	if base.held && k.c.Profile.Transport.Kind != "mqtt" {
		k.fault(st.line, "cleared_by is for states that events raise; registers show theirs as long as they hold")
	}
	if st.code != nil {
		if f := k.fieldIndex(spec, st.line, st.code.of); f >= 0 {
			base.code = &match{field: f, mask: k.mask(st.code.mask, s)}
		}
	}
	for field, value := range st.sim {
		if f := k.fieldIndex(spec, st.line, field); f >= 0 {
			if base.sim == nil {
				base.sim = map[int]int64{}
			}
			base.sim[f] = k.eval(value, s)
		}
	}
	if st.choose == nil {
		return []rule{base}
	}
	return k.codeRules(spec, st, base, s)
}

func (k *compiler) codeRules(spec *pointSpec, st *stateSpec, base rule, s scope) []rule {
	f := k.fieldIndex(spec, st.line, st.choose.of)
	if f < 0 {
		return nil
	}
	mask := k.mask(st.choose.mask, s)
	codes := slices.Sorted(maps.Keys(st.choose.codes))
	var out []rule
	if d := st.choose.fallback; d != nil {
		r := base
		r.state, r.kind, r.others = d.state, d.kind, codes
		r.code = &match{field: f, mask: mask}
		r.unless = append(slices.Clone(base.unless), match{field: f, mask: mask, want: codes})
		out = append(out, r)
	}
	for _, code := range codes {
		if code&mask != code {
			k.fault(st.line, "code %#x never appears under mask %#x", code, mask)
		}
		r := base
		r.state, r.kind = st.choose.codes[code].state, st.choose.codes[code].kind
		r.match = append(slices.Clone(base.match), match{field: f, mask: mask, want: []int64{code}})
		if r.kind != "" {
			r.code = &match{field: f, mask: mask}
		}
		out = append(out, r)
	}
	return out
}

func (k *compiler) mask(e expression, s scope) int64 {
	if !e.given() {
		return -1
	}
	return k.eval(e, s)
}

func (k *compiler) matches(spec *pointSpec, specs []matchSpec, s scope) []match {
	out := make([]match, 0, len(specs))
	for i := range specs {
		if m, ok := k.match(spec, &specs[i], s); ok {
			out = append(out, m)
		}
	}
	return out
}

func (k *compiler) match(spec *pointSpec, m *matchSpec, s scope) (match, bool) {
	f := k.fieldIndex(spec, m.line, m.of)
	if f < 0 {
		return match{}, false
	}
	width := k.fieldBits(&spec.fields[f])
	out := match{field: f, mask: k.mask(m.mask, s)}
	switch {
	case m.bit.given():
		bit := k.eval(m.bit, s)
		if bit < 0 || bit >= int64(width) {
			k.fault(m.line, "bit %d of a field of %d bits", bit, width)
			return out, false
		}
		out.mask, out.want = 1<<bit, []int64{1 << bit}
	case m.any.given():
		out.op, out.mask = opAny, k.eval(m.any, s)
	case m.all.given():
		out.mask = k.eval(m.all, s)
		out.want = []int64{out.mask}
	case m.equals.given():
		out.want = []int64{k.eval(m.equals, s)}
	case len(m.in) > 0:
		for _, e := range m.in {
			out.want = append(out.want, k.eval(e, s))
		}
	default:
		out.op, out.text = opText, k.text(m.text, s)
	}
	k.possible(m, out, width)
	return out, true
}

// possible refuses a condition that no value of the field can meet.
func (k *compiler) possible(spec *matchSpec, m match, width int) {
	if m.op == opText || width >= 40 {
		return
	}
	most := int64(1)<<width - 1
	if m.op == opAny && m.mask&most == 0 {
		k.fault(spec.line, "mask %#x is outside a field of %d bits", m.mask, width)
	}
	for _, want := range m.want {
		if m.mask != -1 && want&m.mask != want || want > most {
			k.fault(spec.line, "%d can never be seen in this field", want)
		}
	}
}

// fieldBits is how many bits a field shows; for MQTT numbers, more than enough.
func (k *compiler) fieldBits(f *fieldSpec) int {
	switch {
	case k.c.Profile.Transport.Kind == "mqtt":
		return 40
	case f.packBits > 0:
		return f.packBits
	case f.table.bits():
		return 1
	}
	_, _, bits := encodingOf(f)
	return bits
}

// variesByTurn reports whether a condition depends on a repeat variable.
func (spec *pointSpec) variesByTurn() bool {
	turn := map[string]bool{}
	for _, r := range spec.repeat {
		turn[r.name] = true
	}
	varies := false
	look := func(e expression) { varies = varies || e.root != nil && mentions(e.root, turn) }
	matches := func(all []matchSpec) {
		for i := range all {
			m := &all[i]
			for _, e := range append([]expression{m.bit, m.any, m.all, m.mask, m.equals}, m.in...) {
				look(e)
			}
			for _, part := range m.text.parts {
				look(part.expr)
			}
		}
	}
	matches(spec.absent)
	matches(spec.normal)
	for i := range spec.states {
		s := &spec.states[i]
		matches(s.match)
		matches(s.unless)
		matches(s.cleared)
		if s.choose != nil {
			look(s.choose.mask)
		}
		if s.code != nil {
			look(s.code.mask)
		}
		for _, e := range s.sim {
			look(e)
		}
	}
	return varies
}
