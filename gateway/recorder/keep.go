package recorder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// kept is what people decided of a camera's pictures; a file of its own.
type kept struct {
	RetainHours int             `json:"retain_hours"` // 0: as long as the ring
	Locks       map[string]Span `json:"locks"`
}

// Span is a time.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

const (
	keptName = "kept.json"
	maxLocks = 1000
)

func (t *Track) openKept() error {
	t.kept.Locks = map[string]Span{}
	text, err := os.ReadFile(filepath.Join(t.folder, keptName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(text, &t.kept)
	}
	if t.kept.Locks == nil {
		t.kept.Locks = map[string]Span{}
	}
	if err != nil {
		return fmt.Errorf("read what is locked of %s: %w", t.id, err)
	}
	return nil
}

// saveKept writes k in place of what is there; the caller holds r.mu.
func (t *Track) saveKept(k kept) error {
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	path := filepath.Join(t.folder, keptName)
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("keep what is locked of %s: %w", t.id, err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("keep what is locked of %s: %w", t.id, err)
	}
	t.kept = k
	return nil
}

func (k kept) with(id string, s *Span) kept {
	locks := make(map[string]Span, len(k.Locks)+1)
	for name, span := range k.Locks {
		locks[name] = span
	}
	delete(locks, id)
	if s != nil {
		locks[id] = *s
	}
	return kept{RetainHours: k.RetainHours, Locks: locks}
}

// Keep locks a time under id: its segments are not given up until it is
// released. It returns how much of it there is now. At most half of the room may
// be locked.
func (t *Track) Keep(id string, from, to time.Time) (there time.Duration, err error) {
	if id == "" || !to.After(from) {
		return 0, fmt.Errorf("lock a time of %s: it has no end", t.id)
	}
	t.r.mu.Lock()
	defer t.r.mu.Unlock()
	k := t.kept.with(id, &Span{from.UTC(), to.UTC()})
	if len(k.Locks) > maxLocks {
		return 0, fmt.Errorf("lock a time of %s: %d are locked already", t.id, maxLocks)
	}
	var held int64
	for _, track := range t.r.tracks {
		for _, s := range track.segments {
			locks := track.kept.Locks
			if track == t {
				locks = k.Locks
			}
			if touches(locks, s) {
				held += s.size
			}
		}
	}
	if held > t.r.o.MaxBytes/2 {
		return 0, fmt.Errorf("lock a time of %s: half of the room for pictures would be locked; export it instead", t.id)
	}
	if err := t.saveKept(k); err != nil {
		return 0, err
	}
	for _, s := range t.spans(from, to) {
		there += s.To.Sub(s.From)
	}
	return there, nil
}

// Release takes a lock off; it may be gone already.
func (t *Track) Release(id string) error {
	t.r.mu.Lock()
	defer t.r.mu.Unlock()
	if _, there := t.kept.Locks[id]; !there {
		return nil
	}
	return t.saveKept(t.kept.with(id, nil))
}

// Retain says how long pictures may be kept; 0 is as long as the ring.
func (t *Track) Retain(hours int) error {
	t.r.mu.Lock()
	defer t.r.mu.Unlock()
	if t.kept.RetainHours == hours {
		return nil
	}
	k := t.kept.with("", nil)
	k.RetainHours = hours
	return t.saveKept(k)
}

func (t *Track) longest() time.Duration {
	if limit := time.Duration(t.kept.RetainHours) * time.Hour; limit > 0 && limit < t.hours {
		return limit
	}
	return t.hours
}

func (t *Track) locked(s segment) bool { return touches(t.kept.Locks, s) }

func touches(locks map[string]Span, s segment) bool {
	for _, l := range locks {
		if l.From.Before(s.end) && s.begin.Before(l.To) {
			return true
		}
	}
	return false
}

// joined is how far two segments may lie apart and still be one recording.
const joined = 1500 * time.Millisecond

// Spans are the recorded times between two instants, in order, at most 1000: the
// newest.
func (t *Track) Spans(from, to time.Time) []Span {
	t.r.mu.Lock()
	defer t.r.mu.Unlock()
	return t.spans(from, to)
}

func (t *Track) spans(from, to time.Time) []Span {
	var out []Span
	add := func(begin, end time.Time) {
		if !begin.Before(to) || !end.After(from) {
			return
		}
		if begin.Before(from) {
			begin = from
		}
		if end.After(to) {
			end = to
		}
		if n := len(out); n > 0 && begin.Sub(out[n-1].To) <= joined {
			if end.After(out[n-1].To) {
				out[n-1].To = end
			}
			return
		}
		out = append(out, Span{begin.UTC(), end.UTC()})
	}
	for _, s := range t.segments {
		add(s.begin, s.end)
	}
	if w := t.writing; w != nil && w.end > w.begin {
		add(instant(w.begin), instant(w.end))
	}
	if over := len(out) - 1000; over > 0 {
		out = out[over:]
	}
	return out
}
