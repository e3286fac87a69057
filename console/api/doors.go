package api

import (
	"context"
	"net/http"

	"guardroom/console/auth"
	"guardroom/console/commands"
	"guardroom/console/doors"
	"guardroom/console/people"
	"guardroom/devices"
)

// doorDesk is what the routes of doors, lockdowns, postures, confirmations and
// calls need of the console.
type doorDesk interface {
	Doors(ctx context.Context, by auth.Operator, station string) ([]doors.Door, error)
	Door(ctx context.Context, by auth.Operator, id devices.PointID) (doors.Door, error)
	Passages(ctx context.Context, by auth.Operator, id devices.PointID, n int) ([]doors.Passage, error)
	Configure(ctx context.Context, by auth.Operator, id devices.PointID, seen int64, c doors.Change) (doors.Door, error)
	Sign(ctx context.Context, by auth.Operator, id devices.PointID, seen int64, why string) (doors.Door, error)
	Revoke(ctx context.Context, by auth.Operator, id devices.PointID, seen int64, why string) (doors.Door, error)
	Command(ctx context.Context, by auth.Operator, id devices.PointID, verb devices.Verb, minutes int, reason, key string) (*commands.Command, *doors.Approval, error)
	Policy(ctx context.Context, by auth.Operator, station string) (doors.DoorPolicy, int64, error)
	SavePolicy(ctx context.Context, by auth.Operator, station string, seen int64, p doors.DoorPolicy) (int64, error)

	lockdownDesk
	postureDesk
	callDesk
}

func (s *Server) doorRoutes() {
	route(s, http.MethodGet, "/doors", "list-doors", "Doors by id", 200, s.listDoors)
	route(s, http.MethodGet, "/doors/{gateway}/{local}", "get-door", "One door", 200, s.getDoor)
	route(s, http.MethodPatch, "/doors/{gateway}/{local}", "change-door", "Say what a door is", 200, s.changeDoor)
	route(s, http.MethodPost, "/doors/{gateway}/{local}/sign", "sign-door", "Sign that a door is no escape door", 200, s.signDoor)
	route(s, http.MethodPost, "/doors/{gateway}/{local}/revoke", "revoke-door", "Take the signature back: it is an escape door again", 200, s.revokeDoor)
	route(s, http.MethodGet, "/doors/{gateway}/{local}/passages", "list-passages", "The last cards and buttons at a door, newest first", 200, s.listPassages)
	route(s, http.MethodPost, "/doors/{gateway}/{local}/commands", "command-door", "Ask a door for something, with a second officer where one is needed", 202, s.commandDoor)
	route(s, http.MethodGet, "/door-policy/{station}", "get-door-policy", "A station's rules for its doors", 200, s.getDoorPolicy)
	route(s, http.MethodPut, "/door-policy/{station}", "save-door-policy", "Change a station's rules for its doors", 200, s.saveDoorPolicy)
	s.lockdownRoutes()
	s.postureRoutes()
	s.callRoutes()
}

func (s *Server) listDoors(ctx context.Context, in *InStation) (*output[list[doors.Door]], error) {
	all, err := s.o.Doors.Doors(ctx, operator(ctx), in.Station)
	if err != nil {
		return nil, err
	}
	items, next := cut(all, in.Paging, func(d doors.Door) string { return string(d.ID) })
	return page(items, next, nil)
}

// DoorPath names a door in the address, by the parts of its point's id.
type DoorPath struct {
	Gateway string `path:"gateway" maxLength:"64"`
	Local   string `path:"local" maxLength:"200" doc:"<device>.<point>"`
}

func (p DoorPath) point() devices.PointID { return devices.PointID(p.Gateway + "/" + p.Local) }

func (s *Server) getDoor(ctx context.Context, in *DoorPath) (*output[doors.Door], error) {
	return reply(s.o.Doors.Door(ctx, operator(ctx), in.point()))
}

type changeDoorInput struct {
	DoorPath
	Body struct {
		Version   int64            `json:"version" doc:"As it was seen; 0 when nothing was set"`
		Class     *doors.Class     `json:"class,omitempty" enum:"inside,entrance,dock"`
		Cameras   *[]string        `json:"cameras,omitempty" maxItems:"8"`
		TwoPerson *bool            `json:"two_person,omitempty"`
		Opens     *devices.PointID `json:"opens,omitempty" maxLength:"200"`
	}
}

func (s *Server) changeDoor(ctx context.Context, in *changeDoorInput) (*output[doors.Door], error) {
	return reply(s.o.Doors.Configure(ctx, operator(ctx), in.point(), in.Body.Version, doors.Change{
		Class: in.Body.Class, Cameras: in.Body.Cameras, TwoPerson: in.Body.TwoPerson, Opens: in.Body.Opens,
	}))
}

type signDoorInput struct {
	DoorPath
	Body struct {
		Version int64  `json:"version"`
		Why     string `json:"why" maxLength:"2000"`
	}
}

func (s *Server) signDoor(ctx context.Context, in *signDoorInput) (*output[doors.Door], error) {
	return reply(s.o.Doors.Sign(ctx, operator(ctx), in.point(), in.Body.Version, in.Body.Why))
}

func (s *Server) revokeDoor(ctx context.Context, in *signDoorInput) (*output[doors.Door], error) {
	return reply(s.o.Doors.Revoke(ctx, operator(ctx), in.point(), in.Body.Version, in.Body.Why))
}

type listPassagesInput struct {
	DoorPath
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

// DoorPassage is a passage with whoever's card it was.
type DoorPassage struct {
	doors.Passage
	Person *people.Person `json:"person"` // null: nobody's, or not to be seen by who asks
}

func (s *Server) listPassages(ctx context.Context, in *listPassagesInput) (*output[list[DoorPassage]], error) {
	by := operator(ctx)
	all, err := s.o.Doors.Passages(ctx, by, in.point(), in.Limit)
	if err != nil {
		return nil, err
	}
	door, err := s.o.Doors.Door(ctx, by, in.point())
	if err != nil {
		return nil, err
	}
	hashes := []string{}
	for _, p := range all {
		if p.CardHash != "" {
			hashes = append(hashes, p.CardHash)
		}
	}
	holders, err := s.o.People.ByCards(ctx, by, door.Station, hashes)
	if err != nil {
		return nil, err
	}
	items := make([]DoorPassage, len(all))
	for i, p := range all {
		items[i].Passage = p
		if holder, ok := holders[p.CardHash]; ok && p.CardHash != "" {
			items[i].Person = &holder
		}
	}
	return page(items, "", nil)
}

type commandDoorInput struct {
	DoorPath
	Key  string `header:"Idempotency-Key" required:"true" maxLength:"100" doc:"New for each press; the same key again gives the same command"`
	Body struct {
		Verb    devices.Verb `json:"verb" maxLength:"64"`
		Minutes int          `json:"minutes,omitempty" minimum:"0" maximum:"30" doc:"Of access: how long the door stays unlocked"`
		Reason  string       `json:"reason,omitempty" maxLength:"2000"`
	}
}

// Ordered is the command, or what waits for a second officer instead.
type Ordered struct {
	Command  *commands.Command `json:"command"`
	Approval *doors.Approval   `json:"approval"`
}

func (s *Server) commandDoor(ctx context.Context, in *commandDoorInput) (*output[Ordered], error) {
	c, a, err := s.o.Doors.Command(ctx, operator(ctx), in.point(), in.Body.Verb, in.Body.Minutes, in.Body.Reason, in.Key)
	return reply(Ordered{Command: c, Approval: a}, err)
}

// DoorPolicyNow is the rules of a station with their version.
type DoorPolicyNow struct {
	doors.DoorPolicy
	Version int64 `json:"version"` // 0: the station has chosen nothing
}

func (s *Server) getDoorPolicy(ctx context.Context, in *OfStation) (*output[DoorPolicyNow], error) {
	p, version, err := s.o.Doors.Policy(ctx, operator(ctx), in.Station)
	return reply(DoorPolicyNow{p, version}, err)
}

type saveDoorPolicyInput struct {
	OfStation
	Body DoorPolicyNow
}

func (s *Server) saveDoorPolicy(ctx context.Context, in *saveDoorPolicyInput) (*output[DoorPolicyNow], error) {
	version, err := s.o.Doors.SavePolicy(ctx, operator(ctx), in.Station, in.Body.Version, in.Body.DoorPolicy)
	return reply(DoorPolicyNow{in.Body.DoorPolicy, version}, err)
}
