package video_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"guardroom/console/video"
	"guardroom/devices/repack"
	"guardroom/devices/rtsp"
)

// A player is an independent client: it offers to receive, and puts pictures
// together as a browser does.
type player struct {
	t     *testing.T
	pc    *webrtc.PeerConnection
	codec rtsp.Codec

	mu       sync.Mutex
	changed  chan struct{}
	packets  []*rtp.Packet
	pictures []picture
	unit     []*rtp.Packet
	ages     []video.Age
	closed   bool
	track    *webrtc.TrackRemote
}

type picture struct {
	stamp uint32
	first uint16
	at    time.Time
	key   bool
	whole bool
	units [][]byte
}

type playerOptions struct {
	age  bool
	h265 bool
	tcp  bool
}

func newPlayer(t *testing.T, o playerOptions) *player {
	t.Helper()
	media := &webrtc.MediaEngine{}
	mime, fmtp := webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
	p := &player{t: t, codec: rtsp.H264, changed: make(chan struct{})}
	if o.h265 {
		mime, fmtp, p.codec = webrtc.MimeTypeH265, "", rtsp.H265
	}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 106, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: mime, ClockRate: 90000, SDPFmtpLine: fmtp, RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}},
	}}, webrtc.RTPCodecTypeVideo); err != nil {
		t.Fatal(err)
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetHostAcceptanceMinWait(0)
	settings.DisableSRTPReplayProtection(true) // what is sent again has the number of what came
	if o.tcp {
		settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4})
	} else {
		settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	}
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	p.pc = pc
	t.Cleanup(p.close)
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	if o.age {
		p.hearAges()
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		p.tell(func() { p.track = track })
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			p.tell(func() { p.take(packet) })
		}
	})
	return p
}

func (p *player) hearAges() {
	no, none := false, uint16(0)
	channel, err := p.pc.CreateDataChannel("age", &webrtc.DataChannelInit{Ordered: &no, MaxRetransmits: &none})
	if err != nil {
		p.t.Fatal(err)
	}
	channel.OnMessage(func(m webrtc.DataChannelMessage) {
		var age video.Age
		if err := json.Unmarshal(m.Data, &age); err != nil {
			p.t.Errorf("age %q: %v", m.Data, err)
		}
		p.tell(func() { p.ages = append(p.ages, age) })
	})
}

// tell changes what the test waits for.
func (p *player) tell(change func()) {
	p.mu.Lock()
	change()
	close(p.changed)
	p.changed = make(chan struct{})
	p.mu.Unlock()
}

// take adds a packet; a change of the time stamp ends a picture.
func (p *player) take(packet *rtp.Packet) {
	p.packets = append(p.packets, packet)
	if len(packet.Payload) == 0 {
		return
	}
	if len(p.unit) > 0 && p.unit[0].Timestamp != packet.Timestamp {
		p.unit = nil
	}
	p.unit = append(p.unit, packet)
	if !packet.Marker {
		return
	}
	done := picture{stamp: packet.Timestamp, first: p.unit[0].SequenceNumber, at: time.Now()}
	var payloads [][]byte
	for _, one := range p.unit {
		payloads = append(payloads, one.Payload)
	}
	done.whole = repack.Units(p.codec, payloads, func(unit []byte) {
		done.units = append(done.units, unit)
		kind := unit[0] & 0x1f
		done.key = done.key || p.codec == rtsp.H264 && kind == 5 || p.codec == rtsp.H265 && unit[0]>>1&0x3f >= 16 && unit[0]>>1&0x3f <= 21
	})
	p.pictures = append(p.pictures, done)
	p.unit = nil
}

// until waits until ok holds; the test fails when it takes long.
func (p *player) until(what string, ok func() bool) {
	p.t.Helper()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	for {
		p.mu.Lock()
		held, changed := ok(), p.changed
		p.mu.Unlock()
		if held {
			return
		}
		select {
		case <-changed:
		case <-late.C:
			p.mu.Lock()
			defer p.mu.Unlock()
			p.t.Fatalf("%s: not within 10 s (%d pictures, %d packets, ages %v)", what, len(p.pictures), len(p.packets), p.ages)
		}
	}
}

func (p *player) picture(i int) picture {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pictures[i]
}

// source is the number of what it is sent (SSRC).
func (p *player) source() uint32 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return uint32(p.track.SSRC())
}

// seen counts pictures.
func (p *player) seen() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.pictures)
}

func (p *player) offer() string {
	p.t.Helper()
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(offer); err != nil {
		p.t.Fatal(err)
	}
	<-gathered
	return p.pc.LocalDescription().SDP
}

func (p *player) answered(sdp string) {
	p.t.Helper()
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
		p.t.Fatal(err)
	}
}

// watch connects it to a feed.
func (p *player) watch(ctx context.Context, s *video.Server, f *video.Feed) *video.Session {
	p.t.Helper()
	session, answer, err := s.Watch(ctx, f, p.offer())
	if err != nil {
		p.t.Fatal(err)
	}
	p.answered(answer)
	return session
}

func (p *player) say(packets ...rtcp.Packet) {
	if err := p.pc.WriteRTCP(packets); err != nil && !errors.Is(err, webrtc.ErrConnectionClosed) {
		p.t.Error(err)
	}
}

func (p *player) close() {
	p.mu.Lock()
	closed := p.closed
	p.closed = true
	p.mu.Unlock()
	if !closed {
		if err := p.pc.Close(); err != nil && !strings.Contains(err.Error(), "closed") {
			p.t.Error(err)
		}
	}
}

// inOrder fails the test when the pictures so far are not a picture without holes:
// numbers that follow each other, time stamps that grow.
func (p *player) inOrder() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, one := range p.packets[1:] {
		before := p.packets[i]
		if one.SequenceNumber != before.SequenceNumber+1 {
			p.t.Fatalf("packet %d: number %d after %d", i+1, one.SequenceNumber, before.SequenceNumber)
		}
		if int32(one.Timestamp-before.Timestamp) < 0 {
			p.t.Fatalf("packet %d: time %d after %d", i+1, one.Timestamp, before.Timestamp)
		}
	}
	for i, one := range p.pictures {
		if !one.whole {
			p.t.Fatalf("picture %d is not whole", i)
		}
	}
}
