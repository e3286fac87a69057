package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, h http.Handler, method, path string, header map[string]string) *http.Response {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

func body(t *testing.T, answer *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var script = strings.Repeat("export const alarm = 1;\n", 200)

func built() *site {
	return newSite(fstest.MapFS{
		"index.html":            {Data: []byte("<!doctype html><title>Guardroom</title>")},
		"assets/index-abc12.js": {Data: []byte(script)},
		"shield.svg":            {Data: []byte("<svg/>")},
		".vite/manifest.json":   {Data: []byte("{}")},
		".gitkeep":              {},
	})
}

func TestServes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, method, path string
		status             int
		kind, cache, holds string
	}{
		{"the first page", "GET", "/", 200, "text/html; charset=utf-8", "no-cache", "Guardroom"},
		{"a page addressed in the browser", "GET", "/devices?device=gw/ups-1", 200, "text/html; charset=utf-8", "no-cache", "Guardroom"},
		{"a script, for ever", "GET", "/assets/index-abc12.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "alarm"},
		{"a picture, asked about each time", "GET", "/shield.svg", 200, "image/svg+xml", "no-cache", "<svg/>"},
		{"a chunk of an older build", "GET", "/assets/gone-00000.js", 404, "", "", ""},
		{"a wrong address of the API is no page", "GET", "/api/v1/nothing", 404, "application/problem+json", "no-store", `"code":"not_found"`},
		{"the root of the API neither", "GET", "/api", 404, "application/problem+json", "no-store", ""},
		{"no way up", "GET", "/../../etc/passwd", 200, "text/html; charset=utf-8", "no-cache", "Guardroom"},
		{"no hidden file", "GET", "/.gitkeep", 200, "text/html; charset=utf-8", "no-cache", "Guardroom"},
		{"no hidden folder", "GET", "/.vite/manifest.json", 200, "text/html; charset=utf-8", "no-cache", "Guardroom"},
		{"a folder is a page", "GET", "/assets", 200, "text/html; charset=utf-8", "no-cache", "Guardroom"},
		{"nothing is taken", "POST", "/control", 405, "", "", ""},
		{"a head without a body", "HEAD", "/", 200, "text/html; charset=utf-8", "no-cache", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			answer := get(t, built(), tc.method, tc.path, nil)
			if answer.StatusCode != tc.status {
				t.Errorf("status %d, want %d", answer.StatusCode, tc.status)
			}
			if got := answer.Header.Get("Content-Type"); tc.kind != "" && got != tc.kind {
				t.Errorf("type %q, want %q", got, tc.kind)
			}
			if got := answer.Header.Get("Cache-Control"); tc.cache != "" && got != tc.cache {
				t.Errorf("cache %q, want %q", got, tc.cache)
			}
			if got := body(t, answer); !strings.Contains(got, tc.holds) {
				t.Errorf("body %q does not hold %q", got, tc.holds)
			}
			for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options"} {
				if answer.Header.Get(name) == "" {
					t.Errorf("no %s", name)
				}
			}
			if strings.Contains(answer.Header.Get("Content-Security-Policy"), "script-src") {
				t.Error("scripts are those of the console only: default-src says it")
			}
		})
	}
}

func TestCompresses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		accept string
		packed bool
	}{
		{"gzip, deflate, br", true},
		{"br;q=1.0, gzip;q=0.8", true},
		{"gzip;q=0", false},
		{"gzip; q=0.0", false},
		{"identity", false},
		{"", false},
	} {
		t.Run(tc.accept, func(t *testing.T) {
			t.Parallel()
			answer := get(t, built(), "GET", "/assets/index-abc12.js", map[string]string{"Accept-Encoding": tc.accept})
			if got := answer.Header.Get("Content-Encoding") == "gzip"; got != tc.packed {
				t.Fatalf("packed %v, want %v", got, tc.packed)
			}
			if answer.Header.Get("Vary") != "Accept-Encoding" {
				t.Error("a cache between must know that the answer varies")
			}
			var text string
			if tc.packed {
				z, err := gzip.NewReader(answer.Body)
				if err != nil {
					t.Fatal(err)
				}
				data, err := io.ReadAll(z)
				if err != nil {
					t.Fatal(err)
				}
				text = string(data)
			} else {
				text = body(t, answer)
			}
			if text != script {
				t.Error("the script came out different")
			}
		})
	}
}

func TestSaysNotModified(t *testing.T) {
	t.Parallel()
	s := built()
	etag := get(t, s, "GET", "/", nil).Header.Get("Etag")
	answer := get(t, s, "GET", "/control", map[string]string{"If-None-Match": `"other", W/` + etag})
	if answer.StatusCode != http.StatusNotModified {
		t.Errorf("status %d, want 304", answer.StatusCode)
	}
}

func TestPlaceholderWithoutBuild(t *testing.T) {
	t.Parallel()
	answer := get(t, newSite(fstest.MapFS{".gitkeep": {}}), "GET", "/control", nil)
	if got := body(t, answer); !strings.Contains(got, "make ui") {
		t.Errorf("the placeholder does not say what to do: %q", got)
	}
}

// The program compiles and serves with and without built screens.
func TestHandler(t *testing.T) {
	t.Parallel()
	answer := get(t, Handler(), "GET", "/control", nil)
	if answer.StatusCode != http.StatusOK {
		t.Errorf("status %d", answer.StatusCode)
	}
	text := body(t, answer)
	if Built() == strings.Contains(text, "make ui") {
		t.Errorf("Built() = %v, and the page is %.80q", Built(), text)
	}
}
