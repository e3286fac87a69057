package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"guardroom/console/auth"
	"guardroom/console/commands"
	"guardroom/console/sites"
	"guardroom/console/stations"
)

// Problem is an error as RFC 9457 (problem details) wants it. Code is stable and
// is what screens translate; Detail is for people who read logs.
type Problem struct {
	Type   string         `json:"type" example:"about:blank"`
	Title  string         `json:"title"`
	Status int            `json:"status"`
	Detail string         `json:"detail"`
	Code   string         `json:"code"`
	Params map[string]any `json:"params"`
	Errors []Fault        `json:"errors,omitempty"`

	retryAfter int
}

// Fault is one thing that is wrong with a request.
type Fault struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is the media type of problem details.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders adds what the status asks for.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", fmt.Sprint(p.retryAfter))
	}
	return h
}

// The codes.
const (
	codeUnauthenticated = "unauthenticated"
	codeForbidden       = "forbidden"
	codeChangePassword  = "password_change_required"
	codeNotFound        = "not_found"
	codeStale           = "stale"
	codeInvalid         = "invalid"
	codeTooMany         = "too_many_attempts"
	codeConflict        = "conflict"
	codeCondition       = "condition"
	codeUnavailable     = "unavailable"
	codeInternal        = "internal"
	codeCancelled       = "cancelled"
)

// statusGone is for nobody to read: who asked has hung up. It is no standard status,
// but what web servers write into their logs for it.
const statusGone = 499

// errNoRoute is for a path that is none of ours.
var errNoRoute = errors.New("there is nothing at this address")

func newProblem(status int, code, detail string, params map[string]any) *Problem {
	if params == nil {
		params = map[string]any{}
	}
	title := http.StatusText(status)
	if status == statusGone {
		title = "Client Closed Request"
	}
	return &Problem{Type: "about:blank", Title: title, Status: status, Detail: detail, Code: code, Params: params}
}

// problem is the only place that chooses a status from an error. It knows errors
// by what they can say; what it does not know is logged and hidden.
func (s *Server) problem(ctx context.Context, err error) *Problem {
	var known *Problem
	var forbidden interface{ Forbidden() (string, string) }
	var invalid interface {
		error
		InvalidField() string
	}
	var wait interface{ RetryAfter() int }
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, auth.ErrUnauthenticated):
		return newProblem(http.StatusUnauthorized, codeUnauthenticated, "sign in first", nil)
	case errors.Is(err, auth.ErrCredentials):
		return newProblem(http.StatusUnauthorized, codeUnauthenticated, auth.ErrCredentials.Error(), map[string]any{"reason": "credentials"})
	case errors.As(err, &wait):
		p := newProblem(http.StatusTooManyRequests, codeTooMany, err.Error(), map[string]any{"retry_after": wait.RetryAfter()})
		p.retryAfter = wait.RetryAfter()
		return p
	case errors.As(err, &forbidden):
		permission, station := forbidden.Forbidden()
		return newProblem(http.StatusForbidden, codeForbidden, err.Error(), map[string]any{"permission": permission, "station": station})
	case errors.As(err, &invalid):
		field := invalid.InvalidField()
		reason := strings.TrimPrefix(invalid.Error(), field+": ")
		p := newProblem(http.StatusUnprocessableEntity, codeInvalid, invalid.Error(), map[string]any{"field": field, "reason": reason})
		p.Errors = []Fault{{Location: field, Message: reason}}
		return p
	}
	if params, ok := staleParams(err); ok {
		return newProblem(http.StatusConflict, codeStale, "changed by somebody or something else since", params)
	}
	if code, params, ok := conflictOf(err); ok {
		return newProblem(http.StatusConflict, code, err.Error(), params)
	}
	switch {
	case errors.Is(ctx.Err(), context.Canceled) && (errors.Is(err, context.Canceled) || s.o.Unavailable(err)):
		s.log(ctx, slog.LevelDebug, "the asker has gone", err)
		return newProblem(statusGone, codeCancelled, "the request was cancelled by who sent it", nil)
	case isNotFound(err):
		return newProblem(http.StatusNotFound, codeNotFound, "there is no such thing", nil)
	case errors.Is(err, auth.ErrExists), errors.Is(err, stations.ErrExists), errors.Is(err, sites.ErrExists):
		return newProblem(http.StatusConflict, codeConflict, err.Error(), map[string]any{"reason": "exists"})
	case errors.Is(err, auth.ErrLastAdmin):
		return newProblem(http.StatusConflict, codeConflict, err.Error(), map[string]any{"reason": "last_admin"})
	case errors.Is(err, commands.ErrConflict):
		return newProblem(http.StatusConflict, codeConflict, err.Error(), map[string]any{"reason": "idempotency_key"})
	case errors.Is(err, auth.ErrBusy), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), s.o.Unavailable(err):
		s.log(ctx, slog.LevelWarn, "unavailable", err)
		return newProblem(http.StatusServiceUnavailable, codeUnavailable, "the database is away or busy; what is shown may be old, nothing was changed as far as is known", nil)
	}
	s.log(ctx, slog.LevelError, "internal error", err)
	return newProblem(http.StatusInternalServerError, codeInternal, "an internal error; it is in the log of the console", nil)
}

func (s *Server) log(ctx context.Context, level slog.Level, message string, err error) {
	s.o.Log.Log(ctx, level, "api: "+message, "err", err, "request", requested(ctx).id)
}

// refusal is how huma reports a request that does not fit its schema. The values
// are not echoed: one of them may be a password.
func refusal(status int, message string, errs ...error) huma.StatusError {
	code := codeInvalid
	switch {
	case status == http.StatusNotFound:
		code = codeNotFound
	case status >= 500:
		code = codeInternal
	}
	p := newProblem(status, code, message, nil)
	for _, err := range errs {
		fault := Fault{Message: "malformed"}
		var detail *huma.ErrorDetail
		if errors.As(err, &detail) {
			fault = Fault{Location: detail.Location, Message: detail.Message}
		}
		p.Errors = append(p.Errors, fault)
	}
	if len(p.Errors) > 0 && code == codeInvalid {
		p.Params["field"], p.Params["reason"] = p.Errors[0].Location, p.Errors[0].Message
	}
	return p
}
