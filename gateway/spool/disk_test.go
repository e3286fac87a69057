package spool

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"syscall"
)

// memory is a disk that fails on demand and can lose its power: then it holds
// what was synced, and of the rest some beginning.
type memory struct {
	mu      sync.Mutex
	files   map[string]*inode
	durable map[string]*inode // names as of the last Sync of the folder
	ops     int
	fail    func(op string, n int) error // nil: no failure
	room    int64                        // bytes left; negative: no limit
	locked  bool
}

type inode struct {
	data   []byte
	synced []byte
}

func newMemory() *memory {
	return &memory{files: map[string]*inode{}, durable: map[string]*inode{}, room: -1}
}

var errDisk = errors.New("input/output error")

func (m *memory) op(name string) error {
	m.ops++
	if m.fail != nil {
		return m.fail(name, m.ops)
	}
	return nil
}

// powerLoss returns the disk as the next start finds it. keep tells how many
// unsynced bytes of a file survive.
func (m *memory) powerLoss(keep func(n int) int) *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	after := newMemory()
	for name, node := range m.durable {
		data := slices.Clone(node.synced)
		if len(node.data) > len(data) {
			data = append(data, node.data[len(data):][:keep(len(node.data)-len(data))]...)
		}
		after.files[name] = &inode{data: data, synced: slices.Clone(data)}
	}
	after.durable = maps.Clone(after.files)
	return after
}

// kill returns the disk as it is when only the process dies.
func (m *memory) kill() *memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	after := newMemory()
	for name, node := range m.files {
		after.files[name] = &inode{data: slices.Clone(node.data), synced: slices.Clone(node.data)}
	}
	after.durable = maps.Clone(after.files)
	return after
}

func (m *memory) Create(name string) (file, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.op("create"); err != nil {
		return nil, err
	}
	node := m.files[name]
	if node == nil {
		node = &inode{}
		m.files[name] = node
	}
	node.data = nil
	return &memFile{m, node}, nil
}

func (m *memory) Open(name string) (file, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	node := m.files[name]
	if node == nil {
		return nil, fs.ErrNotExist
	}
	return &memFile{m, node}, nil
}

func (m *memory) Rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.op("rename"); err != nil {
		return err
	}
	m.files[to] = m.files[from]
	delete(m.files, from)
	return nil
}

func (m *memory) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.op("remove"); err != nil {
		return err
	}
	if m.room >= 0 {
		m.room += int64(len(m.files[name].data))
	}
	delete(m.files, name)
	return nil
}

func (m *memory) Names() ([]string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Keys(m.files)), nil
}

func (m *memory) Sync() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.op("sync folder"); err != nil {
		return err
	}
	m.durable = maps.Clone(m.files)
	return nil
}

func (m *memory) Lock() (func(), error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locked {
		return nil, ErrInUse
	}
	m.locked = true
	return func() { m.mu.Lock(); m.locked = false; m.mu.Unlock() }, nil
}

type memFile struct {
	disk *memory
	node *inode
}

func (f *memFile) Write(p []byte) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.disk.op("write"); err != nil {
		n := len(p) / 2 // a failed write leaves something behind
		f.node.data = append(f.node.data, p[:n]...)
		return n, err
	}
	if f.disk.room >= 0 && int64(len(p)) > f.disk.room {
		n := f.disk.room
		f.disk.room = 0
		f.node.data = append(f.node.data, p[:n]...)
		return int(n), syscall.ENOSPC
	}
	if f.disk.room >= 0 {
		f.disk.room -= int64(len(p))
	}
	f.node.data = append(f.node.data, p...)
	return len(p), nil
}

func (f *memFile) WriteAt(p []byte, at int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.disk.op("write at"); err != nil {
		return 0, err
	}
	if n := int(at) + len(p) - len(f.node.data); n > 0 {
		f.node.data = append(f.node.data, make([]byte, n)...)
	}
	return copy(f.node.data[at:], p), nil
}

func (f *memFile) ReadAt(p []byte, at int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if at >= int64(len(f.node.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.node.data[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) Sync() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.disk.op("sync"); err != nil {
		return err
	}
	f.node.synced = slices.Clone(f.node.data)
	return nil
}

func (f *memFile) Truncate(size int64) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.disk.op("truncate"); err != nil {
		return err
	}
	f.node.data = f.node.data[:size]
	return nil
}

func (f *memFile) Size() (int64, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	return int64(len(f.node.data)), nil
}

func (f *memFile) Close() error { return nil }
