package api

import (
	"context"
	"net/http"

	"guardroom/console/auth"
	"guardroom/console/intake"
	"guardroom/devices"
)

// signalDesk is what these routes need of the console.
type signalDesk interface {
	Signals(ctx context.Context, by auth.Operator, f intake.Filter) (intake.Page[intake.Line], error)
	DeadLetters(ctx context.Context, by auth.Operator, f intake.Filter) (intake.Page[intake.Letter], error)
	Gaps(ctx context.Context, by auth.Operator, f intake.Filter) (intake.Page[intake.Missing], error)
}

func (s *Server) signalRoutes() {
	route(s, http.MethodGet, "/signals", "list-signals", "The journal, newest first", 200, s.listSignals)
	route(s, http.MethodGet, "/dead-letters", "list-dead-letters", "What could not be understood or stored", 200, s.listDeadLetters)
	route(s, http.MethodGet, "/gaps", "list-gaps", "Signals that never came", 200, s.listGaps)
}

type listSignalsInput struct {
	InJournal
	Point devices.PointID `query:"point" maxLength:"200"`
	Kind  devices.Kind    `query:"kind" maxLength:"64"`
}

// InJournal is a query of the journal.
type InJournal struct {
	InStation
	Period
	Gateway string `query:"gateway" maxLength:"64"`
}

func (in *InJournal) filter() intake.Filter {
	return intake.Filter{Station: in.Station, Gateway: in.Gateway, From: in.from, To: in.to, Limit: in.Limit, Cursor: in.Cursor}
}

func (s *Server) listSignals(ctx context.Context, in *listSignalsInput) (*output[list[intake.Line]], error) {
	f := in.filter()
	f.Point, f.Kind = in.Point, in.Kind
	found, err := s.o.Signals.Signals(ctx, operator(ctx), f)
	return page(found.Items, found.Next, err)
}

func (s *Server) listDeadLetters(ctx context.Context, in *InJournal) (*output[list[intake.Letter]], error) {
	found, err := s.o.Signals.DeadLetters(ctx, operator(ctx), in.filter())
	return page(found.Items, found.Next, err)
}

func (s *Server) listGaps(ctx context.Context, in *InJournal) (*output[list[intake.Missing]], error) {
	found, err := s.o.Signals.Gaps(ctx, operator(ctx), in.filter())
	return page(found.Items, found.Next, err)
}
