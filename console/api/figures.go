package api

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"guardroom/console/auth"
	"guardroom/console/figures"
	"guardroom/console/reports"
)

// figuresDesk is what these routes need of the console.
type figuresDesk interface {
	Between(ctx context.Context, by auth.Operator, station string, from, to time.Time) (figures.Figures, error)
	Month(ctx context.Context, by auth.Operator, station, month string) (figures.Figures, error)
	Report(ctx context.Context, by auth.Operator, station, month string, format reports.Format, to *bytes.Buffer) error
	Flood(ctx context.Context, by auth.Operator, station string) (figures.FloodChoice, error)
	SetFlood(ctx context.Context, by auth.Operator, station string, c figures.FloodChoice) (figures.FloodChoice, error)
}

func (s *Server) figureRoutes() {
	route(s, http.MethodGet, "/figures", "get-figures", "Alarms against their targets; the last 24 hours when no time is named", 200, s.getFigures)
	route(s, http.MethodGet, "/figures/month", "get-month", "The figures of a month of the station", 200, s.getMonth)
	route(s, http.MethodGet, "/figures/file", "export-month", "The same as CSV or XLSX", 200, s.exportMonth)
	route(s, http.MethodGet, "/flood-settings", "get-flood-settings", "When a station is in an alarm flood", 200, s.getFlood)
	route(s, http.MethodPost, "/flood-settings", "set-flood-settings", "Set when a station is in an alarm flood", 200, s.setFlood)
}

type getFiguresInput struct {
	InOneStation
	Period
}

func (s *Server) getFigures(ctx context.Context, in *getFiguresInput) (*output[figures.Figures], error) {
	return reply(s.o.Figures.Between(ctx, operator(ctx), in.Station, in.from, in.to))
}

// MonthInput is a query about a month of a station.
type MonthInput struct {
	InOneStation
	Month string `query:"month" required:"true" maxLength:"7" doc:"2026-11"`
}

func (s *Server) getMonth(ctx context.Context, in *MonthInput) (*output[figures.Figures], error) {
	return reply(s.o.Figures.Month(ctx, operator(ctx), in.Station, in.Month))
}

type exportMonthInput struct {
	MonthInput
	Format reports.Format `query:"format" enum:"csv,xlsx" default:"xlsx"`
}

func (s *Server) exportMonth(ctx context.Context, in *exportMonthInput) (*file, error) {
	var out bytes.Buffer
	if err := s.o.Figures.Report(ctx, operator(ctx), in.Station, in.Month, in.Format, &out); err != nil {
		return nil, err
	}
	return fileOf("alarms-"+in.Station+"-"+in.Month, in.Format, &out), nil
}

func (s *Server) getFlood(ctx context.Context, in *InOneStation) (*output[figures.FloodChoice], error) {
	return reply(s.o.Figures.Flood(ctx, operator(ctx), in.Station))
}

type setFloodInput struct {
	Body struct {
		Station string `json:"station" maxLength:"64"`
		Begin   int    `json:"begin"`
		End     int    `json:"end"`
		Minutes int    `json:"minutes"`
		Version int64  `json:"version" minimum:"0"`
	}
}

func (s *Server) setFlood(ctx context.Context, in *setFloodInput) (*output[figures.FloodChoice], error) {
	b := in.Body
	return reply(s.o.Figures.SetFlood(ctx, operator(ctx), b.Station,
		figures.FloodChoice{FloodSettings: figures.FloodSettings{Begin: b.Begin, End: b.End, Minutes: b.Minutes}, Version: b.Version}))
}
