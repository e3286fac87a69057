package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
	"guardroom/devices/profiles"
	"guardroom/gateway/link"
	"guardroom/simulators/modbusd"
)

// eventually polls until ok holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// panel is a make-believe Modbus device made of its profile.
type panel struct {
	*modbusd.Server
	unit     uint8
	compiled *profiles.Compiled

	mu     sync.Mutex
	deaf   bool // takes commands and does nothing
	writes int
}

func startPanel(t testing.TB, profile string, params map[string]any) *panel {
	t.Helper()
	p, err := profiles.Find(profile, "testdata/profiles")
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Compile(params)
	if err != nil {
		t.Fatal(err)
	}
	server, err := modbusd.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	made := &panel{Server: server, unit: p.Transport.Unit, compiled: c}
	made.put(t, c.Rest())
	server.OnWrite(made.written)
	return made
}

func (p *panel) put(t testing.TB, writes []profiles.Write) {
	for _, w := range writes {
		for i, v := range w.Values {
			var err error
			if w.Masks != nil && (w.Table == profiles.Holding || w.Table == profiles.Input) {
				err = p.SetMasked(p.unit, modbusd.Table(w.Table), w.Address+uint16(i), w.Masks[i], v)
			} else {
				err = p.Set(p.unit, modbusd.Table(w.Table), w.Address+uint16(i), v)
			}
			if err != nil && t != nil {
				t.Error(err)
			}
		}
	}
}

func (p *panel) show(t testing.TB, point, state string) {
	t.Helper()
	writes, err := p.compiled.Encode(point, state)
	if err != nil {
		t.Fatal(err)
	}
	p.put(t, writes)
}

func (p *panel) written(w modbusd.Write) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes++
	if p.deaf {
		return modbusd.ErrTaken
	}
	for _, e := range p.compiled.Commanded(profiles.Write{Table: profiles.Table(w.Table), Address: w.Addr, Values: w.Values}) {
		state := e.State
		if !e.On {
			state = "normal"
		}
		writes, err := p.compiled.Encode(e.Point, state)
		if err != nil {
			return err
		}
		p.put(nil, writes)
	}
	return modbusd.ErrTaken
}

func (p *panel) commanded() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.writes
}

// heard is a signal as the console got it.
type heard struct {
	devices.Signal
	lane link.Channel
	at   time.Time
}

// console is the other end of the wire: it takes, keeps each number once and
// confirms.
type console struct {
	t       testing.TB
	address string
	broker  *broker.Broker

	mu        sync.Mutex
	all       []heard // as they came, both lanes
	stored    map[uint64]map[uint64]devices.Signal
	doubled   int // numbers that came twice with another content
	upto      map[uint64]uint64
	receipts  []devices.Receipt
	births    []link.BirthMessage
	statuses  []link.StatusMessage
	beats     []link.HeartbeatMessage
	readings  map[devices.PointID]devices.Reading
	silent    bool // does not confirm
	loses     int  // so many messages of each lane are acknowledged and lost
	clockSkew time.Duration
}

func startConsole(t testing.TB) *console {
	t.Helper()
	c := &console{
		t: t, address: "127.0.0.1:0", stored: map[uint64]map[uint64]devices.Signal{}, upto: map[uint64]uint64{},
		readings: map[devices.PointID]devices.Reading{},
	}
	c.open()
	t.Cleanup(func() { c.broker.Close() })
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-t.Context().Done():
				return
			case <-tick.C:
				c.confirm()
			}
		}
	}()
	return c
}

func (c *console) open() {
	c.t.Helper()
	o := broker.Options{Listeners: []broker.Listener{{Address: c.address}}, Take: c.take}
	var b *broker.Broker
	eventually(c.t, "broker listens", func() bool {
		var err error
		b, err = broker.Start(o)
		return err == nil
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broker, c.address = b, b.Addr()
}

// cut ends the broker and all connections; open brings it back on its port.
func (c *console) cut() {
	c.broker.Close()
}

func (c *console) take(_ *broker.Client, p broker.Taken) bool {
	topic, err := link.ParseTopic(p.Topic)
	if err != nil {
		c.t.Error(err)
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer p.Done()
	switch topic.Channel {
	case link.Alarms, link.Signals:
		if c.loses > 0 {
			c.loses--
			return true
		}
		good, bad, err := link.DecodeSignals(topic.Station, topic.Gateway, p.Payload)
		if err != nil || len(bad) > 0 {
			c.t.Errorf("signals: %v %v", err, bad)
		}
		for _, s := range good {
			c.store(s, topic.Channel)
		}
	case link.Receipts:
		c.receipts = append(c.receipts, decode[devices.Receipt](c.t, p.Payload))
	case link.Birth:
		c.births = append(c.births, decode[link.BirthMessage](c.t, p.Payload))
	case link.Status:
		c.statuses = append(c.statuses, decode[link.StatusMessage](c.t, p.Payload))
	case link.Heartbeat:
		c.beats = append(c.beats, decode[link.HeartbeatMessage](c.t, p.Payload))
	case link.Readings:
		for _, r := range decode[link.ReadingsMessage](c.t, p.Payload).Readings {
			c.readings[r.Point] = r
		}
	}
	return true
}

func decode[M any](t testing.TB, payload []byte) (m M) {
	if err := json.Unmarshal(payload, &m); err != nil {
		t.Error(err)
	}
	return m
}

func (c *console) store(s devices.Signal, lane link.Channel) {
	c.all = append(c.all, heard{s, lane, time.Now()})
	if c.stored[s.Epoch] == nil {
		c.stored[s.Epoch] = map[uint64]devices.Signal{}
	}
	if old, twice := c.stored[s.Epoch][s.Seq]; twice {
		if old.Point != s.Point || old.Kind != s.Kind || old.Active != s.Active || !old.Observed.Equal(s.Observed) {
			c.doubled++
		}
		return
	}
	c.stored[s.Epoch][s.Seq] = s
	for c.stored[s.Epoch][c.upto[s.Epoch]+1].Kind != "" {
		c.upto[s.Epoch]++
	}
}

func (c *console) confirm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.silent {
		return
	}
	for epoch, upto := range c.upto {
		c.tell(link.Confirm, link.ConfirmMessage{Epoch: epoch, Upto: upto, Now: time.Now().Add(c.clockSkew)})
	}
}

func (c *console) tell(channel link.Channel, body any) {
	payload, err := json.Marshal(body)
	if err != nil {
		c.t.Error(err)
	}
	topic := link.Topic{Station: "unon", Gateway: "gw", Channel: channel}.String()
	_ = c.broker.Publish(mqtt.Message{Topic: topic, Payload: payload, QoS: 1, Retained: channel.Retained()}) // closed while cut
}

// signals gives what is stored of a kind, in the order of the numbers.
func (c *console) signals(kinds ...devices.Kind) []devices.Signal {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []devices.Signal
	for _, epoch := range c.stored {
		for _, s := range epoch {
			if len(kinds) == 0 || slices.Contains(kinds, s.Kind) {
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(a, b devices.Signal) int { return int(a.Seq) - int(b.Seq) })
	return out
}

func (c *console) locked(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

// command sends one and waits for its receipt.
func (c *console) command(cmd devices.Command) devices.Receipt {
	c.t.Helper()
	if cmd.Now.IsZero() {
		cmd.Now = time.Now()
	}
	if cmd.Deadline.IsZero() {
		cmd.Deadline = cmd.Now.Add(20 * time.Second)
	}
	before := 0
	c.locked(func() { before = len(c.receipts); c.tell(link.Commands, cmd) })
	var got devices.Receipt
	eventually(c.t, "receipt of "+cmd.ID, func() bool {
		found := false
		c.locked(func() {
			for _, r := range c.receipts[before:] {
				if r.Command == cmd.ID {
					got, found = r, true
				}
			}
		})
		return found
	})
	return got
}

// world is a console and one gateway that may be started again and again.
type world struct {
	t       testing.TB
	console *console
	folder  string
	extra   string // more lines of the configuration
	devices []string
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return &world{t: t, console: startConsole(t), folder: t.TempDir()}
}

func (w *world) device(id, profile, address string, more ...string) {
	entry := fmt.Sprintf("  - id: %s\n    profile: %s\n    address: %q\n", id, profile, address)
	for _, line := range more {
		entry += "    " + line + "\n"
	}
	w.devices = append(w.devices, entry)
}

func (w *world) text() string {
	shared, err := filepath.Abs("testdata/profiles")
	if err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprintf("id: gw\nstation: unon\nbroker: tcp://%s\ndata: data\nprofiles: %s\n%s\ndevices:\n%s", w.console.address, shared, w.extra, strings.Join(w.devices, ""))
}

// start runs the gateway and returns what stops it.
func (w *world) start() (stop func()) {
	w.t.Helper()
	path := filepath.Join(w.folder, "gateway.yaml")
	if err := os.WriteFile(path, []byte(w.text()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	config, err := Load(path)
	if err != nil {
		w.t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if os.Getenv("GUARDROOM_TEST_LOG") != "" {
		log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	ready := make(chan struct{})
	go func() {
		defer close(ended)
		if err := Run(ctx, config, Options{Log: log, ResendAfter: 2 * time.Second, Ready: func(Addresses) { close(ready) }}); err != nil && ctx.Err() == nil {
			w.t.Error(err)
		}
	}()
	select {
	case <-ready:
	case <-ended:
		w.t.Fatal("the gateway ended at once")
	}
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			w.t.Error("the gateway does not stop")
		}
	})
	w.t.Cleanup(stop)
	return stop
}

func freePort(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
