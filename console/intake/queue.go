package intake

import (
	"sync"
	"time"

	"guardroom/devices"
	"guardroom/gateway/link"
)

// message is what arrived at once, and what to do when it is committed.
type message struct {
	station, gateway string
	channel          link.Channel
	received         time.Time
	good             []devices.Signal
	bad              []link.BadSignal
	payload          []byte // of a message that is no array of events
	err              error  // why
	bytes            int
	own              bool // the console itself says it
	done             func()
}

func (m *message) weight() int { return max(1, len(m.good)+len(m.bad)) }

// urgent reports whether m overtakes the others.
func (m *message) urgent() bool { return m.own || m.channel == link.Alarms }

// queue holds what waits for one committer, in two lanes with bounds of their
// own: a backlog never keeps an alarm waiting.
type queue struct {
	signals, bytes int // bounds of a lane

	mu     sync.Mutex
	room   *sync.Cond
	wake   chan struct{} // something waits
	lanes  [2]lane       // urgent, bulk
	closed bool
}

type lane struct {
	messages       []*message
	signals, bytes int
}

func newQueue(signals, bytes int) *queue {
	q := &queue{signals: signals, bytes: bytes, wake: make(chan struct{}, 1)}
	q.room = sync.NewCond(&q.mu)
	return q
}

// put waits until there is room. It is false when the queue was closed.
func (q *queue) put(m *message) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := &q.lanes[1]
	if m.urgent() {
		l = &q.lanes[0]
	}
	for !q.closed && len(l.messages) > 0 && (l.signals+m.weight() > q.signals || l.bytes+m.bytes > q.bytes) {
		q.room.Wait()
	}
	if q.closed {
		return false
	}
	l.messages = append(l.messages, m)
	l.signals += m.weight()
	l.bytes += m.bytes
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return true
}

// take returns what waits, urgent ones first, up to about most signals.
func (q *queue) take(most int) []*message {
	q.mu.Lock()
	defer q.mu.Unlock()
	var group []*message
	n := 0
	for i := range q.lanes {
		l := &q.lanes[i]
		k := 0
		for k < len(l.messages) && (n == 0 || n+l.messages[k].weight() <= most) {
			m := l.messages[k]
			n += m.weight()
			l.signals -= m.weight()
			l.bytes -= m.bytes
			k++
		}
		group = append(group, l.messages[:k]...)
		clear(l.messages[:k])
		if l.messages = l.messages[k:]; len(l.messages) == 0 {
			l.messages = nil // let go of the array
		}
	}
	if len(group) > 0 {
		q.room.Broadcast()
	}
	if len(q.lanes[0].messages)+len(q.lanes[1].messages) > 0 {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
	return group
}

// waiting is the number of signals in the queue.
func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lanes[0].signals + q.lanes[1].signals
}

// ended reports whether nothing waits and nothing will come.
func (q *queue) ended() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed && len(q.lanes[0].messages)+len(q.lanes[1].messages) == 0
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.room.Broadcast()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
