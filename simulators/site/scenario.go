// Package site is a make-believe duty station: panels, doors and cameras from a
// scenario file, a control API and a page for testers.
package site

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"guardroom/devices"
	"guardroom/devices/profiles"
	"guardroom/simulators/door"
)

// Scenario is a scenario file.
type Scenario struct {
	Station  Station           `yaml:"station"`
	Branches []Station         `yaml:"branches"` // further stations whose devices stand in the same file
	Broker   string            `yaml:"broker"`   // where door controllers without an address meet the gateway; 127.0.0.1:0
	Devices  []Device          `yaml:"devices"`
	Cameras  []Camera          `yaml:"cameras"`
	Scripts  map[string]Script `yaml:"scenarios"`
}

// Station names the place.
type Station struct {
	ID       string `yaml:"id"`
	Name     string `yaml:"name"`
	TimeZone string `yaml:"time_zone"`
}

// Device is one simulated device, in the words of a gateway's configuration.
type Device struct {
	ID       string           `yaml:"id"`
	Name     string           `yaml:"name"`
	Location string           `yaml:"location"`
	Branch   string           `yaml:"branch"` // the station, when it is one of the branches
	Profile  string           `yaml:"profile"`
	Address  string           `yaml:"address"` // panels: host:port to listen at, 127.0.0.1:0; doors: tcp://… of an MQTT broker
	Unit     uint8            `yaml:"unit"`
	Params   map[string]any   `yaml:"params"`
	Points   map[string]Point `yaml:"points"`

	Obeys     time.Duration `yaml:"obeys"`      // panels: from a command to its effect; 150 ms
	Cards     []door.Card   `yaml:"cards"`      // doors: what the controller knows
	Relock    time.Duration `yaml:"relock"`     // doors: a momentary unlock; 5 s
	HeldAfter time.Duration `yaml:"held_after"` // doors: an open door is held from then on; 30 s
}

// Point gives a point its name and place.
type Point struct {
	Name     string `yaml:"name" json:"name,omitempty"`
	Location string `yaml:"location" json:"location,omitempty"`
}

// Script is a story told by the devices.
type Script struct {
	Title string `yaml:"title"`
	Steps []Step `yaml:"steps"`
}

// Step is one thing that happens, After the one before it.
type Step struct {
	After  time.Duration `yaml:"after"`
	Device string        `yaml:"device"`
	Point  string        `yaml:"point"`
	State  string        `yaml:"state"`
	Fault  string        `yaml:"fault"`
}

//go:embed scenarios/*.yaml
var shipped embed.FS

// Demo is the scenario of the demo station.
func Demo() (Scenario, error) {
	data, err := shipped.ReadFile("scenarios/demo.yaml")
	if err != nil {
		return Scenario{}, err
	}
	return Parse("demo.yaml", data)
}

// Load reads a scenario file.
func Load(path string) (Scenario, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Scenario{}, fmt.Errorf("read scenario: %w", err)
	}
	return Parse(path, data)
}

// Parse reads a scenario; errors name the file and the place.
func Parse(file string, data []byte) (Scenario, error) {
	var sc Scenario
	if err := yaml.UnmarshalWithOptions(data, &sc, yaml.Strict()); err != nil {
		return Scenario{}, fmt.Errorf("%s: %s", file, yaml.FormatError(err, false, true))
	}
	if err := sc.validate(); err != nil {
		return Scenario{}, fmt.Errorf("%s: %w", file, err)
	}
	return sc, nil
}

// doorProfile is the profile that the door simulator stands for.
const doorProfile = "access/uhppoted"

// intercomProfile is the one of simulated intercoms.
const intercomProfile = "access/intercom-mqtt"

// validate reports everything that is wrong with the scenario.
func (sc *Scenario) validate() error {
	if len(sc.Devices)+len(sc.Cameras) == 0 {
		return errors.New("no devices")
	}
	var faults []error
	branches := map[string]bool{"": true}
	for _, b := range sc.Branches {
		if !devices.ValidID(b.ID) || branches[b.ID] || b.ID == sc.Station.ID {
			faults = append(faults, fmt.Errorf("branch %q: the id of each station is its own: letters, digits, and . _ -", clip(b.ID)))
		}
		branches[b.ID] = true
	}
	known := map[string]map[string][]string{} // device, point: what can be set
	serials := map[uint32]string{}
	for i := range sc.Devices {
		d := &sc.Devices[i]
		switch {
		case !devices.ValidDeviceID(d.ID):
			faults = append(faults, fmt.Errorf("device %d: id %q is not letters, digits, - and _", i+1, clip(d.ID)))
			continue
		case known[d.ID] != nil:
			faults = append(faults, fmt.Errorf("device %s stands there twice", d.ID))
			continue
		case !branches[d.Branch]:
			faults = append(faults, fmt.Errorf("device %s: there is no branch %q", d.ID, clip(d.Branch)))
		}
		points, err := d.settable(serials)
		if err != nil {
			faults = append(faults, fmt.Errorf("device %s: %w", d.ID, err))
			points = nil
		}
		known[d.ID] = points
		for _, id := range slices.Sorted(maps.Keys(d.Points)) {
			if err == nil && points[id] == nil {
				faults = append(faults, fmt.Errorf("device %s has no point %q", d.ID, clip(id)))
			}
		}
	}
	faults = append(faults, sc.checkCameras(known, branches)...)
	if len(faults) == 0 {
		for _, name := range slices.Sorted(maps.Keys(sc.Scripts)) {
			faults = append(faults, sc.checkScript(name, known)...)
		}
	}
	return errors.Join(faults...)
}

// settable compiles the device and lists what can be set at each point.
func (d *Device) settable(serials map[uint32]string) (map[string][]string, error) {
	c, err := d.compile()
	if err != nil {
		return nil, err
	}
	points := map[string][]string{}
	if d.Profile == intercomProfile {
		for _, p := range c.Points {
			points[p.ID] = door.IntercomStates(p.ID)
		}
		return points, nil
	}
	if d.Profile != doorProfile {
		if c.Profile.Transport.Kind != "modbus" {
			return nil, fmt.Errorf("profile %s: only %s and %s are simulated over MQTT", d.Profile, doorProfile, intercomProfile)
		}
		for _, p := range c.Points {
			points[p.ID] = c.SimStates(p.ID)
		}
		return points, nil
	}
	var o door.Options
	if err := d.doorParams(&o); err != nil {
		return nil, err
	}
	if other := serials[o.Serial]; other != "" {
		return nil, fmt.Errorf("params.device_id: %s has the same", other)
	}
	serials[o.Serial] = d.ID
	for _, p := range c.Points {
		if states := door.States(p.ID); states != nil {
			points[p.ID] = append(states, door.Actions(p.ID)...)
		}
	}
	return points, nil
}

func (sc *Scenario) checkScript(name string, known map[string]map[string][]string) (faults []error) {
	fault := func(step int, format string, args ...any) {
		faults = append(faults, fmt.Errorf("scenario %s, step %d: %w", name, step+1, fmt.Errorf(format, args...)))
	}
	if !devices.ValidID(name) {
		return []error{fmt.Errorf("scenario %q: a name is letters, digits, ., - and _", clip(name))}
	}
	for i, step := range sc.Scripts[name].Steps {
		points := known[step.Device]
		switch {
		case points == nil:
			fault(i, "no device %q; there are %s", clip(step.Device), strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		case step.After < 0 || step.After > longestStep:
			fault(i, "after %s is not from 0s to %s", step.After, longestStep)
		case step.Fault != "" && (step.Point != "" || step.State != ""):
			fault(i, "a step sets a state or a fault, not both")
		case step.Fault == "" && points[step.Point] == nil:
			fault(i, "%s has no point %q", step.Device, clip(step.Point))
		case step.Fault == "" && !slices.Contains(points[step.Point], step.State):
			fault(i, "point %s has no state %q; it has %s", step.Point, clip(step.State), strings.Join(points[step.Point], ", "))
		}
	}
	return faults
}

const longestStep = time.Hour

// doorParams takes over what the profile's parameters say of the controller.
func (d *Device) doorParams(o *door.Options) error {
	serial, ok := whole(d.Params["device_id"])
	if !ok || serial < 1 || serial > 1<<32-1 {
		return errors.New("params.device_id: the serial number of the controller is missing")
	}
	o.Serial = uint32(serial)
	if doors, ok := whole(d.Params["doors"]); ok {
		o.Doors = int(doors)
	}
	o.Root, _ = d.Params["root"].(string)
	if name, _ := d.Params["time_zone"].(string); name != "" {
		zone, err := time.LoadLocation(name)
		if err != nil {
			return fmt.Errorf("params.time_zone: %w", err)
		}
		o.Location = zone
	}
	return nil
}

// whole reads a number as YAML and as Go code give it.
func whole(v any) (int64, bool) {
	switch n := v.(type) {
	case uint64:
		return int64(n), n < 1<<62
	case int64:
		return n, true
	case int:
		return int64(n), true
	}
	return 0, false
}

// clip keeps what others wrote from filling a line.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

func (d *Device) compile() (*profiles.Compiled, error) {
	p, err := profiles.Shipped(d.Profile)
	if err != nil {
		return nil, err
	}
	return p.Compile(d.Params)
}
