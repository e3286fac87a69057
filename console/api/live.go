package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"guardroom/console/auth"
)

const (
	writeDeadline = 10 * time.Second // a reader that takes longer is cut; it comes back with its cursor
	lookAgain     = 15 * time.Second // how often the stream makes sure that its session still holds
	lookReach     = time.Second      // how often it looks whether a cover grant has begun or ended
)

// describeLive puts the stream into the document. It is a raw handler: its
// cursor is opaque, and an event is rendered once for all who watch.
func (s *Server) describeLive() {
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "live", Method: http.MethodGet, Path: base + "/live", Tags: []string{"live"},
		Summary: "What is true now and what changes, as server-sent events",
		Description: "Events: snapshot, alarm, point, device, command, gateway, heartbeat, rights, gone, and one a topic of things. " +
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
	ended, handed, release := s.o.Auth.Follow(session, p.operator.ID)
	defer release()
	if !s.still(c.Request.Context(), p) { // it ended between the check and the watch
		s.abort(c, s.problem(c.Request.Context(), auth.ErrUnauthenticated))
		return
	}
	stream := &stream{s: s, c: c, out: http.NewResponseController(c.Writer), station: c.Query("station"), p: p, reach: reach{all, ids}, ended: ended, handed: handed}
	stream.run()
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

// reach is what a stream shows.
type reach struct {
	all bool
	ids []string
}

func (r reach) same(as reach) bool { return r.all == as.all && slices.Equal(r.ids, as.ids) }

// stream is one reader of the board. When its reach changes (a cover grant begins
// or ends, or the next officer takes over the desk) it goes on with what holds
// then; the reader is told by the event rights.
type stream struct {
	s       *Server
	c       *gin.Context
	out     *http.ResponseController
	station string // the only one that is asked for, if any

	p      *principal
	reach  reach
	ended  <-chan struct{}
	handed <-chan auth.Handed
	leave  func(gone bool)
}

func (t *stream) run() {
	_ = t.out.SetReadDeadline(time.Time{}) // the server's deadline is for requests that end
	since := t.c.GetHeader("Last-Event-ID")
	if since == "" {
		since = t.c.Query("cursor")
	}
	h := t.c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store, no-transform")
	h.Set("X-Accel-Buffering", "no")
	t.c.Status(http.StatusOK)
	w := watcher(t.s.o.Hub.Watch(t.reach.all, t.reach.ids, since))
	defer func() { w.Close() }()
	reason := "slow"
	t.leave = t.enter()
	defer func() { t.leave(reason == "signed_out") }()
	if !t.write([]byte("retry: 1000\n\n")) {
		reason = "left"
		return
	}
	for {
		why, next := t.follow(w)
		switch why {
		case "left":
			reason = why
			return
		case "turned":
			moved := next.operator.ID != t.p.operator.ID
			was := t.reach
			if !t.turn(next) {
				why = "signed_out"
				break
			}
			if !moved && t.reach.same(was) {
				continue
			}
			if !t.write([]byte("event: rights\ndata: {\"because\":\"" + because(moved) + "\"}\n\n")) {
				reason = "left"
				return
			}
			if !t.reach.same(was) { // what it shows begins anew, with a snapshot
				w.Close()
				w = t.s.o.Hub.Watch(t.reach.all, t.reach.ids, "")
			}
			continue
		}
		reason = why
		break
	}
	if t.c.Request.Context().Err() == nil {
		t.write([]byte("event: gone\ndata: {\"reason\":\"" + reason + "\"}\n\n"))
	}
}

// because says why the reach of a stream turned: the reader of "officer" gets a new
// cookie too.
func because(moved bool) string {
	if moved {
		return "officer"
	}
	return "cover"
}

// enter tells the watch that somebody is at these screens.
func (t *stream) enter() func(bool) {
	if t.s.o.Watch == nil || t.p.session == nil {
		return func(bool) {}
	}
	return t.s.o.Watch.Enter(t.p.session.ID, t.p.operator)
}

// turn goes on as next, if next may watch anything.
func (t *stream) turn(next *principal) bool {
	all, ids, err := watchable(next.operator, t.station)
	if err != nil {
		return false
	}
	before, leave := t.p, t.leave
	t.p, t.reach = next, reach{all, ids}
	t.leave = t.enter() // before the old one leaves: the desk is never empty between
	leave(next.session != nil && before.session != nil && next.session.ID != before.session.ID)
	return true
}

// follow writes what w has until something else has to be done: the reader left,
// is too slow, is signed out, or turned into next.
func (t *stream) follow(w watcher) (why string, next *principal) {
	ctx, cancel := context.WithCancel(t.c.Request.Context())
	defer cancel()
	type verdict struct {
		why  string
		next *principal
	}
	judged := make(chan verdict, 1)
	go func() {
		defer cancel()
		why, next := t.guard(ctx)
		judged <- verdict{why, next}
	}()
	why = "slow"
	for {
		piece, ok := w.Next(ctx)
		if !ok {
			break
		}
		if !t.write(piece) {
			why = "left"
			break
		}
	}
	cancel()
	v := <-judged
	if why != "left" && v.why != "" {
		why = v.why
	}
	return why, v.next
}

func (t *stream) write(piece []byte) bool {
	if t.out.SetWriteDeadline(t.s.o.Now().Add(writeDeadline)) != nil {
		return false
	}
	if _, err := t.c.Writer.Write(piece); err != nil {
		return false
	}
	return t.out.Flush() == nil
}

// guard returns when the stream's session is over or has turned into another, or
// when its reach has changed; with nothing to say when ctx ends.
func (t *stream) guard(ctx context.Context) (why string, next *principal) {
	tick, look := time.NewTicker(lookAgain), time.NewTicker(lookReach)
	defer tick.Stop()
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			if t.c.Request.Context().Err() != nil {
				return "left", nil
			}
			return "", nil
		case <-t.ended:
			return "signed_out", nil
		case h := <-t.handed:
			by := t.s.o.Auth.Operator(h.Session.User, t.p.operator.Address)
			return "turned", &principal{operator: by, session: &h.Session, secret: h.Secret}
		case <-look.C:
			if t.p.session == nil {
				continue
			}
			by := t.s.o.Auth.Operator(t.p.session.User, t.p.operator.Address)
			if !slices.Equal(by.Covers, t.p.operator.Covers) {
				return "turned", &principal{operator: by, session: t.p.session, secret: t.p.secret}
			}
		case <-tick.C:
			look, cancel := context.WithTimeout(ctx, 5*time.Second)
			still := t.s.still(look, t.p)
			cancel()
			if !still {
				return "signed_out", nil
			}
		}
	}
}
