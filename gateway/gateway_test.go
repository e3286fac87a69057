package gateway

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/gateway/link"
	"guardroom/simulators/modbusd"
)

const (
	honeywell = "fire/honeywell-cgw-mb"
	siemens   = "fire/siemens-nk8237"
	integriti = "intrusion/integriti"
	apc       = "power/apc-smartups"
)

func TestFireReachesTheConsole(t *testing.T) {
	t.Parallel()
	fire := startPanel(t, honeywell, nil)
	w := newWorld(t)
	w.device("fire-1", honeywell, fire.Addr(), "points: {L1D3: {name: Kitchen, priority: 1}}")
	w.start()
	c := w.console
	eventually(t, "the panel is up", func() bool {
		ok := false
		c.locked(func() { ok = c.readings["gw/fire-1.L1D3"].State == "normal" })
		return ok
	})
	at := time.Now()
	fire.show(t, "L1D3", "fire")
	var first heard
	eventually(t, "the fire arrives", func() bool {
		found := false
		c.locked(func() {
			for _, h := range c.all {
				if h.Kind == devices.FireAlarm && h.Active && !found {
					first, found = h, true
				}
			}
		})
		return found
	})
	took := first.at.Sub(at)
	t.Logf("fire to console in %s on %s", took, first.lane)
	if first.Point != "gw/fire-1.L1D3" || first.State != "fire" || first.Historical || took > 1500*time.Millisecond+raceAllowance {
		t.Errorf("first is %+v after %s", first, took)
	}
	fire.show(t, "L1D3", "normal")
	eventually(t, "the restore arrives", func() bool { return len(c.signals(devices.FireAlarm)) == 2 })
	if s := c.signals(devices.FireAlarm)[1]; s.Active {
		t.Errorf("second is %+v, want a restore", s)
	}
	lanes := map[link.Channel]int{}
	eventually(t, "both lanes carry it", func() bool {
		clear(lanes)
		c.locked(func() {
			for _, h := range c.all {
				if h.Kind == devices.FireAlarm {
					lanes[h.lane]++
				}
			}
		})
		return lanes[link.Alarms] == 2 && lanes[link.Signals] == 2
	})
	c.locked(func() {
		birth := c.births[0]
		if birth.Gateway != "gw" || birth.Epoch == 0 || len(birth.Devices) != 1 || birth.Config == "" {
			t.Errorf("birth %+v", birth)
		}
		for _, p := range birth.Devices[0].Points {
			if p.ID == "L1D3" && (p.Name != "Kitchen" || p.Priority != 1) {
				t.Errorf("point %+v", p)
			}
		}
		if len(c.beats) == 0 || c.statuses[0].State != link.Online || c.statuses[0].Session != birth.Session {
			t.Errorf("heartbeats %d, status %+v", len(c.beats), c.statuses[0])
		}
	})
}

// TestRestart stops the gateway while things happen: what was known is not told
// again, what is new is told once, what ended is restored once.
func TestRestart(t *testing.T) {
	t.Parallel()
	fire := startPanel(t, honeywell, nil)
	w := newWorld(t)
	w.device("fire-1", honeywell, fire.Addr())
	stop := w.start()
	fire.show(t, "L1D1", "fire")
	fire.show(t, "L1D2", "fire")
	eventually(t, "two fires", func() bool { return len(w.console.signals(devices.FireAlarm)) == 2 })
	stop()
	w.console.locked(func() {
		last := w.console.statuses[len(w.console.statuses)-1]
		if last.State != link.Offline || last.Session != w.console.births[0].Session {
			t.Errorf("last status %+v", last)
		}
	})
	fire.show(t, "L1D2", "normal")
	fire.show(t, "L1D3", "fire")
	w.start()
	eventually(t, "the new fire and the restore", func() bool { return len(w.console.signals(devices.FireAlarm)) >= 4 })
	fire.show(t, "L1D4", "fire") // behind it nothing else is on its way
	eventually(t, "one more", func() bool {
		all := w.console.signals(devices.FireAlarm)
		return all[len(all)-1].Point == "gw/fire-1.L1D4"
	})
	var got []string
	for _, s := range w.console.signals(devices.FireAlarm) {
		got = append(got, fmt.Sprint(s.Point.Point(), " ", s.Active))
	}
	want := map[string]int{"L1D1 true": 1, "L1D2 true": 1, "L1D2 false": 1, "L1D3 true": 1, "L1D4 true": 1}
	have := map[string]int{}
	for _, g := range got {
		have[g]++
	}
	if fmt.Sprint(have) != fmt.Sprint(want) {
		t.Errorf("signals %v", got)
	}
	if w.console.doubled != 0 {
		t.Errorf("%d numbers were given twice", w.console.doubled)
	}
}

func params(zones int) map[string]any {
	return map[string]any{"zones": zones, "life_sign": false, "data_change": false}
}

// TestSlowConfirms lets the console be silent and then confirm: the spool keeps
// everything until then, and gives it up afterwards.
func TestSlowConfirms(t *testing.T) {
	t.Parallel()
	fire := startPanel(t, honeywell, nil)
	w := newWorld(t)
	w.console.locked(func() { w.console.silent = true })
	w.device("fire-1", honeywell, fire.Addr())
	stop := w.start()
	fire.show(t, "L1D1", "fire")
	eventually(t, "the fire", func() bool { return len(w.console.signals(devices.FireAlarm)) == 1 })
	stop()
	w.console.locked(func() { w.console.all = nil })
	w.start()
	eventually(t, "what was not confirmed comes again, marked historical", func() bool {
		found := false
		w.console.locked(func() {
			for _, h := range w.console.all {
				found = found || h.Kind == devices.FireAlarm && h.Historical
			}
		})
		return found
	})
	w.console.locked(func() { w.console.silent = false })
	eventually(t, "nothing waits", func() bool {
		done := false
		w.console.locked(func() { done = len(w.console.beats) > 0 })
		return done && len(w.console.signals(devices.FireAlarm)) == 1
	})
}

// TestLostLine takes a line with two units away: one alarm names the line, the
// other device's alarm names the first.
func TestLostLine(t *testing.T) {
	t.Parallel()
	p := startPanel(t, siemens, params(8))
	for _, write := range p.compiled.Rest() {
		for i, v := range write.Values {
			if err := p.Set(6, modbusd.Table(write.Table), write.Address+uint16(i), v); err != nil {
				t.Fatal(err)
			}
		}
	}
	w := newWorld(t)
	w.extra = "supervision: {lost_after: 1s, alarm_after: 3s}\n"
	for i, unit := range []int{5, 6} {
		w.device(fmt.Sprintf("fire-%d", i+1), siemens, p.Addr(), fmt.Sprintf("unit: %d", unit), "params: {zones: 8, life_sign: false, data_change: false}")
	}
	w.start()
	eventually(t, "both are up", func() bool {
		up := 0
		w.console.locked(func() {
			for _, r := range w.console.readings {
				if r.Point.Point() == "zone1" && r.Quality == devices.Good {
					up++
				}
			}
		})
		return up == 2
	})
	if err := p.SetFault("silent"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "two alarms", func() bool { return len(w.console.signals(devices.CommsLost)) == 2 })
	var leads, follows int
	for _, s := range w.console.signals(devices.CommsLost) {
		if s.Detail["cause"] == "line" && s.Detail["devices"] == "fire-1 fire-2" && s.Point == "gw/fire-1.comms" {
			leads++
		}
		if s.Detail["caused_by"] == "gw/fire-1.comms" {
			follows++
		}
	}
	if leads != 1 || follows != 1 {
		t.Errorf("signals %+v", w.console.signals(devices.CommsLost))
	}
	if err := p.SetFault("none"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "both restore", func() bool { return len(w.console.signals(devices.CommsLost)) == 4 })
	for _, s := range w.console.signals(devices.FireAlarm, devices.FireFault) {
		t.Errorf("silence gave %+v", s)
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	ups, fire := startPanel(t, integriti, nil), startPanel(t, siemens, params(8))
	w := newWorld(t)
	w.device("intrusion-1", integriti, ups.Addr())
	w.device("fire-1", siemens, fire.Addr(), "params: {zones: 8, life_sign: false, data_change: false}")
	w.start()
	c := w.console
	eventually(t, "both answer", func() bool {
		n := 0
		c.locked(func() { n = len(c.readings) })
		return n > 10
	})
	var area string
	for _, p := range ups.compiled.Points {
		for _, v := range p.Verbs {
			if v == devices.Arm && area == "" {
				area = p.ID
			}
		}
	}
	point := devices.PointID("gw/intrusion-1." + area)
	check := func(name string, r devices.Receipt, outcome devices.Outcome, code string) {
		t.Helper()
		if r.Outcome != outcome || r.Code != code || outcome != devices.Confirmed && r.Text == "" {
			t.Errorf("%s: %+v, want %s %s", name, r, outcome, code)
		}
	}
	check("arm", c.command(devices.Command{ID: "1", Point: point, Verb: devices.Arm}), devices.Confirmed, "")
	before := ups.commanded()
	check("arm again with the same id", c.command(devices.Command{ID: "1", Point: point, Verb: devices.Arm}), devices.Confirmed, "")
	if ups.commanded() != before {
		t.Error("the device was asked twice")
	}
	past := time.Now().Add(-time.Second)
	check("expired", c.command(devices.Command{ID: "2", Point: point, Verb: devices.Disarm, Deadline: past}), devices.Refused, devices.RefusedExpired)
	check("no such verb", c.command(devices.Command{ID: "3", Point: point, Verb: devices.Silence}), devices.Refused, devices.RefusedNoSuchVerb)
	check("no such point", c.command(devices.Command{ID: "4", Point: "gw/intrusion-1.nothing", Verb: devices.Arm}), devices.Refused, devices.RefusedNoSuchPoint)
	check("off by default", c.command(devices.Command{ID: "5", Point: "gw/fire-1.panel", Verb: devices.Reset}), devices.Refused, devices.RefusedNotAllowed)
	fire.show(t, "panel", "fire")
	check("allowed with a reason", c.command(devices.Command{ID: "6", Point: "gw/fire-1.panel", Verb: devices.Reset, Allowed: true, Reason: "drill"}), devices.Confirmed, "")
	if before != ups.commanded() {
		t.Error("a refused command reached the device")
	}
	ups.mu.Lock()
	ups.deaf = true
	ups.mu.Unlock()
	check("deaf device", c.command(devices.Command{ID: "8", Point: point, Verb: devices.Disarm}), devices.TimedOut, devices.TimedOutReadBack)
	ups.mu.Lock()
	ups.deaf = false
	ups.mu.Unlock()
	// The answer is lost: one frame went out, and the state tells.
	before = ups.commanded()
	if err := ups.SetFault("lost_answers*1"); err != nil {
		t.Fatal(err)
	}
	r := c.command(devices.Command{ID: "9", Point: point, Verb: devices.Disarm})
	if r.Outcome != devices.Confirmed || ups.commanded() != before+1 {
		t.Errorf("lost answer: %+v after %d writes", r, ups.commanded()-before)
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	p := startPanel(t, apc, nil)
	w := newWorld(t)
	w.extra = "read_only: true\n"
	w.device("ups-1", apc, p.Addr())
	w.start()
	eventually(t, "connected", func() bool {
		ok := false
		w.console.locked(func() { ok = len(w.console.beats) > 0 })
		return ok
	})
	r := w.console.command(devices.Command{ID: "1", Point: "gw/ups-1.ups", Verb: devices.Mute})
	if r.Outcome != devices.Refused || r.Code != devices.RefusedReadOnly || p.commanded() != 0 {
		t.Errorf("receipt %+v after %d writes", r, p.commanded())
	}
}

// TestLatency measures from the register to the console over twenty fires.
func TestLatency(t *testing.T) {
	w := newWorld(t)
	p := startPanel(t, "test/fast", nil)
	w.device("fire-1", "test/fast", p.Addr())
	w.extra = "metrics: 127.0.0.1:0\n"
	w.start()
	w.waitReading("gw/fire-1.zone1", devices.Good)
	var took []time.Duration
	for n := range 20 {
		point := devices.PointID(fmt.Sprint("gw/fire-1.zone", n+1))
		at := time.Now()
		p.show(t, point.Point(), "fire")
		eventually(t, "the fire", func() bool {
			found := false
			w.console.locked(func() {
				for _, h := range w.console.all {
					if h.Point == point && !found {
						took, found = append(took, h.at.Sub(at)), true
					}
				}
			})
			return found
		})
	}
	slices.Sort(took)
	t.Logf("register to console at a poll of 100 ms: p50 %s, max %s", took[10], took[19])
	if took[10] > 200*time.Millisecond+raceAllowance {
		t.Errorf("half of the fires took more than %s", took[10])
	}
}

// TestMissingUnit has a line with one unit that is not there: that unit is lost
// alone.
func TestMissingUnit(t *testing.T) {
	t.Parallel()
	p := startPanel(t, siemens, params(8))
	w := newWorld(t)
	w.extra = "supervision: {lost_after: 1s, alarm_after: 3s}\n"
	for i, unit := range []int{5, 6} {
		w.device(fmt.Sprintf("fire-%d", i+1), siemens, p.Addr(), fmt.Sprintf("unit: %d", unit), "params: {zones: 8, life_sign: false, data_change: false}")
	}
	w.start()
	eventually(t, "the alarm", func() bool { return len(w.console.signals(devices.CommsLost)) == 1 })
	if s := w.console.signals(devices.CommsLost)[0]; s.Point != "gw/fire-2.comms" || s.Detail != nil {
		t.Errorf("signal %+v", s)
	}
	w.waitReading("gw/fire-1.zone1", devices.Good)
}
