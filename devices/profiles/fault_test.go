package profiles_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"guardroom/devices/profiles"
)

func TestParseNamesEveryFault(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text string
		want       []string // "line: part of the reason"
	}{
		{"empty", "", []string{"1: empty"}},
		{"a scalar", "hello", []string{"1: "}},
		{"not YAML", "profile: [1, 2", []string{"1: not YAML"}},
		{"two documents", head + "points: []\n---\na: 1\n", []string{"8: a second document"}},
		{"anchors", head + "points: &p []\n", []string{"6: anchors"}},
		{"a key twice", "profile: a/b\nprofile: a/c\n", []string{"2: already defined"}},
		{
			"no source", "profile: fire/x\nversion: 1\ntitle: x\ntransport: {kind: modbus}\npoints:\n  - {id: a, name: a, type: enum}\n",
			[]string{"1: missing property 'source'"},
		},
		{"unknown keys", head + "colour: red\npoints:\n  - id: a\n    name: a\n    type: enum\n    shape: round\n", []string{`6: unknown key "colour"`, `11: points.0: unknown key "shape"`}},
		{
			"schema and meaning together",
			head + "points:\n  - id: a\n    name: a\n    type: enum\n    read: {table: holdings, address: 1}\n    states:\n      - {state: fire, kind: fire.alarn, bit: 1}\n",
			[]string{"10: points.0.read.table", "12: no signal kind is called \"fire.alarn\""},
		},
		{
			"every state wrong in its own way",
			head + `points:
  - id: a
    name: a
    type: enum
    read: {table: holding, address: 1}
    states:
      - {state: one, bit: 16}
      - {state: two, of: other, bit: 1}
      - {state: three, mask: 0x0F, equals: 0x10}
      - {state: four}
      - {state: five, bit: 1, equals: 2}
`,
			[]string{"15: state \"four\" says nowhere", "16: a condition takes only one"},
		},
		{
			"conditions that can never hold",
			head + `points:
  - id: a
    name: a
    type: enum
    read: {table: holding, address: 1}
    states:
      - {state: one, bit: 16}
      - {state: two, of: other, bit: 1}
      - {state: three, mask: 0x0F, equals: 0x10}
`,
			[]string{"12: bit 16 of a field of 16 bits", `13: the point reads no field "other"`, "14: 16 can never be seen"},
		},
		{
			"formulas",
			head + `params:
  n: {type: integer, default: 1}
points:
  - {id: "a${n", name: a, type: counter, read: {table: holding, address: 1}}
  - {id: b, name: b, type: counter, read: {table: holding, address: "n +"}}
  - {id: c, name: c, type: counter, read: {table: holding, address: "1 / (n - 1)"}}
`,
			[]string{"9: } is missing", "10: it ends too soon"},
		},
		{
			"values of formulas",
			head + `params:
  n: {type: integer, default: 1}
points:
  - {id: b, name: b, type: counter, read: {table: holding, address: "m"}}
  - {id: c, name: c, type: counter, read: {table: holding, address: "1 / (n - 1)"}}
  - {id: d, name: d, type: counter, read: {table: holding, address: "n * 65536"}}
  - {id: d, name: d, type: counter, read: {table: holding, address: "n * 1000000 * 1000000 * 1000000"}}
`,
			[]string{`9: "m": nothing is called "m" here`, "10: division by zero", "11: address 65536 is not within", "12: two points are called \"d\""},
		},
		{
			"ids",
			head + `points:
  - {id: "a b", name: b, type: counter, read: {table: holding, address: 1}}
  - {id: life, name: b, type: counter, read: {table: holding, address: 1}}
`,
			[]string{`7: "a b" is not an id`, `8: the id "life" belongs to every device`},
		},
		{
			"millions of points",
			head + "points:\n  - {repeat: {a: 1..1000000}, id: \"p${a}\", name: p, type: counter, read: {table: holding, address: 1}}\n",
			[]string{"7: a runs over 1000000 values; at most 10000"},
		},
		{
			"millions of points in two dimensions",
			head + "points:\n  - {repeat: {a: 1..9000, b: 1..9000}, id: \"p${a}-${b}\", name: p, type: counter, read: {table: holding, address: 1}}\n",
			[]string{"7: more than 10000 points"},
		},
		{
			"a command to nowhere",
			head + `points:
  - id: a
    name: a
    type: enum
    read: {table: holding, address: 1}
    states: [{state: fire, kind: fire.alarm, bit: 1}]
    commands:
      reset:
        write: {table: holding, address: 1, value: 65536}
        confirm: {state: done}
      explode:
        write: {table: coil, address: 1, value: 1}
      silence:
        confirm: {point: b, state: fire}
`,
			[]string{"17: no command is called \"explode\"", "19: command silence needs either write or request"},
		},
		{
			"a state that can never be shown",
			head + `points:
  - id: a
    name: a
    type: enum
    read: {table: holding, address: 1}
    absent: {bit: 15}
    states:
      - {state: fault, kind: fire.fault, bit: 15}
      - {state: quiet, bit: 1, unless: {bit: 1}}
`,
			[]string{`13: point a: what should read as "fault" reads as not_programmed`, `14: point a: what should read as "quiet" reads as normal`},
		},
		{
			"limits",
			head + `points:
  - id: a
    name: a
    type: analog
    read: {table: holding, address: 1, rest: 100}
    value: {divide: 10}
    states:
      - {state: one, alarm_above: 40}
      - {state: two, alarm_above: 40, clear_below: 40}
      - {state: three, alarm_below: 5, clear_above: 4}
      - {state: four, alarm_above: 40, clear_below: 38, alarm_below: 5, clear_above: 6}
      - {state: five, alarm_above: 40, clear_below: 38, adjustable: {from: 50, to: 60}}
      - {state: six, alarm_above: 40, clear_below: 38, bit: 3}
      - {state: seven, kind: fire.alarm, alarm_above: 40, clear_below: 38, adjustable: {from: 0, to: 60}}
      - {state: eight, alarm_above: 40, clear_below: 38, cleared_by: {equals: 1}}
      - {state: nine, bit: 1, adjustable: {from: 0, to: 60}}
`,
			[]string{
				"13: a limit is alarm_above with clear_below", "14: clear_below 40 must lie below", "15: clear_above 4 must lie above", "16: a limit is alarm_above with",
				"17: the limit 40 is not within its adjustable range 50 to 60", "18: a limit is the condition of its state", "19: fire.alarm is life safety",
				"20: a state with a limit takes neither", "21: adjustable is for limits",
			},
		},
		{
			"limits that make no sense",
			head + `points:
  - id: a
    name: a
    type: analog
    read: {table: holding, address: 1}
    states:
      - {state: high, alarm_above: 70000, clear_below: 38}
      - {state: low, alarm_below: 10, clear_above: 40}
  - id: b
    name: b
    type: enum
    read: {table: holding, address: 2}
    states: [{state: high, alarm_above: 40, clear_below: 38}]
  - id: c
    name: c
    type: analog
    read: {table: holding, address: 3, rest: 20}
    states:
      - {state: high, alarm_above: 40, clear_below: 30}
      - {state: low, alarm_below: 10, clear_above: 35}
  - id: d
    name: d
    type: analog
    read: {table: holding, address: 4}
    states: [{state: high, alarm_above: 40, clear_below: 30}, {state: high, alarm_above: 50, clear_below: 45}]
`,
			[]string{
				"12: point a: its values run from 0 to 65535, so the limit 70000 with 38 is never passed", "13: point a: no value is normal: low ends above 40 and high below 38",
				"18: point b has no value", "25: point c: no value is normal", "30: point d: two limits give the state \"high\"",
			},
		},
		{
			"a quiet device within the band of a limit",
			head + `points:
  - id: a
    name: a
    type: analog
    read: {table: holding, address: 1, rest: 39}
    states: [{state: high, alarm_above: 40, clear_below: 38}]
`,
			[]string{`7: point a: what should read as "normal" reads as high`},
		},
		{
			"rest that is no rest",
			head + "points:\n  - id: a\n    name: a\n    type: enum\n    read: {table: holding, address: 1, rest: 3}\n    states: [{state: fire, kind: fire.alarm, bit: 1}]\n",
			[]string{`7: point a: what should read as "normal" reads as fire`},
		},
		{
			"too long for a read",
			head + "points:\n  - {id: a, name: a, type: text, read: {table: holding, address: 1, as: string, words: 11}}\n",
			[]string{"7: 11 words are more than a read takes (10)"},
		},
		{
			"targets of commands",
			head + `points:
  - id: a
    name: a
    type: enum
    read: {table: coil, address: 1}
    states: [{state: fire, kind: fire.alarm, bit: 0}]
    commands:
      reset:
        write: {table: holding, address: 70000, value: 1}
      silence:
        write: {table: coil, address: 1, value: 2}
        confirm: {point: b, state: fire}
      enable:
        write: {table: coil, address: 1, value: 1}
        confirm: {state: done}
        effects: [{point: a, state: gone, on: true}]
      mute: {request: ask}
`,
			[]string{
				"14: address 70000", "16: value 2 is not within 0 and 1", "16: no point is called \"b\"",
				"19: point a has no state \"done\" (it has normal, fire)", "19: point a has no state \"gone\"", "22: request is for MQTT",
			},
		},
		{
			"fields of tables that cannot be",
			head + `maps: {codes: {1: fire, 0x01: fault}}
points:
  - {id: a, name: a, type: counter, read: {table: coil, address: 1, as: uint32}}
  - {id: b, name: b, type: counter, read: {address: 1}}
  - {id: c, name: c, type: counter, read: {table: input}}
  - {id: d, name: d, type: counter, read: {table: input, address: 1, pack: {bits: 2, element: 1, first: left}}}
  - {id: e, name: e, type: counter, reads: {x: {table: input, address: 1}, y: {table: input, address: 2}}}
  - {id: f, name: f, type: text, reads: {x: {table: input, address: 1}, y: {table: input, address: 2}}}
`,
			[]string{"6: code 1 stands here twice"},
		},
		{
			"fields that cannot be",
			head + `points:
  - {id: a, name: a, type: counter, read: {table: coil, address: 1, as: uint32}}
  - {id: b, name: b, type: counter, read: {address: 1}}
  - {id: c, name: c, type: counter, read: {table: input}}
  - {id: d, name: d, type: counter, read: {table: input, address: 1, pack: {bits: 2, element: 1, first: left}}}
  - {id: e, name: e, type: counter, reads: {x: {table: input, address: 1}, y: {table: input, address: 2}}}
  - {id: f, name: f, type: text, reads: {x: {table: input, address: 1}, y: {table: input, address: 2}}}
  - {id: g, name: g, type: counter, tier: quick, read: {table: input, address: 1}}
  - {id: h, name: h, type: analog, read: {table: input, address: 1, as: string}, value: {scale: 2}}
`,
			[]string{
				"7: coil holds single bits", "8: the table is missing", "9: the address is missing", "10: pack: first is \"left\"",
				"11: counter point e needs a value", "12: of is missing: the point reads 2 fields", "13: tier \"quick\"", "14: a value cannot be read from a string",
			},
		},
		{
			"MQTT with holes",
			`profile: a/b
version: 1
title: t
source: somewhere
transport: {kind: mqtt}
points:
  - id: a
    name: a
    type: enum
    read: {message: nothing, path: x}
    states: [{state: fire, kind: fire.alarm, equals: 1}]
    commands: {reset: {request: nothing}, mute: {write: {table: coil, address: 1, value: 1}}}
requests:
  ask: {topic: "a/+", poll: true, body: {x: "${y}"}}
messages:
  m: {topics: ["a/#"], events: [{when: {x: 1}, point: b, kind: fire.alarm}]}
`,
			[]string{
				"10: no message is called \"nothing\"", "12: no request is called \"nothing\"", "12: write is for Modbus",
				"14: \"a/+\" is not a topic", "14: nothing is called \"y\" here", "16: fallback \"\" is no point",
			},
		},
		{
			"messages in a Modbus profile",
			head + "points:\n  - {id: a, name: a, type: counter, read: {table: input, address: 1}}\nmessages:\n  m: {topics: [a]}\n",
			[]string{"0: messages and requests are for MQTT"},
		},
		{
			"parameters",
			head + `params:
  a: {type: integer, default: 5, max: 4}
  b: {type: choice, default: x}
  c: {type: integer}
  d: {type: boolean, default: 1}
  e: {type: text, default: [1]}
points:
  - {id: a, name: a, type: counter, read: {table: input, address: 1}}
`,
			[]string{"7: parameter \"a\": 5 is not within", "8: parameter \"b\": a choice needs of", "8: parameter \"b\": \"x\" is not one of", "10: parameter \"d\": 1 is neither", "11: parameter \"e\": [1] is not text"},
		},
		{
			"a parameter that nobody can try",
			head + "params:\n  c: {type: integer}\npoints:\n  - {id: a, name: a, type: counter, read: {table: input, address: 1}}\n",
			[]string{"7: parameter \"c\" needs a default or an example"},
		},
		{
			"a list of which only entries show the fault",
			head + "params:\n  l: {type: list, default: [], fields: {at: {type: integer, example: 1}}}\npoints:\n" +
				"  - {id: a, name: a, type: counter, read: {table: input, address: 1}}\n" +
				"  - {repeat: {e: l}, id: \"e${e.at}\", name: a, type: counter, read: {table: input, address: e.place}}\n",
			[]string{`10: "e.place": "e" has no field "place"`},
		},
		{
			"durations and tiers",
			head + "poll: {fast: 10s, slow: 1s}\nsupervision: {lost_after: 1ms}\npoints:\n  - {id: a, name: a, type: counter, tier: quick, read: {table: holding, address: 1}}\n",
			[]string{"6: slow (1s) is more often than fast (10s)", "7: 1ms is not within 1s and 1h0m0s"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := profiles.Parse("panel.yaml", []byte(tc.text))
			var faults profiles.Errors
			if !errors.As(err, &faults) {
				t.Fatalf("Parse() = %v, want Errors", err)
			}
			for i, want := range tc.want {
				line, reason, _ := strings.Cut(want, ": ")
				if i >= len(faults) || fmt.Sprint(faults[i].Line) != line || !strings.Contains(faults[i].Reason, reason) || faults[i].File != "panel.yaml" {
					t.Errorf("fault %d is not %q in:\n%v", i, want, err)
				}
			}
			if len(faults) != len(tc.want) {
				t.Errorf("%d faults, want %d:\n%v", len(faults), len(tc.want), err)
			}
		})
	}
}
