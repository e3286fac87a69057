package cameras

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"guardroom/console/auth"
	"guardroom/console/video"
	"guardroom/devices"
	"guardroom/devices/rtsp"
)

// source brings one stream of a camera into its feed for as long as somebody
// wants it, and a little longer.
type source struct {
	key    string // "<gateway>.<device>/<stream>"
	camera camera
	stream string
	feed   *video.Feed

	// guarded by the desk's mu
	want   int
	always bool // though nobody watches
	idle   time.Time
	push   *video.Session // the gateway's; nil when none has come
	alarm  directAlarm

	changed chan struct{} // in: want, or push
	after   chan struct{} // closed when the source before it has let go of the feed; may be nil
	done    chan struct{} // closed when this one has
}

const (
	relayFor    = 90 * time.Second // a gateway goes on for so long without being asked again
	renewEvery  = 30 * time.Second
	orderWithin = 10 * time.Second
	retryLeast  = time.Second
	retryMost   = 5 * time.Second
)

// acquire makes a stream flow; release must be called once.
func (d *Desk) acquire(c camera, stream string) (s *source, release func()) {
	key := c.id() + "/" + stream
	d.mu.Lock()
	defer d.mu.Unlock()
	s = d.sources[key]
	if s == nil {
		s = &source{key: key, camera: c, stream: stream, feed: d.o.Video.Feed(key), changed: make(chan struct{}, 1), after: d.leaving[key], done: make(chan struct{})}
		d.sources[key] = s
		d.spawn(func() { d.bring(s) })
	}
	s.want++
	s.poke()
	return s, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if s.want--; s.want == 0 {
			s.idle = d.o.Now()
			s.poke()
		}
	}
}

func (s *source) poke() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// wanted reports whether the stream is to flow, and if not, after its lingering,
// takes the source away.
func (d *Desk) wanted(s *source) (flows bool, left time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if s.want > 0 || s.always {
		return true, time.Hour
	}
	if left = s.idle.Add(d.o.Linger).Sub(d.o.Now()); left > 0 {
		return true, left
	}
	delete(d.sources, s.key)
	d.leaving[s.key] = s.done
	return false, 0
}

// bring is the source's one goroutine.
func (d *Desk) bring(s *source) {
	ctx, cancel := context.WithCancel(d.ctx)
	defer cancel()
	defer func() {
		close(s.done)
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.leaving[s.key] == s.done {
			delete(d.leaving, s.key)
		}
	}()
	if s.after != nil { // a feed has one source at a time
		<-s.after
	}
	defer s.feed.Closed(rtsp.Fault{Code: rtsp.Stopped})
	if s.camera.direct != nil {
		d.pull(ctx, s)
		return
	}
	for failures := 0; ctx.Err() == nil; {
		err := d.relay(ctx, s)
		if err == nil {
			failures = 0
		} else {
			failures++
			s.feed.Closed(faultOf(err))
			d.o.Log.Info("cameras: a stream does not come", "stream", s.key, "err", err)
		}
		if !d.pause(ctx, s, err, failures) {
			break
		}
	}
	d.endRelay(s)
}

// faultOf is why a stream does not come, in the words of cameras.
func faultOf(err error) rtsp.Fault {
	var conflict *ConflictError
	if errors.As(err, &conflict) {
		return rtsp.Fault{Code: rtsp.FaultCode(conflict.Reason), Text: conflict.Text}
	}
	return rtsp.Fault{Code: rtsp.Unreachable, Text: "the stream does not come from the gateway", Err: err}
}

// pause waits before the next try, as long as somebody wants the stream.
func (d *Desk) pause(ctx context.Context, s *source, err error, failures int) bool {
	wait := 100 * time.Millisecond
	if err != nil {
		upper := min(retryMost, retryLeast<<min(failures, 8))
		wait = retryLeast/2 + rand.N(upper)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		flows, left := d.wanted(s)
		if !flows {
			return false
		}
		end := time.NewTimer(left)
		select {
		case <-ctx.Done():
			end.Stop()
			return false
		case <-timer.C:
			end.Stop()
			return true
		case <-end.C:
		case <-s.changed:
			end.Stop()
		}
	}
}

// relay asks the gateway for the stream, and follows it until it ends (nil) or
// nobody wants it. An error says that it did not come.
func (d *Desk) relay(ctx context.Context, s *source) error {
	c, online := d.o.Stations.Camera(s.camera.Gateway, s.camera.Device)
	if !online {
		return &ConflictError{Reason: "gone", Text: "the gateway serves this camera no longer"}
	}
	s.camera.Camera = c
	token := d.expect(s)
	defer d.forgetToken(token)
	_, err := d.ask(ctx, s.camera, devices.Relay, map[string]string{
		"stream": s.stream, "path": fmt.Sprintf("/api/v1/cameras/%s/whip", s.camera.id()), "token": token,
		"until": d.now().Add(relayFor).Format(time.RFC3339Nano),
	}, orderWithin)
	if err != nil {
		return err
	}
	d.mu.Lock()
	push := s.push
	d.mu.Unlock()
	if push == nil {
		return &ConflictError{Reason: "no_answer", Text: "the gateway said that it brings the stream, and did not"}
	}
	return d.follow(ctx, s, push)
}

func (d *Desk) follow(ctx context.Context, s *source, push *video.Session) error {
	renew := time.NewTicker(renewEvery)
	defer renew.Stop()
	for {
		flows, left := d.wanted(s)
		if !flows {
			return nil
		}
		end := time.NewTimer(left)
		select {
		case <-ctx.Done():
			end.Stop()
			return nil
		case <-push.Done():
			end.Stop()
			return nil // it was there: try again at once
		case <-renew.C:
			_, err := d.ask(ctx, s.camera, devices.Relay, map[string]string{"stream": s.stream, "until": d.now().Add(relayFor).Format(time.RFC3339Nano)}, orderWithin)
			if err != nil {
				d.o.Log.Info("cameras: a relay was not renewed", "stream", s.key, "err", err)
			}
		case <-end.C:
		case <-s.changed:
		}
		end.Stop()
	}
}

// endRelay lets the gateway stop.
func (d *Desk) endRelay(s *source) {
	d.mu.Lock()
	push := s.push
	s.push = nil
	d.mu.Unlock()
	if push == nil {
		return
	}
	push.Close() // the gateway sees it
}

// keepAlways makes the streams flow that somebody wants to be there at once.
func (d *Desk) keepAlways() {
	for _, c := range d.all() {
		always := d.settingsOf(c).Always || c.direct != nil // its own are watched over here
		key := c.id() + "/" + devices.MainStream
		d.mu.Lock()
		s := d.sources[key]
		changed := s != nil && s.always != always
		if changed {
			s.always = always
			if !always && s.want == 0 {
				s.idle = d.o.Now()
			}
			s.poke()
		}
		d.mu.Unlock()
		if s == nil && always && d.ctx.Err() == nil {
			one, release := d.acquire(c, devices.MainStream)
			d.mu.Lock()
			one.always = true
			d.mu.Unlock()
			release()
		}
	}
}

// ticket is a token that a gateway may use once.
type ticket struct {
	source   *source
	transfer *transfer
}

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func (d *Desk) expect(s *source) string {
	token, _ := auth.Secret("push_")
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tokens[hashed(token)] = &ticket{source: s}
	return token
}

func (d *Desk) forgetToken(token string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.tokens, hashed(token))
}

// redeem takes a token, once.
func (d *Desk) redeem(token string, fits func(*ticket) bool) (*ticket, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tokens[hashed(token)]
	if t == nil || !fits(t) {
		return nil, auth.ErrUnauthenticated
	}
	delete(d.tokens, hashed(token))
	return t, nil
}

// Push takes a stream that a gateway brings with the token it was given.
func (d *Desk) Push(_ context.Context, id, token, offer string) (push, answer string, err error) {
	t, err := d.redeem(token, func(t *ticket) bool { return t.source != nil && t.source.camera.id() == id })
	if err != nil {
		return "", "", err
	}
	s := t.source
	session, answer, err := d.o.Video.Push(d.ctx, s.feed, offer)
	if err != nil {
		return "", "", told(err)
	}
	d.mu.Lock()
	d.pushes[session.ID] = s.camera.id()
	s.push = session
	d.mu.Unlock()
	d.spawn(func() {
		<-session.Done()
		d.mu.Lock()
		delete(d.pushes, session.ID)
		if s.push == session {
			s.push = nil
		}
		d.mu.Unlock()
	})
	return session.ID, answer, nil
}

// EndPush ends a push; its id is known to the gateway alone.
func (d *Desk) EndPush(_ context.Context, id, push string) error {
	d.mu.Lock()
	known := d.pushes[push] == id
	d.mu.Unlock()
	session, there := d.o.Video.Session(push)
	if !known || !there {
		return auth.ErrUnauthenticated
	}
	session.Close()
	return nil
}

// told translates what the video server says.
func told(err error) error {
	var codec *video.CodecError
	switch {
	case errors.As(err, &codec):
		return &ConflictError{Reason: "codec", Text: err.Error(), Params: map[string]any{"codec": string(codec.Codec)}}
	case errors.Is(err, video.ErrBusy):
		return &ConflictError{Reason: "busy", Text: err.Error()}
	case errors.Is(err, video.ErrStale):
		return &ConflictError{Reason: "etag", Text: err.Error()}
	case errors.Is(err, video.ErrRestart):
		return &ConflictError{Reason: "ice_restart", Text: err.Error()}
	case errors.Is(err, video.ErrClosed):
		return fmt.Errorf("session: %w", ErrNotFound)
	}
	return err
}
