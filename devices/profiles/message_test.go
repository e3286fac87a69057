package profiles_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"guardroom/devices"
	"guardroom/devices/profiles"
)

const replies = "uhppoted/gateway/replies/guardroom"

func doors(t testing.TB) *profiles.Compiled {
	return mustCompile(t, "access/uhppoted", map[string]any{"device_id": 405419896, "doors": 1, "time_zone": "UTC"})
}

func status(open bool, event int) string {
	return fmt.Sprintf(`{"message":{"reply":{"method":"get-status","request-id":"1","response":{"device-id":405419896,
		"status":{"door-states":{"1":%t},"event":{"event-id":%d},"input-state":0,"relay-state":0,"system-error":0}}}}}`, open, event)
}

func event(id, reason int) string {
	return fmt.Sprintf(`{"message":{"event":{"event":{"device-id":405419896,"event-id":%d,"event-type":3,"door-id":1,
		"card-number":0,"event-reason":%d,"timestamp":"2030-01-02 03:04:05 UTC"}}}}`, id, reason)
}

// stateOf feeds a message and returns what door 1 then shows, if the message
// said anything of it.
func stateOf(t *testing.T, c *profiles.Compiled, topic, payload string) *profiles.PointState {
	t.Helper()
	d, err := c.DecodeMessage(topic, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	for i := range d.States {
		if d.States[i].Point == "door1" {
			return &d.States[i]
		}
	}
	return nil
}

func over(ps *profiles.PointState, kind devices.Kind) bool {
	for _, c := range ps.Conditions {
		if c.Kind == kind {
			return !c.Active
		}
	}
	return false
}

func TestForcedDoorOutlivesOldNews(t *testing.T) {
	t.Parallel()
	c := doors(t)
	stateOf(t, c, replies, status(false, 5))
	if ps := stateOf(t, c, "uhppoted/gateway/events", event(7, 38)); ps == nil || ps.State != "forced" || len(ps.Conditions) != 0 {
		t.Fatalf("after the event: %+v", ps)
	}
	if ps := stateOf(t, c, replies, status(false, 6)); ps != nil {
		t.Errorf("a status from before the event was believed: %+v", ps)
	}
	if ps := stateOf(t, c, replies, status(true, 7)); ps == nil || ps.State != "forced" || over(ps, devices.DoorForced) {
		t.Errorf("while the door stands open: %+v", ps)
	}
	if ps := stateOf(t, c, "uhppoted/gateway/events/live", event(6, 24)); ps != nil {
		t.Errorf("an older event changed the state: %+v", ps)
	}
	if ps := stateOf(t, c, replies, status(false, 8)); ps == nil || ps.State != "normal" || !over(ps, devices.DoorForced) || !over(ps, devices.DoorHeld) {
		t.Errorf("after the door was closed: %+v", ps)
	}
}

// A controller whose log was wiped counts from 1 again: it must not stay mute.
func TestEventNumbersBeginAnew(t *testing.T) {
	t.Parallel()
	c := doors(t)
	stateOf(t, c, "uhppoted/gateway/events", event(5000, 38))
	if ps := stateOf(t, c, replies, status(false, 1)); ps != nil {
		t.Errorf("the first older status was believed: %+v", ps)
	}
	if ps := stateOf(t, c, replies, status(false, 1)); ps == nil || ps.State != "normal" {
		t.Errorf("the second older status was not believed: %+v", ps)
	}
	if ps := stateOf(t, c, "uhppoted/gateway/events", event(2, 38)); ps == nil || ps.State != "forced" {
		t.Errorf("a new event under a small number was not believed: %+v", ps)
	}
}

func TestMalformedMessages(t *testing.T) {
	t.Parallel()
	c := doors(t)
	for _, tc := range []struct {
		name, topic, payload, err string
		ignored                   bool
	}{
		{"not JSON", replies, "{", "not JSON", true},
		{"two values", replies, "{} {}", "something follows", true},
		{"too long", replies, strings.Repeat(" ", 300<<10), "bytes", true},
		{"empty", replies, "", "not JSON", true},
		{"a list", replies, "[]", "", true},
		{"null", replies, "null", "", true},
		{"another topic", "uhppoted/gateway/system", "{", "", true},
		{"status without fields", replies, `{"message":{"reply":{"method":"get-status","response":{"device-id":405419896}}}}`, "", false},
		{"fields of wrong types", replies, `{"message":{"reply":{"method":"get-status","response":{"device-id":405419896,"status":{"door-states":[1],"relay-state":{},"input-state":"x"}}}}}`, "", false},
		{"event without anything", "uhppoted/gateway/events", `{"message":{"event":{"event":{"device-id":405419896}}}}`, "", false},
	} {
		d, err := c.DecodeMessage(tc.topic, []byte(tc.payload))
		if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
			t.Errorf("%s: %v", tc.name, err)
		}
		if d.Ignored != tc.ignored || len(d.Happenings) != 0 {
			t.Errorf("%s: %+v", tc.name, d)
		}
		for _, ps := range d.States {
			for _, cond := range ps.Conditions {
				if cond.Active {
					t.Errorf("%s: %+v", tc.name, ps)
				}
			}
		}
	}
}

func TestDecodeMessageFromSeveralGoroutines(t *testing.T) {
	t.Parallel()
	c := doors(t)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 100 {
				_, _ = c.DecodeMessage(replies, []byte(status(i%2 == 0, i)))
				_, _ = c.DecodeMessage("uhppoted/gateway/events", []byte(event(g*100+i, 38)))
				c.Requests(func() string { return "x" })
				_, _ = c.Command("door1", devices.Lock, nil)
			}
		})
	}
	all.Wait()
}

// The ways of other makers: plain text, fractions, inverted booleans, partial
// updates and topics with wildcards.
func TestOtherMessageStyles(t *testing.T) {
	t.Parallel()
	c := compileText(t, `profile: sensor/test
version: 1
title: A sensor of the tests
source: The tests themselves
transport: {kind: mqtt}
params: {name: {type: text, default: cellar}}
points:
  - id: contact
    name: Contact
    type: enum
    reads:
      contact: {message: state, path: contact}
      leak: {message: state, path: water_leak}
    states:
      - {state: leak, kind: env.leak, of: leak, equals: 1}
      - {state: open, kind: zone.open, of: contact, equals: 0} # true is closed
  - {id: temperature, name: T, type: analog, unit: °C, reads: {t: {message: state, path: env.0.t}}, value: {of: t, offset: 1}}
  - {id: online, name: Availability, type: enum, read: {message: availability}, states: [{state: offline, kind: panel.fault, text: offline}]}
messages:
  state: {topics: ["z/${name}/+"], alive: true}
  availability: {topics: ["z/${name}/availability/#"], format: text}
`)
	show := func(topic, payload string) map[string]profiles.PointState {
		d, err := c.DecodeMessage(topic, []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]profiles.PointState{}
		for _, ps := range d.States {
			out[ps.Point] = ps
		}
		return out
	}
	if got := show("z/cellar/a", `{"contact": false}`); got["contact"].State != "open" || len(got) != 1 || len(got["contact"].Conditions) != 1 {
		t.Errorf("partial update: %+v", got)
	}
	if got := show("z/cellar/a", `{"water_leak": true}`); got["contact"].State != "leak" || len(got["contact"].States) != 2 {
		t.Errorf("the contact was forgotten: %+v", got)
	}
	if got := show("z/cellar/a", `{"env": [{"t": 20.5}]}`); *got["temperature"].Value != 21.5 {
		t.Errorf("temperature: %+v", got)
	}
	if got := show("z/cellar/availability", `offline`); got["online"].State != "offline" {
		t.Errorf("availability: %+v", got)
	}
	if d, _ := c.DecodeMessage("z/attic/a", []byte(`{"contact": true}`)); !d.Ignored {
		t.Errorf("another sensor's message: %+v", d)
	}
}
