package api

import (
	"context"
	"net/http"

	"guardroom/console/watch"
)

func (s *Server) handoverRoutes() {
	route(s, http.MethodGet, "/handover", "handover-sheet", "What the next officer of a station must know, as it is now", 200, s.handoverSheet)
	route(s, http.MethodGet, "/handovers", "list-handovers", "Handovers of a station, newest first, without their sheets", 200, s.listHandovers)
	route(s, http.MethodPost, "/handovers", "offer-handover", "The outgoing officer signs the sheet as it is now", 201, s.offerHandover)
	route(s, http.MethodGet, "/handovers/{id}", "get-handover", "One handover with its sheet", 200, s.getHandover)
	route(s, http.MethodPost, "/handovers/{id}/take", "take-handover", "The incoming officer signs", 200, s.takeHandover)
}

func (s *Server) handoverSheet(ctx context.Context, in *OneStation) (*output[watch.Sheet], error) {
	return reply(s.o.Watch.Sheet(ctx, operator(ctx), in.Station))
}

type listHandoversInput struct {
	Paging
	OneStation
}

func (s *Server) listHandovers(ctx context.Context, in *listHandoversInput) (*output[list[watch.Handover]], error) {
	return page(s.o.Watch.Handovers(ctx, operator(ctx), in.Station, in.Cursor, in.Limit))
}

type offerInput struct {
	Body struct {
		Station string `json:"station" maxLength:"64"`
		Notes   string `json:"notes,omitempty" maxLength:"32000"`
	}
}

func (s *Server) offerHandover(ctx context.Context, in *offerInput) (*output[watch.Handover], error) {
	return reply(s.o.Watch.Offer(ctx, operator(ctx), in.Body.Station, in.Body.Notes))
}

func (s *Server) getHandover(ctx context.Context, in *ByID) (*output[watch.Handover], error) {
	return reply(s.o.Watch.Handover(ctx, operator(ctx), in.ID))
}

type takeInput struct {
	ByID
	Body struct {
		Remarks string `json:"remarks,omitempty" maxLength:"32000"`
	}
}

func (s *Server) takeHandover(ctx context.Context, in *takeInput) (*output[watch.Handover], error) {
	return reply(s.o.Watch.Take(ctx, operator(ctx), in.ID, in.Body.Remarks))
}
