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
	Find(ctx context.Context, by auth.Operator, id string) (alarms.Found, error)
	Acknowledge(ctx context.Context, by auth.Operator, id string, version int, comment string) (alarms.Alarm, error)
	AcknowledgeSeen(ctx context.Context, by auth.Operator, list []alarms.Seen, comment string) ([]alarms.Outcome, error)
	Respond(ctx context.Context, by auth.Operator, id string, version int) (alarms.Alarm, error)
	Take(ctx context.Context, by auth.Operator, id string, version int, over bool) (alarms.Alarm, error)
	GiveBack(ctx context.Context, by auth.Operator, id string, version int) (alarms.Alarm, error)
	Close(ctx context.Context, by auth.Operator, id string, version int, disposition alarms.Disposition, text string) (alarms.Alarm, error)
	Shelve(ctx context.Context, by auth.Operator, id string, version int, aside alarms.Aside) (alarms.Alarm, error)
	shelfDesk
}

func (s *Server) alarmRoutes() {
	route(s, http.MethodGet, "/alarms", "list-alarms", "Alarms, newest first; all that are open unless a state is given", 200, s.listAlarms)
	route(s, http.MethodGet, "/alarms/{id}", "get-alarm", "One alarm and its history", 200, s.getAlarm)
	route(s, http.MethodPost, "/alarms/{id}/acknowledge", "acknowledge-alarm", "Answer for an alarm", 200, s.acknowledgeAlarm)
	route(s, http.MethodPost, "/alarms/acknowledge", "acknowledge-alarms", "Answer for alarms of priority 3 and 4, each for itself", 200, s.acknowledgeAlarms)
	route(s, http.MethodPost, "/alarms/{id}/respond", "respond-to-alarm", "Answer for an alarm and pick it up", 200, s.respondToAlarm)
	route(s, http.MethodPost, "/alarms/{id}/take", "take-alarm", "Pick an alarm up", 200, s.takeAlarm)
	route(s, http.MethodPost, "/alarms/{id}/give-back", "give-alarm-back", "Let an alarm be nobody's again", 200, s.giveAlarmBack)
	route(s, http.MethodPost, "/alarms/{id}/close", "close-alarm", "Say what an alarm was", 200, s.closeAlarm)
	route(s, http.MethodPost, "/alarms/{id}/shelve", "shelve-alarm", "Put an alarm aside", 200, s.shelveAlarm)
}

type listAlarmsInput struct {
	InStation
	Period
	State      []alarms.State  `query:"state" doc:"unacknowledged, acknowledged, returned, normal, shelved, suppressed, out_of_service; several with commas. None: all that are open and in sight"`
	Priority   int             `query:"priority" minimum:"0" maximum:"4" doc:"0 for all"`
	Kind       devices.Kind    `query:"kind" maxLength:"64"`
	Point      devices.PointID `query:"point" maxLength:"200"`
	Suppressed bool            `query:"suppressed" doc:"Also those for which another alarm stands"`
	Closing    bool            `query:"closing" doc:"Those that are over and wait to be closed, whatever state says"`
	Owner      string          `query:"owner" maxLength:"64" doc:"A user's id, or me"`
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
		From: in.from, To: in.to, Suppressed: in.Suppressed, Closing: in.Closing, Owner: in.Owner, Limit: in.Limit, Cursor: in.Cursor,
	})
	return page(found.Items, found.Next, err)
}

// AlarmWithHistory is an alarm, what happened to it, oldest line first, and what
// was thought out for it.
type AlarmWithHistory struct {
	alarms.Alarm
	History   []alarms.Entry    `json:"history"`
	Rationale *alarms.Rationale `json:"rationale"`
}

func (s *Server) getAlarm(ctx context.Context, in *ByID) (*output[AlarmWithHistory], error) {
	found, err := s.o.Alarms.Find(ctx, operator(ctx), in.ID)
	if found.History == nil {
		found.History = []alarms.Entry{}
	}
	return reply(AlarmWithHistory(found), err)
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

// AcknowledgedOne is what became of one of several alarms: the alarm, or why it
// stays as it was.
type AcknowledgedOne struct {
	ID     string         `json:"id"`
	OK     bool           `json:"ok"`
	Code   string         `json:"code"`
	Detail string         `json:"detail"`
	Params map[string]any `json:"params"`
	Alarm  *alarms.Alarm  `json:"alarm"`
}

type acknowledgeManyInput struct {
	Body struct {
		Alarms  []alarms.Seen `json:"alarms" minItems:"1" maxItems:"50"`
		Comment string        `json:"comment,omitempty" maxLength:"4000"`
	}
}

func (s *Server) acknowledgeAlarms(ctx context.Context, in *acknowledgeManyInput) (*output[list[AcknowledgedOne]], error) {
	outcomes, err := s.o.Alarms.AcknowledgeSeen(ctx, operator(ctx), in.Body.Alarms, in.Body.Comment)
	items := make([]AcknowledgedOne, len(outcomes))
	for i, o := range outcomes {
		items[i] = AcknowledgedOne{ID: o.Seen.ID, OK: o.Err == nil, Alarm: o.Alarm, Params: map[string]any{}}
		if o.Err != nil {
			p := s.problem(ctx, o.Err)
			items[i].Code, items[i].Detail, items[i].Params = p.Code, p.Detail, p.Params
		}
	}
	return page(items, "", err)
}

// SeenVersion is the body of an act that needs nothing but what was seen.
type SeenVersion struct {
	Version int `json:"version" minimum:"1" doc:"The version that was seen"`
}

type seenAlarmInput struct {
	ByID
	Body SeenVersion
}

func (s *Server) respondToAlarm(ctx context.Context, in *seenAlarmInput) (*output[alarms.Alarm], error) {
	return reply(s.o.Alarms.Respond(ctx, operator(ctx), in.ID, in.Body.Version))
}

type takeAlarmInput struct {
	ByID
	Body struct {
		SeenVersion
		TakeOver bool `json:"take_over,omitempty" doc:"Also when somebody has it in hand"`
	}
}

func (s *Server) takeAlarm(ctx context.Context, in *takeAlarmInput) (*output[alarms.Alarm], error) {
	return reply(s.o.Alarms.Take(ctx, operator(ctx), in.ID, in.Body.Version, in.Body.TakeOver))
}

func (s *Server) giveAlarmBack(ctx context.Context, in *seenAlarmInput) (*output[alarms.Alarm], error) {
	return reply(s.o.Alarms.GiveBack(ctx, operator(ctx), in.ID, in.Body.Version))
}

type closeAlarmInput struct {
	ByID
	Body struct {
		SeenVersion
		Disposition alarms.Disposition `json:"disposition" enum:"real,nuisance,false,test,drill,other"`
		Text        string             `json:"text,omitempty" maxLength:"4000" doc:"Needed with other"`
	}
}

func (s *Server) closeAlarm(ctx context.Context, in *closeAlarmInput) (*output[alarms.Alarm], error) {
	return reply(s.o.Alarms.Close(ctx, operator(ctx), in.ID, in.Body.Version, in.Body.Disposition, in.Body.Text))
}

type shelveAlarmInput struct {
	ByID
	Body struct {
		SeenVersion
		Aside
	}
}

func (s *Server) shelveAlarm(ctx context.Context, in *shelveAlarmInput) (*output[alarms.Alarm], error) {
	return reply(s.o.Alarms.Shelve(ctx, operator(ctx), in.ID, in.Body.Version, in.Body.aside()))
}
