package commands

import (
	"sync"
	"time"
)

// consoleClock learns how far the console's clock is ahead of this machine's.
// Every message that brings the console's time took some time to come, so each
// sample is too small by its delay: the largest of the last minutes is the best.
type consoleClock struct {
	mu      sync.Mutex
	samples []sample
	below   int // samples in a row far under the largest: a clock was set
}

type sample struct {
	at     time.Time // by this machine's clock
	offset time.Duration
}

const (
	clockWindow  = 10 * time.Minute
	clockSamples = 64
	clockStep    = 2 * time.Second
	stepSamples  = 5
)

func (c *consoleClock) hear(console, now time.Time) {
	if console.IsZero() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := sample{now.Round(0), console.Sub(now.Round(0))}
	if best, ok := c.best(now); ok && s.offset < best-clockStep {
		if c.below++; c.below >= stepSamples {
			c.samples, c.below = nil, 0
		}
	} else {
		c.below = 0
	}
	c.samples = append(c.samples, s)
	if len(c.samples) > clockSamples {
		c.samples = c.samples[1:]
	}
}

func (c *consoleClock) best(now time.Time) (offset time.Duration, ok bool) {
	now = now.Round(0)
	for i, s := range c.samples {
		// The newest sample counts however old it is; this machine's clock may have been set back.
		if age := now.Sub(s.at); i < len(c.samples)-1 && (age > clockWindow || age < -clockStep) {
			continue
		}
		if !ok || s.offset > offset {
			offset, ok = s.offset, true
		}
	}
	return offset, ok
}

func (c *consoleClock) offset(now time.Time) (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.best(now)
}

// now is the console's time as far as known. A machine whose own clock is synced
// does not take a single late message for the truth.
func (c *consoleClock) now(local time.Time, synced bool) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	offset, ok := c.best(local)
	if !ok || synced && offset < 0 && len(c.samples) < 3 {
		offset = 0
	}
	return local.Round(0).Add(offset)
}
