package api

import (
	"context"
	"net/http"
	"time"

	"guardroom/console/notify"
)

func (s *Server) contactRoutes() {
	route(s, http.MethodGet, "/contacts", "list-contacts", "Whom a station may have to reach", 200, s.listContacts)
	route(s, http.MethodPost, "/contacts", "add-contact", "Add a contact", 201, s.addContact)
	route(s, http.MethodPatch, "/contacts/{id}", "change-contact", "Change a contact", 200, s.changeContact)
	route(s, http.MethodDelete, "/contacts/{id}", "remove-contact", "Remove a contact", 204, s.removeContact)
	route(s, http.MethodPost, "/contacts/{id}/test", "test-contact", "Send word to a contact, to see that it arrives", 202, s.testContact)
	route(s, http.MethodPost, "/contacts/import", "import-contacts", "Replace a station's contacts by a table, or say what is wrong with it", 200, s.importContacts)
	route(s, http.MethodGet, "/duty-chiefs", "list-duty-chiefs", "Who is duty chief from when to when", 200, s.listTurns)
	route(s, http.MethodPost, "/duty-chiefs", "add-duty-chief", "Write somebody into the list of duty chiefs", 201, s.addTurn)
	route(s, http.MethodDelete, "/duty-chiefs/{id}", "remove-duty-chief", "Strike a turn out", 204, s.removeTurn)
	route(s, http.MethodGet, "/deliveries", "list-deliveries", "Word on its way and its outcome, newest first", 200, s.listDeliveries)
	route(s, http.MethodPost, "/deliveries/{id}/again", "deliver-again", "Try a failed delivery once more", 200, s.deliverAgain)
}

func (s *Server) listContacts(ctx context.Context, in *OneStation) (*output[list[notify.Contact]], error) {
	items, err := s.o.Notify.Contacts(ctx, operator(ctx), in.Station)
	return page(items, "", err)
}

// ContactFields are what a person writes of a contact.
type ContactFields struct {
	Name     string      `json:"name" maxLength:"800"`
	Function string      `json:"function,omitempty" maxLength:"800"`
	Post     string      `json:"post,omitempty" maxLength:"800"`
	Phone    string      `json:"phone,omitempty" maxLength:"800"`
	Radio    string      `json:"radio,omitempty" maxLength:"800"`
	Email    string      `json:"email,omitempty" maxLength:"800"`
	Webhook  string      `json:"webhook,omitempty" maxLength:"800"`
	Role     notify.Role `json:"role,omitempty" maxLength:"20" doc:"delivery, supervisor, duty_chief or nothing"`
	User     string      `json:"user,omitempty" maxLength:"64"`
	Position int         `json:"position,omitempty"`
}

func (f ContactFields) contact() notify.Contact {
	return notify.Contact{Name: f.Name, Function: f.Function, Post: f.Post, Phone: f.Phone, Radio: f.Radio, Email: f.Email, Webhook: f.Webhook,
		Role: f.Role, User: f.User, Position: f.Position}
}

type addContactInput struct {
	Body struct {
		Station string `json:"station" maxLength:"64"`
		ContactFields
	}
}

func (s *Server) addContact(ctx context.Context, in *addContactInput) (*output[notify.Contact], error) {
	c := in.Body.contact()
	c.Station = in.Body.Station
	return reply(s.o.Notify.SaveContact(ctx, operator(ctx), c))
}

type changeContactInput struct {
	ByID
	Body struct {
		Version int64 `json:"version" minimum:"1"`
		ContactFields
	}
}

func (s *Server) changeContact(ctx context.Context, in *changeContactInput) (*output[notify.Contact], error) {
	c := in.Body.contact()
	c.ID, c.Version = in.ID, in.Body.Version
	return reply(s.o.Notify.SaveContact(ctx, operator(ctx), c))
}

func (s *Server) removeContact(ctx context.Context, in *ByID) (*nothing, error) {
	return nil, s.o.Notify.RemoveContact(ctx, operator(ctx), in.ID)
}

func (s *Server) testContact(ctx context.Context, in *ByID) (*nothing, error) {
	return nil, s.o.Notify.Test(ctx, operator(ctx), in.ID)
}

type importContactsInput struct {
	Body struct {
		Station string `json:"station" maxLength:"64"`
		Table   string `json:"table" maxLength:"900000" doc:"CSV with a head: name, function, post, phone, radio, email, webhook, role"`
		Dry     bool   `json:"dry,omitempty" doc:"Only say what is wrong"`
	}
}

func (s *Server) importContacts(ctx context.Context, in *importContactsInput) (*output[notify.ContactsRead], error) {
	done, err := s.o.Notify.Import(ctx, operator(ctx), in.Body.Station, in.Body.Table, in.Body.Dry)
	if done.Faults == nil {
		done.Faults = []notify.RowFault{}
	}
	return reply(done, err)
}

func (s *Server) listTurns(ctx context.Context, in *OneStation) (*output[list[notify.DutyTurn]], error) {
	items, err := s.o.Notify.Turns(ctx, operator(ctx), in.Station)
	return page(items, "", err)
}

type addTurnInput struct {
	Body struct {
		Station string    `json:"station" maxLength:"64"`
		Contact string    `json:"contact" maxLength:"64"`
		From    time.Time `json:"from"`
		Until   time.Time `json:"until"`
	}
}

func (s *Server) addTurn(ctx context.Context, in *addTurnInput) (*output[notify.DutyTurn], error) {
	return reply(s.o.Notify.AddTurn(ctx, operator(ctx), notify.DutyTurn{Station: in.Body.Station, Contact: in.Body.Contact, From: in.Body.From, Until: in.Body.Until}))
}

func (s *Server) removeTurn(ctx context.Context, in *ByID) (*nothing, error) {
	return nil, s.o.Notify.RemoveTurn(ctx, operator(ctx), in.ID)
}

type listDeliveriesInput struct {
	InStation
	State notify.State `query:"state" enum:"waiting,sent,failed"`
	About string       `query:"about" maxLength:"200"`
}

func (s *Server) listDeliveries(ctx context.Context, in *listDeliveriesInput) (*output[list[notify.Delivery]], error) {
	return page(s.o.Notify.Deliveries(ctx, operator(ctx), notify.Filter{Station: in.Station, State: in.State, About: in.About, Limit: in.Limit, Cursor: in.Cursor}))
}

func (s *Server) deliverAgain(ctx context.Context, in *ByID) (*output[notify.Delivery], error) {
	return reply(s.o.Notify.Again(ctx, operator(ctx), in.ID))
}
