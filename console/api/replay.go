package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"guardroom/console/auth"
	"guardroom/console/replay"
	"guardroom/devices"
)

// replayDesk is what these routes need of the console.
type replayDesk interface {
	At(ctx context.Context, by auth.Operator, station string, at time.Time) (replay.Still, error)
	Between(ctx context.Context, by auth.Operator, w replay.Window) (replay.Film, error)
	Density(ctx context.Context, by auth.Operator, station string, from, to time.Time, step time.Duration) (replay.Range, error)

	Point(ctx context.Context, by auth.Operator, s replay.Search) (replay.Page, error)
	Person(ctx context.Context, by auth.Operator, s replay.Search) (replay.Page, error)
	Text(ctx context.Context, by auth.Operator, s replay.Search) (replay.Page, error)
	CSV(ctx context.Context, by auth.Operator, view string, s replay.Search, to io.Writer) error

	Retention(ctx context.Context, by auth.Operator) (replay.Retention, error)
	Retain(ctx context.Context, by auth.Operator, r replay.Retention) (replay.Retention, error)
	Holds(ctx context.Context, by auth.Operator, station string) ([]replay.Hold, error)
	Hold(ctx context.Context, by auth.Operator, h replay.Hold) (replay.Hold, error)
	Release(ctx context.Context, by auth.Operator, id, why string) (replay.Hold, error)
}

func (s *Server) replayRoutes() {
	route(s, http.MethodGet, "/replay", "replay-at", "A station as it was at an instant", 200, s.replayAt)
	route(s, http.MethodGet, "/replay/range", "replay-range", "Since when a station's past is known, and how much came when", 200, s.replayRange)
	route(s, http.MethodGet, "/replay/events", "replay-events", "What happened between two instants, oldest first", 200, s.replayEvents)
	route(s, http.MethodGet, "/search", "search-text", "Signals and acts in words, newest first", 200, s.searchText)
	route(s, http.MethodGet, "/search/point", "search-point", "What a point said, newest first", 200, s.searchPoint)
	route(s, http.MethodGet, "/search/person", "search-person", "What a person did and where a card was shown, oldest first", 200, s.searchPerson)
	route(s, http.MethodGet, "/retention", "get-retention", "How long what is kept", 200, s.getRetention)
	route(s, http.MethodPut, "/retention", "put-retention", "Change how long what is kept", 200, s.putRetention)
	route(s, http.MethodGet, "/retention/holds", "list-holds", "Legal holds, newest first", 200, s.listHolds)
	route(s, http.MethodPost, "/retention/holds", "place-hold", "Keep a part of the journal, however old", 201, s.placeHold)
	route(s, http.MethodPost, "/retention/holds/{id}/release", "release-hold", "End a legal hold", 200, s.releaseHold)
	s.engine.GET(base+"/search.csv", s.searchCSV)
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "export-search", Method: http.MethodGet, Path: base + "/search.csv", Tags: []string{"search"},
		Summary:     "What a search finds, as comma-separated values",
		Description: "Takes view (point, person or text), and what that search takes.",
		Parameters:  searchParameters(),
		Responses: map[string]*huma.Response{
			"200": {Description: "The lines found", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: "string"}}}},
		},
	})
}

// AtStation is a query of one station.
type AtStation struct {
	Station string `query:"station" required:"true" minLength:"1" maxLength:"64"`
}

type replayAtInput struct {
	AtStation
	At string `query:"at" format:"date-time" required:"false" doc:"Now without it"`

	at time.Time
}

// Resolve reads the instant.
func (in *replayAtInput) Resolve(huma.Context) []error {
	if in.At == "" {
		return nil
	}
	at, err := time.Parse(time.RFC3339, in.At)
	if err != nil || at.Year() < 1900 || at.Year() > 9999 {
		return []error{&huma.ErrorDetail{Location: "query.at", Message: "expected an RFC 3339 instant such as 2030-06-01T09:00:00Z"}}
	}
	in.at = at
	return nil
}

func (s *Server) replayAt(ctx context.Context, in *replayAtInput) (*output[replay.Still], error) {
	return reply(s.o.Replay.At(ctx, operator(ctx), in.Station, in.at))
}

type replayRangeInput struct {
	AtStation
	Period
	Step int `query:"step" minimum:"0" maximum:"31536000" doc:"Seconds, in whole minutes; 0 gives about 240 steps"`
}

func (s *Server) replayRange(ctx context.Context, in *replayRangeInput) (*output[replay.Range], error) {
	return reply(s.o.Replay.Density(ctx, operator(ctx), in.Station, in.from, in.to, time.Duration(in.Step)*time.Second))
}

type replayEventsInput struct {
	AtStation
	Period
	Limit  int    `query:"limit" minimum:"1" maximum:"2000" default:"500" doc:"How many at most"`
	Cursor string `query:"cursor" maxLength:"400" doc:"next of the page before"`
}

func (s *Server) replayEvents(ctx context.Context, in *replayEventsInput) (*output[replay.Film], error) {
	return reply(s.o.Replay.Between(ctx, operator(ctx), replay.Window{Station: in.Station, From: in.from, To: in.to, Limit: in.Limit, Cursor: in.Cursor}))
}

type searchTextInput struct {
	InStation
	Period
	Q    string `query:"q" maxLength:"200" required:"true" doc:"Words, or how they begin; all of them must be there"`
	Only string `query:"only" enum:"signals,acts" required:"false"`
}

func (s *Server) searchText(ctx context.Context, in *searchTextInput) (*output[list[replay.Found]], error) {
	found, err := s.o.Replay.Text(ctx, operator(ctx), replay.Search{Station: in.Station, Q: in.Q, Only: in.Only, From: in.from, To: in.to, Limit: in.Limit, Cursor: in.Cursor})
	return page(found.Items, found.Next, err)
}

type searchPointInput struct {
	InStation
	Period
	Point devices.PointID `query:"point" maxLength:"200" required:"true"`
}

func (s *Server) searchPoint(ctx context.Context, in *searchPointInput) (*output[list[replay.Found]], error) {
	found, err := s.o.Replay.Point(ctx, operator(ctx), replay.Search{Station: in.Station, Point: in.Point, From: in.from, To: in.to, Limit: in.Limit, Cursor: in.Cursor})
	return page(found.Items, found.Next, err)
}

type searchPersonInput struct {
	InStation
	Period
	Actor  string `query:"actor" maxLength:"64" doc:"An operator's id"`
	Card   string `query:"card" maxLength:"64" doc:"The keyed hash of a card"`
	Person string `query:"person" maxLength:"64" doc:"A cardholder's id"`
}

func (s *Server) searchPerson(ctx context.Context, in *searchPersonInput) (*output[list[replay.Found]], error) {
	found, err := s.o.Replay.Person(ctx, operator(ctx), replay.Search{
		Station: in.Station, Actor: in.Actor, Card: in.Card, Person: in.Person, From: in.from, To: in.to, Limit: in.Limit, Cursor: in.Cursor,
	})
	return page(found.Items, found.Next, err)
}

// searchNames are what an export takes.
var searchNames = []string{"view", "station", "q", "only", "point", "actor", "card", "person", "from", "to"}

func searchParameters() []*huma.Param {
	list := make([]*huma.Param, 0, len(searchNames))
	for _, name := range searchNames {
		list = append(list, &huma.Param{Name: name, In: "query", Required: name == "view", Schema: &huma.Schema{Type: "string"}})
	}
	return list
}

// searchCSV streams what is found; permission is asked before the first byte.
func (s *Server) searchCSV(c *gin.Context) {
	f := replay.Search{Station: c.Query("station"), Q: c.Query("q"), Only: c.Query("only"), Point: devices.PointID(c.Query("point")),
		Actor: c.Query("actor"), Card: c.Query("card"), Person: c.Query("person")}
	var ok bool
	if f.From, f.To, ok = s.span(c); !ok {
		return
	}
	s.download(c, "search.csv", func(ctx context.Context, by auth.Operator, w io.Writer) error {
		return s.o.Replay.CSV(ctx, by, c.Query("view"), f, w)
	})
}

func (s *Server) getRetention(ctx context.Context, _ *struct{}) (*output[replay.Retention], error) {
	return reply(s.o.Replay.Retention(ctx, operator(ctx)))
}

type putRetentionInput struct{ Body replay.Retention }

func (s *Server) putRetention(ctx context.Context, in *putRetentionInput) (*output[replay.Retention], error) {
	return reply(s.o.Replay.Retain(ctx, operator(ctx), in.Body))
}

func (s *Server) listHolds(ctx context.Context, in *InStation) (*output[list[replay.Hold]], error) {
	all, err := s.o.Replay.Holds(ctx, operator(ctx), in.Station)
	return page(all, "", err)
}

type placeHoldInput struct {
	Body struct {
		Station string    `json:"station" minLength:"1" maxLength:"64" doc:"* for every station"`
		From    time.Time `json:"from"`
		Until   time.Time `json:"until"`
		Reason  string    `json:"reason" minLength:"1" maxLength:"1000"`
	}
}

func (s *Server) placeHold(ctx context.Context, in *placeHoldInput) (*output[replay.Hold], error) {
	return reply(s.o.Replay.Hold(ctx, operator(ctx), replay.Hold{Station: in.Body.Station, From: in.Body.From, Until: in.Body.Until, Reason: in.Body.Reason}))
}

type releaseHoldInput struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"1000"`
	}
}

func (s *Server) releaseHold(ctx context.Context, in *releaseHoldInput) (*output[replay.Hold], error) {
	return reply(s.o.Replay.Release(ctx, operator(ctx), in.ID, in.Body.Reason))
}
