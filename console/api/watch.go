package api

import (
	"context"
	"net/http"

	"guardroom/console/auth"
	"guardroom/console/notify"
	"guardroom/console/watch"
)

// watchDesk is what these routes and the live streams need of the console.
type watchDesk interface {
	Enter(session string, by auth.Operator) (leave func(gone bool))
	Move(from, to string, by auth.Operator)
	Alive(by auth.Operator, session, desk, chosen string, key bool) error
	Overview(ctx context.Context, by auth.Operator, station string) ([]watch.Roll, error)
	Settings(ctx context.Context, by auth.Operator, station string) (watch.Choices, error)
	SaveKeeping(ctx context.Context, by auth.Operator, station string, seen int64, k watch.Keeping) (watch.Choices, error)
	SaveEscalation(ctx context.Context, by auth.Operator, station string, seen int64, e watch.Upward) (watch.Choices, error)

	Grants(ctx context.Context, by auth.Operator, station string) ([]watch.GrantView, error)
	Grant(ctx context.Context, by auth.Operator, g watch.Grant) (watch.GrantView, error)
	Revoke(ctx context.Context, by auth.Operator, id, why string) (watch.GrantView, error)

	Sheet(ctx context.Context, by auth.Operator, station string) (watch.Sheet, error)
	Offer(ctx context.Context, by auth.Operator, station, notes string) (watch.Handover, error)
	Take(ctx context.Context, by auth.Operator, id, remarks string) (watch.Handover, error)
	Handovers(ctx context.Context, by auth.Operator, station, cursor string, limit int) ([]watch.Handover, string, error)
	Handover(ctx context.Context, by auth.Operator, id string) (watch.Handover, error)

	Packs(by auth.Operator, station string) ([]watch.PackState, error)
	WritePack(ctx context.Context, by auth.Operator, station string) (watch.PackState, error)
	PackPage(by auth.Operator, station string) ([]byte, error)
}

// notifyDesk is what the routes of contacts and deliveries need of the console.
type notifyDesk interface {
	Contacts(ctx context.Context, by auth.Operator, station string) ([]notify.Contact, error)
	SaveContact(ctx context.Context, by auth.Operator, c notify.Contact) (notify.Contact, error)
	RemoveContact(ctx context.Context, by auth.Operator, id string) error
	Import(ctx context.Context, by auth.Operator, station, table string, dry bool) (notify.ContactsRead, error)
	Test(ctx context.Context, by auth.Operator, contact string) error
	Turns(ctx context.Context, by auth.Operator, station string) ([]notify.DutyTurn, error)
	AddTurn(ctx context.Context, by auth.Operator, t notify.DutyTurn) (notify.DutyTurn, error)
	RemoveTurn(ctx context.Context, by auth.Operator, id string) error
	Deliveries(ctx context.Context, by auth.Operator, f notify.Filter) ([]notify.Delivery, string, error)
	Again(ctx context.Context, by auth.Operator, id string) (notify.Delivery, error)
}

func (s *Server) watchRoutes() {
	route(s, http.MethodGet, "/watch", "watch", "Who watches which station, and how the watch stands", 200, s.getWatch)
	route(s, http.MethodPost, "/watch/alive", "watch-alive", "A desk reports: its name, its station, a key", 204, s.watchAlive)
	route(s, http.MethodGet, "/watch/settings", "watch-settings", "How a station wants its watch kept, and where its alarms go", 200, s.watchSettings)
	route(s, http.MethodPatch, "/watch/keeping", "change-keeping", "Change how a station's watch is kept", 200, s.changeKeeping)
	route(s, http.MethodPatch, "/watch/escalation", "change-escalation", "Change where a station's unanswered alarms go", 200, s.changeEscalation)
	s.coverRoutes()
	s.handoverRoutes()
	s.fallbackRoutes()
	s.contactRoutes()
}

func (s *Server) getWatch(ctx context.Context, in *InStation) (*output[list[watch.Roll]], error) {
	all, err := s.o.Watch.Overview(ctx, operator(ctx), in.Station)
	items, next := cut(all, in.Paging, func(o watch.Roll) string { return o.Station })
	return page(items, next, err)
}

type aliveInput struct {
	Body struct {
		Desk    string `json:"desk,omitempty" maxLength:"240" doc:"The desk's name"`
		Station string `json:"station,omitempty" maxLength:"64" doc:"The station that the desk has chosen; empty: all"`
		Key     bool   `json:"key" doc:"A key or button was pressed"`
	}
}

func (s *Server) watchAlive(ctx context.Context, in *aliveInput) (*nothing, error) {
	p := who(ctx)
	if p.session == nil {
		return nil, &auth.InvalidError{Field: "session", Reason: "a machine keeps no watch"}
	}
	return nil, s.o.Watch.Alive(p.operator, p.session.ID, in.Body.Desk, in.Body.Station, in.Body.Key)
}

// OneStation names the one station that is asked for.
type OneStation struct {
	Station string `query:"station" required:"true" minLength:"1" maxLength:"64"`
}

func (s *Server) watchSettings(ctx context.Context, in *OneStation) (*output[watch.Choices], error) {
	return reply(s.o.Watch.Settings(ctx, operator(ctx), in.Station))
}

type keepingInput struct {
	Body struct {
		Station string        `json:"station" maxLength:"64"`
		Version int64         `json:"version" minimum:"0" doc:"keeping_version as it was seen; 0 when nothing was chosen"`
		Keeping watch.Keeping `json:"keeping"`
	}
}

func (s *Server) changeKeeping(ctx context.Context, in *keepingInput) (*output[watch.Choices], error) {
	return reply(s.o.Watch.SaveKeeping(ctx, operator(ctx), in.Body.Station, in.Body.Version, in.Body.Keeping))
}

type escalationInput struct {
	Body struct {
		Station    string       `json:"station" maxLength:"64"`
		Version    int64        `json:"version" minimum:"0" doc:"escalation_version as it was seen; 0 when nothing was chosen"`
		Escalation watch.Upward `json:"escalation"`
	}
}

func (s *Server) changeEscalation(ctx context.Context, in *escalationInput) (*output[watch.Choices], error) {
	return reply(s.o.Watch.SaveEscalation(ctx, operator(ctx), in.Body.Station, in.Body.Version, in.Body.Escalation))
}
