package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"guardroom/console/auth"
)

const (
	writeDeadline = 10 * time.Second // a reader that takes longer is cut; it comes back with its cursor
	lookAgain     = 15 * time.Second // how often the stream makes sure that its session still holds
)

// describeLive puts the stream into the document. It is a raw handler: its
// cursor is opaque, and an event is rendered once for all who watch.
func (s *Server) describeLive() {
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "live", Method: http.MethodGet, Path: base + "/live", Tags: []string{"live"},
		Summary: "What is true now and what changes, as server-sent events",
		Description: "Events: snapshot, alarm, point, device, command, gateway, heartbeat, gone. " +
			"Last-Event-ID resumes without a gap, or begins with a new snapshot.",
		Parameters: []*huma.Param{
			{Name: "station", In: "query", Schema: &huma.Schema{Type: "string"}},
			{Name: "Last-Event-ID", In: "header", Schema: &huma.Schema{Type: "string"}},
		},
		Responses: map[string]*huma.Response{
			"200": {Description: "The stream", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: "string"}}}},
		},
	})
}

// live streams until the reader goes, falls behind, or its session ends.
func (s *Server) live(c *gin.Context) {
	p := who(c.Request.Context())
	all, ids, err := watchable(p.operator, c.Query("station"))
	if err != nil {
		s.abort(c, s.problem(c.Request.Context(), err))
		return
	}
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		s.abort(c, newProblem(http.StatusServiceUnavailable, codeUnavailable, "too many live streams are open", nil))
		return
	}
	session := ""
	if p.session != nil {
		session = p.session.ID
	}
	ended, release := s.o.Auth.Watch(session, p.operator.ID)
	defer release()
	if !s.still(c.Request.Context(), p) { // it ended between the check and the watch
		s.abort(c, s.problem(c.Request.Context(), auth.ErrUnauthenticated))
		return
	}
	s.stream(c, p, ended, func(since string) watcher { return s.o.Hub.Watch(all, ids, since) })
}

type watcher interface {
	Next(ctx context.Context) ([]byte, bool)
	Close()
}

// watchable says what by may watch: one station, some, or all.
func watchable(by auth.Operator, station string) (all bool, ids []string, err error) {
	if station != "" {
		return false, []string{station}, by.May(auth.AlarmsRead, station)
	}
	all, ids = by.Stations(auth.AlarmsRead)
	if !all && len(ids) == 0 {
		return false, nil, &auth.ForbiddenError{Permission: auth.AlarmsRead, Station: auth.AllStations}
	}
	return all, ids, nil
}

func (s *Server) stream(c *gin.Context, p *principal, ended <-chan struct{}, watch func(since string) watcher) {
	out := http.NewResponseController(c.Writer)
	_ = out.SetReadDeadline(time.Time{}) // the server's deadline is for requests that end
	since := c.GetHeader("Last-Event-ID")
	if since == "" {
		since = c.Query("cursor")
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)

	ctx, cancel := context.WithCancel(c.Request.Context())
	defer cancel()
	w := watch(since)
	defer w.Close()
	over := make(chan struct{})
	go func() {
		s.guardStream(ctx, p, ended, over)
		cancel()
	}()
	write := func(piece []byte) bool {
		if out.SetWriteDeadline(s.o.Now().Add(writeDeadline)) != nil {
			return false
		}
		if _, err := c.Writer.Write(piece); err != nil {
			return false
		}
		return out.Flush() == nil
	}
	if !write([]byte("retry: 1000\n\n")) {
		return
	}
	for {
		piece, ok := w.Next(ctx)
		if !ok {
			break
		}
		if !write(piece) {
			return
		}
	}
	reason := "slow"
	select {
	case <-over:
		reason = "signed_out"
	default:
	}
	if c.Request.Context().Err() == nil {
		write([]byte("event: gone\ndata: {\"reason\":\"" + reason + "\"}\n\n"))
	}
}

// guardStream returns when the stream's session is over (then over is closed)
// or the stream has ended.
func (s *Server) guardStream(ctx context.Context, p *principal, ended <-chan struct{}, over chan<- struct{}) {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ended:
			close(over)
			return
		case <-tick.C:
			look, cancel := context.WithTimeout(ctx, 5*time.Second)
			still := s.still(look, p)
			cancel()
			if !still {
				close(over)
				return
			}
		}
	}
}
