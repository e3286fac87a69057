package duty

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/live"
	desk "guardroom/console/rosters"
	"guardroom/devices"
	"guardroom/rosters"
)

// keeper is what the desk needs of the store.
type keeper interface {
	reads

	Write(ctx context.Context, f func(ctx context.Context, tx Tx) error) error
	// Untold lists conditions that the alarm list has not been told of; Told marks one
	// as told, unless it has changed since.
	Untold(ctx context.Context) ([]Kept, error)
	Told(ctx context.Context, k Kept) error
	// Seen gives, for each of those who are awaited, the first time after Since at
	// which a card of theirs opened a door or they signed in.
	Seen(ctx context.Context, station string, list []Awaited) ([]Sighting, error)
}

type reads interface {
	Noted(ctx context.Context, station string, from, until rosters.Date) ([]Attendance, error)
	Calls(ctx context.Context, station string) ([]Call, error)
	Conditions(ctx context.Context, station string) ([]Kept, error)
}

// Tx is a writing transaction.
type Tx interface {
	reads

	At() time.Time
	Audit(e audit.Entry)
	Tell(e live.Event)
	// Lock makes the caller the only one who changes the station's board.
	Lock(ctx context.Context, station string) error
	SaveNoted(ctx context.Context, station string, a Attendance) error
	SaveCall(ctx context.Context, station string, c Call) error
	SaveCondition(ctx context.Context, k Kept) error
}

// Kept is a condition as it is kept until the alarm list has been told of its end.
type Kept struct {
	Condition

	Station string
	Active  bool
	Told    bool
}

// Options of a Desk. Store, Rosters, Stations and Raise are needed.
type Options struct {
	Store    keeper
	Rosters  *desk.Desk
	Stations func() []string
	// Raise puts an alarm of the console's own into the list.
	Raise func(ctx context.Context, station string, s devices.Signal) error
	Log   *slog.Logger
	Now   func() time.Time // time.Now outside tests
	Look  time.Duration    // how often lateness is looked for; default 1 s
}

// Desk is the duty board.
type Desk struct {
	o    Options
	wake chan struct{}
}

// New is a desk; Run raises its alarms.
func New(o Options) *Desk {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Look == 0 {
		o.Look = time.Second
	}
	return &Desk{o: o, wake: make(chan struct{}, 1)}
}

// ErrNotFound says that the roster has no such duty or post.
var ErrNotFound = errors.New("no such duty or post")

// Board gives the duty board as it is now.
func (d *Desk) Board(ctx context.Context, by auth.Operator, station string) (Board, error) {
	if err := by.May(auth.RostersRead, station); err != nil {
		return Board{}, err
	}
	f, err := d.facts(ctx, d.o.Store, station)
	if err != nil {
		return Board{}, err
	}
	b, _, err := f.At(d.o.Now())
	return b, err
}

// facts reads what a board is worked out from.
func (d *Desk) facts(ctx context.Context, r reads, station string) (*Facts, error) {
	s, calendar, given, day, err := d.o.Rosters.OnDuty(ctx, station, d.o.Now())
	if err != nil {
		return nil, err
	}
	f := &Facts{Station: s, Calendar: calendar, Duties: given}
	if f.Noted, err = r.Noted(ctx, station, day.Add(-2), day.Add(1)); err != nil {
		return nil, err
	}
	f.Calls, err = r.Calls(ctx, station)
	return f, err
}

// What is noted of a duty.
const (
	Arrive  = "arrive"  // here, not on post
	Stand   = "stand"   // on post
	Relieve = "relieve" // goes, and By stands in
	Release = "release" // goes; the post asks for nobody
	Clear   = "clear"   // was noted in error
)

// Note is what somebody notes of a duty.
type Note struct {
	Officer string
	Date    rosters.Date
	Shift   string
	Version int64
	Do      string
	By      string // the officer who stands in, of Relieve
	Text    string
	// At is when it happened, for what is entered later; zero is now.
	At time.Time
}

// when is the time of what a note that is made at now tells of.
func (n *Note) when(now time.Time) time.Time {
	if !n.At.IsZero() {
		now = n.At
	}
	return now.UTC()
}

// Note keeps what has become of a duty.
func (d *Desk) Note(ctx context.Context, by auth.Operator, station string, n Note) (Board, error) {
	if err := by.May(auth.DutyWrite, station); err != nil {
		return Board{}, err
	}
	if utf8.RuneCountInString(n.Text) > 500 || strings.ContainsRune(n.Text, 0) {
		return Board{}, &desk.InvalidError{Field: "note", Reason: "at most 500 characters"}
	}
	err := d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.Lock(ctx, station); err != nil {
			return err
		}
		f, err := d.facts(ctx, tx, station)
		if err != nil {
			return err
		}
		b, _, err := f.At(tx.At())
		if err != nil {
			return err
		}
		changed, err := b.noted(n, tx.At())
		if err != nil {
			return err
		}
		for _, a := range changed {
			if a.Note = n.Text; len(changed) > 1 && a.Assignment.Officer != n.Officer {
				a.Note = ""
			}
			a.Version++
			if err := tx.SaveNoted(ctx, station, a); err != nil {
				return err
			}
		}
		tx.Audit(audit.By(by, station, "duty."+n.Do, "officer:"+n.Officer, map[string]string{
			"date": n.Date.String(), "shift": n.Shift, "by": n.By, "note": n.Text, "at": n.when(tx.At()).Format(time.RFC3339),
		}))
		tx.Tell(news(station, tx.At()))
		return nil
	})
	if err != nil {
		return Board{}, err
	}
	d.poke()
	return d.Board(ctx, by, station)
}

// news asks the screens to read the board anew.
func news(station string, at time.Time) live.Event {
	return live.Thing(live.Duty, station, station, map[string]any{"id": station, "station": station, "at": at.UTC()}, false)
}

func (b *Board) find(officer string, date rosters.Date, shift string) *Duty {
	for i := range b.Duties {
		a := &b.Duties[i].Assignment
		if a.Officer == officer && a.Date == date && a.Shift == shift {
			return &b.Duties[i]
		}
	}
	return nil
}

// noted is what a note that is made at now makes of attendance.
func (b *Board) noted(n Note, now time.Time) ([]Attendance, error) {
	d := b.find(n.Officer, n.Date, n.Shift)
	if d == nil {
		return nil, fmt.Errorf("duty of officer %.64s: %w", n.Officer, ErrNotFound)
	}
	if d.Version != n.Version {
		return nil, &desk.StaleError{Version: d.Version, Current: d.Attendance}
	}
	if err := d.could(n.At, now); err != nil {
		return nil, err
	}
	a := d.Attendance
	now = n.when(now)
	if a.Seen == "" && n.Do != Clear {
		a.Seen = rosters.SeenBySergeant
	}
	switch n.Do {
	case Arrive:
		a.Arrived, a.LeftAt, a.RelievedBy = now, time.Time{}, ""
		a.OnPostAt = time.Time{}
	case Stand:
		if a.Arrived.IsZero() {
			a.Arrived = now
		}
		a.OnPostAt, a.LeftAt, a.RelievedBy = now, time.Time{}, ""
	case Clear:
		a.Arrived, a.OnPostAt, a.LeftAt, a.RelievedBy, a.Seen = time.Time{}, time.Time{}, time.Time{}, "", ""
	case Relieve:
		return b.relieved(d, n, now)
	case Release:
		if p := b.post(a.Assignment.Post); d.Presence == rosters.OnPost && p != nil && len(p.Standing) <= p.Wanted {
			return nil, &desk.ConflictError{Reason: "unrelieved", Text: "nobody leaves this post unrelieved", Params: map[string]any{"post": p.ID, "wanted": p.Wanted, "standing": len(p.Standing)}}
		}
		a.LeftAt = now
	default:
		return nil, &desk.InvalidError{Field: "do", Reason: "arrive, stand, relieve, release or clear"}
	}
	return []Attendance{a}, nil
}

// could refuses a time, if one was given, at which nothing of the duty can have
// happened: one to come, one long before it, or one before what was noted already.
func (d *Duty) could(at, now time.Time) error {
	for _, noted := range []time.Time{d.Starts.Add(-shownBefore), d.Arrived, d.OnPostAt} {
		if !at.IsZero() && at.Before(noted.Truncate(time.Second)) {
			return &desk.InvalidError{Field: "at", Reason: "is before what was noted, or long before the duty"}
		}
	}
	if at.After(now.Add(time.Second)) {
		return &desk.InvalidError{Field: "at", Reason: "is yet to come"}
	}
	return nil
}

func (b *Board) post(id string) *Post {
	for i := range b.Posts {
		if b.Posts[i].ID == id {
			return &b.Posts[i]
		}
	}
	return nil
}

// relieved lets d go when the one who stands in is on post there: both are named,
// and there is no moment without either.
func (b *Board) relieved(d *Duty, n Note, now time.Time) ([]Attendance, error) {
	if d.Presence != rosters.OnPost {
		return nil, &desk.ConflictError{Reason: "not_on_post", Text: "this officer is not on post"}
	}
	i := slices.IndexFunc(b.Duties, func(o Duty) bool {
		return o.Assignment.Officer == n.By && o.Assignment.Officer != d.Assignment.Officer && o.LeftAt.IsZero() && now.Before(o.Ends) &&
			(o.OnPostAt.IsZero() || o.Assignment.Post == d.Assignment.Post)
	})
	if i < 0 {
		return nil, &desk.InvalidError{Field: "by", Reason: "has no duty now, or stands at another post"}
	}
	next := b.Duties[i].Attendance
	if next.Arrived.IsZero() {
		next.Arrived, next.Seen = now, rosters.SeenBySergeant
	}
	if next.OnPostAt.IsZero() {
		if !n.At.IsZero() && now.Before(next.Arrived) {
			return nil, &desk.InvalidError{Field: "at", Reason: "is before the relief came"}
		}
		next.OnPostAt = now
		next.Assignment.Post = d.Assignment.Post
	}
	a := d.Attendance
	a.LeftAt, a.RelievedBy = now, n.By
	return []Attendance{a, next}, nil
}

// CheckIn notes the check call of a post: one key, by radio, entered at the desk.
func (d *Desk) CheckIn(ctx context.Context, by auth.Operator, station, post string) (Board, error) {
	if err := by.May(auth.DutyWrite, station); err != nil {
		return Board{}, err
	}
	err := d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.Lock(ctx, station); err != nil {
			return err
		}
		f, err := d.facts(ctx, tx, station)
		if err != nil {
			return err
		}
		b, _, err := f.At(tx.At())
		if err != nil {
			return err
		}
		p := b.post(post)
		switch {
		case p == nil:
			return fmt.Errorf("post %.64s: %w", post, ErrNotFound)
		case p.Call == "":
			return &desk.ConflictError{Reason: "no_call", Text: "this post has no check call now"}
		}
		tx.Audit(audit.By(by, station, "duty.call", "post:"+post, map[string]string{"state": string(p.Call), "due": p.CallDue.Format(time.RFC3339)}))
		tx.Tell(news(station, tx.At()))
		return tx.SaveCall(ctx, station, Call{Post: post, At: tx.At(), By: by.Name})
	})
	if err != nil {
		return Board{}, err
	}
	d.poke()
	return d.Board(ctx, by, station)
}

func (d *Desk) poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run keeps the alarm list up with the boards until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	tick := time.NewTicker(d.o.Look)
	defer tick.Stop()
	for {
		for _, station := range d.o.Stations() {
			if err := d.look(ctx, station); err != nil && ctx.Err() == nil {
				d.o.Log.Warn("duty: the board could not be looked at; will try again", "station", station, "err", err)
			}
		}
		if err := d.tell(ctx); err != nil && ctx.Err() == nil {
			d.o.Log.Warn("duty: the alarm list was not told; will try again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-d.wake:
		}
	}
}

// look keeps what has begun and what has ended, when that differs from what is kept.
func (d *Desk) look(ctx context.Context, station string) error {
	came, err := d.arrivals(ctx, station, d.o.Now())
	if err != nil {
		return err
	}
	differs, err := d.differing(ctx, d.o.Store, station, d.o.Now())
	if err != nil || len(differs)+len(came) == 0 {
		return err
	}
	return d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.Lock(ctx, station); err != nil {
			return err
		}
		if len(came) > 0 {
			if err := d.noteArrivals(ctx, tx, station, came); err != nil {
				return err
			}
		}
		differs, err := d.differing(ctx, tx, station, tx.At())
		if err != nil {
			return err
		}
		for _, k := range differs {
			if err := tx.SaveCondition(ctx, k); err != nil {
				return err
			}
		}
		tx.Tell(news(station, tx.At()))
		return nil
	})
}

func (d *Desk) differing(ctx context.Context, r reads, station string, now time.Time) ([]Kept, error) {
	kept, err := r.Conditions(ctx, station)
	if err != nil {
		return nil, err
	}
	wanted, err := d.o.Rosters.Alarms(ctx, station)
	if err != nil {
		return nil, err
	}
	var stands []Condition
	if wanted {
		f, err := d.facts(ctx, r, station)
		if err != nil {
			return nil, err
		}
		if _, stands, err = f.At(now); err != nil {
			return nil, err
		}
	}
	var differs []Kept
	for _, c := range stands {
		if !slices.ContainsFunc(kept, func(k Kept) bool { return k.ID == c.ID && k.Active }) {
			differs = append(differs, Kept{Condition: c, Station: station, Active: true})
		}
	}
	for _, k := range kept {
		if k.Active && !slices.ContainsFunc(stands, func(c Condition) bool { return c.ID == k.ID }) {
			k.Active, k.Told = false, false
			differs = append(differs, k)
		}
	}
	return differs, nil
}

// tell raises what is kept and not told. A console that dies between the two raises
// it again: the alarm list knows it by its point and kind.
func (d *Desk) tell(ctx context.Context) error {
	list, err := d.o.Store.Untold(ctx)
	if err != nil {
		return err
	}
	for _, k := range list {
		at := k.Since
		if !k.Active {
			at = d.o.Now()
		}
		err := d.o.Raise(ctx, k.Station, devices.Signal{
			Point: k.Point, Kind: k.Kind, Active: k.Active, Occurred: at.UTC(), Observed: d.o.Now().UTC(), Clock: devices.Synced, Text: k.Text,
		})
		if err != nil {
			return fmt.Errorf("raise %s: %w", k.Kind, err)
		}
		if err := d.o.Store.Told(ctx, k); err != nil {
			return err
		}
	}
	return nil
}
