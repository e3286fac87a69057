package mqtt_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
)

// start runs a broker; addr "127.0.0.1:0" takes a free port.
func start(t testing.TB, addr string, o broker.Options) *broker.Broker {
	t.Helper()
	o.Listeners = []broker.Listener{{Address: addr}}
	var b *broker.Broker
	var err error
	for deadline := time.Now().Add(10 * time.Second); ; {
		if b, err = broker.Start(o); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

// A watched client tells its ups and downs.
type watched struct {
	*mqtt.Client
	ups   chan int
	downs chan error
}

func connect(t testing.TB, addr string, change ...func(*mqtt.Options)) *watched {
	t.Helper()
	w := &watched{ups: make(chan int, 1000), downs: make(chan error, 1000)}
	o := mqtt.Options{
		URLs: []string{"tcp://" + addr}, ClientID: "gw-1", CleanSession: true, MaxReconnect: 50 * time.Millisecond,
		OnUp:   func(_ context.Context, c *mqtt.Client) { w.ups <- c.Session() },
		OnDown: func(err error) { w.downs <- err },
	}
	for _, f := range change {
		f(&o)
	}
	c, err := mqtt.Connect(o)
	if err != nil {
		t.Fatal(err)
	}
	w.Client = c
	t.Cleanup(func() {
		if err := c.Close(soon(t)); err != nil {
			t.Error(err)
		}
	})
	return w
}

func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func receive[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came within 10 s")
		panic("unreachable")
	}
}

func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// fake is a broker that the test plays byte by byte.
func fake(t testing.TB, play func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); open.Wait() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Add(1)
			go func() {
				defer open.Done()
				defer func() { _ = conn.Close() }()
				_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
				play(conn)
			}()
		}
	}()
	return l.Addr().String()
}

// packets reads conn packet by packet: first byte and body. Bodies here are short.
func packets(conn net.Conn, each func(head byte, body []byte)) {
	for {
		head := make([]byte, 2)
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		n := int(head[1] & 0x7f)
		if head[1]&0x80 != 0 {
			more := make([]byte, 1)
			if _, err := io.ReadFull(conn, more); err != nil {
				return
			}
			n |= int(more[0]) << 7
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(conn, body); err != nil {
			return
		}
		each(head[0], body)
	}
}

var connack = []byte{0x20, 2, 0, 0}
