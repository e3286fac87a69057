package live_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/console/live"
)

func alarm(station, id, state string) live.Event {
	data, _ := json.Marshal(map[string]string{"id": id, "state": state})
	return live.Event{Topic: live.Alarm, Station: station, Key: id, Data: data, Gone: state == "normal"}
}

type event struct{ id, name, data string }

// reader reads a watcher's stream into events.
type reader struct {
	t    *testing.T
	w    *live.Watcher
	todo []event
}

func (r *reader) next() event {
	r.t.Helper()
	for len(r.todo) == 0 {
		ctx, cancel := context.WithTimeout(r.t.Context(), 5*time.Second)
		piece, ok := r.w.Next(ctx)
		cancel()
		if !ok {
			return event{name: "gone"}
		}
		var e event
		for lines := bufio.NewScanner(bytes.NewReader(piece)); lines.Scan(); {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
			case "id":
				e.id = value
			case "event":
				e.name = value
			case "data":
				e.data = value
			case "":
				if e.name != "" {
					r.todo = append(r.todo, e)
				}
				e = event{}
			}
		}
	}
	e := r.todo[0]
	r.todo = r.todo[1:]
	return e
}

func (r *reader) until(name string) event {
	r.t.Helper()
	for {
		if e := r.next(); e.name == name || e.name == "gone" {
			return e
		}
	}
}

func TestPresentAndFutureWithoutAGap(t *testing.T) {
	t.Parallel()
	h := live.New(0, live.Options{HoldBack: time.Minute}) // a teller that the machine keeps waiting is no hole
	defer h.Close()
	const changes = 2000
	order := rand.New(rand.NewPCG(1, 2)).Perm(changes)
	var wg sync.WaitGroup
	wg.Add(1)
	go func() { // commits are told in a scrambled order, as by two committers
		defer wg.Done()
		for start := 0; start < changes; start += 8 {
			for _, i := range order {
				if i >= start && i < start+8 {
					h.Committed(int64(i+1), []live.Event{alarm("nairobi", fmt.Sprint(i), "unacknowledged")})
				}
			}
		}
	}()
	for range 20 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			w := h.Watch(true, nil, "")
			defer w.Close()
			r := &reader{t: t, w: w}
			var snap struct{ Alarms []struct{ ID string } }
			if err := json.Unmarshal([]byte(r.until("snapshot").data), &snap); err != nil {
				t.Error(err)
				return
			}
			next := len(snap.Alarms)
			for next < changes {
				var a struct{ ID string }
				if err := json.Unmarshal([]byte(r.until("alarm").data), &a); err != nil || a.ID != fmt.Sprint(next) {
					t.Errorf("saw alarm %q after %d: a hole or a disorder (%v)", a.ID, next, err)
					return
				}
				next++
			}
		}()
	}
	wg.Wait()
}

func TestResume(t *testing.T) {
	t.Parallel()
	h := live.New(10, live.Options{Ring: 8})
	defer h.Close()
	h.Committed(11, []live.Event{alarm("nairobi", "a", "unacknowledged")})
	w := h.Watch(true, nil, "")
	cursor := (&reader{t: t, w: w}).until("snapshot").id
	w.Close()
	h.Committed(12, nil)
	h.Committed(13, []live.Event{alarm("nairobi", "b", "unacknowledged"), alarm("geneva", "c", "unacknowledged")})

	w = h.Watch(false, []string{"nairobi"}, cursor)
	r := &reader{t: t, w: w}
	var seen []string
	for {
		e := r.next()
		if e.name != "alarm" {
			break
		}
		seen = append(seen, e.data)
	}
	w.Close()
	if got := strings.Join(seen, " "); !strings.Contains(got, `"b"`) || strings.Contains(got, `"c"`) {
		t.Errorf("resumed with %s, want b and not Geneva's c", got)
	}
	for i := range 20 { // the ring forgets
		h.Committed(int64(14+i), []live.Event{alarm("nairobi", fmt.Sprint("d", i), "unacknowledged")})
	}
	for _, old := range []string{cursor, "c9999999", "nonsense", ""} {
		w = h.Watch(true, nil, old)
		if e := (&reader{t: t, w: w}).next(); e.name != "snapshot" {
			t.Errorf("cursor %q resumed with %s, want a snapshot", old, e.name)
		}
		w.Close()
	}
}

func TestStationsSeeTheirOwn(t *testing.T) {
	t.Parallel()
	h := live.New(0, live.Options{})
	defer h.Close()
	h.Seed(alarm("geneva", "g", "unacknowledged"), alarm("nairobi", "n", "unacknowledged"))
	w := h.Watch(false, []string{"nairobi"}, "")
	defer w.Close()
	r := &reader{t: t, w: w}
	if snap := r.until("snapshot").data; strings.Contains(snap, `"g"`) || !strings.Contains(snap, `"n"`) {
		t.Errorf("snapshot %s", snap)
	}
	h.Readings("geneva", map[string]json.RawMessage{"gg/d.p": json.RawMessage(`{"state":"fire"}`)})
	h.Committed(1, []live.Event{alarm("geneva", "g2", "unacknowledged")})
	h.Committed(2, []live.Event{alarm("nairobi", "n", "normal")})
	if e := r.until("alarm"); !strings.Contains(e.data, `"n"`) {
		t.Errorf("saw %s", e.data)
	}
	w2 := h.Watch(false, []string{"nairobi"}, "")
	defer w2.Close()
	if snap := (&reader{t: t, w: w2}).until("snapshot").data; strings.Contains(snap, `"n"`) {
		t.Errorf("an alarm back to normal is still on the board: %s", snap)
	}
}

func TestMissingChangeIsGivenUpAndReadAnew(t *testing.T) {
	t.Parallel()
	skipped := make(chan struct{}, 1)
	h := live.New(0, live.Options{HoldBack: 20 * time.Millisecond, Skipped: func() { skipped <- struct{}{} }})
	defer h.Close()
	w := h.Watch(true, nil, "")
	defer w.Close()
	r := &reader{t: t, w: w}
	r.until("snapshot")
	h.Committed(2, []live.Event{alarm("nairobi", "b", "unacknowledged")}) // 1 is never told
	if e := r.until("alarm"); !strings.Contains(e.data, `"b"`) {
		t.Fatalf("saw %+v", e)
	}
	<-skipped
	h.Reseed(2, []live.Topic{live.Alarm}, []live.Event{alarm("nairobi", "a", "unacknowledged"), alarm("nairobi", "b", "unacknowledged")})
	if e := r.until("snapshot"); !strings.Contains(e.data, `"a"`) {
		t.Errorf("the board is still without the alarm nobody told of: %s", e.data)
	}
	h.Committed(1, []live.Event{alarm("nairobi", "late", "unacknowledged")})
	if e := r.until("alarm"); !strings.Contains(e.data, `"late"`) {
		t.Errorf("a change told too late was lost: %+v", e)
	}
}

func TestSlowWatcherIsCutAndNobodyWaits(t *testing.T) {
	t.Parallel()
	h := live.New(0, live.Options{Queue: 4})
	defer h.Close()
	slow := h.Watch(true, nil, "")
	good := h.Watch(true, nil, "")
	defer good.Close()
	r := &reader{t: t, w: good}
	r.until("snapshot")
	for i := range 50 {
		h.Committed(int64(i+1), []live.Event{alarm("nairobi", fmt.Sprint(i), "unacknowledged")})
		if e := r.until("alarm"); e.name == "gone" {
			t.Fatal("the good watcher was cut")
		}
	}
	for range 6 {
		if _, ok := slow.Next(t.Context()); !ok {
			if s := h.Stats(); s.Cuts != 1 || s.Watchers != 1 {
				t.Errorf("stats %+v", s)
			}
			return
		}
	}
	t.Error("the slow watcher was not cut")
}

func TestHeartbeatAndReadings(t *testing.T) {
	t.Parallel()
	h := live.New(0, live.Options{Beat: 10 * time.Millisecond, Build: "b1"})
	defer h.Close()
	w := h.Watch(true, nil, "")
	defer w.Close()
	r := &reader{t: t, w: w}
	if e := r.until("heartbeat"); !strings.Contains(e.data, `"build":"b1"`) || !strings.Contains(e.data, `"now"`) {
		t.Errorf("heartbeat %s", e.data)
	}
	for i := range 100 {
		h.Readings("nairobi", map[string]json.RawMessage{"g/d.p": json.RawMessage(fmt.Sprintf(`{"value":%d}`, i))})
	}
	// A flush may come while the readings do: at any instant it shows the newest, and few are needed.
	for told := 1; ; told++ {
		if e := r.until("point"); e.data == `{"g/d.p":{"value":99}}` {
			break
		}
		if told == 20 {
			t.Fatal("100 readings of one point were told one by one")
		}
	}
}

// A console that was started again counts on from the same change, but knows
// nothing of what an older one showed without a transaction.
func TestACursorOfAnotherHubGetsASnapshot(t *testing.T) {
	t.Parallel()
	at := time.UnixMicro(1)
	now := func() time.Time { at = at.Add(time.Millisecond); return at }
	old := live.New(7, live.Options{Now: now})
	w := old.Watch(true, nil, "")
	cursor := (&reader{t: t, w: w}).until("snapshot").id
	w.Close()
	old.Close()
	h := live.New(7, live.Options{Now: now})
	defer h.Close()
	w = h.Watch(true, nil, cursor)
	defer w.Close()
	if e := (&reader{t: t, w: w}).next(); e.name != "snapshot" {
		t.Errorf("resumed with %s, want a snapshot", e.name)
	}
}
