package profiles_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"guardroom/devices"
	"guardroom/devices/profiles"
)

// FuzzParse feeds the loader with broken profiles: it must name a fault or give
// a profile that compiles, and never panic or take long.
func FuzzParse(f *testing.F) {
	// Small ones: the engine shrinks what it finds, and that takes as long as the
	// seeds are large.
	f.Add(head + `maps: {codes: {0x71: {state: other, kind: fire.supervisory}}}
points:
  - id: p
    name: P
    type: enum
    read: {table: holding, address: 1, rest: 4}
    absent: {equals: 0xFF}
    normal: {mask: 4, equals: 4}
    states:
      - {bit: 11, select: {mask: 0xFF, map: codes, default: {state: fire, kind: fire.alarm}}}
    commands: {reset: {write: {table: coil, address: 1, value: 1}, confirm: {state: fire, not: true}}}
`)
	f.Add(head + `params: {l: {type: list, default: [], fields: {id: {type: text, example: a}, at: {type: integer, example: 3}}}}
points:
  - {repeat: {e: l}, id: "${e.id}", name: E, type: analog, read: {table: input, address: e.at, as: int16}, value: {divide: 8}}
  - {id: d, name: D, type: enum, read: {table: input, address: 9, pack: {bits: 2, element: 3, first: high}}, states: [{state: x, equals: 1}]}
`)
	f.Add(`profile: a/b
version: 1
title: t
source: somewhere
transport: {kind: mqtt}
points: [{id: d1, name: D, type: enum, reads: {c: {message: m, path: a.b}}, states: [{state: forced, kind: door.forced, cleared_by: {of: c, equals: 0}}]}]
requests: {q: {topic: t/q, poll: true, body: {id: "{id}"}}}
messages: {m: {topics: ["t/#"], fallback: d1, events: [{when: {r: 1}, point: "d{n}", state: forced, kind: door.forced, set: {c: 1}}]}}
`)
	f.Add(head + "points:\n  - {repeat: {a: 1..9, b: a..3}, id: \"p${a}-${b * 2}\", name: p, type: counter, read: {table: holding, address: \"a * 10 + b\"}}\n")
	f.Add("a: &a [*a]\n")
	f.Add("? [x]\n: - y\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := profiles.Parse("fuzz.yaml", []byte(text))
		var faults profiles.Errors
		switch {
		case err != nil && !errors.As(err, &faults):
			t.Fatalf("an error without a place: %v", err)
		case err != nil && len(faults) == 0:
			t.Fatal("an error without a fault")
		case err == nil:
			c, err := p.Compile(nil)
			if err == nil {
				exercise(t, c, []byte(text))
			}
		}
	})
}

// FuzzDecode feeds the shipped profiles with random words and messages.
func FuzzDecode(f *testing.F) {
	var all []*profiles.Compiled
	for name, params := range sizes() {
		if name == "fire/honeywell-cgw-mb" {
			params = map[string]any{"detectors": 20, "modules": 5, "zones": 3, "dialect": "table-7.9"}
		}
		all = append(all, mustCompile(f, name, params))
	}
	f.Add([]byte{0x0C, 0x01, 0x14, 0x00, 0x00, 0xFF})
	f.Add([]byte(status(true, 7)))
	f.Add([]byte(event(8, 38)))
	f.Add([]byte(strings.Replace(event(8, 38), `"door-id":1`, `"door-id":"{door-id}"`, 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, c := range all {
			exercise(t, c, data)
		}
	})
}

// exercise uses everything of c on words and a message made of data, and holds
// what comes to the rules that a gateway builds on.
func exercise(t *testing.T, c *profiles.Compiled, data []byte) {
	kinds := map[string][]devices.Kind{}
	for _, p := range c.Points {
		kinds[p.ID] = p.Kinds
	}
	judge := func(ps profiles.PointState) {
		known, ok := kinds[ps.Point]
		switch {
		case !ok:
			t.Fatalf("no such point: %+v", ps)
		case len(ps.States) > 0 && ps.State != ps.States[0]:
			t.Fatalf("the leading state does not lead: %+v", ps)
		case (ps.Quality == devices.Bad || ps.Quality == devices.NotProgrammed) && len(ps.Conditions) > 0:
			t.Fatalf("conditions of which nothing is known: %+v", ps)
		case len(ps.Conditions) > len(known):
			t.Fatalf("more conditions than kinds: %+v", ps)
		}
	}
	im := c.NewImage()
	for i, r := range c.Reads {
		words := make([]uint16, r.Count)
		for j := range words {
			if at := 2 * j; at+1 < len(data) {
				words[j] = binary.BigEndian.Uint16(data[at:])
			}
			if r.Table == profiles.Coil || r.Table == profiles.Discrete {
				words[j] &= 1
			}
		}
		if !im.Put(i, words) {
			t.Fatalf("read %d: %v", i, im.Err())
		}
		for _, ps := range c.Decode(im, i) {
			judge(ps)
		}
	}
	topics := append(c.Topics(), "some/topic")
	for _, topic := range topics {
		d, err := c.DecodeMessage(topic, data)
		if err != nil {
			continue
		}
		for _, ps := range d.States {
			judge(ps)
		}
		for _, h := range d.Happenings {
			if _, ok := kinds[h.Point]; !ok || h.Kind == "" {
				t.Fatalf("a happening of nothing: %+v", h)
			}
		}
	}
	for i := range min(len(c.Points), 5) {
		p := c.Points[i]
		for _, state := range c.SimStates(p.ID) {
			_, _ = c.Encode(p.ID, state)
		}
		for _, verb := range p.Verbs {
			a, err := c.Command(p.ID, verb, nil)
			if err != nil || (len(a.Writes) == 0) == (a.Message == nil) {
				t.Fatalf("command %s: %+v, %v", verb, a, err)
			}
			for _, w := range a.Writes {
				c.Commanded(w)
			}
		}
	}
	c.Rest()
	c.Requests(func() string { return "id" })
}
