package link_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"guardroom/devices"
	"guardroom/gateway/link"
)

var update = flag.Bool("update", false, "write the golden files")

var at = time.Date(2026, 11, 22, 2, 46, 34, 120_000_000, time.UTC)

func fire(seq uint64, active bool) devices.Signal {
	return devices.Signal{
		Point: "gw-1/fire-1.L1D3", Kind: devices.FireAlarm, Active: active,
		Occurred: at, Observed: at.Add(20 * time.Millisecond), Clock: devices.Synced,
		State: "fire", Text: "KITCHEN BLOCK S", Detail: map[string]string{"code": "0x01"},
		Epoch: 3, Seq: seq,
	}
}

// golden holds the bytes of the wire: they may grow, never change.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, got, "", "  "); err != nil {
		t.Fatal(err)
	}
	pretty.WriteByte('\n')
	file := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(file, pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pretty.Bytes(), want) {
		t.Errorf("%s on the wire is\n%swant\n%s", name, &pretty, want)
	}
}

func TestSignalsOnTheWire(t *testing.T) {
	t.Parallel()
	old := fire(42, false)
	old.Historical = true
	sent := []devices.Signal{fire(41, true), old}
	payload, err := link.EncodeSignals("nairobi", sent)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "signals", payload)
	got, bad, err := link.DecodeSignals("nairobi", "gw-1", payload)
	if err != nil || len(bad) != 0 {
		t.Fatalf("decode: %v %v", bad, err)
	}
	if !reflect.DeepEqual(got, sent) {
		t.Errorf("got  %+v\nwant %+v", got, sent)
	}
}

func TestMessagesOnTheWire(t *testing.T) {
	t.Parallel()
	value := 27.5
	for name, m := range map[string]any{
		"birth": link.BirthMessage{
			Wire: link.Spoken, Station: "nairobi", Gateway: "gw-1", Session: "s1", Epoch: 3, Software: "guardroom 1.0",
			Config: "sha256:1f", At: at, Devices: []devices.Device{{
				ID: "fire-1", Name: "Block S", Profile: "fire/honeywell-cgw-mb", Category: "fire", Address: "tcp://10.0.0.5:502",
				Points: []devices.Point{{ID: "L1D3", Name: "Kitchen", Type: devices.Enum, States: []string{"normal", "fire"},
					Kinds: []devices.Kind{devices.FireAlarm}, Verbs: []devices.Verb{devices.Disable}}},
			}},
		},
		"status":    link.StatusMessage{State: link.Offline, Session: "s1", At: at},
		"readings":  link.ReadingsMessage{Readings: []devices.Reading{{Point: "gw-1/ups-1.runtime", Value: &value, Quality: devices.Good, Observed: at}}},
		"heartbeat": link.HeartbeatMessage{Session: "s1", At: at, Clock: devices.Synced, Epoch: 3, Seq: 42, Upto: 40, Depth: 2, Bytes: 812, Lag: 0.4},
		"confirm":   link.ConfirmMessage{Epoch: 3, Upto: 42, Now: at},
		"desired":   link.DesiredMessage{Version: 7, Lockdowns: []link.Lockdown{{ID: "l1", Points: []devices.PointID{"gw-1/doors-1.door1"}}}},
		"config":    link.ConfigMessage{Version: 4, Text: "devices: []", By: "T. Njoroge", At: at},
		"applied":   link.AppliedMessage{Version: 4, State: link.ConfigRefused, InForce: 3, At: at, Faults: []link.ConfigFault{{File: "version 4", Line: 1, Reason: "devices is missing or empty"}}},
		"commands":  devices.Command{ID: "c1", Point: "gw-1/doors-1.door1", Verb: devices.Unlock, Deadline: at.Add(10 * time.Second), Now: at, By: "A. Wanjiru"},
		"receipts":  devices.Receipt{Command: "c1", Point: "gw-1/doors-1.door1", Verb: devices.Unlock, Outcome: devices.Confirmed, ReadBack: "unlocked", At: at},
	} {
		payload, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, payload)
	}
}

func TestDecodeRefusesBadEventsOneByOne(t *testing.T) {
	t.Parallel()
	payload, err := link.EncodeSignals("nairobi", []devices.Signal{fire(41, true)})
	if err != nil {
		t.Fatal(err)
	}
	good := strings.Trim(string(payload), "[]")
	for _, tc := range []struct {
		name, event string
		seq         uint64
		want        string
	}{
		{"no object", `7`, 0, "cannot unmarshal"},
		{"other gateway", strings.Replace(good, `gw-1/3/41`, `gw-2/3/41`, 1), 0, "another gateway"},
		{"no sequence", strings.Replace(good, `gw-1/3/41`, `gw-1/3`, 1), 0, "id"},
		{"zero sequence", strings.Replace(good, `gw-1/3/41`, `gw-1/3/0`, 1), 0, "sequence"},
		{"strange type", strings.Replace(good, `guardroom.fire.alarm.v1`, `fire`, 1), 41, "type"},
		{"strange kind", strings.Replace(good, `guardroom.fire.alarm.v1`, `guardroom.a b.v1`, 1), 41, "kind"},
		{"bad point", strings.Replace(good, `"fire-1.L1D3"`, `"fire-1"`, 1), 41, "point"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if tc.event == good {
				t.Fatal("the case changes nothing")
			}
			signals, bad, err := link.DecodeSignals("nairobi", "gw-1", []byte("["+good+","+tc.event+"]"))
			if err != nil || len(signals) != 1 || len(bad) != 1 {
				t.Fatalf("good %d, bad %v, err %v; want one of each", len(signals), bad, err)
			}
			if !strings.Contains(bad[0].Error(), tc.want) || bad[0].Seq != tc.seq || bad[0].Index != 1 && !strings.Contains(tc.want, "unmarshal") {
				t.Errorf("bad = %v (seq %d), want %q and seq %d", bad[0], bad[0].Seq, tc.want, tc.seq)
			}
		})
	}
	for _, tc := range []string{"", "{", "null x", `{"a":1}`, "[" + strings.Repeat(good+",", link.MaxSignals) + good + "]", "[" + strings.Repeat(" ", link.MaxBytes) + "]"} {
		if _, _, err := link.DecodeSignals("nairobi", "gw-1", []byte(tc)); err == nil {
			t.Errorf("%.40q was taken for a message", tc)
		}
	}
}

// A fire that can be read is a fire, whatever else is wrong with its envelope.
func TestDamagedEventsAreMended(t *testing.T) {
	t.Parallel()
	payload, err := link.EncodeSignals("nairobi", []devices.Signal{fire(41, true)})
	if err != nil {
		t.Fatal(err)
	}
	good := strings.Trim(string(payload), "[]")
	for name, event := range map[string]string{
		"other specversion": strings.Replace(good, `"1.0"`, `"2.0"`, 1),
		"newer type":        strings.Replace(good, `guardroom.fire.alarm.v1`, `guardroom.fire.alarm.v2`, 1),
		"sequence differs":  strings.Replace(good, `"sequence":"41"`, `"sequence":"40"`, 1),
		"other source":      strings.Replace(good, `"/nairobi/gw-1"`, `"/geneva/gw-1"`, 1),
		"no times":          strings.NewReplacer(`"time":"2026-11-22T02:46:34.12Z",`, ``, `"observed":"2026-11-22T02:46:34.14Z",`, ``).Replace(good),
		"time is text":      strings.Replace(good, `"2026-11-22T02:46:34.12Z"`, `"yesterday"`, 1),
		"numbers in detail": strings.Replace(good, `"0x01"`, `1`, 1),
		"active is a word":  strings.Replace(good, `"active":true`, `"active":"yes"`, 1),
		"data is a list":    good[:strings.Index(good, `"data":`)] + `"data":[]}`,
	} {
		if event == good {
			t.Fatalf("%s: the case changes nothing", name)
		}
		signals, bad, err := link.DecodeSignals("nairobi", "gw-1", []byte("["+event+","+good+"]"))
		if err != nil || len(signals) != 2 || len(bad) != 0 {
			t.Errorf("%s: good %d, bad %v, err %v; want two good", name, len(signals), bad, err)
			continue
		}
		s := signals[0]
		if s.Kind != devices.FireAlarm || !s.Active || s.Point != "gw-1/fire-1.L1D3" || s.Seq != 41 || s.Detail[link.Damaged] == "" {
			t.Errorf("%s: mended to %+v", name, s)
		}
	}
	restore := strings.NewReplacer(`"active":true`, `"active":false`, `"1.0"`, `"2.0"`).Replace(good)
	if signals, _, _ := link.DecodeSignals("nairobi", "gw-1", []byte("["+restore+"]")); len(signals) != 1 || signals[0].Active {
		t.Errorf("a readable restore became %+v", signals)
	}
}

func TestOddTrimmingsNeverTurnAnAlarmAway(t *testing.T) {
	t.Parallel()
	s := fire(1, true)
	s.Clock, s.Text = "sundial", "KITCHEN\x00"+strings.Repeat("é", 2000)
	s.Occurred = time.Date(12, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 100 {
		s.Detail[strings.Repeat("k", i+1)] = "v\x00"
	}
	payload, _ := link.EncodeSignals("nairobi", []devices.Signal{s})
	got, bad, err := link.DecodeSignals("nairobi", "gw-1", payload)
	if err != nil || len(bad) > 0 || len(got) != 1 {
		t.Fatalf("got %v %v %v, want one signal", got, bad, err)
	}
	g := got[0]
	if g.Clock != devices.Unsynced || !g.Occurred.Equal(g.Observed) || strings.ContainsRune(g.Text, 0) || len(g.Text) > 1000 || !utf8.ValidString(g.Text) || len(g.Detail) > 32 {
		t.Errorf("not mended: %+v", g)
	}
}

func TestUnknownKindIsASignal(t *testing.T) {
	t.Parallel()
	s := fire(1, true)
	s.Kind = "laser.tripped"
	payload, _ := link.EncodeSignals("nairobi", []devices.Signal{s})
	got, bad, err := link.DecodeSignals("nairobi", "gw-1", payload)
	if err != nil || len(bad) > 0 || len(got) != 1 || !got[0].Kind.Info().Alarm {
		t.Errorf("got %v %v %v, want one alarm", got, bad, err)
	}
}

func TestTopicsAndRights(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		topic              string
		publish, subscribe bool
	}{
		{"guardroom/v1/nairobi/gw-1/signals", true, false},
		{"guardroom/v1/nairobi/gw-1/config/applied", true, false},
		{"guardroom/v1/nairobi/gw-1/commands", false, true},
		{"guardroom/v1/nairobi/gw-1/confirm", false, true},
		{"guardroom/v1/nairobi/gw-1/#", false, true},
		{"guardroom/v1/nairobi/gw-2/signals", false, false},
		{"guardroom/v1/geneva/gw-1/signals", false, false},
		{"guardroom/v1/nairobi/+/commands", false, false},
		{"guardroom/v1/nairobi/gw-1/secrets", false, false},
		{"#", false, false},
		{"$SYS/broker", false, false},
		{"", false, false},
	} {
		if got := link.MayPublish("nairobi", "gw-1", tc.topic); got != tc.publish {
			t.Errorf("MayPublish(%q) = %v", tc.topic, got)
		}
		if got := link.MaySubscribe("nairobi", "gw-1", tc.topic); got != tc.subscribe {
			t.Errorf("MaySubscribe(%q) = %v", tc.topic, got)
		}
	}
}

func FuzzDecodeSignals(f *testing.F) {
	payload, _ := link.EncodeSignals("nairobi", []devices.Signal{fire(41, true)})
	f.Add(payload)
	f.Add([]byte(`[{"specversion":"1.0","id":"gw-1/1/1"}]`))
	f.Add([]byte(`[null,1,"x",{},[]]`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		good, bad, err := link.DecodeSignals("nairobi", "gw-1", payload)
		if err != nil && len(good)+len(bad) > 0 {
			t.Fatal("half a message was taken")
		}
		for _, s := range good {
			if err := s.Validate(); err != nil {
				t.Fatalf("unusable signal taken: %v", err)
			}
			if s.Point.Gateway() != "gw-1" || s.Seq == 0 {
				t.Fatalf("foreign or unnumbered signal taken: %+v", s)
			}
		}
		if len(good) > 0 { // what was understood can be said again
			if _, err := link.EncodeSignals("nairobi", good); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func FuzzParseTopic(f *testing.F) {
	f.Add("guardroom/v1/nairobi/gw-1/signals")
	f.Fuzz(func(t *testing.T, s string) {
		topic, err := link.ParseTopic(s)
		if err == nil && topic.String() != s {
			t.Fatalf("%q reads as %q", s, topic)
		}
	})
}
