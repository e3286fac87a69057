package profiles

import (
	"fmt"
	"strconv"
	"time"

	"guardroom/devices"
)

// reader turns the tree into a document and collects what is wrong.
type reader struct {
	file   string
	faults Errors
}

func (r *reader) fault(line int, format string, args ...any) {
	r.faults = append(r.faults, Fault{File: r.file, Line: line, Reason: fmt.Sprintf(format, args...)})
}

func (r *reader) expr(n *node) expression {
	if n == nil {
		return expression{}
	}
	e, err := parseExpression(n.text(), n.line)
	if err != nil {
		r.fault(n.line, "%v", err)
	}
	return e
}

func (r *reader) tmpl(n *node) template {
	if n == nil {
		return template{}
	}
	t, err := parseTemplate(n.text(), n.line)
	if err != nil {
		r.fault(n.line, "%v", err)
	}
	return t
}

func (r *reader) integer(n *node, fallback int64) int64 {
	if n == nil {
		return fallback
	}
	i, ok := n.scalar.(int64)
	if !ok {
		r.fault(n.line, "%q is not a whole number", clip(n.text()))
	}
	return i
}

func (r *reader) real(n *node, fallback float64) float64 {
	if n == nil {
		return fallback
	}
	switch v := n.scalar.(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	}
	r.fault(n.line, "%q is not a number", clip(n.text()))
	return fallback
}

func (r *reader) flag(n *node) bool {
	b, _ := n.orNil().(bool)
	return b
}

func (n *node) orNil() any {
	if n == nil {
		return nil
	}
	return n.scalar
}

func (r *reader) duration(n *node, fallback, least, most time.Duration) time.Duration {
	if n == nil {
		return fallback
	}
	d, err := time.ParseDuration(n.text())
	switch {
	case err != nil:
		r.fault(n.line, "%q is not a duration such as 500ms or 10s", clip(n.text()))
		return fallback
	case d < least || d > most:
		r.fault(n.line, "%s is not within %s and %s", d, least, most)
		return fallback
	}
	return d
}

func (r *reader) kind(n *node) devices.Kind {
	k := devices.Kind(n.text())
	if k != "" && !k.Known() {
		r.fault(n.line, "no signal kind is called %q", clip(string(k)))
	}
	return k
}

// document reads everything below the head of the file.
func (r *reader) document(root *node) *document {
	d := &document{file: r.file, maps: map[string]codeMap{}}
	poll := root.get("poll")
	d.fast = r.duration(poll.get("fast"), time.Second, 100*time.Millisecond, time.Hour)
	d.slow = r.duration(poll.get("slow"), 30*time.Second, 100*time.Millisecond, 24*time.Hour)
	if d.slow < d.fast {
		r.fault(poll.line, "slow (%s) is more often than fast (%s)", d.slow, d.fast)
	}
	d.bridge = int(r.integer(poll.get("bridge"), 0))
	d.params = r.params(root.get("params"))
	for _, name := range root.get("maps").names() {
		d.maps[name] = r.codeMap(root.get("maps").get(name))
	}
	for _, n := range root.get("points").items() {
		d.points = append(d.points, r.point(n, d.maps))
	}
	for _, name := range root.get("requests").names() {
		d.requests = append(d.requests, r.request(name, root.get("requests").get(name)))
	}
	for _, name := range root.get("messages").names() {
		d.messages = append(d.messages, r.message(name, root.get("messages").get(name)))
	}
	if n := root.get("lifesign"); n != nil {
		d.life = &lifeSpec{
			line: n.line, point: n.get("point").text(),
			within: r.duration(n.get("must_change_within"), 15*time.Second, time.Second, time.Hour),
		}
	}
	if n := root.get("data_change"); n != nil {
		d.change = &changeSpec{
			line: n.line, table: Table(n.get("table").text()),
			address: r.expr(n.get("address")), when: r.choices(n.get("when")),
		}
	}
	return d
}

func (n *node) names() []string {
	if n == nil {
		return nil
	}
	return n.keys
}

func (r *reader) codeMap(n *node) codeMap {
	codes := codeMap{}
	for _, key := range n.names() {
		code, err := strconv.ParseInt(key, 0, 64)
		if err != nil || code < 0 {
			r.fault(n.get(key).line, "%q is not a code", clip(key))
			continue
		}
		if _, twice := codes[code]; twice {
			r.fault(n.get(key).line, "code %d stands here twice", code)
		}
		codes[code] = r.outcome(n.get(key))
	}
	return codes
}

func (r *reader) outcome(n *node) outcome {
	if n.dict == nil {
		return outcome{state: n.text()}
	}
	return outcome{state: n.get("state").text(), kind: r.kind(n.get("kind"))}
}

func (r *reader) point(n *node, maps map[string]codeMap) pointSpec {
	p := pointSpec{
		line: n.line, repeat: r.repeats(n.get("repeat")), when: r.choices(n.get("when")),
		id: r.tmpl(n.get("id")), name: r.tmpl(n.get("name")), unit: n.get("unit").text(),
		kind: devices.PointType(n.get("type").text()), tier: r.tmpl(n.get("tier")),
		priority: int(r.integer(n.get("priority"), 0)),
		absent:   r.matches(n.get("absent")), normal: r.matches(n.get("normal")),
	}
	if at := n.get("id"); at != nil {
		p.line = at.line
	}
	if one := n.get("read"); one != nil {
		p.fields = append(p.fields, r.field("", one))
	}
	for _, name := range n.get("reads").names() {
		p.fields = append(p.fields, r.field(name, n.get("reads").get(name)))
	}
	for _, s := range n.get("states").items() {
		p.states = append(p.states, r.state(s, maps))
	}
	if v := n.get("value"); v != nil {
		divide := r.real(v.get("divide"), 1)
		if divide == 0 {
			r.fault(v.line, "divide must not be 0")
			divide = 1
		}
		p.value = &valueSpec{of: v.get("of").text(), scale: r.real(v.get("scale"), 1) / divide, offset: r.real(v.get("offset"), 0)}
	}
	p.textField = n.get("text").get("of").text()
	for _, verb := range n.get("commands").names() {
		for _, one := range n.get("commands").get(verb).items() {
			p.commands = append(p.commands, r.command(verb, one))
		}
	}
	return p
}

func (r *reader) repeats(n *node) []repeatSpec {
	var out []repeatSpec
	for _, name := range n.names() {
		over := n.get(name)
		spec := repeatSpec{line: over.line, name: name}
		if from, to, isRange := cutRange(over.text()); isRange {
			spec.from = r.expr(&node{line: over.line, scalar: from})
			spec.to = r.expr(&node{line: over.line, scalar: to})
		} else {
			spec.list = over.text()
		}
		out = append(out, spec)
	}
	return out
}

func (r *reader) choices(n *node) []choice {
	var out []choice
	for _, name := range n.names() {
		c := choice{line: n.get(name).line, name: name}
		for _, v := range n.get(name).items() {
			c.values = append(c.values, v.scalar)
		}
		out = append(out, c)
	}
	return out
}

func (r *reader) field(name string, n *node) fieldSpec {
	f := fieldSpec{
		line: n.line, name: name, table: Table(n.get("table").text()), address: r.expr(n.get("address")),
		as: n.get("as").text(), words: int(r.integer(n.get("words"), 0)),
		lowFirst: n.get("order").text() == "low_first",
		message:  n.get("message").text(), path: r.tmpl(n.get("path")), where: r.tests(n.get("where")),
	}
	if pack := n.get("pack"); pack != nil {
		f.packBits = int(r.integer(pack.get("bits"), 1))
		f.packElement = r.expr(pack.get("element"))
		f.packFirst = r.tmpl(pack.get("first"))
	}
	if rest := n.get("rest"); rest != nil {
		if f.as == "string" {
			f.restText = rest.text()
		} else {
			f.rest = r.integer(rest, 0)
		}
	}
	return f
}

func (r *reader) tests(n *node) []pathTest {
	var out []pathTest
	for _, path := range n.names() {
		out = append(out, pathTest{path: path, want: r.tmpl(n.get(path))})
	}
	return out
}

func (r *reader) matches(n *node) []matchSpec {
	var out []matchSpec
	for _, item := range n.items() {
		if m, given := r.match(item); given {
			out = append(out, m)
		} else {
			r.fault(item.line, "a condition needs one of bit, any, all, equals, in or text")
		}
	}
	return out
}

// match reads the condition that stands in n, if one does.
func (r *reader) match(n *node) (matchSpec, bool) {
	m := matchSpec{
		line: n.line, of: n.get("of").text(), bit: r.expr(n.get("bit")), any: r.expr(n.get("any")), all: r.expr(n.get("all")),
		mask: r.expr(n.get("mask")), equals: r.expr(n.get("equals")), text: r.tmpl(n.get("text")),
	}
	for _, item := range n.get("in").items() {
		m.in = append(m.in, r.expr(item))
	}
	ways := 0
	for _, given := range []bool{m.bit.given(), m.any.given(), m.all.given(), m.equals.given(), len(m.in) > 0, n.get("text") != nil} {
		if given {
			ways++
		}
	}
	if ways > 1 {
		r.fault(n.line, "a condition takes only one of bit, any, all, equals, in and text")
	}
	if m.mask.given() && !m.equals.given() && len(m.in) == 0 && n.get("select") == nil {
		r.fault(n.line, "mask needs equals or in")
	}
	return m, ways > 0
}

func (r *reader) state(n *node, maps map[string]codeMap) stateSpec {
	s := stateSpec{
		line: n.line, state: n.get("state").text(), kind: r.kind(n.get("kind")), cause: n.get("cause").text(),
		quiet: r.flag(n.get("quiet")), uncertain: r.flag(n.get("uncertain")), summary: r.flag(n.get("summary")),
		unless: r.matches(n.get("unless")), cleared: r.matches(n.get("cleared_by")),
	}
	if own, given := r.match(n); given {
		s.match = append(s.match, own)
	}
	s.match = append(s.match, r.matches(n.get("also"))...)
	s.limit = r.limit(n)
	if c := n.get("code"); c != nil {
		s.code = &codeSpec{of: c.get("of").text(), mask: r.expr(c.get("mask"))}
	}
	if c := n.get("select"); c != nil {
		s.choose = &selectSpec{of: c.get("of").text(), mask: r.expr(c.get("mask")), codes: maps[c.get("map").text()]}
		if s.choose.codes == nil {
			r.fault(c.line, "no map is called %q", clip(c.get("map").text()))
		}
		if d := c.get("default"); d != nil {
			o := r.outcome(d)
			s.choose.fallback = &o
		}
	}
	if sim := n.get("sim"); sim != nil {
		s.sim = map[string]expression{}
		for _, field := range sim.names() {
			s.sim[field] = r.expr(sim.get(field))
		}
		if sim.dict == nil {
			s.sim[""] = r.expr(sim)
		}
	}
	if (s.choose == nil) == (s.state == "") {
		r.fault(n.line, "a state needs either a name or select")
	}
	if s.limit != nil {
		r.limitAlone(n, &s)
	}
	if len(s.match) == 0 && s.limit == nil && s.choose == nil && len(s.cleared) == 0 {
		r.fault(n.line, "state %q says nowhere when it holds", clip(s.state))
	}
	return s
}

func (r *reader) command(verb string, n *node) commandSpec {
	c := commandSpec{
		line: n.line, verb: devices.Verb(verb), when: r.choices(n.get("when")), request: n.get("request").text(),
		offByDefault: r.flag(n.get("off_by_default")), needsReason: r.flag(n.get("needs_reason")),
	}
	if !knownVerb(c.verb) {
		r.fault(n.line, "no command is called %q", clip(verb))
	}
	for _, w := range n.get("write").items() {
		c.writes = append(c.writes, writeSpec{
			line: w.line, table: Table(w.get("table").text()), address: r.expr(w.get("address")), value: r.expr(w.get("value")),
		})
	}
	for _, name := range n.get("with").names() {
		c.with = append(c.with, binding{name, r.tmpl(n.get("with").get(name))})
	}
	if f := n.get("confirm"); f != nil {
		c.confirm = &confirmSpec{
			line: f.line, point: r.tmpl(f.get("point")), state: f.get("state").text(), not: r.flag(f.get("not")),
			within: r.duration(f.get("within"), 5*time.Second, 100*time.Millisecond, 5*time.Minute),
		}
	}
	for _, e := range n.get("effects").items() {
		c.effects = append(c.effects, effectSpec{
			line: e.line, point: r.tmpl(e.get("point")), state: e.get("state").text(), on: r.flag(e.get("on")),
		})
	}
	if (len(c.writes) == 0) == (c.request == "") {
		r.fault(n.line, "command %s needs either write or request", clip(verb))
	}
	return c
}

func knownVerb(v devices.Verb) bool {
	switch v {
	case devices.Access, devices.Lock, devices.Unlock, devices.Block, devices.Lockdown, devices.LockdownRelease,
		devices.LockOpen, devices.LockOpenRelease, devices.DoubleLock, devices.Answer, devices.HangUp,
		devices.Silence, devices.Reset, devices.Acknowledge, devices.Disable, devices.Enable,
		devices.Arm, devices.Disarm, devices.Isolate, devices.Deisolate, devices.Test, devices.Mute:
		return true
	}
	return false
}
