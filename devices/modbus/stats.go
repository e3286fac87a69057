package modbus

import (
	"maps"
	"sync"
	"time"
)

// Stats counts what happened on a line since Open.
type Stats struct {
	Requests     uint64          // sent
	Answers      uint64          // good answers, exceptions included
	Timeouts     uint64          // requests without a whole answer
	BadAnswers   uint64          // answers thrown away
	Exceptions   map[byte]uint64 // by code
	StaleFrames  uint64          // late or doubled answers skipped
	Connects     uint64          // connections made
	Reconnects   uint64          // of these, made after the first
	ConnectFails uint64          // attempts to connect that failed
	BytesIn      uint64
	BytesOut     uint64
	Waiting      int // asks in the queue now
	Connected    bool
	LastError    string // in words; kept after a success
	LastErrorAt  time.Time
	LastSuccess  time.Time     // of the last good answer; zero when there was none
	LastLatency  time.Duration // of the last good answer, from sending to receiving
}

// counters are the Stats of a line, written by its owner and read by anyone.
type counters struct {
	mu sync.Mutex
	s  Stats
}

func (c *counters) note(change func(s *Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.s)
}

func (c *counters) snapshot() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.s
	s.Exceptions = maps.Clone(c.s.Exceptions)
	return s
}
