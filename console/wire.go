package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"guardroom/console/intake"
	"guardroom/console/stations"
	"guardroom/console/store"
	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
	"guardroom/gateway/link"
)

// wire is the console's end of the wire: the embedded broker, or a client of
// somebody else's. What a gateway sends is handed on where it came in; only
// receipts wait in a queue of their own, so that a database that is away never
// keeps a heartbeat waiting.
type wire struct {
	h        *house
	broker   atomic.Pointer[broker.Broker]
	client   atomic.Pointer[mqtt.Client]
	receipts chan receipt
	letters  chan intake.Letter
	stop     context.CancelFunc
	work     sync.WaitGroup

	inside sync.Map // gateway -> *atomic.Int64: messages that wait to be taken in

	mu     sync.Mutex
	buried map[string]time.Time // gateway and channel -> last dead letter
}

type receipt struct {
	topic   link.Topic
	receipt devices.Receipt
	done    func()
}

// identity is who a connection of the embedded broker belongs to.
type identity struct{ station, gateway string }

func newWire(h *house) *wire {
	return &wire{h: h, receipts: make(chan receipt, 1024), letters: make(chan intake.Letter, 64), buried: map[string]time.Time{}, stop: func() {}}
}

// open starts to listen. Nothing is taken before.
func (w *wire) open(ctx context.Context) error {
	// What was taken is finished even when the console is asked to stop.
	ctx, w.stop = context.WithCancel(context.WithoutCancel(ctx))
	w.work.Go(func() { w.settle(ctx) })
	w.work.Go(func() { w.bury(ctx) })
	if w.h.c.Broker != nil {
		return w.connect()
	}
	config, err := w.h.c.MQTT.TLS.load()
	if err != nil {
		return fmt.Errorf("mqtt.tls: %w", err)
	}
	b, err := broker.Start(broker.Options{
		Listeners:    []broker.Listener{{Address: w.h.c.MQTT.Listen, TLS: config}},
		Authenticate: w.authenticate,
		MayPublish: func(c *broker.Client, topic string) bool {
			id, ok := c.Identity.(identity)
			return ok && link.MayPublish(id.station, id.gateway, topic)
		},
		MaySubscribe: func(c *broker.Client, filter string) bool {
			id, ok := c.Identity.(identity)
			return ok && link.MaySubscribe(id.station, id.gateway, filter)
		},
		Take: func(_ *broker.Client, p broker.Taken) bool { return w.take(p.Topic, p.Payload, p.Done) },
		OnWill: func(_ *broker.Client, m mqtt.Message) {
			w.will(m)
		},
		OnDenied: func(c *broker.Client, topic string, write bool) {
			w.h.log.Warn("console: a gateway touched a topic that is not its own", "gateway", c.Username, "address", c.Remote, "topic", clip(topic), "write", write)
		},
		Log: w.h.log,
	})
	if err != nil {
		return explain(err, w.h.c.MQTT.Listen, "mqtt.listen")
	}
	w.broker.Store(b)
	return nil
}

// authenticate lets a gateway in by its id and credential, or by a verified
// certificate whose common name is the id.
func (w *wire) authenticate(c *broker.Client, password []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	id := c.Username
	if c.CertCN != "" && len(password) == 0 {
		if id != "" && id != c.CertCN {
			return fmt.Errorf("the certificate of %.64q is used for gateway %.64q", c.CertCN, id)
		}
		id = c.CertCN
	}
	// A gateway may choose its client id, but not that of another: that would
	// throw the other off.
	if strings.HasPrefix(c.ID, "gateway-") && c.ID != "gateway-"+id {
		return fmt.Errorf("client id %.64q belongs to another gateway than %.64s", c.ID, id)
	}
	var station string
	var err error
	if c.CertCN != "" && len(password) == 0 {
		station, err = w.h.stations.Certified(ctx, id)
	} else {
		station, err = w.h.stations.Authenticate(ctx, id, password)
	}
	if err != nil {
		return err
	}
	c.Identity = identity{station: station, gateway: id}
	return nil
}

// connect uses somebody else's broker. What it acknowledged to a gateway is not
// yet safe there; only our confirm lets a gateway forget.
func (w *wire) connect() error {
	b := w.h.c.Broker
	config, err := b.tls()
	if err != nil {
		return fmt.Errorf("broker: %w", err)
	}
	o := mqtt.Options{
		URLs: b.URLs, ClientID: b.ClientID, Username: b.Username, TLS: config, Log: w.h.log,
		OnDown: func(err error) { w.h.log.Warn("console: no contact with the broker", "err", err) },
		OnRefused: func(filter string) {
			w.h.log.Error("console: the broker refuses a subscription: give the console's user the right to read it", "filter", filter)
		},
	}
	if b.Username != "" {
		o.Password = func() (string, error) {
			if b.PasswordFile != "" {
				return secret(b.PasswordFile)
			}
			return b.Password, nil
		}
	}
	for _, filter := range link.UpFilters() {
		o.Subscriptions = append(o.Subscriptions, mqtt.Subscription{Filter: filter, QoS: 1, Handler: func(r mqtt.Received) {
			if !w.take(r.Topic, r.Payload, r.Ack) {
				r.Ack()
			}
		}})
	}
	client, err := mqtt.Connect(o)
	if err != nil {
		return fmt.Errorf("broker: %w", err)
	}
	w.client.Store(client)
	return nil
}

// take hands a message on to whom it belongs. done is called when it is safe.
// False means that the broker keeps it.
func (w *wire) take(topic string, payload []byte, done func()) bool {
	t, err := link.ParseTopic(topic)
	if err != nil {
		return false
	}
	switch t.Channel {
	case link.Alarms, link.Signals:
		inside := w.insideOf(t.Gateway)
		inside.Add(1)
		defer inside.Add(-1)
		w.h.intake.Take(t.Gateway, t.Station, t.Channel, payload, time.Now(), done)
		return true
	case link.Receipts:
		w.receipt(t, payload, done)
		return true
	case link.ConfigApplied:
		w.h.work.Go(func() { w.configured(t, payload, done) })
		return true
	case link.Birth, link.Status, link.Heartbeat, link.Readings:
		if err := w.observe(t, payload, false); err != nil {
			w.refuse(t, payload, err)
		}
		done()
		return true
	}
	return false
}

func (w *wire) insideOf(gateway string) *atomic.Int64 {
	if n, ok := w.inside.Load(gateway); ok {
		return n.(*atomic.Int64)
	}
	n, _ := w.inside.LoadOrStore(gateway, new(atomic.Int64))
	return n.(*atomic.Int64)
}

// waiting reports whether the reader of a gateway's connection stands before a
// full queue: the gateway may be alive and well behind it.
func (w *wire) waiting(gateway string) bool { return w.insideOf(gateway).Load() > 0 }

// will is a gateway's last will: its connection broke.
func (w *wire) will(m mqtt.Message) {
	t, err := link.ParseTopic(m.Topic)
	if err != nil || t.Channel != link.Status {
		return
	}
	if err := w.observe(t, m.Payload, true); err != nil {
		w.refuse(t, m.Payload, err)
	}
}

// observe tells the register what a gateway says of itself.
func (w *wire) observe(t link.Topic, payload []byte, broken bool) error {
	switch t.Channel {
	case link.Birth:
		m, err := link.Decode[link.BirthMessage](t.Channel, payload)
		if err != nil {
			return err
		}
		if err := w.h.stations.Birth(t.Station, t.Gateway, m); err != nil {
			return err
		}
		w.h.work.Go(func() { w.remind(t) })
		return nil
	case link.Status:
		m, err := link.Decode[link.StatusMessage](t.Channel, payload)
		if err != nil {
			return err
		}
		return w.h.stations.Status(t.Station, t.Gateway, m, broken)
	case link.Heartbeat:
		m, err := link.Decode[link.HeartbeatMessage](t.Channel, payload)
		if err != nil {
			return err
		}
		w.h.stations.Heartbeat(t.Station, t.Gateway, m)
	case link.Readings:
		m, err := link.Decode[link.ReadingsMessage](t.Channel, payload)
		if err != nil {
			return err
		}
		w.h.stations.Readings(t.Station, t.Gateway, m)
	}
	return nil
}

func (w *wire) receipt(t link.Topic, payload []byte, done func()) {
	r, err := link.Decode[devices.Receipt](t.Channel, payload)
	if err == nil && r.Command == "" {
		err = errors.New("a receipt without a command")
	}
	if err != nil {
		w.refuse(t, payload, err)
		done()
		return
	}
	if w.h.cameras.Receipt(t.Gateway, r) { // of no command, and worth nothing later
		done()
		return
	}
	select {
	case w.receipts <- receipt{t, r, done}:
	default:
		// Cut: the gateway comes back and sends again what was not acknowledged.
		w.h.log.Error("console: too many receipts wait; the gateway is cut", "gateway", t.Gateway)
		go w.drop(t.Gateway)
	}
}

// settle gives receipts to the command desk, again and again while the
// database is away.
func (w *wire) settle(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-w.receipts:
			if w.settleOne(ctx, r) {
				r.done()
			}
		}
	}
}

func (w *wire) settleOne(ctx context.Context, r receipt) bool {
	for {
		one, cancel := context.WithTimeout(ctx, 10*time.Second)
		err := w.h.commands.Receipt(one, r.topic.Gateway, r.receipt)
		cancel()
		switch {
		case err == nil:
			return true
		case !store.Transient(err):
			payload, _ := json.Marshal(r.receipt) // strings and a time
			w.refuse(r.topic, payload, err)
			return true
		}
		w.h.log.Warn("console: a receipt waits for the database", "err", err)
		select {
		case <-ctx.Done():
			return false
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// refuse logs a message that cannot be used and keeps it as a dead letter: one
// in a while for each channel of a gateway, so that a gateway gone mad fills
// neither log nor database.
func (w *wire) refuse(t link.Topic, payload []byte, reason error) {
	key, now := t.Gateway+" "+string(t.Channel), time.Now()
	w.mu.Lock()
	if now.Sub(w.buried[key]) < 10*time.Second {
		w.mu.Unlock()
		return
	}
	if len(w.buried) > 10_000 {
		clear(w.buried)
	}
	w.buried[key] = now
	w.mu.Unlock()
	w.h.log.Warn("console: a message of a gateway cannot be used", "gateway", t.Gateway, "channel", t.Channel, "reason", reason)
	if len(payload) > 16<<10 {
		payload = payload[:16<<10]
	}
	letter := intake.Letter{Station: t.Station, Gateway: t.Gateway, Topic: t.String(), Received: now.UTC(), Reason: reason.Error(), Payload: string(payload)}
	select {
	case w.letters <- letter:
	default:
	}
}

func (w *wire) bury(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case letter := <-w.letters:
			one, cancel := context.WithTimeout(ctx, 5*time.Second)
			err := (&store.Intake{DB: w.h.db}).Commit(one, func(ctx context.Context, tx intake.Tx) error {
				return tx.Bury(ctx, []intake.Letter{letter})
			})
			cancel()
			if err != nil && ctx.Err() == nil {
				w.h.log.Warn("console: a dead letter was not kept", "gateway", letter.Gateway, "err", err)
			}
		}
	}
}

// publish sends down the wire. An error means that nothing was sent.
func (w *wire) publish(m mqtt.Message) error {
	if b := w.broker.Load(); b != nil {
		return b.Publish(m)
	}
	client := w.client.Load()
	if client == nil {
		return mqtt.ErrNotConnected
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := client.Publish(ctx, m)
	if errors.Is(err, mqtt.ErrUnknown) {
		return nil // perhaps sent: whoever waits for an answer finds out
	}
	return err
}

func (w *wire) down(station, gateway string, c link.Channel, v any) error {
	payload, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.publish(mqtt.Message{Topic: link.Topic{Station: station, Gateway: gateway, Channel: c}.String(), Payload: payload, QoS: c.QoS(), Retained: c.Retained()})
}

// send publishes a command; it is never retained.
func (w *wire) send(station, gateway string, c link.Channel, payload []byte) error {
	if !w.connected(gateway) {
		return fmt.Errorf("gateway %s: %w", gateway, mqtt.ErrNotConnected)
	}
	return w.publish(mqtt.Message{Topic: link.Topic{Station: station, Gateway: gateway, Channel: c}.String(), Payload: payload, QoS: c.QoS()})
}

// remind tells a gateway that has just connected how far it is committed.
func (w *wire) remind(t link.Topic) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := w.h.intake.Remind(ctx, t.Station, t.Gateway); err != nil {
		w.h.log.Warn("console: a gateway was not told how far it is committed; the next signal will tell it", "gateway", t.Gateway, "err", err)
	}
}

// confirm tells a gateway what it may forget; one that is lost is told by the next.
func (w *wire) confirm(station, gateway string, m link.ConfirmMessage) {
	if err := w.down(station, gateway, link.Confirm, m); err != nil {
		w.h.log.Debug("console: confirm not sent", "gateway", gateway, "err", err)
	}
}

// desired publishes the state to hold, whenever a gateway has introduced
// itself: an embedded broker remembers nothing across a restart.
// So is its configuration.
func (w *wire) desired(station, gateway string) {
	w.h.doors.Desired(station, gateway)
	w.h.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := w.h.stations.Reconfigure(ctx, station, gateway); err != nil {
			w.h.log.Warn("console: a configuration was not held out; it is when the gateway comes again", "gateway", gateway, "err", err)
		}
	})
}

// configure holds a configuration out to a gateway, or takes it away.
func (w *wire) configure(station, gateway string, m link.ConfigMessage) error {
	if m.Version > 0 {
		return w.down(station, gateway, link.Config, m)
	}
	return w.publish(mqtt.Message{Topic: link.Topic{Station: station, Gateway: gateway, Channel: link.Config}.String(), QoS: link.Config.QoS(), Retained: true})
}

// configured tells the register what became of a configuration.
func (w *wire) configured(t link.Topic, payload []byte, done func()) {
	defer done()
	m, err := link.Decode[link.AppliedMessage](t.Channel, payload)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		err = w.h.stations.Configured(ctx, t.Station, t.Gateway, m)
	}
	switch {
	case err == nil:
	case store.Transient(err):
		w.h.log.Warn("console: what became of a configuration was not kept; the gateway says it again when it connects", "gateway", t.Gateway, "err", err)
	default:
		w.refuse(t, payload, err)
	}
}

// connected reports whether the gateway is there as far as the broker knows; a
// broker of somebody else's is asked by way of the register.
func (w *wire) connected(gateway string) bool {
	if b := w.broker.Load(); b != nil {
		for _, c := range b.Clients() {
			if id, ok := c.Identity.(identity); ok && id.gateway == gateway {
				return true
			}
		}
		return false
	}
	client := w.client.Load()
	return client != nil && client.Connected() && w.h.stations.StateOf(gateway) == stations.Online
}

func (w *wire) drop(gateway string) {
	if b := w.broker.Load(); b != nil {
		b.Drop(func(c *broker.Client) bool {
			id, ok := c.Identity.(identity)
			return ok && id.gateway == gateway
		})
	}
}

func (w *wire) address() string {
	if b := w.broker.Load(); b != nil {
		return b.Addr()
	}
	return ""
}

// ready reports why gateways cannot be heard now.
func (w *wire) ready() error {
	if w.broker.Load() != nil {
		return nil
	}
	if client := w.client.Load(); client == nil || !client.Connected() {
		return errors.New("no contact with the MQTT broker: gateways cannot be heard")
	}
	return nil
}

// close ends the connections and gives what was taken a moment to be finished.
func (w *wire) close() {
	if b := w.broker.Load(); b != nil {
		if err := b.Close(); err != nil {
			w.h.log.Warn("console: broker", "err", err)
		}
	}
	if client := w.client.Load(); client != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if err := client.Close(ctx); err != nil {
			w.h.log.Debug("console: broker client", "err", err)
		}
	}
	w.stop()
	w.work.Wait()
}

func clip(s string) string {
	if len(s) > 200 {
		return s[:200] + "…"
	}
	return s
}
