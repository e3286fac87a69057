package spool

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// A stream is one of the two files in which records are kept. Alarms have their
// own, so that telemetry can be dropped by whole segments, and so that alarms can
// be read without reading the rest.
type stream int

const (
	alarms stream = iota
	telemetry
	streams
)

// A segment is one file of a stream: "alarms-<epoch>-<first>.seg", numbers in
// 16 hex digits. Every seq in it is ≥ first.
type segment struct {
	stream stream
	epoch  uint64
	first  uint64
	size   int64 // of what is durable; what lies behind is not to be read
	edge   int64 // written so far, durable or not
	file   file  // only while it is the one being written
}

var streamNames = [streams]string{alarms: "alarms", telemetry: "telemetry"}

func (s *segment) name() string {
	return fmt.Sprintf("%s-%016x-%016x.seg", streamNames[s.stream], s.epoch, s.first)
}

// parseName is the inverse of name.
func parseName(name string) (*segment, bool) {
	base, ok := strings.CutSuffix(name, ".seg")
	if !ok {
		return nil, false
	}
	parts := strings.Split(base, "-")
	if len(parts) != 3 || len(parts[1]) != 16 || len(parts[2]) != 16 {
		return nil, false
	}
	which := slices.Index(streamNames[:], parts[0])
	epoch, err := strconv.ParseUint(parts[1], 16, 63)
	first, err2 := strconv.ParseUint(parts[2], 16, 63)
	if which < 0 || err != nil || err2 != nil || first == 0 {
		return nil, false
	}
	return &segment{stream: stream(which), epoch: epoch, first: first}, true
}

func (s *segment) before(epoch, first uint64) bool {
	return s.epoch < epoch || s.epoch == epoch && s.first < first
}

// list finds the segments in a folder, each stream in order.
func list(d disk) (found [streams][]*segment, err error) {
	names, err := d.Names()
	if err != nil {
		return found, err
	}
	for _, name := range names {
		seg, ok := parseName(name)
		if !ok {
			continue
		}
		f, err := d.Open(name)
		if err != nil {
			return found, fmt.Errorf("open %s: %w", name, err)
		}
		seg.size, err = f.Size()
		f.Close()
		if err != nil {
			return found, fmt.Errorf("size of %s: %w", name, err)
		}
		seg.edge = seg.size
		found[seg.stream] = append(found[seg.stream], seg)
	}
	for _, segments := range found {
		slices.SortFunc(segments, func(a, b *segment) int {
			if a.before(b.epoch, b.first) {
				return -1
			}
			return 1
		})
	}
	return found, nil
}

// A scanner reads the records of one file in order. Bytes that are no record are
// stepped over one by one until a checksum is right again.
type scanner struct {
	file io.ReaderAt
	at   int64 // offset of buf[0] in the file
	end  int64 // offset behind the last good record
	tail error // what stands at end: nil, errShort or errDamaged
	buf  []byte
	room []byte
}

func newScanner(f io.ReaderAt) *scanner {
	return &scanner{file: f, room: make([]byte, 2*(headerSize+maxPayload))}
}

// next returns the next whole record below limit, or io.EOF. The payload is
// good until the next call.
func (s *scanner) next(limit int64) (record, error) {
	for {
		if err := s.fill(limit); err != nil {
			return record{}, err
		}
		if len(s.buf) == 0 {
			return record{}, io.EOF
		}
		rec, n, err := parseRecord(s.buf)
		if err == nil {
			s.step(n)
			s.end, s.tail = s.at, nil
			return rec, nil
		}
		if s.at == s.end {
			s.tail = err
		}
		s.step(1)
	}
}

func (s *scanner) step(n int) {
	s.buf = s.buf[n:]
	s.at += int64(n)
}

// fill sees to it that buf holds the longest possible record, or all there is.
func (s *scanner) fill(limit int64) error {
	if len(s.buf) >= headerSize+maxPayload || s.at+int64(len(s.buf)) >= limit {
		return nil
	}
	kept := copy(s.room, s.buf)
	want := min(int64(len(s.room)-kept), limit-s.at-int64(kept))
	n, err := s.file.ReadAt(s.room[kept:kept+int(want)], s.at+int64(kept))
	s.buf = s.room[:kept+n]
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

// rewind makes the scanner try again from the last good record. It is for a
// reader that met the end of what was durable then.
func (s *scanner) rewind() { s.at, s.buf, s.tail = s.end, nil, nil }
