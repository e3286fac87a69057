package onvif

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The name spaces.
const (
	soapSpace   = "http://www.w3.org/2003/05/soap-envelope"
	deviceSpace = "http://www.onvif.org/ver10/device/wsdl"
	mediaSpace  = "http://www.onvif.org/ver10/media/wsdl"
	ptzSpace    = "http://www.onvif.org/ver20/ptz/wsdl"
	schemaSpace = "http://www.onvif.org/ver10/schema"
)

const longestAnswer = 1 << 20 // bytes

// question is one SOAP request.
type question struct {
	operation string
	space     string // of the operation
	at        *url.URL
	ahead     time.Duration // of the camera's clock before ours
	open      bool          // asked without a password
	body      string        // inside the operation's element
}

// element writes one with its text escaped.
func element(name, space, text string) string {
	var out bytes.Buffer
	fmt.Fprintf(&out, `<%s xmlns="%s">`, name, space)
	_ = xml.EscapeText(&out, []byte(text)) // a buffer takes everything
	fmt.Fprintf(&out, `</%s>`, name)
	return out.String()
}

// ask asks once; a camera that wants HTTP digest is asked again with it. answer
// may be nil. Every error is an *Error but ctx's own.
func (c *Camera) ask(ctx context.Context, q question, answer any) error {
	status, header, data, err := c.post(ctx, q)
	if status == http.StatusUnauthorized && !q.open && c.challenged(header) {
		status, _, data, err = c.post(ctx, q)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		c.forget()
		return failed(q.operation, Unreachable, err)
	}
	err = read(q.operation, status, data, answer)
	if is(err, Protocol) {
		c.forget()
	}
	return err
}

func (c *Camera) post(ctx context.Context, q question) (int, http.Header, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	header := ""
	if !q.open && c.o.Username != "" {
		header = "<s:Header>" + usernameToken(c.o.Username, c.o.Password, c.o.Now().Add(q.ahead)) + "</s:Header>"
	}
	text := `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="` + soapSpace + `">` + header +
		`<s:Body><` + q.operation + ` xmlns="` + q.space + `">` + q.body + `</` + q.operation + `></s:Body></s:Envelope>`
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, q.at.String(), strings.NewReader(text))
	if err != nil {
		return 0, nil, nil, err
	}
	r.Header.Set("Content-Type", `application/soap+xml; charset=utf-8; action="`+q.space+"/"+q.operation+`"`)
	if !q.open {
		c.authorize(r)
	}
	got, err := c.client.Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer got.Body.Close()
	data, err := io.ReadAll(io.LimitReader(got.Body, longestAnswer+1))
	return got.StatusCode, got.Header, data, err
}

// envelope is a SOAP answer.
type envelope struct {
	XMLName xml.Name
	Body    struct {
		Fault *struct {
			Code    string   `xml:"Code>Value"`
			Subcode []string `xml:"Code>Subcode>Value"`
			Deeper  []string `xml:"Code>Subcode>Subcode>Value"`
			Reason  string   `xml:"Reason>Text"`
			Old     string   `xml:"faultstring"` // SOAP 1.1, which some cameras speak
		}
		Inside []byte `xml:",innerxml"`
	}
}

// read takes an answer apart. The camera's words are judged, never trusted:
// what is longer than longestAnswer or not the operation's answer is refused.
func read(operation string, status int, data []byte, answer any) error {
	if len(data) > longestAnswer {
		return failed(operation, Protocol, fmt.Errorf("more than %d bytes", longestAnswer))
	}
	var e envelope
	err := decode(data, &e)
	switch {
	case err == nil && e.Body.Fault != nil:
		f := e.Body.Fault
		return refusal(operation, status, append(f.Subcode, f.Deeper...), strings.TrimSpace(f.Reason+" "+f.Old))
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return failed(operation, RefusedPassword, nil)
	case status == http.StatusNotFound:
		return &Error{Operation: operation, Code: Unreachable, Text: "There is no ONVIF at this address. Check its path and that ONVIF is switched on in the camera."}
	case status != http.StatusOK:
		return failed(operation, Protocol, fmt.Errorf("status %d", status))
	case err != nil:
		return failed(operation, Protocol, err)
	case e.XMLName.Local != "Envelope":
		return failed(operation, Protocol, errors.New("not a SOAP envelope"))
	}
	var inside struct {
		XMLName xml.Name
	}
	if err := decode(e.Body.Inside, &inside); err != nil || inside.XMLName.Local != operation+"Response" {
		return failed(operation, Protocol, fmt.Errorf("the answer is %q", clip(inside.XMLName.Local)))
	}
	if answer != nil {
		if err := decode(e.Body.Inside, answer); err != nil {
			return failed(operation, Protocol, err)
		}
	}
	return nil
}

func decode(data []byte, into any) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	// Cameras declare all kinds of character sets and write ASCII.
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	return d.Decode(into)
}

// refusal finds the word for a SOAP fault (ONVIF Core section 5.11.2).
func refusal(operation string, status int, subcodes []string, reason string) error {
	code, text := Refused, ""
	for _, sub := range subcodes {
		switch sub[strings.LastIndexByte(sub, ':')+1:] {
		case "NotAuthorized", "FailedAuthentication", "InvalidSecurity", "OperationProhibited":
			code = RefusedPassword
		case "ActionNotSupported", "OptionalActionNotImplemented", "PTZNotSupported", "NoPTZProfile", "SpaceNotSupported":
			code = NotSupported
		case "NoToken", "PresetNotExist":
			code = NoSuchPreset
		}
	}
	if status == http.StatusUnauthorized {
		code = RefusedPassword
	}
	if code == Refused {
		text = fmt.Sprintf("The camera refuses: %s", clip(reason))
	}
	e := failed(operation, code, errors.New(clip(strings.Join(subcodes, " ")+" "+reason)))
	if text != "" {
		e.Text = text
	}
	return e
}

func is(err error, code Code) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}
