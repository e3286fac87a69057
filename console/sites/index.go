package sites

import (
	"slices"

	"guardroom/devices"
)

// Where says in which places a point stands; what is not known is empty.
type Where struct {
	Area         string `json:"area"`
	AreaName     string `json:"area_name"`
	Level        string `json:"level"`
	LevelName    string `json:"level_name"`
	Building     string `json:"building"`
	BuildingName string `json:"building_name"`
	Premises     string `json:"premises"`
}

// index answers from memory what alarms, lockdowns and plans ask all the time.
// It is never changed once made.
type index struct {
	site   *Site
	where  map[string]Where // by place
	points map[string][]devices.PointID
}

func newIndex(s *Site) *index {
	ix := &index{site: s, where: make(map[string]Where, len(s.Places)), points: map[string][]devices.PointID{}}
	for id := range s.Places {
		ix.where[id] = s.whereIs(id)
	}
	for point, place := range s.Points {
		for p, ok := s.Places[place]; ok; p, ok = s.Places[p.Parent] {
			ix.points[p.ID] = append(ix.points[p.ID], point)
		}
	}
	for _, list := range ix.points {
		slices.Sort(list)
	}
	return ix
}

func (s *Site) whereIs(place string) Where {
	var w Where
	for p, ok := s.Places[place]; ok; p, ok = s.Places[p.Parent] {
		switch p.Kind {
		case AreaKind:
			w.Area, w.AreaName = p.ID, p.Name
		case Level:
			w.Level, w.LevelName = p.ID, p.Name
		case Building:
			w.Building, w.BuildingName = p.ID, p.Name
		case Premises:
			w.Premises = p.ID
		}
	}
	return w
}

// Where says in which places a point stands, without asking the database. What
// nobody has said is empty.
func (d *Desk) Where(point devices.PointID) Where {
	d.mu.RLock()
	defer d.mu.RUnlock()
	station, ok := d.stationOf[point]
	if !ok {
		return Where{}
	}
	ix := d.indexes[station]
	return ix.where[ix.site.Points[point]]
}

// PointsIn lists the points in a place and in everything below it, without asking
// the database.
func (d *Desk) PointsIn(place string) []devices.PointID {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return slices.Clone(d.find(place).points[place])
}

// PlaceOf returns a place by its id, without asking the database; ok is false
// when there is none.
func (d *Desk) PlaceOf(id string) (p Place, ok bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	ix := d.find(id)
	if ix.site == nil {
		return Place{}, false
	}
	p, ok = ix.site.Places[id]
	return p, ok
}

// Path names a place from the outside in, without asking the database.
func (d *Desk) Path(place string) string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	ix := d.find(place)
	if ix.site == nil {
		return ""
	}
	return ix.site.Path(place)
}

// find returns the index that holds a place, or an empty one. The caller holds
// the lock.
func (d *Desk) find(place string) *index {
	if ix := d.indexes[d.stationOfPlace[place]]; ix != nil {
		return ix
	}
	return &index{}
}

// learn puts a site into memory, unless a newer one is there.
func (d *Desk) learn(s *Site) {
	ix := newIndex(s)
	d.mu.Lock()
	defer d.mu.Unlock()
	if old := d.indexes[s.Station]; old != nil {
		if old.site.Version > s.Version {
			return
		}
		for point := range old.site.Points {
			if d.stationOf[point] == s.Station {
				delete(d.stationOf, point)
			}
		}
		for place := range old.site.Places {
			delete(d.stationOfPlace, place)
		}
	}
	d.indexes[s.Station] = ix
	for point := range s.Points {
		d.stationOf[point] = s.Station
	}
	for place := range s.Places {
		d.stationOfPlace[place] = s.Station
	}
}
