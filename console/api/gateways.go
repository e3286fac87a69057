package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"guardroom/console/stations"
)

func (s *Server) gatewayRoutes() {
	route(s, http.MethodGet, "/gateways", "list-gateways", "Gateways and how they are", 200, s.listGateways)
	route(s, http.MethodPost, "/gateways", "add-gateway", "Add a gateway; its credential is shown once", 201, s.addGateway)
	route(s, http.MethodPost, "/gateways/{id}/credential", "rotate-credential", "Give a gateway a new credential", 200, s.rotateCredential)
	route(s, http.MethodGet, "/gateways/{id}/config", "get-gateway-config", "The newest configuration that was sent to a gateway, and what became of it", 200, s.gatewayConfig)
	route(s, http.MethodGet, "/gateways/{id}/configs", "list-gateway-configs", "The configurations that were sent to a gateway, newest first, without their text", 200, s.gatewayConfigs)
	route(s, http.MethodGet, "/gateways/{id}/configs/{version}", "get-sent-config", "A configuration that was sent to a gateway", 200, s.sentConfig)
	route(s, http.MethodPost, "/gateways/{id}/config", "configure-gateway", "Send a configuration to a gateway that is managed", 202, s.configureGateway)
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

func (s *Server) gatewayConfig(ctx context.Context, in *ByID) (*output[stations.GatewayConfig], error) {
	return reply(s.o.Stations.Config(ctx, operator(ctx), in.ID))
}

func (s *Server) gatewayConfigs(ctx context.Context, in *ByID) (*output[list[stations.GatewayConfigLine]], error) {
	all, err := s.o.Stations.ConfigLines(ctx, operator(ctx), in.ID)
	return page(all, "", err)
}

type sentConfigInput struct {
	ByID
	Version int64 `path:"version" minimum:"1"`
}

func (s *Server) sentConfig(ctx context.Context, in *sentConfigInput) (*output[stations.GatewayConfig], error) {
	return reply(s.o.Stations.ConfigAt(ctx, operator(ctx), in.ID, in.Version))
}

type configureInput struct {
	ByID
	Body struct {
		Version int64  `json:"version" minimum:"0" doc:"The version that was seen; 0 when none was sent yet"`
		Text    string `json:"text" maxLength:"300000" doc:"YAML: devices, as in the gateway's file, and supervision"`
	}
}

func (s *Server) configureGateway(ctx context.Context, in *configureInput) (*output[stations.GatewayConfig], error) {
	c, err := s.o.Stations.Configure(ctx, operator(ctx), in.ID, in.Body.Version, in.Body.Text)
	var wrong *stations.ConfigError
	if errors.As(err, &wrong) {
		p := newProblem(http.StatusUnprocessableEntity, codeInvalid, wrong.Error(), map[string]any{"field": "text", "reason": wrong.Error(), "version": c.Version})
		for _, f := range wrong.Faults {
			p.Errors = append(p.Errors, Fault{Location: fmt.Sprintf("text:%d", f.Line), Message: f.Reason})
		}
		return nil, p
	}
	return reply(c, err)
}
