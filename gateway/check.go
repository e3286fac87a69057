package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"guardroom/devices"
	"guardroom/devices/modbus"
	"guardroom/devices/profiles"
)

// Plan is what a gateway would do with one device: `gateway check` prints it.
type Plan struct {
	Device   string        `json:"device"`
	Profile  string        `json:"profile"`
	Source   string        `json:"source"`
	Address  string        `json:"address"`
	Line     string        `json:"line"`
	Unit     uint8         `json:"unit,omitempty"`
	Fast     string        `json:"fast"`
	Slow     string        `json:"slow"`
	Reads    []PlannedRead `json:"reads,omitempty"`
	Topics   []string      `json:"topics,omitempty"`
	LifeSign string        `json:"life_sign,omitempty"`
	Points   []PlanPoint   `json:"points"`
	Decoded  []Decoding    `json:"decoded,omitempty"`
}

// PlannedRead is one request of the read plan, by its number.
type PlannedRead struct {
	Read int `json:"read"`
	devices.PlannedRead
	Error string `json:"error,omitempty"` // of a live read
}

// PlanPoint is a point with its commands.
type PlanPoint struct {
	devices.Point
	Commands []PlanCommand `json:"commands,omitempty"`
}

// PlanCommand is what a verb comes to.
type PlanCommand struct {
	Verb         devices.Verb `json:"verb"`
	Writes       []string     `json:"writes,omitempty"`
	Topic        string       `json:"topic,omitempty"`
	Confirm      string       `json:"confirm,omitempty"`
	OffByDefault bool         `json:"off_by_default,omitempty"`
	NeedsReason  bool         `json:"needs_reason,omitempty"`
}

// Decoding is what one point shows by given or live words.
type Decoding struct {
	Point      string          `json:"point"`
	State      string          `json:"state,omitempty"`
	States     []string        `json:"states,omitempty"`
	Value      *float64        `json:"value,omitempty"`
	Text       string          `json:"text,omitempty"`
	Quality    devices.Quality `json:"quality"`
	Conditions []string        `json:"conditions,omitempty"` // those that hold
	Source     string          `json:"source,omitempty"`
}

// Plans makes the plan of every device of a configuration.
func Plans(c Config) []Plan {
	out := make([]Plan, 0, len(c.Devices))
	described := describe(c)
	for i, d := range c.Devices {
		out = append(out, planOf(d, described[i]))
	}
	return out
}

func planOf(d DeviceConfig, described devices.Device) Plan {
	c, plan := d.Compiled, described.Plan
	p := Plan{
		Device: d.ID, Profile: d.Profile, Source: c.Profile.Source, Address: withoutUser(d.Address), Line: withoutUser(d.Line),
		Unit: d.Unit, Fast: plan.Fast, Slow: plan.Slow, Topics: plan.Topics, LifeSign: plan.LifeSign,
	}
	for i, r := range plan.Reads {
		p.Reads = append(p.Reads, PlannedRead{Read: i, PlannedRead: r})
	}
	for _, point := range described.Points {
		planned := PlanPoint{Point: point}
		for _, verb := range point.Verbs {
			if action, err := c.Command(point.ID, verb, nil); err == nil {
				planned.Commands = append(planned.Commands, planCommand(verb, action))
			}
		}
		p.Points = append(p.Points, planned)
	}
	return p
}

func planCommand(verb devices.Verb, a *profiles.Action) PlanCommand {
	out := PlanCommand{Verb: verb, OffByDefault: a.OffByDefault, NeedsReason: a.NeedsReason}
	for _, w := range a.Writes {
		out.Writes = append(out.Writes, fmt.Sprintf("%s %d = %v", w.Table, w.Address, w.Values))
	}
	if a.Message != nil {
		out.Topic = a.Message.Topic
	}
	if a.Confirm != nil {
		not := ""
		if a.Confirm.Not {
			not = "not "
		}
		out.Confirm = fmt.Sprintf("%s is %s%s within %s", a.Confirm.Point, not, a.Confirm.State, a.Confirm.Within)
	}
	return out
}

// Decode shows what a device's points would be by the words of some reads. A
// read that is not given is not known; a wrong number of words is an error.
func Decode(d DeviceConfig, words map[int][]uint16) ([]Decoding, error) {
	image := d.Compiled.NewImage()
	var given []int
	for read := range words {
		given = append(given, read)
	}
	slices.Sort(given)
	for _, read := range given {
		image.Put(read, words[read])
		if err := image.Err(); err != nil {
			return nil, fmt.Errorf("device %s, read %d: %w", d.ID, read, err)
		}
	}
	seen := map[string]bool{}
	var out []Decoding
	for _, read := range given {
		for _, ps := range d.Compiled.Decode(image, read) {
			if !seen[ps.Point] {
				seen[ps.Point] = true
				out = append(out, decodingOf(ps))
			}
		}
	}
	return out, nil
}

func decodingOf(ps profiles.PointState) Decoding {
	out := Decoding{
		Point: ps.Point, State: ps.State, Value: ps.Value, Text: ps.Text, Quality: ps.Quality, Source: ps.Source,
	}
	if len(ps.States) > 1 {
		out.States = ps.States
	}
	for _, c := range ps.Conditions {
		if c.Active {
			out.Conditions = append(out.Conditions, string(c.Kind))
		}
	}
	return out
}

// ReadLive reads every block of a Modbus device once. Reads that fail carry
// their error in the plan; only a device on MQTT is an error as a whole.
func ReadLive(ctx context.Context, d DeviceConfig, plan *Plan) error {
	t := d.Compiled.Profile.Transport
	if t.Kind != "modbus" {
		return fmt.Errorf("device %s speaks MQTT: only Modbus devices are read live", d.ID)
	}
	line, err := modbus.Open(d.Address, modbus.Options{Timeout: t.Timeout, MinGap: t.MinGap, ConnectPause: t.ConnectPause})
	if err != nil {
		return fmt.Errorf("device %s: %w", d.ID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- line.Run(ctx) }()
	words := map[int][]uint16{}
	for i, r := range d.Compiled.Reads {
		got, err := line.Read(ctx, modbus.Command, d.Unit, modbus.Table(r.Table), r.Address, r.Count)
		if err != nil {
			plan.Reads[i].Error = err.Error()
			continue
		}
		words[i] = got
	}
	cancel()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("device %s: %w", d.ID, err)
	}
	plan.Decoded, err = Decode(d, words)
	return err
}
