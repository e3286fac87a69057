package gateway

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/gateway/commands"
)

const goodConfig = `
id: gw
station: unon
console_url: https://console.example
broker: [ssl://one.example:8883, ssl://two.example:8883]
credential: ${GATEWAY_TEST_SECRET}
read_only: true
demo: true
data: here
metrics: 127.0.0.1:0
supervision: {lost_after: 5s}
spool: {max_bytes: 10485760}
field_broker: {listen: "127.0.0.1:1884"}
devices:
  - id: fire-1
    profile: fire/siemens-nk8237
    address: 10.0.0.7
    unit: 4
    name: Panel
    params: {zones: 2}
    points:
      zone1: {name: Kitchen, priority: 1}
  - {id: ups-1, profile: power/apc-smartups, address: "rtu+tcp://10.0.0.8:4001"}
  - id: ups-2
    profile: power/apc-smartups
    address: 10.0.0.9
    points:
      temperature: {limits: {hot: {alarm_above: 35.5, clear_below: 34}, cold: {alarm_below: 10, clear_above: 12}}}
  - {id: doors-1, profile: access/uhppoted, address: "tcp://127.0.0.1:1884", params: {device_id: 405419896}}
`

func TestParse(t *testing.T) {
	t.Setenv("GATEWAY_TEST_SECRET", "hush")
	c, err := Parse("/etc/guardroom/gateway.yaml", []byte(goodConfig))
	if err != nil {
		t.Fatal(err)
	}
	word, err := c.Credential.Reveal()
	if err != nil || word != "hush" || strings.Contains(c.Credential.String(), "hush") {
		t.Errorf("credential %q, %v", word, err)
	}
	if len(c.Brokers) != 2 || !c.ReadOnly || !c.Demo || c.Managed || c.Data != "/etc/guardroom/here" || c.SpoolBytes != 10<<20 {
		t.Errorf("config %+v", c)
	}
	if s := c.Supervision; s.LostAfter != 5*time.Second || s.AlarmAfter != 30*time.Second || s.SerialAlarmAfter != time.Minute {
		t.Errorf("supervision %+v", s)
	}
	if len(c.Devices) != 4 {
		t.Fatalf("%d devices", len(c.Devices))
	}
	d := c.Devices[0]
	if d.Unit != 4 || d.Line != "tcp://10.0.0.7:502" || d.Serial || d.Points["zone1"].Priority != 1 {
		t.Errorf("device %+v", d)
	}
	if !c.Devices[1].Serial || c.Devices[3].Line != "tcp://127.0.0.1:1884" {
		t.Errorf("devices %+v", c.Devices[1:])
	}
	for i, want := range map[int]string{1: "40 38 false, 0 2 false, ", 2: "35.5 34 true, 10 12 true, "} {
		points := describe(c)[i].Points
		at := slices.IndexFunc(points, func(p devices.Point) bool { return p.ID == "temperature" })
		got := ""
		for _, l := range points[at].Limits {
			got += fmt.Sprintf("%g %g %t, ", l.Alarm, l.Clear, l.Own)
		}
		if got != want {
			t.Errorf("limits of device %d: %s; want %s", i, got, want)
		}
	}
	if got := describe(c)[0].Points[1]; got.ID != "zone1" || got.Name != "Kitchen" || got.Priority != 1 {
		t.Errorf("point %+v", got)
	}
}

// TestParseRefuses has one fault a case; each is named with its line.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	head := "id: gw\nstation: unon\nbroker: tcp://localhost:1883\n"
	device := func(lines string) string {
		return head + "devices:\n  - id: d\n    profile: fire/siemens-nk8237\n    address: 10.0.0.1\n" + lines
	}
	const ups = "devices:\n  - {id: u, profile: power/apc-smartups, address: 10.0.0.1, points: {temperature: {limits:\n    "
	camera := func(entries ...string) string {
		return head + "console_url: http://localhost:8080\ncameras:\n  - " + strings.Join(entries, "\n  - ") + "\n"
	}
	for _, tc := range []struct{ name, text, where, says string }{
		{"empty", "", ":1:", "empty"},
		{"not YAML", "id: [gw\nstation: x\n", ":2:", "not YAML"},
		{"a list", "- a\n", ":1:", "mapping"},
		{"tabs", "id:\tgw\n\tx: 1\n", ":2:", "not YAML"},
		{"no id", "station: unon\nbroker: tcp://localhost:1\n", ":1:", "id is missing"},
		{"bad id", "id: g/w\nstation: unon\nbroker: tcp://localhost:1\n", ":1:", "not an id"},
		{"no broker", "id: gw\nstation: unon\n", ":1:", "broker is missing"},
		{"broker in clear", "id: gw\nstation: unon\nbroker: tcp://h:1883\n", ":3:", "in clear"},
		{"console in clear", "id: gw\nstation: unon\nconsole_url: http://h\n", ":3:", "in clear"},
		{"bad broker", "id: gw\nstation: unon\nbroker: http://h:1\n", ":3:", "scheme"},
		{"user in the broker", "id: gw\nstation: unon\nbroker: tcp://me:word@h:1\n", ":3:", "carries a user"},
		{"unknown key", head + "foo: 1\n", ":4:", `unknown key "foo"`},
		{"key twice", head + "id: other\n", ":4:", ""},
		{"secret in clear", head + "credential: hush\n", ":4:", "credential_file"},
		{"secret half in clear", head + "credential: a${HOME}\n", ":4:", "in clear"},
		{"secret file missing", head + "credential_file: /nowhere/x\n", ":4:", "no such file"},
		{"secret file empty", head + "credential_file: " + secret + "\n", ":4:", "is empty"},
		{"variable missing", head + "credential: ${GUARDROOM_NOT_SET}\n", ":4:", "GUARDROOM_NOT_SET"},
		{"flag", head + "read_only: maybe\n", ":4:", "true or false"},
		{"anchor", head + "data: &a x\n", ":4:", "anchors"},
		{"second document", head + "---\nid: x\n", "", "second document"},
		{"supervision", head + "supervision: {lost_after: 1ms}\n", ":4:", "lost_after"},
		{"field broker beyond the machine", head + "field_broker: {listen: 0.0.0.0:1884}\n", ":4:", "password_file"},
		{"tls half", head + "tls: {cert: x}\n", ":4:", "belong together"},
		{"devices no list", head + "devices: {a: 1}\n", ":4:", "must be a list"},
		{"device no mapping", head + "devices: [a]\n", ":4:", "must be a mapping"},
		{"device without profile", head + "devices:\n  - {id: d, address: x}\n", ":5:", "profile is missing"},
		{"unknown profile", head + "devices:\n  - {id: d, address: x, profile: fire/none}\n", ":5:", "unknown profile"},
		{"profile out of its folder", head + "devices:\n  - {id: d, address: x, profile: ../../etc/passwd}\n", ":5:", "unknown profile"},
		{"dot in a device id", head + "devices:\n  - {id: d.e, address: x, profile: power/apc-smartups}\n", ":5:", "not an id"},
		{"the gateway's own id", head + "devices:\n  - {id: gateway, address: x, profile: power/apc-smartups}\n", ":5:", "the gateway itself"},
		{"no address", head + "devices:\n  - {id: d, profile: power/apc-smartups}\n", ":5:", "address is missing"},
		{"bad address", head + "devices:\n  - {id: d, address: 'ftp://x', profile: power/apc-smartups}\n", ":5:", "unknown scheme"},
		{"two of a name", device("  - id: d\n    profile: power/apc-smartups\n    address: x\n"), ":8:", "twice"},
		{"unit", device("    unit: 256\n"), ":8:", "unit 256"},
		{"params", device("    params: {zones: many}\n"), ":8:", "zones"},
		{"unknown param", device("    params: {zone: 1}\n"), ":8:", "zone"},
		{"unknown point", device("    points:\n      zone99: {name: x}\n"), ":9:", "zone99"},
		{"no limits", device("    points:\n      zone1: {limits: {hot: {alarm_above: 1, clear_below: 0}}}\n"), ":9:", "no such limit (it has none)"},
		{"limit beyond its range", head + ups + "{hot: {alarm_above: 90, clear_below: 80}}}}}\n", ":6:", "90 is not within 25 and 60"},
		{"limit without a band", head + ups + "{hot: {alarm_above: 40, clear_below: 41}}}}}\n", ":6:", "clear_below 41 must lie below"},
		{"limit of the other side", head + ups + "{hot: {alarm_below: 30, clear_above: 31}}}}}\n", ":6:", "it alarms above its value, not below"},
		{"half a limit", head + ups + "{hot: {alarm_above: 40}}}}}\n", ":6:", "alarm_above with clear_below"},
		{"limit in words", head + ups + "{hot: {alarm_above: warm, clear_below: 1}}}}}\n", ":6:", "must be a number"},
		{"limit of an unknown state", head + ups + "{warm: {alarm_above: 40, clear_below: 1}}}}}\n", ":6:", "it has hot, cold"},
		{"limits that meet", head + ups + "{cold: {alarm_below: 15, clear_above: 39}}}}}\n", ":6:", "no value is normal"},
		{"limits no mapping", head + ups + "[hot]}}}\n", ":5:", "must be a mapping of states"},
		{"priority", device("    points:\n      zone1: {priority: 9}\n"), ":9:", "priority"},
		{"password in clear", device("    password: hush\n"), ":8:", "password_file"},
		{"cameras without a console", head + "cameras:\n  - {id: c, address: 'rtsp://h/1'}\n", ":4:", "console_url"},
		{"camera without an address", camera("{id: c}"), ":6:", "needs address"},
		{"camera elsewhere", camera("{id: c, address: 'http://h/1'}"), ":6:", "scheme"},
		{"user in a camera's address", camera("{id: c, address: 'rtsp://me:word@h/1'}"), ":6:", "carries a user"},
		{"camera's password in clear", camera("{id: c, address: 'rtsp://h/1', username: me, password: hush}"), ":6:", "password_file"},
		{"camera's user alone", camera("{id: c, address: 'rtsp://h/1', username: me}"), ":6:", "belong together"},
		{"camera's key", camera("{id: c, address: 'rtsp://h/1', fps: 25}"), ":6:", `unknown key "fps"`},
		{"camera's transport", camera("{id: c, address: 'rtsp://h/1', transport: pigeon}"), ":6:", "tcp or udp"},
		{"camera's point", camera("{id: c, address: 'rtsp://h/1', sees: [door1]}"), ":6:", "whole id"},
		{"camera's ring of a stream that is not there", camera("{id: c, address: 'rtsp://h/1', record: {hours: 1, stream: sub}}"), ":6:", "no sub-stream"},
		{"camera's ring and recorder", camera("{id: c, address: 'rtsp://h/1', record: {hours: 1, playback: 'rtsp://r/1'}}"), ":6:", "either"},
		{"camera's recorder", camera("{id: c, address: 'rtsp://h/1', record: {playback: 'ftp://r/1'}}"), ":6:", "playback"},
		{"two cameras of a name", camera("{id: c, address: 'rtsp://h/1'}", "{id: c, address: 'rtsp://h/2'}"), ":7:", "before"},
		{"the recorder's room", head + "recorder: {max_bytes: 5}\n", ":4:", "max_bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse("gateway.yaml", []byte(tc.text))
			var faults Faults
			if !errors.As(err, &faults) {
				t.Fatalf("error %v", err)
			}
			if !strings.Contains(err.Error(), "gateway.yaml"+tc.where) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("error %q, want %q at %q", err, tc.says, tc.where)
			}
			if strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "word@") {
				t.Errorf("error %q repeats a secret", err)
			}
		})
	}
}

func TestParseTellsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Parse("g.yaml", []byte("id: g/w\nstation: unon\nbroker: tcp://localhost:1\nfoo: 1\ndevices:\n  - {id: d, profile: none, address: x}\n"))
	var faults Faults
	if !errors.As(err, &faults) || len(faults) != 3 {
		t.Errorf("error %v", err)
	}
}

// TestOwnProfile reads a profile from a folder, and tells its faults in its file.
func TestOwnProfile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "fire"), 0o700); err != nil {
		t.Fatal(err)
	}
	bad := "profile: fire/own\nversion: 1\ntitle: Own\nsource: me\ntransport: {kind: modbus}\npoints:\n  - id: a\n    type: enum\n    read: {table: registers, address: 1}\n    states: [{state: fire, kind: fire.alarm, bit: 0}]\n"
	if err := os.WriteFile(filepath.Join(dir, "fire", "own.yaml"), []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "id: gw\nstation: unon\nbroker: tcp://localhost:1\nprofiles: [" + dir + "]\ndevices:\n  - {id: d, profile: fire/own, address: x}\n"
	_, err := Parse("g.yaml", []byte(text))
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "fire", "own.yaml")+":9:") || !strings.Contains(err.Error(), "g.yaml:6:") {
		t.Errorf("error %v", err)
	}
}

func TestDecodeWords(t *testing.T) {
	t.Parallel()
	c, err := Parse("g.yaml", []byte("id: gw\nstation: unon\nbroker: tcp://localhost:1\ndevices:\n  - {id: d, profile: fire/siemens-nk8237, address: x, params: {zones: 2, life_sign: false, data_change: false}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	plan := Plans(c)[0]
	read := -1
	for _, r := range plan.Reads {
		if r.Address == 1500 {
			read = r.Read
		}
	}
	got, err := Decode(c.Devices[0], map[int][]uint16{read: {0x8000, 0}})
	if err != nil || len(got) != 2 || got[0].State != "fire" || got[1].State != "normal" {
		t.Errorf("decoded %+v, %v", got, err)
	}
	if _, err := Decode(c.Devices[0], map[int][]uint16{read: {1}}); err == nil {
		t.Error("one word for two was taken")
	}
}

func TestSkew(t *testing.T) {
	t.Parallel()
	g := &running{config: Config{ID: "gw"}, options: Options{Now: time.Now}, clock: newClockWatch(time.Now), executor: &commands.Executor{}}
	for _, tc := range []struct {
		offset      time.Duration
		told, due   bool
		description string
	}{
		{1900 * time.Millisecond, false, false, "under the limit"},
		{2100 * time.Millisecond, false, true, "over it"},
		{-2100 * time.Millisecond, false, true, "ahead"},
		{1500 * time.Millisecond, true, false, "still over the lower limit"},
		{900 * time.Millisecond, true, true, "over again"},
	} {
		s, due := g.skew(tc.offset, tc.told)
		if due != tc.due || due && (s.Active == tc.told || s.Validate() != nil) {
			t.Errorf("%s: %+v %v", tc.description, s, due)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(goodConfig))
	f.Add([]byte("id: [gw\n"))
	f.Add([]byte("devices:\n  - &a {id: *a}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := Parse("g.yaml", text); err != nil {
			var faults Faults
			if !errors.As(err, &faults) || len(faults) == 0 {
				t.Errorf("error %v", err)
			}
		}
	})
}

func TestParseCameras(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Parse("gateway.yaml", []byte("id: gw\nstation: unon\nbroker: tcp://localhost:1883\nconsole_url: http://localhost:8080\nrecorder: {folder: rings, max_bytes: 1000000000}\n"+
		"cameras:\n  - {id: C-01, name: Gate, address: 'rtsp://10.0.0.21/main', sub: 'rtsp://10.0.0.21/sub', onvif: 'http://10.0.0.21/onvif/device_service',\n"+
		"     username: viewer, password_file: "+file+", record: {hours: 72}, sees: [gw/doors.door1], priority: 2}\n"+
		"  - {id: C-02, address: 'rtsps://10.0.0.22/live', record: {playback: 'rtsp://10.0.0.30/2?from={start}&to={end}'}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Cameras) != 2 || c.Recorder.Folder != "rings" || c.Cameras[0].Record.Hours != 72 || c.Cameras[0].Record.Stream != devices.MainStream {
		t.Fatalf("cameras %+v, recorder %+v", c.Cameras, c.Recorder)
	}
	one, two := describe(c)[0], describe(c)[1]
	if one.Category != devices.CameraCategory || !one.Camera.PTZ || len(one.Camera.Streams) != 2 || one.Camera.Record.Hours != 72 || one.Points[0].Priority != 2 {
		t.Errorf("birth tells %+v %+v", one, one.Camera)
	}
	if two.Camera.PTZ || !two.Camera.Record.Recorder || two.Name != "C-02" {
		t.Errorf("birth tells %+v %+v", two, two.Camera)
	}
	from := time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)
	if got, ranged := playbackAddress(c.Cameras[1].Record.Playback, from, from.Add(time.Minute)); ranged || got != "rtsp://10.0.0.30/2?from=20300601T120000Z&to=20300601T120100Z" {
		t.Errorf("playback at %s, by a range %t", got, ranged)
	}
	if _, ranged := playbackAddress("rtsp://10.0.0.30/2", from, from.Add(time.Minute)); !ranged {
		t.Error("an address without places for the time is not asked by a range")
	}
}
