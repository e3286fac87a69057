package intake

import (
	"context"
	"sync"
	"time"

	"guardroom/gateway/link"
)

// confirmed is a mark that a gateway may know.
type confirmed struct {
	station, gateway string
	epoch, upto      uint64
}

type confirmKey struct {
	gateway string
	epoch   uint64
}

// confirmer tells gateways their marks, each gateway once in an interval at
// most, and the newest mark always. Whoever tells it never waits.
type confirmer struct {
	every time.Duration
	send  func(station, gateway string, m link.ConfirmMessage)
	now   func() time.Time
	wake  chan struct{}

	mu      sync.Mutex
	pending map[confirmKey]confirmed
}

func (c *confirmer) tell(marks []confirmed) {
	c.mu.Lock()
	for _, m := range marks {
		key := confirmKey{m.gateway, m.epoch}
		if known, waits := c.pending[key]; !waits || m.upto >= known.upto {
			c.pending[key] = m
		}
	}
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// due takes out what may be sent now, and says when to look again: 0 for not
// before the next tell.
func (c *confirmer) due(last map[string]time.Time, now time.Time, all bool) (out []confirmed, next time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, m := range c.pending {
		if wait := c.every - now.Sub(last[m.gateway]); wait > 0 && !all {
			if next == 0 || wait < next {
				next = wait
			}
			continue
		}
		delete(c.pending, key)
		out = append(out, m)
	}
	for _, m := range out {
		last[m.gateway] = now
	}
	return out, next
}

// run sends until ctx ends, and then what is left.
func (c *confirmer) run(ctx context.Context) {
	last := map[string]time.Time{}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		ended := false
		select {
		case <-c.wake:
		case <-timer.C:
		case <-ctx.Done():
			ended = true
		}
		out, next := c.due(last, time.Now(), ended)
		for _, m := range out {
			c.send(m.station, m.gateway, link.ConfirmMessage{Epoch: m.epoch, Upto: m.upto, Now: c.now().UTC()})
		}
		if ended {
			return
		}
		if next > 0 {
			timer.Reset(next)
		}
	}
}
