package mqtt

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/url"
	"time"
)

// Options say how to reach a broker. Zero values take the defaults named.
type Options struct {
	// URLs are "tcp://host:1883" or "ssl://host:8883" (also mqtt, mqtts, tls),
	// tried in turn. They carry no password.
	URLs []string

	ClientID string // at most 65,535 bytes; unique at the broker
	Username string
	// Password is asked at every attempt, so that a renewed secret is used.
	Password func() (string, error)
	TLS      *tls.Config // for ssl URLs; nil means the system's authorities

	KeepAlive time.Duration // 10 s; whole seconds; a dead peer is noticed within 1.5 of it
	Will      *Message      // published by the broker when the connection is lost
	// WillFor, when set, gives a fresh will at each attempt, so that it can name
	// the session that it ends. It must not block.
	WillFor      func() *Message
	CleanSession bool // the broker keeps nothing for this client while it is away
	// Subscriptions stand before the first connection. Without CleanSession use
	// them instead of Subscribe: what the broker kept comes at once, and what has
	// no handler yet is acknowledged and dropped.
	Subscriptions []Subscription

	MaxReconnect   time.Duration // 10 s; longest pause between attempts, with jitter
	ConnectTimeout time.Duration // 5 s; also for a SUBACK
	WriteTimeout   time.Duration // 5 s for each write to the socket
	// AckTimeout (2 min) ends a connection whose broker answers pings but not a
	// message. It must be longer than the broker may take to commit one.
	AckTimeout time.Duration

	// Window (256) is how many messages of Start may be in flight. Paho holds
	// them in memory: with large batches choose less.
	Window    int
	Queue     int // 1,024; messages waiting for a subscription's handler, and at most 8 MiB of them
	MaxPacket int // 2 MiB; a larger packet from the broker ends the connection

	// OnUp runs after each connection, when the subscriptions are renewed; its
	// context ends with that connection. OnDown runs after each loss and for
	// failed attempts, once for each new reason. They run one after the other in
	// a goroutine of their own; a slow one delays the next.
	OnUp   func(ctx context.Context, c *Client)
	OnDown func(error)
	// OnRefused runs, in the same goroutine, when the broker refuses a
	// subscription. The connection stays, so that alarms still leave.
	OnRefused func(filter string)

	Log *slog.Logger
}

// urgentWindow is how many messages of Publish may be in flight beside those of
// Start, so that one alarm never waits behind a backlog.
const urgentWindow = 64

// queueBytes bounds what waits for one handler.
const queueBytes = 8 << 20

func (o *Options) fill() error {
	if err := o.validate(); err != nil {
		return fmt.Errorf("mqtt options: %w", err)
	}
	byDefault(&o.KeepAlive, 10*time.Second)
	byDefault(&o.MaxReconnect, 10*time.Second)
	byDefault(&o.ConnectTimeout, 5*time.Second)
	byDefault(&o.WriteTimeout, 5*time.Second)
	byDefault(&o.AckTimeout, 2*time.Minute)
	byDefault(&o.Window, 256)
	byDefault(&o.Queue, 1024)
	byDefault(&o.MaxPacket, 2<<20)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

func byDefault[N int | time.Duration](n *N, value N) {
	if *n == 0 {
		*n = value
	}
}

func (o *Options) validate() error {
	if len(o.URLs) == 0 {
		return fmt.Errorf("no broker URL")
	}
	for _, u := range o.URLs {
		if _, err := parseURL(u); err != nil {
			return err
		}
	}
	for name, d := range map[string]time.Duration{
		"MaxReconnect": o.MaxReconnect, "ConnectTimeout": o.ConnectTimeout,
		"WriteTimeout": o.WriteTimeout, "AckTimeout": o.AckTimeout, "KeepAlive": o.KeepAlive,
	} {
		if d < 0 {
			return fmt.Errorf("%s %s is negative", name, d)
		}
	}
	switch {
	case o.ClientID == "" && !o.CleanSession:
		return fmt.Errorf("a client without an id needs a clean session")
	case len(o.ClientID) > maxTopic:
		return fmt.Errorf("client id of %d bytes", len(o.ClientID))
	case o.Password != nil && o.Username == "":
		return fmt.Errorf("a password needs a user name")
	case o.KeepAlive%time.Second != 0 || o.KeepAlive > 65535*time.Second:
		return fmt.Errorf("KeepAlive %s is not 1 to 65,535 whole seconds", o.KeepAlive)
	case o.Window < 0 || o.Window > 16384:
		// Message ids end at 65,535; a quarter of them leaves room for all else.
		return fmt.Errorf("window %d is not 1 to 16,384", o.Window)
	case o.Queue < 0 || o.MaxPacket < 0:
		return fmt.Errorf("queue %d, largest packet %d: negative", o.Queue, o.MaxPacket)
	}
	if o.Will != nil {
		return validWill(o.Will)
	}
	return nil
}

func validWill(m *Message) error {
	switch err := m.Validate(); {
	case err != nil:
		return fmt.Errorf("will: %w", err)
	case len(m.Payload) == 0 || len(m.Payload) > maxTopic:
		return fmt.Errorf("will: payload of %d bytes is not 1 to %d", len(m.Payload), maxTopic)
	}
	return nil
}

// parseURL reads the address of a broker. Secrets have no place in it, because
// it is logged.
func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, fmt.Errorf("broker URL cannot be read") // url.Error would repeat a password in it
	case u.User != nil:
		return nil, fmt.Errorf("broker URL for %s carries a user: use Username and Password", u.Host)
	case u.Hostname() == "" || u.Port() == "":
		return nil, fmt.Errorf("broker URL %q needs a host and a port", s)
	}
	switch u.Scheme {
	case "tcp", "mqtt", "ssl", "tls", "mqtts":
		return u, nil
	}
	return nil, fmt.Errorf("broker URL %q: scheme is not tcp or ssl", s)
}

func secure(u *url.URL) bool { return u.Scheme != "tcp" && u.Scheme != "mqtt" }
