package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"guardroom/console/reports"
	"guardroom/console/rosters"
	domain "guardroom/rosters"
)

func (s *Server) detailRoutes() {
	route(s, http.MethodGet, "/rosters/{station}/detail", "get-detail", "The Daily Detail: who stands where, hour by hour", 200, s.getDetail)
	route(s, http.MethodPut, "/rosters/{station}/detail", "save-remarks", "What stands under a day", 200, s.saveRemarks)
	route(s, http.MethodGet, "/rosters/{station}/detail/export", "export-detail", "The Daily Detail as a spreadsheet", 200, s.exportDetail)
	route(s, http.MethodGet, "/rosters/{station}/statistics", "get-roster-statistics", "Hours, burdens and coverage of a period", 200, s.getStatistics)
	route(s, http.MethodGet, "/rosters/{station}/statistics/export", "export-roster-statistics", "The figures of officers as a spreadsheet", 200, s.exportStatistics)
}

// ByDay is the day of a query, and the draft of which it is asked.
type ByDay struct {
	Date  string `query:"date" required:"true" maxLength:"10" example:"2026-11-22"`
	Draft string `query:"draft" maxLength:"64" doc:"None: the roster in force"`
}

func (d *ByDay) day() (domain.Date, error) { return domain.ParseDate(d.Date) }

type detailInput struct {
	ByStation
	ByDay
}

func (s *Server) getDetail(ctx context.Context, in *detailInput) (*output[rosters.DailyDetail], error) {
	date, err := in.day()
	if err != nil {
		return nil, err
	}
	return full(s.o.Rosters.Detail(ctx, operator(ctx), in.Station, in.Draft, date))
}

type remarksInput struct {
	ByStation
	Body struct {
		Date    domain.Date `json:"date"`
		Version int64       `json:"version" doc:"Of the remarks, as they were seen"`
		Text    string      `json:"text" maxLength:"16000"`
	}
}

func (s *Server) saveRemarks(ctx context.Context, in *remarksInput) (*output[rosters.Kept[rosters.DayRemarks]], error) {
	return full(s.o.Rosters.Remark(ctx, operator(ctx), in.Station, in.Body.Date, in.Body.Version, in.Body.Text))
}

type exportDetailInput struct {
	ByStation
	ByDay
	Format reports.Format `query:"format" enum:"csv,xlsx" default:"xlsx"`
}

func (s *Server) exportDetail(ctx context.Context, in *exportDetailInput) (*rosterFile, error) {
	date, err := in.day()
	if err != nil {
		return nil, err
	}
	return filed(in.Format, "detail-"+date.String(), func(to io.Writer) error {
		return s.o.Rosters.ExportDetail(ctx, operator(ctx), in.Station, in.Draft, date, in.Format, to)
	})
}

type statisticsInput struct {
	ByStation
	Days
	Draft string `query:"draft" maxLength:"64" doc:"None: the roster in force"`
}

func (s *Server) getStatistics(ctx context.Context, in *statisticsInput) (*output[rosters.Statistics], error) {
	from, until, err := in.days()
	if err != nil {
		return nil, err
	}
	return full(s.o.Rosters.Statistics(ctx, operator(ctx), in.Station, in.Draft, from, until))
}

type exportStatisticsInput struct {
	ByStation
	Days
	Draft  string         `query:"draft" maxLength:"64" doc:"None: the roster in force"`
	Format reports.Format `query:"format" enum:"csv,xlsx" default:"xlsx"`
}

func (s *Server) exportStatistics(ctx context.Context, in *exportStatisticsInput) (*rosterFile, error) {
	from, until, err := in.days()
	if err != nil {
		return nil, err
	}
	return filed(in.Format, "statistics-"+in.From, func(to io.Writer) error {
		return s.o.Rosters.ExportStatistics(ctx, operator(ctx), in.Station, in.Draft, from, until, in.Format, to)
	})
}

// filed is a file to be kept under a name.
func filed(f reports.Format, name string, write func(to io.Writer) error) (*rosterFile, error) {
	var file bytes.Buffer
	if err := write(&file); err != nil {
		return nil, err
	}
	return &rosterFile{Type: f.Type(), Disposition: fmt.Sprintf("attachment; filename=%q", name+"."+string(f)), Body: file.Bytes()}, nil
}
