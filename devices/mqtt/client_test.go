package mqtt_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
)

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	ok := mqtt.Options{URLs: []string{"tcp://h:1"}, ClientID: "x"}
	for name, tc := range map[string]struct {
		change func(*mqtt.Options)
		want   string
	}{
		"no URL":            {func(o *mqtt.Options) { o.URLs = nil }, "no broker URL"},
		"no port":           {func(o *mqtt.Options) { o.URLs = []string{"tcp://host"} }, "host and a port"},
		"scheme":            {func(o *mqtt.Options) { o.URLs = []string{"http://host:1"} }, "scheme"},
		"not a URL":         {func(o *mqtt.Options) { o.URLs = []string{"tcp://u:secret@ho st:1"} }, "cannot be read"},
		"password in URL":   {func(o *mqtt.Options) { o.URLs = []string{"tcp://u:secret@host:1"} }, "carries a user"},
		"no id":             {func(o *mqtt.Options) { o.ClientID = "" }, "clean session"},
		"half a second":     {func(o *mqtt.Options) { o.KeepAlive = 500 * time.Millisecond }, "KeepAlive"},
		"window":            {func(o *mqtt.Options) { o.Window = 60000 }, "window"},
		"negative time":     {func(o *mqtt.Options) { o.WriteTimeout = -1 }, "negative"},
		"password, no user": {func(o *mqtt.Options) { o.Password = func() (string, error) { return "", nil } }, "user name"},
		"will to wildcard":  {func(o *mqtt.Options) { o.Will = &mqtt.Message{Topic: "a/#", Payload: []byte("x")} }, "wildcard"},
		"will says nothing": {func(o *mqtt.Options) { o.Will = &mqtt.Message{Topic: "a"} }, "payload"},
	} {
		o := ok
		tc.change(&o)
		c, err := mqtt.Connect(o)
		if err == nil {
			_ = c.Close(soon(t))
			t.Errorf("%s: accepted", name)
			continue
		}
		if !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPublishWhileDown(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close()
	c := connect(t, addr)
	if err := c.Publish(t.Context(), mqtt.Message{Topic: "x", QoS: 1}); !errors.Is(err, mqtt.ErrNotConnected) {
		t.Errorf("publish: %v", err)
	}
	if err := receive(t, c.downs); !strings.Contains(err.Error(), "refused") || !strings.Contains(err.Error(), addr) {
		t.Errorf("down: %v", err)
	}
	if c.Connected() || c.Session() != 0 {
		t.Error("connected to nothing")
	}
	// The first connect is tried again for ever.
	start(t, addr, broker.Options{})
	receive(t, c.ups)
	if len(c.downs) > 0 {
		t.Errorf("the same reason is told twice: %v", <-c.downs)
	}
	if err := c.Publish(soon(t), mqtt.Message{Topic: "x", QoS: 1}); err != nil {
		t.Errorf("publish: %v", err)
	}
}

func TestInvalidMessages(t *testing.T) {
	t.Parallel()
	b := start(t, "127.0.0.1:0", broker.Options{})
	c := connect(t, b.Addr())
	receive(t, c.ups)
	for _, m := range []mqtt.Message{{}, {Topic: "a/+"}, {Topic: "a", QoS: 2}, {Topic: "a\x00"}, {Topic: "\xff"}, {Topic: strings.Repeat("a", 70000)}} {
		if err := c.Publish(soon(t), m); err == nil || errors.Is(err, mqtt.ErrUnknown) {
			t.Errorf("published %.20q QoS %d: %v", m.Topic, m.QoS, err)
		}
	}
	for _, f := range []string{"", "a/#/b", "a+", "a/b#", "$share/g", "$share//a", "$share/+/a"} {
		if err := c.Subscribe(f, 1, func(mqtt.Received) {}); err == nil {
			t.Errorf("subscribed to %q", f)
		}
	}
	if err := c.Subscribe("a", 2, func(mqtt.Received) {}); err == nil {
		t.Error("subscribed with QoS 2")
	}
}

func TestWillNamesTheSession(t *testing.T) {
	t.Parallel()
	wills := make(chan string, 10)
	b := start(t, "127.0.0.1:0", broker.Options{OnWill: func(_ *broker.Client, m mqtt.Message) { wills <- string(m.Payload) }})
	attempt := 0
	c := connect(t, b.Addr(), func(o *mqtt.Options) {
		o.WillFor = func() *mqtt.Message {
			attempt++
			return &mqtt.Message{Topic: "status", QoS: 1, Retained: true, Payload: []byte(fmt.Sprint("session ", attempt))}
		}
	})
	for n := range 3 {
		receive(t, c.ups)
		b.Drop(func(*broker.Client) bool { return true })
		if s := receive(t, wills); s != fmt.Sprint("session ", n+1) {
			t.Errorf("will of %s, want %d", s, n+1)
		}
	}
	receive(t, c.ups)
	if err := c.Close(soon(t)); err != nil {
		t.Error(err)
	}
	until(t, "it is gone", func() bool { return len(b.Clients()) == 0 })
	if len(wills) > 0 {
		t.Error("a will after a goodbye")
	}
}

func TestSameIDTwice(t *testing.T) {
	t.Parallel()
	b := start(t, "127.0.0.1:0", broker.Options{})
	one, two := connect(t, b.Addr()), connect(t, b.Addr())
	told := func(w *watched) bool {
		for {
			select {
			case err := <-w.downs:
				if strings.Contains(err.Error(), `another client may use the id "gw-1"`) {
					return true
				}
			default:
				return false
			}
		}
	}
	until(t, "one of them says so", func() bool { return told(one) || told(two) })
}

func TestBrokersAreTriedInTurn(t *testing.T) {
	t.Parallel()
	// The first one takes connections and ends them at once.
	bad := fake(t, func(conn net.Conn) {
		packets(conn, func(head byte, _ []byte) { _, _ = conn.Write(connack); _ = conn.Close() })
	})
	good := start(t, "127.0.0.1:0", broker.Options{})
	c := connect(t, bad, func(o *mqtt.Options) {
		o.URLs = []string{"tcp://127.0.0.1:1", "tcp://" + bad, "tcp://" + good.Addr()}
	})
	until(t, "the good one is found", func() bool { return len(good.Clients()) == 1 })
	until(t, "connected", c.Connected)
	if err := c.Publish(soon(t), mqtt.Message{Topic: "x", QoS: 1}); err != nil {
		t.Error(err)
	}
}

func TestBrokerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	attempts := make(chan struct{}, 100)
	mute := fake(t, func(conn net.Conn) { attempts <- struct{}{}; _, _ = io.Copy(io.Discard, conn) })
	c := connect(t, mute, func(o *mqtt.Options) { o.ConnectTimeout = 50 * time.Millisecond })
	if err := receive(t, c.downs); !strings.Contains(err.Error(), "timeout") {
		t.Errorf("down: %v", err)
	}
	for range 4 {
		receive(t, attempts)
	}
	if len(c.downs) > 0 {
		t.Errorf("told again: %v", <-c.downs)
	}
	halfway := fake(t, func(conn net.Conn) {
		packets(conn, func(head byte, _ []byte) {
			if head == 0x10 {
				_, _ = conn.Write(connack)
			}
		})
	})
	c = connect(t, halfway, func(o *mqtt.Options) { o.ConnectTimeout = 50 * time.Millisecond; o.KeepAlive = time.Second })
	if err := c.Subscribe("x", 1, func(mqtt.Received) {}); err != nil && !strings.Contains(err.Error(), "no answer") {
		t.Error(err)
	}
	if err := receive(t, c.downs); !strings.Contains(err.Error(), "no answer within 50ms") {
		t.Errorf("down: %v", err)
	}
}

func TestBrokerThatStopsAnsweringPings(t *testing.T) {
	t.Parallel()
	addr := fake(t, func(conn net.Conn) {
		packets(conn, func(head byte, _ []byte) {
			if head == 0x10 {
				_, _ = conn.Write(connack)
			}
		})
	})
	c := connect(t, addr, func(o *mqtt.Options) { o.KeepAlive = time.Second })
	receive(t, c.ups)
	began := time.Now()
	if err := receive(t, c.downs); !strings.Contains(err.Error(), "pingresp") {
		t.Errorf("down: %v", err)
	}
	if d := time.Since(began); d > 2500*time.Millisecond {
		t.Errorf("noticed after %s", d)
	}
}

func TestBrokerThatStopsReading(t *testing.T) {
	t.Parallel()
	stop := make(chan struct{})
	addr := fake(t, func(conn net.Conn) {
		_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
		head := make([]byte, 16)
		_, _ = conn.Read(head)
		_, _ = conn.Write(connack)
		<-stop
	})
	defer close(stop)
	c := connect(t, addr, func(o *mqtt.Options) { o.WriteTimeout = 200 * time.Millisecond })
	receive(t, c.ups)
	began := time.Now()
	payload := make([]byte, 1<<20)
	var err error
	for err == nil && time.Since(began) < 10*time.Second {
		d := c.Start(soon(t), mqtt.Message{Topic: "x", QoS: 1, Payload: payload})
		select {
		case <-d.Done():
			err = d.Err()
		default:
		}
	}
	receive(t, c.downs)
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("noticed after %s", d)
	}
}

func TestOversizedPacketIsRefused(t *testing.T) {
	t.Parallel()
	for name, p := range map[string][]byte{
		"large":       {0x30, 0xff, 0xff, 0xff, 0x7f},
		"long length": {0x30, 0xff, 0xff, 0xff, 0xff, 1},
	} {
		addr := fake(t, func(conn net.Conn) {
			packets(conn, func(head byte, _ []byte) {
				if head == 0x10 {
					_, _ = conn.Write(append(connack[:4:4], p...))
				}
			})
		})
		c := connect(t, addr)
		if err := receive(t, c.downs); !strings.Contains(err.Error(), "packet") {
			t.Errorf("%s: down: %v", name, err)
		}
	}
}

func TestPasswordIsAskedAnew(t *testing.T) {
	t.Parallel()
	b := start(t, "127.0.0.1:0", broker.Options{Authenticate: func(_ *broker.Client, p []byte) error {
		if string(p) != "second" {
			return errors.New("wrong")
		}
		return nil
	}})
	var asked atomic.Int64
	c := connect(t, b.Addr(), func(o *mqtt.Options) {
		o.Username = "u"
		o.Password = func() (string, error) {
			switch asked.Add(1) {
			case 1:
				return "", errors.New("the file is gone")
			case 2:
				return "first", nil
			}
			return "second", nil
		}
	})
	if err := receive(t, c.downs); !strings.Contains(err.Error(), "the file is gone") {
		t.Errorf("down: %v", err)
	}
	if err := receive(t, c.downs); !strings.Contains(err.Error(), "refuses the credential") {
		t.Errorf("down: %v", err)
	}
	receive(t, c.ups)
}

func TestClose(t *testing.T) {
	t.Parallel()
	b := start(t, "127.0.0.1:0", broker.Options{Take: func(*broker.Client, broker.Taken) bool { return true }})
	over := make(chan struct{})
	c := connect(t, b.Addr(), func(o *mqtt.Options) {
		o.OnUp = func(ctx context.Context, _ *mqtt.Client) { <-ctx.Done(); close(over) }
	})
	until(t, "connected", c.Connected)
	d := c.Start(t.Context(), mqtt.Message{Topic: "x", QoS: 1})
	if err := c.Close(soon(t)); err != nil {
		t.Fatal(err)
	}
	receive(t, d.Done())
	if !errors.Is(d.Err(), mqtt.ErrUnknown) && !errors.Is(d.Err(), mqtt.ErrNotConnected) {
		t.Errorf("in flight: %v", d.Err())
	}
	if err := c.Publish(t.Context(), mqtt.Message{Topic: "x"}); !errors.Is(err, mqtt.ErrClosed) {
		t.Errorf("publish: %v", err)
	}
	if err := c.Subscribe("x", 0, func(mqtt.Received) {}); !errors.Is(err, mqtt.ErrClosed) {
		t.Errorf("subscribe: %v", err)
	}
	if err := c.Close(soon(t)); err != nil {
		t.Errorf("again: %v", err)
	}
	if len(c.downs) > 0 {
		t.Errorf("down: %v", <-c.downs)
	}
}

// Fifty connections, each ended with a message in flight, and a Close.
func TestNothingStaysBehind(t *testing.T) { // alone, because it counts goroutines
	b := start(t, "127.0.0.1:0", broker.Options{Take: func(_ *broker.Client, p broker.Taken) bool {
		if p.Topic == "acknowledged" {
			p.Done()
		}
		return true
	}})
	before := runtime.NumGoroutine()
	c := connect(t, b.Addr(), func(o *mqtt.Options) { o.MaxReconnect = time.Millisecond })
	if err := c.Subscribe("x", 1, func(mqtt.Received) {}); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		receive(t, c.ups)
		d := c.Start(t.Context(), mqtt.Message{Topic: "never", QoS: 1})
		if err := c.Publish(soon(t), mqtt.Message{Topic: "x", QoS: 0}); err != nil {
			t.Fatal(err)
		}
		b.Drop(func(*broker.Client) bool { return true })
		receive(t, d.Done())
	}
	if err := c.Close(soon(t)); err != nil {
		t.Fatal(err)
	}
	until(t, "all goroutines have ended", func() bool { return runtime.NumGoroutine() <= before })
}
