package api

import (
	"context"
	"io"
	"net/http"
	"path"
	"time"

	"github.com/gin-gonic/gin"

	"guardroom/console/auth"
	"guardroom/console/replay"
)

// download streams a file that write makes; it asks for permission before its first
// byte. An error before that is a problem like any other; one after it cuts the
// file off rather than let it look whole.
func (s *Server) download(c *gin.Context, name string, write func(ctx context.Context, by auth.Operator, w io.Writer) error) {
	const longest = 10 * time.Minute
	ctx := c.Request.Context()
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(s.o.Now().Add(longest))
	w := &fileAnswer{c: c, name: name}
	err := write(ctx, operator(ctx), w)
	switch {
	case err == nil:
	case !w.begun:
		s.abort(c, s.problem(ctx, err))
	default:
		_ = s.problem(ctx, err) // it logs
		panic(http.ErrAbortHandler)
	}
}

// fileAnswer sends its headers with the first bytes, so that an error before them
// can still be a problem.
type fileAnswer struct {
	c     *gin.Context
	name  string // of the file
	begun bool
}

var fileTypes = map[string]string{".csv": "text/csv; charset=utf-8", ".zip": "application/zip"}

func (w *fileAnswer) Write(p []byte) (int, error) {
	if !w.begun {
		w.begun = true
		w.c.Header("Content-Type", fileTypes[path.Ext(w.name)])
		w.c.Header("Content-Disposition", `attachment; filename="`+w.name+`"`)
		w.c.Status(http.StatusOK)
	}
	return w.c.Writer.Write(p)
}

// span reads from and to of a query; zero where they are not given. It is false when
// one is no instant, which is answered then.
func (s *Server) span(c *gin.Context) (from, to time.Time, ok bool) {
	for name, at := range map[string]*time.Time{"from": &from, "to": &to} {
		text := c.Query(name)
		if text == "" {
			continue
		}
		var err error
		if *at, err = time.Parse(time.RFC3339, text); err != nil {
			s.abort(c, s.problem(c.Request.Context(), &replay.InvalidError{Field: name, Reason: "expected an RFC 3339 instant"}))
			return from, to, false
		}
	}
	return from, to, true
}
