package console_test

import (
	"testing"
	"time"

	"guardroom/console/auth"
	desk "guardroom/console/rosters"
	"guardroom/rosters"
	"guardroom/rosters/demo"
)

// The station of the demo, 145 officers and 40 posts over five weeks: it is judged
// and mended while somebody waits.
func TestStationOfTheDemoIsQuickEnough(t *testing.T) {
	t.Parallel()
	h := start(t)
	by := auth.Operator{ID: "setup", Name: "Setup", Grants: []auth.Grant{{Role: auth.Chief, Station: auth.AllStations}}}
	today := rosters.DateOf(time.Now())
	s := demo.Station("Europe/Vienna", today)
	period := demo.Period(&s, today.Add(-7), 5)
	var changes []desk.RecordChange
	for _, o := range s.Officers {
		changes = append(changes, desk.RecordChange{Kind: desk.Officers, ID: o.ID, Item: desk.Officer{Officer: o}})
	}
	for _, p := range s.Posts {
		changes = append(changes, desk.RecordChange{Kind: desk.Posts, ID: p.ID, Item: p})
	}
	for _, x := range s.ShiftTypes {
		changes = append(changes, desk.RecordChange{Kind: desk.Shifts, ID: x.Code, Item: x})
	}
	for _, r := range s.Rules {
		changes = append(changes, desk.RecordChange{Kind: desk.Rules, ID: r.ID, Item: r})
	}
	d, ctx := h.desks.Rosters, t.Context()
	took := func(what string, most time.Duration, f func() error) {
		t.Helper()
		began := time.Now()
		if err := f(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		t.Logf("%s: %s", what, time.Since(began).Round(time.Millisecond))
		if time.Since(began) > most {
			t.Errorf("%s took %s", what, time.Since(began))
		}
	}
	took("registers", 5*time.Second, func() error { _, err := d.Change(ctx, by, "hq", changes...); return err })
	for _, l := range period.Leave {
		if _, err := d.SaveLeave(ctx, by, "hq", desk.Kept[rosters.Leave]{Item: l}); err != nil {
			t.Fatal(err)
		}
	}
	draft, err := d.Begin(ctx, by, "hq", desk.NewDraft{Name: "x", From: period.From, Until: period.Until, Copy: "empty"})
	if err != nil {
		t.Fatal(err)
	}
	given := demo.Roster(&s, &period)
	took("all cells", 10*time.Second, func() error {
		_, err := d.Edit(ctx, by, "hq", draft.ID, desk.ByCopy, desk.CellsOf(given))
		return err
	})
	var board desk.Board
	took("board", 5*time.Second, func() (err error) { board, err = d.Board(ctx, by, "hq", draft.ID); return err })
	if board.Score.Mandatory != 0 {
		t.Errorf("the roster of the demo breaks %d mandatory rules", board.Score.Mandatory)
	}
	took("one cell", 2*time.Second, func() error {
		c := board.Cells[0]
		_, err := d.Edit(ctx, by, "hq", draft.ID, desk.ByHand, []desk.Cell{{Cell: c.Cell, Version: c.Version, Duties: c.Duties}})
		return err
	})
	var keys []string
	for _, v := range board.Problems {
		if v.Level == rosters.Exceptional {
			keys = append(keys, v.Key)
		}
	}
	if _, err := d.ApproveAll(ctx, by, "hq", draft.ID, keys, "known"); err != nil {
		t.Fatal(err)
	}
	took("publish", 8*time.Second, func() error {
		v, err := d.Preview(ctx, by, "hq", draft.ID)
		if err != nil {
			return err
		}
		_, err = d.Publish(ctx, by, "hq", draft.ID, desk.PublishWish{Version: v.Draft.Version, Number: v.Number})
		return err
	})
	tomorrow := today.Add(1)
	var sick rosters.Assignment
	for _, a := range given {
		if a.Date == tomorrow && a.Shift == "D" && a.Post != "" {
			sick = a
			break
		}
	}
	away := rosters.Leave{Officer: sick.Officer, Kind: rosters.SickLeave, From: tomorrow, Until: tomorrow, Decision: rosters.Approved}
	var found desk.Reliefs
	took("reliefs", 4*time.Second, func() (err error) {
		found, err = d.Reliefs(ctx, by, "hq", desk.Disruption{Leave: []rosters.Leave{away}})
		return err
	})
	if len(found.Alternatives) < 3 {
		t.Fatalf("%d alternatives", len(found.Alternatives))
	}
	took("one click", 4*time.Second, func() error {
		p, err := d.Amend(ctx, by, "hq", desk.Amendment{Publication: found.Publication, Why: "sick", Leave: []rosters.Leave{away}, Changes: found.Alternatives[0].Changes})
		if err == nil && len(p.Told) == 0 {
			t.Errorf("nobody is told: %+v", p)
		}
		return err
	})
}
