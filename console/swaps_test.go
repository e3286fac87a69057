package console_test

import (
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"

	"guardroom/console/auth"
	desk "guardroom/console/rosters"
	"guardroom/rosters"
)

// link gives an officer of aRoster an account.
func (h *house) link(t *testing.T, officer string, role auth.Role) {
	t.Helper()
	by := auth.Operator{ID: "setup", Name: "Setup", Grants: []auth.Grant{{Role: auth.Chief, Station: auth.AllStations}}}
	g, err := h.desks.Rosters.Register(t.Context(), by, "hq")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range g.Officers {
		if o.Item.ID == officer {
			o.Item.User, o.Item.Email = h.ids[role], officer+"@example.org"
			if _, err := h.desks.Rosters.Change(t.Context(), by, "hq", desk.RecordChange{Kind: desk.Officers, ID: officer, Version: o.Version, Item: o.Item}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// inForce publishes duties, "o00 2030-01-07 D P1", of a period.
func (h *house) inForce(t *testing.T, chief *browser, from, until string, duties ...string) {
	t.Helper()
	status, draft := chief.do("POST", "/rosters/hq/drafts", object{"name": "x", "from": from, "until": until})
	if status != 201 {
		t.Fatalf("begin: %d %v", status, draft)
	}
	at := "/rosters/hq/drafts/" + draft["id"].(string)
	cells := []object{}
	for _, d := range duties {
		f := strings.Fields(d)
		cells = append(cells, cell(f[0], f[1], 0, object{"shift": f[2], "post": f[3]}))
	}
	if status, body := chief.do("POST", at+"/edits", object{"cells": cells}); status != 200 {
		t.Fatalf("edit: %d %v", status, body)
	}
	h.publish(t, chief, at)
}

// day is what an officer has on a day, in force.
func (h *house) day(t *testing.T, b *browser, officer, date string) string {
	t.Helper()
	_, board := b.do("GET", "/rosters/hq/roster?from="+date+"&until="+date, nil)
	for _, c := range board["cells"].([]any) {
		if c := c.(object); c["officer"] == officer {
			d := c["duties"].([]any)[0].(object)
			return d["shift"].(string) + " " + d["post"].(string)
		}
	}
	return ""
}

func TestSwapFromTheOfferToTheRoster(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Auditor, auth.Division, auth.Chief)
	h.aRoster(t, 12)
	h.link(t, "o01", auth.Auditor)
	chief, ann, bob, eve := h.signIn(auth.Chief), h.signIn(auth.Officer), h.signIn(auth.Auditor), h.signIn(auth.Division)
	h.inForce(t, chief, "2030-01-07", "2030-01-13",
		"o00 2030-01-07 D P1", "o01 2030-01-07 E P1", "o00 2030-01-09 E P1", "o01 2030-01-08 N P2", "o00 2030-01-11 D P1", "o00 2030-01-12 D P1", "o01 2030-01-10 N P1")
	offer := func(gives, wants string) (int, object) {
		return ann.do("POST", "/rosters/hq/swaps", object{"gives": object{"officer": "o00", "date": gives}, "wants": object{"officer": "o01", "date": wants}})
	}
	// One's own days only, and nothing that breaks a mandatory rule.
	if status, body := bob.do("POST", "/rosters/hq/swaps", object{"gives": object{"officer": "o00", "date": "2030-01-07"}, "wants": object{"officer": "o01", "date": "2030-01-07"}}); status != 403 {
		t.Errorf("another's day is offered: %d %v", status, body)
	}
	if status, body := ann.do("POST", "/rosters/hq/swaps", object{"gives": object{"officer": "o00", "date": "2030-01-07"}, "wants": object{"officer": "o01", "date": "2030-01-10"}}); status != 409 || body["params"].(object)["reason"] != "mandatory" {
		t.Errorf("a night before a day shift: %d %v", status, body)
	} else if others, is := body["params"].(object)["violation"].(object)["others"].([]any); !is {
		t.Errorf("the others concerned are %v, a screen expects a list", others)
	}
	// Screens read swaps anew when the station's number is another: an offer moves it.
	number := func() float64 {
		_, register := ann.do("GET", "/rosters/hq", nil)
		return register["version"].(float64)
	}
	before := number()
	status, swap := offer("2030-01-07", "2030-01-07")
	if number() == before {
		t.Error("no screen hears of the offer")
	}
	if status != 201 || len(swap["item"].(object)["breaks"].([]any)) != 0 {
		t.Fatalf("offer: %d %v", status, swap)
	}
	if status, body := offer("2030-01-07", "2030-01-07"); status != 409 || body["params"].(object)["reason"] != "offered" {
		t.Errorf("offered twice: %d %v", status, body)
	}
	at := "/rosters/hq/swaps/" + swap["item"].(object)["id"].(string)
	if status, body := eve.do("POST", at, object{"version": 1, "do": "accept"}); status != 404 {
		t.Errorf("a stranger answers: %d %v", status, body)
	}
	if status, body := ann.do("POST", at, object{"version": 1, "do": "accept"}); status != 403 {
		t.Errorf("who offers accepts: %d %v", status, body)
	}
	status, done := bob.do("POST", at, object{"version": 1, "do": "accept"})
	if status != 200 || done["item"].(object)["state"] != "approved" || done["item"].(object)["publication"] != 2.0 {
		t.Fatalf("accept: %d %v", status, done)
	}
	if a, b := h.day(t, ann, "o00", "2030-01-07"), h.day(t, ann, "o01", "2030-01-07"); a != "E P1" || b != "D P1" {
		t.Errorf("after the swap: %q and %q", a, b)
	}
	if status, body := bob.do("POST", at, object{"version": 2, "do": "decline"}); status != 409 || body["params"].(object)["reason"] != "too_late" {
		t.Errorf("answered twice: %d %v", status, body)
	}
	// Eight hours of rest only: the chief decides, and hears of nothing before both agree.
	status, swap = offer("2030-01-12", "2030-01-08")
	if status != 201 || len(swap["item"].(object)["breaks"].([]any)) == 0 {
		t.Fatalf("an exception: %d %v", status, swap)
	}
	at = "/rosters/hq/swaps/" + swap["item"].(object)["id"].(string)
	if status, body := chief.do("POST", at, object{"version": 1, "do": "approve"}); status != 409 {
		t.Errorf("approved before it is accepted: %d %v", status, body)
	}
	if status, body := bob.do("POST", at, object{"version": 1, "do": "accept"}); status != 200 || body["item"].(object)["state"] != "accepted" {
		t.Fatalf("accept with an exception: %d %v", status, body)
	}
	chiefs := 0
	if err := h.db().Pool.QueryRow(t.Context(), `SELECT count(*) FROM deliveries WHERE "to" = 'duty_chief' AND subject LIKE 'A swap waits for you%'`).Scan(&chiefs); err != nil || chiefs != 1 {
		t.Errorf("%d words for the chief, %v", chiefs, err)
	}
	if status, body := bob.do("POST", at, object{"version": 2, "do": "approve"}); status != 403 {
		t.Errorf("an officer approves: %d %v", status, body)
	}
	if status, body := chief.do("POST", at, object{"version": 2, "do": "approve"}); status != 200 || body["item"].(object)["state"] != "approved" {
		t.Fatalf("the chief approves: %d %v", status, body)
	}
	if got := h.day(t, ann, "o00", "2030-01-08"); got != "N P2" {
		t.Errorf("after the chief's word: %q", got)
	}
	if _, list := eve.do("GET", "/rosters/hq/swaps", nil); len(list["items"].([]any)) != 0 {
		t.Errorf("a stranger sees %v", list)
	}
	if _, list := chief.do("GET", "/rosters/hq/swaps", nil); len(list["items"].([]any)) != 2 {
		t.Errorf("the chief sees %v", list)
	}
	// Both were told, by the address that the register has.
	told := 0
	if err := h.db().Pool.QueryRow(t.Context(), `SELECT count(*) FROM deliveries WHERE about = 'roster:hq' AND address = 'o01@example.org'`).Scan(&told); err != nil || told < 4 {
		t.Errorf("%d words for the other officer, %v", told, err)
	}
	// Where an officer is reached, and what they were told, is for those who plan.
	for who, wanted := range map[*browser]bool{chief: true, ann: false} {
		seen := 0
		_, list := who.do("GET", "/deliveries?station=hq&about=roster:hq", nil)
		for _, one := range list["items"].([]any) {
			if one := one.(object); strings.HasPrefix(one["to"].(string), "officer:") {
				if seen++; one["name"] == "" || one["channel"] != "email" || (one["address"] != "") != wanted || (one["text"] != "") != wanted {
					t.Errorf("chief %v sees %v", wanted, one)
				}
			}
		}
		if seen < 4 {
			t.Errorf("%d deliveries to officers are listed", seen)
		}
	}
}

func TestSwapThatNobodySettlesIsWithdrawn(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Chief)
	h.aRoster(t, 12)
	chief, ann := h.signIn(auth.Chief), h.signIn(auth.Officer)
	h.inForce(t, chief, "2030-01-07", "2030-01-13", "o00 2030-01-07 D P1", "o01 2030-01-07 E P1")
	status, swap := ann.do("POST", "/rosters/hq/swaps", object{"gives": object{"officer": "o00", "date": "2030-01-07"}, "wants": object{"officer": "o01", "date": "2030-01-07"}})
	if status != 201 {
		t.Fatalf("offer: %d %v", status, swap)
	}
	if _, err := h.db().Pool.Exec(t.Context(), `UPDATE timers SET due = now() WHERE kind = 'roster.swap'`); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the swap is withdrawn", func() bool {
		_, list := ann.do("GET", "/rosters/hq/swaps", nil)
		return list["items"].([]any)[0].(object)["item"].(object)["state"] == "withdrawn"
	})
}

func TestRecallGoesToWhoAcceptsFirst(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Auditor, auth.Supervisor, auth.Chief)
	h.aRoster(t, 12)
	h.link(t, "o01", auth.Auditor)
	chief, ann, bob, sergeant := h.signIn(auth.Chief), h.signIn(auth.Officer), h.signIn(auth.Auditor), h.signIn(auth.Supervisor)
	h.inForce(t, chief, "2030-01-07", "2030-01-13", "o02 2030-01-08 N P1")
	ask := object{"officers": []string{"o00", "o01"}, "date": "2030-01-09", "shift": "D", "post": "P2", "reason": "a visit", "minutes": 30}
	status, asked := sergeant.do("POST", "/rosters/hq/recalls", ask)
	if status != 201 || len(asked["items"].([]any)) != 2 {
		t.Fatalf("recall: %d %v", status, asked)
	}
	ask["officers"] = []string{"o02"}
	if status, body := sergeant.do("POST", "/rosters/hq/recalls", ask); status != 409 || body["params"].(object)["reason"] != "mandatory" {
		t.Errorf("who comes from a night: %d %v", status, body)
	}
	one := func(b *browser) object {
		_, list := b.do("GET", "/rosters/hq/recalls", nil)
		if len(list["items"].([]any)) != 1 {
			t.Fatalf("one's own recalls: %v", list)
		}
		return list["items"].([]any)[0].(object)["item"].(object)
	}
	if status, body := ann.do("POST", "/rosters/hq/recalls/"+one(bob)["id"].(string), object{"version": 1, "do": "accept"}); status != 404 {
		t.Errorf("another's recall: %d %v", status, body)
	}
	if status, body := bob.do("POST", "/rosters/hq/recalls/"+one(bob)["id"].(string), object{"version": 1, "do": "accept", "note": "in an hour"}); status != 200 {
		t.Fatalf("accept: %d %v", status, body)
	}
	if got := h.day(t, ann, "o01", "2030-01-09"); got != "D P2" {
		t.Errorf("who accepted has %q", got)
	}
	if state := one(ann)["state"]; state != "cancelled" {
		t.Errorf("the other recall is %v", state)
	}
	// What nobody answers lapses, and the supervisor hears of it.
	ask["officers"] = []string{"o00", "o03"}
	ask["date"] = "2030-01-11"
	if status, body := sergeant.do("POST", "/rosters/hq/recalls", ask); status != 201 {
		t.Fatalf("recall: %d %v", status, body)
	}
	db := h.db()
	for _, sql := range []string{
		`UPDATE roster_records SET body = jsonb_set(body, '{until}', '"2020-01-01T00:00:00Z"') WHERE kind = 'recall' AND body->>'state' = 'asked'`,
		`UPDATE timers SET due = now() WHERE kind = 'roster.recall'`,
	} {
		if _, err := db.Pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the supervisor is told that nobody comes", func() bool {
		told := 0
		_ = db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM deliveries WHERE "to" = 'supervisor' AND subject LIKE 'Nobody has accepted%'`).Scan(&told)
		return told == 1
	})
	// A recall that was accepted and is cancelled gives the duty back.
	mine := one(bob)
	if status, body := sergeant.do("POST", "/rosters/hq/recalls/"+mine["id"].(string), object{"version": 2, "do": "cancel"}); status != 200 {
		t.Fatalf("cancel: %d %v", status, body)
	}
	if got := h.day(t, ann, "o01", "2030-01-09"); got != "" {
		t.Errorf("who is not needed has %q", got)
	}
}

func TestTemplateWeeksAndCopies(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Planner)
	h.aRoster(t, 8)
	planner := h.signIn(auth.Planner)
	_, draft := planner.do("POST", "/rosters/hq/drafts", object{"name": "x", "from": "2030-01-07", "until": "2030-02-03", "copy": "empty"})
	at := "/rosters/hq/drafts/" + draft["id"].(string)
	day := object{"shift": "D", "post": "P1"}
	if status, body := planner.do("POST", at+"/edits", object{"cells": []object{cell("o01", "2030-01-07", 0, day), cell("o02", "2030-01-09", 0, day), cell("o03", "2030-01-14", 0, object{"shift": "N", "post": "P2"})}}); status != 200 {
		t.Fatalf("edit: %d %v", status, body)
	}
	leave := object{"version": 0, "item": object{"id": "", "officer": "o02", "kind": "annual", "from": "2030-01-23", "until": "2030-01-23", "decision": "approved", "note": ""}}
	if status, body := planner.do("POST", "/rosters/hq/leave", leave); status != 200 {
		t.Fatalf("leave: %d %v", status, body)
	}
	status, kept := planner.do("POST", at+"/templates", object{"name": "Week A", "from": "2030-01-07", "until": "2030-01-13"})
	if status != 201 || kept["item"].(object)["cells"] != 2.0 {
		t.Fatalf("keep: %d %v", status, kept)
	}
	status, again := planner.do("POST", at+"/templates", object{"name": "Week A", "from": "2030-01-07", "until": "2030-01-13"})
	if status != 201 || again["version"] != 2.0 || again["item"].(object)["id"] != kept["item"].(object)["id"] {
		t.Errorf("one of the same name: %d %v", status, again)
	}
	template := kept["item"].(object)["id"].(string)
	// A dry run says what would be, and writes nothing.
	status, dry := planner.do("POST", at+"/templates/"+template, object{"from": "2030-01-14", "until": "2030-02-03", "over": true, "dry_run": true})
	if status != 200 || dry["filled"] != 5.0 || dry["emptied"] != 1.0 || dry["replaced"] != 0.0 || dry["skipped"] != 1.0 {
		t.Errorf("a dry run: %d %v", status, dry)
	}
	status, laid := planner.do("POST", at+"/templates/"+template, object{"from": "2030-01-14", "until": "2030-02-03"})
	if status != 200 || len(laid["cells"].([]any)) != 5 || laid["skipped"] != 1.0 {
		t.Fatalf("three weeks, of which one day is leave: %d %v", status, laid)
	}
	if status, body := planner.do("POST", at+"/undo", nil); status != 200 || len(body["cells"].([]any)) != 5 {
		t.Errorf("undo of a template: %d %v", status, body)
	}
	// The first week over the second: what was there is replaced.
	status, laid = planner.do("POST", at+"/copy", object{"from": "2030-01-07", "until": "2030-01-13", "to": "2030-01-14", "last": "2030-01-20", "over": true})
	if status != 200 || len(laid["cells"].([]any)) != 3 {
		t.Fatalf("copy of a week: %d %v", status, laid)
	}
	if status, body := planner.do("POST", at+"/copy", object{"source": "published", "from": "2030-01-07", "until": "2030-01-13", "to": "2030-01-14", "last": "2030-01-20"}); status != 409 {
		t.Errorf("nothing to copy: %d %v", status, body)
	}
	if status, body := planner.do("POST", at+"/copy", object{"from": "2030-01-07", "until": "2030-01-13", "to": "2030-02-01", "last": "2030-02-20"}); status != 422 {
		t.Errorf("past the end of the draft: %d %v", status, body)
	}
	if status, _ := planner.do("DELETE", "/rosters/hq/templates/"+template+"?version=1", nil); status != 409 {
		t.Errorf("a template that has changed is removed: %d", status)
	}
	if status, _ := planner.do("DELETE", "/rosters/hq/templates/"+template+"?version=2", nil); status != 204 {
		t.Errorf("remove: %d", status)
	}
}

// What a publication has left can be brought back as a draft, which is published as
// any other; days that are over stay as they were.
func TestDraftOfAnEarlierPublication(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Chief)
	h.aRoster(t, 8)
	chief := h.signIn(auth.Chief)
	today := rosters.DateOf(time.Now().UTC())
	past, next := today.Add(-2).String(), today.Add(3).String()
	h.inForce(t, chief, past, next, "o01 "+past+" D P1", "o01 "+next+" D P1", "o02 "+next+" E P1")
	amend := func(publication int, officer, date string, duties ...object) {
		t.Helper()
		status, body := chief.do("POST", "/rosters/hq/roster", object{"publication": publication, "why": "x", "changes": []object{{"officer": officer, "date": date, "duties": append([]object{}, duties...)}}})
		if status != 200 && status != 201 {
			t.Fatalf("amend: %d %v", status, body)
		}
	}
	amend(1, "o01", next)
	amend(2, "o03", next, object{"shift": "D", "post": "P1"})
	amend(3, "o01", past)
	for _, c := range []struct {
		copy string
		want map[string]int
	}{
		{"publication:1", map[string]int{"o01": 1, "o02": 1}},
		{"publication:2", map[string]int{"o02": 1}},
		{"", map[string]int{"o02": 1, "o03": 1}},
	} {
		status, draft := chief.do("POST", "/rosters/hq/drafts", object{"name": "back", "from": past, "until": next, "copy": c.copy})
		if status != 201 {
			t.Fatalf("%q: %d %v", c.copy, status, draft)
		}
		_, board := chief.do("GET", "/rosters/hq/drafts/"+draft["id"].(string), nil)
		got := map[string]int{}
		for _, cell := range board["cells"].([]any) {
			got[cell.(object)["officer"].(string)]++
		}
		if !maps.Equal(got, c.want) {
			t.Errorf("%q begins with %v, want %v", c.copy, got, c.want)
		}
	}
	for _, wrong := range []string{"publication:0", "publication:5", "publication:x"} {
		if status, _ := chief.do("POST", "/rosters/hq/drafts", object{"name": "back", "from": past, "until": next, "copy": wrong}); status != 422 {
			t.Errorf("%s: %d", wrong, status)
		}
	}
}

func TestCalendarByASecretAddress(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Chief)
	h.aRoster(t, 12)
	chief, ann, telephone := h.signIn(auth.Chief), h.signIn(auth.Officer), h.nobody()
	day := rosters.DateOf(time.Now()).Add(3).String()
	h.inForce(t, chief, day, day, "o00 "+day+" D P1", "o01 "+day+" E P1")
	status, link := ann.do("POST", "/rosters/hq/mine/calendar", nil)
	if status != 201 || link["address"] == nil {
		t.Fatalf("make: %d %v", status, link)
	}
	at := strings.TrimPrefix(link["address"].(string), "/api/v1")
	read := func(path string) (int, string) {
		r, err := telephone.client.Get(h.at.HTTP + "/api/v1" + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text := make([]byte, 64<<10)
		n, _ := r.Body.Read(text)
		return r.StatusCode, string(text[:n])
	}
	if status, text := read(at); status != 200 || strings.Count(text, "BEGIN:VEVENT") != 1 || !strings.Contains(text, "Gate P1") {
		t.Errorf("the calendar: %d %s", status, text)
	}
	if _, body := ann.do("GET", "/rosters/hq/mine/calendar", nil); body["active"] != true || body["address"] != nil || body["token"] != nil {
		t.Errorf("the secret is shown again: %v", body)
	}
	_, next := ann.do("POST", "/rosters/hq/mine/calendar", nil)
	if status, _ := read(at); status != 404 {
		t.Errorf("the earlier address works still: %d", status)
	}
	at = strings.TrimPrefix(next["address"].(string), "/api/v1")
	if status, _ := read(at); status != 200 {
		t.Errorf("the new address: %d", status)
	}
	if status, _ := ann.do("DELETE", "/rosters/hq/mine/calendar", nil); status != 200 {
		t.Errorf("cut: %d", status)
	}
	if status, _ := read(at); status != 404 {
		t.Errorf("an address that was cut works still: %d", status)
	}
	for _, wrong := range []string{"/calendars/hq/" + strings.Repeat("A", 43), "/calendars/none/" + strings.Repeat("A", 43), "/calendars/hq/" + url.PathEscape("' OR 1=1")} {
		if status, _ := read(wrong); status != 404 {
			t.Errorf("%s: %d", wrong, status)
		}
	}
}

// An officer falls ill: a supervisor is shown who could stand in, takes one, and
// everybody whose day changes is named.
func TestReliefIsOneAmendment(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Supervisor, auth.Chief)
	h.aRoster(t, 12)
	chief, sergeant := h.signIn(auth.Chief), h.signIn(auth.Supervisor)
	day := rosters.DateOf(time.Now()).Add(2)
	h.inForce(t, chief, day.String(), day.Add(3).String(), "o01 "+day.String()+" D P1", "o02 "+day.String()+" D P2", "o03 "+day.String()+" N P1")
	ill := []object{{"id": "", "officer": "o01", "kind": "sick", "from": day.String(), "until": day.String(), "decision": "approved", "note": ""}}
	status, found := sergeant.do("POST", "/rosters/hq/reliefs", object{"leave": ill})
	if status != 200 || len(found["alternatives"].([]any)) < 3 {
		t.Fatalf("reliefs: %d %v", status, found)
	}
	first := found["alternatives"].([]any)[0].(object)
	take := object{"publication": found["publication"], "why": "o01 is ill", "leave": ill, "changes": first["changes"]}
	status, p := sergeant.do("POST", "/rosters/hq/roster", take)
	if status != 200 || p["number"] != 2.0 || len(p["told"].([]any)) != 2 {
		t.Fatalf("take: %d %v", status, p)
	}
	relief := first["asked"].([]any)[0].(string)
	if h.day(t, chief, relief, day.String()) != "D P1" || h.day(t, chief, "o01", day.String()) != "" {
		t.Errorf("the roster after the relief by %s", relief)
	}
	if status, body := sergeant.do("POST", "/rosters/hq/roster", take); status != 409 || body["code"] != "stale" {
		t.Errorf("taken twice: %d %v", status, body)
	}
	if untold := p["untold"].([]any); len(untold) == 0 || untold[0] != "o01" {
		t.Errorf("who has no address: %v", untold)
	}
	_, absences := sergeant.do("GET", "/rosters/hq/absences?from="+day.String()+"&until="+day.String(), nil)
	if one := absences["leave"].([]any)[0].(object)["item"].(object); one["kind"] != "absent" {
		t.Errorf("the supervisor sees %v", one)
	}
	if status, body := sergeant.do("POST", "/rosters/hq/roster", object{"publication": 2, "why": "x", "changes": []object{{"officer": "o03", "date": day.Add(1).String(), "duties": []object{{"shift": "D", "post": "P1"}}}}}); status != 409 || body["params"].(object)["reason"] != "mandatory" {
		t.Errorf("a day after a night: %d %v", status, body)
	}
}
