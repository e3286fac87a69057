package poller

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"guardroom/devices"
	"guardroom/devices/profiles"
)

// watch supervises one device: is it heard, does its life-sign move, do all of
// its parts answer. The driver's goroutine owns it.
type watch struct {
	lost, alarm time.Duration
	life        time.Duration // 0: the profile has no life-sign
	member      *member

	started time.Time
	heard   time.Time // zero: never
	since   time.Time // of the state told
	state   string
	failure string // the last, empty while all is well

	lifeValue string
	lifeSeen  time.Time
	lifeMoved time.Time
	lifeBeats bool // it moved at least once since the start

	explainedFrom time.Time         // since when the cause named by caused_by is over
	faults        map[string]string // parts that do not answer, and why
	whole         bool              // every part was read since the start
}

func (w *watch) start(t *tracker) {
	now, c := t.site.Now(), t.settings.Compiled
	// A slow device must miss at least two polls before it is marked, three before it alarms.
	w.lost = max(t.settings.LostAfter, 2*c.Fast)
	w.alarm = max(t.settings.AlarmAfter, 3*c.Fast, w.lost)
	if c.LifeSign != nil {
		w.life = c.LifeSign.MustChangeWithin
		if w.life == 0 {
			w.life = t.settings.LifeAfter
		}
	}
	w.started, w.since, w.state = now, now, Unknown
	w.faults = map[string]string{}
	_, told := t.active[condition{devices.CommsPoint, devices.CommsLost}]
	if t.settings.Line == nil {
		t.settings.Line = NewLine(t.settings.ID)
	}
	w.member = t.settings.Line.join(t.settings.ID, string(t.global(devices.CommsPoint)), now, told)
	t.publish()
}

// hears notes that the device answered with sense.
func (t *tracker) hears(now time.Time) {
	t.watch.heard, t.watch.failure = now, ""
	t.settings.Line.hears(t.watch.member, now)
	if t.watch.state != Up {
		t.become(Up, now)
		t.publish()
	}
}

// fails notes a failed attempt.
func (t *tracker) fails(err error) { t.watch.failure = err.Error() }

// life looks whether the life-sign is among states and moved.
func (t *tracker) life(states []profiles.PointState, now time.Time) {
	w := &t.watch
	if w.life == 0 {
		return
	}
	for _, ps := range states {
		if ps.Point != t.settings.Compiled.LifeSign.Point || ps.Quality == devices.Bad || ps.Quality == devices.NotProgrammed {
			continue
		}
		value := ps.Text + " " + strings.Join(ps.States, " ")
		if ps.Value != nil {
			value = strconv.FormatFloat(*ps.Value, 'g', -1, 64) + " " + value
		}
		if w.lifeMoved.IsZero() || value != w.lifeValue {
			w.lifeBeats = !w.lifeMoved.IsZero()
			w.lifeValue, w.lifeMoved = value, now
		}
	}
}

// silence is for how long the device has not been heard.
func (w *watch) silence(now time.Time) time.Duration {
	last := w.started
	if w.heard.After(last) {
		last = w.heard
	}
	return now.Sub(last)
}

// nextLook is when supervise must be called at the latest.
func (w *watch) nextLook(now time.Time) time.Duration {
	next := time.Second
	for _, limit := range []time.Duration{w.lost, w.alarm} {
		if d := limit - w.silence(now); d > 0 && d < next {
			next = d
		}
	}
	return max(next, time.Millisecond)
}

// supervise draws the conclusions that are due.
func (t *tracker) supervise(ctx context.Context, now time.Time) error {
	w := &t.watch
	silent := w.silence(now) >= w.lost
	switch {
	case silent:
		t.become(Lost, now)
		t.degrade(t.known(), devices.Stale)
	case !w.heard.IsZero():
		t.become(Up, now)
	}
	t.publish()
	signals := t.commsSignals(now)
	if !silent && !w.heard.IsZero() {
		signals = append(signals, t.lifeSignals(now)...)
		signals = append(signals, t.partSignals(now)...)
	}
	return t.emit(ctx, signals)
}

func (t *tracker) become(state string, now time.Time) {
	w := &t.watch
	if w.state == state {
		return
	}
	t.site.Log.Info("device "+state, "device", t.settings.ID, "error", w.failure)
	w.state, w.since = state, now
	if state == Lost {
		t.losses++
	}
}

func (t *tracker) publish() {
	w := &t.watch
	t.status.p.Store(&Status{State: w.state, Since: w.since, LastHeard: w.heard, Error: w.failure})
}

// commsSignals raises comms.lost, repeats it on its own account when what
// explained it is over, and restores it.
func (t *tracker) commsSignals(now time.Time) []devices.Signal {
	w, line := &t.watch, t.settings.Line
	record, told := t.active[condition{devices.CommsPoint, devices.CommsLost}]
	silence := w.silence(now)
	switch {
	case !told && silence >= w.alarm:
		return []devices.Signal{t.lostSignal(now, line.cause(w.member, now, w.lost))}
	case told && silence < w.lost && !w.heard.IsZero():
		s := t.signal(devices.CommsPoint, devices.CommsLost, false, now)
		s.State = "normal"
		return []devices.Signal{s}
	case told && record.CausedBy != "" && silence >= w.alarm:
		if line.explains(record.CausedBy, now, w.lost) {
			w.explainedFrom = time.Time{}
			return nil
		}
		if w.explainedFrom.IsZero() {
			w.explainedFrom = now
		}
		if now.Sub(w.explainedFrom) >= w.lost {
			w.explainedFrom = time.Time{}
			return []devices.Signal{t.lostSignal(now, nil)}
		}
	}
	return nil
}

func (t *tracker) lostSignal(now time.Time, detail map[string]string) devices.Signal {
	w := &t.watch
	s := t.signal(devices.CommsPoint, devices.CommsLost, true, now)
	s.State, s.Detail = Lost, detail
	since := "since the gateway started"
	if !w.heard.IsZero() {
		since = fmt.Sprintf("for %s", w.silence(now).Round(time.Second))
	}
	s.Text = "The device has not answered " + since + "."
	if detail[DetailCause] != "" {
		s.Text = "No device on the line " + detail[DetailLine] + " has answered " + since + "."
	}
	if w.failure != "" {
		s.Text += " Last failure: " + w.failure + "."
	}
	return s
}

// lifeSignals judges the life-sign by the moments at which it could be seen: a
// device that is not heard is another matter.
func (t *tracker) lifeSignals(now time.Time) []devices.Signal {
	w := &t.watch
	if w.life == 0 || w.lifeMoved.IsZero() {
		return nil
	}
	_, told := t.active[condition{devices.LifePoint, devices.LifesignStopped}]
	stopped := w.lifeSeen.Sub(w.lifeMoved) > w.life
	if stopped == told || !stopped && !w.lifeBeats {
		return nil
	}
	s := t.signal(devices.LifePoint, devices.LifesignStopped, stopped, now)
	s.State = "normal"
	if stopped {
		s.State = "stopped"
		s.Text = fmt.Sprintf("The device answers, but its life-sign has stood still since %s.", w.lifeMoved.UTC().Format("15:04:05 UTC"))
	}
	return []devices.Signal{s}
}

// partSignals tells once that a part of a device that is up does not answer, and
// when all parts do again.
func (t *tracker) partSignals(now time.Time) []devices.Signal {
	w := &t.watch
	_, told := t.active[condition{devices.CommsPoint, devices.PanelFault}]
	if (len(w.faults) > 0) == told || len(w.faults) == 0 && !t.whole() {
		return nil
	}
	s := t.signal(devices.CommsPoint, devices.PanelFault, !told, now)
	s.State = "normal"
	if !told {
		var parts []string
		for _, part := range slices.Sorted(maps.Keys(w.faults)) {
			parts = append(parts, part+": "+w.faults[part])
		}
		s.State = "part_unread"
		s.Text = "A part of the device cannot be read; its points are unknown. " + strings.Join(parts, "; ") + "."
	}
	return []devices.Signal{s}
}

// whole reports whether every part was read since the start: before, no fault of
// an earlier run is over.
func (t *tracker) whole() bool { return t.watch.whole }
