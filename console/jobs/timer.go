// Package jobs is work for later, as data: what is to be done, when, and the
// handlers by name. Whoever keeps the data runs them.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Timer is work that people wait for: an escalation, the end of a shelving. A
// timer is named by kind and key; setting it again moves it.
type Timer struct {
	Kind    string // names the handler
	Key     string // names the thing
	Due     time.Time
	Payload json.RawMessage // for the handler; may be nil
	// Failures counts how often its handler has failed.
	Failures int
}

// Validate reports the first field that makes t unusable.
func (t Timer) Validate() error {
	switch {
	case t.Kind == "":
		return errors.New("timer without a kind")
	case t.Key == "":
		return fmt.Errorf("timer %s without a key", t.Kind)
	case t.Due.IsZero():
		return fmt.Errorf("timer %s of %s is never due", t.Kind, t.Key)
	case len(t.Payload) > 0 && !json.Valid(t.Payload):
		return fmt.Errorf("timer %s of %s: the payload is not JSON", t.Kind, t.Key)
	}
	return nil
}

// Handler does the work of one kind of timer in the transaction tx, which also
// takes the timer away. An error rolls both back, and the timer comes again.
type Handler[Tx any] func(ctx context.Context, tx Tx, t Timer) error

// Handlers are handlers by kind.
type Handlers[Tx any] map[string]Handler[Tx]

// Kinds lists the kinds that have a handler, in no order.
func (h Handlers[Tx]) Kinds() []string {
	kinds := make([]string, 0, len(h))
	for k := range h {
		kinds = append(kinds, k)
	}
	return kinds
}

// Again says how long a timer that has failed so often rests: a second, then
// twice as long each time, five minutes at most.
func Again(failures int) time.Duration {
	return min(time.Second<<min(failures-1, 9), 5*time.Minute)
}
