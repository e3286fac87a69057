package mqtt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

// A session is one connection: a paho client that never reconnects. Everything
// in flight has its outcome when ended is closed.
type session struct {
	client *Client
	paho   paho.Client
	ctx    context.Context
	cancel context.CancelFunc

	urgent, bulk lane
	inHand       atomic.Pointer[parcel] // what the sender is giving to paho

	ended   chan struct{}
	endOnce sync.Once
	err     error // valid once ended is closed

	ackMu   sync.Mutex
	acks    []paho.Message // never more than the 65,535 message ids
	ackWake chan struct{}
}

// connect makes one attempt at one broker.
func (c *Client) connect(u *url.URL) (*session, error) {
	s := &session{
		client:  c,
		urgent:  newLane(urgentWindow),
		bulk:    newLane(c.o.Window),
		ended:   make(chan struct{}),
		ackWake: make(chan struct{}, 1),
	}
	// Not a child of the client's context: Close still has to say goodbye.
	s.ctx, s.cancel = context.WithCancel(context.Background())
	o, err := s.settings(u)
	if err != nil {
		s.cancel()
		return nil, err
	}
	s.paho = paho.NewClient(o)
	// A broker that kept a session may send before it is asked again, so every
	// route stands before the connection does.
	for _, sub := range c.subscriptions() {
		s.route(sub)
	}
	token := s.paho.Connect()
	select {
	case <-token.Done():
		err = token.Error()
	case <-c.ctx.Done(): // closes the socket, so that paho's attempt ends too
		err = ErrClosed
	}
	if err != nil {
		s.end(err)
		return nil, fmt.Errorf("connect to %s: %w", u.Host, explain(err))
	}
	go s.send()
	go s.sendAcks()
	return s, nil
}

func (s *session) settings(u *url.URL) (*paho.ClientOptions, error) {
	c := &s.client.o
	o := paho.NewClientOptions()
	o.Servers = []*url.URL{u}
	o.SetCustomOpenConnectionFn(func(u *url.URL, _ paho.ClientOptions) (net.Conn, error) {
		return open(s.ctx, u, c)
	})
	o.SetClientID(c.ClientID).SetCleanSession(c.CleanSession)
	o.SetProtocolVersion(4) // or paho tries 3.1 after every refusal
	o.SetAutoReconnect(false).SetConnectRetry(false)
	o.SetStore(forgetful{})
	o.SetOrderMatters(true).SetAutoAckDisabled(true)
	o.SetKeepAlive(c.KeepAlive).SetPingTimeout(c.KeepAlive / 2)
	o.SetConnectTimeout(c.ConnectTimeout).SetWriteTimeout(c.WriteTimeout)
	o.SetConnectionLostHandler(func(_ paho.Client, err error) { s.end(err) })
	o.SetDefaultPublishHandler(func(_ paho.Client, m paho.Message) {
		// Nobody waits for it: a subscription of an earlier program that the broker
		// still knows. Unacknowledged it would fill the broker's window for good.
		s.acknowledge(m)
	})
	o.SetUsername(c.Username)
	if c.Password != nil {
		secret, err := c.Password()
		if err != nil {
			return nil, fmt.Errorf("password for the broker: %w", err)
		}
		o.SetPassword(secret)
	}
	will := c.Will
	if c.WillFor != nil {
		will = c.WillFor()
	}
	if will != nil {
		if err := validWill(will); err != nil {
			return nil, err
		}
		o.SetBinaryWill(will.Topic, will.Payload, will.QoS, will.Retained)
	}
	return o, nil
}

// explain puts the refusals that an operator can mend into words.
func explain(err error) error {
	switch {
	case errors.Is(err, packets.ErrorRefusedBadUsernameOrPassword), errors.Is(err, packets.ErrorRefusedNotAuthorised):
		return fmt.Errorf("the broker refuses the credential: %w", err)
	case errors.Is(err, packets.ErrorRefusedIDRejected):
		return fmt.Errorf("the broker refuses the client id: %w", err)
	}
	return err
}

// renew asks for every subscription again. A refused one is told and lived
// without; a missing answer means that the connection is no good.
func (s *session) renew() error {
	for _, sub := range s.client.subscriptions() {
		var refused *refusedError
		switch err := s.subscribe(sub); {
		case errors.As(err, &refused):
			s.client.refused(refused.filter)
		case err != nil:
			return err
		}
	}
	return nil
}

type refusedError struct{ filter string }

func (e *refusedError) Error() string {
	return fmt.Sprintf("subscribe to %s: refused by the broker", e.filter)
}

func (s *session) subscribe(sub *subscription) error {
	s.route(sub)
	token := s.paho.Subscribe(sub.filter, sub.qos, nil)
	late := time.NewTimer(s.client.o.ConnectTimeout)
	defer late.Stop()
	select {
	case <-token.Done():
	case <-s.ended:
		return nil // renewed with the next connection
	case <-s.client.ctx.Done():
		return nil
	case <-late.C:
		err := fmt.Errorf("subscribe to %s: no answer within %s", sub.filter, s.client.o.ConnectTimeout)
		s.end(err)
		return err
	}
	if err := token.Error(); err != nil {
		s.end(err)
		return fmt.Errorf("subscribe to %s: %w", sub.filter, err)
	}
	for _, granted := range token.(*paho.SubscribeToken).Result() {
		if granted > 2 {
			return &refusedError{sub.filter}
		}
	}
	return nil
}

// acknowledge queues a PUBACK. It never waits for the socket, so that whoever
// commits messages is not held by a broker that does not read.
func (s *session) acknowledge(m paho.Message) {
	if m.Qos() == 0 {
		return
	}
	s.ackMu.Lock()
	s.acks = append(s.acks, m)
	s.ackMu.Unlock()
	select {
	case s.ackWake <- struct{}{}:
	default:
	}
}

func (s *session) sendAcks() {
	for {
		select {
		case <-s.ackWake:
		case <-s.ended:
			return
		}
		s.ackMu.Lock()
		acks := s.acks
		s.acks = nil
		s.ackMu.Unlock()
		for _, m := range acks {
			m.Ack()
		}
	}
}

// end closes the connection, with the reason for it. It does not wait.
func (s *session) end(err error) {
	s.endOnce.Do(func() {
		if err == nil {
			err = errors.New("the connection ended")
		}
		s.err = err
		close(s.ended)
		s.abandon(fmt.Errorf("%w: %w", ErrUnknown, err))
		s.cancel() // closes the socket, by which paho's goroutines end
	})
}

// leave says goodbye, so that the broker does not publish the will.
func (s *session) leave() {
	s.paho.Disconnect(250)
	s.end(ErrClosed)
}

// forgetful is the store that paho must have. Nothing is ever sent again from
// it: after a loss the outcome is unknown, and the caller's own queue decides.
type forgetful struct{}

func (forgetful) Open()                             {}
func (forgetful) Put(string, packets.ControlPacket) {}
func (forgetful) Get(string) packets.ControlPacket  { return nil }
func (forgetful) All() []string                     { return nil }
func (forgetful) Del(string)                        {}
func (forgetful) Close()                            {}
func (forgetful) Reset()                            {}
