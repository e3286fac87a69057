package cameras

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// bookmarkStore keeps marks.
type bookmarkStore interface {
	// Bookmarks are those that touch a time, newest first; a zero time is open.
	Bookmarks(ctx context.Context, camera string, from, to time.Time) ([]CameraBookmark, error)
	AddBookmark(ctx context.Context, b CameraBookmark, e audit.Entry) error
	FindBookmark(ctx context.Context, id string) (CameraBookmark, error) // ErrNotFound
	// RemoveBookmark removes a mark; one whose lock a gateway holds stays as
	// releasing until it does not.
	RemoveBookmark(ctx context.Context, id string, e audit.Entry) error
	// OpenLocks are the marks whose lock is not yet as it should be.
	OpenLocks(ctx context.Context) ([]CameraBookmark, error)
	// SetLocked notes how a lock stands; a mark that was releasing is gone with "".
	SetLocked(ctx context.Context, id, locked string) error
}

// Bookmarks lists the marks of a camera.
func (d *Desk) Bookmarks(ctx context.Context, by auth.Operator, id string) ([]CameraBookmark, error) {
	c, err := d.may(by, auth.CamerasPlay, id)
	if err != nil {
		return nil, err
	}
	return d.o.Store.Bookmarks(ctx, c.id(), time.Time{}, time.Time{})
}

// longestLock is how much one mark may lock.
const longestLock = 24 * time.Hour

// Bookmark marks a time. A lock asks for the right to take clips: it takes room
// from everybody.
func (d *Desk) Bookmark(ctx context.Context, by auth.Operator, id string, n NewBookmark) (CameraBookmark, error) {
	c, err := d.may(by, auth.CamerasPlay, id)
	if err != nil {
		return CameraBookmark{}, err
	}
	if n.Lock {
		if err := by.May(auth.CamerasExport, c.Station); err != nil {
			return CameraBookmark{}, err
		}
	}
	note, err := words("note", n.Note, 0, 500)
	if err != nil {
		return CameraBookmark{}, err
	}
	switch {
	case n.To.Before(n.From) || n.From.IsZero():
		return CameraBookmark{}, &InvalidError{Field: "to", Reason: "must not be before from"}
	case n.To.Sub(n.From) > longestLock:
		return CameraBookmark{}, &InvalidError{Field: "to", Reason: "at most a day after from"}
	case n.Lock && !n.To.After(n.From):
		return CameraBookmark{}, &InvalidError{Field: "to", Reason: "a lock needs a time"}
	case n.Alarm != "" && !devices.ValidID(n.Alarm), n.Incident != "" && !devices.ValidID(n.Incident):
		return CameraBookmark{}, &InvalidError{Field: "alarm", Reason: "is no id"}
	case n.Lock && (c.Offers.Record == nil || c.Offers.Record.Recorder):
		return CameraBookmark{}, &ConflictError{Reason: "cannot_lock", Text: "no gateway keeps this camera's pictures: take a clip instead"}
	}
	b := CameraBookmark{
		ID: auth.NewID(), Camera: c.id(), Station: c.Station, From: micro(n.From), To: micro(n.To), Note: note, Alarm: n.Alarm, Incident: n.Incident,
		Lock: n.Lock, By: by.ID, ByName: by.Name, At: d.now(),
	}
	if n.Lock {
		b.Locked = "asked"
	}
	e := audit.By(by, c.Station, "camera.bookmark", "camera:"+c.id(), map[string]string{
		"bookmark": b.ID, "from": instantText(b.From), "to": instantText(b.To), "note": note, "lock": strconv.FormatBool(n.Lock), "alarm": n.Alarm, "incident": n.Incident,
	})
	if err := d.o.Store.AddBookmark(ctx, b, e); err != nil {
		return CameraBookmark{}, fmt.Errorf("mark a time of camera %s: %w", c.id(), err)
	}
	d.poke()
	return b, nil
}

func micro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Unmark takes a mark off, and its lock: who made it may, and who configures
// cameras.
func (d *Desk) Unmark(ctx context.Context, by auth.Operator, id, bookmark string) error {
	c, err := d.may(by, auth.CamerasPlay, id)
	if err != nil {
		return err
	}
	b, err := d.o.Store.FindBookmark(ctx, bookmark)
	if err == nil && b.Camera != c.id() {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("bookmark %.64s: %w", bookmark, err)
	}
	if b.By != by.ID {
		if err := by.May(auth.CamerasConfigure, c.Station); err != nil {
			return err
		}
	}
	e := audit.By(by, c.Station, "camera.unmark", "camera:"+c.id(), map[string]string{"bookmark": b.ID, "from": instantText(b.From), "to": instantText(b.To)})
	if err := d.o.Store.RemoveBookmark(ctx, b.ID, e); err != nil {
		return fmt.Errorf("bookmark %s: %w", b.ID, err)
	}
	d.poke()
	return nil
}

func (d *Desk) poke() {
	select {
	case d.duty <- struct{}{}:
	default:
	}
}

// duties sees to it that gateways hold what is locked, and keep pictures no
// longer than they may: at once, and again until they have said so.
func (d *Desk) duties(ctx context.Context) {
	tick := time.NewTicker(20 * time.Second)
	defer tick.Stop()
	retained := map[string]string{} // camera -> what its gateway was told last
	for {
		d.lock(ctx)
		d.retain(ctx, retained)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-d.duty:
		}
	}
}

func (d *Desk) lock(ctx context.Context) {
	open, err := d.o.Store.OpenLocks(ctx)
	if err != nil {
		d.o.Log.Warn("cameras: locks were not read", "err", err)
		return
	}
	for _, b := range open {
		if ctx.Err() != nil {
			return
		}
		if err := d.settleLock(ctx, b); err != nil {
			d.o.Log.Info("cameras: a lock is not settled; it is tried again", "camera", b.Camera, "bookmark", b.ID, "err", err)
		}
	}
}

func (d *Desk) settleLock(ctx context.Context, b CameraBookmark) error {
	c, err := d.find(b.Camera)
	if err != nil || !c.Online {
		return err
	}
	if b.Locked == "releasing" {
		if _, err := d.ask(ctx, c, devices.Release, map[string]string{"id": b.ID}, orderWithin); err != nil {
			return err
		}
		return d.o.Store.SetLocked(ctx, b.ID, "")
	}
	r, err := d.ask(ctx, c, devices.Keep, map[string]string{"id": b.ID, "from": instantText(b.From), "to": instantText(b.To)}, orderWithin)
	var refused *ConflictError
	if errors.As(err, &refused) && (refused.Reason == "cannot_lock" || refused.Reason == "not_recorded") {
		return d.o.Store.SetLocked(ctx, b.ID, "failed")
	}
	if err != nil {
		return err
	}
	if seconds, err := strconv.ParseFloat(r.ReadBack, 64); err == nil && seconds == 0 && b.To.Before(d.now()) {
		return d.o.Store.SetLocked(ctx, b.ID, "failed")
	}
	return d.o.Store.SetLocked(ctx, b.ID, "held")
}

// retain tells each gateway how long pictures may be kept; one that was away is
// told again.
func (d *Desk) retain(ctx context.Context, retained map[string]string) {
	for _, c := range d.all() {
		if c.Offers.Record == nil || c.Offers.Record.Recorder || c.direct != nil {
			continue
		}
		if !c.Online {
			delete(retained, c.id())
			continue
		}
		hours := strconv.Itoa(d.settingsOf(c).RetentionHours)
		if retained[c.id()] == hours || ctx.Err() != nil {
			continue
		}
		if _, err := d.ask(ctx, c, devices.Retain, map[string]string{"hours": hours}, orderWithin); err != nil {
			d.o.Log.Info("cameras: a gateway was not told how long pictures may be kept; it is tried again", "camera", c.id(), "err", err)
			continue
		}
		retained[c.id()] = hours
	}
}
