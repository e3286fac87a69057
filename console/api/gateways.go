package api

import (
	"context"
	"net/http"

	"guardroom/console/stations"
)

func (s *Server) gatewayRoutes() {
	route(s, http.MethodGet, "/gateways", "list-gateways", "Gateways and how they are", 200, s.listGateways)
	route(s, http.MethodPost, "/gateways", "add-gateway", "Add a gateway; its credential is shown once", 201, s.addGateway)
	route(s, http.MethodPost, "/gateways/{id}/credential", "rotate-credential", "Give a gateway a new credential", 200, s.rotateCredential)
	route(s, http.MethodDelete, "/gateways/{id}", "remove-gateway", "Remove a gateway", 204, s.removeGateway)
}

// InStation is the part of a query that names a station.
type InStation struct {
	Paging
	Station string `query:"station" maxLength:"64"`
}

func (s *Server) listGateways(ctx context.Context, in *InStation) (*output[list[stations.Gateway]], error) {
	all, err := s.o.Stations.Gateways(operator(ctx), in.Station)
	items, next := cut(all, in.Paging, func(g stations.Gateway) string { return g.ID })
	return page(items, next, err)
}

type addGatewayInput struct {
	Body struct {
		ID      string `json:"id" maxLength:"64"`
		Station string `json:"station" maxLength:"64"`
		Name    string `json:"name,omitempty" maxLength:"800"`
	}
}

// GatewayAdded carries the credential, which is never shown again.
type GatewayAdded struct {
	Gateway    stations.Gateway `json:"gateway"`
	Credential string           `json:"credential"`
}

func (s *Server) addGateway(ctx context.Context, in *addGatewayInput) (*output[GatewayAdded], error) {
	g, credential, err := s.o.Stations.AddGateway(ctx, operator(ctx), in.Body.ID, in.Body.Station, in.Body.Name, s.o.Demo)
	return reply(GatewayAdded{Gateway: g, Credential: credential}, err)
}

// ByID is the id in a path.
type ByID struct {
	ID string `path:"id" maxLength:"64"`
}

// Credential is shown once.
type Credential struct {
	Credential string `json:"credential"`
}

func (s *Server) rotateCredential(ctx context.Context, in *ByID) (*output[Credential], error) {
	credential, err := s.o.Stations.RotateCredential(ctx, operator(ctx), in.ID)
	return reply(Credential{Credential: credential}, err)
}

func (s *Server) removeGateway(ctx context.Context, in *ByID) (*nothing, error) {
	return nil, s.o.Stations.RemoveGateway(ctx, operator(ctx), in.ID)
}
