package cmd_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/devices"
)

// slave is a process of pymodbus, which nobody in this project wrote.
type slave struct {
	t    testing.TB
	addr string
	mu   sync.Mutex
	in   io.Writer
	out  *bufio.Reader
}

func newSlave(t testing.TB, units ...int) *slave {
	t.Helper()
	args := []string{"testdata/pymodbus_slave.py"}
	for _, u := range units {
		args = append(args, strconv.Itoa(u))
	}
	if out, err := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", "import pymodbus").CombinedOutput(); err != nil {
		t.Fatalf("the independent Modbus slave needs pymodbus: apt-get install python3-pymodbus python3-serial-asyncio (%s)", strings.TrimSpace(string(out)))
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "/usr/bin/python3", args...)
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
	t.Cleanup(func() {
		in.Close() // it ends with its input
		stuck := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		defer stuck.Stop()
		_ = cmd.Wait()
	})
	s := &slave{t: t, in: in, out: bufio.NewReader(out)}
	s.addr = "127.0.0.1:" + s.answer("PORT")
	return s
}

func (s *slave) answer(want string) string {
	s.t.Helper()
	text, err := s.out.ReadString('\n')
	word, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	if err != nil || word != want {
		s.t.Fatalf("pymodbus says %q, %v; want %s", text, err, want)
	}
	return rest
}

func (s *slave) set(unit int, table string, address int, words ...int) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.in, "set %d %s %d %s\n", unit, table, address, strings.Trim(fmt.Sprint(words), "[]"))
	s.answer("DONE")
}

func (s *slave) get(unit int, table string, address int) int {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.in, "get %d %s %d 1\n", unit, table, address)
	n, err := strconv.Atoi(s.answer("VALUES"))
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// text packs two characters into a register, the first one high.
func text(s string, words int) []int {
	padded := s + strings.Repeat("\x00", 2*words-len(s))
	out := make([]int, words)
	for i := range out {
		out[i] = int(padded[2*i])<<8 | int(padded[2*i+1])
	}
	return out
}

// happening is one condition as the document of the product shows it on the wire:
// the words that bring it about and those that end it.
type happening struct {
	device  string
	point   string
	unit    int
	table   string
	address int
	on, off []int
	kind    devices.Kind
	state   string
}

func (h happening) id(gateway string) devices.PointID {
	return devices.MakePointID(gateway, h.device, h.point)
}

// happenings are addresses and words typed from the documents, as DEVICES says
// them, and not taken from the profiles.
var happenings = []happening{
	// Honeywell CGW-MB, holding registers. L1D1 is 400001. Bit 11 active, low byte the
	// event type; 14 pre-alarm, 13 trouble, 12 inactive, 10 enabled, 9 disabled.
	{"honeywell", "L1D1", 1, "holding", 0, []int{0x0C05}, []int{0x1400}, devices.FireAlarm, "fire"},
	{"honeywell", "L1D2", 1, "holding", 1, []int{0x5400}, []int{0x1400}, devices.FirePrealarm, "prealarm"},
	{"honeywell", "L1D3", 1, "holding", 2, []int{0x3400}, []int{0x1400}, devices.FireFault, "fault"},
	{"honeywell", "L1D4", 1, "holding", 3, []int{0x1200}, []int{0x1400}, devices.FireDisablement, "disabled"},
	{"honeywell", "L1D5", 1, "holding", 4, []int{0x0CEE}, []int{0x1400}, devices.FireAlarm, "fire"}, // a code that nobody knows is fire
	{"honeywell", "L1M1", 1, "holding", 300, []int{0x0C71}, []int{0x1400}, devices.FireSupervisory, "supervisory"},
	{"honeywell", "L2D1", 1, "holding", 600, []int{0x0C05}, []int{0x1400}, devices.FireAlarm, "fire"},
	{"honeywell", "panel", 1, "holding", 20000, []int{0x0002}, []int{0}, devices.PanelSilenced, "silenced"},
	// Siemens NK8237, input registers; FC20 is slave 5.
	{"siemens", "panel", 5, "input", 1100, []int{0x8000}, []int{0}, devices.FireAlarm, "fire"},
	{"siemens", "zone1", 5, "input", 1500, []int{0x8000}, []int{0}, devices.FireAlarm, "fire"},
	{"siemens", "zone2", 5, "input", 1501, []int{0x4000}, []int{0}, devices.FirePrealarm, "prealarm"},
	{"siemens", "zone3", 5, "input", 1502, []int{0x0080}, []int{0}, devices.FireDisablement, "disabled"},
	{"siemens", "zone4", 5, "input", 1503, []int{0x0040}, []int{0}, devices.FireTest, "test"},
	{"siemens", "section1", 5, "input", 6100, []int{0x0080}, []int{0}, devices.FireDisablement, "disabled"},
	{"siemens", "power1", 5, "input", 6600, []int{0x0400}, []int{0}, devices.PowerMainsFail, "on_battery"},
	// Integriti, discrete inputs by the bench numbering.
	{"integriti", "area1", 1, "discrete", 101, []int{1}, []int{0}, devices.ZoneAlarm, "alarm"},
	{"integriti", "input3", 1, "discrete", 1003, []int{1}, []int{0}, devices.ZoneAlarm, "alarm"},
	{"integriti", "input4", 1, "discrete", 2004, []int{1}, []int{0}, devices.ZoneTamper, "tamper"},
	{"integriti", "input5", 1, "discrete", 3005, []int{1}, []int{0}, devices.ZoneIsolated, "isolated"},
	{"integriti", "holdup1", 1, "discrete", 1991, []int{1}, []int{0}, devices.Panic, "panic"},
	{"integriti", "door1", 1, "discrete", 4101, []int{1}, []int{0}, devices.DoorForced, "forced"},
	{"integriti", "door2", 1, "discrete", 4202, []int{1}, []int{0}, devices.DoorHeld, "held"},
	// APC Smart-UPS, holding registers, high word first: status in 0-1, bit 1 on line.
	{"apc", "ups", 1, "holding", 0, []int{0x0000, 0x0004}, []int{0x0000, 0x0002}, devices.PowerMainsFail, "on_battery"},
	{"apc", "ups", 1, "holding", 18, []int{0x0002}, []int{0}, devices.PowerBatteryLow, "battery_low"},
	{"apc", "ups", 1, "holding", 22, []int{0x0004}, []int{0}, devices.PowerBatteryReplace, "battery_replace"},
}

// TestRealRegisterMaps polls the documented maps of four products from an
// independent slave: every condition comes once and ends once, values are right,
// and commands write what the documents say where they say it.
func TestRealRegisterMaps(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	e := h.newEdge("gw-maps")
	slaves := map[string]*slave{"honeywell": newSlave(t, 1), "siemens": newSlave(t, 5), "integriti": newSlave(t, 1), "apc": newSlave(t, 1)}
	rest(slaves)
	e.device("honeywell", "fire/honeywell-cgw-mb", slaves["honeywell"].addr, "params: {loops: 2, detectors: 6, modules: 1}")
	e.device("siemens", "fire/siemens-nk8237", slaves["siemens"].addr, "params: {zones: 6, sections: 1, power_supplies: 1}")
	e.device("integriti", "intrusion/integriti", slaves["integriti"].addr, "params: {areas: 2, inputs: 6, hold_ups: 1, doors: 2}")
	e.device("apc", "power/apc-smartups", slaves["apc"].addr)
	stopLife := lifeSign(slaves["siemens"])
	t.Cleanup(stopLife)
	e.start()

	h.waitShows("gw-maps/honeywell.L1D1", "normal", devices.Good)
	h.waitShows("gw-maps/honeywell.L1D6", "not_programmed", devices.NotProgrammed)
	h.waitShows("gw-maps/siemens.zone1", "normal", devices.Good)
	h.waitShows("gw-maps/integriti.area1", "disarmed", devices.Good)
	h.waitShows("gw-maps/apc.ups", "normal", devices.Good)
	apcValues(t, h)
	if told := tellsOf(h.journal(e.id)); len(told) > 0 {
		t.Errorf("devices at rest told of %v", told)
	}

	want := map[string]int{}
	for _, words := range []func(happening) []int{func(h happening) []int { return h.on }, func(h happening) []int { return h.off }} {
		active := len(want) == 0
		for _, one := range happenings {
			slaves[one.device].set(one.unit, one.table, one.address, words(one)...)
			want[fmt.Sprintf("%s %s %v", one.id(e.id), one.kind, active)]++
		}
		poll(t, 30*time.Second, fmt.Sprintf("everything is active: %v", active), func() error {
			return sameCounts(want, tellsOf(h.journal(e.id)))
		})
		if !active {
			continue
		}
		for _, one := range happenings {
			if one.device == "apc" {
				continue // three conditions of one point at once
			}
			quality := devices.Good
			if slices.Contains([]devices.Kind{devices.FireDisablement, devices.FireTest, devices.ZoneIsolated}, one.kind) {
				quality = devices.Uncertain // what it says of the world is not to be trusted
			}
			h.waitShows(one.id(e.id), one.state, quality)
		}
	}
	t.Logf("%d conditions of 4 products came once and ended once", len(happenings))
	mapCommands(t, h, slaves)
}

// rest brings every product into the state in which nothing is the matter.
func rest(slaves map[string]*slave) {
	for _, loop := range []int{0, 600} {
		slaves["honeywell"].set(1, "holding", loop, 0x1400, 0x1400, 0x1400, 0x1400, 0x1400, 0x00FF) // the sixth is not programmed
		slaves["honeywell"].set(1, "holding", loop+300, 0x1400)
	}
	apc := slaves["apc"]
	apc.set(1, "holding", 0, 0x0000, 0x0002)
	apc.set(1, "holding", 128, 0x0001, 0x0E10) // 65536 + 3600 s
	apc.set(1, "holding", 130, 87*512)
	apc.set(1, "holding", 131, 1744) // 54.5 V / 32
	apc.set(1, "holding", 135, 3392) // 26.5 °C / 128
	apc.set(1, "holding", 136, 8512) // 33.25 % / 256
	apc.set(1, "holding", 142, 230*64)
	apc.set(1, "holding", 144, 50*128)
	apc.set(1, "holding", 151, 14816) // 231.5 V / 64
	apc.set(1, "holding", 532, text("Smart-UPS 1500", 16)...)
	apc.set(1, "holding", 564, text("AS1234567890", 8)...)
}

// lifeSign moves LifeCheck (1010) and DataChange (1020), as the panel does.
func lifeSign(s *slave) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for n := 1; ; n++ {
			s.set(5, "input", 1010, n%65536)
			s.set(5, "input", 1020, n%65536)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	return sync.OnceFunc(func() { cancel(); <-ended })
}

func apcValues(t *testing.T, h *house) {
	t.Helper()
	poll(t, 30*time.Second, "the values of the UPS", func() error {
		got := h.readings("gw-maps/apc")
		for point, want := range map[string]float64{
			"runtime": 69136, "charge": 87, "battery_voltage": 54.5, "temperature": 26.5, "load": 33.25,
			"output_voltage": 230, "frequency": 50, "input_voltage": 231.5,
		} {
			r := got[devices.MakePointID("gw-maps", "apc", point)]
			if r.Value == nil || math.Abs(*r.Value-want) > 1e-9 || r.Quality != devices.Good {
				return fmt.Errorf("%s is %+v, want %v", point, r, want)
			}
		}
		for point, want := range map[string]string{"model": "Smart-UPS 1500", "serial": "AS1234567890"} {
			if r := got[devices.MakePointID("gw-maps", "apc", point)]; r.Text != want {
				return fmt.Errorf("%s is %+v, want %q", point, r, want)
			}
		}
		return nil
	})
}

// tellsOf counts "point kind active" in a journal.
func tellsOf(lines []line) map[string]int {
	found := map[string]int{}
	for _, l := range lines {
		if l.Point.Device() != devices.GatewayDevice {
			found[fmt.Sprintf("%s %s %v", l.Point, l.Kind, l.Active)]++
		}
	}
	return found
}

func sameCounts(want, got map[string]int) error {
	var wrong []string
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got[key] != want[key] {
			wrong = append(wrong, fmt.Sprintf("%s: %d times, want %d", key, got[key], want[key]))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if want[key] == 0 {
			wrong = append(wrong, fmt.Sprintf("%s: %d times, and it never happened", key, got[key]))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%s", strings.Join(wrong, "; "))
	}
	return nil
}

// mapCommands gives a command to three products; the slave only stores what is
// written, so that the test plays the panel's part after reading it back.
func mapCommands(t *testing.T, h *house, slaves map[string]*slave) {
	t.Helper()
	h.must(200, http.MethodPatch, "/api/v1/stations/"+station, map[string]any{"fire_commands": true}, nil)
	h.must(200, http.MethodPatch, "/api/v1/points/gw-maps/siemens.panel", map[string]any{"commands_allowed": true}, nil)
	slaves["siemens"].set(5, "input", 1100, 0x8000)
	h.waitShows("gw-maps/siemens.panel", "fire", devices.Good)

	for _, c := range []struct {
		point    devices.PointID
		verb     devices.Verb
		reason   string
		device   string
		unit     int
		table    string
		address  int
		want     int
		obey     func(*slave)
		readBack string
	}{
		{"gw-maps/siemens.panel", devices.Reset, "all clear", "siemens", 5, "holding", 25000, 14, func(s *slave) { s.set(5, "input", 1100, 0) }, "normal"},
		{"gw-maps/integriti.area1", devices.Arm, "", "integriti", 1, "coil", 1, 1, func(s *slave) { s.set(1, "discrete", 1, 1) }, "armed"},
		{"gw-maps/apc.ups", devices.Test, "", "apc", 1, "holding", 1541, 1, func(s *slave) { s.set(1, "holding", 0, 0x0000, 0x0082) }, "test"},
	} {
		s := slaves[c.device]
		if was := s.get(c.unit, c.table, c.address); was != 0 {
			t.Errorf("%s: %s %d was %d before the command", c.point, c.table, c.address, was)
		}
		id := h.press(c.point, c.verb, c.reason, "")
		waits(t, 10*time.Second, fmt.Sprintf("%s %d of %s is written", c.table, c.address, c.device), func() bool {
			return s.get(c.unit, c.table, c.address) == c.want
		})
		if now := h.command(id); now.State.Final() {
			t.Errorf("%s of %s is %s before the panel shows it", c.verb, c.point, now.State)
		}
		c.obey(s)
		done := h.settled(t, id)
		if done.State != devices.Confirmed || !strings.Contains(done.ReadBack, c.readBack) {
			t.Errorf("%s of %s: %+v, want confirmed with %s", c.verb, c.point, done, c.readBack)
		}
	}
}

// TestFaultsBeforeARealSlave gives each fault that pollers meet once to a panel of
// its own, all of one real slave behind one gateway. The spoilt frames carry fire:
// none may come through, each fault costs at most one failed read, and afterwards
// a real fire is seen.
func TestFaultsBeforeARealSlave(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	e := h.newEdge("gw-faults")
	var units []int
	for i := range faults {
		units = append(units, i+1)
	}
	s := newSlave(t, units...)
	spoilers := make([]*spoiler, len(faults))
	name := func(i int) string { return fmt.Sprintf("panel-%d", i+1) }
	for i := range faults {
		s.set(i+1, "holding", 0, 0x1400, 0x1400, 0x1400, 0x1400)
		spoilers[i] = newSpoiler(t, s.addr)
		e.device(name(i), "fire/honeywell-cgw-mb", spoilers[i].address(), fmt.Sprintf("unit: %d", i+1), "params: {detectors: 4}")
	}
	e.start()
	for i := range faults {
		h.waitShows(devices.MakePointID(e.id, name(i), "L1D4"), "normal", devices.Good)
	}
	before := make([]float64, len(faults))
	for i := range faults {
		before[i] = e.failedReads(t, spoilers[i])
	}
	for i, fault := range faults {
		spoilers[i].next(fault.spoil)
	}
	for i, fault := range faults {
		waits(t, 30*time.Second, fault.name+": the panel is read well again", spoilers[i].over)
	}
	for i, fault := range faults {
		if cost := e.failedReads(t, spoilers[i]) - before[i]; cost > float64(fault.fails) {
			t.Errorf("%s: cost %.0f failed reads, want at most %d", fault.name, cost, fault.fails)
		}
		for point, r := range h.readings(e.id + "/" + name(i)) {
			if point.Point() != "panel" && point.Device() == name(i) && strings.HasPrefix(point.Point(), "L1D") && (r.State != "normal" || r.Quality != devices.Good) {
				t.Errorf("%s: %s shows %q, %s", fault.name, point, r.State, r.Quality)
			}
		}
	}
	if told := tellsOf(h.journal(e.id)); len(told) > 0 {
		t.Errorf("faults of the line were told as %v", told)
	}
	want := map[string]int{}
	for _, active := range []bool{true, false} {
		for i := range faults {
			s.set(i+1, "holding", 1, map[bool]int{true: 0x0C05, false: 0x1400}[active])
			want[fmt.Sprintf("%s fire.alarm %v", devices.MakePointID(e.id, name(i), "L1D2"), active)]++
		}
		poll(t, 30*time.Second, "every panel is seen again", func() error { return sameCounts(want, tellsOf(h.journal(e.id))) })
	}
	// And the proof of the proof: the same frames, unspoilt otherwise, are believed.
	spoilers[0].next(func(s *spoilt) { s.send(s.frame()) })
	for n := 1; n <= 4; n++ {
		for _, active := range []bool{true, false} {
			want[fmt.Sprintf("%s fire.alarm %v", devices.MakePointID(e.id, name(0), fmt.Sprintf("L1D%d", n)), active)]++
		}
	}
	poll(t, 30*time.Second, "a frame that carries fire is believed", func() error { return sameCounts(want, tellsOf(h.journal(e.id))) })
	t.Logf("%d kinds of fault: no false alarm, at most one failed read each, every panel seen again", len(faults))
}

// failedReads is how many reads of a line have failed so far.
func (e *edge) failedReads(t testing.TB, p *spoiler) float64 {
	t.Helper()
	sum := 0.0
	for _, name := range []string{"line_timeouts_total", "line_bad_answers_total"} {
		n, err := e.figure(name + `{line="tcp://` + p.address() + `"`)
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}
