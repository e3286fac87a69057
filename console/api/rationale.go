package api

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"guardroom/console/auth"
	"guardroom/console/rationale"
	"guardroom/console/reports"
	"guardroom/devices"
)

// rationaleDesk is what these routes need of the console.
type rationaleDesk interface {
	List(ctx context.Context, by auth.Operator, f rationale.Filter) ([]rationale.RationaleRow, error)
	Of(ctx context.Context, by auth.Operator, k rationale.Key) (rationale.RationaleRow, error)
	Set(ctx context.Context, by auth.Operator, station string, changes []rationale.Change) (rationale.RationaleOutcome, error)
	Changes(ctx context.Context, by auth.Operator, q rationale.ChangesQuery) ([]rationale.RationaleChange, error)
	Export(ctx context.Context, by auth.Operator, f rationale.Filter, format reports.Format, to *bytes.Buffer) error
	Import(ctx context.Context, by auth.Operator, station string, data []byte, dryRun bool) (rationale.RationaleImport, error)
	Doors(ctx context.Context, by auth.Operator, station string, now time.Time) ([]rationale.DoorTime, error)
	SetDoors(ctx context.Context, by auth.Operator, station string, doors []rationale.DoorTime) error
}

func (s *Server) rationaleRoutes() {
	route(s, http.MethodGet, "/rationale", "list-rationale", "What was thought out of each point's alarms", 200, s.listRationale)
	route(s, http.MethodPost, "/rationale", "set-rationale", "Set many at once, all of them or none", 200, s.setRationale)
	route(s, http.MethodGet, "/rationale/of", "get-rationale", "What counts for one kind of a point", 200, s.getRationale)
	route(s, http.MethodGet, "/rationale/changes", "list-rationale-changes", "Who changed what, newest first", 200, s.listRationaleChanges)
	route(s, http.MethodGet, "/rationale/file", "export-rationale", "The table as CSV or XLSX", 200, s.exportRationale)
	route(s, http.MethodPost, "/rationale/file", "import-rationale", "Set from a table, as a dry run or for good", 200, s.importRationale)
	route(s, http.MethodGet, "/door-times", "list-door-times", "How long doors may stand open", 200, s.listDoorTimes)
	route(s, http.MethodPost, "/door-times", "set-door-times", "Set doors, all of them or none", 200, s.setDoorTimes)
}

// RationaleFilter chooses rows of the rationalisation.
type RationaleFilter struct {
	Station string          `query:"station" required:"true" maxLength:"64"`
	Area    string          `query:"area" maxLength:"64"`
	Device  string          `query:"device" maxLength:"129" doc:"<gateway>/<device>"`
	Point   devices.PointID `query:"point" maxLength:"200"`
	Kind    devices.Kind    `query:"kind" maxLength:"64"`
	Text    string          `query:"q" maxLength:"200"`
	Only    rationale.Only  `query:"only" enum:"missing,default,own"`
}

func (in RationaleFilter) filter() rationale.Filter {
	return rationale.Filter{Station: in.Station, Area: in.Area, Device: in.Device, Point: in.Point, Kind: in.Kind, Text: in.Text, Only: in.Only}
}

type listRationaleInput struct {
	RationaleFilter
	Paging
}

func (s *Server) listRationale(ctx context.Context, in *listRationaleInput) (*output[list[rationale.RationaleRow]], error) {
	all, err := s.o.Rationale.List(ctx, operator(ctx), in.filter())
	// The separator sorts below every character of an id, so that the cursor keeps the order.
	items, next := cut(all, in.Paging, func(r rationale.RationaleRow) string {
		return r.Device + "\x01" + string(r.Point) + "\x01" + string(r.Kind)
	})
	return page(items, next, err)
}

type getRationaleInput struct {
	Point devices.PointID `query:"point" required:"true" maxLength:"200"`
	Kind  devices.Kind    `query:"kind" required:"true" maxLength:"64"`
}

func (s *Server) getRationale(ctx context.Context, in *getRationaleInput) (*output[rationale.RationaleRow], error) {
	return reply(s.o.Rationale.Of(ctx, operator(ctx), rationale.Key{Point: in.Point, Kind: in.Kind}))
}

// RationaleSetting is what shall be set under a point and kind; an empty kind is
// all kinds of the point. What is left out stays; zero or empty unsets.
type RationaleSetting struct {
	Point         devices.PointID `json:"point" maxLength:"200"`
	Kind          devices.Kind    `json:"kind" maxLength:"64"`
	Version       int64           `json:"version" minimum:"0" doc:"As seen; 0 when nothing was set yet"`
	Priority      *int            `json:"priority,omitempty"`
	Cause         *string         `json:"cause,omitempty" maxLength:"8000"`
	Consequence   *string         `json:"consequence,omitempty" maxLength:"8000"`
	Response      *string         `json:"response,omitempty" maxLength:"8000"`
	RespondWithin *int            `json:"respond_within,omitempty" doc:"Seconds"`
	FinishWithin  *int            `json:"finish_within,omitempty" doc:"Seconds"`
	Cameras       *[]string       `json:"cameras,omitempty"`
	Procedure     *string         `json:"procedure,omitempty" maxLength:"8000"`
	OnDelayMS     *int            `json:"on_delay_ms,omitempty"`
	OffDelayMS    *int            `json:"off_delay_ms,omitempty"`
	Deadband      *float64        `json:"deadband,omitempty" doc:"Refused here, with the place where it can be set"`
}

func (c RationaleSetting) change() rationale.Change {
	return rationale.Change{
		Key: rationale.Key{Point: c.Point, Kind: c.Kind}, Version: c.Version, Priority: c.Priority, Cause: c.Cause, Consequence: c.Consequence,
		Response: c.Response, RespondWithin: c.RespondWithin, FinishWithin: c.FinishWithin, Cameras: c.Cameras, Procedure: c.Procedure,
		OnDelayMS: c.OnDelayMS, OffDelayMS: c.OffDelayMS, Deadband: c.Deadband,
	}
}

type setRationaleInput struct {
	Body struct {
		Station string             `json:"station" maxLength:"64"`
		Items   []RationaleSetting `json:"items" minItems:"1" maxItems:"5000"`
	}
}

func (s *Server) setRationale(ctx context.Context, in *setRationaleInput) (*output[rationale.RationaleOutcome], error) {
	changes := make([]rationale.Change, 0, len(in.Body.Items))
	for _, c := range in.Body.Items {
		changes = append(changes, c.change())
	}
	return reply(s.o.Rationale.Set(ctx, operator(ctx), in.Body.Station, changes))
}

type listRationaleChangesInput struct {
	Station string          `query:"station" required:"true" maxLength:"64"`
	Point   devices.PointID `query:"point" maxLength:"200"`
	Before  int64           `query:"before" minimum:"0" doc:"id of the last one seen"`
	Limit   int             `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

func (s *Server) listRationaleChanges(ctx context.Context, in *listRationaleChangesInput) (*output[list[rationale.RationaleChange]], error) {
	found, err := s.o.Rationale.Changes(ctx, operator(ctx), rationale.ChangesQuery{Station: in.Station, Point: in.Point, Limit: in.Limit, Before: in.Before})
	return page(found, "", err)
}

// file is an answer that is kept as a file.
type file struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func fileOf(name string, format reports.Format, data *bytes.Buffer) *file {
	return &file{Type: format.Type(), Disposition: `attachment; filename="` + name + "." + string(format) + `"`, Body: data.Bytes()}
}

type exportRationaleInput struct {
	RationaleFilter
	Format reports.Format `query:"format" enum:"csv,xlsx" default:"xlsx"`
}

func (s *Server) exportRationale(ctx context.Context, in *exportRationaleInput) (*file, error) {
	var out bytes.Buffer
	if err := s.o.Rationale.Export(ctx, operator(ctx), in.filter(), in.Format, &out); err != nil {
		return nil, err
	}
	return fileOf("rationale-"+in.Station, in.Format, &out), nil
}

type importRationaleInput struct {
	Body struct {
		Station string `json:"station" maxLength:"64"`
		File    []byte `json:"file" doc:"CSV or XLSX, base64"`
		DryRun  bool   `json:"dry_run"`
	}
}

func (s *Server) importRationale(ctx context.Context, in *importRationaleInput) (*output[rationale.RationaleImport], error) {
	return reply(s.o.Rationale.Import(ctx, operator(ctx), in.Body.Station, in.Body.File, in.Body.DryRun))
}

// InOneStation is a query about one station.
type InOneStation struct {
	Station string `query:"station" required:"true" maxLength:"64"`
}

func (s *Server) listDoorTimes(ctx context.Context, in *InOneStation) (*output[list[rationale.DoorTime]], error) {
	doors, err := s.o.Rationale.Doors(ctx, operator(ctx), in.Station, s.o.Now())
	return page(doors, "", err)
}

// DoorSetting is how long a door may stand open.
type DoorSetting struct {
	Point     devices.PointID       `json:"point" maxLength:"200"`
	Class     rationale.Class       `json:"class" enum:"inside,entrance,dock,unsupervised"`
	HeldAfter int                   `json:"held_after" doc:"Seconds; 0 takes the class's own"`
	Warn      int                   `json:"warn" doc:"Seconds before; 0 is ten"`
	Hours     []rationale.DoorHours `json:"hours" maxItems:"20"`
	Version   int64                 `json:"version" minimum:"0"`
}

type setDoorTimesInput struct {
	Body struct {
		Station string        `json:"station" maxLength:"64"`
		Items   []DoorSetting `json:"items" minItems:"1" maxItems:"500"`
	}
}

func (s *Server) setDoorTimes(ctx context.Context, in *setDoorTimesInput) (*output[list[rationale.DoorTime]], error) {
	doors := make([]rationale.DoorTime, 0, len(in.Body.Items))
	for _, d := range in.Body.Items {
		doors = append(doors, rationale.DoorTime{Point: d.Point, Class: d.Class, HeldAfter: d.HeldAfter, Warn: d.Warn, Hours: d.Hours, Version: d.Version})
	}
	if err := s.o.Rationale.SetDoors(ctx, operator(ctx), in.Body.Station, doors); err != nil {
		return nil, err
	}
	return s.listDoorTimes(ctx, &InOneStation{Station: in.Body.Station})
}
