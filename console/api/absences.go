package api

import (
	"context"
	"net/http"

	"guardroom/console/rosters"
	domain "guardroom/rosters"
)

func (s *Server) absenceRoutes() {
	route(s, http.MethodGet, "/rosters/{station}/absences", "list-absences", "Leave and requests of a period", 200, s.listAbsences)
	route(s, http.MethodPost, "/rosters/{station}/leave", "save-leave", "Ask for leave, change it, decide it", 200, s.saveLeave)
	route(s, http.MethodPost, "/rosters/{station}/requests", "save-request", "Wish for something, change it, decide it", 200, s.saveRequest)
	route(s, http.MethodGet, "/rosters/{station}/mine", "get-my-roster", "One's own duties, leave and requests", 200, s.getMine)
}

type absencesInput struct {
	ByStation
	Days
	Officer string `query:"officer" maxLength:"200"`
}

func (s *Server) listAbsences(ctx context.Context, in *absencesInput) (*output[rosters.Absences], error) {
	from, until, err := in.days()
	if err != nil {
		return nil, err
	}
	return full(s.o.Rosters.Absences(ctx, operator(ctx), in.Station, in.Officer, from, until))
}

type leaveInput struct {
	ByStation
	Body rosters.Kept[domain.Leave]
}

func (s *Server) saveLeave(ctx context.Context, in *leaveInput) (*output[rosters.Kept[domain.Leave]], error) {
	return full(s.o.Rosters.SaveLeave(ctx, operator(ctx), in.Station, in.Body))
}

type wishInput struct {
	ByStation
	Body rosters.Kept[domain.Request]
}

func (s *Server) saveRequest(ctx context.Context, in *wishInput) (*output[rosters.Kept[domain.Request]], error) {
	return full(s.o.Rosters.SaveRequest(ctx, operator(ctx), in.Station, in.Body))
}

func (s *Server) getMine(ctx context.Context, in *ByStation) (*output[rosters.Mine], error) {
	return full(s.o.Rosters.Mine(ctx, operator(ctx), in.Station))
}
