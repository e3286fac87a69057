package api

import (
	"context"
	"net/http"
	"reflect"

	"guardroom/console/rosters"
	domain "guardroom/rosters"
)

func (s *Server) rosterRoutes() {
	route(s, http.MethodGet, "/rosters/{station}", "get-rosters", "All registers that a station's rosters stand on", 200, s.getRosters)
	route(s, http.MethodPost, "/rosters/{station}/officers", "save-officers", "Add or change officers, all of them or none", 200, saving[rosters.Officer](s, rosters.Officers, func(o *rosters.Officer) string { return o.ID }))
	route(s, http.MethodPost, "/rosters/{station}/posts", "save-posts", "Add or change posts, all of them or none", 200, saving[domain.Post](s, rosters.Posts, func(p *domain.Post) string { return p.ID }))
	route(s, http.MethodPost, "/rosters/{station}/shift-types", "save-shift-types", "Add or change shift types, all of them or none", 200, saving[domain.ShiftType](s, rosters.Shifts, func(t *domain.ShiftType) string { return t.Code }))
	route(s, http.MethodPost, "/rosters/{station}/rules", "save-rules", "Add or change rules, all of them or none", 200, saving[domain.Rule](s, rosters.Rules, func(r *domain.Rule) string { return r.ID }))
	route(s, http.MethodPost, "/rosters/{station}/holidays", "save-holidays", "Add or change public holidays, all of them or none", 200, saving[domain.Holiday](s, rosters.Holidays, func(h *domain.Holiday) string { return h.Date.String() }))
	route(s, http.MethodPut, "/rosters/{station}/calendar", "save-roster-calendar", "How the station reckons weeks, nights and lateness", 200, s.saveRosterCalendar)
	route(s, http.MethodPost, "/rosters/{station}/pack", "adopt-pack", "Take the rules of a pack", 200, s.adoptPack)
	route(s, http.MethodDelete, "/rosters/{station}/register/{kind}/{item}", "remove-from-register", "Remove what no roster names", 200, s.removeFromRegister)
	route(s, http.MethodGet, "/roster-rules", "list-roster-rules", "The kinds of rules, and the packs", 200, s.listRosterRules)
	s.draftRoutes()
	s.planningRoutes()
	s.absenceRoutes()
	s.swapRoutes()
	s.templateRoutes()
	s.detailRoutes()
}

// ByStation is the station of a path.
type ByStation struct {
	Station string `path:"station" maxLength:"64"`
}

func (s *Server) getRosters(ctx context.Context, in *ByStation) (*output[rosters.Register], error) {
	return full(s.o.Rosters.Register(ctx, operator(ctx), in.Station))
}

type savingInput[T any] struct {
	ByStation
	Body struct {
		Items []rosters.Kept[T] `json:"items" maxItems:"5000" doc:"Each with the version that was seen; 0 for what is new"`
	}
}

// saving is the route that saves things of one kind.
func saving[T any](s *Server, kind rosters.Kind, id func(*T) string) func(context.Context, *savingInput[T]) (*output[rosters.Register], error) {
	return func(ctx context.Context, in *savingInput[T]) (*output[rosters.Register], error) {
		changes := make([]rosters.RecordChange, len(in.Body.Items))
		for i := range in.Body.Items {
			one := &in.Body.Items[i]
			changes[i] = rosters.RecordChange{Kind: kind, ID: id(&one.Item), Version: one.Version, Item: one.Item}
		}
		return full(s.o.Rosters.Change(ctx, operator(ctx), in.Station, changes...))
	}
}

type calendarInput struct {
	ByStation
	Body rosters.Kept[rosters.Calendar]
}

func (s *Server) saveRosterCalendar(ctx context.Context, in *calendarInput) (*output[rosters.Register], error) {
	return full(s.o.Rosters.Change(ctx, operator(ctx), in.Station, rosters.RecordChange{Kind: rosters.Calendars, ID: "calendar", Version: in.Body.Version, Item: in.Body.Item}))
}

type packInput struct {
	ByStation
	Body struct {
		Pack string `json:"pack" maxLength:"64" example:"un-8h"`
	}
}

func (s *Server) adoptPack(ctx context.Context, in *packInput) (*output[rosters.Register], error) {
	return full(s.o.Rosters.Adopt(ctx, operator(ctx), in.Station, in.Body.Pack))
}

type registerItemInput struct {
	ByStation
	Kind    rosters.Kind `path:"kind" enum:"officer,post,shift,rule,holiday"`
	Item    string       `path:"item" maxLength:"200"`
	Version int64        `query:"version"`
}

func (s *Server) removeFromRegister(ctx context.Context, in *registerItemInput) (*output[rosters.Register], error) {
	return full(s.o.Rosters.Change(ctx, operator(ctx), in.Station, rosters.RecordChange{Kind: in.Kind, ID: in.Item, Version: in.Version}))
}

// RosterRules is what rules there are to choose from.
type RosterRules struct {
	Kinds []domain.KindInfo `json:"kinds"`
	Packs []domain.Pack     `json:"packs"`
}

func (s *Server) listRosterRules(context.Context, *struct{}) (*output[RosterRules], error) {
	return full(RosterRules{Kinds: domain.Catalogue(), Packs: domain.Packs()}, nil)
}

// full is reply with an empty list wherever the answer has none: the document says
// that lists are lists.
func full[T any](body T, err error) (*output[T], error) {
	if err != nil {
		return nil, err
	}
	return &output[T]{Body: fill(reflect.ValueOf(body)).Interface().(T)}, nil
}

// fill copies v with nil slices and maps made empty. What it is given stays as it is.
func fill(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Slice:
		if v.IsNil() {
			return reflect.MakeSlice(v.Type(), 0, 0)
		}
		if !holdsLists(v.Type().Elem()) {
			return v
		}
		list := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			list.Index(i).Set(fill(v.Index(i)))
		}
		return list
	case reflect.Map:
		if v.IsNil() {
			return reflect.MakeMap(v.Type())
		}
		return v
	case reflect.Pointer:
		if v.IsNil() || v.Elem().Kind() != reflect.Struct {
			return v
		}
		copied := reflect.New(v.Elem().Type())
		copied.Elem().Set(fill(v.Elem()))
		return copied
	case reflect.Struct:
		if !holdsLists(v.Type()) {
			return v
		}
		copied := reflect.New(v.Type()).Elem()
		copied.Set(v)
		for i := range v.NumField() {
			if f := copied.Field(i); f.CanSet() {
				f.Set(fill(v.Field(i)))
			}
		}
		return copied
	}
	return v
}

// holdsLists reports whether a value of t may hold a slice or a map.
func holdsLists(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Slice, reflect.Map, reflect.Pointer:
		return true
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && holdsLists(f.Type) {
				return true
			}
		}
	}
	return false
}
