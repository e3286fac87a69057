package recorder_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"

	"guardroom/devices/picture"
	"guardroom/devices/rtsp"
	"guardroom/gateway/recorder"
)

var format = rtsp.Format{
	Codec: rtsp.H264,
	SPS:   []byte{0x67, 0x42, 0xc0, 0x28, 0xd9, 0x00, 0x78, 0x02, 0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00, 0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc9, 0x20},
	PPS:   []byte{0x68, 0xce, 0x3c, 0x80},
}

var noon = time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)

// ring is a recorder of one camera whose time and disk the test moves.
type ring struct {
	t       *testing.T
	o       recorder.Options
	r       *recorder.Recorder
	track   *recorder.Track
	hours   time.Duration
	free    atomic.Int64
	now     atomic.Pointer[time.Time]
	stop    func()
	at      time.Time // of the next picture
	stamp   uint32
	number  uint16
	perUnit int
}

func newRing(t *testing.T, folder string, change func(*ring)) *ring {
	t.Helper()
	g := &ring{t: t, hours: 48 * time.Hour, at: noon, perUnit: 200}
	g.free.Store(1 << 40)
	g.now.Store(&noon)
	g.o = recorder.Options{
		Folder: folder, MaxBytes: 1 << 30, MinFree: 1 << 20, Segment: 10 * time.Second,
		Free: func(string) (int64, error) { return g.free.Load(), nil }, Now: func() time.Time { return *g.now.Load() },
	}
	if change != nil {
		change(g)
	}
	var err error
	if g.r, err = recorder.Open(g.o); err != nil {
		t.Fatal(err)
	}
	if g.track, err = g.r.Camera("C-01", g.hours); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { g.track.Run(ctx) })
	g.stop = sync.OnceFunc(func() { cancel(); work.Wait() })
	t.Cleanup(g.stop)
	g.track.Opened(format)
	return g
}

// record feeds some seconds of pictures, a key picture every two, and waits until
// they are on disk but for the last.
func (g *ring) record(seconds int) {
	g.t.Helper()
	for range seconds {
		for i := range 5 {
			kind := byte(0x41)
			if i == 0 && g.at.Unix()%2 == 0 {
				kind = 0x65
			}
			g.number++
			g.track.Packet(&rtp.Packet{
				Header:  rtp.Header{SequenceNumber: g.number, Timestamp: g.stamp, Marker: true},
				Payload: append([]byte{kind}, bytes.Repeat([]byte{byte(i)}, g.perUnit)...),
			}, g.at)
			g.at, g.stamp = g.at.Add(200*time.Millisecond), g.stamp+18000
		}
	}
}

func (g *ring) eventually(what string, holds func() bool) {
	g.t.Helper()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-late.C:
			g.t.Fatalf("never: %s", what)
		}
	}
}

// landed waits until the ring reaches as far as what was fed.
func (g *ring) landed() {
	g.t.Helper()
	g.eventually("what was fed is on disk", func() bool {
		spans := g.track.Spans(noon, g.at.Add(time.Hour))
		return len(spans) > 0 && g.at.Sub(spans[len(spans)-1].To) <= 2500*time.Millisecond
	})
}

func (g *ring) copy(from, to time.Time) (parts []picture.Part, begun time.Time, err error) {
	var out bytes.Buffer
	err = g.track.Copy(g.t.Context(), from, to, &out, func(at time.Time) error { begun = at; return nil })
	if err != nil {
		return nil, begun, err
	}
	_, whole, parts, err := picture.Parts(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err == nil && whole != int64(out.Len()) {
		err = errors.New("the copy is torn")
	}
	return parts, begun, err
}

func TestWhatWasRecordedIsPlayed(t *testing.T) {
	t.Parallel()
	g := newRing(t, t.TempDir(), nil)
	g.record(35)
	g.landed()
	parts, begun, err := g.copy(noon.Add(13*time.Second), noon.Add(27*time.Second))
	if err != nil || len(parts) == 0 {
		t.Fatalf("%d parts: %v", len(parts), err)
	}
	if !parts[0].Key || begun != noon.Add(12*time.Second) || parts[0].Base != 0 {
		t.Errorf("it begins at %s with %+v, want the key picture at or before", begun, parts[0])
	}
	end := parts[len(parts)-1].End()
	if got := begun.Add(time.Duration(end) * time.Second / rtsp.ClockRate); got.Before(noon.Add(27*time.Second)) || got.After(noon.Add(29*time.Second)) {
		t.Errorf("it ends at %s", got)
	}
	for i := 1; i < len(parts); i++ {
		if parts[i].Base != parts[i-1].End() {
			t.Errorf("part %d begins at %d, the one before ends at %d", i, parts[i].Base, parts[i-1].End())
		}
	}
	if _, _, err := g.copy(noon.Add(-time.Hour), noon.Add(-time.Minute)); !errors.Is(err, recorder.ErrNothing) {
		t.Errorf("before the beginning: %v", err)
	}
}

func TestTheOldestGoesFirst(t *testing.T) {
	t.Parallel()
	g := newRing(t, t.TempDir(), func(g *ring) { g.o.MaxBytes, g.perUnit = 400<<10, 2000 })
	g.record(20)
	g.landed()
	if _, err := g.track.Keep("lock-1", noon, noon.Add(8*time.Second)); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		g.record(10)
		g.landed()
	}
	if got := g.r.Bytes(); got > g.o.MaxBytes {
		t.Errorf("%d bytes are kept, over %d", got, g.o.MaxBytes)
	}
	spans := g.track.Spans(noon, g.at)
	if len(spans) != 2 || !spans[0].From.Equal(noon) || spans[0].To.Before(noon.Add(8*time.Second)) {
		t.Fatalf("the locked time and the newest should be there: %v", spans)
	}
	if g.at.Sub(spans[1].To) > 3*time.Second {
		t.Errorf("the newest is missing: %v, now %s", spans, g.at)
	}
	if err := g.track.Release("lock-1"); err != nil {
		t.Fatal(err)
	}
	g.record(20)
	g.landed()
	if spans := g.track.Spans(noon, g.at); len(spans) != 1 {
		t.Errorf("what was released stays: %v", spans)
	}
}

func TestPicturesAreKeptNoLongerThanTheyMay(t *testing.T) {
	t.Parallel()
	g := newRing(t, t.TempDir(), nil)
	g.record(40)
	g.landed()
	later := noon.Add(time.Hour + 25*time.Second)
	g.now.Store(&later)
	g.r.Expire()
	if spans := g.track.Spans(noon, g.at); len(spans) != 1 || !spans[0].From.Equal(noon) {
		t.Fatalf("what may be kept went: %v", spans)
	}
	if err := g.track.Retain(1); err != nil {
		t.Fatal(err)
	}
	g.r.Expire()
	if spans := g.track.Spans(noon, g.at); len(spans) != 1 || spans[0].From.Before(noon.Add(15*time.Second)) {
		t.Errorf("pictures are older than an hour: %v", spans)
	}
}

func TestATornEndIsMended(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	g := newRing(t, folder, nil)
	g.record(25)
	g.landed()
	// A power cut: what is being written is there as it is, with half a part.
	torn := copyFolder(t, folder)
	if _, err := g.track.Keep("held", noon, noon.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	g.stop()
	found := 0
	for _, e := range entries(t, torn) {
		if strings.HasSuffix(e, ".part") {
			found++
			f, err := os.OpenFile(filepath.Join(torn, "C-01", e), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(f, "\x00\x00\x10\x00moofhalf of"); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
	}
	if found != 1 {
		t.Fatalf("%d segments are being written", found)
	}
	again := newRing(t, torn, nil)
	parts, _, err := again.copy(noon, noon.Add(time.Hour))
	if err != nil || len(parts) == 0 {
		t.Fatalf("after a crash: %d parts, %v", len(parts), err)
	}
	if end := noon.Add(time.Duration(parts[len(parts)-1].End()) * time.Second / rtsp.ClockRate); end.Before(noon.Add(22 * time.Second)) {
		t.Errorf("the crash cost everything after %s", end)
	}
	// And after a clean stop nothing is lost at all.
	whole := newRing(t, folder, nil)
	if spans := whole.track.Spans(noon, noon.Add(time.Hour)); len(spans) != 1 || spans[0].To.Before(noon.Add(24900*time.Millisecond)) {
		t.Errorf("after a clean stop: %v", spans)
	}
	if there, err := whole.track.Keep("held", noon, noon.Add(time.Second)); err != nil || there != time.Second {
		t.Errorf("the lock: %s %v", there, err)
	}
}

func TestAFullDiskStopsPicturesAndNothingElse(t *testing.T) {
	t.Parallel()
	g := newRing(t, t.TempDir(), nil)
	g.record(4)
	g.landed()
	if s := g.track.State(); s.State != recorder.Recording {
		t.Fatalf("state %+v", s)
	}
	g.free.Store(1 << 10)
	g.record(20)
	g.eventually("the recording stops", func() bool { return g.track.State().State == recorder.Stopped })
	if s := g.track.State(); !strings.Contains(s.Text, "no room") {
		t.Errorf("it does not say why: %q", s.Text)
	}
	g.free.Store(1 << 40)
	g.record(10)
	g.eventually("the recording goes on", func() bool { return g.track.State().State == recorder.Recording })
}

// A camera whose time stamps stand still or jump is recorded by the gateway's clock.
func TestWrongTimeStamps(t *testing.T) {
	t.Parallel()
	g := newRing(t, t.TempDir(), nil)
	g.record(4)
	g.stamp += 1 << 30
	g.record(4)
	g.stamp -= 1 << 29
	g.record(6)
	g.landed()
	spans := g.track.Spans(noon, g.at.Add(time.Hour))
	if len(spans) != 1 || spans[0].To.Sub(g.at).Abs() > 3*time.Second {
		t.Errorf("%v, fed up to %s", spans, g.at)
	}
}

func TestLocksAreBounded(t *testing.T) {
	t.Parallel()
	g := newRing(t, t.TempDir(), func(g *ring) { g.o.MaxBytes, g.perUnit = 1<<20, 4000 })
	g.record(40)
	g.landed()
	if _, err := g.track.Keep("all", noon, noon.Add(time.Hour)); err == nil {
		t.Error("more than half of the room was locked")
	}
	if _, err := g.track.Keep("", noon, noon.Add(time.Hour)); err == nil {
		t.Error("a lock without a name was taken")
	}
	if _, err := g.track.Keep("x", noon, noon); err == nil {
		t.Error("a lock without a time was taken")
	}
}

func entries(t *testing.T, folder string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(filepath.Join(folder, "C-01"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func copyFolder(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}
