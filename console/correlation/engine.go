package correlation

import (
	"cmp"
	"slices"
	"time"

	"guardroom/devices"
)

// Signal is a signal of the journal with where it comes from.
type Signal struct {
	ID         int64             `json:"id"` // of the journal
	Station    string            `json:"station"`
	Point      devices.PointID   `json:"point"`
	PointName  string            `json:"point_name"`
	Kind       devices.Kind      `json:"kind"`
	Active     bool              `json:"active"`
	Detail     map[string]string `json:"detail"`
	Observed   time.Time         `json:"observed"`
	Received   time.Time         `json:"received"`
	Historical bool              `json:"historical"`
	Area       string            `json:"area"`
	AreaName   string            `json:"area_name"`
	Category   string            `json:"category"`
}

// Hit is a set of signals that fit a rule, in the order in which they were observed.
type Hit struct {
	Trigger int64     `json:"trigger"` // id of the signal with which it was complete
	Group   string    `json:"group"`
	At      time.Time `json:"at"`   // of the last of them, observed
	Late    bool      `json:"late"` // not news: one of them was replayed
	Signals []Signal  `json:"signals"`
}

// Horizon is how much later than another a signal may come in and still be
// judged together with it: signals are judged by the time observed, however
// late and in whatever order they come, but nothing waits for ever.
const Horizon = 24 * time.Hour

// Bounds of what an engine keeps.
const (
	mostInGroup = 1000
	mostKept    = 100_000
)

// Engine runs one rule over signals in the order of the journal. What it finds
// depends on the signals alone: not on how they are parted into batches, and
// not on restarts, when Restore is given what was kept before.
//
// A signal counts in one hit. So a fourth refusal begins a new count.
type Engine struct {
	logic  Logic
	groups map[string][]entry // unconsumed, by observed
	kept   int
	taken  int
	newest time.Time // received
}

type entry struct {
	Signal
	first, second bool // which matches it fits
}

// NewEngine starts without any signal. The logic must have been checked.
func NewEngine(l Logic) *Engine { return &Engine{logic: l, groups: map[string][]entry{}} }

// Take considers the next signal and returns the hit that it completes, or nil.
func (e *Engine) Take(s Signal) *Hit {
	one, group := e.see(s)
	if group == "" {
		return nil
	}
	near := e.near(group, one)
	var found []entry
	if e.logic.Pattern == Count {
		found = e.enough(near, one)
	} else {
		found = e.pair(near, one)
	}
	if found == nil {
		e.put(group, one)
		return nil
	}
	hit := &Hit{Trigger: s.ID, Group: group, Signals: make([]Signal, 0, len(found))}
	for _, f := range found {
		hit.Signals = append(hit.Signals, f.Signal)
		hit.Late = hit.Late || f.Historical
		if f.Observed.After(hit.At) {
			hit.At = f.Observed
		}
		if f.ID != s.ID {
			e.drop(group, f.ID)
		}
	}
	return hit
}

// Restore keeps a signal that was taken before and is in no hit.
func (e *Engine) Restore(s Signal) {
	if one, group := e.see(s); group != "" {
		e.put(group, one)
	}
}

// Pass moves the time on for a signal that was taken before and is in a hit.
func (e *Engine) Pass(s Signal) { e.see(s) }

func (e *Engine) see(s Signal) (one entry, group string) {
	one = entry{Signal: s, first: e.logic.Match.fits(&s), second: e.logic.Then != nil && e.logic.Then.fits(&s)}
	if !one.first && !one.second {
		return one, ""
	}
	if s.Received.After(e.newest) {
		e.newest = s.Received
	}
	if e.taken++; e.taken%10_000 == 0 {
		e.sweep()
	}
	return one, e.logic.group(&s)
}

func (e *Engine) within() time.Duration { return time.Duration(e.logic.Within) * time.Second }

// near lists the entries of the group that can be judged together with one, in
// the order observed.
func (e *Engine) near(group string, one entry) []entry {
	var near []entry
	for _, other := range e.groups[group] {
		apart := one.Observed.Sub(other.Observed).Abs()
		if apart <= e.within() && !other.Received.Before(e.newest.Add(-Horizon)) {
			near = append(near, other)
		}
	}
	return near
}

// enough finds the earliest run of Count entries within the time that holds one.
func (e *Engine) enough(near []entry, one entry) []entry {
	all := insert(slices.Clone(near), one)
	at := slices.IndexFunc(all, func(x entry) bool { return x.ID == one.ID })
	for from := max(0, at-e.logic.Count+1); from <= at && from+e.logic.Count <= len(all); from++ {
		run := all[from : from+e.logic.Count]
		if run[len(run)-1].Observed.Sub(run[0].Observed) <= e.within() {
			return run
		}
	}
	return nil
}

// pair finds the nearest partner of one.
func (e *Engine) pair(near []entry, one entry) []entry {
	var best *entry
	for i := range near {
		other := &near[i]
		ordered := one.second && other.first && !other.Observed.After(one.Observed) || one.first && other.second && !one.Observed.After(other.Observed)
		either := e.logic.AnyOrder && (one.second && other.first || one.first && other.second)
		if !ordered && !either {
			continue
		}
		if best == nil || one.Observed.Sub(other.Observed).Abs() < one.Observed.Sub(best.Observed).Abs() {
			best = other
		}
	}
	if best == nil {
		return nil
	}
	return insert([]entry{*best}, one)
}

// insert keeps the order of observed, then of the journal.
func insert(list []entry, one entry) []entry {
	at, _ := slices.BinarySearchFunc(list, one, func(a, b entry) int {
		return cmp.Or(a.Observed.Compare(b.Observed), cmp.Compare(a.ID, b.ID))
	})
	return slices.Insert(list, at, one)
}

func (e *Engine) put(group string, one entry) {
	list := insert(e.groups[group], one)
	e.kept++
	if len(list) > mostInGroup {
		list = withoutEldest(list)
		e.kept--
	}
	e.groups[group] = list
	if e.kept > mostKept {
		e.sweep()
	}
}

func withoutEldest(list []entry) []entry {
	eldest := 0
	for i := range list {
		if list[i].ID < list[eldest].ID {
			eldest = i
		}
	}
	return slices.Delete(list, eldest, eldest+1)
}

func (e *Engine) drop(group string, id int64) {
	list := slices.DeleteFunc(e.groups[group], func(x entry) bool { return x.ID == id })
	e.kept -= len(e.groups[group]) - len(list)
	e.set(group, list)
}

func (e *Engine) set(group string, list []entry) {
	if len(list) == 0 {
		delete(e.groups, group)
		return
	}
	e.groups[group] = list
}

// sweep forgets what is behind the horizon, and then, when there is still too
// much, the groups that have been quiet longest.
func (e *Engine) sweep() {
	behind := e.newest.Add(-Horizon)
	e.kept = 0
	type last struct {
		group string
		id    int64
	}
	var quiet []last
	for group, list := range e.groups {
		list = slices.DeleteFunc(list, func(x entry) bool { return x.Received.Before(behind) })
		e.set(group, list)
		e.kept += len(list)
		if len(list) > 0 {
			newest := slices.MaxFunc(list, func(a, b entry) int { return cmp.Compare(a.ID, b.ID) })
			quiet = append(quiet, last{group, newest.ID})
		}
	}
	if e.kept <= mostKept {
		return
	}
	slices.SortFunc(quiet, func(a, b last) int { return cmp.Compare(a.id, b.id) })
	for _, q := range quiet {
		if e.kept <= mostKept*9/10 {
			return
		}
		e.kept -= len(e.groups[q.group])
		delete(e.groups, q.group)
	}
}
