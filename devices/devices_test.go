package devices_test

import (
	"strings"
	"testing"
	"time"

	"guardroom/devices"
)

func TestPointIDParts(t *testing.T) {
	t.Parallel()
	id := devices.MakePointID("gw-1", "fire-1", "L1.D3")
	if id != "gw-1/fire-1.L1.D3" || id.Gateway() != "gw-1" || id.Device() != "fire-1" || id.Point() != "L1.D3" || id.Local() != "fire-1.L1.D3" {
		t.Errorf("%q has parts %q %q %q", id, id.Gateway(), id.Device(), id.Point())
	}
	for _, bad := range []devices.PointID{"", "gw-1", "gw-1/fire-1", "/fire-1.a", "gw-1/.a", "gw-1/fire-1.", "gw-1/fire-1.a/b", "gw 1/fire.a", devices.PointID("g/" + strings.Repeat("d", 65) + ".p")} {
		if bad.Validate() == nil {
			t.Errorf("%q was taken for a point", bad)
		}
	}
	if err := id.Validate(); err != nil {
		t.Error(err)
	}
}

func TestVocabulary(t *testing.T) {
	t.Parallel()
	for _, k := range devices.Kinds() {
		info := k.Info()
		if info.Alarm != (info.Priority > 0) {
			t.Errorf("%s: an alarm has a priority, and only an alarm", k)
		}
		if info.LifeSafety && info.Priority != 1 {
			t.Errorf("%s concerns life and has priority %d", k, info.Priority)
		}
		if !devices.ValidID(string(k)) {
			t.Errorf("%s cannot travel", k)
		}
	}
	for _, k := range []devices.Kind{devices.FireAlarm, devices.Duress, devices.Panic, devices.MedicalAlarm} {
		if !k.Info().LifeSafety {
			t.Errorf("%s must be priority 1 and pinned", k)
		}
	}
	if info := devices.Kind("laser.tripped").Info(); !info.Alarm || info.Priority == 0 {
		t.Error("an unknown kind must alarm")
	}
	if p := devices.DefaultPriority(devices.CommsLost, "fire"); p != 2 {
		t.Errorf("a lost fire line has priority %d, want 2 (high)", p)
	}
}

func TestSignalValidate(t *testing.T) {
	t.Parallel()
	good := devices.Signal{Point: "g/d.p", Kind: devices.DoorForced, Observed: time.Unix(1, 0)}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for field, spoil := range map[string]func(*devices.Signal){
		"point":    func(s *devices.Signal) { s.Point = "p" },
		"kind":     func(s *devices.Signal) { s.Kind = "" },
		"observed": func(s *devices.Signal) { s.Observed = time.Time{} },
	} {
		s := good
		spoil(&s)
		err, _ := s.Validate().(interface{ InvalidField() string })
		if err == nil || err.InvalidField() != field {
			t.Errorf("without %s: %v", field, s.Validate())
		}
	}
}

func TestOutcomeFinal(t *testing.T) {
	t.Parallel()
	for o, want := range map[devices.Outcome]bool{
		devices.Requested: false, devices.Sent: false,
		devices.Confirmed: true, devices.Refused: true, devices.TimedOut: true, devices.Unknown: true,
	} {
		if o.Final() != want {
			t.Errorf("%s final = %v", o, !want)
		}
	}
}
