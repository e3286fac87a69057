package cmd_test

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"guardroom/devices/picture"
	"guardroom/devices/rtsp"
)

// viewer is an independent WHEP client.
type viewer struct {
	t       testing.TB
	peer    *webrtc.PeerConnection
	codec   rtsp.Codec
	session string // its address

	mu      sync.Mutex
	first   time.Duration // from the POST to the first packet of a key picture
	packets int
	last    uint16
	gaps    int
	over    bool
}

// watches posts an offer as somebody and follows the picture.
func watches(t testing.TB, client *http.Client, base, camera, token string) (*viewer, int) {
	t.Helper()
	return watchesIn(t, rtsp.H264, client, base, camera, token)
}

// watchesIn is watches by a player of one codec.
func watchesIn(t testing.TB, codec rtsp.Codec, client *http.Client, base, camera, token string) (*viewer, int) {
	t.Helper()
	plays := webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeH264, ClockRate: rtsp.ClockRate, SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
	}
	if codec == rtsp.H265 {
		plays = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH265, ClockRate: rtsp.ClockRate}
	}
	media := &webrtc.MediaEngine{}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 106, RTPCodecCapability: plays}, webrtc.RTPCodecTypeVideo); err != nil {
		t.Fatal(err)
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	peer, err := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	v := &viewer{t: t, peer: peer, codec: codec}
	t.Cleanup(func() { peer.Close() })
	if _, err := peer.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	peer.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		v.mu.Lock()
		defer v.mu.Unlock()
		v.over = v.over || s == webrtc.PeerConnectionStateClosed || s == webrtc.PeerConnectionStateFailed
	})
	offer, err := peer.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(peer)
	if err := peer.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	began := time.Now()
	peer.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { v.follow(track, began) })
	status, answer, header := posts(t, client, base+"/api/v1/cameras/"+camera+"/whep", "application/sdp", token, peer.LocalDescription().SDP)
	if status != http.StatusCreated {
		return v, status
	}
	v.session = base + header.Get("Location")
	if err := peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	return v, status
}

func posts(t testing.TB, client *http.Client, to, kind, token, body string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), answer.Header
}

func (v *viewer) follow(track *webrtc.TrackRemote, began time.Time) {
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		v.mu.Lock()
		if v.packets > 0 && p.SequenceNumber != v.last+1 {
			v.gaps++
		}
		v.packets, v.last = v.packets+1, p.SequenceNumber
		if v.first == 0 && picture.Key(v.codec, p.Payload) {
			v.first = time.Since(began)
		}
		v.mu.Unlock()
	}
}

func (v *viewer) seen() (packets int, over bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.packets, v.over
}

// grows waits until more pictures have come.
func (v *viewer) grows(within time.Duration) {
	v.t.Helper()
	before, _ := v.seen()
	waits(v.t, within, "pictures come", func() bool { now, _ := v.seen(); return now > before+5 })
}
