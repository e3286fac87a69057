package api

import (
	"context"
	"net/http"
	"time"

	"guardroom/console/stations"
	"guardroom/console/watch"
)

func (s *Server) coverRoutes() {
	route(s, http.MethodGet, "/covers", "list-covers", "Cover grants, of the covered and of the covering side", 200, s.listCovers)
	route(s, http.MethodGet, "/covers/stations", "list-covering-stations", "Every station's id and name, for those who may let another station cover theirs", 200, s.coveringStations)
	route(s, http.MethodPost, "/covers", "grant-cover", "Let officers of another station act here for a time", 201, s.grantCover)
	route(s, http.MethodDelete, "/covers/{id}", "revoke-cover", "End a cover grant now", 200, s.revokeCover)
}

func (s *Server) listCovers(ctx context.Context, in *InStation) (*output[list[watch.GrantView]], error) {
	items, err := s.o.Watch.Grants(ctx, operator(ctx), in.Station)
	return page(items, "", err)
}

func (s *Server) coveringStations(ctx context.Context, _ *struct{}) (*output[list[stations.StationName]], error) {
	items, err := s.o.Stations.Covering(operator(ctx))
	return page(items, "", err)
}

type coverInput struct {
	Body struct {
		Station   string    `json:"station" maxLength:"64" doc:"The covered station"`
		ByStation string    `json:"by_station,omitempty" maxLength:"64" doc:"The station whose officers cover it"`
		Users     []string  `json:"users,omitempty" maxItems:"50" doc:"User ids; none: every officer of by_station"`
		From      time.Time `json:"from"`
		Until     time.Time `json:"until"`
		DailyFrom string    `json:"daily_from,omitempty" maxLength:"5" example:"22:00"`
		DailyTo   string    `json:"daily_to,omitempty" maxLength:"5" example:"06:00"`
		Reason    string    `json:"reason" maxLength:"2000"`
	}
}

func (s *Server) grantCover(ctx context.Context, in *coverInput) (*output[watch.GrantView], error) {
	b := in.Body
	return reply(s.o.Watch.Grant(ctx, operator(ctx), watch.Grant{
		Station: b.Station, ByStation: b.ByStation, Users: append([]string{}, b.Users...), From: b.From, Until: b.Until,
		DailyFrom: b.DailyFrom, DailyTo: b.DailyTo, Reason: b.Reason,
	}))
}

type revokeInput struct {
	ByID
	Reason string `query:"reason" maxLength:"2000"`
}

func (s *Server) revokeCover(ctx context.Context, in *revokeInput) (*output[watch.GrantView], error) {
	return reply(s.o.Watch.Revoke(ctx, operator(ctx), in.ID, in.Reason))
}
