package api

import (
	"context"
	"net/http"

	"guardroom/console/stations"
)

func (s *Server) stationRoutes() {
	route(s, http.MethodGet, "/stations", "list-stations", "Stations that one may see", 200, s.listStations)
	route(s, http.MethodPost, "/stations", "add-station", "Add a station", 201, s.addStation)
	route(s, http.MethodPatch, "/stations/{id}", "change-station", "Change a station", 200, s.changeStation)
}

func (s *Server) listStations(ctx context.Context, in *Paging) (*output[list[stations.Station]], error) {
	items, next := cut(s.o.Stations.Stations(operator(ctx)), *in, func(one stations.Station) string { return one.ID })
	return page(items, next, nil)
}

type addStationInput struct {
	Body struct {
		ID       string `json:"id" maxLength:"64"`
		Name     string `json:"name" maxLength:"800"`
		TimeZone string `json:"time_zone" maxLength:"64" example:"Europe/Vienna"`
	}
}

func (s *Server) addStation(ctx context.Context, in *addStationInput) (*output[stations.Station], error) {
	return reply(s.o.Stations.AddStation(ctx, operator(ctx), stations.Station{ID: in.Body.ID, Name: in.Body.Name, TimeZone: in.Body.TimeZone, Demo: s.o.Demo}))
}

type changeStationInput struct {
	ID   string `path:"id"`
	Body struct {
		Name         *string `json:"name,omitempty" maxLength:"800"`
		TimeZone     *string `json:"time_zone,omitempty" maxLength:"64"`
		FireCommands *bool   `json:"fire_commands,omitempty"`

		SecurityLevel *int   `json:"security_level,omitempty" doc:"UN Security Level 1 to 6; 0 takes it back"`
		WorkingWeek   *[]int `json:"working_week,omitempty" maxItems:"7" doc:"Working days, 1 Monday to 7 Sunday"`
	}
}

func (s *Server) changeStation(ctx context.Context, in *changeStationInput) (*output[stations.Station], error) {
	return reply(s.o.Stations.ChangeStation(ctx, operator(ctx), in.ID,
		stations.StationChange{
			Name: in.Body.Name, TimeZone: in.Body.TimeZone, FireCommands: in.Body.FireCommands,
			SecurityLevel: in.Body.SecurityLevel, WorkingWeek: in.Body.WorkingWeek,
		}))
}
