package store_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"guardroom/console/alarms"
	"guardroom/console/auth"
	"guardroom/console/correlation"
	"guardroom/console/intake"
	"guardroom/console/replay"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
	"guardroom/devices"
)

// pastWorld is a site that lives through random things, with a clock of its own.
type pastWorld struct {
	t        *testing.T
	db       *store.DB
	desk     alarms.Desk
	digester store.Digester
	rand     *rand.Rand
	now      time.Time
	seq      uint64
	journal  []intake.Record // everything committed
}

func newPastWorld(t *testing.T, seed uint64) *pastWorld {
	t.Helper()
	w := &pastWorld{t: t, rand: rand.New(rand.NewPCG(seed, 1)), now: time.Date(2031, 3, 3, 8, 0, 0, 0, time.UTC)} //nolint:gosec // the same history each time
	w.db = storetest.OpenWith(t, store.Options{Now: func() time.Time { return w.now }})
	w.desk = alarms.Desk{Store: store.Alarms{DB: w.db}}
	w.digester = store.Digester{DB: w.db, Rows: 6, Patience: time.Nanosecond}
	return w
}

var pastKinds = []devices.Kind{devices.DoorForced, devices.DoorOpened, devices.ZoneAlarm, devices.FireAlarm, devices.AccessGranted, devices.CommsLost}

func (w *pastWorld) signal() devices.Signal {
	w.seq++
	kind := pastKinds[w.rand.IntN(len(pastKinds))]
	active := w.rand.IntN(2) == 0 || kind.Info().Momentary
	return devices.Signal{Point: devices.PointID(fmt.Sprintf("gw/d%d.p", w.rand.IntN(5))), Kind: kind, Active: active, Occurred: w.now, Observed: w.now,
		Clock: devices.Synced, State: fmt.Sprint(active), Text: "said", Epoch: 1, Seq: w.seq}
}

// commit stores signals and applies those that are alarms, as intake does.
func (w *pastWorld) commit(records ...intake.Record) {
	w.t.Helper()
	err := store.Intake{DB: w.db}.Commit(w.t.Context(), func(ctx context.Context, tx intake.Tx) error {
		if err := tx.Append(ctx, records); err != nil {
			return err
		}
		var heard []intake.Record
		for _, r := range records {
			if r.Kind.Info().Alarm {
				heard = append(heard, r)
			}
		}
		board, about, err := tx.Board(ctx, heard)
		if err != nil {
			return err
		}
		for _, r := range heard {
			board.Apply(alarms.Heard{Signal: r.Signal, Station: r.Station, Received: r.Received, About: about[r.Point]})
		}
		return tx.Keep(ctx, board)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.journal = append(w.journal, records...)
}

func (w *pastWorld) record(received time.Time) intake.Record {
	s := w.signal()
	station := "hq"
	if s.Point == "gw/d4.p" {
		station = "far"
	}
	return intake.Record{Signal: s, Station: station, Gateway: "gw", Received: received}
}

// digest lets the digester see what is there, and then take it in.
func (w *pastWorld) digest() {
	w.t.Helper()
	for range 2 {
		if err := w.digester.Digest(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// open are the alarms of hq that stand, as rows.
func (w *pastWorld) open() []alarms.Alarm {
	w.t.Helper()
	var list []alarms.Alarm
	for _, f := range []alarms.Filter{
		{Station: "hq", Suppressed: true, States: []alarms.State{alarms.Unacknowledged, alarms.Acknowledged, alarms.Returned, alarms.Shelved, alarms.SuppressedByDesign, alarms.OutOfService}},
	} {
		page, err := w.desk.List(w.t.Context(), boss, f)
		if err != nil {
			w.t.Fatal(err)
		}
		list = append(list, page.Items...)
	}
	return list
}

var boss = auth.Operator{ID: "u9", Name: "Boss", Address: "desk-1", Grants: []auth.Grant{{Role: auth.Chief, Station: "hq"}, {Role: auth.Chief, Station: "far"}}}

// act lets somebody do something to an alarm; what is refused changes nothing.
func (w *pastWorld) act() {
	ctx := w.t.Context()
	list := w.open()
	if len(list) == 0 {
		return
	}
	a := list[w.rand.IntN(len(list))]
	switch w.rand.IntN(6) {
	case 0, 1:
		_, _ = w.desk.Acknowledge(ctx, boss, a.ID, a.Version, "seen")
	case 2:
		_, _ = w.desk.Take(ctx, boss, a.ID, a.Version, true)
	case 3:
		_, _ = w.desk.GiveBack(ctx, boss, a.ID, a.Version)
	case 4:
		_, _ = w.desk.Remove(ctx, boss, alarms.Removal{Station: a.Station, Point: a.Point, Kind: a.Kind, Mode: alarms.ModeOutOfService, Reason: "broken"})
	case 5:
		if a.Removed != nil {
			_, _ = w.desk.Restore(ctx, boss, a.Removed.Shelf, "mended")
		}
	}
}

// sketch is what replay promises to tell of an alarm.
func sketch(a *alarms.Alarm) string {
	s := fmt.Sprintf("%s %s %s %s/%s", a.ID, a.Point, a.Kind, a.State, a.Beneath)
	if a.Removed != nil {
		s += " removed " + string(a.Removed.Mode)
	}
	if a.Owner != nil {
		s += " owner " + a.Owner.By
	}
	if a.Acknowledged != nil {
		s += " answered " + a.Acknowledged.By
	}
	return s
}

func sketches(list []alarms.Alarm, which func(*alarms.Alarm) bool) []string {
	var all []string
	for i := range list {
		if which(&list[i]) {
			all = append(all, sketch(&list[i]))
		}
	}
	slices.Sort(all)
	return all
}

// conditionsOf adds the journal up in memory, as it had been received by an instant.
func (w *pastWorld) conditionsOf(station string, at time.Time) map[string]bool {
	type said struct {
		seq    uint64
		active bool
	}
	last := map[string]said{}
	for _, r := range w.journal {
		if r.Station != station || r.Received.After(at) || r.Kind.Info().Momentary {
			continue
		}
		key := string(r.Point) + " " + string(r.Kind)
		if s, known := last[key]; !known || r.Seq > s.seq {
			last[key] = said{r.Seq, r.Active}
		}
	}
	all := map[string]bool{}
	for k, s := range last {
		all[k] = s.active
	}
	return all
}

func conditionsIn(still replay.Still) map[string]bool {
	all := map[string]bool{}
	for id, p := range still.Points {
		for _, c := range p.Conditions {
			all[string(id)+" "+string(c.Kind)] = c.Active
		}
	}
	return all
}

// TestReplayIsTheBoardOfThen lives through random hours, keeps the board at each
// instant, and reads every one of them back from the journal.
func TestReplayIsTheBoardOfThen(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := newPastWorld(t, seed)
			type board struct {
				at     time.Time
				alarms []string
			}
			var boards []board
			open := func(a *alarms.Alarm) bool { return a.Open() }
			for range 120 {
				w.now = w.now.Add(time.Duration(1+w.rand.IntN(90)) * time.Second)
				switch w.rand.IntN(5) {
				case 0:
					w.act()
				case 1:
					w.digest()
				default:
					var records []intake.Record
					for range 1 + w.rand.IntN(3) {
						records = append(records, w.record(w.now))
					}
					w.commit(records...)
				}
				boards = append(boards, board{w.now, sketches(w.open(), open)})
			}
			desk := replay.Desk{Store: store.Replay{DB: w.db}, Now: func() time.Time { return w.now }}
			for _, b := range boards {
				still, err := desk.At(t.Context(), boss, "hq", b.at)
				if err != nil {
					t.Fatal(err)
				}
				if got := sketches(still.Alarms, open); !slices.Equal(got, b.alarms) {
					t.Fatalf("at %s\nreplay %q\nboard  %q", b.at, got, b.alarms)
				}
				if got, want := conditionsIn(still), w.conditionsOf("hq", b.at); !maps.Equal(got, want) {
					t.Fatalf("at %s\nreplay  %v\njournal %v", b.at, got, want)
				}
			}
			if segments := count(t, w.db, `SELECT count(*) FROM journal_segments`); segments < 5 {
				t.Errorf("%d segments: the digester did nothing", segments)
			}
		})
	}
}

// TestReplayOfWhatCameLate has signals that are committed long after they were
// received, and a clock that jumps: what had been received by an instant counts.
func TestReplayOfWhatCameLate(t *testing.T) {
	t.Parallel()
	w := newPastWorld(t, 7)
	for i := range 150 {
		w.now = w.now.Add(time.Duration(w.rand.IntN(60)) * time.Second)
		if i == 80 {
			w.now = w.now.Add(-20 * time.Minute)
		}
		w.commit(w.record(w.now.Add(-time.Duration(w.rand.IntN(1+i%7*100)) * time.Second)))
		if w.rand.IntN(4) == 0 {
			w.digest()
		}
	}
	for range 60 {
		at := w.journal[w.rand.IntN(len(w.journal))].Received.Add(time.Duration(w.rand.IntN(3)-1) * time.Second)
		for _, station := range []string{"hq", "far"} {
			still, err := store.Replay{DB: w.db}.At(t.Context(), station, at)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := conditionsIn(still), w.conditionsOf(station, at); !maps.Equal(got, want) {
				t.Fatalf("%s at %s\nreplay  %v\njournal %v", station, at, got, want)
			}
		}
	}
}

// TestPlayingOnIsSeekingThere plays a film from a still and compares with the still
// at its end.
func TestPlayingOnIsSeekingThere(t *testing.T) {
	t.Parallel()
	w := newPastWorld(t, 11)
	began := w.now
	for range 80 {
		w.now = w.now.Add(time.Duration(1+w.rand.IntN(20)) * time.Second)
		switch w.rand.IntN(5) {
		case 0:
			w.act()
		case 1:
			w.digest()
		default:
			w.commit(w.record(w.now))
		}
	}
	desk := replay.Desk{Store: store.Replay{DB: w.db}, Now: func() time.Time { return w.now }}
	middle := began.Add(w.now.Sub(began) / 3)
	still, err := desk.At(t.Context(), boss, "hq", middle)
	if err != nil {
		t.Fatal(err)
	}
	stood := map[string]alarms.Alarm{}
	for _, a := range still.Alarms {
		stood[a.ID] = a
	}
	conditions, places := conditionsIn(still), map[string]uint64{}
	var last time.Time
	for cursor, pages := "", 0; ; pages++ {
		film, err := desk.Between(t.Context(), boss, replay.Window{Station: "hq", From: middle, To: w.now, Limit: 3, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range film.Items {
			if s.At.Before(last) {
				t.Fatalf("%s comes after %s", s.At, last)
			}
			last = s.At
			switch {
			case s.Alarm != nil && s.Closed:
				delete(stood, s.Alarm.ID)
			case s.Alarm != nil:
				stood[s.Alarm.ID] = *s.Alarm
			case !s.Signal.Kind.Info().Momentary:
				if key := string(s.Signal.Point) + " " + string(s.Signal.Kind); s.Signal.Seq > places[key] {
					conditions[key], places[key] = s.Signal.Active, s.Signal.Seq
				}
			}
		}
		if cursor = film.Next; cursor == "" {
			if pages < 3 {
				t.Errorf("%d pages say nothing of pages", pages)
			}
			break
		}
	}
	end, err := desk.At(t.Context(), boss, "hq", w.now)
	if err != nil {
		t.Fatal(err)
	}
	any := func(*alarms.Alarm) bool { return true }
	if got, want := sketches(slices.Collect(maps.Values(stood)), any), sketches(end.Alarms, any); !slices.Equal(got, want) {
		t.Errorf("played %q\nsought %q", got, want)
	}
	if got, want := conditions, conditionsIn(end); !maps.Equal(got, want) {
		t.Errorf("played %v\nsought %v", got, want)
	}
}

func TestUnknownIsNotNormal(t *testing.T) {
	t.Parallel()
	w := newPastWorld(t, 3)
	began := w.now
	w.now = w.now.Add(time.Hour)
	w.commit(intake.Record{Signal: devices.Signal{Point: "gw/d1.p", Kind: devices.DoorOpened, Occurred: w.now, Observed: w.now, Clock: devices.Synced, State: "closed", Epoch: 1, Seq: 1},
		Station: "hq", Gateway: "gw", Received: w.now},
		intake.Record{Signal: devices.Signal{Point: "gw/_gateway.comms", Kind: devices.GatewayLost, Active: true, Occurred: w.now, Observed: w.now, Clock: devices.Synced, Epoch: 0, Seq: 1},
			Station: "hq", Gateway: "gw", Received: w.now})
	desk := replay.Desk{Store: store.Replay{DB: w.db}, Now: func() time.Time { return w.now }}
	for range 2 {
		before, err := desk.At(t.Context(), boss, "hq", began)
		if err != nil || len(before.Points) != 0 || before.Begins == nil || !before.Begins.After(began) {
			t.Fatalf("before the beginning: %+v (%v)", before, err)
		}
		now, err := desk.At(t.Context(), boss, "hq", w.now)
		if err != nil || now.Points["gw/d1.p"].Quality != "lost" || !slices.Equal(now.Lost, []string{"gw"}) {
			t.Fatalf("a lost gateway's point: %+v (%v)", now, err)
		}
		if _, there := now.Points["gw/d2.p"]; there {
			t.Error("a point that never spoke is there")
		}
		w.digest()
	}
}

func count(t *testing.T, db *store.DB, sql string, args ...any) (n int) {
	t.Helper()
	if err := db.Pool.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// An alarm that a rule made graver is shown with the grade that it had at the time.
func TestThePastKnowsWhenAnAlarmBecameGraver(t *testing.T) {
	t.Parallel()
	w := newPastWorld(t, 3)
	if err := w.db.MakePartitions(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	began := w.now
	w.seq++
	s := devices.Signal{Point: "gw/d1.p", Kind: devices.DoorForced, Active: true, Occurred: w.now, Observed: w.now, Clock: devices.Synced, Epoch: 1, Seq: w.seq}
	w.commit(intake.Record{Signal: s, Station: "hq", Gateway: "gw", Received: w.now})
	w.now = w.now.Add(time.Minute)
	rule := correlation.Rule{ID: "r", Name: "Somebody is inside"}
	rule.Outcome.Priority = 1
	if err := store.NewCorrelation(w.db).Grave(t.Context(), rule, correlation.RuleHit{Hit: correlation.Hit{Signals: []correlation.Signal{{Point: s.Point, Kind: s.Kind}}}}); err != nil {
		t.Fatal(err)
	}
	w.digest()
	desk := replay.Desk{Store: store.Replay{DB: w.db}, Now: func() time.Time { return w.now }}
	for at, want := range map[time.Time]int{began.Add(time.Second): 2, w.now: 1} {
		still, err := desk.At(t.Context(), boss, "hq", at)
		if err != nil || len(still.Alarms) != 1 || still.Alarms[0].Priority != want {
			t.Errorf("at %s: %+v (%v), want priority %d", at, still.Alarms, err, want)
		}
	}
	film, err := desk.Between(t.Context(), boss, replay.Window{Station: "hq", From: began.Add(-time.Second), To: w.now})
	if err != nil {
		t.Fatal(err)
	}
	var steps []string
	for _, step := range film.Items {
		if step.Alarm != nil {
			steps = append(steps, fmt.Sprintf("%s %d", step.What, step.Alarm.Priority))
		}
	}
	if got := strings.Join(steps, ", "); got != "raised 2, priority_raised 1" {
		t.Errorf("the film: %s", got)
	}
	found, err := w.desk.Find(t.Context(), boss, w.open()[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	history, err := store.Alarms{DB: w.db}.History(t.Context(), found.ID)
	if err != nil || len(history) != 2 || history[1].Priority != 1 || history[1].PriorityWas != 2 || history[1].What != alarms.Graver {
		t.Errorf("history %+v (%v)", history, err)
	}
}
