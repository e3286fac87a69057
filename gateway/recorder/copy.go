package recorder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"guardroom/devices/picture"
)

// ErrNothing says that nothing was recorded in the time that is asked for.
var ErrNothing = errors.New("nothing was recorded in this time")

// Copy writes what was recorded between two instants as one fragmented MP4,
// that begins at 0 with the key picture at or before from; holes stay holes.
// begun is told when that picture was taken, before the first byte.
func (t *Track) Copy(ctx context.Context, from, to time.Time, w io.Writer, begun func(time.Time) error) error {
	c := copying{from: ticks(from), to: ticks(to), w: w, begun: begun}
	for {
		f, s, ok := t.openAfter(c.done, from, to)
		if !ok {
			break
		}
		err := c.segment(ctx, f, s)
		f.Close()
		if err != nil {
			return fmt.Errorf("copy the recording of %s: %w", t.id, err)
		}
		c.done = s.begin
	}
	if c.number == 0 {
		return ErrNothing
	}
	return nil
}

// openAfter opens the next segment that holds something of a time, the one that
// is being written as far as it goes. One that is being given up is passed over.
func (t *Track) openAfter(done, from, to time.Time) (*os.File, segment, bool) {
	t.r.mu.Lock() // so that no file is renamed between its name and its opening
	defer t.r.mu.Unlock()
	all := t.segments
	if w := t.writing; w != nil && w.end > w.begin {
		all = append(all[:len(all):len(all)], segment{path: w.path, begin: instant(w.begin), end: instant(w.end), size: w.size})
	}
	for _, s := range all {
		if !s.begin.After(done) || !s.begin.Before(to) || !s.end.After(from) {
			continue
		}
		if f, err := os.Open(s.path); err == nil {
			return f, s, true
		}
	}
	return nil, segment{}, false
}

type copying struct {
	from, to uint64
	w        io.Writer
	begun    func(time.Time) error

	done   time.Time // the segment that was copied last
	head   []byte    // as last written
	zero   uint64    // what is 0 in the copy
	number int
}

func (c *copying) segment(ctx context.Context, f *os.File, s segment) error {
	length, _, parts, err := picture.Parts(f, s.size)
	if err != nil || len(parts) == 0 {
		return err
	}
	first := 0
	for i, p := range parts {
		if p.Key && p.Base <= c.from {
			first = i
		}
	}
	head := make([]byte, length)
	if _, err := f.ReadAt(head, 0); err != nil {
		return err
	}
	for _, p := range parts[first:] {
		if p.Base >= c.to {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := c.part(f, p, head); err != nil {
			return err
		}
	}
	return nil
}

func (c *copying) part(f *os.File, p picture.Part, head []byte) error {
	if c.number == 0 {
		c.zero = p.Base
		if err := c.begun(instant(p.Base)); err != nil {
			return err
		}
	}
	if !bytes.Equal(head, c.head) { // the first, or the camera changed its format
		if _, err := c.w.Write(head); err != nil {
			return err
		}
		c.head = head
	}
	piece := make([]byte, p.Size)
	if _, err := f.ReadAt(piece, p.Offset); err != nil {
		return err
	}
	if err := picture.Rebase(piece, p.Base-min(c.zero, p.Base)); err != nil {
		return err
	}
	c.number++
	_, err := c.w.Write(piece)
	return err
}
