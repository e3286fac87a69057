package broker

import (
	"bufio"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
)

// conn is one connection as mochi should have it. Write only queues, because
// mochi holds a lock meanwhile that everybody who publishes to this client
// needs; a goroutine of its own moves the bytes, with a deadline.
type conn struct {
	net.Conn          // TLS where there is TLS
	raw      net.Conn // the socket below it
	in       *bufio.Reader
	broker   *Broker
	certCN   string

	acks     acks
	over     chan struct{} // closed when the connection is cut or closed
	finished chan struct{} // closed when its last callback has returned

	// Guarded by broker.mu.
	client   *Client // nil before the sign-in
	signedIn bool
	session  *mochi.Client

	// Owned by the goroutine that reads.
	ended    error         // as mochi saw it
	patience time.Duration // longest silence, once signed in

	mu      sync.Mutex
	out     []byte // not yet given to the socket
	closing bool
	cause   error // why the broker cut it
	wake    chan struct{}
}

func newConn(b *Broker, raw, over net.Conn, in *bufio.Reader) *conn {
	return &conn{
		Conn: over, raw: raw, in: in, broker: b,
		acks:     acks{places: make(chan struct{}, b.o.MaxInflight)},
		over:     make(chan struct{}),
		finished: make(chan struct{}),
		wake:     make(chan struct{}, 1),
	}
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	if cause, closing := c.state(); closing {
		if cause == nil {
			cause = net.ErrClosed
		}
		return 0, cause // also what had come already: it is not taken any more
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = ErrSilent
	}
	return n, err
}

func (c *conn) state() (cause error, closing bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause, c.closing
}

// Write queues p, and cuts a client that has left too much unread.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	if c.closing {
		c.mu.Unlock()
		return 0, net.ErrClosed
	}
	if len(c.out)+len(p) > c.broker.o.MaxUnsent {
		c.mu.Unlock()
		c.cut(ErrSlow)
		return 0, ErrSlow
	}
	c.out = append(c.out, p...)
	c.mu.Unlock()
	c.stir()
	return len(p), nil
}

func (c *conn) stir() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// write moves bytes to the socket until the connection is closed and empty.
func (c *conn) write() {
	var spare []byte
	for range c.wake {
		c.mu.Lock()
		batch, closing := c.out, c.closing
		c.out = spare[:0]
		c.mu.Unlock()
		if len(batch) > 0 {
			if !closing {
				_ = c.Conn.SetWriteDeadline(time.Now().Add(c.broker.o.WriteTimeout))
			}
			if _, err := c.Conn.Write(batch); err != nil {
				c.cut(ErrSlow)
			}
		}
		if closing {
			_ = c.Conn.Close()
			return
		}
		if spare = batch[:0]; cap(spare) > 64<<10 {
			spare = nil // a burst is no reason to keep its memory
		}
	}
}

// goodbyeTime is how long a closed connection has to take its last bytes, such
// as a refusal.
const goodbyeTime = time.Second

// Close ends the connection after what is queued. It does not wait.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return nil
	}
	c.closing = true
	close(c.over)
	_ = c.raw.SetReadDeadline(time.Now())
	_ = c.raw.SetWriteDeadline(time.Now().Add(goodbyeTime))
	c.stir()
	return nil
}

// cut ends the connection at once, for the reason given. The client's will is
// published. It does not wait.
func (c *conn) cut(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause == nil && !c.closing {
		c.cause = why
	}
	if !c.closing {
		c.closing = true
		close(c.over)
	}
	c.out = nil
	_ = c.raw.Close() // not through TLS, whose goodbye may have to wait
	c.stir()
}

// SetDeadline is how mochi renews the time that a client may be silent. Writes
// have their own deadline. Mochi's arithmetic gives a keep-alive of one second
// no half more, and one of zero no end.
func (c *conn) SetDeadline(t time.Time) error {
	if c.patience > 0 {
		t = time.Now().Add(c.patience)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return net.ErrClosed
	}
	return c.Conn.SetReadDeadline(t)
}

// allow sets how long the client may be silent: 1.5 of its keep-alive
// (MQTT-3.1.2-24), in seconds, but never longer than of Options.KeepAlive.
func (c *conn) allow(keepAlive uint16) {
	longest := c.broker.o.KeepAlive
	if asked := time.Duration(keepAlive) * time.Second; asked > 0 && asked < longest {
		longest = asked
	}
	c.patience = longest * 3 / 2
}
