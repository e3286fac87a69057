package video_test

import (
	"context"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"guardroom/console/video"
	"guardroom/devices/repack"
	"guardroom/devices/rtsp"
)

// A gateway pushes a camera.
type gateway struct {
	pc     *webrtc.PeerConnection
	track  *webrtc.TrackLocalStaticRTP
	packer *repack.Packer
	ready  chan struct{}
	seq    uint16
	skip   map[uint16]bool // packets that are sent late
	late   []*rtp.Packet
}

func newGateway(t *testing.T, ctx context.Context, s *video.Server, f *video.Feed) (*gateway, *video.Session) {
	t.Helper()
	media, registry := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		t.Fatal(err)
	}
	if err := webrtc.RegisterDefaultInterceptors(media, registry); err != nil {
		t.Fatal(err)
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.Close() })
	g := &gateway{pc: pc, ready: make(chan struct{}), packer: repack.New(repack.Payload), skip: map[uint16]bool{}}
	g.track, err = webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, ClockRate: 90000, SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"}, "picture", "camera")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pc.AddTransceiverFromTrack(g.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}); err != nil {
		t.Fatal(err)
	}
	pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			close(g.ready)
		}
	})
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	session, answer, err := s.Push(ctx, f, pc.LocalDescription().SDP)
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-g.ready:
	case <-time.After(10 * time.Second):
		t.Fatal("the gateway does not connect")
	}
	return g, session
}

// A gateway is its camera's sink.
func (g *gateway) Opened(f rtsp.Format) { g.packer.Format(f) }
func (g *gateway) Closed(rtsp.Fault)    {}
func (g *gateway) Packet(p *rtp.Packet, _ time.Time) {
	g.packer.Begin()
	g.packer.Packet(p, func(piece repack.Piece) {
		out := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: g.seq, Timestamp: p.Timestamp, Marker: piece.Marker}, Payload: piece.Payload}
		if g.skip[g.seq] {
			g.late = append(g.late, out)
		} else {
			_ = g.track.WriteRTP(out)
			if len(g.late) > 0 {
				_ = g.track.WriteRTP(g.late[0])
				g.late = g.late[1:]
			}
		}
		g.seq++
	})
}

func TestAGatewayPushes(t *testing.T) {
	t.Parallel()
	s := newServer(t, video.Options{})
	f := s.Feed("gate/main")
	g, session := newGateway(t, t.Context(), s, f)
	g.seq = 65530
	g.skip[65533], g.skip[1] = true, true // overtaken by the packet after them
	c := newCamera(t, g, moving)
	c.open()
	c.keep()
	p := newPlayer(t, playerOptions{})
	p.watch(t.Context(), s, f)
	p.until("pictures", func() bool { return len(p.pictures) >= 20 })
	p.inOrder()
	if state := f.State(); state.Status != video.Live || state.Format.Width != 320 || state.Format.Height != 180 {
		t.Errorf("the feed is %+v", state)
	}

	again, second := newGateway(t, t.Context(), s, f) // it lost the first
	ends(t, session)
	went := p.seen()
	other := newCamera(t, again, moving)
	other.open()
	other.keep()
	p.until("the second's pictures", func() bool { return len(p.pictures) >= went+10 })
	second.Close()
	p.until("what was on its way", func() bool { return true })
	if state := f.State(); state.Status != video.Connecting { // there is a viewer still
		t.Errorf("without a gateway the feed is %s", state.Status)
	}
}
