package camera

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// Aim is where a camera looks: pan and tilt from -1 to 1, zoom from 0 to 1, in
// the generic spaces of ONVIF.
type Aim struct{ Pan, Tilt, Zoom float64 }

// View is a prepared picture of a camera. Where the head points, the nearest
// view is shown.
type View struct {
	Token string // of its preset
	Name  string
	Aim   Aim
	Main  *Clip
	Sub   *Clip
}

const (
	fullSpeed = 0.5 // of an axis, a second
	presets   = 64  // that a camera keeps
)

// head turns a camera. The camera's mutex guards it.
type head struct {
	views   []View
	presets []preset
	from    Aim // where it was when the motion began
	speed   Aim
	since   time.Time
	until   time.Time // when a motion ends by itself; zero: when it is stopped
}

type preset struct {
	token, name string
	aim         Aim
}

func newHead(views []View) head {
	h := head{views: views, from: views[0].Aim}
	if len(views) > 1 {
		for _, v := range views {
			h.presets = append(h.presets, preset{v.Token, v.Name, v.Aim})
		}
	}
	return h
}

// turns says whether there is anything to turn to.
func (h *head) turns() bool { return len(h.views) > 1 }

func (h *head) moving(now time.Time) bool {
	return h.speed != Aim{} && (h.until.IsZero() || now.Before(h.until))
}

// aim is where the head points at now.
func (h *head) aim(now time.Time) Aim {
	if (h.speed == Aim{}) {
		return h.from
	}
	if !h.until.IsZero() && now.After(h.until) {
		now = h.until
	}
	s := now.Sub(h.since).Seconds() * fullSpeed
	return Aim{
		Pan:  within(h.from.Pan+s*h.speed.Pan, -1, 1),
		Tilt: within(h.from.Tilt+s*h.speed.Tilt, -1, 1),
		Zoom: within(h.from.Zoom+s*h.speed.Zoom, 0, 1),
	}
}

func within(v, low, high float64) float64 { return min(max(v, low), high) }

// view is the one nearest to where the head points.
func (h *head) view(now time.Time) View {
	aim := h.aim(now)
	return slices.MinFunc(h.views, func(a, b View) int {
		if distance(a.Aim, aim) < distance(b.Aim, aim) {
			return -1
		}
		return 1
	})
}

func distance(a, b Aim) float64 {
	return math.Hypot(math.Hypot(a.Pan-b.Pan, a.Tilt-b.Tilt), a.Zoom-b.Zoom)
}

func (h *head) move(speed Aim, lasts time.Duration, now time.Time) {
	h.from, h.since, h.until = h.aim(now), now, time.Time{}
	h.speed = Aim{within(speed.Pan, -1, 1), within(speed.Tilt, -1, 1), within(speed.Zoom, -1, 1)}
	if lasts > 0 {
		h.until = now.Add(lasts)
	}
}

func (h *head) stop(now time.Time) { h.from, h.speed = h.aim(now), Aim{} }

func (h *head) turnTo(aim Aim) {
	h.from = Aim{within(aim.Pan, -1, 1), within(aim.Tilt, -1, 1), within(aim.Zoom, 0, 1)}
	h.speed = Aim{}
}

func (h *head) recall(token string) error {
	i := slices.IndexFunc(h.presets, func(p preset) bool { return p.token == token })
	if i < 0 {
		return fmt.Errorf("no preset %q", clip(token))
	}
	h.turnTo(h.presets[i].aim)
	return nil
}

// keep makes where the head points a preset, or moves the one of that token.
func (h *head) keep(token, name string, now time.Time) (string, error) {
	if i := slices.IndexFunc(h.presets, func(p preset) bool { return p.token == token }); token != "" {
		if i < 0 {
			return "", fmt.Errorf("no preset %q", clip(token))
		}
		h.presets[i].aim = h.aim(now)
		if name != "" {
			h.presets[i].name = name
		}
		return token, nil
	}
	if len(h.presets) >= presets {
		return "", fmt.Errorf("%d presets are kept already", presets)
	}
	for n := 1; ; n++ {
		token = "set" + strconv.Itoa(n)
		if !slices.ContainsFunc(h.presets, func(p preset) bool { return p.token == token }) {
			h.presets = append(h.presets, preset{token, name, h.aim(now)})
			return token, nil
		}
	}
}
