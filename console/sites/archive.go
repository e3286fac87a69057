package sites

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// A station's file is a ZIP of site.json and the pictures of its plans, as
// drawings/<hash>.svg or .png.

const (
	fileFormat  = "guardroom-site/1"
	documentIn  = "site.json"
	drawingsIn  = "drawings/"
	MaxArchive  = 32 << 20 // bytes, packed
	maxUnpacked = 96 << 20 // bytes, all entries together
	maxDocument = 16 << 20 // bytes of site.json
	maxEntries  = 1_000
	maxFaults   = 200 // rows that a report names
)

// document is site.json.
type document struct {
	Format  string       `json:"format"`
	Station string       `json:"station"`
	Made    time.Time    `json:"made"`
	Places  []Place      `json:"places"`
	Cameras []Camera     `json:"cameras"`
	Points  []PointPlace `json:"points"`
	Plans   []Plan       `json:"plans"`
}

// ImportFault is one row of a file that cannot be taken.
type ImportFault struct {
	List   string `json:"list"` // places, cameras, points, plans, drawings, file
	Row    int    `json:"row"`  // from 1; 0 is the file itself
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// ImportReport says what an import did, or would do.
type ImportReport struct {
	DryRun   bool          `json:"dry_run"`
	Done     bool          `json:"done"` // the station is as the file says
	Faults   []ImportFault `json:"faults"`
	Hidden   int           `json:"hidden"` // further faults
	Places   ImportCounts  `json:"places"`
	Cameras  ImportCounts  `json:"cameras"`
	Points   ImportCounts  `json:"points"`
	Plans    ImportCounts  `json:"plans"`
	Drawings int           `json:"drawings"`
}

// ImportCounts compares a file with what is there.
type ImportCounts struct {
	InFile  int `json:"in_file"`
	Added   int `json:"added"`
	Changed int `json:"changed"`
	Removed int `json:"removed"`
}

// Export writes the whole site of a station to a file.
func (d *Desk) Export(ctx context.Context, by auth.Operator, station string, to io.Writer) error {
	if err := d.reads(by, station); err != nil {
		return err
	}
	site := d.snapshot(station)
	doc := document{Format: fileFormat, Station: station, Made: d.o.Now().UTC().Truncate(time.Second), Places: site.Ordered()}
	view := site.overview()
	doc.Cameras, doc.Points = view.Cameras, view.Points
	for _, place := range doc.Places {
		if plan, ok := site.Plans[place.ID]; ok {
			doc.Plans = append(doc.Plans, plan)
		}
	}
	out := zip.NewWriter(to)
	w, err := out.Create(documentIn)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	if err := enc.Encode(doc); err != nil {
		return err
	}
	written := map[string]bool{}
	for _, plan := range doc.Plans {
		if plan.Drawing == nil || written[plan.Drawing.Hash] {
			continue
		}
		written[plan.Drawing.Hash] = true
		p, err := d.o.Store.Picture(ctx, station, plan.Drawing.Hash)
		if err != nil {
			return fmt.Errorf("drawing of %s: %w", site.Path(plan.Level), err)
		}
		w, err := out.Create(drawingsIn + p.Hash + "." + p.Kind)
		if err == nil {
			_, err = w.Write(p.Data)
		}
		if err != nil {
			return err
		}
	}
	return out.Close()
}

// ImportOptions of Import.
type ImportOptions struct {
	DryRun   bool
	Gateways map[string]string // a gateway in the file -> the one that stands for it here
	LeaveOut bool              // points of gateways that are not this station's are left out, not refused
}

// Import makes a station's site what a file says, wholly or not at all. A dry run
// says what would be done. Rows that cannot be taken are in the report; the error
// is for what is no file of ours, and for missing rights.
func (d *Desk) Import(ctx context.Context, by auth.Operator, station string, data []byte, o ImportOptions) (ImportReport, error) {
	if err := by.May(auth.SitesEdit, station); err != nil {
		return ImportReport{}, err
	}
	if _, known := d.o.Register.Station(station); !known {
		return ImportReport{}, fmt.Errorf("station %.64s: %w", station, ErrNotFound)
	}
	d.pictures.Lock()
	file, err := readArchive(data)
	d.pictures.Unlock()
	if err != nil {
		return ImportReport{}, err
	}
	build := &builder{file: file, station: station, o: o, owned: d.owned(station), elsewhere: d.elsewhere(station)}
	report := ImportReport{DryRun: o.DryRun, Drawings: len(file.pictures)}
	tried := build.onto(d.snapshot(station).Clone(), by, d.o.Now().UTC(), &report)
	if o.DryRun || len(report.Faults) > 0 || tried == nil {
		return report, nil
	}
	for i := range file.pictures {
		file.pictures[i].Station, file.pictures[i].Uploaded = station, d.o.Now().UTC()
	}
	site, err := d.o.Store.Import(ctx, station, file.pictures, func(s *Site, now time.Time) (audit.Entry, error) {
		report = ImportReport{Drawings: len(file.pictures)}
		made := build.onto(s.Clone(), by, now, &report)
		if made == nil {
			return audit.Entry{}, invalid("file", "%s", report.Faults[0].Reason)
		}
		s.Places, s.Points, s.Cameras, s.Plans = made.Places, made.Points, made.Cameras, made.Plans
		return audit.By(by, station, "site.import", "station:"+station, map[string]string{
			"from": file.doc.Station, "places": strconv.Itoa(len(made.Places)), "points": strconv.Itoa(len(made.Points)),
			"cameras": strconv.Itoa(len(made.Cameras)), "plans": strconv.Itoa(len(made.Plans)),
		}), nil
	})
	if err != nil {
		return ImportReport{}, err
	}
	d.learn(site)
	report.Done = true
	return report, nil
}

// elsewhere reports whether a place's id is in use at another station.
func (d *Desk) elsewhere(station string) func(place string) bool {
	return func(place string) bool {
		p, known := d.PlaceOf(place)
		return known && p.Station != station
	}
}

// archive is a file that was read whole.
type archive struct {
	doc      document
	pictures []Picture
	renamed  map[string]Picture // by the hash that the file names them with
	faults   []ImportFault
}

func readArchive(data []byte) (*archive, error) {
	if len(data) > MaxArchive {
		return nil, invalid("file", "is above %d MB", MaxArchive>>20)
	}
	zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, invalid("file", "is not a ZIP: %v", err)
	}
	if len(zr.File) > maxEntries {
		return nil, invalid("file", "holds %d entries; at most %d", len(zr.File), maxEntries)
	}
	a := &archive{renamed: map[string]Picture{}}
	room, found := int64(maxUnpacked), false
	for i, f := range zr.File {
		limit := int64(MaxPicture)
		if f.Name == documentIn {
			limit = maxDocument
		}
		content, err := unpack(f, min(limit, room))
		if err != nil {
			return nil, invalid("file", "%.80q: %v", f.Name, err)
		}
		room -= int64(len(content))
		switch {
		case f.Name == documentIn && !found:
			found = true
			if err := json.Unmarshal(content, &a.doc); err != nil {
				return nil, invalid("file", "%s: %v", documentIn, err)
			}
		case strings.HasPrefix(f.Name, drawingsIn) && !strings.HasSuffix(f.Name, "/"):
			a.picture(i+1, f.Name, content)
		}
	}
	switch {
	case !found:
		return nil, invalid("file", "holds no %s: it is no site of this program", documentIn)
	case a.doc.Format != fileFormat:
		return nil, invalid("file", "is written as %.40q; this program reads %s", a.doc.Format, fileFormat)
	}
	return a, nil
}

func unpack(f *zip.File, limit int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // it was read to its end, or is given up
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = errors.New("is too large when unpacked")
	}
	return content, err
}

// picture rebuilds a picture, as if it had been uploaded.
func (a *archive) picture(row int, name string, content []byte) {
	hash, _, _ := strings.Cut(strings.TrimPrefix(name, drawingsIn), ".")
	p, err := ReadPicture(content)
	if err != nil {
		a.faults = append(a.faults, ImportFault{List: "drawings", Row: row, Name: clip(name), Reason: reason(err)})
		return
	}
	if _, twice := a.renamed[hash]; twice {
		return
	}
	a.renamed[hash] = p
	if !slices.ContainsFunc(a.pictures, func(o Picture) bool { return o.Hash == p.Hash }) {
		a.pictures = append(a.pictures, p)
	}
}

func clip(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}

func reason(err error) string {
	var wrong *InvalidError
	if errors.As(err, &wrong) {
		return wrong.Field + ": " + wrong.Reason
	}
	return err.Error()
}

// builder makes the site that a file describes.
type builder struct {
	file      *archive
	station   string
	o         ImportOptions
	owned     func(gateway string) bool
	elsewhere func(place string) bool

	ids   map[string]string          // of the file -> of the site
	known map[devices.PointID]string // bound at this station already
}

// onto builds the site and compares it with now; nil when a row cannot be taken.
func (b *builder) onto(now *Site, by auth.Operator, at time.Time, report *ImportReport) *Site {
	b.known = now.Points
	if b.ids == nil {
		b.ids = map[string]string{}
	}
	made := Empty(b.station)
	made.Version, made.signed = now.Version, now.signed
	faults := slices.Clone(b.file.faults)
	fault := func(list string, row int, name string, err error) {
		faults = append(faults, ImportFault{List: list, Row: row, Name: clip(name), Reason: reason(err)})
	}
	b.places(made, now, fault)
	b.cameras(made, now, fault)
	b.points(made, fault)
	b.plans(made, now, by, at, fault)
	report.Faults, report.Hidden = faults[:min(len(faults), maxFaults)], max(0, len(faults)-maxFaults)
	if report.Faults == nil {
		report.Faults = []ImportFault{}
	}
	doc := &b.file.doc
	report.Places = count(len(doc.Places), now.Places, made.Places, func(a, b Place) bool { return a == b })
	report.Cameras = count(len(doc.Cameras), now.Cameras, made.Cameras, func(a, b Camera) bool { return a == b })
	report.Points = count(len(doc.Points), now.Points, made.Points, func(a, b string) bool { return a == b })
	report.Plans = count(len(doc.Plans), now.Plans, made.Plans, func(a, b Plan) bool { return len(Differences(a, b)) == 0 })
	if len(faults) > 0 {
		return nil
	}
	return made
}

func count[K comparable, V any](inFile int, before, after map[K]V, same func(a, b V) bool) ImportCounts {
	c := ImportCounts{InFile: inFile}
	for k, v := range after {
		switch old, was := before[k]; {
		case !was:
			c.Added++
		case !same(old, v):
			c.Changed++
		}
	}
	for k := range before {
		if _, is := after[k]; !is {
			c.Removed++
		}
	}
	return c
}

// id is the id that a place of the file has here: its own, or a new one when
// another station has it.
func (b *builder) id(id string) string {
	if id == "" {
		return ""
	}
	if b.ids[id] == "" {
		b.ids[id] = id
		if b.file.doc.Station != b.station || b.elsewhere(id) {
			b.ids[id] = auth.NewID()
		}
	}
	return b.ids[id]
}

type faultFunc func(list string, row int, name string, err error)

func (b *builder) places(made, now *Site, fault faultFunc) {
	for i, p := range b.file.doc.Places {
		if !validPlaceID(p.ID) {
			fault("places", i+1, p.Name, invalid("id", "is not a UUID"))
			continue
		}
		p.ID, p.Parent = b.id(p.ID), b.id(p.Parent)
		added, err := made.AddPlace(p)
		if err != nil {
			fault("places", i+1, p.Name, err)
			continue
		}
		old, was := now.Places[p.ID]
		if was {
			added.Version = old.Version
			if added != old {
				added.Version++
			}
			made.Places[p.ID] = added
		}
	}
}

func (b *builder) cameras(made, now *Site, fault faultFunc) {
	for i, c := range b.file.doc.Cameras {
		c.Place = b.id(c.Place)
		saved, err := made.SaveCamera(c, 0)
		if err != nil {
			fault("cameras", i+1, cmp.Or(c.Name, c.ID), err)
			continue
		}
		if old, was := now.Cameras[c.ID]; was {
			saved.Version = old.Version
			if saved != old {
				saved.Version++
			}
			made.Cameras[c.ID] = saved
		}
	}
}

// here is the point of this station that stands for one of the file; ok is false
// when it is left out.
func (b *builder) here(point devices.PointID) (devices.PointID, bool, error) {
	if err := point.Validate(); err != nil {
		return "", false, invalid("point", "is not the id of a point")
	}
	if to, ok := b.o.Gateways[point.Gateway()]; ok {
		point = devices.PointID(to + "/" + point.Local())
	}
	if _, known := b.known[point]; !known && !b.owned(point.Gateway()) {
		if b.o.LeaveOut {
			return "", false, nil
		}
		return "", false, invalid("point", "gateway %s is none of this station", point.Gateway())
	}
	return point, true, nil
}

func (b *builder) points(made *Site, fault faultFunc) {
	for i, one := range b.file.doc.Points {
		point, ok, err := b.here(one.Point)
		if ok {
			if _, twice := made.Points[point]; twice {
				err = invalid("point", "stands there twice")
			} else {
				err = made.Bind([]PointPlace{{point, b.id(one.Place)}})
			}
		}
		if err != nil {
			fault("points", i+1, string(one.Point), err)
		}
	}
}

func (b *builder) plans(made, now *Site, by auth.Operator, at time.Time, fault faultFunc) {
	for i, p := range b.file.doc.Plans {
		name := made.Path(b.id(p.Level))
		plan, err := b.plan(p)
		old, was := now.Plans[plan.Level]
		if err == nil && made.Plans[plan.Level].Version != 0 {
			err = invalid("level", "has two plans in the file")
		}
		if err == nil {
			plan.Version = 0
			plan.SavedAt, plan.SavedBy, plan.SavedByName = at, by.ID, by.Name
			plan, err = made.SavePlan(plan)
		}
		if err != nil {
			fault("plans", i+1, name, err)
			continue
		}
		if was && len(Differences(old, plan)) == 0 {
			plan = old
		} else if was {
			plan.Version = old.Version + 1
		}
		made.Plans[plan.Level] = plan
	}
}

// plan translates the ids of a plan of the file. Areas must be in the file's list
// of places: a plan makes none here.
func (b *builder) plan(p Plan) (Plan, error) {
	p = p.own(b.station)
	p.Level = b.id(p.Level)
	for i := range p.Areas {
		if !slices.ContainsFunc(b.file.doc.Places, func(o Place) bool { return o.ID == p.Areas[i].Place }) {
			return p, invalid(fmt.Sprintf("areas.%d.place", i), "is not in the list of places")
		}
		p.Areas[i].Place = b.id(p.Areas[i].Place)
	}
	kept := p.Points[:0]
	for i, x := range p.Points {
		point, ok, err := b.here(x.Point)
		if err != nil {
			return p, under(fmt.Sprintf("points.%d", i), err)
		}
		if x.Point, x.Place = point, b.id(x.Place); ok {
			kept = append(kept, x)
		}
	}
	p.Points = kept
	for i := range p.Cameras {
		p.Cameras[i].Place = b.id(p.Cameras[i].Place)
	}
	if p.Drawing != nil {
		picture, ok := b.file.renamed[p.Drawing.Hash]
		if !ok {
			return p, invalid("drawing", "its picture is not in the file")
		}
		drawing := *p.Drawing
		drawing.Hash, drawing.Kind = picture.Hash, picture.Kind
		p.Drawing = &drawing
	}
	return p, nil
}
