package stations

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/live"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// Limits of a birth: far above any real gateway, far below what would hurt.
const (
	maxDevices = 5_000
	maxPoints  = 50_000
)

// gateway is what is known of one gateway. The desk's lock guards it.
type gateway struct {
	record   Record
	state    State
	since    time.Time
	session  string
	heard    time.Time // the last life-sign of this run of the console, by its own clock
	beat     link.HeartbeatMessage
	beaten   time.Time
	met      bool // heard of since the console started
	unsaved  bool // the birth is not in the store yet
	pending  []devices.Signal
	unstated bool // the state is not in the store yet
	loss     loss // not yet an alarm

	devices  map[string]*device // by device id
	readings map[string]*Reading
	points   map[devices.PointID]place
}

// loss is a broken or ended connection that may be made again before anybody has
// to be told.
type loss struct {
	due          time.Time
	reason, text string
}

type device struct {
	devices.Device
	deviceState
}

// place finds a point in its gateway's birth.
type place struct {
	device string
	point  *devices.Point
}

// learn takes a record of the store into memory; d.mu is held.
func (d *Desk) learn(r Record) *gateway {
	if g := d.gateways[r.ID]; g != nil {
		g.record.Name, g.record.Station, g.record.Demo, g.record.CredentialHash = r.Name, r.Station, r.Demo, r.CredentialHash
		return g
	}
	g := &gateway{record: r, state: r.State, since: r.Since, session: r.Session, beaten: r.LastHeartbeat}
	if g.state == "" {
		g.state = NeverSeen
	}
	d.gateways[r.ID] = g
	if r.Birth != nil {
		g.serve(*r.Birth, d.o.Now())
	}
	d.o.Hub.Seed(live.Event{Topic: live.Gateway, Station: r.Station, Key: r.ID, Data: encode(g.view())})
	d.seedDevices(g)
	return g
}

// forget drops a gateway and what stands on the board of it; d.mu is held.
func (d *Desk) forget(g *gateway) {
	delete(d.gateways, g.record.ID)
	station := g.record.Station
	gone := []live.Event{}
	for id := range g.devices {
		gone = append(gone, live.Event{Topic: live.Device, Station: station, Key: g.record.ID + "/" + id, Gone: true})
	}
	for id := range g.points {
		gone = append(gone, live.Event{Topic: live.Point, Station: station, Key: string(id), Gone: true})
	}
	d.o.Hub.Seed(gone...)
	g.state = Offline
	d.o.Hub.Now(live.Event{Topic: live.Gateway, Station: station, Key: g.record.ID, Data: encode(g.view()), Gone: true})
}

// serve makes b the list of what g serves; states and readings of what stays are kept.
func (g *gateway) serve(b link.BirthMessage, now time.Time) {
	before, readings := g.devices, g.readings
	g.devices, g.readings, g.points = map[string]*device{}, map[string]*Reading{}, map[devices.PointID]place{}
	for i := range b.Devices {
		one := &device{Device: b.Devices[i], deviceState: deviceState{State: link.DeviceUnknown, Since: now.UTC()}}
		if old := before[one.ID]; old != nil {
			one.deviceState = old.deviceState
		}
		g.devices[one.ID] = one
		for j := range one.Points {
			id := devices.MakePointID(g.record.ID, one.ID, one.Points[j].ID)
			g.points[id] = place{one.ID, &one.Points[j]}
			if r := readings[string(id)]; r != nil {
				g.readings[string(id)] = r
			}
		}
	}
	g.record.Birth = &b
}

// Birth takes in what a gateway says of itself. A birth that cannot be used is
// refused whole, with the reason.
func (d *Desk) Birth(station, id string, b link.BirthMessage) error {
	if err := checkBirth(station, id, b); err != nil {
		d.ignore("birth")
		return fmt.Errorf("birth of gateway %s: %w", id, err)
	}
	b = storable(b)
	d.mu.Lock()
	g := d.gateways[id]
	if g == nil || g.record.Station != station {
		d.mu.Unlock()
		d.ignore("unknown gateway")
		return fmt.Errorf("birth of gateway %s at station %s: %w", id, station, ErrNotFound)
	}
	changed := g.record.Birth == nil || !sameService(*g.record.Birth, b)
	if changed {
		old := g.points
		g.serve(b, d.o.Now())
		g.unsaved = true
		for point := range old {
			if _, still := g.points[point]; !still {
				d.o.Hub.Seed(live.Event{Topic: live.Point, Station: station, Key: string(point), Gone: true})
			}
		}
		d.seedDevices(g)
	}
	g.record.Birth = &b
	d.meet(g, b.Session)
	d.mu.Unlock()
	d.poke()
	if d.o.Online != nil {
		d.o.Online(station, id)
	}
	return nil
}

// storable replaces the character NUL, which the database cannot keep.
func storable(b link.BirthMessage) link.BirthMessage {
	text := encode(b)
	if !bytes.Contains(text, []byte(`\u0000`)) {
		return b
	}
	var clean link.BirthMessage
	if json.Unmarshal(bytes.ReplaceAll(text, []byte(`\u0000`), []byte(`\ufffd`)), &clean) != nil {
		return b
	}
	return clean
}

// sameService reports whether two births differ in time and session only.
func sameService(a, b link.BirthMessage) bool {
	a.Session, b.Session = "", ""
	a.At, b.At = time.Time{}, time.Time{}
	return string(encode(a)) == string(encode(b))
}

func checkBirth(station, id string, b link.BirthMessage) error {
	switch {
	case b.Station != station || b.Gateway != id:
		return fmt.Errorf("it names gateway %.64q at station %.64q", b.Gateway, b.Station)
	case !b.Wire.Meets(link.Spoken):
		return fmt.Errorf("it speaks wire versions %d to %d, this console %d to %d: update the older one", b.Wire.Min, b.Wire.Max, link.Spoken.Min, link.Spoken.Max)
	case b.Session == "" || len(b.Session) > 128:
		return &InvalidError{Field: "session", Reason: "missing or too long"}
	case len(b.Devices) > maxDevices:
		return &InvalidError{Field: "devices", Reason: fmt.Sprintf("%d are over %d", len(b.Devices), maxDevices)}
	}
	seen, points := map[string]bool{}, 0
	for i, dev := range b.Devices {
		if !devices.ValidDeviceID(dev.ID) || seen[dev.ID] {
			return &InvalidError{Field: fmt.Sprintf("devices[%d].id", i), Reason: fmt.Sprintf("%.64q is bad or there twice", dev.ID)}
		}
		seen[dev.ID] = true
		if points += len(dev.Points); points > maxPoints {
			return &InvalidError{Field: "devices", Reason: fmt.Sprintf("over %d points", maxPoints)}
		}
		inside := map[string]bool{}
		for j, p := range dev.Points {
			if !devices.ValidID(p.ID) || inside[p.ID] {
				return &InvalidError{Field: fmt.Sprintf("devices[%d].points[%d].id", i, j), Reason: fmt.Sprintf("%.64q is bad or there twice", p.ID)}
			}
			inside[p.ID] = true
		}
	}
	return nil
}

// seedDevices puts the devices on the board without telling; d.mu is held.
func (d *Desk) seedDevices(g *gateway) {
	for _, dev := range g.devices {
		d.o.Hub.Seed(live.Event{Topic: live.Device, Station: g.record.Station, Key: g.record.ID + "/" + dev.ID, Data: encode(dev.deviceState)})
	}
}

// tellDevices shows the states of some devices as one event; d.mu is held. The
// board holds each device by itself, the event is a list of those that changed.
func (d *Desk) tellDevices(g *gateway, changed []*device) {
	if len(changed) == 0 {
		return
	}
	list := map[string]json.RawMessage{}
	for _, dev := range changed {
		key, data := g.record.ID+"/"+dev.ID, encode(dev.deviceState)
		d.o.Hub.Seed(live.Event{Topic: live.Device, Station: g.record.Station, Key: key, Data: data})
		list[key] = data
	}
	d.o.Hub.Now(live.Event{Topic: live.Device, Station: g.record.Station, Key: g.record.ID + "/*", Data: encode(list), Gone: true})
}

// tell shows the gateway; d.mu is held.
func (d *Desk) tell(g *gateway) {
	d.o.Hub.Now(live.Event{Topic: live.Gateway, Station: g.record.Station, Key: g.record.ID, Data: encode(g.view())})
}

func (g *gateway) view() Gateway {
	v := Gateway{
		ID: g.record.ID, Station: g.record.Station, Name: g.record.Name, Demo: g.record.Demo,
		State: g.state, Since: g.since.UTC(), Session: g.session,
		Clock: g.beat.Clock, Epoch: g.beat.Epoch, Seq: g.beat.Seq, Upto: g.beat.Upto, Depth: g.beat.Depth,
		Lag: g.beat.Lag, Bytes: g.beat.Bytes, Dropped: g.beat.Dropped, Devices: len(g.devices),
	}
	if !g.beaten.IsZero() {
		at := g.beaten.UTC()
		v.LastHeartbeat = &at
	}
	if b := g.record.Birth; b != nil {
		v.Software, v.ReadOnly, v.Demo = b.Software, b.ReadOnly, v.Demo || b.Demo
	}
	for _, dev := range g.devices {
		if dev.State == link.DeviceLost {
			v.DevicesLost++
		}
	}
	return v
}

// saveBirth writes a birth that changed; it is tried again until it is written.
func (d *Desk) saveBirth(ctx context.Context, id string) error {
	d.mu.Lock()
	g := d.gateways[id]
	if g == nil || !g.unsaved {
		d.mu.Unlock()
		return nil
	}
	record := g.record
	record.State, record.Since, record.Session, record.LastHeartbeat = g.state, g.since, g.session, g.beaten
	birth := record.Birth
	points := len(g.points)
	d.mu.Unlock()

	e := audit.By(auth.System(), record.Station, "gateway.birth", "gateway:"+id, map[string]string{
		"software": clip(birth.Software, 100), "config": clip(birth.Config, 100), "devices": fmt.Sprint(len(birth.Devices)), "points": fmt.Sprint(points),
	})
	if err := d.o.Points.SaveBirth(ctx, record, e); err != nil {
		return fmt.Errorf("save birth of gateway %s: %w", id, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if g := d.gateways[id]; g != nil && g.record.Birth != nil && sameService(*g.record.Birth, *birth) {
		g.unsaved = false
	}
	return nil
}

// Readings shows the latest values of a gateway's points. What is malformed or
// of a point that the gateway does not serve is left out and counted.
func (d *Desk) Readings(station, id string, m link.ReadingsMessage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.gateways[id]
	if g == nil || g.record.Station != station {
		d.ignoreLocked("unknown gateway")
		return
	}
	fresh := map[string]json.RawMessage{}
	for _, r := range m.Readings {
		if why := g.take(r); why != "" {
			d.ignoreLocked(why)
			continue
		}
		fresh[string(r.Point)] = encode(g.readings[string(r.Point)])
	}
	if len(fresh) > 0 {
		d.o.Hub.Readings(station, fresh)
	}
}

// clockStep is how far back a reading may lie before it means that the
// gateway's clock was set, and not that the reading is old.
const clockStep = time.Minute

func (g *gateway) take(r devices.Reading) (why string) {
	key := string(r.Point)
	if _, ok := g.points[r.Point]; !ok {
		return "reading of an unknown point"
	}
	if r.Observed.IsZero() || r.Observed.Year() < 1970 || r.Observed.Year() > 9999 {
		return "reading without a time"
	}
	if old := g.readings[key]; old != nil && old.Quality != devices.Stale && r.Observed.Before(old.Observed) && old.Observed.Sub(r.Observed) < clockStep {
		return "reading older than the last"
	}
	switch r.Quality {
	case devices.Good, devices.Stale, devices.Bad, devices.Uncertain, devices.NotProgrammed:
	default:
		r.Quality = devices.Uncertain
	}
	states := make([]string, 0, len(r.States))
	for _, s := range r.States[:min(len(r.States), 100)] {
		states = append(states, clip(s, 200))
	}
	if len(states) == 0 && r.State != "" {
		states = append(states, clip(r.State, 200))
	}
	g.readings[key] = &Reading{
		State: clip(r.State, 200), States: states, Value: r.Value, Text: clip(r.Text, 1000),
		Quality: r.Quality, Observed: r.Observed.UTC(), Source: clip(r.Source, 200),
	}
	return ""
}

// stale marks every reading of a gateway that is lost; d.mu is held.
func (d *Desk) stale(g *gateway) {
	old := map[string]json.RawMessage{}
	for key, r := range g.readings {
		if r.Quality == devices.Stale {
			continue
		}
		marked := *r
		marked.Quality = devices.Stale
		g.readings[key] = &marked
		old[key] = encode(marked)
	}
	if len(old) > 0 {
		d.o.Hub.Readings(g.record.Station, old)
	}
}

func (d *Desk) ignore(why string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ignoreLocked(why)
}

func (d *Desk) ignoreLocked(why string) { d.ignored[why]++ }

func (d *Desk) sorted() []*gateway {
	return slices.SortedFunc(maps.Values(d.gateways), func(a, b *gateway) int {
		if a.record.ID < b.record.ID {
			return -1
		}
		return 1
	})
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}
