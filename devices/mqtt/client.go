package mqtt

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Client is a connection to a broker, renewed for ever until Close. Its methods
// may be called from any goroutine.
type Client struct {
	o    Options
	urls []*url.URL

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup // run, tell, and the handlers of subscriptions
	news   chan func()    // for the callbacks, in order

	mu       sync.Mutex
	session  *session // nil while there is no connection
	sessions int
	subs     map[string]*subscription

	reported string // the last reason told; owned by run
}

// Connect begins to connect and returns at once. It fails only when o is wrong.
func Connect(o Options) (*Client, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	c := &Client{o: o, subs: map[string]*subscription{}, news: make(chan func(), 16)}
	for _, s := range o.URLs {
		u, err := parseURL(s)
		if err != nil {
			return nil, err
		}
		c.urls = append(c.urls, u)
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	for _, sub := range o.Subscriptions {
		if _, _, err := c.remember(sub); err != nil {
			c.cancel()
			return nil, fmt.Errorf("mqtt options: %w", err)
		}
	}
	c.work.Add(2)
	go c.run()
	go c.tell()
	return c, nil
}

// Connected reports whether the connection is up.
func (c *Client) Connected() bool {
	_, err := c.current()
	return err == nil
}

// Session is the number of connections made so far.
func (c *Client) Session() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sessions
}

// Close says goodbye to the broker, which then does not publish the will, and
// waits until handlers and callbacks have returned or ctx ends. Messages in
// flight have an unknown outcome. OnDown is not called.
func (c *Client) Close(ctx context.Context) error {
	c.mu.Lock()
	c.cancel() // under the lock: no subscription starts its goroutine after this
	c.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		c.work.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close the connection to the broker: %w", ctx.Err())
	}
}

func (c *Client) current() (*session, error) {
	if c.ctx.Err() != nil {
		return nil, ErrClosed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session == nil {
		return nil, ErrNotConnected
	}
	return c.session, nil
}

func (c *Client) subscriptions() []*subscription {
	c.mu.Lock()
	defer c.mu.Unlock()
	subs := make([]*subscription, 0, len(c.subs))
	for _, sub := range c.subs {
		subs = append(subs, sub)
	}
	slices.SortFunc(subs, func(a, b *subscription) int { return strings.Compare(a.filter, b.filter) })
	return subs
}

// stable is how long a connection must last to count as a good one.
const stable = 10 * time.Second

// run connects, waits for the end, and connects again.
func (c *Client) run() {
	defer c.work.Done()
	var q quarrel
	next, failures := 0, 0
	for c.ctx.Err() == nil {
		s, at, err := c.connectAny(next)
		if err != nil {
			c.down(err)
			failures++
			c.pause(failures)
			continue
		}
		began := time.Now()
		next = at
		c.up(s)
		select {
		case <-s.ended:
		case <-c.ctx.Done():
			s.leave()
		}
		c.lost(s)
		if c.ctx.Err() != nil {
			return
		}
		lasted := time.Since(began)
		if lasted >= stable {
			failures = 0
		} else {
			next++ // this broker takes connections and does not keep them
			failures++
		}
		c.down(q.explain(s.err, lasted, c.o.ClientID))
		c.pause(failures)
	}
}

// connectAny tries every broker once, from the given one on.
func (c *Client) connectAny(from int) (s *session, at int, err error) {
	for i := range c.urls {
		at = (from + i) % len(c.urls)
		var failed error
		if s, failed = c.connect(c.urls[at]); failed == nil {
			return s, at, nil
		}
		if err == nil {
			err = failed
		} else {
			err = fmt.Errorf("%w; %w", err, failed)
		}
	}
	return nil, 0, err
}

// up makes s the one to publish with, renews the subscriptions and tells OnUp.
func (c *Client) up(s *session) {
	c.mu.Lock()
	c.session = s
	c.sessions++
	c.mu.Unlock()
	c.reported = ""
	c.o.Log.Info("connected to the broker", "client", c.o.ClientID, "session", c.Session())
	if err := s.renew(); err != nil {
		s.end(err)
		return
	}
	if c.o.OnUp != nil {
		c.queue(func() {
			if s.ctx.Err() == nil {
				c.o.OnUp(s.ctx, c)
			}
		})
	}
}

func (c *Client) lost(s *session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.session == s {
		c.session = nil
	}
}

func (c *Client) down(err error) {
	if c.ctx.Err() != nil || reason(err) == c.reported {
		return
	}
	c.reported = reason(err)
	c.o.Log.Warn("no connection to the broker", "client", c.o.ClientID, "error", err)
	if c.o.OnDown != nil {
		c.queue(func() { c.o.OnDown(err) })
	}
}

// reason is err without "10.0.0.1:40312->10.0.0.2:1883", in which the port is
// another at every attempt.
func reason(err error) string {
	words := strings.Fields(err.Error())
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return strings.Contains(w, "->") }), " ")
}

func (c *Client) refused(filter string) {
	c.o.Log.Error("the broker refuses a subscription", "client", c.o.ClientID, "filter", filter)
	if c.o.OnRefused != nil {
		c.queue(func() { c.o.OnRefused(filter) })
	}
}

func (c *Client) queue(f func()) {
	select {
	case c.news <- f:
	case <-c.ctx.Done():
	}
}

// tell runs the callbacks.
func (c *Client) tell() {
	defer c.work.Done()
	for {
		select {
		case f := <-c.news:
			f()
		case <-c.ctx.Done():
			return
		}
	}
}

// pause waits before the next attempt: 250 ms, doubled for each failure in a row
// up to MaxReconnect, of which a random half is left away, so that a hundred
// gateways do not return in step.
func (c *Client) pause(failures int) {
	longest := c.o.MaxReconnect
	if failures < 16 {
		longest = min(longest, 250*time.Millisecond<<failures)
	}
	t := time.NewTimer(longest/2 + rand.N(longest/2+1))
	defer t.Stop()
	select {
	case <-t.C:
	case <-c.ctx.Done():
	}
}

// A quarrel is what two clients with one id have: each throws the other off at
// once (MQTT 3.1.1, 3.1.4-2), and neither is told why.
type quarrel struct{ short int }

// explain adds the likely cause when connections keep ending right after they
// were made.
func (q *quarrel) explain(err error, lasted time.Duration, id string) error {
	switch {
	case lasted < time.Second:
		q.short++
	case lasted >= stable:
		q.short = 0
	}
	if q.short < 3 {
		return err
	}
	return fmt.Errorf("the broker ended %d connections within a second: another client may use the id %q, or this one publishes what it may not: %w", q.short, id, err)
}
