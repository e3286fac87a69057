package broker_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
)

func TestAcknowledgementFollowsDone(t *testing.T) {
	t.Parallel()
	taken := make(chan broker.Taken, 10)
	b := start(t, broker.Options{Take: func(c *broker.Client, p broker.Taken) bool {
		taken <- p
		return true
	}})
	heard := make(chan mqtt.Message, 10)
	if err := b.Subscribe("#", func(m mqtt.Message) { heard <- m }); err != nil {
		t.Fatal(err)
	}
	c := connect(t, b.Addr(), "gw")
	d := c.Start(t.Context(), mqtt.Message{Topic: "a/b", Payload: []byte("fire"), QoS: 1, Retained: true})
	p := receive(t, taken)
	if p.Topic != "a/b" || string(p.Payload) != "fire" || p.QoS != 1 || !p.Retain {
		t.Errorf("took %+v", p)
	}
	// A round trip behind it proves that no PUBACK was on its way.
	quick := c.Start(t.Context(), mqtt.Message{Topic: "a/b", Payload: []byte("0"), QoS: 0})
	receive(t, quick.Done())
	receive(t, taken)
	select {
	case <-d.Done():
		t.Fatalf("settled before Done: %v", d.Err())
	default:
	}
	p.Done()
	p.Done()
	receive(t, d.Done())
	if d.Err() != nil {
		t.Error(d.Err())
	}
	if len(heard) > 0 {
		t.Errorf("a taken message was forwarded: %+v", <-heard)
	}
}

func TestAcknowledgementsKeepTheOrderOfMessages(t *testing.T) {
	t.Parallel()
	taken := make(chan broker.Taken, 10)
	b := start(t, broker.Options{Take: func(_ *broker.Client, p broker.Taken) bool { taken <- p; return true }})
	r := dial(t, b.Addr()).sign("gw")
	var messages []broker.Taken
	for i := range 4 {
		r.send(publishPacket("x", uint16(i+7), 1, "m"))
		messages = append(messages, receive(t, taken))
	}
	for _, i := range []int{2, 1, 3} {
		messages[i].Done()
	}
	r.send([]byte{0xc0, 0})
	r.expect(0xd0, 0) // the answer to the ping comes before any PUBACK
	messages[0].Done()
	r.expect(0x40, 2, 0, 7, 0x40, 2, 0, 8, 0x40, 2, 0, 9, 0x40, 2, 0, 10)
}

func TestTakenQoS2(t *testing.T) {
	t.Parallel()
	taken := make(chan broker.Taken, 10)
	b := start(t, broker.Options{Take: func(_ *broker.Client, p broker.Taken) bool { taken <- p; return true }})
	r := dial(t, b.Addr()).sign("gw")
	r.send(publishPacket("x", 5, 2, "m"))
	p := receive(t, taken)
	if p.QoS != 2 {
		t.Errorf("QoS %d", p.QoS)
	}
	r.send([]byte{0xc0, 0})
	r.expect(0xd0, 0)
	p.Done()
	r.expect(0x50, 2, 0, 5)
	r.send(publishPacket("x", 5, 2, "m")) // again before its PUBREL: answered, not taken twice
	r.expect(0x50, 2, 0, 5)
	r.send([]byte{0x62, 2, 0, 5})
	r.expect(0x70, 2, 0, 5)
	if len(taken) > 0 {
		t.Error("taken twice")
	}
	r.send(publishPacket("x", 5, 2, "n")) // the id is free again
	if p := receive(t, taken); string(p.Payload) != "n" {
		t.Errorf("took %q", p.Payload)
	}
}

func TestNotTakenIsForwardedAndRetained(t *testing.T) {
	t.Parallel()
	b := start(t, broker.Options{Take: func(_ *broker.Client, p broker.Taken) bool { return p.Topic == "taken" }})
	c := connect(t, b.Addr(), "gw")
	// The second acknowledgement says that the first message is through: what is
	// not taken is acknowledged before it is forwarded.
	for _, m := range []mqtt.Message{
		{Topic: "kept", Payload: []byte("v"), QoS: 1, Retained: true},
		{Topic: "other", QoS: 1},
	} {
		if err := c.Publish(soon(t), m); err != nil {
			t.Fatal(err)
		}
	}
	got := make(chan mqtt.Received, 10)
	late := connect(t, b.Addr(), "late")
	if err := late.Subscribe("+", 1, func(r mqtt.Received) { r.Ack(); got <- r }); err != nil {
		t.Fatal(err)
	}
	if r := receive(t, got); r.Topic != "kept" || !r.Retained || string(r.Payload) != "v" {
		t.Errorf("got %+v", r.Message)
	}
	if err := b.Publish(mqtt.Message{Topic: "from-inside", Payload: []byte("w"), QoS: 1}); err != nil {
		t.Fatal(err)
	}
	if r := receive(t, got); r.Topic != "from-inside" || r.Retained || r.QoS != 1 {
		t.Errorf("got %+v", r.Message)
	}
}

func TestDeniedPublishCutsTheConnection(t *testing.T) {
	t.Parallel()
	for _, qos := range []byte{0, 1, 2} {
		t.Run(fmt.Sprint("qos ", qos), func(t *testing.T) {
			t.Parallel()
			denied := make(chan string, 10)
			ended := make(chan error, 10)
			b := start(t, broker.Options{
				MayPublish:   func(c *broker.Client, topic string) bool { return strings.HasPrefix(topic, c.ID+"/") },
				Take:         func(_ *broker.Client, p broker.Taken) bool { p.Done(); return true },
				OnDenied:     func(c *broker.Client, topic string, write bool) { denied <- fmt.Sprint(c.ID, topic, write) },
				OnDisconnect: func(_ *broker.Client, err error) { ended <- err },
			})
			r := dial(t, b.Addr()).sign("gw")
			r.send(publishPacket("gw/x", 1, 1, "mine"))
			r.expect(0x40, 2, 0, 1)
			r.send(publishPacket("other/x", 2, qos, "not mine"))
			r.expectEnd()
			if got := receive(t, denied); got != "gwother/xtrue" {
				t.Errorf("denied %q", got)
			}
			if err := receive(t, ended); !errors.Is(err, broker.ErrDenied) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

func TestDeniedSubscription(t *testing.T) {
	t.Parallel()
	denied := make(chan string, 10)
	b := start(t, broker.Options{
		MaySubscribe: func(_ *broker.Client, f string) bool { return f == "ok" || f == "all/#" || f == "all/yes" },
		OnDenied:     func(_ *broker.Client, topic string, write bool) { denied <- fmt.Sprint(topic, write) },
	})
	refused := make(chan string, 1)
	got := make(chan string, 10)
	c := connect(t, b.Addr(), "gw", func(o *mqtt.Options) { o.OnRefused = func(f string) { refused <- f } })
	if err := c.Subscribe("secret/#", 1, func(mqtt.Received) {}); err == nil {
		t.Error("the refusal is not told")
	}
	if d := receive(t, denied); d != "secret/#false" {
		t.Errorf("denied %q", d)
	}
	if err := c.Subscribe("all/#", 1, func(r mqtt.Received) { r.Ack(); got <- r.Topic }); err != nil {
		t.Fatal(err)
	}
	for _, topic := range []string{"all/no", "all/yes"} {
		if err := b.Publish(mqtt.Message{Topic: topic, QoS: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if topic := receive(t, got); topic != "all/yes" {
		t.Errorf("delivered %s", topic)
	}
	if !c.Connected() || len(denied) > 0 {
		t.Error("a refused subscription must not end the connection, nor a filtered delivery be reported")
	}
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	log := &buffer{}
	refused := make(chan error, 10)
	b := start(t, broker.Options{
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Authenticate: func(c *broker.Client, password []byte) error {
			if c.Username != "gw" || string(password) != "open-sesame" {
				return errors.New("wrong password")
			}
			c.Identity = 42
			return nil
		},
		Take: func(c *broker.Client, p broker.Taken) bool {
			if c.Identity != 42 {
				t.Errorf("identity %v", c.Identity)
			}
			p.Done()
			return true
		},
		OnConnect: func(_ *broker.Client, err error) {
			if err != nil {
				refused <- err
			}
		},
	})
	secret := func(s string) func(*mqtt.Options) {
		return func(o *mqtt.Options) {
			o.Username, o.Password = "gw", func() (string, error) { return s, nil }
		}
	}
	c := connect(t, b.Addr(), "good", secret("open-sesame"))
	if err := c.Publish(soon(t), mqtt.Message{Topic: "x", QoS: 1, Payload: []byte("payload-secret")}); err != nil {
		t.Error(err)
	}
	down := make(chan error, 10)
	connect(t, b.Addr(), "bad", secret("wrong-sesame"), func(o *mqtt.Options) { o.OnDown = func(err error) { down <- err } })
	if err := receive(t, down); !strings.Contains(err.Error(), "refuses the credential") {
		t.Errorf("the client hears %v", err)
	}
	if err := receive(t, refused); err.Error() != "wrong password" {
		t.Errorf("refused with %v", err)
	}
	// A second CONNECT makes mochi log the packet, password and all.
	r := dial(t, b.Addr())
	again := packet(0x10, text("MQTT")+string([]byte{4, 0xc2, 0, 60})+text("raw")+text("gw")+text("open-sesame"))
	r.send(again)
	r.expect(0x20, 2, 0, 0)
	r.send(again)
	r.expectEnd()
	for _, s := range []string{"open-sesame", "wrong-sesame", "payload-secret"} {
		if strings.Contains(log.String(), s) {
			t.Errorf("the log holds %q", s)
		}
	}
	if !strings.Contains(log.String(), "wrong password") {
		t.Error("the refusal is not logged")
	}
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestClientDiesBeforeDone(t *testing.T) {
	t.Parallel()
	taken := make(chan broker.Taken, 10)
	ended := make(chan error, 2)
	b := start(t, broker.Options{
		Take:         func(_ *broker.Client, p broker.Taken) bool { taken <- p; return true },
		OnDisconnect: func(_ *broker.Client, err error) { ended <- err },
	})
	r := dial(t, b.Addr()).sign("gw")
	r.send(publishPacket("x", 1, 1, "m"))
	p := receive(t, taken)
	_ = r.conn.Close()
	receive(t, ended)
	p.Done()
	r = dial(t, b.Addr()).sign("gw")
	r.send(publishPacket("x", 1, 1, "m")) // the same id again: the old Done says nothing about it
	again := receive(t, taken)
	p.Done()
	r.send([]byte{0xc0, 0})
	r.expect(0xd0, 0)
	again.Done()
	r.expect(0x40, 2, 0, 1)
}

func TestInflightBoundHoldsOneClientOnly(t *testing.T) {
	t.Parallel()
	taken := make(chan broker.Taken, 100)
	b := start(t, broker.Options{
		MaxInflight: 3,
		Take:        func(_ *broker.Client, p broker.Taken) bool { taken <- p; return true },
	})
	r := dial(t, b.Addr()).sign("flood")
	for i := range 10 {
		r.send(publishPacket("x", uint16(i+1), 1, "m"))
	}
	var first []broker.Taken
	for range 3 {
		first = append(first, receive(t, taken))
	}
	other := dial(t, b.Addr()).sign("other")
	other.send(publishPacket("y", 1, 1, "alarm"))
	if p := receive(t, taken); p.Topic != "y" {
		t.Fatalf("took %s beyond the bound", p.Topic)
	}
	for _, p := range first {
		p.Done()
	}
	for range 7 {
		receive(t, taken).Done()
	}
	for i := range 10 {
		r.expect(0x40, 2, 0, byte(i+1))
	}
}
