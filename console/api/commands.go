package api

import (
	"context"
	"net/http"

	"guardroom/console/commands"
	"guardroom/devices"
)

func (s *Server) commandRoutes() {
	route(s, http.MethodPost, "/points/{id}/commands", "command-point", "Ask a point for something", 202, func(ctx context.Context, in *commandInput) (*commandOutput, error) {
		return s.command(ctx, in.point(), in.Key, in.Body)
	})
	route(s, http.MethodPost, "/points/{id}/{local}/commands", "command-point-by-parts", "Ask a point for something", 202, func(ctx context.Context, in *commandPartsInput) (*commandOutput, error) {
		return s.command(ctx, in.point(), in.Key, in.Body)
	})
	route(s, http.MethodGet, "/commands/{id}", "get-command", "What became of a command", 200, s.getCommand)
	route(s, http.MethodGet, "/commands", "list-commands", "Commands, newest first", 200, s.listCommands)
}

// CommandWish is what is asked of a point.
type CommandWish struct {
	Verb      devices.Verb      `json:"verb" maxLength:"64"`
	Arguments map[string]string `json:"arguments,omitempty"`
	Reason    string            `json:"reason,omitempty" maxLength:"2000"`
}

type commandInput struct {
	PointPath
	Key  string `header:"Idempotency-Key" required:"true" maxLength:"128" doc:"New for each press; the same key again gives the same command"`
	Body CommandWish
}

type commandPartsInput struct {
	PointParts
	Key  string `header:"Idempotency-Key" required:"true" maxLength:"128" doc:"New for each press; the same key again gives the same command"`
	Body CommandWish
}

type commandOutput struct {
	Location string `header:"Location"`
	Body     commands.Command
}

func (s *Server) command(ctx context.Context, id devices.PointID, key string, w CommandWish) (*commandOutput, error) {
	c, err := s.o.Commands.Request(ctx, operator(ctx), commands.Wish{Point: id, Verb: w.Verb, Arguments: w.Arguments, Reason: w.Reason, Key: key})
	if err != nil {
		return nil, err
	}
	return &commandOutput{Location: base + "/commands/" + c.ID, Body: c}, nil
}

func (s *Server) getCommand(ctx context.Context, in *ByID) (*output[commands.Command], error) {
	return reply(s.o.Commands.Find(ctx, operator(ctx), in.ID))
}

type listCommandsInput struct {
	InStation
	Point string `query:"point" maxLength:"200"`
}

func (s *Server) listCommands(ctx context.Context, in *listCommandsInput) (*output[list[commands.Command]], error) {
	return page(s.o.Commands.List(ctx, operator(ctx), in.Station, commands.Filter{Point: devices.PointID(in.Point), Limit: in.Limit, Cursor: in.Cursor}))
}
