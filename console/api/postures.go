package api

import (
	"context"
	"net/http"

	"guardroom/console/auth"
	"guardroom/console/doors"
)

// postureDesk is what the routes of postures and confirmations need of the console.
type postureDesk interface {
	Definitions(ctx context.Context, by auth.Operator, station string) (doors.PostureDefinitions, int64, error)
	SaveDefinitions(ctx context.Context, by auth.Operator, station string, seen int64, defs doors.PostureDefinitions) (int64, error)
	SetPosture(ctx context.Context, by auth.Operator, w doors.PostureWish) (doors.Posture, *doors.Approval, error)
	ClearPosture(ctx context.Context, by auth.Operator, id, reason string) (doors.Posture, *doors.Approval, error)
	DoneStep(ctx context.Context, by auth.Operator, id string, step int) (doors.Posture, error)
	Postures(ctx context.Context, by auth.Operator, station string, limit int, cursor string) ([]doors.Posture, string, error)

	Approvals(ctx context.Context, by auth.Operator, station string) ([]doors.Approval, error)
	FindApproval(ctx context.Context, by auth.Operator, id string) (doors.Approval, error)
	Confirm(ctx context.Context, by auth.Operator, id, username, password string) (doors.Approval, error)
	Decline(ctx context.Context, by auth.Operator, id string) (doors.Approval, error)
}

func (s *Server) postureRoutes() {
	route(s, http.MethodGet, "/posture-definitions/{station}", "get-postures", "The postures that a station may take", 200, s.getDefinitions)
	route(s, http.MethodPut, "/posture-definitions/{station}", "save-postures", "Change the postures that a station may take", 200, s.saveDefinitions)
	route(s, http.MethodGet, "/postures", "list-postures", "Postures that are and were set, newest first", 200, s.listPostures)
	route(s, http.MethodPost, "/postures", "set-posture", "Set a posture, or say what that would do", 201, s.setPosture)
	route(s, http.MethodPost, "/postures/{id}/clear", "clear-posture", "End a posture", 200, s.clearPosture)
	route(s, http.MethodPost, "/postures/{id}/steps/{step}", "do-posture-step", "Say that what a person does is done", 200, s.doneStep)
	route(s, http.MethodGet, "/approvals", "list-approvals", "What waits for a second officer", 200, s.listApprovals)
	route(s, http.MethodGet, "/approvals/{id}", "get-approval", "One of them, whatever became of it", 200, s.getApproval)
	route(s, http.MethodPost, "/approvals/{id}/confirm", "confirm-approval", "Be the second officer, by the own session or by name and password", 200, s.confirmApproval)
	route(s, http.MethodPost, "/approvals/{id}/decline", "decline-approval", "Say no, or take it back", 200, s.declineApproval)
}

// PostureDefinitionsNow is a station's postures with their version.
type PostureDefinitionsNow struct {
	doors.PostureDefinitions
	Version int64 `json:"version"`
}

func (s *Server) getDefinitions(ctx context.Context, in *OfStation) (*output[PostureDefinitionsNow], error) {
	defs, version, err := s.o.Doors.Definitions(ctx, operator(ctx), in.Station)
	return reply(PostureDefinitionsNow{defs, version}, err)
}

type saveDefinitionsInput struct {
	OfStation
	Body PostureDefinitionsNow
}

func (s *Server) saveDefinitions(ctx context.Context, in *saveDefinitionsInput) (*output[PostureDefinitionsNow], error) {
	version, err := s.o.Doors.SaveDefinitions(ctx, operator(ctx), in.Station, in.Body.Version, in.Body.PostureDefinitions)
	return reply(PostureDefinitionsNow{in.Body.PostureDefinitions, version}, err)
}

func (s *Server) listPostures(ctx context.Context, in *InStation) (*output[list[doors.Posture]], error) {
	return page(s.o.Doors.Postures(ctx, operator(ctx), in.Station, in.Limit, in.Cursor))
}

type setPostureInput struct {
	Body struct {
		Station string `json:"station" maxLength:"64"`
		Place   string `json:"place,omitempty" maxLength:"64" doc:"Empty: the whole station"`
		Posture string `json:"posture" maxLength:"64"`
		Reason  string `json:"reason,omitempty" maxLength:"2000"`
		DryRun  bool   `json:"dry_run,omitempty" doc:"Say what would happen"`
	}
}

// PostureChanged is the posture, and what waits for a second officer if that is needed.
type PostureChanged struct {
	Posture  doors.Posture   `json:"posture"`
	Approval *doors.Approval `json:"approval"`
}

func (s *Server) setPosture(ctx context.Context, in *setPostureInput) (*output[PostureChanged], error) {
	p, a, err := s.o.Doors.SetPosture(ctx, operator(ctx), doors.PostureWish{
		Station: in.Body.Station, Place: in.Body.Place, Posture: in.Body.Posture, Reason: in.Body.Reason, DryRun: in.Body.DryRun,
	})
	return reply(PostureChanged{p, a}, err)
}

func (s *Server) clearPosture(ctx context.Context, in *WithReason) (*output[PostureChanged], error) {
	p, a, err := s.o.Doors.ClearPosture(ctx, operator(ctx), in.ID, in.Body.Reason)
	return reply(PostureChanged{p, a}, err)
}

type doneStepInput struct {
	ByID
	Step int `path:"step" minimum:"0" maximum:"1000"`
}

func (s *Server) doneStep(ctx context.Context, in *doneStepInput) (*output[doors.Posture], error) {
	return reply(s.o.Doors.DoneStep(ctx, operator(ctx), in.ID, in.Step))
}

func (s *Server) listApprovals(ctx context.Context, in *InStation) (*output[list[doors.Approval]], error) {
	all, err := s.o.Doors.Approvals(ctx, operator(ctx), in.Station)
	if err != nil {
		return nil, err
	}
	items, next := cut(all, in.Paging, func(a doors.Approval) string { return a.ID })
	return page(items, next, nil)
}

func (s *Server) getApproval(ctx context.Context, in *ByID) (*output[doors.Approval], error) {
	return reply(s.o.Doors.FindApproval(ctx, operator(ctx), in.ID))
}

type confirmApprovalInput struct {
	ByID
	Body struct {
		Username string `json:"username,omitempty" maxLength:"64" doc:"Empty: whoever is signed in is the second officer"`
		Password string `json:"password,omitempty" maxLength:"1000"`
	}
}

func (s *Server) confirmApproval(ctx context.Context, in *confirmApprovalInput) (*output[doors.Approval], error) {
	return reply(s.o.Doors.Confirm(ctx, operator(ctx), in.ID, in.Body.Username, in.Body.Password))
}

func (s *Server) declineApproval(ctx context.Context, in *ByID) (*output[doors.Approval], error) {
	return reply(s.o.Doors.Decline(ctx, operator(ctx), in.ID))
}
