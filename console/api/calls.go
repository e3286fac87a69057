package api

import (
	"context"
	"net/http"

	"guardroom/console/auth"
	"guardroom/console/doors"
)

// callDesk is what the routes of calls need of the console.
type callDesk interface {
	Calls(ctx context.Context, by auth.Operator, station string, limit int, cursor string) ([]doors.Call, string, error)
	Answer(ctx context.Context, by auth.Operator, id string, takeOver bool) (doors.Call, error)
	OpenFor(ctx context.Context, by auth.Operator, id, key string) (doors.Call, *doors.Approval, error)
	EndCall(ctx context.Context, by auth.Operator, id string) (doors.Call, error)
}

func (s *Server) callRoutes() {
	route(s, http.MethodGet, "/calls", "list-calls", "Calls of intercoms, newest first", 200, s.listCalls)
	route(s, http.MethodPost, "/calls/{id}/answer", "answer-call", "Take a call", 200, s.answerCall)
	route(s, http.MethodPost, "/calls/{id}/open", "open-for-call", "Open the door for the caller", 200, s.openForCall)
	route(s, http.MethodPost, "/calls/{id}/end", "end-call", "End a call, or take a missed one off the list", 200, s.endCall)
}

func (s *Server) listCalls(ctx context.Context, in *InStation) (*output[list[doors.Call]], error) {
	return page(s.o.Doors.Calls(ctx, operator(ctx), in.Station, in.Limit, in.Cursor))
}

type answerCallInput struct {
	ByID
	Body struct {
		TakeOver bool `json:"take_over,omitempty" doc:"Although somebody else has taken it"`
	}
}

func (s *Server) answerCall(ctx context.Context, in *answerCallInput) (*output[doors.Call], error) {
	return reply(s.o.Doors.Answer(ctx, operator(ctx), in.ID, in.Body.TakeOver))
}

type openForCallInput struct {
	ByID
	Key string `header:"Idempotency-Key" required:"true" maxLength:"100" doc:"New for each press"`
}

// CallOpened is the call, and what waits for a second officer if that is needed.
type CallOpened struct {
	Call     doors.Call      `json:"call"`
	Approval *doors.Approval `json:"approval"`
}

func (s *Server) openForCall(ctx context.Context, in *openForCallInput) (*output[CallOpened], error) {
	c, a, err := s.o.Doors.OpenFor(ctx, operator(ctx), in.ID, in.Key)
	return reply(CallOpened{c, a}, err)
}

func (s *Server) endCall(ctx context.Context, in *ByID) (*output[doors.Call], error) {
	return reply(s.o.Doors.EndCall(ctx, operator(ctx), in.ID))
}
