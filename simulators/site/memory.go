package site

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"guardroom/simulators/door"
	"guardroom/simulators/panel"
)

// kept is the state file.
type kept struct {
	Version int                       `json:"version"`
	Panels  map[string]panel.Snapshot `json:"panels"`
	Doors   map[string]door.Snapshot  `json:"doors"`
}

const keptVersion = 1

// saveEvery is how often changes of panels are written. Doors are written at
// once: a controller must never give the same event number twice.
const saveEvery = 100 * time.Millisecond

// memory keeps the devices over a restart.
type memory struct {
	path string
	log  *slog.Logger

	mu     sync.Mutex
	kept   kept
	dirty  bool
	failed bool // the last write; told once
}

// open reads what an earlier site kept. A file that cannot be read is set aside,
// so that the simulators start quiet rather than not at all.
func (m *memory) open(path string, log *slog.Logger) error {
	m.path, m.log = path, log
	m.kept = kept{Version: keptVersion, Panels: map[string]panel.Snapshot{}, Doors: map[string]door.Snapshot{}}
	if path == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	was := m.kept
	if err = json.Unmarshal(data, &was); err == nil && was.Version != keptVersion {
		err = fmt.Errorf("version %d", was.Version)
	}
	if err != nil {
		log.Warn("the simulators' state file cannot be read; it is set aside and they start quiet", "file", path, "aside", path+".bad", "error", err)
		if err := os.Rename(path, path+".bad"); err != nil {
			return fmt.Errorf("state file: %w", err)
		}
		return nil
	}
	if was.Panels != nil {
		m.kept.Panels = was.Panels
	}
	if was.Doors != nil {
		m.kept.Doors = was.Doors
	}
	return nil
}

func (m *memory) panel(id string) *panel.Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.kept.Panels[id]; ok {
		return &s
	}
	return nil
}

func (m *memory) doors(id string) *door.Snapshot {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.kept.Doors[id]; ok {
		return &s
	}
	return nil
}

func (m *memory) keepPanel(id string, now panel.Snapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept.Panels[id] = now
	m.dirty = true
}

func (m *memory) keepDoors(id string, now door.Snapshot) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept.Doors[id] = now
	m.dirty = true
	m.tell(m.write())
}

// keep writes what changed until ctx ends.
func (m *memory) keep(ctx context.Context) {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			m.mu.Lock()
			m.tell(m.write())
			m.mu.Unlock()
		}
	}
}

// close writes what is still to be written. Without a site that was ever open
// there is nothing.
func (m *memory) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.write()
}

// write replaces the file by a whole new one, so that a crash leaves one or the
// other. The caller holds mu.
func (m *memory) write() error {
	if m.path == "" || !m.dirty {
		return nil
	}
	data, err := json.Marshal(m.kept)
	if err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	if err := os.WriteFile(m.path+".new", data, 0o600); err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	if err := os.Rename(m.path+".new", m.path); err != nil {
		return fmt.Errorf("state file: %w", err)
	}
	m.dirty = false
	return nil
}

// tell logs the first failure of a row; the next tick tries again.
func (m *memory) tell(err error) {
	if err != nil && !m.failed {
		m.log.Warn("the simulators cannot keep their state", "error", err)
	}
	m.failed = err != nil
}
