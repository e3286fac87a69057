package console_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"guardroom/console/auth"
	"guardroom/devices"
)

// TestLiveHasNoGap lets screens come, go and come back with their cursor while
// alarms rise: whatever a screen was shown last must be what is true.
func TestLiveHasNoGap(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer)
	officer := h.signIn(auth.Officer)
	g := h.gateway("s1")
	const rounds = 150
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range rounds {
			// Of each pair one alarm stays open and unacknowledged, one returns.
			g.signal(fmt.Sprintf("door-1.p%d", i), devices.DoorForced, true)
			if i%2 == 1 {
				g.signal(fmt.Sprintf("door-1.p%d", i), devices.DoorForced, false)
			}
		}
	}()
	screens := make([]*screen, 5)
	for i := range screens {
		screens[i] = &screen{t: t, b: officer}
		screens[i].open()
	}
	for working := true; working; {
		select {
		case <-done:
			working = false
		default:
		}
		for i, s := range screens {
			s.see(3 + i)
			if i%2 == 0 {
				s.open() // with the cursor of the last event
			}
		}
	}
	for i, s := range screens {
		eventually(t, fmt.Sprintf("screen %d shows everything", i), func() bool { s.see(1); return s.whole(rounds) })
	}
}

// screen keeps what it was shown.
type screen struct {
	t      *testing.T
	b      *browser
	events <-chan event
	cursor string
	alarms map[string]string // point -> state
}

func (s *screen) open() {
	if s.alarms == nil {
		s.alarms = map[string]string{}
	}
	s.events = s.b.watch("/live", s.cursor)
}

func (s *screen) see(n int) {
	for range n {
		select {
		case e := <-s.events:
			s.take(e)
		case <-time.After(50 * time.Millisecond):
			return
		}
	}
}

func (s *screen) take(e event) {
	type alarm struct{ Point, State string }
	s.cursor = e.id
	switch e.name {
	case "snapshot":
		var all struct{ Alarms []alarm }
		if err := json.Unmarshal([]byte(e.data), &all); err != nil {
			s.t.Fatal(err)
		}
		s.alarms = map[string]string{}
		for _, a := range all.Alarms {
			s.alarms[a.Point] = a.State
		}
	case "alarm":
		var a alarm
		if err := json.Unmarshal([]byte(e.data), &a); err != nil {
			s.t.Fatal(err)
		}
		s.alarms[a.Point] = a.State
	}
}

func (s *screen) whole(rounds int) bool {
	for i := range rounds {
		want := "unacknowledged"
		if i%2 == 1 {
			want = "returned"
		}
		if s.alarms[fmt.Sprintf("g1/door-1.p%d", i)] != want {
			return false
		}
	}
	return true
}

func TestSignOutEndsTheStream(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Admin)
	for name, end := range map[string]func(b *browser){
		"sign out":            func(b *browser) { b.do("DELETE", "/session", nil) },
		"sign out everywhere": func(b *browser) { b.do("DELETE", "/sessions", nil) },
		"by the admin": func(*browser) {
			h.signIn(auth.Admin).do("DELETE", "/sessions?user="+h.ids[auth.Officer], nil)
		},
	} {
		streamEnds(t, h, name, end)
	}
	streamEnds(t, h, "password reset", func(*browser) {
		if status, body := h.signIn(auth.Admin).do("POST", "/users/"+h.ids[auth.Officer]+"/password", nil); status != 200 {
			t.Fatalf("%d %v", status, body)
		}
	})
}

func streamEnds(t *testing.T, h *house, name string, end func(b *browser)) {
	t.Helper()
	b := h.signIn(auth.Officer)
	events := b.watch("/live", "")
	await(t, events, "snapshot", nil)
	end(b)
	await(t, events, "gone", has("signed_out"))
	select {
	case _, open := <-events:
		if open {
			t.Errorf("%s: the stream goes on", name)
		}
	case <-time.After(20 * time.Second):
		t.Errorf("%s: the stream stays open", name)
	}
	if status, _ := b.do("GET", "/alarms", nil); status != 401 {
		t.Errorf("%s: the session goes on: %d", name, status)
	}
}
