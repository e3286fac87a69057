package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"guardroom/devices/mqtt"
)

// Client is one connection to the broker, from its sign-in to its end.
type Client struct {
	ID, Username string
	Remote       string // "host:port"
	CertCN       string // common name of the verified client certificate, if any
	Identity     any    // whatever Options.Authenticate found out
}

// Listener is one place to listen at.
type Listener struct {
	Address string      // "127.0.0.1:1883"; port 0 takes a free one
	TLS     *tls.Config // nil listens in the clear
}

// Options say what the broker lets happen. Zero values take the defaults named.
// No callback may wait long, except Take.
type Options struct {
	Listeners []Listener

	// Authenticate decides about a connection and may set c.Identity. Its error
	// is logged, and never told to the client. Nil accepts everybody.
	Authenticate func(c *Client, password []byte) error
	// MayPublish is asked for every message and for the topic of a will. A
	// message that may not be published cuts the connection.
	MayPublish func(c *Client, topic string) bool
	// MaySubscribe is asked for every filter of a subscription, and again with
	// the topic of every message about to be delivered for one.
	MaySubscribe func(c *Client, filter string) bool

	// Take may keep a message: after true the broker neither forwards nor
	// retains nor acknowledges it, until p.Done is called. It runs on the
	// goroutine that reads this client. While it waits the client's pings stay
	// unanswered, and the client leaves, so a taker whose database is away had
	// better queue: MaxInflight bounds what each client can have unacknowledged.
	// QoS 0 has no such bound; those it may drop.
	Take func(c *Client, p Taken) bool

	// OnConnect runs after a sign-in, or with the reason for its refusal.
	// OnDisconnect runs once for each OnConnect without error; err is nil when
	// the client said goodbye.
	OnConnect, OnDisconnect func(c *Client, err error)
	// OnWill runs after the will of a lost client was published; m.Retained says
	// whether it is kept. It does not run for connections that Close ends.
	OnWill func(c *Client, m mqtt.Message)
	// OnDenied runs when a client publishes (write) or subscribes to what it may not.
	OnDenied func(c *Client, topic string, write bool)

	MaxPacket    int           // 1 MiB and 4 KiB; a larger packet cuts the connection
	MaxInflight  int           // 1,024 unacknowledged messages each way for a client, at most 65,535
	MaxClients   int           // 2,000 connections
	MaxRetained  int           // 10,000 topics with a retained message
	MaxUnsent    int           // 4 MiB of bytes a client has not read; more cuts it
	KeepAlive    time.Duration // 5 min; longest keep-alive: a client that wants more, or none, is cut after 1.5 of it in silence
	WriteTimeout time.Duration // 5 s without the client's socket taking anything cuts it
	Log          *slog.Logger
}

// Taken is a message offered to Options.Take.
type Taken struct {
	Topic   string
	Payload []byte // belongs to the taker
	QoS     byte   // 0, 1 or 2
	Retain  bool
	// Done acknowledges the message: call it when it is safe, from any goroutine.
	// It never waits. Acknowledgements leave in the order in which the messages
	// came (MQTT-4.6.0-2), so one that never comes holds those after it until
	// the client returns. More calls, and calls after the client is gone, do nothing.
	Done func()
}

const (
	firstPacketTime = 10 * time.Second // for TLS and CONNECT
	firstPacketSize = 64 << 10
	sessionExpiry   = time.Hour
	maxLevels       = 64  // of a topic
	maxFilters      = 256 // of one client
)

// Reasons why the broker cuts a connection, as OnDisconnect gets them.
var (
	ErrClosed    = errors.New("the broker is closed")
	ErrTakenOver = errors.New("another connection uses the client id")
	ErrDropped   = errors.New("dropped by the operator")
	ErrDenied    = errors.New("published what it may not")
	ErrSilent    = errors.New("silent for longer than its keep-alive allows")
	ErrSlow      = errors.New("does not read or acknowledge what it is sent")
	ErrStalled   = errors.New("too many messages wait for their acknowledgement")
	ErrAbuse     = errors.New("over a limit")
)

// Broker is a running broker.
type Broker struct {
	o         Options
	server    *mochi.Server
	listeners []*listener
	ctx       context.Context // ends with Close
	cancel    context.CancelFunc
	stopOnce  sync.Once
	stopErr   error
	serving   sync.WaitGroup // one for each connection and inline handler
	inline    atomic.Int64   // ids of inline subscriptions
	sockets   atomic.Int64

	mu    sync.Mutex
	conns map[*conn]struct{}
	byID  map[string]*conn // who owns a client id
	said  map[string]time.Time
}

// Start listens at every address, or at none and says why.
func Start(o Options) (*Broker, error) {
	if err := o.fill(); err != nil {
		return nil, fmt.Errorf("broker options: %w", err)
	}
	b := &Broker{
		o:     o,
		conns: map[*conn]struct{}{},
		byID:  map[string]*conn{},
		said:  map[string]time.Time{},
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.server = mochi.New(&mochi.Options{
		Capabilities:            o.capabilities(),
		ClientNetReadBufferSize: 4 << 10,
		Logger:                  slog.New(quiet{o.Log.Handler()}),
		SysTopicResendInterval:  3600,
		InlineClient:            true,
	})
	if err := b.server.AddHook(&hook{broker: b}, nil); err != nil {
		return nil, fmt.Errorf("start broker: %w", err)
	}
	for i, at := range o.Listeners {
		l, err := b.listen(strconv.Itoa(i), at)
		if err == nil {
			b.listeners = append(b.listeners, l)
			err = b.server.AddListener(l)
		}
		if err != nil {
			_ = b.Close()
			return nil, fmt.Errorf("broker: listen at %s: %w", at.Address, err)
		}
	}
	if err := b.server.Serve(); err != nil {
		_ = b.Close()
		return nil, fmt.Errorf("start broker: %w", err)
	}
	return b, nil
}

func (o *Options) fill() error {
	if len(o.Listeners) == 0 {
		return errors.New("no listener")
	}
	for _, n := range []struct {
		field *int
		name  string
		value int
	}{
		{&o.MaxPacket, "MaxPacket", 1<<20 + 4<<10},
		{&o.MaxInflight, "MaxInflight", 1024},
		{&o.MaxClients, "MaxClients", 2000},
		{&o.MaxRetained, "MaxRetained", 10000},
		{&o.MaxUnsent, "MaxUnsent", 4 << 20},
	} {
		if *n.field < 0 {
			return fmt.Errorf("%s %d is negative", n.name, *n.field)
		}
		if *n.field == 0 {
			*n.field = n.value
		}
	}
	if o.MaxInflight > math.MaxUint16 {
		return fmt.Errorf("MaxInflight %d is over 65,535", o.MaxInflight)
	}
	if o.MaxPacket > 256<<20 {
		return fmt.Errorf("MaxPacket %d is over 256 MiB", o.MaxPacket)
	}
	if o.KeepAlive < 0 || o.WriteTimeout < 0 {
		return errors.New("KeepAlive or WriteTimeout is negative")
	}
	if o.KeepAlive == 0 {
		o.KeepAlive = 5 * time.Minute
	}
	if o.WriteTimeout == 0 {
		o.WriteTimeout = 5 * time.Second
	}
	// What is queued for one client must hold the largest message.
	o.MaxUnsent = max(o.MaxUnsent, 2*o.MaxPacket)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

func (o *Options) capabilities() *mochi.Capabilities {
	c := mochi.NewDefaultServerCapabilities()
	c.MaximumClients = int64(o.MaxClients)
	c.MaximumPacketSize = uint32(o.MaxPacket)
	c.MaximumInflight = uint16(o.MaxInflight)
	c.ReceiveMaximum = uint16(o.MaxInflight)
	c.MaximumClientWritesPending = 1024
	c.MaximumSessionExpiryInterval = uint32(sessionExpiry / time.Second)
	c.MaximumMessageExpiryInterval = 0 // else retained messages vanish after it
	c.TopicAliasMaximum = 0            // else mochi checks rights before it knows the topic
	return c
}

// Addr is the address of the first listener, with its real port.
func (b *Broker) Addr() string { return b.listeners[0].Address() }

// Addrs are the addresses of all listeners, in the order of Options.
func (b *Broker) Addrs() []string {
	addrs := make([]string, len(b.listeners))
	for i, l := range b.listeners {
		addrs[i] = l.Address()
	}
	return addrs
}

// Publish sends m to its subscribers, and keeps it when it is Retained (an empty
// payload forgets what was kept). Nobody's rights to publish are asked, and Take
// does not see it. It never waits for a client. For a client that is away with a
// session kept, at most MaxInflight messages wait; more are lost to it.
func (b *Broker) Publish(m mqtt.Message) error {
	if err := m.Validate(); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	if b.closed() {
		return fmt.Errorf("publish to %s: %w", m.Topic, ErrClosed)
	}
	if len(m.Payload)+len(m.Topic)+8 > b.o.MaxPacket {
		return fmt.Errorf("publish to %s: payload of %d bytes is over the packet size", m.Topic, len(m.Payload))
	}
	if err := b.server.Publish(m.Topic, m.Payload, m.Retained, m.QoS); err != nil {
		return fmt.Errorf("publish to %s: %w", m.Topic, err)
	}
	return nil
}

// inlineQueue is how many messages may wait for one handler of Subscribe.
const inlineQueue = 1024

// Subscribe hears what is published (but for taken messages) without a
// connection, beginning with what is retained. Retained is as the publisher set
// it. The handler runs in a goroutine of its own, one message after the other;
// when it falls behind by 1,024, publishers wait for it.
func (b *Broker) Subscribe(filter string, handler func(mqtt.Message)) error {
	if err := mqtt.ValidFilter(filter); err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	b.mu.Lock()
	if b.closed() {
		b.mu.Unlock()
		return fmt.Errorf("subscribe to %s: %w", filter, ErrClosed)
	}
	b.serving.Add(1)
	b.mu.Unlock()
	queue := make(chan mqtt.Message, inlineQueue)
	go func() {
		defer b.serving.Done()
		for {
			select {
			case m := <-queue:
				handler(m)
			case <-b.ctx.Done():
				return
			}
		}
	}()
	err := b.server.Subscribe(filter, int(b.inline.Add(1)), func(_ *mochi.Client, _ packets.Subscription, pk packets.Packet) {
		select {
		case queue <- message(pk):
		case <-b.ctx.Done():
		}
	})
	if err != nil {
		return fmt.Errorf("subscribe to %s: %w", filter, err)
	}
	return nil
}

func message(pk packets.Packet) mqtt.Message {
	return mqtt.Message{Topic: pk.TopicName, Payload: pk.Payload, QoS: pk.FixedHeader.Qos, Retained: pk.FixedHeader.Retain}
}

// Clients lists who is connected, in no order.
func (b *Broker) Clients() []Client {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []Client
	for c := range b.conns {
		if c.signedIn {
			list = append(list, *c.client)
		}
	}
	return list
}

// Drop cuts every connection that which chooses, for example because its
// credential was revoked, and returns how many. Nothing that they sent and was
// not yet read is taken after it.
func (b *Broker) Drop(which func(*Client) bool) int {
	b.mu.Lock()
	all := make(map[*conn]*Client, len(b.conns))
	for c := range b.conns {
		if c.client != nil {
			all[c] = c.client
		}
	}
	b.mu.Unlock()
	n := 0
	for c, client := range all {
		if which(client) {
			c.cut(ErrDropped)
			n++
		}
	}
	return n
}

func (b *Broker) closed() bool { return b.ctx.Err() != nil }

// Close ends every connection and returns when all callbacks have, or with an
// error after ten seconds. What was not acknowledged comes again to the next
// broker.
func (b *Broker) Close() error {
	b.mu.Lock()
	b.cancel() // under the lock: nothing new is served after this
	for c := range b.conns {
		c.cut(ErrClosed)
	}
	b.mu.Unlock()
	for _, l := range b.listeners {
		_ = l.Listener.Close()
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.serving.Wait()
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		return errors.New("close the broker: a callback has not returned within 10 s")
	}
	b.stopOnce.Do(func() { b.stopErr = b.server.Close() })
	return b.stopErr
}
