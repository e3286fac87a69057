package gateway

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtp"

	"guardroom/devices"
	"guardroom/devices/picture"
	"guardroom/devices/rtsp"
	"guardroom/gateway/recorder"
	"guardroom/gateway/relay"
)

// cameraOrders carries out what the console asks of cameras. None of it is
// written to disk: an order asks for pictures now, and is worth nothing later.
type cameraOrders struct {
	site    *cameraSite
	receipt func(devices.Receipt)
	now     func() time.Time // the console's clock, as far as known
	heard   func(time.Time)
	begin   func(ctx context.Context, s *relay.Stream, path, token string) (relayed, error)
	readers chan struct{} // recordings read at once
	busy    chan struct{} // orders carried out at once

	mu     sync.Mutex
	ctx    context.Context //nolint:containedctx // that of run: what an order begins ends with it
	work   sync.WaitGroup
	seen   map[string]bool
	order  []string // of seen, oldest first
	pushes map[string]*pushing
	moves  map[string]*time.Timer // cameras that are turning
}

// relayed is a stream on its way to the console.
type relayed interface {
	Done() <-chan struct{}
	Close()
}

// pushing is a stream that the console has.
type pushing struct {
	push  relayed
	until *time.Timer
}

const (
	ordersAtOnce  = 64
	readersAtOnce = 8
	ordersKnown   = 1000
	moveFor       = 2 * time.Second  // a move that nobody renews ends
	relayAtMost   = 10 * time.Minute // unless the console asks again
	beginWithin   = 8 * time.Second
)

func newCameraOrders(s *cameraSite, g *running) *cameraOrders {
	o := &cameraOrders{
		site: s, receipt: g.uplink.settled, heard: g.executor.Heard,
		readers: make(chan struct{}, readersAtOnce), busy: make(chan struct{}, ordersAtOnce),
		seen: map[string]bool{}, pushes: map[string]*pushing{}, moves: map[string]*time.Timer{},
	}
	o.begin = func(ctx context.Context, s *relay.Stream, path, token string) (relayed, error) {
		return o.site.client.Push(ctx, s, path, token)
	}
	o.now = func() time.Time {
		offset, _ := g.executor.Offset()
		return g.options.Now().Add(offset)
	}
	return o
}

// run lets orders be carried out until ctx ends, and ends what they began.
func (o *cameraOrders) run(ctx context.Context) {
	o.mu.Lock()
	o.ctx = ctx
	o.mu.Unlock()
	<-ctx.Done()
	o.mu.Lock()
	o.ctx = nil
	left := o.pushes
	o.pushes = map[string]*pushing{}
	o.mu.Unlock()
	for _, p := range left {
		p.until.Stop()
		p.push.Close()
	}
	o.work.Wait()
}

// take carries an order out, once.
func (o *cameraOrders) take(c devices.Command) {
	if !c.Now.IsZero() {
		o.heard(c.Now)
	}
	o.mu.Lock()
	ctx := o.ctx
	if ctx == nil || o.seen[c.ID] {
		o.mu.Unlock()
		return
	}
	o.seen[c.ID] = true
	if o.order = append(o.order, c.ID); len(o.order) > ordersKnown {
		delete(o.seen, o.order[0])
		o.order = append([]string(nil), o.order[1:]...)
	}
	select {
	case o.busy <- struct{}{}:
		o.work.Add(1)
	default:
		o.mu.Unlock()
		o.answer(c, "", &orderError{devices.RefusedBusy, "too many orders for cameras wait already"})
		return
	}
	o.mu.Unlock()
	go func() {
		defer o.work.Done()
		defer func() { <-o.busy }()
		read, err := o.carryOut(ctx, c)
		o.answer(c, read, err)
	}()
}

// orderError says why an order is not carried out.
type orderError struct{ code, text string }

func (e *orderError) Error() string { return e.text }

func (o *cameraOrders) answer(c devices.Command, read string, err error) {
	r := devices.Receipt{Command: c.ID, Point: c.Point, Verb: c.Verb, Outcome: devices.Confirmed, ReadBack: read, At: o.site.shared.Now()}
	if err != nil {
		r.Outcome, r.Code, r.Text = devices.Refused, devices.RefusedByDevice, err.Error()
		var why *orderError
		if errors.As(err, &why) {
			r.Code = why.code
		}
		o.site.log.Info("an order for a camera was refused", "point", c.Point, "verb", c.Verb, "code", r.Code, "reason", r.Text)
	}
	o.receipt(r)
}

func (o *cameraOrders) carryOut(ctx context.Context, c devices.Command) (read string, err error) {
	if late := o.now().Sub(c.Deadline); c.Deadline.IsZero() || late > 0 {
		return "", &orderError{devices.RefusedExpired, fmt.Sprintf("the order came %s after its deadline", late.Round(time.Millisecond))}
	}
	cam := o.site.byID[c.Point.Device()]
	within, cancel := context.WithTimeout(ctx, max(time.Second, min(30*time.Second, c.Deadline.Sub(o.now()))))
	defer cancel()
	switch c.Verb {
	case devices.Relay:
		return "", o.relay(within, cam, c.Arguments)
	case devices.Playback:
		return o.playback(ctx, cam, c.Arguments)
	case devices.Recorded, devices.Keep, devices.Release, devices.Retain:
		return o.ring(cam, c.Verb, c.Arguments)
	case devices.PTZMove, devices.PTZStop, devices.PTZPreset, devices.PTZPresets, devices.PTZSave:
		return o.turn(within, cam, c)
	}
	return "", &orderError{devices.RefusedNoSuchVerb, fmt.Sprintf("a camera takes no %q", c.Verb)}
}

// relay brings a stream to the console, or lets it go on until later. An order
// with a token begins anew; one without only renews what is there.
func (o *cameraOrders) relay(ctx context.Context, cam *camera, a map[string]string) error {
	name := cmp.Or(a["stream"], devices.MainStream)
	s, err := cam.stream(name)
	if err != nil {
		return &orderError{devices.RefusedArguments, err.Error()}
	}
	until, err := time.Parse(time.RFC3339Nano, a["until"])
	if err != nil {
		return &orderError{devices.RefusedArguments, "until is no instant"}
	}
	lasts := min(until.Sub(o.now()), relayAtMost)
	key := cam.config.ID + "/" + name
	if lasts <= 0 {
		o.drop(key, nil)
		return nil
	}
	if a["token"] == "" {
		o.mu.Lock()
		defer o.mu.Unlock()
		p := o.pushes[key]
		if p == nil {
			return &orderError{"not_relayed", "the stream is not on its way to the console"}
		}
		p.until.Reset(lasts)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, beginWithin)
	defer cancel()
	push, err := o.begin(ctx, s, a["path"], a["token"])
	if errors.Is(err, relay.ErrAway) {
		return &orderError{devices.RefusedOffline, cam.why()}
	}
	if err != nil {
		return err
	}
	next := &pushing{push: push}
	next.until = time.AfterFunc(lasts, func() { o.drop(key, next) })
	o.mu.Lock()
	over := o.ctx == nil
	old := o.pushes[key]
	if !over {
		o.pushes[key] = next
	}
	o.mu.Unlock()
	if over {
		next.until.Stop()
		push.Close()
		return nil
	}
	if old != nil {
		old.until.Stop()
		go old.push.Close()
	}
	go func() {
		<-push.Done()
		o.drop(key, next)
	}()
	return nil
}

// drop ends a push; with one named, only when it is still that one.
func (o *cameraOrders) drop(key string, only *pushing) {
	o.mu.Lock()
	p := o.pushes[key]
	if p == nil || only != nil && p != only {
		o.mu.Unlock()
		return
	}
	delete(o.pushes, key)
	o.mu.Unlock()
	p.until.Stop()
	p.push.Close()
}

// why is why the camera sends nothing, for an operator.
func (c *camera) why() string {
	if _, fault := c.streams[devices.MainStream].Report(c.site.shared.Now()); fault != nil {
		return fault.Text
	}
	return "the camera sends nothing now"
}

func span(a map[string]string) (from, to time.Time, err error) {
	from, err = time.Parse(time.RFC3339Nano, a["from"])
	if err == nil {
		to, err = time.Parse(time.RFC3339Nano, a["to"])
	}
	if err != nil || !to.After(from) {
		return from, to, &orderError{devices.RefusedArguments, "from and to are no time"}
	}
	return from, to, nil
}

// ring answers what concerns the gateway's own recordings.
func (o *cameraOrders) ring(cam *camera, verb devices.Verb, a map[string]string) (string, error) {
	if cam.track == nil {
		return "", &orderError{"not_recorded", "the gateway keeps no pictures of this camera"}
	}
	switch verb {
	case devices.Release:
		return "", cam.track.Release(a["id"])
	case devices.Retain:
		hours, err := strconv.Atoi(a["hours"])
		if err != nil || hours < 0 {
			return "", &orderError{devices.RefusedArguments, "hours is no number"}
		}
		return "", cam.track.Retain(hours)
	}
	from, to, err := span(a)
	if err != nil {
		return "", err
	}
	if verb == devices.Keep {
		there, err := cam.track.Keep(a["id"], from, to)
		if err != nil {
			return "", &orderError{"cannot_lock", err.Error()}
		}
		return strconv.FormatFloat(there.Seconds(), 'f', 1, 64), nil
	}
	spans := cam.track.Spans(from, to)
	if spans == nil {
		spans = []recorder.Span{}
	}
	text, err := json.Marshal(spans)
	return string(text), err
}

// playback uploads a recording. Its receipt comes when the first picture is found
// and the console takes it, or with the reason why not.
func (o *cameraOrders) playback(ctx context.Context, cam *camera, a map[string]string) (string, error) {
	from, to, err := span(a)
	if err != nil {
		return "", err
	}
	select {
	case o.readers <- struct{}{}:
	default:
		return "", &orderError{devices.RefusedBusy, "the gateway plays as many recordings as it can already"}
	}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Hour)
	body, feed := io.Pipe()
	began, ended := make(chan time.Time, 1), make(chan error, 1)
	o.work.Add(2)
	go func() {
		defer o.work.Done()
		err := cam.copy(ctx, from, to, feed, func(at time.Time) { began <- at })
		feed.CloseWithError(err) // nil is the end
		ended <- err
	}()
	finish := func() {
		cancel()
		body.CloseWithError(context.Canceled)
		<-o.readers
	}
	var at time.Time
	select {
	case at = <-began:
	case err := <-ended:
		o.work.Done()
		finish()
		if errors.Is(err, recorder.ErrNothing) {
			return "", &orderError{"nothing_recorded", err.Error()}
		}
		return "", cmp.Or(err, recorder.ErrNothing)
	case <-time.After(beginWithin):
		o.work.Done()
		finish()
		return "", &orderError{devices.RefusedByDevice, "the recording did not begin in time"}
	}
	go func() {
		defer o.work.Done()
		defer finish()
		header := http.Header{"Content-Type": {"video/mp4"}, "X-Recording-From": {at.UTC().Format(time.RFC3339Nano)}}
		if err := o.site.client.Upload(ctx, a["path"], a["token"], header, body); err != nil && ctx.Err() == nil {
			o.site.log.Info("a recording was not played to its end", "camera", cam.config.ID, "error", err)
		}
	}()
	return at.UTC().Format(time.RFC3339Nano), nil
}

// copy writes what was recorded, by the ring or by a recorder of the station's own.
func (c *camera) copy(ctx context.Context, from, to time.Time, w io.Writer, begun func(time.Time)) error {
	switch {
	case c.track != nil:
		return c.track.Copy(ctx, from, to, w, func(at time.Time) error { begun(at); return nil })
	case c.config.Record.Playback == "":
		return &orderError{"not_recorded", "no pictures of this camera are kept"}
	}
	address, ranged := playbackAddress(c.config.Record.Playback, from, to)
	source := rtsp.Camera{URL: address, Username: c.config.Username, Transport: rtsp.TCP}
	if ranged {
		source.PlayFrom, source.PlayTo = from, to
	}
	if c.config.Password.Given() {
		var err error
		if source.Password, err = c.config.Password.Reveal(); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, to.Sub(from)+time.Minute)
	defer cancel()
	out := &ending{Writer: picture.Writer{To: w, Begun: func(time.Time, string) { begun(from) }}, length: to.Sub(from), stop: cancel}
	err := rtsp.Pull(ctx, source, out)
	switch {
	case out.Err() != nil:
		return out.Err()
	case !out.Started():
		if out.fault.Text != "" {
			return out.fault
		}
		return recorder.ErrNothing
	case err != nil && ctx.Err() == nil:
		return err
	}
	return nil
}

// ending is a Writer that ends its pull with the first end of the session, so that
// nothing is played twice, and after its length, where a recorder plays on.
type ending struct {
	picture.Writer
	length time.Duration
	stop   context.CancelFunc
	fault  rtsp.Fault

	any   bool
	first uint32 // time stamp
	over  bool
}

// Packet takes a packet of the time that was asked for.
func (e *ending) Packet(p *rtp.Packet, at time.Time) {
	if !e.any {
		e.any, e.first = true, p.Timestamp
	}
	played := time.Duration(int32(p.Timestamp-e.first)) * time.Second / rtsp.ClockRate
	if e.over = e.over || played > e.length; e.over {
		e.stop()
		return
	}
	e.Writer.Packet(p, at)
}

// Closed ends the pull.
func (e *ending) Closed(f rtsp.Fault) {
	e.fault = f
	e.Writer.Closed(f)
	e.stop()
}

// playbackAddress puts the times into a recorder's address; ranged says that it
// has no place for them.
func playbackAddress(template string, from, to time.Time) (address string, ranged bool) {
	const form = "20060102T150405Z"
	address = strings.NewReplacer("{start}", from.UTC().Format(form), "{end}", to.UTC().Format(form)).Replace(template)
	return address, address == template
}
