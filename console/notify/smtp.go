package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"
)

// Security is how a mail server is spoken to.
type Security string

// The ways. Plain is for a server on this machine.
const (
	StartTLS Security = "starttls"
	TLS      Security = "tls"
	Plain    Security = "none"
)

// SMTP sends e-mail through a mail server. Every message has a connection of its
// own: alarms are few, and a server that was away is found again at once.
type SMTP struct {
	Address  string // host:port
	Hello    string // how this machine names itself; default localhost
	From     string
	Username string // empty: without signing in
	Password func() (string, error)
	Security Security
	Roots    *x509.CertPool // nil: the machine's
	Now      func() time.Time
}

// Send hands d over to the mail server.
func (s *SMTP) Send(ctx context.Context, d Delivery) error {
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }() // after Quit it is closed already
	if err := s.signIn(c); err != nil {
		return err
	}
	if err := c.Mail(s.From); err != nil {
		return verdict("sender", err)
	}
	if err := c.Rcpt(d.Address); err != nil {
		return verdict("receiver", err)
	}
	w, err := c.Data()
	if err != nil {
		return verdict("message", err)
	}
	if _, err := w.Write(Message(d, s.From, s.Now())); err != nil {
		return fmt.Errorf("send the message: %w", err)
	}
	if err := w.Close(); err != nil {
		return verdict("message", err)
	}
	_ = c.Quit() // it has the message
	return nil
}

func (s *SMTP) connect(ctx context.Context) (*smtp.Client, error) {
	host, _, err := net.SplitHostPort(s.Address)
	if err != nil {
		return nil, &RefusedError{Reason: "the mail server's address is not host:port"}
	}
	config := &tls.Config{ServerName: host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", s.Address)
	if err != nil {
		return nil, fmt.Errorf("reach the mail server: %w", err)
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(patience)
	}
	_ = conn.SetDeadline(deadline) // a server that falls silent must not hold us
	if s.Security == TLS {
		conn = tls.Client(conn, config)
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("greet the mail server: %w", err)
	}
	hello := s.Hello
	if hello == "" {
		hello = "localhost"
	}
	if err := c.Hello(hello); err != nil {
		_ = c.Close()
		return nil, verdict("greeting", err)
	}
	if s.Security == StartTLS {
		if err := c.StartTLS(config); err != nil {
			_ = c.Close()
			return nil, fmt.Errorf("the mail server's encryption: %w", err)
		}
	}
	return c, nil
}

func (s *SMTP) signIn(c *smtp.Client) error {
	if s.Username == "" {
		return nil
	}
	password, err := s.Password()
	if err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(s.Address)
	// PlainAuth sends nothing unless the line is encrypted or the server is this machine.
	if err := c.Auth(smtp.PlainAuth("", s.Username, password, host)); err != nil {
		var said *textproto.Error
		if errors.As(err, &said) {
			return fmt.Errorf("the mail server refused our user name or password (%d)", said.Code)
		}
		return fmt.Errorf("sign in at the mail server: %w", err)
	}
	return nil
}

// verdict tells a refusal for good (5yz) from one for now (4yz), RFC 5321 4.2.1.
func verdict(what string, err error) error {
	var said *textproto.Error
	if errors.As(err, &said) && said.Code >= 500 {
		return &RefusedError{Reason: fmt.Sprintf("the mail server refused the %s: %d %s", what, said.Code, clip(oneLine(said.Msg), 200))}
	}
	return fmt.Errorf("the mail server and the %s: %w", what, err)
}

// Message is d as an Internet message (RFC 5322), text only. Its Message-ID is
// the delivery's id, so that a second copy can be known as such.
func Message(d Delivery, from string, now time.Time) []byte {
	domain := "guardroom"
	if _, after, ok := strings.Cut(from, "@"); ok {
		domain = after
	}
	var b bytes.Buffer
	head := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	head("From", from)
	head("To", d.Address)
	head("Subject", mime.QEncoding.Encode("utf-8", oneLine(d.Subject)))
	head("Date", now.UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	head("Message-ID", "<"+d.ID+"@"+domain+">")
	head("Auto-Submitted", "auto-generated")
	head("MIME-Version", "1.0")
	head("Content-Type", "text/plain; charset=utf-8")
	head("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(d.Text)) // into memory
	_ = w.Close()
	b.WriteString("\r\n")
	return b.Bytes()
}
