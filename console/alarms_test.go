package console_test

import (
	"fmt"
	"testing"
	"time"

	"guardroom/console/auth"
	"guardroom/devices"
)

// theAlarm is the newest alarm of a point, once there is one in a state.
func (b *browser) theAlarm(point, state string) object {
	b.h.t.Helper()
	var found object
	eventually(b.h.t, fmt.Sprintf("%s is %s", point, state), func() bool {
		_, list := b.do("GET", "/alarms?limit=1&suppressed=true&state="+state+"&point=g1%2F"+point, nil)
		items, _ := list["items"].([]any)
		if len(items) == 0 {
			return false
		}
		found = items[0].(object)
		return true
	})
	return found
}

// act does something with an alarm as it was seen.
func (b *browser) act(a object, what string, more object) (int, object) {
	b.h.t.Helper()
	body := object{"version": a["version"]}
	for k, v := range more {
		body[k] = v
	}
	return b.do("POST", "/alarms/"+a["id"].(string)+"/"+what, body)
}

func reasonOf(body object) any {
	params, _ := body["params"].(object)
	return params["reason"]
}

// TestAnAlarmFromPickUpToClosing walks an alarm of a door through two officers'
// hands, as the screens would.
func TestAnAlarmFromPickUpToClosing(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Supervisor)
	g := h.gateway("s1")
	officer, supervisor := h.signIn(auth.Officer), h.signIn(auth.Supervisor)
	events := officer.watch("/live", "")
	await(t, events, "snapshot", nil)
	g.signal("door-1.leaf", devices.DoorOpened, true)
	g.signal("door-1.leaf", devices.DoorForced, true)
	a := officer.theAlarm("door-1.leaf", "unacknowledged")
	if a["beneath"] != "unacknowledged" || a["owner"] != nil || a["close_needed"] != true || a["finish_at"] == nil || a["on_test"] != false {
		t.Errorf("as it was raised: %v", a)
	}
	status, taken := officer.act(a, "respond", nil)
	if owner, _ := taken["owner"].(object); status != 200 || taken["state"] != "acknowledged" || owner["by"] != h.ids[auth.Officer] {
		t.Fatalf("respond: %d %v", status, taken)
	}
	await(t, events, "alarm", has(`"state":"acknowledged"`, `"by":"`+h.ids[auth.Officer]+`"`))
	if status, again := officer.act(a, "respond", nil); status != 200 || again["version"] != taken["version"] {
		t.Errorf("respond again: %d %v", status, again)
	}
	if status, body := supervisor.act(taken, "take", nil); status != 409 || body["code"] != "conflict" || reasonOf(body) != "owned" {
		t.Errorf("another takes it: %d %v", status, body)
	}
	if status, body := supervisor.act(taken, "respond", nil); status != 409 || reasonOf(body) != "owned" {
		t.Errorf("another responds: %d %v", status, body)
	}
	if status, body := supervisor.act(object{"id": taken["id"], "version": 99}, "take", object{"take_over": true}); status != 409 || body["code"] != "stale" {
		t.Errorf("a version to come: %d %v", status, body)
	}
	status, over := supervisor.act(taken, "take", object{"take_over": true})
	if owner, _ := over["owner"].(object); status != 200 || owner["by"] != h.ids[auth.Supervisor] {
		t.Fatalf("take over: %d %v", status, over)
	}
	if status, body := officer.act(over, "give-back", nil); status != 409 || reasonOf(body) != "owned" {
		t.Errorf("another gives it back: %d %v", status, body)
	}
	if status, body := supervisor.act(over, "close", object{"disposition": "false"}); status != 409 || body["code"] != "condition" {
		t.Errorf("closed while it holds: %d %v", status, body)
	}
	g.signal("door-1.leaf", devices.DoorForced, false)
	ended := officer.theAlarm("door-1.leaf", "normal")
	if status, body := supervisor.act(ended, "close", object{"disposition": "false"}); status != 409 || reasonOf(body) != "door_open" {
		t.Errorf("closed while the door is open: %d %v", status, body)
	}
	g.signal("door-1.leaf", devices.DoorOpened, false)
	_, closing := officer.do("GET", "/alarms?closing=true&station=hq", nil)
	if items := closing["items"].([]any); len(items) != 1 {
		t.Errorf("to close: %v", items)
	}
	if _, mine := supervisor.do("GET", "/alarms?closing=true&owner=me", nil); len(mine["items"].([]any)) != 1 {
		t.Errorf("mine: %v", mine)
	}
	if status, body := supervisor.act(ended, "close", object{"disposition": "other"}); status != 422 {
		t.Errorf("other without words: %d %v", status, body)
	}
	var closed object
	eventually(t, "it can be closed", func() bool {
		status, closed = supervisor.act(ended, "close", object{"disposition": "other", "text": "a swan"})
		return status == 200
	})
	if c, _ := closed["closed"].(object); c["disposition"] != "other" || c["text"] != "a swan" || closed["owner"] != nil {
		t.Errorf("closed: %v", closed)
	}
	if _, closing = officer.do("GET", "/alarms?closing=true", nil); len(closing["items"].([]any)) != 0 {
		t.Errorf("to close after all: %v", closing)
	}
	_, whole := officer.do("GET", "/alarms/"+a["id"].(string), nil)
	words := ""
	for _, line := range whole["history"].([]any) {
		l := line.(object)
		words += fmt.Sprint(l["what"], ":", l["from"], ">", l["to"], " ")
		if l["by"] == "" || l["address"] == "" {
			t.Errorf("a line without who or from where: %v", l)
		}
	}
	if want := "raised:>unacknowledged acknowledged:unacknowledged>acknowledged taken:acknowledged>acknowledged taken_over:acknowledged>acknowledged cleared:acknowledged>normal closed:normal>normal "; words != want {
		t.Errorf("history %s\nwant    %s", words, want)
	}
	if whole["rationale"] != nil {
		t.Errorf("a rationale that nobody wrote: %v", whole["rationale"])
	}
}

// TestTheShelfOverHTTP puts alarms aside and back, with the screens looking on,
// through a restart.
func TestTheShelfOverHTTP(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Supervisor, auth.Chief)
	g := h.gateway("s1")
	officer, supervisor := h.signIn(auth.Officer), h.signIn(auth.Supervisor)
	events, shelves := officer.watch("/live", ""), officer.watch("/live", "") // in whichever order they come
	await(t, events, "snapshot", nil)
	await(t, shelves, "snapshot", nil)
	g.signal("door-1.leaf", devices.DoorForced, true)
	g.signal("fire-1.L1D1", devices.FireAlarm, true)
	a, fire := officer.theAlarm("door-1.leaf", "unacknowledged"), officer.theAlarm("fire-1.L1D1", "unacknowledged")
	if status, body := officer.act(fire, "shelve", object{"reason": "toast"}); status != 422 || body["params"].(object)["field"] != "kind" {
		t.Errorf("fire on the shelf: %d %v", status, body)
	}
	if status, body := officer.act(a, "shelve", object{"reason": "painters", "minutes": 90}); status != 403 {
		t.Errorf("for 90 minutes by an officer: %d %v", status, body)
	}
	status, shelved := officer.act(a, "shelve", object{"reason": "painters", "minutes": 15})
	if status != 200 || shelved["state"] != "shelved" || shelved["beneath"] != "unacknowledged" {
		t.Fatalf("shelve: %d %v", status, shelved)
	}
	await(t, shelves, "shelf", has(a["id"].(string), "painters", `"beneath":"unacknowledged"`))
	await(t, events, "alarm", has(`"state":"shelved"`))
	if _, list := officer.do("GET", "/alarms?station=hq", nil); len(list["items"].([]any)) != 1 {
		t.Errorf("the open list: %v", list["items"])
	}
	if status, acknowledged := officer.act(shelved, "acknowledge", nil); status != 200 || acknowledged["state"] != "shelved" || acknowledged["beneath"] != "acknowledged" {
		t.Errorf("acknowledged beneath: %d %v", status, acknowledged)
	}
	await(t, events, "shelf", has(`"beneath":"acknowledged"`))

	status, away := supervisor.do("POST", "/shelf", object{"point": "g1/door-1.lock", "mode": "out_of_service", "reason": "being replaced", "minutes": 600})
	if status != 201 || away["end"] != "time" || away["device_name"] != "Main door" {
		t.Fatalf("out of service: %d %v", status, away)
	}
	if status, body := officer.do("POST", "/shelf", object{"point": "g1/door-1.lock", "mode": "suppressed", "reason": "x"}); status != 422 {
		t.Errorf("suppressed by hand: %d %v", status, body)
	}
	g.signal("door-1.lock", devices.DoorFault, true)
	await(t, events, "alarm", has(`"state":"out_of_service"`))
	g.leave()

	h.stop() // a restart in the middle: everything is as it was
	again := startOn(t, h.dsn)
	officer = again.signIn(auth.Officer)
	snapshot := await(t, officer.watch("/live", ""), "snapshot", nil)
	if !has(`"state":"shelved"`, `"state":"out_of_service"`, "painters", "being replaced")(snapshot.data) {
		t.Errorf("the board after a restart: %s", snapshot.data)
	}
	_, list := officer.do("GET", "/shelf?mode=shelved", nil)
	items := list["items"].([]any)
	if len(items) != 1 || items[0].(object)["alarm"] != a["id"] {
		t.Fatalf("the shelf after a restart: %v", items)
	}
	shelf := items[0].(object)["id"].(string)
	if status, body := officer.do("DELETE", "/shelf/"+away["id"].(string), nil); status != 403 {
		t.Errorf("put back in service by an officer: %d %v", status, body)
	}
	for range 2 {
		if status, body := officer.do("DELETE", "/shelf/"+shelf+"?reason=done", nil); status != 200 || body["ended"] == nil {
			t.Errorf("taken off: %d %v", status, body)
		}
	}
	if back := officer.theAlarm("door-1.leaf", "acknowledged"); back["removed"] != nil {
		t.Errorf("back: %v", back)
	}
}

// TestAnsweringForWhatIsOnTheScreen answers for many at once: each for itself,
// and none of the two highest priorities.
func TestAnsweringForWhatIsOnTheScreen(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer)
	g := h.gateway("s1")
	officer := h.signIn(auth.Officer)
	g.signal("door-1.leaf", devices.DoorHeld, true)
	g.signal("door-1.lock", devices.DoorFault, true)
	g.signal("door-1.leaf", devices.DoorForced, true)
	fault := officer.theAlarm("door-1.lock", "unacknowledged")
	eventually(t, "all three are there", func() bool {
		_, list := officer.do("GET", "/alarms", nil)
		return len(list["items"].([]any)) == 3
	})
	_, list := officer.do("GET", "/alarms?kind=door.forced", nil)
	high := list["items"].([]any)[0].(object)
	_, list = officer.do("GET", "/alarms?kind=door.held", nil)
	low := list["items"].([]any)[0].(object)
	status, body := officer.do("POST", "/alarms/acknowledge", object{"comment": "seen", "alarms": []object{
		{"id": low["id"], "version": low["version"]}, {"id": high["id"], "version": high["version"]}, {"id": fault["id"], "version": 77}, {"id": "unknown", "version": 1},
	}})
	if status != 200 {
		t.Fatalf("%d %v", status, body)
	}
	got := ""
	for _, item := range body["items"].([]any) {
		got += fmt.Sprint(item.(object)["ok"], item.(object)["code"], " ")
	}
	if got != "true falseinvalid falsestale falsenot_found " {
		t.Errorf("outcomes %s", got)
	}
	if status, body := officer.do("POST", "/alarms/acknowledge", object{"alarms": []object{}}); status != 422 {
		t.Errorf("none: %d %v", status, body)
	}
}

// TestAStationChoosesItsPolicy changes shifts and handling, which hold at once.
func TestAStationChoosesItsPolicy(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Chief)
	g := h.gateway("s1")
	officer, chief := h.signIn(auth.Officer), h.signIn(auth.Chief)
	_, policy := chief.do("GET", "/alarm-policy?station=hq", nil)
	if policy["shifts_version"] != 0.0 || len(policy["shifts"].([]any)) != 3 || policy["escalation"].(object)["1"] == nil {
		t.Fatalf("%v", policy)
	}
	status, policy := chief.do("PUT", "/alarm-policy/handling", object{"station": "hq", "version": 0, "handling": object{"longest_minutes": 30, "close_needed": []int{}, "finish_minutes": []int{0, 0, 0, 0}}})
	if status != 200 || policy["handling_version"] != 1.0 {
		t.Fatalf("%d %v", status, policy)
	}
	if status, body := chief.do("PUT", "/alarm-policy/handling", object{"station": "hq", "version": 0, "handling": policy["handling"]}); status != 409 {
		t.Errorf("an old version: %d %v", status, body)
	}
	zone, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	soon := time.Now().In(zone).Add(20 * time.Minute).Truncate(time.Minute)
	if status, body := chief.do("PUT", "/alarm-policy/shifts", object{"station": "hq", "version": 0, "shifts": []string{soon.Format("15:04")}}); status != 200 {
		t.Fatalf("%d %v", status, body)
	}
	g.signal("door-1.leaf", devices.DoorForced, true)
	a := officer.theAlarm("door-1.leaf", "unacknowledged")
	if a["close_needed"] != false || a["finish_at"] != nil {
		t.Errorf("by the new policy: %v", a)
	}
	if status, body := chief.act(a, "shelve", object{"reason": "x", "minutes": 31}); status != 422 {
		t.Errorf("longer than the station allows: %d %v", status, body)
	}
	status, shelved := officer.act(a, "shelve", object{"reason": "x"})
	removed, _ := shelved["removed"].(object)
	until, err := time.Parse(time.RFC3339, fmt.Sprint(removed["until"]))
	if status != 200 || err != nil || !until.Equal(soon) || removed["end"] != "shift" {
		t.Errorf("until the shift ends at %s: %d %v", soon, status, shelved)
	}
}
