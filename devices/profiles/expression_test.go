package profiles

import "testing"

func TestExpressions(t *testing.T) {
	t.Parallel()
	s := scope{
		"n": int64(7), "yes": true, "no": false, "name": "x", "list": []any{1, 2},
		"e": map[string]any{"at": int64(3), "name": "y"},
	}
	for _, tc := range []struct {
		text string
		want int64
		bad  bool
	}{
		{"0x71", 0x71, false},
		{"1 + 2 * 3", 7, false},
		{"(1 + 2) * 3", 9, false},
		{"10 - 2 - 3", 5, false},
		{"7 / 2 * 2", 6, false},
		{"-n + 8", 1, false},
		{"${n}-1", 6, false},
		{"${n - 1} * 2", 12, false},
		{"e.at * 2 + yes - no", 7, false},
		{"list * 10", 20, false},
		{"", 0, true},
		{"1 +", 0, true},
		{"(1", 0, true},
		{"${n", 0, true},
		{"1 2", 0, true},
		{"n n", 0, true},
		{"1 % 2", 0, true},
		{"name + 1", 0, true},
		{"e + 1", 0, true},
		{"e.where", 0, true},
		{"n.at", 0, true},
		{"m", 0, true},
		{"1 / 0", 0, true},
		{"n / (n - 7)", 0, true},
		{"0xFFFFFFFFFFFFFFFF", 0, true},
		{"1000000000 * 1000000000", 0, true},
		{"1000000000000 + 1000000000000", 0, true},
		{"((((((((((((((((((((1))))))))))))))))))))", 0, true},
		{"12abc", 0, true},
	} {
		e, err := parseExpression(tc.text, 1)
		var got int64
		if err == nil {
			got, err = e.eval(s)
		}
		if (err != nil) != tc.bad || got != tc.want && !tc.bad {
			t.Errorf("%q = %d, %v, want %d", tc.text, got, err, tc.want)
		}
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	s := scope{"loop": int64(2), "n": int64(7), "name": "Kitchen", "list": []any{}}
	for _, tc := range []struct {
		text string
		want any
	}{
		{"L${loop}D${n + 1}", "L2D8"},
		{"${n}", int64(7)},
		{"${name}", "Kitchen"},
		{"${name} ${n}", "Kitchen 7"},
		{"plain $ {n}", "plain $ {n}"},
		{"", ""},
		{"in ${list}", nil},
		{"${other}", nil},
	} {
		tmpl, err := parseTemplate(tc.text, 1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := tmpl.value(s)
		if (err != nil) != (tc.want == nil) || tc.want != nil && got != tc.want {
			t.Errorf("%q = %v, %v, want %v", tc.text, got, err, tc.want)
		}
	}
}

func TestFieldEncodings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		f      field
		words  []uint16
		number int64
		text   string
	}{
		{"uint16", field{words: 1, bits: 16}, []uint16{0xFFFE}, 65534, ""},
		{"int16", field{encoding: asInt16, words: 1, bits: 16}, []uint16{0xFFFE}, -2, ""},
		{"uint32, high word first", field{encoding: asUint32, words: 2, bits: 32}, []uint16{0xFFFF, 0x0001}, 0xFFFF0001, ""},
		{"uint32, low word first", field{encoding: asUint32, words: 2, bits: 32, lowFirst: true}, []uint16{0x0001, 0xFFFF}, 0xFFFF0001, ""},
		{"int32", field{encoding: asInt32, words: 2, bits: 32}, []uint16{0xFFFF, 0xFFFE}, -2, ""},
		{"string", field{encoding: asString, words: 3}, []uint16{0x5550, 0x5320, 0x3700}, 0, "UPS 7"},
		{"four bits in the middle", field{words: 1, bits: 4, packed: true, shift: 8}, []uint16{0x0A00}, 10, ""},
	} {
		got := tc.f.decode(tc.words)
		if got.number != tc.number || got.text != tc.text || !got.known {
			t.Errorf("%s: %+v", tc.name, got)
		}
		words, masks := tc.f.encode(tc.number, tc.text)
		for i := range words {
			if words[i]&masks[i] != tc.words[i]&masks[i] {
				t.Errorf("%s: encoded as %x, want %x", tc.name, words, tc.words)
			}
		}
	}
	if got := text([]uint16{0x0055, 0x0150, 0x2020, 0}); got != "U P" {
		t.Errorf("text %q", got)
	}
}

func TestTopicMatches(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		filter, topic string
		want          bool
	}{
		{"a/b", "a/b", true},
		{"a/b", "a/b/c", false},
		{"a/b/c", "a/b", false},
		{"a/+", "a/b", true},
		{"a/+", "a/b/c", false},
		{"a/+/c", "a/b/c", true},
		{"a/#", "a/b/c", true},
		{"a/#", "a", true},
		{"#", "a/b", true},
		{"+", "a", true},
		{"a", "b", false},
	} {
		if got := topicMatches(tc.filter, tc.topic); got != tc.want {
			t.Errorf("%s on %s: %t", tc.filter, tc.topic, got)
		}
	}
}
