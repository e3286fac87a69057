package gateway

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"guardroom/devices"
)

// Skew between the console's clock and ours raises clock.skew above the first,
// and clears it below the second.
const (
	skewRaise = 2 * time.Second
	skewClear = time.Second
	skewEvery = 5 * time.Second
)

const (
	clockReadEvery = 5 * time.Second
	holdoverError  = time.Second // estimated error above which a synced clock has lost its source
)

// clockWatch asks the kernel how far the machine's clock may be trusted.
type clockWatch struct {
	now  func() time.Time
	read func() (synced bool, worst time.Duration) // by the kernel

	mu    sync.Mutex
	state devices.Clock
	at    time.Time
	was   bool // synced once
}

func newClockWatch(now func() time.Time) *clockWatch { return &clockWatch{now: now, read: kernelClock} }

// kernelClock reads what chrony or ntpd told the kernel (adjtimex(2)).
func kernelClock() (synced bool, worst time.Duration) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil || state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0 {
		return false, 0
	}
	return true, time.Duration(t.Maxerror) * time.Microsecond
}

// State is synced, holdover (synced once, and the source is lost) or unsynced.
func (w *clockWatch) State() devices.Clock {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := w.now()
	if w.state != "" && now.Sub(w.at) < clockReadEvery && !now.Before(w.at) {
		return w.state
	}
	w.at = now
	synced, worst := w.read()
	switch {
	case synced && worst < holdoverError:
		w.state, w.was = devices.Synced, true
	case synced || w.was:
		w.state = devices.Holdover
	default:
		w.state = devices.Unsynced
	}
	return w.state
}

// watchClock raises clock.skew when the console's clock and ours differ.
func (g *running) watchClock(ctx context.Context) {
	tick := time.NewTicker(skewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		offset, known := g.executor.Offset()
		if !known {
			continue
		}
		told := g.state.Holds(devices.GatewayDevice, devices.ClockPoint, devices.ClockSkew)
		s, due := g.skew(offset, told)
		if !due {
			continue
		}
		if _, err := (journal{g.spool, g.log}).Append(ctx, []devices.Signal{s}); err != nil && ctx.Err() == nil {
			g.log.Error("tell of the clock", "error", err)
		}
	}
}

func (g *running) skew(offset time.Duration, told bool) (devices.Signal, bool) {
	size := offset.Abs()
	if told && size >= skewClear || !told && size <= skewRaise {
		return devices.Signal{}, false
	}
	now := g.options.Now()
	s := devices.Signal{
		Point: devices.MakePointID(g.config.ID, devices.GatewayDevice, devices.ClockPoint), Kind: devices.ClockSkew,
		Active: !told, Occurred: now, Observed: now, Clock: g.clock.State(), State: "normal",
	}
	if s.Active {
		s.State = "skewed"
		direction := "behind"
		if offset < 0 {
			direction = "ahead of"
		}
		s.Text = fmt.Sprintf("The gateway's clock is %s %s the console's. Times of its signals are wrong by that much.", size.Round(100*time.Millisecond), direction)
		s.Detail = map[string]string{"seconds": fmt.Sprintf("%.1f", -offset.Seconds())}
	}
	return s, true
}
