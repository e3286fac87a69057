package correlation

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"guardroom/console/auth"
)

// Past is what trials need of the store.
type Past interface {
	Settled(ctx context.Context) (int64, error)
	Behind(ctx context.Context, at time.Time) (int64, error)
	Signals(ctx context.Context, q SignalsQuery) ([]Signal, error)
	// Tried keeps with the rule that its logic was tried, when it is still of that print.
	Tried(ctx context.Context, rule string, t Tried) error
}

// Trial is a rule run over the past.
type Trial struct {
	ID       string     `json:"id"`
	Station  string     `json:"station"`
	Rule     string     `json:"rule"`  // empty: one that is not kept yet
	Print    string     `json:"print"` // of the logic
	From     time.Time  `json:"from"`
	To       time.Time  `json:"to"`
	State    TrialState `json:"state"`
	Progress float64    `json:"progress"` // 0 to 1
	Read     int64      `json:"read"`     // signals of the rule's kinds
	Found    int        `json:"found"`
	Hits     []Hit      `json:"hits"` // the first ones, at most 200
	Reason   string     `json:"reason"`
	Began    time.Time  `json:"began"`
	Ended    *time.Time `json:"ended"`

	by     string
	cancel context.CancelFunc
}

// TrialState is how far a trial is.
type TrialState string

// The states.
const (
	Waiting   TrialState = "waiting"
	Running   TrialState = "running"
	Done      TrialState = "done"
	Limited   TrialState = "limited" // stopped at the most hits that are counted
	Cancelled TrialState = "cancelled"
	Failed    TrialState = "failed"
)

// Bounds of trials.
const (
	LongestTrial  = 92 * 24 * time.Hour
	mostTrials    = 20 // kept
	mostWaiting   = 8
	mostFound     = 10_000
	mostListed    = 200
	trialBatch    = 100_000 // ids at once
	trialPatience = 30 * time.Minute
)

// BusyError refuses a trial because others wait.
type BusyError struct{}

func (*BusyError) Error() string { return "other trials wait already: cancel one, or try again later" }

// RetryAfter is in seconds; the API recognises the error by this method.
func (*BusyError) RetryAfter() int { return 30 }

// Trials runs trials, one at a time, so that the past never disturbs the present.
type Trials struct {
	Past Past
	Log  *slog.Logger
	Now  func() time.Time

	mu   sync.Mutex
	all  []*Trial // eldest first
	busy bool
}

func (t *Trials) start(by auth.Operator, station, rule string, l Logic, from, to time.Time) (Trial, error) {
	switch {
	case !from.Before(to):
		return Trial{}, &InvalidError{"to", "not after from"}
	case to.Sub(from) > LongestTrial:
		return Trial{}, &InvalidError{"from", "more than 92 days before to"}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	waiting := 0
	for _, other := range t.all {
		if other.State == Waiting {
			waiting++
		}
	}
	if waiting >= mostWaiting {
		return Trial{}, &BusyError{}
	}
	for len(t.all) >= mostTrials {
		ended := slices.IndexFunc(t.all, func(x *Trial) bool { return x.Ended != nil })
		if ended < 0 {
			return Trial{}, &BusyError{}
		}
		t.all = slices.Delete(t.all, ended, ended+1)
	}
	// A trial outlives the request; it ends by itself.
	ctx, cancel := context.WithTimeout(context.Background(), trialPatience)
	one := &Trial{
		ID: auth.NewID(), Station: station, Rule: rule, Print: l.Print(), From: from.UTC(), To: to.UTC(), State: Waiting,
		Hits: []Hit{}, Began: t.now(), by: by.Name, cancel: cancel,
	}
	t.all = append(t.all, one)
	go t.run(ctx, one, l)
	return one.view(), nil
}

func (t *Trials) now() time.Time {
	if t.Now != nil {
		return t.Now().UTC()
	}
	return time.Now().UTC()
}

func (one *Trial) view() Trial {
	v := *one
	v.Hits = slices.Clone(one.Hits)
	v.cancel = nil
	return v
}

func (t *Trials) find(id string) (Trial, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range t.all {
		if one.ID == id {
			return one.view(), nil
		}
	}
	return Trial{}, ErrNotFound
}

func (t *Trials) cancel(id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range t.all {
		if one.ID == id && one.Ended == nil {
			one.cancel()
			t.end(one, Cancelled, "")
		}
	}
}

// Close cancels every trial.
func (t *Trials) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range t.all {
		if one.Ended == nil {
			one.cancel()
			t.end(one, Cancelled, "the console stops")
		}
	}
}

// end is called with the lock held.
func (t *Trials) end(one *Trial, state TrialState, reason string) {
	at := t.now()
	one.State, one.Reason, one.Ended = state, reason, &at
}

// turn waits until no other trial runs; false when one has been cancelled first.
func (t *Trials) turn(ctx context.Context, one *Trial) bool {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		t.mu.Lock()
		if one.Ended == nil && ctx.Err() != nil {
			t.end(one, Failed, "waited too long for other trials")
		}
		if one.Ended != nil {
			t.mu.Unlock()
			return false
		}
		if !t.busy {
			t.busy, one.State = true, Running
			t.mu.Unlock()
			return true
		}
		t.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func (t *Trials) run(ctx context.Context, one *Trial, l Logic) {
	defer one.cancel()
	if !t.turn(ctx, one) {
		return
	}
	state, err := t.walk(ctx, one, l)
	if err == nil {
		err = t.kept(ctx, one)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy = false
	switch {
	case one.Ended != nil: // cancelled
	case errors.Is(err, context.DeadlineExceeded):
		t.end(one, Failed, "took longer than half an hour: choose a shorter time")
	case err != nil:
		t.Log.Error("rules: a trial failed", "station", one.Station, "error", err)
		t.end(one, Failed, "the database did not answer; try again")
	default:
		one.Progress = 1
		t.end(one, state, "")
	}
}

// kept notes with its rule what a trial has found, before anybody hears that it
// has ended: who asks for the rule then finds it tried.
func (t *Trials) kept(ctx context.Context, one *Trial) error {
	t.mu.Lock()
	tried := Tried{At: t.now(), By: one.by, From: one.From, To: one.To, Hits: one.Found, Print: one.Print}
	cancelled := one.Ended != nil
	t.mu.Unlock()
	if cancelled || one.Rule == "" {
		return nil
	}
	return t.Past.Tried(ctx, one.Rule, tried)
}

// walk reads the past by id, the order in which the worker would have read it.
func (t *Trials) walk(ctx context.Context, one *Trial, l Logic) (TrialState, error) {
	after, err := t.Past.Behind(ctx, one.From)
	if err != nil {
		return Failed, err
	}
	last, err := t.Past.Settled(ctx)
	if err != nil {
		return Failed, err
	}
	if one.To.Before(t.now().Add(-time.Hour)) { // a little more: times received are not quite in order
		end, err := t.Past.Behind(ctx, one.To.Add(time.Hour))
		if err != nil {
			return Failed, err
		}
		last = min(last, max(end, after))
	}
	engine := NewEngine(l)
	for from := after; from < last; from += trialBatch {
		upto := min(last, from+trialBatch)
		signals, err := t.Past.Signals(ctx, SignalsQuery{After: from, Upto: upto, Station: one.Station, Kinds: l.Kinds(), From: one.From, To: one.To})
		if err != nil {
			return Failed, err
		}
		var hits []Hit
		for _, s := range signals {
			if hit := engine.Take(s); hit != nil {
				hits = append(hits, *hit)
			}
		}
		t.mu.Lock()
		one.Read += int64(len(signals))
		one.Found += len(hits)
		one.Hits = append(one.Hits, hits[:min(len(hits), mostListed-len(one.Hits))]...)
		one.Progress = float64(upto-after) / float64(last-after)
		full := one.Found >= mostFound
		t.mu.Unlock()
		if full {
			return Limited, nil
		}
	}
	return Done, nil
}
