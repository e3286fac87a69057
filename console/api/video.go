package api

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"guardroom/console/auth"
	"guardroom/console/cameras"
)

// Pictures are no JSON: these routes are raw handlers. They follow WHIP
// (RFC 9725) and WHEP (draft-ietf-wish-whep).

// videoDesk is what the streams of cameras need of the console.
type videoDesk interface {
	// May and MayPlay say whether by may watch a camera, or what was recorded of it.
	May(by auth.Operator, id string) error
	MayPlay(by auth.Operator, id string) error
	Watch(ctx context.Context, v cameras.Viewer, id, stream, offer string) (cameras.View, error)
	Trickle(ctx context.Context, by auth.Operator, id, view, etag, fragment string) (answer, next string, err error)
	Switch(ctx context.Context, by auth.Operator, id, view, stream string) error
	Leave(ctx context.Context, by auth.Operator, id, view string) error
	Push(ctx context.Context, id, token, offer string) (push, answer string, err error)
	EndPush(ctx context.Context, id, push string) error
	Snapshot(ctx context.Context, v cameras.Viewer, id string) (cameras.Still, error)
	Play(ctx context.Context, v cameras.Viewer, id string, from, to time.Time) (cameras.Playing, error)
	Upload(ctx context.Context, id, transfer, token string, body io.Reader) error
	OpenExport(ctx context.Context, by auth.Operator, id, export string) (io.ReadSeekCloser, cameras.CameraExport, error)
}

const (
	maxOffer       = 256 << 10
	maxUpload      = 64 << 30
	downloadWithin = 30 * time.Minute
	pieceWithin    = 30 * time.Second // a reader or a sender of pictures that stands still longer is cut
)

func (s *Server) videoRoutes() {
	sdp := map[string]*huma.MediaType{"application/sdp": {Schema: &huma.Schema{Type: "string"}}}
	mp4 := map[string]*huma.MediaType{"video/mp4": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}
	stream := &huma.Param{Name: "stream", In: "query", Schema: &huma.Schema{Type: "string", Enum: []any{"main", "sub"}}}
	from := &huma.Param{Name: "from", In: "query", Required: true, Schema: &huma.Schema{Type: "string", Format: "date-time"}}
	to := &huma.Param{Name: "to", In: "query", Required: true, Schema: &huma.Schema{Type: "string", Format: "date-time"}}
	s.raw(http.MethodPost, "/cameras/{id}/whep", "watch-camera", "Watch a camera: SDP offer in, SDP answer out, Location and ETag of the session (WHEP)", 201, sdp, sdp, s.watchCamera, stream)
	s.raw(http.MethodPatch, "/cameras/{id}/whep/{session}", "trickle-camera", "Further candidates, or a restart of ICE", 204, map[string]*huma.MediaType{"application/trickle-ice-sdpfrag": {Schema: &huma.Schema{Type: "string"}}}, nil, s.trickleCamera)
	s.raw(http.MethodDelete, "/cameras/{id}/whep/{session}", "leave-camera", "Watch no longer", 200, nil, nil, s.leaveCamera)
	s.raw(http.MethodPost, "/cameras/{id}/whip", "push-camera", "A gateway brings a camera, with the token that it was given (WHIP)", 201, sdp, sdp, s.pushCamera)
	s.raw(http.MethodDelete, "/cameras/{id}/whip/{session}", "end-push-camera", "A gateway brings it no longer", 200, nil, nil, s.endPush)
	s.raw(http.MethodGet, "/cameras/{id}/recording", "play-camera", "What was recorded, as fragmented MP4 while it comes", 200, nil, mp4, s.playCamera, from, to)
	s.raw(http.MethodPut, "/cameras/{id}/uploads/{transfer}", "upload-camera", "A gateway brings what was recorded, with the token that it was given", 204, mp4, nil, s.uploadCamera)
	s.raw(http.MethodGet, "/cameras/{id}/snapshot", "snapshot-camera", "The newest picture: an MP4 of one frame, with X-Picture-Time", 200, nil, mp4, s.snapshotCamera)
	s.raw(http.MethodGet, "/cameras/{id}/exports/{export}/file", "download-camera-export", "The clip with its sidecar, as ZIP", 200, nil, map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}, s.downloadExport)
	s.room[http.MethodPut+" "+inGin(base+"/cameras/{id}/uploads/{transfer}")] = maxUpload
}

// raw registers a handler by itself and describes it.
func (s *Server) raw(method, path, id, summary string, status int, in, out map[string]*huma.MediaType, handle gin.HandlerFunc, query ...*huma.Param) {
	s.engine.Handle(method, inGin(base+path), handle)
	operation := &huma.Operation{
		OperationID: id, Method: method, Path: base + path, Summary: summary, Tags: []string{"cameras"},
		Responses: map[string]*huma.Response{strconv.Itoa(status): {Description: http.StatusText(status), Content: out}},
	}
	for _, part := range strings.Split(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			operation.Parameters = append(operation.Parameters, &huma.Param{Name: strings.TrimSuffix(name, "}"), In: "path", Required: true, Schema: &huma.Schema{Type: "string"}})
		}
	}
	operation.Parameters = append(operation.Parameters, query...)
	if in != nil {
		operation.RequestBody = &huma.RequestBody{Required: true, Content: in}
	}
	if open(method, operation.Path) {
		operation.Security = []map[string][]string{}
	}
	s.api.OpenAPI().AddOperation(operation)
}

// pushed says which routes gateways use: they carry a token of their own, that
// the desk checks.
func pushed(method, path string) bool {
	rest, ok := strings.CutPrefix(path, base+"/cameras/")
	if !ok {
		return false
	}
	_, rest, _ = strings.Cut(rest, "/")
	switch what, _, _ := strings.Cut(rest, "/"); what {
	case "whip":
		return method == http.MethodPost || method == http.MethodDelete
	case "uploads":
		return method == http.MethodPut
	}
	return false
}

// viewer is who asks, with what ends their watching.
func (s *Server) viewer(c *gin.Context) cameras.Viewer {
	p := who(c.Request.Context())
	v := cameras.Viewer{By: p.operator, Key: "token:" + p.operator.ID}
	session := ""
	if p.session != nil {
		session = p.session.ID
		v.Key = "session:" + session
	}
	var mu sync.Mutex // guards p, which the next officer at the desk replaces
	v.Follow = func() (<-chan struct{}, <-chan auth.Operator, func()) {
		ended, handed, release := s.o.Auth.Follow(session, p.operator.ID)
		next, left := make(chan auth.Operator), make(chan struct{})
		go func() {
			for {
				select {
				case h := <-handed:
					mu.Lock()
					by := s.o.Auth.Operator(h.Session.User, p.operator.Address)
					p = &principal{operator: by, session: &h.Session, secret: h.Secret}
					mu.Unlock()
					select {
					case next <- by:
					case <-left:
						return
					}
				case <-left:
					return
				}
			}
		}()
		return ended, next, func() { close(left); release() }
	}
	v.Still = func(ctx context.Context) (auth.Operator, error) {
		mu.Lock()
		now := p
		mu.Unlock()
		if now.session == nil {
			return s.o.Auth.Bearer(ctx, now.secret, now.operator.Address)
		}
		found, err := s.o.Auth.Look(ctx, now.secret)
		if err != nil {
			return auth.Operator{}, err
		}
		return s.o.Auth.Operator(found.User, now.operator.Address), nil
	}
	return v
}

// bodyOf reads a small text of the given type.
func (s *Server) bodyOf(c *gin.Context, kind string) (string, bool) {
	if got, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || got != kind {
		s.abort(c, newProblem(http.StatusUnsupportedMediaType, codeInvalid, "this takes "+kind, map[string]any{"field": "Content-Type", "reason": kind}))
		return "", false
	}
	text, err := io.ReadAll(io.LimitReader(c.Request.Body, maxOffer+1))
	if err != nil || len(text) > maxOffer {
		s.abort(c, newProblem(http.StatusRequestEntityTooLarge, codeInvalid, "too long for a session description", nil))
		return "", false
	}
	return string(text), true
}

func (s *Server) refuse(c *gin.Context, err error) { s.abort(c, s.problem(c.Request.Context(), err)) }

func (s *Server) watchCamera(c *gin.Context) {
	v, stream := s.viewer(c), c.DefaultQuery("stream", "main")
	if err := s.o.Cameras.May(v.By, c.Param("id")); err != nil { // before the body: who may not is told so
		s.refuse(c, err)
		return
	}
	if !slices.Contains([]string{"main", "sub"}, stream) {
		s.refuse(c, &cameras.InvalidError{Field: "stream", Reason: "main or sub"})
		return
	}
	offer, ok := s.bodyOf(c, "application/sdp")
	if !ok {
		return
	}
	view, err := s.o.Cameras.Watch(c.Request.Context(), v, c.Param("id"), stream, offer)
	if err != nil {
		s.refuse(c, err)
		return
	}
	c.Header("Location", base+"/cameras/"+c.Param("id")+"/whep/"+view.ID)
	c.Header("ETag", view.ETag)
	c.Header("Accept-Patch", "application/trickle-ice-sdpfrag")
	c.Data(http.StatusCreated, "application/sdp", []byte(view.Answer))
}

func (s *Server) trickleCamera(c *gin.Context) {
	by := operator(c.Request.Context())
	if err := s.o.Cameras.May(by, c.Param("id")); err != nil {
		s.refuse(c, err)
		return
	}
	fragment, ok := s.bodyOf(c, "application/trickle-ice-sdpfrag")
	if !ok {
		return
	}
	answer, etag, err := s.o.Cameras.Trickle(c.Request.Context(), by, c.Param("id"), c.Param("session"), c.GetHeader("If-Match"), fragment)
	switch {
	case err != nil:
		s.refuse(c, err)
	case answer == "":
		c.Status(http.StatusNoContent)
	default:
		c.Header("ETag", etag)
		c.Data(http.StatusOK, "application/trickle-ice-sdpfrag", []byte(answer))
	}
}

func (s *Server) leaveCamera(c *gin.Context) {
	if err := s.o.Cameras.Leave(c.Request.Context(), operator(c.Request.Context()), c.Param("id"), c.Param("session")); err != nil {
		s.refuse(c, err)
		return
	}
	c.Status(http.StatusOK)
}

func (s *Server) pushCamera(c *gin.Context) {
	token, given := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	if !given || s.o.Cameras == nil {
		s.refuse(c, auth.ErrUnauthenticated)
		return
	}
	offer, ok := s.bodyOf(c, "application/sdp")
	if !ok {
		return
	}
	push, answer, err := s.o.Cameras.Push(c.Request.Context(), c.Param("id"), token, offer)
	if err != nil {
		s.refuse(c, err)
		return
	}
	c.Header("Location", base+"/cameras/"+c.Param("id")+"/whip/"+push)
	c.Data(http.StatusCreated, "application/sdp", []byte(answer))
}

// endPush ends what only the one who began it can name.
func (s *Server) endPush(c *gin.Context) {
	if s.o.Cameras == nil {
		s.refuse(c, auth.ErrUnauthenticated)
		return
	}
	if err := s.o.Cameras.EndPush(c.Request.Context(), c.Param("id"), c.Param("session")); err != nil {
		s.refuse(c, err)
		return
	}
	c.Status(http.StatusOK)
}

// instants reads from and to of a query.
func instants(c *gin.Context) (from, to time.Time, err error) {
	for name, at := range map[string]*time.Time{"from": &from, "to": &to} {
		if *at, err = time.Parse(time.RFC3339Nano, c.Query(name)); err != nil {
			return from, to, &cameras.InvalidError{Field: name, Reason: "an instant such as 2030-06-01T12:00:00Z"}
		}
	}
	return from, to, nil
}

func (s *Server) playCamera(c *gin.Context) {
	v := s.viewer(c)
	if err := s.o.Cameras.MayPlay(v.By, c.Param("id")); err != nil {
		s.refuse(c, err)
		return
	}
	from, to, err := instants(c)
	if err != nil {
		s.refuse(c, err)
		return
	}
	playing, err := s.o.Cameras.Play(c.Request.Context(), v, c.Param("id"), from, to)
	if err != nil {
		s.refuse(c, err)
		return
	}
	defer playing.Close()
	out := http.NewResponseController(c.Writer)
	_ = out.SetReadDeadline(time.Time{}) // the server's deadline is for requests that end
	c.Header("Content-Type", playing.ContentType())
	c.Header("X-Recording-From", playing.From().UTC().Format(time.RFC3339Nano))
	c.Status(http.StatusOK)
	piece := make([]byte, 64<<10)
	for {
		n, err := playing.Read(piece)
		if n > 0 {
			_ = out.SetWriteDeadline(s.o.Now().Add(pieceWithin))
			if _, err := c.Writer.Write(piece[:n]); err != nil {
				return
			}
			if out.Flush() != nil {
				return
			}
		}
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil { // half a recording must not look like a whole one
			panic(http.ErrAbortHandler)
		}
	}
}

// patient gives each read of a body its own time.
type patient struct {
	io.Reader
	out *http.ResponseController
	now func() time.Time
}

func (p patient) Read(to []byte) (int, error) {
	_ = p.out.SetReadDeadline(p.now().Add(pieceWithin))
	return p.Reader.Read(to)
}

func (s *Server) uploadCamera(c *gin.Context) {
	token, given := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	if !given || s.o.Cameras == nil {
		s.refuse(c, auth.ErrUnauthenticated)
		return
	}
	out := http.NewResponseController(c.Writer)
	_ = out.SetWriteDeadline(time.Time{}) // as long as somebody plays it
	body := patient{c.Request.Body, out, s.o.Now}
	if err := s.o.Cameras.Upload(c.Request.Context(), c.Param("id"), c.Param("transfer"), token, body); err != nil {
		s.refuse(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}

func (s *Server) snapshotCamera(c *gin.Context) {
	still, err := s.o.Cameras.Snapshot(c.Request.Context(), s.viewer(c), c.Param("id"))
	if err != nil {
		s.refuse(c, err)
		return
	}
	c.Header("X-Picture-Time", still.At.UTC().Format(time.RFC3339Nano))
	c.Data(http.StatusOK, still.ContentType, still.MP4)
}

func (s *Server) downloadExport(c *gin.Context) {
	file, e, err := s.o.Cameras.OpenExport(c.Request.Context(), operator(c.Request.Context()), c.Param("id"), c.Param("export"))
	if err != nil {
		s.refuse(c, err)
		return
	}
	defer file.Close()
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(s.o.Now().Add(downloadWithin))
	name := strings.NewReplacer(":", "", "/", "-").Replace(e.Camera + " " + e.From.UTC().Format("2006-01-02T15:04:05Z") + ".zip")
	c.Header("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	c.Header("Content-Type", "application/zip")
	http.ServeContent(c.Writer, c.Request, "", e.At, file)
}
