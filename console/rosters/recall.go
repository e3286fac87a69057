package rosters

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/jobs"
	"guardroom/rosters"
)

// Summons is a recall, one of a group of which the first who accepts gets the duty.
type Summons struct {
	rosters.Recall

	Group       string              `json:"group"`
	Breaks      []rosters.Violation `json:"breaks"`      // exceptions that it takes
	Publication int                 `json:"publication"` // that gave the duty
}

// RecallWish asks officers who are off duty to come in.
type RecallWish struct {
	Officers []string     `json:"officers"`
	Date     rosters.Date `json:"date"`
	Shift    string       `json:"shift"`
	Post     string       `json:"post"`
	Reason   string       `json:"reason"`
	Minutes  int          `json:"minutes"` // to answer
}

const mostSummons = 20

// Recalls lists recalls of the last month and those to come: one's own, or
// everybody's for those who may change the roster.
func (d *Desk) Recalls(ctx context.Context, by auth.Operator, station string) ([]Kept[Summons], error) {
	if err := by.May(auth.RostersRead, station); err != nil {
		return nil, err
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return nil, err
	}
	f := Filter{Kinds: []Kind{Recalls}, From: rosters.DateOf(d.o.Now()).Add(-31)}
	if !d.sees(by, station) {
		own := t.own(by)
		if own == nil {
			return nil, nil
		}
		f.Officer = own.ID
	}
	list, err := listed[Summons](ctx, d.o.Store, station, f)
	for i := range list {
		list[i].Item.Breaks = d.veil(by, station, list[i].Item.Breaks)
	}
	slices.SortFunc(list, func(a, b Kept[Summons]) int { return b.Item.Asked.Compare(a.Item.Asked) })
	return list, err
}

// Recall asks officers for a duty. Nobody is asked when it would break a mandatory
// rule for one of them: the refusal says for whom.
func (d *Desk) Recall(ctx context.Context, by auth.Operator, station string, w RecallWish) ([]Kept[Summons], error) {
	if err := by.May(auth.RostersAmend, station); err != nil {
		return nil, err
	}
	w.Reason = strings.TrimSpace(w.Reason)
	switch {
	case len(w.Officers) == 0 || len(w.Officers) > mostSummons:
		return nil, &InvalidError{Field: "officers", Reason: fmt.Sprintf("1 to %d", mostSummons)}
	case w.Minutes < 1 || w.Minutes > 3*24*60:
		return nil, &InvalidError{Field: "minutes", Reason: "1 to 4320"}
	case utf8.RuneCountInString(w.Reason) > 500:
		return nil, &InvalidError{Field: "reason", Reason: "at most 500 characters"}
	}
	var asked []Kept[Summons]
	err := d.locked(ctx, station, func(ctx context.Context, tx Tx, t *terms, n Numbers) (err error) {
		asked = nil
		ends, err := t.recallEnds(&w)
		if err != nil {
			return err
		}
		if !tx.At().Before(ends) {
			return tooLate("this duty is over")
		}
		group, words := auth.NewID(), []Word{}
		for i, officer := range w.Officers {
			if slices.Contains(w.Officers[:i], officer) {
				return &InvalidError{Field: "officers", Reason: "are named twice"}
			}
			k := Kept[Summons]{Version: 1, Item: Summons{Group: group, Recall: rosters.Recall{
				ID: auth.NewID(), Officer: officer, Date: w.Date, Shift: w.Shift, Post: w.Post, Reason: w.Reason, State: rosters.RecallAsked,
				By: by.Name, Asked: tx.At().UTC(), Until: tx.At().Add(time.Duration(w.Minutes) * time.Minute).UTC(),
			}}}
			change, err := recallChange(ctx, tx, station, &k.Item, true)
			if err != nil {
				return err
			}
			weight, err := d.weighed(ctx, tx, by, station, []rosters.Change{change})
			if err != nil {
				return err
			}
			k.Item.Breaks = weight.breaks
			if err := tx.SetTimer(ctx, jobs.Timer{Kind: RecallTimer, Key: k.Item.ID, Due: k.Item.Until.Add(time.Second), Payload: stationPayload(station)}); err != nil {
				return err
			}
			if err := d.saveRecall(ctx, tx, by, station, n, k, "ask"); err != nil {
				return err
			}
			asked = append(asked, k)
			words = append(words, Word{
				Officer: officer, Subject: "Recall: " + dayWords(w.Date) + " " + t.dutyWords(w.Date, []rosters.Duty{{Shift: w.Shift, Post: w.Post}}),
				Text: fmt.Sprintf("%s asks you to come in.\n%s\nAnswer on your roster page within %d minutes, or ring the control room.", by.Name, w.Reason, w.Minutes),
			})
		}
		return d.carry(ctx, tx, t, words)
	})
	for i := range asked {
		asked[i].Item.Breaks = d.veil(by, station, asked[i].Item.Breaks)
	}
	return asked, err
}

// recallEnds is when the duty that is asked for ends.
func (t *terms) recallEnds(w *RecallWish) (time.Time, error) {
	kind := t.station.ShiftType(w.Shift)
	switch {
	case kind == nil:
		return time.Time{}, &InvalidError{Field: "shift", Reason: "is no shift type of this station"}
	case w.Post != "" && t.station.Post(w.Post) == nil:
		return time.Time{}, &InvalidError{Field: "post", Reason: "is no post of this station"}
	case w.Date.IsZero():
		return time.Time{}, &InvalidError{Field: "date", Reason: "is missing"}
	}
	clocks, err := t.station.Clocks()
	if err != nil {
		return time.Time{}, err
	}
	_, ends := clocks.Times(kind, w.Date)
	return ends, nil
}

// recallChange is the cell with the duty of a recall, or without it.
func recallChange(ctx context.Context, r reads, station string, s *Summons, with bool) (rosters.Change, error) {
	c := rosters.Change{Cell: rosters.Cell{Officer: s.Officer, Date: s.Date}}
	given, err := r.Published(ctx, station, s.Date, s.Date)
	if err != nil {
		return c, err
	}
	c.Duties = contents(given, c.Cell)
	if with {
		c.Duties = append(c.Duties, rosters.Duty{Shift: s.Shift, Post: s.Post, Source: rosters.FromRecall})
		return c, nil
	}
	c.Duties = slices.DeleteFunc(c.Duties, func(d rosters.Duty) bool { return d.Shift == s.Shift && d.Post == s.Post })
	return c, nil
}

// Cancel ends a recall that is no longer needed.
const Cancel = "cancel"

// RecallStep is an officer's answer, or that of whoever rang them.
type RecallStep struct {
	Version int64
	Do      string
	Note    string
}

// TurnRecall answers a recall or cancels it. Whoever accepts has the duty at once,
// and the others of the group are told that they need not come.
func (d *Desk) TurnRecall(ctx context.Context, by auth.Operator, station, id string, step RecallStep) (Kept[Summons], error) {
	var k Kept[Summons]
	if err := by.May(auth.RostersRead, station); err != nil {
		return k, err
	}
	if utf8.RuneCountInString(step.Note) > 500 {
		return k, &InvalidError{Field: "note", Reason: "at most 500 characters"}
	}
	err := d.locked(ctx, station, func(ctx context.Context, tx Tx, t *terms, n Numbers) (err error) {
		if k, err = one[Summons](ctx, tx, station, Recalls, id); err != nil {
			return err
		}
		if t.acts(by, k.Item.Officer) != nil {
			return fmt.Errorf("recall %.64s: %w", id, ErrNotFound)
		}
		if k.Version != step.Version {
			k.Item.Breaks = d.veil(by, station, k.Item.Breaks)
			return &StaleError{Version: k.Version, Current: k.Item}
		}
		if err := d.turnRecall(ctx, tx, by, t, n, &k.Item, step.Do); err != nil {
			return err
		}
		k.Version++
		k.Item.Note = strings.TrimSpace(step.Note)
		if n, err = tx.Numbers(ctx, station); err != nil {
			return err
		}
		if err := d.saveRecall(ctx, tx, by, station, n, k, step.Do); err != nil {
			return err
		}
		if err := tx.StopTimer(ctx, RecallTimer, id); err != nil {
			return err
		}
		return d.groupAfter(ctx, tx, t, n, &k.Item)
	})
	k.Item.Breaks = d.veil(by, station, k.Item.Breaks)
	return k, err
}

func (d *Desk) turnRecall(ctx context.Context, tx Tx, by auth.Operator, t *terms, n Numbers, s *Summons, do string) error {
	now, was := tx.At().UTC(), s.State
	switch do {
	case Decline:
		return late(s.Reply(false, now))
	case Accept:
		if err := late(s.Reply(true, now)); err != nil {
			return err
		}
	case Cancel:
		if err := by.May(auth.RostersAmend, t.station.ID); err != nil {
			return err
		}
		if err := late(s.Recall.Cancel(now)); err != nil || was != rosters.RecallAccepted {
			return err
		}
	default:
		return &InvalidError{Field: "do", Reason: "accept, decline or cancel"}
	}
	change, err := recallChange(ctx, tx, t.station.ID, s, do == Accept)
	if err != nil {
		return err
	}
	p, err := d.amend(ctx, tx, by, t.station.ID, n, "recall of "+t.people[s.Officer].Name, []rosters.Change{change})
	var conflict *ConflictError
	if do == Cancel && errors.As(err, &conflict) && conflict.Reason == "nothing" {
		return nil // the roster has lost the duty already
	}
	s.Publication = p.Number
	return err
}

// groupAfter cancels the others when somebody has accepted, and tells the shift
// supervisor when nobody is left to ask.
func (d *Desk) groupAfter(ctx context.Context, tx Tx, t *terms, n Numbers, s *Summons) error {
	group, err := listed[Summons](ctx, tx, t.station.ID, Filter{Kinds: []Kind{Recalls}, From: s.Date, Until: s.Date})
	if err != nil {
		return err
	}
	words, waiting, accepted := []Word{}, 0, false
	for _, k := range group {
		o := &k.Item
		if o.Group != s.Group {
			continue
		}
		accepted = accepted || o.State == rosters.RecallAccepted
		if o.State != rosters.RecallAsked {
			continue
		}
		if s.State != rosters.RecallAccepted {
			waiting++
			continue
		}
		if err := o.Recall.Cancel(tx.At().UTC()); err != nil {
			return err
		}
		k.Version++
		if err := d.saveRecall(ctx, tx, auth.System(), t.station.ID, n, k, Cancel); err != nil {
			return err
		}
		if err := tx.StopTimer(ctx, RecallTimer, o.ID); err != nil {
			return err
		}
		words = append(words, Word{Officer: o.Officer, Subject: "Recall of " + dayWords(o.Date) + ": no longer needed", Text: "Somebody else has come in. Thank you."})
	}
	if waiting == 0 && !accepted && s.State != rosters.RecallCancelled {
		words = append(words, Word{
			Subject: "Nobody has accepted the recall for " + dayWords(s.Date) + " " + t.dutyWords(s.Date, []rosters.Duty{{Shift: s.Shift, Post: s.Post}}),
			Text:    "Everybody who was asked has declined or not answered in time. Ask others, or look for a relief in the roster.",
		})
	}
	return d.carry(ctx, tx, t, words)
}

// RecallPassed handles a RecallTimer: nobody has answered in time.
func (d *Desk) RecallPassed(ctx context.Context, tx Tx, timer jobs.Timer) error {
	station, n, k, there, err := passed[Summons](ctx, tx, Recalls, timer)
	if err != nil || !there {
		return err
	}
	if !k.Item.Lapse(tx.At()) {
		return nil
	}
	k.Version++
	t, err := d.read(ctx, tx, station)
	if err != nil {
		return err
	}
	if err := d.saveRecall(ctx, tx, auth.System(), station, n, k, "lapse"); err != nil {
		return err
	}
	return d.groupAfter(ctx, tx, t, n, &k.Item)
}

func (d *Desk) saveRecall(ctx context.Context, tx Tx, by auth.Operator, station string, n Numbers, k Kept[Summons], did string) error {
	s := &k.Item
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := tx.SaveRecord(ctx, station, Record{Kind: Recalls, ID: s.ID, Version: k.Version, Officer: s.Officer, From: s.Date, Until: s.Date, Body: body}); err != nil {
		return err
	}
	tx.Audit(audit.By(by, station, "roster.recall", "recall:"+s.ID, map[string]string{
		"did": did, "state": string(s.State), "officer": s.Officer, "date": s.Date.String(), "shift": s.Shift, "post": s.Post, "exceptions": fmt.Sprint(len(s.Breaks)),
	}))
	return d.changed(ctx, tx, station, n)
}
