package api

import (
	"context"
	"net/http"

	"guardroom/console/fire"
	"guardroom/devices"
)

func (s *Server) fireRoutes() {
	route(s, http.MethodGet, "/fire/zones", "list-fire-zones", "Fire zones and how they stand, the gravest first", 200, s.listZones)
	route(s, http.MethodPost, "/fire/zones", "add-fire-zone", "Add a fire zone", 201, s.addZone)
	route(s, http.MethodPatch, "/fire/zones/{id}", "change-fire-zone", "Write a fire zone anew", 200, s.changeZone)
	route(s, http.MethodDelete, "/fire/zones/{id}", "remove-fire-zone", "Remove a fire zone", 204, s.removeZone)
	route(s, http.MethodGet, "/fire/panels", "list-fire-panels", "Fire panels, and whether they can be heard", 200, s.listPanels)
	route(s, http.MethodGet, "/fire/settings", "get-fire-settings", "A station's times, assembly points and contacts", 200, s.getFireSettings)
	route(s, http.MethodPut, "/fire/settings", "save-fire-settings", "Save a station's times, assembly points and contacts", 200, s.saveFireSettings)
	route(s, http.MethodGet, "/fire/investigations", "list-investigations", "Investigations of pre-alarms, newest first", 200, s.listInvestigations)
	route(s, http.MethodGet, "/fire/investigations/{id}", "get-investigation", "One investigation", 200, s.getInvestigation)
	route(s, http.MethodPost, "/fire/investigations/{id}/assign", "assign-investigation", "Say who looks into a pre-alarm", 200, s.assignInvestigation)
	route(s, http.MethodPost, "/fire/investigations/{id}/extend", "extend-investigation", "Give an investigation its time once more", 200, s.extendInvestigation)
	route(s, http.MethodPost, "/fire/investigations/{id}/decide", "decide-investigation", "Say whether a pre-alarm is a fire", 200, s.decideInvestigation)
	route(s, http.MethodGet, "/fire/sheet/{id}", "fire-sheet", "What the fire service gets about an alarm", 200, s.fireSheet)
	s.evacuationRoutes()
}

func (s *Server) listZones(ctx context.Context, in *InStation) (*output[list[fire.Standing]], error) {
	all, err := s.o.Fire.Zones(ctx, operator(ctx), in.Station)
	return page(all, "", err) // a station has hundreds of zones at most, and the gravest must not stand on a later page
}

// ZoneBody is what may be said of a fire zone.
type ZoneBody struct {
	Number             int               `json:"number" minimum:"1" maximum:"100000" doc:"As the panel shows it"`
	Name               string            `json:"name" maxLength:"800"`
	Place              string            `json:"place,omitempty" maxLength:"64" doc:"The area or level that it covers"`
	Points             []devices.PointID `json:"points,omitempty" maxItems:"2000"`
	InvestigateSeconds int               `json:"investigate_seconds,omitempty" minimum:"0" maximum:"600" doc:"0 as the station has it"`
}

func (b ZoneBody) zone() fire.Zone {
	z := fire.Zone{Number: b.Number, Name: b.Name, Place: b.Place, Points: b.Points, InvestigateSeconds: b.InvestigateSeconds}
	if z.Points == nil {
		z.Points = []devices.PointID{}
	}
	return z
}

type addZoneInput struct {
	Body struct {
		Station string `json:"station" maxLength:"64"`
		Panel   string `json:"panel" maxLength:"130" doc:"<gateway>/<device>"`
		ZoneBody
	}
}

func (s *Server) addZone(ctx context.Context, in *addZoneInput) (*output[fire.Zone], error) {
	z := in.Body.zone()
	z.Station, z.Panel = in.Body.Station, in.Body.Panel
	return reply(s.o.Fire.AddZone(ctx, operator(ctx), z))
}

type changeZoneInput struct {
	ByID
	Body struct {
		Version int64 `json:"version" minimum:"1" doc:"The version that was seen"`
		ZoneBody
	}
}

func (s *Server) changeZone(ctx context.Context, in *changeZoneInput) (*output[fire.Zone], error) {
	z := in.Body.zone()
	z.ID = in.ID
	return reply(s.o.Fire.ChangeZone(ctx, operator(ctx), z, in.Body.Version))
}

type removeZoneInput struct {
	ByID
	Version int64 `query:"version" minimum:"1" required:"true" doc:"The version that was seen"`
}

func (s *Server) removeZone(ctx context.Context, in *removeZoneInput) (*nothing, error) {
	return nil, s.o.Fire.RemoveZone(ctx, operator(ctx), in.ID, in.Version)
}

func (s *Server) listPanels(ctx context.Context, in *InStation) (*output[list[fire.Panel]], error) {
	all, err := s.o.Fire.Panels(operator(ctx), in.Station)
	items, next := cut(all, in.Paging, func(p fire.Panel) string { return p.ID })
	return page(items, next, err)
}

// FireSettings are a station's own choices about fire.
type FireSettings struct {
	Station string `json:"station"`
	Version int64  `json:"version" doc:"0 while the station has chosen nothing"`
	fire.Settings
}

type oneStationInput struct {
	Station string `query:"station" required:"true" maxLength:"64"`
}

func (s *Server) getFireSettings(ctx context.Context, in *oneStationInput) (*output[FireSettings], error) {
	chosen, version, err := s.o.Fire.Settings(ctx, operator(ctx), in.Station)
	return reply(FireSettings{Station: in.Station, Version: version, Settings: chosen}, err)
}

type saveFireSettingsInput struct{ Body FireSettings }

func (s *Server) saveFireSettings(ctx context.Context, in *saveFireSettingsInput) (*output[FireSettings], error) {
	version, err := s.o.Fire.SaveSettings(ctx, operator(ctx), in.Body.Station, in.Body.Version, in.Body.Settings)
	in.Body.Version = version
	return reply(in.Body, err)
}

type listFireInput struct {
	InStation
	Alarm string `query:"alarm" maxLength:"64" doc:"Only those of this alarm"`
	Open  string `query:"open" enum:"true,false," doc:"Only those that run, or that are over"`
}

func (in *listFireInput) query() fire.Query {
	return fire.Query{Alarm: in.Alarm, Open: either(in.Open), Limit: in.Limit, Cursor: in.Cursor}
}

// either reads a choice of true, false and both.
func either(text string) *bool {
	if text == "" {
		return nil
	}
	yes := text == "true"
	return &yes
}

func (s *Server) listInvestigations(ctx context.Context, in *listFireInput) (*output[list[fire.Investigation]], error) {
	return page(s.o.Fire.Investigations(ctx, operator(ctx), in.Station, in.query()))
}

func (s *Server) getInvestigation(ctx context.Context, in *ByID) (*output[fire.Investigation], error) {
	return reply(s.o.Fire.Investigation(ctx, operator(ctx), in.ID))
}

type assignInput struct {
	ByID
	Body struct {
		Version int64  `json:"version" minimum:"1" doc:"The version that was seen"`
		Name    string `json:"name" maxLength:"800" doc:"Who looks"`
	}
}

func (s *Server) assignInvestigation(ctx context.Context, in *assignInput) (*output[fire.Investigation], error) {
	return reply(s.o.Fire.Assign(ctx, operator(ctx), in.ID, in.Body.Version, in.Body.Name))
}

type extendInput struct {
	ByID
	Body struct {
		Version int64  `json:"version" minimum:"1" doc:"The version that was seen"`
		Reason  string `json:"reason" maxLength:"4000"`
	}
}

func (s *Server) extendInvestigation(ctx context.Context, in *extendInput) (*output[fire.Investigation], error) {
	return reply(s.o.Fire.Extend(ctx, operator(ctx), in.ID, in.Body.Version, in.Body.Reason))
}

type decideInput struct {
	ByID
	Body struct {
		Version int64        `json:"version" minimum:"1" doc:"The version that was seen"`
		Outcome fire.Outcome `json:"outcome" enum:"real,false"`
		Reason  string       `json:"reason,omitempty" maxLength:"4000" doc:"Needed when it is no fire"`
	}
}

func (s *Server) decideInvestigation(ctx context.Context, in *decideInput) (*output[fire.Investigation], error) {
	return reply(s.o.Fire.Decide(ctx, operator(ctx), in.ID, in.Body.Version, in.Body.Outcome, in.Body.Reason))
}

func (s *Server) fireSheet(ctx context.Context, in *ByID) (*output[fire.Sheet], error) {
	return reply(s.o.Fire.Sheet(ctx, operator(ctx), in.ID))
}
