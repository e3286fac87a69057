package rosters

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/rosters"
)

// A Template is a stretch of days to be laid over others, a week or a cycle.
type Template struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Days int    `json:"days"`
	// Cells is how many days of officers it fills; Given is what they hold.
	Cells int            `json:"cells"`
	Given []TemplateCell `json:"given,omitempty"`
}

// A TemplateCell is what an officer has on one day of a template, counted from 0.
type TemplateCell struct {
	Officer string         `json:"officer"`
	Day     int            `json:"day"`
	Duties  []rosters.Duty `json:"duties"`
}

// Limits of templates.
const (
	mostTemplates = 100
	longestCycle  = 56 // days
)

// Templates lists a station's templates by name, without what their cells hold.
func (d *Desk) Templates(ctx context.Context, by auth.Operator, station string) ([]Kept[Template], error) {
	if err := mayDraft(by, station); err != nil {
		return nil, err
	}
	list, err := listed[Template](ctx, d.o.Store, station, Filter{Kinds: []Kind{Templates}})
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Item.Given = nil
	}
	slices.SortFunc(list, func(a, b Kept[Template]) int { return strings.Compare(a.Item.Name, b.Item.Name) })
	return list, nil
}

// KeepTemplate makes a template of some days of a draft. One of the same name is
// replaced.
func (d *Desk) KeepTemplate(ctx context.Context, by auth.Operator, station, id, name string, from, until rosters.Date) (Kept[Template], error) {
	var k Kept[Template]
	if err := mayDraft(by, station); err != nil {
		return k, err
	}
	name = strings.TrimSpace(name)
	switch {
	case name == "" || utf8.RuneCountInString(name) > 100:
		return k, &InvalidError{Field: "name", Reason: "1 to 100 characters"}
	case from.IsZero() || until < from || until.Sub(from) >= longestCycle:
		return k, &InvalidError{Field: "until", Reason: fmt.Sprintf("a template has 1 to %d days", longestCycle)}
	}
	err := d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Lock(ctx, station)
		if err != nil {
			return err
		}
		draft, err := tx.Draft(ctx, station, id)
		if err != nil {
			return err
		}
		if from < draft.From || until > draft.Until {
			return &InvalidError{Field: "from", Reason: "is outside the draft"}
		}
		cells, err := tx.Cells(ctx, id)
		if err != nil {
			return err
		}
		k.Item = Template{ID: auth.NewID(), Name: name, Days: until.Sub(from) + 1, Given: []TemplateCell{}}
		for _, c := range cells {
			if c.Date >= from && c.Date <= until && len(c.Duties) > 0 {
				k.Item.Given = append(k.Item.Given, TemplateCell{Officer: c.Officer, Day: c.Date.Sub(from), Duties: bare(c.Duties, "")})
			}
		}
		k.Item.Cells = len(k.Item.Given)
		if err := d.inPlace(ctx, tx, station, &k); err != nil {
			return err
		}
		body, err := document("template", k.Item)
		if err != nil {
			return err
		}
		tx.Audit(audit.By(by, station, "roster.template", "template:"+k.Item.ID, map[string]string{"name": name, "days": fmt.Sprint(k.Item.Days), "cells": fmt.Sprint(k.Item.Cells)}))
		if err := d.changed(ctx, tx, station, n); err != nil {
			return err
		}
		return tx.SaveRecord(ctx, station, Record{Kind: Templates, ID: k.Item.ID, Version: k.Version, Body: body})
	})
	k.Item.Given = nil
	return k, err
}

// inPlace gives a template the id of the one that it replaces, and its version.
func (d *Desk) inPlace(ctx context.Context, tx Tx, station string, k *Kept[Template]) error {
	known, err := tx.Records(ctx, station, Filter{Kinds: []Kind{Templates}})
	if err != nil {
		return err
	}
	k.Version = 1
	for _, r := range known {
		var other Template
		if err := json.Unmarshal(r.Body, &other); err != nil {
			return fmt.Errorf("read template %s: %w", r.ID, err)
		}
		if other.Name == k.Item.Name {
			k.Item.ID, k.Version = other.ID, r.Version+1
			return nil
		}
	}
	if len(known) >= mostTemplates {
		return &ConflictError{Reason: "too_many_templates", Text: "there are too many templates; remove one", Params: map[string]any{"most": mostTemplates}}
	}
	return nil
}

// bare are duties without how they came about.
func bare(duties []rosters.Duty, source rosters.Source) []rosters.Duty {
	list := make([]rosters.Duty, 0, len(duties))
	for _, d := range duties {
		list = append(list, rosters.Duty{Shift: d.Shift, Post: d.Post, Source: source})
	}
	return list
}

// DropTemplate forgets a template that is still at the version that was seen.
func (d *Desk) DropTemplate(ctx context.Context, by auth.Operator, station, id string, seen int64) error {
	if err := mayDraft(by, station); err != nil {
		return err
	}
	return d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Lock(ctx, station)
		if err != nil {
			return err
		}
		k, err := one[Template](ctx, tx, station, Templates, id)
		switch {
		case err != nil:
			return err
		case k.Version != seen:
			return &StaleError{Version: k.Version}
		}
		tx.Audit(audit.By(by, station, "roster.template", "template:"+id, map[string]string{"name": k.Item.Name, "removed": "yes"}))
		if err := d.changed(ctx, tx, station, n); err != nil {
			return err
		}
		return tx.RemoveRecord(ctx, station, Templates, id)
	})
}

// Laid is the edit by which days were laid over others, or would be: with a dry run
// it has the counts only.
type Laid struct {
	Edited

	Filled   int `json:"filled"`   // days of officers that were empty
	Replaced int `json:"replaced"` // that had something else
	Emptied  int `json:"emptied"`  // that had something, and for which the cycle has nothing
	Skipped  int `json:"skipped"`  // that stay: filled or frozen, of leave, or of somebody who is not there
}

// Laying says over which days of a draft a cycle is laid, again and again until the
// last.
type Laying struct {
	From, Until rosters.Date
	Over        bool // what is given is replaced; else only empty days are filled
	Dry         bool // nothing is written
}

// A cycle is what some days hold, counted from 0, and how many they are.
type cycle func(ctx context.Context, r reads, draft *Draft) (given map[rosters.Cell][]rosters.Duty, days int, err error)

// LayTemplate lays a template over days of a draft.
func (d *Desk) LayTemplate(ctx context.Context, by auth.Operator, station, id, template string, l Laying) (Laid, error) {
	return d.lay(ctx, by, station, id, l, func(ctx context.Context, r reads, _ *Draft) (map[rosters.Cell][]rosters.Duty, int, error) {
		k, err := one[Template](ctx, r, station, Templates, template)
		given := map[rosters.Cell][]rosters.Duty{}
		for _, c := range k.Item.Given {
			given[rosters.Cell{Officer: c.Officer, Date: rosters.Date(c.Day)}] = c.Duties
		}
		return given, k.Item.Days, err
	})
}

// Copying says which days are laid over others.
type Copying struct {
	Source      string       // the id of a draft, "" for the draft itself, "published"
	From, Until rosters.Date // the days that are copied
}

// InForceSource is the roster in force as a source of copies.
const InForceSource = "published"

// Copy lays days over others: of the draft, of another, or of the roster in force.
func (d *Desk) Copy(ctx context.Context, by auth.Operator, station, id string, c Copying, l Laying) (Laid, error) {
	if c.From.IsZero() || c.Until < c.From || c.Until.Sub(c.From) >= rosters.MaxDays {
		return Laid{}, &InvalidError{Field: "until", Reason: fmt.Sprintf("1 to %d days are copied", rosters.MaxDays)}
	}
	return d.lay(ctx, by, station, id, l, func(ctx context.Context, r reads, draft *Draft) (map[rosters.Cell][]rosters.Duty, int, error) {
		var given []rosters.Assignment
		if c.Source == InForceSource {
			var err error
			if given, err = r.Published(ctx, station, c.From, c.Until); err != nil {
				return nil, 0, err
			}
		} else {
			source := draft.ID
			if c.Source != "" {
				other, err := r.Draft(ctx, station, c.Source)
				if err != nil {
					return nil, 0, err
				}
				source = other.ID
			}
			cells, err := r.Cells(ctx, source)
			if err != nil {
				return nil, 0, err
			}
			given = assignments(cells)
		}
		days := map[rosters.Cell][]rosters.Duty{}
		for _, one := range cellsOf(given, 0) {
			if one.Date >= c.From && one.Date <= c.Until {
				days[rosters.Cell{Officer: one.Officer, Date: rosters.Date(one.Date.Sub(c.From))}] = one.Duties
			}
		}
		return days, c.Until.Sub(c.From) + 1, nil
	})
}

// lay gives days of a draft what a cycle holds, or says what that would do.
func (d *Desk) lay(ctx context.Context, by auth.Operator, station, id string, l Laying, from cycle) (Laid, error) {
	var laid Laid
	if err := mayDraft(by, station); err != nil {
		return laid, err
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return laid, err
	}
	if l.Dry {
		draft, err := d.o.Store.Draft(ctx, station, id)
		if err != nil {
			return laid, err
		}
		_, laid, err = t.laying(ctx, d.o.Store, &draft, l, from)
		laid.Draft = draft
		return laid, err
	}
	var edit Edit
	draft, err := d.change(ctx, by, station, id, func(ctx context.Context, tx Tx, draft *Draft) ([]EditedCell, error) {
		edit = Edit{State: Done, What: ByCopy}
		var cells []Cell
		var err error
		if cells, laid, err = t.laying(ctx, tx, draft, l, from); err != nil {
			return nil, err
		}
		if len(cells) == 0 {
			return nil, &ConflictError{Reason: "nothing", Text: "no day is free for it", Params: map[string]any{"skipped": laid.Skipped}}
		}
		if len(cells) > mostCells {
			return nil, &InvalidError{Field: "until", Reason: fmt.Sprintf("more than %d days of officers at once", mostCells)}
		}
		if err := tx.ForgetUndone(ctx, id, by.ID); err != nil {
			return nil, err
		}
		err = d.write(ctx, tx, by, draft, &edit, cells)
		tx.Audit(audit.By(by, station, "roster.copy", "draft:"+id, map[string]string{"cells": fmt.Sprint(len(cells)), "skipped": fmt.Sprint(laid.Skipped), "from": l.From.String(), "until": l.Until.String()}))
		return edit.Changes, err
	})
	if err != nil {
		return laid, err
	}
	laid.Edited, err = d.edited(ctx, by, draft, edit)
	return laid, err
}

// laying are the cells that a cycle changes, and how many of which kind.
func (t *terms) laying(ctx context.Context, r reads, draft *Draft, l Laying, from cycle) ([]Cell, Laid, error) {
	if l.From < draft.From || l.Until > draft.Until || l.Until < l.From {
		return nil, Laid{}, &InvalidError{Field: "from", Reason: "is outside the draft"}
	}
	given, days, err := from(ctx, r, draft)
	if err != nil {
		return nil, Laid{}, err
	}
	if len(given) == 0 { // an empty week lays nothing, and empties nothing
		return nil, Laid{}, nil
	}
	now, err := r.Cells(ctx, draft.ID)
	if err != nil {
		return nil, Laid{}, err
	}
	leave, _, err := absences(ctx, r, draft.Station, l.From, l.Until)
	if err != nil {
		return nil, Laid{}, err
	}
	cells, laid := t.laid(draft, now, leave, given, days, l)
	return cells, laid, nil
}

// laid sorts the days of a draft by what a cycle does with them.
func (t *terms) laid(draft *Draft, now []Cell, leave []rosters.Leave, given map[rosters.Cell][]rosters.Duty, days int, l Laying) (cells []Cell, laid Laid) {
	have := make(map[rosters.Cell]Cell, len(now))
	for _, c := range now {
		have[c.Cell] = c
	}
	for i := range t.station.Officers {
		o := &t.station.Officers[i]
		if draft.Unit != "" && o.Unit != draft.Unit {
			continue
		}
		for day := l.From; day <= l.Until; day++ {
			at := rosters.Cell{Officer: o.ID, Date: day}
			was, duties := have[at], t.usable(given[rosters.Cell{Officer: o.ID, Date: rosters.Date(day.Sub(l.From) % days)}])
			switch {
			case sameTurns(was.Duties, duties):
				continue
			case len(was.Duties) > 0 && !l.Over, slices.ContainsFunc(was.Duties, func(d rosters.Duty) bool { return d.Frozen }):
				laid.Skipped += min(1, len(duties))
				continue
			case len(duties) > 0 && (!o.Here(day) || slices.ContainsFunc(leave, func(l rosters.Leave) bool { return l.Officer == o.ID && l.On(day) })):
				laid.Skipped++
				continue
			case len(was.Duties) == 0:
				laid.Filled++
			case len(duties) == 0:
				laid.Emptied++
			default:
				laid.Replaced++
			}
			cells = append(cells, Cell{Cell: at, Version: was.Version, Duties: duties})
		}
	}
	return cells, laid
}

// usable are those of duties whose shift type and post the station still has.
func (t *terms) usable(duties []rosters.Duty) []rosters.Duty {
	return slices.DeleteFunc(bare(duties, rosters.FromHand), func(d rosters.Duty) bool {
		kind, post := t.station.ShiftType(d.Shift), t.station.Post(d.Post)
		return kind == nil || kind.Gone || d.Post != "" && (post == nil || post.Gone)
	})
}
