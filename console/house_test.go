package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/console"
	"guardroom/console/auth"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/gateway/link"
)

const password = "correct horse battery"

// house is a running console with stations hq and branch, gateway g1 at hq, and
// a user for each role that the test asked for.
type house struct {
	t          *testing.T
	dsn        string
	at         console.Addresses
	credential string
	desks      console.Desks
	ids        map[auth.Role]string
	stop       func()
}

func start(t *testing.T, roles ...auth.Role) *house {
	t.Helper()
	return startOn(t, storetest.DSN(t), roles...)
}

func startOn(t *testing.T, dsn string, roles ...auth.Role) *house {
	t.Helper()
	h := &house{t: t, dsn: dsn, ids: map[auth.Role]string{}}
	c := console.Default()
	c.Video.Listen = "127.0.0.1:0"
	c.Data, c.Database = t.TempDir(), dsn
	c.HTTP.Listen, c.MQTT.Listen = "127.0.0.1:0", "127.0.0.1:0"
	c.Supervision.CommandDeadline = time.Second
	c.Supervision.GatewayGrace = time.Millisecond
	c.Stations = []console.StationConfig{{ID: "hq", Name: "HQ", TimeZone: "Europe/Vienna"}, {ID: "branch", Name: "Branch", TimeZone: "Africa/Nairobi"}}
	c.Notify.Pickup = filepath.Join(c.Data, "outbox")
	c.Log.Level = "error"
	ready, done := make(chan console.Addresses, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		done <- console.Run(ctx, c, console.Options{Build: "test", Out: io.Discard, Setup: h.setup(roles), Ready: func(a console.Addresses) { ready <- a }})
	}()
	select {
	case h.at = <-ready:
	case err := <-done:
		cancel()
		t.Fatalf("console: %v", err)
	case <-time.After(60 * time.Second):
		cancel()
		t.Fatal("console: not ready")
	}
	var once sync.Once
	h.stop = func() {
		once.Do(func() {
			began := time.Now()
			cancel()
			if err := <-done; err != nil {
				t.Errorf("console: %v", err)
			}
			if took := time.Since(began); took > 8*time.Second {
				t.Errorf("stopping took %s", took)
			}
		})
	}
	t.Cleanup(h.stop)
	return h
}

func (h *house) setup(roles []auth.Role) func(context.Context, console.Desks) error {
	return func(ctx context.Context, d console.Desks) error {
		h.desks = d
		by := auth.Program()
		for _, role := range roles {
			grant := auth.Grant{Role: role, Station: "hq"}
			if role == auth.Admin {
				grant.Station = auth.AllStations
			}
			u, _, err := d.Auth.AddUser(ctx, by, auth.NewUser{Username: username(role), Name: string(role), Roles: []auth.Grant{grant}, Password: password, Kept: true})
			if err != nil {
				return err
			}
			h.ids[role] = u.ID
		}
		var err error
		_, h.credential, err = d.Stations.AddGateway(ctx, by, "g1", "hq", "Gateway one", false)
		if err != nil {
			_, _ = d.Stations.RotateCredential(ctx, by, "g1")
			h.credential, err = d.Stations.RotateCredential(ctx, by, "g1")
		}
		return err
	}
}

// username is the role, but for the administrator: the first start makes one of
// that name.
func username(role auth.Role) string {
	if role == auth.Admin {
		return "boss"
	}
	return string(role)
}

func (h *house) db() *store.DB {
	h.t.Helper()
	db, err := store.Open(h.t.Context(), h.dsn, store.Options{Conns: 2})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(db.Close)
	return db
}

// browser is somebody at the screens.
type browser struct {
	h      *house
	client *http.Client
}

func (h *house) nobody() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{h, &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

func (h *house) signIn(role auth.Role) *browser {
	h.t.Helper()
	b := h.nobody()
	if status, body := b.do("POST", "/session", map[string]any{"username": username(role), "password": password}); status != 200 {
		h.t.Fatalf("sign in as %s: %d %v", role, status, body)
	}
	return b
}

type object = map[string]any

// do sends a request; header is pairs of name and value.
func (b *browser) do(method, path string, body any, header ...string) (int, object) {
	b.h.t.Helper()
	var in io.Reader
	if body != nil {
		switch body := body.(type) {
		case string:
			in = strings.NewReader(body)
		default:
			data, err := json.Marshal(body)
			if err != nil {
				b.h.t.Fatal(err)
			}
			in = bytes.NewReader(data)
		}
	}
	r, err := http.NewRequestWithContext(b.h.t.Context(), method, b.h.at.HTTP+"/api/v1"+path, in)
	if err != nil {
		b.h.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := b.client.Do(r)
	if err != nil {
		b.h.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close()
	data, _ := io.ReadAll(answer.Body)
	var got object
	_ = json.Unmarshal(data, &got) // an empty or textual answer has no object
	return answer.StatusCode, got
}

// command presses a button.
func (b *browser) command(point, verb, key string) (int, object) {
	b.h.t.Helper()
	return b.do("POST", "/points/"+url.PathEscape(point)+"/commands", object{"verb": verb}, "Idempotency-Key", key)
}

// eventually polls until check is true.
func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !check() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(10 * time.Millisecond) // between two looks, not for a time to pass
	}
}

// fake is a gateway made by the test.
type fake struct {
	t        *testing.T
	client   *mqtt.Client
	session  string
	seq      uint64
	commands chan devices.Command
	confirms chan link.ConfirmMessage
	desired  chan link.DesiredMessage
}

func (h *house) gateway(session string) *fake {
	h.t.Helper()
	f := &fake{t: h.t, session: session, commands: make(chan devices.Command, 100), confirms: make(chan link.ConfirmMessage, 1000), desired: make(chan link.DesiredMessage, 100)}
	up := make(chan struct{}, 10)
	will, _ := json.Marshal(link.StatusMessage{State: link.Offline, Session: session, At: time.Now()})
	var err error
	f.client, err = mqtt.Connect(mqtt.Options{
		URLs: []string{"tcp://" + h.at.MQTT}, ClientID: "gateway-g1", Username: "g1", Password: func() (string, error) { return h.credential, nil },
		CleanSession: true, Will: &mqtt.Message{Topic: topic(link.Status), Payload: will, QoS: 1, Retained: true},
		OnUp: func(context.Context, *mqtt.Client) { up <- struct{}{} },
		Subscriptions: []mqtt.Subscription{
			{Filter: topic(link.Commands), QoS: 1, Handler: into(f.commands)},
			{Filter: topic(link.Confirm), QoS: 1, Handler: into(f.confirms)},
			{Filter: topic(link.Desired), QoS: 1, Handler: into(f.desired)},
		},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { f.leave() })
	select {
	case <-up:
	case <-time.After(20 * time.Second):
		h.t.Fatal("the gateway does not get in")
	}
	f.say(link.Birth, f.birth())
	f.say(link.Status, link.StatusMessage{State: link.Online, Session: session, At: time.Now()})
	f.say(link.Heartbeat, f.heartbeat(link.DeviceUp))
	return f
}

func into[M any](c chan M) func(mqtt.Received) {
	return func(r mqtt.Received) {
		var m M
		if json.Unmarshal(r.Payload, &m) == nil {
			c <- m
		}
		r.Ack()
	}
}

func topic(c link.Channel) string {
	return link.Topic{Station: "hq", Gateway: "g1", Channel: c}.String()
}

func (f *fake) birth() link.BirthMessage {
	return link.BirthMessage{
		Wire: link.Spoken, Station: "hq", Gateway: "g1", Session: f.session, Epoch: 1, Software: "fake", Config: "c1", At: time.Now(),
		Devices: []devices.Device{
			{ID: "door-1", Name: "Main door", Profile: "door/uhppoted", Category: "access", Points: []devices.Point{
				{ID: "lock", Type: devices.Enum, States: []string{"locked", "unlocked"}, Verbs: []devices.Verb{devices.Unlock, devices.Lock}},
				{ID: "leaf", Type: devices.Enum, States: []string{"closed", "open"}, Kinds: []devices.Kind{devices.DoorForced}},
			}},
			{ID: "fire-1", Name: "Fire panel", Profile: "fire/test", Category: "fire", Points: []devices.Point{
				{ID: "panel", Type: devices.Enum, Verbs: []devices.Verb{devices.Silence}},
				{ID: "L1D1", Name: "Lobby", Type: devices.Enum, States: []string{"normal", "fire"}, Kinds: []devices.Kind{devices.FireAlarm}},
			}},
		},
	}
}

func (f *fake) heartbeat(state string) link.HeartbeatMessage {
	now := time.Now()
	return link.HeartbeatMessage{Session: f.session, At: now, Clock: devices.Synced, Epoch: 1, Seq: f.seq, Devices: []link.DeviceState{
		{Device: "door-1", State: state, Since: now, LastHeard: now}, {Device: "fire-1", State: state, Since: now, LastHeard: now},
	}}
}

func (f *fake) say(c link.Channel, m any) {
	f.t.Helper()
	payload, ok := m.([]byte)
	if !ok {
		var err error
		if payload, err = json.Marshal(m); err != nil {
			f.t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(f.t.Context(), 20*time.Second)
	defer cancel()
	if err := f.client.Publish(ctx, mqtt.Message{Topic: topic(c), Payload: payload, QoS: c.QoS(), Retained: c.Retained()}); err != nil {
		f.t.Fatalf("publish %s: %v", c, err)
	}
}

// signal sends the next signal on the express lane.
func (f *fake) signal(point string, kind devices.Kind, active bool) {
	f.t.Helper()
	f.seq++
	now := time.Now()
	payload, err := link.EncodeSignals("hq", []devices.Signal{{
		Point: devices.PointID("g1/" + point), Kind: kind, Active: active, Occurred: now, Observed: now, Clock: devices.Synced, State: "fire", Epoch: 1, Seq: f.seq,
	}})
	if err != nil {
		f.t.Fatal(err)
	}
	f.say(link.Alarms, payload)
}

func (f *fake) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = f.client.Close(ctx) // it may be gone already
}

func (f *fake) next() devices.Command {
	f.t.Helper()
	select {
	case c := <-f.commands:
		return c
	case <-time.After(20 * time.Second):
		f.t.Fatal("no command came")
		return devices.Command{}
	}
}

func (f *fake) answer(c devices.Command, o devices.Outcome, code, readBack string) {
	f.t.Helper()
	f.say(link.Receipts, devices.Receipt{Command: c.ID, Point: c.Point, Verb: c.Verb, Outcome: o, Code: code, Text: "so it is", ReadBack: readBack, At: time.Now()})
}

// watch streams server-sent events into a channel until the test or the stream ends.
func (b *browser) watch(path, since string) <-chan event {
	b.h.t.Helper()
	r, err := http.NewRequestWithContext(b.h.t.Context(), http.MethodGet, b.h.at.HTTP+"/api/v1"+path, nil)
	if err != nil {
		b.h.t.Fatal(err)
	}
	if since != "" {
		r.Header.Set("Last-Event-ID", since)
	}
	answer, err := (&http.Client{Jar: b.client.Jar}).Do(r)
	if err != nil {
		b.h.t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		b.h.t.Fatalf("live: %d", answer.StatusCode)
	}
	events := make(chan event, 10_000)
	go func() {
		defer close(events)
		defer answer.Body.Close()
		read(answer.Body, events)
	}()
	return events
}

type event struct{ id, name, data string }

func read(from io.Reader, to chan<- event) {
	var e event
	buffer := bytes.Buffer{}
	chunk := make([]byte, 64<<10)
	for {
		n, err := from.Read(chunk)
		buffer.Write(chunk[:n])
		for {
			line, rest, found := bytes.Cut(buffer.Bytes(), []byte("\n"))
			if !found {
				break
			}
			text := string(line)
			buffer = *bytes.NewBuffer(bytes.Clone(rest))
			switch {
			case text == "" && e.name != "":
				to <- e
				e = event{}
			case strings.HasPrefix(text, "id: "):
				e.id = text[4:]
			case strings.HasPrefix(text, "event: "):
				e.name = text[7:]
			case strings.HasPrefix(text, "data: "):
				e.data = text[6:]
			}
		}
		if err != nil {
			return
		}
	}
}

func await(t *testing.T, events <-chan event, name string, fits func(data string) bool) event {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatalf("the stream ended before %s", name)
			}
			if e.name == name && (fits == nil || fits(e.data)) {
				return e
			}
		case <-deadline:
			t.Fatalf("no event %s came", name)
		}
	}
}

func has(words ...string) func(string) bool {
	return func(data string) bool {
		for _, w := range words {
			if !strings.Contains(data, w) {
				return false
			}
		}
		return true
	}
}
