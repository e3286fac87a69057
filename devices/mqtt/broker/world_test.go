package broker_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
)

// start runs a broker on a free port for the time of the test.
func start(t testing.TB, o broker.Options) *broker.Broker {
	t.Helper()
	if o.Listeners == nil {
		o.Listeners = []broker.Listener{{Address: "127.0.0.1:0"}}
	}
	b, err := broker.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// connect makes a client and waits until it is connected.
func connect(t testing.TB, addr, id string, change ...func(*mqtt.Options)) *mqtt.Client {
	t.Helper()
	up := make(chan struct{}, 64)
	o := mqtt.Options{
		URLs: []string{"tcp://" + addr}, ClientID: id, CleanSession: true,
		OnUp: func(context.Context, *mqtt.Client) { up <- struct{}{} },
	}
	for _, f := range change {
		f(&o)
	}
	c, err := mqtt.Connect(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(soon(t)) })
	if o.OnDown == nil {
		receive(t, up)
	}
	return c
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

// raw is a client that sends and reads bytes as the test wants them.
type raw struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

func dial(t testing.TB, addr string) *raw {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return &raw{t, conn, bufio.NewReader(conn)}
}

func text(s string) string { return string([]byte{byte(len(s) >> 8), byte(len(s))}) + s }

func packet(head byte, body string) []byte {
	p := []byte{head}
	for n := len(body); ; {
		b := byte(n & 0x7f)
		if n >>= 7; n > 0 {
			p = append(p, b|0x80)
			continue
		}
		return append(append(p, b), body...)
	}
}

func connectPacket(id string, keepAlive uint16) []byte {
	return packet(0x10, text("MQTT")+string([]byte{4, 2, byte(keepAlive >> 8), byte(keepAlive)})+text(id))
}

func publishPacket(topic string, id uint16, qos byte, payload string) []byte {
	return packet(0x30|qos<<1, text(topic)+string([]byte{byte(id >> 8), byte(id)})+payload)
}

func (r *raw) send(p []byte) {
	r.t.Helper()
	if _, err := r.conn.Write(p); err != nil {
		r.t.Fatal(err)
	}
}

func (r *raw) expect(want ...byte) {
	r.t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r.in, got); err != nil || !bytes.Equal(got, want) {
		r.t.Fatalf("read % x, %v; want % x", got, err, want)
	}
}

func (r *raw) expectEnd() {
	r.t.Helper()
	if n, err := io.Copy(io.Discard, r.in); n > 0 || errors.Is(err, context.DeadlineExceeded) {
		r.t.Fatalf("read %d bytes more, %v; want the end", n, err)
	}
}

// sign connects r.
func (r *raw) sign(id string) *raw {
	r.t.Helper()
	r.send(connectPacket(id, 60))
	r.expect(0x20, 2, 0, 0)
	return r
}
