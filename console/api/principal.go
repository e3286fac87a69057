package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"

	"guardroom/console/auth"
)

// cookieName is the session's cookie.
const cookieName = "guardroom_session"

// principal is who asks: a session of a person, or a machine with a token.
type principal struct {
	operator auth.Operator
	session  *auth.Session // nil for machines
	secret   string        // of the session or the token
}

type principalKey struct{}

func who(ctx context.Context) *principal {
	p, _ := ctx.Value(principalKey{}).(*principal)
	return p
}

// operator is who acts; nobody, without any right, on the routes that are open.
func operator(ctx context.Context) auth.Operator {
	if p := who(ctx); p != nil {
		return p.operator
	}
	return auth.Operator{}
}

// open says which routes need nobody to be signed in.
func open(method, path string) bool {
	switch path {
	case "/api/openapi.json", base + "/about":
		return true
	case base + "/session":
		return method == http.MethodPost
	}
	if strings.HasPrefix(path, base+"/calendars/") { // a telephone has nothing but the address
		return method == http.MethodGet
	}
	return pushed(method, path)
}

// early says what somebody with a one-time password may do.
func early(path string) bool {
	return path == base+"/session" || path == base+"/session/password" || path == base+"/sessions" || path == base+"/about"
}

// authenticate finds out who asks, for every address of the API.
func (s *Server) authenticate(c *gin.Context) {
	path := c.Request.URL.Path
	if !strings.HasPrefix(path, "/api/") || open(c.Request.Method, path) {
		c.Next()
		return
	}
	p, err := s.identify(c.Request)
	if err != nil {
		s.abort(c, s.problem(c.Request.Context(), err))
		return
	}
	if p.session != nil && p.session.User.MustChangePassword && !early(path) {
		s.abort(c, newProblem(http.StatusForbidden, codeChangePassword, "change the one-time password first", nil))
		return
	}
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), principalKey{}, p))
	c.Next()
}

func (s *Server) identify(r *http.Request) (*principal, error) {
	if s.o.Auth == nil {
		return nil, auth.ErrUnauthenticated
	}
	if header := r.Header.Get("Authorization"); header != "" {
		token, ok := strings.CutPrefix(header, "Bearer ")
		if !ok {
			return nil, auth.ErrUnauthenticated
		}
		by, err := s.o.Auth.Bearer(r.Context(), token, requested(r.Context()).address)
		if err != nil {
			return nil, err
		}
		return &principal{operator: by, secret: token}, nil
	}
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return nil, auth.ErrUnauthenticated
	}
	session, err := s.o.Auth.Resume(r.Context(), cookie.Value)
	if err != nil {
		return nil, err
	}
	return &principal{operator: s.o.Auth.Operator(session.User, requested(r.Context()).address), session: &session, secret: cookie.Value}, nil
}

// still reports whether p may go on; a store that is away is no reason to cut a
// screen off.
func (s *Server) still(ctx context.Context, p *principal) bool {
	var err error
	if p.session != nil {
		_, err = s.o.Auth.Resume(ctx, p.secret)
	} else {
		_, err = s.o.Auth.Bearer(ctx, p.secret, p.operator.Address)
	}
	return !errors.Is(err, auth.ErrUnauthenticated)
}

// address is where the request came from, without the port. Only a proxy that
// is named in the configuration is believed when it speaks for others.
func (s *Server) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if !s.trusted(host) {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		host = hop.Unmap().String()
		if !s.trusted(host) {
			break
		}
	}
	return host
}

func (s *Server) trusted(host string) bool {
	address, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, prefix := range s.o.Proxies {
		if prefix.Contains(address.Unmap()) {
			return true
		}
	}
	return false
}

// encrypted reports whether the browser speaks TLS, to us or to our proxy.
func (s *Server) encrypted(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	return s.trusted(host) && r.Header.Get("X-Forwarded-Proto") == "https"
}

func stack() string { return string(debug.Stack()) }
