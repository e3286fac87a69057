package broker

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
)

// listener accepts connections for mochi.
type listener struct {
	net.Listener
	id     string
	tls    *tls.Config
	broker *Broker
}

func (b *Broker) listen(id string, at Listener) (*listener, error) {
	l, err := (&net.ListenConfig{}).Listen(b.ctx, "tcp", at.Address)
	if err != nil {
		return nil, err
	}
	return &listener{Listener: l, id: id, tls: at.TLS, broker: b}, nil
}

func (l *listener) Init(*slog.Logger) error { return nil }
func (l *listener) ID() string              { return l.id }
func (l *listener) Address() string         { return l.Addr().String() }
func (l *listener) Protocol() string        { return "tcp" }

// Close is mochi's; Broker.Close has ended everything before.
func (l *listener) Close(listeners.CloseFn) { _ = l.Listener.Close() }

// Serve accepts until the broker closes. A failed accept, as when there are no
// more file descriptors, is tried again.
func (l *listener) Serve(establish listeners.EstablishFn) {
	b := l.broker
	for {
		socket, err := l.Accept()
		switch {
		case err == nil:
			l.admit(socket, establish)
		case b.closed() || errors.Is(err, net.ErrClosed):
			return
		default:
			b.sayNow("accept", "the broker cannot accept a connection", "error", err)
			select {
			case <-b.ctx.Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
}

func (l *listener) admit(socket net.Conn, establish listeners.EstablishFn) {
	b := l.broker
	// Some room above MaxClients, so that one too many is told and not just cut.
	if b.sockets.Add(1) > int64(b.o.MaxClients)+64 {
		b.sockets.Add(-1)
		_ = socket.Close()
		b.sayNow("sockets", "the broker has too many connections", "limit", b.o.MaxClients)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed() {
		b.sockets.Add(-1)
		_ = socket.Close()
		return
	}
	b.serving.Add(1)
	go func() {
		defer b.serving.Done()
		defer b.sockets.Add(-1)
		l.serve(socket, establish)
	}()
}

// serve is the life of one connection.
func (l *listener) serve(socket net.Conn, establish listeners.EstablishFn) {
	b := l.broker
	c, err := l.greet(socket)
	if err != nil {
		_ = socket.Close()
		b.sayNow("greet", "a connection did not become MQTT", "remote", socket.RemoteAddr().String(), "error", err)
		return
	}
	b.mu.Lock()
	b.conns[c] = struct{}{}
	if b.closed() {
		c.cut(ErrClosed)
	}
	b.mu.Unlock()
	writing := make(chan struct{})
	go func() {
		defer close(writing)
		c.write()
	}()
	err = b.attach(l.id, c, establish)
	b.finish(c, err)
	_ = c.Close()
	<-writing
}

// attach gives the connection to mochi until it ends. A packet that makes
// mochi's decoder panic costs its own connection only.
func (b *Broker) attach(id string, c *conn, establish listeners.EstablishFn) (err error) {
	defer func() {
		if p := recover(); p != nil {
			b.o.Log.Error("the broker could not digest a packet", "remote", c.RemoteAddr().String(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = ErrAbuse
			c.cut(err)
		}
	}()
	return establish(id, c)
}

// greet makes sure, within a time, that this is MQTT and no more than a CONNECT
// packet needs: mochi would wait for ever and make room for whatever is announced.
func (l *listener) greet(socket net.Conn) (*conn, error) {
	within, cancel := context.WithTimeout(l.broker.ctx, firstPacketTime)
	defer cancel()
	stop := context.AfterFunc(within, func() { _ = socket.Close() })
	defer stop()
	over, cn := socket, ""
	if l.tls != nil {
		t := tls.Server(socket, l.tls)
		if err := t.HandshakeContext(within); err != nil {
			return nil, fmt.Errorf("TLS: %w", err)
		}
		if state := t.ConnectionState(); len(state.VerifiedChains) > 0 {
			cn = state.PeerCertificates[0].Subject.CommonName
		}
		over = t
	}
	in := bufio.NewReaderSize(over, 4<<10)
	if err := isConnect(in, min(firstPacketSize, l.broker.o.MaxPacket)); err != nil {
		return nil, err
	}
	c := newConn(l.broker, socket, over, in)
	c.certCN = cn
	// Holds until mochi sets the keep-alive after the sign-in.
	return c, over.SetReadDeadline(time.Now().Add(firstPacketTime))
}

// isConnect looks at the header of the first packet and leaves it in place: type
// 1, and a length in one to four bytes of seven bits (MQTT 3.1.1, 2.2 and 3.1).
func isConnect(in *bufio.Reader, limit int) error {
	size := 0
	for i := 1; ; i++ {
		head, err := in.Peek(i + 1)
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("no CONNECT packet: %w", err)
		}
		if head[0] != 1<<4 {
			return fmt.Errorf("begins with %#02x, not with a CONNECT packet", head[0])
		}
		size |= int(head[i]&0x7f) << (7 * (i - 1))
		if head[i]&0x80 == 0 {
			break
		}
		if i == 4 {
			return errors.New("CONNECT packet with a length of more than four bytes")
		}
	}
	if size > limit {
		return fmt.Errorf("CONNECT packet of %d bytes is over %d", size, limit)
	}
	return nil
}

// takeOverTime is how long a new connection waits for the end of the old one
// with its client id, which may be in the middle of Options.Take.
const takeOverTime = 5 * time.Second

// takeOver makes c the owner of its client id. The old owner is cut, and its
// will is published before the new one is answered.
func (b *Broker) takeOver(c *conn) {
	patience := time.NewTimer(takeOverTime)
	defer patience.Stop()
	for {
		b.mu.Lock()
		old := b.byID[c.client.ID]
		if old == nil {
			b.byID[c.client.ID] = c
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
		old.cut(ErrTakenOver)
		select {
		case <-old.finished:
		case <-patience.C:
			b.mu.Lock()
			b.byID[c.client.ID] = c
			b.mu.Unlock()
			return
		}
	}
}

// finish tells the end of a connection and tidies after mochi.
func (b *Broker) finish(c *conn, err error) {
	c.acks.end()
	b.mu.Lock()
	client, signedIn, session := c.client, c.signedIn, c.session
	delete(b.conns, c)
	var heir *conn
	if client != nil {
		if owner := b.byID[client.ID]; owner == c {
			delete(b.byID, client.ID)
		} else if owner != nil && owner.signedIn {
			heir = owner
		}
	}
	b.mu.Unlock()
	if cause, _ := c.state(); cause != nil {
		err = cause
	} else if signedIn {
		err = c.ended
	}
	if session != nil {
		b.forget(session)
	}
	// An old connection that outlived takeOverTime may have taken the new one's
	// entry with it: then the new one would be connected and hear nothing.
	if heir != nil {
		if known, ok := b.server.Clients.Get(client.ID); !ok || known != heir.session {
			heir.cut(ErrTakenOver)
		}
	}
	switch {
	case signedIn:
		b.o.Log.Info("client disconnected", "client", client.ID, "remote", client.Remote, "error", err)
		if b.o.OnDisconnect != nil {
			b.o.OnDisconnect(client, err)
		}
	case client == nil:
		b.sayNow("first", "a connection ended before it signed in", "remote", c.RemoteAddr().String(), "error", err)
	}
	close(c.finished)
}

// forget removes a clean session that mochi left in its register, as it does
// when the answer to CONNECT could not be written.
func (b *Broker) forget(session *mochi.Client) {
	p := &session.Properties
	clean := p.ProtocolVersion < 5 && p.Clean || p.ProtocolVersion == 5 && p.Props.SessionExpiryInterval == 0
	if known, ok := b.server.Clients.Get(session.ID); clean && ok && known == session {
		session.ClearInflights()
		b.server.UnsubscribeClient(session)
		b.server.Clients.Delete(session.ID)
	}
}

// sayNow logs what strangers can cause, each subject at most once in ten seconds.
func (b *Broker) sayNow(subject, text string, args ...any) {
	b.mu.Lock()
	last, now := b.said[subject], time.Now()
	quiet := now.Sub(last) < 10*time.Second
	if !quiet {
		b.said[subject] = now
	}
	b.mu.Unlock()
	if !quiet {
		b.o.Log.Warn(text, args...)
	}
}
