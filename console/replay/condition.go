package replay

import (
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"guardroom/console/alarms"
	"guardroom/devices"
)

// Heard is a signal of the journal as replay needs it.
type Heard struct {
	ID       int64
	Received time.Time
	Observed time.Time
	Clock    devices.Clock
	Station  string
	Point    devices.PointID
	Kind     devices.Kind
	Active   bool
	State    string
	Text     string
	Card     string // keyed hash of a card, or empty
	Place    alarms.Place
}

// at is the instant that screens show: the gateway's, unless its clock cannot
// be trusted or runs ahead of the console's.
func (h *Heard) at() time.Time {
	if h.Clock == devices.Unsynced || h.Observed.After(h.Received.Add(time.Minute)) {
		return h.Received.UTC()
	}
	return h.Observed.UTC()
}

// Condition is what the last signal of a point and kind said.
type Condition struct {
	Kind   devices.Kind `json:"kind"`
	Active bool         `json:"active"`
	State  string       `json:"state"`
	Text   string       `json:"text"`
	Since  time.Time    `json:"since"` // of the signal that said so
	Place  alarms.Place `json:"-"`
}

// Conditions are those of a site, or of a part of it.
type Conditions map[alarms.Key]Condition

// Hear adds a signal, in whatever order it comes. What happens and is over at
// once leaves no condition.
func (c Conditions) Hear(h *Heard) {
	if h.Kind.Info().Momentary {
		return
	}
	key := alarms.Key{Point: h.Point, Kind: h.Kind}
	if before, known := c[key]; known && !h.Place.After(before.Place) {
		return
	}
	c[key] = Condition{Kind: h.Kind, Active: h.Active, State: h.State, Text: h.Text, Since: h.at(), Place: h.Place}
}

// kept is a condition as a frame keeps it.
type kept struct {
	Point  devices.PointID `json:"p"`
	Kind   devices.Kind    `json:"k"`
	Active bool            `json:"a,omitempty"`
	State  string          `json:"s,omitempty"`
	Text   string          `json:"t,omitempty"`
	Since  int64           `json:"u"` // microseconds, UTC
	Epoch  uint64          `json:"e,omitempty"`
	Seq    uint64          `json:"q,omitempty"`
}

// Pack is c as a frame keeps it; the same conditions give the same bytes.
func (c Conditions) Pack() ([]byte, error) {
	list := make([]kept, 0, len(c))
	for k, v := range c {
		list = append(list, kept{k.Point, k.Kind, v.Active, v.State, v.Text, v.Since.UnixMicro(), v.Place.Epoch, v.Place.Seq})
	}
	slices.SortFunc(list, func(x, y kept) int { return cmp.Or(cmp.Compare(x.Point, y.Point), cmp.Compare(x.Kind, y.Kind)) })
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	if err := json.NewEncoder(w).Encode(list); err != nil {
		return nil, err
	}
	err = w.Close()
	return packed.Bytes(), err
}

// Unpack reads what Pack made.
func Unpack(packed []byte) (Conditions, error) {
	var list []kept
	r := flate.NewReader(bytes.NewReader(packed))
	if err := json.NewDecoder(r).Decode(&list); err != nil {
		return nil, fmt.Errorf("read a frame of the journal: %w", err)
	}
	c := make(Conditions, len(list))
	for _, k := range list {
		c[alarms.Key{Point: k.Point, Kind: k.Kind}] = Condition{
			Kind: k.Kind, Active: k.Active, State: k.State, Text: k.Text, Since: time.UnixMicro(k.Since).UTC(), Place: alarms.Place{Epoch: k.Epoch, Seq: k.Seq},
		}
	}
	return c, nil
}

// supervision are the kinds that say that somebody does not answer.
var supervision = map[devices.Kind]bool{devices.GatewayLost: true, devices.CommsLost: true, devices.LifesignStopped: true}

// Points arranges c by point, with the gateways that had been given up as lost. A
// point whose device or gateway did not answer is known as it was last.
func (c Conditions) Points() (points map[devices.PointID]PastPoint, lost []string) {
	points = make(map[devices.PointID]PastPoint, len(c))
	silent := map[string]bool{} // gateways, and devices as gateway/device
	for k, v := range c {
		p := points[k.Point]
		p.Conditions = append(p.Conditions, v)
		if p.Quality = "known"; !v.Since.Before(p.Since) {
			p.Since, p.State = v.Since, v.State
		}
		points[k.Point] = p
		switch {
		case !v.Active || !supervision[k.Kind]:
		case k.Kind == devices.GatewayLost:
			silent[k.Point.Gateway()] = true
			lost = append(lost, k.Point.Gateway())
		default:
			silent[k.Point.Gateway()+"/"+k.Point.Device()] = true
		}
	}
	for id, p := range points {
		slices.SortFunc(p.Conditions, func(x, y Condition) int { return cmp.Compare(x.Kind, y.Kind) })
		if silent[id.Gateway()] || silent[id.Gateway()+"/"+id.Device()] {
			p.Quality = "lost"
		}
		points[id] = p
	}
	slices.Sort(lost)
	return points, lost
}
