package camera

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"
)

// Options of a camera. Zero values take the defaults named.
type Options struct {
	ID       string
	Name     string
	Address  string // RTSP; "127.0.0.1:0"
	Face     string // ONVIF; "127.0.0.1:0"
	Username string // empty: whoever asks may watch
	Password string
	TLS      *tls.Config // rtsps:// where given
	Views    []View      // the first is where it looks; more make it turn
	Publish  bool        // others may feed /live with ANNOUNCE, and watch it there
	Now      func() time.Time
	Log      *slog.Logger // warnings on stderr
}

// Camera is a running make-believe camera.
type Camera struct {
	o       Options
	address string // where RTSP listens; the same after it was unplugged
	face    *face
	odd     oddities
	ctx     context.Context // ends with Close
	stop    context.CancelFunc
	work    sync.WaitGroup

	plug   sync.Mutex // held while the server starts or ends
	server *server    // nil while unplugged

	mu     sync.Mutex
	head   head
	faults faults
}

// Start starts a camera; when one thing fails, nothing stays behind.
func Start(ctx context.Context, o Options) (*Camera, error) {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Face == "" {
		o.Face = "127.0.0.1:0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	if len(o.Views) == 0 || slices.ContainsFunc(o.Views, func(v View) bool { return v.Main == nil || v.Sub == nil }) {
		return nil, errors.New("camera: each of its views has a main and a sub clip, and there is one at least")
	}
	odd, err := loadOddities()
	if err != nil {
		return nil, err
	}
	c := &Camera{o: o, odd: odd, address: o.Address, head: newHead(o.Views)}
	c.ctx, c.stop = context.WithCancel(ctx)
	if err := c.plugIn(); err != nil {
		c.Close()
		return nil, fmt.Errorf("camera %s: %w", o.ID, err)
	}
	if c.face, err = openFace(c, o.Face); err != nil {
		c.Close()
		return nil, fmt.Errorf("camera %s: %w", o.ID, err)
	}
	return c, nil
}

func (c *Camera) plugIn() error {
	c.plug.Lock()
	defer c.plug.Unlock()
	if c.server != nil {
		return nil
	}
	s, err := listen(c)
	if err != nil {
		return err
	}
	c.server, c.address = s, s.address
	return nil
}

func (c *Camera) pullOut() {
	c.plug.Lock()
	defer c.plug.Unlock()
	if c.server != nil {
		c.server.close()
		c.server = nil
	}
}

// URL is the address of "main", "sub" or, with Publish, "live".
func (c *Camera) URL(stream string) string {
	c.plug.Lock()
	defer c.plug.Unlock()
	scheme := "rtsp"
	if c.o.TLS != nil {
		scheme = "rtsps"
	}
	return scheme + "://" + c.address + "/" + stream
}

// ONVIF is the address of the device service.
func (c *Camera) ONVIF() string { return "http://" + c.face.address + devicePath }

// Watching counts the sessions that play a stream.
func (c *Camera) Watching() int {
	c.plug.Lock()
	defer c.plug.Unlock()
	if c.server == nil {
		return 0
	}
	return c.server.watching()
}

// point is the one thing of a camera that has states: where it looks.
const point = "view"

// Points lists the camera's points.
func (c *Camera) Points() []string { return []string{point} }

// States lists the presets; the first is "normal".
func (c *Camera) States(id string) []string {
	if id != point {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	states := []string{"normal"}
	for i, p := range c.head.presets {
		if i > 0 {
			states = append(states, p.token)
		}
	}
	return states
}

// Holding is the view that is shown.
func (c *Camera) Holding(id string) []string {
	if id != point {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.head.view(c.o.Now()); v.Token != c.head.views[0].Token {
		return []string{v.Token}
	}
	return []string{"normal"}
}

// Set turns the camera to a preset; "normal" is the first.
func (c *Camera) Set(id, state string) error {
	if id != point {
		return fmt.Errorf("a camera has no point %q", clip(id))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if state == "normal" {
		c.head.turnTo(c.head.views[0].Aim)
		return nil
	}
	return c.head.recall(state)
}

// SetFault sets a fault beside those that are, or ends them all with "none".
func (c *Camera) SetFault(spec string) error {
	name, percent, err := parseFault(spec)
	if err != nil {
		return err
	}
	if name == Reconnect {
		c.pullOut()
		if c.has(Unplugged) {
			return nil
		}
		return c.plugIn()
	}
	c.mu.Lock()
	c.faults.set(name, percent)
	c.mu.Unlock()
	switch name {
	case Unplugged:
		c.pullOut()
	case Unknown, Password, Gone: // seen by those who connect anew
		c.drop()
	case NoFault:
		if err := c.plugIn(); err != nil {
			return err
		}
	}
	return nil
}

// drop ends every session; the camera goes on listening.
func (c *Camera) drop() {
	c.plug.Lock()
	defer c.plug.Unlock()
	if c.server != nil {
		c.server.drop()
	}
}

func (c *Camera) has(fault string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.faults.has(fault)
}

// Faults lists those that are active.
func (c *Camera) Faults() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.faults.list()
}

// FaultNames lists those that SetFault knows.
func (c *Camera) FaultNames() []string { return faultNames() }

// Close ends the camera.
func (c *Camera) Close() {
	c.stop()
	if c.face != nil {
		c.face.close()
	}
	c.pullOut()
	c.work.Wait()
}
