package door_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
	"guardroom/devices/profiles"
	"guardroom/simulators/door"
)

const serial = 405419896

var cards = []door.Card{
	{Number: 8165538, Name: "A", Doors: []int{1, 4}, From: "2021-01-01", To: "2099-12-31"},
	{Number: serial, Name: "override", Doors: []int{1, 2, 3, 4}},
	{Number: 6154414, Name: "expired", Doors: []int{1, 2, 3, 4}, To: "2025-12-31"},
}

// world is a broker, a controller, and a client that asks and listens.
type world struct {
	t          *testing.T
	broker     *broker.Broker
	controller *door.Controller
	client     *mqtt.Client
	c          *profiles.Compiled

	mu      sync.Mutex
	replies []string
	heard   []mqtt.Message // of both feeds
	news    chan struct{}
}

func newWorld(t *testing.T, change func(*door.Options)) *world {
	t.Helper()
	b, err := broker.Start(broker.Options{Listeners: []broker.Listener{{Address: "127.0.0.1:0"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	w := &world{t: t, broker: b, news: make(chan struct{}, 1)}
	w.c = compile(t, map[string]any{"device_id": serial, "card": serial, "client_id": "QWERTY", "time_zone": "UTC"})
	up, once := make(chan struct{}), sync.Once{}
	w.client, err = mqtt.Connect(mqtt.Options{
		URLs: []string{"tcp://" + b.Addr()}, ClientID: "gateway", CleanSession: true,
		Subscriptions: []mqtt.Subscription{
			{Filter: "uhppoted/gateway/events/#", QoS: 1, Handler: w.hear},
			{Filter: "uhppoted/reply/97531", Handler: w.hear},
			{Filter: "uhppoted/gateway/replies/#", Handler: w.hear},
		},
		OnUp: func(context.Context, *mqtt.Client) { once.Do(func() { close(up) }) }, // the subscriptions stand
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.client.Close(context.Background()) })
	select {
	case <-up:
	case <-t.Context().Done():
	}
	w.controller = w.start(change)
	return w
}

func compile(t *testing.T, params map[string]any) *profiles.Compiled {
	t.Helper()
	p, err := profiles.Shipped("access/uhppoted")
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Compile(params)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) start(change func(*door.Options)) *door.Controller {
	w.t.Helper()
	o := door.Options{Serial: serial, Broker: "tcp://" + w.broker.Addr(), Cards: cards, Relock: time.Second}
	if change != nil {
		change(&o)
	}
	c, err := door.Start(w.t.Context(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(c.Close)
	await(w.t, "the controller's connection", c.Connected)
	return c
}

func (w *world) hear(m mqtt.Received) {
	m.Ack()
	w.mu.Lock()
	defer w.mu.Unlock()
	if strings.Contains(m.Topic, "/events") {
		w.heard = append(w.heard, m.Message)
	} else {
		w.replies = append(w.replies, string(m.Payload))
	}
}

// reply takes the next reply.
func (w *world) reply() string {
	w.t.Helper()
	var got string
	await(w.t, "a reply", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.replies) == 0 {
			return false
		}
		got, w.replies = w.replies[0], w.replies[1:]
		return true
	})
	return got
}

func (w *world) ask(topic string, payload []byte) {
	w.t.Helper()
	if err := w.client.Publish(w.t.Context(), mqtt.Message{Topic: topic, Payload: payload, QoS: 1}); err != nil {
		w.t.Fatal(err)
	}
}

// events are those that one feed has brought, by their numbers.
func (w *world) events(topic string) (ids []uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range w.heard {
		var e struct {
			Message struct{ Event struct{ Event door.Event } }
		}
		if err := json.Unmarshal(m.Payload, &e); err == nil && m.Topic == topic {
			ids = append(ids, e.Message.Event.Event.Index)
		}
	}
	return ids
}

const (
	feed = "uhppoted/gateway/events"
	live = "uhppoted/gateway/events/live"
)

// await polls, because what is awaited comes over a network.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.NewTimer(5 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline.C:
			t.Fatalf("never came: %s", what)
		case <-tick.C:
		}
	}
}

func set(t *testing.T, c *door.Controller, point, state string) {
	t.Helper()
	if err := c.Set(point, state); err != nil {
		t.Fatal(err)
	}
}

// TestGatewayUnderstands lets the gateway's decoder hear what happens at a door.
func TestGatewayUnderstands(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		sets string
		want []string // kind and whether it began, for each happening of door1 or fire_input
	}{
		{"forced", "door1=forced door1=closed", []string{"door.forced true"}},
		{"held", "door1=held", []string{"access.rex true", "door.held true"}},
		{"granted", "door1=granted", []string{"access.granted true"}},
		{"denied", "door1=denied", []string{"access.denied true"}},
		{"duress", "door1=duress", []string{"duress true"}},
		{"panic", "door1=panic", []string{"panic true"}},
		{"fire", "fire_input=fire", []string{"fire.alarm true"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, nil)
			for pair := range strings.FieldsSeq(tc.sets) {
				point, state, _ := strings.Cut(pair, "=")
				set(t, w.controller, point, state)
			}
			snapshot, err := w.controller.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			await(t, "all events on the feed", func() bool { return len(w.events(feed)) == int(snapshot.Last) })
			var got []string
			w.mu.Lock()
			defer w.mu.Unlock()
			for _, m := range w.heard {
				if m.Topic != feed {
					continue
				}
				decoded, err := w.c.DecodeMessage(m.Topic, m.Payload)
				if err != nil {
					t.Fatalf("%s: %v", m.Payload, err)
				}
				for _, h := range decoded.Happenings {
					if h.Kind == "" || h.NativeID == 0 {
						continue
					}
					got = append(got, fmt.Sprint(h.Kind, " ", h.Active))
					if card := h.Detail["card"]; strings.Contains(card, "8165538") {
						t.Errorf("the card's number travels in clear: %s", card)
					}
					if age := time.Since(h.Occurred); age < -time.Minute || age > time.Minute {
						t.Errorf("happened at %s", h.Occurred)
					}
				}
			}
			for _, want := range tc.want {
				if !slices.Contains(got, want) {
					t.Errorf("the gateway heard %q, want %q among them", got, want)
				}
			}
		})
	}
}

// TestCommandsOfTheProfile sends each verb as the gateway does and reads it back.
func TestCommandsOfTheProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	number := 0
	id := func() string { number++; return fmt.Sprint("rq-", number) }
	for _, tc := range []struct {
		verb devices.Verb
		want string // in the states of door2
	}{
		{devices.Unlock, "unlocked"}, {devices.Block, "blocked"}, {devices.Lock, "locked"}, {devices.Access, "accessed"},
	} {
		action, err := w.c.Command("door2", tc.verb, nil)
		if err != nil {
			t.Fatal(err)
		}
		w.ask(action.Message.Topic, action.Message.Payload)
		decoded, err := w.c.DecodeMessage("uhppoted/gateway/replies/QWERTY", []byte(w.reply()))
		if err != nil || !decoded.OK {
			t.Fatalf("%s: %+v, %v", tc.verb, decoded, err)
		}
		polls := w.c.Requests(id)
		var states []string
		for _, m := range polls {
			w.ask(m.Topic, m.Payload)
			decoded, err := w.c.DecodeMessage("uhppoted/gateway/replies/QWERTY", []byte(w.reply()))
			if err != nil {
				t.Fatal(err)
			}
			for _, ps := range decoded.States {
				if ps.Point == "door2" {
					states = ps.States
				}
			}
		}
		if !slices.Contains(states, tc.want) {
			t.Errorf("after %s door2 reads as %v, want %s", tc.verb, states, tc.want)
		}
	}
	await(t, "the door to lock again by itself", func() bool { return w.controller.State("door2") == "normal" })
}

func TestDoors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		sets    string
		want    string // all that hold at door1
		reasons []uint8
	}{
		{"open by the button", "open", "open accessed", []uint8{20, 23}},
		{"open and closed", "open closed", "accessed", []uint8{20, 23, 24}},
		{"forced", "forced", "forced open", []uint8{38}},
		{"forced ends when closed", "forced normal", "normal", []uint8{38, 24}},
		{"unlocked doors open without a button", "unlocked open", "open unlocked", []uint8{23}},
		{"held", "held", "held open accessed", []uint8{20, 23, 37}},
		{"held once", "held held", "held open accessed", []uint8{20, 23, 37}},
		{"forced again", "forced forced", "forced open", []uint8{38, 24, 38}},
		{"locked", "unlocked locked", "normal", nil},
		{"a card", "granted", "accessed", []uint8{1}},
		{"a strange card", "denied", "normal", []uint8{18}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(o *door.Options) { o.Relock = time.Minute })
			for state := range strings.FieldsSeq(tc.sets) {
				set(t, w.controller, "door1", state)
			}
			if got := strings.Join(w.controller.Holding("door1"), " "); got != tc.want {
				t.Errorf("after %s there holds %s, want %s", tc.sets, got, tc.want)
			}
			s, err := w.controller.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			var reasons []uint8
			for i, e := range s.Events {
				reasons = append(reasons, e.Reason)
				if e.Index != uint32(i+1) || e.Serial != serial {
					t.Errorf("event %d has number %d and serial %d", i+1, e.Index, e.Serial)
				}
			}
			if !slices.Equal(reasons, tc.reasons) {
				t.Errorf("reasons %v, want %v", reasons, tc.reasons)
			}
		})
	}
}

func TestBlockedDoor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	set(t, w.controller, "door1", "blocked")
	if err := w.controller.Set("door1", "open"); err == nil || !strings.Contains(err.Error(), "blocked") {
		t.Errorf("a blocked door: %v", err)
	}
	if granted, err := w.controller.Swipe(1, 8165538); err != nil || granted {
		t.Errorf("a card at a blocked door: %v, %v", granted, err)
	}
	w.ask("uhppoted/gateway/requests/device/door/lock:open", []byte(`{"message":{"request":{"client-id":"QWERTY","device-id":405419896,"door":1,"card-number":405419896}}}`))
	if got := w.reply(); !strings.Contains(got, `"opened":false`) {
		t.Errorf("lock:open at a blocked door: %s", got)
	}
	if got := w.controller.State("door1"); got != "blocked" {
		t.Errorf("the door is %s", got)
	}
}

func TestCards(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, tc := range []struct {
		card   uint32
		door   int
		reason uint8
	}{{8165538, 1, 1}, {8165538, 2, 6}, {1, 1, 18}, {6154414, 1, 15}} {
		granted, err := w.controller.Swipe(tc.door, tc.card)
		if err != nil {
			t.Fatal(err)
		}
		s, _ := w.controller.Snapshot()
		last := s.Events[len(s.Events)-1]
		if last.Reason != tc.reason || granted != (tc.reason == 1) || last.Granted != granted || last.Card != tc.card {
			t.Errorf("card %d at door %d: granted %v, %+v", tc.card, tc.door, granted, last)
		}
	}
	if _, err := w.controller.Swipe(5, 1); err == nil {
		t.Error("a card at door 5")
	}
}

// TestTimePasses: locks lock again, and open doors become held, once.
func TestTimePasses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *door.Options) { o.HeldAfter = 30 * time.Millisecond })
	set(t, w.controller, "door3", "open")
	await(t, "held", func() bool { return w.controller.State("door3") == "held" })
	await(t, "locked again", func() bool { return !slices.Contains(w.controller.Holding("door3"), "accessed") })
	s, err := w.controller.Snapshot()
	if err != nil || s.Last != 3 || s.Events[2].Reason != 37 {
		t.Errorf("%+v, %v", s.Events, err)
	}
}

// TestFeedCatchesUp: what happens while the broker is away comes later, in order.
func TestFeedCatchesUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	set(t, w.controller, "door1", "denied")
	await(t, "the first event", func() bool { return len(w.events(feed)) == 1 })
	w.broker.Drop(func(c *broker.Client) bool { return strings.HasPrefix(c.ID, "uhppoted") })
	for range 5 {
		set(t, w.controller, "door1", "denied")
	}
	await(t, "all events", func() bool {
		ids := w.events(feed)
		return len(ids) > 0 && ids[len(ids)-1] == 6
	})
	if ids := slices.Compact(w.events(feed)); !slices.Equal(ids, []uint32{1, 2, 3, 4, 5, 6}) {
		t.Errorf("the feed brought %v", ids)
	}
}

// TestRestart: event numbers go on, doors stay where they were.
func TestRestart(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var kept door.Snapshot
	w := newWorld(t, func(o *door.Options) {
		o.OnChange = func(s door.Snapshot) { mu.Lock(); kept = s; mu.Unlock() }
	})
	set(t, w.controller, "door1", "forced")
	set(t, w.controller, "door2", "unlocked")
	set(t, w.controller, "door3", "accessed")
	fault(t, w.controller, "late:2s")
	await(t, "events", func() bool { return len(w.events(feed)) == 2 })
	await(t, "the feed's note", func() bool { mu.Lock(); defer mu.Unlock(); return kept.Fed == 2 })
	w.controller.Close()
	mu.Lock()
	data, err := json.Marshal(kept)
	mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	var saved door.Snapshot
	if err := json.Unmarshal(data, &saved); err != nil {
		t.Fatal(err)
	}
	again := w.start(func(o *door.Options) { o.Saved = &saved })
	for point, want := range map[string]string{"door1": "forced", "door2": "unlocked", "door3": "normal", "door4": "normal"} {
		if got := again.State(point); got != want {
			t.Errorf("after a restart %s is %s, want %s", point, got, want)
		}
	}
	if got := again.Faults(); !slices.Equal(got, []string{"late:2s"}) {
		t.Errorf("faults after a restart: %v", got)
	}
	set(t, again, "door4", "denied")
	await(t, "the third event", func() bool { return slices.Equal(w.events(feed), []uint32{1, 2, 3}) })

	saved.Fed = 99
	if _, err := door.Start(t.Context(), door.Options{Serial: serial, Broker: "tcp://127.0.0.1:1", Saved: &saved}); !errors.Is(err, door.ErrSaved) {
		t.Errorf("a broken snapshot: %v", err)
	}
}

// TestGarbage: nothing that arrives ends or changes the controller.
func TestGarbage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, payload := range []string{
		"", "null", "[]", "{", "\x00\xff", `{"message":null}`, `{"message":{"request":null}}`, `{"message":{"request":[]}}`,
		`{"message":{"request":{"device-id":"x"}}}`, `{"message":{"request":{"device-id":-1}}}`, `{"message":{"request":{"device-id":1e99}}}`,
		`{"message":{"request":{"device-id":1,"door":1,"card-number":405419896}}}`, // another controller's
	} {
		w.ask("uhppoted/gateway/requests/device/door/lock:open", []byte(payload))
	}
	for payload, want := range map[string]string{
		`{"message":{"request":{"client-id":"QWERTY"}}}`:                                                                       "Invalid/missing controller ID",
		`{"message":{"request":{"client-id":"QWERTY","device-id":405419896,"door":9,"card-number":405419896}}}`:                "Invalid/missing door",
		`{"message":{"request":{"client-id":"QWERTY","device-id":405419896,"door":1}}}`:                                        "Invalid/missing card",
		`{"message":{"request":{"client-id":"QWERTY","device-id":405419896,"door":1,"card-number":0}}}`:                        "Card 0 is not authorized for door 1",
		`{"message":{"request":{"reply-to":"a/#","device-id":405419896,"door":1,"card-number":0}}}`:                            "",
		`{"message":{"request":{"client-id":"QWERTY","device-id":405419896,"door":1,"card-number":405419896,"unknown":"ok"}}}`: `"opened":true`,
	} {
		w.ask("uhppoted/gateway/requests/device/door/lock:open", []byte(payload))
		if want != "" {
			if got := w.reply(); !strings.Contains(got, want) {
				t.Errorf("%s\nis answered with %s", payload, got)
			}
		}
	}
	w.ask("uhppoted/gateway/requests/device/door/control:set", []byte(`{"message":{"request":{"client-id":"QWERTY","device-id":405419896,"door":1,"control":"ajar"}}}`))
	if got := w.reply(); !strings.Contains(got, "Cannot parse request") {
		t.Errorf("a mode that does not exist: %s", got)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]door.Options{
		"no serial":  {Broker: "tcp://127.0.0.1:1"},
		"no broker":  {Serial: 1},
		"five doors": {Serial: 1, Broker: "tcp://127.0.0.1:1", Doors: 5},
		"bad url":    {Serial: 1, Broker: "127.0.0.1"},
		"bad card":   {Serial: 1, Broker: "tcp://127.0.0.1:1", Cards: []door.Card{{Number: 1, Doors: []int{5}}}},
		"bad date":   {Serial: 1, Broker: "tcp://127.0.0.1:1", Cards: []door.Card{{Number: 1, From: "yesterday"}}},
	} {
		if c, err := door.Start(t.Context(), o); err == nil {
			c.Close()
			t.Errorf("%s: started", name)
		}
	}
	w := newWorld(t, func(o *door.Options) { o.Doors = 2; o.Cards = []door.Card{{Number: 5, Doors: []int{1}}} })
	if err := w.controller.Set("door3", "open"); err == nil || !strings.Contains(err.Error(), "door2") {
		t.Errorf("a door too many: %v", err)
	}
	if err := w.controller.Set("door1", "ajar"); err == nil || !strings.Contains(err.Error(), "forced") {
		t.Errorf("an unknown state: %v", err)
	}
	if err := w.controller.Set("door2", "granted"); err == nil {
		t.Error("no card opens door 2, but one was granted")
	}
	w.controller.Close()
	if err := w.controller.Set("door1", "open"); err == nil {
		t.Error("a closed controller was set")
	}
}

// TestMosquittoClients: MQTT clients that nobody in this project wrote see the
// events and get an answer.
func TestMosquittoClients(t *testing.T) {
	t.Parallel()
	sub, err := exec.LookPath("mosquitto_sub")
	if err != nil {
		t.Fatal("mosquitto_sub is missing; install it with: apt-get install mosquitto-clients")
	}
	w := newWorld(t, nil)
	host, port, _ := strings.Cut(w.broker.Addr(), ":")
	set(t, w.controller, "door1", "forced")
	await(t, "the event", func() bool { return len(w.events(feed)) == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, sub, "-h", host, "-p", port, "-t", feed, "-C", "1").Output() // it is retained
	if err != nil || !strings.Contains(string(out), "forced open") {
		var failed *exec.ExitError
		errors.As(err, &failed)
		t.Fatalf("mosquitto_sub: %v %s", err, out)
	}
	request := `{"message":{"request":{"request-id":"7","client-id":"mosquitto","device-id":405419896,"door":2,"card-number":405419896}}}`
	if out, err := exec.CommandContext(ctx, "mosquitto_pub", "-h", host, "-p", port, "-t", "uhppoted/gateway/requests/device/door/lock:open", "-m", request).CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_pub: %v %s", err, out)
	}
	if got := w.reply(); !strings.Contains(got, `"opened":true`) || w.controller.State("door2") != "accessed" {
		t.Errorf("answer %s", got)
	}
}
