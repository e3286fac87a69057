package cameras

import (
	"errors"
	"testing"

	"guardroom/console/auth"
	"guardroom/devices"
)

func TestWhomACameraLets(t *testing.T) {
	t.Parallel()
	officer := auth.Operator{ID: "u1", Grants: []auth.Grant{{Role: auth.Officer, Station: "hq"}}}
	chief := auth.Operator{ID: "u2", Grants: []auth.Grant{{Role: auth.Chief, Station: auth.AllStations}}}
	elsewhere := auth.Operator{ID: "u3", Grants: []auth.Grant{{Role: auth.Officer, Station: "branch"}}}
	covering := auth.Operator{ID: "u4", Covers: []auth.Cover{{Station: "hq"}}}
	for _, tc := range []struct {
		name string
		s    CameraSettings
		by   auth.Operator
		want bool
	}{
		{"nobody has said anything", CameraSettings{}, officer, true},
		{"denied by role", CameraSettings{Deny: []string{"role:officer"}}, officer, false},
		{"denied by role, as another", CameraSettings{Deny: []string{"role:officer"}}, chief, true},
		{"denied by name", CameraSettings{Deny: []string{"u1"}}, officer, false},
		{"the role is that at another station", CameraSettings{Deny: []string{"role:officer"}}, elsewhere, true},
		{"restricted to others", CameraSettings{Restricted: true, Allow: []string{"role:chief"}}, officer, false},
		{"restricted to a role everywhere", CameraSettings{Restricted: true, Allow: []string{"role:chief"}}, chief, true},
		{"restricted to a person", CameraSettings{Restricted: true, Allow: []string{"u1"}}, officer, true},
		{"deny wins", CameraSettings{Restricted: true, Allow: []string{"u1"}, Deny: []string{"role:officer"}}, officer, false},
		{"who covers is an officer", CameraSettings{Deny: []string{"role:officer"}}, covering, false},
		{"an allow list without restriction keeps nobody out", CameraSettings{Allow: []string{"u9"}}, officer, true},
	} {
		if got := tc.s.lets(tc.by, "hq"); got != tc.want {
			t.Errorf("%s: %t, want %t", tc.name, got, tc.want)
		}
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	t.Parallel()
	for field, s := range map[string]CameraSettings{
		"allow":           {Restricted: true},
		"allow.0":         {Allow: []string{"role:king"}},
		"deny.1":          {Deny: []string{"u1", "a b"}},
		"points.0":        {Points: []devices.PointID{"nowhere"}},
		"retention_hours": {RetentionHours: -1},
		"alarm_preset":    {AlarmPreset: "a\x00b"},
	} {
		var invalid *InvalidError
		if err := s.validate(); !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	good := CameraSettings{Restricted: true, Allow: []string{"role:chief", "0197f000-0000-7000-8000-000000000000"}, Points: []devices.PointID{"g1/door-1.leaf"}, RetentionHours: 72}
	if err := good.validate(); err != nil {
		t.Error(err)
	}
}

func TestMovesThatCannotBe(t *testing.T) {
	t.Parallel()
	nan := 0.0
	nan /= nan
	for field, m := range map[string]PTZMove{
		"pan": {Action: "move", Pan: 1.1}, "tilt": {Action: "move", Tilt: nan}, "preset": {Action: "preset"}, "name": {Action: "save_preset"},
	} {
		var invalid *InvalidError
		if err := m.validate(); !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestAnnexBIsDivided(t *testing.T) {
	t.Parallel()
	got := annexB([]byte{0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 0, 1, 0x65, 9})
	if len(got) != 3 || len(got[0]) != 3 || len(got[1]) != 2 || len(got[2]) != 2 {
		t.Errorf("%x", got)
	}
	if len(annexB(nil))+len(annexB([]byte{1, 2, 3}))+len(annexB([]byte{0, 0, 1})) != 0 {
		t.Error("there is a unit in nothing")
	}
}
