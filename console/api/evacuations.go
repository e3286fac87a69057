package api

import (
	"context"
	"net/http"
	"time"

	"guardroom/console/fire"
)

func (s *Server) evacuationRoutes() {
	route(s, http.MethodGet, "/fire/evacuations", "list-evacuations", "Warden boards, newest first", 200, s.listEvacuations)
	route(s, http.MethodPost, "/fire/evacuations", "start-evacuation", "Start the warden board of a building", 201, s.startEvacuation)
	route(s, http.MethodGet, "/fire/evacuations/{id}", "get-evacuation", "One warden board and its log", 200, s.getEvacuation)
	route(s, http.MethodPost, "/fire/evacuations/{id}/floors/{row}", "set-evacuation-floor", "Say how a floor stands", 200, s.setFloor)
	route(s, http.MethodPost, "/fire/evacuations/{id}/people", "add-evacuation-person", "Put somebody on the board", 200, s.addPerson)
	route(s, http.MethodPost, "/fire/evacuations/{id}/people/{row}", "set-evacuation-person", "Say how somebody on the board is", 200, s.setPerson)
	route(s, http.MethodPost, "/fire/evacuations/{id}/assembly", "add-evacuation-assembly", "Add an assembly point", 200, s.addAssembly)
	route(s, http.MethodPost, "/fire/evacuations/{id}/assembly/{row}", "set-evacuation-assembly", "Count who stands at an assembly point", 200, s.setAssembly)
	route(s, http.MethodPost, "/fire/evacuations/{id}/service", "set-evacuation-service", "Note a step with the fire service", 200, s.setService)
	route(s, http.MethodPost, "/fire/evacuations/{id}/log", "note-evacuation", "Add a line to the log", 200, s.noteEvacuation)
	route(s, http.MethodPost, "/fire/evacuations/{id}/close", "close-evacuation", "Close the board with a summary", 200, s.closeEvacuation)
}

func (s *Server) listEvacuations(ctx context.Context, in *listFireInput) (*output[list[fire.Evacuation]], error) {
	return page(s.o.Fire.Evacuations(ctx, operator(ctx), in.Station, in.query()))
}

type startEvacuationInput struct {
	Body struct {
		Station      string `json:"station" maxLength:"64"`
		Building     string `json:"building,omitempty" maxLength:"64" doc:"A building of the premises; else that of the alarm"`
		BuildingName string `json:"building_name,omitempty" maxLength:"800" doc:"Where the premises are not known"`
		Alarm        string `json:"alarm,omitempty" maxLength:"64"`
		Reason       string `json:"reason,omitempty" maxLength:"4000"`
		Drill        bool   `json:"drill,omitempty"`
	}
}

func (s *Server) startEvacuation(ctx context.Context, in *startEvacuationInput) (*output[fire.Evacuation], error) {
	b := in.Body
	return reply(s.o.Fire.StartEvacuation(ctx, operator(ctx), fire.NewEvacuation{
		Station: b.Station, Building: b.Building, BuildingName: b.BuildingName, Alarm: b.Alarm, Reason: b.Reason, Drill: b.Drill,
	}))
}

// EvacuationWithLog is a warden board and what happened on it, oldest line first.
type EvacuationWithLog struct {
	fire.Evacuation
	Log []fire.Line `json:"log"`
}

func (s *Server) getEvacuation(ctx context.Context, in *ByID) (*output[EvacuationWithLog], error) {
	e, log, err := s.o.Fire.Evacuation(ctx, operator(ctx), in.ID)
	if log == nil {
		log = []fire.Line{}
	}
	return reply(EvacuationWithLog{Evacuation: e, Log: log}, err)
}

// RowOf is a row of a warden board in a path.
type RowOf struct {
	ByID
	Row string `path:"row" maxLength:"64"`
}

type floorInput struct {
	RowOf
	Body struct {
		Version int             `json:"version" minimum:"1" doc:"The row's version that was seen"`
		State   fire.FloorState `json:"state" enum:"open,swept,not_swept,not_reached"`
		Warden  string          `json:"warden,omitempty" maxLength:"800"`
		Remark  string          `json:"remark,omitempty" maxLength:"4000"`
	}
}

func (s *Server) setFloor(ctx context.Context, in *floorInput) (*output[fire.Evacuation], error) {
	b := in.Body
	return reply(s.o.Fire.SetFloor(ctx, operator(ctx), in.ID, in.Row, fire.FloorChange{Version: b.Version, State: b.State, Warden: b.Warden, Remark: b.Remark}))
}

// PersonBody is what may be said of somebody on the board.
type PersonBody struct {
	Kind   fire.PersonKind `json:"kind" enum:"missing,help"`
	Name   string          `json:"name" maxLength:"800"`
	Where  string          `json:"where,omitempty" maxLength:"4000" doc:"Last seen, or waiting"`
	Remark string          `json:"remark,omitempty" maxLength:"4000"`
}

type addPersonInput struct {
	ByID
	Body PersonBody
}

func (s *Server) addPerson(ctx context.Context, in *addPersonInput) (*output[fire.Evacuation], error) {
	b := in.Body
	return reply(s.o.Fire.AddPerson(ctx, operator(ctx), in.ID, fire.PersonChange{Kind: b.Kind, Name: b.Name, Where: b.Where, Remark: b.Remark}))
}

type setPersonInput struct {
	RowOf
	Body struct {
		Version int  `json:"version" minimum:"1" doc:"The row's version that was seen"`
		Safe    bool `json:"safe,omitempty" doc:"Found, or brought out"`
		PersonBody
	}
}

func (s *Server) setPerson(ctx context.Context, in *setPersonInput) (*output[fire.Evacuation], error) {
	b := in.Body
	return reply(s.o.Fire.SetPerson(ctx, operator(ctx), in.ID, in.Row,
		fire.PersonChange{Version: b.Version, Kind: b.Kind, Name: b.Name, Where: b.Where, Remark: b.Remark, Safe: b.Safe}))
}

type addAssemblyInput struct {
	ByID
	Body struct {
		Name string `json:"name" maxLength:"800"`
	}
}

func (s *Server) addAssembly(ctx context.Context, in *addAssemblyInput) (*output[fire.Evacuation], error) {
	return reply(s.o.Fire.AddAssembly(ctx, operator(ctx), in.ID, in.Body.Name))
}

type setAssemblyInput struct {
	RowOf
	Body struct {
		Version int    `json:"version" minimum:"1" doc:"The row's version that was seen"`
		Count   *int   `json:"count,omitempty" minimum:"0" maximum:"100000" doc:"Left out: the count is taken back"`
		Warden  string `json:"warden,omitempty" maxLength:"800"`
	}
}

func (s *Server) setAssembly(ctx context.Context, in *setAssemblyInput) (*output[fire.Evacuation], error) {
	b := in.Body
	return reply(s.o.Fire.SetAssembly(ctx, operator(ctx), in.ID, in.Row, fire.AssemblyChange{Version: b.Version, Count: b.Count, Warden: b.Warden}))
}

type serviceInput struct {
	ByID
	Body struct {
		Version int              `json:"version" minimum:"1" doc:"The version of service that was seen"`
		Step    fire.ServiceStep `json:"step" enum:"called,arrived,handed_over"`
		At      *time.Time       `json:"at,omitempty" doc:"Left out: now"`
		Note    string           `json:"note,omitempty" maxLength:"4000"`
		Undo    bool             `json:"undo,omitempty" doc:"Take the step back"`
	}
}

func (s *Server) setService(ctx context.Context, in *serviceInput) (*output[fire.Evacuation], error) {
	b := in.Body
	c := fire.ServiceChange{Version: b.Version, Step: b.Step, Note: b.Note, Undo: b.Undo}
	if b.At != nil {
		c.At = *b.At
	}
	return reply(s.o.Fire.SetService(ctx, operator(ctx), in.ID, c))
}

type noteInput struct {
	ByID
	Body struct {
		Text string `json:"text" maxLength:"16000"`
	}
}

func (s *Server) noteEvacuation(ctx context.Context, in *noteInput) (*output[fire.Evacuation], error) {
	return reply(s.o.Fire.Note(ctx, operator(ctx), in.ID, in.Body.Text))
}

type closeEvacuationInput struct {
	ByID
	Body struct {
		Version int64  `json:"version" minimum:"1" doc:"The board's version that was seen"`
		Summary string `json:"summary" maxLength:"16000"`
	}
}

func (s *Server) closeEvacuation(ctx context.Context, in *closeEvacuationInput) (*output[fire.Evacuation], error) {
	return reply(s.o.Fire.CloseEvacuation(ctx, operator(ctx), in.ID, in.Body.Version, in.Body.Summary))
}
