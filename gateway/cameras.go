package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"guardroom/devices"
	"guardroom/devices/rtsp"
	"guardroom/gateway/poller"
	"guardroom/gateway/recorder"
	"guardroom/gateway/relay"
)

// cameraSite is the cameras of a site: each pulled once, recorded always, and
// brought to the console while somebody watches there.
type cameraSite struct {
	shared   poller.Site
	config   Config
	cameras  []*camera
	byID     map[string]*camera
	recorder *recorder.Recorder // nil when nothing is kept
	client   *relay.Client
	orders   *cameraOrders
	log      *slog.Logger
}

// camera is one of them. Its Run is one goroutine that judges; each stream has
// one that pulls.
type camera struct {
	site    *cameraSite
	config  CameraConfig
	streams map[string]*relay.Stream
	track   *recorder.Track // nil when the gateway keeps nothing
	turner  turner          // nil when it does not turn

	status atomic.Pointer[poller.Status]
	active map[devices.Kind]bool      // conditions that were told
	told   map[string]devices.Reading // last told, by point
	next   time.Time                  // when all readings are told again
}

const (
	judgeEvery = 500 * time.Millisecond
	tellAgain  = time.Minute
)

func buildCameras(g *running) (*cameraSite, error) {
	c := g.config
	s := &cameraSite{shared: g.poller(), config: c, byID: map[string]*camera{}, log: g.log}
	tls, err := c.TLS.config()
	if err != nil {
		return nil, err
	}
	s.client = &relay.Client{Console: c.ConsoleURL, TLS: tls, Loopback: localConsole(c.ConsoleURL)}
	s.orders = newCameraOrders(s, g)
	for _, one := range c.Cameras {
		if err := s.add(one); err != nil {
			return nil, fmt.Errorf("camera %s: %w", one.ID, err)
		}
	}
	return s, nil
}

func localConsole(address string) bool {
	u, err := url.Parse(address)
	return err == nil && loopback(u.Hostname())
}

func (s *cameraSite) add(c CameraConfig) error {
	one := &camera{
		site: s, config: c, streams: map[string]*relay.Stream{},
		active: map[devices.Kind]bool{}, told: map[string]devices.Reading{},
	}
	for kind, point := range cameraKinds {
		one.active[kind] = s.shared.State.Holds(c.ID, point, kind)
	}
	if c.Record.Hours > 0 {
		if err := s.openRecorder(); err != nil {
			return err
		}
		var err error
		if one.track, err = s.recorder.Camera(c.ID, time.Duration(c.Record.Hours)*time.Hour); err != nil {
			return err
		}
	}
	now := s.shared.Now()
	for name := range one.addresses() {
		var also rtsp.Sink
		if one.track != nil && name == c.Record.Stream {
			also = one.track
		}
		one.streams[name] = relay.NewStream(now, also)
	}
	var err error
	if one.turner, err = newTurner(c); err != nil {
		return err
	}
	one.status.Store(&poller.Status{State: poller.Unknown, Since: now})
	s.cameras = append(s.cameras, one)
	s.byID[c.ID] = one
	return nil
}

func (s *cameraSite) openRecorder() (err error) {
	if s.recorder != nil {
		return nil
	}
	r := s.config.Recorder
	s.recorder, err = recorder.Open(recorder.Options{
		Folder: cmp.Or(r.Folder, filepath.Join(s.config.Data, "recordings")), MaxBytes: r.MaxBytes, MinFree: r.MinFree, Now: s.shared.Now, Log: s.log,
	})
	return err
}

// addresses are those of a camera's streams by name.
func (c *camera) addresses() map[string]string {
	all := map[string]string{devices.MainStream: c.config.Main}
	if c.config.Sub != "" {
		all[devices.SubStream] = c.config.Sub
	}
	return all
}

func (s *cameraSite) drivers() []driver {
	list := make([]driver, 0, len(s.cameras))
	for _, c := range s.cameras {
		list = append(list, driver{id: c.config.ID, line: c.config.ID, poll: c})
	}
	return list
}

func (s *cameraSite) owns(p devices.PointID) bool {
	return s != nil && p.Gateway() == s.config.ID && s.byID[p.Device()] != nil
}

func (s *cameraSite) take(c devices.Command) { s.orders.take(c) }

// start runs everything until ctx ends.
func (s *cameraSite) start(ctx context.Context, work *sync.WaitGroup) {
	if s.recorder != nil {
		work.Go(func() { s.recorder.Run(ctx) })
	}
	work.Go(func() { s.orders.run(ctx) })
	for _, c := range s.cameras {
		work.Go(func() { _ = c.Run(ctx) }) // ends with ctx only
		if c.track != nil {
			work.Go(func() { c.track.Run(ctx) })
		}
		for name, address := range c.addresses() {
			work.Go(func() { c.pull(ctx, name, address) })
		}
	}
}

// pull keeps one stream. A secret that cannot be read is a wrong password until
// it can.
func (c *camera) pull(ctx context.Context, name, address string) {
	for ctx.Err() == nil {
		from := rtsp.Camera{URL: address, Username: c.config.Username, Transport: c.config.Transport}
		var err error
		if c.config.Password.Given() {
			from.Password, err = c.config.Password.Reveal()
		}
		if err == nil {
			err = rtsp.Pull(ctx, from, c.streams[name])
		} else {
			c.streams[name].Closed(rtsp.Fault{Code: rtsp.RefusedPassword, Text: "the gateway cannot read the camera's password", Err: err})
		}
		if ctx.Err() == nil {
			c.site.log.Warn("a camera is not pulled; tried again", "camera", c.config.ID, "stream", name, "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Second):
			}
		}
	}
}

// Status is how the camera is doing.
func (c *camera) Status() poller.Status { return *c.status.Load() }

// Run judges the camera until ctx ends.
func (c *camera) Run(ctx context.Context) error {
	tick := time.NewTicker(judgeEvery)
	defer tick.Stop()
	for {
		c.judge(ctx, c.site.shared.Now())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// cameraKinds are the conditions of a camera and the points that give them.
var cameraKinds = map[devices.Kind]string{
	devices.CommsLost:       devices.CommsPoint,
	devices.VideoFrozen:     devices.PicturePoint,
	devices.VideoUnrecorded: devices.RecorderPoint,
}

// judge compares the camera with what is known of it. What cannot be kept now is
// an edge again at the next look.
func (c *camera) judge(ctx context.Context, now time.Time) {
	report, fault := c.streams[devices.MainStream].Report(now)
	c.stand(report, fault, now)
	words := ""
	if fault != nil {
		words = fault.Text
	}
	var edges []devices.Signal
	edge := func(kind devices.Kind, holds, over bool, state, text string) {
		if was := c.active[kind]; holds && !was || over && was {
			edges = append(edges, devices.Signal{
				Point: devices.MakePointID(c.site.config.ID, c.config.ID, cameraKinds[kind]), Kind: kind, Active: holds,
				State: state, Text: text, Occurred: now, Observed: now, Clock: c.site.shared.Clock(),
			})
		}
	}
	edge(devices.CommsLost, report.Condition == rtsp.Lost && report.Alarm, report.Condition == rtsp.Live || report.Condition == rtsp.Frozen, string(report.Condition), words)
	edge(devices.VideoFrozen, report.Condition == rtsp.Frozen && report.Alarm, report.Condition == rtsp.Live, string(report.Condition), "")
	if c.track == nil {
		edge(devices.VideoUnrecorded, false, true, recorder.Off, "nobody asks for its pictures to be kept")
	} else {
		kept := c.track.State()
		stopped := kept.State == recorder.Stopped
		edge(devices.VideoUnrecorded, stopped && now.Sub(kept.Since) >= rtsp.AlarmAfter, kept.State == recorder.Recording, kept.State, kept.Text)
	}
	if len(edges) > 0 {
		if _, err := c.site.shared.Journal.Append(ctx, edges); err != nil {
			c.site.log.Error("keep the signals of a camera", "camera", c.config.ID, "error", err)
			return
		}
		for _, s := range edges {
			c.active[s.Kind] = s.Active
		}
	}
	c.tell(report, fault, now)
}

// stand keeps the status for the heartbeat.
func (c *camera) stand(report rtsp.Report, fault *rtsp.Fault, now time.Time) {
	was := c.Status()
	next := poller.Status{State: poller.Up, Since: was.Since, LastHeard: was.LastHeard}
	switch report.Condition {
	case rtsp.Lost:
		next.State = poller.Lost
		if fault != nil {
			next.Error = fault.Text
		}
	case rtsp.Connecting:
		next.State = poller.Unknown
	default:
		next.LastHeard = now
	}
	if next.State != was.State {
		next.Since = now
	}
	c.status.Store(&next)
}

// tell gives the readings that changed, and all of them now and then.
func (c *camera) tell(report rtsp.Report, fault *rtsp.Fault, now time.Time) {
	picture := devices.Reading{State: string(report.Condition), Quality: devices.Good}
	f, there := c.streams[devices.MainStream].Format()
	switch {
	case fault != nil && report.Condition != rtsp.Live:
		picture.Text, picture.Source = fault.Text, string(fault.Code)
	case there && f.BFrames:
		picture.Text, picture.Source = rtsp.Words(rtsp.BFrames), string(rtsp.BFrames)
	}
	kept := devices.Reading{State: recorder.Off, Quality: devices.Good}
	if c.track != nil {
		s := c.track.State()
		kept.State, kept.Text = s.State, s.Text
	}
	all := !now.Before(c.next)
	if all {
		c.next = now.Add(tellAgain)
	}
	var changed []devices.Reading
	for point, r := range map[string]devices.Reading{devices.PicturePoint: picture, devices.RecorderPoint: kept} {
		r.Point, r.Observed = devices.MakePointID(c.site.config.ID, c.config.ID, point), now
		if old, known := c.told[point]; all || !known || old.State != r.State || old.Text != r.Text || old.Source != r.Source {
			c.told[point] = r
			changed = append(changed, r)
		}
	}
	if len(changed) > 0 {
		c.site.shared.Readings(changed)
	}
}

// describeCamera is a camera as birth tells it.
func describeCamera(c CameraConfig) devices.Device {
	d := devices.Device{
		ID: c.ID, Name: cmp.Or(c.Name, c.ID), Profile: devices.CameraCategory, Category: devices.CameraCategory,
		Location: c.Location, Address: withoutUser(c.Main), Line: withoutUser(c.Main),
		Camera: &devices.Camera{Streams: []string{devices.MainStream}, PTZ: c.ONVIF != "", Sees: c.Sees},
	}
	if c.Sub != "" {
		d.Camera.Streams = append(d.Camera.Streams, devices.SubStream)
	}
	if c.Record.Hours > 0 || c.Record.Playback != "" {
		d.Camera.Record = &devices.Recording{Hours: c.Record.Hours, Stream: c.Record.Stream, Recorder: c.Record.Playback != ""}
	}
	d.Points = []devices.Point{
		{ID: devices.PicturePoint, Name: "Picture", Type: devices.Enum, States: []string{"live", "connecting", "frozen", "lost"}, Kinds: []devices.Kind{devices.VideoFrozen}},
		{ID: devices.RecorderPoint, Name: "Recording", Type: devices.Enum, States: []string{"recording", "off", "stopped"}, Kinds: []devices.Kind{devices.VideoUnrecorded}},
		{ID: devices.CommsPoint, Name: "Connection", Type: devices.Event, States: []string{"normal", poller.Lost}, Kinds: []devices.Kind{devices.CommsLost}},
	}
	for i := range d.Points {
		d.Points[i].Priority = c.Priority
	}
	return d
}

// errNoSuchStream is for a stream that the camera does not have.
var errNoSuchStream = errors.New("the camera has no such stream")

func (c *camera) stream(name string) (*relay.Stream, error) {
	s := c.streams[cmp.Or(name, devices.MainStream)]
	if s == nil {
		return nil, errNoSuchStream
	}
	return s, nil
}
