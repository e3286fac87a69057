package console_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"guardroom/console/auth"
	desk "guardroom/console/rosters"
	"guardroom/rosters"
)

// aRoster is a small station: two posts round the clock, three shifts, people.
func (h *house) aRoster(t *testing.T, officers int) {
	t.Helper()
	by := auth.Operator{ID: "setup", Name: "Setup", Grants: []auth.Grant{{Role: auth.Chief, Station: auth.AllStations}}}
	pack, _ := rosters.PackOf("un-8h")
	var changes []desk.RecordChange
	for i, code := range []string{"D", "E", "N"} {
		part := rosters.Part{Start: rosters.Clock((6 + 8*i) * 60), End: rosters.Clock((14 + 8*i) % 24 * 60)}
		class := []rosters.Class{rosters.DayShift, rosters.EveningShift, rosters.NightShift}[i]
		changes = append(changes, desk.RecordChange{Kind: desk.Shifts, ID: code, Item: rosters.ShiftType{Code: code, Name: code, Parts: []rosters.Part{part}, Class: class, Key: code}})
	}
	for _, id := range []string{"P1", "P2"} {
		changes = append(changes, desk.RecordChange{Kind: desk.Posts, ID: id, Item: rosters.Post{
			ID: id, Name: "Gate " + id, Shifts: []string{"D", "E", "N"}, CheckCall: 60, Standing: []rosters.Hours{{Headcount: 1}},
		}})
	}
	for i := range officers {
		id := fmt.Sprintf("o%02d", i)
		one := desk.Officer{Officer: rosters.Officer{ID: id, Name: "Officer " + id, Badge: id, Rank: rosters.OrdinaryOfficer, Unit: "A", Contract: 40 * 60, Employment: rosters.Staff}}
		if i == 0 {
			one.User = h.ids[auth.Officer]
		}
		changes = append(changes, desk.RecordChange{Kind: desk.Officers, ID: id, Item: one})
	}
	for _, r := range pack.Rules {
		changes = append(changes, desk.RecordChange{Kind: desk.Rules, ID: r.ID, Item: r})
	}
	if _, err := h.desks.Rosters.Change(t.Context(), by, "hq", changes...); err != nil {
		t.Fatal(err)
	}
}

func cell(officer, date string, version float64, duties ...object) object {
	if duties == nil {
		duties = []object{}
	}
	return object{"officer": officer, "date": date, "version": version, "duties": duties}
}

func TestRosterFromTheDraftToPublication(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Planner, auth.Chief)
	h.aRoster(t, 12)
	planner, chief, officer := h.signIn(auth.Planner), h.signIn(auth.Chief), h.signIn(auth.Officer)

	status, draft := planner.do("POST", "/rosters/hq/drafts", object{"name": "January", "from": "2030-01-07", "until": "2030-01-13"})
	if status != 201 {
		t.Fatalf("begin: %d %v", status, draft)
	}
	at := "/rosters/hq/drafts/" + draft["id"].(string)
	day := object{"shift": "D", "post": "P1"}
	status, edited := planner.do("POST", at+"/edits", object{"cells": []object{cell("o01", "2030-01-07", 0, day), cell("o02", "2030-01-08", 0, day)}})
	if status != 200 || edited["number"] != 1.0 {
		t.Fatalf("edit: %d %v", status, edited)
	}
	// A second editor who saw the cell empty gets both values, and changes nothing.
	status, refused := chief.do("POST", at+"/edits", object{"cells": []object{cell("o01", "2030-01-07", 0, object{"shift": "N", "post": "P2"}), cell("o03", "2030-01-07", 0, day)}})
	if status != 409 || refused["code"] != "stale" {
		t.Fatalf("a late editor: %d %v", status, refused)
	}
	both := refused["params"].(object)["current"].([]any)[0].(object)
	if both["duties"].([]any)[0].(object)["shift"] != "D" || both["yours"].([]any)[0].(object)["shift"] != "N" {
		t.Errorf("the late editor is told %v", both)
	}
	// Undo, redo, and undo of what another has changed since.
	if status, undone := planner.do("POST", at+"/undo", nil); status != 200 || len(undone["cells"].([]any)) != 2 {
		t.Fatalf("undo: %d %v", status, undone)
	}
	if status, again := planner.do("POST", at+"/redo", nil); status != 200 {
		t.Fatalf("redo: %d %v", status, again)
	}
	if status, body := planner.do("POST", at+"/redo", nil); status != 409 {
		t.Errorf("nothing to redo: %d %v", status, body)
	}
	if status, body := chief.do("POST", at+"/edits", object{"cells": []object{cell("o01", "2030-01-07", 3, object{"shift": "E", "post": "P1"})}}); status != 200 {
		t.Fatalf("the chief edits: %d %v", status, body)
	}
	if status, body := planner.do("POST", at+"/undo", nil); status != 409 {
		t.Errorf("undo of what the chief has changed: %d %v", status, body)
	}
	// The judge's answers: two duties at the same time break a mandatory rule.
	status, edited = planner.do("POST", at+"/edits", object{"cells": []object{cell("o05", "2030-01-09", 0, day, object{"shift": "D", "post": "P2"})}})
	if status != 200 || edited["score"].(object)["mandatory"].(float64) < 1 || len(edited["came"].([]any)) == 0 {
		t.Fatalf("two duties at once: %d %v", status, edited)
	}
	_, board := planner.do("GET", at, nil)
	if board["score"].(object)["mandatory"] != edited["score"].(object)["mandatory"] {
		t.Errorf("the board counts %v, the edit %v", board["score"], edited["score"])
	}
	_, preview := chief.do("GET", at+"/publication", nil)
	version := preview["draft"].(object)["version"]
	if status, body := chief.do("POST", at+"/publication", object{"version": version, "number": 1}); status != 409 {
		t.Errorf("a draft with a broken rule is published: %d %v", status, body)
	}
	if status, body := officer.do("GET", at, nil); status != 403 {
		t.Errorf("an officer reads a draft: %d %v", status, body)
	}
	planner.do("POST", at+"/edits", object{"cells": []object{cell("o05", "2030-01-09", 1)}})
	h.publish(t, chief, at)
	if status, roster := officer.do("GET", "/rosters/hq/roster?from=2030-01-07&until=2030-01-13", nil); status != 200 || len(roster["cells"].([]any)) != 2 {
		t.Errorf("the roster in force: %d %v", status, roster)
	}
	_, list := officer.do("GET", "/rosters/hq/publications", nil)
	if p := list["items"].([]any)[0].(object); p["number"] != 1.0 || len(p["told"].([]any)) != 2 {
		t.Errorf("the publication: %v", p)
	}
}

// publish approves what stands against a draft and puts it in force.
func (h *house) publish(t *testing.T, chief *browser, at string) {
	t.Helper()
	_, board := chief.do("GET", at, nil)
	var keys []any
	for _, v := range board["problems"].([]any) {
		if v.(object)["level"] == "exception" {
			keys = append(keys, v.(object)["key"])
		}
	}
	if len(keys) > 0 {
		if status, body := chief.do("POST", at+"/approvals", object{"violations": keys, "reason": "few people"}); status != 200 {
			t.Fatalf("approve: %d %v", status, body)
		}
	}
	_, preview := chief.do("GET", at+"/publication", nil)
	status, body := chief.do("POST", at+"/publication", object{"version": preview["draft"].(object)["version"], "number": preview["number"]})
	if status != 201 {
		t.Fatalf("publish: %d %v against %v", status, body, preview["against"])
	}
}

func TestSicknessIsForThoseWithTheRight(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Planner, auth.Supervisor)
	h.aRoster(t, 6)
	planner, officer, supervisor := h.signIn(auth.Planner), h.signIn(auth.Officer), h.signIn(auth.Supervisor)
	sick := object{"id": "", "officer": "o03", "kind": "sick", "from": "2030-01-08", "until": "2030-01-09", "decision": "approved", "note": "flu"}
	if status, body := planner.do("POST", "/rosters/hq/leave", object{"version": 0, "item": sick}); status != 200 {
		t.Fatalf("leave: %d %v", status, body)
	}
	kind := func(b *browser) any {
		_, body := b.do("GET", "/rosters/hq/absences?from=2030-01-01&until=2030-02-01", nil)
		one := body["leave"].([]any)[0].(object)["item"].(object)
		return fmt.Sprint(one["kind"], one["note"])
	}
	if got := kind(planner); got != "sickflu" {
		t.Errorf("the planner sees %v", got)
	}
	if got := kind(supervisor); got != "absent" {
		t.Errorf("a supervisor sees %v", got)
	}
	// One asks for oneself, and for nobody else; what is decided stays.
	mine := object{"id": "", "officer": "o00", "kind": "annual", "from": "2030-03-01", "until": "2030-03-05", "decision": "requested", "note": ""}
	status, asked := officer.do("POST", "/rosters/hq/leave", object{"version": 0, "item": mine})
	if status != 200 {
		t.Fatalf("an officer asks: %d %v", status, asked)
	}
	mine["officer"] = "o01"
	if status, body := officer.do("POST", "/rosters/hq/leave", object{"version": 0, "item": mine}); status != 403 {
		t.Errorf("an officer asks for another: %d %v", status, body)
	}
	approved := asked["item"].(object)
	approved["decision"] = "approved"
	if status, body := officer.do("POST", "/rosters/hq/leave", object{"version": 1, "item": approved}); status != 403 {
		t.Errorf("an officer approves their own: %d %v", status, body)
	}
	if status, body := planner.do("POST", "/rosters/hq/leave", object{"version": 1, "item": approved}); status != 200 {
		t.Errorf("the planner approves: %d %v", status, body)
	}
	approved["decision"] = "withdrawn"
	if status, body := officer.do("POST", "/rosters/hq/leave", object{"version": 2, "item": approved}); status != 409 {
		t.Errorf("an officer withdraws what is decided: %d %v", status, body)
	}
}

// Many edit at once: of the edits that met on a cell one is answered with 200, the
// draft holds exactly what was answered, and a console that starts anew holds it too.
func TestConcurrentEditorsOverwriteNothing(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Planner)
	h.aRoster(t, 8)
	by := auth.Operator{ID: "p", Name: "P", Grants: []auth.Grant{{Role: auth.Chief, Station: "hq"}}}
	d := h.desks.Rosters
	draft, err := d.Begin(t.Context(), by, "hq", desk.NewDraft{Name: "x", From: rosters.Day(2030, 1, 7), Until: rosters.Day(2030, 1, 20), Copy: "empty"})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	want := map[rosters.Cell]desk.Cell{}
	var all sync.WaitGroup
	for n := range 6 {
		all.Go(func() {
			for i := range 25 {
				c := rosters.Cell{Officer: fmt.Sprintf("o%02d", (n+i)%8), Date: rosters.Day(2030, 1, 7).Add(i % 3)}
				shift := []string{"D", "E", "N"}[(n+i)%3]
				mu.Lock()
				seen := want[c].Version
				mu.Unlock()
				edited, err := d.Edit(context.Background(), by, "hq", draft.ID, desk.ByHand, []desk.Cell{{Cell: c, Version: seen, Duties: []rosters.Duty{{Shift: shift, Post: "P1"}}}})
				if err == nil {
					mu.Lock()
					if edited.Cells[0].Version > want[c].Version {
						want[c] = edited.Cells[0]
					}
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	check := func(d *desk.Desk) {
		board, err := d.Board(t.Context(), by, "hq", draft.ID)
		if err != nil {
			t.Fatal(err)
		}
		edits := int64(0)
		for _, c := range board.Cells {
			edits += c.Version
			if w := want[c.Cell]; w.Version != c.Version || w.Duties[0].Shift != c.Duties[0].Shift {
				t.Errorf("%v is %v, answered was %v", c.Cell, c, w)
			}
		}
		if edits != board.Draft.Version {
			t.Errorf("%d versions of cells, %d edits", edits, board.Draft.Version)
		}
		fresh, err := rosters.Check(stationOf(t, d, by), planOf(board))
		if err != nil || len(fresh) != len(board.Problems) {
			t.Errorf("judged anew: %d problems, on the board %d, %v", len(fresh), len(board.Problems), err)
		}
	}
	check(d)
	h.stop()
	check(startOn(t, h.dsn).desks.Rosters)
}

func stationOf(t *testing.T, d *desk.Desk, by auth.Operator) *rosters.Station {
	t.Helper()
	g, err := d.Register(t.Context(), by, "hq")
	if err != nil {
		t.Fatal(err)
	}
	s := &rosters.Station{ID: "hq", Zone: g.Zone, WorkingWeek: g.Week}
	for _, o := range g.Officers {
		s.Officers = append(s.Officers, o.Item.Officer)
	}
	for _, p := range g.Posts {
		s.Posts = append(s.Posts, p.Item)
	}
	for _, x := range g.ShiftTypes {
		s.ShiftTypes = append(s.ShiftTypes, x.Item)
	}
	for _, r := range g.Rules {
		s.Rules = append(s.Rules, r.Item)
	}
	return s
}

func planOf(b desk.Board) *rosters.Plan {
	p := &rosters.Plan{From: b.From, Until: b.Until, Since: b.From.Add(-35), Beyond: b.Until.Add(8), Demands: b.Demands, Leave: b.Leave, Requests: b.Requests}
	for _, c := range b.Cells {
		for _, d := range c.Duties {
			p.Assignments = append(p.Assignments, rosters.Assignment{Officer: c.Officer, Date: c.Date, Shift: d.Shift, Post: d.Post, Source: d.Source})
		}
	}
	return p
}

func TestPlannerIsKeptInTheDraft(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Planner)
	h.aRoster(t, 14)
	planner := h.signIn(auth.Planner)
	_, draft := planner.do("POST", "/rosters/hq/drafts", object{"name": "x", "from": "2030-01-07", "until": "2030-01-20", "copy": "empty"})
	at := "/rosters/hq/drafts/" + draft["id"].(string)
	if status, body := planner.do("GET", at+"/planning", nil); status != 200 || body["state"] != "idle" {
		t.Errorf("before there is a plan: %d %v", status, body)
	}
	if status, body := planner.do("POST", at+"/planning", object{"seconds": 60, "seed": 1}); status != 202 {
		t.Fatalf("start: %d %v", status, body)
	}
	if status, body := planner.do("POST", at+"/planning", object{"seconds": 1}); status != 409 {
		t.Errorf("a second planner: %d %v", status, body)
	}
	// Somebody edits a cell meanwhile: it stays as they left it.
	planner.do("POST", at+"/edits", object{"cells": []object{cell("o13", "2030-01-07", 0, object{"shift": "N", "post": "P2", "source": "hand"})}})
	eventually(t, "the planner has found something", func() bool {
		_, body := planner.do("GET", at+"/planning", nil)
		curve := body["curve"].([]any)
		return len(curve) > 0 && curve[len(curve)-1].(object)["mandatory"] == 0.0
	})
	began := time.Now()
	status, stopped := planner.do("POST", at+"/planning/stop", nil)
	if status != 200 || stopped["state"] != "ready" {
		t.Fatalf("stop: %d %v", status, stopped)
	}
	t.Logf("stopped after %s", time.Since(began))
	status, kept := planner.do("POST", at+"/planning/keep", nil)
	if status != 200 || len(kept["cells"].([]any)) == 0 {
		t.Fatalf("keep: %d %v", status, kept)
	}
	_, board := planner.do("GET", at, nil)
	for _, c := range board["cells"].([]any) {
		if c := c.(object); c["officer"] == "o13" && c["date"] == "2030-01-07" && c["duties"].([]any)[0].(object)["shift"] != "N" {
			t.Errorf("the planner has overwritten an edit: %v", c)
		}
	}
	if status, body := planner.do("POST", at+"/undo", nil); status != 200 {
		t.Errorf("undo of a plan: %d %v", status, body)
	}
	if status, body := planner.do("POST", at+"/redo", nil); status != 200 {
		t.Errorf("redo of a plan: %d %v", status, body)
	}
}
