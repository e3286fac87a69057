package rtsp_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"guardroom/devices/rtsp"
)

// recorder plays what it has of a time, and then ends in its own way.
type recorder struct {
	address string
	server  *gortsplib.Server
	stream  *gortsplib.ServerStream
	media   *description.Media
	asked   chan string // the Range of each PLAY
	seconds int         // that it has
	bye     bool        // it says when it has come to the end
	breaks  bool        // it hangs up in the middle
}

func (r *recorder) OnDescribe(*gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusOK}, r.stream, nil
}

func (r *recorder) OnSetup(*gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	return &base.Response{StatusCode: base.StatusOK}, r.stream, nil
}

func (r *recorder) OnPlay(ctx *gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	r.asked <- ctx.Request.Header["Range"][0]
	go r.play(ctx.Session)
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// begin knocks with empty packets until the session takes them.
func (r *recorder) begin() {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for r.stream.Stats().OutboundBytes == 0 {
		_ = r.stream.WritePacketRTP(r.media, &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: 65535}})
		<-tick.C
	}
}

// play sends ten pictures a second of the recording, as fast as it can.
func (r *recorder) play(s *gortsplib.ServerSession) {
	r.begin()
	for i := range r.seconds * 10 {
		_ = r.stream.WritePacketRTP(r.media, &rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: 96, Marker: true, SequenceNumber: uint16(i), Timestamp: uint32(i) * 9000},
			Payload: []byte{0x65, 0x88, byte(i), byte(i >> 8)},
		})
	}
	switch {
	case r.bye:
		_ = r.stream.WritePacketRTCP(r.media, &rtcp.Goodbye{})
	case r.breaks:
		s.Close()
	}
}

func (r *recorder) start(t *testing.T) string {
	t.Helper()
	r.asked = make(chan string, 8)
	r.media = &description.Media{Type: description.MediaTypeVideo, Formats: []format.Format{&format.H264{PayloadTyp: 96, PacketizationMode: 1}}}
	r.server = &gortsplib.Server{Handler: r, RTSPAddress: "127.0.0.1:0", WriteQueueSize: 4096}
	r.server.Listen = func(network, address string) (net.Listener, error) {
		l, err := net.Listen(network, address)
		if err == nil {
			r.address = l.Addr().String()
		}
		return l, err
	}
	if err := r.server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.server.Close)
	r.stream = &gortsplib.ServerStream{Server: r.server, Desc: &description.Session{Medias: []*description.Media{r.media}}}
	if err := r.stream.Initialize(); err != nil {
		t.Fatal(err)
	}
	return "rtsp://" + r.address + "/archive"
}

func TestPlaysARecording(t *testing.T) {
	t.Parallel()
	from := time.Date(2030, 6, 1, 9, 0, 30, 500e6, time.UTC)
	for _, tc := range []struct {
		name    string
		has     recorder
		to      time.Time
		asked   string
		packets int
		code    rtsp.FaultCode
	}{
		{"says goodbye", recorder{seconds: 5, bye: true}, time.Time{}, "clock=20300601T090030Z-", 50, rtsp.Ended},
		{"falls silent", recorder{seconds: 5}, time.Time{}, "clock=20300601T090030Z-", 50, rtsp.Ended},
		{"plays on and on", recorder{seconds: 60}, from.Add(10 * time.Second), "clock=20300601T090030Z-20300601T090040Z", 111, rtsp.Ended},
		{"hangs up", recorder{seconds: 5, breaks: true}, time.Time{}, "clock=20300601T090030Z-", -1, rtsp.Unreachable},
		{"has nothing", recorder{}, time.Time{}, "clock=20300601T090030Z-", 0, rtsp.Silent},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			e := newEye()
			err := rtsp.Pull(t.Context(), rtsp.Camera{URL: tc.has.start(t), PlayFrom: from, PlayTo: tc.to, Silence: 400 * time.Millisecond}, e)
			var fault rtsp.Fault
			if tc.code == rtsp.Ended && err != nil || tc.code != rtsp.Ended && (!errors.As(err, &fault) || fault.Code != tc.code) {
				t.Errorf("Pull returned %v", err)
			}
			if e.faults[0].Code != tc.code || len(e.faults) != 1 {
				t.Errorf("closed with %v", e.faults)
			}
			if tc.packets >= 0 && e.total != tc.packets {
				t.Errorf("%d packets, want %d", e.total, tc.packets)
			}
			if got := <-tc.has.asked; got != tc.asked {
				t.Errorf("asked for %s, want %s", got, tc.asked)
			}
			if want := "opened"; !slices.Contains(e.calls, want) {
				t.Errorf("calls %v", e.calls)
			}
		})
	}
}

func TestPlaybackCanBeStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	has := recorder{seconds: 1}
	url := has.start(t)
	done := make(chan error, 1)
	go func() { done <- rtsp.Pull(ctx, rtsp.Camera{URL: url, PlayFrom: time.Unix(0, 0)}, newEye()) }()
	<-has.asked
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
