package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// watcher is an independent WHEP client: it receives, decrypts and measures, and
// shows nothing.
type watcher struct {
	pc      *webrtc.PeerConnection
	session string // where it is deleted; empty when the server does not say

	began  time.Time // before anything
	posted time.Time
	first  chan time.Duration // from posted to a whole keyframe

	mu      sync.Mutex
	keyed   bool
	delays  []time.Duration
	count   bool // delays
	stamp   time.Time
	unit    uint32
	packets int
	missing int
	seq     uint16
	ages    []told
	made    map[uint32]time.Time // the camera made a picture, by its time stamp, while it is measured
}

var watcherAPI = sync.OnceValues(func() (*webrtc.API, error) {
	media := &webrtc.MediaEngine{}
	err := media.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: 102, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeH264, ClockRate: 90000,
		SDPFmtpLine:  "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}},
	}}, webrtc.RTPCodecTypeVideo)
	if err != nil {
		return nil, err
	}
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	registry := &interceptor.Registry{}
	if err := webrtc.ConfigureNack(media, registry); err != nil {
		return nil, err
	}
	if err := webrtc.ConfigureRTCPReports(registry); err != nil {
		return nil, err
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithSettingEngine(settings), webrtc.WithInterceptorRegistry(registry)), nil
})

// watchPicture connects to a WHEP endpoint; with ages it is told how old its picture is.
func watchPicture(ctx context.Context, endpoint string, ages bool) (*watcher, error) {
	api, err := watcherAPI()
	if err != nil {
		return nil, err
	}
	w := &watcher{began: time.Now(), first: make(chan time.Duration, 1), made: map[uint32]time.Time{}}
	if w.pc, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return nil, err
	}
	w.pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			p, _, err := t.ReadRTP()
			if err != nil {
				return
			}
			w.take(p, time.Now())
		}
	})
	if err := w.connect(ctx, endpoint, ages); err != nil {
		_ = w.pc.Close()
		return nil, err
	}
	return w, nil
}

func (w *watcher) connect(ctx context.Context, endpoint string, ages bool) error {
	if _, err := w.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		return err
	}
	if ages {
		if err := w.hearAges(); err != nil {
			return err
		}
	}
	offer, err := w.pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	gathered := webrtc.GatheringCompletePromise(w.pc)
	if err := w.pc.SetLocalDescription(offer); err != nil {
		return err
	}
	<-gathered
	w.posted = time.Now()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewBufferString(w.pc.LocalDescription().SDP))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/sdp")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusCreated {
		return fmt.Errorf("%s: %s: %s", endpoint, response.Status, answer)
	}
	if at := response.Header.Get("Location"); at != "" {
		if base, err := url.Parse(endpoint); err == nil {
			if place, err := base.Parse(at); err == nil {
				w.session = place.String()
			}
		}
	}
	return w.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: string(answer)})
}

// take measures a packet: whether a keyframe is whole with it, and how old the
// picture is that ends with it.
func (w *watcher) take(p *rtp.Packet, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(p.Payload) < 2 {
		return
	}
	if w.packets++; w.packets > 1 && p.SequenceNumber != w.seq {
		w.missing++
	}
	w.seq = p.SequenceNumber + 1
	if stamp, ok := stampOf(p.Payload); ok {
		w.stamp, w.unit = stamp, p.Timestamp
		if w.count {
			w.made[p.Timestamp] = stamp
		}
	}
	kind := p.Payload[0] & 0x1f
	w.keyed = w.keyed || kind == 5 || kind == 28 && p.Payload[1]&0x1f == 5
	if !p.Marker {
		return
	}
	if w.keyed {
		select {
		case w.first <- at.Sub(w.posted):
		default:
		}
	}
	if w.count && w.unit == p.Timestamp && !w.stamp.IsZero() {
		w.delays = append(w.delays, at.Sub(w.stamp))
	}
}

// measure has delays counted or not.
func (w *watcher) measure(on bool) {
	w.mu.Lock()
	w.count = on
	w.mu.Unlock()
}

func (w *watcher) close(ctx context.Context) {
	if w.session != "" {
		if request, err := http.NewRequestWithContext(ctx, http.MethodDelete, w.session, nil); err == nil {
			if response, err := http.DefaultClient.Do(request); err == nil {
				_ = response.Body.Close()
			}
		}
	}
	_ = w.pc.Close() // the server has let go of it
}
