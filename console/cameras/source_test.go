package cameras

import (
	"testing"
	"time"

	"guardroom/console/stations"
)

func TestASourceLingersAfterItsLastViewer(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)
	d := &Desk{o: Options{Linger: 10 * time.Second, Now: func() time.Time { return now }}, sources: map[string]*source{}, leaving: map[string]chan struct{}{}}
	c := camera{Camera: stations.Camera{Gateway: "gw-1", Device: "C-01"}}
	key := c.id() + "/sub"
	s := &source{key: key, camera: c, stream: "sub", changed: make(chan struct{}, 1), done: make(chan struct{})}
	d.sources[key] = s
	flows := func(want bool, long time.Duration) {
		t.Helper()
		if got, left := d.wanted(s); got != want || want && left != long {
			t.Errorf("it flows: %v, for %v; want %v, %v", got, left, want, long)
		}
	}
	_, first := d.acquire(c, "sub")
	_, second := d.acquire(c, "sub")
	first()
	now = now.Add(time.Hour)
	flows(true, time.Hour) // somebody watches
	second()
	flows(true, 10*time.Second)
	now = now.Add(9 * time.Second)
	flows(true, time.Second)
	_, third := d.acquire(c, "sub") // the next alarm has the same camera
	now = now.Add(time.Minute)
	flows(true, time.Hour)
	third()
	now = now.Add(9999 * time.Millisecond)
	flows(true, time.Millisecond)
	now = now.Add(time.Millisecond)
	flows(false, 0)
	if len(d.sources) != 0 || d.leaving[key] != s.done {
		t.Error("who comes next does not wait until the feed is free")
	}
}
