// Package watch keeps the watch: who is at which desk, whether they are awake,
// where an alarm goes that nobody answers, who covers for whom, and what the next
// officer is told.
//
//	watch.go       the desk, its store, its clockwork
//	presence.go    who watches which station now
//	keeping.go     no key for long: prompt, then the supervisor
//	escalation.go  alarms that nobody answers go up the chain
//	cover.go       cover grants, and when they hold
//	handover.go    the sheet of a shift's end and its two signatures
//	fallback.go    the pack for the day the console is down; pack.go writes it
//	settings.go    a station's own choices
//
// What must not be lost is in the store: standing of a watch, steps of an alarm,
// grants, handovers. Presence is memory, shared between consoles by rows that go
// stale by themselves.
package watch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/duty"
	"guardroom/console/jobs"
	"guardroom/console/live"
	"guardroom/console/notify"
	"guardroom/devices"
)

// Tx is one writing transaction.
type Tx interface {
	notify.Tx
	At() time.Time // one instant for everything in it
	Audit(e audit.Entry)
	Tell(e live.Event)
	SetTimer(ctx context.Context, t jobs.Timer) error
	StopTimer(ctx context.Context, kind, key string) error

	// Standing locks the row of a station, which is made when there is none.
	Standing(ctx context.Context, station string) (Standing, error)
	SaveStanding(ctx context.Context, s Standing) error

	// DueAlarms locks alarms whose next step is due; another console's are passed over.
	DueAlarms(ctx context.Context, limit int) ([]*alarms.Alarm, error)
	// NobodysAlarms locks alarms of the stations that ask for an answer and have
	// not gone up yet.
	NobodysAlarms(ctx context.Context, stations []string, limit int) ([]*alarms.Alarm, error)
	ChangeAlarms(list []*alarms.Alarm, lines []alarms.Line) error

	Grant(ctx context.Context, id string) (Grant, error) // locked; ErrNotFound
	SaveGrant(ctx context.Context, g Grant) error

	Handover(ctx context.Context, id string) (Handover, error) // locked; ErrNotFound
	SaveHandover(ctx context.Context, h Handover) error
}

// keeper is what the desk needs of the store.
type keeper interface {
	Write(ctx context.Context, f func(ctx context.Context, tx Tx) error) error

	// Meet writes this console's seats, removes those that left, and returns the
	// fresh seats of every console.
	Meet(ctx context.Context, mine []Seat, left []string, stale time.Duration) ([]Seat, error)
	Standings(ctx context.Context) ([]Standing, error)

	// AnyDue looks for work of the escalation without writing.
	AnyDue(ctx context.Context, unmanned []string) (bool, error)

	Grants(ctx context.Context, since time.Time) ([]Grant, error) // that end after since
	UsersOf(ctx context.Context, ids []string) (map[string]string, error)

	Closing(ctx context.Context, station string) ([]alarms.Alarm, error)
	Handovers(ctx context.Context, station, cursor string, limit int) ([]Handover, string, error)
	FindHandover(ctx context.Context, id string) (Handover, error)

	FailedDeliveries(ctx context.Context, since time.Time) (map[string]int, error)

	Setting(ctx context.Context, station, name string, to any) (version int64, err error)
	SaveSetting(ctx context.Context, station, name string, seen int64, value any, e audit.Entry) (version int64, err error)
	EachSetting(ctx context.Context, name string, read func(station string, version int64, data []byte) error) error
}

// raiser turns what the console itself finds out into signals.
type raiser interface {
	Raise(ctx context.Context, station string, s devices.Signal) error
}

// board is what stands on the screens.
type board interface {
	Now(events ...live.Event)
	List(topic live.Topic, station string) []raw
}

// Station is what the desk needs to know of a station.
type Station struct {
	ID, Name string
	Zone     *time.Location
	Demo     bool
}

// Options of a Desk. Store, Notify, Raiser, Board and Stations are needed.
type Options struct {
	Store    keeper
	Notify   *notify.Desk
	Raiser   raiser
	Board    board
	Stations func() []Station
	Policy   func(station string) alarms.Policy
	Renewed  func(ctx context.Context) error                                   // an escalation was saved: whoever holds policies reads them anew
	Sections []Section                                                         // further parts of the fallback pack
	Shift    func(ctx context.Context, station string) (*duty.Turnover, error) // by the roster in force; may be nil
	Folder   string                                                            // of fallback packs
	Console  string                                                            // this start of this console; made when empty
	Linger   time.Duration                                                     // how long a desk stays after its last stream; default 8 s
	Grace    time.Duration                                                     // after a start, until desks are back; default 15 s
	Beat     time.Duration                                                     // default 2 s
	Pace     time.Duration                                                     // of looking for due alarms; default 250 ms
	Now      func() time.Time                                                  // time.Now outside tests
	Log      *slog.Logger
}

func (o *Options) fill() {
	if o.Console == "" {
		o.Console = auth.NewID()
	}
	for _, d := range []struct {
		to    *time.Duration
		value time.Duration
	}{{&o.Linger, 8 * time.Second}, {&o.Grace, 15 * time.Second}, {&o.Beat, 2 * time.Second}, {&o.Pace, 250 * time.Millisecond}} {
		if *d.to == 0 {
			*d.to = d.value
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Policy == nil {
		o.Policy = func(string) alarms.Policy { return alarms.Policy{} }
	}
	if o.Renewed == nil {
		o.Renewed = func(context.Context) error { return nil }
	}
}

// Desk is where the watch is kept. Its methods may be called from any goroutine.
type Desk struct {
	o       Options
	started time.Time
	wake    chan struct{}

	mu        sync.Mutex
	seats     map[string]*seat // this console's, by session
	others    []Seat           // of other consoles
	left      []string         // ids of seats to be removed from the store
	shown     map[string]shown // desks on the board, by key
	standings map[string]Standing
	keepings  map[string]Keeping
	grants    []Grant
	failed    map[string]int // deliveries given up lately, by station
	packs     map[string]PackState
}

// Open reads what the store knows.
func Open(ctx context.Context, o Options) (*Desk, error) {
	o.fill()
	d := &Desk{
		o: o, started: o.Now(), wake: make(chan struct{}, 1), seats: map[string]*seat{}, shown: map[string]shown{},
		standings: map[string]Standing{}, keepings: map[string]Keeping{}, failed: map[string]int{}, packs: map[string]PackState{},
	}
	if err := d.reload(ctx); err != nil {
		return nil, err
	}
	d.findPacks()
	return d, nil
}

// reload reads what other consoles may have changed.
func (d *Desk) reload(ctx context.Context) error {
	grants, err := d.o.Store.Grants(ctx, d.o.Now().Add(-time.Minute))
	if err != nil {
		return err
	}
	standings, err := d.o.Store.Standings(ctx)
	if err != nil {
		return err
	}
	keepings, err := d.readKeepings(ctx)
	if err != nil {
		return err
	}
	failed, err := d.o.Store.FailedDeliveries(ctx, d.o.Now().Add(-12*time.Hour))
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.grants, d.keepings, d.failed = grants, keepings, failed
	for _, s := range standings {
		d.standings[s.Station] = s
	}
	return nil
}

// Run keeps the watch until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	var work sync.WaitGroup
	work.Go(func() { d.runPresence(ctx) })
	work.Go(func() { d.runEscalation(ctx) })
	work.Go(func() { d.runFallback(ctx) })
	work.Wait()
}

// runPresence beats: it shares seats, reads what others changed, and lets each
// station's watch take its next step. Something that happened here beats at once.
func (d *Desk) runPresence(ctx context.Context) {
	tick := time.NewTicker(d.o.Beat)
	defer tick.Stop()
	for {
		if err := d.beat(ctx); err != nil && ctx.Err() == nil {
			d.o.Log.Warn("watch: the watch could not be looked at; will try again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-d.wake:
		}
	}
}

func (d *Desk) beat(ctx context.Context) error {
	if err := d.meet(ctx); err != nil {
		return err
	}
	if err := d.reload(ctx); err != nil {
		return err
	}
	return d.keep(ctx)
}

func (d *Desk) poke() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *Desk) station(id string) (Station, bool) {
	for _, s := range d.o.Stations() {
		if s.ID == id {
			return s, true
		}
	}
	return Station{}, false
}

// settled reports whether desks had time to come back after a start.
func (d *Desk) settled() bool { return d.o.Now().Sub(d.started) >= d.o.Grace }

// Errors of the desk. The API knows them by errors.Is or by their methods.
var ErrNotFound = errors.New("no such cover grant or handover")

// InvalidError says which field is wrong and why.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field; the API recognises the error by this method.
func (e *InvalidError) InvalidField() string { return e.Field }

// ConflictError says that what is asked does not fit what is there now.
type ConflictError struct{ Reason, Detail string }

func (e *ConflictError) Error() string { return e.Detail }

// Conflict gives the code and parameters of the refusal; the API recognises the
// error by this method.
func (e *ConflictError) Conflict() (code string, params map[string]any) {
	return "conflict", map[string]any{"reason": e.Reason}
}
