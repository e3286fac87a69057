package profiles

import (
	"fmt"
	"slices"
	"strings"

	"guardroom/devices"
)

// Bounds of one compiled device: a profile cannot ask for more, whatever its
// parameters say.
const (
	MaxPoints    = 10_000
	maxFields    = 40_000 // of all points together
	maxOfPoint   = 16     // fields of one point
	maxRules     = 60     // states of one point
	maxTurns     = 100_000
	maxFaults    = 100
	maxNameBytes = 200
)

// Compile works out points, read plan, decoder and commands for one device.
// Params are the site's values by name, as YAML or JSON gives them. The error
// names every bad or unknown parameter, or is Errors when the profile does not
// compile with these values.
//
// A Compiled of an MQTT profile remembers what its one device said, so each
// device needs its own; a Compiled of a Modbus profile may be shared.
func (p *Profile) Compile(params map[string]any) (*Compiled, error) {
	values, err := resolve(p.doc.params, params)
	if err != nil {
		return nil, fmt.Errorf("profile %s: parameters: %w", p.Name, err)
	}
	c, faults := p.compile(values)
	if len(faults) > 0 {
		return nil, faults
	}
	return c, nil
}

func (p *Profile) compile(values scope) (*Compiled, Errors) {
	k := &compiler{
		doc: p.doc, values: values, shared: map[int]*ruleSet{},
		c: &Compiled{Profile: p, Fast: p.doc.fast, Slow: p.doc.slow, byID: map[string]int{}},
	}
	k.messages()
	for i := range p.doc.points {
		k.specPoints(i)
	}
	if len(k.c.Points) == 0 && len(k.faults) == 0 {
		k.fault(0, "no points with these parameters")
	}
	k.eventKinds()
	k.checkTargets()
	if len(k.faults) == 0 {
		k.plan()
		k.lifeSign()
	}
	k.c.memory = newMemory(k.c)
	return k.c, k.faults.sorted()
}

// compiler holds what is being compiled; it lives for one compile.
type compiler struct {
	doc    *document
	values scope
	c      *Compiled
	faults Errors
	shared map[int]*ruleSet // by point spec, where no rule depends on a repeat variable
	fields int
	turns  int
}

func (k *compiler) fault(line int, format string, args ...any) {
	if len(k.faults) < maxFaults {
		k.faults = append(k.faults, Fault{File: k.doc.file, Line: line, Reason: fmt.Sprintf(format, args...)})
	}
}

// broken reports whether to stop: enough is known to be wrong.
func (k *compiler) broken() bool { return len(k.faults) >= maxFaults }

func (k *compiler) eval(e expression, s scope) int64 {
	v, err := e.eval(s)
	if err != nil {
		k.fault(e.line, "%v", err)
	}
	return v
}

func (k *compiler) text(t template, s scope) string {
	text, err := t.expand(s)
	if err != nil {
		k.fault(t.line, "%v", err)
	}
	return text
}

// each calls do for every turn of the repetitions, outermost first.
func (k *compiler) each(repeat []repeatSpec, s scope, do func(scope)) {
	if len(repeat) == 0 {
		k.turns++
		if k.turns == maxTurns {
			k.fault(0, "the repetitions ask for more than %d turns", maxTurns)
		}
		if k.turns < maxTurns && !k.broken() {
			do(s)
		}
		return
	}
	r := repeat[0]
	if _, taken := s[r.name]; taken {
		k.fault(r.line, "%q already names something else", clip(r.name))
		return
	}
	if r.list != "" {
		value, err := s.lookup(r.list)
		items, isList := value.([]any)
		if err != nil || !isList {
			k.fault(r.line, "%q is neither a range such as 1..8 nor a list parameter", clip(r.list))
			return
		}
		for _, item := range items {
			k.each(repeat[1:], s.with(r.name, item), do)
		}
		return
	}
	from, to := k.eval(r.from, s), k.eval(r.to, s)
	if to-from >= MaxPoints {
		k.fault(r.line, "%s runs over %d values; at most %d are allowed", r.name, to-from+1, MaxPoints)
		return
	}
	for v := from; v <= to && !k.broken() && k.turns < maxTurns; v++ {
		k.each(repeat[1:], s.with(r.name, v), do)
	}
}

// holds reports whether every choice does.
func (k *compiler) holds(choices []choice, s scope) bool {
	for _, c := range choices {
		v, err := s.lookup(c.name)
		if err != nil {
			k.fault(c.line, "%v", err)
			return false
		}
		if list, isList := v.([]any); isList {
			v = "none"
			if len(list) > 0 {
				v = "given"
			}
		}
		if !slices.ContainsFunc(c.values, func(want any) bool { return fmt.Sprint(want) == fmt.Sprint(v) }) {
			return false
		}
	}
	return true
}

func (k *compiler) specPoints(i int) {
	spec := &k.doc.points[i]
	k.each(spec.repeat, k.values, func(s scope) {
		if k.holds(spec.when, s) {
			k.point(i, spec, s)
		}
	})
}

func (k *compiler) point(i int, spec *pointSpec, s scope) {
	id := k.text(spec.id, s)
	switch _, twice := k.c.byID[id]; {
	case !devices.ValidID(id):
		k.fault(spec.line, "%q is not an id: letters, digits, dot, dash and underscore, at most 64", clip(id))
		return
	case id == devices.CommsPoint || id == devices.LifePoint:
		k.fault(spec.line, "the id %q belongs to every device already", id)
		return
	case twice:
		k.fault(spec.line, "two points are called %q", id)
		return
	case len(k.c.Points) >= MaxPoints:
		k.fault(spec.line, "more than %d points", MaxPoints)
		k.turns = maxTurns
		return
	}
	p := &point{id: id, spec: i, line: spec.line, kind: spec.kind, unit: spec.unit, text: -1}
	k.pointFields(p, spec, s)
	p.rules = k.rules(i, spec, s)
	k.pointValue(p, spec)
	k.limits(p)
	k.pointCommands(p, spec, s)
	name := k.text(spec.name, s)
	if len(name) > maxNameBytes {
		k.fault(spec.line, "the name of %s has more than %d bytes", id, maxNameBytes)
	}
	k.c.byID[id] = len(k.c.points)
	k.c.points = append(k.c.points, p)
	k.c.Points = append(k.c.Points, devices.Point{
		ID: id, Name: name, Type: p.kind, Unit: spec.unit, Priority: spec.priority,
		States: p.rules.names, Kinds: p.rules.kinds, Verbs: p.verbs(), Limits: p.told(),
	})
}

func (k *compiler) pointFields(p *point, spec *pointSpec, s scope) {
	if len(spec.fields) > maxOfPoint {
		k.fault(spec.line, "a point reads at most %d fields", maxOfPoint)
		return
	}
	if k.fields += len(spec.fields); k.fields > maxFields {
		k.fault(spec.line, "all points together read more than %d fields", maxFields)
		k.turns = maxTurns
		return
	}
	tier := Tier(k.text(spec.tier, s))
	switch tier {
	case "":
		tier = Fast
	case Fast, Slow:
	default:
		k.fault(spec.line, "tier %q is neither fast nor slow", clip(string(tier)))
	}
	for i := range spec.fields {
		f := k.field(&spec.fields[i], s)
		f.tier = tier
		p.fields = append(p.fields, f)
	}
	if len(p.fields) > 0 && p.fields[0].table != "" {
		p.source = fmt.Sprintf("%s %d", p.fields[0].table, p.fields[0].address)
	} else if len(p.fields) > 0 {
		p.source = p.fields[0].source
	}
}

func (k *compiler) field(spec *fieldSpec, s scope) field {
	f := field{name: spec.name, message: -1, rest: spec.rest, restText: spec.restText}
	if k.c.Profile.Transport.Kind == "mqtt" {
		return k.messageField(f, spec, s)
	}
	f.table = spec.table
	f.encoding, f.words, f.bits = encodingOf(spec)
	f.lowFirst = spec.lowFirst
	address := k.eval(spec.address, s)
	if spec.packBits > 0 {
		address = k.packed(&f, spec, s, address)
	}
	if !spec.address.given() {
		k.fault(spec.line, "the address is missing")
	}
	if f.table == "" {
		k.fault(spec.line, "the table is missing")
	}
	if f.table.bits() && (f.words != 1 || spec.packBits > 0 || spec.as != "" && spec.as != "uint16") {
		k.fault(spec.line, "%s holds single bits: neither as, words nor pack", f.table)
	}
	if f.table.bits() {
		f.bits = 1
	}
	if most := k.c.Profile.Transport.MaxRegisters; f.words > most {
		k.fault(spec.line, "%d words are more than a read takes (%d)", f.words, most)
	}
	if address < 0 || address+int64(f.words) > 1<<16 {
		k.fault(spec.line, "address %d is not within 0 and 65535", address)
		address = 0
	}
	f.address = uint16(address)
	return f
}

// packed finds the word and the bits of one element of a packed table.
func (k *compiler) packed(f *field, spec *fieldSpec, s scope, base int64) int64 {
	element := k.eval(spec.packElement, s)
	if element < 0 {
		k.fault(spec.line, "element %d of a packed table", element)
		return base
	}
	per := int64(16 / spec.packBits)
	slot := element % per
	switch first := k.text(spec.packFirst, s); first {
	case "", "low":
	case "high":
		slot = per - 1 - slot
	default:
		k.fault(spec.line, "pack: first is %q, neither low nor high", clip(first))
	}
	f.bits = spec.packBits
	f.shift = uint(slot) * uint(spec.packBits)
	f.packed = true
	return base + element/per
}

func (k *compiler) pointValue(p *point, spec *pointSpec) {
	if spec.value != nil {
		if i := k.fieldIndex(spec, spec.line, spec.value.of); i >= 0 {
			if p.fields[i].encoding == asString {
				k.fault(spec.line, "a value cannot be read from a string")
			}
			p.value = &scaled{field: i, scale: spec.value.scale, offset: spec.value.offset}
		}
	}
	switch p.kind {
	case devices.Analog, devices.Counter:
		if p.value == nil && len(p.fields) == 1 {
			p.value = &scaled{field: 0, scale: 1}
		}
		if p.value == nil {
			k.fault(spec.line, "%s point %s needs a value", p.kind, p.id)
		}
	case devices.Text:
		if i := k.fieldIndex(spec, spec.line, spec.textField); i >= 0 {
			p.text = i
		}
	}
}

// fieldIndex finds a field by name; "" is the only one.
func (k *compiler) fieldIndex(spec *pointSpec, line int, name string) int {
	for i := range spec.fields {
		if spec.fields[i].name == name || name == "" && len(spec.fields) == 1 {
			return i
		}
	}
	if name == "" {
		k.fault(line, "of is missing: the point reads %d fields", len(spec.fields))
	} else {
		k.fault(line, "the point reads no field %q", clip(name))
	}
	return -1
}

// checkTargets looks whether what commands and events speak of exists.
func (k *compiler) checkTargets() {
	for _, p := range k.c.points {
		for i := range p.commands {
			cmd := &p.commands[i]
			if f := cmd.confirm; f != nil {
				k.checkTarget(cmd.line, f.Point, f.State)
			}
			for _, e := range cmd.effects {
				if e.Point != everyPoint {
					k.checkTarget(cmd.line, e.Point, e.State)
				}
			}
		}
	}
}

func (k *compiler) checkTarget(line int, id, state string) {
	i, ok := k.c.byID[id]
	if !ok {
		k.fault(line, "no point is called %q", clip(id))
		return
	}
	if !slices.Contains(k.c.points[i].rules.names, state) {
		k.fault(line, "point %s has no state %q (it has %s)", id, clip(state), strings.Join(k.c.points[i].rules.names, ", "))
	}
}

func (k *compiler) lifeSign() {
	if k.doc.life == nil {
		return
	}
	i, ok := k.c.byID[k.doc.life.point]
	if !ok {
		return // the parameters left the register out
	}
	if k.c.points[i].value == nil {
		k.fault(k.doc.life.line, "the life-sign point %s has no value", k.doc.life.point)
		return
	}
	k.c.LifeSign = &LifeSign{Point: k.doc.life.point, MustChangeWithin: k.doc.life.within}
}
