package api

import (
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"guardroom/console/auth"
	"guardroom/console/sites"
)

// siteDesk is what these routes need of the console.
type siteDesk interface {
	Site(ctx context.Context, by auth.Operator, station string) (sites.SiteOverview, error)
	Search(ctx context.Context, by auth.Operator, station, question string) ([]sites.SiteFound, error)

	AddPlace(ctx context.Context, by auth.Operator, p sites.Place) (sites.Place, error)
	ChangePlace(ctx context.Context, by auth.Operator, id string, seen int64, c sites.PlaceChange) (sites.Place, error)
	RemovePlace(ctx context.Context, by auth.Operator, id string, seen int64) error
	Bind(ctx context.Context, by auth.Operator, station string, bindings []sites.PointPlace) (sites.SiteOverview, error)
	SaveCamera(ctx context.Context, by auth.Operator, c sites.Camera, seen int64) (sites.Camera, error)
	RemoveCamera(ctx context.Context, by auth.Operator, station, id string, seen int64) error

	Plan(ctx context.Context, by auth.Operator, level string) (sites.Plan, error)
	SavePlan(ctx context.Context, by auth.Operator, p sites.Plan) (sites.Plan, error)
	PlanVersions(ctx context.Context, by auth.Operator, level string) ([]sites.PlanVersion, error)
	PlanAt(ctx context.Context, by auth.Operator, level string, version int64) (sites.Plan, error)
	Restore(ctx context.Context, by auth.Operator, level string, seen, version int64) (sites.RestoredPlan, error)

	Upload(ctx context.Context, by auth.Operator, station string, data []byte) (sites.Picture, error)
	Picture(ctx context.Context, by auth.Operator, station, hash string) (sites.Picture, error)
	Export(ctx context.Context, by auth.Operator, station string, to io.Writer) error
	Import(ctx context.Context, by auth.Operator, station string, data []byte, o sites.ImportOptions) (sites.ImportReport, error)
}

const maxPlanBody = 4 << 20

func (s *Server) siteRoutes() {
	route(s, http.MethodGet, "/sites/search", "search-sites", "Places, points and cameras by name", 200, s.searchSites)
	route(s, http.MethodGet, "/sites/{station}", "get-site", "Premises, buildings, levels, areas, and what stands in them", 200, s.getSite)
	route(s, http.MethodPost, "/places", "add-place", "Add premises, a building, a level or an area", 201, s.addPlace)
	route(s, http.MethodPatch, "/places/{id}", "change-place", "Rename, move or reorder a place", 200, s.changePlace)
	route(s, http.MethodDelete, "/places/{id}", "remove-place", "Remove a place on which nothing stands", 204, s.removePlace)
	route(s, http.MethodPut, "/sites/{station}/points", "place-points", "Say where points are; all or none", 200, s.placePoints)
	route(s, http.MethodPut, "/sites/{station}/cameras/{id}", "save-camera", "Add a camera to the register, or change one", 200, s.saveCamera)
	route(s, http.MethodDelete, "/sites/{station}/cameras/{id}", "remove-camera", "Remove a camera that is drawn on no plan", 204, s.removeCamera)

	route(s, http.MethodGet, "/plans/{level}", "get-plan", "The plan of a level", 200, s.getPlan)
	roomyRoute(s, maxPlanBody, http.MethodPut, "/plans/{level}", "save-plan", "Save the plan of a level", 200, s.savePlan)
	route(s, http.MethodGet, "/plans/{level}/versions", "list-plan-versions", "The versions of a plan, newest first", 200, s.listPlanVersions)
	route(s, http.MethodGet, "/plans/{level}/versions/{version}", "get-plan-version", "A plan as it was saved once", 200, s.getPlanVersion)
	route(s, http.MethodPost, "/plans/{level}/restore", "restore-plan", "Bring a version back as a new one", 200, s.restorePlan)

	roomyRoute(s, sites.MaxPicture, http.MethodPost, "/sites/{station}/drawings", "upload-drawing", "Upload an SVG or a PNG for plans", 201, s.uploadDrawing)
	route(s, http.MethodGet, "/sites/{station}/drawings/{hash}", "get-drawing", "A picture under a plan", 200, s.getDrawing)
	roomyRoute(s, sites.MaxArchive, http.MethodPost, "/sites/{station}/import", "import-site", "Make a station's site what a file says, wholly or not at all", 200, s.importSite)
	s.engine.GET(base+"/sites/:station/export", s.exportSite)
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "export-site", Method: http.MethodGet, Path: base + "/sites/{station}/export", Tags: []string{"sites"},
		Summary:    "The site of a station as a ZIP of JSON and pictures",
		Parameters: []*huma.Param{{Name: "station", In: "path", Required: true, Schema: &huma.Schema{Type: "string"}}},
		Responses: map[string]*huma.Response{
			"200": {Description: "The file", Content: map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}},
		},
	})
}

// OfStation names the station in the address.
type OfStation struct {
	Station string `path:"station" maxLength:"64"`
}

func (s *Server) getSite(ctx context.Context, in *OfStation) (*output[sites.SiteOverview], error) {
	return reply(s.o.Sites.Site(ctx, operator(ctx), in.Station))
}

type searchSitesInput struct {
	Station string `query:"station" maxLength:"64"`
	Q       string `query:"q" maxLength:"200" doc:"Words that must all be found in name, number or place"`
}

func (s *Server) searchSites(ctx context.Context, in *searchSitesInput) (*output[list[sites.SiteFound]], error) {
	found, err := s.o.Sites.Search(ctx, operator(ctx), in.Station, in.Q)
	return page(found, "", err)
}

type addPlaceInput struct {
	Body struct {
		Station string     `json:"station" maxLength:"64"`
		Parent  string     `json:"parent,omitempty" maxLength:"64" doc:"Empty for premises"`
		Kind    sites.Kind `json:"kind" enum:"premises,building,level,area"`
		Name    string     `json:"name" maxLength:"800"`
		Note    string     `json:"note,omitempty" maxLength:"8000"`
	}
}

func (s *Server) addPlace(ctx context.Context, in *addPlaceInput) (*output[sites.Place], error) {
	b := in.Body
	return reply(s.o.Sites.AddPlace(ctx, operator(ctx), sites.Place{Station: b.Station, Parent: b.Parent, Kind: b.Kind, Name: b.Name, Note: b.Note}))
}

type changePlaceInput struct {
	ByID
	Body struct {
		Version  int64   `json:"version" minimum:"1" doc:"The version that was seen"`
		Name     *string `json:"name,omitempty" maxLength:"800"`
		Note     *string `json:"note,omitempty" maxLength:"8000"`
		Parent   *string `json:"parent,omitempty" maxLength:"64"`
		Position *int    `json:"position,omitempty" minimum:"0" maximum:"100000"`
	}
}

func (s *Server) changePlace(ctx context.Context, in *changePlaceInput) (*output[sites.Place], error) {
	b := in.Body
	return reply(s.o.Sites.ChangePlace(ctx, operator(ctx), in.ID, b.Version,
		sites.PlaceChange{Name: b.Name, Note: b.Note, Parent: b.Parent, Position: b.Position}))
}

// Seen is the version of a thing that somebody wants to end.
type Seen struct {
	Version int64 `query:"version" minimum:"1" required:"true" doc:"The version that was seen"`
}

type removePlaceInput struct {
	ByID
	Seen
}

func (s *Server) removePlace(ctx context.Context, in *removePlaceInput) (*nothing, error) {
	return nil, s.o.Sites.RemovePlace(ctx, operator(ctx), in.ID, in.Version)
}

type placePointsInput struct {
	OfStation
	Body struct {
		Points []sites.PointPlace `json:"points" maxItems:"1000" doc:"An empty place says that nobody knows"`
	}
}

func (s *Server) placePoints(ctx context.Context, in *placePointsInput) (*output[sites.SiteOverview], error) {
	return reply(s.o.Sites.Bind(ctx, operator(ctx), in.Station, in.Body.Points))
}

type saveCameraInput struct {
	OfStation
	ByID
	Body struct {
		Version int64  `json:"version" minimum:"0" doc:"The version that was seen; 0 adds a camera"`
		Name    string `json:"name" maxLength:"800"`
		Place   string `json:"place,omitempty" maxLength:"64"`
	}
}

func (s *Server) saveCamera(ctx context.Context, in *saveCameraInput) (*output[sites.Camera], error) {
	c := sites.Camera{ID: in.ID, Station: in.Station, Name: in.Body.Name, Place: in.Body.Place}
	return reply(s.o.Sites.SaveCamera(ctx, operator(ctx), c, in.Body.Version))
}

type removeCameraInput struct {
	OfStation
	ByID
	Seen
}

func (s *Server) removeCamera(ctx context.Context, in *removeCameraInput) (*nothing, error) {
	return nil, s.o.Sites.RemoveCamera(ctx, operator(ctx), in.Station, in.ID, in.Version)
}

// OnLevel names the level in the address.
type OnLevel struct {
	Level string `path:"level" maxLength:"64"`
}

func (s *Server) getPlan(ctx context.Context, in *OnLevel) (*output[sites.Plan], error) {
	return reply(s.o.Sites.Plan(ctx, operator(ctx), in.Level))
}

// PlanContent is what somebody draws.
type PlanContent struct {
	Version int64              `json:"version" minimum:"0" doc:"The version that was seen; 0 for the first"`
	Width   float64            `json:"width"`
	Height  float64            `json:"height"`
	Scale   float64            `json:"scale,omitempty"`
	Drawing *sites.PlanDrawing `json:"drawing,omitempty"`
	Areas   []sites.PlanArea   `json:"areas"`
	Points  []sites.PlanPoint  `json:"points"`
	Cameras []sites.CameraView `json:"cameras"`
	Labels  []sites.PlanLabel  `json:"labels"`
	Note    string             `json:"note,omitempty" maxLength:"2000" doc:"Why"`
}

type savePlanInput struct {
	OnLevel
	Body PlanContent
}

func (s *Server) savePlan(ctx context.Context, in *savePlanInput) (*output[sites.Plan], error) {
	b := in.Body
	return reply(s.o.Sites.SavePlan(ctx, operator(ctx), sites.Plan{
		Level: in.Level, Version: b.Version, Width: b.Width, Height: b.Height, Scale: b.Scale, Drawing: b.Drawing,
		Areas: b.Areas, Points: b.Points, Cameras: b.Cameras, Labels: b.Labels, Note: b.Note,
	}))
}

func (s *Server) listPlanVersions(ctx context.Context, in *OnLevel) (*output[list[sites.PlanVersion]], error) {
	versions, err := s.o.Sites.PlanVersions(ctx, operator(ctx), in.Level)
	return page(versions, "", err)
}

type planVersionInput struct {
	OnLevel
	Version int64 `path:"version" minimum:"1"`
}

func (s *Server) getPlanVersion(ctx context.Context, in *planVersionInput) (*output[sites.Plan], error) {
	return reply(s.o.Sites.PlanAt(ctx, operator(ctx), in.Level, in.Version))
}

type restorePlanInput struct {
	OnLevel
	Body struct {
		Version int64 `json:"version" minimum:"1" doc:"The version that was seen"`
		Restore int64 `json:"restore" minimum:"1" doc:"The version that is to come back"`
	}
}

func (s *Server) restorePlan(ctx context.Context, in *restorePlanInput) (*output[sites.RestoredPlan], error) {
	return reply(s.o.Sites.Restore(ctx, operator(ctx), in.Level, in.Body.Version, in.Body.Restore))
}

type uploadDrawingInput struct {
	OfStation
	RawBody []byte
}

func (s *Server) uploadDrawing(ctx context.Context, in *uploadDrawingInput) (*output[sites.Picture], error) {
	return reply(s.o.Sites.Upload(ctx, operator(ctx), in.Station, in.RawBody))
}

type drawingInput struct {
	OfStation
	Hash string `path:"hash" maxLength:"64"`
}

// pictureOutput is a picture that browsers may keep for ever, and that can do
// nothing but be looked at: its name is the hash of its content.
type pictureOutput struct {
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	Policy       string `header:"Content-Security-Policy"`
	Body         []byte
}

func (s *Server) getDrawing(ctx context.Context, in *drawingInput) (*pictureOutput, error) {
	p, err := s.o.Sites.Picture(ctx, operator(ctx), in.Station, in.Hash)
	if err != nil {
		return nil, err
	}
	return &pictureOutput{
		ContentType: sites.ContentType(p.Kind), CacheControl: "private, max-age=31536000, immutable",
		Policy: "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox", Body: p.Data,
	}, nil
}

type importSiteInput struct {
	OfStation
	DryRun   bool     `query:"dry_run" doc:"Say what would be done"`
	Gateways []string `query:"gateways" maxItems:"100" doc:"file=here: which gateway stands for one of the file; several with commas"`
	LeaveOut bool     `query:"leave_out" doc:"Leave out points of gateways that are not this station's, instead of refusing"`
	RawBody  []byte
}

func (s *Server) importSite(ctx context.Context, in *importSiteInput) (*output[sites.ImportReport], error) {
	o := sites.ImportOptions{DryRun: in.DryRun, LeaveOut: in.LeaveOut, Gateways: map[string]string{}}
	for _, pair := range in.Gateways {
		from, to, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, &sites.InvalidError{Field: "gateways", Reason: "file=here, such as gw-1=gw-2"}
		}
		o.Gateways[from] = to
	}
	return reply(s.o.Sites.Import(ctx, operator(ctx), in.Station, in.RawBody, o))
}

// exportSite streams the file; permission is asked before the first byte.
func (s *Server) exportSite(c *gin.Context) {
	station := c.Param("station")
	s.download(c, "site-"+station+".zip", func(ctx context.Context, by auth.Operator, w io.Writer) error {
		return s.o.Sites.Export(ctx, by, station, w)
	})
}
