package camera

import (
	crand "crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"
	"github.com/pion/rtp"
)

// server is the RTSP side of a camera from one plugging in to the next pulling out.
type server struct {
	camera  *Camera
	rtsp    *gortsplib.Server
	address string // host:port
	players map[string]*player
	other   *gortsplib.ServerStream // of a codec that nobody plays
	ready   chan struct{}           // closed when the streams above are there

	mu   sync.Mutex
	live *gortsplib.ServerStream // fed from outside; nil while nobody feeds it
	feed *gortsplib.ServerSession
}

const portTries = 100

func listen(c *Camera) (*server, error) {
	s := &server{camera: c, ready: make(chan struct{})}
	host, _, err := net.SplitHostPort(c.address)
	if err != nil {
		return nil, fmt.Errorf("address %q is not host:port", clip(c.address))
	}
	for range portTries {
		s.rtsp = &gortsplib.Server{Handler: s, RTSPAddress: c.address, TLSConfig: c.o.TLS, WriteQueueSize: 1024, Listen: s.listenTCP}
		if c.o.TLS == nil { // encrypted means interleaved here
			even := 2 * (10000 + rand.IntN(20000))
			s.rtsp.UDPRTPAddress = net.JoinHostPort(host, strconv.Itoa(even))
			s.rtsp.UDPRTCPAddress = net.JoinHostPort(host, strconv.Itoa(even+1))
		}
		if err = s.rtsp.Start(); err == nil {
			break
		}
		if s.address != "" || c.o.TLS != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, err
	}
	err = s.openStreams()
	close(s.ready)
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *server) listenTCP(network, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(s.camera.ctx, network, address)
	if err != nil {
		s.address = address // it is not the ports of UDP that are taken
		return nil, err
	}
	s.address = l.Addr().String()
	return l, nil
}

func (s *server) openStreams() error {
	s.players = map[string]*player{}
	for _, name := range []string{"main", "sub"} {
		p := &player{camera: s.camera, sub: name == "sub", sent: rand.Uint32(), sentAt: time.Now(), sequence: uint16(rand.Uint32())} //nolint:gosec // any will do
		p.media = &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{s.camera.mood(p.sub).clip.format()}}
		var err error
		if p.stream, err = s.stream(p.media); err != nil {
			return err
		}
		s.players[name] = p
	}
	var err error
	s.other, err = s.stream(&description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{&format.MJPEG{}}})
	return err
}

func (s *server) stream(media *description.Media) (*gortsplib.ServerStream, error) {
	stream := &gortsplib.ServerStream{Server: s.rtsp, Desc: &description.Session{Title: s.camera.o.Name, Medias: []*description.Media{media}}}
	if err := stream.Initialize(); err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	return stream, nil
}

func (s *server) close() {
	s.rtsp.Close()
	for _, p := range s.players {
		for _, session := range p.sessions() {
			p.leave(session)
		}
	}
}

func (s *server) drop() {
	for _, p := range s.players {
		for _, session := range p.sessions() {
			session.Close()
		}
	}
}

func (s *server) watching() (count int) {
	for _, p := range s.players {
		count += p.watching()
	}
	return count
}

// find chooses the stream of a path, or the answer that refuses it.
func (s *server) find(path string) (*gortsplib.ServerStream, *base.Response) {
	name := strings.Trim(path, "/")
	if s.camera.has(Gone) {
		return nil, &base.Response{StatusCode: base.StatusNotFound}
	}
	if p := s.players[name]; p != nil {
		if s.camera.has(Unknown) {
			return s.other, nil
		}
		return p.stream, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == "live" && s.live != nil {
		return s.live, nil
	}
	return nil, &base.Response{StatusCode: base.StatusNotFound}
}

func (s *server) admit(conn *gortsplib.ServerConn, r *base.Request) bool {
	username, password := s.camera.o.Username, s.camera.o.Password
	if s.camera.has(Password) {
		password = crand.Text() // it was changed, and nobody here knows it
	} else if username == "" {
		return true
	}
	return conn.VerifyCredentials(r, username, password)
}

// What gortsplib asks follows; its method names are its.

// OnConnOpen lets the first callers wait for the streams.
func (s *server) OnConnOpen(*gortsplib.ServerHandlerOnConnOpenCtx) { <-s.ready }

// OnDescribe answers DESCRIBE.
func (s *server) OnDescribe(ctx *gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if !s.admit(ctx.Conn, ctx.Request) {
		return &base.Response{StatusCode: base.StatusUnauthorized}, nil, liberrors.ErrServerAuth{}
	}
	if p := s.players[strings.Trim(ctx.Path, "/")]; p != nil {
		p.describe(s.camera.mood(p.sub).clip)
	}
	stream, refusal := s.find(ctx.Path)
	if refusal != nil {
		return refusal, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, stream, nil
}

// OnSetup answers SETUP.
func (s *server) OnSetup(ctx *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if ctx.Session.State() == gortsplib.ServerSessionStatePreRecord {
		return &base.Response{StatusCode: base.StatusOK}, nil, nil
	}
	if !s.admit(ctx.Conn, ctx.Request) {
		return &base.Response{StatusCode: base.StatusUnauthorized}, nil, liberrors.ErrServerAuth{}
	}
	stream, refusal := s.find(ctx.Path)
	if refusal != nil {
		return refusal, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, stream, nil
}

// OnPlay answers PLAY; the first one wakes the stream.
func (s *server) OnPlay(ctx *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	if p := s.players[strings.Trim(ctx.Path, "/")]; p != nil && !s.camera.has(Unknown) {
		p.enter(ctx.Session)
	}
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnPause answers PAUSE.
func (s *server) OnPause(ctx *gortsplib.ServerHandlerOnPauseCtx) (*base.Response, error) {
	s.leave(ctx.Session)
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnGetParameter answers what keeps a session alive.
func (s *server) OnGetParameter(*gortsplib.ServerHandlerOnGetParameterCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnAnnounce takes a stream from outside.
func (s *server) OnAnnounce(ctx *gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	switch {
	case !s.camera.o.Publish || strings.Trim(ctx.Path, "/") != "live":
		return &base.Response{StatusCode: base.StatusNotFound}, nil
	case !s.admit(ctx.Conn, ctx.Request):
		return &base.Response{StatusCode: base.StatusUnauthorized}, liberrors.ErrServerAuth{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live != nil {
		return &base.Response{StatusCode: base.StatusForbidden}, errors.New("somebody feeds it already")
	}
	live := &gortsplib.ServerStream{Server: s.rtsp, Desc: ctx.Description}
	if err := live.Initialize(); err != nil {
		return &base.Response{StatusCode: base.StatusBadRequest}, err
	}
	s.live, s.feed = live, ctx.Session
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnRecord begins to hand on what is fed.
func (s *server) OnRecord(ctx *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	s.mu.Lock()
	live := s.live
	s.mu.Unlock()
	ctx.Session.OnPacketRTPAny(func(media *description.Media, _ format.Format, p *rtp.Packet) {
		_ = live.WritePacketRTP(media, p) // a reader that is too slow is the server's to end
	})
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// OnSessionClose lets a stream rest when its last session has ended.
func (s *server) OnSessionClose(ctx *gortsplib.ServerHandlerOnSessionCloseCtx) {
	s.leave(ctx.Session)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.feed == ctx.Session {
		s.live.Close()
		s.live, s.feed = nil, nil
	}
}

// OnStreamWriteError tells of a session that does not keep up.
func (s *server) OnStreamWriteError(ctx *gortsplib.ServerHandlerOnStreamWriteErrorCtx) {
	s.camera.o.Log.Debug("a watcher does not keep up", slog.Any("error", ctx.Error))
}

func (s *server) leave(session *gortsplib.ServerSession) {
	for _, p := range s.players {
		p.leave(session)
	}
}

// describe lets the session description tell of the clip that plays.
func (p *player) describe(c *Clip) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch f := p.media.Formats[0].(type) {
	case *format.H264:
		f.SPS, f.PPS = c.sps, c.pps
	case *format.H265:
		f.VPS, f.SPS, f.PPS = c.vps, c.sps, c.pps
	}
	p.stream.ReloadDesc()
}
