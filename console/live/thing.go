package live

import "encoding/json"

// Thing is the event of a whole object with an id; gone takes it off the board.
// What cannot be encoded is shown by its id alone, never dropped.
func Thing(topic Topic, station, id string, object any, gone bool) Event {
	data, err := json.Marshal(object)
	if err != nil || gone {
		data, _ = json.Marshal(map[string]any{"id": id, "station": station, "gone": gone})
	}
	return Event{Topic: topic, Station: station, Key: id, Data: data, Gone: gone}
}
