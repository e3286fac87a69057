package profiles

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"guardroom/devices"
)

// maxPayload bounds a message of a device; what is larger is no status of a door.
const maxPayload = 256 << 10

// Decoded is what one message says.
type Decoded struct {
	States []PointState
	// Happenings share the NativeID of their message: whether a message is news
	// is judged once for all of them. A restore of what is not active is no news.
	Happenings []Happening
	Alive      bool   // the device itself spoke, not only the program before it
	ReplyTo    string // the request id that this answers, else empty
	OK         bool   // the answer says that it was done
	Error      string // else why, in the device's words
	Ignored    bool   // not meant for this device
}

// A Happening is something that a device reported as an event of its own.
type Happening struct {
	Point    string
	Kind     devices.Kind
	Active   bool
	Occurred time.Time // by the device's clock; zero when it tells no usable time
	State    string
	Text     string
	Detail   map[string]string
	NativeID uint64 // the device's number of the event, 0 when it has none
}

// message is one compiled kind of message.
type message struct {
	name    string
	spec    *messageSpec
	filters []string
	body    []string
	onlyIf  []fixedTest
	replyOK []fixedTest
	zone    *time.Location
	points  []int // that read fields from it
}

// fixedTest holds when the value at path, as text, is want.
type fixedTest struct {
	path []string
	want string
}

// Topics lists the MQTT filters to subscribe to.
func (c *Compiled) Topics() []string {
	var out []string
	for i := range c.messages {
		for _, f := range c.messages[i].filters {
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	return out
}

// DecodeMessage reads one message of the device. What is not meant for the
// device is Ignored; the error is for what was meant and cannot be understood.
// It remembers, so messages must come in the order of their arrival; calls from
// several goroutines are safe.
func (c *Compiled) DecodeMessage(topic string, payload []byte) (Decoded, error) {
	d := Decoded{Ignored: true}
	var root any
	var garbled error
	parsed := false
	for i := range c.messages {
		m := &c.messages[i]
		if !slices.ContainsFunc(m.filters, func(f string) bool { return topicMatches(f, topic) }) {
			continue
		}
		if len(payload) > maxPayload {
			return d, fmt.Errorf("message on %s: %d bytes", clip(topic), len(payload))
		}
		if m.spec.raw {
			c.take(m, string(payload), &d)
			continue
		}
		if !parsed {
			garbled = unmarshal(payload, &root)
			parsed = true
		}
		if garbled != nil {
			continue
		}
		if body, ok := valueAt(root, m.body); ok {
			c.take(m, body, &d)
		}
	}
	if garbled != nil && d.Ignored {
		return d, fmt.Errorf("message on %s: not JSON: %w", clip(topic), garbled)
	}
	return d, nil
}

func unmarshal(payload []byte, into *any) error {
	dec := json.NewDecoder(bytes.NewReader(payload))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return err
	}
	if dec.More() {
		return fmt.Errorf("something follows the value")
	}
	return nil
}

// take adds what the body of one kind of message says.
func (c *Compiled) take(m *message, body any, d *Decoded) {
	if !testsHold(m.onlyIf, body) {
		return
	}
	d.Ignored = false
	d.Alive = d.Alive || m.spec.alive
	if m.spec.replyID != "" {
		id, _ := valueAt(body, splitPath(m.spec.replyID))
		d.ReplyTo = textOf(id)
		d.OK = !m.spec.failed && testsHold(m.replyOK, body)
		if !d.OK {
			why, _ := valueAt(body, splitPath(m.spec.failure))
			d.Error = ownWords(textOf(why))
		}
	}
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	if len(m.points) > 0 && c.memory.current(m, body) {
		for _, i := range m.points {
			if c.memory.learn(i, c.points[i], m, body) {
				d.States = append(d.States, c.memory.show(i, c.points[i], true))
			}
		}
	}
	if len(m.spec.events) > 0 {
		c.event(m, body, d)
	}
}

// event finds the first rule that fits and tells what it means.
func (c *Compiled) event(m *message, body any, d *Decoded) {
	for i := range m.spec.events {
		e := &m.spec.events[i]
		if !e.fits(body) {
			continue
		}
		at, ok := c.byID[braces(e.point, body)]
		if !ok {
			if at, ok = c.byID[m.spec.fallback]; !ok {
				return
			}
		}
		base := e.happening(m, body, c.cards)
		base.Point = c.points[at].id
		c.apply(at, e, base, d)
		return
	}
}

func (e *eventSpec) fits(body any) bool {
	for _, t := range e.when {
		v, ok := valueAt(body, splitPath(t.path))
		if !ok || !slices.Contains(t.values, textOf(v)) {
			return false
		}
	}
	return true
}

func (e *eventSpec) happening(m *message, body any, cards func(string) string) Happening {
	h := Happening{State: e.state, Detail: e.details(body, cards)}
	if e.text != "" {
		v, _ := valueAt(body, splitPath(e.text))
		h.Text = ownWords(textOf(v))
	}
	h.NativeID = m.nativeID(body)
	if v, ok := valueAt(body, splitPath(m.spec.occurred)); ok && m.spec.occurred != "" {
		h.Occurred = deviceTime(textOf(v), m.spec.layouts, m.zone)
	}
	return h
}

func (m *message) nativeID(body any) uint64 {
	if m.spec.nativeID == "" {
		return 0
	}
	v, _ := valueAt(body, splitPath(m.spec.nativeID))
	id, _ := strconv.ParseUint(textOf(v), 10, 64)
	return id
}

// apply turns an event into happenings and, when it is news, into states.
func (c *Compiled) apply(at int, e *eventSpec, base Happening, d *Decoded) {
	p, mem := c.points[at], c.memory
	tell := func(kind devices.Kind, active bool, state string) {
		h := base
		h.Kind, h.Active, h.State = kind, active, state
		d.Happenings = append(d.Happenings, h)
	}
	if e.kind != "" {
		tell(e.kind, true, e.state)
		if e.pulse && !e.kind.Info().Momentary {
			tell(e.kind, false, stateNormal)
		}
	}
	if len(e.sets) == 0 && e.state == "" {
		return
	}
	cells, held := slices.Clone(mem.cells[at]), mem.held[at]
	for _, s := range e.sets {
		if i := slices.IndexFunc(p.fields, func(f field) bool { return f.name == s.field }); i >= 0 {
			cells[i] = cell{number: s.value, text: strconv.FormatInt(s.value, 10), known: true}
		}
	}
	held = p.rules.raise(e.state, held)
	passed := p.pass(cells, mem.passed[at])
	for i := range p.rules.rules {
		r := &p.rules.rules[i]
		switch {
		case r.kind == "" || r.kind == e.kind:
		case r.held && anyHolds(r.cleared, cells):
			tell(r.kind, false, stateNormal)
		case !r.held && slices.ContainsFunc(e.sets, func(s setSpec) bool { return r.reads(p, s.field) }):
			tell(r.kind, r.holds(cells, passed>>i&1 == 1), r.state)
		}
	}
	if base.NativeID != 0 && base.NativeID <= mem.last {
		return // an old event told again says nothing about now
	}
	mem.last = max(mem.last, base.NativeID)
	mem.cells[at], mem.held[at] = cells, held
	mem.release(at, p)
	d.States = append(d.States, mem.show(at, p, false))
}

// raise adds the states that events raise under this name.
func (r *ruleSet) raise(state string, held uint64) uint64 {
	for i := range r.rules {
		if r.rules[i].held && r.rules[i].state == state {
			held |= 1 << i
		}
	}
	return held
}

func (r *rule) reads(p *point, field string) bool {
	return r.limit != nil && p.fields[p.value.field].name == field || slices.ContainsFunc(r.match, func(m match) bool { return p.fields[m.field].name == field })
}

// HashCards lets the keyed hash of each secret, such as a card number, leave
// beside its last characters, as "<name>_hash". It must be called before the
// first message.
func (c *Compiled) HashCards(hash func(number string) string) { c.cards = hash }

// details collects further facts. Of a secret such as a card number only the
// last characters leave, and never more than half of it, and its keyed hash
// where the gateway has a key.
func (e *eventSpec) details(body any, cards func(string) string) map[string]string {
	if len(e.detail) == 0 {
		return nil
	}
	out := map[string]string{}
	for _, spec := range e.detail {
		if spec.path == "" {
			out[spec.name] = spec.value
			continue
		}
		v, _ := valueAt(body, splitPath(spec.path))
		s := textOf(v)
		switch {
		case s == "" || s == "0":
		case spec.last > 0:
			out[spec.name] = "…" + s[len(s)-min(spec.last, len(s)/2):]
			if cards != nil {
				if sum := cards(s); sum != "" {
					out[spec.name+"_hash"] = sum
				}
			}
		default:
			out[spec.name] = clip(s)
		}
	}
	return out
}

// ownWords is a device's own text, without the card numbers that may stand in
// it: of a run of five digits or more only the last three leave.
func ownWords(s string) string {
	return longNumber.ReplaceAllStringFunc(clip(s), func(digits string) string { return "…" + digits[len(digits)-3:] })
}

var longNumber = regexp.MustCompile(`[0-9]{5,}`)

// deviceTime reads the device's own time. A zone name that is not known here
// would be taken for UTC by package time; such a time is dropped.
func deviceTime(s string, layouts []string, zone *time.Location) time.Time {
	for _, layout := range layouts {
		t, err := time.ParseInLocation(layout, s, zone)
		if err != nil {
			continue
		}
		name, offset := t.Zone()
		if offset == 0 && t.Location() != zone && name != "UTC" && name != "GMT" {
			continue
		}
		return t
	}
	return time.Time{}
}

// valueAt walks along path; an empty path is the value itself.
func valueAt(v any, path []string) (any, bool) {
	for _, step := range path {
		switch at := v.(type) {
		case map[string]any:
			next, ok := at[step]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(at) {
				return nil, false
			}
			v = at[i]
		default:
			return nil, false
		}
	}
	return v, true
}

func splitPath(path string) []string {
	if path == "" {
		return nil
	}
	return strings.Split(path, ".")
}

// textOf is a JSON scalar as text; objects and lists have none.
func textOf(v any) string {
	switch s := v.(type) {
	case string:
		return s
	case bool, json.Number:
		return fmt.Sprint(s)
	}
	return ""
}

// cellOf is a JSON scalar as a field's value.
func cellOf(v any) cell {
	switch s := v.(type) {
	case bool:
		c := cell{text: strconv.FormatBool(s), known: true}
		if s {
			c.number = 1
		}
		return c
	case json.Number:
		if i, err := strconv.ParseInt(s.String(), 10, 64); err == nil {
			return cell{number: i, text: s.String(), known: true}
		}
		f, err := s.Float64()
		if err != nil || math.IsNaN(f) {
			return cell{}
		}
		return cell{real: f, text: s.String(), known: true}
	case string:
		return cell{text: s, known: true}
	}
	return cell{}
}

func testsHold(tests []fixedTest, body any) bool {
	for _, t := range tests {
		if v, ok := valueAt(body, t.path); !ok || textOf(v) != t.want {
			return false
		}
	}
	return true
}

// braces fills "{path}" with values of the payload.
func braces(s string, body any) string {
	for {
		before, after, found := strings.Cut(s, "{")
		if !found {
			return s
		}
		path, rest, closed := strings.Cut(after, "}")
		if !closed {
			return s
		}
		v, _ := valueAt(body, splitPath(path))
		s = before + strings.NewReplacer("{", "", "}", "").Replace(textOf(v)) + rest
	}
}

// topicMatches applies an MQTT filter with + and #.
func topicMatches(filter, topic string) bool {
	for {
		f, restFilter, moreFilter := strings.Cut(filter, "/")
		if f == "#" {
			return true
		}
		t, restTopic, moreTopic := strings.Cut(topic, "/")
		if f != "+" && f != t {
			return false
		}
		if !moreFilter || !moreTopic {
			return moreFilter == moreTopic || moreFilter && restFilter == "#"
		}
		filter, topic = restFilter, restTopic
	}
}
