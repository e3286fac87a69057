package profiles

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"guardroom/devices"
)

// Message is one MQTT message to a device.
type Message struct {
	Topic     string
	Payload   []byte
	RequestID string // comes back as Decoded.ReplyTo
}

// outgoing is a request with everything filled in but its id.
type outgoing struct {
	topic   string
	payload []byte
}

// idMark stands in a payload where the request id goes.
const idMark = `"{id}"`

func (o *outgoing) message(id string) Message {
	quoted, _ := json.Marshal(id) // a string always has JSON
	return Message{Topic: o.topic, Payload: bytes.ReplaceAll(o.payload, []byte(idMark), quoted), RequestID: id}
}

// Requests gives the status polls, to be sent each Fast. Id makes a fresh
// request id for each.
func (c *Compiled) Requests(id func() string) []Message {
	out := make([]Message, 0, len(c.polls))
	for i := range c.polls {
		out = append(out, c.polls[i].message(id()))
	}
	return out
}

// messages compiles what an MQTT device says and is asked.
func (k *compiler) messages() {
	mqtt := k.c.Profile.Transport.Kind == "mqtt"
	if !mqtt && len(k.doc.messages)+len(k.doc.requests) > 0 {
		k.fault(0, "messages and requests are for MQTT")
		return
	}
	for i := range k.doc.messages {
		k.message(&k.doc.messages[i])
	}
	for i := range k.doc.requests {
		r := &k.doc.requests[i]
		if !r.poll {
			continue
		}
		k.each(r.repeat, k.values, func(s scope) {
			if len(k.c.polls) >= maxPolls {
				k.fault(r.line, "more than %d polls", maxPolls)
				k.turns = maxTurns
				return
			}
			k.c.polls = append(k.c.polls, k.outgoing(r, s))
		})
	}
}

const maxPolls = 256

func (k *compiler) message(spec *messageSpec) {
	m := message{name: spec.name, spec: spec, body: splitPath(spec.body), zone: time.Local}
	for _, t := range spec.topics {
		filter := k.text(t, k.values)
		if filter == "" || len(filter) > 200 || strings.ContainsAny(filter, "\x00") {
			k.fault(spec.line, "%q is not a topic", clip(filter))
		}
		m.filters = append(m.filters, filter)
	}
	m.onlyIf = k.fixed(spec.onlyIf, k.values)
	m.replyOK = k.fixed(spec.replyOK, k.values)
	if spec.zone.given() {
		name := k.text(spec.zone, k.values)
		zone, err := time.LoadLocation(name)
		if err != nil {
			k.fault(spec.line, "time zone %q is not known here", clip(name))
			zone = time.UTC
		}
		if name != "" {
			m.zone = zone
		}
	}
	k.c.messages = append(k.c.messages, m)
}

func (k *compiler) fixed(tests []pathTest, s scope) []fixedTest {
	var out []fixedTest
	for _, t := range tests {
		out = append(out, fixedTest{path: splitPath(t.path), want: k.text(t.want, s)})
	}
	return out
}

func (k *compiler) messageField(f field, spec *fieldSpec, s scope) field {
	f.message = slices.IndexFunc(k.c.messages, func(m message) bool { return m.name == spec.message })
	if f.message < 0 {
		k.fault(spec.line, "no message is called %q", clip(spec.message))
		f.message = 0
		return f
	}
	f.source = spec.message
	f.path = splitPath(k.text(spec.path, s))
	f.where = k.fixed(spec.where, s)
	at := len(k.c.points) // of the point that is being made
	if m := &k.c.messages[f.message]; len(m.points) == 0 || m.points[len(m.points)-1] != at {
		m.points = append(m.points, at)
	}
	return f
}

// eventKinds adds to the points the kinds that only events give them.
func (k *compiler) eventKinds() {
	for i := range k.doc.messages {
		m := &k.doc.messages[i]
		if _, ok := k.c.byID[m.fallback]; len(m.events) > 0 && !ok {
			k.fault(m.line, "fallback %q is no point; an event of an unknown point must not be lost", clip(m.fallback))
		}
		for j := range m.events {
			e := &m.events[j]
			if e.kind == "" {
				continue
			}
			prefix, _, open := strings.Cut(e.point, "{")
			for at, p := range k.c.points {
				if p.id == e.point || p.id == m.fallback || open && strings.HasPrefix(p.id, prefix) {
					k.addKind(at, e.kind)
				}
			}
		}
	}
}

func (k *compiler) addKind(at int, kind devices.Kind) {
	if p := &k.c.Points[at]; !slices.Contains(p.Kinds, kind) {
		p.Kinds = append(slices.Clone(p.Kinds), kind)
	}
}

func (k *compiler) commandRequest(cs *commandSpec, s scope) *outgoing {
	if k.c.Profile.Transport.Kind != "mqtt" {
		k.fault(cs.line, "request is for MQTT; a Modbus profile names a write")
		return nil
	}
	i := slices.IndexFunc(k.doc.requests, func(r requestSpec) bool { return r.name == cs.request })
	if i < 0 {
		k.fault(cs.line, "no request is called %q", clip(cs.request))
		return nil
	}
	for _, b := range cs.with {
		v, err := b.value.value(s)
		if err != nil {
			k.fault(cs.line, "%v", err)
			return nil
		}
		s = s.with(b.name, v)
	}
	o := k.outgoing(&k.doc.requests[i], s)
	return &o
}

func (k *compiler) outgoing(r *requestSpec, s scope) outgoing {
	o := outgoing{topic: k.text(r.topic, s)}
	if o.topic == "" || strings.ContainsAny(o.topic, "+#\x00") {
		k.fault(r.line, "%q is not a topic to publish to", clip(o.topic))
	}
	payload, err := json.Marshal(k.fill(r.body, s))
	if err != nil {
		k.fault(r.line, "the body is not JSON: %v", err)
	}
	o.payload = payload
	return o
}

// fill computes the formulas of a request body; "${n}" alone keeps its type.
func (k *compiler) fill(n *node, s scope) any {
	switch {
	case n == nil:
		return nil
	case n.isList:
		out := []any{}
		for _, item := range n.list {
			out = append(out, k.fill(item, s))
		}
		return out
	case n.dict != nil:
		out := map[string]any{}
		for key, value := range n.dict {
			out[key] = k.fill(value, s)
		}
		return out
	}
	text, ok := n.scalar.(string)
	if !ok {
		return n.scalar
	}
	t, err := parseTemplate(text, n.line)
	if err != nil {
		k.fault(n.line, "%v", err)
		return nil
	}
	v, err := t.value(s)
	if err != nil {
		k.fault(n.line, "%v", err)
	}
	return v
}
