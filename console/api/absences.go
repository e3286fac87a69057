package api

import (
	"context"
	"net/http"

	"guardroom/console/rosters"
	domain "guardroom/rosters"
)

func (s *Server) absenceRoutes() {
	route(s, http.MethodGet, "/rosters/{station}/accounts", "list-roster-accounts", "Accounts to which officers may be linked", 200, s.listRosterAccounts)
	route(s, http.MethodGet, "/rosters/{station}/absences", "list-absences", "Leave and requests of a period", 200, s.listAbsences)
	route(s, http.MethodPost, "/rosters/{station}/leave", "save-leave", "Ask for leave, change it, decide it", 200, s.saveLeave)
	route(s, http.MethodPost, "/rosters/{station}/requests", "save-request", "Wish for something, change it, decide it", 200, s.saveRequest)
	route(s, http.MethodGet, "/rosters/{station}/mine", "get-my-roster", "One's own duties, leave and requests", 200, s.getMine)
}

func (s *Server) listRosterAccounts(ctx context.Context, in *ByStation) (*output[list[rosters.Account]], error) {
	items, err := s.o.Rosters.Accounts(ctx, operator(ctx), in.Station)
	return full(list[rosters.Account]{Items: items}, err)
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
