package api

import (
	"compress/gzip"
	"net/http"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
)

// packers are used again: making one takes longer than packing a small answer.
var packers = sync.Pool{New: func() any {
	w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // a level that there is
	return w
}}

// pack compresses the answers about rosters, of which a month of 400 officers has
// megabytes. Other answers are small, or files that are packed already.
func (s *Server) pack(c *gin.Context) {
	if c.Request.Method != http.MethodGet || !strings.HasPrefix(c.Request.URL.Path, base+"/rosters/") || !strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		c.Next()
		return
	}
	w := &packed{ResponseWriter: c.Writer}
	c.Writer = w
	defer w.close()
	c.Next()
}

// packed writes JSON through gzip, and anything else as it is.
type packed struct {
	gin.ResponseWriter

	begun bool
	gz    *gzip.Writer
}

func (w *packed) Write(data []byte) (int, error) {
	if !w.begun {
		w.begun = true
		if h := w.Header(); strings.HasPrefix(h.Get("Content-Type"), "application/json") && h.Get("Content-Encoding") == "" {
			h.Set("Content-Encoding", "gzip")
			h.Add("Vary", "Accept-Encoding")
			h.Del("Content-Length")
			w.gz = packers.Get().(*gzip.Writer)
			w.gz.Reset(w.ResponseWriter)
		}
	}
	if w.gz != nil {
		return w.gz.Write(data)
	}
	return w.ResponseWriter.Write(data)
}

func (w *packed) WriteString(text string) (int, error) { return w.Write([]byte(text)) }

func (w *packed) close() {
	if w.gz == nil {
		return
	}
	_ = w.gz.Close() // whoever hung up does not miss the end
	w.gz.Reset(nil)
	packers.Put(w.gz)
	w.gz = nil
}
