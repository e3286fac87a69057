package panel_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"guardroom/simulators/panel"
)

const python = "/usr/bin/python3" // Debian's own, which has Debian's pymodbus

// master is pymodbus as a Modbus master.
type master struct {
	t      *testing.T
	ask    func(string)
	answer *bufio.Scanner
}

func pymodbus(t *testing.T, p *panel.Panel) *master {
	t.Helper()
	if out, err := exec.Command(python, "-c", "import pymodbus.client").CombinedOutput(); err != nil {
		t.Fatalf("pymodbus is missing; install it with: apt-get install python3-pymodbus\n%s", out)
	}
	host, port, _ := net.SplitHostPort(p.Addr())
	cmd := exec.CommandContext(t.Context(), python, "testdata/master.py", host, port, strconv.Itoa(int(p.Unit())))
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	return &master{t, func(line string) { fmt.Fprintln(in, line) }, bufio.NewScanner(out)}
}

// do sends one line and returns the answer as JSON.
func (m *master) do(format string, args ...any) string {
	m.t.Helper()
	line := fmt.Sprintf(format, args...)
	m.ask(line)
	if !m.answer.Scan() {
		m.t.Fatalf("%s: pymodbus has ended: %v", line, m.answer.Err())
	}
	return m.answer.Text()
}

func (m *master) expect(want string, format string, args ...any) {
	m.t.Helper()
	if got := m.do(format, args...); got != want {
		m.t.Errorf("%s: got %s, want %s", fmt.Sprintf(format, args...), got, want)
	}
}

// TestFirePanelByPymodbus reads and writes the words of DEVICES: 1.1 as an
// independent master sees them.
func TestFirePanelByPymodbus(t *testing.T) {
	t.Parallel()
	p := start(t, "fire/honeywell-cgw-mb", map[string]any{"detectors": 4, "dialect": "table-7.12"}, nil)
	m := pymodbus(t, p)
	m.expect("[5120, 5120, 5120, 5120]", "read holding 0 4") // 0x1400: enabled, inactive
	m.expect("[0]", "read holding 20000 1")
	m.expect(`{"exception": 2}`, "read holding 4 1") // there is no fifth detector
	m.expect(`{"exception": 2}`, "write holding 3000 1")
	m.expect(`{"exception": 3}`, "write holding 20000 77")

	set(t, p, "L1D3", "fire")
	var words []uint16
	if err := json.Unmarshal([]byte(m.do("read holding 2 1")), &words); err != nil || words[0]&0x0800 == 0 || words[0]&0x1000 != 0 {
		t.Fatalf("fire shows as %04x, %v: bit 11 must be set, bit 12 clear", words, err)
	}
	m.expect("[]", "write holding 2 256") // acknowledge, 0x0100
	await(t, "acknowledged beside fire", func() bool { return strings.Join(p.Holding("L1D3"), " ") == "fire acknowledged" })
	m.expect("["+strconv.Itoa(int(words[0]|0x0100))+"]", "read holding 2 1")

	m.expect("[]", "write holding 20000 2") // silence
	await(t, "silenced", func() bool { return p.State("panel") == "silenced" })
	m.expect("[2]", "read holding 20000 1")
	if p.State("L1D3") != "fire" {
		t.Error("silence ended a fire")
	}
	m.expect("[]", "write holding 20000 1") // reset
	await(t, "reset", func() bool { return p.State("L1D3") == "normal" && p.State("panel") == "normal" })
	m.expect("[5120]", "read holding 2 1")
	m.expect("[0]", "read holding 20000 1")
}

// TestIntrusionPanelByPymodbus arms, isolates and lets an alarm through.
func TestIntrusionPanelByPymodbus(t *testing.T) {
	t.Parallel()
	p := start(t, "intrusion/integriti", map[string]any{"areas": 2, "inputs": 8, "hold_ups": 1}, nil)
	m := pymodbus(t, p)
	m.expect("[0, 0]", "read discrete 1 2")
	m.expect("[]", "write coil 1 1")
	await(t, "armed", func() bool { return p.State("area1") == "armed" })
	m.expect("[1, 0]", "read discrete 1 2")
	set(t, p, "input3", "alarm")
	m.expect("[1]", "read discrete 1003 1")
	m.expect("[]", "write coil 1003 1")
	await(t, "isolated beside alarm", func() bool { return len(p.Holding("input3")) == 2 })
	m.expect("[1]", "read discrete 1003 1")
	m.expect("[1]", "read discrete 3003 1")
	m.expect("[]", "write coil 1003 0")
	await(t, "no longer isolated", func() bool { return strings.Join(p.Holding("input3"), " ") == "alarm" })
	m.expect("[]", "write coil 1 0")
	await(t, "disarmed", func() bool { return p.State("area1") == "normal" })
	m.expect("[0, 0]", "read discrete 1 2")
}

// TestPanelsByMbpoll lets the libmodbus master read a UPS and a Siemens gateway.
func TestPanelsByMbpoll(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("mbpoll"); err != nil {
		t.Fatal("mbpoll is missing; install it with: apt-get install mbpoll")
	}
	mbpoll := func(p *panel.Panel, table string, at int, write ...string) string {
		t.Helper()
		host, port, _ := net.SplitHostPort(p.Addr())
		args := append([]string{"-m", "tcp", "-q", "-0", "-1", "-a", strconv.Itoa(int(p.Unit())), "-t", table, "-r", strconv.Itoa(at), "-p", port, host}, write...)
		out, err := exec.Command("mbpoll", args...).CombinedOutput()
		if err != nil {
			t.Fatalf("mbpoll %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	ups := start(t, "power/apc-smartups", nil, nil)
	if out := mbpoll(ups, "4", 1); !strings.Contains(out, "[1]: \t2\n") { // on line
		t.Errorf("a quiet UPS shows %s", out)
	}
	set(t, ups, "ups", "on_battery")
	if out := mbpoll(ups, "4", 1); !strings.Contains(out, "[1]: \t4\n") {
		t.Errorf("a UPS on battery shows %s", out)
	}
	mbpoll(ups, "4", 1541, "1")
	await(t, "battery test", func() bool { return strings.Contains(strings.Join(ups.Holding("ups"), " "), "test") })

	siemens := start(t, "fire/siemens-nk8237", map[string]any{"zones": 12}, nil)
	set(t, siemens, "zone7", "fire")
	if out := mbpoll(siemens, "3:hex", 1506); !strings.Contains(out, "0x8000") {
		t.Errorf("zone 7 in fire shows %s", out)
	}
	if out := mbpoll(siemens, "3:hex", 1100); !strings.Contains(out, "0x8000") {
		t.Errorf("the panel of a zone in fire shows %s", out)
	}
	mbpoll(siemens, "4", 25000, "14") // reset
	await(t, "reset", func() bool { return siemens.State("zone7") == "normal" && siemens.State("panel") == "normal" })
	if out := mbpoll(siemens, "4", 25000); !strings.Contains(out, "[25000]: \t14\n") {
		t.Errorf("the command register keeps the last command, but shows %s", out)
	}
}
