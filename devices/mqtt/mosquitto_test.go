package mqtt_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guardroom/devices/mqtt"
)

// mosquitto is a broker that nobody here wrote, as a process.
type mosquitto struct {
	t      *testing.T
	addr   string
	config string
	cmd    *exec.Cmd
}

func startMosquitto(t *testing.T, settings string) *mosquitto {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mosquitto{t: t, addr: l.Addr().String(), config: filepath.Join(t.TempDir(), "mosquitto.conf")}
	_ = l.Close()
	_, port, _ := net.SplitHostPort(m.addr)
	if err := os.WriteFile(m.config, []byte("listener "+port+" 127.0.0.1\nuser root\n"+settings), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.kill)
	m.start()
	return m
}

func (m *mosquitto) start() {
	m.t.Helper()
	path, err := exec.LookPath("mosquitto")
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/mosquitto"); err != nil {
			m.t.Fatal("mosquitto is missing: apt install mosquitto")
		}
	}
	m.cmd = exec.Command(path, "-c", m.config)
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	until(m.t, "mosquitto listens", func() bool {
		conn, err := net.Dial("tcp", m.addr)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

func (m *mosquitto) kill() {
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
}

func TestMosquitto(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "allow_anonymous true\n")
	reader := connect(t, m.addr, func(o *mqtt.Options) { o.ClientID = "reader" })
	got := make(chan mqtt.Received, 1000)
	if err := reader.Subscribe("gw/#", 1, func(r mqtt.Received) { r.Ack(); got <- r }); err != nil {
		t.Fatal(err)
	}
	receive(t, reader.ups)
	gw := connect(t, m.addr, func(o *mqtt.Options) {
		o.Will = &mqtt.Message{Topic: "gw/status", QoS: 1, Retained: true, Payload: []byte("offline")}
	})
	receive(t, gw.ups)
	var started []*mqtt.Delivery
	for i := range 500 {
		started = append(started, gw.Start(soon(t), mqtt.Message{Topic: "gw/signals", QoS: 1, Payload: fmt.Append(nil, i)}))
	}
	for i, d := range started {
		receive(t, d.Done())
		if d.Err() != nil {
			t.Fatal(d.Err())
		}
		if r := receive(t, got); string(r.Payload) != fmt.Sprint(i) {
			t.Fatalf("got %s, want %d", r.Payload, i)
		}
	}

	// Another connection with the id: the first one's will, and both go on.
	rival := connect(t, m.addr)
	receive(t, rival.ups)
	if r := receive(t, got); r.Topic != "gw/status" || string(r.Payload) != "offline" {
		t.Errorf("got %+v", r.Message)
	}
	_ = rival.Close(soon(t))

	// The broker loses everything and comes back: the subscription is renewed.
	m.kill()
	receive(t, reader.downs)
	m.start()
	receive(t, reader.ups)
	until(t, "the message comes through", func() bool {
		for len(got) > 0 {
			if string((<-got).Payload) == "after" {
				return true
			}
		}
		_ = gw.Publish(soon(t), mqtt.Message{Topic: "gw/signals", QoS: 1, Payload: []byte("after")})
		return false
	})
}

// What was not acknowledged comes again, also to a new process.
func TestMosquittoKeepsWhatWasNotAcknowledged(t *testing.T) {
	t.Parallel()
	m := startMosquitto(t, "allow_anonymous true\n")
	got := make(chan mqtt.Received, 10)
	session := func(o *mqtt.Options) {
		o.ClientID, o.CleanSession = "console", false
		o.Subscriptions = []mqtt.Subscription{{Filter: "signals", QoS: 1, Handler: func(r mqtt.Received) { got <- r }}}
	}
	console := connect(t, m.addr, session)
	receive(t, console.ups)
	gw := connect(t, m.addr)
	receive(t, gw.ups)
	for _, s := range []string{"committed", "not committed"} {
		if err := gw.Publish(soon(t), mqtt.Message{Topic: "signals", QoS: 1, Payload: []byte(s)}); err != nil {
			t.Fatal(err)
		}
		if r := receive(t, got); s == "committed" {
			r.Ack()
		}
	}
	// The PUBACK has left when a later round trip is done.
	if err := console.Publish(soon(t), mqtt.Message{Topic: "x", QoS: 1}); err != nil {
		t.Fatal(err)
	}
	if err := console.Close(soon(t)); err != nil {
		t.Fatal(err)
	}
	if err := gw.Publish(soon(t), mqtt.Message{Topic: "signals", QoS: 1, Payload: []byte("while away")}); err != nil {
		t.Fatal(err)
	}
	again := connect(t, m.addr, session)
	for _, want := range []string{"not committed", "while away"} {
		r := receive(t, got)
		if string(r.Payload) != want {
			t.Errorf("got %q, want %q", r.Payload, want)
		}
		r.Ack()
	}
	receive(t, again.ups)
}

func TestMosquittoWithPasswords(t *testing.T) {
	t.Parallel()
	passwd, err := exec.LookPath("mosquitto_passwd")
	if err != nil {
		t.Fatal("mosquitto_passwd is missing: apt install mosquitto")
	}
	file := filepath.Join(t.TempDir(), "passwords")
	if out, err := exec.Command(passwd, "-b", "-c", file, "gw-1", "right").CombinedOutput(); err != nil {
		t.Fatalf("mosquitto_passwd: %v: %s", err, out)
	}
	m := startMosquitto(t, "allow_anonymous false\npassword_file "+file+"\n")
	with := func(secret string) func(*mqtt.Options) {
		return func(o *mqtt.Options) {
			o.ClientID = secret
			o.Username, o.Password = "gw-1", func() (string, error) { return secret, nil }
		}
	}
	c := connect(t, m.addr, with("right"))
	receive(t, c.ups)
	if err := c.Publish(soon(t), mqtt.Message{Topic: "x", QoS: 1}); err != nil {
		t.Error(err)
	}
	bad := connect(t, m.addr, with("wrong"))
	if err := receive(t, bad.downs); !strings.Contains(err.Error(), "refuses the credential") {
		t.Errorf("down: %v", err)
	}
	if err := bad.Publish(soon(t), mqtt.Message{Topic: "x"}); !errors.Is(err, mqtt.ErrNotConnected) {
		t.Errorf("publish: %v", err)
	}
	select {
	case err := <-bad.downs:
		t.Errorf("told again: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
}
