package profiles

import (
	"fmt"
	"slices"
)

// Image holds the last words of every read of one device, and which limits were
// passed by them. One goroutine may use it.
type Image struct {
	words [][]uint16 // by read; nil: never read
	reads []Read
	// passed are the limits that a point's value has passed, by point, as bits of
	// its rules.
	passed []uint64
	err    error
}

// NewImage returns an image in which nothing is known yet.
func (c *Compiled) NewImage() *Image {
	return &Image{words: make([][]uint16, len(c.Reads)), reads: c.Reads, passed: make([]uint64, len(c.points))}
}

// Put keeps the words that answer a read and reports whether they differ from
// the last ones; the first are always a change. Bits come as words 0 and 1. An
// answer of the wrong length, or a bit that is neither 0 nor 1, is refused:
// Put returns false, keeps the old words, and Err says why.
func (im *Image) Put(read int, words []uint16) (changed bool) {
	im.err = nil
	if read < 0 || read >= len(im.reads) {
		im.err = fmt.Errorf("read %d: the plan has %d", read, len(im.reads))
		return false
	}
	r := im.reads[read]
	if len(words) != int(r.Count) {
		im.err = fmt.Errorf("%s %d: %d words for %d asked", r.Table, r.Address, len(words), r.Count)
		return false
	}
	old := im.words[read]
	if old != nil && slices.Equal(old, words) {
		return false
	}
	if r.Table.bits() {
		if i := slices.IndexFunc(words, func(w uint16) bool { return w > 1 }); i >= 0 {
			im.err = fmt.Errorf("%s %d: %d is not a bit", r.Table, int(r.Address)+i, words[i])
			return false
		}
	}
	if old == nil {
		im.words[read] = slices.Clone(words)
	} else {
		copy(old, words)
	}
	return true
}

// Err says why the last Put was refused, or nil.
func (im *Image) Err() error { return im.err }

// Words returns the last words of a read, nil when it was never read. The
// caller must not change them.
func (im *Image) Words(read int) []uint16 {
	if read < 0 || read >= len(im.words) {
		return nil
	}
	return im.words[read]
}

// Forget drops the words of a read, as if it had never been read: its points
// are not known until it is read again.
func (im *Image) Forget(read int) {
	if read >= 0 && read < len(im.words) {
		im.words[read] = nil
	}
}

// cells fills out with the values of p's fields and reports whether all are known.
func (im *Image) cells(p *point, out []cell) bool {
	for i := range p.fields {
		f := &p.fields[i]
		words := im.words[f.read]
		if words == nil {
			return false
		}
		out[i] = f.decode(words[f.offset : f.offset+f.words])
	}
	return true
}
