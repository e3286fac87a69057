package console_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"guardroom/console"
	"guardroom/console/auth"
	"guardroom/console/store/storetest"
	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
	"guardroom/gateway/link"
)

// authority makes certificates for a test.
type authority struct {
	t    *testing.T
	dir  string
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.key, a.cert = a.make("authority", nil, nil)
	return a
}

func (a *authority) make(name string, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*ecdsa.PrivateKey, *x509.Certificate) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: parent == nil, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{".crt": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "EC PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(filepath.Join(a.dir, name+file), pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	return key, cert
}

func (a *authority) files(name string) (cert, key string) {
	a.t.Helper()
	a.make(name, a.cert, a.key)
	return filepath.Join(a.dir, name+".crt"), filepath.Join(a.dir, name+".key")
}

func run(t *testing.T, c console.Config, setup func(context.Context, console.Desks) error) console.Addresses {
	t.Helper()
	ready, done := make(chan console.Addresses, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		done <- console.Run(ctx, c, console.Options{Out: io.Discard, Setup: setup, Ready: func(a console.Addresses) { ready <- a }})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("console: %v", err)
		}
	})
	select {
	case a := <-ready:
		return a
	case err := <-done:
		done <- nil
		t.Fatalf("console: %v", err)
	case <-time.After(60 * time.Second):
		t.Fatal("console: not ready")
	}
	return console.Addresses{}
}

func TestGatewayByCertificate(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	c := console.Default()
	c.Video.Listen = "127.0.0.1:0"
	c.Data, c.Database, c.Log.Level = t.TempDir(), storetest.DSN(t), "error"
	c.HTTP.Listen, c.MQTT.Listen = "127.0.0.1:0", "127.0.0.1:0"
	cert, key := a.files("console")
	c.MQTT.TLS = &console.TLSConfig{Cert: cert, Key: key, ClientCA: filepath.Join(a.dir, "authority.crt")}
	c.HTTP.TLS = &console.TLSConfig{Cert: cert, Key: key}
	c.Stations = []console.StationConfig{{ID: "hq", Name: "HQ", TimeZone: "UTC"}}

	at := run(t, c, func(ctx context.Context, d console.Desks) error {

		_, _, err := d.Stations.AddGateway(ctx, auth.Program(), "g1", "hq", "", false)
		return err
	})
	roots := x509.NewCertPool()
	roots.AddCert(a.cert)
	enters := func(name, id string) bool {
		cert, key := a.files(name)
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		said := make(chan error, 10)
		client, err := mqtt.Connect(mqtt.Options{
			URLs: []string{"ssl://" + at.MQTT}, ClientID: "gateway-" + id, CleanSession: true,
			TLS:  &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
			OnUp: func(context.Context, *mqtt.Client) { said <- nil }, OnDown: func(err error) { said <- err },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close(context.WithoutCancel(t.Context()))
		select {
		case err := <-said:
			return err == nil
		case <-time.After(20 * time.Second):
			return false
		}
	}
	if !enters("g1", "g1") {
		t.Error("the gateway's certificate is refused")
	}
	if enters("g2", "g1") {
		t.Error("another certificate passes for the gateway")
	}
	if enters("g2", "g2") {
		t.Error("a certificate of no gateway gets in")
	}
}

// TestSomebodyElsesBroker runs the console as a client: everything a gateway
// says is heard, commands reach it, and nothing depends on the broker's word.
func TestSomebodyElsesBroker(t *testing.T) {
	t.Parallel()
	outside, err := broker.Start(broker.Options{Listeners: []broker.Listener{{Address: "127.0.0.1:0"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = outside.Close() })
	c := console.Default()
	c.Video.Listen = "127.0.0.1:0"
	c.Data, c.Database, c.Log.Level = t.TempDir(), storetest.DSN(t), "error"
	c.HTTP.Listen = "127.0.0.1:0"
	c.Broker = &console.BrokerConfig{URLs: []string{"tcp://" + outside.Addr()}, ClientID: "console"}
	c.Stations = []console.StationConfig{{ID: "hq", Name: "HQ", TimeZone: "UTC"}}
	h := &house{t: t, ids: map[auth.Role]string{}}
	h.at = run(t, c, h.setup([]auth.Role{auth.Officer}))
	h.at.MQTT = outside.Addr()
	officer := h.signIn(auth.Officer)
	g := h.gateway("s1")
	eventually(t, "the gateway is online", func() bool { return h.desks.Stations.StateOf("g1") == "online" })
	g.signal("fire-1.L1D1", devices.FireAlarm, true)
	eventually(t, "the alarm", func() bool {
		_, list := officer.do("GET", "/alarms?kind=fire.alarm", nil)
		return len(list["items"].([]any)) == 1
	})
	select {
	case m := <-g.confirms:
		if m.Upto < 1 {
			t.Errorf("confirm %+v", m)
		}
	case <-time.After(20 * time.Second):
		t.Error("nothing was confirmed")
	}
	_, command := officer.command("g1/door-1.lock", "unlock", "k")
	g.answer(g.next(), devices.Confirmed, "", "unlocked")
	eventually(t, "the receipt", func() bool {
		_, now := officer.do("GET", "/commands/"+command["id"].(string), nil)
		return now["state"] == "confirmed"
	})
	g.say(link.Status, link.StatusMessage{State: link.Offline, Session: "s1", At: time.Now()})
	eventually(t, "the loss", func() bool {
		_, list := officer.do("GET", "/alarms?kind=gateway.lost", nil)
		return len(list["items"].([]any)) == 1
	})
}
