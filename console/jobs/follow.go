package jobs

import (
	"context"
	"time"
)

// complainEvery is how often a worker that fails again and again says so.
const complainEvery = 10 * time.Second

// Worker goes on with something that grows, such as the journal, a step at a time.
type Worker struct {
	// Step does some of the work and reports whether there is more to do now.
	Step func(ctx context.Context) (more bool, err error)
	// Every is how long it rests when there is nothing to do, or after an error.
	Every time.Duration
	// Wake ends a rest; may be nil. Woken is called then; may be nil.
	Wake  <-chan struct{}
	Woken func()
	// Failed is called after each error, before the next step: what was in memory
	// may be wrong. May be nil.
	Failed func()
	// Complain tells of an error, at most every ten seconds.
	Complain func(err error)
	Now      func() time.Time // time.Now outside tests
}

// Follow works until ctx ends: while there is more, at once.
func (w Worker) Follow(ctx context.Context) {
	if w.Now == nil {
		w.Now = time.Now
	}
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	var complained time.Time
	for {
		more, err := w.Step(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			if w.Failed != nil {
				w.Failed()
			}
			if now := w.Now(); complained.IsZero() || now.Sub(complained) > complainEvery {
				complained = now
				w.Complain(err)
			}
		} else if more {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-w.Wake:
			if w.Woken != nil {
				w.Woken()
			}
		case <-tick.C:
		}
	}
}
