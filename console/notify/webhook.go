package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Hook posts deliveries as JSON to https addresses, signed so that the receiver
// can be sure of the sender:
//
//	Guardroom-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">
type Hook struct {
	Secret func() (string, error)
	Roots  *x509.CertPool // nil: the machine's
	Now    func() time.Time

	client *http.Client
}

// NewHook makes a sender with its own connections. Redirects are not followed:
// word goes to the address that a person wrote, or nowhere.
func NewHook(secret func() (string, error), roots *x509.CertPool, now func() time.Time) *Hook {
	return &Hook{Secret: secret, Roots: roots, Now: now, client: &http.Client{
		Timeout: 10 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: 5 * time.Second,
			ResponseHeaderTimeout: 8 * time.Second, MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second, Proxy: http.ProxyFromEnvironment,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// hookBody is what a receiver gets.
type hookBody struct {
	ID      string    `json:"id"` // the same at every try
	Station string    `json:"station"`
	To      string    `json:"to"`
	Name    string    `json:"name"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	About   string    `json:"about"`
	Created time.Time `json:"created"`
	Try     int       `json:"try"`
	Demo    bool      `json:"demo"`
}

// Send posts d. Any answer of 200 to 299 is a success.
func (h *Hook) Send(ctx context.Context, d Delivery) error {
	secret, err := h.Secret()
	if err != nil {
		return err
	}
	body, err := json.Marshal(hookBody{ID: d.ID, Station: d.Station, To: d.To, Name: d.Name, Subject: d.Subject, Text: d.Text,
		About: d.About, Created: d.CreatedAt.UTC(), Try: d.Tries + 1, Demo: d.Demo})
	if err != nil {
		return &RefusedError{Reason: "the message cannot be written as JSON"}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Address, bytes.NewReader(body))
	if err != nil || request.URL.Scheme != "https" {
		return &RefusedError{Reason: "the address is no https address"}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Guardroom")
	request.Header.Set("Guardroom-Signature", Signature(secret, h.Now(), body))
	answer, err := h.client.Do(request)
	if err != nil {
		var inside *url.Error
		if errors.As(err, &inside) {
			err = inside.Err // without the address, which may carry a token
		}
		return fmt.Errorf("reach the webhook: %w", err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection can be used again
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("the webhook answered %s", answer.Status)
	}
	return nil
}

// Signature signs body as sent at an instant; receivers refuse old ones.
func Signature(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
