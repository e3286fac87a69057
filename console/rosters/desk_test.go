package rosters_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"guardroom/console/auth"
	"guardroom/console/reports"
	desk "guardroom/console/rosters"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
	"guardroom/rosters"
	"guardroom/rosters/sheet"
)

var (
	chief   = operator("chief", auth.Chief)
	planner = operator("planner", auth.Planner)
	officer = operator("officer", auth.Officer)
)

func operator(id string, role auth.Role) auth.Operator {
	return auth.Operator{ID: id, Name: id, Grants: []auth.Grant{{Role: role, Station: "hq"}}}
}

// world is a desk at station hq with two posts, three shifts and eight officers, of
// whom o00 has the account "officer".
type world struct {
	*desk.Desk

	now   atomic.Pointer[time.Time]
	told  []desk.Word
	users []desk.Account
}

// monday is the first day of every draft.
var monday = rosters.Day(2030, 1, 7)

func open(t *testing.T) *world {
	t.Helper()
	db := storetest.Open(t)
	if _, err := db.Pool.Exec(t.Context(), `INSERT INTO stations (id, name, time_zone) VALUES ('hq', 'HQ', 'Europe/Vienna')`); err != nil {
		t.Fatal(err)
	}
	w := &world{users: []desk.Account{{ID: "officer"}}}
	now := time.Date(2030, 1, 6, 9, 0, 0, 0, time.UTC)
	w.now.Store(&now)
	w.Desk = desk.New(desk.Options{
		Store: store.NewRosters(db), Now: func() time.Time { return *w.now.Load() },
		Station: func(id string) (desk.Facts, bool) {
			return desk.Facts{Zone: "Europe/Vienna", WorkingWeek: []int{1, 2, 3, 4, 5}}, id == "hq"
		},
		Accounts: func(context.Context, string) ([]desk.Account, error) { return w.users, nil },
		Told: func(_ context.Context, _ desk.Tx, words []desk.Word) error {
			w.told = append(w.told, words...)
			return nil
		},
	})
	t.Cleanup(w.Close)
	var changes []desk.RecordChange
	for i, code := range []string{"D", "E", "N"} {
		part := rosters.Part{Start: rosters.Clock((6 + 8*i) * 60), End: rosters.Clock((14 + 8*i) % 24 * 60)}
		class := []rosters.Class{rosters.DayShift, rosters.EveningShift, rosters.NightShift}[i]
		changes = append(changes, desk.RecordChange{Kind: desk.Shifts, ID: code, Item: rosters.ShiftType{Code: code, Name: code, Parts: []rosters.Part{part}, Class: class, Key: code}})
	}
	for _, id := range []string{"P1", "P2"} {
		changes = append(changes, desk.RecordChange{Kind: desk.Posts, ID: id, Item: rosters.Post{ID: id, Name: "Gate " + id, Shifts: []string{"D", "E", "N"}, Standing: []rosters.Hours{{Headcount: 1}}}})
	}
	for i := range 8 {
		id := fmt.Sprintf("o%02d", i)
		one := desk.Officer{Officer: rosters.Officer{ID: id, Name: "Officer " + id, Badge: id, Rank: rosters.OrdinaryOfficer, Unit: "A", Contract: 40 * 60, Employment: rosters.Staff}, Email: id + "@example.org"}
		if i == 0 {
			one.User = "officer"
		}
		changes = append(changes, desk.RecordChange{Kind: desk.Officers, ID: id, Item: one})
	}
	pack, _ := rosters.PackOf("un-8h")
	for _, r := range pack.Rules {
		changes = append(changes, desk.RecordChange{Kind: desk.Rules, ID: r.ID, Item: r})
	}
	if _, err := w.Change(t.Context(), chief, "hq", changes...); err != nil {
		t.Fatal(err)
	}
	return w
}

// give is a cell of "o01 1 D P1": officer, day after monday, shift, post.
func give(version int64, what string) desk.Cell {
	var c desk.Cell
	var day int
	var shift, post string
	_, _ = fmt.Sscan(what, &c.Officer, &day, &shift, &post) // a cell without a shift is free
	c.Date, c.Version, c.Duties = monday.Add(day), version, []rosters.Duty{}
	if shift != "" {
		c.Duties = append(c.Duties, rosters.Duty{Shift: shift, Post: post})
	}
	return c
}

func (w *world) draft(t *testing.T, cells ...string) desk.Draft {
	t.Helper()
	draft, err := w.Begin(t.Context(), planner, "hq", desk.NewDraft{Name: "x", From: monday, Until: monday.Add(6)})
	if err != nil {
		t.Fatal(err)
	}
	list := []desk.Cell{}
	for _, c := range cells {
		list = append(list, give(0, c))
	}
	if len(list) > 0 {
		if _, err := w.Edit(t.Context(), planner, "hq", draft.ID, desk.ByHand, list); err != nil {
			t.Fatal(err)
		}
	}
	return draft
}

// put publishes a draft, its exceptions approved.
func (w *world) put(t *testing.T, id string) (rosters.Publication, error) {
	t.Helper()
	board, err := w.Board(t.Context(), chief, "hq", id)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, v := range board.Problems {
		if v.Level == rosters.Exceptional {
			keys = append(keys, v.Key)
		}
	}
	if len(keys) > 0 {
		if _, err := w.ApproveAll(t.Context(), chief, "hq", id, keys, "known"); err != nil {
			t.Fatal(err)
		}
	}
	v, err := w.Preview(t.Context(), chief, "hq", id)
	if err != nil {
		t.Fatal(err)
	}
	return w.Publish(t.Context(), chief, "hq", id, desk.PublishWish{Version: v.Draft.Version, Number: v.Number})
}

func refused(t *testing.T, what, reason string, err error) {
	t.Helper()
	var conflict *desk.ConflictError
	if !errors.As(err, &conflict) || conflict.Reason != reason {
		t.Errorf("%s: %v, not %s", what, err, reason)
	}
}

func TestEachMayDoWhatIsTheirs(t *testing.T) {
	t.Parallel()
	w := open(t)
	draft := w.draft(t, "o01 0 D P1")
	ctx := t.Context()
	for what, err := range map[string]error{
		"an officer edits":           second(w.Edit(ctx, officer, "hq", draft.ID, desk.ByHand, []desk.Cell{give(1, "o01 0")})),
		"an officer sees drafts":     second(w.Board(ctx, officer, "hq", draft.ID)),
		"an officer amends":          second(w.Amend(ctx, officer, "hq", desk.Amendment{})),
		"an officer lists accounts":  second(w.Accounts(ctx, officer, "hq")),
		"a planner approves":         second(w.ApproveAll(ctx, planner, "hq", draft.ID, []string{"x"}, "y")),
		"a stranger reads":           second(w.Register(ctx, operator("x", auth.Technician), "hq")),
		"a chief of another station": second(w.Register(ctx, auth.Operator{Grants: []auth.Grant{{Role: auth.Chief, Station: "branch"}}}, "hq")),
	} {
		var forbidden *auth.ForbiddenError
		if !errors.As(err, &forbidden) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := w.Register(ctx, officer, "hq"); err != nil {
		t.Errorf("an officer reads the registers: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestWhatOthersChangedIsNotOverwritten(t *testing.T) {
	t.Parallel()
	w := open(t)
	draft := w.draft(t, "o01 0 D P1", "o02 1 D P2")
	ctx := t.Context()
	// Two cells, of which one was seen at an older version: neither is written.
	_, err := w.Edit(ctx, chief, "hq", draft.ID, desk.ByHand, []desk.Cell{give(0, "o01 0 N P1"), give(0, "o03 0 E P1")})
	var stale *desk.StaleError
	if !errors.As(err, &stale) {
		t.Fatalf("written over what was not seen: %v", err)
	}
	board, err := w.Board(ctx, chief, "hq", draft.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(board.Cells) != 2 || board.Cells[0].Duties[0].Shift != "D" {
		t.Errorf("after a refused edit: %+v", board.Cells)
	}
	// A publication that somebody else has made since is taken in first.
	other := w.draft(t, "o04 2 D P1")
	if _, err := w.put(t, other.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.put(t, draft.ID); err == nil {
		t.Error("a draft that does not know of a publication was published")
	} else {
		refused(t, "a draft that does not know of a publication", "stale", err)
	}
	if _, err := w.Rebase(ctx, chief, "hq", draft.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.put(t, draft.ID); err != nil {
		t.Errorf("after it was taken in: %v", err)
	}
}

func TestABrokenMandatoryRuleIsNeverPublished(t *testing.T) {
	t.Parallel()
	w := open(t)
	draft := w.draft(t, "o01 0 N P1", "o01 1 D P1") // no hour of rest between
	_, err := w.put(t, draft.ID)
	refused(t, "a day after a night", "mandatory", err)
	if _, err := w.Edit(t.Context(), planner, "hq", draft.ID, desk.ByHand, []desk.Cell{give(1, "o01 1")}); err != nil {
		t.Fatal(err)
	}
	p, err := w.put(t, draft.ID)
	if err != nil || !slices.Equal(p.Told, []string{"o01"}) {
		t.Fatalf("mended: %+v, %v", p, err)
	}
	if len(w.told) != 1 || w.told[0].Email != "o01@example.org" || !strings.Contains(w.told[0].Text, "N 22:00-06:00 Gate P1") {
		t.Errorf("the officer hears %+v", w.told)
	}
	_, err = w.Publish(t.Context(), chief, "hq", draft.ID, desk.PublishWish{})
	refused(t, "published twice", "draft_closed", err)
	// The roster in force keeps the rule too: what would break it is refused, with all that came with it.
	away := rosters.Leave{Officer: "o02", Kind: rosters.SickLeave, From: monday.Add(1), Until: monday.Add(1)}
	_, err = w.Amend(t.Context(), chief, "hq", desk.Amendment{Publication: 1, Leave: []rosters.Leave{away}, Changes: []rosters.Change{{Cell: give(0, "o01 1").Cell, Duties: []rosters.Duty{{Shift: "D", Post: "P1"}}}}})
	refused(t, "a relief who comes from a night", "mandatory", err)
	if left, err := w.Absences(t.Context(), chief, "hq", "", monday, monday.Add(6)); err != nil || len(left.Leave) > 0 {
		t.Errorf("half applied: %+v, %v", left, err)
	}
}

func TestUndoTakesBackOnesOwnOnly(t *testing.T) {
	t.Parallel()
	w := open(t)
	draft := w.draft(t, "o01 0 D P1")
	ctx := t.Context()
	if _, err := w.Edit(ctx, chief, "hq", draft.ID, desk.ByHand, []desk.Cell{give(0, "o02 0 E P1")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Undo(ctx, chief, "hq", draft.ID); err != nil {
		t.Fatal(err)
	}
	_, err := w.Undo(ctx, chief, "hq", draft.ID)
	refused(t, "another's edit is undone", "nothing_to_undo", err)
	if _, err := w.Redo(ctx, chief, "hq", draft.ID); err != nil {
		t.Fatal(err)
	}
	// What somebody has written over since is not taken from them.
	if _, err := w.Edit(ctx, chief, "hq", draft.ID, desk.ByHand, []desk.Cell{give(1, "o01 0 N P1")}); err != nil {
		t.Fatal(err)
	}
	var stale *desk.StaleError
	if _, err := w.Undo(ctx, planner, "hq", draft.ID); !errors.As(err, &stale) {
		t.Errorf("undone over another's work: %v", err)
	}
}

func TestACalendarEndsWithTheAccount(t *testing.T) {
	t.Parallel()
	w := open(t)
	ctx := t.Context()
	link, err := w.MakeLink(ctx, officer, "hq")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := w.Feed(ctx, "hq", link.Token, "10.0.0.1"); err != nil || !strings.Contains(text, "BEGIN:VCALENDAR") {
		t.Fatalf("%q, %v", text, err)
	}
	// Whoever tries tokens waits; others do not.
	var slow *desk.SlowError
	for range 25 {
		_, err = w.Feed(ctx, "hq", strings.Repeat("A", 43), "10.0.0.2")
	}
	if !errors.As(err, &slow) || slow.RetryAfter() < 1 {
		t.Errorf("after many tries: %v", err)
	}
	if _, err := w.Feed(ctx, "hq", link.Token, "10.0.0.1"); err != nil {
		t.Errorf("others: %v", err)
	}
	later := w.now.Load().Add(2 * time.Minute)
	w.now.Store(&later)
	if _, err := w.Feed(ctx, "hq", link.Token, "10.0.0.2"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	w.users = nil // disabled, or without a right here
	if _, err := w.Feed(ctx, "hq", link.Token, "10.0.0.1"); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("the account has ended, the calendar has not: %v", err)
	}
}

func TestAnAccountIsOnePerson(t *testing.T) {
	t.Parallel()
	w := open(t)
	g, err := w.Register(t.Context(), planner, "hq")
	if err != nil {
		t.Fatal(err)
	}
	one := g.Officers[3]
	one.Item.User = "officer"
	_, err = w.Change(t.Context(), planner, "hq", desk.RecordChange{Kind: desk.Officers, ID: one.Item.ID, Version: one.Version, Item: one.Item})
	var invalid *desk.InvalidError
	if !errors.As(err, &invalid) || invalid.Field != "items.0.user" {
		t.Errorf("two officers with one account: %v", err)
	}
}

// What was exported and comes back unchanged changes nothing: no version, no line of the
// record, no conflict for whoever works there.
func TestWhatWasExportedComesBackAsTheSame(t *testing.T) {
	t.Parallel()
	w := open(t)
	before, err := w.Register(t.Context(), planner, "hq")
	if err != nil {
		t.Fatal(err)
	}
	for what, all := range map[sheet.Kind]int{sheet.OfficerTable: len(before.Officers), sheet.PostTable: len(before.Posts)} {
		for _, format := range []reports.Format{reports.CSV, reports.XLSX} {
			var file bytes.Buffer
			if err := w.Export(t.Context(), planner, "hq", what, "", 0, 0, format, &file); err != nil {
				t.Fatal(err)
			}
			got, err := w.Import(t.Context(), planner, "hq", desk.Import{What: what, File: file.Bytes()})
			if err != nil || got.Same != all || got.Added+got.Changed != 0 || got.Saved || len(got.Problems) > 0 {
				t.Errorf("%s as %s: %+v, %v", what, format, got, err)
			}
		}
	}
	after, err := w.Register(t.Context(), planner, "hq")
	if err != nil || after.Numbers != before.Numbers {
		t.Errorf("numbers %+v, before %+v, %v", after.Numbers, before.Numbers, err)
	}
}

func TestAFileKeepsWhatItDoesNotName(t *testing.T) {
	t.Parallel()
	w := open(t)
	file := []byte("badge,name,rank\no00,Officer Zero,sergeant\no99,New One,officer\n")
	got, err := w.Import(t.Context(), planner, "hq", desk.Import{What: "officers", File: file})
	if err != nil || got.Changed != 1 || got.Added != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	// Without badge and ID an officer is known by a name that nobody else has.
	got, err = w.Import(t.Context(), planner, "hq", desk.Import{What: "officers", File: []byte("name,hours\nofficer zero,30\n")})
	if err != nil || got.Changed != 1 || got.Added != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	if got, err = w.Import(t.Context(), planner, "hq", desk.Import{What: "posts", File: []byte("id,name,weight\nP1,Main gate,12\n")}); err != nil || got.Changed != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	g, err := w.Register(t.Context(), planner, "hq")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range g.Officers {
		if one := o.Item; one.ID == "o00" && (one.Rank != rosters.Sergeant || one.Unit != "A" || one.Contract != 30*60 || one.User != "officer" || one.Email != "o00@example.org" || one.Badge != "o00") {
			t.Errorf("after the files: %+v", one)
		}
	}
	for _, p := range g.Posts {
		if one := p.Item; one.ID == "P1" && (one.Name != "Main gate" || one.Weight != 12 || len(one.Standing) != 1 || len(one.Shifts) != 3) {
			t.Errorf("after the file: %+v", one)
		}
	}
}

// A roster from a file begins its draft, with its leave, in one step; it is taken
// back in one too, and the next file of the same kind needs no explaining.
func TestARosterFromAFile(t *testing.T) {
	t.Parallel()
	w := open(t)
	ctx := t.Context()
	file := []byte("Planning janvier 2030\n\nAgent X;1;2;3;4\nOfficer o00;J;J;CO;CO\nOfficer o01;S;;AL;?\n")
	first, err := w.Import(ctx, planner, "hq", desk.Import{What: sheet.RosterGrid, File: file, DryRun: true})
	if err != nil || first.Saved || first.Read != 0 || first.Mapping.Month != 1 || first.Mapping.Year != 2030 || first.Unknown["J"] != 0 {
		t.Fatalf("%+v, %v", first, err)
	}
	m := first.Mapping
	m.Columns = map[sheet.Field]int{sheet.Name: 1}
	m.Codes = map[string]string{"J": "shift:D", "S": "shift:E", "CO": "leave:annual"}
	said, err := w.Import(ctx, planner, "hq", desk.Import{What: sheet.RosterGrid, File: file, DryRun: true, Mapping: &m})
	if err != nil || said.Read != 3 || said.Added != 3 || said.Leave != 2 || said.Unknown["?"] != 1 || said.Codes["J"].Times != 2 || len(said.Sample) != 2 {
		t.Fatalf("%+v, %v", said, err)
	}
	if drafts, err := w.Drafts(ctx, planner, "hq", false); err != nil || len(drafts) != 0 {
		t.Fatalf("a trial leaves %d drafts, %v", len(drafts), err)
	}
	done, err := w.Import(ctx, planner, "hq", desk.Import{What: sheet.RosterGrid, File: file, Mapping: &m, Name: "Our January"})
	if err != nil || !done.Saved || done.Draft == "" || done.Undo == "" || done.Leave != 2 {
		t.Fatalf("%+v, %v", done, err)
	}
	board, err := w.Board(ctx, planner, "hq", done.Draft)
	if err != nil || board.Draft.Name != "Our January" || board.Draft.From != rosters.Day(2030, 1, 1) || board.Draft.Until != rosters.Day(2030, 1, 4) || len(board.Cells) != 3 || len(board.Leave) != 2 {
		t.Fatalf("%+v, %v", board.Draft, err)
	}
	// The same headings and codes are known the second time; the leave is not listed twice.
	again, err := w.Import(ctx, planner, "hq", desk.Import{What: sheet.RosterGrid, File: file, DryRun: true})
	if err != nil || !again.Remembered || again.Read != 3 || again.Leave != 0 {
		t.Fatalf("%+v, %v", again, err)
	}
	if err := w.UndoImport(ctx, chief, "hq", done.Undo); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("somebody else takes it back: %v", err)
	}
	if err := w.UndoImport(ctx, planner, "hq", done.Undo); err != nil {
		t.Fatal(err)
	}
	left, err := w.Absences(ctx, planner, "hq", "", rosters.Day(2030, 1, 1), rosters.Day(2030, 1, 4))
	drafts, err2 := w.Drafts(ctx, planner, "hq", false)
	if err != nil || err2 != nil || len(left.Leave) != 0 || len(drafts) != 0 {
		t.Errorf("after undo: %d of leave, %d drafts, %v %v", len(left.Leave), len(drafts), err, err2)
	}
	if err := w.UndoImport(ctx, planner, "hq", done.Undo); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("twice: %v", err)
	}
}

// Into a draft that is there: what an import has written is taken back, and not what
// somebody has edited since.
func TestAFileIntoADraftAndBack(t *testing.T) {
	t.Parallel()
	w := open(t)
	ctx := t.Context()
	draft, err := w.Begin(ctx, planner, "hq", desk.NewDraft{Name: "x", From: monday, Until: monday + 6, Copy: "empty"})
	if err != nil {
		t.Fatal(err)
	}
	in := desk.Import{What: sheet.RosterGrid, Draft: draft.ID, File: []byte("Name,Mon 7,Tue 8,Mon 14\nOfficer o00,D,E@P1,D\n")}
	done, err := w.Import(ctx, planner, "hq", in)
	if err != nil || !done.Saved || done.Added != 2 || done.Skipped != 1 || done.Draft != draft.ID {
		t.Fatalf("%+v, %v", done, err)
	}
	if err := w.UndoImport(ctx, planner, "hq", done.Undo); err != nil {
		t.Fatal(err)
	}
	table, err := w.Table(ctx, planner, "hq", draft.ID)
	if err != nil || table.Draft.State != desk.Open || slices.Max(table.Rows[0]) != 0 {
		t.Errorf("after undo: %+v %v", table.Rows, err)
	}
	if done, err = w.Import(ctx, planner, "hq", in); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Edit(ctx, chief, "hq", draft.ID, desk.ByHand, []desk.Cell{{Cell: rosters.Cell{Officer: "o00", Date: monday}, Version: 3, Duties: []rosters.Duty{{Shift: "N"}}}}); err != nil {
		t.Fatal(err)
	}
	var stale *desk.StaleError
	if err := w.UndoImport(ctx, planner, "hq", done.Undo); !errors.As(err, &stale) {
		t.Errorf("somebody's edit is undone with it: %v", err)
	}
}

func TestOfficersFromAFileAndBack(t *testing.T) {
	t.Parallel()
	w := open(t)
	ctx := t.Context()
	before, err := w.Register(ctx, planner, "hq")
	if err != nil {
		t.Fatal(err)
	}
	done, err := w.Import(ctx, planner, "hq", desk.Import{What: sheet.OfficerTable, File: []byte("badge;Nom complet;rank;Courriel;Tel\no00;G\xF3mez;sergeant;;+41 22\nn1;New;officer;new@example.org;\n;;General;no address;\n")})
	if err != nil || done.Added != 1 || done.Changed != 1 || len(done.Problems) == 0 || done.Charset != reports.Western {
		t.Fatalf("%+v, %v", done, err)
	}
	var file strings.Builder
	if err := w.Export(ctx, planner, "hq", sheet.OfficerTable, "", 0, 0, reports.CSV, &file); err != nil || !strings.Contains(file.String(), "new@example.org") || !strings.Contains(file.String(), ",o00@example.org,'+41 22") {
		t.Errorf("written as %s, %v", file.String(), err)
	}
	if err := w.UndoImport(ctx, planner, "hq", done.Undo); err != nil {
		t.Fatal(err)
	}
	after, err := w.Register(ctx, planner, "hq")
	if err != nil || len(after.Officers) != len(before.Officers) || after.Officers[0].Item.Name != before.Officers[0].Item.Name || after.Officers[0].Item.Email != before.Officers[0].Item.Email {
		t.Errorf("%+v, %v", after.Officers[0], err)
	}
}
