package console_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"guardroom/console/auth"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// items reads a list.
func (b *browser) items(path string) []object {
	b.h.t.Helper()
	status, body := b.do("GET", path, nil)
	if status != 200 {
		b.h.t.Fatalf("GET %s: %d %v", path, status, body)
	}
	var all []object
	for _, one := range body["items"].([]any) {
		all = append(all, one.(object))
	}
	return all
}

func (b *browser) must(method, path string, body any, want int) object {
	b.h.t.Helper()
	status, got := b.do(method, path, body)
	if status != want {
		b.h.t.Fatalf("%s %s: %d %v, want %d", method, path, status, got, want)
	}
	return got
}

func (b *browser) alarm(kind string) object {
	for _, a := range b.items("/alarms?kind=" + kind) {
		return a
	}
	return nil
}

// zone draws up a zone of the fake panel.
func (b *browser) zone(points ...string) object {
	b.h.t.Helper()
	return b.must("POST", "/fire/zones", object{"station": "hq", "panel": "g1/fire-1", "number": 7, "name": "Kitchen", "points": points, "investigate_seconds": 60}, 201)
}

func TestPreAlarmIsLookedIntoAndDecided(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Supervisor, auth.Chief)
	g := h.gateway("s1")
	officer, supervisor, chief := h.signIn(auth.Officer), h.signIn(auth.Supervisor), h.signIn(auth.Chief)
	chief.zone("g1/fire-1.L1D1")
	live := officer.watch("/live", "")
	g.signal("fire-1.L1D1", devices.FirePrealarm, true)
	await(t, live, "investigation", has(`"state":"running"`, "Kitchen", "g1/fire-1.L1D1"))
	i := officer.items("/fire/investigations?open=true")[0]
	path := "/fire/investigations/" + i["id"].(string)
	if i["seconds"] != float64(60) {
		t.Errorf("the zone's time holds: %v", i["seconds"])
	}
	officer.must("POST", path+"/assign", object{"version": 1, "name": "Patrol 2"}, 200)
	officer.must("POST", path+"/extend", object{"version": 2, "reason": "stairs"}, 403)
	supervisor.must("POST", path+"/extend", object{"version": 1, "reason": "stairs"}, 409)
	supervisor.must("POST", path+"/extend", object{"version": 2, "reason": "stairs"}, 200)
	if again := supervisor.must("POST", path+"/extend", object{"version": 3, "reason": "more"}, 409); again["params"].(object)["reason"] != "extended" {
		t.Errorf("%v", again)
	}
	officer.must("POST", path+"/decide", object{"version": 3, "outcome": "false"}, 422)
	i = officer.must("POST", path+"/decide", object{"version": 3, "outcome": "real", "reason": "smoke seen"}, 200)
	if i["state"] != "decided" || i["investigator"] != "Patrol 2" {
		t.Errorf("%v", i)
	}
	await(t, live, "alarm", has("fire.reported", "smoke seen"))
	// A word said again is no error; another one is.
	officer.must("POST", path+"/decide", object{"version": 1, "outcome": "real"}, 200)
	officer.must("POST", path+"/decide", object{"version": 1, "outcome": "false", "reason": "toast"}, 409)
	// The pre-alarm that was decided on is not looked into anew.
	if open := officer.items("/fire/investigations?open=true"); len(open) != 0 {
		t.Errorf("%v", open)
	}
}

func TestInvestigationRunsOutAcrossARestart(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer)
	g := h.gateway("s1")
	officer := h.signIn(auth.Officer)
	g.signal("fire-1.L1D1", devices.FirePrealarm, true)
	var id string
	eventually(t, "an investigation runs", func() bool {
		open := officer.items("/fire/investigations?open=true")
		if len(open) == 1 {
			id = open[0]["id"].(string)
		}
		return len(open) == 1
	})
	// Its time is moved to now while the console is away.
	g.leave()
	h.stop()
	db := h.db()
	for _, sql := range []string{
		`UPDATE timers SET due = now() WHERE kind = 'fire.investigation'`,
		`UPDATE investigations SET doc = jsonb_set(doc, '{due_at}', to_jsonb(to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))`,
	} {
		if tag, err := db.Pool.Exec(t.Context(), sql); err != nil || tag.RowsAffected() != 1 {
			t.Fatalf("%s: %v %v", sql, tag, err)
		}
	}
	h2 := startOn(t, h.dsn)
	officer = h2.signIn(auth.Officer)
	eventually(t, "the alarm that nobody decided", func() bool {
		a := officer.alarm("fire.undecided")
		return a != nil && a["priority"] == float64(1) && a["life_safety"] == true && a["point"] == "g1/fire-1.L1D1"
	})
	i := officer.must("GET", "/fire/investigations/"+id, nil, 200)
	if i["state"] != "undecided" {
		t.Errorf("%v", i["state"])
	}
	// A late decision ends the alarm's condition.
	officer.must("POST", "/fire/investigations/"+id+"/decide", object{"version": i["version"], "outcome": "false", "reason": "toast"}, 200)
	eventually(t, "the condition ends", func() bool { a := officer.alarm("fire.undecided"); return a != nil && a["state"] == "returned" })
	a := officer.alarm("fire.undecided")
	officer.must("POST", "/alarms/"+a["id"].(string)+"/acknowledge", object{"version": a["version"]}, 200)
}

func TestFireEndsTheInvestigation(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer)
	g := h.gateway("s1")
	officer := h.signIn(auth.Officer)
	live := officer.watch("/live", "")
	g.signal("fire-1.L1D1", devices.FirePrealarm, true)
	await(t, live, "investigation", has(`"state":"running"`))
	g.signal("fire-1.L1D1", devices.FireAlarm, true)
	await(t, live, "investigation", has(`"gone":true`))
	done := officer.items("/fire/investigations?open=false")
	if len(done) != 1 || done[0]["outcome"] != "fire" || done[0]["other"] != "g1/fire-1.L1D1" {
		t.Errorf("%v", done)
	}
}

func TestWardenBoard(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Chief, auth.Auditor)
	g := h.gateway("s1")
	one, two, chief, auditor := h.signIn(auth.Officer), h.signIn(auth.Officer), h.signIn(auth.Chief), h.signIn(auth.Auditor)
	chief.zone("g1/fire-1.L1D1")
	chief.must("PUT", "/fire/settings", object{"station": "hq", "version": 0, "investigate_seconds": 180, "watch_minutes": 60, "assembly": []string{"Lawn"},
		"contacts": []object{{"role": "Engineer", "name": "P. O.", "phone": "120"}}}, 200)
	g.signal("fire-1.L1D1", devices.FireAlarm, true)
	eventually(t, "the fire", func() bool { return one.alarm("fire.alarm") != nil })
	fire := one.alarm("fire.alarm")["id"].(string)

	live := two.watch("/live", "")
	e := one.must("POST", "/fire/evacuations", object{"station": "hq", "building_name": "Block S", "alarm": fire}, 201)
	path := "/fire/evacuations/" + e["id"].(string)
	await(t, live, "evacuation", has("Block S", `"running":true`))
	if again := one.must("POST", "/fire/evacuations", object{"station": "hq", "building_name": "Block S"}, 409); again["params"].(object)["reason"] != "running" {
		t.Errorf("%v", again)
	}
	one.must("POST", "/fire/evacuations", object{"station": "hq", "building_name": "Block S", "drill": true}, 201)
	auditor.must("POST", path+"/log", object{"text": "I was here"}, 403)
	auditor.must("GET", path, nil, 200)

	// Two desks at one row: the second has not seen the first.
	one.must("POST", path+"/floors/whole", object{"version": 1, "state": "swept", "warden": "Bo"}, 200)
	stale := two.must("POST", path+"/floors/whole", object{"version": 1, "state": "not_reached"}, 409)
	if current := stale["params"].(object)["current"].(object); current["state"] != "swept" || current["warden"] != "Bo" {
		t.Errorf("%v", stale)
	}
	two.must("POST", path+"/floors/whole", object{"version": 2, "state": "open"}, 200) // undone, with a trace
	one.must("POST", path+"/people", object{"kind": "missing", "name": "A. N. Other", "where": "Level 1"}, 200)
	assembly := e["assembly"].([]any)[0].(object)
	one.must("POST", path+"/assembly/"+assembly["id"].(string), object{"version": 1, "count": 42}, 200)
	one.must("POST", path+"/service", object{"version": 1, "step": "called", "note": "112"}, 200)

	sheet := one.must("GET", "/fire/sheet/"+fire, nil, 200)
	text := fmt.Sprint(sheet)
	for _, word := range []string{"A. N. Other", "Kitchen", "Fire panel", "P. O.", "Europe/Vienna", "112"} {
		if !strings.Contains(text, word) {
			t.Errorf("the sheet lacks %q: %v", word, text)
		}
	}
	if missing := sheet["missing"].([]any); len(missing) != 0 {
		t.Errorf("missing on the sheet: %v", missing)
	}
	e = one.must("GET", path, nil, 200)
	var whats []string
	for n, l := range e["log"].([]any) {
		line := l.(object)
		if line["n"] != float64(n+1) || line["by_name"] == "" {
			t.Errorf("line %d: %v", n+1, line)
		}
		whats = append(whats, line["what"].(string))
	}
	if got := strings.Join(whats, " "); got != "started floor floor_undone person_added assembly_counted service" {
		t.Errorf("log: %s", got)
	}
	one.must("POST", path+"/close", object{"version": 2, "summary": "over"}, 409)
	one.must("POST", path+"/close", object{"version": e["version"], "summary": "over"}, 200)
	one.must("POST", path+"/log", object{"text": "late"}, 409)

	// What two desks see is what a restarted console shows.
	h.stop()
	h2 := startOn(t, h.dsn)
	boards := h2.signIn(auth.Officer).items("/fire/evacuations?open=true")
	if len(boards) != 1 || boards[0]["drill"] != true {
		t.Errorf("%v", boards)
	}
}

func TestZonesSayHowTheyStand(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Chief)
	g := h.gateway("s1")
	chief := h.signIn(auth.Chief)
	z := chief.zone("g1/fire-1.L1D1")
	chief.must("POST", "/fire/zones", object{"station": "hq", "panel": "g1/fire-1", "number": 7, "name": "Other"}, 409)
	chief.must("POST", "/fire/zones", object{"station": "hq", "panel": "g1/fire-1", "number": 8, "name": "Other", "points": []string{"g1/fire-1.L1D1"}}, 409)
	chief.must("POST", "/fire/zones", object{"station": "hq", "panel": "g1/door-1", "number": 8, "name": "Other"}, 422)
	chief.must("POST", "/fire/zones", object{"station": "hq", "panel": "g1/fire-1", "number": 8, "name": "Other", "place": "nowhere"}, 422)
	if s := chief.items("/fire/zones")[0]; s["state"] != "normal" {
		t.Errorf("%v", s)
	}
	g.signal("fire-1.L1D1", devices.FireFault, true)
	eventually(t, "fault", func() bool { return chief.items("/fire/zones")[0]["state"] == "fault" })
	g.signal("fire-1.L1D1", devices.FireAlarm, true)
	eventually(t, "fire", func() bool { return chief.items("/fire/zones")[0]["state"] == "fire" })
	g.say(link.Heartbeat, g.heartbeat(link.DeviceLost))
	eventually(t, "the panel cannot be heard", func() bool {
		p := chief.items("/fire/panels")[0]
		return p["lost"] == true
	})
	if s := chief.items("/fire/zones")[0]; s["state"] != "fire" || len(s["conditions"].([]any)) != 3 {
		t.Errorf("a fire stays in sight when the line is lost: %v", s)
	}
	chief.must("PATCH", "/fire/zones/"+z["id"].(string), object{"version": 9, "number": 7, "name": "Kitchens"}, 409)
	chief.must("PATCH", "/fire/zones/"+z["id"].(string), object{"version": 1, "number": 7, "name": "Kitchens"}, 200)
	chief.must("DELETE", "/fire/zones/"+z["id"].(string)+"?version=2", nil, 204)
}

func TestRegisters(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Supervisor, auth.Chief)
	g := h.gateway("s1")
	officer, supervisor := h.signIn(auth.Officer), h.signIn(auth.Supervisor)
	h.signIn(auth.Chief).zone("g1/fire-1.L1D1")
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	wish := object{"point": "g1/fire-1.L1D1", "mode": "test", "reason": "service visit", "until": in(time.Hour)}
	officer.must("POST", "/impairments", wish, 403)
	i := supervisor.must("POST", "/impairments", wish, 201)
	path := "/impairments/" + i["id"].(string)
	if i["zone_name"] != "Kitchen" || i["removed"] == "" || i["fire"] != true || i["watch_due"] != nil {
		t.Errorf("%v", i)
	}
	supervisor.must("POST", "/impairments", wish, 409)
	supervisor.must("POST", "/impairments", object{"point": "g1/fire-1.L1D1", "mode": "disabled", "reason": "x", "until": in(time.Hour), "command": true}, 422)

	// A fire on test shows in full and is marked; a fault is out of service.
	g.signal("fire-1.L1D1", devices.FireAlarm, true)
	g.signal("fire-1.L1D1", devices.FireFault, true)
	eventually(t, "the fire, marked", func() bool {
		a := officer.alarm("fire.alarm")
		return a != nil && a["state"] == "unacknowledged" && a["on_test"] == true
	})
	eventually(t, "the fault, out of service", func() bool {
		return len(officer.items("/alarms?kind=fire.fault&state=out_of_service")) == 1
	})
	beneath := officer.items("/alarms?kind=fire.fault&state=out_of_service")[0]
	live := officer.watch("/live", "")
	await(t, live, "snapshot", nil)
	prolonged := supervisor.must("POST", path+"/prolong", object{"version": 1, "until": in(2 * time.Hour), "reason": "longer"}, 200)
	if prolonged["removed"] != i["removed"] {
		t.Errorf("another removal took the place of the first: %v, was %v", prolonged["removed"], i["removed"])
	}
	// The fault stays out of service on every screen: it asks nobody in between.
	e := await(t, live, "alarm", has(beneath["id"].(string)))
	if !has(`"state":"out_of_service"`)(e.data) {
		t.Errorf("the fault asks for attention: %s", e.data)
	}
	var history []string
	for _, line := range officer.must("GET", "/alarms/"+beneath["id"].(string), nil, 200)["history"].([]any) {
		history = append(history, line.(object)["what"].(string)+" "+line.(object)["to"].(string))
	}
	if got := strings.Join(history, ", "); got != "raised out_of_service, removed out_of_service" {
		t.Errorf("history of the fault: %s", got)
	}
	supervisor.must("POST", path+"/end", object{"version": 1}, 409)
	supervisor.must("POST", path+"/end", object{"version": 2, "reason": "done"}, 200)
	eventually(t, "the fault shows", func() bool { return officer.alarm("fire.fault") != nil })
	_, told := supervisor.do("GET", path, nil)
	if lines := told["history"].([]any); len(lines) != 3 {
		t.Errorf("%v", lines)
	}
}

func TestThePanelsWordCounts(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Supervisor)
	g := h.gateway("s1")
	officer, supervisor := h.signIn(auth.Officer), h.signIn(auth.Supervisor)
	live := officer.watch("/live", "")
	g.signal("fire-1.L1D1", devices.FireDisablement, true)
	await(t, live, "impairment", has(`"source":"panel"`, `"mode":"disabled"`, `"panel":"active"`))
	i := officer.items("/impairments?open=true")[0]
	path := "/impairments/" + i["id"].(string)
	if i["watch_due"] == nil || i["until"] != nil {
		t.Errorf("a disabled fire point is walked: %v", i)
	}
	supervisor.must("POST", path+"/end", object{"version": 1, "reason": "it is fine"}, 409) // the panel says otherwise
	officer.must("POST", path+"/round", object{"remark": "all quiet"}, 200)

	// A round that nobody makes is an alarm; making it ends it. Across a restart.
	g.leave()
	h.stop()
	db := h.db()
	if _, err := db.Pool.Exec(t.Context(), `UPDATE timers SET due = now() WHERE kind = 'impairment.watch'`); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pool.Exec(t.Context(), `UPDATE impairments SET doc = jsonb_set(doc, '{watch_due}', to_jsonb(to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))`); err != nil {
		t.Fatal(err)
	}
	h2 := startOn(t, h.dsn)
	officer = h2.signIn(auth.Officer)
	eventually(t, "the overdue round", func() bool { return officer.alarm("fire.watch_overdue") != nil })
	officer.must("POST", path+"/round", object{}, 200)
	eventually(t, "it is walked", func() bool { return officer.alarm("fire.watch_overdue")["state"] == "returned" })

	// The panel puts the point back in service.
	g2 := h2.gateway("s2")
	g2.seq = g.seq
	g2.signal("fire-1.L1D1", devices.FireDisablement, false)
	eventually(t, "it has ended", func() bool { return len(officer.items("/impairments?open=true")) == 0 })
	if past := officer.items("/impairments?open=false"); len(past) != 1 || past[0]["ended"] != "panel" {
		t.Errorf("%v", past)
	}
}
