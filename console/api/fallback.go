package api

import (
	"context"
	"net/http"

	"guardroom/console/watch"
)

func (s *Server) fallbackRoutes() {
	route(s, http.MethodGet, "/fallback", "fallback-packs", "How old the fallback packs are", 200, s.fallbackPacks)
	route(s, http.MethodPost, "/fallback", "write-fallback-pack", "Write a station's fallback pack now", 200, s.writePack)
	route(s, http.MethodGet, "/fallback/page", "fallback-page", "A station's newest fallback pack as a printable page", 200, s.packPage)
}

func (s *Server) fallbackPacks(ctx context.Context, in *InStation) (*output[list[watch.PackState]], error) {
	items, err := s.o.Watch.Packs(operator(ctx), in.Station)
	return page(items, "", err)
}

type writePackInput struct {
	Body struct {
		Station string `json:"station" maxLength:"64"`
	}
}

func (s *Server) writePack(ctx context.Context, in *writePackInput) (*output[watch.PackState], error) {
	return reply(s.o.Watch.WritePack(ctx, operator(ctx), in.Body.Station))
}

type packPageOutput struct {
	ContentType string `header:"Content-Type"`
	Policy      string `header:"Content-Security-Policy"`
	Body        []byte
}

func (s *Server) packPage(ctx context.Context, in *OneStation) (*packPageOutput, error) {
	body, err := s.o.Watch.PackPage(operator(ctx), in.Station)
	if err != nil {
		return nil, err
	}
	// The page has a style of its own and nothing that runs.
	return &packPageOutput{ContentType: "text/html; charset=utf-8", Policy: "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'", Body: body}, nil
}
