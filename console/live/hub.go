// Package live shows the screens what is true now and what changes: a board in
// memory, and a hub that sends each committed change to those who watch.
//
//	store.Write ──commit──▶ Hub.Committed(change, events) ──▶ groups ──▶ watchers (SSE)
//	readings ─────────────▶ Hub.Readings ─────coalesced──▶
//
// A watcher gets the present and the future in one call, with no hole between.
// A slow watcher is cut; nobody waits for it.
package live

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Topic names what an event is about; it is the SSE event name.
type Topic string

// The topics.
const (
	Alarm   Topic = "alarm"
	Point   Topic = "point"
	Device  Topic = "device"
	Gateway Topic = "gateway"
	Command Topic = "command"
)

// The topics of things: whole objects with an id, sent as events of the topic's
// name and, in the snapshot, under "things" by topic.
const (
	Shelf         Topic = "shelf"         // a point's kind, shelved, suppressed by design or out of service
	Flood         Topic = "flood"         // a station in an alarm flood
	Desk          Topic = "desk"          // an operator's desk: who watches which station
	Watch         Topic = "watch"         // how a station's watch is kept
	Cover         Topic = "cover"         // a cover grant
	Impairment    Topic = "impairment"    // a point on test, isolated or disabled
	Lockdown      Topic = "lockdown"      // a lockdown in force
	Posture       Topic = "posture"       // the posture of an area or station
	Call          Topic = "call"          // an intercom that calls
	Approval      Topic = "approval"      // what waits for a second officer
	Investigation Topic = "investigation" // the time in which a pre-alarm is looked into
	Evacuation    Topic = "evacuation"    // a warden board
	Held          Topic = "held"          // a door that is about to stand open too long
	Site          Topic = "site"          // premises or plans changed: read them anew
	Camera        Topic = "camera"        // how a camera's picture is
	Roster        Topic = "roster"        // registers or the roster in force changed: read them anew
	Draft         Topic = "draft"         // a roster in the making was edited
	Planning      Topic = "plan"          // how far the planner has come
	Duty          Topic = "duty"          // the duty board changed
)

var things = []Topic{Shelf, Flood, Desk, Watch, Cover, Impairment, Lockdown, Posture, Call, Approval, Investigation, Evacuation, Held, Site, Camera, Roster, Draft, Planning, Duty}

// Event is one thing on the board as it is after a change. Data is JSON,
// encoded once however many watch.
type Event struct {
	Topic   Topic
	Station string
	Key     string
	Data    json.RawMessage
	Gone    bool // leaves the board with this event: an alarm back to normal, a command that ended
}

// Options of a Hub. Zero values choose the defaults.
type Options struct {
	Build    string
	Ring     int           // events kept for resuming; default 4096
	Queue    int           // frames a watcher may lag behind before it is cut; default 256
	HoldBack time.Duration // how long a missing change number is waited for; default 500 ms
	Beat     time.Duration // default 2 s
	// Skipped is called, in its own goroutine, when a change number was given up
	// on: the board may have missed it and must be read anew (see Reseed).
	Skipped func()
	Now     func() time.Time // time.Now outside tests
}

// Hub holds the board and its watchers.
type Hub struct {
	o Options

	mu      sync.Mutex
	board   map[Topic]map[string]Event
	change  int64                // last change shown
	early   map[int64][]Event    // committed, but an earlier change has not been told yet
	since   time.Time            // when early became non-empty
	ring    []shown              // the last events, for those who resume
	evicted int64                // the newest change that the ring has forgotten something of
	boot    string               // this hub's own; a cursor of another means nothing here
	groups  map[string]*group    // by station filter
	pending map[string]keyedJSON // point key -> newest reading not yet sent
	lost    int64                // how often a change was skipped
	cuts    int64
	closed  bool
	stop    chan struct{}
	done    chan struct{}
}

type keyedJSON struct {
	station string
	data    json.RawMessage
}

type shown struct {
	change int64
	event  Event
}

// group is all watchers with the same filter: a frame is rendered once for all.
type group struct {
	all      bool
	stations []string
	watchers map[*Watcher]struct{}
	frame    []byte // not yet sent
	last     time.Time
}

// New starts a hub whose board stands at change.
func New(change int64, o Options) *Hub {
	if o.Ring == 0 {
		o.Ring = 4096
	}
	if o.Queue == 0 {
		o.Queue = 256
	}
	if o.HoldBack == 0 {
		o.HoldBack = 500 * time.Millisecond
	}
	if o.Beat == 0 {
		o.Beat = 2 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	h := &Hub{
		o: o, change: change, evicted: -1, boot: strconv.FormatInt(o.Now().UnixMicro(), 36),
		board:   map[Topic]map[string]Event{},
		early:   map[int64][]Event{},
		groups:  map[string]*group{},
		pending: map[string]keyedJSON{},
		stop:    make(chan struct{}),
		done:    make(chan struct{}),
	}
	go h.run()
	return h
}

// Seed puts events on the board without telling anybody: the state at start.
func (h *Hub) Seed(events ...Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range events {
		h.put(e)
	}
}

// Committed tells of a committed change. It must be called once for each change
// number, with or without events, in any order: the hub shows them in order.
func (h *Hub) Committed(change int64, events []Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || change <= h.change && len(events) == 0 {
		return
	}
	if change <= h.change { // told after it was given up on: better out of order than never
		h.show(h.change, events)
		return
	}
	if len(h.early) == 0 {
		h.since = h.o.Now()
	}
	h.early[change] = events
	h.drain()
}

// drain shows what is next in order.
func (h *Hub) drain() {
	for {
		events, ok := h.early[h.change+1]
		if !ok {
			return
		}
		delete(h.early, h.change+1)
		h.since = h.o.Now()
		h.change++
		h.show(h.change, events)
	}
}

// skipMissing gives up on a change number that nobody told of: whoever wrote it
// lost the connection at the commit, and does not know. The owner of the store
// is asked to read the board anew.
func (h *Hub) skipMissing() {
	if len(h.early) == 0 || h.o.Now().Sub(h.since) < h.o.HoldBack {
		return
	}
	next := int64(-1)
	for change := range h.early {
		if next < 0 || change < next {
			next = change
		}
	}
	h.lost++
	h.change = next - 1
	h.ring, h.evicted = nil, h.change
	h.drain()
	if h.o.Skipped != nil {
		go h.o.Skipped()
	}
}

// Reseed replaces what the board holds under the topics with events read from
// the store at change or later, and sends everybody a new snapshot.
func (h *Hub) Reseed(change int64, topics []Topic, events []Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	for _, t := range topics {
		delete(h.board, t)
	}
	for _, e := range events {
		h.put(e)
	}
	// What was shown while the store was read may be newer than the read.
	for _, s := range h.ring {
		if s.change > change && slices.Contains(topics, s.event.Topic) {
			h.put(s.event)
		}
	}
	now := h.o.Now()
	for _, g := range h.groups {
		g.frame = append(g.frame, h.snapshot(g)...)
		h.flush(g, now, true)
	}
}

// Now shows events that belong to no transaction, such as a gateway's age.
func (h *Hub) Now(events ...Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.show(h.change, events)
	}
}

// Readings shows the latest values of points, by point id; they are coalesced.
func (h *Hub) Readings(station string, readings map[string]json.RawMessage) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key, data := range readings {
		h.put(Event{Topic: Point, Station: station, Key: key, Data: data})
		h.pending[key] = keyedJSON{station, data}
	}
}

// On returns what stands on the board under topic and key.
func (h *Hub) On(topic Topic, key string) (json.RawMessage, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e, ok := h.board[topic][key]
	return e.Data, ok
}

func (h *Hub) put(e Event) {
	m := h.board[e.Topic]
	if m == nil {
		m = map[string]Event{}
		h.board[e.Topic] = m
	}
	if e.Gone {
		delete(m, e.Key)
		return
	}
	m[e.Key] = e
}

// show puts events on the board and into the frames of those who may see them.
func (h *Hub) show(change int64, events []Event) {
	for _, e := range events {
		h.put(e)
		if len(h.ring) >= h.o.Ring {
			h.evicted = h.ring[h.o.Ring/4-1].change
			h.ring = slices.Delete(h.ring, 0, h.o.Ring/4)
		}
		h.ring = append(h.ring, shown{change, e})
		for _, g := range h.groups {
			if g.sees(e.Station) {
				g.frame = h.render(g.frame, change, string(e.Topic), e.Data)
			}
		}
	}
	if len(events) > 0 {
		now := h.o.Now()
		for _, g := range h.groups {
			h.flush(g, now, false)
		}
	}
}

func (g *group) sees(station string) bool {
	return g.all || station == "" || slices.Contains(g.stations, station)
}

// interval is the shortest time between two frames of a group: a lone reader
// gets each event at once, five hundred get ten frames a second.
func (g *group) interval() time.Duration {
	return min(time.Duration(len(g.watchers))*200*time.Microsecond, 100*time.Millisecond)
}

// flush sends a group's frame when it is due; force sends it whatever the time.
func (h *Hub) flush(g *group, now time.Time, force bool) {
	if len(g.frame) == 0 || !force && now.Sub(g.last) < g.interval() {
		return
	}
	frame := g.frame
	g.frame, g.last = nil, now
	for w := range g.watchers {
		h.push(w, frame)
	}
}

func (h *Hub) push(w *Watcher, frame []byte) {
	select {
	case w.frames <- frame:
	default: // too slow: cut; it comes back with its cursor
		h.cuts++
		h.remove(w)
	}
}

func (h *Hub) remove(w *Watcher) {
	if w.gone {
		return
	}
	w.gone = true
	close(w.frames)
	delete(w.group.watchers, w)
	if len(w.group.watchers) == 0 {
		delete(h.groups, w.group.key())
	}
}

func (g *group) key() string {
	if g.all {
		return "*"
	}
	return strings.Join(g.stations, " ")
}

// run flushes frames that wait, coalesces readings and beats.
func (h *Hub) run() {
	defer close(h.done)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	beat := time.NewTicker(h.o.Beat)
	defer beat.Stop()
	var readings time.Time
	for {
		select {
		case <-h.stop:
			return
		case <-beat.C:
			h.mu.Lock()
			now := h.o.Now()
			data, _ := json.Marshal(map[string]any{"now": now.UTC(), "build": h.o.Build, "cursor": h.cursor(h.change)})
			for _, g := range h.groups {
				g.frame = h.render(g.frame, h.change, "heartbeat", data)
				h.flush(g, now, true)
			}
			h.mu.Unlock()
		case <-tick.C:
			h.mu.Lock()
			h.skipMissing()
			now := h.o.Now()
			if len(h.pending) > 0 && now.Sub(readings) >= 100*time.Millisecond {
				readings = now
				h.showReadings()
			}
			for _, g := range h.groups {
				h.flush(g, now, false)
			}
			h.mu.Unlock()
		}
	}
}

func (h *Hub) showReadings() {
	for _, g := range h.groups {
		mine := map[string]json.RawMessage{}
		for key, r := range h.pending {
			if g.sees(r.station) {
				mine[key] = r.data
			}
		}
		if len(mine) > 0 {
			data, _ := json.Marshal(mine)
			g.frame = h.render(g.frame, h.change, string(Point), data)
		}
	}
	clear(h.pending)
}

// Close cuts every watcher.
func (h *Hub) Close() {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return
	}
	h.closed = true
	for _, g := range h.groups {
		for w := range g.watchers {
			h.remove(w)
		}
	}
	h.mu.Unlock()
	close(h.stop)
	<-h.done
}

// Stats are figures for the metrics page.
type Stats struct {
	Watchers int
	Cuts     int64 // slow watchers cut, ever
	Skipped  int64 // change numbers given up on, ever
	Change   int64
}

// Stats returns the figures as they are now.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := Stats{Cuts: h.cuts, Skipped: h.lost, Change: h.change}
	for _, g := range h.groups {
		s.Watchers += len(g.watchers)
	}
	return s
}

// cursor is opaque to its readers; it begins with a letter so that nobody counts with it.
func (h *Hub) cursor(change int64) string { return "c" + h.boot + "." + strconv.FormatInt(change, 36) }

func (h *Hub) parseCursor(s string) (int64, bool) {
	rest, ok := strings.CutPrefix(s, "c"+h.boot+".")
	if !ok {
		return 0, false
	}
	change, err := strconv.ParseInt(rest, 36, 64)
	return change, err == nil && change >= 0
}

// render appends one SSE event. JSON holds no line break, so data is one line.
func (h *Hub) render(to []byte, change int64, name string, data []byte) []byte {
	to = append(to, "id: "...)
	to = append(to, h.cursor(change)...)
	to = append(to, "\nevent: "...)
	to = append(to, name...)
	to = append(to, "\ndata: "...)
	to = append(to, data...)
	return append(to, "\n\n"...)
}
