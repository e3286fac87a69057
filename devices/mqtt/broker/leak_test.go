package broker_test

import (
	"fmt"
	"runtime"
	"testing"

	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
)

// Clients that come, leave a message unacknowledged and go, politely or not.
func TestNothingStaysBehind(t *testing.T) { // alone, because it counts goroutines
	before := runtime.NumGoroutine()
	taken := make(chan broker.Taken, 1000)
	ended := make(chan error, 1000)
	b, err := broker.Start(broker.Options{
		Listeners:    []broker.Listener{{Address: "127.0.0.1:0"}},
		Take:         func(_ *broker.Client, p broker.Taken) bool { taken <- p; return true },
		OnDisconnect: func(_ *broker.Client, err error) { ended <- err },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Subscribe("#", func(mqtt.Message) {}); err != nil {
		t.Fatal(err)
	}
	idle := runtime.NumGoroutine()
	for i := range 100 {
		r := dial(t, b.Addr()).sign(fmt.Sprint("gw-", i))
		r.send(packet(0x82, "\x00\x01"+text("x")+"\x01"))
		r.expect(0x90, 3, 0, 1, 1)
		r.send(publishPacket("x", 1, 1, "m"))
		receive(t, taken)
		if i%2 == 0 {
			r.send([]byte{0xe0, 0})
		}
		_ = r.conn.Close()
		if err := receive(t, ended); (err == nil) != (i%2 == 0) {
			t.Errorf("client %d ended with %v", i, err)
		}
	}
	until(t, "the goroutines of the clients have ended", func() bool { return runtime.NumGoroutine() <= idle })
	if n := len(b.Clients()); n != 0 {
		t.Errorf("%d clients are left", n)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "all goroutines have ended", func() bool { return runtime.NumGoroutine() <= before })
}
