package profiles

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"guardroom/devices"
)

// limitSpec is a limit as the profile writes it.
type limitSpec struct {
	line         int
	side         devices.Side
	alarm, clear float64
	adjustable   *devices.Range
}

// limit reads alarm_above with clear_below, or alarm_below with clear_above; nil
// where the state has neither.
func (r *reader) limit(n *node) *limitSpec {
	above, clearBelow := n.get("alarm_above"), n.get("clear_below")
	below, clearAbove := n.get("alarm_below"), n.get("clear_above")
	l := &limitSpec{line: n.line}
	switch {
	case above == nil && below == nil && clearBelow == nil && clearAbove == nil:
		if at := n.get("adjustable"); at != nil {
			r.fault(at.line, "adjustable is for limits: alarm_above or alarm_below")
		}
		return nil
	case above != nil && clearBelow != nil && below == nil && clearAbove == nil:
		l.side, l.line, l.alarm, l.clear = devices.Above, above.line, r.real(above, 0), r.real(clearBelow, 0)
	case below != nil && clearAbove != nil && above == nil && clearBelow == nil:
		l.side, l.line, l.alarm, l.clear = devices.Below, below.line, r.real(below, 0), r.real(clearAbove, 0)
	default:
		r.fault(n.line, "a limit is alarm_above with clear_below, or alarm_below with clear_above; two limits are two states")
		return l
	}
	if at := n.get("adjustable"); at != nil {
		l.adjustable = &devices.Range{From: r.real(at.get("from"), 0), To: r.real(at.get("to"), 0)}
	}
	for _, wrong := range l.wrong() {
		r.fault(l.line, "%s", wrong)
	}
	return l
}

// limitAlone refuses what cannot stand beside a limit.
func (r *reader) limitAlone(n *node, s *stateSpec) {
	switch {
	case len(s.match) > len(n.get("also").items()):
		r.fault(n.line, "a limit is the condition of its state; further ones go under also")
	case s.choose != nil, len(s.cleared) > 0:
		r.fault(n.line, "a state with a limit takes neither select nor cleared_by")
	case s.limit.adjustable != nil && s.kind.Info().LifeSafety:
		r.fault(n.line, "%s is life safety: its limit is the profile's and no site may move it", s.kind)
	}
}

func (l *limitSpec) wrong() (all []string) {
	if l.side == devices.Above && !(l.clear < l.alarm) {
		all = append(all, fmt.Sprintf("clear_below %g must lie below alarm_above %g: the band between them keeps a trembling value from chattering", l.clear, l.alarm))
	}
	if l.side == devices.Below && !(l.clear > l.alarm) {
		all = append(all, fmt.Sprintf("clear_above %g must lie above alarm_below %g: the band between them keeps a trembling value from chattering", l.clear, l.alarm))
	}
	for _, v := range []float64{l.alarm, l.clear} {
		if math.IsNaN(v) || math.Abs(v) > 1e12 {
			all = append(all, "a limit must be a number within ±10^12")
		}
	}
	if a := l.adjustable; a != nil && !(a.From <= l.alarm && l.alarm <= a.To) {
		all = append(all, fmt.Sprintf("the limit %g is not within its adjustable range %g to %g", l.alarm, a.From, a.To))
	}
	return all
}

// limit is one bound of one point: of which rule, on which value.
type limit struct {
	devices.Limit
	rule int
	line int
}

// limits gives p the bounds of its rules, and refuses those that no value of it
// could pass.
func (k *compiler) limits(p *point) {
	for j := range p.rules.rules {
		r := &p.rules.rules[j]
		if r.limit == nil {
			continue
		}
		if p.value == nil {
			k.fault(r.limit.line, "point %s has no value that could pass a limit: its type must be analog or counter, or it needs value", p.id)
			return
		}
		p.limits = append(p.limits, limit{rule: j, line: r.limit.line, Limit: devices.Limit{
			State: r.state, Kind: r.kind, Side: r.limit.side, Alarm: r.limit.alarm, Clear: r.limit.clear, Adjustable: r.limit.adjustable,
		}})
	}
	for i := range p.limits {
		if reason := p.impossible(i); reason != "" {
			k.fault(p.limits[i].line, "point %s: %s", p.id, reason)
		}
	}
}

// impossible says why limit i can never be passed, never be left, or leaves no
// value that is normal together with another.
func (p *point) impossible(i int) string {
	l := &p.limits[i]
	if low, high, known := p.reach(); known {
		if l.Side == devices.Above && (high <= l.Alarm || low >= l.Clear) || l.Side == devices.Below && (low >= l.Alarm || high <= l.Clear) {
			return fmt.Sprintf("its values run from %g to %g, so the limit %g with %g is never passed or never left", low, high, l.Alarm, l.Clear)
		}
	}
	for j := range p.limits {
		other := &p.limits[j]
		switch {
		case j != i && other.State == l.State:
			return fmt.Sprintf("two limits give the state %q", clip(l.State))
		case l.Side == devices.Below && other.Side == devices.Above && other.Clear <= l.Clear:
			return fmt.Sprintf("no value is normal: %s ends above %g and %s below %g", l.State, l.Clear, other.State, other.Clear)
		}
	}
	return ""
}

// reach is what the point's registers can show, in its unit. Messages have no bounds.
func (p *point) reach() (low, high float64, known bool) {
	f := &p.fields[p.value.field]
	if f.table == "" {
		return 0, 0, false
	}
	least, most := f.limits()
	a, b := float64(least)*p.value.scale+p.value.offset, float64(most)*p.value.scale+p.value.offset
	return min(a, b), max(a, b), true
}

// pass says which limits are passed now, as bits of their rules, when those in was
// were before. A value that is not known changes nothing.
func (p *point) pass(cells []cell, was uint64) uint64 {
	if len(p.limits) == 0 || !cells[p.value.field].known {
		return was
	}
	v := *p.value.of(cells)
	now := uint64(0)
	for i := range p.limits {
		if bit := uint64(1) << p.limits[i].rule; p.limits[i].Passed(v, was&bit != 0) {
			now |= bit
		}
	}
	return now
}

// withValues copies conditions and adds, to those that a passed limit makes hold,
// the value that was seen and the limit.
func (p *point) withValues(passed uint64, cells []cell, conditions []Condition) []Condition {
	out := slices.Clone(conditions)
	for _, l := range p.limits {
		if passed>>l.rule&1 == 0 {
			continue
		}
		for i := range out {
			if out[i].Kind != l.Kind || !out[i].Active || out[i].State != l.State {
				continue
			}
			detail := map[string]string{"value": p.inUnit(*p.value.of(cells)), "limit": string(l.Side) + " " + p.inUnit(l.Alarm)}
			maps.Copy(detail, out[i].Detail)
			out[i].Detail = detail
		}
	}
	return out
}

func (p *point) inUnit(v float64) string {
	return strings.TrimSpace(strconv.FormatFloat(v, 'g', 5, 64) + " " + p.unit)
}

// recalled takes every limit as passed whose kind holds: the next value that is
// clearly normal ends it, and one within the band does not.
func recalled(points []*point, holds func(point string, kind devices.Kind) bool) []uint64 {
	passed := make([]uint64, len(points))
	for i, p := range points {
		for _, l := range p.limits {
			if l.Kind != "" && holds(p.id, l.Kind) {
				passed[i] |= 1 << l.rule
			}
		}
	}
	return passed
}

// Recall tells what is known from before the program started, so that a value that
// stands within a dead band now goes on being what it was. im is the image of a
// Modbus device; nil for one that speaks MQTT.
func (c *Compiled) Recall(im *Image, holds func(point string, kind devices.Kind) bool) {
	if im != nil {
		im.passed = recalled(c.points, holds)
		return
	}
	c.memory.mu.Lock()
	defer c.memory.mu.Unlock()
	c.memory.passed = recalled(c.points, holds)
}

// A LimitError says which limit a site cannot set so, and why.
type LimitError struct{ Point, State, Reason string }

func (e *LimitError) Error() string {
	return fmt.Sprintf("limit %s of point %s: %s", clip(e.State), clip(e.Point), e.Reason)
}

// WithLimit returns c with a limit of a point as a site wants it: beyond alarm on
// side it raises, beyond clear it restores. The error is a *LimitError when there
// is no such limit, when the profile lets nobody move it that far, or when the
// band makes no sense.
func (c *Compiled) WithLimit(point, state string, side devices.Side, alarm, clear float64) (*Compiled, error) {
	refuse := func(format string, args ...any) (*Compiled, error) {
		return nil, &LimitError{Point: point, State: state, Reason: fmt.Sprintf(format, args...)}
	}
	at, ok := c.byID[point]
	if !ok {
		return refuse("the device has no such point")
	}
	p := *c.points[at]
	p.limits = slices.Clone(p.limits)
	i := slices.IndexFunc(p.limits, func(l limit) bool { return l.State == state })
	if i < 0 {
		return refuse("the profile has no such limit (it has %s)", cmp.Or(strings.Join(p.limitNames(), ", "), "none"))
	}
	l := &p.limits[i]
	a := l.Adjustable
	switch {
	case side != l.Side:
		return refuse("it alarms %s its value, not %s", l.Side, side)
	case a == nil:
		return refuse("the profile does not let a site move it")
	case !(a.From <= alarm && alarm <= a.To):
		return refuse("%g is not within %g and %g, which the profile allows", alarm, a.From, a.To)
	}
	if wrong := (&limitSpec{side: side, alarm: alarm, clear: clear}).wrong(); len(wrong) > 0 {
		return refuse("%s", wrong[0])
	}
	l.Alarm, l.Clear, l.Own = alarm, clear, true
	if reason := p.impossibleAny(); reason != "" {
		return refuse("%s", reason)
	}
	own := *c
	own.points, own.Points = slices.Clone(c.points), slices.Clone(c.Points)
	own.points[at], own.Points[at].Limits = &p, p.told()
	return &own, nil
}

func (p *point) impossibleAny() string {
	for i := range p.limits {
		if reason := p.impossible(i); reason != "" {
			return reason
		}
	}
	return ""
}

func (p *point) limitNames() (names []string) {
	for _, l := range p.limits {
		names = append(names, l.State)
	}
	return names
}

// told are the limits as birth tells them.
func (p *point) told() (all []devices.Limit) {
	for _, l := range p.limits {
		all = append(all, l.Limit)
	}
	return all
}

// imposeLimit shows a value that has clearly passed limit l: as far beyond it as
// its band is wide, or the farthest that the registers can show.
func (p *point) imposeLimit(cells []cell, l *limit) error {
	low, high, _ := p.reach()
	return p.imposeValue(cells, min(max(l.Alarm+(l.Alarm-l.Clear), low), high))
}
