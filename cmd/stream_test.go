package cmd_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/devices"
)

// screen reads the live stream as a browser does: it comes back with the last
// event's id when the stream ends, and remembers when each alarm was shown.
type screen struct {
	h *house

	mu     sync.Mutex
	alarms map[string]alarm // what is on the board
	shown  []sighting
	opened int
}

// sighting is an alarm as it was shown at a moment.
type sighting struct {
	alarm
	at time.Time
}

// watch opens a screen and waits for its first snapshot.
func (h *house) watch(t testing.TB) *screen {
	t.Helper()
	s := &screen{h: h, alarms: map[string]alarm{}}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	waits(t, 20*time.Second, "the live stream opens", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.opened > 0
	})
	return s
}

func (s *screen) run(ctx context.Context) {
	client := &http.Client{Transport: s.h.client.Transport} // a stream has no end
	last := ""
	for ctx.Err() == nil {
		last = s.read(ctx, client, last)
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// read follows one connection to its end and returns the last event's id.
func (s *screen) read(ctx context.Context, client *http.Client, last string) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.h.scheme+"://"+s.h.http+"/api/v1/live", nil)
	if err != nil {
		return last
	}
	request.Header.Set("Authorization", "Bearer "+s.h.token)
	if last != "" {
		request.Header.Set("Last-Event-ID", last)
	}
	answer, err := client.Do(request)
	if err != nil {
		return last
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return ""
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 64<<20)
	name, data := "", ""
	for lines.Scan() {
		text := lines.Text()
		switch {
		case text == "":
			s.take(name, data)
			name, data = "", ""
		case strings.HasPrefix(text, "id:"):
			last = strings.TrimSpace(text[3:])
		case strings.HasPrefix(text, "event:"):
			name = strings.TrimSpace(text[6:])
		case strings.HasPrefix(text, "data:"):
			data += text[5:]
		}
	}
	return last
}

func (s *screen) take(name, data string) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch name {
	case "snapshot":
		s.opened++
		var board struct {
			Alarms []alarm `json:"alarms"`
		}
		if json.Unmarshal([]byte(data), &board) != nil {
			return
		}
		clear(s.alarms)
		for _, a := range board.Alarms {
			s.alarms[a.ID] = a
			s.shown = append(s.shown, sighting{a, now})
		}
	case "alarm":
		var a alarm
		if json.Unmarshal([]byte(data), &a) != nil {
			return
		}
		s.alarms[a.ID] = a
		s.shown = append(s.shown, sighting{a, now})
	}
}

// firstSeen is when an active alarm of the point was first shown after a moment.
func (s *screen) firstSeen(t testing.TB, within time.Duration, point devices.PointID, kind devices.Kind, after time.Time) sighting {
	t.Helper()
	var found sighting
	waits(t, within, string(point)+" is on the screen", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, one := range s.shown {
			if one.Point == point && one.Kind == kind && one.active() && !one.at.Before(after) {
				found = one
				return true
			}
		}
		return false
	})
	return found
}
