package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"guardroom/console/alarms"
	"guardroom/console/auth"
	"guardroom/devices"
)

// alarmDesk is what these routes need of the console.
type alarmDesk interface {
	List(ctx context.Context, by auth.Operator, f alarms.Filter) (alarms.Page, error)
	Find(ctx context.Context, by auth.Operator, id string) (alarms.Alarm, []alarms.Entry, error)
	Acknowledge(ctx context.Context, by auth.Operator, id string, version int, comment string) (alarms.Alarm, error)
}

func (s *Server) alarmRoutes() {
	route(s, http.MethodGet, "/alarms", "list-alarms", "Alarms, newest first; all that are open unless a state is given", 200, s.listAlarms)
	route(s, http.MethodGet, "/alarms/{id}", "get-alarm", "One alarm and its history", 200, s.getAlarm)
	route(s, http.MethodPost, "/alarms/{id}/acknowledge", "acknowledge-alarm", "Answer for an alarm", 200, s.acknowledgeAlarm)
}

type listAlarmsInput struct {
	InStation
	Period
	State      []alarms.State  `query:"state" doc:"unacknowledged, acknowledged, returned, normal; several with commas"`
	Priority   int             `query:"priority" minimum:"0" maximum:"4" doc:"0 for all"`
	Kind       devices.Kind    `query:"kind" maxLength:"64"`
	Point      devices.PointID `query:"point" maxLength:"200"`
	Suppressed bool            `query:"suppressed" doc:"Also those for which another alarm stands"`
}

// Period is the part of a query that names a time span; to is not included.
type Period struct {
	From string `query:"from" format:"date-time" required:"false"`
	To   string `query:"to" format:"date-time" required:"false"`

	from, to time.Time
}

// Resolve reads the instants.
func (p *Period) Resolve(huma.Context) []error {
	var errs []error
	for _, one := range []struct {
		name, text string
		to         *time.Time
	}{{"from", p.From, &p.from}, {"to", p.To, &p.to}} {
		if one.text == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, one.text)
		if err != nil || at.Year() < 1 || at.Year() > 9999 {
			errs = append(errs, &huma.ErrorDetail{Location: "query." + one.name, Message: "expected an RFC 3339 instant such as 2030-06-01T09:00:00Z"})
			continue
		}
		*one.to = at
	}
	return errs
}

func (s *Server) listAlarms(ctx context.Context, in *listAlarmsInput) (*output[list[alarms.Alarm]], error) {
	found, err := s.o.Alarms.List(ctx, operator(ctx), alarms.Filter{
		Station: in.Station, States: in.State, Priority: in.Priority, Kind: in.Kind, Point: in.Point,
		From: in.from, To: in.to, Suppressed: in.Suppressed, Limit: in.Limit, Cursor: in.Cursor,
	})
	return page(found.Items, found.Next, err)
}

// AlarmWithHistory is an alarm and what happened to it, oldest line first.
type AlarmWithHistory struct {
	alarms.Alarm
	History []alarms.Entry `json:"history"`
}

func (s *Server) getAlarm(ctx context.Context, in *ByID) (*output[AlarmWithHistory], error) {
	a, history, err := s.o.Alarms.Find(ctx, operator(ctx), in.ID)
	if history == nil {
		history = []alarms.Entry{}
	}
	return reply(AlarmWithHistory{Alarm: a, History: history}, err)
}

type acknowledgeInput struct {
	ByID
	Body struct {
		Version int    `json:"version" minimum:"1" doc:"The version that was seen"`
		Comment string `json:"comment,omitempty" maxLength:"4000"`
	}
}

func (s *Server) acknowledgeAlarm(ctx context.Context, in *acknowledgeInput) (*output[alarms.Alarm], error) {
	return reply(s.o.Alarms.Acknowledge(ctx, operator(ctx), in.ID, in.Body.Version, in.Body.Comment))
}
