package cameras

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// ViewRecord says who saw what, from when to when.
type ViewRecord struct {
	ID       string
	Station  string
	Camera   string
	Stream   string
	Kind     string // live, recorded
	By       auth.Operator
	From     time.Time
	Seen     time.Time // it went on at this instant
	To       time.Time // zero while it goes on
	Why      string    // it ended: left, signed_out, no_right, handed, stopped
	Recorded string    // of kind recorded: which time was seen
}

// viewStore keeps views.
type viewStore interface {
	// Views writes begun ones, the instant at which those that go on were last seen,
	// and the ends with their entries, in one transaction.
	Views(ctx context.Context, begun []ViewRecord, on []string, seen time.Time, ended []ViewRecord) error
	// CloseViews ends those that an earlier run left open at the instant at which
	// they were last seen.
	CloseViews(ctx context.Context) error
}

// Entry is the line of the record of a view that has ended.
func (v ViewRecord) Entry() audit.Entry {
	params := map[string]string{
		"stream": v.Stream, "kind": v.Kind, "from": v.From.UTC().Format(time.RFC3339), "to": v.To.UTC().Format(time.RFC3339), "why": v.Why,
	}
	if v.Recorded != "" {
		params["recorded"] = v.Recorded
	}
	return audit.By(v.By, v.Station, "camera.watch", "camera:"+v.Camera, params)
}

// viewing is somebody who watches now.
type viewing struct {
	desk   *Desk
	id     string
	camera camera
	needs  auth.Permission
	cut    func() // ends the picture

	mu      sync.Mutex
	record  ViewRecord
	release func() // of the source, where it is live
	over    bool
}

// begin notes that somebody watches. cut must end the picture without waiting for
// the desk.
func (d *Desk) begin(v Viewer, c camera, needs auth.Permission, id string, record ViewRecord, cut func()) *viewing {
	one := &viewing{desk: d, id: id, camera: c, needs: needs, cut: cut, record: record}
	one.record.ID, one.record.Station, one.record.Camera = auth.NewID(), c.Station, c.id()
	one.record.By, one.record.From = v.By, d.now()
	d.ledger.begin(one.record)
	d.mu.Lock()
	d.views[one.id] = one
	g := d.guards[v.Key]
	fresh := g == nil
	if fresh {
		g = &guard{desk: d, viewer: v, views: map[*viewing]bool{}}
		d.guards[v.Key] = g
	}
	g.views[one] = true
	d.mu.Unlock()
	if fresh && !d.spawn(g.run) {
		one.end("stopped")
	}
	return one
}

// end ends a view; only the first reason counts.
func (v *viewing) end(why string) {
	v.mu.Lock()
	if v.over {
		v.mu.Unlock()
		return
	}
	v.over = true
	v.record.To, v.record.Why = v.desk.now(), why
	v.desk.ledger.end(v.record)
	v.mu.Unlock()
	v.cut()
	d := v.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.views, v.id)
	for _, g := range d.guards {
		delete(g.views, v)
	}
}

// hand goes over to the next officer at the same desk: one view ends and another
// begins, and the picture goes on.
func (v *viewing) hand(to auth.Operator) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.over || v.record.By.ID == to.ID {
		return
	}
	v.record.To, v.record.Why = v.desk.now(), "handed"
	v.desk.ledger.end(v.record)
	v.record.ID, v.record.By, v.record.From, v.record.To, v.record.Why = auth.NewID(), to, v.record.To, time.Time{}, ""
	v.desk.ledger.begin(v.record)
}

// guard ends the views of one session when it ends, or when its rights do.
type guard struct {
	desk   *Desk
	viewer Viewer
	next   <-chan auth.Operator
	views  map[*viewing]bool // the desk's mu guards it
}

// lookAgain is how often a session and its rights are looked at: what ends them
// ends their pictures within two seconds.
const lookAgain = time.Second

// handWithin is how soon after its session's end a desk is known to be handed over.
const handWithin = 300 * time.Millisecond

func (g *guard) run() {
	d := g.desk
	ended, next, release := g.viewer.Follow()
	defer release()
	g.next = next
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		select {
		case <-d.ctx.Done():
			return
		case <-ended:
			ended = nil // closed: told once
			g.judge(func(*viewing) string { return "signed_out" })
		case by := <-next:
			g.hand(by)
		case <-tick.C:
			if !g.look() {
				return
			}
		}
	}
}

// look is false when the guard has nobody to look after any more.
func (g *guard) look() bool {
	d := g.desk
	d.mu.Lock()
	if len(g.views) == 0 {
		delete(d.guards, g.viewer.Key)
		d.mu.Unlock()
		return false
	}
	d.mu.Unlock()
	ctx, cancel := context.WithTimeout(d.ctx, 3*time.Second)
	defer cancel()
	by, err := g.viewer.Still(ctx)
	switch {
	case errors.Is(err, auth.ErrUnauthenticated):
		handing := time.NewTimer(handWithin)
		defer handing.Stop()
		select {
		case to := <-g.next: // it is over because the next officer has the desk
			g.hand(to)
		case <-handing.C:
			g.judge(func(*viewing) string { return "signed_out" })
		}
	case err == nil:
		g.judge(func(v *viewing) string { return v.refused(by) })
	}
	return true
}

func (g *guard) hand(by auth.Operator) {
	g.judge(func(v *viewing) string {
		why := v.refused(by)
		if why == "" {
			v.hand(by)
		}
		return why
	})
}

func (v *viewing) refused(by auth.Operator) string {
	if _, err := v.desk.may(by, v.needs, v.camera.id()); err != nil && !errors.Is(err, ErrNotFound) {
		return "no_right"
	}
	return ""
}

// judge ends the views for which why gives a reason.
func (g *guard) judge(why func(*viewing) string) {
	g.desk.mu.Lock()
	all := make([]*viewing, 0, len(g.views))
	for v := range g.views {
		all = append(all, v)
	}
	g.desk.mu.Unlock()
	for _, v := range all {
		if reason := why(v); reason != "" {
			v.end(reason)
		}
	}
}

// Watch answers a viewer's offer for a camera's live picture.
func (d *Desk) Watch(_ context.Context, v Viewer, id, stream, offer string) (View, error) {
	c, err := d.may(v.By, auth.CamerasWatch, id)
	if err != nil {
		return View{}, err
	}
	if d.ctx.Err() != nil {
		return View{}, errStopped
	}
	stream = c.stream(stream)
	source, release := d.acquire(c, stream)
	session, answer, err := d.o.Video.Watch(d.ctx, source.feed, offer)
	if err != nil {
		release()
		return View{}, told(err)
	}
	one := d.begin(v, c, auth.CamerasWatch, session.ID, ViewRecord{Stream: stream, Kind: "live"}, func() { go session.Close() })
	one.mu.Lock()
	one.release = release
	one.mu.Unlock()
	if !d.spawn(func() {
		<-session.Done()
		one.end("left")
		one.mu.Lock()
		defer one.mu.Unlock()
		one.release()
	}) {
		one.end("stopped")
		return View{}, errStopped
	}
	return View{ID: session.ID, ETag: session.ETag, Answer: answer}, nil
}

// mine finds a view that by began; a view of somebody else's is none.
func (d *Desk) mine(by auth.Operator, id, view string) (*viewing, error) {
	if _, err := d.reach(by, auth.CamerasWatch, id); err != nil {
		return nil, err
	}
	d.mu.Lock()
	v := d.views[view]
	d.mu.Unlock()
	if v == nil {
		return nil, fmt.Errorf("view %.64s: %w", view, ErrNotFound)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.record.By.ID != by.ID || v.camera.id() != id && v.camera.Device != id {
		return nil, fmt.Errorf("view %.64s: %w", view, ErrNotFound)
	}
	return v, nil
}

// Trickle takes further candidates of a viewer.
func (d *Desk) Trickle(_ context.Context, by auth.Operator, id, view, etag, fragment string) (answer, next string, err error) {
	if _, err := d.mine(by, id, view); err != nil {
		return "", "", err
	}
	session, there := d.o.Video.Session(view)
	if !there {
		return "", "", fmt.Errorf("view %.64s: %w", view, ErrNotFound)
	}
	return "", "", told(session.Patch(etag, fragment))
}

// Switch goes over to another stream of the camera at its next key picture; until
// then the picture goes on.
func (d *Desk) Switch(_ context.Context, by auth.Operator, id, view, stream string) error {
	v, err := d.mine(by, id, view)
	if err != nil {
		return err
	}
	if _, err := d.may(by, v.needs, id); err != nil {
		return err
	}
	session, there := d.o.Video.Session(view)
	if !there {
		return fmt.Errorf("view %.64s: %w", view, ErrNotFound)
	}
	stream = v.camera.stream(stream)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.over || v.release == nil || v.record.Stream == stream {
		return nil
	}
	source, release := d.acquire(v.camera, stream)
	session.Switch(source.feed)
	before := v.release
	v.release = release
	defer before()
	v.record.To, v.record.Why = d.now(), "switched"
	d.ledger.end(v.record)
	v.record.ID, v.record.Stream, v.record.From, v.record.To, v.record.Why = auth.NewID(), stream, v.record.To, time.Time{}, ""
	d.ledger.begin(v.record)
	return nil
}

// Leave ends a view.
func (d *Desk) Leave(_ context.Context, by auth.Operator, id, view string) error {
	v, err := d.mine(by, id, view)
	if err != nil {
		return err
	}
	v.end("left")
	return nil
}

// ledger writes who saw what, some of it at once: a wall that is opened is one
// transaction. While the database is away it keeps what it was told.
type ledger struct {
	store viewStore
	log   *slog.Logger
	now   func() time.Time

	mu    sync.Mutex
	open  map[string]bool // ids whose end has not been told
	begun []ViewRecord
	ended []ViewRecord
	full  bool
	seen  time.Time
}

const (
	writeEvery = 250 * time.Millisecond
	seenEvery  = 15 * time.Second
	mostKept   = 100_000
)

func newLedger(store viewStore, log *slog.Logger, now func() time.Time) *ledger {
	return &ledger{store: store, log: log, now: now, open: map[string]bool{}}
}

func (l *ledger) begin(v ViewRecord) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.begun)+len(l.ended) >= mostKept {
		l.full = true
		return
	}
	l.open[v.ID] = true
	l.begun = append(l.begun, v)
}

func (l *ledger) end(v ViewRecord) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open[v.ID] {
		return
	}
	delete(l.open, v.ID)
	l.ended = append(l.ended, v)
}

// run writes until ctx ends, and then once more.
func (l *ledger) run(ctx context.Context) {
	tick := time.NewTicker(writeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
			defer cancel()
			l.write(last)
			return
		case <-tick.C:
			l.write(ctx)
		}
	}
}

// batch is how much is written in one transaction.
const batch = 200

func (l *ledger) write(ctx context.Context) {
	for {
		l.mu.Lock()
		begun, ended := l.begun[:min(len(l.begun), batch)], l.ended[:min(len(l.ended), batch)]
		if len(l.begun) > batch { // an end needs its beginning
			ended = nil
		}
		now := l.now().UTC()
		var on []string
		if now.Sub(l.seen) >= seenEvery {
			for id := range l.open {
				on = append(on, id)
			}
		}
		if l.full {
			l.log.Error("cameras: the database is away for so long that it is not recorded any more who watches")
			l.full = false
		}
		l.mu.Unlock()
		if len(begun) == 0 && len(ended) == 0 && len(on) == 0 {
			return
		}
		one, cancel := context.WithTimeout(ctx, 10*time.Second)
		err := l.store.Views(one, begun, on, now, ended)
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				l.log.Warn("cameras: who watches was not written; it is tried again", "err", err)
			}
			return
		}
		l.mu.Lock()
		l.begun, l.ended = l.begun[len(begun):], l.ended[len(ended):]
		if len(on) > 0 {
			l.seen = now
		}
		rest := len(l.begun) + len(l.ended)
		l.mu.Unlock()
		if rest == 0 {
			return
		}
	}
}

// streamOf is the stream of which a camera's pictures are kept.
func streamOf(c camera) string {
	if r := c.Offers.Record; r != nil {
		return r.Stream
	}
	return devices.MainStream
}
