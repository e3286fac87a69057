package broker_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
)

func TestWill(t *testing.T) {
	t.Parallel()
	wills := make(chan mqtt.Message, 10)
	b := start(t, broker.Options{
		MayPublish: func(_ *broker.Client, topic string) bool { return topic != "other/status" },
		OnWill:     func(c *broker.Client, m mqtt.Message) { wills <- m },
	})
	will := func(topic string) []byte {
		return packet(0x10, text("MQTT")+string([]byte{4, 0x2e, 0, 60})+text("gw")+text(topic)+text("offline"))
	}
	r := dial(t, b.Addr())
	r.send(will("other/status"))
	r.expect(0x20, 2, 0, 5)
	r.expectEnd()

	r = dial(t, b.Addr())
	r.send(will("gw/status"))
	r.expect(0x20, 2, 0, 0)
	_ = r.conn.Close()
	if m := receive(t, wills); m.Topic != "gw/status" || string(m.Payload) != "offline" || !m.Retained || m.QoS != 1 {
		t.Errorf("will %+v", m)
	}
	got := make(chan mqtt.Received, 1)
	c := connect(t, b.Addr(), "reader")
	if err := c.Subscribe("gw/status", 1, func(r mqtt.Received) { got <- r }); err != nil {
		t.Fatal(err)
	}
	if m := receive(t, got); string(m.Payload) != "offline" || !m.Retained {
		t.Errorf("retained %+v", m.Message)
	}

	polite := connect(t, b.Addr(), "polite", func(o *mqtt.Options) {
		o.Will = &mqtt.Message{Topic: "polite/status", Payload: []byte("offline"), QoS: 1}
	})
	if err := polite.Close(soon(t)); err != nil {
		t.Fatal(err)
	}
	until(t, "the polite client is gone", func() bool { return len(b.Clients()) == 1 })
	if len(wills) > 0 {
		t.Errorf("a will after a goodbye: %+v", <-wills)
	}
}

func TestTakeOver(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var story []string
	tell := func(s string) { mu.Lock(); story = append(story, s); mu.Unlock() }
	b := start(t, broker.Options{
		OnConnect: func(c *broker.Client, err error) { tell("connect") },
		OnDisconnect: func(c *broker.Client, err error) {
			tell(fmt.Sprint("disconnect ", errors.Is(err, broker.ErrTakenOver)))
		},
		OnWill: func(c *broker.Client, m mqtt.Message) { tell("will " + string(m.Payload)) },
	})
	sign := func(session string) *raw {
		r := dial(t, b.Addr())
		r.send(packet(0x10, text("MQTT")+string([]byte{4, 0x2e, 0, 60})+text("gw")+text("gw/status")+text(session)))
		r.expect(0x20, 2, 0, 0)
		return r
	}
	first := sign("s1")
	second := sign("s2")
	first.expectEnd()
	// The retained state of the new one is not overwritten by the old one's will.
	second.send(packet(0x33, text("gw/status")+"\x00\x01online"))
	second.expect(0x40, 2, 0, 1)
	second.send(packet(0x82, "\x00\x02"+text("gw/status")+"\x01"))
	second.expect(0x90, 3, 0, 2, 1)
	second.expect(packet(0x33, text("gw/status")+"\x00\x01online")...)
	mu.Lock()
	defer mu.Unlock()
	if got := strings.Join(story, ", "); got != "connect, will s1, disconnect true, connect" {
		t.Errorf("story: %s", got)
	}
}

func TestTakeOverOften(t *testing.T) {
	t.Parallel()
	b := start(t, broker.Options{})
	for range 100 {
		dial(t, b.Addr()).sign("gw")
	}
	last := dial(t, b.Addr()).sign("gw")
	last.send(packet(0x82, "\x00\x02"+text("x")+"\x00"))
	last.expect(0x90, 3, 0, 2, 0)
	if err := b.Publish(mqtt.Message{Topic: "x", Payload: []byte("v")}); err != nil {
		t.Fatal(err)
	}
	last.expect(packet(0x30, text("x")+"v")...)
	if n := len(b.Clients()); n != 1 {
		t.Errorf("%d clients", n)
	}
}

func TestInlineIDIsRefused(t *testing.T) {
	t.Parallel()
	b := start(t, broker.Options{})
	r := dial(t, b.Addr())
	r.send(connectPacket("inline", 60))
	r.expect(0x20, 2, 0, 5)
	r.expectEnd()
	r = dial(t, b.Addr()).sign("x")
	r.send(packet(0x82, "\x00\x02"+text("x")+"\x00"))
	r.expect(0x90, 3, 0, 2, 0)
	if err := b.Publish(mqtt.Message{Topic: "x"}); err != nil {
		t.Error(err)
	}
	r.expect(packet(0x30, text("x"))...)
}

// The old connection is in the middle of Take for longer than the new one waits.
func TestTakeOverDuringTake(t *testing.T) {
	t.Parallel()
	inside, release := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 10)
	b := start(t, broker.Options{
		Take: func(_ *broker.Client, p broker.Taken) bool {
			if p.Topic == "stuck" {
				close(inside)
				<-release
			}
			p.Done()
			return true
		},
		OnDisconnect: func(_ *broker.Client, err error) { ended <- err },
	})
	old := dial(t, b.Addr()).sign("gw")
	old.send(publishPacket("stuck", 1, 1, "m"))
	receive(t, inside)
	heir := dial(t, b.Addr()).sign("gw")
	heir.send(packet(0x82, "\x00\x02"+text("x")+"\x00"))
	heir.expect(0x90, 3, 0, 2, 0)
	close(release)
	if err := receive(t, ended); !errors.Is(err, broker.ErrTakenOver) {
		t.Errorf("the old one ended with %v", err)
	}
	if err := b.Publish(mqtt.Message{Topic: "x", Payload: []byte("v")}); err != nil {
		t.Fatal(err)
	}
	heir.expect(packet(0x30, text("x")+"v")...)
}

func TestConnectionThatSaysNothing(t *testing.T) {
	t.Parallel()
	b := start(t, broker.Options{})
	mute, half := dial(t, b.Addr()), dial(t, b.Addr())
	half.send(connectPacket("half", 60)[:8])
	mute.expectEnd()
	half.expectEnd()
}

func TestDrop(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 2)
	b := start(t, broker.Options{OnDisconnect: func(_ *broker.Client, err error) { ended <- err }})
	revoked, other := dial(t, b.Addr()).sign("revoked"), dial(t, b.Addr()).sign("other")
	until(t, "both are in", func() bool { return len(b.Clients()) == 2 })
	if n := b.Drop(func(c *broker.Client) bool { return c.ID == "revoked" }); n != 1 {
		t.Errorf("dropped %d", n)
	}
	revoked.expectEnd()
	if err := receive(t, ended); !errors.Is(err, broker.ErrDropped) {
		t.Errorf("ended with %v", err)
	}
	other.send([]byte{0xc0, 0})
	other.expect(0xd0, 0)
}
