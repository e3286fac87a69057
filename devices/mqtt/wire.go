package mqtt

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"time"
)

// open makes the socket of one connection. It ends with ctx, also in the middle
// of a handshake.
func open(ctx context.Context, u *url.URL, o *Options) (*wire, error) {
	within, cancel := context.WithTimeout(ctx, o.ConnectTimeout)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(within, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	if secure(u) {
		config := &tls.Config{}
		if o.TLS != nil {
			config = o.TLS.Clone()
		}
		if config.ServerName == "" {
			config.ServerName = u.Hostname()
		}
		config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
		client := tls.Client(conn, config)
		if err := client.HandshakeContext(within); err != nil {
			_ = conn.Close()
			return nil, err
		}
		conn = client
	}
	w := &wire{Conn: conn, in: bufio.NewReaderSize(conn, 8<<10), timeout: o.WriteTimeout, frames: frames{limit: o.MaxPacket}}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	return w, nil
}

// wire is a socket as paho should have it: buffered, because paho reads the
// header byte by byte; with a deadline on every write, because paho gives one to
// publications only; and refusing packets over a limit before paho makes room.
type wire struct {
	net.Conn
	in      *bufio.Reader
	timeout time.Duration
	frames  frames
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.in.Read(p)
	if bad := w.frames.pass(p[:n]); bad != nil {
		return 0, bad
	}
	return n, err
}

// Write may be called from several goroutines: a ping does not wait its turn.
func (w *wire) Write(p []byte) (int, error) {
	if err := w.Conn.SetWriteDeadline(time.Now().Add(w.timeout)); err != nil {
		return 0, err
	}
	n, err := w.Conn.Write(p)
	if err != nil {
		_ = w.Conn.Close() // part of a packet may be out: nothing can follow it
	}
	return n, err
}

func (w *wire) SetDeadline(t time.Time) error    { return w.Conn.SetReadDeadline(t) }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// frames follows the borders of packets in a stream: a byte of type, a length of
// one to four bytes with seven bits each, the rest (MQTT 3.1.1, 2.2).
type frames struct {
	limit  int
	rest   int  // bytes of the current packet still to come
	inSize bool // between type and rest
	size   int
	shift  uint
}

// pass looks at the next bytes of the stream.
func (f *frames) pass(p []byte) error {
	for len(p) > 0 {
		switch {
		case f.rest > 0:
			n := min(f.rest, len(p))
			f.rest -= n
			p = p[n:]
		case !f.inSize:
			f.inSize, f.size, f.shift = true, 0, 0
			p = p[1:]
		default:
			f.size |= int(p[0]&0x7f) << f.shift
			f.shift += 7
			more := p[0]&0x80 != 0
			p = p[1:]
			if more && f.shift > 21 {
				return fmt.Errorf("packet with a length of more than four bytes")
			}
			if more {
				continue
			}
			if f.size > f.limit {
				return fmt.Errorf("packet of %d bytes is over %d", f.size, f.limit)
			}
			f.rest, f.inSize = f.size, false
		}
	}
	return nil
}
