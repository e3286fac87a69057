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

// An Exchange is a swap with what the rules say of it.
type Exchange struct {
	rosters.Swap

	// Breaks are the exceptions that it brings: with any, it waits for the chief.
	Breaks      []rosters.Violation `json:"breaks"`
	Publication int                 `json:"publication"` // that put it in force
}

// SwapWish is what an officer offers: the duties of a day for those of another's, or
// for nothing when the other's day is the same and free.
type SwapWish struct {
	Gives rosters.Cell `json:"gives"`
	Wants rosters.Cell `json:"wants"` // its officer is asked
	Note  string       `json:"note"`
}

// What is done with a swap.
const (
	Accept   = "accept"
	Decline  = "decline"
	Approve  = "approve"
	Refuse   = "refuse"
	Withdraw = "withdraw"
)

// Timers of swaps and recalls that nobody has answered.
const (
	SwapTimer   = "roster.swap"   // the first of the duties begins
	RecallTimer = "roster.recall" // the time to answer is over
)

// openSwaps of an officer at a time.
const openSwaps = 20

// Swaps lists swaps of the last two months and those to come: one's own, or
// everybody's for those who may change the roster.
func (d *Desk) Swaps(ctx context.Context, by auth.Operator, station string) ([]Kept[Exchange], error) {
	if err := by.May(auth.RostersRead, station); err != nil {
		return nil, err
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return nil, err
	}
	list, err := listed[Exchange](ctx, d.o.Store, station, Filter{Kinds: []Kind{Swaps}, From: rosters.DateOf(d.o.Now()).Add(-60)})
	if err != nil {
		return nil, err
	}
	if !d.sees(by, station) {
		own := t.own(by)
		list = slices.DeleteFunc(list, func(k Kept[Exchange]) bool {
			return own == nil || k.Item.Gives.Officer != own.ID && k.Item.Wants.Officer != own.ID
		})
	}
	for i := range list {
		list[i].Item.Breaks = d.veil(by, station, list[i].Item.Breaks)
	}
	slices.SortFunc(list, func(a, b Kept[Exchange]) int { return b.Item.Offered.Compare(a.Item.Offered) })
	return list, nil
}

// sees reports whether by looks after others' swaps and recalls.
func (d *Desk) sees(by auth.Operator, station string) bool {
	return by.May(auth.RostersAmend, station) == nil || mayDraft(by, station) == nil
}

// acts reports whether by speaks for officer: it is themself, or they may amend.
func (t *terms) acts(by auth.Operator, officer string) error {
	if own := t.own(by); own != nil && own.ID == officer {
		return nil
	}
	return by.May(auth.RostersAmend, t.station.ID)
}

// Offer offers a swap for its officer, or for another by those who may amend. What
// would break a mandatory rule is refused before anybody is asked.
func (d *Desk) Offer(ctx context.Context, by auth.Operator, station string, w SwapWish) (Kept[Exchange], error) {
	k := Kept[Exchange]{Version: 1}
	if err := by.May(auth.RostersRead, station); err != nil {
		return k, err
	}
	w.Note = strings.TrimSpace(w.Note)
	err := d.locked(ctx, station, func(ctx context.Context, tx Tx, t *terms, n Numbers) (err error) {
		if err := t.acts(by, w.Gives.Officer); err != nil {
			return err
		}
		if err := w.fits(t); err != nil {
			return err
		}
		given, err := tx.Published(ctx, station, min(w.Gives.Date, w.Wants.Date), max(w.Gives.Date, w.Wants.Date))
		if err != nil {
			return err
		}
		k.Item = Exchange{Swap: rosters.Swap{
			ID: auth.NewID(), Gives: w.Gives, Duties: contents(given, w.Gives), Wants: w.Wants, Returns: contents(given, w.Wants),
			State: rosters.SwapOffered, Note: w.Note, Offered: tx.At().UTC(), By: by.Name,
		}}
		x := &k.Item
		begins, err := t.swapBegins(x)
		switch {
		case err != nil:
			return err
		case len(x.Duties) == 0:
			return &InvalidError{Field: "gives", Reason: "is a day without a duty"}
		case !tx.At().Before(begins):
			return tooLate("a duty of this swap has begun")
		}
		if err := d.notTwice(ctx, tx, station, x); err != nil {
			return err
		}
		weight, err := d.weighed(ctx, tx, by, station, x.Changes(given))
		if err != nil {
			return err
		}
		x.Breaks = weight.breaks
		if err := tx.SetTimer(ctx, jobs.Timer{Kind: SwapTimer, Key: x.ID, Due: begins, Payload: stationPayload(station)}); err != nil {
			return err
		}
		if err := d.saveSwap(ctx, tx, by, station, n, k, "offer"); err != nil {
			return err
		}
		return d.carry(ctx, tx, t, []Word{{
			Officer: x.Wants.Officer, Subject: "Swap: " + t.people[x.Gives.Officer].Name + " asks you",
			Text: fmt.Sprintf("%s gives %s, %s, and would take %s, %s.\n%s\nAnswer on your roster page.", t.people[x.Gives.Officer].Name,
				dayWords(x.Gives.Date), t.dutyWords(x.Gives.Date, x.Duties), dayWords(x.Wants.Date), t.dutyWords(x.Wants.Date, x.Returns), x.Note),
		}})
	})
	k.Item.Breaks = d.veil(by, station, k.Item.Breaks)
	return k, err
}

func (w *SwapWish) fits(t *terms) error {
	switch {
	case utf8.RuneCountInString(w.Note) > 500:
		return &InvalidError{Field: "note", Reason: "at most 500 characters"}
	case t.people[w.Gives.Officer] == nil:
		return &InvalidError{Field: "gives", Reason: "names nobody at this station"}
	case t.people[w.Wants.Officer] == nil || w.Wants.Officer == w.Gives.Officer:
		return &InvalidError{Field: "wants", Reason: "names no other officer of this station"}
	case w.Gives.Date.IsZero() || w.Wants.Date.IsZero():
		return &InvalidError{Field: "gives", Reason: "has no day"}
	case max(w.Gives.Date, w.Wants.Date).Sub(min(w.Gives.Date, w.Wants.Date)) > 62:
		return &InvalidError{Field: "wants", Reason: "is more than 62 days away"}
	}
	return nil
}

// swapBegins is when the first of the duties of a swap begins.
func (t *terms) swapBegins(x *Exchange) (time.Time, error) {
	first, err := t.begins(x.Gives.Date, x.Duties)
	if err != nil {
		return first, err
	}
	other, err := t.begins(x.Wants.Date, x.Returns)
	if !other.IsZero() && other.Before(first) {
		first = other
	}
	return first, err
}

// notTwice refuses a second offer of the same day, and more than can be overseen.
func (d *Desk) notTwice(ctx context.Context, tx Tx, station string, x *Exchange) error {
	list, err := listed[Exchange](ctx, tx, station, Filter{Kinds: []Kind{Swaps}, Officer: x.Gives.Officer, From: rosters.DateOf(tx.At()).Add(-2)})
	if err != nil {
		return err
	}
	open := 0
	for i := range list {
		other := &list[i].Item
		if !other.Open() {
			continue
		}
		if other.Gives == x.Gives && other.Wants == x.Wants {
			return &ConflictError{Reason: "offered", Text: "this is offered already", Params: map[string]any{"swap": other.ID}}
		}
		open++
	}
	if open >= openSwaps {
		return &ConflictError{Reason: "too_many_swaps", Text: "too many swaps wait for an answer; withdraw one", Params: map[string]any{"most": openSwaps}}
	}
	return nil
}

// SwapStep is what somebody does with a swap.
type SwapStep struct {
	Version int64
	Do      string
}

// TurnSwap answers, decides or withdraws a swap. One that is accepted and takes no
// exception is in force at once, unless the station has every swap approved.
func (d *Desk) TurnSwap(ctx context.Context, by auth.Operator, station, id string, step SwapStep) (Kept[Exchange], error) {
	var k Kept[Exchange]
	if err := by.May(auth.RostersRead, station); err != nil {
		return k, err
	}
	err := d.locked(ctx, station, func(ctx context.Context, tx Tx, t *terms, n Numbers) (err error) {
		if k, err = one[Exchange](ctx, tx, station, Swaps, id); err != nil {
			return err
		}
		x := &k.Item
		mine := t.acts(by, x.Gives.Officer) == nil || t.acts(by, x.Wants.Officer) == nil || d.sees(by, station)
		switch {
		case !mine:
			return fmt.Errorf("swap %.64s: %w", id, ErrNotFound)
		case k.Version != step.Version:
			x.Breaks = d.veil(by, station, x.Breaks)
			return &StaleError{Version: k.Version, Current: k.Item}
		}
		if err := d.turnSwap(ctx, tx, by, t, n, x, step.Do); err != nil {
			return err
		}
		k.Version++
		if !x.Open() {
			if err := tx.StopTimer(ctx, SwapTimer, id); err != nil {
				return err
			}
		}
		if n, err = tx.Numbers(ctx, station); err != nil { // a publication has moved them
			return err
		}
		if err := d.saveSwap(ctx, tx, by, station, n, k, step.Do); err != nil {
			return err
		}
		return d.carry(ctx, tx, t, t.swapWords(x))
	})
	k.Item.Breaks = d.veil(by, station, k.Item.Breaks)
	return k, err
}

func (d *Desk) turnSwap(ctx context.Context, tx Tx, by auth.Operator, t *terms, n Numbers, x *Exchange, do string) error {
	now := tx.At().UTC()
	switch do {
	case Accept, Decline:
		if err := t.acts(by, x.Wants.Officer); err != nil {
			return err
		}
		if err := late(x.Answer(x.Wants.Officer, do == Accept, now)); err != nil || do == Decline {
			return err
		}
		if len(x.Breaks) > 0 || t.register.Calendar.Item.SwapsApproved {
			return d.stillHolds(ctx, tx, t, x)
		}
		return d.swapInForce(ctx, tx, by, t, n, x)
	case Approve:
		if err := by.May(auth.RostersApprove, t.station.ID); err != nil {
			return err
		}
		return d.swapInForce(ctx, tx, by, t, n, x)
	case Refuse:
		if err := by.May(auth.RostersApprove, t.station.ID); err != nil {
			return err
		}
		return late(x.Decide(by.Name, false, time.Time{}, now))
	case Withdraw:
		if err := t.acts(by, x.Gives.Officer); err != nil {
			return err
		}
		return late(x.Withdraw(by.Name, now))
	}
	return &InvalidError{Field: "do", Reason: "accept, decline, approve, refuse or withdraw"}
}

// stillHolds refuses a swap whose duties the roster no longer has.
func (d *Desk) stillHolds(ctx context.Context, tx Tx, t *terms, x *Exchange) error {
	given, err := tx.Published(ctx, t.station.ID, min(x.Gives.Date, x.Wants.Date), max(x.Gives.Date, x.Wants.Date))
	if err == nil && !x.Holds(given) {
		err = &ConflictError{Reason: "no_longer", Text: "the roster has changed since this was offered; withdraw it"}
	}
	return err
}

// swapInForce changes the roster. The rules are asked anew.
func (d *Desk) swapInForce(ctx context.Context, tx Tx, by auth.Operator, t *terms, n Numbers, x *Exchange) error {
	begins, err := t.swapBegins(x)
	if err != nil {
		return err
	}
	if err := late(x.Decide(by.Name, true, begins, tx.At().UTC())); err != nil {
		return err
	}
	if err := d.stillHolds(ctx, tx, t, x); err != nil {
		return err
	}
	given, err := tx.Published(ctx, t.station.ID, min(x.Gives.Date, x.Wants.Date), max(x.Gives.Date, x.Wants.Date))
	if err != nil {
		return err
	}
	p, err := d.amend(ctx, tx, by, t.station.ID, n, "swap of "+t.people[x.Gives.Officer].Name+" and "+t.people[x.Wants.Officer].Name, x.Changes(given))
	x.Publication = p.Number
	return err
}

// swapWords tell those who wait: the one who offered, the chief when it is theirs to
// decide, the other when it was taken back. Those whose duties changed hear it from
// the publication.
func (t *terms) swapWords(x *Exchange) []Word {
	gives, wants := t.people[x.Gives.Officer], t.people[x.Wants.Officer]
	if gives == nil || wants == nil {
		return nil
	}
	about := fmt.Sprintf("%s, %s, of %s for %s, %s, of %s", dayWords(x.Gives.Date), t.dutyWords(x.Gives.Date, x.Duties), gives.Name,
		dayWords(x.Wants.Date), t.dutyWords(x.Wants.Date, x.Returns), wants.Name)
	offered := func(became string) Word {
		return Word{Officer: gives.ID, Subject: "Your swap of " + dayWords(x.Gives.Date) + " was " + became, Text: about + ": " + became + "."}
	}
	switch x.State {
	case rosters.SwapDeclined, rosters.SwapRefused:
		return []Word{offered(string(x.State))}
	case rosters.SwapAccepted:
		lines := []string{about + "."}
		for i := range x.Breaks {
			lines = append(lines, t.station.Say(&x.Breaks[i]))
		}
		return []Word{offered("accepted; the chief has to approve it"), {
			Chief: true, Subject: "A swap waits for you: " + gives.Name + " and " + wants.Name, Text: strings.Join(append(lines, "Decide in the registers of the rosters."), "\n"),
		}}
	case rosters.SwapWithdrawn:
		return []Word{{Officer: wants.ID, Subject: "The swap of " + dayWords(x.Gives.Date) + " with " + gives.Name + " was withdrawn", Text: about + ": withdrawn. Your duties stay as they were."}}
	}
	return nil
}

// SwapPassed handles a SwapTimer: a swap that was not settled before its first duty
// is withdrawn, and both are told.
func (d *Desk) SwapPassed(ctx context.Context, tx Tx, timer jobs.Timer) error {
	station, n, k, there, err := passed[Exchange](ctx, tx, Swaps, timer)
	if err != nil || !there || !k.Item.Open() {
		return err
	}
	by := auth.System()
	if err := k.Item.Withdraw(by.Name, tx.At().UTC()); err != nil {
		return err
	}
	k.Version++
	if err := d.saveSwap(ctx, tx, by, station, n, k, "lapse"); err != nil {
		return err
	}
	t, err := d.read(ctx, tx, station)
	if err != nil {
		return err
	}
	return d.carry(ctx, tx, t, append(t.swapWords(&k.Item), Word{
		Officer: k.Item.Gives.Officer, Subject: "Your swap of " + dayWords(k.Item.Gives.Date) + " has lapsed",
		Text: "Nobody has settled it before the first of its duties. Your duties stay as they were.",
	}))
}

func (d *Desk) saveSwap(ctx context.Context, tx Tx, by auth.Operator, station string, n Numbers, k Kept[Exchange], did string) error {
	x := &k.Item
	body, err := document("swap", x)
	if err != nil {
		return err
	}
	if err := tx.SaveRecord(ctx, station, Record{
		Kind: Swaps, ID: x.ID, Version: k.Version, Officer: x.Gives.Officer, From: min(x.Gives.Date, x.Wants.Date), Until: max(x.Gives.Date, x.Wants.Date), Body: body,
	}); err != nil {
		return err
	}
	tx.Audit(audit.By(by, station, "roster.swap", "swap:"+x.ID, map[string]string{
		"did": did, "state": string(x.State), "gives": x.Gives.Officer + " " + x.Gives.Date.String(), "wants": x.Wants.Officer + " " + x.Wants.Date.String(),
		"exceptions": fmt.Sprint(len(x.Breaks)),
	}))
	return d.changed(ctx, tx, station, n)
}

// locked runs a step in one transaction, with the station locked and read.
func (d *Desk) locked(ctx context.Context, station string, step func(ctx context.Context, tx Tx, t *terms, n Numbers) error) error {
	return d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Lock(ctx, station)
		if err != nil {
			return err
		}
		t, err := d.read(ctx, tx, station)
		if err != nil {
			return err
		}
		return step(ctx, tx, t, n)
	})
}

// one reads a record of a station.
func one[T any](ctx context.Context, r reads, station string, kind Kind, id string) (Kept[T], error) {
	var k Kept[T]
	if id == "" {
		return k, fmt.Errorf("%s: %w", kind, ErrNotFound)
	}
	found, err := r.Records(ctx, station, Filter{Kinds: []Kind{kind}, ID: id})
	if err != nil {
		return k, err
	}
	if len(found) == 0 {
		return k, fmt.Errorf("%s %.64s: %w", kind, id, ErrNotFound)
	}
	k.Version = found[0].Version
	return k, json.Unmarshal(found[0].Body, &k.Item)
}

// listed reads the records of a station that a filter of one kind lets through.
func listed[T any](ctx context.Context, r reads, station string, f Filter) ([]Kept[T], error) {
	records, err := r.Records(ctx, station, f)
	if err != nil {
		return nil, err
	}
	var list []Kept[T]
	for i := range records {
		if list, err = join(list, &records[i], err); err != nil {
			return nil, fmt.Errorf("read %s %s: %w", records[i].Kind, records[i].ID, err)
		}
	}
	return list, nil
}

// passed locks the station of a timer and reads what it was set for; nothing of it
// is there any more when the record is gone.
func passed[T any](ctx context.Context, tx Tx, kind Kind, timer jobs.Timer) (station string, n Numbers, k Kept[T], there bool, err error) {
	station = payloadStation(timer)
	if n, err = tx.Lock(ctx, station); err != nil {
		return station, n, k, false, err
	}
	k, err = one[T](ctx, tx, station, kind, timer.Key)
	if errors.Is(err, ErrNotFound) {
		return station, n, k, false, nil
	}
	return station, n, k, err == nil, err
}

// late says in the desk's words that a step came too late or from the wrong one.
func late(err error) error {
	switch {
	case errors.Is(err, rosters.ErrTooLate):
		return tooLate(err.Error())
	case errors.Is(err, rosters.ErrNotYours):
		return &ConflictError{Reason: "not_yours", Text: err.Error()}
	}
	return err
}

func tooLate(text string) error { return &ConflictError{Reason: "too_late", Text: text} }

func stationPayload(station string) json.RawMessage {
	data, _ := json.Marshal(map[string]string{"station": station}) // a string
	return data
}

func payloadStation(t jobs.Timer) string {
	var p struct{ Station string }
	_ = json.Unmarshal(t.Payload, &p) // an unreadable one names no station, which has no records
	return p.Station
}
