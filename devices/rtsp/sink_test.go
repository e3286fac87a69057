package rtsp_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"guardroom/devices/rtsp"
	"guardroom/simulators/camera"
)

// eye is a sink that remembers, and tells of what it waits for.
type eye struct {
	mu      sync.Mutex
	calls   []string // "opened", "closed", and one "packets" between them
	formats []rtsp.Format
	faults  []rtsp.Fault
	packets []*rtp.Packet
	at      []time.Time
	total   int
	news    chan struct{}
}

func newEye() *eye { return &eye{news: make(chan struct{}, 1)} }

func (e *eye) Opened(f rtsp.Format) { e.note("opened", func() { e.formats = append(e.formats, f) }) }
func (e *eye) Closed(f rtsp.Fault)  { e.note("closed", func() { e.faults = append(e.faults, f) }) }

func (e *eye) Packet(p *rtp.Packet, at time.Time) {
	e.note("packets", func() {
		e.total++
		if len(e.packets) < 10000 {
			e.packets, e.at = append(e.packets, p), append(e.at, at)
		}
	})
}

func (e *eye) note(what string, do func()) {
	e.mu.Lock()
	do()
	if len(e.calls) == 0 || e.calls[len(e.calls)-1] != what {
		e.calls = append(e.calls, what)
	}
	e.mu.Unlock()
	select {
	case e.news <- struct{}{}:
	default:
	}
}

// now is what the eye has seen so far.
func (e *eye) now() (formats []rtsp.Format, faults []rtsp.Fault) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.formats), slices.Clone(e.faults)
}

// until waits for what the eye has seen.
func (e *eye) until(t *testing.T, what string, seen func(*eye) bool) {
	t.Helper()
	end := time.NewTimer(15 * time.Second)
	defer end.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		e.mu.Lock()
		ok := seen(e)
		e.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-e.news:
		case <-tick.C:
		case <-end.C:
			e.mu.Lock()
			defer e.mu.Unlock()
			t.Fatalf("not in time: %s; calls %v, faults %v, %d packets", what, e.calls, e.faults, e.total)
		}
	}
}

// watch pulls c until the test ends or the returned function is called, which
// gives what Pull returned.
func watch(t *testing.T, c rtsp.Camera) (*eye, func() error) {
	t.Helper()
	if c.RetryMin == 0 {
		c.RetryMin, c.RetryMax = 20*time.Millisecond, 50*time.Millisecond
	}
	e := newEye()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- rtsp.Pull(ctx, c, e) }()
	stop := sync.OnceValue(func() error { cancel(); return <-done })
	t.Cleanup(func() { _ = stop() })
	return e, stop
}

// start runs a camera in front of a scene.
func start(t *testing.T, o camera.Options) *camera.Camera {
	t.Helper()
	if o.Views == nil {
		views, err := camera.Scene("gate-c")
		if err != nil {
			t.Fatal(err)
		}
		o.Views = views
	}
	c, err := camera.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func setFault(t *testing.T, c *camera.Camera, fault string) {
	t.Helper()
	if err := c.SetFault(fault); err != nil {
		t.Fatal(err)
	}
}
