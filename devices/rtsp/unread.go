package rtsp

import (
	"context"
	"net"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
)

// How much a connection may hold unread, in bytes; the system takes about twice
// that with what it needs itself. Over TCP it is little, because the camera waits
// then and leaves out pictures: what waits here is delay that nobody sees. Over
// UDP a keyframe comes in one burst and what finds no room is lost.
const (
	unreadTCP = 256 << 10
	unreadUDP = 2 << 20
)

// Unread knows how long a camera's packets wait in this machine to be read. The
// zero value waits for a first packet.
type Unread struct {
	none atomic.Int64 // when nothing waited, in ns since 1970: what is read later came later
	lag  Lag
	last time.Time // that Came returned
	seen int64     // none, when it was looked at last
	full int       // pictures that were read since without a moment at which nothing waited
}

// crowd is how many pictures come one after the other before they are taken for
// some that waited.
const crowd = 25

// Came is when this machine got a packet that it read just now: as long before as
// it is late by the camera's clock, but not before the last time that nothing
// waited. What was late on its way came late. One goroutine may call it.
func (u *Unread) Came(p *rtp.Packet, read time.Time) time.Time {
	none := u.none.Load()
	if none != u.seen {
		u.seen, u.full = none, 0
	} else if p.Marker {
		u.full++
	}
	at := read.Add(-u.lag.Packet(p, read, u.full > crowd))
	if empty := time.Unix(0, none); at.Before(empty) {
		at = empty
	}
	if at.Before(u.last) {
		at = u.last
	}
	if at.After(read) {
		at = read
	}
	u.last = at
	return at
}

// NothingAt says that nothing waited at t: all that is read from now on came later.
func (u *Unread) NothingAt(t time.Time) { u.none.Store(t.UnixNano()) }

// dial opens a connection that is watched.
func (u *Unread) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(unreadTCP)
	}
	return &line{Conn: conn, unread: u}, nil
}

// listen opens a socket that is watched, with as large a buffer as the system gives.
func (u *Unread) listen(network, address string) (net.PacketConn, error) {
	conn, err := (&net.ListenConfig{}).ListenPacket(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	udp, ok := conn.(*net.UDPConn)
	if !ok {
		return conn, nil
	}
	_ = udp.SetReadBuffer(unreadUDP)
	return datagrams{udp, u}, nil
}

// Waited is how long a read takes at least that had to wait.
const Waited = time.Millisecond

// line is a TCP connection that notes when nothing waits in it.
type line struct {
	net.Conn
	unread *Unread
	all    time.Time // when the read before began, if it took all there was
}

// Read took all there was when it fills less than it was given.
func (l *line) Read(b []byte) (int, error) {
	began := time.Now()
	n, err := l.Conn.Read(b)
	switch {
	case time.Since(began) >= Waited:
		l.unread.NothingAt(began)
	case !l.all.IsZero():
		l.unread.NothingAt(l.all)
	}
	l.all = time.Time{}
	if n < len(b) {
		l.all = began
	}
	return n, err
}

// datagrams is a UDP socket that notes when nothing waits in it.
type datagrams struct {
	*net.UDPConn
	unread *Unread
}

// ReadFrom waits where there is nothing.
func (d datagrams) ReadFrom(b []byte) (int, net.Addr, error) {
	began := time.Now()
	n, from, err := d.UDPConn.ReadFrom(b)
	if time.Since(began) >= Waited {
		d.unread.NothingAt(began)
	}
	return n, from, err
}
