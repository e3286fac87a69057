package profiles_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"guardroom/devices"
	"guardroom/devices/profiles"
)

// golden is one vector: what a device with these words or messages shows, how
// it is read and what a command comes to. Words stand on top of a quiet device.
type golden struct {
	Shows    string              `yaml:"shows"`
	Params   map[string]any      `yaml:"params"`
	Points   []string            `yaml:"points"` // all of them, when given
	Plan     []string            `yaml:"plan"`
	Topics   []string            `yaml:"topics"`
	Words    map[string][]uint16 `yaml:"words"` // "holding 20000": from there on
	Messages []struct {
		Topic   string          `yaml:"topic"`
		Payload string          `yaml:"payload"`
		Want    *goldenDecoded  `yaml:"want"`
		Tells   []goldenHappens `yaml:"tells"`
	} `yaml:"messages"`
	Want map[string]goldenState `yaml:"want"` // afterwards, by point
	Then []struct {             // words that follow those, one after the other
		Words map[string][]uint16    `yaml:"words"`
		Want  map[string]goldenState `yaml:"want"`
	} `yaml:"then"`
	Requests []goldenMessage `yaml:"requests"`
	Commands []struct {
		Point        string         `yaml:"point"`
		Verb         devices.Verb   `yaml:"verb"`
		Writes       []string       `yaml:"writes"`
		Message      *goldenMessage `yaml:"message"`
		Confirm      string         `yaml:"confirm"`
		OffByDefault bool           `yaml:"off_by_default"`
		NeedsReason  bool           `yaml:"needs_reason"`
		Refused      string         `yaml:"refused"`
		Effects      []string       `yaml:"effects"`
	} `yaml:"commands"`
}

type goldenDecoded struct {
	Ignored bool   `yaml:"ignored"`
	Alive   bool   `yaml:"alive"`
	ReplyTo string `yaml:"reply_to"`
	OK      bool   `yaml:"ok"`
	Error   string `yaml:"error"`
}

type goldenHappens struct {
	Point    string            `yaml:"point"`
	Kind     devices.Kind      `yaml:"kind"`
	Active   bool              `yaml:"active"`
	NativeID uint64            `yaml:"native_id"`
	Occurred string            `yaml:"occurred"`
	Text     string            `yaml:"text"`
	Detail   map[string]string `yaml:"detail"`
}

type goldenState struct {
	States  []string          `yaml:"states"`
	Quality devices.Quality   `yaml:"quality"`
	Active  []devices.Kind    `yaml:"active"`
	Over    []devices.Kind    `yaml:"over"`
	Detail  map[string]string `yaml:"detail"` // of the first active condition
	Value   *float64          `yaml:"value"`
	Text    string            `yaml:"text"`
	Source  string            `yaml:"source"`
}

type goldenMessage struct {
	Topic string `yaml:"topic"`
	Body  string `yaml:"body"`
}

func TestGoldenVectors(t *testing.T) {
	t.Parallel()
	for _, name := range profiles.Names() {
		files, err := filepath.Glob(filepath.Join(filepath.FromSlash(name), "golden", "*.yaml"))
		if err != nil || len(files) == 0 {
			t.Errorf("%s has no golden vectors", name)
		}
		for _, file := range files {
			t.Run(name+"/"+strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
				t.Parallel()
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				var g golden
				if err := yaml.UnmarshalWithOptions(data, &g, yaml.Strict()); err != nil {
					t.Fatal(err)
				}
				g.check(t, mustCompile(t, name, g.Params))
			})
		}
	}
}

func mustCompile(t testing.TB, name string, params map[string]any) *profiles.Compiled {
	t.Helper()
	p, err := profiles.Shipped(name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Compile(params)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (g *golden) check(t *testing.T, c *profiles.Compiled) {
	if g.Shows == "" {
		t.Error("the vector does not say what it shows")
	}
	if g.Points != nil {
		var ids []string
		for _, p := range c.Points {
			ids = append(ids, p.ID)
		}
		equal(t, "points", ids, g.Points)
	}
	if g.Plan != nil {
		var plan []string
		for _, r := range c.Reads {
			plan = append(plan, fmt.Sprintf("%s %d+%d %s", r.Table, r.Address, r.Count, r.Tier))
		}
		equal(t, "plan", plan, g.Plan)
	}
	if g.Topics != nil {
		equal(t, "topics", c.Topics(), g.Topics)
	}
	device, im := newTables(c.Rest()), c.NewImage()
	device.set(t, g.Words)
	states := decodeInto(t, c, im, device)
	for id, ps := range g.decodeMessages(t, c) {
		states[id] = ps
	}
	checkStates(t, "", g.Want, states)
	for i, step := range g.Then {
		device.set(t, step.Words)
		checkStates(t, fmt.Sprintf("then %d: ", i+1), step.Want, decodeInto(t, c, im, device))
	}
	g.checkRequests(t, c)
	g.checkCommands(t, c)
}

func checkStates(t *testing.T, when string, want map[string]goldenState, states map[string]profiles.PointState) {
	t.Helper()
	for id, w := range want {
		ps, ok := states[id]
		if !ok {
			t.Errorf("%s%s was not decoded", when, id)
			continue
		}
		w.check(t, when+id, ps)
	}
}

func (g *golden) decodeMessages(t *testing.T, c *profiles.Compiled) map[string]profiles.PointState {
	states := map[string]profiles.PointState{}
	for i, m := range g.Messages {
		d, err := c.DecodeMessage(m.Topic, []byte(m.Payload))
		if err != nil {
			t.Fatalf("message %d: %v", i+1, err)
		}
		if m.Want != nil {
			equal(t, fmt.Sprintf("message %d", i+1), goldenDecoded{d.Ignored, d.Alive, d.ReplyTo, d.OK, d.Error}, *m.Want)
		}
		var tells []goldenHappens
		for _, h := range d.Happenings {
			one := goldenHappens{h.Point, h.Kind, h.Active, h.NativeID, "", h.Text, h.Detail}
			if !h.Occurred.IsZero() {
				one.Occurred = h.Occurred.UTC().Format("2006-01-02T15:04:05Z")
			}
			tells = append(tells, one)
		}
		equal(t, fmt.Sprintf("message %d tells", i+1), tells, m.Tells)
		for _, ps := range d.States {
			states[ps.Point] = ps
		}
	}
	return states
}

func (want goldenState) check(t *testing.T, id string, ps profiles.PointState) {
	t.Helper()
	if want.Quality == "" {
		want.Quality = devices.Good
	}
	got := goldenState{States: ps.States, Quality: ps.Quality, Value: ps.Value, Text: ps.Text, Source: want.Source}
	for _, c := range ps.Conditions {
		if !c.Active {
			got.Over = append(got.Over, c.Kind)
			continue
		}
		if len(got.Active) == 0 {
			got.Detail = c.Detail
		}
		got.Active = append(got.Active, c.Kind)
	}
	equal(t, id, got, want)
	leading := ""
	if len(ps.States) > 0 {
		leading = ps.States[0]
	}
	if ps.State != leading {
		t.Errorf("%s: leading state %q of %v", id, ps.State, ps.States)
	}
	if want.Source != "" && ps.Source != want.Source {
		t.Errorf("%s: source %q, want %q", id, ps.Source, want.Source)
	}
}

func (g *golden) checkRequests(t *testing.T, c *profiles.Compiled) {
	if g.Requests == nil {
		return
	}
	n := 0
	got := c.Requests(func() string { n++; return "r" + strconv.Itoa(n) })
	if len(got) != len(g.Requests) {
		t.Fatalf("%d requests, want %d", len(got), len(g.Requests))
	}
	for i, m := range got {
		g.Requests[i].check(t, m)
	}
}

func (want goldenMessage) check(t *testing.T, m profiles.Message) {
	t.Helper()
	equal(t, "topic", m.Topic, want.Topic)
	body := strings.ReplaceAll(want.Body, "<id>", m.RequestID)
	var a, b any
	if err := json.Unmarshal(m.Payload, &a); err != nil {
		t.Errorf("payload %s: %v", m.Payload, err)
	}
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		t.Fatalf("golden body %s: %v", body, err)
	}
	equal(t, "payload on "+m.Topic, a, b)
}

func (g *golden) checkCommands(t *testing.T, c *profiles.Compiled) {
	for _, want := range g.Commands {
		what := fmt.Sprintf("%s %s", want.Verb, want.Point)
		a, err := c.Command(want.Point, want.Verb, nil)
		if want.Refused != "" {
			var refused *profiles.CommandError
			if !errors.As(err, &refused) || refused.Code != want.Refused {
				t.Errorf("%s: %v, want code %s", what, err, want.Refused)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		var writes, effects []string
		for _, w := range a.Writes {
			writes = append(writes, fmt.Sprintf("%s %d = 0x%04X", w.Table, w.Address, w.Values[0]))
			for _, e := range c.Commanded(w) {
				effects = append(effects, fmt.Sprintf("%s %s %t", e.Point, e.State, e.On))
			}
		}
		equal(t, what+" writes", writes, want.Writes)
		equal(t, what+" effects", effects, want.Effects)
		confirm := ""
		if a.Confirm != nil {
			word := "shows"
			if a.Confirm.Not {
				word = "no longer shows"
			}
			confirm = fmt.Sprintf("%s %s %s within %s", a.Confirm.Point, word, a.Confirm.State, a.Confirm.Within)
		}
		equal(t, what+" confirm", confirm, want.Confirm)
		equal(t, what+" flags", [2]bool{a.OffByDefault, a.NeedsReason}, [2]bool{want.OffByDefault, want.NeedsReason})
		switch {
		case want.Message != nil && a.Message != nil:
			want.Message.check(t, *a.Message)
		case want.Message != nil || a.Message != nil:
			t.Errorf("%s: message %v", what, a.Message)
		}
	}
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) && !bothEmpty(got, want) {
		g, _ := json.Marshal(got)
		w, _ := json.Marshal(want)
		t.Errorf("%s\n got %s\nwant %s", what, g, w)
	}
}

func bothEmpty(a, b any) bool {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	return x.Kind() == reflect.Slice && y.Kind() == reflect.Slice && x.Len() == 0 && y.Len() == 0
}

// tables is the memory of a make-believe Modbus device.
type tables map[profiles.Table]map[int]uint16

func newTables(writes []profiles.Write) tables {
	t := tables{}
	for _, w := range writes {
		t.write(w)
	}
	return t
}

func (t tables) write(w profiles.Write) {
	if t[w.Table] == nil {
		t[w.Table] = map[int]uint16{}
	}
	for i, v := range w.Values {
		mask := uint16(0xFFFF)
		if w.Masks != nil {
			mask = w.Masks[i]
		}
		at := int(w.Address) + i
		t[w.Table][at] = t[w.Table][at]&^mask | v&mask
	}
}

func (t tables) read(r profiles.Read) []uint16 {
	words := make([]uint16, r.Count)
	for i := range words {
		words[i] = t[r.Table][int(r.Address)+i]
	}
	return words
}

func (t tables) set(tt *testing.T, words map[string][]uint16) {
	for place, values := range words {
		table, at := parsePlace(tt, place)
		t.write(profiles.Write{Table: table, Address: at, Values: values})
	}
}

func decodeAll(t testing.TB, c *profiles.Compiled, device tables) map[string]profiles.PointState {
	t.Helper()
	return decodeInto(t, c, c.NewImage(), device)
}

// decodeInto gives the points of every read that changed.
func decodeInto(t testing.TB, c *profiles.Compiled, im *profiles.Image, device tables) map[string]profiles.PointState {
	t.Helper()
	states := map[string]profiles.PointState{}
	for i, r := range c.Reads {
		changed := im.Put(i, device.read(r))
		if im.Err() != nil {
			t.Fatalf("read %d was not taken: %v", i, im.Err())
		}
		if !changed {
			continue
		}
		for _, ps := range c.Decode(im, i) {
			states[ps.Point] = ps
		}
	}
	return states
}

func parsePlace(t *testing.T, place string) (profiles.Table, uint16) {
	t.Helper()
	table, number, _ := strings.Cut(place, " ")
	at, err := strconv.ParseUint(number, 0, 16)
	if err != nil || !slices.Contains([]string{"coil", "discrete", "input", "holding"}, table) {
		t.Fatalf("%q is not a place such as holding 20000", place)
	}
	return profiles.Table(table), uint16(at)
}
