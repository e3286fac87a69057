package modbus

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"guardroom/devices"
)

// framing says how a request is wrapped on the wire.
type framing int

const (
	framedMBAP framing = iota // transaction id and length, Modbus on TCP
	framedRTU                 // unit, PDU, CRC
)

// endpoint is a parsed address.
type endpoint struct {
	framing framing
	host    string // host:port, empty for a serial port
	tty     string // path of the device file
	baud    int
	parity  string // "N", "E" or "O"
	stop    int    // bits
}

// defaultPort is the one IANA has registered for mbap.
const defaultPort = "502"

// Address checks an address and returns its one canonical form, so that devices
// on the same physical line can be found. The forms are
//
//	tcp://host:502, host:502, host           Modbus TCP; 502 may be left out
//	rtu+tcp://host:port                      RTU frames through a serial server
//	rtu:///dev/ttyUSB0?baud=9600&parity=E&stop=1
//
// with 19200 baud, even parity and 1 stop bit as defaults (2 stop
// bits without parity), as Modbus over Serial Line V1.02, 2.5.1 says.
// The error is a *devices.InvalidError.
func Address(address string) (string, error) {
	e, err := parseAddress(address)
	if err != nil {
		return "", err
	}
	return e.String(), nil
}

func parseAddress(address string) (endpoint, error) {
	text := strings.TrimSpace(address)
	switch {
	case text == "":
		return endpoint{}, badAddress(address, "is missing")
	case strings.HasPrefix(text, "/"):
		return endpoint{}, badAddress(address, "looks like a serial port: write rtu://"+text+"?baud=9600&parity=E&stop=1")
	case !strings.Contains(text, "://"):
		text = "tcp://" + bracketed(text)
	}
	u, err := url.Parse(text)
	if err != nil {
		return endpoint{}, badAddress(address, "cannot be read as an address")
	}
	if u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return endpoint{}, badAddress(address, "may hold neither a user nor a fragment")
	}
	switch u.Scheme {
	case "tcp":
		return parseHost(address, u, framedMBAP)
	case "rtu+tcp":
		return parseHost(address, u, framedRTU)
	case "rtu":
		return parseSerial(address, u)
	}
	return endpoint{}, badAddress(address, fmt.Sprintf("has the unknown scheme %q; known are tcp, rtu+tcp and rtu", u.Scheme))
}

// bracketed puts the brackets around a bare IPv6 address that a URL needs.
func bracketed(host string) string {
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is6() {
		return "[" + host + "]"
	}
	return host
}

func parseHost(address string, u *url.URL, f framing) (endpoint, error) {
	if u.RawQuery != "" || (u.Path != "" && u.Path != "/") {
		return endpoint{}, badAddress(address, "may hold only host and port")
	}
	host, port := u.Hostname(), u.Port()
	if host == "" {
		return endpoint{}, badAddress(address, "has no host")
	}
	if port == "" {
		if f == framedRTU {
			return endpoint{}, badAddress(address, "has no port; serial servers have no usual one")
		}
		port = defaultPort
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return endpoint{}, badAddress(address, "has a port that is not from 1 to 65535")
	}
	return endpoint{framing: f, host: net.JoinHostPort(strings.ToLower(host), port)}, nil
}

func parseSerial(address string, u *url.URL) (endpoint, error) {
	if u.Host != "" {
		return endpoint{}, badAddress(address, "names a host: write rtu+tcp://"+u.Host+" for RTU frames over TCP, or rtu:///dev/… with three slashes")
	}
	if u.Path == "" || u.Path == "/" {
		return endpoint{}, badAddress(address, "names no device file, such as rtu:///dev/ttyUSB0")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return endpoint{}, badAddress(address, "has settings that cannot be read; write ?baud=9600&parity=E&stop=1")
	}
	e := endpoint{framing: framedRTU, tty: path.Clean(u.Path), baud: 19200, parity: "E"}
	for key, values := range query {
		if len(values) != 1 {
			return endpoint{}, badAddress(address, fmt.Sprintf("sets %s more than once", key))
		}
		if err := e.set(address, key, values[0]); err != nil {
			return endpoint{}, err
		}
	}
	if e.stop == 0 { // without parity a second stop bit keeps the character at 11 bits
		e.stop = 1
		if e.parity == "N" {
			e.stop = 2
		}
	}
	return e, nil
}

var bauds = []int{300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600}

func (e *endpoint) set(address, key, value string) error {
	n, _ := strconv.Atoi(value)
	switch key {
	case "baud":
		if !slices.Contains(bauds, n) {
			return badAddress(address, fmt.Sprintf("has baud %q; known are %v", value, bauds))
		}
		e.baud = n
	case "parity":
		e.parity = strings.ToUpper(value)
		if !slices.Contains([]string{"N", "E", "O"}, e.parity) {
			return badAddress(address, fmt.Sprintf("has parity %q; known are N, E and O", value))
		}
	case "data":
		if n != 8 {
			return badAddress(address, fmt.Sprintf("has %q data bits; RTU frames need 8", value))
		}
	case "stop":
		if n != 1 && n != 2 {
			return badAddress(address, fmt.Sprintf("has %q stop bits; 1 or 2 are possible", value))
		}
		e.stop = n
	default:
		return badAddress(address, fmt.Sprintf("has the unknown setting %q; known are baud, parity, data and stop", key))
	}
	return nil
}

func (e endpoint) String() string {
	switch {
	case e.tty != "":
		return fmt.Sprintf("rtu://%s?baud=%d&parity=%s&stop=%d", e.tty, e.baud, e.parity, e.stop)
	case e.framing == framedRTU:
		return "rtu+tcp://" + e.host
	}
	return "tcp://" + e.host
}

// silence is the pause that ends a frame on a serial port: 3.5 characters of 11
// bits, and 1.75 ms above 19200 baud (Modbus over Serial Line V1.02, 2.5.1.1).
func (e endpoint) silence() time.Duration {
	switch {
	case e.tty == "":
		return 0
	case e.baud > 19200:
		return 1750 * time.Microsecond
	}
	return 35 * 11 * time.Second / time.Duration(10*e.baud)
}

// transmission is the time that n bytes spend on the wire of a serial port.
func (e endpoint) transmission(n int) time.Duration {
	return time.Duration(n*11) * time.Second / time.Duration(e.baud)
}

func badAddress(address, reason string) error {
	return &devices.InvalidError{Field: "address", Reason: strconv.Quote(address) + " " + reason}
}
