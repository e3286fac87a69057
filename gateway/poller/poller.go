// Package poller asks the devices of a site at their cadence and turns what
// changes into signals and readings.
//
//	Modbus, MQTT   one driver a device, one goroutine each
//	tracker        compares what a device says with what is known: edges become signals
//	watch          decides when a device, its life-sign or a part of it is lost
//	Line           finds the one cause when all devices of a line are lost
//	State          what is known, on disk: a restart repeats no alarm and misses none
//
// What a device says is either known or unknown. Unknown is neither normal nor
// alarm: nothing restores because a device fell silent or talks nonsense.
package poller

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"guardroom/devices"
	"guardroom/devices/profiles"
)

// journal keeps signals; *spool.Spool is one.
type journal interface {
	Append(ctx context.Context, signals []devices.Signal) ([]devices.Signal, error)
}

// Site is what all drivers of a gateway share.
type Site struct {
	Gateway  string
	Journal  journal
	State    *State
	Readings func([]devices.Reading) // must not block
	Now      func() time.Time
	Clock    func() devices.Clock
	Log      *slog.Logger
	// Every is how often all values are told again; 60 s.
	Every time.Duration
	// Rand gives numbers in [0, 1) that spread the starts of devices.
	Rand func() float64
}

func (s Site) filled() Site {
	if s.Readings == nil {
		s.Readings = func([]devices.Reading) {}
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Clock == nil {
		s.Clock = func() devices.Clock { return devices.Unsynced }
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Every == 0 {
		s.Every = time.Minute
	}
	if s.Rand == nil {
		s.Rand = rand.Float64
	}
	return s
}

// Settings of one device.
type Settings struct {
	ID       string
	Compiled *profiles.Compiled
	Line     *Line
	// LostAfter of silence a device is marked as lost; AlarmAfter it gives
	// comms.lost. Both are stretched for a device that is polled slowly.
	LostAfter, AlarmAfter time.Duration
	// LifeAfter is how long a life-sign may stand still where its profile does not say.
	LifeAfter time.Duration
}

// Status is how a device is doing.
type Status struct {
	State     string    // up, lost, unknown
	Since     time.Time // of State
	LastHeard time.Time // zero when never
	Error     string    // the last failure, empty while all is well
}

// The values of Status.State.
const (
	Up      = "up"
	Lost    = "lost"
	Unknown = "unknown"
)

// ErrLost is the answer to whoever asks something of a device that is lost.
var ErrLost = lostError{}

type lostError struct{}

func (lostError) Error() string { return "the device does not answer" }

// NotSent tells that nothing left for the device.
func (lostError) NotSent() bool { return true }

// Lost reports whether the device is known not to answer. Any goroutine may ask.
func (t *tracker) Lost() bool { return t.status.load().State == Lost }

// status is read by anyone.
type status struct{ p atomic.Pointer[Status] }

func (s *status) load() Status {
	if p := s.p.Load(); p != nil {
		return *p
	}
	return Status{State: Unknown}
}
