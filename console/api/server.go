// Package api is the console's HTTP interface: every route, typed, described by
// OpenAPI 3.1. Routes call desks; permission is the first statement of a desk.
//
//	server.go    the server, its middleware and its order
//	principal.go who asks
//	problem.go   the only place that chooses a status from an error
//	live.go      the stream of the screens
//	session.go, stations.go, … one file a noun
package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"guardroom/console/auth"
	"guardroom/console/commands"
	"guardroom/console/duty"
	"guardroom/console/fire"
	"guardroom/console/impairments"
	"guardroom/console/live"
	"guardroom/console/rosters"
	"guardroom/console/stations"
)

// Options of a Server. The desks and the hub are needed to serve; without them
// the server can only describe itself.
type Options struct {
	Auth        *auth.Desk
	Stations    *stations.Desk
	Commands    *commands.Desk
	Alarms      alarmDesk
	Signals     signalDesk
	Audit       auditDesk
	Fire        *fire.Desk
	Impairments *impairments.Desk
	Watch       watchDesk
	Notify      notifyDesk
	Replay      replayDesk
	Sites       siteDesk
	Rationale   rationaleDesk
	Rules       ruleDesk
	Figures     figuresDesk
	Doors       doorDesk
	People      peopleDesk
	Cameras     cameraDesk
	Rosters     *rosters.Desk
	Duty        *duty.Desk
	Hub         *live.Hub

	Build    string
	Demo     bool
	Accounts []Account // shown before sign-in, in the demo only

	Ready       func(ctx context.Context) error // why the console cannot work now
	Unavailable func(error) bool                // an error that may go away by itself
	Metrics     http.Handler                    // /metrics
	Web         http.Handler                    // every other path
	Origins     []string                        // further origins that may send changes, "https://console.example"
	Proxies     []netip.Prefix                  // whose X-Forwarded-For and -Proto are believed
	Streams     int                             // live streams at once; default 2000
	Log         *slog.Logger
	Now         func() time.Time
}

// Account is a demo account.
type Account struct {
	Username string `json:"username"`
	Password string `json:"password"`
	Role     string `json:"role"`
}

const (
	maxBody        = 1 << 20
	requestTimeout = 20 * time.Second
)

// Server is the handler of the console's HTTP port.
type Server struct {
	o       Options
	engine  *gin.Engine
	api     huma.API
	guard   *http.CrossOriginProtection
	streams chan struct{}
	room    map[string]int64 // "METHOD path" -> bytes of a body, where it is more than maxBody
}

func init() {
	gin.SetMode(gin.ReleaseMode)
	huma.NewError = refusal
	huma.DefaultArrayNullable = false
}

// New builds every route.
func New(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Streams == 0 {
		o.Streams = 2000
	}
	if o.Unavailable == nil {
		o.Unavailable = func(error) bool { return false }
	}
	if o.Ready == nil {
		o.Ready = func(context.Context) error { return nil }
	}
	s := &Server{o: o, engine: gin.New(), guard: http.NewCrossOriginProtection(), streams: make(chan struct{}, o.Streams), room: map[string]int64{}}
	for _, origin := range o.Origins {
		if err := s.guard.AddTrustedOrigin(origin); err != nil {
			return nil, err
		}
	}
	s.engine.UseRawPath = true // a point's id may come as one segment, with %2F
	s.engine.UnescapePathValues = true
	s.engine.RedirectTrailingSlash = false
	s.engine.HandleMethodNotAllowed = true
	s.engine.ContextWithFallback = true
	s.engine.Use(s.recover, s.trace, s.secure, s.sameOrigin, s.authenticate, s.pack)
	s.engine.NoRoute(s.elsewhere)
	s.engine.NoMethod(func(c *gin.Context) {
		s.abort(c, newProblem(http.StatusMethodNotAllowed, codeNotFound, "this address does not take "+c.Request.Method, nil))
	})
	s.describe()
	s.healthRoutes()
	s.engine.GET(base+"/live", s.live)
	return s, nil
}

const base = "/api/v1"

// describe registers the typed routes.
func (s *Server) describe() {
	config := huma.DefaultConfig("Guardroom", "1")
	config.Info.Description = "The console of a control room: alarms, commands, devices, people, record."
	config.DocsPath = ""     // the page would load scripts from elsewhere
	config.SchemasPath = ""  // the schemas stand in the document
	config.CreateHooks = nil // no $schema in bodies
	config.OpenAPIPath = ""  // served below, without signing in
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", distinctNames())
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: cookieName},
		"token":   {Type: "http", Scheme: "bearer"},
	}
	config.Security = []map[string][]string{{"session": {}}, {"token": {}}}
	s.api = humagin.New(s.engine, config)
	s.sessionRoutes()
	s.stationRoutes()
	s.siteRoutes()
	s.gatewayRoutes()
	s.deviceRoutes()
	s.pointRoutes()
	s.alarmRoutes()
	s.shelfRoutes()
	s.commandRoutes()
	s.signalRoutes()
	s.userRoutes()
	s.tokenRoutes()
	s.auditRoutes()
	s.rationaleRoutes()
	s.ruleRoutes()
	s.figureRoutes()
	s.fireRoutes()
	s.impairmentRoutes()
	s.watchRoutes()
	s.replayRoutes()
	s.doorRoutes()
	s.peopleRoutes()
	s.cameraRoutes()
	s.rosterRoutes()
	s.dutyRoutes()
	s.describeLive()
	nullableReferences(s.api.OpenAPI().Components.Schemas)
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// OpenAPI is the document that describes the API, indented, without a server.
func OpenAPI() ([]byte, error) {
	s, err := New(Options{})
	if err != nil {
		return nil, err
	}
	return s.document()
}

// route registers one typed route. A handler's error becomes a problem here.
func route[I, O any](s *Server, method, path, id, summary string, status int, handler func(context.Context, *I) (*O, error)) {
	roomyRoute(s, maxBody, method, path, id, summary, status, handler)
}

// roomyRoute is route for bodies of up to room bytes.
func roomyRoute[I, O any](s *Server, room int64, method, path, id, summary string, status int, handler func(context.Context, *I) (*O, error)) {
	tag, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	operation := huma.Operation{
		OperationID: id, Method: method, Path: base + path, Summary: summary, Tags: []string{tag}, DefaultStatus: status,
		MaxBodyBytes: room, BodyReadTimeout: 10 * time.Second,
	}
	if room > maxBody {
		operation.BodyReadTimeout = 25 * time.Second // below the server's own
		s.room[method+" "+inGin(operation.Path)] = room
	}
	if open(method, operation.Path) {
		operation.Security = []map[string][]string{}
	}
	paged := pages[I]()
	huma.Register(s.api, operation, func(ctx context.Context, in *I) (*O, error) {
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		if paged {
			if err := openCursor(operation.Path, in); err != nil {
				return nil, s.problem(ctx, err)
			}
		}
		out, err := handler(ctx, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		if paged && out != nil {
			seal(operation.Path, out)
		}
		return out, nil
	})
}

// inGin writes a path as gin does: {station} as :station.
func inGin(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// output is the body of an answer.
type output[T any] struct{ Body T }

func reply[T any](body T, err error) (*output[T], error) {
	if err != nil {
		return nil, err
	}
	return &output[T]{Body: body}, nil
}

// list is a page of things. Next is empty on the last page.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next"`
}

func page[T any](items []T, next string, err error) (*output[list[T]], error) {
	if items == nil {
		items = []T{}
	}
	return reply(list[T]{Items: items, Next: next}, err)
}

// nothing is an answer without a body.
type nothing struct{}

// Paging is the part of a query that walks through pages.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"How many at most"`
	Cursor string `query:"cursor" maxLength:"400" doc:"next of the page before"`
}

// cut pages through a list that is in memory and sorted by key.
func cut[T any](all []T, p Paging, key func(T) string) ([]T, string) {
	from := 0
	for p.Cursor != "" && from < len(all) && key(all[from]) <= p.Cursor {
		from++
	}
	all = all[from:]
	if len(all) <= p.Limit {
		return all, ""
	}
	return all[:p.Limit], key(all[p.Limit-1])
}

// elsewhere serves the screens; an unknown address of the API is a problem.
func (s *Server) elsewhere(c *gin.Context) {
	if strings.HasPrefix(c.Request.URL.Path, "/api/") || c.Request.URL.Path == "/api" || s.o.Web == nil {
		s.abort(c, newProblem(http.StatusNotFound, codeNotFound, errNoRoute.Error(), nil))
		return
	}
	c.Status(http.StatusOK) // gin has set 404 before
	s.o.Web.ServeHTTP(c.Writer, c.Request)
}

func (s *Server) abort(c *gin.Context, p *Problem) {
	for name, values := range p.GetHeaders() {
		c.Header(name, values[0])
	}
	c.Header("Content-Type", p.ContentType(""))
	c.AbortWithStatusJSON(p.Status, p)
}

// recover turns a panic into an internal error; the next request is served.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		if found := recover(); found != nil {
			if err, ok := found.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(found)
			}
			s.o.Log.Error("api: panic", "panic", found, "method", c.Request.Method, "path", logged(c.Request.URL.Path), "stack", stack())
			if !c.Writer.Written() {
				s.abort(c, newProblem(http.StatusInternalServerError, codeInternal, "an internal error; it is in the log of the console", nil))
			}
		}
	}()
	c.Next()
}

// trace gives each request an id and logs it without query, body or cookies.
func (s *Server) trace(c *gin.Context) {
	id, began := auth.NewID(), s.o.Now()
	c.Header("X-Request-Id", id)
	r := request{id: id, address: s.address(c.Request), encrypted: s.encrypted(c.Request)}
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), requestKey{}, r))
	c.Next()
	level := slog.LevelDebug
	switch status := c.Writer.Status(); {
	case status >= 500:
		level = slog.LevelWarn
	case c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead:
		level = slog.LevelInfo
	}
	s.o.Log.Log(c.Request.Context(), level, "api: request", "method", c.Request.Method, "path", logged(c.Request.URL.Path), "status", c.Writer.Status(),
		"took", s.o.Now().Sub(began), "operator", operator(c.Request.Context()).ID, "address", r.address, "request", id)
}

// logged is a path as the log may keep it: whoever has the address of a calendar reads
// the officer's duties.
func logged(path string) string {
	rest, calendar := strings.CutPrefix(path, base+"/calendars/")
	if !calendar {
		return path
	}
	station, _, _ := strings.Cut(rest, "/")
	return base + "/calendars/" + station + "/…"
}

// request is what is known of a request before anything reads it.
type request struct {
	id, address string
	encrypted   bool
}

type requestKey struct{}

func requested(ctx context.Context) request {
	r, _ := ctx.Value(requestKey{}).(request)
	return r
}

// secure sets the headers that every answer carries; the screens' own handler
// adds its policy.
func (s *Server) secure(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if strings.HasPrefix(c.Request.URL.Path, "/api/") {
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cache-Control", "no-store")
		room := max(s.room[c.Request.Method+" "+c.FullPath()], maxBody)
		c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, room+1)
	}
	if requested(c.Request.Context()).encrypted {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	c.Next()
}

// sameOrigin refuses changes that another site's page asks for, by
// Sec-Fetch-Site and Origin.
func (s *Server) sameOrigin(c *gin.Context) {
	if err := s.guard.Check(c.Request); err != nil {
		s.abort(c, newProblem(http.StatusForbidden, codeForbidden, "this request comes from another site", map[string]any{"reason": "cross_site"}))
		return
	}
	c.Next()
}

// healthRoutes are for machines that watch the console, and for readers of the
// document.
func (s *Server) healthRoutes() {
	s.engine.GET("/healthz", func(c *gin.Context) { c.JSON(http.StatusOK, gin.H{"status": "ok"}) })
	s.engine.GET("/readyz", func(c *gin.Context) {
		ctx, cancel := context.WithTimeout(c.Request.Context(), 5*time.Second)
		defer cancel()
		if err := s.o.Ready(ctx); err != nil {
			c.JSON(http.StatusServiceUnavailable, gin.H{"status": "not ready", "reason": err.Error()})
			return
		}
		c.JSON(http.StatusOK, gin.H{"status": "ready"})
	})
	if s.o.Metrics != nil {
		s.engine.GET("/metrics", gin.WrapH(s.o.Metrics))
	}
	s.engine.GET("/api/openapi.json", func(c *gin.Context) {
		doc, err := s.document()
		if err != nil {
			s.abort(c, s.problem(c.Request.Context(), errors.Join(errors.New("describe the API"), err)))
			return
		}
		c.Data(http.StatusOK, "application/vnd.oai.openapi+json;version=3.1", doc)
	})
}
