package cmd_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
	"guardroom/gateway/link"
	"guardroom/simulators/modbusd"
)

// garbage is what nobody should send.
func garbage() map[string][]byte {
	noise := make([]byte, 4096)
	_, _ = rand.Read(noise) // never fails
	return map[string][]byte{
		"nothing":           {},
		"half an object":    []byte(`{"state": "onl`),
		"an array of words": []byte(`["a", 1, null, {}, []]`),
		"wrong types":       []byte(`{"state": 7, "session": {}, "at": "yesterday", "devices": "none", "readings": [{"point": 5}], "epoch": -1, "upto": "x", "id": [], "deadline": 3, "lockdowns": {}}`),
		"null":              []byte(`null`),
		"a number":          []byte(`1e999`),
		"deep":              []byte(strings.Repeat(`[`, 20_000) + strings.Repeat(`]`, 20_000)),
		"noise":             noise,
		"not UTF-8":         []byte("{\"state\": \"\xff\xfe\x00\"}"),
		"one megabyte":      bytes.Repeat([]byte(`{"a":"aaaaaaaa"},`), 1<<20/17),
	}
}

// TestGarbageOnTheWire lets a gateway with the right credential send garbage on
// every one of its topics, and good signals between: the console stays up, the
// signals are all there, and what could not be understood is kept with a reason.
func TestGarbageOnTheWire(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	e := h.newEdge("gw-mad")
	w := e.speak(t)
	w.hello(t, 1, "panel-1")
	seq, sent := uint64(0), 0
	good := func() {
		t.Helper()
		seq++
		now := time.Now().UTC()
		w.signals(t, link.Signals, devices.Signal{
			Point: devices.MakePointID(e.id, "panel-1", "zone2"), Kind: devices.ZoneOpen, Active: seq%2 == 1,
			Epoch: 1, Seq: seq, Occurred: now, Observed: now, Clock: devices.Synced,
		})
	}
	fire := func(n uint64) []byte {
		now := time.Now().UTC()
		payload, err := link.EncodeSignals(station, []devices.Signal{{
			Point: devices.MakePointID(e.id, "panel-1", "zone1"), Kind: devices.FireAlarm, Active: true, Epoch: 1, Seq: n, Occurred: now, Observed: now, Clock: devices.Synced,
		}})
		if err != nil {
			t.Fatal(err)
		}
		return payload
	}
	good()
	for _, c := range link.Up {
		for name, payload := range garbage() {
			if name == "nothing" && c.Retained() {
				continue // an empty retained message is how MQTT forgets
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			err := w.client.Publish(ctx, mqtt.Message{Topic: w.topic(c), Payload: payload, QoS: c.QoS()})
			cancel()
			if err != nil && !errors.Is(err, mqtt.ErrUnknown) && !errors.Is(err, mqtt.ErrNotConnected) {
				t.Errorf("%s on %s: %v", name, c, err)
			}
			sent++
		}
		good()
	}
	// More than a packet may carry costs the connection, not the console.
	session := w.client.Session()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	if err := w.client.Publish(ctx, mqtt.Message{Topic: w.topic(link.Signals), Payload: make([]byte, 2<<20), QoS: 1}); err == nil {
		t.Error("two megabytes were taken")
	}
	cancel()
	waits(t, 10*time.Second, "the gateway is back", func() bool { return w.client.Session() > session && w.client.Connected() })
	for path, body := range map[string]any{
		"/api/v1/stations": map[string]string{"id": strings.Repeat("a", 1<<20), "name": "x", "time_zone": "UTC"},
		"/api/v1/session":  map[string]string{"username": strings.Repeat("u", 2<<20), "password": "x"},
		"/api/v1/gateways": []int{1, 2, 3},
	} {
		if status, answer, err := h.ask(http.MethodPost, path, body); err != nil || status < 400 || status > 499 || !strings.Contains(string(answer), `"code"`) {
			t.Errorf("POST %s of nonsense: %d %v %.300s", path, status, err, answer)
		}
	}
	good()
	// A good signal in a message with bad ones is taken, and the bad one is kept.
	seq++
	mixed := slices.Concat([]byte(`[{"specversion":"0.3","id":"gw-mad/1/777"},`), fire(seq)[1:])
	w.publish(t, w.topic(link.Alarms), 1, mixed)
	good()
	w.confirmed(t, 1, seq)
	t.Logf("%d messages of garbage, %d good signals among them", sent, seq)

	h.stillWell(t)
	h.onceEach(t, e.id, int(seq))
	a := h.waitAlarm(t, devices.MakePointID(e.id, "panel-1", "zone1"), func(a alarm) bool { return a.active() })
	t.Logf("the fire among the garbage is %s", a.State)
	letters := all[struct {
		Topic  string `json:"topic"`
		Reason string `json:"reason"`
	}](h, "/dead-letters?gateway="+e.id)
	topics := map[string]bool{}
	for _, l := range letters {
		if l.Reason == "" {
			t.Errorf("a dead letter without a reason: %+v", l)
		}
		topics[l.Topic] = true
	}
	for _, c := range []link.Channel{link.Alarms, link.Signals, link.Birth, link.Status, link.Receipts} {
		if !topics[w.topic(c)] {
			t.Errorf("no dead letter tells of the garbage on %s", c)
		}
	}
}

// stillWell wants the console to be the same process, and healthy.
func (h *house) stillWell(t testing.TB) {
	t.Helper()
	if !h.alive() {
		t.Fatalf("the console has ended:\n%s", h.log())
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, body, err := h.ask(http.MethodGet, path, nil); err != nil || status != 200 {
			t.Errorf("%s: %d %v %s", path, status, err, body)
		}
	}
}

// TestStrangersOnTheWire tries wrong credentials, an id that nobody knows, and
// the topics of another gateway.
func TestStrangersOnTheWire(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	victim, thief := h.newEdge("gw-victim"), h.newEdge("gw-thief")
	v := victim.speak(t)
	v.hello(t, 1, "panel-1")

	for _, stranger := range []struct{ id, password string }{
		{victim.id, "wrong"}, {victim.id, thief.credential()}, {victim.id, ""}, {"gw-nobody", victim.credential()}, {"../x", "y"},
	} {
		s := victim.speakAs(t, stranger.id, stranger.password)
		select {
		case err := <-s.downs:
			if !strings.Contains(strings.ToLower(err.Error()), "not auth") && !strings.Contains(err.Error(), "bad user name or password") {
				t.Errorf("%s with a wrong credential hears %v", stranger.id, err)
			}
		case <-time.After(20 * time.Second):
			t.Errorf("%s with a wrong credential hears nothing", stranger.id)
		}
		if s.client.Session() > 0 {
			t.Errorf("%s was let in with a wrong credential", stranger.id)
		}
		s.close()
	}

	// The thief is cut when it speaks as the victim; the victim is not.
	s := thief.speak(t)
	waits(t, 10*time.Second, "the thief is connected", s.client.Connected)
	now := time.Now().UTC()
	stolen, err := link.EncodeSignals(station, []devices.Signal{{Point: "gw-victim/panel-1.zone1", Kind: devices.FireAlarm, Active: true, Epoch: 1, Seq: 1, Occurred: now, Observed: now, Clock: devices.Synced}})
	if err != nil {
		t.Fatal(err)
	}
	for i, topic := range []string{v.topic(link.Signals), v.topic(link.Status), v.topic(link.Confirm), s.topic(link.Commands), "guardroom/v1/geneva/gw-thief/signals", "elsewhere"} {
		waits(t, 10*time.Second, "the thief is back", s.client.Connected)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		err := s.client.Publish(ctx, mqtt.Message{Topic: topic, Payload: stolen, QoS: 1})
		cancel()
		if err == nil {
			t.Errorf("the thief published to %s", topic)
		}
		waits(t, 10*time.Second, "the thief was cut", func() bool { return s.client.Session() > i+1 || !s.client.Connected() })
	}
	for _, filter := range []string{"#", "guardroom/v1/+/+/commands", v.topic(link.Commands)} {
		waits(t, 10*time.Second, "the thief is back", s.client.Connected)
		if err := s.client.Subscribe(filter, 1, func(m mqtt.Received) { m.Ack(); t.Errorf("the thief hears %s", m.Topic) }); err == nil {
			t.Errorf("the thief may subscribe to %s", filter)
		}
		s.client.Unsubscribe(filter)
	}
	waits(t, 5*time.Second, "the console tells of it", func() bool {
		return strings.Contains(h.log(), "a gateway touched a topic that is not its own")
	})
	// Its own topic with the victim's point in it is no way round.
	s.signals(t, link.Signals, devices.Signal{Point: "gw-victim/panel-1.zone1", Kind: devices.FireAlarm, Active: true, Epoch: 1, Seq: 1, Occurred: now, Observed: now, Clock: devices.Synced})
	v.signals(t, link.Signals, devices.Signal{Point: "gw-victim/panel-1.zone2", Kind: devices.FireAlarm, Active: true, Epoch: 1, Seq: 1, Occurred: now, Observed: now, Clock: devices.Synced})
	v.confirmed(t, 1, 1)
	if lines := h.journal(victim.id); len(lines) != 1 || lines[0].Point != "gw-victim/panel-1.zone2" {
		t.Errorf("the victim's journal is %+v", lines)
	}
	if open := all[alarm](h, "/alarms?point=gw-victim/panel-1.zone1"); len(open) != 0 {
		t.Errorf("the thief raised %+v", open)
	}
	if v.client.Session() != 1 {
		t.Errorf("the victim was cut %d times", v.client.Session()-1)
	}
	h.stillWell(t)
}

// TestWrongCredentialKeepsSignals starts a gateway with a wrong credential: it says
// so, keeps what it sees, and sends it when the file has been put right.
func TestWrongCredentialKeepsSignals(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	e := h.newEdge("gw-locked")
	right := e.credential()
	writeFile(t, filepath.Join(e.dir, "credential"), "mistyped\n")
	panel, err := modbusd.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { panel.Close() })
	show := func(word uint16) {
		t.Helper()
		if err := panel.Set(1, modbusd.Input, 0, word); err != nil {
			t.Fatal(err)
		}
		asked := panel.Requests()
		waits(t, 20*time.Second, "the panel is asked", func() bool { return panel.Requests() >= asked+3 })
	}
	e.device("panel-1", "test/storm", panel.Addr())
	e.start()
	for range 5 {
		show(1)
		show(0)
	}
	show(1)
	waits(t, 10*time.Second, "the gateway says that it is refused", func() bool {
		log := strings.ToLower(e.log())
		return strings.Contains(log, "signals are kept") && (strings.Contains(log, "not auth") || strings.Contains(log, "bad user name or password"))
	})
	if strings.Contains(e.log()+h.log(), "mistyped") {
		t.Error("a credential was logged")
	}
	if lines := h.journal(e.id); len(lines) != 0 {
		t.Fatalf("signals came in with a wrong credential: %+v", lines)
	}
	writeFile(t, filepath.Join(e.dir, "credential"), right+"\n")
	e.settle(40 * time.Second)
	h.onceEach(t, e.id, 11)
	h.waitAlarm(t, "gw-locked/panel-1.zone1", func(a alarm) bool { return a.active() })
}

// TestGarbageTowardsAGateway plays a console that has gone mad: the gateway goes on
// telling of fires, and forgets nothing that was not confirmed in earnest.
func TestGarbageTowardsAGateway(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	fires := map[string]int{} // by id: each signal counts once
	b, err := broker.Start(broker.Options{
		Listeners: []broker.Listener{{Address: "127.0.0.1:0"}},
		Take: func(_ *broker.Client, p broker.Taken) bool {
			defer p.Done()
			topic, err := link.ParseTopic(p.Topic)
			if err != nil || topic.Channel != link.Signals && topic.Channel != link.Alarms {
				return true
			}
			good, _, _ := link.DecodeSignals(topic.Station, topic.Gateway, p.Payload)
			mu.Lock()
			defer mu.Unlock()
			for _, s := range good {
				if s.Kind == devices.FireAlarm && s.Active {
					fires[string(s.Point)]++
				}
			}
			return true
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	panel, err := modbusd.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { panel.Close() })
	h := &house{t: t, client: &http.Client{Timeout: 10 * time.Second}}
	e := &edge{h: h, id: "gw-sane", dir: folder(t), broker: "tcp://" + b.Addr()}
	writeFile(t, filepath.Join(e.dir, "credential"), "none\n")
	if err := panel.Set(1, modbusd.Input, zones-1, 0); err != nil {
		t.Fatal(err)
	}
	e.device("panel-1", "test/storm", panel.Addr())
	e.start()
	burns := func(zone int) {
		t.Helper()
		if err := panel.Set(1, modbusd.Input, uint16(zone-1), 1); err != nil {
			t.Fatal(err)
		}
		waits(t, 15*time.Second, fmt.Sprintf("the fire of zone %d is told", zone), func() bool {
			mu.Lock()
			defer mu.Unlock()
			return fires[fmt.Sprintf("gw-sane/panel-1.zone%d", zone)] > 0
		})
	}
	tell := func(c link.Channel, payload []byte) {
		t.Helper()
		err := b.Publish(mqtt.Message{Topic: link.Topic{Station: station, Gateway: e.id, Channel: c}.String(), Payload: payload, QoS: 1})
		if err != nil {
			t.Error(err)
		}
	}
	burns(1)
	zone := 1
	for _, c := range link.Down {
		for name, payload := range garbage() {
			if name != "one megabyte" { // over what this broker carries with its topic
				tell(c, payload)
			}
		}
		zone += 2
		burns(zone)
	}
	depth, err := e.figure("spool_depth")
	if err != nil || depth < float64(len(link.Down)+1) {
		t.Errorf("after the garbage %.0f signals wait to be confirmed (%v); none of %d was", depth, err, len(link.Down)+1)
	}
	// A confirm of numbers that were never given, and of another epoch.
	for _, m := range []link.ConfirmMessage{{Epoch: math.MaxUint64, Upto: math.MaxUint64, Now: time.Now()}, {Epoch: 1, Upto: 1 << 60, Now: time.Now()}} {
		payload, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		tell(link.Confirm, payload)
	}
	zone += 2
	burns(zone)
	if !e.alive() {
		t.Fatalf("the gateway has ended:\n%s", e.log())
	}
}
