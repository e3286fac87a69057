package onvif

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Options of a camera. Zero values take the defaults named.
type Options struct {
	Address  string // host, host:port or the URL of its device service
	Username string
	Password string
	TLS      *tls.Config      // https only; nil verifies by the system's authorities
	Timeout  time.Duration    // of one question; 5 s
	Now      func() time.Time // time.Now
}

const devicePath = "/onvif/device_service"

// Camera is the ONVIF side of a camera. It learns what it needs with the first
// question and forgets it when the camera stops answering. Several goroutines
// may use it.
type Camera struct {
	o      Options
	device *url.URL
	client *http.Client

	mu     sync.Mutex
	known  *services // nil: not asked yet
	digest *challenge
}

// services is where a camera's services are, and how its clock stands to ours.
type services struct {
	media, ptz *url.URL // ptz is nil for a camera that does not turn
	ahead      time.Duration
}

// Open checks the options; it asks nothing yet.
func Open(o Options) (*Camera, error) {
	o.Timeout = cmp.Or(o.Timeout, 5*time.Second)
	if o.Now == nil {
		o.Now = time.Now
	}
	device, err := deviceURL(o.Address)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{
		DialContext: (&net.Dialer{Timeout: o.Timeout}).DialContext, TLSClientConfig: o.TLS,
		MaxConnsPerHost: 4, MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 64 << 10,
	}
	return &Camera{o: o, device: device, client: &http.Client{
		Transport: transport, Timeout: o.Timeout,
		// A camera that sends elsewhere is not followed: the password would go there.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func deviceURL(address string) (*url.URL, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, &InvalidError{Field: "onvif", Reason: "is not an address such as 10.0.0.5 or http://10.0.0.5/onvif/device_service"}
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, &InvalidError{Field: "onvif", Reason: "begins with http:// or https://"}
	case u.Hostname() == "":
		return nil, &InvalidError{Field: "onvif", Reason: "names no host"}
	case u.User != nil:
		return nil, &InvalidError{Field: "onvif", Reason: "holds a user; give user name and password beside it"}
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = devicePath
	}
	return u, nil
}

// Close lets go of the connections.
func (c *Camera) Close() { c.client.CloseIdleConnections() }

// services asks where the services are, once.
func (c *Camera) services(ctx context.Context) (*services, error) {
	c.mu.Lock()
	known := c.known
	c.mu.Unlock()
	if known != nil {
		return known, nil
	}
	known = &services{}
	var clock clockAnswer
	// Some cameras want a password even for their clock; then ours has to do.
	if err := c.ask(ctx, question{operation: "GetSystemDateAndTime", space: deviceSpace, at: c.device, open: true}, &clock); err == nil {
		if at, ok := clock.time(); ok {
			known.ahead = at.Sub(c.o.Now())
		}
	} else if is(err, Unreachable) {
		return nil, err
	}
	var capable capabilitiesAnswer
	err := c.ask(ctx, question{operation: "GetCapabilities", space: deviceSpace, at: c.device, ahead: known.ahead, body: `<Category xmlns="` + deviceSpace + `">All</Category>`}, &capable)
	if err != nil {
		return nil, err
	}
	known.media = c.beside(capable.Media)
	if known.media == nil {
		return nil, &Error{Operation: "GetCapabilities", Code: NotSupported, Text: "The camera has no ONVIF media service."}
	}
	known.ptz = c.beside(capable.PTZ)
	c.mu.Lock()
	c.known = known
	c.mu.Unlock()
	return known, nil
}

func (c *Camera) forget() {
	c.mu.Lock()
	c.known = nil
	c.mu.Unlock()
}

// beside takes the path of a service that the camera names, and its port where
// the camera names itself as it was reached: cameras behind an address
// translation name one that leads nowhere, and one that names somebody else is
// not believed.
func (c *Camera) beside(address string) *url.URL {
	named, err := url.Parse(strings.TrimSpace(address))
	if err != nil || named.Host == "" {
		return nil
	}
	at := *c.device
	at.Path, at.RawQuery = named.Path, named.RawQuery
	if named.Hostname() == c.device.Hostname() && named.Scheme == c.device.Scheme {
		at.Host = named.Host
	}
	return &at
}

type clockAnswer struct {
	Year   int `xml:"SystemDateAndTime>UTCDateTime>Date>Year"`
	Month  int `xml:"SystemDateAndTime>UTCDateTime>Date>Month"`
	Day    int `xml:"SystemDateAndTime>UTCDateTime>Date>Day"`
	Hour   int `xml:"SystemDateAndTime>UTCDateTime>Time>Hour"`
	Minute int `xml:"SystemDateAndTime>UTCDateTime>Time>Minute"`
	Second int `xml:"SystemDateAndTime>UTCDateTime>Time>Second"`
}

func (a clockAnswer) time() (time.Time, bool) {
	at := time.Date(a.Year, time.Month(a.Month), a.Day, a.Hour, a.Minute, a.Second, 0, time.UTC)
	return at, a.Year >= 1970 && a.Year < 3000 && at.Month() == time.Month(a.Month) && at.Day() == a.Day
}

type capabilitiesAnswer struct {
	Media string `xml:"Capabilities>Media>XAddr"`
	PTZ   string `xml:"Capabilities>PTZ>XAddr"`
}
