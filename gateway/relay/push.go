package relay

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"guardroom/devices/repack"
	"guardroom/devices/rtsp"
)

// Client pushes streams to the console.
type Client struct {
	Console string      // its URL, as the configuration names it
	TLS     *tls.Config // nil: the system's authorities
	// Loopback offers this machine's own address too, for a console beside it.
	Loopback bool

	once sync.Once
	http *http.Client
	api  *webrtc.API
	err  error
}

// ErrAway says that the camera sends nothing now.
var ErrAway = errors.New("the camera sends nothing")

func (c *Client) open() error {
	c.once.Do(func() {
		c.http = &http.Client{Transport: &http.Transport{TLSClientConfig: c.TLS, MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: 15 * time.Second}}
		media := &webrtc.MediaEngine{}
		feedback := []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}}
		for _, codec := range []webrtc.RTPCodecParameters{
			{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, ClockRate: rtsp.ClockRate, SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", RTCPFeedback: feedback}, PayloadType: 102},
			{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH265, ClockRate: rtsp.ClockRate, SDPFmtpLine: "level-id=93;profile-id=1;tier-flag=0;tx-mode=SRST", RTCPFeedback: feedback}, PayloadType: 104},
		} {
			if c.err = media.RegisterCodec(codec, webrtc.RTPCodecTypeVideo); c.err != nil {
				return
			}
		}
		registry := &interceptor.Registry{}
		if c.err = webrtc.ConfigureNack(media, registry); c.err != nil {
			return
		}
		settings := webrtc.SettingEngine{}
		settings.SetICETimeouts(4*time.Second, 8*time.Second, time.Second)
		settings.SetIncludeLoopbackCandidate(c.Loopback)
		settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6})
		c.api = webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings))
	})
	return c.err
}

// address joins a path of the console's to its URL: a command can send nothing
// elsewhere.
func (c *Client) address(path string) (string, error) {
	base, err := url.Parse(c.Console)
	if err != nil || base.Host == "" {
		return "", errors.New("the gateway's configuration does not say where the console is: set console_url")
	}
	to, err := url.Parse(path)
	if err != nil || to.IsAbs() || to.Host != "" || to.User != nil || len(path) == 0 || path[0] != '/' {
		return "", errors.New("this is no path of the console's")
	}
	return base.ResolveReference(to).String(), nil
}

// Push is a stream on its way to the console.
type Push struct {
	peer    *webrtc.PeerConnection
	client  *Client
	session string // where the console ends it
	done    chan struct{}
	once    sync.Once
}

// Done is closed when the console has it no more.
func (p *Push) Done() <-chan struct{} { return p.done }

// Close ends it.
func (p *Push) Close() {
	p.end()
	if p.session == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodDelete, p.session, nil)
	if err != nil {
		return
	}
	if answer, err := p.client.http.Do(r); err == nil { // the console finds out by itself, later
		answer.Body.Close()
	}
}

func (p *Push) end() {
	p.once.Do(func() {
		close(p.done)
		go p.peer.Close() //nolint:errcheck // it is over in any case
	})
}

// Push offers a stream at a path of the console's with a token, and sends until
// it is closed, here or there.
func (c *Client) Push(ctx context.Context, s *Stream, path, token string) (*Push, error) {
	format, there := s.Format()
	if !there {
		return nil, ErrAway
	}
	if err := c.open(); err != nil {
		return nil, fmt.Errorf("prepare to push: %w", err)
	}
	to, err := c.address(path)
	if err != nil {
		return nil, err
	}
	peer, err := c.api.NewPeerConnection(webrtc.Configuration{BundlePolicy: webrtc.BundlePolicyMaxBundle})
	if err != nil {
		return nil, fmt.Errorf("prepare to push: %w", err)
	}
	p := &Push{peer: peer, client: c, done: make(chan struct{})}
	track, connected, err := c.connect(ctx, p, format.Codec, to, token)
	if err != nil {
		p.end()
		return nil, err
	}
	go p.send(s, track, connected)
	return p, nil
}

func (c *Client) connect(ctx context.Context, p *Push, codec rtsp.Codec, to, token string) (*webrtc.TrackLocalStaticRTP, <-chan struct{}, error) {
	kind := webrtc.MimeTypeH264
	if codec == rtsp.H265 {
		kind = webrtc.MimeTypeH265
	}
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: kind, ClockRate: rtsp.ClockRate}, "video", "camera")
	if err != nil {
		return nil, nil, fmt.Errorf("prepare to push: %w", err)
	}
	sender, err := p.peer.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return nil, nil, fmt.Errorf("prepare to push: %w", err)
	}
	go func() { // what the console reports must be read, for lost packets to be sent again
		for {
			if _, _, err := sender.Sender().ReadRTCP(); err != nil {
				return
			}
		}
	}()
	connected := make(chan struct{})
	var once sync.Once
	p.peer.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			once.Do(func() { close(connected) })
		case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
			p.end()
		}
	})
	gathered := webrtc.GatheringCompletePromise(p.peer)
	offer, err := p.peer.CreateOffer(nil)
	if err == nil {
		err = p.peer.SetLocalDescription(offer)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("describe the stream: %w", err)
	}
	select {
	case <-gathered:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	answer, err := c.offer(ctx, p, to, token, p.peer.LocalDescription().SDP)
	if err != nil {
		return nil, nil, err
	}
	if err := p.peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return nil, nil, fmt.Errorf("the console's answer: %w", err)
	}
	return track, connected, nil
}

func (c *Client) offer(ctx context.Context, p *Push, to, token, sdp string) (answer string, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader([]byte(sdp)))
	if err != nil {
		return "", fmt.Errorf("ask the console to take the stream: %w", err)
	}
	r.Header.Set("Content-Type", "application/sdp")
	r.Header.Set("Authorization", "Bearer "+token)
	got, err := c.http.Do(r)
	if err != nil {
		return "", fmt.Errorf("ask the console to take the stream: %w", err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(io.LimitReader(got.Body, 256<<10))
	if err != nil {
		return "", fmt.Errorf("the console's answer: %w", err)
	}
	if got.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("the console does not take the stream: it answers %d", got.StatusCode)
	}
	if where, err := r.URL.Parse(got.Header.Get("Location")); err == nil && got.Header.Get("Location") != "" && where.Host == r.URL.Host {
		p.session = where.String()
	}
	return string(text), nil
}

// What waits to be sent leaves so many packets at once, and the rest after a
// pause: buffers on the way are short.
const (
	burst = 32
	pause = 2 * time.Millisecond
)

// send brings the group of pictures, paced, and then what comes.
func (p *Push) send(s *Stream, track *webrtc.TrackLocalStaticRTP, connected <-chan struct{}) {
	patience := time.NewTimer(10 * time.Second)
	defer patience.Stop()
	select {
	case <-connected:
	case <-p.done:
		return
	case <-patience.C:
		p.end()
		return
	}
	t, leave := s.take(time.Now())
	defer leave()
	w := writer{track: track, stream: s, packer: repack.New(repack.Payload)}
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select {
		case <-p.done:
			return
		case <-t.more:
		case <-rest.C:
		}
		some := s.taken(t)
		for _, q := range some {
			if w.write(q) != nil {
				p.end()
				return
			}
		}
		if len(some) == burst {
			rest.Reset(pause)
		}
	}
}

// writer numbers packets anew, makes them fit, and puts the parameter sets before
// each key picture.
type writer struct {
	track  *webrtc.TrackLocalStaticRTP
	stream *Stream
	packer *repack.Packer
	format rtsp.Format
	number uint16
	next   uint16 // that the camera's next packet has
	stamp  uint32
	any    bool
	failed error
}

// leap is how far numbers go on where pictures were left out: so far that the
// console does not wait for what will not come.
const leap = 1024

func (w *writer) write(q queued) error {
	p := q.packet
	if f, there := w.stream.Format(); there && !same(f, w.format) {
		w.format = f
		w.packer.Format(f)
	}
	switch {
	case w.any && q.after:
		w.packer.Drop()
		w.number += leap
	case w.any && p.SequenceNumber != w.next:
		w.packer.Drop()
		w.number++ // the console sees that something is missing, too
	}
	if !w.any || p.Timestamp != w.stamp {
		w.packer.Begin()
	}
	w.any, w.stamp, w.next = true, p.Timestamp, p.SequenceNumber+1
	w.packer.Packet(p, func(piece repack.Piece) {
		w.number++
		err := w.track.WriteRTP(&rtp.Packet{
			Header:  rtp.Header{Version: 2, Marker: piece.Marker, SequenceNumber: w.number, Timestamp: p.Timestamp},
			Payload: piece.Payload,
		})
		if err != nil && w.failed == nil {
			w.failed = err
		}
	})
	return w.failed
}

func same(a, b rtsp.Format) bool {
	return a.Codec == b.Codec && bytes.Equal(a.SPS, b.SPS) && bytes.Equal(a.PPS, b.PPS) && bytes.Equal(a.VPS, b.VPS)
}

// Upload sends a body to a path of the console's with a token, as it comes.
func (c *Client) Upload(ctx context.Context, path, token string, header http.Header, body io.Reader) error {
	if err := c.open(); err != nil {
		return fmt.Errorf("prepare to upload: %w", err)
	}
	to, err := c.address(path)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, to, io.NopCloser(body))
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	r.Header = header.Clone()
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return fmt.Errorf("upload: the console answers %d", answer.StatusCode)
	}
	return nil
}
