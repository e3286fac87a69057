package figures

import (
	"cmp"
	"slices"
	"time"

	"guardroom/devices"
)

// FloodSettings say when a station is in a flood. ISA-18.2: it begins with ten
// alarms in ten minutes and ends below five.
type FloodSettings struct {
	Begin   int `json:"begin" minimum:"2" maximum:"1000"`  // alarms in the window
	End     int `json:"end" minimum:"1" maximum:"999"`     // below this it is over
	Minutes int `json:"minutes" minimum:"1" maximum:"120"` // of the window
}

// DefaultFlood are the settings of a station that has chosen none.
func DefaultFlood() FloodSettings { return FloodSettings{Begin: 10, End: 5, Minutes: 10} }

func (s FloodSettings) check() error {
	switch {
	case s.Begin < 2 || s.Begin > 1000:
		return &InvalidError{"begin", "not between 2 and 1000"}
	case s.End < 1 || s.End >= s.Begin:
		return &InvalidError{"end", "not between 1 and one less than begin"}
	case s.Minutes < 1 || s.Minutes > 120:
		return &InvalidError{"minutes", "not between 1 and 120"}
	}
	return nil
}

func (s FloodSettings) window() time.Duration { return time.Duration(s.Minutes) * time.Minute }

// Cause says what the alarms of a group have in common.
type Cause string

// The causes, in the order in which groups of one size stand.
const (
	CauseLifeSafety Cause = "life_safety"
	CauseChattering Cause = "chattering" // one contact, again and again
	CauseGateway    Cause = "gateway"    // a gateway or device does not answer
	CauseDevice     Cause = "device"
	CauseArea       Cause = "area"
)

// FloodProposal is what could be done about a group. It is never done by itself.
type FloodProposal struct {
	Do      string          `json:"do"` // shelve, look_gateway, look_device, look_area
	Point   devices.PointID `json:"point"`
	Kind    devices.Kind    `json:"kind"`
	Gateway string          `json:"gateway"`
	Name    string          `json:"name"`
}

// FloodGroup is a part of a flood.
type FloodGroup struct {
	Title      string         `json:"title"`
	Area       string         `json:"area"`
	Cause      Cause          `json:"cause"`
	Since      time.Time      `json:"since"`
	Count      int            `json:"count"`
	LifeSafety int            `json:"life_safety"`
	Alarms     []string       `json:"alarms"` // newest first, at most 50
	Proposal   *FloodProposal `json:"proposal"`
}

// Flood is a station in an alarm flood.
type Flood struct {
	ID      string       `json:"id"`
	Station string       `json:"station"`
	Since   time.Time    `json:"since"`
	Rate    int          `json:"rate"`  // alarms in the window
	Total   int          `json:"total"` // since it began
	Peak    int          `json:"peak"`
	Groups  []FloodGroup `json:"groups"`
	Version int          `json:"version"`
}

// watched are the recent alarms of one station. The zero value with settings is
// quiet.
type watched struct {
	settings FloodSettings
	recent   []Event // announced, by time
	dropped  []time.Time
	flood    *Flood
}

// mostRecent bounds what is kept to be grouped; of more only the times count.
const mostRecent = 5000

func (w *watched) add(e Event) {
	w.recent = append(w.recent, e)
	if len(w.recent) >= 2*mostRecent {
		for _, old := range w.recent[:mostRecent] {
			w.dropped = append(w.dropped, old.At)
		}
		w.recent = slices.Delete(w.recent, 0, mostRecent)
	}
	if w.flood != nil {
		w.flood.Total++
	}
}

// rate forgets what lies before the window and counts the rest.
func (w *watched) rate(now time.Time) int {
	behind := now.Add(-w.settings.window())
	w.recent = slices.DeleteFunc(w.recent, func(e Event) bool { return !e.At.After(behind) })
	w.dropped = slices.DeleteFunc(w.dropped, func(at time.Time) bool { return !at.After(behind) })
	return len(w.recent) + len(w.dropped)
}

// judge says what became of the flood at now: begun, ended, or neither.
func (w *watched) judge(station string, now time.Time) (begun, ended bool) {
	rate := w.rate(now)
	switch {
	case w.flood == nil && rate >= w.settings.Begin:
		since := now
		for _, e := range w.recent {
			if e.At.Before(since) {
				since = e.At
			}
		}
		w.flood = &Flood{ID: station, Station: station, Since: since, Total: rate, Version: 1}
		begun = true
	case w.flood != nil && rate < w.settings.End:
		ended = true
	}
	if w.flood != nil {
		w.flood.Rate, w.flood.Peak = rate, max(w.flood.Peak, rate)
		w.flood.Groups = groups(w.recent)
	}
	return begun, ended
}

const (
	chatters   = 3  // raises of one contact in the window that make a group of it
	mostGroups = 20 // shown
	mostNamed  = 50 // alarms of a group
)

// groups parts alarms: life safety by area first, then what chatters, then what a
// lost gateway or device explains, then areas. Every alarm is in one group.
func groups(recent []Event) []FloodGroup {
	lost := map[string]bool{} // gateways and devices that do not answer
	raises := map[PointKey]int{}
	for _, e := range recent {
		raises[PointKey{Point: e.Point, Kind: e.Kind}]++
		switch e.Kind {
		case devices.GatewayLost:
			lost[e.Gateway] = true
		case devices.CommsLost, devices.LifesignStopped:
			lost[e.Gateway+"/"+e.Device] = true
		}
	}
	byKey := map[string]*FloodGroup{}
	var order []string
	for i := range recent {
		e := &recent[i]
		key, g := groupOf(e, raises, lost)
		if byKey[key] == nil {
			byKey[key] = &g
			order = append(order, key)
		}
		byKey[key].take(e)
	}
	all := make([]FloodGroup, 0, len(order))
	for _, key := range order {
		all = append(all, *byKey[key])
	}
	slices.SortStableFunc(all, func(a, b FloodGroup) int {
		return cmp.Or(cmp.Compare(min(b.LifeSafety, 1), min(a.LifeSafety, 1)), cmp.Compare(b.Count, a.Count), a.Since.Compare(b.Since))
	})
	return all[:min(len(all), mostGroups)]
}

func (g *FloodGroup) take(e *Event) {
	g.Count++
	if e.LifeSafety {
		g.LifeSafety++
	}
	if g.Since.IsZero() || e.At.Before(g.Since) {
		g.Since = e.At
	}
	if i := slices.Index(g.Alarms, e.Alarm); i >= 0 {
		g.Alarms = slices.Delete(g.Alarms, i, i+1)
	}
	g.Alarms = slices.Insert(g.Alarms, 0, e.Alarm)
	g.Alarms = g.Alarms[:min(len(g.Alarms), mostNamed)]
}

func groupOf(e *Event, raises map[PointKey]int, lost map[string]bool) (string, FloodGroup) {
	area := cmp.Or(e.AreaName, e.Location, e.DeviceName, e.Gateway)
	device := e.Gateway + "/" + e.Device
	point := cmp.Or(e.PointName, string(e.Point))
	switch {
	case e.LifeSafety:
		return "safety " + area, FloodGroup{Title: area, Area: e.Area, Cause: CauseLifeSafety}
	case raises[PointKey{Point: e.Point, Kind: e.Kind}] >= chatters:
		return "chatter " + string(e.Point) + " " + string(e.Kind), FloodGroup{Title: cmp.Or(e.Location, area) + " · " + point, Area: e.Area, Cause: CauseChattering,
			Proposal: &FloodProposal{Do: "shelve", Point: e.Point, Kind: e.Kind, Gateway: e.Gateway, Name: point}}
	case lost[e.Gateway]:
		return "gateway " + e.Gateway, FloodGroup{Title: e.Gateway, Cause: CauseGateway,
			Proposal: &FloodProposal{Do: "look_gateway", Gateway: e.Gateway, Name: e.Gateway}}
	case lost[device]:
		name := cmp.Or(e.DeviceName, device)
		return "device " + device, FloodGroup{Title: name, Area: e.Area, Cause: CauseDevice,
			Proposal: &FloodProposal{Do: "look_device", Point: e.Point, Gateway: e.Gateway, Name: name}}
	}
	return "area " + area, FloodGroup{Title: area, Area: e.Area, Cause: CauseArea, Proposal: &FloodProposal{Do: "look_area", Gateway: e.Gateway, Name: area}}
}
