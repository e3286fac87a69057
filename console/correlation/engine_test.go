package correlation_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"guardroom/console/correlation"
	"guardroom/devices"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func refused(count, within int, by correlation.Grouping) correlation.Logic {
	l := correlation.Logic{Pattern: correlation.Count, Match: correlation.SignalMatch{Kinds: []devices.Kind{devices.AccessDenied}},
		Count: count, Within: within, By: by, Outcome: correlation.RuleOutcome{Do: correlation.Alarm, Priority: 3, Text: "refused"}}
	if by == correlation.ByDetail {
		l.Field = "card"
	}
	return l
}

func forcedAndMotion(either bool) correlation.Logic {
	return correlation.Logic{Pattern: correlation.Sequence, Match: correlation.SignalMatch{Kinds: []devices.Kind{devices.DoorForced}},
		Then: &correlation.SignalMatch{Kinds: []devices.Kind{devices.ZoneAlarm}}, Within: 120, By: correlation.ByArea, AnyOrder: either,
		Outcome: correlation.RuleOutcome{Do: correlation.Alarm, Priority: 1}}
}

// at makes a signal that was observed s seconds after noon and received r seconds after it.
func at(id int64, point, kind, area string, s, r int) correlation.Signal {
	return correlation.Signal{ID: id, Station: "hq", Point: devices.PointID("g1/" + point), Kind: devices.Kind(kind), Active: true,
		Detail: map[string]string{"card": "…" + point[len(point)-1:]}, Area: area,
		Observed: noon.Add(time.Duration(s) * time.Second), Received: noon.Add(time.Duration(r) * time.Second), Historical: r-s > 3600}
}

// hashed gives a signal the keyed hash of a card.
func hashed(hash string, s correlation.Signal) correlation.Signal {
	s.Detail[devices.CardHashDetail] = hash
	return s
}

// run returns the hits as "trigger: ids", with * when late.
func run(l correlation.Logic, signals ...correlation.Signal) []string {
	e := correlation.NewEngine(l)
	said := []string{}
	for _, s := range signals {
		if hit := e.Take(s); hit != nil {
			said = append(said, words(*hit))
		}
	}
	return said
}

func words(h correlation.Hit) string {
	ids := []string{}
	for _, s := range h.Signals {
		ids = append(ids, fmt.Sprint(s.ID))
	}
	late := ""
	if h.Late {
		late = "*"
	}
	return fmt.Sprintf("%d: %s%s", h.Trigger, strings.Join(ids, " "), late)
}

func TestRulesFindWhatTheyShall(t *testing.T) {
	t.Parallel()
	const d, f, m = "access.denied", "door.forced", "zone.alarm"
	for _, tc := range []struct {
		name    string
		logic   correlation.Logic
		signals []correlation.Signal
		want    []string
	}{
		{"three within five minutes", refused(3, 300, correlation.ByPoint),
			[]correlation.Signal{at(1, "d.1", d, "", 0, 0), at(2, "d.1", d, "", 100, 100), at(3, "d.1", d, "", 300, 300)}, []string{"3: 1 2 3"}},
		{"a second too late", refused(3, 300, correlation.ByPoint),
			[]correlation.Signal{at(1, "d.1", d, "", 0, 0), at(2, "d.1", d, "", 100, 100), at(3, "d.1", d, "", 301, 301)}, nil},
		{"each door by itself", refused(3, 300, correlation.ByPoint),
			[]correlation.Signal{at(1, "d.1", d, "", 0, 0), at(2, "d.2", d, "", 1, 1), at(3, "d.1", d, "", 2, 2), at(4, "d.2", d, "", 3, 3)}, nil},
		{"one card at three doors", refused(3, 300, correlation.ByDetail),
			[]correlation.Signal{at(1, "a.1", d, "", 0, 0), at(2, "b.1", d, "", 9, 9), at(3, "c.1", d, "", 20, 20)}, []string{"3: 1 2 3"}},
		{"three cards that end alike", refused(3, 300, correlation.ByDetail),
			[]correlation.Signal{hashed("aa", at(1, "a.1", d, "", 0, 0)), hashed("bb", at(2, "b.1", d, "", 9, 9)), hashed("cc", at(3, "c.1", d, "", 20, 20))}, nil},
		{"one card, each door showing it otherwise", refused(3, 300, correlation.ByDetail),
			[]correlation.Signal{hashed("aa", at(1, "a.1", d, "", 0, 0)), hashed("aa", at(2, "b.2", d, "", 9, 9)), hashed("aa", at(3, "c.3", d, "", 20, 20))}, []string{"3: 1 2 3"}},
		{"the fourth begins anew, the sixth is a second hit", refused(3, 300, correlation.ByPoint),
			[]correlation.Signal{at(1, "d.1", d, "", 0, 0), at(2, "d.1", d, "", 1, 1), at(3, "d.1", d, "", 2, 2), at(4, "d.1", d, "", 3, 3), at(5, "d.1", d, "", 4, 4), at(6, "d.1", d, "", 5, 5)},
			[]string{"3: 1 2 3", "6: 4 5 6"}},
		{"in another order than they happened", refused(3, 300, correlation.ByPoint),
			[]correlation.Signal{at(1, "d.1", d, "", 200, 200), at(2, "d.1", d, "", 400, 401), at(3, "d.1", d, "", 300, 402)}, []string{"3: 1 3 2"}},
		{"replayed hours later, judged by when they were", refused(3, 300, correlation.ByPoint),
			[]correlation.Signal{at(1, "d.1", d, "", 0, 7200), at(2, "d.1", d, "", 100, 7200), at(3, "d.1", d, "", 7100, 7200), at(4, "d.1", d, "", 200, 7201)}, []string{"4: 1 2 4*"}},
		{"forced, then motion", forcedAndMotion(false),
			[]correlation.Signal{at(1, "d.1", f, "vault", 0, 0), at(2, "z.1", m, "hall", 1, 1), at(3, "z.2", m, "vault", 60, 60), at(4, "z.2", m, "vault", 61, 61)}, []string{"3: 1 3"}},
		{"motion first is no sequence", forcedAndMotion(false), []correlation.Signal{at(1, "z.1", m, "vault", 0, 0), at(2, "d.1", f, "vault", 30, 30)}, nil},
		{"motion first, where any order will do", forcedAndMotion(true), []correlation.Signal{at(1, "z.1", m, "vault", 0, 0), at(2, "d.1", f, "vault", 30, 30)}, []string{"2: 1 2"}},
		{"no area is no common area", forcedAndMotion(true), []correlation.Signal{at(1, "z.1", m, "", 0, 0), at(2, "d.1", f, "", 30, 30)}, nil},
		{"motion replayed before the forcing that was heard at once", forcedAndMotion(false),
			[]correlation.Signal{at(1, "z.1", m, "vault", 60, 60), at(2, "d.1", f, "vault", 0, 4000)}, []string{"2: 2 1*"}},
	} {
		if got := run(tc.logic, tc.signals...); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

func draw(t *rapid.T) (correlation.Logic, []correlation.Signal) {
	logic := rapid.SampledFrom([]correlation.Logic{
		refused(2, 30, correlation.ByPoint), refused(3, 60, correlation.ByDetail), refused(4, 20, correlation.ByStation), forcedAndMotion(false), forcedAndMotion(true),
	}).Draw(t, "rule")
	var signals []correlation.Signal
	received := 0
	for id := range rapid.IntRange(0, 80).Draw(t, "signals") {
		received += rapid.IntRange(0, 40).Draw(t, "later")
		signals = append(signals, at(int64(id+1), rapid.SampledFrom([]string{"a.1", "a.2", "b.1"}).Draw(t, "point"),
			rapid.SampledFrom([]string{"access.denied", "door.forced", "zone.alarm", "access.granted"}).Draw(t, "kind"),
			rapid.SampledFrom([]string{"", "vault", "hall"}).Draw(t, "area"), received-rapid.SampledFrom([]int{0, 0, 1, 10, 5000}).Draw(t, "delay"), received))
	}
	return logic, signals
}

// However the journal is parted, and however often the worker is killed between
// two batches, it finds what the trial finds over the whole.
func TestAnyBatchingFindsWhatTheTrialFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		logic, signals := draw(t)
		whole := run(logic, signals...)
		engine := correlation.NewEngine(logic)
		parted := []string{}
		spent := map[int64]bool{}
		for i, s := range signals {
			if rapid.IntRange(0, 9).Draw(t, "restart") == 0 {
				engine = correlation.NewEngine(logic)
				for _, before := range signals[:i] {
					if spent[before.ID] {
						engine.Pass(before)
					} else {
						engine.Restore(before)
					}
				}
			}
			if hit := engine.Take(s); hit != nil {
				parted = append(parted, words(*hit))
				for _, used := range hit.Signals {
					spent[used.ID] = true
				}
			}
		}
		if !slices.Equal(whole, parted) {
			t.Fatalf("the whole gives %v, the parts %v", whole, parted)
		}
	})
}

// No signal counts twice, and every hit holds what its rule asks for.
func TestHitsHold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		logic, signals := draw(t)
		engine := correlation.NewEngine(logic)
		used := map[int64]bool{}
		for _, s := range signals {
			hit := engine.Take(s)
			if hit == nil {
				continue
			}
			first, last := hit.Signals[0].Observed, hit.Signals[len(hit.Signals)-1].Observed
			if last.Sub(first) > time.Duration(logic.Within)*time.Second || logic.Pattern == correlation.Count && len(hit.Signals) != logic.Count {
				t.Fatalf("%s: %s apart", words(*hit), last.Sub(first))
			}
			for _, one := range hit.Signals {
				if used[one.ID] {
					t.Fatalf("%d counts twice", one.ID)
				}
				used[one.ID] = true
			}
		}
	})
}

func TestLogicThatCannotHoldIsRefused(t *testing.T) {
	t.Parallel()
	for field, spoil := range map[string]func(*correlation.Logic){
		"pattern":          func(l *correlation.Logic) { l.Pattern = "maybe" },
		"match.kinds":      func(l *correlation.Logic) { l.Match.Kinds = []devices.Kind{"no.such"} },
		"count":            func(l *correlation.Logic) { l.Count = 1 },
		"second":           func(l *correlation.Logic) { l.Then = &correlation.SignalMatch{} },
		"within":           func(l *correlation.Logic) { l.Within = 100_000 },
		"by":               func(l *correlation.Logic) { l.By = "mood" },
		"field":            func(l *correlation.Logic) { l.Field = "card" },
		"outcome.priority": func(l *correlation.Logic) { l.Outcome.Priority = 0 },
		"outcome.do":       func(l *correlation.Logic) { l.Outcome.Do = "open the door" },
		"match.points":     func(l *correlation.Logic) { l.Match.Points = []devices.PointID{"nowhere"} },
	} {
		l := refused(3, 300, correlation.ByPoint)
		spoil(&l)
		var invalid *correlation.InvalidError
		if err := l.Check(); !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	loop := refused(3, 300, correlation.ByPoint)
	loop.Match.Kinds = []devices.Kind{devices.RuleKind(2, "card-refused")}
	if loop.Check() == nil {
		t.Error("a rule may look at what rules say")
	}
	for _, r := range correlation.Shipped() {
		if err := r.Check(); err != nil {
			t.Errorf("shipped rule %s: %v", r.Code, err)
		}
	}
}
