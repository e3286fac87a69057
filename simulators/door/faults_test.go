package door_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"guardroom/simulators/door"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	status := []byte(`{"message":{"request":{"request-id":"1","client-id":"QWERTY","device-id":405419896}}}`)
	open := []byte(`{"message":{"request":{"request-id":"2","client-id":"QWERTY","device-id":405419896,"door":1,"card-number":405419896}}}`)
	const statusTopic, openTopic = "uhppoted/gateway/requests/device/status:get", "uhppoted/gateway/requests/device/door/lock:open"
	t.Run("refuse", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		fault(t, w.controller, "refuse*1")
		w.ask(openTopic, open)
		if got := w.reply(); !strings.Contains(got, `"error"`) || !strings.Contains(got, `"code":500`) {
			t.Errorf("refused with %s", got)
		}
		if w.controller.State("door1") != "normal" || len(w.controller.Faults()) != 0 {
			t.Error("what was refused was carried out, or the fault stays")
		}
		w.ask(openTopic, open)
		if got := w.reply(); !strings.Contains(got, `"opened":true`) {
			t.Errorf("afterwards %s", got)
		}
	})
	t.Run("silent", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		fault(t, w.controller, "silent*1")
		set(t, w.controller, "door2", "forced")
		w.ask(openTopic, open)
		await(t, "the event that happened in silence", func() bool { return slices.Equal(w.events(feed), []uint32{1}) })
		w.ask(statusTopic, status)
		if got := w.reply(); !strings.Contains(got, "get-status") || w.controller.State("door1") != "normal" {
			t.Errorf("the first answer is %s, door 1 is %s", got, w.controller.State("door1"))
		}
		if ids := w.events(live); len(ids) != 0 {
			t.Errorf("live events from silence: %v", ids)
		}
	})
	t.Run("late and lost answers", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		fault(t, w.controller, "lost_answers*1")
		w.ask(openTopic, open)
		await(t, "an opened door", func() bool { return w.controller.State("door1") == "accessed" })
		fault(t, w.controller, "late:50ms*1")
		begun := time.Now()
		w.ask(statusTopic, status)
		if got := w.reply(); !strings.Contains(got, "get-status") || time.Since(begun) < 50*time.Millisecond {
			t.Errorf("after %s: %s", time.Since(begun), got)
		}
	})
	t.Run("events lost and repeated", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		set(t, w.controller, "door1", "denied")
		fault(t, w.controller, "lose_events*1")
		set(t, w.controller, "door1", "denied")
		await(t, "the feed to pass the loss", func() bool { s, _ := w.controller.Snapshot(); return s.Fed == 2 })
		fault(t, w.controller, "repeat_events*1")
		set(t, w.controller, "door1", "denied")
		await(t, "a gap and a repetition", func() bool { return slices.Equal(w.events(feed), []uint32{1, 3, 3}) })
	})
	t.Run("specs", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, nil)
		for _, spec := range []string{"", "tired", "silent:1s", "late:soon", "late:2h", "refuse*0", "refuse*x"} {
			if err := w.controller.SetFault(spec); err == nil {
				t.Errorf("fault %q was accepted", spec)
			}
		}
		fault(t, w.controller, "late:2s*3")
		fault(t, w.controller, "refuse")
		if got := w.controller.Faults(); !slices.Equal(got, []string{"late:2s*3", "refuse"}) {
			t.Errorf("faults %v", got)
		}
	})
}

func fault(t *testing.T, c *door.Controller, spec string) {
	t.Helper()
	if err := c.SetFault(spec); err != nil {
		t.Fatal(err)
	}
}
