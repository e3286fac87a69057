package commands

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"guardroom/devices"
)

// Ids are kept this long, so that a command that comes again is known.
const (
	keepIDs    = 24 * time.Hour
	maxEntries = 100_000
)

// journal is a file of lines. An intent is written and synced before the first
// byte goes to a device, the receipt after the last.
type journal struct {
	path string
	log  *slog.Logger

	mu      sync.Mutex
	file    *os.File
	entries map[string]*entry
	lines   int // in the file
}

// entry is one line: an intent, or with a receipt the end of it.
type entry struct {
	ID      string           `json:"id"`
	Point   devices.PointID  `json:"point,omitempty"`
	Verb    devices.Verb     `json:"verb,omitempty"`
	At      time.Time        `json:"at"`
	Receipt *devices.Receipt `json:"receipt,omitempty"`
}

// openJournal reads the journal and begins it anew without what is too old. With
// an error it works in memory.
func openJournal(folder string, now time.Time, log *slog.Logger) (*journal, error) {
	j := &journal{path: filepath.Join(folder, "commands.log"), log: log, entries: map[string]*entry{}}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return j, fmt.Errorf("command journal: %w", err)
	}
	text, err := os.ReadFile(j.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return j, fmt.Errorf("read command journal: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.ID == "" {
			log.Warn("a line of the command journal is cut off or damaged; it is left out")
			continue
		}
		if now.Sub(e.At) < keepIDs {
			j.entries[e.ID] = &e
		}
	}
	return j, j.rewrite()
}

// rewrite writes what is kept to a new file. The caller holds mu, or is alone.
func (j *journal) rewrite() error {
	var text []byte
	for _, e := range j.sorted() {
		line, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("command journal: %w", err)
		}
		text = append(append(text, line...), '\n')
	}
	draft := j.path + ".new"
	f, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("command journal: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync()); err == nil {
		err = os.Rename(draft, j.path)
	}
	if err != nil {
		f.Close()
		return fmt.Errorf("command journal: %w", err)
	}
	j.close()
	j.file, j.lines = f, len(j.entries)
	return nil
}

func (j *journal) sorted() []*entry {
	all := make([]*entry, 0, len(j.entries))
	for _, e := range j.entries {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *entry) int { return a.At.Compare(b.At) })
	return all
}

func (j *journal) close() {
	if j.file != nil {
		j.file.Close()
	}
}

// receipt is the receipt of a settled command.
func (j *journal) receipt(id string) (devices.Receipt, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if e := j.entries[id]; e != nil && e.Receipt != nil {
		return *e.Receipt, true
	}
	return devices.Receipt{}, false
}

// unfinished gives the receipts of commands that an earlier run began and did
// not end.
func (j *journal) unfinished(now time.Time) []devices.Receipt {
	j.mu.Lock()
	defer j.mu.Unlock()
	var open []devices.Receipt
	for _, e := range j.sorted() {
		if e.Receipt == nil {
			open = append(open, devices.Receipt{
				Command: e.ID, Point: e.Point, Verb: e.Verb, Outcome: devices.Unknown, Code: devices.UnknownNoAnswer,
				Text: "the gateway stopped while it carried out the command: look at the device", At: now,
			})
		}
	}
	return open
}

func (j *journal) intends(c devices.Command, now time.Time) error {
	return j.add(&entry{ID: c.ID, Point: c.Point, Verb: c.Verb, At: now})
}

func (j *journal) settled(r devices.Receipt) error {
	return j.add(&entry{ID: r.Command, Point: r.Point, Verb: r.Verb, At: r.At, Receipt: &r})
}

func (j *journal) add(e *entry) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries[e.ID] = e
	j.prune(e.At)
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if j.file == nil {
		return errNoJournal
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return err
	}
	if err := j.file.Sync(); err != nil {
		return err
	}
	if j.lines++; j.lines > 1000 && j.lines > 4*len(j.entries) {
		return j.rewrite()
	}
	return nil
}

var errNoJournal = errors.New("the command journal cannot be written; it stands in memory only")

// prune forgets ids after their time, and the oldest settled ones when there are
// too many.
func (j *journal) prune(now time.Time) {
	if len(j.entries) < maxEntries && j.lines%500 != 499 {
		return
	}
	over := len(j.entries) - maxEntries
	for _, e := range j.sorted() {
		if e.Receipt != nil && (now.Sub(e.At) >= keepIDs || over > 0) {
			delete(j.entries, e.ID)
			over--
		}
	}
}
