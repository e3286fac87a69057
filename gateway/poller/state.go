package poller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"guardroom/devices"
)

// DetailEvent is the Detail key of the number that a device gave to a native
// event; DetailCausedBy names the point whose comms.lost explains this one.
const (
	DetailEvent    = "event_id"
	DetailCausedBy = "caused_by"
	DetailCause    = "cause" // "line"
	DetailLine     = "line"
	DetailDevices  = "devices"
)

// State is what is known of every point: which conditions hold, and which native
// events were seen. The spool is its log: State is a checkpoint that says up to
// which number it reflects the spool, and what lies behind is applied again at
// the next start. So a crash between the two neither loses an edge nor doubles it.
type State struct {
	path string

	mu      sync.Mutex
	current snapshot
	saved   position
	dirty   bool
	wake    chan struct{}
}

type position struct {
	Epoch uint64 `json:"epoch"`
	Seq   uint64 `json:"seq"`
}

type snapshot struct {
	At     position                                            `json:"reflects"`
	Active map[string]map[string]map[devices.Kind]activeRecord `json:"active"` // device, point, kind
	Native map[string]nativeMark                               `json:"native"` // device: last event
}

// nativeMark is the newest event of a device that counts its events.
type nativeMark struct {
	ID uint64    `json:"id"`
	At time.Time `json:"at,omitzero"` // by the device's clock
}

type activeRecord struct {
	Since    time.Time `json:"since"`
	CausedBy string    `json:"caused_by,omitempty"`
}

// OpenState reads the state in a file. A file that is not there is an empty
// state. With a damaged one, which is put aside, it returns an empty state and
// the error: then conditions that hold are told again, which is late but not lost.
func OpenState(path string) (*State, error) {
	s := &State{path: path, wake: make(chan struct{}, 1)}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &s.current)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		s.current = snapshot{}
		err = fmt.Errorf("read state %s: %w", path, err)
		if aside := os.Rename(path, path+".damaged"); aside != nil {
			err = errors.Join(err, aside)
		}
	}
	if s.current.Active == nil {
		s.current.Active = map[string]map[string]map[devices.Kind]activeRecord{}
	}
	if s.current.Native == nil {
		s.current.Native = map[string]nativeMark{}
	}
	s.saved = s.current.At
	return s, err
}

// Reflects is the last position of the spool that is in the file.
func (s *State) Reflects() (epoch, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saved.Epoch, s.saved.Seq
}

// Apply takes durable signals, in the order of their numbers.
func (s *State) Apply(signals []devices.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, signal := range signals {
		s.apply(signal)
	}
	s.touch()
}

func (s *State) apply(signal devices.Signal) {
	s.current.At = position{signal.Epoch, signal.Seq}
	device, point := signal.Point.Device(), signal.Point.Point()
	if id, err := strconv.ParseUint(signal.Detail[DetailEvent], 10, 64); err == nil {
		s.markNative(device, nativeMark{id, signal.Occurred})
	}
	if signal.Kind.Info().Momentary {
		return
	}
	points := s.current.Active[device]
	if !signal.Active {
		delete(points[point], signal.Kind)
		if len(points[point]) == 0 {
			delete(points, point)
		}
		return
	}
	if points == nil {
		points = map[string]map[devices.Kind]activeRecord{}
		s.current.Active[device] = points
	}
	if points[point] == nil {
		points[point] = map[devices.Kind]activeRecord{}
	}
	points[point][signal.Kind] = activeRecord{signal.Observed, signal.Detail[DetailCausedBy]}
}

// touch notes that the file is behind. The caller holds mu.
func (s *State) touch() {
	s.dirty = true
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// native notes an event, also one that gave no signal.
func (s *State) native(device string, mark nativeMark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.markNative(device, mark)
	s.touch()
}

// markNative keeps the newest event. A lower number with a later time is that of
// a device that counts anew. The caller holds mu.
func (s *State) markNative(device string, mark nativeMark) {
	if old := s.current.Native[device]; mark.ID > old.ID || mark.anew(old) {
		s.current.Native[device] = mark
	}
}

// anew reports that the device began to count its events from the start.
func (m nativeMark) anew(old nativeMark) bool {
	return m.ID <= old.ID && !m.At.IsZero() && !old.At.IsZero() && m.At.After(old.At)
}

// lastNative is the newest event of a device; zero when none is known.
func (s *State) lastNative(device string) nativeMark {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current.Native[device]
}

// active copies the conditions of a device that hold.
func (s *State) active(device string) map[condition]activeRecord {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[condition]activeRecord{}
	for point, kinds := range s.current.Active[device] {
		for kind, record := range kinds {
			found[condition{point, kind}] = record
		}
	}
	return found
}

// Active gives every condition that holds, as signals that tell it again at a
// time. A gateway's own id comes before each point.
func (s *State) Active(gateway string, now time.Time, clock devices.Clock) []devices.Signal {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []devices.Signal
	for device, points := range s.current.Active {
		for point, kinds := range points {
			for kind, record := range kinds {
				again := devices.Signal{
					Point: devices.MakePointID(gateway, device, point), Kind: kind, Active: true,
					Occurred: record.Since, Observed: now, Clock: clock,
				}
				if record.CausedBy != "" {
					again.Detail = map[string]string{DetailCausedBy: record.CausedBy}
				}
				out = append(out, again)
			}
		}
	}
	slices.SortFunc(out, func(a, b devices.Signal) int { return a.Occurred.Compare(b.Occurred) })
	return out
}

// Holds reports whether a condition of a point is known to hold.
func (s *State) Holds(device, point string, kind devices.Kind) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, holds := s.current.Active[device][point][kind]
	return holds
}

// Run saves what changed, at most once a second, until ctx ends, and then once
// more. saved is called after each success.
func (s *State) Run(ctx context.Context, every time.Duration, saved func(), failed func(error)) {
	pause := time.NewTicker(every)
	defer pause.Stop()
	save := func() {
		if err := s.Save(); err != nil {
			failed(err)
			return
		}
		saved()
	}
	for {
		select {
		case <-ctx.Done():
			save()
			return
		case <-s.wake:
			save()
		}
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
	}
}

// Save writes the state beside the old one and puts it in its place.
func (s *State) Save() error {
	s.mu.Lock()
	if !s.dirty {
		s.mu.Unlock()
		return nil
	}
	at := s.current.At
	text, err := json.Marshal(s.current)
	s.dirty = false
	s.mu.Unlock()
	if err == nil {
		err = ReplaceFile(s.path, text)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.touch()
		return fmt.Errorf("save state %s: %w", s.path, err)
	}
	s.saved = at
	return nil
}

// ReplaceFile writes a file so that after a power cut the old or the new one is
// there, whole.
func ReplaceFile(path string, text []byte) error {
	draft := path + ".new"
	f, err := os.OpenFile(draft, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(draft, path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
