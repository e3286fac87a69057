package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"guardroom/console/auth"
)

func (s *Server) userRoutes() {
	route(s, http.MethodGet, "/users", "list-users", "Users", 200, s.listUsers)
	route(s, http.MethodPost, "/users", "add-user", "Add a user", 201, s.addUser)
	route(s, http.MethodGet, "/users/{id}", "get-user", "One user", 200, s.getUser)
	route(s, http.MethodPatch, "/users/{id}", "change-user", "Change a user", 200, s.changeUser)
	route(s, http.MethodPost, "/users/{id}/password", "reset-password", "Give a user a one-time password", 200, s.resetPassword)
}

func (s *Server) listUsers(ctx context.Context, in *Paging) (*output[list[auth.User]], error) {
	all, err := s.o.Auth.Users(ctx, operator(ctx))
	slices.SortFunc(all, func(a, b auth.User) int { return cmp.Compare(a.Username, b.Username) })
	items, next := cut(all, *in, func(u auth.User) string { return u.Username })
	return page(items, next, err)
}

type addUserInput struct {
	Body struct {
		Username string       `json:"username" maxLength:"200"`
		Name     string       `json:"name" maxLength:"800"`
		Roles    []auth.Grant `json:"roles"`
		Password string       `json:"password,omitempty" maxLength:"1024" doc:"Without it a one-time password is made"`
	}
}

// UserAdded carries the one-time password, if one was made; it is never shown again.
type UserAdded struct {
	User            auth.User `json:"user"`
	OneTimePassword string    `json:"one_time_password,omitempty"`
}

func (s *Server) addUser(ctx context.Context, in *addUserInput) (*output[UserAdded], error) {
	u, once, err := s.o.Auth.AddUser(ctx, operator(ctx), auth.NewUser{
		Username: in.Body.Username, Name: in.Body.Name, Roles: in.Body.Roles, Password: in.Body.Password,
	})
	return reply(UserAdded{User: u, OneTimePassword: once}, err)
}

func (s *Server) getUser(ctx context.Context, in *ByID) (*output[auth.User], error) {
	return reply(s.o.Auth.User(ctx, operator(ctx), in.ID))
}

type changeUserInput struct {
	ByID
	Body struct {
		Name     *string       `json:"name,omitempty" maxLength:"800"`
		Roles    *[]auth.Grant `json:"roles,omitempty"`
		Disabled *bool         `json:"disabled,omitempty"`
		Version  int64         `json:"version" minimum:"1"`
	}
}

func (s *Server) changeUser(ctx context.Context, in *changeUserInput) (*output[auth.User], error) {
	return reply(s.o.Auth.ChangeUser(ctx, operator(ctx), in.ID,
		auth.UserChange{Name: in.Body.Name, Roles: in.Body.Roles, Disabled: in.Body.Disabled, Version: in.Body.Version}))
}

// OneTimePassword is shown once.
type OneTimePassword struct {
	OneTimePassword string `json:"one_time_password"`
}

func (s *Server) resetPassword(ctx context.Context, in *ByID) (*output[OneTimePassword], error) {
	once, err := s.o.Auth.ResetPassword(ctx, operator(ctx), in.ID)
	return reply(OneTimePassword{OneTimePassword: once}, err)
}

func (s *Server) tokenRoutes() {
	route(s, http.MethodGet, "/tokens", "list-tokens", "Machine tokens", 200, s.listTokens)
	route(s, http.MethodPost, "/tokens", "add-token", "Make a machine token; it is shown once", 201, s.addToken)
	route(s, http.MethodDelete, "/tokens/{id}", "remove-token", "End a machine token", 204, s.removeToken)
}

func (s *Server) listTokens(ctx context.Context, in *Paging) (*output[list[auth.Token]], error) {
	all, err := s.o.Auth.Tokens(ctx, operator(ctx))
	items, next := cut(all, *in, func(t auth.Token) string { return t.ID })
	return page(items, next, err)
}

type addTokenInput struct {
	Body struct {
		Name      string       `json:"name" maxLength:"800"`
		Roles     []auth.Grant `json:"roles"`
		ExpiresAt *time.Time   `json:"expires_at,omitempty"`
	}
}

// TokenAdded carries the token, which is never shown again.
type TokenAdded struct {
	TokenInfo auth.Token `json:"token_info"`
	Token     string     `json:"token"`
}

func (s *Server) addToken(ctx context.Context, in *addTokenInput) (*output[TokenAdded], error) {
	t, secret, err := s.o.Auth.AddToken(ctx, operator(ctx), in.Body.Name, in.Body.Roles, in.Body.ExpiresAt)
	return reply(TokenAdded{TokenInfo: t, Token: secret}, err)
}

func (s *Server) removeToken(ctx context.Context, in *ByID) (*nothing, error) {
	return nil, s.o.Auth.RemoveToken(ctx, operator(ctx), in.ID)
}
