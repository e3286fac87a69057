package poller

import (
	"slices"
	"sync"
	"time"
)

// Line is a physical line, or a broker, that several devices share. When none of
// them is heard any more, the line is the cause and one device speaks for all.
type Line struct {
	Name string // its address, without credentials

	mu      sync.Mutex
	members []*member
	speaker *member // while the line is down
}

// member is a device on a line. The line's mu guards it.
type member struct {
	device string
	point  string // global id of its comms point
	heard  time.Time
	told   bool // its comms.lost is out
}

// NewLine makes a line without devices.
func NewLine(name string) *Line { return &Line{Name: name} }

func (l *Line) join(device, point string, now time.Time, told bool) *member {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := &member{device: device, point: point, heard: now, told: told}
	l.members = append(l.members, m)
	return m
}

func (l *Line) hears(m *member, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m.heard, m.told, l.speaker = now, false, nil
}

// cause is asked when m is about to be told as lost. It returns the details of
// the signal: of the line, when every other device on it is silent too and m
// speaks for them; whose point explains m's silence; or nothing.
func (l *Line) cause(m *member, now time.Time, silent time.Duration) map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() { m.told = true }()
	if len(l.members) < 2 || slices.ContainsFunc(l.members, func(o *member) bool { return o != m && now.Sub(o.heard) < silent }) {
		return nil
	}
	if l.speaker == nil {
		// The first that has not been told yet: one lost long ago explains nothing new.
		l.speaker = m
		for _, o := range l.members {
			if !o.told {
				l.speaker = o
				break
			}
		}
	}
	if l.speaker != m {
		return map[string]string{DetailCausedBy: l.speaker.point, DetailLine: l.Name}
	}
	names := ""
	for i, o := range l.members {
		if i > 0 {
			names += " "
		}
		names += o.device
	}
	return map[string]string{DetailCause: "line", DetailLine: l.Name, DetailDevices: names}
}

// explains reports whether the device behind a point is still silent, so that
// its alarm still explains others.
func (l *Line) explains(point string, now time.Time, silent time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range l.members {
		if o.point == point {
			return now.Sub(o.heard) >= silent
		}
	}
	return false
}
