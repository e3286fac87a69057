package door

import (
	"context"
	"encoding/json"
	"time"

	"guardroom/devices/mqtt"
)

// Event is one record of the controller, as it is published and kept.
type Event struct {
	Serial        uint32 `json:"device-id"`
	Index         uint32 `json:"event-id"`
	Type          uint8  `json:"event-type"`
	TypeText      string `json:"event-type-text"`
	Granted       bool   `json:"access-granted"`
	Door          uint8  `json:"door-id"`
	Direction     uint8  `json:"direction"`
	DirectionText string `json:"direction-text"`
	Card          uint32 `json:"card-number"`
	Timestamp     string `json:"timestamp"` // "2006-01-02 15:04:05 MST"
	Reason        uint8  `json:"event-reason"`
	ReasonText    string `json:"event-reason-text"`
}

// Event types (uhppoted-lib, locales/en/dictionary.go).
const (
	typeSwipe = 1
	typeDoor  = 2
	typeAlarm = 3
)

var typeTexts = map[uint8]string{0: "none", typeSwipe: "card swipe", typeDoor: "door", typeAlarm: "alarm", 255: "overwritten"}

var directionTexts = map[uint8]string{1: "in", 2: "out"}

// Event reasons (the same file).
const (
	reasonSwipe             = 1
	reasonNoRights          = 6
	reasonClosedDoor        = 11
	reasonNotInTime         = 15
	reasonDenied            = 18
	reasonButton            = 20
	reasonOpened            = 23
	reasonClosed            = 24
	reasonButtonLocked      = 31
	reasonThreat            = 34
	reasonOpenTooLong       = 37
	reasonForcedOpen        = 38
	reasonFire              = 39
	reasonEmergency         = 43
	reasonRemoteOpened      = 44
	reasonControllerOn      = 28
	eventsKept              = 256
	eventsAtOnce            = 32
	feedRetry               = 2 * time.Second
	publishTime             = 5 * time.Second
	timestampLayout         = "2006-01-02 15:04:05 MST"
	dateLayout              = time.DateOnly
	alertQoS           byte = 1 // mqtt.alerts.qos of uhppoted.conf, as shipped
	alertRetained           = true
)

var reasonTexts = map[uint8]string{
	1: "swipe", 2: "swipe open", 3: "swipe close", 5: "swipe:denied (system)", 6: "no access rights",
	7: "incorrect password", 8: "anti-passback", 9: "more cards", 10: "first card open",
	11: "door is normally closed", 12: "interlock", 13: "not in allowed time period", 15: "invalid timezone",
	18: "access denied", 20: "push button ok", 23: "door opened", 24: "door closed",
	25: "door opened (supervisor password)", 28: "controller power on", 29: "controller reset",
	31: "pushbutton invalid (door locked)", 32: "pushbutton invalid (offline)",
	33: "pushbutton invalid (interlock)", 34: "pushbutton invalid (threat)", 37: "door open too long",
	38: "forced open", 39: "fire", 40: "forced closed", 41: "theft prevention", 42: "24x7 zone",
	43: "emergency", 44: "remote open door", 45: "remote open door (USB reader)",
}

// record keeps an event and publishes it at once; the feed repeats it. Only
// card events are kept while special events are off. The caller is the owner.
func (c *Controller) record(e Event) {
	if !c.now.Special && e.Reason >= reasonButton && e.Reason != reasonRemoteOpened {
		return
	}
	c.now.Last++
	e.Serial, e.Index = c.o.Serial, c.now.Last
	e.TypeText, e.ReasonText, e.DirectionText = typeTexts[e.Type], reasonTexts[e.Reason], directionTexts[e.Direction]
	e.Timestamp = c.o.Now().In(c.o.Location).Format(timestampLayout)
	if _, lost := c.faults.spend(LoseEvents); lost {
		e.Type, e.TypeText = 255, typeTexts[255] // kept as overwritten, published never
	}
	c.now.Events = append(c.now.Events, e)
	if n := len(c.now.Events) - eventsKept; n > 0 {
		c.now.Events = append([]Event(nil), c.now.Events[n:]...)
	}
	c.changed()
	if e.Type != 255 && !c.faults.has(Silent) {
		c.publishLive(e)
	}
	c.wakeFeed()
}

// publishLive sends what uhppoted-mqtt heard from the controller by itself. What
// happens while the broker is away is not published here.
func (c *Controller) publishLive(e Event) {
	times := 1
	if c.faults.has(RepeatEvents) {
		times = 2
	}
	for range times {
		ctx, cancel := context.WithTimeout(c.ctx, time.Second)
		d := c.client.Start(ctx, mqtt.Message{Topic: c.o.Root + "/events/live", Payload: eventMessage(e), QoS: alertQoS, Retained: alertRetained})
		cancel()
		select {
		case <-d.Done():
			if d.Err() != nil {
				c.o.Log.Debug("live event not published", "serial", c.o.Serial, "event", e.Index, "error", d.Err())
				return
			}
		default:
		}
	}
}

func (c *Controller) wakeFeed() {
	select {
	case c.feed <- struct{}{}:
	default:
	}
}

// publishFeed sends every event at least once, in order, also those that
// happened while the broker was away.
func (c *Controller) publishFeed() {
	retry := time.NewTicker(feedRetry)
	defer retry.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-c.feed:
		case <-retry.C:
		}
		for c.publishNext() {
		}
	}
}

// publishNext sends the oldest event that the feed has not sent, and reports
// whether there may be more.
func (c *Controller) publishNext() bool {
	if c.faults.has(Silent) || !c.client.Connected() {
		return false
	}
	var next *Event
	err := c.ask(func() error {
		for i := range c.now.Events {
			if c.now.Events[i].Index > c.now.Fed {
				e := c.now.Events[i]
				next = &e
				return nil
			}
		}
		return nil
	})
	if err != nil || next == nil {
		return false
	}
	times := 1
	if _, repeated := c.faults.spend(RepeatEvents); repeated {
		times = 2
	}
	for range times {
		if next.Type == 255 {
			break
		}
		ctx, cancel := context.WithTimeout(c.ctx, publishTime)
		err = c.client.Publish(ctx, mqtt.Message{Topic: c.o.Root + "/events", Payload: eventMessage(*next), QoS: alertQoS, Retained: alertRetained})
		cancel()
		if err != nil {
			return false // again when the broker is back
		}
	}
	return c.ask(func() error {
		c.now.Fed = max(c.now.Fed, next.Index)
		c.changed()
		return nil
	}) == nil
}

// eventMessage wraps e as uhppoted-mqtt does: its message type and its content
// are both called event.
func eventMessage(e Event) []byte {
	return encode(map[string]any{"message": map[string]any{"event": map[string]any{"event": e}}})
}

func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil { // the types of this package always encode
		panic(err)
	}
	return data
}
