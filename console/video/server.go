package video

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/webrtc/v4"
)

// Options are what a server is made with.
type Options struct {
	// UDP and TCP are the addresses of the one port, such as ":8189". TCP is for
	// networks that let no UDP pass; empty leaves it out. Port 0 takes a free one,
	// the same for both.
	UDP, TCP string

	// PublicIPs are told to browsers beside the machine's own addresses, for
	// a console behind a port forwarding.
	PublicIPs []string

	// Servers are STUN and TURN servers; none on a closed network.
	Servers []RelayServer

	// Behind is how late a packet may go out to a viewer before pictures are left
	// out; two thirds of that while this machine does not keep up. 400 ms where zero.
	Behind time.Duration

	GOPBytes    int // of a feed's group of pictures that is kept for who joins; 4 MiB where zero
	MostViewers int // sessions at once; 2,000 where zero
	Log         *slog.Logger
	Clock       func() time.Time
}

// RelayServer is a STUN or TURN server, such as "turn:10.0.0.9:3478".
type RelayServer struct{ URL, Username, Password string }

// renewed is how old the certificate of new sessions may get.
const renewed = 24 * time.Hour

// pulse is how often feeds are looked at.
const pulse = 250 * time.Millisecond

// Server is the port and the feeds.
type Server struct {
	o     Options
	port  *port
	lines net.Listener // TCP; nil without
	mux   *ice.UDPMuxDefault
	watch *webrtc.API // for viewers
	push  *webrtc.API // for gateways

	strain strain

	mu       sync.Mutex
	feeds    map[string]*Feed
	sessions map[string]*Session
	cert     *webrtc.Certificate
	made     time.Time // cert was
	closed   bool

	looks chan struct{}
	done  chan struct{}
	ended chan struct{}
}

// New opens the port.
func New(o Options) (*Server, error) {
	o.GOPBytes = cmp.Or(o.GOPBytes, 4<<20)
	o.MostViewers = cmp.Or(o.MostViewers, 2000)
	o.Behind = cmp.Or(o.Behind, behind)
	o.UDP = cmp.Or(o.UDP, ":0")
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	s := &Server{
		o: o, strain: strain{behind: o.Behind}, feeds: map[string]*Feed{}, sessions: map[string]*Session{},
		looks: make(chan struct{}, 1), done: make(chan struct{}), ended: make(chan struct{}),
	}
	if err := s.listen(); err != nil {
		return nil, err
	}
	if err := s.connect(); err != nil {
		return nil, errors.Join(err, s.shut())
	}
	go s.beat()
	return s, nil
}

// listen opens UDP and TCP with the same number.
func (s *Server) listen() error {
	for attempt := 0; ; attempt++ {
		udp, err := listenUDP(s.o.UDP)
		if err != nil {
			return fmt.Errorf("video port: %w", err)
		}
		s.port = udp
		if s.o.TCP == "" {
			return nil
		}
		host, number, err := net.SplitHostPort(s.o.TCP)
		if err != nil {
			_ = udp.Close()
			return fmt.Errorf("video port: %w", err)
		}
		if number == "0" {
			number = strconv.Itoa(s.Port())
		}
		lines, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", net.JoinHostPort(host, number))
		if err == nil {
			s.lines = shortLines{lines}
			return nil
		}
		_ = udp.Close()
		if attempt == 10 {
			return fmt.Errorf("video port: %w", err)
		}
	}
}

// shortLines gives connections a short buffer on the way out: what waits there is
// delay that nobody sees.
type shortLines struct{ net.Listener }

const lineBuffer = 64 << 10

func (l shortLines) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(lineBuffer)
	}
	return conn, err
}

// connect prepares what all sessions share.
func (s *Server) connect() error {
	log := quiet{s.o.Log}
	s.mux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: s.port, Logger: log.NewLogger("ice")})
	var settings webrtc.SettingEngine
	settings.LoggerFactory = log
	settings.SetICEUDPMux(s.mux)
	networks := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	if s.lines != nil {
		settings.SetICETCPMux(ice.NewTCPMuxDefault(ice.TCPMuxParams{
			Listener: s.lines, Logger: log.NewLogger("ice"), ReadBufferSize: 64, FirstStunBindTimeout: 5 * time.Second,
		}))
		networks = append(networks, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
	}
	settings.SetNetworkTypes(networks)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetIncludeLoopbackCandidate(true) // a browser on the same machine
	settings.SetICETimeouts(5*time.Second, 10*time.Second, 2*time.Second)
	settings.DisableActiveTCP(true)
	if len(s.o.PublicIPs) > 0 {
		if err := settings.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{
			External: s.o.PublicIPs, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteAppend,
		}); err != nil {
			return fmt.Errorf("public addresses: %w", err)
		}
	}
	// As server of the handshake we choose the cipher: GCM costs a fourth of what
	// browsers choose. ICE has checked the address, so no cookie is needed.
	if err := settings.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return err
	}
	settings.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	settings.SetDTLSInsecureSkipHelloVerify(true)
	settings.SetDTLSRetransmissionInterval(100 * time.Millisecond)

	media, err := mediaEngine()
	if err != nil {
		return err
	}
	s.watch = webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))

	asking := &interceptor.Registry{}
	ask, err := nack.NewGeneratorInterceptor(nack.GeneratorInterval(20 * time.Millisecond))
	if err != nil {
		return err
	}
	asking.Add(ask)
	s.push = webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(asking))
	return nil
}

// Port is the number of the port.
func (s *Server) Port() int {
	at, _ := s.port.LocalAddr().(*net.UDPAddr)
	return at.Port
}

// Feed returns the feed of a stream, such as "cam-1/main"; it is made at the
// first call and stays until it is forgotten.
func (s *Server) Feed(id string) *Feed {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[id]
	if f == nil {
		f = newFeed(s, id)
		s.feeds[id] = f
	}
	return f
}

// Forget ends a feed's sessions and lets it go: there is no such camera any more.
func (s *Server) Forget(id string) {
	s.mu.Lock()
	f := s.feeds[id]
	delete(s.feeds, id)
	var left []*Session
	for _, one := range s.sessions {
		if one.of(f) {
			left = append(left, one)
		}
	}
	s.mu.Unlock()
	for _, one := range left {
		one.Close()
	}
}

// Session finds a session that has not ended.
func (s *Server) Session(id string) (*Session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one, ok := s.sessions[id]
	return one, ok
}

// Close ends all sessions and gives the port back.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	left := make([]*Session, 0, len(s.sessions))
	for _, one := range s.sessions {
		left = append(left, one)
	}
	s.mu.Unlock()
	for _, one := range left {
		one.end()
	}
	for _, one := range left {
		one.Close()
	}
	close(s.done)
	<-s.ended
	return s.shut()
}

func (s *Server) shut() error {
	if s.lines != nil {
		_ = s.lines.Close()
	}
	if s.mux != nil {
		return s.mux.Close() // and with it the port
	}
	return s.port.Close()
}

func (s *Server) now() time.Time { return s.o.Clock() }

// look asks for the feeds to be looked at soon.
func (s *Server) look() {
	select {
	case s.looks <- struct{}{}:
	default:
	}
}

// beat looks at the feeds until the server is closed.
func (s *Server) beat() {
	defer close(s.ended)
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	told := map[*Feed]State{}
	for {
		select {
		case <-s.done:
			return
		case <-tick.C:
		case <-s.looks:
		}
		s.see(s.now(), told)
	}
}

// see tells what changed, and wakes viewers that have to be told something.
func (s *Server) see(now time.Time, told map[*Feed]State) {
	s.mu.Lock()
	feeds := make(map[*Feed]bool, len(s.feeds))
	for _, f := range s.feeds {
		feeds[f] = true
	}
	s.mu.Unlock()
	for f := range told {
		if !feeds[f] {
			delete(told, f)
		}
	}
	for f := range feeds {
		state := f.at(now)
		tellers, changed := f.settle(state)
		if changed || state.Status != Live {
			f.wake(0)
		}
		before, known := told[f]
		if !known || !same(before, state) {
			told[f] = state
			for _, tell := range tellers {
				tell(state)
			}
		}
	}
}

// same says whether there is nothing to tell between two states.
func same(a, b State) bool {
	return a.Status == b.Status && a.Alarm == b.Alarm && a.Viewers == b.Viewers && a.Fault.Code == b.Fault.Code && a.Fault.Text == b.Fault.Text &&
		a.Format.Codec == b.Format.Codec && a.Format.Width == b.Format.Width && a.Format.Height == b.Format.Height && a.Format.BFrames == b.Format.BFrames
}

// certificate is what sessions prove themselves with; one for a day's sessions,
// because making one costs more than all the rest of an answer.
func (s *Server) certificate() (webrtc.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now() // browsers look at the machine's own clock
	if s.cert == nil || now.Sub(s.made) > renewed {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return webrtc.Certificate{}, err
		}
		cert, err := webrtc.GenerateCertificate(key)
		if err != nil {
			return webrtc.Certificate{}, err
		}
		s.cert, s.made = cert, now
	}
	return *s.cert, nil
}
