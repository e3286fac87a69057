package mqtt

import (
	"errors"
	"fmt"
	"sync"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// A Subscription is a filter and what to do with its messages.
type Subscription struct {
	Filter  string
	QoS     byte // 0 or 1
	Handler func(Received)
}

func (sub Subscription) validate() error {
	if err := ValidFilter(sub.Filter); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	if sub.QoS > 1 {
		return fmt.Errorf("subscribe to %s: quality of service %d is not 0 or 1", sub.Filter, sub.QoS)
	}
	if sub.Handler == nil {
		return fmt.Errorf("subscribe to %s: no handler", sub.Filter)
	}
	return nil
}

// Subscribe asks for the messages of filter, now and at every later connection.
// While connected it waits for the broker's answer, for Options.ConnectTimeout at
// most; a refusal is returned, and asked again with the next connection. The
// handler runs in a goroutine of its own, one message after the other.
//
// A handler that falls behind by Options.Queue messages loses the oldest of
// QoS 0. For QoS 1 the connection ends instead: what was not acknowledged comes
// again with the next one, if the broker keeps a session.
//
// A second subscription to the same filter replaces the first.
func (c *Client) Subscribe(filter string, qos byte, handler func(Received)) error {
	sub, s, err := c.remember(Subscription{filter, qos, handler})
	if err != nil || s == nil {
		return err
	}
	return s.subscribe(sub)
}

// remember starts the goroutine of a subscription. It returns the connection to
// ask, if there is one.
func (c *Client) remember(asked Subscription) (*subscription, *session, error) {
	if err := asked.validate(); err != nil {
		return nil, nil, err
	}
	filter := asked.Filter
	sub := &subscription{
		filter: filter, qos: asked.QoS, handler: asked.Handler, limit: c.o.Queue,
		wake: make(chan struct{}, 1), gone: make(chan struct{}),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() != nil {
		return nil, nil, fmt.Errorf("subscribe to %s: %w", filter, ErrClosed)
	}
	for other := range c.subs {
		// Paho routes by the bare filter, so the two would take each other's messages.
		if other != filter && route(other) == route(filter) {
			return nil, nil, fmt.Errorf("subscribe to %s: already subscribed as %s", filter, other)
		}
	}
	if old := c.subs[filter]; old != nil {
		close(old.gone)
	}
	c.subs[filter] = sub
	c.work.Add(1)
	go func() {
		defer c.work.Done()
		sub.run(c.ctx.Done())
	}()
	return sub, c.session, nil
}

// Unsubscribe forgets filter. Messages already waiting are dropped.
func (c *Client) Unsubscribe(filter string) {
	c.mu.Lock()
	sub, s := c.subs[filter], c.session
	delete(c.subs, filter)
	c.mu.Unlock()
	if sub != nil {
		close(sub.gone)
	}
	if s != nil {
		s.paho.Unsubscribe(filter) // the answer changes nothing here
	}
}

// A subscription outlives connections.
type subscription struct {
	filter  string
	qos     byte
	handler func(Received)
	limit   int
	gone    chan struct{}

	mu      sync.Mutex
	queue   []Received
	bytes   int
	dropped uint64
	wake    chan struct{}
}

// run hands over until the subscription or the client ends.
func (sub *subscription) run(closed <-chan struct{}) {
	for {
		select {
		case <-sub.wake:
		case <-sub.gone:
			return
		case <-closed:
			return
		}
		for r, ok := sub.next(); ok; r, ok = sub.next() {
			select {
			case <-sub.gone:
				return
			case <-closed:
				return
			default:
				sub.handler(r)
			}
		}
	}
}

func (sub *subscription) next() (r Received, ok bool) {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	if len(sub.queue) == 0 {
		sub.queue = nil // gives the array back
		return r, false
	}
	r = sub.queue[0]
	sub.queue[0] = Received{}
	sub.queue = sub.queue[1:]
	sub.bytes -= len(r.Payload)
	return r, true
}

var errBehind = errors.New("a subscription's handler fell behind")

// put queues r and never waits.
func (sub *subscription) put(r Received) error {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	for len(sub.queue) > 0 && (len(sub.queue) >= sub.limit || sub.bytes+len(r.Payload) > queueBytes) {
		if !sub.evict() {
			if r.QoS == 0 {
				sub.dropped++
				return nil
			}
			return fmt.Errorf("%s: %w by %d messages", sub.filter, errBehind, len(sub.queue))
		}
	}
	sub.queue = append(sub.queue, r)
	sub.bytes += len(r.Payload)
	select {
	case sub.wake <- struct{}{}:
	default:
	}
	return nil
}

// evict drops the oldest message of QoS 0: the newest reading is worth most.
func (sub *subscription) evict() bool {
	for i, r := range sub.queue {
		if r.QoS == 0 {
			sub.queue = append(sub.queue[:i], sub.queue[i+1:]...)
			sub.bytes -= len(r.Payload)
			sub.dropped++
			return true
		}
	}
	return false
}

// route sends what paho receives for sub into its queue. Paho calls it on its
// reading side, where nothing may wait.
func (s *session) route(sub *subscription) {
	s.paho.AddRoute(route(sub.filter), func(_ paho.Client, m paho.Message) {
		select {
		case <-sub.gone:
			s.acknowledge(m)
			return
		default:
		}
		if err := sub.put(s.received(m)); err != nil {
			s.end(err)
		}
	})
}

func (s *session) received(m paho.Message) Received {
	r := Received{Message: Message{Topic: m.Topic(), Payload: m.Payload(), QoS: m.Qos(), Retained: m.Retained()}}
	if r.QoS > 0 {
		r.ack = &acknowledgement{send: func() { s.acknowledge(m) }}
	}
	return r
}
