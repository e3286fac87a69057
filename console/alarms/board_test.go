package alarms_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guardroom/console/alarms"
	"guardroom/devices"
)

var start = time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)

func newBoard() *alarms.Board {
	n := 0
	return &alarms.Board{NewID: func() string { n++; return fmt.Sprintf("a%03d", n) }}
}

// say is signal seq: "+" raises, "-" restores; the rest is "<device>.<point> <kind>".
func say(seq uint64, words string) alarms.Heard {
	point, kind, _ := strings.Cut(words[1:], " ")
	at := start.Add(time.Duration(seq) * time.Second)
	h := alarms.Heard{Station: "hq", Received: at.Add(50 * time.Millisecond)}
	h.Point, h.Kind, h.Active = devices.PointID("gw/"+point), devices.Kind(kind), words[0] == '+'
	h.Epoch, h.Seq, h.Occurred, h.Observed, h.Clock = 1, seq, at, at, devices.Synced
	return h
}

// ack answers for the open alarm of "<device>.<point> <kind>", as it is now.
func ack(t interface{ Fatalf(string, ...any) }, b *alarms.Board, words string) {
	point, kind, _ := strings.Cut(words, " ")
	key := alarms.Key{Point: devices.PointID("gw/" + point), Kind: devices.Kind(kind)}
	a := b.Open[key]
	if a == nil {
		t.Fatalf("no open alarm of %s", words)
	}
	if _, err := a.Acknowledge(a.Version, alarms.Acknowledgement{By: "u1", At: start}); err != nil {
		t.Fatalf("acknowledge %s: %v", words, err)
	}
	if !a.Open() {
		delete(b.Open, key)
	}
}

// play applies a script: "<seq><+|->device.point kind", or "ack device.point kind".
func play(t *testing.T, b *alarms.Board, script ...string) {
	t.Helper()
	for _, step := range script {
		if words, ok := strings.CutPrefix(step, "ack "); ok {
			ack(t, b, words)
			continue
		}
		var seq uint64
		i := strings.IndexAny(step, "+-")
		if _, err := fmt.Sscan(step[:i], &seq); err != nil {
			t.Fatal(err)
		}
		b.Apply(say(seq, step[i:]))
	}
}

// describe lists the alarms ever made: "point kind state ×count flags".
func describe(b *alarms.Board) []string {
	var all []string
	for _, a := range b.Touched() {
		s := fmt.Sprintf("%s %s %s ×%d", a.Point.Local(), a.Kind, a.State, a.Count)
		if a.Late {
			s += " late"
		}
		if a.Confirmed {
			s += " confirmed"
		}
		if a.FirstUp != nil {
			s += " first=" + a.FirstUp.Point.Point()
		}
		if a.Cause != nil {
			s += " under=" + a.Cause.Local()
		}
		if a.SuppressedChildren > 0 {
			s += fmt.Sprintf(" over=%d", a.SuppressedChildren)
		}
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}

func TestApply(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		script []string
		want   []string
	}{
		{"nothing", nil, nil},
		{"no alarm kind", []string{"1+d.p door.opened"}, nil},
		{"raise", []string{"1+d.p door.forced"}, []string{"d.p door.forced unacknowledged ×1"}},
		{"raise again while active", []string{"1+d.p door.forced", "2+d.p door.forced"}, []string{"d.p door.forced unacknowledged ×1"}},
		{"raise, restore", []string{"1+d.p door.forced", "2-d.p door.forced"}, []string{"d.p door.forced returned ×1"}},
		{"restore alone", []string{"1-d.p door.forced"}, nil},
		{"acknowledged, then restored", []string{"1+d.p door.forced", "ack d.p door.forced", "2-d.p door.forced"}, []string{"d.p door.forced normal ×1"}},
		{"restored, then acknowledged", []string{"1+d.p door.forced", "2-d.p door.forced", "ack d.p door.forced"}, []string{"d.p door.forced normal ×1"}},
		{"acknowledged and said again", []string{"1+d.p door.forced", "ack d.p door.forced", "2+d.p door.forced"}, []string{"d.p door.forced acknowledged ×1"}},
		{"raised anew while returned", []string{"1+d.p door.forced", "2-d.p door.forced", "3+d.p door.forced"}, []string{"d.p door.forced unacknowledged ×2"}},
		{"raised anew after normal", []string{"1+d.p door.forced", "2-d.p door.forced", "ack d.p door.forced", "3+d.p door.forced"},
			[]string{"d.p door.forced normal ×1", "d.p door.forced unacknowledged ×1"}},
		{"two points", []string{"1+d.p door.forced", "2+d.q door.forced"}, []string{"d.p door.forced unacknowledged ×1", "d.q door.forced unacknowledged ×1"}},
		{"two kinds", []string{"1+d.p door.forced", "2+d.p door.held"}, []string{"d.p door.forced unacknowledged ×1", "d.p door.held unacknowledged ×1"}},
		{"unknown kind", []string{"1+d.p laser.tripped"}, []string{"d.p laser.tripped unacknowledged ×1"}},

		{"momentary", []string{"1+d.p command.unknown", "2+d.p command.unknown"}, []string{"d.p command.unknown unacknowledged ×2"}},
		{"momentary, acknowledged", []string{"1+d.p command.unknown", "ack d.p command.unknown", "2+d.p command.unknown"},
			[]string{"d.p command.unknown normal ×1", "d.p command.unknown unacknowledged ×1"}},
		{"momentary, older one later", []string{"2+d.p command.unknown", "1+d.p command.unknown"}, []string{"d.p command.unknown unacknowledged ×2"}},

		{"an older restore never clears", []string{"3+d.p fire.alarm", "2-d.p fire.alarm"}, []string{"d.p fire.alarm unacknowledged ×1"}},
		{"an older raise is seen", []string{"2-d.p fire.alarm", "1+d.p fire.alarm"}, []string{"d.p fire.alarm returned ×1 late"}},
		{"an older raise counts", []string{"3+d.p fire.alarm", "1+d.p fire.alarm"}, []string{"d.p fire.alarm unacknowledged ×2 late"}},
		{"an older raise after all was answered for", []string{"3+d.p fire.alarm", "ack d.p fire.alarm", "4-d.p fire.alarm", "1+d.p fire.alarm"},
			[]string{"d.p fire.alarm normal ×1", "d.p fire.alarm returned ×1 late"}},
		{"a new fire is not hidden under an old answer", []string{"1+d.p fire.alarm", "ack d.p fire.alarm", "3+d.p fire.alarm", "2-d.p fire.alarm"},
			[]string{"d.p fire.alarm unacknowledged ×2"}},
		{"but one answered for stays so when the restore is older still", []string{"2+d.p fire.alarm", "ack d.p fire.alarm", "3+d.p fire.alarm", "1-d.p fire.alarm"},
			[]string{"d.p fire.alarm acknowledged ×1"}},
		{"the same place twice", []string{"3+d.p fire.alarm", "3-d.p fire.alarm"}, []string{"d.p fire.alarm unacknowledged ×1"}},

		{"a second detector confirms", []string{"1+f.a fire.alarm", "2+f.b fire.alarm"},
			[]string{"f.a fire.alarm unacknowledged ×1 confirmed first=a", "f.b fire.alarm unacknowledged ×1 confirmed first=a"}},
		{"a second panel does not", []string{"1+f.a fire.alarm", "2+g.b fire.alarm"},
			[]string{"f.a fire.alarm unacknowledged ×1", "g.b fire.alarm unacknowledged ×1"}},
		{"a second one after the reset does not", []string{"1+f.a fire.alarm", "2-f.a fire.alarm", "3+f.b fire.alarm"},
			[]string{"f.a fire.alarm returned ×1 first=a", "f.b fire.alarm unacknowledged ×1 first=a"}},
		{"first-up outlives the first", []string{"1+f.a fire.alarm", "2+f.b fire.alarm", "ack f.a fire.alarm", "3-f.a fire.alarm", "4+f.c fire.alarm"},
			[]string{"f.a fire.alarm normal ×1 confirmed first=a", "f.b fire.alarm unacknowledged ×1 confirmed first=a", "f.c fire.alarm unacknowledged ×1 confirmed first=a"}},
		{"first-up begins anew when all is over", []string{"1+f.a fire.alarm", "2+f.b fire.alarm", "ack f.a fire.alarm", "ack f.b fire.alarm",
			"3-f.a fire.alarm", "4-f.b fire.alarm", "5+f.c fire.alarm"},
			[]string{"f.a fire.alarm normal ×1 confirmed first=a", "f.b fire.alarm normal ×1 confirmed first=a", "f.c fire.alarm unacknowledged ×1"}},
		{"the first comes to light late", []string{"2+f.b fire.alarm", "1+f.a fire.alarm"},
			[]string{"f.a fire.alarm unacknowledged ×1 confirmed first=a", "f.b fire.alarm unacknowledged ×1 confirmed first=a"}},
		{"confirmed although the first restored before the second came to light", []string{"3-f.a fire.alarm", "2+f.b fire.alarm", "1+f.a fire.alarm"},
			[]string{"f.a fire.alarm returned ×1 late confirmed first=a", "f.b fire.alarm unacknowledged ×1 confirmed first=a"}},
		{"prealarm does not confirm", []string{"1+f.a fire.prealarm", "2+f.b fire.alarm"},
			[]string{"f.a fire.prealarm unacknowledged ×1", "f.b fire.alarm unacknowledged ×1"}},

		{"a lost gateway stands for its devices", []string{"1+d.comms comms.lost", "2+e.life lifesign.stopped", "3+d.p door.forced", "4+gateway.link gateway.lost"},
			[]string{"d.comms comms.lost unacknowledged ×1 under=gateway.link", "d.p door.forced unacknowledged ×1", "e.life lifesign.stopped unacknowledged ×1 under=gateway.link",
				"gateway.link gateway.lost unacknowledged ×1 over=2"}},
		{"and gives them back", []string{"1+d.comms comms.lost", "4+gateway.link gateway.lost", "5+e.comms comms.lost", "6-gateway.link gateway.lost"},
			[]string{"d.comms comms.lost unacknowledged ×1", "e.comms comms.lost unacknowledged ×1", "gateway.link gateway.lost returned ×1"}},
		{"one that was shown returns to be answered for", []string{"1+d.comms comms.lost", "4+gateway.link gateway.lost", "5-d.comms comms.lost", "6-gateway.link gateway.lost"},
			[]string{"d.comms comms.lost returned ×1", "gateway.link gateway.lost returned ×1"}},
		{"one that never was shown ends by itself", []string{"1+gateway.link gateway.lost", "2+d.comms comms.lost", "3-d.comms comms.lost"},
			[]string{"d.comms comms.lost normal ×1 under=gateway.link", "gateway.link gateway.lost unacknowledged ×1"}},
		{"fire is never put under a cause", []string{"1+gateway.link gateway.lost", "2+f.a fire.alarm"},
			[]string{"f.a fire.alarm unacknowledged ×1", "gateway.link gateway.lost unacknowledged ×1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBoard()
			play(t, b, tc.script...)
			if got := describe(b); !slices.Equal(got, tc.want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(tc.want, "\n\t"))
			}
		})
	}
}

func TestClaimedCause(t *testing.T) {
	t.Parallel()
	under := func(h alarms.Heard, cause string) alarms.Heard {
		h.Detail = map[string]string{"caused_by": cause}
		return h
	}
	b := newBoard()
	b.Apply(under(say(1, "+b.comms comms.lost"), "gw/a.comms")) // the cause is told after it
	b.Apply(say(2, "+a.comms comms.lost"))
	b.Apply(under(say(3, "+c.comms comms.lost"), "gw/a.comms"))
	b.Apply(under(say(4, "+x.comms comms.lost"), "gw/none.comms")) // its cause is no alarm: it stands for itself
	b.Apply(under(say(5, "+y.comms comms.lost"), "nonsense"))
	b.Apply(under(say(6, "+z.a fire.alarm"), "gw/a.comms"))
	want := []string{
		"a.comms comms.lost unacknowledged ×1 over=2",
		"b.comms comms.lost unacknowledged ×1 under=a.comms",
		"c.comms comms.lost unacknowledged ×1 under=a.comms",
		"x.comms comms.lost unacknowledged ×1",
		"y.comms comms.lost unacknowledged ×1",
		"z.a fire.alarm unacknowledged ×1",
	}
	if got := describe(b); !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	b.Apply(say(7, "-c.comms comms.lost"))
	b.Apply(say(8, "-a.comms comms.lost"))
	want[0], want[1], want[2] = "a.comms comms.lost returned ×1", "b.comms comms.lost unacknowledged ×1", "c.comms comms.lost normal ×1 under=a.comms"
	if got := describe(b); !slices.Equal(got, want) {
		t.Fatalf("after the cause ended: got %q, want %q", got, want)
	}
}

func TestHistoricalIsLate(t *testing.T) {
	t.Parallel()
	b := newBoard()
	h := say(1, "+d.p door.forced")
	h.Historical = true
	b.Apply(h)
	if got := describe(b); !slices.Equal(got, []string{"d.p door.forced unacknowledged ×1 late"}) {
		t.Error(got)
	}
}

func TestTimesAndPriorities(t *testing.T) {
	t.Parallel()
	h := say(1, "+d.p door.forced")
	for _, tc := range []struct {
		name   string
		change func(h *alarms.Heard)
		at     time.Time
		want   int
	}{
		{"usual", func(*alarms.Heard) {}, h.Observed, 2},
		{"unsynced clock", func(h *alarms.Heard) { h.Clock, h.Observed = devices.Unsynced, start.AddDate(-10, 0, 0) }, h.Received, 2},
		{"clock ahead", func(h *alarms.Heard) { h.Observed = h.Received.Add(time.Hour) }, h.Received, 2},
		{"operator's priority", func(h *alarms.Heard) { h.About.Priorities = map[devices.Kind]int{devices.DoorForced: 4} }, h.Observed, 4},
		{"nonsense priority", func(h *alarms.Heard) { h.About.Priorities = map[devices.Kind]int{devices.DoorForced: 0} }, h.Observed, 2},
		{"point's priority", func(h *alarms.Heard) { h.About.Priority = 1 }, h.Observed, 1},
		{"fire is not lowered", func(h *alarms.Heard) {
			h.Kind, h.About.Priority, h.About.Priorities = devices.FireAlarm, 3, map[devices.Kind]int{devices.FireAlarm: 4}
		}, h.Observed, 1},
		{"lost fire line", func(h *alarms.Heard) { h.Kind, h.About.Category = devices.CommsLost, "fire" }, h.Observed, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b, h := newBoard(), h
			tc.change(&h)
			b.Apply(h)
			a := b.Touched()[0]
			if !a.RaisedAt.Equal(tc.at) || a.Priority != tc.want {
				t.Errorf("raised at %v with priority %d, want %v, %d", a.RaisedAt, a.Priority, tc.at, tc.want)
			}
		})
	}
}

func TestAcknowledge(t *testing.T) {
	t.Parallel()
	by := alarms.Acknowledgement{By: "u1", ByName: "One", At: start}
	second := alarms.Acknowledgement{By: "u2", ByName: "Two", At: start}
	b := newBoard()
	play(t, b, "1+d.p door.forced")
	a := b.Touched()[0]
	seen := a.Version
	for _, bad := range []int{0, seen + 1, -1} {
		if _, err := a.Acknowledge(bad, by); err == nil {
			t.Errorf("version %d was taken, the alarm is at %d", bad, seen)
		}
	}
	play(t, b, "2-d.p door.forced") // a restore asks for nothing: the answer still holds
	again := *a
	if changed, err := again.Acknowledge(seen, by); err != nil || !changed || again.State != alarms.Normal {
		t.Errorf("after the restore: %v %v %s", changed, err, again.State)
	}
	play(t, b, "3+d.p door.forced") // this does
	if _, err := a.Acknowledge(seen, by); err == nil {
		t.Error("an answer to what came before the new raise was taken")
	}
	if changed, err := a.Acknowledge(a.Version, by); err != nil || !changed || a.State != alarms.Acknowledged {
		t.Errorf("%v %v %s", changed, err, a.State)
	}
	if changed, err := a.Acknowledge(seen, second); err != nil || changed || a.Acknowledged.By != "u1" {
		t.Errorf("the first answer does not stay: %v %v %+v", changed, err, a.Acknowledged)
	}
}

func TestASecondDetectorAsksAgain(t *testing.T) {
	t.Parallel()
	b := newBoard()
	play(t, b, "1+f.a fire.alarm")
	first := b.Touched()[0]
	seen := first.Version
	play(t, b, "2+f.b fire.alarm")
	if _, err := first.Acknowledge(seen, alarms.Acknowledgement{}); err == nil {
		t.Error("whoever saw one detector has answered for a confirmed fire")
	}
}

// TestOrderDoesNotMatter applies the same signals in order and shuffled: what is
// active, what has returned and what is normal must be the same in the end, and
// nothing that was raised may be nowhere to be seen. What was raised more
// than once never reads as once when news overtakes the backlog, each in its own
// order, as on the wire; how often beyond that is a lower bound then.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	points := []string{"f.a fire.alarm", "f.b fire.alarm", "d.p door.forced", "d.p door.held", "x.y laser.tripped", "d.q command.unknown"}
	rapid.Check(t, func(t *rapid.T) {
		var script []alarms.Heard
		for seq := range rapid.IntRange(1, 30).Draw(t, "signals") {
			sign := rapid.SampledFrom([]string{"+", "-"}).Draw(t, "sign")
			script = append(script, say(uint64(seq+1), sign+rapid.SampledFrom(points).Draw(t, "point")))
		}
		ordered, shuffled := newBoard(), newBoard()
		for _, h := range script {
			ordered.Apply(h)
		}
		order, overtaken := rapid.Permutation(script).Draw(t, "order"), rapid.Bool().Draw(t, "overtaken only")
		if overtaken {
			var news, backlog []alarms.Heard
			for _, h := range script {
				if rapid.Bool().Draw(t, "news") {
					news = append(news, h)
				} else {
					backlog = append(backlog, h)
				}
			}
			order = order[:0]
			for len(news)+len(backlog) > 0 {
				if len(backlog) == 0 || len(news) > 0 && rapid.Bool().Draw(t, "news first") {
					order, news = append(order, news[0]), news[1:]
				} else {
					order, backlog = append(order, backlog[0]), backlog[1:]
				}
			}
		}
		for _, h := range order {
			shuffled.Apply(h)
		}
		if len(ordered.Open) != len(shuffled.Open) {
			t.Fatalf("in order %q, shuffled %q", describe(ordered), describe(shuffled))
		}
		var first *alarms.Alarm
		for key, a := range ordered.Open {
			got := shuffled.Open[key]
			if got == nil || got.State != a.State {
				t.Fatalf("%v: in order %s, shuffled %+v", key, a.State, got)
			}
			if overtaken && got.Count < min(a.Count, 2) {
				t.Fatalf("%v: in order counted %d, shuffled %d", key, a.Count, got.Count)
			}
			if !got.RaisedAt.Equal(a.RaisedAt) {
				t.Fatalf("%v: in order raised %v, shuffled %v", key, a.RaisedAt, got.RaisedAt)
			}
			if a.Confirmed && !got.Confirmed {
				t.Fatalf("%v: confirmed in order, not shuffled", key)
			}
			if a.Kind == devices.FireAlarm && (first == nil || first.Kept.First.After(a.Kept.First)) {
				first = a
			}
		}
		for key, a := range shuffled.Open {
			if a.FirstUp != nil && a.FirstUp.Point != first.Point {
				t.Fatalf("%v: first-up is %s, the first was %s", key, a.FirstUp.Point, first.Point)
			}
		}
		for key, c := range ordered.Conditions {
			if shuffled.Conditions[key].Active != c.Active || shuffled.Conditions[key].At != c.At {
				t.Fatalf("%v: conditions differ", key)
			}
		}
	})
}

// TestNoRaiseIsEverLost shuffles signals and lets operators answer in between:
// each raise must have been in an alarm that somebody had to answer for after
// the raise was applied, or in one that was acknowledged and still active.
func TestNoRaiseIsEverLost(t *testing.T) {
	t.Parallel()
	points := []string{"f.a fire.alarm", "f.b fire.alarm", "d.comms comms.lost", "gateway.link gateway.lost"}
	rapid.Check(t, func(t *rapid.T) {
		var script []alarms.Heard
		for seq := range rapid.IntRange(1, 25).Draw(t, "signals") {
			sign := rapid.SampledFrom([]string{"+", "-"}).Draw(t, "sign")
			script = append(script, say(uint64(seq+1), sign+rapid.SampledFrom(points).Draw(t, "point")))
		}
		b := newBoard()
		for _, h := range rapid.Permutation(script).Draw(t, "order") {
			b.Apply(h)
			key := alarms.Key{Point: h.Point, Kind: h.Kind}
			if a := b.Open[key]; h.Active && a == nil {
				t.Fatalf("%v was raised and is nowhere", key)
			}
			for k, a := range b.Open {
				if k != (alarms.Key{Point: a.Point, Kind: a.Kind}) || !a.Open() {
					t.Fatalf("%v lies under %v", a, k)
				}
				if a.Cause != nil {
					root := b.Open[alarms.Key{Point: *a.Cause, Kind: devices.GatewayLost}]
					if a.LifeSafety || root == nil || !root.Active() {
						t.Fatalf("%v is hidden by nothing that is active", k)
					}
				}
			}
			if rapid.Bool().Draw(t, "answer") && b.Open[key] != nil {
				ack(t, b, key.Point.Local()+" "+string(key.Kind))
			}
		}
	})
}

// A panel's own fire word sums up its zones: one zone in fire is one detector,
// whichever of the two words was read first.
func TestAPanelsSummaryIsNoSecondDetector(t *testing.T) {
	t.Parallel()
	for _, order := range [][2]string{{"+fire.panel fire.alarm", "+fire.zone3 fire.alarm"}, {"+fire.zone3 fire.alarm", "+fire.panel fire.alarm"}} {
		b := newBoard()
		for i, words := range order {
			h := say(uint64(i+1), words)
			if strings.Contains(words, ".panel") {
				h.Detail = map[string]string{"summary": "true"}
			}
			b.Apply(h)
		}
		want := []string{"fire.panel fire.alarm unacknowledged ×1", "fire.zone3 fire.alarm unacknowledged ×1"}
		if got := describe(b); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
			t.Errorf("%v gives %v, want %v", order, got, want)
		}
		b.Apply(say(3, "+fire.zone4 fire.alarm"))
		for _, line := range describe(b) {
			if zone := strings.HasPrefix(line, "fire.zone"); zone != strings.HasSuffix(line, " confirmed first=zone3") {
				t.Errorf("with a second zone: %s", line)
			}
		}
	}
}

// The console names points of its own; a gateway's word about a name is not taken.
func TestTheConsoleNamesItsOwnPoints(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		epoch    uint64
		known    string
		want     string
		location string
		left     int // facts of the detail
	}{
		{"the console's own", 0, "", "Fence", "North", 1},
		{"a point that the register knows", 0, "Known", "Known", "", 4},
		{"a gateway", 1, "", "", "", 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBoard()
			h := say(1, "+D-01.picture video.frozen")
			h.Epoch, h.About.DeviceName = tc.epoch, tc.known
			h.Detail = map[string]string{devices.DeviceNameDetail: "Fence", devices.LocationDetail: "North", devices.CategoryDetail: "camera", "reason": "x"}
			b.Apply(h)
			all := b.Touched()
			if len(all) != 1 || all[0].DeviceName != tc.want || all[0].Location != tc.location || len(all[0].Detail) != tc.left {
				t.Errorf("%d alarms: %+v", len(all), all[0])
			}
			if len(h.Detail) != 4 {
				t.Error("the signal was changed")
			}
		})
	}
}
