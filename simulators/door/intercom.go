package door

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"guardroom/devices/mqtt"
)

// IntercomOptions of an intercom. Zero values take the defaults named.
type IntercomOptions struct {
	ID     string // names its client at the broker
	Broker string // "tcp://127.0.0.1:1883"
	Root   string // "intercom/gate"
	Log    *slog.Logger
}

// Intercom makes believe: an intercom behind a bridge, as the profile
// access/intercom-mqtt describes it.
type Intercom struct {
	o      IntercomOptions
	client *mqtt.Client
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup
	say    chan []byte // in: states to publish

	mu     sync.Mutex
	call   string // idle, ringing, talking
	silent bool
}

const intercomPoint = "call"

// calls are the states of the profile with the words of the wire.
var calls = map[string]string{normal: "idle", "idle": "idle", "calling": "ringing", "talking": "talking"}

// IntercomStates are those of the point of any intercom.
func IntercomStates(point string) []string {
	if point != intercomPoint {
		return nil
	}
	return []string{normal, "calling", "talking", "idle"}
}

// StartIntercom connects to the broker, and goes on trying, until ctx ends or Close.
func StartIntercom(ctx context.Context, o IntercomOptions) (*Intercom, error) {
	if o.Broker == "" || o.ID == "" {
		return nil, errors.New("simulate an intercom: it needs an id and a broker")
	}
	if o.Root == "" {
		o.Root = "intercom/gate"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	i := &Intercom{o: o, call: "idle", say: make(chan []byte, 64)}
	i.ctx, i.cancel = context.WithCancel(ctx)
	client, err := mqtt.Connect(mqtt.Options{
		URLs: []string{o.Broker}, ClientID: "intercom-" + o.ID, CleanSession: true, Log: o.Log,
		Subscriptions: []mqtt.Subscription{{Filter: o.Root + "/requests", Handler: i.request}},
		OnUp:          func(context.Context, *mqtt.Client) { i.tell() },
	})
	if err != nil {
		i.cancel()
		return nil, fmt.Errorf("simulate an intercom: %w", err)
	}
	i.client = client
	i.work.Go(i.speak)
	return i, nil
}

// tell queues the state; when too much waits the newest can wait for the next poll.
func (i *Intercom) tell() {
	i.mu.Lock()
	state := encode(map[string]string{"call": i.call})
	i.mu.Unlock()
	i.queue("state", state)
}

func (i *Intercom) queue(topic string, payload []byte) {
	select {
	case i.say <- append([]byte(topic+"\x00"), payload...):
	default:
	}
}

func (i *Intercom) speak() {
	for {
		select {
		case <-i.ctx.Done():
			return
		case said := <-i.say:
			i.mu.Lock()
			silent := i.silent
			i.mu.Unlock()
			at := slices.Index(said, 0)
			if silent || at < 0 {
				continue
			}
			ctx, cancel := context.WithTimeout(i.ctx, publishTime)
			if err := i.client.Publish(ctx, mqtt.Message{Topic: i.o.Root + "/" + string(said[:at]), Payload: said[at+1:], QoS: 1}); err != nil {
				i.o.Log.Debug("intercom simulator cannot speak", "intercom", i.o.ID, "error", err)
			}
			cancel()
		}
	}
}

// request handles one message of the gateway.
func (i *Intercom) request(m mqtt.Received) {
	m.Ack()
	var r struct{ ID, Request string }
	if err := json.Unmarshal(m.Payload, &r); err != nil {
		i.o.Log.Warn("intercom simulator cannot read a request", "intercom", i.o.ID)
		return
	}
	i.mu.Lock()
	if i.silent {
		i.mu.Unlock()
		return
	}
	reply := map[string]any{"id": r.ID, "done": true}
	switch {
	case r.Request == "answer" && i.call == "idle":
		reply["done"], reply["error"] = false, "nobody calls"
	case r.Request == "answer":
		i.call = "talking"
	case r.Request == "hang_up":
		i.call = "idle"
	case r.Request != "state":
		reply["done"], reply["error"] = false, "unknown request"
	}
	i.mu.Unlock()
	i.tell()
	i.queue("replies", encode(reply))
}

// Points lists the points of the profile.
func (i *Intercom) Points() []string { return []string{intercomPoint} }

// States lists what Set takes.
func (i *Intercom) States(point string) []string { return IntercomStates(point) }

// Holding lists the states that hold at the point.
func (i *Intercom) Holding(point string) []string {
	if point != intercomPoint {
		return nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for state, word := range map[string]string{normal: "idle", "calling": "ringing", "talking": "talking"} {
		if word == i.call {
			return []string{state}
		}
	}
	return []string{normal}
}

// Set brings the intercom into a state, as a caller at the gate would.
func (i *Intercom) Set(point, state string) error {
	if !slices.Contains(IntercomStates(point), state) {
		return fmt.Errorf("the intercom has no state %q at %q", clip(state), clip(point))
	}
	i.mu.Lock()
	i.call = calls[state]
	i.mu.Unlock()
	i.tell()
	return nil
}

// SetFault begins a fault: silent, or none.
func (i *Intercom) SetFault(spec string) error {
	if spec != NoFault && spec != Silent {
		return fmt.Errorf("fault %q: an intercom can be %s or %s", clip(spec), Silent, NoFault)
	}
	i.mu.Lock()
	i.silent = spec == Silent
	i.mu.Unlock()
	i.tell()
	return nil
}

// Faults lists what is active.
func (i *Intercom) Faults() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.silent {
		return []string{Silent}
	}
	return nil
}

// FaultNames lists the faults that there are.
func (i *Intercom) FaultNames() []string { return []string{NoFault, Silent} }

// Close leaves the broker and waits until all goroutines have ended.
func (i *Intercom) Close() {
	i.cancel()
	ctx, done := context.WithTimeout(context.Background(), 2*time.Second)
	defer done()
	if err := i.client.Close(ctx); err != nil {
		i.o.Log.Debug("intercom simulator leaves its broker", "error", err)
	}
	i.work.Wait()
}
