package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"guardroom/console/reports"
	"guardroom/console/rosters"
	domain "guardroom/rosters"
	"guardroom/rosters/planner"
	"guardroom/rosters/sheet"
)

func (s *Server) planningRoutes() {
	route(s, http.MethodPost, "/rosters/{station}/drafts/{draft}/planning", "start-planner", "Let the planner work on a draft", 202, s.startPlanner)
	route(s, http.MethodGet, "/rosters/{station}/drafts/{draft}/planning", "get-planning", "How far the planner has come", 200, s.getPlanning)
	route(s, http.MethodPost, "/rosters/{station}/drafts/{draft}/planning/stop", "stop-planner", "End the search; the best plan waits", 200, s.stopPlanner)
	route(s, http.MethodPost, "/rosters/{station}/drafts/{draft}/planning/keep", "keep-plan", "Take the plan into the draft", 200, s.keepPlan)
	route(s, http.MethodDelete, "/rosters/{station}/drafts/{draft}/planning", "discard-plan", "Stop the planner and forget its plan", 200, s.discardPlan)
	route(s, http.MethodGet, "/rosters/{station}/drafts/{draft}/conflicts", "list-conflicts", "What no plan can meet", 200, s.listConflicts)
	route(s, http.MethodPost, "/rosters/{station}/drafts/{draft}/why", "explain-hole", "Everyone for an empty place, and what stops each", 200, s.explainHole)
	route(s, http.MethodPost, "/rosters/{station}/reliefs", "find-reliefs", "Ways to mend the roster in force", 200, s.findReliefs)
	roomyRoute(s, 2*rosters.MaxImport, http.MethodPost, "/rosters/{station}/import", "import-roster", "Read officers, posts or a roster from a spreadsheet", 200, s.importRoster)
	route(s, http.MethodDelete, "/rosters/{station}/imports/{import}", "undo-roster-import", "Take back an import of one's own", 204, s.undoRosterImport)
	route(s, http.MethodGet, "/rosters/{station}/export", "export-roster", "Officers, posts or a roster as a spreadsheet", 200, s.exportRoster)
}

type plannerInput struct {
	ByDraft
	Body struct {
		Seconds int         `json:"seconds" minimum:"1" maximum:"600"`
		Seed    uint64      `json:"seed,omitempty"`
		Open    domain.Date `json:"open,omitempty" doc:"The first day that it may change; none: all"`
		Keep    bool        `json:"keep,omitempty" doc:"What is given stays; it only fills"`
		Gentle  bool        `json:"gentle,omitempty" doc:"Changes to what is published cost"`
	}
}

func (s *Server) startPlanner(ctx context.Context, in *plannerInput) (*output[rosters.Planning], error) {
	b := in.Body
	return full(s.o.Rosters.Plan(ctx, operator(ctx), in.Station, in.Draft, rosters.PlanWish{Seconds: b.Seconds, Seed: b.Seed, Open: b.Open, Keep: b.Keep, Gentle: b.Gentle}))
}

func (s *Server) getPlanning(ctx context.Context, in *ByDraft) (*output[rosters.Planning], error) {
	return full(s.o.Rosters.Planning(ctx, operator(ctx), in.Station, in.Draft))
}

func (s *Server) stopPlanner(ctx context.Context, in *ByDraft) (*output[rosters.Planning], error) {
	return full(s.o.Rosters.Stop(ctx, operator(ctx), in.Station, in.Draft))
}

func (s *Server) keepPlan(ctx context.Context, in *ByDraft) (*output[rosters.PlanKept], error) {
	return full(s.o.Rosters.Keep(ctx, operator(ctx), in.Station, in.Draft))
}

func (s *Server) discardPlan(ctx context.Context, in *ByDraft) (*output[rosters.Planning], error) {
	return full(s.o.Rosters.Discard(ctx, operator(ctx), in.Station, in.Draft))
}

func (s *Server) listConflicts(ctx context.Context, in *ByDraft) (*output[list[planner.Conflict]], error) {
	items, err := s.o.Rosters.Conflicts(ctx, operator(ctx), in.Station, in.Draft)
	return full(list[planner.Conflict]{Items: items}, err)
}

func (s *Server) explainHole(ctx context.Context, in *whoInput) (*output[list[planner.Reason]], error) {
	items, err := s.o.Rosters.Why(ctx, operator(ctx), in.Station, in.Draft, in.Body)
	return full(list[planner.Reason]{Items: items}, err)
}

type reliefsInput struct {
	ByStation
	Body struct {
		Leave   []domain.Leave  `json:"leave,omitempty" maxItems:"100" doc:"Who is away"`
		Demands []domain.Demand `json:"demands,omitempty" maxItems:"100" doc:"What is wanted beside what was"`
	}
}

func (s *Server) findReliefs(ctx context.Context, in *reliefsInput) (*output[rosters.Reliefs], error) {
	return full(s.o.Rosters.Reliefs(ctx, operator(ctx), in.Station, rosters.Disruption{Leave: in.Body.Leave, Demands: in.Body.Demands}))
}

type importRosterInput struct {
	ByStation
	Body struct {
		What    sheet.Kind     `json:"what" enum:"officers,posts,roster,duties"`
		File    []byte         `json:"file" doc:"CSV or XLSX"`
		Mapping *sheet.Mapping `json:"mapping,omitempty" doc:"None: guessed from the headings"`
		Draft   string         `json:"draft,omitempty" maxLength:"64" doc:"Into which a roster is read; none: a new one"`
		DryRun  bool           `json:"dry_run,omitempty"`

		Sheet   string          `json:"sheet,omitempty" maxLength:"100" doc:"Of XLSX; none: the first"`
		Charset reports.Charset `json:"charset,omitempty" enum:"utf-8,utf-16,windows-1252,windows-1251,windows-1256" doc:"Of CSV; none: guessed"`
		Name    string          `json:"name,omitempty" maxLength:"100" doc:"Of a draft that is begun for the roster"`
	}
}

func (s *Server) importRoster(ctx context.Context, in *importRosterInput) (*output[rosters.Imported], error) {
	b := in.Body
	return full(s.o.Rosters.Import(ctx, operator(ctx), in.Station, rosters.Import{
		What: b.What, File: b.File, Mapping: b.Mapping, Draft: b.Draft, DryRun: b.DryRun, Name: b.Name,
		Choice: reports.Choice{Sheet: b.Sheet, Charset: b.Charset},
	}))
}

type importedInput struct {
	ByStation
	Import string `path:"import" maxLength:"64"`
}

func (s *Server) undoRosterImport(ctx context.Context, in *importedInput) (*struct{}, error) {
	return nil, s.o.Rosters.UndoImport(ctx, operator(ctx), in.Station, in.Import)
}

type exportRosterInput struct {
	ByStation
	What   sheet.Kind     `query:"what" enum:"officers,posts,roster,duties"`
	Format reports.Format `query:"format" enum:"csv,xlsx" default:"xlsx"`
	Draft  string         `query:"draft" maxLength:"64"`
	From   string         `query:"from" maxLength:"10"`
	Until  string         `query:"until" maxLength:"10"`
}

type rosterFile struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (s *Server) exportRoster(ctx context.Context, in *exportRosterInput) (*rosterFile, error) {
	from, until, err := (&Days{in.From, in.Until}).days()
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	if err := s.o.Rosters.Export(ctx, operator(ctx), in.Station, in.What, in.Draft, from, until, in.Format, &file); err != nil {
		return nil, err
	}
	return &rosterFile{Type: in.Format.Type(), Disposition: fmt.Sprintf("attachment; filename=%q", string(in.What)+"."+string(in.Format)), Body: file.Bytes()}, nil
}
