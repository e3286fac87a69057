package profiles_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"guardroom/devices/profiles"
)

func TestPlan(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, poll, points string
		want               []string
	}{
		{
			"touching registers are one read, gaps are not bridged", "",
			"1 fast, 2 fast, 4 fast",
			[]string{"holding 1+2 fast", "holding 4+1 fast"},
		},
		{"bridged where the profile allows", "poll: {bridge: 2}\n", "1 fast, 4 fast, 8 fast", []string{"holding 1+4 fast", "holding 8+1 fast"}},
		{"never longer than the device answers", "", "1..25 fast", []string{"holding 1+10 fast", "holding 11+10 fast", "holding 21+5 fast"}},
		{"a bridge counts too", "poll: {bridge: 100}\n", "1 fast, 10 fast, 11 fast", []string{"holding 1+10 fast", "holding 11+1 fast"}},
		{"tiers are read apart", "", "1 fast, 2 slow, 3 fast", []string{"holding 1+1 fast", "holding 3+1 fast", "holding 2+1 slow"}},
		{"what is needed fast is read fast only", "", "1 fast, 1 slow, 2 slow", []string{"holding 1+1 fast", "holding 2+1 slow"}},
		{"a field is never split", "", "1..9 fast, 10 wide", []string{"holding 1+9 fast", "holding 10+2 fast"}},
		{"overlapping fields stay together", "", "1 wide, 2 wide", []string{"holding 1+3 fast"}},
		{"a slow field under a fast one", "", "1 fast, 1 slow-wide", []string{"holding 1+2 fast"}},
		{"interleaved by bridges", "poll: {bridge: 3}\n", "1 fast, 3 slow, 5 fast, 7 slow", []string{"holding 1+5 fast", "holding 3+5 slow"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := compileText(t, head+tc.poll+"points:\n"+pointsAt(tc.points))
			var plan []string
			for _, r := range c.Reads {
				plan = append(plan, fmt.Sprintf("%s %d+%d %s", r.Table, r.Address, r.Count, r.Tier))
			}
			if !slices.Equal(plan, tc.want) {
				t.Errorf("plan %q, want %q", plan, tc.want)
			}
			// Every point must find its own words in the plan: give each register its
			// address as value.
			im := c.NewImage()
			seen := 0
			for i, r := range c.Reads {
				words := make([]uint16, r.Count)
				for j := range words {
					words[j] = r.Address + uint16(j)
				}
				im.Put(i, words)
			}
			for i := range c.Reads {
				for _, ps := range c.Decode(im, i) {
					var address int
					if _, err := fmt.Sscanf(ps.Source, "holding %d", &address); err != nil {
						t.Fatal(err)
					}
					want := float64(address)
					if strings.HasSuffix(ps.Point, "wide") {
						want = float64(address<<16 + address + 1)
					}
					if *ps.Value != want {
						t.Errorf("%s reads %v, want %v", ps.Point, *ps.Value, want)
					}
					seen++
				}
			}
			if seen < len(c.Points) {
				t.Errorf("%d of %d points decoded", seen, len(c.Points))
			}
		})
	}
}

// pointsAt writes counter points: "1 fast, 2..5 slow, 7 wide" (wide is uint32).
func pointsAt(list string) string {
	var b strings.Builder
	for i, item := range strings.Split(list, ", ") {
		place, how, _ := strings.Cut(item, " ")
		from, to, isRange := strings.Cut(place, "..")
		if !isRange {
			to = from
		}
		as, tier := "uint16", strings.TrimSuffix(how, "-wide")
		if strings.HasSuffix(how, "wide") {
			as = "uint32"
		}
		if tier == "wide" {
			tier = "fast"
		}
		fmt.Fprintf(&b, "  - {repeat: {n: %s..%s}, id: \"p%d-${n}-%s\", name: p, type: counter, tier: %s, read: {table: holding, address: n, as: %s}}\n",
			from, to, i, how, tier, as)
	}
	return b.String()
}

func compileText(t testing.TB, text string) *profiles.Compiled {
	t.Helper()
	p, err := profiles.Parse("panel.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDataChangeAndLifeSign(t *testing.T) {
	t.Parallel()
	c := mustCompile(t, "fire/siemens-nk8237", map[string]any{"life_check": 1019})
	if c.DataChange == nil || c.LifeSign == nil || c.LifeSign.Point != "lifecheck" {
		t.Fatalf("data change %v, life sign %v", c.DataChange, c.LifeSign)
	}
	r := c.Reads[c.DataChange.Read]
	if r.Table != profiles.Input || int(r.Address)+c.DataChange.Offset != 1020 || r.Tier != profiles.Fast {
		t.Errorf("data change is read by %+v offset %d", r, c.DataChange.Offset)
	}
	c = mustCompile(t, "fire/siemens-nk8237", map[string]any{"life_sign": false, "data_change": false})
	if c.DataChange != nil || c.LifeSign != nil {
		t.Errorf("data change %v, life sign %v without their registers", c.DataChange, c.LifeSign)
	}
}

func TestImage(t *testing.T) {
	t.Parallel()
	c := compileText(t, head+`points:
  - id: both
    name: In two reads
    type: enum
    reads: {a: {table: holding, address: 1}, b: {table: coil, address: 1}}
    states: [{state: fire, kind: fire.alarm, of: a, bit: 0, also: {of: b, bit: 0}}]
`)
	im := c.NewImage()
	if im.Words(0) != nil || im.Words(9) != nil || len(c.Decode(im, 0)) != 0 {
		t.Error("something is known before anything was read")
	}
	words := []uint16{1}
	if !im.Put(0, words) {
		t.Error("the first words are no change")
	}
	words[0] = 0
	if im.Words(0)[0] != 1 {
		t.Error("the image keeps the caller's slice")
	}
	if got := c.Decode(im, 0); len(got) != 0 {
		t.Errorf("a point that is only half known was decoded: %+v", got)
	}
	for _, bad := range []struct {
		read  int
		words []uint16
	}{{0, nil}, {0, []uint16{1, 2}}, {1, []uint16{2}}, {-1, []uint16{1}}, {2, []uint16{1}}} {
		if im.Put(bad.read, bad.words) || im.Err() == nil {
			t.Errorf("Put(%d, %v) was taken", bad.read, bad.words)
		}
	}
	if im.Put(0, []uint16{1}) || im.Err() != nil {
		t.Error("the same words are a change")
	}
	if !im.Put(1, []uint16{1}) {
		t.Error("the coil is no change")
	}
	for read := range 2 {
		got := c.Decode(im, read)
		if len(got) != 1 || got[0].State != "fire" || !got[0].Conditions[0].Active {
			t.Errorf("read %d: %+v", read, got)
		}
	}
	im.Forget(1)
	if got := c.Decode(im, 0); len(got) != 0 {
		t.Errorf("decoded from what was forgotten: %+v", got)
	}
	if c.Decode(im, -1) != nil || c.Decode(im, 2) != nil {
		t.Error("reads that are not there were decoded")
	}
}

// Two bits a detector, eight a register, the first in the high bits: the GST
// panels' way.
func TestPackedHighToLow(t *testing.T) {
	t.Parallel()
	c := compileText(t, head+`points:
  - repeat: {n: 1..9}
    id: "d${n}"
    name: Detector
    type: enum
    read: {table: holding, address: 30, pack: {bits: 2, element: "n - 1", first: high}}
    states:
      - {state: fire, kind: fire.alarm, equals: 1}
      - {state: fault, kind: fire.fault, equals: 2}
      - {state: disabled, kind: fire.disablement, equals: 3, uncertain: true}
`)
	im := c.NewImage()
	im.Put(0, []uint16{0b01_10_11_00_00_00_00_01, 0b11_00_00_00_00_00_00_00})
	var got []string
	for _, ps := range c.Decode(im, 0) {
		got = append(got, ps.State)
	}
	want := []string{"fire", "fault", "disabled", "normal", "normal", "normal", "normal", "fire", "disabled"}
	if !slices.Equal(got, want) {
		t.Errorf("states %v, want %v", got, want)
	}
	writes, err := c.Encode("d2", "disabled")
	if err != nil || len(writes) != 1 || writes[0].Address != 30 || writes[0].Values[0] != 0b11<<12 || writes[0].Masks[0] != 0b11<<12 {
		t.Errorf("Encode() = %+v, %v", writes, err)
	}
}

func TestCommandErrors(t *testing.T) {
	t.Parallel()
	c := mustCompile(t, "intrusion/integriti", nil)
	for _, tc := range []struct {
		point, verb string
		args        map[string]string
		code        string
	}{
		{"area1", "arm", map[string]string{"mode": "stay"}, "bad_arguments"},
		{"area1", "open", nil, "no_such_verb"},
		{"area9", "arm", nil, "no_such_point"},
	} {
		a, err := c.Command(tc.point, "arm", tc.args)
		if tc.verb != "arm" {
			a, err = c.Command(tc.point, "access", tc.args)
		}
		var refused *profiles.CommandError
		if a != nil || !errors.As(err, &refused) || refused.Code != tc.code || refused.Text == "" {
			t.Errorf("%+v: %v, %v", tc, a, err)
		}
	}
	first, err := c.Command("area1", "arm", nil)
	if err != nil {
		t.Fatal(err)
	}
	first.Writes[0].Values[0] = 9
	if again, _ := c.Command("area1", "arm", nil); again.Writes[0].Values[0] != 1 {
		t.Error("an action shares memory with the profile")
	}
	if got := c.Commanded(profiles.Write{Table: profiles.Coil, Address: 1, Values: []uint16{0xFF00}}); len(got) != 1 || got[0] != (profiles.Effect{Point: "area1", State: "armed", On: true}) {
		t.Errorf("a coil written with 0xFF00 does %v", got)
	}
	if got := c.Commanded(profiles.Write{Table: profiles.Holding, Address: 1, Values: []uint16{1}}); got != nil {
		t.Errorf("a register that no command writes does %v", got)
	}
}
