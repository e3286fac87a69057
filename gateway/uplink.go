package gateway

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/gateway/commands"
	"guardroom/gateway/link"
	"guardroom/gateway/poller"
	"guardroom/gateway/spool"
)

const (
	heartbeatEvery = 10 * time.Second
	lookEvery      = 500 * time.Millisecond // at the devices' states, for the heartbeat
	flightBulk     = 16                     // messages of signals in flight, up to MaxSignals each
	flightAlarms   = 64                     // messages of alarms in flight
	replayAlarms   = 2000                   // newest unconfirmed alarms sent ahead of the backlog after a connection
	resendAtMost   = 2 * time.Minute
	receiptsKept   = 256
	readingsEvery  = 100 * time.Millisecond
	readingsAtOnce = 400 // in one message
)

// uplink is the wire to the console: both lanes of signals, and all else.
type uplink struct {
	config   Config
	options  Options
	client   *mqtt.Client
	spool    *spool.Spool
	state    *poller.State
	executor *commands.Executor
	clock    *clockWatch
	drivers  []driver
	cameras  *cameraSite
	log      *slog.Logger

	manager *manager    // nil: the console may not send configurations
	damaged func()      // told when the spool gives back less than was put in
	told    atomic.Bool // that, in this run

	next    atomic.Pointer[string] // session of the connection being made
	session atomic.Pointer[string]
	since   atomic.Pointer[time.Time]
	acked   atomic.Int64 // time of the last PUBACK, Unix nanoseconds

	mu       sync.Mutex
	values   map[devices.PointID]devices.Reading // latest of all
	fresh    map[devices.PointID]bool            // not yet sent
	receipts []devices.Receipt                   // not yet acknowledged, oldest first
	awaiting spool.Position                      // confirmed, but not yet reflected by the state
	wake     chan struct{}                       // receipts
}

func newUplink(c Config, o Options, log *slog.Logger) *uplink {
	return &uplink{
		config: c, options: o, log: log,
		values: map[devices.PointID]devices.Reading{}, fresh: map[devices.PointID]bool{},
		wake: make(chan struct{}, 1),
	}
}

// connect begins to connect, for ever.
func (u *uplink) connect() error {
	tls, err := u.config.TLS.config()
	if err != nil {
		return err
	}
	options := mqtt.Options{
		URLs: u.config.Brokers, ClientID: "gateway-" + u.config.ID, TLS: tls, CleanSession: true,
		// While the link is away an alarm waits: it is tried again soon, with jitter.
		MaxReconnect: 2 * time.Second,
		WillFor:      u.will, OnUp: u.up, Log: u.log,
		OnDown: func(err error) { u.log.Warn("no link to the console; signals are kept", "error", err) },
		OnRefused: func(filter string) {
			u.log.Error("the broker refuses a subscription: commands or confirms will not come", "topic", filter)
		},
		Subscriptions: []mqtt.Subscription{
			{Filter: u.topic(link.Confirm), QoS: 1, Handler: u.confirm},
			{Filter: u.topic(link.Commands), QoS: 1, Handler: u.command},
			{Filter: u.topic(link.Desired), QoS: 1, Handler: u.desired},
			{Filter: u.topic(link.Config), QoS: 1, Handler: u.configured},
		},
	}
	if u.config.Credential.Given() {
		options.Username, options.Password = u.config.ID, u.config.Credential.Reveal
	}
	u.client, err = mqtt.Connect(options)
	return err
}

func (u *uplink) topic(c link.Channel) string {
	return link.Topic{Station: u.config.Station, Gateway: u.config.ID, Channel: c}.String()
}

func (u *uplink) message(c link.Channel, body any) (mqtt.Message, error) {
	payload, err := json.Marshal(body)
	if err != nil {
		return mqtt.Message{}, fmt.Errorf("encode %s: %w", c, err)
	}
	return mqtt.Message{Topic: u.topic(c), Payload: payload, QoS: c.QoS(), Retained: c.Retained()}, nil
}

// will names the session of the connection about to be made, so that it says
// nothing about a later one.
func (u *uplink) will() *mqtt.Message {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	session := hex.EncodeToString(b[:])
	u.next.Store(&session)
	m, err := u.message(link.Status, link.StatusMessage{State: link.Offline, Session: session, At: u.options.Now()})
	if err != nil {
		u.log.Error("last will", "error", err)
		return nil
	}
	return &m
}

// up runs after each connection: who I am, then everything at once.
func (u *uplink) up(ctx context.Context, client *mqtt.Client) {
	now := u.options.Now()
	session := *u.next.Load()
	u.session.Store(&session)
	u.since.Store(&now)
	u.acked.Store(now.UnixNano())
	u.log.Info("connected to the console", "session", session)
	if u.manager != nil {
		u.manager.hear(func() { u.sayApplied(ctx, client) })
	}
	u.greet(ctx, client, session, now)
	u.refresh()
	go u.alarms(ctx, client)
	go u.signals(ctx, client)
	go u.beat(ctx, client)
	go u.sendValues(ctx, client)
	go u.sendReceipts(ctx, client)
}

// greet sends what is retained about this gateway, in order.
func (u *uplink) greet(ctx context.Context, client *mqtt.Client, session string, now time.Time) {
	birth, err := u.birth(session, now)
	if err != nil {
		u.log.Error("greet the console", "error", err)
	}
	for _, one := range []struct {
		channel link.Channel
		body    any
	}{
		{link.Status, link.StatusMessage{State: link.Online, Session: session, At: now}},
		{link.Birth, birth},
		{link.ConfigApplied, u.applied(now)},
	} {
		m, err := u.message(one.channel, one.body)
		if err != nil {
			u.log.Error("greet the console", "error", err)
			continue
		}
		client.Start(ctx, m)
	}
}

// alarms is the express lane. After a connection it first sends the newest of
// the alarms that the console has not confirmed, then each as it is stored. A
// backlog of other signals never stands before it.
func (u *uplink) alarms(ctx context.Context, client *mqtt.Client) {
	r := u.spool.AlarmReader(u.spool.Confirmed())
	defer r.Close()
	flight := make(chan struct{}, flightAlarms)
	var missed []devices.Signal
	for {
		batch, _ := r.Take(link.MaxSignals)
		if len(batch) == 0 {
			break
		}
		missed = append(missed, batch...)
		if over := len(missed) - replayAlarms; over > 0 {
			missed = append([]devices.Signal(nil), missed[over:]...) // they come on the other lane
		}
	}
	for batch := missed; ; {
		if len(batch) > 0 && !u.send(ctx, client, link.Alarms, batch, flight) {
			return
		}
		var err error
		if batch, err = r.Next(ctx, link.MaxSignals); err != nil {
			return
		}
	}
}

// signals sends everything in order from the spool, with many messages in
// flight. Only a confirm moves the spool. When none moves although the broker
// took everything, it begins again from the last confirmed.
func (u *uplink) signals(ctx context.Context, client *mqtt.Client) {
	flight := make(chan struct{}, flightBulk)
	r := u.spool.Reader(u.spool.Confirmed())
	defer func() { r.Close() }()
	waiting := patience{since: u.options.Now(), limit: u.options.ResendAfter}
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			if u.exhausted(&waiting, len(flight) == 0) {
				u.log.Warn("the console does not confirm; sending again", "from", waiting.confirmed.Seq+1, "epoch", waiting.confirmed.Epoch)
				r.Close()
				r = u.spool.Reader(waiting.confirmed)
			}
		default:
		}
		batch, changed := r.Take(link.MaxSignals)
		if len(batch) > 0 {
			u.notice(batch)
			if !u.send(ctx, client, link.Signals, batch, flight) {
				return
			}
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-time.After(time.Second): // to look at what is confirmed
		}
	}
}

// notice looks for places of the spool that were damaged. What holds is told
// again once in a run: with it the console is right, whatever else is missing.
func (u *uplink) notice(batch []devices.Signal) {
	for _, s := range batch {
		if s.Kind == devices.SpoolGap && s.Detail[link.GapWhy] == spool.GapDamage && !u.told.Swap(true) {
			go u.damaged()
		}
	}
}

// patience is how long the signals lane waits for a confirm that moves.
type patience struct {
	confirmed spool.Position
	since     time.Time // the confirm moved, or there was nothing to confirm
	limit     time.Duration
}

// exhausted reports that no confirm moved for too long although the link works:
// then something was lost between the broker and the console. Messages whose
// acknowledgement is slow in coming are not lost.
func (u *uplink) exhausted(p *patience, landed bool) bool {
	now, confirmed := u.options.Now(), u.spool.Confirmed()
	if confirmed != p.confirmed || u.spool.Stats().Depth == 0 {
		p.confirmed, p.since, p.limit = confirmed, now, u.options.ResendAfter
		return false
	}
	works := landed || now.Sub(time.Unix(0, u.acked.Load())) < u.options.ResendAfter/2
	if !works || now.Sub(p.since) < p.limit {
		return false
	}
	p.since, p.limit = now, min(2*p.limit, resendAtMost)
	return true
}

// send publishes a batch, in as many messages as its size asks for, and waits
// only while too many are in flight. False ends the connection's lane.
func (u *uplink) send(ctx context.Context, client *mqtt.Client, c link.Channel, batch []devices.Signal, flight chan struct{}) bool {
	since := *u.since.Load()
	for i := range batch {
		batch[i].Historical = batch[i].Observed.Before(since)
	}
	for len(batch) > 0 {
		n := min(len(batch), link.MaxSignals)
		payload, err := link.EncodeSignals(u.config.Station, batch[:n])
		for err == nil && len(payload) > link.MaxBytes && n > 1 {
			n /= 2
			payload, err = link.EncodeSignals(u.config.Station, batch[:n])
		}
		if err != nil {
			u.log.Error("encode signals", "error", err)
			return false
		}
		select {
		case flight <- struct{}{}:
		case <-ctx.Done():
			return false
		}
		d := client.Start(ctx, mqtt.Message{Topic: u.topic(c), Payload: payload, QoS: c.QoS()})
		go func() {
			<-d.Done()
			if d.Err() == nil {
				u.acked.Store(u.options.Now().UnixNano())
			}
			<-flight
		}()
		batch = batch[n:]
	}
	return true
}

// beat sends the heartbeat: at once, every ten seconds, and as soon as a device
// is lost or back, because the mark on the screen travels with it.
func (u *uplink) beat(ctx context.Context, client *mqtt.Client) {
	tick := time.NewTicker(heartbeatEvery)
	defer tick.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		told := u.deviceStates()
		if m, err := u.message(link.Heartbeat, u.heartbeat()); err == nil {
			client.Start(ctx, m)
		}
		for same := true; same; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				same = false
			case <-look.C:
				same = slices.Equal(told, u.deviceStates())
			}
		}
	}
}

// deviceStates are the states of all devices, in order.
func (u *uplink) deviceStates() []string {
	states := make([]string, len(u.drivers))
	for i, d := range u.drivers {
		states[i] = d.Status().State
	}
	return states
}

func (u *uplink) heartbeat() link.HeartbeatMessage {
	now, st := u.options.Now(), u.spool.Stats()
	h := link.HeartbeatMessage{
		At: now, Clock: u.clock.State(), Epoch: st.Last.Epoch, Seq: st.Last.Seq,
		Depth: st.Depth, Bytes: st.Bytes, Dropped: st.Dropped,
	}
	if session := u.session.Load(); session != nil {
		h.Session = *session
	}
	if st.Confirmed.Epoch == st.Last.Epoch {
		h.Upto = st.Confirmed.Seq
	}
	if at, ok := u.spool.Oldest(); ok {
		h.Lag = max(0, now.Sub(at).Seconds())
	}
	for _, d := range u.drivers {
		s := d.Status()
		h.Devices = append(h.Devices, link.DeviceState{
			Device: d.id, State: s.State, Since: s.Since, LastHeard: s.LastHeard, Error: s.Error,
		})
	}
	return h
}

// confirm moves the spool, but not beyond what the state on disk reflects:
// what is forgotten must be known.
func (u *uplink) confirm(r mqtt.Received) {
	r.Ack()
	m, err := link.Decode[link.ConfirmMessage](link.Confirm, r.Payload)
	if err != nil {
		u.log.Warn("message not understood", "error", err)
		return
	}
	u.executor.Heard(m.Now)
	at := spool.Position{Epoch: m.Epoch, Seq: m.Upto}
	if last := u.spool.Last(); last.Before(at) {
		u.spool.Confirm(at.Epoch, at.Seq) // it knows what to do about that
		return
	}
	u.mu.Lock()
	if u.awaiting.Before(at) {
		u.awaiting = at
	}
	u.mu.Unlock()
	u.reflected()
}

// reflected confirms to the spool as far as the state on disk goes.
func (u *uplink) reflected() {
	epoch, seq := u.state.Reflects()
	known := spool.Position{Epoch: epoch, Seq: seq}
	u.mu.Lock()
	at := u.awaiting
	if known.Before(at) {
		at = known
	} else {
		u.awaiting = spool.Position{}
	}
	u.mu.Unlock()
	if at != (spool.Position{}) {
		u.spool.Confirm(at.Epoch, at.Seq)
	}
}

func (u *uplink) command(r mqtt.Received) {
	r.Ack() // never carried out twice, so never asked for twice
	if r.Retained {
		u.log.Warn("a retained command was left out: commands are never retained")
		return
	}
	c, err := link.Decode[devices.Command](link.Commands, r.Payload)
	if err != nil {
		u.log.Warn("message not understood", "error", err)
		return
	}
	if c.ID == "" {
		u.log.Warn("a command without an id was left out: nobody could be answered")
		return
	}
	if u.cameras.owns(c.Point) {
		u.cameras.take(c)
		return
	}
	u.executor.Take(c)
}

func (u *uplink) desired(r mqtt.Received) {
	r.Ack()
	if len(r.Payload) == 0 {
		return // the broker forgot it; what holds goes on
	}
	m, err := link.Decode[link.DesiredMessage](link.Desired, r.Payload)
	if err != nil {
		u.log.Warn("message not understood", "error", err)
		return
	}
	if m.Version == 0 {
		u.log.Warn("a desired state without a version was left out")
		return
	}
	u.executor.Desire(m)
}

// goodbye says offline before the connection is closed, so that the console
// need not wait for the last will.
func (u *uplink) goodbye(ctx context.Context) {
	if session := u.session.Load(); session != nil && u.client.Connected() {
		m, err := u.message(link.Status, link.StatusMessage{State: link.Offline, Session: *session, At: u.options.Now()})
		if err == nil {
			err = u.client.Publish(ctx, m)
		}
		if err != nil && !errors.Is(err, mqtt.ErrNotConnected) {
			u.log.Warn("say goodbye", "error", err)
		}
	}
	if err := u.client.Close(ctx); err != nil {
		u.log.Warn("close the link", "error", err)
	}
}
