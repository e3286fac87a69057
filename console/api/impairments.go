package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"guardroom/console/auth"
	"guardroom/console/impairments"
	"guardroom/devices"
)

func (s *Server) impairmentRoutes() {
	route(s, http.MethodGet, "/impairments", "list-impairments", "Points on test, isolated or disabled, newest first", 200, s.listImpairments)
	route(s, http.MethodPost, "/impairments", "add-impairment", "Put a point on test, isolate or disable it until an instant", 201, s.addImpairment)
	route(s, http.MethodGet, "/impairments/{id}", "get-impairment", "One entry of the register and its history", 200, s.getImpairment)
	route(s, http.MethodPost, "/impairments/{id}/prolong", "prolong-impairment", "Move the end of an entry", 200, s.prolongImpairment)
	route(s, http.MethodPost, "/impairments/{id}/end", "end-impairment", "Put a point back in service", 200, s.endImpairment)
	route(s, http.MethodPost, "/impairments/{id}/again", "ask-impairment-again", "Ask the panel anew for what it has not done of an entry", 200, s.askImpairmentAgain)
	route(s, http.MethodPost, "/impairments/{id}/round", "walk-impairment", "Note a round of the fire watch", 200, s.walkImpairment)
	s.engine.GET(base+"/impairments.csv", s.impairmentsCSV)
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "export-impairments", Method: http.MethodGet, Path: base + "/impairments.csv", Tags: []string{"impairments"},
		Summary:     "The register as comma-separated values",
		Description: "Takes station, point, mode, open, fire, from and to as the list does.",
		Responses: map[string]*huma.Response{
			"200": {Description: "The register", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: "string"}}}},
		},
	})
}

type listImpairmentsInput struct {
	InStation
	Period
	Point devices.PointID  `query:"point" maxLength:"200"`
	Mode  impairments.Mode `query:"mode" enum:"test,isolated,disabled,"`
	Open  string           `query:"open" enum:"true,false," doc:"Only what holds, or what is over"`
	Fire  string           `query:"fire" enum:"true,false," doc:"Only points of fire panels, or only others"`
}

func (s *Server) listImpairments(ctx context.Context, in *listImpairmentsInput) (*output[list[impairments.Impairment]], error) {
	found, err := s.o.Impairments.List(ctx, operator(ctx), impairments.Filter{
		Station: in.Station, Point: in.Point, Mode: in.Mode, Open: either(in.Open), Fire: either(in.Fire),
		From: in.from, To: in.to, Limit: in.Limit, Cursor: in.Cursor,
	})
	return page(found.Items, found.Next, err)
}

type addImpairmentInput struct {
	Body struct {
		Point   devices.PointID  `json:"point" maxLength:"200" doc:"<gateway>/<device>.<point>, or <gateway>/<device>.* for all of a device"`
		Mode    impairments.Mode `json:"mode" enum:"test,isolated,disabled"`
		Reason  string           `json:"reason" maxLength:"2000"`
		Until   time.Time        `json:"until"`
		Command bool             `json:"command,omitempty" doc:"Ask the panel for it too, where the point takes the command"`
	}
}

func (s *Server) addImpairment(ctx context.Context, in *addImpairmentInput) (*output[impairments.Impairment], error) {
	b := in.Body
	return reply(s.o.Impairments.Add(ctx, operator(ctx), impairments.Wish{Point: b.Point, Mode: b.Mode, Reason: b.Reason, Until: b.Until, Command: b.Command}))
}

// ImpairmentWithHistory is an entry and what happened to it, oldest line first.
type ImpairmentWithHistory struct {
	impairments.Impairment
	History []impairments.Line `json:"history"`
}

func (s *Server) getImpairment(ctx context.Context, in *ByID) (*output[ImpairmentWithHistory], error) {
	i, history, err := s.o.Impairments.Find(ctx, operator(ctx), in.ID)
	if history == nil {
		history = []impairments.Line{}
	}
	return reply(ImpairmentWithHistory{Impairment: i, History: history}, err)
}

type prolongInput struct {
	ByID
	Body struct {
		Version int64     `json:"version" minimum:"1" doc:"The version that was seen"`
		Until   time.Time `json:"until"`
		Reason  string    `json:"reason" maxLength:"2000"`
	}
}

func (s *Server) prolongImpairment(ctx context.Context, in *prolongInput) (*output[impairments.Impairment], error) {
	return reply(s.o.Impairments.Prolong(ctx, operator(ctx), in.ID, in.Body.Version, in.Body.Until, in.Body.Reason))
}

type endImpairmentInput struct {
	ByID
	Body struct {
		Version int64  `json:"version" minimum:"1" doc:"The version that was seen"`
		Reason  string `json:"reason,omitempty" maxLength:"2000"`
		Command bool   `json:"command,omitempty" doc:"Ask the panel for it too, where the point takes the command"`
	}
}

func (s *Server) endImpairment(ctx context.Context, in *endImpairmentInput) (*output[impairments.Impairment], error) {
	return reply(s.o.Impairments.End(ctx, operator(ctx), in.ID, in.Body.Version, in.Body.Reason, in.Body.Command))
}

type againInput struct {
	ByID
	Body struct {
		Version int64 `json:"version" minimum:"1" doc:"The version that was seen"`
	}
}

func (s *Server) askImpairmentAgain(ctx context.Context, in *againInput) (*output[impairments.Impairment], error) {
	return reply(s.o.Impairments.Again(ctx, operator(ctx), in.ID, in.Body.Version))
}

type walkInput struct {
	ByID
	Body struct {
		Remark string `json:"remark,omitempty" maxLength:"2000"`
	}
}

func (s *Server) walkImpairment(ctx context.Context, in *walkInput) (*output[impairments.Impairment], error) {
	return reply(s.o.Impairments.Walk(ctx, operator(ctx), in.ID, in.Body.Remark))
}

// impairmentsCSV streams the register; permission is asked before the first byte.
func (s *Server) impairmentsCSV(c *gin.Context) {
	f := impairments.Filter{Station: c.Query("station"), Point: devices.PointID(c.Query("point")), Mode: impairments.Mode(c.Query("mode")),
		Open: either(c.Query("open")), Fire: either(c.Query("fire"))}
	var ok bool
	if f.From, f.To, ok = s.span(c); !ok {
		return
	}
	s.download(c, "registers.csv", func(ctx context.Context, by auth.Operator, w io.Writer) error {
		return s.o.Impairments.CSV(ctx, by, f, w)
	})
}
