package api

import (
	"context"
	"net/http"

	"guardroom/console/rosters"
	domain "guardroom/rosters"
)

func (s *Server) draftRoutes() {
	route(s, http.MethodGet, "/rosters/{station}/roster", "get-roster", "The roster in force", 200, s.getRoster)
	route(s, http.MethodGet, "/rosters/{station}/roster/table", "get-roster-table", "The roster in force as columns, not judged", 200, s.getRosterTable)
	route(s, http.MethodGet, "/rosters/{station}/roster/findings", "get-roster-findings", "What is wrong with the roster in force, and who has how much", 200, s.getRosterFindings)
	route(s, http.MethodPost, "/rosters/{station}/roster", "amend-roster", "Change the roster in force at once", 200, s.amendRoster)
	route(s, http.MethodGet, "/rosters/{station}/publications", "list-publications", "What officers were told, the newest first", 200, s.listPublications)
	route(s, http.MethodGet, "/rosters/{station}/drafts", "list-drafts", "Rosters in the making", 200, s.listDrafts)
	route(s, http.MethodPost, "/rosters/{station}/drafts", "begin-draft", "Begin a roster", 201, s.beginDraft)
	route(s, http.MethodGet, "/rosters/{station}/drafts/{draft}", "get-draft", "A draft with its cells, judged", 200, s.getDraft)
	route(s, http.MethodGet, "/rosters/{station}/drafts/{draft}/table", "get-draft-table", "A draft as columns, not judged", 200, s.getDraftTable)
	route(s, http.MethodGet, "/rosters/{station}/drafts/{draft}/findings", "get-draft-findings", "What is wrong with a draft, and who has how much", 200, s.getDraftFindings)
	route(s, http.MethodDelete, "/rosters/{station}/drafts/{draft}", "drop-draft", "Give a draft up", 200, s.dropDraft)
	route(s, http.MethodGet, "/rosters/{station}/drafts/{draft}/edits", "list-edits", "The edits of a draft", 200, s.listEdits)
	route(s, http.MethodPost, "/rosters/{station}/drafts/{draft}/edits", "edit-draft", "Give cells other contents, all of them or none", 200, s.editDraft)
	route(s, http.MethodPost, "/rosters/{station}/drafts/{draft}/undo", "undo-edit", "Take one's own last edit back", 200, s.undoEdit)
	route(s, http.MethodPost, "/rosters/{station}/drafts/{draft}/redo", "redo-edit", "Do again what was taken back", 200, s.redoEdit)
	route(s, http.MethodPut, "/rosters/{station}/drafts/{draft}/demands", "set-demands", "What is asked for beside the standing hours", 200, s.setDemands)
	route(s, http.MethodPost, "/rosters/{station}/drafts/{draft}/approvals", "approve-exception", "Let an exception stand", 200, s.approveException)
	route(s, http.MethodGet, "/rosters/{station}/drafts/{draft}/fixes", "list-fixes", "Ways out of a problem", 200, s.listFixes)
	route(s, http.MethodPost, "/rosters/{station}/drafts/{draft}/who", "list-candidates", "Everybody for a place, those who could take it first", 200, s.listCandidates)
	route(s, http.MethodPost, "/rosters/{station}/drafts/{draft}/rebase", "rebase-draft", "Take in what was published since", 200, s.rebaseDraft)
	route(s, http.MethodGet, "/rosters/{station}/drafts/{draft}/publication", "preview-publication", "What publishing would do", 200, s.previewPublication)
	route(s, http.MethodPost, "/rosters/{station}/drafts/{draft}/publication", "publish-draft", "Put a draft in force", 201, s.publishDraft)
}

// ByDraft is the draft of a path.
type ByDraft struct {
	ByStation
	Draft string `path:"draft" maxLength:"64"`
}

// Days are days of a query, both included.
type Days struct {
	From  string `query:"from" maxLength:"10" example:"2026-11-02"`
	Until string `query:"until" maxLength:"10" example:"2026-12-06"`
}

func (p *Days) days() (from, until domain.Date, err error) {
	if p.From != "" {
		if from, err = domain.ParseDate(p.From); err != nil {
			return 0, 0, err
		}
	}
	if p.Until != "" {
		until, err = domain.ParseDate(p.Until)
	}
	return from, until, err
}

type rosterInput struct {
	ByStation
	Days
}

func (s *Server) getRoster(ctx context.Context, in *rosterInput) (*output[rosters.Board], error) {
	from, until, err := in.days()
	if err != nil {
		return nil, err
	}
	return full(s.o.Rosters.InForce(ctx, operator(ctx), in.Station, from, until))
}

func (s *Server) getRosterTable(ctx context.Context, in *rosterInput) (*output[rosters.Table], error) {
	from, until, err := in.days()
	if err != nil {
		return nil, err
	}
	return full(s.o.Rosters.TableInForce(ctx, operator(ctx), in.Station, from, until))
}

func (s *Server) getRosterFindings(ctx context.Context, in *rosterInput) (*output[rosters.Findings], error) {
	from, until, err := in.days()
	if err != nil {
		return nil, err
	}
	return full(s.o.Rosters.FindingsInForce(ctx, operator(ctx), in.Station, from, until))
}

type amendInput struct {
	ByStation
	Body struct {
		Publication int64           `json:"publication" doc:"The number of the last publication, as it was seen"`
		Why         string          `json:"why" maxLength:"500"`
		Leave       []domain.Leave  `json:"leave,omitempty" maxItems:"100" doc:"Who is away from now on"`
		Changes     []domain.Change `json:"changes" maxItems:"500"`
	}
}

func (s *Server) amendRoster(ctx context.Context, in *amendInput) (*output[domain.Publication], error) {
	return full(s.o.Rosters.Amend(ctx, operator(ctx), in.Station, rosters.Amendment{Publication: in.Body.Publication, Why: in.Body.Why, Leave: in.Body.Leave, Changes: in.Body.Changes}))
}

type publicationsInput struct {
	ByStation
	Limit int `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (s *Server) listPublications(ctx context.Context, in *publicationsInput) (*output[list[domain.Publication]], error) {
	items, err := s.o.Rosters.Publications(ctx, operator(ctx), in.Station, in.Limit)
	return full(list[domain.Publication]{Items: items}, err)
}

type draftsInput struct {
	ByStation
	All bool `query:"all" doc:"Published and dropped ones too"`
}

func (s *Server) listDrafts(ctx context.Context, in *draftsInput) (*output[list[rosters.Draft]], error) {
	items, err := s.o.Rosters.Drafts(ctx, operator(ctx), in.Station, in.All)
	return full(list[rosters.Draft]{Items: items}, err)
}

type beginInput struct {
	ByStation
	Body struct {
		Name    string          `json:"name" maxLength:"200"`
		From    domain.Date     `json:"from"`
		Until   domain.Date     `json:"until" doc:"The last day"`
		Unit    string          `json:"unit,omitempty" maxLength:"200" doc:"Whom it is for; none: the whole station"`
		Copy    string          `json:"copy,omitempty" maxLength:"64" doc:"The id of a draft, empty, or publication:7 for how that left it; none: what is published"`
		Demands []domain.Demand `json:"demands,omitempty" maxItems:"5000"`
	}
}

func (s *Server) beginDraft(ctx context.Context, in *beginInput) (*output[rosters.Draft], error) {
	b := in.Body
	return full(s.o.Rosters.Begin(ctx, operator(ctx), in.Station, rosters.NewDraft{Name: b.Name, From: b.From, Until: b.Until, Unit: b.Unit, Copy: b.Copy, Demands: b.Demands}))
}

func (s *Server) getDraft(ctx context.Context, in *ByDraft) (*output[rosters.Board], error) {
	return full(s.o.Rosters.Board(ctx, operator(ctx), in.Station, in.Draft))
}

func (s *Server) getDraftTable(ctx context.Context, in *ByDraft) (*output[rosters.Table], error) {
	return full(s.o.Rosters.Table(ctx, operator(ctx), in.Station, in.Draft))
}

func (s *Server) getDraftFindings(ctx context.Context, in *ByDraft) (*output[rosters.Findings], error) {
	return full(s.o.Rosters.Findings(ctx, operator(ctx), in.Station, in.Draft))
}

func (s *Server) dropDraft(ctx context.Context, in *ByDraft) (*output[rosters.Draft], error) {
	return full(s.o.Rosters.Drop(ctx, operator(ctx), in.Station, in.Draft))
}

type editsInput struct {
	ByDraft
	After int64 `query:"after" minimum:"0" doc:"A draft's version: the edits after it"`
}

func (s *Server) listEdits(ctx context.Context, in *editsInput) (*output[list[rosters.Edit]], error) {
	items, err := s.o.Rosters.Log(ctx, operator(ctx), in.Station, in.Draft, in.After)
	return full(list[rosters.Edit]{Items: items}, err)
}

type editInput struct {
	ByDraft
	Body struct {
		What  string         `json:"what,omitempty" enum:"edit,fix,copy" doc:"How it came about"`
		Cells []rosters.Cell `json:"cells" maxItems:"20000" doc:"Each with the version that was seen"`
	}
}

func (s *Server) editDraft(ctx context.Context, in *editInput) (*output[rosters.Edited], error) {
	what := in.Body.What
	if what == "" {
		what = rosters.ByHand
	}
	return full(s.o.Rosters.Edit(ctx, operator(ctx), in.Station, in.Draft, what, in.Body.Cells))
}

func (s *Server) undoEdit(ctx context.Context, in *ByDraft) (*output[rosters.Edited], error) {
	return full(s.o.Rosters.Undo(ctx, operator(ctx), in.Station, in.Draft))
}

func (s *Server) redoEdit(ctx context.Context, in *ByDraft) (*output[rosters.Edited], error) {
	return full(s.o.Rosters.Redo(ctx, operator(ctx), in.Station, in.Draft))
}

type demandsInput struct {
	ByDraft
	Body struct {
		Version int64           `json:"version"`
		Demands []domain.Demand `json:"demands" maxItems:"5000"`
	}
}

func (s *Server) setDemands(ctx context.Context, in *demandsInput) (*output[rosters.Draft], error) {
	return full(s.o.Rosters.Want(ctx, operator(ctx), in.Station, in.Draft, in.Body.Version, in.Body.Demands))
}

type approvalInput struct {
	ByDraft
	Body struct {
		Violations []string `json:"violations" minItems:"1" maxItems:"5000" doc:"Keys of violations"`
		Reason     string   `json:"reason" maxLength:"2000" doc:"Empty takes the approval back"`
	}
}

func (s *Server) approveException(ctx context.Context, in *approvalInput) (*output[rosters.Draft], error) {
	return full(s.o.Rosters.ApproveAll(ctx, operator(ctx), in.Station, in.Draft, in.Body.Violations, in.Body.Reason))
}

type fixesInput struct {
	ByDraft
	Key string `query:"key" maxLength:"1000" doc:"The key of the violation"`
}

func (s *Server) listFixes(ctx context.Context, in *fixesInput) (*output[rosters.Fixes], error) {
	return full(s.o.Rosters.Fixes(ctx, operator(ctx), in.Station, in.Draft, in.Key))
}

type whoInput struct {
	ByDraft
	Body domain.Demand
}

func (s *Server) listCandidates(ctx context.Context, in *whoInput) (*output[list[domain.Candidate]], error) {
	items, err := s.o.Rosters.Who(ctx, operator(ctx), in.Station, in.Draft, in.Body)
	return full(list[domain.Candidate]{Items: items}, err)
}

func (s *Server) rebaseDraft(ctx context.Context, in *ByDraft) (*output[rosters.Rebased], error) {
	return full(s.o.Rosters.Rebase(ctx, operator(ctx), in.Station, in.Draft))
}

func (s *Server) previewPublication(ctx context.Context, in *ByDraft) (*output[rosters.Preview], error) {
	return full(s.o.Rosters.Preview(ctx, operator(ctx), in.Station, in.Draft))
}

type publishInput struct {
	ByDraft
	Body struct {
		Version int64 `json:"version" doc:"Of the draft, as it was seen"`
		Number  int64 `json:"number" doc:"That the publication shall have, as the preview says"`
	}
}

func (s *Server) publishDraft(ctx context.Context, in *publishInput) (*output[domain.Publication], error) {
	return full(s.o.Rosters.Publish(ctx, operator(ctx), in.Station, in.Draft, rosters.PublishWish{Version: in.Body.Version, Number: in.Body.Number}))
}
