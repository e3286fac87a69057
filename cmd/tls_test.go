package cmd_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/simulators/modbusd"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  string
}

func newAuthority(t testing.TB, name string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
}

// sign writes <name>.crt and <name>.key for a server at 127.0.0.1 and a client of
// that common name.
func (a *authority) sign(t testing.TB, dir, file, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, file+".crt"), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	writeFile(t, filepath.Join(dir, file+".key"), string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret})))
}

// TestCertificates runs the house with certificates on both of its doors: screens
// and API over HTTPS, the gateway over TLS with the authority it was given.
func TestCertificates(t *testing.T) {
	t.Parallel()
	ours, strange := newAuthority(t, "Guardroom test authority"), newAuthority(t, "Somebody else")
	h := plannedHouse(t)
	h.scheme = "https"
	ours.sign(t, h.dir, "http", "console")
	ours.sign(t, h.dir, "mqtt", "console")
	writeFile(t, filepath.Join(h.dir, "clients.crt"), ours.pem)
	roots := x509.NewCertPool()
	roots.AddCert(ours.cert)
	h.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	h.start()
	h.makeToken()

	if _, err := (&http.Client{Timeout: 5 * time.Second}).Get("https://" + h.http + "/healthz"); err == nil || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("a browser that does not know the authority hears %v", err)
	}
	if answer, err := h.client.Get("http://" + h.http + "/healthz"); err == nil {
		if answer.StatusCode == http.StatusOK {
			t.Error("the console answers plain HTTP where it was given a certificate")
		}
		answer.Body.Close()
	}

	panel, err := modbusd.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { panel.Close() })
	if err := panel.Set(1, modbusd.Input, zones-1, 0); err != nil {
		t.Fatal(err)
	}
	e := h.newEdge("gw-tls")
	e.broker = "tls://" + h.mqtt
	e.device("panel-1", "test/storm", panel.Addr())
	screen := h.watch(t)

	// With the wrong authority the gateway keeps its signals and says why.
	writeFile(t, filepath.Join(e.dir, "ca.crt"), strange.pem)
	e.extra = "tls: {ca: ca.crt}"
	e.start()
	waits(t, 20*time.Second, "the gateway says that it does not trust the console", func() bool {
		return strings.Contains(e.log(), "unknown authority") && strings.Contains(e.log(), "signals are kept")
	})
	if err := panel.Set(1, modbusd.Input, 0, 1); err != nil {
		t.Fatal(err)
	}
	asked := panel.Requests()
	waits(t, 20*time.Second, "the panel is asked", func() bool { return panel.Requests() >= asked+3 })
	e.stop(t)

	writeFile(t, filepath.Join(e.dir, "ca.crt"), ours.pem)
	e.start()
	screen.firstSeen(t, 20*time.Second, "gw-tls/panel-1.zone1", devices.FireAlarm, time.Time{})
	raised := time.Now()
	if err := panel.Set(1, modbusd.Input, 2, 1); err != nil {
		t.Fatal(err)
	}
	seen := screen.firstSeen(t, 20*time.Second, "gw-tls/panel-1.zone3", devices.FireAlarm, raised)
	t.Logf("a fire over TLS is on the screen after %s", seen.at.Sub(raised).Round(time.Millisecond))
	e.settle(20 * time.Second)
	h.onceEach(t, e.id, 2)

	// A certificate with the gateway's name is as good as its credential; one with
	// another's name, or of another authority, is not.
	e.stop(t)
	e.certified = true
	for _, shown := range []struct {
		by   *authority
		name string
		in   bool
	}{{ours, "gw-other", false}, {strange, e.id, false}, {ours, e.id, true}} {
		shown.by.sign(t, e.dir, "gateway", shown.name)
		e.extra = "tls: {ca: ca.crt, cert: gateway.crt, key: gateway.key}"
		e.start()
		if !shown.in {
			waits(t, 20*time.Second, "the gateway is turned away", func() bool { return strings.Contains(e.log(), "signals are kept") })
		} else {
			waits(t, 20*time.Second, "the gateway is let in", func() bool { return strings.Contains(e.log(), "connected to the console") })
		}
		if in := strings.Contains(e.log(), "connected to the console"); in != shown.in {
			t.Errorf("with a certificate of %s by %s: let in %v", shown.name, shown.by.cert.Subject.CommonName, in)
		}
		e.stop(t)
	}

	// Without TLS nobody gets in at the broker's door.
	plain := h.newEdge("gw-plain")
	s := plain.speak(t)
	select {
	case <-s.downs:
	case <-time.After(20 * time.Second):
		t.Error("a gateway without TLS hears nothing")
	}
	if s.client.Session() > 0 {
		t.Error("a gateway without TLS was let in")
	}
	h.stillWell(t)
}

// TestNoPlaintextBeyondThisMachine refuses every listener that others could reach
// without encryption, and every broker address of that kind.
func TestNoPlaintextBeyondThisMachine(t *testing.T) {
	t.Parallel()
	for _, bad := range []badFile{
		{"HTTP everywhere", "http: {listen: 0.0.0.0:0}\n", []string{"line 1", "http.listen", "not encrypted", "http.tls"}},
		{"HTTP without a host", "http: {listen: \":0\"}\n", []string{"line 1", "http.listen", "not encrypted"}},
		{"HTTP on IPv6", "http: {listen: \"[::]:0\"}\n", []string{"http.listen", "not encrypted"}},
		{"MQTT everywhere", "mqtt: {listen: 0.0.0.0:0}\n", []string{"line 1", "mqtt.listen", "not encrypted", "mqtt.tls"}},
		{"foreign broker in clear", "broker: {urls: [\"tcp://192.0.2.1:1883\"]}\n", []string{"broker.urls", "without encryption", "ssl://"}},
	} {
		t.Run(bad.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "console.yaml")
			writeFile(t, path, bad.text)
			refusedWith(t, launch(t, "console", "-config", path), bad.words...)
		})
	}
	t.Run("field broker everywhere", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "gateway.yaml")
		writeFile(t, path, "id: gw\nstation: unon\nbroker: tcp://127.0.0.1:1\nfield_broker: {listen: 0.0.0.0:0}\n")
		refusedWith(t, launch(t, "gateway", "-config", path), "gateway.yaml:4", "username and password_file")
	})
}
