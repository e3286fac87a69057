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

// wanted reports whether p is still to be held: a fire or a person may have
// ended that while it waited for its turn.
func (x *Executor) wanted(p devices.PointID) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.ContainsFunc(x.desired.Message.Lockdowns, func(l link.Lockdown) bool { return slices.Contains(l.Points, p) })
}

// asserted notes that p holds, unless it is no longer to be held: named again, it
// is brought about again.
func (x *Executor) asserted(p devices.PointID) {
	if x.wanted(p) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.desired.asserted[p] = true
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

// asked is a point that was told to hold and not yet seen to.
type asked struct {
	point  devices.PointID
	action *profiles.Action
	lost   error // of the sending
}

// assert brings what is missing about and reports whether nothing is left. Every
// point is asked before any is waited for: a door that does not obey must not
// keep the next one open.
func (x *Executor) assert(ctx context.Context, w *worker) bool {
	done := true
	var open []asked
	for _, p := range x.missing(w.ID) {
		action := w.lockdown(p)
		if action == nil {
			x.options.Log.Warn("the point has no lockdown; it is not held", "point", p)
			x.asserted(p)
			continue
		}
		holds, lost := x.ask(ctx, w, p, action)
		switch {
		case holds:
			x.asserted(p)
		case lost != nil && surelyNot(lost):
			done = false
			x.options.Log.Info("lockdown refused", "point", p, "text", lost)
		default:
			open = append(open, asked{p, action, lost})
		}
	}
	for _, one := range open {
		end := ending{outcome: devices.Confirmed}
		if one.action.Confirm != nil {
			end = x.readBack(ctx, w.Actuator, one.action.Confirm, one.lost)
		} else if one.lost != nil {
			end = ending{outcome: devices.Unknown, text: inWords(one.lost)}
		}
		x.options.Log.Info("lockdown asserted", "point", one.point, "outcome", end.outcome, "text", end.text)
		if end.outcome == devices.Confirmed {
			x.asserted(one.point)
		} else {
			done = false
		}
	}
	return done
}

// ask tells a point to hold, unless it does already or is no longer to.
func (x *Executor) ask(ctx context.Context, w *worker, p devices.PointID, action *profiles.Action) (holds bool, err error) {
	w.busy.Lock()
	defer w.busy.Unlock()
	if want := action.Confirm; want != nil {
		looking, cancel := context.WithTimeout(ctx, answerWithin)
		ps, err := w.Actuator.Look(looking, want.Point)
		cancel()
		if err == nil && shows(ps, want) {
			return true, nil
		}
	}
	if !x.wanted(p) { // asked last of all before the first byte
		return true, nil
	}
	sending, cancel := context.WithTimeout(ctx, sendWithin(w, action))
	defer cancel()
	_, err = transmit(sending, w.Actuator, action)
	return false, err
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
