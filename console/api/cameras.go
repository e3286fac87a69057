package api

import (
	"context"
	"net/http"
	"time"

	"guardroom/console/auth"
	"guardroom/console/cameras"
)

// cameraDesk is what the routes of cameras need of the console; the streams
// among them are in video.go.
type cameraDesk interface {
	Cameras(ctx context.Context, by auth.Operator, station string) ([]cameras.VideoCamera, error)
	Camera(ctx context.Context, by auth.Operator, id string) (cameras.VideoCamera, error)
	Settings(ctx context.Context, by auth.Operator, id string) (cameras.CameraSettings, error)
	SaveSettings(ctx context.Context, by auth.Operator, id string, s cameras.CameraSettings) (cameras.CameraSettings, error)
	People(ctx context.Context, by auth.Operator, id string) ([]cameras.CameraPerson, error)
	Timeline(ctx context.Context, by auth.Operator, id string, from, to time.Time) (cameras.CameraTimeline, error)
	Presets(ctx context.Context, by auth.Operator, id string) ([]cameras.CameraPreset, error)
	Move(ctx context.Context, by auth.Operator, id string, m cameras.PTZMove) (*cameras.PTZLease, error)
	Bookmarks(ctx context.Context, by auth.Operator, id string) ([]cameras.CameraBookmark, error)
	Bookmark(ctx context.Context, by auth.Operator, id string, b cameras.NewBookmark) (cameras.CameraBookmark, error)
	Unmark(ctx context.Context, by auth.Operator, id, bookmark string) error
	Exports(ctx context.Context, by auth.Operator, id string) ([]cameras.CameraExport, error)
	Export(ctx context.Context, by auth.Operator, id string, e cameras.NewExport) (cameras.CameraExport, error)
	FindExport(ctx context.Context, by auth.Operator, id, export string) (cameras.CameraExport, error)
	OfAlarm(ctx context.Context, by auth.Operator, alarm string) (cameras.AlarmCameras, error)
	Walls(ctx context.Context, by auth.Operator, station string) ([]cameras.VideoWall, error)
	AddWall(ctx context.Context, by auth.Operator, w cameras.VideoWall) (cameras.VideoWall, error)
	SaveWall(ctx context.Context, by auth.Operator, w cameras.VideoWall) (cameras.VideoWall, error)
	RemoveWall(ctx context.Context, by auth.Operator, id string, seen int64) error

	videoDesk
}

func (s *Server) cameraRoutes() {
	route(s, http.MethodGet, "/cameras", "list-cameras", "Cameras by number", 200, s.listCameras)
	route(s, http.MethodGet, "/cameras/{id}", "get-camera", "One camera", 200, getOfCamera(s, cameraDesk.Camera))
	route(s, http.MethodGet, "/cameras/{id}/settings", "get-camera-settings", "What people set of a camera", 200, getOfCamera(s, cameraDesk.Settings))
	route(s, http.MethodPut, "/cameras/{id}/settings", "save-camera-settings", "Say who may watch a camera, and how long its pictures are kept", 200, changeCamera(s, cameraDesk.SaveSettings))
	route(s, http.MethodGet, "/cameras/{id}/people", "list-camera-people", "Whom a camera's own list may name", 200, listOfCamera(s, cameraDesk.People))
	route(s, http.MethodGet, "/cameras/{id}/timeline", "get-camera-timeline", "What was recorded, and what people marked", 200, s.getTimeline)
	route(s, http.MethodGet, "/cameras/{id}/presets", "list-camera-presets", "The views that a camera knows", 200, listOfCamera(s, cameraDesk.Presets))
	route(s, http.MethodPost, "/cameras/{id}/ptz", "move-camera", "Turn a camera; one officer at a time", 200, s.moveCamera)
	route(s, http.MethodGet, "/cameras/{id}/bookmarks", "list-camera-bookmarks", "Marked times, newest first", 200, listOfCamera(s, cameraDesk.Bookmarks))
	route(s, http.MethodPost, "/cameras/{id}/bookmarks", "add-camera-bookmark", "Mark a time, or lock it so that it is not overwritten", 201, changeCamera(s, cameraDesk.Bookmark))
	route(s, http.MethodDelete, "/cameras/{id}/bookmarks/{bookmark}", "remove-camera-bookmark", "Take a mark off, and its lock", 204, s.removeBookmark)
	route(s, http.MethodGet, "/cameras/{id}/exports", "list-camera-exports", "Clips that were asked for, newest first", 200, listOfCamera(s, cameraDesk.Exports))
	route(s, http.MethodPost, "/cameras/{id}/exports", "export-camera", "Ask for a clip", 202, changeCamera(s, cameraDesk.Export))
	route(s, http.MethodGet, "/cameras/{id}/exports/{export}", "get-camera-export", "How a clip stands", 200, s.getExport)
	route(s, http.MethodGet, "/alarms/{id}/cameras", "list-alarm-cameras", "The cameras of an alarm, the most telling first", 200, s.listAlarmCameras)
	route(s, http.MethodGet, "/walls", "list-walls", "Walls that were saved", 200, s.listWalls)
	route(s, http.MethodPost, "/walls", "add-wall", "Save a wall", 201, s.addWall)
	route(s, http.MethodPut, "/walls/{id}", "save-wall", "Change a wall", 200, s.saveWall)
	route(s, http.MethodDelete, "/walls/{id}", "remove-wall", "Remove a wall", 204, s.removeWall)
	route(s, http.MethodPut, "/cameras/{id}/whep/{session}/stream", "switch-camera", "Go over to the other stream at its next key picture; the session goes on", 204, s.switchCamera)
	s.videoRoutes()
}

type switchInput struct {
	CameraPath
	Session string `path:"session" maxLength:"64"`
	Body    struct {
		Stream string `json:"stream" enum:"main,sub"`
	}
}

func (s *Server) switchCamera(ctx context.Context, in *switchInput) (*nothing, error) {
	return nil, s.o.Cameras.Switch(ctx, operator(ctx), in.ID, in.Session, in.Body.Stream)
}

// CameraPath names a camera, by its id or by its number where only one station has it.
type CameraPath struct {
	ID string `path:"id" maxLength:"140" doc:"<gateway>.<device>, or the number where it is unique"`
}

// ofCamera is a camera and what is wished of it.
type ofCamera[W any] struct {
	CameraPath
	Body W
}

// getOfCamera answers with one thing that the desk knows of a camera.
func getOfCamera[T any](s *Server, find func(cameraDesk, context.Context, auth.Operator, string) (T, error)) func(context.Context, *CameraPath) (*output[T], error) {
	return func(ctx context.Context, in *CameraPath) (*output[T], error) {
		return reply(find(s.o.Cameras, ctx, operator(ctx), in.ID))
	}
}

// listOfCamera answers with all of a kind that a camera has.
func listOfCamera[T any](s *Server, find func(cameraDesk, context.Context, auth.Operator, string) ([]T, error)) func(context.Context, *CameraPath) (*output[list[T]], error) {
	return func(ctx context.Context, in *CameraPath) (*output[list[T]], error) {
		items, err := find(s.o.Cameras, ctx, operator(ctx), in.ID)
		return page(items, "", err)
	}
}

// changeCamera hands a wish to the desk and answers with what came of it.
func changeCamera[W, T any](s *Server, do func(cameraDesk, context.Context, auth.Operator, string, W) (T, error)) func(context.Context, *ofCamera[W]) (*output[T], error) {
	return func(ctx context.Context, in *ofCamera[W]) (*output[T], error) {
		return reply(do(s.o.Cameras, ctx, operator(ctx), in.ID, in.Body))
	}
}

func (s *Server) listCameras(ctx context.Context, in *InStation) (*output[list[cameras.VideoCamera]], error) {
	all, err := s.o.Cameras.Cameras(ctx, operator(ctx), in.Station)
	if err != nil {
		return nil, err
	}
	items, next := cut(all, in.Paging, func(c cameras.VideoCamera) string { return c.Station + " " + c.Number + " " + c.ID })
	return page(items, next, nil)
}

type timelineInput struct {
	CameraPath
	From time.Time `query:"from" doc:"Default: an hour before to"`
	To   time.Time `query:"to" doc:"Default: now"`
}

func (s *Server) getTimeline(ctx context.Context, in *timelineInput) (*output[cameras.CameraTimeline], error) {
	return reply(s.o.Cameras.Timeline(ctx, operator(ctx), in.ID, in.From, in.To))
}

// PTZNow says who turns a camera now.
type PTZNow struct {
	Lease *cameras.PTZLease `json:"lease"`
}

func (s *Server) moveCamera(ctx context.Context, in *ofCamera[cameras.PTZMove]) (*output[PTZNow], error) {
	lease, err := s.o.Cameras.Move(ctx, operator(ctx), in.ID, in.Body)
	return reply(PTZNow{lease}, err)
}

type bookmarkPath struct {
	CameraPath
	Bookmark string `path:"bookmark" maxLength:"64"`
}

func (s *Server) removeBookmark(ctx context.Context, in *bookmarkPath) (*nothing, error) {
	return nil, s.o.Cameras.Unmark(ctx, operator(ctx), in.ID, in.Bookmark)
}

type exportPath struct {
	CameraPath
	Export string `path:"export" maxLength:"64"`
}

func (s *Server) getExport(ctx context.Context, in *exportPath) (*output[cameras.CameraExport], error) {
	return reply(s.o.Cameras.FindExport(ctx, operator(ctx), in.ID, in.Export))
}

func (s *Server) listAlarmCameras(ctx context.Context, in *ByID) (*output[cameras.AlarmCameras], error) {
	return reply(s.o.Cameras.OfAlarm(ctx, operator(ctx), in.ID))
}

func (s *Server) listWalls(ctx context.Context, in *InStation) (*output[list[cameras.VideoWall]], error) {
	items, err := s.o.Cameras.Walls(ctx, operator(ctx), in.Station)
	return page(items, "", err)
}

// WallBody is what is said of a wall.
type WallBody struct {
	Name    string             `json:"name" maxLength:"200"`
	Tiles   int                `json:"tiles" enum:"1,4,9,16"`
	Cameras []cameras.WallTile `json:"cameras" maxItems:"16"`
	Shared  bool               `json:"shared,omitempty"`
}

type addWallInput struct {
	Body struct {
		WallBody
		Station string `json:"station" maxLength:"64"`
	}
}

func (s *Server) addWall(ctx context.Context, in *addWallInput) (*output[cameras.VideoWall], error) {
	b := in.Body
	return reply(s.o.Cameras.AddWall(ctx, operator(ctx), cameras.VideoWall{Station: b.Station, Name: b.Name, Tiles: b.Tiles, Cameras: b.Cameras, Shared: b.Shared}))
}

type saveWallInput struct {
	ByID
	Body struct {
		WallBody
		Version int64 `json:"version"`
	}
}

func (s *Server) saveWall(ctx context.Context, in *saveWallInput) (*output[cameras.VideoWall], error) {
	b := in.Body
	return reply(s.o.Cameras.SaveWall(ctx, operator(ctx), cameras.VideoWall{ID: in.ID, Name: b.Name, Tiles: b.Tiles, Cameras: b.Cameras, Shared: b.Shared, Version: b.Version}))
}

type removeWallInput struct {
	ByID
	Version int64 `query:"version" doc:"As it was seen"`
}

func (s *Server) removeWall(ctx context.Context, in *removeWallInput) (*nothing, error) {
	return nil, s.o.Cameras.RemoveWall(ctx, operator(ctx), in.ID, in.Version)
}
