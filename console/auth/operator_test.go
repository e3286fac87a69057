package auth_test

import (
	"slices"
	"testing"

	"guardroom/console/auth"
)

func TestMay(t *testing.T) {
	t.Parallel()
	nairobi := auth.Operator{Grants: []auth.Grant{{Role: auth.Officer, Station: "nairobi"}, {Role: auth.Division, Station: auth.AllStations}}}
	for _, tc := range []struct {
		p       auth.Permission
		station string
		want    bool
	}{
		{auth.AlarmsAcknowledge, "nairobi", true},
		{auth.AlarmsAcknowledge, "geneva", false},
		{auth.AlarmsRead, "geneva", true},
		{auth.FireCommand, "nairobi", false},
		{auth.UsersManage, auth.AllStations, false},
	} {
		if err := nairobi.May(tc.p, tc.station); (err == nil) != tc.want {
			t.Errorf("May(%s, %s) = %v", tc.p, tc.station, err)
		}
	}
	if all, ids := nairobi.Stations(auth.AlarmsAcknowledge); all || !slices.Equal(ids, []string{"nairobi"}) {
		t.Errorf("acknowledges at %v %v", all, ids)
	}
	if all, _ := nairobi.Stations(auth.AlarmsRead); !all {
		t.Error("division reads everywhere")
	}
}

func TestAdministratorsDoNotOperate(t *testing.T) {
	t.Parallel()
	admin := auth.Operator{Grants: []auth.Grant{{Role: auth.Admin, Station: auth.AllStations}}}
	for _, p := range []auth.Permission{auth.AlarmsAcknowledge, auth.DoorsCommand, auth.PanelsCommand, auth.FireCommand} {
		if admin.May(p, "nairobi") == nil {
			t.Errorf("an administrator may %s", p)
		}
	}
	for _, r := range auth.Roles() {
		if !r.Valid() || len(r.Permissions()) == 0 {
			t.Errorf("role %s has no permissions", r)
		}
	}
}

func TestScope(t *testing.T) {
	t.Parallel()
	two := auth.Operator{Grants: []auth.Grant{{Role: auth.Officer, Station: "nairobi"}, {Role: auth.Auditor, Station: "geneva"}}}
	everywhere := auth.Operator{Grants: []auth.Grant{{Role: auth.Auditor, Station: auth.AllStations}}}
	for _, tc := range []struct {
		name    string
		by      auth.Operator
		p       auth.Permission
		station string
		want    []string
		refused bool
	}{
		{"all of one's own", two, auth.SignalsRead, "", []string{"geneva", "nairobi"}, false},
		{"only where one may", two, auth.AuditRead, "", []string{"geneva"}, false},
		{"the one named", two, auth.SignalsRead, "nairobi", []string{"nairobi"}, false},
		{"a foreign one", two, auth.SignalsRead, "vienna", nil, true},
		{"named without the right there", two, auth.AuditRead, "nairobi", nil, true},
		{"nowhere", two, auth.UsersManage, "", nil, true},
		{"nobody", auth.Operator{}, auth.AlarmsRead, "", nil, true},
		{"everywhere", everywhere, auth.AuditRead, "", nil, false},
		{"everywhere, one named", everywhere, auth.AuditRead, "vienna", []string{"vienna"}, false},
	} {
		got, err := tc.by.Scope(tc.p, tc.station)
		if (err != nil) != tc.refused || !tc.refused && !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, %v", tc.name, got, err)
		}
	}
}
