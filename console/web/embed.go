// Package web holds the screens and serves them from inside the program.
//
// The screens are built by Vite into dist, which is not committed. Without a
// build the package still compiles, and serves a page that says how to make one.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:embed all:dist
var embedded embed.FS

// policy lets the page load only what this console serves. Styles may be inline
// because the component library sets positions that way; scripts may not.
const policy = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
	"style-src 'self' 'unsafe-inline'; connect-src 'self'; object-src 'none'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// placeholder is what a console without built screens shows.
const placeholder = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Guardroom: screens not built</title>
<meta name="color-scheme" content="dark light">
<body style="font:16px/1.5 system-ui;margin:4rem auto;max-width:36rem;padding:0 1rem">
<h1>The screens are not built</h1>
<p>The console and its interface under <code>/api/v1</code> work. To see the screens, run <code>make ui</code> and start the console again.</p>
`

// Handler serves the built screens: files as they are, and the first page for
// every other address, because the pages are addressed in the browser.
//
// Addresses under /api/ are answered with 404 as RFC 9457, so that a wrong API
// address never looks like a page. Only GET and HEAD are served.
func Handler() http.Handler {
	dist, err := fs.Sub(embedded, "dist")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return newSite(dist)
}

// Built reports whether the program holds built screens, and not only the
// placeholder.
func Built() bool {
	_, err := fs.Stat(embedded, "dist/index.html")
	return err == nil
}

// site serves one built tree. Each file is read and compressed once.
type site struct {
	files fs.FS
	ready sync.Map // name → *file
}

// file is one file as it goes out.
type file struct {
	kind  string
	etag  string
	plain []byte
	small []byte // gzip, nil where it does not pay
}

func newSite(files fs.FS) *site { return &site{files: files} }

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == "api" || strings.HasPrefix(name, "api/") {
		notFound(w)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if f := s.find(name); f != nil {
		send(w, r, f, cacheControl(name))
		return
	}
	if strings.HasPrefix(name, "assets/") { // a page of an older build asks for a chunk that is gone
		http.NotFound(w, r)
		return
	}
	page := s.find("index.html")
	if page == nil {
		page = prepare("index.html", []byte(placeholder))
	}
	send(w, r, page, "no-cache")
}

// find returns nil when there is no such file.
func (s *site) find(name string) *file {
	if f, ok := s.ready.Load(name); ok {
		return f.(*file)
	}
	if !fs.ValidPath(name) || strings.HasPrefix(name, ".") || strings.Contains(name, "/.") {
		return nil
	}
	data, err := fs.ReadFile(s.files, name)
	if err != nil {
		return nil
	}
	f, _ := s.ready.LoadOrStore(name, prepare(name, data))
	return f.(*file)
}

func prepare(name string, data []byte) *file {
	sum := sha256.Sum256(data)
	f := &file{kind: contentType(name), etag: `"` + hex.EncodeToString(sum[:12]) + `"`, plain: data}
	if packed := pack(data); compressible(f.kind) && len(packed) < len(data)*9/10 {
		f.small = packed
	}
	return f
}

func pack(data []byte) []byte {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	_, _ = z.Write(data) // a bytes.Buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

func compressible(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.Contains(kind, "json") || strings.Contains(kind, "svg")
}

// contentType does not ask the machine's own table, which may call JavaScript
// something that browsers refuse.
func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".map", ".webmanifest":
		return "application/json"
	case ".woff2":
		return "font/woff2"
	default:
		if kind := mime.TypeByExtension(ext); kind != "" {
			return kind
		}
		return "application/octet-stream"
	}
}

// cacheControl lets browsers keep what carries a hash in its name for ever, and
// makes them ask about everything else.
func cacheControl(name string) string {
	if strings.HasPrefix(name, "assets/") {
		return "public, max-age=31536000, immutable"
	}
	return "no-cache"
}

func send(w http.ResponseWriter, r *http.Request, f *file, cache string) {
	h := w.Header()
	h.Set("Cache-Control", cache)
	h.Set("Etag", f.etag)
	h.Add("Vary", "Accept-Encoding")
	if known(r.Header.Get("If-None-Match"), f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if f.small != nil && takesGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body = f.small
	}
	h.Set("Content-Type", f.kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body) // the reader left; there is nobody to tell
}

// known reports whether the If-None-Match header names etag.
func known(header, etag string) bool {
	for tag := range strings.SplitSeq(header, ",") {
		if strings.TrimPrefix(strings.TrimSpace(tag), "W/") == etag {
			return true
		}
	}
	return false
}

// takesGzip reports whether the Accept-Encoding header names gzip and does not
// refuse it with a weight of zero (RFC 9110, 12.5.3).
func takesGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) != "gzip" {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
		value, err := strconv.ParseFloat(q, 64)
		return !found || (err == nil && value > 0)
	}
	return false
}

func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
}

func notFound(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte(`{"type":"about:blank","title":"Not Found","status":404,"code":"not_found"}` + "\n"))
}
