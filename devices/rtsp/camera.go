package rtsp

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/pion/rtp"
)

// Codec is how a picture is coded.
type Codec string

// The codecs that are taken.
const (
	H264 Codec = "H264"
	H265 Codec = "H265"
)

// ClockRate is the clock of RTP time stamps of both codecs, in Hz.
const ClockRate = 90000

// Format is what a camera's picture stream is made of: from the session
// description, refreshed by parameter sets inside the stream.
type Format struct {
	Codec         Codec
	VPS, SPS, PPS []byte  // parameter sets without start codes; nil while unknown, VPS with H.265 only
	Width, Height int     // of the shown picture in pixels, 0 while unknown
	FPS           float64 // as the parameter sets promise, 0 when they do not
	Profile       string  // "baseline", "main", "high", …; empty while unknown
	BFrames       bool    // pictures may be sent in another order than shown
}

// Transport is how packets travel.
type Transport string

// The transports.
const (
	Auto Transport = ""    // TCP, and UDP where the camera refuses it
	TCP  Transport = "tcp" // interleaved in the RTSP connection
	UDP  Transport = "udp"
)

// Camera is one stream of a camera or of a recorder.
type Camera struct {
	URL       string // rtsp:// or rtsps://; user and password in it count where Username is empty
	Username  string
	Password  string
	Transport Transport
	TLS       *tls.Config // rtsps only; nil verifies by the system's authorities
	PlayFrom  time.Time   // a recorder's playback from then on (Range: clock=); zero is live
	PlayTo    time.Time   // its end; zero plays on

	Silence  time.Duration // a session without packets ends after it; 5 s where zero
	RetryMin time.Duration // before a stream is tried again, at least; 1 s where zero
	RetryMax time.Duration // and at most; 10 s where zero. A refused password waits up to six times as long
}

// LongestPlayback is how long a span of a recording is at most.
const LongestPlayback = 6 * time.Hour

// InvalidError says which field of a Camera is wrong and why. It never repeats
// an address, which may hold a password.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string        { return fmt.Sprintf("%s %s", e.Field, e.Reason) }
func (e *InvalidError) InvalidField() string { return e.Field }

// Validate reports the first field that can never work.
func (c Camera) Validate() error {
	_, err := c.address()
	switch {
	case err != nil:
		return err
	case c.Transport != Auto && c.Transport != TCP && c.Transport != UDP:
		return &InvalidError{Field: "transport", Reason: "is tcp, udp or left out"}
	case c.Password != "" && c.Username == "":
		return &InvalidError{Field: "username", Reason: "is missing beside the password"}
	case !c.PlayTo.IsZero() && !c.PlayFrom.Before(c.PlayTo):
		return &InvalidError{Field: "to", Reason: "is not after from"}
	case !c.PlayTo.IsZero() && c.PlayTo.Sub(c.PlayFrom) > LongestPlayback:
		return &InvalidError{Field: "to", Reason: "is more than six hours after from"}
	}
	return nil
}

// address is the URL with the credentials in it, where gortsplib looks for them.
func (c Camera) address() (*base.URL, error) {
	parsed, err := url.Parse(strings.TrimSpace(c.URL))
	switch {
	case err != nil:
		return nil, &InvalidError{Field: "address", Reason: "is not a URL such as rtsp://10.0.0.5:554/stream1"}
	case parsed.Scheme != "rtsp" && parsed.Scheme != "rtsps":
		return nil, &InvalidError{Field: "address", Reason: "begins with rtsp:// or rtsps://"}
	case parsed.Hostname() == "":
		return nil, &InvalidError{Field: "address", Reason: "names no host"}
	}
	if c.Username != "" {
		parsed.User = url.UserPassword(c.Username, c.Password)
	}
	return (*base.URL)(parsed), nil
}

func (c Camera) silence() time.Duration { return cmp.Or(c.Silence, 5*time.Second) }

func (c Camera) retry() (least, most time.Duration) {
	least = cmp.Or(c.RetryMin, time.Second)
	return least, max(least, cmp.Or(c.RetryMax, 10*time.Second))
}

// Sink takes a stream. Its methods are called one at a time, in order, and must
// not wait: the camera's connection waits with them.
type Sink interface {
	// Opened says what comes, at each connection and before its packets, and
	// again when the stream's own parameter sets or pictures say otherwise.
	Opened(Format)
	// Packet hands over a packet as the camera made it, in the order of its
	// sequence numbers; its payload is never empty. Packet and payload are the
	// sink's to keep; nobody changes them. at is when this machine got it: when it
	// was read, less what it waited to be read while the machine was busy.
	Packet(p *rtp.Packet, at time.Time)
	// Closed says why it ended or could not begin. It is tried again.
	Closed(Fault)
}

// FaultCode is why there is no picture, for programs and translations.
type FaultCode string

// What goes wrong with a camera.
const (
	Unreachable     FaultCode = "unreachable"      // no connection
	RefusedPassword FaultCode = "refused_password" // 401, 403
	NoSuchPath      FaultCode = "no_such_path"     // 404
	NotPlayable     FaultCode = "not_playable"     // neither H.264 nor H.265
	BFrames         FaultCode = "b_frames"         // a browser would show it jumping
	Silent          FaultCode = "silent"           // a session without packets
	TLSRefused      FaultCode = "tls"              // certificate or handshake
	Protocol        FaultCode = "protocol"         // what it says is not RTSP, or a refusal of another kind
	Ended           FaultCode = "ended"            // a recorder's playback came to its end
	Stopped         FaultCode = "stopped"          // nobody wants it any more
)

// Fault is why a stream ended.
type Fault struct {
	Code FaultCode
	Text string // in words for an operator: what happened and what to do
	Err  error  // for the log, without passwords; may be nil
}

func (f Fault) Error() string {
	if f.Err == nil {
		return f.Text
	}
	return f.Text + ": " + f.Err.Error()
}

func (f Fault) Unwrap() error { return f.Err }
