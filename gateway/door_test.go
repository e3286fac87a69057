package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/gateway/link"
)

// controller is a make-believe door controller behind uhppoted-mqtt.
type controller struct {
	t      testing.TB
	client *mqtt.Client

	mu      sync.Mutex
	mode    [5]string
	open    [5]bool
	relays  int // bit n-1: the lock of door n is released
	event   int
	asked   map[string]int // by request
	refuses bool
	deaf    bool
}

func startController(t testing.TB, address string) *controller {
	t.Helper()
	c := &controller{t: t, asked: map[string]int{}}
	for i := range c.mode {
		c.mode[i] = "controlled"
	}
	var err error
	c.client, err = mqtt.Connect(mqtt.Options{
		URLs: []string{"tcp://" + address}, ClientID: "uhppoted", MaxReconnect: 200 * time.Millisecond,
		Subscriptions: []mqtt.Subscription{{Filter: "uhppoted/gateway/requests/#", QoS: 1, Handler: c.request}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = c.client.Close(ctx)
	})
	return c
}

type doorRequest struct {
	Message struct {
		Request struct {
			ID      string `json:"request-id"`
			ReplyTo string `json:"reply-to"`
			Device  any    `json:"device-id"`
			Door    any    `json:"door"`
			Control string `json:"control"`
		} `json:"request"`
	} `json:"message"`
}

func (c *controller) request(r mqtt.Received) {
	defer r.Ack()
	var body doorRequest
	if err := json.Unmarshal(r.Payload, &body); err != nil {
		c.t.Error(err)
		return
	}
	what := strings.TrimPrefix(r.Topic, "uhppoted/gateway/requests/device/")
	request := body.Message.Request
	var door int
	fmt.Sscan(fmt.Sprint(request.Door), &door)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked[what]++
	if c.deaf {
		return
	}
	reply := map[string]any{"request-id": request.ID}
	response := map[string]any{"device-id": 405419896}
	switch what {
	case "status:get":
		reply["method"] = "get-status"
		states := map[string]bool{}
		for n := 1; n <= 4; n++ {
			states[fmt.Sprint(n)] = c.open[n]
		}
		response["status"] = map[string]any{"door-states": states, "relay-state": c.relays, "input-state": 0, "system-error": 0, "event": map[string]any{"event-id": c.event}}
	case "door/control:get":
		reply["method"] = "get-door-control"
		response["door"], response["control"] = door, c.mode[door]
	case "door/lock:open":
		reply["method"] = "open-door"
		if !c.refuses {
			c.relays |= 1 << (door - 1)
		}
		response["opened"] = !c.refuses
	case "door/control:set":
		reply["method"] = "set-door-control"
		c.mode[door] = request.Control
		response["door"], response["control"] = door, request.Control
	}
	reply["response"] = response
	c.say(request.ReplyTo, map[string]any{"message": map[string]any{"reply": reply}})
}

func (c *controller) say(topic string, body any) {
	payload, err := json.Marshal(body)
	if err != nil {
		c.t.Error(err)
	}
	c.client.Start(context.Background(), mqtt.Message{Topic: topic, Payload: payload, QoS: 1})
}

// happens sends an event on the named feeds.
func (c *controller) happens(id, kind, door, reason int, feeds ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.event = max(c.event, id)
	event := map[string]any{
		"device-id": 405419896, "event-id": id, "event-type": kind, "access-granted": reason == 1, "door-id": door,
		"card-number": 8165538, "timestamp": time.Now().UTC().Format("2006-01-02 15:04:05 MST"), "event-reason": reason, "event-reason-text": "reason",
	}
	for _, feed := range feeds {
		c.say("uhppoted/gateway/"+feed, map[string]any{"message": map[string]any{"event": map[string]any{"event": event}}})
	}
}

const uhppoted = "access/uhppoted"

func doors(t *testing.T) (*world, *controller) {
	t.Helper()
	w := newWorld(t)
	field := freePort(t)
	w.extra = "field_broker: {listen: '" + field + "'}\nsupervision: {lost_after: 2s, alarm_after: 4s}\n"
	w.device("doors-1", uhppoted, "tcp://"+field, "params: {device_id: 405419896, time_zone: UTC}")
	c := startController(t, field)
	return w, c
}

func (w *world) waitReading(point devices.PointID, q devices.Quality) {
	w.t.Helper()
	eventually(w.t, fmt.Sprint(point, " is ", q), func() bool {
		ok := false
		w.console.locked(func() { ok = w.console.readings[point].Quality == q })
		return ok
	})
}

func TestDoors(t *testing.T) {
	t.Parallel()
	w, c := doors(t)
	stop := w.start()
	w.waitReading("gw/doors-1.door1", devices.Good)
	c.mu.Lock()
	c.open[1] = true
	c.mu.Unlock()
	c.happens(10, 3, 1, 38, "events/live", "events") // forced, on both feeds
	eventually(t, "forced", func() bool { return len(w.console.signals(devices.DoorForced)) == 1 })
	c.happens(11, 1, 2, 6, "events", "events/live") // refused
	eventually(t, "refused", func() bool { return len(w.console.signals(devices.AccessDenied)) == 1 })
	denied := w.console.signals(devices.AccessDenied)[0]
	if denied.Detail["reason"] != "denied_no_access_rights" || denied.Detail["card"] != "…538" || strings.Contains(fmt.Sprint(denied), "8165538") {
		t.Errorf("signal %+v", denied)
	}
	stop()
	// While the gateway is away nothing is told; what comes again is known.
	w.start()
	w.waitReading("gw/doors-1.door1", devices.Good)
	c.happens(11, 1, 2, 6, "events")
	c.mu.Lock()
	c.open[1] = false
	c.mu.Unlock()
	c.happens(12, 2, 1, 24, "events") // closed
	eventually(t, "the door closes", func() bool { return len(w.console.signals(devices.DoorForced)) == 2 })
	c.happens(13, 1, 2, 1, "events")
	eventually(t, "granted", func() bool { return len(w.console.signals(devices.AccessGranted)) == 1 })
	if n := len(w.console.signals(devices.AccessDenied)); n != 1 {
		t.Errorf("%d refusals, want 1", n)
	}
	if forced := w.console.signals(devices.DoorForced); !forced[0].Active || forced[1].Active {
		t.Errorf("forced: %+v", forced)
	}
	if n := len(w.console.signals(devices.SignalsMissing)); n != 0 {
		t.Errorf("%d times signals.missing", n)
	}
}

func TestDoorCommands(t *testing.T) {
	t.Parallel()
	w, c := doors(t)
	w.start()
	w.waitReading("gw/doors-1.door1", devices.Good)
	send := func(id string, verb devices.Verb, deadline time.Duration) devices.Receipt {
		return w.console.command(devices.Command{ID: id, Point: "gw/doors-1.door1", Verb: verb, Deadline: time.Now().Add(deadline)})
	}
	start := time.Now()
	if r := send("1", devices.Access, time.Minute); r.Outcome != devices.Confirmed {
		t.Errorf("access: %+v", r)
	}
	if took := time.Since(start); took > time.Second+raceAllowance {
		t.Errorf("access took %s", took)
	}
	start = time.Now()
	if r := send("2", devices.Unlock, time.Minute); r.Outcome != devices.Confirmed || !strings.Contains(r.ReadBack, "unlocked") {
		t.Errorf("unlock: %+v", r)
	}
	t.Logf("unlock with read-back in %s", time.Since(start))
	c.mu.Lock()
	c.refuses, c.relays = true, 0
	c.mu.Unlock()
	if r := send("3", devices.Access, time.Minute); r.Outcome != devices.Refused || r.Code != devices.RefusedByDevice {
		t.Errorf("refused access: %+v", r)
	}
	c.mu.Lock()
	c.refuses, c.deaf = false, true
	before := c.asked["door/lock:open"]
	c.mu.Unlock()
	if r := send("4", devices.Access, time.Minute); r.Outcome != devices.Unknown || r.Code != devices.UnknownNoAnswer {
		t.Errorf("silent access: %+v", r)
	}
	c.mu.Lock()
	if sent := c.asked["door/lock:open"] - before; sent != 1 {
		t.Errorf("%d requests went out, want 1", sent)
	}
	c.deaf = false
	c.mu.Unlock()
	// A lockdown is brought about, and again when the device was away.
	w.console.locked(func() {
		w.console.tell(link.Desired, link.DesiredMessage{Version: 1, Lockdowns: []link.Lockdown{{ID: "l", Points: []devices.PointID{"gw/doors-1.door2"}}}})
	})
	blocked := func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.mode[2] == "normally closed"
	}
	eventually(t, "door 2 is blocked", blocked)
}
