package video

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"guardroom/devices/rtsp"
)

// connectWithin is how long a session may take from its answer to its first packet.
const connectWithin = 15 * time.Second

// errors that Watch, Push and Patch give.
var (
	// ErrBusy says that there are as many sessions as there may be.
	ErrBusy = errors.New("as many live pictures are open as this console carries; close some")
	// ErrClosed says that the session or the server is gone.
	ErrClosed = errors.New("this picture's session has ended")
	// ErrStale says that an ETag is not that of the session.
	ErrStale = errors.New("the session has another ETag")
	// ErrRestart says that ICE is not restarted; a new session costs as little.
	ErrRestart = errors.New("ICE is not restarted here; begin a new session")
)

// InvalidError says what is wrong with a session description.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string        { return fmt.Sprintf("%s %s", e.Field, e.Reason) }
func (e *InvalidError) InvalidField() string { return e.Field }

// CodecError says that a browser cannot show what the camera sends.
type CodecError struct{ Codec rtsp.Codec }

func (e *CodecError) Error() string {
	return fmt.Sprintf("the camera sends %s, which this browser does not play; choose the other stream, or set the camera to H.264", e.Codec)
}

// A Session is a viewer's or a gateway's connection.
type Session struct {
	ID   string // unguessable
	ETag string

	server *Server
	pc     *webrtc.PeerConnection
	viewer *viewer // nil when a gateway pushes
	began  time.Time
	ages   atomic.Pointer[webrtc.DataChannel]

	once      sync.Once
	done      chan struct{} // closed when it is to end
	gone      chan struct{} // closed when all of it has ended
	connected chan struct{}
	running   sync.WaitGroup

	mu      sync.Mutex  // guards what follows
	feed    *Feed       // that is watched or fed
	counted bool        // among the feed's viewers
	started bool        // it is or was connected
	over    bool        // nothing more is started
	release func() bool // of the context
}

// Stats are a session's figures.
type Stats struct {
	Packets, Bytes uint64 // sent or taken for the first time
	Again          uint64 // packets sent again
	Cuts           uint64 // times that pictures were left out to catch up
	Way            time.Duration
	Lost           float64 // part of the packets, lately
	Calls          int     // system calls that carried them, where they were gathered
}

// Watch answers a viewer's offer (SDP). The session lasts until ctx ends, either
// side closes it, or the viewer is gone for 15 s. The feed's picture starts when the
// connection stands, with the newest keyframe.
func (s *Server) Watch(ctx context.Context, f *Feed, offer string) (*Session, string, error) {
	one, err := s.session(f, s.watch)
	if err != nil {
		return nil, "", err
	}
	one.viewer = newViewer(one, f)
	answer, err := one.watch(ctx, offer)
	if err != nil {
		one.Close()
		return nil, "", err
	}
	return one, answer, nil
}

func (one *Session) watch(ctx context.Context, offer string) (string, error) {
	sender, err := one.pc.AddTrack(track{one.viewer})
	if err != nil {
		return "", err
	}
	one.pc.OnDataChannel(func(c *webrtc.DataChannel) {
		if c.Label() == "age" {
			c.OnOpen(func() {
				one.ages.Store(c)
				one.viewer.nudge()
			})
		}
	})
	one.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			one.start(one.viewer.run, func() { one.listen(sender) })
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			one.end()
		}
	})
	answer, err := one.answer(offer)
	if err != nil {
		return "", err
	}
	f := one.viewer.feed
	f.mu.RLock()
	format := f.format
	f.mu.RUnlock()
	if _, ok := choose(one.viewer.agreed, format); !ok && format.Codec != "" { // what nobody has seen yet may fit
		return "", &CodecError{Codec: format.Codec}
	}
	one.live(ctx)
	return answer, nil
}

// session makes one that is not yet connected.
func (s *Server) session(f *Feed, api *webrtc.API) (*Session, error) {
	cert, err := s.certificate()
	if err != nil {
		return nil, err
	}
	config := webrtc.Configuration{Certificates: []webrtc.Certificate{cert}, BundlePolicy: webrtc.BundlePolicyMaxBundle}
	for _, relay := range s.o.Servers {
		config.ICEServers = append(config.ICEServers, webrtc.ICEServer{URLs: []string{relay.URL}, Username: relay.Username, Credential: relay.Password})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, ErrClosed
	case len(s.sessions) >= s.o.MostViewers:
		return nil, ErrBusy
	}
	pc, err := api.NewPeerConnection(config)
	if err != nil {
		return nil, fmt.Errorf("peer connection: %w", err)
	}
	one := &Session{
		ID: token(16), ETag: `"` + token(6) + `"`, server: s, feed: f, pc: pc, began: s.now(),
		connected: make(chan struct{}), done: make(chan struct{}), gone: make(chan struct{}),
	}
	s.sessions[one.ID] = one
	go one.last()
	return one, nil
}

func token(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// answer exchanges descriptions; the answer has all candidates.
func (one *Session) answer(offer string) (string, error) {
	if err := check(offer); err != nil {
		return "", err
	}
	checking := make(chan struct{})
	var begun sync.Once
	one.pc.OnICEConnectionStateChange(func(webrtc.ICEConnectionState) { begun.Do(func() { close(checking) }) })
	if err := one.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}); err != nil {
		return "", &InvalidError{Field: "offer", Reason: "is no usable session description: " + err.Error()}
	}
	answer, err := one.pc.CreateAnswer(nil)
	if err != nil {
		return "", &InvalidError{Field: "offer", Reason: "cannot be answered: " + err.Error()}
	}
	gathered := webrtc.GatheringCompletePromise(one.pc)
	if err := one.pc.SetLocalDescription(answer); err != nil {
		if errors.Is(err, webrtc.ErrUnsupportedCodec) {
			return "", &InvalidError{Field: "offer", Reason: "has neither H.264 nor H.265"}
		}
		return "", &InvalidError{Field: "offer", Reason: "cannot be answered: " + err.Error()}
	}
	// A check of the other side that comes before ours have begun is thrown away,
	// and the next comes a fifth of a second later.
	for _, ready := range []<-chan struct{}{gathered, checking} {
		select {
		case <-ready:
		case <-one.done:
			return "", ErrClosed
		}
	}
	return one.pc.LocalDescription().SDP, nil
}

// check refuses what is plainly none, so that the reason can be said.
func check(offer string) error {
	switch {
	case !strings.HasPrefix(offer, "v=0"):
		return &InvalidError{Field: "offer", Reason: "is no session description (SDP)"}
	case !strings.Contains(offer, "\nm=video "):
		return &InvalidError{Field: "offer", Reason: "asks for no picture"}
	case !strings.Contains(offer, "\na=ice-ufrag:") || !strings.Contains(offer, "\na=fingerprint:"):
		return &InvalidError{Field: "offer", Reason: "lacks ICE credentials or a fingerprint"}
	case !strings.Contains(strings.ToUpper(offer), " H264/90000") && !strings.Contains(strings.ToUpper(offer), " H265/90000"):
		return &InvalidError{Field: "offer", Reason: "has neither H.264 nor H.265"}
	}
	return nil
}

// live ties the session to ctx and counts it.
func (one *Session) live(ctx context.Context) {
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.over {
		return
	}
	one.release = context.AfterFunc(ctx, one.end)
	if one.viewer != nil {
		one.counted = true
		one.feed.watch(1)
	}
}

// start runs what a connected session does; once, whatever the connection's ups
// and downs.
func (one *Session) start(work ...func()) {
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.started || one.over {
		return
	}
	one.started = true
	close(one.connected)
	for _, w := range work {
		one.running.Go(w)
	}
}

// listen hears what the player says.
func (one *Session) listen(sender *webrtc.RTPSender) {
	b := make([]byte, 1500)
	for {
		n, _, err := sender.Read(b)
		if err != nil {
			return
		}
		if packets, err := rtcp.Unmarshal(b[:n]); err == nil {
			one.viewer.control(packets, time.Now())
		}
	}
}

func (one *Session) control(p rtcp.Packet) {
	_ = one.pc.WriteRTCP([]rtcp.Packet{p}) // the next one comes in a second
}

// Patch takes further candidates of the other side (trickle ICE, RFC 8840). An
// empty ETag stands for the session's own.
func (one *Session) Patch(etag, fragment string) error {
	if etag != "" && etag != one.ETag {
		return ErrStale
	}
	select {
	case <-one.done:
		return ErrClosed
	default:
	}
	ufrag := ""
	if remote := one.pc.RemoteDescription(); remote != nil {
		ufrag = attribute(remote.SDP, "ice-ufrag")
	}
	if other := attribute(fragment, "ice-ufrag"); other != "" && other != ufrag {
		return ErrRestart
	}
	mid := attribute(fragment, "mid")
	for line := range strings.Lines(fragment) {
		candidate, ok := strings.CutPrefix(strings.TrimSpace(line), "a=candidate:")
		if !ok {
			continue
		}
		init := webrtc.ICECandidateInit{Candidate: "candidate:" + candidate}
		if mid != "" {
			init.SDPMid = &mid
		}
		if err := one.pc.AddICECandidate(init); err != nil {
			return &InvalidError{Field: "candidate", Reason: "is not understood: " + err.Error()}
		}
	}
	return nil
}

func attribute(sdp, name string) string {
	for line := range strings.Lines(sdp) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "a="+name+":"); ok {
			return value
		}
	}
	return ""
}

// Switch goes over to another feed of the same camera at its newest keyframe, such
// as from the sub-stream to the main one. Until then the picture goes on.
func (one *Session) Switch(to *Feed) {
	one.mu.Lock()
	from := one.feed
	if one.viewer == nil || one.over || from == to {
		one.mu.Unlock()
		return
	}
	one.feed = to
	one.mu.Unlock()
	to.watch(1)
	from.watch(-1)
	one.viewer.mu.Lock()
	one.viewer.next = to
	one.viewer.mu.Unlock()
	one.viewer.nudge()
}

func (one *Session) of(f *Feed) bool {
	one.mu.Lock()
	defer one.mu.Unlock()
	return one.feed == f
}

// Stats reports the session's figures.
func (one *Session) Stats() Stats {
	v := one.viewer
	if v == nil {
		return Stats{}
	}
	return Stats{
		Packets: v.count.packets.Load(), Bytes: v.count.bytes.Load(), Again: v.count.again.Load(), Cuts: v.count.cuts.Load(),
		Way: time.Duration(v.count.way.Load()), Lost: float64(v.count.lossy.Load()) / 256,
	}
}

// Done is closed when the session has ended.
func (one *Session) Done() <-chan struct{} { return one.gone }

// Close ends the session and waits until it has.
func (one *Session) Close() {
	one.end()
	<-one.gone
}

// end asks for the end and waits for nothing.
func (one *Session) end() { one.once.Do(func() { close(one.done) }) }

// last waits for the end, sees to it that it comes when nobody connects, and
// takes the session apart.
func (one *Session) last() {
	late := time.NewTimer(connectWithin)
	defer late.Stop()
	select {
	case <-late.C:
		one.end()
	case <-one.connected:
		<-one.done
	case <-one.done:
	}
	one.mu.Lock()
	one.over = true
	counted, release, f := one.counted, one.release, one.feed
	one.mu.Unlock()
	if release != nil {
		release()
	}
	_ = one.pc.Close() // and with it all that waits in it
	one.running.Wait()
	one.server.mu.Lock()
	delete(one.server.sessions, one.ID)
	one.server.mu.Unlock()
	if counted {
		f.watch(-1)
	}
	close(one.gone)
}

// track is a viewer as WebRTC sees it.
type track struct{ *viewer }

// Bind takes what was agreed on.
func (t track) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	v := t.viewer
	v.agreed, v.out = c.CodecParameters(), c.WriteStream()
	v.source, v.again = uint32(c.SSRC()), uint32(c.SSRCRetransmission())
	for _, codec := range v.agreed {
		if strings.EqualFold(codec.MimeType, webrtc.MimeTypeH264) || strings.EqualFold(codec.MimeType, webrtc.MimeTypeH265) {
			return codec, nil
		}
	}
	return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
}

// Unbind has nothing to undo.
func (t track) Unbind(webrtc.TrackLocalContext) error { return nil }

// ID names the track.
func (t track) ID() string { return "picture" }

// RID is for simulcast, which this is not.
func (t track) RID() string { return "" }

// StreamID names the stream.
func (t track) StreamID() string { return "camera" }

// Kind is a picture.
func (t track) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeVideo }
