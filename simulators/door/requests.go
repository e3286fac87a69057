package door

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"guardroom/devices/mqtt"
)

// request is what a client of uhppoted-mqtt asks, all of its fields together.
type request struct {
	RequestID *string          `json:"request-id"`
	ClientID  *string          `json:"client-id"`
	ReplyTo   *string          `json:"reply-to"`
	Device    *uint32          `json:"device-id"`
	Door      *uint8           `json:"door"`
	Card      *uint32          `json:"card-number"`
	Control   *string          `json:"control"`
	Delay     *uint8           `json:"delay"`
	Enabled   *bool            `json:"enabled"`
	Count     int              `json:"count"`
	Index     *json.RawMessage `json:"event-index"`
}

// problem is uhppoted-mqtt's error (common/error.go).
type problem struct {
	Code    int    `json:"code"`
	Message string `json:"message,omitempty"`
}

func (p *problem) Error() string { return p.Message }

func bad(format string, args ...any) error {
	return &problem{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// handlers are the requests that the controller answers, by what follows
// "<root>/requests/", with the method that the reply names (mqtt/mqtt.go).
var handlers = map[string]struct {
	method string
	obey   func(*Controller, request) (any, error)
	change bool // of the controller: what Refuse refuses
}{
	"devices:get":               {method: "get-devices", obey: (*Controller).getDevices},
	"device:get":                {method: "get-device", obey: (*Controller).getDevice},
	"device/status:get":         {method: "get-status", obey: (*Controller).getStatus},
	"device/time:get":           {method: "get-time", obey: (*Controller).getTime},
	"device/door/delay:get":     {method: "get-door-delay", obey: (*Controller).getDelay},
	"device/door/delay:set":     {method: "set-door-delay", obey: (*Controller).setDelay, change: true},
	"device/door/control:get":   {method: "get-door-control", obey: (*Controller).getControl},
	"device/door/control:set":   {method: "set-door-control", obey: (*Controller).setControl, change: true},
	"device/door/lock:open":     {method: "open-door", obey: (*Controller).openDoor, change: true},
	"device/special-events:set": {method: "record-special-events", obey: (*Controller).setSpecial, change: true},
	"device/events:get":         {method: "get-events", obey: (*Controller).getEvents},
	"device/event:get":          {method: "get-event", obey: (*Controller).getEvent},
	"device/cards:get":          {method: "get-cards", obey: (*Controller).getCards},
	"device/card:get":           {method: "get-card", obey: (*Controller).getCard},
}

// request handles one message; it runs in the goroutine of the subscription.
// What cannot be read is dropped, as uhppoted-mqtt does.
func (c *Controller) request(m mqtt.Received) {
	m.Ack()
	h, known := handlers[strings.TrimPrefix(m.Topic, c.o.Root+"/requests/")]
	var body struct {
		Message struct {
			Request *request `json:"request"`
		} `json:"message"`
	}
	if !known {
		return
	}
	if err := json.Unmarshal(m.Payload, &body); err != nil || body.Message.Request == nil {
		c.o.Log.Warn("door simulator cannot read a request", "serial", c.o.Serial, "topic", clip(m.Topic))
		return
	}
	r := *body.Message.Request
	if r.Device != nil && *r.Device != c.o.Serial {
		return // another controller's
	}
	if _, silent := c.faults.spend(Silent); silent {
		c.wakeFeed() // it may have been the last time
		return
	}
	var answer any
	err := c.ask(func() (err error) {
		if _, refused := c.refuses(h.change); refused {
			return &problem{http.StatusInternalServerError, fmt.Sprintf("Could not carry out %s on controller %d", h.method, c.o.Serial)}
		}
		if r.Device == nil && h.method != "get-devices" {
			return bad("Invalid/missing controller ID")
		}
		answer, err = h.obey(c, r)
		return err
	})
	c.answer(r, h.method, answer, err)
}

func (c *Controller) refuses(change bool) (time.Duration, bool) {
	if !change {
		return 0, false
	}
	return c.faults.spend(Refuse)
}

// answer replies to where the request says, or to the client's reply topic.
func (c *Controller) answer(r request, method string, response any, err error) {
	if _, lost := c.faults.spend(LostAnswers); lost {
		return
	}
	content := map[string]any{"server-id": c.o.Server, "method": method}
	topic := c.o.Root + "/replies"
	if r.RequestID != nil {
		content["request-id"] = *r.RequestID
	}
	if r.ClientID != nil {
		content["client-id"] = *r.ClientID
		topic += "/" + *r.ClientID
	}
	if r.ReplyTo != nil {
		topic = *r.ReplyTo
	}
	message := map[string]any{}
	if err != nil {
		p := (*problem)(nil)
		if !errors.As(err, &p) {
			return // the controller is closing
		}
		content["error"] = p
		message["error"] = content
	} else {
		content["response"] = response
		message["reply"] = content
	}
	reply := mqtt.Message{Topic: topic, Payload: encode(map[string]any{"message": message})}
	if err := reply.Validate(); err != nil {
		c.o.Log.Warn("door simulator cannot reply", "serial", c.o.Serial, "error", err)
		return
	}
	if delay, late := c.faults.spend(Late); late {
		c.work.Go(func() { c.answerLater(delay, reply) })
		return
	}
	c.send(reply)
}

func (c *Controller) answerLater(delay time.Duration, reply mqtt.Message) {
	wait := time.NewTimer(delay)
	defer wait.Stop()
	select {
	case <-c.ctx.Done():
	case <-wait.C:
		c.send(reply)
	}
}

func (c *Controller) send(reply mqtt.Message) {
	ctx, cancel := context.WithTimeout(c.ctx, publishTime)
	defer cancel()
	if err := c.client.Publish(ctx, reply); err != nil {
		c.o.Log.Debug("door simulator cannot reply", "serial", c.o.Serial, "error", err)
	}
}

// Each handler below runs in the goroutine that owns the controller.

func (c *Controller) getDevices(request) (any, error) {
	return map[string]any{"devices": map[uint32]any{
		c.o.Serial: map[string]any{"device-type": deviceType, "ip-address": "127.0.0.1", "port": 60000},
	}}, nil
}

const deviceType = "UTO311-L04" // spelt as uhppoted-mqtt spells it

func (c *Controller) getDevice(request) (any, error) {
	return map[string]any{
		"device-id": c.o.Serial, "device-type": deviceType, "ip-address": "127.0.0.1", "subnet-mask": "255.0.0.0",
		"gateway-address": "0.0.0.0", "mac-address": "00:00:5e:00:53:01", "version": "0892", "date": "2018-11-05",
		"address": map[string]any{"IP": "127.0.0.1", "Port": 60000, "Zone": ""}, "timezone": map[string]any{},
	}, nil
}

// status is the record of get-status (device/status.go).
type status struct {
	Doors    map[uint8]bool `json:"door-states"` // true: open
	Buttons  map[uint8]bool `json:"door-buttons"`
	Error    uint8          `json:"system-error"`
	Time     string         `json:"system-datetime"`
	Sequence uint32         `json:"sequence-id"`
	Special  uint8          `json:"special-info"`
	Relays   uint8          `json:"relay-state"` // bit set: unlocked, door 1 in bit 0
	Inputs   uint8          `json:"input-state"` // bit 0 force lock, bit 1 fire
	Event    *Event         `json:"event,omitempty"`
}

func (c *Controller) getStatus(request) (any, error) {
	s := status{Doors: map[uint8]bool{}, Buttons: map[uint8]bool{}, Error: c.now.Error, Time: c.time()}
	for d := uint8(1); d <= 4; d++ { // a controller with fewer doors tells of four all the same
		known := int(d) <= len(c.now.Doors)
		s.Doors[d] = known && c.now.Doors[d-1].Open
		s.Buttons[d] = false
		if known && c.unlocked(int(d)) {
			s.Relays |= 1 << (d - 1)
		}
	}
	if c.now.Locked {
		s.Inputs |= 1
	}
	if c.now.Fire {
		s.Inputs |= 2
	}
	if n := len(c.now.Events); n > 0 {
		last := c.now.Events[n-1]
		s.Event = &last
	}
	return map[string]any{"device-id": c.o.Serial, "status": s}, nil
}

func (c *Controller) time() string { return c.o.Now().In(c.o.Location).Format(timestampLayout) }

func (c *Controller) getTime(request) (any, error) {
	return map[string]any{"device-id": c.o.Serial, "date-time": c.time()}, nil
}

func (c *Controller) leafOf(r request) (*Leaf, error) {
	if r.Door == nil || *r.Door < 1 || int(*r.Door) > len(c.now.Doors) {
		return nil, bad("Invalid/missing door")
	}
	return &c.now.Doors[*r.Door-1], nil
}

func (c *Controller) getDelay(r request) (any, error) {
	leaf, err := c.leafOf(r)
	if err != nil {
		return nil, err
	}
	return map[string]any{"device-id": c.o.Serial, "door": *r.Door, "delay": leaf.Delay}, nil
}

func (c *Controller) setDelay(r request) (any, error) {
	leaf, err := c.leafOf(r)
	if err != nil {
		return nil, err
	}
	if r.Delay == nil || *r.Delay == 0 || *r.Delay > 60 {
		return nil, bad("Invalid/missing delay")
	}
	leaf.Delay = *r.Delay
	c.changed()
	return c.getDelay(r)
}

func (c *Controller) getControl(r request) (any, error) {
	leaf, err := c.leafOf(r)
	if err != nil {
		return nil, err
	}
	return map[string]any{"device-id": c.o.Serial, "door": *r.Door, "control": modeNames[leaf.Mode]}, nil
}

func (c *Controller) setControl(r request) (any, error) {
	leaf, err := c.leafOf(r)
	if err != nil {
		return nil, err
	}
	for m, name := range modeNames {
		if r.Control != nil && *r.Control == name {
			if c.faults.disobeys(int(*r.Door)) {
				return map[string]any{"device-id": c.o.Serial, "door": *r.Door, "control": name}, nil
			}
			if leaf.Mode = m; m == normallyClosed {
				leaf.unlockedUntil = time.Time{}
			}
			c.changed()
			return c.getControl(r)
		}
	}
	return nil, bad("Cannot parse request")
}

// openDoor unlocks a door for its delay, when the card of the request may.
func (c *Controller) openDoor(r request) (any, error) {
	if r.Card == nil {
		return nil, bad("Invalid/missing card")
	}
	if _, err := c.leafOf(r); err != nil {
		return nil, err
	}
	d, opened := int(*r.Door), true
	switch c.refusal(d, *r.Card) {
	case 0:
		c.record(Event{Type: typeDoor, Granted: true, Door: *r.Door, Direction: 1, Card: *r.Card, Reason: reasonRemoteOpened})
		c.release(d)
	case reasonClosedDoor:
		opened = false
	default:
		return nil, &problem{http.StatusUnauthorized, fmt.Sprintf("Card %d is not authorized for door %d", *r.Card, d)}
	}
	return map[string]any{"device-id": c.o.Serial, "door": *r.Door, "opened": opened}, nil
}

func (c *Controller) setSpecial(r request) (any, error) {
	if r.Enabled == nil {
		return nil, bad("Invalid/missing 'enabled'")
	}
	c.now.Special = *r.Enabled
	c.changed()
	return map[string]any{"device-id": c.o.Serial, "enabled": *r.Enabled, "updated": true}, nil
}

func (c *Controller) getEvents(r request) (any, error) {
	response := map[string]any{"device-id": c.o.Serial}
	if n := len(c.now.Events); n > 0 {
		response["first"], response["last"], response["current"] = c.now.Events[0].Index, c.now.Last, c.now.Fed
		if count := min(max(r.Count, 0), n, eventsAtOnce); count > 0 {
			response["events"] = c.now.Events[n-count:]
		}
	}
	return response, nil
}

func (c *Controller) getEvent(r request) (any, error) {
	if r.Index == nil {
		return nil, bad("Invalid/missing event index")
	}
	wanted := strings.Trim(string(*r.Index), `"`)
	n := len(c.now.Events)
	for i, e := range c.now.Events {
		if wanted == fmt.Sprint(e.Index) || wanted == "first" && i == 0 || wanted == "last" && i == n-1 {
			return map[string]any{"device-id": c.o.Serial, "event": e}, nil
		}
	}
	return nil, &problem{http.StatusNotFound, fmt.Sprintf("No event at %s on %d", clip(wanted), c.o.Serial)}
}

func (c *Controller) getCards(request) (any, error) {
	numbers := []uint32{}
	for _, card := range c.o.Cards {
		numbers = append(numbers, card.Number)
	}
	return map[string]any{"device-id": c.o.Serial, "cards": numbers}, nil
}

func (c *Controller) getCard(r request) (any, error) {
	if r.Card == nil {
		return nil, bad("Invalid/missing card number")
	}
	for _, card := range c.o.Cards {
		if card.Number != *r.Card {
			continue
		}
		doors := map[uint8]int{1: 0, 2: 0, 3: 0, 4: 0}
		for _, d := range card.Doors {
			doors[uint8(d)] = 1
		}
		return map[string]any{"device-id": c.o.Serial, "card": map[string]any{
			"card-number": card.Number, "start-date": card.From, "end-date": card.To, "doors": doors,
		}}, nil
	}
	return nil, &problem{http.StatusNotFound, fmt.Sprintf("No card %d on %d", *r.Card, c.o.Serial)}
}
