package cameras

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"guardroom/console/auth"
	"guardroom/devices"
	"guardroom/devices/picture"
)

const (
	mostPlayed  = time.Hour           // of one recording
	mostListed  = 31 * 24 * time.Hour // of a timeline
	bringWithin = 12 * time.Second    // the first bytes of a recording
	headAtMost  = 64 << 10            // ftyp and moov
	stillWithin = 6 * time.Second     // the first picture of a camera that nobody watches
)

// recordable says why there is no recording of a camera.
func (c camera) recordable() error {
	if c.Offers.Record == nil {
		return &ConflictError{Reason: "not_recorded", Text: "no pictures of this camera are kept"}
	}
	return nil
}

// Timeline says what was recorded between two instants, and what people marked.
func (d *Desk) Timeline(ctx context.Context, by auth.Operator, id string, from, to time.Time) (CameraTimeline, error) {
	c, err := d.may(by, auth.CamerasPlay, id)
	if err != nil {
		return CameraTimeline{}, err
	}
	now := d.now()
	if to.IsZero() {
		to = now
	}
	if from.IsZero() {
		from = to.Add(-time.Hour)
	}
	if !to.After(from) || to.Sub(from) > mostListed {
		return CameraTimeline{}, &InvalidError{Field: "to", Reason: "after from, and at most 31 days"}
	}
	t := CameraTimeline{Camera: c.id(), From: from.UTC(), To: to.UTC(), Spans: []CameraSpan{}, Bookmarks: []CameraBookmark{}}
	if t.Bookmarks, err = d.o.Store.Bookmarks(ctx, c.id(), from, to); err != nil {
		return CameraTimeline{}, fmt.Errorf("read the marks of camera %s: %w", c.id(), err)
	}
	if err := c.recordable(); err != nil {
		return CameraTimeline{}, err
	}
	if c.Offers.Record.Recorder {
		return t, nil
	}
	r, err := d.ask(ctx, c, devices.Recorded, map[string]string{"from": instantText(from), "to": instantText(to)}, orderWithin)
	if err != nil {
		return CameraTimeline{}, err
	}
	if err := json.Unmarshal([]byte(r.ReadBack), &t.Spans); err != nil {
		return CameraTimeline{}, fmt.Errorf("the gateway's list of recordings of %s: %w", c.id(), err)
	}
	t.Spans = t.Spans[:min(len(t.Spans), 1000)]
	t.Complete = true
	return t, nil
}

func instantText(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// played checks the time that somebody wants to see of a camera.
func (d *Desk) played(c camera, from, to time.Time, most time.Duration) error {
	switch {
	case !to.After(from):
		return &InvalidError{Field: "to", Reason: "must be after from"}
	case to.Sub(from) > most:
		return &InvalidError{Field: "to", Reason: fmt.Sprintf("at most %s after from", most)}
	case from.After(d.now()):
		return &InvalidError{Field: "from", Reason: "lies ahead"}
	}
	if hours := d.settingsOf(c).RetentionHours; hours > 0 && to.Before(d.now().Add(-time.Duration(hours)*time.Hour)) {
		return &ConflictError{Reason: "nothing_recorded", Text: fmt.Sprintf("pictures of this camera are kept for %d hours", hours)}
	}
	return c.recordable()
}

// transfer is a recording on its way from a gateway to whoever asked for it.
type transfer struct {
	id     string
	camera camera
	to     *io.PipeWriter
}

// Play gives what was recorded between two instants, from the first byte on as it
// comes. It ends with the viewer's session.
func (d *Desk) Play(ctx context.Context, v Viewer, id string, from, to time.Time) (Playing, error) {
	c, err := d.may(v.By, auth.CamerasPlay, id)
	if err != nil {
		return Playing{}, err
	}
	if err := d.played(c, from, to, mostPlayed); err != nil {
		return Playing{}, err
	}
	p, err := d.fetch(ctx, c, from, to)
	if err != nil {
		return Playing{}, err
	}
	one := d.begin(v, c, auth.CamerasPlay, auth.NewID(), ViewRecord{
		Stream: streamOf(c), Kind: "recorded", Recorded: from.UTC().Format(time.RFC3339) + "/" + to.UTC().Format(time.RFC3339),
	}, func() { _ = p.body.Close() })
	p.end = func() { one.end("left") }
	return p, nil
}

// fetch asks the gateway for a recording and waits for its head.
func (d *Desk) fetch(ctx context.Context, c camera, from, to time.Time) (Playing, error) {
	body, feed := io.Pipe()
	t := &transfer{id: auth.NewID(), camera: c, to: feed}
	token, _ := auth.Secret("upload_")
	d.mu.Lock()
	d.tokens[hashed(token)] = &ticket{transfer: t}
	d.mu.Unlock()
	defer d.forgetToken(token)
	fail := func(err error) (Playing, error) {
		_ = body.CloseWithError(err)
		return Playing{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, bringWithin)
	defer cancel()
	r, err := d.ask(ctx, c, devices.Playback, map[string]string{
		"from": instantText(from), "to": instantText(to), "token": token, "path": fmt.Sprintf("/api/v1/cameras/%s/uploads/%s", c.id(), t.id),
	}, bringWithin)
	if err != nil {
		return fail(err)
	}
	began, err := time.Parse(time.RFC3339Nano, r.ReadBack)
	if err != nil {
		began = from
	}
	stop := context.AfterFunc(ctx, func() { _ = body.CloseWithError(context.DeadlineExceeded) })
	head, err := readHead(body)
	if err != nil || !stop() {
		return fail(&ConflictError{Reason: "no_answer", Text: "the gateway did not bring the recording"})
	}
	return Playing{body: &uploaded{head: head, PipeReader: body}, contentType: picture.ContentTypeOf(head), from: began, end: func() {}}, nil
}

// readHead reads ftyp and moov.
func readHead(r io.Reader) ([]byte, error) {
	var head []byte
	for range 2 {
		box := make([]byte, 8)
		if _, err := io.ReadFull(r, box); err != nil {
			return nil, err
		}
		size := int(box[0])<<24 | int(box[1])<<16 | int(box[2])<<8 | int(box[3])
		if size < 8 || len(head)+size > headAtMost {
			return nil, errors.New("this is no fragmented MP4")
		}
		rest := make([]byte, size-8)
		if _, err := io.ReadFull(r, rest); err != nil {
			return nil, err
		}
		head = append(append(head, box...), rest...)
	}
	return head, nil
}

// uploaded is a gateway's body, its head first.
type uploaded struct {
	head []byte
	*io.PipeReader
}

func (u *uploaded) Read(to []byte) (int, error) {
	if len(u.head) > 0 {
		n := copy(to, u.head)
		u.head = u.head[n:]
		return n, nil
	}
	return u.PipeReader.Read(to)
}

// Close lets the gateway stop.
func (u *uploaded) Close() error { return u.CloseWithError(io.ErrClosedPipe) }

// Upload takes a recording that a gateway brings with the token it was given.
func (d *Desk) Upload(ctx context.Context, id, transferID, token string, body io.Reader) error {
	t, err := d.redeem(token, func(t *ticket) bool {
		return t.transfer != nil && t.transfer.id == transferID && t.transfer.camera.id() == id
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(t.transfer.to, body)
	if ctx.Err() != nil {
		err = errors.Join(err, io.ErrUnexpectedEOF)
	}
	_ = t.transfer.to.CloseWithError(err)                // nil is the end
	if err != nil && !errors.Is(err, io.ErrClosedPipe) { // closed: who asked has seen enough
		return fmt.Errorf("take the recording of %s: %w", id, err)
	}
	return nil
}

// Snapshot gives the newest whole picture of a camera.
func (d *Desk) Snapshot(ctx context.Context, v Viewer, id string) (Still, error) {
	c, err := d.may(v.By, auth.CamerasWatch, id)
	if err != nil {
		return Still{}, err
	}
	if d.ctx.Err() != nil {
		return Still{}, errStopped
	}
	s, release := d.acquire(c, devices.MainStream)
	defer release()
	within := time.NewTimer(stillWithin)
	defer within.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if still, ok := s.still(); ok {
			now := d.now()
			record := ViewRecord{ID: auth.NewID(), Station: c.Station, Camera: c.id(), Stream: devices.MainStream, Kind: "still", By: v.By, From: now, To: now, Why: "left", Recorded: instantText(still.At)}
			d.ledger.begin(record)
			d.ledger.end(record)
			return still, nil
		}
		select {
		case <-tick.C:
		case <-within.C:
			return Still{}, &ConflictError{Reason: "no_picture", Text: "the camera has sent no picture"}
		case <-ctx.Done():
			return Still{}, ctx.Err()
		}
	}
}

// still is the newest key picture as a file of its own; ok is false while there
// is none, or while it is older than the stream's last lingering.
func (s *source) still() (Still, bool) {
	codec, unit, at, ok := s.feed.Snapshot()
	if !ok {
		return Still{}, false
	}
	return stillOf(codec, unit, at)
}
