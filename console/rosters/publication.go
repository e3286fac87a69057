package rosters

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/live"
	"guardroom/rosters"
)

// A Preview says what publishing a draft would do, and what stands against it.
type Preview struct {
	Draft   Draft                `json:"draft"`
	Number  int64                `json:"number"` // that the publication would have
	Changes []rosters.Difference `json:"changes"`
	Told    []string             `json:"told"`   // officers
	Untold  []string             `json:"untold"` // those of them whom no word reaches
	Score   rosters.Score        `json:"score"`
	// Against are the reasons for which it would be refused: mandatory, unapproved,
	// stale, nothing.
	Against []string `json:"against"`
	Newer   int      `json:"newer"` // cells published since the draft was begun
}

// Preview says what publishing would do.
func (d *Desk) Preview(ctx context.Context, by auth.Operator, station, id string) (Preview, error) {
	if err := mayDraft(by, station); err != nil {
		return Preview{}, err
	}
	draft, err := d.o.Store.Draft(ctx, station, id)
	if err != nil {
		return Preview{}, err
	}
	return d.preview(ctx, d.o.Store, draft)
}

func (d *Desk) preview(ctx context.Context, r reads, draft Draft) (Preview, error) {
	v := Preview{Draft: draft, Against: []string{}}
	n, err := r.Numbers(ctx, draft.Station)
	if err != nil {
		return v, err
	}
	v.Number = n.Publication + 1
	b, err := d.judged(ctx, r, draft)
	if err != nil {
		return v, err
	}
	v.Score = b.judge.Score()
	t := b.terms
	b.mu.Unlock()
	cells, err := r.Cells(ctx, draft.ID)
	if err != nil {
		return v, err
	}
	was, err := r.Published(ctx, draft.Station, draft.From, draft.Until)
	if err != nil {
		return v, err
	}
	v.Changes = rosters.Differences(t.ofUnit(was, draft.Unit), t.ofUnit(assignments(cells), draft.Unit), draft.From, draft.Until)
	v.Told = rosters.Told(v.Changes)
	v.Untold = t.untold(v.Told)
	newer, err := d.newer(ctx, r, t, draft)
	if err != nil {
		return v, err
	}
	v.Newer = len(newer)
	for reason, stands := range map[string]bool{
		"mandatory": v.Score.Mandatory > 0, "unapproved": v.Score.Unapproved > 0, "stale": v.Newer > 0, "nothing": len(v.Changes) == 0,
	} {
		if stands {
			v.Against = append(v.Against, reason)
		}
	}
	slices.Sort(v.Against)
	return v, nil
}

// ofUnit keeps the duties of a unit's officers; "" is everybody.
func (t *terms) ofUnit(list []rosters.Assignment, unit string) []rosters.Assignment {
	if unit == "" {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(a rosters.Assignment) bool { return t.people[a.Officer] == nil || t.people[a.Officer].Unit != unit })
}

// newer are the cells of a draft that were published after what it knows: each as
// it was before the first of those publications, and as it is in force now.
func (d *Desk) newer(ctx context.Context, r reads, t *terms, draft Draft) ([]rosters.Difference, error) {
	list, err := r.Publications(ctx, draft.Station, draft.Base, mostNewer)
	if err != nil {
		return nil, err
	}
	at := map[rosters.Cell]int{}
	var found []rosters.Difference
	for i := len(list) - 1; i >= 0; i-- { // the oldest first
		for _, c := range list[i].Changes {
			if c.Date < draft.From || c.Date > draft.Until || draft.Unit != "" && (t.people[c.Officer] == nil || t.people[c.Officer].Unit != draft.Unit) {
				continue
			}
			if n, known := at[c.Cell]; known {
				found[n].Becomes = c.Becomes
				continue
			}
			at[c.Cell] = len(found)
			found = append(found, c)
		}
	}
	return found, nil
}

// mostNewer publications are looked back through.
const mostNewer = 1000

// asOf are the cells of a new draft as a publication left them. Days before today
// stay as they are in force: what was done was done.
func (d *Desk) asOf(ctx context.Context, tx Tx, draft Draft, number string) ([]Cell, error) {
	base, err := strconv.ParseInt(number, 10, 64)
	n, nerr := tx.Numbers(ctx, draft.Station)
	switch {
	case nerr != nil:
		return nil, nerr
	case err != nil || base < 1 || base > n.Publication:
		return nil, &InvalidError{Field: "copy", Reason: "names no publication of this station"}
	case n.Publication-base > mostNewer:
		return nil, &InvalidError{Field: "copy", Reason: fmt.Sprintf("is more than %d publications ago", mostNewer)}
	}
	t, err := d.read(ctx, tx, draft.Station)
	if err != nil {
		return nil, err
	}
	given, err := tx.Published(ctx, draft.Station, draft.From, draft.Until)
	if err != nil {
		return nil, err
	}
	before := draft
	before.Base = base
	since, err := d.newer(ctx, tx, t, before)
	if err != nil {
		return nil, err
	}
	zone, err := t.station.Location()
	if err != nil {
		return nil, err
	}
	today, was := rosters.DateOf(tx.At().In(zone)), map[rosters.Cell][]rosters.Duty{}
	for _, c := range since {
		if c.Date >= today {
			was[c.Cell] = c.Was
		}
	}
	cells := slices.DeleteFunc(cellsOf(given, 1), func(c Cell) bool { _, changed := was[c.Cell]; return changed })
	for at, duties := range was {
		if len(duties) > 0 {
			cells = append(cells, Cell{Cell: at, Version: 1, Duties: duties})
		}
	}
	return cells, nil
}

// PublishWish names what its sender has seen: it is refused when the draft or the
// roster in force is another by now.
type PublishWish struct {
	Version int64 // of the draft
	Number  int64 // that the publication shall have
}

// Publish puts a draft in force and tells the officers whose days change. It is
// refused while a mandatory rule is broken, an exception is not approved, or the
// draft does not know what was published meanwhile.
func (d *Desk) Publish(ctx context.Context, by auth.Operator, station, id string, w PublishWish) (rosters.Publication, error) {
	if err := by.May(auth.RostersPublish, station); err != nil {
		return rosters.Publication{}, err
	}
	var p rosters.Publication
	err := d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Lock(ctx, station)
		if err != nil {
			return err
		}
		draft, err := tx.LockDraft(ctx, station, id)
		switch {
		case err != nil:
			return err
		case draft.State != Open:
			return &ConflictError{Reason: "draft_closed", Text: "this draft is " + string(draft.State), Params: map[string]any{"state": string(draft.State)}}
		case draft.Version != w.Version || n.Publication+1 != w.Number:
			return &StaleError{Version: draft.Version, Current: map[string]int64{"version": draft.Version, "number": n.Publication + 1}}
		}
		v, err := d.preview(ctx, tx, draft)
		if err != nil {
			return err
		}
		if len(v.Against) > 0 {
			return &ConflictError{Reason: v.Against[0], Text: "this draft cannot be published: " + v.Against[0], Params: map[string]any{
				"against": v.Against, "mandatory": v.Score.Mandatory, "unapproved": v.Score.Unapproved, "newer": v.Newer,
			}}
		}
		draft.State, draft.ChangedAt, draft.ChangedBy, draft.Base = Published, tx.At(), by.Name, v.Number
		if err := tx.SaveDraft(ctx, draft); err != nil {
			return err
		}
		tx.Tell(draft.Event(nil))
		p = rosters.Publication{ID: auth.NewID(), From: draft.From, Until: draft.Until, Unit: draft.Unit, By: by.Name, Changes: v.Changes, Told: v.Told, Untold: v.Untold}
		return d.putInForce(ctx, tx, by, station, n, &p, map[string]string{"draft": id, "name": draft.Name, "exceptions": fmt.Sprint(v.Score.Exceptions)})
	})
	return p, err
}

// putInForce writes a publication, with the station locked.
func (d *Desk) putInForce(ctx context.Context, tx Tx, by auth.Operator, station string, n Numbers, p *rosters.Publication, params map[string]string) error {
	t, err := d.read(ctx, tx, station)
	if err != nil {
		return err
	}
	n.Publication++
	p.Number, p.At = int(n.Publication), tx.At()
	if err := tx.AddPublication(ctx, station, *p); err != nil {
		return err
	}
	params["number"], params["from"], params["until"], params["unit"] = fmt.Sprint(p.Number), p.From.String(), p.Until.String(), p.Unit
	params["changes"], params["told"] = fmt.Sprint(len(p.Changes)), fmt.Sprint(len(p.Told))
	tx.Audit(audit.By(by, station, "roster.publish", "publication:"+p.ID, params))
	n.Version++
	if err := tx.SaveNumbers(ctx, station, n); err != nil {
		return err
	}
	news := News{ID: station, Station: station, Version: n.Version, Publication: n.Publication, Told: len(p.Told)}
	tx.Tell(live.Thing(live.Roster, station, station, news, false))
	return d.carry(ctx, tx, t, t.published(p))
}

// An Amendment changes the roster in force at once: a relief, a swap, a recall.
type Amendment struct {
	Publication int64 // the number of the last publication, as it was seen
	Why         string
	Leave       []rosters.Leave // who is away, from now on approved
	Changes     []rosters.Change
}

// Amend changes the roster in force. Refused is what would break a mandatory rule
// which is kept now.
func (d *Desk) Amend(ctx context.Context, by auth.Operator, station string, a Amendment) (rosters.Publication, error) {
	if err := by.May(auth.RostersAmend, station); err != nil {
		return rosters.Publication{}, err
	}
	var p rosters.Publication
	err := d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Lock(ctx, station)
		if err != nil {
			return err
		}
		if n.Publication != a.Publication {
			return &StaleError{Version: n.Publication}
		}
		if n, err = d.saveAway(ctx, tx, by, station, n, a.Leave); err != nil {
			return err
		}
		p, err = d.amend(ctx, tx, by, station, n, a.Why, a.Changes)
		return err
	})
	return p, err
}

// saveAway keeps approved leave with an amendment.
func (d *Desk) saveAway(ctx context.Context, tx Tx, by auth.Operator, station string, n Numbers, leave []rosters.Leave) (Numbers, error) {
	if len(leave) > 100 {
		return n, &InvalidError{Field: "leave", Reason: "at most 100"}
	}
	t, err := d.read(ctx, tx, station)
	if err != nil {
		return n, err
	}
	for _, l := range leave {
		l.ID, l.Decision = auth.NewID(), rosters.Approved
		if err := l.Validate(); err != nil {
			return n, err
		}
		if t.people[l.Officer] == nil {
			return n, &InvalidError{Field: "leave", Reason: "names nobody at this station"}
		}
		body, err := document("leave", l)
		if err != nil {
			return n, err
		}
		if err := tx.SaveRecord(ctx, station, Record{Kind: Leaves, ID: l.ID, Version: 1, Officer: l.Officer, From: l.From, Until: l.Until, Body: body}); err != nil {
			return n, err
		}
		tx.Audit(audit.By(by, station, "roster.leave", "leave:"+l.ID, map[string]string{"officer": l.Officer, "from": l.From.String(), "until": l.Until.String(), "decision": string(l.Decision)}))
	}
	return n, nil
}

// weighing is what changes of the roster in force would do.
type weighing struct {
	terms       *terms
	from, until rosters.Date
	given       []rosters.Assignment // before
	after       []rosters.Assignment
	breaks      []rosters.Violation // exceptions that they bring
}

// weighed judges changes of the roster in force. Refused is what would break a
// mandatory rule which is kept now.
func (d *Desk) weighed(ctx context.Context, r reads, by auth.Operator, station string, changes []rosters.Change) (weighing, error) {
	if len(changes) == 0 || len(changes) > 500 {
		return weighing{}, &InvalidError{Field: "changes", Reason: "1 to 500"}
	}
	w := weighing{from: changes[0].Date, until: changes[0].Date, breaks: []rosters.Violation{}}
	cells := make([]Cell, 0, len(changes))
	for _, c := range changes {
		w.from, w.until = min(w.from, c.Date), max(w.until, c.Date)
		cells = append(cells, Cell{Cell: c.Cell, Duties: c.Duties})
	}
	if w.from.IsZero() || w.until.Sub(w.from) >= 100 {
		return w, &InvalidError{Field: "changes", Reason: "span more than 100 days"}
	}
	b, given, err := d.inForce(ctx, r, station, w.from, w.until)
	if err != nil {
		return w, err
	}
	w.terms, w.given = b.terms, given
	if err := w.terms.fits(&Draft{From: w.from, Until: w.until}, cells); err != nil {
		return w, err
	}
	delta, err := b.judge.Change(changes...)
	if err != nil {
		return w, err
	}
	for _, v := range append(slices.Clone(delta.Came), delta.Worse...) {
		switch v.Level {
		case rosters.Mandatory:
			v = d.veil(by, station, []rosters.Violation{v})[0]
			// What stands in a refusal is written as it is: its lists are lists too.
			v.Others, v.Cells, v.Fixes = append([]string{}, v.Others...), append([]rosters.Cell{}, v.Cells...), append([]rosters.Fix{}, v.Fixes...)
			return w, &ConflictError{Reason: "mandatory", Text: w.terms.station.Say(&v), Params: map[string]any{"violation": v}}
		case rosters.Exceptional:
			w.breaks = append(w.breaks, v)
		}
	}
	w.after = b.judge.Plan().Assignments
	return w, nil
}

// amend is Amend with the station locked.
func (d *Desk) amend(ctx context.Context, tx Tx, by auth.Operator, station string, n Numbers, why string, changes []rosters.Change) (rosters.Publication, error) {
	w, err := d.weighed(ctx, tx, by, station, changes)
	if err != nil {
		return rosters.Publication{}, err
	}
	p := rosters.Publication{ID: auth.NewID(), From: w.from, Until: w.until, By: by.Name}
	p.Changes = rosters.Differences(w.given, w.after, p.From, p.Until)
	p.Told = rosters.Told(p.Changes)
	p.Untold = w.terms.untold(p.Told)
	if len(p.Changes) == 0 {
		return p, &ConflictError{Reason: "nothing", Text: "this changes nothing"}
	}
	return p, d.putInForce(ctx, tx, by, station, n, &p, map[string]string{"why": why, "exceptions": fmt.Sprint(len(w.breaks))})
}

// Rebased says what taking in newer publications has done.
type Rebased struct {
	Edited

	// Kept are the cells in which the draft already had something else: they are as
	// the draft has them, and Becomes is what is in force.
	Kept []rosters.Difference `json:"kept"`
}

// Rebase takes into a draft what was published since it was begun.
func (d *Desk) Rebase(ctx context.Context, by auth.Operator, station, id string) (Rebased, error) {
	var out Rebased
	if err := mayDraft(by, station); err != nil {
		return out, err
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return out, err
	}
	var edit Edit
	draft, err := d.change(ctx, by, station, id, func(ctx context.Context, tx Tx, draft *Draft) ([]EditedCell, error) {
		out.Kept, edit = []rosters.Difference{}, Edit{State: Step, What: ByTake}
		n, err := tx.Numbers(ctx, station)
		if err != nil {
			return nil, err
		}
		newer, err := d.newer(ctx, tx, t, *draft)
		if err != nil {
			return nil, err
		}
		draft.Base = n.Publication
		all, err := tx.Cells(ctx, id)
		if err != nil {
			return nil, err
		}
		have := make(map[rosters.Cell]Cell, len(all))
		for _, c := range all {
			have[c.Cell] = c
		}
		var cells []Cell
		for _, c := range newer {
			now := have[c.Cell]
			switch {
			case sameTurns(now.Duties, c.Becomes):
			case sameTurns(now.Duties, c.Was):
				cells = append(cells, Cell{Cell: c.Cell, Version: now.Version, Duties: c.Becomes})
			default:
				out.Kept = append(out.Kept, rosters.Difference{Cell: c.Cell, Was: now.Duties, Becomes: c.Becomes})
			}
		}
		if len(cells) == 0 {
			draft.Version++ // the judge and other editors look anew
			return nil, nil
		}
		err = d.write(ctx, tx, by, draft, &edit, cells)
		return edit.Changes, err
	})
	if err != nil {
		return out, err
	}
	out.Edited, err = d.edited(ctx, by, draft, edit)
	return out, err
}

// sameTurns is sameDuties whoever gave them, and in any order.
func sameTurns(a, b []rosters.Duty) bool {
	if len(a) != len(b) {
		return false
	}
	for _, x := range a {
		if !slices.ContainsFunc(b, func(y rosters.Duty) bool { return x.Shift == y.Shift && x.Post == y.Post }) {
			return false
		}
	}
	return true
}

// Publications lists a station's publications, the newest first.
func (d *Desk) Publications(ctx context.Context, by auth.Operator, station string, most int) ([]rosters.Publication, error) {
	if err := by.May(auth.RostersRead, station); err != nil {
		return nil, err
	}
	return d.o.Store.Publications(ctx, station, 0, most)
}
