package commands

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"guardroom/devices"
	"guardroom/devices/profiles"
	"guardroom/gateway/link"
)

// desired is the state to hold. It is asserted when it is new and whenever a
// device comes back, and released only by a command: nothing is undone because a
// lockdown is no longer named here.
type desired struct {
	Message link.DesiredMessage `json:"message"`
	// asserted are the points done since their device was last away.
	asserted map[devices.PointID]bool
}

const holdEvery = time.Second // how often a device is looked at for its return

func desiredPath(folder string) string { return filepath.Join(folder, "desired.json") }

// loadDesired reads what was to be held when the gateway stopped: a door must
// stay locked down while the console is away.
func loadDesired(folder string, log *slog.Logger) desired {
	d := desired{asserted: map[devices.PointID]bool{}}
	text, err := os.ReadFile(desiredPath(folder))
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Error("read the desired state", "error", err)
	}
	return d
}

// Desire takes the state to hold. The last one that comes counts, whatever its
// version: a console that was set up anew begins to count anew, and a lockdown
// too many is the safe mistake.
func (x *Executor) Desire(m link.DesiredMessage) {
	x.mu.Lock()
	x.desired.Message = m
	wanted := map[devices.PointID]bool{}
	for _, l := range m.Lockdowns {
		for _, p := range l.Points {
			wanted[p] = true
		}
	}
	for p := range x.desired.asserted {
		if !wanted[p] {
			delete(x.desired.asserted, p)
		}
	}
	text, err := json.Marshal(x.desired)
	x.mu.Unlock()
	if err == nil {
		draft := desiredPath(x.options.Folder) + ".new"
		if err = os.WriteFile(draft, text, 0o600); err == nil {
			err = os.Rename(draft, desiredPath(x.options.Folder))
		}
	}
	if err != nil {
		x.options.Log.Error("keep the desired state", "error", err)
	}
	for _, w := range x.workers {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// hold asserts the desired state of one device.
func (x *Executor) hold(ctx context.Context, w *worker) {
	look := time.NewTicker(holdEvery)
	defer look.Stop()
	retry := time.Time{}
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
			retry = time.Time{}
		case <-look.C:
		}
		if w.Actuator.Lost() {
			w.out.Store(true)
			continue
		}
		if w.out.Swap(false) {
			x.forgetAsserted(w.ID)
			retry = time.Time{}
		}
		if now := x.options.Now(); !now.Before(retry) && !x.assert(ctx, w) {
			retry = now.Add(10 * time.Second)
		}
	}
}

func (x *Executor) forgetAsserted(device string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for p := range x.desired.asserted {
		if p.Device() == device {
			delete(x.desired.asserted, p)
		}
	}
}

// missing lists the points of a device that are to be held and not yet asserted.
func (x *Executor) missing(device string) []devices.PointID {
	x.mu.Lock()
	defer x.mu.Unlock()
	var points []devices.PointID
	for _, l := range x.desired.Message.Lockdowns {
		for _, p := range l.Points {
			if p.Gateway() == x.options.Gateway && p.Device() == device && !x.desired.asserted[p] && !slices.Contains(points, p) {
				points = append(points, p)
			}
		}
	}
	return points
}

// assert brings what is missing about and reports whether nothing is left.
func (x *Executor) assert(ctx context.Context, w *worker) bool {
	done := true
	for _, p := range x.missing(w.ID) {
		action := w.lockdown(p)
		if action == nil {
			x.options.Log.Warn("the point has no lockdown; it is not held", "point", p)
		} else if !x.bring(ctx, w, p, action) {
			done = false
			continue
		}
		x.mu.Lock()
		x.desired.asserted[p] = true
		x.mu.Unlock()
	}
	return done
}

func (x *Executor) bring(ctx context.Context, w *worker, p devices.PointID, action *profiles.Action) bool {
	w.busy.Lock()
	defer w.busy.Unlock()
	if want := action.Confirm; want != nil {
		looking, cancel := context.WithTimeout(ctx, answerWithin)
		ps, err := w.Actuator.Look(looking, want.Point)
		cancel()
		if err == nil && shows(ps, want) {
			return true // it holds already
		}
	}
	end := x.carryOut(ctx, w, action)
	x.options.Log.Info("lockdown asserted", "point", p, "outcome", end.outcome, "text", end.text)
	return end.outcome == devices.Confirmed
}

// lockdown is the action that holds a point, nil when its profile has none.
func (w *worker) lockdown(p devices.PointID) *profiles.Action {
	for _, verb := range []devices.Verb{devices.Lockdown, devices.Block} {
		if slices.Contains(w.verbs(p.Point()), verb) {
			if action, err := w.Compiled.Command(p.Point(), verb, nil); err == nil && !action.OffByDefault {
				return action
			}
		}
	}
	return nil
}
