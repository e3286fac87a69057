package correlation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"guardroom/console/jobs"
	"guardroom/devices"
)

// Journal is what the worker needs of the store.
type Journal interface {
	Rules(ctx context.Context, stations []string) ([]Rule, error)
	// Progress returns the id up to which everything is done; the first time it is
	// the newest one, for rules do not look back before they existed.
	Progress(ctx context.Context) (int64, error)
	// Settled returns the newest id below which no transaction will add anything.
	Settled(ctx context.Context) (int64, error)
	// Signals returns those with an id above after and up to upto, by id.
	Signals(ctx context.Context, q SignalsQuery) ([]Signal, error)
	// Behind returns the id above which everything was received since at.
	Behind(ctx context.Context, at time.Time) (int64, error)
	// Spent lists the signals that hits of the rule have used, of those above after.
	Spent(ctx context.Context, rule string, after int64) (map[int64]bool, error)
	// Advance writes hits and the progress in one transaction, or returns
	// ErrOvertaken when somebody else has advanced it from was.
	Advance(ctx context.Context, was, upto int64, hits []Found) ([]RuleHit, error)
	// Pending lists hits that were found before at and not raised.
	Pending(ctx context.Context, before time.Time) ([]RuleHit, error)
	// Said reports whether the alarm of a hit stands in the journal.
	Said(ctx context.Context, point devices.PointID, after, hit int64) (bool, error)
	Raised(ctx context.Context, hit int64, why string) error
	// Grave gives the open alarms of signals the priority, when it is graver.
	Grave(ctx context.Context, r Rule, h RuleHit) error
}

// SignalsQuery chooses signals of the journal.
type SignalsQuery struct {
	After, Upto int64
	Station     string // empty: all
	Kinds       []devices.Kind
	From, To    time.Time // received; zero: any
}

// Found is a hit of a rule, to be written.
type Found struct {
	Rule Rule
	Hit
}

// ErrOvertaken says that another console has advanced the progress.
var ErrOvertaken = errors.New("another console has read on")

// raiser takes what the console itself says; it waits until it is committed.
type raiser interface {
	Raise(ctx context.Context, station string, s devices.Signal) error
}

// Worker runs the rules that are switched on over the journal as it grows. It
// keeps nothing that the database does not: killed at any instant, the next one
// goes on where it was, misses nothing and says nothing twice.
type Worker struct {
	Journal Journal
	Raiser  raiser
	Log     *slog.Logger
	Every   time.Duration // between two looks; default 200 ms
	Now     func() time.Time

	wake chan struct{}
	once sync.Once

	// What follows belongs to Run.
	running []running
	kinds   []devices.Kind
	durable int64 // written
	at      int64 // read
	loaded  bool
	wrote   time.Time // when durable was written last
	looked  time.Time // when Pending was asked last

	compared time.Time // when the rules were last looked at for changes
}

type running struct {
	rule   Rule
	engine *Engine
}

const (
	batch      = 20_000 // ids
	keepEvery  = 5 * time.Second
	abandoned  = 10 * time.Second // after which somebody else's hit is raised here
	maxBehind  = 2_000_000        // ids that are read again at a start
	mostRaises = 16               // at once
)

// Wake makes the worker read the rules anew.
func (w *Worker) Wake() {
	w.init()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *Worker) init() { w.once.Do(func() { w.wake = make(chan struct{}, 1) }) }

// Run works until ctx ends.
func (w *Worker) Run(ctx context.Context) {
	w.init()
	if w.Every == 0 {
		w.Every = 200 * time.Millisecond
	}
	if w.Now == nil {
		w.Now = time.Now
	}
	reload := func() { w.loaded = false }
	jobs.Worker{
		Step: w.look, Every: w.Every, Wake: w.wake, Woken: reload, Failed: reload, Now: w.Now,
		Complain: func(err error) {
			w.Log.Error("rules: the journal cannot be read on; nothing is lost, it is read again", "error", err)
		},
	}.Follow(ctx)
}

// look is Step with the rules as they are: another console may have changed them.
func (w *Worker) look(ctx context.Context) (more bool, err error) {
	if now := w.Now(); w.loaded && now.Sub(w.compared) >= keepEvery {
		w.compared = now
		if w.changed(ctx) {
			w.loaded = false
		}
	}
	return w.Step(ctx)
}

// changed reports whether another console has changed a rule.
func (w *Worker) changed(ctx context.Context) bool {
	rules, err := w.Journal.Rules(ctx, nil)
	if err != nil {
		return false
	}
	on := map[string]int64{}
	for _, r := range rules {
		if r.Enabled {
			on[r.ID] = r.Version
		}
	}
	if len(on) != len(w.running) {
		return true
	}
	for _, one := range w.running {
		if on[one.rule.ID] != one.rule.Version {
			return true
		}
	}
	return false
}

// Step reads one batch, writes what it found and raises it. It reports whether
// there is more.
func (w *Worker) Step(ctx context.Context) (more bool, err error) {
	if w.Now == nil {
		w.Now = time.Now
	}
	if !w.loaded {
		if err := w.load(ctx); err != nil {
			return false, err
		}
	}
	if now := w.Now(); now.Sub(w.looked) > keepEvery {
		w.looked = now
		if err := w.finish(ctx); err != nil {
			return false, err
		}
	}
	settled, err := w.Journal.Settled(ctx)
	if err != nil || settled <= w.at {
		return false, err
	}
	upto := min(settled, w.at+batch)
	hits, err := w.judge(ctx, upto)
	if err != nil {
		return false, err
	}
	w.at = upto
	if len(hits) > 0 || w.Now().Sub(w.wrote) > keepEvery || upto-w.durable > 2*batch {
		written, err := w.Journal.Advance(ctx, w.durable, upto, hits)
		if errors.Is(err, ErrOvertaken) {
			w.loaded = false
			return true, nil
		}
		if err != nil {
			return false, err
		}
		w.durable, w.wrote = upto, w.Now()
		w.raiseAll(ctx, written)
	}
	return upto < settled, nil
}

func (w *Worker) judge(ctx context.Context, upto int64) ([]Found, error) {
	if len(w.kinds) == 0 {
		return nil, nil
	}
	signals, err := w.Journal.Signals(ctx, SignalsQuery{After: w.at, Upto: upto, Kinds: w.kinds})
	if err != nil {
		return nil, err
	}
	var hits []Found
	for _, s := range signals {
		for _, one := range w.running {
			if s.Station != one.rule.Station || s.ID <= one.rule.Since {
				continue
			}
			if hit := one.engine.Take(s); hit != nil {
				hits = append(hits, Found{one.rule, *hit})
			}
		}
	}
	return hits, nil
}

// load puts the engines in the state that they had after the progress: the
// signals behind it, without those that hits have used.
func (w *Worker) load(ctx context.Context) error {
	rules, err := w.Journal.Rules(ctx, nil)
	if err != nil {
		return err
	}
	if w.durable, err = w.Journal.Progress(ctx); err != nil {
		return err
	}
	w.running, w.kinds = nil, nil
	// A little more than the horizon: times received are not quite in order.
	behind, err := w.Journal.Behind(ctx, w.Now().Add(-Horizon-time.Hour))
	if err != nil {
		return err
	}
	seen := map[devices.Kind]bool{}
	for _, r := range rules {
		if !r.Enabled {
			continue
		}
		one := running{rule: r, engine: NewEngine(r.Logic)}
		if err := w.restore(ctx, one, max(behind, w.durable-maxBehind, r.Since)); err != nil {
			return fmt.Errorf("rule %s: %w", r.Code, err)
		}
		w.running = append(w.running, one)
		for _, k := range r.Kinds() {
			if !seen[k] {
				seen[k] = true
				w.kinds = append(w.kinds, k)
			}
		}
	}
	w.at, w.loaded, w.wrote = w.durable, true, w.Now()
	return nil
}

func (w *Worker) restore(ctx context.Context, one running, after int64) error {
	if after >= w.durable {
		return nil
	}
	spent, err := w.Journal.Spent(ctx, one.rule.ID, after)
	if err != nil {
		return err
	}
	for from := after; from < w.durable; from += 10 * batch {
		signals, err := w.Journal.Signals(ctx, SignalsQuery{After: from, Upto: min(w.durable, from+10*batch), Station: one.rule.Station, Kinds: one.rule.Kinds()})
		if err != nil {
			return err
		}
		for _, s := range signals {
			if spent[s.ID] {
				one.engine.Pass(s)
			} else {
				one.engine.Restore(s)
			}
		}
	}
	return nil
}

// finish raises what a console found and did not live to raise.
func (w *Worker) finish(ctx context.Context) error {
	left, err := w.Journal.Pending(ctx, w.Now().Add(-abandoned))
	if err != nil {
		return err
	}
	var silent []RuleHit
	for _, h := range left {
		said, err := w.Journal.Said(ctx, h.point(), h.Trigger, h.ID)
		switch {
		case err != nil:
			return err
		case said:
			if err := w.Journal.Raised(ctx, h.ID, ""); err != nil {
				return err
			}
		default:
			silent = append(silent, h)
		}
	}
	w.raiseAll(ctx, silent)
	return nil
}

// raiseAll waits until everything is said: a raise that is given up on might
// still be committed, and would then be said twice.
func (w *Worker) raiseAll(ctx context.Context, hits []RuleHit) {
	var work sync.WaitGroup
	room := make(chan struct{}, mostRaises)
	for _, h := range hits {
		room <- struct{}{}
		work.Go(func() {
			defer func() { <-room }()
			w.raise(ctx, h)
		})
	}
	work.Wait()
}

func (w *Worker) raise(ctx context.Context, h RuleHit) {
	r, ok := w.rule(ctx, h.Rule)
	why := ""
	var err error
	switch {
	case !ok:
		why = "the rule was removed"
	case r.Outcome.Do == Raise:
		err = w.Journal.Grave(ctx, r, h)
	default:
		err = w.Raiser.Raise(ctx, r.Station, signal(r, h))
	}
	var invalid interface{ InvalidField() string }
	if errors.As(err, &invalid) {
		w.Log.Error("rules: a hit cannot be said", "rule", r.Code, "hit", h.ID, "error", err)
		why, err = err.Error(), nil
	}
	if err == nil {
		err = w.Journal.Raised(ctx, h.ID, why)
	}
	if err != nil && ctx.Err() == nil {
		w.Log.Error("rules: a hit is not said yet; it is tried again", "hit", h.ID, "error", err)
	}
}

func (w *Worker) rule(ctx context.Context, id string) (Rule, bool) {
	for _, one := range w.running {
		if one.rule.ID == id {
			return one.rule, true
		}
	}
	rules, err := w.Journal.Rules(ctx, nil)
	if err != nil {
		return Rule{}, false
	}
	for _, r := range rules {
		if r.ID == id {
			return r, true
		}
	}
	return Rule{}, false
}

// point is where the alarm of a hit stands: that of its last signal.
func (h *Hit) point() devices.PointID { return h.Signals[len(h.Signals)-1].Point }

// signal is the alarm of a hit. It names the rule, the hit and the signals it
// stands on.
func signal(r Rule, h RuleHit) devices.Signal {
	ids, places := []string{}, []string{}
	for _, s := range h.Signals {
		ids = append(ids, strconv.FormatInt(s.ID, 10))
		name := s.PointName
		if name == "" {
			name = string(s.Point)
		}
		if len(places) == 0 || places[len(places)-1] != name {
			places = append(places, name)
		}
	}
	first := h.Signals[0]
	detail := map[string]string{
		"rule": r.ID, "rule_name": r.Name, "hit": strconv.FormatInt(h.ID, 10), "signals": strings.Join(ids[:min(len(ids), 50)], ","),
		"count": strconv.Itoa(len(ids)), "first_at": first.Observed.UTC().Format(time.RFC3339), "places": strings.Join(places[:min(len(places), 10)], " · "),
	}
	if r.By == ByDetail {
		detail[r.Field] = h.Signals[len(h.Signals)-1].Detail[r.Field] // as it is shown
		if hash := h.Signals[len(h.Signals)-1].Detail[devices.CardHashDetail]; r.Field == cardField && hash != "" {
			detail[devices.CardHashDetail] = hash
		}
	}
	text := r.Outcome.Text
	if text == "" {
		text = r.Name
	}
	return devices.Signal{
		Point: h.point(), Kind: r.Kind(), Active: true, Observed: h.At, Occurred: h.At, Text: text, Detail: detail, Historical: h.Late,
	}
}
