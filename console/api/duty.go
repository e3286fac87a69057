package api

import (
	"context"
	"net/http"
	"time"

	"guardroom/console/duty"
	domain "guardroom/rosters"
)

func (s *Server) dutyRoutes() {
	route(s, http.MethodGet, "/duty/{station}", "get-duty", "The duty board: who is here, who stands where, check calls", 200, s.getDuty)
	route(s, http.MethodPost, "/duty/{station}/attendance", "note-attendance", "Who came, stands, was relieved, left", 200, s.noteAttendance)
	route(s, http.MethodGet, "/duty/{station}/hours", "get-hours", "What officers really worked", 200, s.getHours)
	route(s, http.MethodPost, "/duty/{station}/calls", "check-call", "A post's check call: all is well", 200, s.checkCall)
}

func (s *Server) getDuty(ctx context.Context, in *ByStation) (*output[duty.Board], error) {
	return full(s.o.Duty.Board(ctx, operator(ctx), in.Station))
}

type attendanceInput struct {
	ByStation
	Body struct {
		Officer string      `json:"officer" maxLength:"200"`
		Date    domain.Date `json:"date"`
		Shift   string      `json:"shift" maxLength:"8"`
		Version int64       `json:"version" doc:"Of the attendance, as it was seen"`
		Do      string      `json:"do" enum:"arrive,stand,relieve,release,clear"`
		By      string      `json:"by,omitempty" maxLength:"200" doc:"The officer who stands in"`
		Note    string      `json:"note,omitempty" maxLength:"2000"`
		At      time.Time   `json:"at,omitzero" required:"false" doc:"When it happened, for what is entered later; none: now"`
	}
}

func (s *Server) noteAttendance(ctx context.Context, in *attendanceInput) (*output[duty.Board], error) {
	b := in.Body
	return full(s.o.Duty.Note(ctx, operator(ctx), in.Station, duty.Note{Officer: b.Officer, Date: b.Date, Shift: b.Shift, Version: b.Version, Do: b.Do, By: b.By, Text: b.Note, At: b.At}))
}

type checkCallInput struct {
	ByStation
	Body struct {
		Post string `json:"post" maxLength:"200"`
	}
}

func (s *Server) checkCall(ctx context.Context, in *checkCallInput) (*output[duty.Board], error) {
	return full(s.o.Duty.CheckIn(ctx, operator(ctx), in.Station, in.Body.Post))
}

type hoursInput struct {
	ByStation
	Days
}

func (s *Server) getHours(ctx context.Context, in *hoursInput) (*output[duty.Hours], error) {
	from, until, err := in.days()
	if err != nil {
		return nil, err
	}
	return full(s.o.Duty.Hours(ctx, operator(ctx), in.Station, from, until))
}
