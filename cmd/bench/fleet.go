package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/gateway/link"
)

const (
	fleetSize   = 50
	alarmPoints = 8 // of each gateway; what raises here restores here
	bulkPoints  = 40
	fleetPrefix = "bench-"
)

// fleet is a set of make-believe gateways: real credentials, real topics, real
// envelopes, but nothing behind them.
type fleet struct {
	members []*member
	end     context.CancelFunc
}

// member is one gateway. One goroutine at a time may speak for it.
type member struct {
	id     string
	client *mqtt.Client
	epoch  uint64
	seq    uint64 // last one given
	alarms int    // alarm signals given
	bulk   int    // others
	bare   bool   // speaks to the bare pipeline
	number int
}

// connectFleet adds gateways to a console and connects them.
func (b *bench) connectFleet(ctx context.Context, c *consoleUnderTest) (*fleet, error) {
	f := &fleet{}
	alive, end := context.WithCancel(context.WithoutCancel(ctx))
	f.end = end
	for n := range fleetSize {
		id := fmt.Sprintf("%s%02d", fleetPrefix, n)
		credential, err := c.addGateway(ctx, id)
		if err != nil {
			f.close()
			return nil, err
		}
		m := &member{id: id, epoch: uint64(time.Now().Unix()), number: n}
		topic := func(ch link.Channel) string { return link.Topic{Station: station, Gateway: id, Channel: ch}.String() }
		m.client, err = mqtt.Connect(mqtt.Options{
			URLs: []string{"tcp://" + c.addresses.MQTT}, ClientID: "gateway-" + id, Username: id,
			Password: func() (string, error) { return credential, nil }, CleanSession: true,
			Subscriptions: []mqtt.Subscription{{Filter: topic(link.Confirm), QoS: 1, Handler: func(r mqtt.Received) { r.Ack() }}},
			OnUp:          func(up context.Context, client *mqtt.Client) { m.introduce(up, client); go m.beat(up, alive, client) },
		})
		if err != nil {
			f.close()
			return nil, err
		}
		f.members = append(f.members, m)
	}
	return f, f.connected(ctx)
}

// connectBare is a fleet for the bare pipeline, which asks for no credential.
func (p *barePipeline) connectFleet(ctx context.Context) (*fleet, error) {
	f := &fleet{end: func() {}}
	for n := range fleetSize {
		m := &member{id: fmt.Sprintf("%s%02d", fleetPrefix, n), epoch: 1, bare: true, number: n}
		var err error
		if m.client, err = mqtt.Connect(mqtt.Options{URLs: []string{"tcp://" + p.addresses.MQTT}, ClientID: m.id, CleanSession: true}); err != nil {
			f.close()
			return nil, err
		}
		f.members = append(f.members, m)
	}
	return f, f.connected(ctx)
}

func (f *fleet) connected(ctx context.Context) error {
	deadline := time.Now().Add(60 * time.Second)
	for _, m := range f.members {
		for !m.client.Connected() {
			if time.Now().After(deadline) {
				f.close()
				return fmt.Errorf("gateway %s cannot connect", m.id)
			}
			if err := pause(ctx, 10*time.Millisecond); err != nil {
				f.close()
				return err
			}
		}
	}
	return nil
}

func (f *fleet) close() {
	f.end()
	for _, m := range f.members {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		_ = m.client.Close(ctx) // nothing is in flight that anybody waits for
		cancel()
	}
}

// sent is how many signals the fleet has given numbers to.
func (f *fleet) sent() (total int64) {
	for _, m := range f.members {
		total += int64(m.seq)
	}
	return total
}

// introduce says what a gateway says after each connection.
func (m *member) introduce(ctx context.Context, client *mqtt.Client) {
	now := time.Now()
	session := strconv.FormatInt(now.UnixNano(), 36)
	doors := devices.Device{ID: "doors", Name: "Doors", Profile: "access/uhppoted", Category: "access"}
	for i := range alarmPoints {
		doors.Points = append(doors.Points, devices.Point{ID: alarmPoint(i), Name: "Door " + strconv.Itoa(i), Type: devices.Enum,
			States: []string{"normal", "alarm"}, Kinds: []devices.Kind{alarmKind(i)}})
	}
	for i := range bulkPoints {
		doors.Points = append(doors.Points, devices.Point{ID: bulkPoint(i), Name: "Reader " + strconv.Itoa(i), Type: devices.Event,
			Kinds: []devices.Kind{devices.DoorOpened, devices.AccessGranted, devices.AccessDenied}})
	}
	m.say(ctx, client, link.Status, link.StatusMessage{State: link.Online, Session: session, At: now})
	m.say(ctx, client, link.Birth, link.BirthMessage{Wire: link.Spoken, Station: station, Gateway: m.id, Session: session, Epoch: m.epoch,
		Software: "bench", At: now, Devices: []devices.Device{doors}})
}

// beat keeps the gateway from being called lost.
func (m *member) beat(up, alive context.Context, client *mqtt.Client) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		m.say(up, client, link.Heartbeat, link.HeartbeatMessage{At: time.Now(), Clock: devices.Synced, Epoch: m.epoch})
		select {
		case <-up.Done():
			return
		case <-alive.Done():
			return
		case <-tick.C:
		}
	}
}

func (m *member) say(ctx context.Context, client *mqtt.Client, c link.Channel, body any) {
	payload, err := json.Marshal(body)
	if err != nil { // strings, numbers and times
		return
	}
	client.Start(ctx, mqtt.Message{Topic: link.Topic{Station: station, Gateway: m.id, Channel: c}.String(), Payload: payload, QoS: c.QoS(), Retained: c.Retained()})
}

// mix is what a busy site says: one alarm kind in ten signals.
func (m *member) mix(at time.Time) devices.Signal {
	if (m.alarms+m.bulk)%10 == 9 {
		return m.alarm(at)
	}
	n := m.bulk
	m.bulk++
	s := devices.Signal{
		Point: devices.MakePointID(m.id, "doors", bulkPoint(n%bulkPoints)), Occurred: at, Observed: at, Clock: devices.Synced, Active: true,
	}
	switch n % 9 {
	case 0, 1, 2, 3:
		s.Kind, s.State, s.Active = devices.DoorOpened, "open", n/bulkPoints%2 == 0
	case 4:
		s.Kind, s.State = devices.AccessDenied, "denied"
		s.Detail = map[string]string{"reason": string(devices.ReasonOutOfTimeRange), "card": "h:5f2c9d17", "event_id": strconv.Itoa(n)}
	default:
		s.Kind, s.State = devices.AccessGranted, "granted"
		s.Detail = map[string]string{"reason": string(devices.ReasonGranted), "card": "h:5f2c9d17", "event_id": strconv.Itoa(n)}
	}
	return m.numbered(s)
}

// batch is n signals of the mix.
func (m *member) batch(n int, at func(i int) time.Time) []devices.Signal {
	signals := make([]devices.Signal, n)
	for i := range signals {
		signals[i] = m.mix(at(i))
	}
	return signals
}

// alarm is the next alarm signal: the points take turns, each raises and restores.
func (m *member) alarm(at time.Time) devices.Signal {
	n := m.alarms
	m.alarms++
	s := devices.Signal{
		Point: devices.MakePointID(m.id, "doors", alarmPoint(n%alarmPoints)), Kind: alarmKind(n % alarmPoints), Active: n/alarmPoints%2 == 0,
		Occurred: at, Observed: at, Clock: devices.Synced, State: "alarm", Text: benchText,
	}
	if !s.Active {
		s.State = "normal"
	}
	return m.numbered(s)
}

// numbered gives a signal its place in the gateway's sequence.
func (m *member) numbered(s devices.Signal) devices.Signal {
	m.seq++
	s.Epoch, s.Seq = m.epoch, m.seq
	return s
}

// benchText marks our alarms among others on a live stream.
const benchText = "bench"

func alarmPoint(i int) string { return "door" + strconv.Itoa(i) }
func bulkPoint(i int) string  { return "reader" + strconv.Itoa(i) }

func alarmKind(i int) devices.Kind {
	return []devices.Kind{devices.DoorForced, devices.DoorHeld, devices.ZoneAlarm, devices.DeviceTamper}[i%4]
}

// message packs signals of m for whom it speaks to.
func (m *member) message(c link.Channel, signals ...devices.Signal) (mqtt.Message, error) {
	payload, err := link.EncodeSignals(station, signals)
	if err != nil {
		return mqtt.Message{}, err
	}
	if m.bare {
		if len(signals) != 1 {
			return mqtt.Message{}, errors.New("the bare pipeline takes signals one by one")
		}
		event := bytes.Trim(payload, "[]")
		head := strconv.Itoa(m.number) + " " + strconv.FormatUint(signals[0].Seq, 10) + " "
		return mqtt.Message{Topic: "bare/" + m.id, QoS: 1, Payload: append([]byte(head), event...)}, nil
	}
	return mqtt.Message{Topic: link.Topic{Station: station, Gateway: m.id, Channel: c}.String(), QoS: 1, Payload: payload}, nil
}
