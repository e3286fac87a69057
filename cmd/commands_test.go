package cmd_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/simulators/door"
	"guardroom/simulators/modbusd"
)

// command is what became of a wish.
type command struct {
	ID       string          `json:"id"`
	State    devices.Outcome `json:"state"`
	Code     string          `json:"code"`
	Text     string          `json:"text"`
	ReadBack string          `json:"read_back"`
	Deadline time.Time       `json:"deadline"`
}

// press asks a point for something and returns the command's id; an empty key is
// a new press.
func (h *house) press(point devices.PointID, verb devices.Verb, reason, key string) string {
	h.t.Helper()
	if key == "" {
		key = rand.Text()
	}
	body := map[string]any{"verb": verb}
	if reason != "" {
		body["reason"] = reason
	}
	var c command
	h.must(202, http.MethodPost, commandsOf(point), body, &c, "Idempotency-Key", key)
	return c.ID
}

func commandsOf(point devices.PointID) string { return "/api/v1/points/" + string(point) + "/commands" }

func (h *house) command(id string) command {
	h.t.Helper()
	var c command
	h.get("/commands/"+id, &c)
	return c
}

// settled waits for the end of a command.
func (h *house) settled(t testing.TB, id string) command {
	t.Helper()
	return h.becomes(t, id, func(c command) bool { return c.State.Final() })
}

func (h *house) becomes(t testing.TB, id string, wanted func(command) bool) command {
	t.Helper()
	var c command
	poll(t, 40*time.Second, "command "+id, func() error {
		if c = h.command(id); wanted(c) {
			return nil
		}
		return fmt.Errorf("it is %s %s: %s", c.State, c.Code, c.Text)
	})
	return c
}

// ear hears what a gateway asks of the doors, as it goes over the field broker.
type ear struct {
	mu    sync.Mutex
	asked map[string]int // requests that change something, by door
}

func newEar(t testing.TB, broker string) *ear {
	t.Helper()
	r := &ear{asked: map[string]int{}}
	client, err := mqtt.Connect(mqtt.Options{
		URLs: []string{"tcp://" + broker}, ClientID: "ear", CleanSession: true, MaxReconnect: 200 * time.Millisecond,
		Subscriptions: []mqtt.Subscription{{Filter: "uhppoted/gateway/requests/#", QoS: 1, Handler: r.hear}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = client.Close(ctx)
	})
	waits(t, 20*time.Second, "the ear is at the field broker", client.Connected)
	return r
}

func (r *ear) hear(m mqtt.Received) {
	m.Ack()
	if !strings.HasSuffix(m.Topic, "control:set") && !strings.HasSuffix(m.Topic, "lock:open") {
		return
	}
	var body struct {
		Message struct {
			Request struct {
				Door any `json:"door"`
			} `json:"request"`
		} `json:"message"`
	}
	_ = json.Unmarshal(m.Payload, &body) // a request without a door counts as door <nil>
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked["door"+fmt.Sprint(body.Message.Request.Door)]++
}

func (r *ear) count(door string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked[door]
}

// TestDoorCommands presses keys at the console and follows them to the doors.
func TestDoorCommands(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	e := h.newEdge("gw-doors")
	link := cable(t, h.mqtt)
	e.broker = "tcp://" + link.Listen
	field := freePort(t)
	e.extra = "field_broker: {listen: '" + field + "'}"
	e.device("doors", "access/uhppoted", "tcp://"+field, "params: {device_id: 405419896, time_zone: UTC}")
	e.start()
	controller, err := door.Start(t.Context(), door.Options{Serial: 405419896, Broker: "tcp://" + field})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(controller.Close)
	ears := newEar(t, field)
	fault := func(spec string) {
		t.Helper()
		if err := controller.SetFault(spec); err != nil {
			t.Fatal(err)
		}
	}
	point := func(n int) devices.PointID {
		return devices.MakePointID(e.id, "doors", fmt.Sprintf("door%d", n))
	}
	mode := func(n int) string { return strings.Join(controller.Holding(point(n).Point()), " ") }
	h.waitShows(point(4), "closed", devices.Good)

	// With read-back, and within the second. The first press warms the way up.
	for i, verb := range []devices.Verb{devices.Unlock, devices.Lock, devices.Unlock} {
		pressed := time.Now()
		c := h.settled(t, h.press(point(1), verb, "", ""))
		took := time.Since(pressed)
		t.Logf("%s: %s with read-back %q, %s after the press", verb, c.State, c.ReadBack, took.Round(time.Millisecond))
		if c.State != devices.Confirmed || !strings.Contains(c.ReadBack, string(verb)+"ed") {
			t.Errorf("%s: %+v", verb, c)
		}
		if i > 0 && took > time.Second {
			t.Errorf("%s took %s, the mark is 1 s", verb, took)
		}
		if n := ears.count("door1"); n != i+1 {
			t.Errorf("after %d presses door 1 was asked %d times", i+1, n)
		}
	}
	if m := mode(1); !strings.Contains(m, "unlocked") {
		t.Errorf("door 1 is %s", m)
	}

	fault(door.Refuse)
	h.tells(t, h.press(point(2), devices.Unlock, "", ""), devices.Refused, devices.RefusedByDevice, "refused")
	fault(door.NoFault)
	if m := mode(2); strings.Contains(m, "unlocked") {
		t.Errorf("door 2 refused, and is %s", m)
	}

	// The same press twice is one command; another wish under its key is none.
	key := rand.Text()
	first, second := h.press(point(2), devices.Unlock, "", key), h.press(point(2), devices.Unlock, "", key)
	if first != second {
		t.Errorf("one key gave the commands %s and %s", first, second)
	}
	if c := h.settled(t, first); c.State != devices.Confirmed {
		t.Errorf("unlock: %+v", c)
	}
	h.must(409, http.MethodPost, commandsOf(point(2)), map[string]any{"verb": devices.Lock}, nil, "Idempotency-Key", key)
	if n := ears.count("door2"); n != 2 { // the refused one and this
		t.Errorf("door 2 was asked %d times, want 2", n)
	}

	// Late: it is done, and known when the door says so, or else unknown in words.
	fault("late:2s")
	pressed := time.Now()
	c := h.settled(t, h.press(point(3), devices.Unlock, "", ""))
	t.Logf("a door that answers 2 s late: %s %s after %s: %s", c.State, c.Code, time.Since(pressed).Round(time.Millisecond), c.Text)
	switch {
	case c.State == devices.Confirmed && time.Since(pressed) > time.Second:
	case (c.State == devices.Unknown || c.State == devices.TimedOut) && c.Code != "" && c.Text != "":
	default:
		t.Errorf("late: %+v", c)
	}
	fault(door.NoFault)

	fault(door.Silent)
	h.tells(t, h.press(point(4), devices.Unlock, "", ""), devices.Unknown, devices.UnknownNoAnswer, "no answer", "could not be read back")
	fault(door.NoFault)
	for n, want := range map[string]int{"door3": 1, "door4": 1} {
		if got := ears.count(n); got != want {
			t.Errorf("%s was asked %d times, want %d", n, got, want)
		}
	}

	t.Run("gateway killed on the way", func(t *testing.T) {
		fault("late:2s")
		before := ears.count("door3")
		id := h.press(point(3), devices.Lock, "", "")
		waits(t, 10*time.Second, "the door is asked", func() bool { return ears.count("door3") > before })
		e.kill(t)
		fault(door.NoFault)
		e.start()
		h.tells(t, id, devices.Unknown, devices.UnknownNoAnswer, "look at the device")
		// The field broker lived in the gateway: both ears and doors come back to it.
		h.waitShows(point(3), "closed", devices.Good)
		if n := ears.count("door3"); n != before+1 {
			t.Errorf("door 3 was asked %d times, want once", n-before)
		}
	})

	t.Run("expired", func(t *testing.T) {
		// A shorter deadline, so that the link can be held longer than it lasts.
		h.stop(t)
		h.extra = "supervision: {command_deadline: 2s}\n"
		h.start()
		h.waitShows(point(4), "closed", devices.Good)
		before := ears.count("door4")
		if err := hold(link); err != nil {
			t.Fatal(err)
		}
		id := h.press(point(4), devices.Unlock, "", "")
		if c := h.command(id); c.State != devices.Sent {
			t.Errorf("the command is %s before the link's fault is known", c.State)
		}
		h.tells(t, id, devices.Unknown, devices.UnknownLink, "did not answer before the deadline")
		if err := letGo(link); err != nil {
			t.Fatal(err)
		}
		c := h.becomes(t, id, func(c command) bool { return c.State != devices.Unknown })
		if c.State != devices.Refused || c.Code != devices.RefusedExpired || !strings.Contains(c.Text, "after its deadline") {
			t.Errorf("a command that came after its deadline: %+v", c)
		}
		if n := ears.count("door4"); n != before || strings.Contains(mode(4), "unlocked") {
			t.Errorf("an expired command ran: asked %d times, door is %s", n-before, mode(4))
		}
	})
}

// tells waits for the end of a command and wants outcome, code and one of the words.
func (h *house) tells(t testing.TB, id string, outcome devices.Outcome, code string, words ...string) {
	t.Helper()
	c := h.settled(t, id)
	t.Logf("%s %s: %s", c.State, c.Code, c.Text)
	said := false
	for _, w := range words {
		said = said || strings.Contains(c.Text, w)
	}
	if c.State != outcome || c.Code != code || !said {
		t.Errorf("%+v, want %s %s with one of %q", c, outcome, code, words)
	}
}

// TestReadOnlyGateway wants a gateway that only looks to refuse in words, and the
// panel to be written nothing.
func TestReadOnlyGateway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	e := h.newEdge("gw-looks")
	e.extra = "read_only: true"
	panel, err := modbusd.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { panel.Close() })
	var written atomic.Int64
	panel.OnWrite(func(modbusd.Write) error { written.Add(1); return nil })
	if err := panel.Set(1, modbusd.Discrete, 1, 0); err != nil {
		t.Fatal(err)
	}
	e.device("panel", "intrusion/integriti", panel.Addr(), "params: {areas: 1, inputs: 1}")
	e.start()
	h.waitShows("gw-looks/panel.area1", "disarmed", devices.Good)
	h.tells(t, h.press("gw-looks/panel.area1", devices.Arm, "", ""), devices.Refused, devices.RefusedReadOnly, "read-only")

	if n := written.Load(); n != 0 {
		t.Errorf("a read-only gateway wrote %d times", n)
	}
}
