package recorder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"guardroom/devices/picture"
	"guardroom/devices/rtsp"
)

// The states of a recording.
const (
	Off       = "off"       // nothing has come yet
	Recording = "recording" //
	Stopped   = "stopped"   // pictures come and are not kept
)

// State says how a recording stands.
type State struct {
	State string
	Since time.Time
	Text  string // why it stopped, for an operator
}

// queued bounds the packets that wait for the disk: some seconds of a camera.
const queued = 4096

// fragmentLength is how much of a picture stream a crash may cost.
const fragmentLength = time.Second

// Track is the ring of one camera; an rtsp.Sink. Its sink methods never wait:
// when the disk is too slow, pictures are dropped up to the next whole one.
type Track struct {
	r      *Recorder
	id     string
	folder string
	hours  time.Duration
	queue  chan event // in

	dropped atomic.Uint64
	lossy   atomic.Bool // packets were dropped: go on at a key picture

	// guarded by r.mu
	segments []segment
	kept     kept
	writing  *writing // the file that is being written

	telling sync.Mutex // guards state: who asks never waits for the disk
	state   State

	// owned by Run's goroutine
	assembler picture.Assembler
	format    rtsp.Format
	last      *picture.Unit // not yet written: its duration is not known
	waiting   bool          // for a key picture
	clock     clock
}

type event struct {
	format *rtsp.Format
	packet *rtp.Packet
	at     time.Time
	closed bool
}

// Opened is told what comes.
func (t *Track) Opened(f rtsp.Format) { t.put(event{format: &f}) }

// Packet takes a packet.
func (t *Track) Packet(p *rtp.Packet, at time.Time) { t.put(event{packet: p, at: at}) }

// Closed is told that the camera is away.
func (t *Track) Closed(rtsp.Fault) { t.put(event{closed: true}) }

func (t *Track) put(e event) {
	select {
	case t.queue <- e:
	default:
		t.dropped.Add(1)
		t.lossy.Store(true)
	}
}

// Dropped is how many packets the disk was too slow for.
func (t *Track) Dropped() uint64 { return t.dropped.Load() }

// State is how the recording stands.
func (t *Track) State() State {
	t.telling.Lock()
	defer t.telling.Unlock()
	return t.state
}

func (t *Track) turn(state, text string) {
	t.telling.Lock()
	defer t.telling.Unlock()
	if t.state.State == state && t.state.Text == text {
		return
	}
	since := t.r.o.Now()
	if t.state.State == state {
		since = t.state.Since
	}
	t.state = State{State: state, Since: since, Text: text}
}

// Run writes until ctx ends, and makes the last file whole.
func (t *Track) Run(ctx context.Context) {
	t.waiting = true
	for {
		select {
		case <-ctx.Done():
			t.finish()
			return
		case e := <-t.queue:
			t.take(e)
		}
	}
}

func (t *Track) take(e event) {
	if t.lossy.Swap(false) {
		t.waiting = true
	}
	switch {
	case e.closed:
		t.finish()
		t.assembler, t.waiting, t.clock = picture.Assembler{Codec: t.format.Codec}, true, clock{}
	case e.format != nil:
		if t.changed(*e.format) {
			t.finish()
			t.waiting = true
		}
		if t.assembler.Codec != e.format.Codec {
			t.assembler = picture.Assembler{Codec: e.format.Codec}
		}
		t.format = *e.format
	default:
		if u, ok := t.assembler.Packet(e.packet, e.at); ok {
			t.unit(u)
		}
	}
}

func (t *Track) changed(f rtsp.Format) bool {
	return t.writing != nil && (f.Codec != t.format.Codec || string(f.SPS) != string(t.format.SPS) || string(f.PPS) != string(t.format.PPS) || string(f.VPS) != string(t.format.VPS))
}

// unit writes the unit before u, whose duration is known now.
func (t *Track) unit(u picture.Unit) {
	if t.waiting && !u.Key {
		t.last = nil
		return
	}
	t.waiting = false
	if t.last != nil {
		t.write(*t.last, t.clock.between(*t.last, u))
	} else {
		t.clock.begin(u)
	}
	t.last = &u
}

// write puts a unit into its file; a failure stops the recording until the next
// key picture, where it is tried again.
func (t *Track) write(u picture.Unit, duration uint32) {
	err := t.store(u, duration)
	if err == nil {
		t.turn(Recording, "")
		return
	}
	t.abandon()
	t.waiting, t.clock = true, clock{}
	text := "the pictures of this camera are not being kept: " + inWords(err)
	if t.State().Text != text {
		t.r.o.Log.Error("recorder: stopped", "camera", t.id, "error", err)
	}
	t.turn(Stopped, text)
}

func inWords(err error) string {
	switch {
	case errors.Is(err, ErrNoRoom):
		return ErrNoRoom.Error()
	case errors.Is(err, picture.ErrNoParameters):
		return "the camera does not say how its pictures are coded"
	}
	return "the gateway's disk does not take them"
}

func (t *Track) store(u picture.Unit, duration uint32) error {
	w := t.writing
	base := t.clock.base()
	if w != nil && u.Key && time.Duration(base-w.begin)*time.Second/rtsp.ClockRate >= t.r.o.Segment {
		if err := t.close(); err != nil {
			return err
		}
		w = nil
	}
	if w == nil {
		if !u.Key {
			return nil
		}
		var err error
		if w, err = t.create(base); err != nil {
			return err
		}
	}
	if len(w.samples) > 0 && (u.Key || w.length() >= uint64(fragmentLength.Seconds()*rtsp.ClockRate)) {
		if err := t.flush(w); err != nil {
			return err
		}
	}
	if len(w.samples) == 0 {
		w.base = base
	}
	w.samples = append(w.samples, picture.Sample{Unit: u, Duration: duration})
	t.clock.advance(duration)
	return nil
}

// writing is a file under way.
type writing struct {
	file    *os.File
	path    string
	begin   uint64 // ticks
	base    uint64 // of samples
	samples []picture.Sample
	number  uint32
	size    int64 // that is whole on disk; r.mu guards it and end
	end     uint64
}

func (w *writing) length() (n uint64) {
	for _, s := range w.samples {
		n += uint64(s.Duration)
	}
	return n
}

// roomAhead is asked for before each file: about a minute of a good camera.
const roomAhead = 64 << 20

func (t *Track) create(begin uint64) (*writing, error) {
	head, err := picture.Header(t.format)
	if err != nil {
		return nil, err
	}
	if err := t.r.makeRoom(min(roomAhead, t.r.o.MaxBytes/16)); err != nil {
		return nil, err
	}
	path := filepath.Join(t.folder, fmt.Sprintf("%d%s", instant(begin).UnixMilli(), tornSuffix))
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("begin a segment of %s: %w", t.id, err)
	}
	w := &writing{file: file, path: path, begin: begin, base: begin, end: begin}
	if err := t.append(w, head, begin); err != nil {
		file.Close()
		_ = os.Remove(path) // nothing is in it
		return nil, err
	}
	t.r.mu.Lock()
	t.writing = w
	t.r.mu.Unlock()
	return w, nil
}

// append writes bytes that are whole by themselves.
func (t *Track) append(w *writing, piece []byte, end uint64) error {
	if _, err := w.file.Write(piece); err != nil {
		return fmt.Errorf("write a segment of %s: %w", t.id, err)
	}
	t.r.mu.Lock()
	defer t.r.mu.Unlock()
	w.size += int64(len(piece))
	w.end = end
	t.r.bytes += int64(len(piece))
	return nil
}

func (t *Track) flush(w *writing) error {
	if len(w.samples) == 0 {
		return nil
	}
	w.number++
	piece, err := picture.Fragment(w.number, w.base, w.samples)
	if err != nil {
		return err
	}
	end := w.base + w.length()
	w.samples = w.samples[:0]
	return t.append(w, piece, end)
}

// close makes the file whole, durable and part of the ring.
func (t *Track) close() error {
	w := t.writing
	if w == nil {
		return nil
	}
	err := t.flush(w)
	if err == nil {
		err = w.file.Sync()
	}
	err = errors.Join(err, w.file.Close())
	t.r.mu.Lock()
	defer t.r.mu.Unlock()
	t.writing = nil
	begin, end := instant(w.begin), instant(w.end)
	path := filepath.Join(t.folder, wholeName(begin, end))
	if err == nil && w.end > w.begin {
		err = os.Rename(w.path, path)
	}
	if err != nil || w.end == w.begin {
		t.r.bytes -= w.size
		_ = os.Remove(w.path) // a later start would find it torn; the reason is told already
		return err
	}
	s := segment{path: path, begin: begin, end: end, size: w.size}
	at := len(t.segments)
	for at > 0 && t.segments[at-1].begin.After(begin) {
		at--
	}
	t.segments = append(t.segments[:at], append([]segment{s}, t.segments[at:]...)...)
	return nil
}

// abandon gives up a file that could not be written on, as far as it is whole.
func (t *Track) abandon() {
	w := t.writing
	if w == nil {
		return
	}
	w.samples = nil
	_ = w.file.Truncate(w.size) // a piece may be half there
	if err := t.close(); err != nil {
		t.r.o.Log.Warn("recorder: a segment is lost", "camera", t.id, "error", err)
	}
}

// finish ends the file when the camera goes or the recorder stops.
func (t *Track) finish() {
	if t.last != nil {
		t.write(*t.last, t.clock.usual())
		t.last = nil
	}
	if err := t.close(); err != nil {
		t.r.o.Log.Warn("recorder: a segment is lost", "camera", t.id, "error", err)
	}
}

// clock turns the camera's time stamps into the gateway's time. It follows the
// stamps, which are even, and begins anew when they and the gateway's clock go
// apart, as when a camera's stamps jump or stand still.
type clock struct {
	now  uint64 // ticks of the next unit
	step uint32 // the last duration
}

// apart is how far stamps and arrival may differ.
const apart = 2 * rtsp.ClockRate

func (c *clock) begin(u picture.Unit) { c.now = ticks(u.At) }

func (c *clock) base() uint64 { return c.now }

func (c *clock) advance(duration uint32) { c.now += uint64(duration) }

func (c *clock) usual() uint32 {
	if c.step == 0 {
		return rtsp.ClockRate / 25
	}
	return c.step
}

// between is how long u is shown before next comes.
func (c *clock) between(u, next picture.Unit) uint32 {
	duration := next.Stamp - u.Stamp
	arrived := ticks(next.At)
	target := c.now + uint64(duration)
	if duration == 0 || duration > apart || target > arrived+apart || target+apart < arrived {
		// By arrival instead, and never back in time.
		duration = 1
		if arrived > c.now {
			duration = uint32(min(arrived-c.now, 60*rtsp.ClockRate))
		}
	}
	c.step = min(duration, rtsp.ClockRate)
	return duration
}
