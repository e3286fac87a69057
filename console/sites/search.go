package sites

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"guardroom/console/auth"
	"guardroom/devices"
)

// SiteFound is one thing that a search has found, and where it is.
type SiteFound struct {
	What     string `json:"what" enum:"place,point,camera"`
	ID       string `json:"id"`
	Station  string `json:"station"`
	Name     string `json:"name"`
	Kind     Kind   `json:"kind"`     // of a place; else as What says
	Path     string `json:"path"`     // the places around it, from the outside in
	Building string `json:"building"` // with level, the address of the plan; empty when nobody knows
	Level    string `json:"level"`
	Drawn    bool   `json:"drawn"` // it is on the plan of its level

	rank int
}

// maxFound bounds an answer: who sees more than that types another letter.
const maxFound = 50

// Search finds places, points and cameras whose name, number or place holds
// every word of the question. Names that begin with it come first.
func (d *Desk) Search(_ context.Context, by auth.Operator, station, question string) ([]SiteFound, error) {
	allowed, err := by.Scope(auth.SitesRead, station)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(question) > 200 {
		return nil, invalid("q", "at most 200 characters")
	}
	wanted := strings.Fields(strings.ToLower(question))
	if len(wanted) == 0 {
		return []SiteFound{}, nil
	}
	d.mu.RLock()
	searched := make([]*index, 0, len(d.indexes))
	for id, ix := range d.indexes {
		if allowed == nil || slices.Contains(allowed, id) {
			searched = append(searched, ix)
		}
	}
	d.mu.RUnlock()
	list := []SiteFound{}
	for _, ix := range searched {
		list = append(list, ix.places(wanted)...)
		list = append(list, ix.cameras(wanted)...)
	}
	if points, err := d.o.Register.Points(by, station, ""); err == nil { // without the right to see devices there are none
		for _, p := range points {
			if ix := d.indexed(p.Station); ix != nil && (allowed == nil || slices.Contains(allowed, p.Station)) {
				list = append(list, ix.point(wanted, p.ID, p.Name, p.Location)...)
			}
		}
	}
	slices.SortFunc(list, func(a, b SiteFound) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return list[:min(len(list), maxFound)], nil
}

func (d *Desk) indexed(station string) *index {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.indexes[station]
}

// match ranks a thing: 0 when its name begins with the question, 1 when it holds
// it, 2 when the words are spread over name and place; -1 does not fit.
func match(wanted []string, name, around string) int {
	name, around = strings.ToLower(name), strings.ToLower(around)
	for _, w := range wanted {
		if !strings.Contains(name, w) && !strings.Contains(around, w) {
			return -1
		}
	}
	whole := strings.Join(wanted, " ")
	switch {
	case strings.HasPrefix(name, whole):
		return 0
	case strings.Contains(name, whole):
		return 1
	}
	return 2
}

func (ix *index) places(wanted []string) []SiteFound {
	var list []SiteFound
	for _, p := range ix.site.Places {
		path := ix.site.Path(p.Parent)
		if rank := match(wanted, p.Name, path); rank >= 0 {
			w := ix.where[p.ID]
			_, drawn := ix.site.Plans[w.Level]
			list = append(list, SiteFound{
				What: "place", ID: p.ID, Station: p.Station, Name: p.Name, Kind: p.Kind, Path: path, Building: w.Building, Level: w.Level, Drawn: drawn, rank: rank,
			})
		}
	}
	return list
}

func (ix *index) cameras(wanted []string) []SiteFound {
	var list []SiteFound
	for _, c := range ix.site.Cameras {
		path := ix.site.Path(c.Place)
		if rank := match(wanted, c.ID+" "+c.Name, path); rank >= 0 {
			w := ix.where[c.Place]
			drawn := slices.ContainsFunc(ix.site.Plans[w.Level].Cameras, func(v CameraView) bool { return v.Camera == c.ID })
			list = append(list, SiteFound{
				What: "camera", Kind: "camera", ID: c.ID, Station: c.Station, Name: c.Name, Path: path, Building: w.Building, Level: w.Level, Drawn: drawn, rank: rank,
			})
		}
	}
	return list
}

func (ix *index) point(wanted []string, id devices.PointID, name, location string) []SiteFound {
	place := ix.site.Points[id]
	path := ix.site.Path(place)
	rank := match(wanted, name, path+" "+location+" "+string(id))
	if rank < 0 {
		return nil
	}
	w := ix.where[place]
	drawn := slices.ContainsFunc(ix.site.Plans[w.Level].Points, func(x PlanPoint) bool { return x.Point == id })
	return []SiteFound{{
		What: "point", Kind: "point", ID: string(id), Station: ix.site.Station, Name: name, Path: cmp.Or(path, location), Building: w.Building, Level: w.Level, Drawn: drawn, rank: rank,
	}}
}
