package store_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/rationale"
	"guardroom/console/reports"
	"guardroom/console/stations"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
	"guardroom/devices"
	"guardroom/gateway/link"
)

func chief() auth.Operator {
	return auth.Operator{ID: "u1", Name: "Chris Chief", Grants: []auth.Grant{{Role: auth.Chief, Station: "hq"}}}
}

// pointsOf puts points into the register as a birth would.
func pointsOf(t *testing.T, db *store.DB) {
	t.Helper()
	for _, sql := range []string{
		`INSERT INTO stations (id, name, time_zone) VALUES ('hq', 'HQ', 'Africa/Nairobi')`,
		`INSERT INTO gateways (id, station) VALUES ('g1', 'hq')`,
		`INSERT INTO devices (id, station, gateway, device, name, category) VALUES ('g1/doors-1', 'hq', 'g1', 'doors-1', 'Gate doors', 'access'), ('g1/fire-1', 'hq', 'g1', 'fire-1', 'Fire panel', 'fire')`,
		`INSERT INTO points (id, station, gateway, device, point, name, type, kinds, category) VALUES
			('g1/doors-1.door1', 'hq', 'g1', 'doors-1', 'door1', 'Gate A', 'enum', '{door.forced,door.held,door.opened,access.denied}', 'access'),
			('g1/doors-1.temp', 'hq', 'g1', 'doors-1', 'temp', 'Temperature', 'analog', '{env.threshold}', 'access'),
			('g1/fire-1.L1D1', 'hq', 'g1', 'fire-1', 'L1D1', 'Kitchen', 'enum', '{fire.alarm,fire.fault}', 'fire')`,
	} {
		if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

func ptr[V any](v V) *V { return &v }

func key(point, kind string) rationale.Key {
	return rationale.Key{Point: devices.PointID("g1/" + point), Kind: devices.Kind(kind)}
}

func TestRationaleIsSetWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	pointsOf(t, db)
	d := &rationale.Desk{Store: store.Rationale{DB: db}}
	ctx := t.Context()

	before, err := d.Of(ctx, chief(), key("doors-1.door1", "door.forced"))
	if err != nil || before.Response == "" || before.Priority != 2 || len(before.Own) != 0 {
		t.Fatalf("the shipped texts: %+v %v", before, err)
	}
	for field, c := range map[string]rationale.Change{
		"priority":    {Key: key("fire-1.L1D1", "fire.alarm"), Priority: ptr(3)},
		"on_delay_ms": {Key: key("fire-1.L1D1", ""), OnDelayMS: ptr(5000)},
		"deadband":    {Key: key("doors-1.temp", "env.threshold"), Deadband: ptr(2.5)},
		"point":       {Key: key("doors-1.door9", "door.forced"), Response: ptr("x")},
		"kind":        {Key: key("doors-1.door1", "fire.alarm"), Response: ptr("x")},
		"response":    {Key: key("doors-1.door1", "door.held"), Response: ptr(strings.Repeat("x", 3000))},
		"cameras":     {Key: key("doors-1.door1", "door.held"), Cameras: &[]string{"not an id"}},
	} {
		_, err := d.Set(ctx, chief(), "hq", []rationale.Change{{Key: key("doors-1.door1", "door.forced"), Response: ptr("never kept")}, c})
		var faults *rationale.FaultsError
		if !errors.As(err, &faults) || len(faults.Faults) != 1 || faults.Faults[0].Field != field || faults.Faults[0].Row != 2 {
			t.Errorf("%s: %v", field, err)
		}
	}
	if own, err := (store.Rationale{DB: db}).Own(ctx, "hq"); err != nil || len(own) != 0 {
		t.Fatalf("something was kept of what was refused: %v %v", own, err)
	}
	done, err := d.Set(ctx, chief(), "hq", []rationale.Change{
		{Key: key("doors-1.door1", ""), Procedure: ptr("SOP 12"), Cameras: &[]string{"C-01"}},
		{Key: key("doors-1.door1", "door.forced"), Priority: ptr(1), Response: ptr("  Run.  ")},
	})
	if err != nil || done.Changed != 2 {
		t.Fatalf("%+v %v", done, err)
	}
	after, err := d.Of(ctx, chief(), key("doors-1.door1", "door.forced"))
	if err != nil || after.Priority != 1 || after.Response != "Run." || after.Procedure != "SOP 12" || after.Cause != before.Cause || after.Version != 1 || after.ChangedBy != "Chris Chief" {
		t.Fatalf("%+v %v", after, err)
	}
	var stale *rationale.StaleError
	if _, err := d.Set(ctx, chief(), "hq", []rationale.Change{{Key: key("doors-1.door1", "door.forced"), Response: ptr("Walk.")}}); !errors.As(err, &stale) || stale.Now != 1 {
		t.Errorf("what somebody else has changed: %v", err)
	}
	changes, err := d.Changes(ctx, chief(), rationale.ChangesQuery{Station: "hq"})
	if err != nil || len(changes) != 2 || changes[0].ByName != "Chris Chief" || changes[0].Now["response"] != "Run." {
		t.Errorf("%+v %v", changes, err)
	}
	officer := auth.Operator{ID: "u2", Grants: []auth.Grant{{Role: auth.Officer, Station: "hq"}}}
	var forbidden *auth.ForbiddenError
	if _, err := d.Set(ctx, officer, "hq", nil); !errors.As(err, &forbidden) {
		t.Errorf("an officer sets: %v", err)
	}
}

func TestRationaleGoesOutAndComesIn(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	pointsOf(t, db)
	d := &rationale.Desk{Store: store.Rationale{DB: db}}
	ctx := t.Context()
	for _, format := range []reports.Format{reports.CSV, reports.XLSX} {
		var out bytes.Buffer
		if err := d.Export(ctx, chief(), rationale.Filter{Station: "hq"}, format, &out); err != nil {
			t.Fatal(err)
		}
		same, err := d.Import(ctx, chief(), "hq", out.Bytes(), true)
		if err != nil || same.Rows != 5 || same.Changed != 0 || len(same.Faults) != 0 {
			t.Fatalf("%s: what was exported changes something: %+v %v", format, same, err)
		}
	}
	sheet := "kind,point,response,priority\n" +
		"door.forced,g1/doors-1.door1,Look and run,1\n" +
		"fire.alarm,g1/fire-1.L1D1,,3\n" +
		"door.held,g1/doors-1.door1,Ask,soon\n"
	report, err := d.Import(ctx, chief(), "hq", []byte(sheet), false)
	if err != nil || report.Applied || len(report.Faults) != 2 || report.Faults[0].Row != 3 || report.Faults[0].Field != "priority" || report.Faults[1].Row != 4 {
		t.Fatalf("%+v %v", report, err)
	}
	if own, _ := (store.Rationale{DB: db}).Own(ctx, "hq"); len(own) != 0 {
		t.Fatalf("half applied: %v", own)
	}
	good := []byte(strings.ReplaceAll(strings.Replace(sheet, ",,3", ",,", 1), "soon", "2"))
	dry, err := d.Import(ctx, chief(), "hq", good, true)
	if err != nil || dry.Changed != 2 || dry.Applied {
		t.Fatalf("%+v %v", dry, err)
	}
	if own, _ := (store.Rationale{DB: db}).Own(ctx, "hq"); len(own) != 0 {
		t.Fatalf("a dry run keeps: %v", own)
	}
	done, err := d.Import(ctx, chief(), "hq", good, false)
	if err != nil || !done.Applied || done.Changed != 2 {
		t.Fatalf("%+v %v", done, err)
	}
	got, err := d.Of(ctx, chief(), key("doors-1.door1", "door.forced"))
	if err != nil || got.Response != "Look and run" || got.Priority != 1 {
		t.Errorf("%+v %v", got, err)
	}
	for _, bad := range []string{"point,kind\n", "kind,colour\nx,y\n", "point,point,kind\na,b,c\n"} {
		if _, err := d.Import(ctx, chief(), "hq", []byte(bad), true); err == nil {
			t.Errorf("taken: %q", bad)
		}
	}
}

// What the tables give the alarm machine is what the page shows.
func TestTheMachineTakesThePriorityThatThePageShows(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	pointsOf(t, db)
	d := &rationale.Desk{Store: store.Rationale{DB: db}}
	if _, err := d.Set(t.Context(), chief(), "hq", []rationale.Change{{Key: key("doors-1.door1", "door.forced"), Priority: ptr(1)}}); err != nil {
		t.Fatal(err)
	}
	rows, err := d.List(t.Context(), chief(), rationale.Filter{Station: "hq", Only: rationale.Touched})
	if err != nil || len(rows) != 1 || rows[0].Priority != 1 {
		t.Fatalf("%+v %v", rows, err)
	}
	if _, err := d.List(context.Background(), auth.Operator{}, rationale.Filter{Station: "hq"}); err == nil {
		t.Error("a stranger reads")
	}
}

// The rationale of a value shows its limit and dead band as its gateway tells them,
// and says where they are set.
func TestRationaleShowsTheLimitsOfAValue(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	pointsOf(t, db)
	ctx := t.Context()
	birth := func(limits ...devices.Limit) {
		t.Helper()
		r := stations.Record{ID: "g1", Station: "hq", Birth: &link.BirthMessage{Devices: []devices.Device{{ID: "ups-1", Category: "power", Points: []devices.Point{
			{ID: "temperature", Type: devices.Analog, Unit: "°C", Kinds: []devices.Kind{devices.EnvThreshold}, Limits: limits},
		}}}}}
		if err := (&store.Points{DB: db}).SaveBirth(ctx, r, audit.Entry{Action: "gateway.birth", Station: "hq"}); err != nil {
			t.Fatal(err)
		}
	}
	d := &rationale.Desk{Store: store.Rationale{DB: db}}
	k := key("ups-1.temperature", "env.threshold")
	refused := func(want string) {
		t.Helper()
		if _, err := d.Set(ctx, chief(), "hq", []rationale.Change{{Key: k, Deadband: ptr(2.0)}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a dead band here: %v, want %q", err, want)
		}
	}
	birth()
	refused("sets no limit")
	hot := devices.Limit{State: "hot", Kind: devices.EnvThreshold, Side: devices.Above, Alarm: 40, Clear: 38}
	birth(hot)
	refused("lets no site move them")
	hot.Alarm, hot.Own, hot.Adjustable = 35.5, true, &devices.Range{From: 25, To: 60}
	birth(hot, devices.Limit{State: "odd", Side: devices.Above, Alarm: 90, Clear: 80})
	refused("under limits of the point in its gateway's configuration")
	row, err := d.Of(ctx, chief(), k)
	if err != nil || row.Unit != "°C" || len(row.Limits) != 1 || row.Limits[0].Alarm != 35.5 || row.Limits[0].Clear != 38 || !row.Limits[0].Own || row.Limits[0].Adjustable.To != 60 {
		t.Errorf("%+v %v", row, err)
	}
	if row, err := d.Of(ctx, chief(), key("doors-1.door1", "door.forced")); err != nil || row.Limits == nil || len(row.Limits) != 0 {
		t.Errorf("a door: %+v %v", row, err)
	}
}
