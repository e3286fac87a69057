package api

import (
	"context"
	"net/http"
	"time"

	"guardroom/console/alarms"
	"guardroom/console/auth"
	"guardroom/devices"
)

// shelfDesk is what the routes about removals, rules and policy need.
type shelfDesk interface {
	Shelves(ctx context.Context, by auth.Operator, f alarms.ShelfFilter) ([]alarms.Shelf, string, error)
	ShelvePoint(ctx context.Context, by auth.Operator, point devices.PointID, kind devices.Kind, aside alarms.Aside) (alarms.Shelf, error)
	OutOfService(ctx context.Context, by auth.Operator, point devices.PointID, kind devices.Kind, aside alarms.Aside) (alarms.Shelf, error)
	Restore(ctx context.Context, by auth.Operator, id, reason string) (alarms.Shelf, error)
	Confirm(ctx context.Context, by auth.Operator, id string) (alarms.Shelf, error)
	Rules(ctx context.Context, by auth.Operator, station string) ([]alarms.SuppressionRule, error)
	AddRule(ctx context.Context, by auth.Operator, r alarms.SuppressionRule) (alarms.SuppressionRule, error)
	ChangeRule(ctx context.Context, by auth.Operator, r alarms.SuppressionRule) (alarms.SuppressionRule, error)
	DropRule(ctx context.Context, by auth.Operator, id string) error
	Policy(ctx context.Context, by auth.Operator, station string) (alarms.AlarmPolicy, error)
	SetShifts(ctx context.Context, by auth.Operator, station string, seen int64, shifts []string) (alarms.AlarmPolicy, error)
	SetHandling(ctx context.Context, by auth.Operator, station string, seen int64, h alarms.Handling) (alarms.AlarmPolicy, error)
}

func (s *Server) shelfRoutes() {
	route(s, http.MethodGet, "/shelf", "list-shelf", "What is shelved, suppressed by design or out of service", 200, s.listShelf)
	route(s, http.MethodPost, "/shelf", "add-to-shelf", "Put a point's alarms aside, or take it out of service", 201, s.addToShelf)
	route(s, http.MethodDelete, "/shelf/{id}", "take-off-shelf", "Show again what was put aside", 200, s.takeOffShelf)
	route(s, http.MethodPost, "/shelf/{id}/confirm", "confirm-shelf", "Answer for what is shelved in the next shift too", 200, s.confirmShelf)
	route(s, http.MethodGet, "/suppression-rules", "list-suppression-rules", "What is suppressed by design, and when", 200, s.listSuppressionRules)
	route(s, http.MethodPost, "/suppression-rules", "add-suppression-rule", "Suppress alarms by design", 201, s.addSuppressionRule)
	route(s, http.MethodPatch, "/suppression-rules/{id}", "change-suppression-rule", "Change what is suppressed by design", 200, s.changeSuppressionRule)
	route(s, http.MethodDelete, "/suppression-rules/{id}", "remove-suppression-rule", "Suppress by design no more", 204, s.removeSuppressionRule)
	route(s, http.MethodGet, "/alarm-policy", "get-alarm-policy", "How a station wants its alarms", 200, s.getPolicy)
	route(s, http.MethodPut, "/alarm-policy/shifts", "set-shifts", "When shifts end", 200, s.setShifts)
	route(s, http.MethodPut, "/alarm-policy/handling", "set-handling", "How long alarms may be shelved, which must be closed", 200, s.setHandling)
}

// Aside says for how long something is put aside; with none of minutes, until,
// until_shift and one_shot until the end of the shift.
type Aside struct {
	Reason     string    `json:"reason" minLength:"1" maxLength:"4000"`
	Minutes    int       `json:"minutes,omitempty" minimum:"0" maximum:"129600"`
	Until      time.Time `json:"until,omitempty" required:"false"`
	UntilShift bool      `json:"until_shift,omitempty"`
	OneShot    bool      `json:"one_shot,omitempty" doc:"Until the alarm is over, at most until the end of the shift"`
	Patrol     string    `json:"patrol,omitempty" maxLength:"4000" doc:"Who walks there meanwhile; needed at the perimeter"`
}

func (a Aside) aside() alarms.Aside {
	return alarms.Aside{Reason: a.Reason, Minutes: a.Minutes, Until: a.Until, UntilShift: a.UntilShift, OneShot: a.OneShot, Patrol: a.Patrol}
}

type listShelfInput struct {
	InStation
	Mode  alarms.Mode     `query:"mode" enum:"shelved,suppressed,out_of_service" required:"false"`
	Point devices.PointID `query:"point" maxLength:"200"`
}

func (s *Server) listShelf(ctx context.Context, in *listShelfInput) (*output[list[alarms.Shelf]], error) {
	items, next, err := s.o.Alarms.Shelves(ctx, operator(ctx), alarms.ShelfFilter{
		Station: in.Station, Mode: in.Mode, Point: in.Point, Limit: in.Limit, Cursor: in.Cursor,
	})
	return page(items, next, err)
}

type addToShelfInput struct {
	Body struct {
		Aside
		Point devices.PointID `json:"point" maxLength:"200"`
		Kind  devices.Kind    `json:"kind,omitempty" maxLength:"64" doc:"Empty: all but life safety"`
		Mode  alarms.Mode     `json:"mode" enum:"shelved,out_of_service"`
	}
}

func (s *Server) addToShelf(ctx context.Context, in *addToShelfInput) (*output[alarms.Shelf], error) {
	put := s.o.Alarms.ShelvePoint
	if in.Body.Mode == alarms.ModeOutOfService {
		put = s.o.Alarms.OutOfService
	}
	return reply(put(ctx, operator(ctx), in.Body.Point, in.Body.Kind, in.Body.aside()))
}

type takeOffShelfInput struct {
	ByID
	Reason string `query:"reason" maxLength:"1000"`
}

func (s *Server) takeOffShelf(ctx context.Context, in *takeOffShelfInput) (*output[alarms.Shelf], error) {
	return reply(s.o.Alarms.Restore(ctx, operator(ctx), in.ID, in.Reason))
}

func (s *Server) confirmShelf(ctx context.Context, in *ByID) (*output[alarms.Shelf], error) {
	return reply(s.o.Alarms.Confirm(ctx, operator(ctx), in.ID))
}

func (s *Server) listSuppressionRules(ctx context.Context, in *struct {
	Station string `query:"station" maxLength:"64"`
},
) (*output[list[alarms.SuppressionRule]], error) {
	rules, err := s.o.Alarms.Rules(ctx, operator(ctx), in.Station)
	return page(rules, "", err)
}

// Suppression is what people say of a rule.
type Suppression struct {
	Name    string            `json:"name" minLength:"1" maxLength:"1000"`
	Enabled bool              `json:"enabled"`
	When    alarms.When       `json:"when" enum:"panel_on_test,area_disarmed"`
	Device  string            `json:"device,omitempty" maxLength:"200" doc:"With panel_on_test: gateway/device; empty for every panel of the station"`
	Area    devices.PointID   `json:"area,omitempty" maxLength:"200" doc:"With area_disarmed: the point that says whether the area is armed"`
	Points  []devices.PointID `json:"points,omitempty" maxItems:"500" doc:"With area_disarmed: the zones"`
}

func (r Suppression) rule() alarms.SuppressionRule {
	return alarms.SuppressionRule{Name: r.Name, Enabled: r.Enabled, When: r.When, Device: r.Device, Area: r.Area, Points: r.Points}
}

type addSuppressionInput struct {
	Body struct {
		Suppression
		Station string `json:"station" minLength:"1" maxLength:"64"`
	}
}

func (s *Server) addSuppressionRule(ctx context.Context, in *addSuppressionInput) (*output[alarms.SuppressionRule], error) {
	r := in.Body.rule()
	r.Station = in.Body.Station
	return reply(s.o.Alarms.AddRule(ctx, operator(ctx), r))
}

type changeSuppressionInput struct {
	ByID
	Body struct {
		Suppression
		Version int64 `json:"version" minimum:"1"`
	}
}

func (s *Server) changeSuppressionRule(ctx context.Context, in *changeSuppressionInput) (*output[alarms.SuppressionRule], error) {
	r := in.Body.rule()
	r.ID, r.Version = in.ID, in.Body.Version
	return reply(s.o.Alarms.ChangeRule(ctx, operator(ctx), r))
}

func (s *Server) removeSuppressionRule(ctx context.Context, in *ByID) (*nothing, error) {
	return &nothing{}, s.o.Alarms.DropRule(ctx, operator(ctx), in.ID)
}

func (s *Server) getPolicy(ctx context.Context, in *struct {
	Station string `query:"station" required:"true" minLength:"1" maxLength:"64"`
},
) (*output[alarms.AlarmPolicy], error) {
	return reply(s.o.Alarms.Policy(ctx, operator(ctx), in.Station))
}

type setShiftsInput struct {
	Body struct {
		Station string   `json:"station" minLength:"1" maxLength:"64"`
		Version int64    `json:"version" minimum:"0" doc:"shifts_version that was seen"`
		Shifts  []string `json:"shifts" minItems:"1" maxItems:"24"`
	}
}

func (s *Server) setShifts(ctx context.Context, in *setShiftsInput) (*output[alarms.AlarmPolicy], error) {
	return reply(s.o.Alarms.SetShifts(ctx, operator(ctx), in.Body.Station, in.Body.Version, in.Body.Shifts))
}

type setHandlingInput struct {
	Body struct {
		Station  string          `json:"station" minLength:"1" maxLength:"64"`
		Version  int64           `json:"version" minimum:"0" doc:"handling_version that was seen"`
		Handling alarms.Handling `json:"handling"`
	}
}

func (s *Server) setHandling(ctx context.Context, in *setHandlingInput) (*output[alarms.AlarmPolicy], error) {
	return reply(s.o.Alarms.SetHandling(ctx, operator(ctx), in.Body.Station, in.Body.Version, in.Body.Handling))
}
