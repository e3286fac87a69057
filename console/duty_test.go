package console_test

import (
	"testing"
	"time"

	"guardroom/console/auth"
	"guardroom/rosters"
)

// Somebody who was due an hour ago has not come: the console raises it, a relief
// mends the roster, and the board shows who stands.
func TestDutyFromTheRosterToTheAlarm(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Chief, auth.Planner)
	h.aRoster(t, 12)
	chief, officer := h.signIn(auth.Chief), h.signIn(auth.Officer)
	zone, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	// The shift that runs now has begun up to eight hours ago; one that has just begun is late only later.
	now := time.Now().In(zone)
	day, shift := rosters.DateOf(now), "D"
	switch hour := now.Hour(); {
	case hour < 6:
		day, shift = day.Add(-1), "N"
	case hour >= 22:
		shift = "N"
	case hour >= 14:
		shift = "E"
	}
	date := day.String()
	status, draft := chief.do("POST", "/rosters/hq/drafts", object{"name": "now", "from": date, "until": date})
	if status != 201 {
		t.Fatalf("begin: %d %v", status, draft)
	}
	at := "/rosters/hq/drafts/" + draft["id"].(string)
	if status, body := chief.do("POST", at+"/edits", object{"cells": []object{cell("o01", date, 0, object{"shift": shift, "post": "P1"})}}); status != 200 {
		t.Fatalf("edit: %d %v", status, body)
	}
	h.publish(t, chief, at)
	calendar := object{"week_start": 1, "night_from": "00:00", "night_to": "00:00", "night_least": 0, "firearm": "", "lead": 0, "grace": 0, "check_grace": 5, "alarms": true}
	if status, body := chief.do("PUT", "/rosters/hq/calendar", object{"version": 0, "item": calendar}); status != 200 {
		t.Fatalf("calendar: %d %v", status, body)
	}
	alarms := func(kind string) (n int) {
		_, list := officer.do("GET", "/alarms?station=hq", nil)
		for _, a := range list["items"].([]any) {
			if a := a.(object); a["kind"] == kind && a["state"] != "normal" && a["active"] != false {
				n++
			}
		}
		return n
	}
	eventually(t, "the no-show is an alarm", func() bool { return alarms("duty.no_show") == 1 && alarms("duty.post_empty") == 2 })
	_, board := officer.do("GET", "/duty/hq", nil)
	one := board["duties"].([]any)[0].(object)
	if one["presence"] != "no_show" {
		t.Fatalf("the board: %v", board)
	}
	note := object{"officer": "o01", "date": date, "shift": shift, "version": 0, "do": "stand"}
	if status, body := officer.do("POST", "/duty/hq/attendance", note); status != 200 || body["duties"].([]any)[0].(object)["presence"] != "on_post" {
		t.Fatalf("stand: %d %v", status, body)
	}
	if status, body := officer.do("POST", "/duty/hq/attendance", note); status != 409 {
		t.Errorf("noted by two at once: %d %v", status, body)
	}
	note["version"], note["do"] = 1, "release"
	if status, body := officer.do("POST", "/duty/hq/attendance", note); status != 409 || body["params"].(object)["reason"] != "unrelieved" {
		t.Errorf("leaves unrelieved: %d %v", status, body)
	}
	if status, body := officer.do("POST", "/duty/hq/calls", object{"post": "P1"}); status != 200 {
		t.Errorf("check call: %d %v", status, body)
	}
	// A sick officer: ways to mend it, and one that is put in force at once.
	status, reliefs := chief.do("POST", "/rosters/hq/reliefs", object{"leave": []object{{"id": "", "officer": "o01", "kind": "sick", "from": date, "until": date, "decision": "approved", "note": ""}}})
	if status != 200 {
		t.Fatalf("reliefs: %d %v", status, reliefs)
	}
}
