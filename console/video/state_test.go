package video_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"guardroom/console/video"
	"guardroom/devices/rtsp"
)

// clock is set by the test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	c.mu.Unlock()
}

func TestStateOfAFeed(t *testing.T) {
	t.Parallel()
	at := &clock{now: time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)}
	s := newServer(t, video.Options{Clock: at.Now})
	f := s.Feed("gate/main")
	is := func(want video.Status, alarm bool) {
		t.Helper()
		if got := f.State(); got.Status != want || got.Alarm != alarm {
			t.Errorf("%s, alarm %v; want %s, %v", got.Status, got.Alarm, want, alarm)
		}
	}
	is(video.Idle, false)
	at.pass(time.Hour)
	is(video.Idle, false)

	seq, stamp := uint16(0), uint32(0)
	send := func(payload string, ticks uint32) {
		stamp += ticks
		f.Packet(&rtp.Packet{Header: rtp.Header{SequenceNumber: seq, Timestamp: stamp, Marker: true}, Payload: []byte(payload)}, at.Now())
		seq++
		at.pass(40 * time.Millisecond)
	}
	f.Opened(rtsp.Format{Codec: rtsp.H264, Width: 640, Height: 360})
	is(video.Connecting, false)
	send("\x65one", 3600)
	send("\x41two", 3600)
	send("\x41three", 3600)
	is(video.Live, false)
	if age := f.State().Age; age < 0 || age > 200*time.Millisecond {
		t.Errorf("a live picture of %v", age)
	}
	newest := f.State().At

	for range 80 { // the same bytes for 3.2 s
		send("\x41three", 3600)
	}
	is(video.Frozen, false)
	if got := f.State(); got.At.Sub(newest) > 200*time.Millisecond || got.Age < 3*time.Second {
		t.Errorf("the frozen picture is of %v, %v old", got.At, got.Age)
	}
	at.pass(27 * time.Second)
	is(video.Lost, true)

	send("\x41four", 3600)
	send("\x41five", 3600)
	is(video.Live, false)
	at.pass(3 * time.Second)
	is(video.Lost, false)
	f.Closed(rtsp.Fault{Code: rtsp.RefusedPassword})
	if got := f.State(); got.Status != video.Lost || got.Fault.Code != rtsp.RefusedPassword {
		t.Errorf("%+v", got)
	}
	f.Closed(rtsp.Fault{Code: rtsp.Stopped})
	is(video.Idle, false)
}

func TestWhoAsksIsToldOfEachChange(t *testing.T) {
	t.Parallel()
	s := newServer(t, video.Options{})
	f := s.Feed("gate/main")
	told := make(chan video.State, 100)
	f.OnState(func(state video.State) { told <- state })
	until := func(what string, ok func(video.State) bool) {
		t.Helper()
		late := time.After(10 * time.Second)
		for {
			select {
			case state := <-told:
				if ok(state) {
					return
				}
			case <-late:
				t.Fatalf("not told of %s", what)
			}
		}
	}
	p := newPlayer(t, playerOptions{})
	session := p.watch(t.Context(), s, f) // before there is a source: this is what has it brought
	until("the viewer", func(s video.State) bool { return s.Viewers == 1 && s.Status == video.Connecting })
	c := newCamera(t, f, moving)
	c.open()
	stop := c.keep()
	until("the picture", func(s video.State) bool { return s.Status == video.Live && s.Format.Codec == rtsp.H264 })
	p.until("it", func() bool { return len(p.pictures) > 0 })
	stop()
	began := time.Now()
	until("the loss", func(s video.State) bool { return s.Status == video.Lost })
	if took := time.Since(began); took > 3300*time.Millisecond {
		t.Errorf("a stopped stream was labelled after %v", took)
	}
	session.Close()
	until("the viewer's end", func(s video.State) bool { return s.Viewers == 0 })
	s.Forget("gate/main")
	if s.Feed("gate/main") == f {
		t.Error("what is forgotten is still there")
	}
}

func TestHundredReconnectsLeakNothing(t *testing.T) {
	s := newServer(t, video.Options{})
	f := s.Feed("gate/main")
	c := newCamera(t, f, moving)
	rounds := 3
	one := func(t *testing.T) {
		c.open()
		for range 3 {
			c.picture()
		}
		c.next = 0
		if rounds++; rounds%4 != 0 { // who watches stays or comes: here comes one of four times
			f.Closed(rtsp.Fault{Code: rtsp.Unreachable})
			return
		}
		p := newPlayer(t, playerOptions{age: true})
		session := p.watch(t.Context(), s, f)
		p.until("a picture", func() bool { return len(p.pictures) > 0 })
		f.Closed(rtsp.Fault{Code: rtsp.Unreachable})
		p.close()
		session.Close()
	}
	once := func() { t.Run("", one) } // what it made goes with it
	once()
	goroutines, heap := settled(0)
	for range 100 {
		once()
	}
	after, grown := settled(goroutines + 5)
	if after > goroutines+5 {
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, %d after\n%s", goroutines, after, buf[:runtime.Stack(buf, true)])
	}
	if grown > heap+2<<20 {
		t.Errorf("the heap went from %d to %d KiB", heap>>10, grown>>10)
	}
}

// settled waits a little for goroutines to end, down to most.
func settled(most int) (goroutines int, heap uint64) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > most && time.Now().Before(end); <-tick.C {
		if most == 0 && time.Now().After(end.Add(-4500*time.Millisecond)) {
			break
		}
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return runtime.NumGoroutine(), m.HeapAlloc
}
