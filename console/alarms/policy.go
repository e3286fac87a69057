package alarms

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"guardroom/devices"
)

// priority is what was thought out for this kind at this point, else that of the
// operator for the kind, else the point's own, else the kind's. No setting lowers
// fire, duress, hold-up and medical.
func priority(k devices.Kind, about About, thought Thought) int {
	info := k.Info()
	usual := devices.DefaultPriority(k, about.Category)
	if info.LifeSafety {
		return usual
	}
	for _, p := range []int{thought.Priority, about.Priorities[k], about.Priority} {
		if p >= 1 && p <= 4 {
			return p
		}
	}
	return usual
}

// EscalationStep is one step up for an alarm that nobody has answered for.
type EscalationStep struct {
	After int    `json:"after"` // seconds since it asked
	To    string `json:"to"`    // supervisor, delivery, duty_chief: known to whoever carries it there
}

// Escalation is how alarms go up, by priority; a priority without steps does not.
type Escalation map[int][]EscalationStep

// DefaultEscalation is the practice that a station starts with: critical ones
// sound at the supervisor's screen after half a minute, go out by delivery after
// one, and to the duty chief after two.
func DefaultEscalation() Escalation {
	return Escalation{
		1: {{30, "supervisor"}, {60, "delivery"}, {120, "duty_chief"}},
		2: {{90, "supervisor"}, {180, "delivery"}},
		3: {{300, "supervisor"}},
	}
}

// Validate reports the first thing that makes e unusable.
func (e Escalation) Validate() error {
	for p, steps := range e {
		field := fmt.Sprintf("escalation.%d", p)
		if p < 1 || p > 4 {
			return &InvalidError{Field: field, Reason: "priorities are 1 to 4"}
		}
		if len(steps) > 10 {
			return &InvalidError{Field: field, Reason: "more than 10 steps"}
		}
		last := 0
		for _, s := range steps {
			if s.After <= last || s.After > 24*3600 {
				return &InvalidError{Field: field, Reason: "each step comes later than the one before, and within a day"}
			}
			if !devices.ValidID(s.To) {
				return &InvalidError{Field: field, Reason: fmt.Sprintf("%.40q is nobody to go to", s.To)}
			}
			last = s.After
		}
	}
	return nil
}

// Handling is what a station wants done with its alarms.
type Handling struct {
	LongestMinutes int   `json:"longest_minutes"` // of shelving, with the right to it
	CloseNeeded    []int `json:"close_needed"`    // priorities; life safety always
	// FinishMinutes is the time to finish by priority, from 1 on; 0 none.
	FinishMinutes [4]int `json:"finish_minutes"`
}

// DefaultHandling is what a station starts with.
func DefaultHandling() Handling {
	return Handling{LongestMinutes: 8 * 60, CloseNeeded: []int{1, 2}, FinishMinutes: [4]int{30, 60, 0, 0}}
}

// Validate reports the first thing that makes h unusable.
func (h Handling) Validate() error {
	switch {
	case h.LongestMinutes < 1 || h.LongestMinutes > 7*24*60:
		return &InvalidError{Field: "longest_minutes", Reason: "not between 1 minute and 7 days"}
	case len(h.CloseNeeded) > 4 || slices.ContainsFunc(h.CloseNeeded, func(p int) bool { return p < 1 || p > 4 }):
		return &InvalidError{Field: "close_needed", Reason: "priorities are 1 to 4"}
	case slices.ContainsFunc(h.FinishMinutes[:], func(m int) bool { return m < 0 || m > 7*24*60 }):
		return &InvalidError{Field: "finish_minutes", Reason: "not between 0 minutes and 7 days"}
	}
	return nil
}

// Policy is how a station wants its alarms.
type Policy struct {
	Escalation Escalation
	Shifts     []string // "06:00": wall times at which a shift ends and the next begins
	Handling   Handling
}

// DefaultPolicy is that of a station that has chosen nothing.
func DefaultPolicy() Policy {
	return Policy{Escalation: DefaultEscalation(), Shifts: []string{"06:00", "14:00", "22:00"}, Handling: DefaultHandling()}
}

// ValidateShifts reports what makes wall times unusable as ends of shifts.
func ValidateShifts(shifts []string) error {
	if len(shifts) == 0 || len(shifts) > 24 {
		return &InvalidError{Field: "shifts", Reason: "between 1 and 24 times"}
	}
	for i, s := range shifts {
		if _, err := time.Parse("15:04", s); err != nil || len(s) != 5 {
			return &InvalidError{Field: "shifts", Reason: fmt.Sprintf("%.10q is no time such as 06:00", s)}
		}
		if i > 0 && s <= shifts[i-1] {
			return &InvalidError{Field: "shifts", Reason: "in order, each once"}
		}
	}
	return nil
}

// ShiftEnd is the first end of a shift after now: real instants, whatever the
// clocks of the zone do that night.
func ShiftEnd(now time.Time, zone *time.Location, shifts []string) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	if ValidateShifts(shifts) != nil {
		shifts = DefaultPolicy().Shifts
	}
	local := now.In(zone)
	var first time.Time
	for day := 0; day <= 2 && first.IsZero(); day++ {
		for _, s := range shifts {
			wall, _ := time.Parse("15:04", s)
			end := time.Date(local.Year(), local.Month(), local.Day()+day, wall.Hour(), wall.Minute(), 0, 0, zone)
			if end.After(now) && (first.IsZero() || end.Before(first)) {
				first = end
			}
		}
	}
	return first.UTC()
}

// Policies are the stations' policies in memory. The zero value, and a nil one,
// have every station at the defaults.
type Policies struct {
	mu        sync.RWMutex
	byStation map[string]Policy
}

// Of returns the policy of a station. It is not to be changed.
func (p *Policies) Of(station string) Policy {
	if p == nil {
		return DefaultPolicy()
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	if policy, chosen := p.byStation[station]; chosen {
		return policy
	}
	return DefaultPolicy()
}

// The names of the documents that Load reads.
const (
	EscalationSetting = "escalation" // an Escalation
	ShiftsSetting     = "shifts"     // a list of wall times
	HandlingSetting   = "alarms"     // a Handling
)

// settings is what Load needs of the store.
type settings interface {
	EachSetting(ctx context.Context, name string, read func(station string, version int64, data []byte) error) error
}

// Load reads what the stations have chosen. A document that cannot be used
// counts as not chosen: no alarm waits for a setting.
func (p *Policies) Load(ctx context.Context, s settings) error {
	fresh := map[string]Policy{}
	each := func(name string, read func(policy *Policy, data []byte)) error {
		return s.EachSetting(ctx, name, func(station string, _ int64, data []byte) error {
			policy, there := fresh[station]
			if !there {
				policy = DefaultPolicy()
			}
			read(&policy, data)
			fresh[station] = policy
			return nil
		})
	}
	err := each(EscalationSetting, func(policy *Policy, data []byte) {
		var e Escalation
		if json.Unmarshal(data, &e) == nil && e.Validate() == nil {
			policy.Escalation = e
		}
	})
	if err == nil {
		err = each(ShiftsSetting, func(policy *Policy, data []byte) {
			var shifts []string
			if json.Unmarshal(data, &shifts) == nil && ValidateShifts(shifts) == nil {
				policy.Shifts = shifts
			}
		})
	}
	if err == nil {
		err = each(HandlingSetting, func(policy *Policy, data []byte) {
			h := DefaultHandling()
			if json.Unmarshal(data, &h) == nil && h.Validate() == nil {
				policy.Handling = h
			}
		})
	}
	if err != nil {
		return fmt.Errorf("read the policies of stations: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.byStation = fresh
	return nil
}

// Attend sets the clocks of a after a change: it goes up while it asks, from the
// instant at which it began to; and it is to be finished in time until it is
// closed, or over when nobody needs to close it.
func (a *Alarm) Attend(p Policy, now time.Time) {
	steps := p.Escalation[a.Priority]
	switch {
	case !a.Asks() || a.Late && a.Beneath == Returned: // what was over before anybody here could know is not carried up
		a.Kept.EscalateAt, a.Kept.Level, a.Escalation = nil, 0, nil
	case a.Kept.EscalateAt == nil && a.Kept.Level == 0 && len(steps) > 0:
		due := now.Add(time.Duration(steps[0].After) * time.Second)
		a.Kept.EscalateAt = &due
	}
	if a.Closed != nil || !a.Open() && !a.CloseNeeded {
		a.FinishAt = nil
	}
}

// Rung is a step up that was taken.
type Rung struct {
	Level int
	EscalationStep
}

// Escalate takes the next step up when it is due, and sets the clock for the one
// after. It is false when a no longer asks, or nothing is due.
func (a *Alarm) Escalate(p Policy, now time.Time) (Rung, bool) {
	due := a.Kept.EscalateAt
	steps := p.Escalation[a.Priority]
	switch {
	case due == nil || due.After(now):
		return Rung{}, false
	case !a.Asks() || a.Kept.Level >= len(steps):
		a.Kept.EscalateAt = nil
		return Rung{}, false
	}
	step := steps[a.Kept.Level]
	a.Kept.Level++
	a.Kept.EscalateAt = nil
	if a.Kept.Level < len(steps) {
		next := due.Add(time.Duration(steps[a.Kept.Level].After-step.After) * time.Second)
		a.Kept.EscalateAt = &next
	}
	a.Escalation = &Escalated{Level: a.Kept.Level, To: step.To, At: now}
	a.Version++
	return Rung{Level: a.Kept.Level, EscalationStep: step}, true
}

// Overdue takes the time to finish away when it has passed, and reports that: it
// is told once.
func (a *Alarm) Overdue(now time.Time) bool {
	if a.FinishAt == nil || a.FinishAt.After(now) {
		return false
	}
	a.FinishAt = nil
	a.Version++
	return true
}

// closeNeeded reports whether somebody has to say what an alarm was.
func (h Handling) closeNeeded(a *Alarm) bool {
	return a.LifeSafety || slices.Contains(h.CloseNeeded, a.Priority)
}

// finish is how long an alarm may take, zero for as long as it takes.
func (h Handling) finish(a *Alarm) time.Duration {
	if a.Kept.Finish > 0 {
		return a.Kept.Finish
	}
	if a.Priority < 1 || a.Priority > len(h.FinishMinutes) {
		return 0
	}
	return time.Duration(h.FinishMinutes[a.Priority-1]) * time.Minute
}
