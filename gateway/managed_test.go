package gateway

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"guardroom/gateway/link"
)

// ownConfig is the file of a managed gateway whose console is nowhere.
func ownConfig(t *testing.T) Config {
	t.Helper()
	dir := t.TempDir()
	c, err := Parse(filepath.Join(dir, "gateway.yaml"), []byte(`
id: gw
station: unon
broker: tcp://127.0.0.1:1
managed: true
try_for: 1s
data: data
supervision: {lost_after: 7s}
devices: [{id: own, profile: fire/siemens-nk8237, address: 127.0.0.1:1}]
`))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A sent configuration names devices and supervision, and nothing that could lock
// the console out or read what is not its business.
func TestParseSent(t *testing.T) {
	t.Parallel()
	own := ownConfig(t)
	const one = "devices: [{id: a, profile: power/apc-smartups, address: 10.0.0.1}]\n"
	c, err := ParseSent(own, "version 1", []byte(one))
	if err != nil {
		t.Fatal(err)
	}
	if c.ID != "gw" || c.Station != "unon" || !c.Managed || c.Data != own.Data || !slices.Equal(c.Brokers, own.Brokers) || c.Supervision.LostAfter != 7*time.Second {
		t.Errorf("what the gateway's own file says: %+v", c)
	}
	if len(c.Devices) != 1 || c.Devices[0].ID != "a" || c.Hash == own.Hash || len(own.Devices) != 1 || own.Devices[0].ID != "own" {
		t.Errorf("devices %+v", c.Devices)
	}
	if c, err := ParseSent(own, "version 1", []byte("supervision: {lost_after: 9s}\n"+one)); err != nil || c.Supervision.LostAfter != 9*time.Second {
		t.Errorf("supervision: %+v %v", c.Supervision, err)
	}
	for _, tc := range []struct{ name, text, where, says string }{
		{"nothing", "", ":1:", "empty"},
		{"no YAML", "devices: [", ":1:", "not YAML"},
		{"no devices", "supervision: {}\n", "", "devices is missing or empty"},
		{"devices empty", "devices: []\n", ":1:", "devices is missing or empty"},
		{"identity", one + "id: other\n", ":2:", `unknown key "id"`},
		{"broker", one + "broker: ssl://evil.example:8883\n", ":2:", `unknown key "broker"`},
		{"rights", one + "read_only: false\n", ":2:", `unknown key "read_only"`},
		{"environment", "devices:\n  - {id: a, profile: power/apc-smartups, address: \"${HOME}:502\"}\n", ":2:", "reads no environment"},
		{"another's file", "devices:\n  - {id: a, profile: access/uhppoted, address: 'tcp://127.0.0.1:1', username: x, password_file: /etc/shadow, params: {device_id: 405419896}}\n", ":2:", "reads no file outside"},
		{"up and out", "devices:\n  - {id: a, profile: access/uhppoted, address: 'tcp://127.0.0.1:1', username: x, password_file: ../x, params: {device_id: 405419896}}\n", ":2:", "reads no file outside"},
		{"unknown profile", "devices:\n  - id: a\n    profile: fire/none\n    address: x\n", ":3:", "unknown profile"},
	} {
		_, err := ParseSent(own, "version 1", []byte(tc.text))
		var faults Faults
		if !errors.As(err, &faults) || !strings.Contains(err.Error(), "version 1"+tc.where) || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, want %q at %q", tc.name, err, tc.says, tc.where)
		}
	}
}

// A configuration by which the console is not reached, and one during which the
// gateway died, give way to the last good one; neither is tried again by itself.
func TestAConfigurationThatDoesNotWorkIsTakenBack(t *testing.T) {
	t.Parallel()
	own := ownConfig(t)
	o := Options{Log: slog.New(slog.DiscardHandler), Now: time.Now, ResendAfter: time.Second, Software: "test"}
	m := openManager(own, o)
	send := func(version uint64) {
		t.Helper()
		m.begin(link.ConfigMessage{Version: version, Text: "devices: [{id: sent, profile: fire/siemens-nk8237, address: 127.0.0.1:1}]\n"})
	}
	// One that was good before.
	send(1)
	m.settle(1, link.ConfigInForce)
	if c := m.good(); c.Devices[0].ID != "sent" {
		t.Fatalf("the good one: %+v", c.Devices)
	}
	send(2)
	next, err := m.run(t.Context(), m.good(), o, true)
	if next != nil || !errors.Is(err, errNotReached) {
		t.Fatalf("%v %v", next, err)
	}
	m.settle(2, link.ConfigReverted, err.Error())
	if told := m.applied(); told.State != link.ConfigReverted || told.Version != 2 || told.InForce != 1 || !strings.Contains(told.Faults[0].Reason, "was not reached") {
		t.Errorf("told %+v", told)
	}
	m.take(link.ConfigMessage{Version: 2})
	select {
	case again := <-m.in:
		t.Errorf("version %d is tried again", again.Version)
	default:
	}
	// It dies while it tries.
	send(3)
	m = openManager(own, o)
	if told := m.applied(); told.State != link.ConfigReverted || told.Version != 3 || told.InForce != 1 || m.good().Devices[0].ID != "sent" {
		t.Errorf("after a crash: %+v", told)
	}
	// What was good and can no longer be read gives way to the own file.
	m.kept.Good.Text = "devices: [{id: a, profile: gone/none, address: x}]"
	if c := m.good(); c.Devices[0].ID != "own" {
		t.Errorf("unreadable: %+v", c.Devices)
	}
}

// What the console is told is on disk before: a gateway that dies the moment after
// comes back with it.
func TestWhatIsToldIsKept(t *testing.T) {
	t.Parallel()
	own := ownConfig(t)
	if err := os.MkdirAll(own.Data, 0o700); err != nil {
		t.Fatal(err)
	}
	m := openManager(own, Options{Log: slog.New(slog.DiscardHandler), Now: time.Now})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for version := uint64(1); version <= 200; version++ {
			m.begin(link.ConfigMessage{Version: version, Text: "devices: []"})
			m.settle(version, link.ConfigInForce)
		}
	}()
	for {
		told := m.applied()
		var kept keptConfig
		text, err := os.ReadFile(m.path)
		if err == nil {
			err = json.Unmarshal(text, &kept)
		}
		if told.InForce > 0 && (err != nil || kept.Good == nil || kept.Good.Version < told.InForce) {
			t.Fatalf("told that %d is in force, kept is %s (%v)", told.InForce, text, err)
		}
		select {
		case <-ended:
			if told.InForce > 0 {
				return
			}
		default:
		}
	}
}
