package console_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"guardroom/console/auth"
	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/gateway/link"
)

// hold waits for what the gateway is told to hold.
func (f *fake) hold(t *testing.T, what string, fits func(link.DesiredMessage) bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case m := <-f.desired:
			if fits(m) {
				return
			}
		case <-deadline:
			t.Fatalf("never told: %s", what)
		}
	}
}

func names(m link.DesiredMessage, p devices.PointID) bool {
	for _, l := range m.Lockdowns {
		for _, one := range l.Points {
			if one == p {
				return true
			}
		}
	}
	return false
}

const door = devices.PointID("g1/door-1.lock")

// withDoor brings a gateway in whose lock can be locked down.
func (h *house) withDoor(session string) *fake {
	g := h.gateway(session)
	birth := g.birth()
	birth.Devices[0].Points[0].Verbs = []devices.Verb{devices.Unlock, devices.Lock, devices.Access, devices.Lockdown, devices.LockdownRelease}
	birth.Devices[0].Points[0].States = []string{"locked", "unlocked", "blocked"}
	g.say(link.Birth, birth)
	eventually(h.t, "the lock is known", func() bool {
		a, err := h.desks.Stations.AccessPoint(door)
		return err == nil && len(a.Verbs) == 5 && a.Online
	})
	return g
}

func (f *fake) shows(states ...string) {
	f.say(link.Readings, link.ReadingsMessage{Readings: []devices.Reading{{Point: door, State: states[0], States: states, Quality: devices.Good, Observed: time.Now()}}})
}

func TestLockdownFromTheButtonToTheRelease(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Chief)
	g := h.withDoor("s1")
	officer, chief := h.signIn(auth.Officer), h.signIn(auth.Chief)

	// An escape door is never held, in a dry run neither.
	_, dry := officer.do("POST", "/lockdowns", object{"station": "hq", "dry_run": true})
	if state := dry["doors"].([]any)[0].(object)["state"]; state != "left_out" {
		t.Fatalf("an escape door is %v in a dry run", state)
	}
	_, blocked := officer.command(string(door), "lockdown", "k0")
	if blocked["state"] != "refused" || blocked["code"] != devices.RefusedEscapeDoor {
		t.Errorf("lockdown of an escape door: %v", blocked)
	}
	if status, body := officer.do("POST", "/doors/g1/door-1.lock/sign", object{"version": 0, "why": "the way out is next to it"}); status != 403 {
		t.Errorf("an officer signs: %d %v", status, body)
	}
	if status, body := chief.do("POST", "/doors/g1/door-1.lock/sign", object{"version": 0, "why": "the way out is next to it"}); status != 200 || body["escape"] != false {
		t.Fatalf("%d %v", status, body)
	}

	status, l := officer.do("POST", "/lockdowns", object{"station": "hq"}, "Idempotency-Key", "k1")
	if status != 201 {
		t.Fatalf("%d %v", status, l)
	}
	_, again := officer.do("POST", "/lockdowns", object{"station": "hq"}, "Idempotency-Key", "k1")
	if again["id"] != l["id"] {
		t.Errorf("the same press is another lockdown")
	}
	g.hold(t, "hold the door", func(m link.DesiredMessage) bool { return names(m, door) })
	c := g.next()
	if c.Verb != devices.Lockdown || c.Point != door {
		t.Fatalf("%+v", c)
	}
	g.answer(c, devices.Confirmed, "", "blocked")
	g.shows("blocked")
	path := "/lockdowns/" + l["id"].(string)
	state := func() any {
		_, now := officer.do("GET", path, nil)
		return now["doors"].([]any)[0].(object)["state"]
	}
	eventually(t, "the door obeyed", func() bool { return state() == "obeyed" })
	if _, body := officer.command(string(door), "unlock", "k2"); body["code"] != devices.RefusedLockedDown {
		t.Errorf("unlock of a held door: %v", body)
	}
	g.shows("locked") // somebody opens it at the controller
	eventually(t, "the door is seen not to obey", func() bool { return state() == "not_obeyed" })
	if status, body := officer.do("POST", path+"/reason", object{"reason": "a knife at the gate"}); status != 200 || body["reason"] != "a knife at the gate" {
		t.Errorf("%d %v", status, body)
	}

	// A fire: the gateway is told at once to hold nothing here.
	g.signal("fire-1.L1D1", devices.FireAlarm, true)
	g.hold(t, "hold nothing", func(m link.DesiredMessage) bool { return !names(m, door) })
	eventually(t, "a person is asked to release", func() bool {
		_, now := officer.do("GET", path, nil)
		return now["fire_active"] == true
	})
	if status, body := officer.do("POST", "/lockdowns", object{"station": "hq"}, "Idempotency-Key", "k3"); status != 409 || body["params"].(object)["reason"] != "fire" {
		t.Errorf("lockdown with a fire: %d %v", status, body)
	}
	g.signal("fire-1.L1D1", devices.FireAlarm, false)
	eventually(t, "the fire is over", func() bool {
		_, now := officer.do("GET", path, nil)
		return now["fire_active"] == false
	})
	if status, body := officer.do("POST", path+"/release", object{}); status != 200 {
		t.Fatalf("%d %v", status, body)
	}
	if c := g.next(); c.Verb != devices.LockdownRelease {
		t.Fatalf("%+v", c)
	} else {
		g.answer(c, devices.Confirmed, "", "locked")
	}
	eventually(t, "it is at an end", func() bool {
		_, now := officer.do("GET", path, nil)
		return now["state"] == "released"
	})
}

func TestALockdownOutlivesTheConsole(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Chief)
	h.withDoor("s1")
	chief := h.signIn(auth.Chief)
	if status, body := chief.do("POST", "/doors/g1/door-1.lock/sign", object{"version": 0, "why": "the way out is next to it"}); status != 200 {
		t.Fatalf("%d %v", status, body)
	}
	if status, body := chief.do("POST", "/lockdowns", object{"station": "hq"}, "Idempotency-Key", "k1"); status != 201 {
		t.Fatalf("%d %v", status, body)
	}
	h.stop()
	next := startOn(t, h.dsn)
	g := next.withDoor("s2")
	g.hold(t, "hold the door after the restart", func(m link.DesiredMessage) bool { return names(m, door) })
}

func TestTwoOfficers(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Supervisor, auth.Chief)
	g := h.withDoor("s1")
	officer, supervisor, chief := h.signIn(auth.Officer), h.signIn(auth.Supervisor), h.signIn(auth.Chief)
	if status, body := chief.do("PUT", "/door-policy/hq", object{"two_verbs": []string{"unlock"}, "two_release": true, "two_postures": true, "call_alarm": 60, "reason_within": 300, "version": 0}); status != 200 {
		t.Fatalf("%d %v", status, body)
	}
	if _, body := officer.command(string(door), "unlock", "k1"); body["code"] != devices.RefusedSecond {
		t.Errorf("one officer alone: %v", body)
	}
	ask := func(key string) string {
		status, body := officer.do("POST", "/doors/g1/door-1.lock/commands", object{"verb": "unlock"}, "Idempotency-Key", key)
		if status != 202 || body["command"] != nil {
			t.Fatalf("%d %v", status, body)
		}
		return "/approvals/" + body["approval"].(object)["id"].(string)
	}
	path := ask("k2")
	for _, body := range []object{{}, {"username": "officer", "password": password}} {
		if status, got := officer.do("POST", path+"/confirm", body); status != 409 || got["params"].(object)["reason"] != "same_person" {
			t.Errorf("the same officer: %d %v", status, got)
		}
	}
	if status, _ := officer.do("POST", path+"/confirm", object{"username": "supervisor", "password": "wrong"}); status != 401 {
		t.Errorf("a wrong password: %d", status)
	}
	eventually(t, "the second officer confirms at the same desk", func() bool {
		status, got := officer.do("POST", path+"/confirm", object{"username": "supervisor", "password": password})
		return status == 200 && got["state"] == "done"
	})
	g.answer(g.next(), devices.Confirmed, "", "unlocked")
	if status, _ := supervisor.do("POST", path+"/confirm", object{}); status != 409 {
		t.Errorf("twice: %d", status)
	}
	path = ask("k3")
	if status, got := supervisor.do("POST", path+"/confirm", object{}); status != 200 || got["second_name"] != "supervisor" {
		t.Errorf("from the own session: %d %v", status, got)
	}
	g.answer(g.next(), devices.Confirmed, "", "unlocked")
	_, record := chief.do("GET", "/audit?limit=200", nil)
	said := fmt.Sprint(record["items"])
	for _, action := range []string{"approval.ask", "approval.give", "command.request"} {
		if !strings.Contains(said, action) {
			t.Errorf("the record has no %s", action)
		}
	}
}

func TestIntercomCall(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer)
	g := h.withDoor("s1")
	officer := h.signIn(auth.Officer)
	calls := officer.watch("/live", "")
	say := func(active, historical bool) {
		g.seq++
		now := time.Now()
		payload, err := link.EncodeSignals("hq", []devices.Signal{{
			Point: "g1/door-1.leaf", Kind: devices.IntercomCall, Active: active, Occurred: now, Observed: now, Clock: devices.Synced, State: "calling", Epoch: 1, Seq: g.seq, Historical: historical,
		}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := t.Context(), func() {}
		defer cancel()
		if err := g.client.Publish(ctx, mqtt.Message{Topic: topic(link.Signals), Payload: payload, QoS: 1}); err != nil {
			t.Fatal(err)
		}
	}
	say(true, false)
	await(t, calls, "call", has(`"state":"ringing"`))
	_, list := officer.do("GET", "/calls?station=hq", nil)
	id := list["items"].([]any)[0].(object)["id"].(string)
	if status, body := officer.do("POST", "/calls/"+id+"/answer", object{}); status != 200 || body["state"] != "answered" || body["by_name"] != "officer" {
		t.Fatalf("%d %v", status, body)
	}
	if status, body := officer.do("POST", "/calls/"+id+"/open", nil, "Idempotency-Key", "k1"); status != 409 || body["params"].(object)["reason"] != "no_door" {
		t.Errorf("no door was set: %d %v", status, body)
	}
	say(false, false)
	await(t, calls, "call", has(`"gone":true`))
	// Told after the fact it is a missed call, and rings nowhere.
	say(true, true)
	await(t, calls, "call", has(`"state":"missed"`))
	if _, alarms := officer.do("GET", "/alarms", nil); len(alarms["items"].([]any)) != 0 {
		t.Errorf("a call is an alarm by itself: %v", alarms)
	}
}
