package notify_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"guardroom/console/notify"
)

// mailbox is a mail server that takes messages for everybody but nobody@.
type mailbox struct {
	address string
	roots   *x509.CertPool
	mu      sync.Mutex
	got     []letter
	signed  int
}

type letter struct {
	from, to, data string
}

func startMailbox(t *testing.T, implicit bool) *mailbox {
	t.Helper()
	m := &mailbox{}
	pair, roots := certificate(t)
	m.roots = roots
	server := smtp.NewServer(m)
	server.Domain = "localhost"
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}}
	server.ReadTimeout, server.WriteTimeout = 10*time.Second, 10*time.Second
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.address = strings.Replace(l.Addr().String(), "127.0.0.1", "localhost", 1)
	if implicit {
		l = tls.NewListener(l, server.TLSConfig)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l) // ends with Close
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return m
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &visit{m: m}, nil }

type visit struct {
	m        *mailbox
	from, to string
}

func (v *visit) AuthMechanisms() []string { return []string{sasl.Plain} }
func (v *visit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != "guardroom" || password != "let me in" {
			return smtp.ErrAuthFailed
		}
		v.m.mu.Lock()
		defer v.m.mu.Unlock()
		v.m.signed++
		return nil
	}), nil
}
func (v *visit) Mail(from string, _ *smtp.MailOptions) error { v.from = from; return nil }
func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	if strings.HasPrefix(to, "later@") {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "try later"}
	}
	v.to = to
	return nil
}
func (v *visit) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	v.m.mu.Lock()
	defer v.m.mu.Unlock()
	v.m.got = append(v.m.got, letter{v.from, v.to, string(data)})
	return err
}
func (v *visit) Reset()        {}
func (v *visit) Logout() error { return nil }

func (m *mailbox) sender(security notify.Security) *notify.SMTP {
	return &notify.SMTP{Address: m.address, From: "guardroom@example.org", Username: "guardroom", Security: security, Roots: m.roots, Now: time.Now,
		Password: func() (string, error) { return "let me in", nil }}
}

func delivery(to string) notify.Delivery {
	return notify.Delivery{ID: "d1", Station: "hq", Channel: notify.Email, Address: to, Subject: "Feuer in Gebäude A", Text: "Zeile eins\nZeile zwei: ü"}
}

func TestMailArrives(t *testing.T) {
	t.Parallel()
	for name, implicit := range map[notify.Security]bool{notify.StartTLS: false, notify.TLS: true} {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			m := startMailbox(t, implicit)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if err := m.sender(name).Send(ctx, delivery("duty@example.org")); err != nil {
				t.Fatal(err)
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			if len(m.got) != 1 || m.signed != 1 || m.got[0].to != "duty@example.org" || m.got[0].from != "guardroom@example.org" {
				t.Fatalf("%+v", m.got)
			}
			msg, err := mail.ReadMessage(strings.NewReader(m.got[0].data))
			if err != nil {
				t.Fatal(err)
			}
			if id := msg.Header.Get("Message-ID"); id != "<d1@example.org>" {
				t.Errorf("message id %s", id)
			}
			if _, err := msg.Header.Date(); err != nil {
				t.Error(err)
			}
			if !strings.Contains(m.got[0].data, "Zeile zwei: =C3=BC") {
				t.Errorf("the text is not there:\n%s", m.got[0].data)
			}
		})
	}
}

func TestMailRefusedAndLater(t *testing.T) {
	t.Parallel()
	m := startMailbox(t, false)
	var refused *notify.RefusedError
	if err := m.sender(notify.StartTLS).Send(t.Context(), delivery("nobody@example.org")); !errors.As(err, &refused) {
		t.Errorf("a mailbox that does not exist: %v", err)
	}
	if err := m.sender(notify.StartTLS).Send(t.Context(), delivery("later@example.org")); err == nil || errors.As(err, &refused) {
		t.Errorf("a mailbox that is full: %v", err)
	}
	wrong := m.sender(notify.StartTLS)
	wrong.Password = func() (string, error) { return "guess", nil }
	err := wrong.Send(t.Context(), delivery("duty@example.org"))
	if err == nil || strings.Contains(err.Error(), "guess") {
		t.Errorf("a wrong password: %v", err)
	}
	stranger := m.sender(notify.StartTLS)
	stranger.Roots = nil
	if err := stranger.Send(t.Context(), delivery("duty@example.org")); err == nil {
		t.Error("a certificate of nobody was believed")
	}
}

func TestAServerThatFallsSilentIsLeft(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	s := &notify.SMTP{Address: l.Addr().String(), From: "a@b", Security: notify.Plain, Now: time.Now}
	began := time.Now()
	if err := s.Send(ctx, delivery("duty@example.org")); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}

func TestHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	d := delivery("duty@example.org")
	d.Subject = "one\r\nBcc: everybody@example.org"
	text := string(notify.Message(d, "guardroom@example.org", time.Now()))
	head, _, _ := strings.Cut(text, "\r\n\r\n")
	if strings.Contains(head, "\nBcc:") {
		t.Errorf("a header came in:\n%s", head)
	}
}

func TestPickupIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "outbox")
	p := &notify.Pickup{Folder: folder, From: "guardroom@example.org", Now: time.Now}
	for range 2 { // a second try of the same delivery replaces the first
		if err := p.Send(t.Context(), delivery("duty@example.org")); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 || entries[0].Name() != "d1.eml" {
		t.Fatalf("%v %v", entries, err)
	}
	blocked := &notify.Pickup{Folder: filepath.Join(folder, "d1.eml", "x"), From: "a@b", Now: time.Now}
	if err := blocked.Send(t.Context(), delivery("duty@example.org")); err == nil {
		t.Error("a folder that cannot be made went unsaid")
	}
}

func TestWebhookIsSigned(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_900_000_000, 0)
	var mu sync.Mutex
	var body []byte
	var signature string
	status := http.StatusNoContent
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, _ = io.ReadAll(r.Body)
		signature = r.Header.Get("Guardroom-Signature")
		if status == http.StatusFound {
			w.Header().Set("Location", "https://elsewhere.example/")
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	hook := notify.NewHook(func() (string, error) { return "s3cret", nil }, roots, func() time.Time { return now })
	d := delivery("")
	d.Address = server.URL + "/hook?token=abc"
	if err := hook.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if want := notify.Signature("s3cret", now, body); signature != want || !strings.HasPrefix(signature, "t=1900000000,v1=") {
		t.Errorf("signature %s, want %s", signature, want)
	}
	for _, code := range []int{500, 302, 404} {
		mu.Lock()
		status = code
		mu.Unlock()
		if err := hook.Send(t.Context(), d); err == nil {
			t.Errorf("an answer of %d counts as delivered", code)
		}
	}
	plain := d
	plain.Address = "http://example.org/"
	var refused *notify.RefusedError
	if err := hook.Send(t.Context(), plain); !errors.As(err, &refused) {
		t.Errorf("plain HTTP: %v", err)
	}
	server.Close()
	if err := hook.Send(t.Context(), d); err == nil || strings.Contains(err.Error(), "token=abc") {
		t.Errorf("nobody listens: %v", err)
	}
	stranger := notify.NewHook(func() (string, error) { return "s", nil }, nil, time.Now)
	if err := stranger.Send(t.Context(), d); err == nil {
		t.Error("a certificate of nobody was believed")
	}
}

func TestContactTables(t *testing.T) {
	t.Parallel()
	list, faults := notify.ReadContacts("\uFEFFName;Phone;Email;Role\nFire service;+43 1 122;;\nDuty;;duty@example.org;duty_chief\n")
	if len(faults) != 0 || len(list) != 2 || list[0].Phone != "+43 1 122" || list[1].Role != notify.ForDutyChief {
		t.Fatalf("%+v %+v", list, faults)
	}
	for name, tc := range map[string]struct {
		table, reason string
		row           int
	}{
		"no head":             {"", "head", 1},
		"unknown column":      {"name,colour\n", "not a column", 1},
		"column twice":        {"name,name\n", "twice", 1},
		"no name":             {"phone\n1\n", "missing", 1},
		"empty name":          {"name,phone\n ,1\n", "missing", 2},
		"bad address":         {"name,email\nA,x\n", "address", 2},
		"plain webhook":       {"name,webhook\nA,http://x.example\n", "https", 2},
		"word without a way":  {"name,role\nA,delivery\n", "needs", 2},
		"unknown role":        {"name,role\nA,boss\n", "not delivery", 2},
		"a name twice":        {"name\nA\nA\n", "row 2", 3},
		"more cells":          {"name\nA,B\n", "more cells", 2},
		"a quote left open":   {"name\n\"A\n", "", 2},
		"not UTF-8":           {"name\n\xff\n", "UTF-8", 1},
		"a control character": {"name\nA\tB\x07\n", "control", 2},
	} {
		_, faults := notify.ReadContacts(tc.table)
		if len(faults) == 0 || faults[0].Row != tc.row || !strings.Contains(faults[0].Reason, tc.reason) {
			t.Errorf("%s: %+v", name, faults)
		}
	}
}

func FuzzReadContacts(f *testing.F) {
	f.Add("name,phone\nA,1\n")
	f.Add("\uFEFFname;email\n\"A\";a@b.example\n")
	f.Fuzz(func(t *testing.T, table string) {
		list, faults := notify.ReadContacts(table)
		if len(faults) > 0 {
			return
		}
		if len(list) > notify.MostContacts {
			t.Fatalf("%d contacts", len(list))
		}
		for i := range list {
			if err := list[i].Validate(); err != nil {
				t.Fatalf("row %d was taken: %v", i, err)
			}
		}
	})
}
