package rtsp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"
)

var (
	errSilent    = errors.New("no packets")
	errBye       = errors.New("the camera said goodbye")
	errRedirects = errors.New("too many redirects")
)

type notPlayableError struct{ offered []string }

func (e notPlayableError) Error() string {
	if len(e.offered) == 0 {
		return "the camera offers no picture"
	}
	return "the camera offers " + strings.Join(e.offered, ", ")
}

// words says each fault to an operator: what happened, and what to do.
var words = map[FaultCode]string{
	Unreachable:     "The camera cannot be reached. Check its power, its network and its address.",
	RefusedPassword: "The camera refuses the user name or the password. Check both, and that the user may view.",
	NoSuchPath:      "The camera has no such stream. Check the path in its address.",
	NotPlayable:     "The camera's picture is neither H.264 nor H.265. Set its stream to H.264.",
	BFrames:         "The camera sends pictures out of order (B-frames), so live pictures jump. Set B-frames to 0 in the camera, or choose the baseline profile.",
	Silent:          "The camera is connected but sends no picture.",
	TLSRefused:      "The encrypted connection to the camera failed. Check its certificate.",
	Protocol:        "The camera's answer is not understood.",
	Ended:           "The recording ends here.",
	Stopped:         "Nobody watches this camera.",
}

// Words says code to an operator; empty for a code that there is not.
func Words(code FaultCode) string { return words[code] }

func newFault(code FaultCode, err error) Fault {
	return Fault{Code: code, Text: words[code], Err: err}
}

// phase is what was going on when something failed.
type phase int

const (
	asking  phase = iota // for the stream
	playing              // it
)

// fault finds the word for err.
func (s *session) fault(err error, during phase) Fault {
	f := explain(err, during)
	if s.camera.PlayFrom.IsZero() && f.Code == Ended {
		f = newFault(Unreachable, err)
		f.Text = "The camera ended the stream."
	}
	f.Err = s.camera.hide(f.Err)
	return f
}

func explain(err error, during phase) Fault {
	var (
		status   liberrors.ErrClientBadStatusCode
		playable notPlayableError
		dial     *net.OpError
		dns      *net.DNSError
	)
	switch {
	case errors.Is(err, errBye):
		return newFault(Ended, err)
	case errors.Is(err, errSilent), is[liberrors.ErrClientTCPTimeout](err), is[liberrors.ErrClientUDPTimeout](err):
		return newFault(Silent, err)
	case errors.As(err, &status):
		return refusal(status)
	case errors.As(err, &playable):
		f := newFault(NotPlayable, err)
		if len(playable.offered) == 0 {
			f.Text = "The camera offers no picture stream. Check the path in its address."
		}
		return f
	case isTLS(err):
		return newFault(TLSRefused, err)
	case is[liberrors.ErrClientAuthSetup](err):
		f := newFault(RefusedPassword, err)
		f.Text = "The camera asks for its password in a way that is not known here. Set it to digest authentication."
		return f
	case is[liberrors.ErrClientRequestTimedOut](err):
		f := newFault(Silent, err)
		f.Text = "What stands at this address takes the connection but does not answer as a camera does. Check the address and its port, or start the camera again."
		return f
	case errors.As(err, &dns):
		f := newFault(Unreachable, err)
		f.Text = "The camera's host name is not known. Check the address and the name server."
		return f
	case during == playing, errors.As(err, &dial), errors.Is(err, io.EOF) && during == playing:
		f := newFault(Unreachable, err)
		if during == playing {
			f.Text = "The connection to the camera broke."
		}
		return f
	case errors.Is(err, errRedirects):
		f := newFault(Protocol, err)
		f.Text = "The camera sends from one address to the next without end. Check its address."
		return f
	}
	return newFault(Protocol, err)
}

// refusal explains a status other than 200.
func refusal(status liberrors.ErrClientBadStatusCode) Fault {
	f := newFault(Protocol, status)
	switch status.Code {
	case base.StatusUnauthorized, base.StatusForbidden, base.StatusProxyAuthRequired:
		f = newFault(RefusedPassword, status)
	case base.StatusNotFound, base.StatusGone:
		f = newFault(NoSuchPath, status)
	case base.StatusNotEnoughBandwidth, base.StatusServiceUnavailable:
		f.Text = "The camera has no room for one more viewer. Close other programs that watch it, or let them watch here."
	case base.StatusUnsupportedTransport:
		f.Text = "The camera refuses the transport. Set it to tcp or udp, whichever the camera takes."
	default:
		f.Text = fmt.Sprintf("The camera refuses with %d %s.", status.Code, clip(status.Message))
	}
	return f
}

func is[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

func isTLS(err error) bool {
	return is[*tls.CertificateVerificationError](err) || is[tls.RecordHeaderError](err) || is[tls.AlertError](err) ||
		is[x509.UnknownAuthorityError](err) || is[x509.HostnameError](err) || is[x509.CertificateInvalidError](err) ||
		strings.Contains(err.Error(), "tls: ")
}

// hide takes the password out of an error's words.
func (c Camera) hide(err error) error {
	address, bad := c.address()
	if err == nil || bad != nil || address.User == nil {
		return err
	}
	password, _ := address.User.Password()
	if password == "" || !strings.Contains(err.Error(), password) {
		return err
	}
	return errors.New(strings.ReplaceAll(err.Error(), password, "…"))
}

// clip keeps a camera's own words short.
func clip(text string) string {
	if runes := []rune(text); len(runes) > 80 {
		return string(runes[:80]) + "…"
	}
	return text
}
