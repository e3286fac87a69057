package door

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

// FuzzRequest: no request makes a handler panic, and every answer is JSON.
func FuzzRequest(f *testing.F) {
	for _, body := range []string{
		`{"device-id":405419896,"door":1,"card-number":5}`, `{"door":255,"control":"controlled"}`, `{"event-index":"last","count":99}`,
		`{"event-index":{"a":[]}}`, `{"door":4,"delay":0}`, `{"enabled":false}`, `{"card-number":4294967295}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var r request
		if json.Unmarshal(body, &r) != nil {
			return
		}
		c := quiet()
		for topic, h := range handlers {
			answer, err := h.obey(c, r)
			if err != nil {
				if ours := (*problem)(nil); !errors.As(err, &ours) {
					t.Errorf("%s: %v", topic, err)
				}
				continue
			}
			if _, err := json.Marshal(answer); err != nil {
				t.Errorf("%s: %v", topic, err)
			}
		}
	})
}

// quiet is a controller that nobody runs and that publishes nothing.
func quiet() *Controller {
	o := Options{Serial: 405419896, Broker: "tcp://127.0.0.1:1", Cards: []Card{{Number: 5, Doors: []int{1}}}}
	if err := o.fill(); err != nil {
		panic(err)
	}
	o.Now = func() time.Time { return time.Unix(0, 0) }
	c := &Controller{o: o, feed: make(chan struct{}, 1), now: Snapshot{Special: true, Doors: make([]Leaf, o.Doors)}}
	for i := range c.now.Doors {
		c.now.Doors[i] = Leaf{Mode: controlled, Delay: 5}
	}
	_ = c.faults.set(Silent) // so that events are recorded and not published
	return c
}
