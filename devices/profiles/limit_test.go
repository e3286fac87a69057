package profiles_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"guardroom/devices"
	"guardroom/devices/profiles"
)

const thermometer = `
profile: sensor/thermometer
version: 1
title: A thermometer that speaks MQTT
source: made for tests
transport: {kind: mqtt, timeout: 5s}
points:
  - id: room
    name: Room
    type: analog
    unit: °C
    reads: {t: {message: state, path: t}}
    value: {of: t}
    states:
      - {state: hot, kind: env.threshold, alarm_above: 30, clear_below: 28.5, adjustable: {from: 20, to: 50}}
      - {state: boiling, kind: env.gas, alarm_above: 90, clear_below: 80}
messages:
  state: {topics: [room/state], alive: true}
`

// A value that comes by messages keeps its dead band too, also after a restart, and
// with a site's own limit.
func TestLimitsOfMessages(t *testing.T) {
	t.Parallel()
	p, err := profiles.Parse("thermometer.yaml", []byte(thermometer))
	if err != nil {
		t.Fatal(err)
	}
	compile := func() *profiles.Compiled {
		c, err := p.Compile(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	hot := func(c *profiles.Compiled, v float64) string {
		d, err := c.DecodeMessage("room/state", fmt.Appendf(nil, `{"t": %g}`, v))
		if err != nil || len(d.States) != 1 {
			t.Fatalf("%g: %+v %v", v, d, err)
		}
		for _, k := range d.States[0].Conditions {
			if k.Kind == devices.EnvThreshold {
				return fmt.Sprintf("%t %s", k.Active, k.Detail["value"])
			}
		}
		return "not known"
	}
	c := compile()
	for _, step := range []struct {
		value float64
		want  string
	}{{29, "false "}, {30, "false "}, {30.25, "true 30.25 °C"}, {28.5, "true 28.5 °C"}, {29.9, "true 29.9 °C"}, {28.4, "false "}, {29, "false "}} {
		if got := hot(c, step.value); got != step.want {
			t.Errorf("%g: %q, want %q", step.value, got, step.want)
		}
	}
	c = compile()
	c.Recall(nil, func(point string, k devices.Kind) bool { return point == "room" && k == devices.EnvThreshold })
	if got := hot(c, 29); !strings.HasPrefix(got, "true") {
		t.Errorf("within the band after a restart: %q", got)
	}
	own, err := c.WithLimit("room", "hot", devices.Above, 40, 35.5)
	if err != nil {
		t.Fatal(err)
	}
	if got := hot(own, 35); got != "false " {
		t.Errorf("a site's own limit: %q", got)
	}
	if got := hot(own, 41); got != "true 41 °C" || own.Points[0].Limits[0].Alarm != 40 || c.Points[0].Limits[0].Alarm != 30 {
		t.Errorf("a site's own limit: %q, %+v", got, own.Points[0].Limits)
	}
	var wrong *profiles.LimitError
	for _, err := range []error{
		errorOf(c.WithLimit("room", "boiling", devices.Above, 95, 80)), errorOf(c.WithLimit("room", "hot", devices.Above, 60, 35)),
		errorOf(c.WithLimit("room", "hot", devices.Below, 40, 45)), errorOf(c.WithLimit("room", "cold", devices.Below, 1, 2)), errorOf(c.WithLimit("hall", "hot", devices.Above, 40, 35)),
	} {
		if !errors.As(err, &wrong) {
			t.Errorf("%v", err)
		}
	}
}

func errorOf(_ *profiles.Compiled, err error) error { return err }
