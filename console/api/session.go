package api

import (
	"context"
	"net/http"
	"time"

	"guardroom/console/auth"
	"guardroom/console/stations"
)

// Session is who is signed in and what they may do where.
type Session struct {
	User        SessionUser                  `json:"user"`
	Roles       []auth.Grant                 `json:"roles"`
	Permissions map[string][]auth.Permission `json:"permissions" doc:"By station; * for all stations"`
	Covers      []auth.Cover                 `json:"covers" doc:"Stations that are covered at this moment, and the grants"`
	Stations    []stations.Station           `json:"stations"`
	ExpiresAt   time.Time                    `json:"expires_at"`
	Demo        bool                         `json:"demo"`
	ServerTime  time.Time                    `json:"server_time"`
	Build       string                       `json:"build"`
}

// SessionUser is the part of a user that a session shows.
type SessionUser struct {
	ID                 string `json:"id"`
	Username           string `json:"username"`
	Name               string `json:"name"`
	MustChangePassword bool   `json:"must_change_password"`
}

// About is what anybody may know before signing in.
type About struct {
	Name     string    `json:"name"`
	Demo     bool      `json:"demo"`
	Build    string    `json:"build"`
	Accounts []Account `json:"accounts,omitempty"`
}

func (s *Server) sessionRoutes() {
	route(s, http.MethodGet, "/about", "about", "What this console is", 200, s.about)
	route(s, http.MethodPost, "/session", "sign-in", "Sign in", 200, s.signIn)
	route(s, http.MethodGet, "/session", "get-session", "Who is signed in", 200, s.session)
	route(s, http.MethodPost, "/session/change", "change-officer", "Let the next officer take over this desk", 200, s.changeOfficer)
	route(s, http.MethodDelete, "/session", "sign-out", "Sign out", 204, s.signOut)
	route(s, http.MethodDelete, "/sessions", "sign-out-everywhere", "Sign out everywhere", 204, s.signOutEverywhere)
	route(s, http.MethodPost, "/session/password", "change-password", "Change one's own password", 204, s.changePassword)
}

func (s *Server) about(context.Context, *struct{}) (*output[About], error) {
	about := About{Name: "Guardroom", Demo: s.o.Demo, Build: s.o.Build}
	if s.o.Demo {
		about.Accounts = s.o.Accounts
	}
	return reply(about, nil)
}

type signInInput struct {
	Body struct {
		Username string `json:"username" maxLength:"200"`
		Password string `json:"password" maxLength:"1024"`
	}
}

type signInOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      Session
}

func (s *Server) signIn(ctx context.Context, in *signInInput) (*signInOutput, error) {
	session, secret, err := s.o.Auth.SignIn(ctx, in.Body.Username, in.Body.Password, requested(ctx).address)
	if err != nil {
		return nil, err
	}
	cookie := s.cookie(secret, requested(ctx).encrypted)
	cookie.MaxAge = int((30 * 24 * time.Hour).Seconds()) // the console ends a session, not the browser's memory
	return &signInOutput{SetCookie: cookie, Body: s.shown(session, requested(ctx).address)}, nil
}

// changeOfficer hands the desk over: one session ends and the next begins, and the
// desk's streams go on. When it fails the first officer stays.
func (s *Server) changeOfficer(ctx context.Context, in *signInInput) (*signInOutput, error) {
	p := who(ctx)
	if p.session == nil {
		return nil, &auth.InvalidError{Field: "session", Reason: "a machine token has no desk to hand over"}
	}
	address := requested(ctx).address
	session, secret, err := s.o.Auth.Change(ctx, *p.session, in.Body.Username, in.Body.Password, address)
	if err != nil {
		return nil, err
	}
	if s.o.Watch != nil {
		s.o.Watch.Move(p.session.ID, session.ID, s.o.Auth.Operator(session.User, address))
	}
	cookie := s.cookie(secret, requested(ctx).encrypted)
	cookie.MaxAge = int((30 * 24 * time.Hour).Seconds())
	return &signInOutput{SetCookie: cookie, Body: s.shown(session, address)}, nil
}

func (s *Server) cookie(value string, secure bool) http.Cookie {
	return http.Cookie{Name: cookieName, Value: value, Path: "/api/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteStrictMode}
}

func (s *Server) shown(session auth.Session, address string) Session {
	by := s.o.Auth.Operator(session.User, address)
	v := s.rights(by)
	v.User = SessionUser{ID: session.User.ID, Username: session.User.Username, Name: session.User.Name, MustChangePassword: session.User.MustChangePassword}
	v.ExpiresAt = session.ExpiresAt.UTC()
	return v
}

func (s *Server) rights(by auth.Operator) Session {
	v := Session{
		User: SessionUser{ID: by.ID, Username: by.Username, Name: by.Name}, Roles: append([]auth.Grant{}, by.Grants...),
		Permissions: map[string][]auth.Permission{}, Covers: append([]auth.Cover{}, by.Covers...), Stations: s.o.Stations.Stations(by),
		Demo: s.o.Demo, ServerTime: s.o.Now().UTC(), Build: s.o.Build,
	}
	for _, g := range by.Grants {
		for _, p := range g.Role.Permissions() {
			if by := v.Permissions[g.Station]; !contains(by, p) {
				v.Permissions[g.Station] = append(by, p)
			}
		}
	}
	for _, c := range by.Covers {
		for _, p := range auth.Officer.Permissions() {
			if at := v.Permissions[c.Station]; !contains(at, p) {
				v.Permissions[c.Station] = append(at, p)
			}
		}
	}
	return v
}

func contains(list []auth.Permission, p auth.Permission) bool {
	for _, one := range list {
		if one == p {
			return true
		}
	}
	return false
}

func (s *Server) session(ctx context.Context, _ *struct{}) (*output[Session], error) {
	p := who(ctx)
	if p.session == nil { // a machine: its token stands for a session
		v := s.rights(p.operator)
		v.ExpiresAt = v.ServerTime.Add(auth.SessionLength)
		return reply(v, nil)
	}
	return reply(s.shown(*p.session, p.operator.Address), nil)
}

type signedOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (s *Server) gone() *signedOut {
	cookie := s.cookie("", false)
	cookie.MaxAge = -1
	return &signedOut{SetCookie: cookie}
}

func (s *Server) signOut(ctx context.Context, _ *struct{}) (*signedOut, error) {
	p := who(ctx)
	if p.session == nil {
		return nil, &auth.InvalidError{Field: "session", Reason: "a machine token has no session; remove the token instead"}
	}
	if err := s.o.Auth.SignOut(ctx, *p.session, p.operator.Address); err != nil {
		return nil, err
	}
	return s.gone(), nil
}

type everywhereInput struct {
	User string `query:"user" maxLength:"64" doc:"Another user's id; oneself when empty"`
}

func (s *Server) signOutEverywhere(ctx context.Context, in *everywhereInput) (*nothing, error) {
	return nil, s.o.Auth.SignOutEverywhere(ctx, operator(ctx), in.User)
}

type passwordInput struct {
	Body struct {
		Current string `json:"current" maxLength:"1024"`
		New     string `json:"new" maxLength:"1024"`
	}
}

func (s *Server) changePassword(ctx context.Context, in *passwordInput) (*nothing, error) {
	p := who(ctx)
	if p.session == nil {
		return nil, &auth.InvalidError{Field: "session", Reason: "a machine token has no password"}
	}
	return nil, s.o.Auth.ChangePassword(ctx, *p.session, p.operator.Address, in.Body.Current, in.Body.New)
}
