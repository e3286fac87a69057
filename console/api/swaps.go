package api

import (
	"context"
	"net/http"

	"guardroom/console/rosters"
	domain "guardroom/rosters"
)

func (s *Server) swapRoutes() {
	route(s, http.MethodGet, "/rosters/{station}/swaps", "list-swaps", "Swaps: one's own, or everybody's for those who amend", 200, s.listSwaps)
	route(s, http.MethodPost, "/rosters/{station}/swaps", "offer-swap", "Offer a swap; what breaks a mandatory rule is refused", 201, s.offerSwap)
	route(s, http.MethodPost, "/rosters/{station}/swaps/{id}", "turn-swap", "Accept, decline, approve, refuse or withdraw a swap", 200, s.turnSwap)
	route(s, http.MethodGet, "/rosters/{station}/recalls", "list-recalls", "Recalls: one's own, or everybody's for those who amend", 200, s.listRecalls)
	route(s, http.MethodPost, "/rosters/{station}/recalls", "recall-officers", "Ask officers who are off duty to come in", 201, s.recallOfficers)
	route(s, http.MethodPost, "/rosters/{station}/recalls/{id}", "turn-recall", "Accept, decline or cancel a recall", 200, s.turnRecall)
}

func (s *Server) listSwaps(ctx context.Context, in *ByStation) (*output[list[rosters.Kept[rosters.Exchange]]], error) {
	items, err := s.o.Rosters.Swaps(ctx, operator(ctx), in.Station)
	return full(list[rosters.Kept[rosters.Exchange]]{Items: items}, err)
}

type offerSwapInput struct {
	ByStation
	Body struct {
		Gives domain.Cell `json:"gives" doc:"Whose day is offered"`
		Wants domain.Cell `json:"wants" doc:"The other officer, and their day"`
		Note  string      `json:"note,omitempty" maxLength:"2000"`
	}
}

func (s *Server) offerSwap(ctx context.Context, in *offerSwapInput) (*output[rosters.Kept[rosters.Exchange]], error) {
	return full(s.o.Rosters.Offer(ctx, operator(ctx), in.Station, rosters.SwapWish{Gives: in.Body.Gives, Wants: in.Body.Wants, Note: in.Body.Note}))
}

type turnSwapInput struct {
	ByStation
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Version int64  `json:"version" doc:"As it was seen"`
		Do      string `json:"do" enum:"accept,decline,approve,refuse,withdraw"`
	}
}

func (s *Server) turnSwap(ctx context.Context, in *turnSwapInput) (*output[rosters.Kept[rosters.Exchange]], error) {
	return full(s.o.Rosters.TurnSwap(ctx, operator(ctx), in.Station, in.ID, rosters.SwapStep{Version: in.Body.Version, Do: in.Body.Do}))
}

func (s *Server) listRecalls(ctx context.Context, in *ByStation) (*output[list[rosters.Kept[rosters.Summons]]], error) {
	items, err := s.o.Rosters.Recalls(ctx, operator(ctx), in.Station)
	return full(list[rosters.Kept[rosters.Summons]]{Items: items}, err)
}

type recallInput struct {
	ByStation
	Body struct {
		Officers []string    `json:"officers" maxItems:"20" doc:"The first who accepts gets the duty"`
		Date     domain.Date `json:"date"`
		Shift    string      `json:"shift" maxLength:"8"`
		Post     string      `json:"post,omitempty" maxLength:"200"`
		Reason   string      `json:"reason,omitempty" maxLength:"2000"`
		Minutes  int         `json:"minutes" doc:"To answer"`
	}
}

func (s *Server) recallOfficers(ctx context.Context, in *recallInput) (*output[list[rosters.Kept[rosters.Summons]]], error) {
	b := in.Body
	items, err := s.o.Rosters.Recall(ctx, operator(ctx), in.Station, rosters.RecallWish{Officers: b.Officers, Date: b.Date, Shift: b.Shift, Post: b.Post, Reason: b.Reason, Minutes: b.Minutes})
	return full(list[rosters.Kept[rosters.Summons]]{Items: items}, err)
}

type turnRecallInput struct {
	ByStation
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Version int64  `json:"version" doc:"As it was seen"`
		Do      string `json:"do" enum:"accept,decline,cancel"`
		Note    string `json:"note,omitempty" maxLength:"2000"`
	}
}

func (s *Server) turnRecall(ctx context.Context, in *turnRecallInput) (*output[rosters.Kept[rosters.Summons]], error) {
	return full(s.o.Rosters.TurnRecall(ctx, operator(ctx), in.Station, in.ID, rosters.RecallStep{Version: in.Body.Version, Do: in.Body.Do, Note: in.Body.Note}))
}
