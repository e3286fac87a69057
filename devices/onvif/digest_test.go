package onvif_test

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"guardroom/devices/onvif"
	"guardroom/simulators/camera"
)

// TestHTTPDigest stands a guard in front of a camera who lets in those only who
// answer an HTTP digest challenge (RFC 7616 section 3.4.1, MD5, qop=auth).
func TestHTTPDigest(t *testing.T) {
	t.Parallel()
	sim := start(t, "gate-c", camera.Options{})
	at, err := url.Parse(sim.ONVIF())
	if err != nil {
		t.Fatal(err)
	}
	behind := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: at.Host})
	guard := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		r.ContentLength = int64(len(body))
		open := strings.Contains(string(body), "GetSystemDateAndTime")
		if !open && !answers(r, "op", "pw") {
			w.Header().Set("WWW-Authenticate", `Digest realm="Camera 7", qop="auth", nonce="4e6f6e6365", opaque="x", algorithm=MD5`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		behind.ServeHTTP(w, r)
	}))
	t.Cleanup(guard.Close)
	c := open(t, onvif.Options{Address: guard.URL, Username: "op", Password: "pw"})
	for range 2 {
		if presets, err := c.GetPresets(t.Context(), "main"); err != nil || len(presets) != 3 {
			t.Errorf("%v: %v", presets, err)
		}
	}
	// The camera names its own address; the streams are looked for where it was reached.
	main, _, err := c.Streams(t.Context())
	if err != nil || !strings.HasPrefix(main, "rtsp://127.0.0.1:") {
		t.Errorf("%s: %v", main, err)
	}
	wrong := open(t, onvif.Options{Address: guard.URL, Username: "op", Password: "wrong"})
	if _, err := wrong.GetPresets(t.Context(), "main"); err == nil || !strings.Contains(err.Error(), "password") {
		t.Error(err)
	}
}

var field = regexp.MustCompile(`(\w+)="?([^",]*)"?`)

func answers(r *http.Request, user, password string) bool {
	got := map[string]string{}
	for _, m := range field.FindAllStringSubmatch(strings.TrimPrefix(r.Header.Get("Authorization"), "Digest "), -1) {
		got[m[1]] = m[2]
	}
	hash := func(text string) string {
		sum := md5.Sum([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	ha1 := hash(user + ":Camera 7:" + password)
	ha2 := hash("POST:" + r.URL.RequestURI())
	want := hash(fmt.Sprintf("%s:4e6f6e6365:%s:%s:auth:%s", ha1, got["nc"], got["cnonce"], ha2))
	return got["username"] == user && got["uri"] == r.URL.RequestURI() && got["response"] == want && got["opaque"] == "x"
}
