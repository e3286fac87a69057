package rtsp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/headers"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

const redirects = 3 // that are followed

// session is one connection: asked for by Pull's goroutine, fed by gortsplib's
// reader, which begins with Play and has ended when the client is closed.
type session struct {
	camera Camera
	client *gortsplib.Client
	stream *stream
	unread Unread
	last   atomic.Int64  // when the newest packet was read, in ns since 1970
	bye    chan struct{} // closed when the stream has come to its end
	byes   atomic.Bool
	first  *uint32 // time stamp of a recording
}

// session runs one connection to its end and says why it ended. A camera that
// refuses TCP is asked for UDP at once, and from then on.
func (p *puller) session(ctx context.Context) Fault {
	fault := p.connect(ctx)
	if p.transport == Auto && refusesTransport(fault) {
		p.transport = UDP
		if fault = p.connect(ctx); refusesTransport(fault) {
			p.transport = Auto
		}
	}
	return fault
}

func (p *puller) connect(ctx context.Context) Fault {
	return (&session{camera: p.camera, bye: make(chan struct{})}).run(ctx, p)
}

func refusesTransport(f Fault) bool {
	var status liberrors.ErrClientBadStatusCode
	return is[liberrors.ErrClientServerRequestedUDP](f.Err) ||
		errors.As(f.Err, &status) && status.Code == base.StatusUnsupportedTransport
}

func (s *session) run(ctx context.Context, p *puller) Fault {
	s.client = newClient(p.camera, p.transport, &s.unread)
	address, err := p.camera.address()
	if err != nil {
		return s.fault(err, asking)
	}
	s.client.Scheme, s.client.Host = address.Scheme, address.Host
	if err := s.client.Start(); err != nil {
		return s.fault(err, asking)
	}
	defer s.client.Close()
	defer context.AfterFunc(ctx, s.client.Close)()

	err = s.open(address, p.sink)
	switch {
	case ctx.Err() != nil:
		return newFault(Stopped, nil)
	case err != nil:
		return s.fault(err, asking)
	}
	err = s.watch(ctx)
	s.client.Close() // from here on nothing is read, so that Closed is the last word
	switch {
	case ctx.Err() != nil:
		return newFault(Stopped, nil)
	case errors.Is(err, errSilent) && !p.camera.PlayFrom.IsZero() && s.stream.packets.Load() > 0:
		return newFault(Ended, nil) // most recorders just stop at the end of what they have
	}
	return s.fault(err, playing)
}

func newClient(c Camera, t Transport, waiting *Unread) *gortsplib.Client {
	var redirected int
	client := &gortsplib.Client{
		TLSConfig:         c.TLS,
		ReadTimeout:       c.silence(),
		WriteTimeout:      c.silence(),
		UserAgent:         "Guardroom",
		ListenPacket:      waiting.listen,
		OnPacketsLost:     func(uint64) {}, // a stream is judged by its pictures
		OnDecodeError:     func(error) {},  // what is no packet is not handed on
		OnTransportSwitch: func(error) {},
	}
	client.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if redirected++; redirected > 1+redirects {
			return nil, errRedirects
		}
		return waiting.dial(ctx, network, address)
	}
	// gortsplib's own way would wait for a handshake that never comes.
	client.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := client.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		encrypted := tls.Client(conn, verifying(c.TLS, address))
		if err := encrypted.HandshakeContext(ctx); err != nil {
			_ = conn.Close() // the handshake's error is the one that counts
			return nil, fmt.Errorf("tls: %w", err)
		}
		return encrypted, nil
	}
	protocol := gortsplib.ProtocolTCP
	if t == UDP {
		protocol = gortsplib.ProtocolUDP
	}
	client.Protocol = &protocol
	return client
}

// verifying expects the certificate of the host that was dialled where c names no other.
func verifying(c *tls.Config, address string) *tls.Config {
	if c == nil {
		c = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if c.ServerName == "" {
		c = c.Clone()
		c.ServerName, _, _ = net.SplitHostPort(address)
	}
	return c
}

// open asks for the picture stream and lets it play.
func (s *session) open(address *base.URL, sink Sink) error {
	described, _, err := s.client.Describe(address)
	if err != nil {
		return err
	}
	media, forma, err := pictures(described)
	if err != nil {
		return err
	}
	if _, err := s.client.Setup(described.BaseURL, media, 0, 0); err != nil {
		return err
	}
	s.stream = newStream(forma, sink)
	s.last.Store(time.Now().UnixNano())
	s.client.OnPacketRTP(media, forma, s.packet)
	s.client.OnPacketRTCP(media, s.control)
	s.stream.open()
	_, err = s.client.Play(s.span())
	return err
}

// pictures chooses the first stream that can be shown.
func pictures(d *description.Session) (*description.Media, format.Format, error) {
	var seen []string
	for _, media := range d.Medias {
		if media.Type != description.MediaTypeVideo || media.IsBackChannel {
			continue
		}
		for _, forma := range media.Formats {
			switch forma.(type) {
			case *format.H264, *format.H265:
				return media, forma, nil
			}
			seen = append(seen, forma.RTPMap())
		}
	}
	return nil, nil, notPlayableError{seen}
}

// span is what of a recording is asked for; nil is live.
func (s *session) span() *headers.Range {
	if s.camera.PlayFrom.IsZero() {
		return nil
	}
	clock := &headers.RangeUTC{Start: s.camera.PlayFrom.UTC()}
	if to := s.camera.PlayTo.UTC(); !s.camera.PlayTo.IsZero() {
		clock.End = &to
	}
	return &headers.Range{Value: clock}
}

func (s *session) packet(p *rtp.Packet) {
	read := time.Now()
	s.last.Store(read.UnixNano())
	if len(p.Payload) == 0 {
		return
	}
	if s.past(p.Timestamp) {
		s.end()
		return
	}
	s.stream.packet(p, s.unread.Came(p, read))
}

// past says whether a recording has played beyond what was asked for: some
// recorders do not mind where they are told to end.
func (s *session) past(stamp uint32) bool {
	if s.camera.PlayTo.IsZero() {
		return false
	}
	if s.first == nil {
		s.first = &stamp
	}
	span := s.camera.PlayTo.Sub(s.camera.PlayFrom).Seconds() * ClockRate
	played := int32(stamp - *s.first) //nolint:gosec // time stamps wrap; a recording is shorter than six hours
	return float64(played) > span+ClockRate
}

func (s *session) control(p rtcp.Packet) {
	if _, ok := p.(*rtcp.Goodbye); ok {
		s.end()
	}
}

func (s *session) end() {
	if s.byes.CompareAndSwap(false, true) {
		close(s.bye)
	}
}

// watch returns why the session ended.
func (s *session) watch(ctx context.Context) error {
	gone := make(chan error, 1)
	go func() { gone <- s.client.Wait() }()
	tick := time.NewTicker(s.camera.silence() / 10)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-gone:
			return err
		case <-s.bye:
			return errBye
		case now := <-tick.C:
			if now.Sub(time.Unix(0, s.last.Load())) >= s.camera.silence() {
				return errSilent
			}
		}
	}
}
