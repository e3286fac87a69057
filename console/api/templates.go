package api

import (
	"context"
	"net/http"

	"guardroom/console/rosters"
	domain "guardroom/rosters"
)

func (s *Server) templateRoutes() {
	route(s, http.MethodGet, "/rosters/{station}/templates", "list-templates", "Stretches of days to lay over others", 200, s.listTemplates)
	route(s, http.MethodDelete, "/rosters/{station}/templates/{id}", "drop-template", "Forget a template", 204, s.dropTemplate)
	route(s, http.MethodPost, "/rosters/{station}/drafts/{draft}/templates", "keep-template", "Make a template of days of a draft", 201, s.keepTemplate)
	route(s, http.MethodPost, "/rosters/{station}/drafts/{draft}/templates/{id}", "lay-template", "Lay a template over days of a draft", 200, s.layTemplate)
	route(s, http.MethodPost, "/rosters/{station}/drafts/{draft}/copy", "copy-days", "Lay days of a roster over days of a draft", 200, s.copyDays)
	route(s, http.MethodGet, "/rosters/{station}/mine/calendar", "get-my-calendar", "Whether one's own calendar address works", 200, s.getMyCalendar)
	route(s, http.MethodPost, "/rosters/{station}/mine/calendar", "make-my-calendar", "A new calendar address; an earlier one ends", 201, s.makeMyCalendar)
	route(s, http.MethodDelete, "/rosters/{station}/mine/calendar", "cut-my-calendar", "End one's own calendar address", 200, s.cutMyCalendar)
	route(s, http.MethodGet, "/calendars/{station}/{token}", "get-calendar", "An officer's duties as iCalendar, for whoever holds the address", 200, s.getCalendar)
}

func (s *Server) listTemplates(ctx context.Context, in *ByStation) (*output[list[rosters.Kept[rosters.Template]]], error) {
	items, err := s.o.Rosters.Templates(ctx, operator(ctx), in.Station)
	return full(list[rosters.Kept[rosters.Template]]{Items: items}, err)
}

type dropTemplateInput struct {
	ByStation
	ID      string `path:"id" maxLength:"64"`
	Version int64  `query:"version" required:"true"`
}

func (s *Server) dropTemplate(ctx context.Context, in *dropTemplateInput) (*struct{}, error) {
	return nil, s.o.Rosters.DropTemplate(ctx, operator(ctx), in.Station, in.ID, in.Version)
}

type keepTemplateInput struct {
	ByDraft
	Body struct {
		Name  string      `json:"name" maxLength:"400" doc:"One of the same name is replaced"`
		From  domain.Date `json:"from"`
		Until domain.Date `json:"until" doc:"The last day"`
	}
}

func (s *Server) keepTemplate(ctx context.Context, in *keepTemplateInput) (*output[rosters.Kept[rosters.Template]], error) {
	return full(s.o.Rosters.KeepTemplate(ctx, operator(ctx), in.Station, in.Draft, in.Body.Name, in.Body.From, in.Body.Until))
}

type layTemplateInput struct {
	ByDraft
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		From  domain.Date `json:"from"`
		Until domain.Date `json:"until" doc:"The last day; the template is repeated until then"`
		Over  bool        `json:"over,omitempty" doc:"What is given is replaced; else only empty days are filled"`
		Dry   bool        `json:"dry_run,omitempty" doc:"Nothing is written: the answer says what would be"`
	}
}

func (s *Server) layTemplate(ctx context.Context, in *layTemplateInput) (*output[rosters.Laid], error) {
	b := in.Body
	return full(s.o.Rosters.LayTemplate(ctx, operator(ctx), in.Station, in.Draft, in.ID, rosters.Laying{From: b.From, Until: b.Until, Over: b.Over, Dry: b.Dry}))
}

type copyDaysInput struct {
	ByDraft
	Body struct {
		Source string      `json:"source,omitempty" maxLength:"64" doc:"The id of a draft, or published; none: the draft itself"`
		From   domain.Date `json:"from"`
		Until  domain.Date `json:"until" doc:"The last day that is copied"`
		To     domain.Date `json:"to" doc:"The first day over which they are laid"`
		Last   domain.Date `json:"last" doc:"The last one; the days are repeated until then"`
		Over   bool        `json:"over,omitempty" doc:"What is given is replaced; else only empty days are filled"`
		Dry    bool        `json:"dry_run,omitempty" doc:"Nothing is written: the answer says what would be"`
	}
}

func (s *Server) copyDays(ctx context.Context, in *copyDaysInput) (*output[rosters.Laid], error) {
	b := in.Body
	return full(s.o.Rosters.Copy(ctx, operator(ctx), in.Station, in.Draft, rosters.Copying{Source: b.Source, From: b.From, Until: b.Until}, rosters.Laying{From: b.To, Until: b.Last, Over: b.Over, Dry: b.Dry}))
}

// CalendarLink is whether an address works, and the address when it was just made.
type CalendarLink struct {
	rosters.Link

	Address string `json:"address,omitempty" doc:"Shown once; below the address of the console"`
}

func linked(station string, l rosters.Link, err error) (*output[CalendarLink], error) {
	link := CalendarLink{Link: l}
	if l.Token != "" {
		link.Address = base + "/calendars/" + station + "/" + l.Token
	}
	return full(link, err)
}

func (s *Server) getMyCalendar(ctx context.Context, in *ByStation) (*output[CalendarLink], error) {
	l, err := s.o.Rosters.LinkOf(ctx, operator(ctx), in.Station)
	return linked(in.Station, l, err)
}

func (s *Server) makeMyCalendar(ctx context.Context, in *ByStation) (*output[CalendarLink], error) {
	l, err := s.o.Rosters.MakeLink(ctx, operator(ctx), in.Station)
	return linked(in.Station, l, err)
}

func (s *Server) cutMyCalendar(ctx context.Context, in *ByStation) (*output[CalendarLink], error) {
	l, err := s.o.Rosters.CutLink(ctx, operator(ctx), in.Station)
	return linked(in.Station, l, err)
}

type calendarFileInput struct {
	ByStation
	Token string `path:"token" maxLength:"64"`
}

type calendarFile struct {
	Type  string `header:"Content-Type"`
	Cache string `header:"Cache-Control"`
	Body  []byte
}

func (s *Server) getCalendar(ctx context.Context, in *calendarFileInput) (*calendarFile, error) {
	text, err := s.o.Rosters.Feed(ctx, in.Station, in.Token, requested(ctx).address)
	if err != nil {
		return nil, err
	}
	return &calendarFile{Type: "text/calendar; charset=utf-8", Cache: "private, max-age=300", Body: []byte(text)}, nil
}
