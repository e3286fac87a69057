package poller

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"

	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/devices/profiles"
)

// MQTT listens to one device, or to the program that speaks for it, and asks it
// for its status at each interval.
type MQTT struct {
	*tracker
	client  *mqtt.Client
	natives natives
	inbox   chan mqtt.Received // in
	looks   looks              // in
	downs   chan error         // in: the broker is lost
	ended   chan struct{}      // closed when Run returns
	waiting []look             // for the next status

	mu      sync.Mutex
	replies map[string]chan error
}

// RefusedError is a device's own refusal of a request.
type RefusedError struct{ Text string }

func (e *RefusedError) Error() string { return "the device refused: " + e.Text }

// Refused gives the device's words.
func (e *RefusedError) Refused() string { return e.Text }

// NewMQTT makes the driver of one device on a broker of its own choice. Run
// connects and closes it. The callbacks of options are the driver's.
func NewMQTT(site Site, settings Settings, options mqtt.Options) (*MQTT, error) {
	d := &MQTT{
		tracker: newTracker(site.filled(), settings),
		inbox:   make(chan mqtt.Received),
		looks:   make(looks, 16),
		downs:   make(chan error, 1),
		ended:   make(chan struct{}),
		replies: map[string]chan error{},
	}
	settings.Compiled.Recall(nil, d.holds)
	d.natives = natives{last: site.State.lastNative(settings.ID), missing: map[uint64]time.Time{}}
	options.OnDown = func(err error) {
		select {
		case d.downs <- err:
		default:
		}
	}
	for _, topic := range settings.Compiled.Topics() {
		options.Subscriptions = append(options.Subscriptions, mqtt.Subscription{Filter: topic, QoS: 1, Handler: func(r mqtt.Received) {
			select {
			case d.inbox <- r:
			case <-d.ended:
			}
		}})
	}
	client, err := mqtt.Connect(options)
	if err != nil {
		return nil, fmt.Errorf("device %s: %w", settings.ID, err)
	}
	d.client = client
	return d, nil
}

// Status is how the device is doing. Any goroutine may ask.
func (d *MQTT) Status() Status { return d.status.load() }

// Run listens until ctx ends.
func (d *MQTT) Run(ctx context.Context) error {
	defer func() {
		close(d.ended)
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		d.attempt(d.client.Close(closing))
	}()
	fast := d.settings.Compiled.Fast
	poll := time.NewTimer(time.Duration(d.site.Rand() * float64(min(fast, time.Second))))
	defer poll.Stop()
	look := time.NewTimer(0)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r := <-d.inbox:
			d.receive(ctx, r)
		case l := <-d.looks:
			d.waiting = append(d.waiting, l)
			d.request(ctx)
		case err := <-d.downs:
			d.fails(err)
		case <-poll.C:
			poll.Reset(fast)
			d.request(ctx)
		case <-look.C:
		}
		now := d.site.Now()
		d.freshness(now)
		d.missing(ctx, now)
		d.attempt(d.supervise(ctx, now))
		d.tell(now)
		look.Reset(d.watch.nextLook(now))
	}
}

// request asks for the status. A broker that is away costs nothing: the device
// is not heard, and supervision draws the conclusion.
func (d *MQTT) request(ctx context.Context) {
	if !d.client.Connected() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, d.settings.Compiled.Profile.Transport.Timeout)
	defer cancel()
	for _, m := range d.settings.Compiled.Requests(requestID) {
		d.client.Start(ctx, mqtt.Message{Topic: m.Topic, Payload: m.Payload, QoS: 1})
	}
}

func requestID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// receive takes one message. It is acknowledged when what it says is durable;
// what could not be kept stays with the broker and comes again.
func (d *MQTT) receive(ctx context.Context, r mqtt.Received) {
	now := d.site.Now()
	decoded, err := d.settings.Compiled.DecodeMessage(r.Topic, r.Payload)
	if err != nil {
		d.fails(err)
		d.site.Log.Warn("message not understood", "device", d.settings.ID, "error", err)
		r.Ack() // it will be no better the next time
		return
	}
	if decoded.Alive {
		d.hears(now)
	}
	if decoded.ReplyTo != "" {
		d.reply(decoded)
	}
	if err := d.keep(ctx, decoded, now); err != nil {
		d.attempt(err)
		return
	}
	r.Ack()
}

func (d *MQTT) keep(ctx context.Context, decoded profiles.Decoded, now time.Time) error {
	if err := d.happen(ctx, decoded.Happenings, now); err != nil {
		return err
	}
	d.life(decoded.States, now)
	d.watch.lifeSeen = now
	if err := d.observe(ctx, decoded.States, now); err != nil {
		return err
	}
	d.answer(decoded.States)
	return nil
}

// happen turns native events that are news into signals. A restore of what is
// not active is no news, nor is the repetition of a condition that is no alarm.
func (d *MQTT) happen(ctx context.Context, happenings []profiles.Happening, now time.Time) error {
	if len(happenings) == 0 {
		return nil
	}
	mark := nativeMark{happenings[0].NativeID, happenings[0].Occurred}
	before := natives{d.natives.last, maps.Clone(d.natives.missing)}
	if !d.natives.news(mark, now) {
		return nil
	}
	var signals []devices.Signal
	held := map[condition]bool{}
	for _, h := range happenings {
		at := condition{h.Point, h.Kind}
		info := h.Kind.Info()
		_, was := d.active[at]
		if now, seen := held[at]; seen {
			was = now
		}
		if !info.Momentary && (!h.Active && !was || h.Active && was && !info.Alarm) {
			continue
		}
		held[at] = h.Active
		s := d.signal(h.Point, h.Kind, h.Active || info.Momentary, now)
		s.State, s.Text, s.Detail = h.State, h.Text, maps.Clone(h.Detail)
		if !h.Occurred.IsZero() {
			s.Occurred = h.Occurred
		}
		if h.NativeID != 0 {
			if s.Detail == nil {
				s.Detail = map[string]string{}
			}
			s.Detail[DetailEvent] = strconv.FormatUint(h.NativeID, 10)
		}
		signals = append(signals, s)
	}
	if err := d.emit(ctx, signals); err != nil {
		d.natives = before
		return err
	}
	if mark.ID != 0 {
		d.site.State.native(d.settings.ID, mark)
	}
	return nil
}

// missing tells of events that never came.
func (d *MQTT) missing(ctx context.Context, now time.Time) {
	words, count := d.natives.overdue(now)
	if count == 0 {
		return
	}
	s := d.signal(devices.CommsPoint, devices.SignalsMissing, true, now)
	s.State = "missing"
	s.Text = fmt.Sprintf("%d events of the device never arrived: numbers %s. Read them at the device.", count, words)
	d.attempt(d.emit(ctx, []devices.Signal{s}))
}

// freshness degrades the points of a device that gave no status for two intervals.
func (d *MQTT) freshness(now time.Time) {
	c := d.settings.Compiled
	if !d.watch.heard.IsZero() && d.watch.silence(now) > 2*c.Fast+c.Profile.Transport.Timeout {
		d.degrade(d.known(), devices.Stale)
	}
	d.watch.whole = !d.watch.heard.IsZero()
}

func (d *MQTT) reply(decoded profiles.Decoded) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if waiting := d.replies[decoded.ReplyTo]; waiting != nil {
		delete(d.replies, decoded.ReplyTo)
		if decoded.OK {
			waiting <- nil
		} else {
			waiting <- &RefusedError{decoded.Error}
		}
	}
}

// answer gives a status to those who wait for it.
func (d *MQTT) answer(states []profiles.PointState) {
	still := d.waiting[:0]
	for _, l := range d.waiting {
		answered := l.ctx.Err() != nil
		for _, ps := range states {
			if ps.Point == l.point && len(ps.Conditions)+len(ps.States) > 0 {
				l.answer <- lookAnswer{state: ps}
				answered = true
				break
			}
		}
		if !answered {
			still = append(still, l)
		}
	}
	clear(d.waiting[len(still):])
	d.waiting = still
}

// Look asks for the status now and returns what a point shows in the answer.
func (d *MQTT) Look(ctx context.Context, point string) (profiles.PointState, error) {
	return d.looks.ask(ctx, point)
}

// Send sends a request once and waits for the device's reply: nil, or a
// *RefusedError. ErrLost means that it surely was not sent; any other error that
// nobody knows.
func (d *MQTT) Send(ctx context.Context, m profiles.Message) error {
	waiting := make(chan error, 1)
	d.mu.Lock()
	d.replies[m.RequestID] = waiting
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		delete(d.replies, m.RequestID)
		d.mu.Unlock()
	}()
	sent := make(chan error, 1)
	go func() { sent <- d.client.Publish(ctx, mqtt.Message{Topic: m.Topic, Payload: m.Payload, QoS: 1}) }()
	for {
		select {
		case err := <-waiting:
			return err
		case err := <-sent:
			if errors.Is(err, mqtt.ErrNotConnected) {
				return ErrLost
			}
			sent = nil // sent, or nobody knows: the reply decides
		case <-ctx.Done():
			return fmt.Errorf("request %s: %w", m.RequestID, ctx.Err())
		}
	}
}

// Write is for devices on a Modbus line.
func (d *MQTT) Write(context.Context, profiles.Write) error { return errNotModbus }

var errNotModbus = errors.New("the device has no registers")
