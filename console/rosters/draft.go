package rosters

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/live"
	"guardroom/rosters"
)

// DraftState is whether a draft is worked on.
type DraftState string

// The states of a draft.
const (
	Open      DraftState = "open"
	Published DraftState = "published"
	Dropped   DraftState = "dropped"
)

// A Draft is a roster in the making. Base is the publication that it knows: what
// was published later must be taken in before it can be published itself.
type Draft struct {
	ID        string             `json:"id"`
	Station   string             `json:"station"`
	Name      string             `json:"name"`
	State     DraftState         `json:"state"`
	From      rosters.Date       `json:"from"`
	Until     rosters.Date       `json:"until"` // last day
	Unit      string             `json:"unit"`  // whom it is for; "" for the whole station
	Base      int64              `json:"base"`
	Version   int64              `json:"version"` // counts edits
	Demands   []rosters.Demand   `json:"demands"` // beside the standing hours
	Approvals []rosters.Approval `json:"approvals"`
	MadeAt    time.Time          `json:"made_at"`
	MadeBy    string             `json:"made_by"` // name
	ChangedAt time.Time          `json:"changed_at"`
	ChangedBy string             `json:"changed_by"`
}

// A Cell is an officer's day in a draft. Version 0 was never written.
type Cell struct {
	rosters.Cell

	Version int64          `json:"version"`
	Duties  []rosters.Duty `json:"duties"`
}

// CellConflict is a cell that is not what its editor saw.
type CellConflict struct {
	rosters.Cell

	Version int64          `json:"version"` // as it is now
	Duties  []rosters.Duty `json:"duties"`
	Yours   []rosters.Duty `json:"yours"`
}

// EditState is what has become of an edit.
type EditState string

// The states of an edit.
const (
	Done   EditState = "done"
	Undone EditState = "undone"
	Gone   EditState = "gone" // undone, and something else was done since
	Step   EditState = "step" // undoing or redoing another
)

// What an edit is.
const (
	ByHand  = "edit"
	ByUndo  = "undo"
	ByRedo  = "redo"
	ByPlan  = "planner"
	ByFile  = "import"
	ByCopy  = "copy"
	ByTake  = "rebase" // what was published meanwhile
	ByFixes = "fix"
)

// An Edit is one line of a draft's log.
type Edit struct {
	Number  int64        `json:"number"` // the draft's version after it
	State   EditState    `json:"state"`
	What    string       `json:"what"`
	Of      int64        `json:"of,omitempty"` // the edit that it undoes or redoes
	By      string       `json:"by"`
	ByName  string       `json:"by_name"`
	At      time.Time    `json:"at"`
	Changes []EditedCell `json:"changes"`
}

// An EditedCell is a cell before and after an edit.
type EditedCell struct {
	rosters.Cell

	Version int64          `json:"version"` // after the edit
	Was     []rosters.Duty `json:"was"`
	Becomes []rosters.Duty `json:"becomes"`
}

// Limits of drafts.
const (
	mostCells  = 20_000 // of one edit
	mostDrafts = 60     // open ones of a station
	toldCells  = 60     // that the screens are told with an edit; of more they read the log
)

// NewDraft says what to begin with.
type NewDraft struct {
	Name        string
	From, Until rosters.Date
	Unit        string
	Copy        string // "" for what is published, "empty", "publication:7" for how that left it, or the id of a draft
	Demands     []rosters.Demand
}

// Begin makes a draft.
func (d *Desk) Begin(ctx context.Context, by auth.Operator, station string, n NewDraft) (Draft, error) {
	if err := mayDraft(by, station); err != nil {
		return Draft{}, err
	}
	n.Name = strings.TrimSpace(n.Name)
	switch {
	case n.Name == "" || utf8.RuneCountInString(n.Name) > 100:
		return Draft{}, &InvalidError{Field: "name", Reason: "1 to 100 characters"}
	case n.From.IsZero() || n.Until < n.From || n.Until.Sub(n.From) >= rosters.MaxDays:
		return Draft{}, &InvalidError{Field: "until", Reason: fmt.Sprintf("a roster has 1 to %d days", rosters.MaxDays)}
	}
	draft := Draft{ID: auth.NewID(), Station: station, Name: n.Name, State: Open, From: n.From, Until: n.Until, Unit: n.Unit, Demands: n.Demands, MadeBy: by.Name, ChangedBy: by.Name}
	for i := range n.Demands {
		if err := n.Demands[i].Validate(); err != nil {
			return Draft{}, err
		}
	}
	err := d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		numbers, err := tx.Lock(ctx, station)
		if err != nil {
			return err
		}
		return d.begin(ctx, tx, by, numbers, &draft, n.Copy)
	})
	return draft, err
}

// begin keeps a new draft, with the station locked.
func (d *Desk) begin(ctx context.Context, tx Tx, by auth.Operator, n Numbers, draft *Draft, from string) error {
	open, err := tx.Drafts(ctx, draft.Station, false)
	if err != nil {
		return err
	}
	if len(open) >= mostDrafts {
		return &ConflictError{Reason: "too_many", Text: "there are too many drafts; drop one", Params: map[string]any{"most": mostDrafts}}
	}
	draft.Base, draft.MadeAt, draft.ChangedAt = n.Publication, tx.At(), tx.At()
	cells, err := d.copied(ctx, tx, *draft, from)
	if err != nil {
		return err
	}
	if err := tx.SaveDraft(ctx, *draft); err != nil {
		return err
	}
	if err := tx.SaveCells(ctx, *draft, cells); err != nil {
		return err
	}
	tx.Audit(audit.By(by, draft.Station, "roster.draft", "draft:"+draft.ID, map[string]string{"name": draft.Name, "from": draft.From.String(), "until": draft.Until.String()}))
	tx.Tell(draft.Event(nil))
	return nil
}

// copied is what a new draft begins with: the cells of what it is copied from, its
// first day on the draft's first day.
func (d *Desk) copied(ctx context.Context, tx Tx, draft Draft, from string) ([]Cell, error) {
	switch from {
	case "empty":
		return []Cell{}, nil
	case "":
		given, err := tx.Published(ctx, draft.Station, draft.From, draft.Until)
		if err != nil {
			return nil, err
		}
		return cellsOf(given, 1), nil
	}
	if number, is := strings.CutPrefix(from, "publication:"); is {
		return d.asOf(ctx, tx, draft, number)
	}
	other, err := tx.Draft(ctx, draft.Station, from)
	if err != nil {
		return nil, err
	}
	cells, err := tx.Cells(ctx, other.ID)
	if err != nil {
		return nil, err
	}
	shift := draft.From.Sub(other.From)
	kept := []Cell{}
	for _, c := range cells {
		if c.Date = c.Date.Add(shift); c.Date <= draft.Until && len(c.Duties) > 0 {
			c.Version = 1
			kept = append(kept, c)
		}
	}
	return kept, nil
}

// CellsOf sorts duties into cells that were never written.
func CellsOf(given []rosters.Assignment) []Cell { return cellsOf(given, 0) }

// cellsOf sorts duties into cells.
func cellsOf(given []rosters.Assignment, version int64) []Cell {
	at := map[rosters.Cell]int{}
	cells := []Cell{}
	for _, a := range given {
		c := rosters.Cell{Officer: a.Officer, Date: a.Date}
		i, known := at[c]
		if !known {
			i = len(cells)
			at[c] = i
			cells = append(cells, Cell{Cell: c, Version: version})
		}
		cells[i].Duties = append(cells[i].Duties, rosters.Duty{Shift: a.Shift, Post: a.Post, Source: a.Source, Frozen: a.Frozen})
	}
	return cells
}

// assignments are the duties of cells.
func assignments(cells []Cell) []rosters.Assignment {
	list := []rosters.Assignment{}
	for _, c := range cells {
		for _, d := range c.Duties {
			list = append(list, rosters.Assignment{Officer: c.Officer, Date: c.Date, Shift: d.Shift, Post: d.Post, Source: d.Source, Frozen: d.Frozen})
		}
	}
	return list
}

// draftNews is what the screens hear of a draft.
type draftNews struct {
	ID        string       `json:"id"`
	Station   string       `json:"station"`
	Name      string       `json:"name"`
	Version   int64        `json:"version"`
	ChangedBy string       `json:"changed_by"`
	Changes   []EditedCell `json:"changes"` // of this version, when they are few
}

// Event is what the screens hear of a draft, with the changes of its last edit.
func (d *Draft) Event(changes []EditedCell) live.Event {
	if len(changes) > toldCells {
		changes = nil
	}
	return live.Thing(live.Draft, d.Station, d.ID, draftNews{d.ID, d.Station, d.Name, d.Version, d.ChangedBy, append([]EditedCell{}, changes...)}, d.State != Open)
}

// Drafts lists a station's open drafts, or all of them.
func (d *Desk) Drafts(ctx context.Context, by auth.Operator, station string, all bool) ([]Draft, error) {
	if err := mayDraft(by, station); err != nil {
		return nil, err
	}
	return d.o.Store.Drafts(ctx, station, all)
}

// Drop ends a draft that is not wanted.
func (d *Desk) Drop(ctx context.Context, by auth.Operator, station, id string) (Draft, error) {
	return d.change(ctx, by, station, id, func(ctx context.Context, tx Tx, draft *Draft) ([]EditedCell, error) {
		draft.State = Dropped
		tx.Audit(audit.By(by, station, "roster.drop", "draft:"+id, map[string]string{"name": draft.Name}))
		return nil, nil
	})
}

// Want replaces what a draft asks for beside the standing hours.
func (d *Desk) Want(ctx context.Context, by auth.Operator, station, id string, seen int64, demands []rosters.Demand) (Draft, error) {
	if err := mayDraft(by, station); err != nil {
		return Draft{}, err
	}
	if len(demands) > 5000 {
		return Draft{}, &InvalidError{Field: "demands", Reason: "are more than 5000"}
	}
	for i := range demands {
		if err := demands[i].Validate(); err != nil {
			return Draft{}, err
		}
	}
	draft, err := d.change(ctx, by, station, id, func(_ context.Context, tx Tx, draft *Draft) ([]EditedCell, error) {
		if draft.Version != seen {
			return nil, &StaleError{Version: draft.Version, Current: draft.Demands}
		}
		draft.Demands = append([]rosters.Demand{}, demands...)
		draft.Version++
		tx.Audit(audit.By(by, station, "roster.demand", "draft:"+id, map[string]string{"demands": fmt.Sprint(len(demands))}))
		return nil, nil
	})
	return draft, err
}

// Approve lets an exception stand, or with no reason takes that back. It is for the
// chief.
func (d *Desk) Approve(ctx context.Context, by auth.Operator, station, id, violation, reason string) (Draft, error) {
	return d.ApproveAll(ctx, by, station, id, []string{violation}, reason)
}

// ApproveAll is Approve of several exceptions for the same reason.
func (d *Desk) ApproveAll(ctx context.Context, by auth.Operator, station, id string, violations []string, reason string) (Draft, error) {
	if err := by.May(auth.RostersApprove, station); err != nil {
		return Draft{}, err
	}
	reason = strings.TrimSpace(reason)
	if utf8.RuneCountInString(reason) > 500 || len(violations) > 5000 || slices.ContainsFunc(violations, func(v string) bool { return v == "" || len(v) > 1000 }) {
		return Draft{}, &InvalidError{Field: "reason", Reason: "at most 500 characters, for violations that are named"}
	}
	return d.change(ctx, by, station, id, func(_ context.Context, tx Tx, draft *Draft) ([]EditedCell, error) {
		draft.Approvals = slices.DeleteFunc(slices.Clone(draft.Approvals), func(a rosters.Approval) bool { return slices.Contains(violations, a.Violation) })
		for _, v := range violations {
			if reason != "" {
				draft.Approvals = append(draft.Approvals, rosters.Approval{Violation: v, By: by.Name, Reason: reason})
			}
		}
		draft.Version++
		tx.Audit(audit.By(by, station, "roster.approve", "draft:"+id, map[string]string{"violations": strings.Join(violations[:min(20, len(violations))], "; "), "count": fmt.Sprint(len(violations)), "reason": reason}))
		return nil, nil
	})
}

// change does step with a locked open draft, and tells the screens.
func (d *Desk) change(ctx context.Context, by auth.Operator, station, id string, step func(ctx context.Context, tx Tx, draft *Draft) ([]EditedCell, error)) (Draft, error) {
	if err := mayDraft(by, station); err != nil {
		return Draft{}, err
	}
	var draft Draft
	err := d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		var err error
		draft, err = d.changeIn(ctx, tx, by, station, id, step)
		return err
	})
	return draft, err
}

// changeIn does step with a draft in a transaction.
func (d *Desk) changeIn(ctx context.Context, tx Tx, by auth.Operator, station, id string, step func(ctx context.Context, tx Tx, draft *Draft) ([]EditedCell, error)) (Draft, error) {
	draft, err := tx.LockDraft(ctx, station, id)
	if err != nil {
		return draft, err
	}
	if draft.State != Open {
		return draft, &ConflictError{Reason: "draft_closed", Text: "this draft is " + string(draft.State), Params: map[string]any{"state": string(draft.State)}}
	}
	draft.ChangedAt, draft.ChangedBy = tx.At(), by.Name
	edited, err := step(ctx, tx, &draft)
	if err != nil {
		return draft, err
	}
	if err := tx.SaveDraft(ctx, draft); err != nil {
		return draft, err
	}
	tx.Tell(draft.Event(edited))
	return draft, nil
}

// Edited is the answer to an edit, which is committed.
type Edited struct {
	Draft   Draft               `json:"draft"` // its approvals stand at the problems
	Number  int64               `json:"number"`
	Cells   []Cell              `json:"cells"`
	Came    []rosters.Violation `json:"came"`
	Went    []string            `json:"went"` // keys
	Changed []rosters.Violation `json:"changed"`
	Score   rosters.Score       `json:"score"`
	// Tallies of the officers whose cells changed.
	Tallies map[string]rosters.Tally `json:"tallies"`
	// Whole asks to read the problems anew: what changed is not known cell by cell.
	Whole bool `json:"whole"`
}

// Edit gives cells other contents: all of them, or none when one is no longer at
// the version that its editor saw.
func (d *Desk) Edit(ctx context.Context, by auth.Operator, station, id, what string, cells []Cell) (Edited, error) {
	if err := mayDraft(by, station); err != nil {
		return Edited{}, err
	}
	if len(cells) == 0 || len(cells) > mostCells {
		return Edited{}, &InvalidError{Field: "cells", Reason: fmt.Sprintf("1 to %d", mostCells)}
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return Edited{}, err
	}
	var edit Edit
	draft, err := d.change(ctx, by, station, id, func(ctx context.Context, tx Tx, draft *Draft) ([]EditedCell, error) {
		if err := t.fits(draft, cells); err != nil {
			return nil, err
		}
		if err := tx.ForgetUndone(ctx, id, by.ID); err != nil {
			return nil, err
		}
		edit = Edit{State: Done, What: what}
		err := d.write(ctx, tx, by, draft, &edit, cells)
		return edit.Changes, err
	})
	if err != nil {
		return Edited{}, err
	}
	return d.edited(ctx, by, draft, edit)
}

// fits refuses what names no officer, shift type or post of the station, or no day
// of the draft.
func (t *terms) fits(draft *Draft, cells []Cell) error {
	twice := map[rosters.Cell]bool{}
	for i, c := range cells {
		at := func(field, reason string) error {
			return &InvalidError{Field: fmt.Sprintf("cells[%d].%s", i, field), Reason: reason}
		}
		switch {
		case t.people[c.Officer] == nil:
			return at("officer", "is nobody at this station")
		case draft.Unit != "" && t.people[c.Officer].Unit != draft.Unit:
			return at("officer", "belongs to another unit than the draft")
		case c.Date < draft.From || c.Date > draft.Until:
			return at("date", "is outside the draft")
		case len(c.Duties) > 4:
			return at("duties", "are more than 4")
		case twice[c.Cell]:
			return at("date", "is given twice")
		}
		twice[c.Cell] = true
		for _, duty := range c.Duties {
			if t.station.ShiftType(duty.Shift) == nil {
				return at("duties", fmt.Sprintf("%.20q is no shift type of this station", duty.Shift))
			}
			if duty.Post != "" && t.station.Post(duty.Post) == nil {
				return at("duties", fmt.Sprintf("%.40q is no post of this station", duty.Post))
			}
		}
	}
	return nil
}

// write checks the versions of cells, writes them and the log's line.
func (d *Desk) write(ctx context.Context, tx Tx, by auth.Operator, draft *Draft, edit *Edit, cells []Cell) error {
	named := make([]rosters.Cell, len(cells))
	for i := range cells {
		named[i] = cells[i].Cell
	}
	found, err := tx.CellsOf(ctx, draft.ID, named)
	if err != nil {
		return err
	}
	now := make(map[rosters.Cell]Cell, len(found))
	for _, c := range found {
		now[c.Cell] = c
	}
	var conflicts []CellConflict
	saved := make([]Cell, 0, len(cells))
	edit.Changes = make([]EditedCell, 0, len(cells))
	for _, c := range cells {
		was := now[c.Cell]
		if was.Version != c.Version {
			conflicts = append(conflicts, CellConflict{Cell: c.Cell, Version: was.Version, Duties: append([]rosters.Duty{}, was.Duties...), Yours: append([]rosters.Duty{}, c.Duties...)})
			continue
		}
		duties := append([]rosters.Duty{}, c.Duties...)
		for i := range duties {
			if duties[i].Source == "" {
				duties[i].Source = rosters.FromHand
			}
		}
		saved = append(saved, Cell{Cell: c.Cell, Version: c.Version + 1, Duties: duties})
		edit.Changes = append(edit.Changes, EditedCell{Cell: c.Cell, Version: c.Version + 1, Was: append([]rosters.Duty{}, was.Duties...), Becomes: duties})
	}
	if len(conflicts) > 0 {
		return &StaleError{Version: draft.Version, Current: conflicts}
	}
	draft.Version++
	edit.Number, edit.By, edit.ByName, edit.At = draft.Version, by.ID, by.Name, tx.At()
	if err := tx.SaveCells(ctx, *draft, saved); err != nil {
		return err
	}
	return tx.SaveEdit(ctx, *draft, *edit)
}

// edited judges what an edit has done. The edit stands whatever the judge says.
func (d *Desk) edited(ctx context.Context, by auth.Operator, draft Draft, edit Edit) (Edited, error) {
	answer := Edited{Draft: draft.bare(), Number: edit.Number, Cells: []Cell{}, Came: []rosters.Violation{}, Went: []string{}, Changed: []rosters.Violation{}}
	changes := make([]rosters.Change, 0, len(edit.Changes))
	for _, c := range edit.Changes {
		answer.Cells = append(answer.Cells, Cell{Cell: c.Cell, Version: c.Version, Duties: c.Becomes})
		changes = append(changes, rosters.Change{Cell: c.Cell, Duties: c.Becomes})
	}
	score, delta, tallies, err := d.follow(ctx, draft, changes)
	if err != nil {
		d.o.Log.Warn("rosters: an edit was kept and could not be judged", "draft", draft.ID, "err", err)
		answer.Whole = true
		return answer, nil
	}
	answer.Score, answer.Tallies = score, tallies
	if delta == nil {
		answer.Whole = true
		return answer, nil
	}
	answer.Came, answer.Changed = d.veil(by, draft.Station, delta.Came), d.veil(by, draft.Station, delta.Changed)
	for _, v := range d.veil(by, draft.Station, delta.Went) {
		answer.Went = append(answer.Went, v.Key)
	}
	return answer, nil
}

// Log lists the edits of a draft after a number, at most 500.
func (d *Desk) Log(ctx context.Context, by auth.Operator, station, id string, after int64) ([]Edit, error) {
	if err := mayDraft(by, station); err != nil {
		return nil, err
	}
	if _, err := d.o.Store.Draft(ctx, station, id); err != nil {
		return nil, err
	}
	return d.o.Store.Edits(ctx, id, after, 500)
}

var errNothing = errors.New("nothing to undo")
