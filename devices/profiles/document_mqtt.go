package profiles

import "strings"

func (r *reader) request(name string, n *node) requestSpec {
	return requestSpec{
		line: n.line, name: name, repeat: r.repeats(n.get("repeat")), topic: r.tmpl(n.get("topic")),
		body: n.get("body"), poll: r.flag(n.get("poll")),
	}
}

func (r *reader) message(name string, n *node) messageSpec {
	m := messageSpec{
		line: n.line, name: name, body: n.get("body").text(), raw: n.get("format").text() == "text",
		onlyIf: r.tests(n.get("only_if")), alive: r.flag(n.get("alive")),
		nativeID: n.get("native_id").text(), asOf: n.get("as_of").text(),
		occurred: n.get("occurred").get("path").text(), fallback: n.get("fallback").text(),
		zone: r.tmpl(n.get("occurred").get("zone")),
	}
	for _, t := range n.get("topics").items() {
		m.topics = append(m.topics, r.tmpl(t))
	}
	for _, l := range n.get("occurred").get("layouts").items() {
		m.layouts = append(m.layouts, l.text())
	}
	if reply := n.get("reply"); reply != nil {
		m.replyID = reply.get("id").text()
		m.replyOK = r.tests(reply.get("ok"))
		m.failure = reply.get("error").text()
		m.failed = r.flag(reply.get("failed"))
	}
	for _, e := range n.get("events").items() {
		m.events = append(m.events, r.event(e))
	}
	return m
}

func (r *reader) event(n *node) eventSpec {
	e := eventSpec{
		line: n.line, point: n.get("point").text(), state: n.get("state").text(), kind: r.kind(n.get("kind")),
		pulse: r.flag(n.get("pulse")), text: n.get("text").text(),
	}
	for _, path := range n.get("when").names() {
		t := eventTest{path: path}
		for _, v := range n.get("when").get(path).items() {
			t.values = append(t.values, v.text())
		}
		e.when = append(e.when, t)
	}
	for _, field := range n.get("set").names() {
		e.sets = append(e.sets, setSpec{field, r.integer(n.get("set").get(field), 0)})
	}
	for _, name := range n.get("detail").names() {
		d := n.get("detail").get(name)
		spec := detailSpec{name: name, value: d.text()}
		if d.dict != nil {
			spec = detailSpec{name: name, path: d.get("path").text(), last: int(r.integer(d.get("last"), 0))}
		}
		e.detail = append(e.detail, spec)
	}
	if strings.Count(e.point, "{") != strings.Count(e.point, "}") {
		r.fault(n.line, "%q: a brace is missing", clip(e.point))
	}
	if e.state == "" && e.kind == "" && len(e.sets) == 0 {
		r.fault(n.line, "an event must give a state, a kind or set a field")
	}
	return e
}

func cutRange(s string) (from, to string, ok bool) { return strings.Cut(s, "..") }
