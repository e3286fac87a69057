package onvif

import (
	"crypto/md5" //nolint:gosec // HTTP digest of cameras knows no other
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // WS-UsernameToken knows no other
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const securitySpace = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"

// usernameToken proves a password without telling it: Base64(SHA1(nonce +
// created + password)) (WS-Security UsernameToken Profile 1.0 section 3.1).
func usernameToken(username, password string, now time.Time) string {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // never fails
	created := now.UTC().Format("2006-01-02T15:04:05.000Z")
	return `<Security xmlns="` + securitySpace + `wssecurity-secext-1.0.xsd" s:mustUnderstand="1"><UsernameToken>` +
		element("Username", securitySpace+"wssecurity-secext-1.0.xsd", username) +
		`<Password Type="` + securitySpace + `username-token-profile-1.0#PasswordDigest">` + digest(nonce, created, password) + `</Password>` +
		`<Nonce EncodingType="` + securitySpace + `soap-message-security-1.0#Base64Binary">` + base64.StdEncoding.EncodeToString(nonce) + `</Nonce>` +
		`<Created xmlns="` + securitySpace + `wssecurity-utility-1.0.xsd">` + created + `</Created>` +
		`</UsernameToken></Security>`
}

func digest(nonce []byte, created, password string) string {
	sum := sha1.Sum([]byte(string(nonce) + created + password)) //nolint:gosec // see above
	return base64.StdEncoding.EncodeToString(sum[:])
}

// challenge is a camera's wish for HTTP digest (RFC 7616 with MD5).
type challenge struct {
	realm, nonce, opaque string
	qop                  bool
	count                int
}

// challenged takes a wish for HTTP digest that is a new one.
func (c *Camera) challenged(h http.Header) bool {
	for _, wish := range h.Values("WWW-Authenticate") {
		found := parseChallenge(wish)
		if found == nil || c.o.Username == "" {
			continue
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.digest = found
		return true
	}
	return false
}

func parseChallenge(wish string) *challenge {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(wish), " ")
	if !strings.EqualFold(scheme, "Digest") || len(rest) > 4096 {
		return nil
	}
	found := &challenge{}
	for rest != "" {
		var name, value string
		name, rest, _ = strings.Cut(rest, "=")
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			value, rest, _ = strings.Cut(quoted, `"`)
			_, rest, _ = strings.Cut(rest, ",")
		} else {
			value, rest, _ = strings.Cut(rest, ",")
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "realm":
			found.realm = value
		case "nonce":
			found.nonce = value
		case "opaque":
			found.opaque = value
		case "qop":
			found.qop = strings.Contains(value, "auth")
		case "algorithm":
			if !strings.EqualFold(strings.TrimSpace(value), "MD5") {
				return nil
			}
		}
	}
	if found.nonce == "" {
		return nil
	}
	return found
}

// authorize answers the last challenge, if there was one.
func (c *Camera) authorize(r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.digest == nil {
		return
	}
	d := c.digest
	d.count++
	hash := func(text string) string {
		sum := md5.Sum([]byte(text)) //nolint:gosec // see above
		return hex.EncodeToString(sum[:])
	}
	ha1 := hash(c.o.Username + ":" + d.realm + ":" + c.o.Password)
	ha2 := hash(r.Method + ":" + r.URL.RequestURI())
	line := fmt.Sprintf(`Digest username="%s", realm="%s", nonce="%s", uri="%s"`, quote(c.o.Username), quote(d.realm), quote(d.nonce), r.URL.RequestURI())
	if d.qop {
		cnonce := rand.Text()
		count := fmt.Sprintf("%08x", d.count)
		line += fmt.Sprintf(`, qop=auth, nc=%s, cnonce="%s", response="%s"`, count, cnonce, hash(strings.Join([]string{ha1, d.nonce, count, cnonce, "auth", ha2}, ":")))
	} else {
		line += fmt.Sprintf(`, response="%s"`, hash(ha1+":"+d.nonce+":"+ha2))
	}
	if d.opaque != "" {
		line += `, opaque="` + quote(d.opaque) + `"`
	}
	r.Header.Set("Authorization", line)
}

// quote keeps a value inside its quotation marks and its line.
func quote(text string) string {
	return strings.NewReplacer(`"`, `\"`, `\`, `\\`, "\r", "", "\n", "").Replace(text)
}
