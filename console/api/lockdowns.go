package api

import (
	"context"
	"net/http"

	"guardroom/console/auth"
	"guardroom/console/doors"
	"guardroom/devices"
)

// lockdownDesk is what the routes of lockdowns need of the console.
type lockdownDesk interface {
	Lockdown(ctx context.Context, by auth.Operator, w doors.LockdownWish) (doors.Lockdown, error)
	Lockdowns(ctx context.Context, by auth.Operator, station string, limit int, cursor string) ([]doors.Lockdown, string, error)
	FindLockdown(ctx context.Context, by auth.Operator, id string) (doors.Lockdown, error)
	Reason(ctx context.Context, by auth.Operator, id, reason string) (doors.Lockdown, error)
	Free(ctx context.Context, by auth.Operator, id, reason string) (doors.Lockdown, *doors.Approval, error)
	Again(ctx context.Context, by auth.Operator, id string, point devices.PointID) (doors.Lockdown, error)
	HoldAgain(ctx context.Context, by auth.Operator, id string, confirmFire bool) (doors.Lockdown, error)
	Dismiss(ctx context.Context, by auth.Operator, id, reason string) (doors.Lockdown, error)
}

func (s *Server) lockdownRoutes() {
	route(s, http.MethodGet, "/lockdowns", "list-lockdowns", "Lockdowns, newest first", 200, s.listLockdowns)
	route(s, http.MethodPost, "/lockdowns", "begin-lockdown", "Lock down an area, a building or the station, or say what that would do", 201, s.beginLockdown)
	route(s, http.MethodGet, "/lockdowns/{id}", "get-lockdown", "One lockdown with its doors", 200, s.getLockdown)
	route(s, http.MethodPost, "/lockdowns/{id}/reason", "give-lockdown-reason", "Say why", 200, s.reasonLockdown)
	route(s, http.MethodPost, "/lockdowns/{id}/release", "release-lockdown", "Release it, with a second officer where one is needed", 200, s.releaseLockdown)
	route(s, http.MethodPost, "/lockdowns/{id}/again", "ask-lockdown-again", "Ask the doors that did not obey once more", 200, s.lockdownAgain)
	route(s, http.MethodPost, "/lockdowns/{id}/hold-again", "hold-lockdown-again", "Hold the doors again that a fire has taken out", 200, s.holdLockdownAgain)
	route(s, http.MethodPost, "/lockdowns/{id}/dismiss", "dismiss-lockdown", "Take a released lockdown off the board although not every door is known to be free", 200, s.dismissLockdown)
}

func (s *Server) listLockdowns(ctx context.Context, in *InStation) (*output[list[doors.Lockdown]], error) {
	return page(s.o.Doors.Lockdowns(ctx, operator(ctx), in.Station, in.Limit, in.Cursor))
}

func (s *Server) getLockdown(ctx context.Context, in *ByID) (*output[doors.Lockdown], error) {
	return reply(s.o.Doors.FindLockdown(ctx, operator(ctx), in.ID))
}

type beginLockdownInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"128" doc:"New for each press; the same key again gives the same lockdown. Not needed for a dry run"`
	Body struct {
		Station     string `json:"station" maxLength:"64"`
		Place       string `json:"place,omitempty" maxLength:"64" doc:"An area, a level, a building or premises; empty: the whole station"`
		DryRun      bool   `json:"dry_run,omitempty" doc:"Touch no door, say what would happen to each"`
		ConfirmFire bool   `json:"confirm_fire,omitempty" doc:"Although there is a fire in the building"`
	}
}

func (s *Server) beginLockdown(ctx context.Context, in *beginLockdownInput) (*output[doors.Lockdown], error) {
	return reply(s.o.Doors.Lockdown(ctx, operator(ctx), doors.LockdownWish{
		Station: in.Body.Station, Place: in.Body.Place, DryRun: in.Body.DryRun, ConfirmFire: in.Body.ConfirmFire, Key: in.Key,
	}))
}

// WithReason is an id and why.
type WithReason struct {
	ByID
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"2000"`
	}
}

func (s *Server) reasonLockdown(ctx context.Context, in *WithReason) (*output[doors.Lockdown], error) {
	return reply(s.o.Doors.Reason(ctx, operator(ctx), in.ID, in.Body.Reason))
}

// LockdownReleased is the lockdown, and what waits for a second officer if that is needed.
type LockdownReleased struct {
	Lockdown doors.Lockdown  `json:"lockdown"`
	Approval *doors.Approval `json:"approval"`
}

func (s *Server) releaseLockdown(ctx context.Context, in *WithReason) (*output[LockdownReleased], error) {
	l, a, err := s.o.Doors.Free(ctx, operator(ctx), in.ID, in.Body.Reason)
	return reply(LockdownReleased{l, a}, err)
}

type lockdownAgainInput struct {
	ByID
	Body struct {
		Point devices.PointID `json:"point,omitempty" maxLength:"200" doc:"Empty: all that did not obey"`
	}
}

func (s *Server) lockdownAgain(ctx context.Context, in *lockdownAgainInput) (*output[doors.Lockdown], error) {
	return reply(s.o.Doors.Again(ctx, operator(ctx), in.ID, in.Body.Point))
}

type holdAgainInput struct {
	ByID
	Body struct {
		ConfirmFire bool `json:"confirm_fire,omitempty"`
	}
}

func (s *Server) holdLockdownAgain(ctx context.Context, in *holdAgainInput) (*output[doors.Lockdown], error) {
	return reply(s.o.Doors.HoldAgain(ctx, operator(ctx), in.ID, in.Body.ConfirmFire))
}

func (s *Server) dismissLockdown(ctx context.Context, in *WithReason) (*output[doors.Lockdown], error) {
	return reply(s.o.Doors.Dismiss(ctx, operator(ctx), in.ID, in.Body.Reason))
}
