package cameras

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/live"
	"guardroom/console/stations"
	"guardroom/console/video"
	"guardroom/devices"
	"guardroom/devices/rtsp"
	"guardroom/gateway/link"
)

// register is what the desk needs of the stations.
type register interface {
	Cameras() []stations.Camera
	Camera(gateway, device string) (stations.Camera, bool)
	Station(id string) (stations.Station, bool)
}

// cameraStore keeps what people set of cameras, and who saw what.
type cameraStore interface {
	AllSettings(ctx context.Context) (map[string]CameraSettings, error)
	// SaveSettings writes s when it is still at its version, else *StaleError.
	SaveSettings(ctx context.Context, s CameraSettings, e audit.Entry) (CameraSettings, error)

	viewStore
	bookmarkStore
	exportStore
	wallStore

	// Record writes entries alone.
	Record(ctx context.Context, entries []audit.Entry) error
}

// Where is a place on the plans.
type Where struct{ Area, AreaName, Level, LevelName string }

// Direct is a camera that the console itself reaches; its station keeps no
// gateway for it, and so no ring.
type Direct struct {
	ID, Station, Name, Location string
	Main, Sub                   rtsp.Camera
	HasSub                      bool
	Sees                        []string
}

// Options of a Desk.
type Options struct {
	Stations register
	Store    cameraStore
	Video    *video.Server
	Hub      *live.Hub
	// Send publishes to a gateway; an error means that nothing was sent.
	Send func(station, gateway string, c link.Channel, payload []byte) error
	// Place says where a camera stands; nil: nobody knows.
	Place func(station, number string) Where
	// Alarm finds an alarm that by may see.
	Alarm func(ctx context.Context, by auth.Operator, id string) (alarms.Found, error)
	// Named are the cameras that the text of an alarm names; Door those of a door.
	Named func(ctx context.Context, by auth.Operator, p devices.PointID, k devices.Kind) []string
	Door  func(ctx context.Context, p devices.PointID) []string
	// Users are the accounts of the console.
	Users func(ctx context.Context) ([]auth.User, error)
	// Raise gives a signal of the console's own, for cameras that it reaches itself.
	Raise  func(ctx context.Context, station string, s devices.Signal) error
	Direct []Direct
	Folder string        // of clips
	Linger time.Duration // a stream stays on its way after its last viewer; default 10 s
	Log    *slog.Logger
	Now    func() time.Time
}

// Desk is the desk of cameras.
type Desk struct {
	o   Options
	ctx context.Context //nolint:containedctx // of Run: what viewers begin ends with it

	mu       sync.Mutex
	settings map[string]CameraSettings
	asked    map[string]*asked
	sources  map[string]*source
	leaving  map[string]chan struct{} // sources that are letting go of their feeds
	tokens   map[string]*ticket       // by the hash of a token
	pushes   map[string]string        // push session -> camera
	guards   map[string]*guard
	views    map[string]*viewing
	leases   map[string]*PTZLease
	shown    map[string]CameraState
	presets  map[string][]CameraPreset
	rung     map[string]time.Time // alarms that have turned a camera
	bell     chan ringing
	turns    atomic.Bool   // some camera turns for alarms
	duty     chan struct{} // locks and retention have to be looked at
	stop     context.CancelFunc

	life   sync.Mutex
	closed bool
	work   sync.WaitGroup

	ledger *ledger
	clips  *clips
}

// Open reads what people set, and closes the views that an earlier run left open.
func Open(ctx context.Context, o Options) (*Desk, error) {
	o.Linger = cmp.Or(o.Linger, 10*time.Second)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Place == nil {
		o.Place = func(string, string) Where { return Where{} }
	}
	d := &Desk{
		o: o, asked: map[string]*asked{}, sources: map[string]*source{}, leaving: map[string]chan struct{}{}, tokens: map[string]*ticket{}, pushes: map[string]string{},
		guards: map[string]*guard{}, views: map[string]*viewing{}, leases: map[string]*PTZLease{}, shown: map[string]CameraState{},
		presets: map[string][]CameraPreset{}, rung: map[string]time.Time{}, bell: make(chan ringing, 256), duty: make(chan struct{}, 1),
	}
	d.ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	var err error
	if d.settings, err = o.Store.AllSettings(ctx); err != nil {
		return nil, fmt.Errorf("read what was set of cameras: %w", err)
	}
	d.seeTurns()
	if err := o.Store.CloseViews(ctx); err != nil {
		return nil, fmt.Errorf("close the views of an earlier run: %w", err)
	}
	d.ledger = newLedger(o.Store, o.Log, o.Now)
	d.clips = &clips{desk: d, slots: make(chan struct{}, clipsAtOnce)}
	if err := d.clips.open(ctx); err != nil {
		return nil, err
	}
	for _, s := range d.states() {
		d.shown[s.ID] = s
		o.Hub.Seed(s.Event(false))
	}
	return d, nil
}

// Run keeps the board, the record and the sources until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	d.work.Go(func() { d.ledger.run(d.ctx) })
	d.work.Go(func() { d.ring(ctx) })
	d.work.Go(func() { d.duties(ctx) })
	d.work.Go(func() { d.clips.run(ctx) })
	d.work.Go(func() { d.superviseDirect(ctx) })
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		d.show()
		d.keepAlways()
		select {
		case <-ctx.Done():
			d.close()
			return
		case <-tick.C:
		}
	}
}

// spawn runs f beside the desk, unless the desk is closing.
func (d *Desk) spawn(f func()) bool {
	d.life.Lock()
	defer d.life.Unlock()
	if d.closed {
		return false
	}
	d.work.Go(f)
	return true
}

// close ends every view, writes their ends, and waits.
func (d *Desk) close() {
	d.life.Lock()
	d.closed = true
	d.life.Unlock()
	d.mu.Lock()
	views := make([]*viewing, 0, len(d.views))
	for _, v := range d.views {
		views = append(views, v)
	}
	d.mu.Unlock()
	for _, v := range views {
		v.end("stopped")
	}
	d.stop()
	d.work.Wait()
}

// camera is what the desk knows of one: a gateway's, or one of its own.
type camera struct {
	stations.Camera
	direct *Direct
}

func (c camera) id() string { return number(c.Gateway, c.Device) }

// point is one of the camera's own points.
func (c camera) point(p string) devices.PointID {
	return devices.MakePointID(c.Gateway, c.Device, p)
}

func (c camera) stream(name string) string {
	if name == devices.SubStream && slices.Contains(c.Offers.Streams, devices.SubStream) {
		return devices.SubStream
	}
	return devices.MainStream
}

func (d *Desk) all() []camera {
	list := []camera{}
	for _, c := range d.o.Stations.Cameras() {
		list = append(list, camera{Camera: c})
	}
	for i := range d.o.Direct {
		list = append(list, d.ofOwn(&d.o.Direct[i]))
	}
	return list
}

// ofOwn is a camera that the console reaches itself.
func (d *Desk) ofOwn(own *Direct) camera {
	offers := devices.Camera{Streams: []string{devices.MainStream}, Sees: own.Sees}
	if own.HasSub {
		offers.Streams = append(offers.Streams, devices.SubStream)
	}
	return camera{direct: own, Camera: stations.Camera{
		Gateway: devices.ConsoleGateway, Device: own.ID, Station: own.Station, Name: cmp.Or(own.Name, own.ID), Location: own.Location, Offers: offers, Online: true,
	}}
}

// find finds a camera by its id, or by its number where only one station has it.
func (d *Desk) find(id string) (camera, error) {
	if at := strings.LastIndexByte(id, '.'); at > 0 {
		gateway, device := id[:at], id[at+1:]
		if gateway == devices.ConsoleGateway {
			for i := range d.o.Direct {
				if d.o.Direct[i].ID == device {
					return d.ofOwn(&d.o.Direct[i]), nil
				}
			}
		}
		if c, ok := d.o.Stations.Camera(gateway, device); ok {
			return camera{Camera: c}, nil
		}
		return camera{}, fmt.Errorf("camera %.140s: %w", id, ErrNotFound)
	}
	var found []camera
	for _, c := range d.all() {
		if c.Device == id {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		return camera{}, fmt.Errorf("camera %.140s: %w", id, ErrNotFound)
	}
	return found[0], nil
}

// named finds a camera of a station by what plans, doors and texts call it.
func (d *Desk) named(station, name string) (camera, bool) {
	for _, c := range d.all() {
		if c.Station == station && (c.Device == name || c.id() == name) {
			return c, true
		}
	}
	return camera{}, false
}

// Cameras lists those of a station, or of all where by may watch.
func (d *Desk) Cameras(_ context.Context, by auth.Operator, station string) ([]VideoCamera, error) {
	scope, err := by.Scope(auth.CamerasWatch, station)
	if err != nil {
		return nil, err
	}
	list := []VideoCamera{}
	for _, c := range d.all() {
		if scope == nil || slices.Contains(scope, c.Station) {
			list = append(list, d.view(by, c))
		}
	}
	slices.SortFunc(list, func(a, b VideoCamera) int {
		return cmp.Or(cmp.Compare(a.Station, b.Station), cmp.Compare(a.Number, b.Number), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

// Camera returns one.
func (d *Desk) Camera(_ context.Context, by auth.Operator, id string) (VideoCamera, error) {
	c, err := d.reach(by, auth.CamerasWatch, id)
	if err != nil {
		return VideoCamera{}, err
	}
	return d.view(by, c), nil
}

func (d *Desk) view(by auth.Operator, c camera) VideoCamera {
	s := d.settingsOf(c)
	w := d.o.Place(c.Station, c.Device)
	v := VideoCamera{
		ID: c.id(), Number: c.Device, Station: c.Station, Gateway: c.Gateway, Name: c.Name, Location: c.Location,
		Area: w.Area, AreaName: w.AreaName, Level: w.Level, LevelName: w.LevelName,
		Streams: append([]string{}, c.Offers.Streams...), PTZ: c.Offers.PTZ, Points: d.sees(c), State: d.state(c),
		May: rights(by, c.Station), Version: s.Version, Demo: c.Demo,
	}
	if !s.lets(by, c.Station) {
		v.May = CameraRights{Configure: v.May.Configure}
	}
	if r := c.Offers.Record; r != nil {
		v.Record = &CameraRecord{Hours: r.Hours, Stream: r.Stream, Source: "gateway"}
		if r.Recorder {
			v.Record.Source = "recorder"
		} else if s.RetentionHours > 0 && s.RetentionHours < r.Hours {
			v.Record.Hours = s.RetentionHours
		}
	}
	return v
}

// sees are the points that a camera looks at.
func (d *Desk) sees(c camera) []devices.PointID {
	points := append([]devices.PointID{}, d.settingsOf(c).Points...)
	for _, p := range c.Offers.Sees {
		if !slices.Contains(points, devices.PointID(p)) {
			points = append(points, devices.PointID(p))
		}
	}
	return points
}

func (d *Desk) states() []CameraState {
	list := []CameraState{}
	for _, c := range d.all() {
		list = append(list, d.state(c))
	}
	return list
}

// state is how a camera's picture is: what a live stream of it says where there
// is one, else what its gateway says.
func (d *Desk) state(c camera) CameraState {
	s := CameraState{ID: c.id(), Station: c.Station, Number: c.Device, State: Unknown, Since: c.Since.UTC(), Recorder: "unknown"}
	switch {
	case c.direct != nil:
		s.State, s.Recorder = Connecting, "off"
	case !c.Online:
		s.Fault, s.FaultText = "gateway", "the camera's gateway is not connected: nobody knows how its picture is"
	case c.Picture != nil && c.Picture.Quality == devices.Good:
		s.State, s.Since = PictureState(c.Picture.State), c.Picture.Observed
		s.Fault, s.FaultText = c.Picture.Source, c.Picture.Text
		if c.Recorder != nil {
			s.Recorder = c.Recorder.State
		}
	}
	if (s.State == Lost || s.State == Frozen) && !c.LastHeard.IsZero() {
		at := c.LastHeard.UTC()
		s.LastPicture = &at
	}
	d.mu.Lock()
	if old, known := d.shown[s.ID]; known && old.State == s.State {
		s.Since = old.Since // a reading that is told again is no change
	}
	if l := d.leases[s.ID]; l != nil && l.Until.After(d.o.Now()) {
		lease := *l
		s.Lease = &lease
	}
	sources := []*source{d.sources[s.ID+"/"+devices.MainStream], d.sources[s.ID+"/"+devices.SubStream]}
	d.mu.Unlock()
	d.addStreams(&s, sources)
	if s.Since.IsZero() {
		s.Since = d.o.Now().UTC().Truncate(time.Second)
	}
	return s
}

// addStreams adds what live streams say. One that fails on its way to the console
// says nothing of the camera.
func (d *Desk) addStreams(s *CameraState, sources []*source) {
	for _, one := range sources {
		if one == nil {
			continue
		}
		f := one.feed.State()
		s.Viewers += f.Viewers
		if f.Format.Codec != "" && (s.Codec == "" || f.Format.Width > s.Width) {
			s.Codec, s.Width, s.Height, s.FPS = string(f.Format.Codec), f.Format.Width, f.Format.Height, f.Format.FPS
		}
		if one.camera.direct == nil && f.Status != video.Live {
			continue
		}
		switch f.Status {
		case video.Live, video.Frozen, video.Lost:
			s.State = PictureState(f.Status)
			if f.Status != video.Live || s.Fault != string(rtsp.BFrames) { // a gateway's word for how the picture is made stands
				s.Fault, s.FaultText = string(f.Fault.Code), f.Fault.Text
			}
			if f.Status == video.Live {
				s.LastPicture = nil
			} else if !f.At.IsZero() {
				at := f.At.UTC()
				s.LastPicture = &at
			}
		}
	}
}

// show tells the screens which cameras have changed.
func (d *Desk) show() {
	now := map[string]bool{}
	for _, s := range d.states() {
		now[s.ID] = true
		d.mu.Lock()
		old, known := d.shown[s.ID]
		d.shown[s.ID] = s
		d.mu.Unlock()
		if !known || !alike(old, s) {
			d.o.Hub.Now(s.Event(false))
		}
	}
	d.mu.Lock()
	var gone []CameraState
	for id, s := range d.shown {
		if !now[id] {
			gone = append(gone, s)
			delete(d.shown, id)
		}
	}
	d.mu.Unlock()
	for _, s := range gone {
		d.o.Hub.Now(s.Event(true))
	}
}

// alike reports whether a screen would show both the same.
func alike(a, b CameraState) bool {
	same := func(x, y *time.Time) bool { return x == y || x != nil && y != nil && x.Sub(*y).Abs() < time.Second }
	if !same(a.LastPicture, b.LastPicture) || (a.Lease == nil) != (b.Lease == nil) || a.Lease != nil && *a.Lease != *b.Lease {
		return false
	}
	a.LastPicture, b.LastPicture, a.Lease, b.Lease = nil, nil, nil, nil
	return a == b
}

// Events are for a board that is read anew.
func (d *Desk) Events() []live.Event {
	var all []live.Event
	for _, s := range d.states() {
		all = append(all, s.Event(false))
	}
	return all
}

// now is the desk's clock, as the database keeps instants.
func (d *Desk) now() time.Time { return d.o.Now().UTC().Truncate(time.Microsecond) }

var errStopped = errors.New("the console is stopping")
