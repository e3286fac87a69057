package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guardroom/gateway"
	"guardroom/simulators/modbusd"
)

func config(t *testing.T, address string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gateway.yaml")
	text := fmt.Sprintf("id: gw\nstation: unon\nbroker: tcp://127.0.0.1:1\nconsole_url: http://127.0.0.1:1\nmetrics: 127.0.0.1:0\n"+
		"cameras:\n  - {id: C-01, name: Gate A, address: \"rtsp://192.0.2.20/main\", record: {hours: 72}, sees: [gw/doors-1.door1]}\ndevices:\n"+
		"  - id: fire-1\n    profile: fire/siemens-nk8237\n    address: %q\n    params: {zones: 2}\n"+
		"  - {id: doors-1, profile: access/uhppoted, address: \"tcp://127.0.0.1:1884\", params: {device_id: 405419896}}\n", address)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheck(t *testing.T) {
	t.Parallel()
	panel, err := modbusd.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { panel.Close() })
	if err := panel.Set(5, modbusd.Input, 1500, 0x8000, 0x0080); err != nil {
		t.Fatal(err)
	}
	path := config(t, panel.Addr())
	for _, tc := range []struct {
		name string
		args string
		want []string
		fail string
	}{
		{"plan", "", []string{"fire-1", "input", "1500", "life-sign", "uhppoted/gateway/events", "panel reset", "off by default", "door1 access", "rtsp://192.0.2.20/main", "72 h of main"}, ""},
		{"words", "-device fire-1 -words 3=80000080", []string{"zone1  fire", "fire.alarm", "zone2  disabled", "uncertain"}, ""},
		{"live", "-device fire-1 -live", []string{"zone1", "fire.alarm", "input 1500"}, ""},
		{"words for two", "-words 3=8000", nil, "-device"},
		{"too few words", "-device fire-1 -words 3=8000", nil, "1 words for 2"},
		{"no hex", "-device fire-1 -words 3=80", nil, "four hex digits"},
		{"no such device", "-device none", nil, `no device "none"`},
		{"live over MQTT", "-device doors-1 -live", nil, "speaks MQTT"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out strings.Builder
			err := run(t.Context(), append([]string{"check", "-config", path}, strings.Fields(tc.args)...), &out, io.Discard)
			if tc.fail != "" {
				if err == nil || !strings.Contains(err.Error(), tc.fail) {
					t.Errorf("error %v, want %q", err, tc.fail)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range tc.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s", want, out.String())
				}
			}
		})
	}
	var out strings.Builder
	if err := run(t.Context(), []string{"check", "-config", path, "-json", "-device", "fire-1", "-live"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var plans []gateway.Plan
	if err := json.Unmarshal([]byte(out.String()), &plans); err != nil || len(plans) != 1 || len(plans[0].Decoded) == 0 {
		t.Errorf("JSON %v: %s", err, out.String())
	}
}

func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gateway.yaml")
	if err := os.WriteFile(path, []byte("id: gw\nstation: unon\nbroker: [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"-config", path}, {"check", "-config", path}, {"-config", path + ".none"}, {"serve"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}

// TestRunAndStop starts the program, waits for its READY line and ends it.
func TestRunAndStop(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-config", config(t, "127.0.0.1:1")}, in, io.Discard) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var addresses gateway.Addresses
	if err := json.Unmarshal([]byte(strings.TrimPrefix(line, "READY ")), &addresses); err != nil || addresses.Metrics == "" {
		t.Errorf("%q: %v", line, err)
	}
	stop()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Fatal("it does not stop")
	}
}
