package rosters

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/jobs"
	"guardroom/console/live"
	"guardroom/rosters"
)

// Kind is what a record is.
type Kind string

// The kinds of records.
const (
	Officers  Kind = "officer"
	Posts     Kind = "post"
	Shifts    Kind = "shift"
	Rules     Kind = "rule"
	Holidays  Kind = "holiday"
	Calendars Kind = "calendar"
	Leaves    Kind = "leave"
	Requests  Kind = "request"
	Swaps     Kind = "swap"
	Recalls   Kind = "recall"
	Templates Kind = "template"
	Feeds     Kind = "feed"
	Remarks   Kind = "remark"
	Imports   Kind = "import"
)

// A Record is a document of a station's rosters with a version of its own.
type Record struct {
	Kind        Kind
	ID          string
	Version     int64
	Officer     string       // whose it is
	From, Until rosters.Date // which days it is about
	Body        json.RawMessage
}

// Filter chooses records; what is empty chooses all.
type Filter struct {
	Kinds       []Kind
	ID, Officer string
	From, Until rosters.Date // records that touch these days
}

// Numbers count what a station's plans are judged by.
type Numbers struct {
	Version     int64 `json:"version"`     // of registers, leave, requests and publications together
	Publication int64 `json:"publication"` // of the last publication; 0: none yet
}

// reads is what can be read in a transaction and outside of one.
type reads interface {
	Numbers(ctx context.Context, station string) (Numbers, error)
	Records(ctx context.Context, station string, f Filter) ([]Record, error)
	Used(ctx context.Context, station string, kind Kind, id string) (bool, error)
	Drafts(ctx context.Context, station string, all bool) ([]Draft, error)
	Draft(ctx context.Context, station, id string) (Draft, error)
	Cells(ctx context.Context, draft string) ([]Cell, error)
	CellsOf(ctx context.Context, draft string, named []rosters.Cell) ([]Cell, error)
	Edits(ctx context.Context, draft string, after int64, most int) ([]Edit, error)
	LastEdit(ctx context.Context, draft, by string, state EditState) (Edit, error)
	Published(ctx context.Context, station string, from, until rosters.Date) ([]rosters.Assignment, error)
	Publications(ctx context.Context, station string, after int64, most int) ([]rosters.Publication, error)
}

// Tx is a writing transaction.
type Tx interface {
	reads

	At() time.Time
	Audit(e audit.Entry)
	Tell(e live.Event)
	SetTimer(ctx context.Context, t jobs.Timer) error
	StopTimer(ctx context.Context, kind, key string) error
	Lock(ctx context.Context, station string) (Numbers, error)
	SaveNumbers(ctx context.Context, station string, n Numbers) error
	SaveRecord(ctx context.Context, station string, r Record) error
	RemoveRecord(ctx context.Context, station string, kind Kind, id string) error
	LockDraft(ctx context.Context, station, id string) (Draft, error)
	SaveDraft(ctx context.Context, d Draft) error
	SaveCells(ctx context.Context, d Draft, cells []Cell) error
	SaveEdit(ctx context.Context, d Draft, e Edit) error
	ForgetUndone(ctx context.Context, draft, by string) error
	AddPublication(ctx context.Context, station string, p rosters.Publication) error
}

// keeper is what the desk needs of the store.
type keeper interface {
	reads

	Write(ctx context.Context, f func(ctx context.Context, tx Tx) error) error
}

// Facts are what the register of stations knows.
type Facts struct {
	Zone        string
	WorkingWeek []int
	Demo        bool
}

// shower shows what is no commit: progress.
type shower interface{ Now(events ...live.Event) }

// Options of a Desk. Store and Station are needed.
type Options struct {
	Store   keeper
	Station func(id string) (Facts, bool)
	Hub     shower // may be nil
	// Accounts lists who may sign in and read the rosters of a station; needed for
	// links of officers to accounts and for calendars.
	Accounts func(ctx context.Context, station string) ([]Account, error)
	// Told carries word to people, in the transaction of what it tells of; may be nil.
	Told func(ctx context.Context, tx Tx, words []Word) error
	// Workers is how many goroutines the planner gets; default: one processor stays free.
	Workers int
	Log     *slog.Logger
	Now     func() time.Time // time.Now outside tests
}

// Desk is where rosters are made.
type Desk struct {
	o Options

	mu     sync.Mutex
	terms  map[string]*terms // by station
	shifts map[string]shift  // by station
	boards map[string]*board // by draft
	jobs   map[string]*job   // by station

	receipts []receipt // of the last imports, oldest first

	guesses guesses
}

// New is a desk.
func New(o Options) *Desk {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Workers == 0 {
		o.Workers = max(1, runtime.GOMAXPROCS(0)-1)
	}
	return &Desk{o: o, terms: map[string]*terms{}, shifts: map[string]shift{}, boards: map[string]*board{}, jobs: map[string]*job{}}
}

// ErrNotFound says that the station has no such thing.
var ErrNotFound = errors.New("no such thing in the rosters of this station")

// InvalidError says which field cannot be used and why.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field.
func (e *InvalidError) InvalidField() string { return e.Field }

// StaleError says that what is to be changed is not what was seen, with what it is.
type StaleError struct {
	Version int64
	Current any
}

func (e *StaleError) Error() string { return "changed by somebody else since it was read" }

// Stale gives the version and the thing as it is now.
func (e *StaleError) Stale() (int, any) { return int(e.Version), e.Current }

// ConflictError says what stands against a wish.
type ConflictError struct {
	Reason string
	Text   string
	Params map[string]any
}

func (e *ConflictError) Error() string { return e.Text }

// Conflict gives the reason, which screens translate.
func (e *ConflictError) Conflict() (string, map[string]any) { return e.Reason, e.Params }

// station refuses what is no station.
func (d *Desk) station(id string) (Facts, error) {
	f, ok := d.o.Station(id)
	if !ok {
		return Facts{}, fmt.Errorf("station %.64s: %w", id, ErrNotFound)
	}
	return f, nil
}

// document is a value as it is kept.
func document(field string, value any) (json.RawMessage, error) {
	data, err := json.Marshal(value)
	switch {
	case err != nil:
		return nil, err
	case bytes.Contains(data, []byte(`\u0000`)):
		return nil, &InvalidError{Field: field, Reason: "must not hold the character NUL"}
	case len(data) > 256<<10:
		return nil, &InvalidError{Field: field, Reason: "is larger than 256 KiB"}
	}
	return data, nil
}

// changed counts a change of what the station's plans are judged by, or of what
// stands beside them (swaps, recalls, templates), and tells the screens to read it
// anew: they do so when the number is another.
func (d *Desk) changed(ctx context.Context, tx Tx, station string, n Numbers) error {
	n.Version++
	if err := tx.SaveNumbers(ctx, station, n); err != nil {
		return err
	}
	tx.Tell(n.news(station))
	return nil
}

// news is what the screens hear of a station at these numbers.
func (n Numbers) news(station string) live.Event {
	return live.Thing(live.Roster, station, station, News{ID: station, Station: station, Version: n.Version, Publication: n.Publication}, false)
}

// News is what the screens hear of a station's rosters: read anew what is older.
type News struct {
	ID          string `json:"id"`
	Station     string `json:"station"`
	Version     int64  `json:"version"`
	Publication int64  `json:"publication"`
	Told        int    `json:"told,omitempty"`
}

func mayDraft(by auth.Operator, station string) error { return by.May(auth.RostersPlan, station) }
