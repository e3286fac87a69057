package api

import (
	"context"
	"net/http"

	"guardroom/console/stations"
	"guardroom/devices"
)

// A point's id holds a slash. In an address it comes percent-encoded as one
// segment, or plain as two: each route of a point exists in both forms.
func (s *Server) pointRoutes() {
	route(s, http.MethodGet, "/points", "list-points", "Points with their last readings", 200, s.listPoints)
	route(s, http.MethodGet, "/points/{id}", "get-point", "One point", 200, func(ctx context.Context, in *PointPath) (*output[stations.Point], error) {
		return s.getPoint(ctx, in.point())
	})
	route(s, http.MethodGet, "/points/{id}/{local}", "get-point-by-parts", "One point", 200, func(ctx context.Context, in *PointParts) (*output[stations.Point], error) {
		return s.getPoint(ctx, in.point())
	})
	route(s, http.MethodPatch, "/points/{id}", "change-point", "Set what people may set of a point", 200, func(ctx context.Context, in *changePointInput) (*output[stations.Point], error) {
		return s.changePoint(ctx, in.point(), in.Body)
	})
	route(s, http.MethodPatch, "/points/{id}/{local}", "change-point-by-parts", "Set what people may set of a point", 200, func(ctx context.Context, in *changePointPartsInput) (*output[stations.Point], error) {
		return s.changePoint(ctx, in.point(), in.Body)
	})
}

type listPointsInput struct {
	InStation
	Device string `query:"device" maxLength:"129" doc:"<gateway>/<device>"`
}

func (s *Server) listPoints(ctx context.Context, in *listPointsInput) (*output[list[stations.Point]], error) {
	all, err := s.o.Stations.Points(operator(ctx), in.Station, in.Device)
	items, next := cut(all, in.Paging, func(p stations.Point) string { return string(p.ID) })
	return page(items, next, err)
}

// PointPath is a point in a path, its slash encoded.
type PointPath struct {
	ID string `path:"id" maxLength:"200" doc:"<gateway>/<device>.<point>, the slash as %2F"`
}

func (in PointPath) point() devices.PointID { return devices.PointID(in.ID) }

// PointParts is a point in a path, as two segments.
type PointParts struct {
	ID    string `path:"id" maxLength:"64" doc:"<gateway>"`
	Local string `path:"local" maxLength:"130" doc:"<device>.<point>"`
}

func (in PointParts) point() devices.PointID { return devices.PointID(in.ID + "/" + in.Local) }

func (s *Server) getPoint(ctx context.Context, id devices.PointID) (*output[stations.Point], error) {
	return reply(s.o.Stations.Point(operator(ctx), id))
}

// PointChange is what may be set of a point.
type PointChange struct {
	Name            *string               `json:"name,omitempty" maxLength:"800"`
	Priorities      *map[devices.Kind]int `json:"priorities,omitempty"`
	CommandsAllowed *bool                 `json:"commands_allowed,omitempty"`
}

type changePointInput struct {
	PointPath
	Body PointChange
}

type changePointPartsInput struct {
	PointParts
	Body PointChange
}

func (s *Server) changePoint(ctx context.Context, id devices.PointID, c PointChange) (*output[stations.Point], error) {
	return reply(s.o.Stations.ChangePoint(ctx, operator(ctx), id,
		stations.PointChange{Name: c.Name, Priorities: c.Priorities, CommandsAllowed: c.CommandsAllowed}))
}
