package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"guardroom/console/auth"
	"guardroom/console/people"
)

// peopleDesk is what the routes of cardholders need of the console.
type peopleDesk interface {
	People(ctx context.Context, by auth.Operator, station string, f people.Filter) ([]people.Person, string, error)
	Find(ctx context.Context, by auth.Operator, id string) (people.Person, error)
	Photo(ctx context.Context, by auth.Operator, id string) ([]byte, error)
	ByCards(ctx context.Context, by auth.Operator, station string, hashes []string) (map[string]people.Person, error)
	Imports(ctx context.Context, by auth.Operator, station string, limit int) ([]people.PeopleImport, error)
	Import(ctx context.Context, by auth.Operator, in people.List) (people.PeopleReport, error)
}

// maxPeopleBody holds a list and an archive of photos.
const maxPeopleBody = people.MaxList + people.MaxArchive + 1<<20

func (s *Server) peopleRoutes() {
	route(s, http.MethodGet, "/people", "list-people", "Cardholders by name, or the holder of a card", 200, s.listPeople)
	route(s, http.MethodGet, "/people/{id}", "get-person", "One cardholder", 200, s.getPerson)
	route(s, http.MethodGet, "/people/{id}/photo", "get-photo", "The face of a cardholder", 200, s.getPhoto)
	route(s, http.MethodGet, "/people-imports", "list-people-imports", "The last imports of a station", 200, s.listImports)
	roomyRoute(s, maxPeopleBody, http.MethodPost, "/people-imports", "import-people", "Make a list the register of a station, whole or not at all", 200, s.importPeople)
}

type listPeopleInput struct {
	InStation
	Card   string        `query:"card" maxLength:"64" doc:"The hash that a signal carries; never a number"`
	Q      string        `query:"q" maxLength:"100" doc:"A part of the name or of the number of the person"`
	Class  people.Class  `query:"class" enum:"staff,delegate,retiree,media,ngo,intern,courtesy,temporary"`
	Status people.Status `query:"status" enum:"active,lost,stolen,blocked"`
}

func (s *Server) listPeople(ctx context.Context, in *listPeopleInput) (*output[list[people.Person]], error) {
	return page(s.o.People.People(ctx, operator(ctx), in.Station, people.Filter{
		Card: in.Card, Search: in.Q, Class: in.Class, Status: in.Status, Limit: in.Limit, Cursor: in.Cursor,
	}))
}

func (s *Server) getPerson(ctx context.Context, in *ByID) (*output[people.Person], error) {
	return reply(s.o.People.Find(ctx, operator(ctx), in.ID))
}

type photoOutput struct {
	Type  string `header:"Content-Type"`
	Cache string `header:"Cache-Control"`
	Body  []byte
}

func (s *Server) getPhoto(ctx context.Context, in *ByID) (*photoOutput, error) {
	jpeg, err := s.o.People.Photo(ctx, operator(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &photoOutput{Type: "image/jpeg", Cache: "no-store", Body: jpeg}, nil
}

type listImportsInput struct {
	Station string `query:"station" required:"true" maxLength:"64"`
	Limit   int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

func (s *Server) listImports(ctx context.Context, in *listImportsInput) (*output[list[people.PeopleImport]], error) {
	items, err := s.o.People.Imports(ctx, operator(ctx), in.Station, in.Limit)
	return page(items, "", err)
}

type importPeopleInput struct {
	Station string `query:"station" required:"true" maxLength:"64"`
	DryRun  bool   `query:"dry_run" doc:"Change nothing, say what would be"`
	Type    string `header:"Content-Type" doc:"multipart/form-data with the files list (CSV) and photos (ZIP, may be left out)"`
	RawBody []byte `contentType:"multipart/form-data"`
}

// importTime is how long an import may work; the server waits a minute.
const importTime = 50 * time.Second

func (s *Server) importPeople(ctx context.Context, in *importPeopleInput) (*output[people.PeopleReport], error) {
	by := operator(ctx)
	if err := by.May(auth.PeopleImport, in.Station); err != nil { // before the files are read
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), importTime)
	defer cancel()
	files, err := filesOf(in.Type, in.RawBody)
	if err != nil {
		return nil, err
	}
	list, ok := files["list"]
	if !ok {
		return nil, &people.InvalidError{Field: "list", Reason: "is missing"}
	}
	one := people.List{Station: in.Station, DryRun: in.DryRun, Rows: bytes.NewReader(list.data), File: list.name}
	if photos, ok := files["photos"]; ok {
		archive, err := people.OpenArchive(bytes.NewReader(photos.data), int64(len(photos.data)))
		if err != nil {
			return nil, err
		}
		one.Photos = archive
	}
	return reply(s.o.People.Import(ctx, by, one))
}

type sentFile struct {
	name string
	data []byte
}

// filesOf reads the files of a form by field.
func filesOf(contentType string, body []byte) (map[string]sentFile, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return nil, &people.InvalidError{Field: "list", Reason: "must come as a file of a form (multipart/form-data)"}
	}
	files := map[string]sentFile{}
	reader := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, &people.InvalidError{Field: "list", Reason: "the form cannot be read"}
		}
		field := part.FormName()
		most, known := map[string]int{"list": people.MaxList, "photos": people.MaxArchive}[field]
		if _, twice := files[field]; !known || twice {
			return nil, &people.InvalidError{Field: field, Reason: "list and photos, each once"}
		}
		data, err := io.ReadAll(part)
		switch {
		case err != nil:
			return nil, &people.InvalidError{Field: field, Reason: "the form cannot be read"}
		case len(data) > most:
			return nil, &people.InvalidError{Field: field, Reason: fmt.Sprintf("is larger than %d MiB", most>>20)}
		}
		files[field] = sentFile{name: part.FileName(), data: data}
	}
}
