package picture

import (
	"bytes"
	"io"
	"time"

	"github.com/pion/rtp"

	"guardroom/devices/rtsp"
)

// Writer writes a stream as fragmented MP4 while it comes, from its first key
// picture on; an rtsp.Sink. It waits for its reader, and with it the camera or
// recorder that it reads from: it is for recordings, not for live pictures.
type Writer struct {
	// To takes the file. After its first error nothing more is written.
	To io.Writer
	// Begun is told before the first byte when the first picture came and what
	// HTTP calls the file; may be nil.
	Begun func(at time.Time, contentType string)

	format    rtsp.Format
	assembler Assembler
	last      *Unit
	samples   []Sample
	base      uint64
	number    uint32
	head      []byte
	err       error
}

// Opened takes what the stream is made of.
func (w *Writer) Opened(f rtsp.Format) {
	if f.Codec != w.format.Codec {
		w.assembler = Assembler{Codec: f.Codec}
	}
	w.format = f
}

// Packet takes a packet.
func (w *Writer) Packet(p *rtp.Packet, at time.Time) {
	u, whole := w.assembler.Packet(p, at)
	if !whole || w.err != nil {
		return
	}
	if w.last == nil {
		if u.Key {
			w.last = &u
		}
		return
	}
	duration := u.Stamp - w.last.Stamp
	if duration == 0 || duration > 10*rtsp.ClockRate {
		duration = rtsp.ClockRate / 25
	}
	w.samples = append(w.samples, Sample{Unit: *w.last, Duration: duration})
	w.last = &u
	if u.Key || len(w.samples) >= 25 {
		w.flush()
	}
}

// Closed writes what is left.
func (w *Writer) Closed(rtsp.Fault) {
	if w.last != nil {
		w.samples = append(w.samples, Sample{Unit: *w.last, Duration: rtsp.ClockRate / 25})
		w.last = nil
	}
	w.flush()
}

// Err is why nothing more was written.
func (w *Writer) Err() error { return w.err }

// Started reports whether anything was written.
func (w *Writer) Started() bool { return w.number > 0 }

func (w *Writer) flush() {
	if len(w.samples) == 0 || w.err != nil {
		return
	}
	head, err := Header(w.format)
	if err != nil {
		w.err = err
		return
	}
	if w.number == 0 && w.Begun != nil {
		w.Begun(w.samples[0].At, ContentType(w.format))
	}
	if !bytes.Equal(head, w.head) {
		w.head = head
		w.write(head)
	}
	w.number++
	piece, err := Fragment(w.number, w.base, w.samples)
	if err != nil {
		w.err = err
		return
	}
	for _, s := range w.samples {
		w.base += uint64(s.Duration)
	}
	w.samples = w.samples[:0]
	w.write(piece)
}

func (w *Writer) write(piece []byte) {
	if w.err == nil {
		_, w.err = w.To.Write(piece)
	}
}
