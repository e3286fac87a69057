package live

import (
	"encoding/json"
	"slices"
)

// List returns what stands on the board under topic for a station, by key; for
// all stations when station is empty.
func (h *Hub) List(topic Topic, station string) []json.RawMessage {
	h.mu.Lock()
	defer h.mu.Unlock()
	keys := []string{}
	for key, e := range h.board[topic] {
		if station == "" || e.Station == station {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	list := make([]json.RawMessage, 0, len(keys))
	for _, key := range keys {
		list = append(list, h.board[topic][key].Data)
	}
	return list
}
