package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

const (
	metaName   = "meta.json"
	markerName = "marker"
)

// meta is what a spool must know beside its segments.
type meta struct {
	Epoch     uint64            `json:"epoch"`
	Confirmed Position          `json:"confirmed"`
	DroppedTo Position          `json:"dropped_to"`
	Lasts     map[uint64]uint64 `json:"lasts,omitempty"` // last numbers of older epochs
}

// loadMeta reads meta; none, or a damaged one, is a zero meta: all but the
// confirmed position can be told from the segments.
func loadMeta(d disk) (meta, error) {
	f, err := d.Open(metaName)
	if errors.Is(err, fs.ErrNotExist) {
		return meta{}, nil
	}
	if err != nil {
		return meta{}, fmt.Errorf("open %s: %w", metaName, err)
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil || size > 1<<20 {
		return meta{}, fmt.Errorf("%s of %d bytes: %w", metaName, size, errors.Join(err, errDamaged))
	}
	text := make([]byte, size)
	if _, err := f.ReadAt(text, 0); err != nil && !errors.Is(err, io.EOF) {
		return meta{}, fmt.Errorf("read %s: %w", metaName, err)
	}
	var m meta
	if err := json.Unmarshal(text, &m); err != nil {
		return meta{}, fmt.Errorf("read %s: %w", metaName, err)
	}
	return m, nil
}

// saveMeta writes meta beside the old one and puts it in its place.
func (s *Spool) saveMeta() error {
	err := s.writeMeta()
	if err != nil {
		s.dirty = true
		s.options.Log.Error("save the spool's position", "error", err)
		return err
	}
	s.dirty = false
	return nil
}

func (s *Spool) writeMeta() error {
	text, err := json.Marshal(meta{
		Epoch: s.view.epoch, Confirmed: s.view.confirmed, DroppedTo: s.view.droppedTo, Lasts: s.view.lasts,
	})
	if err != nil {
		return err
	}
	const draft = metaName + ".new"
	f, err := s.disk.Create(draft)
	if err != nil {
		return fmt.Errorf("create %s: %w", draft, err)
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", draft, err)
	}
	if err := s.disk.Rename(draft, metaName); err != nil {
		return fmt.Errorf("rename %s: %w", draft, err)
	}
	if err := s.disk.Sync(); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}
