package cmd_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/gateway/link"
)

// speaker is a connection to the wire with a gateway's credential, for what a
// gateway of ours would never say.
type speaker struct {
	e        *edge
	client   *mqtt.Client
	confirms chan link.ConfirmMessage
	commands chan devices.Command
	downs    chan error
}

// speak connects with the edge's own credential.
func (e *edge) speak(t testing.TB) *speaker {
	t.Helper()
	return e.speakAs(t, e.id, e.credential())
}

func (e *edge) speakAs(t testing.TB, id, password string) *speaker {
	t.Helper()
	s := &speaker{e: e, confirms: make(chan link.ConfirmMessage, 4096), commands: make(chan devices.Command, 16), downs: make(chan error, 64)}
	var err error
	s.client, err = mqtt.Connect(mqtt.Options{
		URLs: []string{"tcp://" + e.h.mqtt}, ClientID: "gateway-" + id, Username: id, CleanSession: true, MaxReconnect: 200 * time.Millisecond,
		Password: func() (string, error) { return password, nil },
		OnDown: func(err error) {
			select {
			case s.downs <- err:
			default:
			}
		},
		Subscriptions: []mqtt.Subscription{
			{Filter: s.topic(link.Confirm), QoS: 1, Handler: func(r mqtt.Received) {
				r.Ack()
				var m link.ConfirmMessage
				if json.Unmarshal(r.Payload, &m) == nil {
					s.confirms <- m
				}
			}},
			{Filter: s.topic(link.Commands), QoS: 1, Handler: func(r mqtt.Received) {
				r.Ack()
				var m devices.Command
				if json.Unmarshal(r.Payload, &m) == nil {
					s.commands <- m
				}
			}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.close() })
	return s
}

func (s *speaker) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_ = s.client.Close(ctx)
}

func (s *speaker) topic(c link.Channel) string {
	return link.Topic{Station: station, Gateway: s.e.id, Channel: c}.String()
}

// publish sends a payload and waits until the console has taken it.
func (s *speaker) publish(t testing.TB, topic string, qos byte, payload []byte) {
	t.Helper()
	poll(t, 10*time.Second, "published to "+topic, func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		return s.client.Publish(ctx, mqtt.Message{Topic: topic, Payload: payload, QoS: qos})
	})
}

func (s *speaker) say(t testing.TB, c link.Channel, body any) {
	t.Helper()
	payload, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	s.publish(t, s.topic(c), c.QoS(), payload)
}

// hello says who the gateway is: one panel of zones.
func (s *speaker) hello(t testing.TB, epoch uint64, panel string) {
	t.Helper()
	d := devices.Device{ID: panel, Name: "Panel", Profile: "test/storm", Category: "test"}
	for n := 1; n <= 4; n++ {
		d.Points = append(d.Points, devices.Point{ID: fmt.Sprintf("zone%d", n), Type: devices.Enum, States: []string{"normal", "fire"}, Kinds: []devices.Kind{devices.FireAlarm}})
	}
	s.say(t, link.Status, link.StatusMessage{State: link.Online, Session: "s1", At: time.Now()})
	s.say(t, link.Birth, link.BirthMessage{Wire: link.Spoken, Station: station, Gateway: s.e.id, Session: "s1", Epoch: epoch, Software: "test", At: time.Now(), Devices: []devices.Device{d}})
}

func (s *speaker) signals(t testing.TB, lane link.Channel, signals ...devices.Signal) {
	t.Helper()
	payload, err := link.EncodeSignals(station, signals)
	if err != nil {
		t.Fatal(err)
	}
	s.publish(t, s.topic(lane), 1, payload)
}

// confirmed waits for the confirm of a number, and refuses one beyond it.
func (s *speaker) confirmed(t testing.TB, epoch, upto uint64) {
	t.Helper()
	late := time.After(15 * time.Second)
	for best := uint64(0); best < upto; {
		select {
		case m := <-s.confirms:
			if m.Epoch == epoch {
				best = max(best, m.Upto)
			}
		case <-late:
			t.Fatalf("confirmed up to %d of %d", best, upto)
		}
		if best > upto {
			t.Fatalf("confirmed up to %d, and only %d were said", best, upto)
		}
	}
}
