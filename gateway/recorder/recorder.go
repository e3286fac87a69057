// Package recorder keeps the last hours of the pictures of cameras: a ring of
// files on the gateway's disk, oldest first out.
//
//	recorder.go the ring of all cameras: room, free space, what goes first
//	track.go    one camera: pictures in, segments out
//	segment.go  a file of about a minute, and its name
//	keep.go     locked times and how long pictures may be kept
//	copy.go     what was recorded, as one fragmented MP4
//
// A segment is a fragmented MP4 whose name says when it begins and ends. The one
// that is being written ends in .part; after a crash its torn tail is cut off.
// The recorder has a quota of its own and leaves free space alone, so that a full
// disk never keeps an alarm from being spooled.
package recorder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Options of a Recorder. Zero values choose the defaults.
type Options struct {
	Folder   string
	MaxBytes int64         // of all cameras together; default 50 GiB
	MinFree  int64         // that the disk keeps for others; default 1 GiB
	Segment  time.Duration // of a file; default one minute
	// Free tells the bytes that the disk has left; the system's answer outside tests.
	Free func(folder string) (int64, error)
	Now  func() time.Time
	Log  *slog.Logger
}

// Recorder is the ring.
type Recorder struct {
	o      Options
	mu     sync.Mutex
	tracks map[string]*Track
	bytes  int64 // of all segments
}

// ErrNoRoom says that nothing can be given up any more.
var ErrNoRoom = errors.New("the disk has no room for pictures: what is left is locked or belongs to others")

// Open makes the folder. Cameras are opened one by one.
func Open(o Options) (*Recorder, error) {
	o.MaxBytes, o.MinFree = cmp.Or(o.MaxBytes, 50<<30), cmp.Or(o.MinFree, 1<<30)
	o.Segment = cmp.Or(o.Segment, time.Minute)
	if o.Free == nil {
		o.Free = freeBytes
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(o.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("folder of recordings: %w", err)
	}
	return &Recorder{o: o, tracks: map[string]*Track{}}, nil
}

func freeBytes(folder string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * s.Bsize, nil //nolint:unconvert // int32 on some machines
}

// Camera opens the ring of one camera, of at most hours; what an earlier run
// recorded is found again. Run it, and feed it as an rtsp.Sink.
func (r *Recorder) Camera(id string, hours time.Duration) (*Track, error) {
	t := &Track{
		r: r, id: id, hours: hours, folder: filepath.Join(r.o.Folder, id),
		queue: make(chan event, queued), state: State{State: Off, Since: r.o.Now()},
	}
	if err := os.MkdirAll(t.folder, 0o700); err != nil {
		return nil, fmt.Errorf("folder of recordings of %s: %w", id, err)
	}
	if err := t.openKept(); err != nil {
		return nil, err
	}
	found, err := t.findSegments()
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tracks[id] != nil {
		return nil, fmt.Errorf("camera %s is recorded twice", id)
	}
	t.segments = found
	for _, s := range found {
		r.bytes += s.size
	}
	r.tracks[id] = t
	return t, nil
}

// Run gives up what is too old, until ctx ends; recording itself makes room as it
// goes.
func (r *Recorder) Run(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		r.Expire()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Expire gives up what is older than its camera's hours.
func (r *Recorder) Expire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.o.Now()
	for _, t := range r.tracks {
		oldest := now.Add(-t.longest())
		for i := 0; i < len(t.segments); {
			s := t.segments[i]
			if !s.end.Before(oldest) {
				break
			}
			if t.locked(s) || !r.drop(t, i) {
				i++
			}
		}
	}
}

// makeRoom gives up the oldest segments until need more bytes have room.
func (r *Recorder) makeRoom(need int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range 100_000 {
		free, err := r.o.Free(r.o.Folder)
		if err != nil {
			return fmt.Errorf("ask for the room on the disk: %w", err)
		}
		if r.bytes+need <= r.o.MaxBytes && free-need >= r.o.MinFree {
			return nil
		}
		if !r.dropOldest() {
			return ErrNoRoom
		}
	}
	return ErrNoRoom
}

// dropOldest gives up the oldest segment of all that is not locked.
func (r *Recorder) dropOldest() bool {
	var of *Track
	at := -1
	for _, t := range r.tracks {
		i := slices.IndexFunc(t.segments, func(s segment) bool { return !t.locked(s) && !s.stuck })
		if i >= 0 && (of == nil || t.segments[i].begin.Before(of.segments[at].begin)) {
			of, at = t, i
		}
	}
	if of == nil {
		return false
	}
	if !r.drop(of, at) {
		of.segments[at].stuck = true // the file system keeps it: try another one
	}
	return true
}

// drop removes a segment's file; the caller holds mu.
func (r *Recorder) drop(t *Track, i int) bool {
	s := t.segments[i]
	if err := os.Remove(s.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		r.o.Log.Warn("recorder: give up a segment", "camera", t.id, "file", filepath.Base(s.path), "error", err)
		return false
	}
	r.bytes -= s.size
	t.segments = slices.Delete(t.segments, i, i+1)
	return true
}

// Bytes is how much room recordings take.
func (r *Recorder) Bytes() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes
}
