package broker_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
)

func TestLargePayload(t *testing.T) {
	t.Parallel()
	taken := make(chan int, 10)
	ended := make(chan error, 10)
	b := start(t, broker.Options{
		Take:         func(_ *broker.Client, p broker.Taken) bool { taken <- len(p.Payload); p.Done(); return true },
		OnDisconnect: func(c *broker.Client, err error) { ended <- err },
	})
	bystander := connect(t, b.Addr(), "bystander")
	big := make([]byte, 1<<20)
	if err := bystander.Publish(soon(t), mqtt.Message{Topic: "x", QoS: 1, Payload: big}); err != nil {
		t.Errorf("1 MiB: %v", err)
	}
	if n := receive(t, taken); n != len(big) {
		t.Errorf("took %d bytes", n)
	}
	r := dial(t, b.Addr()).sign("large")
	r.send([]byte{0x32, 0xff, 0xff, 0xff, 0x7f}) // announces 256 MiB
	r.expectEnd()
	if err := receive(t, ended); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("ended with %v", err)
	}
	greedy := connect(t, b.Addr(), "greedy")
	if err := greedy.Publish(soon(t), mqtt.Message{Topic: "x", QoS: 1, Payload: make([]byte, 2<<20)}); !errors.Is(err, mqtt.ErrUnknown) {
		t.Errorf("2 MiB: %v", err)
	}
	if err := bystander.Publish(soon(t), mqtt.Message{Topic: "x", QoS: 1, Payload: []byte("alarm")}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
	if err := b.Publish(mqtt.Message{Topic: "x", Payload: make([]byte, 2<<20)}); err == nil {
		t.Error("an oversized message from inside must be refused")
	}
}

func TestGarbage(t *testing.T) {
	t.Parallel()
	b := start(t, broker.Options{})
	deep := strings.Repeat("/", 100)
	for _, tc := range []struct {
		name   string
		bytes  []byte
		signed bool
	}{
		{"http", []byte("GET / HTTP/1.1\r\n\r\n"), false},
		{"zeros", make([]byte, 100), false},
		{"TLS hello", []byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3}, false},
		{"no connect", publishPacket("x", 1, 1, "m"), false},
		{"large connect", []byte{0x10, 0xff, 0xff, 0x7f}, false},
		{"long length", []byte{0x10, 0xff, 0xff, 0xff, 0xff, 0x7f}, false},
		{"empty connect", []byte{0x10, 0}, false},
		{"short strings", packet(0x10, "\xff\xffMQTT\x04\x02"), false},
		{"reserved type", []byte{0xf0, 0}, true},
		{"type zero", []byte{0, 0}, true},
		{"publish without topic", []byte{0x32, 0}, true},
		{"publish without id", packet(0x32, text("x")), true},
		{"publish QoS 3", packet(0x36, text("x")+"\x00\x01m"), true},
		{"publish to wildcard", publishPacket("x/#", 1, 1, "m"), true},
		{"publish to depth", publishPacket(deep, 1, 1, "m"), true},
		{"subscribe to nothing", packet(0x82, "\x00\x01"), true},
		{"subscribe to depth", packet(0x82, "\x00\x01"+text(deep)+"\x00"), true},
		{"subscribe too often", packet(0x82, "\x00\x01"+strings.Repeat(text("x")+"\x00", 300)), true},
		{"long length later", []byte{0x32, 0xff, 0xff, 0xff, 0xff, 0xff}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := dial(t, b.Addr())
			if tc.signed {
				r.sign("garbage " + tc.name)
			}
			r.send(tc.bytes)
			if !tc.signed {
				_ = r.conn.(*net.TCPConn).CloseWrite()
			}
			_, _ = io.Copy(io.Discard, r.in) // ends, because the broker ends it
			dial(t, b.Addr()).sign("next to " + tc.name)
		})
	}
}

// FuzzPackets sends what it finds to a broker after a sign-in, which must go on
// serving others.
func FuzzPackets(f *testing.F) {
	b, err := broker.Start(broker.Options{
		Listeners: []broker.Listener{{Address: "127.0.0.1:0"}},
		Take:      func(_ *broker.Client, p broker.Taken) bool { p.Done(); return len(p.Topic)%2 == 0 },
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = b.Close() })
	f.Add(publishPacket("x", 1, 1, "m"), false)
	f.Add(publishPacket("xy", 1, 2, "m"), true)
	f.Add(packet(0x82, "\x00\x01"+text("a/+/#")+"\x01"), false)
	f.Add(packet(0xa2, "\x00\x01"+text("a")), true)
	f.Add([]byte{0x62, 2, 0, 1, 0x50, 2, 0, 1, 0x70, 2, 0, 1, 0xc0, 0, 0xe0, 0}, false)
	f.Fuzz(func(t *testing.T, p []byte, five bool) {
		conn, err := net.Dial("tcp", b.Addr())
		if errors.Is(err, syscall.EADDRNOTAVAIL) {
			return // the fuzzer has used up this machine's ports for the moment
		}
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		hello := connectPacket("fuzz", 60)
		if five {
			hello = packet(0x10, text("MQTT")+string([]byte{5, 2, 0, 60, 0})+text("fuzz"))
		}
		_, _ = conn.Write(append(hello, p...))
		_ = conn.(*net.TCPConn).CloseWrite()
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, context.DeadlineExceeded) {
			t.Error("the connection does not end")
		}
		if err := b.Publish(mqtt.Message{Topic: "alive"}); err != nil {
			t.Error(err)
		}
	})
}

// A client that signs in, has many messages sent to it and reads none.
func TestClientThatStopsReadingHoldsNobody(t *testing.T) {
	t.Parallel()
	taken := make(chan broker.Taken, 10)
	ended := make(chan error, 10)
	b := start(t, broker.Options{
		MaxInflight:  60000,
		WriteTimeout: 3 * time.Second,
		Take:         func(_ *broker.Client, p broker.Taken) bool { taken <- p; return true },
		OnDisconnect: func(_ *broker.Client, err error) { ended <- err },
	})
	deaf := dial(t, b.Addr()).sign("deaf")
	_ = deaf.conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	deaf.send(packet(0x82, "\x00\x01"+text("flood")+"\x01"))
	deaf.expect(0x90, 3, 0, 1, 1)
	deaf.send(publishPacket("x", 1, 1, "m"))
	mine := receive(t, taken)

	var longest time.Duration
	payload := make([]byte, 10<<10)
	deadline := time.Now().Add(10 * time.Second)
	for len(ended) == 0 {
		began := time.Now()
		if err := b.Publish(mqtt.Message{Topic: "flood", Payload: payload, QoS: 1}); err != nil {
			t.Fatal(err)
		}
		mine.Done()
		longest = max(longest, time.Since(began))
		if time.Now().After(deadline) {
			t.Fatal("the deaf client is never cut")
		}
	}
	if err := <-ended; !errors.Is(err, broker.ErrSlow) {
		t.Errorf("ended with %v", err)
	}
	if longest > 1500*time.Millisecond { // a write that waits for the client takes three seconds
		t.Errorf("publishing and Done took up to %s", longest)
	}
}

// A client that reads what it is sent and acknowledges nothing.
func TestClientThatDoesNotAcknowledgeIsCut(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 10)
	b := start(t, broker.Options{MaxInflight: 50, OnDisconnect: func(_ *broker.Client, err error) { ended <- err }})
	r := dial(t, b.Addr()).sign("silent")
	r.send(packet(0x82, "\x00\x01"+text("x")+"\x01"))
	r.expect(0x90, 3, 0, 1, 1)
	for range 60 {
		if err := b.Publish(mqtt.Message{Topic: "x", QoS: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := receive(t, ended); !errors.Is(err, broker.ErrSlow) {
		t.Errorf("ended with %v", err)
	}
}

func TestSilentClientIsCut(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 10)
	b := start(t, broker.Options{KeepAlive: 100 * time.Millisecond, OnDisconnect: func(_ *broker.Client, err error) { ended <- err }})
	r := dial(t, b.Addr())
	r.send(connectPacket("silent", 0)) // asks for no keep-alive at all
	r.expect(0x20, 2, 0, 0)
	r.expectEnd()
	if err := receive(t, ended); !errors.Is(err, broker.ErrSilent) {
		t.Errorf("ended with %v", err)
	}
}

func TestTooManyClients(t *testing.T) {
	t.Parallel()
	b := start(t, broker.Options{MaxClients: 2})
	dial(t, b.Addr()).sign("1")
	dial(t, b.Addr()).sign("2")
	r := dial(t, b.Addr())
	r.send(connectPacket("3", 60))
	r.expect(0x20, 2, 0, 3) // server unavailable
	r.expectEnd()
}

func TestTooManyRetained(t *testing.T) {
	t.Parallel()
	b := start(t, broker.Options{MaxRetained: 3})
	c := connect(t, b.Addr(), "c")
	for i := range 5 {
		if err := c.Publish(soon(t), mqtt.Message{Topic: fmt.Sprint("kept/", i), QoS: 1, Payload: []byte("v"), Retained: true}); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Publish(soon(t), mqtt.Message{Topic: "kept/0", QoS: 1, Payload: []byte("new"), Retained: true}); err != nil {
		t.Fatal(err)
	}
	var got []string
	all := make(chan struct{})
	if err := c.Subscribe("kept/#", 0, func(r mqtt.Received) {
		if r.Topic == "kept/end" {
			close(all)
			return
		}
		got = append(got, r.Topic+"="+string(r.Payload))
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.Publish(soon(t), mqtt.Message{Topic: "kept/end", QoS: 1}); err != nil {
		t.Fatal(err)
	}
	receive(t, all)
	if len(got) != 3 || !strings.Contains(strings.Join(got, " "), "kept/0=new") {
		t.Errorf("kept %v", got)
	}
}

func TestAddressInUse(t *testing.T) {
	t.Parallel()
	b := start(t, broker.Options{})
	second, err := broker.Start(broker.Options{Listeners: []broker.Listener{{Address: "127.0.0.1:0"}, {Address: b.Addr()}}})
	if err == nil {
		_ = second.Close()
		t.Fatal("two brokers at one address")
	}
	if !strings.Contains(err.Error(), b.Addr()) || !strings.Contains(err.Error(), "in use") {
		t.Errorf("error %v", err)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 10)
	b := start(t, broker.Options{OnDisconnect: func(_ *broker.Client, err error) { ended <- err }})
	r := dial(t, b.Addr()).sign("c")
	half := dial(t, b.Addr()) // says nothing yet
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	r.expectEnd()
	half.expectEnd()
	if err := receive(t, ended); !errors.Is(err, broker.ErrClosed) {
		t.Errorf("ended with %v", err)
	}
	if err := b.Publish(mqtt.Message{Topic: "x"}); !errors.Is(err, broker.ErrClosed) {
		t.Errorf("publish: %v", err)
	}
	if _, err := net.Dial("tcp", b.Addr()); err == nil {
		t.Error("still listening")
	}
}

// authority signs certificates for the time of a test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t, pool: x509.NewCertPool()}
	leaf := a.issue("authority", true)
	a.pool.AddCert(leaf.Leaf)
	return a
}

func (a *authority) issue(cn string, ca bool) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: cn},
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: ca,
	}
	parent, signer := template, key
	if ca {
		template.KeyUsage = x509.KeyUsageCertSign
		a.key = key
	} else {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	if ca {
		a.cert = leaf
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestClientCertificates(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	who := make(chan string, 10)
	b := start(t, broker.Options{
		Listeners: []broker.Listener{
			{Address: "127.0.0.1:0", TLS: &tls.Config{
				Certificates: []tls.Certificate{ca.issue("broker", false)},
				ClientAuth:   tls.RequireAndVerifyClientCert, ClientCAs: ca.pool,
			}},
			{Address: "127.0.0.1:0"},
		},
		Authenticate: func(c *broker.Client, _ []byte) error {
			if c.CertCN != c.ID {
				return fmt.Errorf("certificate of %q", c.CertCN)
			}
			return nil
		},
		Take: func(c *broker.Client, p broker.Taken) bool { who <- c.CertCN; p.Done(); return true },
	})
	secure := func(certs ...tls.Certificate) func(*mqtt.Options) {
		return func(o *mqtt.Options) {
			o.URLs = []string{"ssl://" + b.Addr()}
			o.TLS = &tls.Config{RootCAs: ca.pool, Certificates: certs}
		}
	}
	c := connect(t, b.Addr(), "gw-1", secure(ca.issue("gw-1", false)))
	if err := c.Publish(soon(t), mqtt.Message{Topic: "x", QoS: 1, Payload: bytes.Repeat([]byte("x"), 100_000)}); err != nil {
		t.Fatal(err)
	}
	if cn := receive(t, who); cn != "gw-1" {
		t.Errorf("CN %q", cn)
	}
	for name, tc := range map[string]struct {
		change func(*mqtt.Options)
		want   string
	}{
		"no certificate":        {secure(), "certificate required"},
		"another's certificate": {secure(ca.issue("gw-2", false)), "refuses the credential"},
		"unknown authority":     {secure(newAuthority(t).issue("gw-1", false)), "tls"},
		"plain": {func(o *mqtt.Options) {
			o.URLs = []string{"tcp://" + b.Addrs()[1]}
		}, "refuses the credential"},
		"server not trusted": {func(o *mqtt.Options) {
			o.URLs = []string{"ssl://" + b.Addr()}
			o.TLS = &tls.Config{RootCAs: x509.NewCertPool()}
		}, "unknown authority"},
	} {
		t.Run(name, func(t *testing.T) {
			down := make(chan error, 10)
			connect(t, b.Addr(), "gw-1", tc.change, func(o *mqtt.Options) { o.OnDown = func(err error) { down <- err } })
			if err := receive(t, down); !strings.Contains(err.Error(), tc.want) {
				t.Errorf("hears %q, want %q", err, tc.want)
			}
		})
	}
	if !c.Connected() {
		t.Error("the good one was disturbed")
	}
}
