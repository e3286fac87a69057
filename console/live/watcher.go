package live

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"sync"
)

// Watcher is one screen. It may outlive its welcome: Next says so.
type Watcher struct {
	hub    *Hub
	group  *group
	frames chan []byte
	gone   bool
	once   sync.Once
}

// Watch returns a watcher whose first frame is either what it missed since
// cursor, or a snapshot of the whole board; everything after that follows.
// stations is ignored when all is true.
func (h *Hub) Watch(all bool, stations []string, since string) *Watcher {
	h.mu.Lock()
	defer h.mu.Unlock()
	g := &group{all: all, stations: slices.Clone(stations)}
	slices.Sort(g.stations)
	key := g.key()
	w := &Watcher{hub: h, frames: make(chan []byte, h.o.Queue)}
	if h.closed {
		w.gone = true
		close(w.frames)
		return w
	}
	if known, ok := h.groups[key]; ok {
		h.flush(known, h.o.Now(), true) // what waits there is older than this watcher
	}
	if known, ok := h.groups[key]; ok { // the flush may have cut its last watcher
		g = known
	} else {
		g.watchers = map[*Watcher]struct{}{}
		h.groups[key] = g
	}
	w.group = g
	g.watchers[w] = struct{}{}
	first, ok := h.missed(g, since)
	if !ok {
		first = h.snapshot(g)
	}
	w.frames <- first
	return w
}

// missed renders what g would have seen after the cursor; false when the ring
// does not reach back that far.
func (h *Hub) missed(g *group, since string) ([]byte, bool) {
	change, ok := h.parseCursor(since)
	if !ok || change > h.change || change <= h.evicted {
		return nil, false
	}
	frame := []byte(": resumed\n\n")
	for _, s := range h.ring {
		// events without a transaction share the change number before them, so the
		// cursor's own number is sent again: state, not news, may come twice
		if s.change >= change && g.sees(s.event.Station) {
			frame = h.render(frame, s.change, string(s.event.Topic), s.event.Data)
		}
	}
	readings := map[string]json.RawMessage{}
	for key, e := range h.board[Point] {
		if g.sees(e.Station) {
			readings[key] = e.Data
		}
	}
	data, _ := json.Marshal(readings)
	return h.render(frame, h.change, string(Point), data), true
}

// snapshot renders the whole board as g may see it.
func (h *Hub) snapshot(g *group) []byte {
	list := func(t Topic) []json.RawMessage {
		items := []json.RawMessage{}
		for _, e := range h.board[t] {
			if g.sees(e.Station) {
				items = append(items, e.Data)
			}
		}
		return items
	}
	dict := func(t Topic) map[string]json.RawMessage {
		items := map[string]json.RawMessage{}
		for key, e := range h.board[t] {
			if g.sees(e.Station) {
				items[key] = e.Data
			}
		}
		return items
	}
	more := map[Topic][]json.RawMessage{}
	for _, t := range things {
		more[t] = list(t)
	}
	data, err := json.Marshal(map[string]any{
		"things":      more,
		"alarms":      list(Alarm),
		"gateways":    list(Gateway),
		"commands":    list(Command),
		"points":      dict(Point),
		"devices":     dict(Device),
		"server_time": h.o.Now().UTC(),
		"build":       h.o.Build,
		"cursor":      h.cursor(h.change),
	})
	if err != nil { // an event's Data was no JSON: show nothing rather than half
		data = []byte(`{"alarms":[],"gateways":[],"commands":[],"points":{},"devices":{},"things":{},"error":"board unreadable"}`)
	}
	return h.render(nil, h.change, "snapshot", data)
}

// Next waits for frames and returns all that wait as one piece of the stream;
// ok is false when the watcher was cut or ctx ended.
func (w *Watcher) Next(ctx context.Context) (piece []byte, ok bool) {
	var frame []byte
	select {
	case <-ctx.Done():
		return nil, false
	case frame, ok = <-w.frames:
		if !ok {
			return nil, false
		}
	}
	if len(w.frames) == 0 {
		return frame, true
	}
	var b bytes.Buffer
	b.Write(frame)
	for b.Len() < 64<<10 {
		select {
		case more, open := <-w.frames:
			if !open {
				return b.Bytes(), true
			}
			b.Write(more)
		default:
			return b.Bytes(), true
		}
	}
	return b.Bytes(), true
}

// Close ends the watch; it may be called twice.
func (w *Watcher) Close() {
	w.once.Do(func() {
		w.hub.mu.Lock()
		defer w.hub.mu.Unlock()
		w.hub.remove(w)
	})
}
