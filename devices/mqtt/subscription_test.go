package mqtt_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
)

func TestSubscriptionsAreRenewedWithoutASession(t *testing.T) {
	t.Parallel()
	b := start(t, "127.0.0.1:0", broker.Options{})
	c := connect(t, b.Addr())
	got := make(chan string, 10)
	if err := c.Subscribe("before/+", 1, func(r mqtt.Received) { r.Ack(); got <- string(r.Payload) }); err != nil {
		t.Fatal(err)
	}
	receive(t, c.ups)
	if err := c.Subscribe("later/#", 0, func(r mqtt.Received) { got <- string(r.Payload) }); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		for _, topic := range []string{"before/x", "later/y/z"} {
			if err := b.Publish(mqtt.Message{Topic: topic, Payload: []byte(fmt.Sprint(round, topic)), QoS: 1}); err != nil {
				t.Fatal(err)
			}
			if s := receive(t, got); s != fmt.Sprint(round, topic) {
				t.Errorf("got %q", s)
			}
		}
		// A new broker knows nothing of the old one's sessions.
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		receive(t, c.downs)
		b = start(t, b.Addr(), broker.Options{})
		if n := receive(t, c.ups); n != round+2 {
			t.Errorf("connection %d, want %d", n, round+2)
		}
	}
	c.Unsubscribe("before/+")
	_ = c.Publish(soon(t), mqtt.Message{Topic: "before/x", QoS: 1})
	_ = c.Publish(soon(t), mqtt.Message{Topic: "later/x", Payload: []byte("end"), QoS: 1})
	if s := receive(t, got); s != "end" {
		t.Errorf("got %q after Unsubscribe", s)
	}
}

func TestHandlerThatBlocksHoldsNothingElse(t *testing.T) {
	t.Parallel()
	b := start(t, "127.0.0.1:0", broker.Options{})
	c := connect(t, b.Addr(), func(o *mqtt.Options) { o.KeepAlive = time.Second })
	release := make(chan struct{})
	entered := make(chan struct{}, 1)
	var order []string
	all := make(chan struct{})
	if err := c.Subscribe("slow", 1, func(r mqtt.Received) {
		entered <- struct{}{}
		<-release
		// A handler may publish and wait.
		if err := c.Publish(soon(t), mqtt.Message{Topic: "answer", QoS: 1}); err != nil {
			t.Error(err)
		}
		r.Ack()
		if order = append(order, string(r.Payload)); len(order) == 3 {
			close(all)
		}
		<-entered
	}); err != nil {
		t.Fatal(err)
	}
	quick := make(chan struct{}, 10)
	if err := c.Subscribe("quick", 1, func(r mqtt.Received) { r.Ack(); quick <- struct{}{} }); err != nil {
		t.Fatal(err)
	}
	receive(t, c.ups)
	for i := range 3 {
		if err := b.Publish(mqtt.Message{Topic: "slow", QoS: 1, Payload: []byte{'a' + byte(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "the handler is inside", func() bool { return len(entered) == 1 })
	if err := b.Publish(mqtt.Message{Topic: "quick", QoS: 1}); err != nil {
		t.Fatal(err)
	}
	receive(t, quick)
	// Longer than the broker waits for a ping: it is still answered.
	<-time.After(1800 * time.Millisecond)
	close(release)
	receive(t, all)
	if s := strings.Join(order, ""); s != "abc" || c.Session() != 1 {
		t.Errorf("order %s, %d connections, %d losses", s, c.Session(), len(c.downs))
		for len(c.downs) > 0 {
			t.Error(<-c.downs)
		}
	}
}

func TestHandlerThatFallsBehind(t *testing.T) {
	t.Parallel()
	b := start(t, "127.0.0.1:0", broker.Options{})
	c := connect(t, b.Addr(), func(o *mqtt.Options) { o.Queue = 3 })
	release, inside, got := make(chan struct{}), make(chan struct{}, 100), make(chan string, 100)
	if err := c.Subscribe("#", 1, func(r mqtt.Received) { inside <- struct{}{}; <-release; got <- string(r.Payload) }); err != nil {
		t.Fatal(err)
	}
	receive(t, c.ups)
	publish := func(qos byte, s string) {
		if err := b.Publish(mqtt.Message{Topic: "x", QoS: qos, Payload: []byte(s)}); err != nil {
			t.Fatal(err)
		}
	}
	publish(0, "0")
	receive(t, inside)
	for i := range 9 {
		publish(0, fmt.Sprint(i+1)) // the newest readings stay
	}
	publish(1, "alarm")
	publish(1, "alarm")
	publish(1, "alarm") // these displace readings
	publish(1, "alarm") // nothing is left to displace
	if err := receive(t, c.downs); !strings.Contains(err.Error(), "fell behind") {
		t.Errorf("down: %v", err)
	}
	close(release)
	for _, want := range []string{"0", "alarm", "alarm", "alarm"} {
		if s := receive(t, got); s != want {
			t.Errorf("got %s, want %s", s, want)
		}
	}
	receive(t, c.ups)
}

func TestAckIsManual(t *testing.T) {
	t.Parallel()
	acked := make(chan byte, 10)
	addr := fake(t, func(conn net.Conn) {
		packets(conn, func(head byte, body []byte) {
			switch head & 0xf0 {
			case 0x10:
				_, _ = conn.Write(connack)
			case 0x80:
				_, _ = conn.Write([]byte{0x90, 3, body[0], body[1], 1})
				for id := byte(1); id <= 3; id++ {
					_, _ = conn.Write([]byte{0x32, 6, 0, 1, 'x', 0, id, 'm'})
				}
			case 0x40:
				acked <- body[1]
			case 0xc0:
				_, _ = conn.Write([]byte{0xd0, 0})
			}
		})
	})
	c := connect(t, addr)
	got := make(chan mqtt.Received, 10)
	if err := c.Subscribe("x", 1, func(r mqtt.Received) { got <- r }); err != nil {
		t.Fatal(err)
	}
	first, second := receive(t, got), receive(t, got)
	receive(t, got)
	second.Ack()
	second.Ack()
	first.Ack()
	if a, b := receive(t, acked), receive(t, acked); a != 2 || b != 1 || len(acked) > 0 {
		t.Errorf("acknowledged %d, %d and %d more", a, b, len(acked))
	}
}
