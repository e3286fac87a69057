package mqtt

import (
	"context"
	"errors"
	"fmt"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// Errors of Publish, Start and Delivery.Err. Only after ErrUnknown may the
// broker have the message; whoever sends it again needs a key in it, by which
// the second one is known.
var (
	ErrNotConnected = errors.New("not connected to the broker")
	ErrUnknown      = errors.New("outcome unknown")
	ErrClosed       = errors.New("the client is closed")
)

// A Delivery is a message on its way.
type Delivery struct {
	done chan struct{}
	err  error
}

// Done is closed when the outcome is settled: acknowledged (QoS 1) or written
// (QoS 0), not sent, or unknown because the connection ended first.
func (d *Delivery) Done() <-chan struct{} { return d.done }

// Err is nil when the broker has the message. It may be read once Done is closed.
func (d *Delivery) Err() error { return d.err }

func (d *Delivery) settle(err error) {
	d.err = err
	close(d.done)
}

// Publish sends m and waits for the acknowledgement (QoS 1) or the write
// (QoS 0). It returns ErrNotConnected at once when there is no connection, and
// ErrUnknown when ctx or the connection ended before the outcome was known.
func (c *Client) Publish(ctx context.Context, m Message) error {
	d := c.send(ctx, m, true)
	select {
	case <-d.done: // first: it knows more than ctx
	default:
		select {
		case <-d.done:
		case <-ctx.Done():
			return fmt.Errorf("publish to %s: %w: %w", m.Topic, ErrUnknown, ctx.Err())
		}
	}
	if d.err != nil {
		return fmt.Errorf("publish to %s: %w", m.Topic, d.err)
	}
	return nil
}

// Start sends m without waiting for its acknowledgement. It blocks while
// Options.Window messages are in flight, until ctx ends; the messages of one
// goroutine leave in order. Publish overtakes what Start has not yet sent.
func (c *Client) Start(ctx context.Context, m Message) *Delivery {
	return c.send(ctx, m, false)
}

func (c *Client) send(ctx context.Context, m Message, urgent bool) *Delivery {
	d := &Delivery{done: make(chan struct{})}
	if err := m.Validate(); err != nil {
		d.settle(err)
		return d
	}
	s, err := c.current()
	if err != nil {
		d.settle(err)
		return d
	}
	lane := &s.bulk
	if urgent {
		lane = &s.urgent
	}
	select {
	case lane.window <- struct{}{}:
	case <-s.ended:
		d.settle(ErrNotConnected)
		return d
	case <-ctx.Done():
		d.settle(fmt.Errorf("not sent: %w", ctx.Err()))
		return d
	}
	select {
	case lane.out <- parcel{m, d, lane}:
	case <-s.ended:
		d.settle(ErrNotConnected)
	case <-ctx.Done():
		<-lane.window
		d.settle(fmt.Errorf("not sent: %w", ctx.Err()))
	}
	return d
}

// A lane is a way to the sender with its own share of message ids.
type lane struct {
	window chan struct{} // one token for each message in flight
	out    chan parcel   // unbuffered: what is not taken was not sent
}

func newLane(window int) lane {
	return lane{window: make(chan struct{}, window), out: make(chan parcel)}
}

type parcel struct {
	Message
	delivery *Delivery
	lane     *lane
}

// send is the only goroutine that hands messages to paho, which may hold it for
// a write timeout. Urgent ones first.
func (s *session) send() {
	for {
		select {
		case p := <-s.urgent.out:
			s.publish(p)
			continue
		case <-s.ended:
			return
		default:
		}
		select {
		case p := <-s.urgent.out:
			s.publish(p)
		case p := <-s.bulk.out:
			s.publish(p)
		case <-s.ended:
			return
		}
	}
}

func (s *session) publish(p parcel) {
	s.inHand.Store(&p)
	select {
	case <-s.ended:
		s.abandon(ErrNotConnected)
		return
	default:
	}
	token := s.paho.Publish(p.Topic, p.QoS, p.Retained, p.Payload)
	if s.inHand.Swap(nil) == nil {
		return // the connection ended meanwhile, and the outcome is settled
	}
	select {
	case <-token.Done(): // refused, or QoS 0 and written
		s.settle(p, token)
	default:
		go s.await(p, token)
	}
}

// abandon settles the message that paho has not accepted yet: after a loss it
// holds it for a write timeout, with nobody left to take it.
func (s *session) abandon(err error) {
	if p := s.inHand.Swap(nil); p != nil {
		<-p.lane.window
		p.delivery.settle(err)
	}
}

// await watches one message. A token alone may wait for ever, so the end of the
// connection counts as an outcome. The place in the window stays taken as long
// as paho keeps the message id, that is until the acknowledgement or the end.
func (s *session) await(p parcel, token paho.Token) {
	overdue := time.NewTimer(s.client.o.AckTimeout)
	defer overdue.Stop()
	select {
	case <-token.Done():
	case <-s.ended:
	case <-overdue.C:
		s.end(fmt.Errorf("no acknowledgement for %s within %s", p.Topic, s.client.o.AckTimeout))
	}
	s.settle(p, token)
}

func (s *session) settle(p parcel, token paho.Token) {
	var err error
	select {
	case <-token.Done():
		err = token.Error()
		if errors.Is(err, paho.ErrNotConnected) {
			err = ErrNotConnected // paho refused it before it touched the socket
		} else if err != nil {
			err = fmt.Errorf("%w: %w", ErrUnknown, err)
			s.end(err)
		}
	default:
		err = fmt.Errorf("%w: the connection ended before the acknowledgement", ErrUnknown)
	}
	<-p.lane.window
	p.delivery.settle(err)
}
